package bucket

import (
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Replicas are the copies of a bucket's objects. Objects that are there before
// the rule are not copied ("What does Amazon S3 replicate?", Amazon S3 User
// Guide).
type Replicas struct {
	// RoleName is the name of the role by which Amazon S3 copies, so that the
	// policies of the destinations can name it. Empty: CloudFormation chooses.
	RoleName string
	// To are the destinations.
	To []Destination
}

// Destination is a versioned bucket that gets a copy of every new object.
type Destination struct {
	// ID names the rule.
	ID string
	// BucketARN is the destination. It may be another account's, whose bucket
	// policy has to let the role in, and another Region's.
	BucketARN *string
	// KeyARN is the key of the destination's Region that encrypts the copies.
	KeyARN *string
	// TimeControl has Amazon S3 copy within 15 minutes, by its service level
	// agreement, and measure it ("Meeting compliance requirements with S3
	// Replication Time Control", Amazon S3 User Guide).
	TimeControl bool
	// Deletes copies the markers by which objects are deleted, too. An archive
	// must not have them; a copy that takes over does.
	Deletes bool
}

// timeControl is the only threshold that Amazon S3 accepts.
const timeControl = 15

// replicate adds the rules, and the role that may read here and write there.
func (b *Bucket) replicate(props *Props) {
	if props.Replicas == nil {
		return
	}
	stack := awscdk.Stack_Of(b.Construct)
	p := &awsiam.RoleProps{Description: jsii.String("Replication of the bucket " + *b.Construct.Node().Path()),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("s3.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}}})}
	if props.Replicas.RoleName != "" {
		p.RoleName = jsii.String(props.Replicas.RoleName)
	}
	role := awsiam.NewRole(b.Construct, jsii.String("ReplicationRole"), p)
	b.allowReading(role, props)
	var rules []any
	for i, to := range props.Replicas.To {
		allowWriting(role, to)
		rules = append(rules, rule(i+1, to))
	}
	b.cfn().SetReplicationConfiguration(&awss3.CfnBucket_ReplicationConfigurationProperty{Role: role.RoleArn(), Rules: rules})
}

// allowReading follows "Setting up permissions for live replication" and
// "Replicating encrypted objects", Amazon S3 User Guide.
func (b *Bucket) allowReading(role awsiam.Role, props *Props) {
	objects := b.Resource.ArnForObjects(jsii.String("*"))
	may(role, nil, b.Resource.BucketArn(), "s3:GetReplicationConfiguration", "s3:ListBucket")
	may(role, nil, objects, "s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging")
	if props.LockDays > 0 {
		may(role, nil, objects, "s3:GetObjectRetention", "s3:GetObjectLegalHold")
	}
	if props.Key != nil {
		may(role, throughS3(), props.Key.KeyArn(), "kms:Decrypt")
	}
	if props.OtherKeys {
		when := throughS3()
		maps.Copy(when["StringLike"].(map[string]any), map[string]any{ContextKey: ContextOf(b.Resource)})
		may(role, when, AnyKey(b.Construct), "kms:Decrypt")
	}
}

// ContextKey is the key of a condition by which a permission to decrypt is for
// the objects of a bucket only, whatever key encrypts them: Amazon S3 puts the
// ARN of the object or, with an S3 Bucket Key, of the bucket into the encryption
// context ("Using server-side encryption with AWS KMS keys", Amazon S3 User Guide).
const ContextKey = "kms:EncryptionContext:aws:s3:arn"

// ContextOf is what ContextKey has to be like for a bucket.
func ContextOf(b awss3.IBucket) []any {
	return []any{b.BucketArn(), b.ArnForObjects(jsii.String("*"))}
}

// AnyKey is every key of the account and Region of a construct.
func AnyKey(scope constructs.Construct) *string {
	return awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{Service: jsii.String("kms"), Resource: jsii.String("key"), ResourceName: jsii.String("*")})
}

// allowWriting lets the role write copies. It needs kms:Decrypt on the key to
// verify the destination's S3 Bucket Key ("S3 Bucket Keys and replication").
func allowWriting(role awsiam.Role, to Destination) {
	may(role, nil, awscdk.Fn_Join(jsii.String(""), &[]*string{to.BucketARN, jsii.String("/*")}),
		"s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags")
	may(role, throughS3(), to.KeyARN, "kms:Encrypt", "kms:GenerateDataKey", "kms:Decrypt")
}

// throughS3 is the condition that Amazon S3 uses the key, and not the role
// itself. It may be the S3 of another Region.
func throughS3() map[string]any {
	return map[string]any{"StringLike": map[string]any{"kms:ViaService": "s3.*.amazonaws.com"}}
}

func may(role awsiam.Role, when map[string]any, on *string, actions ...string) {
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings(actions...), Resources: &[]*string{on}, Conditions: &when}))
}

func rule(priority int, to Destination) any {
	destination := &awss3.CfnBucket_ReplicationDestinationProperty{Bucket: to.BucketARN,
		EncryptionConfiguration: &awss3.CfnBucket_EncryptionConfigurationProperty{ReplicaKmsKeyId: to.KeyARN}}
	if to.TimeControl {
		within := &awss3.CfnBucket_ReplicationTimeValueProperty{Minutes: jsii.Number(timeControl)}
		destination.ReplicationTime = &awss3.CfnBucket_ReplicationTimeProperty{Status: jsii.String("Enabled"), Time: within}
		destination.Metrics = &awss3.CfnBucket_MetricsProperty{Status: jsii.String("Enabled"), EventThreshold: within}
	}
	return &awss3.CfnBucket_ReplicationRuleProperty{Id: jsii.String(to.ID), Priority: jsii.Number(priority), Status: jsii.String("Enabled"),
		Filter:                  &awss3.CfnBucket_ReplicationRuleFilterProperty{Prefix: jsii.String("")},
		DeleteMarkerReplication: &awss3.CfnBucket_DeleteMarkerReplicationProperty{Status: jsii.String(enabled(to.Deletes))},
		SourceSelectionCriteria: &awss3.CfnBucket_SourceSelectionCriteriaProperty{
			SseKmsEncryptedObjects: &awss3.CfnBucket_SseKmsEncryptedObjectsProperty{Status: jsii.String("Enabled")}},
		Destination: destination}
}

func enabled(b bool) string {
	if b {
		return "Enabled"
	}
	return "Disabled"
}
