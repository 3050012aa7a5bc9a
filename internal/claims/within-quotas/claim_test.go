package withinquotas

import (
	"fmt"
	"strings"
	"testing"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/prooftest"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

const lb = "AWS::ElasticLoadBalancingV2::"

// several adds n resources of a type with the properties that a function gives.
func several(b *build.Builder, n int, typ string, props func(i int) build.Props) {
	for i := range n {
		var p build.Props
		if props != nil {
			p = props(i)
		}
		b.Add(typ, fmt.Sprintf("%s%d", strings.ReplaceAll(typ, ":", ""), i), p)
	}
}

func same(p build.Props) func(int) build.Props { return func(int) build.Props { return p } }

func list(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("item-%d", i)
	}
	return out
}

// balancer adds a load balancer with a listener and n rules.
func balancer(n, groupsEach int) func(*build.Builder) {
	return func(b *build.Builder) {
		b.Add(lb+"LoadBalancer", "Alb", build.Props{"Type": "application"})
		b.Add(lb+"Listener", "Listener", build.Props{"LoadBalancerArn": b.Ref("Alb"), "Port": 443, "Protocol": "HTTPS",
			"Certificates": []build.Props{{"CertificateArn": "arn:aws:acm:ap-southeast-2:100000000004:certificate/1"}}})
		g := 0
		several(b, n, lb+"ListenerRule", func(int) build.Props {
			var to []build.Props
			for range groupsEach {
				to = append(to, build.Props{"TargetGroupArn": fmt.Sprintf("arn:aws:elasticloadbalancing:ap-southeast-2:100000000004:targetgroup/%d/1", g)})
				g++
			}
			return build.Props{"ListenerArn": b.Ref("Listener"), "Actions": []build.Props{{"Type": "forward", "ForwardConfig": build.Props{"TargetGroups": to}}}}
		})
	}
}

func rules(n int) []build.Props {
	out := make([]build.Props, n)
	for i := range out {
		out[i] = build.Props{"IpProtocol": "tcp", "FromPort": 1000 + i, "ToPort": 1000 + i, "CidrIp": "10.0.0.0/8"}
	}
	return out
}

// trusting is a role whose trust policy has an external id and so many further
// characters; 0: nobody knows how many.
func trusting(id any, more int) func(*build.Builder) {
	sid := any(strings.Repeat("x", more))
	if more == 0 {
		sid = build.Unknown("a parameter")
	}
	return func(b *build.Builder) {
		b.Add("AWS::IAM::Role", "Role", build.Props{"AssumeRolePolicyDocument": build.Props{"Statement": []build.Props{{"Sid": sid, "Effect": "Allow",
			"Action": "sts:AssumeRole", "Condition": build.Props{"StringEquals": build.Props{"sts:ExternalId": id}}}}}})
	}
}

func TestB05_LimitsAreKept(t *testing.T) {
	quota, limit, unknown := []string{CodeQuota}, []string{CodeLimit}, []string{CodeUnknown}
	vpcs := func(n int) func(*build.Builder) {
		return func(b *build.Builder) { several(b, n, "AWS::EC2::VPC", same(build.Props{"CidrBlock": "10.0.0.0/16"})) }
	}
	resources := func(n int) func(*build.Builder) {
		return func(b *build.Builder) { several(b, n, "AWS::CloudWatch::Alarm", nil) }
	}
	group := func(n, more int) func(*build.Builder) {
		return func(b *build.Builder) {
			b.Add("AWS::EC2::PrefixList", "List", build.Props{"MaxEntries": more, "AddressFamily": "IPv4"})
			in := rules(n)
			if more > 0 {
				in = append(in, build.Props{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourcePrefixListId": b.Ref("List")})
			}
			b.Add("AWS::EC2::SecurityGroup", "Group", build.Props{"SecurityGroupIngress": in})
		}
	}
	acl := func(n int, v6 bool) func(*build.Builder) {
		return func(b *build.Builder) {
			b.Add("AWS::EC2::NetworkAcl", "Acl", nil)
			several(b, n, "AWS::EC2::NetworkAclEntry", func(i int) build.Props {
				p := build.Props{"NetworkAclId": b.Ref("Acl"), "RuleNumber": 1 + i, "Protocol": -1, "RuleAction": "allow", "Egress": false, "CidrBlock": "10.0.0.0/8"}
				if v6 && i%2 == 0 {
					delete(p, "CidrBlock")
					p["Ipv6CidrBlock"] = "2001:db8::/32"
				}
				return p
			})
		}
	}
	role := func(n int, text any) func(*build.Builder) {
		return func(b *build.Builder) {
			b.Add("AWS::IAM::Role", "Role", build.Props{"AssumeRolePolicyDocument": build.Props{"Version": "2012-10-17"}})
			several(b, n, "AWS::IAM::Policy", func(int) build.Props {
				return build.Props{"Roles": []any{b.Ref("Role")}, "PolicyDocument": build.Props{"Statement": []any{text}}}
			})
		}
	}
	scps := func(n int, more func(*build.Builder)) func(*build.Builder) {
		return func(b *build.Builder) {
			several(b, n, "AWS::Organizations::Policy", same(build.Props{"Type": "SERVICE_CONTROL_POLICY", "Content": "{}", "TargetIds": []string{"ou-1"}}))
			if more != nil {
				more(b)
			}
		}
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "nothing", Outcome: proof.NotApplicable, Build: func(*build.Builder) {}},
		{Name: "five VPCs", Outcome: proof.Proved, Build: vpcs(5)},
		{Name: "six VPCs", Outcome: proof.Refuted, Codes: quota, Build: vpcs(6)},
		{Name: "five hundred resources", Outcome: proof.Proved, Build: resources(500)},
		{Name: "more resources than a template holds", Outcome: proof.Refuted, Codes: limit, Build: resources(501)},
		{Name: "sixty rules", Outcome: proof.Proved, Build: group(60, 0)},
		{Name: "sixty-one rules", Outcome: proof.Refuted, Codes: quota, Build: group(61, 0)},
		{Name: "a prefix list counts its most entries", Outcome: proof.Refuted, Codes: quota, Build: group(1, 60)},
		{Name: "a prefix list that fits", Outcome: proof.Proved, Build: group(1, 59)},
		{Name: "a prefix list from elsewhere", Outcome: proof.Unknown, Codes: unknown, Build: func(b *build.Builder) {
			b.Add("AWS::EC2::SecurityGroup", "Group", build.Props{"SecurityGroupIngress": []build.Props{{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourcePrefixListId": "pl-1"}}})
		}},
		{Name: "rules that are not known", Outcome: proof.Unknown, Codes: unknown, Build: func(b *build.Builder) {
			b.Add("AWS::EC2::SecurityGroup", "Group", build.Props{"SecurityGroupIngress": build.Unknown("a parameter")})
		}},
		{Name: "IPv4 and IPv6 have a quota each", Outcome: proof.Proved, Build: func(b *build.Builder) {
			var in []build.Props
			for i := range 60 {
				in = append(in, build.Props{"IpProtocol": "tcp", "FromPort": i, "ToPort": i, "CidrIp": "10.0.0.0/8"}, build.Props{"IpProtocol": "tcp", "FromPort": i, "ToPort": i, "CidrIpv6": "2001:db8::/32"})
			}
			b.Add("AWS::EC2::SecurityGroup", "Group", build.Props{"SecurityGroupIngress": in})
		}},
		{Name: "nineteen entries and the last", Outcome: proof.Proved, Build: acl(19, false)},
		{Name: "twenty entries and the last", Outcome: proof.Refuted, Codes: quota, Build: acl(20, false)},
		{Name: "entries of two families", Outcome: proof.Proved, Build: acl(38, true)},
		{Name: "six groups on an interface", Outcome: proof.Refuted, Codes: quota, Build: func(b *build.Builder) {
			b.Add("AWS::EC2::VPC", "Vpc", build.Props{"CidrBlock": "10.0.0.0/16"})
			b.Add("AWS::EC2::Subnet", "Subnet", build.Props{"VpcId": b.Ref("Vpc"), "CidrBlock": "10.0.0.0/24"})
			var ids []value.Value
			for i := range 6 {
				name := fmt.Sprintf("Group%d", i)
				b.Add("AWS::EC2::SecurityGroup", name, build.Props{"VpcId": b.Ref("Vpc")})
				ids = append(ids, b.Attr(name, "GroupId"))
			}
			b.Add("AWS::EC2::Instance", "Host", build.Props{"SubnetId": b.Ref("Subnet"), "SecurityGroupIds": ids})
		}},
		{Name: "a hundred listener rules", Outcome: proof.Proved, Build: balancer(100, 1)},
		{Name: "listener rules", Outcome: proof.Refuted, Codes: quota, Build: balancer(101, 0)},
		{Name: "target groups", Outcome: proof.Refuted, Codes: limit, Build: balancer(51, 2)},
		{Name: "target groups of an action", Outcome: proof.Refuted, Codes: limit, Build: balancer(1, 6)},
		{Name: "a network's balancer has no rules", Outcome: proof.Proved, Build: func(b *build.Builder) {
			b.Add(lb+"LoadBalancer", "Nlb", build.Props{"Type": "network"})
			several(b, 50, lb+"Listener", func(i int) build.Props {
				return build.Props{"LoadBalancerArn": b.Ref("Nlb"), "Port": 1 + i, "Protocol": "TCP"}
			})
		}},
		{Name: "an inline policy", Outcome: proof.Proved, Build: role(2, strings.Repeat("a", 5000))},
		{Name: "inline policies in all", Outcome: proof.Refuted, Codes: limit, Build: role(3, strings.Repeat("a", 5000))},
		{Name: "inline policies with what only deployment gives", Outcome: proof.Unknown, Codes: unknown,
			Build: role(2, value.Join(build.Of(strings.Repeat("a", 5050)), build.New("1", "r", "s").Ref("X")))},
		{Name: "an inline policy that is not known", Outcome: proof.Unknown, Codes: unknown, Build: role(1, build.Unknown("a parameter"))},
		{Name: "managed policies", Outcome: proof.Refuted, Codes: quota, Build: func(b *build.Builder) {
			b.Add("AWS::IAM::Role", "Role", build.Props{"ManagedPolicyArns": list(10)})
			b.Add("AWS::IAM::ManagedPolicy", "Policy", build.Props{"Roles": []any{b.Ref("Role")}})
		}},
		{Name: "nine guardrails beside AWS's", Outcome: proof.Proved, Build: scps(9, nil)},
		{Name: "ten guardrails beside AWS's", Outcome: proof.Refuted, Codes: limit, Build: scps(10, nil)},
		{Name: "nine guardrails beside Control Tower's", Outcome: proof.Refuted, Codes: limit, Build: scps(9, func(b *build.Builder) { b.Add("AWS::ControlTower::LandingZone", "Zone", nil) })},
		{Name: "a long guardrail", Outcome: proof.Refuted, Codes: limit, Build: func(b *build.Builder) {
			b.Add("AWS::Organizations::Policy", "Scp", build.Props{"Type": "SERVICE_CONTROL_POLICY", "Content": build.Props{"A": strings.Repeat("a", 10240)}})
		}},
		{Name: "usage plans", Outcome: proof.Refuted, Codes: quota, Build: func(b *build.Builder) { several(b, 301, "AWS::ApiGateway::UsagePlan", nil) }},
		{Name: "records of a zone", Outcome: proof.Proved, Build: func(b *build.Builder) {
			several(b, 300, "AWS::Route53::RecordSet", same(build.Props{"HostedZoneId": "Z1"}))
		}},
		{Name: "subscription filters", Outcome: proof.Refuted, Codes: limit, Build: func(b *build.Builder) {
			several(b, 3, "AWS::Logs::SubscriptionFilter", same(build.Props{"LogGroupName": b.Ref("Logs")}))
		}},
		{Name: "reserved concurrency", Outcome: proof.Refuted, Codes: quota, Build: func(b *build.Builder) {
			several(b, 10, "AWS::Lambda::Function", same(build.Props{"ReservedConcurrentExecutions": 91}))
		}},
		{Name: "concurrency that is left", Outcome: proof.Proved, Build: func(b *build.Builder) {
			several(b, 10, "AWS::Lambda::Function", same(build.Props{"ReservedConcurrentExecutions": 90}))
		}},
		{Name: "trust by an external id that only deployment knows", Outcome: proof.Proved, Build: trusting(build.Unknown("a parameter"), 100)},
		{Name: "trust that is too long with any external id", Outcome: proof.Unknown, Codes: unknown, Build: trusting(build.Unknown("a parameter"), 1800)},
		{Name: "trust of unknown length", Outcome: proof.Unknown, Codes: unknown, Build: trusting("x", 0)},
		{Name: "sixth VPC only perhaps", Outcome: proof.Unknown, Codes: unknown, Build: func(b *build.Builder) {
			vpcs(5)(b)
			b.Add("AWS::EC2::VPC", "Perhaps", nil).Conditional = &value.Reason{Text: "a condition"}
		}},
		{Name: "interfaces of tasks", Outcome: proof.Refuted, Codes: quota, Build: tasks(5001, false)},
		{Name: "interfaces of as many tasks as there may be", Outcome: proof.Proved, Build: tasks(5000, false)},
		{Name: "tasks that register", Outcome: proof.Proved, Build: tasks(2000, true)},
		{Name: "more tasks than a namespace takes", Outcome: proof.Refuted, Codes: quota, Build: tasks(2001, true)},
		{Name: "alarms of target tracking", Outcome: proof.Refuted, Codes: quota, Build: func(b *build.Builder) {
			several(b, 400, "AWS::CloudWatch::Alarm", nil)
			for i := range 2301 {
				b.Add("AWS::ApplicationAutoScaling::ScalingPolicy", fmt.Sprintf("In%d/Policy%d", i/400, i), build.Props{"PolicyType": "TargetTrackingScaling"})
			}
		}},
		{Name: "step scaling has alarms of its own", Outcome: proof.Proved, Build: func(b *build.Builder) {
			several(b, 400, "AWS::CloudWatch::Alarm", nil)
			for i := range 2301 {
				b.Add("AWS::ApplicationAutoScaling::ScalingPolicy", fmt.Sprintf("In%d/Policy%d", i/400, i), build.Props{"PolicyType": "StepScaling"})
			}
		}},
		{Name: "nodes of a cache", Outcome: proof.Refuted, Codes: quota, Build: func(b *build.Builder) {
			b.Add("AWS::ElastiCache::ReplicationGroup", "Cache", build.Props{"NumNodeGroups": 101, "ReplicasPerNodeGroup": 2})
		}},
		{Name: "a stack nested in another has a template of its own", Outcome: proof.Proved, Build: func(b *build.Builder) {
			several(b, 499, "AWS::CloudWatch::Alarm", nil)
			b.Add("AWS::CloudFormation::Stack", "In", nil)
			for i := range 200 {
				b.Add("AWS::CloudWatch::Alarm", fmt.Sprintf("In/%d", i), nil)
			}
		}},
	})
}

// tasks makes services of so many tasks in all, which may register in a
// namespace.
func tasks(n int, register bool) func(*build.Builder) {
	return func(b *build.Builder) {
		b.Add("AWS::EC2::VPC", "Vpc", build.Props{"CidrBlock": "10.0.0.0/16"})
		b.Add("AWS::EC2::Subnet", "Subnet", build.Props{"VpcId": b.Ref("Vpc"), "CidrBlock": "10.0.0.0/17"})
		b.Add("AWS::ServiceDiscovery::PrivateDnsNamespace", "Namespace", nil)
		b.Add("AWS::ServiceDiscovery::Service", "Registry", build.Props{"NamespaceId": b.Attr("Namespace", "Id")})
		const each = 500
		for i := 0; n > 0; i++ {
			props := build.Props{"DesiredCount": min(n, each), "NetworkConfiguration": build.Props{"AwsvpcConfiguration": build.Props{"Subnets": []any{b.Ref("Subnet")}}}}
			if register {
				props["ServiceRegistries"] = []build.Props{{"RegistryArn": b.Attr("Registry", "Arn")}}
			}
			b.Add("AWS::ECS::Service", fmt.Sprintf("Service%d", i), props)
			n -= each
		}
	}
}

// TestB05_EveryQuotaIsCounted: each row of the table has a counter, which counts
// against that row.
func TestB05_EveryQuotaIsCounted(t *testing.T) {
	g, err := everything().Graph()
	if err != nil {
		t.Fatal(err)
	}
	in := &proof.Input{Graph: g, Net: network.Build(g), Templates: []resource.Template{{Stack: everything().Stack(), Bytes: 1}}}
	m := newMeter(in)
	for _, count := range counters() {
		count(m)
	}
	for i, q := range m.quotas {
		if !m.counted[i] {
			t.Errorf("nothing counts %s", q.ID)
		}
	}
}

// Templates that are given are measured themselves.
func TestB05_TemplatesAreMeasured(t *testing.T) {
	b := build.New("100000000004", "ap-southeast-2", "stack")
	b.Add("AWS::CloudWatch::Alarm", "Alarm", nil)
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		template resource.Template
		says     string
	}{
		"fits":        {resource.Template{Bytes: 1 << 20, Description: 1024, Resources: 500, Parameters: 200, Mappings: 200, Outputs: 200}, ""},
		"bytes":       {resource.Template{Bytes: 1<<20 + 1}, "1048577 bytes of a template"},
		"description": {resource.Template{Description: 1025}, "1025 bytes of a template's description"},
		"resources":   {resource.Template{Resources: 501}, "501 resources"},
		"parameters":  {resource.Template{Parameters: 201}, "201 parameters"},
		"mappings":    {resource.Template{Mappings: 201}, "201 mappings"},
		"outputs":     {resource.Template{Outputs: 201}, "201 outputs"},
	} {
		c.template.Stack = b.Stack()
		in := &proof.Input{Graph: g, Templates: []resource.Template{c.template}}
		verdicts, err := proof.Run(t.Context(), in, []proof.Claim{Claim()})
		if err != nil || len(verdicts) != 1 {
			t.Fatal(err, verdicts)
		}
		v := verdicts[0]
		if c.says == "" {
			if v.Outcome != proof.Proved {
				t.Errorf("%s: %+v", name, v)
			}
			continue
		}
		if v.Outcome != proof.Refuted || len(v.Witness) != 1 || !strings.Contains(v.Witness[0].Message, c.says) || !strings.Contains(v.Witness[0].Message, "stack") {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

const grants = `estate: acme
domain: acme.example
regions: {home: ap-southeast-2}
organisation:
  accounts:
    net: {id: "100000000003", roles: [network-hub]}
    dev: {id: "100000000004"}
environments: {dev: {account: dev}}
workload: {services: {api: {image: "100000000003.dkr.ecr.ap-southeast-2.amazonaws.com/a:1"}}}
quotas: {dev: {vpc/vpcs: 7, ec2/elastic-ips: 4}}
`

// What the estate says that AWS granted counts, in its account only, and a
// finding names the line that says it.
func TestB05_GrantsOfTheEstateCount(t *testing.T) {
	e, problems := estate.Parse("estate.yaml", []byte(grants))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	for account, want := range map[string]proof.Outcome{"100000000004": proof.Proved, "100000000003": proof.Refuted} {
		b := build.New(account, "ap-southeast-2", "stack")
		several(b, 6, "AWS::EC2::VPC", same(build.Props{"CidrBlock": "10.0.0.0/16"}))
		if v := prove(t, e, b); v.Outcome != want {
			t.Errorf("six VPCs in %s: %s, want %s %+v", account, v.Outcome, want, v.Witness)
		}
	}
	b := build.New("100000000004", "ap-southeast-2", "stack")
	several(b, 5, "AWS::EC2::EIP", nil)
	v := prove(t, e, b)
	if v.Outcome != proof.Refuted || v.Scope != "dev" || v.Witness[0].Intent != e.Pos("quotas/dev/ec2/elastic-ips") || v.Witness[0].Intent.Line != 10 {
		t.Errorf("%+v", v)
	}
}

func prove(t *testing.T, e *estate.Estate, b *build.Builder) proof.Verdict {
	t.Helper()
	verdicts := prooftest.Verdicts(t, Claim(), e, b.Resources())
	if len(verdicts) != 1 {
		t.Fatal(verdicts)
	}
	return verdicts[0]
}

// A verdict shows at most ten limits, of each the place that is nearest to it,
// nearest first.
func TestB05_HeadroomIsShown(t *testing.T) {
	v := prove(t, nil, everything())
	if len(v.Usage) != nearest {
		t.Fatalf("%d limits", len(v.Usage))
	}
	seen := map[string]bool{}
	for i, u := range v.Usage {
		if seen[u.Quota] || i > 0 && v.Usage[i-1].Compare(u) > 0 {
			t.Errorf("%d: %+v", i, v.Usage)
		}
		seen[u.Quota] = true
	}
	b := build.New("100000000004", "ap-southeast-2", "stack")
	b.Add("AWS::EC2::SecurityGroup", "A", build.Props{"SecurityGroupIngress": rules(40)})
	b.Add("AWS::EC2::SecurityGroup", "B", build.Props{"SecurityGroupIngress": rules(50)})
	b.Add("AWS::EC2::SecurityGroup", "C", build.Props{"SecurityGroupIngress": rules(45)})
	first := prove(t, nil, b).Usage[0]
	if first != (proof.Usage{Quota: "vpc/rules-per-security-group", At: b.Addr("B"), Used: 50, Limit: 60}) {
		t.Errorf("%+v", first)
	}
}

// BenchmarkCheck counts a large estate: 40 accounts of 200 resources each.
func BenchmarkCheck(b *testing.B) {
	var all []*resource.Resource
	for i := range 40 {
		x := everything()
		for _, r := range x.Resources() {
			for j := range 3 {
				c := *r
				c.Addr.Stack.Account, c.Addr.Logical = fmt.Sprintf("1%011d", i), fmt.Sprintf("%s%d", r.Addr.Logical, j)
				all = append(all, &c)
			}
		}
	}
	g, problems := resource.New(all)
	if err := problems.Err(); err != nil {
		b.Fatal(err)
	}
	in := &proof.Input{Graph: g}
	b.ReportMetric(float64(g.Len()), "resources")
	for b.Loop() {
		if _, err := check(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}
