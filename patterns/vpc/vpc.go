// Package vpc makes a VPC of tiers: rows of subnets, one subnet in each
// Availability Zone, each tier behind a network ACL of its own.
//
// Nothing enters or leaves a tier but the flows that the caller lists and their
// replies. Every subnet has a route table of its own, so that a route can stay
// within its zone; a table holds local routes until the caller adds others.
// Flow logs are always on.
package vpc

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Props lays a VPC out.
type Props struct {
	// Name is the VPC's Name tag and the beginning of its subnets'.
	Name string
	// CIDR is the VPC's IPv4 range.
	CIDR netip.Prefix
	// Zones are the ids of the Availability Zones, for example apse2-az1.
	Zones []string
	// Tiers are the rows of subnets.
	Tiers []Tier
	// Flows are the connections that the network ACLs let through.
	Flows []Flow
	// Private is the range of all connected networks. Flows from or to the
	// internet do not include it.
	Private netip.Prefix
	// FlowLogs receives a record of all traffic.
	FlowLogs awslogs.ILogGroup
	// FlowArchive is the ARN of the bucket that receives it too, on the way to
	// the archive; nil: none does.
	FlowArchive *string
}

// Tier is a row of subnets.
type Tier struct {
	// Name is unique within the VPC.
	Name string
	// Range covers the tier's subnets and nothing of another tier.
	Range netip.Prefix
	// Subnets are the subnets' ranges, one for each zone.
	Subnets []netip.Prefix
}

// VPC is a VPC and its tiers.
type VPC struct {
	Construct constructs.Construct
	// Resource is the VPC itself.
	Resource awsec2.CfnVPC
	// Ref is the VPC as other constructs take it.
	Ref   awsec2.IVpc
	tiers map[string][]Subnet
}

// Subnet is one subnet with its route table.
type Subnet struct {
	// Zone is the id of the subnet's Availability Zone.
	Zone     string
	Resource awsec2.CfnSubnet
	Table    awsec2.CfnRouteTable
	scope    constructs.Construct
}

// New makes the VPC.
func New(scope constructs.Construct, id string, props *Props) *VPC {
	v := &VPC{Construct: constructs.NewConstruct(scope, jsii.String(id)), tiers: map[string][]Subnet{}}
	v.Resource = awsec2.NewCfnVPC(v.Construct, jsii.String("Vpc"), &awsec2.CfnVPCProps{
		CidrBlock: jsii.String(props.CIDR.String()), EnableDnsHostnames: true, EnableDnsSupport: true})
	name(v.Resource, props.Name)
	v.Ref = awsec2.Vpc_FromVpcAttributes(v.Construct, jsii.String("Ref"), &awsec2.VpcAttributes{
		VpcId: v.Resource.AttrVpcId(), AvailabilityZones: jsii.Strings(props.Zones...), VpcCidrBlock: jsii.String(props.CIDR.String())})
	for _, t := range props.Tiers {
		v.addTier(props, t)
	}
	awsec2.NewFlowLog(v.Construct, jsii.String("FlowLog"), &awsec2.FlowLogProps{
		ResourceType: awsec2.FlowLogResourceType_FromVpc(v.Ref),
		Destination:  awsec2.FlowLogDestination_ToCloudWatchLogs(props.FlowLogs, nil),
		TrafficType:  awsec2.FlowLogTrafficType_ALL,
	})
	if props.FlowArchive != nil {
		v.archiveFlows(props.FlowArchive)
	}
	return v
}

// flowFields are the fields of an archived flow log: the default ones, where in
// the VPC it was, what passed through an interface for others, and which way it
// went ("Flow log records", Amazon VPC User Guide).
func flowFields() string {
	var b strings.Builder
	for i, f := range []string{"version", "account-id", "vpc-id", "subnet-id", "az-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol",
		"pkt-srcaddr", "pkt-dstaddr", "tcp-flags", "packets", "bytes", "start", "end", "action", "flow-direction", "traffic-path", "log-status"} {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("${" + f + "}")
	}
	return b.String()
}

// archiveFlows writes the flow logs to a bucket as Parquet, in a folder for each
// hour, so that Amazon Athena reads no more than it is asked for ("Flow log
// files", Amazon VPC User Guide).
func (v *VPC) archiveFlows(bucket *string) {
	awsec2.NewCfnFlowLog(v.Construct, jsii.String("FlowArchive"), &awsec2.CfnFlowLogProps{
		ResourceType: jsii.String("VPC"), ResourceId: v.Resource.AttrVpcId(), TrafficType: jsii.String("ALL"),
		LogDestinationType: jsii.String("s3"), LogDestination: awscdk.Fn_Join(jsii.String(""), &[]*string{bucket, jsii.String("/flows/")}),
		MaxAggregationInterval: jsii.Number(60), LogFormat: jsii.String(flowFields()),
		DestinationOptions: map[string]any{"FileFormat": "parquet", "HiveCompatiblePartitions": true, "PerHourPartition": true}})
}

func (v *VPC) addTier(props *Props, t Tier) {
	scope := constructs.NewConstruct(v.Construct, jsii.String(t.Name))
	acl := awsec2.NewCfnNetworkAcl(scope, jsii.String("Acl"), &awsec2.CfnNetworkAclProps{VpcId: v.Resource.AttrVpcId()})
	name(acl, props.Name+"-"+t.Name)
	for _, e := range entries(props, t) {
		e.add(scope, acl)
	}
	for i, cidr := range t.Subnets {
		v.tiers[t.Name] = append(v.tiers[t.Name], v.addSubnet(scope, acl, cidr, props.Zones[i], props.Name+"-"+t.Name+"-"+strconv.Itoa(i+1)))
	}
}

func (v *VPC) addSubnet(tier constructs.Construct, acl awsec2.CfnNetworkAcl, cidr netip.Prefix, zone, label string) Subnet {
	scope := constructs.NewConstruct(tier, jsii.String(zone))
	s := Subnet{Zone: zone, scope: scope}
	s.Resource = awsec2.NewCfnSubnet(scope, jsii.String("Subnet"), &awsec2.CfnSubnetProps{
		VpcId: v.Resource.AttrVpcId(), CidrBlock: jsii.String(cidr.String()), AvailabilityZoneId: jsii.String(zone), MapPublicIpOnLaunch: false})
	s.Table = awsec2.NewCfnRouteTable(scope, jsii.String("RouteTable"), &awsec2.CfnRouteTableProps{VpcId: v.Resource.AttrVpcId()})
	name(s.Resource, label)
	name(s.Table, label)
	awsec2.NewCfnSubnetRouteTableAssociation(scope, jsii.String("RouteTableAssociation"), &awsec2.CfnSubnetRouteTableAssociationProps{
		SubnetId: s.Resource.AttrSubnetId(), RouteTableId: s.Table.AttrRouteTableId()})
	awsec2.NewCfnSubnetNetworkAclAssociation(scope, jsii.String("AclAssociation"), &awsec2.CfnSubnetNetworkAclAssociationProps{
		SubnetId: s.Resource.AttrSubnetId(), NetworkAclId: acl.AttrId()})
	return s
}

// Subnets returns the subnets of a tier, one for each zone.
func (v *VPC) Subnets(tier string) []Subnet { return v.tiers[tier] }

// SubnetIDs returns the ids of a tier's subnets.
func (v *VPC) SubnetIDs(tier string) []*string {
	var ids []*string
	for _, s := range v.tiers[tier] {
		ids = append(ids, s.Resource.AttrSubnetId())
	}
	return ids
}

// AddRoute adds a route to the subnet's table; the caller sets the target.
func (s Subnet) AddRoute(id string, to netip.Prefix, route awsec2.CfnRouteProps) awsec2.CfnRoute {
	route.RouteTableId = s.Table.AttrRouteTableId()
	route.DestinationCidrBlock = jsii.String(to.String())
	return awsec2.NewCfnRoute(s.scope, jsii.String(id), &route)
}

func name(c constructs.Construct, value string) {
	awscdk.Tags_Of(c).Add(jsii.String("Name"), jsii.String(value), nil)
}

// AttachmentOptions are the options of a VPC's attachment to a Transit Gateway,
// by CloudFormation's own names: the CDK would write its own, which
// CloudFormation does not know.
func AttachmentOptions() map[string]any {
	return map[string]any{"DnsSupport": "enable", "Ipv6Support": "disable", "SecurityGroupReferencingSupport": "disable"}
}
