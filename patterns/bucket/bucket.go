// Package bucket makes the one kind of S3 bucket that an estate has.
//
// Every bucket is versioned, encrypted, closed to the public, owned by its
// account alone, served over TLS only, and kept when its stack is deleted. Its
// objects are encrypted by a customer-managed key, except in a bucket that AWS
// delivers logs to, which allows none; and its requests are logged, except in
// one that logs end in. No property turns any of this off.
package bucket

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Props says what a bucket is for.
type Props struct {
	// Name is the bucket's name, at most 63 characters and no other bucket's in
	// the world; empty: CloudFormation chooses one.
	Name string
	// Key encrypts the objects.
	Key awskms.IKey
	// OtherKeys says that who writes may choose another key of the account for an
	// object, which then encrypts that one.
	OtherKeys bool
	// Logs is the name of the bucket of the same account and Region that
	// receives the records of requests (another's AccountLogs).
	Logs *string
	// LogPrefix is what the keys of these records begin with, without a slash.
	// Default: the id of the construct.
	LogPrefix string
	// Lifecycle says how long objects are kept, beyond what every bucket has.
	Lifecycle Lifecycle
	// Replicas are copies in other buckets; nil: none.
	Replicas *Replicas
	// LockDays keeps every object version undeletable for so many days, by
	// anybody, the account's root included. 0: no lock. It cannot be taken back.
	LockDays int
	// EventBridge sends an event to the account's default bus for each object
	// that is made or deleted.
	EventBridge bool
}

// Lifecycle says how long objects are kept. Days count from an object's
// creation; 0 means never.
type Lifecycle struct {
	// InfrequentAfter moves objects to Standard-Infrequent Access, at least 30.
	InfrequentAfter int
	// ArchiveAfter moves objects to Glacier Flexible Retrieval.
	ArchiveAfter int
	// ExpireAfter deletes objects.
	ExpireAfter int
	// KeepNoncurrent is for how many days the versions that were replaced or
	// deleted are kept. Default 90.
	KeepNoncurrent int
}

// Bucket is a bucket with its policy.
type Bucket struct {
	Construct constructs.Construct
	Resource  awss3.Bucket
}

// What every bucket's lifecycle has.
const (
	defaultNoncurrent = 90
	abandonedDays     = 7 // after which the parts of an unfinished upload are deleted
)

// New makes a bucket whose objects a key encrypts.
func New(scope constructs.Construct, id string, props *Props) *Bucket {
	if props.LogPrefix == "" {
		props.LogPrefix = id
	}
	p := common(props)
	p.Encryption, p.EncryptionKey, p.BucketKeyEnabled = awss3.BucketEncryption_KMS, props.Key, jsii.Bool(true)
	b := &Bucket{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	b.Resource = awss3.NewBucket(b.Construct, jsii.String("Bucket"), p)
	if props.Logs != nil {
		// The CDK warns of a log bucket of another stack, whose policy it cannot change.
		b.cfn().SetLoggingConfiguration(&awss3.CfnBucket_LoggingConfigurationProperty{
			DestinationBucketName: props.Logs, LogFilePrefix: jsii.String(props.LogPrefix + "/")})
	}
	if props.EventBridge {
		// The CDK's own switch would add a function that may change every bucket's notifications.
		b.cfn().SetNotificationConfiguration(&awss3.CfnBucket_NotificationConfigurationProperty{
			EventBridgeConfiguration: &awss3.CfnBucket_EventBridgeConfigurationProperty{EventBridgeEnabled: jsii.Bool(true)}})
	}
	b.replicate(props)
	return b
}

func (b *Bucket) cfn() awss3.CfnBucket { return b.Resource.Node().DefaultChild().(awss3.CfnBucket) }

// common is what every bucket has.
func common(props *Props) *awss3.BucketProps {
	p := &awss3.BucketProps{
		Versioned: jsii.Bool(true), EnforceSSL: jsii.Bool(true), MinimumTLSVersion: jsii.Number(1.2),
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), ObjectOwnership: awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN, LifecycleRules: lifecycle(props.Lifecycle)}
	if props.Name != "" {
		p.BucketName = jsii.String(props.Name)
	}
	if props.LockDays > 0 {
		p.ObjectLockDefaultRetention = awss3.ObjectLockRetention_Compliance(days(props.LockDays))
	}
	return p
}

func lifecycle(l Lifecycle) *[]*awss3.LifecycleRule {
	keep := l.KeepNoncurrent
	if keep == 0 {
		keep = defaultNoncurrent
	}
	rule := &awss3.LifecycleRule{Id: jsii.String("keep"), Enabled: jsii.Bool(true),
		AbortIncompleteMultipartUploadAfter: days(abandonedDays), NoncurrentVersionExpiration: days(keep)}
	var moves []*awss3.Transition
	for _, m := range []struct {
		after int
		to    awss3.StorageClass
	}{{l.InfrequentAfter, awss3.StorageClass_INFREQUENT_ACCESS()}, {l.ArchiveAfter, awss3.StorageClass_GLACIER()}} {
		if m.after > 0 {
			moves = append(moves, &awss3.Transition{StorageClass: m.to, TransitionAfter: days(m.after)})
		}
	}
	if len(moves) > 0 {
		rule.Transitions = &moves
	}
	if l.ExpireAfter > 0 {
		rule.Expiration = days(l.ExpireAfter)
	}
	return &[]*awss3.LifecycleRule{rule}
}

func days(n int) awscdk.Duration { return awscdk.Duration_Days(jsii.Number(n)) }
