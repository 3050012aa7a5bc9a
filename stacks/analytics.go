package stacks

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/lake"
	"github.com/suretyhq/surety/patterns/postgres"
	"github.com/suretyhq/surety/patterns/replication"
	"github.com/suretyhq/surety/patterns/threetier"
)

// lakeFolder is the folder of the lake's bucket that holds the database's
// tables.
const lakeFolder = "database"

// replicationSize is the class of an environment's replication instance.
func replicationSize(size estate.Size) string {
	if size == estate.Large {
		return "dms.r6i.large"
	}
	return "dms.t3.medium"
}

func (env *environment) wantsAnalytics() bool { return env.estate.Analyses(env.site) }

// addAnalytics copies the database to a lake, for those who analyse it.
func (env *environment) addAnalytics() error {
	stack := env.stack(LayerAnalytics, "Copy of the database for analysis", LayerKeys, LayerDelivery, LayerReplicas, LayerNetwork, LayerData)
	around, key := env.surroundings(stack), imported(stack, "LakeKey", env.lakeKey)
	l := lake.New(stack, "Lake", &lake.Props{Name: env.label(), Folder: lakeFolder, Key: key, AccountCatalog: env.firstOfAccount(), Logs: env.delivery.accessLogs(),
		Replicas: env.replicas.of(copyLake)})
	env.lake = l.Files
	asPart(l.Construct, estate.PartLake)
	r, err := replication.New(stack, "Replication", &replication.Props{Name: env.label(), Source: env.signsIn(env.database, env.site.Region, "database"), Copy: env.reported(stack),
		Subnets:       around.subnets(threetier.Replication),
		SecurityGroup: around.group(estate.PartReplication), InstanceClass: replicationSize(env.spec.Size), Bucket: l.Files.Resource, Folder: lakeFolder,
		Key: key, LogKey: imported(stack, "LogKey", env.logKey), AccountRoles: env.firstOfAccount()})
	if err != nil {
		return err
	}
	asPart(r.Construct, estate.PartReplication)
	asPart(r.Logs, estate.PartLogs)
	if r.Copy != nil {
		forRecovery(r.Copy)
	}
	return nil
}

// signsIn is a database as DMS signs in to it, by a secret of the site.
func (env *environment) signsIn(to *postgres.Database, region, secret string) replication.Database {
	return replication.Database{Host: to.Cluster.ClusterEndpoint().Hostname(), Port: postgres.Port, Name: postgres.DatabaseName, Region: region,
		SecretName: env.estate.Name + "/" + env.name + "/analytics/" + secret}
}

// reported is the database of the recovery Region that DMS writes to; nil where
// there is none.
func (env *environment) reported(stack awscdk.Stack) *replication.Database {
	if env.recovery == nil || !env.recovery.wantsReporting() {
		return nil
	}
	stack.AddStackDependency(env.recovery.stacks[LayerReporting], jsii.String("the secret names the database"))
	d := env.signsIn(env.recovery.reporting, env.recovery.site.Region, "reporting")
	return &d
}

// replicates are the ports of the Data tier that the replication instance reads.
func (env *environment) replicates() []int {
	if !env.wantsAnalytics() {
		return nil
	}
	return []int{postgres.Port}
}

func (env *environment) wantsReporting() bool { return env.estate.Reports(env.site) }

// addReporting makes the database that the replication instance of home writes
// to. It stands beside the one that follows home's, which is read-only, and
// refers to nothing of the home Region: it stays when that is lost.
func (env *environment) addReporting() error {
	const instances = 2 // in two zones
	stack := env.stack(LayerReporting, "Database that is kept like home's", LayerKeys, LayerNetwork)
	around := env.surroundings(stack)
	var names []*string
	for _, s := range env.network.Subnets(threetier.Replication)[:instances] {
		names = append(names, s.Resource.AttrAvailabilityZone())
	}
	_, instanceType := databaseSize(env.spec.Size, instances, true)
	env.reporting = postgres.New(stack, "Reporting", &postgres.Props{Name: env.label() + "-reporting", VPC: around.vpc, Subnets: around.subnets(threetier.Replication),
		Zones: names, SecurityGroup: around.group(estate.PartReporting), InstanceType: inStandbyFamily(instanceType),
		Key: imported(stack, "ReportingKey", env.reportingKey), LogKey: imported(stack, "LogKey", env.logKey)})
	asPart(env.reporting.Construct, estate.PartReporting)
	asPart(env.reporting.Logs, estate.PartLogs)
	return nil
}

// firstOfAccount says whether no site before this one is in its account: what an
// account has once is made there.
func (env *environment) firstOfAccount() bool {
	sites := env.estate.Sites()
	return sites[slices.IndexFunc(sites, func(s estate.Site) bool { return s.Account == env.site.Account })] == env.site
}
