package network

import (
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// groupsLet keeps of a flow what the security groups of a class let out to, or
// in from, a peer at one or several addresses. Rules allow only, so one rule is
// enough ("Security group rules"). refs says whether references to the peer's
// groups hold. used, if any, is told the rule that lets a packet by.
func (n *Network) groupsLet(f *flow, dir int, own, peer *class, at far, refs resource.Tri, used *usedRule) {
	s := own.groups
	if n.free(s, dir) || (dir == outward && n.options.Mutant == IgnoreEgressRules) ||
		(dir == inward && n.options.Mutant == SGDefaultOpen && len(s.spans[inward])+len(s.refs[inward]) == 0) {
		return
	}
	if n.options.Mutant == GroupRefsAcrossGateways {
		refs = resource.Yes
	}
	var let flow
	n.spansLet(&let, s, dir, at, used)
	n.refsLet(&let, s, dir, peer.groups, refs, used)
	if s.why != nil || own.why != nil {
		let.may = n.ports.all
		used.unknown(s.why, own.why)
	}
	f.keep(&let.must, &let.may)
}

// free says whether no rule is asked in a direction.
func (n *Network) free(s *groupSet, dir int) bool { return s.none || n.options.Open.group(dir) }

// spansLet adds what the rules that name addresses let by: for all of them to
// must, for any to may.
func (n *Network) spansLet(let *flow, s *groupSet, dir int, at far, used *usedRule) {
	n.spansLetOne(let, s, dir, at.x, used)
	for _, x := range at.more {
		var one flow
		n.spansLetOne(&one, s, dir, x, used)
		let.merge(&one, false)
	}
}

func (n *Network) spansLetOne(let *flow, s *groupSet, dir int, at atom, used *usedRule) {
	rules := s.spans[dir]
	for i := range rules {
		r := &rules[i]
		hit := resource.No
		if r.why != nil {
			hit = resource.Perhaps
		}
		for _, span := range r.spans {
			if m := n.atoms.match(span, at); m == resource.Yes || (m == resource.Perhaps && hit == resource.No) {
				hit = m
			}
		}
		n.ruleLets(let, r, hit, used)
	}
}

// refsLet adds what the rules that name groups let by.
func (n *Network) refsLet(let *flow, s *groupSet, dir int, peer *groupSet, refs resource.Tri, used *usedRule) {
	if refs == resource.No {
		return
	}
	rules := s.refs[dir]
	for i := range rules {
		r := &rules[i]
		hit := resource.No
		if peer.has(r.peer) {
			hit = refs
		} else if peer.why != nil {
			hit = resource.Perhaps
		}
		n.ruleLets(let, r, hit, used)
	}
}

func (n *Network) ruleLets(let *flow, r *rule, hit resource.Tri, used *usedRule) {
	if hit == resource.No {
		return
	}
	let.may.join(&r.set)
	if hit == resource.Yes && !r.partial {
		let.must.join(&r.set)
	}
	used.rule(r, hit)
}

// usedRule collects the rule that decides, for explanations.
type usedRule struct {
	want PacketSet
	by   *rule
	sure bool
	why  []*value.Reason
}

func (u *usedRule) rule(r *rule, hit resource.Tri) {
	if u == nil || !r.set.Overlaps(u.want) {
		return
	}
	if r.why != nil {
		u.why = append(u.why, r.why)
	}
	if u.by == nil || (!u.sure && hit == resource.Yes) {
		u.by, u.sure = r, hit == resource.Yes
	}
}

func (u *usedRule) unknown(why ...*value.Reason) {
	if u != nil {
		u.why = append(u.why, present(why...)...)
	}
}
