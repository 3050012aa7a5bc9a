package network

import (
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// This file is what an internet gateway asks that depends on the ends of a
// flow: VPC Block Public Access with its exclusions, and edge route tables.

// blocked adds VPC Block Public Access to a walk, where it is on.
func (s state) blocked(v *vpc, by *nat, six bool) state {
	if v.view.Block == resource.BlockOff {
		return s
	}
	return s.add(step{kind: stepBlock, at: v.addr, by: v.addr, prop: "BlockPublicAccess", inner: v, nat: by, six: six,
		code: "VPC_BLOCK_PUBLIC_ACCESS_ENABLED", text: "VPC Block Public Access lets it by"})
}

// block applies VPC Block Public Access to the packet that begins a flow.
func (t *trip) block(f *flow, st *step) {
	is := t.blocks(st)
	if t.n.options.Mutant == BlockPublicAccessIgnored {
		is = resource.No
	}
	switch is {
	case resource.Yes:
		f.may, f.must, f.named = PacketSet{}, PacketSet{}, PacketSet{}
	case resource.Perhaps:
		f.doubt()
	}
	t.tr.blocked(st, is)
}

// blocks says whether Block Public Access drops the packet ("Block public
// access to VPCs and subnets": modes and exclusions).
func (t *trip) blocks(st *step) resource.Tri {
	inwards, translated := t.src.external(), st.six || st.nat != nil
	exempt := t.exempt(st, inwards)
	switch mode := st.inner.view.Block; {
	case mode == resource.BlockBidirectional && !inwards:
		return not(exempt.Out)
	case mode == resource.BlockIngress && !inwards && translated:
		return resource.No
	case mode == resource.BlockUnknown && exempt.In != resource.Yes:
		return resource.Perhaps
	}
	return not(exempt.In)
}

// exempt is the exclusion that counts: of the subnet of the interface that
// faces the gateway. Where a NAT gateway does so for a subnet of its VPC that
// is not excluded as it is, AWS does not say which of the two counts.
func (t *trip) exempt(st *step, inwards bool) resource.Exemption {
	of := func(s *subnet) resource.Exemption {
		e := st.inner.view.Exempt
		if s == nil {
			return e
		}
		return resource.Exemption{In: anyOf(e.In, s.view.Exempt.In), Out: anyOf(e.Out, s.view.Exempt.Out)}
	}
	if inwards {
		return of(t.dst.k.sub)
	}
	own := t.src.k.sub
	if st.nat == nil {
		return of(own)
	}
	e := of(st.nat.subnet)
	if own.vpc == st.inner {
		if o := of(own); o.Out != e.Out {
			e.Out = resource.Perhaps
		}
	}
	return e
}

// anyOf is Yes if one of two is, No if both are, and Perhaps otherwise.
func anyOf(a, b resource.Tri) resource.Tri { return not(least(not(a), not(b))) }

func not(t resource.Tri) resource.Tri {
	switch t {
	case resource.Yes:
		return resource.No
	case resource.No:
		return resource.Yes
	}
	return resource.Perhaps
}

func (tr *tracer) blocked(st *step, is resource.Tri) {
	if tr == nil {
		return
	}
	h := Hop{At: st.at, By: st.by, Property: st.prop, Decision: st.text}
	switch is {
	case resource.Yes:
		h.Code, h.Decision = st.code, "VPC Block Public Access keeps packets from and to the internet out"
	case resource.Perhaps:
		h.Decision = "VPC Block Public Access may let it by"
		tr.unknown(&value.Reason{Code: st.code, At: st.at, Text: "whether VPC Block Public Access is on, or an exclusion from it counts here, is not known"})
	}
	tr.add(h)
}

// redirected says whether an edge route table leads what the internet sends to
// an address by a middlebox. Such a subnet cannot use a direct route to the
// gateway, neither for what it begins nor for its answers ("Gateway route
// tables", explanation code INGRESS_RTB_TRAFFIC_REDIRECTION).
func (n *Network) redirected(v *vpc, x atom) bool {
	if v == nil || v.edge == nil || n.options.Mutant == EdgeTablesOneWay {
		return false
	}
	best, _ := n.choose(v.edge, x)
	return best != nil && best.kind != resource.TargetLocal
}

// pastRedirection drops what leaves by an internet gateway directly from a
// redirected subnet.
func (t *trip) pastRedirection(f *flow, l *line, st *step, from end) bool {
	if from.external() || l.boxed || !t.n.redirected(st.inner, from.x) {
		return false
	}
	f.may, f.must, f.named = PacketSet{}, PacketSet{}, PacketSet{}
	t.tr.stopAt(st, "INGRESS_RTB_TRAFFIC_REDIRECTION", "the gateway's own route table leads what comes to this subnet by a middlebox, so that it cannot use the gateway directly")
	return true
}
