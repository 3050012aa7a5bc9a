package environmentisolation

import (
	"slices"
	"testing"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource/build"
)

const dev, prod, shared = "100000000004", "100000000006", "100000000007"

// twoEnvironments is an estate of which only the accounts matter.
func twoEnvironments() *estate.Estate {
	e := &estate.Estate{Name: "cover"}
	for name, id := range map[string]string{"dev": dev, "prod": prod} {
		e.Organisation.Accounts.Set(name, estate.Account{ID: id})
		e.Environments.Set(name, estate.Environment{Account: name})
	}
	return e
}

func TestS01_EnvironmentsDoNotTrustEachOther(t *testing.T) {
	arn := func(account string) string { return "arn:aws:iam::" + account + ":root" }
	role := func(statement build.Props) func(*build.Builder) {
		return func(b *build.Builder) {
			b.Add("AWS::IAM::Role", "R", build.Props{"AssumeRolePolicyDocument": build.Props{"Statement": []build.Props{statement}}})
		}
	}
	condition := func(key, v string) build.Props {
		return build.Props{"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": build.Props{"StringEquals": build.Props{key: v}}}
	}
	operator := func(op, key, v string) build.Props {
		return build.Props{"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": build.Props{op: build.Props{key: v}}}
	}
	text := func(doc string) func(*build.Builder) {
		return func(b *build.Builder) { b.Add("AWS::Logs::ResourcePolicy", "P", build.Props{"PolicyDocument": doc}) }
	}
	for _, c := range []struct {
		name  string
		build func(*build.Builder)
		codes []string
	}{
		{"its own account", role(build.Props{"Effect": "Allow", "Principal": build.Props{"AWS": arn(dev)}}), nil},
		{"a service", role(build.Props{"Effect": "Allow", "Principal": build.Props{"Service": "ecs.amazonaws.com"}}), nil},
		{"another environment", role(build.Props{"Effect": "Allow", "Principal": build.Props{"AWS": []string{arn(dev), arn(prod)}}}), []string{CodeTrust}},
		{"another environment, denied", role(build.Props{"Effect": "Deny", "Principal": build.Props{"AWS": arn(prod)}}), nil},
		{"everybody", role(build.Props{"Effect": "Allow", "Principal": build.Props{"AWS": "*"}}), []string{CodeTrustAny}},
		{"all but one", role(build.Props{"Effect": "Allow", "NotPrincipal": build.Props{"AWS": arn(prod)}}), []string{CodeTrustAny}},
		{"everybody of its own account", role(condition("aws:PrincipalAccount", dev)), nil},
		{"everybody of another account", role(condition("aws:PrincipalAccount", prod)), []string{CodeTrust}},
		{"the organisation", role(condition("aws:PrincipalOrgID", "o-1")), []string{CodeTrustAny}},
		{"everybody but its own account", role(operator("StringNotEquals", "aws:PrincipalAccount", dev)), []string{CodeTrustHidden}},
		{"everybody without the key", role(operator("StringEqualsIfExists", "aws:PrincipalAccount", dev)), []string{CodeTrustHidden}},
		{"everybody by TLS", role(operator("Bool", "aws:SecureTransport", "true")), []string{CodeTrustHidden}},
		{"everybody of any account", role(operator("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/deploy")), []string{CodeTrustHidden}},
		{"everybody of its own roles", role(operator("ArnLike", "aws:PrincipalArn", "arn:aws:iam::"+dev+":role/*")), nil},
		{"an account of two environments", role(build.Props{"Effect": "Allow", "Principal": build.Props{"AWS": arn(shared)}}), []string{CodeTrustHidden}},
		{"another environment's identity provider", role(build.Props{"Effect": "Allow", "Principal": build.Props{"Federated": "arn:aws:iam::" + prod + ":saml-provider/ours"},
			"Condition": build.Props{"StringEquals": build.Props{"SAML:aud": "https://signin.aws.amazon.com/saml"}}}), []string{CodeTrust}},
		{"everybody of an identity provider", role(build.Props{"Effect": "Allow", "Principal": build.Props{"Federated": "arn:aws:iam::" + dev + ":oidc-provider/token.example.com"}}), []string{CodeTrustHidden}},
		{"a policy as text", text(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"` + prod + `"},"Action":"logs:*"}}`), []string{CodeTrust}},
		{"a policy as broken text", text(`{"Statement"`), []string{CodeTrustHidden}},
		{"a parameter", role(build.Props{"Effect": "Allow", "Principal": build.Props{"AWS": build.Unknown("a parameter")}}), []string{CodeTrustHidden}},
		{"a function's permission", func(b *build.Builder) {
			b.Add("AWS::Lambda::Permission", "P", build.Props{"Principal": prod})
		}, []string{CodeTrust}},
		{"a share", func(b *build.Builder) {
			b.Add("AWS::RAM::ResourceShare", "S", build.Props{"Principals": []string{prod}})
		}, []string{CodeTrust}},
		{"a key of another environment", func(b *build.Builder) {
			b.Add("AWS::SQS::Queue", "Q", build.Props{"KmsMasterKeyId": "arn:aws:kms:ap-southeast-2:" + prod + ":key/1"})
		}, []string{CodeKey}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := build.New(dev, "ap-southeast-2", "stack")
			c.build(b)
			g, err := b.Graph()
			if err != nil {
				t.Fatal(err)
			}
			in := &proof.Input{Estate: twoEnvironments(), Graph: g}
			k := &checker{in: in, documents: policy.NewDocuments(), accounts: map[string][]string{dev: {"dev"}, prod: {"prod"}, shared: {"dev", "staging"}}, tally: proof.NewTally(in, "things", "none")}
			for r := range g.All() {
				k.trust(r, "dev")
				k.keys(r, "dev", r.Props, nil)
			}
			var codes []string
			for _, v := range k.tally.Verdicts() {
				for _, f := range v.Witness {
					codes = append(codes, f.Code)
				}
			}
			slices.Sort(codes)
			if codes = slices.Compact(codes); !slices.Equal(codes, c.codes) {
				t.Errorf("%v, want %v", codes, c.codes)
			}
		})
	}
}
