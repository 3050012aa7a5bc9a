package tenantisolation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// stage is a stage of a REST API.
type stage struct {
	api  addr.Address
	name string
}

// gateway is what the templates say of the way to tenants by API Gateway.
type gateway struct {
	names     map[string][]*resource.Resource // custom domain names, by their text
	leads     map[addr.Address][]mapping      // from a domain name to what it is mapped to
	targets   map[addr.Address]addr.Address   // from an API to the balancer of its integrations
	balancers map[estate.PartID]addr.Address  // from a tenant's service to the balancer that serves it
	plans     map[addr.Address][]addr.Address // from a key to the plans that it is in
	stages    map[addr.Address]map[stage]bool // from a plan to what its keys may call
	theirs    map[stage]bool                  // what tenants' names lead to
	keys      map[string][]*resource.Resource // the keys of a tenant: environment/tenant
}

type mapping struct {
	stage
	r *resource.Resource
}

// gateway judges how the gateway tells tenants apart. A tenant's name leads to
// the APIs before the tenant's own balancer; the tenant's key is in the plan of
// its class, which is for these APIs; and what says to the balancer whose a
// request is comes from the authoriser.
func (c *checker) gateway() {
	if len(c.in.Estate.GatewayServices()) == 0 {
		return
	}
	g := c.readGateway()
	c.domains(g)
	c.keys(g)
	c.headers()
}

func (c *checker) readGateway() *gateway {
	g := &gateway{names: map[string][]*resource.Resource{}, leads: map[addr.Address][]mapping{}, targets: map[addr.Address]addr.Address{},
		balancers: map[estate.PartID]addr.Address{}, plans: map[addr.Address][]addr.Address{}, stages: map[addr.Address]map[stage]bool{},
		theirs: map[stage]bool{}, keys: map[string][]*resource.Resource{}}
	for _, d := range c.in.Graph.OfType("AWS::ApiGateway::DomainName") {
		name := strings.ToLower(d.Props.Get("DomainName").Text())
		g.names[name] = append(g.names[name], d)
	}
	for _, m := range c.in.Graph.OfType("AWS::ApiGateway::BasePathMapping") {
		if d, ok := m.Props.Get("DomainName").Ref(); ok {
			if s, ok := c.stageOf(m.Props.Get("RestApiId"), m.Props.Get("Stage")); ok {
				g.leads[d.To] = append(g.leads[d.To], mapping{s, m})
			}
		}
	}
	for _, m := range c.in.Graph.OfType("AWS::ApiGateway::Method") {
		api, ok := m.Props.Get("RestApiId").Ref()
		if to, leads := m.Props.Path("Integration/IntegrationTarget").Ref(); ok && leads {
			g.targets[api.To] = to.To
		}
	}
	for _, k := range c.in.Graph.OfType("AWS::ApiGateway::UsagePlanKey") {
		key, ok := k.Props.Get("KeyId").Ref()
		if plan, in := k.Props.Get("UsagePlanId").Ref(); ok && in {
			g.plans[key.To] = append(g.plans[key.To], plan.To)
		}
	}
	for _, p := range c.in.Graph.OfType("AWS::ApiGateway::UsagePlan") {
		g.stages[p.Addr] = map[stage]bool{}
		for _, s := range p.Props.Get("ApiStages").Items() {
			if s, ok := c.stageOf(s.Get("ApiId"), s.Get("Stage")); ok {
				g.stages[p.Addr][s] = true
			}
		}
	}
	for _, k := range c.in.Graph.OfType("AWS::ApiGateway::ApiKey") {
		whose := string(c.in.ScopeOf(k)) + "/" + c.in.PartOf(k.Addr).Tenant
		g.keys[whose] = append(g.keys[whose], k)
	}
	c.readBalancers(g)
	return g
}

// stageOf reads which stage of which API two properties name. A stage is named
// by its name, or by a reference to it.
func (c *checker) stageOf(api, name value.Value) (stage, bool) {
	ref, ok := api.Ref()
	if to, named := name.Ref(); named {
		if s := c.in.Graph.Get(to.To); s != nil {
			name = s.Props.Get("StageName")
		}
	}
	return stage{ref.To, name.Text()}, ok && name.Text() != ""
}

// readBalancers finds the balancer by whose rules each tenant's service is
// reached.
func (c *checker) readBalancers(g *gateway) {
	for _, r := range c.in.Graph.OfType("AWS::ElasticLoadBalancingV2::ListenerRule") {
		ref, ok := r.Props.Get("ListenerArn").Ref()
		listener := c.in.Graph.Get(ref.To)
		if !ok || listener == nil {
			continue
		}
		if lb, ok := listener.Props.Get("LoadBalancerArn").Ref(); ok {
			for _, id := range c.leadsTo(r) {
				g.balancers[id] = lb.To
			}
		}
	}
}

// domains judges the names that tenants' services have on the internet.
func (c *checker) domains(g *gateway) {
	for _, site := range c.in.Estate.Sites() {
		for _, t := range c.in.Estate.Tenancies(site) {
			for _, s := range t.Services {
				if s.Gateway {
					c.tally.Check(proof.Scope(site.Name), 1)
					c.domain(g, estate.PartID{Environment: site.Name, Tenant: t.Tenant, Name: s.Name}, s.Host)
				}
			}
		}
	}
}

// served returns where a name of a site is served: everywhere but at the gateway
// of the other site of its environment, which has the same names.
func (c *checker) served(g *gateway, site, host string) []*resource.Resource {
	return slices.DeleteFunc(slices.Clone(g.names[host]), func(d *resource.Resource) bool {
		at := string(c.in.ScopeOf(d))
		return at != site && c.of[at] != "" && c.of[at] == c.of[site]
	})
}

func (c *checker) domain(g *gateway, id estate.PartID, host string) {
	const fix = "Map the name that the estate gives the tenant's service to the API before the balancer that serves the tenant, and to no other."
	all := c.served(g, id.Environment, host)
	if len(all) == 0 {
		c.tally.Refute(proof.Scope(id.Environment), proof.Finding{Code: CodeName, Part: id, Fix: fix,
			Message: fmt.Sprintf("%s has no name at the gateway: nothing leads %s to it.", id, host)})
		return
	}
	for _, d := range all {
		if len(g.leads[d.Addr]) == 0 {
			c.refute(id, d, CodeName, "", fmt.Sprintf("is the name of %s, and leads to no API.", id), fix)
		}
		for _, m := range g.leads[d.Addr] {
			if to, ok := g.targets[m.api]; !ok || to != g.balancers[id] {
				c.refute(id, m.r, CodeName, "RestApiId", fmt.Sprintf("leads %s to %s, which does not lead to the balancer that serves %s.", host, c.in.Name(c.in.Graph.Get(m.api)), id), fix)
			}
			g.theirs[m.stage] = true
		}
	}
}

// headers judges what the gateway says to the balancers of a request. A client
// may send the header itself: an integration that does not set it passes it on
// ("Parameter mapping for REST APIs in API Gateway" and "Private integrations for
// REST APIs", Amazon API Gateway Developer Guide).
func (c *checker) headers() {
	const fix = "Map integration.request.header." + estate.TenantHeader + " to context.authorizer.tenant, which takes the place of what a client sends."
	tenants := map[proof.Scope]bool{}
	for _, site := range c.in.Estate.Sites() {
		tenants[proof.Scope(site.Name)] = len(c.in.Estate.TenantsOf(site)) > 0
	}
	for _, m := range c.in.Graph.OfType("AWS::ApiGateway::Method") {
		integration, scope := m.Props.Get("Integration"), c.in.ScopeOf(m)
		if !tenants[scope] || integration.Get("ConnectionType").Text() != "VPC_LINK" {
			continue
		}
		c.tally.Check(scope, 1)
		id := estate.PartID{Environment: string(scope)}
		mapped := integration.Get("RequestParameters")
		if why := mapped.FirstUnknown(); why != nil {
			c.doubt(id, m, CodeHeaderUnknown, "Integration/RequestParameters", "passes on headers that are not known: "+why.Error()+".", "Write the headers in the template.")
			continue
		}
		from := ""
		for name, v := range mapped.Entries() {
			if strings.EqualFold(name, "integration.request.header."+estate.TenantHeader) {
				from = v.Text()
			}
		}
		switch from {
		case "context.authorizer.tenant":
		case "":
			c.refute(id, m, CodeHeader, "Integration/RequestParameters", fmt.Sprintf("passes on the header %s as a client sends it, so that a client chooses the tenant.", estate.TenantHeader), fix)
		default:
			c.refute(id, m, CodeHeader, "Integration/RequestParameters", fmt.Sprintf("takes the header %s from %s, not from what the authoriser verified.", estate.TenantHeader, from), fix)
		}
	}
}
