package estate

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const pagesDir = "../docs/diagnostics"

// codes reads the codes from the source, so that none can be forgotten.
func codes(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok {
			s, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, s)
		}
		return true
	})
	return list
}

func TestEveryCodeHasAPageAndEveryPageACode(t *testing.T) {
	all := codes(t)
	if len(all) < 30 {
		t.Fatalf("%d codes", len(all))
	}
	for _, c := range all {
		if _, err := os.Stat(filepath.Join(pagesDir, c+".md")); err != nil {
			t.Error(err)
		}
	}
	pages, err := filepath.Glob(filepath.Join(pagesDir, "ESTATE_*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if code := strings.TrimSuffix(filepath.Base(p), ".md"); !slices.Contains(all, code) {
			t.Errorf("%s: there is no such code", p)
		}
	}
}

// What a page shows as mended is in base; with what it shows as refused in
// its place, Parse gives the page's code.
func TestPagesShowWhatReallyHappens(t *testing.T) {
	shown := 0
	for _, code := range codes(t) {
		text, err := os.ReadFile(filepath.Join(pagesDir, code+".md"))
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(text), "```yaml\n")
		if len(parts) != 3 {
			continue // files and commands, not parts of an estate
		}
		shown++
		refused, _, _ := strings.Cut(parts[1], "\n```")
		mended, _, _ := strings.Cut(parts[2], "\n```")
		_, list := Parse("estate.yaml", []byte(replaceOnce(t, base+baseTenants, mended, refused)))
		if !slices.ContainsFunc(places(list), func(p string) bool { return strings.HasPrefix(p, code+" ") }) {
			t.Errorf("%s: the refused example gives %v", code, list)
		}
	}
	if shown < 20 {
		t.Errorf("only %d pages show an estate", shown)
	}
}
