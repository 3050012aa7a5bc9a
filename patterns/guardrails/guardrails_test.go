package guardrails

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func examples() []*Props {
	return []*Props{
		{Regions: []string{"ap-southeast-2"}},
		{Regions: []string{"ap-southeast-2", "ap-southeast-4"}, EdgeRegion: "us-east-1", KeyAdministrator: "arn:aws:iam::200000000001:role/keys", ThirdParties: []string{"200000000001", "200000000002"}},
	}
}

// Page: "Quotas and service limits for AWS Organizations". Service control
// policies had 5,120 characters before they had 10,240; both hold.
func TestS02_PoliciesFit(t *testing.T) {
	for _, props := range examples() {
		kinds := map[string]int{}
		for _, p := range Policies(props) {
			text, err := json.Marshal(p.Document())
			if err != nil {
				t.Fatal(err)
			}
			kinds[p.Kind]++
			if len(text) > 5120*8/10 {
				t.Errorf("%s has %d characters", p.Name, len(text))
			}
		}
		// Five RCPs and ten SCPs a target, with FullAWSAccess and Control
		// Tower's own among them.
		if kinds[ServiceControl] > 5 || kinds[ResourceControl] > 3 {
			t.Errorf("%v", kinds)
		}
	}
}

// They only deny: what is allowed stays for policies of accounts to say.
func TestS02_GuardrailsOnlyDeny(t *testing.T) {
	for _, props := range examples() {
		sids := map[string]bool{}
		for _, p := range Policies(props) {
			for _, s := range p.Statements {
				sid, _ := s["Sid"].(string)
				if s["Effect"] != "Deny" || s["Resource"] == nil || (s["Action"] == nil) == (s["NotAction"] == nil) || sid == "" || sids[sid] {
					t.Errorf("%s: %v", p.Name, s)
				}
				if (p.Kind == ResourceControl) != (s["Principal"] == "*") {
					t.Errorf("%s: %s has the principal %v", p.Name, sid, s["Principal"])
				}
				sids[sid] = true
			}
		}
	}
}

func TestS21_OnlyTheEdgeIsElsewhere(t *testing.T) {
	text := func(p *Props) string {
		b, err := json.Marshal(p.regions().Document())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	home, both := text(examples()[0]), text(examples()[1])
	if strings.Contains(home, "us-east-1") || strings.Contains(home, "EdgeRegion") {
		t.Errorf("without an edge there is one: %s", home)
	}
	if !strings.Contains(both, `["ap-southeast-2","ap-southeast-4","us-east-1"]`) || !strings.Contains(both, "EdgeRegion") {
		t.Errorf("the edge is missing: %s", both)
	}
	for _, data := range []string{"dynamodb:*", "ec2:*", "rds:*", "lambda:*", "secretsmanager:*", "sqs:*"} {
		if slices.Contains(global(), data) || slices.Contains(edge(), data) {
			t.Errorf("%s is let through everywhere", data)
		}
	}
}

func TestS23_OnlyTheAdministratorDeletesKeys(t *testing.T) {
	for i, want := range []string{deployer, "arn:aws:iam::200000000001:role/keys"} {
		got := examples()[i].keys().Statements[0]["Condition"].(map[string]any)["ArnNotLike"].(map[string]any)["aws:PrincipalArn"].([]string)
		if !slices.Equal(got, []string{want}) {
			t.Errorf("%v, want %s", got, want)
		}
	}
}
