package leastprivilege

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/prooftest"
	"github.com/suretyhq/surety/internal/resource/build"
)

func statement(action, resource any, more ...build.Props) build.Props {
	s := build.Props{"Effect": "Allow", "Action": action}
	if resource != nil {
		s["Resource"] = resource
	}
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

func to(typ string, who any) build.Props {
	if typ == "" {
		return build.Props{"Principal": who}
	}
	return build.Props{"Principal": build.Props{typ: who}}
}

func document(s ...any) build.Props {
	return build.Props{"Version": "2012-10-17", "Statement": s}
}

// granted builds a role with one inline statement.
func granted(s any) func(*build.Builder) {
	return func(b *build.Builder) {
		b.Add("AWS::IAM::Role", "Role", build.Props{"Policies": []build.Props{{"PolicyName": "p", "PolicyDocument": document(s)}}})
	}
}

func guarding(typ, property string, s any) func(*build.Builder) {
	return func(b *build.Builder) { b.Add(typ, "Guard", build.Props{property: document(s)}) }
}

func row(name string, made func(*build.Builder), codes ...string) prooftest.Case {
	c := prooftest.Case{Name: name, Build: made, Outcome: proof.Proved, Codes: codes}
	for _, code := range codes {
		c.Outcome = proof.Refuted
		if code == CodeUnknown || code == CodeManagedUnknown {
			c.Outcome = proof.Unknown
		}
	}
	return c
}

const own, foreign = "100000000004", "100000000009"

func TestS28_WhatPrincipalsMayDo(t *testing.T) {
	bucket := "arn:aws:s3:::bucket/*"
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "nothing", Outcome: proof.NotApplicable, Build: func(b *build.Builder) { b.Add("AWS::EC2::VPC", "Vpc", nil) }},
		row("one action on one resource", granted(statement("s3:GetObject", bucket))),
		row("a service on one bucket", granted(statement("s3:*", []string{"arn:aws:s3:::bucket", bucket}))),
		row("everything", granted(statement("*", "*")), CodeAllActions),
		row("everything, of one resource", granted(statement("*", bucket)), CodeAllActions),
		row("everything, spelt otherwise", granted(statement("*:*", "*")), CodeAllActions),
		row("several services by a wildcard", granted(statement("s*:*", "*")), CodeAllActions),
		row("a service", granted(statement([]string{"s3:GetObject", "sqs:*"}, "*")), CodeService),
		row("a service of an account", granted(statement("sqs:*", "arn:aws:sqs:*:*:*")), CodeService),
		row("all but some actions", granted(build.Props{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), CodeExcept),
		row("all but some resources", granted(build.Props{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": bucket}), CodeExcept),
		row("denying all but some", func(b *build.Builder) {
			b.Add("AWS::IAM::Policy", "Policy", build.Props{"PolicyDocument": document(build.Props{"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"})})
		}),
		row("some actions on everything", granted(statement([]string{"sqs:SendMessage"}, []string{bucket, "*"})), CodeAllResources),
		row("reading everything", granted(statement("s3:Get*", "*")), CodeAllResources),
		row("on everything with a tag", granted(statement("ecs:UpdateService", "*", when("StringEquals", "aws:ResourceTag/surety:environment", "prod")))),
		row("on everything, tagged or not", granted(statement("ecs:UpdateService", "*", when("StringEqualsIfExists", "aws:ResourceTag/a", "prod"))), CodeAllResources),
		row("on everything with any tag", granted(statement("ecs:UpdateService", "*", when("StringLike", "aws:ResourceTag/a", "*"))), CodeAllResources),
		row("on everything by TLS", granted(statement("ecs:UpdateService", "*", when("Bool", "aws:SecureTransport", "true"))), CodeAllResources),
		row("what knows no resources", granted(statement([]string{"ecr:GetAuthorizationToken", "ec2:Describe*", "ec2:DescribeSubnets", "xray:PutTraceSegments", "ssmmessages:*"}, "*"))),
		row("more than what knows no resources", granted(statement("ecr:Get*", "*")), CodeAllResources),
		row("passing any role", granted(statement("iam:PassRole", "*")), CodeEscalation),
		row("passing any role of the account", granted(statement("iam:PassRole", "arn:aws:iam::"+own+":role/*")), CodeEscalation),
		row("passing any role to one service", granted(statement("iam:PassRole", "*", when("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com"))), CodeEscalation),
		row("passing one role", granted(statement("iam:PassRole", "arn:aws:iam::"+own+":role/task"))),
		row("passing roles of a prefix", granted(statement("iam:PassRole", "arn:aws:iam::"+own+":role/cover-*"))),
		row("writing any role's policy", granted(statement("iam:Put*", "arn:aws:iam::*:role/*")), CodeEscalation),
		row("writing any role's policy below a boundary", granted(statement("iam:PutRolePolicy", "arn:aws:iam::*:role/*", when("StringEquals", "iam:PermissionsBoundary", "arn:aws:iam::"+own+":policy/boundary")))),
		row("becoming any role", granted(statement("sts:AssumeRole", "*")), CodeEscalation),
		row("every secret", granted(statement("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:*")), CodeEscalation),
		row("every key", granted(statement("kms:Decrypt", "arn:aws:kms:*:*:key/*")), CodeEscalation),
		row("every instance", granted(statement("ssm:StartSession", "arn:aws:ec2:*:*:instance/*")), CodeEscalation),
		row("instances with a tag", granted(statement("ssm:StartSession", "arn:aws:ec2:*:*:instance/*", when("StringEquals", "ssm:resourceTag/team", "claims")))),
		row("an unknown action", granted(statement(build.Unknown("?"), "*")), CodeUnknown),
		row("an unknown resource", granted(statement("s3:GetObject", build.Unknown("?"))), CodeUnknown),
		row("an unknown effect", granted(build.Props{"Effect": build.Unknown("?"), "Action": "s3:GetObject", "Resource": bucket}), CodeUnknown),
		row("unknown inline policies", func(b *build.Builder) { b.Add("AWS::IAM::Role", "Role", build.Props{"Policies": build.Unknown("?")}) }, CodeUnknown),
		row("below a resource of the templates", func(b *build.Builder) {
			b.Add("AWS::S3::Bucket", "Bucket", nil)
			granted(statement("s3:*", build.Of([]any{b.Attr("Bucket", "Arn")})))(b)
		}),
		row("a permission set's inline policy, as text", func(b *build.Builder) {
			b.Add("AWS::SSO::PermissionSet", "Set", build.Props{"InlinePolicy": `{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`})
		}, CodeAllActions),
	})
}

func TestS28_PoliciesThatAreAttached(t *testing.T) {
	with := func(arn any) func(*build.Builder) {
		return func(b *build.Builder) {
			b.Add("AWS::IAM::Role", "Role", build.Props{"ManagedPolicyArns": []any{arn}})
		}
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		row("administrator", with("arn:aws:iam::aws:policy/AdministratorAccess"), CodeManaged),
		row("power user", with("arn:aws:iam::aws:policy/PowerUserAccess"), CodeManaged),
		row("a service's full access", with("arn:aws:iam::aws:policy/AmazonS3FullAccess"), CodeManaged),
		row("everybody's data", with("arn:aws:iam::aws:policy/ReadOnlyAccess"), CodeManaged),
		row("a job's", with("arn:aws:iam::aws:policy/job-function/SystemAdministrator"), CodeManaged),
		row("a narrow one", with("arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole")),
		row("one that nobody has read", with("arn:aws:iam::aws:policy/SomethingNew"), CodeManagedUnknown),
		row("one of the account", with("arn:aws:iam::"+own+":policy/mine"), CodeManagedUnknown),
		row("a list that is not known", func(b *build.Builder) {
			b.Add("AWS::IAM::Role", "Role", build.Props{"ManagedPolicyArns": build.Unknown("?")})
		}, CodeManagedUnknown),
		row("one of the templates", func(b *build.Builder) {
			b.Add("AWS::IAM::ManagedPolicy", "Mine", build.Props{"PolicyDocument": document(statement("sqs:SendMessage", "arn:aws:sqs:ap-southeast-2:1:q"))})
			with(b.Ref("Mine"))(b)
		}),
		row("a boundary", func(b *build.Builder) {
			b.Add("AWS::IAM::ManagedPolicy", "Bound", build.Props{"PolicyDocument": document(statement("*", "*"), build.Props{"Effect": "Deny", "Action": "iam:*", "Resource": "*"})})
			b.Add("AWS::IAM::Role", "Role", build.Props{"PermissionsBoundary": b.Ref("Bound")})
		}),
		row("a boundary that bounds nobody", func(b *build.Builder) {
			b.Add("AWS::IAM::ManagedPolicy", "Bound", build.Props{"PolicyDocument": document(statement("*", "*"))})
			b.Add("AWS::IAM::Role", "Role", build.Props{"PermissionsBoundary": b.Ref("Bound")})
		}, CodeBoundary),
		row("a boundary that is attached too", func(b *build.Builder) {
			b.Add("AWS::IAM::ManagedPolicy", "Bound", build.Props{"PolicyDocument": document(statement("*", "*"), build.Props{"Effect": "Deny", "Action": "iam:*", "Resource": "*"})})
			b.Add("AWS::IAM::Role", "Role", build.Props{"PermissionsBoundary": b.Ref("Bound"), "ManagedPolicyArns": []any{b.Ref("Bound")}})
		}, CodeAllActions),
		row("a user", func(b *build.Builder) { b.Add("AWS::IAM::User", "User", nil) }, CodeUser),
		row("an access key", func(b *build.Builder) { b.Add("AWS::IAM::AccessKey", "Key", nil) }, CodeUser),
		row("a permission set that names a policy", func(b *build.Builder) {
			b.Add("AWS::SSO::PermissionSet", "Set", build.Props{"CustomerManagedPolicyReferences": []build.Props{{"Name": "mine"}}})
		}, CodeManagedUnknown),
	})
}

func TestS28_WhoIsLetIn(t *testing.T) {
	trust := func(s build.Props) func(*build.Builder) {
		return guarding("AWS::IAM::Role", "AssumeRolePolicyDocument", s)
	}
	bucket := func(s build.Props) func(*build.Builder) {
		return guarding("AWS::S3::BucketPolicy", "PolicyDocument", s)
	}
	endpoint := func(s build.Props) func(*build.Builder) {
		return guarding("AWS::EC2::VPCEndpoint", "PolicyDocument", s)
	}
	const oidc = "arn:aws:iam::" + own + ":oidc-provider/gitlab.com"
	web := "sts:AssumeRoleWithWebIdentity"
	prooftest.Run(t, Claim(), []prooftest.Case{
		row("a role for a service", trust(statement("sts:AssumeRole", nil, to("Service", "ecs-tasks.amazonaws.com")))),
		row("a role for a role", trust(statement("sts:AssumeRole", nil, to("AWS", "arn:aws:iam::"+own+":role/x")))),
		row("a role for everybody", trust(statement("sts:AssumeRole", nil, to("AWS", "*"))), CodeEverybody),
		row("a role for the organisation", trust(statement("sts:AssumeRole", nil, to("", "*"), when("StringEquals", "aws:PrincipalOrgID", "o-1")))),
		row("a role for an account", trust(statement("sts:AssumeRole", nil, to("AWS", "arn:aws:iam::"+foreign+":root"))), CodeAccount),
		row("a role for a third party with its secret", trust(statement("sts:AssumeRole", nil, to("AWS", foreign), when("StringEquals", "sts:ExternalId", "x")))),
		row("a role for a third party with a secret that deployment knows", trust(statement("sts:AssumeRole", nil, to("AWS", foreign), when("StringEquals", "sts:ExternalId", build.Unknown("?"))))),
		row("a role for a third party with a pattern that nobody knows", trust(statement("sts:AssumeRole", nil, to("AWS", foreign), when("StringLike", "sts:ExternalId", build.Unknown("?")))), CodeAccount),
		row("a role for an account with a principal that nobody knows", trust(statement("sts:AssumeRole", nil, to("AWS", foreign), when("StringEquals", "aws:PrincipalArn", build.Unknown("?")))), CodeAccount),
		row("a role for a pipeline", trust(statement(web, nil, to("Federated", oidc), when("StringLike", "gitlab.com:sub", "project_path:cover/platform:ref_type:branch:ref:main")))),
		row("a role for every project", trust(statement(web, nil, to("Federated", oidc), when("StringEquals", "gitlab.com:aud", "https://gitlab.com"))), CodeProvider),
		row("a role for any project", trust(statement(web, nil, to("Federated", oidc), when("StringLike", "gitlab.com:sub", "*"))), CodeProvider),
		row("a role for whom nobody knows", trust(statement("sts:AssumeRole", nil, to("AWS", build.Unknown("?")))), CodeUnknown),
		row("a role for all but some", trust(build.Props{"Effect": "Allow", "Action": "sts:AssumeRole", "NotPrincipal": build.Props{"AWS": foreign}}), CodeEverybody),

		row("a bucket for a role", bucket(statement("s3:GetObject", "*", to("AWS", "arn:aws:iam::"+own+":role/x")))),
		row("a bucket for everybody", bucket(statement("s3:GetObject", "*", to("", "*"))), CodeEverybody),
		row("a bucket for everybody by TLS", bucket(statement("s3:GetObject", "*", to("", "*"), when("Bool", "aws:SecureTransport", "true"))), CodeEverybody),
		row("a bucket for CloudFront", bucket(statement("s3:GetObject", "*", to("Service", "cloudfront.amazonaws.com"), when("StringEquals", "aws:SourceArn", "arn:aws:cloudfront::1:distribution/x")))),
		row("a bucket to administer", bucket(statement("s3:*", "*", to("AWS", "arn:aws:iam::"+own+":role/x"))), CodeService),
		row("a bucket that denies plaintext", bucket(build.Props{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": "*", "Condition": build.Props{"Bool": build.Props{"aws:SecureTransport": "false"}}})),
		row("a bucket by exception", bucket(build.Props{"Effect": "Allow", "NotAction": "s3:Delete*", "Resource": "*", "Principal": build.Props{"AWS": own}}), CodeExcept),
		row("a bus for everybody", func(b *build.Builder) {
			b.Add("AWS::Events::EventBusPolicy", "Bus", build.Props{"Statement": statement("events:PutEvents", "*", to("", "*"))})
		}, CodeEverybody),

		row("an endpoint for the account", endpoint(statement("*", "*", to("AWS", "*"), when("StringEquals", "aws:PrincipalAccount", own)))),
		row("an endpoint to the account", endpoint(statement("*", "*", to("", "*"), when("StringEquals", "aws:ResourceAccount", own)))),
		row("an endpoint for everybody", endpoint(statement("*", "*", to("", "*"))), CodeEverybody),
		row("an endpoint for layers of images", endpoint(statement("s3:GetObject", "arn:aws:s3:::prod-ap-southeast-2-starport-layer-bucket/*", to("", "*")))),
		row("an endpoint for every object", endpoint(statement("s3:GetObject", "*", to("", "*"))), CodeEverybody),

		row("a function for everybody", func(b *build.Builder) {
			b.Add("AWS::Lambda::Permission", "P", build.Props{"Action": "lambda:InvokeFunction", "Principal": "*"})
		}, CodeEverybody),
		row("a function for the organisation", func(b *build.Builder) {
			b.Add("AWS::Lambda::Permission", "P", build.Props{"Principal": "*", "PrincipalOrgID": "o-1"})
		}),
	})
}

// Page: "Default key policy", AWS KMS Developer Guide.
func TestS23_WhoAdministersKeys(t *testing.T) {
	key := func(s ...any) func(*build.Builder) {
		return func(b *build.Builder) { b.Add("AWS::KMS::Key", "Key", build.Props{"KeyPolicy": document(s...)}) }
	}
	root, role := "arn:aws:iam::"+own+":root", "arn:aws:iam::"+own+":role/x"
	prooftest.Run(t, Claim(), []prooftest.Case{
		row("the default", key(statement("kms:*", "*", to("AWS", root)))),
		row("used by a role", key(statement([]string{"kms:Decrypt", "kms:GenerateDataKey*"}, "*", to("AWS", role)))),
		row("administered by a role", key(statement([]string{"kms:Put*", "kms:Disable*"}, "*", to("AWS", role)))),
		row("all of it for a role", key(statement("kms:*", "*", to("AWS", role))), CodeService),
		row("administered by another account", key(statement("kms:*", "*", to("AWS", "arn:aws:iam::"+foreign+":root"))), CodeKey),
		row("used by another account", key(statement("kms:Decrypt", "*", to("AWS", "arn:aws:iam::"+foreign+":root")))),
		row("used by everybody", key(statement("kms:Decrypt", "*", to("AWS", "*"))), CodeEverybody),
		row("used by the account by way of a service", key(statement("kms:Decrypt", "*", to("AWS", "*"), when("StringEquals", "kms:CallerAccount", own)))),
		row("administered by a service", key(statement("kms:DisableKey", "*", to("Service", "x.amazonaws.com"))), CodeKey),
	})
}

// With an administrator in the estate nobody else administers.
func TestS23_AThirdPartyAdministers(t *testing.T) {
	text, err := os.ReadFile("../../../examples/cover/estate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const third = "arn:aws:iam::200000000001:role/keys"
	e, problems := estate.Parse("estate.yaml", []byte(strings.Replace(string(text), "\nnetwork:", "\nkeys: {administrator: \""+third+"\"}\nnetwork:", 1)))
	if err := problems.Err(); err != nil || e.Keys.Administrator != third {
		t.Fatalf("%v %q", err, e.Keys.Administrator)
	}
	root := "arn:aws:iam::" + own + ":root"
	for name, c := range map[string]struct {
		s    []any
		code string
	}{
		"as it should be": {[]any{statement([]string{"kms:Put*", "kms:ScheduleKeyDeletion"}, "*", to("AWS", third)),
			statement("kms:CreateGrant", "*", to("AWS", root), when("Bool", "kms:GrantIsForAWSResource", "true"))}, ""},
		"the account too": {[]any{statement("kms:*", "*", to("AWS", root))}, CodeKey},
		"any grant":       {[]any{statement("kms:CreateGrant", "*", to("AWS", root))}, CodeKey},
	} {
		b := build.New(own, "ap-southeast-2", "s")
		b.Add("AWS::KMS::Key", "Key", build.Props{"KeyPolicy": document(c.s...)})
		g, err := b.Graph()
		if err != nil {
			t.Fatal(err)
		}
		verdicts, err := proof.Run(t.Context(), &proof.Input{Estate: e, Graph: g, Now: time.Unix(0, 0)}, []proof.Claim{Claim()})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, v := range verdicts {
			for _, f := range v.Witness {
				got = f.Code
			}
		}
		if got != c.code {
			t.Errorf("%s: %q, want %q", name, got, c.code)
		}
	}
}

// The page and the code show the same lists.
func TestTheListsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../docs/claims/least-privilege.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range unbound() {
		if !strings.Contains(string(page), "`"+a+"`") {
			t.Errorf("the page does not list %s", a)
		}
	}
	for _, e := range escalations() {
		if !strings.Contains(string(page), "`"+e.action+"`") {
			t.Errorf("the page does not list %s", e.action)
		}
	}
	for name := range narrowManaged() {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("the page does not list %s", name)
		}
	}
}
