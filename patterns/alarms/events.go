package alarms

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/encryption"
	"github.com/suretyhq/surety/patterns/website"
)

// Event is something that happens in an account and that people want to know:
// a rule of EventBridge, what of its events counts, and how many are too many.
type Event struct {
	ID, Says string
	// Pattern is EventBridge's, Filter CloudWatch Logs'.
	Pattern map[string]any
	Filter  string
	// Above is how many in Minutes raise an alarm; nil: they are counted only.
	Above   *float64
	Minutes int
}

// byCloudTrail is a pattern of calls that CloudTrail records. EventBridge gets
// those of its own Region that change something ("AWS service events delivered
// via AWS CloudTrail", Amazon EventBridge User Guide).
func byCloudTrail(detail map[string]any) map[string]any {
	return map[string]any{"detail-type": []any{"AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"}, "detail": detail}
}

// byHand are calls that CloudFormation did not make.
func byHand() []any {
	return []any{map[string]any{"anything-but": []any{"cloudformation.amazonaws.com"}}}
}

// Events returns what is watched of every account.
func Events() []Event {
	deployment := func(names ...any) map[string]any {
		return map[string]any{"source": []any{"aws.ecs"}, "detail-type": []any{"ECS Deployment State Change"}, "detail": map[string]any{"eventName": names}}
	}
	return []Event{
		{ID: "root", Says: "somebody uses the account's root user", Minutes: 5, Above: limit(0),
			Pattern: byCloudTrail(map[string]any{"userIdentity": map[string]any{"type": []any{"Root"}}}),
			Filter:  `{ $.detail.userIdentity.type = "Root" && $.detail.userIdentity.invokedBy NOT EXISTS }`},
		{ID: "denied", Says: "many calls were refused for want of permission: a role lacks something, or somebody tries doors", Minutes: 5, Above: limit(20),
			Pattern: byCloudTrail(map[string]any{"errorCode": []any{map[string]any{"prefix": "AccessDenied"}, map[string]any{"suffix": "UnauthorizedOperation"}}}),
			Filter:  `{ $.detail.errorCode = "AccessDenied*" || $.detail.errorCode = "*UnauthorizedOperation" }`},
		{ID: "keys", Says: "somebody disables a key or schedules its deletion: what it encrypts will be lost", Minutes: 5, Above: limit(0),
			Pattern: byCloudTrail(map[string]any{"eventSource": []any{"kms.amazonaws.com"}, "eventName": []any{"DisableKey", "ScheduleKeyDeletion"}}),
			Filter:  `{ $.detail.eventSource = "kms.amazonaws.com" }`},
		{ID: "logging", Says: "somebody stops or deletes logs", Minutes: 5, Above: limit(0),
			Pattern: byCloudTrail(map[string]any{"eventName": []any{"DeleteFlowLogs", "DeleteLogGroup", "DeleteTrail", "PutEventSelectors", "StopLogging", "UpdateTrail"}, "sourceIPAddress": byHand()}),
			Filter:  `{ $.detail.eventName = "DeleteFlowLogs" || $.detail.eventName = "DeleteLogGroup" || $.detail.eventName = "*Trail" || $.detail.eventName = "PutEventSelectors" || $.detail.eventName = "StopLogging" }`},
		{ID: "network", Says: "somebody changed routes, gateways or security groups past CloudFormation: what was proved no longer holds", Minutes: 5, Above: limit(0),
			Pattern: byCloudTrail(map[string]any{"eventSource": []any{"ec2.amazonaws.com"}, "eventName": networkChanges(), "sourceIPAddress": byHand()}),
			Filter:  `{ $.detail.eventSource = "ec2.amazonaws.com" && $.detail.errorCode NOT EXISTS }`},
		{ID: "deployed", Says: "deployments of services that ended well", Minutes: 60,
			Pattern: deployment("SERVICE_DEPLOYMENT_COMPLETED"), Filter: `{ $.detail.eventName = "SERVICE_DEPLOYMENT_COMPLETED" }`},
		{ID: "undeployed", Says: "a deployment of a service failed and was rolled back", Minutes: 5, Above: limit(0),
			Pattern: deployment("SERVICE_DEPLOYMENT_FAILED"), Filter: `{ $.detail.eventName = "SERVICE_DEPLOYMENT_FAILED" }`},
		// "Monitoring AWS Backup events using Amazon EventBridge", AWS Backup
		// Developer Guide: a restore says status where the other jobs say state.
		{ID: "backups", Says: "a backup, a copy of one or the test of a restore failed", Minutes: 60, Above: limit(0),
			Pattern: map[string]any{"source": []any{"aws.backup"}, "detail-type": []any{"Backup Job State Change", "Copy Job State Change", "Restore Job State Change"},
				"detail": map[string]any{"$or": []any{map[string]any{"state": failedJobs()}, map[string]any{"status": failedJobs()}}}},
			Filter: `{ $.source = "aws.backup" }`},
		{ID: "edge", Says: "an alarm of the edge goes off in its own Region: a certificate ends soon", Minutes: 5, Above: limit(0),
			Pattern: map[string]any{"source": []any{"aws.cloudwatch"}, "detail-type": []any{"CloudWatch Alarm State Change"},
				"detail": map[string]any{"alarmName": []any{map[string]any{"prefix": website.AlarmPrefix}}, "state": map[string]any{"value": []any{"ALARM"}}}},
			Filter: `{ $.detail.state.value = "ALARM" }`},
	}
}

// failedJobs are the states of AWS Backup's jobs that did not do what they should.
func failedJobs() []any { return []any{"ABORTED", "EXPIRED", "FAILED"} }

func networkChanges() []any {
	var all []any
	for _, name := range []string{"AttachInternetGateway", "AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CreateInternetGateway", "CreateNatGateway",
		"CreateNetworkAclEntry", "CreateRoute", "CreateTransitGatewayRoute", "CreateVpcPeeringConnection", "DeleteRoute", "DeleteTransitGatewayRoute",
		"ModifySecurityGroupRules", "ReplaceNetworkAclEntry", "ReplaceRoute", "ReplaceTransitGatewayRoute"} {
		all = append(all, name)
	}
	return all
}

// WatchAccount keeps the events of an account in a log group of its own, which
// it returns, and raises alarms on them. EventBridge tells the log and not the
// topic: a topic whose key names the events' account would not get them
// ("Enable compatibility between event sources from AWS services and encrypted
// topics", Amazon SNS Developer Guide).
func (a *Alarms) WatchAccount(key awskms.IKey) awslogs.LogGroup {
	stack := awscdk.Stack_Of(a.Construct)
	name := "/aws/events/" + a.props.Name
	group := encryption.NewLogGroup(a.Construct, "Events", &encryption.LogGroupProps{Key: key, Name: name})
	arn := *stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("logs"), Resource: jsii.String("log-group"), ResourceName: jsii.String(name), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME})
	rules := *stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("events"), Resource: jsii.String("rule"), ResourceName: jsii.String(a.props.Name + "-*")})
	awslogs.NewCfnResourcePolicy(a.Construct, jsii.String("EventsPolicy"), &awslogs.CfnResourcePolicyProps{PolicyName: jsii.String(a.props.Name + "-events"),
		PolicyDocument: stack.ToJsonString(writesEvents(arn, rules), nil)})
	for _, e := range Events() {
		a.watch(e, group.LogGroupName(), arn)
	}
	return group
}

// writesEvents is the policy by which EventBridge writes into a log group
// ("CloudWatch Logs permissions", Amazon EventBridge User Guide).
func writesEvents(group, rules string) map[string]any {
	statement := func(action string, when map[string]any) map[string]any {
		s := map[string]any{"Effect": "Allow", "Principal": map[string]any{"Service": []any{"events.amazonaws.com", "delivery.logs.amazonaws.com"}}, "Action": action, "Resource": group + ":*"}
		if when != nil {
			s["Condition"] = when
		}
		return s
	}
	return map[string]any{"Version": "2012-10-17", "Statement": []any{statement("logs:CreateLogStream", nil),
		statement("logs:PutLogEvents", map[string]any{"ArnLike": map[string]any{"aws:SourceArn": rules}})}}
}

func (a *Alarms) watch(e Event, group *string, arn string) {
	awsevents.NewCfnRule(a.Construct, jsii.String("event-"+e.ID+"-rule"), &awsevents.CfnRuleProps{Name: jsii.String(a.props.Name + "-" + e.ID), Description: jsii.String(e.Says),
		EventPattern: e.Pattern, Targets: &[]any{&awsevents.CfnRule_TargetProperty{Id: jsii.String("Log"), Arn: jsii.String(arn)}}})
	a.Count(e, group)
}

// Count counts lines of a log group, and raises an alarm on too many.
func (a *Alarms) Count(e Event, group *string) {
	m := e.Metric(a.props.Name)
	filter(a.Construct, "event-"+e.ID+"-filter", group, e.Filter, m)
	if e.Above != nil {
		a.add(Subject{Name: "event"}, Alarm{ID: e.ID, Says: e.Says, Metric: m, Above: e.Above, Minutes: e.Minutes, For: 1})
	}
}

// Metric is the metric that counts the events, where alarms have a name.
func (e Event) Metric(name string) Metric {
	return Metric{Namespace(name), fmt.Sprintf("Events-%s", e.ID), "Sum"}
}

// FirewallBlocked counts what a Network Firewall refused, in the log of its
// alerts ("Network Firewall alert log", AWS Network Firewall Developer Guide).
func FirewallBlocked() Event {
	return Event{ID: "blocked", Says: "the firewall refused many connections: a name is missing in allow-egress, or a workload does what it should not",
		Filter: `{ $.event.alert.action = "blocked" }`, Above: limit(50), Minutes: 5}
}
