package network_test

import (
	"net/netip"
	"testing"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
)

// service makes a VPC with a gateway endpoint E, whose prefix list holds the
// given range if that is not empty, and an interface a that has a route to it.
func service(cidr string) func(*lab) {
	return func(l *lab) {
		pair(l)
		list := "pl-1"
		if cidr != "" {
			l.Add("AWS::EC2::PrefixList", "List", build.Props{"PrefixListName": "com.amazonaws.ap-southeast-2.s3", "Entries": []build.Props{{"Cidr": cidr}}})
		}
		l.Add("AWS::EC2::VPCEndpoint", "E", build.Props{"VpcEndpointType": "Gateway", "VpcId": l.Ref("V"), "ServiceName": "com.amazonaws.ap-southeast-2.s3"})
		p := build.Props{"RouteTableId": l.Ref("ARt"), "DestinationPrefixListId": list, "GatewayId": l.Ref("E")}
		if cidr != "" {
			p["DestinationPrefixListId"] = l.Attr("List", "PrefixListId")
		}
		l.Add("AWS::EC2::Route", "ToService", p)
	}
}

// TestGatewayEndpoints: pages "Gateway endpoints" and "Reachability Analyzer
// explanation codes" (VPCE_GATEWAY_PROTOCOL_RESTRICTION).
func TestGatewayEndpoints(t *testing.T) {
	for _, c := range []struct {
		name, cidr, from, to, what, want string
	}{
		{"to the service", "52.95.0.0/16", "a", "52.95.1.1", "tcp 443", "must"},
		{"not by UDP", "52.95.0.0/16", "a", "52.95.1.1", "udp 443", "VPCE_GATEWAY_PROTOCOL_RESTRICTION"},
		{"a ping may be an echo", "52.95.0.0/16", "a", "52.95.1.1", "icmp", "may"},
		{"not to the rest of the internet", "52.95.0.0/16", "a", "52.96.1.1", "tcp 443", "NO_ROUTE_TO_DESTINATION"},
		{"not from a subnet without a route", "52.95.0.0/16", "b", "52.95.1.1", "tcp 443", "NO_ROUTE_TO_DESTINATION"},
		{"a list that is not known leads to the service alone", "", "a", "52.95.1.1", "tcp 443", "NO_ROUTE_TO_DESTINATION"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab()
			service(c.cidr)(l)
			n := l.network(t)
			to := n.ClassForPrefix(netip.MustParsePrefix(c.to + "/32"))
			if len(to) != 1 {
				t.Fatalf("%s has classes %v", c.to, to)
			}
			check(t, n, l.classOf(t, n, c.from), to[0], c.what, c.want)
		})
	}
}

// check compares what becomes of packets with what is wanted, and Explain with
// Reach.
func check(t *testing.T, n *network.Network, a, b network.ClassID, what, want string) {
	t.Helper()
	p := packets(n, what)
	r, path := n.Reach(a, b), n.Explain(a, b, p)
	if path.Works.Must != r.Must.And(p) || path.Works.May != r.May.And(p) {
		t.Errorf("Explain says %s, Reach says %s", n.Format(path.Works.May), n.Format(r.May.And(p)))
	}
	got := ""
	switch {
	case r.Must.Contains(p):
		got = "must"
	case r.May.Overlaps(p):
		got = "may"
	case path.StopsAt != nil:
		got = path.StopsAt.Code
	}
	if got != want {
		t.Errorf("got %s, want %s\n%s", got, want, print(path))
	}
}

// TestNATGatewayCarries: page "NAT gateway basics" (TCP, UDP and ICMP).
func TestNATGatewayCarries(t *testing.T) {
	l := newLab()
	edge(l)
	n := l.network(t, network.Options{Ports: []network.Flow{{Protocol: "107"}}})
	a := l.classOf(t, n, "a")
	for _, what := range []string{"tcp 443", "udp 53", "icmp"} {
		check(t, n, a, network.Internet, what, "must")
	}
	if r := n.Reach(a, network.Internet); r.May.Overlaps(n.Packets(107, 0, 0)) {
		t.Error("a NAT gateway carries protocol 107")
	}
	if p := n.Explain(a, network.Internet, n.Packets(107, 0, 0)); p.StopsAt == nil || p.StopsAt.Code != "PROTOCOL_RESTRICTION" || p.StopsAt.At != l.Addr("N") {
		t.Errorf("it is stopped otherwise:\n%s", print(p))
	}
	if r := n.Reach(l.classOf(t, n, "w"), network.Internet); !r.Must.Contains(n.Packets(107, 0, 0)) {
		t.Error("an internet gateway carries any protocol")
	}
}

// site makes a VPC with a VPN gateway G and a subnet A that leads everything to
// it; its connections are static with the given routes, or dynamic.
func site(l *lab, static bool, routes ...string) {
	pair(l)
	l.Add("AWS::EC2::VPNGateway", "G", build.Props{"Type": "ipsec.1"})
	l.Add("AWS::EC2::VPCGatewayAttachment", "Attach", build.Props{"VpcId": l.Ref("V"), "VpnGatewayId": l.Ref("G")})
	l.Add("AWS::EC2::VPNConnection", "C", build.Props{"VpnGatewayId": l.Ref("G"), "StaticRoutesOnly": static})
	for _, r := range routes {
		l.Add("AWS::EC2::VPNConnectionRoute", l.id("VpnRoute"), build.Props{"VpnConnectionId": l.Ref("C"), "DestinationCidrBlock": r})
	}
	l.route("A", "0.0.0.0/0", "GatewayId", "G")
}

// TestSites: page "Route tables and AWS Site-to-Site VPN route priority" (a
// virtual private gateway routes what it has routes to and nothing else).
func TestSites(t *testing.T) {
	for _, c := range []struct {
		name, stack string
		static      bool
		from, to    string
		want        string
	}{
		{"out to a static route", "lab", true, "a", "site", "must"},
		{"out from a subnet without a route", "lab", true, "b", "site", "NO_ROUTE_TO_DESTINATION"},
		{"in, and back", "lab", true, "site", "a", "must"},
		{"in, without a way back", "lab", true, "site", "b", "NO_ROUTE_TO_DESTINATION"},
		{"a template does not say what else there is", "lab", true, "a", "internet", "may"},
		{"a snapshot does", "", true, "a", "internet", "NO_ROUTE_TO_DESTINATION"},
		{"not even a snapshot knows what BGP brings", "", false, "a", "internet", "may"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &lab{Builder: build.New("111111111111", "ap-southeast-2", c.stack)}
			site(l, c.static, "172.20.0.0/16", "172.21.0.0/16")
			for _, r := range l.all() {
				switch {
				case c.stack != "":
				case r.Type == "AWS::EC2::NetworkInterface":
					address := map[string]string{"a": "10.0.1.4", "b": "10.0.2.4"}[r.Addr.Logical]
					r.Props = build.Of(build.Props{"SubnetId": r.Props.Get("SubnetId"), "GroupSet": r.Props.Get("GroupSet"),
						"PrivateIpAddresses": []build.Props{{"PrivateIpAddress": address}}})
				case r.Type == "AWS::EC2::SecurityGroup": // a snapshot's group says what it lets out
					r.Props = build.Of(build.Props{"VpcId": l.Ref("V"), "SecurityGroupIngress": []build.Props{{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}},
						"SecurityGroupEgress": []build.Props{{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}}})
				}
			}
			n := l.network(t)
			end := func(name string) network.ClassID {
				if name == "site" {
					return n.ClassesOf(l.Addr("G"))[0]
				}
				return l.classOf(t, n, name)
			}
			check(t, n, end(c.from), end(c.to), "tcp 443", c.want)
		})
	}
	t.Run("a site is not the internet", func(t *testing.T) {
		l := newLab()
		site(l, true, "19.168.0.0/16")
		l.igw("V")
		l.route("B", "0.0.0.0/0", "GatewayId", "VIgw")
		l.publicAddress("b")
		n := l.network(t)
		public := n.ClassForPrefix(netip.MustParsePrefix("19.168.0.1/32"))
		if len(public) != 2 || !n.Class(public[0]).External || n.Class(public[1]).Site != l.Addr("G") {
			t.Fatalf("19.168.0.1 has classes %v", public)
		}
		check(t, n, l.classOf(t, n, "a"), public[0], "tcp 443", "NO_POSSIBLE_DESTINATION")
		check(t, n, l.classOf(t, n, "a"), public[1], "tcp 443", "must")
		check(t, n, l.classOf(t, n, "b"), public[0], "tcp 443", "must")
		check(t, n, l.classOf(t, n, "b"), public[1], "tcp 443", "NO_POSSIBLE_DESTINATION")
		for _, id := range n.External() {
			if id == public[1] {
				t.Error("the site is among the internet's classes")
			}
		}
	})
	t.Run("lost", func(t *testing.T) {
		l := newLab()
		site(l, true, "172.20.0.0/16")
		n := l.network(t).Without(l.Addr("G"))
		s := n.ClassesOf(l.Addr("G"))[0]
		check(t, n, s, l.classOf(t, n, "a"), "tcp 443", "BAD_STATE")
		check(t, n, l.classOf(t, n, "a"), s, "tcp 443", "BAD_STATE_ROUTE")
	})
}

// What nobody has is reached by nobody, unless it is not known where a route
// leads.
func TestAddressesThatNobodyHas(t *testing.T) {
	l := newLab()
	pair(l)
	l.Add("AWS::EC2::Route", "Away", build.Props{"RouteTableId": l.Ref("BRt"), "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": build.Unknown("a test")})
	n := l.network(t)
	a, b := l.classOf(t, n, "a"), l.classOf(t, n, "b")
	for _, c := range []struct {
		from network.ClassID
		to   string
		want string
	}{
		{a, "10.0.9.9/32", "NO_POSSIBLE_DESTINATION"},
		{a, "192.168.1.1/32", "NO_ROUTE_TO_DESTINATION"},
		{b, "192.168.1.1/32", "may"},
		{network.Internet, "10.0.9.9/32", "NO_SOURCE_OR_DESTINATION"},
	} {
		asked, nobody := n.Asking(netip.MustParsePrefix(c.to))
		if before, after := n.Classes()[a], asked.Classes()[a]; before.Subnet != after.Subnet || len(asked.Classes()) != len(n.Classes())+1 {
			t.Fatal("classes have other numbers")
		}
		check(t, asked, c.from, nobody, "tcp 443", c.want)
		if r := asked.Reach(nobody, a); !r.May.IsEmpty() {
			t.Error("what nobody has sends something")
		}
	}
}

// An interface of a snapshot has the addresses that it has and no others.
func TestObservedInterfacesAreExact(t *testing.T) {
	l := &lab{Builder: build.New("111111111111", "ap-southeast-2", "")}
	pair(l)
	l.Add("AWS::EC2::Instance", "i-1", build.Props{"SubnetId": l.Ref("A")})
	l.Add("AWS::EC2::NetworkInterface", "eni-1", build.Props{"SubnetId": l.Ref("A"), "GroupSet": []any{l.Attr("Open", "GroupId")}, "AttachedTo": "i-1",
		"PrivateIpAddresses": []build.Props{{"PrivateIpAddress": "10.0.1.5", "PublicIp": "198.51.100.7"}, {"PrivateIpAddress": "10.0.1.6"}}})
	g, err := l.Graph()
	if err != nil {
		t.Fatal(err)
	}
	n := network.Build(g)
	for _, name := range []string{"i-1", "eni-1"} {
		if ids := n.ClassesOf(l.Addr(name)); len(ids) != 2 {
			t.Errorf("%s has classes %v, want one that is public and one that is not", name, ids)
		}
	}
	public := map[string]resource.Tri{}
	for _, i := range g.Interfaces() {
		if i.Self == l.Addr("eni-1") {
			public[i.Address.String()] = i.Public
			if i.Owner.Addr != l.Addr("i-1") || i.Kind != resource.EndInstance {
				t.Errorf("%s is of %s", i.Address, i.Owner.Addr)
			}
		}
	}
	if len(public) != 2 || public["10.0.1.5"] != resource.Yes || public["10.0.1.6"] != resource.No {
		t.Errorf("addresses: %v", public)
	}
	if ids := n.ClassForPrefix(netip.MustParsePrefix("10.0.1.7/32")); len(ids) != 0 {
		t.Errorf("10.0.1.7, which nobody has, has classes %v", ids)
	}
}
