package vpc

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Peer is one end of a flow: a tier of the VPC, or a range of addresses.
// Traffic to or from a range is filtered at its other end only.
type Peer struct {
	Tier  string
	Range netip.Prefix
}

// Protocols of flows, by number.
const (
	TCP = 6
	UDP = 17
)

// Flow lets connections from From to a range of To's ports through, and their
// replies back.
type Flow struct {
	From, To Peer
	Protocol int
	// Low and High are the ports, inclusive.
	Low, High int
}

// Internet returns the range of all addresses.
func Internet() netip.Prefix { return netip.PrefixFrom(netip.IPv4Unspecified(), 0) }

// Replies go to ephemeral ports. Load balancers, NAT gateways and Lambda use
// 1024-65535 ("Ephemeral ports", Amazon VPC User Guide).
const (
	ephemeralLow  = 1024
	ephemeralHigh = 65535
)

// Numbers of the entries: what is said of single ranges comes first, then the
// private range is closed, then what is said of the internet.
const (
	firstSpecific = 100
	firstDeny     = 900
	firstInternet = 1000
	stepEntry     = 10
)

// anyProtocol is every protocol, in an entry.
const anyProtocol = -1

// entry is one entry of a network ACL.
type entry struct {
	number    int
	egress    bool
	allow     bool
	protocol  int
	cidr      netip.Prefix
	low, high int
}

// entries returns what a tier's network ACL says. Network ACLs are stateless,
// so each flow has an entry for its packets and one for the replies ("Network
// ACL rules", Amazon VPC User Guide).
func entries(props *Props, tier Tier) []entry {
	ranges := map[string]netip.Prefix{}
	for _, t := range props.Tiers {
		ranges[t.Name] = t.Range
	}
	where := func(p Peer) netip.Prefix {
		if p.Tier != "" {
			return ranges[p.Tier]
		}
		return p.Range
	}
	var all []entry
	add := func(egress bool, f Flow, with netip.Prefix, low, high int) {
		e := entry{egress: egress, allow: true, protocol: f.Protocol, cidr: with, low: low, high: high}
		if !slices.Contains(all, e) {
			all = append(all, e)
		}
	}
	for _, f := range props.Flows {
		if f.From.Tier == tier.Name {
			add(true, f, where(f.To), f.Low, f.High)
			add(false, f, where(f.To), ephemeralLow, ephemeralHigh)
		}
		if f.To.Tier == tier.Name {
			add(false, f, where(f.From), f.Low, f.High)
			add(true, f, where(f.From), ephemeralLow, ephemeralHigh)
		}
	}
	return number(all, props.Private)
}

// number orders the entries of each direction.
func number(all []entry, private netip.Prefix) []entry {
	var out []entry
	for _, egress := range []bool{false, true} {
		specific, open := firstSpecific, firstInternet
		for _, e := range all {
			switch {
			case e.egress != egress:
				continue
			case e.cidr == Internet():
				e.number, open = open, open+stepEntry
			default:
				e.number, specific = specific, specific+stepEntry
			}
			out = append(out, e)
		}
		if open > firstInternet {
			out = append(out, entry{number: firstDeny, egress: egress, protocol: anyProtocol, cidr: private})
		}
	}
	slices.SortStableFunc(out, func(a, b entry) int { return a.number - b.number })
	return out
}

func (e entry) add(scope constructs.Construct, acl awsec2.CfnNetworkAcl) {
	direction, action := "Inbound", "deny"
	if e.egress {
		direction = "Outbound"
	}
	if e.allow {
		action = "allow"
	}
	props := &awsec2.CfnNetworkAclEntryProps{NetworkAclId: acl.AttrId(), Egress: e.egress, RuleAction: jsii.String(action),
		RuleNumber: jsii.Number(e.number), Protocol: jsii.Number(e.protocol), CidrBlock: jsii.String(e.cidr.String())}
	if e.protocol != anyProtocol {
		props.PortRange = &awsec2.CfnNetworkAclEntry_PortRangeProperty{From: jsii.Number(e.low), To: jsii.Number(e.high)}
	}
	awsec2.NewCfnNetworkAclEntry(scope, jsii.String(fmt.Sprintf("%s%d", direction, e.number)), props)
}
