package withinquotas

import (
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// names counts what Route 53 and its Resolver have.
func names(m *meter) {
	m.perAccount("route53/hosted-zones", "AWS::Route53::HostedZone")
	m.perAccount("route53/health-checks", "AWS::Route53::HealthCheck")
	m.items("route53/vpcs-per-hosted-zone", "AWS::Route53::HostedZone", "VPCs", 0)
	var records uses
	for _, r := range m.in.Graph.OfType("AWS::Route53::RecordSet") {
		records.at(zoneOf(r)).add(r, 1)
	}
	for _, r := range m.in.Graph.OfType("AWS::Route53::RecordSetGroup") {
		records.at(zoneOf(r)).add(r, r.Props.Get("RecordSets").Len())
	}
	m.measureAll("route53/records-per-hosted-zone", records)
	m.perRegion("route53resolver/endpoints", "AWS::Route53Resolver::ResolverEndpoint")
	m.perRegion("route53resolver/rules", "AWS::Route53Resolver::ResolverRule")
	m.children("route53resolver/firewall-rule-groups-per-vpc", "AWS::Route53Resolver::FirewallRuleGroupAssociation", "VpcId", nil)
	m.items("route53resolver/rules-per-firewall-rule-group", "AWS::Route53Resolver::FirewallRuleGroup", "FirewallRules", 0)
}

// zoneOf is the hosted zone that a record is in, by its id or its name.
func zoneOf(r *resource.Resource) addr.Address {
	if !r.Props.Get("HostedZoneId").IsAbsent() {
		return parent(r, "HostedZoneId")
	}
	return parent(r, "HostedZoneName")
}

// identities counts roles, policies and guardrails.
func identities(m *meter) {
	m.perAccount("iam/roles", "AWS::IAM::Role")
	m.perAccount("iam/customer-managed-policies", "AWS::IAM::ManagedPolicy")
	m.perAccount("iam/instance-profiles", "AWS::IAM::InstanceProfile")
	m.documents("iam/characters-per-managed-policy", "AWS::IAM::ManagedPolicy", "PolicyDocument")
	m.documents("iam/characters-per-trust-policy", "AWS::IAM::Role", "AssumeRolePolicyDocument")
	inline := map[addr.Address][]value.Value{}
	attached := map[addr.Address]int{}
	for _, r := range m.in.Graph.OfType("AWS::IAM::ManagedPolicy") {
		for _, role := range r.Props.Get("Roles").Items() {
			attached[named(r, role, "Roles")]++
		}
	}
	for _, r := range m.in.Graph.OfType("AWS::IAM::Policy") {
		for _, role := range r.Props.Get("Roles").Items() {
			at := named(r, role, "Roles")
			inline[at] = append(inline[at], r.Props.Get("PolicyDocument"))
		}
	}
	for _, r := range m.in.Graph.OfType("AWS::IAM::RolePolicy") {
		at := parent(r, "RoleName")
		inline[at] = append(inline[at], r.Props.Get("PolicyDocument"))
	}
	for _, r := range m.in.Graph.OfType("AWS::IAM::Role") {
		docs := inline[r.Addr]
		for _, p := range r.Props.Get("Policies").Items() {
			docs = append(docs, p.Get("PolicyDocument"))
		}
		m.document("iam/characters-of-inline-policies-per-role", r, "Policies", docs...)
		arns := r.Props.Get("ManagedPolicyArns")
		if why := arns.Reason(); why != nil {
			m.doubt("iam/managed-policies-per-role", r, "ManagedPolicyArns", why)
			continue
		}
		m.measure("iam/managed-policies-per-role", use{at: r.Addr, last: r, property: "ManagedPolicyArns", used: arns.Len() + attached[r.Addr]})
	}
	organizations(m)
}

// organizations counts guardrails. FullAWSAccess, or RCPFullAWSAccess, is
// attached to every target by AWS and counts, and so does what Control Tower
// attaches to each OU that it governs ("Service control policies (SCPs)",
// "Resource control policies (RCPs)", AWS Organizations User Guide).
func organizations(m *meter) {
	own := 1
	if len(m.in.Graph.OfType("AWS::ControlTower::LandingZone"))+len(m.in.Graph.OfType("AWS::ControlTower::EnabledControl")) > 0 {
		own++
	}
	for _, kind := range []struct {
		typ, targets, characters string
		own                      int
	}{
		{"SERVICE_CONTROL_POLICY", "organizations/scps-per-target", "organizations/characters-per-scp", own},
		{"RESOURCE_CONTROL_POLICY", "organizations/rcps-per-target", "organizations/characters-per-rcp", 1},
	} {
		var u uses
		for _, r := range m.in.Graph.OfType("AWS::Organizations::Policy") {
			if r.Props.Get("Type").Text() != kind.typ {
				continue
			}
			m.document(kind.characters, r, "Content", r.Props.Get("Content"))
			if why := r.Props.Get("TargetIds").Reason(); why != nil {
				m.doubt(kind.targets, r, "TargetIds", why)
			}
			for _, target := range r.Props.Get("TargetIds").Items() {
				x := u.at(named(r, target, "TargetIds"))
				if x.used == 0 {
					x.used = kind.own
				}
				x.add(r, 1)
			}
		}
		m.measureAll(kind.targets, u)
	}
}

func keys(m *meter) {
	m.perRegion("kms/keys", "AWS::KMS::Key", "AWS::KMS::ReplicaKey")
	m.children("kms/aliases-per-key", "AWS::KMS::Alias", "TargetKeyId", nil)
	m.documents("kms/bytes-per-key-policy", "AWS::KMS::Key", "KeyPolicy")
	m.documents("kms/bytes-per-key-policy", "AWS::KMS::ReplicaKey", "KeyPolicy")
}

// services counts what the other services have.
func services(m *meter) {
	compute(m)
	apis(m)
	edges(m)
	data(m)
	events(m)
}

func compute(m *meter) {
	const service, function, awsvpc = "AWS::ECS::Service", "AWS::Lambda::Function", "NetworkConfiguration/AwsvpcConfiguration/"
	m.perRegion("ecs/clusters", "AWS::ECS::Cluster")
	m.children("ecs/services-per-cluster", service, "Cluster", nil)
	for _, r := range m.in.Graph.OfType(service) {
		m.measure("ecs/tasks-per-service", use{at: r.Addr, last: r, property: "DesiredCount", used: integer(r, "DesiredCount", 1)})
	}
	m.items("ecs/containers-per-task-definition", "AWS::ECS::TaskDefinition", "ContainerDefinitions", 0)
	m.items("ecs/security-groups-per-service", service, awsvpc+"SecurityGroups", 0)
	m.items("ecs/subnets-per-service", service, awsvpc+"Subnets", 0)
	m.items("ecs/target-groups-per-service", service, "LoadBalancers", 0)
	m.perRegion("ecr/pull-through-cache-rules", "AWS::ECR::PullThroughCacheRule")
	m.perRegion("autoscaling/groups", "AWS::AutoScaling::AutoScalingGroup")
	m.perRegion("servicediscovery/namespaces", "AWS::ServiceDiscovery::PrivateDnsNamespace", "AWS::ServiceDiscovery::PublicDnsNamespace", "AWS::ServiceDiscovery::HttpNamespace")

	m.items("lambda/layers-per-function", function, "Layers", 0)
	var reserved uses
	for _, r := range m.in.Graph.OfType(function) {
		m.environment(r)
		if n := integer(r, "ReservedConcurrentExecutions", 0); n > 0 {
			x := reserved.at(region(r.Addr.Stack))
			if x.used == 0 {
				x.used = unreserved
			}
			x.add(r, n)
		}
	}
	m.measureAll("lambda/concurrent-executions", reserved)
	hyperplane(m)
}

// unreserved is how many concurrent executions cannot be reserved
// ("Configuring reserved concurrency for a function").
const unreserved = 100

// environment measures a function's environment variables, names and values.
func (m *meter) environment(r *resource.Resource) {
	const id, path = "lambda/bytes-of-environment", "Environment/Variables"
	var s size
	vars := r.Props.Path(path)
	for k, v := range vars.Entries() {
		s.known += len(k)
		s.add(v)
	}
	switch {
	case vars.IsUnknown():
		m.doubt(id, r, path, vars.Reason())
	case s.unknown != nil:
		m.doubt(id, r, path, s.unknown)
	case vars.Len() > 0:
		m.measure(id, use{at: r.Addr, last: r, property: path, used: s.known + s.assumed, perhaps: s.assumed})
	}
}

// hyperplane counts the network interfaces that Lambda makes: one for each
// subnet and set of groups, whatever the number of functions ("Giving Lambda
// functions access to resources in an Amazon VPC").
func hyperplane(m *meter) {
	var u uses
	seen := map[string]bool{}
	for _, i := range m.in.Graph.Interfaces() {
		s := resource.View[resource.Subnet](m.in.Graph, i.Subnet.To)
		if i.Kind != resource.EndFunction || s == nil {
			continue
		}
		if key := sharing(i); !seen[key] {
			seen[key] = true
			u.at(linked(s.Resource, s.VPC)).add(i.Owner, 1)
		}
	}
	m.measureAll("lambda/interfaces-per-vpc", u)
}

// sharing is the same for functions that share a network interface: those with
// one subnet and one set of groups.
func sharing(i resource.Interface) string {
	var key strings.Builder
	for _, l := range append([]resource.Link{i.Subnet}, i.Groups...) {
		key.WriteString(l.To.String() + l.ID + "\n")
	}
	return key.String()
}

func apis(m *meter) {
	m.total("apigateway/regional-apis", region, only(func(r *resource.Resource) bool {
		return r.Props.Path("EndpointConfiguration/Types/0").Text() == "REGIONAL"
	}), "AWS::ApiGateway::RestApi")
	m.perRegion("apigateway/usage-plans", "AWS::ApiGateway::UsagePlan")
	m.perRegion("apigateway/api-keys", "AWS::ApiGateway::ApiKey")
	m.children("apigateway/usage-plans-per-api-key", "AWS::ApiGateway::UsagePlanKey", "KeyId", nil)
	m.perRegion("apigateway/custom-domain-names", "AWS::ApiGateway::DomainName", "AWS::ApiGatewayV2::DomainName")
	m.children("apigateway/authorizers-per-api", "AWS::ApiGateway::Authorizer", "RestApiId", nil)
	m.children("apigateway/resources-per-api", "AWS::ApiGateway::Resource", "RestApiId", nil)
	m.children("apigateway/stages-per-api", "AWS::ApiGateway::Stage", "RestApiId", nil)
	m.perRegion("apigateway/vpc-links-v1", "AWS::ApiGateway::VpcLink")
	m.perRegion("apigateway/vpc-links", "AWS::ApiGatewayV2::VpcLink")
	m.children("apigateway/routes-per-http-api", "AWS::ApiGatewayV2::Route", "ApiId", nil)
}

func edges(m *meter) {
	const distribution = "AWS::CloudFront::Distribution"
	m.perAccount("cloudfront/distributions", distribution)
	m.items("cloudfront/aliases-per-distribution", distribution, "DistributionConfig/Aliases", 0)
	m.items("cloudfront/behaviors-per-distribution", distribution, "DistributionConfig/CacheBehaviors", 1) // and the default one
	m.items("cloudfront/origins-per-distribution", distribution, "DistributionConfig/Origins", 0)
	m.perRegion("wafv2/web-acls", "AWS::WAFv2::WebACL")
	m.perRegion("wafv2/ip-sets", "AWS::WAFv2::IPSet")
	m.items("wafv2/addresses-per-ip-set", "AWS::WAFv2::IPSet", "Addresses", 0)
	m.perRegion("acm/certificates", "AWS::CertificateManager::Certificate")
	m.items("acm/names-per-certificate", "AWS::CertificateManager::Certificate", "SubjectAlternativeNames", 1) // and DomainName
}

func data(m *meter) {
	m.perRegion("rds/clusters", "AWS::RDS::DBCluster")
	m.perRegion("rds/instances", "AWS::RDS::DBInstance")
	m.children("rds/instances-per-cluster", "AWS::RDS::DBInstance", "DBClusterIdentifier", only(func(r *resource.Resource) bool {
		return !r.Props.Get("DBClusterIdentifier").IsAbsent()
	}))
	m.perRegion("rds/subnet-groups", "AWS::RDS::DBSubnetGroup")
	m.total("elasticache/nodes", region, nodes, "AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::CacheCluster")
	m.items("elasticache/users-per-group", "AWS::ElastiCache::UserGroup", "UserIds", 0)
	m.perRegion("dynamodb/tables", "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
	m.items("dynamodb/indexes-per-table", "AWS::DynamoDB::Table", "GlobalSecondaryIndexes", 0)
	m.items("dynamodb/indexes-per-table", "AWS::DynamoDB::GlobalTable", "GlobalSecondaryIndexes", 0)
	m.perAccount("s3/buckets", "AWS::S3::Bucket")
	m.documents("s3/bytes-per-bucket-policy", "AWS::S3::BucketPolicy", "PolicyDocument")
	m.perRegion("dms/replication-instances", "AWS::DMS::ReplicationInstance")
	m.perRegion("dms/tasks", "AWS::DMS::ReplicationTask")
	m.perRegion("transfer/servers", "AWS::Transfer::Server")
}

// nodes counts the nodes of a cache ("AWS::ElastiCache::ReplicationGroup").
func nodes(r *resource.Resource) int {
	if r.Type == "AWS::ElastiCache::CacheCluster" {
		return integer(r, "NumCacheNodes", 1)
	}
	return max(integer(r, "NumCacheClusters", 1), integer(r, "NumNodeGroups", 1)*(1+integer(r, "ReplicasPerNodeGroup", 0)))
}

func events(m *meter) {
	m.perRegion("events/buses", "AWS::Events::EventBus")
	var rules uses
	for _, r := range m.in.Graph.OfType("AWS::Events::Rule") {
		at := region(r.Addr.Stack)
		at.Logical = "default"
		if !r.Props.Get("EventBusName").IsAbsent() {
			at = parent(r, "EventBusName")
		}
		rules.at(at).add(r, 1)
	}
	m.measureAll("events/rules-per-bus", rules)
	m.items("events/targets-per-rule", "AWS::Events::Rule", "Targets", 0)
	m.children("logs/metric-filters-per-log-group", "AWS::Logs::MetricFilter", "LogGroupName", nil)
	m.children("logs/subscription-filters-per-log-group", "AWS::Logs::SubscriptionFilter", "LogGroupName", nil)
	m.perRegion("logs/resource-policies", "AWS::Logs::ResourcePolicy")
	m.perRegion("cloudtrail/trails", "AWS::CloudTrail::Trail")
	m.perRegion("config/rules", "AWS::Config::ConfigRule")
}
