// Package lake makes a data lake: a bucket of Parquet files, a catalogue that
// knows their tables, and a workgroup by which they are asked.
//
// Files, catalogue, results and logs are encrypted by the caller's keys. Whoever
// asks can change neither where results go nor how they are encrypted, and a
// question that would read too much is stopped.
package lake

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsathena"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/bucket"
)

// What a question may read, and how long its result is kept.
const (
	mostBytes  = 100 << 30
	resultDays = 30
)

// crawled is when the catalogue looks for new tables and days: each night.
const crawled = "cron(30 16 * * ? *)"

// Props says what the lake is for.
type Props struct {
	// Name is the workgroup's name.
	Name string
	// Folder is the bucket's folder that the catalogue knows.
	Folder string
	// Key encrypts files, results and catalogue; its policy admits CloudWatch
	// Logs.
	Key awskms.IKey
	// Logs is the name of the bucket that records the requests; nil: none.
	Logs *string
	// Replicas are copies of the files in other buckets; nil: none.
	Replicas *bucket.Replicas
	// AccountCatalog encrypts the account's catalogue, once an account.
	AccountCatalog bool
}

// Lake is the lake.
type Lake struct {
	Construct      constructs.Construct
	Files, Results *bucket.Bucket
	props          *Props
	database       string
}

// New makes the lake.
func New(scope constructs.Construct, id string, props *Props) *Lake {
	l := &Lake{Construct: constructs.NewConstruct(scope, jsii.String(id)), props: props, database: strings.ReplaceAll(props.Name, "-", "_")}
	l.Files = bucket.New(l.Construct, "Files", &bucket.Props{Key: props.Key, Logs: props.Logs, Lifecycle: bucket.Lifecycle{InfrequentAfter: 90},
		EventBridge: true, Replicas: props.Replicas})
	l.Results = bucket.New(l.Construct, "Results", &bucket.Props{Key: props.Key, Logs: props.Logs, Lifecycle: bucket.Lifecycle{ExpireAfter: resultDays, KeepNoncurrent: 1}})
	l.catalogue()
	awsathena.NewCfnWorkGroup(l.Construct, jsii.String("WorkGroup"), &awsathena.CfnWorkGroupProps{Name: jsii.String(props.Name),
		Description: jsii.String("Questions to the lake of " + props.Name), RecursiveDeleteOption: false, State: jsii.String("ENABLED"),
		WorkGroupConfiguration: &awsathena.CfnWorkGroup_WorkGroupConfigurationProperty{EnforceWorkGroupConfiguration: true, PublishCloudWatchMetricsEnabled: true,
			BytesScannedCutoffPerQuery: jsii.Number(mostBytes), RequesterPaysEnabled: false,
			EngineVersion: &awsathena.CfnWorkGroup_EngineVersionProperty{SelectedEngineVersion: jsii.String("Athena engine version 3")},
			ResultConfiguration: &awsathena.CfnWorkGroup_ResultConfigurationProperty{OutputLocation: jsii.String("s3://" + *l.Results.Resource.BucketName() + "/"),
				ExpectedBucketOwner:     awscdk.Stack_Of(l.Construct).Account(),
				EncryptionConfiguration: &awsathena.CfnWorkGroup_EncryptionConfigurationProperty{EncryptionOption: jsii.String("SSE_KMS"), KmsKey: props.Key.KeyArn()}}}})
	return l
}

// catalogue makes the database of tables and what finds them.
func (l *Lake) catalogue() {
	stack := awscdk.Stack_Of(l.Construct)
	if l.props.AccountCatalog {
		awsglue.NewCfnDataCatalogEncryptionSettings(l.Construct, jsii.String("Catalog"), &awsglue.CfnDataCatalogEncryptionSettingsProps{CatalogId: stack.Account(),
			DataCatalogEncryptionSettings: &awsglue.CfnDataCatalogEncryptionSettings_DataCatalogEncryptionSettingsProperty{
				EncryptionAtRest:             &awsglue.CfnDataCatalogEncryptionSettings_EncryptionAtRestProperty{CatalogEncryptionMode: jsii.String("SSE-KMS"), SseAwsKmsKeyId: l.props.Key.KeyArn()},
				ConnectionPasswordEncryption: &awsglue.CfnDataCatalogEncryptionSettings_ConnectionPasswordEncryptionProperty{KmsKeyId: l.props.Key.KeyArn(), ReturnConnectionPasswordEncrypted: true}}})
	}
	database := awsglue.NewCfnDatabase(l.Construct, jsii.String("Database"), &awsglue.CfnDatabaseProps{CatalogId: stack.Account(),
		DatabaseInput: &awsglue.CfnDatabase_DatabaseInputProperty{Name: jsii.String(l.database), Description: jsii.String("Tables of the lake of " + l.props.Name)}})
	security := awsglue.NewCfnSecurityConfiguration(l.Construct, jsii.String("Security"), &awsglue.CfnSecurityConfigurationProps{Name: jsii.String(l.props.Name),
		EncryptionConfiguration: &awsglue.CfnSecurityConfiguration_EncryptionConfigurationProperty{
			S3Encryptions:          []any{&awsglue.CfnSecurityConfiguration_S3EncryptionProperty{S3EncryptionMode: jsii.String("SSE-KMS"), KmsKeyArn: l.props.Key.KeyArn()}},
			CloudWatchEncryption:   &awsglue.CfnSecurityConfiguration_CloudWatchEncryptionProperty{CloudWatchEncryptionMode: jsii.String("SSE-KMS"), KmsKeyArn: l.props.Key.KeyArn()},
			JobBookmarksEncryption: &awsglue.CfnSecurityConfiguration_JobBookmarksEncryptionProperty{JobBookmarksEncryptionMode: jsii.String("CSE-KMS"), KmsKeyArn: l.props.Key.KeyArn()}}})
	role := l.role()
	crawler := awsglue.NewCfnCrawler(l.Construct, jsii.String("Crawler"), &awsglue.CfnCrawlerProps{Name: jsii.String(l.props.Name), Role: role.RoleArn(),
		DatabaseName: database.Ref(), CrawlerSecurityConfiguration: security.Ref(),
		Targets:            &awsglue.CfnCrawler_TargetsProperty{S3Targets: []any{&awsglue.CfnCrawler_S3TargetProperty{Path: jsii.String("s3://" + *l.Files.Resource.BucketName() + "/" + l.props.Folder + "/")}}},
		Schedule:           &awsglue.CfnCrawler_ScheduleProperty{ScheduleExpression: jsii.String(crawled)},
		SchemaChangePolicy: &awsglue.CfnCrawler_SchemaChangePolicyProperty{UpdateBehavior: jsii.String("UPDATE_IN_DATABASE"), DeleteBehavior: jsii.String("LOG")}})
	crawler.Node().AddDependency(role)
}

// role lets Glue read the files and write the catalogue's tables.
func (l *Lake) role() awsiam.Role {
	stack := awscdk.Stack_Of(l.Construct)
	arn := func(service, resource, name string) *string {
		return stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String(service), Resource: jsii.String(resource), ResourceName: jsii.String(name)})
	}
	role := awsiam.NewRole(l.Construct, jsii.String("Role"), &awsiam.RoleProps{Description: jsii.String("Glue finds the tables of " + l.props.Name),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("glue.amazonaws.com"), &awsiam.ServicePrincipalOpts{Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}}})})
	allow := func(when map[string]any, resources []*string, actions ...string) {
		props := &awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &resources}
		if when != nil {
			props.Conditions = &when
		}
		role.AddToPolicy(awsiam.NewPolicyStatement(props))
	}
	catalogue := stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("glue"), Resource: jsii.String("catalog")})
	files := l.Files.Resource
	allow(nil, []*string{catalogue, arn("glue", "database", l.database), arn("glue", "table", l.database+"/*")},
		"glue:BatchCreatePartition", "glue:BatchGetPartition", "glue:CreatePartition", "glue:CreateTable", "glue:GetDatabase", "glue:GetPartition", "glue:GetPartitions",
		"glue:GetTable", "glue:GetTables", "glue:UpdatePartition", "glue:UpdateTable")
	allow(nil, []*string{files.BucketArn()}, "s3:GetBucketLocation", "s3:ListBucket")
	allow(nil, []*string{files.ArnForObjects(jsii.String(l.props.Folder + "/*"))}, "s3:GetObject")
	region := *stack.Region() + ".amazonaws.com"
	allow(map[string]any{"StringEquals": map[string]any{"kms:ViaService": []any{"glue." + region, "s3." + region}}}, []*string{l.props.Key.KeyArn()}, "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
	logs := stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("logs"), Resource: jsii.String("log-group"), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME, ResourceName: jsii.String("/aws-glue/crawlers*")})
	allow(nil, []*string{logs}, "logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
	return role
}
