// Package resolver makes Route 53 Resolver endpoints: one by which questions
// about a VPC's private names come in, and one by which questions about others'
// domains go out.
//
// An endpoint has an address in each of the subnets that it is given, at least
// two, and the caller's security group alone. What goes out is asked by DNS
// over HTTPS of a server that proves its name; plain DNS never leaves.
package resolver

import (
	"net/netip"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53resolver"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// portTLS is the port of DNS over HTTPS.
const portTLS = 443

// Protocols of endpoints ("CreateResolverEndpoint", Amazon Route 53 API
// Reference).
const (
	plainDNS = "Do53"
	dnsByTLS = "DoH"
)

// Props says where an endpoint is.
type Props struct {
	// Name is the endpoint's name.
	Name string
	// SubnetIDs are the subnets in which the endpoint has an address each.
	SubnetIDs     []*string
	SecurityGroup awsec2.ISecurityGroup
}

// NewInbound makes the endpoint that answers as the VPC's own resolver does:
// private zones, then the internet as far as the DNS Firewall lets it.
func NewInbound(scope constructs.Construct, id string, props *Props) awsroute53resolver.CfnResolverEndpoint {
	return endpoint(scope, id, props, "INBOUND", plainDNS)
}

// Rule says whom to ask about a domain and the names below it.
type Rule struct {
	Domain string
	// Servers answer DNS over HTTPS; ServerName is the name that they prove.
	Servers    []netip.Addr
	ServerName string
}

// OutboundProps says whom a VPC's resolver asks about others' domains.
type OutboundProps struct {
	Props
	// VPCID is the VPC whose resolver asks.
	VPCID *string
	Rules []Rule
}

// NewOutbound makes the endpoint by which the VPC's resolver asks others, and
// the rules that say which domains. A rule counts before a private zone of the
// same name ("Forwarding rules", Amazon Route 53 Developer Guide).
func NewOutbound(scope constructs.Construct, id string, props *OutboundProps) constructs.Construct {
	root := constructs.NewConstruct(scope, jsii.String(id))
	out := endpoint(root, "Endpoint", &props.Props, "OUTBOUND", dnsByTLS)
	for _, r := range props.Rules {
		var targets []any
		for _, s := range r.Servers {
			targets = append(targets, &awsroute53resolver.CfnResolverRule_TargetAddressProperty{Ip: jsii.String(s.String()),
				Port: jsii.String(strconv.Itoa(portTLS)), Protocol: jsii.String(dnsByTLS), ServerNameIndication: jsii.String(r.ServerName)})
		}
		scope := constructs.NewConstruct(root, jsii.String(r.Domain))
		rule := awsroute53resolver.NewCfnResolverRule(scope, jsii.String("Rule"), &awsroute53resolver.CfnResolverRuleProps{
			RuleType: jsii.String("FORWARD"), DomainName: jsii.String(r.Domain), ResolverEndpointId: out.AttrResolverEndpointId(), TargetIps: &targets})
		awscdk.Tags_Of(rule).Add(jsii.String("Name"), jsii.String(props.Name+" "+r.Domain), nil)
		awsroute53resolver.NewCfnResolverRuleAssociation(scope, jsii.String("Association"), &awsroute53resolver.CfnResolverRuleAssociationProps{
			ResolverRuleId: rule.AttrResolverRuleId(), VpcId: props.VPCID})
	}
	return root
}

func endpoint(scope constructs.Construct, id string, props *Props, direction, protocol string) awsroute53resolver.CfnResolverEndpoint {
	var addresses []any
	for _, s := range props.SubnetIDs {
		addresses = append(addresses, &awsroute53resolver.CfnResolverEndpoint_IpAddressRequestProperty{SubnetId: s})
	}
	e := awsroute53resolver.NewCfnResolverEndpoint(scope, jsii.String(id), &awsroute53resolver.CfnResolverEndpointProps{
		Direction: jsii.String(direction), IpAddresses: &addresses, Name: jsii.String(props.Name), Protocols: jsii.Strings(protocol),
		ResolverEndpointType: jsii.String("IPV4"), SecurityGroupIds: &[]*string{props.SecurityGroup.SecurityGroupId()}})
	awscdk.Tags_Of(e).Add(jsii.String("Name"), jsii.String(props.Name), nil)
	return e
}
