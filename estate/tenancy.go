package estate

import (
	"hash/fnv"
	"slices"
	"strings"
)

// PartTenant is what a tenant has besides its services: its key, its secret
// and its database.
const PartTenant = "tenant"

// KindTenant is the kind of PartTenant; nothing of it is in a tier.
const KindTenant Kind = "tenant"

// KindTenantStandby is the kind of PartTenant where an environment recovers: a key
// of its own. Secret and database are copies of home's.
const KindTenantStandby Kind = "tenant-standby"

// PartProvisioner is the function that makes tenants' databases and users.
const PartProvisioner = "provisioner"

// PartTenantFiles is the bucket of tenants' files, in which each tenant has a
// prefix of its own.
const PartTenantFiles = "tenant-files"

// KindFiles is its kind: a bucket; it is in no VPC.
const KindFiles Kind = "files"

// KindFunction is a Lambda function; Application.
const KindFunction Kind = "function"

// ImpliedProvisioner says that the provisioner reaches the database.
const ImpliedProvisioner = "provisioner"

// Tenancy is a tenant's place on a site: what its private instance of the
// workload is told apart by. All of it follows from the estate file alone.
type Tenancy struct {
	// Tenant is the entry of the estate file.
	Tenant string
	// Services are the services of which the tenant has an instance, in the
	// order of the file.
	Services []TenantService
	// Balancer is the number of the balancer that serves it, from 0.
	Balancer int
	// Label is what its names in DNS begin with.
	Label string
	// Class is the number of its throttle class, from 0.
	Class int
}

// TenantService is a tenant's instance of a service.
type TenantService struct {
	// Name is the service's.
	Name string
	// Host is the name at which clients find it: inside, or of what the gateway
	// exposes on the internet.
	Host string
	// Gateway says that the gateway exposes it.
	Gateway bool
	// Priority is the number of its rule, which no other rule of the balancer
	// has.
	Priority int
}

// balancerTargets is how many target groups of tenants a balancer serves: 80 %
// of what AWS allows, which cannot be raised ("Quotas for your Application Load
// Balancers": 100 target groups).
const balancerTargets = 80

// Priorities of tenants' rules: above those of the environment's own, and at
// most what AWS allows ("Listener rules for your Application Load Balancer").
const (
	firstTenantPriority = 1000
	lastTenantPriority  = 50000
)

// TenantServices returns the services of which each tenant has an instance of
// its own: the containers that are exposed. The others are shared, and an
// environment has its own instance of all of them.
func (e *Estate) TenantServices() []string {
	var names []string
	for name, s := range e.Workload.Services.All() {
		if s.Expose != ExposeNone && s.Kind != RuntimeEC2 {
			names = append(names, name)
		}
	}
	return names
}

// TenantsOf returns the names of the tenants that have an instance on a site,
// in the order of the file: where an environment recovers, all that have one at
// its home.
func (e *Estate) TenantsOf(site Site) []string {
	var names []string
	for name, t := range e.Tenants.All() {
		if t.In(site.Environment) && !t.Retained() {
			names = append(names, name)
		}
	}
	return names
}

// Tenancies returns the place of each of a site's tenants, in the order of the
// file. A tenant that is appended changes no other's place, and one that is
// retained keeps its own. Where an environment recovers, every place is what it
// is at home, so that a tenant keeps its names and its plan.
func (e *Estate) Tenancies(site Site) []Tenancy {
	services := e.TenantServices()
	if len(services) == 0 {
		return nil
	}
	each := max(1, balancerTargets/len(services))
	var all []Tenancy
	classes := e.ThrottleClasses(site)
	taken := map[[2]int]bool{} // balancer, priority
	place := 0
	for tenant, spec := range e.Tenants.All() {
		if !spec.In(site.Environment) {
			continue
		}
		t := Tenancy{Tenant: tenant, Balancer: place / each, Label: spec.label(tenant), Class: slices.Index(classes, spec.Throttle)}
		place++
		for _, s := range services {
			service, _ := e.Workload.Services.Get(s)
			t.Services = append(t.Services, TenantService{Name: s, Host: t.Label + e.TenantSuffix(site, s), Gateway: service.Expose == ExposeGateway,
				Priority: priority(taken, t.Balancer, tenant, s)})
		}
		if !spec.Retained() {
			all = append(all, t)
		}
	}
	return all
}

// priority chooses a rule's number by the tenant's and the service's names, so
// that it stays when other tenants come and go; where another has it already,
// the next that is free.
func priority(taken map[[2]int]bool, balancer int, tenant, service string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(tenant + "/" + service)) // a hash takes everything
	const span = lastTenantPriority - firstTenantPriority + 1
	p := firstTenantPriority + int(h.Sum32()%span)
	for taken[[2]int{balancer, p}] {
		p = firstTenantPriority + (p-firstTenantPriority+1)%span
	}
	taken[[2]int{balancer, p}] = true
	return p
}

// label returns what a tenant's names in DNS begin with. A tenant's name in a
// domain of its own leads to it by way of the tunnel.
func (t Tenant) label(name string) string {
	if t.Hostname != "" && !strings.Contains(t.Hostname, ".") {
		return t.Hostname
	}
	return name
}

// TenantSuffix is what follows a tenant's label in the name of its instance of
// a service. What people use has the label alone before the site's zone; a
// second such service, and what the gateway exposes, has the service's name
// besides.
func (e *Estate) TenantSuffix(site Site, service string) string {
	if people := e.exposedBy(ExposeAccess); len(people) > 0 && people[0] == service {
		return "." + e.Zone(site)
	}
	return "-" + service + "." + e.Zone(site)
}

// Balancers returns how many balancers serve a site's tenants.
func (e *Estate) Balancers(site Site) int {
	n := 0
	for _, t := range e.Tenancies(site) {
		n = max(n, t.Balancer+1)
	}
	return n
}

// tenantParts: a tenant has its services and what is its own besides.
func (e *Estate) tenantParts(b *partBuilder) {
	services, kind := e.TenantServices(), KindTenant
	if b.site.Recovery() {
		kind = KindTenantStandby
	}
	for _, tenant := range e.TenantsOf(b.site) {
		pos := e.Pos("tenants/" + tenant)
		for _, s := range services {
			b.parts = append(b.parts, Part{ID: PartID{b.site.Name, tenant, s}, Kind: KindService, Pos: pos})
		}
		if len(services) > 0 {
			b.parts = append(b.parts, Part{ID: PartID{b.site.Name, tenant, PartTenant}, Kind: kind, Pos: pos})
		}
	}
}

// tenantFlows: a tenant's instance of a service has the flows of the
// environment's, but that it calls, and is called by, the tenant's own
// instances where there are any.
func (e *Estate) tenantFlows(b *flowBuilder) {
	site, ok := e.Site(b.env)
	if !ok {
		return
	}
	theirs, own := e.theirFlows(b.flows, site)
	for _, tenant := range e.TenantsOf(site) {
		for _, f := range theirs {
			if own(f.From.Name) {
				f.From.Tenant = tenant
			}
			if own(f.To.Name) {
				f.To.Tenant = tenant
			}
			b.flows = append(b.flows, f)
		}
	}
}

// provisionerParts: a site with tenants has a bucket for their files, and what
// makes their databases. Where an environment recovers, the copy of its home's
// bucket takes over, and the copy of its database has the tenants' already.
func (e *Estate) provisionerParts(b *partBuilder) {
	if len(e.Tenancies(b.site)) > 0 && !b.site.Recovery() {
		b.add(PartTenantFiles, KindFiles, "tenants")
	}
	if e.provisions(b.site) {
		b.add(PartProvisioner, KindFunction, "tenants")
	}
}

func (e *Estate) provisions(site Site) bool {
	return !site.Recovery() && e.Workload.Database != nil && len(e.TenantServices()) > 0 && len(e.TenantsOf(site)) > 0
}

func (e *Estate) provisionerFlows(b *flowBuilder) {
	if site, ok := e.Site(b.env); ok && e.provisions(site) {
		b.add(PartProvisioner, PartDatabase, PortDatabase, Flow{Implied: ImpliedProvisioner, Pos: e.Pos("tenants")})
		b.add(PartProvisioner, PartEndpoints, PortTLS, Flow{Implied: ImpliedEndpoints, Pos: e.Pos("tenants")})
	}
}

// theirFlows returns the flows of a site that its tenants' own instances have
// too, and what says which services they have instances of. A shared service
// calls the environment's own instance, never a tenant's.
func (e *Estate) theirFlows(all []Flow, site Site) (theirs []Flow, own func(name string) bool) {
	services := e.TenantServices()
	own = func(name string) bool { return slices.Contains(services, name) }
	for _, f := range all {
		if f.From.Environment == site.Name && (own(f.From.Name) || own(f.To.Name) && f.Implied != "") {
			theirs = append(theirs, f)
		}
	}
	return theirs, own
}

// TenantsGroup is the name of the security group that all tenants' instances of
// a service have beside their own: what they share with the environment's
// other parts flows by it, so that a tenant adds no rule to any other group.
func TenantsGroup(service string) string { return "tenants:" + service }

// GroupFlows returns the flows between the security groups that a site's
// tenants share: those of the environment's parts, and those of the tenants'
// instances with them. What flows within a tenant is not among them.
func (e *Estate) GroupFlows(site Site) []Flow {
	all := e.SiteFlows(site)
	if len(e.TenantsOf(site)) == 0 {
		return all
	}
	theirs, own := e.theirFlows(all, site)
	for _, f := range theirs {
		switch {
		case own(f.From.Name) && own(f.To.Name):
			continue
		case own(f.From.Name):
			f.From.Name = TenantsGroup(f.From.Name)
		default:
			f.To.Name = TenantsGroup(f.To.Name)
		}
		all = append(all, f)
	}
	return all
}
