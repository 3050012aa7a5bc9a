package random

import (
	"net/netip"
	"strings"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

// Six returns a drawn network with IPv6 in IPv4's place: every range of 10.0.0.0/8
// becomes one of 2001:db8::/32 of the same extent, what left by a public NAT
// gateway leaves by an egress-only internet gateway, and what left by a private
// one has no way.
func Six(all []*resource.Resource) []*resource.Resource {
	gateways := map[string]string{} // egress-only ones, by NAT gateway
	b := (*build.Builder)(nil)
	for _, r := range all {
		if b == nil {
			b = build.New(r.Addr.Stack.Account, r.Addr.Stack.Region, r.Addr.Stack.Name)
		}
		if r.Type == "AWS::EC2::NatGateway" && r.Props.Get("ConnectivityType").IsAbsent() {
			gateways[r.Addr.Logical] = strings.TrimSuffix(r.Addr.Logical, "Nat") + "Eigw"
		}
	}
	add := func(typ, name string, props value.Value) {
		p := build.Props{}
		for k, v := range props.Entries() {
			p[k] = v
		}
		b.Add(typ, name, p)
	}
	for _, r := range all {
		p := six(r.Props)
		switch r.Type {
		case "AWS::EC2::NatGateway", "AWS::EC2::EIP":
			continue
		case "AWS::EC2::VPC":
			b.Add("AWS::EC2::VPCCidrBlock", r.Addr.Logical+"Six", build.Props{"VpcId": b.Ref(r.Addr.Logical), "Ipv6CidrBlock": p.Get("CidrBlock")})
			p = r.Props
		case "AWS::EC2::Subnet":
			p = renamed(with(p, "Ipv6Native", value.OfBool(true)), "CidrBlock", "Ipv6CidrBlock")
		case "AWS::EC2::Instance":
			address := value.OfMap([]string{"Ipv6Address"}, []value.Value{p.Get("PrivateIpAddress")})
			p = with(without(p, "PrivateIpAddress"), "Ipv6Addresses", value.OfList(address))
		case "AWS::EC2::NetworkAclEntry":
			p = renamed(p, "CidrBlock", "Ipv6CidrBlock")
		case "AWS::EC2::Route":
			p = renamed(p, "DestinationCidrBlock", "DestinationIpv6CidrBlock")
			if nat, ok := p.Get("NatGatewayId").Ref(); ok {
				gateway := gateways[nat.To.Logical]
				if gateway == "" {
					continue
				}
				p = with(without(p, "NatGatewayId"), "EgressOnlyInternetGatewayId", b.Ref(gateway))
			}
		}
		add(r.Type, r.Addr.Logical, p)
	}
	for _, r := range all {
		if gateway := gateways[r.Addr.Logical]; gateway != "" {
			b.Add("AWS::EC2::EgressOnlyInternetGateway", gateway, build.Props{"VpcId": b.Ref(strings.TrimSuffix(r.Addr.Logical, "Nat"))})
		}
	}
	return b.Resources()
}

// six maps every range and address in a value.
func six(v value.Value) value.Value {
	switch v.Kind() {
	case value.String:
		return value.OfString(sixText(v.Text()))
	case value.List:
		var items []value.Value
		for _, i := range v.Items() {
			items = append(items, six(i))
		}
		return value.OfList(items...)
	case value.Map:
		var keys []string
		var items []value.Value
		for k, i := range v.Entries() {
			if k == "CidrIp" {
				k = "CidrIpv6"
			}
			keys, items = append(keys, k), append(items, six(i))
		}
		return value.OfMap(keys, items)
	}
	return v
}

func sixText(s string) string {
	if p, err := netip.ParsePrefix(s); err == nil && p.Addr().Is4() {
		if p.Bits() == 0 {
			return "::/0"
		}
		return netip.PrefixFrom(sixAddr(p.Addr()), 32+p.Bits()-8).Masked().String()
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Is4() {
		return sixAddr(a).String()
	}
	return s
}

// sixAddr maps 10.a.b.c to 2001:db8:ab:c00::.
func sixAddr(a netip.Addr) netip.Addr {
	four := a.As4()
	return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, four[1], four[2], four[3]})
}

func with(v value.Value, key string, item value.Value) value.Value {
	keys, items := []string{key}, []value.Value{item}
	for k, i := range v.Entries() {
		if k != key {
			keys, items = append(keys, k), append(items, i)
		}
	}
	return value.OfMap(keys, items)
}

func without(v value.Value, key string) value.Value {
	var keys []string
	var items []value.Value
	for k, i := range v.Entries() {
		if k != key {
			keys, items = append(keys, k), append(items, i)
		}
	}
	return value.OfMap(keys, items)
}

func renamed(v value.Value, from, to string) value.Value {
	item := v.Get(from)
	if item.IsAbsent() {
		return v
	}
	return with(without(v, from), to, item)
}
