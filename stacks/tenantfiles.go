package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/bucket"
)

// grantFiles lets a role of the tenant read and write below the tenant's prefix
// of the bucket that tenants share, and list that prefix alone. What it writes is
// encrypted by the tenant's own key, so that a bucket whose policy went wrong
// would show other tenants nothing ("Actions, resources, and condition keys for
// Amazon S3", Service Authorization Reference: s3:prefix and
// s3:x-amz-server-side-encryption-aws-kms-key-id). Where an environment recovers,
// the bucket holds copies besides, which one key encrypts for all tenants: a rule
// of replication names one ("Replicating encrypted objects", Amazon S3 User
// Guide). By that key Amazon S3 alone decrypts for a tenant, and only what the
// tenant may read.
func (t *tenantStack) grantFiles(role awsiam.IRole) {
	files, mine := t.tenancy.files, jsii.String(*t.tenant+"/*")
	allow := func(when map[string]any, resource *string, actions ...string) {
		props := &awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &[]*string{resource}}
		if when != nil {
			props.Conditions = &when
		}
		role.AddToPrincipalPolicy(awsiam.NewPolicyStatement(props))
	}
	allow(map[string]any{"StringLike": map[string]any{"s3:prefix": []*string{mine}}}, files.BucketArn(), "s3:ListBucket")
	allow(nil, files.ArnForObjects(mine), "s3:DeleteObject", "s3:GetObject")
	allow(map[string]any{"StringEquals": map[string]any{"s3:x-amz-server-side-encryption-aws-kms-key-id": t.key.KeyArn()}}, files.ArnForObjects(mine), "s3:PutObject")
	through := map[string]any{"kms:ViaService": "s3." + t.site.Region + ".amazonaws.com"}
	allow(map[string]any{"StringEquals": through}, t.key.KeyArn(), "kms:Decrypt", "kms:GenerateDataKey")
	if copies := t.tenancy.copiesKey; copies != nil {
		allow(map[string]any{"StringEquals": through, "StringLike": map[string]any{bucket.ContextKey: bucket.ContextOf(files)}}, copies, "kms:Decrypt")
	}
}
