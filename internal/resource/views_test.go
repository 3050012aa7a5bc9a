package resource_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
	"pgregory.net/rapid"
)

func newBuilder() *build.Builder { return build.New("100000000004", "ap-southeast-2", "net") }

func graph(t *testing.T, b *build.Builder) *resource.Graph {
	t.Helper()
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// addVPC adds a VPC with subnets A and B.
func addVPC(b *build.Builder) {
	b.Add("AWS::EC2::VPC", "Vpc", build.Props{"CidrBlock": "10.0.0.0/16"})
	b.Add("AWS::EC2::Subnet", "A", build.Props{"VpcId": b.Attr("Vpc", "VpcId"), "CidrBlock": "10.0.1.0/24", "AvailabilityZoneId": "apse2-az1"})
	b.Add("AWS::EC2::Subnet", "B", build.Props{"VpcId": b.Ref("Vpc"), "CidrBlock": "10.0.2.0/24", "AvailabilityZone": value.OfSymbol(value.Ref{To: b.Addr("AWS::AvailabilityZones"), Attr: "1"})})
}

func TestVPCFoldsRangesAndGateways(t *testing.T) {
	b := newBuilder()
	addVPC(b)
	b.Add("AWS::EC2::VPCCidrBlock", "More", build.Props{"VpcId": b.Ref("Vpc"), "CidrBlock": "100.64.0.0/16"})
	b.Add("AWS::EC2::VPCCidrBlock", "Six", build.Props{"VpcId": b.Ref("Vpc"), "AmazonProvidedIpv6CidrBlock": true})
	b.Add("AWS::EC2::InternetGateway", "Igw", build.Props{})
	b.Add("AWS::EC2::VPCGatewayAttachment", "At", build.Props{"VpcId": b.Ref("Vpc"), "InternetGatewayId": b.Ref("Igw")})
	b.Add("AWS::EC2::EgressOnlyInternetGateway", "Eigw", build.Props{"VpcId": b.Ref("Vpc")})
	b.Add("AWS::EC2::VPCBlockPublicAccessOptions", "Bpa", build.Props{"InternetGatewayBlockMode": "block-bidirectional"})
	g := graph(t, b)
	v := resource.View[resource.VPC](g, b.Addr("Vpc"))
	if got := fmt.Sprint(v.CIDRs); got != "[10.0.0.0/16 100.64.0.0/16]" {
		t.Errorf("ranges: %s", got)
	}
	if !v.HasIPv6 || v.InternetGateway.To != b.Addr("Igw") || len(v.EgressOnlyGateways) != 1 || v.Block != resource.BlockBidirectional {
		t.Errorf("folded in: %+v", v)
	}
	if v.DNSSupport != resource.Yes || v.DNSHostnames != resource.No {
		t.Errorf("DNS defaults: %v %v", v.DNSSupport, v.DNSHostnames)
	}
	if got := resource.View[resource.InternetGateway](g, b.Addr("Igw")).VPC.To; got != b.Addr("Vpc") {
		t.Errorf("gateway's VPC: %v", got)
	}
	if s := resource.View[resource.Subnet](g, b.Addr("B")); s.Zone == "" || s.VPC.To != b.Addr("Vpc") || len(s.Unknown) > 0 {
		t.Errorf("subnet with a zone known at deployment: %+v", s)
	}
	if resource.View[resource.Subnet](g, b.Addr("Vpc")) != nil {
		t.Error("a VPC has no view as a subnet")
	}
}

func TestLinks(t *testing.T) {
	b := newBuilder()
	addVPC(b)
	snap := build.New("100000000004", "ap-southeast-2", "")
	for name, c := range map[string]struct {
		id   any
		want string
	}{
		"ref":               {b.Ref("Vpc"), "to Vpc"},
		"attribute":         {b.Attr("Vpc", "VpcId"), "to Vpc"},
		"another's":         {b.Attr("Vpc", "DefaultSecurityGroup"), "id 100000000004/ap-southeast-2/net/Vpc.DefaultSecurityGroup"},
		"subnet's VPC":      {b.Attr("A", "VpcId"), "to Vpc"},
		"literal":           {"vpc-elsewhere", "id vpc-elsewhere"},
		"snapshot's":        {"vpc-1234", "to vpc-1234"},
		"arn with a symbol": {value.Join(build.Of("arn:aws:ec2:x:y:vpc/"), b.Ref("Vpc")), "to Vpc"},
		"symbol outside":    {b.Ref("Gone"), "to Gone"},
		"unknown":           {build.Unknown("a macro makes it"), "why TEST_UNKNOWN"},
		"a map":             {build.Props{"x": 1}, "why PROPERTY_UNREADABLE"},
		"absent":            {value.Value{}, "zero"},
	} {
		t.Run(name, func(t *testing.T) {
			s := build.New("100000000004", "ap-southeast-2", "other")
			s.Add("AWS::EC2::RouteTable", "T", build.Props{"VpcId": c.id})
			all := s.Resources()
			for _, from := range []*build.Builder{b, snap} {
				g := graph(t, from)
				for r := range g.All() {
					c := *r
					all = append(all, &c)
				}
			}
			snap.Add("AWS::EC2::VPC", "vpc-1234", build.Props{"CidrBlock": "10.9.0.0/16"})
			all = append(all, snap.Resources()...)
			g, err := resource.New(all)
			if err.Err() != nil {
				t.Fatal(err)
			}
			l := resource.View[resource.RouteTable](g, s.Addr("T")).VPC
			got := "zero"
			switch {
			case l.Why != nil:
				got = "why " + l.Why.Code
			case !l.To.IsZero():
				got = "to " + l.To.Logical
			case l.ID != "":
				got = "id " + l.ID
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestRoutesFoldIntoTheirTables(t *testing.T) {
	b := newBuilder()
	addVPC(b)
	b.Add("AWS::EC2::RouteTable", "T", build.Props{"VpcId": b.Ref("Vpc")})
	b.Add("AWS::EC2::InternetGateway", "Igw", nil)
	b.Add("AWS::EC2::VPNGateway", "Vgw", nil)
	b.Add("AWS::EC2::SubnetRouteTableAssociation", "Assoc", build.Props{"SubnetId": b.Ref("A"), "RouteTableId": b.Ref("T")})
	route := func(id, dest string, target build.Props) {
		target["RouteTableId"] = b.Ref("T")
		target["DestinationCidrBlock"] = dest
		b.Add("AWS::EC2::Route", id, target)
	}
	route("R1", "0.0.0.0/0", build.Props{"GatewayId": b.Ref("Igw")})
	route("R2", "10.1.0.0/16", build.Props{"TransitGatewayId": "tgw-1"})
	route("R3", "10.2.0.0/16", build.Props{"VpcPeeringConnectionId": "pcx-1"})
	route("R4", "10.3.0.0/16", build.Props{"State": "blackhole"})
	route("R5", "10.4.0.0/16", build.Props{"GatewayId": b.Ref("Vgw")})
	route("R6", "10.5.0.0/16", build.Props{"NatGatewayId": build.Unknown("?")})
	route("R7", "10.6.0.0/16", build.Props{"GatewayId": "local"})
	b.Add("AWS::EC2::Route", "R8", build.Props{"RouteTableId": b.Ref("T"), "DestinationPrefixListId": "pl-1", "NetworkInterfaceId": "eni-1"})
	b.Add("AWS::EC2::Route", "R9", build.Props{"RouteTableId": "rtb-elsewhere", "DestinationCidrBlock": "10.7.0.0/16", "NatGatewayId": "nat-1"})
	g := graph(t, b)
	tbl := resource.View[resource.RouteTable](g, b.Addr("T"))
	want := []resource.TargetKind{resource.TargetInternetGateway, resource.TargetTransitGateway, resource.TargetPeering, resource.TargetBlackhole,
		resource.TargetVPNGateway, resource.TargetUnknown, resource.TargetLocal, resource.TargetInterface}
	var got []resource.TargetKind
	for _, r := range tbl.Routes {
		got = append(got, r.Target)
	}
	if !slices.Equal(got, want) {
		t.Errorf("targets: got %v, want %v", got, want)
	}
	if !tbl.Routes[3].Blackhole || tbl.Routes[5].To.Why == nil || tbl.Routes[7].Dest.PrefixList.ID != "pl-1" {
		t.Errorf("blackhole, unknown target and prefix list: %+v", tbl.Routes)
	}
	if s := resource.View[resource.Subnet](g, b.Addr("A")); s.RouteTable.To != b.Addr("T") {
		t.Errorf("association: %+v", s.RouteTable)
	}
	if loose := g.Loose(); len(loose) != 1 || loose[0].Addr != b.Addr("R9") {
		t.Errorf("a route of a foreign table must be loose: %v", loose)
	}
}

func TestNetworkACLEntriesAreInOrder(t *testing.T) {
	b := newBuilder()
	addVPC(b)
	b.Add("AWS::EC2::NetworkAcl", "Acl", build.Props{"VpcId": b.Ref("Vpc")})
	b.Add("AWS::EC2::SubnetNetworkAclAssociation", "Assoc", build.Props{"SubnetId": b.Ref("A"), "NetworkAclId": b.Attr("Acl", "Id")})
	entry := func(id string, p build.Props) {
		p["NetworkAclId"] = b.Ref("Acl")
		b.Add("AWS::EC2::NetworkAclEntry", id, p)
	}
	entry("E1", build.Props{"RuleNumber": 200, "Protocol": 6, "RuleAction": "allow", "CidrBlock": "0.0.0.0/0", "PortRange": build.Props{"From": 443, "To": "443"}})
	entry("E2", build.Props{"RuleNumber": 100, "Protocol": -1, "RuleAction": "deny", "CidrBlock": "10.1.0.0/16", "Egress": true})
	entry("E3", build.Props{"RuleNumber": 150, "Protocol": 1, "RuleAction": "allow", "CidrBlock": "10.1.0.0/16", "Icmp": build.Props{"Type": 8, "Code": -1}})
	entry("E4", build.Props{"RuleNumber": 160, "Protocol": 6, "RuleAction": "allow", "CidrBlock": build.Unknown("?"), "PortRange": build.Props{"From": 1, "To": 2}})
	b.Add("AWS::EC2::NetworkAclEntry", "Dflt", build.Props{"NetworkAclId": b.Attr("Vpc", "DefaultNetworkAcl"), "RuleNumber": 50, "Protocol": -1, "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"})
	g := graph(t, b)
	acl := g.ACL(resource.View[resource.Subnet](g, b.Addr("A")).NetworkACL)
	var got []string
	for _, e := range acl.Entries {
		got = append(got, fmt.Sprintf("%d %v %v p%d %v %d-%d %v", e.Number, e.Egress, e.Allow, e.Protocol, e.CIDR, e.From, e.To, e.Why != nil))
	}
	want := []string{"100 true false p-1 10.1.0.0/16 0-65535 false", "150 false true p1 10.1.0.0/16 8-8 false",
		"160 false true p6 invalid Prefix 1-2 true", "200 false true p6 0.0.0.0/0 443-443 false"}
	if !slices.Equal(got, want) {
		t.Errorf("entries:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if d := g.ACL(resource.DefaultACL(b.Addr("Vpc"))); d == nil || len(d.Entries) != 5 || d.Entries[0].Allow {
		t.Errorf("the default ACL with an entry before its own: %+v", d)
	}
}

func TestSecurityGroupRules(t *testing.T) {
	b := newBuilder()
	addVPC(b)
	b.Add("AWS::EC2::SecurityGroup", "Plain", build.Props{"VpcId": b.Ref("Vpc"), "SecurityGroupIngress": []build.Props{
		{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": b.Attr("Vpc", "CidrBlock")},
		{"IpProtocol": 6, "FromPort": -1, "ToPort": -1, "CidrIpv6": "::/0"},
		{"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "CidrIp": "10.0.0.0/8"},
		{"IpProtocol": "-1", "FromPort": 1, "ToPort": 2, "SourcePrefixListId": "pl-1"},
		{"IpProtocol": "udp", "FromPort": "53", "ToPort": "53", "SourceSecurityGroupId": b.Attr("Strict", "GroupId")},
		{"IpProtocol": "tcp", "FromPort": build.Unknown("?"), "ToPort": 1, "CidrIp": "10.0.0.0/8"},
	}})
	b.Add("AWS::EC2::SecurityGroupEgress", "Extra", build.Props{"GroupId": b.Ref("Plain"), "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "DestinationSecurityGroupId": b.Ref("Strict")})
	b.Add("AWS::EC2::SecurityGroup", "Strict", build.Props{"VpcId": b.Ref("Vpc"), "SecurityGroupEgress": []build.Props{
		{"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86, "CidrIp": "255.255.255.255/32"}}})
	b.Add("AWS::EC2::SecurityGroupIngress", "In", build.Props{"GroupId": b.Attr("Strict", "GroupId"), "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "SourceSecurityGroupId": b.Ref("Plain")})
	b.Add("AWS::EC2::SecurityGroup", "Dark", build.Props{"VpcId": b.Ref("Vpc"), "SecurityGroupIngress": build.Unknown("a macro")})
	g := graph(t, b)
	show := func(rules []resource.SGRule) string {
		var out []string
		for _, r := range rules {
			out = append(out, fmt.Sprintf("%s:%s p%d %d-%d/%d %v %s%s %v", r.Declared.Addr.Logical, r.Property, r.Protocol, r.From, r.To, r.Code, r.CIDR, r.Group.To.Logical, r.PrefixList.ID, r.Why != nil))
		}
		return strings.Join(out, "\n")
	}
	plain := g.Group(resource.Link{To: b.Addr("Plain")})
	strict := resource.View[resource.SecurityGroup](g, b.Addr("Strict"))
	for name, c := range map[string][2]string{
		"inline ingress": {show(plain.Ingress), `Plain:SecurityGroupIngress/0 p6 443-443/-1 10.0.0.0/16  false
Plain:SecurityGroupIngress/1 p6 0-65535/-1 ::/0  false
Plain:SecurityGroupIngress/2 p1 8-8/-1 10.0.0.0/8  false
Plain:SecurityGroupIngress/3 p-1 0-65535/-1 invalid Prefix pl-1 false
Plain:SecurityGroupIngress/4 p17 53-53/-1 invalid Prefix Strict false
Plain:SecurityGroupIngress/5 p6 0-65535/-1 10.0.0.0/8  true`},
		"a separate rule takes default egress away": {show(plain.Egress), `Extra: p6 1-1/-1 invalid Prefix Strict false`},
		"default egress": {show(g.Group(resource.Link{To: b.Addr("Dark")}).Egress), `Dark:SecurityGroupEgress p-1 0-65535/-1 0.0.0.0/0  false
Dark:SecurityGroupEgress p-1 0-65535/-1 ::/0  false`},
		"a rule that matches nothing is declared": {show(strict.Egress), `Strict:SecurityGroupEgress/0 p1 252-252/86 255.255.255.255/32  false`},
		"separate ingress":                        {show(strict.Ingress), `In: p6 5432-5432/-1 invalid Prefix Plain false`},
		"unknown list":                            {show(g.Group(resource.Link{To: b.Addr("Dark")}).Ingress), `Dark:SecurityGroupIngress p-1 0-65535/-1 invalid Prefix  true`},
		"default group":                           {show(g.Group(resource.DefaultGroup(b.Addr("Vpc"))).Egress), "Vpc:SecurityGroupEgress p-1 0-65535/-1 0.0.0.0/0  false\nVpc:SecurityGroupEgress p-1 0-65535/-1 ::/0  false"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s:\n%s\nwant:\n%s", name, c[0], c[1])
		}
	}
	if plain.DefaultEgress || strict.DefaultEgress {
		t.Errorf("default egress: %v %v", plain.DefaultEgress, strict.DefaultEgress)
	}
}

// anyValue draws a value of any shape; symbols name resources of the graph.
func anyValue(depth int) *rapid.Generator[value.Value] {
	return rapid.Custom(func(t *rapid.T) value.Value {
		limit := 8
		if depth == 0 {
			limit = 5
		}
		b := newBuilder()
		switch rapid.IntRange(0, limit).Draw(t, "kind") {
		case 0:
			return value.OfString(rapid.SampledFrom([]string{"", "tcp", "10.0.0.0/8", "-1", "70000", "[", "!", "arn:aws:x", "local", "ANY", "::/0", "1:2:3"}).Draw(t, "s"))
		case 1:
			return value.OfNumber(rapid.SampledFrom([]string{"-1", "0", "65536", "1e400", "443", "x"}).Draw(t, "n"))
		case 2:
			return value.OfSymbol(value.Ref{To: b.Addr(rapid.SampledFrom([]string{"R0", "R1", "R2", "gone"}).Draw(t, "to")), Attr: rapid.SampledFrom([]string{"Ref", "VpcId", "CidrBlock", "DefaultSecurityGroup"}).Draw(t, "attr")})
		case 3:
			return build.Unknown("?")
		case 4:
			return rapid.SampledFrom([]value.Value{{}, value.OfNull(), value.OfBool(true)}).Draw(t, "odd")
		case 5:
			return value.Join(value.OfString("a"), value.OfSymbol(value.Ref{To: b.Addr("R1"), Attr: "CidrBlock"}))
		case 6:
			return value.OfList(rapid.SliceOfN(anyValue(depth-1), 0, 3).Draw(t, "list")...)
		}
		return anyProps(depth-1).Draw(t, "map")
	})
}

var propertyNames = []string{"VpcId", "CidrBlock", "SubnetId", "SubnetIds", "SecurityGroupIngress", "SecurityGroupEgress", "GroupId", "IpProtocol",
	"FromPort", "CidrIp", "RouteTableId", "DestinationCidrBlock", "GatewayId", "NetworkInterfaces", "LaunchTemplate", "LaunchTemplateData", "DBSubnetGroupName",
	"NetworkConfiguration", "AwsvpcConfiguration", "LoadBalancers", "TargetGroupArn", "DefaultActions", "Actions", "RuleGroup", "RulesSource", "StatefulRules",
	"Header", "Source", "DestinationPort", "FirewallPolicy", "Entries", "Cidr", "TransitGatewayId", "TransitGatewayRouteTableId", "SubnetMappings", "Protocol", "RuleNumber",
	"PortRange", "From", "AvailabilityZone", "IpAddresses", "SubnetGroup", "Targets", "TargetGroupAttributes", "Key", "Value", "RuleOptions", "Settings"}

func anyProps(depth int) *rapid.Generator[value.Value] {
	return rapid.Custom(func(t *rapid.T) value.Value {
		keys := rapid.SliceOfN(rapid.SampledFrom(propertyNames), 0, 8).Draw(t, "keys")
		items := make([]value.Value, len(keys))
		for i := range items {
			items[i] = anyValue(depth).Draw(t, "v")
		}
		return value.OfMap(keys, items)
	})
}

var someTypes = []string{"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::Route", "AWS::EC2::RouteTable", "AWS::EC2::NetworkAclEntry", "AWS::EC2::NetworkAcl",
	"AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", "AWS::EC2::NatGateway", "AWS::EC2::VPCEndpoint", "AWS::EC2::VPCPeeringConnection",
	"AWS::EC2::TransitGatewayAttachment", "AWS::EC2::TransitGatewayRoute", "AWS::EC2::TransitGatewayRouteTable", "AWS::NetworkFirewall::Firewall",
	"AWS::NetworkFirewall::FirewallPolicy", "AWS::NetworkFirewall::RuleGroup", "AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::TargetGroup",
	"AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::EC2::Instance", "AWS::EC2::LaunchTemplate", "AWS::AutoScaling::AutoScalingGroup", "AWS::ECS::Service", "AWS::RDS::DBCluster",
	"AWS::RDS::DBInstance", "AWS::RDS::DBSubnetGroup", "AWS::Lambda::Function", "AWS::Route53Resolver::ResolverEndpoint", "AWS::EC2::PrefixList", "AWS::EC2::EIP", "AWS::EC2::VPCCidrBlock"}

func TestViewsNeverPanic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBuilder()
		var all []*resource.Resource
		for i := range rapid.IntRange(1, 4).Draw(t, "n") {
			r := b.Add(rapid.SampledFrom(someTypes).Draw(t, "type"), fmt.Sprintf("R%d", i), nil)
			r.Props = anyValue(4).Draw(t, "props")
			if rapid.Bool().Draw(t, "map") {
				r.Props = anyProps(4).Draw(t, "props")
			}
			all = append(all, r)
		}
		g, _ := resource.New(all)
		for _, i := range g.Interfaces() {
			if i.Owner == nil {
				t.Fatal("an interface without an owner")
			}
		}
	})
}
