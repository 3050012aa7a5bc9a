package stacks

import (
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/redis"
	"github.com/suretyhq/surety/patterns/threetier"
)

// cacheSize is an environment's cache: nodes, and their type.
func cacheSize(size estate.Size, zones int) (nodes int, nodeType string) {
	if size == estate.Large {
		return zones, "cache.r7g.large"
	}
	return 2, "cache.t4g.small"
}

func (env *environment) wantsCache() bool { return env.estate.Workload.Cache != nil }

func (env *environment) addCache() error {
	stack := env.stack(LayerCache, "Cache", LayerKeys, LayerNetwork)
	around := env.surroundings(stack)
	zones := env.network.Subnets(threetier.Data)
	nodes, nodeType := cacheSize(env.spec.Size, len(zones))
	props := &redis.Props{Name: env.label(), Subnets: around.subnets(threetier.Data), SecurityGroup: around.group(estate.PartCache),
		NodeType: nodeType, Users: env.clientsOf(estate.PartCache), Private: env.tenantsOf(estate.PartCache),
		Key: imported(stack, "CacheKey", env.cacheKey), LogKey: imported(stack, "LogKey", env.logKey)}
	for _, s := range zones[:nodes] {
		props.Zones = append(props.Zones, s.Resource.AttrAvailabilityZone())
	}
	env.cache = redis.New(stack, "Cache", props)
	asPart(env.cache.Construct, estate.PartCache)
	asPart(env.cache.Logs, estate.PartLogs)
	forTenants(env.cache.Private)
	return nil
}

// clientsOf returns the parts that open connections to one of the environment,
// but for tenants'.
func (env *environment) clientsOf(part string) []string {
	var all []string
	for _, f := range env.estate.SiteFlows(env.site) {
		if f.To == (estate.PartID{Environment: env.name, Name: part}) && f.From.Tenant == "" {
			all = append(all, f.From.Name)
		}
	}
	return all
}

// tenantsOf returns the tenants whose services open connections to a part of
// the environment.
func (env *environment) tenantsOf(part string) []string {
	for _, s := range env.estate.TenantServices() {
		if env.uses(s, part) {
			return env.estate.TenantsOf(env.site)
		}
	}
	return nil
}
