// Package part binds the parts of an estate to resources.
//
// A binding is believed only if it is total, exclusive and of the declared
// kind: every resource with an interface or data has exactly one part, a
// part's resources are of the types that its kind allows, and they stand in
// the account that the estate gives to the part's environment. Every reason
// for which a binding is not believed is listed with its place, and claims
// about intent are Unknown then. Bind changes nothing that it is given.
package part

import (
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/resource"
)

// ID names a part.
type ID = estate.PartID

// Codes of the reasons for which a binding is not believed. Each has a page
// under docs/diagnostics.
const (
	CodeMissing  = "PART_MISSING"          // the estate asks for a part that nothing implements
	CodeUnknown  = "PART_UNKNOWN"          // a resource names a part that the estate does not have
	CodeKind     = "PART_KIND_MISMATCH"    // a resource cannot implement a part of that kind
	CodeTwice    = "PART_TWICE"            // a resource has two parts
	CodeUnbound  = "PART_UNBOUND"          // a resource with an interface or data has no part
	CodeAccount  = "PART_ACCOUNT_MISMATCH" // a resource stands in another environment's account
	CodeNoEffect = "PART_BINDING_UNUSED"   // a binding of the estate file binds nothing
)

// Binding says which resources implement which part. Problems holds every
// reason for which the binding is not believed; it is empty if it is.
// Unbound lists the resources with an interface or data that have no part.
type Binding struct {
	Of       map[addr.Address]ID
	Members  map[ID][]addr.Address
	Kinds    map[ID]estate.Kind
	Unbound  []addr.Address
	Problems diag.List
}

// Believed says whether claims about intent may rest on the binding.
func (b *Binding) Believed() bool { return b != nil && len(b.Problems) == 0 }

// Parts returns the parts that have members, in order of their names.
func (b *Binding) Parts() []ID {
	if b == nil {
		return nil
	}
	ids := make([]ID, 0, len(b.Members))
	for id := range b.Members {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, ID.Compare)
	return ids
}

// Bind binds the parts of an estate to the resources of a graph by their tags
// and by the estate's bindings. It returns nil without an estate.
func Bind(e *estate.Estate, g *resource.Graph) *Binding {
	if e == nil {
		return nil
	}
	b := newBinder(e, g)
	for r := range g.All() {
		b.bind(r)
	}
	b.checkInterfaces()
	b.checkMembers()
	b.checkBindings()
	b.out.Problems.Sort()
	return b.out
}
