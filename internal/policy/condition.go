package policy

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/suretyhq/surety/internal/value"
)

// Keys says what a request's context holds under a key, in lower case: its
// values, none if the key is absent. The second result is false where that is
// not known.
type Keys func(key string) (values []value.Value, known bool)

// condition is one key of an operator of a condition, ready to be asked.
type condition struct {
	op     operator
	key    string
	wanted []pattern
	dark   bool // what it asks for is not known
}

// conditions reads a condition: every key of every operator. Source: IAM User
// Guide, "IAM JSON policy elements: Condition".
func conditions(v value.Value, variables bool) []condition {
	switch v.Kind() {
	case value.Absent, value.Null:
		return nil
	case value.Map:
	default:
		return []condition{{dark: true}}
	}
	var all []condition
	for name, entries := range v.Entries() {
		op, ok := operatorOf(name)
		if !ok || entries.Kind() != value.Map {
			all = append(all, condition{dark: true})
			continue
		}
		for key, wanted := range entries.Entries() {
			c := condition{op: op, key: strings.ToLower(key)}
			for _, w := range items(wanted) {
				c.wanted = append(c.wanted, newPattern(w, op.wildcards, variables))
			}
			all = append(all, c)
		}
	}
	return all
}

// holds says whether every condition holds for a request. Source: IAM User
// Guide, "Conditions with multiple context keys or values".
func holds(all []condition, keys Keys) Truth {
	t := Yes
	for i := range all {
		if all[i].dark {
			t = min(t, Maybe)
			continue
		}
		if t = min(t, all[i].holds(keys)); t == No {
			return No
		}
	}
	return t
}

// operator is a condition operator, taken apart.
type operator struct {
	null      bool // Null
	negated   bool // ...Not...
	ifExists  bool // ...IfExists
	forAll    bool // ForAllValues:
	forAny    bool // ForAnyValue:
	test      func(have, want text) Truth
	wildcards bool
}

// operatorOf reads the name of an operator; false if there is none of that name.
func operatorOf(name string) (operator, bool) {
	var op operator
	if rest, ok := cutPrefixFold(name, "ForAllValues:"); ok {
		name, op.forAll = rest, true
	} else if rest, ok := cutPrefixFold(name, "ForAnyValue:"); ok {
		name, op.forAny = rest, true
	}
	name = strings.ToLower(name)
	name, op.ifExists = strings.CutSuffix(name, "ifexists")
	if name == "null" {
		op.null = true
		return op, true
	}
	if i := strings.Index(name, "not"); i >= 0 {
		name, op.negated = name[:i]+name[i+3:], true
	}
	order := func(read func(string) (float64, bool), holds func(int) bool) func(text, text) Truth {
		return func(have, want text) Truth { return compared(have, want, read, holds) }
	}
	equal := func(c int) bool { return c == 0 }
	switch name {
	case "stringequals", "binaryequals":
		op.test = func(have, want text) Truth { return want.matches(have) }
	case "stringequalsignorecase":
		op.test = func(have, want text) Truth { return want.folded().matches(have.folded()) }
	case "stringlike":
		op.wildcards = true
		op.test = func(have, want text) Truth { return want.matches(have) }
	case "arnequals", "arnlike":
		op.wildcards = true
		op.test = arnMatches
	case "bool":
		op.test = func(have, want text) Truth { return want.folded().matches(have.folded()) }
	case "ipaddress":
		op.test = inRange
	case "numericequals":
		op.test = order(number, equal)
	case "numericlessthan":
		op.test = order(number, func(c int) bool { return c < 0 })
	case "numericlessthanequals":
		op.test = order(number, func(c int) bool { return c <= 0 })
	case "numericgreaterthan":
		op.test = order(number, func(c int) bool { return c > 0 })
	case "numericgreaterthanequals":
		op.test = order(number, func(c int) bool { return c >= 0 })
	case "dateequals":
		op.test = order(date, equal)
	case "datelessthan":
		op.test = order(date, func(c int) bool { return c < 0 })
	case "datelessthanequals":
		op.test = order(date, func(c int) bool { return c <= 0 })
	case "dategreaterthan":
		op.test = order(date, func(c int) bool { return c > 0 })
	case "dategreaterthanequals":
		op.test = order(date, func(c int) bool { return c >= 0 })
	default:
		return op, false
	}
	return op, true
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// holds judges one key. A key that is absent satisfies negated operators,
// IfExists and ForAllValues, and nothing else ("IAM JSON policy elements:
// Condition operators", "Set operators for multi-valued context keys").
func (c *condition) holds(keys Keys) Truth {
	have, known := keys(c.key)
	op := c.op
	if op.null {
		return isNull(have, known, c.wanted)
	}
	if !known {
		return Maybe
	}
	if len(have) == 0 {
		return truth(op.forAll || op.ifExists || op.negated && !op.forAny)
	}
	if op.forAll || op.negated && !op.forAny {
		t := Yes
		for _, h := range have {
			t = min(t, c.value(h, keys))
		}
		return t
	}
	t := No
	for _, h := range have {
		t = max(t, c.value(h, keys))
	}
	return t
}

// value judges one value of a key: any of the wanted ones will do, and none of
// them for a negated operator.
func (c *condition) value(have value.Value, keys Keys) Truth {
	x, t := literal(have), No
	for _, w := range c.wanted {
		want := w.text(keys)
		if want.vars && c.op.negated {
			t = max(t, Maybe)
			continue
		}
		t = max(t, c.op.test(x, want))
	}
	if c.op.negated {
		return t.Not()
	}
	return t
}

func isNull(have []value.Value, known bool, wanted []pattern) Truth {
	if !known || len(wanted) == 0 {
		return Maybe
	}
	t := No
	for _, w := range wanted {
		b, ok := w.v.Bool()
		if !ok {
			t = max(t, Maybe)
			continue
		}
		t = max(t, truth(b == (len(have) == 0)))
	}
	return t
}

// folded returns a text in lower case.
func (t text) folded() text {
	if t.isPlain() {
		t.plain = strings.ToLower(t.plain)
		return t
	}
	t.prefix, t.fields, t.raw = false, nil, ""
	folded := make([]rune, len(t.tokens))
	for i, r := range t.tokens {
		if folded[i] = r; r >= 0 {
			folded[i] = []rune(strings.ToLower(string(r)))[0]
		}
	}
	t.tokens = folded
	return t
}

// literalText returns a text that is all characters.
func (t text) literalText() (string, bool) {
	if t.isPlain() {
		return t.plain, true
	}
	for _, r := range t.tokens {
		if r < 0 {
			return "", false
		}
	}
	return string(t.tokens), true
}

// compared compares two texts as what read makes of them. What cannot be read
// matches nothing.
func compared(have, want text, read func(string) (float64, bool), holds func(int) bool) Truth {
	h, ok := have.literalText()
	w, also := want.literalText()
	if !ok || !also {
		return Maybe
	}
	x, ok := read(h)
	y, also := read(w)
	return truth(ok && also && holds(cmp.Compare(x, y)))
}

func number(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// date reads a date as W3C's profile of ISO 8601 or as seconds of the epoch
// ("Date condition operators").
func date(s string) (float64, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01", "2006"} {
		if layout == "2006" && len(s) != 4 {
			continue
		}
		if t, err := time.Parse(layout, s); err == nil {
			return float64(t.Unix()), true
		}
	}
	return number(s)
}

// inRange says whether an address is in a range ("IP address condition
// operators"). A range within another is what a request's address may be.
func inRange(have, want text) Truth {
	h, ok := have.literalText()
	w, also := want.literalText()
	if !ok || !also {
		return Maybe
	}
	x, ok := prefix(h)
	y, also := prefix(w)
	switch {
	case !ok || !also:
		return No
	case y.Bits() <= x.Bits() && y.Contains(x.Addr()):
		return Yes
	case x.Overlaps(y):
		return Maybe
	}
	return No
}

func prefix(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// arnMatches compares ARNs field by field: a wildcard does not reach beyond the
// colon of its field ("Amazon Resource Name (ARN) condition operators").
func arnMatches(have, want text) Truth {
	if want.vars {
		return No
	}
	var p [6]text
	ok := want.fields != nil
	if ok {
		p = *want.fields
	} else {
		p, ok = fields(want)
	}
	x, also := fields(have)
	if !ok || !also {
		// Fields that are hidden in a value of a resource, or a pattern with
		// too few of them.
		if t := want.matches(have); len(want.tokens) == 1 || !slices.ContainsFunc(want.tokens, func(r rune) bool { return r == anyRun || r == anyOne }) {
			return t
		}
		return min(want.matches(have), Maybe)
	}
	all := Yes
	for i := range p {
		all = min(all, p[i].matches(x[i]))
	}
	return all
}

// fields cuts an ARN at its first five colons; false if it has fewer that can
// be seen.
func fields(t text) ([6]text, bool) {
	var out [6]text
	if t.isPlain() {
		rest := t.plain
		for i := range 5 {
			var ok bool
			if out[i].plain, rest, ok = strings.Cut(rest, ":"); !ok {
				return out, false
			}
		}
		out[5].plain = rest
		return out, true
	}
	rest := t.runes()
	for i := range 5 {
		at := -1
		for j, r := range rest {
			if r == ':' {
				at = j
				break
			}
		}
		if at < 0 || i == 0 && !t.part(rest[:at]).isPlain() {
			return out, false // a value at the beginning may hold the colons
		}
		out[i] = t.part(rest[:at])
		rest = rest[at+1:]
	}
	out[5] = t.part(rest)
	return out, true
}

// part is a piece of a text.
func (t text) part(tokens []rune) text {
	for _, r := range tokens {
		if r < 0 {
			p := text{tokens: tokens, refs: t.refs}
			p.begins, p.prefix = beginning(tokens)
			p.raw = rawOf(tokens)
			return p
		}
	}
	return text{plain: string(tokens)}
}

// rawOf writes a piece of a pattern as it was written, and "" if it holds what
// is not literal, or a wildcard's character that is none.
func rawOf(tokens []rune) string {
	var b strings.Builder
	for _, r := range tokens {
		switch {
		case r == anyRun:
			r = '*'
		case r == anyOne:
			r = '?'
		case r < 0 || r == '*' || r == '?':
			return ""
		}
		b.WriteRune(r)
	}
	return b.String()
}
