package bucket

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Delivery is the part of Props that a bucket for AWS's own log delivery has.
type Delivery struct {
	// Name is the bucket's name. AWS WAF delivers only to one that begins with
	// aws-waf-logs- ("Sending web ACL traffic logs to an Amazon S3 bucket", AWS
	// WAF Developer Guide).
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

// NewDelivery makes the bucket that AWS delivers an account's logs of one
// Region to. Elastic Load Balancing and Amazon S3 deliver access logs only to
// a bucket of the same Region that Amazon S3's own keys encrypt ("Enable access
// logs for your Application Load Balancer", Elastic Load Balancing; "Enabling
// Amazon S3 server access logging", Amazon S3 User Guide), and S3 to none with
// a default retention; so its objects are copied at once to where they are
// encrypted by a customer-managed key and locked.
func NewDelivery(scope constructs.Construct, id string, props *Delivery) *Bucket {
	p := &Props{Name: props.Name, Replicas: props.Replicas, Lifecycle: Lifecycle{ExpireAfter: props.KeepDays, KeepNoncurrent: 1}}
	b := &Bucket{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	c := common(p)
	c.Encryption = awss3.BucketEncryption_S3_MANAGED
	b.Resource = awss3.NewBucket(b.Construct, jsii.String("Bucket"), c)
	b.replicate(p)
	b.admitDelivery()
	return b
}

// admitDelivery lets the services deliver that write logs of this account.
func (b *Bucket) admitDelivery() {
	account := *awscdk.Stack_Of(b.Construct).Account()
	own := func(more map[string]any) map[string]any {
		same := map[string]any{"aws:SourceAccount": account}
		for k, v := range more {
			same[k] = v
		}
		return map[string]any{"StringEquals": same}
	}
	objects := func(prefix string) *string { return b.Resource.ArnForObjects(jsii.String(prefix + "*")) }
	admit := func(sid, service string, when map[string]any, on *string, actions ...string) {
		b.Resource.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String(sid),
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(service), nil)},
			Actions:    jsii.Strings(actions...), Resources: &[]*string{on}, Conditions: &when}))
	}
	// "Grant access to the S3 log delivery group using bucket policies", Amazon S3 User Guide.
	admit("ServerAccessLogs", "logging.s3.amazonaws.com", own(nil), objects(""), "s3:PutObject")
	// "Enable access logs for your Application Load Balancer", step 2: a balancer
	// writes below its own account's id, so that no other account's gets in.
	admit("BalancerLogs", "logdelivery.elasticloadbalancing.amazonaws.com", nil, objects(BalancerPrefix+"/AWSLogs/"+account+"/"), "s3:PutObject")
	// "Permissions to publish logs to Amazon S3", AWS WAF Developer Guide.
	admit("DeliveredLogs", "delivery.logs.amazonaws.com", own(map[string]any{"s3:x-amz-acl": "bucket-owner-full-control"}),
		objects("AWSLogs/"), "s3:PutObject")
	admit("DeliveredLogsCheck", "delivery.logs.amazonaws.com", own(nil), b.Resource.BucketArn(), "s3:GetBucketAcl", "s3:ListBucket")
}
