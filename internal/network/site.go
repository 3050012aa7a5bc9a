package network

import (
	"net/netip"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// site is what is beyond a VPN gateway: the ranges that its connections have
// static routes to.
type site struct {
	view  *resource.VPNGateway
	vpc   *vpc
	start int    // origin of what comes from it
	edge  *table // the gateway's own table, if it has one
}

// collectSites finds the boundaries of what is beyond VPN gateways, and of
// addresses that somebody will ask about.
func (c *compiler) collectSites() {
	for _, v := range resource.Views[resource.VPNGateway](c.g) {
		c.routed = append(c.routed, v.Routes...)
	}
	c.routed = append(c.routed, c.n.options.Addresses...)
}

// sites makes a class of what is beyond each VPN gateway that a VPC has, and
// one of each address that somebody will ask about and nobody has.
func (c *compiler) sites() {
	c.n.siteAt = map[addr.Address]*site{}
	for _, v := range resource.Views[resource.VPNGateway](c.g) {
		s := &site{view: v, vpc: c.n.vpcAt[v.VPC.To]}
		if s.vpc == nil {
			continue
		}
		c.n.siteAt[v.Addr] = s
		for _, t := range resource.Views[resource.RouteTable](c.g) {
			if t.Gateway.To == v.Addr {
				s.edge = c.tables[t.Addr]
			}
		}
		if len(v.Routes) > 0 {
			c.beyond(Class{Site: v.Addr, VPC: s.vpc.addr, Addrs: v.Routes}, class{site: s})
			c.n.byOwner[v.Addr] = []ClassID{ClassID(len(c.n.classes) - 1)}
		}
	}
	for _, p := range c.n.options.Addresses {
		c.beyond(Class{External: true, Addrs: []netip.Prefix{p}}, class{void: true})
	}
}

// beyond adds a class that has no subnet.
func (c *compiler) beyond(of Class, k class) {
	of.ID = ClassID(len(c.n.classes))
	k.groups, k.six = &groupSet{none: true}, resource.Yes
	for _, p := range of.Addrs {
		family := 0
		if p.Addr().Is6() {
			family = 1
		}
		for s := c.n.atoms.of(p); s.lo < s.hi; s.lo++ {
			if !slices.Contains(k.atoms[family], s.lo) {
				k.atoms[family] = append(k.atoms[family], s.lo)
			}
		}
	}
	c.n.classes, c.n.inside = append(c.n.classes, of), append(c.n.inside, k)
}

// toSite leaves by a VPN gateway, which has routes to what its connections say
// and to nothing else ("Route tables and AWS Site-to-Site VPN route priority":
// a virtual private gateway does not route any other traffic, and no IPv6).
func (w *walker) toSite(s state, r *route) {
	x := w.n.siteAt[r.to.To]
	beyond := &value.Reason{Code: "UNKNOWN_DESTINATION", At: r.by, Property: r.to.Property,
		Text: "the route leads to " + targetText(r) + ", and what is beyond it is not in the graph"}
	if x == nil {
		w.unknown(s, beyond)
		return
	}
	at := x.view.Addr
	routed := slices.ContainsFunc(x.view.Routes, func(p netip.Prefix) bool {
		return w.n.atoms.match(w.n.atoms.of(p), w.dst) == resource.Yes
	})
	switch {
	case w.n.atoms.isV6(w.dst):
		w.stop(s, step{at: at, by: at, code: "PROTOCOL_RESTRICTION", text: "a VPN gateway carries no IPv6"})
	case x.vpc != s.vpc:
		w.stop(s, step{at: at, by: r.by, code: "BAD_STATE_ROUTE", text: "the VPN gateway is not attached to the VPC"})
	case routed:
		l := s.leave(never).add(step{at: at, by: at, text: "the VPN gateway sends it to the site that a VPN connection has a route to"}).done()
		l.end, l.vpc, l.last, l.via, l.away = leaves, s.vpc, s.sub, at, true
		w.out = append(w.out, l)
	case x.view.Whole:
		w.stop(s, step{at: at, by: at, code: "NO_ROUTE_TO_DESTINATION", text: "no VPN connection of the gateway has a route to the destination"})
	default:
		w.unknown(s, firstReason(x.view.Unknown, r.by, beyond.Text))
	}
}

// fromSite walks packets that come by a VPN gateway into its VPC.
func (w *walker) fromSite(s state) {
	x := w.home.site
	s.in, s.out = resource.No, resource.No
	st := step{at: x.view.Addr, by: x.view.Addr}
	switch {
	case w.n.dead[x.view.Addr]:
		st.code, st.text = "BAD_STATE", "the VPN gateway is lost"
		w.stop(s, st)
		return
	case !s.vpc.holds(w.n.atoms, w.dst):
		st.code, st.text = "NO_ROUTE_TO_DESTINATION", "what comes by a VPN gateway goes to the addresses of its VPC only"
		w.stop(s, st)
		return
	}
	st.text = "the VPN gateway passes it to its VPC"
	s = s.add(st)
	s.middle = true
	if x.edge != nil {
		s.table = x.edge
		w.inVPC(s)
		return
	}
	w.deliver(s, &route{by: s.vpc.addr, text: "the VPC's own addresses"})
}

// reaches says whether a line that leaves ends at an external end: the site of
// its VPN gateway, the internet, or, for an address that nobody has, wherever it
// is not known to end elsewhere.
func (l *line) reaches(k *class) bool {
	unknown := l.vpc == nil && l.maybe != nil
	switch {
	case k.void:
		return unknown || l.end == leaves
	case k.site != nil:
		return unknown || l.end == leaves && l.via == k.site.view.Addr
	}
	return l.end == leaves && !l.away
}

// Asking returns the network with a class for a range of addresses that nobody
// has, and that class: what is sent to it gets nowhere, or nobody knows where.
// Other classes keep their numbers, and packet sets may be mixed with n's.
func (n *Network) Asking(p netip.Prefix) (*Network, ClassID) {
	out := *n
	out.options.Addresses = append(slices.Clone(n.options.Addresses), p)
	asked := out.again(n.options.Open, nil)
	return asked, ClassID(len(asked.classes) - 1)
}
