package policy_test

import (
	"testing"

	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/resource/build"
)

// Pages: IAM User Guide, "IAM JSON policy elements: Condition operators", "Set
// operators for multi-valued context keys", "Conditions with multiple context
// keys or values".
func TestConditions(t *testing.T) {
	has := func(v string) policy.Keys { return context("k", v) }
	none, unknown := context("k", ""), context()
	const yes, no, perhaps = policy.Allowed, policy.Denied, policy.Undecided
	for _, c := range []struct {
		op    string
		want  any
		keys  policy.Keys
		holds policy.Outcome
	}{
		{"StringEquals", "a", has("a"), yes},
		{"StringEquals", "a", has("A"), no},
		{"StringEquals", "a*", has("ab"), no},
		{"StringEquals", "a*", has("a*"), yes},
		{"StringEquals", []string{"a", "b"}, has("b"), yes},
		{"StringEquals", "a", none, no},
		{"StringEquals", "a", unknown, perhaps},
		{"StringEquals", build.Unknown("?"), has("a"), perhaps},
		{"StringEquals", symbol, has("a"), perhaps},
		{"StringEqualsIfExists", "a", none, yes},
		{"StringEqualsIfExists", "a", has("b"), no},
		{"StringNotEquals", "a", has("b"), yes},
		{"StringNotEquals", "a", has("a"), no},
		{"StringNotEquals", []string{"a", "b"}, has("b"), no},
		{"StringNotEquals", "a", none, yes},
		{"StringNotEquals", "a", unknown, perhaps},
		{"StringNotEqualsIfExists", "a", none, yes},
		{"StringEqualsIgnoreCase", "a", has("A"), yes},
		{"StringNotEqualsIgnoreCase", "a", has("A"), no},
		{"StringLike", "a*c?", has("abbcd"), yes},
		{"StringLike", "a*c?", has("abbc"), no},
		{"StringNotLike", "a*", has("ab"), no},
		{"StringLike", "${k}", has("a"), yes},
		{"StringLike", "${other}", context("k", "a", "other", ""), no},
		{"StringNotLike", "${other}", context("k", "a", "other", ""), perhaps},
		{"ArnLike", "arn:aws:iam::*:role/x*", has("arn:aws:iam::123456789012:role/xy"), yes},
		{"ArnLike", "arn:aws:iam::*", has("arn:aws:iam::123456789012:role/xy"), perhaps},
		{"ArnLike", "arn:aws:iam:*:role/x", has("arn:aws:iam::1:role/x"), perhaps},
		{"ArnLike", "arn:aws:iam::*:*:role/x", has("arn:aws:iam::1:role/x"), no},
		{"ArnLike", "*", has("arn:aws:iam::1:role/x"), yes},
		{"ArnEquals", symbol, context("k", "arn:aws:iam::1:role/x"), perhaps},
		{"ArnEquals", "arn:aws:iam::*:role/x", has("arn:aws:iam::123456789012:role/x"), yes},
		{"ArnNotLike", "arn:aws:iam::*:role/x", has("arn:aws:iam::123456789012:role/x"), no},
		{"ArnNotLike", "arn:aws:iam::*:role/x", has("arn:aws:iam::123456789012:role/y"), yes},
		{"ArnNotLike", []string{"arn:aws:iam::*:role/x", "arn:aws:iam::*:role/y"}, has("arn:aws:iam::1:role/y"), no},
		{"Bool", "true", has("true"), yes},
		{"Bool", true, has("True"), yes},
		{"Bool", false, has("true"), no},
		{"Bool", "false", none, no},
		{"BoolIfExists", "false", none, yes},
		{"Null", "true", none, yes},
		{"Null", "true", has("a"), no},
		{"Null", false, has("a"), yes},
		{"Null", "true", unknown, perhaps},
		{"Null", "maybe", none, perhaps},
		{"NumericEquals", 5, has("5.0"), yes},
		{"NumericNotEquals", 5, has("5"), no},
		{"NumericLessThan", "5", has("4"), yes},
		{"NumericLessThan", "5", has("5"), no},
		{"NumericLessThanEquals", "5", has("5"), yes},
		{"NumericGreaterThan", "5", has("6"), yes},
		{"NumericGreaterThanEquals", "5", has("4"), no},
		{"NumericLessThan", "five", has("4"), no},
		{"DateGreaterThan", "2026-01-01T00:00:00Z", has("2026-02-01T00:00:00Z"), yes},
		{"DateLessThan", "2026-01-01", has("2026-02-01T00:00:00Z"), no},
		{"DateEquals", "1970-01-01T00:00:10Z", has("10"), yes},
		{"DateLessThanEquals", "2026-01", has("2026-01-01"), yes},
		{"DateGreaterThanEquals", "2026", has("2026-01-01"), yes},
		{"DateNotEquals", "2026-01-01", has("2026-01-01"), no},
		{"IpAddress", "10.0.0.0/8", has("10.1.2.3"), yes},
		{"IpAddress", "10.0.0.0/8", has("11.1.2.3"), no},
		{"IpAddress", "10.0.0.0/9", has("10.0.0.0/8"), perhaps},
		{"IpAddress", "2001:db8::/32", has("2001:db8::1"), yes},
		{"IpAddress", "ten", has("10.1.2.3"), no},
		{"NotIpAddress", "10.0.0.0/8", has("10.1.2.3"), no},
		{"NotIpAddress", "10.0.0.0/8", none, yes},
		{"BinaryEquals", "QmluYXJ5", has("QmluYXJ5"), yes},
		{"ForAllValues:StringEquals", []string{"a", "b"}, has("a b"), yes},
		{"ForAllValues:StringEquals", []string{"a", "b"}, has("a c"), no},
		{"ForAllValues:StringEquals", "a", none, yes},
		{"ForAnyValue:StringEquals", "a", has("a c"), yes},
		{"ForAnyValue:StringEquals", "a", has("b c"), no},
		{"ForAnyValue:StringEquals", "a", none, no},
		{"ForAnyValue:StringNotEquals", "a", none, no},
		{"ForAnyValue:StringNotLike", "a*", has("ab c"), yes},
		{"ForAllValues:StringNotLike", "a*", has("ab c"), no},
		{"ForAllValues:StringLikeIfExists", "a*", none, yes},
		{"StringResembles", "a", has("a"), perhaps},
		{"ForAllValues:", "a", has("a"), perhaps},
	} {
		t.Run(c.op+" "+build.Of(c.want).String(), func(t *testing.T) {
			p := policy.Policies{Identity: []*policy.Policy{doc(allow("*", "*", when(c.op, "K", c.want)))}}
			d := p.Decide(policy.Request{Caller: policy.Role(home, "app"), Action: "sqs:SendMessage", Context: c.keys})
			if d.Outcome != c.holds {
				t.Errorf("%s, want %s", d.Outcome, c.holds)
			}
		})
	}
}

func TestEveryKeyOfAConditionHasToHold(t *testing.T) {
	both := build.Props{"Condition": build.Props{"StringEquals": build.Props{"k": "a", "l": "b"}, "Bool": build.Props{"m": "true"}}}
	p := policy.Policies{Identity: []*policy.Policy{doc(allow("*", "*", both))}}
	for want, keys := range map[policy.Outcome]policy.Keys{
		policy.Allowed:   context("k", "a", "l", "b", "m", "true"),
		policy.Denied:    context("k", "a", "l", "c", "m", "true"),
		policy.Undecided: context("k", "a", "l", "b"),
	} {
		if d := p.Decide(policy.Request{Caller: policy.Role(home, "app"), Action: "s3:GetObject", Context: keys}); d.Outcome != want {
			t.Errorf("%s, want %s", d.Outcome, want)
		}
	}
}

// What follows from the caller needs no context.
func TestKeysOfTheCaller(t *testing.T) {
	for key, want := range map[string]string{
		"aws:PrincipalAccount": home, "aws:PrincipalArn": "arn:aws:iam::" + home + ":role/app", "aws:ResourceAccount": home, "aws:PrincipalIsAWSService": "false",
	} {
		p := policy.Policies{Identity: []*policy.Policy{doc(allow("*", "*", when("StringEquals", key, want)))}}
		if d := p.Decide(policy.Request{Caller: policy.Role(home, "app"), Action: "s3:GetObject"}); d.Outcome != policy.Allowed {
			t.Errorf("%s: %s", key, d.Outcome)
		}
	}
}
