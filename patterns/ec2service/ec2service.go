// Package ec2service runs a Java archive on a group of EC2 instances, several
// over the Availability Zones.
//
// Instances start from the newest image of Amazon Linux and are replaced within
// days, so that none stays unpatched. They have no public address and no key
// pair; people reach them by Session Manager only, and the metadata service
// answers sessions only. Volumes and logs are encrypted by the caller's keys,
// and the role holds what the service was given and nothing else. A deployment
// whose instances do not become healthy is rolled back.
package ec2service

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsautoscaling"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/encryption"
	"github.com/suretyhq/surety/patterns/launch"
)

// lifetimeDays is how old an instance becomes. A younger one starts from a
// newer image.
const lifetimeDays = 14

// startMinutes is how long an instance may take to become healthy.
const startMinutes = 15

// warmSeconds is how long a new instance is not measured.
const warmSeconds = 300

// targetCPU is the average use of CPU, in percent, that scaling keeps.
const targetCPU = 60

// diskGiB is the size of an instance's volume.
const diskGiB = 16

// start is what instances run when they start, after the settings.
//
//go:embed start.sh
var start string

// Props describes a service.
type Props struct {
	// Name is the service's name, Label that of what it belongs to.
	Name, Label string
	// Bucket is the name of the bucket that holds the archive, Artifact its key
	// there, and BucketKey the KMS key that encrypts it.
	Bucket, Artifact string
	BucketKey        awskms.IKey
	// Port is the port that the service serves.
	Port          int
	Settings      map[string]*string
	Subnets       []awsec2.ISubnet
	SecurityGroup awsec2.ISecurityGroup
	// Copies is how many instances run; up to MaxCopies run under load.
	Copies, MaxCopies int
	// InstanceType is an arm64 type, for example t4g.small.
	InstanceType string
	// TargetGroups are those in which instances register.
	TargetGroups []awselasticloadbalancingv2.ApplicationTargetGroup
	// VolumeKey encrypts volumes; its policy must admit EC2 Auto Scaling.
	// LogKey encrypts the logs.
	VolumeKey, LogKey awskms.IKey
}

// Service is a service with its logs and its role.
type Service struct {
	Construct constructs.Construct
	Group     awsautoscaling.CfnAutoScalingGroup
	Role      awsiam.Role
	Logs      awslogs.LogGroup
}

// New makes the service.
func New(scope constructs.Construct, id string, props *Props) *Service {
	s := &Service{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	s.Logs = encryption.NewLogGroup(s.Construct, "Logs", &encryption.LogGroupProps{Key: props.LogKey, Name: "/" + props.Label + "/" + props.Name})
	s.Role = awsiam.NewRole(s.Construct, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil), Description: jsii.String("Instances of " + props.Name)})
	profile := awsiam.NewInstanceProfile(s.Construct, jsii.String("Profile"), &awsiam.InstanceProfileProps{Role: s.Role})
	s.Group = s.scaling(props)
	template := s.template(props, profile)
	s.Group.SetLaunchTemplate(&awsautoscaling.CfnAutoScalingGroup_LaunchTemplateSpecificationProperty{
		LaunchTemplateId: template.Ref(), Version: template.AttrLatestVersionNumber()})
	s.permissions(props)
	// An instance that starts before its permissions and logs are there fails.
	s.Group.Node().AddDependency(s.Role, s.Logs)
	for _, g := range props.TargetGroups {
		s.Group.Node().AddDependency(g.LoadBalancerAttached())
	}
	awsautoscaling.NewCfnScalingPolicy(s.Construct, jsii.String("Cpu"), &awsautoscaling.CfnScalingPolicyProps{
		AutoScalingGroupName: s.Group.Ref(), PolicyType: jsii.String("TargetTrackingScaling"),
		TargetTrackingConfiguration: &awsautoscaling.CfnScalingPolicy_TargetTrackingConfigurationProperty{
			TargetValue: jsii.Number(targetCPU), PredefinedMetricSpecification: &awsautoscaling.CfnScalingPolicy_PredefinedMetricSpecificationProperty{
				PredefinedMetricType: jsii.String("ASGAverageCPUUtilization")}}})
	return s
}

// scaling makes the group. An instance is only taken out once another serves in
// its place, whatever the reason.
func (s *Service) scaling(props *Props) awsautoscaling.CfnAutoScalingGroup {
	var subnets, targets []any
	for _, n := range props.Subnets {
		subnets = append(subnets, n.SubnetId())
	}
	for _, g := range props.TargetGroups {
		targets = append(targets, g.TargetGroupArn())
	}
	health := "EC2"
	if len(targets) > 0 {
		health = "ELB"
	}
	group := awsautoscaling.NewCfnAutoScalingGroup(s.Construct, jsii.String("Group"), &awsautoscaling.CfnAutoScalingGroupProps{
		MinSize: jsii.String(strconv.Itoa(props.Copies)), MaxSize: jsii.String(strconv.Itoa(props.MaxCopies)),
		VpcZoneIdentifier: &subnets, TargetGroupArns: &targets,
		HealthCheckType: jsii.String(health), HealthCheckGracePeriod: jsii.Number(warmSeconds), DefaultInstanceWarmup: jsii.Number(warmSeconds),
		MaxInstanceLifetime: jsii.Number(lifetimeDays * 24 * 60 * 60),
		InstanceMaintenancePolicy: &awsautoscaling.CfnAutoScalingGroup_InstanceMaintenancePolicyProperty{
			MinHealthyPercentage: jsii.Number(100), MaxHealthyPercentage: jsii.Number(200)},
		TerminationPolicies: jsii.Strings("OldestInstance"),
		MetricsCollection:   []any{&awsautoscaling.CfnAutoScalingGroup_MetricsCollectionProperty{Granularity: jsii.String("1Minute")}}})
	wait := fmt.Sprintf("PT%dM", startMinutes)
	options := group.CfnOptions()
	options.SetCreationPolicy(&awscdk.CfnCreationPolicy{ResourceSignal: &awscdk.CfnResourceSignal{
		Count: jsii.Number(props.Copies), Timeout: jsii.String(wait)}})
	options.SetUpdatePolicy(&awscdk.CfnUpdatePolicy{AutoScalingRollingUpdate: &awscdk.CfnAutoScalingRollingUpdate{
		MinInstancesInService: jsii.Number(props.Copies), MaxBatchSize: jsii.Number(props.Copies), PauseTime: jsii.String(wait), WaitOnResourceSignals: jsii.Bool(true),
		SuspendProcesses: jsii.Strings("HealthCheck", "ReplaceUnhealthy", "AZRebalance", "AlarmNotification", "ScheduledActions", "InstanceRefresh")}})
	return group
}

func (s *Service) template(props *Props, profile awsiam.InstanceProfile) awsec2.CfnLaunchTemplate {
	return launch.NewTemplate(s.Construct, "Template", &launch.Props{InstanceType: props.InstanceType, Profile: profile, SecurityGroup: props.SecurityGroup,
		Key: props.VolumeKey, DiskGiB: diskGiB, Script: jsii.String(s.script(props)), Name: props.Label + "-" + props.Name, Busy: true})
}

// script is what an instance runs when it starts. It is text, so that a reader
// of the template sees what an instance is told; what only deployment knows is
// in a parameter.
func (s *Service) script(props *Props) string {
	stack := awscdk.Stack_Of(s.Construct)
	now, later := []string{"ARTIFACT=" + props.Artifact}, []string(nil)
	for _, name := range slices.Sorted(maps.Keys(props.Settings)) {
		line := name + "=" + *props.Settings[name]
		if *awscdk.Token_IsUnresolved(props.Settings[name]) {
			later = append(later, line)
		} else {
			now = append(now, line)
		}
	}
	parameter := ""
	if len(later) > 0 {
		parameter = "/" + props.Label + "/" + props.Name + "/settings"
		s.Group.Node().AddDependency(awsssm.NewCfnParameter(s.Construct, jsii.String("Settings"), &awsssm.CfnParameterProps{Type: jsii.String("String"), Name: jsii.String(parameter),
			Description: jsii.String("Settings of " + props.Name + " that only deployment knows"), Value: jsii.String(strings.Join(later, "\n"))}))
		s.allow([]string{"ssm:GetParameter"}, "arn:"+*stack.Partition()+":ssm:"+*stack.Region()+":"+*stack.Account()+":parameter"+parameter)
	}
	var b strings.Builder
	line := func(format string, values ...any) { _, _ = fmt.Fprintf(&b, format+"\n", values...) }
	line("#!/bin/bash")
	line("cat > /etc/service.env <<'END'\n%s\nEND", strings.Join(now, "\n"))
	line("region=%s\nstack=%s\ngroup=%s", *stack.Region(), *stack.StackName(), *s.Group.LogicalId())
	line("bucket=%s\nparameter=%s\nlogs=/%s/%s", props.Bucket, parameter, props.Label, props.Name)
	b.WriteString(start)
	return b.String()
}

// permissions are what instances need at all: their archive, their logs, to say
// how their start went, and sessions of Session Manager.
func (s *Service) permissions(props *Props) {
	stack := awscdk.Stack_Of(s.Construct)
	s.allow([]string{"s3:GetObject"}, "arn:"+*stack.Partition()+":s3:::"+props.Bucket+"/"+props.Artifact)
	decrypt := map[string]any{"StringEquals": map[string]any{"kms:ViaService": "s3." + *stack.Region() + ".amazonaws.com"}}
	s.Role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("kms:Decrypt"), Resources: &[]*string{props.BucketKey.KeyArn()}, Conditions: &decrypt}))
	s.Logs.GrantWrite(s.Role)
	s.allow([]string{"logs:DescribeLogStreams"}, *s.Logs.LogGroupArn())
	s.allow([]string{"cloudformation:SignalResource"}, "arn:"+*stack.Partition()+":cloudformation:"+*stack.Region()+":"+*stack.Account()+":stack/"+*stack.StackName()+"/*")
	s.allow([]string{"ssm:UpdateInstanceInformation"}, "arn:"+*stack.Partition()+":ec2:"+*stack.Region()+":"+*stack.Account()+":instance/*")
	s.allow(launch.SessionChannels(), "*")
}

func (s *Service) allow(actions []string, resource string) {
	s.Role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings(actions...), Resources: jsii.Strings(resource)}))
}
