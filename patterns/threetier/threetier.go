// Package threetier makes the VPC of one environment: DMZ, Application and
// Data tiers, and beside them the subnets of interface endpoints, of the Transit
// Gateway's attachment and, where the caller asks for them, of what copies data.
//
// Each tier's network ACL lets it reach only the next tier, the endpoints and,
// where the caller lists it, the internet by way of the Transit Gateway. The
// VPC has no internet gateway. Data and endpoint subnets have local routes
// only; replication subnets have none beyond those but to the replication tiers
// of other Regions that the caller lists.
package threetier

import (
	"net/netip"
	"slices"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/vpc"
)

// The tiers' names.
const (
	DMZ         = "dmz"
	Application = "application"
	Data        = "data"
	Endpoint    = "endpoint"
	Attachment  = "attachment"
	// Replication is there where Subnets has it.
	Replication = "replication"
)

// portTLS is the port of the DMZ's balancer and of interface endpoints.
const portTLS = 443

// portDNS is the port of a Resolver endpoint.
const portDNS = 53

// Props lays the environment's VPC out.
type Props struct {
	// Name is the VPC's name.
	Name string
	// CIDR is the VPC's range, Private that of all connected networks.
	CIDR, Private netip.Prefix
	// Zones are the ids of the Availability Zones.
	Zones []string
	// Range and Subnets give the addresses of each tier.
	Range   map[string]netip.Prefix
	Subnets map[string][]netip.Prefix
	// ServicePorts are the ports that the Application tier serves.
	ServicePorts []int
	// DataPorts are the ports that the Data tier serves.
	DataPorts []int
	// Resolver says that the DMZ asks a Resolver endpoint in the endpoint
	// subnets.
	Resolver bool
	// Outside is what the DMZ and Application tiers reach on the internet.
	Outside []Outside
	// Replicates are the ports of the Data tier that the replication tier reads.
	Replicates []int
	// Peers are the replication tiers of other Regions that this one exchanges data
	// with.
	Peers []Peer
	// TransitGatewayID is the gateway that all other traffic goes to.
	TransitGatewayID *string
	// FlowLogs receives a record of all traffic, and so does the bucket whose
	// ARN is FlowArchive, if there is one.
	FlowLogs    awslogs.ILogGroup
	FlowArchive *string
}

// Outside is a port that a tier reaches on the internet.
type Outside struct {
	Tier     string
	Protocol int
	Port     int
}

// Peer is the replication tier of another Region: its range, the port that is
// served, and whether it is this one that serves it.
type Peer struct {
	Range  netip.Prefix
	Port   int
	Serves bool
}

// Network is the environment's VPC with its attachment.
type Network struct {
	*vpc.VPC
	// Attachment joins the VPC to the Transit Gateway.
	Attachment awsec2.CfnTransitGatewayAttachment
}

// New makes the VPC, its attachment to the Transit Gateway and the routes to
// it. An Availability Zone without an attachment subnet could not reach the
// gateway ("Transit gateway VPC attachments", Amazon VPC Transit Gateways), so
// the attachment has one in each.
func New(scope constructs.Construct, id string, props *Props) *Network {
	var tiers []vpc.Tier
	for _, t := range []string{DMZ, Application, Data, Endpoint, Attachment, Replication} {
		if len(props.Subnets[t]) == 0 {
			continue
		}
		tiers = append(tiers, vpc.Tier{Name: t, Range: props.Range[t], Subnets: props.Subnets[t]})
	}
	n := &Network{VPC: vpc.New(scope, id, &vpc.Props{Name: props.Name, CIDR: props.CIDR, Zones: props.Zones, Tiers: tiers,
		Flows: flows(props), Private: props.Private, FlowLogs: props.FlowLogs, FlowArchive: props.FlowArchive})}
	n.Attachment = awsec2.NewCfnTransitGatewayAttachment(n.Construct, jsii.String("Attachment"), &awsec2.CfnTransitGatewayAttachmentProps{
		TransitGatewayId: props.TransitGatewayID, VpcId: n.Resource.AttrVpcId(), SubnetIds: ids(n.SubnetIDs(Attachment)),
		Options: vpc.AttachmentOptions()})
	for _, tier := range []string{DMZ, Application} {
		for _, s := range n.Subnets(tier) {
			s.AddRoute("ToTransitGateway", vpc.Internet(), awsec2.CfnRouteProps{TransitGatewayId: props.TransitGatewayID}).
				AddResourceDependency(n.Attachment, nil)
		}
	}
	for i, r := range peerRanges(props.Peers) {
		for _, s := range n.Subnets(Replication) {
			s.AddRoute("ToPeer"+strconv.Itoa(i+1), r, awsec2.CfnRouteProps{TransitGatewayId: props.TransitGatewayID}).AddResourceDependency(n.Attachment, nil)
		}
	}
	return n
}

// peerRanges are the ranges of the peers, each once.
func peerRanges(peers []Peer) []netip.Prefix {
	var all []netip.Prefix
	for _, p := range peers {
		if !slices.Contains(all, p.Range) {
			all = append(all, p.Range)
		}
	}
	return all
}

// flows is the published matrix of tiers: each reaches only the next.
func flows(props *Props) []vpc.Flow {
	var all []vpc.Flow
	tcp := func(from, to string, low, high int) {
		all = append(all, vpc.Flow{From: vpc.Peer{Tier: from}, To: vpc.Peer{Tier: to}, Protocol: vpc.TCP, Low: low, High: high})
	}
	tcp(DMZ, DMZ, portTLS, portTLS)
	if low, high := span(props.ServicePorts); high > 0 {
		tcp(DMZ, Application, low, high)
		tcp(Application, Application, low, high)
	}
	for _, port := range props.DataPorts {
		tcp(Application, Data, port, port)
		tcp(Data, Data, port, port)
	}
	for _, from := range []string{DMZ, Application, Data} {
		tcp(from, Endpoint, portTLS, portTLS)
	}
	if props.Resolver {
		for _, protocol := range []int{vpc.TCP, vpc.UDP} {
			all = append(all, vpc.Flow{From: vpc.Peer{Tier: DMZ}, To: vpc.Peer{Tier: Endpoint}, Protocol: protocol, Low: portDNS, High: portDNS})
		}
	}
	for _, o := range props.Outside {
		all = append(all,
			vpc.Flow{From: vpc.Peer{Tier: o.Tier}, To: vpc.Peer{Range: vpc.Internet()}, Protocol: o.Protocol, Low: o.Port, High: o.Port},
			// What leaves for the gateway enters the attachment's subnets.
			vpc.Flow{From: vpc.Peer{Range: props.Range[o.Tier]}, To: vpc.Peer{Tier: Attachment}, Protocol: o.Protocol, Low: o.Port, High: o.Port})
	}
	for _, port := range props.Replicates {
		tcp(Replication, Data, port, port)
	}
	if len(props.Replicates) > 0 {
		tcp(Replication, Endpoint, portTLS, portTLS)
	}
	own := vpc.Peer{Range: props.Range[Replication]}
	for _, p := range props.Peers {
		there := vpc.Peer{Range: p.Range}
		// What comes and goes by the gateway passes the attachment's subnets.
		ways := []vpc.Flow{{From: vpc.Peer{Tier: Replication}, To: there}, {From: own, To: vpc.Peer{Tier: Attachment}}}
		if p.Serves {
			ways = []vpc.Flow{{From: there, To: vpc.Peer{Tier: Replication}}, {From: vpc.Peer{Tier: Attachment}, To: own}}
		}
		for _, f := range ways {
			f.Protocol, f.Low, f.High = vpc.TCP, p.Port, p.Port
			all = append(all, f)
		}
	}
	return all
}

// span returns the lowest and the highest port, so that a tier's network ACL
// stays within its quota of entries however many services there are.
func span(ports []int) (low, high int) {
	for i, p := range ports {
		if i == 0 {
			low, high = p, p
		}
		low, high = min(low, p), max(high, p)
	}
	return low, high
}

func ids(in []*string) *[]any {
	var out []any
	for _, s := range in {
		out = append(out, s)
	}
	return &out
}
