package claims_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/cases"
)

// TestIntentAndFactAreApart changes the estate file and not the templates: a
// proof that read its intent from the templates would not notice.
func TestIntentAndFactAreApart(t *testing.T) {
	x := load(t)
	text, err := os.ReadFile(estateFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, old, new, claim, code string
	}{
		{"a need less", "needs: [api, database, cache]", "needs: [database, cache]", "declared-flows", "FLOW_NOT_DECLARED"},
		{"a need more", "expose: gateway, needs: [database,", "expose: gateway, needs: [portal, database,", "declared-flows", "ENI_SG_RULES_MISMATCH"},
		{"another port", "port: 8443, expose: gateway", "port: 8444, expose: gateway", "declared-flows", "SERVICE_PORT_MISMATCH"},
		{"another image", "platform/portal:1.0.0", "platform/portal:2.0.0", "declared-flows", "SERVICE_IMAGE_MISMATCH"},
		{"exposed no more", "expose: access,  needs", "needs", "declared-flows", "PART_UNKNOWN"},
		{"a domain less", "    - .cloudflare.com\n", "", "egress-inspected", "EGRESS_DOMAIN_NOT_DECLARED"},
		{"a domain more", "    - .okta.com\n", "    - .okta.com\n    - new.example\n", "egress-inspected", "EGRESS_DOMAIN_MISSING"},
		{"an environment more", "  prod:    {account: prod,", "  test:    {account: prod, size: small}\n  prod:    {account: prod,", "declared-flows", "PART_MISSING"},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(string(text), c.old, c.new, 1)
			if changed == string(text) {
				t.Fatalf("the example has no %q", c.old)
			}
			e, problems := estate.Parse(estateFile, []byte(changed))
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			_, verdicts := prove(t, e, x.resources)
			if !found(verdicts, c.claim, c.code) {
				t.Errorf("%s has no %s", c.claim, c.code)
			}
		})
	}
}

// found says whether a claim that is not proved has a finding with a code.
func found(verdicts []proof.Verdict, claim, code string) bool {
	return slices.ContainsFunc(verdicts, func(v proof.Verdict) bool {
		return v.Claim == claim && v.Outcome >= proof.Unknown && slices.ContainsFunc(v.Witness, func(f proof.Finding) bool { return f.Code == code })
	})
}

// TestFactWithoutIntent is the reverse: the templates change, the estate does
// not, and findings point to the line of the estate that they are measured
// against.
func TestFactWithoutIntent(t *testing.T) {
	x := load(t)
	corpus, err := cases.Load("../../cases")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(corpus, func(c cases.Case) bool { return c.Name == "ingress-rule-of-the-database-removed" })
	resources, err := cases.Apply(x.input, corpus[i])
	if err != nil {
		t.Fatal(err)
	}
	_, verdicts := prove(t, x.estate, resources)
	want := x.estate.Pos("workload/services/portal/needs/1")
	for _, v := range verdicts {
		if v.Claim == "parity" {
			continue // it compares environments with one another, not with a line of the file
		}
		for _, f := range v.Witness {
			if f.Intent != want || want.IsZero() || f.Path == nil {
				t.Errorf("%s points to %s with path %v, not to %s: %s", v.Claim, f.Intent, f.Path, want, f.Message)
			}
		}
	}
}
