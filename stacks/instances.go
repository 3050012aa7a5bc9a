package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/balancer"
	"github.com/suretyhq/surety/patterns/ec2service"
)

// instanceType is that of a service's instances.
func instanceType(size estate.Size) string {
	if size == estate.Large {
		return "m7g.large"
	}
	return "t4g.small"
}

// addInstances makes a service on EC2, with a balancer of its own where others
// call it by name.
func (p *platform) addInstances(name string, s estate.Service) {
	scope := constructs.NewConstruct(p.stack, jsii.String(name))
	asPart(scope, name)
	copies, _, _ := serviceSize(p.spec.Size, len(p.application))
	most := scalingFactor * copies
	copies = p.standbyCopies(copies)
	props := &ec2service.Props{Name: name, Label: p.label(), Bucket: p.artifactsBucket(), Artifact: s.Artifact,
		BucketKey: imported(scope, "ArtifactsKey", p.artifactsKey), VolumeKey: imported(scope, "VolumeKey", p.volumeKey), LogKey: p.logKey,
		Port: s.Port, Settings: p.settings(name, s, itself), Subnets: p.application, SecurityGroup: p.around.group(name),
		Copies: copies, MaxCopies: most, InstanceType: instanceType(p.spec.Size)}
	props.TargetGroups = p.fronts(scope, name, s, props.SecurityGroup)
	service := ec2service.New(scope, "Service", props)
	asPart(service.Logs, estate.PartLogs)
	p.grant(scope, service.Role, name)
}

// fronts makes what stands before a service's instances, and returns the groups
// in which they register.
func (p *platform) fronts(scope constructs.Construct, name string, s estate.Service, group awsec2.ISecurityGroup) []awselasticloadbalancingv2.ApplicationTargetGroup {
	var groups []awselasticloadbalancingv2.ApplicationTargetGroup
	if s.Expose != estate.ExposeNone {
		groups = append(groups, p.balancer.Expose(name, nil, s.Port, stageOf(s)))
	}
	if p.estate.OwnBalancer(name) {
		groups = append(groups, balancer.NewOwn(scope, "Front", &balancer.OwnProps{VPC: p.around.vpc, Subnets: p.application,
			SecurityGroup: group, Name: name, Namespace: p.namespace, Domain: p.estate.ServiceZone(p.site), Logs: p.delivery.accessLogs(), Port: s.Port}))
	}
	return groups
}
