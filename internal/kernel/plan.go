package kernel

import (
	"net/netip"

	"github.com/suretyhq/surety/internal/resource"
)

// End is what a probe can come from and go to: one interface of the graph, or
// the Internet. Public is the address that the Internet sees, where there is
// one; it is made up, as only deployment gives it.
type End struct {
	Name      string
	Interface resource.Interface
	Internet  bool
	Addr      netip.Addr
	Public    netip.Addr
}

// InternetAddr and InternetIPv6 are the addresses of the one host that stands
// for the Internet.
var (
	InternetAddr = netip.MustParseAddr("198.51.100.7")
	InternetIPv6 = netip.MustParseAddr("2a00::7")
)

// plan is a network of namespaces, before it exists.
type plan struct {
	spaces []*space
	links  []link
	ends   []End
	homes  []int // the space of each end
	family Family
}

// Family is one of the two families of addresses. They never meet, so that each
// is judged by namespaces of its own.
type Family int

// The families.
const (
	IPv4 Family = iota
	IPv6
)

// of returns which of two is of the family.
func of[T any](f Family, four, six T) T {
	if f == IPv6 {
		return six
	}
	return four
}

// has says whether an address is of the family.
func (f Family) has(a netip.Addr) bool { return a.IsValid() && a.Is4() == (f == IPv4) }

// space is one namespace. Devices are named by links; addresses are on lo.
type space struct {
	name    string
	family  Family
	forward bool
	addr    netip.Addr
	rules   []rule
	routes  []route
	filter  string // an nftables ruleset, "" for none
}

// link is a pair of devices, one in each of two spaces.
type link struct {
	a, b         int
	nameA, nameB string
}

// rule sends what comes in by a device to a table.
type rule struct {
	in    string
	table int
}

// route leads a prefix to a device, or nowhere where dev is empty. Table 0 is
// the main one.
type route struct {
	table int
	dest  netip.Prefix
	dev   string
	src   netip.Addr
}

// everywhere is every address of the family.
func (f Family) everywhere() netip.Prefix {
	return of(f, netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"))
}

func (p *plan) space(name string, forward bool) int {
	p.spaces = append(p.spaces, &space{name: name, family: p.family, forward: forward})
	return len(p.spaces) - 1
}

func (p *plan) link(a int, nameA string, b int, nameB string) {
	p.links = append(p.links, link{a: a, b: b, nameA: nameA, nameB: nameB})
}

// pass makes a space send what comes in by one device out by the other.
func (s *space) pass(one, other string) {
	s.rules = append(s.rules, rule{one, 1}, rule{other, 2})
	s.routes = append(s.routes, route{table: 1, dest: s.family.everywhere(), dev: other}, route{table: 2, dest: s.family.everywhere(), dev: one})
}
