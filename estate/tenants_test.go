package estate

import (
	"fmt"
	"strings"
	"testing"
)

// baseTenants are the lines before base where tenants are tested.
const baseTenants = `tenants:
  kiwi: {name: Kiwi Telco, group: kiwi-telco, environments: [dev, prod], throttle: {rate: 200, burst: 400}}
  weka: {environments: [prod], hostname: weka}
`

func badTenants() []badInput {
	return []badInput{
		{"tenant name", "  kiwi: {", "  Kiwi_Telco: {", []string{"ESTATE_NAME 2:3"}},
		{"tenant name too long", "  kiwi: {", "  a123456789012345678901: {", []string{"ESTATE_NAME 2:3"}},
		{"tenant named as a part", "  kiwi: {", "  gateway: {", []string{"ESTATE_RESERVED_NAME 2:3"}},
		{"tenant named as a service", "  kiwi: {", "  portal: {", []string{"ESTATE_RESERVED_NAME 2:3"}},
		{"tenant twice", "  weka: {", "  kiwi: {", []string{"ESTATE_DUPLICATE_KEY 3:3"}},
		{"two tenants with one hostname", "hostname: weka", "hostname: kiwi", []string{"ESTATE_HOSTNAME 3:42"}},
		{"two tenants with one hostname, in full", "hostname: weka", "hostname: kiwi.prod.acme.example", []string{"ESTATE_HOSTNAME 3:42"}},
		{"one hostname in two environments", "[prod], hostname: weka", "[prod, dev], hostname: weka.example", []string{"ESTATE_HOSTNAME 3:47"}},
		{"hostname that makes another tenant's name", "hostname: weka", "hostname: kiwi-api", []string{"ESTATE_HOSTNAME 3:42"}},
		{"hostname of a service", "hostname: weka", "hostname: api", []string{"ESTATE_HOSTNAME 3:42"}},
		{"hostname of a service, in full", "hostname: weka", "hostname: api.prod.acme.example", []string{"ESTATE_HOSTNAME 3:42"}},
		{"hostname of an environment", "hostname: weka", "hostname: dev.acme.example", []string{"ESTATE_HOSTNAME 3:42"}},
		{"hostname no label", "hostname: weka", "hostname: we_ka", []string{"ESTATE_HOSTNAME 3:42"}},
		{"hostname no domain", "hostname: weka", "hostname: weka..example", []string{"ESTATE_DOMAIN 3:42"}},
		{"tenant in no environment", "[dev, prod]", "[]", []string{"ESTATE_TENANT 2:47"}},
		{"tenant in an unknown environment", "[dev, prod]", "[dev, prd]", []string{"ESTATE_UNKNOWN_NAME 2:67"}},
		{"tenant twice in an environment", "[dev, prod]", "[dev, dev]", []string{"ESTATE_HOSTNAME 2:3", "ESTATE_REPEATED 2:67"}},
		{"rate zero", "rate: 200", "rate: 0", []string{"ESTATE_TENANT 2:91"}},
		{"rate too high", "rate: 200", "rate: 10001", []string{"ESTATE_TENANT 2:91"}},
		{"burst too high", "burst: 400", "burst: 5001", []string{"ESTATE_TENANT 2:103"}},
		{"tenant's name blank", "Kiwi Telco", `" "`, []string{"ESTATE_TENANT 2:16"}},
		{"tenant's group long", "group: kiwi-telco", "group: " + strings.Repeat("g", 129), []string{"ESTATE_TENANT 2:35"}},
		{"tenant's state", "hostname: weka", "state: removed", []string{"ESTATE_CHOICE 3:39"}},
	}
}

func TestS15_BadTenantsAreRefusedWithTheirPlace(t *testing.T) {
	mustParse(t, baseTenants+base)
	refuses(t, baseTenants+base, badTenants())
	many := replaceOnce(t, baseTenants+base, "  kiwi: ", numbered("  t%d: {}\n", 30_000)+"  kiwi: ")
	if _, list := Parse("estate.yaml", []byte(many)); fmt.Sprint(places(list)) != "[ESTATE_TOO_MANY 1:1]" {
		t.Error(list[0])
	}
}

func TestS15_ATenantsDefaults(t *testing.T) {
	e := mustParse(t, everything)
	kiwi, _ := e.Tenants.Get("kiwi")
	want := Tenant{Name: "kiwi", Group: "kiwi", Environments: []string{"first", "second"}, Throttle: Throttle{100, 200}, Hostname: "kiwi", State: TenantActive}
	if fmt.Sprint(kiwi) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", kiwi, want)
	}
	if kiwi.Retained() || !kiwi.In("first") || kiwi.In("third") {
		t.Error(kiwi)
	}
	old, _ := e.Tenants.Get("old")
	if !old.Retained() || old.In("second") {
		t.Error(old)
	}
}

func TestS06_TenantsHaveNamesOfTheirOwn(t *testing.T) {
	e := mustParse(t, everything)
	for _, c := range [][3]string{
		{"kiwi", "first", "kiwi.first.every.example"},
		{"kiwi-telco", "second", "kt.second.every.example"},
		{"old", "first", "cover.old.example"},
	} {
		if got := e.TenantHostname(c[0], c[1]); got != c[2] {
			t.Errorf("%s in %s: %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

func TestS15_ABurstNeverExceedsWhatIsGranted(t *testing.T) {
	e := mustParse(t, replaceOnce(t, everything, "kiwi: {}", "kiwi: {throttle: {rate: 9000}}"))
	if kiwi, _ := e.Tenants.Get("kiwi"); kiwi.Throttle.Burst != maxBurst {
		t.Error(kiwi.Throttle)
	}
}
