package environmentisolation

import (
	"context"
	"fmt"
	"slices"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/proof"
)

// leads says whether routes may lead from a subnet of one site to one of another:
// there is a flow between the sites, and where they lead is nothing but an end of
// it. Where they come from is for network ACLs to say: a Transit Gateway knows the
// VPC that a packet comes from, and not the subnet ("Transit gateway route tables",
// Amazon VPC Transit Gateways).
func (c *checker) leads(layer *proof.Ends, a, b end) bool {
	var ends []estate.PartID
	for _, f := range c.peered {
		switch from, to := proof.Scope(f.From.Environment), proof.Scope(f.To.Environment); {
		case from == a.env && to == b.env:
			ends = append(ends, f.To)
		case from == b.env && to == a.env:
			ends = append(ends, f.From) // the answers
		}
	}
	if len(ends) == 0 {
		return false
	}
	subnet := layer.Net.Class(b.class).Subnet
	for _, k := range layer.Net.Classes() {
		if k.Subnet != subnet {
			continue
		}
		parts := layer.Parts[k.ID]
		if len(parts) == 0 || slices.ContainsFunc(parts, func(id estate.PartID) bool { return !slices.Contains(ends, id) }) {
			return false
		}
	}
	return true
}

// between sees to it that network ACLs by themselves let nothing from one site of
// an environment to the other but the flows that the estate declares. What flows
// for some of a client's ports only is the way back of what is declared, which a
// network ACL cannot tell from the way there ("Network ACL rules", Amazon VPC User
// Guide).
func (c *checker) between(ctx context.Context) error {
	if len(c.peered) == 0 {
		return nil
	}
	layer := c.in.Layer(proof.LayerSubnets)
	open, err := layer.Open(ctx)
	if err != nil {
		return err
	}
	done := map[[2]proof.Scope]bool{}
	for _, o := range open {
		a, b := layer.ScopeOf(o.From), layer.ScopeOf(o.To)
		way := [2]proof.Scope{a, b}
		if layer.External(o.From) || layer.External(o.To) || a == b || done[way] || !c.in.IsEnvironment(a) || !c.in.IsEnvironment(b) ||
			c.environment(string(a)) != c.environment(string(b)) {
			continue
		}
		more := o.Reach.Must.Minus(c.declared(layer, o))
		if more.IsEmpty() {
			continue
		}
		done[way] = true
		c.passes(layer, o, a, more)
	}
	return nil
}

// declared returns the packets of the flows between the parts of two classes.
func (c *checker) declared(layer *proof.Ends, o proof.OpenPair) network.PacketSet {
	var all network.PacketSet
	for _, f := range c.peered {
		if slices.Contains(layer.Parts[o.From], f.From) && slices.Contains(layer.Parts[o.To], f.To) {
			all = all.Or(layer.Packets(f))
		}
	}
	return all
}

func (c *checker) passes(layer *proof.Ends, o proof.OpenPair, from proof.Scope, what network.PacketSet) {
	p := layer.Net.Explain(o.From, o.To, what)
	f := proof.Opened(p)
	for _, h := range p.Forward {
		if r := c.in.Graph.Get(h.By); r != nil && r.Type == "AWS::EC2::NetworkAclEntry" {
			f.At, f.Property = h.By, h.Property
			break
		}
	}
	f.Code = CodePath
	f.Message = fmt.Sprintf("Routes and network ACLs let %s reach %s by %s, which the estate does not declare; only security groups keep the two Regions apart.",
		layer.Name(o.From), layer.Name(o.To), layer.Net.Format(what))
	f.Fix = "Let the network ACLs of both ends name the replication tier of the other, and the port of the flow."
	c.tally.Refute(from, f)
}
