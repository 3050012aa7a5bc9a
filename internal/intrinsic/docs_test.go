package intrinsic

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCodesHavePages looks for the codes that loading and resolving use, and
// for the page of each.
func TestCodesHavePages(t *testing.T) {
	code := regexp.MustCompile(`"((?:TEMPLATE|ASSEMBLY|REFERENCE|PARAMETER|CONDITION|INTRINSIC|VALUE)_[A-Z_]+)"`)
	found := map[string]bool{}
	for _, pattern := range []string{"*.go", "../assembly/*.go", "../value/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range code.FindAllStringSubmatch(string(src), -1) {
				found[m[1]] = true
			}
		}
	}
	if len(found) < 25 {
		t.Fatalf("only %d codes found", len(found))
	}
	for c := range found {
		page, err := os.ReadFile("../../docs/diagnostics/" + c + ".md")
		if err != nil || !strings.HasPrefix(string(page), "# "+c+"\n") || !strings.Contains(string(page), "## Mended") {
			t.Errorf("%s has no page that says how to mend it (%v)", c, err)
		}
	}
}
