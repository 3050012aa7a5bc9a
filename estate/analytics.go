package estate

import (
	"fmt"
	"slices"
)

// Parts by which data reach those who analyse them.
const (
	PartReplication = "replication"
	PartLake        = "lake"
	// PartReporting is a database of the recovery Region that can be written to,
	// which the replication instance keeps like the one at home.
	PartReporting = "reporting-database"
)

// Their kinds.
const (
	KindReplication Kind = "replication" // the DMS replication instance, its endpoints and secrets; replication
	KindLake        Kind = "lake"        // the buckets of the lake and of what is asked of it
	KindReporting   Kind = "reporting"   // a DB cluster that DMS fills; replication
)

// ImpliedReplication says that the replication instance reads the database, and
// writes the one of the recovery Region.
const ImpliedReplication = "dms"

// Where analytics copies to.
const (
	ToLake     = "lake"
	ToDatabase = "database"
)

// Targets are where data are copied to: in the file one word, or a list.
type Targets []string

// Analytics copies a store, and every change of it, to where it can be analysed
// without burdening it.
type Analytics struct {
	// From is database.
	From string `yaml:"from" jsonschema:"enum=database"`
	// To is lake (a bucket of Parquet files with a catalogue and a workgroup of
	// Athena over it), or a list of lake and database: a database that can be
	// written to, in the recovery Region, of each environment that recovers there.
	To Targets `yaml:"to"`
}

// Analyses says whether data are copied to a lake in a site: in the home Region
// only, because the database of the recovery Region cannot be written to, which
// reading its changes needs ("Using a PostgreSQL database as an AWS DMS
// source").
func (e *Estate) Analyses(site Site) bool {
	return e.Workload.Analytics != nil && site.Region == e.Regions.Home
}

// Reports says whether a site has a database that is kept like that of the
// environment's home. AWS DMS cannot write to the one that follows home's, which
// is read-only ("Using Amazon Aurora Global Database", Amazon Aurora User Guide).
func (e *Estate) Reports(site Site) bool {
	return e.Workload.Analytics != nil && site.Recovery() && slices.Contains(e.Workload.Analytics.To, ToDatabase) && e.Analyses(e.Home(site))
}

func (e *Estate) analyticsParts(b *partBuilder) {
	if e.Analyses(b.site) {
		b.add(PartReplication, KindReplication, "workload/analytics")
		b.add(PartLake, KindLake, "workload/analytics")
	}
	if e.Reports(b.site) {
		b.add(PartReporting, KindReporting, "workload/analytics/to")
	}
}

// PeeredFlows returns the flows from one Region to the other, which alone the
// peering of the two Transit Gateways carries.
func (e *Estate) PeeredFlows() []Flow {
	var all []Flow
	for _, site := range e.Sites() {
		if e.Reports(site) {
			all = append(all, Flow{From: PartID{Environment: e.Home(site).Name, Name: PartReplication}, To: PartID{Environment: site.Name, Name: PartReporting},
				Protocol: TCP, Port: PortDatabase, Implied: ImpliedReplication, Pos: e.Pos("workload/analytics/to")})
		}
	}
	return all
}

// Peers says whether the Transit Gateways of the two Regions are peered.
func (e *Estate) Peers() bool { return len(e.PeeredFlows()) > 0 }

func (e *Estate) analyticsFlows(b *flowBuilder) {
	if site, ok := e.Site(b.env); !ok || !e.Analyses(site) {
		return
	}
	pos := e.Pos("workload/analytics")
	b.add(PartReplication, PartDatabase, PortDatabase, Flow{Implied: ImpliedReplication, Pos: pos})
	b.add(PartReplication, PartEndpoints, PortTLS, Flow{Implied: ImpliedEndpoints, Pos: pos})
}

// ReplicationRegions returns the Regions in which a database can be copied: DMS
// proves the database's name by the root certificate of the Region's databases,
// and these are the Regions whose root Surety holds.
func ReplicationRegions() []string {
	return []string{"af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
		"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ca-central-1", "eu-central-1", "eu-central-2", "eu-north-1",
		"eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "me-central-1", "me-south-1", "sa-east-1",
		"us-east-1", "us-east-2", "us-west-1", "us-west-2"}
}

// analytics checks what is copied where.
func (v *validator) analytics() {
	a := v.e.Workload.Analytics
	if a == nil {
		return
	}
	const at = "workload/analytics"
	v.choice(at+"/from", a.From, PartDatabase)
	v.targets(at+"/to", a.To)
	if v.e.Workload.Database == nil && !v.unread("workload", "workload/database") {
		v.bad(CodeAnalytics, at+"/from", "analytics reads the database, but the workload has none", "", "add database: {engine: aurora-postgresql} to the workload, or remove analytics")
	}
	if home := v.e.Regions.Home; zoneCount(home) > 0 && !slices.Contains(ReplicationRegions(), home) {
		v.bad(CodeAnalytics, at, fmt.Sprintf("%s cannot copy a database to a lake", home),
			"AWS DMS is not there, or the root certificate of its databases is not known, without which nobody proves that it is the database that is read",
			"remove analytics, or choose one of "+listed(ReplicationRegions()))
	}
}

// targets checks where data are copied to. The lake is what every environment
// has, so that it cannot be left out.
func (v *validator) targets(at string, to Targets) {
	known := []string{ToLake, ToDatabase}
	for i, t := range to {
		path := at
		if v.e.has(index(at, i)) {
			path = index(at, i)
		}
		if !slices.Contains(known, t) {
			v.bad(CodeChoice, path, fmt.Sprintf("analytics cannot copy to %q", short(t)), "", "write to: lake, or to: [lake, database]")
			return
		}
	}
	v.repeated(at, to)
	if !slices.Contains(to, ToLake) && !v.unread("workload/analytics", at) {
		v.bad(CodeAnalytics, at, "analytics leaves the lake out", "the database of the recovery Region is kept beside the lake: an environment that does not recover has the lake alone",
			"write to: lake, or to: [lake, database]")
	}
	if slices.Contains(to, ToDatabase) {
		v.reporting(at)
	}
}

// reporting checks that there is a place for a database in the recovery Region.
func (v *validator) reporting(at string) {
	e := v.e
	switch there := e.Regions.Recovery; {
	case v.unread("regions", "regions/recovery", "environments"):
	case !e.Recovers():
		v.bad(CodeAnalytics, at, "analytics asks for a database in the recovery Region, but no environment recovers in one",
			"the database that Aurora copies there is read-only; one that can be written to stands beside it, where the environment recovers",
			"name regions: {recovery: …} and give an environment recovery: warm-standby or pilot-light, or write to: lake")
	case zoneCount(there) > 0 && !slices.Contains(rootRegions(), there):
		v.bad(CodeAnalytics, at, fmt.Sprintf("nothing can be copied to a database in %s", there),
			"the root certificate of its databases is not known, without which nobody proves that it is the database that is written to",
			"write to: lake, or recover in one of "+listed(rootRegions()))
	}
}

// rootRegions returns the Regions whose databases' root certificate is known:
// those in which a database can be copied, and Melbourne.
func rootRegions() []string {
	all := append(ReplicationRegions(), "ap-southeast-4")
	slices.Sort(all)
	return all
}
