package intrinsic

import (
	"fmt"
	"math/big"
	"net/netip"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/value"
)

// applyCidr resolves Fn::Cidr: [ipBlock, count, cidrBits]. cidrBits are the
// bits of a subnet that are not its prefix; count is 1 to 256 (AWS
// CloudFormation User Guide, "Fn::Cidr").
func (s *scope) applyCidr(c call) value.Value {
	a, ok := args(c, 2, 3)
	if !ok {
		return s.bad(c, "a list of a range, a count and the bits of each")
	}
	block, count := s.eval(a[0]), s.eval(a[1])
	bits := value.Value{}
	if len(a) == 3 {
		bits = s.eval(a[2])
	}
	for _, v := range [...]value.Value{block, count, bits} {
		if v.IsUnknown() {
			return v
		}
	}
	n, ok := count.Int()
	if !ok || n < 1 || n > 256 {
		return s.bad(c, "a count from 1 to 256")
	}
	b, ok := bits.Int()
	if !ok && !bits.IsAbsent() {
		return s.bad(c, "a number of bits for each range")
	}
	if text, ok := block.Str(); ok {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return s.bad(c, fmt.Sprintf("a range such as 10.0.0.0/16, not %q", text))
		}
		if bits.IsAbsent() {
			return s.bad(c, "the bits of each range")
		}
		ranges, ok := subnets(p, n, b)
		if !ok {
			return s.bad(c, fmt.Sprintf("room for %d ranges of %d bits, which %s has not", n, b, p))
		}
		return literals(ranges)
	}
	if block.Kind() != value.Symbol {
		return s.bad(c, "a range, not "+block.Kind().String())
	}
	items := make([]value.Value, n)
	for i := range items {
		items[i] = derived(block, fmt.Sprintf("cidr(%d)|%d", b, i))
	}
	return value.OfList(items...)
}

// subnets cuts the first n ranges with the given number of free bits from a
// range.
func subnets(p netip.Prefix, n, bits int) ([]string, bool) {
	p = p.Masked()
	length := p.Addr().BitLen() - bits
	if bits < 1 || length < p.Bits() || length > p.Addr().BitLen() {
		return nil, false
	}
	if free := length - p.Bits(); free < 9 && n > 1<<free {
		return nil, false
	}
	step := new(big.Int).Lsh(big.NewInt(1), uint(bits))
	at := new(big.Int).SetBytes(p.Addr().AsSlice())
	out := make([]string, n)
	for i := range out {
		raw := at.FillBytes(make([]byte, p.Addr().BitLen()/8))
		a, _ := netip.AddrFromSlice(raw)
		out[i] = netip.PrefixFrom(a, length).String()
		at.Add(at, step)
	}
	return out, true
}

// applyGetAZs resolves Fn::GetAZs to a symbol of a Region's Availability Zones.
func (s *scope) applyGetAZs(c call) value.Value {
	v := s.eval(c.arg)
	if v.IsUnknown() {
		return v
	}
	region := s.stack.Region
	if text, ok := v.Str(); ok && text != "" {
		region = text
	} else if !ok && v.Kind() != value.Symbol {
		return s.bad(c, "a Region, or an empty text")
	}
	return value.OfSymbol(value.Ref{To: addr.Address{Stack: addr.Stack{Account: s.stack.Account, Region: region}, Logical: zonesLogical}})
}
