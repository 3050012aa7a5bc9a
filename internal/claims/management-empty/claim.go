// Package managementempty proves that the organisation's management account
// holds nothing but what manages the organisation: guardrails do not reach it.
package managementempty

import (
	"context"
	"fmt"
	"strings"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
)

// CodeWorkload is the code of findings.
const CodeWorkload = "MANAGEMENT_HOLDS_MORE"

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:    "management-empty",
		Rows:  []string{"S01", "S02"},
		Says:  "the management account holds nothing but what manages the organisation",
		Check: check,
	}
}

func check(_ context.Context, in *proof.Input) ([]proof.Verdict, error) {
	tally := proof.NewTally(in, "resources", "Nothing of a management account was loaded.")
	if in.Estate == nil || in.Estate.Organisation.Management.ID == "" {
		return tally.Verdicts(), nil
	}
	management := in.Estate.Organisation.Management.ID
	const scope = proof.Scope(estate.OrganisationEnvironment)
	for r := range in.Graph.All() {
		if r.Addr.Stack.Account != management {
			continue
		}
		tally.Check(scope, 1)
		if manages(r.Type) {
			continue
		}
		tally.Refute(scope, proof.Finding{Code: CodeWorkload, At: r.Addr,
			Message: fmt.Sprintf("%s is in the management account, which no service control policy and no resource control policy reaches.", in.Name(r)),
			Fix:     "Put it into a member account."})
	}
	return tally.Verdicts(), nil
}

// manages says whether a type manages an organisation: AWS Organizations,
// Control Tower and IAM Identity Center, the keys and parameters that these
// need, and the budget of all accounts. Source: AWS Organizations User Guide,
// "Best practices for the management account".
func manages(typ string) bool {
	for _, service := range []string{"AWS::Organizations::", "AWS::ControlTower::", "AWS::SSO::", "AWS::IdentityStore::", "AWS::Budgets::"} {
		if strings.HasPrefix(typ, service) {
			return true
		}
	}
	switch typ {
	case "AWS::KMS::Key", "AWS::KMS::Alias", "AWS::SSM::Parameter", "AWS::IAM::ServiceLinkedRole", "AWS::CDK::Metadata":
		return true
	}
	return false
}
