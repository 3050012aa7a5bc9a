package network_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource"
)

// drawn is a random network and what may fail in it.
type drawn struct {
	*lab
	failures []string
}

// draw makes a network of a few VPCs on a Transit Gateway, with rules, ACLs and
// routes that are often wrong.
func draw(t *rapid.T) drawn {
	d := drawn{lab: newLab()}
	d.tgw("T", "SecurityGroupReferencingSupport", rapid.SampledFrom([]string{"enable", "disable"}).Draw(t, "refs"))
	tables := rapid.IntRange(1, 2).Draw(t, "tables")
	for i := range tables {
		d.table(fmt.Sprintf("Table%d", i))
	}
	port := func() string {
		return rapid.SampledFrom([]string{"443", "1024-65535", "0-65535", "0-65535"}).Draw(t, "port")
	}
	cidr := func() string {
		return rapid.SampledFrom([]string{"0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.1.0/24", "10.1.1.0/24", "10.0.1.128/25", "10.1.1.0/25", "203.0.113.0/24"}).Draw(t, "cidr")
	}
	vpcs := rapid.IntRange(1, 3).Draw(t, "vpcs")
	var groups []string
	for v := range vpcs {
		groups = append(groups, fmt.Sprintf("G%da", v), fmt.Sprintf("G%db", v))
	}
	for v := range vpcs {
		vpc := fmt.Sprintf("V%d", v)
		d.vpc(vpc, fmt.Sprintf("10.%d.0.0/16", v))
		if rapid.Bool().Draw(t, "igw") {
			d.igw(vpc)
		}
		for _, g := range []string{"a", "b"} {
			var rules []string
			for range rapid.IntRange(1, 3).Draw(t, "rules") {
				peer := cidr()
				switch rapid.IntRange(0, 5).Draw(t, "kind") {
				case 0, 1:
					peer = "@" + rapid.SampledFrom(groups).Draw(t, "group")
				case 2:
					peer = "?"
				}
				egress := ""
				if rapid.IntRange(0, 3).Draw(t, "direction") == 0 {
					egress = ">"
				}
				rules = append(rules, egress+"tcp "+port()+" "+peer)
			}
			d.group(vpc, fmt.Sprintf("G%d%s", v, g), rules...)
		}
		var attached []string
		for s := range rapid.IntRange(1, 2).Draw(t, "subnets") {
			name := fmt.Sprintf("S%d%d", v, s)
			d.subnet(vpc, name, fmt.Sprintf("10.%d.%d.0/24", v, s+1), fmt.Sprintf("az%d", s+1))
			attached = append(attached, name)
			if rapid.IntRange(0, 2).Draw(t, "acl") == 0 {
				var entries []string
				for _, way := range []string{"in", "out"} {
					for i := range rapid.IntRange(1, 2).Draw(t, "entries") {
						entries = append(entries, fmt.Sprintf("%s %d %s tcp %s %s", way, 100+i, rapid.SampledFrom([]string{"allow", "allow", "deny"}).Draw(t, "action"), port(), cidr()))
					}
				}
				d.acl(vpc, name, entries...)
			}
			switch rapid.IntRange(0, 3).Draw(t, "route") {
			case 0:
				d.route(name, "0.0.0.0/0", "GatewayId", vpc+"Igw")
			case 1:
				d.route(name, "0.0.0.0/0", "TransitGatewayId", "T")
			case 2:
				d.route(name, "10.0.0.0/8", "TransitGatewayId", "T")
				d.nat("N"+name, name)
				d.failures = append(d.failures, "N"+name)
			}
			for e := range rapid.IntRange(1, 2).Draw(t, "interfaces") {
				eni := fmt.Sprintf("e%d%d%d", v, s, e)
				address := ""
				if rapid.Bool().Draw(t, "fixed") {
					address = fmt.Sprintf("10.%d.%d.%d", v, s+1, 10+rapid.SampledFrom([]int{0, 150}).Draw(t, "address")+e)
				}
				d.eni(eni, name, fmt.Sprintf("G%d%s", v, rapid.SampledFrom([]string{"a", "b"}).Draw(t, "group")), address)
				if rapid.IntRange(0, 2).Draw(t, "public") == 0 {
					d.publicAddress(eni)
				}
				d.failures = append(d.failures, eni)
			}
		}
		if rapid.IntRange(0, 4).Draw(t, "attached") > 0 {
			d.attach(vpc+"attach", vpc, nil, attached...)
			d.failures = append(d.failures, vpc+"attach")
			d.associate(fmt.Sprintf("Table%d", rapid.IntRange(0, tables-1).Draw(t, "association")), vpc+"attach", "Id")
			for i := range tables {
				if rapid.IntRange(0, 3).Draw(t, "propagation") > 0 {
					d.propagate(fmt.Sprintf("Table%d", i), vpc+"attach")
				}
			}
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "hole") == 0 {
		d.tgwRoute("Table0", cidr(), "", "")
	}
	return d
}

// of builds the network of resources in the order given.
func of(t *rapid.T, all []*resource.Resource) *network.Network {
	copies := make([]*resource.Resource, len(all))
	for i, r := range all {
		c := *r
		copies[i] = &c
	}
	g, problems := resource.New(copies)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return network.Build(g)
}

// TestRandomNetworks holds what is true of every network. The loss of a subnet
// is not among the failures: it may open a way, since an attachment then serves
// its zone by another subnet, whose network ACL may allow more.
func TestRandomNetworks(t *testing.T) {
	open, shut := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		n := of(t, d.all())
		dead := rapid.SampledFrom(d.failures).Draw(t, "failure")
		after := n.Without(addr.Address{Stack: d.Stack(), Logical: dead})
		other := of(t, rapid.Permutation(d.all()).Draw(t, "order"))
		asked := n.Packets(resource.TCP, 443, 443)
		for _, a := range n.Classes() {
			for _, b := range n.Classes() {
				r := n.Reach(a.ID, b.ID)
				if !r.May.Contains(r.Must) {
					t.Fatalf("%d to %d: Must %s is not within May %s", a.ID, b.ID, n.Format(r.Must), n.Format(r.May))
				}
				if got := after.Reach(a.ID, b.ID); !r.May.Contains(got.May) {
					t.Fatalf("%d to %d: without %s more flows: %s\n%s\n%s", a.ID, b.ID, dead, n.Format(got.May.Minus(r.May)), print(n.Explain(a.ID, b.ID, got.May)), print(after.Explain(a.ID, b.ID, got.May)))
				}
				if other.Reach(a.ID, b.ID) != r {
					t.Fatalf("%d to %d: the order of resources changes the answer", a.ID, b.ID)
				}
				for _, p := range []network.PacketSet{asked, n.AllPackets()} {
					path := n.Explain(a.ID, b.ID, p)
					if want := (network.Reach{Must: r.Must.And(p), May: r.May.And(p), Named: r.Named.And(p)}); path.Works != want {
						t.Fatalf("%d to %d: Explain says %s, Reach %s", a.ID, b.ID, n.Format(path.Works.May), n.Format(want.May))
					}
					if (path.StopsAt == nil) != (!path.Works.May.IsEmpty()) && (a.External && b.External) == false {
						t.Fatalf("%d to %d: stops at %v, and %s flows", a.ID, b.ID, path.StopsAt, n.Format(path.Works.May))
					}
					if path.Works.Must != path.Works.May && len(path.Unknowns) == 0 {
						t.Fatalf("%d to %d: Must and May differ without a reason", a.ID, b.ID)
					}
				}
				if a.External && b.External {
					continue
				}
				if !r.May.IsEmpty() {
					open++
				} else {
					shut++
				}
			}
		}
	})
	if open*20 < shut || shut*20 < open {
		t.Errorf("%d pairs open and %d shut: the generator asks nothing", open, shut)
	}
}

func TestWithout(t *testing.T) {
	l := newLab()
	edge(l)
	n := l.network(t)
	a := l.classOf(t, n, "a")
	p := packets(n, "tcp 443")
	if !n.Reach(a, network.Internet).Must.Contains(p) {
		t.Fatal("the private subnet must reach the internet first")
	}
	for _, dead := range []string{"N", "P", "VIgw", "A", "a"} {
		after := n.Without(l.Addr(dead))
		if r := after.Reach(a, network.Internet); !r.May.IsEmpty() {
			t.Errorf("without %s: %s still flows", dead, n.Format(r.May))
		}
	}
	if r := n.WithoutZone("az1").Reach(a, network.Internet); !r.May.IsEmpty() {
		t.Error("without the zone something still flows")
	}
	if r := n.Without(l.Addr("w")).Reach(a, network.Internet); !r.Must.Contains(p) {
		t.Error("the loss of a stranger must not matter")
	}
}

func TestEgressNamesEveryWayOut(t *testing.T) {
	l := newLab()
	firewalled(l, domains)
	n := l.network(t)
	exits := n.Egress(l.classOf(t, n, "x"), false)
	if len(exits) != 1 {
		t.Fatalf("%d exits, want one: %+v", len(exits), exits)
	}
	e := exits[0]
	if e.By != l.Addr("N") || !slices.Equal(e.Firewalls, []addr.Address{l.Addr("F")}) || !slices.Equal(e.Domains, []string{".example.com"}) {
		t.Errorf("exit by %v past %v for %v", e.By, e.Firewalls, e.Domains)
	}
	if want := packets(n, "tcp 443").Or(packets(n, "tcp 80")); e.Works.Must != want || e.Works.Named != want {
		t.Errorf("must %s, named %s", n.Format(e.Works.Must), n.Format(e.Works.Named))
	}
	if !e.Path.Passes(l.Addr("F")) {
		t.Error("the path does not show the firewall")
	}
}

func TestExternalClassesAreTheRangesThatRulesName(t *testing.T) {
	l := newLab()
	edge(l)
	l.group("V", "Partner", "tcp 443 203.0.113.0/24")
	l.eni("s", "P", "Partner", "10.0.0.20")
	l.publicAddress("s")
	n := l.network(t)
	p, s := packets(n, "tcp 443"), l.classOf(t, n, "s")
	if r := n.Reach(network.Internet, s); !r.May.IsEmpty() {
		t.Errorf("from the internet at large: %s", n.Format(r.May))
	}
	reached := 0
	for _, id := range n.External() {
		if n.Reach(id, s).Must.Contains(p) {
			reached++
			if got := n.Class(id).Addrs; len(got) != 1 || got[0].String() != "203.0.113.0/24" {
				t.Errorf("the class is %v", got)
			}
		}
	}
	if reached != 1 {
		t.Errorf("%d external classes reach it, want 1", reached)
	}
}

func TestPacketSetsPrintAsFlows(t *testing.T) {
	l := newLab()
	pair(l)
	l.group("V", "Many", "tcp 443 0.0.0.0/0", "tcp 8080-8090 0.0.0.0/0", "udp 53 0.0.0.0/0", "icmp 0.0.0.0/0")
	n := l.network(t, network.Options{Ports: []network.Flow{{Protocol: "tcp", From: 5432, To: 5432}}})
	p := n.Packets(resource.TCP, 443, 443).Or(n.Packets(resource.TCP, 8080, 8090)).Or(n.Packets(resource.UDP, 53, 53)).Or(n.Packets(resource.ICMP, 0, 0))
	if got := n.Format(p); got != "tcp/443,8080-8090, udp/53, icmp" {
		t.Error(got)
	}
	if got := n.Format(n.Packets(resource.TCP, 5432, 5432)); got != "tcp/5432" {
		t.Error(got)
	}
	if got := n.Format(n.AllPackets()); got != "everything" {
		t.Error(got)
	}
	if got := n.AllPackets().Minus(p).Or(p); got != n.AllPackets() {
		t.Error(n.Format(got))
	}
}

// TestManyPortsStillCompare has more atoms than one word holds.
func TestManyPortsStillCompare(t *testing.T) {
	l := newLab()
	pair(l)
	var rules []string
	for i := range 100 {
		rules = append(rules, fmt.Sprintf("tcp %d 10.0.1.0/24", 2000+2*i))
	}
	l.group("V", "Many", rules...)
	l.eni("m", "B", "Many", "")
	n := l.network(t)
	r := n.Reach(l.classOf(t, n, "a"), l.classOf(t, n, "m"))
	if got := len(n.Flows(r.Must)); got != 100 || r.Must != r.May {
		t.Errorf("%d flows", got)
	}
	if !r.Must.Contains(packets(n, "tcp 2198")) || r.Must.Overlaps(packets(n, "tcp 2199")) {
		t.Error("ports beyond the first word are wrong")
	}
}
