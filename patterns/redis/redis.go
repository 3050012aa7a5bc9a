// Package redis makes an ElastiCache replication group for Redis OSS whose
// nodes are in different Availability Zones.
//
// Storage, snapshots and logs are encrypted by the caller's keys, connections
// without TLS are refused, and a replica takes over when the primary is lost.
// Nobody signs in but the listed users, each by IAM and for keys of its own: no
// password exists, and Redis's default user is off.
package redis

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awselasticache"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/encryption"
)

// Port is the port that the nodes serve.
const Port = 6379

// The engine. Signing in by IAM needs Redis OSS 7 or later ("Authenticating
// with IAM", Amazon ElastiCache User Guide).
const (
	engine  = "redis"
	version = "7.1"
	family  = "redis7"
)

// snapshotDays is the longest retention that ElastiCache offers.
const snapshotDays = 35

// maxName is how long the id of a replication group or a user may be
// ("CreateReplicationGroup", Amazon ElastiCache API Reference).
const maxName = 40

// Props sizes a cache.
type Props struct {
	// Name is the replication group's id, shortened where it is too long.
	Name string
	// Subnets are the Data tier's, one for each zone.
	Subnets []awsec2.ISubnet
	// Zones are the names of the Availability Zones to put the nodes in: the
	// primary in the first, a replica in each of the others. At least two.
	Zones         []*string
	SecurityGroup awsec2.ISecurityGroup
	// NodeType is the nodes' size, for example cache.r7g.large.
	NodeType string
	// Users are the names of those who may sign in. They share the keys below
	// shared.
	Users []string
	// Private are users who share no key with anybody.
	Private []string
	// Key encrypts storage and snapshots; LogKey the logs.
	Key, LogKey awskms.IKey
}

// Cache is the replication group.
type Cache struct {
	Construct constructs.Construct
	Group     awselasticache.CfnReplicationGroup
	Logs      awslogs.LogGroup
	Private   constructs.Construct // the private users
	name      string
	users     map[string]string // their ids, by name
}

// New makes the replication group, its users and what surrounds it.
func New(scope constructs.Construct, id string, props *Props) *Cache {
	c := &Cache{Construct: constructs.NewConstruct(scope, jsii.String(id)), name: short(props.Name), users: map[string]string{}}
	// ElastiCache delivers its logs by CloudWatch's delivery service, which may
	// write to groups below this prefix ("Enable logging from AWS services",
	// Amazon CloudWatch Logs User Guide).
	c.Logs = encryption.NewLogGroup(c.Construct, "Logs", &encryption.LogGroupProps{
		Key: props.LogKey, Name: "/aws/vendedlogs/elasticache/" + c.name})
	var subnets []any
	for _, s := range props.Subnets {
		subnets = append(subnets, s.SubnetId())
	}
	subnetGroup := awselasticache.NewCfnSubnetGroup(c.Construct, jsii.String("Subnets"), &awselasticache.CfnSubnetGroupProps{
		Description: jsii.String("Data tier of " + props.Name), SubnetIds: &subnets})
	parameters := awselasticache.NewCfnParameterGroup(c.Construct, jsii.String("Parameters"), &awselasticache.CfnParameterGroupProps{
		CacheParameterGroupFamily: jsii.String(family), Description: jsii.String("Cache of " + props.Name),
		Properties: map[string]any{"maxmemory-policy": "volatile-lru"}})
	p := &awselasticache.CfnReplicationGroupProps{
		ReplicationGroupId: jsii.String(c.name), ReplicationGroupDescription: jsii.String("Cache of " + props.Name),
		Engine: jsii.String(engine), EngineVersion: jsii.String(version), CacheNodeType: jsii.String(props.NodeType), Port: jsii.Number(Port),
		CacheParameterGroupName: parameters.Ref(), AutoMinorVersionUpgrade: true,
		NumCacheClusters: jsii.Number(len(props.Zones)), PreferredCacheClusterAZs: &props.Zones, MultiAzEnabled: true, AutomaticFailoverEnabled: true,
		CacheSubnetGroupName: subnetGroup.Ref(), SecurityGroupIds: &[]*string{props.SecurityGroup.SecurityGroupId()},
		AtRestEncryptionEnabled: true, KmsKeyId: props.Key.KeyArn(),
		TransitEncryptionEnabled: true, TransitEncryptionMode: jsii.String("required"),
		SnapshotRetentionLimit: jsii.Number(snapshotDays),
		UserGroupIds:           &[]*string{c.addUsers(props)},
	}
	var deliveries []any
	for _, kind := range []string{"slow-log", "engine-log"} {
		deliveries = append(deliveries, c.delivery(kind))
	}
	p.LogDeliveryConfigurations = &deliveries
	c.Group = awselasticache.NewCfnReplicationGroup(c.Construct, jsii.String("Group"), p)
	c.Group.ApplyRemovalPolicy(awscdk.RemovalPolicy_SNAPSHOT, nil)
	return c
}

func (c *Cache) delivery(kind string) any {
	return &awselasticache.CfnReplicationGroup_LogDeliveryConfigurationRequestProperty{
		LogType: jsii.String(kind), LogFormat: jsii.String("json"), DestinationType: jsii.String("cloudwatch-logs"),
		DestinationDetails: &awselasticache.CfnReplicationGroup_DestinationDetailsProperty{
			CloudWatchLogsDetails: &awselasticache.CfnReplicationGroup_CloudWatchLogsDestinationDetailsProperty{LogGroup: c.Logs.LogGroupName()}}}
}

// addUsers makes the users and their group, and returns the group's id. A
// group has to have a user named default; this one can neither sign in nor do
// anything. Who signs in by IAM has an id that equals his name
// ("Authenticating with IAM", Amazon ElastiCache User Guide).
func (c *Cache) addUsers(props *Props) *string {
	off := short(props.Name + "-default")
	ids := []*string{awselasticache.NewCfnUser(c.Construct, jsii.String("DefaultUser"), &awselasticache.CfnUserProps{
		Engine: jsii.String(engine), UserId: jsii.String(off), UserName: jsii.String("default"), AccessString: jsii.String("off ~* -@all"),
		AuthenticationMode: mode("no-password-required")}).Ref()}
	users := constructs.NewConstruct(c.Construct, jsii.String("Users"))
	add := func(user, access string) {
		id := UserID(props.Name, user)
		c.users[user] = id
		ids = append(ids, awselasticache.NewCfnUser(users, jsii.String(user), &awselasticache.CfnUserProps{
			Engine: jsii.String(engine), UserId: jsii.String(id), UserName: jsii.String(id), AccessString: jsii.String(access),
			AuthenticationMode: mode("iam")}).Ref())
	}
	for _, u := range props.Users {
		add(u, access(u, "shared"))
	}
	users = constructs.NewConstruct(c.Construct, jsii.String("PrivateUsers"))
	for _, u := range props.Private {
		add(u, access(u))
	}
	c.Private = users
	return awselasticache.NewCfnUserGroup(c.Construct, jsii.String("UserGroup"), &awselasticache.CfnUserGroupProps{
		Engine: jsii.String(engine), UserGroupId: jsii.String(c.name), UserIds: &ids}).Ref()
}

// mode says how a user signs in, by CloudFormation's own name: the CDK would
// write its own, which CloudFormation does not know.
func mode(kind string) any { return map[string]any{"Type": kind} }

// access lets a user do everything with keys below its own name and below those
// listed, but nothing that administers the cache or endangers others. Clients
// ask INFO when they connect.
func access(user string, shared ...string) string {
	keys := "~" + user + ":*"
	for _, s := range shared {
		keys += " ~" + s + ":*"
	}
	return "on " + keys + " +@all -@admin -@dangerous +info"
}

// UserID is the id of a user of a cache, by both their names. The user's name
// in Redis is the same.
func UserID(cache, user string) string { return short(cache + "-" + user) }

// GrantConnect lets an IAM principal sign in as one of the users.
func (c *Cache) GrantConnect(who awsiam.IGrantable, user string) {
	c.GrantConnectAs(who, jsii.String(c.users[user]))
}

// GrantConnectAs is GrantConnect by the user's id.
func (c *Cache) GrantConnectAs(who awsiam.IGrantable, id *string) {
	arn := func(kind string, name *string) *string {
		return awscdk.Stack_Of(c.Construct).FormatArn(&awscdk.ArnComponents{Service: jsii.String("elasticache"), Resource: jsii.String(kind),
			ResourceName: name, ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME})
	}
	awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{Grantee: who, Actions: jsii.Strings("elasticache:Connect"),
		ResourceArns: &[]*string{arn("replicationgroup", jsii.String(c.name)), arn("user", id)}})
}

// Settings are the environment variables by which a user's program finds the
// cache. The token that it signs in with is made for REDIS_CACHE_NAME.
func (c *Cache) Settings(user string) map[string]*string {
	return c.SettingsAs(jsii.String(c.users[user]), jsii.String(user))
}

// SettingsAs is Settings by the user's id and the name below which its keys are.
func (c *Cache) SettingsAs(id, keys *string) map[string]*string {
	return map[string]*string{"REDIS_HOST": c.Group.AttrPrimaryEndPointAddress(), "REDIS_PORT": jsii.String(strconv.Itoa(Port)),
		"REDIS_USER": id, "REDIS_TLS": jsii.String("true"), "REDIS_CACHE_NAME": jsii.String(c.name), "REDIS_PREFIX": jsii.String(*keys + ":"),
		"REDIS_READER_HOST": c.Group.AttrReaderEndPointAddress()}
}

// short cuts a name that is too long for an id, and tells those apart that
// begin alike.
func short(name string) string {
	if len(name) <= maxName {
		return name
	}
	const digits = 8
	sum := sha256.Sum256([]byte(name))
	return strings.TrimRight(name[:maxName-digits-1], "-") + "-" + hex.EncodeToString(sum[:])[:digits]
}
