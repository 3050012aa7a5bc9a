package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/bucket"
	"github.com/suretyhq/surety/patterns/canary"
	"github.com/suretyhq/surety/patterns/threetier"
)

// hasCanaries says whether there is an entry that canaries can ask.
func (env *environment) hasCanaries() bool { return env.estate.HasCanaries(env.site) }

// keepArtifacts is for how many days what canaries saw is kept.
const keepArtifacts = 31

// addCanaries makes a canary for each exposed service. They stand where the
// tunnel and API Gateway come in, and take the same way through the balancer.
func (env *environment) addCanaries(stack awscdk.Stack) {
	if !env.hasCanaries() {
		return
	}
	scope := constructs.NewConstruct(stack, jsii.String("Canaries"))
	around := env.surroundings(stack)
	dmz, group := around.subnets(threetier.DMZ), around.group(estate.PartCanary)
	key := imported(scope, "Key", env.logKey)
	artifacts := bucket.New(scope, "Artifacts", &bucket.Props{Key: key, Logs: env.delivery.accessLogs(), Lifecycle: bucket.Lifecycle{ExpireAfter: keepArtifacts, KeepNoncurrent: keepArtifacts}})
	for name, s := range env.estate.Workload.Services.All() {
		if s.Expose == estate.ExposeNone {
			continue
		}
		canary.New(scope, name, &canary.Props{Name: env.label() + "-" + name, Host: name + "." + env.domain(), Path: "/health",
			VPC: around.vpc, Subnets: dmz, SecurityGroup: group,
			Artifacts: artifacts.Resource, Key: key})
	}
	asPart(scope, estate.PartCanary)
}
