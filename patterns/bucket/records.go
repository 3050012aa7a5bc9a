package bucket

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
)

// Records says what a bucket of NewRecords is for.
type Records struct {
	// Name is the bucket's name. AWS WAF delivers only to one that begins with
	// aws-waf-logs- ("Sending web ACL traffic logs to an Amazon S3 bucket", AWS
	// WAF Developer Guide).
	Name string
	// Key encrypts the logs; its policy has to admit delivery.logs.amazonaws.com.
	Key awskms.IKey
	// KeepDays is for how long a log is kept here; its copy stays in the
	// archive.
	KeepDays int
	// Replicas are the copies in the archive. There has to be one.
	Replicas *Replicas
}

// NewRecords makes the bucket that an account's logs of one Region are
// delivered to by services that can encrypt them by a customer-managed key:
// flow logs, web ACLs, and what log groups hold. They are not delivered to the
// archive itself: services differ in whether they can write to a bucket with a
// default retention, which wants a checksum of every object ("Managing Object
// Lock", Amazon S3 User Guide), and Amazon S3's replication can.
func NewRecords(scope constructs.Construct, id string, props *Records) *Bucket {
	b := New(scope, id, &Props{Name: props.Name, Key: props.Key, Replicas: props.Replicas, Lifecycle: delivered(props.KeepDays)})
	b.admitVendedLogs()
	return b
}

// delivered is how long delivered logs are kept.
func delivered(days int) Lifecycle { return Lifecycle{ExpireAfter: days, KeepNoncurrent: 1} }
