package network

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/internal/resource"
)

// AtomSet is a set of small numbers. It is comparable; the zero AtomSet is empty.
type AtomSet struct {
	low  uint64
	more string // numbers from 64 on: little-endian words without trailing zero words
}

func (s AtomSet) words() int { return 1 + len(s.more)/8 }

func (s AtomSet) word(i int) uint64 {
	if i == 0 {
		return s.low
	}
	if i >= s.words() {
		return 0
	}
	var b [8]byte
	copy(b[:], s.more[(i-1)*8:i*8])
	return binary.LittleEndian.Uint64(b[:])
}

func makeAtomSet(n int, word func(int) uint64) AtomSet {
	s := AtomSet{low: word(0)}
	last := 0
	for i := 1; i < n; i++ {
		if word(i) != 0 {
			last = i
		}
	}
	if last == 0 {
		return s
	}
	b := make([]byte, 0, last*8)
	for i := 1; i <= last; i++ {
		b = binary.LittleEndian.AppendUint64(b, word(i))
	}
	s.more = string(b)
	return s
}

// span is the set of from, from+1, ... to-1.
func span(from, to int) AtomSet {
	return makeAtomSet((to+63)/64, func(i int) uint64 {
		lo, hi := max(from-i*64, 0), min(to-i*64, 64)
		if lo >= hi {
			return 0
		}
		return (^uint64(0) >> (64 - (hi - lo))) << lo
	})
}

func (s AtomSet) and(o AtomSet) AtomSet {
	if s.more == "" || o.more == "" {
		return AtomSet{low: s.low & o.low}
	}
	return makeAtomSet(min(s.words(), o.words()), func(i int) uint64 { return s.word(i) & o.word(i) })
}

func (s AtomSet) or(o AtomSet) AtomSet {
	if s.more == "" && o.more == "" {
		return AtomSet{low: s.low | o.low}
	}
	return makeAtomSet(max(s.words(), o.words()), func(i int) uint64 { return s.word(i) | o.word(i) })
}

func (s AtomSet) minus(o AtomSet) AtomSet {
	if s.more == "" {
		return AtomSet{low: s.low &^ o.low}
	}
	return makeAtomSet(s.words(), func(i int) uint64 { return s.word(i) &^ o.word(i) })
}

func (s AtomSet) isEmpty() bool { return s.low == 0 && s.more == "" }

func (s AtomSet) has(i int) bool { return s.word(i/64)>>(i%64)&1 == 1 }

// Count returns how many numbers the set holds.
func (s AtomSet) Count() int {
	n := 0
	for i := range s.words() {
		n += bits.OnesCount64(s.word(i))
	}
	return n
}

// The three parts of a PacketSet. The third is every protocol but TCP and UDP.
const (
	partTCP = iota
	partUDP
	partOther
)

// PacketSet is a set of packets: for TCP and UDP the destination ports, for all
// other protocols the protocol numbers. A number stands for an atom: a range
// that no rule of the Network divides. Sets of one Network can be compared by
// ==; sets of different Networks must not be mixed.
type PacketSet struct {
	Ports [3]AtomSet // TCP ports, UDP ports, other protocols
}

// And returns what is in both sets.
func (p PacketSet) And(o PacketSet) PacketSet {
	return PacketSet{[3]AtomSet{p.Ports[0].and(o.Ports[0]), p.Ports[1].and(o.Ports[1]), p.Ports[2].and(o.Ports[2])}}
}

// Or returns what is in either set.
func (p PacketSet) Or(o PacketSet) PacketSet {
	return PacketSet{[3]AtomSet{p.Ports[0].or(o.Ports[0]), p.Ports[1].or(o.Ports[1]), p.Ports[2].or(o.Ports[2])}}
}

// Minus returns what is in p and not in o.
func (p PacketSet) Minus(o PacketSet) PacketSet {
	return PacketSet{[3]AtomSet{p.Ports[0].minus(o.Ports[0]), p.Ports[1].minus(o.Ports[1]), p.Ports[2].minus(o.Ports[2])}}
}

// meet keeps of p what is in o too. It is And in place, and does most of the
// work of AllPairs.
func (p *PacketSet) meet(o *PacketSet) {
	for i := range p.Ports {
		if p.Ports[i].more == "" {
			p.Ports[i].low &= o.Ports[i].low
		} else {
			p.Ports[i] = p.Ports[i].and(o.Ports[i])
		}
	}
}

// join adds to p what is in o. It is Or in place.
func (p *PacketSet) join(o *PacketSet) {
	for i := range p.Ports {
		if p.Ports[i].more == "" && o.Ports[i].more == "" {
			p.Ports[i].low |= o.Ports[i].low
		} else {
			p.Ports[i] = p.Ports[i].or(o.Ports[i])
		}
	}
}

// empty is IsEmpty without a copy.
func (p *PacketSet) empty() bool {
	return p.Ports[0].low|p.Ports[1].low|p.Ports[2].low == 0 && p.Ports[0].more == "" && p.Ports[1].more == "" && p.Ports[2].more == ""
}

// IsEmpty says whether the set holds nothing.
func (p PacketSet) IsEmpty() bool {
	return p.Ports[0].isEmpty() && p.Ports[1].isEmpty() && p.Ports[2].isEmpty()
}

// Equal says whether two sets hold the same packets.
func (p PacketSet) Equal(o PacketSet) bool { return p == o }

// Contains says whether all of o is in p.
func (p PacketSet) Contains(o PacketSet) bool { return o.Minus(p).IsEmpty() }

// Overlaps says whether some packet is in both sets.
func (p PacketSet) Overlaps(o PacketSet) bool { return !p.And(o).IsEmpty() }

// Flow is a range of packets as people write it. Protocol is tcp, udp, icmp,
// icmpv6, the number of another protocol, or "other" for all protocols but
// TCP and UDP that no rule names. From and To are ports, inclusive; both are 0
// where the protocol has none.
type Flow struct {
	Protocol string
	From, To uint16
}

// String prints tcp/443, udp/8080-8090, tcp or icmp.
func (f Flow) String() string {
	switch {
	case f.Protocol != "tcp" && f.Protocol != "udp", f.From == 0 && f.To == 65535:
		return f.Protocol
	}
	return f.Protocol + "/" + PortText(f.From, f.To)
}

// PortText prints one port or a range.
func PortText(from, to uint16) string {
	if from == to {
		return strconv.Itoa(int(from))
	}
	return strconv.Itoa(int(from)) + "-" + strconv.Itoa(int(to))
}

// ports divides ports and protocols into atoms: starts[part] holds the first
// number of each atom in order, from 0.
type ports struct {
	starts [3][]int
	all    PacketSet
}

// cuts collects the boundaries of rules.
type cuts [3][]int

func (c *cuts) add(proto resource.Protocol, from, to uint16) {
	switch proto {
	case resource.TCP, resource.UDP:
		part := partTCP
		if proto == resource.UDP {
			part = partUDP
		}
		c[part] = append(c[part], int(from), int(to)+1)
	case resource.AnyProtocol:
	default:
		c[partOther] = append(c[partOther], int(proto), int(proto)+1)
	}
}

var partEnd = [3]int{65536, 65536, 256}

func newPorts(c cuts) *ports {
	p := &ports{}
	for i := range c {
		s := append([]int{0}, c[i]...)
		slices.Sort(s)
		s = slices.Compact(s)
		p.starts[i] = slices.DeleteFunc(s, func(n int) bool { return n < 0 || n >= partEnd[i] })
		p.all.Ports[i] = span(0, len(p.starts[i]))
	}
	return p
}

// covered returns the atoms of a part that lie within a range, or, with touch,
// that have something in common with it.
func (p *ports) covered(part, from, to int, touch bool) AtomSet {
	s := p.starts[part]
	lo, exact := slices.BinarySearch(s, from)
	if touch && !exact {
		lo--
	}
	hi, exact := slices.BinarySearch(s, to+1)
	if !touch && !exact && to+1 < partEnd[part] {
		hi--
	}
	return span(max(lo, 0), max(hi, 0))
}

// set returns the packets that a rule names; ranges off the atoms' boundaries
// are widened to them.
func (p *ports) set(proto resource.Protocol, from, to uint16) PacketSet {
	var out PacketSet
	switch proto {
	case resource.AnyProtocol:
		return p.all
	case resource.TCP:
		out.Ports[partTCP] = p.covered(partTCP, int(from), int(to), true)
	case resource.UDP:
		out.Ports[partUDP] = p.covered(partUDP, int(from), int(to), true)
	default:
		out.Ports[partOther] = p.covered(partOther, int(proto), int(proto), true)
	}
	return out
}

func (p *ports) flows(set PacketSet) []Flow {
	var out []Flow
	for part, name := range []string{"tcp", "udp"} {
		for from, to := range runs(set.Ports[part], p.starts[part], partEnd[part], true) {
			out = append(out, Flow{Protocol: name, From: uint16(from), To: uint16(to)})
		}
	}
	for from, to := range runs(set.Ports[partOther], p.starts[partOther], partEnd[partOther], false) {
		f := Flow{Protocol: "other"}
		switch {
		case from != to:
		case from == int(resource.ICMP):
			f.Protocol = "icmp"
		case from == int(resource.ICMPv6):
			f.Protocol = "icmpv6"
		default:
			f.Protocol = strconv.Itoa(from)
		}
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// runs yields the ranges of numbers that a set's atoms stand for, neighbours
// joined if join is true.
func runs(s AtomSet, starts []int, end int, join bool) func(func(int, int) bool) {
	return func(yield func(int, int) bool) {
		from := -1
		for i, start := range starts {
			last := end - 1
			if i+1 < len(starts) {
				last = starts[i+1] - 1
			}
			if !s.has(i) {
				continue
			}
			if from < 0 {
				from = start
			}
			if join && i+1 < len(starts) && s.has(i+1) {
				continue
			}
			if !yield(from, last) {
				return
			}
			from = -1
		}
	}
}

// Packets returns the packets of a protocol to a range of destination ports,
// which only TCP and UDP have. Ports that no rule and no Options.Ports names
// apart from others are widened to the smallest range that rules do name:
// Build with Options.Ports, or use Distinguish, where that matters.
func (n *Network) Packets(proto resource.Protocol, from, to uint16) PacketSet {
	return n.ports.set(proto, from, to)
}

// AllPackets returns every packet.
func (n *Network) AllPackets() PacketSet { return n.ports.all }

// Flows returns a set as ranges, TCP first, in ascending order.
func (n *Network) Flows(p PacketSet) []Flow { return n.ports.flows(p) }

// Format prints a set as "tcp/443,8080-8090, udp/53, icmp"; "nothing" if empty
// and "everything" if it holds all packets.
func (n *Network) Format(p PacketSet) string {
	switch {
	case p.IsEmpty():
		return "nothing"
	case p == n.ports.all:
		return "everything"
	}
	var out []string
	last := ""
	for _, f := range n.Flows(p) {
		text := f.String()
		if _, ports, ok := strings.Cut(text, "/"); ok && f.Protocol == last {
			out[len(out)-1] += "," + ports
			continue
		}
		out, last = append(out, text), f.Protocol
	}
	return strings.Join(out, ", ")
}
