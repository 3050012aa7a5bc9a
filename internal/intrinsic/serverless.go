package intrinsic

import (
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/value"
)

const (
	samTransform = "AWS::Serverless-2016-10-31"
	samPrefix    = "AWS::Serverless::"
)

// samTypes are the types that resources of AWS::Serverless become, with the
// same logical ids (AWS SAM Developer Guide, "Generated CloudFormation
// resources for AWS SAM"). A connector becomes policies of roles.
var samTypes = map[string]string{
	"Function": "AWS::Lambda::Function", "SimpleTable": "AWS::DynamoDB::Table", "Api": "AWS::ApiGateway::RestApi",
	"HttpApi": "AWS::ApiGatewayV2::Api", "LayerVersion": "AWS::Lambda::LayerVersion", "StateMachine": "AWS::StepFunctions::StateMachine",
	"Connector": "AWS::IAM::ManagedPolicy",
}

// serverless says whether a template's only macro is AWS::Serverless.
func serverless(transform value.Value) bool {
	names := transform.Items()
	if transform.Kind() == value.String {
		names = []value.Value{transform}
	}
	return slices.ContainsFunc(names, func(n value.Value) bool { return n.Text() == samTransform }) &&
		!slices.ContainsFunc(names, func(n value.Value) bool { return n.Text() != samTransform && n.Text() != "AWS::LanguageExtensions" })
}

// expansion makes the resources of AWS::Serverless into those that they stand
// for, as far as these have interfaces, hold data or say whom they trust. What
// it cannot expand keeps its type. It evaluates nothing.
type expansion struct {
	globals value.Value
	keys    []string
	items   []value.Value
	names   map[string]bool
}

// expandServerless returns the Resources of a template after AWS::Serverless,
// and the logical ids of the resources that it was applied to.
func expandServerless(root value.Value) (resources value.Value, from []string) {
	all := root.Get("Resources")
	e := &expansion{globals: root.Get("Globals"), names: map[string]bool{}}
	for logical := range all.Entries() {
		e.names[logical] = true
	}
	for logical, r := range all.Entries() {
		short, ok := strings.CutPrefix(r.Get("Type").Text(), samPrefix)
		if !ok {
			e.add(logical, r)
			continue
		}
		from = append(from, logical)
		typ := samTypes[short]
		props := merged(e.globals.Get(short), r.Get("Properties"))
		if typ == "" || samMakesStores(props) {
			e.add(logical, r)
			continue
		}
		e.add(logical, changed(r, typ, props))
		switch short {
		case "Function":
			e.function(logical, r, props)
		case "StateMachine":
			e.role(logical, r, props, "states.amazonaws.com")
		}
	}
	return value.OfMap(e.keys, e.items).At(all.Offset()), append(from, "Serverless")
}

func (e *expansion) add(logical string, r value.Value) {
	e.keys, e.items = append(e.keys, logical), append(e.items, r)
	e.names[logical] = true
}

// make adds a resource beside the one that it comes from, under its condition,
// unless there is one of that name.
func (e *expansion) make(logical, typ string, from, props value.Value) {
	if !e.names[logical] {
		e.add(logical, changed(from, typ, props))
	}
}

// function adds what a function makes beside itself: its URL, its role, and the
// APIs that events name when they name none.
func (e *expansion) function(logical string, r, props value.Value) {
	if url := props.Get("FunctionUrlConfig"); !url.IsAbsent() {
		e.make(logical+"Url", "AWS::Lambda::Url", r, with(url, "TargetFunctionArn", value.OfMap([]string{"Ref"}, []value.Value{value.OfString(logical)})))
	}
	e.role(logical, r, props, "lambda.amazonaws.com")
	for _, event := range props.Get("Events").Entries() {
		of := event.Get("Properties")
		switch {
		case event.Get("Type").Text() == "Api" && of.Get("RestApiId").IsAbsent():
			e.make("ServerlessRestApi", samTypes["Api"], r, e.globals.Get("Api"))
		case event.Get("Type").Text() == "HttpApi" && of.Get("ApiId").IsAbsent():
			e.make("ServerlessHttpApi", samTypes["HttpApi"], r, e.globals.Get("HttpApi"))
		}
	}
}

// role adds the role of a resource that names none. What it may do is left out;
// whom it trusts is said.
func (e *expansion) role(logical string, r, props value.Value, service string) {
	if !props.Get("Role").IsAbsent() {
		return
	}
	trust := props.Get("AssumeRolePolicyDocument")
	if trust.IsAbsent() {
		text := value.OfString
		trust = value.OfMap([]string{"Version", "Statement"}, []value.Value{text("2012-10-17"), value.OfList(value.OfMap(
			[]string{"Effect", "Principal", "Action"}, []value.Value{text("Allow"), value.OfMap([]string{"Service"}, []value.Value{text(service)}), text("sts:AssumeRole")}))})
	}
	e.make(logical+"Role", "AWS::IAM::Role", r, value.OfMap([]string{"AssumeRolePolicyDocument"}, []value.Value{trust}))
}

// samMakesStores says whether a function makes queues or topics by the way: for
// failed events, or between a topic and itself.
func samMakesStores(props value.Value) bool {
	for _, to := range props.Path("EventInvokeConfig/DestinationConfig").Entries() {
		if !to.Get("Type").IsAbsent() && to.Get("Destination").IsAbsent() {
			return true
		}
	}
	for _, event := range props.Get("Events").Entries() {
		of := event.Get("Properties")
		if !of.Get("SqsSubscription").IsAbsent() || !of.Path("DeadLetterConfig/Type").IsAbsent() {
			return true
		}
	}
	return false
}

// changed is a resource with another type and other properties, those that only
// AWS::Serverless knows left out.
func changed(r value.Value, typ string, props value.Value) value.Value {
	kept := props
	if _, isCall := asCall(props); props.Kind() == value.Map && !isCall {
		kept = with(with(props, "Events", value.Value{}), "Auth", value.Value{})
		if !props.Path("Auth/ResourcePolicy").IsAbsent() {
			kept = with(kept, "Policy", value.OfUnknown(value.Reason{Code: codeNotExpanded, Text: "the policy that AWS::Serverless makes of Auth is not expanded"}))
		}
	}
	return with(with(r, "Type", value.OfString(typ)), "Properties", kept)
}

// with is a map with an entry set, or taken away where it is absent.
func with(m value.Value, key string, to value.Value) value.Value {
	var keys []string
	var items []value.Value
	for k, v := range m.Entries() {
		if k != key {
			keys, items = append(keys, k), append(items, v)
		}
	}
	if !to.IsAbsent() {
		keys, items = append(keys, key), append(items, to)
	}
	return value.OfMap(keys, items).At(m.Offset())
}

// merged is what a resource says over what Globals say: maps are merged, lists
// joined, others replaced (AWS SAM Developer Guide, "Globals section of the AWS
// SAM template").
func merged(global, own value.Value) value.Value {
	_, globalCall := asCall(global)
	_, ownCall := asCall(own)
	switch {
	case own.IsAbsent():
		return global
	case globalCall || ownCall || global.Kind() != own.Kind():
		return own
	case own.Kind() == value.List:
		return value.OfList(slices.Concat(global.Items(), own.Items())...).At(own.Offset())
	case own.Kind() != value.Map:
		return own
	}
	all := global
	for k, v := range own.Entries() {
		all = with(all, k, merged(global.Get(k), v))
	}
	return all.At(own.Offset())
}
