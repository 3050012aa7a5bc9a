// Package conformance records how an account's resources are configured, and
// holds them to rules after they are deployed.
//
// What the proofs say before a deployment the rules watch afterwards, where
// somebody changes something by hand. Nothing is remedied by itself.
package conformance

import (
	"encoding/json"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsconfig"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Rules are AWS Config's managed rules that every account is held to ("List of
// AWS Config Managed Rules", AWS Config Developer Guide).
func Rules() []string {
	return []string{"ACM_CERTIFICATE_EXPIRATION_CHECK", "CLOUDWATCH_LOG_GROUP_ENCRYPTED", "CLOUD_TRAIL_ENABLED", "CMK_BACKING_KEY_ROTATION_ENABLED",
		"ELB_LOGGING_ENABLED", "ENCRYPTED_VOLUMES", "IAM_ROOT_ACCESS_KEY_CHECK", "IAM_USER_NO_POLICIES_CHECK", "INCOMING_SSH_DISABLED",
		"RDS_CLUSTER_DELETION_PROTECTION_ENABLED", "RDS_STORAGE_ENCRYPTED", "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", "S3_BUCKET_SSL_REQUESTS_ONLY",
		"S3_BUCKET_VERSIONING_ENABLED", "VPC_FLOW_LOGS_ENABLED"}
}

// NewPack holds an account to the rules. A recorder has to be there before
// ("Conformance Packs", AWS Config Developer Guide).
func NewPack(scope constructs.Construct, id, name string) (awsconfig.CfnConformancePack, error) {
	resources := map[string]any{}
	for _, rule := range Rules() {
		resources[strings.ReplaceAll(rule, "_", "")] = map[string]any{"Type": "AWS::Config::ConfigRule", "Properties": map[string]any{
			"ConfigRuleName": strings.ToLower(strings.ReplaceAll(rule, "_", "-")),
			"Source":         map[string]any{"Owner": "AWS", "SourceIdentifier": rule}}}
	}
	body, err := json.Marshal(map[string]any{"Resources": resources})
	if err != nil {
		return nil, err
	}
	return awsconfig.NewCfnConformancePack(scope, jsii.String(id), &awsconfig.CfnConformancePackProps{
		ConformancePackName: jsii.String(name), TemplateBody: jsii.String(string(body))}), nil
}

// RecorderProps says where a recorder writes to and who may read it.
type RecorderProps struct {
	// Bucket is the name of the bucket of AdmitConfig, of any account.
	Bucket string
	// Key is the ARN of the key that encrypts it.
	Key *string
	// Aggregator is the id of the account that sees all, in Region.
	Aggregator, Region string
}

// NewRecorder records every resource of an account and Region, which has one
// recorder at the most: where Control Tower is, it is Control Tower's.
func NewRecorder(scope constructs.Construct, id string, props *RecorderProps) constructs.Construct {
	root := constructs.NewConstruct(scope, jsii.String(id))
	role := awsiam.NewCfnServiceLinkedRole(root, jsii.String("Role"), &awsiam.CfnServiceLinkedRoleProps{AwsServiceName: jsii.String("config.amazonaws.com")})
	arn := "arn:aws:iam::" + *awscdk.Stack_Of(root).Account() + ":role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
	recorder := awsconfig.NewCfnConfigurationRecorder(root, jsii.String("Recorder"), &awsconfig.CfnConfigurationRecorderProps{
		RoleArn: jsii.String(arn), RecordingGroup: &awsconfig.CfnConfigurationRecorder_RecordingGroupProperty{AllSupported: true, IncludeGlobalResourceTypes: true}})
	recorder.AddResourceDependency(role, nil)
	channel := awsconfig.NewCfnDeliveryChannel(root, jsii.String("Channel"), &awsconfig.CfnDeliveryChannelProps{
		S3BucketName: jsii.String(props.Bucket), S3KmsKeyArn: props.Key,
		ConfigSnapshotDeliveryProperties: &awsconfig.CfnDeliveryChannel_ConfigSnapshotDeliveryPropertiesProperty{DeliveryFrequency: jsii.String("TwentyFour_Hours")}})
	channel.AddResourceDependency(role, nil)
	awsconfig.NewCfnAggregationAuthorization(root, jsii.String("Aggregation"), &awsconfig.CfnAggregationAuthorizationProps{
		AuthorizedAccountId: jsii.String(props.Aggregator), AuthorizedAwsRegion: jsii.String(props.Region)})
	return root
}

// NewAggregator shows what is recorded in accounts from one place.
func NewAggregator(scope constructs.Construct, id, name string, accounts []string) {
	awsconfig.NewCfnConfigurationAggregator(scope, jsii.String(id), &awsconfig.CfnConfigurationAggregatorProps{
		ConfigurationAggregatorName: jsii.String(name), AccountAggregationSources: []any{
			&awsconfig.CfnConfigurationAggregator_AccountAggregationSourceProperty{AccountIds: jsii.Strings(accounts...), AllAwsRegions: true}}})
}
