package estate

import (
	"cmp"
	"slices"
)

// Site is an environment in one Region: the place whose VPC, parts and flows
// are told apart from all others. Every environment has a site in the home
// Region, which has the environment's own name, and one in the recovery Region
// if it says how it recovers.
type Site struct {
	// Name is the environment component of the site's parts: prod.
	Name string
	// Environment is the entry of the estate file.
	Environment string
	// Region is where the site is.
	Region string
	// Account is the id of the account that it is in.
	Account string
	// Hub is the environment component of the hub by which the site reaches the
	// internet: the one of its Region.
	Hub string
}

// Sites returns every site: those of the home Region in the order of the file,
// then those of the recovery Region in the same order.
func (e *Estate) Sites() []Site {
	var home, recovery []Site
	for name, env := range e.Environments.All() {
		a, _ := e.Organisation.Accounts.Get(env.Account)
		home = append(home, Site{Name: name, Environment: name, Region: e.Regions.Home, Account: a.ID, Hub: HubEnvironment})
		if e.recovers(env) {
			recovery = append(recovery, Site{Name: name + recoverySuffix, Environment: name, Region: e.Regions.Recovery, Account: a.ID, Hub: HubRecoveryEnvironment})
		}
	}
	return append(home, recovery...)
}

// Site returns the site of a name.
func (e *Estate) Site(name string) (Site, bool) {
	all := e.Sites()
	i := slices.IndexFunc(all, func(s Site) bool { return s.Name == name })
	if i < 0 {
		return Site{}, false
	}
	return all[i], true
}

// Environment components of what is no environment's. They are scopes of
// claims too, and no environment can have one of these names.
const (
	// HubEnvironment is the hub's.
	HubEnvironment = "hub"
	// HubRecoveryEnvironment is that of the recovery Region's hub.
	HubRecoveryEnvironment = "hub-recovery"
	// ArchiveEnvironment is that of the account whose role is log-archive.
	ArchiveEnvironment = "archive"
	// AuditEnvironment is that of the account whose role is audit.
	AuditEnvironment = "audit"
	// OrganisationEnvironment is the management account's.
	OrganisationEnvironment = "organisation"
)

// reservedEnvironments are names that no environment can have: those of the
// scopes that are no environment's.
func reservedEnvironments() []string {
	return []string{HubEnvironment, HubRecoveryEnvironment, ArchiveEnvironment, AuditEnvironment, OrganisationEnvironment, "estate"}
}

// Scopes returns the environment component of every part, in the order in
// which reports show them: the hub and the accounts that hold parts of their
// own, then the sites.
func (e *Estate) Scopes() []Scope {
	var all []Scope
	if _, hub := e.Hub(); hub.ID != "" {
		for _, h := range e.Hubs() {
			all = append(all, Scope{h.Name, hub.ID})
		}
	}
	all = append(all, e.securityScopes()...)
	all = append(all, e.organisationScopes()...)
	for _, s := range e.Sites() {
		all = append(all, Scope{s.Name, s.Account})
	}
	return all
}

// Scope is an environment component of parts, and the id of its account.
type Scope struct{ Name, Account string }

// partBuilder collects the parts of one site after the other.
type partBuilder struct {
	estate *Estate
	site   Site
	parts  []Part
}

// add adds a part of the site that the file's line at path asks for.
func (b *partBuilder) add(name string, kind Kind, path string) {
	b.addTo(b.site.Name, name, kind, path)
}

func (b *partBuilder) addTo(environment, name string, kind Kind, path string) {
	b.parts = append(b.parts, Part{ID: PartID{Environment: environment, Name: name}, Kind: kind, Pos: b.estate.Pos(path)})
}

func (b *partBuilder) sorted() []Part {
	slices.SortFunc(b.parts, func(x, y Part) int { return cmp.Or(x.ID.Compare(y.ID), cmp.Compare(x.Kind, y.Kind)) })
	return b.parts
}
