package value

import (
	"slices"
	"testing"

	"github.com/suretyhq/surety/addr"
)

var (
	vpc     = OfSymbol(Ref{To: addr.Address{Logical: "Vpc"}, Attr: "Ref"})
	subnet  = OfSymbol(Ref{To: addr.Address{Logical: "Subnet"}, Attr: "Ref"})
	unknown = OfUnknown(Reason{Code: "WHY", Text: "nobody knows"})
)

func TestJoin(t *testing.T) {
	for _, test := range []struct {
		parts []Value
		want  string
	}{
		{nil, `""`},
		{[]Value{OfString("a"), OfInt(1), OfBool(true)}, `"a1true"`},
		{[]Value{vpc}, "${-/-/-/Vpc.Ref}"},
		{[]Value{OfString("a"), vpc, OfString("b"), OfString("c")}, "a${-/-/-/Vpc.Ref}bc"},
		{[]Value{OfString("a"), Join(OfString("b"), vpc), subnet}, "ab${-/-/-/Vpc.Ref}${-/-/-/Subnet.Ref}"},
		{[]Value{OfString("a"), unknown}, "?WHY"},
		{[]Value{OfString("a"), OfList()}, "?VALUE_NOT_TEXT"},
		{[]Value{OfString("a"), {}, OfNull()}, `"a"`},
	} {
		if got := Join(test.parts...).String(); got != test.want {
			t.Errorf("Join(%v) = %s, want %s", test.parts, got, test.want)
		}
	}
}

func TestEqual(t *testing.T) {
	mapped := func(keys ...string) Value {
		items := make([]Value, len(keys))
		for i, k := range keys {
			items[i] = OfString("v" + k)
		}
		return OfMap(keys, items)
	}
	for _, test := range []struct {
		a, b Value
		want bool
	}{
		{OfString("443"), OfInt(443), true}, // CloudFormation coerces
		{OfString("true"), OfBool(true), true},
		{OfString("a"), OfString("b"), false},
		{vpc, vpc, true},
		{vpc, subnet, false},
		{vpc, OfString("vpc-1"), false},
		{unknown, unknown, false},
		{Value{}, Value{}, true},
		{OfNull(), Value{}, false},
		{mapped("a", "b"), mapped("b", "a"), true},
		{mapped("a"), mapped("a", "b"), false},
		{OfList(vpc, OfInt(1)), OfList(vpc, OfString("1")), true},
		{OfList(vpc), OfList(subnet), false},
		{OfList(unknown), OfList(unknown), false},
		{Join(OfString("a"), vpc), Join(OfString("a"), vpc), true},
	} {
		if got := Equal(test.a, test.b); got != test.want {
			t.Errorf("Equal(%s, %s) = %v", test.a, test.b, got)
		}
		if got := Equal(test.b, test.a); got != test.want {
			t.Errorf("Equal(%s, %s) = %v", test.b, test.a, got)
		}
	}
}

func TestAsking(t *testing.T) {
	m := OfMap([]string{"a", "b", "a"}, []Value{OfInt(1), OfList(OfString("x"), OfString("0x")), OfInt(3)})
	for path, want := range map[string]string{"a": "3", "b/0": `"x"`, "b/1": `"0x"`, "b/2": "", "b/x": "", "b/-1": "", "c": "", "a/b": ""} {
		if got := m.Path(path).String(); got != want {
			t.Errorf("%s = %s, want %s", path, got, want)
		}
	}
	if got := m.Path("b/0").At(7).Offset(); got != 7 {
		t.Errorf("offset %d", got)
	}
	if (Value{}).Offset() != -1 || OfInt(1).At(-1).Offset() != -1 {
		t.Error("an unknown offset is not -1")
	}
	if unknown.Get("a").Reason() == nil || unknown.Index(3).Reason() == nil || unknown.Path("a/0").Reason() == nil {
		t.Error("asking an unknown value does not give unknown")
	}
	if OfList(OfInt(1), OfMap([]string{"k"}, []Value{unknown})).FirstUnknown() == nil || m.FirstUnknown() != nil {
		t.Error("FirstUnknown misses or invents")
	}
	for _, test := range []struct {
		v  Value
		n  int
		ok bool
	}{{OfInt(3), 3, true}, {OfString("65535"), 65535, true}, {OfNumber("1e3"), 1000, true}, {OfNumber("1.5"), 0, false},
		{OfString("x"), 0, false}, {OfBool(true), 0, false}, {vpc, 0, false}, {OfNumber("1e300"), 0, false}} {
		if n, ok := test.v.Int(); n != test.n || ok != test.ok {
			t.Errorf("%s.Int() = %d, %v", test.v, n, ok)
		}
	}
	for _, test := range []struct {
		v     Value
		b, ok bool
	}{{OfBool(true), true, true}, {OfString("False"), false, true}, {OfString("yes"), false, false}, {OfInt(1), false, false}} {
		if b, ok := test.v.Bool(); b != test.b || ok != test.ok {
			t.Errorf("%s.Bool() = %v, %v", test.v, b, ok)
		}
	}
}

func TestZeroValueAnswersEverything(t *testing.T) {
	for _, v := range []Value{{}, OfNull(), OfList(), OfMap(nil, nil), OfMap([]string{"a"}, nil), vpc, unknown, OfString("")} {
		_, _ = v.Ref()
		_, _ = v.Str()
		_, _ = v.Int()
		_, _ = v.Bool()
		_, _, _, _ = v.Len(), v.Items(), v.Keys(), v.String()
		_, _, _ = v.Get("a"), v.Index(0), v.Path("a/b")
		_, _ = v.FirstUnknown(), v.Reason().Error()
		for k, item := range v.Entries() {
			t.Errorf("%s has the entry %s: %s", v, k, item)
		}
	}
}

// TestArena makes many lists and maps whose memory is shared, and checks that
// none runs into its neighbour.
func TestArena(t *testing.T) {
	var a Arena
	keys, items := []string{"k", "l"}, []Value{OfInt(1), OfInt(2)}
	var all []Value
	for i := range 10_000 {
		items[0] = OfInt(i)
		all = append(all, a.Map(keys, items), a.List(items[:i%3]))
	}
	keys[0], items[1] = "changed", OfInt(9)
	for i := range 10_000 {
		m, l := all[2*i], all[2*i+1]
		if n, _ := m.Get("k").Int(); n != i || m.Get("l").Text() != "2" || m.Len() != 2 || l.Len() != i%3 {
			t.Fatalf("%d: %s, %s", i, m, l)
		}
		if cap(l.Items()) > l.Len() && l.Len() > 0 {
			t.Fatal("a list can be appended to in place")
		}
	}
	if big := a.List(make([]Value, 3*largeBlock)); big.Len() != 3*largeBlock {
		t.Error("a large list is cut")
	}
}

func TestArenaNotesIntrinsics(t *testing.T) {
	var a Arena
	ref := a.Map([]string{"Ref"}, []Value{OfString("Vpc")})
	for _, test := range []struct {
		v    Value
		want bool
	}{
		{ref, true},
		{a.Map([]string{"Fn::Sub"}, []Value{OfString("x")}), true},
		{a.List([]Value{OfInt(1), ref}), true},
		{a.Map([]string{"A"}, []Value{a.List([]Value{ref.At(3)})}), true},
		{a.Map([]string{"Condition"}, []Value{OfString("x")}), false},
		{a.List(nil), false},
		{a.Map([]string{"A"}, []Value{OfString("Ref")}), false},
	} {
		if got := test.v.HoldsIntrinsics(); got != test.want {
			t.Errorf("%s: %v", test.v, got)
		}
	}
}

func TestKeysAreSorted(t *testing.T) {
	m := OfMap([]string{"b", "a"}, []Value{OfInt(1), OfInt(2)})
	if !slices.Equal(m.Keys(), []string{"a", "b"}) {
		t.Errorf("keys %v", m.Keys())
	}
}

func TestJoinDropsEmptyText(t *testing.T) {
	symbol := OfSymbol(Ref{To: addr.Address{Logical: "Vpc"}, Attr: "Ref"})
	if got := Join(OfString(""), symbol, OfString("")); !Equal(got, symbol) {
		t.Errorf("a symbol between empty texts is itself: got %s", got)
	}
	if got := Join(OfString(""), OfString("")); !Equal(got, OfString("")) {
		t.Errorf("empty texts join to an empty text: got %s", got)
	}
}
