package network

import (
	"maps"
	"slices"
	"sync/atomic"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Network is a resource graph compiled for walking. It is immutable and safe
// for concurrent use.
type Network struct {
	graph   *resource.Graph
	options Options

	classes  []Class
	inside   []class // parallel to classes
	external []ClassID
	byOwner  map[addr.Address][]ClassID
	unplaced []resource.Interface

	atoms     *atoms
	ports     *ports
	ephemeral PacketSet // a client's ports
	routing   *partition

	vpcs        []*vpc
	vpcAt       map[addr.Address]*vpc
	subnets     []*subnet
	subnetAt    map[addr.Address]*subnet
	acls        []*acl
	groups      []*group
	sets        []*groupSet
	attachments []*attachment
	firewalls   []*firewall

	attachmentAt map[addr.Address]*attachment
	gatewayAt    map[addr.Address]*gateway
	firewallAt   map[addr.Address]*firewall
	endpointAt   map[addr.Address]*resource.VPCEndpoint
	instances    map[addr.Address][]instance
	nats         map[addr.Address]*nat
	services     map[string]service // behind gateway endpoints, by name
	siteAt       map[addr.Address]*site
	carried      *filter                        // by NAT gateways
	served       *filter                        // by gateway endpoints
	doubts       map[addr.Address]*value.Reason // of Transit Gateways' associations

	outside []bool // by atom: a public address outside the graph

	dead      map[addr.Address]bool
	deadZones map[string]bool

	origins  []origin
	lines    []atomic.Pointer[[]*line] // by origin and part
	verdicts *verdicts
}

// Build compiles a graph.
func Build(g *resource.Graph, opts ...Options) *Network {
	n := &Network{graph: g,
		vpcAt: map[addr.Address]*vpc{}, subnetAt: map[addr.Address]*subnet{}, byOwner: map[addr.Address][]ClassID{},
		attachmentAt: map[addr.Address]*attachment{}, gatewayAt: map[addr.Address]*gateway{}, firewallAt: map[addr.Address]*firewall{},
		endpointAt: map[addr.Address]*resource.VPCEndpoint{}, instances: map[addr.Address][]instance{}, nats: map[addr.Address]*nat{}, services: map[string]service{},
		doubts: map[addr.Address]*value.Reason{},
	}
	for _, o := range opts {
		n.options.Ports = append(n.options.Ports, o.Ports...)
		n.options.Addresses = append(n.options.Addresses, o.Addresses...)
		if o.Mutant != None {
			n.options.Mutant = o.Mutant
		}
		if o.Open != (Lines{}) {
			n.options.Open = o.Open
		}
	}
	c := &compiler{n: n, g: g, groups: map[*resource.SecurityGroup]*group{}, acls: map[*resource.NetworkACL]*acl{}, tables: map[addr.Address]*table{}}
	c.compile()
	n.ephemeral = n.ports.set(resource.TCP, firstEphemeral, lastEphemeral).Or(n.ports.set(resource.UDP, firstEphemeral, lastEphemeral))
	c.origins()
	n.forget()
	return n
}

// forget empties what was memoised.
func (n *Network) forget() {
	n.lines = make([]atomic.Pointer[[]*line], len(n.origins)*len(n.routing.first))
	n.verdicts = &verdicts{of: map[[3]int32]*verdict{}}
}

// origins gives every subnet, VPC gateway and NAT subnet its origin.
func (c *compiler) origins() {
	known := map[origin]int{}
	add := func(o origin) int {
		i, ok := known[o]
		if !ok {
			i = len(c.n.origins)
			known[o] = i
			c.n.origins = append(c.n.origins, o)
		}
		return i
	}
	for _, s := range c.n.subnets {
		s.start = add(c.n.originOf(s))
	}
	for _, v := range c.n.vpcs {
		v.world = add(origin{vpc: v, world: true})
	}
	for _, s := range c.n.siteAt {
		s.start = add(origin{vpc: s.vpc, site: s})
	}
	for _, t := range c.n.nats {
		if s := t.subnet; s != nil {
			s.nat = add(origin{table: s.table, vpc: s.vpc, zone: s.view.Zone, sub: s, back: true})
		}
	}
}

// linesTo returns the ways from an origin to an atom.
func (n *Network) linesTo(origin int, to atom) []*line {
	part := n.routing.part[to]
	slot := &n.lines[origin*len(n.routing.first)+int(part)]
	if l := slot.Load(); l != nil {
		return *l
	}
	l := n.walk(n.origins[origin], part)
	slot.Store(&l)
	return l
}

// isExternal says whether an atom is public and outside the graph.
func (n *Network) isExternal(x atom) bool { return int(x) < len(n.outside) && n.outside[x] }

// Distinguish returns the network with packet sets that tell given ports apart
// from others: itself, if it was built so. Sets of two networks must not be
// mixed; classes keep their numbers.
func (n *Network) Distinguish(flows ...Flow) *Network {
	if !slices.ContainsFunc(flows, func(f Flow) bool { return !slices.Contains(n.options.Ports, f) }) {
		return n
	}
	return n.again(n.options.Open, flows)
}

// Opened returns the network without some lines of defence, and with packet
// sets that tell given ports apart. Its classes are not those of n: what only
// the missing lines told apart is one class.
func (n *Network) Opened(lines Lines, flows ...Flow) *Network { return n.again(lines, flows) }

// again builds the network anew.
func (n *Network) again(open Lines, flows []Flow) *Network {
	o := Options{Mutant: n.options.Mutant, Open: open, Addresses: n.options.Addresses}
	known := map[Flow]bool{}
	for _, f := range append(slices.Clone(n.options.Ports), flows...) {
		if !known[f] {
			known[f] = true
			o.Ports = append(o.Ports, f)
		}
	}
	out := Build(n.graph, o)
	if len(n.dead) > 0 || len(n.deadZones) > 0 {
		return out.lose(n.dead, n.deadZones)
	}
	return out
}

// Without returns the network as it is after the loss of resources: interfaces,
// subnets with what is in them, NAT, internet and Transit Gateways, attachments,
// firewalls, endpoints, peerings. A route to what is lost drops what it matches.
// Classes keep their numbers; those of lost interfaces reach nothing. The loss
// of a rule, a route or an association is a change, not a failure, and is
// ignored. An attachment that loses a subnet serves its zone by another one, so
// the loss of a subnet may also open a way that its network ACL closed.
func (n *Network) Without(dead ...addr.Address) *Network {
	all := maps.Clone(n.dead)
	if all == nil {
		all = map[addr.Address]bool{}
	}
	for _, a := range dead {
		all[a] = true
	}
	return n.lose(all, n.deadZones)
}

// WithoutZone returns the network as it is after the loss of a zone, named as
// Class.Zone does: its subnets and the zonal half of firewalls.
func (n *Network) WithoutZone(zone string) *Network {
	zones := maps.Clone(n.deadZones)
	if zones == nil {
		zones = map[string]bool{}
	}
	zones[zone] = true
	all := maps.Clone(n.dead)
	if all == nil {
		all = map[addr.Address]bool{}
	}
	for _, s := range n.subnets {
		if s.view.Zone == zone && zone != "" {
			all[s.addr] = true
		}
	}
	return n.lose(all, zones)
}

func (n *Network) lose(dead map[addr.Address]bool, zones map[string]bool) *Network {
	out := *n
	out.dead, out.deadZones = dead, zones
	out.inside = slices.Clone(n.inside)
	for i := range out.inside {
		c := &out.inside[i]
		if c.sub == nil {
			continue
		}
		c.dead = dead[c.sub.addr] || dead[c.sub.vpc.addr]
		if !c.dead {
			c.dead = !slices.ContainsFunc(n.classes[i].Members, func(m resource.Interface) bool { return !dead[m.Owner.Addr] })
		}
	}
	out.forget()
	return &out
}
