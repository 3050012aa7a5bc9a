package withinquotas

import (
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// uses collects uses by place, in the order in which places are met.
type uses struct {
	by  map[addr.Address]int
	all []use
}

func (u *uses) at(place addr.Address) *use {
	if n := len(u.all); n > 0 && u.all[n-1].at == place {
		return &u.all[n-1]
	}
	if u.by == nil {
		u.by = map[addr.Address]int{}
	}
	i, ok := u.by[place]
	if !ok {
		i = len(u.all)
		u.by[place] = i
		u.all = append(u.all, use{at: place})
	}
	return &u.all[i]
}

func (m *meter) measureAll(id string, u uses) {
	for _, x := range u.all {
		m.measure(id, x)
	}
}

// region is the account and Region of a stack as a place, account the account
// alone.
func region(s addr.Stack) addr.Address {
	return addr.Address{Stack: addr.Stack{Account: s.Account, Region: s.Region}}
}

func account(s addr.Stack) addr.Address {
	return addr.Address{Stack: addr.Stack{Account: s.Account}}
}

// weight says how much a resource counts; nil: 1.
type weight func(*resource.Resource) int

func (w weight) of(r *resource.Resource) int {
	if w == nil {
		return 1
	}
	return w(r)
}

// only counts the resources that a condition holds for.
func only(is func(*resource.Resource) bool) weight {
	return func(r *resource.Resource) int {
		if is(r) {
			return 1
		}
		return 0
	}
}

// total counts resources by the place that their stack is in.
func (m *meter) total(id string, place func(addr.Stack) addr.Address, w weight, types ...string) {
	var u uses
	for _, typ := range types {
		for _, r := range m.in.Graph.OfType(typ) {
			if n := w.of(r); n > 0 {
				u.at(place(r.Addr.Stack)).add(r, n)
			}
		}
	}
	m.measureAll(id, u)
}

func (m *meter) perRegion(id string, types ...string) { m.total(id, region, nil, types...) }

func (m *meter) perAccount(id string, types ...string) { m.total(id, account, nil, types...) }

// children counts resources of a type by the resource that a property names.
func (m *meter) children(id, typ, property string, w weight) {
	var u uses
	for _, r := range m.in.Graph.OfType(typ) {
		if n := w.of(r); n > 0 {
			u.at(parent(r, property)).add(r, n)
		}
	}
	m.measureAll(id, u)
}

// parent is what a property of a resource names. What no template declares is
// told apart by what it is called, in its account and Region; what is not
// known counts as one thing in its stack.
func parent(r *resource.Resource, property string) addr.Address {
	return named(r, r.Props.Get(property), property)
}

func named(r *resource.Resource, v value.Value, property string) addr.Address {
	if ref, ok := v.Ref(); ok {
		return ref.To
	}
	for _, p := range v.Items() { // an ARN around a symbol
		if ref, ok := p.Ref(); ok {
			return ref.To
		}
	}
	if s, ok := v.Str(); ok {
		return addr.Address{Stack: region(r.Addr.Stack).Stack, Logical: s}
	}
	return addr.Address{Stack: r.Addr.Stack, Logical: property}
}

// items counts the items of a list that every resource of a type has.
func (m *meter) items(id, typ, path string, more int) {
	for _, r := range m.in.Graph.OfType(typ) {
		switch v := r.Props.Path(path); v.Kind() {
		case value.Unknown:
			m.doubt(id, r, path, v.Reason())
		case value.List:
			m.measure(id, use{at: r.Addr, last: r, property: path, used: v.Len() + more})
		}
	}
}

// assumed is how many characters an attribute is taken for that only
// deployment gives: an ARN with a name of 40 characters.
const assumed = 100

// longestExternalID is how long an external id can be that only deployment
// knows ("AssumeRole", AWS STS API Reference).
const longestExternalID = 1224

// size is how long values are when written as JSON without white space.
type size struct {
	known, assumed int
	unknown        *value.Reason
}

func (s *size) add(v value.Value) {
	switch v.Kind() {
	case value.String:
		s.known += len(v.Text()) + 2
	case value.Number, value.Bool:
		s.known += len(v.Text())
	case value.Null:
		s.known += len("null")
	case value.Symbol:
		s.assumed += assumed
	case value.Unknown:
		if s.unknown == nil {
			s.unknown = v.Reason()
		}
	case value.Concat:
		s.known += 2
		for _, p := range v.Items() {
			if text, ok := p.Str(); ok {
				s.known += len(text)
			} else {
				s.add(p)
			}
		}
	case value.List:
		s.known += 2 + max(0, v.Len()-1)
		for _, i := range v.Items() {
			s.add(i)
		}
	case value.Map:
		s.known += 2 + max(0, v.Len()-1)
		for k, i := range v.Entries() {
			s.known += len(k) + len(`"":`)
			if strings.EqualFold(k, "sts:ExternalId") && i.IsUnknown() {
				s.assumed += longestExternalID + 2
			} else {
				s.add(i)
			}
		}
	}
}

// document measures the length of one or several documents of a resource.
func (m *meter) document(id string, r *resource.Resource, property string, docs ...value.Value) {
	var s size
	for _, d := range docs {
		if text, ok := d.Str(); ok {
			s.known += len(text)
		} else {
			s.add(d)
		}
	}
	switch {
	case s == size{}:
	case s.unknown != nil:
		m.doubt(id, r, property, s.unknown)
	default:
		m.measure(id, use{at: r.Addr, last: r, property: property, used: s.known + s.assumed, perhaps: s.assumed})
	}
}

// documents measures a document that every resource of a type has.
func (m *meter) documents(id, typ, property string) {
	for _, r := range m.in.Graph.OfType(typ) {
		m.document(id, r, property, r.Props.Get(property))
	}
}

// has says whether a property is a text.
func has(property, text string) func(*resource.Resource) bool {
	return func(r *resource.Resource) bool { return r.Props.Get(property).Text() == text }
}

// integer reads a whole number, or the default where there is none.
func integer(r *resource.Resource, property string, deflt int) int {
	if n, ok := r.Props.Get(property).Int(); ok {
		return n
	}
	return deflt
}

// distinct counts different links.
func distinct(links []resource.Link) int {
	var seen []resource.Link
	for _, l := range links {
		if !slices.ContainsFunc(seen, l.Same) {
			seen = append(seen, l)
		}
	}
	return len(seen)
}
