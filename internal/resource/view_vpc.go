package resource

import (
	"net/netip"
	"strings"

	"github.com/suretyhq/surety/internal/value"
)

// viewVPCs makes the views of VPCs, their subnets and gateways.
func (g *Graph) viewVPCs() {
	fill(g, viewVPC, "AWS::EC2::VPC")
	fill(g, viewSubnet, "AWS::EC2::Subnet")
	fill(g, func(d *reader) *InternetGateway { return &InternetGateway{Resource: d.r} }, "AWS::EC2::InternetGateway")
	fill(g, func(d *reader) *EgressOnlyGateway {
		return &EgressOnlyGateway{Resource: d.r, VPC: d.link("VpcId")}
	}, "AWS::EC2::EgressOnlyInternetGateway")
	fill(g, viewNAT, "AWS::EC2::NatGateway")
	fill(g, viewEndpoint, "AWS::EC2::VPCEndpoint")
	fill(g, viewPeering, "AWS::EC2::VPCPeeringConnection")
	fill(g, viewPrefixList, "AWS::EC2::PrefixList")
	g.each("AWS::EC2::VPCCidrBlock", foldCIDRBlock)
	g.each("AWS::EC2::VPCGatewayAttachment", foldGatewayAttachment)
	for r, e := range Views[EgressOnlyGateway](g) {
		if v := fold[VPC](&reader{g: g, r: r}, e.VPC); v != nil {
			v.EgressOnlyGateways = append(v.EgressOnlyGateways, Link{To: r.Addr, Property: "VpcId"})
		}
	}
	g.each("AWS::EC2::SubnetCidrBlock", foldSubnetRange)
	g.each("AWS::EC2::VPCBlockPublicAccessOptions", foldBlockPublicAccess)
	g.each("AWS::EC2::VPCBlockPublicAccessExclusion", foldExclusion)
}

// foldSubnetRange adds an IPv6 range to a subnet ("AWS::EC2::SubnetCidrBlock").
func foldSubnetRange(d *reader) {
	if s := fold[Subnet](d, d.link("SubnetId")); s != nil {
		s.HasIPv6 = true
		if p, ok := prefixOf(d.get("Ipv6CidrBlock")); ok {
			s.IPv6 = p
		}
	}
}

// foldExclusion notes what is excluded from Block Public Access; one whose VPC
// or subnet is not known may be about any ("Block public access to VPCs and
// subnets": exclusions).
func foldExclusion(d *reader) {
	var e Exemption
	switch mode := d.text("InternetGatewayExclusionMode", ""); {
	case d.r.Conditional != nil || len(d.unknown) > 0:
		e = Exemption{In: Perhaps, Out: Perhaps}
	case mode == "allow-bidirectional":
		e = Exemption{In: Yes, Out: Yes}
	case mode == "allow-egress":
		e = Exemption{Out: Yes}
	}
	join := func(to *Exemption, e Exemption) { to.In, to.Out = either(to.In, e.In), either(to.Out, e.Out) }
	vpc, subnet := d.link("VpcId"), d.link("SubnetId")
	if s := View[Subnet](d.g, subnet.To); s != nil {
		join(&s.Exempt, e)
		return
	}
	if v := View[VPC](d.g, vpc.To); v != nil {
		join(&v.Exempt, e)
		return
	}
	if vpc.Why == nil && subnet.Why == nil {
		return // of a VPC outside the graph
	}
	if e.In == Yes {
		e.In = Perhaps
	}
	if e.Out == Yes {
		e.Out = Perhaps
	}
	for _, v := range Views[VPC](d.g) {
		join(&v.Exempt, e)
	}
}

func viewVPC(d *reader) *VPC {
	v := &VPC{Resource: d.r, DNSSupport: d.tri("EnableDnsSupport", Yes), DNSHostnames: d.tri("EnableDnsHostnames", No)}
	p := d.prefix("CidrBlock")
	if p.IsValid() {
		v.CIDRs = append(v.CIDRs, p)
	} else if d.get("CidrBlock").IsAbsent() {
		d.note(value.Value{}, "CidrBlock", "a CIDR range (an address pool gives it at deployment)")
	}
	v.Unknown = d.unknown
	return v
}

// foldCIDRBlock adds a further range to a VPC ("AWS::EC2::VPCCidrBlock").
func foldCIDRBlock(d *reader) {
	v := fold[VPC](d, d.link("VpcId"))
	if v == nil {
		return
	}
	p4, p6 := d.prefix("CidrBlock"), d.prefix("Ipv6CidrBlock")
	switch {
	case p4.IsValid():
		v.CIDRs = append(v.CIDRs, p4)
	case p6.IsValid():
		v.IPv6, v.HasIPv6 = append(v.IPv6, p6), true
	case d.tri("AmazonProvidedIpv6CidrBlock", No) != No, !d.get("Ipv6IpamPoolId").IsAbsent(),
		!d.get("Ipv6Pool").IsAbsent(), !d.get("Ipv6CidrBlock").IsAbsent():
		v.HasIPv6 = true
	default:
		d.note(value.Value{}, "CidrBlock", "a CIDR range")
	}
	v.Unknown = append(v.Unknown, d.unknown...)
}

func foldGatewayAttachment(d *reader) {
	vpc, gateway := d.link("VpcId"), d.link("InternetGatewayId")
	if !gateway.IsZero() {
		if i := View[InternetGateway](d.g, gateway.To); i != nil {
			i.VPC = vpc
		}
	}
	v := fold[VPC](d, vpc)
	if v == nil {
		return
	}
	if !gateway.IsZero() {
		v.InternetGateway = gateway
	}
}

// foldBlockPublicAccess marks the VPCs of the account and Region: any mode but
// "off" blocks, in one direction or both ("Block public access to VPCs and
// subnets").
func foldBlockPublicAccess(d *reader) {
	mode := d.text("InternetGatewayBlockMode", "off")
	for _, v := range Views[VPC](d.g) {
		s := v.Addr.Stack
		switch {
		case !sameOrUnknown(s, d.r.Addr.Stack) || mode == "off":
		case d.r.Conditional != nil:
			v.Block = BlockUnknown
		case mode == "block-bidirectional":
			v.Block = BlockBidirectional
		case mode == "block-ingress":
			v.Block = BlockIngress
		default:
			v.Block = BlockUnknown
			v.Unknown = append(v.Unknown, d.unknown...)
		}
	}
}

func viewSubnet(d *reader) *Subnet {
	s := &Subnet{Resource: d.r, VPC: d.link("VpcId"), CIDR: d.prefix("CidrBlock"), MapPublic: d.tri("MapPublicIpOnLaunch", No)}
	native := d.tri("Ipv6Native", No)
	if !s.CIDR.IsValid() && d.get("CidrBlock").IsAbsent() && native != Yes {
		d.note(value.Value{}, "CidrBlock", "a CIDR range")
	}
	if v6 := d.get("Ipv6CidrBlock"); !v6.IsAbsent() {
		s.HasIPv6 = true
		s.IPv6, _ = prefixOf(v6)
	}
	s.HasIPv6 = s.HasIPv6 || !d.get("Ipv6IpamPoolId").IsAbsent() || native != No
	s.Zone = d.zone()
	s.Unknown = d.unknown
	return s
}

// zone returns the availability zone as text, and notes one that only
// deployment decides.
func (d *reader) zone() string {
	for _, prop := range []string{"AvailabilityZoneId", "AvailabilityZone"} {
		v := d.get(prop)
		if s, ok := v.Str(); ok {
			return s
		}
		if ref, ok := v.Ref(); ok {
			return ref.String()
		}
		if v.Kind() == value.Concat {
			return v.String()
		}
		if v.IsUnknown() {
			d.note(v, prop, "an availability zone")
			return ""
		}
	}
	d.note(value.Value{}, "AvailabilityZone", "an availability zone")
	return ""
}

// viewNAT reads a NAT gateway ("AWS::EC2::NatGateway"): its availability mode
// is zonal unless it says regional.
func viewNAT(d *reader) *NATGateway {
	n := &NATGateway{
		Resource: d.r, Subnet: d.link("SubnetId"), VPC: d.link("VpcId"),
		Private:  d.text("ConnectivityType", "public") == "private",
		Regional: d.text("AvailabilityMode", "zonal") == "regional",
		Address:  d.address("PrivateIpAddress"),
	}
	if s := View[Subnet](d.g, n.Subnet.To); s != nil && n.VPC.IsZero() {
		n.VPC = s.VPC
	}
	n.Unknown = d.unknown
	return n
}

func viewEndpoint(d *reader) *VPCEndpoint {
	e := &VPCEndpoint{
		Resource: d.r, Type: d.text("VpcEndpointType", "Gateway"), VPC: d.link("VpcId"),
		Subnets: d.links("SubnetIds"), Groups: d.links("SecurityGroupIds"), RouteTables: d.links("RouteTableIds"),
		Policy: d.get("PolicyDocument"),
	}
	e.PrivateDNS = d.tri("PrivateDnsEnabled", No)
	if v := d.get("ServiceName"); v.Kind() == value.Concat || v.Kind() == value.Symbol {
		e.Service = v.String()
	} else {
		e.Service = d.text("ServiceName", "")
	}
	e.Unknown = d.unknown
	return e
}

// viewPeering reads a peering. A template's peering is active: CloudFormation
// waits for its acceptance ("AWS::EC2::VPCPeeringConnection"). The status of a
// snapshot's is believed.
func viewPeering(d *reader) *Peering {
	p := &Peering{Resource: d.r, Requester: d.link("VpcId"), Accepter: d.link("PeerVpcId"), Active: Yes}
	if status := d.text("Status/Code", ""); status != "" {
		p.Active = triOf(status == "active")
	}
	if region, ok := d.get("PeerRegion").Str(); ok {
		p.CrossRegion = triOf(region != d.r.Addr.Stack.Region)
		if d.r.Addr.Stack.Region == "" {
			p.CrossRegion = Perhaps
		}
	} else if !d.get("PeerRegion").IsAbsent() {
		p.CrossRegion = d.tri("PeerRegion", Perhaps)
	}
	p.Unknown = d.unknown
	return p
}

func viewPrefixList(d *reader) *PrefixList {
	l := &PrefixList{Resource: d.r, Max: d.integer("MaxEntries", 0)}
	for _, p := range d.items("Entries") {
		path := p + "Cidr"
		if p := d.prefix(path); p.IsValid() {
			l.Prefixes = append(l.Prefixes, p)
		} else if v := d.get(path); v.IsAbsent() {
			d.note(v, path, "a CIDR range")
		}
	}
	l.Unknown = d.unknown
	return l
}

// viewRoutes makes the views of routes and tables and folds associations in.
func (g *Graph) viewRoutes() {
	fill(g, func(d *reader) *RouteTable {
		t := &RouteTable{Resource: d.r, VPC: d.link("VpcId"), Main: d.tri("Main", No) == Yes}
		t.Unknown = d.unknown
		return t
	}, "AWS::EC2::RouteTable")
	fill(g, viewRoute, "AWS::EC2::Route")
	for r, route := range Views[Route](g) {
		if t := fold[RouteTable](&reader{g: g, r: r}, route.Table); t != nil {
			t.Routes = append(t.Routes, *route)
		}
	}
	g.each("AWS::EC2::SubnetRouteTableAssociation", func(d *reader) {
		if s := fold[Subnet](d, d.link("SubnetId")); s != nil {
			s.RouteTable = d.perhaps(d.link("RouteTableId"))
		}
	})
	g.each("AWS::EC2::GatewayRouteTableAssociation", func(d *reader) {
		if t := fold[RouteTable](d, d.link("RouteTableId")); t != nil {
			t.Gateway = d.link("GatewayId")
		}
	})
	g.each("AWS::EC2::VPNGatewayRoutePropagation", func(d *reader) {
		why := &value.Reason{Code: "ROUTES_PROPAGATED", At: d.r.Addr, Text: "a VPN gateway adds routes that only deployment gives"}
		tables := d.links("RouteTableIds")
		for _, l := range tables {
			if t := fold[RouteTable](d, l); t != nil {
				t.Unknown = append(t.Unknown, why)
			}
		}
	})
}

// routeTargets are the properties that name a route's target ("AWS::EC2::Route").
var routeTargets = []struct {
	property string
	kind     TargetKind
}{
	{"NatGatewayId", TargetNAT},
	{"TransitGatewayId", TargetTransitGateway},
	{"VpcPeeringConnectionId", TargetPeering},
	{"NetworkInterfaceId", TargetInterface},
	{"InstanceId", TargetInterface},
	{"VpcEndpointId", TargetEndpoint},
	{"EgressOnlyInternetGatewayId", TargetEgressOnlyGateway},
	{"CarrierGatewayId", TargetOther},
	{"LocalGatewayId", TargetOther},
	{"CoreNetworkArn", TargetOther},
	{"GatewayId", TargetInternetGateway}, // or a VPN gateway, or "local"
}

func viewRoute(d *reader) *Route {
	r := &Route{Resource: d.r, Table: d.link("RouteTableId"), Dest: d.destination("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")}
	for _, t := range routeTargets {
		if l := d.link(t.property); !l.IsZero() {
			r.To, r.Target = l, t.kind
			break
		}
	}
	if r.To.Property == "GatewayId" {
		r.Target = d.g.gatewayKind(r.To)
	}
	r.Blackhole = d.text("State", "active") == "blackhole"
	r.Propagated = d.text("Origin", "CreateRoute") == "EnableVgwRoutePropagation"
	if r.Blackhole && r.To.IsZero() {
		r.Target = TargetBlackhole
	}
	if r.To.Why != nil {
		r.Target = TargetUnknown
	}
	r.Unknown = d.unknown
	return r
}

// gatewayKind tells what the GatewayId of a route names.
func (g *Graph) gatewayKind(l Link) TargetKind {
	switch typ := g.typeOf(l); {
	case typ == "AWS::EC2::InternetGateway" || strings.HasPrefix(l.ID, "igw-"):
		return TargetInternetGateway
	case typ == "AWS::EC2::VPNGateway" || strings.HasPrefix(l.ID, "vgw-"):
		return TargetVPNGateway
	case typ == "AWS::EC2::VPCEndpoint" || strings.HasPrefix(l.ID, "vpce-"):
		return TargetEndpoint
	case typ == "AWS::EC2::EgressOnlyInternetGateway" || strings.HasPrefix(l.ID, "eigw-"):
		return TargetEgressOnlyGateway
	case l.ID == "local":
		return TargetLocal
	}
	return TargetUnknown
}

// destination reads what a route matches. A destination that is there but
// unreadable has Why.
func (d *reader) destination(v4, v6, list string) Destination {
	if l := d.link(list); l.Why != nil {
		return Destination{Why: l.Why}
	} else if !l.IsZero() {
		return Destination{PrefixList: l}
	}
	for _, prop := range []string{v4, v6} {
		v := d.get(prop)
		if v.IsAbsent() || v.Kind() == value.Null {
			continue
		}
		if p, ok := prefixOf(v); ok {
			return Destination{Prefix: p}
		}
		return Destination{Why: d.why(v, prop, "a CIDR range")}
	}
	return Destination{Why: d.why(value.Value{}, v4, "a destination")}
}

// allIPv4 and allIPv6 are every address.
var (
	allIPv4 = netip.MustParsePrefix("0.0.0.0/0")
	allIPv6 = netip.MustParsePrefix("::/0")
)
