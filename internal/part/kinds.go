package part

import (
	"slices"

	"github.com/suretyhq/surety/estate"
)

// implementers are, for each kind of part, the types of which at least one
// member has to be for the part to exist.
var implementers = map[estate.Kind][]string{
	estate.KindService:    compute,
	estate.KindTunnel:     compute,
	estate.KindEvents:     {"AWS::Events::EventBus"},
	estate.KindDatabase:   {"AWS::RDS::DBCluster", "AWS::RDS::DBInstance"},
	estate.KindCache:      {"AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::ServerlessCache", "AWS::ElastiCache::CacheCluster"},
	estate.KindFunction:   {"AWS::Lambda::Function"},
	estate.KindTenant:     {"AWS::SecretsManager::Secret"},
	estate.KindArtifacts:  {"AWS::S3::Bucket"},
	estate.KindBalancer:   {"AWS::ElasticLoadBalancingV2::LoadBalancer"},
	estate.KindGateway:    {"AWS::ApiGatewayV2::VpcLink", "AWS::ApiGateway::VpcLink"},
	estate.KindEndpoints:  {"AWS::EC2::VPCEndpoint"},
	estate.KindAttachment: {"AWS::EC2::TransitGatewayAttachment", "AWS::EC2::TransitGatewayVpcAttachment"},
	estate.KindFirewall:   {"AWS::NetworkFirewall::Firewall"},
	estate.KindEgress:     {"AWS::EC2::NatGateway"},
	estate.KindCanary:     {"AWS::Synthetics::Canary"},
	estate.KindLogs:       {"AWS::Logs::LogGroup", "AWS::S3::Bucket"},
	estate.KindResolver:   {"AWS::Route53Resolver::ResolverEndpoint"},
	estate.KindForwarder:  {"AWS::Route53Resolver::ResolverEndpoint"},
	estate.KindTransfer:   {"AWS::Transfer::Server"},
	estate.KindTrail:      {"AWS::CloudTrail::Trail"},
	estate.KindFindings:   {"AWS::SNS::Topic"},

	estate.KindReplication: {"AWS::DMS::ReplicationInstance"},
	estate.KindReporting:   {"AWS::RDS::DBCluster", "AWS::RDS::DBInstance"},
	estate.KindLake:        {"AWS::S3::Bucket"},
	estate.KindBackup:      {"AWS::Backup::BackupVault"},
	estate.KindFiles:       {"AWS::S3::Bucket"},
	estate.KindEdge:        {"AWS::CloudFront::Distribution"},
	estate.KindBreakGlass:  {"AWS::AutoScaling::AutoScalingGroup"},

	// Of a tenant where its environment recovers, the key alone is its own.
	estate.KindTenantStandby: {"AWS::KMS::Key"},
}

var compute = []string{"AWS::ECS::Service", "AWS::EC2::Instance", "AWS::AutoScaling::AutoScalingGroup",
	"AWS::EC2::LaunchTemplate", "AWS::EC2::NetworkInterface", "AWS::Lambda::Function"}

// companions are, for each kind of part, the further types with an interface
// or data that may belong to it.
var companions = map[estate.Kind][]string{
	estate.KindService:    ownData,
	estate.KindTunnel:     ownData,
	estate.KindFunction:   ownData,
	estate.KindEvents:     {"AWS::Events::Archive", "AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::Logs::LogGroup"},
	estate.KindDatabase:   {"AWS::RDS::GlobalCluster", "AWS::SecretsManager::Secret", "AWS::Logs::LogGroup", "AWS::Backup::BackupVault"},
	estate.KindCache:      {"AWS::SecretsManager::Secret", "AWS::Logs::LogGroup"},
	estate.KindBalancer:   {"AWS::Logs::LogGroup", "AWS::S3::Bucket"},
	estate.KindGateway:    {"AWS::Logs::LogGroup", "AWS::SecretsManager::Secret"},
	estate.KindAttachment: {"AWS::Logs::LogGroup"},
	estate.KindFirewall:   {"AWS::Logs::LogGroup", "AWS::S3::Bucket"},
	estate.KindCanary:     {"AWS::Logs::LogGroup", "AWS::S3::Bucket"},
	estate.KindEgress:     {"AWS::EC2::TransitGatewayAttachment", "AWS::EC2::TransitGatewayVpcAttachment", "AWS::Logs::LogGroup"},
	estate.KindTransfer:   {"AWS::S3::Bucket", "AWS::Logs::LogGroup"},
	estate.KindEdge:       {"AWS::S3::Bucket", "AWS::Logs::LogGroup"},
	estate.KindLogs:       {"AWS::SecretsManager::Secret", "AWS::KinesisFirehose::DeliveryStream", "AWS::CloudTrail::Trail", "AWS::SQS::Queue", "AWS::SNS::Topic"},
	estate.KindTrail:      {"AWS::Logs::LogGroup"},
	estate.KindFindings:   {"AWS::Logs::LogGroup", "AWS::S3::Bucket", "AWS::SQS::Queue"},

	estate.KindReplication: {"AWS::SecretsManager::Secret", "AWS::Logs::LogGroup"},
	estate.KindReporting:   {"AWS::SecretsManager::Secret", "AWS::Logs::LogGroup"},
	estate.KindBreakGlass:  {"AWS::EC2::LaunchTemplate", "AWS::SNS::Topic"},
}

// ownData is what a service may keep for itself, and the balancer that it may
// have.
var ownData = []string{"AWS::Logs::LogGroup", "AWS::SecretsManager::Secret", "AWS::S3::Bucket", "AWS::ECR::Repository",
	"AWS::EC2::Volume", "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable",
	"AWS::EFS::FileSystem", "AWS::Kinesis::Stream", "AWS::KinesisFirehose::DeliveryStream", "AWS::ElasticLoadBalancingV2::LoadBalancer"}

// untagged are types that cannot have tags, with the property that names what
// they belong to ("AWS::Events::Archive", CloudFormation Template Reference).
var untagged = map[string]string{"AWS::Events::Archive": "SourceArn"}

// allows says whether a resource with an interface or data may belong to a
// part of a kind.
func allows(k estate.Kind, typ string) bool {
	return slices.Contains(implementers[k], typ) || slices.Contains(companions[k], typ)
}

// stores are the types that hold data at rest.
var stores = []string{
	"AWS::Backup::BackupVault",
	"AWS::CloudTrail::Trail",
	"AWS::DocDB::DBCluster",
	"AWS::DynamoDB::GlobalTable",
	"AWS::DynamoDB::Table",
	"AWS::EC2::Volume",
	"AWS::ECR::Repository",
	"AWS::EFS::FileSystem",
	"AWS::ElastiCache::CacheCluster",
	"AWS::ElastiCache::ReplicationGroup",
	"AWS::ElastiCache::ServerlessCache",
	"AWS::Elasticsearch::Domain",
	"AWS::Events::Archive",
	"AWS::Events::EventBus",
	"AWS::FSx::FileSystem",
	"AWS::Kinesis::Stream",
	"AWS::KinesisFirehose::DeliveryStream",
	"AWS::Logs::LogGroup",
	"AWS::MSK::Cluster",
	"AWS::MemoryDB::Cluster",
	"AWS::Neptune::DBCluster",
	"AWS::OpenSearchService::Domain",
	"AWS::RDS::DBCluster",
	"AWS::RDS::DBInstance",
	"AWS::RDS::GlobalCluster",
	"AWS::Redshift::Cluster",
	"AWS::S3::Bucket",
	"AWS::SNS::Topic",
	"AWS::SQS::Queue",
	"AWS::SecretsManager::Secret",
}

// Stores returns the types that hold data at rest, sorted.
func Stores() []string { return slices.Clone(stores) }

// HoldsData says whether resources of a type hold data at rest.
func HoldsData(typ string) bool {
	_, ok := slices.BinarySearch(stores, typ)
	return ok
}
