package network_test

import (
	"github.com/suretyhq/surety/internal/resource/build"
)

// inspection makes two VPCs X (an interface x in az1) and Y (an interface y in
// az2), attached in both zones, and an inspection VPC I between them with a
// firewall endpoint in each zone.
func inspection(l *lab, appliance string) {
	l.tgw("T")
	l.table("Spokes")
	l.table("Back")
	for i, v := range []string{"X", "Y", "I"} {
		net := "10." + string(rune('1'+i)) + "."
		l.vpc(v, net+"0.0/16")
		l.open(v, v+"Open")
		for z, zone := range []string{"az1", "az2"} {
			n := string(rune('1' + z))
			l.subnet(v, v+"app"+n, net+n+".0/24", zone)
			l.subnet(v, v+"att"+n, net+"25"+n+".0/28", zone)
			l.route(v+"app"+n, "0.0.0.0/0", "TransitGatewayId", "T")
		}
		var options build.Props
		if v == "I" && appliance != "" {
			options = build.Props{"ApplianceModeSupport": appliance}
		}
		l.attach(v+"attach", v, options, v+"att1", v+"att2")
	}
	l.eni("x", "Xapp1", "XOpen", "")
	l.eni("y", "Yapp2", "YOpen", "")
	l.eni("y1", "Yapp1", "YOpen", "")
	for _, v := range []string{"X", "Y"} {
		l.associate("Spokes", v+"attach", "Id")
		l.propagate("Back", v+"attach")
	}
	l.tgwRoute("Spokes", "0.0.0.0/0", "Iattach", "Id")
	l.associate("Back", "Iattach", "Id")
	for _, n := range []string{"1", "2"} {
		l.Add("AWS::EC2::Route", "ToFw"+n, build.Props{"RouteTableId": l.Ref("Iatt" + n + "Rt"), "DestinationCidrBlock": "0.0.0.0/0", "VpcEndpointId": l.Attr("F", "EndpointIds")})
	}
	l.Add("AWS::NetworkFirewall::Firewall", "F", build.Props{"VpcId": l.Ref("I"), "FirewallPolicyArn": l.Ref("Policy"),
		"SubnetMappings": []build.Props{{"SubnetId": l.Ref("Iapp1")}, {"SubnetId": l.Ref("Iapp2")}}})
	l.Add("AWS::NetworkFirewall::FirewallPolicy", "Policy", build.Props{"FirewallPolicy": build.Props{
		"StatelessDefaultActions": []string{"aws:forward_to_sfe"}, "StatelessFragmentDefaultActions": []string{"aws:forward_to_sfe"}}})
}

// six makes a VPC with IPv6 subnets, an egress-only gateway and an internet
// gateway.
func six(l *lab) {
	l.vpc("V", "10.0.0.0/16")
	l.Add("AWS::EC2::VPCCidrBlock", "Six", build.Props{"VpcId": l.Ref("V"), "Ipv6CidrBlock": "2001:db8:1::/56"})
	l.igw("V")
	l.Add("AWS::EC2::EgressOnlyInternetGateway", "Eigw", build.Props{"VpcId": l.Ref("V")})
	for i, s := range []string{"A", "B"} {
		n := string(rune('1' + i))
		l.subnet("V", s, "10.0."+n+".0/24", "az1")
		for _, r := range l.all() {
			if r.Addr == l.Addr(s) {
				r.Props = build.Of(build.Props{"VpcId": l.Ref("V"), "CidrBlock": "10.0." + n + ".0/24", "AvailabilityZoneId": "az1", "Ipv6CidrBlock": "2001:db8:1:" + n + "::/64"})
			}
		}
	}
	l.group("V", "SixSg", "tcp 443 ::/0")
	for _, s := range []string{"a", "b"} {
		l.Add("AWS::EC2::NetworkInterface", s, build.Props{"SubnetId": l.Ref(map[string]string{"a": "A", "b": "B"}[s]),
			"GroupSet": []any{l.Attr("SixSg", "GroupId")}, "Ipv6Addresses": []build.Props{{"Ipv6Address": "2001:db8:1:" + map[string]string{"a": "1", "b": "2"}[s] + "::5"}}})
	}
	l.Add("AWS::EC2::Route", "OutA", build.Props{"RouteTableId": l.Ref("ARt"), "DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": l.Ref("Eigw")})
	l.Add("AWS::EC2::Route", "OutB", build.Props{"RouteTableId": l.Ref("BRt"), "DestinationIpv6CidrBlock": "::/0", "GatewayId": l.Ref("VIgw")})
}

// inspectionSemantics are the rules about middleboxes, IPv6 and what is hidden
// until deployment.
func inspectionSemantics() []semantic {
	return []semantic{
		{"without appliance mode zones differ there and back", "Appliance mode", func(l *lab) { inspection(l, "") },
			[]probe{{"x", "y", "tcp 443", "FIREWALL_RULES_RESTRICTION"}, {"x", "y1", "tcp 443", "must"}}},
		{"appliance mode keeps a flow in one zone", "Appliance mode", func(l *lab) { inspection(l, "enable") },
			[]probe{{"x", "y", "tcp 443", "must"}, {"x", "y1", "tcp 443", "must"}}},
		{"egress-only gateway", "Enable outbound IPv6 traffic using an egress-only internet gateway", six,
			[]probe{{"a", "internet", "tcp 443", "must"}, {"internet", "a", "tcp 443", "may"}, {"internet", "b", "tcp 443", "must"}, {"a", "b", "tcp 443", "must"}, {"a", "b", "tcp 22", "ENI_SG_RULES_MISMATCH"}}},
		{"IPv6 range that only deployment gives", "", func(l *lab) {
			six(l)
			for _, r := range l.all() {
				switch r.Type {
				case "AWS::EC2::VPCCidrBlock":
					r.Props = build.Of(build.Props{"VpcId": l.Ref("V"), "AmazonProvidedIpv6CidrBlock": true})
				case "AWS::EC2::Subnet":
					r.Props = build.Of(build.Props{"VpcId": l.Ref("V"), "CidrBlock": r.Props.Get("CidrBlock"), "AvailabilityZoneId": "az1", "Ipv6CidrBlock": build.Unknown("a test")})
				case "AWS::EC2::NetworkInterface":
					r.Props = build.Of(build.Props{"SubnetId": r.Props.Get("SubnetId"), "GroupSet": r.Props.Get("GroupSet")})
				}
			}
		}, []probe{{"a", "b", "tcp 443", "may"}, {"a", "internet", "tcp 443", "may"}, {"a", "b", "tcp 22", "ENI_SG_RULES_MISMATCH"}}},
		{"private NAT gateway", "NAT gateway use cases", func(l *lab) {
			hub(l)
			full(l)
			l.subnet("X", "Xnat", "10.1.9.0/24", "az1")
			l.route("Xnat", "0.0.0.0/0", "TransitGatewayId", "T")
			l.Add("AWS::EC2::NatGateway", "N", build.Props{"SubnetId": l.Ref("Xnat"), "ConnectivityType": "private"})
			l.subnet("X", "Xin", "10.1.8.0/24", "az1")
			l.route("Xin", "0.0.0.0/0", "NatGatewayId", "N")
			l.eni("i", "Xin", "XOpen", "")
			l.group("Y", "FromNat", "tcp 443 10.1.9.0/24")
			l.eni("s", "Yapp", "FromNat", "")
		}, []probe{{"i", "y", "tcp 443", "must"}, {"i", "s", "tcp 443", "must"}, {"x", "s", "tcp 443", "ENI_SG_RULES_MISMATCH"}}},
		{"edge route table", "Gateway route tables", func(l *lab) {
			edge(l)
			l.Add("AWS::EC2::RouteTable", "Edge", build.Props{"VpcId": l.Ref("V")})
			l.Add("AWS::EC2::GatewayRouteTableAssociation", "EdgeAssoc", build.Props{"GatewayId": l.Ref("VIgw"), "RouteTableId": l.Ref("Edge")})
			l.eni("box", "A", "Open", "10.0.1.99")
			l.Add("AWS::EC2::Route", "Redirect", build.Props{"RouteTableId": l.Ref("Edge"), "DestinationCidrBlock": "10.0.0.0/24", "NetworkInterfaceId": l.Ref("box")})
		}, []probe{{"internet", "w", "tcp 443", "ENI_SOURCE_DEST_CHECK_RESTRICTION"}}},
		{"overlapping VPCs", "Amazon VPC attachments in Transit Gateway", func(l *lab) {
			hub(l)
			full(l)
			l.vpc("Twin", "10.2.0.0/16")
			l.subnet("Twin", "Twins", "10.2.7.0/24", "az1")
			l.route("Twins", "0.0.0.0/0", "TransitGatewayId", "T")
			l.open("Twin", "TwinOpen")
			l.eni("twin", "Twins", "TwinOpen", "")
			l.attach("Zz", "Twin", nil, "Twins")
			l.associate("All", "Zz", "Id")
			l.propagate("All", "Zz")
		}, []probe{{"x", "twin", "tcp 443", "may"}}},
		{"Transit Gateway outside the graph", "", func(l *lab) {
			hub(l)
			full(l)
			l.Add("AWS::EC2::Route", "Foreign", build.Props{"RouteTableId": l.Ref("XappRt"), "DestinationCidrBlock": "10.2.0.0/16", "TransitGatewayId": "tgw-0abc"})
		}, []probe{{"x", "y", "tcp 443", "may"}, {"x", "z", "tcp 443", "must"}}},
		{"rule of an unknown group", "", func(l *lab) {
			pair(l)
			l.group("V", "Shut")
			l.eni("c", "B", "Shut", "")
			l.Add("AWS::EC2::SecurityGroupIngress", "Stray", build.Props{"GroupId": build.Unknown("a test"), "IpProtocol": "-1", "CidrIp": "0.0.0.0/0"})
		}, []probe{{"a", "c", "tcp 443", "may"}, {"a", "b", "tcp 443", "must"}}},
		{"route of an unknown table", "", func(l *lab) {
			hub(l)
			full(l)
			l.Add("AWS::EC2::Route", "Stray", build.Props{"RouteTableId": build.Unknown("a test"), "DestinationCidrBlock": "10.2.0.0/16", "TransitGatewayId": l.Ref("T")})
		}, []probe{{"x", "y", "tcp 443", "may"}}},
		{"a foreign group may be the peer's", "", func(l *lab) {
			pair(l)
			l.Add("AWS::EC2::SecurityGroup", "Foreign", build.Props{"GroupDescription": "f", "VpcId": l.Ref("V"),
				"SecurityGroupIngress": []build.Props{{"IpProtocol": "-1", "SourceSecurityGroupId": "sg-0123"}}})
			l.eni("f", "B", "Foreign", "")
			l.Add("AWS::EC2::NetworkInterface", "c", build.Props{"SubnetId": l.Ref("A"), "GroupSet": []any{"sg-0123"}})
		}, []probe{{"c", "f", "tcp 443", "may"}, {"a", "f", "tcp 443", "ENI_SG_RULES_MISMATCH"}}},
		{"unknown ACL entry", "", func(l *lab) {
			pair(l)
			l.acl("V", "B", "in 200 allow all 0.0.0.0/0", "out 100 allow all 0.0.0.0/0")
			l.Add("AWS::EC2::NetworkAclEntry", "Vague", build.Props{"NetworkAclId": l.Ref("BAcl"), "RuleNumber": 100, "Egress": false, "RuleAction": "deny", "Protocol": 6,
				"PortRange": build.Props{"From": 443, "To": 443}, "CidrBlock": build.Unknown("a test")})
		}, []probe{{"a", "b", "tcp 443", "may"}, {"a", "b", "tcp 80", "must"}}},
	}
}
