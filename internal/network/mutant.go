package network

// Mutant is a single semantics of AWS's network turned wrong. Mutants exist for
// tests only: a suite that does not notice one does not test what it turns
// wrong. The zero Mutant is none.
type Mutant uint8

// The mutants.
const (
	None                     Mutant = iota
	NACLsStateful                   // replies pass network ACLs unasked
	IgnoreReturn                    // the way back is not walked
	ShorterPrefix                   // the shortest matching prefix wins
	BlackholeFallsThrough           // a blackhole route is skipped
	PropagatedBeatsStatic           // of equal prefixes the propagated one wins
	SGDefaultOpen                   // a group without ingress rules lets everything in
	IgnoreEgressRules               // egress rules of groups let everything out
	TGWIgnoresAssociation           // the first table of a Transit Gateway decides for every attachment
	TGWIgnoresZones                 // an attachment serves zones where it has no subnet
	PeeringTransitive               // a peered VPC forwards to what it reaches
	NACLInsideSubnet                // network ACLs count inside a subnet
	NACLOrderReversed               // the highest rule number wins
	NATAcceptsUnsolicited           // NAT gateways let connections in
	IGWWithoutPublicAddress         // internet gateways carry private addresses
	FirewallIgnored                 // firewalls let everything through
	EphemeralPortsFree              // one client port let back is enough for Must
	GroupRefsAcrossGateways         // group references hold across gateways and middleboxes
	IgnoreMiddleACL                 // the network ACLs of attachment subnets are ignored
	AsymmetricFirewallOK            // a stateful firewall accepts half a connection
	PeeringWithoutAcceptance        // a peering of Transit Gateways carries traffic before it is accepted
	endOfMutants
)

var mutantNames = [...]string{"None", "NACLsStateful", "IgnoreReturn", "ShorterPrefix", "BlackholeFallsThrough",
	"PropagatedBeatsStatic", "SGDefaultOpen", "IgnoreEgressRules", "TGWIgnoresAssociation", "TGWIgnoresZones",
	"PeeringTransitive", "NACLInsideSubnet", "NACLOrderReversed", "NATAcceptsUnsolicited", "IGWWithoutPublicAddress",
	"FirewallIgnored", "EphemeralPortsFree", "GroupRefsAcrossGateways", "IgnoreMiddleACL", "AsymmetricFirewallOK", "PeeringWithoutAcceptance"}

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
