package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/restapi"
)

// Outputs of a tenant's foothold. What follows a service's name is its own for
// each service.
const (
	outputKey    = "Key"    // the ARN of the tenant's key
	outputTarget = "Target" // + the service: where API Gateway serves its name
	outputZone   = "Zone"   // + the service: the zone of that
)

func (env *environment) wantsFoothold() bool { return env.home != nil && env.wantsTenants() }

// addFoothold makes the template of what a tenant has in the recovery Region
// before it has anything at home: the key by which the copies of its secrets are
// encrypted, and the names of its APIs, to which home's records lead. Its services
// there are deployed after home, because they read those secrets; so references
// between the Regions go one way, and no stack waits for itself.
func (env *environment) addFoothold() error {
	t := env.newTenantStack(LayerFoothold, "Key and names of a tenant", env.gatewayLayers()...)
	own := constructs.NewConstruct(t.stack, jsii.String("Own"))
	asPart(own, estate.PartTenant)
	t.output(outputKey, t.newTenantKey(own).KeyArn())
	if !env.wantsTenantAPIs() {
		return nil
	}
	t.number = t.balancerNumber()
	for _, name := range env.estate.TenantServices() {
		s, _ := env.estate.Workload.Services.Get(name)
		if s.Expose != estate.ExposeGateway {
			continue
		}
		scope := constructs.NewConstruct(t.stack, jsii.String(name))
		asPart(scope, name)
		n := t.publish(scope, name, t.hostOf(name))
		t.output(parameter(outputTarget, name), n.Target)
		t.output(parameter(outputZone, name), n.ZoneID)
	}
	return nil
}

func (t *tenantStack) output(name string, value *string) {
	awscdk.NewCfnOutput(t.stack, jsii.String(name), &awscdk.CfnOutputProps{Value: value})
}

// footholdOutput reads what the foothold of a tenant on the site says. The name of
// its stack holds the tenant's, which only deployment knows
// ("Fn::GetStackOutput", AWS CloudFormation Template Reference: StackName may be
// a parameter's value).
func (env *environment) footholdOutput(tenant *string, output string) *string {
	return awscdk.Fn_GetStackOutput(jsii.String(env.label()+"-"+LayerFoothold+"-"+*tenant), jsii.String(output), jsii.String(env.site.Region), nil)
}

// footholdName is the name of a tenant's service at the gateway of the site.
func (env *environment) footholdName(tenant *string, service string, host *string) *restapi.Name {
	return &restapi.Name{Domain: *host, Target: env.footholdOutput(tenant, parameter(outputTarget, service)),
		ZoneID: env.footholdOutput(tenant, parameter(outputZone, service))}
}
