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
// that tenant's service. A balancer takes the first rule that matches
// ("Listener rules for your Application Load Balancer"), so that a rule for more
// than its own name takes another's requests.
func (c *checker) routes() {
	hosts := c.hosts()
	owners := c.owners()
	for _, r := range c.in.Graph.OfType("AWS::ElasticLoadBalancingV2::ListenerRule") {
		for _, id := range c.leadsTo(r, owners) {
			c.tally.Check(proof.Scope(id.Environment), 1)
			c.rule(r, id, hosts)
		}
	}
}

// hosts returns the name of each tenant's service.
func (c *checker) hosts() map[estate.PartID]string {
	hosts := map[estate.PartID]string{}
	for _, site := range c.in.Estate.Sites() {
		for _, t := range c.in.Estate.Tenancies(site) {
			for _, s := range t.Services {
				hosts[estate.PartID{Environment: site.Name, Tenant: t.Tenant, Name: s.Name}] = s.Host
			}
		}
	}
	return hosts
}

// owners returns whose services register in each target group.
func (c *checker) owners() map[addr.Address][]estate.PartID {
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
func (c *checker) leadsTo(r *resource.Resource, owners map[addr.Address][]estate.PartID) []estate.PartID {
	var all []estate.PartID
	add := func(v value.Value) {
		if ref, ok := v.Ref(); ok {
			all = append(all, owners[ref.To]...)
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

func (c *checker) rule(r *resource.Resource, id estate.PartID, hosts map[estate.PartID]string) {
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
		if !strings.EqualFold(name, hosts[id]) {
			c.refute(id, r, CodeRouteOther, at, fmt.Sprintf("leads requests for %s to %s, whose name is %s.", name, id, hosts[id]), fix)
		}
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
