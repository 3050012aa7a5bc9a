package network

import (
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Passage is what a load balancer passes on of the packets that a class sends
// to it, to another class: Works is by the ports that the client sends to. Legs
// explains the connection to the balancer and the one, or the packets, that it
// sends on; where nothing flows, StopsAt is the hop that stops it.
type Passage struct {
	Balancer addr.Address
	Works    Reach
	Legs     []Path
	StopsAt  *Hop
	Unknowns []*value.Reason
}

// relay is one way through a load balancer: from a listener to a target group.
type relay struct {
	b        *resource.LoadBalancer
	l        *resource.Listener
	t        *resource.TargetGroup
	nodes    []ClassID
	targets  []target
	preserve resource.Tri // the targets see the client's address
	cross    resource.Tri // nodes send to targets of other zones
	why      *value.Reason
}

// target is a member of a target group, and the port that it is registered with.
type target struct {
	class ClassID
	port  int
}

// Through returns what a load balancer passes on from a class to another of the
// packets p. Must is what flows by whatever node the client finds.
func (n *Network) Through(balancer addr.Address, from, to ClassID, p PacketSet) Passage {
	out := Passage{Balancer: balancer}
	b := resource.View[resource.LoadBalancer](n.graph, balancer)
	if b == nil || !n.has(from) || !n.has(to) {
		return out
	}
	stopped := &Hop{At: balancer, By: balancer, Code: "ELBV2_LISTENERS_MISMATCH", Decision: "no listener of the load balancer takes these packets"}
	for _, r := range n.relays(b) {
		listen := n.transports(r.l.Protocol, r.l.Port).And(p)
		if listen.IsEmpty() {
			continue
		}
		pass := n.passage(&r, from, to, listen)
		if pass.Works.May.IsEmpty() {
			if out.Works.May.IsEmpty() && (out.StopsAt == nil || len(pass.Legs) > len(out.Legs)) {
				out.Legs, out.StopsAt = pass.Legs, pass.StopsAt
			}
			continue
		}
		if out.Works.May.IsEmpty() || out.Works.Must.IsEmpty() && !pass.Works.Must.IsEmpty() {
			out.Legs = pass.Legs
		}
		out.Works.or(pass.Works)
		out.Unknowns = append(out.Unknowns, pass.Unknowns...)
	}
	switch {
	case !out.Works.May.IsEmpty():
		out.StopsAt = nil
	case out.StopsAt == nil:
		out.StopsAt = stopped
	}
	return out
}

// relays returns the ways through a load balancer, one for each listener and
// target group.
func (n *Network) relays(b *resource.LoadBalancer) []relay {
	var out []relay
	for _, l := range resource.Views[resource.Listener](n.graph) {
		if l.Balancer.To != b.Addr {
			continue
		}
		seen := map[addr.Address]bool{}
		for _, action := range l.Actions {
			for _, link := range action.Groups {
				if link.IsZero() || (seen[link.To] && !link.To.IsZero()) {
					continue
				}
				seen[link.To] = true
				out = append(out, n.relay(b, l, link))
			}
		}
	}
	return out
}

// transports are the IP protocols of listeners and target groups.
func (n *Network) transports(protocol string, port int) PacketSet {
	var out PacketSet
	if port <= 0 || port > 65535 {
		return n.ports.all
	}
	p := uint16(port)
	if protocol == "UDP" || protocol == "TCP_UDP" || protocol == "QUIC" || protocol == "TCP_QUIC" {
		out = out.Or(n.ports.set(resource.UDP, p, p))
	}
	if protocol != "UDP" && protocol != "QUIC" {
		out = out.Or(n.ports.set(resource.TCP, p, p))
	}
	return out
}

func (n *Network) relay(b *resource.LoadBalancer, l *resource.Listener, link resource.Link) relay {
	r := relay{b: b, l: l, nodes: n.ClassesOf(b.Addr), cross: b.CrossZone, t: resource.View[resource.TargetGroup](n.graph, link.To)}
	if r.t == nil {
		r.why = unknownLink(link, l.Addr, "target group")
		return r
	}
	if len(r.t.Unknown) > 0 {
		r.why = r.t.Unknown[0]
	}
	if r.t.OwnCrossZone {
		r.cross = r.t.CrossZone
	}
	if b.Type == "network" {
		r.preserve = r.t.PreserveClientIP
	}
	if n.options.Mutant == BalancersHideClients {
		r.preserve = resource.No
	}
	if n.options.Mutant == BalancersCrossZones {
		r.cross = resource.Yes
	}
	for _, m := range r.t.Targets {
		port := m.Port
		if port == 0 {
			port = r.t.Port
		}
		var ids []ClassID
		switch {
		case m.Addr.IsValid():
			for i := range n.classes {
				if slices.ContainsFunc(n.classes[i].Members, func(x resource.Interface) bool { return x.Address == m.Addr }) {
					ids = append(ids, n.classes[i].ID)
				}
			}
		case !m.To.To.IsZero():
			ids = n.ClassesOf(m.To.To)
		}
		if len(ids) == 0 && r.why == nil {
			r.why = unknownLink(m.To, r.t.Addr, "target")
		}
		for _, id := range ids {
			r.targets = append(r.targets, target{id, port})
		}
	}
	return r
}

// passage answers for one way through a load balancer.
func (n *Network) passage(r *relay, from, to ClassID, listen PacketSet) Passage {
	out := Passage{Balancer: r.b.Addr}
	stop := func(at addr.Address, code, text string) Passage {
		out.StopsAt = &Hop{At: at, By: r.l.Addr, Code: code, Decision: text}
		return out
	}
	var ports []int
	for _, t := range r.targets {
		if t.class == to {
			ports = append(ports, t.port)
		}
	}
	switch {
	case len(ports) > 0:
	case r.why != nil: // it may be among what is not known
		out.Works.May, out.Unknowns = listen, []*value.Reason{r.why}
		return out
	case len(r.targets) == 0:
		return stop(r.t.Addr, "ELBV2_LISTENER_HAS_NO_TG", "the listener's target group has no targets")
	default:
		return stop(r.t.Addr, "TARGET_ADDRESS_RESTRICTION", "the destination is none of the listener's targets")
	}
	var sum flow
	first := true
	for _, node := range r.nodes {
		code, text, sure := n.serves(r, node, to)
		if code != "" {
			if out.StopsAt == nil {
				stop(n.resourceOf(node), code, text)
			}
			continue
		}
		for _, port := range ports {
			f, legs := n.by(r, from, node, to, listen, n.transports(r.t.Protocol, port))
			if !sure {
				f.doubt()
			}
			if len(out.Legs) == 0 || sum.must.IsEmpty() && !f.must.IsEmpty() || sum.may.IsEmpty() && !f.may.IsEmpty() {
				out.Legs = legs
			}
			sum.merge(&f, first)
			first = false
		}
	}
	out.Works = Reach{Must: sum.must, May: sum.may, Named: sum.named}
	for _, leg := range out.Legs {
		out.Unknowns = append(out.Unknowns, leg.Unknowns...)
		if leg.StopsAt != nil && out.Works.May.IsEmpty() {
			out.StopsAt = leg.StopsAt
		}
	}
	if !out.Works.May.IsEmpty() {
		out.StopsAt = nil
	}
	return out
}

// serves says whether a node sends to a target ("How Elastic Load Balancing
// works": cross-zone load balancing, Availability Zones). Sure is false where
// that is not known.
func (n *Network) serves(r *relay, node, to ClassID) (code, text string, sure bool) {
	zone, its := n.classes[to].Zone, n.classes[node].Zone
	known := zone != "" && its != ""
	if r.cross == resource.Yes {
		enabled := slices.ContainsFunc(r.nodes, func(id ClassID) bool { return n.classes[id].Zone == zone })
		if !enabled && r.b.Type == "application" && n.classes[to].VPC == n.classes[node].VPC {
			if known {
				return "ELB_INSTALLED_AZ_RESTRICTION", "the load balancer is not enabled in the target's zone " + zone, true
			}
			return "", "", false
		}
		return "", "", true
	}
	if zone == its && known {
		return "", "", true
	}
	if !known || r.cross == resource.Perhaps {
		return "", "", false
	}
	if !slices.ContainsFunc(r.targets, func(t target) bool { return n.classes[t.class].Zone == its }) {
		return "ELBV2_NO_TARGETS_IN_AZ", "the target group has no targets in the node's zone " + its + ", and the node sends to no other", true
	}
	return "ELB_NOT_CROSSZONE", "the node sends to targets of its own zone " + its + " only: cross-zone load balancing is off", true
}

// by answers for one node: what the client sends to it, and what the node sends
// on. Targets that see the client's address are sent the client's packets, not
// new ones, and that directly only ("Edit target group attributes for your
// Network Load Balancer": client IP preservation).
func (n *Network) by(r *relay, from, node, to ClassID, listen, sends PacketSet) (flow, []Path) {
	in := n.Reach(from, node)
	f := flow{must: in.Must.And(listen), may: in.May.And(listen), named: in.Named.And(listen)}
	legs := []Path{n.Explain(from, node, listen)}
	if f.may.IsEmpty() {
		return flow{}, legs
	}
	var on Reach
	var leg Path
	switch r.preserve {
	case resource.No:
		on, leg = n.Reach(node, to), n.Explain(node, to, sends)
	case resource.Yes:
		on, leg = n.preserved(from, node, to, sends)
	default:
		hidden, _ := n.preserved(from, node, to, sends)
		on, leg = n.Reach(node, to).either(hidden), n.Explain(node, to, sends)
		leg.Unknowns = append(leg.Unknowns, &value.Reason{Code: "ELBV2_SOURCE_ADDRESS_PRESERVATION", At: r.t.Addr, Property: "TargetGroupAttributes", Text: "whether the targets see the client's address is not known"})
	}
	legs = append(legs, leg)
	for part := partTCP; part <= partUDP; part++ {
		want := PacketSet{}
		want.Ports[part] = sends.Ports[part]
		if want.IsEmpty() || !on.May.Overlaps(want) {
			f.may.Ports[part], f.named.Ports[part] = AtomSet{}, AtomSet{}
		}
		if want.IsEmpty() || !on.Must.Contains(want) {
			f.must.Ports[part] = AtomSet{}
		}
	}
	f.must.Ports[partOther], f.may.Ports[partOther] = AtomSet{}, AtomSet{}
	return f, legs
}

// preserved answers for packets that a node sends on with the client's address:
// the target's groups and network ACLs see the client, but the node's groups
// count as the source's ("Update the security groups for your Network Load
// Balancer"). Replies go back by the node.
func (n *Network) preserved(client, node, to ClassID, p PacketSet) (Reach, Path) {
	via, dst := n.inside[node], &n.inside[to]
	path := Path{From: node, To: to}
	whole := &n.inside[client]
	var best *attempt
	var sum flow
	first := true
	for _, x := range whole.atoms[0] {
		for _, y := range dst.atoms[0] {
			for _, home := range via.atoms[0] {
				for _, a := range n.kept(end{&via, x}, end{dst, y}, home, p) {
					if best == nil || a.better(best) {
						best = a
					}
					path.note(a.tr.whys...)
					sum.merge(&a.flow, first)
					first = false
				}
			}
		}
	}
	if best == nil { // one of them has no IPv4 address; another family is never preserved to it
		return n.Reach(node, to), n.Explain(node, to, p)
	}
	if client == to {
		sum.doubt()
		if len(n.classes[to].Members) == 1 && whole.sub != nil && len(whole.atoms[0]) == 1 {
			sum = flow{}
			best.tr.add(Hop{At: n.resourceOf(to), By: n.resourceOf(node), Code: "ELBV2_SOURCE_ADDRESS_PRESERVATION", Decision: "the target is the client itself and would get packets from its own address, which it drops"})
		}
	}
	path.Works = Reach{Must: sum.must, May: sum.may, Named: sum.named}
	path.Forward, path.Return, path.StopsAt, path.Domains = best.tr.forward, best.tr.reply, best.tr.stop, best.tr.domains
	n.explainDoubt(&path)
	return path.Works, path
}

// kept traces the ways of packets that keep a client's address. Only a direct
// way is supported: in the VPC, or to a peer.
func (n *Network) kept(src, dst end, home atom, p PacketSet) []*attempt {
	var out []*attempt
	var j journey
	j.begin(n, src, dst)
	for j.home = home; j.next(); {
		c := j.trip
		a := &attempt{flow: flow{must: p, may: p}}
		c.tr = &tracer{n: n, header: n.header(src, dst, p), asked: p}
		a.tr = c.tr
		out = append(out, a)
		if c.there != nil && !direct(c.there) {
			c.tr.add(Hop{At: src.k.addr(), By: dst.k.addr(), Code: "ELBV2_SOURCE_ADDRESS_PRESERVATION", Decision: "the balancer keeps the client's address, which is supported only where its packets go straight to the target"})
			a.flow = flow{}
			continue
		}
		if !c.arrives(&a.flow) {
			a.flow = flow{}
			continue
		}
		c.reply(&a.flow)
		if a.may.empty() {
			a.flow = flow{}
		}
	}
	return out
}

// direct says whether a line passes neither a Transit Gateway nor anything that
// looks into packets or changes them.
func direct(l *line) bool {
	return !l.boxed && l.nat == nil && len(l.fws) == 0 && !slices.ContainsFunc(l.steps, func(st *step) bool { return st.transit })
}
