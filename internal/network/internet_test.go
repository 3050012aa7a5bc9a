package network_test

import (
	"github.com/suretyhq/surety/internal/resource/build"
)

// edge makes a VPC V with an internet gateway, a public subnet P with a NAT
// gateway N and an interface w with a public address, and a private subnet A
// with an interface a that leaves by the NAT gateway.
func edge(l *lab) {
	l.vpc("V", "10.0.0.0/16")
	l.igw("V")
	l.subnet("V", "P", "10.0.0.0/24", "az1")
	l.subnet("V", "A", "10.0.1.0/24", "az1")
	l.route("P", "0.0.0.0/0", "GatewayId", "VIgw")
	l.nat("N", "P")
	l.route("A", "0.0.0.0/0", "NatGatewayId", "N")
	l.open("V", "Open")
	l.eni("w", "P", "Open", "")
	l.publicAddress("w")
	l.eni("p", "P", "Open", "10.0.0.9")
	l.eni("a", "A", "Open", "")
}

// firewalled makes hub with a firewall attached natively to the Transit
// Gateway: X's table leads everything to it, the table of the firewall leads
// back to each VPC and to the internet by Z, which has a NAT gateway. Rules are
// those of the firewall's policy.
func firewalled(l *lab, stateful ...build.Props) {
	hub(l)
	l.table("Spokes")
	l.table("Inspected")
	l.table("Out")
	for _, v := range []string{"X", "Y"} {
		l.associate("Spokes", v+"attach", "Id")
		l.propagate("Inspected", v+"attach")
	}
	l.tgwRoute("Spokes", "0.0.0.0/0", "F", "TransitGatewayAttachmentId")
	l.associate("Inspected", "F", "TransitGatewayAttachmentId")
	l.tgwRoute("Inspected", "0.0.0.0/0", "Zattach", "Id")
	l.associate("Out", "Zattach", "Id")
	l.tgwRoute("Out", "10.0.0.0/8", "F", "TransitGatewayAttachmentId")
	l.Add("AWS::NetworkFirewall::Firewall", "F", build.Props{"TransitGatewayId": l.Ref("T"), "FirewallPolicyArn": l.Ref("Policy"),
		"AvailabilityZoneMappings": []build.Props{{"AvailabilityZone": "az1"}}})
	policy := build.Props{
		"StatelessDefaultActions": []string{"aws:forward_to_sfe"}, "StatelessFragmentDefaultActions": []string{"aws:forward_to_sfe"},
		"StatefulEngineOptions": build.Props{"RuleOrder": "STRICT_ORDER"}, "StatefulDefaultActions": []string{"aws:drop_established"},
		"PolicyVariables": build.Props{"RuleVariables": build.Props{"HOME_NET": build.Props{"Definition": []string{"10.1.0.0/16"}}}},
	}
	var refs []build.Props
	for i, s := range stateful {
		name := "Rules" + string(rune('A'+i))
		l.Add("AWS::NetworkFirewall::RuleGroup", name, build.Props{"Type": "STATEFUL", "RuleGroup": build.Props{
			"StatefulRuleOptions": build.Props{"RuleOrder": "STRICT_ORDER"}, "RulesSource": s}})
		refs = append(refs, build.Props{"Priority": i + 1, "ResourceArn": l.Ref(name)})
	}
	policy["StatefulRuleGroupReferences"] = refs
	l.Add("AWS::NetworkFirewall::FirewallPolicy", "Policy", build.Props{"FirewallPolicy": policy})
	// Z is the way out.
	l.igw("Z")
	l.subnet("Z", "Zpub", "10.3.0.0/24", "az1")
	l.route("Zpub", "0.0.0.0/0", "GatewayId", "ZIgw")
	l.route("Zpub", "10.0.0.0/8", "TransitGatewayId", "T")
	l.nat("N", "Zpub")
	l.route("Zatt", "0.0.0.0/0", "NatGatewayId", "N")
}

func rule(action, protocol, source, dest, port string) build.Props {
	return build.Props{"Action": action, "Header": build.Props{"Protocol": protocol, "Source": source, "SourcePort": "ANY",
		"Direction": "FORWARD", "Destination": dest, "DestinationPort": port}, "RuleOptions": []build.Props{{"Keyword": "sid", "Settings": []string{"1"}}}}
}

func rules(r ...build.Props) build.Props { return build.Props{"StatefulRules": r} }

var domains = build.Props{"RulesSourceList": build.Props{"GeneratedRulesType": "ALLOWLIST", "TargetTypes": []string{"TLS_SNI", "HTTP_HOST"}, "Targets": []string{".example.com"}}}

// internetSemantics are the rules about the internet, NAT and firewalls.
func internetSemantics() []semantic {
	return []semantic{
		{"NAT gateway", "NAT gateway use cases", edge, []probe{{"a", "internet", "tcp 443", "must"}, {"internet", "a", "tcp 443", "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"}}},
		{"internet gateway needs a public address", "Connect to the internet using an internet gateway", edge,
			[]probe{{"w", "internet", "tcp 443", "must"}, {"internet", "w", "tcp 443", "must"}, {"p", "internet", "tcp 443", "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"}, {"internet", "p", "tcp 443", "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"}}},
		{"NAT gateway drops unsolicited packets", "NAT gateways", edge, []probe{{"internet", "N", "tcp 443", "NO_POSSIBLE_DESTINATION"}}},
		{"ACL of the NAT gateway's subnet", "NAT gateways", func(l *lab) {
			edge(l)
			l.acl("V", "P", "in 100 allow all 10.0.0.0/16", "in 200 allow tcp 1024-65535 0.0.0.0/0", "out 100 allow tcp 443 0.0.0.0/0", "out 200 allow all 10.0.0.0/16")
		}, []probe{{"a", "internet", "tcp 443", "must"}, {"a", "internet", "tcp 80", "SUBNET_ACL_RESTRICTION"}, {"internet", "w", "tcp 443", "SUBNET_ACL_RESTRICTION"}}},
		{"replies to the NAT gateway's ports", "NAT gateways", func(l *lab) {
			edge(l)
			l.acl("V", "P", "in 100 allow all 10.0.0.0/16", "out 100 allow all 0.0.0.0/0")
		}, []probe{{"a", "internet", "tcp 443", "SUBNET_ACL_RESTRICTION"}}},
		{"Block Public Access", "Block public access to VPCs and subnets", func(l *lab) {
			edge(l)
			l.Add("AWS::EC2::VPCBlockPublicAccessOptions", "Bpa", build.Props{"InternetGatewayBlockMode": "block-bidirectional"})
		}, []probe{{"a", "internet", "tcp 443", "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}, {"internet", "w", "tcp 443", "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}}},
		{"no route back to the internet", "Connect to the internet using an internet gateway", func(l *lab) {
			edge(l)
			l.eni("u", "A", "Open", "10.0.1.7")
			l.publicAddress("u")
		}, []probe{{"internet", "u", "tcp 443", "NGW_SOURCE_ADDRESS_REASSIGN"}}},
		{"a VPC without an internet gateway", "", pair, []probe{{"internet", "a", "tcp 443", "NO_PATH"}, {"a", "internet", "tcp 443", "NO_ROUTE_TO_DESTINATION"}}},
		{"firewall passes what its rules pass", "Evaluation order for stateful rule groups", func(l *lab) {
			firewalled(l, rules(rule("PASS", "TCP", "10.1.0.0/16", "10.2.0.0/16", "443")))
		}, []probe{{"x", "y", "tcp 443", "must"}, {"x", "y", "tcp 80", "FIREWALL_RULES_RESTRICTION"}, {"y", "x", "tcp 443", "FIREWALL_RULES_RESTRICTION"}}},
		{"firewall rules in strict order", "Evaluation order for stateful rule groups", func(l *lab) {
			firewalled(l, rules(rule("DROP", "TCP", "10.1.0.0/16", "10.2.0.0/16", "443")), rules(rule("PASS", "IP", "ANY", "ANY", "ANY")))
		}, []probe{{"x", "y", "tcp 443", "FIREWALL_RULES_RESTRICTION"}, {"x", "y", "tcp 80", "must"}, {"y", "x", "tcp 443", "must"}}},
		{"domain list holds for HOME_NET", "Stateful domain list rule groups", func(l *lab) { firewalled(l, domains) },
			[]probe{{"x", "internet", "tcp 443", "must"}, {"x", "internet", "tcp 22", "FIREWALL_RULES_RESTRICTION"}, {"y", "internet", "tcp 443", "FIREWALL_RULES_RESTRICTION"}, {"x", "y", "tcp 443", "must"}}},
		{"rule options are not decided", "Standard stateful rule groups", func(l *lab) {
			r := rule("PASS", "TCP", "ANY", "ANY", "443")
			r["RuleOptions"] = []build.Props{{"Keyword": "geoip", "Settings": []string{"dst,AU"}}}
			firewalled(l, rules(r))
		}, []probe{{"x", "y", "tcp 443", "may"}}},
		{"group references end at a firewall", "Security group referencing", func(l *lab) {
			firewalled(l, rules(rule("PASS", "IP", "ANY", "ANY", "ANY")))
			l.group("Y", "Ref", "tcp 443 @XOpen")
			l.eni("r", "Yapp", "Ref", "")
		}, []probe{{"x", "r", "tcp 443", "SG_REFERENCES_NOT_PRESERVED"}}},
		{"half a connection at a firewall", "asymmetric routing", func(l *lab) {
			firewalled(l, rules(rule("PASS", "IP", "ANY", "ANY", "ANY")))
			l.tgwRoute("Direct", "10.1.0.0/16", "Xattach", "Id")
			l.table("Direct")
			for _, r := range l.all() {
				if r.Type == "AWS::EC2::TransitGatewayRouteTableAssociation" && r.Props.Get("TransitGatewayAttachmentId").String() == l.Attr("Yattach", "Id").String() {
					r.Props = build.Of(build.Props{"TransitGatewayRouteTableId": l.Ref("Direct"), "TransitGatewayAttachmentId": l.Attr("Yattach", "Id")})
				}
			}
		}, []probe{{"x", "y", "tcp 443", "FIREWALL_RULES_RESTRICTION"}}},
		{"source/destination check", "NAT instances", func(l *lab) {
			pair(l)
			l.subnet("V", "C", "10.0.3.0/24", "az1")
			l.eni("box", "C", "Open", "10.0.3.4")
			l.route("A", "10.0.2.0/24", "NetworkInterfaceId", "box")
		}, []probe{{"a", "b", "tcp 443", "ENI_SOURCE_DEST_CHECK_RESTRICTION"}}},
		{"blackhole in a VPC's table", "Route tables", func(l *lab) {
			hub(l)
			full(l)
			l.Add("AWS::EC2::Route", "Hole", build.Props{"RouteTableId": l.Ref("XappRt"), "DestinationCidrBlock": "10.2.1.0/24", "State": "blackhole"})
		}, []probe{{"x", "y", "tcp 443", "BAD_STATE_ROUTE"}, {"x", "z", "tcp 443", "must"}}},
		{"local route beats a propagated one", "Route priority", func(l *lab) {
			pair(l)
			l.Add("AWS::EC2::Route", "Prop", build.Props{"RouteTableId": l.Ref("ARt"), "DestinationCidrBlock": "10.0.2.0/25", "GatewayId": "vgw-1", "Origin": "EnableVgwRoutePropagation"})
		}, []probe{{"a", "b", "tcp 443", "must"}}},
		{"default route table of a Transit Gateway", "AWS::EC2::TransitGateway", func(l *lab) {
			hub(l)
			for _, r := range l.all() {
				if r.Type == "AWS::EC2::TransitGateway" {
					r.Props = build.Of(build.Props{"Description": "defaults"})
				}
			}
		}, []probe{{"x", "y", "tcp 443", "must"}}},
		{"unknown route", "", func(l *lab) {
			pair(l)
			l.Add("AWS::EC2::Route", "Vague", build.Props{"RouteTableId": l.Ref("ARt"), "DestinationCidrBlock": build.Unknown("a test"), "TransitGatewayId": "tgw-1"})
		}, []probe{{"a", "b", "tcp 443", "may"}}},
		{"group outside the graph", "", func(l *lab) {
			pair(l)
			l.Add("AWS::EC2::NetworkInterface", "c", build.Props{"SubnetId": l.Ref("B"), "GroupSet": []any{"sg-0123"}})
		}, []probe{{"a", "c", "tcp 443", "may"}}},
	}
}
