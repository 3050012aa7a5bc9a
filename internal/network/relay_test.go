package network_test

import (
	"testing"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
)

// passing is a rule of load balancers: probes go from a client by the balancer
// Lb to a target.
type passing struct {
	name, page string
	lab        func(*lab)
	probes     []probe
}

// balanced makes a VPC V with a client c in a subnet C (az1), a balancer Lb of
// a type with a node in subnets A (az1) and B (az2), and targets t in az1 and u
// in az2, each in a subnet of its own, to whose port 8443 the balancer's port
// 443 leads.
func balanced(l *lab, typ, targetType string, balancer, group build.Props) {
	l.vpc("V", "10.0.0.0/16")
	for i, s := range []string{"C", "A", "B", "T", "U"} {
		l.subnet("V", s, "10.0."+string(rune('1'+i))+".0/24", []string{"az1", "az1", "az2", "az1", "az2"}[i])
	}
	l.open("V", "Open")
	l.group("V", "Clients", "all 0.0.0.0/0")
	l.group("V", "Lbs", "tcp 443 0.0.0.0/0")
	l.eni("c", "C", "Clients", "10.0.1.9")
	l.eni("t", "T", "Open", "10.0.4.9")
	l.eni("u", "U", "Open", "10.0.5.9")
	p := build.Props{"Type": typ, "Scheme": "internal", "Subnets": []any{l.Ref("A"), l.Ref("B")}, "SecurityGroups": []any{l.Attr("Lbs", "GroupId")}}
	for k, v := range balancer {
		p[k] = v
	}
	l.Add("AWS::ElasticLoadBalancingV2::LoadBalancer", "Lb", p)
	protocol := map[string]string{"application": "HTTPS", "network": "TCP"}[typ]
	targets := []build.Props{{"Id": "10.0.4.9"}, {"Id": "10.0.5.9"}}
	if targetType == "instance" {
		targets = []build.Props{{"Id": l.Ref("t")}, {"Id": l.Ref("u")}}
	}
	p = build.Props{"TargetType": targetType, "Protocol": protocol, "Port": 8443, "VpcId": l.Ref("V"), "Targets": targets}
	for k, v := range group {
		p[k] = v
	}
	l.Add("AWS::ElasticLoadBalancingV2::TargetGroup", "Tg", p)
	l.Add("AWS::ElasticLoadBalancingV2::Listener", "L", build.Props{"LoadBalancerArn": l.Ref("Lb"), "Port": 443, "Protocol": protocol,
		"DefaultActions": []build.Props{{"Type": "forward", "TargetGroupArn": l.Ref("Tg")}}})
}

// only makes a target's group let in one peer at port 8443.
func (l *lab) only(target, peer string) {
	l.group("V", "Only", "tcp 8443 "+peer)
	l.amend(target, build.Props{"GroupSet": []any{l.Attr("Only", "GroupId")}})
}

func attribute(key string, v any) []build.Props { return []build.Props{{"Key": key, "Value": v}} }

var passings = []passing{
	{"ALB ends connections and begins its own", "Target groups for your Application Load Balancers", func(l *lab) { balanced(l, "application", "ip", nil, nil); l.only("t", "@Lbs") },
		[]probe{{"c", "t", "tcp 443", "must"}, {"c", "u", "tcp 443", "must"}, {"c", "t", "tcp 80", "ELBV2_LISTENERS_MISMATCH"}}},
	{"ALB's targets do not see clients", "Target groups for your Application Load Balancers", func(l *lab) { balanced(l, "application", "ip", nil, nil); l.only("t", "@Clients") },
		[]probe{{"c", "t", "tcp 443", "ENI_SG_RULES_MISMATCH"}}},
	{"ALB sends to other zones", "How Elastic Load Balancing works: cross-zone load balancing", func(l *lab) {
		balanced(l, "application", "ip", build.Props{"Subnets": []any{l.Ref("A"), l.Ref("B")}}, nil)
		l.amend("Lb", build.Props{"Subnets": []any{l.Ref("A")}})
	}, []probe{{"c", "t", "tcp 443", "must"}, {"c", "u", "tcp 443", "ELB_INSTALLED_AZ_RESTRICTION"}}},
	{"ALB without cross-zone in the target group", "Target group attributes: cross-zone load balancing", func(l *lab) {
		balanced(l, "application", "ip", nil, build.Props{"TargetGroupAttributes": attribute("load_balancing.cross_zone.enabled", "false")})
		l.acl("V", "B", "in 100 allow all 0.0.0.0/0", "out 100 deny all 10.0.4.0/24", "out 200 allow all 0.0.0.0/0")
	}, []probe{{"c", "t", "tcp 443", "must"}}},
	{"ALB's own outbound rules", "Security groups for your Application Load Balancer", func(l *lab) {
		balanced(l, "application", "ip", nil, nil)
		l.group("V", "Narrow", "tcp 443 0.0.0.0/0", ">tcp 8443 10.0.4.0/24")
		l.amend("Lb", build.Props{"SecurityGroups": []any{l.Attr("Narrow", "GroupId")}})
	}, []probe{{"c", "t", "tcp 443", "must"}, {"c", "u", "tcp 443", "ENI_SG_RULES_MISMATCH"}}},
	{"NLB hides clients from addresses over TCP", "Edit target group attributes for your Network Load Balancer: client IP preservation", func(l *lab) {
		balanced(l, "network", "ip", nil, nil)
		l.only("t", "10.0.1.0/24")
	}, []probe{{"c", "t", "tcp 443", "ENI_SG_RULES_MISMATCH"}, {"c", "u", "tcp 443", "must"}}},
	{"NLB keeps clients' addresses for instances", "Edit target group attributes for your Network Load Balancer: client IP preservation", func(l *lab) {
		balanced(l, "network", "instance", nil, nil)
		l.only("t", "10.0.1.0/24")
	}, []probe{{"c", "t", "tcp 443", "must"}}},
	{"NLB hides clients where the attribute says so", "Edit target group attributes for your Network Load Balancer: client IP preservation", func(l *lab) {
		balanced(l, "network", "instance", nil, build.Props{"TargetGroupAttributes": attribute("preserve_client_ip.enabled", "false")})
		l.only("t", "10.0.1.0/24")
	}, []probe{{"c", "t", "tcp 443", "ENI_SG_RULES_MISMATCH"}}},
	{"NLB keeps clients' addresses of datagrams", "Edit target group attributes for your Network Load Balancer: client IP preservation", func(l *lab) {
		balanced(l, "network", "ip", nil, build.Props{"Protocol": "UDP", "TargetGroupAttributes": attribute("preserve_client_ip.enabled", "false")})
		l.amend("L", build.Props{"Protocol": "UDP"})
		l.amend("Lb", build.Props{"SecurityGroups": []any{l.Attr("Open", "GroupId")}})
		l.group("V", "Only", "udp 8443 10.0.1.0/24")
		l.amend("t", build.Props{"GroupSet": []any{l.Attr("Only", "GroupId")}})
	}, []probe{{"c", "t", "udp 443", "must"}, {"c", "t", "tcp 443", "ELBV2_LISTENERS_MISMATCH"}}},
	{"NLB of unknown attribute", "Edit target group attributes for your Network Load Balancer: client IP preservation", func(l *lab) {
		balanced(l, "network", "instance", nil, build.Props{"TargetGroupAttributes": attribute("preserve_client_ip.enabled", build.Unknown("a test"))})
		l.only("t", "10.0.1.0/24")
	}, []probe{{"c", "t", "tcp 443", "may"}}},
	{"NLB's group named by targets that see clients", "Update the security groups for your Network Load Balancer", func(l *lab) {
		balanced(l, "network", "instance", nil, nil)
		l.only("t", "@Lbs")
	}, []probe{{"c", "t", "tcp 443", "must"}}},
	{"a client's group named by targets behind an NLB", "Register targets for your Network Load Balancer: target security groups", func(l *lab) {
		balanced(l, "network", "instance", nil, nil)
		l.only("t", "@Clients")
	}, []probe{{"c", "t", "tcp 443", "ENI_SG_RULES_MISMATCH"}}},
	{"NLB without groups lets every client in", "Update the security groups for your Network Load Balancer", func(l *lab) {
		balanced(l, "network", "instance", nil, nil)
		l.amend("Lb", build.Props{"SecurityGroups": []any{}})
		l.only("t", "10.0.0.0/16")
	}, []probe{{"c", "t", "tcp 443", "must"}}},
	{"NLB's groups keep clients out", "Update the security groups for your Network Load Balancer", func(l *lab) {
		balanced(l, "network", "instance", nil, nil)
		l.group("V", "Narrow", "tcp 443 10.9.0.0/16")
		l.amend("Lb", build.Props{"SecurityGroups": []any{l.Attr("Narrow", "GroupId")}})
	}, []probe{{"c", "t", "tcp 443", "ENI_SG_RULES_MISMATCH"}}},
	{"NLB's network ACLs see clients at the targets", "Network ACLs for Network Load Balancers", func(l *lab) {
		balanced(l, "network", "instance", nil, nil)
		l.acl("V", "T", "in 100 allow tcp 8443 10.0.1.0/24", "out 100 allow tcp 1024-65535 10.0.1.0/24")
		l.acl("V", "U", "in 100 allow tcp 8443 10.0.2.0/23", "out 100 allow tcp 1024-65535 10.0.2.0/23")
	}, []probe{{"c", "t", "tcp 443", "must"}, {"c", "u", "tcp 443", "SUBNET_ACL_RESTRICTION"}}},
	{"NLB sends to its own zone", "How Elastic Load Balancing works: cross-zone load balancing", func(l *lab) {
		balanced(l, "network", "ip", nil, nil)
		l.acl("V", "A", "in 100 deny all 10.0.1.0/24", "in 200 allow all 0.0.0.0/0", "out 100 allow all 0.0.0.0/0")
	}, []probe{{"c", "t", "tcp 443", "SUBNET_ACL_RESTRICTION"}, {"c", "u", "tcp 443", "must"}}},
	{"NLB's node without targets in its zone", "How Elastic Load Balancing works: cross-zone load balancing", func(l *lab) {
		balanced(l, "network", "ip", nil, nil)
		l.amend("Lb", build.Props{"Subnets": []any{l.Ref("A")}})
		l.amend("Tg", build.Props{"Targets": []build.Props{{"Id": "10.0.5.9"}}})
	}, []probe{{"c", "u", "tcp 443", "ELBV2_NO_TARGETS_IN_AZ"}, {"c", "t", "tcp 443", "TARGET_ADDRESS_RESTRICTION"}}},
	{"NLB's node with targets in its zone", "How Elastic Load Balancing works: cross-zone load balancing", func(l *lab) {
		balanced(l, "network", "ip", nil, nil)
		l.amend("Lb", build.Props{"Subnets": []any{l.Ref("A")}})
	}, []probe{{"c", "t", "tcp 443", "must"}, {"c", "u", "tcp 443", "ELB_NOT_CROSSZONE"}}},
	{"NLB across zones", "How Elastic Load Balancing works: cross-zone load balancing", func(l *lab) {
		balanced(l, "network", "ip", build.Props{"LoadBalancerAttributes": attribute("load_balancing.cross_zone.enabled", "true")}, nil)
		l.amend("Lb", build.Props{"Subnets": []any{l.Ref("A")}})
	}, []probe{{"c", "u", "tcp 443", "must"}}},
	{"NLB and a target that is the client", "Troubleshoot your Network Load Balancer: requests time out from a target to its load balancer", func(l *lab) { balanced(l, "network", "instance", nil, nil) },
		[]probe{{"t", "t", "tcp 443", "ELBV2_SOURCE_ADDRESS_PRESERVATION"}, {"u", "t", "tcp 443", "must"}}},
	{"NLB that hides its client from itself", "Troubleshoot your Network Load Balancer: requests time out from a target to its load balancer", func(l *lab) { balanced(l, "network", "ip", nil, nil) },
		[]probe{{"t", "t", "tcp 443", "must"}}},
	{"NLB that keeps addresses over a Transit Gateway", "Edit target group attributes for your Network Load Balancer: client IP preservation", func(l *lab) {
		hub(l)
		full(l)
		l.Add("AWS::ElasticLoadBalancingV2::LoadBalancer", "Lb", build.Props{"Type": "network", "Scheme": "internal", "Subnets": []any{l.Ref("Xapp")}})
		l.Add("AWS::ElasticLoadBalancingV2::TargetGroup", "Tg", build.Props{"TargetType": "ip", "Protocol": "TCP", "Port": 443, "VpcId": l.Ref("X"), "Targets": []build.Props{{"Id": "10.2.1.9", "AvailabilityZone": "all"}},
			"TargetGroupAttributes": attribute("preserve_client_ip.enabled", "true")})
		l.Add("AWS::ElasticLoadBalancingV2::Listener", "L", build.Props{"LoadBalancerArn": l.Ref("Lb"), "Port": 443, "Protocol": "TCP", "DefaultActions": []build.Props{{"Type": "forward", "TargetGroupArn": l.Ref("Tg")}}})
		l.eni("far", "Yapp", "YOpen", "10.2.1.9")
	}, []probe{{"x", "far", "tcp 443", "ELBV2_SOURCE_ADDRESS_PRESERVATION"}}},
	{"a listener whose target group is empty", "Target groups for your Network Load Balancers", func(l *lab) { balanced(l, "network", "ip", nil, build.Props{"Targets": []build.Props{}}) },
		[]probe{{"c", "t", "tcp 443", "ELBV2_LISTENER_HAS_NO_TG"}}},
	{"a target group outside the graph", "AWS::ElasticLoadBalancingV2::Listener", func(l *lab) {
		balanced(l, "network", "ip", nil, nil)
		l.amend("L", build.Props{"DefaultActions": []build.Props{{"Type": "forward", "TargetGroupArn": "arn:aws:elasticloadbalancing:ap-southeast-2:111111111111:targetgroup/other/1"}}})
	}, []probe{{"c", "t", "tcp 443", "may"}}},
}

// through is "must", "may" or the code that stops the packets on their way by
// the balancer Lb.
func (l *lab) through(t testing.TB, n *network.Network, p probe) (string, network.Passage) {
	t.Helper()
	asked := packets(n, p.what)
	got := n.Through(l.Addr("Lb"), l.classOf(t, n, p.from), l.classOf(t, n, p.to), asked)
	switch {
	case !got.Works.May.Contains(got.Works.Must):
		t.Errorf("%s to %s: Must is not within May", p.from, p.to)
	case got.Works.Must.Contains(asked):
		return "must", got
	case !got.Works.May.IsEmpty():
		return "may", got
	case got.StopsAt == nil:
		t.Errorf("%s to %s: nothing flows and no hop stops it", p.from, p.to)
		return "?", got
	}
	return got.StopsAt.Code, got
}

func TestBalancers(t *testing.T) {
	for _, s := range passings {
		t.Run(s.name, func(t *testing.T) {
			l := newLab()
			s.lab(l)
			n := l.network(t)
			for _, p := range s.probes {
				got, pass := l.through(t, n, p)
				if got == p.want {
					continue
				}
				t.Errorf("%s by the balancer to %s, %s: %s, want %s (%s)", p.from, p.to, p.what, got, p.want, s.page)
				for _, leg := range pass.Legs {
					t.Log("\n" + print(leg))
				}
			}
		})
	}
}

// A listener that leads elsewhere does not hide the way by another one.
func TestThroughOneOfTwoListeners(t *testing.T) {
	l := newLab()
	balanced(l, "application", "ip", nil, nil)
	l.Add("AWS::ElasticLoadBalancingV2::TargetGroup", "Other", build.Props{"TargetType": "ip", "Protocol": "HTTPS", "Port": 8443, "VpcId": l.Ref("V"),
		"Targets": []build.Props{{"Id": "10.0.5.9"}}})
	l.Add("AWS::ElasticLoadBalancingV2::Listener", "Last", build.Props{"LoadBalancerArn": l.Ref("Lb"), "Port": 444, "Protocol": "HTTPS",
		"DefaultActions": []build.Props{{"Type": "forward", "TargetGroupArn": l.Ref("Other")}}})
	n := l.network(t)
	p := n.Through(l.Addr("Lb"), l.classOf(t, n, "c"), l.classOf(t, n, "t"), n.AllPackets())
	if len(p.Legs) != 2 || p.StopsAt != nil || !p.Works.Must.Contains(n.Packets(resource.TCP, 443, 443)) {
		t.Errorf("legs %v, stops at %v, %s", p.Legs, p.StopsAt, n.Format(p.Works.Must))
	}
}
