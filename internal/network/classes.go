package network

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// class is what the walk needs of a Class.
type class struct {
	sub     *subnet // nil for an external class
	atoms   [2][]atom
	groups  *groupSet
	public  resource.Tri
	inert   bool // neither begins nor ends flows: NAT gateways, attachments
	nat     bool
	dead    bool
	site    *site        // it is beyond a VPN gateway
	void    bool         // nobody has the address
	service string       // whose addresses it is
	six     resource.Tri // has an IPv6 address
	why     *value.Reason
}

// groupSet is the security groups of a class, with their rules in one list.
type groupSet struct {
	id    int
	addrs []addr.Address
	ids   []int         // of the groups, ascending
	none  bool          // the kind has no groups
	spans [2][]rule     // rules that name addresses, or do not say whom
	refs  [2][]rule     // rules that name groups
	why   *value.Reason // some group is not known
}

// interfaces makes the classes.
func (c *compiler) interfaces() {
	c.externals()
	type member struct {
		key string
		i   resource.Interface
		k   class
	}
	var all []*member
	sets := map[string]*groupSet{}
	for _, i := range c.g.Interfaces() {
		s := c.n.subnetAt[i.Subnet.To]
		if s == nil {
			c.n.unplaced = append(c.n.unplaced, i)
			continue
		}
		k := class{sub: s, atoms: s.atoms, public: i.Public, nat: i.Kind == resource.EndNAT,
			inert: i.Kind == resource.EndNAT || i.Kind == resource.EndAttachment, why: i.Why}
		if i.Address.IsValid() {
			k.atoms[0] = []atom{c.n.atoms.at(i.Address)}
		}
		k.six = resource.Perhaps
		if i.IPv6.IsValid() {
			k.atoms[1], k.six = []atom{c.n.atoms.at(i.IPv6)}, resource.Yes
		}
		if i.Exact && !i.Address.IsValid() {
			k.atoms[0] = nil
		}
		if i.Exact && !i.IPv6.IsValid() {
			k.atoms[1] = nil
		}
		if !k.inert {
			s.homes = true
		}
		k.groups = c.groupSet(sets, i)
		all = append(all, &member{classKey(&k), i, k})
	}
	slices.SortStableFunc(all, func(a, b *member) int {
		if a.k.sub != b.k.sub {
			return a.k.sub.addr.Compare(b.k.sub.addr)
		}
		if c := cmp.Compare(a.key, b.key); c != 0 {
			return c
		}
		return a.i.Owner.Addr.Compare(b.i.Owner.Addr)
	})
	for j, m := range all {
		if j == 0 || all[j-1].key != m.key {
			c.n.inside = append(c.n.inside, m.k)
			c.n.classes = append(c.n.classes, Class{ID: ClassID(len(c.n.classes)), Zone: m.k.sub.view.Zone, Subnet: m.k.sub.addr,
				VPC: m.k.sub.vpc.addr, Groups: m.k.groups.addrs})
		}
		last := &c.n.classes[len(c.n.classes)-1]
		last.Members = append(last.Members, m.i)
		for _, p := range addresses(m.i, m.k.sub) {
			if !slices.Contains(last.Addrs, p) {
				last.Addrs = append(last.Addrs, p)
			}
		}
		for _, a := range []addr.Address{m.i.Owner.Addr, m.i.Self} {
			if ids := c.n.byOwner[a]; !a.IsZero() && !slices.Contains(ids, last.ID) {
				c.n.byOwner[a] = append(ids, last.ID)
			}
		}
	}
}

// addresses returns where an interface's addresses lie.
func addresses(i resource.Interface, s *subnet) []netip.Prefix {
	var out []netip.Prefix
	if i.Address.IsValid() {
		out = append(out, netip.PrefixFrom(i.Address, i.Address.BitLen()))
	} else if s.view.CIDR.IsValid() && !i.Exact {
		out = append(out, s.view.CIDR)
	}
	if i.IPv6.IsValid() {
		out = append(out, netip.PrefixFrom(i.IPv6, i.IPv6.BitLen()))
	} else if s.view.IPv6.IsValid() && !i.Exact {
		out = append(out, s.view.IPv6)
	}
	return out
}

// classKey is equal for interfaces that nothing tells apart.
func classKey(k *class) string {
	b := binary.AppendVarint(nil, int64(k.sub.id))
	b = binary.AppendVarint(b, int64(k.groups.id))
	for _, atoms := range k.atoms {
		b = binary.AppendVarint(b, int64(len(atoms)))
		for _, x := range atoms {
			b = binary.AppendVarint(b, int64(x))
		}
	}
	b = append(b, byte(k.public), byte(k.six))
	for _, flag := range []bool{k.inert, k.nat, k.why != nil} {
		if flag {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
	}
	if k.why != nil {
		b = append(b, k.why.Error()...)
	}
	return string(b)
}

// has says whether a group is in the set; sets are short.
func (s *groupSet) has(id int) bool {
	for _, g := range s.ids {
		if g == id {
			return true
		}
	}
	return false
}

func (c *compiler) groupSet(sets map[string]*groupSet, i resource.Interface) *groupSet {
	open := c.n.options.Open.Ingress && c.n.options.Open.Egress
	s := &groupSet{none: !i.HasGroups || open}
	if open {
		i.Groups, i.HasGroups, i.Why = nil, false, nil
	}
	var ids []int
	for _, l := range i.Groups {
		g := c.g.Group(l)
		if g == nil {
			s.why = unknownLink(l, i.Owner.Addr, "security group")
			continue
		}
		ids = append(ids, c.groups[g].id)
	}
	if i.HasGroups && len(i.Groups) == 0 && s.why == nil {
		s.why = firstReason(present(i.Why), i.Owner.Addr, "the security groups are not known")
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	b := []byte{0}
	if s.none {
		b[0] = 1
	}
	for _, id := range ids {
		b = binary.AppendVarint(b, int64(id))
	}
	if s.why != nil {
		b = append(b, s.why.Error()...)
	}
	if known := sets[string(b)]; known != nil {
		return known
	}
	for _, id := range ids {
		g := c.n.groups[id]
		s.addrs = append(s.addrs, g.addr)
		for dir := range g.rules {
			for _, r := range g.rules[dir] {
				if r.why == nil && r.peer != noGroup {
					s.refs[dir] = append(s.refs[dir], r)
				} else {
					s.spans[dir] = append(s.spans[dir], r)
				}
			}
		}
		if g.unknown != nil && s.why == nil {
			s.why = g.unknown
		}
	}
	s.ids = ids
	slices.SortFunc(s.addrs, addr.Address.Compare)
	s.id = len(c.n.sets)
	c.n.sets = append(c.n.sets, s)
	sets[string(b)] = s
	return s
}

// externals makes the classes of public addresses outside the graph: atoms that
// exactly the same lists of addresses name are one class, and what no list
// names is Internet.
func (c *compiler) externals() {
	a := c.n.atoms
	c.n.outside = make([]bool, a.len())
	inside := c.inside()
	named := make([][]byte, len(a.starts))
	for i, list := range c.lists() {
		for _, s := range list {
			if s.lo == 0 && s.hi == a.v6 || s.lo == a.v6 && int(s.hi) == len(a.starts) {
				continue
			}
			for x := s.lo; x < s.hi; x++ {
				if !inside[x] {
					named[x] = binary.AppendUvarint(named[x], uint64(i))
				}
			}
		}
	}
	c.n.classes = append(c.n.classes, Class{ID: Internet, External: true})
	c.n.inside = append(c.n.inside, class{groups: &groupSet{none: true}, six: resource.Yes})
	known := map[string]ClassID{"": Internet}
	for x := range named {
		if inside[x] {
			continue
		}
		c.n.outside[x] = true
		id, ok := known[string(named[x])]
		if !ok {
			id = ClassID(len(c.n.classes))
			known[string(named[x])] = id
			c.n.classes = append(c.n.classes, Class{ID: id, External: true})
			c.n.inside = append(c.n.inside, class{groups: &groupSet{none: true}, six: resource.Yes})
		}
		family := 0
		if atom(x) >= a.v6 {
			family = 1
		}
		k := &c.n.inside[id]
		k.atoms[family] = append(k.atoms[family], atom(x))
		c.n.classes[id].Addrs = append(c.n.classes[id].Addrs, a.prefixes(atom(x))...)
	}
	defer c.serviceClasses()
	for id := range c.n.classes {
		c.n.external = append(c.n.external, ClassID(id))
		// Every list treats the atoms of a class alike, so one stands for all.
		k := &c.n.inside[id]
		for f := range k.atoms {
			if len(k.atoms[f]) > 1 {
				k.atoms[f] = k.atoms[f][:1]
			}
		}
	}
}

// inside says which atoms are of no public address outside the graph.
func (c *compiler) inside() []bool {
	inside := make([]bool, len(c.n.atoms.starts))
	mark := func(p netip.Prefix) {
		for x := c.n.atoms.of(p); x.lo < x.hi; x.lo++ {
			inside[x.lo] = true
		}
	}
	for _, p := range private {
		mark(netip.MustParsePrefix(p))
	}
	for _, v := range c.n.vpcs {
		for _, p := range append(slices.Clone(v.view.CIDRs), v.view.IPv6...) {
			mark(p)
		}
	}
	return inside
}

// lists returns every list of addresses that a rule or route names, each once.
func (c *compiler) lists() [][]span32 {
	var out [][]span32
	seen := map[string]bool{}
	add := func(spans []span32) {
		if len(spans) == 0 {
			return
		}
		var key []byte
		for _, s := range spans {
			key = binary.AppendVarint(binary.AppendVarint(key, int64(s.lo)), int64(s.hi))
		}
		if !seen[string(key)] {
			seen[string(key)] = true
			out = append(out, spans)
		}
	}
	for _, g := range c.n.groups {
		for dir := range g.rules {
			for _, r := range g.rules[dir] {
				add(r.spans)
			}
		}
	}
	for _, a := range c.n.acls {
		for _, e := range a.entries {
			if e.CIDR.IsValid() {
				add([]span32{c.n.atoms.of(e.CIDR)})
			}
		}
	}
	for _, t := range c.allTables {
		for _, r := range t.routes {
			for i := range r.spans {
				add(r.spans[i : i+1])
			}
		}
	}
	for _, v := range resource.Views[resource.VPNGateway](c.g) {
		for _, p := range v.Routes {
			add([]span32{c.n.atoms.of(p)})
		}
	}
	for _, f := range c.n.firewalls {
		for _, rules := range [][]fwRule{f.stateless, f.stateful} {
			for _, r := range rules {
				add(r.source.spans)
				add(r.dest.spans)
			}
		}
	}
	return out
}

// Classes returns every class, Internet first, in a stable order.
func (n *Network) Classes() []Class { return n.classes }

// Class returns a class; the zero Class if there is none of that number.
func (n *Network) Class(id ClassID) Class {
	if !n.has(id) {
		return Class{}
	}
	return n.classes[id]
}

func (n *Network) has(id ClassID) bool { return id >= 0 && int(id) < len(n.classes) }

// Unplaced returns the interfaces that are in no class, because it is not known
// in which subnet of the graph they are. Nothing is known about their packets,
// so whoever proves that something cannot flow has to take them into account.
func (n *Network) Unplaced() []resource.Interface { return n.unplaced }

// External returns the classes of addresses outside the graph, Internet first,
// but for those of services that gateway endpoints lead to (Service).
func (n *Network) External() []ClassID { return n.external }

// ClassesOf returns the classes that hold the interfaces of a resource.
func (n *Network) ClassesOf(owner addr.Address) []ClassID { return n.byOwner[owner] }

// ClassForPrefix returns the classes that have, or may have, an address in a
// prefix. Private addresses that no subnet holds are of no class.
func (n *Network) ClassForPrefix(p netip.Prefix) []ClassID {
	var out []ClassID
	for i := range n.classes {
		if !n.inside[i].void && slices.ContainsFunc(n.classes[i].Addrs, p.Overlaps) {
			out = append(out, n.classes[i].ID)
		}
	}
	return out
}
