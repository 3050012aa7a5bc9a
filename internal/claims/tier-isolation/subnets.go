package tierisolation

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

// subnets observes where each tier's interfaces are: in subnets of their own,
// without a way to or from the internet, and for Data, endpoints and
// attachments without any route that leaves the VPC.
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
		case leaves(r.Target) && !slices.Contains(c.matrix[tier], outside):
			f.Code = CodeRouted
			f.Message = fmt.Sprintf("%s, in the tier %s, is in a subnet with a route that leaves the VPC; its tier has local routes only.", id, tier)
			f.Fix = "Take the route away."
		default:
			continue
		}
		c.tally.Refute(proof.Scope(id.Environment), f)
	}
}

// leaves says whether a route leads out of the VPC.
func leaves(t resource.TargetKind) bool {
	switch t {
	case resource.TargetLocal, resource.TargetEndpoint, resource.TargetBlackhole, resource.TargetInterface:
		return false
	}
	return true
}
