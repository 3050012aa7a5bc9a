// Package tracing sends what programs say of their requests to AWS X-Ray.
//
// A collector beside a program listens on the loopback interface only, may do
// nothing but send traces and ask how many are wanted, and is not essential:
// when it fails, the program goes on. Every trace carries the environment's
// name, by which the environment's group finds it.
package tracing

import (
	"encoding/json"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsxray"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// CollectorProps describes the collector beside a program.
type CollectorProps struct {
	// Image is that of the AWS Distro for OpenTelemetry's collector.
	Image string
	// Service is what the program is called in traces, and Environment where it
	// runs.
	Service, Environment string
	// Logs receives what the collector says of itself.
	Logs awslogs.ILogGroup
	// User is the user and group that it runs as.
	User string
}

// Container is the collector's name in its task. No service can have it.
const Container = "otel_collector"

// What the collector may use. It drops traces rather than grow past it.
const (
	memoryMiB = 128
	limitMiB  = 96
	cpuUnits  = 32
)

// AddCollector puts a collector beside the containers of a task.
func AddCollector(task awsecs.TaskDefinition, props *CollectorProps) {
	scope := constructs.NewConstruct(task, jsii.String("Collector"))
	task.AddToTaskRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings(actions()...), Resources: jsii.Strings("*")}))
	linux := awsecs.NewLinuxParameters(scope, jsii.String("Linux"), &awsecs.LinuxParametersProps{InitProcessEnabled: jsii.Bool(true)})
	linux.DropCapabilities(awsecs.Capability_ALL)
	task.AddContainer(jsii.String(Container), &awsecs.ContainerDefinitionOptions{
		ContainerName: jsii.String(Container), Essential: jsii.Bool(false), User: jsii.String(props.User),
		Image: awsecs.ContainerImage_FromRegistry(jsii.String(props.Image), nil), ReadonlyRootFilesystem: jsii.Bool(true), LinuxParameters: linux,
		Cpu: jsii.Number(cpuUnits), MemoryLimitMiB: jsii.Number(memoryMiB),
		Environment: &map[string]*string{"AOT_CONFIG_CONTENT": jsii.String(config(*awscdk.Stack_Of(task).Region(), props))},
		Logging:     awsecs.LogDrivers_AwsLogs(&awsecs.AwsLogDriverProps{LogGroup: props.Logs, StreamPrefix: jsii.String("collector"), Mode: awsecs.AwsLogDriverMode_NON_BLOCKING})})
}

// actions are those that the collector needs. None of them knows resources
// ("Actions, resources, and condition keys for AWS X-Ray", Service
// Authorization Reference).
func actions() []string {
	return []string{"xray:GetSamplingRules", "xray:GetSamplingStatisticSummaries", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}
}

// config is the collector's configuration, as JSON, which is YAML too. The
// ports are those that OpenTelemetry's SDKs and X-Ray's samplers ask by
// themselves.
func config(region string, props *CollectorProps) string {
	type object = map[string]any
	c := object{
		"extensions": object{"awsproxy": object{"endpoint": "127.0.0.1:2000", "region": region}},
		"receivers":  object{"otlp": object{"protocols": object{"grpc": object{"endpoint": "127.0.0.1:4317"}, "http": object{"endpoint": "127.0.0.1:4318"}}}},
		"processors": object{
			"memory_limiter": object{"check_interval": "1s", "limit_mib": limitMiB},
			"resource":       object{"attributes": []any{object{"key": "service.name", "value": props.Service, "action": "upsert"}}},
			"attributes":     object{"actions": []any{object{"key": annotation, "value": props.Environment, "action": "upsert"}}},
			"batch":          object{}},
		"exporters": object{"awsxray": object{"region": region, "indexed_attributes": []any{annotation}}},
		"service": object{"extensions": []any{"awsproxy"}, "pipelines": object{"traces": object{"receivers": []any{"otlp"},
			"processors": []any{"memory_limiter", "resource", "attributes", "batch"}, "exporters": []any{"awsxray"}}}},
	}
	data, err := json.Marshal(c)
	if err != nil {
		panic(err) // text and numbers only
	}
	return string(data)
}

// annotation is the name under which a trace says its environment.
const annotation = "environment"

// GroupProps says whose traces are put together.
type GroupProps struct {
	// Name is the group's; more than 32 characters are cut off.
	Name string
	// Environment is what traces say of where they come from.
	Environment string
}

// How many requests are traced: the first of each second, and of the others
// this share.
const (
	reservoir = 1
	share     = 0.05
)

// maxName is how long the names of groups and sampling rules may be ("CreateGroup",
// "SamplingRule", AWS X-Ray API Reference).
const maxName = 32

// NewGroup makes the group of an environment's traces, in which X-Ray looks for
// what is unusual, and the rule of how many requests are traced.
func NewGroup(scope constructs.Construct, id string, props *GroupProps) constructs.Construct {
	root := constructs.NewConstruct(scope, jsii.String(id))
	name := strings.TrimRight(props.Name[:min(len(props.Name), maxName)], "-")
	awsxray.NewCfnGroup(root, jsii.String("Group"), &awsxray.CfnGroupProps{GroupName: jsii.String(name),
		FilterExpression:      jsii.String("annotation." + annotation + ` = "` + props.Environment + `"`),
		InsightsConfiguration: &awsxray.CfnGroup_InsightsConfigurationProperty{InsightsEnabled: true, NotificationsEnabled: false}})
	any := jsii.String("*")
	awsxray.NewCfnSamplingRule(root, jsii.String("Sampling"), &awsxray.CfnSamplingRuleProps{SamplingRule: &awsxray.CfnSamplingRule_SamplingRuleProperty{
		RuleName: jsii.String(name), Version: jsii.Number(1), Priority: jsii.Number(1000), ReservoirSize: jsii.Number(reservoir), FixedRate: jsii.Number(share),
		Host: any, HttpMethod: any, ResourceArn: any, ServiceName: any, ServiceType: any, UrlPath: any}})
	return root
}
