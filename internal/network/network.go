// Package network says which packets can flow between which interfaces of a
// resource graph, and why.
//
// Reachability is two sets: Must holds what flows whatever the unknowns turn
// out to be, May what flows for some of them; Must is within May. Forward and
// return are both walked. One walk decides and explains: Explain reports the
// hops of exactly the walk that Reach used.
//
// Build compiles a graph into a Network of classes: interfaces that no rule
// and no route tells apart. Class Internet is every public address that no
// rule names; public addresses that rules do name have classes of their own,
// listed by External. ClassesOf finds a resource's classes, ClassForPrefix
// those of an address. Packets, Flows and Format translate packet sets. Reach
// answers for a pair, AllPairs for all pairs, Explain says why, hop by hop,
// with AWS Reachability Analyzer's codes. Egress lists a class's ways out to
// the internet and what they pass; Through follows a flow through a load
// balancer. Without is the network after a failure.
//
// What is not known before deployment is quantified: an interface that may
// have any address of its subnet must satisfy a rule for all of them to be in
// Must, for one to be in May; a client's port is any of 1024–65535. Rules and
// routes whose peer or target is unknown widen May, never Must.
package network

import (
	"net/netip"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// ClassID names a class within one Network.
type ClassID int

// Internet is the class of all public addresses outside the graph that no rule
// or route names.
const Internet ClassID = 0

// Class is interfaces that no rule or route tells apart, or addresses outside
// the graph; Service is the service that these are the addresses of, where a
// gateway endpoint leads to it. Addrs is where their addresses lie: one address where it is fixed,
// the subnet's ranges otherwise. Zone, Subnet and VPC are zero for an external
// class.
type Class struct {
	ID       ClassID
	External bool
	Service  string
	Zone     string
	Subnet   addr.Address
	VPC      addr.Address
	Site     addr.Address // the VPN gateway that the addresses are beyond
	Groups   []addr.Address
	Addrs    []netip.Prefix
	Members  []resource.Interface
}

// Header is what a hop sees of a packet. On the way back Port is the client's.
type Header struct {
	Source, Destination netip.Prefix
	Protocol            resource.Protocol
	SourcePort, Port    resource.PortRange
}

// Hop is one decision on the way. At is the resource that the packet is at, By
// the rule or route that decided, Property where in it. Code is one of
// Reachability Analyzer's explanation codes when the hop stops the packet, and
// empty when it passes. Decision is a sentence without a full stop.
type Hop struct {
	At, By   addr.Address
	Property string
	Code     string
	Decision string
	In, Out  Header
}

// Reach is what flows from one class to another, there and back. Named is the
// part of May that a firewall lets through for the names of its domain rules
// only; what is in Must and in Named flows for those names.
type Reach struct{ Must, May, Named PacketSet }

// Path is an explanation. Works is what flows of what was asked; StopsAt is the
// hop that stops it, nil if it flows (or may). Unknowns says why Must and May
// differ. Domains holds the names that the firewall lets through, where the
// flow depends on them.
type Path struct {
	From, To ClassID
	Forward  []Hop
	Return   []Hop
	Works    Reach
	StopsAt  *Hop
	Domains  []string
	Unknowns []*value.Reason
}

// Passes says whether a hop of the path is at a resource.
func (p *Path) Passes(a addr.Address) bool {
	for _, h := range p.Forward {
		if h.At == a {
			return true
		}
	}
	return false
}

// Options change how Build compiles. Ports are ports that the caller will ask
// about, so that packet sets tell them apart from others, Addresses ranges (see
// Asking). Open takes lines of defence away, so that what the others do alone can
// be seen.
type Options struct {
	Ports     []Flow
	Addresses []netip.Prefix
	Open      Lines
	Mutant    Mutant
}

// Lines are lines of defence: what security groups let in and out, network
// ACLs, firewalls.
type Lines struct{ Ingress, Egress, ACLs, Firewalls bool }

// group says whether security groups let everything by in a direction.
func (l Lines) group(dir int) bool {
	if dir == inward {
		return l.Ingress
	}
	return l.Egress
}

// Exit is one way from a class to the internet: the packets that leave by it
// (Sent), those to which replies come back too (Works), the gateway or NAT they
// leave by, the firewalls they pass and the names that these let through. Path
// explains it.
type Exit struct {
	To        ClassID
	By        addr.Address
	Sent      Reach
	Works     Reach
	Firewalls []addr.Address
	Domains   []string
	Path      Path
}
