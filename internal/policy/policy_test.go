package policy_test

import (
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

func statement(t *testing.T, s build.Props) policy.Statement {
	t.Helper()
	all, why := policy.Statements(build.Of(build.Props{"Statement": s}))
	if len(all) != 1 || why != nil {
		t.Fatalf("%v %v", all, why)
	}
	return all[0]
}

func TestOpen(t *testing.T) {
	for name, c := range map[string]struct {
		s    build.Props
		open bool
	}{
		"everything":         {build.Props{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}, true},
		"as a list":          {build.Props{"Effect": "Allow", "Principal": build.Props{"AWS": []string{"*"}}, "Action": []string{"s3:Get", "*"}, "Resource": []string{"*"}}, true},
		"all but one action": {build.Props{"Effect": "Allow", "Principal": "*", "NotAction": "iam:*", "Resource": "*"}, true},
		"denied":             {build.Props{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}, false},
		"one action":         {build.Props{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}, false},
		"a condition":        {build.Props{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": build.Props{"Bool": build.Props{"a": "b"}}}, false},
	} {
		if got := statement(t, c.s).Open(); got != c.open {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAccountOf(t *testing.T) {
	partition := value.OfSymbol(value.Ref{To: addr.Address{Logical: "AWS::Partition"}, Attr: "Ref"})
	for name, c := range map[string]struct {
		v    value.Value
		want string
	}{
		"id":            {value.OfString("100000000004"), "100000000004"},
		"arn":           {value.OfString("arn:aws:iam::100000000004:root"), "100000000004"},
		"concatenation": {value.Join(value.OfString("arn:"), partition, value.OfString(":iam::100000000004:role/x")), "100000000004"},
		"service":       {value.OfString("ecs.amazonaws.com"), ""},
		"unknown":       {build.Unknown("a parameter"), ""},
		"short":         {value.OfString("1234"), ""},
	} {
		if got, ok := policy.AccountOf(c.v); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q %v", name, got, ok)
		}
	}
}

func TestUnknownIsKept(t *testing.T) {
	if _, why := policy.Statements(build.Unknown("all of it")); why == nil {
		t.Error("an unknown document has no reason")
	}
	all, why := policy.Statements(build.Of(build.Props{"Statement": []any{build.Unknown("one"), build.Props{"Effect": "Allow"}}}))
	if why == nil || len(all) != 1 {
		t.Errorf("%v %v", all, why)
	}
}

// Page: "AWS::Logs::ResourcePolicy" (PolicyDocument is a text).
func TestDocumentsAsText(t *testing.T) {
	all, why := policy.Statements(value.OfString(`{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}`))
	if why != nil || len(all) != 1 || !all[0].Open() {
		t.Errorf("%v %v", all, why)
	}
	symbol := value.OfSymbol(value.Ref{To: addr.Address{Logical: "Key"}, Attr: "Arn"})
	for name, v := range map[string]value.Value{"broken": value.OfString("{"), "no map": value.OfString("[]"),
		"half literal": value.Join(value.OfString(`{"Statement":"`), symbol, value.OfString(`"}`)), "no list": build.Of(build.Props{"Statement": "x"})} {
		if _, why := policy.Statements(v); why == nil {
			t.Errorf("%s: read as if it were known", name)
		}
	}
}
