package policy_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

// world draws the pieces that policies and requests are made of: few, so that
// they meet often.
type world struct{ t *rapid.T }

var (
	actions   = []string{"*", "sqs:*", "sqs:Send*", "sqs:SendMessage", "s3:GetObject", "S3:Get?bject", "iam:*"}
	resources = []string{"*", "arn:aws:sqs:*:*:q", "arn:aws:sqs:ap-southeast-2:100000000004:q", "arn:aws:s3:::b/*", "arn:aws:s3:::${aws:PrincipalTag/team}/*"}
	people    = []string{"*", home, other, "arn:aws:iam::" + home + ":role/app", "arn:aws:iam::" + home + ":user/app", "arn:aws:iam::" + home + ":root"}
	operators = []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLikeIfExists", "ForAllValues:StringLike", "ForAnyValue:StringNotEquals", "ArnLike", "ArnNotEquals", "Null", "Bool", "IpAddress", "NumericLessThan", "Nonsense"}
	keys      = []string{"k", "aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalTag/team"}
	values    = []string{"a", "b", "*", "true", "10.0.0.0/8", "5", home, "arn:aws:iam::*:role/app"}
)

func (w world) of(label string, all []string) any {
	if rapid.IntRange(0, 3).Draw(w.t, label+" hidden") == 0 {
		// What is hidden is one of the others, and nobody knows which.
		return hidden{value.OfString(rapid.SampledFrom(all).Draw(w.t, label+" behind"))}
	}
	return rapid.SampledFrom(all).Draw(w.t, label)
}

// hidden is a value that is shown as unknown in one world, and as itself in
// the other.
type hidden struct{ v value.Value }

func reveal(v any, shown bool) any {
	switch v := v.(type) {
	case hidden:
		if shown {
			return v.v
		}
		return build.Unknown("hidden")
	case build.Props:
		out := build.Props{}
		for k, x := range v {
			out[k] = reveal(x, shown)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = reveal(v[i], shown)
		}
		return out
	}
	return v
}

func (w world) statement(effect string) build.Props {
	pick := func(label string) bool { return rapid.Bool().Draw(w.t, label) }
	s := build.Props{"Effect": effect}
	either := func(name string, all []string) {
		if rapid.IntRange(0, 3).Draw(w.t, "not "+name) == 0 {
			name = "Not" + name
		}
		list := []any{w.of(name, all)}
		if pick("two of " + name) {
			list = append(list, w.of(name, all))
		}
		s[name] = list
	}
	either("Action", actions)
	either("Resource", resources)
	if pick("principals") {
		name := "Principal"
		if effect == "Deny" && pick("not") {
			name = "NotPrincipal"
		}
		s[name] = build.Props{"AWS": []any{w.of("who", people)}}
	} else {
		s["Principal"] = build.Props{"Service": "sns.amazonaws.com"}
	}
	if pick("condition") {
		s["Condition"] = build.Props{rapid.SampledFrom(operators).Draw(w.t, "operator"): build.Props{rapid.SampledFrom(keys).Draw(w.t, "key"): []any{w.of("value", values)}}}
	}
	return s
}

func (w world) document() []build.Props {
	var all []build.Props
	for range rapid.IntRange(0, 3).Draw(w.t, "statements") {
		all = append(all, w.statement(rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(w.t, "effect")))
	}
	return all
}

// layers are the documents of every layer, as drawn.
type layers [7][]build.Props

func (w world) layers() (l layers, has [7]bool) {
	for i := range l {
		l[i] = w.document()
		if rapid.Bool().Draw(w.t, "open") {
			l[i] = append(l[i], build.Props{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})
		}
		has[i] = rapid.IntRange(0, 2).Draw(w.t, "layer") == 0
	}
	return l, has
}

func (l layers) policies(has [7]bool, shown bool) policy.Policies {
	read := func(i int) *policy.Policy {
		var all []any
		for _, s := range l[i] {
			all = append(all, reveal(s, shown))
		}
		return policy.Read(addr.Address{}, "", build.Of(build.Props{"Version": "2012-10-17", "Statement": all}))
	}
	p := policy.Policies{Identity: []*policy.Policy{read(0)}, Required: has[0]}
	for i, to := range []**policy.Policy{1: &p.Boundary, 2: &p.Session, 3: &p.Resource, 4: &p.Endpoint} {
		if to != nil && has[i] {
			*to = read(i)
		}
	}
	if has[5] {
		p.SCPs = [][]*policy.Policy{{policy.FullAccess()}, {policy.FullAccess(), read(5)}}
	}
	if has[6] {
		p.RCPs = [][]*policy.Policy{{policy.FullAccess(), read(6)}}
	}
	return p
}

func (w world) request() policy.Request {
	r := policy.Request{
		Caller: rapid.SampledFrom([]policy.Caller{policy.Role(home, "app"), policy.Role(other, "app"), policy.Service("sns.amazonaws.com"),
			{Account: home, Root: true}, {}}).Draw(w.t, "caller"),
		Action:   rapid.SampledFrom([]string{"sqs:SendMessage", "s3:GetObject", "iam:PassRole"}).Draw(w.t, "action"),
		Resource: value.OfString(rapid.SampledFrom([]string{"arn:aws:sqs:ap-southeast-2:100000000004:q", "arn:aws:s3:::b/x", "*"}).Draw(w.t, "resource")),
		Owner:    rapid.SampledFrom([]string{home, other}).Draw(w.t, "owner"),
	}
	if rapid.Bool().Draw(w.t, "context") {
		r.Context = context("k", rapid.SampledFrom([]string{"", "a", "a b", "10.1.1.1", "4"}).Draw(w.t, "k"), "aws:principaltag/team", rapid.SampledFrom([]string{"", "b"}).Draw(w.t, "team"))
	}
	return r
}

// A statement that denies never makes more allowed, in whichever layer.
func TestDenyIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := world{t}
		l, has := w.layers()
		r := w.request()
		before := l.policies(has, false).Decide(r)
		i := rapid.IntRange(0, len(l)-1).Draw(t, "where")
		l[i] = append(l[i], w.statement("Deny"))
		if after := l.policies(has, false).Decide(r); after.Outcome > before.Outcome {
			t.Fatalf("%s became %s", before.Outcome, after.Outcome)
		}
	})
}

// What is decided while some values are not known is decided the same once they
// are.
func TestWhatIsDecidedStays(t *testing.T) {
	var seen [3]int
	rapid.Check(t, func(t *rapid.T) {
		w := world{t}
		l, has := w.layers()
		r := w.request()
		before, after := l.policies(has, false).Decide(r), l.policies(has, true).Decide(r)
		seen[before.Outcome]++
		if before.Outcome != policy.Undecided && before.Outcome != after.Outcome {
			t.Fatalf("%s, and %s once all is known", before.Outcome, after.Outcome)
		}
	})
	if seen[policy.Denied] == 0 || seen[policy.Undecided] == 0 || seen[policy.Allowed] == 0 {
		t.Errorf("what was drawn is too much alike: %v", seen)
	}
}

// No document makes it panic.
func FuzzDecide(f *testing.F) {
	for _, s := range []string{
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/*","Condition":{"StringLike":{"k":["*"]}}}]}`,
		`{"Statement":{"Effect":"Deny","NotAction":["*"],"NotResource":[],"NotPrincipal":{"AWS":"1"}}}`,
		`{"Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:sts::100000000004:assumed-role/"]},"Action":"${","Condition":{"Null":{"a":[]},"ForAllValues:NotIpAddressIfExists":{"k":"fe80::1%e"}}}]}`,
		`[]`, `{"Statement":[null,1,[]]}`, "{\"Statement\":[{\"Action\":\"\xff*\"}]}",
	} {
		f.Add(s, "s3:GetObject", "arn:aws:s3:::x/y")
	}
	f.Fuzz(func(t *testing.T, text, action, resource string) {
		p := policy.Read(addr.Address{}, "", value.OfString(text))
		all := policy.Policies{Identity: []*policy.Policy{p}, Boundary: p, Resource: p, SCPs: [][]*policy.Policy{{p}}, RCPs: [][]*policy.Policy{{p}}}
		all.Decide(policy.Request{Caller: policy.Role(home, "app"), Action: action, Resource: value.OfString(resource), Context: context("k", "a")})
	})
}
