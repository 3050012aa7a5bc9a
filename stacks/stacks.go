// Package stacks composes patterns into the CloudFormation stacks of an estate.
//
// It is the one place that says which stack goes into which account, and that
// writes the tags by which parts are found again. Synthesis needs no
// credentials and looks nothing up; the graph of stacks is acyclic, and every
// reference from one stack to another is a dependency that is said out loud.
// Synthesising an estate twice gives the same bytes.
//
// CDK objects of one process share one Node process without a lock: use this
// package from one goroutine at a time.
package stacks

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
)

// Layers of the hub and of an environment: the last word of a stack's name.
const (
	LayerHubCore   = "hub-core"
	LayerHubRoutes = "hub-routes"
	LayerKeys      = "keys"
	LayerNetwork   = "network"
	LayerData      = "data"
	LayerPlatform  = "platform"
)

// NewApp makes a CDK app that writes its assembly to a folder. It takes no
// settings from its surroundings: neither the CDK's command line's nor a
// cdk.json's.
func NewApp(outdir string) awscdk.App {
	return awscdk.NewApp(&awscdk.AppProps{
		Outdir: jsii.String(outdir), AnalyticsReporting: jsii.Bool(false), StackTraces: jsii.Bool(false),
		TreeMetadata: jsii.Bool(false), AutoSynth: jsii.Bool(false), Context: settings()})
}

// settings are the CDK's own: the last four keep what changes from one
// synthesis to the next, such as the folders of the machine, out of templates.
func settings() *map[string]any {
	return &map[string]any{
		"@aws-cdk/core:defaultCrossStackReferences":                             "weak",
		"@aws-cdk/core:checkSecretUsage":                                        true,
		"@aws-cdk/core:enablePartitionLiterals":                                 true,
		"@aws-cdk/core:explicitStackTags":                                       true,
		"@aws-cdk/core:target-partitions":                                       []any{"aws"},
		"@aws-cdk/aws-iam:minimizePolicies":                                     true,
		"@aws-cdk/aws-ecs:arnFormatIncludesClusterName":                         true,
		"@aws-cdk/aws-ecs:disableExplicitDeploymentControllerForCircuitBreaker": true,
		"@aws-cdk/aws-ecs:removeDefaultDeploymentAlarm":                         true,
		"@aws-cdk/aws-rds:preventRenderingDeprecatedCredentials":                true,
		"aws:cdk:enable-path-metadata":                                          true,
		"aws:cdk:enable-asset-metadata":                                         false,
		"aws:cdk:version-reporting":                                             false,
		"aws:cdk:disable-stack-trace":                                           true,
		"aws:cdk:disable-creation-stack-traces":                                 true,
	}
}

// Event says that a stack was composed, or that templates are being written.
type Event struct {
	// Stack is the stack's name; empty: all are composed and are written now.
	Stack string
	// Done of Total stacks are composed.
	Done, Total int
}

// Stacks are all stacks of an estate.
type Stacks struct {
	HubCore, HubRoutes awscdk.Stack
	// Environments are each environment's stacks, in the order of the file.
	Environments estate.Map[EnvironmentStacks]
}

// EnvironmentStacks are the stacks of one environment. Data is nil without a
// database.
type EnvironmentStacks struct {
	Keys, Network, Data, Platform awscdk.Stack
}

// Synthesise writes the cloud assembly of an estate to a folder. The estate is
// one that estate.Load returned.
func Synthesise(e *estate.Estate, outdir string, progress func(Event)) error {
	app := NewApp(outdir)
	if _, err := Compose(app, e, progress); err != nil {
		return err
	}
	progress(Event{Done: 1, Total: 1})
	app.Synth(nil)
	return nil
}

// Compose adds all stacks of an estate to an app, which may hold other stacks
// too. The order is that of deployment: hub-core, the environments' keys and
// networks, hub-routes, then the rest.
func Compose(app awscdk.App, e *estate.Estate, progress func(Event)) (*Stacks, error) {
	if err := e.Plan().Problems.Err(); err != nil {
		return nil, err
	}
	c := &composer{app: app, estate: e, plan: e.Plan(), progress: progress}
	c.total = 2 + len(e.Environments.Keys())*3
	if e.Workload.Database != nil {
		c.total += e.Environments.Len()
	}
	hub := c.hubCore()
	var environments []*environment
	for name, spec := range e.Environments.All() {
		env := &environment{composer: c, name: name, spec: spec}
		env.addKeys()
		if err := env.addNetwork(hub); err != nil {
			return nil, fmt.Errorf("environment %s: %w", name, err)
		}
		environments = append(environments, env)
	}
	s := &Stacks{HubCore: hub.stack, HubRoutes: c.hubRoutes(hub, environments)}
	for _, env := range environments {
		env.addData()
		env.addPlatform(s.HubRoutes)
		s.Environments.Set(env.name, env.stacks)
	}
	return s, nil
}

// composer is one composition.
type composer struct {
	app         awscdk.App
	estate      *estate.Estate
	plan        estate.Plan
	progress    func(Event)
	done, total int
}

// stack makes a stack of an environment, or of the hub, and names what it
// depends on: the CDK adds no dependency for a reference to another account.
func (c *composer) stack(env, layer, accountID, description string, after ...awscdk.Stack) awscdk.Stack {
	name := c.estate.Name + "-" + layer
	if env != estate.HubEnvironment {
		name = c.estate.Name + "-" + env + "-" + layer
	}
	s := awscdk.NewStack(c.app, jsii.String(name), &awscdk.StackProps{
		StackName: jsii.String(name), Description: jsii.String(description), AnalyticsReporting: jsii.Bool(false),
		TerminationProtection: jsii.Bool(true),
		Env:                   &awscdk.Environment{Account: jsii.String(accountID), Region: jsii.String(c.estate.Regions.Home)}})
	tag(s, addr.TagEnvironment, env)
	for _, a := range after {
		s.AddStackDependency(a, jsii.String(name+" is deployed after "+*a.StackName()))
	}
	c.done++
	c.progress(Event{Stack: name, Done: c.done, Total: c.total})
	return s
}

// tag tags whatever can be tagged below a construct; the nearest tag counts.
// Listeners and their rules stay untagged: not every Region's CloudFormation
// schema knows their tags.
func tag(c constructs.IConstruct, key, value string) {
	awscdk.Tags_Of(c).Add(jsii.String(key), jsii.String(value), &awscdk.TagProps{ExcludeResourceTypes: jsii.Strings(
		"AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::ListenerRule")})
}

// asPart says which part of the estate a construct implements.
func asPart(c constructs.IConstruct, part string) { tag(c, addr.TagPart, part) }
