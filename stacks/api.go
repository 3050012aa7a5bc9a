package stacks

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awswafv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/encryption"
	"github.com/suretyhq/surety/patterns/function"
	"github.com/suretyhq/surety/patterns/restapi"
	"github.com/suretyhq/surety/patterns/threetier"
	"github.com/suretyhq/surety/patterns/webacl"
)

// apiSize is what all clients of an API together may ask, and one client of the
// default class, in requests a second and at once; and one address in a minute.
// A Region's own limit is 2,500 and 1,250 where it is lowest ("Quotas for
// configuring and running a REST API", Amazon API Gateway Developer Guide).
func apiSize(size estate.Size) (all, one throttle, address int) {
	if size == estate.Large {
		return throttle{1000, 1000}, throttle{100, 200}, 6000
	}
	return throttle{100, 200}, throttle{20, 40}, 1200
}

type throttle struct{ rate, burst int }

const secondsPerMinute = 60

// classDefault is the throttle class of clients that no entry gives another.
const classDefault = "default"

func (env *environment) wantsAPI() bool { return len(env.estate.GatewayServices()) > 0 }

// gateway is what the APIs of a site share.
type gateway struct {
	authoriser *function.Function
	account    awsapigateway.CfnAccount
	access     awslogs.LogGroup
	acl        awswafv2.CfnWebACL
	// tenants are the APIs that lead to tenants' instances, by their service and
	// the number of the balancer; certificate is for their names, plans are those
	// of the throttle classes.
	tenants     map[string][]*restapi.API
	certificate *string
	plans       []awsapigateway.CfnUsagePlan
}

// addAPI makes an API for each service that the gateway exposes: its name, its
// stage and the web ACL before it. The authoriser is one for all.
func (env *environment) addAPI() error {
	stack := env.stack(LayerAPI, "API Gateway", LayerKeys, LayerDelivery, LayerNetwork, LayerHubRoutes, LayerPlatform, LayerZone)
	var moved *string // the health check that says that names lead to the recovery Region
	if env.recovery != nil {
		stack.AddStackDependency(env.recovery.stacks[LayerSwitch], jsii.String("names lead by its health check"))
		moved = env.recovery.moved.HealthCheck.AttrHealthCheckId()
	}
	logKey := imported(stack, "LogKey", env.logKey)
	authoriser, err := env.addAuthoriser(stack, logKey)
	if err != nil {
		return err
	}
	env.gateway = &gateway{authoriser: authoriser, account: restapi.NewAccount(stack, "Account"), tenants: map[string][]*restapi.API{}}
	env.gateway.access = encryption.NewLogGroup(stack, "AccessLogs", &encryption.LogGroupProps{Key: logKey})
	asPart(env.gateway.access, estate.PartLogs)
	env.delivery.carry(stack, "AccessArchive", env.gateway.access)
	all, one, address := apiSize(env.spec.Size)

	acl := webacl.New(stack, "WebAcl", &webacl.Props{Name: env.label() + "-api", Scope: webacl.Regional, RequestsPerMinute: address,
		RequestsPerName: secondsPerMinute * max(all.rate, env.estate.FastestTenant()), ForServers: true})
	env.gateway.acl = acl
	decisions := encryption.NewLogGroup(stack, "WebAclLogs", &encryption.LogGroupProps{Key: logKey, Name: webacl.LogPrefix + env.label() + "-api"})
	asPart(decisions, estate.PartLogs)
	env.delivery.carry(stack, "WebAclArchive", decisions)
	webacl.LogTo(stack, "WebAclLogging", acl.AttrArn(), encryption.GroupARN(decisions))

	plan := &restapi.PlanProps{Name: env.label() + "-" + classDefault, Rate: one.rate, Burst: one.burst}
	for _, name := range env.estate.GatewayServices() {
		api := env.newAPI(stack, name, &restapi.Props{Name: env.label() + "-" + name, CertificateARN: env.certificate(stack, name),
			Zone: env.publicZone(scopeIn(stack, "Zone-"+name)), HealthCheckID: moved, BalancerARN: env.balancer.Resource.LoadBalancerArn(),
			Origins: env.estate.Origins(env.site), Rate: all.rate, Burst: all.burst})
		plan.APIs = append(plan.APIs, api)
		env.apiNames = append(env.apiNames, api.Name)
	}
	restapi.NewKey(stack, "Key", &restapi.KeyProps{Name: jsii.String(env.label() + "-" + classDefault), PlanID: restapi.NewPlan(stack, "Plan", plan).Ref(),
		Value: env.sharedKeyValue(stack)})
	return nil
}

// newAPI makes an API of a service, with what all of a site's APIs share.
func (env *environment) newAPI(scope constructs.Construct, service string, props *restapi.Props) *restapi.API {
	g := env.gateway
	props.Host = env.estate.GatewayHost(env.site, service)
	props.Domain, props.LinkID, props.Authoriser = props.Host, env.link.VpcLinkId(), g.authoriser.Resource
	props.AccessLogs, props.LogKey, props.Account = g.access, imported(scopeIn(scope, "Log-"+service), "Key", env.logKey), g.account
	api := restapi.New(scope, service, props)
	asPart(api.Construct, estate.PartGateway)
	asPart(api.Errors, estate.PartLogs)
	webacl.Protect(api.Construct, "WebAcl", g.acl.AttrArn(), api.StageARN(), api.Stage)
	return api
}

// addAuthoriser makes the function that knows the API's clients. It stands in
// the VPC, so that what it fetches from the identity provider is inspected like
// everything else that leaves.
func (env *environment) addAuthoriser(stack awscdk.Stack, logKey awskms.IKey) (*function.Function, error) {
	around := env.surroundings(stack)
	f, err := function.New(stack, "Authoriser", &function.Props{Name: env.label() + "-" + estate.PartAuthoriser,
		Description: fmt.Sprintf("Decides which requests the gateway of %s lets through", env.label()),
		Folder:      env.options.Functions, Program: "authoriser", TimeoutSeconds: 5, NoDeadLetters: true,
		Environment: map[string]*string{"TOKEN_ISSUER": jsii.String(env.estate.TokenIssuer(env.site)), "TOKEN_AUDIENCE": jsii.String(env.estate.TokenAudience(env.site))},
		VPC:         around.vpc, Subnets: around.subnets(threetier.Application), SecurityGroup: around.group(estate.PartAuthoriser),
		Key: imported(stack, "PlatformKey", env.platformKey), LogKey: logKey})
	if err != nil {
		return nil, err
	}
	asPart(f.Construct, estate.PartAuthoriser)
	asPart(f.Logs, estate.PartLogs)
	return f, nil
}
