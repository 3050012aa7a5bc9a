// Package egressvpc makes the one VPC by which connected networks leave for
// the internet: a public subnet with a NAT gateway and an attachment subnet in
// each Availability Zone.
//
// Traffic stays in its zone from the Transit Gateway's attachment to the NAT
// gateway, so the loss of a zone takes nothing of the others. Nothing can be
// opened from the internet.
package egressvpc

import (
	"fmt"
	"net/netip"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/vpc"
)

// The tiers' names.
const (
	Public     = "public"
	Attachment = "attachment"
)

// Props lays the egress VPC out.
type Props struct {
	// Name is the VPC's name.
	Name string
	// CIDR is the VPC's range, Private that of all connected networks, which
	// leave by this VPC. One rule and one route name them all, so that their
	// number is not bound by the quotas of network ACLs and route tables.
	CIDR, Private netip.Prefix
	// Zones are the ids of the Availability Zones.
	Zones []string
	// Range and Subnets give the addresses of the tiers Public and Attachment.
	Range   map[string]netip.Prefix
	Subnets map[string][]netip.Prefix
	// Ports are what connected networks may reach on the internet.
	Ports []Port
	// TransitGatewayID is the gateway by which they come.
	TransitGatewayID *string
	// FlowLogs receives a record of all traffic, and so does the bucket whose
	// ARN is FlowArchive, if there is one.
	FlowLogs    awslogs.ILogGroup
	FlowArchive *string
}

// Port is a port on the internet.
type Port struct{ Protocol, Number int }

// Network is the egress VPC.
type Network struct {
	*vpc.VPC
	// Attachment joins the VPC to the Transit Gateway.
	Attachment awsec2.CfnTransitGatewayAttachment
	// NATs are the NAT gateways, one for each zone, and their addresses.
	NATs      []awsec2.CfnNatGateway
	Addresses []awsec2.CfnEIP
}

// New makes the egress VPC.
func New(scope constructs.Construct, id string, props *Props) *Network {
	var tiers []vpc.Tier
	for _, t := range []string{Public, Attachment} {
		tiers = append(tiers, vpc.Tier{Name: t, Range: props.Range[t], Subnets: props.Subnets[t]})
	}
	n := &Network{VPC: vpc.New(scope, id, &vpc.Props{Name: props.Name, CIDR: props.CIDR, Zones: props.Zones, Tiers: tiers,
		Flows: flows(props), Private: props.Private, FlowLogs: props.FlowLogs, FlowArchive: props.FlowArchive})}
	var subnets []any
	for _, s := range n.SubnetIDs(Attachment) {
		subnets = append(subnets, s)
	}
	n.Attachment = awsec2.NewCfnTransitGatewayAttachment(n.Construct, jsii.String("Attachment"), &awsec2.CfnTransitGatewayAttachmentProps{
		TransitGatewayId: props.TransitGatewayID, VpcId: n.Resource.AttrVpcId(), SubnetIds: &subnets,
		Options: vpc.AttachmentOptions()})
	n.addGateways(props)
	return n
}

func (n *Network) addGateways(props *Props) {
	internet := awsec2.NewCfnInternetGateway(n.Construct, jsii.String("InternetGateway"), &awsec2.CfnInternetGatewayProps{})
	awscdk.Tags_Of(internet).Add(jsii.String("Name"), jsii.String(props.Name), nil)
	joined := awsec2.NewCfnVPCGatewayAttachment(n.Construct, jsii.String("InternetGatewayAttachment"), &awsec2.CfnVPCGatewayAttachmentProps{
		VpcId: n.Resource.AttrVpcId(), InternetGatewayId: internet.AttrInternetGatewayId()})
	private := n.Subnets(Attachment)
	for i, public := range n.Subnets(Public) {
		label := jsii.String(fmt.Sprintf("%s-%d", props.Name, i+1))
		address := awsec2.NewCfnEIP(n.Construct, jsii.String("Address"+public.Zone), &awsec2.CfnEIPProps{Domain: jsii.String("vpc")})
		address.AddResourceDependency(joined, nil)
		nat := awsec2.NewCfnNatGateway(n.Construct, jsii.String("Nat"+public.Zone), &awsec2.CfnNatGatewayProps{
			SubnetId: public.Resource.AttrSubnetId(), AllocationId: address.AttrAllocationId()})
		awscdk.Tags_Of(address).Add(jsii.String("Name"), label, nil)
		awscdk.Tags_Of(nat).Add(jsii.String("Name"), label, nil)
		public.AddRoute("ToInternet", vpc.Internet(), awsec2.CfnRouteProps{GatewayId: internet.AttrInternetGatewayId()}).AddResourceDependency(joined, nil)
		public.AddRoute("ToNetworks", props.Private, awsec2.CfnRouteProps{TransitGatewayId: props.TransitGatewayID}).AddResourceDependency(n.Attachment, nil)
		private[i].AddRoute("ToNat", vpc.Internet(), awsec2.CfnRouteProps{NatGatewayId: nat.AttrNatGatewayId()})
		n.NATs, n.Addresses = append(n.NATs, nat), append(n.Addresses, address)
	}
}

// flows lets connected networks come from the gateway's attachment to the NAT
// gateways, and these reach the internet. A packet keeps its source until the
// NAT gateway, so the public subnets see the networks' addresses.
func flows(props *Props) []vpc.Flow {
	internet, networks := vpc.Peer{Range: vpc.Internet()}, vpc.Peer{Range: props.Private}
	var all []vpc.Flow
	for _, p := range props.Ports {
		all = append(all, vpc.Flow{From: networks, To: vpc.Peer{Tier: Public}, Protocol: p.Protocol, Low: p.Number, High: p.Number})
		for _, t := range []string{Public, Attachment} {
			all = append(all, vpc.Flow{From: vpc.Peer{Tier: t}, To: internet, Protocol: p.Protocol, Low: p.Number, High: p.Number})
		}
	}
	return all
}
