package managementempty

import (
	"testing"
	"time"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
)

func TestS01_TheManagementAccountIsEmpty(t *testing.T) {
	const management, member = "100000000001", "100000000004"
	for name, c := range map[string]struct {
		account, typ string
		none         bool // the estate names no management account
		want         proof.Outcome
	}{
		"a policy":                            {management, "AWS::Organizations::Policy", false, proof.Proved},
		"a landing zone":                      {management, "AWS::ControlTower::LandingZone", false, proof.Proved},
		"a permission set":                    {management, "AWS::SSO::PermissionSet", false, proof.Proved},
		"a function":                          {management, "AWS::Lambda::Function", false, proof.Refuted},
		"a role":                              {management, "AWS::IAM::Role", false, proof.Refuted},
		"a bucket":                            {management, "AWS::S3::Bucket", false, proof.Refuted},
		"a function of another account":       {member, "AWS::Lambda::Function", false, proof.NotApplicable},
		"no management account in the estate": {management, "AWS::Lambda::Function", true, proof.NotApplicable},
	} {
		b := build.New(c.account, "ap-southeast-2", "stack")
		b.Add(c.typ, "It", nil)
		g, problems := resource.New(b.Resources())
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		e := &estate.Estate{Name: "cover"}
		if !c.none {
			e.Organisation.Management = estate.Management{ID: management, Email: "a@b.example"}
		}
		verdicts, err := Claim().Check(t.Context(), &proof.Input{Estate: e, Graph: g, Now: time.Unix(0, 0)})
		if err != nil || len(verdicts) != 1 {
			t.Fatalf("%s: %v %v", name, verdicts, err)
		}
		if v := verdicts[0]; v.Outcome != c.want {
			t.Errorf("%s: %s, want %s", name, v.Outcome, c.want)
		}
	}
}
