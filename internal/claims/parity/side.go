package parity

import (
	"encoding/base64"
	"hash/maphash"
	"math/bits"
	"net/netip"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// side is one environment: its resources, and what is its own.
type side struct {
	name     string
	joined   string // the estate's name and the environment's, as the CDK joins them
	hyphened bool   // the name has hyphens, so that joined does not hold it
	account  string
	size     estate.Size
	tenants  []string
	recovers bool // in another Region
	hasher   *hasher
	graph    *resource.Graph
	all      []*entry // by address
	by       map[addr.Address]*entry
	ranges   []netip.Prefix // of its VPCs
	buf      []byte
}

// entry is a resource with what it is known by: a sum over its properties of
// the hash of path and value, in which references count by what they lead to,
// without its identity. Capacity is summed apart, for sizes may differ.
type entry struct {
	r        *resource.Resource
	side     *side
	part     string
	kind     uint64 // hash of type and part
	own      uint64
	capacity uint64
	refs     []reference
	unknown  *value.Reason
	tenants  bool // the environment has it for its tenants' sake
	recovery bool // or because it recovers in another Region
	changed  bool // it has no equal in the environment that it is compared with
	vague    bool // or is the same as one that has none
}

// reference is a property that leads to another resource of the environment.
type reference struct {
	path uint64
	to   *entry
}

// forTenants says whether an environment has a resource for its tenants' sake:
// its tag says so, or it can have no tags and refers to one whose tag does.
func (e *entry) forTenants() bool {
	return e.tenants || len(e.r.Tags) == 0 && slices.ContainsFunc(e.refs, func(r reference) bool { return r.to.tenants })
}

// forRecovery says whether an environment has a resource because it recovers in
// another Region: its tag says so, or it can have no tags and refers to one whose
// tag does, or none but such refer to it.
func (e *entry) forRecovery() bool {
	marked := func(r reference) bool { return r.to.recovery }
	if e.recovery || len(e.r.Tags) > 0 {
		return e.recovery
	}
	named := 0
	for _, o := range e.side.all {
		if slices.ContainsFunc(o.refs, func(r reference) bool { return r.to == e }) {
			if !o.recovery {
				return slices.ContainsFunc(e.refs, marked)
			}
			named++
		}
	}
	return named > 0 || slices.ContainsFunc(e.refs, marked)
}

// content is what a resource is known by; sized leaves capacity out.
func (e *entry) content(sized bool) uint64 {
	if sized {
		return e.own
	}
	return e.own + e.capacity
}

// hasher makes hashes that are the same for all environments of a run. The sum
// of hashes does not depend on the order of what is summed.
type hasher struct{ seed maphash.Seed }

func newHasher() *hasher { return &hasher{seed: maphash.MakeSeed()} }

func (h *hasher) text(s string) uint64 { return maphash.String(h.seed, s) }

// mix joins two hashes; the order counts.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, bits.RotateLeft64(b, 32)^0xc2b2ae3d27d4eb4f)
	return hi ^ lo
}

// Marks of values that are no text.
const (
	markNull = iota + 1
	markEmpty
	markList
	markConcat
	markReference
	markRetain
)

// read makes the entries' hashes.
func (s *side) read() {
	s.by = make(map[addr.Address]*entry, len(s.all))
	for _, e := range s.all {
		e.side = s
		e.tenants = e.r.Tags[addr.TagFor].Text() == addr.ForTenants
		e.recovery = e.r.Tags[addr.TagFor].Text() == addr.ForRecovery
		e.kind = mix(s.hasher.text(e.r.Type), s.hasher.text(e.part))
		s.by[e.r.Addr] = e
		if e.r.Type == "AWS::EC2::VPC" {
			if p, err := netip.ParsePrefix(e.r.Props.Get("CidrBlock").Text()); err == nil {
				s.ranges = append(s.ranges, p.Masked())
			}
		}
	}
	capacities := capacity()
	for _, e := range s.all {
		e.own = e.kind
		if e.r.Retain {
			e.own += mix(markRetain, e.kind)
		}
		s.walk(e, e.r.Props, 0, capacities[e.r.Type])
	}
}

// walk adds the hashes of a value and what is in it.
func (s *side) walk(e *entry, v value.Value, path uint64, m *mask) {
	switch v.Kind() {
	case value.Absent:
	case value.Null:
		e.add(m, mix(path, markNull))
	case value.Symbol:
		ref, _ := v.Ref()
		to := s.by[ref.To]
		e.add(m, mix(path, s.target(ref, to)))
		if to != nil {
			e.refs = append(e.refs, reference{path, to})
		}
	case value.Unknown:
		// Whose parameter of Systems Manager it is can be compared.
		if e.unknown == nil && v.Reason().Code != "PARAMETER_FROM_SSM" {
			e.unknown = v.Reason()
		}
		e.add(m, mix(path, s.text(v.Reason().Text)))
	case value.List, value.Concat:
		mark := uint64(markList)
		if v.Kind() == value.Concat {
			mark = markConcat
		}
		e.add(m, mix(path, mix(mark, uint64(v.Len()))))
		for i, item := range v.Items() {
			s.walk(e, item, mix(path, uint64(i)), m.child("*"))
		}
	case value.Map:
		if v.Len() == 0 {
			e.add(m, mix(path, markEmpty))
		}
		for k, item := range v.Entries() {
			s.walk(e, script(k, item), mix(path, s.hasher.text(k)), m.child(k))
		}
	default:
		e.add(m, mix(path, s.text(v.Text())))
	}
}

// script is the text that a property holds as Base64, so that what is the
// environment's own is found in it ("AWS::EC2::LaunchTemplate
// LaunchTemplateData": UserData). Other properties stay as they are.
func script(key string, v value.Value) value.Value {
	if key != "UserData" || v.Kind() != value.String {
		return v
	}
	text, err := base64.StdEncoding.DecodeString(v.Text())
	if err != nil {
		return v
	}
	return value.OfString(string(text))
}

func (e *entry) add(m *mask, h uint64) {
	if m != nil && m.whole {
		e.capacity += h
	} else {
		e.own += h
	}
}

// target hashes what a reference leads to: in the environment, what kind of
// thing; elsewhere, where to is nil, exactly which, or what is kept there for
// the environment, such as its key in the archive's account.
func (s *side) target(ref value.Ref, to *entry) uint64 {
	h := mix(markReference, s.hasher.text(ref.Attr))
	if to != nil {
		return mix(h, to.kind)
	}
	st := ref.To.Stack
	h = mix(mix(h, s.text(st.Account)), s.hasher.text(st.Region))
	if r := s.graph.Get(ref.To); r != nil {
		if content, own := s.elsewhere(r.Props); own {
			return mix(mix(h, s.hasher.text(r.Type)), content)
		}
	}
	return mix(mix(h, s.text(st.Name)), s.text(ref.To.Logical))
}

// elsewhere hashes what is outside of the environment, and says whether anything
// in it is the environment's own.
func (s *side) elsewhere(v value.Value) (h uint64, own bool) {
	switch v.Kind() {
	case value.Map:
		for k, item := range v.Entries() {
			x, is := s.elsewhere(item)
			h, own = h+mix(s.hasher.text(k), x), own || is
		}
	case value.List, value.Concat:
		for _, item := range v.Items() {
			x, is := s.elsewhere(item)
			h, own = mix(h, x), own || is
		}
	case value.Symbol:
		ref, _ := v.Ref()
		h = mix(markReference, s.hasher.text(ref.Attr))
	default:
		_, own = s.neutral(v.Text())
		h = s.text(v.Text())
	}
	return h, own
}

// links hashes which things of the environment a resource refers to, by their
// content. What differs itself is told apart by its type and part alone, so that
// one difference is one finding.
func (e *entry) links(sized bool) uint64 {
	var sum uint64
	for _, ref := range e.refs {
		h := uint64(markReference)
		if !ref.to.vague {
			h = ref.to.content(sized)
		}
		sum += mix(ref.path, h)
	}
	return sum
}

// text hashes a text without what is the environment's own.
func (s *side) text(t string) uint64 {
	if n, ok := s.neutral(t); ok {
		return maphash.Bytes(s.hasher.seed, n)
	}
	return s.hasher.text(t)
}

// Signs that stand for what is an environment's own; no template holds them.
const (
	signName    = "\x00name"
	signAccount = "\x00account"
	signAddress = "\x00address"
	signJoined  = "\x00joined"
	signHash    = "\x00hash"
)

// neutral replaces what is the environment's own; ok is false where there is
// nothing to replace. The result is good until the next call.
func (s *side) neutral(t string) (out []byte, ok bool) {
	if p, within := s.relative(t); within {
		return p, true
	}
	if len(t) < len(s.name) {
		return nil, false
	}
	named, joined := strings.Contains(t, s.name), false
	if named || s.hyphened {
		joined = strings.Contains(t, s.joined)
	}
	accounted := s.account != "" && len(t) >= len(s.account) && strings.Contains(t, s.account)
	if !named && !joined && !accounted {
		return nil, false
	}
	s.buf = s.buf[:0]
	for i := 0; i < len(t); {
		switch {
		case joined && strings.HasPrefix(t[i:], s.joined) && !isWord(t, i-1):
			i = s.generated(t, i)
		case accounted && strings.HasPrefix(t[i:], s.account):
			s.buf = append(s.buf, signAccount...)
			i += len(s.account)
		case named && strings.HasPrefix(t[i:], s.name) && !isWord(t, i-1) && !isWord(t, i+len(s.name)):
			s.buf = append(s.buf, signName...)
			i += len(s.name)
		default:
			s.buf = append(s.buf, t[i])
			i++
		}
	}
	return s.buf, true
}

// generated replaces a name that the CDK made of a construct's path: the path's
// parts without hyphens, and eight digits that hash the path. It returns where
// the name ends.
func (s *side) generated(t string, i int) int {
	end := i
	for isWord(t, end) {
		end++
	}
	s.buf = append(s.buf, signJoined...)
	rest := t[i+len(s.joined) : end]
	const digits = 8
	if hash := len(rest) - digits; hash >= 0 && strings.Trim(rest[hash:], "0123456789ABCDEF") == "" {
		rest = rest[:hash]
		s.buf = append(s.buf, rest...)
		s.buf = append(s.buf, signHash...)
		return end
	}
	s.buf = append(s.buf, rest...)
	return end
}

// isWord says whether a text has a letter or digit at i.
func isWord(t string, i int) bool {
	if i < 0 || i >= len(t) {
		return false
	}
	c := t[i]
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// relative turns an address or range inside the environment's own into its
// place in there, whatever size the whole has.
func (s *side) relative(t string) ([]byte, bool) {
	const longest = len("255.255.255.255/32")
	if len(t) == 0 || len(t) > longest || t[0] < '0' || t[0] > '9' || strings.Count(t, ".") != 3 {
		return nil, false
	}
	p, err := netip.ParsePrefix(t)
	if err != nil {
		a, err := netip.ParseAddr(t)
		if err != nil {
			return nil, false
		}
		p = netip.PrefixFrom(a, a.BitLen())
	}
	for i, r := range s.ranges {
		if r.Bits() > p.Bits() || !r.Contains(p.Addr()) {
			continue
		}
		s.buf = append(append(s.buf[:0], signAddress...), byte(i))
		a := p.Addr().As4()
		for bit := r.Bits(); bit < p.Bits(); bit++ {
			s.buf = append(s.buf, a[bit/8]>>(7-bit%8)&1)
		}
		return s.buf, true
	}
	return nil, false
}
