package network

// Mutant is a single semantics of AWS's network turned wrong. Mutants exist for
// tests only: a suite that does not notice one does not test what it turns
// wrong. The zero Mutant is none.
type Mutant uint8

// The mutants.
const (
	None                          Mutant = iota
	NACLsStateful                        // replies pass network ACLs unasked
	IgnoreReturn                         // the way back is not walked
	ShorterPrefix                        // the shortest matching prefix wins
	BlackholeFallsThrough                // a blackhole route is skipped
	PropagatedBeatsStatic                // of equal prefixes the propagated one wins
	SGDefaultOpen                        // a group without ingress rules lets everything in
	IgnoreEgressRules                    // egress rules of groups let everything out
	TGWIgnoresAssociation                // the first table of a Transit Gateway decides for every attachment
	TGWIgnoresZones                      // an attachment serves zones where it has no subnet
	PeeringTransitive                    // a peered VPC forwards to what it reaches
	NACLInsideSubnet                     // network ACLs count inside a subnet
	NACLOrderReversed                    // the highest rule number wins
	NATAcceptsUnsolicited                // NAT gateways let connections in
	IGWWithoutPublicAddress              // internet gateways carry private addresses
	FirewallIgnored                      // firewalls let everything through
	EphemeralPortsFree                   // one client port let back is enough for Must
	GroupRefsAcrossGateways              // group references hold across gateways and middleboxes
	IgnoreMiddleACL                      // the network ACLs of attachment subnets are ignored
	AsymmetricFirewallOK                 // a stateful firewall accepts half a connection
	BlockPublicAccessIgnored             // VPC Block Public Access blocks nothing
	BalancersHideClients                 // targets never see a client's address behind a balancer
	BalancersCrossZones                  // every node of a balancer sends to every zone
	EdgeTablesOneWay                     // a subnet that an edge table redirects may leave directly
	LocalLosesToPropagated               // a propagated route in the VPC's range beats the local one
	PrefixListBeatsStatic                // of equal prefixes a prefix list's route wins
	VPNBeatsVPC                          // of equal propagated routes the one that AWS ranks last wins
	SourceDestCheckIgnored               // interfaces forward whatever their source/destination check says
	NATAcrossVPCs                        // a NAT gateway serves other VPCs directly
	NATKeepsSource                       // what a NAT gateway forwards keeps its source
	InactivePeeringCarries               // a peering that is not active carries packets
	AttachmentTableIgnored               // what a Transit Gateway brings follows local routes only
	ApplianceModeIgnored                 // appliance mode keeps no flow in its zone
	StatelessIgnored                     // a firewall's stateless rules are skipped
	FirewallOrderIgnored                 // a firewall's first rule decides in the default order too
	EgressOnlyLetsIn                     // an egress-only gateway answers what it has not seen begin
	PeeringRefsEverywhere                // group references hold over peerings between Regions
	EndpointsServePeers                  // a gateway endpoint serves other networks too
	PrivateNamesWithoutAttributes        // private names resolve whatever the VPC's DNS attributes
	WidestZoneWins                       // the least specific zone answers
	ZonesBeatRules                       // a private zone answers before a Resolver rule for its name
	PeeringWithoutAcceptance             // a peering of Transit Gateways carries traffic before it is accepted
	endOfMutants
)

var mutantNames = [...]string{"None", "NACLsStateful", "IgnoreReturn", "ShorterPrefix", "BlackholeFallsThrough",
	"PropagatedBeatsStatic", "SGDefaultOpen", "IgnoreEgressRules", "TGWIgnoresAssociation", "TGWIgnoresZones",
	"PeeringTransitive", "NACLInsideSubnet", "NACLOrderReversed", "NATAcceptsUnsolicited", "IGWWithoutPublicAddress",
	"FirewallIgnored", "EphemeralPortsFree", "GroupRefsAcrossGateways", "IgnoreMiddleACL", "AsymmetricFirewallOK",
	"BlockPublicAccessIgnored", "BalancersHideClients", "BalancersCrossZones", "EdgeTablesOneWay",
	"LocalLosesToPropagated", "PrefixListBeatsStatic", "VPNBeatsVPC", "SourceDestCheckIgnored", "NATAcrossVPCs", "NATKeepsSource", "InactivePeeringCarries", "AttachmentTableIgnored", "ApplianceModeIgnored", "StatelessIgnored", "FirewallOrderIgnored", "EgressOnlyLetsIn", "PeeringRefsEverywhere", "EndpointsServePeers",
	"PrivateNamesWithoutAttributes", "WidestZoneWins", "ZonesBeatRules", "PeeringWithoutAcceptance"}

// String returns the mutant's name.
func (m Mutant) String() string {
	if int(m) < len(mutantNames) {
		return mutantNames[m]
	}
	return "invalid"
}

// Mutants returns every mutant but None.
func Mutants() []Mutant {
	all := make([]Mutant, 0, endOfMutants-1)
	for m := None + 1; m < endOfMutants; m++ {
		all = append(all, m)
	}
	return all
}
