// Package resource holds the graph of AWS resources as they will be deployed,
// or as they stand: one Resource for each, the edges that their properties
// make, and typed views of the types that proofs need.
//
// A Graph is immutable once built. It is read from templates (by way of
// intrinsic) or from describe-* output (by way of snapshot) and says nothing
// about intent. A resource of a type without a view is kept and counted, never
// dropped. Views translate spelling, structure and CloudFormation's documented
// defaults only; what packets do is for the packages that walk the graph.
package resource

import (
	"iter"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/value"
)

// Resource is one AWS resource with its properties resolved as far as they can
// be known. Tags holds the tags of either of CloudFormation's spellings (list
// of Key and Value, or map). Construct is the CDK's path, where there is one.
type Resource struct {
	Addr      addr.Address
	Type      string // for example AWS::EC2::Subnet
	Construct string
	Props     value.Value // a map
	Tags      map[string]value.Value
	Pos       diag.Position
	Retain    bool // DeletionPolicy is Retain, RetainExceptOnCreate or Snapshot
	// RetainReplaced says that UpdateReplacePolicy is Retain or Snapshot.
	RetainReplaced bool

	// Conditional says why it is unknown whether the resource will exist: a
	// condition of its template that nobody can decide. Nil: it will exist.
	Conditional *value.Reason
	// Hides says why resources that this one makes are not in the graph: a
	// nested stack without its template, a macro, a loop.
	Hides *value.Reason
}

// Observed says whether the resource is read from what AWS says of an account as
// it stands, and not from a template: no default is then left to be filled in.
func (r *Resource) Observed() bool { return r.Addr.Stack.Name == "" }

// Edge says that a property of From refers to To.
type Edge struct {
	From, To addr.Address
	Property string
}

// Link is a property that names another resource. To is set when that resource
// is in the graph or is a symbol; ID is set when the property is a literal that
// no resource of the graph answers to; Why is set when the property is unknown.
// The zero Link is an absent property.
type Link struct {
	To       addr.Address
	ID       string
	Why      *value.Reason
	Property string
}

// IsZero says whether the property is absent.
func (l Link) IsZero() bool { return l.To.IsZero() && l.ID == "" && l.Why == nil }

// Same says whether two links are known to name the same thing.
func (l Link) Same(o Link) bool {
	if !l.To.IsZero() || !o.To.IsZero() {
		return l.To == o.To
	}
	return l.ID != "" && l.ID == o.ID
}

// Graph is all resources of what was loaded.
type Graph struct {
	all    []*Resource // sorted by address
	byAddr map[addr.Address]*Resource
	byType map[string][]*Resource
	views  *views

	observed bool
}

// New builds a graph. Resources are sorted by address; of two with one address
// the first is kept and the other reported as RESOURCE_DUPLICATE. The slice
// and the resources are given away.
func New(resources []*Resource) (*Graph, diag.List) {
	var problems diag.List
	slices.SortStableFunc(resources, func(a, b *Resource) int { return a.Addr.Compare(b.Addr) })
	g := &Graph{byAddr: make(map[addr.Address]*Resource, len(resources)), byType: map[string][]*Resource{}}
	for _, r := range resources {
		if first, ok := g.byAddr[r.Addr]; ok {
			problems.Add(diag.Diagnostic{Code: "RESOURCE_DUPLICATE", Severity: diag.Error, Pos: r.Pos, At: r.Addr,
				What: "two resources have the address " + r.Addr.String() + " (the other is at " + first.Pos.String() + ")",
				Why:  "a resource's address must be its own, or findings would point to the wrong one",
				Fix:  "give the two stacks different names, accounts or Regions, or pass only one of them"})
			continue
		}
		g.byAddr[r.Addr] = r
		g.all = append(g.all, r)
		g.byType[r.Type] = append(g.byType[r.Type], r)
		g.observed = g.observed || r.Observed()
	}
	g.views = newViews(g)
	return g, problems
}

// Observed says whether some resource is read from an account as it stands.
func (g *Graph) Observed() bool { return g.observed }

// Len returns how many resources there are.
func (g *Graph) Len() int { return len(g.all) }

// All yields every resource, by address.
func (g *Graph) All() iter.Seq[*Resource] { return slices.Values(g.all) }

// Get returns the resource of an address, or nil.
func (g *Graph) Get(a addr.Address) *Resource { return g.byAddr[a] }

// OfType returns the resources of a type, by address. It must not be changed.
func (g *Graph) OfType(typ string) []*Resource { return g.byType[typ] }

// Edges yields what the properties of a resource refer to, in the order in
// which they are written. They are read anew each time: few resources are asked.
func (g *Graph) Edges(a addr.Address) iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		if r := g.byAddr[a]; r != nil {
			e := edges{g: g, from: a, yield: yield}
			e.walk(r.Props)
		}
	}
}

// edges walks the properties of a resource; path leads to where it is.
type edges struct {
	g     *Graph
	from  addr.Address
	path  []string
	yield func(Edge) bool
}

// walk returns whether to go on.
func (e *edges) walk(v value.Value) bool {
	switch v.Kind() {
	case value.Symbol:
		if ref, _ := v.Ref(); e.g.byAddr[ref.To] != nil {
			return e.yield(Edge{From: e.from, To: ref.To, Property: strings.Join(e.path, "/")})
		}
	case value.List, value.Concat:
		for i, item := range v.Items() {
			if !e.into(itoa(i), item) {
				return false
			}
		}
	case value.Map:
		for k, item := range v.Entries() {
			if !e.into(k, item) {
				return false
			}
		}
	}
	return true
}

func (e *edges) into(key string, item value.Value) bool {
	e.path = append(e.path, key)
	on := e.walk(item)
	e.path = e.path[:len(e.path)-1]
	return on
}
