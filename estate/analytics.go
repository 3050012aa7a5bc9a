package estate

import (
	"fmt"
	"slices"
)

// Parts by which data reach those who analyse them.
const (
	PartReplication = "replication"
	PartLake        = "lake"
)

// Their kinds.
const (
	KindReplication Kind = "replication" // the DMS replication instance, its endpoints and secret; Data
	KindLake        Kind = "lake"        // the buckets of the lake and of what is asked of it
)

// ImpliedReplication says that the replication instance reads the database.
const ImpliedReplication = "dms"

// Analytics copies a store, and every change of it, to where it can be analysed
// without burdening it.
type Analytics struct {
	// From is database.
	From string `yaml:"from" jsonschema:"enum=database"`
	// To is lake: a bucket of Parquet files with a catalogue and a workgroup of
	// Athena over it.
	To string `yaml:"to" jsonschema:"enum=lake"`
}

// Analyses says whether data are copied to a lake in a site: in the home Region
// only, because the database of the recovery Region cannot be written to, which
// reading its changes needs ("Using a PostgreSQL database as an AWS DMS
// source").
func (e *Estate) Analyses(site Site) bool {
	return e.Workload.Analytics != nil && site.Region == e.Regions.Home
}

func (e *Estate) analyticsParts(b *partBuilder) {
	if e.Analyses(b.site) {
		b.add(PartReplication, KindReplication, "workload/analytics")
		b.add(PartLake, KindLake, "workload/analytics")
	}
}

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
	v.choice(at+"/to", a.To, PartLake)
	if v.e.Workload.Database == nil && !v.unread("workload", "workload/database") {
		v.bad(CodeAnalytics, at+"/from", "analytics reads the database, but the workload has none", "", "add database: {engine: aurora-postgresql} to the workload, or remove analytics")
	}
	if home := v.e.Regions.Home; zoneCount(home) > 0 && !slices.Contains(ReplicationRegions(), home) {
		v.bad(CodeAnalytics, at, fmt.Sprintf("%s cannot copy a database to a lake", home),
			"AWS DMS is not there, or the root certificate of its databases is not known, without which nobody proves that it is the database that is read",
			"remove analytics, or choose one of "+listed(ReplicationRegions()))
	}
}
