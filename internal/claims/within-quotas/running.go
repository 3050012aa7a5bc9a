package withinquotas

import (
	"strings"

	"github.com/suretyhq/surety/internal/resource"
)

// running counts what many tenants have many of: interfaces of tasks, what
// registers in Cloud Map, alarms, secrets, log groups, users of caches.
func running(m *meter) {
	interfaces(m)
	registered(m)
	m.total("application-autoscaling/ecs-services", region, only(func(r *resource.Resource) bool {
		return r.Props.Get("ServiceNamespace").Text() == "ecs"
	}), "AWS::ApplicationAutoScaling::ScalableTarget")
	m.total("cloudwatch/alarms", region, alarms, "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm",
		"AWS::ApplicationAutoScaling::ScalingPolicy", "AWS::AutoScaling::ScalingPolicy")
	m.perRegion("secretsmanager/secrets", "AWS::SecretsManager::Secret")
	m.perRegion("logs/log-groups", "AWS::Logs::LogGroup")
	m.perRegion("elasticache/users", "AWS::ElastiCache::User")
	m.perRegion("elasticache/user-groups", "AWS::ElastiCache::UserGroup")
}

// alarms counts the alarms that a resource is or makes: target tracking makes
// one to scale out and one to scale in ("Target tracking scaling policies for
// Application Auto Scaling"; "Target tracking scaling policies for Amazon EC2
// Auto Scaling").
func alarms(r *resource.Resource) int {
	switch {
	case strings.HasPrefix(r.Type, "AWS::CloudWatch::"):
		return 1
	case strings.HasPrefix(r.Props.Get("PolicyType").Text(), "TargetTracking"):
		return 2
	}
	return 0
}

// interfaces counts network interfaces: one for each task that a service wants,
// each node and instance, and each subnet of anything else. Functions share one
// where subnet and groups are the same ("Giving Lambda functions access to
// resources in an Amazon VPC").
func interfaces(m *meter) {
	var u uses
	shared, done := map[string]bool{}, map[*resource.Resource]bool{}
	for _, i := range m.in.Graph.Interfaces() {
		at := u.at(region(i.Owner.Addr.Stack))
		n, whole := fleet(i.Owner)
		switch {
		case i.Kind == resource.EndFunction:
			if key := sharing(i); !shared[key] {
				shared[key] = true
				at.add(i.Owner, 1)
			}
		case !whole:
			at.add(i.Owner, 1)
		case !done[i.Owner]:
			done[i.Owner] = true
			at.add(i.Owner, n)
		}
	}
	for _, r := range m.in.Graph.OfType("AWS::RDS::DBInstance") {
		u.at(region(r.Addr.Stack)).add(r, 1)
	}
	m.measureAll("ec2/network-interfaces", u)
}

// fleet says how many interfaces a resource has that is many tasks, nodes or
// instances, in whichever of its subnets they are.
func fleet(r *resource.Resource) (n int, whole bool) {
	switch r.Type {
	case "AWS::ECS::Service":
		return integer(r, "DesiredCount", 1), true
	case "AWS::AutoScaling::AutoScalingGroup":
		return max(integer(r, "MinSize", 1), integer(r, "DesiredCapacity", 1)), true
	case "AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::CacheCluster":
		return nodes(r), true
	case "AWS::RDS::DBCluster", "AWS::RDS::DBInstance":
		return 0, true // its instances are counted apart
	}
	return 0, false
}

// registered counts the tasks that register in a namespace of Cloud Map.
func registered(m *meter) {
	var u uses
	for _, r := range m.in.Graph.OfType("AWS::ECS::Service") {
		for _, registry := range r.Props.Get("ServiceRegistries").Items() {
			ref, _ := registry.Get("RegistryArn").Ref()
			if s := m.in.Graph.Get(ref.To); s != nil && s.Type == "AWS::ServiceDiscovery::Service" {
				u.at(parent(s, "NamespaceId")).add(r, integer(r, "DesiredCount", 1))
			}
		}
	}
	m.measureAll("servicediscovery/instances-per-namespace", u)
}
