// Package value holds the values of resource properties as far as they can be
// known before deployment.
//
// A Value is immutable and is one of: a literal (string, number, boolean or
// null), a list, a map, a symbol (an attribute of a resource that exists only
// after deployment: equal to itself, different from every other), a
// concatenation of values, or unknown with a reason. The zero Value is absent:
// what a missing property, and AWS::NoValue, are. No operation panics, whatever
// the value; asking a value for what it does not hold gives absent, and asking
// an unknown value gives unknown with the same reason.
package value

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/addr"
)

// Kind says which of its forms a value has.
type Kind uint8

// The kinds of values.
const (
	Absent Kind = iota
	Null
	Bool
	Number
	String
	List
	Map
	Symbol
	Concat
	Unknown
)

var kindNames = [...]string{"absent", "null", "a boolean", "a number", "a string", "a list", "a map", "a symbol", "a concatenation", "unknown"}

// String names the kind as an error message does.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "invalid"
}

// Ref is what a symbol stands for: an attribute of a resource. Attr is "Ref"
// for what the Ref intrinsic returns and the attribute's name otherwise.
type Ref struct {
	To   addr.Address
	Attr string
}

// String prints address.attribute.
func (r Ref) String() string { return r.To.String() + "." + r.Attr }

// Reason says why a value is unknown: a stable code, a sentence, and where.
type Reason struct {
	Code     string
	Text     string
	Property string
	At       addr.Address
}

// Error prints the reason as a sentence.
func (r *Reason) Error() string {
	if r == nil {
		return ""
	}
	var b strings.Builder
	if !r.At.IsZero() {
		b.WriteString(r.At.String())
		if r.Property != "" {
			b.WriteString(" " + r.Property)
		}
		b.WriteString(": ")
	}
	b.WriteString(r.Text + " [" + r.Code + "]")
	return b.String()
}

// Value is a property's value. It is immutable; copying it is cheap.
type Value struct {
	kind Kind
	fns  bool   // the value holds an intrinsic function somewhere; see Arena
	off  uint32 // 1 + byte offset in the template it was read from; 0: unknown
	text string // the literal as written, for Bool, Number and String
	node *node  // what the other kinds hold
}

type node struct {
	keys  []string // Map, in the order written
	items []Value  // List, Map (parallel to keys), Concat
	ref   *Ref
	why   *Reason
}

// OfString returns a string literal.
func OfString(s string) Value { return Value{kind: String, text: s} }

// OfNumber returns a number literal, spelt as it was written.
func OfNumber(text string) Value { return Value{kind: Number, text: text} }

// OfInt returns a number literal.
func OfInt(n int) Value { return OfNumber(strconv.Itoa(n)) }

// OfBool returns a boolean literal.
func OfBool(b bool) Value { return Value{kind: Bool, text: strconv.FormatBool(b)} }

// OfNull returns JSON's null.
func OfNull() Value { return Value{kind: Null} }

// OfList returns a list. The caller gives the slice away.
func OfList(items ...Value) Value {
	v := Value{kind: List, node: &node{items: items}}
	for i := range items {
		v.fns = v.fns || items[i].fns
	}
	return v
}

// OfMap returns a map with keys in the order given; the slices are parallel
// and the caller gives them away. Of a repeated key the last counts.
func OfMap(keys []string, items []Value) Value {
	if len(keys) != len(items) {
		n := min(len(keys), len(items))
		keys, items = keys[:n], items[:n]
	}
	v := Value{kind: Map, node: &node{keys: keys, items: items}}
	for i := range items {
		v.fns = v.fns || items[i].fns || IsIntrinsic(keys[i])
	}
	return v
}

// OfSymbol returns the symbol for an attribute of a resource.
func OfSymbol(r Ref) Value { return Value{kind: Symbol, node: &node{ref: &r}} }

// OfUnknown returns a value that is unknown for a reason.
func OfUnknown(r Reason) Value { return Value{kind: Unknown, node: &node{why: &r}} }

// Join concatenates values as Fn::Join and Fn::Sub do: neighbouring literals
// become one, a single part is returned as it is, and one unknown part makes
// the whole unknown.
func Join(parts ...Value) Value {
	var flat []Value
	add := func(v Value) {
		if s, ok := v.Str(); ok {
			if s == "" {
				return
			}
			if n := len(flat); n > 0 && flat[n-1].kind == String {
				flat[n-1] = OfString(flat[n-1].text + s)
				return
			}
			v = OfString(s)
		}
		flat = append(flat, v)
	}
	for _, p := range parts {
		switch p.kind {
		case Unknown:
			return p
		case Concat:
			for _, q := range p.node.items {
				add(q)
			}
		case Absent, Null:
		case List, Map:
			return OfUnknown(Reason{Code: "VALUE_NOT_TEXT", Text: "a " + p.kind.String()[2:] + " cannot be part of a text"})
		default:
			add(p)
		}
	}
	switch len(flat) {
	case 0:
		return OfString("")
	case 1:
		return flat[0]
	}
	return Value{kind: Concat, node: &node{items: flat}}
}

// At returns the value marked with its byte offset in the template.
func (v Value) At(offset int) Value {
	if offset >= 0 && int64(offset) < 1<<32-1 {
		v.off = uint32(offset) + 1
	}
	return v
}

// Offset returns the byte offset in the template that At set, or -1.
func (v Value) Offset() int { return int(v.off) - 1 }

// Kind returns which form the value has.
func (v Value) Kind() Kind { return v.kind }

// IsAbsent says whether there is no value.
func (v Value) IsAbsent() bool { return v.kind == Absent }

// IsUnknown says whether the value as a whole is unknown.
func (v Value) IsUnknown() bool { return v.kind == Unknown }

// Reason returns why the value is unknown, and nil if it is not.
func (v Value) Reason() *Reason {
	if v.kind == Unknown {
		return v.node.why
	}
	return nil
}

// Ref returns what a symbol stands for.
func (v Value) Ref() (Ref, bool) {
	if v.kind == Symbol {
		return *v.node.ref, true
	}
	return Ref{}, false
}

// Str returns a literal as text: a string, or a number or boolean as
// CloudFormation coerces it.
func (v Value) Str() (string, bool) {
	switch v.kind {
	case String, Number, Bool:
		return v.text, true
	}
	return "", false
}

// Text returns a literal's text, and "" for everything else.
func (v Value) Text() string { s, _ := v.Str(); return s }

// Int returns a whole number, written as a number or as a string.
func (v Value) Int() (int, bool) {
	s, ok := v.Str()
	if !ok || v.kind == Bool {
		return 0, false
	}
	if n, err := strconv.Atoi(s); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != float64(int(f)) {
		return 0, false
	}
	return int(f), true
}

// Bool returns a boolean, written as a boolean or as a string.
func (v Value) Bool() (b, ok bool) {
	if v.kind != Bool && v.kind != String {
		return false, false
	}
	switch v.text {
	case "true", "True", "TRUE":
		return true, true
	case "false", "False", "FALSE":
		return false, true
	}
	return false, false
}

// Len returns how many items a list, map or concatenation has.
func (v Value) Len() int {
	if v.node == nil {
		return 0
	}
	return len(v.node.items)
}

// Items returns the items of a list or the parts of a concatenation; they must
// not be changed.
func (v Value) Items() []Value {
	if v.kind != List && v.kind != Concat {
		return nil
	}
	return v.node.items
}

// Entries yields the entries of a map in the order they were written.
func (v Value) Entries() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.kind != Map {
			return
		}
		for i, k := range v.node.keys {
			if !yield(k, v.node.items[i]) {
				return
			}
		}
	}
}

// Single returns the entry of a map that has exactly one.
func (v Value) Single() (key string, item Value, ok bool) {
	if v.kind != Map || len(v.node.keys) != 1 {
		return "", Value{}, false
	}
	return v.node.keys[0], v.node.items[0], true
}

// Keys returns the keys of a map, sorted.
func (v Value) Keys() []string {
	if v.kind != Map {
		return nil
	}
	return slices.Sorted(slices.Values(v.node.keys))
}

// Get returns a map's entry: absent where there is none, unknown where the map
// is unknown.
func (v Value) Get(key string) Value {
	switch v.kind {
	case Unknown:
		return v
	case Map:
		for i := len(v.node.keys) - 1; i >= 0; i-- {
			if v.node.keys[i] == key {
				return v.node.items[i]
			}
		}
	}
	return Value{}
}

// Index returns a list's item: absent where there is none, unknown where the
// list is unknown.
func (v Value) Index(i int) Value {
	switch {
	case v.kind == Unknown:
		return v
	case v.kind == List && i >= 0 && i < len(v.node.items):
		return v.node.items[i]
	}
	return Value{}
}

// Path follows a property path such as "SecurityGroupIngress/0/CidrIp".
func (v Value) Path(path string) Value {
	for key := range strings.SplitSeq(path, "/") {
		if v.kind == List {
			i, err := strconv.Atoi(key)
			if err != nil {
				return Value{}
			}
			v = v.Index(i)
			continue
		}
		v = v.Get(key)
	}
	return v
}

// FirstUnknown returns the reason of the first unknown value inside v, itself
// included, and nil if all of it is known.
func (v Value) FirstUnknown() *Reason {
	if v.kind == Unknown {
		return v.node.why
	}
	if v.node == nil {
		return nil
	}
	for _, i := range v.node.items {
		if r := i.FirstUnknown(); r != nil {
			return r
		}
	}
	return nil
}

// Equal says whether two values are known to be the same. Unknown values are
// equal to nothing, not even to themselves; the order of a map's keys does not
// count.
func Equal(a, b Value) bool {
	if a.kind != b.kind {
		as, aok := a.Str()
		bs, bok := b.Str()
		return aok && bok && as == bs
	}
	switch a.kind {
	case Absent, Null:
		return true
	case Bool, Number, String:
		return a.text == b.text
	case Symbol:
		return *a.node.ref == *b.node.ref
	case List, Concat:
		return slices.EqualFunc(a.node.items, b.node.items, Equal)
	case Map:
		if len(a.node.keys) != len(b.node.keys) {
			return false
		}
		for i, k := range a.node.keys {
			if w := b.Get(k); w.kind == Absent || !Equal(a.node.items[i], w) {
				return false
			}
		}
		return true
	}
	return false
}

// String prints the value compactly, JSON-like, for messages; symbols print as
// ${address.attribute} and unknown values as ?CODE.
func (v Value) String() string {
	var b strings.Builder
	v.print(&b)
	return b.String()
}

func (v Value) print(b *strings.Builder) {
	switch v.kind {
	case Absent:
	case Null:
		b.WriteString("null")
	case Bool, Number:
		b.WriteString(v.text)
	case String:
		b.WriteString(strconv.Quote(v.text))
	case Symbol:
		b.WriteString("${" + v.node.ref.String() + "}")
	case Unknown:
		b.WriteString("?" + v.node.why.Code)
	case Concat:
		for _, p := range v.node.items {
			if s, ok := p.Str(); ok {
				b.WriteString(s)
			} else {
				p.print(b)
			}
		}
	case List:
		b.WriteByte('[')
		for i, p := range v.node.items {
			if i > 0 {
				b.WriteString(", ")
			}
			p.print(b)
		}
		b.WriteByte(']')
	case Map:
		b.WriteByte('{')
		for i, k := range v.node.keys {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(strconv.Quote(k) + ": ")
			v.node.items[i].print(b)
		}
		b.WriteByte('}')
	}
}
