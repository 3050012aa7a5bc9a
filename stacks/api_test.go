package stacks

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
)

func TestS13_EveryMethodAsksTheAuthoriserAndNeedsAKey(t *testing.T) {
	a := load(t)
	for _, r := range a.every(t, "AWS::ApiGateway::Method") {
		if r.text("HttpMethod") == "OPTIONS" {
			expect(t, r, "NONE", "AuthorizationType")
			expect(t, r, "MOCK", "Integration", "Type")
			continue
		}
		expect(t, r, "CUSTOM", "AuthorizationType")
		expect(t, r, "true", "ApiKeyRequired")
		expect(t, r, "true", "RequestParameters", "method.request.header.Authorization")
		if r.get("RequestValidatorId") == nil || r.get("AuthorizerId") == nil {
			t.Errorf("%s has no validator or no authoriser", r)
		}
		if body := slices.Contains([]string{"PATCH", "POST", "PUT"}, r.text("HttpMethod")); body != (r.get("RequestModels") != nil) {
			t.Errorf("%s (%s): its body is checked: %v", r, r.text("HttpMethod"), !body)
		}
	}
	for _, r := range a.every(t, "AWS::ApiGateway::RequestValidator") {
		expect(t, r, "true", "ValidateRequestBody")
		expect(t, r, "true", "ValidateRequestParameters")
	}
}

// The gateway reaches the service by TLS, by the VPC link and by nothing else.
func TestS13_TheWayToTheServiceIsPrivate(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		for _, r := range a.of(t, "cover-"+env+"-api", "AWS::ApiGateway::Method") {
			if r.text("Integration", "Type") == "MOCK" {
				continue
			}
			expect(t, r, "HTTP_PROXY", "Integration", "Type")
			expect(t, r, "VPC_LINK", "Integration", "ConnectionType")
			expect(t, r, "https://api."+env+".cover.example/{proxy}", "Integration", "Uri")
			expect(t, r, "context.authorizer.tenant", "Integration", "RequestParameters", "integration.request.header.X-Surety-Tenant")
			for _, way := range []string{"ConnectionId", "IntegrationTarget"} {
				if !strings.Contains(r.text("Integration", way), "cover-"+env+"-platform") {
					t.Errorf("%s: %s is %s", r, way, r.text("Integration", way))
				}
			}
		}
		for _, r := range a.of(t, "cover-"+env+"-platform", "AWS::ElasticLoadBalancingV2::ListenerRule") {
			rewritten := r.text("Transforms", 0, "UrlRewriteConfig", "Rewrites", 0, "Regex") == "^/gateway/(.*)$"
			if exposed := strings.Contains(r.text("Conditions"), "api."+env); exposed != rewritten {
				t.Errorf("%s takes the stage off paths: %v", r, rewritten)
			}
		}
	}
}

func TestS13_StagesAreThrottledTracedAndLogged(t *testing.T) {
	a := load(t)
	for _, r := range a.every(t, "AWS::ApiGateway::Stage") {
		expect(t, r, "true", "TracingEnabled")
		expect(t, r, "false", "MethodSettings", 0, "DataTraceEnabled")
		expect(t, r, "ERROR", "MethodSettings", 0, "LoggingLevel")
		for _, limit := range []string{"ThrottlingRateLimit", "ThrottlingBurstLimit"} {
			if n, _ := r.get("MethodSettings", 0, limit).(float64); n <= 0 {
				t.Errorf("%s: %s is %v", r, limit, n)
			}
		}
		format := r.text("AccessLogSetting", "Format")
		for _, secret := range []string{"header", "apiKey\"", "context.identity.apiKey\"", "querystring", "body"} {
			if strings.Contains(format, secret) {
				t.Errorf("%s logs %s: %s", r, secret, format)
			}
		}
	}
	for _, env := range environments(a) {
		for _, r := range a.of(t, "cover-"+env+"-api", "AWS::ApiGateway::UsagePlan") {
			if n, _ := r.get("Throttle", "RateLimit").(float64); n <= 0 {
				t.Errorf("%s lets a client ask %v times a second", r, n)
			}
		}
		if n := len(a.of(t, "cover-"+env+"-api", "AWS::ApiGateway::UsagePlanKey")); n != 1 {
			t.Errorf("%s has %d keys in plans", env, n)
		}
	}
	for _, r := range a.every(t, "AWS::ApiGateway::ApiKey") {
		if v := r.get("Value"); v != nil && !strings.Contains(text(v), "{{resolve:secretsmanager:") {
			t.Errorf("%s has its value in the template", r)
		}
	}
}

func TestS24_TheAPIHasOneNameAndModernTLS(t *testing.T) {
	a := load(t)
	modern := regexp.MustCompile(`^SecurityPolicy_TLS13_1_2_`)
	for _, r := range a.every(t, "AWS::ApiGateway::RestApi") {
		expect(t, r, "true", "DisableExecuteApiEndpoint")
		expect(t, r, `["REGIONAL"]`, "EndpointConfiguration", "Types")
		if !modern.MatchString(r.text("SecurityPolicy")) {
			t.Errorf("%s has the policy %s", r, r.text("SecurityPolicy"))
		}
	}
	for _, r := range a.every(t, "AWS::ApiGateway::DomainName") {
		expect(t, r, "STRICT", "EndpointAccessMode")
		if !modern.MatchString(r.text("SecurityPolicy")) {
			t.Errorf("%s has the policy %s", r, r.text("SecurityPolicy"))
		}
	}
	for _, env := range environments(a) {
		for _, r := range a.of(t, "cover-"+env+"-api", "AWS::CertificateManager::Certificate") {
			expect(t, r, "DNS", "ValidationMethod")
			if !strings.Contains(r.text("DomainValidationOptions"), "cover-"+env+"-zone") {
				t.Errorf("%s is validated by %s", r, r.text("DomainValidationOptions"))
			}
		}
	}
}

func TestS26_OnlyThePortalsOriginMayCall(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		own := "'https://portal." + env + ".cover.example'"
		for _, r := range a.of(t, "cover-"+env+"-api", "AWS::ApiGateway::Method") {
			if r.text("HttpMethod") == "OPTIONS" {
				expect(t, r, own, "Integration", "IntegrationResponses", 0, "ResponseParameters", "method.response.header.Access-Control-Allow-Origin")
			}
		}
		for _, r := range a.of(t, "cover-"+env+"-api", "AWS::ApiGateway::GatewayResponse") {
			expect(t, r, own, "ResponseParameters", "gatewayresponse.header.Access-Control-Allow-Origin")
		}
	}
}

func TestS26_OneOfSeveralOriginsIsNamed(t *testing.T) {
	text := strings.Replace(plain, "services:\n", "services:\n    desk:  {image: \"100000000002.dkr.ecr.us-east-1.amazonaws.com/d:1\", expose: access}\n"+
		"    admin: {image: \"100000000002.dkr.ecr.us-east-1.amazonaws.com/a:1\", expose: access}\n", 1)
	text = strings.Replace(text, "access: {", "access: {tunnel: {image: \"100000000002.dkr.ecr.us-east-1.amazonaws.com/c@sha256:"+strings.Repeat("0", 64)+"\"}, ", 1)
	a := synthesise([]byte(text))
	if a.err != nil {
		t.Fatal(a.err)
	}
	defer removeAll(t, a.dir)
	for _, r := range a.of(t, "cover-dev-api", "AWS::ApiGateway::Method") {
		if r.text("HttpMethod") != "OPTIONS" {
			continue
		}
		template := r.text("Integration", "IntegrationResponses", 0, "ResponseTemplates", "application/json")
		for _, name := range []string{"desk", "admin"} {
			if !strings.Contains(template, `#if($origin == "https://`+name+`.dev.cover.example")`) {
				t.Errorf("%s does not name %s: %s", r, name, template)
			}
		}
	}
	for _, r := range a.of(t, "cover-dev-api", "AWS::ApiGateway::GatewayResponse") {
		if r.get("ResponseParameters", "gatewayresponse.header.Access-Control-Allow-Origin") != nil {
			t.Errorf("%s names an origin although there are several", r)
		}
	}
}

func TestS22_AWebACLStandsBeforeTheAPI(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		stack := "cover-" + env + "-api"
		acl := a.of(t, stack, "AWS::WAFv2::WebACL")[0]
		expect(t, acl, "REGIONAL", "Scope")
		var managed []string
		limited := false
		for i := range acl.list("Rules") {
			if name := acl.text("Rules", i, "Statement", "ManagedRuleGroupStatement", "Name"); name != "null" {
				managed = append(managed, name)
				expect(t, acl, "{}", "Rules", i, "OverrideAction", "None")
			}
			limited = limited || acl.get("Rules", i, "Statement", "RateBasedStatement") != nil
			expect(t, acl, "false", "Rules", i, "VisibilityConfig", "SampledRequestsEnabled")
		}
		if len(managed) != 5 || !limited {
			t.Errorf("%s has the rules %v, and limits an address: %v", acl, managed, limited)
		}
		if n, stages := len(a.of(t, stack, "AWS::WAFv2::WebACLAssociation")), len(a.of(t, stack, "AWS::ApiGateway::Stage")); n != stages {
			t.Errorf("%d stages, %d associations", stages, n)
		}
		for _, r := range a.of(t, stack, "AWS::WAFv2::LoggingConfiguration") {
			for _, h := range []string{"authorization", "cookie", "x-api-key"} {
				if !strings.Contains(r.text("RedactedFields"), h) {
					t.Errorf("%s logs the header %s", r, h)
				}
			}
		}
	}
}

func TestS13_TheAuthoriserStandsInTheApplicationTier(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		found := 0
		for _, r := range a.of(t, "cover-"+env+"-api", "AWS::Lambda::Function") {
			if r.tag(addr.TagPart) != estate.PartAuthoriser {
				continue
			}
			found++
			site, _ := a.estate.Site(env)
			expect(t, r, a.estate.TokenIssuer(site), "Environment", "Variables", "TOKEN_ISSUER")
			expect(t, r, "api://cover-"+env, "Environment", "Variables", "TOKEN_AUDIENCE")
			if n := len(r.list("VpcConfig", "SubnetIds")); n != a.estate.Network.AvailabilityZones || !strings.Contains(r.text("VpcConfig", "SubnetIds"), "application") {
				t.Errorf("%s is in %s", r, r.text("VpcConfig", "SubnetIds"))
			}
		}
		if found != 1 {
			t.Errorf("%s has %d authorisers", env, found)
		}
	}
}

// A deployment is a copy: what changes an API has to make a new one.
func TestS13_AChangedAPIIsDeployedAnew(t *testing.T) {
	a, b := load(t), synthesise([]byte(plain))
	if b.err != nil {
		t.Fatal(b.err)
	}
	defer removeAll(t, b.dir)
	ids := map[string]bool{}
	for _, x := range []resource{a.of(t, "cover-dev-api", "AWS::ApiGateway::Deployment")[0], a.of(t, "cover-prod-api", "AWS::ApiGateway::Deployment")[0],
		b.of(t, "cover-dev-api", "AWS::ApiGateway::Deployment")[0]} {
		if ids[x.id] {
			t.Errorf("two different APIs have the deployment %s", x.id)
		}
		ids[x.id] = true
	}
}
