package intrinsic

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/value"
)

// call is an intrinsic function as it stands in a template: at is the map that
// holds it, arg its unevaluated argument.
type call struct {
	name string
	arg  value.Value
	at   value.Value
}

// asCall reads a map of one entry whose key names a function.
func asCall(v value.Value) (call, bool) {
	name, arg, ok := v.Single()
	if !ok || !value.IsIntrinsic(name) {
		return call{}, false
	}
	return call{name: name, arg: arg, at: v}, true
}

// eval resolves all functions in a value. Absent items and entries (what
// AWS::NoValue gives) are dropped.
func (s *scope) eval(v value.Value) value.Value {
	if !v.HoldsIntrinsics() {
		return v
	}
	if c, ok := asCall(v); ok {
		return s.apply(c).At(v.Offset())
	}
	if v.Kind() == value.String {
		return s.dynamic(v).At(v.Offset())
	}
	for k := range v.Entries() {
		if strings.HasPrefix(k, "Fn::ForEach") || k == "Fn::Transform" {
			return s.notExpanded(k).At(v.Offset())
		}
	}
	return s.r.arena.Rewrite(v, s.eval)
}

// dynamic is the value of a text with a dynamic reference to Systems Manager.
func (s *scope) dynamic(v value.Value) value.Value {
	return s.unknown("PARAMETER_FROM_SSM", "%s is read from Systems Manager at deployment", v)
}

func (s *scope) notExpanded(name string) value.Value {
	return s.unknown("INTRINSIC_NOT_EXPANDED", "%s is not expanded: pass the processed template", name)
}

// apply resolves one function.
func (s *scope) apply(c call) value.Value {
	switch c.name {
	case "Ref":
		return s.applyRef(c)
	case "Fn::GetAtt":
		return s.applyGetAtt(c)
	case "Fn::Sub":
		return s.applySub(c)
	case "Fn::Join":
		return s.applyJoin(c)
	case "Fn::Select":
		return s.applySelect(c)
	case "Fn::Split":
		return s.applySplit(c)
	case "Fn::FindInMap":
		return s.applyFindInMap(c)
	case "Fn::If":
		return s.applyIf(c)
	case "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not":
		return s.test(c.at)
	case "Fn::Base64":
		return s.applyBase64(c)
	case "Fn::Cidr":
		return s.applyCidr(c)
	case "Fn::GetAZs":
		return s.applyGetAZs(c)
	case "Fn::ImportValue":
		return s.applyImport(c)
	case "Fn::GetStackOutput":
		return s.applyStackOutput(c)
	case "Fn::Length":
		return s.applyLength(c)
	case "Fn::ToJsonString":
		return s.applyToJSON(c)
	case "Fn::Transform":
		return s.notExpanded("the macro of Fn::Transform")
	}
	if strings.HasPrefix(c.name, "Fn::ForEach") {
		return s.notExpanded(c.name)
	}
	s.problem(diag.Error, "TEMPLATE_INTRINSIC", c.at, "there is no intrinsic function "+c.name,
		"CloudFormation refuses the template", "check its spelling"+didYouMean(c.name, functionNames()))
	return s.unknown("TEMPLATE_INTRINSIC", "there is no intrinsic function %s", c.name)
}

func functionNames() []string {
	return []string{"Ref", "Fn::GetAtt", "Fn::Sub", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::FindInMap", "Fn::If", "Fn::Equals", "Fn::And",
		"Fn::Or", "Fn::Not", "Fn::Base64", "Fn::Cidr", "Fn::GetAZs", "Fn::ImportValue", "Fn::GetStackOutput", "Fn::Length",
		"Fn::ToJsonString", "Fn::Transform"}
}

// args returns the arguments of a function that takes a list of from to most.
func args(c call, least, most int) ([]value.Value, bool) {
	items := c.arg.Items()
	return items, c.arg.Kind() == value.List && len(items) >= least && len(items) <= most
}

// applySub resolves Fn::Sub. "${!Name}" stands for "${Name}" itself.
func (s *scope) applySub(c call) value.Value {
	text, names := c.arg, value.Value{}
	if c.arg.Kind() == value.List {
		a, ok := args(c, 2, 2)
		if !ok || a[1].Kind() != value.Map {
			return s.bad(c, "a text, or a list of a text and a map")
		}
		text, names = a[0], a[1]
	}
	if text.Kind() != value.String {
		return s.bad(c, "a literal text")
	}
	rest := text.Text()
	var parts []value.Value
	for {
		i := strings.Index(rest, "${")
		if i < 0 {
			break
		}
		end := strings.IndexByte(rest[i:], '}')
		if end < 0 {
			return s.bad(c, "a closing brace after "+rest[i:])
		}
		name := strings.TrimSpace(rest[i+2 : i+end])
		parts = append(parts, value.OfString(rest[:i]))
		rest = rest[i+end+1:]
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			parts = append(parts, value.OfString("${"+literal+"}"))
			continue
		}
		parts = append(parts, s.variable(name, names, c))
	}
	return s.join(append(parts, value.OfString(rest))...)
}

// Limits of a text that is put together from others: CloudFormation itself
// takes templates of up to 1 MB.
const (
	maxText  = 1 << 20
	maxParts = 4096
)

// join concatenates values, within limits, so that texts that are put together
// from one another do not use up memory.
func (s *scope) join(parts ...value.Value) value.Value {
	size, count := 0, 0
	for _, p := range parts {
		size += len(p.Text())
		count += p.Len()
		for _, q := range p.Items() {
			size += len(q.Text())
		}
	}
	if size > maxText || count > maxParts {
		return s.unknown("INTRINSIC_TOO_LARGE", "the text is longer than 1 MB, or has more than %d parts", maxParts)
	}
	v := value.Join(parts...)
	if value.IsDynamic(v.Text()) {
		return s.dynamic(v)
	}
	return v
}

func (s *scope) variable(name string, names value.Value, c call) value.Value {
	if v := names.Get(name); !v.IsAbsent() {
		return s.eval(v)
	}
	if logical, attr, ok := strings.Cut(name, "."); ok {
		return s.attribute(logical, attr, c.at)
	}
	return s.ref(name, c.at)
}

func (s *scope) applyJoin(c call) value.Value {
	a, ok := args(c, 2, 2)
	if !ok {
		return s.bad(c, "a list of a delimiter and a list of values")
	}
	delimiter, ok := s.eval(a[0]).Str()
	list := s.eval(a[1])
	switch {
	case !ok:
		return s.bad(c, "a literal delimiter")
	case list.IsUnknown():
		return list
	case list.Kind() == value.Symbol:
		return derived(list, fmt.Sprintf("join(%q)", delimiter))
	case list.Kind() != value.List:
		return s.bad(c, "a list of values, not "+list.Kind().String())
	}
	parts := make([]value.Value, 0, 2*list.Len())
	for i, item := range list.Items() {
		if i > 0 {
			parts = append(parts, value.OfString(delimiter))
		}
		parts = append(parts, item)
	}
	return s.join(parts...)
}

// derived is the symbol for what is made of another one by a function: equal
// where the function and what it is made of are equal.
func derived(of value.Value, how string) value.Value {
	r, _ := of.Ref()
	r.Attr += "|" + how
	return value.OfSymbol(r)
}

func (s *scope) applySelect(c call) value.Value {
	a, ok := args(c, 2, 2)
	if !ok {
		return s.bad(c, "a list of an index and a list of values")
	}
	index := s.eval(a[0])
	if index.IsUnknown() {
		return index
	}
	i, ok := index.Int()
	if !ok || i < 0 {
		return s.bad(c, "an index of 0 or more")
	}
	list := s.eval(a[1])
	switch list.Kind() {
	case value.Unknown:
		return list
	case value.Symbol:
		r, _ := list.Ref()
		if r.To.Logical == zonesLogical {
			r.Attr = fmt.Sprint(i)
			return value.OfSymbol(r)
		}
		return derived(list, fmt.Sprint(i))
	case value.List:
		if i < list.Len() {
			return list.Index(i)
		}
		return s.bad(c, fmt.Sprintf("an index below %d, which is how many values there are, not %d", list.Len(), i))
	}
	return s.bad(c, "a list of values, not "+list.Kind().String())
}

func (s *scope) applySplit(c call) value.Value {
	a, ok := args(c, 2, 2)
	if !ok {
		return s.bad(c, "a list of a delimiter and a text")
	}
	delimiter, ok := s.eval(a[0]).Str()
	if !ok || delimiter == "" {
		return s.bad(c, "a literal delimiter")
	}
	text := s.eval(a[1])
	switch text.Kind() {
	case value.Unknown:
		return text
	case value.Symbol, value.Concat, value.String, value.Number, value.Bool:
		return s.split(text, delimiter)
	}
	return s.bad(c, "a text, not "+text.Kind().String())
}

// split splits a text. Where a symbol might itself hold the delimiter, the
// result is a symbol too (of a symbol alone) or unknown.
func (s *scope) split(text value.Value, delimiter string) value.Value {
	if literal, ok := text.Str(); ok {
		return literals(strings.Split(literal, delimiter))
	}
	if text.Kind() == value.Symbol {
		if holdsNo(text, delimiter) {
			return value.OfList(text)
		}
		return derived(text, fmt.Sprintf("split(%q)", delimiter))
	}
	var items []value.Value
	open := []value.Value{}
	for _, part := range text.Items() {
		literal, ok := part.Str()
		if !ok {
			if !holdsNo(part, delimiter) {
				return s.unknown("INTRINSIC_NOT_KNOWN", "%s may or may not hold %q, by which it is split", part, delimiter)
			}
			open = append(open, part)
			continue
		}
		for i, piece := range strings.Split(literal, delimiter) {
			if i > 0 {
				items = append(items, s.join(open...))
				open = open[:0]
			}
			open = append(open, value.OfString(piece))
		}
	}
	return value.OfList(append(items, s.join(open...))...)
}

// holdsNo says whether a symbol is known not to hold a delimiter: accounts and
// Regions hold letters, digits and hyphens; what Ref gives holds no comma.
func holdsNo(symbol value.Value, delimiter string) bool {
	r, _ := symbol.Ref()
	switch r.To.Logical {
	case "AWS::AccountId", "AWS::Region":
		return !strings.ContainsAny(delimiter, "-abcdefghijklmnopqrstuvwxyz0123456789")
	}
	return r.Attr == refAttr && delimiter == ","
}

func literals(texts []string) value.Value {
	items := make([]value.Value, len(texts))
	for i, t := range texts {
		items[i] = value.OfString(t)
	}
	return value.OfList(items...)
}

// applyFindInMap resolves Fn::FindInMap, also with the DefaultValue that
// AWS::LanguageExtensions brings.
func (s *scope) applyFindInMap(c call) value.Value {
	a, ok := args(c, 3, 4)
	if !ok {
		return s.bad(c, "a list of a mapping, a top-level key and a second-level key")
	}
	at := s.section("Mappings")
	for i, what := range [...]string{"mapping", "top-level key", "second-level key"} {
		key := s.eval(a[i])
		if key.IsUnknown() {
			return key
		}
		name, ok := key.Str()
		if !ok {
			if key.Kind() == value.Symbol || key.Kind() == value.Concat {
				return s.unknown("INTRINSIC_NOT_KNOWN", "the %s is %s, which is not known before deployment%s", what, key, hint(key))
			}
			return s.bad(c, "a text as "+what)
		}
		next := at.Get(name)
		if next.IsAbsent() {
			if len(a) == 4 && !a[3].Get("DefaultValue").IsAbsent() {
				return s.eval(a[3].Get("DefaultValue"))
			}
			return s.noSuch(what, name, c.at, at.Keys)
		}
		at = next
	}
	if at.HoldsIntrinsics() {
		return s.bad(c, "a mapping of literals")
	}
	return at
}

// hint says which option would make a pseudo parameter known.
func hint(v value.Value) string {
	r, _ := v.Ref()
	switch r.To.Logical {
	case "AWS::AccountId":
		return " (give --account)"
	case "AWS::Region":
		return " (give --region)"
	}
	return ""
}

func (s *scope) applyBase64(c call) value.Value {
	v := s.eval(c.arg)
	if text, ok := v.Str(); ok {
		return value.OfString(base64.StdEncoding.EncodeToString([]byte(text)))
	}
	switch v.Kind() {
	case value.Unknown:
		return v
	case value.Symbol:
		return derived(v, "base64")
	case value.Concat:
		return s.unknown("INTRINSIC_NOT_KNOWN", "this Base64 is of a text that only deployment completes")
	}
	return s.bad(c, "a text, not "+v.Kind().String())
}

func (s *scope) applyLength(c call) value.Value {
	v := s.eval(c.arg)
	switch v.Kind() {
	case value.Unknown:
		return v
	case value.List:
		return value.OfInt(v.Len())
	case value.Symbol:
		return s.unknown("INTRINSIC_NOT_KNOWN", "how many items %s has is not known before deployment", v)
	}
	return s.bad(c, "a list, not "+v.Kind().String())
}
