// Package groups makes security groups, one for each party, that let through
// exactly the listed flows.
//
// A group without an outgoing flow lets nothing out: the CDK declares a rule
// that matches nothing in it, because CloudFormation opens everything for a
// group that declares no egress ("AWS::EC2::SecurityGroup", CloudFormation
// Template Reference). It stays beside the rules that are resources of their
// own, so that no group is open between its own making and theirs. Flows between parties are
// opened from group to group, never by address, but for those with another
// Region, to which no rule can refer by group.
package groups

import (
	"fmt"
	"net/netip"
	"strings"

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
	// Remote are the flows with other Regions.
	Remote []Remote
}

// Remote is a connection between a party and a range of another Region.
type Remote struct {
	Party string
	// Serves says that the connection is opened from the range.
	Serves   bool
	Range    netip.Prefix
	Protocol Protocol
	Port     int
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
	for _, r := range props.Remote {
		if err := g.openRemote(r); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// openRemote opens a flow with another Region by address: security groups are not
// referenced across Regions ("Security group referencing", Amazon VPC Transit
// Gateways).
func (g *Groups) openRemote(r Remote) error {
	of, ok := g.of[r.Party]
	if !ok {
		return fmt.Errorf("flow of %q with %s: there is no such party", r.Party, r.Range)
	}
	f, cidr, port := Flow{Protocol: r.Protocol, Port: r.Port}, jsii.String(r.Range.String()), jsii.Number(r.Port)
	if r.Serves {
		awsec2.NewCfnSecurityGroupIngress(of, f.id("from", r.name()), &awsec2.CfnSecurityGroupIngressProps{GroupId: of.SecurityGroupId(), CidrIp: cidr,
			IpProtocol: jsii.String(string(r.Protocol)), FromPort: port, ToPort: port, Description: jsii.String("from another Region")})
		return nil
	}
	awsec2.NewCfnSecurityGroupEgress(of, f.id("to", r.name()), &awsec2.CfnSecurityGroupEgressProps{GroupId: of.SecurityGroupId(), CidrIp: cidr,
		IpProtocol: jsii.String(string(r.Protocol)), FromPort: port, ToPort: port, Description: jsii.String("to another Region")})
	return nil
}

func (g *Groups) open(f Flow) error {
	from, ok := g.of[f.From]
	if !ok {
		return fmt.Errorf("flow from %q: there is no such party", f.From)
	}
	if f.To == "" {
		port := awsec2.Port_Tcp(jsii.Number(f.Port))
		if f.Protocol == UDP {
			port = awsec2.Port_Udp(jsii.Number(f.Port))
		}
		for _, r := range f.Ranges {
			from.AddEgressRule(awsec2.Peer_Ipv4(jsii.String(r.String())), port, jsii.String("to the internet"), nil)
		}
		return nil
	}
	to, ok := g.of[f.To]
	if !ok {
		return fmt.Errorf("flow from %q to %q: there is no such party", f.From, f.To)
	}
	awsec2.NewCfnSecurityGroupEgress(from, f.id("to", f.To), &awsec2.CfnSecurityGroupEgressProps{
		GroupId: from.SecurityGroupId(), DestinationSecurityGroupId: to.SecurityGroupId(), IpProtocol: jsii.String(string(f.Protocol)),
		FromPort: jsii.Number(f.Port), ToPort: jsii.Number(f.Port), Description: jsii.String("to " + f.To)})
	awsec2.NewCfnSecurityGroupIngress(to, f.id("from", f.From), &awsec2.CfnSecurityGroupIngressProps{
		GroupId: to.SecurityGroupId(), SourceSecurityGroupId: from.SecurityGroupId(), IpProtocol: jsii.String(string(f.Protocol)),
		FromPort: jsii.Number(f.Port), ToPort: jsii.Number(f.Port), Description: jsii.String("from " + f.From)})
	return nil
}

// name is the range as a construct's path takes it, which has no other slashes.
func (r Remote) name() string { return strings.ReplaceAll(r.Range.String(), "/", "-") }

// id names one rule of a flow by its other end: the rule's construct path is
// what people read, and a group's own rules would be named by tokens.
func (f Flow) id(direction, party string) *string {
	return jsii.String(fmt.Sprintf("%s %s %s:%d", direction, party, f.Protocol, f.Port))
}

// Of returns a party's group, or nil.
func (g *Groups) Of(party string) awsec2.SecurityGroup { return g.of[party] }
