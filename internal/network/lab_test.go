package network_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
)

// lab builds small networks. Names are logical ids; a name may be used before
// it is made.
type lab struct {
	*build.Builder
	n    int
	made []*resource.Resource
}

func newLab() *lab { return &lab{Builder: build.New("111111111111", "ap-southeast-2", "lab")} }

func (l *lab) id(kind string) string {
	l.n++
	return kind + strconv.Itoa(l.n)
}

func (l *lab) vpc(name, cidr string) { l.Add("AWS::EC2::VPC", name, build.Props{"CidrBlock": cidr}) }

// subnet makes a subnet named name in a zone, with a route table name+"Rt".
func (l *lab) subnet(vpc, name, cidr, zone string) {
	l.Add("AWS::EC2::Subnet", name, build.Props{"VpcId": l.Ref(vpc), "CidrBlock": cidr, "AvailabilityZoneId": zone})
	l.Add("AWS::EC2::RouteTable", name+"Rt", build.Props{"VpcId": l.Ref(vpc)})
	l.Add("AWS::EC2::SubnetRouteTableAssociation", l.id("Assoc"), build.Props{"SubnetId": l.Ref(name), "RouteTableId": l.Ref(name + "Rt")})
}

// route adds a route to a subnet's own table; property names the target.
func (l *lab) route(subnet, dest, property, target string) {
	p := build.Props{"RouteTableId": l.Ref(subnet + "Rt"), "DestinationCidrBlock": dest}
	if property != "" {
		p[property] = l.Ref(target)
	}
	l.Add("AWS::EC2::Route", l.id("Route"), p)
}

// group makes a security group. A rule is "tcp 443 10.0.0.0/8", "tcp 1-9 @Sg",
// "all 0.0.0.0/0" or "icmp …"; rules that begin with ">" are egress.
func (l *lab) group(vpc, name string, rules ...string) {
	var in, out []any
	for _, r := range rules {
		egress := strings.HasPrefix(r, ">")
		f := strings.Fields(strings.TrimPrefix(r, ">"))
		p := build.Props{"IpProtocol": f[0]}
		switch f[0] {
		case "all":
			p["IpProtocol"] = "-1"
		case "icmp":
			p["FromPort"], p["ToPort"] = -1, -1
		default:
			from, to, ok := strings.Cut(f[1], "-")
			if !ok {
				to = from
			}
			a, _ := strconv.Atoi(from)
			b, _ := strconv.Atoi(to)
			p["FromPort"], p["ToPort"] = a, b
		}
		peer := f[len(f)-1]
		switch {
		case peer == "?":
			p["CidrIp"] = build.Unknown("a test's unknown range")
		case strings.HasPrefix(peer, "@"):
			p["SourceSecurityGroupId"] = l.Attr(peer[1:], "GroupId")
			if egress {
				delete(p, "SourceSecurityGroupId")
				p["DestinationSecurityGroupId"] = l.Attr(peer[1:], "GroupId")
			}
		case strings.HasPrefix(peer, "pl:"):
			p["SourcePrefixListId"] = l.Attr(peer[3:], "PrefixListId")
		case strings.Contains(peer, ":"):
			p["CidrIpv6"] = peer
		default:
			p["CidrIp"] = peer
		}
		if egress {
			out = append(out, p)
		} else {
			in = append(in, p)
		}
	}
	props := build.Props{"GroupDescription": name, "VpcId": l.Ref(vpc), "SecurityGroupIngress": in}
	if len(out) > 0 {
		props["SecurityGroupEgress"] = out
	}
	l.Add("AWS::EC2::SecurityGroup", name, props)
}

// open makes a group that lets everything by.
func (l *lab) open(vpc, name string) { l.group(vpc, name, "all 0.0.0.0/0") }

// eni makes a network interface; an empty address means any of its subnet.
func (l *lab) eni(name, subnet, group, address string) {
	p := build.Props{"SubnetId": l.Ref(subnet), "GroupSet": []any{l.Attr(group, "GroupId")}}
	if address != "" {
		p["PrivateIpAddress"] = address
	}
	l.Add("AWS::EC2::NetworkInterface", name, p)
}

func (l *lab) publicAddress(eni string) {
	l.Add("AWS::EC2::EIP", l.id("Eip"), build.Props{"NetworkInterfaceId": l.Ref(eni)})
}

// acl makes a network ACL for a subnet. An entry is
// "in 100 allow tcp 443 10.0.0.0/8" or "out 200 deny all 0.0.0.0/0".
func (l *lab) acl(vpc, subnet string, entries ...string) {
	name := subnet + "Acl"
	l.Add("AWS::EC2::NetworkAcl", name, build.Props{"VpcId": l.Ref(vpc)})
	l.Add("AWS::EC2::SubnetNetworkAclAssociation", l.id("AclAssoc"), build.Props{"SubnetId": l.Ref(subnet), "NetworkAclId": l.Ref(name)})
	protocols := map[string]int{"tcp": 6, "udp": 17, "icmp": 1, "all": -1}
	for _, e := range entries {
		f := strings.Fields(e)
		number, _ := strconv.Atoi(f[1])
		p := build.Props{"NetworkAclId": l.Ref(name), "Egress": f[0] == "out", "RuleNumber": number, "RuleAction": f[2],
			"Protocol": protocols[f[3]], "CidrBlock": f[len(f)-1]}
		if len(f) == 6 {
			from, to, ok := strings.Cut(f[4], "-")
			if !ok {
				to = from
			}
			a, _ := strconv.Atoi(from)
			b, _ := strconv.Atoi(to)
			p["PortRange"] = build.Props{"From": a, "To": b}
		}
		l.Add("AWS::EC2::NetworkAclEntry", name+f[0]+f[1], p)
	}
}

func (l *lab) igw(vpc string) {
	l.Add("AWS::EC2::InternetGateway", vpc+"Igw", nil)
	l.Add("AWS::EC2::VPCGatewayAttachment", vpc+"IgwAttach", build.Props{"VpcId": l.Ref(vpc), "InternetGatewayId": l.Ref(vpc + "Igw")})
}

func (l *lab) nat(name, subnet string) {
	l.Add("AWS::EC2::NatGateway", name, build.Props{"SubnetId": l.Ref(subnet), "AllocationId": "eipalloc-1"})
}

// tgw makes a Transit Gateway without default tables; the others use T.
func (l *lab) tgw(name string, more ...string) {
	p := build.Props{"DefaultRouteTableAssociation": "disable", "DefaultRouteTablePropagation": "disable"}
	for i := 0; i+1 < len(more); i += 2 {
		p[more[i]] = more[i+1]
	}
	l.Add("AWS::EC2::TransitGateway", name, p)
}

func (l *lab) table(name string) {
	l.Add("AWS::EC2::TransitGatewayRouteTable", name, build.Props{"TransitGatewayId": l.Ref("T")})
}

func (l *lab) attach(name, vpc string, options build.Props, subnets ...string) {
	p := build.Props{"TransitGatewayId": l.Ref("T"), "VpcId": l.Ref(vpc)}
	var s []any
	for _, x := range subnets {
		s = append(s, l.Ref(x))
	}
	p["SubnetIds"] = s
	if options != nil {
		p["Options"] = options
	}
	l.Add("AWS::EC2::TransitGatewayAttachment", name, p)
}

func (l *lab) associate(table, attachment, attr string) {
	l.Add("AWS::EC2::TransitGatewayRouteTableAssociation", l.id("TgwAssoc"), build.Props{"TransitGatewayRouteTableId": l.Ref(table), "TransitGatewayAttachmentId": l.Attr(attachment, attr)})
}

func (l *lab) propagate(table, attachment string) {
	l.Add("AWS::EC2::TransitGatewayRouteTablePropagation", l.id("TgwProp"), build.Props{"TransitGatewayRouteTableId": l.Ref(table), "TransitGatewayAttachmentId": l.Ref(attachment)})
}

// tgwRoute adds a static route; an empty attachment makes it a blackhole.
func (l *lab) tgwRoute(table, dest, attachment, attr string) {
	p := build.Props{"TransitGatewayRouteTableId": l.Ref(table), "DestinationCidrBlock": dest}
	if attachment == "" {
		p["Blackhole"] = true
	} else {
		p["TransitGatewayAttachmentId"] = l.Attr(attachment, attr)
	}
	l.Add("AWS::EC2::TransitGatewayRoute", l.id("TgwRoute"), p)
}

func (l *lab) network(t testing.TB, opts ...network.Options) *network.Network {
	t.Helper()
	g, err := l.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return network.Build(g, opts...)
}

// classOf returns the one class of an interface, or Internet.
func (l *lab) classOf(t testing.TB, n *network.Network, name string) network.ClassID {
	t.Helper()
	if name == "internet" {
		return network.Internet
	}
	if id, ok := n.Service(name); ok {
		return id
	}
	ids := n.ClassesOf(l.Addr(name))
	if len(ids) != 1 {
		t.Fatalf("%s has classes %v", name, ids)
	}
	return ids[0]
}

// packets reads "tcp 443".
func packets(n *network.Network, text string) network.PacketSet {
	f := strings.Fields(text)
	p := map[string]resource.Protocol{"tcp": resource.TCP, "udp": resource.UDP, "icmp": resource.ICMP, "all": resource.AnyProtocol}[f[0]]
	if len(f) == 1 {
		return n.Packets(p, 0, 65535)
	}
	port, _ := strconv.Atoi(f[1])
	return n.Packets(p, uint16(port), uint16(port))
}

// outcome is "must", "may" or the code that stops the packets.
func (l *lab) outcome(t testing.TB, n *network.Network, from, to, what string) (string, network.Path) {
	t.Helper()
	a, b := l.classOf(t, n, from), l.classOf(t, n, to)
	p := packets(n, what)
	r := n.Reach(a, b)
	path := n.Explain(a, b, p)
	if want := (network.Reach{Must: r.Must.And(p), May: r.May.And(p), Named: r.Named.And(p)}); path.Works != want {
		t.Errorf("%s to %s: Explain says must %s, may %s; Reach says must %s, may %s", from, to,
			n.Format(path.Works.Must), n.Format(path.Works.May), n.Format(want.Must), n.Format(want.May))
	}
	if !r.May.Contains(r.Must) {
		t.Errorf("%s to %s: Must is not within May", from, to)
	}
	switch {
	case r.Must.Contains(p):
		return "must", path
	case r.May.Overlaps(p):
		return "may", path
	case path.StopsAt == nil:
		t.Errorf("%s to %s: nothing flows and no hop stops it: %+v", from, to, path)
		return "?", path
	}
	return path.StopsAt.Code, path
}

func print(path network.Path) string {
	var b strings.Builder
	say := func(hops []network.Hop) {
		for _, h := range hops {
			b.WriteString("  " + h.At.Logical + " by " + h.By.Logical + " " + h.Property + " [" + h.Code + "] " + h.Decision + "\n")
		}
	}
	say(path.Forward)
	b.WriteString("  --\n")
	say(path.Return)
	for _, w := range path.Unknowns {
		b.WriteString("  unknown: " + w.Error() + "\n")
	}
	return b.String()
}

// Add adds a resource and remembers it, so that a test can change it.
func (l *lab) Add(typ, logical string, props build.Props) *resource.Resource {
	r := l.Builder.Add(typ, logical, props)
	l.made = append(l.made, r)
	return r
}

// all returns the resources made so far, to be changed in place.
func (l *lab) all() []*resource.Resource { return l.made }
