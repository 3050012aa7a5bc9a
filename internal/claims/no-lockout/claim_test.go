package nolockout

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

const management, member, other = "100000000001", "100000000004", "100000000006"

// estate is a management account with one guardrail and a member account with
// resources.
type estate struct {
	top, home, edge *build.Builder
}

func newEstate() estate {
	return estate{build.New(management, "ap-southeast-2", "organisation"), build.New(member, "ap-southeast-2", "stack"), build.New(member, "us-east-1", "edge")}
}

func (e estate) guard(kind string, targets any, statements ...build.Props) {
	e.top.Add("AWS::Organizations::Policy", "Guard", build.Props{"Name": "guard", "Type": kind, "TargetIds": targets,
		"Content": build.Props{"Version": "2012-10-17", "Statement": statements}})
}

func deny(action string, more ...build.Props) build.Props {
	s := build.Props{"Sid": "No", "Effect": "Deny", "Action": action, "Resource": "*"}
	for _, m := range more {
		for k, v := range m {
			s[k] = v
		}
	}
	return s
}

func when(op, key string, v any) build.Props {
	return build.Props{"Condition": build.Props{op: build.Props{key: v}}}
}

func run(t *testing.T, e estate) (proof.Outcome, []proof.Finding) {
	t.Helper()
	all := slices.Concat(e.top.Resources(), e.home.Resources(), e.edge.Resources())
	g, problems := resource.New(all)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	verdicts, err := proof.Run(t.Context(), &proof.Input{Graph: g, Now: time.Unix(0, 0)}, []proof.Claim{Claim()})
	if err != nil {
		t.Fatal(err)
	}
	worst, all2 := proof.NotApplicable, []proof.Finding{}
	for _, v := range verdicts {
		worst = max(worst, v.Outcome)
		all2 = append(all2, v.Witness...)
	}
	return worst, all2
}

const scp, rcp = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"

// Pages: "SCP evaluation", "RCP evaluation", AWS Organizations User Guide.
func TestB06_GuardrailsAndTheDeployer(t *testing.T) {
	root := []string{"r-abcd"}
	lock := func(regions ...string) build.Props {
		return build.Props{"Sid": "No", "Effect": "Deny", "NotAction": []string{"iam:*", "sts:*", "account:*", "sso:*"}, "Resource": "*",
			"Condition": build.Props{"StringNotEquals": build.Props{"aws:RequestedRegion": regions}}}
	}
	queue := func(e estate) { e.home.Add("AWS::SQS::Queue", "Queue", nil) }
	cluster := func(encrypted any) func(estate) {
		return func(e estate) { e.home.Add("AWS::RDS::DBCluster", "Db", build.Props{"StorageEncrypted": encrypted}) }
	}
	for _, c := range []struct {
		name    string
		build   func(estate)
		outcome proof.Outcome
		code    string
		says    string
	}{
		{"no guardrails", queue, proof.NotApplicable, "", ""},
		{"one that denies nothing that is needed", func(e estate) { queue(e); e.guard(scp, root, deny("organizations:LeaveOrganization")) }, proof.Proved, "", ""},
		{"one that denies the deployer", func(e estate) { queue(e); e.guard(scp, root, deny("sqs:Create*")) }, proof.Refuted, CodeLocked, "sqs:CreateQueue"},
		{"one that excepts the deployer", func(e estate) {
			queue(e)
			e.guard(scp, root, deny("sqs:*", when("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/cdk-hnb659fds-cfn-exec-role-*")))
		}, proof.Proved, "", ""},
		{"one that excepts another role", func(e estate) {
			queue(e)
			e.guard(scp, root, deny("sqs:*", when("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/deployer")))
		}, proof.Refuted, CodeLocked, "cdk-hnb659fds-cfn-exec-role"},
		{"one that is attached to nothing", func(e estate) { queue(e); e.guard(scp, []string{}, deny("sqs:*")) }, proof.Proved, "", ""},
		{"one of another account", func(e estate) { queue(e); e.guard(scp, []string{other}, deny("sqs:*")) }, proof.Proved, "", ""},
		{"one of the account", func(e estate) { queue(e); e.guard(scp, []string{member}, deny("sqs:*")) }, proof.Refuted, CodeLocked, ""},
		{"one of a unit whose accounts are not known", func(e estate) { queue(e); e.guard(scp, []string{"ou-abcd-12345678"}, deny("sqs:*")) }, proof.Unknown, CodePerhaps, "among its targets"},
		{"one whose targets are not known", func(e estate) { queue(e); e.guard(scp, build.Unknown("?"), deny("sqs:*")) }, proof.Unknown, CodePerhaps, ""},
		{"one that is not known", func(e estate) {
			queue(e)
			e.top.Add("AWS::Organizations::Policy", "Guard", build.Props{"Type": scp, "TargetIds": root, "Content": build.Unknown("?")})
		}, proof.Unknown, CodePerhaps, ""},
		{"a Region lock", func(e estate) { queue(e); e.guard(scp, root, lock("ap-southeast-2")) }, proof.Proved, "", ""},
		{"a Region lock without the edge", func(e estate) {
			e.edge.Add("AWS::CertificateManager::Certificate", "Cert", nil)
			e.guard(scp, root, lock("ap-southeast-2"))
		}, proof.Refuted, CodeLocked, "us-east-1"},
		{"a Region lock with the edge", func(e estate) {
			e.edge.Add("AWS::CertificateManager::Certificate", "Cert", nil)
			e.guard(scp, root, lock("ap-southeast-2", "us-east-1"))
		}, proof.Proved, "", ""},
		{"a global service is served from us-east-1", func(e estate) {
			e.home.Add("AWS::Route53::HealthCheck", "Check", nil)
			e.guard(scp, root, lock("ap-southeast-2"))
		}, proof.Refuted, CodeLocked, "route53"},
		{"stores that are encrypted", func(e estate) {
			cluster(true)(e)
			e.guard(scp, root, deny("rds:*", when("Bool", "rds:StorageEncrypted", "false")))
		}, proof.Proved, "", ""},
		{"stores that are not", func(e estate) {
			cluster(false)(e)
			e.guard(scp, root, deny("rds:*", when("Bool", "rds:StorageEncrypted", "false")))
		}, proof.Refuted, CodeLocked, ""},
		{"a condition on what nobody knows", func(e estate) {
			queue(e)
			e.guard(scp, root, deny("sqs:*", when("IpAddress", "aws:SourceIp", "10.0.0.0/8")))
		}, proof.Unknown, CodePerhaps, ""},
		{"a key of another service", func(e estate) {
			queue(e)
			e.guard(scp, root, deny("*", when("StringEquals", "s3:x-amz-acl", "public-read")))
		}, proof.Proved, "", ""},
		{"a public bucket", func(e estate) {
			e.home.Add("AWS::S3::Bucket", "Bucket", build.Props{"AccessControl": "PublicRead"})
			e.guard(scp, root, deny("s3:PutBucketAcl", when("StringEquals", "s3:x-amz-acl", "public-read")))
		}, proof.Refuted, CodeLocked, ""},
		{"deleting what is deleted", func(e estate) { queue(e); e.guard(scp, root, deny("sqs:DeleteQueue")) }, proof.Refuted, CodeLocked, "sqs:DeleteQueue"},
		{"deleting what is kept", func(e estate) {
			e.home.Add("AWS::SQS::Queue", "Queue", nil).Retain = true
			e.guard(scp, root, deny("sqs:DeleteQueue"))
		}, proof.Proved, "", ""},
		{"its own roles, and not those of the stacks", func(e estate) {
			e.home.Add("AWS::IAM::Role", "Role", nil)
			e.guard(scp, root, deny("iam:PutRolePolicy", build.Props{"Resource": "arn:aws:iam::*:role/cdk-hnb659fds-cfn-*"}, when("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/OrganizationAccountAccessRole")))
		}, proof.Proved, "", ""},
		{"the roles of the stacks", func(e estate) {
			e.home.Add("AWS::IAM::Role", "Role", build.Props{"RoleName": "stack-role"})
			e.guard(scp, root, deny("iam:PutRolePolicy", build.Props{"Resource": "arn:aws:iam::*:role/stack-*"}))
		}, proof.Refuted, CodeLocked, ""},
		{"the change sets of the deploy role", func(e estate) { queue(e); e.guard(scp, root, deny("cloudformation:*ChangeSet")) }, proof.Refuted, CodeLocked, "cdk-hnb659fds-deploy-role"},
		{"Control Tower", func(e estate) {
			queue(e)
			e.guard(scp, root, deny("config:*", when("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/aws-controltower-*")))
		}, proof.Refuted, CodeLocked, "AWSControlTowerExecution"},
		{"a custom resource", func(e estate) {
			e.home.Add("Custom::Thing", "Thing", nil)
			e.guard(scp, root, deny("lambda:InvokeFunction"))
		}, proof.Refuted, CodeLocked, "lambda:InvokeFunction"},
		{"a type that the table lacks", func(e estate) {
			e.home.Add("AWS::Foo::Bar", "Foo", nil)
			e.guard(scp, root, deny("organizations:LeaveOrganization"))
		}, proof.Unknown, CodeType, "AWS::Foo::Bar"},
		{"the management account is not reached", func(e estate) {
			queue(e)
			e.top.Add("AWS::SSO::PermissionSet", "Set", nil)
			e.guard(scp, root, deny("sso:*"))
		}, proof.Proved, "", ""},
		{"resources for the organisation only", func(e estate) {
			queue(e)
			e.guard(rcp, root, deny("sqs:*", build.Props{"Principal": "*"}, when("StringNotEqualsIfExists", "aws:PrincipalOrgID", "${aws:ResourceOrgID}")))
		}, proof.Proved, "", ""},
		{"resources for another organisation", func(e estate) {
			queue(e)
			e.guard(rcp, root, deny("sqs:*", build.Props{"Principal": "*"}, when("StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}")))
		}, proof.Refuted, CodeLocked, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEstate()
			c.build(e)
			outcome, found := run(t, e)
			if outcome != c.outcome {
				t.Fatalf("%s, want %s: %+v", outcome, c.outcome, found)
			}
			for _, f := range found {
				if f.Code != c.code || f.Message == "" || f.Fix == "" {
					t.Errorf("%+v, want %s", f, c.code)
				}
			}
			if c.says != "" && !slices.ContainsFunc(found, func(f proof.Finding) bool { return strings.Contains(f.Message, c.says) }) {
				t.Errorf("nothing says %s: %+v", c.says, found)
			}
		})
	}
}

// Units hold the accounts that their tag names, and those of the units in them.
func TestB06_UnitsAndTheirAccounts(t *testing.T) {
	for name, c := range map[string]struct {
		accounts string
		nested   bool
		want     proof.Outcome
	}{
		"this account":    {member + " " + other, false, proof.Refuted},
		"another account": {other, false, proof.Proved},
		"a unit below":    {member, true, proof.Refuted},
	} {
		e := newEstate()
		e.home.Add("AWS::SQS::Queue", "Queue", nil)
		unit := e.top.Add("AWS::Organizations::OrganizationalUnit", "Unit", build.Props{"ParentId": "r-abcd"})
		if c.nested {
			unit = e.top.Add("AWS::Organizations::OrganizationalUnit", "Below", build.Props{"ParentId": e.top.Ref("Unit")})
		}
		unit.Tags[addr.TagAccounts] = value.OfString(c.accounts)
		e.guard(scp, []any{e.top.Ref("Unit")}, deny("sqs:*"))
		if outcome, found := run(t, e); outcome != c.want {
			t.Errorf("%s: %s, want %s: %+v", name, outcome, c.want, found)
		}
	}
}

// A finding points to the statement.
func TestB06_TheStatementIsNamed(t *testing.T) {
	e := newEstate()
	e.home.Add("AWS::SQS::Queue", "Queue", nil)
	e.guard(scp, []string{"r-abcd"}, deny("s3:DeleteBucket"), deny("sqs:CreateQueue"))
	_, found := run(t, e)
	if len(found) != 1 || found[0].At.Logical != "Guard" || found[0].Property != "Content/Statement/1" {
		t.Errorf("%+v", found)
	}
}

func TestTheTableIsWhole(t *testing.T) {
	all := needs()
	if len(all) < 300 {
		t.Errorf("%d types", len(all))
	}
	for typ, n := range all {
		if strings.Count(typ, "::") != 2 {
			t.Errorf("%q is no type", typ)
		}
		for _, a := range slices.Concat(n.make, n.remove) {
			if service, name, ok := strings.Cut(a, ":"); !ok || service == "" || name == "" || strings.ContainsAny(a, " *") {
				t.Errorf("%s: %q is no action", typ, a)
			}
		}
	}
}
