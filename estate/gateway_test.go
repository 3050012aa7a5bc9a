package estate

import (
	"fmt"
	"strings"
	"testing"
)

func TestS13_TenantsOfOneThrottleShareAClass(t *testing.T) {
	e := mustParse(t, replaceOnce(t, baseTenants+base, "  weka: {", "  tui: {throttle: {rate: 100}}\n  moa: {environments: [prod], throttle: {rate: 7}}\n  weka: {"))
	site, _ := e.Site("prod")
	if got := fmt.Sprint(e.ThrottleClasses(site)); got != "[{200 400} {100 200} {7 14}]" {
		t.Errorf("the classes are %s", got)
	}
	var classes []string
	for _, tenancy := range e.Tenancies(site) {
		classes = append(classes, fmt.Sprint(tenancy.Tenant, " ", tenancy.Class))
	}
	if got := strings.Join(classes, ", "); got != "kiwi 0, tui 1, moa 2, weka 1" {
		t.Errorf("the tenants' classes are %s", got)
	}
}

func TestS13_NamesOfTenantsAtTheGateway(t *testing.T) {
	e := mustParse(t, replaceOnce(t, baseTenants+base, "  weka: {environments: [prod], hostname: weka}", "  weka: {environments: [prod], hostname: bird}\n  tui: {environments: [prod], hostname: tui.example}"))
	site, _ := e.Site("prod")
	var got []string
	for _, tenancy := range e.Tenancies(site) {
		for _, s := range tenancy.Services {
			got = append(got, fmt.Sprint(s.Host, " ", s.Gateway))
		}
		got = append(got, strings.Join(e.TenantOrigins(site, tenancy), " "))
	}
	want := "kiwi-api.prod.acme.example true, kiwi.prod.acme.example false, https://kiwi.prod.acme.example, " +
		"bird-api.prod.acme.example true, bird.prod.acme.example false, https://bird.prod.acme.example, " +
		"tui-api.prod.acme.example true, tui.prod.acme.example false, https://tui.prod.acme.example https://tui.example"
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
}

// 300 plans: 299 throttles of tenants and the environment's own class.
func TestS13_MoreThrottlesThanUsagePlansAreRefused(t *testing.T) {
	tenants := func(n int) string {
		var b strings.Builder
		b.WriteString("tenants:\n")
		for i := range n {
			fmt.Fprintf(&b, "  t%d: {environments: [prod], throttle: {rate: %d}}\n", i, 10+10*i)
		}
		fmt.Fprintf(&b, "  same: {environments: [prod], throttle: {rate: 10}}\n")
		return b.String()
	}
	mustParse(t, tenants(299)+base)
	_, list := Parse("estate.yaml", []byte(tenants(300)+base))
	if got := fmt.Sprint(places(list)); got != "[ESTATE_THROTTLE_CLASSES 1:1]" {
		t.Fatal(list)
	}
	if s := list.Error(); !strings.Contains(s, "would need 301 usage plans") || !strings.Contains(s, "t249 and t250 for example") {
		t.Error(s)
	}
	granted := "quotas: {prod: {apigateway/usage-plans: 301}}\n"
	mustParse(t, tenants(300)+granted+base)
	if _, list := Parse("estate.yaml", []byte(tenants(301)+granted+base)); fmt.Sprint(places(list)) != "[ESTATE_THROTTLE_CLASSES 1:1]" {
		t.Error(list)
	}
}
