package network

import (
	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// gateways compiles Transit Gateways, attachments and their tables.
func (c *compiler) gateways() {
	for _, t := range resource.Views[resource.TransitGateway](c.g) {
		c.n.gatewayAt[t.Addr] = &gateway{view: t}
	}
	for _, a := range resource.Views[resource.Attachment](c.g) {
		x := &attachment{view: a, addr: a.Addr, id: len(c.n.attachments), vpc: c.n.vpcAt[a.VPC.To], gateway: a.Gateway.To, tables: map[addr.Address]*table{}}
		if len(a.Unknown) > 0 {
			x.why = a.Unknown[0]
		}
		for _, l := range a.Subnets {
			if s := c.n.subnetAt[l.To]; s != nil {
				x.subnets = append(x.subnets, s)
			} else {
				x.why = unknownLink(l, a.Addr, "subnet")
			}
		}
		if a.Kind == resource.AttachFirewall {
			x.firewall = c.n.firewallAt[a.Addr]
		}
		if x.vpc != nil {
			x.vpc.attachments = append(x.vpc.attachments, x)
		}
		c.n.attachments = append(c.n.attachments, x)
		c.n.attachmentAt[a.Addr] = x
	}
	for _, t := range resource.Views[resource.GatewayTable](c.g) {
		c.gatewayTable(t)
	}
	c.defaultTables()
}

func (c *compiler) gatewayTable(t *resource.GatewayTable) {
	x := c.newTable(t.Addr)
	if len(t.Unknown) > 0 {
		x.why = t.Unknown[0]
	}
	if why := c.stray(t.Addr.Stack, "AWS::EC2::TransitGatewayRoute", "AWS::EC2::TransitGatewayRouteTablePropagation"); why != nil {
		x.why = why
	}
	if why := c.stray(t.Addr.Stack, "AWS::EC2::TransitGatewayRouteTableAssociation"); why != nil {
		c.n.doubts[t.Gateway.To] = why
	}
	for _, r := range t.Routes {
		x.routes = append(x.routes, c.gatewayRoute(r))
	}
	for _, p := range t.Propagations {
		a := c.n.attachmentAt[p.Link.To]
		if a == nil {
			if x.why == nil {
				x.why = unknownLink(p.Link, p.By.Addr, "attachment")
			}
			continue
		}
		before := len(x.routes)
		c.propagate(x, a, p.By.Addr, p.Link.Property)
		for i := before; i < len(x.routes) && p.By.Conditional != nil; i++ {
			x.routes[i].maybe = p.By.Conditional
		}
	}
	if g := c.n.gatewayAt[t.Gateway.To]; g != nil {
		g.tables = append(g.tables, x)
	}
	for _, l := range t.Associations {
		if a := c.n.attachmentAt[l.Link.To]; a != nil {
			a.tables[t.Gateway.To] = x
			if l.By.Conditional != nil && x.why == nil {
				x.why = l.By.Conditional
			}
		} else if l.Link.Why != nil {
			c.n.doubts[t.Gateway.To] = l.Link.Why
		}
	}
}

func (c *compiler) gatewayRoute(r resource.GatewayRoute) route {
	x := route{by: r.Addr, hole: r.Blackhole, why: r.Dest.Why, maybe: r.Conditional, kind: resource.TargetAttachment, to: r.Attachment}
	if r.Dest.Prefix.IsValid() {
		x.spans, x.bits, x.text = []span32{c.n.atoms.of(r.Dest.Prefix)}, []int{r.Dest.Prefix.Bits()}, r.Dest.Prefix.String()
	} else if !r.Dest.PrefixList.IsZero() {
		x.rank, x.text = rankPrefixList, "prefix list "+linkText(r.Dest.PrefixList)
		x.spans, x.bits, x.why = c.prefixList(r.Dest.PrefixList, r.Addr)
	}
	a := c.n.attachmentAt[r.Attachment.To]
	if r.Propagated {
		x.rank = propagatedBy(a)
	}
	if !x.hole {
		x.attach = a
	}
	return x
}

// propagatedBy ranks the routes that an attachment propagates ("Transit gateway
// route tables": route evaluation order).
func propagatedBy(a *attachment) rank {
	if a == nil {
		return rankPropagated
	}
	switch a.view.Kind {
	case resource.AttachDirectConnect:
		return rankDirectConnect
	case resource.AttachConnect:
		return rankConnect
	case resource.AttachVPN:
		return rankVPN
	case resource.AttachPeering:
		return rankPeering
	}
	return rankPropagated
}

// propagate fills a table with what an attachment brings: a VPC its ranges
// ("Transit gateway route tables": route propagation), a firewall nothing, a
// peering nothing, and anything else routes that only deployment gives.
func (c *compiler) propagate(t *table, a *attachment, by addr.Address, prop string) {
	switch a.view.Kind {
	case resource.AttachVPC:
		if a.vpc == nil {
			t.why = unknownLink(a.view.VPC, a.addr, "VPC")
			return
		}
		r := route{spans: a.vpc.local, bits: a.vpc.localBits, rank: rankPropagated, kind: resource.TargetAttachment,
			to: resource.Link{To: a.addr}, by: by, prop: prop, attach: a, text: "the ranges of " + a.vpc.addr.Logical}
		for i := range t.routes {
			other := &t.routes[i]
			if other.rank == rankPropagated && other.attach != nil && other.attach != a && overlap(other.spans, r.spans) {
				r.maybe = &value.Reason{Code: "TGW_PROPAGATION_OVERLAPS", At: by, Property: prop,
					Text: "the ranges of " + a.vpc.addr.Logical + " and " + other.attach.vpc.addr.Logical + " overlap, and a Transit Gateway propagates only those of the VPC attached first"}
				other.maybe = r.maybe
			}
		}
		t.routes = append(t.routes, r)
	case resource.AttachVPN, resource.AttachConnect, resource.AttachDirectConnect, resource.AttachOther:
		t.why = &value.Reason{Code: "TGW_RTB_ROUTES_ARE_UNKNOWN", At: by, Property: prop, Text: "the attachment propagates routes that are not in the graph"}
	}
}

func overlap(a, b []span32) bool {
	for _, x := range a {
		for _, y := range b {
			if x.lo < y.hi && y.lo < x.hi {
				return true
			}
		}
	}
	return false
}

// defaultTables makes the default route table of each Transit Gateway, which
// no template declares: every attachment without an association has it, and
// every attachment propagates to it ("AWS::EC2::TransitGateway":
// DefaultRouteTableAssociation, DefaultRouteTablePropagation).
func (c *compiler) defaultTables() {
	made := map[addr.Address]*table{}
	for _, a := range c.n.attachments {
		for _, at := range a.gateways() {
			g := c.n.gatewayAt[at]
			if g == nil || a.tables[at] != nil || g.view.DefaultAssociation == resource.No || c.explicit(at, g) {
				continue
			}
			if made[at] == nil {
				made[at] = c.defaultTable(at, g)
			}
			a.tables[at] = made[at]
		}
	}
}

// gateways are those that an attachment is of: both, for a peering.
func (a *attachment) gateways() []addr.Address {
	if a.view.Kind == resource.AttachPeering {
		return []addr.Address{a.gateway, a.view.PeerGateway.To}
	}
	return []addr.Address{a.gateway}
}

func (c *compiler) defaultTable(at addr.Address, g *gateway) *table {
	t := c.newTable(at)
	if g.view.DefaultPropagation == resource.Perhaps || g.view.DefaultAssociation == resource.Perhaps {
		t.why = &value.Reason{Code: "TGW_RTB_ROUTES_ARE_UNKNOWN", At: at, Text: "whether the default route table is used is not known"}
	}
	for _, p := range c.n.attachments {
		if p.gateway == at && g.view.DefaultPropagation != resource.No {
			c.propagate(t, p, at, "DefaultRouteTablePropagation")
		}
	}
	return t
}

// explicit says whether the graph is a snapshot, in which the default table is
// a resource like any other.
func (c *compiler) explicit(at addr.Address, g *gateway) bool {
	return at.Stack.Name == "" && len(g.tables) > 0
}

// choose returns the route of a table that decides for a destination, and those
// that may instead. Routes of longer prefixes win; of equal ones static, then
// prefix list, then propagated ("Route priority", "Transit gateway route
// tables": route evaluation order); the local route beats any propagated one.
func (n *Network) choose(t *table, x atom) (best *route, instead []*route) {
	bestBits, local := -1, false
	external := n.isExternal(x)
	for i := range t.routes {
		r := &t.routes[i]
		if r.local {
			if bits, hit := n.hit(r, x); hit == resource.Yes {
				best, bestBits, local = r, bits, true
			}
		}
	}
	for i := range t.routes {
		r := &t.routes[i]
		if r.local || (r.hole && n.options.Mutant == BlackholeFallsThrough) || (local && r.rank.propagated() && n.options.Mutant != LocalLosesToPropagated) {
			continue
		}
		bits, hit := n.hit(r, x)
		switch {
		case r.why != nil && hit != resource.Yes:
			if !r.public || external {
				instead = append(instead, r)
			}
		case hit == resource.Perhaps || (hit == resource.Yes && r.maybe != nil):
			instead = append(instead, r)
		case hit == resource.Yes && (best == nil || n.beats(r, bits, best, bestBits)):
			best, bestBits = r, bits
		case hit == resource.Yes && ties(r, bits, best, bestBits):
			instead = append(instead, r)
		}
	}
	if best != nil && len(instead) > 0 {
		kept := instead[:0]
		for _, r := range instead {
			if bits, hit := n.hit(r, x); hit == resource.No || hit == resource.Perhaps || n.beats(r, bits, best, bestBits) || ties(r, bits, best, bestBits) {
				kept = append(kept, r)
			}
		}
		instead = kept
	}
	return best, instead
}

// hit returns the longest prefix of a route that an atom lies in. A hidden
// atom lies in its own VPC's ranges.
func (n *Network) hit(r *route, x atom) (bits int, found resource.Tri) {
	bits = -1
	if s := n.atoms.hiddenIn(x); s != nil {
		if (r.local && r.by == s.vpc.addr) || (r.rank == rankPropagated && r.attach != nil && r.attach.vpc == s.vpc) {
			return 64, resource.Yes
		}
		if r.local {
			return bits, resource.No
		}
	}
	if r.service != "" {
		if r.service == n.atoms.serviceOf(x) {
			return 32, resource.Yes
		}
		return bits, resource.No
	}
	for i, s := range r.spans {
		switch hit := n.atoms.match(s, x); {
		case hit == resource.No:
		case found == resource.Yes && (hit == resource.Perhaps || r.bits[i] <= bits):
		case found == hit && r.bits[i] <= bits:
		default:
			bits, found = r.bits[i], hit
		}
	}
	return bits, found
}

// ties says whether two routes by prefix lists lead elsewhere for the same
// range: which one counts is then anybody's guess ("Route priority": prefix
// lists, "we randomly choose which route takes priority").
func ties(r *route, bits int, best *route, bestBits int) bool {
	return best != nil && bits == bestBits && r != best && r.rank == rankPrefixList && best.rank == rankPrefixList &&
		(r.hole != best.hole || !r.to.Same(best.to))
}

func (n *Network) beats(r *route, bits int, best *route, bestBits int) bool {
	if bits != bestBits {
		return (bits > bestBits) != (n.options.Mutant == ShorterPrefix)
	}
	switch n.options.Mutant {
	case PropagatedBeatsStatic:
		return r.rank > best.rank && !best.local
	case PrefixListBeatsStatic:
		if r.rank == rankPrefixList && best.rank == rankStatic && !best.local {
			return true
		}
		if r.rank == rankStatic && best.rank == rankPrefixList {
			return false
		}
	case VPNBeatsVPC:
		if r.rank.propagated() && best.rank.propagated() {
			return r.rank > best.rank
		}
	}
	if best.local {
		return true // a route for the VPC's own range replaces the local one's target
	}
	return r.rank < best.rank
}
