package layers_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/claims"
)

const root = "../.."

// files calls f with every file of the repository that git would keep.
func files(t *testing.T, f func(path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && slices.Contains([]string{".git", ".cache", "bin", "cdk.out", "node_modules"}, d.Name()):
			return fs.SkipDir
		case d.Type().IsRegular():
			f(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNoFileHasGrownPastReading(t *testing.T) {
	const most = 600
	files(t, func(path string) {
		if filepath.Ext(path) != ".go" {
			return
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(text, []byte("\n")); n > most {
			t.Errorf("%s has %d lines; split what has more than %d by what it is about", path, n, most)
		}
	})
}

// code is how a code looks.
var code = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`)

// speaking are the packages whose codes are diagnostics and reasons, with a
// page each. The codes of findings are on the pages of their claims.
func speaking() []string {
	return []string{"estate", "internal/assembly", "internal/bootstrap", "internal/cli", "internal/intrinsic", "internal/part", "internal/resource", "internal/snapshot", "internal/synth", "internal/value"}
}

// codes returns every code that the packages above give, with a place that
// does: the value of a field named Code, or of a constant whose name begins
// with Code.
func codes(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	note := func(path string, e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s := strings.Trim(lit.Value, "\"`"); code.MatchString(s) {
				found[s] = path
			}
		}
	}
	for _, dir := range speaking() {
		goFiles, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil || len(goFiles) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(goFiles), err)
		}
		for _, path := range goFiles {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.KeyValueExpr:
					if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
						note(path, n.Value)
					}
				case *ast.ValueSpec:
					for i, name := range n.Names {
						if i < len(n.Values) && strings.HasPrefix(strings.ToLower(name.Name), "code") {
							note(path, n.Values[i])
						}
					}
				}
				return true
			})
		}
	}
	if len(found) < 10 {
		t.Fatalf("found %d codes only", len(found))
	}
	return found
}

func TestEveryDiagnosticHasItsPage(t *testing.T) {
	for c, where := range codes(t) {
		page, err := os.ReadFile(filepath.Join(root, "docs/diagnostics", c+".md"))
		if err != nil {
			t.Errorf("%s uses %s, which has no page docs/diagnostics/%s.md", where, c, c)
			continue
		}
		if !bytes.HasPrefix(page, []byte("# "+c)) {
			t.Errorf("docs/diagnostics/%s.md does not begin with its code as the heading", c)
		}
	}
}

// A page about a code that no source file spells is out of date.
func TestEveryDiagnosticsPageHasItsCode(t *testing.T) {
	var source bytes.Buffer
	files(t, func(path string) {
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	})
	pages, err := filepath.Glob(filepath.Join(root, "docs/diagnostics/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		c := strings.TrimSuffix(filepath.Base(p), ".md")
		if code.MatchString(c) && !bytes.Contains(source.Bytes(), []byte(`"`+c+`"`)) {
			t.Errorf("%s describes a code that nothing uses", p)
		}
	}
}

// Every library that is imported is in docs/dependencies.md, with its reason.
func TestEveryDependencyHasItsReason(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join(root, "docs/dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z0-9./-]+)`").FindAllStringSubmatch(string(doc), -1)
	files(t, func(path string) {
		if filepath.Ext(path) != ".go" {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range file.Imports {
			name := strings.Trim(imp.Path.Value, `"`)
			host, _, _ := strings.Cut(name, "/")
			if !strings.Contains(host, ".") || within(name, []string{module}) {
				continue
			}
			if !slices.ContainsFunc(named, func(m []string) bool { return strings.Contains(name, m[1]) }) {
				t.Errorf("%s imports %s, and docs/dependencies.md does not say why", path, name)
			}
		}
	})
}

func TestEveryClaimHasItsPage(t *testing.T) {
	all := claims.All()
	if len(all) == 0 {
		t.Fatal("there are no claims")
	}
	for _, c := range all {
		page := filepath.Join(root, "docs/claims", c.ID+".md")
		if _, err := os.Stat(page); err != nil {
			t.Errorf("the claim %s has no page %s", c.ID, page)
		}
		if len(c.Rows) == 0 || c.Says == "" {
			t.Errorf("the claim %s does not say what it says, or for which rows", c.ID)
		}
	}
}

// A link in a document that leads nowhere is worse than none.
func TestDocumentsLinkToWhatExists(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#\s]+)(#[^)]*)?\)`)
	files(t, func(path string) {
		if filepath.Ext(path) != ".md" {
			return
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", path, m[1])
			}
		}
	})
}
