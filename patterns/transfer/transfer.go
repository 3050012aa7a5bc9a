// Package transfer makes an SFTP server for partners over a bucket, in a VPC of
// its own.
//
// The VPC has an internet gateway and nothing else that leads anywhere: it is
// attached to no other network, and the server reaches the bucket by the
// service, not by the VPC. Each partner comes from the addresses of a prefix
// list of his own, signs in with a key, and sees nothing but his own prefix of
// the bucket. Sign-ins and every file's way are logged.
package transfer

import (
	"net/netip"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awstransfer"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/bucket"
	"github.com/suretyhq/surety/patterns/encryption"
	"github.com/suretyhq/surety/patterns/vpc"
)

// Public is the name of the VPC's only tier.
const Public = "public"

// Port is the port that the server answers on.
const Port = 22

// securityPolicy names the ciphers: none that are weak, and a key exchange that
// holds against quantum computers ("Security policies for AWS Transfer Family
// servers").
const securityPolicy = "TransferSecurityPolicy-2025-03"

// Props says where the server is and for whom.
type Props struct {
	// Name is the server's Name tag and the VPC's.
	Name string
	// CIDR is the VPC's range, Private one that holds all connected networks:
	// the VPC's network ACL lets nothing to or from it.
	CIDR, Private netip.Prefix
	// Zones are the ids of the Availability Zones, and Subnets the range of the
	// subnet in each.
	Zones    []string
	Subnets  []netip.Prefix
	Partners []Partner
	// Key encrypts the files, LogKey the logs.
	Key, LogKey awskms.IKey
	// Logs is the name of the bucket that records the requests; nil: none.
	Logs *string
	// FlowArchive is the ARN of the bucket that receives the VPC's flow logs
	// too; nil: none does.
	FlowArchive *string
	// Replicas are copies of the files in other buckets; nil: none.
	Replicas *bucket.Replicas
}

// Partner is one who exchanges files.
type Partner struct {
	// Name is what he signs in with and the name of his prefix.
	Name string
	// Allow are the ranges that he comes from, Keys his public keys.
	Allow []netip.Prefix
	Keys  []string
}

// Server is the server with its bucket, VPC and logs.
type Server struct {
	Construct constructs.Construct
	Resource  awstransfer.CfnServer
	Bucket    *bucket.Bucket
	VPC       *vpc.VPC
	Group     awsec2.SecurityGroup
	// FlowLogs records the VPC's traffic, Logs what the server does.
	FlowLogs, Logs awslogs.LogGroup
}

// New makes the server. Its addresses are fixed, so that a partner can admit
// them in his own firewall.
func New(scope constructs.Construct, id string, props *Props) *Server {
	s := &Server{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	s.Bucket = bucket.New(s.Construct, "Files", &bucket.Props{Key: props.Key, Logs: props.Logs, EventBridge: true, Replicas: props.Replicas})
	s.Logs = encryption.NewLogGroup(s.Construct, "Logs", &encryption.LogGroupProps{Key: props.LogKey})
	addresses := s.network(props)
	s.group(props)
	s.Resource = awstransfer.NewCfnServer(s.Construct, jsii.String("Server"), &awstransfer.CfnServerProps{
		Domain: jsii.String("S3"), Protocols: jsii.Strings("SFTP"), SecurityPolicyName: jsii.String(securityPolicy),
		IdentityProviderType: jsii.String("SERVICE_MANAGED"), EndpointType: jsii.String("VPC"),
		EndpointDetails: &awstransfer.CfnServer_EndpointDetailsProperty{VpcId: s.VPC.Resource.AttrVpcId(), SubnetIds: pointer(s.VPC.SubnetIDs(Public)),
			AddressAllocationIds: &addresses, SecurityGroupIds: pointer([]*string{s.Group.SecurityGroupId()})},
		StructuredLogDestinations: pointer([]*string{s.Logs.LogGroupArn()})})
	name(s.Resource, props.Name)
	for _, p := range props.Partners {
		s.user(p, props.Key)
	}
	return s
}

// network makes the VPC and its way to the internet, and returns an address for
// each subnet.
func (s *Server) network(props *Props) (addresses []*string) {
	s.FlowLogs = encryption.NewLogGroup(s.Construct, "FlowLogs", &encryption.LogGroupProps{Key: props.LogKey})
	s.VPC = vpc.New(s.Construct, "Network", &vpc.Props{Name: props.Name, CIDR: props.CIDR, Private: props.Private, Zones: props.Zones,
		Tiers:    []vpc.Tier{{Name: Public, Range: props.CIDR, Subnets: props.Subnets}},
		Flows:    []vpc.Flow{{From: vpc.Peer{Range: vpc.Internet()}, To: vpc.Peer{Tier: Public}, Protocol: vpc.TCP, Low: Port, High: Port}},
		FlowLogs: s.FlowLogs, FlowArchive: props.FlowArchive})
	gateway := awsec2.NewCfnInternetGateway(s.Construct, jsii.String("InternetGateway"), &awsec2.CfnInternetGatewayProps{})
	name(gateway, props.Name)
	joined := awsec2.NewCfnVPCGatewayAttachment(s.Construct, jsii.String("InternetGatewayAttachment"), &awsec2.CfnVPCGatewayAttachmentProps{
		VpcId: s.VPC.Resource.AttrVpcId(), InternetGatewayId: gateway.AttrInternetGatewayId()})
	for _, sub := range s.VPC.Subnets(Public) {
		sub.AddRoute("ToInternet", vpc.Internet(), awsec2.CfnRouteProps{GatewayId: gateway.AttrInternetGatewayId()}).AddResourceDependency(joined, nil)
		address := awsec2.NewCfnEIP(s.Construct, jsii.String("Address"+sub.Zone), &awsec2.CfnEIPProps{Domain: jsii.String("vpc")})
		address.AddResourceDependency(joined, nil)
		name(address, props.Name)
		addresses = append(addresses, address.AttrAllocationId())
	}
	return addresses
}

// group makes the security group: each partner by a prefix list of his own, and
// nothing outwards.
func (s *Server) group(props *Props) {
	s.Group = awsec2.NewSecurityGroup(s.Construct, jsii.String("Group"), &awsec2.SecurityGroupProps{Vpc: s.VPC.Ref,
		Description: jsii.String("Partners of " + props.Name), AllowAllOutbound: jsii.Bool(false)})
	for _, p := range props.Partners {
		scope := constructs.NewConstruct(s.Construct, jsii.String(p.Name))
		var entries []any
		for _, r := range p.Allow {
			entries = append(entries, &awsec2.CfnPrefixList_EntryProperty{Cidr: jsii.String(r.String()), Description: jsii.String(p.Name)})
		}
		list := awsec2.NewCfnPrefixList(scope, jsii.String("Addresses"), &awsec2.CfnPrefixListProps{AddressFamily: jsii.String("IPv4"),
			MaxEntries: jsii.Number(len(p.Allow)), PrefixListName: jsii.String(props.Name + "-" + p.Name), Entries: &entries})
		awsec2.NewCfnSecurityGroupIngress(scope, jsii.String("In"), &awsec2.CfnSecurityGroupIngressProps{
			GroupId: s.Group.SecurityGroupId(), IpProtocol: jsii.String("tcp"), FromPort: jsii.Number(Port), ToPort: jsii.Number(Port),
			SourcePrefixListId: list.AttrPrefixListId(), Description: jsii.String("Partner " + p.Name)})
	}
}

// user makes a partner's user: his home is his prefix, and his role reaches
// nothing else ("Using logical directories to simplify your Transfer Family
// directory structures").
func (s *Server) user(p Partner, key awskms.IKey) {
	scope := constructs.NewConstruct(s.Construct, jsii.String("User-"+p.Name))
	role := s.role(scope, p, key)
	home := *s.Bucket.Resource.BucketName() + "/" + p.Name
	awstransfer.NewCfnUser(scope, jsii.String("User"), &awstransfer.CfnUserProps{ServerId: s.Resource.AttrServerId(), UserName: jsii.String(p.Name),
		Role: role.RoleArn(), SshPublicKeys: pointer(*jsii.Strings(p.Keys...)), HomeDirectoryType: jsii.String("LOGICAL"),
		HomeDirectoryMappings: &[]any{&awstransfer.CfnUser_HomeDirectoryMapEntryProperty{
			Entry: jsii.String("/"), Target: jsii.String("/" + home), Type: jsii.String("DIRECTORY")}}}).Node().AddDependency(role)
}

// role lets the service act for a partner in his prefix. The condition on the
// account keeps others' servers from using it ("Cross-service confused deputy
// prevention", AWS Transfer Family User Guide).
func (s *Server) role(scope constructs.Construct, p Partner, key awskms.IKey) awsiam.Role {
	stack := awscdk.Stack_Of(s.Construct)
	users := stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("transfer"), Resource: jsii.String("user"), ResourceName: jsii.String("*")})
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{Description: jsii.String("Files of the partner " + p.Name),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("transfer.amazonaws.com"), &awsiam.ServicePrincipalOpts{Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}, "ArnLike": map[string]any{"aws:SourceArn": users}}})})
	allow := func(when map[string]any, resource *string, actions ...string) {
		props := &awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &[]*string{resource}}
		if when != nil {
			props.Conditions = &when
		}
		role.AddToPolicy(awsiam.NewPolicyStatement(props))
	}
	files := s.Bucket.Resource
	allow(map[string]any{"StringLike": map[string]any{"s3:prefix": []any{p.Name, p.Name + "/*"}}}, files.BucketArn(), "s3:ListBucket")
	allow(nil, files.BucketArn(), "s3:GetBucketLocation")
	allow(nil, files.ArnForObjects(jsii.String(p.Name+"/*")), "s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject")
	allow(map[string]any{"StringEquals": map[string]any{"kms:ViaService": "s3." + *stack.Region() + ".amazonaws.com"}}, key.KeyArn(), "kms:Decrypt", "kms:GenerateDataKey")
	return role
}

// Files returns the bucket.
func (s *Server) Files() awss3.IBucket { return s.Bucket.Resource }

func pointer(list []*string) *[]*string { return &list }

func name(c constructs.Construct, value string) {
	awscdk.Tags_Of(c).Add(jsii.String("Name"), jsii.String(value), nil)
}
