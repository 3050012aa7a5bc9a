package estate

import "strings"

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
