// Package failover makes the switch by which people move traffic to another
// Region.
//
// The switch is a metric in the Region that traffic moves to, an alarm on it, and
// a health check of Route 53 that follows the alarm: putting a 1 fails the health
// check, putting a 0 mends it, and the last number counts until there is another.
// Nothing of it is in the Region that traffic moves away from, and throwing it
// needs no control plane: a number is put by CloudWatch's data plane and acted on
// by Route 53's ("Creating Disaster Recovery Mechanisms Using Amazon Route 53",
// AWS Networking & Content Delivery Blog).
package failover

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Namespace and Metric are where the number is put; its dimension Name is
// Props.Name.
const (
	Namespace = "Surety/Failover"
	Metric    = "Moved"
	Dimension = "Name"
)

// Period is for how many seconds a number counts before the alarm looks again.
const Period = 60

// Props says whose traffic moves.
type Props struct {
	// Name is the alarm's, and the dimension of its metric.
	Name string
	// Description says what happens when a 1 is put.
	Description string
}

// Switch is the switch.
type Switch struct {
	Alarm       awscloudwatch.CfnAlarm
	HealthCheck awsroute53.CfnHealthCheck
}

// New makes the switch in the Region of its stack. Missing numbers change
// nothing, neither for the alarm nor for the health check, which looks at the
// metric and not at the alarm's state ("Monitoring a CloudWatch alarm", Amazon
// Route 53 Developer Guide).
func New(scope constructs.Construct, id string, props *Props) *Switch {
	own := constructs.NewConstruct(scope, jsii.String(id))
	s := &Switch{}
	s.Alarm = awscloudwatch.NewCfnAlarm(own, jsii.String("Alarm"), &awscloudwatch.CfnAlarmProps{
		AlarmName: jsii.String(props.Name), AlarmDescription: jsii.String(props.Description), Namespace: jsii.String(Namespace), MetricName: jsii.String(Metric),
		Dimensions: []any{&awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(Dimension), Value: jsii.String(props.Name)}},
		Statistic:  jsii.String("Maximum"), Period: jsii.Number(Period), EvaluationPeriods: jsii.Number(1), Threshold: jsii.Number(1),
		ComparisonOperator: jsii.String("GreaterThanOrEqualToThreshold"), TreatMissingData: jsii.String("ignore")})
	s.HealthCheck = awsroute53.NewCfnHealthCheck(own, jsii.String("HealthCheck"), &awsroute53.CfnHealthCheckProps{
		HealthCheckConfig: &awsroute53.CfnHealthCheck_HealthCheckConfigProperty{Type: jsii.String("CLOUDWATCH_METRIC"),
			AlarmIdentifier:              &awsroute53.CfnHealthCheck_AlarmIdentifierProperty{Name: jsii.String(props.Name), Region: awscdk.Stack_Of(scope).Region()},
			InsufficientDataHealthStatus: jsii.String("LastKnownStatus")}})
	s.HealthCheck.AddResourceDependency(s.Alarm, nil)
	return s
}
