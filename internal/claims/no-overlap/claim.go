// Package nooverlap proves that no two connected networks share addresses.
//
// Networks are connected when they are attached to one Transit Gateway, to
// Transit Gateways that are peered, or are peered themselves, whatever their
// route tables say: an address that two of them have cannot be routed to both.
package nooverlap

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings.
const (
	CodeOverlap = "VPC_CIDR_OVERLAP"
	CodeSubnets = "SUBNET_CIDR_OVERLAP"
	CodeOutside = "SUBNET_OUTSIDE_VPC"
	CodeUnknown = "CIDR_UNKNOWN"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:    "no-overlap",
		Walks: true,
		Rows:  []string{"S04", "S05"},
		Says:  "no two connected networks share addresses",
		Check: check,
	}
}

func check(_ context.Context, in *proof.Input) ([]proof.Verdict, error) {
	t := proof.NewTally(in, "networks", "Nothing that was loaded is a network.")
	var vpcs []*resource.VPC
	for _, v := range resource.Views[resource.VPC](in.Graph) {
		vpcs = append(vpcs, v)
		t.Check(proof.ScopeEstate, 1)
	}
	connected := connections(in.Graph)
	for i, a := range vpcs {
		for _, b := range vpcs[i+1:] {
			if connected(a.Addr, b.Addr) {
				compare(in, t, a, b)
			}
		}
	}
	for _, v := range vpcs {
		subnets(in, t, v)
	}
	return t.Verdicts(), nil
}

// compare reports ranges that two connected VPCs share. The later VPC is the
// one to change.
func compare(in *proof.Input, t *proof.Tally, a, b *resource.VPC) {
	for _, v := range []*resource.VPC{a, b} {
		if why := unknownRange(v); why != nil {
			t.Doubt(proof.ScopeEstate, proof.Finding{Code: CodeUnknown, At: v.Addr, Property: "CidrBlock",
				Message: fmt.Sprintf("The addresses of %s, which is connected to other networks, are not known: %s.", in.Name(v.Resource), why.Error()),
				Fix:     "Write the range into the template, or give the parameter with --param."})
		}
	}
	for _, p := range slices.Concat(a.CIDRs, a.IPv6) {
		for _, q := range slices.Concat(b.CIDRs, b.IPv6) {
			if p.Overlaps(q) {
				t.Refute(proof.ScopeEstate, proof.Finding{Code: CodeOverlap, At: b.Addr, Property: "CidrBlock",
					Message: fmt.Sprintf("%s has the addresses %s, of which %s has %s too, and the two are connected.", in.Name(b.Resource), q, in.Name(a.Resource), p),
					Fix:     "Give one of them a range that no connected network has."})
			}
		}
	}
}

func unknownRange(v *resource.VPC) *value.Reason {
	if len(v.CIDRs) > 0 {
		return nil
	}
	if len(v.Unknown) > 0 {
		return v.Unknown[0]
	}
	return &value.Reason{Code: "CIDR_UNKNOWN", Text: "no literal range is given", At: v.Addr, Property: "CidrBlock"}
}

// subnets reports subnets of a VPC that share addresses or lie outside of it.
func subnets(in *proof.Input, t *proof.Tally, v *resource.VPC) {
	var of []*resource.Subnet
	for _, s := range resource.Views[resource.Subnet](in.Graph) {
		if s.VPC.To == v.Addr && s.CIDR.IsValid() {
			of = append(of, s)
		}
	}
	for i, s := range of {
		if len(v.CIDRs) > 0 && !within(v.CIDRs, s.CIDR) {
			t.Refute(proof.ScopeEstate, proof.Finding{Code: CodeOutside, At: s.Addr, Property: "CidrBlock",
				Message: fmt.Sprintf("%s has the addresses %s, which are not among those of its VPC (%v).", in.Name(s.Resource), s.CIDR, v.CIDRs),
				Fix:     "Choose a range within the VPC's."})
		}
		for _, o := range of[:i] {
			if s.CIDR.Overlaps(o.CIDR) {
				t.Refute(proof.ScopeEstate, proof.Finding{Code: CodeSubnets, At: s.Addr, Property: "CidrBlock",
					Message: fmt.Sprintf("%s has the addresses %s, which overlap those of %s (%s).", in.Name(s.Resource), s.CIDR, in.Name(o.Resource), o.CIDR),
					Fix:     "Choose a range that no other subnet has."})
			}
		}
	}
}

func within(outer []netip.Prefix, p netip.Prefix) bool {
	return slices.ContainsFunc(outer, func(o netip.Prefix) bool { return o.Bits() <= p.Bits() && o.Contains(p.Addr()) })
}

// connections returns whether two VPCs are connected.
func connections(g *resource.Graph) func(a, b addr.Address) bool {
	group := map[string]string{} // union-find over what Transit Gateways join
	var find func(string) string
	find = func(x string) string {
		if p, ok := group[x]; ok && p != x {
			group[x] = find(p)
			return group[x]
		}
		return x
	}
	join := func(a, b resource.Link) {
		if x, y := key(a), key(b); x != "" && y != "" {
			group[find(x)] = find(y)
		}
	}
	for _, a := range resource.Views[resource.Attachment](g) {
		switch a.Kind {
		case resource.AttachVPC:
			join(a.VPC, a.Gateway)
		case resource.AttachPeering:
			join(a.PeerGateway, a.Gateway)
		}
	}
	peered := map[[2]string]bool{}
	for _, p := range resource.Views[resource.Peering](g) {
		x, y := key(p.Requester), key(p.Accepter)
		peered[[2]string{x, y}], peered[[2]string{y, x}] = true, true
	}
	return func(a, b addr.Address) bool {
		x, y := key(resource.Link{To: a}), key(resource.Link{To: b})
		return peered[[2]string{x, y}] || find(x) == find(y)
	}
}

// key names what a link leads to, also where that is outside the graph.
func key(l resource.Link) string {
	switch {
	case !l.To.IsZero():
		return l.To.String()
	case l.ID != "":
		return "id:" + l.ID
	}
	return ""
}
