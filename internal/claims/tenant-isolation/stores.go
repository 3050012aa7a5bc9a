package tenantisolation

import (
	"fmt"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// stores judges what tenants have in stores that they share: each its own
// database with users of its own, and a user of the cache for its own keys.
func (c *checker) stores() {
	owners := c.stacks()
	for _, r := range c.in.Graph.OfType("Custom::TenantDatabase") {
		id := owners[r.Addr.Stack]
		if id.Tenant == "" {
			c.tally.Doubt(c.in.ScopeOf(r), proof.Finding{Code: CodeAccessUnknown, At: r.Addr, Message: c.in.Name(r) + " is in a stack that is not one tenant's: whose database it makes is not known.",
				Fix: "Put what is a tenant's into a stack of its own."})
			continue
		}
		c.tally.Check(proof.Scope(id.Environment), 1)
		c.database(r, id)
	}
	tenants := map[string]estate.PartID{}
	for _, site := range c.in.Estate.Sites() {
		for _, t := range c.in.Estate.TenantsOf(site) {
			tenants[site.Name+"/"+t] = estate.PartID{Environment: site.Name, Tenant: t, Name: estate.PartTenant}
		}
	}
	for _, r := range c.in.Graph.OfType("AWS::ElastiCache::User") {
		c.cacheKeys(r, tenants)
	}
}

// stacks returns whose each stack is: that of the one tenant whose parts it
// holds. Custom resources carry no tags.
func (c *checker) stacks() map[addr.Stack]estate.PartID {
	owners, several := map[addr.Stack]estate.PartID{}, map[addr.Stack]bool{}
	for r := range c.in.Graph.All() {
		id := c.in.PartOf(r.Addr)
		if id.Name == "" {
			continue
		}
		id.Name = estate.PartTenant
		if first, ok := owners[r.Addr.Stack]; ok && first != id {
			several[r.Addr.Stack] = true
		}
		owners[r.Addr.Stack] = id
	}
	for s := range several {
		delete(owners, s)
	}
	return owners
}

func (c *checker) database(r *resource.Resource, id estate.PartID) {
	const fix = "Give the tenant the database of its own name, and users whose names begin with it and an underscore."
	name, ok := r.Props.Get("Database").Str()
	if !ok {
		c.unknown(r, id, "Database", r.Props.Get("Database"))
	} else if name != id.Tenant {
		c.refute(id, r, CodeDatabase, "Database", fmt.Sprintf("gives %s the database %s.", id.Tenant, name), fix)
	}
	for i, u := range r.Props.Get("Users").Items() {
		at := fmt.Sprintf("Users/%d", i)
		user, ok := u.Str()
		if !ok {
			c.unknown(r, id, at, u)
		} else if !strings.HasPrefix(user, id.Tenant+"_") {
			c.refute(id, r, CodeDatabase, at, fmt.Sprintf("makes %s a user of the database of %s.", user, id.Tenant), fix)
		}
	}
}

func (c *checker) unknown(r *resource.Resource, id estate.PartID, at string, v value.Value) {
	why := "only deployment knows it"
	if reason := v.FirstUnknown(); reason != nil {
		why = reason.Error()
	}
	c.doubt(id, r, CodeAccessUnknown, at, "has a name that is not known: "+why+".", "Give the value with --param, or write it in the template.")
}

// cacheKeys judges a user of a cache of which a tenant's keys are a part: it has
// to be the tenant's own, and its keys the tenant's alone. The environment's own
// services may have no key of a tenant's either.
func (c *checker) cacheKeys(r *resource.Resource, tenants map[string]estate.PartID) {
	env := string(c.in.ScopeOf(r))
	access, ok := r.Props.Get("AccessString").Str()
	if !ok || !strings.HasPrefix(access, "on ") {
		return // one that is off reads nothing; one that is not known is doubted where it is used
	}
	for _, pattern := range patterns(access) {
		first, rest, below := strings.Cut(pattern, ":")
		c.tally.Check(proof.Scope(env), 1)
		id, theirs := tenants[env+"/"+first]
		if below && !strings.ContainsAny(first, "*?[") && (!theirs || rest == "*" && ownKeys(access, first)) {
			continue
		}
		if !theirs {
			id = estate.PartID{Environment: env, Name: c.in.PartOf(r.Addr).Name}
			if len(tenants) == 0 {
				continue
			}
		}
		c.refute(id, r, CodeCacheKeys, "AccessString", fmt.Sprintf("reads the keys %s, which are not one tenant's alone.", pattern),
			"Let each user read the keys below its own name only.")
	}
}

// patterns are the keys that an access string admits ("Role-based access control
// (RBAC)", Amazon ElastiCache User Guide).
func patterns(access string) []string {
	var all []string
	for _, f := range strings.Fields(access) {
		switch {
		case f == "allkeys":
			all = append(all, "*")
		case strings.HasPrefix(f, "~"):
			all = append(all, f[1:])
		case strings.HasPrefix(f, "%"):
			if _, p, ok := strings.Cut(f, "~"); ok {
				all = append(all, p)
			}
		}
	}
	return all
}

// ownKeys says whether an access string admits the keys below a name, and no
// others.
func ownKeys(access, name string) bool {
	all := patterns(access)
	for _, p := range all {
		if p != name+":*" {
			return false
		}
	}
	return len(all) > 0
}
