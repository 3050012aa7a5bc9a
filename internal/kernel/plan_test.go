package kernel

import (
	"fmt"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/kernel/random"
	"github.com/suretyhq/surety/internal/resource"
	"pgregory.net/rapid"
)

// TestRandomNetworksCompile needs no root: whatever is drawn, all of it must be
// something that the kernel can judge, and routes and rules must name devices
// that are there.
func TestRandomNetworksCompile(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		all := random.Network(rt)
		for _, r := range all {
			seen[r.Type]++
		}
		g, problems := resource.New(all)
		if err := problems.Err(); err != nil {
			rt.Fatal(err)
		}
		six, problems := resource.New(random.Six(all))
		if err := problems.Err(); err != nil {
			rt.Fatal(err)
		}
		for f, g := range map[Family]*resource.Graph{IPv4: g, IPv6: six} {
			p, err := compile(g, f)
			if err != nil {
				rt.Fatal(err)
			}
			for _, bad := range p.faults() {
				rt.Error(bad)
			}
		}
	})
	for _, typ := range []string{"AWS::EC2::TransitGatewayRoute", "AWS::EC2::VPCPeeringConnection", "AWS::EC2::NatGateway", "AWS::EC2::InternetGateway",
		"AWS::NetworkFirewall::Firewall", "AWS::EC2::NetworkAclEntry", "AWS::EC2::SecurityGroupIngress", "AWS::EC2::EIP"} {
		if seen[typ] == 0 {
			t.Errorf("no network had %s", typ)
		}
	}
}

// faults says what a plan names that is not in it.
func (p *plan) faults() []string {
	devices := make([]map[string]bool, len(p.spaces))
	for i := range devices {
		devices[i] = map[string]bool{}
	}
	var out []string
	for _, l := range p.links {
		for _, d := range []struct {
			space int
			name  string
		}{{l.a, l.nameA}, {l.b, l.nameB}} {
			if devices[d.space][d.name] || len(d.name) > 15 {
				out = append(out, fmt.Sprintf("%s has two devices %s, or its name is too long", p.spaces[d.space].name, d.name))
			}
			devices[d.space][d.name] = true
		}
	}
	for i, s := range p.spaces {
		for _, r := range s.rules {
			if !devices[i][r.in] {
				out = append(out, fmt.Sprintf("%s has a rule for %q, which is not there", s.name, r.in))
			}
		}
		routes := map[string]bool{}
		for _, r := range s.routes {
			key := fmt.Sprint(r.table, r.dest)
			if routes[key] || r.dev != "" && !devices[i][r.dev] {
				out = append(out, fmt.Sprintf("%s has two routes to %s, or one by %q, which is not there", s.name, r.dest, r.dev))
			}
			routes[key] = true
		}
	}
	if len(p.ends) != len(p.homes) {
		out = append(out, "ends and their spaces differ in number")
	}
	return out
}

func TestRulesThatMatchNothingAreLeftOut(t *testing.T) {
	c := &compiler{g: mustGraph(t)}
	got := c.groupRules("saddr", []resource.SGRule{
		{Protocol: resource.TCP, From: 443, To: 80, CIDR: IPv4.everywhere()},
		{Protocol: resource.TCP, From: 0, To: 65535, CIDR: IPv4.everywhere()},
		{Protocol: resource.ICMP, From: 252, To: 252, CIDR: IPv4.everywhere()},
		{Protocol: resource.UDP, From: 53, To: 53, Group: resource.Link{ID: "nobody"}},
	})
	if want := "meta l4proto 6 accept|meta l4proto 1 accept"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", strings.Join(got, "|"), want)
	}
}

func mustGraph(t *testing.T) *resource.Graph {
	t.Helper()
	g, problems := resource.New(nil)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return g
}
