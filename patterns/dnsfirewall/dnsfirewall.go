// Package dnsfirewall makes a Route 53 Resolver DNS Firewall that answers the
// listed names only, and applies it to VPCs.
//
// A Network Firewall does not see queries to the Amazon-provided resolver, so
// without this a workload could carry data out in names. Everything that is not
// listed is answered NXDOMAIN, and every query is logged.
package dnsfirewall

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53resolver"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Priorities of the rules, and of the group among a VPC's: the lower is
// evaluated first. 100 is the lowest that is not AWS's own.
const (
	priorityAllow = 100
	priorityBlock = 200
	priorityGroup = 101
)

// Props says which names are answered.
type Props struct {
	// Name is the rule group's name.
	Name string
	// Domains are names; *.example.com admits every name below example.com but
	// not example.com itself.
	Domains []string
}

// Rules is a rule group that blocks all but the listed names.
type Rules struct {
	Construct constructs.Construct
	Group     awsroute53resolver.CfnFirewallRuleGroup
}

// New makes the rule group. Where an allowed name is an alias of another, the
// other is trusted ("DNS Firewall rule actions", Amazon Route 53 Developer
// Guide): content networks change theirs at will.
func New(scope constructs.Construct, id string, props *Props) *Rules {
	r := &Rules{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	list := func(id string, domains []string) *string {
		return awsroute53resolver.NewCfnFirewallDomainList(r.Construct, jsii.String(id), &awsroute53resolver.CfnFirewallDomainListProps{
			Name: jsii.String(props.Name + "-" + id), Domains: jsii.Strings(domains...)}).AttrId()
	}
	r.Group = awsroute53resolver.NewCfnFirewallRuleGroup(r.Construct, jsii.String("Group"), &awsroute53resolver.CfnFirewallRuleGroupProps{
		Name: jsii.String(props.Name),
		FirewallRules: []any{
			&awsroute53resolver.CfnFirewallRuleGroup_FirewallRuleProperty{
				Priority: jsii.Number(priorityAllow), Action: jsii.String("ALLOW"), FirewallDomainListId: list("allowed", props.Domains),
				FirewallDomainRedirectionAction: jsii.String("TRUST_REDIRECTION_DOMAIN")},
			&awsroute53resolver.CfnFirewallRuleGroup_FirewallRuleProperty{
				Priority: jsii.Number(priorityBlock), Action: jsii.String("BLOCK"), BlockResponse: jsii.String("NXDOMAIN"),
				FirewallDomainListId: list("everything", []string{"*"})},
		}})
	return r
}

// VPCProps says which VPC is guarded.
type VPCProps struct {
	// Name is the association's name.
	Name  string
	VPCID *string
	// RuleGroupID is the id of a Rules' Group.
	RuleGroupID *string
	// Queries receives a record of every query.
	Queries awslogs.ILogGroup
}

// Guard applies a rule group to a VPC and logs the VPC's queries.
func Guard(scope constructs.Construct, id string, props *VPCProps) constructs.Construct {
	root := constructs.NewConstruct(scope, jsii.String(id))
	awsroute53resolver.NewCfnFirewallRuleGroupAssociation(root, jsii.String("Association"), &awsroute53resolver.CfnFirewallRuleGroupAssociationProps{
		Name: jsii.String(props.Name), FirewallRuleGroupId: props.RuleGroupID, VpcId: props.VPCID,
		Priority: jsii.Number(priorityGroup), MutationProtection: jsii.String("ENABLED")})
	config := awsroute53resolver.NewCfnResolverQueryLoggingConfig(root, jsii.String("QueryLog"), &awsroute53resolver.CfnResolverQueryLoggingConfigProps{
		Name: jsii.String(props.Name), DestinationArn: props.Queries.LogGroupArn()})
	awsroute53resolver.NewCfnResolverQueryLoggingConfigAssociation(root, jsii.String("QueryLogAssociation"), &awsroute53resolver.CfnResolverQueryLoggingConfigAssociationProps{
		ResolverQueryLogConfigId: config.AttrId(), ResourceId: props.VPCID})
	return root
}
