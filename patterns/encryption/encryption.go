// Package encryption makes customer-managed KMS keys and the log groups that
// are encrypted by them.
//
// Every key rotates each year and is kept when its stack is deleted. Where an
// administrator is given, whoever uses a key cannot administer it and whoever
// administers it cannot use it. No property turns rotation or encryption off.
package encryption

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// KeyProps says whose key it is and what for.
type KeyProps struct {
	// Alias is the key's alias without the leading alias/.
	Alias string
	// Description is shown in the console.
	Description string
	// Administrator is the ARN of the IAM role that alone administers the key.
	// Empty: the account's own administrators do.
	Administrator string
	// Logs lets CloudWatch Logs use the key for the log groups of the key's
	// account and Region.
	Logs bool
	// Alarms lets CloudWatch use the key for what the alarms of the key's account
	// and Region tell topics.
	Alarms bool
	// FargateCluster is the name of the ECS cluster of the key's account whose
	// Fargate tasks' storage the key encrypts. Empty: none.
	FargateCluster string
}

// NewKey makes a key that rotates each year, and its alias. With an
// Administrator the account's principals can use and maintain the key but
// neither change its policy, disable it, nor delete it; then only the
// administrator can apply a later change to its policy ("Key policies in AWS
// KMS", AWS KMS Developer Guide).
func NewKey(scope constructs.Construct, id string, props *KeyProps) awskms.Key {
	key := awskms.NewKey(scope, jsii.String(id), &awskms.KeyProps{
		Alias:             jsii.String(props.Alias),
		Description:       jsii.String(props.Description),
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN,
		Policy:            keyPolicy(scope, props),
	})
	if props.Administrator != "" {
		// The policy takes PutKeyPolicy from whoever creates the key.
		cfn := key.Node().DefaultChild().(awskms.CfnKey)
		cfn.SetBypassPolicyLockoutSafetyCheck(jsii.Bool(true))
	}
	return key
}

func keyPolicy(scope constructs.Construct, props *KeyProps) awsiam.PolicyDocument {
	stack := awscdk.Stack_Of(scope)
	var statements []awsiam.PolicyStatement
	account := awsiam.NewAccountRootPrincipal()
	if props.Administrator == "" {
		statements = append(statements, allow("AccountAdministersAndUses", account, nil, "kms:*"))
	} else {
		statements = append(statements,
			allow("AdministratorAdministers", awsiam.NewArnPrincipal(jsii.String(props.Administrator)), nil, administration()...),
			allow("AccountMaintains", account, nil, maintenance()...),
			allow("AccountUses", account, nil, use()...),
			allow("AccountGrantsToServices", account, grantsToServices(), "kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"))
	}
	if props.Logs {
		statements = append(statements, allow("LogsUses",
			awsiam.NewServicePrincipal(jsii.String("logs."+*stack.Region()+".amazonaws.com"), nil),
			map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": stack.FormatArn(&awscdk.ArnComponents{
				Service: jsii.String("logs"), Resource: jsii.String("*")})}},
			use()...))
	}
	if props.Alarms {
		// Without it no message would arrive ("Enable compatibility between event
		// sources from AWS services and encrypted topics", Amazon SNS Developer Guide).
		statements = append(statements, allow("AlarmsPublish", awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil),
			map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()},
				"ArnLike": map[string]any{"aws:SourceArn": stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("cloudwatch"),
					Resource: jsii.String("alarm"), ResourceName: jsii.String("*"), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME})}},
			"kms:Decrypt", "kms:GenerateDataKey*"))
	}
	if props.FargateCluster != "" {
		fargate := awsiam.NewServicePrincipal(jsii.String("fargate.amazonaws.com"), nil)
		context := map[string]any{"StringEquals": map[string]any{
			"kms:EncryptionContext:aws:ecs:clusterAccount": stack.Account(),
			"kms:EncryptionContext:aws:ecs:clusterName":    props.FargateCluster}}
		statements = append(statements,
			allow("FargateUses", fargate, context, "kms:GenerateDataKeyWithoutPlaintext"),
			allow("FargateGrants", fargate, map[string]any{
				"StringEquals":              context["StringEquals"],
				"ForAllValues:StringEquals": map[string]any{"kms:GrantOperations": []any{"Decrypt"}},
			}, "kms:CreateGrant"))
	}
	return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements})
}

func allow(sid string, who awsiam.IPrincipal, when map[string]any, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Principals: &[]awsiam.IPrincipal{who}, Conditions: &when,
		Actions: jsii.Strings(actions...), Resources: jsii.Strings("*")})
}

// administration is what a key's administrator may do ("Allows key
// administrators to administer the KMS key", AWS KMS Developer Guide).
func administration() []string {
	return []string{"kms:CancelKeyDeletion", "kms:Create*", "kms:Delete*", "kms:Describe*", "kms:Disable*", "kms:Enable*",
		"kms:Get*", "kms:List*", "kms:Put*", "kms:Revoke*", "kms:RotateKeyOnDemand", "kms:ScheduleKeyDeletion",
		"kms:TagResource", "kms:UntagResource", "kms:Update*"}
}

// maintenance is what CloudFormation needs to create and describe the key.
func maintenance() []string {
	return []string{"kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy",
		"kms:GetKeyRotationStatus", "kms:ListKeyPolicies", "kms:ListResourceTags", "kms:TagResource", "kms:UntagResource",
		"kms:UpdateAlias", "kms:UpdateKeyDescription"}
}

func use() []string {
	return []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}
}

func grantsToServices() map[string]any {
	return map[string]any{"Bool": map[string]any{"kms:GrantIsForAWSResource": "true"}}
}

// LogGroupProps says which key encrypts a log group.
type LogGroupProps struct {
	// Key encrypts the group; its policy must admit CloudWatch Logs.
	Key awskms.IKey
	// Name is the group's name; empty: CloudFormation chooses one.
	Name string
}

// NewLogGroup makes a log group that is encrypted by a key, keeps a year and
// is kept when its stack is deleted.
func NewLogGroup(scope constructs.Construct, id string, props *LogGroupProps) awslogs.LogGroup {
	p := &awslogs.LogGroupProps{EncryptionKey: props.Key, Retention: awslogs.RetentionDays_ONE_YEAR,
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN}
	if props.Name != "" {
		p.LogGroupName = jsii.String(props.Name)
	}
	return awslogs.NewLogGroup(scope, jsii.String(id), p)
}

// DecryptSecrets lets a role use a key to decrypt by way of Secrets Manager
// only.
func DecryptSecrets(scope constructs.Construct, key awskms.IKey) awsiam.PolicyStatement {
	via := map[string]any{"StringEquals": map[string]any{"kms:ViaService": "secretsmanager." + *awscdk.Stack_Of(scope).Region() + ".amazonaws.com"}}
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings("kms:Decrypt"),
		Resources: &[]*string{key.KeyArn()}, Conditions: &via})
}
