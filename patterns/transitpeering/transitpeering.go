// Package transitpeering peers the Transit Gateways of two Regions of one
// account, and leads single networks over the peering.
//
// A peering has to be accepted in the other Region even where one account has
// both gateways, and CloudFormation has no resource that does it: a function
// does, as a custom resource, and says so when the peering is available. It may
// accept that one peering and nothing else. Nothing is propagated over a
// peering; what goes by it are the static routes that the caller lists, each from
// one table to one range ("Transit gateway peering attachments", Amazon VPC
// Transit Gateways).
package transitpeering

import (
	"fmt"
	"net/netip"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/function"
)

// Acceptance is the type of the custom resource that accepts a peering.
const Acceptance = "Custom::TransitGatewayPeeringAcceptance"

// program is the function's, of cmd/lambda.
const program = "peering"

// acceptSeconds is the longest that a function runs: a peering is available some
// minutes after it was accepted.
const acceptSeconds = 900

// Props says which gateways are peered.
type Props struct {
	// Name is the peering's Name tag and the name of the function.
	Name string
	// Gateway is the id of the gateway of the stack's Region, Peer that of the
	// other, which is in PeerRegion.
	Gateway, Peer *string
	PeerRegion    string
	// Functions is the folder of the functions' zips.
	Functions string
	// LogKey encrypts the function's logs and settings.
	LogKey awskms.IKey
}

// Peering is the peering, accepted.
type Peering struct {
	Construct constructs.Construct
	Resource  awsec2.CfnTransitGatewayPeeringAttachment
	// Accepted is there when the peering carries traffic: without it AWS refuses
	// associations and routes.
	Accepted awscdk.CustomResource
	Function *function.Function
}

// New asks for the peering and accepts it. It fails if the function's zip is not
// there.
func New(scope constructs.Construct, id string, props *Props) (*Peering, error) {
	p := &Peering{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	stack := awscdk.Stack_Of(scope)
	p.Resource = awsec2.NewCfnTransitGatewayPeeringAttachment(p.Construct, jsii.String("Peering"), &awsec2.CfnTransitGatewayPeeringAttachmentProps{
		TransitGatewayId: props.Gateway, PeerTransitGatewayId: props.Peer, PeerAccountId: stack.Account(), PeerRegion: jsii.String(props.PeerRegion)})
	awscdk.Tags_Of(p.Resource).Add(jsii.String("Name"), jsii.String(props.Name), nil)

	var err error
	p.Function, err = function.New(p.Construct, "Function", &function.Props{Name: props.Name, Description: "Accepts the peering with the Transit Gateway of " + props.PeerRegion,
		Folder: props.Functions, Program: program, TimeoutSeconds: acceptSeconds, NoDeadLetters: true, Key: props.LogKey, LogKey: props.LogKey})
	if err != nil {
		return nil, err
	}
	p.Function.Resource.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings("ec2:AcceptTransitGatewayPeeringAttachment"),
		Resources: jsii.Strings(fmt.Sprintf("arn:aws:ec2:%s:%s:transit-gateway-attachment/%s", props.PeerRegion, *stack.Account(), *p.Resource.AttrTransitGatewayAttachmentId()))}))
	p.Function.Resource.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings("ec2:DescribeTransitGatewayPeeringAttachments"),
		Resources: jsii.Strings("*"), Conditions: &map[string]any{"StringEquals": map[string]any{"aws:RequestedRegion": props.PeerRegion}}}))
	p.Accepted = awscdk.NewCustomResource(p.Construct, jsii.String("Accepted"), &awscdk.CustomResourceProps{
		ServiceToken: p.Function.Resource.FunctionArn(), ResourceType: jsii.String(Acceptance), ServiceTimeout: awscdk.Duration_Seconds(jsii.Number(acceptSeconds)),
		Properties: &map[string]any{"TransitGatewayAttachmentId": p.Resource.AttrTransitGatewayAttachmentId(), "PeerRegion": props.PeerRegion}})
	p.Accepted.Node().AddDependency(p.Function.Construct)
	return p, nil
}

// Route leads a range over the peering, from a table of the gateway, or what comes
// by it to an attachment of the gateway.
type Route struct {
	// Name is unique among an end's routes.
	Name  string
	Range netip.Prefix
	// Table is the id of the table that leads over the peering; To that of the
	// attachment that what comes by the peering goes to. One of them is nil.
	Table, To *string
}

// End is what one gateway does with what comes and goes by the peering.
type End struct {
	// Name is the Name tag of the table that decides about what comes by it.
	Name string
	// Gateway is the gateway's id, Peering the attachment's, which both ends have.
	Gateway, Peering *string
	Routes           []Route
}

// Join makes the peering's table at one end, associates it, and adds the routes,
// after what is given, which says that the peering was accepted.
func Join(scope constructs.Construct, id string, end *End, after ...constructs.IDependable) constructs.Construct {
	root := constructs.NewConstruct(scope, jsii.String(id))
	table := awsec2.NewCfnTransitGatewayRouteTable(root, jsii.String("Table"), &awsec2.CfnTransitGatewayRouteTableProps{TransitGatewayId: end.Gateway})
	awscdk.Tags_Of(table).Add(jsii.String("Name"), jsii.String(end.Name), nil)
	own := table.AttrTransitGatewayRouteTableId()
	awsec2.NewCfnTransitGatewayRouteTableAssociation(root, jsii.String("Association"), &awsec2.CfnTransitGatewayRouteTableAssociationProps{
		TransitGatewayAttachmentId: end.Peering, TransitGatewayRouteTableId: own})
	for _, r := range end.Routes {
		from, to := r.Table, end.Peering
		if r.To != nil {
			from, to = own, r.To
		}
		awsec2.NewCfnTransitGatewayRoute(root, jsii.String(r.Name), &awsec2.CfnTransitGatewayRouteProps{
			TransitGatewayRouteTableId: from, DestinationCidrBlock: jsii.String(r.Range.String()), TransitGatewayAttachmentId: to})
	}
	if len(after) > 0 {
		root.Node().AddDependency(after...)
	}
	return root
}
