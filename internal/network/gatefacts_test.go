package network_test

import (
	"github.com/suretyhq/surety/internal/resource/build"
)

// centralNAT makes hub, and Z the way out of the others by a NAT gateway, whose
// subnet Zpub has no route back to them.
func centralNAT(l *lab) {
	hub(l)
	full(l)
	l.tgwRoute("All", "0.0.0.0/0", "Zattach", "Id")
	l.igw("Z")
	l.subnet("Z", "Zpub", "10.3.0.0/24", "az1")
	l.route("Zpub", "0.0.0.0/0", "GatewayId", "ZIgw")
	l.nat("N", "Zpub")
	l.route("Zatt", "0.0.0.0/0", "NatGatewayId", "N")
}

func gatewayFacts() []semantic {
	const bpa, edgeTables = "Block public access to VPCs and subnets", "Gateway route tables"
	blocked := func(l *lab, mode string) {
		edge(l)
		l.Add("AWS::EC2::VPCBlockPublicAccessOptions", "Bpa", build.Props{"InternetGatewayBlockMode": mode})
	}
	except := func(l *lab, property, of, mode string) {
		l.Add("AWS::EC2::VPCBlockPublicAccessExclusion", l.id("Except"), build.Props{property: l.Ref(of), "InternetGatewayExclusionMode": mode})
	}
	redirect := func(l *lab, public bool) {
		edge(l)
		l.Add("AWS::EC2::RouteTable", "Edge", build.Props{"VpcId": l.Ref("V")})
		l.Add("AWS::EC2::GatewayRouteTableAssociation", "EdgeAssoc", build.Props{"GatewayId": l.Ref("VIgw"), "RouteTableId": l.Ref("Edge")})
		l.subnet("V", "Box", "10.0.5.0/24", "az1")
		l.route("Box", "0.0.0.0/0", "GatewayId", "VIgw")
		l.eni("box", "Box", "Open", "10.0.5.9")
		l.amend("box", build.Props{"SourceDestCheck": false})
		if public {
			l.publicAddress("box")
		}
		l.Add("AWS::EC2::Route", "Redirect", build.Props{"RouteTableId": l.Ref("Edge"), "DestinationCidrBlock": "10.0.0.0/24", "NetworkInterfaceId": l.Ref("box")})
	}
	return []semantic{
		{"NAT gateway of another VPC", "NAT gateway basics", func(l *lab) {
			edge(l)
			l.vpc("W", "10.1.0.0/16")
			l.subnet("W", "Ws", "10.1.1.0/24", "az1")
			l.route("Ws", "0.0.0.0/0", "NatGatewayId", "N")
			l.open("W", "WOpen")
			l.eni("x", "Ws", "WOpen", "")
		}, []probe{{"x", "internet", "tcp 443", "NGW_REQUIRES_SOURCE_IN_VPC"}}},
		{"NAT gateway for what a Transit Gateway brings", "Centralized egress with NAT gateways", func(l *lab) { centralNAT(l); l.route("Zpub", "10.0.0.0/8", "TransitGatewayId", "T") },
			[]probe{{"x", "internet", "tcp 443", "must"}, {"internet", "x", "tcp 443", "NO_PATH"}}},
		{"NAT gateway whose subnet has no way back to the Transit Gateway", "Centralized egress with NAT gateways", centralNAT,
			[]probe{{"x", "internet", "tcp 443", "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"}}},
		{"replies of a NAT gateway over a peering", "VPC peering limitations: edge to edge routing through a gateway", func(l *lab) {
			centralNAT(l)
			l.Add("AWS::EC2::VPCPeeringConnection", "ZX", build.Props{"VpcId": l.Ref("Z"), "PeerVpcId": l.Ref("X")})
			l.route("Zpub", "10.1.0.0/16", "VpcPeeringConnectionId", "ZX")
		}, []probe{{"x", "internet", "tcp 443", "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"}}},
		{"private NAT gateway at an internet gateway", "NAT gateway basics", func(l *lab) {
			edge(l)
			l.amend("N", build.Props{"ConnectivityType": "private"})
		}, []probe{{"a", "internet", "tcp 443", "NGW_SOURCE_ADDRESS_REASSIGN"}}},
		{"regional NAT gateway", "Regional NAT gateways", func(l *lab) {
			edge(l)
			l.Add("AWS::EC2::NatGateway", "Regional", build.Props{"VpcId": l.Ref("V"), "AvailabilityMode": "regional"})
			l.subnet("V", "C", "10.0.3.0/24", "az1")
			l.route("C", "0.0.0.0/0", "NatGatewayId", "Regional")
			l.eni("c", "C", "Open", "")
		}, []probe{{"c", "internet", "tcp 443", "may"}}},
		{"internet gateway and private addresses", "Connect to the internet using an internet gateway", func(l *lab) {
			edge(l)
			l.vpc("W", "10.1.0.0/16")
			l.subnet("W", "Ws", "10.1.1.0/24", "az1")
			l.open("W", "WOpen")
			l.eni("x", "Ws", "WOpen", "")
		}, []probe{{"w", "x", "tcp 443", "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"}}},
		{"internet gateway of another VPC", "Connect to the internet using an internet gateway", func(l *lab) {
			edge(l)
			l.vpc("W", "10.1.0.0/16")
			l.subnet("W", "Ws", "10.1.1.0/24", "az1")
			l.route("Ws", "0.0.0.0/0", "GatewayId", "VIgw")
			l.open("W", "WOpen")
			l.eni("x", "Ws", "WOpen", "")
			l.publicAddress("x")
		}, []probe{{"x", "internet", "tcp 443", "BAD_STATE_ROUTE"}}},
		{"internet gateway for what a Transit Gateway brings", "Connect to the internet using an internet gateway", func(l *lab) {
			hub(l)
			full(l)
			l.tgwRoute("All", "0.0.0.0/0", "Zattach", "Id")
			l.igw("Z")
			l.route("Zatt", "0.0.0.0/0", "GatewayId", "ZIgw")
		}, []probe{{"x", "internet", "tcp 443", "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"}}},
		{"Block Public Access of what comes in", bpa, func(l *lab) { blocked(l, "block-ingress") },
			[]probe{{"a", "internet", "tcp 443", "must"}, {"internet", "w", "tcp 443", "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}, {"w", "internet", "tcp 443", "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}}},
		{"Block Public Access of unknown mode", bpa, func(l *lab) {
			edge(l)
			l.Add("AWS::EC2::VPCBlockPublicAccessOptions", "Bpa", build.Props{"InternetGatewayBlockMode": build.Unknown("a test")})
		}, []probe{{"a", "internet", "tcp 443", "may"}, {"internet", "w", "tcp 443", "may"}}},
		{"an excluded VPC", bpa, func(l *lab) { blocked(l, "block-bidirectional"); except(l, "VpcId", "V", "allow-bidirectional") },
			[]probe{{"a", "internet", "tcp 443", "must"}, {"internet", "w", "tcp 443", "must"}}},
		{"an excluded subnet", bpa, func(l *lab) {
			blocked(l, "block-bidirectional")
			l.subnet("V", "Q", "10.0.7.0/24", "az1")
			l.route("Q", "0.0.0.0/0", "GatewayId", "VIgw")
			l.eni("q", "Q", "Open", "")
			l.publicAddress("q")
			except(l, "SubnetId", "P", "allow-bidirectional")
		}, []probe{{"internet", "w", "tcp 443", "must"}, {"w", "internet", "tcp 443", "must"}, {"q", "internet", "tcp 443", "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"},
			{"internet", "q", "tcp 443", "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}, {"a", "internet", "tcp 443", "may"}}},
		{"an exclusion for what goes out", bpa, func(l *lab) { blocked(l, "block-bidirectional"); except(l, "VpcId", "V", "allow-egress") },
			[]probe{{"a", "internet", "tcp 443", "must"}, {"w", "internet", "tcp 443", "must"}, {"internet", "w", "tcp 443", "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}}},
		{"an exclusion for what goes out counts where both directions are blocked", bpa, func(l *lab) { blocked(l, "block-ingress"); except(l, "VpcId", "V", "allow-egress") },
			[]probe{{"w", "internet", "tcp 443", "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}, {"a", "internet", "tcp 443", "must"}}},
		{"Block Public Access at an egress-only gateway", bpa, func(l *lab) {
			six(l)
			l.Add("AWS::EC2::VPCBlockPublicAccessOptions", "Bpa", build.Props{"InternetGatewayBlockMode": "block-bidirectional"})
		}, []probe{{"a", "internet", "tcp 443", "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}, {"b", "internet", "tcp 443", "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}}},
		{"an egress-only gateway where only what comes in is blocked", bpa, func(l *lab) {
			six(l)
			l.Add("AWS::EC2::VPCBlockPublicAccessOptions", "Bpa", build.Props{"InternetGatewayBlockMode": "block-ingress"})
		}, []probe{{"a", "internet", "tcp 443", "must"}, {"b", "internet", "tcp 443", "VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}}},
		{"a subnet that an edge table redirects", edgeTables, func(l *lab) { redirect(l, true) },
			[]probe{{"w", "internet", "tcp 443", "INGRESS_RTB_TRAFFIC_REDIRECTION"}, {"internet", "w", "tcp 443", "INGRESS_RTB_TRAFFIC_REDIRECTION"}, {"internet", "box", "tcp 443", "must"}}},
		{"a redirected subnet that answers by the middlebox", edgeTables, func(l *lab) {
			redirect(l, true)
			l.subnet("V", "W", "10.0.8.0/24", "az1")
			l.Add("AWS::EC2::Route", "Redirect2", build.Props{"RouteTableId": l.Ref("Edge"), "DestinationCidrBlock": "10.0.8.0/24", "NetworkInterfaceId": l.Ref("box")})
			l.route("W", "0.0.0.0/0", "NetworkInterfaceId", "box")
			l.eni("v", "W", "Open", "")
			l.publicAddress("v")
		}, []probe{{"internet", "v", "tcp 443", "may"}, {"v", "internet", "tcp 443", "may"}}},
		{"an edge table that leads to an interface without a public address", edgeTables, func(l *lab) { redirect(l, false) },
			[]probe{{"internet", "w", "tcp 443", "INGRESS_RTB_NO_PUBLIC_IP"}}},
		{"IPv6 routes are not IPv4's", "Longest prefix match: IPv4 and IPv6 routes are independent", func(l *lab) {
			six(l)
			l.subnet("V", "C", "10.0.3.0/24", "az1")
			l.amend("C", build.Props{"Ipv6CidrBlock": "2001:db8:1:3::/64"})
			l.route("C", "0.0.0.0/0", "GatewayId", "VIgw")
			l.Add("AWS::EC2::NetworkInterface", "c", build.Props{"SubnetId": l.Ref("C"), "GroupSet": []any{l.Attr("SixSg", "GroupId")}, "Ipv6Addresses": []build.Props{{"Ipv6Address": "2001:db8:1:3::5"}}})
		}, []probe{{"c", "internet", "tcp 443", "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"}, {"b", "internet", "tcp 443", "must"}}},
		{"an egress-only gateway carries IPv6 only", "Egress-only internet gateway basics", func(l *lab) {
			six(l)
			l.Add("AWS::EC2::Route", "Four", build.Props{"RouteTableId": l.Ref("ARt"), "DestinationCidrBlock": "0.0.0.0/0", "EgressOnlyInternetGatewayId": l.Ref("Eigw")})
			l.open("V", "Open4")
			l.subnet("V", "D", "10.0.4.0/24", "az1")
			l.Add("AWS::EC2::Route", "FourD", build.Props{"RouteTableId": l.Ref("DRt"), "DestinationCidrBlock": "0.0.0.0/0", "EgressOnlyInternetGatewayId": l.Ref("Eigw")})
			l.eni("d", "D", "Open4", "")
		}, []probe{{"d", "internet", "tcp 443", "PROTOCOL_RESTRICTION"}}},
		{"IPv6 of another VPC at a gateway", "Centralized egress for IPv6", func(l *lab) {
			six(l)
			l.tgw("T")
			l.vpc("W", "10.1.0.0/16")
			l.Add("AWS::EC2::VPCCidrBlock", "SixW", build.Props{"VpcId": l.Ref("W"), "Ipv6CidrBlock": "2001:db8:2::/56"})
			l.subnet("W", "Ws", "10.1.1.0/24", "az1")
			l.amend("Ws", build.Props{"Ipv6CidrBlock": "2001:db8:2:1::/64"})
			l.Add("AWS::EC2::Route", "ByT", build.Props{"RouteTableId": l.Ref("WsRt"), "DestinationIpv6CidrBlock": "::/0", "TransitGatewayId": l.Ref("T")})
			l.group("W", "SixW2", "tcp 443 ::/0")
			l.Add("AWS::EC2::NetworkInterface", "x", build.Props{"SubnetId": l.Ref("Ws"), "GroupSet": []any{l.Attr("SixW2", "GroupId")}, "Ipv6Addresses": []build.Props{{"Ipv6Address": "2001:db8:2:1::5"}}})
			l.attach("Wattach", "W", nil, "Ws")
			l.attach("Vattach", "V", nil, "A")
			l.table("All")
			l.associate("All", "Wattach", "Id")
			l.associate("All", "Vattach", "Id")
			l.tgwRoute("All", "::/0", "Vattach", "Id")
		}, []probe{{"x", "internet", "tcp 443", "GATEWAY_REJECTS_SPOOFED_TRAFFIC"}}},
	}
}
