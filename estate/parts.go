package estate

import (
	"cmp"
	"slices"
)

// Compare orders part ids by environment, tenant and name.
func (p PartID) Compare(o PartID) int {
	return cmp.Or(cmp.Compare(p.Environment, o.Environment), cmp.Compare(p.Tenant, o.Tenant), cmp.Compare(p.Name, o.Name))
}

// fixedParts returns the kinds of the parts that are not services, by name.
func fixedParts() map[string]Kind {
	return map[string]Kind{
		PartDatabase: KindDatabase, PartBalancer: KindBalancer,
		PartGateway: KindGateway, PartTunnel: KindTunnel, PartEndpoints: KindEndpoints,
		PartAttachment: KindAttachment, PartFirewall: KindFirewall, PartEgress: KindEgress, PartLogs: KindLogs,
	}
}

// Parts returns every part that the estate asks for, sorted by id. An
// environment has its services, endpoints, attachment and logs; a database if
// the workload has one; a balancer if any service is exposed; gateway and
// tunnel if a service is exposed that way. The hub has its firewall, egress,
// attachment and logs. The database's password is rotated by RDS itself, so
// that no part does it.
func (e *Estate) Parts() []Part {
	var parts []Part
	add := func(env, name string, kind Kind, path string) {
		parts = append(parts, Part{ID: PartID{Environment: env, Name: name}, Kind: kind, Pos: e.Pos(path)})
	}
	hub := e.hubPath()
	for _, name := range []string{PartAttachment, PartEgress, PartFirewall, PartLogs} {
		add(HubEnvironment, name, fixedParts()[name], hub)
	}
	exposed := e.exposures()
	for _, env := range e.Environments.Keys() {
		here := "environments/" + env
		for _, s := range e.Workload.Services.Keys() {
			add(env, s, KindService, "workload/services/"+s)
		}
		for _, name := range []string{PartEndpoints, PartAttachment, PartLogs} {
			add(env, name, fixedParts()[name], here)
		}
		if e.Workload.Database != nil {
			add(env, PartDatabase, KindDatabase, "workload/database")
		}
		if exposed.any != "" {
			add(env, PartBalancer, KindBalancer, exposed.any)
		}
		if exposed.gateway != "" {
			add(env, PartGateway, KindGateway, exposed.gateway)
		}
		if exposed.access != "" {
			add(env, PartTunnel, KindTunnel, exposed.access)
		}
	}
	slices.SortFunc(parts, func(a, b Part) int { return a.ID.Compare(b.ID) })
	return parts
}

// Hub returns the short name of the account that is the network hub, and the
// account.
func (e *Estate) Hub() (string, Account) {
	for name, a := range e.Organisation.Accounts.All() {
		if slices.Contains(a.Roles, RoleNetworkHub) {
			return name, a
		}
	}
	return "", Account{}
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
