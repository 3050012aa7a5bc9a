package withinquotas

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/suretyhq/surety/estate"
)

var update = flag.Bool("update", false, "write the page's table anew")

const (
	page  = "../../../docs/claims/within-quotas.md"
	begin = "<!-- quotas -->\n"
	end   = "<!-- end of quotas -->\n"
)

// table is the quotas as the page shows them.
func table() string {
	var b strings.Builder
	b.WriteString("| id | counts | for each | default | can be raised | AWS's page |\n|---|---|---|---|---|---|\n")
	for _, q := range estate.Quotas() {
		raised := "no"
		switch {
		case q.Max > 0:
			raised = fmt.Sprintf("to %d", q.Max)
		case q.Adjustable:
			raised = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %d | %s | %s |\n", q.ID, q.Name, q.Per, q.Default, raised, q.Page)
	}
	return b.String()
}

// The page lists what is checked, as it is checked.
func TestB05_ThePageListsEveryQuota(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	have, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", page)
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+begin+table()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have != table() {
		t.Errorf("%s is not what estate.Quotas says; run: go test ./internal/claims/within-quotas -update", page)
	}
}
