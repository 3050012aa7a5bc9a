package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/encryption"
	"github.com/suretyhq/surety/patterns/failover"
)

// What stands in the recovery Region refers to nothing in the home Region but
// by names that synthesis knows, so that it can be changed, and not only run,
// when the home Region is lost. The one exception is the primary of a
// multi-Region key, whose id AWS KMS chooses.

// platformKey encrypts the secrets of a site and the storage of its tasks.
type platformKey struct{ arn, id *string }

// KeyArn returns the key's ARN.
func (k platformKey) KeyArn() *string { return k.arn }

// sharedPurpose is the last word of the alias of a platform key that spans
// Regions. Its name differs from that of a key of one Region, because AWS KMS
// makes no key of several Regions out of one of a single Region ("Multi-Region
// keys in AWS KMS", AWS KMS Developer Guide): an estate that is given a recovery
// Region gets another key.
const sharedPurpose = "shared"

// addPlatformKey makes the key of secrets and task storage. Where the estate has
// a recovery Region it spans both, since both have the same secrets: the home
// site has the primary, the site that recovers it the replica.
func (env *environment) addPlatformKey(stack awscdk.Stack) {
	const single = "platform"
	props := encryption.KeyProps{Description: "Secrets and task storage of " + env.label(), FargateCluster: env.label()}
	switch recovery := env.estate.Regions.Recovery; {
	case env.home != nil:
		props.Alias, props.Administrator = env.sharedAlias(), env.estate.Keys.Administrator
		replica := encryption.NewReplica(stack, sharedPurpose, env.home.platformKey.arn, &props)
		stack.AddStackDependency(env.home.stacks[LayerKeys], jsii.String("the key is a replica"))
		env.platformKey = platformKey{replica.AttrArn(), replica.AttrKeyId()}
	default:
		purpose := single
		if recovery != "" {
			purpose, props.ReplicaRegions = sharedPurpose, []string{recovery}
		}
		props.Alias = env.label() + "-" + purpose
		key := env.newKey(stack, purpose, props)
		env.platformKey = platformKey{key.KeyArn(), key.KeyId()}
	}
}

// dataPurpose is the last word of the alias of the key of a site's database. A
// global database is encrypted in each Region by a key of that Region.
const dataPurpose = "data"

func (env *environment) dataAlias() string { return env.label() + "-" + dataPurpose }

func (env *environment) sharedAlias() string { return env.label() + "-" + sharedPurpose }

// secretReplicas are the copies that the site's secrets have in the Region that
// recovers it, each encrypted by the key of that Region that has an alias, which is
// made in the stack of a layer; none where nothing recovers the site.
func (env *environment) secretReplicas(scope constructs.Construct, id, layer, alias string) *[]*awssecretsmanager.ReplicaRegion {
	if env.recovery == nil {
		return nil
	}
	there := env.recovery.site
	awscdk.Stack_Of(scope).AddStackDependency(env.recovery.stacks[layer], jsii.String("replicas of secrets are encrypted there"))
	key := awskms.Key_FromKeyArn(scope, jsii.String(id), jsii.String("arn:aws:kms:"+there.Region+":"+there.Account+":alias/"+alias))
	return &[]*awssecretsmanager.ReplicaRegion{{Region: jsii.String(there.Region), EncryptionKey: key}}
}

// pair says which of the sites recovers which.
func pair(sites []*environment) {
	for _, a := range sites {
		for _, b := range sites {
			if a.site.Environment == b.site.Environment && b.site.Recovery() && !a.site.Recovery() {
				a.recovery, b.home = b, a
			}
		}
	}
}

// wantsSwitch: traffic from the internet moves to a site that recovers another.
func (env *environment) wantsSwitch() bool { return env.site.Recovery() && env.wantsAPI() }

// addSwitch makes what moves traffic to the site. It needs nothing else of the
// estate, least of all of the home Region.
func (env *environment) addSwitch() error {
	stack := env.stack(LayerSwitch, "Switch that moves traffic to the recovery Region")
	env.moved = failover.New(stack, "Switch", &failover.Props{Name: env.label() + "-moved",
		Description: "Names of " + env.estate.Name + "-" + env.site.Environment + " lead to " + env.site.Region + " while a 1 was put last (docs/runbooks/region-failover.md)."})
	return nil
}

func (env *environment) wantsFailover() bool { return env.recovery != nil && env.wantsAPI() }

// addFailover says where the environment's names lead when its home is lost.
// Records are Route 53's, which is in no Region; that they are made from the home
// Region lets the recovery Region refer to nothing of it.
func (env *environment) addFailover() error {
	stack := env.stack(LayerFailover, "Names for when the home Region is lost", LayerZone, LayerAPI)
	stack.AddStackDependency(env.recovery.stacks[LayerAPI], jsii.String("names lead to its gateway"))
	zone := env.publicZone(scopeIn(stack, "Public"))
	for _, n := range env.recovery.apiNames {
		n.Secondary(stack, n.Domain, zone)
	}
	return nil
}

// sharedKeyValue is the value of the API key of the clients that no entry gives
// another: a secret, which CloudFormation reads when it makes the key ("Get a
// secret or secret value from Secrets Manager", AWS CloudFormation User Guide).
// The site that recovers another has a copy of the secret, so that clients keep
// their key. Nil: API Gateway chooses it.
func (env *environment) sharedKeyValue(stack awscdk.Stack) *string {
	const name, length = "gateway/key", 40
	if env.home == nil && env.recovery == nil {
		return nil
	}
	secret := env.secret(stack, "KeyValue", name, "API key of the clients of "+env.label(), imported(stack, "SecretsKey", env.platformKey), random(length))
	if env.home == nil {
		asPart(secret, estate.PartGateway)
	}
	return secret.SecretValue().UnsafeUnwrap()
}

// random generates letters and digits.
func random(length int) *awssecretsmanager.SecretStringGenerator {
	return &awssecretsmanager.SecretStringGenerator{PasswordLength: jsii.Number(length), ExcludePunctuation: jsii.Bool(true)}
}

// secret makes a secret, with a copy in the Region that recovers the site. On a
// site that recovers another it refers to the copy of the other's.
func (env *environment) secret(scope constructs.Construct, id, name, description string, key awskms.IKey, first *awssecretsmanager.SecretStringGenerator) awssecretsmanager.ISecret {
	if env.home != nil {
		awscdk.Stack_Of(scope).AddStackDependency(env.home.stacks[layerOf(env, scope)], jsii.String("it makes the secrets"))
		return awssecretsmanager.Secret_FromSecretNameV2(scope, jsii.String(id), jsii.String(env.estate.Name+"/"+env.home.name+"/"+name))
	}
	return env.newSecret(scope, id, name, description, key, first, env.secretReplicas(scope, id+"ReplicaKey", LayerKeys, env.sharedReplica()))
}

func (env *environment) newSecret(scope constructs.Construct, id, name, description string, key awskms.IKey,
	first *awssecretsmanager.SecretStringGenerator, replicas *[]*awssecretsmanager.ReplicaRegion) awssecretsmanager.ISecret {
	return awssecretsmanager.NewSecret(scope, jsii.String(id), &awssecretsmanager.SecretProps{
		SecretName: jsii.String(env.estate.Name + "/" + env.name + "/" + name), Description: jsii.String(description), EncryptionKey: key,
		ReplicaRegions: replicas, GenerateSecretString: first, RemovalPolicy: awscdk.RemovalPolicy_RETAIN})
}

// layerOf returns the layer of the stack that a scope is in.
func layerOf(env *environment, scope constructs.Construct) string {
	stack := *awscdk.Stack_Of(scope).StackName()
	for layer, s := range env.stacks {
		if *s.StackName() == stack {
			return layer
		}
	}
	return ""
}

// sharedReplica is the alias of the key of secrets in the Region that recovers
// the site.
func (env *environment) sharedReplica() string {
	if env.recovery == nil {
		return ""
	}
	return env.recovery.sharedAlias()
}

// standbyCopies is how many copies of a service run on a site that needs copies
// of it at home.
func (env *environment) standbyCopies(copies int) int {
	const least = 2 // in different Availability Zones, as ECS spreads tasks
	switch env.estate.Standby(env.site) {
	case estate.RecoveryPilotLight:
		return 0
	case estate.RecoveryWarmStandby:
		return least
	}
	return copies
}

// standbyInstances is how many instances the database has on a site that needs
// so many at home.
func (env *environment) standbyInstances(instances int) int {
	switch env.estate.Standby(env.site) {
	case estate.RecoveryPilotLight:
		return 1
	case estate.RecoveryWarmStandby:
		return 2
	}
	return instances
}

// image is where the site takes an image from.
func (env *environment) image(image string) string { return env.estate.ImageAt(env.site, image) }
