package leastprivilege

import (
	"strings"

	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/value"
)

// unbound are actions that know no resources, so that a policy has to name all
// of them. Source: Service Authorization Reference, "Actions, resources, and
// condition keys for" the service: the action's column of resource types is
// empty. docs/claims/least-privilege.md shows the same list.
func unbound() []string {
	return []string{
		"acm:ListCertificates",
		"autoscaling:Describe*",
		"ce:Get*",
		"cloudformation:ListStacks", "cloudformation:ValidateTemplate",
		"cloudfront:List*",
		"cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics", "cloudwatch:PutMetricData",
		"dms:DescribeConnections", "dms:DescribeEndpoints", "dms:DescribeReplicationInstances", "dms:DescribeReplicationTasks",
		"ec2:Describe*",
		"ec2messages:*",
		"ecr:GetAuthorizationToken",
		"ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition", "ecs:DiscoverPollEndpoint", "ecs:ListClusters", "ecs:ListTaskDefinitions",
		"elasticloadbalancing:Describe*",
		"guardduty:ListDetectors",
		"health:DescribeEvents",
		"iam:GetAccountSummary", "iam:ListAccountAliases", "iam:ListRoles",
		"kms:CreateKey", "kms:GenerateRandom", "kms:ListAliases", "kms:ListKeys",
		"lambda:ListFunctions",
		"logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries",
		"logs:PutResourcePolicy", "logs:UpdateLogDelivery",
		"organizations:DescribeOrganization", "organizations:ListAccounts", "organizations:ListRoots",
		"route53:ListHostedZones", "route53:ListHostedZonesByName",
		"s3:ListAllMyBuckets",
		"secretsmanager:GetRandomPassword", "secretsmanager:ListSecrets",
		"servicediscovery:DiscoverInstances",
		"servicequotas:List*",
		"sqs:ListQueues",
		"ssm:DescribeInstanceInformation", "ssm:DescribeParameters",
		"ssmmessages:*",
		"sts:GetCallerIdentity",
		"tag:GetResources", "tag:GetTagKeys", "tag:GetTagValues",
		"xray:GetSamplingRules", "xray:GetSamplingStatisticSummaries", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
	}
}

// actionsOfAll returns the actions that know no resources, by service.
func actionsOfAll() map[string][]policy.ActionPattern {
	by := map[string][]policy.ActionPattern{}
	for _, a := range unbound() {
		service, _, _ := strings.Cut(a, ":")
		by[service] = append(by[service], policy.PatternOf(value.OfString(a)))
	}
	return by
}

// resourceKeys are the keys of conditions that say which resources are meant,
// or what a new one has to be. Source: IAM User Guide, "AWS global condition
// context keys"; Service Authorization Reference.
func resourceKeys() []string {
	return []string{"aws:resourcetag/", "aws:requesttag/", "cloudwatch:namespace", "ec2:resourcetag/", "ec2:vpc", "ecs:cluster", "elasticloadbalancing:resourcetag/",
		"kms:encryptioncontext:", "kms:resourcealiases", "rds:cluster-tag/", "rds:db-tag/", "secretsmanager:resourcetag/", "ssm:resourcetag/"}
}

// escalation is an action that gives its holder more than it says. By is the
// prefix of a condition's key that binds it all the same.
type escalation struct{ action, how, by string }

// escalations are the actions with which a holder gets other privileges if it
// may use them on any role, policy, user, function, key or instance. Source:
// IAM User Guide, "Grant a user permissions to pass a role to an AWS service" and
// "Policy summary: access levels" (Permissions management); AWS Lambda, Systems
// Manager and KMS in the Service Authorization Reference.
func escalations() []escalation {
	const itself = "can give itself any privilege"
	return []escalation{
		{"iam:AddUserToGroup", itself, ""},
		{"iam:AttachGroupPolicy", itself, ""},
		{"iam:AttachRolePolicy", itself, "iam:permissionsboundary"},
		{"iam:AttachUserPolicy", itself, "iam:permissionsboundary"},
		{"iam:CreateAccessKey", "can become any user", ""},
		{"iam:CreateLoginProfile", "can become any user", ""},
		{"iam:CreatePolicyVersion", itself, ""},
		{"iam:DeleteRolePermissionsBoundary", "can take off the boundary that holds it", ""},
		{"iam:DeleteRolePolicy", "can take a denial off any role", "iam:permissionsboundary"},
		{"iam:PassRole", "can have a service act as any role", ""},
		{"iam:PutGroupPolicy", itself, ""},
		{"iam:PutRolePermissionsBoundary", "can widen the boundary that holds it", "iam:permissionsboundary"},
		{"iam:PutRolePolicy", itself, "iam:permissionsboundary"},
		{"iam:PutUserPolicy", itself, "iam:permissionsboundary"},
		{"iam:SetDefaultPolicyVersion", itself, ""},
		{"iam:UpdateAssumeRolePolicy", "can let itself become any role", ""},
		{"iam:UpdateLoginProfile", "can become any user", ""},
		{"kms:CreateGrant", "can use any key", "kms:viaservice"},
		{"kms:Decrypt", "can read whatever any key encrypts", "kms:encryptioncontext:"},
		{"kms:PutKeyPolicy", "can use any key", ""},
		{"lambda:AddPermission", "can call any function", ""},
		{"lambda:UpdateFunctionCode", "can act as the role of any function", ""},
		{"secretsmanager:GetSecretValue", "can read every secret", "secretsmanager:resourcetag/"},
		{"secretsmanager:PutResourcePolicy", "can let anybody read every secret", ""},
		{"ssm:SendCommand", "can act as the role of any instance", "ssm:resourcetag/"},
		{"ssm:StartSession", "can act as the role of any instance", "ssm:resourcetag/"},
		{"sts:AssumeRole", "can become any role that trusts its account", ""},
		{"sso:CreateAccountAssignment", "can give itself any permission set", ""},
		{"sso:PutInlinePolicyToPermissionSet", itself, ""},
		{"s3:PutBucketPolicy", "can open every bucket", ""},
	}
}

// escalating is an escalation with its action ready to be matched.
type escalating struct {
	escalation
	name policy.Action
}

func newEscalating() []escalating {
	var all []escalating
	for _, e := range escalations() {
		all = append(all, escalating{e, policy.ActionOf(e.action)})
	}
	return all
}

// narrowManaged are AWS's own policies that a service's role or an auditor
// needs and that neither administer nor read customers' data. Source: AWS
// Managed Policy Reference Guide.
func narrowManaged() map[string]bool {
	all := map[string]bool{}
	for _, name := range []string{
		"SecurityAudit", "job-function/ViewOnlyAccess",
		"AWSXRayDaemonWriteAccess", "AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy", "AmazonSSMPatchAssociation",
		"service-role/AWSLambdaBasicExecutionRole", "service-role/AWSLambdaVPCAccessExecutionRole", "service-role/AWSLambdaSQSQueueExecutionRole",
		"service-role/AmazonECSTaskExecutionRolePolicy", "service-role/AmazonRDSEnhancedMonitoringRole",
		"service-role/AmazonAPIGatewayPushToCloudWatchLogs", "service-role/AmazonDMSVPCManagementRole", "service-role/AmazonDMSCloudWatchLogsRole",
		"service-role/AWS_ConfigRole", "service-role/AWSConfigRoleForOrganizations", "service-role/AWSTransferLoggingAccess",
		"service-role/AWSControlTowerCloudTrailRolePolicy",
		"service-role/AWSBackupServiceRolePolicyForBackup", "service-role/AWSBackupServiceRolePolicyForRestores",
		"service-role/AWSControlTowerServiceRolePolicy",
		"AWSBackupServiceRolePolicyForS3Backup", "AWSBackupServiceRolePolicyForS3Restore",
		"AWSBillingReadOnlyAccess", "CloudWatchLambdaInsightsExecutionRolePolicy",
	} {
		all[name] = true
	}
	return all
}

// wideManaged says why one of AWS's own policies is too wide, and "" if that is
// not known.
func wideManaged(name string) string {
	short := name[strings.LastIndexByte(name, '/')+1:]
	switch {
	case short == "AdministratorAccess" || strings.HasPrefix(short, "AdministratorAccess-"):
		return "allows every action on every resource"
	case short == "PowerUserAccess":
		return "allows every action but those of identity, on every resource"
	case short == "IAMFullAccess":
		return "lets its holder give itself any privilege"
	case short == "ReadOnlyAccess":
		return "reads every customer's data, not only settings"
	case strings.HasSuffix(short, "FullAccess"), strings.HasSuffix(short, "_FullAccess"), strings.HasSuffix(short, "PowerUser"):
		return "allows every action of a service on every resource"
	case strings.HasPrefix(name, "job-function/") && short != "ViewOnlyAccess":
		return "is a whole job's, on every resource"
	case short == "AmazonEC2RoleforSSM":
		return "reads and writes every bucket; AWS says to use AmazonSSMManagedInstanceCore"
	}
	return ""
}
