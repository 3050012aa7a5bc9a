package stacks

import (
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/postgres"
	"github.com/suretyhq/surety/patterns/threetier"
)

// databaseSize is an environment's database: instances, and their type.
func databaseSize(size estate.Size, zones int) (instances int, instanceType string) {
	if size == estate.Large {
		return zones, "r7g.xlarge"
	}
	return 2, "t4g.medium"
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
	instances, instanceType := databaseSize(env.spec.Size, len(zones))
	var names []*string
	for _, s := range zones[:instances] {
		names = append(names, s.Resource.AttrAvailabilityZone())
	}
	env.database = postgres.New(stack, "Database", &postgres.Props{Name: env.label(), VPC: around.vpc, Subnets: around.subnets(threetier.Data),
		Zones: names, SecurityGroup: around.group(estate.PartDatabase), InstanceType: instanceType, Logical: env.estate.Analyses(env.site),
		Key: imported(stack, "DataKey", env.dataKey), LogKey: imported(stack, "LogKey", env.logKey)})
	asPart(env.database.Construct, estate.PartDatabase)
	asPart(env.database.Logs, estate.PartLogs)
	return nil
}
