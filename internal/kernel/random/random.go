// Package random draws small networks as resource graphs.
//
// Every network is valid in what CloudFormation would accept and uses only
// what the kernel can judge; all else is drawn: VPCs, subnets, route tables
// with more specific and blackhole routes, groups by range and by reference,
// network ACLs, Transit Gateways with several tables, peerings, internet and
// NAT gateways. About half of the pairs of a network's ends reach each other.
// Draws are ordered so that rapid shrinks towards fewer and simpler resources.
package random

import (
	"fmt"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
	"pgregory.net/rapid"
)

// Ports are the ports that rules are about.
var Ports = []uint16{80, 443, 5432}

// Zone is the one zone of every network: zones are nothing the kernel judges.
const Zone = "apse2-az1"

// network is a network while it is drawn.
type network struct {
	*build.Builder
	t     *rapid.T
	vpcs  []*vpc
	tgw   bool
	peers map[string][2]int
	n     int
	theme theme
}

// theme is what a network is made to show, with everything else drawn as ever:
// routes that only meet by chance otherwise.
type theme int

const (
	plain      theme = iota
	chain            // peerings in a row, whose routes lead on
	egress           // one VPC's NAT gateway for all, by the Transit Gateway
	translated       // a private NAT gateway before a peer whose groups tell it from the hosts
	inspected        // a firewall with stateless rules, seen by one table and not by another
)

type vpc struct {
	i        int
	id       string
	cidr     string
	subnets  []subnet
	groups   []string
	acls     []string
	internet bool
	nat      string
	private  bool   // the NAT gateway is
	box      string // an instance that may forward
	attached bool
}

type subnet struct {
	id, cidr, table string
}

// Network draws a network.
func Network(t *rapid.T) []*resource.Resource {
	n := &network{Builder: build.New("100000000001", "ap-southeast-2", "random"), t: t, peers: map[string][2]int{}}
	n.theme = pick(n, "theme", plain, plain, chain, egress, egress, egress, translated, translated, inspected, inspected)
	count := n.between(1, 3, "VPCs")
	if n.theme != plain {
		count = max(count, 2)
	}
	if n.theme == chain {
		count = 3
	}
	n.tgw = count > 1 && n.maybe("Transit Gateway", 70) || n.theme == egress || n.theme == inspected
	for i := range count {
		n.addVPC(i)
	}
	if n.tgw {
		n.addTransit()
	}
	for a := range count {
		for b := a + 1; b < count; b++ {
			if n.maybe("peering", 40) || n.theme == chain && b == a+1 || n.theme == translated && a == 0 {
				id := fmt.Sprintf("Peering%d%d", a, b)
				n.peers[id] = [2]int{a, b}
				n.Add("AWS::EC2::VPCPeeringConnection", id, build.Props{"VpcId": n.Ref(n.vpcs[a].id), "PeerVpcId": n.Ref(n.vpcs[b].id)})
			}
		}
	}
	for _, v := range n.vpcs {
		for _, s := range v.subnets {
			n.addRoutes(v, s)
		}
	}
	return n.Resources()
}

// die draws a number from 0 to 127, each as often as the others: rapid's own
// ranges favour what is small. It shrinks to 0.
var die = rapid.Custom(func(t *rapid.T) int {
	n := 0
	for range 7 {
		n <<= 1
		if rapid.Bool().Draw(t, "bit") {
			n |= 1
		}
	}
	return n
})

// maybe draws yes in so many of a hundred cases; it shrinks to no.
func (n *network) maybe(label string, percent int) bool {
	return die.Draw(n.t, label)*100 >= (100-percent)*128
}

// between draws a number; it shrinks to the lowest.
func (n *network) between(low, high int, label string) int {
	return low + die.Draw(n.t, label)*(high-low+1)/128
}

// pick draws one of the choices; it shrinks to the first.
func pick[T any](n *network, label string, from ...T) T {
	return from[n.between(0, len(from)-1, label)]
}

func (n *network) next(kind string) string {
	n.n++
	return fmt.Sprintf("%s%d", kind, n.n)
}

func (n *network) addVPC(i int) {
	v := &vpc{i: i, id: fmt.Sprintf("Vpc%d", i), cidr: fmt.Sprintf("10.%d.0.0/16", i)}
	n.vpcs = append(n.vpcs, v)
	n.Add("AWS::EC2::VPC", v.id, build.Props{"CidrBlock": v.cidr})
	v.internet = n.maybe("internet gateway", 40) || n.theme == egress && i == 0
	if v.internet {
		n.Add("AWS::EC2::InternetGateway", v.id+"Igw", build.Props{})
		n.Add("AWS::EC2::VPCGatewayAttachment", v.id+"IgwAttachment", build.Props{"VpcId": n.Ref(v.id), "InternetGatewayId": n.Ref(v.id + "Igw")})
	}
	for range n.between(1, 3, "groups") {
		n.addGroup(v)
	}
	for range n.between(0, 2, "ACLs") {
		n.addACL(v)
	}
	for s := range n.between(1, 3, "subnets") {
		sub := n.addSubnet(v, fmt.Sprintf("10.%d.%d.0/24", i, s))
		for h := range pick(n, "hosts", 1, 2, 2) {
			n.addHost(v, sub, fmt.Sprintf("10.%d.%d.%d", i, s, 10+100*h))
		}
	}
	first := i == 0 && (n.theme == egress || n.theme == translated)
	if v.internet && n.maybe("NAT gateway", 50) || n.maybe("private NAT gateway", 25) || first {
		sub := n.addSubnet(v, fmt.Sprintf("10.%d.100.0/24", i))
		v.nat = v.id + "Nat"
		p := build.Props{"SubnetId": n.Ref(sub.id), "PrivateIpAddress": fmt.Sprintf("10.%d.100.10", i)}
		if v.private = !v.internet || n.maybe("private", 20) || first; first {
			v.private = n.theme == translated
		}
		if v.private {
			p["ConnectivityType"] = "private"
		}
		n.Add("AWS::EC2::NatGateway", v.nat, p)
	}
	if n.maybe("appliance", 40) {
		sub := n.addSubnet(v, fmt.Sprintf("10.%d.150.0/24", i))
		v.box = v.id + "Box"
		n.Add("AWS::EC2::Instance", v.box, build.Props{"SubnetId": n.Ref(sub.id), "PrivateIpAddress": fmt.Sprintf("10.%d.150.10", i),
			"SecurityGroupIds": []value.Value{n.Attr(pick(n, "group", v.groups...), "GroupId")}, "SourceDestCheck": n.maybe("source/destination check", 60)})
	}
	if n.tgw && (n.maybe("attachment", 90) || n.theme == egress || n.theme == inspected) {
		sub := n.addSubnet(v, fmt.Sprintf("10.%d.200.0/28", i))
		v.attached = true
		n.Add("AWS::EC2::TransitGatewayAttachment", v.id+"Attachment", build.Props{"TransitGatewayId": n.Ref("Tgw"), "VpcId": n.Ref(v.id), "SubnetIds": []value.Value{n.Ref(sub.id)}})
	}
}

// addSubnet adds a subnet, mostly with a route table of its own and sometimes
// with an ACL.
func (n *network) addSubnet(v *vpc, cidr string) subnet {
	s := subnet{id: n.next("Subnet"), cidr: cidr}
	n.Add("AWS::EC2::Subnet", s.id, build.Props{"VpcId": n.Ref(v.id), "CidrBlock": cidr, "AvailabilityZoneId": Zone})
	if n.maybe("route table", 90) {
		s.table = s.id + "Table"
		n.Add("AWS::EC2::RouteTable", s.table, build.Props{"VpcId": n.Ref(v.id)})
		n.Add("AWS::EC2::SubnetRouteTableAssociation", s.id+"TableAssociation", build.Props{"SubnetId": n.Ref(s.id), "RouteTableId": n.Ref(s.table)})
	}
	if len(v.acls) > 0 && n.maybe("ACL", 30) {
		n.Add("AWS::EC2::SubnetNetworkAclAssociation", s.id+"AclAssociation", build.Props{"SubnetId": n.Ref(s.id), "NetworkAclId": n.Ref(pick(n, "which ACL", v.acls...))})
	}
	v.subnets = append(v.subnets, s)
	return s
}

func (n *network) addHost(v *vpc, s subnet, address string) {
	id := n.next("Host")
	groups := []value.Value{n.Attr(pick(n, "group", v.groups...), "GroupId")}
	if g := pick(n, "second group", v.groups...); n.maybe("two groups", 30) && !value.Equal(n.Attr(g, "GroupId"), groups[0]) {
		groups = append(groups, n.Attr(g, "GroupId"))
	}
	n.Add("AWS::EC2::Instance", id, build.Props{"SubnetId": n.Ref(s.id), "PrivateIpAddress": address, "SecurityGroupIds": groups})
	if v.internet && n.maybe("public address", 50) {
		n.Add("AWS::EC2::EIP", id+"Eip", build.Props{"InstanceId": n.Ref(id)})
	}
}

// ranges are the peers that rules name: everything, the whole estate, VPCs,
// subnets, one host, and half a subnet.
func (n *network) someRange() string {
	a, b := n.between(0, 2, "VPC's range"), n.between(0, 2, "subnet's range")
	return pick(n, "range", "0.0.0.0/0", "10.0.0.0/8", fmt.Sprintf("10.%d.0.0/16", a), fmt.Sprintf("10.%d.%d.0/24", a, b),
		fmt.Sprintf("10.%d.%d.0/25", a, b), fmt.Sprintf("10.%d.%d.10/32", a, b))
}

// somePorts draws a protocol and ports.
func (n *network) somePorts(p build.Props) {
	p["IpProtocol"] = pick(n, "protocol", "-1", "-1", "tcp", "udp", "6")
	if p["IpProtocol"] == "-1" {
		return
	}
	r := pick(n, "ports", [2]int{0, 65535}, [2]int{80, 443}, [2]int{443, 443}, [2]int{5432, 5432}, [2]int{1024, 65535})
	p["FromPort"], p["ToPort"] = r[0], r[1]
}

func (n *network) addGroup(v *vpc) {
	id := n.next("Group")
	v.groups = append(v.groups, id)
	props := build.Props{"VpcId": n.Ref(v.id), "GroupDescription": id}
	in := []build.Props{}
	if n.theme == translated && v.i > 0 && n.maybe("tells hosts apart", 80) {
		in = append(in, build.Props{"IpProtocol": "-1", "CidrIp": pick(n, "lets in", "10.0.0.0/24", "10.0.100.0/24", "10.0.1.0/24")})
	} else if n.maybe("open inside", 85) {
		in = append(in, build.Props{"IpProtocol": "-1", "CidrIp": pick(n, "open to", "10.0.0.0/8", "0.0.0.0/0")})
	}
	for range n.between(0, 2, "ingress rules") {
		r := build.Props{"CidrIp": n.someRange()}
		n.somePorts(r)
		in = append(in, r)
	}
	props["SecurityGroupIngress"] = in
	if n.maybe("declared egress", 20) {
		out := []build.Props{}
		for range n.between(1, 4, "egress rules") {
			r := build.Props{"CidrIp": n.someRange()}
			n.somePorts(r)
			out = append(out, r)
		}
		props["SecurityGroupEgress"] = out
	}
	n.Add("AWS::EC2::SecurityGroup", id, props)
	if n.maybe("reference", 40) {
		r := build.Props{"GroupId": n.Attr(id, "GroupId"), "SourceSecurityGroupId": n.Attr(pick(n, "referenced group", v.groups...), "GroupId")}
		n.somePorts(r)
		n.Add("AWS::EC2::SecurityGroupIngress", id+"Reference", r)
	}
}

func (n *network) addACL(v *vpc) {
	id := n.next("Acl")
	v.acls = append(v.acls, id)
	n.Add("AWS::EC2::NetworkAcl", id, build.Props{"VpcId": n.Ref(v.id)})
	entry := func(number int, egress bool, action, protocol, cidr string, from, to int) {
		p := build.Props{"NetworkAclId": n.Ref(id), "RuleNumber": number, "Egress": egress, "RuleAction": action, "Protocol": protocol, "CidrBlock": cidr}
		if protocol != "-1" {
			p["PortRange"] = build.Props{"From": from, "To": to}
		}
		n.Add("AWS::EC2::NetworkAclEntry", n.next("Entry"), p)
	}
	for _, egress := range []bool{false, true} {
		for i := range n.between(0, 2, "entries") {
			r := pick(n, "entry's ports", [2]int{0, 65535}, [2]int{80, 443}, [2]int{443, 443}, [2]int{5432, 5432}, [2]int{1024, 65535})
			entry(100+10*i, egress, pick(n, "action", "allow", "allow", "deny"), pick(n, "entry's protocol", "-1", "6", "17"), n.someRange(), r[0], r[1])
		}
		switch pick(n, "rest of the ACL", "allow", "allow", "replies", "deny") {
		case "allow":
			entry(1000, egress, "allow", "-1", "0.0.0.0/0", 0, 0)
		case "replies":
			entry(1000, egress, "allow", "6", "0.0.0.0/0", 1024, 65535)
			entry(1010, egress, "allow", "17", "10.0.0.0/8", 1024, 65535)
		}
	}
}

// addTransit adds a Transit Gateway of one or two tables.
func (n *network) addTransit() {
	n.Add("AWS::EC2::TransitGateway", "Tgw", build.Props{"DefaultRouteTableAssociation": "disable", "DefaultRouteTablePropagation": "disable"})
	tables := []string{}
	least := 1
	if n.theme == inspected {
		least = 2
	}
	for i := range n.between(least, 2, "gateway tables") {
		id := fmt.Sprintf("TgwTable%d", i)
		tables = append(tables, id)
		n.Add("AWS::EC2::TransitGatewayRouteTable", id, build.Props{"TransitGatewayId": n.Ref("Tgw")})
	}
	var attached []*vpc
	var targets []value.Value
	for _, v := range n.vpcs {
		if v.attached {
			attached = append(attached, v)
			targets = append(targets, n.Ref(v.id+"Attachment"))
		}
	}
	if len(attached) > 1 && (n.maybe("firewall", 50) || n.theme == inspected) {
		n.addFirewall(tables, attached)
		targets = append(targets, n.Attr("Firewall", "TransitGatewayAttachmentId"))
	}
	for _, v := range attached {
		at := n.Ref(v.id + "Attachment")
		if n.maybe("association", 95) {
			n.Add("AWS::EC2::TransitGatewayRouteTableAssociation", v.id+"Association", build.Props{"TransitGatewayAttachmentId": at, "TransitGatewayRouteTableId": n.Ref(pick(n, "table", tables...))})
		}
		for i, table := range tables {
			if n.maybe("propagation", 90) {
				n.Add("AWS::EC2::TransitGatewayRouteTablePropagation", fmt.Sprintf("%sPropagation%d", v.id, i), build.Props{"TransitGatewayAttachmentId": at, "TransitGatewayRouteTableId": n.Ref(table)})
			}
		}
	}
	for _, table := range tables {
		used := map[string]bool{}
		if n.theme == egress && n.maybe("way out", 85) {
			used["0.0.0.0/0"] = true
			n.Add("AWS::EC2::TransitGatewayRoute", n.next("TgwRoute"), build.Props{"TransitGatewayRouteTableId": n.Ref(table), "DestinationCidrBlock": "0.0.0.0/0",
				"TransitGatewayAttachmentId": n.Ref(n.vpcs[0].id + "Attachment")})
		}
		for range n.between(0, 2, "gateway routes") {
			dest := pick(n, "gateway route", "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/24", "10.1.0.0/24", "10.1.1.0/25", "10.2.0.0/24")
			if used[dest] || len(attached) == 0 {
				continue
			}
			used[dest] = true
			p := build.Props{"TransitGatewayRouteTableId": n.Ref(table), "DestinationCidrBlock": dest}
			if n.maybe("blackhole", 40) {
				p["Blackhole"] = true
			} else {
				p["TransitGatewayAttachmentId"] = pick(n, "to attachment", targets...)
			}
			n.Add("AWS::EC2::TransitGatewayRoute", n.next("TgwRoute"), p)
		}
	}
}

// addFirewall adds a firewall with a table of its own, to which every VPC
// propagates, and makes the VPCs' tables lead to some VPCs by it.
func (n *network) addFirewall(tables []string, attached []*vpc) {
	rules := []build.Props{}
	for range n.between(0, 3, "firewall rules") {
		ports := pick(n, "firewall's ports", "ANY", "443", "80:443", "[80,5432]")
		rules = append(rules, build.Props{"Action": pick(n, "firewall's action", "PASS", "PASS", "DROP"), "Header": build.Props{
			"Protocol": pick(n, "firewall's protocol", "TCP", "UDP", "IP"), "Source": n.someRange(), "SourcePort": "ANY", "Direction": "FORWARD",
			"Destination": n.someRange(), "DestinationPort": ports}, "RuleOptions": []build.Props{{"Keyword": "sid", "Settings": []string{fmt.Sprint(len(rules) + 1)}}}})
	}
	n.Add("AWS::NetworkFirewall::RuleGroup", "FirewallRules", build.Props{"Type": "STATEFUL", "Capacity": 10, "RuleGroupName": "rules", "RuleGroup": build.Props{
		"StatefulRuleOptions": build.Props{"RuleOrder": "STRICT_ORDER"}, "RulesSource": build.Props{"StatefulRules": rules}}})
	policy := build.Props{"StatelessDefaultActions": []string{pick(n, "stateless default", "aws:forward_to_sfe", "aws:forward_to_sfe", "aws:forward_to_sfe", "aws:pass")}, "StatelessFragmentDefaultActions": []string{"aws:forward_to_sfe"},
		"StatefulEngineOptions":       build.Props{"RuleOrder": "STRICT_ORDER"},
		"StatefulRuleGroupReferences": []build.Props{{"ResourceArn": n.Ref("FirewallRules"), "Priority": 1}}}
	if n.maybe("default drop", 60) {
		policy["StatefulDefaultActions"] = []string{"aws:drop_strict"}
	}
	if stateless := n.statelessRules(); len(stateless) > 0 {
		n.Add("AWS::NetworkFirewall::RuleGroup", "StatelessRules", build.Props{"Type": "STATELESS", "Capacity": 10, "RuleGroupName": "stateless", "RuleGroup": build.Props{
			"RulesSource": build.Props{"StatelessRulesAndCustomActions": build.Props{"StatelessRules": stateless}}}})
		policy["StatelessRuleGroupReferences"] = []build.Props{{"ResourceArn": n.Ref("StatelessRules"), "Priority": 1}}
	}
	n.Add("AWS::NetworkFirewall::FirewallPolicy", "FirewallPolicy", build.Props{"FirewallPolicyName": "policy", "FirewallPolicy": policy})
	n.Add("AWS::NetworkFirewall::Firewall", "Firewall", build.Props{"FirewallName": "firewall", "FirewallPolicyArn": n.Ref("FirewallPolicy"),
		"TransitGatewayId": n.Ref("Tgw"), "AvailabilityZoneMappings": []build.Props{{"AvailabilityZone": Zone}}})
	at := n.Attr("Firewall", "TransitGatewayAttachmentId")
	n.Add("AWS::EC2::TransitGatewayRouteTable", "FirewallTable", build.Props{"TransitGatewayId": n.Ref("Tgw")})
	n.Add("AWS::EC2::TransitGatewayRouteTableAssociation", "FirewallAssociation", build.Props{"TransitGatewayAttachmentId": at, "TransitGatewayRouteTableId": n.Ref("FirewallTable")})
	for _, v := range attached {
		n.Add("AWS::EC2::TransitGatewayRouteTablePropagation", v.id+"FirewallPropagation", build.Props{"TransitGatewayAttachmentId": n.Ref(v.id + "Attachment"), "TransitGatewayRouteTableId": n.Ref("FirewallTable")})
		for _, table := range tables {
			if n.maybe("by firewall", 70) { // more specific than what is propagated
				for _, half := range []int{0, 128} {
					n.Add("AWS::EC2::TransitGatewayRoute", n.next("TgwRoute"), build.Props{"TransitGatewayRouteTableId": n.Ref(table),
						"DestinationCidrBlock": fmt.Sprintf("10.%d.%d.0/17", v.i, half), "TransitGatewayAttachmentId": at})
				}
			}
		}
	}
}

// statelessRules draws rules that look at each packet by itself. One that passes
// has its like for the replies, mostly.
func (n *network) statelessRules() []build.Props {
	var out []build.Props
	add := func(action, source, dest string, sport, dport []build.Props) {
		match := build.Props{"Sources": []build.Props{{"AddressDefinition": source}}, "Destinations": []build.Props{{"AddressDefinition": dest}}}
		if sport != nil {
			match["Protocols"], match["SourcePorts"] = []any{6, 17}, sport
		}
		if dport != nil {
			match["Protocols"], match["DestinationPorts"] = []any{6, 17}, dport
		}
		out = append(out, build.Props{"Priority": len(out) + 1, "RuleDefinition": build.Props{"Actions": []string{"aws:" + action}, "MatchAttributes": match}})
	}
	least := 0
	if n.theme == inspected {
		least = 2
	}
	wide := func() string {
		return pick(n, "stateless range", "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "10.1.0.0/24")
	}
	for range n.between(least, 3, "stateless rules") {
		action, source, dest := pick(n, "stateless action", "pass", "drop", "forward_to_sfe"), wide(), wide()
		var ports []build.Props
		if port := pick(n, "stateless port", 0, 443, 80); port != 0 {
			ports = []build.Props{{"FromPort": port, "ToPort": port}}
		}
		add(action, source, dest, nil, ports)
		if action == "pass" && n.maybe("for replies too", 70) {
			add(action, dest, source, ports, nil)
		}
	}
	return out
}

// target is what a route of a VPC can lead to.
type target struct{ property, id string }

// targets returns what leads from one VPC to another, and with other nil what
// leads out.
func (n *network) targets(v, other *vpc) []target {
	var out []target
	if v.attached {
		out = append(out, target{"TransitGatewayId", "Tgw"})
	}
	for a := range n.vpcs {
		for b := a + 1; b < len(n.vpcs); b++ {
			id := fmt.Sprintf("Peering%d%d", a, b)
			if _, ok := n.peers[id]; ok && (v.i == a || v.i == b) && (other == nil || other.i == a || other.i == b) {
				out = append(out, target{"VpcPeeringConnectionId", id})
			}
		}
	}
	return out
}

// forced is a route of a network's theme.
type forced struct {
	dest string
	by   target
}

// forced returns the routes that a theme gives a subnet.
func (n *network) forced(v *vpc, s subnet) []forced {
	peering := func(a, b int) target {
		return target{"VpcPeeringConnectionId", fmt.Sprintf("Peering%d%d", min(a, b), max(a, b))}
	}
	tgw, nat := target{"TransitGatewayId", "Tgw"}, target{"NatGatewayId", n.vpcs[0].nat}
	ofNAT, ofAttachment := s.cidr == "10.0.100.0/24", s.cidr == "10.0.200.0/28"
	var out []forced
	switch {
	case n.theme == chain:
		for other := range n.vpcs {
			if other < v.i {
				out = append(out, forced{n.vpcs[other].cidr, peering(v.i, v.i-1)})
			} else if other > v.i {
				out = append(out, forced{n.vpcs[other].cidr, peering(v.i, v.i+1)})
			}
		}
	case n.theme == egress && v.i > 0:
		out = append(out, forced{"0.0.0.0/0", tgw})
	case n.theme == egress && ofNAT:
		out = append(out, forced{"0.0.0.0/0", target{"GatewayId", n.vpcs[0].id + "Igw"}})
		for _, other := range n.vpcs[1:] {
			out = append(out, forced{other.cidr, tgw})
		}
	case n.theme == egress && ofAttachment:
		out = append(out, forced{"0.0.0.0/0", nat})
	case n.theme == translated && v.i > 0:
		out = append(out, forced{"10.0.0.0/16", peering(0, v.i)})
	case n.theme == translated:
		for _, other := range n.vpcs[1:] {
			by := nat
			if ofNAT {
				by = peering(0, other.i)
			}
			out = append(out, forced{other.cidr, by})
		}
	case n.theme == inspected:
		for _, other := range n.vpcs {
			if other != v {
				out = append(out, forced{other.cidr, tgw})
			}
		}
	}
	return out
}

// addRoutes fills a subnet's table.
func (n *network) addRoutes(v *vpc, s subnet) {
	if s.table == "" {
		return
	}
	used := map[string]bool{}
	add := func(dest string, to target) {
		if used[dest] {
			return
		}
		used[dest] = true
		p := build.Props{"RouteTableId": n.Ref(s.table), "DestinationCidrBlock": dest}
		if to.id == "" {
			p["State"] = "blackhole" // what is left when a route's target is deleted
		} else {
			p[to.property] = n.Ref(to.id)
		}
		n.Add("AWS::EC2::Route", n.next("Route"), p)
	}
	for _, f := range n.forced(v, s) {
		add(f.dest, f.by)
	}
	var box []target
	if v.box != "" && s.cidr != fmt.Sprintf("10.%d.150.0/24", v.i) {
		box = []target{{"InstanceId", v.box}}
	}
	for _, other := range n.vpcs {
		to := append(n.targets(v, other), box...)
		if other == v || len(to) == 0 {
			continue
		}
		if n.maybe("route to VPC", 95) {
			add(other.cidr, pick(n, "by", to...))
		}
		if n.maybe("more specific route", 25) {
			dest := pick(n, "more specific", fmt.Sprintf("10.%d.0.0/24", other.i), fmt.Sprintf("10.%d.1.0/25", other.i))
			add(dest, pick(n, "by", append(to, target{})...))
		}
	}
	out := append(n.targets(v, nil), box...)
	if v.internet {
		out = append([]target{{"GatewayId", v.id + "Igw"}, {"GatewayId", v.id + "Igw"}, {"GatewayId", v.id + "Igw"}}, out...)
	}
	if v.nat != "" && s.cidr != fmt.Sprintf("10.%d.100.0/24", v.i) {
		out = append(out, target{"NatGatewayId", v.nat}, target{"NatGatewayId", v.nat})
	}
	if len(out) > 0 && n.maybe("default route", 70) {
		add("0.0.0.0/0", pick(n, "default by", out...))
	}
}
