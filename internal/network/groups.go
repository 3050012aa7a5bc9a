package network

import (
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// groupsLet returns what the security groups of a class let out to, or in from,
// a peer at one or several addresses. Rules allow only, so one rule is enough
// ("Security group rules"). refs says whether references to the peer's groups
// hold. The tracer, if any, is told the rule that lets a packet by.
func (n *Network) groupsLet(dir int, own, peer *class, at far, refs resource.Tri, used *usedRule) (must, may PacketSet) {
	s := own.groups
	if s.none {
		return n.ports.all, n.ports.all
	}
	if (dir == outward && n.options.Mutant == IgnoreEgressRules) || (dir == inward && n.options.Mutant == SGDefaultOpen && len(s.rules[inward]) == 0) {
		return n.ports.all, n.ports.all
	}
	if n.options.Mutant == GroupRefsAcrossGateways {
		refs = resource.Yes
	}
	must, may = n.rulesLet(s, dir, peer.groups, at.x, refs, used)
	for _, x := range at.more {
		m, y := n.rulesLet(s, dir, peer.groups, x, refs, used)
		must, may = must.And(m), may.Or(y)
	}
	if s.why != nil || own.why != nil {
		may = n.ports.all
		used.unknown(s.why, own.why)
	}
	return must, may
}

func (n *Network) rulesLet(s *groupSet, dir int, peer *groupSet, at atom, refs resource.Tri, used *usedRule) (must, may PacketSet) {
	rules := s.rules[dir]
	for i := range rules {
		r := &rules[i]
		hit := resource.No
		switch {
		case r.why != nil:
			hit = resource.Perhaps
		case r.peer >= 0:
			if refs != resource.No && peer.has[int32(r.peer)] {
				hit = refs
			} else if refs != resource.No && peer.why != nil {
				hit = resource.Perhaps
			}
		}
		if hit != resource.Yes {
			for _, span := range r.spans {
				if m := n.atoms.match(span, at); m == resource.Yes || (m == resource.Perhaps && hit == resource.No) {
					hit = m
				}
			}
		}
		if hit == resource.No {
			continue
		}
		may = may.Or(r.set)
		if hit == resource.Yes && !r.partial {
			must = must.Or(r.set)
		}
		used.rule(r, hit)
	}
	return must, may
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
