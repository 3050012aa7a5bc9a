package restapi

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// PlanProps is a class of clients: how much each of them may ask. An account
// has 300 plans ("Quotas for configuring and running a REST API", Amazon API
// Gateway Developer Guide), so that a plan is a class's and not a client's.
type PlanProps struct {
	Name string
	// Rate and Burst are what one client may ask, in requests a second and at
	// once.
	Rate, Burst int
	// APIs are what the clients may call.
	APIs []*API
}

// NewPlan makes the usage plan of a class.
func NewPlan(scope constructs.Construct, id string, props *PlanProps) awsapigateway.CfnUsagePlan {
	var stages []any
	for _, a := range props.APIs {
		stages = append(stages, &awsapigateway.CfnUsagePlan_ApiStageProperty{ApiId: a.Resource.Ref(), Stage: a.Stage.Ref()})
	}
	return awsapigateway.NewCfnUsagePlan(scope, jsii.String(id), &awsapigateway.CfnUsagePlanProps{UsagePlanName: jsii.String(props.Name), ApiStages: stages,
		Throttle: &awsapigateway.CfnUsagePlan_ThrottleSettingsProperty{RateLimit: jsii.Number(props.Rate), BurstLimit: jsii.Number(props.Burst)}})
}

// KeyProps is a client's key.
type KeyProps struct {
	Name *string
	// PlanID is the plan that it is in.
	PlanID *string
	// Value is what API Gateway is told to make of it: a reference to a secret.
	// Nil: API Gateway chooses it. Either way it is in no template.
	Value *string
}

// NewKey makes a client's key in a plan.
func NewKey(scope constructs.Construct, id string, props *KeyProps) awsapigateway.CfnApiKey {
	key := awsapigateway.NewCfnApiKey(scope, jsii.String(id), &awsapigateway.CfnApiKeyProps{Name: props.Name, Enabled: jsii.Bool(true), Value: props.Value})
	awsapigateway.NewCfnUsagePlanKey(scope, jsii.String(id+"-InPlan"), &awsapigateway.CfnUsagePlanKeyProps{
		KeyId: key.Ref(), KeyType: jsii.String("API_KEY"), UsagePlanId: props.PlanID})
	return key
}

// NewAccount lets API Gateway log in an account and Region ("Set up CloudWatch
// logging for REST APIs", Amazon API Gateway Developer Guide). There is one such
// setting, whoever makes it, so it stays when its stack goes.
func NewAccount(scope constructs.Construct, id string) awsapigateway.CfnAccount {
	role := awsiam.NewRole(scope, jsii.String(id+"-Role"), &awsiam.RoleProps{Description: jsii.String("API Gateway writes logs"),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("apigateway.amazonaws.com"), nil),
		ManagedPolicies: &[]awsiam.IManagedPolicy{awsiam.ManagedPolicy_FromAwsManagedPolicyName(
			jsii.String("service-role/AmazonAPIGatewayPushToCloudWatchLogs"))}})
	role.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN)
	account := awsapigateway.NewCfnAccount(scope, jsii.String(id), &awsapigateway.CfnAccountProps{CloudWatchRoleArn: role.RoleArn()})
	account.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	account.Node().AddDependency(role)
	return account
}
