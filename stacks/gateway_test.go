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
	if prefixes != 3 { // in staging, in prod, and where prod recovers
		t.Errorf("the tenant's prefix is in the assembly %d times", prefixes)
	}
}

// A tenant's API names the portal of the tenant whose name was called, worked
// out of that name, and the tenant's service is told its own portals.
func TestS26_ATenantsOwnPortalMayCall(t *testing.T) {
	a := load(t)
	for _, env := range withTenants(a) {
		stack := "cover-" + env + "-gateway-0"
		preflights := 0
		for _, r := range a.of(t, stack, "AWS::ApiGateway::Method") {
			if r.text("HttpMethod") != "OPTIONS" {
				continue
			}
			preflights++
			answer := []any{"Integration", "IntegrationResponses", 0}
			if r.get(append(answer, "ResponseParameters", "method.response.header.Access-Control-Allow-Origin")...) != nil {
				t.Errorf("%s names one origin for all tenants", r)
			}
			want := `#set($label = $context.domainName.toLowerCase().replace("-api.` + env + `.cover.example", ""))` + "\n" +
				`#set($context.responseOverride.header.Access-Control-Allow-Origin = "https://${label}.` + env + `.cover.example")` + "\n"
			if got := r.text(append(answer, "ResponseTemplates", "application/json")...); got != want {
				t.Errorf("%s says %s", r, got)
			}
		}
		if preflights != 1 {
			t.Errorf("%s answers %d preflights", stack, preflights)
		}
		for _, r := range a.of(t, stack, "AWS::ApiGateway::GatewayResponse") {
			expect(t, r, "context.authorizer.origin", "ResponseParameters", "gatewayresponse.header.Access-Control-Allow-Origin")
		}
		expect(t, a.of(t, stack, "AWS::ApiGateway::Stage")[0], "."+env+".cover.example", "Variables", "portal")
		told := 0
		for _, r := range a.of(t, "cover-"+env+"-tenant", "AWS::ECS::TaskDefinition") {
			if strings.Contains(r.text("ContainerDefinitions", 0, "Environment"), `{"Name":"ALLOWED_ORIGINS","Value":{"Ref":"Origins"}}`) {
				told++
			}
		}
		origins := a.manifest.Artifacts["cover-"+env+"-tenant-kiwi-telco"].Properties.Parameters["Origins"]
		if told != 1 || origins != "https://kiwi-telco."+env+".cover.example" {
			t.Errorf("%d services of a tenant in %s are told the origins %q", told, env, origins)
		}
	}
}

// A tenant's services reach the tenant's prefix of the bucket of files, with the
// tenant's own key.
func TestS15_S18_ATenantHasAPrefixOfItsOwn(t *testing.T) {
	a := load(t)
	for _, env := range withTenants(a) {
		bucket := a.of(t, "cover-"+env+"-tenancy", "AWS::S3::Bucket")
		if len(bucket) != 1 || bucket[0].tag(addr.TagPart) != estate.PartTenantFiles {
			t.Fatalf("%s has the buckets %v for tenants", env, bucket)
		}
		roles := 0
		for _, r := range a.of(t, "cover-"+env+"-tenant", "AWS::IAM::Policy") {
			for i := range r.list("PolicyDocument", "Statement") {
				s := r.text("PolicyDocument", "Statement", i)
				if !strings.Contains(s, `"s3:`) {
					continue
				}
				roles++
				below := strings.Contains(s, `"/",{"Ref":"Tenant"},"/*"`)
				switch {
				case strings.Contains(s, "s3:ListBucket"):
					below = strings.Contains(s, `"StringLike":{"s3:prefix":[{"Fn::Join":["",[{"Ref":"Tenant"},"/*"]]}]}`)
				case strings.Contains(s, "s3:PutObject"):
					below = below && strings.Contains(s, `"StringEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":{"Fn::GetAtt":["OwnKey`)
				}
				if !below || !strings.Contains(s, "cover-"+env+"-tenancy") {
					t.Errorf("%s allows %s", r, s)
				}
			}
		}
		if roles != 2*3 {
			t.Errorf("tenants' roles in %s have %d statements about files", env, roles)
		}
	}
}

// What is asked of one tenant's name is limited by one rule for all names.
func TestS22_WhatIsAskedOfANameIsLimited(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		acl := a.of(t, "cover-"+env+"-api", "AWS::WAFv2::WebACL")[0]
		limits := 0
		for i := range acl.list("Rules") {
			if acl.get("Rules", i, "Statement", "RateBasedStatement", "CustomKeys") == nil {
				continue
			}
			limits++
			expect(t, acl, `{"Header":{"Name":"host","TextTransformations":[{"Priority":0,"Type":"LOWERCASE"}]}}`, "Rules", i, "Statement", "RateBasedStatement", "CustomKeys", 0)
			expect(t, acl, "{}", "Rules", i, "Action", "Block")
			n, _ := acl.get("Rules", i, "Statement", "RateBasedStatement", "Limit").(float64)
			for _, class := range a.estate.ThrottleClasses(siteOf(a, env)) {
				if int(n) < 60*class.Rate {
					t.Errorf("%s blocks a tenant that asks %v times a minute; its plan allows %d a second", acl, n, class.Rate)
				}
			}
		}
		if limits != 1 {
			t.Errorf("%s has %d limits of names", acl, limits)
		}
	}
}

// The dashboard of tenants ranks them, however many there are.
func TestS30_TenantsAreRanked(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		rules := a.of(t, "cover-"+env+"-"+LayerObserve, "AWS::CloudWatch::InsightRule")
		if tenants := slices.Contains(withTenants(a), env); tenants != (len(rules) == 4) || !tenants && len(rules) != 0 {
			t.Errorf("%s has tenants: %v, and %d rankings", env, tenants, len(rules))
		}
		dashboards := ""
		for _, d := range a.of(t, "cover-"+env+"-"+LayerObserve, "AWS::CloudWatch::Dashboard") {
			dashboards += d.text("DashboardBody")
		}
		for _, r := range rules {
			if body := r.text("RuleBody"); !strings.Contains(body, `\"Keys\":[\"$.tenant\"]`) || !strings.Contains(body, "cover-"+env+"-api") || r.tag(addr.TagFor) != addr.ForTenants {
				t.Errorf("%s counts %s", r, body)
			}
			if !strings.Contains(dashboards, `\"ruleName\":\"`+r.text("RuleName")+`\"`) {
				t.Errorf("no dashboard shows %s", r)
			}
		}
	}
}
