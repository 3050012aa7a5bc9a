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

func (f *flow) keep(must, may *PacketSet) {
	f.must.meet(must)
	f.may.meet(may)
	if !f.named.empty() {
		f.named.meet(may)
	}
}

// merge joins the answers for alternatives: what flows by all of them is in
// must, what flows by one in may.
func (f *flow) merge(o *flow, first bool) {
	if first {
		*f = *o
		return
	}
	f.must.meet(&o.must)
	f.may.join(&o.may)
	f.named.join(&o.named)
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
	halved   bool  // some firewall sees one direction only
	half     flow  // what such firewalls let by
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
	if a.service != "" || a.void || a.dead || b.dead || (a.sub == nil && b.sub == nil) || a.inert {
		return true
	}
	return b.inert && (!b.nat || n.options.Mutant != NATAcceptsUnsolicited)
}

// Sends returns what gets from a to b, whether or not a reply comes back.
func (n *Network) Sends(a, b ClassID) Reach {
	var out Reach
	if !n.has(a) || !n.has(b) {
		return out
	}
	src, dst := &n.inside[a], &n.inside[b]
	if n.mute(src, dst) {
		return out
	}
	for family := range src.atoms {
		var sum flow
		first := true
		for _, x := range src.atoms[family] {
			for _, y := range dst.atoms[family] {
				f := n.sent(end{src, x}, end{dst, y})
				sum.merge(&f, first)
				first = false
			}
		}
		if family == 1 && (src.six == resource.Perhaps || dst.six == resource.Perhaps) {
			sum.must = PacketSet{}
		}
		out.or(Reach{sum.must, sum.may, sum.named})
	}
	return out
}

// sent answers Sends for one address at each end.
func (n *Network) sent(src, dst end) flow {
	var sum flow
	var j journey
	first := true
	try := func() {
		f := flow{must: n.ports.all, may: n.ports.all}
		if !j.arrives(&f) {
			f = flow{}
		}
		sum.merge(&f, first)
		first = false
	}
	j.begin(n, src, dst)
	if j.same {
		try()
	}
	for _, j.there = range j.ways {
		try()
	}
	return sum
}

func (n *Network) reachFamily(a, b *class, family int) Reach {
	var sum flow
	first := true
	for _, x := range a.atoms[family] {
		for _, y := range b.atoms[family] {
			f := n.pair(end{a, x}, end{b, y})
			sum.merge(&f, first)
			first = false
		}
	}
	out := Reach{Must: sum.must, May: sum.may, Named: sum.named}
	if family == 1 && (a.six == resource.Perhaps || b.six == resource.Perhaps) {
		out.Must = PacketSet{}
	}
	return out
}

// pair answers for one address at each end.
func (n *Network) pair(src, dst end) flow {
	var fab fabric
	n.cross(&fab, src, dst)
	f := fab.flow
	n.filter(&f, &fab, src, dst)
	return f
}

// filter applies the ends' security groups to what the fabric carries.
func (n *Network) filter(f *flow, fab *fabric, src, dst end) {
	if f.may.empty() {
		return
	}
	n.groupsLet(f, outward, src.k, dst.k, one(dst.x), fab.out, nil)
	if f.may.empty() {
		return
	}
	if fab.seen == nil {
		n.groupsLet(f, inward, dst.k, src.k, one(src.x), fab.in, nil)
		return
	}
	n.groupsLet(f, inward, dst.k, src.k, many(fab.seen), resource.No, nil)
}

// fabric is what flows between two addresses but for security groups: there
// and back, over every line.
type fabric struct {
	flow
	in, out resource.Tri
	seen    []atom // the addresses that the destination sees instead of the source's
}

// cross combines every way there with every way back.
func (n *Network) cross(out *fabric, src, dst end) {
	out.in, out.out = resource.Yes, resource.Yes
	first := true
	var j journey
	for j.begin(n, src, dst); j.next(); first = false {
		t := &j.trip
		f := flow{must: n.ports.all, may: n.ports.all}
		if t.forward(&f) {
			t.reply(&f)
		} else {
			f = flow{}
		}
		out.merge(&f, first)
		if t.there != nil {
			out.in, out.out = mix(out.in, t.there.in, first), mix(out.out, t.there.out, first)
			if t.translates() {
				out.seen = append(out.seen, t.there.nat.source...)
			}
		}
	}
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

// translates says whether the destination sees a NAT gateway instead of the
// source.
func (t *trip) translates() bool {
	return t.there.nat != nil && t.there.end == arrives && t.n.options.Mutant != NATKeepsSource
}

// lands says whether a line ends where an end is.
func (t *trip) lands(l *line, e end) bool {
	if e.external() {
		return l.reaches(e.k)
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
		return !f.may.empty()
	}
	if t.src.k.sub != nil && t.there.first != t.src.k.sub {
		t.acl(f, t.src.k.sub.acl, t.src.k.sub, outward, one(t.dst.x))
	}
	sees, seen := one(t.src.x), 0
	t.halved = false
	for i := range t.there.steps {
		if f.may.empty() {
			return false
		}
		st := t.there.steps[i]
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
			t.firewall(f, t.there.fws[seen], sees)
			seen++
		case stepNAT:
			if t.n.options.Mutant != NATKeepsSource {
				sees = many(st.nat.source)
			}
			t.tr.nat(t, st)
		case stepPublic:
			if t.pastRedirection(f, t.there, st, t.src) {
				return false
			}
			t.public(f, st)
		case stepBlock:
			t.block(f, st)
		case stepOnly:
			t.only(f, st)
		default:
			t.plain(f, st)
		}
	}
	if t.there.maybe != nil {
		f.doubt()
		t.tr.unknown(t.there.maybe)
	}
	if t.there.end == stops || f.may.empty() {
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
	return !f.may.empty()
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
	var before PacketSet
	if t.tr != nil {
		before = f.may
	}
	v := a.lets(dir, to.x)
	if len(to.more) == 0 {
		f.keep(&v.must, &v.may)
	} else {
		sum := flow{must: v.must, may: v.may}
		for _, x := range to.more {
			w := a.lets(dir, x)
			sum.merge(&flow{must: w.must, may: w.may}, false)
		}
		f.keep(&sum.must, &sum.may)
	}
	t.tr.acl(t, a, s, dir, to, before, f)
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
	t.tr.plain(st)
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
	case t.there.vpc == nil && t.dst.external(): // an unknown way
		f.doubt()
		return
	case t.back == nil && t.there.nat != nil && t.there.nat.subnet == nil:
	case t.back == nil && t.there.end == leaves && n.answers(t.there):
		t.replyACL(&back, t.src.k.sub.acl, t.src.k.sub, inward, t.dst.x)
	case t.back == nil:
		back = flow{}
	case t.there.nat != nil:
		t.toTranslator(&back)
		if n.apply(f, &back); f.may.empty() {
			return
		}
		t.tr.translated(t)
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
	t.halve(f)
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
	seen := 0
	for i := range l.steps {
		if back.may.empty() {
			return
		}
		st := l.steps[i]
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
		case stepBlock:
			// It decides about the packet that begins a flow.
		case stepPublic:
			// The flow's first packet had a public address; so has its reply.
			if t.pastRedirection(back, l, st, t.dst) {
				return
			}
			t.tr.plain(st)
		case stepOnly:
			// A reply is of the protocol that was carried.
		case stepFirewall:
			t.replyFirewall(l.fws[seen], st, to)
			seen++
		case stepNAT:
			back.may, back.must = PacketSet{}, PacketSet{}
			t.tr.stopAt(st, "NGW_SOURCE_ADDRESS_REASSIGN", "the reply leaves by a NAT gateway, which gives it another source")
		default:
			t.plain(back, st)
		}
	}
	if l.maybe != nil {
		back.doubt()
		t.tr.unknown(l.maybe)
	}
	if to.external() && l.end == leaves && t.n.answers(l) && t.n.options.Mutant != EgressOnlyLetsIn {
		back.doubt() // the gateway has not seen the flow begin
		t.tr.unknown(t.n.unseen(l))
	}
	if back.may.empty() || l.end == stops {
		back.may, back.must = PacketSet{}, PacketSet{}
		return
	}
	if !t.lands(l, to) {
		back.may, back.must = PacketSet{}, PacketSet{}
		t.tr.strayedBack(t, l)
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
	var before PacketSet
	if t.tr != nil {
		before = back.may
	}
	back.keep(&v.must, &v.may)
	t.tr.replyACL(t, a, s, dir, other, before, back)
}

// apply keeps of a flow what is let back: by protocol, since replies go to the
// client's port.
func (n *Network) apply(f *flow, back *flow) {
	var must, may PacketSet
	n.letBack(&must, &back.must, n.options.Mutant != EphemeralPortsFree)
	n.letBack(&may, &back.may, false)
	f.keep(&must, &may)
}

// letBack sets out to the packets whose replies, which are let back to the ports
// in back, reach all ports that a client may have chosen, or some.
func (n *Network) letBack(out, back *PacketSet, all bool) {
	for part := partTCP; part <= partUDP; part++ {
		client := n.ephemeral.Ports[part]
		hit := back.Ports[part].and(client)
		if (all && hit == client) || (!all && !hit.isEmpty()) {
			out.Ports[part] = n.ports.all.Ports[part]
		}
	}
	out.Ports[partOther] = back.Ports[partOther]
}
