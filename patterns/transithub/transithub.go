// Package transithub makes a Transit Gateway that routes nothing by itself:
// default association and propagation are off, and every network has a route
// table of its own.
//
// The gateway is shared with the given accounts of the same organisation only.
// Security groups cannot be referenced across it.
package transithub

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsram"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// privateASN is the gateway's side of BGP sessions: the first 16-bit private
// number, AWS's default.
const privateASN = 64512

// Props says who uses the gateway.
type Props struct {
	// Name is the gateway's Name tag and the beginning of its tables'.
	Name string
	// Tables are the names of the route tables.
	Tables []string
}

// Hub is the Transit Gateway and its route tables.
type Hub struct {
	Construct constructs.Construct
	Gateway   awsec2.CfnTransitGateway
	tables    map[string]awsec2.CfnTransitGatewayRouteTable
}

// New makes the gateway and its empty route tables. Attachments from accounts
// that it is shared with need no accepting: without a table's association they
// carry nothing ("Transit gateways", Amazon VPC Transit Gateways).
func New(scope constructs.Construct, id string, props *Props) *Hub {
	h := &Hub{Construct: constructs.NewConstruct(scope, jsii.String(id)), tables: map[string]awsec2.CfnTransitGatewayRouteTable{}}
	h.Gateway = awsec2.NewCfnTransitGateway(h.Construct, jsii.String("Gateway"), &awsec2.CfnTransitGatewayProps{
		AmazonSideAsn: jsii.Number(privateASN), Description: jsii.String(props.Name),
		AutoAcceptSharedAttachments:     jsii.String("enable"),
		DefaultRouteTableAssociation:    jsii.String("disable"),
		DefaultRouteTablePropagation:    jsii.String("disable"),
		DnsSupport:                      jsii.String("enable"),
		MulticastSupport:                jsii.String("disable"),
		SecurityGroupReferencingSupport: jsii.String("disable"),
		VpnEcmpSupport:                  jsii.String("disable")})
	awscdk.Tags_Of(h.Gateway).Add(jsii.String("Name"), jsii.String(props.Name), nil)
	for _, t := range props.Tables {
		table := awsec2.NewCfnTransitGatewayRouteTable(h.Construct, jsii.String("Table-"+t), &awsec2.CfnTransitGatewayRouteTableProps{
			TransitGatewayId: h.Gateway.AttrId()})
		awscdk.Tags_Of(table).Add(jsii.String("Name"), jsii.String(props.Name+"-"+t), nil)
		h.tables[t] = table
	}
	return h
}

// Table returns a route table, or nil.
func (h *Hub) Table(name string) awsec2.CfnTransitGatewayRouteTable { return h.tables[name] }

// ARN returns the gateway's ARN.
func (h *Hub) ARN() *string { return h.Gateway.AttrTransitGatewayArn() }

// Share shares resources with accounts of the same organisation by AWS RAM. It
// does nothing without accounts.
func Share(scope constructs.Construct, id, name string, accounts []string, arns ...*string) {
	if len(accounts) == 0 {
		return
	}
	principals := jsii.Strings(accounts...)
	awsram.NewCfnResourceShare(scope, jsii.String(id), &awsram.CfnResourceShareProps{
		Name: jsii.String(name), AllowExternalPrincipals: false, Principals: principals, ResourceArns: &arns})
}
