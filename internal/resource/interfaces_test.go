package resource_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
)

func TestInterfacesOfEveryKind(t *testing.T) {
	b := newBuilder()
	addVPC(b)
	both := []any{b.Ref("A"), b.Ref("B")}
	groups := []any{b.Attr("Sg", "GroupId")}
	b.Add("AWS::EC2::SecurityGroup", "Sg", build.Props{"VpcId": b.Ref("Vpc")})
	b.Add("AWS::RDS::DBSubnetGroup", "Dbs", build.Props{"SubnetIds": both, "DBSubnetGroupName": "dbs"})
	b.Add("AWS::ElastiCache::SubnetGroup", "Cs", build.Props{"SubnetIds": both})
	b.Add("AWS::EC2::LaunchTemplate", "Lt", build.Props{"LaunchTemplateData": build.Props{"SecurityGroupIds": groups}})
	add := func(typ, id string, p build.Props) { b.Add(typ, id, p) }
	add("AWS::EC2::Instance", "Ec2", build.Props{"SubnetId": b.Ref("A"), "PrivateIpAddress": "10.0.1.5"})
	add("AWS::EC2::EIP", "Eip", build.Props{"InstanceId": b.Ref("Ec2")})
	add("AWS::EC2::Instance", "Ec2b", build.Props{"NetworkInterfaces": []build.Props{{"SubnetId": b.Ref("A"), "GroupSet": groups, "AssociatePublicIpAddress": true}, {"NetworkInterfaceId": b.Ref("Eni")}}})
	add("AWS::EC2::NetworkInterface", "Eni", build.Props{"SubnetId": b.Ref("B"), "GroupSet": groups, "SourceDestCheck": false})
	add("AWS::ECS::Service", "Svc", build.Props{"NetworkConfiguration": build.Props{"AwsvpcConfiguration": build.Props{"Subnets": both, "SecurityGroups": groups, "AssignPublicIp": "ENABLED"}}})
	add("AWS::ECS::Service", "Bridge", build.Props{})
	add("AWS::RDS::DBCluster", "Db", build.Props{"DBSubnetGroupName": b.Ref("Dbs"), "VpcSecurityGroupIds": groups})
	add("AWS::RDS::DBInstance", "Member", build.Props{"DBClusterIdentifier": b.Ref("Db"), "PubliclyAccessible": true})
	add("AWS::RDS::DBInstance", "Alone", build.Props{"DBSubnetGroupName": "dbs", "VPCSecurityGroups": groups})
	add("AWS::RDS::DBInstance", "Lost", build.Props{"DBSubnetGroupName": "elsewhere", "VPCSecurityGroups": groups})
	add("AWS::ElastiCache::ReplicationGroup", "Cache", build.Props{"CacheSubnetGroupName": b.Ref("Cs"), "SecurityGroupIds": groups})
	add("AWS::Lambda::Function", "Fn", build.Props{"VpcConfig": build.Props{"SubnetIds": both, "SecurityGroupIds": groups}})
	add("AWS::Lambda::Function", "NoVpc", build.Props{})
	add("AWS::ElasticLoadBalancingV2::LoadBalancer", "Alb", build.Props{"Subnets": both, "SecurityGroups": groups, "Scheme": "internal"})
	add("AWS::ElasticLoadBalancingV2::LoadBalancer", "Nlb", build.Props{"SubnetMappings": []build.Props{{"SubnetId": b.Ref("A")}}, "Type": "network"})
	add("AWS::EC2::VPCEndpoint", "Ep", build.Props{"VpcEndpointType": "Interface", "SubnetIds": both, "SecurityGroupIds": groups})
	add("AWS::EC2::VPCEndpoint", "Gep", build.Props{"RouteTableIds": []string{"rtb-1"}})
	add("AWS::Route53Resolver::ResolverEndpoint", "Res", build.Props{"SecurityGroupIds": groups, "IpAddresses": []build.Props{{"SubnetId": b.Ref("A"), "Ip": "10.0.1.9"}}})
	add("AWS::ApiGatewayV2::VpcLink", "Link", build.Props{"SubnetIds": both, "SecurityGroupIds": groups})
	add("AWS::EC2::NatGateway", "Nat", build.Props{"SubnetId": b.Ref("A")})
	add("AWS::EC2::TransitGatewayAttachment", "Att", build.Props{"SubnetIds": both, "VpcId": b.Ref("Vpc")})
	add("AWS::AutoScaling::AutoScalingGroup", "Asg", build.Props{"VPCZoneIdentifier": both, "LaunchTemplate": build.Props{"LaunchTemplateId": b.Ref("Lt")}})
	add("AWS::EFS::MountTarget", "Mt", build.Props{"SubnetId": b.Ref("A"), "SecurityGroups": groups})
	add("AWS::MSK::Cluster", "Msk", build.Props{"BrokerNodeGroupInfo": build.Props{"ClientSubnets": both}})
	add("AWS::Lambda::Function", "Dark", build.Props{"VpcConfig": build.Props{"SubnetIds": build.Unknown("?"), "SecurityGroupIds": groups}})
	g := graph(t, b)
	got := map[string]string{}
	for _, i := range g.Interfaces() {
		s := fmt.Sprintf("%d/%s", i.Kind, i.Subnet.To.Logical)
		if !i.HasGroups {
			s += " no groups"
		} else {
			for _, l := range i.Groups {
				s += " " + l.To.Logical + l.ID[strings.LastIndex(l.ID, "/")+1:]
			}
		}
		if i.Address.IsValid() {
			s += " " + i.Address.String()
		}
		s += map[resource.Tri]string{resource.Yes: " public", resource.Perhaps: " perhaps"}[i.Public]
		if i.Forwards {
			s += " forwards"
		}
		if i.Why != nil {
			s += " " + i.Why.Code
		}
		got[i.Owner.Addr.Logical] += "[" + s + "]"
	}
	want := map[string]string{
		"Ec2": "[0/A Vpc.DefaultSecurityGroup 10.0.1.5 public]", "Ec2b": "[0/A Sg public]", "Eni": "[0/B Sg forwards]", "Svc": "[1/A Sg public][1/B Sg public]",
		"Db": "[2/A Sg public][2/B Sg public]", "Alone": "[2/A Sg][2/B Sg]", "Lost": "[2/ Sg SUBNETS_UNKNOWN]", "Cache": "[3/A Sg][3/B Sg]", "Fn": "[4/A Sg][4/B Sg]", "Dark": "[4/ Sg TEST_UNKNOWN]",
		"Alb": "[5/A Sg][5/B Sg]", "Nlb": "[5/A no groups public]", "Ep": "[6/A Sg][6/B Sg]", "Res": "[7/A Sg 10.0.1.9]", "Link": "[8/A Sg][8/B Sg]",
		"Nat": "[9/A no groups public forwards]", "Att": "[10/A no groups forwards][10/B no groups forwards]", "Asg": "[0/A Sg][0/B Sg]",
		"Mt": "[11/A Sg]", "Msk": "[11/A Vpc.DefaultSecurityGroup][11/B Vpc.DefaultSecurityGroup]",
	}
	for id, w := range want {
		if got[id] != w {
			t.Errorf("%s: got %s, want %s", id, got[id], w)
		}
		delete(got, id)
	}
	if len(got) > 0 {
		t.Errorf("interfaces that should not be: %v", got)
	}
	if !slices.IsSortedFunc(g.Interfaces(), func(a, b resource.Interface) int { return a.Owner.Addr.Compare(b.Owner.Addr) }) {
		t.Error("interfaces are not sorted")
	}
}

func TestWhatIsUnknownDoesNotVanish(t *testing.T) {
	dark := build.Unknown("a macro makes it")
	for name, c := range map[string]struct {
		typ   string
		props build.Props
		code  string
	}{
		"instance's interfaces":     {"AWS::EC2::Instance", build.Props{"NetworkInterfaces": dark}, "TEST_UNKNOWN"},
		"one interface":             {"AWS::EC2::Instance", build.Props{"NetworkInterfaces": []any{dark}}, "TEST_UNKNOWN"},
		"no map":                    {"AWS::EC2::Instance", build.Props{"NetworkInterfaces": []any{"eni"}}, "PROPERTY_UNREADABLE"},
		"foreign launch template":   {"AWS::EC2::Instance", build.Props{"SubnetId": "subnet-1", "LaunchTemplate": build.Props{"LaunchTemplateId": "lt-1"}}, "LAUNCH_TEMPLATE_UNKNOWN"},
		"scaling group's template":  {"AWS::AutoScaling::AutoScalingGroup", build.Props{"VPCZoneIdentifier": []any{"subnet-1"}, "LaunchTemplate": build.Props{"LaunchTemplateId": "lt-1"}}, "LAUNCH_TEMPLATE_UNKNOWN"},
		"service's network":         {"AWS::ECS::Service", build.Props{"NetworkConfiguration": dark}, "TEST_UNKNOWN"},
		"resolver's addresses":      {"AWS::Route53Resolver::ResolverEndpoint", build.Props{"IpAddresses": dark}, "TEST_UNKNOWN"},
		"balancer's mappings":       {"AWS::ElasticLoadBalancingV2::LoadBalancer", build.Props{"SubnetMappings": dark}, "TEST_UNKNOWN"},
		"database's subnet group":   {"AWS::RDS::DBInstance", build.Props{}, "SUBNETS_UNKNOWN"},
		"classic balancer":          {"AWS::ElasticLoadBalancing::LoadBalancer", build.Props{"AvailabilityZones": []any{"eu-west-1a"}}, "SUBNETS_UNKNOWN"},
		"broker without subnets":    {"AWS::AmazonMQ::Broker", build.Props{}, "SUBNETS_UNKNOWN"},
		"function's groups":         {"AWS::Lambda::Function", build.Props{"VpcConfig": build.Props{"SubnetIds": []any{"subnet-1"}, "SecurityGroupIds": dark}}, "TEST_UNKNOWN"},
		"whole properties of a NAT": {"AWS::EC2::NatGateway", nil, "TEST_UNKNOWN"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBuilder()
			r := b.Add(c.typ, "X", c.props)
			if c.props == nil {
				r.Props = dark
			}
			all := graph(t, b).Interfaces()
			if len(all) != 1 || all[0].Why == nil || all[0].Why.Code != c.code {
				t.Errorf("want one interface that is unknown by %s, got %+v", c.code, all)
			}
		})
	}
	b := newBuilder()
	b.Add("AWS::ECS::Service", "S", build.Props{"LoadBalancers": dark})
	if loose := graph(t, b).Loose(); len(loose) != 1 || loose[0].Link.Why == nil {
		t.Errorf("a service that registers nobody knows where must be loose: %v", loose)
	}
}

func TestTransitGateway(t *testing.T) {
	b := newBuilder()
	addVPC(b)
	b.Add("AWS::EC2::TransitGateway", "Tgw", build.Props{"DefaultRouteTableAssociation": "disable"})
	b.Add("AWS::EC2::TransitGatewayVpcAttachment", "Att", build.Props{"TransitGatewayId": b.Ref("Tgw"), "VpcId": b.Ref("Vpc"), "SubnetIds": []any{b.Ref("A")}, "Options": build.Props{"ApplianceModeSupport": "enable"}})
	b.Add("AWS::NetworkFirewall::Firewall", "Fw", build.Props{"TransitGatewayId": b.Ref("Tgw"), "AvailabilityZoneMappings": []build.Props{{"AvailabilityZone": "apse2-az1"}}, "FirewallPolicyArn": b.Ref("P")})
	b.Add("AWS::NetworkFirewall::Firewall", "InVpc", build.Props{"VpcId": b.Ref("Vpc"), "SubnetMappings": []build.Props{{"SubnetId": b.Ref("A")}}})
	b.Add("AWS::EC2::TransitGatewayRouteTable", "T", build.Props{"TransitGatewayId": b.Ref("Tgw")})
	b.Add("AWS::EC2::TransitGatewayRouteTableAssociation", "As", build.Props{"TransitGatewayRouteTableId": b.Ref("T"), "TransitGatewayAttachmentId": b.Ref("Att")})
	b.Add("AWS::EC2::TransitGatewayRouteTablePropagation", "Pr", build.Props{"TransitGatewayRouteTableId": b.Ref("T"), "TransitGatewayAttachmentId": b.Ref("Att")})
	b.Add("AWS::EC2::TransitGatewayRoute", "R1", build.Props{"TransitGatewayRouteTableId": b.Ref("T"), "DestinationCidrBlock": "0.0.0.0/0", "TransitGatewayAttachmentId": b.Attr("Fw", "TransitGatewayAttachmentId")})
	b.Add("AWS::EC2::TransitGatewayRoute", "R2", build.Props{"TransitGatewayRouteTableId": b.Ref("T"), "DestinationCidrBlock": "10.0.0.0/8", "Blackhole": true})
	b.Add("AWS::EC2::VPCPeeringConnection", "Pcx", build.Props{"VpcId": b.Ref("Vpc"), "PeerVpcId": "vpc-2", "PeerRegion": "ap-southeast-4"})
	g := graph(t, b)
	tgw := resource.View[resource.TransitGateway](g, b.Addr("Tgw"))
	if tgw.DefaultAssociation != resource.No || tgw.DefaultPropagation != resource.Yes || tgw.Groups != resource.No {
		t.Errorf("gateway: %+v", tgw)
	}
	a := resource.View[resource.Attachment](g, b.Addr("Att"))
	if a.ApplianceMode != resource.Yes || a.Groups != resource.Yes || a.VPC.To != b.Addr("Vpc") || len(a.Subnets) != 1 {
		t.Errorf("attachment: %+v", a)
	}
	f := resource.View[resource.Attachment](g, b.Addr("Fw"))
	if f == nil || f.Kind != resource.AttachFirewall || f.ApplianceMode != resource.Yes || !slices.Equal(f.Zones, []string{"apse2-az1"}) {
		t.Errorf("the firewall's attachment: %+v", f)
	}
	if resource.View[resource.Attachment](g, b.Addr("InVpc")) != nil || resource.View[resource.Firewall](g, b.Addr("InVpc")) == nil {
		t.Error("a firewall in a VPC is a firewall and no attachment")
	}
	tbl := resource.View[resource.GatewayTable](g, b.Addr("T"))
	if len(tbl.Associations) != 1 || len(tbl.Propagations) != 1 || tbl.Associations[0].By.Addr != b.Addr("As") || tbl.Propagations[0].Link.To != b.Addr("Att") {
		t.Errorf("associations and propagations: %+v", tbl)
	}
	if len(tbl.Routes) != 2 || tbl.Routes[0].Attachment.To != b.Addr("Fw") || !tbl.Routes[1].Blackhole {
		t.Errorf("routes: %+v", tbl.Routes)
	}
	if p := resource.View[resource.Peering](g, b.Addr("Pcx")); p.CrossRegion != resource.Yes || p.Active != resource.Yes || p.Accepter.ID != "vpc-2" {
		t.Errorf("peering: %+v", p)
	}
	n := 0
	for range resource.Views[resource.Attachment](g) {
		n++
	}
	if n != 2 {
		t.Errorf("attachments: %d", n)
	}
}

func TestFirewallRules(t *testing.T) {
	b := newBuilder()
	b.Add("AWS::NetworkFirewall::RuleGroup", "Tuple", build.Props{"Type": "STATEFUL", "RuleGroup": build.Props{
		"StatefulRuleOptions": build.Props{"RuleOrder": "STRICT_ORDER"},
		"RulesSource": build.Props{"StatefulRules": []build.Props{
			{"Action": "PASS", "Header": build.Props{"Protocol": "TCP", "Source": "[10.0.0.0/16,10.1.0.0/16]", "SourcePort": "ANY", "Destination": "!10.0.0.0/8", "DestinationPort": "[443,8000:8100]", "Direction": "FORWARD"},
				"RuleOptions": []build.Props{{"Keyword": "sid", "Settings": []string{"1"}}}},
			{"Action": "DROP", "Header": build.Props{"Protocol": "IP", "Source": "$HOME_NET", "Destination": "ANY", "DestinationPort": "http"}},
		}}}})
	b.Add("AWS::NetworkFirewall::RuleGroup", "Domains", build.Props{"Type": "STATEFUL", "RuleGroup": build.Props{"RulesSource": build.Props{"RulesSourceList": build.Props{
		"GeneratedRulesType": "ALLOWLIST", "Targets": []string{".example.com"}, "TargetTypes": []string{"TLS_SNI"}}}}})
	b.Add("AWS::NetworkFirewall::RuleGroup", "Stateless", build.Props{"Type": "STATELESS", "RuleGroup": build.Props{"RulesSource": build.Props{"StatelessRulesAndCustomActions": build.Props{"StatelessRules": []build.Props{
		{"Priority": 2, "RuleDefinition": build.Props{"Actions": []string{"aws:drop"}, "MatchAttributes": build.Props{}}},
		{"Priority": 1, "RuleDefinition": build.Props{"Actions": []string{"aws:pass"}, "MatchAttributes": build.Props{"Protocols": []any{6}, "Sources": []build.Props{{"AddressDefinition": "10.0.0.0/8"}}, "DestinationPorts": []build.Props{{"FromPort": 1, "ToPort": 2}}}}},
	}}}}})
	b.Add("AWS::NetworkFirewall::FirewallPolicy", "P", build.Props{"FirewallPolicy": build.Props{
		"StatelessDefaultActions": []string{"aws:forward_to_sfe"}, "StatelessFragmentDefaultActions": []string{"aws:drop"}, "StatefulDefaultActions": []string{"aws:drop_strict"},
		"StatefulEngineOptions": build.Props{"RuleOrder": "STRICT_ORDER"}, "PolicyVariables": build.Props{"RuleVariables": build.Props{"HOME_NET": build.Props{"Definition": []string{"10.0.0.0/8"}}}},
		"StatefulRuleGroupReferences": []build.Props{{"ResourceArn": b.Ref("Domains"), "Priority": 20}, {"ResourceArn": b.Ref("Tuple"), "Priority": 10}}}})
	g := graph(t, b)
	p := resource.View[resource.FirewallPolicy](g, b.Addr("P"))
	if !p.StrictOrder || p.StatefulGroups[0].To != b.Addr("Tuple") || !slices.Equal(p.StatefulPriorities, []int{10, 20}) || len(p.HomeNet) != 1 || p.StatefulDefault[0] != "aws:drop_strict" {
		t.Errorf("policy: %+v", p)
	}
	r := resource.View[resource.RuleGroup](g, b.Addr("Tuple"))
	one, two := r.Stateful[0], r.Stateful[1]
	if len(one.Source) != 2 || !one.DestNegated || fmt.Sprint(one.DestinationPorts) != "[{443 443} {8000 8100}]" || !slices.Equal(one.Options, []string{"sid:1"}) || one.Unknown != nil {
		t.Errorf("5-tuple rule: %+v", one)
	}
	if two.SourceText != "$HOME_NET" || two.Source != nil || two.Unknown == nil || len(two.Destination) != 2 {
		t.Errorf("a variable and an unreadable port: %+v", two)
	}
	d := resource.View[resource.RuleGroup](g, b.Addr("Domains"))
	if !d.DomainAllow || !slices.Equal(d.Domains, []string{".example.com"}) || len(d.Unknown) > 0 {
		t.Errorf("domain list: %+v", d)
	}
	s := resource.View[resource.RuleGroup](g, b.Addr("Stateless"))
	if s.StatefulType || s.Stateless[0].Priority != 1 || s.Stateless[1].DestinationPorts[0].To != 65535 || s.Stateless[0].Source[0].String() != "10.0.0.0/8" {
		t.Errorf("stateless rules: %+v", s)
	}
}

func TestBalancers(t *testing.T) {
	b := newBuilder()
	addVPC(b)
	b.Add("AWS::ElasticLoadBalancingV2::LoadBalancer", "Lb", build.Props{"Type": "network", "Subnets": []any{b.Ref("A")},
		"LoadBalancerAttributes": []build.Props{{"Key": "load_balancing.cross_zone.enabled", "Value": "true"}}})
	b.Add("AWS::ElasticLoadBalancingV2::Listener", "L", build.Props{"LoadBalancerArn": b.Ref("Lb"), "Protocol": "TLS", "Port": 443, "Certificates": []build.Props{{"CertificateArn": "x"}},
		"DefaultActions": []build.Props{{"Type": "forward", "ForwardConfig": build.Props{"TargetGroups": []build.Props{{"TargetGroupArn": b.Ref("Tg")}}}}}})
	b.Add("AWS::ElasticLoadBalancingV2::ListenerRule", "Rule", build.Props{"ListenerArn": b.Ref("L"), "Actions": []build.Props{{"Type": "forward", "TargetGroupArn": b.Ref("Tg")}}})
	b.Add("AWS::ElasticLoadBalancingV2::TargetGroup", "Tg", build.Props{"TargetType": "ip", "Protocol": "TCP", "Port": 8443, "VpcId": b.Ref("Vpc"), "Targets": []build.Props{{"Id": "10.0.1.7"}, {"Id": b.Ref("I"), "Port": 1}}})
	b.Add("AWS::ECS::Service", "Svc", build.Props{"LoadBalancers": []build.Props{{"TargetGroupArn": b.Ref("Tg"), "ContainerPort": 8443}}})
	g := graph(t, b)
	lb := resource.View[resource.LoadBalancer](g, b.Addr("Lb"))
	if lb.CrossZone != resource.Yes || lb.HasGroups || lb.Scheme != "internet-facing" {
		t.Errorf("balancer: %+v", lb)
	}
	l := resource.View[resource.Listener](g, b.Addr("L"))
	if l.Port != 443 || l.Certs != 1 || len(l.Actions) != 2 || l.Actions[0].Groups[0].To != b.Addr("Tg") || l.Actions[1].Groups[0].To != b.Addr("Tg") {
		t.Errorf("listener: %+v", l)
	}
	tg := resource.View[resource.TargetGroup](g, b.Addr("Tg"))
	if len(tg.Targets) != 3 || tg.Targets[0].Addr.String() != "10.0.1.7" || tg.Targets[0].Port != 8443 || tg.Targets[1].Port != 1 || tg.Targets[2].To.To != b.Addr("Svc") || tg.PreserveClientIP != resource.No {
		t.Errorf("target group: %+v", tg)
	}
}

func TestNotModelledTypesAreCounted(t *testing.T) {
	b := newBuilder()
	b.Add("AWS::Foo::Bar", "X", nil)
	b.Add("AWS::Foo::Bar", "Y", nil)
	b.Add("AWS::IAM::Role", "R", nil)
	b.Add("AWS::WAF::WebACL", "W", nil)
	b.Add("AWS::ApiGateway::UsagePlan", "U", nil)
	b.Add("AWS::Lambda::Function", "F", nil)
	if got := fmt.Sprint(graph(t, b).NotModelled()); got != "map[AWS::Foo::Bar:2]" {
		t.Errorf("got %s", got)
	}
}
