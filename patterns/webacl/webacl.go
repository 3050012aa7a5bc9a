// Package webacl makes the web ACL that stands before a public entry.
//
// AWS's managed rules against known attackers, anonymisers, common attacks,
// known bad inputs and SQL injection block, and an address that asks too often
// is blocked while it does; so is what is asked of one name, where it protects
// several. What identifies a caller never leaves the rules:
// neither logs nor metrics hold it, and no requests are sampled. A caller may
// size the limits; no property turns a rule off.
package webacl

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awswafv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Scope is what a web ACL protects.
type Scope string

// The scopes. A web ACL for CloudFront is made in us-east-1.
const (
	Regional   Scope = "REGIONAL"
	CloudFront Scope = "CLOUDFRONT"
)

// Props says what the web ACL protects, and how much one address may ask.
type Props struct {
	Name  string
	Scope Scope
	// RequestsPerMinute is how many requests one address may make.
	RequestsPerMinute int
	// RequestsPerName is how many requests in a minute all addresses together may
	// make of one of the names that the web ACL protects, so that a flood on one
	// stays its own; 0: it protects one name only.
	RequestsPerName int
	// ForServers says that the callers are servers, which stand in data centres
	// as anonymisers do: being in one is counted then, and does not block.
	ForServers bool
}

// LogPrefix is what the name of a place for logs begins with ("AWS WAF logging
// destinations", AWS WAF Developer Guide).
const LogPrefix = "aws-waf-logs-"

// New makes the web ACL.
func New(scope constructs.Construct, id string, props *Props) awswafv2.CfnWebACL {
	var rules []any
	for i, g := range groups(props) {
		statement := &awswafv2.CfnWebACL_ManagedRuleGroupStatementProperty{VendorName: jsii.String("AWS"), Name: jsii.String(g.name)}
		if g.counted != "" {
			statement.RuleActionOverrides = []any{&awswafv2.CfnWebACL_RuleActionOverrideProperty{Name: jsii.String(g.counted),
				ActionToUse: &awswafv2.CfnWebACL_RuleActionProperty{Count: map[string]any{}}}}
		}
		rules = append(rules, &awswafv2.CfnWebACL_RuleProperty{Name: jsii.String(g.name), Priority: jsii.Number(i + 1), VisibilityConfig: measured(g.name),
			OverrideAction: &awswafv2.CfnWebACL_OverrideActionProperty{None: map[string]any{}},
			Statement:      &awswafv2.CfnWebACL_StatementProperty{ManagedRuleGroupStatement: statement}})
	}
	rules = append(rules, &awswafv2.CfnWebACL_RuleProperty{Name: jsii.String("RateLimit"), Priority: jsii.Number(0), VisibilityConfig: measured("RateLimit"),
		Action: &awswafv2.CfnWebACL_RuleActionProperty{Block: map[string]any{}},
		Statement: &awswafv2.CfnWebACL_StatementProperty{RateBasedStatement: &awswafv2.CfnWebACL_RateBasedStatementProperty{
			AggregateKeyType: jsii.String("IP"), Limit: jsii.Number(props.RequestsPerMinute), EvaluationWindowSec: jsii.Number(60)}}})
	if props.RequestsPerName > 0 {
		rules = append(rules, perName(len(rules), props.RequestsPerName))
	}
	return awswafv2.NewCfnWebACL(scope, jsii.String(id), &awswafv2.CfnWebACLProps{
		Name: jsii.String(props.Name), Scope: jsii.String(string(props.Scope)), Rules: rules, VisibilityConfig: measured(props.Name),
		DefaultAction:        &awswafv2.CfnWebACL_DefaultActionProperty{Allow: map[string]any{}},
		DataProtectionConfig: &awswafv2.CfnWebACL_DataProtectionConfigProperty{DataProtections: protections()}})
}

// perName limits what is asked of each name: one rule, however many names there
// are ("Rate-based rule aggregation options and keys", AWS WAF Developer Guide).
// It is asked last, so that what the managed rules block does not count. It needs
// 42 units: 2, 30 for the key and 10 for its transformation.
func perName(priority, requests int) *awswafv2.CfnWebACL_RuleProperty {
	const name = "RateLimitOfName"
	host := &awswafv2.CfnWebACL_RateLimitHeaderProperty{Name: jsii.String("host"), TextTransformations: []any{
		&awswafv2.CfnWebACL_TextTransformationProperty{Priority: jsii.Number(0), Type: jsii.String("LOWERCASE")}}}
	return &awswafv2.CfnWebACL_RuleProperty{Name: jsii.String(name), Priority: jsii.Number(priority), VisibilityConfig: measured(name),
		Action: &awswafv2.CfnWebACL_RuleActionProperty{Block: map[string]any{}},
		Statement: &awswafv2.CfnWebACL_StatementProperty{RateBasedStatement: &awswafv2.CfnWebACL_RateBasedStatementProperty{
			AggregateKeyType: jsii.String("CUSTOM_KEYS"), CustomKeys: []any{&awswafv2.CfnWebACL_RateBasedStatementCustomKeyProperty{Header: host}},
			Limit: jsii.Number(requests), EvaluationWindowSec: jsii.Number(60)}}}
}

// group is a managed rule group, and the one rule of it that only counts.
type group struct{ name, counted string }

// groups are the managed rules, in the order in which they are asked. Together
// they need 1,175 of the 1,500 units that a web ACL may have at no extra charge
// ("AWS Managed Rules rule groups list", AWS WAF Developer Guide).
func groups(props *Props) []group {
	anonymous := group{name: "AWSManagedRulesAnonymousIpList"}
	if props.ForServers {
		anonymous.counted = "HostingProviderIPList"
	}
	return []group{{name: "AWSManagedRulesAmazonIpReputationList"}, anonymous, {name: "AWSManagedRulesCommonRuleSet"},
		{name: "AWSManagedRulesKnownBadInputsRuleSet"}, {name: "AWSManagedRulesSQLiRuleSet"}}
}

func measured(name string) *awswafv2.CfnWebACL_VisibilityConfigProperty {
	return &awswafv2.CfnWebACL_VisibilityConfigProperty{CloudWatchMetricsEnabled: jsii.Bool(true), SampledRequestsEnabled: jsii.Bool(false), MetricName: jsii.String(name)}
}

// secretHeaders are what identifies a caller.
func secretHeaders() []string { return []string{"authorization", "cookie", "x-api-key"} }

// protections keep secret headers out of everything that AWS WAF writes.
func protections() []any {
	keys := jsii.Strings(secretHeaders()...)
	return []any{&awswafv2.CfnWebACL_DataProtectProperty{Action: jsii.String("SUBSTITUTION"),
		Field: &awswafv2.CfnWebACL_FieldToProtectProperty{FieldType: jsii.String("SINGLE_HEADER"), FieldKeys: keys}}}
}

// LogTo writes what the web ACL decides to a place whose name begins with
// LogPrefix: a log group or a bucket.
func LogTo(scope constructs.Construct, id string, acl, destination *string) awswafv2.CfnLoggingConfiguration {
	var redacted []any
	for _, h := range secretHeaders() {
		redacted = append(redacted, &awswafv2.CfnLoggingConfiguration_FieldToMatchProperty{SingleHeader: map[string]any{"Name": h}})
	}
	return awswafv2.NewCfnLoggingConfiguration(scope, jsii.String(id), &awswafv2.CfnLoggingConfigurationProps{
		ResourceArn: acl, LogDestinationConfigs: &[]any{destination}, RedactedFields: redacted})
}

// Protect puts a web ACL before a resource of its Region: an API's stage or a
// load balancer.
func Protect(scope constructs.Construct, id string, acl, resource *string, after ...awscdk.CfnResource) awswafv2.CfnWebACLAssociation {
	a := awswafv2.NewCfnWebACLAssociation(scope, jsii.String(id), &awswafv2.CfnWebACLAssociationProps{WebAclArn: acl, ResourceArn: resource})
	for _, r := range after {
		a.AddResourceDependency(r, nil)
	}
	return a
}
