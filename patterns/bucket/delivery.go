package bucket

import (
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Delivery says what a bucket of NewDelivery is for.
type Delivery struct {
	// Name is the bucket's name; empty: CloudFormation chooses one.
	Name string
	// KeepDays is for how long a log is kept here; its copy stays in the
	// archive.
	KeepDays int
	// Replicas are the copies in the archive. There has to be one.
	Replicas *Replicas
}

// BalancerPrefix is what the keys of load balancers' logs begin with, before
// /AWSLogs/.
const BalancerPrefix = "balancers"

// NewDelivery makes the bucket that the access logs of an account's balancers
// and buckets of one Region are delivered to. Elastic Load Balancing and Amazon
// S3 deliver them only to a bucket of the same Region that Amazon S3's own keys
// encrypt ("Enable access logs for your Application Load Balancer", Elastic
// Load Balancing; "Enabling Amazon S3 server access logging", Amazon S3 User
// Guide), and S3 to none with a lock; so they are copied at once to where a
// customer-managed key encrypts them and nobody can delete them.
func NewDelivery(scope constructs.Construct, id string, props *Delivery) *Bucket {
	p := &Props{Name: props.Name, Replicas: props.Replicas, Lifecycle: delivered(props.KeepDays)}
	c := common(p)
	c.Encryption = awss3.BucketEncryption_S3_MANAGED
	b := &Bucket{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	b.Resource = awss3.NewBucket(b.Construct, jsii.String("Bucket"), c)
	b.replicate(p)
	b.admitAccessLogs()
	return b
}

// admitAccessLogs lets Amazon S3 and Elastic Load Balancing deliver.
func (b *Bucket) admitAccessLogs() {
	// "Grant access to the S3 log delivery group using bucket policies", Amazon S3 User Guide.
	b.admit("ServerAccessLogs", "logging.s3.amazonaws.com", b.ofAccount(nil), "*", "s3:PutObject")
	// "Enable access logs for your Application Load Balancer", step 2: a balancer
	// writes below its own account's id, so that no other account's gets in.
	b.admit("BalancerLogs", "logdelivery.elasticloadbalancing.amazonaws.com", nil, BalancerPrefix+"/AWSLogs/"+b.account()+"/*", "s3:PutObject")
}

// admitVendedLogs lets AWS's common log delivery write ("Logs sent to Amazon
// S3", Amazon CloudWatch Logs User Guide).
func (b *Bucket) admitVendedLogs() {
	b.admit("DeliveredLogs", "delivery.logs.amazonaws.com", b.ofAccount(map[string]any{"s3:x-amz-acl": "bucket-owner-full-control"}), "*", "s3:PutObject")
	b.admit("DeliveredLogsCheck", "delivery.logs.amazonaws.com", b.ofAccount(nil), "", "s3:GetBucketAcl", "s3:ListBucket")
}

func (b *Bucket) account() string { return *awscdk.Stack_Of(b.Construct).Account() }

// ofAccount is the condition that a service acts for this account.
func (b *Bucket) ofAccount(more map[string]any) map[string]any {
	same := map[string]any{"aws:SourceAccount": b.account()}
	maps.Copy(same, more)
	return map[string]any{"StringEquals": same}
}

// admit lets a service act on the objects below a key, or for "" on the bucket.
func (b *Bucket) admit(sid, service string, when map[string]any, objects string, actions ...string) {
	on := b.Resource.BucketArn()
	if objects != "" {
		on = b.Resource.ArnForObjects(jsii.String(objects))
	}
	b.Resource.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String(sid),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(service), nil)},
		Actions:    jsii.Strings(actions...), Resources: &[]*string{on}, Conditions: &when}))
}
