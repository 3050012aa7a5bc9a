package tenantisolation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/part"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

const file = `
estate: cover
domain: cover.example
regions: {home: ap-southeast-2}
organisation:
  accounts:
    hub: {id: "100000000003", roles: [network-hub]}
    dev: {id: "100000000004"}
environments: {dev: {account: dev}}
workload:
  services:
    api: {image: "100000000004.dkr.ecr.ap-southeast-2.amazonaws.com/api:1", expose: gateway}
network: {allow-egress: [acme.okta.com]}
access: {okta: {org: acme.okta.com}}
tenants:
  kiwi: {hostname: bird, throttle: {rate: 7, burst: 9}}
`

// stacks are those of the environment and of its tenant.
type stacks struct{ env, tenant *build.Builder }

func (s stacks) tagged(b *build.Builder, typ, logical, tenant, name string, props build.Props) {
	r := b.Add(typ, logical, props)
	r.Tags[addr.TagEnvironment], r.Tags[addr.TagPart] = value.OfString("dev"), value.OfString(name)
	if tenant != "" {
		r.Tags[addr.TagTenant] = value.OfString(tenant)
	}
}

// resources are those of a tenant behind the gateway, with some properties
// changed: RESOURCE/PATH to a value, nil to none.
func resources(t *testing.T, changed map[string]any) []*resource.Resource {
	t.Helper()
	s := stacks{build.New("100000000004", "ap-southeast-2", "cover-dev-gateway"), build.New("100000000004", "ap-southeast-2", "cover-dev-tenant-kiwi")}
	e, k := s.env, s.tenant
	s.tagged(e, "AWS::ElasticLoadBalancingV2::LoadBalancer", "Balancer", "", "balancer", build.Props{"Scheme": "internal"})
	s.tagged(e, "AWS::ElasticLoadBalancingV2::LoadBalancer", "Other", "", "balancer", build.Props{"Scheme": "internal"})
	e.Add("AWS::ElasticLoadBalancingV2::Listener", "Listener", build.Props{"LoadBalancerArn": e.Ref("Balancer")})
	for api, balancer := range map[string]string{"Api": "Balancer", "Own": "Other"} {
		s.tagged(e, "AWS::ApiGateway::RestApi", api, "", "gateway", build.Props{"Name": api})
		e.Add("AWS::ApiGateway::Stage", api+"Stage", build.Props{"RestApiId": e.Ref(api), "StageName": "gateway"})
		e.Add("AWS::ApiGateway::Method", api+"Get", build.Props{"RestApiId": e.Ref(api), "HttpMethod": "GET", "Integration": build.Props{
			"Type": "HTTP_PROXY", "ConnectionType": "VPC_LINK", "IntegrationTarget": e.Ref(balancer),
			"RequestParameters": build.Props{"integration.request.header.x-surety-tenant": "context.authorizer.tenant"}}})
	}
	plan := func(logical, api string, rate, burst int) {
		s.tagged(e, "AWS::ApiGateway::UsagePlan", logical, "", "", build.Props{"Throttle": build.Props{"RateLimit": rate, "BurstLimit": burst},
			"ApiStages": []build.Props{{"ApiId": e.Ref(api), "Stage": e.Ref(api + "Stage")}}})
	}
	plan("Plan", "Api", 7, 9)
	plan("Faster", "Api", 70, 90)
	plan("OwnPlan", "Own", 1, 1)
	s.tagged(e, "AWS::ApiGateway::ApiKey", "OwnKey", "", "", build.Props{})
	e.Add("AWS::ApiGateway::UsagePlanKey", "OwnInPlan", build.Props{"KeyId": e.Ref("OwnKey"), "UsagePlanId": e.Ref("OwnPlan")})

	s.tagged(k, "AWS::SecretsManager::Secret", "Secret", "kiwi", "tenant", build.Props{})
	s.tagged(k, "AWS::ApiGateway::ApiKey", "Key", "kiwi", "tenant", build.Props{
		"Value": value.Join(value.OfString("ZkiwiZbirdZ{{resolve:secretsmanager:"), k.Ref("Secret"), value.OfString(":SecretString:::}}"))})
	k.Add("AWS::ApiGateway::UsagePlanKey", "InPlan", build.Props{"KeyId": k.Ref("Key"), "UsagePlanId": e.Ref("Plan")})
	s.tagged(k, "AWS::ApiGateway::DomainName", "Domain", "kiwi", "api", build.Props{"DomainName": "bird-api.dev.cover.example"})
	k.Add("AWS::ApiGateway::BasePathMapping", "Mapping", build.Props{"DomainName": k.Ref("Domain"), "RestApiId": e.Ref("Api"), "Stage": "gateway"})
	s.tagged(k, "AWS::ElasticLoadBalancingV2::TargetGroup", "Targets", "kiwi", "api", build.Props{})
	s.tagged(k, "AWS::ECS::Service", "Service", "kiwi", "api", build.Props{"LoadBalancers": []build.Props{{"TargetGroupArn": k.Ref("Targets")}}})
	k.Add("AWS::ElasticLoadBalancingV2::ListenerRule", "Rule", build.Props{"ListenerArn": e.Ref("Listener"),
		"Actions": []build.Props{{"Type": "forward", "TargetGroupArn": k.Ref("Targets")}},
		"Conditions": []build.Props{{"Field": "host-header", "HostHeaderConfig": build.Props{"Values": []string{"api.dev.cover.example"}}},
			{"Field": "http-header", "HttpHeaderConfig": build.Props{"HttpHeaderName": "X-Surety-Tenant", "Values": []string{"kiwi"}}}}})
	all := slices.Concat(e.Resources(), k.Resources())
	for logical, v := range changed {
		i := slices.IndexFunc(all, func(r *resource.Resource) bool { return r.Addr.Logical == logical })
		if i < 0 {
			t.Fatalf("there is no %s", logical)
		}
		if v == nil {
			all = slices.Delete(all, i, i+1)
			continue
		}
		all[i].Props = v.(func(stacks) value.Value)(s)
	}
	return all
}

// found returns the findings of the gateway and its rules, as CODE at RESOURCE.
func found(t *testing.T, all []*resource.Resource) string {
	t.Helper()
	e, problems := estate.Parse("estate.yaml", []byte(file))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	g, problems := resource.New(all)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	in := &proof.Input{Estate: e, Graph: g, Parts: part.Bind(e, g)}
	c := newChecker(in, proof.NewTally(in, "names", "none"))
	c.owners = c.registered()
	c.routes()
	c.gateway()
	var got []string
	for _, v := range c.tally.Verdicts() {
		for _, f := range v.Witness {
			outcome := ""
			if f.Outcome == proof.Unknown {
				outcome = " perhaps"
			}
			got = append(got, fmt.Sprintf("%s%s at %s", f.Code, outcome, f.At.Logical))
		}
		if v.Scope == "dev" && v.Checked < 5 {
			t.Errorf("%d things were checked", v.Checked)
		}
	}
	slices.Sort(got)
	return strings.Join(got, ", ")
}

func TestS13_S15_TheGatewayTellsTenantsApart(t *testing.T) {
	to := func(props func(s stacks) build.Props) func(stacks) value.Value {
		return func(s stacks) value.Value { return build.Of(props(s)) }
	}
	method := func(parameters any) any {
		return to(func(s stacks) build.Props {
			return build.Props{"RestApiId": s.env.Ref("Api"), "Integration": build.Props{"ConnectionType": "VPC_LINK", "IntegrationTarget": s.env.Ref("Balancer"), "RequestParameters": parameters}}
		})
	}
	key := func(v func(s stacks) any) any {
		return to(func(s stacks) build.Props { return build.Props{"Value": v(s)} })
	}
	rule := func(conditions ...build.Props) any {
		return to(func(s stacks) build.Props {
			return build.Props{"ListenerArn": s.env.Ref("Listener"), "Actions": []build.Props{{"Type": "forward", "TargetGroupArn": s.tenant.Ref("Targets")}}, "Conditions": conditions}
		})
	}
	host := build.Props{"Field": "host-header", "HostHeaderConfig": build.Props{"Values": []string{"api.dev.cover.example"}}}
	header := func(name string, values any) build.Props {
		return build.Props{"Field": "http-header", "HttpHeaderConfig": build.Props{"HttpHeaderName": name, "Values": values}}
	}
	for _, tc := range []struct {
		name, want string
		changed    map[string]any
	}{
		{"as it is made", "", nil},
		{"a header that the client sends", "TENANT_HEADER at ApiGet", map[string]any{"ApiGet": method(build.Props{})}},
		{"a header from the query", "TENANT_HEADER at ApiGet", map[string]any{"ApiGet": method(build.Props{"integration.request.header.X-Surety-Tenant": "method.request.querystring.tenant"})}},
		{"headers that are not known", "TENANT_HEADER_UNKNOWN perhaps at ApiGet", map[string]any{"ApiGet": method(build.Unknown("a parameter"))}},
		{"a rule for every tenant", "TENANT_ROUTE_OPEN at Rule", map[string]any{"Rule": rule(host)}},
		{"a rule by another header", "TENANT_ROUTE_OPEN at Rule", map[string]any{"Rule": rule(host, header("X-Tenant", []string{"kiwi"}))}},
		{"a rule by a pattern", "TENANT_ROUTE_OF_ANOTHER at Rule", map[string]any{"Rule": rule(host, header("x-surety-tenant", []string{"kiwi", "k*"}))}},
		{"a rule for a tenant that is not known", "TENANT_ROUTE_UNKNOWN perhaps at Rule", map[string]any{"Rule": rule(host, header("x-surety-tenant", build.Unknown("a parameter")))}},
		{"no name", "TENANT_NAME at ", map[string]any{"Domain": nil, "Mapping": nil}},
		{"a name that leads nowhere", "TENANT_NAME at Domain", map[string]any{"Mapping": nil}},
		{"a name that leads to another balancer's API", "TENANT_KEY_PLAN at OwnKey, TENANT_KEY_PLAN at Plan, TENANT_NAME at Mapping", map[string]any{"Mapping": to(func(s stacks) build.Props {
			return build.Props{"DomainName": s.tenant.Ref("Domain"), "RestApiId": s.env.Ref("Own"), "Stage": "gateway"}
		})}},
		{"a name that leads to another stage", "TENANT_KEY_PLAN at Plan", map[string]any{"Mapping": to(func(s stacks) build.Props {
			return build.Props{"DomainName": s.tenant.Ref("Domain"), "RestApiId": s.env.Ref("Api"), "Stage": "test"}
		})}},
		{"no key", "TENANT_KEY_PLAN at ", map[string]any{"Key": nil, "InPlan": nil}},
		{"a key in no plan", "TENANT_KEY_PLAN at Key", map[string]any{"InPlan": nil}},
		{"a key in a faster plan", "TENANT_KEY_PLAN at Key", map[string]any{"InPlan": to(func(s stacks) build.Props {
			return build.Props{"KeyId": s.tenant.Ref("Key"), "UsagePlanId": s.env.Ref("Faster")}
		})}},
		{"a key without a value", "TENANT_KEY_VALUE at Key", map[string]any{"Key": to(func(stacks) build.Props { return build.Props{} })}},
		{"a key in the template", "TENANT_KEY_VALUE at Key", map[string]any{"Key": key(func(stacks) any { return "ZkiwiZbirdZ0123456789abcdef" })}},
		{"a key of another label", "TENANT_KEY_VALUE at Key", map[string]any{"Key": key(func(s stacks) any {
			return value.Join(value.OfString("ZkiwiZkiwiZ{{resolve:secretsmanager:"), s.tenant.Ref("Secret"), value.OfString(":SecretString:::}}"))
		})}},
		{"a key from a secret of the environment's", "TENANT_KEY_VALUE at Key", map[string]any{"Key": key(func(s stacks) any {
			return value.Join(value.OfString("ZkiwiZbirdZ{{resolve:secretsmanager:"), s.env.Ref("Api"), value.OfString(":SecretString:::}}"))
		})}},
		{"a key that is not known", "TENANT_KEY_UNKNOWN perhaps at Key", map[string]any{"Key": key(func(stacks) any { return build.Unknown("a parameter") })}},
		{"the environment's key in tenants' plan", "TENANT_KEY_PLAN at OwnKey", map[string]any{"OwnInPlan": to(func(s stacks) build.Props {
			return build.Props{"KeyId": s.env.Ref("OwnKey"), "UsagePlanId": s.env.Ref("Plan")}
		})}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := found(t, resources(t, tc.changed)); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
