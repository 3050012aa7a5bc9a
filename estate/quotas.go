package estate

import (
	"slices"
	"strings"

	"github.com/suretyhq/surety/diag"
)

// Quota is one limit that AWS sets, with what it grants at first.
type Quota struct {
	// ID is the service's code, a slash, and what is counted.
	ID string
	// Name is the quota's name in AWS's words.
	Name string
	// Default is what AWS grants at first.
	Default int
	// Adjustable says whether AWS raises it on request.
	Adjustable bool
	// Max is the most that AWS grants, and 0 where it says nothing.
	Max int
	// Per says what is counted together: "template", "account and Region",
	// "account", or one resource, by what it is.
	Per string
	// Page is the AWS page that says so.
	Page string
}

// What quotas count together, where that is not one resource.
const (
	PerTemplate = "template"
	PerRegion   = "account and Region"
	PerAccount  = "account"
)

// IDs of quotas that this package itself looks at.
const (
	quotaGatewayTables = "ec2/route-tables-per-transit-gateway"
	quotaGroupRules    = "vpc/rules-per-security-group"
	quotaGroups        = "vpc/security-groups-per-interface"
)

// maxRulesByGroups is what the two quotas of security groups may come to when
// multiplied ("Amazon VPC quotas", Security groups).
const maxRulesByGroups = 1000

// managementName is what quotas calls the management account.
const managementName = "management"

// AWS's pages about quotas.
const (
	pageCloudFormation = "Understand CloudFormation quotas, AWS CloudFormation User Guide"
	pageVPC            = "Amazon VPC quotas, Amazon VPC User Guide"
	pagePrivateLink    = "AWS PrivateLink quotas, AWS PrivateLink Guide"
	pageTransit        = "Quotas for your transit gateways, Amazon VPC Transit Gateways"
	pageFirewall       = "AWS Network Firewall quotas, AWS Network Firewall Developer Guide"
	pageALB            = "Quotas for your Application Load Balancers, Elastic Load Balancing"
	pageNLB            = "Quotas for your Network Load Balancers, Elastic Load Balancing"
	pageDNS            = "Quotas, Amazon Route 53 Developer Guide"
	pageIAM            = "IAM and AWS STS quotas, AWS IAM User Guide"
	pageOrganizations  = "Quotas and service limits for AWS Organizations, AWS Organizations User Guide"
	pageREST           = "Quotas for configuring and running a REST API in API Gateway, Amazon API Gateway Developer Guide"
	pageHTTP           = "Quotas for configuring and running an HTTP API in API Gateway, Amazon API Gateway Developer Guide"
	pageECS            = "Amazon ECS service quotas, Amazon ECS Developer Guide"
	pageLambda         = "Lambda quotas, AWS Lambda Developer Guide"
	pageKMS            = "Quotas, AWS KMS Developer Guide"
	pageCloudFront     = "Quotas, Amazon CloudFront Developer Guide"
	pageWAF            = "AWS WAF quotas, AWS WAF Developer Guide"
	pageRDS            = "Quotas and constraints for Amazon Aurora, Amazon Aurora User Guide"
	pageElastiCache    = "Amazon ElastiCache endpoints and quotas, AWS General Reference"
	pageLogs           = "CloudWatch Logs quotas, Amazon CloudWatch Logs User Guide"
	pageS3             = "Quotas for Amazon S3: Amazon Simple Storage Service endpoints and quotas, AWS General Reference"
	pageEvents         = "Amazon EventBridge quotas, Amazon EventBridge User Guide"
	pageDynamoDB       = "Quotas in Amazon DynamoDB, Amazon DynamoDB Developer Guide"
	pageACM            = "Quotas, AWS Certificate Manager User Guide"
	pageDMS            = "Quotas for AWS Database Migration Service, AWS Database Migration Service User Guide"
	pageTransfer       = "AWS Transfer Family endpoints and quotas, AWS General Reference"
	pageCloudTrail     = "Quotas in AWS CloudTrail, AWS CloudTrail User Guide"
	pageCloudMap       = "AWS Cloud Map service quotas, AWS Cloud Map Developer Guide"
	pageScaling        = "Quotas for Auto Scaling resources and groups, Amazon EC2 Auto Scaling User Guide"
	pageECR            = "Amazon ECR service quotas, Amazon ECR User Guide"
	pageConfig         = "Service Limits, AWS Config Developer Guide"
	pageTargets        = "Quotas for Application Auto Scaling, Application Auto Scaling User Guide"
	pageAlarms         = "CloudWatch service quotas, Amazon CloudWatch User Guide"
	pageSecrets        = "AWS Secrets Manager quotas, AWS Secrets Manager User Guide"
)

// Quotas returns the quotas that are checked, by id.
func Quotas() []Quota {
	all := slices.Concat(templateQuotas(), networkQuotas(), identityQuotas(), serviceQuotas())
	for i := range all {
		all[i].Adjustable = all[i].Adjustable || all[i].Max > 0
	}
	slices.SortFunc(all, func(a, b Quota) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// adjustable is how a row of the tables says that AWS raises a quota on
// request without saying how far.
const adjustable = true

func templateQuotas() []Quota {
	return []Quota{
		{"cloudformation/description-bytes", "bytes of a template's description", 1024, false, 0, PerTemplate, pageCloudFormation},
		{"cloudformation/mappings-per-template", "mappings", 200, false, 0, PerTemplate, pageCloudFormation},
		{"cloudformation/outputs-per-template", "outputs", 200, false, 0, PerTemplate, pageCloudFormation},
		{"cloudformation/parameters-per-template", "parameters", 200, false, 0, PerTemplate, pageCloudFormation},
		{"cloudformation/resources-per-template", "resources", 500, false, 0, PerTemplate, pageCloudFormation},
		{"cloudformation/stacks", "stacks", 2000, adjustable, 0, PerRegion, pageCloudFormation},
		{"cloudformation/template-bytes", "bytes of a template", 1 << 20, false, 0, PerTemplate, pageCloudFormation},
	}
}

func networkQuotas() []Quota {
	return []Quota{
		{"ec2/elastic-ips", "Elastic IP addresses", 5, adjustable, 0, PerRegion, pageVPC},
		{"ec2/network-interfaces", "network interfaces, without what scaling adds", 5000, adjustable, 0, PerRegion, pageVPC},
		{"ec2/transit-gateways", "transit gateways", 5, adjustable, 0, PerRegion, pageTransit},
		{quotaGatewayTables, "route tables", 20, adjustable, 0, "transit gateway", pageTransit},
		{"ec2/routes-per-transit-gateway", "routes of all its tables", 10000, adjustable, 0, "transit gateway", pageTransit},
		{"ec2/attachments-per-transit-gateway", "attachments", 5000, false, 0, "transit gateway", pageTransit},
		{"ec2/peerings-per-transit-gateway", "peering attachments", 50, adjustable, 0, "transit gateway", pageTransit},
		{"ec2/transit-gateways-per-vpc", "transit gateways", 5, false, 0, "VPC", pageTransit},

		{"vpc/vpcs", "VPCs", 5, adjustable, 0, PerRegion, pageVPC},
		{"vpc/internet-gateways", "internet gateways", 5, adjustable, 0, PerRegion, pageVPC},
		{"vpc/egress-only-internet-gateways", "egress-only internet gateways", 5, adjustable, 0, PerRegion, pageVPC},
		{"vpc/cidr-blocks-per-vpc", "IPv4 CIDR blocks", 5, adjustable, 50, "VPC", pageVPC},
		{"vpc/subnets-per-vpc", "subnets", 200, adjustable, 0, "VPC", pageVPC},
		{"vpc/route-tables-per-vpc", "route tables", 200, adjustable, 0, "VPC", pageVPC},
		{"vpc/routes-per-route-table", "routes", 500, adjustable, 1000, "route table", pageVPC},
		{"vpc/network-acls-per-vpc", "network ACLs", 200, adjustable, 0, "VPC", pageVPC},
		{"vpc/rules-per-network-acl", "rules of one direction", 20, adjustable, 40, "network ACL", pageVPC},
		{"vpc/security-groups", "security groups", 2500, adjustable, 0, PerRegion, pageVPC},
		{quotaGroupRules, "rules of one direction", 60, adjustable, 200, "security group", pageVPC},
		{quotaGroups, "security groups", 5, adjustable, 16, "network interface", pageVPC},
		{"vpc/rules-per-interface", "rules of one direction of all its groups", maxRulesByGroups, false, 0, "network interface", pageVPC},
		{"vpc/prefix-lists", "prefix lists", 100, adjustable, 0, PerRegion, pageVPC},
		{"vpc/entries-per-prefix-list", "entries", 1000, adjustable, 0, "prefix list", pageVPC},
		{"vpc/peerings-per-vpc", "peering connections", 50, adjustable, 125, "VPC", pageVPC},
		{"vpc/nat-gateways-per-zone", "NAT gateways", 5, adjustable, 0, "Availability Zone", pageVPC},
		{"vpc/gateway-endpoints", "gateway endpoints", 20, adjustable, 0, PerRegion, pagePrivateLink},
		{"vpc/interface-endpoints-per-vpc", "interface and Gateway Load Balancer endpoints", 50, adjustable, 0, "VPC", pagePrivateLink},
		{"vpc/characters-per-endpoint-policy", "characters of its policy", 20480, false, 0, "VPC endpoint", pagePrivateLink},

		{"network-firewall/firewalls", "firewalls", 5, adjustable, 0, PerRegion, pageFirewall},
		{"network-firewall/policies", "firewall policies", 20, adjustable, 0, PerRegion, pageFirewall},
		{"network-firewall/stateful-rule-groups", "stateful rule groups", 50, adjustable, 0, PerRegion, pageFirewall},
		{"network-firewall/stateless-rule-groups", "stateless rule groups", 50, adjustable, 0, PerRegion, pageFirewall},
		{"network-firewall/stateful-capacity-per-policy", "capacity of its stateful rule groups", 30000, adjustable, 0, "firewall policy", pageFirewall},

		{"elasticloadbalancing/albs", "Application Load Balancers", 50, adjustable, 0, PerRegion, pageALB},
		{"elasticloadbalancing/nlbs", "Network Load Balancers", 50, adjustable, 0, PerRegion, pageNLB},
		{"elasticloadbalancing/target-groups", "target groups", 3000, adjustable, 0, PerRegion, pageALB},
		{"elasticloadbalancing/listeners-per-alb", "listeners", 50, adjustable, 0, "Application Load Balancer", pageALB},
		{"elasticloadbalancing/listeners-per-nlb", "listeners", 50, adjustable, 0, "Network Load Balancer", pageNLB},
		{"elasticloadbalancing/rules-per-alb", "rules, defaults not counted", 100, adjustable, 0, "Application Load Balancer", pageALB},
		{"elasticloadbalancing/target-groups-per-alb", "target groups", 100, false, 0, "Application Load Balancer", pageALB},
		{"elasticloadbalancing/target-groups-per-action", "target groups of one action", 5, false, 0, "Application Load Balancer", pageALB},
		{"elasticloadbalancing/certificates-per-alb", "certificates, defaults not counted", 25, adjustable, 0, "Application Load Balancer", pageALB},
		{"elasticloadbalancing/condition-values-per-rule", "values of its conditions", 5, adjustable, 0, "listener rule", pageALB},

		{"route53/hosted-zones", "hosted zones", 500, adjustable, 0, PerAccount, pageDNS},
		{"route53/health-checks", "health checks", 200, adjustable, 0, PerAccount, pageDNS},
		{"route53/records-per-hosted-zone", "records", 10000, adjustable, 0, "hosted zone", pageDNS},
		{"route53/vpcs-per-hosted-zone", "VPCs", 300, adjustable, 0, "private hosted zone", pageDNS},
		{"route53resolver/endpoints", "Resolver endpoints", 4, adjustable, 0, PerRegion, pageDNS},
		{"route53resolver/rules", "Resolver rules", 1000, adjustable, 0, PerRegion, pageDNS},
		{"route53resolver/firewall-rule-groups-per-vpc", "DNS Firewall rule groups", 5, adjustable, 0, "VPC", pageDNS},
		{"route53resolver/rules-per-firewall-rule-group", "rules", 100, adjustable, 0, "DNS Firewall rule group", pageDNS},
	}
}

func identityQuotas() []Quota {
	return []Quota{
		{"iam/roles", "roles", 1000, adjustable, 10000, PerAccount, pageIAM},
		{"iam/customer-managed-policies", "customer managed policies", 1500, adjustable, 10000, PerAccount, pageIAM},
		{"iam/instance-profiles", "instance profiles", 1000, adjustable, 0, PerAccount, pageIAM},
		{"iam/managed-policies-per-role", "managed policies", 10, adjustable, 25, "role", pageIAM},
		{"iam/characters-per-managed-policy", "characters of its document", 6144, false, 0, "managed policy", pageIAM},
		{"iam/characters-of-inline-policies-per-role", "characters of its inline policies", 10240, false, 0, "role", pageIAM},
		{"iam/characters-per-trust-policy", "characters of its trust policy", 2048, adjustable, 8192, "role", pageIAM},

		{"organizations/scps-per-target", "service control policies", 10, false, 0, "root, OU or account", pageOrganizations},
		{"organizations/rcps-per-target", "resource control policies", 5, false, 0, "root, OU or account", pageOrganizations},
		{"organizations/characters-per-scp", "characters", 10240, false, 0, "service control policy", pageOrganizations},
		{"organizations/characters-per-rcp", "characters", 5120, false, 0, "resource control policy", pageOrganizations},

		{"kms/keys", "keys", 100000, adjustable, 0, PerRegion, pageKMS},
		{"kms/aliases-per-key", "aliases", 50, adjustable, 0, "key", pageKMS},
		{"kms/bytes-per-key-policy", "bytes of its policy", 32768, false, 0, "key", pageKMS},
	}
}

func serviceQuotas() []Quota {
	return []Quota{
		{"apigateway/regional-apis", "Regional REST APIs", 600, false, 0, PerRegion, pageREST},
		{"apigateway/usage-plans", "usage plans", 300, adjustable, 0, PerRegion, pageREST},
		{"apigateway/usage-plans-per-api-key", "usage plans", 10, adjustable, 0, "API key", pageREST},
		{"apigateway/api-keys", "API keys", 10000, false, 0, PerRegion, pageREST},
		{"apigateway/custom-domain-names", "public custom domain names", 120, adjustable, 0, PerRegion, pageREST},
		{"apigateway/authorizers-per-api", "authorizers", 10, adjustable, 0, "REST API", pageREST},
		{"apigateway/resources-per-api", "resources", 300, adjustable, 0, "REST API", pageREST},
		{"apigateway/stages-per-api", "stages", 10, adjustable, 0, "REST API", pageREST},
		{"apigateway/vpc-links-v1", "VPC links to Network Load Balancers", 20, adjustable, 0, PerRegion, pageREST},
		{"apigateway/vpc-links", "VPC links", 10, adjustable, 0, PerRegion, pageHTTP},
		{"apigateway/routes-per-http-api", "routes", 300, adjustable, 0, "HTTP API", pageHTTP},

		{"ecs/clusters", "clusters", 10000, adjustable, 0, PerRegion, pageECS},
		{"ecs/services-per-cluster", "services", 5000, adjustable, 0, "cluster", pageECS},
		{"ecs/tasks-per-service", "tasks", 5000, adjustable, 0, "service", pageECS},
		{"ecs/containers-per-task-definition", "containers", 10, false, 0, "task definition", pageECS},
		{"ecs/security-groups-per-service", "security groups", 5, false, 0, "service", pageECS},
		{"ecs/subnets-per-service", "subnets", 16, false, 0, "service", pageECS},
		{"ecs/target-groups-per-service", "target groups", 5, false, 0, "service", pageECS},
		{"ecr/pull-through-cache-rules", "pull-through cache rules", 50, false, 0, PerRegion, pageECR},
		{"autoscaling/groups", "Auto Scaling groups", 500, adjustable, 0, PerRegion, pageScaling},
		{"application-autoscaling/ecs-services", "ECS services that scale", 3000, adjustable, 0, PerRegion, pageTargets},
		{"servicediscovery/namespaces", "namespaces", 50, adjustable, 0, PerRegion, pageCloudMap},
		{"servicediscovery/instances-per-namespace", "tasks that register, without what scaling adds", 2000, adjustable, 0, "namespace", pageCloudMap},
		{"secretsmanager/secrets", "secrets", 500000, false, 0, PerRegion, pageSecrets},

		{"lambda/interfaces-per-vpc", "Hyperplane network interfaces", 500, adjustable, 0, "VPC", pageLambda},
		{"lambda/concurrent-executions", "reserved concurrent executions and the 100 that stay unreserved", 1000, adjustable, 0, PerRegion, pageLambda},
		{"lambda/layers-per-function", "layers", 5, false, 0, "function", pageLambda},
		{"lambda/bytes-of-environment", "bytes of its environment variables", 4096, false, 0, "function", pageLambda},

		{"cloudfront/distributions", "distributions", 500, adjustable, 0, PerAccount, pageCloudFront},
		{"cloudfront/aliases-per-distribution", "alternate domain names", 100, adjustable, 0, "distribution", pageCloudFront},
		{"cloudfront/behaviors-per-distribution", "cache behaviors", 75, adjustable, 0, "distribution", pageCloudFront},
		{"cloudfront/origins-per-distribution", "origins", 100, adjustable, 0, "distribution", pageCloudFront},
		{"wafv2/web-acls", "web ACLs", 100, adjustable, 0, PerRegion, pageWAF},
		{"wafv2/ip-sets", "IP sets", 100, adjustable, 0, PerRegion, pageWAF},
		{"wafv2/addresses-per-ip-set", "addresses", 10000, false, 0, "IP set", pageWAF},
		{"acm/certificates", "certificates", 2500, adjustable, 0, PerRegion, pageACM},
		{"acm/names-per-certificate", "domain names", 10, adjustable, 100, "certificate", pageACM},

		{"rds/clusters", "DB clusters", 40, adjustable, 0, PerRegion, pageRDS},
		{"rds/instances", "DB instances", 40, adjustable, 0, PerRegion, pageRDS},
		{"rds/instances-per-cluster", "DB instances", 16, false, 0, "DB cluster", pageRDS},
		{"rds/subnet-groups", "DB subnet groups", 50, adjustable, 0, PerRegion, pageRDS},
		{"elasticache/nodes", "nodes", 300, adjustable, 0, PerRegion, pageElastiCache},
		{"elasticache/users", "users", 1000, adjustable, 0, PerRegion, pageElastiCache},
		{"elasticache/user-groups", "user groups", 100, adjustable, 0, PerRegion, pageElastiCache},
		{"elasticache/users-per-group", "users", 100, adjustable, 0, "user group", pageElastiCache},
		{"dynamodb/tables", "tables", 2500, adjustable, 0, PerRegion, pageDynamoDB},
		{"dynamodb/indexes-per-table", "global secondary indexes", 20, adjustable, 0, "table", pageDynamoDB},
		{"s3/buckets", "general purpose buckets", 10000, adjustable, 0, PerAccount, pageS3},
		{"s3/bytes-per-bucket-policy", "bytes of its policy", 20480, false, 0, "bucket", pageS3},
		{"dms/replication-instances", "replication instances", 60, adjustable, 0, PerRegion, pageDMS},
		{"dms/tasks", "tasks", 600, adjustable, 0, PerRegion, pageDMS},
		{"transfer/servers", "servers", 50, adjustable, 0, PerRegion, pageTransfer},

		{"events/buses", "event buses", 100, adjustable, 0, PerRegion, pageEvents},
		{"events/rules-per-bus", "rules", 300, adjustable, 0, "event bus", pageEvents},
		{"events/targets-per-rule", "targets", 5, false, 0, "rule", pageEvents},
		{"cloudwatch/alarms", "alarms, those of target tracking among them", 5000, adjustable, 0, PerRegion, pageAlarms},
		{"logs/log-groups", "log groups", 1000000, adjustable, 0, PerRegion, pageLogs},
		{"logs/metric-filters-per-log-group", "metric filters", 100, false, 0, "log group", pageLogs},
		{"logs/subscription-filters-per-log-group", "subscription filters", 2, false, 0, "log group", pageLogs},
		{"logs/resource-policies", "resource policies", 10, false, 0, PerRegion, pageLogs},
		{"cloudtrail/trails", "trails", 5, false, 0, PerRegion, pageCloudTrail},
		{"config/rules", "AWS Config rules", 1000, adjustable, 0, PerRegion, pageConfig},
	}
}

// Granted returns how much AWS grants an account of each quota, in the order of
// Quotas: its default, or what the estate says was granted. Positions are
// those of the estate file, zero where it says nothing.
func (e *Estate) Granted(accountID string) (limits []int, said []diag.Position) {
	all := Quotas()
	limits, said = make([]int, len(all)), make([]diag.Position, len(all))
	name, grants := e.grants(accountID)
	for i, q := range all {
		limits[i] = q.Default
		if n, ok := grants.Get(q.ID); ok {
			limits[i], said[i] = n, e.Pos("quotas/"+name+"/"+q.ID)
		}
	}
	return limits, said
}

// grants returns the short name of an account and what the estate says that
// AWS granted it.
func (e *Estate) grants(accountID string) (string, Map[int]) {
	if accountID == "" {
		return "", Map[int]{}
	}
	if accountID == e.Organisation.Management.ID {
		grants, _ := e.Quotas.Get(managementName)
		return managementName, grants
	}
	for name, a := range e.Organisation.Accounts.All() {
		if a.ID == accountID {
			grants, _ := e.Quotas.Get(name)
			return name, grants
		}
	}
	return "", Map[int]{}
}

// granted returns how much AWS grants an account, by its short name, of one
// quota.
func (e *Estate) granted(account, id string) int {
	grants, _ := e.Quotas.Get(account)
	if n, ok := grants.Get(id); ok {
		return n
	}
	q, _ := quotaOf(id)
	return q.Default
}

func quotaOf(id string) (Quota, bool) {
	all := Quotas()
	i, ok := slices.BinarySearchFunc(all, id, func(q Quota, id string) int { return strings.Compare(q.ID, id) })
	if !ok {
		return Quota{}, false
	}
	return all[i], true
}
