package stacks

import (
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/events"
	"github.com/suretyhq/surety/patterns/postgres"
)

// The variables that name the bus to those who publish, and the source that
// their events have.
const (
	busName     = "EVENT_BUS_NAME"
	eventSource = "EVENT_SOURCE"
)

// uses says whether a part opens connections to another of the environment.
func (env *environment) uses(name, part string) bool {
	for _, f := range env.estate.SiteFlows(env.site) {
		if f.From == (estate.PartID{Environment: env.name, Name: name}) && f.To == (estate.PartID{Environment: env.name, Name: part}) {
			return true
		}
	}
	return false
}

// settingsOf are the environment variables by which a service or function finds
// what it needs: its callees, by the names that found gives them, database,
// cache and bus. It signs in by IAM as a user of its own, so that it holds no
// password.
func (env *environment) settingsOf(name string, found func(callee string) string) map[string]*string {
	vars := map[string]*string{}
	for _, f := range env.estate.GroupFlows(env.site) {
		if f.From.Name != name {
			continue
		}
		if callee, ok := env.estate.Workload.Services.Get(f.To.Name); ok && f.To.Environment == env.name && f.To.Name != name {
			variable := strings.ToUpper(strings.ReplaceAll(f.To.Name, "-", "_")) + "_URL"
			vars[variable] = jsii.String(fmt.Sprintf("https://%s.%s:%d", found(f.To.Name), env.estate.ServiceZone(env.site), callee.Port))
		}
		if f.To.Name == estate.PartDatabase {
			vars["PGHOST"], vars["PGPORT"] = env.database.Cluster.ClusterEndpoint().Hostname(), jsii.String(fmt.Sprint(postgres.Port))
			vars["PGDATABASE"], vars["PGUSER"] = jsii.String(postgres.DatabaseName), jsii.String(name)
			vars["PGSSLMODE"] = jsii.String("verify-full")
		}
	}
	if env.uses(name, estate.PartCache) {
		maps.Copy(vars, env.cache.Settings(name))
	}
	if env.estate.Publishes(name) {
		vars[busName], vars[eventSource] = jsii.String(env.label()), jsii.String(name)
	}
	return vars
}

// itself is the name by which a service of the environment is found.
func itself(callee string) string { return callee }

// grant lets the role of a service or function do what the settings are for.
func (env *environment) grant(scope constructs.Construct, role awsiam.IRole, name string) {
	if env.uses(name, estate.PartDatabase) {
		env.database.Cluster.GrantConnect(role, jsii.String(name))
	}
	if env.uses(name, estate.PartCache) {
		env.cache.GrantConnect(role, name)
	}
	if env.estate.Publishes(name) {
		events.GrantPublish(scope, env.label(), jsii.String(name), role)
	}
}
