// Package inspection makes a Network Firewall that is attached to a Transit
// Gateway and lets through TLS to the listed domains and the listed ranges,
// and nothing else.
//
// Rules are evaluated in strict order, and what no rule lets through is dropped
// and logged. Alerts and flows go to an encrypted log group.
package inspection

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsnetworkfirewall"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Props says what may leave.
type Props struct {
	// Name is the firewall's name.
	Name string
	// TransitGatewayID is the gateway that the firewall is attached to.
	TransitGatewayID *string
	// Zones are the ids of the Availability Zones that hold an endpoint.
	Zones []string
	// Clients are the ranges of the networks whose traffic is inspected.
	Clients []netip.Prefix
	// Domains may be reached by TLS, by the name that the client asks for. A
	// leading dot admits every name below the domain too.
	Domains []string
	// Destinations may be reached on single ports.
	Destinations []Destination
	// Logs receives alerts and flows.
	Logs awslogs.ILogGroup
}

// Destination is ranges and a port that clients may reach.
type Destination struct {
	// Protocol is TCP or UDP.
	Protocol string
	Ranges   []netip.Prefix
	Port     int
}

// Firewall is the firewall.
type Firewall struct {
	Construct constructs.Construct
	Resource  awsnetworkfirewall.CfnFirewall
}

// Priorities of the rule groups: the lower is evaluated first.
const (
	priorityDestinations = 100
	priorityDomains      = 200
	priorityRest         = 300
)

// Capacities of the rule groups. They cannot be changed later, so they leave
// room.
const (
	capacityDestinations = 500
	capacityDomains      = 1000
	capacityRest         = 500
)

// portTLS is the port of TLS on the internet.
const portTLS = 443

// New makes the firewall, its policy, rules and logging. A firewall that is
// attached to a Transit Gateway names its zones by id, and its attachment is
// always in appliance mode ("Transit gateway-attached firewalls", AWS Network
// Firewall Developer Guide).
func New(scope constructs.Construct, id string, props *Props) *Firewall {
	f := &Firewall{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	policy := f.addPolicy(props)
	var zones []any
	for _, z := range props.Zones {
		zones = append(zones, &awsnetworkfirewall.CfnFirewall_AvailabilityZoneMappingProperty{AvailabilityZone: jsii.String(z)})
	}
	f.Resource = awsnetworkfirewall.NewCfnFirewall(f.Construct, jsii.String("Firewall"), &awsnetworkfirewall.CfnFirewallProps{
		FirewallName: jsii.String(props.Name), FirewallPolicyArn: policy.AttrFirewallPolicyArn(),
		TransitGatewayId: props.TransitGatewayID, AvailabilityZoneMappings: zones,
		AvailabilityZoneChangeProtection: false, DeleteProtection: true, FirewallPolicyChangeProtection: false})
	f.addLogging(props)
	return f
}

func (f *Firewall) addPolicy(props *Props) awsnetworkfirewall.CfnFirewallPolicy {
	var groups []any
	refer := func(group awsnetworkfirewall.CfnRuleGroup, priority int) {
		groups = append(groups, &awsnetworkfirewall.CfnFirewallPolicy_StatefulRuleGroupReferenceProperty{
			ResourceArn: group.AttrRuleGroupArn(), Priority: jsii.Number(priority)})
	}
	if len(props.Destinations) > 0 {
		refer(f.group(props, "Destinations", capacityDestinations, &awsnetworkfirewall.CfnRuleGroup_RulesSourceProperty{
			StatefulRules: destinationRules(props)}), priorityDestinations)
	}
	if len(props.Domains) > 0 {
		refer(f.group(props, "Domains", capacityDomains, &awsnetworkfirewall.CfnRuleGroup_RulesSourceProperty{
			RulesSourceList: &awsnetworkfirewall.CfnRuleGroup_RulesSourceListProperty{
				GeneratedRulesType: jsii.String("ALLOWLIST"), Targets: jsii.Strings(props.Domains...), TargetTypes: jsii.Strings("TLS_SNI")}}), priorityDomains)
	}
	refer(f.group(props, "Rest", capacityRest, &awsnetworkfirewall.CfnRuleGroup_RulesSourceProperty{
		StatefulRules: restRules(props)}), priorityRest)
	return awsnetworkfirewall.NewCfnFirewallPolicy(f.Construct, jsii.String("Policy"), &awsnetworkfirewall.CfnFirewallPolicyProps{
		FirewallPolicyName: jsii.String(props.Name),
		FirewallPolicy: &awsnetworkfirewall.CfnFirewallPolicy_FirewallPolicyProperty{
			StatelessDefaultActions:         jsii.Strings("aws:forward_to_sfe"),
			StatelessFragmentDefaultActions: jsii.Strings("aws:forward_to_sfe"),
			StatefulDefaultActions:          jsii.Strings("aws:drop_established", "aws:alert_established"),
			StatefulEngineOptions: &awsnetworkfirewall.CfnFirewallPolicy_StatefulEngineOptionsProperty{
				RuleOrder: jsii.String("STRICT_ORDER"), StreamExceptionPolicy: jsii.String("DROP")},
			PolicyVariables: &awsnetworkfirewall.CfnFirewallPolicy_PolicyVariablesProperty{
				RuleVariables: map[string]any{"HOME_NET": &awsnetworkfirewall.CfnFirewallPolicy_IPSetProperty{Definition: clients(props)}}},
			StatefulRuleGroupReferences: groups}})
}

// group makes a stateful rule group. HOME_NET has to name the clients, or a
// domain list would look at the firewall's own network only ("Stateful domain
// list rule groups in AWS Network Firewall").
func (f *Firewall) group(props *Props, name string, capacity int, source *awsnetworkfirewall.CfnRuleGroup_RulesSourceProperty) awsnetworkfirewall.CfnRuleGroup {
	return awsnetworkfirewall.NewCfnRuleGroup(f.Construct, jsii.String(name), &awsnetworkfirewall.CfnRuleGroupProps{
		RuleGroupName: jsii.String(props.Name + "-" + strings.ToLower(name)), Type: jsii.String("STATEFUL"), Capacity: jsii.Number(capacity),
		RuleGroup: &awsnetworkfirewall.CfnRuleGroup_RuleGroupProperty{
			RulesSource: source,
			RuleVariables: &awsnetworkfirewall.CfnRuleGroup_RuleVariablesProperty{
				IpSets: map[string]any{"HOME_NET": &awsnetworkfirewall.CfnRuleGroup_IPSetProperty{Definition: clients(props)}}},
			StatefulRuleOptions: &awsnetworkfirewall.CfnRuleGroup_StatefulRuleOptionsProperty{RuleOrder: jsii.String("STRICT_ORDER")}}})
}

func destinationRules(props *Props) []any {
	var r rules
	for _, d := range props.Destinations {
		for _, from := range props.Clients {
			for _, to := range d.Ranges {
				r.add("PASS", d.Protocol, from.String(), to.String(), fmt.Sprint(d.Port))
			}
		}
	}
	return r
}

// restRules drops what the domain list cannot judge: the policy's default
// drops established connections only, so that a first packet, and all of a
// one-way protocol, would pass.
func restRules(props *Props) []any {
	var r rules
	for _, from := range props.Clients {
		r.add("DROP", "UDP", from.String(), anything, anything)
		r.add("DROP", "ICMP", from.String(), anything, anything)
		r.add("DROP", "TCP", from.String(), anything, fmt.Sprintf("1:%d", portTLS-1))
		r.add("DROP", "TCP", from.String(), anything, fmt.Sprintf("%d:65535", portTLS+1))
	}
	return r
}

const anything = "ANY"

// rules are stateful rules in order; each has its place as its id.
type rules []any

func (r *rules) add(action, protocol, from, to, port string) {
	*r = append(*r, &awsnetworkfirewall.CfnRuleGroup_StatefulRuleProperty{
		Action: jsii.String(action),
		Header: &awsnetworkfirewall.CfnRuleGroup_HeaderProperty{
			Protocol: jsii.String(protocol), Direction: jsii.String("FORWARD"),
			Source: jsii.String(from), SourcePort: jsii.String(anything),
			Destination: jsii.String(to), DestinationPort: jsii.String(port)},
		RuleOptions: []any{&awsnetworkfirewall.CfnRuleGroup_RuleOptionProperty{
			Keyword: jsii.String("sid"), Settings: jsii.Strings(fmt.Sprint(len(*r) + 1))}}})
}

func clients(props *Props) *[]*string {
	var all []string
	for _, c := range props.Clients {
		all = append(all, c.String())
	}
	return jsii.Strings(all...)
}

func (f *Firewall) addLogging(props *Props) {
	var to []any
	for _, kind := range []string{"ALERT", "FLOW"} {
		to = append(to, &awsnetworkfirewall.CfnLoggingConfiguration_LogDestinationConfigProperty{
			LogType: jsii.String(kind), LogDestinationType: jsii.String("CloudWatchLogs"),
			LogDestination: map[string]*string{"logGroup": props.Logs.LogGroupName()}})
	}
	awsnetworkfirewall.NewCfnLoggingConfiguration(f.Construct, jsii.String("Logging"), &awsnetworkfirewall.CfnLoggingConfigurationProps{
		FirewallArn:          f.Resource.AttrFirewallArn(),
		LoggingConfiguration: &awsnetworkfirewall.CfnLoggingConfiguration_LoggingConfigurationProperty{LogDestinationConfigs: to}})
}
