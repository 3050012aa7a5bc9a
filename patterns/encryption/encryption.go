// Package encryption makes customer-managed KMS keys and the log groups that
// are encrypted by them.
//
// Every key rotates each year, but one whose material somebody imports, and is
// kept when its stack is deleted. Where an administrator is given, whoever uses
// a key cannot administer it and whoever administers it cannot use it. A key is
// replicated to the listed Regions only. No property turns encryption off.
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
	// External leaves the key's material to its administrator, who imports it
	// before the key can be used and rotates it on demand: AWS KMS rotates
	// imported material never by itself.
	External bool
	// ReplicaRegions are the Regions to which the key may be replicated. None:
	// it is a key of its Region alone.
	ReplicaRegions []string
	// Logs lets CloudWatch Logs use the key for the log groups of the key's
	// account and Region.
	Logs bool
	// LogDelivery lets AWS's log delivery encrypt the logs of the key's account
	// that it writes to buckets.
	LogDelivery bool
	// Statements are what else the key's policy allows.
	Statements []awsiam.PolicyStatement
	// Alarms lets CloudWatch use the key for what the alarms of the key's account
	// and Region tell topics.
	Alarms bool
	// FargateCluster is the name of the ECS cluster of the key's account whose
	// Fargate tasks' storage the key encrypts. Empty: none.
	FargateCluster string
	// Instances lets EC2 Auto Scaling use the key for the volumes of the
	// instances that it starts.
	Instances bool
	// Events lets EventBridge use the key for the buses, archives and queues of
	// the key's account.
	Events bool
}

// NewKey makes a key that rotates each year, unless its material is external,
// and its alias. With an
// Administrator the account's principals can use and maintain the key but
// neither change its policy, disable it, nor delete it; then only the
// administrator can apply a later change to its policy ("Key policies in AWS
// KMS", AWS KMS Developer Guide).
func NewKey(scope constructs.Construct, id string, props *KeyProps) awskms.Key {
	key := awskms.NewKey(scope, jsii.String(id), &awskms.KeyProps{
		Alias:             jsii.String(props.Alias),
		Description:       jsii.String(props.Description),
		EnableKeyRotation: jsii.Bool(!props.External),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN,
		Policy:            keyPolicy(scope, props),
	})
	cfn := key.Node().DefaultChild().(awskms.CfnKey)
	if props.External {
		cfn.SetOrigin(jsii.String("EXTERNAL"))
	}
	if len(props.ReplicaRegions) > 0 {
		cfn.SetMultiRegion(true)
	}
	if props.Administrator != "" {
		// The policy takes PutKeyPolicy from whoever creates the key.
		cfn.SetBypassPolicyLockoutSafetyCheck(jsii.Bool(true))
	}
	return key
}

// NewReplica makes the replica of a multi-Region key in the Region of its stack:
// what the key encrypts can be decrypted there without the key's own Region. It
// rotates with its primary and has a policy and an alias of its own
// ("Multi-Region keys in AWS KMS", AWS KMS Developer Guide). ReplicaRegions and
// External of props count for nothing.
func NewReplica(scope constructs.Construct, id string, primaryARN *string, props *KeyProps) awskms.CfnReplicaKey {
	own := constructs.NewConstruct(scope, jsii.String(id))
	of := *props
	of.ReplicaRegions = nil
	key := awskms.NewCfnReplicaKey(own, jsii.String("Resource"), &awskms.CfnReplicaKeyProps{
		PrimaryKeyArn: primaryARN, Description: jsii.String(props.Description), KeyPolicy: keyPolicy(own, &of)})
	key.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	awskms.NewCfnAlias(own, jsii.String("Alias"), &awskms.CfnAliasProps{AliasName: jsii.String("alias/" + props.Alias), TargetKeyId: key.AttrKeyId()})
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
			allow("AdministratorAdministers", awsiam.NewArnPrincipal(jsii.String(props.Administrator)), nil, administration(props)...),
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
	if props.LogDelivery {
		// "Amazon S3 bucket server-side encryption" of "Logs sent to Amazon S3", Amazon CloudWatch Logs User Guide.
		statements = append(statements, allow("LogDeliveryUses", awsiam.NewServicePrincipal(jsii.String("delivery.logs.amazonaws.com"), nil),
			map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}}, use()...))
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
	if len(props.ReplicaRegions) > 0 {
		statements = append(statements, replication(props, *stack.Region())...)
	}
	statements = append(statements, props.Statements...)
	if props.Instances {
		statements = append(statements, instances(stack)...)
	}
	if props.Events {
		statements = append(statements, allow("EventBridgeUses", awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil),
			map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}}, use()...))
	}
	return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements})
}

// instances admits EC2 Auto Scaling's service-linked role ("Required AWS KMS
// key policy for use with encrypted volumes", Amazon EC2 Auto Scaling User
// Guide). A condition names it and not the principal: until the account's first
// group is made the role does not exist, and a policy cannot name what does
// not.
func instances(stack awscdk.Stack) []awsiam.PolicyStatement {
	role := stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("iam"), Region: jsii.String(""), Resource: jsii.String("role"),
		ResourceName: jsii.String("aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling")})
	only := map[string]any{"ArnEquals": map[string]any{"aws:PrincipalArn": role}}
	grants := map[string]any{"ArnEquals": only["ArnEquals"], "Bool": map[string]any{"kms:GrantIsForAWSResource": "true"}}
	anybody := awsiam.NewAnyPrincipal()
	return []awsiam.PolicyStatement{
		allow("AutoScalingUses", anybody, only, use()...),
		allow("AutoScalingGrants", anybody, grants, "kms:CreateGrant"),
	}
}

func allow(sid string, who awsiam.IPrincipal, when map[string]any, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Principals: &[]awsiam.IPrincipal{who}, Conditions: &when,
		Actions: jsii.Strings(actions...), Resources: jsii.Strings("*")})
}

// administration is what a key's administrator may do ("Allows key
// administrators to administer the KMS key", AWS KMS Developer Guide).
func administration(props *KeyProps) []string {
	actions := []string{"kms:CancelKeyDeletion", "kms:Create*", "kms:Delete*", "kms:Describe*", "kms:Disable*", "kms:Enable*",
		"kms:Get*", "kms:List*", "kms:Put*", "kms:Revoke*", "kms:RotateKeyOnDemand", "kms:ScheduleKeyDeletion",
		"kms:TagResource", "kms:UntagResource", "kms:Update*"}
	if props.External {
		actions = append(actions, "kms:ImportKeyMaterial")
	}
	return actions
}

// replication lets CloudFormation replicate the key to its Regions, and nobody
// to any other; its primary stays within them too ("Controlling access to
// multi-Region keys", AWS KMS Developer Guide).
func replication(props *KeyProps, home string) []awsiam.PolicyStatement {
	everybody, account := awsiam.NewAnyPrincipal(), awsiam.NewAccountRootPrincipal()
	regions := func(key string, all ...string) map[string]any { return map[string]any{key: all} }
	deny := func(sid, key, action string, all ...string) awsiam.PolicyStatement {
		s := allow(sid, everybody, map[string]any{"StringNotEquals": regions(key, all...)}, action)
		s.SetEffect(awsiam.Effect_DENY)
		return s
	}
	return []awsiam.PolicyStatement{
		allow("AccountReplicates", account, map[string]any{"StringEquals": regions("kms:ReplicaRegion", props.ReplicaRegions...)}, "kms:ReplicateKey"),
		deny("ReplicatedNowhereElse", "kms:ReplicaRegion", "kms:ReplicateKey", props.ReplicaRegions...),
		deny("PrimaryNowhereElse", "kms:PrimaryRegion", "kms:UpdatePrimaryRegion", append([]string{home}, props.ReplicaRegions...)...),
	}
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

// GroupARN is the ARN of a log group as services that write to it take it:
// without the star that stands for its streams.
func GroupARN(group awslogs.LogGroup) *string {
	return awscdk.Stack_Of(group).FormatArn(&awscdk.ArnComponents{Service: jsii.String("logs"), Resource: jsii.String("log-group"),
		ResourceName: group.LogGroupName(), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME})
}
