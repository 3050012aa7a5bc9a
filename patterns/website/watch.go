package website

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// AlarmPrefix is what the names of the edge's alarms begin with, by which they
// are known where they are carried to.
const AlarmPrefix = "surety-edge-"

// CertificateProps says which certificate is watched.
type CertificateProps struct {
	// Name is the alarm's, Domain the name that the certificate is for.
	Name, Domain string
	ARN          *string
	// Days is how many days before its end the alarm goes off.
	Days int
}

// WatchCertificate raises an alarm before a certificate ends. AWS renews its
// own sooner, so that an alarm about one of those says that it could not
// ("Supported CloudWatch metrics", AWS Certificate Manager User Guide).
func WatchCertificate(scope constructs.Construct, id string, props *CertificateProps) awscloudwatch.CfnAlarm {
	const day = 86_400
	return awscloudwatch.NewCfnAlarm(scope, jsii.String(id), &awscloudwatch.CfnAlarmProps{
		AlarmName: jsii.String(AlarmPrefix + props.Name), AlarmDescription: jsii.String("The certificate of " + props.Domain + " ends soon, or has ended"),
		Namespace: jsii.String("AWS/CertificateManager"), MetricName: jsii.String("DaysToExpiry"), Statistic: jsii.String("Minimum"),
		Dimensions:         []any{&awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String("CertificateArn"), Value: props.ARN}},
		ComparisonOperator: jsii.String("LessThanThreshold"), Threshold: jsii.Number(props.Days), EvaluationPeriods: jsii.Number(1), Period: jsii.Number(day),
		TreatMissingData: jsii.String("breaching")}) // AWS stops telling the days of one that has ended
}

// CarryAlarms sends every change of the edge's alarms to the event bus of
// another Region of the account, where people are told: a topic here would hold
// what it tells ("Sending and receiving events between AWS Regions", Amazon
// EventBridge User Guide).
func CarryAlarms(scope constructs.Construct, id, name, region string) constructs.Construct {
	c := constructs.NewConstruct(scope, jsii.String(id))
	bus := jsii.String("arn:aws:events:" + region + ":" + *awscdk.Stack_Of(scope).Account() + ":event-bus/default")
	role := awsiam.NewRole(c, jsii.String("Role"), &awsiam.RoleProps{Description: jsii.String("Alarms of the edge go to " + region),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil)})
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings("events:PutEvents"), Resources: &[]*string{bus}}))
	awsevents.NewCfnRule(c, jsii.String("Rule"), &awsevents.CfnRuleProps{Name: jsii.String(name), Description: jsii.String("Alarms of the edge go to " + region),
		EventPattern: map[string]any{"source": []any{"aws.cloudwatch"}, "detail-type": []any{"CloudWatch Alarm State Change"},
			"detail": map[string]any{"alarmName": []any{map[string]any{"prefix": AlarmPrefix}}}},
		Targets: &[]any{&awsevents.CfnRule_TargetProperty{Id: jsii.String("Home"), Arn: bus, RoleArn: role.RoleArn()}}})
	return c
}
