package stacks

import (
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsservicediscovery"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/balancer"
	"github.com/suretyhq/surety/patterns/encryption"
	"github.com/suretyhq/surety/patterns/events"
	"github.com/suretyhq/surety/patterns/fargate"
	"github.com/suretyhq/surety/patterns/groups"
	"github.com/suretyhq/surety/patterns/redis"
	"github.com/suretyhq/surety/patterns/restapi"
	"github.com/suretyhq/surety/patterns/threetier"
)

// Parameters of a site's template of tenants. What follows a service's name is
// its own for each service.
const (
	paramTenant   = "Tenant"    // the tenant's name in the estate file
	paramBalancer = "Balancer"  // the number of the balancer that serves it
	paramHost     = "Host"      // + the service: the name at which clients find it
	paramPriority = "Priority"  // + the service: its rule's number
	paramCache    = "CacheUser" // the id of the tenant's user of the cache
	paramClass    = "Class"     // the number of its throttle class
	paramKey      = "KeyPrefix" // what its API key begins with
	paramOrigins  = "Origins"   // the origins of its portals
)

// tenantStack is a site's template of tenants while it is composed.
type tenantStack struct {
	*environment
	stack       awscdk.Stack
	around      surroundings
	tenant      *string // the parameter's value
	cacheUser   *string // likewise; nil where no tenant uses a cache
	origins     *string // likewise; nil where tenants have no portals, or no API
	key, logKey awskms.IKey
	secret      awssecretsmanager.ISecret
	cluster     awsecs.ICluster
	listener    awselasticloadbalancingv2.IApplicationListener
	balancer    awselasticloadbalancingv2.IApplicationLoadBalancer
	number      *float64 // the number of the balancer
	zone        awsroute53.IHostedZone
	namespace   awsservicediscovery.IPrivateDnsNamespace
	groups      map[string]awsec2.ISecurityGroup
	application []awsec2.ISubnet
	database    awscdk.CustomResource
}

// addTenant makes the one template of all tenants of a site. They differ by
// its parameters, so that a thousand of them synthesise as fast as four.
func (env *environment) addTenant() error {
	t := env.newTenantStack(LayerTenant, "A tenant", append(env.gatewayLayers(), LayerTenancy, LayerFoothold, LayerZone)...)
	stack := t.stack
	if env.recovery != nil {
		stack.AddStackDependency(env.recovery.stacks[LayerFoothold], jsii.String("the tenant's names and the copies of its secrets lead there"))
	}
	t.around, t.groups = env.surroundings(stack), map[string]awsec2.ISecurityGroup{}
	t.application = t.around.subnets(threetier.Application)
	t.cluster = env.clusterIn(t.around.scope, t.around.vpc)
	t.number = t.balancerNumber()
	t.listener, t.balancer = env.listenerOf(t.around.scope, t.number, t.around)
	t.zone = awsroute53.PrivateHostedZone_FromHostedZoneAttributes(t.around.scope, jsii.String("Zone"), &awsroute53.HostedZoneAttributes{
		HostedZoneId: env.balancer.Zone.HostedZoneId(), ZoneName: jsii.String(env.domain())})
	t.namespace = importedNamespace(t.around.scope, env)
	if len(env.tenantsOf(estate.PartCache)) > 0 {
		t.cacheUser = t.text(paramCache, "The id of the tenant's user of the cache")
	}
	if t.wantsTenantAPIs() && len(env.estate.PortalSuffixes(env.site)) > 0 {
		t.origins = t.text(paramOrigins, "The origins of the tenant's portals, with commas between them")
	}
	t.addOwn()
	t.addGroups()
	for _, name := range env.estate.TenantServices() {
		t.addService(name)
	}
	return nil
}

// newTenantStack makes a template that is deployed once for each tenant.
func (env *environment) newTenantStack(layer, description string, after ...string) *tenantStack {
	t := &tenantStack{environment: env, stack: env.stack(layer, description, after...)}
	t.tenant = t.text(paramTenant, "The tenant's name in the estate file")
	tag(t.stack, addr.TagTenant, *t.tenant)
	return t
}

// balancerNumber is the parameter that says which balancer serves the tenant.
func (t *tenantStack) balancerNumber() *float64 {
	return awscdk.NewCfnParameter(t.stack, jsii.String(paramBalancer), &awscdk.CfnParameterProps{Type: jsii.String("Number"),
		Description: jsii.String("The number of the balancer that serves the tenant")}).ValueAsNumber()
}

// text makes a parameter and returns its value. Names of parameters are
// alphanumeric, so that a service's hyphens are left out.
func (t *tenantStack) text(name, description string) *string {
	return awscdk.NewCfnParameter(t.stack, jsii.String(name), &awscdk.CfnParameterProps{Type: jsii.String("String"),
		Description: jsii.String(description)}).ValueAsString()
}

// addOwn makes the tenant's key and secret, and its database. Where the
// environment recovers, the key is in the tenant's foothold, and the secret is the
// copy of home's.
func (t *tenantStack) addOwn() {
	scope := constructs.NewConstruct(t.stack, jsii.String("Own"))
	asPart(scope, estate.PartTenant)
	if t.home != nil {
		t.key = awskms.Key_FromKeyArn(scope, jsii.String("Key"), t.footholdOutput(t.tenant, outputKey))
	} else {
		t.key = t.newTenantKey(scope)
	}
	t.logKey = t.key
	t.secret = t.ownSecret(scope, "Secret", "secret", "What the services of tenant "+*t.tenant+" sign and encrypt with", secretLength)
	if t.wantsTenantAPIs() {
		t.addKey(scope)
	}
	if t.tenancy.provisioner == nil {
		return
	}
	var users []*string
	for _, s := range t.estate.TenantServices() {
		if t.uses(s, estate.PartDatabase) {
			users = append(users, t.user(s))
		}
	}
	if len(users) == 0 {
		return
	}
	t.database = awscdk.NewCustomResource(scope, jsii.String("Database"), &awscdk.CustomResourceProps{
		ServiceToken: t.tenancy.provisioner.Resource.FunctionArn(), ResourceType: jsii.String("Custom::TenantDatabase"),
		Properties: &map[string]any{"Database": t.tenant, "Users": users}, RemovalPolicy: awscdk.RemovalPolicy_RETAIN})
}

// tenantAlias is the alias of the key of a tenant on a site.
func (env *environment) tenantAlias(tenant *string) string { return env.label() + "-" + *tenant }

// newTenantKey makes the key of what is the tenant's own on the site.
func (t *tenantStack) newTenantKey(scope constructs.Construct) awskms.Key {
	return encryption.NewKey(scope, "Key", &encryption.KeyProps{Alias: t.tenantAlias(t.tenant), Description: "Tenant " + *t.tenant + " of " + t.label(),
		Administrator: t.estate.Keys.Administrator, Logs: true})
}

// ownSecret makes a secret of the tenant, with a copy in the Region that recovers
// the site, by the key that the tenant has there. On a site that recovers another
// it refers to the copy of the other's.
func (t *tenantStack) ownSecret(scope constructs.Construct, id, name, description string, length int) awssecretsmanager.ISecret {
	name = *t.tenant + "/" + name
	if t.recovery == nil { // its own is the only one, or home has it
		return t.environment.secret(scope, id, name, description, t.key, random(length))
	}
	replicas := t.secretReplicas(scope, id+"ReplicaKey", LayerFoothold, t.recovery.tenantAlias(t.tenant))
	return t.newSecret(scope, id, name, description, t.key, random(length), replicas)
}

// secretLength is the length of the secret that a tenant starts with.
const secretLength = 64

// user is the database user of a tenant's instance of a service. A name in an
// estate has no underscore, so that no two tenants' users have one name.
func (t *tenantStack) user(service string) *string { return jsii.String(*t.tenant + "_" + service) }

// addGroups makes a security group for each of the tenant's services, open to
// what flows within the tenant. All else flows by the groups that tenants
// share.
func (t *tenantStack) addGroups() {
	services := t.estate.TenantServices()
	props := &groups.Props{VPC: t.around.vpc, Name: t.label() + " " + *t.tenant, Parties: services}
	for _, f := range t.estate.GroupFlows(t.site) {
		if t.shares(f.From.Name) && t.shares(f.To.Name) {
			props.Flows = append(props.Flows, groups.Flow{From: f.From.Name, To: f.To.Name, Protocol: groups.Protocol(f.Protocol), Port: f.Port})
		}
	}
	all, err := groups.New(t.stack, "Groups", props)
	if err != nil {
		panic(err) // both ends are services of the list above
	}
	for _, s := range services {
		asPart(all.Of(s), s)
		t.groups[s] = unchanged(t.around.scope, s, all.Of(s))
	}
}

// shares says whether tenants have instances of their own of a service.
func (t *tenantStack) shares(service string) bool {
	for _, s := range t.estate.TenantServices() {
		if s == service {
			return true
		}
	}
	return false
}

func (t *tenantStack) addService(name string) {
	s, _ := t.estate.Workload.Services.Get(name)
	scope := constructs.NewConstruct(t.stack, jsii.String(name))
	asPart(scope, name)
	copies, cpu, memory := tenantSize(len(t.application))
	most := scalingFactor * copies
	copies = t.standbyCopies(copies)
	props := &fargate.ServiceProps{Cluster: t.cluster, Name: name, Image: t.image(s.Image), Port: s.Port, Environment: t.settings(name, s),
		Subnets: t.application, SecurityGroup: t.groups[name], MoreGroups: []awsec2.ISecurityGroup{t.around.group(estate.TenantsGroup(name))},
		Copies: copies, MaxCopies: most, CPU: cpu, MemoryMiB: memory, LogKey: t.logKey,
		Namespace: t.namespace, Discovery: jsii.String(*t.tenant + "-" + name),
		Secrets:    map[string]awsecs.Secret{"TENANT_SECRET": awsecs.Secret_FromSecretsManager(t.secret, nil)},
		SecretKeys: []awskms.IKey{t.key}}
	if credentials := t.registry[name]; credentials != nil {
		props.Credentials = t.shared(scope, "Registry", credentials)
		props.SecretKeys = append(props.SecretKeys, imported(scope, "PlatformKey", t.platformKey))
	}
	service := fargate.New(scope, "Service", props)
	if t.uses(name, estate.PartDatabase) {
		t.environment.database.Cluster.GrantConnect(service.Task.TaskRole(), t.user(name))
		if t.database != nil {
			service.Resource.Node().AddDependency(t.database)
		}
	}
	if t.uses(name, estate.PartCache) {
		t.environment.cache.GrantConnectAs(service.Task.TaskRole(), t.cacheUser)
	}
	t.grantFiles(service.Task.TaskRole())
	if t.estate.Publishes(name) {
		events.GrantPublish(scope, t.label(), t.tenant, service.Task.TaskRole())
	}
	t.trace(service, *t.tenant+"-"+name)
	t.route(scope, name, s, service)
}

// shared refers to a secret that the site's platform stack has: by its ARN, or to
// the copy of home's by its name.
func (t *tenantStack) shared(scope constructs.Construct, id string, secret awssecretsmanager.ISecret) awssecretsmanager.ISecret {
	if t.home != nil {
		return awssecretsmanager.Secret_FromSecretNameV2(scope, jsii.String(id), secret.SecretName())
	}
	return awssecretsmanager.Secret_FromSecretCompleteArn(scope, jsii.String(id), secret.SecretArn())
}

// route leads the service's name to it: by its host, and behind the gateway by
// the header that the gateway sets.
func (t *tenantStack) route(scope constructs.Construct, name string, s estate.Service, service *fargate.Service) {
	priority := awscdk.NewCfnParameter(t.stack, jsii.String(parameter(paramPriority, name)), &awscdk.CfnParameterProps{Type: jsii.String("Number"),
		Description: jsii.String("The number of the rule of " + name)})
	route := &balancer.RouteProps{VPC: t.around.vpc, Listener: t.listener, Balancer: t.balancer, Priority: priority.ValueAsNumber(),
		Service: service.Resource, Container: name, Port: s.Port, Stage: stageOf(s)}
	if s.Expose == estate.ExposeGateway {
		// The gateway asks for the service by the name that all tenants' have.
		route.Host, route.Header, route.HeaderValue = jsii.String(t.estate.GatewayHost(t.site, name)), restapi.HeaderTenant, t.tenant
		if t.home == nil { // else its name is in the tenant's foothold
			t.publish(scope, name, t.hostOf(name))
		}
	} else {
		route.Host, route.Zone = t.hostOf(name), t.zone
	}
	balancer.NewRoute(scope, "Route", route)
}

// hostOf is the parameter that says at which name clients find a service.
func (t *tenantStack) hostOf(service string) *string {
	return t.text(parameter(paramHost, service), "The name at which clients find "+service)
}

// tenantSize is a tenant's instance of a service: a copy in each zone. It
// scales with the tenant's load.
func tenantSize(zones int) (copies, cpu, memory int) { return zones, 256, 512 }

// settings are a service's environment variables, as in platform, but for the
// tenant: its own instances of its callees, its own database and user.
func (t *tenantStack) settings(name string, s estate.Service) map[string]*string {
	vars := t.environment.settings(name, s, func(callee string) string {
		if t.shares(callee) {
			return *t.tenant + "-" + callee
		}
		return callee
	})
	vars["TENANT"] = t.tenant
	vars["FILES_BUCKET"], vars["FILES_PREFIX"], vars["FILES_KEY"] = t.tenancy.files.BucketName(), jsii.String(*t.tenant+"/"), t.key.KeyArn()
	if s.Expose == estate.ExposeGateway && t.origins != nil {
		vars[estate.OriginsVariable] = t.origins
	}
	if t.uses(name, estate.PartDatabase) {
		vars["PGDATABASE"], vars["PGUSER"] = t.tenant, t.user(name)
	}
	if t.uses(name, estate.PartCache) {
		maps.Copy(vars, t.environment.cache.SettingsAs(t.cacheUser, t.tenant))
	}
	if t.estate.Publishes(name) {
		vars[eventSource] = t.tenant
	}
	return vars
}

// parameter names a service's parameter.
func parameter(prefix, service string) string {
	name := []byte(prefix)
	upper := true
	for i := range len(service) {
		switch c := service[i]; {
		case c == '-':
			upper = true
		case upper && 'a' <= c && c <= 'z':
			name, upper = append(name, c-'a'+'A'), false
		default:
			name, upper = append(name, c), false
		}
	}
	return string(name)
}

// selected is one of the values, by a number that only deployment knows.
func selected(number *float64, values []*string) *string { return awscdk.Fn_Select(number, &values) }

// parameters are what the parameters of the site's templates of tenants are for
// a tenant.
func (env *environment) parameters(t estate.Tenancy) map[string]string {
	p := map[string]string{paramTenant: t.Tenant, paramBalancer: fmt.Sprint(t.Balancer)}
	if env.wantsTenantAPIs() {
		p[paramClass], p[paramKey] = fmt.Sprint(t.Class), addr.KeyPrefix(t.Tenant, t.Label)
		if origins := env.estate.TenantOrigins(env.site, t); len(origins) > 0 {
			p[paramOrigins] = strings.Join(origins, ",")
		}
	}
	if len(env.tenantsOf(estate.PartCache)) > 0 {
		p[paramCache] = redis.UserID(env.label(), t.Tenant)
	}
	for _, s := range t.Services {
		p[parameter(paramHost, s.Name)] = s.Host
		p[parameter(paramPriority, s.Name)] = fmt.Sprint(s.Priority)
	}
	return p
}
