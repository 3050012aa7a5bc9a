// Package part binds the parts of an estate to resources.
//
// A binding is believed only if it is total, exclusive and of the declared
// kind: every resource with an interface or data has exactly one part, and a
// part's resources are of the types that its kind allows. What is not believed
// is listed, and claims about intent are Unknown then.
package part

import (
	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/resource"
)

// ID names a part.
type ID = estate.PartID

// Binding says which resources implement which part. Problems holds every
// reason for which the binding is not believed; it is empty if it is.
type Binding struct {
	Of       map[addr.Address]ID
	Members  map[ID][]addr.Address
	Kinds    map[ID]estate.Kind
	Unbound  []addr.Address
	Problems diag.List
}

// Believed says whether claims about intent may rest on the binding.
func (b *Binding) Believed() bool { return b != nil && len(b.Problems) == 0 }

// Bind binds the parts of an estate to the resources of a graph by their tags
// and by the estate's bindings.
func Bind(e *estate.Estate, g *resource.Graph) *Binding {
	return &Binding{}
}
