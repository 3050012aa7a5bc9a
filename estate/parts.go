package estate

import (
	"cmp"
)

// Compare orders part ids by environment, tenant and name.
func (p PartID) Compare(o PartID) int {
	return cmp.Or(cmp.Compare(p.Environment, o.Environment), cmp.Compare(p.Tenant, o.Tenant), cmp.Compare(p.Name, o.Name))
}

// fixedParts returns the kinds of the parts that are not services, by name.
func fixedParts() map[string]Kind {
	return map[string]Kind{
		PartDatabase: KindDatabase, PartCache: KindCache, PartArtifacts: KindArtifacts, PartEvents: KindEvents, PartBalancer: KindBalancer,
		PartGateway: KindGateway, PartTunnel: KindTunnel, PartEndpoints: KindEndpoints,
		PartAttachment: KindAttachment, PartFirewall: KindFirewall, PartEgress: KindEgress, PartLogs: KindLogs,
		PartResolver: KindResolver, PartForwarder: KindForwarder, PartTransfer: KindTransfer,
		PartReplication: KindReplication, PartLake: KindLake, PartReporting: KindReporting,
		PartTenantFiles: KindFiles,
		PartAuthoriser:  KindFunction, PartEdge: KindEdge,
		PartCanary:     KindCanary,
		PartBreakGlass: KindBreakGlass,
		PartBackup:     KindBackup,
	}
}

// Parts returns every part that the estate asks for, sorted by id. The
// database's password is rotated by RDS itself, so that no part does it.
func (e *Estate) Parts() []Part {
	b := &partBuilder{estate: e}
	e.hubParts(b)
	e.securityParts(b)
	for _, site := range e.Sites() {
		b.site = site
		for _, add := range siteParts() {
			add(e, b)
		}
	}
	return b.sorted()
}

// siteParts are what adds parts to a site, a topic each.
func siteParts() []func(*Estate, *partBuilder) {
	return []func(*Estate, *partBuilder){
		(*Estate).serviceParts, (*Estate).networkParts, (*Estate).databaseParts, (*Estate).cacheParts, (*Estate).artifactParts, (*Estate).exposedParts,
		(*Estate).resolverParts,
		(*Estate).transferParts,
		(*Estate).analyticsParts,
		(*Estate).tenantParts,
		(*Estate).provisionerParts,
		(*Estate).edgeParts,
		(*Estate).canaryParts,
		(*Estate).breakGlassParts,
		(*Estate).backupParts,
		(*Estate).functionParts,
	}
}

// hubParts: a hub has its firewall, egress, attachment and logs.
func (e *Estate) hubParts(b *partBuilder) {
	for _, hub := range e.Hubs() {
		for _, name := range []string{PartAttachment, PartEgress, PartFirewall, PartLogs} {
			b.addTo(hub.Name, name, fixedParts()[name], e.hubPath())
		}
	}
}

func (e *Estate) serviceParts(b *partBuilder) {
	for _, s := range e.Workload.Services.Keys() {
		b.add(s, KindService, "workload/services/"+s)
	}
}

// networkParts: every site has endpoints, an attachment and logs.
func (e *Estate) networkParts(b *partBuilder) {
	for _, name := range []string{PartEndpoints, PartAttachment, PartLogs} {
		b.add(name, fixedParts()[name], "environments/"+b.site.Environment)
	}
}

func (e *Estate) databaseParts(b *partBuilder) {
	if e.Workload.Database != nil {
		b.add(PartDatabase, KindDatabase, "workload/database")
	}
}

// exposedParts: a balancer if any service is exposed; gateway and tunnel if a
// service is exposed that way.
func (e *Estate) exposedParts(b *partBuilder) {
	exposed := e.exposures()
	if exposed.any != "" {
		b.add(PartBalancer, KindBalancer, exposed.any)
	}
	if exposed.gateway != "" {
		b.add(PartGateway, KindGateway, exposed.gateway)
	}
	if exposed.access != "" {
		b.add(PartTunnel, KindTunnel, exposed.access)
	}
}

// Hub returns the short name of the account that is the network hub, and the
// account.
func (e *Estate) Hub() (string, Account) {
	return e.WithRole(RoleNetworkHub)
}

func (e *Estate) hubPath() string {
	name, _ := e.Hub()
	return "organisation/accounts/" + name
}

// exposure holds the paths of the first exposed service: at all, by the
// gateway, by access. A path is empty if there is none.
type exposure struct{ any, gateway, access string }

func (e *Estate) exposures() exposure {
	var x exposure
	for name, s := range e.Workload.Services.All() {
		path := "workload/services/" + name + "/expose"
		switch s.Expose {
		case ExposeGateway:
			x.gateway = cmp.Or(x.gateway, path)
		case ExposeAccess:
			x.access = cmp.Or(x.access, path)
		default:
			continue
		}
		x.any = cmp.Or(x.any, path)
	}
	return x
}
