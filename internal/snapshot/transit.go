package snapshot

import (
	"strconv"
	"strings"

	"github.com/suretyhq/surety/internal/value"
)

// last is what follows the last slash or colon of an ARN.
func last(arn string) string { return arn[strings.LastIndexAny(arn, "/:")+1:] }

// readTransitGateway reads "DescribeTransitGateways".
func readTransitGateway(l *loader, it item) {
	if it.gone() {
		return
	}
	p := it.pick("AmazonSideAsn:Options/AmazonSideAsn", "DefaultRouteTableAssociation:Options/DefaultRouteTableAssociation",
		"DefaultRouteTablePropagation:Options/DefaultRouteTablePropagation", "DnsSupport:Options/DnsSupport",
		"SecurityGroupReferencingSupport:Options/SecurityGroupReferencingSupport")
	l.facts.transits = append(l.facts.transits, l.add(it, "AWS::EC2::TransitGateway", it.text("TransitGatewayId"), p))
}

// readAttachment reads "DescribeTransitGatewayAttachments": with which route
// table an attachment is associated, and, of those that no other call describes,
// what they are.
func readAttachment(l *loader, it item) {
	if it.gone() {
		return
	}
	id, gateway := it.text("TransitGatewayAttachmentId"), it.text("TransitGatewayId")
	if table := it.text("Association/TransitGatewayRouteTableId"); table != "" && associated(it, "Association/State") {
		p := &props{}
		p.str("TransitGatewayRouteTableId", table)
		p.str("TransitGatewayAttachmentId", id)
		l.add(it, "AWS::EC2::TransitGatewayRouteTableAssociation", table+"/"+id, p)
	}
	p := it.pick("TransitGatewayId", "ResourceType")
	switch other := it.text("ResourceId"); it.text("ResourceType") {
	case "vpc":
		p.str("VpcId", other)
	case "peering", "tgw-peering":
		p.str("PeerTransitGatewayId", other)
		p.set("PeerAccountId", it.get("ResourceOwnerId"))
		l.facts.peered = append(l.facts.peered, attached{it, id, gateway, other, p})
		return
	case "network-function", "firewall":
		p.str("FirewallArn", other)
	}
	l.facts.attached = append(l.facts.attached, attached{it, id, gateway, it.text("ResourceId"), p})
}

// readVPCAttachment reads "DescribeTransitGatewayVpcAttachments".
func readVPCAttachment(l *loader, it item) {
	if it.gone() || it.state() == "pendingacceptance" {
		return
	}
	l.add(it, attachmentType, it.text("TransitGatewayAttachmentId"), it.pick("TransitGatewayId", "VpcId", "SubnetIds", "Options"))
}

// attachmentType is the type of attachments: one id has one resource.
const attachmentType = "AWS::EC2::TransitGatewayAttachment"

// peeringType is the type of attachments between Transit Gateways.
const peeringType = "AWS::EC2::TransitGatewayPeeringAttachment"

// readPeeringAttachment reads "DescribeTransitGatewayPeeringAttachments". Both
// sides describe one attachment.
func readPeeringAttachment(l *loader, it item) {
	if it.gone() || it.state() == "pendingacceptance" {
		return
	}
	p := it.pick("TransitGatewayId:RequesterTgwInfo/TransitGatewayId", "PeerTransitGatewayId:AccepterTgwInfo/TransitGatewayId",
		"PeerAccountId:AccepterTgwInfo/OwnerId", "PeerRegion:AccepterTgwInfo/Region")
	if s := it.text("RequesterTgwInfo/OwnerId"); s != "" {
		it.place.Account = s
	}
	if s := it.text("RequesterTgwInfo/Region"); s != "" {
		it.place.Region = s
	}
	l.add(it, peeringType, it.text("TransitGatewayAttachmentId"), p)
}

// readTransitTable reads "DescribeTransitGatewayRouteTables".
func readTransitTable(l *loader, it item) {
	if it.gone() {
		return
	}
	e := l.add(it, "AWS::EC2::TransitGatewayRouteTable", it.text("TransitGatewayRouteTableId"), it.pick("TransitGatewayId"))
	l.facts.tables = append(l.facts.tables, e)
}

// readPropagations reads "GetTransitGatewayRouteTablePropagations" of several
// tables, joined.
func readPropagations(l *loader, it item) {
	table := it.text("TransitGatewayRouteTableId")
	for _, a := range it.all("TransitGatewayRouteTablePropagations") {
		if s := a.state(); s != "" && s != "enabled" && s != "enabling" {
			continue
		}
		p := a.pick("TransitGatewayAttachmentId")
		p.str("TransitGatewayRouteTableId", table)
		l.add(a, "AWS::EC2::TransitGatewayRouteTablePropagation", table+"/"+a.text("TransitGatewayAttachmentId"), p)
	}
}

// readTransitRoutes reads "SearchTransitGatewayRoutes" of several tables,
// joined: static routes, and propagated ones where they were searched for too.
func readTransitRoutes(l *loader, it item) {
	table := it.text("TransitGatewayRouteTableId")
	for i, r := range it.all("Routes") {
		p := r.pick("DestinationCidrBlock", "PrefixListId", "State", "Type")
		p.str("TransitGatewayRouteTableId", table)
		if r.state() == "blackhole" {
			p.set("Blackhole", value.OfBool(true))
		} else if all := r.all("TransitGatewayAttachments"); len(all) > 0 {
			p.set("TransitGatewayAttachmentId", all[0].get("TransitGatewayAttachmentId"))
		}
		l.add(r, "AWS::EC2::TransitGatewayRoute", table+"/route/"+r.text("Type")+"/"+strconv.Itoa(i), p)
	}
	if it.text("AdditionalRoutesAvailable") == "true" {
		l.incompleteTable(it, table, &value.Reason{Code: "SNAPSHOT_INCOMPLETE", Text: "the table has more routes than were searched for"})
	}
}

// readAllTransitRoutes reads the routes of tables of which none is left out, so
// that what propagates to them has nothing to add.
func readAllTransitRoutes(l *loader, it item) {
	if it.text("AdditionalRoutesAvailable") != "true" {
		note(&l.facts.listed, it.place, it.text("TransitGatewayRouteTableId"), true)
	}
	readTransitRoutes(l, it)
}

// incompleteTable adds a route to a Transit Gateway's table whose destination
// is not known.
func (l *loader) incompleteTable(it item, table string, why *value.Reason) {
	p := &props{}
	p.str("TransitGatewayRouteTableId", table)
	e := l.add(it, "AWS::EC2::TransitGatewayRoute", table+"/route/unknown", p)
	p.set("DestinationCidrBlock", unknown(why, e.Addr, "DestinationCidrBlock"))
	p.set("TransitGatewayAttachmentId", unknown(why, e.Addr, "TransitGatewayAttachmentId"))
}

// readVPNGateway reads "DescribeVpnGateways".
func readVPNGateway(l *loader, it item) {
	if it.gone() {
		return
	}
	id := it.text("VpnGatewayId")
	l.facts.vpns = append(l.facts.vpns, l.add(it, "AWS::EC2::VPNGateway", id, it.pick("AmazonSideAsn", "Type")))
	for _, a := range it.all("VpcAttachments") {
		if associated(a, "State") {
			l.attachGateway(a, id, "VpnGatewayId", a.text("VpcId"))
		}
	}
}

// readVPNConnection reads "DescribeVpnConnections". Its configuration and
// options hold the tunnels' keys and are not kept.
func readVPNConnection(l *loader, it item) {
	if it.gone() {
		return
	}
	id := it.text("VpnConnectionId")
	l.add(it, "AWS::EC2::VPNConnection", id, it.pick("CustomerGatewayId", "VpnGatewayId", "TransitGatewayId", "Type", "StaticRoutesOnly:Options/StaticRoutesOnly"))
	for i, r := range it.all("Routes") {
		if r.gone() {
			continue
		}
		p := r.pick("DestinationCidrBlock")
		p.str("VpnConnectionId", id)
		l.add(r, "AWS::EC2::VPNConnectionRoute", id+"/route/"+strconv.Itoa(i), p)
	}
}

// readCustomerGateway reads "DescribeCustomerGateways".
func readCustomerGateway(l *loader, it item) {
	if it.gone() {
		return
	}
	l.add(it, "AWS::EC2::CustomerGateway", it.text("CustomerGatewayId"), it.pick("BgpAsn", "IpAddress", "Type"))
}

// readVirtualInterface reads Direct Connect's "DescribeVirtualInterfaces".
func readVirtualInterface(l *loader, it item) { l.facts.led(it.text("virtualGatewayId")) }

// readDirectConnect reads "DescribeDirectConnectGatewayAssociations".
func readDirectConnect(l *loader, it item) {
	if associated(it, "associationState") {
		l.facts.led(it.text("associatedGateway/id"))
	}
}

// led notes that Direct Connect leads to a gateway.
func (f *facts) led(gateway string) {
	if f.direct == nil {
		f.direct = map[string]bool{}
	}
	f.direct[gateway] = true
}
