package stacks

import (
	"slices"

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
	r, err := replication.New(stack, "Replication", &replication.Props{Name: env.label(), Host: env.database.Cluster.ClusterEndpoint().Hostname(), Port: postgres.Port,
		Database: postgres.DatabaseName, SecretName: env.estate.Name + "/" + env.name + "/analytics/database", Subnets: around.subnets(threetier.Data),
		SecurityGroup: around.group(estate.PartReplication), InstanceClass: replicationSize(env.spec.Size), Bucket: l.Files.Resource, Folder: lakeFolder,
		Key: key, LogKey: imported(stack, "LogKey", env.logKey), AccountRoles: env.firstOfAccount()})
	if err != nil {
		return err
	}
	asPart(r.Construct, estate.PartReplication)
	asPart(r.Logs, estate.PartLogs)
	return nil
}

// firstOfAccount says whether no site before this one is in its account: what an
// account has once is made there.
func (env *environment) firstOfAccount() bool {
	sites := env.estate.Sites()
	return sites[slices.IndexFunc(sites, func(s estate.Site) bool { return s.Account == env.site.Account })] == env.site
}
