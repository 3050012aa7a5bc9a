package proof_test

import (
	"context"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/prooftest"
	"github.com/suretyhq/surety/internal/resource/build"
)

// A snapshot cannot say that what it does not hold is missing (B09).
func TestB09_SnapshotsDoNotAccuse(t *testing.T) {
	finding := func(at addr.Address, code string) proof.Claim {
		return proof.Claim{ID: "x", Check: func(context.Context, *proof.Input) ([]proof.Verdict, error) {
			return []proof.Verdict{{Scope: proof.ScopeEstate, Outcome: proof.Refuted, Witness: []proof.Finding{{Outcome: proof.Refuted, Code: code, At: at, Message: "M."}}}}, nil
		}}
	}
	for _, c := range []struct {
		stack, code       string
		walks, observable bool
		want              proof.Outcome
	}{
		{"stack", "LOG_MISSING", false, false, proof.Refuted},
		{"", "LOG_MISSING", false, false, proof.Unknown},
		{"", "IMAGE_PINNED", false, false, proof.Unknown},
		{"", "RULE_MISSING", true, false, proof.Unknown},
		{"", "INTERNET_REACHABLE", true, false, proof.Refuted},
		{"", "QUOTA_EXCEEDED", false, true, proof.Refuted},
	} {
		b := build.New("111111111111", "ap-southeast-2", c.stack)
		b.Add("AWS::EC2::VPC", "vpc-1", build.Props{"CidrBlock": "10.0.0.0/16"})
		claim := finding(b.Addr("vpc-1"), c.code)
		claim.Walks, claim.Observable = c.walks, c.observable
		if got := prooftest.Verdicts(t, claim, nil, b.Resources())[0]; got.Outcome != c.want {
			t.Errorf("%+v: %s %v", c, got.Outcome, got.Witness)
		}
	}
}
