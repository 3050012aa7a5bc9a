package network

import (
	"github.com/suretyhq/surety/internal/resource"
)

// end is one end of a flow: a class at one of its addresses.
type end struct {
	k *class
	x atom
}

func (e end) external() bool { return e.k.sub == nil }

// flow is what is left of a flow on its way.
type flow struct{ must, may, named PacketSet }

func (f *flow) keep(must, may PacketSet) {
	f.must, f.may, f.named = f.must.And(must), f.may.And(may), f.named.And(may)
}

func (f *flow) doubt() { f.must = PacketSet{} }

// trip is one combination of addresses and lines: a way there, and the ways
// back of it. With a tracer it notes what decides.
type trip struct {
	n        *Network
	src, dst end
	there    *line
	back     *line // from the destination, or from the NAT gateway
	toNAT    *line // from an internal destination to the NAT gateway
	same     bool  // both ends are in one subnet
	tr       *tracer
}

// Reach returns what flows from a to b and back. It is nothing between two
// external classes.
func (n *Network) Reach(a, b ClassID) Reach {
	if !n.has(a) || !n.has(b) {
		return Reach{}
	}
	return n.reach(&n.inside[a], &n.inside[b])
}

// reach joins the answers for all addresses that the ends may have: what flows
// for all of them, in one family, is in Must.
func (n *Network) reach(a, b *class) Reach {
	var out Reach
	if n.mute(a, b) {
		return out
	}
	for family := range a.atoms {
		out.or(n.reachFamily(a, b, family))
	}
	return out
}

func (r *Reach) or(o Reach) {
	r.Must, r.May, r.Named = r.Must.Or(o.Must), r.May.Or(o.May), r.Named.Or(o.Named)
	r.Named = r.Named.And(r.May)
}

// mute says whether nothing can flow between two classes, whatever the rules.
func (n *Network) mute(a, b *class) bool {
	if a.dead || b.dead || (a.sub == nil && b.sub == nil) || a.inert {
		return true
	}
	return b.inert && !(b.nat && n.options.Mutant == NATAcceptsUnsolicited)
}

func (n *Network) reachFamily(a, b *class, family int) Reach {
	var out Reach
	first := true
	for _, x := range a.atoms[family] {
		for _, y := range b.atoms[family] {
			f := n.pair(end{a, x}, end{b, y})
			if first {
				out = Reach{Must: f.must, May: f.may, Named: f.named}
				first = false
				continue
			}
			out.Must, out.May, out.Named = out.Must.And(f.must), out.May.Or(f.may), out.Named.Or(f.named)
		}
	}
	if family == 1 && (a.six == resource.Perhaps || b.six == resource.Perhaps) {
		out.Must = PacketSet{}
	}
	return out
}

// pair answers for one address at each end.
func (n *Network) pair(src, dst end) flow {
	fab := n.fabric(src, dst)
	return n.filter(&fab, src, dst)
}

// filter applies the ends' security groups to what the fabric carries.
func (n *Network) filter(fab *fabric, src, dst end) flow {
	f := fab.flow
	if f.may.IsEmpty() {
		return f
	}
	f.keep(n.groupsLet(outward, src.k, dst.k, one(dst.x), fab.out, nil))
	if f.may.IsEmpty() {
		return f
	}
	seen := fab.seen
	if seen == nil {
		f.keep(n.groupsLet(inward, dst.k, src.k, one(src.x), fab.in, nil))
		return f
	}
	f.keep(n.groupsLet(inward, dst.k, src.k, many(seen), resource.No, nil))
	return f
}

// fabric is what flows between two addresses but for security groups: there
// and back, over every line.
type fabric struct {
	flow
	in, out resource.Tri
	seen    []atom // the addresses that the destination sees instead of the source's
}

// fabric combines every way there with every way back.
func (n *Network) fabric(src, dst end) fabric {
	out := fabric{in: resource.Yes, out: resource.Yes}
	all := n.ports.all
	first := true
	n.trips(src, dst, func(t *trip) bool {
		f := flow{must: all, may: all}
		if t.forward(&f) {
			t.reply(&f)
		} else {
			f = flow{}
		}
		begin := first
		first = false
		if begin {
			out.flow = f
		} else {
			out.must, out.may, out.named = out.must.And(f.must), out.may.Or(f.may), out.named.Or(f.named)
		}
		if t.there != nil {
			out.in, out.out = mix(out.in, t.there.in, begin), mix(out.out, t.there.out, begin)
			if t.there.nat != nil && t.there.end == arrives {
				out.seen = append(out.seen, t.there.nat.source...)
			}
		}
		return true
	})
	return out
}

// mix is what is known of two alternatives.
func mix(a, b resource.Tri, first bool) resource.Tri {
	if first || a == b {
		return b
	}
	if a == resource.Yes && b == resource.No {
		return resource.No
	}
	return resource.Perhaps
}

// trips yields every combination of a way there and a way back until f says
// stop. A way that stops on its way there is yielded without a way back.
func (n *Network) trips(src, dst end, f func(*trip) bool) {
	t := trip{n: n, src: src, dst: dst}
	if src.k.sub != nil && src.k.sub == dst.k.sub {
		t.same = true
		f(&t)
		return
	}
	from := 0
	if src.external() {
		from = dst.k.sub.vpc.world
	} else {
		from = src.k.sub.start
	}
	for _, there := range n.linesTo(from, dst.x) {
		t.there, t.back, t.toNAT = there, nil, nil
		if there.end == stops || n.options.Mutant == IgnoreReturn || !t.lands(there, dst) {
			if !f(&t) {
				return
			}
			continue
		}
		if !t.ways(f) {
			return
		}
	}
}

// ways yields a trip with each of its ways back.
func (t *trip) ways(f func(*trip) bool) bool {
	n, there := t.n, t.there
	none := true
	try := func(toNAT, back *line) bool {
		if conflict(there, back) || (toNAT != nil && (conflict(there, toNAT) || conflict(toNAT, back))) {
			return true
		}
		none = false
		t.toNAT, t.back = toNAT, back
		return f(t)
	}
	origin := 0
	switch {
	case there.nat != nil && there.nat.subnet == nil: // regional: its routes are not modelled
		t.back, t.toNAT = nil, nil
		return f(t)
	case there.nat != nil:
		origin = there.nat.subnet.nat
	case there.end == leaves && there.vpc == nil: // an unknown way
		t.back = nil
		return f(t)
	case there.end == leaves:
		if n.isEgressOnly(there) {
			t.back = nil
			return f(t)
		}
		origin = there.vpc.world
	default:
		origin = t.dst.k.sub.start
	}
	for _, back := range n.linesTo(origin, t.src.x) {
		if there.nat == nil || there.end == leaves {
			if !try(nil, back) {
				return false
			}
			continue
		}
		for _, toNAT := range n.linesTo(t.dst.k.sub.start, there.nat.source[0]) {
			if !try(toNAT, back) {
				return false
			}
		}
	}
	if none {
		t.back, t.toNAT = nil, nil
		return f(t)
	}
	return true
}

func (n *Network) isEgressOnly(l *line) bool {
	return resource.View[resource.EgressOnlyGateway](n.graph, l.via) != nil
}

// conflict says whether two lines cannot belong to one flow: appliance mode
// keeps a flow in one zone.
func conflict(a, b *line) bool {
	for _, p := range a.pins {
		for _, q := range b.pins {
			if p.at == q.at && p.zone != q.zone {
				return true
			}
		}
	}
	return false
}

// lands says whether a line ends where an end is.
func (t *trip) lands(l *line, e end) bool {
	if e.external() {
		return l.end == leaves
	}
	return l.end == arrives && (l.vpc == nil || l.vpc == e.k.sub.vpc)
}

// forward walks the way there. It returns whether anything is left.
func (t *trip) forward(f *flow) bool {
	if t.same {
		if t.n.options.Mutant == NACLInsideSubnet {
			t.acl(f, t.src.k.sub.acl, t.src.k.sub, outward, one(t.dst.x))
			t.acl(f, t.src.k.sub.acl, t.src.k.sub, inward, one(t.src.x))
		}
		t.tr.inside(t)
		return !f.may.IsEmpty()
	}
	if t.src.k.sub != nil && t.there.first != t.src.k.sub {
		t.acl(f, t.src.k.sub.acl, t.src.k.sub, outward, one(t.dst.x))
	}
	sees := one(t.src.x)
	for i := range t.there.steps {
		if f.may.IsEmpty() {
			return false
		}
		st := &t.there.steps[i]
		switch st.kind {
		case stepACL:
			if (st.skip == ifSource && st.sub == t.src.k.sub) || (st.skip == ifDestination && st.sub == t.dst.k.sub) {
				continue
			}
			far := sees
			if st.dir == outward {
				far = one(t.dst.x)
			}
			t.acl(f, st.acl, st.sub, st.dir, far)
		case stepFirewall:
			t.firewall(f, st.fw, sees)
		case stepNAT:
			sees = many(st.nat.source)
			t.tr.nat(t, st)
		case stepPublic:
			t.public(f, st)
		default:
			t.plain(f, st)
		}
	}
	if t.there.maybe != nil {
		f.doubt()
		t.tr.unknown(t.there.maybe)
	}
	if t.there.end == stops || f.may.IsEmpty() {
		f.may = PacketSet{}
		return false
	}
	if !t.lands(t.there, t.dst) {
		t.tr.strayed(t)
		f.may = PacketSet{}
		return false
	}
	if t.dst.k.sub != nil && t.there.last != t.dst.k.sub {
		t.acl(f, t.dst.k.sub.acl, t.dst.k.sub, inward, sees)
	}
	return !f.may.IsEmpty()
}

// far is one or several addresses of the far end.
type far struct {
	x    atom
	more []atom
}

func one(x atom) far    { return far{x: x} }
func many(x []atom) far { return far{x: x[0], more: x[1:]} }
func (f far) len() int  { return 1 + len(f.more) }
func (f far) at(i int) atom {
	if i == 0 {
		return f.x
	}
	return f.more[i-1]
}

// acl applies a network ACL for every address that the far end may have.
func (t *trip) acl(f *flow, a *acl, s *subnet, dir int, to far) {
	v := a.lets(dir, to.x)
	must, may := v.must, v.may
	for _, x := range to.more {
		w := a.lets(dir, x)
		must, may = must.And(w.must), may.Or(w.may)
	}
	before := f.may
	f.keep(must, may)
	t.tr.acl(t, a, s, dir, to, before, f)
}

func (t *trip) firewall(f *flow, fw *firewall, from far) {
	must, may, named := t.n.ports.all, PacketSet{}, PacketSet{}
	for i := range from.len() {
		v := t.n.inspect(fw, from.at(i), t.dst.x)
		must, may, named = must.And(v.must), may.Or(v.may), named.Or(v.named)
	}
	before := f.may
	f.keep(must, may)
	f.named = f.named.Or(named).And(f.may)
	t.tr.firewall(t, fw, from, before, f)
}

// public asks for a public address: of the source on the way out, of the
// destination on the way in.
func (t *trip) public(f *flow, st *step) {
	k := t.src.k
	if t.src.external() {
		k = t.dst.k
	}
	has := k.public
	if t.n.options.Mutant == IGWWithoutPublicAddress || t.n.atoms.isV6(t.src.x) {
		has = resource.Yes
	}
	switch has {
	case resource.No:
		f.may, f.must, f.named = PacketSet{}, PacketSet{}, PacketSet{}
	case resource.Perhaps:
		f.doubt()
	}
	t.tr.public(t, st, has)
}

func (t *trip) plain(f *flow, st *step) {
	if st.maybe != nil {
		f.doubt()
	}
	if st.code != "" {
		f.may, f.must, f.named = PacketSet{}, PacketSet{}, PacketSet{}
	}
	t.tr.plain(t, st)
}

// reply walks the way back. Security groups and firewalls know the flow;
// network ACLs do not and see the client's port, which may be any ephemeral
// one: all of them must be let back for Must, one for May.
func (t *trip) reply(f *flow) {
	n := t.n
	if n.options.Mutant == IgnoreReturn {
		return
	}
	t.tr.turn()
	all := n.ports.all
	back := flow{must: all, may: all}
	switch {
	case t.same:
		if n.options.Mutant == NACLInsideSubnet {
			t.replyACL(&back, t.src.k.sub.acl, t.src.k.sub, outward, t.src.x)
			t.replyACL(&back, t.src.k.sub.acl, t.src.k.sub, inward, t.dst.x)
		}
	case t.there.vpc == nil && t.there.end == leaves: // an unknown way
		f.doubt()
		return
	case t.back == nil && t.there.nat != nil && t.there.nat.subnet == nil:
	case t.back == nil && t.there.end == leaves && n.isEgressOnly(t.there):
		t.replyACL(&back, t.src.k.sub.acl, t.src.k.sub, inward, t.dst.x)
	case t.back == nil:
		back = flow{}
	case t.there.nat != nil:
		t.toTranslator(&back)
		n.apply(f, &back)
		back = flow{must: all, may: all}
		if s := t.there.nat.subnet; s != t.src.k.sub {
			t.replyACL(&back, s.acl, s, outward, t.src.x)
		}
		t.replyLine(&back, t.back, t.src)
	default:
		if s := t.dst.k.sub; s != nil && t.back.first != s {
			t.replyACL(&back, s.acl, s, outward, t.src.x)
		}
		t.replyLine(&back, t.back, t.src)
	}
	n.apply(f, &back)
}

// toTranslator walks the replies' way to the NAT gateway.
func (t *trip) toTranslator(back *flow) {
	s := t.there.nat.subnet
	if t.there.end == leaves {
		t.replyACL(back, s.acl, s, inward, t.dst.x)
		return
	}
	if d := t.dst.k.sub; d != nil && t.toNAT.first != d {
		t.replyACL(back, d.acl, d, outward, t.there.nat.source[0])
	}
	t.replyLine(back, t.toNAT, end{&class{sub: s, public: resource.Yes}, t.there.nat.source[0]})
}

// replyLine walks replies along a line to an end.
func (t *trip) replyLine(back *flow, l *line, to end) {
	for i := range l.steps {
		if back.may.IsEmpty() {
			return
		}
		st := &l.steps[i]
		switch st.kind {
		case stepACL:
			if (st.skip == ifSource && st.sub == t.dst.k.sub) || (st.skip == ifDestination && st.sub == to.k.sub) {
				continue
			}
			other := t.dst.x
			if st.dir == outward {
				other = to.x
			}
			t.replyACL(back, st.acl, st.sub, st.dir, other)
		case stepPublic:
			// The flow's first packet had a public address; so has its reply.
			t.tr.plain(t, st)
		case stepFirewall:
			t.tr.known(t, st)
		case stepNAT:
			back.may, back.must = PacketSet{}, PacketSet{}
			t.tr.stopAt(t, st, "NGW_SOURCE_ADDRESS_REASSIGN", "the reply leaves by a NAT gateway, which gives it another source")
		default:
			t.plain(back, st)
		}
	}
	if l.maybe != nil {
		back.doubt()
		t.tr.unknown(l.maybe)
	}
	if back.may.IsEmpty() || l.end == stops {
		back.may, back.must = PacketSet{}, PacketSet{}
		return
	}
	if !t.lands(l, to) {
		back.may, back.must = PacketSet{}, PacketSet{}
		t.tr.strayedBack(t, l)
		return
	}
	if t.lands(l, to) && l == t.back && !sameFirewalls(t) && t.n.options.Mutant != AsymmetricFirewallOK && t.n.options.Mutant != FirewallIgnored {
		back.may, back.must = PacketSet{}, PacketSet{}
		t.tr.asymmetric(t)
		return
	}
	if to.k.sub != nil && l.last != to.k.sub {
		t.replyACL(back, to.k.sub.acl, to.k.sub, inward, t.dst.x)
	}
}

// replyACL applies a network ACL to replies.
func (t *trip) replyACL(back *flow, a *acl, s *subnet, dir int, other atom) {
	if t.n.options.Mutant == NACLsStateful {
		return
	}
	v := a.lets(dir, other)
	before := *back
	back.keep(v.must, v.may)
	t.tr.replyACL(t, a, s, dir, other, before.may, back)
}

// sameFirewalls says whether replies pass the firewalls that the flow passed,
// which drop what they have not seen begin ("asymmetric routing").
func sameFirewalls(t *trip) bool {
	back := t.back.fws
	if t.toNAT != nil {
		back = append(append([]passed(nil), back...), t.toNAT.fws...)
	}
	return subset(t.there.fws, back) && subset(back, t.there.fws)
}

func subset(a, b []passed) bool {
	for _, p := range a {
		found := false
		for _, q := range b {
			found = found || p == q
		}
		if !found {
			return false
		}
	}
	return true
}

// apply keeps of a flow what is let back: by protocol, since replies go to the
// client's port.
func (n *Network) apply(f *flow, back *flow) {
	must, may := n.letBack(back.must, true), n.letBack(back.may, false)
	if n.options.Mutant == EphemeralPortsFree {
		must = n.letBack(back.must, false)
	}
	f.keep(must, may)
}

func (n *Network) letBack(back PacketSet, all bool) PacketSet {
	var out PacketSet
	for part := partTCP; part <= partUDP; part++ {
		client := n.ephemeral.Ports[part]
		hit := back.Ports[part].and(client)
		if (all && hit == client) || (!all && !hit.isEmpty()) {
			out.Ports[part] = n.ports.all.Ports[part]
		}
	}
	out.Ports[partOther] = back.Ports[partOther]
	return out
}
