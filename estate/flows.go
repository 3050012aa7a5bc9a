package estate

import (
	"cmp"
	"net/netip"
	"slices"
)

// Ports that flows use and that the estate file does not name.
const (
	// PortDatabase is Aurora PostgreSQL's port.
	PortDatabase = 5432
	// PortTLS is the port of the balancer, of interface endpoints and of
	// everything on the internet that workloads may reach.
	PortTLS = 443
	// PortTunnel is the port that cloudflared dials out to, over TCP (http2)
	// and UDP (quic). Source: Cloudflare's page "Tunnel with firewall".
	PortTunnel = 7844
)

// TunnelRanges returns the ranges in which Cloudflare's tunnel endpoints
// (region1.v2 and region2.v2.argotunnel.com) lie. Source: Cloudflare's page
// "Tunnel with firewall".
func TunnelRanges() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("198.41.192.0/24"), netip.MustParsePrefix("198.41.200.0/24")}
}

// The rules that imply flows which the file does not name: Flow.Implied is one
// of them, or empty.
const (
	// ImpliedEndpoints: services and tunnel call AWS by the
	// interface endpoints.
	ImpliedEndpoints = "endpoints"
	// ImpliedGateway: the gateway's VPC link reaches the balancer.
	ImpliedGateway = "gateway"
	// ImpliedTunnel: the tunnel reaches the balancer.
	ImpliedTunnel = "tunnel"
	// ImpliedBalancer: the balancer reaches every exposed service.
	ImpliedBalancer = "balancer"
	// ImpliedEgress: services and tunnel reach the domains of allow-egress.
	ImpliedEgress = "egress"
	// ImpliedTunnelDialOut: the tunnel dials Cloudflare (TunnelRanges).
	ImpliedTunnelDialOut = "tunnel-dial-out"
	// ImpliedResolver: the tunnel asks the inbound Resolver endpoint.
	ImpliedResolver = "resolver"
	// ImpliedForward: the outbound Resolver endpoint asks the servers of
	// network.dns.forward.
	ImpliedForward = "forward"
)

// ImpliedRules returns the closed list of rules that Flow.Implied can name,
// sorted.
func ImpliedRules() []string {
	all := []string{
		ImpliedAuthoriser,
		ImpliedBalancer,
		ImpliedBreakGlass,
		ImpliedCanary,
		ImpliedReplication,
		ImpliedEgress,
		ImpliedEndpoints,
		ImpliedForward,
		ImpliedGateway,
		ImpliedOwnBalancer,
		ImpliedProvisioner,
		ImpliedResolver,
		ImpliedTunnel,
		ImpliedTunnelDialOut,
	}
	slices.Sort(all)
	return all
}

// Protocols of flows.
const (
	TCP = "tcp"
	UDP = "udp"
)

// Flows returns every flow that the estate declares, sorted by From, To,
// Protocol and Port, each once. A flow that the file names from both ends, or
// names although a rule implies it, is one flow with the position of the first
// mention in the file. Flows to the internet lead to the egress
// of the hub of their Region: hub/egress.
func (e *Estate) Flows() []Flow {
	var b flowBuilder
	for _, site := range e.Sites() {
		e.siteFlows(&b, site)
	}
	b.flows = append(b.flows, e.PeeredFlows()...)
	return b.sorted()
}

// siteFlows adds the flows of a site: the environment's, and its tenants' after
// them.
func (e *Estate) siteFlows(b *flowBuilder, site Site) {
	b.env, b.hub = site.Name, site.Hub
	for _, add := range environmentFlows() {
		add(e, b)
	}
	e.tenantFlows(b)
}

// SiteFlows returns the flows of a site but for its tenants' and those to another
// Region, sorted as Flows sorts them.
func (e *Estate) SiteFlows(site Site) []Flow {
	b := flowBuilder{env: site.Name, hub: site.Hub}
	for _, add := range environmentFlows() {
		add(e, &b)
	}
	return b.sorted()
}

// environmentFlows are what adds flows to a site, a topic each.
func environmentFlows() []func(*Estate, *flowBuilder) {
	return []func(*Estate, *flowBuilder){
		(*Estate).namedFlows, (*Estate).ownBalancerFlows, (*Estate).exposedFlows, (*Estate).impliedFlows,
		(*Estate).resolverFlows,
		(*Estate).provisionerFlows,
		(*Estate).analyticsFlows,
		(*Estate).edgeFlows,
		(*Estate).canaryFlows,
		(*Estate).breakGlassFlows,
		(*Estate).functionFlows,
	}
}

// flowBuilder collects the flows of one environment after the other.
type flowBuilder struct {
	env   string // the site's name
	hub   string // that of its hub
	flows []Flow
}

func (b *flowBuilder) add(from, to string, port int, f Flow) {
	f.From, f.To, f.Port = PartID{Environment: b.env, Name: from}, PartID{Environment: b.env, Name: to}, port
	if to == PartEgress {
		f.To.Environment = b.hub
	}
	f.Protocol = cmp.Or(f.Protocol, TCP)
	b.flows = append(b.flows, f)
}

// sorted orders the flows and drops doubles; a flow that the file names comes
// before one that a rule implies.
func (b *flowBuilder) sorted() []Flow {
	same := func(x, y Flow) int {
		return cmp.Or(x.From.Compare(y.From), x.To.Compare(y.To), cmp.Compare(x.Protocol, y.Protocol), cmp.Compare(x.Port, y.Port))
	}
	slices.SortStableFunc(b.flows, func(x, y Flow) int {
		return cmp.Or(same(x, y), cmp.Compare(x.Implied, y.Implied), x.Pos.Compare(y.Pos))
	})
	return slices.CompactFunc(b.flows, func(x, y Flow) bool { return same(x, y) == 0 })
}

// namedFlows adds what needs and called-by say.
func (e *Estate) namedFlows(b *flowBuilder) {
	for name, s := range e.Workload.Services.All() {
		path := "workload/services/" + name
		e.needsOf(b, name, path, s.Needs)
		for i, caller := range s.CalledBy {
			b.add(caller, name, s.Port, Flow{Pos: e.Pos(index(path+"/called-by", i))})
		}
	}
}

// needsOf adds the flows to what a service or function needs. Events are
// published by way of the endpoints, which every part reaches.
func (e *Estate) needsOf(b *flowBuilder, name, path string, needs []string) {
	for i, need := range needs {
		if need == PartEvents {
			continue
		}
		callee, _ := e.Workload.Services.Get(need)
		port := callee.Port
		if s, ok := dataStores()[need]; ok {
			port = s.port
		}
		b.add(name, need, port, Flow{Pos: e.Pos(index(path+"/needs", i))})
	}
}

// exposedFlows adds the ways from the edge to exposed services.
func (e *Estate) exposedFlows(b *flowBuilder) {
	for name, s := range e.Workload.Services.All() {
		if s.Expose != ExposeNone {
			b.add(PartBalancer, name, s.Port, Flow{Implied: ImpliedBalancer, Pos: e.Pos("workload/services/" + name + "/expose")})
		}
	}
	x := e.exposures()
	if x.gateway != "" {
		b.add(PartGateway, PartBalancer, PortTLS, Flow{Implied: ImpliedGateway, Pos: e.Pos(x.gateway)})
	}
	if x.access != "" {
		b.add(PartTunnel, PartBalancer, PortTLS, Flow{Implied: ImpliedTunnel, Pos: e.Pos(x.access)})
		for _, p := range []string{TCP, UDP} {
			b.add(PartTunnel, PartEgress, PortTunnel, Flow{Implied: ImpliedTunnelDialOut, Protocol: p, Pos: e.Pos(x.access)})
		}
	}
}

// impliedFlows adds what parts need to work at all.
func (e *Estate) impliedFlows(b *flowBuilder) {
	egress := func(name, path string) {
		b.add(name, PartEndpoints, PortTLS, Flow{Implied: ImpliedEndpoints, Pos: e.Pos(path)})
		if len(e.Network.AllowEgress) > 0 {
			b.add(name, PartEgress, PortTLS, Flow{Implied: ImpliedEgress, Pos: e.Pos("network/allow-egress")})
		}
	}
	for _, name := range e.Workload.Services.Keys() {
		egress(name, "workload/services/"+name)
	}
	if x := e.exposures(); x.access != "" {
		egress(PartTunnel, x.access)
	}
}
