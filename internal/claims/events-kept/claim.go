// Package eventskept proves that asynchronous work is not lost: what could not
// be delivered or done stays where somebody finds it, and what failed in a batch
// fails alone.
//
// It follows events from the bus to the rule, the queue, the mapping and the
// function. Whether a function does the same event twice cannot be seen in a
// template; its own tests show that.
package eventskept

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings.
const (
	CodeNoArchive      = "BUS_NOT_ARCHIVED"
	CodeNoDeadLetters  = "DEAD_LETTERS_MISSING"
	CodeExpireFirst    = "DEAD_LETTERS_EXPIRE_FIRST"
	CodeTooSoon        = "DEAD_LETTERS_TOO_SOON"
	CodeVisibleTooSoon = "QUEUE_VISIBLE_TOO_SOON"
	CodeFailsWhole     = "BATCH_FAILS_WHOLE"
	CodeUnknown        = "EVENTS_KEPT_UNKNOWN"
)

// What the services do where a property is absent ("AWS::SQS::Queue",
// "AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping").
const (
	defaultRetention  = 345600 // seconds, four days
	defaultVisibility = 30     // seconds
	defaultTimeout    = 3      // seconds
	defaultBatch      = 10     // messages
)

// What AWS advises for a queue that a function reads ("Configuring a queue to
// use with Lambda", AWS Lambda Developer Guide).
const (
	visibleTimes  = 6
	leastReceives = 5
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:    "events-kept",
		Rows:  []string{"S12"},
		Says:  "events that cannot be delivered or done are kept, and fail alone",
		Check: check,
	}
}

type checker struct {
	in    *proof.Input
	tally *proof.Tally
}

func check(_ context.Context, in *proof.Input) ([]proof.Verdict, error) {
	c := checker{in: in, tally: proof.NewTally(in, "steps of asynchronous work", "Nothing that was loaded works asynchronously.")}
	for _, r := range in.Graph.OfType("AWS::Events::EventBus") {
		c.bus(r)
	}
	for _, r := range in.Graph.OfType("AWS::Events::Rule") {
		c.rule(r)
	}
	for _, r := range in.Graph.OfType("AWS::Lambda::EventSourceMapping") {
		c.mapping(r)
	}
	return c.tally.Verdicts(), nil
}

func (c checker) doubt(r *resource.Resource, property, message string) {
	c.tally.DoubtAt(r, CodeUnknown, property, message, "Write the value in the template, load the template of what it names, or give the parameter with --param.")
}

// target returns the resource that a value names, or nil.
func (c checker) target(v value.Value) *resource.Resource {
	ref, ok := v.Ref()
	if !ok {
		return nil
	}
	return c.in.Graph.Get(ref.To)
}

// bus judges a bus of the estate's own: it has an archive, and dead letters for
// what it cannot encrypt ("Archiving and replaying events in Amazon EventBridge",
// "Capturing encrypted events that cannot be delivered", EventBridge User
// Guide).
func (c checker) bus(r *resource.Resource) {
	c.tally.Look(r)
	archived := slices.ContainsFunc(c.in.Graph.OfType("AWS::Events::Archive"), func(a *resource.Resource) bool {
		return c.target(a.Props.Get("SourceArn")) == r
	})
	if !archived {
		c.tally.RefuteAt(r, CodeNoArchive, "", fmt.Sprintf("%s has no archive: an event that its rules did not match is gone.", c.in.Name(r)), "Add an AWS::Events::Archive of the bus.")
	}
	if !r.Props.Get("KmsKeyIdentifier").IsAbsent() {
		c.deadLetters(r, "DeadLetterConfig/Arn", "what it cannot encrypt")
	}
}

// rule judges the targets of a rule: each has dead letters ("Using dead-letter
// queues to process undelivered events in EventBridge", EventBridge User
// Guide). A bus that is a target keeps its own.
func (c checker) rule(r *resource.Resource) {
	targets := r.Props.Get("Targets")
	if why := targets.Reason(); why != nil {
		c.tally.Look(r)
		c.doubt(r, "Targets", fmt.Sprintf("Where %s delivers is not known: %s.", c.in.Name(r), why.Error()))
		return
	}
	own := !r.Props.Get("EventBusName").IsAbsent() && r.Props.Get("EventBusName").Text() != "default"
	for i, t := range targets.Items() {
		to := c.target(t.Get("Arn"))
		function := to != nil && to.Type == "AWS::Lambda::Function"
		if !own && !function {
			continue // AWS's own news of a resource, which can be asked for again
		}
		c.tally.Look(r)
		at := fmt.Sprintf("Targets/%d/DeadLetterConfig/Arn", i)
		if own {
			c.deadLetters(r, at, "what it cannot deliver")
		}
		if function {
			c.asynchronous(to)
		}
	}
}

// asynchronous judges a function that is started without anybody who waits for
// it ("Retaining records of asynchronous invocations", AWS Lambda Developer
// Guide).
func (c checker) asynchronous(f *resource.Resource) {
	for _, e := range c.in.Graph.OfType("AWS::Lambda::EventInvokeConfig") {
		if c.target(e.Props.Get("FunctionName")) == f && !e.Props.Path("DestinationConfig/OnFailure/Destination").IsAbsent() {
			return
		}
	}
	c.deadLetters(f, "DeadLetterConfig/TargetArn", "what it cannot do")
}

// deadLetters judges a property that names where something is kept.
func (c checker) deadLetters(r *resource.Resource, property, what string) {
	switch v := r.Props.Path(property); {
	case v.IsAbsent() || v.Kind() == value.Null:
		c.tally.RefuteAt(r, CodeNoDeadLetters, strings.TrimSuffix(property, "/Arn"), fmt.Sprintf("%s keeps nothing of %s: it is lost.", c.in.Name(r), what), "Name a queue for it in "+property+".")
	case v.FirstUnknown() != nil:
		c.doubt(r, property, fmt.Sprintf("Whether %s keeps %s is not known: %s.", c.in.Name(r), what, v.FirstUnknown().Error()))
	}
}

// mapping judges a queue that a function reads: together with the function,
// whose timeout decides how long a message has to stay hidden.
func (c checker) mapping(r *resource.Resource) {
	source := r.Props.Get("EventSourceArn")
	queue := c.target(source)
	if queue == nil || queue.Type != "AWS::SQS::Queue" {
		if strings.Contains(source.String(), ":sqs:") || source.IsUnknown() {
			c.tally.Look(r)
			c.doubt(r, "EventSourceArn", fmt.Sprintf("What %s does with what fails is not known: its queue is in none of the templates.", c.in.Name(r)))
		}
		return
	}
	c.tally.Look(r)
	c.batch(r)
	c.visibility(r, queue)
	c.redrive(queue)
}

// batch judges what happens to the rest of a batch when one message fails
// ("Implementing partial batch responses", AWS Lambda Developer Guide).
func (c checker) batch(r *resource.Resource) {
	size, known := number(r.Props.Get("BatchSize"), defaultBatch)
	types := r.Props.Get("FunctionResponseTypes")
	switch {
	case known && size == 1:
	case slices.ContainsFunc(types.Items(), func(v value.Value) bool { return v.Text() == "ReportBatchItemFailures" }):
	case !known || types.FirstUnknown() != nil:
		c.doubt(r, "FunctionResponseTypes", fmt.Sprintf("Whether %s fails messages one by one is not known.", c.in.Name(r)))
	default:
		c.tally.RefuteAt(r, CodeFailsWhole, "FunctionResponseTypes", fmt.Sprintf("One message that fails makes %s deliver its whole batch again, and in the end to the dead letters.", c.in.Name(r)),
			"Set FunctionResponseTypes to [ReportBatchItemFailures], and let the function report what failed.")
	}
}

// visibility judges for how long a message stays hidden from others.
func (c checker) visibility(r, queue *resource.Resource) {
	f := c.target(r.Props.Get("FunctionName"))
	if f == nil || f.Type != "AWS::Lambda::Function" {
		c.doubt(r, "FunctionName", fmt.Sprintf("For how long messages of %s have to stay hidden is not known: the function is in none of the templates.", c.in.Name(queue)))
		return
	}
	hidden, known := number(queue.Props.Get("VisibilityTimeout"), defaultVisibility)
	runs, also := number(f.Props.Get("Timeout"), defaultTimeout)
	if !known || !also {
		c.doubt(queue, "VisibilityTimeout", fmt.Sprintf("Whether messages of %s stay hidden while %s works on them is not known.", c.in.Name(queue), c.in.Name(f)))
		return
	}
	if hidden < visibleTimes*runs {
		c.tally.RefuteAt(queue, CodeVisibleTooSoon, "VisibilityTimeout", fmt.Sprintf("Messages of %s are seen again after %d s, but %s may work on them for %d s, and is tried again when it is throttled.", c.in.Name(queue), hidden, c.in.Name(f), runs),
			fmt.Sprintf("Set VisibilityTimeout to %d or more.", visibleTimes*runs))
	}
}

// redrive judges what becomes of a message that fails again and again. The time
// that dead letters are kept counts from when the message was first sent ("Using
// dead-letter queues in Amazon SQS", Amazon SQS Developer Guide).
func (c checker) redrive(queue *resource.Resource) {
	policy := queue.Props.Get("RedrivePolicy")
	if why := policy.FirstUnknown(); why != nil || !policy.IsAbsent() && policy.Kind() != value.Map {
		c.doubt(queue, "RedrivePolicy", fmt.Sprintf("What becomes of messages of %s that fail is not known.", c.in.Name(queue)))
		return
	}
	name := policy.Get("deadLetterTargetArn")
	if name.IsAbsent() {
		c.tally.RefuteAt(queue, CodeNoDeadLetters, "RedrivePolicy", fmt.Sprintf("A message of %s that cannot be worked on is tried until it expires, and is lost then.", c.in.Name(queue)),
			"Set RedrivePolicy to a queue of dead letters.")
		return
	}
	if n, known := number(policy.Get("maxReceiveCount"), 0); known && n < leastReceives {
		c.tally.RefuteAt(queue, CodeTooSoon, "RedrivePolicy/maxReceiveCount", fmt.Sprintf("A message of %s is a dead letter after %d tries, also when the function was only throttled.", c.in.Name(queue), n),
			fmt.Sprintf("Set maxReceiveCount to %d or more.", leastReceives))
	}
	dead := c.target(name)
	if dead == nil {
		c.doubt(queue, "RedrivePolicy/deadLetterTargetArn", fmt.Sprintf("For how long dead letters of %s are kept is not known: their queue is in none of the templates.", c.in.Name(queue)))
		return
	}
	c.retention(queue, dead)
}

func (c checker) retention(queue, dead *resource.Resource) {
	waits, known := number(queue.Props.Get("MessageRetentionPeriod"), defaultRetention)
	kept, also := number(dead.Props.Get("MessageRetentionPeriod"), defaultRetention)
	switch {
	case !known || !also:
		c.doubt(dead, "MessageRetentionPeriod", fmt.Sprintf("Whether dead letters of %s are kept for longer than messages wait is not known.", c.in.Name(queue)))
	case kept <= waits:
		c.tally.RefuteAt(dead, CodeExpireFirst, "MessageRetentionPeriod", fmt.Sprintf("Dead letters are kept for %d s from when they were sent, but messages of %s wait for up to %d s: some are gone when they arrive.", kept, c.in.Name(queue), waits),
			"Let dead letters be kept for longer, up to 1209600 s.")
	}
}

// number reads a number, or what counts where it is absent; it is not known
// where only deployment says it.
func number(v value.Value, absent int) (n int, known bool) {
	if v.IsAbsent() {
		return absent, true
	}
	n, known = v.Int()
	return n, known
}
