package stacks

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/balancer"
	"github.com/suretyhq/surety/patterns/bucket"
	"github.com/suretyhq/surety/patterns/encryption"
	"github.com/suretyhq/surety/patterns/function"
	"github.com/suretyhq/surety/patterns/postgres"
	"github.com/suretyhq/surety/patterns/threetier"
)

// tenancy is what the tenants of a site share: the balancers that serve them,
// the bucket of their files, and the function that makes their databases.
type tenancy struct {
	balancers   []*balancer.Balancer
	provisioner *function.Function // nil where an environment recovers: the copy of its database has what it makes
	files       awss3.IBucket      // in which each tenant has a prefix
	filesKey    awskms.Key
	copiesKey   *string // the key of what was copied to files; nil: nothing was
}

func (env *environment) wantsTenants() bool { return len(env.estate.Tenancies(env.site)) > 0 }

func (env *environment) addTenancy() error {
	stack := env.stack(LayerTenancy, "What the tenants share", LayerDelivery, LayerReplicas, LayerPlatform)
	forTenants(stack)
	around := env.surroundings(stack)
	env.tenancy = &tenancy{}
	dmz, group := around.subnets(threetier.DMZ), around.group(estate.PartBalancer)
	for i := range env.estate.Balancers(env.site) {
		b := balancer.New(stack, fmt.Sprintf("Balancer%d", i), &balancer.Props{VPC: around.vpc, Subnets: dmz,
			SecurityGroup: group, Domain: env.domain(), Beside: env.balancer, Logs: env.delivery.accessLogs()})
		asPart(b.Construct, estate.PartBalancer)
		env.tenancy.balancers = append(env.tenancy.balancers, b)
	}
	if env.home != nil {
		env.takeTenantFiles(stack)
		return nil
	}
	env.addTenantFiles(stack)
	if env.database == nil {
		return nil
	}
	return env.addProvisioner(stack, around)
}

// addTenantFiles makes the bucket of tenants' files. Its key is for what is
// written without a tenant's own, which no tenant's role may do.
func (env *environment) addTenantFiles(stack constructs.Construct) {
	scope := constructs.NewConstruct(stack, jsii.String("Files"))
	asPart(scope, estate.PartTenantFiles)
	key := encryption.NewKey(scope, "Key", &encryption.KeyProps{Alias: env.label() + "-" + estate.PartTenantFiles,
		Description: "Bucket of the files of tenants of " + env.label(), Administrator: env.estate.Keys.Administrator})
	env.tenancy.filesKey = key
	env.tenancy.files = bucket.New(scope, "Tenants", &bucket.Props{Key: key, OtherKeys: true, Logs: env.delivery.accessLogs(),
		EventBridge: true, Replicas: env.replicas.of(copyTenants)}).Resource
}

// takeTenantFiles refers to the copy of the home's bucket, which takes over when
// the home Region is lost. What was copied is encrypted by the copies' key, what
// tenants write from then on by their own.
func (env *environment) takeTenantFiles(stack constructs.Construct) {
	r := env.home.replicas
	awscdk.Stack_Of(stack).AddStackDependency(env.home.stacks[LayerReplicas], jsii.String("it has the copy"))
	env.tenancy.files = awss3.Bucket_FromBucketName(stack, jsii.String("Files"), jsii.String(r.buckets[copyTenants]))
	env.tenancy.copiesKey = r.keys[copyTenants].KeyArn()
}

// provisionerSeconds is longer than making a database takes.
const provisionerSeconds = 120

func (env *environment) addProvisioner(stack constructs.Construct, around surroundings) error {
	scope := constructs.NewConstruct(stack, jsii.String("Provisioner"))
	asPart(scope, estate.PartProvisioner)
	secret := env.database.Administrator
	f, err := function.New(scope, "Function", &function.Props{Name: env.label() + "-provisioner", Description: "Makes and closes the databases of the tenants of " + env.label(),
		Folder: env.options.Functions, Program: "provisioner", TimeoutSeconds: provisionerSeconds, NoDeadLetters: true,
		VPC: around.vpc, Subnets: around.subnets(threetier.Application), SecurityGroup: around.group(estate.PartProvisioner),
		Key: imported(stack, "PlatformKey", env.platformKey), LogKey: imported(stack, "LogKey", env.logKey),
		Environment: map[string]*string{"PGHOST": env.database.Cluster.ClusterEndpoint().Hostname(), "PGPORT": jsii.String(fmt.Sprint(postgres.Port)),
			"PGDATABASE": jsii.String(postgres.DatabaseName), "PGSSLMODE": jsii.String("verify-full"), "ADMINISTRATOR_SECRET": secret}})
	if err != nil {
		return err
	}
	asPart(f.Logs, estate.PartLogs)
	f.Resource.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("secretsmanager:GetSecretValue"), Resources: &[]*string{secret}}))
	f.Resource.AddToRolePolicy(encryption.DecryptSecrets(stack, imported(stack, "DataKey", env.dataKey)))
	env.tenancy.provisioner = f
	return nil
}

// listenerOf refers to the listener of one of the tenants' balancers by its
// number, which only deployment knows.
func (env *environment) listenerOf(scope constructs.Construct, number *float64, around surroundings) (awselasticloadbalancingv2.IApplicationListener, awselasticloadbalancingv2.IApplicationLoadBalancer) {
	var listeners, names, zones, arns []*string
	for _, b := range env.tenancy.balancers {
		listeners = append(listeners, b.Listener.ListenerArn())
		arns = append(arns, b.Resource.LoadBalancerArn())
		names = append(names, b.Resource.LoadBalancerDnsName())
		zones = append(zones, b.Resource.LoadBalancerCanonicalHostedZoneId())
	}
	group := around.group(estate.PartBalancer)
	listener := awselasticloadbalancingv2.ApplicationListener_FromApplicationListenerAttributes(scope, jsii.String("Listener"),
		&awselasticloadbalancingv2.ApplicationListenerAttributes{ListenerArn: selected(number, listeners), SecurityGroup: group})
	lb := awselasticloadbalancingv2.ApplicationLoadBalancer_FromApplicationLoadBalancerAttributes(scope, jsii.String("Balancer"),
		&awselasticloadbalancingv2.ApplicationLoadBalancerAttributes{LoadBalancerArn: selected(number, arns), LoadBalancerDnsName: selected(number, names),
			LoadBalancerCanonicalHostedZoneId: selected(number, zones), SecurityGroupId: group.SecurityGroupId(), Vpc: around.vpc})
	return listener, lb
}

// clusterIn refers to the environment's cluster from a later stack.
func (env *environment) clusterIn(scope constructs.Construct, vpc awsec2.IVpc) awsecs.ICluster {
	return awsecs.Cluster_FromClusterAttributes(scope, jsii.String("Cluster"), &awsecs.ClusterAttributes{
		ClusterName: env.cluster.ClusterName(), ClusterArn: env.cluster.ClusterArn(), Vpc: vpc, SecurityGroups: &[]awsec2.ISecurityGroup{}})
}
