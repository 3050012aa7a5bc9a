package stacks

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsservicediscovery"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/alert"
	"github.com/suretyhq/surety/patterns/balancer"
	"github.com/suretyhq/surety/patterns/bucket"
	"github.com/suretyhq/surety/patterns/dnsfirewall"
	"github.com/suretyhq/surety/patterns/encryption"
	"github.com/suretyhq/surety/patterns/endpoints"
	"github.com/suretyhq/surety/patterns/failover"
	"github.com/suretyhq/surety/patterns/groups"
	"github.com/suretyhq/surety/patterns/postgres"
	"github.com/suretyhq/surety/patterns/redis"
	"github.com/suretyhq/surety/patterns/restapi"
	"github.com/suretyhq/surety/patterns/threetier"
	"github.com/suretyhq/surety/patterns/transfer"
	"github.com/suretyhq/surety/patterns/vpc"
	"github.com/suretyhq/surety/patterns/website"
)

// environment is one environment on its way from the estate to stacks.
type environment struct {
	*composer
	hub    *hub
	site   estate.Site
	name   string // the site's
	spec   estate.Environment
	stacks EnvironmentStacks

	home     *environment // what the site recovers; nil: it is at home itself
	recovery *environment // what recovers the site; nil: nothing does

	dataKey, cacheKey, logKey               awskms.Key
	filesKey, lakeKey, websiteKey, glassKey awskms.Key
	artifactsKey, volumeKey, eventsKey      awskms.Key
	reportingKey                            awskms.Key
	platformKey                             platformKey
	moved                                   *failover.Switch // what moves traffic here
	apiNames                                []*restapi.Name
	delivery                                *delivery        // nil: nothing is archived
	files                                   *transfer.Server // nil: no partners
	backupKey                               awskms.Key
	replicas                                *replicas      // nil: there is no recovery Region
	lake                                    *bucket.Bucket // nil: nothing is analysed
	network                                 *threetier.Network
	groups                                  *groups.Groups
	namespace                               awsservicediscovery.PrivateDnsNamespace
	database                                *postgres.Database
	reporting                               *postgres.Database // nil: nothing is kept like home's
	cache                                   *redis.Cache
	cluster                                 awsecs.Cluster
	balancer                                *balancer.Balancer
	registry                                map[string]awssecretsmanager.ISecret // credentials of images, by service
	tenancy                                 *tenancy
	link                                    awsapigatewayv2.VpcLink
	zone                                    awsroute53.PublicHostedZone
	gateway                                 *gateway
	edge                                    *edge
}

// stack makes the stack of a layer, which is deployed after those of other
// layers, as far as the site has them.
func (env *environment) stack(layer, description string, after ...string) awscdk.Stack {
	return env.stackIn(env.site.Region, layer, description, after...)
}

// stackIn is stack in another Region than the site's.
func (env *environment) stackIn(region, layer, description string, after ...string) awscdk.Stack {
	var stacks []awscdk.Stack
	for _, l := range after {
		switch l {
		case LayerHubCore:
			stacks = append(stacks, env.hub.stack)
		case LayerArchive:
			stacks = append(stacks, env.archive.stacks()...)
		case LayerHubRoutes:
			stacks = append(stacks, env.hub.routes)
		default:
			stacks = append(stacks, env.stacks[l])
		}
	}
	env.stacks[layer] = env.composer.stack(place{env.name, env.site.Account, region}, layer, description+" of "+env.label(), stacks...)
	return env.stacks[layer]
}

// label is the environment's name together with the estate's.
func (env *environment) label() string { return env.estate.Name + "-" + env.name }

func (env *environment) addKeys() error {
	stack := env.stack(LayerKeys, "Encryption keys")
	key := func(purpose, part string, props encryption.KeyProps) awskms.Key {
		props.Alias = env.label() + "-" + purpose
		k := env.newKey(stack, purpose, props)
		if part != "" {
			asPart(k, part)
		}
		return k
	}
	env.logKey = key("logs", estate.PartLogs, encryption.KeyProps{Description: "Log groups and alarms of " + env.label(), Logs: true, LogDelivery: true, Alarms: true})
	env.addPlatformKey(stack)
	if env.estate.Workload.Cache != nil {
		env.cacheKey = key("cache", estate.PartCache, encryption.KeyProps{Description: "Cache of " + env.label()})
	}
	if env.wantsAnalytics() {
		env.lakeKey = key("lake", estate.PartLake, encryption.KeyProps{Description: "Lake of " + env.label(), Logs: true})
	}
	if env.wantsReporting() {
		env.reportingKey = key(estate.PartReporting, estate.PartReporting, encryption.KeyProps{Description: "Reporting database of " + env.label()})
	}
	if env.wantsWebsite() {
		env.websiteKey = key("website", estate.PartEdge, encryption.KeyProps{Description: "Website of " + env.label(),
			Statements: []awsiam.PolicyStatement{website.KeyStatement(env.site.Account, env.websiteBucket())}})
	}
	if env.estate.BreaksGlass() {
		env.glassKey = key("break-glass", estate.PartBreakGlass, encryption.KeyProps{Description: "Break-glass access to " + env.label(), Instances: true, Statements: alert.KeyStatements(env.site.Account)})
	}
	if env.wantsFiles() {
		env.filesKey = key("files", estate.PartTransfer, encryption.KeyProps{Description: "Files that partners of " + env.label() + " exchange"})
	}
	if env.estate.RunsInstances() {
		env.artifactsKey = key("artifacts", estate.PartArtifacts, encryption.KeyProps{Description: "Artefacts of " + env.label()})
		env.volumeKey = key("volumes", "", encryption.KeyProps{Description: "Instances' volumes of " + env.label(), Instances: true})
	}
	if env.wantsEvents() {
		env.eventsKey = key("events", estate.PartEvents, encryption.KeyProps{Description: "Events of " + env.label(), Events: true})
	}
	if env.estate.Workload.Database != nil {
		props := env.copiedKey()
		props.Description = "Database of " + env.label()
		env.dataKey = key(dataPurpose, estate.PartDatabase, props)
	}
	if env.wantsBackup() {
		props := env.copiedKey()
		props.Description = "Backups of " + env.label()
		env.backupKey = key("backup", estate.PartBackup, props)
	}
	return nil
}

// imported refers to a key of the keys stack. Grants on it change the
// principal's policy only: a change of the key's own policy from here would
// make the keys stack depend on this one.
func imported(scope constructs.Construct, id string, key interface{ KeyArn() *string }) awskms.IKey {
	return awskms.Key_FromKeyArn(scope, jsii.String(id), key.KeyArn())
}

func (env *environment) addNetwork() error {
	h := env.hub
	stack := env.stack(LayerNetwork, "Network", LayerHubCore, LayerKeys, LayerDelivery)
	plan, _ := env.plan.Sites.Get(env.name)
	key := imported(stack, "LogKey", env.logKey)
	flowLogs := encryption.NewLogGroup(stack, "FlowLogs", &encryption.LogGroupProps{Key: key})
	queryLogs := encryption.NewLogGroup(stack, "QueryLogs", &encryption.LogGroupProps{Key: key})
	asPart(flowLogs, estate.PartLogs)
	asPart(queryLogs, estate.PartLogs)

	env.network = threetier.New(stack, "Network", &threetier.Props{Name: env.label(), CIDR: plan.CIDR, Private: env.estate.Network.Supernet,
		Zones: plan.Zones, Range: ranges(plan, env.estate.Tiers(env.site)), Subnets: subnets(plan),
		ServicePorts: env.servicePorts(), DataPorts: env.dataPorts(), Resolver: env.hasPart(estate.PartResolver), Outside: env.outsideTiers(), Replicates: env.replicates(), Peers: env.peers(),
		TransitGatewayID: h.transit.Gateway.AttrId(), FlowLogs: flowLogs, FlowArchive: env.delivery.recordsARN()})
	env.delivery.carry(stack, "QueryArchive", queryLogs)
	asPart(env.network.Attachment, estate.PartAttachment)

	dnsfirewall.Guard(stack, "Dns", &dnsfirewall.VPCProps{Name: env.label(), VPCID: env.network.Resource.AttrVpcId(), RuleGroupID: h.dns.AttrId(), Queries: queryLogs})
	env.namespace = awsservicediscovery.NewPrivateDnsNamespace(stack, jsii.String("Namespace"), &awsservicediscovery.PrivateDnsNamespaceProps{
		Name: jsii.String(env.estate.ServiceZone(env.site)), Vpc: env.network.Ref, Description: jsii.String("Services of " + env.label())})

	if err := env.addGroups(stack); err != nil {
		return err
	}
	asPart(endpoints.New(stack, "Endpoints", &endpoints.Props{VPCID: env.network.Resource.AttrVpcId(),
		SubnetIDs: env.network.SubnetIDs(threetier.Endpoint), SecurityGroup: env.groups.Of(estate.PartEndpoints),
		Services: env.endpointServices(), Packages: env.estate.RunsInstances()}).Construct, estate.PartEndpoints)
	return nil
}

// domain is the DNS name below which the environment's services are named.
func (env *environment) domain() string { return env.estate.Zone(env.site) }

// addGroups makes a security group for each part that has interfaces. All of
// an environment's groups are in one stack, so that none depends on another.
func (env *environment) addGroups(stack awscdk.Stack) error {
	props := &groups.Props{VPC: env.network.Ref, Name: env.label(), Remote: env.remotes()}
	for _, p := range env.estate.Parts() {
		if p.ID.Environment == env.name && p.ID.Tenant == "" && hasGroup(p.Kind) {
			props.Parties = append(props.Parties, p.ID.Name)
		}
	}
	own := len(props.Parties)
	if len(env.estate.TenantsOf(env.site)) > 0 {
		for _, s := range env.estate.TenantServices() {
			props.Parties = append(props.Parties, estate.TenantsGroup(s))
		}
	}
	for _, f := range env.estate.GroupFlows(env.site) {
		g := groups.Flow{From: f.From.Name, To: f.To.Name, Protocol: groups.Protocol(f.Protocol), Port: f.Port}
		if estate.IsHub(f.To.Environment) {
			g.To, g.Ranges = "", env.estate.Outside(f)
			if len(g.Ranges) == 0 {
				g.Ranges = append(g.Ranges, vpc.Internet())
			}
		}
		props.Flows = append(props.Flows, g)
	}
	var err error
	if env.groups, err = groups.New(stack, "Groups", props); err != nil {
		return err
	}
	for i, p := range props.Parties {
		if i < own { // what tenants share is no part of its own
			asPart(env.groups.Of(p), p)
		}
		if i >= own || p == estate.PartProvisioner {
			forTenants(env.groups.Of(p))
		}
	}
	return nil
}

// hasPart says whether the environment has a part of its own of a name.
func (env *environment) hasPart(name string) bool {
	return slices.ContainsFunc(env.estate.Parts(), func(p estate.Part) bool {
		return p.ID == estate.PartID{Environment: env.name, Name: name}
	})
}

// hasGroup says whether parts of a kind have interfaces with security groups.
func hasGroup(k estate.Kind) bool {
	return slices.Contains([]estate.Kind{estate.KindService, estate.KindDatabase, estate.KindCache, estate.KindBalancer, estate.KindGateway,
		estate.KindTunnel, estate.KindEndpoints, estate.KindResolver, estate.KindForwarder, estate.KindFunction,
		estate.KindReplication, estate.KindReporting, estate.KindCanary, estate.KindBreakGlass}, k)
}

func (env *environment) servicePorts() []int {
	var ports []int
	for _, s := range env.estate.Workload.Services.All() {
		ports = append(ports, s.Port)
	}
	return ports
}

func (env *environment) dataPorts() []int {
	var ports []int
	if env.estate.Workload.Database != nil {
		ports = append(ports, postgres.Port)
	}
	if env.estate.Workload.Cache != nil {
		ports = append(ports, redis.Port)
	}
	return ports
}

// outsideTiers says which tiers reach which ports on the internet: the tunnel
// and the forwarder are in the DMZ, services are in the Application tier.
func (env *environment) outsideTiers() []threetier.Outside {
	ports, by := env.outside(env.name)
	var all []threetier.Outside
	for _, p := range ports {
		for _, from := range by[p] {
			o := threetier.Outside{Tier: threetier.Application, Protocol: protocolNumber(p.protocol), Port: p.port}
			if from == estate.PartTunnel || from == estate.PartForwarder {
				o.Tier = threetier.DMZ
			}
			if !slices.Contains(all, o) {
				all = append(all, o)
			}
		}
	}
	return all
}

// surroundings is an environment's network as a later stack refers to it.
type surroundings struct {
	scope constructs.Construct
	env   *environment
	vpc   awsec2.IVpc
}

func (env *environment) surroundings(stack awscdk.Stack) surroundings {
	scope := constructs.NewConstruct(stack, jsii.String("Imported"))
	plan, _ := env.plan.Sites.Get(env.name)
	return surroundings{scope: scope, env: env, vpc: awsec2.Vpc_FromVpcAttributes(scope, jsii.String("Vpc"), &awsec2.VpcAttributes{
		VpcId: env.network.Resource.AttrVpcId(), AvailabilityZones: jsii.Strings(plan.Zones...), VpcCidrBlock: jsii.String(plan.CIDR.String())})}
}

func (s surroundings) subnets(tier string) []awsec2.ISubnet {
	var all []awsec2.ISubnet
	for _, sub := range s.env.network.Subnets(tier) {
		all = append(all, awsec2.Subnet_FromSubnetAttributes(s.scope, jsii.String(tier+"-"+sub.Zone), &awsec2.SubnetAttributes{
			SubnetId: sub.Resource.AttrSubnetId(), RouteTableId: sub.Table.AttrRouteTableId()}))
	}
	return all
}

// group refers to a part's security group.
func (s surroundings) group(part string) awsec2.ISecurityGroup {
	return unchanged(s.scope, part, s.env.groups.Of(part))
}

// unchanged refers to a part's security group so that it cannot be changed from
// here: what flows is said once, where the groups are made.
func unchanged(scope constructs.Construct, part string, group awsec2.SecurityGroup) awsec2.ISecurityGroup {
	return awsec2.SecurityGroup_FromSecurityGroupId(scope, jsii.String("Group-"+part), group.SecurityGroupId(),
		&awsec2.SecurityGroupImportOptions{Mutable: jsii.Bool(false)})
}
