package network

import (
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// toInternet leaves by an internet gateway ("Connect to the internet using an
// internet gateway").
func (w *walker) toInternet(s state, r *route) {
	at := gateAddr(r.to, s.vpc)
	stop := func(code, text string) { w.stop(s, step{at: at, by: at, code: code, text: text}) }
	switch {
	case !w.n.isExternal(w.dst):
		stop("IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS", "the internet gateway drops packets to private addresses")
		return
	case !r.to.Same(s.vpc.view.InternetGateway):
		stop("BAD_STATE_ROUTE", "the internet gateway is not attached to the VPC")
		return
	case s.nat != nil && s.nat.view.Private:
		stop("NGW_SOURCE_ADDRESS_REASSIGN", "the internet gateway drops what comes from a private NAT gateway")
		return
	}
	s = s.blocked(s.vpc, s.nat, false)
	s = s.leave(never)
	public := step{kind: stepRoute, at: at, by: at, text: "the internet gateway sends it to the internet"}
	if s.nat == nil {
		public.kind, public.code, public.inner = stepPublic, "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", s.vpc
		if w.home.vpc != s.vpc && w.n.options.Mutant != IGWWithoutPublicAddress {
			w.foreign(s, at, "the source has no public address at this VPC's internet gateway")
			return
		}
	}
	l := s.add(public).done()
	l.end, l.vpc, l.last, l.via = leaves, s.vpc, s.sub, at
	w.out = append(w.out, l)
}

// foreign stops at a gateway to the internet what comes from another VPC: with
// IPv4 the gateway knows no public address for it, with IPv6 the address is not
// one of the gateway's VPC.
func (w *walker) foreign(s state, at addr.Address, text string) {
	code := "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
	if w.n.atoms.isV6(w.dst) {
		code, text = "GATEWAY_REJECTS_SPOOFED_TRAFFIC", "the source's address is not one of the VPC that the gateway is of"
	}
	w.stop(s, step{at: at, by: at, code: code, text: text})
}

// toEgressOnly leaves by an egress-only internet gateway, for IPv6 ("Enable
// outbound IPv6 traffic using an egress-only internet gateway").
func (w *walker) toEgressOnly(s state, r *route) {
	at := gateAddr(r.to, s.vpc)
	if !w.n.isExternal(w.dst) || !w.n.atoms.isV6(w.dst) {
		w.stop(s, step{at: at, by: at, code: "PROTOCOL_RESTRICTION", text: "an egress-only gateway carries IPv6 to the internet only"})
		return
	}
	if w.home.vpc != s.vpc {
		w.foreign(s, at, "")
		return
	}
	s = s.blocked(s.vpc, nil, true)
	l := s.leave(never).add(step{at: at, by: at, text: "the egress-only gateway sends it to the internet and keeps its state"}).done()
	l.end, l.vpc, l.last, l.via = leaves, s.vpc, s.sub, at
	w.out = append(w.out, l)
}

// toNAT goes through a NAT gateway ("NAT gateways", "NAT gateway use cases").
func (w *walker) toNAT(s state, r *route) {
	t := w.n.nats[r.to.To]
	switch {
	case t == nil || t.vpc == nil || (t.subnet == nil && !t.view.Regional) || len(t.source) == 0:
		w.unknown(s, unknownLink(r.to, r.by, "NAT gateway"))
		return
	case t.vpc != s.vpc && w.n.options.Mutant != NATAcrossVPCs:
		w.stop(s, step{at: t.addr, by: r.by, code: "NGW_REQUIRES_SOURCE_IN_VPC", text: "the NAT gateway is in another VPC"})
		return
	case t.subnet != nil && w.n.dead[t.subnet.addr]:
		w.stop(s, step{at: t.addr, by: t.subnet.addr, code: "BAD_STATE_ROUTE", text: "the NAT gateway's subnet is lost"})
		return
	case w.n.atoms.isV6(w.dst):
		w.stop(s, step{at: t.addr, by: t.addr, code: "PROTOCOL_RESTRICTION", text: "the NAT gateway does not carry IPv6"})
		return
	}
	carried := step{at: t.addr, by: t.addr, code: "PROTOCOL_RESTRICTION", text: "a NAT gateway carries TCP, UDP and ICMP only"}
	if t.view.Regional {
		s = s.only(w.n.carried, carried)
		why := &value.Reason{Code: "REGIONAL_NGW_ROUTE_AZ_RESTRICTION", At: t.addr, Text: "what a regional NAT gateway's own routes do is not modelled"}
		s = s.doubt(why)
		s.nat = t
		s = s.add(step{kind: stepNAT, at: t.addr, by: t.addr, nat: t, text: "the NAT gateway puts its own address in place of the source's"})
		w.toInternet(s, &route{to: s.vpc.view.InternetGateway})
		return
	}
	if s.sub == nil && s.first == nil {
		s.first = t.subnet
	}
	if t.subnet != s.sub {
		s = s.leave(never)
		s = s.add(step{kind: stepACL, at: t.subnet.addr, acl: t.subnet.acl, dir: inward, sub: t.subnet, skip: ifSource})
	}
	s = s.only(w.n.carried, carried)
	s = s.add(step{kind: stepNAT, at: t.addr, by: t.addr, nat: t, text: "the NAT gateway puts its own address in place of the source's"})
	s.nat, s.in, s.out = t, resource.No, resource.No
	s.table, s.zone, s.sub, s.middle = t.subnet.table, t.subnet.view.Zone, t.subnet, true
	w.inVPC(s)
}

// toPeer crosses a VPC peering ("How VPC peering connections work"): to an
// address of the peer itself, never onwards.
func (w *walker) toPeer(s state, r *route) {
	p := resource.View[resource.Peering](w.n.graph, r.to.To)
	if p == nil {
		w.unknown(s, unknownLink(r.to, r.by, "peering connection"))
		return
	}
	peer := p.Accepter
	switch {
	case peer.To == s.vpc.addr:
		peer = p.Requester
	case p.Requester.To == s.vpc.addr:
	case w.n.vpcAt[p.Requester.To] == nil || w.n.vpcAt[peer.To] == nil:
		w.unknown(s, unknownLink(peer, p.Addr, "peer VPC"))
		return
	default:
		w.stop(s, step{at: p.Addr, by: r.by, code: "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", text: "the peering is not of this VPC"})
		return
	}
	other := w.n.vpcAt[peer.To]
	foreign := w.home.vpc != s.vpc || w.home.back // what a NAT gateway sends back is from elsewhere
	if p.Active != resource.No && other == nil && !foreign && !w.n.isExternal(w.dst) {
		// The peer may be any VPC of the graph whose id only deployment gives.
		w.unknown(s, unknownLink(peer, p.Addr, "peer VPC"))
		return
	}
	switch {
	case p.Active == resource.No && w.n.options.Mutant != InactivePeeringCarries:
		w.stop(s, step{at: p.Addr, by: p.Addr, code: "BAD_STATE", text: "the peering is not active"})
		return
	case other == nil:
		w.stop(s, step{at: p.Addr, by: p.Addr, code: "UNKNOWN_DESTINATION", text: "the peer VPC is not in the graph"})
		return
	case foreign && w.n.options.Mutant != PeeringTransitive:
		w.stop(s, step{at: p.Addr, by: p.Addr, code: "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", text: "the source is not in the VPC that is peered"})
		return
	case !other.holds(w.n.atoms, w.dst):
		if w.n.options.Mutant == PeeringTransitive && len(other.subnets) > 0 {
			s.vpc, s.table, s.zone, s.sub, s.middle = other, other.subnets[0].table, other.subnets[0].view.Zone, other.subnets[0], true
			w.inVPC(s)
			return
		}
		w.stop(s, step{at: p.Addr, by: p.Addr, code: "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", text: "the destination is not in the peer VPC"})
		return
	case p.Active == resource.Perhaps:
		s = s.doubt(firstReason(p.Unknown, p.Addr, "whether the peering is active is not known"))
	}
	if p.CrossRegion != resource.No && w.n.options.Mutant != PeeringRefsEverywhere {
		no := resource.No
		if p.CrossRegion == resource.Perhaps {
			no = resource.Perhaps
		}
		s.in, s.out = min2(s.in, no), min2(s.out, no)
	}
	s = s.leave(never)
	s.vpc, s.sub, s.middle = other, nil, true
	l := s.add(step{at: p.Addr, by: p.Addr, text: "the peering carries it to the peer VPC"}).done()
	l.end, l.vpc, l.last = arrives, other, nil
	w.out = append(w.out, l)
}

// min2 is the weaker of two: No, then Perhaps, then Yes.
func min2(a, b resource.Tri) resource.Tri { return least(a, b) }

func firstReason(all []*value.Reason, at addr.Address, text string) *value.Reason {
	if len(all) > 0 {
		return all[0]
	}
	return &value.Reason{Code: "UNKNOWN_RESOURCE", At: at, Text: text}
}

// toInstance goes to a network interface that is not the destination's: it
// forwards only if its source/destination check is off, and what it then does
// is not in the graph ("NAT instances": disable source/destination checks).
func (w *walker) toInstance(s state, r *route) {
	all := w.n.instances[r.to.To]
	if len(all) == 0 {
		w.unknown(s, unknownLink(r.to, r.by, "interface"))
		return
	}
	i := all[0]
	for _, other := range all[1:] {
		if other.forwards != i.forwards || other.subnet != i.subnet {
			w.unknown(s, &value.Reason{Code: "UNKNOWN_RESOURCE", At: r.to.To, Text: "which of the instance's interfaces is meant is not known"})
			return
		}
	}
	if !i.forwards && w.n.options.Mutant != SourceDestCheckIgnored {
		w.stop(s, step{at: r.to.To, by: r.to.To, prop: "SourceDestCheck", code: "ENI_SOURCE_DEST_CHECK_RESTRICTION", text: "the interface checks source and destination and drops what is not its own"})
		return
	}
	if w.home.world && s.table == s.vpc.edge && i.public == resource.No {
		w.stop(s, step{at: r.to.To, by: r.by, code: "INGRESS_RTB_NO_PUBLIC_IP", text: "an edge route table leads to an interface without a public address, which then receives nothing"})
		return
	}
	why := &value.Reason{Code: "PATH_THROUGH_APPLIANCE_NOT_CHECKED", At: r.to.To, Text: "what the instance does with packets is not in the graph"}
	w.through(s.doubt(why), i.subnet, step{at: r.to.To, by: r.to.To, text: "the instance may forward it", maybe: why})
}

// through passes a middlebox in a subnet and goes on by that subnet's table.
// Group references do not survive it (SG_REFERENCES_NOT_PRESERVED).
func (w *walker) through(s state, t *subnet, box step) {
	if w.full(s) {
		return
	}
	if s.sub == nil && s.first == nil {
		s.first = t
	}
	if t != s.sub {
		s = s.leave(never)
		s = s.add(step{kind: stepACL, at: t.addr, acl: t.acl, dir: inward, sub: t, skip: ifSource})
	}
	s = s.add(box)
	s.in, s.out, s.boxed = resource.No, resource.No, true
	s.vpc, s.table, s.zone, s.sub, s.middle = t.vpc, t.table, t.view.Zone, t, true
	w.inVPC(s)
}

// toEndpoint goes to a firewall's endpoint, a Gateway Load Balancer's or a
// gateway endpoint. A firewall's endpoints have no order in a template, so the
// endpoint of the same zone is meant where there is one, else any.
func (w *walker) toEndpoint(s state, r *route) {
	if f := w.n.firewallAt[r.to.To]; f != nil {
		subnets := w.sameZone(f.subnets, s.zone)
		if len(subnets) == 0 {
			w.unknown(s, &value.Reason{Code: "UNKNOWN_RESOURCE", At: f.addr, Property: "SubnetMappings", Text: "the subnets of the firewall are not in the graph"})
			return
		}
		for _, t := range subnets {
			if w.n.dead[t.addr] {
				w.stop(s, step{at: f.addr, by: t.addr, code: "BAD_STATE_ROUTE", text: "the firewall's endpoint is lost"})
				continue
			}
			next := s
			next.fws = append(next.fws[:len(next.fws):len(next.fws)], passed{f, t.view.Zone})
			w.through(next, t, step{kind: stepFirewall, at: f.addr, fw: f})
		}
		return
	}
	e := w.n.endpointAt[r.to.To]
	if e == nil {
		w.unknown(s, unknownLink(r.to, r.by, "endpoint"))
		return
	}
	if e.Type == "Gateway" {
		w.toService(s, r, e)
		return
	}
	why := &value.Reason{Code: "PATH_THROUGH_GWLB_NOT_CHECKED", At: e.Addr, Text: "what the appliances behind the endpoint do is not in the graph"}
	missing := len(e.Subnets) == 0
	for _, l := range e.Subnets {
		if t := w.n.subnetAt[l.To]; t != nil {
			w.through(s.doubt(why), t, step{at: e.Addr, by: e.Addr, text: "the endpoint's appliances may forward it", maybe: why})
		} else {
			missing = true
		}
	}
	if missing {
		w.unknown(s, &value.Reason{Code: "UNKNOWN_RESOURCE", At: e.Addr, Property: "SubnetIds", Text: "the subnets of the endpoint are not in the graph"})
	}
}

func (w *walker) sameZone(all []*subnet, zone string) []*subnet {
	var same []*subnet
	for _, t := range all {
		if t.view.Zone == zone && zone != "" {
			same = append(same, t)
		}
	}
	if len(same) > 0 {
		return same
	}
	return all
}

// toGateway enters a Transit Gateway by the VPC's attachment ("Amazon VPC
// attachments in Transit Gateway": a zone without an attachment subnet cannot
// reach it).
func (w *walker) toGateway(s state, r *route) {
	var a *attachment
	for _, x := range s.vpc.attachments {
		if x.gateway == r.to.To && !r.to.To.IsZero() {
			a = x
		}
	}
	if a == nil {
		if w.n.gatewayAt[r.to.To] == nil {
			w.unknown(s, unknownLink(r.to, r.by, "Transit Gateway"))
			return
		}
		if why := w.n.attachedPerhaps(r.to.To); why != nil {
			w.unknown(s, why)
			return
		}
		w.stop(s, step{at: s.vpc.addr, by: r.by, code: "BAD_STATE_ROUTE", text: "the VPC is not attached to the Transit Gateway"})
		return
	}
	if w.n.dead[a.addr] {
		w.stop(s, step{at: a.addr, by: a.addr, code: "BAD_STATE_ATTACHMENT", text: "the attachment is lost"})
		return
	}
	entry, unsure := w.entrySubnets(a, s.zone)
	if len(entry) == 0 && w.n.options.Mutant != TGWIgnoresZones {
		if a.why != nil {
			w.unknown(s, a.why)
			return
		}
		w.stop(s, step{at: a.addr, by: a.addr, prop: "SubnetIds", code: "TGW_ROUTE_AZ_RESTRICTION", text: "the attachment has no subnet in the source's zone " + s.zone})
		return
	}
	s = s.leave(never)
	for i, t := range entry {
		next := s
		if unsure {
			next = next.doubt(&value.Reason{Code: "AVAILABILITY_ZONE_UNKNOWN", At: t.addr, Text: "whether the attachment serves the zone is not known"})
		}
		if w.n.options.Mutant != IgnoreMiddleACL {
			next = next.add(step{kind: stepACL, at: t.addr, acl: t.acl, dir: inward, sub: t})
		}
		next.zone = t.view.Zone
		w.inGateway(next, a, a.gateway)
		if i == 0 && !unsure {
			return
		}
	}
	if len(entry) == 0 {
		w.inGateway(s, a, a.gateway)
	}
}

// attachedPerhaps returns why any VPC may be attached to a Transit Gateway: one
// of its attachments names a VPC, or one VPC's attachment a Transit Gateway,
// that is not in the graph.
func (n *Network) attachedPerhaps(gw addr.Address) *value.Reason {
	for _, a := range n.attachments {
		switch {
		case a.view.Kind != resource.AttachVPC:
		case a.gateway == gw && a.vpc == nil:
			return unknownLink(a.view.VPC, a.addr, "VPC")
		case n.gatewayAt[a.gateway] == nil && (a.gateway.IsZero() || a.gateway == gw):
			return unknownLink(a.view.Gateway, a.addr, "Transit Gateway")
		}
	}
	return nil
}

// entrySubnets returns the attachment's subnet of a zone. Where a zone is not
// known any may be meant.
func (w *walker) entrySubnets(a *attachment, zone string) (in []*subnet, unsure bool) {
	for _, t := range a.subnets {
		if w.n.dead[t.addr] {
			continue
		}
		switch {
		case t.view.Zone == zone && zone != "":
			return []*subnet{t}, false
		case t.view.Zone == "" || zone == "":
			in, unsure = append(in, t), true
		}
	}
	return in, unsure
}

// inGateway looks the destination up in the table associated with the
// attachment that the packet came by ("Transit gateway route tables").
func (w *walker) inGateway(s state, from *attachment, gw addr.Address) {
	if w.full(s) {
		return
	}
	if w.n.dead[gw] {
		w.stop(s, step{at: gw, by: gw, code: "BAD_STATE", text: "the Transit Gateway is lost"})
		return
	}
	s.table = from.tables[gw]
	g := w.n.gatewayAt[gw]
	if w.n.options.Mutant == TGWIgnoresAssociation && g != nil && len(g.tables) > 0 {
		s.table = g.tables[0]
	}
	if s.table == nil {
		s.table = &table{addr: gw}
		if g == nil || w.n.doubts[gw] != nil {
			w.unknown(s, firstReason(present(w.n.doubts[gw]), gw, "the Transit Gateway's route tables are not in the graph"))
			return
		}
		w.stop(s, step{at: from.addr, by: from.addr, code: "TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION", text: "the attachment is associated with no route table"})
		return
	}
	if w.circles(&s, turn{table: s.table, zone: s.zone}) {
		return
	}
	best, instead := w.n.choose(s.table, w.dst)
	if s.table.why != nil {
		w.unknown(s, s.table.why)
		s = s.doubt(s.table.why)
	}
	for _, r := range instead {
		w.forward(s.doubt(firstReason(present(r.why, r.maybe), r.by, "whether the route matches is decided at deployment")), from, gw, r)
	}
	if len(instead) > 0 {
		s = s.doubt(firstReason(present(instead[0].why, instead[0].maybe), instead[0].by, "another route may take this traffic"))
	}
	if best == nil {
		w.stop(s, step{at: s.table.addr, by: s.table.addr, code: "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT", text: "no route of the Transit Gateway's table matches"})
		return
	}
	w.forward(s, from, gw, best)
}

func present(all ...*value.Reason) []*value.Reason {
	return slices.DeleteFunc(all, func(r *value.Reason) bool { return r == nil })
}

// forward sends a packet on by a route of a Transit Gateway's table.
func (w *walker) forward(s state, from *attachment, gw addr.Address, r *route) {
	st := step{transit: true, at: s.table.addr, by: r.by, prop: r.prop, route: r}
	a := r.attach
	switch {
	case r.hole:
		st.code = "TGW_RTB_BAD_STATE_ROUTE"
		w.stop(s, st)
		return
	case a == nil:
		w.unknown(s, unknownLink(r.to, r.by, "attachment"))
		return
	case w.n.dead[a.addr]:
		st.code, st.text = "TGW_RTB_BAD_STATE_ROUTE", ", which is lost"
		w.stop(s, st)
		return
	}
	s = s.add(st)
	switch a.view.Kind {
	case resource.AttachVPC:
		w.arriveByGateway(s, from, a, gw)
	case resource.AttachFirewall:
		w.gatewayFirewall(s, a, gw)
	case resource.AttachPeering:
		w.toPeerGateway(s, a, gw)
	default:
		// What is beyond may lead back: a VPN to another VPC's, a core network.
		w.unknown(s, &value.Reason{Code: "UNKNOWN_DESTINATION", At: a.addr, Text: "what is beyond the attachment is not in the graph"})
	}
}

// toPeerGateway crosses the peering of two Transit Gateways. The table that is
// associated with the peering at the far one decides there; groups are not
// referenced across it, and no zone is kept ("Transit gateway peering attachments
// in AWS Transit Gateway"; "Amazon VPC attachments in Transit Gateway": security
// group referencing).
func (w *walker) toPeerGateway(s state, a *attachment, gw addr.Address) {
	var other resource.Link
	switch {
	case a.gateway == gw:
		other = a.view.PeerGateway
	case a.view.PeerGateway.To == gw:
		other = a.view.Gateway
	case w.n.gatewayAt[a.gateway] == nil || w.n.gatewayAt[a.view.PeerGateway.To] == nil:
		w.unknown(s, unknownLink(a.view.PeerGateway, a.addr, "peer Transit Gateway"))
		return
	default:
		w.stop(s, step{at: a.addr, by: a.addr, code: "TGW_RTB_CANNOT_ROUTE", text: "the peering is of other Transit Gateways"})
		return
	}
	switch {
	case a.view.Active == resource.No && w.n.options.Mutant != PeeringWithoutAcceptance:
		w.stop(s, step{at: a.addr, by: a.addr, prop: "State", code: "BAD_STATE_ATTACHMENT", text: "the peering was not accepted"})
		return
	case w.n.gatewayAt[other.To] == nil:
		w.unknown(s, unknownLink(other, a.addr, "peer Transit Gateway"))
		return
	case a.view.Active == resource.Perhaps:
		s = s.doubt(&value.Reason{Code: "BAD_STATE_ATTACHMENT", At: a.addr, Text: "whether the peering of the Transit Gateways is accepted is not in the templates"})
	}
	s.in, s.out, s.zone = resource.No, resource.No, ""
	w.inGateway(s, a, other.To)
}

// gatewayFirewall inspects at a firewall attached to the Transit Gateway; it
// leaves by the table associated with the firewall's attachment, in the zone
// that appliance mode keeps for the flow.
func (w *walker) gatewayFirewall(s state, a *attachment, gw addr.Address) {
	f := a.firewall
	if f == nil {
		w.unknown(s, firstReason(nil, a.addr, "the firewall is not in the graph"))
		return
	}
	s = s.add(step{kind: stepFirewall, at: f.addr, fw: f})
	s.fws = append(s.fws[:len(s.fws):len(s.fws)], passed{f, ""})
	s.in, s.out = resource.No, resource.No
	zones := slices.DeleteFunc(slices.Clone(f.view.Zones), func(z string) bool { return w.n.deadZones[z] })
	if len(f.view.Zones) > 0 && len(zones) == 0 {
		w.stop(s, step{at: f.addr, by: f.addr, code: "BAD_STATE", text: "every zone of the firewall is lost"})
		return
	}
	if len(zones) == 0 {
		zones = []string{""}
	}
	for _, z := range zones {
		next := s
		next.zone = z
		next.pins = append(next.pins[:len(next.pins):len(next.pins)], pin{a, z})
		w.inGateway(next, a, gw)
	}
}

// arriveByGateway enters a VPC by its attachment: in the packet's zone, or, if
// the attachment has no subnet there or is in appliance mode, in any of its
// zones. The attachment subnet's outbound ACL rules and its route table count;
// its inbound ones do not ("How network ACLs work with transit gateways").
func (w *walker) arriveByGateway(s state, from, a *attachment, gw addr.Address) {
	if a.vpc == nil {
		w.unknown(s, unknownLink(a.view.VPC, a.addr, "VPC"))
		return
	}
	both := least(triAnd(from), triAnd(a))
	if g := w.n.gatewayAt[gw]; g != nil {
		both = least(both, g.view.Groups)
	}
	if w.n.options.Mutant == GroupRefsAcrossGateways {
		both = resource.Yes
	}
	s.in = least(s.in, both)
	if w.n.options.Mutant != GroupRefsAcrossGateways {
		s.out = resource.No // egress rules cannot refer to groups across a Transit Gateway
	}
	alive := slices.DeleteFunc(slices.Clone(a.subnets), func(t *subnet) bool { return w.n.dead[t.addr] })
	appliance := a.view.ApplianceMode
	entry := alive
	if appliance == resource.No {
		if same, unsure := w.entrySubnets(a, s.zone); len(same) > 0 && !unsure {
			entry = same
		}
	}
	if len(entry) == 0 {
		if a.why != nil {
			w.unknown(s, a.why)
			return
		}
		w.stop(s, step{at: a.addr, by: a.addr, prop: "SubnetIds", code: "BAD_STATE_ATTACHMENT", text: "the attachment has no subnet"})
		return
	}
	for _, t := range entry {
		next := s
		if appliance != resource.No && w.n.options.Mutant != ApplianceModeIgnored {
			next.pins = append(next.pins[:len(next.pins):len(next.pins)], pin{a, t.view.Zone})
		}
		next.vpc, next.table, next.zone, next.sub, next.middle = a.vpc, t.table, t.view.Zone, t, true
		w.fromAttachment(next)
	}
}

// triAnd returns whether an attachment lets group references through.
func triAnd(a *attachment) resource.Tri {
	if a.view.Kind != resource.AttachVPC {
		return resource.No
	}
	return a.view.Groups
}

// fromAttachment goes on from an attachment's subnet. Outbound rules count for
// whatever is not in the subnet itself.
func (w *walker) fromAttachment(s state) {
	t := s.sub
	if w.n.options.Mutant != IgnoreMiddleACL {
		s = s.add(step{kind: stepACL, at: t.addr, acl: t.acl, dir: outward, sub: t, skip: ifDestination})
	}
	s.middle = false // the outbound rules are done
	if w.n.options.Mutant == AttachmentTableIgnored {
		w.deliver(s, &route{by: s.vpc.addr, text: "the VPC's own addresses"})
		return
	}
	w.inVPC(s)
}
