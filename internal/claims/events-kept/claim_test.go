package eventskept

import (
	"testing"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/prooftest"
	"github.com/suretyhq/surety/internal/resource/build"
)

// work is a bus, a rule, a queue with its dead letters, and a function that
// reads it, each as it should be but for what a case changes.
func work(change func(bus, rule, queue, dead, mapping, function build.Props)) func(*build.Builder) {
	return func(b *build.Builder) {
		bus := build.Props{"Name": "orders", "KmsKeyIdentifier": "arn:aws:kms:ap-southeast-2:100000000004:key/1", "DeadLetterConfig": build.Props{"Arn": b.Attr("Dead", "Arn")}}
		rule := build.Props{"EventBusName": b.Ref("Bus"), "Targets": []build.Props{{"Arn": b.Attr("Queue", "Arn"), "DeadLetterConfig": build.Props{"Arn": b.Attr("Dead", "Arn")}}}}
		queue := build.Props{"VisibilityTimeout": 360, "MessageRetentionPeriod": 604800,
			"RedrivePolicy": build.Props{"deadLetterTargetArn": b.Attr("Dead", "Arn"), "maxReceiveCount": 5}}
		dead := build.Props{"MessageRetentionPeriod": 1209600}
		mapping := build.Props{"EventSourceArn": b.Attr("Queue", "Arn"), "FunctionName": b.Ref("Function"), "FunctionResponseTypes": []string{"ReportBatchItemFailures"}}
		function := build.Props{"Timeout": 60}
		if change != nil {
			change(bus, rule, queue, dead, mapping, function)
		}
		b.Add("AWS::Events::EventBus", "Bus", bus)
		b.Add("AWS::Events::Archive", "Archive", build.Props{"SourceArn": b.Attr("Bus", "Arn")})
		b.Add("AWS::Events::Rule", "Rule", rule)
		b.Add("AWS::SQS::Queue", "Queue", queue)
		b.Add("AWS::SQS::Queue", "Dead", dead)
		b.Add("AWS::Lambda::EventSourceMapping", "Mapping", mapping)
		b.Add("AWS::Lambda::Function", "Function", function)
	}
}

func TestS12_AsynchronousWorkIsKept(t *testing.T) {
	unknown := build.Unknown("a parameter")
	row := func(name string, outcome proof.Outcome, code string, change func(bus, rule, queue, dead, mapping, function build.Props)) prooftest.Case {
		c := prooftest.Case{Name: name, Outcome: outcome, Build: work(change)}
		if code != "" {
			c.Codes = []string{code}
		}
		return c
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		row("as it should be", proof.Proved, "", nil),
		{Name: "nothing", Outcome: proof.NotApplicable, Build: func(b *build.Builder) { b.Add("AWS::SQS::Queue", "Queue", nil) }},
		row("no redrive", proof.Refuted, CodeNoDeadLetters, func(_, _, queue, _, _, _ build.Props) { delete(queue, "RedrivePolicy") }),
		row("few tries", proof.Refuted, CodeTooSoon, func(_, _, queue, _, _, _ build.Props) {
			queue["RedrivePolicy"].(build.Props)["maxReceiveCount"] = 1
		}),
		row("dead letters that expire", proof.Refuted, CodeExpireFirst, func(_, _, _, dead, _, _ build.Props) { delete(dead, "MessageRetentionPeriod") }),
		row("as long as the queue", proof.Refuted, CodeExpireFirst, func(_, _, _, dead, _, _ build.Props) { dead["MessageRetentionPeriod"] = 604800 }),
		row("seen again", proof.Refuted, CodeVisibleTooSoon, func(_, _, queue, _, _, _ build.Props) { delete(queue, "VisibilityTimeout") }),
		row("a function that runs long", proof.Refuted, CodeVisibleTooSoon, func(_, _, _, _, _, function build.Props) { function["Timeout"] = 61 }),
		row("a function with the default", proof.Proved, "", func(_, _, queue, _, _, function build.Props) {
			delete(function, "Timeout")
			queue["VisibilityTimeout"] = 18
		}),
		row("a whole batch", proof.Refuted, CodeFailsWhole, func(_, _, _, _, mapping, _ build.Props) { delete(mapping, "FunctionResponseTypes") }),
		row("one by one", proof.Proved, "", func(_, _, _, _, mapping, _ build.Props) {
			delete(mapping, "FunctionResponseTypes")
			mapping["BatchSize"] = 1
		}),
		row("a rule that loses", proof.Refuted, CodeNoDeadLetters, func(_, rule, _, _, _, _ build.Props) {
			delete(rule["Targets"].([]build.Props)[0], "DeadLetterConfig")
		}),
		row("a rule of AWS's own bus", proof.Proved, "", func(_, rule, _, _, _, _ build.Props) {
			delete(rule, "EventBusName")
			delete(rule["Targets"].([]build.Props)[0], "DeadLetterConfig")
		}),
		row("a bus that loses", proof.Refuted, CodeNoDeadLetters, func(bus, _, _, _, _, _ build.Props) { delete(bus, "DeadLetterConfig") }),
		row("a bus with AWS's key", proof.Proved, "", func(bus, _, _, _, _, _ build.Props) {
			delete(bus, "DeadLetterConfig")
			delete(bus, "KmsKeyIdentifier")
		}),
		row("no known queue", proof.Unknown, CodeUnknown, func(_, _, _, _, mapping, _ build.Props) {
			mapping["EventSourceArn"] = "arn:aws:sqs:ap-southeast-2:100000000004:other"
		}),
		row("no known function", proof.Unknown, CodeUnknown, func(_, _, _, _, mapping, _ build.Props) { mapping["FunctionName"] = "other" }),
		row("no known redrive", proof.Unknown, CodeUnknown, func(_, _, queue, _, _, _ build.Props) { queue["RedrivePolicy"] = unknown }),
		row("no known dead letters", proof.Unknown, CodeUnknown, func(_, _, queue, _, _, _ build.Props) {
			queue["RedrivePolicy"] = build.Props{"deadLetterTargetArn": "arn:aws:sqs:ap-southeast-2:100000000004:other", "maxReceiveCount": 5}
		}),
		row("no known time", proof.Unknown, CodeUnknown, func(_, _, queue, _, _, _ build.Props) { queue["VisibilityTimeout"] = unknown }),
		row("no known targets", proof.Unknown, CodeUnknown, func(_, rule, _, _, _, _ build.Props) { rule["Targets"] = unknown }),
		row("no known answer", proof.Unknown, CodeUnknown, func(_, _, _, _, mapping, _ build.Props) { mapping["FunctionResponseTypes"] = unknown }),
		row("a stream", proof.Proved, "", func(_, _, _, _, mapping, _ build.Props) {
			mapping["EventSourceArn"] = "arn:aws:kinesis:ap-southeast-2:100000000004:stream/s"
		}),
	})
}

func TestS12_ABusNeedsAnArchive(t *testing.T) {
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "none", Outcome: proof.Refuted, Codes: []string{CodeNoArchive}, Build: func(b *build.Builder) { b.Add("AWS::Events::EventBus", "Bus", build.Props{"Name": "a"}) }},
		{Name: "another's", Outcome: proof.Refuted, Codes: []string{CodeNoArchive}, Build: func(b *build.Builder) {
			b.Add("AWS::Events::EventBus", "Bus", build.Props{"Name": "a"})
			b.Add("AWS::Events::Archive", "Archive", build.Props{"SourceArn": "arn:aws:events:ap-southeast-2:100000000004:event-bus/b"})
		}},
	})
}

func TestS12_FunctionsThatNobodyWaitsFor(t *testing.T) {
	function := func(props build.Props, more func(*build.Builder)) func(*build.Builder) {
		return func(b *build.Builder) {
			b.Add("AWS::Events::Rule", "Rule", build.Props{"ScheduleExpression": "rate(1 day)", "Targets": []build.Props{{"Arn": b.Attr("F", "Arn")}}})
			b.Add("AWS::Lambda::Function", "F", props)
			b.Add("AWS::SQS::Queue", "Q", nil)
			if more != nil {
				more(b)
			}
		}
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "nothing kept", Outcome: proof.Refuted, Codes: []string{CodeNoDeadLetters}, Build: function(nil, nil)},
		{Name: "a queue", Outcome: proof.Proved, Build: function(build.Props{"DeadLetterConfig": build.Props{"TargetArn": "arn:aws:sqs:ap-southeast-2:100000000004:q"}}, nil)},
		{Name: "a destination", Outcome: proof.Proved, Build: function(nil, func(b *build.Builder) {
			b.Add("AWS::Lambda::EventInvokeConfig", "C", build.Props{"FunctionName": b.Ref("F"), "DestinationConfig": build.Props{"OnFailure": build.Props{"Destination": b.Attr("Q", "Arn")}}})
		})},
		{Name: "not known", Outcome: proof.Unknown, Codes: []string{CodeUnknown}, Build: function(build.Props{"DeadLetterConfig": build.Props{"TargetArn": build.Unknown("a parameter")}}, nil)},
	})
}
