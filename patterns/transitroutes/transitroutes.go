// Package transitroutes fills a Transit Gateway's route tables so that every
// network reaches the internet by way of the firewall and no network reaches
// another.
//
// Each network's table leads to the firewall and drops whatever is meant for
// the private range. The firewall's table knows the networks and leads all else
// to the egress VPC, whose own table leads back through the firewall.
package transitroutes

import (
	"net/netip"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Network is a network that leaves by the hub.
type Network struct {
	// Name is unique among the networks.
	Name string
	CIDR netip.Prefix
	// Attachment is the id of the network's attachment, Table that of its own
	// route table.
	Attachment, Table *string
}

// Props says what to route.
type Props struct {
	// Private is the range of all connected networks.
	Private netip.Prefix
	// Firewall and Egress are the ids of the hub's own attachments.
	Firewall, Egress *string
	// InspectedTable is the table of traffic that the firewall let through,
	// EgressTable that of traffic that comes back from the internet.
	InspectedTable, EgressTable *string
	Networks                    []Network
}

// New makes the associations, propagations and static routes. The table that
// is associated with the attachment by which traffic enters decides ("Transit
// gateway route tables", Amazon VPC Transit Gateways).
func New(scope constructs.Construct, id string, props *Props) constructs.Construct {
	root := constructs.NewConstruct(scope, jsii.String(id))
	everything := netip.PrefixFrom(netip.IPv4Unspecified(), 0)

	hub := constructs.NewConstruct(root, jsii.String("hub"))
	associate(hub, "FirewallAssociation", props.Firewall, props.InspectedTable)
	associate(hub, "EgressAssociation", props.Egress, props.EgressTable)
	route(hub, "InspectedToInternet", props.InspectedTable, everything, props.Egress)

	for _, n := range props.Networks {
		own := constructs.NewConstruct(root, jsii.String(n.Name))
		associate(own, "Association", n.Attachment, n.Table)
		route(own, "ToFirewall", n.Table, everything, props.Firewall)
		awsec2.NewCfnTransitGatewayRoute(own, jsii.String("PrivateDropped"), &awsec2.CfnTransitGatewayRouteProps{
			TransitGatewayRouteTableId: n.Table, DestinationCidrBlock: jsii.String(props.Private.String()), Blackhole: true})
		awsec2.NewCfnTransitGatewayRouteTablePropagation(own, jsii.String("Propagation"), &awsec2.CfnTransitGatewayRouteTablePropagationProps{
			TransitGatewayAttachmentId: n.Attachment, TransitGatewayRouteTableId: props.InspectedTable})
		route(own, "ReturnToFirewall", props.EgressTable, n.CIDR, props.Firewall)
	}
	return root
}

func associate(scope constructs.Construct, id string, attachment, table *string) {
	awsec2.NewCfnTransitGatewayRouteTableAssociation(scope, jsii.String(id), &awsec2.CfnTransitGatewayRouteTableAssociationProps{
		TransitGatewayAttachmentId: attachment, TransitGatewayRouteTableId: table})
}

func route(scope constructs.Construct, id string, table *string, to netip.Prefix, attachment *string) {
	awsec2.NewCfnTransitGatewayRoute(scope, jsii.String(id), &awsec2.CfnTransitGatewayRouteProps{
		TransitGatewayRouteTableId: table, DestinationCidrBlock: jsii.String(to.String()), TransitGatewayAttachmentId: attachment})
}
