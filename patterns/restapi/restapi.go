// Package restapi makes a public REST API that leads to a private service.
//
// It has one name, its own, or one for each tenant whose instance of the service
// it leads to; the address that AWS would give it is off. Every
// method but the preflight asks an authoriser and needs an API key; requests are
// checked before they go on, throttled, traced and logged without their bodies;
// the way to the service is TLS by a VPC link. A browser may call it from the
// listed origins only. No property turns any of this off.
package restapi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/encryption"
)

// Stage is the name of the one stage of an API. Clients never see it; a private
// integration puts it before the path ("Private integrations for REST APIs",
// Amazon API Gateway Developer Guide), so the balancer takes it off again.
const Stage = "gateway"

// policyTLS refuses what is older than TLS 1.2 and has no forward secrecy; it
// counts for the API and for its name ("Security policies for REST APIs",
// Amazon API Gateway Developer Guide).
const policyTLS = "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"

// HeaderTenant says to the balancer and the service for which tenant a request
// is. What the authoriser says takes the place of what the client sent.
const HeaderTenant = "X-Surety-Tenant"

// strict takes requests only under the name for which the TLS session is.
const strict = "STRICT"

// Props says what an API is and whom it leads to.
type Props struct {
	// Name is the API's name in the account.
	Name string
	// Domain is the one name at which clients find it, CertificateARN the
	// certificate for it, Zone the public zone that it is in.
	Domain         string
	CertificateARN *string
	Zone           awsroute53.IHostedZone
	// HealthCheckID is as in NameProps.
	HealthCheckID *string
	// OfTenants says that it leads to tenants' own instances of the service, which
	// the balancer tells apart by HeaderTenant: clients find each at a name of its
	// own, LABEL-Domain, which NewName makes, and none at Domain.
	OfTenants bool
	// LinkID is the VPC link, BalancerARN the balancer behind it, and Host the
	// name under which the service's certificate and rule are known there.
	LinkID, BalancerARN *string
	Host                string
	// Authoriser decides who is let through. Its answers carry tenant, subject
	// and scopes, which the service gets as headers; and of an API of tenants the
	// origin of the tenant's portal, which later refusals name.
	Authoriser awslambda.IFunction
	// Origins are the web origins from which browsers may call it; none: no
	// browser may. Of an API of tenants: what follows a tenant's label in the
	// names of the tenant's own portals.
	Origins []string
	// Rate and Burst are what all clients together may ask, in requests a second
	// and at once.
	Rate, Burst int
	// AccessLogs is where requests are logged; LogKey encrypts the API's own
	// group for errors.
	AccessLogs awslogs.LogGroup
	LogKey     awskms.IKey
	// Account is the account's setting that lets API Gateway log.
	Account awsapigateway.CfnAccount
}

// API is the API with its stage and its log group for errors.
type API struct {
	Construct constructs.Construct
	Resource  awsapigateway.CfnRestApi
	Stage     awsapigateway.CfnStage
	Errors    awslogs.LogGroup
	Name      *Name // nil: each tenant has one

	props      *Props
	authoriser awsapigateway.CfnAuthorizer
	validator  awsapigateway.CfnRequestValidator
	model      awsapigateway.CfnModel
	parts      []awscdk.CfnResource // what a deployment takes a copy of
	signature  []string             // what they say, as far as it is no attribute of another
}

// New makes the API.
func New(scope constructs.Construct, id string, props *Props) *API {
	a := &API{Construct: constructs.NewConstruct(scope, jsii.String(id)), props: props}
	a.Resource = awsapigateway.NewCfnRestApi(a.Construct, jsii.String("Api"), &awsapigateway.CfnRestApiProps{
		Name: jsii.String(props.Name), Description: jsii.String("Leads to " + props.Host), ApiKeySourceType: jsii.String("HEADER"),
		EndpointConfiguration:     &awsapigateway.CfnRestApi_EndpointConfigurationProperty{Types: jsii.Strings("REGIONAL")},
		DisableExecuteApiEndpoint: jsii.Bool(true), SecurityPolicy: jsii.String(policyTLS), EndpointAccessMode: jsii.String(strict)})
	a.addAuthoriser()
	a.addValidation()
	a.addMethods()
	a.addRefusals()
	a.addStage()
	if !props.OfTenants {
		a.Name = NewName(a.Construct, &NameProps{Domain: jsii.String(props.Domain), CertificateARN: props.CertificateARN, Zone: props.Zone,
			HealthCheckID: props.HealthCheckID, API: a.Resource.Ref(), Stage: a.Stage.Ref(), After: a.Stage})
	}
	return a
}

// authoriserTTL is for how long an answer of the authoriser is kept. A token
// that ends meanwhile is taken for so much longer.
const authoriserTTL = 60

func (a *API) addAuthoriser() {
	stack := awscdk.Stack_Of(a.Construct)
	function := a.props.Authoriser.FunctionArn()
	// An answer counts for who asks under which name with which key.
	sources := []string{"method.request.header.Authorization", "method.request.header.x-api-key", "context.domainName"}
	a.authoriser = awsapigateway.NewCfnAuthorizer(a.Construct, jsii.String("Authoriser"), &awsapigateway.CfnAuthorizerProps{
		Name: jsii.String("tokens"), RestApiId: a.Resource.Ref(), Type: jsii.String("REQUEST"), AuthorizerResultTtlInSeconds: jsii.Number(authoriserTTL),
		IdentitySource: jsii.String(strings.Join(sources, ",")),
		AuthorizerUri:  jsii.String("arn:aws:apigateway:" + *stack.Region() + ":lambda:path/2015-03-31/functions/" + *function + "/invocations")})
	a.copied(a.authoriser, sources)
	awslambda.NewCfnPermission(a.Construct, jsii.String("AskAuthoriser"), &awslambda.CfnPermissionProps{
		Action: jsii.String("lambda:InvokeFunction"), FunctionName: function, Principal: jsii.String("apigateway.amazonaws.com"),
		SourceArn: jsii.String("arn:aws:execute-api:" + *stack.Region() + ":" + *stack.Account() + ":" + *a.Resource.Ref() + "/authorizers/" + *a.authoriser.Ref())})
}

// addValidation makes what requests are checked by: parameters that have to be
// there, and a body of JSON that has to be an object or a list.
func (a *API) addValidation() {
	a.validator = awsapigateway.NewCfnRequestValidator(a.Construct, jsii.String("Validator"), &awsapigateway.CfnRequestValidatorProps{
		RestApiId: a.Resource.Ref(), Name: jsii.String("everything"), ValidateRequestBody: jsii.Bool(true), ValidateRequestParameters: jsii.Bool(true)})
	schema := map[string]any{"$schema": "http://json-schema.org/draft-04/schema#", "title": "Body", "type": []any{"object", "array"}}
	a.model = awsapigateway.NewCfnModel(a.Construct, jsii.String("Body"), &awsapigateway.CfnModelProps{
		RestApiId: a.Resource.Ref(), Name: jsii.String("Body"), ContentType: jsii.String("application/json"), Schema: schema})
	a.copied(a.validator, "parameters and body")
	a.copied(a.model, schema)
}

// copied notes a resource that a deployment takes a copy of, and what it says.
func (a *API) copied(r awscdk.CfnResource, says any) {
	text, err := json.Marshal(says)
	if err != nil {
		panic(err) // it is made of texts alone
	}
	a.parts = append(a.parts, r)
	a.signature = append(a.signature, string(text))
}

// addRefusals lets a browser of an allowed origin read why it was refused.
func (a *API) addRefusals() {
	for _, typ := range []string{"DEFAULT_4XX", "DEFAULT_5XX"} {
		headers := map[string]any{"gatewayresponse.header.Cache-Control": "'no-store'", "gatewayresponse.header.Strict-Transport-Security": "'max-age=63072000'"}
		if len(a.props.Origins) == 1 {
			headers["gatewayresponse.header.Access-Control-Allow-Origin"] = "'" + a.props.Origins[0] + "'"
			if a.props.OfTenants {
				// Whose portal it is, the authoriser says; before it is asked nobody does.
				headers["gatewayresponse.header.Access-Control-Allow-Origin"] = "context.authorizer.origin"
			}
			headers["gatewayresponse.header.Vary"] = "'Origin'"
		}
		body := map[string]any{"application/json": `{"message":$context.error.messageString,"request":"$context.requestId"}`}
		r := awsapigateway.NewCfnGatewayResponse(a.Construct, jsii.String(typ), &awsapigateway.CfnGatewayResponseProps{
			RestApiId: a.Resource.Ref(), ResponseType: jsii.String(typ), ResponseParameters: headers, ResponseTemplates: body})
		a.copied(r, []any{typ, headers, body})
	}
}

// addStage deploys the API. A deployment is a copy that never changes, so that
// its name follows from what it copies.
func (a *API) addStage() {
	sum := sha256.Sum256([]byte(strings.Join(a.signature, "\n")))
	deployment := awsapigateway.NewCfnDeployment(a.Construct, jsii.String("Deployment-"+hex.EncodeToString(sum[:8])), &awsapigateway.CfnDeploymentProps{
		RestApiId: a.Resource.Ref(), Description: jsii.String("of " + a.props.Domain)})
	for _, p := range a.parts {
		deployment.AddResourceDependency(p, nil)
	}
	// API Gateway makes this group, without a key, unless it is there.
	a.Errors = encryption.NewLogGroup(a.Construct, "Errors", &encryption.LogGroupProps{Key: a.props.LogKey,
		Name: "API-Gateway-Execution-Logs_" + *a.Resource.Ref() + "/" + Stage})
	a.Stage = awsapigateway.NewCfnStage(a.Construct, jsii.String("Stage"), &awsapigateway.CfnStageProps{
		RestApiId: a.Resource.Ref(), StageName: jsii.String(Stage), DeploymentId: deployment.Ref(), TracingEnabled: jsii.Bool(true),
		Variables:        a.variables(),
		AccessLogSetting: &awsapigateway.CfnStage_AccessLogSettingProperty{DestinationArn: encryption.GroupARN(a.props.AccessLogs), Format: jsii.String(accessLog())},
		MethodSettings: []any{&awsapigateway.CfnStage_MethodSettingProperty{HttpMethod: jsii.String("*"), ResourcePath: jsii.String("/*"),
			LoggingLevel: jsii.String("ERROR"), DataTraceEnabled: jsii.Bool(false), MetricsEnabled: jsii.Bool(true),
			ThrottlingRateLimit: jsii.Number(a.props.Rate), ThrottlingBurstLimit: jsii.Number(a.props.Burst)}}})
	a.Stage.AddResourceDependency(a.props.Account, nil)
	a.Stage.AddResourceDependency(a.Errors.Node().DefaultChild().(awscdk.CfnResource), nil)
}

// variables are what the stage tells the authoriser.
func (a *API) variables() map[string]any {
	v := map[string]any{"domain": a.props.Domain}
	if a.props.OfTenants && len(a.props.Origins) == 1 {
		v["portal"] = a.props.Origins[0]
	}
	return v
}

// StageARN is what a web ACL is put before.
func (a *API) StageARN() *string {
	return jsii.String("arn:aws:apigateway:" + *awscdk.Stack_Of(a.Construct).Region() + "::/restapis/" + *a.Resource.Ref() + "/stages/" + *a.Stage.Ref())
}

// accessLog is what is logged of each request: who, what, when and how it went,
// and nothing of what it carried.
func accessLog() string {
	fields := [][2]string{{"request", "requestId"}, {"time", "requestTimeEpoch"}, {"ip", "identity.sourceIp"}, {"domain", "domainName"},
		{"method", "httpMethod"}, {"path", "path"}, {"status", "status"}, {"bytes", "responseLength"}, {"latency", "responseLatency"},
		{"serviceStatus", "integration.status"}, {"serviceLatency", "integration.latency"}, {"tenant", "authorizer.tenant"},
		{"subject", "authorizer.subject"}, {"key", "identity.apiKeyId"}, {"authoriserStatus", "authorizer.status"}, {"authoriserLatency", "authorizer.latency"},
		{"refusal", "error.responseType"}, {"waf", "wafResponseCode"}, {"tls", "tlsVersion"}, {"cipher", "cipherSuite"}, {"trace", "xrayTraceId"}}
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:\"$context.%s\"", f[0], f[1])
	}
	return "{" + b.String() + "}"
}

// NameProps says which name leads to which API.
type NameProps struct {
	// Domain is the name, CertificateARN the certificate for it, Zone the public
	// zone that it is in; nil: somebody else writes it into one.
	Domain, CertificateARN *string
	Zone                   awsroute53.IHostedZone
	// HealthCheckID is a health check of Route 53. While it fails, the name leads
	// to what Secondary says, where somebody says so. Nil: it always leads here.
	HealthCheckID *string
	// API is the API's id, Stage its stage's name. After is made before.
	API, Stage *string
	After      awscdk.CfnResource
}

// Name is a name of an API, and where in its Region it leads.
type Name struct {
	Domain string
	// Target is the name that API Gateway serves it at, ZoneID the zone of that.
	Target, ZoneID *string
}

// NewName gives an API a name in public DNS.
func NewName(scope constructs.Construct, props *NameProps) *Name {
	name := awsapigateway.NewCfnDomainName(scope, jsii.String("Domain"), &awsapigateway.CfnDomainNameProps{
		DomainName: props.Domain, RegionalCertificateArn: props.CertificateARN, SecurityPolicy: jsii.String(policyTLS),
		EndpointAccessMode:    jsii.String(strict),
		EndpointConfiguration: &awsapigateway.CfnDomainName_EndpointConfigurationProperty{Types: jsii.Strings("REGIONAL")}})
	mapping := awsapigateway.NewCfnBasePathMapping(scope, jsii.String("Mapping"), &awsapigateway.CfnBasePathMappingProps{
		DomainName: name.Ref(), RestApiId: props.API, Stage: props.Stage})
	if props.After != nil {
		mapping.AddResourceDependency(props.After, nil)
	}
	n := &Name{Domain: *props.Domain, Target: name.AttrRegionalDomainName(), ZoneID: name.AttrRegionalHostedZoneId()}
	switch {
	case props.Zone == nil:
	case props.HealthCheckID == nil:
		awsroute53.NewCfnRecordSet(scope, jsii.String("Name"), n.record(props.Zone))
	default:
		record := n.record(props.Zone)
		record.SetIdentifier, record.Failover, record.HealthCheckId = jsii.String("home"), jsii.String("PRIMARY"), props.HealthCheckID
		awsroute53.NewCfnRecordSet(scope, jsii.String("Name"), record)
	}
	return n
}

// Secondary leads the name here while the health check of its primary record
// fails ("Active-passive failover", Amazon Route 53 Developer Guide).
func (n *Name) Secondary(scope constructs.Construct, id string, zone awsroute53.IHostedZone) {
	record := n.record(zone)
	record.SetIdentifier, record.Failover = jsii.String("recovery"), jsii.String("SECONDARY")
	awsroute53.NewCfnRecordSet(scope, jsii.String(id), record)
}

func (n *Name) record(zone awsroute53.IHostedZone) *awsroute53.CfnRecordSetProps {
	return &awsroute53.CfnRecordSetProps{HostedZoneId: zone.HostedZoneId(), Name: jsii.String(n.Domain), Type: jsii.String("A"),
		AliasTarget: &awsroute53.CfnRecordSet_AliasTargetProperty{DnsName: n.Target, HostedZoneId: n.ZoneID}}
}
