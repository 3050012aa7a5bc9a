package residency

import (
	"iter"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// naming says how a property names where data goes.
type naming uint8

const (
	byRegion naming = iota // the name of a Region
	byARN                  // the ARN of a resource, or a reference to it
	byBucket               // the name or domain of a bucket, or a reference to it
)

// destination is a property that leads data, or a copy of it, somewhere. Path
// may hold "*" for every item of a list; what is a sentence about the resource
// and the place.
type destination struct {
	typ, path string
	named     naming
	what      string
	when      func(*resource.Resource) bool
}

// destinations lists, by type, where data can be led to another Region or, as
// logs, to another account. Properties are CloudFormation's; each type's page
// in the AWS CloudFormation Template Reference says what they do.
func destinations() []destination {
	const (
		replica = "%s has a replica in %s"
		copied  = "%s is copied to %s"
		backup  = "%s copies backups to %s"
		logs    = "%s sends its logs to %s"
		sends   = "%s sends what it receives to %s"
	)
	return []destination{
		{"AWS::S3::Bucket", "ReplicationConfiguration/Rules/*/Destination/Bucket", byBucket, copied, nil},
		{"AWS::S3::Bucket", "InventoryConfigurations/*/Destination/BucketArn", byBucket, "%s sends its inventory to %s", nil},
		{"AWS::SecretsManager::Secret", "ReplicaRegions/*/Region", byRegion, replica, nil},
		{"AWS::DynamoDB::GlobalTable", "Replicas/*/Region", byRegion, replica, nil},
		{"AWS::EFS::FileSystem", "ReplicationConfiguration/Destinations/*/Region", byRegion, replica, nil},
		{"AWS::ECR::ReplicationConfiguration", "ReplicationConfiguration/Rules/*/Destinations/*/Region", byRegion, "%s copies images to %s", nil},
		{"AWS::ElastiCache::GlobalReplicationGroup", "Members/*/ReplicationGroupRegion", byRegion, replica, nil},
		{"AWS::ElastiCache::GlobalReplicationGroup", "RegionalConfigurations/*/ReplicationGroupRegion", byRegion, replica, nil},
		{"AWS::RDS::DBInstance", "AutomaticBackupReplicationRegion", byRegion, backup, nil},
		{"AWS::RDS::DBCluster", "ReplicationSourceIdentifier", byARN, "%s is a replica of a database in %s", nil},
		{"AWS::RDS::DBInstance", "SourceDBInstanceIdentifier", byARN, "%s is a replica of a database in %s", anARN("SourceDBInstanceIdentifier")},
		{"AWS::RDS::DBInstance", "SourceDBInstanceAutomatedBackupsArn", byARN, "%s is restored from backups in %s", nil},
		{"AWS::RDS::GlobalCluster", "SourceDBClusterIdentifier", byARN, "%s has its primary in %s", anARN("SourceDBClusterIdentifier")},
		{"AWS::KMS::ReplicaKey", "PrimaryKeyArn", byARN, "%s has its primary in %s", nil},
		{"AWS::S3::MultiRegionAccessPoint", "Regions/*/Bucket", byBucket, "%s leads requests to %s", nil},
		{"AWS::DMS::Endpoint", "S3Settings/BucketName", byBucket, "%s copies a database to %s", nil},
		{"AWS::Athena::WorkGroup", "WorkGroupConfiguration/ResultConfiguration/OutputLocation", byBucket, "%s writes answers to %s", nil},
		{"AWS::Redshift::Cluster", "DestinationRegion", byRegion, backup, nil},
		{"AWS::Backup::BackupPlan", "BackupPlan/BackupPlanRule/*/CopyActions/*/DestinationBackupVaultArn", byARN, backup, nil},
		{"AWS::Backup::ReportPlan", "ReportDeliveryChannel/S3BucketName", byBucket, "%s writes reports of backups to %s", nil},
		{"AWS::DLM::LifecyclePolicy", "PolicyDetails/Schedules/*/CrossRegionCopyRules/*/TargetRegion", byRegion, backup, nil},
		{"AWS::DLM::LifecyclePolicy", "PolicyDetails/CrossRegionCopyTargets/*/TargetRegion", byRegion, backup, nil},
		{"AWS::Logs::SubscriptionFilter", "DestinationArn", byARN, logs, nil},
		{"AWS::Logs::Destination", "TargetArn", byARN, sends, nil},
		{"AWS::EC2::FlowLog", "LogDestination", byARN, logs, nil},
		{"AWS::WAFv2::LoggingConfiguration", "LogDestinationConfigs/*", byARN, logs, nil},
		{"AWS::Logs::DeliveryDestination", "DestinationResourceArn", byARN, logs, nil},
		{"AWS::Route53::HostedZone", "QueryLoggingConfig/CloudWatchLogsLogGroupArn", byARN, logs, nil},
		{"AWS::Route53Resolver::ResolverQueryLoggingConfig", "DestinationArn", byARN, logs, nil},
		{"AWS::CloudTrail::Trail", "S3BucketName", byBucket, logs, nil},
		{"AWS::CloudTrail::Trail", "CloudWatchLogsLogGroupArn", byARN, logs, nil},
		{"AWS::Config::DeliveryChannel", "S3BucketName", byBucket, sends, nil},
		{"AWS::CloudFront::Distribution", "DistributionConfig/Logging/Bucket", byBucket, logs, nil},
		{"AWS::KinesisFirehose::DeliveryStream", "S3DestinationConfiguration/BucketARN", byBucket, sends, nil},
		{"AWS::KinesisFirehose::DeliveryStream", "HttpEndpointDestinationConfiguration/S3Configuration/BucketARN", byBucket, "%s keeps what it could not deliver in %s", nil},
		{"AWS::KinesisFirehose::DeliveryStream", "ExtendedS3DestinationConfiguration/BucketARN", byBucket, sends, nil},
		{"AWS::Events::Rule", "Targets/*/Arn", byARN, sends, nil},
		{"AWS::Events::Archive", "SourceArn", byARN, "%s keeps events of a bus in %s", nil},
		{"AWS::SNS::Subscription", "Endpoint", byARN, sends, anARN("Endpoint")},
		{"AWS::SSM::ResourceDataSync", "S3Destination/BucketRegion", byRegion, sends, nil},
		{"AWS::GuardDuty::PublishingDestination", "DestinationProperties/DestinationArn", byARN, sends, nil},
	}
}

// anARN says whether a property names a resource; other endpoints of a topic
// are people and third parties, which the estate answers for.
func anARN(property string) func(*resource.Resource) bool {
	return func(r *resource.Resource) bool {
		v := r.Props.Get(property)
		return v.Kind() == value.Symbol || v.Kind() == value.Concat || strings.HasPrefix(v.Text(), "arn:")
	}
}

// each yields the values at a destination's path, with the paths at which they
// are. What is absent, and a list without items, yields nothing.
func (d destination) each(r *resource.Resource) iter.Seq2[string, value.Value] {
	return func(yield func(string, value.Value) bool) {
		if d.when == nil || d.when(r) {
			walk(r.Props, "", d.path, yield)
		}
	}
}

// walk follows the rest of a path; it returns false when it is to stop.
func walk(v value.Value, at, rest string, yield func(string, value.Value) bool) bool {
	if v.IsAbsent() || v.Kind() == value.Null {
		return true
	}
	if rest == "" || v.IsUnknown() {
		return yield(at, v)
	}
	key, rest, _ := strings.Cut(rest, "/")
	if key != "*" {
		return walk(v.Get(key), join(at, key), rest, yield)
	}
	if v.Kind() != value.List {
		return true
	}
	for i, item := range v.Items() {
		if !walk(item, join(at, strconv.Itoa(i)), rest, yield) {
			return false
		}
	}
	return true
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "/" + key
}
