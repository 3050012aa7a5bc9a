// Package synthetic makes large networks of a given size for benchmarks: VPCs
// on one Transit Gateway with three route tables, groups half of whose rules
// refer to other groups, and network ACLs that split subnets. The same Size
// always makes the same resources.
package synthetic

import (
	"fmt"
	"net/netip"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
)

// Size says how large a network is. Subnets, Interfaces, Groups and Classes are
// totals; Classes is how many combinations of subnet and group the interfaces
// are spread over.
type Size struct{ VPCs, Subnets, Interfaces, Groups, Classes int }

// Budget is the size that the all-pairs budget is stated for.
var Budget = Size{VPCs: 50, Subnets: 1000, Interfaces: 10000, Groups: 2000, Classes: 3000}

// ports are the ports that rules name.
var ports = []int{22, 53, 80, 123, 443, 1433, 3306, 5432, 6379, 8080, 8443, 9092}

type maker struct {
	*build.Builder
	size Size
	seed uint32
}

// next is a small linear congruential generator.
func (m *maker) next(n int) int {
	m.seed = m.seed*1664525 + 1013904223
	return int(m.seed>>8) % n
}

// Resources makes a network of a size.
func Resources(size Size) []*resource.Resource {
	m := &maker{Builder: build.New("111111111111", "ap-southeast-2", "synthetic"), size: size, seed: 1}
	m.Add("AWS::EC2::TransitGateway", "Tgw", build.Props{"DefaultRouteTableAssociation": "disable", "DefaultRouteTablePropagation": "disable", "SecurityGroupReferencingSupport": "enable"})
	for i := range 3 {
		m.Add("AWS::EC2::TransitGatewayRouteTable", fmt.Sprintf("Table%d", i), build.Props{"TransitGatewayId": m.Ref("Tgw")})
	}
	m.groups()
	for v := range size.VPCs {
		m.vpc(v)
	}
	m.interfaces()
	return m.Resources()
}

func subnetCIDR(v, s int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(v), byte(s), 0}), 24)
}

func (m *maker) vpc(v int) {
	vpc := fmt.Sprintf("Vpc%d", v)
	m.Add("AWS::EC2::VPC", vpc, build.Props{"CidrBlock": fmt.Sprintf("10.%d.0.0/16", v)})
	for t := range 2 {
		name := fmt.Sprintf("Acl%d%c", v, 'a'+t)
		m.Add("AWS::EC2::NetworkAcl", name, build.Props{"VpcId": m.Ref(vpc)})
		m.entries(name)
	}
	var attached []any
	per := m.size.Subnets / m.size.VPCs
	for z := range 3 {
		rt := fmt.Sprintf("Rt%d%c", v, 'a'+z)
		m.Add("AWS::EC2::RouteTable", rt, build.Props{"VpcId": m.Ref(vpc)})
		m.Add("AWS::EC2::Route", rt+"Default", build.Props{"RouteTableId": m.Ref(rt), "DestinationCidrBlock": "0.0.0.0/0", "TransitGatewayId": m.Ref("Tgw")})
	}
	for s := range per {
		name, zone := fmt.Sprintf("Subnet%dx%d", v, s), s%3
		m.Add("AWS::EC2::Subnet", name, build.Props{"VpcId": m.Ref(vpc), "CidrBlock": subnetCIDR(v, s), "AvailabilityZoneId": fmt.Sprintf("apse2-az%d", zone+1)})
		m.Add("AWS::EC2::SubnetRouteTableAssociation", name+"Rt", build.Props{"SubnetId": m.Ref(name), "RouteTableId": m.Ref(fmt.Sprintf("Rt%d%c", v, 'a'+zone))})
		m.Add("AWS::EC2::SubnetNetworkAclAssociation", name+"Acl", build.Props{"SubnetId": m.Ref(name), "NetworkAclId": m.Ref(fmt.Sprintf("Acl%d%c", v, 'a'+s%2))})
		if s < 3 {
			attached = append(attached, m.Ref(name))
		}
	}
	attachment := fmt.Sprintf("Attachment%d", v)
	m.Add("AWS::EC2::TransitGatewayAttachment", attachment, build.Props{"TransitGatewayId": m.Ref("Tgw"), "VpcId": m.Ref(vpc), "SubnetIds": attached})
	m.Add("AWS::EC2::TransitGatewayRouteTableAssociation", attachment+"Assoc", build.Props{"TransitGatewayRouteTableId": m.Ref(fmt.Sprintf("Table%d", v%3)), "TransitGatewayAttachmentId": m.Ref(attachment)})
	for t := range 3 {
		if t == v%3 || t == 0 || v%3 == 0 {
			m.Add("AWS::EC2::TransitGatewayRouteTablePropagation", fmt.Sprintf("%sProp%d", attachment, t), build.Props{"TransitGatewayRouteTableId": m.Ref(fmt.Sprintf("Table%d", t)), "TransitGatewayAttachmentId": m.Ref(attachment)})
		}
	}
}

// entries denies a port to half of a few subnets, and so splits them.
func (m *maker) entries(acl string) {
	add := func(number int, egress bool, action string, protocol, from, to int, cidr netip.Prefix) {
		m.Add("AWS::EC2::NetworkAclEntry", fmt.Sprintf("%sE%d%t", acl, number, egress), build.Props{"NetworkAclId": m.Ref(acl), "RuleNumber": number, "Egress": egress,
			"RuleAction": action, "Protocol": protocol, "CidrBlock": cidr, "PortRange": build.Props{"From": from, "To": to}})
	}
	for i := range 4 {
		whole := subnetCIDR(m.next(m.size.VPCs), m.next(m.size.Subnets/m.size.VPCs))
		half := netip.PrefixFrom(whole.Addr(), 25)
		port := ports[m.next(len(ports))]
		add(10+i, false, "deny", 6, port, port, half)
	}
	everything := netip.MustParsePrefix("10.0.0.0/8")
	for _, egress := range []bool{false, true} {
		add(100, egress, "allow", 6, 0, 65535, everything)
		add(110, egress, "allow", 17, 0, 65535, everything)
	}
}

// groups makes the groups, evenly over the VPCs: of four ingress rules two
// refer to groups of the same VPC or, one in five, of another.
func (m *maker) groups() {
	per := m.size.Groups / m.size.VPCs
	for g := range m.size.Groups {
		v := g / per
		var in []build.Props
		for r := range 4 {
			port := ports[m.next(len(ports))]
			p := build.Props{"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
			if r%2 == 0 {
				other := v
				if m.next(5) == 0 {
					other = m.next(m.size.VPCs)
				}
				p["SourceSecurityGroupId"] = m.Attr(fmt.Sprintf("Group%d", other*per+m.next(per)), "GroupId")
			} else {
				p["CidrIp"] = subnetCIDR(m.next(m.size.VPCs), m.next(m.size.Subnets/m.size.VPCs))
			}
			in = append(in, p)
		}
		out := []build.Props{{"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "CidrIp": "10.0.0.0/8"},
			{"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "DestinationSecurityGroupId": m.Attr(fmt.Sprintf("Group%d", v*per+m.next(per)), "GroupId")}}
		m.Add("AWS::EC2::SecurityGroup", fmt.Sprintf("Group%d", g), build.Props{"GroupDescription": "synthetic", "VpcId": m.Ref(fmt.Sprintf("Vpc%d", min(v, m.size.VPCs-1))), "SecurityGroupIngress": in, "SecurityGroupEgress": out})
	}
}

// interfaces spreads the interfaces over the combinations of subnet and groups.
func (m *maker) interfaces() {
	per, groups := m.size.Subnets/m.size.VPCs, m.size.Groups/m.size.VPCs
	for i := range m.size.Interfaces {
		c := i % m.size.Classes
		subnet := c % m.size.Subnets
		v, s := subnet/per, subnet%per
		first := v*groups + (c/m.size.Subnets*7+s)%groups
		second := v*groups + (c/m.size.Subnets*7+s+13)%groups
		m.Add("AWS::EC2::NetworkInterface", fmt.Sprintf("Eni%d", i), build.Props{"SubnetId": m.Ref(fmt.Sprintf("Subnet%dx%d", v, s)),
			"GroupSet": []any{m.Attr(fmt.Sprintf("Group%d", first), "GroupId"), m.Attr(fmt.Sprintf("Group%d", second), "GroupId")}})
	}
}
