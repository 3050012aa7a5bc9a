package requirements

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Tree is what the repository's source says of itself, sorted.
type Tree struct {
	// Layers are the layers of the stacks, Patterns the folders below patterns.
	Layers, Patterns []string
	Tests            []Test
}

// Test is a test that is named after rows.
type Test struct {
	// Name is what follows the rows: AuroraIsMultiAZ.
	Name string
	Rows []string
	// File is the path from the repository's root, with slashes.
	File string
}

// ReadTree reads the source below a repository's root.
func ReadTree(root string) (*Tree, error) {
	t := &Tree{}
	var err error
	if t.Layers, err = layers(filepath.Join(root, "stacks")); err != nil {
		return nil, err
	}
	if t.Patterns, err = folders(filepath.Join(root, "patterns")); err != nil {
		return nil, err
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && skipped(d.Name()):
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go") || !d.Type().IsRegular():
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		return t.readTests(path, filepath.ToSlash(rel))
	})
	slices.SortFunc(t.Tests, func(a, b Test) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.File, b.File)) })
	return t, err
}

// skipped says whether a folder holds no source of the repository's.
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains([]string{"bin", "cdk.out", "node_modules"}, name)
}

// named is the name of a test that is named after rows.
var named = regexp.MustCompile(`^Test((?:[SB][0-9]{2}_)+)(.+)$`)

func (t *Tree) readTests(path, rel string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil {
			continue
		}
		if m := named.FindStringSubmatch(f.Name.Name); m != nil {
			t.Tests = append(t.Tests, Test{Name: m[2], Rows: strings.Split(strings.TrimSuffix(m[1], "_"), "_"), File: rel})
		}
	}
	return nil
}

// layers are the values of the constants Layer… of a package.
func layers(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
				all = append(all, layersOf(g)...)
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no constants Layer…", dir)
	}
	slices.Sort(all)
	return all, nil
}

func layersOf(g *ast.GenDecl) []string {
	var all []string
	for _, s := range g.Specs {
		v, ok := s.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for i, name := range v.Names {
			if !strings.HasPrefix(name.Name, "Layer") || i >= len(v.Values) {
				continue
			}
			if lit, ok := v.Values[i].(*ast.BasicLit); ok {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					all = append(all, text)
				}
			}
		}
	}
	return all
}

// folders are the names of the folders directly below one.
func folders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, e := range entries {
		if e.IsDir() {
			all = append(all, e.Name())
		}
	}
	return all, nil
}
