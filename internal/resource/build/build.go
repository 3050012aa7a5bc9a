// Package build makes resources in code, for tests and for random networks.
//
// A Builder collects resources of one stack with properties written as plain
// Go values; nothing is checked against CloudFormation's schema, so that tests
// can build what is wrong too. Maps are ordered by key, so two equal builders
// make equal resources. The graph that it makes is an ordinary one.
package build

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Props are properties by name. A value may be a string, an int, a bool, a
// netip.Prefix or netip.Addr, a value.Value, Props, a map[string]string, or a
// slice ([]any, []string, []Props, []value.Value) of them; nil is JSON's null.
// Anything else is unknown.
type Props map[string]any

// Builder collects the resources of a stack.
type Builder struct {
	stack addr.Stack
	all   []*resource.Resource
}

// New returns a builder of the stack account/region/name.
func New(account, region, name string) *Builder {
	return &Builder{stack: addr.Stack{Account: account, Region: region, Name: name}}
}

// Stack returns the stack that resources are added to.
func (b *Builder) Stack() addr.Stack { return b.stack }

// Addr returns the address of a logical id in the stack.
func (b *Builder) Addr(logical string) addr.Address {
	return addr.Address{Stack: b.stack, Logical: logical}
}

// Add adds a resource and returns it, so that a test can set its tags.
func (b *Builder) Add(typ, logical string, props Props) *resource.Resource {
	r := &resource.Resource{Addr: b.Addr(logical), Type: typ, Props: Of(props), Tags: map[string]value.Value{}}
	b.all = append(b.all, r)
	return r
}

// Ref returns the symbol that the Ref intrinsic makes of a logical id.
func (b *Builder) Ref(logical string) value.Value { return b.Attr(logical, "Ref") }

// Attr returns the symbol that Fn::GetAtt makes.
func (b *Builder) Attr(logical, attr string) value.Value {
	return value.OfSymbol(value.Ref{To: b.Addr(logical), Attr: attr})
}

// Unknown returns an unknown value.
func Unknown(why string) value.Value {
	return value.OfUnknown(value.Reason{Code: "TEST_UNKNOWN", Text: why})
}

// Resources returns what was added, in order, and empties the builder.
func (b *Builder) Resources() []*resource.Resource {
	all := b.all
	b.all = nil
	return all
}

// Graph returns the graph of copies of what was added. It fails only where two
// resources have one logical id.
func (b *Builder) Graph() (*resource.Graph, error) {
	all := make([]*resource.Resource, len(b.all))
	for i, r := range b.all {
		c := *r
		all[i] = &c
	}
	g, problems := resource.New(all)
	return g, problems.Err()
}

// Of turns a plain Go value into a property's value, as Props says.
func Of(v any) value.Value {
	switch v := v.(type) {
	case nil:
		return value.OfNull()
	case value.Value:
		return v
	case string:
		return value.OfString(v)
	case int:
		return value.OfInt(v)
	case bool:
		return value.OfBool(v)
	case netip.Prefix:
		return value.OfString(v.String())
	case netip.Addr:
		return value.OfString(v.String())
	case Props:
		return ofMap(v)
	case map[string]any:
		return ofMap(v)
	case map[string]string:
		return ofMap(v)
	case []any:
		return ofList(v)
	case []string:
		return ofList(v)
	case []Props:
		return ofList(v)
	case []value.Value:
		return ofList(v)
	}
	return Unknown(fmt.Sprintf("a %T cannot be a property", v))
}

func ofMap[T any, M ~map[string]T](m M) value.Value {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	items := make([]value.Value, len(keys))
	for i, k := range keys {
		items[i] = Of(m[k])
	}
	return value.OfMap(keys, items)
}

func ofList[T any](l []T) value.Value {
	items := make([]value.Value, len(l))
	for i, v := range l {
		items[i] = Of(v)
	}
	return value.OfList(items...)
}
