package kernel

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
)

// compiler turns a graph into a plan. What it cannot turn is collected in bad.
type compiler struct {
	g        *resource.Graph
	p        *plan
	f        Family
	bad      []error
	vpcs     map[addr.Address]*vpc
	subnets  map[addr.Address]*subnet
	gateways map[addr.Address]int // spaces of Transit Gateways
	ports    map[addr.Address][]port
	crossed  map[addr.Address]map[addr.Address]port // by peering of Transit Gateways, then by gateway
	members  map[string][]netip.Addr                // addresses of the members of a group
	public   netip.Addr                             // the last public address given
	internet int                                    // its space, -1 for none yet
}

// vpc is a VPC's router.
type vpc struct {
	*resource.VPC
	space   int
	inputs  []input
	igw     string // device
	locals  []route
	nats    map[addr.Address]string // devices
	attach  map[addr.Address][]port // by Transit Gateway
	peers   map[addr.Address]string
	egress  map[addr.Address]string // egress-only gateways
	boxes   map[addr.Address]input  // interfaces that forward
	tables  map[tableKey]int
	foreign []string // filter rules for what comes in by peerings
}

// input is a device by which packets come in that a subnet's table routes.
type input struct {
	dev    string
	subnet *subnet
}

type tableKey struct {
	table resource.Link
	zone  string
}

// port is a device that leads to or from a Transit Gateway, in a zone.
type port struct {
	dev, zone string
}

type subnet struct {
	*resource.Subnet
	vpc   *vpc
	cidr  netip.Prefix // of the family
	space int
	hosts int
	used  map[netip.Addr]bool
}

// compile plans the namespaces of a graph for one family. The error joins
// everything that the graph holds and the kernel cannot be made to do.
func compile(g *resource.Graph, f Family) (*plan, error) {
	c := &compiler{g: g, p: &plan{family: f}, f: f, vpcs: map[addr.Address]*vpc{}, subnets: map[addr.Address]*subnet{}, gateways: map[addr.Address]int{},
		ports: map[addr.Address][]port{}, crossed: map[addr.Address]map[addr.Address]port{}, members: map[string][]netip.Addr{}, public: netip.MustParseAddr("203.0.113.0"), internet: -1}
	c.refuse()
	for _, v := range resource.Views[resource.VPC](g) {
		c.vpcs[v.Addr] = &vpc{VPC: v, space: c.p.space("vpc "+v.Addr.Logical, true), nats: map[addr.Address]string{},
			attach: map[addr.Address][]port{}, peers: map[addr.Address]string{}, egress: map[addr.Address]string{}, boxes: map[addr.Address]input{}, tables: map[tableKey]int{}}
	}
	for _, s := range resource.Views[resource.Subnet](g) {
		c.addSubnet(s)
	}
	c.addEnds()
	for _, n := range resource.Views[resource.NATGateway](g) {
		c.addNAT(n)
	}
	c.addTransit()
	for _, p := range resource.Views[resource.Peering](g) {
		c.addPeering(p)
	}
	c.addInternet()
	for i := range c.p.ends {
		c.filterEnd(i)
	}
	for _, v := range resource.Views[resource.VPC](g) {
		c.routeVPC(c.vpcs[v.Addr])
	}
	return c.p, errors.Join(c.bad...)
}

func (c *compiler) cannot(r *resource.Resource, format string, args ...any) {
	c.bad = append(c.bad, fmt.Errorf("%s: the kernel cannot judge %s", r.Addr, fmt.Sprintf(format, args...)))
}

// refuse notes what is never compiled.
func (c *compiler) refuse() {
	for r, f := range resource.Views[resource.Firewall](c.g) {
		if f.Gateway.IsZero() {
			c.cannot(r, "a firewall in a VPC")
		}
	}
	for r, e := range resource.Views[resource.VPCEndpoint](c.g) {
		if e.Type != "Interface" {
			c.cannot(r, "an endpoint of type %s", e.Type)
		}
	}
	for r, v := range resource.Views[resource.VPC](c.g) {
		if v.HasIPv6 && len(v.IPv6) == 0 || v.Block != resource.BlockOff || len(v.Unknown) > 0 {
			c.cannot(r, "an IPv6 range that only deployment gives, blocked public access or an unknown range")
		}
	}
	for _, l := range c.g.Loose() {
		c.cannot(l.Resource, "what changes a resource outside the graph")
	}
}

// addSubnet adds a router whose way out is filtered by the network ACL.
func (c *compiler) addSubnet(v *resource.Subnet) {
	p := c.vpcs[v.VPC.To]
	cidr := of(c.f, v.CIDR, v.IPv6)
	if p == nil || !c.f.has(cidr.Addr()) {
		c.cannot(v.Resource, "a subnet without a known VPC and range")
		return
	}
	s := &subnet{Subnet: v, vpc: p, cidr: cidr, space: c.p.space("subnet "+v.Addr.Logical, true), used: map[netip.Addr]bool{}}
	c.subnets[v.Addr] = s
	dev := fmt.Sprintf("s%d", len(p.inputs))
	c.p.link(p.space, dev, s.space, "up")
	p.inputs = append(p.inputs, input{dev, s})
	p.locals = append(p.locals, route{dest: cidr, dev: dev})
	sp := c.p.spaces[s.space]
	sp.routes = append(sp.routes, route{dest: c.f.everywhere(), dev: "up"}, route{dest: cidr})
	sp.filter = c.inTable(c.aclForward(s, "up"))
}

// take returns the address that is given, or the lowest that is free; AWS
// keeps the first four ("Subnet sizing").
func (s *subnet) take(fixed netip.Addr) netip.Addr {
	if fixed.IsValid() {
		s.used[fixed] = true
		return fixed
	}
	a := s.cidr.Addr()
	for range 4 {
		a = a.Next()
	}
	for s.used[a] {
		a = a.Next()
	}
	s.used[a] = true
	return a
}

// addEnds adds a namespace for every interface but those of NAT gateways and
// attachments. Those with fixed addresses come first, so that none is taken.
func (c *compiler) addEnds() {
	for _, fixed := range []bool{true, false} {
		for _, i := range c.g.Interfaces() {
			if i.Kind == resource.EndNAT || i.Kind == resource.EndAttachment || of(c.f, i.Address, i.IPv6).IsValid() != fixed {
				continue
			}
			if c.f == IPv6 && !fixed {
				if s := resource.View[resource.Subnet](c.g, i.Subnet.To); s != nil && s.HasIPv6 && !i.Address.IsValid() {
					c.cannot(i.Owner, "an interface that may have an IPv6 address")
				}
				continue // it has none
			}
			s := c.subnets[i.Subnet.To]
			if s == nil || i.Why != nil || c.f == IPv4 && i.Public == resource.Perhaps {
				c.cannot(i.Owner, "an interface of unknown subnet, groups or address")
				continue
			}
			c.addEnd(i, s)
		}
	}
}

func (c *compiler) addEnd(i resource.Interface, s *subnet) {
	e := End{Name: i.Owner.Addr.Logical, Interface: i, Addr: s.take(of(c.f, i.Address, i.IPv6))}
	switch {
	case c.f == IPv6:
		e.Public = e.Addr // no address is private
	case i.Public == resource.Yes:
		e.Public = c.givePublic()
	}
	home := c.p.space("end "+e.Name, false)
	dev := fmt.Sprintf("h%d", s.hosts)
	s.hosts++
	c.p.link(s.space, dev, home, "eth0")
	sub := c.p.spaces[s.space]
	sub.routes = append(sub.routes, route{dest: only(e.Addr), dev: dev})
	sp := c.p.spaces[home]
	sp.addr = e.Addr
	sp.routes = append(sp.routes, route{dest: c.f.everywhere(), dev: "eth0", src: e.Addr})
	if i.Forwards {
		c.addBox(i, s, home)
	}
	for _, l := range i.Groups {
		key := groupKey(l)
		c.members[key] = append(c.members[key], e.Addr)
	}
	c.p.ends = append(c.p.ends, e)
	c.p.homes = append(c.p.homes, home)
}

// addBox lets an interface forward: by a second device, to which routes of its
// VPC lead and behind which its subnet's table counts, so that what it forwards
// is told from what it says itself.
func (c *compiler) addBox(i resource.Interface, s *subnet, home int) {
	dev := fmt.Sprintf("m%d", len(s.vpc.boxes))
	c.p.link(s.vpc.space, dev, home, "fwd")
	s.vpc.boxes[i.Owner.Addr] = input{dev, s}
	s.vpc.inputs = append(s.vpc.inputs, input{dev, s})
	sp := c.p.spaces[home]
	sp.forward = true
	sp.rules = append(sp.rules, rule{"fwd", 1})
	sp.routes = append(sp.routes, route{table: 1, dest: c.f.everywhere(), dev: "fwd"})
}

func (c *compiler) givePublic() netip.Addr {
	c.public = c.public.Next()
	return c.public
}

func only(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

func groupKey(l resource.Link) string {
	if !l.To.IsZero() {
		return l.To.String()
	}
	return l.ID
}

// addNAT adds a namespace that translates what its subnet's VPC sends it.
func (c *compiler) addNAT(n *resource.NATGateway) {
	if c.f == IPv6 {
		return // it carries none
	}
	s := c.subnets[n.Subnet.To]
	if s == nil || n.Regional {
		c.cannot(n.Resource, "a NAT gateway without a subnet")
		return
	}
	a := s.take(n.Address)
	home := c.p.space("nat "+n.Addr.Logical, true)
	dev := fmt.Sprintf("n%d", len(s.vpc.nats))
	c.p.link(s.vpc.space, dev, home, "up")
	s.vpc.nats[n.Addr] = dev
	s.vpc.inputs = append(s.vpc.inputs, input{dev, s})
	s.vpc.locals = append(s.vpc.locals, route{dest: only(a), dev: dev})
	sp := c.p.spaces[home]
	sp.addr = a
	sp.routes = append(sp.routes, route{dest: c.f.everywhere(), dev: "up"})
	sp.filter = c.natFilter(s, a)
	e := End{Name: n.Addr.Logical, Interface: resource.Interface{Kind: resource.EndNAT, Owner: n.Resource, Subnet: n.Subnet}, Addr: a}
	if !n.Private {
		e.Public = c.givePublic()
	}
	c.p.ends, c.p.homes = append(c.p.ends, e), append(c.p.homes, home)
}

// addTransit adds Transit Gateways, and a namespace for each subnet of each
// attachment, which the subnet's network ACL filters.
func (c *compiler) addTransit() {
	for _, t := range resource.Views[resource.TransitGateway](c.g) {
		if t.DefaultAssociation != resource.No || t.DefaultPropagation != resource.No {
			c.cannot(t.Resource, "a Transit Gateway with default tables")
		}
		c.gateways[t.Addr] = c.p.space("tgw "+t.Addr.Logical, true)
	}
	for _, a := range resource.Views[resource.Attachment](c.g) {
		tgw, ok := c.gateways[a.Gateway.To]
		if ok && a.Kind == resource.AttachFirewall {
			c.addFirewall(a, tgw)
			continue
		}
		if ok && a.Kind == resource.AttachPeering {
			c.addCrossing(a, tgw)
			continue
		}
		if !ok || a.Kind != resource.AttachVPC {
			c.cannot(a.Resource, "this kind of attachment")
			continue
		}
		for _, l := range a.Subnets {
			s := c.subnets[l.To]
			if s == nil {
				c.cannot(a.Resource, "an attachment of an unknown subnet")
				continue
			}
			home := c.p.space("attachment "+a.Addr.Logical, true)
			up := fmt.Sprintf("a%d", len(c.p.links))
			side := fmt.Sprintf("t%d", len(c.p.links))
			c.p.link(s.vpc.space, up, home, "up")
			c.p.link(tgw, side, home, "tgw")
			s.vpc.inputs = append(s.vpc.inputs, input{up, s})
			s.vpc.attach[a.Gateway.To] = append(s.vpc.attach[a.Gateway.To], port{up, s.Zone})
			c.ports[a.Addr] = append(c.ports[a.Addr], port{side, s.Zone})
			sp := c.p.spaces[home]
			sp.pass("up", "tgw")
			sp.filter = c.inTable(c.aclForward(s, "up"))
		}
	}
	c.routeTransit()
}

// addCrossing links two Transit Gateways. At each end the table that is associated
// with the peering decides about what comes by it ("Transit gateway peering
// attachments").
func (c *compiler) addCrossing(a *resource.Attachment, tgw int) {
	far, ok := c.gateways[a.PeerGateway.To]
	if !ok || far == tgw || a.Active != resource.Yes {
		c.cannot(a.Resource, "a peering that is not between two Transit Gateways of the graph, or that nobody accepts")
		return
	}
	near, there := fmt.Sprintf("x%d", len(c.p.links)), fmt.Sprintf("y%d", len(c.p.links))
	c.p.link(tgw, near, far, there)
	c.crossed[a.Addr] = map[addr.Address]port{a.Gateway.To: {dev: near}, a.PeerGateway.To: {dev: there}}
}

// portsOf are the devices by which an attachment leads to or from a gateway.
func (c *compiler) portsOf(attachment, gateway addr.Address) []port {
	if ends, ok := c.crossed[attachment]; ok {
		if p, ok := ends[gateway]; ok {
			return []port{p}
		}
		return nil
	}
	return c.ports[attachment]
}

// routeTransit fills a Transit Gateway's tables: the one that is associated
// with the attachment by which a packet comes in decides. Without one the
// packet is dropped ("How transit gateways work").
func (c *compiler) routeTransit() {
	n := 0
	for _, t := range resource.Views[resource.GatewayTable](c.g) {
		home, ok := c.gateways[t.Gateway.To]
		if !ok {
			c.cannot(t.Resource, "a table of an unknown Transit Gateway")
			continue
		}
		sp := c.p.spaces[home]
		for _, as := range t.Associations {
			for _, in := range c.portsOf(as.Link.To, t.Gateway.To) {
				n++
				sp.rules = append(sp.rules, rule{in.dev, n})
				sp.routes = append(sp.routes, c.gatewayRoutes(t, n, in.zone)...)
			}
		}
	}
}

// gatewayRoutes returns the routes of a table for packets that come in by a
// zone; static routes beat propagated ones.
func (c *compiler) gatewayRoutes(t *resource.GatewayTable, table int, zone string) []route {
	var out []route
	seen := map[netip.Prefix]bool{}
	add := func(p netip.Prefix, dev string) {
		if c.f.has(p.Addr()) && !seen[p] {
			seen[p] = true
			out = append(out, route{table: table, dest: p, dev: dev})
		}
	}
	for _, r := range t.Routes {
		switch {
		case !r.Dest.Prefix.IsValid():
			c.cannot(r.Resource, "a destination that is no range")
		case r.Blackhole:
			add(r.Dest.Prefix, "")
		default:
			add(r.Dest.Prefix, near(c.portsOf(r.Attachment.To, t.Gateway.To), zone))
		}
	}
	for _, d := range t.Propagations {
		a := resource.View[resource.Attachment](c.g, d.Link.To)
		if a == nil || c.vpcs[a.VPC.To] == nil {
			c.cannot(d.By, "a propagation that is not a VPC's")
			continue
		}
		for _, p := range c.ranges(c.vpcs[a.VPC.To]) {
			add(p, near(c.ports[a.Addr], zone))
		}
	}
	return out
}

// near returns the device of a zone, else any, else none.
func near(ports []port, zone string) string {
	for _, p := range ports {
		if p.zone == zone {
			return p.dev
		}
	}
	if len(ports) > 0 {
		return ports[0].dev
	}
	return ""
}

// addPeering links two VPCs. What comes from the other side must come from its
// ranges; that it stays local is the far side's table ("VPC peering
// basics": no transitive peering).
func (c *compiler) addPeering(p *resource.Peering) {
	a, b := c.vpcs[p.Requester.To], c.vpcs[p.Accepter.To]
	if a == nil || b == nil || a == b || p.Active != resource.Yes {
		c.cannot(p.Resource, "a peering that is not between two VPCs of the graph")
		return
	}
	devA, devB := fmt.Sprintf("p%d", len(a.peers)), fmt.Sprintf("p%d", len(b.peers))
	c.p.link(a.space, devA, b.space, devB)
	a.peers[p.Addr], b.peers[p.Addr] = devA, devB
	a.foreign = append(a.foreign, fmt.Sprintf("iifname %q "+c.ip()+" saddr != %s drop", devA, set(c.ranges(b))))
	b.foreign = append(b.foreign, fmt.Sprintf("iifname %q "+c.ip()+" saddr != %s drop", devB, set(c.ranges(a))))
}

// ranges are a VPC's ranges of the family.
func (c *compiler) ranges(w *vpc) []netip.Prefix { return of(c.f, w.CIDRs, w.IPv6) }

// routeVPC makes a VPC's tables: one for what comes from outside, which holds
// local routes only, and one for each route table and zone of its subnets.
func (c *compiler) routeVPC(v *vpc) {
	sp := c.p.spaces[v.space]
	const outside = 1
	sp.routes = append(sp.routes, c.localRoutes(v, outside)...)
	for _, dev := range append(sortedValues(v.peers), sortedValues(v.egress)...) {
		sp.rules = append(sp.rules, rule{dev, outside})
	}
	if v.igw != "" {
		sp.rules = append(sp.rules, rule{v.igw, outside})
	}
	for _, in := range v.inputs {
		key := tableKey{in.subnet.RouteTable, in.subnet.Zone}
		key.table.Property = ""
		n, ok := v.tables[key]
		if !ok {
			n = outside + 1 + len(v.tables)
			v.tables[key] = n
			sp.routes = append(sp.routes, c.localRoutes(v, n)...)
			sp.routes = append(sp.routes, c.tableRoutes(v, key, n)...)
		}
		sp.rules = append(sp.rules, rule{in.dev, n})
	}
	if len(v.foreign) > 0 {
		slices.Sort(v.foreign)
		sp.filter = c.inTable(chain("forward", "filter", "forward", 0, "accept", v.foreign))
	}
}

func (c *compiler) localRoutes(v *vpc, table int) []route {
	var out []route
	for _, p := range c.ranges(v) {
		if !slices.ContainsFunc(v.locals, func(r route) bool { return r.dest == p }) {
			out = append(out, route{table: table, dest: p})
		}
	}
	for _, r := range v.locals {
		r.table = table
		out = append(out, r)
	}
	return out
}

// tableRoutes returns the routes that a route table declares. A subnet without
// one has the VPC's main table, which no template can fill.
func (c *compiler) tableRoutes(v *vpc, key tableKey, table int) []route {
	if key.table.IsZero() {
		return nil
	}
	t := resource.View[resource.RouteTable](c.g, key.table.To)
	if t == nil || !t.Gateway.IsZero() || len(t.Unknown) > 0 {
		c.cannot(v.Resource, "a route table outside the graph, of a gateway, or with unknown routes")
		return nil
	}
	var out []route
	for _, r := range t.Routes {
		p := r.Dest.Prefix
		if !p.IsValid() {
			c.cannot(r.Resource, "a destination that is no range")
			continue
		}
		if !c.f.has(p.Addr()) {
			continue
		}
		if slices.ContainsFunc(c.ranges(v), func(l netip.Prefix) bool { return l.Overlaps(p) && l.Bits() <= p.Bits() }) {
			c.cannot(r.Resource, "a route within the VPC's own ranges")
			continue
		}
		dev, ok := c.device(v, r, key)
		if !ok {
			c.cannot(r.Resource, "a route to this kind of target")
		}
		out = append(out, route{table: table, dest: p, dev: dev})
	}
	return out
}

// device returns the device that a route leads to: none for a blackhole, for a
// gateway that is not there, and for an interface whose source/destination
// check drops what is not its own ("Elastic network interfaces").
func (c *compiler) device(v *vpc, r resource.Route, key tableKey) (dev string, ok bool) {
	if r.Blackhole {
		return "", true
	}
	switch r.Target {
	case resource.TargetInternetGateway:
		if v.InternetGateway.Same(resource.Link{To: r.To.To, ID: r.To.ID}) {
			return v.igw, true
		}
		return "", true
	case resource.TargetEgressOnlyGateway:
		return v.egress[r.To.To], c.f == IPv6
	case resource.TargetNAT:
		return v.nats[r.To.To], true
	case resource.TargetTransitGateway:
		for _, p := range v.attach[r.To.To] {
			if p.zone == key.zone {
				return p.dev, true
			}
		}
		return "", true
	case resource.TargetPeering:
		return v.peers[r.To.To], true
	case resource.TargetInterface:
		box, ok := v.boxes[r.To.To]
		if !ok {
			return "", slices.ContainsFunc(c.p.ends, func(e End) bool { return !e.Internet && e.Interface.Owner.Addr == r.To.To })
		}
		return box.dev, box.subnet.RouteTable.To != key.table.To // else it would be its own next hop
	}
	return "", false
}

func sortedValues(m map[addr.Address]string) []string {
	var out []string
	for _, v := range m {
		out = append(out, v)
	}
	slices.Sort(out)
	return out
}
