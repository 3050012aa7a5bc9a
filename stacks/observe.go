package stacks

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/alarms"
	"github.com/suretyhq/surety/patterns/contributors"
	"github.com/suretyhq/surety/patterns/dashboard"
	"github.com/suretyhq/surety/patterns/endpoints"
	"github.com/suretyhq/surety/patterns/fargate"
	"github.com/suretyhq/surety/patterns/tracing"
)

// addObserve watches what the site's other stacks made. Nothing is listed here:
// package alarms finds what it knows how to watch. What the site has for its
// tenants' sake is watched apart, because other environments have none of it.
func (env *environment) addObserve() error {
	layers := slices.Sorted(maps.Keys(env.stacks))
	stack := env.stack(LayerObserve, "Alarms, canaries and dashboard", layers...)
	env.addCanaries(stack)
	_, logs := alarms.Find(env.inRegion(layers))
	env.addDatadog(stack, logs)
	o := &observed{name: env.label(), key: imported(stack, "LogKey", env.logKey), notify: env.estate.Monitoring.Notify,
		limits: map[string]float64{"AWS::RDS::DBCluster/connections": databaseConnections(env.spec.Size)}}
	o.idle = env.estate.Standby(env.site) == estate.RecoveryPilotLight
	o.addTopic(stack)
	theirs := env.tenantLayers()
	shared := slices.DeleteFunc(slices.Clone(layers), func(l string) bool { return slices.Contains(theirs, l) || l == LayerObserve })
	o.watch(stack, append(env.inRegion(shared), stack))
	if len(theirs) > 0 {
		scope := constructs.NewConstruct(stack, jsii.String("Tenants"))
		o.name += "-tenants"
		o.show(scope, env.inRegion(theirs), env.rankTenants(scope, o.name))
		forTenants(scope)
	}
	tracing.NewGroup(stack, "Traces", &tracing.GroupProps{Name: env.label(), Environment: env.name})
	return nil
}

// inRegion returns the site's stacks of some layers that are in its Region:
// CloudWatch sees no other.
func (env *environment) inRegion(layers []string) []awscdk.Stack {
	var all []awscdk.Stack
	for _, l := range layers {
		if s := env.stacks[l]; *s.Region() == env.site.Region {
			all = append(all, s)
		}
	}
	return all
}

// hubObserve watches a hub.
func (c *composer) hubObserve(h *hub) awscdk.Stack {
	name := c.hubLabel(h.site)
	stack := c.stack(c.hubPlace(h.site), LayerHubObserve, "Alarms and dashboard of the "+h.site.Name+" of the estate "+c.estate.Name, h.stack, h.peering)
	o := &observed{name: name, key: imported(stack, "LogKey", h.key), notify: c.estate.Monitoring.Notify, counted: []alarms.Event{alarms.FirewallBlocked()}}
	o.addTopic(stack)
	watched := []awscdk.Stack{h.stack, stack}
	if h.peering != nil {
		watched = append(watched, h.peering)
	}
	made := o.watch(stack, watched)
	made.Count(alarms.FirewallBlocked(), h.alerts.LogGroupName())
	c.addDatadogRole(stack, h.site.Name, name, "")
	return stack
}

// observed is a place that is watched.
type observed struct {
	name    string
	key     awskms.IKey
	notify  []string
	limits  map[string]float64
	counted []alarms.Event // beyond those of every account
	topic   *alarms.Topic
	idle    bool // nothing runs yet
}

func (o *observed) addTopic(stack awscdk.Stack) {
	o.topic = alarms.NewTopic(stack, "Topic", &alarms.TopicProps{Name: o.name + "-alarms", Key: o.key, Emails: o.notify})
	asPart(o.topic.Resource, estate.PartLogs)
}

// watch makes the alarms and the dashboard of a place, and watches its account.
func (o *observed) watch(scope constructs.Construct, watched []awscdk.Stack) *alarms.Alarms {
	made, subjects, logs := o.alarms(scope, watched)
	asPart(made.WatchAccount(o.key), estate.PartLogs)
	dashboard.New(scope, "Dashboard", &dashboard.Props{Name: o.name, Subjects: subjects, Alarms: made, More: append(o.events(), o.errors(logs)...)})
	return made
}

// show makes the alarms and the dashboard of the balancers of tenants, and of
// the tenants behind them.
func (o *observed) show(scope constructs.Construct, watched []awscdk.Stack, rankings []contributors.Rule) {
	made, subjects, logs := o.alarms(scope, watched, alarms.Fleets)
	dashboard.New(scope, "Dashboard", &dashboard.Props{Name: o.name, Subjects: subjects, Alarms: made, More: o.errors(logs), Rankings: rankings})
}

// rankTenants ranks the tenants by what the gateway's access log says of them;
// nothing is ranked where the gateway exposes nothing.
func (env *environment) rankTenants(scope constructs.Construct, name string) []contributors.Rule {
	if !env.wantsTenantAPIs() {
		return nil
	}
	return contributors.New(scope, "Rankings", &contributors.Props{Name: name, LogGroup: env.gateway.access.LogGroupName(), Key: "$.tenant", Status: "$.status"})
}

// alarms makes the alarms of what is found, and of what more makes of it.
func (o *observed) alarms(scope constructs.Construct, watched []awscdk.Stack, more ...func([]alarms.Subject) []alarms.Subject) (*alarms.Alarms, []alarms.Subject, []alarms.Log) {
	subjects, logs := alarms.Find(watched)
	if o.idle { // balancers have nobody to lead to, as is meant
		subjects = slices.DeleteFunc(subjects, func(s alarms.Subject) bool { return s.Kind.Type == "AWS::ElasticLoadBalancingV2::TargetGroup" })
	}
	for _, f := range more {
		subjects = append(subjects, f(subjects)...)
	}
	return alarms.New(scope, "Alarms", &alarms.Props{Name: o.name, Subjects: subjects, Logs: logs, Topic: o.topic, Limits: o.limits}), subjects, logs
}

// events are the graphs of what happens in the account.
func (o *observed) events() []alarms.Graph {
	failing := alarms.Graph{Row: alarms.Failing, Title: "Events that people want to know"}
	deployments := alarms.Graph{Row: alarms.Failing, Title: "Deployments, and those that failed"}
	for _, e := range slices.Concat(alarms.Events(), o.counted) {
		g := &failing
		if e.ID == "deployed" || e.ID == "undeployed" {
			g = &deployments
		}
		g.Metrics = append(g.Metrics, e.Metric(o.name))
	}
	return []alarms.Graph{failing, deployments}
}

// errors is the graph of what programs say of errors.
func (o *observed) errors(logs []alarms.Log) []alarms.Graph {
	if len(logs) == 0 {
		return nil
	}
	g := alarms.Graph{Row: alarms.Failing, Title: "Errors in logs"}
	for _, l := range logs {
		g.Metrics = append(g.Metrics, l.Errors(o.name))
	}
	return []alarms.Graph{g}
}

// trace puts the collector beside a service, where the estate has one. A role's
// permissions to send traces are the last that it gets.
func (env *environment) trace(service *fargate.Service, name string) {
	if c := env.estate.Monitoring.Collector; c != nil {
		service.Trace(env.image(c.Image), name, env.name)
	}
}

// endpointServices are the services of AWS that the site's parts call.
func (env *environment) endpointServices() []string {
	all := endpoints.Services()
	if env.estate.Monitoring.Collector != nil {
		all = append(all, "xray")
	}
	if env.estate.RunsInstances() {
		all = append(all, endpoints.Instances()...)
	}
	if env.hasCanaries() {
		all = append(all, "monitoring") // CloudWatch ("Running a canary in a VPC", Amazon CloudWatch User Guide)
	}
	if env.estate.BreaksGlass() || env.estate.RunsInstances() {
		all = append(all, endpoints.Sessions()...)
	}
	return all
}
