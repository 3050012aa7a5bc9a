package stacks

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/restapi"
)

// wantsTenantAPIs says whether tenants of the site have instances of services
// that the gateway exposes.
func (env *environment) wantsTenantAPIs() bool { return env.wantsAPI() && env.wantsTenants() }

// shards is how many balancers serve the site's tenants.
func (env *environment) shards() int { return env.estate.Balancers(env.site) }

// gatewayLayer is the stack of the APIs that lead to one balancer of tenants. An
// integration by a VPC link names one balancer ("Private integrations for REST
// APIs", Amazon API Gateway Developer Guide), so that each balancer has APIs of
// its own, in a stack of their own.
func gatewayLayer(balancer int) string { return fmt.Sprintf("%s-%d", LayerGateway, balancer) }

// gatewayLayers are the stacks of the gateway that there are for tenants.
func (env *environment) gatewayLayers() []string {
	if !env.wantsTenantAPIs() {
		return nil
	}
	layers := []string{LayerPlans}
	for i := range env.shards() {
		layers = append(layers, gatewayLayer(i))
	}
	return layers
}

// tenantLayers are the stacks that the site has for its tenants' sake.
func (env *environment) tenantLayers() []string {
	if !env.wantsTenants() {
		return nil
	}
	return append([]string{LayerTenancy}, env.gatewayLayers()...)
}

// addTenantAPIs makes the APIs that lead to tenants' instances: one for each
// balancer and service, however many tenants there are behind it.
func (env *environment) addTenantAPIs() error {
	all, _, _ := apiSize(env.spec.Size)
	for _, class := range env.estate.ThrottleClasses(env.site) {
		all.rate, all.burst = max(all.rate, class.Rate), max(all.burst, class.Burst)
	}
	for i, b := range env.tenancy.balancers {
		stack := env.stack(gatewayLayer(i), fmt.Sprintf("APIs of the tenants behind balancer %d", i), LayerKeys, LayerPlatform, LayerTenancy, LayerAPI)
		forTenants(stack)
		scope := scopeIn(stack, fmt.Sprintf("Balancer%d", i)) // alarms are named by the path
		for _, name := range env.estate.GatewayServices() {
			api := env.newAPI(scope, name, &restapi.Props{Name: fmt.Sprintf("%s-tenants-%d-%s", env.label(), i, name), OfTenants: true,
				BalancerARN: b.Resource.LoadBalancerArn(), Origins: env.estate.PortalSuffixes(env.site), Rate: all.rate, Burst: all.burst})
			env.gateway.tenants[name] = append(env.gateway.tenants[name], api)
		}
	}
	return nil
}

// addPlans makes a usage plan for each throttle class, for all the APIs of
// tenants, and the certificate for their names.
func (env *environment) addPlans() error {
	layers := env.gatewayLayers()[1:] // its own is the first
	stack := env.stack(LayerPlans, "Usage plans of tenants, and the certificate for their APIs", append(layers, LayerZone)...)
	forTenants(stack)
	if env.home != nil {
		stack.AddStackDependency(env.home.stacks[LayerPlans], jsii.String("its certificate's record validates this one too"))
	}
	env.gateway.certificate = awscertificatemanager.NewCertificate(stack, jsii.String("Certificate"), &awscertificatemanager.CertificateProps{
		DomainName: jsii.String("*." + env.domain()), Validation: awscertificatemanager.CertificateValidation_FromDns(
			env.publicZone(scopeIn(stack, "Validation")))}).CertificateArn()
	var apis []*restapi.API
	for _, name := range env.estate.GatewayServices() {
		apis = append(apis, env.gateway.tenants[name]...)
	}
	for _, class := range env.estate.ThrottleClasses(env.site) {
		id := fmt.Sprintf("%dx%d", class.Rate, class.Burst)
		env.gateway.plans = append(env.gateway.plans, restapi.NewPlan(stack, "Plan-"+id, &restapi.PlanProps{
			Name: env.label() + "-tenants-" + id, Rate: class.Rate, Burst: class.Burst, APIs: apis}))
	}
	return nil
}

// keyLength is how many characters of a tenant's API key nobody can guess.
const keyLength = 40

// addKey makes the tenant's API key, in the plan of its class. Its value begins
// with the tenant's name; the rest is a secret, which AWS generates and
// CloudFormation reads when it makes the key ("Get a secret or secret value from
// Secrets Manager", AWS CloudFormation User Guide). So the recovery Region, where
// the secret is replicated, has a key of the same value.
func (t *tenantStack) addKey(scope constructs.Construct) {
	secret := t.ownSecret(scope, "ApiKeySecret", "api-key", "What the API key of tenant "+*t.tenant+" ends with", keyLength)
	prefix := t.text(paramKey, "What the tenant's API key begins with, and says whose it is")
	class := awscdk.NewCfnParameter(t.stack, jsii.String(paramClass), &awscdk.CfnParameterProps{Type: jsii.String("Number"),
		Description: jsii.String("The number of the tenant's throttle class")})
	var plans []*string
	for _, p := range t.gateway.plans {
		plans = append(plans, p.Ref())
	}
	restapi.NewKey(scope, "ApiKey", &restapi.KeyProps{Name: jsii.String(t.label() + "-" + *t.tenant), PlanID: selected(class.ValueAsNumber(), plans),
		Value: jsii.String(*prefix + *secret.SecretValue().UnsafeUnwrap())})
}

// publish gives the tenant's instance of a service its name on the internet,
// which leads to the API of the balancer that serves the tenant, and where the
// environment recovers, on the same word as the environment's own names, to the
// tenant's foothold.
func (t *tenantStack) publish(scope constructs.Construct, service string, host *string) *restapi.Name {
	var apis []*string
	for _, a := range t.gateway.tenants[service] {
		apis = append(apis, a.Resource.Ref())
	}
	public := scopeIn(scope, "Public")
	props := &restapi.NameProps{Domain: host, CertificateARN: t.gateway.certificate, Zone: t.publicZone(public),
		API: selected(t.number, apis), Stage: jsii.String(restapi.Stage)}
	if t.recovery != nil {
		t.stack.AddStackDependency(t.recovery.stacks[LayerSwitch], jsii.String("names lead by its health check"))
		props.HealthCheckID = t.recovery.moved.HealthCheck.AttrHealthCheckId()
		t.recovery.footholdName(t.tenant, service, host).Secondary(public, "Recovery", props.Zone)
	}
	return restapi.NewName(public, props)
}
