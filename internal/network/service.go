package network

import (
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// This file is gateway endpoints: which addresses the service behind one has is
// in no template, so that they are a class of their own, apart from the
// internet's ("Gateway endpoints").

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
	var names []string
	for name := range c.n.services {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
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
	for full, s := range n.services {
		if full == name {
			return s.class, true
		}
	}
	found, ids := ClassID(0), 0
	for full, s := range n.services {
		if strings.HasSuffix(full, "."+name) {
			found, ids = s.class, ids+1
		}
	}
	return found, ids == 1
}

// toService leaves by a gateway endpoint, which serves the interfaces of its own
// VPC only and needs no way back ("Gateway endpoints": considerations).
func (w *walker) toService(s state, r *route, e *resource.VPCEndpoint) {
	stop := func(code, text string) { w.stop(s, step{at: e.Addr, by: r.by, code: code, text: text}) }
	switch {
	case w.n.atoms.serviceOf(w.dst) != serviceOf(e):
		stop("NO_POSSIBLE_DESTINATION", "a gateway endpoint leads to its service only")
		return
	case w.home.vpc != s.vpc && w.n.options.Mutant != EndpointsServePeers:
		stop("NO_POSSIBLE_DESTINATION", "a gateway endpoint serves its own VPC only, and not what comes from another network")
		return
	}
	if s.nat != nil {
		s = s.doubt(&value.Reason{Code: "UNKNOWN_DESTINATION", At: e.Addr, Text: "whether the endpoint's answer comes back by the NAT gateway is not modelled"})
	}
	l := s.leave(never).add(step{kind: stepService, at: e.Addr, by: e.Addr, code: "VPCE_GATEWAY_PROTOCOL_RESTRICTION", text: "the gateway endpoint carries it to the service"}).done()
	l.end, l.vpc, l.last, l.via = leaves, s.vpc, s.sub, e.Addr
	w.out = append(w.out, l)
}

// service applies what a gateway endpoint accepts: TCP, and ICMP's echo
// (explanation code VPCE_GATEWAY_PROTOCOL_RESTRICTION).
func (t *trip) service(f *flow, st *step) {
	let := t.n.ports.set(resource.TCP, 0, 65535)
	may := let.Or(t.n.ports.set(resource.ICMP, 0, 0))
	f.keep(&let, &may)
	if t.tr == nil {
		return
	}
	h := Hop{At: st.at, By: st.by, Decision: st.text}
	if f.may.And(t.tr.asked).IsEmpty() {
		h.Code, h.Decision = st.code, "a gateway endpoint accepts TCP and ICMP's echo only"
	} else if f.must != f.may {
		t.tr.unknown(&value.Reason{Code: st.code, At: st.at, Text: "of ICMP a gateway endpoint accepts echo only"})
	}
	t.tr.add(h)
}
