package policy_test

import (
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

const (
	home  = "100000000004"
	other = "100000000005"
)

var symbol = value.OfSymbol(value.Ref{To: addr.Address{Logical: "Queue"}, Attr: "Arn"})

func doc(statements ...build.Props) *policy.Policy {
	return policy.Read(addr.Address{}, "PolicyDocument", build.Of(build.Props{"Version": "2012-10-17", "Statement": statements}))
}

func allow(action any, resource any, more ...build.Props) build.Props {
	return statementOf("Allow", action, resource, more...)
}
func deny(action any, resource any, more ...build.Props) build.Props {
	return statementOf("Deny", action, resource, more...)
}

func statementOf(effect string, action, resource any, more ...build.Props) build.Props {
	s := build.Props{"Effect": effect}
	if action != nil {
		s["Action"] = action
	}
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

func by(who any) build.Props  { return build.Props{"Principal": who} }
func aws(arn any) build.Props { return by(build.Props{"AWS": arn}) }
func when(op, key string, v any) build.Props {
	return build.Props{"Condition": build.Props{op: build.Props{key: v}}}
}

func context(kv ...string) policy.Keys {
	return func(key string) ([]value.Value, bool) {
		for i := 0; i+1 < len(kv); i += 2 {
			if kv[i] != key {
				continue
			}
			var all []value.Value
			for s := range strings.FieldsSeq(kv[i+1]) {
				all = append(all, value.OfString(s))
			}
			return all, true
		}
		return nil, false
	}
}

type row struct {
	name string
	p    policy.Policies
	r    policy.Request
	want policy.Outcome
	at   policy.Layer // who decided; empty: not asked
}

func decide(t *testing.T, rows []row) {
	t.Helper()
	for _, c := range rows {
		t.Run(c.name, func(t *testing.T) {
			if c.r.Action == "" {
				c.r.Action = "sqs:SendMessage"
			}
			if c.r.Resource.IsAbsent() {
				c.r.Resource = value.OfString("arn:aws:sqs:ap-southeast-2:" + home + ":q")
			}
			if c.r.Caller == (policy.Caller{}) {
				c.r.Caller = policy.Role(home, "app")
			}
			d := c.p.Decide(c.r)
			if d.Outcome != c.want || c.at != "" && d.Layer != c.at {
				t.Errorf("%s by %s, want %s by %s: %+v", d.Outcome, d.Layer, c.want, c.at, d.By)
			}
			if d.Outcome != policy.Denied && d.By == nil && d.Why == nil && !c.r.Caller.Root {
				t.Error("no statement decided")
			}
		})
	}
}

func identity(p ...*policy.Policy) policy.Policies { return policy.Policies{Identity: p} }

// Pages: "Policy evaluation for requests within a single account"; "IAM JSON
// policy elements: Action, NotAction, Resource, NotResource".
func TestIdentityPolicies(t *testing.T) {
	star := doc(allow("*", "*"))
	decide(t, []row{
		{"nothing", identity(), policy.Request{}, policy.Denied, policy.Identity},
		{"the action", identity(doc(allow("sqs:SendMessage", "*"))), policy.Request{}, policy.Allowed, policy.Identity},
		{"in other case", identity(doc(allow("SQS:sendmessage", "*"))), policy.Request{}, policy.Allowed, ""},
		{"by a wildcard", identity(doc(allow("sqs:Send*", "arn:aws:sqs:*:*:q"))), policy.Request{}, policy.Allowed, ""},
		{"by a question mark", identity(doc(allow("sqs:SendMessag?", "*"))), policy.Request{}, policy.Allowed, ""},
		{"another action", identity(doc(allow("sqs:Receive*", "*"))), policy.Request{}, policy.Denied, policy.Identity},
		{"another resource", identity(doc(allow("sqs:*", "arn:aws:sqs:*:*:p"))), policy.Request{}, policy.Denied, ""},
		{"resources have case", identity(doc(allow("sqs:*", "arn:aws:sqs:*:*:Q"))), policy.Request{}, policy.Denied, ""},
		{"a list", identity(doc(allow([]string{"s3:*", "sqs:*"}, []string{"arn:aws:s3:::x", "*"}))), policy.Request{}, policy.Allowed, ""},
		{"all but others", identity(doc(build.Props{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})), policy.Request{}, policy.Allowed, ""},
		{"all but this", identity(doc(build.Props{"Effect": "Allow", "NotAction": "sqs:*", "Resource": "*"})), policy.Request{}, policy.Denied, ""},
		{"all but this resource", identity(doc(build.Props{"Effect": "Allow", "Action": "*", "NotResource": "*:q"})), policy.Request{}, policy.Denied, ""},
		{"deny wins", identity(star, doc(deny("sqs:*", "*"))), policy.Request{}, policy.Denied, policy.Identity},
		{"deny of all but this", identity(star, doc(build.Props{"Effect": "Deny", "NotAction": "sqs:*", "Resource": "*"})), policy.Request{}, policy.Allowed, ""},
		{"a resource of the templates", identity(doc(allow("sqs:*", symbol))), policy.Request{Resource: symbol}, policy.Allowed, ""},
		{"what only deployment knows", identity(doc(allow("sqs:*", symbol))), policy.Request{}, policy.Undecided, policy.Identity},
		{"below what only deployment knows", identity(doc(allow("s3:*", value.Join(symbol, value.OfString("/*"))))), policy.Request{Action: "s3:GetObject", Resource: value.Join(symbol, value.OfString("/a/b"))}, policy.Allowed, ""},
		{"beside what only deployment knows", identity(doc(allow("s3:*", value.Join(value.OfString("x/"), symbol)))), policy.Request{Action: "s3:GetObject", Resource: value.Join(value.OfString("y/"), symbol)}, policy.Denied, ""},
		{"an unknown action", identity(doc(allow(build.Unknown("?"), "*"))), policy.Request{}, policy.Undecided, ""},
		{"an unknown document", identity(policy.Read(addr.Address{}, "", build.Unknown("?"))), policy.Request{}, policy.Undecided, ""},
		{"an unknown document beside one that denies", identity(policy.Read(addr.Address{}, "", build.Unknown("?")), doc(deny("*", "*"))), policy.Request{}, policy.Denied, ""},
		{"an unknown effect", identity(star, doc(build.Props{"Effect": build.Unknown("?"), "Action": "*", "Resource": "*"})), policy.Request{}, policy.Undecided, ""},
		{"an unknown denial of another action", identity(star, doc(deny("s3:*", build.Unknown("?")))), policy.Request{}, policy.Allowed, ""},
		{"the root user", identity(), policy.Request{Caller: policy.Caller{Account: home, Root: true}}, policy.Allowed, ""},
	})
}

// Pages: "IAM policy elements: Variables and tags"; "IAM JSON policy elements:
// Version".
func TestVariables(t *testing.T) {
	own := allow("sqs:*", "arn:aws:sqs:*:*:${aws:PrincipalTag/team}")
	old := policy.Read(addr.Address{}, "", build.Of(build.Props{"Version": "2008-10-17", "Statement": own}))
	decide(t, []row{
		{"the value", identity(doc(own)), policy.Request{Context: context("aws:principaltag/team", "q")}, policy.Allowed, ""},
		{"another value", identity(doc(own)), policy.Request{Context: context("aws:principaltag/team", "p")}, policy.Denied, ""},
		{"no value", identity(doc(own)), policy.Request{Context: context("aws:principaltag/team", "")}, policy.Denied, ""},
		{"a default", identity(doc(allow("sqs:*", "*:${aws:PrincipalTag/team, 'q'}"))), policy.Request{Context: context("aws:principaltag/team", "")}, policy.Allowed, ""},
		{"not known", identity(doc(own)), policy.Request{}, policy.Undecided, ""},
		{"a wildcard of the value is none", identity(doc(own)), policy.Request{Context: context("aws:principaltag/team", "*")}, policy.Denied, ""},
		{"an asterisk by itself", identity(doc(allow("sqs:*", "x${*}"))), policy.Request{Resource: value.OfString("x*")}, policy.Allowed, ""},
		{"an asterisk that is none", identity(doc(allow("sqs:*", "x${*}"))), policy.Request{Resource: value.OfString("xy")}, policy.Denied, ""},
		{"2008 has none", identity(old), policy.Request{Context: context("aws:principaltag/team", "q")}, policy.Denied, ""},
	})
}

// Pages: "Cross-account policy evaluation logic"; "How AWS enforcement code
// logic evaluates requests"; "Key policies in AWS KMS".
func TestResourcePolicies(t *testing.T) {
	may := doc(allow("*", "*"))
	role := "arn:aws:iam::" + home + ":role/app"
	with := func(p *policy.Policy, id ...*policy.Policy) policy.Policies {
		return policy.Policies{Identity: id, Resource: p}
	}
	key := func(p *policy.Policy, id ...*policy.Policy) policy.Policies {
		return policy.Policies{Identity: id, Resource: p, Required: true}
	}
	foreign := policy.Request{Owner: other}
	ecs := policy.Request{Caller: policy.Service("ecs.amazonaws.com"), Owner: home}
	decide(t, []row{
		{"names the role", with(doc(allow("sqs:*", "*", aws(role)))), policy.Request{}, policy.Allowed, policy.Resource},
		{"names a symbol that is the role", with(doc(allow("sqs:*", "*", aws(symbol)))), policy.Request{Caller: policy.Caller{Account: home, ARN: symbol}}, policy.Allowed, ""},
		{"names another role", with(doc(allow("sqs:*", "*", aws(role+"2")))), policy.Request{}, policy.Denied, ""},
		{"names everybody", with(doc(allow("sqs:*", "*", by("*")))), policy.Request{}, policy.Allowed, ""},
		{"names the account", with(doc(allow("sqs:*", "*", aws(home)))), policy.Request{}, policy.Denied, ""},
		{"names the account, and the role may", with(doc(allow("sqs:*", "*", aws("arn:aws:iam::"+home+":root"))), may), policy.Request{}, policy.Allowed, ""},
		{"names nobody of this account, and the role may", with(doc(allow("sqs:*", "*", aws(other))), may), policy.Request{}, policy.Allowed, policy.Identity},
		{"denies the account", with(doc(deny("sqs:*", "*", aws(home))), may), policy.Request{}, policy.Denied, policy.Resource},
		{"denies all but the role and its account", with(doc(deny("sqs:*", "*", build.Props{"NotPrincipal": build.Props{"AWS": []string{role, home}}})), may), policy.Request{}, policy.Allowed, ""},
		{"denies all but another", with(doc(deny("sqs:*", "*", build.Props{"NotPrincipal": build.Props{"AWS": other}})), may), policy.Request{}, policy.Denied, ""},
		{"denies all but the role, without its account", with(doc(deny("sqs:*", "*", build.Props{"NotPrincipal": build.Props{"AWS": role}})), may), policy.Request{}, policy.Undecided, ""},
		{"one session of the role", with(doc(allow("sqs:*", "*", aws("arn:aws:sts::"+home+":assumed-role/app/me")))), policy.Request{}, policy.Undecided, ""},
		{"one session of another role", with(doc(allow("sqs:*", "*", aws("arn:aws:sts::"+home+":assumed-role/ops/me")))), policy.Request{}, policy.Denied, ""},
		{"a unique id", with(doc(allow("sqs:*", "*", aws("AROAEXAMPLE")))), policy.Request{}, policy.Undecided, ""},

		{"across accounts, both", with(doc(allow("sqs:*", "*", aws(home))), may), foreign, policy.Allowed, ""},
		{"across accounts, identity only", with(nil, may), foreign, policy.Denied, policy.Resource},
		{"across accounts, resource only", with(doc(allow("sqs:*", "*", aws(role)))), foreign, policy.Denied, policy.Identity},

		{"a service", with(doc(allow("sqs:*", "*", by(build.Props{"Service": "ecs.amazonaws.com"})))), ecs, policy.Allowed, policy.Resource},
		{"another service", with(doc(allow("sqs:*", "*", by(build.Props{"Service": "lambda.amazonaws.com"})))), ecs, policy.Denied, ""},
		{"a service is in no account", with(doc(allow("sqs:*", "*", aws(home)))), ecs, policy.Denied, ""},
		{"an identity provider", with(doc(allow("sts:AssumeRoleWithWebIdentity", nil, by(build.Props{"Federated": "arn:aws:iam::" + home + ":oidc-provider/x"})))),
			policy.Request{Action: "sts:AssumeRoleWithWebIdentity", Caller: policy.Caller{Federated: value.OfString("arn:aws:iam::" + home + ":oidc-provider/x")}, Owner: home}, policy.Allowed, ""},

		{"a key gives to the account", key(doc(allow("kms:*", "*", aws("arn:aws:iam::"+home+":root"))), may), policy.Request{Action: "kms:Decrypt"}, policy.Allowed, ""},
		{"a key gives to the account, and the role may not", key(doc(allow("kms:*", "*", aws("arn:aws:iam::"+home+":root")))), policy.Request{Action: "kms:Decrypt"}, policy.Denied, policy.Identity},
		{"a key gives to nobody of the account", key(doc(allow("kms:*", "*", aws(other))), may), policy.Request{Action: "kms:Decrypt"}, policy.Denied, policy.Resource},
		{"a key gives to the role", key(doc(allow("kms:Decrypt", "*", aws(role)))), policy.Request{Action: "kms:Decrypt"}, policy.Allowed, policy.Resource},
		{"a key without a policy", key(nil, may), policy.Request{Action: "kms:Decrypt"}, policy.Denied, policy.Resource},
	})
}

// Pages: "Permissions boundaries for IAM entities"; "SCP evaluation"; "RCP
// evaluation"; "Control access to VPC endpoints using endpoint policies".
func TestLayersThatNarrow(t *testing.T) {
	may, full := doc(allow("*", "*")), policy.FullAccess()
	role := "arn:aws:iam::" + home + ":role/app"
	gives := doc(allow("sqs:*", "*", aws(role)))
	user := policy.Caller{Account: home, ARN: value.OfString("arn:aws:iam::" + home + ":user/u"), User: true}
	scps := func(levels ...[]*policy.Policy) policy.Policies {
		return policy.Policies{Identity: []*policy.Policy{may}, SCPs: levels}
	}
	all, none := []*policy.Policy{full}, []*policy.Policy{}
	no := []*policy.Policy{full, doc(deny("sqs:*", "*"))}
	linked := policy.Caller{Account: home, ARN: value.OfString("arn:aws:iam::" + home + ":role/aws-service-role/x"), Linked: true}
	decide(t, []row{
		{"a boundary that allows", policy.Policies{Identity: []*policy.Policy{may}, Boundary: doc(allow("sqs:*", "*"))}, policy.Request{}, policy.Allowed, ""},
		{"a boundary that does not", policy.Policies{Identity: []*policy.Policy{may}, Boundary: doc(allow("s3:*", "*"))}, policy.Request{}, policy.Denied, ""},
		{"a boundary gives nothing", policy.Policies{Boundary: may}, policy.Request{}, policy.Denied, ""},
		{"a boundary narrows what a resource gives to a role", policy.Policies{Boundary: doc(allow("s3:*", "*")), Resource: gives}, policy.Request{}, policy.Denied, ""},
		{"and not what it gives to a user", policy.Policies{Boundary: doc(allow("s3:*", "*")), Resource: doc(allow("sqs:*", "*", aws(user.ARN)))}, policy.Request{Caller: user}, policy.Allowed, ""},
		{"a boundary that denies a user", policy.Policies{Boundary: doc(deny("sqs:*", "*")), Resource: doc(allow("sqs:*", "*", aws(user.ARN)))}, policy.Request{Caller: user}, policy.Denied, policy.Boundary},
		{"a session's policy", policy.Policies{Identity: []*policy.Policy{may}, Session: doc(allow("s3:*", "*"))}, policy.Request{}, policy.Denied, policy.Session},
		{"every level allows", scps(all, all, all), policy.Request{}, policy.Allowed, ""},
		{"one level allows nothing", scps(all, none, all), policy.Request{}, policy.Denied, policy.SCP},
		{"one level denies", scps(all, no, all), policy.Request{}, policy.Denied, policy.SCP},
		{"one level allows something else", scps(all, []*policy.Policy{doc(allow("s3:*", "*"))}), policy.Request{}, policy.Denied, policy.SCP},
		{"SCPs reach the root user", scps(no), policy.Request{Caller: policy.Caller{Account: home, Root: true}}, policy.Denied, policy.SCP},
		{"SCPs do not reach service-linked roles", scps(no), policy.Request{Caller: linked}, policy.Allowed, ""},
		{"SCPs do not reach services", policy.Policies{Resource: doc(allow("sqs:*", "*", by(build.Props{"Service": "sns.amazonaws.com"}))), SCPs: [][]*policy.Policy{no}}, policy.Request{Caller: policy.Service("sns.amazonaws.com")}, policy.Allowed, ""},
		{"SCPs give nothing", policy.Policies{SCPs: [][]*policy.Policy{all}}, policy.Request{}, policy.Denied, policy.Identity},
		{"RCPs reach services", policy.Policies{Resource: doc(allow("sqs:*", "*", by(build.Props{"Service": "sns.amazonaws.com"}))), RCPs: [][]*policy.Policy{{full, doc(deny("sqs:*", "*", by("*")))}}}, policy.Request{Caller: policy.Service("sns.amazonaws.com")}, policy.Denied, policy.RCP},
		{"RCPs do not reach service-linked roles", policy.Policies{Identity: []*policy.Policy{may}, RCPs: [][]*policy.Policy{{full, doc(deny("*", "*", by("*")))}}}, policy.Request{Caller: linked}, policy.Allowed, ""},
		{"an RCP for those of the organisation", policy.Policies{Identity: []*policy.Policy{may}, RCPs: [][]*policy.Policy{{full, doc(deny("sqs:*", "*", by("*"), when("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-1")))}}}, policy.Request{Context: context("aws:principalorgid", "o-1")}, policy.Allowed, ""},
		{"an endpoint that lets it through", policy.Policies{Identity: []*policy.Policy{may}, Endpoint: doc(allow("sqs:*", "*", by("*"), when("StringEquals", "aws:PrincipalAccount", home)))}, policy.Request{}, policy.Allowed, ""},
		{"an endpoint that does not", policy.Policies{Identity: []*policy.Policy{may}, Endpoint: doc(allow("s3:*", "*", by("*")))}, policy.Request{}, policy.Denied, policy.Endpoint},
	})
}
