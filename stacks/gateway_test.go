package stacks

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/restapi"
)

// withTenants returns the environments that have tenants.
func withTenants(a assembly) []string {
	return slices.DeleteFunc(environments(a), func(env string) bool { return len(tenantStacks(a, env)) == 0 })
}

// A tenant has a key whose value AWS generates, in the plan of its class.
func TestS13_ATenantHasAKeyInThePlanOfItsClass(t *testing.T) {
	a := load(t)
	for _, env := range withTenants(a) {
		site, _ := a.estate.Site(env)
		classes := a.estate.ThrottleClasses(site)
		plans := a.of(t, "cover-"+env+"-"+LayerPlans, "AWS::ApiGateway::UsagePlan")
		if len(plans) != len(classes) || len(classes) != 2 {
			t.Errorf("%s has %d plans for the classes %v", env, len(plans), classes)
		}
		tenant := "cover-" + env + "-tenant"
		key, member := a.of(t, tenant, "AWS::ApiGateway::ApiKey")[0], a.of(t, tenant, "AWS::ApiGateway::UsagePlanKey")[0]
		if v := regexp.MustCompile(`Secret[0-9A-F]+`).ReplaceAllString(key.text("Value"), "Secret"); v != `{"Fn::Join":["",[{"Ref":"KeyPrefix"},"{{resolve:secretsmanager:",{"Ref":"OwnApiKeySecret"},":SecretString:::}}"]]}` {
			t.Errorf("%s has the value %s", key, v)
		}
		expect(t, member, `{"Ref":"`+key.id+`"}`, "KeyId")
		for i, c := range classes {
			named := slices.IndexFunc(plans, func(p resource) bool {
				return p.text("Throttle", "RateLimit") == text(float64(c.Rate)) && p.text("Throttle", "BurstLimit") == text(float64(c.Burst))
			})
			if named < 0 {
				t.Fatalf("%s has no plan for %v", env, c)
			}
			if chosen := text(member.get("UsagePlanId", "Fn::Select", 1, i)); !strings.Contains(chosen, plans[named].id) {
				t.Errorf("the class %d of %s, %v, leads to %s", i, env, c, chosen)
			}
			if stages := plans[named].list("ApiStages"); len(stages) != a.estate.Balancers(site) {
				t.Errorf("%s is for %d stages", plans[named], len(stages))
			}
		}
		for _, tenancy := range a.estate.Tenancies(site) {
			p := a.manifest.Artifacts[tenant+"-"+tenancy.Tenant].Properties.Parameters
			owner, label, ok := addr.KeyOwner(p["KeyPrefix"] + "x")
			if !ok || owner != tenancy.Tenant || label != tenancy.Label || p["Class"] != text(float64(tenancy.Class)) {
				t.Errorf("%s has the parameters %v", tenancy.Tenant, p)
			}
		}
	}
}

// A tenant's name leads to the API before its balancer, which gets the tenant
// from the authoriser whatever a client sends.
func TestS15_ATenantsNameLeadsToItsInstance(t *testing.T) {
	a := load(t)
	if restapi.HeaderTenant != estate.TenantHeader {
		t.Errorf("the gateway sets %s, the estate says %s", restapi.HeaderTenant, estate.TenantHeader)
	}
	for _, env := range withTenants(a) {
		for _, r := range a.of(t, "cover-"+env+"-gateway-0", "AWS::ApiGateway::Method") {
			if r.text("HttpMethod") == "OPTIONS" {
				continue
			}
			expect(t, r, "context.authorizer.tenant", "Integration", "RequestParameters", "integration.request.header."+estate.TenantHeader)
			expect(t, r, "https://api."+env+".cover.example/{proxy}", "Integration", "Uri")
			if to := r.text("Integration", "IntegrationTarget"); !strings.Contains(to, "cover-"+env+"-tenancy") || !strings.Contains(to, "Balancer0") {
				t.Errorf("%s leads to %s", r, to)
			}
		}
		if n := len(a.of(t, "cover-"+env+"-gateway-0", "AWS::ApiGateway::DomainName")); n != 0 {
			t.Errorf("the APIs of tenants in %s have %d names of their own", env, n)
		}
		stack := "cover-" + env + "-tenant"
		name := a.of(t, stack, "AWS::ApiGateway::DomainName")[0]
		expect(t, name, `{"Ref":"HostApi"}`, "DomainName")
		mapping := a.of(t, stack, "AWS::ApiGateway::BasePathMapping")[0]
		expect(t, mapping, `{"Ref":"`+name.id+`"}`, "DomainName")
		expect(t, mapping, `{"Ref":"Balancer"}`, "RestApiId", "Fn::Select", 0)
		for _, r := range a.of(t, stack, "AWS::ElasticLoadBalancingV2::ListenerRule") {
			if r.text("Conditions", 0, "HostHeaderConfig", "Values", 0) != "api."+env+".cover.example" {
				continue
			}
			expect(t, r, estate.TenantHeader, "Conditions", 1, "HttpHeaderConfig", "HttpHeaderName")
			expect(t, r, `[{"Ref":"Tenant"}]`, "Conditions", 1, "HttpHeaderConfig", "Values")
		}
	}
}

// A hundred tenants are on three balancers, each with APIs of its own; the
// tenant's template leads to them by the balancer's number.
func TestS15_EachBalancerOfTenantsHasItsAPIs(t *testing.T) {
	var many strings.Builder
	many.WriteString("\ntenants:\n")
	for i := range 100 {
		many.WriteString("  t" + text(float64(i)) + ": {throttle: {rate: " + text(float64(1+i%2*10)) + ", burst: " + text(float64(110-i%2*100)) + "}}\n")
	}
	a := synthesise([]byte(plain + many.String()))
	if a.err != nil {
		t.Fatal(a.err)
	}
	defer removeAll(t, a.dir)
	site, _ := a.estate.Site("dev")
	if n := a.estate.Balancers(site); n != 2 { // 80 tenants of one service on each
		t.Fatalf("%d balancers", n)
	}
	for i := range 2 {
		for _, r := range a.of(t, "cover-dev-"+gatewayLayer(i), "AWS::ApiGateway::Method") {
			if to := r.text("Integration", "IntegrationTarget"); !strings.Contains(to, "Balancer"+text(float64(i))) {
				t.Errorf("%s leads to %s", r, to)
			}
		}
	}
	mapping := a.of(t, "cover-dev-tenant", "AWS::ApiGateway::BasePathMapping")[0]
	for i := range 2 {
		if to := text(mapping.get("RestApiId", "Fn::Select", 1, i)); !strings.Contains(to, "cover-dev-"+gatewayLayer(i)) {
			t.Errorf("the name of a tenant of balancer %d leads to %s", i, to)
		}
	}
	// 1 and 110, 11 and 10: names of plans are not those of others.
	if n := len(a.of(t, "cover-dev-plans", "AWS::ApiGateway::UsagePlan")); n != 2 {
		t.Errorf("%d plans", n)
	}
}

// No template, and nothing beside it, holds what an API key ends with.
func TestS28_NoKeyIsInTheAssembly(t *testing.T) {
	a := load(t)
	files, err := os.ReadDir(a.dir)
	if err != nil {
		t.Fatal(err)
	}
	whole := regexp.MustCompile(`Z[a-z0-9X]+Z[a-z0-9X]+Z[A-Za-z0-9]{8,}`)
	prefixes := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".json") {
			continue
		}
		data := read(t, a.dir, f.Name())
		if m := whole.Find(data); m != nil {
			t.Errorf("%s holds the key %s", f.Name(), m)
		}
		prefixes += strings.Count(string(data), `"ZkiwiXtelcoZkiwiXtelcoZ"`)
	}
	if prefixes != 2 { // in staging and in prod
		t.Errorf("the tenant's prefix is in the assembly %d times", prefixes)
	}
}
