package resource

import (
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/value"
)

// viewBalancers makes the views of load balancers, listeners and target
// groups, and folds in who registers.
func (g *Graph) viewBalancers() {
	fill(g, viewBalancer, "AWS::ElasticLoadBalancingV2::LoadBalancer")
	fill(g, viewListener, "AWS::ElasticLoadBalancingV2::Listener")
	fill(g, viewTargetGroup, "AWS::ElasticLoadBalancingV2::TargetGroup")
	g.each("AWS::ElasticLoadBalancingV2::ListenerRule", func(d *reader) {
		if l := fold[Listener](d, d.link("ListenerArn")); l != nil {
			l.Actions = append(l.Actions, d.actions("Actions")...)
			l.Unknown = append(l.Unknown, d.unknown...)
		}
	})
	g.each("AWS::ECS::Service", func(d *reader) {
		for _, p := range d.items("LoadBalancers") {
			if l := d.link(p + "TargetGroupArn"); !l.IsZero() {
				d.register(l, Target{To: Link{To: d.r.Addr, Property: p + "TargetGroupArn"}, Port: d.integer(p+"ContainerPort", 0)})
			}
		}
		if len(d.unknown) > 0 {
			d.loose(Link{Why: d.unknown[0], Property: "LoadBalancers"})
		}
	})
	g.each("AWS::AutoScaling::AutoScalingGroup", func(d *reader) {
		for _, l := range d.links("TargetGroupARNs") {
			d.register(l, Target{To: Link{To: d.r.Addr, Property: l.Property}})
		}
	})
}

// register adds a target to the group that a link names.
func (d *reader) register(l Link, t Target) {
	if g := fold[TargetGroup](d, l); g != nil {
		if t.Port == 0 {
			t.Port = g.Port
		}
		g.Targets = append(g.Targets, t)
		g.Unknown = append(g.Unknown, d.unknown...)
		d.unknown = nil
	}
}

// viewBalancer reads "AWS::ElasticLoadBalancingV2::LoadBalancer". Balancers of
// applications are always cross-zone, those of networks only where the
// attribute load_balancing.cross_zone.enabled says so.
func viewBalancer(d *reader) *LoadBalancer {
	b := &LoadBalancer{
		Resource: d.r, Type: d.text("Type", "application"), Scheme: d.text("Scheme", "internet-facing"),
		Subnets: d.links("Subnets"), Groups: d.links("SecurityGroups"), Attrs: d.attributes("LoadBalancerAttributes"),
	}
	for _, p := range d.items("SubnetMappings") {
		b.Subnets = append(b.Subnets, d.link(p+"SubnetId"))
	}
	b.HasGroups = len(b.Groups) > 0 || b.Type == "application"
	b.CrossZone = triAttr(b.Attrs, "load_balancing.cross_zone.enabled", triOf(b.Type == "application"))
	b.Unknown = d.unknown
	return b
}

// attributes reads a list of Key and Value.
func (d *reader) attributes(path string) map[string]value.Value {
	attrs := map[string]value.Value{}
	for _, p := range d.items(path) {
		if key := d.text(p+"Key", ""); key != "" {
			attrs[key] = d.get(p + "Value")
		}
	}
	return attrs
}

func triAttr(attrs map[string]value.Value, key string, deflt Tri) Tri {
	v, ok := attrs[key]
	if !ok {
		return deflt
	}
	if b, ok := v.Bool(); ok {
		return triOf(b)
	}
	return Perhaps
}

func viewListener(d *reader) *Listener {
	l := &Listener{
		Resource: d.r, Balancer: d.link("LoadBalancerArn"), Protocol: d.text("Protocol", ""),
		Port: d.integer("Port", 0), SSLPolicy: d.text("SslPolicy", ""), Certs: len(d.list("Certificates")),
		Actions: d.actions("DefaultActions"),
	}
	l.Unknown = d.unknown
	return l
}

// actions reads a list of actions ("Action", "ForwardConfig").
func (d *reader) actions(path string) []ListenerAction {
	var out []ListenerAction
	for _, p := range d.items(path) {
		a := ListenerAction{Kind: d.text(p+"Type", "")}
		if l := d.link(p + "TargetGroupArn"); !l.IsZero() {
			a.Groups = append(a.Groups, l)
		}
		for _, q := range d.items(p + "ForwardConfig/TargetGroups") {
			l := d.link(q + "TargetGroupArn")
			if len(a.Groups) == 0 || !a.Groups[0].Same(l) {
				a.Groups = append(a.Groups, l)
			}
		}
		out = append(out, a)
	}
	return out
}

// viewTargetGroup reads "AWS::ElasticLoadBalancingV2::TargetGroup". Client
// addresses are preserved for instance targets and, over UDP, for addresses,
// unless the attribute preserve_client_ip.enabled says otherwise; balancers of
// applications never do ("Client IP preservation").
func viewTargetGroup(d *reader) *TargetGroup {
	g := &TargetGroup{
		Resource: d.r, VPC: d.link("VpcId"), TargetType: d.text("TargetType", "instance"), Protocol: d.text("Protocol", ""),
		Port: d.integer("Port", 0), HealthPort: d.text("HealthCheckPort", "traffic-port"),
	}
	g.HealthProtocol = d.text("HealthCheckProtocol", g.Protocol)
	datagrams := slices.Contains([]string{"UDP", "TCP_UDP", "QUIC", "TCP_QUIC"}, g.Protocol)
	preserve := triOf(!strings.HasPrefix(g.Protocol, "HTTP") && (g.TargetType == "instance" || g.TargetType == "alb" || datagrams))
	attrs := d.attributes("TargetGroupAttributes")
	g.PreserveClientIP = triAttr(attrs, "preserve_client_ip.enabled", preserve)
	if datagrams { // it cannot be switched off
		g.PreserveClientIP = Yes
	}
	const crossZone = "load_balancing.cross_zone.enabled"
	if v := attrs[crossZone]; v.Text() != "use_load_balancer_configuration" && !v.IsAbsent() {
		g.CrossZone, g.OwnCrossZone = triAttr(attrs, crossZone, Perhaps), true
	}
	for _, p := range d.items("Targets") {
		t := Target{Port: d.integer(p+"Port", g.Port)}
		if a, ok := prefixOf(d.get(p + "Id")); ok {
			t.Addr = a.Addr()
		} else {
			t.To = d.link(p + "Id")
		}
		g.Targets = append(g.Targets, t)
	}
	g.Unknown = d.unknown
	return g
}
