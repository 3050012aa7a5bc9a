package network

import (
	"context"
	"net/netip"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
)

// Network is a resource graph compiled for walking. It is immutable and safe
// for concurrent use.
type Network struct {
	classes []Class
	ports   *ports
}

// Build compiles a graph.
func Build(g *resource.Graph, opts ...Options) *Network { return &Network{ports: newPorts(cuts{})} }

// Distinguish returns the network with packet sets that tell given ports apart
// from others. Sets of the two networks must not be mixed; classes keep their
// numbers.
func (n *Network) Distinguish(flows ...Flow) *Network { return n }

// Classes returns every class, Internet first, in a stable order.
func (n *Network) Classes() []Class { return n.classes }

// Class returns a class.
func (n *Network) Class(id ClassID) Class { return n.classes[id] }

// External returns the classes of addresses outside the graph, Internet first.
func (n *Network) External() []ClassID { return nil }

// ClassesOf returns the classes that hold the interfaces of a resource.
func (n *Network) ClassesOf(owner addr.Address) []ClassID { return nil }

// ClassForPrefix returns the classes that have an address in a prefix.
func (n *Network) ClassForPrefix(p netip.Prefix) []ClassID { return nil }

// Reach returns what flows from a to b and back.
func (n *Network) Reach(a, b ClassID) Reach { return Reach{} }

// Explain returns the walk of the packets p from a to b, hop by hop.
func (n *Network) Explain(a, b ClassID, p PacketSet) Path { return Path{} }

// AllPairs calls f for every ordered pair of classes, from several goroutines
// at once and in no order, until ctx is done.
func (n *Network) AllPairs(ctx context.Context, f func(a, b ClassID, r Reach)) error { return nil }

// Egress returns every way out to the internet that packets of a class have.
func (n *Network) Egress(a ClassID) []Exit { return nil }

// Relays returns what a load balancer passes on, by listener.
func (n *Network) Relays(balancer addr.Address) []Relay { return nil }

// Without returns the network as it is after the loss of resources. Classes
// keep their numbers; those of lost interfaces reach nothing.
func (n *Network) Without(dead ...addr.Address) *Network { return n }

// WithoutZone returns the network as it is after the loss of a zone.
func (n *Network) WithoutZone(zone string) *Network { return n }
