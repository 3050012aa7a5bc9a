package alarms

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// TopicProps says who is told.
type TopicProps struct {
	// Name is the topic's name.
	Name string
	// Key encrypts the messages; its policy admits CloudWatch.
	Key awskms.IKey
	// Emails are addresses that are told. Each has to confirm once.
	Emails []string
}

// Topic is what alarms are told to.
type Topic struct {
	Resource awssns.Topic
}

// NewTopic makes a topic. Only the alarms of its own account and Region can
// publish to it, over TLS, and its messages are encrypted by the key.
func NewTopic(scope constructs.Construct, id string, props *TopicProps) *Topic {
	stack := awscdk.Stack_Of(scope)
	t := &Topic{Resource: awssns.NewTopic(scope, jsii.String(id), &awssns.TopicProps{
		TopicName: jsii.String(props.Name), DisplayName: jsii.String(props.Name), MasterKey: props.Key, EnforceSSL: jsii.Bool(true)})}
	alarms := stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("cloudwatch"), Resource: jsii.String("alarm"), ResourceName: jsii.String("*"), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME})
	own := map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}, "ArnLike": map[string]any{"aws:SourceArn": alarms}}
	t.Resource.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String("OwnAlarmsPublish"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sns:Publish"), Resources: &[]*string{t.Resource.TopicArn()}, Conditions: &own}))
	for _, email := range props.Emails {
		awssns.NewCfnSubscription(t.Resource, jsii.String(email), &awssns.CfnSubscriptionProps{TopicArn: t.Resource.TopicArn(), Protocol: jsii.String("email"), Endpoint: jsii.String(email)})
	}
	return t
}

func (t *Topic) actions() *[]any { return &[]any{t.Resource.TopicArn()} }
