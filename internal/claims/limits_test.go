package claims_test

import (
	"context"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/claims"
	"github.com/suretyhq/surety/internal/intrinsic"
	"github.com/suretyhq/surety/internal/proof"
)

// TestB05_NoTemplateOfTheExamplePassesFourFifthsOfALimit: what grows has to be
// split before it is too large.
func TestB05_NoTemplateOfTheExamplePassesFourFifthsOfALimit(t *testing.T) {
	x := load(t)
	dir, err := synthesised()
	if err != nil {
		t.Fatal(err)
	}
	asm, problems := assembly.Load(context.Background(), dir)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	in, err := input(x.estate, x.resources)
	if err != nil {
		t.Fatal(err)
	}
	in.Templates = intrinsic.Templates(asm, intrinsic.Options{})
	stacks := 0
	for _, x := range in.Templates {
		stacks += x.Stacks
	}
	if stacks < len(asm.Stacks) {
		t.Fatalf("%d templates of %d stacks, and there are %d", len(in.Templates), stacks, len(asm.Stacks))
	}
	verdicts, err := proof.Run(t.Context(), in, claims.All(), proof.Only("within-quotas"))
	if err != nil {
		t.Fatal(err)
	}
	const most = 80
	shown := 0
	for _, v := range verdicts {
		if v.Outcome != proof.Proved {
			t.Errorf("%s: %+v", v.Scope, v.Witness)
		}
		for _, u := range v.Usage {
			if !strings.HasPrefix(u.Quota, "cloudformation/") {
				continue
			}
			if shown++; 100*u.Used > most*u.Limit {
				t.Errorf("%s: %d of %d at %s; split the stack", u.Quota, u.Used, u.Limit, u.At)
			}
		}
	}
	if shown == 0 {
		t.Error("no limit of a template is among the nearest")
	}
}
