package network

import (
	"net/netip"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// vpc is a VPC with what leads out of it.
type vpc struct {
	view        *resource.VPC
	addr        addr.Address
	id          int
	local       []span32
	localBits   []int
	edge        *table // the internet gateway's own table, if it has one
	world       int    // origin of what comes from the internet
	attachments []*attachment
	subnets     []*subnet
}

// holds says whether an atom is inside the VPC.
func (v *vpc) holds(a *atoms, x atom) bool {
	if s := a.hiddenIn(x); s != nil {
		return s.vpc == v
	}
	for _, l := range v.local {
		if l.lo <= x && x < l.hi {
			return true
		}
	}
	return false
}

// subnet is a subnet with what is associated with it, or what AWS gives it
// when nothing is.
type subnet struct {
	view  *resource.Subnet
	addr  addr.Address
	id    int
	vpc   *vpc
	acl   *acl
	table *table
	atoms [2][]atom // its addresses, IPv4 and IPv6; a class may have fewer
	homes bool      // holds interfaces that begin or end flows
	start int       // origin of what leaves it
	nat   int       // origin of what a NAT gateway in it sends back
}

// rank orders routes of one prefix length: the lower wins.
type rank uint8

const (
	rankStatic rank = iota
	rankPrefixList
	rankPropagated // in a Transit Gateway's table, by a VPC
	rankDirectConnect
	rankConnect
	rankVPN
	rankPeering
)

// propagated says whether nobody wrote the route down.
func (r rank) propagated() bool { return r >= rankPropagated }

// route is a route of any table.
type route struct {
	spans   []span32
	bits    []int // prefix length, parallel to spans
	why     *value.Reason
	maybe   *value.Reason // the route may not be there
	public  bool          // an AWS-managed prefix list: only public addresses
	service string        // of a gateway endpoint: the service that it leads to
	rank    rank
	local   bool
	kind    resource.TargetKind
	to      resource.Link
	by      addr.Address
	prop    string
	text    string // the destination as written
	hole    bool
	attach  *attachment
}

// table is a VPC's or a Transit Gateway's route table.
type table struct {
	id     int
	addr   addr.Address
	routes []route
	why    *value.Reason // routes that are not known
}

// attachment is a Transit Gateway attachment.
type attachment struct {
	view     *resource.Attachment
	addr     addr.Address
	id       int
	vpc      *vpc
	subnets  []*subnet
	gateway  addr.Address
	firewall *firewall
	tables   map[addr.Address]*table // associated, by gateway
	why      *value.Reason
}

// gateway is a Transit Gateway.
type gateway struct {
	view   *resource.TransitGateway
	tables []*table
}

// acl is a network ACL: for every atom of the far end, what it lets by.
type acl struct {
	id      int
	addr    addr.Address
	at      []uint16    // interval, by atom
	verdict [2][]filter // in, out; by interval
	entries []resource.ACLEntry
	open    bool
	why     *value.Reason
}

const (
	inward  = 0
	outward = 1
)

// filter is what a stateless filter lets by, and the rule that decides where
// it is asked.
type filter struct {
	must, may PacketSet
}

// group is a security group.
type group struct {
	id      int
	addr    addr.Address
	rules   [2][]rule // in, out
	unknown *value.Reason
}

// rule is a security group's rule.
type rule struct {
	set     PacketSet
	spans   []span32
	peer    int // group, noGroup or foreignGroup
	partial bool
	why     *value.Reason
	by      addr.Address
	prop    string
}

// What a rule's peer is if it is no group of the graph. Only interfaces whose
// own groups are not all known may be in a foreign group.
const (
	noGroup      = -1
	foreignGroup = -2
)

// compiler builds a Network.
type compiler struct {
	n         *Network
	g         *resource.Graph
	groups    map[*resource.SecurityGroup]*group
	acls      map[*resource.NetworkACL]*acl
	tables    map[addr.Address]*table
	rawACL    []*resource.NetworkACL
	allTables []*table
	all       []netip.Prefix // every boundary
	routed    []netip.Prefix // boundaries that routing sees
	cuts      cuts
}

func (c *compiler) compile() {
	c.collect()
	c.n.atoms = newAtoms(c.all)
	c.n.ports = newPorts(c.cuts)
	c.n.gatewayProtocols()
	c.vpcs()
	c.securityGroups()
	c.firewalls()
	c.routeTables()
	c.subnets()
	c.services()
	c.gateways()
	c.n.routing = c.n.atoms.newPartition(c.routed)
	c.networkACLs()
	c.partitions()
	c.nats()
	c.endpoints()
	c.interfaces()
	c.sites()
}

// private is what never is an address on the internet (IANA's special-purpose
// registries).
var private = []string{"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3", "::/3", "4000::/2", "8000::/1"}

// collect finds every boundary of addresses and ports.
func (c *compiler) collect() {
	for _, p := range private {
		c.routed = append(c.routed, netip.MustParsePrefix(p))
	}
	for _, v := range resource.Views[resource.VPC](c.g) {
		c.routed = append(append(c.routed, v.CIDRs...), v.IPv6...)
	}
	for _, s := range resource.Views[resource.Subnet](c.g) {
		c.all = append(c.all, s.CIDR, s.IPv6)
	}
	for _, t := range resource.Views[resource.RouteTable](c.g) {
		for _, r := range t.Routes {
			c.routed = append(c.routed, r.Dest.Prefix)
		}
	}
	for _, r := range resource.Views[resource.GatewayRoute](c.g) {
		c.routed = append(c.routed, r.Dest.Prefix)
	}
	for _, l := range resource.Views[resource.PrefixList](c.g) {
		c.routed = append(c.routed, l.Prefixes...)
	}
	for _, n := range resource.Views[resource.NATGateway](c.g) {
		if n.Address.IsValid() {
			c.routed = append(c.routed, netip.PrefixFrom(n.Address, n.Address.BitLen()))
		}
	}
	for _, a := range resource.Views[resource.NetworkACL](c.g) {
		c.collectACL(a)
	}
	for _, v := range resource.Views[resource.VPC](c.g) {
		if a := c.g.ACL(resource.DefaultACL(v.Addr)); a != nil {
			c.collectACL(a)
		}
	}
	for _, s := range resource.Views[resource.SecurityGroup](c.g) {
		c.collectGroup(s)
	}
	for _, v := range resource.Views[resource.VPC](c.g) {
		if s := c.g.Group(resource.DefaultGroup(v.Addr)); s != nil {
			c.collectGroup(s)
		}
	}
	c.collectFirewalls()
	c.collectListeners()
	c.collectSites()
	for _, f := range c.n.options.Ports {
		c.cuts.add(protocolOf(f.Protocol), f.From, f.To)
	}
	// Replies go to the client's ports, which network ACLs tell apart.
	c.cuts.add(resource.TCP, firstEphemeral, lastEphemeral)
	c.cuts.add(resource.UDP, firstEphemeral, lastEphemeral)
	c.cuts.add(resource.ICMP, 0, 0)
	c.all = append(c.all, c.routed...)
}

// The ports that an operating system may choose for a client, and that a NAT
// gateway maps them to ("Custom network ACLs for your VPC": ephemeral ports).
const (
	firstEphemeral = 1024
	lastEphemeral  = 65535
)

func (c *compiler) collectACL(a *resource.NetworkACL) {
	c.rawACL = append(c.rawACL, a)
	for _, e := range a.Entries {
		c.all = append(c.all, e.CIDR)
		c.cuts.add(e.Protocol, e.From, e.To)
	}
}

func (c *compiler) collectGroup(s *resource.SecurityGroup) {
	g := &group{id: len(c.n.groups), addr: s.Addr}
	c.n.groups = append(c.n.groups, g)
	c.groups[s] = g
	for _, rules := range [][]resource.SGRule{s.Ingress, s.Egress} {
		for _, r := range rules {
			c.all = append(c.all, r.CIDR)
			c.cuts.add(r.Protocol, r.From, r.To)
		}
	}
}

func (c *compiler) collectListeners() {
	for _, l := range resource.Views[resource.Listener](c.g) {
		c.cuts.add(resource.TCP, uint16(l.Port), uint16(l.Port))
	}
	for _, t := range resource.Views[resource.TargetGroup](c.g) {
		c.cuts.add(resource.TCP, uint16(t.Port), uint16(t.Port))
		for _, m := range t.Targets {
			if m.Port != 0 {
				c.cuts.add(resource.TCP, uint16(m.Port), uint16(m.Port))
			}
		}
	}
}

func (c *compiler) vpcs() {
	for _, v := range resource.Views[resource.VPC](c.g) {
		x := &vpc{view: v, addr: v.Addr, id: len(c.n.vpcs)}
		for _, p := range append(append([]netip.Prefix(nil), v.CIDRs...), v.IPv6...) {
			x.local = append(x.local, c.n.atoms.of(p))
			x.localBits = append(x.localBits, p.Bits())
		}
		c.n.vpcs = append(c.n.vpcs, x)
		c.n.vpcAt[v.Addr] = x
	}
}

// securityGroups compiles the groups' rules.
func (c *compiler) securityGroups() {
	for s, g := range c.groups {
		if len(s.Unknown) > 0 {
			g.unknown = s.Unknown[0]
		}
		if why := c.stray(s.Addr.Stack, "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"); why != nil {
			g.unknown = why
		}
		g.rules[inward] = c.rules(s.Ingress)
		g.rules[outward] = c.rules(s.Egress)
	}
}

// stray returns why what one of a stack's account and Region holds is not all
// known: a resource of one of the types changes another, and which one it
// changes is unknown, so that it may be any.
func (c *compiler) stray(of addr.Stack, types ...string) *value.Reason {
	for _, l := range c.g.Loose() {
		s := l.Addr.Stack
		elsewhere := (s.Account != of.Account && s.Account != "" && of.Account != "") || (s.Region != of.Region && s.Region != "" && of.Region != "")
		if l.Link.Why != nil && !elsewhere && slices.Contains(types, l.Type) {
			return l.Link.Why
		}
	}
	return nil
}

func (c *compiler) rules(in []resource.SGRule) []rule {
	out := make([]rule, 0, len(in))
	for _, r := range in {
		x := rule{set: c.n.ports.set(r.Protocol, r.From, r.To), peer: noGroup, why: r.Why, by: r.Declared.Addr, prop: r.Property}
		x.partial = (r.Protocol == resource.ICMP || r.Protocol == resource.ICMPv6) && (r.From != 0 || r.To != 65535 || r.Code != -1)
		switch {
		case r.Why != nil:
		case r.CIDR.IsValid():
			x.spans = []span32{c.n.atoms.of(r.CIDR)}
		case !r.PrefixList.IsZero():
			x.spans, _, x.why = c.prefixList(r.PrefixList, r.Declared.Addr)
		case !r.Group.IsZero():
			x.peer = foreignGroup
			if s := c.g.Group(r.Group); s != nil {
				x.peer = c.groups[s].id
			}
		}
		out = append(out, x)
	}
	return out
}

// prefixList returns the spans of a prefix list and their lengths, or why they
// are unknown.
func (c *compiler) prefixList(l resource.Link, at addr.Address) (spans []span32, bits []int, why *value.Reason) {
	p := resource.View[resource.PrefixList](c.g, l.To)
	switch {
	case l.Why != nil:
		return nil, nil, l.Why
	case p == nil:
		return nil, nil, &value.Reason{Code: "PREFIX_LIST_UNKNOWN", At: at, Property: l.Property, Text: "the entries of prefix list " + linkText(l) + " are not in the graph"}
	case len(p.Unknown) > 0:
		why = p.Unknown[0]
	}
	for _, e := range p.Prefixes {
		spans, bits = append(spans, c.n.atoms.of(e)), append(bits, e.Bits())
	}
	return spans, bits, why
}

func linkText(l resource.Link) string {
	if l.ID != "" {
		return l.ID
	}
	return l.To.Logical
}

// routeTables compiles the tables of VPCs; local routes are added when a
// subnet uses a table.
func (c *compiler) routeTables() {
	for _, t := range resource.Views[resource.RouteTable](c.g) {
		x := c.newTable(t.Addr)
		if len(t.Unknown) > 0 {
			x.why = t.Unknown[0]
		}
		if why := c.stray(t.Addr.Stack, "AWS::EC2::Route", "AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::GatewayRouteTableAssociation"); why != nil {
			x.why = why
		}
		v := c.n.vpcAt[t.VPC.To]
		if v != nil {
			x.routes = localRoutes(v)
			if !t.Gateway.IsZero() && t.Gateway.Same(v.view.InternetGateway) {
				v.edge = x
			}
		}
		for _, r := range t.Routes {
			x.routes = append(x.routes, c.route(r))
		}
		c.tables[t.Addr] = x
		if t.Main && v != nil {
			c.tables[v.addr] = x
		}
	}
}

func (c *compiler) newTable(a addr.Address) *table {
	t := &table{id: len(c.allTables), addr: a}
	c.allTables = append(c.allTables, t)
	return t
}

func localRoutes(v *vpc) []route {
	r := route{spans: v.local, bits: v.localBits, local: true, kind: resource.TargetLocal, by: v.addr, text: "the VPC's own addresses"}
	return []route{r}
}

func (c *compiler) route(r resource.Route) route {
	x := route{kind: r.Target, to: r.To, by: r.Addr, hole: r.Blackhole || r.Target == resource.TargetBlackhole, why: r.Dest.Why, maybe: r.Conditional}
	switch {
	case r.Dest.Prefix.IsValid():
		x.spans, x.bits, x.text = []span32{c.n.atoms.of(r.Dest.Prefix)}, []int{r.Dest.Prefix.Bits()}, r.Dest.Prefix.String()
	case !r.Dest.PrefixList.IsZero():
		x.rank, x.text = rankPrefixList, "prefix list "+linkText(r.Dest.PrefixList)
		x.spans, x.bits, x.why = c.prefixList(r.Dest.PrefixList, r.Addr)
		x.public = resource.View[resource.PrefixList](c.g, r.Dest.PrefixList.To) == nil
	}
	if r.Propagated {
		x.rank = rankPropagated
	}
	if e := resource.View[resource.VPCEndpoint](c.g, r.To.To); e != nil && e.Type == "Gateway" && x.public {
		x.service, x.why, x.public = serviceOf(e), nil, false // its destination is the service's list
	}
	return x
}

// tableOf returns the table of a subnet: its own, its VPC's main one, or, in
// templates, where the main table is not a resource, one of local routes only
// ("Route tables": the main route table).
func (c *compiler) tableOf(l resource.Link, v *vpc) *table {
	if t := c.tables[l.To]; t != nil && !l.To.IsZero() {
		return t
	}
	if l.IsZero() {
		if t := c.tables[v.addr]; t != nil {
			return t
		}
		t := c.newTable(v.addr)
		t.routes = localRoutes(v)
		c.tables[v.addr] = t
		return t
	}
	t := c.newTable(v.addr)
	t.routes = localRoutes(v)
	t.why = unknownLink(l, v.addr, "route table")
	return t
}

// unknownLink says why a link leads nowhere.
func unknownLink(l resource.Link, at addr.Address, what string) *value.Reason {
	if l.Why != nil {
		return l.Why
	}
	return &value.Reason{Code: "UNKNOWN_RESOURCE", At: at, Property: l.Property, Text: "the " + what + " " + linkText(l) + " is not in the graph"}
}

func (c *compiler) subnets() {
	for _, s := range resource.Views[resource.Subnet](c.g) {
		v := c.n.vpcAt[s.VPC.To]
		if v == nil {
			continue
		}
		x := &subnet{view: s, addr: s.Addr, id: len(c.n.subnets), vpc: v, table: c.tableOf(s.RouteTable, v)}
		c.n.subnets = append(c.n.subnets, x)
		c.n.subnetAt[s.Addr] = x
		v.subnets = append(v.subnets, x)
		if s.CIDR.IsValid() {
			x.atoms[0] = c.atomsIn(s.CIDR)
		} else if len(s.Unknown) > 0 || !s.HasIPv6 {
			x.atoms[0] = []atom{c.n.atoms.hide(x, false)}
		}
		switch {
		case s.IPv6.IsValid():
			x.atoms[1] = c.atomsIn(s.IPv6)
		case s.HasIPv6:
			x.atoms[1] = []atom{c.n.atoms.hide(x, true)}
		}
	}
}

func (c *compiler) atomsIn(p netip.Prefix) []atom {
	s := c.n.atoms.of(p)
	out := make([]atom, 0, s.hi-s.lo)
	for x := s.lo; x < s.hi; x++ {
		out = append(out, x)
	}
	return out
}

// nats finds where NAT gateways are and which addresses they may have.
func (c *compiler) nats() {
	for _, v := range resource.Views[resource.NATGateway](c.g) {
		x := &nat{view: v, addr: v.Addr, subnet: c.n.subnetAt[v.Subnet.To]}
		if x.subnet != nil {
			x.vpc, x.source = x.subnet.vpc, x.subnet.atoms[0]
		} else {
			x.vpc = c.n.vpcAt[v.VPC.To]
			if x.vpc != nil { // it may have any address of its VPC
				for _, s := range x.vpc.local {
					for a := s.lo; a < s.hi; a++ {
						x.source = append(x.source, a)
					}
				}
			}
		}
		if v.Address.IsValid() {
			x.source = []atom{c.n.atoms.at(v.Address)}
		}
		c.n.nats[v.Addr] = x
	}
}

// nat is a NAT gateway.
type nat struct {
	view   *resource.NATGateway
	addr   addr.Address
	subnet *subnet
	vpc    *vpc
	source []atom // its private address, as far as it is known
}

// endpoints finds the endpoints of firewalls and Gateway Load Balancers, and
// instances that routes may lead to.
func (c *compiler) endpoints() {
	for _, f := range c.n.firewalls {
		for _, l := range f.view.Subnets {
			if s := c.n.subnetAt[l.To]; s != nil {
				f.subnets = append(f.subnets, s)
			}
		}
	}
	for _, e := range resource.Views[resource.VPCEndpoint](c.g) {
		c.n.endpointAt[e.Addr] = e
	}
	for _, i := range c.g.Interfaces() {
		if s := c.n.subnetAt[i.Subnet.To]; s != nil && i.Kind == resource.EndInstance {
			x := instance{subnet: s, forwards: i.Forwards, public: i.Public}
			c.n.instances[i.Owner.Addr] = append(c.n.instances[i.Owner.Addr], x)
			if !i.Self.IsZero() && i.Self != i.Owner.Addr {
				c.n.instances[i.Self] = append(c.n.instances[i.Self], x)
			}
		}
	}
}

// instance is a network interface that a route may lead to.
type instance struct {
	subnet   *subnet
	forwards bool
	public   resource.Tri
}

func protocolOf(name string) resource.Protocol {
	switch name {
	case "tcp":
		return resource.TCP
	case "udp":
		return resource.UDP
	case "icmp":
		return resource.ICMP
	case "icmpv6":
		return resource.ICMPv6
	}
	n := 0
	for _, r := range name {
		if r < '0' || r > '9' || n > 255 {
			return resource.AnyProtocol
		}
		n = n*10 + int(r-'0')
	}
	if name == "" || n > 255 {
		return resource.AnyProtocol
	}
	return resource.Protocol(n)
}
