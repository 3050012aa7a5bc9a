// Package function makes a Lambda function that is written in Go.
//
// It runs on arm64 from a zip that holds one program, inside the VPC where it
// is given one, with X-Ray tracing, encrypted logs, encrypted settings and a
// dead-letter queue for what it cannot do. Its role may do nothing but this;
// callers grant the rest.
package function

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/encryption"
)

// Props says what the function is.
type Props struct {
	// Name is the function's name.
	Name string
	// Description says what it does, in a sentence.
	Description string
	// Folder holds Program.zip, which make build writes.
	Folder, Program string
	Environment     map[string]*string
	// TimeoutSeconds is at most 900. Default 30.
	TimeoutSeconds int
	// MemoryMiB is 128 to 10240. Default 256.
	MemoryMiB int
	// VPC, Subnets and SecurityGroup place it; nil: outside of any VPC.
	VPC           awsec2.IVpc
	Subnets       []awsec2.ISubnet
	SecurityGroup awsec2.ISecurityGroup
	// Key encrypts settings and the dead-letter queue; LogKey the logs.
	Key, LogKey awskms.IKey
	// Concurrency is how many run at once at the most; 0: as the account allows.
	Concurrency int
	// NoDeadLetters leaves the queue out: for functions that are called and
	// answered, such as authorisers, and for those whose source keeps what
	// failed.
	NoDeadLetters bool
}

// Function is the function with its logs and what it could not do.
type Function struct {
	Construct   constructs.Construct
	Resource    awslambda.Function
	Logs        awslogs.LogGroup
	DeadLetters awssqs.Queue // nil where there is none
}

// The defaults.
const (
	defaultTimeout = 30
	defaultMemory  = 256
	// deadLetterDays is the longest that a queue keeps a message.
	deadLetterDays = 14
)

// New makes the function. It fails if its zip is not there.
func New(scope constructs.Construct, id string, props *Props) (*Function, error) {
	zip := filepath.Join(props.Folder, props.Program+".zip")
	if _, err := os.Stat(zip); err != nil {
		return nil, fmt.Errorf("the program of the function %s is missing: %w; make build writes it beside surety-synth", props.Name, err)
	}
	f := &Function{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	f.Logs = encryption.NewLogGroup(f.Construct, "Logs", &encryption.LogGroupProps{Key: props.LogKey, Name: "/aws/lambda/" + props.Name})
	if !props.NoDeadLetters {
		f.DeadLetters = awssqs.NewQueue(f.Construct, jsii.String("DeadLetters"), &awssqs.QueueProps{
			Encryption: awssqs.QueueEncryption_KMS, EncryptionMasterKey: props.Key, EnforceSSL: jsii.Bool(true),
			RetentionPeriod: awscdk.Duration_Days(jsii.Number(deadLetterDays))})
	}
	p := &awslambda.FunctionProps{
		FunctionName: jsii.String(props.Name), Description: jsii.String(props.Description),
		Runtime: awslambda.Runtime_PROVIDED_AL2023(), Architecture: awslambda.Architecture_ARM_64(), Handler: jsii.String("bootstrap"),
		Code: awslambda.Code_FromAsset(jsii.String(zip), nil), Environment: &props.Environment, EnvironmentEncryption: props.Key,
		Timeout: awscdk.Duration_Seconds(jsii.Number(or(props.TimeoutSeconds, defaultTimeout))), MemorySize: jsii.Number(or(props.MemoryMiB, defaultMemory)),
		Tracing: awslambda.Tracing_ACTIVE, LogGroup: f.Logs, DeadLetterQueue: f.DeadLetters}
	if props.Concurrency > 0 {
		p.ReservedConcurrentExecutions = jsii.Number(props.Concurrency)
	}
	p.Role = f.role(props)
	if props.VPC != nil {
		p.Vpc, p.VpcSubnets = props.VPC, &awsec2.SubnetSelection{Subnets: &props.Subnets}
		p.SecurityGroups = &[]awsec2.ISecurityGroup{props.SecurityGroup}
	}
	f.Resource = awslambda.NewFunction(f.Construct, jsii.String("Function"), p)
	return f, nil
}

// role may write the function's own logs and, in a VPC, have interfaces: what
// AWS's managed policies allow on every log group is not given.
func (f *Function) role(props *Props) awsiam.Role {
	role := awsiam.NewRole(f.Construct, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil), Description: jsii.String("Function " + props.Name)})
	f.Logs.GrantWrite(role)
	if props.VPC != nil {
		role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: interfaceActions(), Resources: f.placement(props)}))
		role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"), Resources: jsii.Strings("*")}))
	}
	return role
}

// placement is where the function's interfaces are: its subnets, its group, and
// the interfaces themselves, which have no names before they are made.
func (f *Function) placement(props *Props) *[]*string {
	of := func(kind string, id *string) *string {
		return awscdk.Stack_Of(f.Construct).FormatArn(&awscdk.ArnComponents{Service: jsii.String("ec2"), Resource: jsii.String(kind), ResourceName: id})
	}
	all := []*string{of("network-interface", jsii.String("*")), of("security-group", props.SecurityGroup.SecurityGroupId())}
	for _, s := range props.Subnets {
		all = append(all, of("subnet", s.SubnetId()))
	}
	return &all
}

// interfaceActions are those by which Lambda gives a function interfaces, and
// takes them away ("Giving Lambda functions access to resources in an Amazon
// VPC", AWS Lambda Developer Guide). Those that only describe know no resources.
func interfaceActions() *[]*string {
	return jsii.Strings("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses")
}

func or(v, otherwise int) int {
	if v == 0 {
		return otherwise
	}
	return v
}
