// Package canary asks a service every few minutes how it is, from inside the
// network, as a client would: by its name, over TLS.
//
// Canaries run in the caller's subnets and group, may measure and keep what
// they saw and nothing else, and keep it encrypted by the caller's key. They
// write no log groups: CloudWatch Synthetics makes those itself, without a key.
package canary

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssynthetics"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

//go:embed health.js
var health string

// runtime is the version of CloudWatch Synthetics that canaries run on ("Runtime
// versions using Node.js and Puppeteer", Amazon CloudWatch User Guide).
const runtime = "syn-nodejs-puppeteer-15.0"

// Props says what a canary asks and from where.
type Props struct {
	// Name is the canary's name: lower-case letters, digits and hyphens.
	Name string
	// Host is asked, and Path of it, which has to be answered with 200.
	Host, Path    string
	VPC           awsec2.IVpc
	Subnets       []awsec2.ISubnet
	SecurityGroup awsec2.ISecurityGroup
	// Artifacts keeps what the canary saw, encrypted by Key.
	Artifacts awss3.IBucket
	Key       awskms.IKey
}

// How often a canary asks, how long it waits and how long AWS shows its runs.
const (
	schedule       = "rate(5 minutes)"
	timeoutSeconds = 60
	memoryMiB      = 960
	keepDays       = 31
)

// New makes the canary, which begins to ask when it is made.
func New(scope constructs.Construct, id string, props *Props) awssynthetics.CfnCanary {
	root := constructs.NewConstruct(scope, jsii.String(id))
	role := newRole(root, props)
	var subnets []*string
	for _, s := range props.Subnets {
		subnets = append(subnets, s.SubnetId())
	}
	c := awssynthetics.NewCfnCanary(root, jsii.String("Canary"), &awssynthetics.CfnCanaryProps{
		Name: jsii.String(props.Name), RuntimeVersion: jsii.String(runtime), ExecutionRoleArn: role.RoleArn(),
		Code:               &awssynthetics.CfnCanary_CodeProperty{Handler: jsii.String("index.handler"), Script: jsii.String(script(props.Host, props.Path))},
		ArtifactS3Location: jsii.String("s3://" + *props.Artifacts.BucketName() + "/" + props.Name),
		ArtifactConfig: &awssynthetics.CfnCanary_ArtifactConfigProperty{S3Encryption: &awssynthetics.CfnCanary_S3EncryptionProperty{
			EncryptionMode: jsii.String("SSE_KMS"), KmsKeyArn: props.Key.KeyArn()}},
		Schedule:               &awssynthetics.CfnCanary_ScheduleProperty{Expression: jsii.String(schedule)},
		RunConfig:              &awssynthetics.CfnCanary_RunConfigProperty{TimeoutInSeconds: jsii.Number(timeoutSeconds), MemoryInMb: jsii.Number(memoryMiB), ActiveTracing: true},
		VpcConfig:              &awssynthetics.CfnCanary_VPCConfigProperty{VpcId: props.VPC.VpcId(), SubnetIds: &subnets, SecurityGroupIds: &[]*string{props.SecurityGroup.SecurityGroupId()}},
		SuccessRetentionPeriod: jsii.Number(keepDays), FailureRetentionPeriod: jsii.Number(keepDays),
		StartCanaryAfterCreation: true, ProvisionedResourceCleanup: jsii.String("AUTOMATIC")})
	c.Node().AddDependency(role)
	return c
}

// script fills host and path into the canary's program, as texts of JavaScript.
func script(host, path string) string {
	text := func(s string) string {
		data, err := json.Marshal(s)
		if err != nil {
			panic(err) // text only
		}
		return string(data)
	}
	filled := strings.Replace(health, "hostname: HOST", "hostname: "+text(host), 1)
	return strings.Replace(filled, "path: PATH", "path: "+text(path), 1)
}

// newRole makes the role of one canary ("Required roles and permissions for
// canaries", Amazon CloudWatch User Guide). Of what that page lists, leave to
// make log groups is not given.
func newRole(scope constructs.Construct, props *Props) awsiam.Role {
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil), Description: jsii.String("Canary " + props.Name)})
	give := func(when map[string]any, resources []*string, actions ...string) {
		role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &resources, Conditions: &when}))
	}
	allow := func(when map[string]any, resource *string, actions ...string) {
		give(when, []*string{resource}, actions...)
	}
	every := jsii.String("*")
	allow(nil, jsii.String(*props.Artifacts.BucketArn()+"/"+props.Name+"/*"), "s3:PutObject")
	allow(nil, props.Artifacts.BucketArn(), "s3:GetBucketLocation")
	allow(nil, every, "s3:ListAllMyBuckets")
	allow(map[string]any{"StringEquals": map[string]any{"cloudwatch:namespace": "CloudWatchSynthetics"}}, every, "cloudwatch:PutMetricData")
	via := fmt.Sprintf("s3.%s.amazonaws.com", *awscdk.Stack_Of(scope).Region())
	allow(map[string]any{"StringEquals": map[string]any{"kms:ViaService": via}}, props.Key.KeyArn(), "kms:Decrypt", "kms:GenerateDataKey")
	allow(nil, every, "xray:PutTraceSegments")
	allow(nil, every, "ec2:DescribeNetworkInterfaces")
	give(nil, placement(scope, props), "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface")
	return role
}

// placement is where the canary's interfaces are: its subnets, its group, and
// the interfaces themselves, which have no names before they are made.
func placement(scope constructs.Construct, props *Props) []*string {
	of := func(kind string, id *string) *string {
		return awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{Service: jsii.String("ec2"), Resource: jsii.String(kind), ResourceName: id})
	}
	all := []*string{of("network-interface", jsii.String("*")), of("security-group", props.SecurityGroup.SecurityGroupId())}
	for _, s := range props.Subnets {
		all = append(all, of("subnet", s.SubnetId()))
	}
	return all
}
