package estate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// small is an estate in which every flow can be written down by hand.
const small = `estate: acme
domain: acme.example
regions: {home: ap-southeast-2}
organisation:
  accounts:
    net: {id: "100000000001", roles: [network-hub]}
    dev: {id: "100000000002"}
network: {allow-egress: [.okta.com], dns: {forward: {corp.example: {servers: [203.0.113.53, 198.51.100.53], name: a.okta.com}}}}
environments:
  dev: {account: dev}
workload:
  services:
    api:    {image: "100000000002.dkr.ecr.ap-southeast-2.amazonaws.com/a/api:1", port: 9443, expose: gateway, needs: [database], called-by: [portal]}
    portal: {image: "100000000002.dkr.ecr.ap-southeast-2.amazonaws.com/a/portal:1", expose: access, needs: [api]}
    batch:  {image: "100000000002.dkr.ecr.ap-southeast-2.amazonaws.com/a/batch:1", called-by: [api]}
  database: {engine: aurora-postgresql}
  analytics: {from: database, to: lake}
access: {break-glass: {users: ["arn:aws:iam::100000000001:user/one", "arn:aws:iam::100000000001:user/two"], alert: watch@acme.example}, tunnel: {image: "100000000002.dkr.ecr.ap-southeast-2.amazonaws.com/cloudflared@sha256:0f2f4a6e5d8c1b3a7964853201fedcba98765432100123456789abcdef012345"}, okta: {org: acme.okta.com}}
`

func printFlows(e *Estate) []string {
	var s []string
	for _, f := range e.Flows() {
		s = append(s, strings.TrimSpace(fmt.Sprintf("%s > %s %s/%d %s", f.From, f.To, f.Protocol, f.Port, f.Implied)))
	}
	return s
}

func TestFlowsOfASmallEstate(t *testing.T) {
	want := []string{
		"dev/api > dev/batch tcp/8443",
		"dev/api > dev/database tcp/5432",
		"dev/api > dev/endpoints tcp/443 endpoints",
		"dev/api > hub/egress tcp/443 egress",
		"dev/authoriser > hub/egress tcp/443 authoriser",
		"dev/balancer > dev/api tcp/9443 balancer",
		"dev/balancer > dev/portal tcp/8443 balancer",
		"dev/batch > dev/endpoints tcp/443 endpoints",
		"dev/batch > hub/egress tcp/443 egress",
		"dev/break-glass > dev/balancer tcp/443 break-glass",
		"dev/break-glass > dev/endpoints tcp/443 endpoints",
		"dev/canary > dev/balancer tcp/443 canary",
		"dev/canary > dev/endpoints tcp/443 endpoints",
		"dev/forwarder > hub/egress tcp/443 forward",
		"dev/gateway > dev/balancer tcp/443 gateway",
		"dev/portal > dev/api tcp/9443",
		"dev/portal > dev/endpoints tcp/443 endpoints",
		"dev/portal > hub/egress tcp/443 egress",
		"dev/replication > dev/database tcp/5432 dms",
		"dev/replication > dev/endpoints tcp/443 endpoints",
		"dev/tunnel > dev/balancer tcp/443 tunnel",
		"dev/tunnel > dev/endpoints tcp/443 endpoints",
		"dev/tunnel > dev/resolver tcp/53 resolver",
		"dev/tunnel > dev/resolver udp/53 resolver",
		"dev/tunnel > hub/egress tcp/443 egress",
		"dev/tunnel > hub/egress tcp/7844 tunnel-dial-out",
		"dev/tunnel > hub/egress udp/7844 tunnel-dial-out",
	}
	if got := printFlows(mustParse(t, small)); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// Nobody reaches the internet where nothing is allowed.
func TestFlowsWithoutEgress(t *testing.T) {
	text := replaceOnce(t, replaceOnce(t, small, "expose: gateway, ", ""), "network: {allow-egress: [.okta.com], dns: {forward: {corp.example: {servers: [203.0.113.53, 198.51.100.53], name: a.okta.com}}}}\n", "")
	for _, flow := range printFlows(mustParse(t, text)) {
		if strings.Contains(flow, "hub/egress tcp/443") {
			t.Error(flow)
		}
	}
}

func TestFlowsFollowTheFile(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		gone     []string
	}{
		"no gateway": {"expose: gateway, ", "", []string{"dev/gateway > dev/balancer tcp/443 gateway", "dev/balancer > dev/api tcp/9443 balancer", "dev/authoriser > hub/egress tcp/443 authoriser"}},
		"no access":  {"expose: access, ", "", []string{"dev/tunnel > dev/balancer tcp/443 tunnel", "dev/tunnel > hub/egress udp/7844 tunnel-dial-out"}},
		"no need":    {"needs: [database], ", "", []string{"dev/api > dev/database tcp/5432"}},
		"no caller":  {", called-by: [api]", "", []string{"dev/api > dev/batch tcp/8443"}},
	} {
		all := printFlows(mustParse(t, small))
		got := printFlows(mustParse(t, replaceOnce(t, small, c.from, c.to)))
		for _, flow := range c.gone {
			if !slices.Contains(all, flow) || slices.Contains(got, flow) {
				t.Errorf("%s: %s is still there, or never was", name, flow)
			}
		}
	}
}

func TestAFlowSaidFromBothEndsIsOne(t *testing.T) {
	var found []Flow
	for _, f := range mustParse(t, small).Flows() {
		if f.From.Name == "portal" && f.To.Name == "api" {
			found = append(found, f)
		}
	}
	if len(found) != 1 || found[0].Pos.Line != 13 || found[0].Implied != "" {
		t.Error(found)
	}
}

func TestImpliedRulesAreTheClosedList(t *testing.T) {
	rules := ImpliedRules()
	if !slices.IsSorted(rules) {
		t.Error("not sorted")
	}
	used := map[string]bool{}
	for _, f := range mustParse(t, withJava(t)+"tenants: {kiwi: {}}\n").Flows() {
		if f.Implied != "" {
			used[f.Implied] = true
		}
		if f.Pos.Line == 0 {
			t.Errorf("no position: %v", f)
		}
	}
	for _, r := range rules {
		if !used[r] {
			t.Errorf("no flow is implied by %s", r)
		}
		delete(used, r)
	}
	if len(used) > 0 {
		t.Errorf("not in the list: %v", used)
	}
}

func TestPartsOfASmallEstate(t *testing.T) {
	want := []string{
		"dev/api service 13", "dev/attachment attachment 10", "dev/authoriser function 13", "dev/balancer balancer 13", "dev/batch service 15", "dev/break-glass break-glass 18", "dev/canary canary 13", "dev/database database 16",
		"dev/endpoints endpoints 10", "dev/forwarder forwarder 8", "dev/gateway gateway 13", "dev/lake lake 17", "dev/logs logs 10", "dev/portal service 14", "dev/replication replication 17", "dev/resolver resolver 14", "dev/tunnel tunnel 14",
		"hub/attachment attachment 6", "hub/egress egress 6", "hub/firewall firewall 6", "hub/logs logs 6",
	}
	var got []string
	for _, p := range mustParse(t, small).Parts() {
		got = append(got, fmt.Sprintf("%s %s %d", p.ID, p.Kind, p.Pos.Line))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", strings.Join(got, "\n"))
	}
}

// Whoever is in a flow is a part, whatever the estate.
func TestFlowsLeadBetweenParts(t *testing.T) {
	for name, text := range goodEstates(t) {
		e := mustParse(t, string(text))
		parts := map[PartID]bool{}
		for _, p := range e.Parts() {
			parts[p.ID] = true
		}
		for _, f := range e.Flows() {
			if !parts[f.From] || !parts[f.To] || f.Port == 0 || (f.From == f.To) != (f.Implied == ImpliedOwnBalancer) {
				t.Errorf("%s: %v", name, f)
			}
		}
	}
}

func TestS15_TenantsHaveTheFlowsOfTheirServices(t *testing.T) {
	e := mustParse(t, small+"tenants: {kiwi: {}, weka: {}}\n")
	env := e.Environments.Keys()[0]
	id := func(tenant, name string) PartID { return PartID{env, tenant, name} }
	have := map[[2]PartID]bool{}
	for _, f := range e.Flows() {
		have[[2]PartID{f.From, f.To}] = true
	}
	for _, c := range []struct {
		from, to PartID
		want     bool
	}{
		{id("kiwi", "portal"), id("kiwi", "api"), true},
		{id("kiwi", "portal"), id("weka", "api"), false},
		{id("kiwi", "portal"), id("", "api"), false},
		{id("", "portal"), id("kiwi", "api"), false},
		{id("", PartBalancer), id("weka", "portal"), true},
		{id("weka", "api"), id("", PartDatabase), true},
		{id("weka", "api"), id("", PartEndpoints), true},
	} {
		if got := have[[2]PartID{c.from, c.to}]; got != c.want {
			t.Errorf("%s → %s: %v, want %v", c.from, c.to, got, c.want)
		}
	}
}
