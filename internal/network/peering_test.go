package network_test

import (
	"slices"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
)

// regions makes two VPCs, H and R, on a Transit Gateway each, T and U, that are
// peered by P. Each has a subnet in a zone of its own, an attachment subnet and an
// interface (h, r); each gateway has a table for its VPC (Th, Ur) and one for the
// peering (Tp, Up), which the attachments are associated with (by ThOf and so on),
// and a static route in each (ThTo and so on) leads there and back. What is named
// is left out.
func regions(l *lab, but ...string) {
	add := func(typ, logical string, p build.Props) {
		if !slices.Contains(but, logical) {
			l.Add(typ, logical, p)
		}
	}
	table := func(gateway, name, attached, attr, dest, to, toAttr string) {
		add("AWS::EC2::TransitGatewayRouteTable", name, build.Props{"TransitGatewayId": l.Ref(gateway)})
		add("AWS::EC2::TransitGatewayRouteTableAssociation", name+"Of", build.Props{"TransitGatewayRouteTableId": l.Ref(name), "TransitGatewayAttachmentId": l.Attr(attached, attr)})
		add("AWS::EC2::TransitGatewayRoute", name+"To", build.Props{"TransitGatewayRouteTableId": l.Ref(name), "TransitGatewayAttachmentId": l.Attr(to, toAttr), "DestinationCidrBlock": dest})
	}
	const own, peering = "Id", "TransitGatewayAttachmentId"
	for _, x := range []struct{ gateway, vpc, end, net, there, zone string }{{"T", "H", "h", "10.1.", "10.2.", "apse2-az1"}, {"U", "R", "r", "10.2.", "10.1.", "apse4-az1"}} {
		if !slices.Contains(but, x.gateway) {
			l.tgw(x.gateway)
		}
		l.vpc(x.vpc, x.net+"0.0/16")
		l.subnet(x.vpc, x.vpc+"app", x.net+"1.0/24", x.zone)
		l.subnet(x.vpc, x.vpc+"att", x.net+"255.0/28", x.zone)
		l.route(x.vpc+"app", "0.0.0.0/0", "TransitGatewayId", x.gateway)
		l.open(x.vpc, x.vpc+"Open")
		l.eni(x.end, x.vpc+"app", x.vpc+"Open", "")
		add("AWS::EC2::TransitGatewayAttachment", x.vpc+"attach", build.Props{"TransitGatewayId": l.Ref(x.gateway), "VpcId": l.Ref(x.vpc), "SubnetIds": []any{l.Ref(x.vpc + "att")}})
		table(x.gateway, x.gateway+x.end, x.vpc+"attach", own, x.there+"0.0/16", "P", peering)
		table(x.gateway, x.gateway+"p", "P", peering, x.net+"0.0/16", x.vpc+"attach", own)
	}
	add("AWS::EC2::TransitGatewayPeeringAttachment", "P", build.Props{"TransitGatewayId": l.Ref("T"), "PeerTransitGatewayId": l.Ref("U"),
		"PeerRegion": "ap-southeast-4", "PeerAccountId": "100000000001"})
	add(resource.PeeringAcceptance, "Accepted", build.Props{"TransitGatewayAttachmentId": l.Attr("P", peering), "PeerRegion": "ap-southeast-4"})
}

func peeringSemantics() []semantic {
	const peering, routes, tables = "Transit gateway peering attachments in AWS Transit Gateway", "Add a route to a transit gateway route table using AWS Transit Gateway",
		"Transit gateway route tables"
	but := func(names ...string) func(*lab) { return func(l *lab) { regions(l, names...) } }
	peered := func(l *lab, props build.Props) { l.Add("AWS::EC2::TransitGatewayPeeringAttachment", "P", props) }
	return []semantic{
		{"peered gateways", peering, but(), []probe{{"h", "r", "tcp 443", "must"}, {"r", "h", "udp 53", "must"}}},
		{"the way there is not enough", routes, but("UrTo"),
			[]probe{{"h", "r", "tcp 443", "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"}, {"r", "h", "tcp 443", "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"}}},
		{"nor is a route at one end", routes, but("UpTo"), []probe{{"h", "r", "tcp 443", "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"}}},
		{"the peering has to be associated at the far end", tables, but("UpOf"), []probe{{"h", "r", "tcp 443", "TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION"}}},
		{"a peering propagates nothing", peering + ": static routes", func(l *lab) {
			regions(l, "ThTo")
			l.Add("AWS::EC2::TransitGatewayRouteTablePropagation", "Prop", build.Props{"TransitGatewayRouteTableId": l.Ref("Th"), "TransitGatewayAttachmentId": l.Attr("P", "TransitGatewayAttachmentId")})
		}, []probe{{"h", "r", "tcp 443", "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"}}},
		{"a blackhole at the far end", tables, func(l *lab) { regions(l); l.tgwRoute("Up", "10.2.1.0/24", "", "") },
			[]probe{{"h", "r", "tcp 443", "TGW_RTB_BAD_STATE_ROUTE"}}},
		{"not accepted, as far as anybody knows", "Accept or reject a peering attachment request in AWS Transit Gateway", but("Accepted"), []probe{{"h", "r", "tcp 443", "may"}}},
		{"not accepted", "TransitGatewayPeeringAttachment: state", func(l *lab) {
			regions(l, "P", "Accepted")
			peered(l, build.Props{"TransitGatewayId": l.Ref("T"), "PeerTransitGatewayId": l.Ref("U"), "State": "pendingAcceptance"})
		}, []probe{{"h", "r", "tcp 443", "BAD_STATE_ATTACHMENT"}}},
		{"in use", "TransitGatewayPeeringAttachment: state", func(l *lab) {
			regions(l, "P", "Accepted")
			peered(l, build.Props{"TransitGatewayId": l.Ref("U"), "PeerTransitGatewayId": l.Ref("T"), "State": "available"})
		}, []probe{{"h", "r", "tcp 443", "must"}, {"r", "h", "tcp 443", "must"}}},
		{"a peering of other gateways", peering, func(l *lab) {
			regions(l, "P")
			l.tgw("W")
			peered(l, build.Props{"TransitGatewayId": l.Ref("W"), "PeerTransitGatewayId": l.Ref("U")})
		}, []probe{{"h", "r", "tcp 443", "TGW_RTB_CANNOT_ROUTE"}}},
		{"a peer that is not in the graph", peering, func(l *lab) {
			regions(l, "P")
			peered(l, build.Props{"TransitGatewayId": l.Ref("T"), "PeerTransitGatewayId": "tgw-1"})
		}, []probe{{"h", "r", "tcp 443", "may"}}},
		{"no group is referenced across it", "Amazon VPC attachments in AWS Transit Gateway: security group referencing", func(l *lab) {
			regions(l, "T", "U")
			for _, gateway := range []string{"T", "U"} {
				l.tgw(gateway, "SecurityGroupReferencingSupport", "enable")
			}
			l.group("R", "Ref", "tcp 443 @HOpen")
			l.eni("q", "Rapp", "Ref", "")
		}, []probe{{"h", "r", "tcp 443", "must"}, {"h", "q", "tcp 443", "SG_REFERENCING_SUPPORT"}}},
		{"the default table of the far end", "AWS::EC2::TransitGateway: DefaultRouteTableAssociation, DefaultRouteTablePropagation", func(l *lab) {
			regions(l, "U", "UpOf", "UpTo")
			l.Add("AWS::EC2::TransitGateway", "U", nil)
		}, []probe{{"h", "r", "tcp 443", "must"}}}, // by the default table there, which R propagates to; back by the table Ur
	}
}
