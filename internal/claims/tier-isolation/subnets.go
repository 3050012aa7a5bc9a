package tierisolation

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

// subnets observes where each tier's interfaces are: in subnets of their own,
// without a way to or from the internet, and for Data, endpoints and
// attachments without any route that leaves the VPC. The replication tier's lead
// to where the estate has its data go in another Region, and nowhere else.
func (c *checker) subnets() {
	type place struct {
		tier   string
		id     estate.PartID
		subnet addr.Address
	}
	first := map[addr.Address]place{}
	var places []place
	for _, i := range c.in.Graph.Interfaces() {
		id := c.in.PartOf(i.Owner.Addr)
		tier := tierOf(c.in.KindOf(id))
		if estate.IsHub(id.Environment) || tier == "" || i.Subnet.To.IsZero() {
			continue
		}
		p := place{tier, id, i.Subnet.To}
		if !slices.Contains(places, p) {
			places = append(places, p)
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(a.subnet.Compare(b.subnet), a.id.Compare(b.id)) })
	for _, p := range places {
		scope := proof.Scope(p.id.Environment)
		if f, ok := first[p.subnet]; !ok {
			first[p.subnet] = p
			c.routes(p.id, p.tier, p.subnet)
		} else if f.tier != p.tier {
			c.tally.Refute(scope, proof.Finding{Code: CodeShared, At: p.subnet, Part: p.id,
				Message: fmt.Sprintf("%s belongs in the tier %s, but shares a subnet with %s of the tier %s.", p.id, p.tier, f.id, f.tier),
				Fix:     "Place it in a subnet of its own tier."})
		}
	}
}

// routes judges the route table of a tier's subnet. Without an association it
// is the VPC's main table, which has local routes only.
func (c *checker) routes(id estate.PartID, tier string, subnet addr.Address) {
	s := resource.View[resource.Subnet](c.in.Graph, subnet)
	if s == nil {
		return
	}
	table := resource.View[resource.RouteTable](c.in.Graph, s.RouteTable.To)
	if table == nil {
		return
	}
	for _, r := range table.Routes {
		f := proof.Finding{At: r.Addr, Part: id, Property: "DestinationCidrBlock"}
		switch {
		case tier == partners && r.Target == resource.TargetInternetGateway:
			continue // public-edge-only says who comes by it
		case r.Target == resource.TargetInternetGateway || r.Target == resource.TargetEgressOnlyGateway:
			f.Code = CodePublic
			f.Message = fmt.Sprintf("%s, in the tier %s, is in a subnet that is public: it has a route to an internet gateway.", id, tier)
			f.Fix = "Lead the route to the Transit Gateway, or take it away."
		case tier == replication && r.Target == resource.TargetTransitGateway && c.peered(id.Environment, r.Dest):
			continue
		case leaves(r.Target) && !slices.Contains(c.matrix[tier], outside):
			f.Code = CodeRouted
			f.Message = fmt.Sprintf("%s, in the tier %s, is in a subnet with a route that leaves the VPC; %s.", id, tier, c.ought(id.Environment, tier))
			f.Fix = "Take the route away."
		default:
			continue
		}
		c.tally.Refute(proof.Scope(id.Environment), f)
	}
}

// readPeers notes where the flows between Regions lead: from the replication tier
// of the one site to that of the other, and the answers back.
func (c *checker) readPeers() {
	c.peers = map[string][]netip.Prefix{}
	plan := c.in.Estate.Plan()
	for _, f := range c.in.Estate.PeeredFlows() {
		a, b := f.From.Environment, f.To.Environment
		for _, way := range [][2]string{{a, b}, {b, a}} {
			v, _ := plan.Sites.Get(way[1])
			c.peers[way[0]] = append(c.peers[way[0]], v.Range(estate.TierReplication))
		}
	}
}

// peered says whether a route leads within one of the ranges that the site's
// replication tier exchanges data with.
func (c *checker) peered(site string, to resource.Destination) bool {
	return to.Prefix.IsValid() && slices.ContainsFunc(c.peers[site], func(p netip.Prefix) bool {
		return p.Bits() <= to.Prefix.Bits() && p.Contains(to.Prefix.Addr())
	})
}

// ought says which routes a tier of a site may have.
func (c *checker) ought(site, tier string) string {
	if tier == replication && len(c.peers[site]) > 0 {
		return fmt.Sprintf("its tier may lead to %s alone", c.peers[site][0])
	}
	return "its tier has local routes only"
}

// leaves says whether a route leads out of the VPC.
func leaves(t resource.TargetKind) bool {
	switch t {
	case resource.TargetLocal, resource.TargetEndpoint, resource.TargetBlackhole, resource.TargetInterface:
		return false
	}
	return true
}
