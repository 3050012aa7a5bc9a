package intrinsic

import (
	"github.com/suretyhq/surety/internal/value"
)

// condition evaluates a condition by name: true, false or unknown.
func (s *scope) condition(name string, at value.Value) value.Value {
	def := s.entry("Conditions", name)
	if def.IsAbsent() {
		return s.noSuch("condition", name, at, s.section("Conditions").Keys)
	}
	return s.once("condition", name, at, func() value.Value {
		v := s.test(def)
		if why := v.Reason(); why != nil {
			return s.unknown("CONDITION_UNKNOWN", "the condition %s is unknown: %s", name, why.Text)
		}
		return v
	})
}

// test evaluates what stands in a condition: true, false or unknown.
func (s *scope) test(v value.Value) value.Value {
	if v.Kind() != value.Map || v.Len() != 1 {
		return s.bad(call{name: "a condition", at: v}, "one of Condition, Fn::Equals, Fn::And, Fn::Or, Fn::Not")
	}
	for name, arg := range v.Entries() {
		c := call{name: name, arg: arg, at: v}
		switch name {
		case "Condition":
			named, ok := arg.Str()
			if !ok {
				return s.bad(c, "the name of a condition")
			}
			return s.condition(named, v)
		case "Fn::Equals":
			return s.equals(c)
		case "Fn::Not":
			a, ok := args(c, 1, 1)
			if !ok {
				return s.bad(c, "a list of one condition")
			}
			b, ok := s.test(a[0]).Bool()
			if !ok {
				return s.test(a[0])
			}
			return value.OfBool(!b)
		case "Fn::And":
			return s.all(c, false)
		case "Fn::Or":
			return s.all(c, true)
		}
	}
	return s.bad(call{name: "a condition", at: v}, "one of Condition, Fn::Equals, Fn::And, Fn::Or, Fn::Not")
}

// all evaluates Fn::And (decided by false) and Fn::Or (decided by true); an
// unknown condition counts only where no other decides.
func (s *scope) all(c call, decides bool) value.Value {
	a, ok := args(c, 1, 100)
	if !ok {
		return s.bad(c, "a list of 2 to 10 conditions")
	}
	var unknown value.Value
	for _, item := range a {
		v := s.test(item)
		b, ok := v.Bool()
		switch {
		case ok && b == decides:
			return v
		case !ok && unknown.IsAbsent():
			unknown = v
		}
	}
	if !unknown.IsAbsent() {
		return unknown
	}
	return value.OfBool(!decides)
}

func (s *scope) equals(c call) value.Value {
	a, ok := args(c, 2, 2)
	if !ok {
		return s.bad(c, "a list of two values")
	}
	x, y := s.evalSecret(a[0]), s.evalSecret(a[1])
	for _, v := range [...]value.Value{x, y} {
		if v.FirstUnknown() != nil {
			return value.OfUnknown(*v.FirstUnknown())
		}
	}
	if value.Equal(x, y) {
		return value.OfBool(true)
	}
	for _, v := range [...]value.Value{x, y} {
		if sym := firstSymbol(v); !sym.IsAbsent() {
			return s.unknown("INTRINSIC_NOT_KNOWN", "%s is not known before deployment%s", sym, hint(sym))
		}
	}
	return value.OfBool(false)
}

// evalSecret evaluates a value to compare it: there, the value of a NoEcho
// parameter counts.
func (s *scope) evalSecret(v value.Value) value.Value {
	if c, ok := asCall(v); ok && c.name == "Ref" && c.arg.Kind() == value.String {
		if p := s.entry("Parameters", c.arg.Text()); !p.IsAbsent() {
			return s.parameter(c.arg.Text(), p)
		}
	}
	return s.eval(v)
}

// firstSymbol returns the first symbol inside a value, itself included, or
// absent.
func firstSymbol(v value.Value) value.Value {
	switch v.Kind() {
	case value.Symbol:
		return v
	case value.List, value.Concat:
		for _, item := range v.Items() {
			if sym := firstSymbol(item); !sym.IsAbsent() {
				return sym
			}
		}
	case value.Map:
		for _, item := range v.Entries() {
			if sym := firstSymbol(item); !sym.IsAbsent() {
				return sym
			}
		}
	}
	return value.Value{}
}

// applyIf resolves Fn::If. Under an unknown condition the value is known only
// if both branches are the same.
func (s *scope) applyIf(c call) value.Value {
	a, ok := args(c, 3, 3)
	if !ok {
		return s.bad(c, "a list of a condition, a value if it is true and a value if it is false")
	}
	name, ok := a[0].Str()
	if !ok {
		return s.bad(c, "the name of a condition")
	}
	cond := s.condition(name, c.at)
	if b, ok := cond.Bool(); ok {
		if b {
			return s.eval(a[1])
		}
		return s.eval(a[2])
	}
	yes := s.r.quietly(func() value.Value { return s.eval(a[1]) })
	no := s.r.quietly(func() value.Value { return s.eval(a[2]) })
	if value.Equal(yes, no) {
		return yes
	}
	return cond
}
