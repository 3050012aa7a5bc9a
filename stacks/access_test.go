package stacks

import (
	"strings"
	"testing"
)

// TestS27_TheGlassIsClosedAndOpensOnlyWhatItShould reads the role that users
// assume: who may, and what for.
func TestS27_TheGlassIsClosedAndOpensOnlyWhatItShould(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		stack, name := "cover-"+env+"-access", "cover-"+env+"-break-glass"
		group := a.of(t, stack, "AWS::AutoScaling::AutoScalingGroup")[0]
		expect(t, group, "0", "MinSize")
		expect(t, group, "0", "DesiredCapacity")
		expect(t, group, "1", "MaxSize")
		for _, r := range a.of(t, stack, "AWS::IAM::Role") {
			if r.text("RoleName") != name {
				continue
			}
			expect(t, r, "true", "AssumeRolePolicyDocument", "Statement", 0, "Condition", "Bool", "aws:MultiFactorAuthPresent")
			if got, want := text(r.get("AssumeRolePolicyDocument", "Statement", 0, "Principal", "AWS")), strings.Join(a.estate.Access.BreakGlass.Users, `","`); got != `["`+want+`"]` {
				t.Errorf("%s may be assumed by %s", r, got)
			}
			for _, s := range policyOf(t, a, stack, r.id) {
				m, _ := s.(map[string]any)
				if what := text(m); strings.Contains(what, "ssm:StartSession") && !strings.Contains(what, name) {
					t.Errorf("%s opens other sessions: %s", r, what)
				}
			}
		}
		document := a.of(t, stack, "AWS::SSM::Document")[0]
		expect(t, document, "Port", "Content", "sessionType")
		expect(t, document, "443", "Content", "properties", "portNumber")
		expect(t, document, `^[a-z0-9-]{1,63}\.`+env+`\.cover\.example$`, "Content", "parameters", "host", "allowedPattern")
		if n := len(a.of(t, stack, "AWS::Events::Rule")); n != 3 {
			t.Errorf("%s tells of %d things", stack, n)
		}
		template := a.of(t, stack, "AWS::EC2::LaunchTemplate")[0]
		expect(t, template, "required", "LaunchTemplateData", "MetadataOptions", "HttpTokens")
		expect(t, template, "true", "LaunchTemplateData", "BlockDeviceMappings", 0, "Ebs", "Encrypted")
	}
}
