package network

import (
	"net/netip"
	"slices"

	"github.com/suretyhq/surety/internal/resource"
)

// An atom is a range of addresses that no rule, route or network divides, by
// number: IPv4 first, then IPv6, each in ascending order, then one hidden atom
// for every range that only deployment gives.
type atom = int32

// span32 is the atoms from lo up to, not including, hi.
type span32 struct{ lo, hi atom }

// atoms is the division of all addresses.
type atoms struct {
	starts []netip.Addr // IPv4, then IPv6
	v6     atom         // the first IPv6 atom
	hidden []hiddenRange
	public []int // by atom: how many public ones are before it; for services
}

// hiddenRange is a subnet's range that only deployment gives, or the addresses
// of a service that a gateway endpoint leads to.
type hiddenRange struct {
	subnet  *subnet
	v6      bool
	service string
}

var (
	everyIPv4 = netip.MustParsePrefix("0.0.0.0/0")
	everyIPv6 = netip.MustParsePrefix("::/0")
)

// newAtoms divides all addresses at the boundaries of prefixes.
func newAtoms(prefixes []netip.Prefix) *atoms {
	starts := []netip.Addr{everyIPv4.Addr(), everyIPv6.Addr()}
	for _, p := range prefixes {
		if !p.IsValid() {
			continue
		}
		starts = append(starts, p.Masked().Addr())
		if next := lastOf(p).Next(); next.IsValid() {
			starts = append(starts, next)
		}
	}
	slices.SortFunc(starts, netip.Addr.Compare) // IPv4 sorts before IPv6
	a := &atoms{starts: slices.Compact(starts)}
	i, _ := slices.BinarySearchFunc(a.starts, everyIPv6.Addr(), netip.Addr.Compare)
	a.v6 = atom(i)
	return a
}

// lastOf returns the last address of a prefix.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	last, _ := netip.AddrFromSlice(b)
	return last
}

// of returns the atoms of a prefix, whose boundaries newAtoms has seen.
func (a *atoms) of(p netip.Prefix) span32 {
	if !p.IsValid() {
		return span32{}
	}
	return span32{a.at(p.Masked().Addr()), a.at(lastOf(p)) + 1}
}

// at returns the atom of an address.
func (a *atoms) at(ip netip.Addr) atom {
	i, found := slices.BinarySearchFunc(a.starts, ip, netip.Addr.Compare)
	if !found {
		i--
	}
	return atom(i)
}

// len returns how many atoms there are, hidden ones included.
func (a *atoms) len() int { return len(a.starts) + len(a.hidden) }

// hide adds a hidden atom.
func (a *atoms) hide(s *subnet, v6 bool) atom {
	a.hidden = append(a.hidden, hiddenRange{subnet: s, v6: v6})
	return atom(a.len() - 1)
}

// hideService adds the atom of a service's addresses, which are public.
func (a *atoms) hideService(name string) atom {
	a.hidden = append(a.hidden, hiddenRange{service: name})
	return atom(a.len() - 1)
}

// serviceOf returns the service whose addresses an atom stands for, or "".
func (a *atoms) serviceOf(x atom) string {
	if i := int(x) - len(a.starts); i >= 0 {
		return a.hidden[i].service
	}
	return ""
}

// countPublic prepares match for services: inside says which atoms are not
// public.
func (a *atoms) countPublic(inside []bool) {
	a.public = make([]int, len(inside)+1)
	for i, in := range inside {
		a.public[i+1] = a.public[i]
		if !in {
			a.public[i+1]++
		}
	}
}

// isV6 says whether an atom is of IPv6.
func (a *atoms) isV6(x atom) bool {
	if i := int(x) - len(a.starts); i >= 0 {
		return a.hidden[i].v6
	}
	return x >= a.v6
}

// hiddenIn returns the subnet of a hidden atom, and nil for others.
func (a *atoms) hiddenIn(x atom) *subnet {
	if i := int(x) - len(a.starts); i >= 0 {
		return a.hidden[i].subnet
	}
	return nil
}

// match says whether an atom lies in a span. A hidden atom lies in all of its
// family, and perhaps in anything less.
func (a *atoms) match(s span32, x atom) resource.Tri {
	if int(x) < len(a.starts) {
		if s.lo <= x && x < s.hi {
			return resource.Yes
		}
		return resource.No
	}
	all := span32{0, a.v6}
	if a.isV6(x) {
		all = span32{a.v6, atom(len(a.starts))}
	}
	switch {
	case s == all:
		return resource.Yes
	case a.serviceOf(x) != "" && a.public != nil && (s.lo >= s.hi || a.public[s.hi] == a.public[s.lo]):
		return resource.No
	case s.lo >= all.lo && s.hi <= all.hi && s.lo < s.hi:
		return resource.Perhaps
	}
	return resource.No
}

// prefixes returns an atom as the fewest prefixes; nil for a hidden one.
func (a *atoms) prefixes(x atom) []netip.Prefix {
	if int(x) >= len(a.starts) {
		return nil
	}
	last := lastOf(everyIPv4)
	if x >= a.v6 {
		last = lastOf(everyIPv6)
	}
	if next := x + 1; int(next) < len(a.starts) && next != a.v6 {
		last = a.starts[next].Prev()
	}
	return cover(a.starts[x], last)
}

// cover returns the fewest prefixes that make up a range.
func cover(from, to netip.Addr) []netip.Prefix {
	var out []netip.Prefix
	for from.IsValid() && from.Compare(to) <= 0 {
		bits := from.BitLen()
		for bits > 0 {
			p := netip.PrefixFrom(from, bits-1)
			if p.Masked().Addr() != from || lastOf(p).Compare(to) > 0 {
				break
			}
			bits--
		}
		p := netip.PrefixFrom(from, bits)
		out = append(out, p)
		from = lastOf(p).Next()
	}
	return out
}

// partition is a coarser division of the atoms: atoms of one part lie in the
// same of a few prefixes.
type partition struct {
	part  []int32 // by atom
	first []atom  // an atom of each part
}

// newPartition divides the atoms at the boundaries of prefixes; every hidden
// atom has a part of its own.
func (a *atoms) newPartition(prefixes []netip.Prefix) *partition {
	cut := make([]bool, len(a.starts)+1)
	cut[0], cut[a.v6] = true, true
	for _, p := range prefixes {
		if s := a.of(p); s.lo < s.hi {
			cut[s.lo], cut[s.hi] = true, true
		}
	}
	return a.cutAt(cut)
}

// cutAt divides the atoms before those that are marked.
func (a *atoms) cutAt(cut []bool) *partition {
	out := &partition{part: make([]int32, a.len())}
	for x := range out.part {
		if x >= len(a.starts) || x == 0 || x == int(a.v6) || cut[x] {
			out.first = append(out.first, atom(x))
		}
		out.part[x] = int32(len(out.first) - 1)
	}
	return out
}
