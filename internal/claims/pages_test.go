package claims_test

import (
	"os"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/claims"
	"github.com/suretyhq/surety/internal/proof"
)

func TestEveryClaimHasItsPage(t *testing.T) {
	ids := []string{proof.ClaimWaivers, proof.ClaimDataKept}
	for _, c := range claims.All() {
		ids = append(ids, c.ID)
		if c.Says == "" || len(c.Rows) == 0 {
			t.Errorf("%s says nothing, or covers no requirement", c.ID)
		}
	}
	for _, id := range ids {
		page, err := os.ReadFile("../../docs/claims/" + id + ".md")
		if err != nil {
			t.Error(err)
			continue
		}
		for _, part := range []string{"# " + id + "\n", "**Says:**", "**Why.**", "**How to mend it.**"} {
			if !strings.Contains(string(page), part) {
				t.Errorf("docs/claims/%s.md has no %q", id, part)
			}
		}
	}
}
