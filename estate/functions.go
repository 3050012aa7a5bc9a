package estate

import (
	"fmt"
	"slices"
)

// Function is work that events start: a Lambda function of the function's name.
type Function struct {
	// On says what starts it: "queue", the events of the environment's bus, by a
	// queue of the function's own.
	On Trigger `yaml:"on"`
	// Types are the detail-types of the events that it gets. Default: every
	// event of the bus.
	Types []string `yaml:"types,omitempty"`
	// Needs lists the parts that the function opens connections to: "database",
	// "cache" or services; and "events" if it publishes some itself.
	Needs []string `yaml:"needs,omitempty"`
}

// Trigger is what starts a function.
type Trigger string

// TriggerQueue is a queue of events.
const TriggerQueue Trigger = "queue"

// PartEvents is the name of the part that is the bus, with what it keeps.
const PartEvents = "events"

// KindEvents is the bus of events, its archive and the functions' memory of
// what they did; in no tier.
const KindEvents Kind = "events"

// Limits of AWS on what a rule of events names.
const (
	maxTypes    = 50  // so that a rule's pattern stays below 2,048 characters
	maxTypeName = 128 // "PutEventsRequestEntry" (DetailType), Amazon EventBridge API Reference
)

func (e *Estate) functionParts(b *partBuilder) {
	for i, name := range e.Workload.Functions.Keys() {
		path := "workload/functions/" + name
		if i == 0 {
			b.add(PartEvents, KindEvents, path)
		}
		b.add(name, KindFunction, path)
	}
}

// functionFlows adds what functions need. They reach AWS by the endpoints, and
// nothing on the internet.
func (e *Estate) functionFlows(b *flowBuilder) {
	for name, f := range e.Workload.Functions.All() {
		path := "workload/functions/" + name
		e.needsOf(b, name, path, f.Needs)
		b.add(name, PartEndpoints, PortTLS, Flow{Implied: ImpliedEndpoints, Pos: e.Pos(path)})
	}
}

// Publishes says whether a service or function sends events to the bus.
func (e *Estate) Publishes(name string) bool {
	if s, ok := e.Workload.Services.Get(name); ok {
		return slices.Contains(s.Needs, PartEvents)
	}
	f, _ := e.Workload.Functions.Get(name)
	return slices.Contains(f.Needs, PartEvents)
}

func (v *validator) functions() {
	for name, f := range v.e.Workload.Functions.All() {
		v.function("workload/functions/"+name, name, f)
	}
}

func (v *validator) function(at, name string, f Function) {
	v.name(at, "a function", name)
	v.notReserved(at, "a function", name)
	if _, ok := v.e.Workload.Services.Get(name); ok {
		v.bad(CodeRepeated, at, fmt.Sprintf("%q is a service and a function", name), "both would be the same part", "rename one")
	}
	if !v.failed[at+"/on"] && v.e.has(at+"/on") {
		v.choice(at+"/on", string(f.On), string(TriggerQueue))
	}
	for i, need := range f.Needs {
		v.need(index(at+"/needs", i), name, need)
	}
	v.repeated(at+"/needs", f.Needs)
	if len(f.Types) > maxTypes {
		v.bad(CodeTooMany, at+"/types", fmt.Sprintf("types has %d entries; a function can name %d", len(f.Types), maxTypes),
			"a rule's pattern is limited in length", "leave types out, or split the function")
	}
	for i, t := range f.Types {
		if !isTypeName(t) {
			v.bad(CodeName, index(at+"/types", i), fmt.Sprintf("%q cannot be the type of an event", short(t)), "",
				fmt.Sprintf("use 1 to %d letters, digits, spaces and . _ -, for example policy.issued", maxTypeName))
		}
	}
	v.repeated(at+"/types", f.Types)
}

func isTypeName(s string) bool {
	return s != "" && len(s) <= maxTypeName && isAlphanumeric(s[0]) && onlyBytes(s, func(c byte) bool {
		return isAlphanumeric(c) || c == '.' || c == '_' || c == '-' || c == ' '
	})
}
