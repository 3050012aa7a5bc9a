// Package datadog lets Datadog see an account's measurements, and sends it the
// logs of programs.
//
// Datadog's own account reads by a role that knows the external id, and can do
// nothing but read what is measured and what there is: no data, no logs, no
// secrets. Logs are pushed over TLS by a stream that is encrypted by the
// caller's key; what Datadog does not take stays in a bucket that the same key
// encrypts. Neither the external id nor the API key is in a template.
package datadog

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskinesisfirehose"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/encryption"
)

// RoleProps says which Datadog reads what.
type RoleProps struct {
	// Name is the role's name.
	Name string
	// Account is the AWS account from which Datadog's site reads.
	Account string
	// ExternalID is the name of the parameter of Systems Manager that holds the
	// external id which Datadog shows. It is there before the stack is deployed.
	ExternalID string
	// Cluster is the name of the ECS cluster and of the DB cluster that Datadog
	// may describe; empty: none.
	Cluster string
}

// ForwarderProps says where logs go.
type ForwarderProps struct {
	// Name begins the names of what is made.
	Name string
	// LogIntake is the URL at which Datadog takes logs from Firehose.
	LogIntake string
	// SecretName is the name of the secret that is made for the API key.
	SecretName string
	// Backup keeps what Datadog did not take; Key encrypts it, the stream and the
	// secret, and LogKey what the stream says of itself.
	Backup      awss3.IBucket
	Key, LogKey awskms.IKey
}

// Forwarder sends logs to Datadog.
type Forwarder struct {
	Construct constructs.Construct
	APIKey    awssecretsmanager.Secret
	Stream    awskinesisfirehose.CfnDeliveryStream
	Logs      awslogs.LogGroup
	sender    awsiam.Role
}

// NewRole makes the role by which Datadog's account reads ("AWS Manual Setup",
// Datadog). The external id keeps other customers of Datadog's from using it
// ("Access to AWS accounts owned by third parties", AWS IAM User Guide).
func NewRole(scope constructs.Construct, id string, props *RoleProps) awsiam.Role {
	stack := awscdk.Stack_Of(scope)
	external := awscdk.Token_AsString(awscdk.NewCfnDynamicReference(awscdk.CfnDynamicReferenceService_SSM, jsii.String(props.ExternalID)), nil)
	r := awsiam.NewRole(scope, jsii.String(id), &awsiam.RoleProps{RoleName: jsii.String(props.Name), Description: jsii.String("Datadog reads what is measured here"),
		AssumedBy: awsiam.NewAccountPrincipal(jsii.String(props.Account)), ExternalIds: &[]*string{external}})
	for _, s := range reads(*stack.Region(), *stack.Account(), props.Cluster) {
		r.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings(s.actions...), Resources: jsii.Strings(s.resources...)}))
	}
	return r
}

// reading is what may be read of which resources.
type reading struct{ actions, resources []string }

// reads are those of the permissions that Datadog documents ("AWS Integration
// IAM Permissions") which tell what is measured and what there is, without
// wildcards. Left out is what reads data, such as objects and log events, and
// what its further products ask for.
func reads(region, account, cluster string) []reading {
	arn := func(service, resource string) string {
		return "arn:aws:" + service + ":" + region + ":" + account + ":" + resource
	}
	all := []reading{
		// These know no resources.
		{[]string{"autoscaling:DescribeAutoScalingGroups", "cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics",
			"ec2:DescribeInstances", "ec2:DescribeNatGateways", "ec2:DescribeRegions", "ec2:DescribeSubnets", "ec2:DescribeTransitGateways", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs",
			"ecs:ListClusters", "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTags", "elasticloadbalancing:DescribeTargetGroups",
			"lambda:ListFunctions", "s3:ListAllMyBuckets", "sqs:ListQueues", "tag:GetResources", "tag:GetTagKeys", "tag:GetTagValues"}, []string{"*"}},
		{[]string{"cloudwatch:DescribeAlarms"}, []string{arn("cloudwatch", "alarm:*")}},
	}
	if cluster == "" {
		return all
	}
	return append(all,
		reading{[]string{"ecs:DescribeClusters"}, []string{arn("ecs", "cluster/"+cluster)}},
		reading{[]string{"ecs:DescribeServices"}, []string{arn("ecs", "service/"+cluster+"/*")}},
		reading{[]string{"rds:DescribeDBClusters"}, []string{arn("rds", "cluster:"+cluster)}})
}

// How long Firehose collects before it sends, MiB or seconds, whichever comes
// first, and how long it tries again ("Send AWS Services Logs with the Datadog
// Amazon Data Firehose Destination", Datadog).
const (
	bufferMiB     = 4
	bufferSeconds = 60
	retrySeconds  = 300
)

// stream is the name of the log stream in which Firehose tells of failures.
const stream = "delivery"

// NewForwarder makes the way of logs. The secret has a random text until an
// operator puts the API key in its place.
func NewForwarder(scope constructs.Construct, id string, props *ForwarderProps) *Forwarder {
	d := &Forwarder{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	d.APIKey = awssecretsmanager.NewSecret(d.Construct, jsii.String("ApiKey"), &awssecretsmanager.SecretProps{SecretName: jsii.String(props.SecretName),
		Description: jsii.String("API key by which logs of " + props.Name + " are sent to Datadog"), EncryptionKey: props.Key, RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{SecretStringTemplate: jsii.String("{}"), GenerateStringKey: jsii.String("api_key"), ExcludePunctuation: jsii.Bool(true)}})
	d.addStream(props)
	return d
}

func (d *Forwarder) addStream(props *ForwarderProps) {
	d.Logs = encryption.NewLogGroup(d.Construct, "Logs", &encryption.LogGroupProps{Key: props.LogKey})
	told := awslogs.NewCfnLogStream(d.Construct, jsii.String("Failures"), &awslogs.CfnLogStreamProps{LogGroupName: d.Logs.LogGroupName(), LogStreamName: jsii.String(stream)})
	logging := &awskinesisfirehose.CfnDeliveryStream_CloudWatchLoggingOptionsProperty{Enabled: true, LogGroupName: d.Logs.LogGroupName(), LogStreamName: jsii.String(stream)}
	writer := d.writer(props)
	d.Stream = awskinesisfirehose.NewCfnDeliveryStream(d.Construct, jsii.String("Stream"), &awskinesisfirehose.CfnDeliveryStreamProps{
		DeliveryStreamName: jsii.String(props.Name + "-datadog"), DeliveryStreamType: jsii.String("DirectPut"),
		DeliveryStreamEncryptionConfigurationInput: &awskinesisfirehose.CfnDeliveryStream_DeliveryStreamEncryptionConfigurationInputProperty{
			KeyType: jsii.String("CUSTOMER_MANAGED_CMK"), KeyArn: props.Key.KeyArn()},
		HttpEndpointDestinationConfiguration: &awskinesisfirehose.CfnDeliveryStream_HttpEndpointDestinationConfigurationProperty{
			EndpointConfiguration: &awskinesisfirehose.CfnDeliveryStream_HttpEndpointConfigurationProperty{Url: jsii.String(props.LogIntake), Name: jsii.String("Datadog")},
			SecretsManagerConfiguration: &awskinesisfirehose.CfnDeliveryStream_SecretsManagerConfigurationProperty{Enabled: true,
				SecretArn: d.APIKey.SecretArn(), RoleArn: writer.RoleArn()},
			RoleArn: writer.RoleArn(), CloudWatchLoggingOptions: logging,
			RequestConfiguration: &awskinesisfirehose.CfnDeliveryStream_HttpEndpointRequestConfigurationProperty{ContentEncoding: jsii.String("GZIP")},
			BufferingHints:       &awskinesisfirehose.CfnDeliveryStream_BufferingHintsProperty{SizeInMBs: jsii.Number(bufferMiB), IntervalInSeconds: jsii.Number(bufferSeconds)},
			RetryOptions:         &awskinesisfirehose.CfnDeliveryStream_RetryOptionsProperty{DurationInSeconds: jsii.Number(retrySeconds)},
			S3BackupMode:         jsii.String("FailedDataOnly"),
			S3Configuration: &awskinesisfirehose.CfnDeliveryStream_S3DestinationConfigurationProperty{BucketArn: props.Backup.BucketArn(), RoleArn: writer.RoleArn(),
				CompressionFormat: jsii.String("GZIP"), ErrorOutputPrefix: jsii.String("failed/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/"), Prefix: jsii.String("failed/"),
				EncryptionConfiguration: &awskinesisfirehose.CfnDeliveryStream_EncryptionConfigurationProperty{
					KmsEncryptionConfig: &awskinesisfirehose.CfnDeliveryStream_KMSEncryptionConfigProperty{AwskmsKeyArn: props.Key.KeyArn()}}}}})
	d.Stream.Node().AddDependency(writer, told)
	stack := awscdk.Stack_Of(d.Construct)
	d.sender = role(d.Construct, "Sender", "logs.amazonaws.com", "CloudWatch Logs sends logs of "+props.Name+" on their way to Datadog",
		map[string]any{"StringLike": map[string]any{"aws:SourceArn": "arn:aws:logs:" + *stack.Region() + ":" + *stack.Account() + ":*"}})
	allow(d.sender, d.Stream.AttrArn(), nil, "firehose:PutRecord", "firehose:PutRecordBatch")
}

// writer is the role by which Firehose writes ("Controlling access with Amazon
// Data Firehose", Amazon Data Firehose Developer Guide).
func (d *Forwarder) writer(props *ForwarderProps) awsiam.Role {
	region := *awscdk.Stack_Of(d.Construct).Region()
	through := func(service string) map[string]any {
		return map[string]any{"StringEquals": map[string]any{"kms:ViaService": service + "." + region + ".amazonaws.com"}}
	}
	r := role(d.Construct, "Writer", "firehose.amazonaws.com", "Firehose sends logs of "+props.Name+" to Datadog",
		map[string]any{"StringEquals": map[string]any{"sts:ExternalId": awscdk.Stack_Of(d.Construct).Account()}})
	allow(r, d.APIKey.SecretArn(), nil, "secretsmanager:GetSecretValue")
	allow(r, props.Key.KeyArn(), through("secretsmanager"), "kms:Decrypt")
	allow(r, props.Backup.BucketArn(), nil, "s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
	allow(r, props.Backup.ArnForObjects(jsii.String("failed/*")), nil, "s3:AbortMultipartUpload", "s3:PutObject")
	allow(r, props.Key.KeyArn(), through("s3"), "kms:Decrypt", "kms:GenerateDataKey")
	allow(r, d.Logs.LogGroupArn(), nil, "logs:PutLogEvents")
	return r
}

// Forward sends every event of a log group to Datadog. A group has at most two
// such filters ("CloudWatch Logs quotas", Amazon CloudWatch Logs User Guide).
func (d *Forwarder) Forward(id string, group *string) {
	filter := awslogs.NewCfnSubscriptionFilter(d.Construct, jsii.String(id), &awslogs.CfnSubscriptionFilterProps{LogGroupName: group, FilterPattern: jsii.String(""),
		DestinationArn: d.Stream.AttrArn(), RoleArn: d.sender.RoleArn(), FilterName: jsii.String("datadog")})
	filter.Node().AddDependency(d.sender)
}

// role is a role of a service that acts for the stack's own account, as own
// says.
func role(scope constructs.Construct, id, service, description string, own map[string]any) awsiam.Role {
	return awsiam.NewRole(scope, jsii.String(id), &awsiam.RoleProps{Description: jsii.String(description),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String(service), &awsiam.ServicePrincipalOpts{Conditions: &own})})
}

func allow(r awsiam.Role, on *string, when map[string]any, actions ...string) {
	r.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &[]*string{on}, Conditions: &when}))
}
