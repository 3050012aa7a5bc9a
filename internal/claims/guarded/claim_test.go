package guarded

import (
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/prooftest"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

type props = build.Props

// with adds a resource whose properties a case may change.
func with(b *build.Builder, change map[string]props, typ, logical string, p props) {
	for k, v := range change[logical] {
		p[k] = v
		if v == nil {
			delete(p, k)
		}
	}
	b.Add(typ, logical, p)
}

func managed(name string, change props) props {
	statement := props{"VendorName": "AWS", "Name": name}
	rule := props{"Name": name, "Priority": 5, "OverrideAction": props{"None": props{}}}
	for k, v := range change {
		if k == "OverrideAction" || k == "Action" {
			rule[k] = v
		} else {
			statement[k] = v
		}
	}
	rule["Statement"] = props{"ManagedRuleGroupStatement": statement}
	return rule
}

func rate(change props) props {
	statement := props{"AggregateKeyType": "IP", "Limit": 1000}
	rule := props{"Name": "rate", "Priority": 0, "Action": props{"Block": props{}}}
	for k, v := range change {
		if k == "Action" {
			rule[k] = v
		} else {
			statement[k] = v
		}
	}
	rule["Statement"] = props{"RateBasedStatement": statement}
	return rule
}

// good are rules that satisfy the claim; more are added to them.
func good(more ...props) []props {
	all := []props{rate(nil)}
	for _, n := range needed() {
		all = append(all, managed(n[0], nil))
	}
	return append(all, more...)
}

// without are good rules without the one of a name, and more.
func without(name string, more ...props) []props {
	return append(slices.DeleteFunc(good(), func(r props) bool { return r["Name"] == name }), more...)
}

// api is a guarded REST API with a name; change replaces properties of the
// resources that it names, nil takes them away.
func api(change map[string]props, drop ...string) func(*build.Builder) {
	return func(b *build.Builder) {
		add := func(typ, logical string, p props) {
			for _, d := range drop {
				if d == logical {
					return
				}
			}
			with(b, change, typ, logical, p)
		}
		add("AWS::ApiGateway::RestApi", "Api", props{"EndpointConfiguration": props{"Types": []string{"REGIONAL"}}, "DisableExecuteApiEndpoint": true,
			"SecurityPolicy": "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"})
		add("AWS::ApiGateway::Authorizer", "Authoriser", props{"RestApiId": b.Ref("Api"), "Type": "REQUEST"})
		add("AWS::ApiGateway::RequestValidator", "Validator", props{"RestApiId": b.Ref("Api"), "ValidateRequestParameters": true})
		add("AWS::ApiGateway::Method", "Get", props{"RestApiId": b.Ref("Api"), "HttpMethod": "GET", "AuthorizationType": "CUSTOM", "AuthorizerId": b.Ref("Authoriser"),
			"RequestValidatorId": b.Ref("Validator"), "Integration": props{"Type": "HTTP_PROXY", "Uri": "https://x"}})
		add("AWS::ApiGateway::Method", "Options", props{"RestApiId": b.Ref("Api"), "HttpMethod": "OPTIONS", "AuthorizationType": "NONE",
			"Integration": props{"Type": "MOCK", "IntegrationResponses": []props{{"StatusCode": "204",
				"ResponseParameters": props{"method.response.header.Access-Control-Allow-Origin": "'https://portal.example'"}}}}})
		add("AWS::ApiGateway::GatewayResponse", "Refused", props{"RestApiId": b.Ref("Api"),
			"ResponseParameters": props{"gatewayresponse.header.Access-Control-Allow-Origin": "'https://portal.example'"}})
		add("AWS::ApiGateway::Stage", "Stage", props{"RestApiId": b.Ref("Api"), "StageName": "live",
			"MethodSettings": []props{{"HttpMethod": "*", "ResourcePath": "/*", "ThrottlingRateLimit": 10, "ThrottlingBurstLimit": 20}}})
		add("AWS::ApiGateway::DomainName", "Name", props{"SecurityPolicy": "TLS_1_2"})
		add("AWS::ApiGateway::BasePathMapping", "Mapping", props{"RestApiId": b.Ref("Api"), "DomainName": b.Ref("Name")})
		add("AWS::WAFv2::WebACL", "Acl", props{"Scope": "REGIONAL", "Rules": good()})
		add("AWS::WAFv2::WebACLAssociation", "Before", props{"WebACLArn": b.Attr("Acl", "Arn"),
			"ResourceArn": value.Join(build.Of("arn:aws:apigateway:ap-southeast-2::/restapis/"), b.Ref("Api"), build.Of("/stages/"), b.Ref("Stage"))})
	}
}

func change(logical, property string, v any) map[string]props {
	return map[string]props{logical: {property: v}}
}

// portalOfName is the template that names the portal of the tenant whose name
// was called.
const portalOfName = `#set($label = $context.domainName.toLowerCase().replace("-api.example", ""))
#set($context.responseOverride.header.Access-Control-Allow-Origin = "https://${label}.example")`

// byName is a rule that limits what is asked of a name, or of something else.
func byName(keys ...props) props {
	return rate(props{"AggregateKeyType": "CUSTOM_KEYS", "CustomKeys": keys})
}

func TestS22_AFloodOnOneNameStaysItsOwn(t *testing.T) {
	host := props{"Header": props{"Name": "Host", "TextTransformations": []props{{"Priority": 0, "Type": "LOWERCASE"}}}}
	tenants := func(rules []props) func(*build.Builder) {
		return func(b *build.Builder) {
			api(change("Acl", "Rules", rules))(b)
			b.Add("AWS::ApiGateway::DomainName", "Another", props{"SecurityPolicy": "TLS_1_2"})
			b.Add("AWS::ApiGateway::BasePathMapping", "ToAnother", props{"RestApiId": b.Ref("Api"), "DomainName": b.Ref("Another")})
		}
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "limited by name", Outcome: proof.Proved, Build: tenants(good(byName(host)))},
		{Name: "not limited by name", Outcome: proof.Refuted, Codes: []string{CodeNoNameLimit}, Build: tenants(good())},
		{Name: "limited by name and address", Outcome: proof.Refuted, Codes: []string{CodeNoNameLimit}, Build: tenants(good(byName(host, props{"IP": props{}})))},
		{Name: "limited by another header", Outcome: proof.Refuted, Codes: []string{CodeNoNameLimit}, Build: tenants(good(byName(props{"Header": props{"Name": "x-api-key"}})))},
		{Name: "limited by name alone", Outcome: proof.Refuted, Codes: []string{CodeNoRateLimit}, Build: tenants(without("rate", byName(host)))},
	})
}

func TestS22_AWebACLStandsBeforeEveryEntry(t *testing.T) {
	rules := func(r []props) func(*build.Builder) { return api(change("Acl", "Rules", r)) }
	const common, sql = "AWSManagedRulesCommonRuleSet", "AWSManagedRulesSQLiRuleSet"
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "guarded", Outcome: proof.Proved, Build: api(nil)},
		{Name: "nothing before it", Outcome: proof.Refuted, Codes: []string{CodeNoWebACL}, Build: api(nil, "Before")},
		{Name: "named by its stage's name", Outcome: proof.Proved, Build: func(b *build.Builder) {
			api(map[string]props{"Before": {"ResourceArn": value.Join(build.Of("arn:aws:apigateway:x::/restapis/"), b.Ref("Api"), build.Of("/stages/live"))}})(b)
		}},
		{Name: "another stage's", Outcome: proof.Refuted, Codes: []string{CodeNoWebACL}, Build: func(b *build.Builder) {
			api(map[string]props{"Before": {"ResourceArn": value.Join(build.Of("arn:aws:apigateway:x::/restapis/"), b.Ref("Api"), build.Of("/stages/other"))}})(b)
		}},
		{Name: "before what is not known", Outcome: proof.Unknown, Codes: []string{CodeNoWebACL}, Build: api(change("Before", "ResourceArn", build.Unknown("a parameter")))},
		{Name: "a web ACL from elsewhere", Outcome: proof.Unknown, Codes: []string{CodeWebACLHidden}, Build: api(change("Before", "WebACLArn", "arn:aws:wafv2:x"), "Acl")},
		{Name: "rules that are not known", Outcome: proof.Unknown, Codes: []string{CodeWebACLHidden}, Build: api(change("Acl", "Rules", build.Unknown("a parameter")))},
		{Name: "no rules", Outcome: proof.Refuted, Codes: []string{CodeRulesMissing, CodeNoRateLimit}, Build: api(change("Acl", "Rules", nil))},
		{Name: "no common rules", Outcome: proof.Refuted, Codes: []string{CodeRulesMissing}, Build: rules(without(common))},
		{Name: "another vendor's instead", Outcome: proof.Unknown, Codes: []string{CodeRulesMissing}, Build: rules(without(common, managed("F5", props{"VendorName": "F5"})))},
		{Name: "rules that only count", Outcome: proof.Refuted, Codes: []string{CodeRulesCount}, Build: rules(without(sql, managed(sql, props{"OverrideAction": props{"Count": props{}}})))},
		{Name: "one rule that only counts", Outcome: proof.Refuted, Codes: []string{CodeRulesCount}, Build: rules(without(common, managed(common,
			props{"RuleActionOverrides": []props{{"Name": "CrossSiteScripting_BODY", "ActionToUse": props{"Count": props{}}}}})))},
		{Name: "one rule that is excluded", Outcome: proof.Refuted, Codes: []string{CodeRulesCount}, Build: rules(without(common, managed(common, props{"ExcludedRules": []props{{"Name": "NoUserAgent_HEADER"}}})))},
		{Name: "one rule that asks for a puzzle", Outcome: proof.Proved, Build: rules(without(common, managed(common,
			props{"RuleActionOverrides": []props{{"Name": "NoUserAgent_HEADER", "ActionToUse": props{"Captcha": props{}}}}})))},
		{Name: "data centres that only count", Outcome: proof.Proved, Build: rules(good(managed("AWSManagedRulesAnonymousIpList",
			props{"RuleActionOverrides": []props{{"Name": "HostingProviderIPList", "ActionToUse": props{"Count": props{}}}}})))},
		{Name: "narrowed rules", Outcome: proof.Unknown, Codes: []string{CodeRulesNarrowed}, Build: rules(without(sql, managed(sql, props{"ScopeDownStatement": props{"GeoMatchStatement": props{}}})))},
		{Name: "some pass before the rules", Outcome: proof.Unknown, Codes: []string{CodeRulesNarrowed}, Build: rules(good(props{"Name": "friends", "Priority": 1,
			"Action": props{"Allow": props{}}, "Statement": props{"IPSetReferenceStatement": props{}}}))},
		{Name: "some pass after the rules", Outcome: proof.Proved, Build: rules(good(props{"Name": "friends", "Priority": 9,
			"Action": props{"Allow": props{}}, "Statement": props{"IPSetReferenceStatement": props{}}}))},
		{Name: "no rate limit", Outcome: proof.Refuted, Codes: []string{CodeNoRateLimit}, Build: rules(without("rate"))},
		{Name: "a rate limit that counts", Outcome: proof.Refuted, Codes: []string{CodeNoRateLimit}, Build: rules(without("rate", rate(props{"Action": props{"Count": props{}}})))},
		{Name: "a rate limit for some", Outcome: proof.Refuted, Codes: []string{CodeNoRateLimit},
			Build: rules(without("rate", rate(props{"ScopeDownStatement": props{"ByteMatchStatement": props{}}})))},
	})
}

func TestS22_BalancersThatAreOpenToTheInternet(t *testing.T) {
	balancer := func(p props, guard bool) func(*build.Builder) {
		return func(b *build.Builder) {
			b.Add("AWS::ElasticLoadBalancingV2::LoadBalancer", "Balancer", p)
			if guard {
				b.Add("AWS::WAFv2::WebACL", "Acl", props{"Rules": good()})
				b.Add("AWS::WAFv2::WebACLAssociation", "Before", props{"WebACLArn": b.Attr("Acl", "Arn"), "ResourceArn": b.Ref("Balancer")})
			}
		}
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "guarded", Outcome: proof.Proved, Build: balancer(props{"Type": "application", "Scheme": "internet-facing"}, true)},
		{Name: "open", Outcome: proof.Refuted, Codes: []string{CodeNoWebACL}, Build: balancer(props{"Scheme": "internet-facing"}, false)},
		{Name: "open by default", Outcome: proof.Refuted, Codes: []string{CodeNoWebACL}, Build: balancer(nil, false)},
		{Name: "internal", Outcome: proof.NotApplicable, Build: balancer(props{"Scheme": "internal"}, false)},
		{Name: "as a parameter says", Outcome: proof.Unknown, Codes: []string{CodeNoWebACL}, Build: balancer(props{"Scheme": build.Unknown("a parameter")}, false)},
		{Name: "of networks", Outcome: proof.Unknown, Codes: []string{CodeWebACLHidden}, Build: balancer(props{"Type": "network", "Scheme": "internet-facing"}, false)},
		{Name: "classic", Outcome: proof.Refuted, Codes: []string{CodeNoWebACL}, Build: func(b *build.Builder) { b.Add("AWS::ElasticLoadBalancing::LoadBalancer", "Old", nil) }},
	})
}

func TestS13_APIsAskWhoCalls(t *testing.T) {
	limit := func(p props) map[string]props { return change("Stage", "MethodSettings", []props{p}) }
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "a method for anybody", Outcome: proof.Refuted, Codes: []string{CodeOpenMethod}, Build: api(change("Get", "AuthorizationType", "NONE"))},
		{Name: "a method that says nothing", Outcome: proof.Refuted, Codes: []string{CodeOpenMethod}, Build: api(change("Get", "AuthorizationType", nil))},
		{Name: "a method for IAM", Outcome: proof.Proved, Build: api(change("Get", "AuthorizationType", "AWS_IAM"))},
		{Name: "a method without its authoriser", Outcome: proof.Refuted, Codes: []string{CodeOpenMethod}, Build: api(change("Get", "AuthorizerId", nil))},
		{Name: "a method as a parameter says", Outcome: proof.Unknown, Codes: []string{CodeOpenMethod}, Build: api(change("Get", "AuthorizationType", build.Unknown("a parameter")))},
		{Name: "nothing is checked", Outcome: proof.Refuted, Codes: []string{CodeNotValidated}, Build: api(change("Get", "RequestValidatorId", nil))},
		{Name: "a validator that checks nothing", Outcome: proof.Refuted, Codes: []string{CodeNotValidated}, Build: api(change("Validator", "ValidateRequestParameters", false))},
		{Name: "a validator from elsewhere", Outcome: proof.Proved, Build: api(change("Get", "RequestValidatorId", "abc123"))},
		{Name: "no limits", Outcome: proof.Refuted, Codes: []string{CodeNotThrottled}, Build: api(change("Stage", "MethodSettings", nil))},
		{Name: "limits for one path", Outcome: proof.Refuted, Codes: []string{CodeNotThrottled}, Build: api(limit(props{"HttpMethod": "*", "ResourcePath": "/a", "ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 1}))},
		{Name: "no limit at once", Outcome: proof.Refuted, Codes: []string{CodeNotThrottled}, Build: api(limit(props{"HttpMethod": "*", "ResourcePath": "/*", "ThrottlingRateLimit": 1}))},
		{Name: "bodies in the log", Outcome: proof.Refuted, Codes: []string{CodeBodiesLogged}, Build: api(limit(props{"HttpMethod": "*", "ResourcePath": "/*", "ThrottlingRateLimit": 1,
			"ThrottlingBurstLimit": 1, "DataTraceEnabled": true}))},
		{Name: "a second address", Outcome: proof.Refuted, Codes: []string{CodeSecondAddress}, Build: api(change("Api", "DisableExecuteApiEndpoint", nil))},
		{Name: "its only address", Outcome: proof.Proved, Build: api(change("Api", "DisableExecuteApiEndpoint", nil), "Name", "Mapping")},
		{Name: "old TLS of the API", Outcome: proof.Refuted, Codes: []string{CodeWeakTLS}, Build: api(change("Api", "SecurityPolicy", nil))},
		{Name: "old TLS of its name", Outcome: proof.Refuted, Codes: []string{CodeWeakTLS}, Build: api(change("Name", "SecurityPolicy", "TLS_1_0"))},
		{Name: "methods in a document", Outcome: proof.Unknown, Codes: []string{CodeHiddenAPI}, Build: api(change("Api", "Body", props{"openapi": "3.0.1"}))},
		{Name: "a private API", Outcome: proof.Proved, Build: api(map[string]props{"Api": {"EndpointConfiguration": props{"Types": []string{"PRIVATE"}}}, "Get": {"AuthorizationType": "NONE"}}, "Before")},
	})
}

func TestS26_BrowsersOfOtherWebsitesMayNotCall(t *testing.T) {
	const header = "method.response.header.Access-Control-Allow-Origin"
	answer := func(p props) map[string]props {
		return change("Options", "Integration", props{"Type": "MOCK", "IntegrationResponses": []props{p}})
	}
	named := func(v any) map[string]props { return answer(props{"ResponseParameters": props{header: v}}) }
	template := func(s string) map[string]props {
		return answer(props{"ResponseTemplates": props{"application/json": s}})
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "any website", Outcome: proof.Refuted, Codes: []string{CodeOpenCORS}, Build: api(named("'*'"))},
		{Name: "any website below", Outcome: proof.Refuted, Codes: []string{CodeOpenCORS}, Build: api(named("'https://*.example'"))},
		{Name: "no website at all", Outcome: proof.Refuted, Codes: []string{CodeOpenCORS}, Build: api(named("'null'"))},
		{Name: "whichever asks", Outcome: proof.Refuted, Codes: []string{CodeOpenCORS}, Build: api(named("method.request.header.Origin"))},
		{Name: "as the authoriser says", Outcome: proof.Proved, Build: api(change("Refused", "ResponseParameters", props{"gatewayresponse.header.Access-Control-Allow-Origin": "context.authorizer.origin"}))},
		{Name: "as another part of the context says", Outcome: proof.Unknown, Codes: []string{CodeCORSHidden},
			Build: api(change("Refused", "ResponseParameters", props{"gatewayresponse.header.Access-Control-Allow-Origin": "context.domainName"}))},
		{Name: "as the service says", Outcome: proof.Unknown, Codes: []string{CodeCORSHidden}, Build: api(named("integration.response.header.Origin"))},
		{Name: "as a parameter says", Outcome: proof.Unknown, Codes: []string{CodeCORSHidden}, Build: api(named(build.Unknown("a parameter")))},
		{Name: "a template that names two", Outcome: proof.Proved, Build: api(template(`#if($o == "https://a.example")#set($context.responseOverride.header.Access-Control-Allow-Origin = "https://a.example")#end`))},
		{Name: "a template that names all", Outcome: proof.Refuted, Codes: []string{CodeOpenCORS}, Build: api(template(`#set($context.responseOverride.header['Access-Control-Allow-Origin'] = '*')`))},
		{Name: "a template that names what it is told", Outcome: proof.Unknown, Codes: []string{CodeCORSHidden}, Build: api(template(`#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)`))},
		{Name: "a template that names whoever asks", Outcome: proof.Refuted, Codes: []string{CodeOpenCORS}, Build: api(template(
			`#set($asks = $input.params().header.get("Origin"))#set($context.responseOverride.header.Access-Control-Allow-Origin = $asks)`))},
		{Name: "a template that names whoever asks, at once", Outcome: proof.Refuted, Codes: []string{CodeOpenCORS}, Build: api(template(
			`#set($context.responseOverride.header.Access-Control-Allow-Origin = $input.params('Origin'))`))},
		{Name: "a template that asks before", Outcome: proof.Unknown, Codes: []string{CodeCORSHidden}, Build: api(template(
			`#set($asks = $input.params().header.get("Origin"))#if($asks == "https://a.example")#set($context.responseOverride.header.Access-Control-Allow-Origin = $asks)#end`))},
		{Name: "a template that names the portal of whose name was called", Outcome: proof.Proved, Build: api(template(portalOfName))},
		{Name: "a template whose label is set again", Outcome: proof.Unknown, Codes: []string{CodeCORSHidden}, Build: api(template(`#set($label = "evil")` + portalOfName))},
		{Name: "a template that makes the portal of more", Outcome: proof.Unknown, Codes: []string{CodeCORSHidden}, Build: api(template(strings.Replace(portalOfName, "https://", "https://$asks", 1)))},
		{Name: "templates that are not known", Outcome: proof.Unknown, Codes: []string{CodeCORSHidden}, Build: api(change("Refused", "ResponseTemplates", build.Unknown("a parameter")))},
		{Name: "refusals for any website", Outcome: proof.Refuted, Codes: []string{CodeOpenCORS},
			Build: api(change("Refused", "ResponseParameters", props{"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}))},
	})
}

func TestS13_HTTPAPIsHaveNoWebACL(t *testing.T) {
	httpAPI := func(p, route, stage props) func(*build.Builder) {
		return func(b *build.Builder) {
			b.Add("AWS::ApiGatewayV2::Api", "Api", p)
			route["ApiId"], stage["ApiId"] = b.Ref("Api"), b.Ref("Api")
			b.Add("AWS::ApiGatewayV2::Route", "Route", route)
			b.Add("AWS::ApiGatewayV2::Stage", "Stage", stage)
		}
	}
	asks := func() props { return props{"RouteKey": "GET /", "AuthorizationType": "JWT", "AuthorizerId": "a1"} }
	limited := func() props {
		return props{"DefaultRouteSettings": props{"ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 1}}
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "as good as can be", Outcome: proof.Refuted, Codes: []string{CodeNoWebACL}, Build: httpAPI(props{"ProtocolType": "HTTP"}, asks(), limited())},
		{Name: "open in every way", Outcome: proof.Refuted, Codes: []string{CodeNotThrottled, CodeOpenCORS, CodeNoWebACL, CodeOpenMethod}, Build: httpAPI(
			props{"ProtocolType": "HTTP", "CorsConfiguration": props{"AllowOrigins": []string{"*"}}}, props{"RouteKey": "GET /"}, props{})},
		{Name: "messages after the connection", Outcome: proof.Refuted, Codes: []string{CodeNoWebACL}, Build: httpAPI(props{"ProtocolType": "WEBSOCKET"}, props{"RouteKey": "$default"}, limited())},
	})
}

// site is a guarded distribution before a bucket.
func site(change map[string]props, drop ...string) func(*build.Builder) {
	return func(b *build.Builder) {
		add := func(typ, logical string, p props) {
			for _, d := range drop {
				if d == logical {
					return
				}
			}
			with(b, change, typ, logical, p)
		}
		distribution := props{"Enabled": true, "WebACLId": b.Attr("Acl", "Arn"), "ViewerCertificate": props{"AcmCertificateArn": "arn", "MinimumProtocolVersion": "TLSv1.2_2021"},
			"Origins": []props{{"Id": "o", "DomainName": b.Attr("Bucket", "RegionalDomainName"), "OriginAccessControlId": b.Attr("Access", "Id"), "S3OriginConfig": props{}}}}
		for k, v := range change["Config"] {
			distribution[k] = v
			if v == nil {
				delete(distribution, k)
			}
		}
		add("AWS::CloudFront::Distribution", "Site", props{"DistributionConfig": distribution})
		add("AWS::CloudFront::OriginAccessControl", "Access", props{"OriginAccessControlConfig": props{"SigningBehavior": "always"}})
		add("AWS::S3::Bucket", "Bucket", props{})
		add("AWS::S3::BucketPolicy", "Policy", props{"Bucket": b.Ref("Bucket"), "PolicyDocument": props{"Statement": []props{admitted(props{"StringEquals": props{
			"AWS:SourceArn": value.Join(build.Of("arn:aws:cloudfront::1:distribution/"), b.Attr("Site", "Id"))}})}}})
		add("AWS::WAFv2::WebACL", "Acl", props{"Scope": "CLOUDFRONT", "Rules": good()})
	}
}

func admitted(condition props) props {
	return props{"Effect": "Allow", "Principal": props{"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject", "Resource": "*", "Condition": condition}
}

func TestS14_TheBucketIsReachedByItsDistributionAlone(t *testing.T) {
	policy := func(condition props) map[string]props {
		return change("Policy", "PolicyDocument", props{"Statement": []props{admitted(condition)}})
	}
	origin := func(b *build.Builder, p props) map[string]props {
		o := props{"Id": "o", "DomainName": b.Attr("Bucket", "RegionalDomainName"), "S3OriginConfig": props{}}
		for k, v := range p {
			o[k] = v
		}
		return change("Config", "Origins", []props{o})
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "guarded", Outcome: proof.Proved, Build: site(nil)},
		{Name: "no web ACL", Outcome: proof.Refuted, Codes: []string{CodeNoWebACL}, Build: site(change("Config", "WebACLId", nil), "Acl")},
		{Name: "CloudFront's certificate", Outcome: proof.Refuted, Codes: []string{CodeWeakTLS}, Build: site(change("Config", "ViewerCertificate", props{"CloudFrontDefaultCertificate": true}))},
		{Name: "TLS 1.1", Outcome: proof.Refuted, Codes: []string{CodeWeakTLS}, Build: site(change("Config", "ViewerCertificate", props{"MinimumProtocolVersion": "TLSv1.1_2016"}))},
		{Name: "no access control", Outcome: proof.Refuted, Codes: []string{CodeOpenOrigin}, Build: func(b *build.Builder) { site(origin(b, nil))(b) }},
		{Name: "an access identity of old", Outcome: proof.Refuted, Codes: []string{CodeOpenOrigin}, Build: func(b *build.Builder) {
			site(origin(b, props{"OriginAccessControlId": "", "S3OriginConfig": props{"OriginAccessIdentity": "origin-access-identity/cloudfront/E1"}}))(b)
		}},
		{Name: "an access control that never signs", Outcome: proof.Refuted, Codes: []string{CodeOpenOrigin},
			Build: site(change("Access", "OriginAccessControlConfig", props{"SigningBehavior": "never"}))},
		{Name: "an access control that is not known", Outcome: proof.Unknown, Codes: []string{CodeOpenOrigin}, Build: func(b *build.Builder) {
			site(origin(b, props{"OriginAccessControlId": build.Unknown("a parameter")}))(b)
		}},
		{Name: "every distribution in the world", Outcome: proof.Refuted, Codes: []string{CodeOthersRead}, Build: site(policy(props{}))},
		{Name: "every distribution of the account", Outcome: proof.Refuted, Codes: []string{CodeOthersRead}, Build: site(policy(props{"ArnLike": props{"AWS:SourceArn": "arn:aws:cloudfront::1:distribution/*"}}))},
		{Name: "of one account", Outcome: proof.Refuted, Codes: []string{CodeOthersRead}, Build: site(policy(props{"StringEquals": props{"AWS:SourceAccount": "1"}}))},
		{Name: "a policy that is not known", Outcome: proof.Unknown, Codes: []string{CodeOthersRead}, Build: site(change("Policy", "PolicyDocument", build.Unknown("a parameter")))},
		{Name: "an origin that is no bucket", Outcome: proof.Proved, Build: site(change("Config", "Origins", []props{{"Id": "o", "DomainName": "x.example", "CustomOriginConfig": props{}}}))},
	})
}
