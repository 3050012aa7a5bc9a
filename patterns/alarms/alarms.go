// Package alarms watches what an account runs, and tells people when it fails.
//
// What is watched is found, not listed: Find walks the constructs of stacks, and
// the Catalogue says for each CloudFormation type by which name CloudWatch
// knows it, which alarms it has and which graphs show it. So whatever is added
// to a stack is watched, and a new type is one entry of the catalogue. Every
// alarm says what is wrong and where to look, is told to the topic when it is
// raised and when it is over, and does not take silence for health where
// silence means that nothing runs.
package alarms

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Props says what is watched.
type Props struct {
	// Name begins the name of every alarm.
	Name string
	// Subjects and Logs are what Find returned.
	Subjects []Subject
	Logs     []Log
	// Topic is told of alarms.
	Topic *Topic
	// Limits move limits of the catalogue, by type and alarm, for example
	// "AWS::RDS::DBCluster/connections".
	Limits map[string]float64
}

// Log is the log group of a program.
type Log struct {
	Name  string
	Group *string // the group's name
}

// Alarms are the alarms that were made.
type Alarms struct {
	Construct constructs.Construct
	// All are the ARNs of all alarms, and Down those of them that mean that the
	// environment is down, after the ARN of the alarm that sums them up.
	All, Down []*string
	props     *Props
	down      []string // rules
}

// New makes the alarms, and one that sums up those that mean that the
// environment is down.
func New(scope constructs.Construct, id string, props *Props) *Alarms {
	a := &Alarms{Construct: constructs.NewConstruct(scope, jsii.String(id)), props: props}
	for _, s := range props.Subjects {
		for _, alarm := range s.Kind.Alarms {
			a.add(s, alarm)
		}
	}
	for _, l := range props.Logs {
		a.addErrors(l)
	}
	a.sumUp()
	return a
}

func (a *Alarms) add(s Subject, alarm Alarm) {
	p := a.common(s.Name+"-"+alarm.ID, alarm)
	limit, operator := alarm.Above, "GreaterThanThreshold"
	if alarm.Below != nil {
		limit, operator = alarm.Below, "LessThanThreshold"
	}
	if moved, ok := a.props.Limits[s.Kind.Type+"/"+alarm.ID]; ok {
		limit = &moved
	}
	p.Threshold, p.ComparisonOperator = limit, jsii.String(operator)
	dimensions := s.cfn()
	seconds := 60 * float64(alarm.Minutes)
	switch {
	case alarm.Insight != "":
		p.Metrics = &[]any{&awscloudwatch.CfnAlarm_MetricDataQueryProperty{Id: jsii.String("result"), Expression: jsii.String(s.Where(alarm.Insight)), Label: jsii.String(alarm.ID), Period: &seconds, ReturnData: true}}
	case alarm.Share != nil:
		p.Metrics = &[]any{expression("100 * part / IF(whole > 0, whole, 1)", alarm.ID), query("part", alarm.Metric, dimensions, seconds), query("whole", *alarm.Share, dimensions, seconds)}
	case alarm.Minus != nil:
		p.Metrics = &[]any{expression("wanted - there", alarm.ID), query("wanted", alarm.Metric, dimensions, seconds), query("there", *alarm.Minus, dimensions, seconds)}
	case len(s.Members) > 0:
		queries, ids := []any{}, []string{}
		for i, m := range s.Members {
			ids = append(ids, fmt.Sprintf("m%d", i+1))
			queries = append(queries, query(ids[i], alarm.Metric, m.cfn(), seconds))
		}
		p.Metrics = ptr(append([]any{expression(alarm.worst()+"(["+strings.Join(ids, ", ")+"])", alarm.ID)}, queries...))
	default:
		p.Namespace, p.MetricName, p.Dimensions, p.Period = &alarm.Metric.Namespace, &alarm.Metric.Name, &dimensions, &seconds
		if strings.HasPrefix(alarm.Metric.Stat, "p") {
			p.ExtendedStatistic = &alarm.Metric.Stat
		} else {
			p.Statistic = &alarm.Metric.Stat
		}
	}
	a.make(s.Name+"-"+alarm.ID, p, alarm.Down)
}

// worst is the function of metric math that picks the worst of several.
func (a Alarm) worst() string {
	if a.Below != nil {
		return "MIN"
	}
	return "MAX"
}

func ptr[T any](v T) *T { return &v }

// common is what every alarm has.
func (a *Alarms) common(name string, alarm Alarm) *awscloudwatch.CfnAlarmProps {
	missing := "notBreaching"
	if alarm.Missing {
		missing = "breaching"
	}
	of := alarm.Of
	if of == 0 {
		of = alarm.For
	}
	return &awscloudwatch.CfnAlarmProps{AlarmName: jsii.String(a.props.Name + "-" + name), AlarmDescription: jsii.String(name + ": " + alarm.Says),
		EvaluationPeriods: jsii.Number(of), DatapointsToAlarm: jsii.Number(alarm.For), TreatMissingData: &missing,
		AlarmActions: a.props.Topic.actions(), OkActions: a.props.Topic.actions()}
}

func (a *Alarms) make(id string, p *awscloudwatch.CfnAlarmProps, down bool) {
	alarm := awscloudwatch.NewCfnAlarm(a.Construct, jsii.String(id), p)
	a.All = append(a.All, alarm.AttrArn())
	if down {
		a.Down = append(a.Down, alarm.AttrArn())
		a.down = append(a.down, fmt.Sprintf("ALARM(%q)", *alarm.Ref()))
	}
}

// Most that a composite alarm's rule may name ("PutCompositeAlarm", Amazon
// CloudWatch API Reference).
const maxChildren = 100

// sumUp makes the alarm that says that the environment is down: one of its
// entries, its database or its services is gone altogether. More than one rule
// can name are summed up in several.
func (a *Alarms) sumUp() {
	var sums []*string
	for i := 0; i < len(a.down); i += maxChildren {
		id := "down"
		if i > 0 {
			id = fmt.Sprintf("down-%d", i/maxChildren+1)
		}
		sum := awscloudwatch.NewCfnCompositeAlarm(a.Construct, jsii.String(id), &awscloudwatch.CfnCompositeAlarmProps{
			AlarmName: jsii.String(a.props.Name + "-" + id), AlarmDescription: jsii.String(a.props.Name + " is down, wholly or in part: the alarms below say what does not run"),
			AlarmRule:    jsii.String(strings.Join(a.down[i:min(i+maxChildren, len(a.down))], " OR ")),
			AlarmActions: a.props.Topic.actions(), OkActions: a.props.Topic.actions()})
		sums = append(sums, sum.AttrArn())
	}
	a.Down = append(sums, a.Down...)
}

// Namespace is that of the metrics that are read out of logs.
func Namespace(name string) string { return "Surety/" + name }

// errorPattern matches lines that say that something went wrong, of programs
// that write text or JSON ("Filter pattern syntax", Amazon CloudWatch Logs
// User Guide).
const errorPattern = `?ERROR ?FATAL ?panic ?"\"level\":\"error\"" ?"\"level\":\"fatal\""`

// errorLimit is how many such lines in five minutes are too many.
const errorLimit = 10

// Errors is the metric that counts the errors in the log, where alarms have a
// name.
func (l Log) Errors(name string) Metric { return Metric{Namespace(name), "Errors-" + l.Name, "Sum"} }

// addErrors counts the errors in a program's log.
func (a *Alarms) addErrors(l Log) {
	metric := l.Errors(a.props.Name)
	filter(a.Construct, l.Name+"-filter", l.Group, errorPattern, metric)
	a.add(Subject{Name: l.Name}, Alarm{ID: "errors", Says: fmt.Sprintf("more than %d lines of the log tell of errors in five minutes", errorLimit),
		Metric: metric, Above: limit(errorLimit), Minutes: 5, For: 2, Of: 3})
}

func filter(scope constructs.Construct, id string, group *string, pattern string, m Metric) {
	awslogs.NewCfnMetricFilter(scope, jsii.String(id), &awslogs.CfnMetricFilterProps{LogGroupName: group, FilterPattern: jsii.String(pattern),
		MetricTransformations: &[]any{&awslogs.CfnMetricFilter_MetricTransformationProperty{MetricNamespace: jsii.String(m.Namespace), MetricName: jsii.String(m.Name),
			MetricValue: jsii.String("1"), DefaultValue: jsii.Number(0)}}})
}

func (d Dimensions) cfn() []any {
	all := []any{}
	for _, x := range d {
		all = append(all, &awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(x.Name), Value: jsii.String(x.Value)})
	}
	return all
}

func expression(e, label string) any {
	return &awscloudwatch.CfnAlarm_MetricDataQueryProperty{Id: jsii.String("result"), Expression: jsii.String(e), Label: jsii.String(label), ReturnData: true}
}

func query(id string, m Metric, dimensions []any, seconds float64) any {
	return &awscloudwatch.CfnAlarm_MetricDataQueryProperty{Id: jsii.String(id), ReturnData: false, MetricStat: &awscloudwatch.CfnAlarm_MetricStatProperty{
		Metric: &awscloudwatch.CfnAlarm_MetricProperty{Namespace: &m.Namespace, MetricName: &m.Name, Dimensions: &dimensions}, Period: &seconds, Stat: &m.Stat}}
}
