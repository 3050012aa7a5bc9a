package network

import (
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// A line is one way that packets may take through the fabric, from where they
// leave their source's subnet to the VPC of their destination, to the internet,
// or to where they stop. It depends on the route table, the zone and the
// destination's part of the addresses, not on addresses, so it is computed once
// for many pairs; what it meets on the way that does look at addresses (network
// ACLs, firewalls) is in its steps.
type line struct {
	steps []*step
	end   ending
	vpc   *vpc    // where it ends, unless it stops
	first *subnet // the first subnet on the way; the source's ACL does not count inside it
	last  *subnet // the last subnet before the destination's; nil: the source's
	nat   *nat    // which rewrote the source last
	fws   []passed
	pins  []pin
	boxed bool         // a middlebox passed it on
	in    resource.Tri // group references of the destination's ingress rules hold
	out   resource.Tri // group references of the source's egress rules hold
	via   addr.Address // the gateway that it leaves by
	away  bool         // which is a VPN gateway
	maybe *value.Reason
}

type ending uint8

const (
	stops ending = iota
	arrives
	leaves // to the internet
)

// passed is a stateful firewall on the way, and the zone of the endpoint where
// each zone keeps its own state.
type passed struct {
	fw   *firewall
	zone string
}

// pin is a choice of zone that the Transit Gateway keeps for both directions
// of a flow (appliance mode).
type pin struct {
	at   *attachment
	zone string
}

type stepKind uint8

const (
	stepRoute stepKind = iota // a decision that addresses do not change
	stepACL
	stepFirewall
	stepNAT
	stepPublic // needs a public address of the source
	stepBlock  // VPC Block Public Access
	stepOnly   // carries some protocols only
)

// step is one decision on a line.
type step struct {
	kind   stepKind
	at, by addr.Address
	prop   string
	text   string
	code   string // it stops here
	// route is what it follows; text is then what comes after. Transit says
	// that the route is a Transit Gateway's.
	route   *route
	transit bool
	acl     *acl
	dir     int
	skip    skipping
	sub     *subnet
	fw      *firewall
	nat     *nat
	inner   *vpc    // whose internet gateway it is, of stepPublic and stepBlock
	six     bool    // it is an egress-only gateway, of stepBlock
	lets    *filter // of stepOnly
	maybe   *value.Reason
}

// says is the decision in words. Those of a route are put together only when
// somebody asks: a walk takes thousands of routes, and a report shows few.
func (st *step) says() string {
	if st.route == nil {
		return st.text
	}
	r, whose := st.route, "the route to "
	if st.transit {
		whose = "the Transit Gateway's route to "
		if r.hole {
			return whose + r.text + " matches and is a blackhole"
		}
	}
	return whose + r.text + " matches and leads to " + targetText(r) + st.text
}

// skipping says when an ACL does not count: when the packet stays inside its
// subnet.
type skipping uint8

const (
	never skipping = iota
	ifSource
	ifDestination
)

// origin is where a walk begins: a subnet's table and zone, or, for packets
// from the internet, a VPC's internet gateway. The subnet counts only if
// something depends on it: it holds an attachment, or a NAT gateway begins the
// way back.
type origin struct {
	table *table
	vpc   *vpc
	zone  string
	sub   *subnet // nil: any subnet with the table and zone
	world bool
	back  bool  // what a NAT gateway sends back
	site  *site // what comes from beyond a VPN gateway
}

// originOf returns where packets of a subnet begin.
func (n *Network) originOf(s *subnet) origin {
	o := origin{table: s.table, vpc: s.vpc, zone: s.view.Zone}
	for _, a := range s.vpc.attachments {
		for _, t := range a.subnets {
			if t == s {
				o.sub = s
			}
		}
	}
	return o
}

// maxSteps bounds a walk.
const maxSteps = 48

// maxLines bounds how many alternatives one walk may have.
const maxLines = 64

// walker follows routes from an origin to a destination.
type walker struct {
	n    *Network
	dst  atom // any atom of the destination's part
	out  []*line
	home origin
}

// state is where a packet is. The steps of its line are on its trail until it
// ends: ways that part share what they had in common.
type state struct {
	line
	trail  *crumb
	vpc    *vpc
	table  *table
	zone   string
	sub    *subnet // nil: the source's
	middle bool    // a gateway or middlebox brought it here
	places []turn  // where it was looked up before
}

// turn is where a packet is looked up; what happens then depends on no more.
type turn struct {
	table *table
	zone  string
	sub   *subnet
}

// circles says whether a packet comes to a place again: it then goes round
// until its time to live ends.
func (w *walker) circles(s *state, p turn) bool {
	if slices.Contains(s.places, p) {
		w.stop(*s, step{at: p.table.addr, by: p.table.addr, code: "NO_PATH", text: "the routes lead in a circle"})
		return true
	}
	s.places = append(s.places[:len(s.places):len(s.places)], p)
	return false
}

// crumb is a step and those before it.
type crumb struct {
	step
	before *crumb
	count  int
}

func (c *crumb) len() int {
	if c == nil {
		return 0
	}
	return c.count
}

func (s state) add(st step) state {
	s.trail = &crumb{step: st, before: s.trail, count: s.trail.len() + 1}
	return s
}

// done returns the line that a packet took.
func (s state) done() *line {
	l := s.line
	l.steps = make([]*step, s.trail.len())
	for c := s.trail; c != nil; c = c.before {
		l.steps[c.count-1] = &c.step
	}
	return &l
}

func (s state) doubt(why *value.Reason) state {
	if s.maybe == nil {
		s.maybe = why
	}
	return s
}

func (w *walker) stop(s state, st step) {
	l := s.add(st).done()
	l.end = stops
	w.out = append(w.out, l)
}

// full says whether the walk has gone on too long. What it found so far is then
// not all, and what it leaves out may arrive.
func (w *walker) full(s state) bool {
	if s.trail.len() < maxSteps && len(w.out) < maxLines {
		return false
	}
	w.unknown(s, &value.Reason{Code: "NO_PATH", At: s.table.addr, Text: "the routes have more turns or alternatives than are followed"})
	return true
}

// walk returns every line from an origin to a part of the addresses.
func (n *Network) walk(o origin, part int32) []*line {
	w := &walker{n: n, dst: n.routing.first[part], home: o}
	s := state{vpc: o.vpc, table: o.table, zone: o.zone, sub: o.sub}
	s.in, s.out = resource.Yes, resource.Yes
	switch {
	case o.world:
		w.fromWorld(s)
	case o.site != nil:
		w.fromSite(s)
	default:
		w.inVPC(s)
	}
	return w.distinct()
}

// fromWorld walks packets of the internet into a VPC.
func (w *walker) fromWorld(s state) {
	v := s.vpc
	s.in, s.out = resource.No, resource.No
	gate := v.view.InternetGateway
	st := step{at: v.addr, by: v.addr, prop: "InternetGateway"}
	switch {
	case gate.IsZero():
		st.code, st.text = "NO_PATH", "the VPC has no internet gateway"
		w.stop(s, st)
		return
	case w.n.dead[gate.To]:
		st.code, st.text = "BAD_STATE", "the internet gateway is lost"
		w.stop(s, st)
		return
	}
	s = s.blocked(v, nil, false)
	s = s.add(step{kind: stepPublic, at: gateAddr(gate, v), by: gateAddr(gate, v), text: "the internet gateway translates the public address", code: "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"})
	s.middle = true
	if v.edge != nil {
		s.table = v.edge
		w.inVPC(s)
		return
	}
	w.deliver(s, &route{by: v.addr, text: "the VPC's own addresses"})
}

func gateAddr(l resource.Link, v *vpc) addr.Address {
	if l.To.IsZero() {
		return v.addr
	}
	return l.To
}

// inVPC looks the destination up in the table where the packet is.
func (w *walker) inVPC(s state) {
	if w.circles(&s, turn{s.table, s.zone, s.sub}) || w.full(s) {
		return
	}
	best, instead := w.n.choose(s.table, w.dst)
	if s.table.why != nil && (best == nil || !best.local || len(instead) > 0) {
		w.unknown(s, s.table.why)
	}
	for _, r := range instead {
		why := r.why
		if why == nil {
			why = r.maybe
		}
		if why == nil {
			why = &value.Reason{Code: "UNKNOWN_DESTINATION", At: r.by, Text: "whether the route matches is decided at deployment"}
		}
		w.take(s.doubt(why), r)
	}
	if len(instead) > 0 {
		s = s.doubt(&value.Reason{Code: "UNKNOWN_DESTINATION", At: instead[0].by, Text: "a route with an unknown destination may take this traffic"})
	}
	if best == nil {
		w.stop(s, step{at: s.table.addr, by: s.table.addr, code: "NO_ROUTE_TO_DESTINATION", text: "no route of the table matches"})
		return
	}
	w.take(s, best)
}

// unknown is a way that is not known: it may arrive.
func (w *walker) unknown(s state, why *value.Reason) {
	s = s.doubt(why).add(step{at: s.table.addr, by: why.At, prop: why.Property, text: "where it goes is not known: " + why.Text, maybe: why})
	l := s.done()
	if l.end = arrives; w.n.isExternal(w.dst) {
		l.end = leaves
	}
	w.out = append(w.out, l)
}

// take follows a route of a VPC's table.
func (w *walker) take(s state, r *route) {
	routed := step{at: s.table.addr, by: r.by, prop: r.prop, route: r}
	stop := func(code, text string) {
		routed.code, routed.text = code, ", "+text
		w.stop(s, routed)
	}
	switch {
	case r.hole:
		stop("BAD_STATE_ROUTE", "which is a blackhole")
		return
	case !r.to.To.IsZero() && w.n.dead[r.to.To]:
		stop("BAD_STATE_ROUTE", "which is lost")
		return
	}
	next := s.add(routed)
	switch r.kind {
	case resource.TargetLocal:
		w.deliver(s, r)
	case resource.TargetInternetGateway:
		w.toInternet(next, r)
	case resource.TargetEgressOnlyGateway:
		w.toEgressOnly(next, r)
	case resource.TargetNAT:
		w.toNAT(next, r)
	case resource.TargetTransitGateway:
		w.toGateway(next, r)
	case resource.TargetPeering:
		w.toPeer(next, r)
	case resource.TargetInterface:
		w.toInstance(next, r)
	case resource.TargetEndpoint:
		w.toEndpoint(next, r)
	case resource.TargetVPNGateway:
		w.toSite(next, r)
	case resource.TargetOther:
		// What is beyond may lead back into the graph, or on to the internet.
		w.unknown(next, &value.Reason{Code: "UNKNOWN_DESTINATION", At: r.by, Property: r.to.Property, Text: "the route leads to " + targetText(r) + ", and what is beyond it is not in the graph"})
	default:
		why := unknownLink(r.to, r.by, "target of the route")
		w.unknown(s, why)
	}
}

func targetText(r *route) string {
	if r.local {
		return "the VPC itself"
	}
	if r.attach != nil {
		return r.attach.addr.Logical
	}
	return linkText(r.to)
}

// deliver ends a walk in the VPC where the packet is.
func (w *walker) deliver(s state, r *route) {
	at := s.vpc.addr
	if s.table != nil {
		at = s.table.addr
	}
	l := s.leave(ifDestination).add(step{at: at, by: r.by, text: "the local route delivers inside the VPC"}).done()
	l.end, l.vpc, l.last = arrives, s.vpc, s.sub
	w.out = append(w.out, l)
}

// leave adds the ACL of a subnet on the way that packets leave. The source's
// own is applied by whoever knows the source.
func (s state) leave(skip skipping) state {
	if s.sub == nil || s.sub.acl == nil || !s.middle {
		return s
	}
	return s.add(step{kind: stepACL, at: s.sub.addr, acl: s.sub.acl, dir: outward, sub: s.sub, skip: skip})
}

// distinct drops lines that filter and end alike, keeping the first. A line
// that stands for several zones is not pinned to one.
func (w *walker) distinct() []*line {
	var out []*line
	if len(w.out) < 2 {
		return w.out
	}
	all := true
	for _, l := range w.out[1:] {
		all = all && alike(w.out[0], l)
	}
	if all {
		first := *w.out[0]
		first.pins = nil
		return []*line{&first}
	}
	for _, l := range w.out {
		dup := false
		for _, o := range out {
			dup = dup || (alike(o, l) && samePins(o.pins, l.pins))
		}
		if !dup {
			out = append(out, l)
		}
	}
	return out
}

func samePins(a, b []pin) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// alike says whether two lines do the same to every packet.
func alike(a, b *line) bool {
	if a.end != b.end || a.vpc != b.vpc || a.first != b.first || a.via != b.via || a.nat != b.nat || a.boxed != b.boxed || a.in != b.in || a.out != b.out ||
		(a.maybe == nil) != (b.maybe == nil) || len(a.fws) != len(b.fws) || len(a.steps) != len(b.steps) || (a.end == stops) != (b.end == stops) {
		return false
	}
	if a.last != b.last && (a.last == nil || b.last == nil || !a.last.forwardsAlike(b.last)) {
		return false
	}
	for i := range a.fws {
		if a.fws[i] != b.fws[i] {
			return false
		}
	}
	for i := range a.steps {
		x, y := a.steps[i], b.steps[i]
		if x.skip != never && x.sub != y.sub && (x.sub == nil || y.sub == nil || !x.sub.forwardsAlike(y.sub)) {
			return false
		}
		if x.kind != y.kind || x.acl != y.acl || x.dir != y.dir || x.fw != y.fw || x.nat != y.nat || x.inner != y.inner || x.code != y.code || x.lets != y.lets || (x.maybe == nil) != (y.maybe == nil) {
			return false
		}
	}
	return true
}

// forwardsAlike says whether two subnets that only forward are alike: they
// hold no interface of their own but the Transit Gateway's.
func (s *subnet) forwardsAlike(o *subnet) bool { return s.acl == o.acl && !s.homes && !o.homes }
