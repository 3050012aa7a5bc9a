package policy

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/suretyhq/surety/internal/value"
)

// Truth is what is known of a match: it does not, it may or it does, whatever
// deployment decides.
type Truth uint8

// The truths. The lower one of two is what both come to, the higher one what
// either does.
const (
	No Truth = iota
	Maybe
	Yes
)

// String names the truth.
func (t Truth) String() string { return [...]string{"no", "maybe", "yes"}[min(t, Yes)] }

// Not returns the opposite; of Maybe it is Maybe.
func (t Truth) Not() Truth { return Yes - min(t, Yes) }

func truth(b bool) Truth {
	if b {
		return Yes
	}
	return No
}

// A token is a character of a pattern or of a text, or one of these; what is
// below firstSymbol stands for a value of a resource that deployment decides.
const (
	anyRun      rune = -1 // "*"
	anyOne      rune = -2 // "?"
	hole        rune = -3 // text that is not known
	firstSymbol rune = -4
)

// text is a text or a pattern as tokens. Plain texts hold characters only, and
// keep them as they are.
type text struct {
	plain  string
	tokens []rune // nil: the text is plain
	// begins is set for a pattern that is literal but for a run of anything at
	// its end, and is what comes before; most patterns are.
	begins string
	prefix bool
	// raw is a pattern that is all characters and wildcards, as it is written.
	raw string
	// fields are those of a pattern of ARNs; nil: they are not read yet, or
	// cannot be seen.
	fields *[6]text
	refs   []value.Ref
	vars   bool // it holds a policy variable that has no value
}

// isPlain says whether a text is all literal characters.
func (t text) isPlain() bool { return t.tokens == nil }

// literal reads a value in which no character has a meaning of its own.
func literal(v value.Value) text { return readText(v, false, nil) }

// wild reads a pattern: "*" and "?" are wildcards, and policy variables are
// replaced by what a request says of them (nil: left as they are). Source: IAM
// User Guide, "IAM JSON policy elements: Resource" and "IAM policy elements:
// Variables and tags".
func wild(v value.Value, keys func(string) ([]value.Value, bool)) text {
	return readText(v, true, keys)
}

func readText(v value.Value, pattern bool, keys func(string) ([]value.Value, bool)) text {
	if s, ok := v.Str(); ok && (!pattern || !strings.ContainsAny(s, "*?$")) {
		return text{plain: s}
	}
	t := &text{tokens: []rune{}}
	t.add(v, pattern, keys)
	if len(t.tokens) == 0 {
		return text{vars: t.vars}
	}
	t.begins, t.prefix = beginning(t.tokens)
	if pattern {
		t.raw = rawOf(t.tokens)
	}
	return *t
}

// beginning returns what comes before a run of anything at the end of a pattern
// that is otherwise literal.
func beginning(tokens []rune) (string, bool) {
	n := len(tokens) - 1
	if tokens[n] != anyRun || slices.ContainsFunc(tokens[:n], func(r rune) bool { return r < 0 }) {
		return "", false
	}
	return string(tokens[:n]), true
}

func (t *text) add(v value.Value, pattern bool, keys func(string) ([]value.Value, bool)) {
	switch v.Kind() {
	case value.String, value.Number, value.Bool:
		if pattern {
			t.addPattern(v.Text(), keys)
			return
		}
		t.tokens = append(t.tokens, []rune(v.Text())...)
	case value.Symbol:
		ref, _ := v.Ref()
		t.tokens = append(t.tokens, firstSymbol-rune(len(t.refs)))
		t.refs = append(t.refs, ref)
	case value.Concat:
		for _, p := range v.Items() {
			t.add(p, pattern, keys)
		}
	case value.Absent, value.Null:
	default:
		t.tokens = append(t.tokens, hole)
	}
}

// addPattern adds literal text of a pattern.
func (t *text) addPattern(s string, keys func(string) ([]value.Value, bool)) {
	for i := 0; i < len(s); {
		if strings.HasPrefix(s[i:], "${") && keys != nil {
			if end := strings.IndexByte(s[i:], '}'); end > 0 {
				t.addVariable(s[i+2:i+end], keys)
				i += end + 1
				continue
			}
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch r {
		case '*':
			r = anyRun
		case '?':
			r = anyOne
		}
		t.tokens = append(t.tokens, r)
	}
}

// addVariable adds what a policy variable stands for: a character by itself,
// the value of a key, or the default behind a comma. A key without a value
// matches nothing; one with several is not known.
func (t *text) addVariable(name string, keys func(string) ([]value.Value, bool)) {
	if name == "*" || name == "?" || name == "$" {
		t.tokens = append(t.tokens, rune(name[0]))
		return
	}
	key, otherwise, defaults := strings.Cut(name, ",")
	values, known := keys(strings.ToLower(strings.TrimSpace(key)))
	switch {
	case !known || len(values) > 1:
		t.tokens = append(t.tokens, hole)
	case len(values) == 1:
		t.add(values[0], false, nil)
	case defaults:
		t.tokens = append(t.tokens, []rune(strings.Trim(strings.TrimSpace(otherwise), "'"))...)
	default:
		t.vars = true
	}
}

// matches says whether a pattern matches a text, whatever the symbols and what
// is not known in both turn out to be.
func (t text) matches(s text) Truth {
	switch {
	case t.vars:
		return No
	case t.isPlain() && s.isPlain():
		return truth(t.plain == s.plain)
	case len(t.tokens) == 1 && t.tokens[0] == anyRun:
		return Yes
	case t.prefix && s.isPlain():
		return truth(strings.HasPrefix(s.plain, t.begins))
	case t.raw != "" && s.isPlain():
		return truth(globText(t.raw, s.plain))
	}
	p, x := t.runes(), s.runes()
	if glob(p, x, func(a, b rune) bool { return same(t, s, a, b) }) {
		return Yes
	}
	if !t.hidden() && !s.hidden() {
		return No
	}
	return min(truth(overlap(t, s, p, x)), Maybe)
}

// is is matches where most patterns are literal, or literal but for their end.
func (t *text) is(s text) Truth {
	switch {
	case t.prefix:
		return truth(strings.HasPrefix(s.plain, t.begins))
	case t.tokens == nil && !t.vars:
		return truth(t.plain == s.plain)
	}
	return t.matches(s)
}

// hidden says whether a part of a text is known at deployment only.
func (t text) hidden() bool {
	return slices.ContainsFunc(t.tokens, func(r rune) bool { return r <= hole })
}

func (t text) runes() []rune {
	if t.isPlain() {
		return []rune(t.plain)
	}
	return t.tokens
}

// same says whether a token of a pattern is surely that of a text.
func same(p, x text, a, b rune) bool {
	switch {
	case a == anyOne:
		return b >= 0
	case a <= firstSymbol && b <= firstSymbol:
		return p.refs[firstSymbol-a] == x.refs[firstSymbol-b]
	}
	return a == b && a >= 0
}

// globText is glob where pattern and text are all literal.
func globText(p, x string) bool {
	i, j, star, from := 0, 0, -1, 0
	for j < len(x) {
		_, n := utf8.DecodeRuneInString(x[j:])
		switch {
		case i < len(p) && p[i] == '*':
			star, from = i, j
			i++
		case i < len(p) && p[i] == '?':
			i, j = i+1, j+n
		case i < len(p) && p[i] == x[j]:
			i, j = i+1, j+1
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(p[i:], "*") == ""
}

// glob matches a pattern with runs of anything; same decides about one token.
func glob(p, x []rune, same func(a, b rune) bool) bool {
	i, j, star, from := 0, 0, -1, 0
	for j < len(x) {
		switch {
		case i < len(p) && p[i] == anyRun:
			star, from = i, j
			i++
		case i < len(p) && same(p[i], x[j]):
			i, j = i+1, j+1
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	for i < len(p) && p[i] == anyRun {
		i++
	}
	return i == len(p)
}

// longest is how long a pattern times a text may be for overlap to compare them:
// beyond every quota of IAM. Longer ones may match.
const longest = 1 << 24

// overlap says whether a pattern may match a text once what only deployment
// knows in either is known. Whole values that are symbols of two resources
// differ (internal/value).
func overlap(pt, xt text, p, x []rune) bool {
	if len(p) == 1 && len(x) == 1 && p[0] <= firstSymbol && x[0] <= firstSymbol {
		return pt.refs[0].To == xt.refs[0].To
	}
	if len(p)*len(x) > longest {
		return true
	}
	open := func(r rune) bool { return r == anyRun || r <= hole }
	row, next := make([]bool, len(x)+1), make([]bool, len(x)+1)
	for i := len(p); i >= 0; i-- {
		for j := len(x); j >= 0; j-- {
			ok := i == len(p) && j == len(x)
			if i < len(p) && open(p[i]) {
				ok = next[j] || j < len(x) && row[j+1]
			}
			if !ok && j < len(x) && x[j] <= hole {
				ok = row[j+1] || i < len(p) && next[j]
			}
			if !ok && i < len(p) && j < len(x) && (p[i] == anyOne || p[i] == x[j]) && p[i] != anyRun {
				ok = next[j+1]
			}
			row[j] = ok
		}
		row, next = next, row
	}
	return next[0]
}

// action is a pattern of actions, in lower case: IAM does not tell the cases of
// actions apart ("IAM JSON policy elements: Action").
func action(v value.Value) text {
	if s, ok := v.Str(); ok {
		return wild(value.OfString(strings.ToLower(s)), nil)
	}
	return wild(v, nil)
}

// Covers says whether a pattern of actions covers an action.
func Covers(pattern value.Value, name string) Truth {
	return PatternOf(pattern).Covers(ActionOf(name))
}

// ActionPattern is a pattern of actions, ready to be matched with many.
type ActionPattern struct{ t text }

// PatternOf reads a pattern of actions.
func PatternOf(v value.Value) ActionPattern { return ActionPattern{action(v)} }

// Covers says whether the pattern covers an action.
func (p ActionPattern) Covers(a Action) Truth { return p.t.matches(a.name) }

// pattern is a value of a policy that is matched with a request: read once,
// unless it holds policy variables.
type pattern struct {
	v        value.Value
	t        text
	variable bool
	wild     bool
}

// newPattern reads a pattern. Without wildcards "*" and "?" stand for
// themselves, while variables are replaced all the same.
func newPattern(v value.Value, wildcards, variables bool) pattern {
	p := pattern{v: v, wild: wildcards, variable: variables && hasVariable(v)}
	if !p.variable {
		p.t = p.read(nil)
		if f, ok := fields(p.t); ok && wildcards {
			p.t.fields = &f
		}
	}
	return p
}

func (p pattern) text(keys Keys) text {
	if p.variable {
		return p.read(keys)
	}
	return p.t
}

func (p pattern) read(keys Keys) text {
	if p.wild {
		return wild(p.v, keys)
	}
	if keys == nil {
		return literal(p.v)
	}
	t := wild(p.v, keys)
	t.prefix, t.raw = false, ""
	for i, r := range t.tokens {
		switch r {
		case anyRun:
			t.tokens[i] = '*'
		case anyOne:
			t.tokens[i] = '?'
		}
	}
	return t
}

func hasVariable(v value.Value) bool {
	if strings.Contains(v.Text(), "${") {
		return true
	}
	return slices.ContainsFunc(v.Items(), hasVariable)
}
