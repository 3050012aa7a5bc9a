// Package groups makes security groups, one for each party, that let through
// exactly the listed flows.
//
// A group without an outgoing flow lets nothing out. Flows between parties are
// opened from group to group, never by address.
package groups

import (
	"fmt"
	"net/netip"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Protocol is tcp or udp.
type Protocol string

// The protocols.
const (
	TCP Protocol = "tcp"
	UDP Protocol = "udp"
)

// Flow is a connection that From opens to a party, or to ranges outside.
type Flow struct {
	From string
	// To is a party; empty: the flow leads to Ranges.
	To       string
	Ranges   []netip.Prefix
	Protocol Protocol
	Port     int
}

// Props lists the parties and what flows between them.
type Props struct {
	VPC awsec2.IVpc
	// Name begins the groups' descriptions.
	Name    string
	Parties []string
	// Flows are all flows. One from or to a name that is no party is an error.
	Flows []Flow
}

// Groups are security groups by party.
type Groups struct {
	Construct constructs.Construct
	of        map[string]awsec2.SecurityGroup
}

// New makes the groups. It fails if a flow names an unknown party.
func New(scope constructs.Construct, id string, props *Props) (*Groups, error) {
	g := &Groups{Construct: constructs.NewConstruct(scope, jsii.String(id)), of: map[string]awsec2.SecurityGroup{}}
	for _, p := range props.Parties {
		g.of[p] = awsec2.NewSecurityGroup(g.Construct, jsii.String(p), &awsec2.SecurityGroupProps{
			Vpc: props.VPC, AllowAllOutbound: jsii.Bool(false), Description: jsii.String(props.Name + " " + p)})
	}
	for _, f := range props.Flows {
		if err := g.open(f); err != nil {
			return nil, err
		}
	}
	g.closeRest(props)
	return g, nil
}

// closeRest declares a rule that matches nothing in each group whose outgoing
// rules are all resources of their own. CloudFormation opens everything for a
// group that declares no egress ("AWS::EC2::SecurityGroup", CloudFormation
// Template Reference), and it should not be open even for the moment between
// the group and its rules.
func (g *Groups) closeRest(props *Props) {
	open := map[string]bool{}
	for _, f := range props.Flows {
		open[f.From] = open[f.From] || f.To == ""
	}
	for _, p := range props.Parties {
		if !open[p] {
			g.of[p].Node().DefaultChild().(awsec2.CfnSecurityGroup).SetSecurityGroupEgress([]any{&awsec2.CfnSecurityGroup_EgressProperty{
				CidrIp: jsii.String("255.255.255.255/32"), IpProtocol: jsii.String("icmp"), FromPort: jsii.Number(252), ToPort: jsii.Number(86),
				Description: jsii.String("matches nothing: what is open is declared apart")}})
		}
	}
}

func (g *Groups) open(f Flow) error {
	from, ok := g.of[f.From]
	if !ok {
		return fmt.Errorf("flow from %q: there is no such party", f.From)
	}
	port := awsec2.Port_Tcp(jsii.Number(f.Port))
	if f.Protocol == UDP {
		port = awsec2.Port_Udp(jsii.Number(f.Port))
	}
	if f.To == "" {
		for _, r := range f.Ranges {
			from.AddEgressRule(awsec2.Peer_Ipv4(jsii.String(r.String())), port, jsii.String("to the internet"), nil)
		}
		return nil
	}
	to, ok := g.of[f.To]
	if !ok {
		return fmt.Errorf("flow from %q to %q: there is no such party", f.From, f.To)
	}
	from.AddEgressRule(to, port, jsii.String("to "+f.To), nil)
	to.AddIngressRule(from, port, jsii.String("from "+f.From), nil)
	return nil
}

// Of returns a party's group, or nil.
func (g *Groups) Of(party string) awsec2.SecurityGroup { return g.of[party] }
