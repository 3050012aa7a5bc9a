package stacks

import (
	"net/netip"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/groups"
	"github.com/suretyhq/surety/patterns/threetier"
	"github.com/suretyhq/surety/patterns/transitpeering"
)

// peered is a flow from one Region to another, as one of its sites has it: the
// site's own part, and the range of the replication tier at the other end.
type peered struct {
	flow  estate.Flow
	part  string
	there netip.Prefix
	// serves says that the flow leads to the site.
	serves bool
}

// peeredFlows are the flows between a site and other Regions.
func (c *composer) peeredFlows(site string) []peered {
	subnets := func(site string) netip.Prefix {
		v, _ := c.plan.Sites.Get(site)
		return v.Range(estate.TierReplication)
	}
	var all []peered
	for _, f := range c.estate.PeeredFlows() {
		switch site {
		case f.From.Environment:
			all = append(all, peered{flow: f, part: f.From.Name, there: subnets(f.To.Environment)})
		case f.To.Environment:
			all = append(all, peered{flow: f, part: f.To.Name, there: subnets(f.From.Environment), serves: true})
		}
	}
	return all
}

// peers is what the replication tier exchanges with those of other Regions.
func (env *environment) peers() []threetier.Peer {
	var all []threetier.Peer
	for _, p := range env.peeredFlows(env.name) {
		all = append(all, threetier.Peer{Range: p.there, Port: p.flow.Port, Serves: p.serves})
	}
	return all
}

// remotes is what security groups let by of it.
func (env *environment) remotes() []groups.Remote {
	var all []groups.Remote
	for _, p := range env.peeredFlows(env.name) {
		all = append(all, groups.Remote{Party: p.part, Serves: p.serves, Range: p.there, Protocol: groups.Protocol(p.flow.Protocol), Port: p.flow.Port})
	}
	return all
}

// hubPeering peers the hubs of the two Regions, where a flow leads from one to
// the other, and adds the routes of those flows alone. Home asks; the recovery
// Region's end is in a stack of its own, which is the only one there that refers
// to the home Region, and is never needed once that is lost.
func (c *composer) hubPeering(environments []*environment) error {
	if !c.estate.Peers() {
		return nil
	}
	home, there := c.hubs[0], c.hubs[1]
	home.peering = c.stack(c.hubPlace(home.site), LayerHubPeering, "Peering of the Transit Gateway with that of "+there.site.Region+" of the estate "+c.estate.Name,
		c.peeringAfter(home, environments, there.stack)...)
	p, err := transitpeering.New(home.peering, "Peering", &transitpeering.Props{Name: c.hubLabel(home.site) + "-peering", Gateway: home.transit.Gateway.AttrId(),
		Peer: there.transit.Gateway.AttrId(), PeerRegion: there.site.Region, Functions: c.options.Functions, LogKey: imported(home.peering, "LogKey", home.key)})
	if err != nil {
		return err
	}
	asPart(p.Function.Logs, estate.PartLogs)
	id := p.Resource.AttrTransitGatewayAttachmentId()
	transitpeering.Join(home.peering, "Routes", c.peeringEnd(home, id, environments), p.Accepted)
	there.peering = c.stack(c.hubPlace(there.site), LayerHubPeering, "The recovery Region's end of the peering of Transit Gateways of the estate "+c.estate.Name,
		c.peeringAfter(there, environments, home.peering)...)
	transitpeering.Join(there.peering, "Routes", c.peeringEnd(there, id, environments))
	return nil
}

// peeringAfter are the stacks that an end of the peering is deployed after.
func (c *composer) peeringAfter(h *hub, environments []*environment, after awscdk.Stack) []awscdk.Stack {
	all := []awscdk.Stack{h.stack, h.routes, after}
	for _, env := range environments {
		if env.hub == h && len(c.peeredFlows(env.name)) > 0 {
			all = append(all, env.stacks[LayerNetwork])
		}
	}
	return all
}

// peeringEnd is a hub's end: what comes by the peering goes to the replication tier
// of the site that a flow is of, and from that site's table the other's replication
// tier is reached by the peering. A longer prefix than that of the private range, which
// the table drops, it is the one exception.
func (c *composer) peeringEnd(h *hub, peering *string, environments []*environment) *transitpeering.End {
	end := &transitpeering.End{Name: c.hubLabel(h.site) + "-peering", Gateway: h.transit.Gateway.AttrId(), Peering: peering}
	for _, env := range environments {
		if env.hub != h || len(c.peeredFlows(env.name)) == 0 {
			continue
		}
		own, _ := c.plan.Sites.Get(env.name)
		end.Routes = append(end.Routes, transitpeering.Route{Name: "To-" + env.name, Range: own.Range(estate.TierReplication), To: env.network.Attachment.AttrId()})
		seen := map[netip.Prefix]bool{}
		for _, p := range c.peeredFlows(env.name) {
			if !seen[p.there] {
				seen[p.there] = true
				end.Routes = append(end.Routes, transitpeering.Route{Name: "From-" + env.name, Range: p.there,
					Table: h.transit.Table(tableEnvironmentPrefix + env.name).AttrTransitGatewayRouteTableId()})
			}
		}
	}
	return end
}
