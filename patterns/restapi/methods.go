package restapi

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/jsii-runtime-go"
)

// methods are the HTTP methods that are passed on, and whether they carry a
// body.
func methods() []struct {
	name string
	body bool
} {
	return []struct {
		name string
		body bool
	}{{"DELETE", false}, {"GET", false}, {"HEAD", false}, {"PATCH", true}, {"POST", true}, {"PUT", true}}
}

// integrationTimeout is API Gateway's own, in milliseconds.
const integrationTimeout = 29_000

// addMethods passes every path on.
func (a *API) addMethods() {
	path := awsapigateway.NewCfnResource(a.Construct, jsii.String("Path"), &awsapigateway.CfnResourceProps{
		RestApiId: a.Resource.Ref(), ParentId: a.Resource.AttrRootResourceId(), PathPart: jsii.String("{proxy+}")})
	a.copied(path, "{proxy+}")
	for _, m := range methods() {
		a.addMethod(path, m.name, m.body)
	}
	if len(a.props.Origins) > 0 {
		a.addPreflight(path)
	}
}

func (a *API) addMethod(path awsapigateway.CfnResource, name string, body bool) {
	// What the authoriser says of the caller takes the place of what the caller
	// says itself.
	mapped := map[string]any{
		"integration.request.path.proxy":              "method.request.path.proxy",
		"integration.request.header." + HeaderTenant:  "context.authorizer.tenant",
		"integration.request.header.X-Surety-Subject": "context.authorizer.subject",
		"integration.request.header.X-Surety-Scopes":  "context.authorizer.scopes",
		"integration.request.header.X-Request-Id":     "context.requestId",
	}
	required := map[string]any{"method.request.path.proxy": true, "method.request.header.Authorization": true, "method.request.header.x-api-key": true}
	uri := "https://" + a.props.Host + "/{proxy}"
	props := &awsapigateway.CfnMethodProps{
		RestApiId: a.Resource.Ref(), ResourceId: path.Ref(), HttpMethod: jsii.String(name), ApiKeyRequired: jsii.Bool(true),
		AuthorizationType: jsii.String("CUSTOM"), AuthorizerId: a.authoriser.Ref(), RequestValidatorId: a.validator.Ref(), RequestParameters: required,
		Integration: &awsapigateway.CfnMethod_IntegrationProperty{
			Type: jsii.String("HTTP_PROXY"), IntegrationHttpMethod: jsii.String(name), Uri: jsii.String(uri), ConnectionType: jsii.String("VPC_LINK"),
			ConnectionId: a.props.LinkID, IntegrationTarget: a.props.BalancerARN, RequestParameters: mapped, TimeoutInMillis: jsii.Number(integrationTimeout)}}
	if body {
		props.RequestModels = map[string]any{"application/json": *a.model.Ref()}
	}
	m := awsapigateway.NewCfnMethod(a.Construct, jsii.String(name), props)
	a.copied(m, []any{name, body, uri, mapped, required})
}

// Headers of the answer to a browser's preflight.
const (
	headerOrigin  = "method.response.header.Access-Control-Allow-Origin"
	headerMethods = "method.response.header.Access-Control-Allow-Methods"
	headerHeaders = "method.response.header.Access-Control-Allow-Headers"
	headerAge     = "method.response.header.Access-Control-Max-Age"
	headerVary    = "method.response.header.Vary"
)

// addPreflight answers the question that a browser asks before it sends a
// request with a token: may this origin? Every request of the API carries one,
// so that a browser which is not answered sends none ("CORS protocol", Fetch
// Standard). Only a listed origin is named.
func (a *API) addPreflight(path awsapigateway.CfnResource) {
	var names []string
	for _, m := range methods() {
		names = append(names, m.name)
	}
	parameters := map[string]any{headerMethods: "'" + strings.Join(names, ",") + "'", headerHeaders: "'authorization,content-type,x-api-key'",
		headerAge: "'600'", headerVary: "'Origin'"}
	template := ""
	switch {
	case a.props.OfTenants:
		template = tenantsOrigin("-"+a.props.Domain, a.props.Origins)
	case len(a.props.Origins) > 1:
		template = chooseOrigin(a.props.Origins)
	}
	declared := map[string]any{headerOrigin: true}
	for h := range parameters {
		declared[h] = true
	}
	if !a.props.OfTenants {
		parameters[headerOrigin] = "'" + a.props.Origins[0] + "'"
	}
	response := &awsapigateway.CfnMethod_IntegrationResponseProperty{StatusCode: jsii.String("204"), ResponseParameters: parameters}
	if template != "" {
		response.ResponseTemplates = map[string]any{"application/json": template}
	}
	m := awsapigateway.NewCfnMethod(a.Construct, jsii.String("OPTIONS"), &awsapigateway.CfnMethodProps{
		RestApiId: a.Resource.Ref(), ResourceId: path.Ref(), HttpMethod: jsii.String("OPTIONS"), AuthorizationType: jsii.String("NONE"),
		Integration: &awsapigateway.CfnMethod_IntegrationProperty{Type: jsii.String("MOCK"),
			RequestTemplates: map[string]any{"application/json": `{"statusCode": 204}`}, IntegrationResponses: []any{response}},
		MethodResponses: []any{&awsapigateway.CfnMethod_MethodResponseProperty{StatusCode: jsii.String("204"), ResponseParameters: declared}}})
	a.copied(m, []any{parameters, template})
}

// overridden is where a template says the header.
const overridden = "$context.responseOverride.header.Access-Control-Allow-Origin"

// askedBy is the template's line that finds which origin asks.
const askedBy = "#set($origin = $input.params().header.get(\"Origin\"))\n#if($origin == \"\")#set($origin = $input.params().header.get(\"origin\"))#end\n"

// chooseOrigin is the template that names the origin that asks, if it is one of
// several. What no line names stays the first, which is no other's.
func chooseOrigin(origins []string) string {
	return askedBy + named(origins)
}

// named names each of the origins if it asks.
func named(origins []string) string {
	b := strings.Builder{}
	for _, o := range origins {
		b.WriteString("#if($origin == \"" + o + "\")#set(" + overridden + " = \"" + o + "\")#end\n")
	}
	return b.String()
}

// tenantsOrigin is the template that names the portal of the tenant whose name
// was called: its label is what comes before the suffix. The origin is made of
// the called name, which API Gateway knows as one of its own, and of nothing else
// that a client says; so one template serves all tenants, and names no other
// tenant's portal ("Variables for data transformations for API Gateway", Amazon
// API Gateway Developer Guide: $context.domainName). Of several portals it names
// the one that asks, or the first.
func tenantsOrigin(suffix string, portals []string) string {
	var origins []string
	for _, p := range portals {
		origins = append(origins, "https://${label}"+p)
	}
	template := "#set($label = $context.domainName.toLowerCase().replace(\"" + suffix + "\", \"\"))\n#set(" + overridden + " = \"" + origins[0] + "\")\n"
	if len(origins) > 1 {
		template += askedBy + named(origins[1:])
	}
	return template
}
