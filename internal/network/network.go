// Package network says which packets can flow between which interfaces of a
// resource graph, and why.
//
// Reachability is two sets: Must holds what flows whatever the unknowns turn
// out to be, May what flows for some of them; Must is within May. Forward and
// return are both walked. One step function decides and explains: Explain
// reports the hops of exactly the walk that Reach used.
package network

import (
	"net/netip"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// ClassID names a class within one Network.
type ClassID int

// Internet is the class of all public addresses outside the graph.
const Internet ClassID = 0

// Class is interfaces that no rule or route tells apart.
type Class struct {
	ID      ClassID
	Zone    string
	Subnet  addr.Address
	Groups  []addr.Address
	Addrs   []netip.Prefix
	Members []resource.Interface
}

// Header is what a hop sees of a packet.
type Header struct {
	Source, Destination netip.Prefix
	Protocol            resource.Protocol
	SourcePort, Port    resource.PortRange
}

// Hop is one decision on the way. Code is one of Reachability Analyzer's
// explanation codes when the hop stops the packet, and empty when it passes.
// Decision is a sentence without a full stop.
type Hop struct {
	At, By   addr.Address
	Property string
	Code     string
	Decision string
	In, Out  Header
}

// Reach is what flows from one class to another.
type Reach struct{ Must, May PacketSet }

// Path is an explanation. Works is what flows of what was asked; StopsAt is the
// hop that stops it, nil if it flows. Unknowns says why Must and May differ.
type Path struct {
	From, To ClassID
	Forward  []Hop
	Return   []Hop
	Works    Reach
	StopsAt  *Hop
	Domains  []string // names that a firewall's domain rules let through, where the flow depends on them
	Unknowns []*value.Reason
}

// Network is a resource graph compiled for walking. It is immutable and safe
// for concurrent use.
type Network struct{ classes []Class }

// Build compiles a graph.
func Build(g *resource.Graph) *Network { return &Network{} }

// Classes returns every class, Internet first, in a stable order.
func (n *Network) Classes() []Class { return n.classes }

// ClassesOf returns the classes that hold the interfaces of a resource.
func (n *Network) ClassesOf(owner addr.Address) []ClassID { return nil }

// Reach returns what flows from a to b and back.
func (n *Network) Reach(a, b ClassID) Reach { return Reach{} }

// Explain returns the walk of the packets p from a to b, hop by hop.
func (n *Network) Explain(a, b ClassID, p PacketSet) Path { return Path{} }

// Without returns the network as it is after the loss of resources.
func (n *Network) Without(dead ...addr.Address) *Network { return n }
