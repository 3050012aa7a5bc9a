package stacks

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsservicediscovery"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/balancer"
	"github.com/suretyhq/surety/patterns/fargate"
	"github.com/suretyhq/surety/patterns/restapi"
	"github.com/suretyhq/surety/patterns/threetier"
)

// platform is an environment's platform stack while it is composed.
type platform struct {
	*environment
	stack       awscdk.Stack
	around      surroundings
	namespace   awsservicediscovery.IPrivateDnsNamespace
	key, logKey awskms.IKey
	application []awsec2.ISubnet
	dmz         []awsec2.ISubnet
}

func (env *environment) addPlatform() error {
	stack := env.stack(LayerPlatform, "Services", LayerKeys, LayerDelivery, LayerNetwork, LayerHubRoutes, LayerData, LayerCache, LayerArtifacts)
	p := &platform{environment: env, stack: stack, around: env.surroundings(stack)}
	env.registry = map[string]awssecretsmanager.ISecret{}
	p.application, p.dmz = p.around.subnets(threetier.Application), p.around.subnets(threetier.DMZ)
	p.key, p.logKey = imported(stack, "PlatformKey", env.platformKey), imported(stack, "LogKey", env.logKey)
	p.namespace = importedNamespace(p.around.scope, env)
	env.cluster = fargate.NewCluster(stack, "Cluster", &fargate.ClusterProps{Name: env.label(), VPC: p.around.vpc, StorageKeyID: env.platformKey.id})

	ways := map[estate.Expose]bool{}
	for _, s := range env.estate.Workload.Services.All() {
		ways[s.Expose] = true
	}
	if ways[estate.ExposeGateway] || ways[estate.ExposeAccess] {
		env.balancer = balancer.New(stack, "Balancer", &balancer.Props{VPC: p.around.vpc, Subnets: p.dmz,
			SecurityGroup: p.around.group(estate.PartBalancer), Domain: env.domain(), Logs: env.delivery.accessLogs()})
		asPart(p.balancer.Construct, estate.PartBalancer)
	}
	for name, s := range env.estate.Workload.Services.All() {
		if s.Kind == estate.RuntimeEC2 {
			p.addInstances(name, s)
		} else {
			p.addService(name, s)
		}
	}
	if ways[estate.ExposeGateway] {
		p.addGateway()
	}
	if ways[estate.ExposeAccess] {
		p.addTunnel()
	}
	return nil
}

// importedNamespace refers to the environment's namespace from a later stack.
func importedNamespace(scope constructs.Construct, env *environment) awsservicediscovery.IPrivateDnsNamespace {
	return awsservicediscovery.PrivateDnsNamespace_FromPrivateDnsNamespaceAttributes(scope, jsii.String("Namespace"),
		&awsservicediscovery.PrivateDnsNamespaceAttributes{NamespaceArn: env.namespace.NamespaceArn(), NamespaceId: env.namespace.NamespaceId(),
			NamespaceName: env.namespace.NamespaceName()})
}

// serviceSize is a service's: copies at rest, CPU units and MiB of memory.
func serviceSize(size estate.Size, zones int) (copies, cpu, memory int) {
	if size == estate.Large {
		return 2 * zones, 1024, 2048
	}
	return zones, 256, 512
}

// scalingFactor is how many times its copies at rest a service may have.
const scalingFactor = 4

func (p *platform) addService(name string, s estate.Service) {
	scope := constructs.NewConstruct(p.stack, jsii.String(name))
	asPart(scope, name)
	copies, cpu, memory := serviceSize(p.spec.Size, len(p.application))
	most := scalingFactor * copies
	copies = p.standbyCopies(copies)
	props := &fargate.ServiceProps{Cluster: p.cluster, Name: name, Image: p.image(s.Image), Port: s.Port, Environment: p.settings(name, s, itself),
		Subnets: p.application, SecurityGroup: p.around.group(name), Copies: copies, MaxCopies: most,
		CPU: cpu, MemoryMiB: memory, Namespace: p.namespace, LogKey: p.logKey, Credentials: p.registryCredentials(scope, name)}
	if props.Credentials != nil {
		p.registry[name] = props.Credentials
		props.SecretKeys = []awskms.IKey{p.key}
	}
	service := fargate.New(scope, "Service", props)
	asPart(service.Logs, estate.PartLogs)
	p.grant(scope, service.Task.TaskRole(), name)
	p.trace(service, name)
	if s.Expose != estate.ExposeNone {
		p.balancer.Expose(name, service.Resource, s.Port, stageOf(s))
	}
}

// stageOf is the stage whose name the gateway puts before a service's paths.
func stageOf(s estate.Service) string {
	if s.Expose == estate.ExposeGateway {
		return restapi.Stage
	}
	return ""
}

// settings are a service's environment variables, with the names that found
// gives its callees.
func (env *environment) settings(name string, s estate.Service, found func(callee string) string) map[string]*string {
	vars := env.settingsOf(name, found)
	vars["PORT"] = jsii.String(fmt.Sprint(s.Port))
	if origins := env.estate.Origins(env.site); s.Expose == estate.ExposeGateway && len(origins) > 0 {
		vars[estate.OriginsVariable] = jsii.String(strings.Join(origins, ","))
	}
	return vars
}

// registryCredentials is the secret that opens the image's registry; images in
// Amazon ECR are opened by the service's role. The secret is made with a
// random password, which an operator replaces once.
func (p *platform) registryCredentials(scope constructs.Construct, service string) awssecretsmanager.ISecret {
	s, _ := p.estate.Workload.Services.Get(service)
	if host, _, _ := strings.Cut(s.Image, "/"); strings.HasSuffix(host, ".amazonaws.com") || host == "public.ecr.aws" {
		return nil
	}
	return p.secret(scope, "Registry", service+"/registry", "Credentials of the registry that holds the image of "+service, p.key,
		&awssecretsmanager.SecretStringGenerator{SecretStringTemplate: jsii.String(`{"username":"replace"}`), GenerateStringKey: jsii.String("password")})
}

// addGateway makes the VPC link by which API Gateway reaches the balancer.
func (p *platform) addGateway() {
	link := awsapigatewayv2.NewVpcLink(p.stack, jsii.String("Gateway"), &awsapigatewayv2.VpcLinkProps{
		Vpc: p.around.vpc, VpcLinkName: jsii.String(p.label()), Subnets: &awsec2.SubnetSelection{Subnets: &p.dmz},
		SecurityGroups: &[]interfacesawsec2.ISecurityGroupRef{p.around.group(estate.PartGateway)}})
	asPart(link, estate.PartGateway)
	p.link = link
}

// The tunnel's task: it forwards, so it needs little.
const (
	tunnelCPU     = 256
	tunnelMemory  = 512
	tunnelMetrics = "2000"
)

// tunnelCopies is how many copies of the tunnel run: none where it recovers
// another site's. All copies of a tunnel are alike to Cloudflare, which would
// lead people to whichever is nearest ("Tunnel replicas", Cloudflare One docs).
func (p *platform) tunnelCopies() int {
	if p.site.Recovery() {
		return 0
	}
	return len(p.dmz)
}

// addTunnel makes the service that keeps the Zero Trust tunnel open: a copy in
// each zone, never scaled, because scaling in breaks connections.
func (p *platform) addTunnel() {
	scope := constructs.NewConstruct(p.stack, jsii.String("Tunnel"))
	asPart(scope, estate.PartTunnel)
	token := p.secret(scope, "Token", "tunnel/token", "Token of the Zero Trust tunnel of "+p.label(), p.key, &awssecretsmanager.SecretStringGenerator{ExcludePunctuation: jsii.Bool(true)})
	service := fargate.New(scope, "Service", &fargate.ServiceProps{Cluster: p.cluster, Name: estate.PartTunnel, Image: p.image(p.estate.Access.Tunnel.Image),
		Command:     []string{"tunnel", "--no-autoupdate", "--metrics", "0.0.0.0:" + tunnelMetrics, "run"},
		HealthCheck: []string{"CMD", "cloudflared", "tunnel", "--metrics", "127.0.0.1:" + tunnelMetrics, "ready"},
		Secrets:     map[string]awsecs.Secret{"TUNNEL_TOKEN": awsecs.Secret_FromSecretsManager(token, nil)}, SecretKeys: []awskms.IKey{p.key},
		Subnets: p.dmz, SecurityGroup: p.around.group(estate.PartTunnel), Copies: p.tunnelCopies(), CPU: tunnelCPU, MemoryMiB: tunnelMemory, LogKey: p.logKey})
	asPart(service.Logs, estate.PartLogs)
}
