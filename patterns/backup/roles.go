package backup

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/bucket"
)

// RoleName is the name of the role that backs up, which the keys of other
// accounts' vaults name.
func RoleName(name string) string { return name + "-backup" }

// restored is what the names of restored things begin with: those that tests
// make ("Restore testing inferred metadata", AWS Backup Developer Guide), and
// those that people do.
func (p *Plan) restored() []string {
	return []string{"awsbackup-restore-test-*", p.props.Name + "-restored-*"}
}

func (p *Plan) region() string  { return *awscdk.Stack_Of(p.Construct).Region() }
func (p *Plan) account() string { return *awscdk.Stack_Of(p.Construct).Account() }

// arn is the ARN of something of this account and Region.
func (p *Plan) arn(service, rest string) *string {
	return jsii.String("arn:aws:" + service + ":" + p.region() + ":" + p.account() + ":" + rest)
}

// role makes a role of AWS Backup's. Its permissions are those of AWS's own
// policies for the same task (AWSBackupServiceRolePolicyForBackup, ...ForS3Backup,
// ...ForRestores, ...ForS3Restore; AWS Managed Policy Reference Guide), on the
// plan's stores only.
func (p *Plan) role(id, name, description string) (awsiam.Role, func(when map[string]any, on []*string, actions ...string)) {
	role := awsiam.NewRole(p.Construct, jsii.String(id), &awsiam.RoleProps{RoleName: jsii.String(name), Description: jsii.String(description),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("backup.amazonaws.com"), nil)})
	return role, func(when map[string]any, on []*string, actions ...string) {
		props := &awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &on}
		if when != nil {
			props.Conditions = &when
		}
		role.AddToPolicy(awsiam.NewPolicyStatement(props))
	}
}

func (p *Plan) backupRole() awsiam.Role {
	role, may := p.role("BackupRole", RoleName(p.props.Name), "Backs up the stores of "+p.props.Name)
	vaults := []*string{jsii.String(p.vaultARN)}
	keys := []*string{p.props.VaultKey.KeyArn()}
	for _, c := range p.props.Copies {
		vaults = append(vaults, jsii.String(c.ARN))
		keys = append(keys, c.Key.KeyArn())
	}
	may(nil, vaults, "backup:DescribeBackupVault", "backup:CopyIntoBackupVault")
	may(nil, []*string{p.arn("backup", "recovery-point:*")}, "backup:CopyFromBackupVault", "backup:TagResource")
	if len(p.props.Clusters) > 0 {
		p.backUpClusters(may)
	}
	if len(p.props.Buckets) > 0 {
		p.backUpBuckets(may)
	}
	for _, c := range p.props.Clusters {
		keys = append(keys, c.Key.KeyArn())
	}
	may(nil, keys, "kms:DescribeKey", "kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo")
	may(map[string]any{"Bool": map[string]any{"kms:GrantIsForAWSResource": "true"}}, keys, "kms:CreateGrant")
	may(nil, everything(), "tag:GetResources")
	return role
}

// everything is for actions that know no resources.
func everything() []*string { return *jsii.Strings("*") }

// snapshots are those that AWS Backup makes of clusters.
const snapshots = "cluster-snapshot:awsbackup:*"

func (p *Plan) backUpClusters(may func(map[string]any, []*string, ...string)) {
	may(nil, []*string{p.arn("rds", "cluster:*"), p.arn("rds", "cluster-snapshot:*"), p.arn("rds", "cluster-auto-backup:*")},
		"rds:DescribeDBClusters", "rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusterAutomatedBackups", "rds:ListTagsForResource")
	var clusters []*string
	for _, c := range p.props.Clusters {
		clusters = append(clusters, c.ARN)
	}
	may(nil, append(clusters, p.arn("rds", snapshots)), "rds:CreateDBClusterSnapshot", "rds:AddTagsToResource")
	may(nil, []*string{p.arn("rds", snapshots), jsii.String("arn:aws:rds:*:" + p.account() + ":" + snapshots)},
		"rds:CopyDBClusterSnapshot", "rds:DeleteDBClusterSnapshot", "rds:ModifyDBClusterSnapshotAttribute")
}

func (p *Plan) backUpBuckets(may func(map[string]any, []*string, ...string)) {
	var buckets, objects, keys []*string
	for _, b := range p.props.Buckets {
		buckets = append(buckets, b.Resource.BucketArn())
		objects = append(objects, b.Resource.ArnForObjects(jsii.String("*")))
		keys = append(keys, b.Key.KeyArn())
	}
	may(nil, buckets, "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketNotification", "s3:GetBucketTagging", "s3:GetBucketVersioning",
		"s3:GetInventoryConfiguration", "s3:ListBucket", "s3:ListBucketVersions", "s3:PutBucketNotification", "s3:PutInventoryConfiguration")
	may(nil, objects, "s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging")
	may(p.throughS3(), keys, "kms:Decrypt", "kms:DescribeKey")
	for _, b := range p.props.Buckets {
		if b.OtherKeys {
			when := p.throughS3()
			when["StringLike"] = map[string]any{bucket.ContextKey: bucket.ContextOf(b.Resource)}
			may(when, []*string{bucket.AnyKey(p.Construct)}, "kms:Decrypt")
		}
	}
	may(nil, everything(), "s3:ListAllMyBuckets", "cloudwatch:GetMetricData")
	may(nil, []*string{p.arn("events", "rule/AwsBackupManagedRule*")}, "events:DeleteRule", "events:DescribeRule", "events:DisableRule", "events:EnableRule",
		"events:ListTargetsByRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets")
	may(nil, []*string{p.arn("events", "rule/*")}, "events:ListRules")
}

// throughS3 is the condition that Amazon S3 uses a key.
func (p *Plan) throughS3() map[string]any {
	return map[string]any{"StringEquals": map[string]any{"kms:ViaService": "s3." + p.region() + ".amazonaws.com"}}
}

func (p *Plan) restoreRole() awsiam.Role {
	role, may := p.role("RestoreRole", p.props.Name+"-restore", "Restores backups of "+p.props.Name+" beside what is there")
	may(nil, []*string{jsii.String(p.vaultARN)}, "backup:DescribeBackupVault")
	may(nil, []*string{p.arn("backup", "recovery-point:*")}, "backup:DescribeRecoveryPoint", "backup:GetRecoveryPointRestoreMetadata")
	via := func(service string, keys []awskms.IKey) {
		var on []*string
		for _, k := range append(keys, p.props.VaultKey) {
			on = append(on, k.KeyArn())
		}
		may(map[string]any{"StringEquals": map[string]any{"kms:ViaService": service + "." + p.region() + ".amazonaws.com"}}, on,
			"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo")
		may(map[string]any{"Bool": map[string]any{"kms:GrantIsForAWSResource": "true"}}, on, "kms:CreateGrant")
	}
	var keys []awskms.IKey
	if len(p.props.Clusters) > 0 {
		p.restoreClusters(may)
		for _, c := range p.props.Clusters {
			keys = append(keys, c.Key)
		}
		via("rds", keys)
	}
	if keys = nil; len(p.props.Buckets) > 0 {
		p.restoreBuckets(may)
		for _, b := range p.props.Buckets {
			keys = append(keys, b.Key)
		}
		via("s3", keys)
	}
	return role
}

// restoreClusters lets a role make clusters of snapshots, in the plan's subnets,
// and take back those that it made.
func (p *Plan) restoreClusters(may func(map[string]any, []*string, ...string)) {
	var made, groups []*string
	for _, name := range p.restored() {
		made = append(made, p.arn("rds", "cluster:"+name), p.arn("rds", "db:"+name))
	}
	for _, c := range p.props.Clusters {
		groups = append(groups, awscdk.Fn_Join(jsii.String(""), &[]*string{p.arn("rds", "subgrp:"), c.SubnetGroup}))
	}
	may(nil, []*string{p.arn("rds", "cluster:*"), p.arn("rds", "db:*"), p.arn("rds", "cluster-snapshot:*")},
		"rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:DescribeDBClusterSnapshots", "rds:ListTagsForResource")
	from := append(append([]*string{p.arn("rds", snapshots), p.arn("rds", "cluster-pg:*"), p.arn("rds", "og:*")}, groups...), made...)
	may(nil, from, "rds:RestoreDBClusterFromSnapshot", "rds:AddTagsToResource")
	may(nil, made, "rds:DeleteDBCluster", "rds:DeleteDBInstance")
}

func (p *Plan) restoreBuckets(may func(map[string]any, []*string, ...string)) {
	var buckets, objects []*string
	for _, name := range p.restored() {
		buckets, objects = append(buckets, jsii.String("arn:aws:s3:::"+name)), append(objects, jsii.String("arn:aws:s3:::"+name+"/*"))
	}
	may(nil, buckets, "s3:CreateBucket", "s3:GetBucketLocation", "s3:GetBucketOwnershipControls", "s3:GetBucketVersioning", "s3:ListBucket", "s3:ListBucketVersions",
		"s3:PutBucketOwnershipControls", "s3:PutBucketVersioning")
	may(nil, objects, "s3:DeleteObject", "s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:GetObjectVersionAcl",
		"s3:ListMultipartUploadParts", "s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging", "s3:PutObjectVersionAcl")
}
