package resource

import (
	"net/netip"

	"github.com/suretyhq/surety/internal/value"
)

// VPNGateway is AWS::EC2::VPNGateway with its attachment, its VPN connections
// and their static routes folded in. Routes are the ranges that it has routes
// to; Whole says that there are no others: the connections are static, and all
// of them are in the graph, which only a snapshot can say.
type VPNGateway struct {
	*Resource
	VPC         Link
	Connections []Link
	Routes      []netip.Prefix
	Whole       bool
	Unknown     []*value.Reason
}

// viewVPNGateways makes the views of VPN gateways ("AWS::EC2::VPNGateway",
// "AWS::EC2::VPNConnection", "AWS::EC2::VPNConnectionRoute"). A connection
// that is not static learns routes by BGP, which nothing here says.
func (g *Graph) viewVPNGateways() {
	fill(g, func(d *reader) *VPNGateway {
		v := &VPNGateway{Resource: d.r, Whole: d.r.Observed()}
		if l := d.get("Learned"); l.IsUnknown() {
			v.Whole, v.Unknown = false, append(v.Unknown, d.why(l, "Learned", "the routes that it learns"))
		}
		return v
	}, "AWS::EC2::VPNGateway")
	g.each("AWS::EC2::VPCGatewayAttachment", func(d *reader) {
		if v := View[VPNGateway](g, d.link("VpnGatewayId").To); v != nil {
			v.VPC = d.perhaps(d.link("VpcId"))
		}
	})
	owner := map[*Resource]*VPNGateway{}
	g.each("AWS::EC2::VPNConnection", func(d *reader) {
		v := View[VPNGateway](g, d.link("VpnGatewayId").To)
		if v == nil {
			return
		}
		owner[d.r] = v
		v.Connections = append(v.Connections, Link{To: d.r.Addr, Property: "VpnGatewayId"})
		if d.tri("StaticRoutesOnly", No) != Yes {
			v.Whole = false
			v.Unknown = append(v.Unknown, &value.Reason{Code: "ROUTES_PROPAGATED", At: d.r.Addr, Property: "StaticRoutesOnly",
				Text: "the connection learns routes by BGP that are not in the graph"})
		}
	})
	g.each("AWS::EC2::VPNConnectionRoute", func(d *reader) {
		v := owner[g.byAddr[d.link("VpnConnectionId").To]]
		if v == nil {
			return
		}
		if p := d.prefix("DestinationCidrBlock"); p.IsValid() {
			v.Routes = append(v.Routes, p)
		} else {
			v.Whole = false
			v.Unknown = append(v.Unknown, d.why(d.get("DestinationCidrBlock"), "DestinationCidrBlock", "a CIDR range"))
		}
	})
}
