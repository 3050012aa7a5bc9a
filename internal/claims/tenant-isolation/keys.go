package tenantisolation

import (
	"fmt"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

// keys judges whose each API key is, and what it opens: each tenant has one, in
// the plan of its class; nobody else's is in a plan for tenants' APIs.
func (c *checker) keys(g *gateway) {
	for _, site := range c.in.Estate.Sites() {
		classes := c.in.Estate.ThrottleClasses(site)
		for _, t := range c.in.Estate.Tenancies(site) {
			id := estate.PartID{Environment: site.Name, Tenant: t.Tenant, Name: estate.PartTenant}
			mine := g.keys[site.Name+"/"+t.Tenant]
			c.tally.Check(proof.Scope(site.Name), 1)
			if len(mine) != 1 {
				c.tally.Refute(proof.Scope(site.Name), proof.Finding{Code: CodeKeyPlan, Part: id,
					Message: fmt.Sprintf("%s/%s has %d API keys at the gateway.", site.Name, t.Tenant, len(mine)), Fix: "Give the tenant one key."})
			}
			for _, k := range mine {
				c.keyValue(k, id, t)
				c.keyPlan(g, k, id, classes[t.Class], t)
			}
		}
		for _, k := range g.keys[site.Name+"/"] {
			c.strangersKey(g, k, site)
		}
	}
}

// keyValue wants the value to begin with the tenant's name, by which the
// authoriser tells keys apart, and the rest to come from a secret of the tenant.
func (c *checker) keyValue(k *resource.Resource, id estate.PartID, t estate.Tenancy) {
	v := k.Props.Get("Value")
	if why := v.FirstUnknown(); why != nil {
		c.doubt(id, k, CodeKeyUnknown, "Value", "has a value of which it is not known whose it is: "+why.Error()+".", "Give the value with --param, or write it in the template.")
		return
	}
	fix := fmt.Sprintf("Let the value be %s and a dynamic reference to a secret of the tenant.", addr.KeyPrefix(t.Tenant, t.Label))
	begins, secret := c.secrets.Read(v, k.Addr.Stack)
	switch {
	case secret == nil:
		c.refute(id, k, CodeKeyValue, "Value", "does not take what nobody can guess of its value from a secret that AWS generates.", fix)
	case begins != addr.KeyPrefix(t.Tenant, t.Label):
		c.refute(id, k, CodeKeyValue, "Value", fmt.Sprintf("begins with %q, so that the authoriser takes it for another's than %s's.", begins, t.Tenant), fix)
	case c.in.PartOf(secret.Addr).Tenant != t.Tenant:
		c.refute(id, k, CodeKeyValue, "Value", fmt.Sprintf("takes its value from %s, which is not the tenant's own.", c.in.Name(secret)), fix)
	}
}

// keyPlan wants the key in one plan, with the throttle of the tenant's class and
// for the APIs that the tenant's names lead to.
func (c *checker) keyPlan(g *gateway, k *resource.Resource, id estate.PartID, class estate.Throttle, t estate.Tenancy) {
	if len(g.plans[k.Addr]) != 1 {
		c.refute(id, k, CodeKeyPlan, "", fmt.Sprintf("is in %d usage plans.", len(g.plans[k.Addr])), "Put it into the plan of the tenant's class, and into no other.")
		return
	}
	plan := c.in.Graph.Get(g.plans[k.Addr][0])
	if plan == nil {
		c.doubt(id, k, CodeKeyUnknown, "", "is in a usage plan that is in none of the templates.", "Load the template of the plan too.")
		return
	}
	rate, _ := plan.Props.Path("Throttle/RateLimit").Int()
	burst, _ := plan.Props.Path("Throttle/BurstLimit").Int()
	if got := (estate.Throttle{Rate: rate, Burst: burst}); got != class {
		c.refute(id, k, CodeKeyPlan, "", fmt.Sprintf("is in the plan %s, for %d requests a second and %d at once; the estate gives %s %d and %d.", c.in.Name(plan), rate, burst, t.Tenant, class.Rate, class.Burst),
			"Put it into the plan of the tenant's class.")
	}
	for _, s := range t.Services {
		for _, d := range c.served(g, id.Environment, s.Host) {
			for _, m := range g.leads[d.Addr] {
				if s.Gateway && !g.stages[plan.Addr][m.stage] {
					c.refute(id, plan, CodeKeyPlan, "ApiStages", fmt.Sprintf("is the plan of %s, and not for the stage that %s leads to.", t.Tenant, s.Host), "Add the stage to the plan.")
				}
			}
		}
	}
}

// strangersKey wants a key that is no tenant's to open no tenant's API: it would
// not be bound by the tenant's throttle.
func (c *checker) strangersKey(g *gateway, k *resource.Resource, site estate.Site) {
	id := estate.PartID{Environment: site.Name}
	if why := k.Props.Get("Value").FirstUnknown(); why != nil {
		return // it may not begin with a tenant's name, which the authoriser asks for
	}
	for _, p := range g.plans[k.Addr] {
		c.tally.Check(proof.Scope(site.Name), 1)
		for s := range g.stages[p] {
			if g.theirs[s] {
				c.refute(id, k, CodeKeyPlan, "", "is no tenant's, and is in a plan for tenants' APIs.", "Take these APIs out of the key's plan.")
				break
			}
		}
	}
}
