// Package events makes a bus of events and what does work because of them.
//
// Nothing that was published is lost: the bus keeps an archive, what it cannot
// deliver and what a function cannot do lie among dead letters, and a function
// remembers what it did, so that an event that comes twice does nothing twice.
// Bus, archive, queues and memory are encrypted by the caller's key and refuse
// requests without TLS.
package events

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

const (
	// deadLetterDays is the longest that a queue keeps a message.
	deadLetterDays = 14
	// queueDays is how long a message waits for its function.
	queueDays = 7
	// archiveDays is how long an event can be sent again.
	archiveDays = 90
	// receives is how often a message is tried before it is a dead letter.
	receives = 5
	// visibleTimes is how many times a function's timeout a message stays
	// hidden from others ("Configuring a queue to use with Lambda", AWS Lambda
	// Developer Guide).
	visibleTimes = 6
	// batch is how many messages a function gets at once, after waiting for
	// batchSeconds at the most.
	batch, batchSeconds = 10, 1
	// deliveryHours and deliveries bound how long the bus tries to deliver.
	deliveryHours, deliveries = 24, 185
)

// BusProps says whose bus it is.
type BusProps struct {
	// Name is the bus's name.
	Name string
	// Key encrypts everything; its policy must admit EventBridge.
	Key awskms.IKey
}

// Bus is a bus with its archive, what it could not deliver, and the table in
// which functions remember what they did.
type Bus struct {
	Construct constructs.Construct
	Resource  awsevents.CfnEventBus
	Memory    awsdynamodb.Table
	dead      awssqs.Queue
	props     *BusProps
}

// NewBus makes the bus.
func NewBus(scope constructs.Construct, id string, props *BusProps) *Bus {
	b := &Bus{Construct: constructs.NewConstruct(scope, jsii.String(id)), props: props}
	b.dead = queue(b.Construct, "DeadLetters", &awssqs.QueueProps{EncryptionMasterKey: props.Key, RetentionPeriod: days(deadLetterDays)})
	b.Resource = awsevents.NewCfnEventBus(b.Construct, jsii.String("Bus"), &awsevents.CfnEventBusProps{
		Name: jsii.String(props.Name), KmsKeyIdentifier: props.Key.KeyArn(),
		DeadLetterConfig: &awsevents.CfnEventBus_DeadLetterConfigProperty{Arn: b.dead.QueueArn()}})
	admit(b.dead, busARN(b.Construct, props.Name))
	archive := awsevents.NewCfnArchive(b.Construct, jsii.String("Archive"), &awsevents.CfnArchiveProps{
		SourceArn: b.Resource.AttrArn(), KmsKeyIdentifier: props.Key.KeyArn(), RetentionDays: jsii.Number(archiveDays)})
	archive.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	b.Memory = awsdynamodb.NewTable(b.Construct, jsii.String("Memory"), &awsdynamodb.TableProps{
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:  awsdynamodb.BillingMode_PAY_PER_REQUEST, TimeToLiveAttribute: jsii.String("expires"),
		Encryption: awsdynamodb.TableEncryption_CUSTOMER_MANAGED, EncryptionKey: props.Key,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
		DeletionProtection:               jsii.Bool(true), RemovalPolicy: awscdk.RemovalPolicy_RETAIN})
	return b
}

// ConsumerProps says what gets which events.
type ConsumerProps struct {
	Name string
	// Function does the work. Its role gets what it needs for it.
	Function awslambda.Function
	// TimeoutSeconds is the function's.
	TimeoutSeconds int
	// Types are the detail-types of the events that it gets; empty: all.
	Types []string
	// Concurrency is how many batches are worked on at once, at least 2.
	Concurrency int
}

// Consume gives a function the bus's events by a queue of its own. What it
// reports as failed is tried again, and alone; what fails too often becomes a
// dead letter.
func (b *Bus) Consume(scope constructs.Construct, id string, props *ConsumerProps) constructs.Construct {
	root := constructs.NewConstruct(scope, jsii.String(id))
	dead := queue(root, "DeadLetters", &awssqs.QueueProps{EncryptionMasterKey: b.props.Key, RetentionPeriod: days(deadLetterDays)})
	waiting := queue(root, "Queue", &awssqs.QueueProps{EncryptionMasterKey: b.props.Key, RetentionPeriod: days(queueDays),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(visibleTimes * props.TimeoutSeconds)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: jsii.Number(receives)}})
	pattern := map[string]any{"account": jsii.Strings(*awscdk.Stack_Of(root).Account())}
	if len(props.Types) > 0 {
		pattern["detail-type"] = jsii.Strings(props.Types...)
	}
	rule := awsevents.NewCfnRule(root, jsii.String("Rule"), &awsevents.CfnRuleProps{
		EventBusName: b.Resource.Ref(), EventPattern: pattern, Description: jsii.String("Events for " + props.Name),
		Targets: []any{&awsevents.CfnRule_TargetProperty{Id: jsii.String("Queue"), Arn: waiting.QueueArn(),
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: b.dead.QueueArn()},
			RetryPolicy: &awsevents.CfnRule_RetryPolicyProperty{
				MaximumRetryAttempts: jsii.Number(deliveries), MaximumEventAgeInSeconds: jsii.Number(deliveryHours * 60 * 60)}}}})
	admit(waiting, rule.AttrArn())
	admit(b.dead, rule.AttrArn())
	waiting.GrantConsumeMessages(props.Function)
	b.remember(props.Function)
	awslambda.NewCfnEventSourceMapping(root, jsii.String("Mapping"), &awslambda.CfnEventSourceMappingProps{
		FunctionName: props.Function.FunctionName(), EventSourceArn: waiting.QueueArn(), BatchSize: jsii.Number(batch),
		MaximumBatchingWindowInSeconds: jsii.Number(batchSeconds), FunctionResponseTypes: jsii.Strings("ReportBatchItemFailures"),
		ScalingConfig: &awslambda.CfnEventSourceMapping_ScalingConfigProperty{MaximumConcurrency: jsii.Number(props.Concurrency)}})
	return root
}

// Take takes the events of a pattern from the account's default bus, where AWS's
// own services send them ("Sending and receiving events between event buses in
// the same account and Region", Amazon EventBridge User Guide: a rule needs a
// role for it).
func (b *Bus) Take(id, description string, pattern map[string]any) {
	role := awsiam.NewRole(b.Construct, jsii.String(id+"Role"), &awsiam.RoleProps{Description: jsii.String(description + ": to the bus " + b.props.Name),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), &awsiam.ServicePrincipalOpts{Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Stack_Of(b.Construct).Account()}}})})
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings("events:PutEvents"), Resources: &[]*string{b.Resource.AttrArn()}}))
	rule := awsevents.NewCfnRule(b.Construct, jsii.String(id), &awsevents.CfnRuleProps{Description: jsii.String(description), State: jsii.String("ENABLED"), EventBusName: jsii.String("default"), EventPattern: pattern,
		Targets: []any{&awsevents.CfnRule_TargetProperty{Id: jsii.String("Bus"), Arn: b.Resource.AttrArn(), RoleArn: role.RoleArn(),
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: b.dead.QueueArn()}}}})
	admit(b.dead, rule.AttrArn())
}

// remember lets a function write down what it did.
func (b *Bus) remember(who awsiam.IGrantable) {
	allow := func(actions []string, resource *string, when map[string]any) {
		p := &awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &[]*string{resource}}
		if when != nil {
			p.Conditions = &when
		}
		who.GrantPrincipal().AddToPrincipalPolicy(awsiam.NewPolicyStatement(p))
	}
	allow([]string{"dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}, b.Memory.TableArn(), nil)
	allow([]string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}, b.props.Key.KeyArn(), map[string]any{
		"StringEquals": map[string]any{"kms:ViaService": "dynamodb." + *awscdk.Stack_Of(b.Construct).Region() + ".amazonaws.com"}})
}

// GrantPublish lets a principal send events to the bus of a name in a stack's
// account and Region, with its own source and no other ("Using conditions in
// Amazon EventBridge", Amazon EventBridge User Guide).
func GrantPublish(scope constructs.Construct, bus string, source *string, who awsiam.IGrantable) {
	only := map[string]any{"ForAllValues:StringEquals": map[string]any{"events:source": source}, "Null": map[string]any{"events:source": "false"}}
	who.GrantPrincipal().AddToPrincipalPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("events:PutEvents"), Resources: &[]*string{busARN(scope, bus)}, Conditions: &only}))
}

func busARN(scope constructs.Construct, name string) *string {
	return awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{Service: jsii.String("events"), Resource: jsii.String("event-bus"), ResourceName: jsii.String(name)})
}

// queue makes a queue that is encrypted and refuses requests without TLS.
func queue(scope constructs.Construct, id string, props *awssqs.QueueProps) awssqs.Queue {
	props.Encryption, props.EnforceSSL = awssqs.QueueEncryption_KMS, jsii.Bool(true)
	return awssqs.NewQueue(scope, jsii.String(id), props)
}

// admit lets EventBridge send to a queue on behalf of a bus or rule.
func admit(q awssqs.Queue, source *string) {
	when := map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": source}}
	q.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("sqs:SendMessage"), Resources: &[]*string{q.QueueArn()}, Conditions: &when,
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil)}}))
}

func days(n int) awscdk.Duration { return awscdk.Duration_Days(jsii.Number(n)) }
