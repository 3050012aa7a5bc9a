package kernel_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/suretyhq/surety/internal/kernel"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

// town is a network that tests build on: VPC 0 and 1 with a subnet and a host
// each (A in 0, B in 1), C in a second subnet of VPC 0, all groups open.
type town struct{ *build.Builder }

func newTown() town {
	b := town{build.New("100000000001", "ap-southeast-2", "town")}
	for i, cidr := range []string{"10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16"} {
		id := string(rune('0' + i))
		b.Add("AWS::EC2::VPC", "Vpc"+id, build.Props{"CidrBlock": cidr})
		b.Add("AWS::EC2::SecurityGroup", "Open"+id, build.Props{"VpcId": b.Ref("Vpc" + id), "SecurityGroupIngress": []build.Props{{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}}})
	}
	b.host("A", "0", "10.0.0.0/24", "10.0.0.10", "Open0")
	b.host("C", "0", "10.0.1.0/24", "10.0.1.10", "Open0")
	b.host("B", "1", "10.1.0.0/24", "10.1.0.10", "Open1")
	return b
}

// host adds a subnet with a table and one host.
func (b town) host(id, vpc, cidr, address string, group string) {
	b.subnet(id, vpc, cidr)
	b.Add("AWS::EC2::Instance", id, build.Props{"SubnetId": b.Ref("Subnet" + id), "PrivateIpAddress": address, "SecurityGroupIds": []value.Value{b.Attr(group, "GroupId")}})
}

func (b town) subnet(id, vpc, cidr string) {
	b.Add("AWS::EC2::Subnet", "Subnet"+id, build.Props{"VpcId": b.Ref("Vpc" + vpc), "CidrBlock": cidr, "AvailabilityZoneId": "apse2-az1"})
	b.Add("AWS::EC2::RouteTable", "Table"+id, build.Props{"VpcId": b.Ref("Vpc" + vpc)})
	b.Add("AWS::EC2::SubnetRouteTableAssociation", "TableOf"+id, build.Props{"SubnetId": b.Ref("Subnet" + id), "RouteTableId": b.Ref("Table" + id)})
}

func (b town) route(table, dest, property string, target any) {
	b.Add("AWS::EC2::Route", "Route"+table+strings.NewReplacer(".", "x", "/", "y").Replace(dest), build.Props{"RouteTableId": b.Ref("Table" + table), "DestinationCidrBlock": dest, property: target})
}

func (b town) peer(x, y string) {
	b.Add("AWS::EC2::VPCPeeringConnection", "Pcx"+x+y, build.Props{"VpcId": b.Ref("Vpc" + x), "PeerVpcId": b.Ref("Vpc" + y)})
}

// gateway adds a Transit Gateway with both VPCs attached and routed; VPC 0 is
// associated with table T0, VPC 1 with T1, and both propagate to both.
func (b town) gateway() {
	b.Add("AWS::EC2::TransitGateway", "Tgw", build.Props{"DefaultRouteTableAssociation": "disable", "DefaultRouteTablePropagation": "disable"})
	for _, i := range []string{"0", "1"} {
		b.Add("AWS::EC2::TransitGatewayRouteTable", "T"+i, build.Props{"TransitGatewayId": b.Ref("Tgw")})
	}
	for _, i := range []string{"0", "1"} {
		b.subnet("At"+i, i, "10."+i+".200.0/28")
		b.Add("AWS::EC2::TransitGatewayAttachment", "Att"+i, build.Props{"TransitGatewayId": b.Ref("Tgw"), "VpcId": b.Ref("Vpc" + i), "SubnetIds": []value.Value{b.Ref("SubnetAt" + i)}})
		b.Add("AWS::EC2::TransitGatewayRouteTableAssociation", "Assoc"+i, build.Props{"TransitGatewayAttachmentId": b.Ref("Att" + i), "TransitGatewayRouteTableId": b.Ref("T" + i)})
		for _, j := range []string{"0", "1"} {
			b.Add("AWS::EC2::TransitGatewayRouteTablePropagation", "Prop"+i+j, build.Props{"TransitGatewayAttachmentId": b.Ref("Att" + i), "TransitGatewayRouteTableId": b.Ref("T" + j)})
		}
	}
	b.route("A", "10.1.0.0/16", "TransitGatewayId", b.Ref("Tgw"))
	b.route("B", "10.0.0.0/16", "TransitGatewayId", b.Ref("Tgw"))
}

// crossing gives VPC 0 and VPC 1 a Transit Gateway each and peers them, with
// static routes there, and back if it says so.
func (b town) crossing(back bool) {
	for i, there := range []string{"1", "0"} {
		id := string(rune('0' + i))
		b.Add("AWS::EC2::TransitGateway", "Tgw"+id, build.Props{"DefaultRouteTableAssociation": "disable", "DefaultRouteTablePropagation": "disable"})
		b.subnet("At"+id, id, "10."+id+".200.0/28")
		b.Add("AWS::EC2::TransitGatewayAttachment", "Att"+id, build.Props{"TransitGatewayId": b.Ref("Tgw" + id), "VpcId": b.Ref("Vpc" + id), "SubnetIds": []value.Value{b.Ref("SubnetAt" + id)}})
		for _, table := range []struct{ name, of, to, dest string }{{"T", "Att" + id, "P", "10." + there + ".0.0/16"}, {"X", "P", "Att" + id, "10." + id + ".0.0/16"}} {
			name := table.name + id
			b.Add("AWS::EC2::TransitGatewayRouteTable", name, build.Props{"TransitGatewayId": b.Ref("Tgw" + id)})
			b.Add("AWS::EC2::TransitGatewayRouteTableAssociation", "Assoc"+name, build.Props{"TransitGatewayAttachmentId": b.Ref(table.of), "TransitGatewayRouteTableId": b.Ref(name)})
			if name != "T1" || back {
				b.Add("AWS::EC2::TransitGatewayRoute", "Way"+name, build.Props{"TransitGatewayAttachmentId": b.Ref(table.to), "TransitGatewayRouteTableId": b.Ref(name), "DestinationCidrBlock": table.dest})
			}
		}
	}
	b.Add("AWS::EC2::TransitGatewayPeeringAttachment", "P", build.Props{"TransitGatewayId": b.Ref("Tgw0"), "PeerTransitGatewayId": b.Ref("Tgw1")})
	b.Add(resource.PeeringAcceptance, "Accepted", build.Props{"TransitGatewayAttachmentId": b.Ref("P")})
	b.route("A", "10.1.0.0/16", "TransitGatewayId", b.Ref("Tgw0"))
	b.route("B", "10.0.0.0/16", "TransitGatewayId", b.Ref("Tgw1"))
}

// boxed leads A's way to B by an instance in a subnet of its own, which B's
// replies pass by a peering straight to A's VPC.
func (b town) boxed(check bool) {
	b.peer("0", "1")
	b.route("B", "10.0.0.0/16", "VpcPeeringConnectionId", b.Ref("Pcx01"))
	b.subnet("Box", "0", "10.0.8.0/24")
	b.route("Box", "10.1.0.0/16", "VpcPeeringConnectionId", b.Ref("Pcx01"))
	b.Add("AWS::EC2::Instance", "Box", build.Props{"SubnetId": b.Ref("SubnetBox"), "SecurityGroupIds": []value.Value{b.Ref("Open0")}, "SourceDestCheck": check})
	b.route("A", "10.1.0.0/16", "InstanceId", b.Ref("Box"))
}

// firewall adds a firewall that passes only TCP 443 from VPC 0 to VPC 1, and
// leads both VPCs' ranges to it in the given tables.
func (b town) firewall(tables ...string) { b.firewallOf(nil, tables...) }

// firewallOf is firewall with more in its policy.
func (b town) firewallOf(more build.Props, tables ...string) {
	b.Add("AWS::NetworkFirewall::RuleGroup", "Rules", build.Props{"RuleGroup": build.Props{"RulesSource": build.Props{"StatefulRules": []build.Props{
		{"Action": "PASS", "Header": build.Props{"Protocol": "TCP", "Source": "10.0.0.0/16", "SourcePort": "ANY", "Direction": "FORWARD", "Destination": "10.1.0.0/16", "DestinationPort": "443"}}}}}})
	policy := build.Props{"StatelessDefaultActions": []string{"aws:forward_to_sfe"},
		"StatefulEngineOptions": build.Props{"RuleOrder": "STRICT_ORDER"}, "StatefulDefaultActions": []string{"aws:drop_strict"},
		"StatefulRuleGroupReferences": []build.Props{{"ResourceArn": b.Ref("Rules"), "Priority": 1}}}
	maps.Copy(policy, more)
	b.Add("AWS::NetworkFirewall::FirewallPolicy", "Policy", build.Props{"FirewallPolicy": policy})
	b.Add("AWS::NetworkFirewall::Firewall", "Fw", build.Props{"FirewallPolicyArn": b.Ref("Policy"), "TransitGatewayId": b.Ref("Tgw"), "AvailabilityZoneMappings": []build.Props{{"AvailabilityZone": "apse2-az1"}}})
	at := b.Attr("Fw", "TransitGatewayAttachmentId")
	b.Add("AWS::EC2::TransitGatewayRouteTable", "FwTable", build.Props{"TransitGatewayId": b.Ref("Tgw")})
	b.Add("AWS::EC2::TransitGatewayRouteTableAssociation", "FwAssoc", build.Props{"TransitGatewayAttachmentId": at, "TransitGatewayRouteTableId": b.Ref("FwTable")})
	for _, i := range []string{"0", "1"} {
		b.Add("AWS::EC2::TransitGatewayRouteTablePropagation", "FwProp"+i, build.Props{"TransitGatewayAttachmentId": b.Ref("Att" + i), "TransitGatewayRouteTableId": b.Ref("FwTable")})
		for _, table := range tables {
			b.Add("AWS::EC2::TransitGatewayRoute", "By"+table+i, build.Props{"TransitGatewayRouteTableId": b.Ref(table), "DestinationCidrBlock": "10." + i + ".0.0/24", "TransitGatewayAttachmentId": at})
		}
	}
}

func (b town) tgwRoute(table, dest string, p build.Props) {
	p["TransitGatewayRouteTableId"], p["DestinationCidrBlock"] = b.Ref(table), dest
	b.Add("AWS::EC2::TransitGatewayRoute", "TgwRoute"+table, p)
}

// acl gives a subnet an ACL of the given entries, each "in|out number action
// protocol cidr from to".
func (b town) acl(of string, entries ...string) {
	b.Add("AWS::EC2::NetworkAcl", "Acl"+of, build.Props{"VpcId": b.Ref("Vpc0")})
	b.Add("AWS::EC2::SubnetNetworkAclAssociation", "AclOf"+of, build.Props{"SubnetId": b.Ref("Subnet" + of), "NetworkAclId": b.Ref("Acl" + of)})
	for i, e := range entries {
		f := strings.Fields(e)
		b.Add("AWS::EC2::NetworkAclEntry", "Entry"+of+string(rune('a'+i)), build.Props{"NetworkAclId": b.Ref("Acl" + of), "Egress": f[0] == "out", "RuleNumber": f[1],
			"RuleAction": f[2], "Protocol": f[3], "CidrBlock": f[4], "PortRange": build.Props{"From": f[5], "To": f[6]}})
	}
}

func (b town) internet(vpc string) {
	b.Add("AWS::EC2::InternetGateway", "Igw"+vpc, nil)
	b.Add("AWS::EC2::VPCGatewayAttachment", "IgwAt"+vpc, build.Props{"VpcId": b.Ref("Vpc" + vpc), "InternetGatewayId": b.Ref("Igw" + vpc)})
}

func (b town) group(id string, p build.Props) {
	p["VpcId"] = b.Ref("Vpc0")
	b.Add("AWS::EC2::SecurityGroup", id, p)
}

// TestWhatTheKernelSays checks the compiled network itself, rule by rule,
// against AWS's documentation: want names the pairs that reach each other at
// TCP port 443. Package network must agree on each, and every mutant of what
// the kernel judges must disagree on one.
func TestWhatTheKernelSays(t *testing.T) {
	needKernel(t)
	count := newTally()
	for name, c := range map[string]struct {
		add  func(town)
		want string
	}{
		"local routes only": {func(town) {}, "A>C C>A"},
		"peering": {func(b town) {
			b.peer("0", "1")
			b.route("A", "10.1.0.0/16", "VpcPeeringConnectionId", b.Ref("Pcx01"))
			b.route("B", "10.0.0.0/16", "VpcPeeringConnectionId", b.Ref("Pcx01"))
		}, "A>B A>C B>A C>A"},
		"no way back": {func(b town) { b.peer("0", "1"); b.route("A", "10.1.0.0/16", "VpcPeeringConnectionId", b.Ref("Pcx01")) }, "A>C C>A"},
		"peering is not transitive": {func(b town) {
			b.peer("0", "2")
			b.peer("1", "2")
			b.route("A", "10.1.0.0/16", "VpcPeeringConnectionId", b.Ref("Pcx02"))
			b.route("B", "10.0.0.0/16", "VpcPeeringConnectionId", b.Ref("Pcx12"))
			b.subnet("T", "2", "10.2.0.0/24")
			b.route("T", "10.1.0.0/16", "VpcPeeringConnectionId", b.Ref("Pcx12"))
			b.route("T", "10.0.0.0/16", "VpcPeeringConnectionId", b.Ref("Pcx02"))
		}, "A>C C>A"},
		"transit gateway":         {func(b town) { b.gateway() }, "A>B A>C B>A C>A"},
		"peered gateways":         {func(b town) { b.crossing(true) }, "A>B A>C B>A C>A"},
		"no way back by the peer": {func(b town) { b.crossing(false) }, "A>C C>A"},
		"the peer's own table":    {func(b town) { b.crossing(true); b.tgwRoute("X1", "10.1.0.0/24", build.Props{"Blackhole": true}) }, "A>C C>A"},
		"its table by ingress":    {func(b town) { b.gateway(); b.tgwRoute("T1", "10.0.0.0/24", build.Props{"Blackhole": true}) }, "A>C C>A"},
		"more specific blackhole": {func(b town) { b.gateway(); b.route("A", "10.1.0.0/25", "State", "blackhole") }, "A>C C>A"},
		"longest prefix": {func(b town) {
			b.gateway()
			b.peer("0", "2")
			b.route("A", "0.0.0.0/0", "VpcPeeringConnectionId", b.Ref("Pcx02"))
		}, "A>B A>C B>A C>A"},
		"static blackhole elsewhere": {func(b town) { b.gateway(); b.tgwRoute("T0", "10.1.1.0/24", build.Props{"Blackhole": true}) }, "A>B A>C B>A C>A"},
		"ACL without replies":        {func(b town) { b.acl("C", "in 100 allow 6 0.0.0.0/0 443 443", "out 100 allow 6 0.0.0.0/0 443 443") }, ""},
		"ACL with replies":           {func(b town) { b.acl("C", "in 100 allow 6 0.0.0.0/0 443 443", "out 100 allow 6 0.0.0.0/0 1024 65535") }, "A>C"},
		"ACL's first match": {func(b town) {
			b.acl("C", "in 110 allow -1 0.0.0.0/0 0 0", "in 100 deny 6 10.0.0.0/24 443 443", "out 100 allow -1 0.0.0.0/0 0 0")
		}, "C>A"},
		"ACL inside a subnet": {func(b town) {
			b.acl("A")
			b.Add("AWS::EC2::Instance", "D", build.Props{"SubnetId": b.Ref("SubnetA"), "PrivateIpAddress": "10.0.0.20", "SecurityGroupIds": []value.Value{b.Ref("Open0")}})
		}, "A>D D>A"},
		"ACL of the attachment": {func(b town) { b.gateway(); b.acl("At0", "in 100 allow -1 0.0.0.0/0 0 0") }, "A>C C>A"},
		"group by reference": {func(b town) {
			b.group("G", build.Props{"SecurityGroupIngress": []build.Props{{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "SourceSecurityGroupId": b.Ref("Open0")}}})
			b.host("D", "0", "10.0.3.0/24", "10.0.3.10", "G")
		}, "A>C A>D C>A C>D D>A D>C"},
		"group without rules": {func(b town) { b.group("G", build.Props{}); b.host("D", "0", "10.0.3.0/24", "10.0.3.10", "G") }, "A>C C>A D>A D>C"},
		"group's egress": {func(b town) {
			b.group("G", build.Props{"SecurityGroupIngress": []build.Props{{"IpProtocol": "-1", "CidrIp": "10.0.0.0/24"}}, "SecurityGroupEgress": []build.Props{{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.1.10/32"}}})
			b.host("D", "0", "10.0.3.0/24", "10.0.3.10", "G")
		}, "A>C A>D C>A D>C"},
		"internet by public address": {func(b town) {
			b.internet("0")
			b.route("A", "0.0.0.0/0", "GatewayId", b.Ref("Igw0"))
			b.Add("AWS::EC2::EIP", "Eip", build.Props{"InstanceId": b.Ref("A")})
		}, "A>C A>internet C>A internet>A"},
		"internet without an address": {func(b town) { b.internet("0"); b.route("A", "0.0.0.0/0", "GatewayId", b.Ref("Igw0")) }, "A>C C>A"},
		"NAT gateway": {func(b town) {
			b.internet("0")
			b.subnet("N", "0", "10.0.9.0/24")
			b.Add("AWS::EC2::NatGateway", "Nat", build.Props{"SubnetId": b.Ref("SubnetN")})
			b.route("N", "0.0.0.0/0", "GatewayId", b.Ref("Igw0"))
			b.route("A", "0.0.0.0/0", "NatGatewayId", b.Ref("Nat"))
		}, "A>C A>internet C>A"},
		"NAT behind no gateway": {func(b town) {
			b.internet("0")
			b.subnet("N", "0", "10.0.9.0/24")
			b.Add("AWS::EC2::NatGateway", "Nat", build.Props{"SubnetId": b.Ref("SubnetN")})
			b.route("A", "0.0.0.0/0", "NatGatewayId", b.Ref("Nat"))
		}, "A>C C>A"},
		"private NAT at the internet": {func(b town) {
			b.internet("0")
			b.subnet("N", "0", "10.0.9.0/24")
			b.Add("AWS::EC2::NatGateway", "Nat", build.Props{"SubnetId": b.Ref("SubnetN"), "ConnectivityType": "private"})
			b.route("N", "0.0.0.0/0", "GatewayId", b.Ref("Igw0"))
			b.route("A", "0.0.0.0/0", "NatGatewayId", b.Ref("Nat"))
		}, "A>C C>A"},
		"NAT with ACL for its replies": {func(b town) {
			b.internet("0")
			b.subnet("N", "0", "10.0.9.0/24")
			b.Add("AWS::EC2::NatGateway", "Nat", build.Props{"SubnetId": b.Ref("SubnetN")})
			b.route("N", "0.0.0.0/0", "GatewayId", b.Ref("Igw0"))
			b.route("A", "0.0.0.0/0", "NatGatewayId", b.Ref("Nat"))
			b.acl("N", "in 100 allow 6 0.0.0.0/0 443 443", "out 100 allow -1 0.0.0.0/0 0 0")
		}, "A>C C>A"},
		"NAT gateway for what a gateway brings": {func(b town) {
			b.gateway()
			b.internet("1")
			b.subnet("N", "1", "10.1.9.0/24")
			b.Add("AWS::EC2::NatGateway", "Nat", build.Props{"SubnetId": b.Ref("SubnetN")})
			b.route("N", "0.0.0.0/0", "GatewayId", b.Ref("Igw1"))
			b.route("N", "10.0.0.0/16", "TransitGatewayId", b.Ref("Tgw"))
			b.route("At1", "0.0.0.0/0", "NatGatewayId", b.Ref("Nat"))
			b.route("A", "0.0.0.0/0", "TransitGatewayId", b.Ref("Tgw"))
			b.tgwRoute("T0", "0.0.0.0/0", build.Props{"TransitGatewayAttachmentId": b.Ref("Att1")})
		}, "A>B A>C A>internet B>A C>A"},
		"private NAT before a group that tells": {func(b town) {
			b.peer("0", "1")
			b.subnet("N", "0", "10.0.9.0/24")
			b.Add("AWS::EC2::NatGateway", "Nat", build.Props{"SubnetId": b.Ref("SubnetN"), "ConnectivityType": "private", "PrivateIpAddress": "10.0.9.9"})
			b.route("A", "10.1.0.0/16", "NatGatewayId", b.Ref("Nat"))
			b.route("N", "10.1.0.0/16", "VpcPeeringConnectionId", b.Ref("Pcx01"))
			for _, id := range []string{"D", "E"} {
				b.Add("AWS::EC2::SecurityGroup", "From"+id, build.Props{"VpcId": b.Ref("Vpc1"), "SecurityGroupIngress": []build.Props{{"IpProtocol": "-1", "CidrIp": map[string]string{"D": "10.0.9.0/24", "E": "10.0.0.0/24"}[id]}}})
				b.host(id, "1", map[string]string{"D": "10.1.3.0/24", "E": "10.1.4.0/24"}[id], map[string]string{"D": "10.1.3.10", "E": "10.1.4.10"}[id], "From"+id)
				b.route(id, "10.0.0.0/16", "VpcPeeringConnectionId", b.Ref("Pcx01"))
			}
			b.route("B", "10.0.0.0/16", "VpcPeeringConnectionId", b.Ref("Pcx01"))
		}, "A>B A>C A>D C>A D>B E>B"},
		"firewall with stateless rules": {func(b town) {
			b.gateway()
			b.firewallOf(build.Props{"StatelessRuleGroupReferences": []build.Props{{"Priority": 1, "ResourceArn": b.Ref("Stateless")}}}, "T0", "T1")
			b.Add("AWS::NetworkFirewall::RuleGroup", "Stateless", build.Props{"Type": "STATELESS", "RuleGroup": build.Props{"RulesSource": build.Props{"StatelessRulesAndCustomActions": build.Props{"StatelessRules": []build.Props{
				{"Priority": 1, "RuleDefinition": build.Props{"Actions": []string{"aws:drop"}, "MatchAttributes": build.Props{"Protocols": []any{6}, "DestinationPorts": []build.Props{{"FromPort": 443, "ToPort": 443}}}}}}}}}})
		}, "A>C C>A"},
		"firewall, both ways":         {func(b town) { b.gateway(); b.firewall("T0", "T1") }, "A>B A>C C>A"},
		"firewall, half a connection": {func(b town) { b.gateway(); b.firewall("T1") }, "A>C C>A"},
		"instance that forwards":      {func(b town) { b.boxed(false) }, "A>B A>Box A>C B>A B>Box Box>A Box>B Box>C C>A C>Box"},
		"source/destination check":    {func(b town) { b.boxed(true) }, "A>Box A>C B>Box Box>A Box>B Box>C C>A C>Box"},
		"main table": {func(b town) {
			b.gateway()
			b.Add("AWS::EC2::Subnet", "SubnetM", build.Props{"VpcId": b.Ref("Vpc0"), "CidrBlock": "10.0.7.0/24", "AvailabilityZoneId": "apse2-az1"})
			b.Add("AWS::EC2::Instance", "M", build.Props{"SubnetId": b.Ref("SubnetM"), "SecurityGroupIds": []value.Value{b.Ref("Open0")}})
		}, "A>B A>C A>M B>A C>A C>M M>A M>C"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newTown()
			c.add(b)
			g, err := b.Graph()
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(reached(t, g, window), " ")
			if got != c.want { // a busy machine may need longer
				got = strings.Join(reached(t, g, secondWindow), " ")
			}
			if got != c.want {
				t.Errorf("TCP 443:  got %s\nwant %s", got, c.want)
			}
			bad, err := compare(g, kernel.IPv4, count)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range bad {
				t.Error(b)
			}
		})
	}
	for _, mutant := range judged {
		if count.noticed[mutant] == 0 {
			t.Errorf("no network noticed the mutant %s", mutant)
		}
	}
}

// reached builds a graph and returns which pairs reach each other at TCP port
// 443.
func reached(t *testing.T, g *resource.Graph, window time.Duration) []string {
	t.Helper()
	m, err := kernel.Build(context.Background(), g, kernel.IPv4)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}()
	ends := m.Ends()
	probes := kernel.Pairs(ends, 443)
	open, err := m.Probe(context.Background(), probes, window)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i, p := range probes {
		if open[i] && p.Protocol == resource.TCP {
			out = append(out, ends[p.From].Name+">"+ends[p.To].Name)
		}
	}
	slices.Sort(out)
	return out
}

func TestBuildRefusesWhatTheKernelCannotJudge(t *testing.T) {
	for name, add := range map[string]func(town){
		"a firewall": func(b town) { b.Add("AWS::NetworkFirewall::Firewall", "Fw", build.Props{"VpcId": b.Ref("Vpc0")}) },
		"IPv6": func(b town) {
			b.Add("AWS::EC2::VPCCidrBlock", "Six", build.Props{"VpcId": b.Ref("Vpc0"), "AmazonProvidedIpv6CidrBlock": true})
		},
		"unknown rule": func(b town) {
			b.Add("AWS::EC2::SecurityGroupIngress", "In", build.Props{"GroupId": b.Ref("Open0"), "IpProtocol": build.Unknown("?"), "CidrIp": "0.0.0.0/0"})
		},
		"unknown target": func(b town) { b.route("A", "0.0.0.0/0", "NatGatewayId", build.Unknown("?")) },
		"foreign group": func(b town) {
			b.Add("AWS::EC2::Instance", "D", build.Props{"SubnetId": b.Ref("SubnetA"), "SecurityGroupIds": []string{"sg-1"}})
		},
		"unknown subnet": func(b town) {
			b.Add("AWS::EC2::Instance", "D", build.Props{"SubnetId": build.Unknown("?"), "SecurityGroupIds": []string{}})
		},
		"default tables": func(b town) { b.Add("AWS::EC2::TransitGateway", "Tgw", nil) },
		"VPN": func(b town) {
			b.Add("AWS::EC2::VPNGateway", "Vgw", nil)
			b.route("A", "10.9.0.0/16", "GatewayId", b.Ref("Vgw"))
		},
		"foreign route": func(b town) {
			b.Add("AWS::EC2::Route", "R", build.Props{"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"})
		},
		"within the VPC": func(b town) { b.route("A", "10.0.1.0/24", "State", "blackhole") },
		"a peering that nobody accepts": func(b town) {
			for _, id := range []string{"0", "1"} {
				b.Add("AWS::EC2::TransitGateway", "Tgw"+id, build.Props{"DefaultRouteTableAssociation": "disable", "DefaultRouteTablePropagation": "disable"})
			}
			b.Add("AWS::EC2::TransitGatewayPeeringAttachment", "P", build.Props{"TransitGatewayId": b.Ref("Tgw0"), "PeerTransitGatewayId": b.Ref("Tgw1")})
		},
		"foreign peering": func(b town) {
			b.Add("AWS::EC2::VPCPeeringConnection", "P", build.Props{"VpcId": b.Ref("Vpc0"), "PeerVpcId": "vpc-1"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newTown()
			add(b)
			g, err := b.Graph()
			if err != nil {
				t.Fatal(err)
			}
			m, err := kernel.Build(context.Background(), g, kernel.IPv4)
			if err == nil {
				_ = m.Close()
				t.Fatal("built what it cannot judge")
			}
			if !strings.Contains(err.Error(), "the kernel cannot judge") {
				t.Errorf("the error does not say so: %v", err)
			}
		})
	}
}
