package bucket

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
)

// AdmitConfig lets AWS Config of some accounts deliver what it records. It does
// not deliver to a bucket with a default retention, so that it is copied to the
// archive like all other logs ("Permissions for the Amazon S3 Bucket for the AWS
// Config Delivery Channel", AWS Config Developer Guide).
func (b *Bucket) AdmitConfig(accounts []string) {
	of := map[string]any{"aws:SourceAccount": accounts}
	b.admit("ConfigChecks", "config.amazonaws.com", map[string]any{"StringEquals": of}, "", "s3:GetBucketAcl", "s3:ListBucket")
	b.admit("ConfigWrites", "config.amazonaws.com", map[string]any{"StringEquals": map[string]any{
		"aws:SourceAccount": accounts, "s3:x-amz-acl": "bucket-owner-full-control"}}, "AWSLogs/*", "s3:PutObject")
}

// ConfigKeyStatements let AWS Config of some accounts encrypt ("Permissions for
// the KMS Key for the AWS Config Delivery Channel", AWS Config Developer Guide).
func ConfigKeyStatements(accounts []string) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String("ConfigEncrypts"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("config.amazonaws.com"), nil)},
		Actions:    jsii.Strings("kms:Decrypt", "kms:GenerateDataKey"), Resources: jsii.Strings("*"),
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": accounts}}})}
}
