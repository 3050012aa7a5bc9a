package guardrails

import "slices"

// global are the actions that AWS serves from one Region for all: denying other
// Regions would deny them everywhere. Source: AWS Organizations User Guide, "Deny
// access to AWS based on the requested AWS Region"; AWS Control Tower Controls
// Reference Guide, "Region deny control applied to the OU".
func global() []string {
	return []string{"account:*", "artifact:*", "aws-portal:*", "billing:*", "budgets:*", "ce:*", "cloudfront:*", "consolidatedbilling:*", "cur:*",
		"freetier:*", "health:*", "iam:*", "invoicing:*", "notifications:*", "organizations:*", "payments:*", "pricing:*", "route53:*", "route53domains:*",
		"route53-recovery-cluster:*", "route53-recovery-control-config:*", "s3:GetAccountPublicAccessBlock", "s3:GetBucketLocation", "s3:ListAllMyBuckets",
		"s3:PutAccountPublicAccessBlock", "shield:*", "sso:*", "sts:*", "support:*", "tax:*", "trustedadvisor:*"}
}

// edge is what CloudFront needs in its own Region, what deploys it (the CDK's
// bootstrap has a bucket, a repository and a parameter in every Region), and what
// watches there: no customer's data lies in any of it.
func edge() []string {
	return []string{"access-analyzer:*", "acm:*", "cloudformation:*", "cloudtrail:*", "cloudwatch:*", "config:*", "ecr:*", "events:*", "firehose:ListDeliveryStreams",
		"guardduty:*", "kms:*", "logs:*", "s3:*", "securityhub:*", "servicequotas:*", "sns:*", "ssm:*", "tag:*", "wafv2:*"}
}

// regions keeps everything where the organisation runs, and only the edge in
// the edge's Region.
func (p *Props) regions() Policy {
	all := slices.Clone(p.Regions)
	if p.EdgeRegion != "" && !slices.Contains(all, p.EdgeRegion) {
		all = append(all, p.EdgeRegion)
	}
	lock := func(sid string, except []string, condition map[string]any) Statement {
		s := deny(sid, nil, condition, but(tower, towerRoles))
		delete(s, "Action")
		s["NotAction"] = except
		return s
	}
	statements := []Statement{lock("OtherRegions", global(), when("StringNotEquals", "aws:RequestedRegion", all))}
	if len(all) > len(p.Regions) {
		statements = append(statements, lock("EdgeRegion", slices.Concat(global(), edge()), when("StringEquals", "aws:RequestedRegion", p.EdgeRegion)))
	}
	return Policy{Name: "regions", Kind: ServiceControl, Statements: statements,
		Description: "Data and workloads stay in the Regions of the estate"}
}

// account keeps accounts in the organisation and people out of what lasts:
// root users, IAM users, and the roles that deploy and govern.
func (p *Props) account() Policy {
	root := deny("RootUsers", []string{"*"}, when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:root"), when("Null", "aws:AssumedRoot", "true"))
	roles := deny("DeployRoles", []string{"iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary", "iam:DeleteRolePolicy",
		"iam:DetachRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole"}, but(tower, bootstrapper))
	roles["Resource"] = []string{"arn:aws:iam::*:role/cdk-hnb659fds-*", tower, towerRoles, bootstrapper}
	return Policy{Name: "account", Kind: ServiceControl, Description: "Accounts stay in the organisation; no root users, no IAM users, no change to the roles that deploy",
		Statements: []Statement{
			deny("LeaveOrganisation", []string{"organizations:LeaveOrganization", "account:CloseAccount"}),
			deny("OpenRegions", []string{"account:DisableRegion", "account:EnableRegion"}, but(tower, bootstrapper)),
			root,
			deny("IAMUsers", []string{"iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreateServiceSpecificCredential", "iam:CreateUser", "iam:CreateVirtualMFADevice",
				"iam:UpdateAccessKey", "iam:UpdateLoginProfile", "iam:UploadSigningCertificate", "iam:UploadSSHPublicKey"}),
			roles,
			deny("SharesOutside", []string{"ram:CreateResourceShare", "ram:UpdateResourceShare"}, when("Bool", "ram:RequestedAllowsExternalPrincipals", "true")),
			deny("Peerings", []string{"ec2:AcceptVpcPeeringConnection", "ec2:CreateVpcPeeringConnection"}),
		}}
}

// logs keeps what sees from being switched off by anybody but who deploys it.
func (p *Props) logs() Policy {
	sid := func(sid string, actions ...string) Statement {
		return deny(sid, actions, but(tower, towerRoles, deployer))
	}
	return Policy{Name: "logs", Kind: ServiceControl, Description: "Nobody stops trails, recorders, detectors, flow logs or deletes logs",
		Statements: []Statement{
			sid("Trails", "cloudtrail:DeleteEventDataStore", "cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors", "cloudtrail:PutInsightSelectors",
				"cloudtrail:StopEventDataStoreIngestion", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail"),
			sid("Recorders", "config:DeleteAggregationAuthorization", "config:DeleteConfigurationAggregator", "config:DeleteConfigurationRecorder",
				"config:DeleteDeliveryChannel", "config:DeleteRetentionConfiguration", "config:PutConfigurationRecorder", "config:PutDeliveryChannel",
				"config:StopConfigurationRecorder"),
			sid("Detectors", "access-analyzer:DeleteAnalyzer", "guardduty:DeleteDetector", "guardduty:DeleteMembers", "guardduty:DeletePublishingDestination",
				"guardduty:DisassociateFromAdministratorAccount", "guardduty:DisassociateFromMasterAccount", "guardduty:DisassociateMembers",
				"guardduty:StopMonitoringMembers", "guardduty:UpdateDetector", "securityhub:BatchDisableStandards", "securityhub:DeleteMembers",
				"securityhub:DisableSecurityHub", "securityhub:DisassociateFromAdministratorAccount", "securityhub:DisassociateMembers"),
			sid("Logs", "ec2:DeleteFlowLogs", "logs:DeleteLogGroup", "logs:DeleteLogStream", "logs:DeleteRetentionPolicy", "logs:DisassociateKmsKey",
				"route53resolver:DisassociateResolverQueryLogConfig", "wafv2:DeleteLoggingConfiguration"),
		}}
}

// data keeps stores encrypted and closed. Source: AWS Organizations User Guide,
// "Example SCPs for Amazon RDS" (instances of Aurora inherit from their cluster
// and are left to it), "Example SCPs for Amazon S3"; Service Authorization
// Reference.
func (p *Props) data() Policy {
	deployed := but(tower, towerRoles, deployer)
	return Policy{Name: "data", Kind: ServiceControl, Description: "No store without encryption, no bucket, snapshot, image or function for everybody",
		Statements: []Statement{
			deny("PlainVolumes", []string{"ec2:CreateVolume"}, when("Bool", "ec2:Encrypted", "false")),
			deny("PlainByDefault", []string{"ec2:DisableEbsEncryptionByDefault", "ec2:DisableImageBlockPublicAccess", "ec2:DisableSnapshotBlockPublicAccess"}),
			deny("PlainClusters", []string{"rds:CreateDBCluster"}, when("Bool", "rds:StorageEncrypted", "false")),
			deny("PlainDatabases", []string{"rds:CreateDBInstance"}, when("Bool", "rds:StorageEncrypted", "false"),
				when("StringLike", "rds:DatabaseEngine", []string{"mariadb", "mysql", "oracle-*", "postgres", "sqlserver-*"})),
			deny("PlainFiles", []string{"elasticfilesystem:CreateFileSystem"}, when("Bool", "elasticfilesystem:Encrypted", "false")),
			deny("PublicBuckets", []string{"s3:PutAccountPublicAccessBlock", "s3:PutBucketPublicAccessBlock"}, but(tower, towerRoles, deployer, bootstrapper)),
			deny("PublicObjects", []string{"s3:PutBucketAcl", "s3:PutObjectAcl", "s3:PutObject"},
				when("StringEquals", "s3:x-amz-acl", []string{"authenticated-read", "public-read", "public-read-write"})),
			deny("PublicCopies", []string{"ec2:ModifyImageAttribute", "ec2:ModifySnapshotAttribute", "rds:ModifyDBClusterSnapshotAttribute", "rds:ModifyDBSnapshotAttribute"}, deployed),
			deny("PublicFunctions", []string{"lambda:CreateFunctionUrlConfig", "lambda:UpdateFunctionUrlConfig"}, when("StringNotEquals", "lambda:FunctionUrlAuthType", "AWS_IAM")),
		}}
}

// keys keeps keys alive: only their administrator may disable or delete one.
func (p *Props) keys() Policy {
	administrator := p.KeyAdministrator
	if administrator == "" {
		administrator = deployer
	}
	return Policy{Name: "keys", Kind: ServiceControl, Description: "Only their administrator disables and deletes keys",
		Statements: []Statement{deny("KeysStay", []string{"kms:DeleteImportedKeyMaterial", "kms:DisableKey", "kms:DisableKeyRotation", "kms:ScheduleKeyDeletion"}, but(administrator))}}
}

// guarded are the services that resource control policies reach and that hold
// data, keys, secrets or roles. Source: AWS Organizations User Guide, "AWS services
// that support RCPs".
func guarded() []string {
	return []string{"kms:*", "s3:*", "secretsmanager:*", "sqs:*", "sts:AssumeRole"}
}

// perimeter keeps resources within the organisation. Services of AWS come on
// behalf of its accounts only. The organisation is that of the resource itself.
// Source: AWS Organizations User Guide, "Resource control policy examples".
func (p *Props) perimeter() Policy {
	const own = "${aws:ResourceOrgID}"
	outsiders := map[string]any{"aws:PrincipalOrgID": own}
	if len(p.ThirdParties) > 0 {
		outsiders["aws:PrincipalAccount"] = p.ThirdParties
	}
	return Policy{Name: "perimeter", Kind: ResourceControl, Description: "Only principals of the organisation, and services on its behalf, reach data, keys, secrets, queues and roles",
		Statements: []Statement{
			everybody(deny("Outsiders", guarded(), map[string]any{"StringNotEqualsIfExists": outsiders}, when("BoolIfExists", "aws:PrincipalIsAWSService", "false"))),
			everybody(deny("OnBehalfOfOutsiders", guarded(), when("StringNotEqualsIfExists", "aws:SourceOrgID", own), when("Null", "aws:SourceAccount", "false"),
				when("Bool", "aws:PrincipalIsAWSService", "true"))),
		}}
}

// transport keeps requests encrypted, by TLS 1.2 at least.
func (p *Props) transport() Policy {
	return Policy{Name: "transport", Kind: ResourceControl, Description: "Data, keys, secrets, queues and roles are reached over TLS only",
		Statements: []Statement{
			everybody(deny("Plaintext", guarded(), when("Bool", "aws:SecureTransport", "false"))),
			everybody(deny("OldTLS", []string{"s3:*"}, when("NumericLessThan", "s3:TlsVersion", "1.2"))),
		}}
}

// everybody adds the principal that a resource control policy has to name.
func everybody(s Statement) Statement {
	s["Principal"] = "*"
	return s
}
