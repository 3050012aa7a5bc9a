package resource

import (
	"net/netip"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/value"
)

// Tri is a boolean that may be unknown.
type Tri uint8

// The values of Tri.
const (
	No Tri = iota
	Yes
	Perhaps
)

// Views below are named after CloudFormation's types. A field whose property is
// unknown is noted in Unknown (by property path), so that a proof that needs it
// says so. Every view embeds its Resource.

// VPC is AWS::EC2::VPC with its AWS::EC2::VPCCidrBlock resources folded in.
type VPC struct {
	*Resource
	CIDRs              []netip.Prefix // IPv4, primary first
	IPv6               []netip.Prefix // known IPv6 ranges
	HasIPv6            bool           // an IPv6 range, perhaps one that only deployment gives
	DNSSupport         Tri            // default Yes
	DNSHostnames       Tri            // default No
	Block              BlockMode      // AWS::EC2::VPCBlockPublicAccessOptions of the account
	Exempt             Exemption      // from Block, as a whole
	InternetGateway    Link           // by AWS::EC2::VPCGatewayAttachment
	EgressOnlyGateways []Link
	Unknown            []*value.Reason
}

// Subnet is AWS::EC2::Subnet with its associations folded in. RouteTable and
// NetworkACL are zero when nothing associates one: the VPC's main table (local
// routes only) and default NACL (allow all) count then.
type Subnet struct {
	*Resource
	VPC        Link
	CIDR       netip.Prefix
	IPv6       netip.Prefix
	HasIPv6    bool
	Zone       string // an AZ id or name, or the text of a symbol: equal means the same zone
	MapPublic  Tri
	RouteTable Link
	NetworkACL Link
	Exempt     Exemption // from VPC Block Public Access
	Unknown    []*value.Reason
}

// BlockMode is what VPC Block Public Access keeps from internet gateways: of
// BlockIngress, all but what NAT gateways and egress-only gateways begin.
type BlockMode uint8

// The modes of VPC Block Public Access.
const (
	BlockOff BlockMode = iota
	BlockIngress
	BlockBidirectional
	BlockUnknown
)

// Exemption is AWS::EC2::VPCBlockPublicAccessExclusion of a VPC or subnet: In
// lets in and out what Block Public Access would keep away, Out out only, and
// that only where both directions are blocked.
type Exemption struct{ In, Out Tri }

// TargetKind says what a route leads to.
type TargetKind uint8

// The kinds of route targets.
const (
	TargetUnknown TargetKind = iota
	TargetLocal
	TargetInternetGateway
	TargetEgressOnlyGateway
	TargetNAT
	TargetTransitGateway
	TargetPeering
	TargetInterface // a network interface or instance
	TargetEndpoint  // a Gateway Load Balancer or firewall endpoint, or a gateway endpoint
	TargetVPNGateway
	TargetBlackhole
	TargetAttachment // a Transit Gateway attachment, in a Transit Gateway's table
	TargetOther      // carrier gateway, local gateway, core network
)

// Destination is what a route or rule matches: a prefix or a prefix list.
type Destination struct {
	Prefix     netip.Prefix
	PrefixList Link
	Why        *value.Reason // unknown destination
}

// Route is AWS::EC2::Route.
type Route struct {
	*Resource
	Table      Link
	Dest       Destination
	Target     TargetKind
	To         Link
	Propagated bool // snapshots only
	Blackhole  bool // state blackhole (snapshots), never longest-prefix skipped
	Unknown    []*value.Reason
}

// RouteTable is AWS::EC2::RouteTable with its routes folded in (local routes
// are implied by the VPC and not listed) and, as an edge table, the gateway it
// is associated with.
type RouteTable struct {
	*Resource
	VPC     Link
	Routes  []Route
	Main    bool // snapshots only
	Gateway Link // AWS::EC2::GatewayRouteTableAssociation
	Unknown []*value.Reason
}

// Protocol is an IP protocol number, or AnyProtocol.
type Protocol int

// Protocols by number.
const (
	AnyProtocol Protocol = -1
	ICMP        Protocol = 1
	TCP         Protocol = 6
	UDP         Protocol = 17
	ICMPv6      Protocol = 58
)

// ACLEntry is one rule of a network ACL.
type ACLEntry struct {
	*Resource
	Number   int
	Egress   bool
	Allow    bool
	Protocol Protocol
	CIDR     netip.Prefix // IPv4 or IPv6
	From, To uint16       // ports, inclusive; 0–65535 where the protocol has none; ICMP types for ICMP
	Code     int          // ICMP code, -1 for any
	Why      *value.Reason
}

// NetworkACL is AWS::EC2::NetworkAcl with its entries folded in, in order of
// number. The implied last rule denies.
type NetworkACL struct {
	*Resource
	VPC     Link
	Entries []ACLEntry
	Unknown []*value.Reason
}

// SGRule is one rule of a security group, whichever resource declares it.
// Exactly one of CIDR, PrefixList and Group says who the peer is, unless Why
// does. Declared is the resource that declares it, Property where in it. From
// and To are ports, inclusive, 0–65535 where the protocol has none; for ICMP
// they are types and Code is the ICMP code, -1 for any.
type SGRule struct {
	Declared   *Resource
	Property   string
	Protocol   Protocol
	From, To   uint16
	Code       int
	CIDR       netip.Prefix
	PrefixList Link
	Group      Link
	Why        *value.Reason
}

// SecurityGroup is AWS::EC2::SecurityGroup with inline and separate rules
// folded in. A group without any declared egress rule has CloudFormation's
// default ("AWS::EC2::SecurityGroup": if you do not add egress rules, AWS adds
// rules that allow all outbound traffic): Egress holds allow-all to 0.0.0.0/0
// and ::/0 then, and DefaultEgress is true. A separate
// AWS::EC2::SecurityGroupEgress takes the default away as an inline rule does
// (aws-cdk issues 987 and 3355). A rule that matches nothing, as the CDK
// writes for "disallow all", is declared like any other.
type SecurityGroup struct {
	*Resource
	VPC           Link
	Ingress       []SGRule
	Egress        []SGRule
	DefaultEgress bool
	Unknown       []*value.Reason
}

// InternetGateway is AWS::EC2::InternetGateway.
type InternetGateway struct {
	*Resource
	VPC Link
}

// EgressOnlyGateway is AWS::EC2::EgressOnlyInternetGateway.
type EgressOnlyGateway struct {
	*Resource
	VPC Link
}

// NATGateway is AWS::EC2::NatGateway. Subnet is absent for a regional one,
// whose VPC is set instead.
type NATGateway struct {
	*Resource
	Subnet   Link
	VPC      Link
	Private  bool // ConnectivityType private
	Regional bool
	Address  netip.Addr // private address where it is known
	Unknown  []*value.Reason
}

// VPCEndpoint is AWS::EC2::VPCEndpoint.
type VPCEndpoint struct {
	*Resource
	Type        string // Interface, Gateway, GatewayLoadBalancer, Resource, ServiceNetwork
	VPC         Link
	Service     string // com.amazonaws.REGION.NAME, or the text of what is not literal
	Subnets     []Link
	Groups      []Link
	RouteTables []Link
	PrivateDNS  Tri
	Policy      value.Value
	Unknown     []*value.Reason
}

// Peering is AWS::EC2::VPCPeeringConnection.
type Peering struct {
	*Resource
	Requester, Accepter Link // VPCs
	CrossRegion         Tri
	Active              Tri // snapshots: status code active; templates: Yes
	Unknown             []*value.Reason
}

// TransitGateway is AWS::EC2::TransitGateway. Groups says whether security
// groups may be referenced across it (SecurityGroupReferencingSupport,
// default No).
type TransitGateway struct {
	*Resource
	DefaultAssociation Tri // DefaultRouteTableAssociation, default Yes
	DefaultPropagation Tri // DefaultRouteTablePropagation, default Yes
	Groups             Tri
	Unknown            []*value.Reason
}

// AttachmentKind says what is attached to a Transit Gateway.
type AttachmentKind uint8

// The kinds of attachments.
const (
	AttachVPC AttachmentKind = iota
	AttachFirewall
	AttachPeering
	AttachVPN
	AttachConnect
	AttachDirectConnect
	AttachOther
)

// Attachment is a Transit Gateway attachment: AWS::EC2::TransitGatewayAttachment,
// AWS::EC2::TransitGatewayVpcAttachment, AWS::EC2::TransitGatewayPeeringAttachment,
// or the one that a natively attached AWS::NetworkFirewall::Firewall has (its
// Resource is the firewall).
type Attachment struct {
	*Resource
	Kind          AttachmentKind
	Gateway       Link
	PeerGateway   Link
	VPC           Link
	Subnets       []Link
	ApplianceMode Tri // default No; Yes for a firewall
	Groups        Tri // SecurityGroupReferencingSupport, default Yes
	DNS           Tri
	IPv6          Tri
	Zones         []string // a firewall's zones
	// Active says whether a peering was accepted; Yes for all other kinds.
	// Snapshots: its state is available. Templates: a custom resource of the type
	// PeeringAcceptance accepts it; without one it is not known whether somebody
	// does.
	Active  Tri
	Unknown []*value.Reason
}

// PeeringAcceptance is the type of the custom resource by which Surety accepts the
// peering of two Transit Gateways, for which CloudFormation has none.
const PeeringAcceptance = "Custom::TransitGatewayPeeringAcceptance"

// GatewayRoute is a static route in a Transit Gateway's table.
type GatewayRoute struct {
	*Resource
	Dest       Destination
	Blackhole  bool
	Attachment Link
	Propagated bool // snapshots only
}

// GatewayTable is AWS::EC2::TransitGatewayRouteTable with its static routes,
// associations and propagations folded in. Each of the latter two is the
// attachment, with the resource that declares it.
type GatewayTable struct {
	*Resource
	Gateway      Link
	Routes       []GatewayRoute
	Associations []Declared
	Propagations []Declared
	Unknown      []*value.Reason
}

// Declared is a link together with the resource that declares it.
type Declared struct {
	By   *Resource
	Link Link
}

// Firewall is AWS::NetworkFirewall::Firewall, in a VPC or attached to a
// Transit Gateway.
type Firewall struct {
	*Resource
	VPC     Link
	Subnets []Link
	Gateway Link
	Zones   []string
	Policy  Link
	Unknown []*value.Reason
}

// FirewallPolicy is AWS::NetworkFirewall::FirewallPolicy.
type FirewallPolicy struct {
	*Resource
	StatelessDefault   []string
	FragmentDefault    []string
	StatefulDefault    []string
	StrictOrder        bool
	HomeNet            []netip.Prefix // PolicyVariables HOME_NET
	StatelessGroups    []Link         // by priority
	StatefulGroups     []Link         // by priority
	StatefulPriorities []int
	Unknown            []*value.Reason
}

// StatefulRule is a 5-tuple rule.
type StatefulRule struct {
	Action                        string // PASS, DROP, REJECT, ALERT
	Protocol                      string // as written, upper case: IP, TCP, TLS, ...
	Source, Destination           []netip.Prefix
	SourcePorts, DestinationPorts []PortRange
	SourceNegated, DestNegated    bool
	SourceText, DestinationText   string // as written, where it is a variable or unreadable
	Direction                     string // FORWARD or ANY
	Options                       []string
	Names                         []string // it matches what asks for these names by TLS or HTTP; ".a.b" is all below a.b
	Property                      string
	Unknown                       *value.Reason
}

// StatelessRule is one rule of a stateless group.
type StatelessRule struct {
	Priority                      int
	Actions                       []string
	Protocols                     []int
	Source, Destination           []netip.Prefix
	SourcePorts, DestinationPorts []PortRange
	Property                      string
	Unknown                       *value.Reason
}

// PortRange is an inclusive range of ports.
type PortRange struct{ From, To uint16 }

// RuleGroup is AWS::NetworkFirewall::RuleGroup: exactly one of Domains,
// Stateful and Stateless is filled. Rules in Suricata's language are among
// Stateful, those that cannot be read with Unknown.
type RuleGroup struct {
	*Resource
	StatefulType bool
	StrictOrder  bool
	Domains      []string
	DomainAllow  bool     // ALLOWLIST (else DENYLIST)
	DomainTypes  []string // TLS_SNI, HTTP_HOST
	HomeNet      []netip.Prefix
	Stateful     []StatefulRule
	Stateless    []StatelessRule
	Rules        string // in Suricata's language, as written
	Unknown      []*value.Reason
}

// PrefixList is AWS::EC2::PrefixList.
type PrefixList struct {
	*Resource
	Prefixes []netip.Prefix
	Max      int
	Unknown  []*value.Reason
}

// ListenerAction is what a listener or a rule does in the end.
type ListenerAction struct {
	Kind   string // forward, redirect, fixed-response, authenticate-…
	Groups []Link // target groups
}

// Listener is AWS::ElasticLoadBalancingV2::Listener with its rules folded in.
type Listener struct {
	*Resource
	Balancer  Link
	Protocol  string // HTTP, HTTPS, TCP, TLS, UDP, TCP_UDP
	Port      int
	SSLPolicy string
	Certs     int
	Actions   []ListenerAction // the default's and those of its rules
	Unknown   []*value.Reason
}

// TargetGroup is AWS::ElasticLoadBalancingV2::TargetGroup with those who
// register in it.
type TargetGroup struct {
	*Resource
	VPC              Link
	TargetType       string // instance, ip, lambda, alb
	Protocol         string
	Port             int
	HealthProtocol   string
	HealthPort       string
	PreserveClientIP Tri
	CrossZone        Tri  // where OwnCrossZone; otherwise the balancer's counts
	OwnCrossZone     bool // load_balancing.cross_zone.enabled is true or false
	Targets          []Target
	Unknown          []*value.Reason
}

// Target is what a target group sends to: an address, an instance, or a
// service that registers itself.
type Target struct {
	Addr netip.Addr
	To   Link
	Port int
}

// LoadBalancer is AWS::ElasticLoadBalancingV2::LoadBalancer.
type LoadBalancer struct {
	*Resource
	Type      string // application, network, gateway
	Scheme    string // internal, internet-facing
	Subnets   []Link
	Groups    []Link
	HasGroups bool // an NLB created without groups can never have one
	CrossZone Tri
	Attrs     map[string]value.Value
	Unknown   []*value.Reason
}

// InterfaceKind says what owns an interface.
type InterfaceKind uint8

// The kinds of interfaces.
const (
	EndInstance   InterfaceKind = iota // AWS::EC2::Instance, AWS::EC2::NetworkInterface, launch templates
	EndService                         // AWS::ECS::Service tasks
	EndDatabase                        // RDS
	EndCache                           // ElastiCache
	EndFunction                        // Lambda in a VPC
	EndBalancer                        // a load balancer's nodes
	EndEndpoint                        // interface endpoints
	EndResolver                        // Route 53 Resolver endpoints
	EndVPCLink                         // API Gateway VPC link v2
	EndNAT                             // NAT gateways
	EndAttachment                      // Transit Gateway VPC attachments
	EndOther
)

// Interface is a set of like network interfaces: those that one resource has
// in one subnet. Address is set where the template or snapshot fixes it;
// otherwise the interface may have any address of the subnet.
//
// In a snapshot every network interface is a resource of its own, Self, beside
// its owner, its public address is known, and it has no other addresses than
// those that are set (Exact); one with several is several Interfaces.
type Interface struct {
	Kind          InterfaceKind
	Owner         *Resource
	Self          addr.Address
	Subnet        Link
	Groups        []Link
	HasGroups     bool // false: the kind has no groups, and every packet passes them
	Address       netip.Addr
	IPv6          netip.Addr
	Exact         bool
	Public        Tri // has a public IPv4 address
	PublicAddress netip.Addr
	Forwards      bool // source/destination check off
	Why           *value.Reason
}
