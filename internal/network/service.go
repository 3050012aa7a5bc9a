package network

import (
	"maps"
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// This file is gateway endpoints and what else carries some protocols only. Which
// addresses the service behind an endpoint has is in no template, so that they
// are a class of their own, apart from the internet's ("Gateway endpoints").

// serviceOf names the service of an endpoint; one whose name is not known has
// one of its own.
func serviceOf(e *resource.VPCEndpoint) string {
	if e.Service == "" {
		return e.Addr.String()
	}
	return e.Service
}

// services gives every service that a gateway endpoint leads to an atom, and the
// tables of the endpoint a route to it ("Gateway endpoints": route tables).
func (c *compiler) services() {
	c.n.atoms.countPublic(c.inside())
	for _, e := range resource.Views[resource.VPCEndpoint](c.g) {
		if e.Type != "Gateway" {
			continue
		}
		name := serviceOf(e)
		if _, known := c.n.services[name]; !known {
			c.n.services[name] = service{atom: c.n.atoms.hideService(name)}
		}
		add := func(t *table, maybe *value.Reason) {
			t.routes = append(t.routes, route{rank: rankPrefixList, kind: resource.TargetEndpoint, to: resource.Link{To: e.Addr, Property: "RouteTableIds"},
				by: e.Addr, prop: "RouteTableIds", text: name, service: name, maybe: maybe})
		}
		for _, l := range e.RouteTables {
			switch t := c.tables[l.To]; {
			case t != nil && !l.To.IsZero():
				add(t, e.Conditional)
			case l.Why != nil:
				for _, t := range resource.Views[resource.RouteTable](c.g) {
					if t.VPC.To == e.VPC.To {
						add(c.tables[t.Addr], l.Why)
					}
				}
			}
		}
	}
}

// service is what the services behind gateway endpoints are in a Network.
type service struct {
	atom  atom
	class ClassID
}

// serviceClasses makes the classes of services.
func (c *compiler) serviceClasses() {
	for _, name := range slices.Sorted(maps.Keys(c.n.services)) {
		s := c.n.services[name]
		s.class = ClassID(len(c.n.classes))
		c.n.services[name] = s
		c.n.outside[s.atom] = true
		c.n.classes = append(c.n.classes, Class{ID: s.class, External: true, Service: name})
		c.n.inside = append(c.n.inside, class{groups: &groupSet{none: true}, service: name, atoms: [2][]atom{{s.atom}}})
	}
}

// Service returns the class of a service that a gateway endpoint leads to, by
// its name or what the name ends in: com.amazonaws.ap-southeast-2.s3, or s3.
func (n *Network) Service(name string) (ClassID, bool) {
	if s, ok := n.services[name]; ok {
		return s.class, true
	}
	found, ids := ClassID(0), 0
	for full, s := range n.services {
		if strings.HasSuffix(full, "."+name) {
			found, ids = s.class, ids+1
		}
	}
	return found, ids == 1
}

// toService leaves by a gateway endpoint to its service: to the addresses that
// the prefix list of the route says, or, where the list is not in the graph, to
// the service's class. It serves its own VPC only ("Gateway endpoints":
// connections cannot be extended out of a VPC).
func (w *walker) toService(s state, r *route, e *resource.VPCEndpoint) {
	stop := func(text string) {
		w.stop(s, step{at: e.Addr, by: r.by, code: "NO_POSSIBLE_DESTINATION", text: text})
	}
	switch {
	case !w.n.isExternal(w.dst) || r.why != nil || r.service == "" && r.rank != rankPrefixList || r.service != w.n.atoms.serviceOf(w.dst):
		stop("a gateway endpoint leads to the service only")
		return
	case w.home.vpc != s.vpc && w.n.options.Mutant != EndpointsServePeers:
		stop("a gateway endpoint serves its own VPC only")
		return
	}
	s = s.leave(never).only(w.n.served, step{at: e.Addr, by: e.Addr, code: "VPCE_GATEWAY_PROTOCOL_RESTRICTION", text: "a gateway endpoint accepts TCP and ICMP echo only"})
	l := s.add(step{at: e.Addr, by: e.Addr, text: "the gateway endpoint carries it to the service"}).done()
	l.end, l.vpc, l.last, l.via = leaves, s.vpc, s.sub, e.Addr
	w.out = append(w.out, l)
}

// gatewayProtocols makes what gateways carry.
func (n *Network) gatewayProtocols() {
	n.carried, n.served = n.byNAT(), n.byService()
}

// byNAT are the protocols that a NAT gateway carries ("NAT gateway basics": a
// NAT gateway supports TCP, UDP and ICMP).
func (n *Network) byNAT() *filter {
	all := n.ports.set(resource.TCP, 0, lastEphemeral).Or(n.ports.set(resource.UDP, 0, lastEphemeral)).Or(n.ports.set(resource.ICMP, 0, 0))
	return &filter{all, all}
}

// byService are the protocols that a gateway endpoint accepts ("Reachability
// Analyzer explanation codes": VPCE_GATEWAY_PROTOCOL_RESTRICTION): TCP, and of
// ICMP an echo.
func (n *Network) byService() *filter {
	tcp := n.ports.set(resource.TCP, 0, lastEphemeral)
	return &filter{must: tcp, may: tcp.Or(n.ports.set(resource.ICMP, 0, 0))}
}

// only is the step of a gateway that carries some protocols only.
func (s state) only(f *filter, st step) state {
	st.kind, st.lets = stepOnly, f
	return s.add(st)
}

// only keeps what a gateway carries.
func (t *trip) only(f *flow, st *step) {
	f.keep(&st.lets.must, &st.lets.may)
	if f.may.empty() {
		t.tr.stopAt(st, st.code, st.text)
	}
}

// answers says whether replies to what left by a line come back by the gateway
// itself, without a look at any route: from an egress-only internet gateway, or
// from a gateway endpoint.
func (n *Network) answers(l *line) bool { return n.isEgressOnly(l) || n.endpointAt[l.via] != nil }

// unseen is why a reply may not get by a gateway that keeps the state of what
// it has seen begin.
func (n *Network) unseen(l *line) *value.Reason {
	return &value.Reason{Code: "EGRESS_ONLY_GATEWAY_REPLY", At: l.via, Text: "the reply leaves by a gateway that has not seen the flow begin"}
}
