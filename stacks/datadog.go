package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/alarms"
	"github.com/suretyhq/surety/patterns/bucket"
	"github.com/suretyhq/surety/patterns/datadog"
)

// datadogSite is the site of Datadog's that sees the estate, if any does.
func (c *composer) datadogSite() (estate.DatadogSite, bool) {
	if d := c.estate.Monitoring.Datadog; d != nil {
		return d.Details()
	}
	return estate.DatadogSite{}, false
}

// addDatadogRole lets Datadog read what is measured of a place. The external id
// is put into the place's parameter before its stack is deployed.
func (c *composer) addDatadogRole(stack awscdk.Stack, place, name, cluster string) {
	if site, ok := c.datadogSite(); ok {
		datadog.NewRole(stack, "DatadogRole", &datadog.RoleProps{Name: name + "-datadog", Account: site.Account,
			ExternalID: "/" + c.estate.Name + "/" + place + "/datadog/external-id", Cluster: cluster})
	}
}

// keepUndelivered is for how many days the logs are kept that Datadog did not
// take. The groups that they come from keep them for a year.
const keepUndelivered = 31

// addDatadog lets Datadog read what is measured of the site, and sends it the
// logs of what runs there.
func (env *environment) addDatadog(stack awscdk.Stack, logs []alarms.Log) {
	site, ok := env.datadogSite()
	if !ok {
		return
	}
	env.addDatadogRole(stack, env.name, env.label(), env.label())
	scope := constructs.NewConstruct(stack, jsii.String("Datadog"))
	asPart(scope, estate.PartLogs)
	key := imported(scope, "Key", env.logKey)
	backup := bucket.New(scope, "Undelivered", &bucket.Props{Key: key, Logs: env.delivery.accessLogs(), Lifecycle: bucket.Lifecycle{ExpireAfter: keepUndelivered, KeepNoncurrent: keepUndelivered}})
	forwarder := datadog.NewForwarder(scope, "Forwarder", &datadog.ForwarderProps{Name: env.label(), LogIntake: site.LogIntake,
		SecretName: env.estate.Name + "/" + env.name + "/datadog/api-key", Backup: backup.Resource, Key: key, LogKey: key})
	for _, l := range logs {
		forwarder.Forward(l.Name, l.Group)
	}
}
