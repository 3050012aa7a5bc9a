package guarded

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// readNames returns how many names of their own APIs have.
func (c *checker) readNames() map[addr.Address]int {
	names := map[addr.Address]int{}
	for typ, property := range map[string]string{"AWS::ApiGateway::BasePathMapping": "RestApiId", "AWS::ApiGatewayV2::ApiMapping": "ApiId"} {
		for _, m := range c.in.Graph.OfType(typ) {
			if ref, ok := m.Props.Get(property).Ref(); ok {
				names[ref.To]++
			}
		}
	}
	return names
}

// public says whether an API is open to the internet: unless it is private, and
// also where its type is not known ("AWS::ApiGateway::RestApi": EDGE by default).
func public(api *resource.Resource) bool {
	if api == nil {
		return true
	}
	types := api.Props.Path("EndpointConfiguration/Types")
	return types.Kind() != value.List || slices.ContainsFunc(types.Items(), func(v value.Value) bool { return v.Text() != "PRIVATE" }) || types.Len() == 0
}

// restAPIs judges REST APIs with their methods and stages.
func (c *checker) restAPIs() {
	for _, api := range c.in.Graph.OfType("AWS::ApiGateway::RestApi") {
		if public(api) {
			c.restAPI(api)
		}
	}
	for _, m := range c.in.Graph.OfType("AWS::ApiGateway::Method") {
		if public(c.target(m.Props.Get("RestApiId"))) {
			c.method(m)
			c.preflight(m)
		}
	}
	for _, r := range c.in.Graph.OfType("AWS::ApiGateway::GatewayResponse") {
		if public(c.target(r.Props.Get("RestApiId"))) {
			c.tally.Look(r)
			c.origins(r, "ResponseParameters", r.Props.Get("ResponseParameters"))
			c.template(r, "ResponseTemplates", r.Props.Get("ResponseTemplates"))
		}
	}
	for _, s := range c.in.Graph.OfType("AWS::ApiGateway::Stage") {
		if public(c.target(s.Props.Get("RestApiId"))) {
			c.stage(s)
		}
	}
}

func (c *checker) restAPI(api *resource.Resource) {
	for _, p := range []string{"Body", "BodyS3Location", "CloneFrom"} {
		if !api.Props.Get(p).IsAbsent() {
			c.tally.DoubtAt(api, CodeHiddenAPI, p, fmt.Sprintf("Who may call %s is not known: its methods are in a document that is not read.", c.in.Name(api)),
				"Write its methods as resources, or judge them by hand.")
		}
	}
	c.secondAddress(api)
	// The API's policy counts for its names too ("Choose a security policy for
	// your custom domain", Amazon API Gateway Developer Guide); its default is
	// TLS_1_0.
	c.wants(api, CodeWeakTLS, "SecurityPolicy", modernGateway, fmt.Sprintf("%s accepts TLS below 1.2", c.in.Name(api)), "Set SecurityPolicy to TLS_1_2 or to one that begins with SecurityPolicy_TLS13_.")
}

// modernGateway says whether a security policy refuses TLS below 1.2. Source:
// Amazon API Gateway Developer Guide, "Supported security policies".
func modernGateway(v value.Value) bool {
	s := v.Text()
	return s == "TLS_1_2" || strings.HasPrefix(s, "SecurityPolicy_TLS12_") || strings.HasPrefix(s, "SecurityPolicy_TLS13_")
}

// secondAddress judges the address that AWS gives an API: it passes by whatever
// stands before the API's own name.
func (c *checker) secondAddress(api *resource.Resource) {
	if c.names[api.Addr] == 0 {
		return // it is the only one
	}
	c.wants(api, CodeSecondAddress, "DisableExecuteApiEndpoint", isTrue,
		fmt.Sprintf("%s can be called by the address that AWS gave it, past its own name", c.in.Name(api)), "Set DisableExecuteApiEndpoint to true.")
}

// domains judges the names of APIs.
func (c *checker) domains() {
	for _, d := range c.in.Graph.OfType("AWS::ApiGateway::DomainName") {
		c.wants(d, CodeWeakTLS, "SecurityPolicy", modernGateway, fmt.Sprintf("%s accepts TLS below 1.2", c.in.Name(d)), "Set SecurityPolicy to TLS_1_2 or to one that begins with SecurityPolicy_TLS13_.")
	}
	for _, d := range c.in.Graph.OfType("AWS::ApiGatewayV2::DomainName") {
		for i := range d.Props.Get("DomainNameConfigurations").Items() {
			c.wants(d, CodeWeakTLS, "DomainNameConfigurations/"+strconv.Itoa(i)+"/SecurityPolicy", modernGateway, fmt.Sprintf("%s accepts TLS below 1.2", c.in.Name(d)), "Set SecurityPolicy to TLS_1_2.")
		}
	}
}

// method judges whether a method asks who calls, and checks what it is sent. A
// preflight carries no credentials, so it cannot ask ("CORS protocol", Fetch
// Standard).
func (c *checker) method(m *resource.Resource) {
	name := m.Props.Get("HttpMethod").Text()
	if name == "OPTIONS" {
		return
	}
	c.wants(m, CodeOpenMethod, "AuthorizationType", func(v value.Value) bool {
		switch v.Text() {
		case "AWS_IAM":
			return true
		case "CUSTOM", "COGNITO_USER_POOLS":
			return !m.Props.Get("AuthorizerId").IsAbsent()
		}
		return false
	}, fmt.Sprintf("Anybody may call %s %s", name, c.in.Name(m)), "Set AuthorizationType and AuthorizerId. An API key says who is billed, not who calls.")
	if m.Props.Path("Integration/Type").Text() == "MOCK" {
		return
	}
	c.wants(m, CodeNotValidated, "RequestValidatorId", func(v value.Value) bool {
		r := c.target(v)
		return r != nil && (isTrue(r.Props.Get("ValidateRequestBody")) || isTrue(r.Props.Get("ValidateRequestParameters"))) || r == nil && v.Text() != ""
	}, fmt.Sprintf("%s %s passes on whatever it is sent", name, c.in.Name(m)), "Set RequestValidatorId to a validator that checks parameters or bodies.")
}

// stage judges a stage of a REST API.
func (c *checker) stage(s *resource.Resource) {
	c.protected(s, "", c.acls.of[s.Addr])
	if api := c.target(s.Props.Get("RestApiId")); api != nil && c.names[api.Addr] > 1 {
		if acl := c.target(c.acls.of[s.Addr]); acl != nil {
			c.acls.several[acl.Addr] = true
		}
	}
	all := s.Props.Get("MethodSettings")
	c.tally.Look(s)
	if why := all.FirstUnknown(); why != nil {
		c.tally.DoubtAt(s, CodeNotThrottled, "MethodSettings", fmt.Sprintf("How much %s lets clients ask is not known: %s.", c.in.Name(s), why.Error()), "Write its settings in the template.")
		return
	}
	throttled := false
	for i, m := range all.Items() {
		everything := m.Get("HttpMethod").Text() == "*" && m.Get("ResourcePath").Text() == "/*"
		throttled = throttled || everything && positive(m.Get("ThrottlingRateLimit")) && positive(m.Get("ThrottlingBurstLimit"))
		if isTrue(m.Get("DataTraceEnabled")) {
			c.tally.RefuteAt(s, CodeBodiesLogged, "MethodSettings/"+strconv.Itoa(i)+"/DataTraceEnabled", fmt.Sprintf("%s logs what clients send and get, tokens included.", c.in.Name(s)),
				"Set DataTraceEnabled to false.")
		}
	}
	if !throttled {
		c.tally.RefuteAt(s, CodeNotThrottled, "MethodSettings", fmt.Sprintf("%s lets clients ask as much as the account's limit allows, which all its APIs share.", c.in.Name(s)),
			"Set ThrottlingRateLimit and ThrottlingBurstLimit for the method * and the path /*.")
	}
}

func positive(v value.Value) bool {
	f, err := strconv.ParseFloat(v.Text(), 64)
	return err == nil && f > 0
}

// httpAPIs judges HTTP and WebSocket APIs. AWS WAF protects none of them ("AWS
// WAF", Amazon API Gateway Developer Guide: REST APIs).
func (c *checker) httpAPIs() {
	for _, api := range c.in.Graph.OfType("AWS::ApiGatewayV2::Api") {
		c.tally.Look(api)
		c.tally.RefuteAt(api, CodeNoWebACL, "ProtocolType", fmt.Sprintf("%s is open to the internet, and no web ACL can stand before it.", c.in.Name(api)),
			"Make it a REST API, or put a CloudFront distribution with a web ACL before it.")
		c.secondAddress(api)
		c.tally.Look(api)
		for i, o := range api.Props.Path("CorsConfiguration/AllowOrigins").Items() {
			c.origin(api, "CorsConfiguration/AllowOrigins/"+strconv.Itoa(i), o.Text(), o)
		}
		if !api.Props.Get("Body").IsAbsent() || !api.Props.Get("BodyS3Location").IsAbsent() {
			c.tally.DoubtAt(api, CodeHiddenAPI, "Body", fmt.Sprintf("Who may call %s is not known: its routes are in a document that is not read.", c.in.Name(api)), "Write its routes as resources.")
		}
	}
	for _, r := range c.in.Graph.OfType("AWS::ApiGatewayV2::Route") {
		key := r.Props.Get("RouteKey").Text()
		if api := c.target(r.Props.Get("ApiId")); api != nil && api.Props.Get("ProtocolType").Text() == "WEBSOCKET" && key != "$connect" {
			continue // whoever is connected was asked
		}
		c.wants(r, CodeOpenMethod, "AuthorizationType", func(v value.Value) bool {
			return v.Text() == "AWS_IAM" || (v.Text() == "JWT" || v.Text() == "CUSTOM") && !r.Props.Get("AuthorizerId").IsAbsent()
		}, fmt.Sprintf("Anybody may call %s of %s", key, c.in.Name(r)), "Set AuthorizationType and AuthorizerId.")
	}
	for _, s := range c.in.Graph.OfType("AWS::ApiGatewayV2::Stage") {
		c.wants(s, CodeNotThrottled, "DefaultRouteSettings", func(v value.Value) bool {
			return positive(v.Get("ThrottlingRateLimit")) && positive(v.Get("ThrottlingBurstLimit"))
		}, fmt.Sprintf("%s lets clients ask as much as the account's limit allows, which all its APIs share", c.in.Name(s)),
			"Set ThrottlingRateLimit and ThrottlingBurstLimit in DefaultRouteSettings.")
	}
}
