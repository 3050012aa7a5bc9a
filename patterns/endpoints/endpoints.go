// Package endpoints makes the interface endpoints by which a VPC without an
// internet gateway calls AWS.
//
// Every endpoint has private DNS, an interface in each of the subnets, and a
// policy that admits the account's own principals only.
package endpoints

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// s3 is the one service that also has gateway endpoints, so that its private
// DNS has to be told to answer every resolver.
const s3 = "s3"

// Services returns the services that containers on Fargate, their secrets and
// their logs need ("Amazon ECR interface VPC endpoints", Amazon ECR User
// Guide; "Amazon ECS interface VPC endpoints").
func Services() []string {
	return []string{"ecr.api", "ecr.dkr", "kms", "logs", s3, "secretsmanager", "sts"}
}

// Sessions returns the services that sessions of Session Manager need beside
// Services() ("Improve the security of EC2 instances by using VPC endpoints for
// Systems Manager", AWS Systems Manager User Guide).
func Sessions() []string { return []string{"ssm", "ssmmessages"} }

// Instances returns the services that EC2 instances need beside Services() and
// Sessions(): the signal that an instance has started, and commands of Systems
// Manager ("SignalResource", AWS CloudFormation API Reference; "Improve the
// security of EC2 instances by using VPC endpoints for Systems Manager").
func Instances() []string { return []string{"cloudformation", "ec2messages"} }

// Events returns the services that what publishes and consumes events needs
// beside Services().
func Events() []string { return []string{dynamodb, "events"} }

// dynamodb is the one service whose interface endpoints have no private DNS:
// clients are told their address ("AWS PrivateLink for DynamoDB", Amazon
// DynamoDB Developer Guide).
const dynamodb = "dynamodb"

// unguarded are the services whose endpoints take no policy ("AWS services that
// integrate with AWS PrivateLink").
func unguarded(service string) bool { return service == "ec2messages" || service == "ssmmessages" }

// Props says where the endpoints are.
type Props struct {
	VPCID         *string
	SubnetIDs     []*string
	SecurityGroup awsec2.ISecurityGroup
	// Services are the short names of the services; empty: Services().
	Services []string
	// Packages admits Amazon Linux's repositories of packages.
	Packages bool
}

// Endpoints are the endpoints of a VPC.
type Endpoints struct {
	Construct constructs.Construct
	of        map[string]awsec2.CfnVPCEndpoint
}

// DynamoDB is the address at which the VPC's clients find DynamoDB; nil where
// it is not among the services. An entry of DnsEntries is a hosted zone's id, a
// colon and a name; the first is that of all zones together
// ("AWS::EC2::VPCEndpoint", CloudFormation Template Reference).
func (e *Endpoints) DynamoDB() *string {
	endpoint := e.of[dynamodb]
	if endpoint == nil {
		return nil
	}
	entry := awscdk.Fn_Select(jsii.Number(0), endpoint.AttrDnsEntries())
	return jsii.String("https://" + *awscdk.Fn_Select(jsii.Number(1), awscdk.Fn_Split(jsii.String(":"), entry, nil)))
}

// New makes the endpoints.
func New(scope constructs.Construct, id string, props *Props) *Endpoints {
	root := constructs.NewConstruct(scope, jsii.String(id))
	all := &Endpoints{Construct: root, of: map[string]awsec2.CfnVPCEndpoint{}}
	services := props.Services
	if len(services) == 0 {
		services = Services()
	}
	for _, s := range services {
		var subnets []any
		for _, id := range props.SubnetIDs {
			subnets = append(subnets, id)
		}
		p := &awsec2.CfnVPCEndpointProps{
			VpcId: props.VPCID, VpcEndpointType: jsii.String("Interface"), PrivateDnsEnabled: s != dynamodb,
			ServiceName: jsii.String("com.amazonaws." + *awscdk.Stack_Of(scope).Region() + "." + s),
			SubnetIds:   &subnets, SecurityGroupIds: &[]any{props.SecurityGroup.SecurityGroupId()}}
		if !unguarded(s) {
			p.PolicyDocument = policy(root, s, props.Packages)
		}
		if s == s3 {
			p.DnsOptions = &awsec2.CfnVPCEndpoint_DnsOptionsSpecificationProperty{
				PrivateDnsOnlyForInboundResolverEndpoint: jsii.String("AllResolvers")}
		}
		e := awsec2.NewCfnVPCEndpoint(root, jsii.String(s), p)
		awscdk.Tags_Of(e).Add(jsii.String("Name"), jsii.String(s), nil)
		all.of[s] = e
	}
	return all
}

// policy admits the account's principals. Layers of images in Amazon ECR are
// fetched from a bucket of AWS's by a signed address, so reading that bucket
// is admitted too ("Create the Amazon S3 gateway endpoint", Amazon ECR User
// Guide); so are the answers of functions in the VPC to CloudFormation, which
// hands them a signed address of its own bucket ("Setting up VPC endpoints for
// AWS CloudFormation", AWS CloudFormation User Guide), and packages of Amazon
// Linux, which nobody signs for ("Amazon S3 gateway endpoint policy for AL2023",
// Amazon Linux 2023 User Guide).
func policy(scope constructs.Construct, service string, packages bool) any {
	stack := awscdk.Stack_Of(scope)
	statements := []any{map[string]any{
		"Sid": "OwnPrincipals", "Effect": "Allow", "Principal": map[string]any{"AWS": "*"}, "Action": "*", "Resource": "*",
		"Condition": map[string]any{"StringEquals": map[string]any{"aws:PrincipalAccount": stack.Account()}}}}
	if service == s3 {
		statements = append(statements, map[string]any{
			"Sid": "ImageLayers", "Effect": "Allow", "Principal": map[string]any{"AWS": "*"}, "Action": "s3:GetObject",
			"Resource": "arn:" + *stack.Partition() + ":s3:::prod-" + *stack.Region() + "-starport-layer-bucket/*"}, map[string]any{
			"Sid": "CustomResourcesAnswer", "Effect": "Allow", "Principal": map[string]any{"AWS": "*"}, "Action": "s3:PutObject",
			"Resource": "arn:" + *stack.Partition() + ":s3:::cloudformation-custom-resource-response-" + strings.ReplaceAll(*stack.Region(), "-", "") + "/*"})
	}
	if service == s3 && packages {
		statements = append(statements, map[string]any{
			"Sid": "Packages", "Effect": "Allow", "Principal": map[string]any{"AWS": "*"}, "Action": "s3:GetObject",
			"Resource": "arn:" + *stack.Partition() + ":s3:::al2023-repos-" + *stack.Region() + "-de612dc2/*"})
	}
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}
