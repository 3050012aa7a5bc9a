package alarms

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Dimension is one of the names and values by which CloudWatch knows a
// resource.
type Dimension struct{ Name, Value string }

// Dimensions are all of them, in the order of the service's page.
type Dimensions []Dimension

// Subject is a thing that is watched.
type Subject struct {
	// Name is the resource's path in its stack, as people read it:
	// balancer-api-targetgroup.
	Name string
	Kind Kind
	Dimensions
	// Members are the things that it is measured by, where CloudWatch does not
	// measure it as a whole.
	Members []Dimensions
}

// Resource is a resource of a stack.
type Resource struct {
	awscdk.CfnResource
	Type, Path string
	// beside are all resources of the stack.
	beside *[]Resource
}

// Find returns what is watched of some stacks, in the order of their
// constructs, and the log groups of what runs in them.
func Find(stacks []awscdk.Stack) (subjects []Subject, logs []Log) {
	catalogue := map[string][]Kind{}
	for _, k := range Catalogue() {
		catalogue[k.Type] = append(catalogue[k.Type], k)
	}
	for _, s := range stacks {
		for _, r := range resources(s) {
			if r.Type == "AWS::Logs::LogGroup" && isProgramsLog(r) {
				logs = append(logs, Log{Name: r.name(), Group: r.Ref()})
			}
			for _, k := range catalogue[r.Type] {
				subjects = append(subjects, subjectsOf(r, k)...)
			}
		}
	}
	return subjects, logs
}

// resources returns the resources of a stack, in the order of its constructs.
func resources(s awscdk.Stack) []Resource {
	all := &[]Resource{}
	for _, c := range *s.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if !*awscdk.CfnResource_IsCfnResource(c) {
			continue
		}
		if r, ok := c.(awscdk.CfnResource); ok {
			*all = append(*all, Resource{CfnResource: r, Type: *r.CfnResourceType(), Path: *r.Node().Path(), beside: all})
		}
	}
	return *all
}

func subjectsOf(r Resource, k Kind) []Subject {
	all := k.Dimensions(r)
	var subjects []Subject
	for i, d := range all {
		s := Subject{Name: r.name(), Kind: k, Dimensions: d}
		if k.Members != nil {
			s.Members = k.Members(r)
		}
		if len(all) > 1 {
			s.Name += fmt.Sprintf("-%d", i+1)
		}
		subjects = append(subjects, s)
	}
	return subjects
}

// name makes a resource's path in its stack readable: what repeats the word
// before it, and the CDK's own "Resource", say nothing.
func (r Resource) name() string {
	words := strings.Split(strings.ToLower(r.Path), "/")[1:]
	words = slices.DeleteFunc(words, func(w string) bool { return w == "resource" })
	return strings.ReplaceAll(strings.Join(slices.Compact(words), "-"), " ", "-")
}

// isProgramsLog says whether a log group is that of a service or a function:
// its neighbours are that one's task or function, or the profile of its instances.
func isProgramsLog(r Resource) bool {
	group := r.Node().Scope()
	if group == nil || group.Node().Scope() == nil {
		return false
	}
	around := group.Node().Scope().Node()
	return slices.ContainsFunc([]string{"Task", "Function", "Profile"}, func(id string) bool { return around.TryFindChild(jsii.String(id)) != nil })
}

// followerDimensions know a cluster that follows one of another Region; its
// Region alone measures how far behind it is ("Amazon CloudWatch metrics for
// Amazon Aurora", Amazon Aurora User Guide).
func followerDimensions(r Resource) []Dimensions {
	if c, ok := r.CfnResource.(awsrds.CfnDBCluster); !ok || c.GlobalClusterIdentifier() == nil {
		return nil
	}
	return byRef("DBClusterIdentifier")(r)
}

// byRef knows a resource by its reference.
func byRef(dimension string) func(Resource) []Dimensions {
	return func(r Resource) []Dimensions { return []Dimensions{{{dimension, *r.Ref()}}} }
}

// byAttribute knows a resource by one of its attributes.
func byAttribute(dimension, attribute string) func(Resource) []Dimensions {
	return func(r Resource) []Dimensions {
		return []Dimensions{{{dimension, *r.GetAtt(jsii.String(attribute), awscdk.ResolutionTypeHint_STRING).ToString()}}}
	}
}

// balancerDimensions leaves out what is no application balancer.
func balancerDimensions(r Resource) []Dimensions {
	b, ok := r.CfnResource.(awselasticloadbalancingv2.CfnLoadBalancer)
	if !ok || b.Type() != nil && *b.Type() != "application" {
		return nil
	}
	return []Dimensions{{{"LoadBalancer", *b.AttrLoadBalancerFullName()}}}
}

// targetDimensions names the group together with its balancer, without which
// CloudWatch does not know it: the balancer that stands nearest in the stack.
func targetDimensions(r Resource) []Dimensions {
	var nearest Dimensions
	closest := 0
	for _, b := range *r.beside {
		if b.Type != "AWS::ElasticLoadBalancingV2::LoadBalancer" {
			continue
		}
		if d := balancerDimensions(b); d != nil && shared(b.Path, r.Path) > closest {
			nearest, closest = d[0], shared(b.Path, r.Path)
		}
	}
	if nearest == nil {
		return nil
	}
	return []Dimensions{append(nearest, Dimension{"TargetGroup", *r.GetAtt(jsii.String("TargetGroupFullName"), awscdk.ResolutionTypeHint_STRING).ToString()})}
}

// shared returns how many steps two paths have in common.
func shared(a, b string) int {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	return n
}

func apiDimensions(r Resource) []Dimensions {
	a, ok := r.CfnResource.(awsapigateway.CfnRestApi)
	if !ok || a.Name() == nil {
		return nil
	}
	return []Dimensions{{{"ApiName", *a.Name()}}}
}

func serviceDimensions(r Resource) []Dimensions {
	s, ok := r.CfnResource.(awsecs.CfnService)
	if !ok || s.Cluster() == nil || s.DesiredCount() != nil && *s.DesiredCount() == 0 { // nothing runs, as is meant
		return nil
	}
	return []Dimensions{{{"ClusterName", *s.Cluster()}, {"ServiceName", *s.AttrName()}}}
}

// queueDimensions are those of queues of dead letters, or of all others.
func queueDimensions(dead bool) func(Resource) []Dimensions {
	by := byAttribute("QueueName", "QueueName")
	return func(r Resource) []Dimensions {
		path := strings.ToLower(r.Path)
		if dead != (strings.Contains(path, "deadletter") || strings.Contains(path, "dlq")) {
			return nil
		}
		return by(r)
	}
}

// serverlessDimensions are those of instances that scale by capacity units.
func serverlessDimensions(r Resource) []Dimensions {
	i, ok := r.CfnResource.(awsrds.CfnDBInstance)
	if !ok || i.DbInstanceClass() == nil || *i.DbInstanceClass() != "db.serverless" {
		return nil
	}
	return byRef("DBInstanceIdentifier")(r)
}

// cacheNodes is how many nodes a group can have at the most: a primary and five
// replicas ("Quotas and limits", Amazon ElastiCache User Guide).
const cacheNodes = 6

// cacheMembers are the nodes that a group may have: ElastiCache numbers them
// from 001, and measures them one by one ("Monitoring use with CloudWatch
// Metrics", Amazon ElastiCache User Guide). Those that are not there measure
// nothing, and a group that grows is watched whole.
func cacheMembers(r Resource) []Dimensions {
	var all []Dimensions
	for i := range cacheNodes {
		all = append(all, Dimensions{{"CacheClusterId", fmt.Sprintf("%s-%03d", *r.Ref(), i+1)}})
	}
	return all
}
