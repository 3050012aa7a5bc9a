package withinquotas

import (
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// networks counts VPCs and what is in them.
func networks(m *meter) {
	m.perRegion("vpc/vpcs", "AWS::EC2::VPC")
	m.perRegion("vpc/internet-gateways", "AWS::EC2::InternetGateway")
	m.perRegion("vpc/egress-only-internet-gateways", "AWS::EC2::EgressOnlyInternetGateway")
	m.perRegion("vpc/security-groups", "AWS::EC2::SecurityGroup")
	m.perRegion("vpc/prefix-lists", "AWS::EC2::PrefixList")
	m.perRegion("ec2/elastic-ips", "AWS::EC2::EIP")
	m.children("vpc/subnets-per-vpc", "AWS::EC2::Subnet", "VpcId", nil)
	m.children("vpc/route-tables-per-vpc", "AWS::EC2::RouteTable", "VpcId", nil)
	m.children("vpc/network-acls-per-vpc", "AWS::EC2::NetworkAcl", "VpcId", nil)
	for r, v := range resource.Views[resource.VPC](m.in.Graph) {
		m.measure("vpc/cidr-blocks-per-vpc", use{at: r.Addr, last: r, property: "CidrBlock", used: len(v.CIDRs)})
	}
	for r, l := range resource.Views[resource.PrefixList](m.in.Graph) {
		m.measure("vpc/entries-per-prefix-list", use{at: r.Addr, last: r, property: "MaxEntries", used: l.Max})
	}
	routes(m)
	acls(m)
	peerings(m)
	natGateways(m)
	endpoints(m)
	firewalls(m)
}

// routes counts the routes of a table; one to a prefix list counts as the most
// entries that the list may have ("Customer-managed prefix lists").
func routes(m *meter) {
	const id = "vpc/routes-per-route-table"
	for r, t := range resource.Views[resource.RouteTable](m.in.Graph) {
		n := 0
		for _, route := range t.Routes {
			if route.Propagated {
				continue
			}
			n += m.entries(id, route.Resource, route.Dest.PrefixList)
		}
		m.measure(id, use{at: r.Addr, last: r, used: n})
	}
}

// entries is how much a rule or route counts: 1, or as much as the most entries
// of the prefix list that it names. A list that is in none of the templates is
// doubted.
func (m *meter) entries(id string, r *resource.Resource, list resource.Link) int {
	if list.IsZero() {
		return 1
	}
	if l := resource.View[resource.PrefixList](m.in.Graph, list.To); l != nil && l.Max > 0 {
		return l.Max
	}
	m.doubt(id, r, list.Property, &value.Reason{Code: CodeUnknown, Text: "the most entries of the prefix list that it names count, and the list is in none of the templates"})
	return 1
}

// acls counts the entries of a network ACL. IPv4 and IPv6 have a quota each, and
// the last entry, which denies and cannot be taken out, counts too ("Amazon VPC
// quotas", Network ACLs).
func acls(m *meter) {
	for r, a := range resource.Views[resource.NetworkACL](m.in.Graph) {
		var n [2][2]int // by direction and family
		for _, e := range a.Entries {
			egress, v6 := 0, 0
			if e.Egress {
				egress = 1
			}
			if e.CIDR.IsValid() && e.CIDR.Addr().Is6() {
				v6 = 1
			}
			n[egress][v6]++
		}
		m.measure("vpc/rules-per-network-acl", use{at: r.Addr, last: r, used: 1 + max(n[0][0], n[0][1], n[1][0], n[1][1])})
	}
}

func peerings(m *meter) {
	var u uses
	for r, p := range resource.Views[resource.Peering](m.in.Graph) {
		for _, l := range []resource.Link{p.Requester, p.Accepter} {
			u.at(linked(r, l)).add(r, 1)
		}
	}
	m.measureAll("vpc/peerings-per-vpc", u)
}

// linked is the place that a link leads to.
func linked(r *resource.Resource, l resource.Link) addr.Address {
	switch {
	case !l.To.IsZero():
		return l.To
	case l.ID != "":
		return addr.Address{Stack: region(r.Addr.Stack).Stack, Logical: l.ID}
	}
	return addr.Address{Stack: r.Addr.Stack, Logical: l.Property}
}

// natGateways counts by zone. Zones have names of their own in each account.
func natGateways(m *meter) {
	var u uses
	for r, n := range resource.Views[resource.NATGateway](m.in.Graph) {
		if s := resource.View[resource.Subnet](m.in.Graph, n.Subnet.To); s != nil && s.Zone != "" {
			at := region(r.Addr.Stack)
			at.Logical = s.Zone
			u.at(at).add(r, 1)
		}
	}
	m.measureAll("vpc/nat-gateways-per-zone", u)
}

func endpoints(m *meter) {
	var gateways, interfaces uses
	for r, e := range resource.Views[resource.VPCEndpoint](m.in.Graph) {
		switch e.Type {
		case "Gateway":
			gateways.at(region(r.Addr.Stack)).add(r, 1)
		case "Interface", "GatewayLoadBalancer":
			interfaces.at(linked(r, e.VPC)).add(r, 1)
		}
	}
	m.measureAll("vpc/gateway-endpoints", gateways)
	m.measureAll("vpc/interface-endpoints-per-vpc", interfaces)
	m.documents("vpc/characters-per-endpoint-policy", "AWS::EC2::VPCEndpoint", "PolicyDocument")
}

// groups counts the rules of security groups and of the interfaces that have
// them.
func groups(m *meter) {
	rules := map[addr.Address]int{}
	for r, g := range resource.Views[resource.SecurityGroup](m.in.Graph) {
		for _, property := range []string{"SecurityGroupIngress", "SecurityGroupEgress"} {
			if why := r.Props.Get(property).Reason(); why != nil {
				m.doubt("vpc/rules-per-security-group", r, property, why)
			}
		}
		in, out := m.rules(g.Ingress), m.rules(g.Egress)
		rules[r.Addr] = max(in, out)
		property := "SecurityGroupIngress"
		if out > in {
			property = "SecurityGroupEgress"
		}
		m.measure("vpc/rules-per-security-group", use{at: r.Addr, last: r, property: property, used: max(in, out)})
	}
	var before addr.Address
	for _, i := range m.in.Graph.Interfaces() {
		if i.Owner.Addr == before || len(i.Groups) == 0 { // its interfaces in other zones have the same groups
			continue
		}
		before = i.Owner.Addr
		n := 0
		for _, l := range i.Groups {
			n += rules[l.To]
		}
		m.measure("vpc/security-groups-per-interface", use{at: i.Owner.Addr, last: i.Owner, used: distinct(i.Groups)})
		m.measure("vpc/rules-per-interface", use{at: i.Owner.Addr, last: i.Owner, used: n})
	}
}

// rules counts the rules of one direction: IPv4 and IPv6 have a quota each, and
// a rule that names a group or a prefix list counts for both.
func (m *meter) rules(rules []resource.SGRule) int {
	v4, v6 := 0, 0
	for _, rule := range rules {
		switch {
		case rule.CIDR.IsValid() && rule.CIDR.Addr().Is4():
			v4++
		case rule.CIDR.IsValid():
			v6++
		default:
			n := m.entries("vpc/rules-per-security-group", rule.Declared, rule.PrefixList)
			v4, v6 = v4+n, v6+n
		}
	}
	return max(v4, v6)
}

// gateways counts what transit gateways have.
func gateways(m *meter) {
	m.perRegion("ec2/transit-gateways", "AWS::EC2::TransitGateway")
	var tables, routes, attached, peered, ofVPC uses
	for r, t := range resource.Views[resource.GatewayTable](m.in.Graph) {
		at := linked(r, t.Gateway)
		tables.at(at).add(r, 1)
		routes.at(at).add(r, len(t.Routes)+len(t.Propagations))
	}
	for r, a := range resource.Views[resource.Attachment](m.in.Graph) {
		attached.at(linked(r, a.Gateway)).add(r, 1)
		switch a.Kind {
		case resource.AttachVPC:
			ofVPC.at(linked(r, a.VPC)).add(r, 1)
		case resource.AttachPeering:
			peered.at(linked(r, a.Gateway)).add(r, 1)
		}
	}
	m.measureAll("ec2/route-tables-per-transit-gateway", tables)
	m.measureAll("ec2/routes-per-transit-gateway", routes)
	m.measureAll("ec2/attachments-per-transit-gateway", attached)
	m.measureAll("ec2/peerings-per-transit-gateway", peered)
	m.measureAll("ec2/transit-gateways-per-vpc", ofVPC)
}

func firewalls(m *meter) {
	const group = "AWS::NetworkFirewall::RuleGroup"
	m.perRegion("network-firewall/firewalls", "AWS::NetworkFirewall::Firewall")
	m.perRegion("network-firewall/policies", "AWS::NetworkFirewall::FirewallPolicy")
	m.total("network-firewall/stateful-rule-groups", region, only(has("Type", "STATEFUL")), group)
	m.total("network-firewall/stateless-rule-groups", region, only(has("Type", "STATELESS")), group)
	for r, p := range resource.Views[resource.FirewallPolicy](m.in.Graph) {
		n := 0
		for _, l := range p.StatefulGroups {
			if g := m.in.Graph.Get(l.To); g != nil {
				n += integer(g, "Capacity", 0)
			}
		}
		m.measure("network-firewall/stateful-capacity-per-policy", use{at: r.Addr, last: r, used: n})
	}
}

// balancers counts what load balancers have.
func balancers(m *meter) {
	const balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer"
	m.total("elasticloadbalancing/albs", region, only(func(r *resource.Resource) bool { return kindOf(r) == "application" }), balancer)
	m.total("elasticloadbalancing/nlbs", region, only(func(r *resource.Resource) bool { return kindOf(r) == "network" }), balancer)
	m.perRegion("elasticloadbalancing/target-groups", "AWS::ElasticLoadBalancingV2::TargetGroup")
	var listeners, certificates, rules uses
	targets := map[addr.Address][]resource.Link{}
	for r, l := range resource.Views[resource.Listener](m.in.Graph) {
		at := linked(r, l.Balancer)
		listeners.at(at).add(r, 1)
		certificates.at(at).add(r, max(0, l.Certs-1))
		for _, a := range l.Actions {
			targets[at] = append(targets[at], a.Groups...)
			m.measure("elasticloadbalancing/target-groups-per-action", use{at: r.Addr, last: r, used: len(a.Groups)})
		}
	}
	for _, r := range m.in.Graph.OfType("AWS::ElasticLoadBalancingV2::ListenerCertificate") {
		certificates.at(m.balancerOf(r)).add(r, r.Props.Get("Certificates").Len())
	}
	for _, r := range m.in.Graph.OfType("AWS::ElasticLoadBalancingV2::ListenerRule") {
		rules.at(m.balancerOf(r)).add(r, 1)
		m.measure("elasticloadbalancing/condition-values-per-rule", use{at: r.Addr, last: r, property: "Conditions", used: conditionValues(r.Props.Get("Conditions"))})
	}
	for _, x := range listeners.all {
		if b := resource.View[resource.LoadBalancer](m.in.Graph, x.at); b != nil && b.Type == "network" {
			m.measure("elasticloadbalancing/listeners-per-nlb", x)
			continue
		}
		m.measure("elasticloadbalancing/listeners-per-alb", x)
		m.measure("elasticloadbalancing/target-groups-per-alb", use{at: x.at, last: x.last, used: distinctSorted(targets[x.at])})
	}
	m.measureAll("elasticloadbalancing/certificates-per-alb", certificates)
	m.measureAll("elasticloadbalancing/rules-per-alb", rules)
}

func kindOf(r *resource.Resource) string {
	if t := r.Props.Get("Type").Text(); t != "" {
		return t
	}
	return "application" // "AWS::ElasticLoadBalancingV2::LoadBalancer": the default
}

// balancerOf is the load balancer of the listener that a resource names.
func (m *meter) balancerOf(r *resource.Resource) addr.Address {
	at := parent(r, "ListenerArn")
	if l := resource.View[resource.Listener](m.in.Graph, at); l != nil {
		return linked(l.Resource, l.Balancer)
	}
	return at
}

// conditionValues counts the values of a rule's conditions ("Listener rules for
// your Application Load Balancer").
func conditionValues(conditions value.Value) int {
	n := 0
	for _, c := range conditions.Items() {
		values := c.Get("Values").Len()
		for _, config := range []string{"HostHeaderConfig", "PathPatternConfig", "HttpHeaderConfig", "HttpRequestMethodConfig", "QueryStringConfig", "SourceIpConfig"} {
			values = max(values, c.Get(config).Get("Values").Len())
		}
		n += values
	}
	return n
}

// distinctSorted counts different links of a long list.
func distinctSorted(links []resource.Link) int {
	links = slices.Clone(links)
	slices.SortFunc(links, func(a, b resource.Link) int {
		if c := a.To.Compare(b.To); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return len(slices.CompactFunc(links, resource.Link.Same))
}
