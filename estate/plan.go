package estate

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/suretyhq/surety/diag"
)

// Tier is a row of subnets of a VPC, one in each Availability Zone.
type Tier string

// The tiers. A hub's egress VPC has public and attachment subnets; an
// environment's VPC has all the others, of which the replication tier is there
// where a database is copied only: what copies it and, where the environment
// recovers, what it is copied to.
const (
	TierDMZ         Tier = "dmz"
	TierApplication Tier = "application"
	TierData        Tier = "data"
	TierEndpoint    Tier = "endpoint"
	TierAttachment  Tier = "attachment"
	TierReplication Tier = "replication"
	TierPublic      Tier = "public"
)

// EnvironmentTiers returns the tiers of every environment's VPC.
func EnvironmentTiers() []Tier {
	return []Tier{TierDMZ, TierApplication, TierData, TierEndpoint, TierAttachment}
}

// Tiers returns the tiers of a site's VPC.
func (e *Estate) Tiers(site Site) []Tier {
	if e.Analyses(site) || e.Reports(site) {
		return append(EnvironmentTiers(), TierReplication)
	}
	return EnvironmentTiers()
}

// HubTiers returns the tiers of the hub's egress VPC.
func HubTiers() []Tier { return []Tier{TierPublic, TierAttachment} }

// Plan is the addressing of an estate: which range each VPC and each subnet
// has. Problems holds why there is none; it is empty for an Estate that Load
// returned.
type Plan struct {
	// Hubs are the egress VPCs of the hubs, by the hub's name.
	Hubs Map[VPCPlan]
	// Sites are the sites' VPCs, in the order of Estate.Sites.
	Sites Map[VPCPlan]
	// Problems are errors: a supernet too small, ranges that overlap.
	Problems diag.List
}

// VPCPlan is the addressing of one VPC.
type VPCPlan struct {
	// CIDR is the VPC's range.
	CIDR netip.Prefix
	// Zones are the ids of the Availability Zones, for example apse2-az1.
	Zones []string
	// Subnets are the subnets' ranges: one for each of Zones, in that order.
	Subnets map[Tier][]netip.Prefix
}

// Range returns the range that a tier's subnets are cut from. It also covers
// the subnet of a fourth zone that is not in use yet, and nothing of another
// tier. The zero Prefix is returned for a tier that the VPC does not have.
func (v VPCPlan) Range(t Tier) netip.Prefix {
	if _, ok := v.Subnets[t]; !ok {
		return netip.Prefix{}
	}
	s := slots(t)
	return subPrefix(v.CIDR, s.rangeBits, s.index)
}

// Limits of the addressing. AWS allows /16 to /28 for a VPC ("VPC CIDR
// blocks", Amazon VPC User Guide); below /21 the subnets would be too small
// for load balancers and Transit Gateway attachments.
const (
	vpcLargest     = 16 // prefix length of the largest VPC
	vpcSmallest    = 21 // prefix length of the smallest VPC
	wantedVPCBits  = 3  // 2^3 VPCs should fit into the supernet
	attachmentBits = 28 // prefix length of an attachment subnet
	maxZones       = 4
)

// slot says where a tier lies in a VPC: its range is the index-th block whose
// prefix is rangeBits longer than the VPC's. Each zone gets a quarter of it.
type slot struct {
	rangeBits int
	index     int
}

// slots returns a tier's place: half of the VPC is the application tier's;
// dmz (or the hub's public tier), data and endpoint have an eighth each; the
// attachment tier has the first quarter of the last eighth, the replication tier
// the second, and the rest of it is kept for later.
func slots(t Tier) slot {
	switch t {
	case TierApplication:
		return slot{1, 0}
	case TierDMZ, TierPublic:
		return slot{3, 4}
	case TierData:
		return slot{3, 5}
	case TierEndpoint:
		return slot{3, 6}
	case TierReplication:
		return slot{5, 29}
	}
	return slot{5, 28}
}

// Plan gives every VPC and every subnet its range. The hub's egress VPC has
// the first block of the supernet; each environment, in the order of the file,
// has its own cidr or else the next free block. In the recovery Region the hub
// has the last block, and the environment that is the n-th in the file the n-th
// before it. So neither appending an environment nor giving one a place to
// recover to changes the range of another, nor does going from three zones to
// four. The block's size depends on the supernet alone: /16, or smaller so that
// eight VPCs fit, down to /21.
func (e *Estate) Plan() Plan {
	var p Plan
	super := e.Network.Supernet.Masked()
	if !super.IsValid() || !super.Addr().Is4() {
		p.Problems.Add(diag.Diagnostic{Code: CodeSupernet, Pos: e.nearestPos("network/supernet"),
			What: "the estate has no IPv4 supernet", Fix: "set network.supernet, for example 10.0.0.0/8"})
		return p
	}
	bits := vpcBits(super.Bits())
	if capacity(super.Bits()) == 0 {
		p.Problems.Add(e.tooSmall(super))
		return p
	}
	hub := subPrefix(super, bits-super.Bits(), 0)
	p.Hubs.Set(HubEnvironment, e.vpcPlan(hub, e.Regions.Home, HubTiers()))
	taken := []owned{{hub, "the hub's egress VPC"}}
	next := 0
	for name, env := range e.Environments.All() {
		cidr := env.CIDR
		if cidr.IsValid() {
			p.Problems = append(p.Problems, e.overlap(name, cidr, taken)...)
		} else if cidr, next = nextFree(super, bits, next, taken); !cidr.IsValid() {
			p.Problems.Add(e.tooSmall(super))
			return p
		}
		taken = append(taken, owned{cidr, "environment " + name})
		p.Sites.Set(name, e.vpcPlan(cidr, e.Regions.Home, e.Tiers(Site{Name: name, Environment: name, Region: e.Regions.Home})))
	}
	e.planRecovery(&p, super, bits, taken)
	return p
}

// planRecovery adds the VPCs of the recovery Region, from the supernet's end.
func (e *Estate) planRecovery(p *Plan, super netip.Prefix, bits int, taken []owned) {
	if !e.Recovers() {
		return
	}
	last := capacity(super.Bits()) - 1
	block := func(n int, by string) (netip.Prefix, bool) {
		if n > last {
			p.Problems.Add(e.tooSmall(super))
			return netip.Prefix{}, false
		}
		cidr := subPrefix(super, bits-super.Bits(), last-n)
		if i := slices.IndexFunc(taken, func(o owned) bool { return cidr.Overlaps(o.cidr) }); i >= 0 {
			p.Problems.Add(e.recoveryOverlap(cidr, by, taken[i], super))
			return netip.Prefix{}, false
		}
		return cidr, true
	}
	hub, ok := block(0, "the hub's egress VPC")
	if !ok {
		return
	}
	p.Hubs.Set(HubRecoveryEnvironment, e.vpcPlan(hub, e.Regions.Recovery, HubTiers()))
	names := e.Environments.Keys()
	for _, s := range e.Sites() {
		if !s.Recovery() {
			continue
		}
		cidr, ok := block(slices.Index(names, s.Environment)+1, "environment "+s.Environment)
		if !ok {
			return
		}
		p.Sites.Set(s.Name, e.vpcPlan(cidr, s.Region, e.Tiers(s)))
	}
}

// recoveryOverlap says that somebody else has the range of a VPC in the
// recovery Region.
func (e *Estate) recoveryOverlap(cidr netip.Prefix, by string, o owned, super netip.Prefix) diag.Diagnostic {
	return diag.Diagnostic{Code: CodeOverlap, Pos: e.nearestPos("regions/recovery"),
		What: fmt.Sprintf("%s, the range of %s in the recovery Region, overlaps %s, the range of %s", cidr, by, o.cidr, o.by),
		Why:  "VPCs of the recovery Region have the supernet's last ranges, and no two VPCs share addresses",
		Fix:  fmt.Sprintf("give %s another range, or take a supernet larger than %s", o.by, super)}
}

// owned is a range and who has it.
type owned struct {
	cidr netip.Prefix
	by   string
}

// overlap says which of the ranges that are taken a range overlaps, if any.
func (e *Estate) overlap(name string, cidr netip.Prefix, taken []owned) diag.List {
	for _, o := range taken {
		if cidr.Overlaps(o.cidr) {
			return diag.List{{Code: CodeOverlap, Pos: e.Pos("environments/" + name + "/cidr"),
				What: fmt.Sprintf("%s of environment %s overlaps %s, the range of %s", cidr, name, o.cidr, o.by),
				Why:  "VPCs that share addresses cannot be told apart by the Transit Gateway's routes",
				Fix:  "choose a range outside " + o.cidr.String() + ", or leave cidr out to get the next free range"}}
		}
	}
	return nil
}

// vpcBits returns the prefix length of the VPCs that a supernet is cut into.
func vpcBits(supernetBits int) int {
	return min(max(vpcLargest, supernetBits+wantedVPCBits), vpcSmallest)
}

// capacity returns how many VPCs a supernet holds.
func capacity(supernetBits int) int {
	if supernetBits > vpcSmallest {
		return 0
	}
	return 1 << (vpcBits(supernetBits) - supernetBits)
}

func (e *Estate) tooSmall(super netip.Prefix) diag.Diagnostic {
	need := e.Environments.Len() + 1
	twice := ""
	if e.Recovers() {
		need, twice = 2*need, ", in both Regions"
	}
	fit := vpcSmallest
	for fit > defaultSupernet().Bits() && capacity(fit) < need {
		fit--
	}
	return diag.Diagnostic{Code: CodeSupernetTooSmall, Pos: e.nearestPos("network/supernet"),
		What: fmt.Sprintf("supernet %s is too small: it holds %d VPCs of /%d, and this estate needs %d (the hub's and one for each of %d environments%s)",
			super, capacity(super.Bits()), vpcBits(super.Bits()), need, e.Environments.Len(), twice),
		Why: "every VPC has a range of its own",
		Fix: fmt.Sprintf("use a supernet of /%d or larger, for example 10.0.0.0/8", fit)}
}

// nextFree returns the first block of the supernet, from the block numbered
// from on, that overlaps nothing, and the number of the block after it. What
// is taken stays taken, so that no block is ever looked at again.
func nextFree(super netip.Prefix, bits, from int, taken []owned) (netip.Prefix, int) {
	for i := from; i < capacity(super.Bits()); i++ {
		c := subPrefix(super, bits-super.Bits(), i)
		if !slices.ContainsFunc(taken, func(o owned) bool { return c.Overlaps(o.cidr) }) {
			return c, i + 1
		}
	}
	return netip.Prefix{}, from
}

func (e *Estate) vpcPlan(cidr netip.Prefix, region string, tiers []Tier) VPCPlan {
	v := VPCPlan{CIDR: cidr, Subnets: map[Tier][]netip.Prefix{}}
	for i := range min(e.Network.AvailabilityZones, maxZones) {
		if id, ok := ZoneID(region, i+1); ok {
			v.Zones = append(v.Zones, id)
		}
	}
	for _, t := range tiers {
		s := slots(t)
		whole := subPrefix(cidr, s.rangeBits, s.index)
		zoneBits := 2
		if t == TierAttachment {
			zoneBits = attachmentBits - whole.Bits()
		}
		for i := range v.Zones {
			v.Subnets[t] = append(v.Subnets[t], subPrefix(whole, zoneBits, i))
		}
	}
	return v
}

// subPrefix returns the i-th block of p whose prefix is longer by extra bits.
func subPrefix(p netip.Prefix, extra, i int) netip.Prefix {
	bits := p.Bits() + extra
	a := p.Addr().As4()
	n := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
	n += uint32(i) << (32 - bits)
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), bits)
}
