package nolockout

import (
	_ "embed"
	"strings"
)

//go:embed needs.txt
var needsTable string

// need is what deploying a type takes: the actions that create and update it,
// and those that delete it.
type need struct{ make, remove []string }

// needs returns what each type takes, by type.
func needs() map[string]need {
	all := make(map[string]need, 400)
	for line := range strings.Lines(needsTable) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		var n need
		to, service, first := &n.make, "", ""
		for _, w := range words[1:] {
			name, isService := strings.CutSuffix(w, ":")
			switch {
			case w == "-":
				to, service = &n.remove, first
			case isService:
				if service = name; first == "" {
					first = name
				}
			default:
				*to = append(*to, service+":"+w)
			}
		}
		all[words[0]] = n
	}
	return all
}

// role is a role that deploys or governs, and what it does in each Region in
// which its account has stacks. Name may end with the account and the Region.
type role struct {
	name     string
	regional bool // account and Region follow the name
	does     []string
	// role is one of the roles that it makes; one that is regional is followed by
	// account and Region.
	role string
}

// makes is the name of a role that the role makes in a place.
func (r role) makes(at place) string {
	if strings.HasPrefix(r.role, "cdk-") {
		return r.role + "-" + at.account + "-" + at.region
	}
	return r.role
}

// execution is the role as which CloudFormation deploys. Source: AWS CDK
// Developer Guide, "CDK bootstrapping: the bootstrap template".
const execution = "cdk-hnb659fds-cfn-exec-role"

// roles are the CDK's other roles, those of Control Tower, and the one with
// which accounts are prepared. Source: AWS CDK Developer Guide, "The bootstrap
// template"; AWS Control Tower User Guide, "How AWS Control Tower works with
// roles to create and manage accounts"; AWS Organizations User Guide, "Accessing
// member accounts".
func roles() []role {
	key := []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"}
	with := func(all []string, more ...string) []string { return append(append([]string{}, more...), all...) }
	governs := []string{"cloudformation:CreateStack", "cloudformation:DeleteStack", "cloudformation:UpdateStack", "cloudtrail:CreateTrail", "cloudtrail:DeleteTrail",
		"cloudtrail:PutEventSelectors", "cloudtrail:StartLogging", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail", "config:DeleteConfigurationRecorder",
		"config:DeleteDeliveryChannel", "config:PutConfigurationRecorder", "config:PutDeliveryChannel", "config:StartConfigurationRecorder",
		"config:StopConfigurationRecorder", "events:PutRule", "events:PutTargets", "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:PassRole",
		"iam:PutRolePolicy", "lambda:AddPermission", "lambda:CreateFunction", "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:PutRetentionPolicy", "sns:CreateTopic",
		"sns:Subscribe"}
	return []role{
		{name: "cdk-hnb659fds-deploy-role", regional: true, does: with(key, "cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet", "cloudformation:DeleteStack",
			"cloudformation:DescribeChangeSet", "cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks", "cloudformation:ExecuteChangeSet",
			"cloudformation:GetTemplate", "cloudformation:UpdateTerminationProtection", "iam:PassRole", "s3:GetObject", "ssm:GetParameter", "sts:AssumeRole", "sts:GetCallerIdentity")},
		{name: "cdk-hnb659fds-file-publishing-role", regional: true, does: with(key, "s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:GetEncryptionConfiguration",
			"s3:GetObject", "s3:ListBucket", "s3:PutObject", "sts:AssumeRole")},
		{name: "cdk-hnb659fds-image-publishing-role", regional: true, does: []string{"ecr:BatchCheckLayerAvailability", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
			"ecr:GetAuthorizationToken", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart", "sts:AssumeRole"}},
		{name: "AWSControlTowerExecution", does: governs, role: "aws-controltower-ConfigRecorderRole"},
		{name: "aws-controltower-AdministratorExecutionRole", does: []string{"config:DescribeConfigRules", "config:PutConfigRule"}},
		{name: "aws-controltower-ForwardSnsNotificationRole", does: []string{"logs:CreateLogStream", "logs:PutLogEvents", "sns:Publish"}},
		{name: "OrganizationAccountAccessRole", role: execution, does: []string{"account:EnableRegion", "cloudformation:CreateStack", "cloudformation:UpdateStack",
			"ecr:CreateRepository", "iam:AttachRolePolicy", "iam:CreateRole", "iam:PassRole", "iam:PutRolePolicy", "kms:CreateKey",
			"s3:CreateBucket", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration", "ssm:PutParameter"}},
	}
}
