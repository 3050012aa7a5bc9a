package network

import (
	"slices"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// networkACLs compiles network ACLs and gives each subnet its own, or its
// VPC's default one ("Default network ACL").
func (c *compiler) networkACLs() {
	if c.n.options.Open.ACLs {
		c.openACLs()
		return
	}
	for _, a := range c.rawACL {
		c.acls[a] = c.networkACL(a)
	}
	for _, s := range c.n.subnets {
		l := s.view.NetworkACL
		if l.IsZero() {
			l = resource.DefaultACL(s.vpc.addr)
		}
		if a := c.g.ACL(l); a != nil && c.acls[a] != nil {
			s.acl = c.acls[a]
			continue
		}
		unknown := &acl{id: len(c.n.acls), addr: s.addr, at: make([]uint16, c.n.atoms.len()), why: unknownLink(l, s.addr, "network ACL")}
		for dir := range unknown.verdict {
			unknown.verdict[dir] = []filter{{may: c.n.ports.all}}
		}
		c.n.acls = append(c.n.acls, unknown)
		s.acl = unknown
	}
}

// openACLs gives every subnet a network ACL that lets everything by.
func (c *compiler) openACLs() {
	for _, s := range c.n.subnets {
		s.acl = &acl{id: len(c.n.acls), addr: s.addr, at: make([]uint16, c.n.atoms.len()), open: true}
		for dir := range s.acl.verdict {
			s.acl.verdict[dir] = []filter{{must: c.n.ports.all, may: c.n.ports.all}}
		}
		c.n.acls = append(c.n.acls, s.acl)
	}
}

// networkACL compiles one: its own boundaries make intervals, and each has one
// verdict in each direction.
func (c *compiler) networkACL(raw *resource.NetworkACL) *acl {
	x := &acl{id: len(c.n.acls), addr: raw.Addr}
	c.n.acls = append(c.n.acls, x)
	unknown := raw.Unknown
	if why := c.stray(raw.Addr.Stack, "AWS::EC2::NetworkAclEntry", "AWS::EC2::SubnetNetworkAclAssociation"); why != nil {
		unknown = append(slices.Clone(unknown), why)
	}
	if len(unknown) > 0 {
		x.why = unknown[0]
	}
	cut := make([]bool, len(c.n.atoms.starts)+1)
	cut[0], cut[c.n.atoms.v6] = true, true
	for _, e := range raw.Entries {
		if s := c.n.atoms.of(e.CIDR); s.lo < s.hi {
			cut[s.lo], cut[s.hi] = true, true
		}
		if e.Why != nil && x.why == nil {
			x.why = e.Why
		}
	}
	entries := slices.Clone(raw.Entries)
	if c.n.options.Mutant == NACLOrderReversed {
		slices.Reverse(entries)
	}
	x.entries = entries
	x.at = make([]uint16, c.n.atoms.len())
	for y := range x.at {
		if y >= len(c.n.atoms.starts) || cut[y] {
			for dir := range x.verdict {
				x.verdict[dir] = append(x.verdict[dir], c.judge(entries, dir == outward, atom(y), unknown))
			}
		}
		x.at[y] = uint16(len(x.verdict[0]) - 1)
	}
	return x
}

// judge evaluates entries in order for one atom of the far end. An entry that
// is not known may deny, so Must loses it, and may allow, so May has it.
func (c *compiler) judge(entries []resource.ACLEntry, egress bool, far atom, unknown []*value.Reason) filter {
	var out filter
	must, may := c.n.ports.all, c.n.ports.all
	for _, e := range entries {
		if e.Egress != egress {
			continue
		}
		hit := resource.Perhaps
		if e.CIDR.IsValid() {
			hit = c.n.atoms.match(c.n.atoms.of(e.CIDR), far)
		}
		if hit == resource.No {
			continue
		}
		set := c.n.ports.set(e.Protocol, e.From, e.To)
		partial := (e.Protocol == resource.ICMP || e.Protocol == resource.ICMPv6) && (e.From != 0 || e.To != 65535 || e.Code != -1)
		switch {
		case e.Why != nil:
			out.may = out.may.Or(set.And(may))
			must = must.Minus(set)
		case e.Allow && (hit == resource.Perhaps || partial):
			out.may = out.may.Or(set.And(may))
		case e.Allow:
			out.must, out.may = out.must.Or(set.And(must)), out.may.Or(set.And(may))
			must, may = must.Minus(set), may.Minus(set)
		case hit == resource.Perhaps || partial:
			must = must.Minus(set)
		default:
			must, may = must.Minus(set), may.Minus(set)
		}
	}
	if len(unknown) > 0 {
		return filter{may: c.n.ports.all}
	}
	return out
}

// lets returns what an ACL lets by for an atom of the far end.
func (a *acl) lets(dir int, far atom) *filter { return &a.verdict[dir][a.at[far]] }

// decider returns the entry that decides about packets of a set, for
// explanations: the first whose address matches and whose set overlaps.
func (n *Network) decider(a *acl, dir int, far atom, set PacketSet) (*resource.ACLEntry, bool) {
	for i := range a.entries {
		e := &a.entries[i]
		if e.Egress != (dir == outward) || !n.ports.set(e.Protocol, e.From, e.To).Overlaps(set) {
			continue
		}
		if e.Why != nil || !e.CIDR.IsValid() || n.atoms.match(n.atoms.of(e.CIDR), far) != resource.No {
			return e, true
		}
	}
	return nil, false
}
