package claims_test

import (
	"testing"

	"github.com/suretyhq/surety/internal/claims"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/cases"
)

// fewestCases is how many cases the corpus has to have at least.
const fewestCases = 40

func TestExampleIsProved(t *testing.T) {
	x := load(t)
	_, verdicts := prove(t, x.estate, x.resources)
	for _, v := range verdicts {
		if v.Outcome != proof.Proved || v.Checked == 0 {
			t.Errorf("%s of %s is %s, %d %s checked: %s %+v", v.Claim, v.Scope, v.Outcome, v.Checked, v.Unit, v.Note, v.Witness)
		}
	}
}

// TestS43_CasesAreRefuted applies each case of the corpus to the example and
// compares what is refuted and unsettled with what the case expects.
func TestS43_CasesAreRefuted(t *testing.T) {
	corpus, err := cases.Load("../../cases")
	if err != nil {
		t.Fatal(err)
	}
	if len(corpus) < fewestCases {
		t.Fatalf("the corpus has %d cases, fewer than %d", len(corpus), fewestCases)
	}
	x := load(t)
	refuted := map[string]bool{}
	for _, c := range corpus {
		for _, e := range c.Refutes {
			refuted[e.Claim] = true
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			resources, err := cases.Apply(x.input, c)
			if err != nil {
				t.Fatalf("%s: %v", c.File, err)
			}
			in, verdicts := prove(t, x.estate, resources)
			if err := cases.Compare(in, c, verdicts); err != nil {
				t.Errorf("%s: %v", c.File, err)
			}
		})
	}
	for _, c := range claims.All() {
		if !refuted[c.ID] {
			t.Errorf("no case refutes %s", c.ID)
		}
	}
}
