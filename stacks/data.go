package stacks

import (
	"strings"

	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/postgres"
	"github.com/suretyhq/surety/patterns/threetier"
)

// databaseSize is an environment's database: instances, and their type.
func databaseSize(size estate.Size, zones int, global bool) (instances int, instanceType string) {
	switch {
	case size == estate.Large:
		return zones, "r7g.xlarge"
	case global:
		// Global databases take no burstable instances ("Configuration requirements of
		// an Amazon Aurora global database", Amazon Aurora User Guide).
		return 2, "r7g.large"
	}
	return 2, "t4g.medium"
}

// standbyFamily are the instances of a database that follows another: Melbourne
// has no r7g ("Supported DB instance classes by Region", Amazon Aurora User
// Guide), and the members of a global database need not be of one family.
const standbyFamily = "r6g"

// inStandbyFamily returns the instance type of the recovery Region for one of
// home.
func inStandbyFamily(instanceType string) string {
	return strings.Replace(instanceType, "r7g", standbyFamily, 1)
}

// databaseConnections is four fifths of the connections that an instance takes:
// its memory divided by 9,531,392 bytes ("Maximum connections to an Aurora
// PostgreSQL DB instance", Amazon Aurora User Guide).
func databaseConnections(size estate.Size) float64 {
	if size == estate.Large {
		return 2800
	}
	return 340
}

func (env *environment) wantsData() bool { return env.estate.Workload.Database != nil }

func (env *environment) addData() error {
	stack := env.stack(LayerData, "Database", LayerKeys, LayerNetwork)
	around := env.surroundings(stack)
	zones := env.network.Subnets(threetier.Data)
	instances, instanceType := databaseSize(env.spec.Size, len(zones), env.home != nil || env.recovery != nil)
	instances = min(instances, env.standbyInstances(instances))
	var names []*string
	for _, s := range zones[:instances] {
		names = append(names, s.Resource.AttrAvailabilityZone())
	}
	props := &postgres.Props{Name: env.label(), VPC: around.vpc, Subnets: around.subnets(threetier.Data),
		Zones: names, SecurityGroup: around.group(estate.PartDatabase), InstanceType: instanceType, Logical: env.estate.Analyses(env.site),
		Key: imported(stack, "DataKey", env.dataKey), LogKey: imported(stack, "LogKey", env.logKey)}
	switch {
	case env.home != nil:
		props.Follows = env.home.label()
		props.InstanceType = inStandbyFamily(props.InstanceType)
		stack.AddStackDependency(env.home.stacks[LayerData], jsii.String("the database follows home's"))
	case env.recovery != nil:
		props.Global = &postgres.Global{Identifier: env.label(), SecretName: env.estate.Name + "/" + env.name + "/database/administrator",
			Replicas: env.secretReplicas(stack, "ReplicaKey", LayerKeys, env.recovery.dataAlias())}
	}
	env.database = postgres.New(stack, "Database", props)
	asPart(env.database.Construct, estate.PartDatabase)
	asPart(env.database.Logs, estate.PartLogs)
	return nil
}
