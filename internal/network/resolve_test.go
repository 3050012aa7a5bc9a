package network_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource/build"
)

// resolution is a rule of names: asked in VPC V, a name leads to the interfaces
// want, in order, or to "none", "internet", the service "s3", or "unknown".
type resolution struct {
	name, page string
	lab        func(*lab)
	ask, want  string
}

// zoned makes a VPC V that answers private names, with interfaces a and b, and
// the private zone Zone, corp.example, of it.
func zoned(l *lab) {
	pair(l)
	l.amend("V", build.Props{"EnableDnsSupport": true, "EnableDnsHostnames": true})
	l.amend("a", build.Props{"PrivateIpAddress": "10.0.1.9"})
	l.amend("b", build.Props{"PrivateIpAddress": "10.0.2.9"})
	l.zone("Zone", "corp.example")
}

func (l *lab) zone(name, domain string) {
	l.Add("AWS::Route53::HostedZone", name, build.Props{"Name": domain + ".", "VPCs": []build.Props{{"VPCId": l.Ref("V"), "VPCRegion": "ap-southeast-2"}}})
}

func (l *lab) record(zone, name string, values ...string) {
	l.Add("AWS::Route53::RecordSet", l.id("Record"), build.Props{"HostedZoneId": l.Ref(zone), "Name": name, "Type": "A", "TTL": 60, "ResourceRecords": values})
}

func (l *lab) rule(name, domain, kind string) {
	l.Add("AWS::Route53Resolver::ResolverRule", name, build.Props{"DomainName": domain, "RuleType": kind, "TargetIps": []build.Props{{"Ip": "192.0.2.1"}}})
	l.Add("AWS::Route53Resolver::ResolverRuleAssociation", name+"Of", build.Props{"ResolverRuleId": l.Ref(name), "VPCId": l.Ref("V")})
}

func (l *lab) endpoint(name, service string, private bool) {
	l.Add("AWS::EC2::VPCEndpoint", name, build.Props{"VpcEndpointType": "Interface", "ServiceName": "com.amazonaws.ap-southeast-2." + service, "VpcId": l.Ref("V"),
		"SubnetIds": []any{l.Ref("B")}, "SecurityGroupIds": []any{l.Attr("Open", "GroupId")}, "PrivateDnsEnabled": private})
}

const zonesPage, rulesPage, endpointsPage = "Considerations when working with a private hosted zone", "How Route 53 Resolver evaluates rules: Resolver rules and private hosted zones", "Access an AWS service using an interface VPC endpoint: private DNS"

var resolutions = []resolution{
	{"a record of a private zone", zonesPage, func(l *lab) { zoned(l); l.record("Zone", "db.corp.example", "10.0.2.9") }, "db.corp.example", "b"},
	{"a wildcard of a private zone", zonesPage, func(l *lab) { zoned(l); l.record("Zone", "*.corp.example", "10.0.2.9") }, "x.y.corp.example.", "b"},
	{"a record before a wildcard", zonesPage, func(l *lab) {
		zoned(l)
		l.record("Zone", "*.corp.example", "10.0.2.9")
		l.record("Zone", "a.corp.example", "10.0.1.9")
	}, "A.corp.example", "a"},
	{"a private zone without the record says that there is none", zonesPage, func(l *lab) { zoned(l); l.record("Zone", "db.corp.example", "10.0.2.9") }, "www.corp.example", "none"},
	{"a private zone needs the VPC's host names", zonesPage, func(l *lab) {
		zoned(l)
		l.record("Zone", "db.corp.example", "10.0.2.9")
		l.amend("V", build.Props{"EnableDnsHostnames": false})
	}, "db.corp.example", "internet"},
	{"a private zone of a VPC of unknown attributes", zonesPage, func(l *lab) {
		zoned(l)
		l.record("Zone", "db.corp.example", "10.0.2.9")
		l.amend("V", build.Props{"EnableDnsHostnames": build.Unknown("a test")})
	}, "db.corp.example", "unknown"},
	{"a VPC whose resolver is off", "DNS attributes for your VPC", func(l *lab) {
		zoned(l)
		l.amend("V", build.Props{"EnableDnsSupport": false})
	}, "db.corp.example", "unknown"},
	{"a private zone of another VPC", zonesPage + ": a Transit Gateway does not carry resolution", func(l *lab) {
		zoned(l)
		l.vpc("W", "10.9.0.0/16")
		l.record("Zone", "db.corp.example", "10.0.2.9")
		l.amend("Zone", build.Props{"VPCs": []build.Props{{"VPCId": l.Ref("W"), "VPCRegion": "ap-southeast-2"}}})
	}, "db.corp.example", "internet"},
	{"the most specific private zone", zonesPage + ": overlapping namespaces", func(l *lab) {
		zoned(l)
		l.zone("Sub", "db.corp.example")
		l.record("Zone", "x.db.corp.example", "10.0.1.9")
		l.record("Sub", "x.db.corp.example", "10.0.2.9")
	}, "x.db.corp.example", "b"},
	{"a Resolver rule before a zone of its name", rulesPage, func(l *lab) {
		zoned(l)
		l.record("Zone", "db.corp.example", "10.0.2.9")
		l.rule("Forward", "corp.example", "FORWARD")
	}, "db.corp.example", "unknown"},
	{"a more specific zone before a Resolver rule", rulesPage, func(l *lab) {
		zoned(l)
		l.record("Zone", "db.corp.example", "10.0.2.9")
		l.rule("Forward", "example", "FORWARD")
	}, "db.corp.example", "b"},
	{"a SYSTEM rule forwards nothing", rulesPage, func(l *lab) {
		zoned(l)
		l.record("Zone", "db.corp.example", "10.0.2.9")
		l.rule("Own", "corp.example", "SYSTEM")
	}, "db.corp.example", "b"},
	{"a zone that a profile brings", "What are Amazon Route 53 Profiles?", func(l *lab) {
		zoned(l)
		l.record("Zone", "db.corp.example", "10.0.2.9")
		l.vpc("W", "10.9.0.0/16")
		l.amend("Zone", build.Props{"VPCs": []build.Props{{"VPCId": l.Ref("W"), "VPCRegion": "ap-southeast-2"}}})
		l.Add("AWS::Route53Profiles::Profile", "Profile", build.Props{"Name": "p"})
		l.Add("AWS::Route53Profiles::ProfileAssociation", "ProfileOf", build.Props{"ProfileId": l.Ref("Profile"), "ResourceId": l.Ref("V")})
		l.Add("AWS::Route53Profiles::ProfileResourceAssociation", "ProfileHas", build.Props{"ProfileId": l.Ref("Profile"), "ResourceArn": l.Ref("Zone")})
	}, "db.corp.example", "b"},
	{"an alias of a balancer", "Choosing between alias and non-alias records", func(l *lab) {
		zoned(l)
		l.Add("AWS::ElasticLoadBalancingV2::LoadBalancer", "Lb", build.Props{"Type": "network", "Scheme": "internal", "Subnets": []any{l.Ref("B")}})
		l.Add("AWS::Route53::RecordSet", "Alias", build.Props{"HostedZoneId": l.Ref("Zone"), "Name": "www.corp.example", "Type": "A", "AliasTarget": build.Props{"DNSName": l.Attr("Lb", "DNSName")}})
	}, "www.corp.example", "Lb"},
	{"an alias of a balancer that faces the internet", "Choosing between alias and non-alias records", func(l *lab) {
		zoned(l)
		l.Add("AWS::ElasticLoadBalancingV2::LoadBalancer", "Lb", build.Props{"Type": "network", "Scheme": "internet-facing", "Subnets": []any{l.Ref("B")}})
		l.Add("AWS::Route53::RecordSetGroup", "Group", build.Props{"HostedZoneName": "corp.example.", "RecordSets": []build.Props{{"Name": "www.corp.example", "Type": "A", "AliasTarget": build.Props{"DNSName": l.Attr("Lb", "DNSName")}}}})
	}, "www.corp.example", "internet"},
	{"a name that leads on to another", "Supported DNS record types: CNAME", func(l *lab) {
		zoned(l)
		l.record("Zone", "old.corp.example", "new.corp.example")
		l.record("Zone", "new.corp.example", "10.0.1.9", "10.0.2.9")
	}, "old.corp.example", "a b"},
	{"a name that leads to itself", "Supported DNS record types: CNAME", func(l *lab) { zoned(l); l.record("Zone", "x.corp.example", "x.corp.example") }, "x.corp.example", "unknown"},
	{"a record of unknown value", zonesPage, func(l *lab) {
		zoned(l)
		l.record("Zone", "x.corp.example")
		l.amend(l.made[len(l.made)-1].Addr.Logical, build.Props{"ResourceRecords": []any{build.Unknown("a test")}})
	}, "x.corp.example", "unknown"},
	{"a service of Cloud Map", "AWS Cloud Map namespaces: DNS queries in VPCs", func(l *lab) {
		zoned(l)
		l.Add("AWS::ServiceDiscovery::PrivateDnsNamespace", "Map", build.Props{"Name": "local.example", "Vpc": l.Ref("V")})
		l.Add("AWS::ServiceDiscovery::Service", "Entry", build.Props{"Name": "api", "NamespaceId": l.Attr("Map", "Id")})
		l.Add("AWS::ECS::Service", "Api", build.Props{"ServiceRegistries": []build.Props{{"RegistryArn": l.Attr("Entry", "Arn")}}, "NetworkConfiguration": build.Props{"AwsvpcConfiguration": build.Props{
			"Subnets": []any{l.Ref("B")}, "SecurityGroups": []any{l.Attr("Open", "GroupId")}}}})
	}, "api.local.example", "Api"},
	{"private name of an interface endpoint", endpointsPage, func(l *lab) { zoned(l); l.endpoint("Secrets", "secretsmanager", true) }, "secretsmanager.ap-southeast-2.amazonaws.com", "Secrets"},
	{"private name of two parts", endpointsPage, func(l *lab) { zoned(l); l.endpoint("Ecr", "ecr.api", true) }, "api.ecr.ap-southeast-2.amazonaws.com", "Ecr"},
	{"interface endpoint without private name", endpointsPage, func(l *lab) { zoned(l); l.endpoint("Secrets", "secretsmanager", false) }, "secretsmanager.ap-southeast-2.amazonaws.com", "internet"},
	{"private name needs both of the VPC's attributes", endpointsPage, func(l *lab) {
		zoned(l)
		l.endpoint("Secrets", "secretsmanager", true)
		l.amend("V", build.Props{"EnableDnsHostnames": false})
	}, "secretsmanager.ap-southeast-2.amazonaws.com", "internet"},
	{"name of a service behind a gateway endpoint", "Gateway endpoints: DNS", func(l *lab) { zoned(l); l.toS3("V", "A") }, "bucket.s3.ap-southeast-2.amazonaws.com", "s3"},
	{"a name of the internet", "What is Amazon Route 53 Resolver?", zoned, "example.com", "internet"},
	{"a record of a public zone", "Considerations when working with a private hosted zone: split-view DNS", func(l *lab) {
		zoned(l)
		l.Add("AWS::Route53::HostedZone", "Public", build.Props{"Name": "pub.example"})
		l.record("Public", "in.pub.example", "10.0.2.9")
	}, "in.pub.example", "b"},
}

// resolved is what a name means, as a case says it.
func (l *lab) resolved(n *network.Network, s resolution) (string, network.Resolution) {
	r := n.Resolve(l.Addr("V"), s.ask)
	if r.Why != nil {
		return "unknown", r
	}
	var names []string
	for _, id := range r.Classes {
		c := n.Class(id)
		switch {
		case id == network.Internet:
			names = append(names, "internet")
		case c.Service != "":
			names = append(names, c.Service[strings.LastIndex(c.Service, ".")+1:])
		default:
			names = append(names, c.Members[0].Owner.Addr.Logical)
		}
	}
	if len(names) == 0 {
		return "none", r
	}
	slices.Sort(names)
	return strings.Join(names, " "), r
}

func TestResolution(t *testing.T) {
	for _, s := range resolutions {
		t.Run(s.name, func(t *testing.T) {
			l := newLab()
			s.lab(l)
			got, r := l.resolved(l.network(t), s)
			if got != s.want {
				t.Errorf("%s: got %s, want %s (%s): %s", s.ask, got, s.want, s.page, r.Text)
			}
			if r.Text == "" {
				t.Error("it is not said why")
			}
		})
	}
}
