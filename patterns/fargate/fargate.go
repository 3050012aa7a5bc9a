// Package fargate runs containers on ECS Fargate, several copies over the
// Availability Zones.
//
// Containers have no public address, a read-only root file system, a user that
// is not root, and roles of their own that hold what they were given and
// nothing else. Logs and task storage are encrypted by the caller's keys. A
// deployment that does not become healthy is rolled back.
package fargate

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapplicationautoscaling"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsservicediscovery"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/encryption"
	"github.com/suretyhq/surety/patterns/tracing"
)

// ClusterProps says whose cluster it is.
type ClusterProps struct {
	// Name is the cluster's name; the key's policy names it too.
	Name string
	VPC  awsec2.IVpc
	// StorageKeyID is the id of the key that encrypts the tasks' storage.
	StorageKeyID *string
}

// NewCluster makes a cluster without capacity of its own.
func NewCluster(scope constructs.Construct, id string, props *ClusterProps) awsecs.Cluster {
	cluster := awsecs.NewCluster(scope, jsii.String(id), &awsecs.ClusterProps{
		ClusterName: jsii.String(props.Name), Vpc: props.VPC, ContainerInsightsV2: awsecs.ContainerInsights_ENHANCED,
		ExecuteCommandConfiguration: &awsecs.ExecuteCommandConfiguration{Logging: awsecs.ExecuteCommandLogging_NONE}})
	// The construct's own property would cut the id out of the key's ARN by
	// intrinsic functions, which hides from a reader which key it is.
	cluster.Node().DefaultChild().(awsecs.CfnCluster).AddPropertyOverride(
		jsii.String("Configuration.ManagedStorageConfiguration.FargateEphemeralStorageKmsKeyId"), props.StorageKeyID)
	return cluster
}

// user is the user and group that containers run as: nobody else's.
const user = "65532:65532"

// scratchMiB is the size of /tmp, which is memory: a key or certificate that a
// container makes at start is never written to a disk.
const scratchMiB = 64

// targetCPU is the average use of CPU, in percent, that scaling keeps.
const targetCPU = 60

// ServiceProps describes a service.
type ServiceProps struct {
	Cluster awsecs.ICluster
	// Name is the service's and its container's name.
	Name string
	// Image is a repository with a tag or digest; Credentials open a private
	// registry, nil: none are needed.
	Image       string
	Credentials awssecretsmanager.ISecret
	Command     []string
	// HealthCheck is a command that ECS runs in the container; empty: none.
	HealthCheck []string
	// Port is the port that the container serves; 0: none.
	Port        int
	Environment map[string]*string
	Secrets     map[string]awsecs.Secret
	// SecretKeys encrypt Credentials and Secrets.
	SecretKeys []awskms.IKey
	Subnets    []awsec2.ISubnet
	// SecurityGroup is the tasks' group.
	SecurityGroup awsec2.ISecurityGroup
	// MoreGroups are further groups of the tasks.
	MoreGroups []awsec2.ISecurityGroup
	// Copies is how many tasks run; more than Copies, up to MaxCopies, run
	// under load. MaxCopies 0 never scales.
	Copies, MaxCopies int
	// CPU units (1024 a core) and memory in MiB of a task.
	CPU, MemoryMiB int
	// Namespace is where other services find this one; nil: nowhere.
	Namespace awsservicediscovery.INamespace
	// Discovery is its name there; nil: Name.
	Discovery *string
	LogKey    awskms.IKey
}

// Service is a service with its logs.
type Service struct {
	Construct constructs.Construct
	Resource  awsecs.FargateService
	Task      awsecs.FargateTaskDefinition
	Logs      awslogs.LogGroup
}

// New makes the service.
func New(scope constructs.Construct, id string, props *ServiceProps) *Service {
	s := &Service{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	s.Logs = encryption.NewLogGroup(s.Construct, "Logs", &encryption.LogGroupProps{Key: props.LogKey})
	s.Task = awsecs.NewFargateTaskDefinition(s.Construct, jsii.String("Task"), &awsecs.FargateTaskDefinitionProps{
		Cpu: jsii.Number(props.CPU), MemoryLimitMiB: jsii.Number(props.MemoryMiB),
		RuntimePlatform: &awsecs.RuntimePlatform{CpuArchitecture: awsecs.CpuArchitecture_X86_64(), OperatingSystemFamily: awsecs.OperatingSystemFamily_LINUX()}})
	s.addContainer(props)
	for _, key := range props.SecretKeys {
		s.Task.AddToExecutionRolePolicy(encryption.DecryptSecrets(s.Construct, key))
	}
	groups := append([]awsec2.ISecurityGroup{props.SecurityGroup}, props.MoreGroups...)
	service := &awsecs.FargateServiceProps{
		Cluster: props.Cluster, TaskDefinition: s.Task, DesiredCount: jsii.Number(props.Copies),
		MinHealthyPercent: jsii.Number(100), MaxHealthyPercent: jsii.Number(200),
		CircuitBreaker:              &awsecs.DeploymentCircuitBreaker{Enable: jsii.Bool(true), Rollback: jsii.Bool(true)},
		AvailabilityZoneRebalancing: awsecs.AvailabilityZoneRebalancing_ENABLED,
		AssignPublicIp:              jsii.Bool(false), EnableExecuteCommand: jsii.Bool(false),
		PlatformVersion: awsecs.FargatePlatformVersion_LATEST, PropagateTags: awsecs.PropagatedTagSource_SERVICE, EnableECSManagedTags: jsii.Bool(true),
		SecurityGroups: &groups, VpcSubnets: &awsec2.SubnetSelection{Subnets: &props.Subnets}}
	if props.Namespace != nil {
		name := props.Discovery
		if name == nil {
			name = jsii.String(props.Name)
		}
		service.CloudMapOptions = &awsecs.CloudMapOptions{CloudMapNamespace: props.Namespace, Name: name,
			DnsRecordType: awsservicediscovery.DnsRecordType_A, DnsTtl: awscdk.Duration_Seconds(jsii.Number(10))}
	}
	s.Resource = awsecs.NewFargateService(s.Construct, jsii.String("Service"), service)
	if props.MaxCopies > props.Copies {
		s.Resource.AutoScaleTaskCount(&awsapplicationautoscaling.EnableScalingProps{MinCapacity: jsii.Number(props.Copies), MaxCapacity: jsii.Number(props.MaxCopies)}).
			ScaleOnCpuUtilization(jsii.String("Cpu"), &awsecs.CpuUtilizationScalingProps{TargetUtilizationPercent: jsii.Number(targetCPU)})
	}
	return s
}

// Trace puts beside the container what sends its traces to X-Ray: an image of
// the AWS Distro for OpenTelemetry's collector. Traces say service and
// environment.
func (s *Service) Trace(image, service, environment string) {
	tracing.AddCollector(s.Task, &tracing.CollectorProps{Image: image, Service: service, Environment: environment, Logs: s.Logs, User: user})
}

func (s *Service) addContainer(props *ServiceProps) {
	memory := awsecs.NewLinuxParameters(s.Construct, jsii.String("Linux"), &awsecs.LinuxParametersProps{InitProcessEnabled: jsii.Bool(true)})
	memory.AddTmpfs(&awsecs.Tmpfs{ContainerPath: jsii.String("/tmp"), Size: jsii.Number(scratchMiB)})
	memory.DropCapabilities(awsecs.Capability_ALL)
	options := &awsecs.ContainerDefinitionOptions{
		ContainerName: jsii.String(props.Name), Essential: jsii.Bool(true), User: jsii.String(user),
		Image:                  awsecs.ContainerImage_FromRegistry(jsii.String(props.Image), &awsecs.RepositoryImageProps{Credentials: props.Credentials}),
		ReadonlyRootFilesystem: jsii.Bool(true), LinuxParameters: memory,
		Logging: awsecs.LogDrivers_AwsLogs(&awsecs.AwsLogDriverProps{LogGroup: s.Logs, StreamPrefix: jsii.String(props.Name), Mode: awsecs.AwsLogDriverMode_NON_BLOCKING})}
	if len(props.Command) > 0 {
		options.Command = jsii.Strings(props.Command...)
	}
	if len(props.HealthCheck) > 0 {
		options.HealthCheck = &awsecs.HealthCheck{Command: jsii.Strings(props.HealthCheck...), Interval: awscdk.Duration_Seconds(jsii.Number(10)),
			Retries: jsii.Number(3), StartPeriod: awscdk.Duration_Seconds(jsii.Number(30)), Timeout: awscdk.Duration_Seconds(jsii.Number(5))}
	}
	if len(props.Environment) > 0 {
		options.Environment = &props.Environment
	}
	if len(props.Secrets) > 0 {
		options.Secrets = &props.Secrets
	}
	if props.Port > 0 {
		options.PortMappings = &[]*awsecs.PortMapping{{ContainerPort: jsii.Number(props.Port), Protocol: awsecs.Protocol_TCP}}
	}
	s.Task.AddContainer(jsii.String(props.Name), options)
}
