package estate

import "slices"

// TenantHeader is the request header that says to a balancer for which tenant
// the gateway passes a request on. The gateway sets it from what its authoriser
// verified, whatever a client sends.
const TenantHeader = "X-Surety-Tenant"

// quotaPlans is the quota of usage plans.
const quotaPlans = "apigateway/usage-plans"

// ThrottleClasses returns the throttles of a site's tenants, each once, in the
// order of the file: a usage plan is a class's and not a tenant's, because AWS
// grants an account 300 ("Quotas for configuring and running a REST API", Amazon
// API Gateway Developer Guide). A tenant that is appended changes no other's
// class, and one that is retained keeps its own.
func (e *Estate) ThrottleClasses(site Site) []Throttle {
	var all []Throttle
	for _, t := range e.Tenants.All() {
		if t.In(site.Environment) && !slices.Contains(all, t.Throttle) {
			all = append(all, t.Throttle)
		}
	}
	return all
}

// FastestTenant is the highest rate of the estate's tenants, in requests a
// second; 0: there are none.
func (e *Estate) FastestTenant() int {
	fastest := 0
	for _, t := range e.Tenants.All() {
		fastest = max(fastest, t.Throttle.Rate)
	}
	return fastest
}

// GatewayHost is the name of a service that the gateway exposes: its own, and
// the one under which the gateway asks the balancers for it.
func (e *Estate) GatewayHost(site Site, service string) string { return service + "." + e.Zone(site) }

// PortalSuffixes are what follows a tenant's label in the names of the tenant's
// portals on a site, in the order of the file.
func (e *Estate) PortalSuffixes(site Site) []string {
	var all []string
	for _, name := range e.exposedBy(ExposeAccess) {
		all = append(all, e.TenantSuffix(site, name))
	}
	return all
}

// TenantOrigins returns the origins from which browsers may call a tenant's API
// on a site: the tenant's own portals, and the domain of its own that leads to
// the first.
func (e *Estate) TenantOrigins(site Site, t Tenancy) []string {
	var all []string
	for _, suffix := range e.PortalSuffixes(site) {
		all = append(all, "https://"+t.Label+suffix)
	}
	if own := e.TenantHostname(t.Tenant, site.Environment); len(all) > 0 && own != t.Label+"."+e.EnvironmentDomain(site.Environment) {
		all = append(all, "https://"+own)
	}
	return all
}

// OriginsVariable is the environment variable that tells a service which the
// gateway exposes the origins from which browsers may read its answers, with
// commas between them.
const OriginsVariable = "ALLOWED_ORIGINS"
