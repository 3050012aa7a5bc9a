package estate

import (
	"fmt"
	"strings"

	"github.com/suretyhq/surety/diag"
)

// PartCache is the name of the part that is the cache.
const PartCache = "cache"

// KindCache is an ElastiCache replication group; Data.
const KindCache Kind = "cache"

// PortCache is Redis's port.
const PortCache = 6379

// EngineRedis is the engine that a cache can have.
const EngineRedis = "redis"

// Cache is a Redis replication group on ElastiCache, shared by the services
// that need it.
type Cache struct {
	// Engine is redis.
	Engine string `yaml:"engine" jsonschema:"enum=redis"`
}

// CacheDomain returns the domain below which a Region's caches are named.
// ElastiCache writes the Region as the ids of its zones do:
// apse2.cache.amazonaws.com ("Finding connection endpoints in ElastiCache",
// Amazon ElastiCache User Guide).
func CacheDomain(region string) string {
	zone, _ := ZoneID(region, 1)
	prefix, _, _ := strings.Cut(zone, "-")
	return prefix + ".cache.amazonaws.com"
}

func (e *Estate) cacheParts(b *partBuilder) {
	if e.Workload.Cache != nil {
		b.add(PartCache, KindCache, "workload/cache")
	}
}

// quotaCacheUsers is how many users may share a cache.
const quotaCacheUsers = "elasticache/users-per-group"

// cacheUsers checks that all who sign in to a site's cache fit into it: the
// user whom a group has to have, services, and tenants. They stand in one stack
// and in one group, and a cache has one group of users.
func (v *validator) cacheUsers() {
	const always, around = 1, 5 // the stack's other resources
	if v.e.Workload.Cache == nil {
		return
	}
	for _, site := range v.e.Sites() {
		services, tenants := 0, 0
		for _, f := range v.e.SiteFlows(site) {
			if f.To.Name == PartCache {
				services++
			}
		}
		if v.e.tenantsUseCache(site) {
			tenants = len(v.e.TenantsOf(site))
		}
		users := always + services + tenants
		env, _ := v.e.Environments.Get(site.Environment)
		granted := v.e.granted(env.Account, quotaCacheUsers)
		switch {
		case users+around > maxResources:
			v.bad(CodeStackTooLarge, "workload/cache", fmt.Sprintf("%d tenants are too many for the cache of %s: its stack would have %d resources, one for each user", tenants, site.Name, users+around),
				"CloudFormation refuses a template with more than 500 resources, and AWS takes one group of users for a cache",
				fmt.Sprintf("keep to %d tenants in %s, take cache out of what the services of tenants need, or split the tenants over two estates", maxResources-around-always-services, site.Name))
		case users > granted:
			v.list.Add(diag.Diagnostic{Severity: diag.Warning, Code: CodeQuota, Pos: v.e.nearestPos("workload/cache"),
				What: fmt.Sprintf("the cache of %s has %d users, of %d tenants; AWS grants %d in a group", site.Name, users, tenants, granted),
				Why:  "the deployment of the cache would stop half-way",
				Fix: fmt.Sprintf("before you deploy, ask AWS (Service Quotas, Amazon ElastiCache, Users per user group) for %d or more, and say so under quotas: {%s: {%s: …}}",
					users, env.Account, quotaCacheUsers)})
		}
	}
}

// tenantsUseCache says whether a service of which tenants have instances opens
// connections to the cache.
func (e *Estate) tenantsUseCache(site Site) bool {
	theirs, own := e.theirFlows(e.SiteFlows(site), site)
	for _, f := range theirs {
		if own(f.From.Name) && f.To.Name == PartCache {
			return true
		}
	}
	return false
}
