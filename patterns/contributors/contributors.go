// Package contributors ranks those who contribute most to what an API's access
// log says: who calls, whose calls fail, who is held back.
//
// A rule ranks all contributors at once, so that a thousand cost no more rules
// than one ("Use Contributor Insights to analyze high-cardinality data", Amazon
// CloudWatch User Guide). It reads what the log holds and keeps nothing of it
// but the contributor's name and a count.
package contributors

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Props says whose contributions are ranked.
type Props struct {
	// Name is what the rules' names begin with.
	Name string
	// LogGroup is the name of the group, whose lines are JSON.
	LogGroup *string
	// Key is the field that names a contributor: $.tenant. Lines in which it is
	// missing or a hyphen, as access logs write what there is not, count for
	// nobody.
	Key string
	// Status is the field that holds the status of the answer, as text: $.status.
	Status string
}

// Rule is a ranking.
type Rule struct {
	// Title says what is ranked.
	Title string
	// Name is the rule's name.
	Name string
	// Fails says that what is ranked is what goes wrong.
	Fails bool
}

// ranking is what a rule counts: all answers, or those whose status begins with
// one of some texts.
type ranking struct {
	id, title string
	statuses  []string
}

// rankings are those that there are. 429 is how API Gateway answers who asks more
// than his plan allows ("Throttle requests to your REST APIs", Amazon API Gateway
// Developer Guide).
func rankings() []ranking {
	return []ranking{
		{"calls", "Most calls", nil},
		{"errors", "Most calls that failed", []string{"5"}},
		{"refused", "Most calls that were refused", []string{"401", "403"}},
		{"throttled", "Most calls held back", []string{"429"}},
	}
}

// New makes the rules.
func New(scope constructs.Construct, id string, props *Props) []Rule {
	within := constructs.NewConstruct(scope, jsii.String(id))
	var all []Rule
	for _, r := range rankings() {
		filters := []any{map[string]any{"Match": props.Key, "IsPresent": true}, map[string]any{"Match": props.Key, "NotIn": []any{"-"}}}
		if len(r.statuses) > 0 {
			filters = append(filters, map[string]any{"Match": props.Status, "StartsWith": r.statuses})
		}
		// "Contributor Insights rule syntax in CloudWatch", Amazon CloudWatch User Guide.
		body := map[string]any{"Schema": map[string]any{"Name": "CloudWatchLogRule", "Version": 1}, "LogGroupNames": []any{props.LogGroup}, "LogFormat": "JSON",
			"Contribution": map[string]any{"Keys": []any{props.Key}, "Filters": filters}, "AggregateOn": "Count"}
		name := props.Name + "-" + r.id
		awscloudwatch.NewCfnInsightRule(within, jsii.String(r.id), &awscloudwatch.CfnInsightRuleProps{RuleName: jsii.String(name), RuleState: jsii.String("ENABLED"),
			RuleBody: awscdk.Stack_Of(scope).ToJsonString(body, nil)})
		all = append(all, Rule{Title: r.title, Name: name, Fails: len(r.statuses) > 0})
	}
	return all
}
