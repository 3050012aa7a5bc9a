package network

import (
	"slices"

	"github.com/suretyhq/surety/internal/value"
)

// This file is what firewalls do with flows: with those whose both directions
// they see, and with those of which they see half.

// firewall applies a firewall to the packets that begin a flow.
func (t *trip) firewall(f *flow, p passed, from far) {
	must, may, named := t.n.ports.all, PacketSet{}, PacketSet{}
	half := lot{t.n.ports.all, PacketSet{}}
	one := t.oneWay(p)
	for i := range from.len() {
		v := t.n.inspect(p.fw, from.at(i), t.dst.x)
		let := lot{v.must, v.may}
		if one {
			let = v.there
			half = lot{half.must.And(v.alone[0].must), half.may.Or(v.alone[0].may).Or(datagrams(let.may))}
		}
		must, may, named = must.And(let.must), may.Or(let.may), named.Or(v.named)
	}
	before := f.may
	f.keep(&must, &may)
	f.named = f.named.Or(named).And(f.may)
	t.tr.firewall(t, p.fw, from, before, f)
	if one {
		t.seesHalf(half)
	}
}

// replyFirewall applies a firewall to replies. It knows a flow that it saw begin.
func (t *trip) replyFirewall(p passed, st *step, to end) {
	if slices.Contains(t.there.fws, p) || t.n.symmetric() {
		t.tr.known(st)
		return
	}
	alone := t.n.inspect(p.fw, to.x, t.dst.x).alone[1]
	t.tr.passes(st)
	t.seesHalf(lot{alone.must, alone.may.Or(datagrams(t.n.ports.all))})
}

// oneWay says whether replies do not pass a firewall that the flow passes, or do
// so in another zone, where each zone keeps its own state.
func (t *trip) oneWay(p passed) bool {
	if t.back == nil || t.n.symmetric() {
		return false
	}
	return !slices.Contains(t.back.fws, p) && (t.toNAT == nil || !slices.Contains(t.toNAT.fws, p))
}

// symmetric says whether firewalls let half a connection by.
func (n *Network) symmetric() bool { return n.options.Mutant == AsymmetricFirewallOK || n.blind() }

// datagrams is a set without TCP. Half a TCP connection is dropped by a stateful
// firewall; datagrams stand alone, and may pass ("asymmetric routing").
func datagrams(p PacketSet) PacketSet {
	p.Ports[partTCP] = AtomSet{}
	return p
}

// seesHalf notes what a firewall that sees one direction of a flow lets by: for
// certain only what its stateless rules pass, which look at each packet by
// itself.
func (t *trip) seesHalf(let lot) {
	if !t.halved {
		t.halved, t.half = true, flow{must: t.n.ports.all, may: t.n.ports.all}
	}
	t.half.keep(&let.must, &let.may)
}

// halve applies what firewalls that see one direction let by.
func (t *trip) halve(f *flow) {
	if !t.halved || f.may.empty() {
		return
	}
	before := *f
	f.keep(&t.half.must, &t.half.may)
	if t.tr == nil {
		return
	}
	if asked := f.may.And(t.tr.asked); asked.IsEmpty() {
		t.tr.asymmetric(t)
	} else if f.must != before.must {
		t.tr.unknown(halfSeen)
	}
}

// halfSeen is why datagrams that a firewall sees one way only may flow.
var halfSeen = &value.Reason{Code: "FIREWALL_RULES_RESTRICTION", Text: "the flow passes a firewall one way only, or in two zones, which AWS does not support: a stateful firewall drops half a TCP connection, and may let datagrams through"}
