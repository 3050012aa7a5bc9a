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
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
)

// Layers of the hub and of an environment: the last word of a stack's name.
const (
	LayerHubKeys   = "hub-keys"
	LayerHubCore   = "hub-core"
	LayerHubRoutes = "hub-routes"
	// LayerHubPeering is a hub's end of the peering with another Region's.
	LayerHubPeering = "hub-peering"
	LayerKeys       = "keys"
	LayerDelivery   = "delivery"
	LayerNetwork    = "network"
	LayerData       = "data"
	LayerCache      = "cache"
	LayerArtifacts  = "artifacts"
	LayerEvents     = "events"
	LayerPlatform   = "platform"
	LayerAccess     = "access"
	LayerTenancy    = "tenancy"
	LayerTenant     = "tenant"
	// LayerFoothold is what a tenant has in the recovery Region before its stack at
	// home, which refers to it.
	LayerFoothold  = "foothold"
	LayerFiles     = "files"
	LayerAnalytics = "analytics"
	// LayerReporting is the database that is kept like home's.
	LayerReporting = "reporting"

	LayerBackup     = "backup"
	LayerBackupKeys = "backup-keys"
	// LayerTenantBackup backs up the files of tenants.
	LayerTenantBackup = "tenants-backup"
	// LayerReplicas holds copies in the recovery Region.
	LayerReplicas    = "replicas"
	LayerReplicaKeys = "replica-keys"

	LayerZone       = "zone"
	LayerAPI        = "api"
	LayerSwitch     = "switch"
	LayerFailover   = "failover"
	LayerGateway    = "gateway" // and the number of a balancer of tenants
	LayerPlans      = "plans"
	LayerEdgeGlobal = "edge-global"
	LayerEdge       = "edge"
	LayerEdgeLogs   = "edge-logs"
)

// Layers of the accounts that keep logs and watch; those of the archive, its
// keys and its logs, are one thing to other stacks.
const (
	LayerLogs      = "logs"
	LayerTrail     = "trail"
	LayerDetection = "detection"
	LayerArchive   = "archive"
	LayerObserve   = "observe"
	// LayerHubObserve watches the hub.
	LayerHubObserve = "hub-observe"
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
	// Organisation are the management account's stacks, by their layer; empty
	// where the organisation is managed elsewhere.
	Organisation map[string]awscdk.Stack
	// Hubs are each hub's stacks, by their layer.
	Hubs estate.Map[EnvironmentStacks]
	// Environments are each site's stacks, in the order of the file.
	Environments estate.Map[EnvironmentStacks]
}

// EnvironmentStacks are the stacks of one site, by their layer. A layer that
// the estate does not ask for has none.
type EnvironmentStacks map[string]awscdk.Stack

// Options says where a synthesis finds and leaves things.
type Options struct {
	// Out is the folder to write the cloud assembly to.
	Out string
	// Functions is the folder of the functions' zips.
	Functions string
	// Progress gets every step; nil: nobody reads it.
	Progress func(Event)
}

// Synthesise writes the cloud assembly of an estate to a folder. The estate is
// one that estate.Load returned.
func Synthesise(e *estate.Estate, opts Options) error {
	app := NewApp(opts.Out)
	if _, err := Compose(app, e, opts); err != nil {
		return err
	}
	if opts.Progress != nil {
		opts.Progress(Event{Done: 1, Total: 1})
	}
	app.Synth(nil)
	return expandTenants(e, opts.Out)
}

// layer is a stack of every site that wants it.
type layer struct {
	name string
	// wanted says whether a site has the layer; nil: every site does.
	wanted func(*environment) bool
	add    func(*environment) error
	// stacks says how many stacks it is; nil: one.
	stacks func(*environment) int
}

// count returns how many stacks a site has of a layer.
func (l layer) count(env *environment) int {
	switch {
	case l.wanted != nil && !l.wanted(env):
		return 0
	case l.stacks != nil:
		return l.stacks(env)
	}
	return 1
}

// networkLayers are composed before the hub's routes, which lead to them.
func networkLayers() []layer {
	return []layer{
		{name: LayerKeys, add: (*environment).addKeys},
		{name: LayerDelivery, wanted: (*environment).wantsDelivery, add: (*environment).addDelivery},
		{name: LayerNetwork, add: (*environment).addNetwork},
		{name: LayerSwitch, wanted: (*environment).wantsSwitch, add: (*environment).addSwitch},
	}
}

// copyLayers are composed before the workload of all sites: home's copies to them.
func copyLayers() []layer {
	return []layer{{name: LayerReporting, wanted: (*environment).wantsReporting, add: (*environment).addReporting}}
}

// workloadLayers are composed after the hub's routes.
func workloadLayers() []layer {
	return []layer{
		{name: LayerReplicaKeys, wanted: (*environment).wantsReplicas, add: (*environment).addReplicaKeys},
		{name: LayerReplicas, wanted: (*environment).wantsReplicas, add: (*environment).addReplicas},
		{name: LayerData, wanted: (*environment).wantsData, add: (*environment).addData},
		{name: LayerCache, wanted: (*environment).wantsCache, add: (*environment).addCache},
		{name: LayerArtifacts, wanted: (*environment).wantsArtifacts, add: (*environment).addArtifacts},
		{name: LayerFiles, wanted: (*environment).wantsFiles, add: (*environment).addFiles},
		{name: LayerEvents, wanted: (*environment).wantsEvents, add: (*environment).addEvents},
		{name: LayerPlatform, add: (*environment).addPlatform},
		{name: LayerAccess, wanted: (*environment).wantsAccess, add: (*environment).addAccess},
		{name: LayerTenancy, wanted: (*environment).wantsTenants, add: (*environment).addTenancy},
		{name: LayerAnalytics, wanted: (*environment).wantsAnalytics, add: (*environment).addAnalytics},
		{name: LayerZone, wanted: (*environment).wantsZone, add: (*environment).addZone},
		{name: LayerAPI, wanted: (*environment).wantsAPI, add: (*environment).addAPI},
		{name: LayerGateway, wanted: (*environment).wantsTenantAPIs, add: (*environment).addTenantAPIs, stacks: (*environment).shards},
		{name: LayerPlans, wanted: (*environment).wantsTenantAPIs, add: (*environment).addPlans},
		{name: LayerEdgeGlobal, wanted: (*environment).wantsWebsite, add: (*environment).addEdgeGlobal},
		{name: LayerEdge, wanted: (*environment).wantsWebsite, add: (*environment).addEdge},
		{name: LayerEdgeLogs, wanted: (*environment).wantsWebsite, add: (*environment).addEdgeLogs},
		// After all that holds data.
		{name: LayerBackup, wanted: (*environment).wantsBackup, add: (*environment).addBackup},
		{name: LayerTenantBackup, wanted: (*environment).wantsTenantBackup, add: (*environment).addTenantBackup},
		// The last: it watches what the others made.
		{name: LayerObserve, add: (*environment).addObserve},
	}
}

// tenantTemplates are composed after the workload of all sites, the first for all
// of them before the second: each is deployed once for each tenant, and a tenant's
// stack at home refers to its foothold in the recovery Region.
func tenantTemplates() []layer {
	return []layer{
		{name: LayerFoothold, wanted: (*environment).wantsFoothold, add: (*environment).addFoothold},
		{name: LayerTenant, wanted: (*environment).wantsTenants, add: (*environment).addTenant},
	}
}

// failoverLayers are composed after the workload of all sites: they lead from
// one site to another.
func failoverLayers() []layer {
	return []layer{{name: LayerFailover, wanted: (*environment).wantsFailover, add: (*environment).addFailover}}
}

// Compose adds all stacks of an estate to an app, which may hold other stacks
// too; of the options Out counts for nothing. The order is that of deployment:
// the organisation, the archive, hub-core, the sites' keys and networks,
// hub-routes, hub-peering, then the rest.
func Compose(app awscdk.App, e *estate.Estate, opts Options) (*Stacks, error) {
	if err := append(e.WithoutID(), e.Plan().Problems...).Err(); err != nil {
		return nil, err
	}
	c := &composer{app: app, estate: e, plan: e.Plan(), options: opts}
	var environments []*environment
	for _, site := range e.Sites() {
		spec, _ := e.Environments.Get(site.Environment)
		environments = append(environments, &environment{composer: c, site: site, name: site.Name, spec: spec, stacks: EnvironmentStacks{}})
	}
	pair(environments)
	c.total = c.hubStacks() + c.securityStacks() + c.backupStacks() + c.organisationStacks()
	for _, env := range environments {
		for _, l := range slices.Concat(networkLayers(), copyLayers(), workloadLayers(), tenantTemplates(), failoverLayers()) {
			c.total += l.count(env)
		}
	}
	organisation := c.addOrganisation()
	c.addArchive()
	c.addBackups()
	c.addTrail()
	if err := c.addDetection(); err != nil {
		return nil, err
	}
	for _, h := range e.Hubs() {
		c.hubs = append(c.hubs, c.hubCore(h))
	}
	for _, env := range environments {
		env.hub = c.hubOf(env.site)
		if err := env.compose(networkLayers()); err != nil {
			return nil, err
		}
	}
	for _, h := range c.hubs {
		c.hubRoutes(h, environments)
	}
	if err := c.hubPeering(environments); err != nil {
		return nil, fmt.Errorf("peering of the hubs: %w", err)
	}
	for _, env := range environments {
		if err := env.compose(copyLayers()); err != nil {
			return nil, err
		}
	}
	s := &Stacks{Organisation: organisation}
	for _, env := range environments {
		if err := env.compose(workloadLayers()); err != nil {
			return nil, err
		}
	}
	for _, l := range tenantTemplates() {
		for _, env := range environments {
			if err := env.compose([]layer{l}); err != nil {
				return nil, err
			}
		}
	}
	for _, env := range environments {
		if err := env.compose(failoverLayers()); err != nil {
			return nil, err
		}
		s.Environments.Set(env.name, env.stacks)
	}
	for _, h := range c.hubs {
		stacks := EnvironmentStacks{LayerHubCore: h.stack, LayerHubRoutes: h.routes, LayerHubObserve: c.hubObserve(h)}
		if h.peering != nil {
			stacks[LayerHubPeering] = h.peering
		}
		s.Hubs.Set(h.site.Name, stacks)
	}
	return s, nil
}

func (env *environment) compose(layers []layer) error {
	for _, l := range layers {
		if l.wanted != nil && !l.wanted(env) {
			continue
		}
		if err := l.add(env); err != nil {
			return fmt.Errorf("%s of environment %s: %w", l.name, env.name, err)
		}
	}
	return nil
}

// hubStacks is how many stacks the hubs have.
func (c *composer) hubStacks() int {
	const each, peered = 4, 5
	if c.estate.Peers() {
		return peered * len(c.estate.Hubs())
	}
	return each * len(c.estate.Hubs())
}

// composer is one composition.
type composer struct {
	app         awscdk.App
	estate      *estate.Estate
	plan        estate.Plan
	options     Options
	archive     *archive // nil: the estate has none
	backups     *backups // nil: the estate has no account for them
	hubs        []*hub
	done, total int
}

// place is where a stack is: the environment component of what is in it, which
// is also in its name, and the account and Region.
type place struct{ environment, account, region string }

// stack makes a stack, and names what it depends on, where that is not nil: the
// CDK adds no dependency for a reference to another account.
func (c *composer) stack(at place, layer, description string, after ...awscdk.Stack) awscdk.Stack {
	name := c.estate.Name + "-" + layer
	switch {
	case estate.IsHub(at.environment):
		name = c.estate.Name + "-" + layer
		if at.environment != estate.HubEnvironment {
			name = c.estate.Name + "-" + at.environment + "-" + strings.TrimPrefix(layer, estate.HubEnvironment+"-")
		}
	case at.environment != estate.OrganisationEnvironment:
		name = c.estate.Name + "-" + at.environment + "-" + layer
	}
	s := awscdk.NewStack(c.app, jsii.String(name), &awscdk.StackProps{
		StackName: jsii.String(name), Description: jsii.String(description), AnalyticsReporting: jsii.Bool(false),
		TerminationProtection: jsii.Bool(true),
		Env:                   &awscdk.Environment{Account: jsii.String(at.account), Region: jsii.String(at.region)}})
	tag(s, addr.TagEnvironment, at.environment)
	for _, a := range after {
		if a != nil {
			s.AddStackDependency(a, jsii.String(name+" is deployed after "+*a.StackName()))
		}
	}
	c.done++
	if c.options.Progress != nil {
		c.options.Progress(Event{Stack: name, Done: c.done, Total: c.total})
	}
	return s
}

// tag tags whatever can be tagged below a construct; the nearest tag counts.
// Listeners, their rules and conformance packs stay untagged: not every Region's
// CloudFormation schema knows their tags.
func tag(c constructs.IConstruct, key, value string) {
	awscdk.Tags_Of(c).Add(jsii.String(key), jsii.String(value), &awscdk.TagProps{ExcludeResourceTypes: jsii.Strings(
		"AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::ListenerRule", "AWS::Config::ConformancePack")})
}

// forTenants says that an environment has a construct for its tenants' sake.
func forTenants(c constructs.IConstruct) { tag(c, addr.TagFor, addr.ForTenants) }

// forRecovery says that an environment has a construct because it recovers in
// another Region.
func forRecovery(c constructs.IConstruct) { tag(c, addr.TagFor, addr.ForRecovery) }

// asPart says which part of the estate a construct implements.
func asPart(c constructs.IConstruct, part string) { tag(c, addr.TagPart, part) }
