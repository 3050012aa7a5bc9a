package bucket

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Archive says who writes to an archive and how long it keeps.
type Archive struct {
	Name string
	// Key encrypts the logs. Its policy has to admit the writers.
	Key awskms.IKey
	// LockDays is for how long nobody can delete a log, KeepDays after how many
	// days it is deleted.
	LockDays, KeepDays int
	// Writers may copy to the archive by the roles whose ARNs fit RoleARN.
	Writers []string
	RoleARN string
	// TrailARN is the organisation's trail; empty: none.
	TrailARN string
}

// archiveAfter is after how many days a log is moved to storage from which it
// is read in hours.
const archiveAfter = 90

// NewArchive makes the bucket in which logs end. Accounts write to it by
// replication alone, and it is in the account of none of them; nobody may
// delete from it, and Object Lock in compliance mode holds even where the
// policy is taken away. It needs no record of its requests by Amazon S3, which
// would have to end somewhere too: the organisation's trail records them.
func NewArchive(scope constructs.Construct, id string, props *Archive) *Bucket {
	b := New(scope, id, &Props{Name: props.Name, Key: props.Key, LockDays: props.LockDays,
		Lifecycle: Lifecycle{ArchiveAfter: archiveAfter, ExpireAfter: props.KeepDays}})
	b.deny("NobodyDeletes", b.Resource.ArnForObjects(jsii.String("*")), "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ReplicateDelete", "s3:BypassGovernanceRetention")
	b.deny("NobodyRemoves", b.Resource.BucketArn(), "s3:DeleteBucket", "s3:DeleteBucketPolicy")
	if len(props.Writers) > 0 {
		b.admitWriters(props)
	}
	if props.TrailARN != "" {
		b.admitTrail(props.TrailARN)
	}
	return b
}

func (b *Bucket) deny(sid string, on *string, actions ...string) {
	b.Resource.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String(sid), Effect: awsiam.Effect_DENY,
		Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()}, Actions: jsii.Strings(actions...), Resources: &[]*string{on}}))
}

// Writers returns accounts as principals. A role that does not exist yet cannot
// be one ("AWS JSON policy elements: Principal", IAM User Guide), so that a
// condition has to say which role of them.
func Writers(accounts []string) []awsiam.IPrincipal {
	var all []awsiam.IPrincipal
	for _, id := range accounts {
		all = append(all, awsiam.NewAccountPrincipal(id))
	}
	return all
}

// ByRole is the condition that a request is made by a role.
func ByRole(arn string) map[string]any {
	return map[string]any{"ArnLike": map[string]any{"aws:PrincipalArn": arn}}
}

// admitWriters follows "Configuring replication for buckets in different
// accounts", Amazon S3 User Guide, without what lets a writer delete.
func (b *Bucket) admitWriters(props *Archive) {
	writers, when := Writers(props.Writers), ByRole(props.RoleARN)
	for _, s := range []struct {
		sid     string
		on      *string
		actions []string
	}{
		{"WritersCopy", b.Resource.ArnForObjects(jsii.String("*")), []string{"s3:ReplicateObject", "s3:ReplicateTags"}},
		{"WritersLook", b.Resource.BucketArn(), []string{"s3:ListBucket", "s3:GetBucketVersioning"}},
	} {
		b.Resource.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String(s.sid),
			Principals: &writers, Actions: jsii.Strings(s.actions...), Resources: &[]*string{s.on}, Conditions: &when}))
	}
}

// admitTrail follows "Amazon S3 bucket policy for CloudTrail: organization
// trails", AWS CloudTrail User Guide. An organisation's logs are below its id,
// which is known to AWS Organizations alone; the trail's ARN says whose they
// are.
func (b *Bucket) admitTrail(arn string) {
	of := func(more map[string]any) map[string]any {
		when := map[string]any{"aws:SourceArn": arn}
		for k, v := range more {
			when[k] = v
		}
		return map[string]any{"StringEquals": when}
	}
	b.admit("TrailChecks", "cloudtrail.amazonaws.com", of(nil), "", "s3:GetBucketAcl")
	b.admit("TrailWrites", "cloudtrail.amazonaws.com", of(map[string]any{"s3:x-amz-acl": "bucket-owner-full-control"}), "AWSLogs/*", "s3:PutObject")
}

// ArchiveKeyStatements let an archive's writers encrypt by its key, and the
// trail. kms:Decrypt verifies an S3 Bucket Key ("S3 Bucket Keys and
// replication", Amazon S3 User Guide); without a permission to read the archive
// a writer can decrypt nothing by it.
func ArchiveKeyStatements(region string, props *Archive) []awsiam.PolicyStatement {
	var all []awsiam.PolicyStatement
	if len(props.Writers) > 0 {
		when := ByRole(props.RoleARN)
		when["StringEquals"] = map[string]any{"kms:ViaService": "s3." + region + ".amazonaws.com"}
		writers := Writers(props.Writers)
		all = append(all, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String("WritersEncrypt"), Principals: &writers,
			Actions: jsii.Strings("kms:Encrypt", "kms:GenerateDataKey", "kms:Decrypt"), Resources: jsii.Strings("*"), Conditions: &when}))
	}
	if props.TrailARN == "" {
		return all
	}
	// "Configure AWS KMS key policies for CloudTrail", AWS CloudTrail User Guide.
	trail := func(sid string, when map[string]any, actions ...string) awsiam.PolicyStatement {
		return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String(sid),
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudtrail.amazonaws.com"), nil)},
			Actions:    jsii.Strings(actions...), Resources: jsii.Strings("*"), Conditions: &when})
	}
	same := map[string]any{"aws:SourceArn": props.TrailARN}
	return append(all,
		trail("TrailEncrypts", map[string]any{"StringEquals": same, "StringLike": map[string]any{"kms:EncryptionContext:aws:cloudtrail:arn": props.TrailARN}}, "kms:GenerateDataKey*"),
		trail("TrailDescribes", map[string]any{"StringEquals": same}, "kms:DescribeKey"))
}
