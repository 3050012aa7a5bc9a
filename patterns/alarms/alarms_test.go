package alarms

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awselasticache"
	"github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// CloudWatch refuses an alarm that looks back for more than a day ("PutMetricAlarm",
// Amazon CloudWatch API Reference).
func TestS30_TheCatalogueIsWhole(t *testing.T) {
	for _, k := range append(Catalogue(), Fleet()) {
		ids := map[string]bool{}
		for _, a := range k.Alarms {
			name := k.Type + "/" + a.ID
			if (a.Above == nil) == (a.Below == nil) {
				t.Errorf("%s has no limit, or two", name)
			}
			if a.Share != nil && a.Minus != nil || k.Members != nil && (a.Share != nil || a.Minus != nil) {
				t.Errorf("%s is a share and a difference, or one of several members", name)
			}
			if a.Minutes < 1 || a.For < 1 || a.Of != 0 && a.Of < a.For || a.Minutes*max(a.For, a.Of) > 24*60 {
				t.Errorf("%s is raised for %d of %d periods of %d minutes", name, a.For, a.Of, a.Minutes)
			}
			if a.Down && !a.Missing {
				t.Errorf("%s takes silence for health", name)
			}
			if ids[a.ID] || len(a.Says) < 15 || (a.Metric.Namespace == "" || a.Metric.Stat == "") == (a.Insight == "") {
				t.Errorf("%s is there twice, or says too little", name)
			}
			ids[a.ID] = true
		}
		for _, g := range k.Graphs {
			if !slices.Contains([]string{Up, Fast, Failing, Cost}, g.Row) || (len(g.Metrics) == 0) == (g.Insight == "") {
				t.Errorf("%s: the graph %q is in the row %q", k.Type, g.Title, g.Row)
			}
		}
	}
}

func testStack() awscdk.Stack {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"@aws-cdk/core:enablePartitionLiterals": true}})
	return awscdk.NewStack(app, jsii.String("test"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("100000000001"), Region: jsii.String("ap-southeast-2")}})
}

// found returns what Find says of a stack: name, type and the names of the
// dimensions.
func found(stack awscdk.Stack) (all, logs []string) {
	subjects, groups := Find([]awscdk.Stack{stack})
	for _, s := range subjects {
		line := s.Name + " " + s.Kind.Type
		for _, d := range s.Dimensions {
			line += " " + d.Name
		}
		all = append(all, line)
	}
	for _, l := range groups {
		logs = append(logs, l.Name)
	}
	return all, logs
}

func TestS30_FindKnowsWhatItSees(t *testing.T) {
	stack := testStack()
	in := func(path ...string) constructs.Construct {
		var c constructs.Construct = stack
		for _, p := range path {
			if next := c.Node().TryFindChild(jsii.String(p)); next != nil {
				c = next.(constructs.Construct)
			} else {
				c = constructs.NewConstruct(c, jsii.String(p))
			}
		}
		return c
	}
	for _, shard := range []string{"One", "Two"} {
		awselasticloadbalancingv2.NewCfnLoadBalancer(in(shard), jsii.String("Balancer"), &awselasticloadbalancingv2.CfnLoadBalancerProps{Name: jsii.String(shard)})
		awselasticloadbalancingv2.NewCfnTargetGroup(in(shard, "api"), jsii.String("Targets"), &awselasticloadbalancingv2.CfnTargetGroupProps{})
	}
	awselasticloadbalancingv2.NewCfnLoadBalancer(in("Three"), jsii.String("Balancer"), &awselasticloadbalancingv2.CfnLoadBalancerProps{Type: jsii.String("network")})
	awssqs.NewCfnQueue(in("Events"), jsii.String("Queue"), &awssqs.CfnQueueProps{})
	awssqs.NewCfnQueue(in("Events"), jsii.String("DeadLetters"), &awssqs.CfnQueueProps{})
	awsrds.NewCfnDBInstance(in("Db"), jsii.String("Fixed"), &awsrds.CfnDBInstanceProps{DbInstanceClass: jsii.String("db.r7g.large")})
	awsrds.NewCfnDBInstance(in("Db"), jsii.String("Scaling"), &awsrds.CfnDBInstanceProps{DbInstanceClass: jsii.String("db.serverless")})
	awselasticache.NewCfnReplicationGroup(in("Cache"), jsii.String("Group"), &awselasticache.CfnReplicationGroupProps{ReplicationGroupDescription: jsii.String("x"), NumCacheClusters: jsii.Number(2)})
	awsapigateway.NewCfnRestApi(in("Api"), jsii.String("Api"), &awsapigateway.CfnRestApiProps{Name: jsii.String("cover")})
	in("Program", "Task")
	awslogs.NewLogGroup(in("Program"), jsii.String("Logs"), &awslogs.LogGroupProps{})
	in("Java", "Profile")
	awslogs.NewLogGroup(in("Java"), jsii.String("Logs"), &awslogs.LogGroupProps{})
	awslogs.NewLogGroup(in("Flows"), jsii.String("Logs"), &awslogs.LogGroupProps{})

	got, logs := found(stack)
	want := []string{
		"one-balancer AWS::ElasticLoadBalancingV2::LoadBalancer LoadBalancer",
		"one-api-targets AWS::ElasticLoadBalancingV2::TargetGroup LoadBalancer TargetGroup",
		"two-balancer AWS::ElasticLoadBalancingV2::LoadBalancer LoadBalancer",
		"two-api-targets AWS::ElasticLoadBalancingV2::TargetGroup LoadBalancer TargetGroup",
		"events-queue AWS::SQS::Queue QueueName",
		"events-deadletters AWS::SQS::Queue QueueName",
		"db-scaling AWS::RDS::DBInstance DBInstanceIdentifier",
		"cache-group AWS::ElastiCache::ReplicationGroup ReplicationGroupId",
		"api AWS::ApiGateway::RestApi ApiName",
	}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !slices.Equal(logs, []string{"program-logs", "java-logs"}) {
		t.Errorf("logs %v", logs)
	}
	subjects, _ := Find([]awscdk.Stack{stack})
	if a, b := subjects[1].Dimensions[0], subjects[3].Dimensions[0]; a == b || a != subjects[0].Dimensions[0] || b != subjects[2].Dimensions[0] {
		t.Errorf("targets are measured with the balancers %v and %v", a, b)
	}
	if m := subjects[7].Members; len(m) != 6 || !strings.HasSuffix(m[0][0].Value, "-001") || !strings.HasSuffix(m[5][0].Value, "-006") {
		t.Errorf("the cache is measured by %v", m)
	}
	if id := subjects[4].Kind.Alarms[0].ID + " " + subjects[5].Kind.Alarms[0].ID; id != "age depth" {
		t.Errorf("the queues have the alarms %s", id)
	}
}

func TestB08_AFleetIsWatchedByTheBalancerInFrontOfIt(t *testing.T) {
	stack := testStack()
	awselasticloadbalancingv2.NewCfnLoadBalancer(stack, jsii.String("Balancer"), &awselasticloadbalancingv2.CfnLoadBalancerProps{Name: jsii.String("x")})
	awssqs.NewCfnQueue(stack, jsii.String("Queue"), &awssqs.CfnQueueProps{})
	subjects, _ := Find([]awscdk.Stack{stack})
	fleets := Fleets(subjects)
	if len(subjects) != 2 || len(fleets) != 1 || fleets[0].Name != "balancer" {
		t.Fatalf("%d subjects, fleets %v", len(subjects), fleets)
	}
	d := Dimensions{{"LoadBalancer", "app/x/1"}}
	for _, a := range Fleet().Alarms {
		q := d.Where(a.Insight)
		if !strings.Contains(q, "WHERE LoadBalancer = 'app/x/1'") || strings.Contains(a.Insight, "GROUP BY") != strings.HasSuffix(q, "LIMIT 1") {
			t.Errorf("%s asks %s", a.ID, q)
		}
	}
}
