// Package logstream carries what log groups receive to a bucket.
//
// It is for logs that AWS delivers nowhere else as well: to an encrypted log
// group, where they are asked, and from there to where they are kept. The
// stream is encrypted by a customer-managed key; every event of a group that is
// carried arrives.
package logstream

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskinesisfirehose"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Props says where a stream ends.
type Props struct {
	// Name is the stream's name.
	Name string
	// Bucket receives the logs; Key encrypts the stream and the bucket.
	Bucket awss3.IBucket
	Key    awskms.IKey
}

// Stream is a Firehose stream that log groups send to.
type Stream struct {
	Construct constructs.Construct
	Resource  awskinesisfirehose.CfnDeliveryStream
	sender    awsiam.Role
}

// How long Firehose collects before it writes an object: MiB or seconds,
// whichever comes first.
const (
	bufferMiB     = 64
	bufferSeconds = 300
)

// New makes the stream. CloudWatch Logs sends gzip files, which are kept as
// they are ("Using CloudWatch Logs subscription filters", Amazon CloudWatch
// Logs User Guide).
func New(scope constructs.Construct, id string, props *Props) *Stream {
	s := &Stream{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	writer := s.writer(props)
	s.Resource = awskinesisfirehose.NewCfnDeliveryStream(s.Construct, jsii.String("Stream"), &awskinesisfirehose.CfnDeliveryStreamProps{
		DeliveryStreamName: jsii.String(props.Name), DeliveryStreamType: jsii.String("DirectPut"),
		DeliveryStreamEncryptionConfigurationInput: &awskinesisfirehose.CfnDeliveryStream_DeliveryStreamEncryptionConfigurationInputProperty{
			KeyType: jsii.String("CUSTOMER_MANAGED_CMK"), KeyArn: props.Key.KeyArn()},
		ExtendedS3DestinationConfiguration: &awskinesisfirehose.CfnDeliveryStream_ExtendedS3DestinationConfigurationProperty{
			BucketArn: props.Bucket.BucketArn(), RoleArn: writer.RoleArn(), CompressionFormat: jsii.String("UNCOMPRESSED"),
			Prefix:            jsii.String("log-groups/!{timestamp:yyyy/MM/dd/HH}/"),
			ErrorOutputPrefix: jsii.String("log-groups-failed/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/"),
			BufferingHints: &awskinesisfirehose.CfnDeliveryStream_BufferingHintsProperty{
				SizeInMBs: jsii.Number(bufferMiB), IntervalInSeconds: jsii.Number(bufferSeconds)}}})
	s.Resource.Node().AddDependency(writer)
	stack := awscdk.Stack_Of(scope)
	s.sender = role(s.Construct, "Sender", "logs.amazonaws.com", "CloudWatch Logs sends to "+props.Name, map[string]any{"StringLike": map[string]any{
		"aws:SourceArn": "arn:aws:logs:" + *stack.Region() + ":" + *stack.Account() + ":*"}})
	allow(s.sender, s.Resource.AttrArn(), nil, "firehose:PutRecord", "firehose:PutRecordBatch")
	return s
}

// Carry sends every event of a log group to the stream. A group has at most two
// such filters ("CloudWatch Logs quotas", Amazon CloudWatch Logs User Guide).
func (s *Stream) Carry(scope constructs.Construct, id string, group awslogs.ILogGroup) {
	filter := awslogs.NewCfnSubscriptionFilter(scope, jsii.String(id), &awslogs.CfnSubscriptionFilterProps{
		LogGroupName: group.LogGroupName(), FilterPattern: jsii.String(""), DestinationArn: s.Resource.AttrArn(), RoleArn: s.sender.RoleArn()})
	if *awscdk.Stack_Of(scope).Node().Path() == *awscdk.Stack_Of(s.Construct).Node().Path() {
		filter.Node().AddDependency(s.sender)
	}
}

// writer is the role by which Firehose writes ("Grant Firehose access to an
// Amazon S3 destination", Amazon Data Firehose Developer Guide).
func (s *Stream) writer(props *Props) awsiam.Role {
	r := role(s.Construct, "Writer", "firehose.amazonaws.com", "Firehose writes the logs of "+props.Name,
		map[string]any{"StringEquals": map[string]any{"sts:ExternalId": awscdk.Stack_Of(s.Construct).Account()}})
	allow(r, props.Bucket.BucketArn(), nil, "s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
	allow(r, props.Bucket.ArnForObjects(jsii.String("log-groups*")), nil, "s3:AbortMultipartUpload", "s3:PutObject")
	through := map[string]any{"StringLike": map[string]any{"kms:ViaService": "s3.*.amazonaws.com"}}
	allow(r, props.Key.KeyArn(), through, "kms:GenerateDataKey", "kms:Decrypt")
	return r
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
