// Package replication copies a PostgreSQL database, and then every change of
// it, to Parquet files in a bucket, and where the caller says so to another
// database, by AWS DMS.
//
// The replication instance has a standby in another Availability Zone, no public
// address, and storage that the caller's key encrypts. It asks each database to
// prove its name, signs in to each with a secret of its own, and may write nothing
// but one folder of the bucket, encrypted by the caller's key, a folder for each
// day, and the other database.
package replication

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/encryption"
)

// User is the database user that reads, and in the other database the one that
// writes; an operator makes it once in each.
const User = "replication"

// diskGiB is the size of the instance's storage, which holds changes that wait.
const diskGiB = 50

// Database is one that DMS signs in to.
type Database struct {
	// Host and Port are the database's, Name is its name, Region where it is.
	Host   *string
	Port   int
	Name   string
	Region string
	// SecretName is the name of the secret with which the user signs in.
	SecretName string
}

// Props says what is copied where.
type Props struct {
	// Name is the instance's identifier.
	Name string
	// Source is read. Copy is written; nil: there is none.
	Source  Database
	Copy    *Database
	Subnets []awsec2.ISubnet
	// SecurityGroup is the instance's only group.
	SecurityGroup awsec2.ISecurityGroup
	// InstanceClass is the instance's size, for example dms.t3.medium.
	InstanceClass string
	// Bucket and Folder are where the files go.
	Bucket awss3.IBucket
	Folder string
	// Key encrypts storage, connections, secret and files; LogKey the logs.
	Key, LogKey awskms.IKey
	// AccountRoles makes the two roles of fixed names that DMS asks an account
	// for, once an account.
	AccountRoles bool
}

// Replication is the instance with its task.
type Replication struct {
	Construct constructs.Construct
	Instance  awsdms.CfnReplicationInstance
	Logs      awslogs.LogGroup
	// Copy holds what writes to the other database; nil where there is none.
	Copy constructs.Construct
}

// New makes the replication. The task is started once, when the database user
// is there.
func New(scope constructs.Construct, id string, props *Props) (*Replication, error) {
	r := &Replication{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	// DMS makes the group itself where it is absent, but without the key.
	r.Logs = encryption.NewLogGroup(r.Construct, "Logs", &encryption.LogGroupProps{Key: props.LogKey, Name: "dms-tasks-" + props.Name})
	r.Instance = r.instance(props)
	mappings, err := tables()
	if err != nil {
		return nil, err
	}
	settings, err := taskSettings()
	if err != nil {
		return nil, err
	}
	source, err := r.database(r.Construct, "source", "Source", props.Source, props)
	if err != nil {
		return nil, err
	}
	r.task(r.Construct, props.Name+"-lake", source, r.target(props), mappings, settings)
	if props.Copy == nil {
		return r, nil
	}
	if settings, err = copySettings(); err != nil {
		return nil, err
	}
	r.Copy = constructs.NewConstruct(r.Construct, jsii.String("Copy"))
	target, err := r.database(r.Copy, "target", "Target", *props.Copy, props)
	if err != nil {
		return nil, err
	}
	r.task(r.Copy, props.Name+"-copy", source, target, mappings, settings)
	return r, nil
}

// task copies all tables once, and then what changes.
func (r *Replication) task(scope constructs.Construct, name string, source, target awsdms.CfnEndpoint, mappings, settings string) {
	awsdms.NewCfnReplicationTask(scope, jsii.String("Task"), &awsdms.CfnReplicationTaskProps{
		MigrationType: jsii.String("full-load-and-cdc"), ReplicationInstanceArn: r.Instance.Ref(), ReplicationTaskIdentifier: jsii.String(name),
		SourceEndpointArn: source.Ref(), TargetEndpointArn: target.Ref(), TableMappings: jsii.String(mappings), ReplicationTaskSettings: jsii.String(settings)}).
		Node().AddDependency(r.Logs)
}

func (r *Replication) instance(props *Props) awsdms.CfnReplicationInstance {
	subnets := awsdms.NewCfnReplicationSubnetGroup(r.Construct, jsii.String("Subnets"), &awsdms.CfnReplicationSubnetGroupProps{
		ReplicationSubnetGroupDescription: jsii.String("Replication of " + props.Name), SubnetIds: ids(props.Subnets)})
	instance := awsdms.NewCfnReplicationInstance(r.Construct, jsii.String("Instance"), &awsdms.CfnReplicationInstanceProps{
		ReplicationInstanceIdentifier: jsii.String(props.Name), ReplicationInstanceClass: jsii.String(props.InstanceClass), AllocatedStorage: jsii.Number(diskGiB),
		MultiAz: true, PubliclyAccessible: false, AutoMinorVersionUpgrade: true, KmsKeyId: props.Key.KeyArn(),
		ReplicationSubnetGroupIdentifier: subnets.Ref(), VpcSecurityGroupIds: &[]*string{props.SecurityGroup.SecurityGroupId()}})
	if props.AccountRoles {
		for _, role := range r.accountRoles() {
			subnets.Node().AddDependency(role)
			instance.Node().AddDependency(role)
		}
	}
	return instance
}

// accountRoles are what DMS places interfaces and writes logs as. It looks for
// them by their names ("Creating the IAM roles to use with AWS DMS").
func (r *Replication) accountRoles() (roles []awsiam.Role) {
	for _, role := range []struct{ name, policy string }{
		{"dms-vpc-role", "AmazonDMSVPCManagementRole"},
		{"dms-cloudwatch-logs-role", "AmazonDMSCloudWatchLogsRole"},
	} {
		roles = append(roles, awsiam.NewRole(r.Construct, jsii.String(role.name), &awsiam.RoleProps{RoleName: jsii.String(role.name), AssumedBy: r.service("dms"),
			Description:     jsii.String("AWS DMS looks for this role by its name"),
			ManagedPolicies: &[]awsiam.IManagedPolicy{awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String("service-role/" + role.policy))}}))
	}
	return roles
}

// service is the service as it acts for this account and no other
// ("Cross-service confused deputy prevention", AWS DMS User Guide).
func (r *Replication) service(name string) awsiam.ServicePrincipal {
	return awsiam.NewServicePrincipal(jsii.String(name+".amazonaws.com"), &awsiam.ServicePrincipalOpts{Conditions: &map[string]any{
		"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Stack_Of(r.Construct).Account()}}})
}

// database is an end that is a database, "source" or "target". Whoever answers
// has to prove its name by a certificate that the authority of its Region signed.
func (r *Replication) database(scope constructs.Construct, kind, id string, d Database, props *Props) (awsdms.CfnEndpoint, error) {
	root, ok := Root(d.Region)
	if !ok {
		return nil, fmt.Errorf("the root certificate of the databases of %s is not known", d.Region)
	}
	does := "reads"
	if kind == "target" {
		does = "writes the copy of"
	}
	secret := awssecretsmanager.NewSecret(scope, jsii.String("Secret"), &awssecretsmanager.SecretProps{
		SecretName: jsii.String(d.SecretName), Description: jsii.String("The user by which DMS " + does + " " + props.Name), EncryptionKey: props.Key,
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN, GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(fmt.Sprintf(`{"username":%q,"host":"%s","port":%d}`, User, *d.Host, d.Port)),
			GenerateStringKey:    jsii.String("password"), ExcludePunctuation: jsii.Bool(true), PasswordLength: jsii.Number(32)}})
	stack := awscdk.Stack_Of(r.Construct)
	// DMS reads secrets as the service of its Region ("Using secrets to access
	// AWS DMS endpoints").
	role := awsiam.NewRole(scope, jsii.String("SecretRole"), &awsiam.RoleProps{AssumedBy: r.service("dms." + *stack.Region()),
		Description: jsii.String("DMS reads the secret by which it " + does + " " + props.Name)})
	role.AddToPolicy(statement(nil, []*string{secret.SecretArn()}, "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"))
	role.AddToPolicy(statement(via(stack, "secretsmanager"), []*string{props.Key.KeyArn()}, "kms:Decrypt", "kms:DescribeKey"))
	certificate := awsdms.NewCfnCertificate(scope, jsii.String("Root"), &awsdms.CfnCertificateProps{CertificatePem: jsii.String(root)})
	settings := &awsdms.CfnEndpoint_PostgreSqlSettingsProperty{SecretsManagerSecretId: secret.SecretArn(), SecretsManagerAccessRoleArn: role.RoleArn()}
	if kind == "source" {
		settings.PluginName, settings.HeartbeatEnable, settings.CaptureDdls = jsii.String("test_decoding"), true, false
	}
	end := awsdms.NewCfnEndpoint(scope, jsii.String(id), &awsdms.CfnEndpointProps{EndpointType: jsii.String(kind), EngineName: jsii.String("aurora-postgresql"),
		DatabaseName: jsii.String(d.Name), SslMode: jsii.String("verify-full"), CertificateArn: certificate.Ref(), KmsKeyId: props.Key.KeyArn(), PostgreSqlSettings: settings})
	end.Node().AddDependency(role)
	return end, nil
}

// target is the bucket's end: Parquet, a folder for each day.
func (r *Replication) target(props *Props) awsdms.CfnEndpoint {
	stack := awscdk.Stack_Of(r.Construct)
	role := awsiam.NewRole(r.Construct, jsii.String("FilesRole"), &awsiam.RoleProps{AssumedBy: r.service("dms"), Description: jsii.String("DMS writes the files of " + props.Name)})
	role.AddToPolicy(statement(nil, []*string{props.Bucket.BucketArn()}, "s3:GetBucketLocation", "s3:ListBucket"))
	role.AddToPolicy(statement(nil, []*string{props.Bucket.ArnForObjects(jsii.String(props.Folder + "/*"))}, "s3:DeleteObject", "s3:PutObject", "s3:PutObjectTagging"))
	role.AddToPolicy(statement(via(stack, "s3"), []*string{props.Key.KeyArn()}, "kms:Decrypt", "kms:GenerateDataKey"))
	end := awsdms.NewCfnEndpoint(r.Construct, jsii.String("Target"), &awsdms.CfnEndpointProps{EndpointType: jsii.String("target"), EngineName: jsii.String("s3"), KmsKeyId: props.Key.KeyArn(),
		S3Settings: &awsdms.CfnEndpoint_S3SettingsProperty{BucketName: props.Bucket.BucketName(), BucketFolder: jsii.String(props.Folder), ServiceAccessRoleArn: role.RoleArn(),
			ExpectedBucketOwner: stack.Account(), DataFormat: jsii.String("parquet"), ParquetVersion: jsii.String("parquet-2-0"), CompressionType: jsii.String("gzip"),
			EncryptionMode: jsii.String("SSE_KMS"), ServerSideEncryptionKmsKeyId: props.Key.KeyArn(),
			DatePartitionEnabled: true, DatePartitionSequence: jsii.String("YYYYMMDD"), DatePartitionDelimiter: jsii.String("DASH"),
			TimestampColumnName: jsii.String("replicated_at"), IncludeOpForFullLoad: true, CdcInsertsAndUpdates: false, EnableStatistics: true}})
	end.Node().AddDependency(role)
	return end
}

// tables selects every table.
func tables() (string, error) {
	return text(map[string]any{"rules": []any{map[string]any{"rule-type": "selection", "rule-id": "1", "rule-name": "everything", "rule-action": "include",
		"object-locator": map[string]any{"schema-name": "%", "table-name": "%"}}}})
}

// taskSettings turn the task's log on and stop it rather than lose what it could
// not write.
func taskSettings() (string, error) { return text(settings()) }

func settings() map[string]any {
	return map[string]any{
		"Logging":               map[string]any{"EnableLogging": true},
		"FullLoadSettings":      map[string]any{"TargetTablePrepMode": "DO_NOTHING"},
		"ErrorBehavior":         map[string]any{"DataErrorPolicy": "STOP_TASK", "TableErrorPolicy": "STOP_TASK", "FailOnNoTablesCaptured": true},
		"ControlTablesSettings": map[string]any{"historyTimeslotInMinutes": 5}}
}

// copySettings are taskSettings for a database: a table that is loaded anew is
// emptied first, and long values are copied whole ("Setting LOB support for source
// databases in an AWS DMS task", AWS DMS User Guide), which is not the default.
func copySettings() (string, error) {
	all := settings()
	all["FullLoadSettings"] = map[string]any{"TargetTablePrepMode": "TRUNCATE_BEFORE_LOAD"}
	all["TargetMetadata"] = map[string]any{"SupportLobs": true, "FullLobMode": true, "LobChunkSize": 64, "LimitedSizeLobMode": false}
	return text(all)
}

func text(v any) (string, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("writing the task: %w", err)
	}
	return string(data), nil
}

// via is a condition that a key is used by way of a service only.
func via(stack awscdk.Stack, service string) map[string]any {
	return map[string]any{"StringEquals": map[string]any{"kms:ViaService": service + "." + *stack.Region() + ".amazonaws.com"}}
}

func statement(when map[string]any, resources []*string, actions ...string) awsiam.PolicyStatement {
	props := &awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &resources}
	if when != nil {
		props.Conditions = &when
	}
	return awsiam.NewPolicyStatement(props)
}

func ids(subnets []awsec2.ISubnet) *[]*string {
	var all []*string
	for _, s := range subnets {
		all = append(all, s.SubnetId())
	}
	return &all
}
