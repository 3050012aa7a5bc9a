package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Explain returns the walk of the packets p from a to b, hop by hop. Where the
// ends may have several addresses, or packets several ways, it shows one that
// lets most of p by; Works is the answer for all of them.
func (n *Network) Explain(a, b ClassID, p PacketSet) Path {
	path := Path{From: a, To: b}
	if !n.has(a) || !n.has(b) {
		return path
	}
	src, dst := &n.inside[a], &n.inside[b]
	if n.mute(src, dst) {
		hop := n.muteHop(a, b)
		path.Forward, path.StopsAt = []Hop{hop}, &hop
		return path
	}
	var best *attempt
	for family := range src.atoms {
		var sum Reach
		first := true
		for _, x := range src.atoms[family] {
			for _, y := range dst.atoms[family] {
				for _, t := range n.attempts(end{src, x}, end{dst, y}, p) {
					if best == nil || t.better(best) {
						best = t
					}
					if t.must != p.And(t.may) || t.may != p {
						path.note(t.tr.whys...)
					}
					if first {
						sum, first = Reach{t.must, t.may, t.named}, false
						continue
					}
					sum.Must, sum.May, sum.Named = sum.Must.And(t.must), sum.May.Or(t.may), sum.Named.Or(t.named)
				}
			}
		}
		if family == 1 && (src.six == resource.Perhaps || dst.six == resource.Perhaps) {
			sum.Must = PacketSet{}
		}
		path.Works.or(sum)
	}
	if best == nil {
		hop := Hop{At: n.resourceOf(a), By: n.resourceOf(b), Code: "NO_SOURCE_OR_DESTINATION", Decision: "the two have no addresses of one family"}
		path.Forward, path.StopsAt = []Hop{hop}, &hop
		return path
	}
	path.Forward, path.Return, path.StopsAt, path.Domains = best.tr.forward, best.tr.reply, best.tr.stop, best.tr.domains
	n.explainDoubt(&path)
	return path
}

// explainDoubt makes sure that a Must smaller than May has a reason.
func (n *Network) explainDoubt(path *Path) {
	if path.Works.Must == path.Works.May {
		path.Unknowns = nil
		return
	}
	if len(path.Unknowns) == 0 {
		at := n.resourceOf(path.From)
		path.Unknowns = []*value.Reason{{Code: "PLACEMENT_UNKNOWN", At: at,
			Text: "it depends on the address, zone or client port that deployment gives: it flows for some and not for others"}}
	}
}

func (path *Path) note(whys ...*value.Reason) {
	for _, w := range whys {
		if !slices.ContainsFunc(path.Unknowns, func(r *value.Reason) bool { return *r == *w }) {
			path.Unknowns = append(path.Unknowns, w)
		}
	}
}

// resourceOf returns a resource that stands for a class.
func (n *Network) resourceOf(id ClassID) addr.Address {
	c := &n.classes[id]
	if len(c.Members) > 0 {
		return c.Members[0].Owner.Addr
	}
	return c.Subnet
}

func (n *Network) muteHop(a, b ClassID) Hop {
	h := Hop{At: n.resourceOf(a), By: n.resourceOf(b), Code: "NO_SOURCE_OR_DESTINATION"}
	src, dst := &n.inside[a], &n.inside[b]
	switch {
	case src.dead:
		h.Decision = "the source is lost"
	case dst.dead:
		h.At, h.Decision = n.resourceOf(b), "the destination is lost"
	case dst.void:
		h.Decision = "nothing outside the graph routes to an address that is in no network of it and not public"
	case src.sub == nil && dst.sub == nil:
		h.Decision = "both ends are outside the graph"
	case src.service != "":
		h.Code, h.Decision = "VPCE_INTRA_VPC_TRAFFIC", "a service behind an endpoint begins no connections"
	case dst.nat:
		h.At, h.Code, h.Decision = n.resourceOf(b), "NO_POSSIBLE_DESTINATION", "a NAT gateway drops what nobody inside asked for"
	case dst.inert:
		h.At, h.Code, h.Decision = n.resourceOf(b), "NO_POSSIBLE_DESTINATION", "the interface takes no connections"
	default:
		h.Decision = "the interface begins no connections"
	}
	return h
}

// attempt is a traced trip. Sent is what gets there, whether or not a reply
// comes back.
type attempt struct {
	flow
	sent flow
	tr   *tracer
}

func (a *attempt) better(b *attempt) bool {
	if x, y := a.may.count(), b.may.count(); x != y {
		return x > y
	}
	if x, y := a.must.count(), b.must.count(); x != y {
		return x > y
	}
	return a.may.IsEmpty() && len(a.tr.forward)+len(a.tr.reply) > len(b.tr.forward)+len(b.tr.reply)
}

func (p PacketSet) count() int { return p.Ports[0].Count() + p.Ports[1].Count() + p.Ports[2].Count() }

// attempts traces every trip of the packets p between two addresses, through
// the security groups at both ends.
func (n *Network) attempts(src, dst end, p PacketSet) []*attempt {
	var out []*attempt
	var j journey
	for j.begin(n, src, dst); j.next(); {
		t := &j.trip
		c := *t
		a := &attempt{flow: flow{must: p, may: p}}
		c.tr = &tracer{n: n, header: n.header(src, dst, p), asked: p}
		a.tr = c.tr
		out = append(out, a)
		if !c.arrives(&a.flow) {
			a.flow = flow{}
			continue
		}
		a.sent = a.flow
		c.reply(&a.flow)
		if a.may.empty() {
			a.flow = flow{}
		}
	}
	return out
}

// arrives walks the way there, through the security groups at both ends, and
// says whether anything gets there.
func (t *trip) arrives(f *flow) bool {
	refsOut, refsIn, sees := resource.Yes, resource.Yes, one(t.src.x)
	if t.there != nil {
		refsOut, refsIn = t.there.out, t.there.in
		if t.translates() {
			sees, refsIn = many(t.there.nat.source), resource.No
		}
	}
	return t.groups(f, outward, t.src, t.dst, one(t.dst.x), refsOut) && t.forward(f) && t.groups(f, inward, t.dst, t.src, sees, refsIn)
}

// groups applies the groups of one end and traces them.
func (t *trip) groups(f *flow, dir int, own, peer end, at far, refs resource.Tri) bool {
	var used *usedRule
	if t.tr != nil {
		used = &usedRule{want: f.may}
	}
	t.n.groupsLet(f, dir, own.k, peer.k, at, refs, used)
	t.tr.groups(t, own.k, dir, refs, used, peer.k, f)
	return !f.may.IsEmpty()
}

// tracer collects hops. The nil tracer collects nothing.
type tracer struct {
	n       *Network
	header  Header
	asked   PacketSet
	forward []Hop
	reply   []Hop
	back    bool
	stop    *Hop
	domains []string
	whys    []*value.Reason
}

func (n *Network) header(src, dst end, p PacketSet) Header {
	h := Header{Source: n.prefixOf(src), Destination: n.prefixOf(dst), Protocol: resource.AnyProtocol,
		SourcePort: resource.PortRange{From: firstEphemeral, To: lastEphemeral}, Port: resource.PortRange{From: 0, To: 65535}}
	if flows := n.Flows(p); len(flows) == 1 {
		h.Protocol = protocolOf(flows[0].Protocol)
		h.Port = resource.PortRange{From: flows[0].From, To: flows[0].To}
	}
	return h
}

// prefixOf returns the address of an end as far as it is known: where the atom
// and the class meet.
func (n *Network) prefixOf(e end) netip.Prefix {
	parts := n.atoms.prefixes(e.x)
	if e.k == &n.inside[Internet] {
		if n.atoms.isV6(e.x) {
			return everyIPv6
		}
		return everyIPv4
	}
	if e.k.sub != nil {
		own := e.k.sub.view.CIDR
		if n.atoms.isV6(e.x) {
			own = e.k.sub.view.IPv6
		}
		if len(parts) == 0 || (own.IsValid() && len(e.k.atoms[0]) == 1 && parts[0].Overlaps(own)) {
			return own
		}
	}
	if len(parts) == 0 {
		return netip.Prefix{}
	}
	return parts[0]
}

func (tr *tracer) add(h Hop) {
	h.In = tr.header
	if h.Out == (Header{}) {
		h.Out = tr.header
	}
	tr.header = h.Out
	if tr.back {
		tr.reply = append(tr.reply, h)
	} else {
		tr.forward = append(tr.forward, h)
	}
	if h.Code != "" && tr.stop == nil {
		tr.stop = &h
	}
}

func (tr *tracer) turn() {
	if tr == nil {
		return
	}
	tr.back = true
	h := tr.header
	h.Source, h.Destination, h.SourcePort, h.Port = h.Destination, h.Source, h.Port, h.SourcePort
	tr.header = h
}

func (tr *tracer) unknown(whys ...*value.Reason) {
	if tr != nil {
		tr.whys = append(tr.whys, present(whys...)...)
	}
}

func (tr *tracer) inside(t *trip) {
	if tr == nil {
		return
	}
	s := t.src.k.sub
	tr.add(Hop{At: s.addr, By: s.addr, Decision: "both ends are in one subnet, where no route and no network ACL counts"})
}

func (tr *tracer) plain(st *step) {
	if tr == nil {
		return
	}
	text := st.says()
	if st.kind == stepPublic {
		text = "the internet gateway knows the address"
	}
	tr.unknown(st.maybe)
	code := st.code
	if st.kind == stepPublic {
		code = ""
	}
	tr.add(Hop{At: st.at, By: st.by, Property: st.prop, Code: code, Decision: text})
}

func (tr *tracer) public(t *trip, st *step, has resource.Tri) {
	if tr == nil {
		return
	}
	h := Hop{At: st.at, By: st.by, Property: st.prop, Decision: st.says()}
	whose := t.src.k
	if t.src.external() {
		whose = t.dst.k
	}
	switch has {
	case resource.No:
		h.Code, h.Decision = st.code, "the interface has no public address for the internet gateway to translate"
	case resource.Perhaps:
		tr.unknown(firstReason(present(whose.why), whose.sub.addr, "whether the interface has a public address is not known"))
	}
	tr.add(h)
}

func (tr *tracer) nat(t *trip, st *step) {
	if tr == nil {
		return
	}
	h := Hop{At: st.at, By: st.by, Decision: st.says(), Out: tr.header}
	if p := t.n.atoms.prefixes(st.nat.source[0]); len(p) > 0 {
		h.Out.Source = p[0]
	}
	tr.add(h)
}

// translated is the NAT gateway's part in the reply.
func (tr *tracer) translated(t *trip) {
	if tr == nil {
		return
	}
	h := Hop{At: t.there.nat.addr, By: t.there.nat.addr, Decision: "the NAT gateway puts the source's own address back", Out: tr.header}
	h.Out.Destination = t.n.prefixOf(t.src)
	tr.add(h)
}

func (tr *tracer) known(st *step) {
	if tr != nil {
		tr.add(Hop{At: st.at, By: st.by, Decision: "the firewall knows the flow and lets its reply by"})
	}
}

func (tr *tracer) passes(st *step) {
	if tr != nil {
		tr.add(Hop{At: st.at, By: st.by, Decision: "the firewall has not seen the flow begin, whose reply comes by"})
	}
}

func (tr *tracer) stopAt(st *step, code, text string) {
	if tr != nil {
		tr.add(Hop{At: st.at, By: st.by, Property: st.prop, Code: code, Decision: text})
	}
}

func (tr *tracer) strayed(t *trip) {
	if tr == nil {
		return
	}
	at := t.src.k.addr()
	if t.there.vpc != nil {
		at = t.there.vpc.addr
	}
	tr.add(Hop{At: at, By: at, Code: "NO_POSSIBLE_DESTINATION", Decision: "the routes end where the destination is not"})
}

func (tr *tracer) strayedBack(t *trip, l *line) {
	if tr == nil {
		return
	}
	at := t.dst.k.addr()
	if l.vpc != nil {
		at = l.vpc.addr
	}
	tr.add(Hop{At: at, By: at, Code: "NO_POSSIBLE_DESTINATION", Decision: "the routes of the reply end where the source is not"})
}

func (k *class) addr() addr.Address {
	if k.sub == nil {
		return addr.Address{}
	}
	return k.sub.addr
}

func (tr *tracer) asymmetric(t *trip) {
	if tr == nil {
		return
	}
	at := addr.Address{}
	for _, p := range append(append([]passed(nil), t.there.fws...), t.back.fws...) {
		at = p.fw.addr
	}
	tr.add(Hop{At: at, By: at, Code: "FIREWALL_RULES_RESTRICTION", Decision: "the flow passes the firewall one way only, or in two zones, and a stateful firewall drops half a connection"})
}

var direction = [2]string{"inbound", "outbound"}

func (tr *tracer) acl(t *trip, a *acl, s *subnet, dir int, to far, before PacketSet, f *flow) {
	if tr == nil {
		return
	}
	tr.add(tr.aclHop(t, a, s, dir, to.x, before, f.may.IsEmpty()))
	if f.must != f.may {
		tr.unknown(a.why)
	}
}

func (tr *tracer) aclHop(t *trip, a *acl, s *subnet, dir int, far atom, set PacketSet, stopped bool) Hop {
	h := Hop{At: s.addr, By: a.addr, Decision: "the network ACL's " + direction[dir] + " rules let it by"}
	if a.open {
		h.Decision = "the network ACL is not asked"
		return h
	}
	e, ok := t.n.decider(a, dir, far, set)
	rule := "no rule matches, so the last one denies"
	if ok {
		h.By = e.Addr
		verb := "denies"
		if e.Allow {
			verb = "allows"
		}
		rule = fmt.Sprintf("rule %d %s", e.Number, verb)
		if !stopped {
			h.Decision = fmt.Sprintf("rule %d of the network ACL, %s, %s it", e.Number, direction[dir], verb)
		}
	}
	if stopped {
		h.Code, h.Decision = "SUBNET_ACL_RESTRICTION", "the network ACL stops it, "+direction[dir]+": "+rule
	}
	return h
}

func (tr *tracer) replyACL(t *trip, a *acl, s *subnet, dir int, other atom, before PacketSet, back *flow) {
	if tr == nil {
		return
	}
	// Of replies only those to a client's ports matter.
	var want PacketSet
	t.n.letBack(&want, &back.may, false)
	want.meet(&tr.asked)
	set := before.And(t.n.ephemeral.Or(PacketSet{Ports: [3]AtomSet{partOther: tr.asked.Ports[partOther]}}))
	for part := partTCP; part <= partUDP; part++ {
		if tr.asked.Ports[part].isEmpty() {
			set.Ports[part] = AtomSet{}
		}
	}
	h := tr.aclHop(t, a, s, dir, other, set, want.IsEmpty())
	if h.Code == "" {
		h.Decision = "for the reply, " + h.Decision
	}
	tr.add(h)
	if back.must != back.may {
		tr.unknown(a.why)
	}
}

func (tr *tracer) firewall(t *trip, fw *firewall, from far, before PacketSet, f *flow) {
	if tr == nil {
		return
	}
	v := t.n.decide(fw, from.x, t.dst.x, before.And(tr.asked))
	h := Hop{At: fw.addr, By: fw.policy, Decision: "the firewall's policy lets it by"}
	if v.by != nil && !v.by.by.IsZero() {
		h.By, h.Property = v.by.by, v.by.prop
		h.Decision = "the firewall's rule lets it by"
	}
	if named := f.named.And(tr.asked); !named.IsEmpty() {
		h.Decision = "the firewall lets it by for the names " + strings.Join(v.names, ", ")
		for _, d := range v.names {
			if !slices.Contains(tr.domains, d) {
				tr.domains = append(tr.domains, d)
			}
		}
	}
	if f.may.IsEmpty() {
		h.Code, h.Decision = "FIREWALL_RULES_RESTRICTION", "no rule of the firewall's policy lets it by"
		if fw.deflt != fwDrop && v.by != nil {
			h.Decision = "a rule of the firewall's policy drops it"
		}
	}
	tr.add(h)
	if f.must != f.may {
		tr.unknown(v.why)
	}
}

func (tr *tracer) groups(t *trip, own *class, dir int, refs resource.Tri, used *usedRule, peer *class, f *flow) {
	if tr == nil || t.n.free(own.groups, dir) {
		return
	}
	h := Hop{At: own.addr()}
	if c := t.n.classAt(own); c != nil && len(c.Members) > 0 {
		h.At = c.Members[0].Owner.Addr
	}
	h.By = h.At
	if len(own.groups.addrs) > 0 {
		h.By = own.groups.addrs[0]
	}
	if f.may.IsEmpty() {
		h.Code, h.Decision = "ENI_SG_RULES_MISMATCH", "no "+direction[dir]+" rule of the security groups matches"
		h.Property = [2]string{"SecurityGroupIngress", "SecurityGroupEgress"}[dir]
		switch {
		case len(own.groups.spans[dir])+len(own.groups.refs[dir]) == 0:
			h.Code, h.Decision = "SG_HAS_NO_RULES", "the security groups have no "+direction[dir]+" rule"
		case refs == resource.No && t.n.refersTo(own.groups, dir, peer.groups):
			h.Code, h.Decision = t.lostReferences(), "the rule refers to the peer's group, and the reference does not hold on this way"
		}
		tr.add(h)
		return
	}
	h.Decision = "a security group without rules for it lets it by only if a rule is not known"
	if used.by != nil {
		h.By, h.Property = used.by.by, used.by.prop
		h.Decision = "the security group's " + direction[dir] + " rule allows it"
	}
	tr.add(h)
	if f.must != f.may {
		tr.unknown(used.why...)
	}
}

// lostReferences is the code for a reference to a group that does not hold.
func (t *trip) lostReferences() string {
	code := "SG_REFERENCES_NOT_PRESERVED"
	if t.there == nil || t.there.boxed {
		return code
	}
	for _, st := range t.there.steps {
		switch {
		case st.kind == stepNAT || st.kind == stepFirewall:
			return "SG_REFERENCES_NOT_PRESERVED"
		case st.transit:
			code = "SG_REFERENCING_SUPPORT"
		}
	}
	return code
}

// refersTo says whether a rule refers to a group of the peer.
func (n *Network) refersTo(s *groupSet, dir int, peer *groupSet) bool {
	return slices.ContainsFunc(s.refs[dir], func(r rule) bool { return peer.has(r.peer) })
}

func (n *Network) classAt(k *class) *Class {
	for i := range n.inside {
		if &n.inside[i] == k {
			return &n.classes[i]
		}
	}
	return nil
}
