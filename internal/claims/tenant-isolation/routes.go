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

// routes judges the rules by which a shared balancer tells tenants apart: each
// that leads to a tenant has to ask for exactly the name that the estate gives
// that tenant's service; behind the gateway, for the service's name and the header
// by which the gateway says the tenant. A balancer takes the first rule that
// matches ("Listener rules for your Application Load Balancer"), so that a rule
// for more than its own takes another's requests.
func (c *checker) routes() {
	asked := c.asked()
	for _, r := range c.in.Graph.OfType("AWS::ElasticLoadBalancingV2::ListenerRule") {
		for _, id := range c.leadsTo(r) {
			c.tally.Check(proof.Scope(id.Environment), 1)
			c.rule(r, id, asked[id])
			if asked[id].gateway {
				c.header(r, id)
			}
		}
	}
}

// route is how a tenant's service is asked for: by a name, and behind the
// gateway by the header that says the tenant.
type route struct {
	host    string
	gateway bool
}

// asked returns how each tenant's service is asked for.
func (c *checker) asked() map[estate.PartID]route {
	all := map[estate.PartID]route{}
	for _, site := range c.in.Estate.Sites() {
		for _, t := range c.in.Estate.Tenancies(site) {
			for _, s := range t.Services {
				r := route{s.Host, s.Gateway}
				if s.Gateway {
					r.host = c.in.Estate.GatewayHost(site, s.Name)
				}
				all[estate.PartID{Environment: site.Name, Tenant: t.Tenant, Name: s.Name}] = r
			}
		}
	}
	return all
}

// registered returns whose services register in each target group.
func (c *checker) registered() map[addr.Address][]estate.PartID {
	owners := map[addr.Address][]estate.PartID{}
	for _, g := range resource.Views[resource.TargetGroup](c.in.Graph) {
		for _, t := range g.Targets {
			if id := c.in.PartOf(t.To.To); id.Tenant != "" && !slices.Contains(owners[g.Addr], id) {
				owners[g.Addr] = append(owners[g.Addr], id)
			}
		}
	}
	return owners
}

// leadsTo returns the tenants' services that a rule forwards to.
func (c *checker) leadsTo(r *resource.Resource) []estate.PartID {
	var all []estate.PartID
	add := func(v value.Value) {
		if ref, ok := v.Ref(); ok {
			all = append(all, c.owners[ref.To]...)
		}
	}
	for _, a := range r.Props.Get("Actions").Items() {
		add(a.Get("TargetGroupArn"))
		for _, g := range a.Path("ForwardConfig/TargetGroups").Items() {
			add(g.Get("TargetGroupArn"))
		}
	}
	return all
}

func (c *checker) rule(r *resource.Resource, id estate.PartID, asked route) {
	names, at, why := hostsOf(r)
	const fix = "Ask for the name that the estate gives the tenant's service, and for no other."
	switch {
	case why != nil:
		c.doubt(id, r, CodeRouteUnknown, at, "leads to "+id.String()+" for a name that is not known: "+why.Error()+".", "Give the name with --param, or write it in the template.")
		return
	case len(names) == 0:
		c.refute(id, r, CodeRouteOpen, "Conditions", fmt.Sprintf("leads to %s whatever name a client asks for.", id), fix)
		return
	}
	for _, name := range names {
		if !strings.EqualFold(name, asked.host) {
			c.refute(id, r, CodeRouteOther, at, fmt.Sprintf("leads requests for %s to %s, whose name is %s.", name, id, asked.host), fix)
		}
	}
}

// header judges the condition by which a rule takes the tenant's own requests of
// those that the gateway passes on.
func (c *checker) header(r *resource.Resource, id estate.PartID) {
	const fix = "Ask for the header " + estate.TenantHeader + " with the tenant's name, and no other."
	asks := false
	for i, condition := range r.Props.Get("Conditions").Items() {
		config := condition.Get("HttpHeaderConfig")
		if condition.Get("Field").Text() != "http-header" || !strings.EqualFold(config.Get("HttpHeaderName").Text(), estate.TenantHeader) {
			continue
		}
		asks = true
		at := fmt.Sprintf("Conditions/%d", i)
		if why := config.FirstUnknown(); why != nil {
			c.doubt(id, r, CodeRouteUnknown, at, "leads to "+id.String()+" for a tenant that is not known: "+why.Error()+".", "Give the tenant with --param, or write it in the template.")
		}
		for _, v := range config.Get("Values").Items() {
			name, ok := v.Str()
			if !ok {
				c.doubt(id, r, CodeRouteUnknown, at, "leads to "+id.String()+" for a tenant that only deployment knows.", "Write the tenant in the template.")
			} else if name != id.Tenant {
				c.refute(id, r, CodeRouteOther, at, fmt.Sprintf("leads requests of the tenant %s to %s.", name, id), fix)
			}
		}
	}
	if !asks {
		c.refute(id, r, CodeRouteOpen, "Conditions", fmt.Sprintf("leads to %s whichever tenant the gateway passes on a request of.", id), fix)
	}
}

// hostsOf returns the names that a rule asks for, in either of the spellings
// that CloudFormation allows.
func hostsOf(r *resource.Resource) (names []string, at string, why *value.Reason) {
	conditions := r.Props.Get("Conditions")
	if why := conditions.Reason(); why != nil {
		return nil, "Conditions", why
	}
	for i, condition := range conditions.Items() {
		if condition.Get("Field").Text() != "host-header" {
			continue
		}
		at = fmt.Sprintf("Conditions/%d", i)
		values := condition.Path("HostHeaderConfig/Values")
		if values.IsAbsent() {
			values = condition.Get("Values")
		}
		if why := values.FirstUnknown(); why != nil {
			return nil, at, why
		}
		for _, v := range values.Items() {
			s, ok := v.Str()
			if !ok {
				return nil, at, &value.Reason{Code: CodeRouteUnknown, Text: "only deployment knows it", At: r.Addr, Property: at}
			}
			names = append(names, s)
		}
	}
	return names, at, nil
}
