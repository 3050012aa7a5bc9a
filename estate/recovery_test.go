package estate

import (
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// recovering is an estate whose second environment recovers.
const recovering = `estate: acme
domain: acme.example
regions: {home: ap-southeast-2, recovery: ap-southeast-4}
organisation:
  accounts:
    net:  {id: "100000000001", roles: [network-hub]}
    dev:  {id: "100000000002"}
    prod: {id: "100000000003"}
environments:
  dev:  {account: dev}
  prod: {account: prod, recovery: warm-standby}
workload:
  services:
    api: {image: "100000000003.dkr.ecr.ap-southeast-2.amazonaws.com/api:1", port: 8443, needs: [database]}
  database: {engine: aurora-postgresql}
`

func TestS35_WhatRecoversIsRefusedWhereItCannotBe(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"no Region to recover in", ", recovery: ap-southeast-4", "", "ESTATE_RECOVERY 11:35"},
		{"a way that there is not", "warm-standby", "hot", "ESTATE_CHOICE 11:35"},
		{"no global databases there", "regions: {home: ap-southeast-2, recovery: ap-southeast-4}", "residency: [AU, NZ]\nregions: {home: ap-southeast-2, recovery: ap-southeast-6}", "ESTATE_RECOVERY 4:43"},
		{"no VPC links there", "regions: {home: ap-southeast-2, recovery: ap-southeast-4}", "residency: [AU, TW]\nregions: {home: ap-southeast-2, recovery: ap-east-2}", "ESTATE_RECOVERY 4:43"},
		{"a name that its site has", "  dev:  {account: dev}", "  prod-recovery:  {account: dev}", "ESTATE_RESERVED_NAME 10:3"},
		{"a name that its site makes too long", "  prod: {account", "  production-of-all: {account", "ESTATE_NAME 11:48"},
		{"the hub's name", "  dev:  {account", "  hub-recovery:  {account", "ESTATE_RESERVED_NAME 10:3"},
		{"no room for two Regions", "organisation:", "network: {supernet: 10.0.0.0/20}\norganisation:", "ESTATE_SUPERNET_TOO_SMALL 4:21"},
		{"a range of the other Region", "dev:  {account: dev}", "dev:  {account: dev, cidr: 10.255.0.0/18}", "ESTATE_OVERLAP 3:43"},
	} {
		if _, list := Parse("estate.yaml", []byte(replaceOnce(t, recovering, c.old, c.new))); !slices.Contains(places(list), c.want) {
			t.Errorf("%s: %v, want %s", c.name, places(list), c.want)
		}
	}
	if _, list := Parse("estate.yaml", []byte(recovering)); list.HasErrors() {
		t.Error(list)
	}
}

func TestS35_ASiteThatRecoversHasWhatItsHomeHas(t *testing.T) {
	e := mustParse(t, recovering)
	var names []string
	for _, s := range e.Sites() {
		names = append(names, s.Name+" "+s.Region+" "+s.Hub+" "+e.Zone(s))
	}
	if want := "dev ap-southeast-2 hub dev.acme.example,prod ap-southeast-2 hub prod.acme.example,prod-recovery ap-southeast-4 hub-recovery prod.acme.example"; strings.Join(names, ",") != want {
		t.Error(names)
	}
	for _, p := range e.Parts() {
		if p.ID.Environment != "prod" || p.ID.Name == PartBackup { // backups are copied there, and made of nothing there
			continue
		}
		there := p
		there.ID.Environment = "prod-recovery"
		if !slices.Contains(e.Parts(), there) {
			t.Errorf("%s has no counterpart", p.ID)
		}
	}
	egress := PartID{Environment: HubRecoveryEnvironment, Name: PartEgress}
	for _, f := range e.Flows() {
		if f.From.Environment == "prod-recovery" && f.To.Environment != "prod-recovery" && f.To != egress {
			t.Errorf("%s leads to %s", f.From, f.To)
		}
	}
}

// TestS35_RecoveryMovesNoAddress: what recovers has the supernet's last ranges,
// by the environment's place in the file.
func TestS35_RecoveryMovesNoAddress(t *testing.T) {
	without := mustParse(t, strings.Replace(recovering, ", recovery: warm-standby", "", 1)).Plan()
	with := mustParse(t, recovering).Plan()
	both := mustParse(t, strings.Replace(recovering, "{account: dev}", "{account: dev, recovery: pilot-light}", 1)).Plan()
	ranges := func(p Plan) map[string]netip.Prefix {
		all := map[string]netip.Prefix{}
		for name, v := range p.Sites.All() {
			all[name] = v.CIDR
		}
		for name, v := range p.Hubs.All() {
			all[name] = v.CIDR
		}
		return all
	}
	for _, step := range [][2]Plan{{without, with}, {with, both}} {
		after := ranges(step[1])
		for name, cidr := range ranges(step[0]) {
			if after[name] != cidr {
				t.Errorf("%s moved from %s to %s", name, cidr, after[name])
			}
		}
	}
	got := ranges(both)
	for name, want := range map[string]string{"hub-recovery": "10.255.0.0/16", "dev-recovery": "10.254.0.0/16", "prod-recovery": "10.253.0.0/16"} {
		if got[name].String() != want {
			t.Errorf("%s has %s, want %s", name, got[name], want)
		}
	}
	v, _ := both.Sites.Get("dev-recovery")
	if !slices.Equal(v.Zones, []string{"apse4-az1", "apse4-az2", "apse4-az3"}) {
		t.Error(v.Zones)
	}
}

// TestS35_TenantsHaveThePlacesOfHomeWhereTheyRecover: the same names, balancers,
// rules and throttles, in the same order, and the same flows.
func TestS35_TenantsHaveThePlacesOfHomeWhereTheyRecover(t *testing.T) {
	text := replaceOnce(t, recovering, "needs: [database]}", "expose: gateway, needs: [database]}\n    portal: {image: \"100000000003.dkr.ecr.ap-southeast-2.amazonaws.com/portal:1\", expose: access, needs: [api]}")
	text = replaceOnce(t, text, "environments:", "network: {allow-egress: [acme.okta.com, .cloudflare.com, .docker.io, production.cloudflare.docker.com]}\naccess: {okta: {org: acme.okta.com}, tunnel: {image: \"cloudflare/cloudflared@sha256:0f2f4a6e5d8c1b3a7964853201fedcba98765432100123456789abcdef012345\"}}\nenvironments:")
	e := mustParse(t, text+"tenants:\n  kiwi: {}\n  emu: {throttle: {rate: 7}, hostname: bird}\n  moa: {state: retained}\n")
	home, _ := e.Site("prod")
	there, _ := e.RecoverySite("prod")
	if got, want := e.Tenancies(there), e.Tenancies(home); len(want) != 2 || !reflect.DeepEqual(got, want) {
		t.Errorf("places %+v, at home %+v", got, want)
	}
	if got, want := e.ThrottleClasses(there), e.ThrottleClasses(home); !slices.Equal(got, want) {
		t.Errorf("classes %v, at home %v", got, want)
	}
	if e.Balancers(there) != e.Balancers(home) || e.BacksUp(there) {
		t.Errorf("%d balancers, backed up: %v", e.Balancers(there), e.BacksUp(there))
	}
	kinds := map[string]Kind{}
	for _, p := range e.Parts() {
		if p.ID.Environment == there.Name && (p.ID.Tenant != "" || p.ID.Name == PartProvisioner || p.ID.Name == PartTenantFiles) {
			kinds[p.ID.String()] = p.Kind
		}
	}
	want := map[string]Kind{}
	for _, tenant := range []string{"kiwi", "emu"} {
		for name, kind := range map[string]Kind{"api": KindService, "portal": KindService, PartTenant: KindTenantStandby} {
			want[PartID{there.Name, tenant, name}.String()] = kind
		}
	}
	if !maps.Equal(kinds, want) {
		t.Errorf("parts %v, want %v", kinds, want)
	}
	count := map[string]int{}
	for _, f := range e.Flows() {
		if f.From.Tenant == "" && f.To.Tenant == "" {
			continue
		}
		if f.From.Environment != f.To.Environment && f.To.Name != PartEgress {
			t.Errorf("%s leads to %s", f.From, f.To)
		}
		count[f.From.Environment]++
	}
	if count["prod"] == 0 || count["prod"] != count[there.Name] {
		t.Errorf("flows of tenants: %v", count)
	}
}
