// Package alert makes topics that tell people what happened, and rules that
// send them events of AWS's services.
//
// A topic is encrypted by the caller's key and takes messages over TLS only,
// from its own rules alone.
package alert

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Props says what a topic is.
type Props struct {
	// Name is the topic's name, Display what its messages are said to be from.
	Name, Display string
	// Key encrypts the topic; its policy has KeyStatements.
	Key awskms.IKey
}

// NewTopic makes a topic.
func NewTopic(scope constructs.Construct, id string, props *Props) awssns.Topic {
	return awssns.NewTopic(scope, jsii.String(id), &awssns.TopicProps{
		TopicName: jsii.String(props.Name), DisplayName: jsii.String(props.Display), MasterKey: props.Key, EnforceSSL: jsii.Bool(true)})
}

// Send sends the events of a pattern, on the account's default bus, to a topic.
func Send(scope constructs.Construct, id string, topic awssns.Topic, description string, pattern map[string]any) {
	rule := awsevents.NewCfnRule(scope, jsii.String(id), &awsevents.CfnRuleProps{Description: jsii.String(description), State: jsii.String("ENABLED"),
		EventPattern: pattern, Targets: []any{&awsevents.CfnRule_TargetProperty{Id: jsii.String("topic"), Arn: topic.TopicArn()}}})
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String(id + "Publishes"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sns:Publish"), Resources: &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": rule.AttrArn()}}}))
}

// KeyStatements let EventBridge send to a topic that the key encrypts
// ("Enabling compatibility between event sources from AWS services and
// encrypted topics", Amazon SNS Developer Guide).
func KeyStatements(account string) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String("EventsEncrypt"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil)},
		Actions:    jsii.Strings("kms:Decrypt", "kms:GenerateDataKey*"), Resources: jsii.Strings("*"),
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": account}}})}
}
