package resource

import (
	"github.com/suretyhq/surety/internal/value"
)

// viewTransit makes the views of Transit Gateways, attachments and tables.
func (g *Graph) viewTransit() {
	fill(g, viewTransitGateway, "AWS::EC2::TransitGateway")
	fill(g, viewAttachment, "AWS::EC2::TransitGatewayAttachment", "AWS::EC2::TransitGatewayVpcAttachment",
		"AWS::EC2::TransitGatewayPeeringAttachment", "AWS::EC2::TransitGatewayConnect", "AWS::NetworkFirewall::Firewall", "AWS::EC2::VPNConnection")
	fill(g, func(d *reader) *GatewayTable {
		return &GatewayTable{Resource: d.r, Gateway: d.link("TransitGatewayId")}
	}, "AWS::EC2::TransitGatewayRouteTable")
	fill(g, viewGatewayRoute, "AWS::EC2::TransitGatewayRoute")
	for r, route := range Views[GatewayRoute](g) {
		d := &reader{g: g, r: r}
		if t := fold[GatewayTable](d, d.link("TransitGatewayRouteTableId")); t != nil {
			t.Routes = append(t.Routes, *route)
			t.Unknown = append(t.Unknown, d.unknown...)
		}
	}
	declared := func(into func(*GatewayTable, Declared)) func(*reader) {
		return func(d *reader) {
			if t := fold[GatewayTable](d, d.link("TransitGatewayRouteTableId")); t != nil {
				into(t, Declared{By: d.r, Link: d.link("TransitGatewayAttachmentId")})
			}
		}
	}
	g.each("AWS::EC2::TransitGatewayRouteTableAssociation", declared(func(t *GatewayTable, l Declared) {
		t.Associations = append(t.Associations, l)
	}))
	g.each(PeeringAcceptance, func(d *reader) {
		if a := View[Attachment](g, d.link("TransitGatewayAttachmentId").To); a != nil && a.Kind == AttachPeering && d.r.Conditional == nil {
			a.Active = Yes
		}
	})
	g.each("AWS::EC2::TransitGatewayRouteTablePropagation", declared(func(t *GatewayTable, l Declared) {
		t.Propagations = append(t.Propagations, l)
	}))
}

// viewTransitGateway reads "AWS::EC2::TransitGateway" with its defaults.
func viewTransitGateway(d *reader) *TransitGateway {
	t := &TransitGateway{
		Resource:           d.r,
		DefaultAssociation: d.tri("DefaultRouteTableAssociation", Yes),
		DefaultPropagation: d.tri("DefaultRouteTablePropagation", Yes),
		Groups:             d.tri("SecurityGroupReferencingSupport", No),
	}
	t.Unknown = d.unknown
	return t
}

// viewAttachment reads every kind of attachment. A firewall that is not
// attached to a Transit Gateway has none.
func viewAttachment(d *reader) *Attachment {
	a := &Attachment{Resource: d.r, Gateway: d.link("TransitGatewayId"), Kind: AttachVPC, Active: Yes}
	switch d.r.Type {
	case "AWS::NetworkFirewall::Firewall":
		if a.Gateway.IsZero() {
			return nil
		}
		a.Kind, a.ApplianceMode, a.Zones = AttachFirewall, Yes, d.firewallZones()
	case "AWS::EC2::TransitGatewayPeeringAttachment":
		a.Kind, a.PeerGateway, a.Active = AttachPeering, d.link("PeerTransitGatewayId"), d.accepted()
	case "AWS::EC2::VPNConnection":
		if a.Gateway.IsZero() || d.r.Observed() {
			return nil // a snapshot has the attachment as a resource of its own
		}
		a.Kind = AttachVPN
	case "AWS::EC2::TransitGatewayConnect":
		a.Kind = AttachConnect
	default:
		if a.Kind = attachmentKind(d.text("ResourceType", "vpc")); a.Kind != AttachVPC {
			break
		}
		a.VPC, a.Subnets = d.link("VpcId"), d.links("SubnetIds")
		a.ApplianceMode = d.tri("Options/ApplianceModeSupport", No)
		a.Groups = d.tri("Options/SecurityGroupReferencingSupport", Yes)
		a.DNS = d.tri("Options/DnsSupport", Yes)
		a.IPv6 = d.tri("Options/Ipv6Support", No)
	}
	a.Unknown = d.unknown
	return a
}

// attachmentKind reads what a snapshot says is attached
// ("TransitGatewayAttachment": resourceType).
func attachmentKind(resource string) AttachmentKind {
	switch resource {
	case "vpc":
		return AttachVPC
	case "vpn", "vpn-concentrator":
		return AttachVPN
	case "peering", "tgw-peering":
		return AttachPeering
	}
	return AttachOther
}

// accepted says whether a peering is in use: what was not accepted carries nothing
// ("Accept or reject a peering attachment request in AWS Transit Gateway"). The
// state is in snapshots only.
func (d *reader) accepted() Tri {
	switch d.text("State", "") {
	case "":
		return Perhaps
	case "available":
		return Yes
	}
	return No
}

func viewGatewayRoute(d *reader) *GatewayRoute {
	r := &GatewayRoute{
		Resource:   d.r,
		Dest:       d.destination("DestinationCidrBlock", "", "PrefixListId"),
		Blackhole:  d.tri("Blackhole", No) == Yes || d.text("State", "active") == "blackhole",
		Attachment: d.link("TransitGatewayAttachmentId"),
		Propagated: d.text("Type", "static") == "propagated",
	}
	if d.tri("Blackhole", No) == Perhaps && r.Attachment.IsZero() {
		r.Attachment = Link{Why: d.why(d.get("Blackhole"), "Blackhole", "true or false"), Property: "Blackhole"}
	}
	return r
}

// firewallZones returns the zones of a firewall that is attached to a Transit
// Gateway ("AvailabilityZoneMappings").
func (d *reader) firewallZones() []string {
	var zones []string
	for _, p := range d.items("AvailabilityZoneMappings") {
		path := p + "AvailabilityZone"
		switch v := d.get(path); v.Kind() {
		case value.Symbol:
			ref, _ := v.Ref()
			zones = append(zones, ref.String())
		default:
			zones = append(zones, d.text(path, ""))
		}
	}
	return zones
}
