package resource

import "strings"

// modelledServices are services all of whose types neither move packets nor
// hold a customer's data: permissions, measurements, deployments, and the
// accounts' organisation.
var modelledServices = []string{
	"AWS::IAM::", "AWS::CloudWatch::", "AWS::ApplicationAutoScaling::", "AWS::CDK::", "AWS::RAM::", "AWS::SSO::",
	"AWS::Organizations::", "AWS::ControlTower::", "AWS::Budgets::", "AWS::GuardDuty::", "AWS::SecurityHub::", "AWS::Config::",
	"AWS::CertificateManager::", "AWS::ACMPCA::", "AWS::WAFv2::", "AWS::AccessAnalyzer::", "AWS::ServiceDiscovery::",
	"AWS::AutoScalingPlans::", "AWS::XRay::", "AWS::Route53Profiles::", "AWS::WAF::", "AWS::WAFRegional::", "AWS::CodeDeploy::",
}

// modelledTypes are single types that are modelled, folded, or harmless.
var modelledTypes = func(types ...string) map[string]bool {
	m := make(map[string]bool, len(types))
	for _, t := range types {
		m[t] = true
	}
	return m
}(
	// Views.
	"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::RouteTable", "AWS::EC2::Route", "AWS::EC2::NetworkAcl",
	"AWS::EC2::NetworkAclEntry", "AWS::EC2::SecurityGroup", "AWS::EC2::InternetGateway", "AWS::EC2::EgressOnlyInternetGateway",
	"AWS::EC2::NatGateway", "AWS::EC2::VPCEndpoint", "AWS::EC2::VPCPeeringConnection", "AWS::EC2::TransitGateway",
	"AWS::EC2::TransitGatewayAttachment", "AWS::EC2::TransitGatewayVpcAttachment", "AWS::EC2::TransitGatewayPeeringAttachment",
	"AWS::EC2::TransitGatewayRouteTable", "AWS::EC2::TransitGatewayRoute", "AWS::EC2::PrefixList", PeeringAcceptance,
	"AWS::EC2::VPNGateway", "AWS::EC2::VPNConnection", "AWS::EC2::VPNConnectionRoute", "AWS::EC2::CustomerGateway",
	"AWS::NetworkFirewall::Firewall", "AWS::NetworkFirewall::FirewallPolicy", "AWS::NetworkFirewall::RuleGroup",
	"AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::TargetGroup",
	// Folded into views.
	"AWS::EC2::VPCCidrBlock", "AWS::EC2::VPCGatewayAttachment", "AWS::EC2::SubnetRouteTableAssociation",
	"AWS::EC2::GatewayRouteTableAssociation", "AWS::EC2::SubnetNetworkAclAssociation", "AWS::EC2::SecurityGroupIngress",
	"AWS::EC2::SecurityGroupEgress", "AWS::EC2::TransitGatewayRouteTableAssociation", "AWS::EC2::TransitGatewayRouteTablePropagation",
	"AWS::EC2::VPCBlockPublicAccessOptions", "AWS::EC2::VPCBlockPublicAccessExclusion", "AWS::EC2::SubnetCidrBlock", "AWS::ElasticLoadBalancingV2::ListenerRule", "AWS::ElasticLoadBalancingV2::ListenerCertificate",
	"AWS::EC2::EIP", "AWS::EC2::EIPAssociation", "AWS::EC2::LaunchTemplate", "AWS::AutoScaling::LaunchConfiguration",
	"AWS::RDS::DBSubnetGroup", "AWS::ElastiCache::SubnetGroup", "AWS::Redshift::ClusterSubnetGroup",
	"AWS::DocDB::DBSubnetGroup", "AWS::Neptune::DBSubnetGroup", "AWS::DMS::ReplicationSubnetGroup",
	// Owners of interfaces beyond the table of plain owners.
	"AWS::EC2::Instance", "AWS::EC2::NetworkInterface", "AWS::AutoScaling::AutoScalingGroup", "AWS::ECS::Service",
	"AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Route53Resolver::ResolverEndpoint", "AWS::EFS::MountTarget",
	// Stores and keys whose encryption is proved.
	"AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy",
	"AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription", "AWS::KMS::Key", "AWS::KMS::Alias", "AWS::KMS::ReplicaKey",
	"AWS::SecretsManager::Secret", "AWS::Logs::LogGroup", "AWS::EFS::FileSystem", "AWS::ECR::Repository", "AWS::EC2::Volume",
	"AWS::CloudTrail::Trail", "AWS::RDS::GlobalCluster", "AWS::Kinesis::Stream", "AWS::KinesisFirehose::DeliveryStream", "AWS::Backup::BackupVault",
	// Known to neither move packets nor hold data.
	"AWS::EC2::FlowLog", "AWS::EC2::DHCPOptions", "AWS::EC2::VPCDHCPOptionsAssociation", "AWS::EC2::KeyPair",
	"AWS::ECS::Cluster", "AWS::ECS::ClusterCapacityProviderAssociations", "AWS::ECS::CapacityProvider", "AWS::ECS::TaskDefinition",
	"AWS::RDS::DBClusterParameterGroup", "AWS::RDS::DBParameterGroup", "AWS::RDS::OptionGroup", "AWS::RDS::EventSubscription",
	"AWS::ElastiCache::ParameterGroup", "AWS::ElastiCache::User", "AWS::ElastiCache::UserGroup",
	"AWS::SecretsManager::RotationSchedule", "AWS::SecretsManager::SecretTargetAttachment", "AWS::SecretsManager::ResourcePolicy",
	"AWS::Lambda::Permission", "AWS::Lambda::Version", "AWS::Lambda::Alias", "AWS::Lambda::EventSourceMapping",
	"AWS::Lambda::LayerVersion", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::CodeSigningConfig", "AWS::Signer::SigningProfile",
	"AWS::Logs::LogStream", "AWS::Logs::MetricFilter", "AWS::Logs::SubscriptionFilter", "AWS::Logs::ResourcePolicy", "AWS::Logs::QueryDefinition",
	"AWS::Events::Rule", "AWS::Events::EventBusPolicy", "AWS::Events::EventBus", "AWS::Events::Archive", "AWS::Scheduler::Schedule", "AWS::Scheduler::ScheduleGroup", "AWS::SSM::Parameter",
	"AWS::Route53::HostedZone", "AWS::Route53::RecordSet", "AWS::Route53::RecordSetGroup", "AWS::Route53::HealthCheck",
	"AWS::Route53Resolver::ResolverRule", "AWS::Route53Resolver::ResolverRuleAssociation", "AWS::Route53Resolver::FirewallDomainList",
	"AWS::Route53Resolver::FirewallRuleGroup", "AWS::Route53Resolver::FirewallRuleGroupAssociation",
	"AWS::Route53Resolver::ResolverQueryLoggingConfig", "AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation",
	"AWS::NetworkFirewall::LoggingConfiguration", "AWS::AutoScaling::ScalingPolicy", "AWS::AutoScaling::ScheduledAction",
	"AWS::AutoScaling::LifecycleHook", "AWS::Backup::BackupPlan", "AWS::Backup::BackupSelection", "AWS::Backup::RestoreTestingPlan", "AWS::Backup::RestoreTestingSelection", "AWS::CloudFormation::WaitConditionHandle",
	"AWS::CloudFormation::WaitCondition", "AWS::CloudFormation::Stack", "AWS::Lambda::LayerVersionPermission", "AWS::Redshift::ClusterParameterGroup",
	"AWS::ApiGateway::Account", "AWS::ApiGateway::ApiKey", "AWS::ApiGateway::Deployment", "AWS::ApiGateway::GatewayResponse", "AWS::ApiGateway::Model",
	"AWS::ApiGateway::RequestValidator", "AWS::ApiGateway::Resource", "AWS::ApiGateway::UsagePlan", "AWS::ApiGateway::UsagePlanKey",
	"AWS::ApiGateway::Authorizer", "AWS::ApiGateway::BasePathMapping", "AWS::ApiGateway::DomainName", "AWS::ApiGateway::Method",
	"AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage",
	"AWS::CloudFront::Distribution", "AWS::CloudFront::OriginAccessControl", "AWS::CloudFront::ResponseHeadersPolicy", "AWS::CloudFront::CachePolicy",
	"AWS::CloudFront::OriginRequestPolicy", "AWS::Logs::DeliverySource", "AWS::Logs::DeliveryDestination", "AWS::Logs::Delivery",
	"AWS::ApiGatewayV2::Deployment", "AWS::ApiGatewayV2::Model", "AWS::Cognito::IdentityPoolRoleAttachment", "AWS::Cognito::UserPoolClient",
	"AWS::IoT::Policy", "AWS::IoT::PolicyPrincipalAttachment", "AWS::IoT::ThingPrincipalAttachment", "AWS::SSM::PatchBaseline", "AWS::SSM::MaintenanceWindow",
	"AWS::EC2::PlacementGroup", "AWS::Batch::JobQueue", "AWS::Transfer::User",
	// What the provisioner of tenants' databases makes is in the cluster, which is judged itself.
	"Custom::TenantDatabase",
	"AWS::DMS::Endpoint", "AWS::DMS::ReplicationTask", "AWS::DMS::Certificate", "AWS::Athena::WorkGroup", "AWS::Glue::Database", "AWS::Glue::Crawler",
	"AWS::SSM::Document", "AWS::Glue::SecurityConfiguration", "AWS::Glue::DataCatalogEncryptionSettings",
)

// Unwalked says whether resources of a type carry packets by ways that the
// network does not follow, past route tables and security groups of the graph.
func Unwalked(typ string) bool {
	for _, prefix := range []string{"AWS::VpcLattice::", "AWS::GlobalAccelerator::", "AWS::NetworkManager::"} {
		if strings.HasPrefix(typ, prefix) {
			return true
		}
	}
	switch typ {
	case "AWS::CloudFront::VpcOrigin", "AWS::EC2::EC2Fleet", "AWS::EC2::SpotFleet", "AWS::EC2::ClientVpnEndpoint", "AWS::EC2::VerifiedAccessEndpoint",
		"AWS::EC2::InstanceConnectEndpoint", "AWS::EC2::TrafficMirrorSession", "AWS::Lightsail::Instance":
		return true
	}
	return false
}
