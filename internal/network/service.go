package network

import (
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

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

// toService leaves by a gateway endpoint to the addresses of its service, which
// the prefix list of the route says. It serves its own VPC only ("Gateway
// endpoints": connections cannot be extended out of a VPC). Where the list is
// not in the graph, nothing outside is known to be the service's.
func (w *walker) toService(s state, r *route, e *resource.VPCEndpoint) {
	stop := func(text string) {
		w.stop(s, step{at: e.Addr, by: r.by, code: "NO_POSSIBLE_DESTINATION", text: text})
	}
	switch {
	case r.why != nil || !w.n.isExternal(w.dst):
		stop("a gateway endpoint leads to the service only")
		return
	case w.home.vpc != s.vpc:
		stop("a gateway endpoint serves its own VPC only")
		return
	}
	s = s.leave(never).only(w.n.served, step{at: e.Addr, by: e.Addr, code: "VPCE_GATEWAY_PROTOCOL_RESTRICTION", text: "a gateway endpoint accepts TCP and ICMP echo only"})
	l := s.add(step{at: e.Addr, by: e.Addr, text: "the gateway endpoint passes it to the service"}).done()
	l.end, l.vpc, l.last, l.via = leaves, s.vpc, s.sub, e.Addr
	w.out = append(w.out, l)
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
