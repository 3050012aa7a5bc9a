// Package postgres makes an Aurora PostgreSQL cluster whose instances are in
// different Availability Zones.
//
// Storage, backups, the administrator's secret and the logs are encrypted by
// the caller's keys. Connections without TLS are refused, and services sign in
// by IAM. The administrator's password is made, kept and rotated by RDS: no
// template and no function ever holds it. Where the cluster is one of a global
// database, RDS cannot do that ("Limitations for Secrets Manager integration with
// Amazon Aurora", Amazon Aurora User Guide): Secrets Manager makes and keeps the
// password, and copies it to the other Region. The cluster outlives its stack.
package postgres

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/encryption"
)

// Port is the port that the cluster serves.
const Port = 5432

// DatabaseName is the name of the cluster's database.
const DatabaseName = "main"

// backupDays is the longest retention that Aurora offers.
const backupDays = 35

// Props sizes a cluster.
type Props struct {
	// Name is the cluster's identifier.
	Name string
	VPC  awsec2.IVpc
	// Subnets are the Data tier's, one for each zone.
	Subnets []awsec2.ISubnet
	// Zones are the names of the Availability Zones to put the instances in:
	// the writer in the first, a reader in each of the others. At least two.
	Zones         []*string
	SecurityGroup awsec2.ISecurityGroup
	// Key encrypts storage, backups and secret; LogKey the logs.
	Key, LogKey awskms.IKey
	// InstanceType is the instances' size, for example r8g.large.
	InstanceType string
	// Logical lets changes be read as they happen (logical replication).
	Logical bool
	// Global makes the cluster the first of a global database. Nil: it is of none.
	Global *Global
	// Follows is the identifier of the global database of another Region that the
	// cluster joins. It is read-only and has what the other has, administrator and
	// databases, until it takes over. Empty: it follows none.
	Follows string
}

// Global is a database that spans Regions.
type Global struct {
	// Identifier names it in all of them.
	Identifier string
	// SecretName is the name of the administrator's secret, Replicas where it is
	// copied to.
	SecretName string
	Replicas   *[]*awssecretsmanager.ReplicaRegion
}

// Database is the cluster.
type Database struct {
	Construct constructs.Construct
	Cluster   awsrds.DatabaseCluster
	Logs      awslogs.LogGroup
	// Administrator is the ARN of the administrator's secret; nil where the
	// cluster follows another.
	Administrator *string
}

// New makes the cluster.
func New(scope constructs.Construct, id string, props *Props) *Database {
	d := &Database{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	// RDS makes the group itself where it is absent, but without the key.
	d.Logs = encryption.NewLogGroup(d.Construct, "Logs", &encryption.LogGroupProps{
		Key: props.LogKey, Name: "/aws/rds/cluster/" + props.Name + "/postgresql"})
	instance := func(i int) awsrds.IClusterInstance {
		id := "Writer"
		if i > 0 {
			id = "Reader" + strconv.Itoa(i)
		}
		return awsrds.ClusterInstance_Provisioned(jsii.String(id), &awsrds.ProvisionedClusterInstanceProps{
			InstanceType: awsec2.NewInstanceType(jsii.String(props.InstanceType)), AvailabilityZone: props.Zones[i],
			AutoMinorVersionUpgrade: jsii.Bool(true), PubliclyAccessible: jsii.Bool(false), PromotionTier: jsii.Number(min(i, 1)),
			CaCertificate: awsrds.CaCertificate_RDS_CA_RSA2048_G1()})
	}
	var readers []awsrds.IClusterInstance
	for i := 1; i < len(props.Zones); i++ {
		readers = append(readers, instance(i))
	}
	parameters := map[string]*string{"rds.force_ssl": jsii.String("1"), "ssl_min_protocol_version": jsii.String("TLSv1.2")}
	if props.Logical {
		parameters["rds.logical_replication"] = jsii.String("1")
	}
	d.Cluster = awsrds.NewDatabaseCluster(d.Construct, jsii.String("Cluster"), &awsrds.DatabaseClusterProps{
		Engine:                   awsrds.DatabaseClusterEngine_AuroraPostgres(&awsrds.AuroraPostgresClusterEngineProps{Version: awsrds.AuroraPostgresEngineVersion_VER_17_9()}),
		ClusterIdentifier:        jsii.String(props.Name),
		DefaultDatabaseName:      jsii.String(DatabaseName),
		Vpc:                      props.VPC,
		VpcSubnets:               &awsec2.SubnetSelection{Subnets: &props.Subnets},
		SecurityGroups:           &[]awsec2.ISecurityGroup{props.SecurityGroup},
		Port:                     jsii.Number(Port),
		Writer:                   instance(0),
		Readers:                  &readers,
		StorageEncrypted:         jsii.Bool(true),
		StorageEncryptionKey:     props.Key,
		ManageMasterUserPassword: jsii.Bool(props.Global == nil),
		Credentials:              credentials(props),
		IamAuthentication:        jsii.Bool(true),
		Parameters:               &parameters,
		Backup:                   &awsrds.BackupProps{Retention: awscdk.Duration_Days(jsii.Number(backupDays))},
		CopyTagsToSnapshot:       jsii.Bool(true),
		CloudwatchLogsExports:    jsii.Strings("postgresql"),
		DeletionProtection:       jsii.Bool(true),
		RemovalPolicy:            awscdk.RemovalPolicy_RETAIN,
	})
	d.Cluster.Node().AddDependency(d.Logs)
	cluster := d.Cluster.Node().DefaultChild().(awsrds.CfnDBCluster)
	switch {
	case props.Follows != "":
		cluster.SetGlobalClusterIdentifier(jsii.String(props.Follows))
		// What comes from the cluster that it follows, it refuses to be told.
		for _, own := range []string{"MasterUsername", "ManageMasterUserPassword", "MasterUserSecret", "DatabaseName"} {
			cluster.AddPropertyDeletionOverride(jsii.String(own))
		}
	case props.Global != nil:
		d.Administrator = d.Cluster.Secret().SecretArn()
		// No backup holds it.
		d.Cluster.Node().FindChild(jsii.String("Secret")).Node().DefaultChild().(awscdk.CfnResource).ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
		d.addGlobal(cluster, props.Global)
	default:
		d.Administrator = cluster.AttrMasterUserSecretSecretArn()
	}
	return d
}

// administrator is the name of the user who may do everything.
const administrator = "administrator"

func credentials(props *Props) awsrds.Credentials {
	if g := props.Global; g != nil {
		return awsrds.Credentials_FromGeneratedSecret(jsii.String(administrator), &awsrds.CredentialsBaseOptions{
			EncryptionKey: props.Key, SecretName: jsii.String(g.SecretName), ReplicaRegions: g.Replicas})
	}
	return awsrds.Credentials_FromUsername(jsii.String(administrator), &awsrds.CredentialsFromUsernameOptions{EncryptionKey: props.Key})
}

// addGlobal makes the global database out of the cluster, which need not change
// for it and takes its place as the first ("AWS::RDS::GlobalCluster", AWS
// CloudFormation Template Reference).
func (d *Database) addGlobal(cluster awsrds.CfnDBCluster, g *Global) {
	global := awsrds.NewCfnGlobalCluster(d.Construct, jsii.String("Global"), &awsrds.CfnGlobalClusterProps{
		GlobalClusterIdentifier: jsii.String(g.Identifier), SourceDbClusterIdentifier: cluster.AttrDbClusterArn(), DeletionProtection: jsii.Bool(true)})
	global.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	for _, i := range *d.Construct.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if instance, ok := i.(awsrds.CfnDBInstance); ok {
			global.AddResourceDependency(instance, nil) // a cluster without instances is no source
		}
	}
}
