package estate

import (
	"fmt"
	"slices"
)

// gateway checks what tenants need of the gateway: names that are nobody
// else's, and no more throttle classes than AWS grants usage plans.
func (v *validator) gateway() {
	if v.unread("environments", "workload", "workload/services", "tenants") {
		return
	}
	v.tenantHosts()
	if len(v.e.GatewayServices()) > 0 {
		v.throttleClasses()
	}
}

// tenantHosts checks that the names of tenants' services are not those of
// others: kiwi-api is the tenant kiwi's API, and would be the portal of a tenant
// kiwi-api. Two tenants with one label are refused for that alone.
func (v *validator) tenantHosts() {
	type owner struct{ who, label string }
	said := map[string]bool{}
	for _, site := range v.e.Sites() {
		owners := map[string]owner{}
		for name := range v.e.Workload.Services.All() {
			owners[v.e.GatewayHost(site, name)] = owner{who: "the service " + name}
		}
		for _, t := range v.e.Tenancies(site) {
			if v.reservedForTenants(t.Label) != "" {
				continue // it is refused for that
			}
			for _, s := range t.Services {
				other, taken := owners[s.Host]
				owners[s.Host] = owner{"tenant " + t.Tenant, t.Label}
				if !taken || other.label == t.Label || said[t.Tenant] {
					continue
				}
				said[t.Tenant] = true
				v.bad(CodeHostname, "tenants/"+t.Tenant+"/hostname", fmt.Sprintf("%s of tenant %s would have the name %s, which is that of %s", s.Name, t.Tenant, s.Host, other.who),
					"whoever asks for it must reach one and never the other", "give the tenant another hostname")
			}
		}
	}
}

// throttleClasses checks that the tenants of an account's environments have no
// more throttles than AWS grants usage plans; one more is the environment's own.
func (v *validator) throttleClasses() {
	const own = 1
	plans := map[string]int{}
	for _, site := range v.e.Sites() {
		env, _ := v.e.Environments.Get(site.Environment)
		at := env.Account + " in " + site.Region
		plans[at] += len(v.e.ThrottleClasses(site)) + own
		granted := v.e.granted(env.Account, quotaPlans)
		if n := plans[at]; n > granted && n-len(v.e.ThrottleClasses(site))-own <= granted {
			fix := fmt.Sprintf("ask AWS for more (Service Quotas) and say so under quotas: {%s: {%s: …}}", env.Account, quotaPlans)
			if a, b, ok := v.nearest(site); ok {
				fix = fmt.Sprintf("let tenants share throttles, %s and %s for example, which differ least; or %s", a, b, fix)
			}
			v.bad(CodeThrottle, "tenants", fmt.Sprintf("the tenants of environment %s have %d different throttles: account %s would need %d usage plans in %s, and AWS grants %d",
				site.Environment, len(v.e.ThrottleClasses(site)), env.Account, n, site.Region, granted),
				"tenants with the same rate and burst share a usage plan; each other one needs its own", fix)
		}
	}
}

// nearest returns two tenants of a site whose throttles differ, and least of
// all.
func (v *validator) nearest(site Site) (a, b string, ok bool) {
	first := map[Throttle]string{}
	for name, t := range v.e.Tenants.All() {
		if _, seen := first[t.Throttle]; !seen && t.In(site.Environment) {
			first[t.Throttle] = name
		}
	}
	classes := v.e.ThrottleClasses(site)
	slices.SortFunc(classes, func(x, y Throttle) int { return (x.Rate-y.Rate)*(maxBurst+1) + x.Burst - y.Burst })
	least := 0
	for i := 1; i < len(classes); i++ {
		x, y := classes[i-1], classes[i]
		if d := y.Rate - x.Rate + max(y.Burst-x.Burst, x.Burst-y.Burst); !ok || d < least {
			a, b, least, ok = first[x], first[y], d, true
		}
	}
	return a, b, ok
}
