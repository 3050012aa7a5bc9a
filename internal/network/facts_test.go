package network_test

import (
	"slices"

	"github.com/suretyhq/surety/internal/resource/build"
)

// factSemantics are rules that models of AWS often miss.
func factSemantics() []semantic {
	return slices.Concat(groupFacts(), routeFacts(), gatewayFacts(), firewallFacts(), endpointFacts())
}

// amend sets properties of a resource made before.
func (l *lab) amend(name string, props build.Props) {
	for _, r := range l.made {
		if r.Addr == l.Addr(name) {
			all := build.Props{}
			for k, v := range r.Props.Entries() {
				all[k] = v
			}
			for k, v := range props {
				all[k] = v
			}
			r.Props = build.Of(all)
		}
	}
}

func groupFacts() []semantic {
	const overGateway = "Introducing security group referencing for AWS Transit Gateway"
	referenced := func(l *lab) {
		hub(l)
		full(l)
		l.amend("T", build.Props{"SecurityGroupReferencingSupport": "enable"})
		l.group("Y", "Ref", "tcp 443 @XOpen")
		l.eni("r", "Yapp", "Ref", "")
	}
	return []semantic{
		{"group reference over an attachment that switches it off", overGateway, func(l *lab) {
			referenced(l)
			l.amend("Xattach", build.Props{"Options": build.Props{"SecurityGroupReferencingSupport": "disable"}})
		}, []probe{{"x", "r", "tcp 443", "SG_REFERENCING_SUPPORT"}}},
		{"group reference over an attachment of unknown support", overGateway, func(l *lab) {
			referenced(l)
			l.amend("Xattach", build.Props{"Options": build.Props{"SecurityGroupReferencingSupport": build.Unknown("a test")}})
		}, []probe{{"x", "r", "tcp 443", "may"}}},
		{"group reference over a peering between Regions", "Update your security groups to reference peer security groups", func(l *lab) {
			peers(l)
			l.amend("PQ", build.Props{"PeerRegion": "ap-southeast-4"})
			l.group("Q", "Ref", "tcp 443 @POpen")
			l.eni("r", "Qs", "Ref", "")
		}, []probe{{"p", "q", "tcp 443", "must"}, {"p", "r", "tcp 443", "SG_REFERENCES_NOT_PRESERVED"}}},
		{"outbound group reference over a peering", "Update your security groups to reference peer security groups", func(l *lab) {
			peers(l)
			l.group("P", "Out", ">tcp 443 @QOpen")
			l.eni("o", "Ps", "Out", "")
		}, []probe{{"o", "q", "tcp 443", "must"}, {"o", "q", "tcp 80", "ENI_SG_RULES_MISMATCH"}}},
		{"peering that is not active", "VPC peering connection lifecycle", func(l *lab) {
			peers(l)
			l.amend("PQ", build.Props{"Status": build.Props{"Code": "pending-acceptance"}})
		}, []probe{{"p", "q", "tcp 443", "BAD_STATE"}}},
		{"group reference past an instance that forwards", "Security group rules: middlebox appliance", func(l *lab) {
			peers(l)
			l.subnet("P", "Pbox", "10.1.9.0/24", "az1")
			l.route("Pbox", "10.2.0.0/16", "VpcPeeringConnectionId", "PQ")
			l.eni("box", "Pbox", "POpen", "10.1.9.9")
			l.amend("box", build.Props{"SourceDestCheck": false})
			l.subnet("P", "Pc", "10.1.8.0/24", "az1")
			l.route("Pc", "10.2.0.0/16", "NetworkInterfaceId", "box")
			l.eni("c", "Pc", "POpen", "")
			l.group("Q", "Ref", "tcp 443 @POpen")
			l.eni("r", "Qs", "Ref", "")
		}, []probe{{"c", "r", "tcp 443", "SG_REFERENCES_NOT_PRESERVED"}, {"c", "q", "tcp 443", "may"}, {"p", "r", "tcp 443", "must"}}},
		{"default security group", "Default security groups for your VPCs", func(l *lab) {
			pair(l)
			l.Add("AWS::EC2::NetworkInterface", "c", build.Props{"SubnetId": l.Ref("A")})
			l.Add("AWS::EC2::NetworkInterface", "d", build.Props{"SubnetId": l.Ref("B")})
		}, []probe{{"c", "d", "tcp 443", "must"}, {"a", "d", "tcp 443", "ENI_SG_RULES_MISMATCH"}, {"c", "a", "tcp 443", "must"}}},
		{"outbound rules of no effect suppress the default too", "AWS::EC2::SecurityGroup", func(l *lab) {
			pair(l)
			l.group("V", "Out", "all 0.0.0.0/0", ">icmp 255.255.255.255/32")
			l.eni("c", "A", "Out", "")
		}, []probe{{"c", "b", "tcp 443", "ENI_SG_RULES_MISMATCH"}, {"b", "c", "tcp 443", "must"}}},
		{"subnet without associations", "Custom route tables: main route table; Default network ACL", func(l *lab) {
			pair(l)
			l.tgw("T")
			l.Add("AWS::EC2::Subnet", "M", build.Props{"VpcId": l.Ref("V"), "CidrBlock": "10.0.9.0/24", "AvailabilityZoneId": "az1"})
			l.eni("m", "M", "Open", "")
		}, []probe{{"m", "b", "tcp 443", "must"}, {"b", "m", "udp 53", "must"}, {"m", "internet", "tcp 443", "NO_ROUTE_TO_DESTINATION"}}},
	}
}

// forks makes a VPC V with a subnet A and an interface a, and two peers, P and
// Q, which both have 10.9.1.0/24, with interfaces p and q; the peerings are VP
// and VQ.
func forks(l *lab) {
	l.vpc("V", "10.0.0.0/16")
	l.subnet("V", "A", "10.0.1.0/24", "az1")
	l.open("V", "Open")
	l.eni("a", "A", "Open", "")
	for i, v := range []string{"P", "Q"} {
		l.vpc(v, "10.9.0.0/16")
		l.subnet(v, v+"s", "10.9.1.0/24", "az1")
		l.open(v, v+"Open")
		l.eni([]string{"p", "q"}[i], v+"s", v+"Open", "")
		l.Add("AWS::EC2::VPCPeeringConnection", "V"+v, build.Props{"VpcId": l.Ref("V"), "PeerVpcId": l.Ref(v)})
		l.route(v+"s", "10.0.0.0/16", "VpcPeeringConnectionId", "V"+v)
	}
}

// list makes a prefix list.
func (l *lab) list(name string, entries ...string) {
	var all []build.Props
	for _, e := range entries {
		all = append(all, build.Props{"Cidr": e})
	}
	l.Add("AWS::EC2::PrefixList", name, build.Props{"MaxEntries": len(entries), "Entries": all})
}

func (l *lab) routeByList(subnet, list, property, target string) {
	l.Add("AWS::EC2::Route", l.id("Route"), build.Props{"RouteTableId": l.Ref(subnet + "Rt"), "DestinationPrefixListId": l.Attr(list, "PrefixListId"), property: l.Ref(target)})
}

func routeFacts() []semantic {
	const priority, evaluation = "Route priority", "Transit gateway route tables: route evaluation order"
	tgwTables := func(l *lab) {
		hub(l)
		l.vpc("Z2", "10.2.0.0/16") // has Y's range
		l.subnet("Z2", "Z2att", "10.2.1.0/24", "az1")
		l.attach("Z2attach", "Z2", nil, "Z2att")
		l.table("All")
		for _, v := range []string{"X", "Y", "Z"} {
			l.associate("All", v+"attach", "Id")
		}
		l.tgwRoute("All", "10.1.0.0/16", "Xattach", "Id")
	}
	learned := func(l *lab, attachment, attr string) {
		l.tgwRoute("All", "10.2.0.0/16", attachment, attr)
		l.made[len(l.made)-1].Props = build.Of(build.Props{"TransitGatewayRouteTableId": l.Ref("All"), "DestinationCidrBlock": "10.2.0.0/16",
			"TransitGatewayAttachmentId": l.Attr(attachment, attr), "Type": "propagated"})
	}
	return []semantic{
		{"several ranges of a VPC are all local", "VPC CIDR blocks", func(l *lab) {
			pair(l)
			l.Add("AWS::EC2::VPCCidrBlock", "More", build.Props{"VpcId": l.Ref("V"), "CidrBlock": "100.64.0.0/16"})
			l.subnet("V", "C", "100.64.1.0/24", "az1")
			l.eni("c", "C", "Open", "")
		}, []probe{{"a", "c", "tcp 443", "must"}, {"c", "b", "tcp 443", "must"}}},
		{"peering carries every range of the peer", "VPC CIDR blocks", func(l *lab) {
			peers(l)
			l.Add("AWS::EC2::VPCCidrBlock", "More", build.Props{"VpcId": l.Ref("Q"), "CidrBlock": "10.77.0.0/16"})
			l.subnet("Q", "Q2", "10.77.1.0/24", "az1")
			l.route("Q2", "10.1.0.0/16", "VpcPeeringConnectionId", "PQ")
			l.route("Ps", "10.77.0.0/16", "VpcPeeringConnectionId", "PQ")
			l.eni("q2", "Q2", "QOpen", "")
		}, []probe{{"p", "q2", "tcp 443", "must"}}},
		{"more specific route inside the VPC", "Replace or restore the target for a local route: middlebox routing", func(l *lab) {
			pair(l)
			l.route("A", "10.0.2.0/24", "", "")
			l.amend(l.made[len(l.made)-1].Addr.Logical, build.Props{"State": "blackhole"})
		}, []probe{{"a", "b", "tcp 443", "BAD_STATE_ROUTE"}}},
		{"route by prefix list", priority, func(l *lab) {
			forks(l)
			l.list("Pl", "10.9.1.0/24")
			l.routeByList("A", "Pl", "VpcPeeringConnectionId", "VP")
			l.route("A", "10.9.0.0/16", "VpcPeeringConnectionId", "VQ")
		}, []probe{{"a", "p", "tcp 443", "must"}, {"a", "q", "tcp 443", "NO_POSSIBLE_DESTINATION"}}},
		{"static route beats a prefix list's", priority, func(l *lab) {
			forks(l)
			l.list("Pl", "10.9.0.0/16")
			l.routeByList("A", "Pl", "VpcPeeringConnectionId", "VP")
			l.route("A", "10.9.0.0/16", "VpcPeeringConnectionId", "VQ")
		}, []probe{{"a", "q", "tcp 443", "must"}, {"a", "p", "tcp 443", "NO_POSSIBLE_DESTINATION"}}},
		{"prefix list's route beats a propagated one", priority, func(l *lab) {
			forks(l)
			l.list("Pl", "10.9.0.0/16")
			l.routeByList("A", "Pl", "VpcPeeringConnectionId", "VP")
			l.Add("AWS::EC2::Route", "Prop", build.Props{"RouteTableId": l.Ref("ARt"), "DestinationCidrBlock": "10.9.0.0/16", "GatewayId": "vgw-1", "Origin": "EnableVgwRoutePropagation"})
		}, []probe{{"a", "p", "tcp 443", "must"}}},
		{"static route beats a propagated one", priority, func(l *lab) {
			forks(l)
			l.route("A", "10.9.0.0/16", "VpcPeeringConnectionId", "VP")
			l.Add("AWS::EC2::Route", "Prop", build.Props{"RouteTableId": l.Ref("ARt"), "DestinationCidrBlock": "10.9.0.0/16", "GatewayId": "vgw-1", "Origin": "EnableVgwRoutePropagation"})
		}, []probe{{"a", "p", "tcp 443", "must"}}},
		{"two prefix lists with one range", priority, func(l *lab) {
			forks(l)
			l.list("Pl1", "10.9.0.0/16")
			l.list("Pl2", "10.9.0.0/16")
			l.routeByList("A", "Pl1", "VpcPeeringConnectionId", "VP")
			l.routeByList("A", "Pl2", "VpcPeeringConnectionId", "VQ")
		}, []probe{{"a", "p", "tcp 443", "may"}, {"a", "q", "tcp 443", "may"}}},
		{"two prefix lists, and a more specific route", priority, func(l *lab) {
			forks(l)
			l.list("Pl1", "10.9.0.0/16")
			l.list("Pl2", "10.9.0.0/16")
			l.routeByList("A", "Pl1", "VpcPeeringConnectionId", "VP")
			l.routeByList("A", "Pl2", "VpcPeeringConnectionId", "VQ")
			l.route("A", "10.9.1.0/24", "VpcPeeringConnectionId", "VP")
		}, []probe{{"a", "p", "tcp 443", "must"}, {"a", "q", "tcp 443", "NO_POSSIBLE_DESTINATION"}}},
		{"prefix list outside the graph", "Prefix lists", func(l *lab) {
			forks(l)
			l.route("A", "10.9.0.0/16", "VpcPeeringConnectionId", "VQ")
			l.Add("AWS::EC2::Route", "ByList", build.Props{"RouteTableId": l.Ref("ARt"), "DestinationPrefixListId": build.Unknown("a test"), "VpcPeeringConnectionId": l.Ref("VP")})
			l.group("V", "Listed", ">tcp 443 pl:Foreign")
			l.amend("Listed", build.Props{"SecurityGroupEgress": []build.Props{{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "DestinationPrefixListId": "pl-0123"}}})
			l.subnet("V", "C", "10.0.2.0/24", "az1")
			l.eni("c", "A", "Listed", "")
			l.eni("d", "C", "Open", "")
		}, []probe{{"a", "q", "tcp 443", "may"}, {"c", "d", "tcp 443", "may"}}},
		{"the table of the attachment by which packets enter", "Transit gateway route tables", func(l *lab) {
			hub(l)
			l.table("Spokes")
			l.table("Shared")
			l.associate("Spokes", "Xattach", "Id")
			l.associate("Spokes", "Yattach", "Id")
			l.associate("Shared", "Zattach", "Id")
			l.propagate("Spokes", "Zattach")
			l.propagate("Shared", "Xattach")
			l.propagate("Shared", "Yattach")
		}, []probe{{"x", "z", "tcp 443", "must"}, {"z", "y", "tcp 443", "must"}, {"x", "y", "tcp 443", "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"}}},
		{"blackhole does not fall through", "Transit gateway route tables: blackhole routes", func(l *lab) {
			hub(l)
			full(l)
			l.tgwRoute("All", "0.0.0.0/0", "Yattach", "Id")
			l.tgwRoute("All", "10.2.1.0/25", "", "")
			l.eni("low", "Yapp", "YOpen", "10.2.1.9")
			l.eni("high", "Yapp", "YOpen", "10.2.1.200")
		}, []probe{{"x", "low", "tcp 443", "TGW_RTB_BAD_STATE_ROUTE"}, {"x", "high", "tcp 443", "must"}}},
		{"attachment subnet's route table", "How Transit Gateway works: VPC attachments", func(l *lab) {
			hub(l)
			full(l)
			l.subnet("Y", "Y2", "10.2.2.0/24", "az1")
			l.route("Y2", "0.0.0.0/0", "TransitGatewayId", "T")
			l.eni("y2", "Y2", "YOpen", "")
			l.route("Yatt", "10.2.2.0/24", "", "")
			l.amend(l.made[len(l.made)-1].Addr.Logical, build.Props{"State": "blackhole"})
		}, []probe{{"x", "y", "tcp 443", "must"}, {"x", "y2", "tcp 443", "BAD_STATE_ROUTE"}}},
		{"a gateway's prefix list loses to its static route", evaluation, func(l *lab) {
			tgwTables(l)
			l.list("Pl", "10.2.0.0/16")
			l.Add("AWS::EC2::TransitGatewayRoute", "ByList", build.Props{"TransitGatewayRouteTableId": l.Ref("All"), "PrefixListId": l.Ref("Pl"), "TransitGatewayAttachmentId": l.Attr("Z2attach", "Id")})
			l.tgwRoute("All", "10.2.0.0/16", "Yattach", "Id")
		}, []probe{{"x", "y", "tcp 443", "must"}}},
		{"a gateway's prefix list beats what is propagated", evaluation, func(l *lab) {
			tgwTables(l)
			l.list("Pl", "10.2.0.0/16")
			l.Add("AWS::EC2::TransitGatewayRoute", "ByList", build.Props{"TransitGatewayRouteTableId": l.Ref("All"), "PrefixListId": l.Ref("Pl"), "TransitGatewayAttachmentId": l.Attr("Yattach", "Id")})
			learned(l, "Z2attach", "Id")
		}, []probe{{"x", "y", "tcp 443", "must"}}},
		{"what a VPC propagates beats what a VPN does", evaluation, func(l *lab) {
			tgwTables(l)
			l.Add("AWS::EC2::VPNConnection", "Vpn", build.Props{"TransitGatewayId": l.Ref("T"), "Type": "ipsec.1"})
			learned(l, "Vpn", "TransitGatewayAttachmentId")
			learned(l, "Yattach", "Id")
		}, []probe{{"x", "y", "tcp 443", "must"}}},
		{"what a connect peer propagates beats what a VPN does", evaluation, func(l *lab) {
			tgwTables(l)
			l.Add("AWS::EC2::VPNConnection", "Vpn", build.Props{"TransitGatewayId": l.Ref("T"), "Type": "ipsec.1"})
			l.Add("AWS::EC2::TransitGatewayConnect", "Connect", build.Props{"TransitGatewayId": l.Ref("T"), "TransportTransitGatewayAttachmentId": l.Attr("Zattach", "Id")})
			learned(l, "Vpn", "TransitGatewayAttachmentId")
			learned(l, "Connect", "TransitGatewayAttachmentId")
			l.tgwRoute("All", "10.2.1.0/25", "Yattach", "Id")
			l.eni("low", "Yapp", "YOpen", "10.2.1.9")
		}, []probe{{"x", "y", "tcp 443", "may"}, {"x", "low", "tcp 443", "must"}}},
		{"a VPN that propagates", "Transit gateway route tables: route propagation", func(l *lab) {
			hub(l)
			full(l)
			l.Add("AWS::EC2::VPNConnection", "Vpn", build.Props{"TransitGatewayId": l.Ref("T"), "Type": "ipsec.1"})
			l.Add("AWS::EC2::TransitGatewayRouteTablePropagation", "PropVpn", build.Props{"TransitGatewayRouteTableId": l.Ref("All"), "TransitGatewayAttachmentId": l.Attr("Vpn", "TransitGatewayAttachmentId")})
		}, []probe{{"x", "y", "tcp 443", "may"}}},
		{"attachment without subnets", "Amazon VPC attachments in Transit Gateway", func(l *lab) {
			hub(l)
			full(l)
			l.amend("Yattach", build.Props{"SubnetIds": []any{}})
		}, []probe{{"x", "y", "tcp 443", "BAD_STATE_ATTACHMENT"}}},
		{"attachment subnet of unknown zone", "Amazon VPC attachments in Transit Gateway", func(l *lab) {
			hub(l)
			full(l)
			l.amend("Xatt", build.Props{"AvailabilityZoneId": build.Unknown("a test")})
		}, []probe{{"x", "y", "tcp 443", "may"}}},
		{"routes in a circle", "Transit gateway route tables", func(l *lab) {
			hub(l)
			full(l)
			l.route("Yatt", "0.0.0.0/0", "TransitGatewayId", "T")
			l.tgwRoute("All", "10.77.0.0/16", "Yattach", "Id")
			l.vpc("W", "10.77.0.0/16")
			l.subnet("W", "Ws", "10.77.1.0/24", "az1")
			l.open("W", "WOpen")
			l.eni("w", "Ws", "WOpen", "")
		}, []probe{{"x", "w", "tcp 443", "NO_PATH"}}},
	}
}
