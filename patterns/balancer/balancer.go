// Package balancer makes the internal load balancer behind which services
// are exposed by name.
//
// Clients speak TLS to it and it speaks TLS to the services. A name that no
// service has is answered 404. It is never open to the internet.
package balancer

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53targets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/bucket"
)

// portTLS is the listener's port.
const portTLS = 443

// Props says where the balancer is and which names it serves.
type Props struct {
	VPC           awsec2.IVpc
	Subnets       []awsec2.ISubnet
	SecurityGroup awsec2.ISecurityGroup
	// Domain is the DNS name below which services are named. Its public zone
	// has to be delegated before the certificate can be issued.
	Domain string
	// Beside is a balancer whose certificate and private zone this one uses too;
	// nil: it has its own.
	Beside *Balancer
	// Logs is the name of the bucket that receives a record of every request
	// (bucket.NewDelivery makes one); nil: none does.
	Logs *string
}

// Balancer is the balancer with its listener, certificate and private zone.
type Balancer struct {
	Construct   constructs.Construct
	Resource    awselasticloadbalancingv2.ApplicationLoadBalancer
	Listener    awselasticloadbalancingv2.ApplicationListener
	Zone        awsroute53.PrivateHostedZone
	certificate awscertificatemanager.Certificate
	props       *Props
	rules       int
}

// New makes the balancer. Its names resolve inside the VPC only.
func New(scope constructs.Construct, id string, props *Props) *Balancer {
	b := &Balancer{Construct: constructs.NewConstruct(scope, jsii.String(id)), props: props}
	b.Resource = application(b.Construct, props.VPC, props.Subnets, props.SecurityGroup, props.Logs)
	if props.Beside != nil {
		b.certificate, b.Zone = props.Beside.certificate, props.Beside.Zone
	} else {
		b.certificate = awscertificatemanager.NewCertificate(b.Construct, jsii.String("Certificate"), &awscertificatemanager.CertificateProps{
			DomainName: jsii.String(props.Domain), SubjectAlternativeNames: jsii.Strings("*." + props.Domain),
			Validation: awscertificatemanager.CertificateValidation_FromDns(nil)})
	}
	b.Listener = listener(b.Construct, b.Resource, portTLS, b.certificate,
		awselasticloadbalancingv2.ListenerAction_FixedResponse(jsii.Number(404), &awselasticloadbalancingv2.FixedResponseOptions{
			ContentType: jsii.String("text/plain"), MessageBody: jsii.String("not found")}))
	if props.Beside == nil {
		b.Zone = awsroute53.NewPrivateHostedZone(b.Construct, jsii.String("Zone"), &awsroute53.PrivateHostedZoneProps{
			ZoneName: jsii.String(props.Domain), Vpc: props.VPC})
	}
	return b
}

// application makes an internal balancer that logs to a bucket; nil: nowhere.
func application(scope constructs.Construct, vpc awsec2.IVpc, subnets []awsec2.ISubnet, group awsec2.ISecurityGroup, logs *string) awselasticloadbalancingv2.ApplicationLoadBalancer {
	lb := awselasticloadbalancingv2.NewApplicationLoadBalancer(scope, jsii.String("Balancer"), &awselasticloadbalancingv2.ApplicationLoadBalancerProps{
		Vpc: vpc, VpcSubnets: &awsec2.SubnetSelection{Subnets: &subnets}, SecurityGroup: group,
		InternetFacing: jsii.Bool(false), DeletionProtection: jsii.Bool(true), DropInvalidHeaderFields: jsii.Bool(true),
		DesyncMitigationMode: awselasticloadbalancingv2.DesyncMitigationMode_STRICTEST})
	if logs != nil {
		// "Enable access logs for your Application Load Balancer", Elastic Load Balancing.
		lb.SetAttribute(jsii.String("access_logs.s3.enabled"), jsii.String("true"))
		lb.SetAttribute(jsii.String("access_logs.s3.bucket"), logs)
		lb.SetAttribute(jsii.String("access_logs.s3.prefix"), jsii.String(bucket.BalancerPrefix))
	}
	return lb
}

// listener makes a listener that speaks TLS 1.2 or later.
func listener(scope constructs.Construct, balancer awselasticloadbalancingv2.ApplicationLoadBalancer, port int,
	certificate awscertificatemanager.ICertificate, action awselasticloadbalancingv2.ListenerAction,
) awselasticloadbalancingv2.ApplicationListener {
	return awselasticloadbalancingv2.NewApplicationListener(scope, jsii.String("Listener"), &awselasticloadbalancingv2.ApplicationListenerProps{
		LoadBalancer: balancer, Port: jsii.Number(port), Protocol: awselasticloadbalancingv2.ApplicationProtocol_HTTPS,
		SslPolicy:    awselasticloadbalancingv2.SslPolicy_TLS13_RES,
		Certificates: &[]awselasticloadbalancingv2.IListenerCertificate{awselasticloadbalancingv2.ListenerCertificate_FromCertificateManager(certificate)},
		Open:         jsii.Bool(false), DefaultAction: action})
}

// targetGroup makes a group of targets that serve TLS and answer /health on a
// port: a service's container of a name, or, where service is nil, instances
// that register themselves.
func targetGroup(scope constructs.Construct, vpc awsec2.IVpc, container string, service awsecs.FargateService, port int) awselasticloadbalancingv2.ApplicationTargetGroup {
	props := &awselasticloadbalancingv2.ApplicationTargetGroupProps{
		Vpc: vpc, TargetType: awselasticloadbalancingv2.TargetType_INSTANCE, Port: jsii.Number(port),
		Protocol: awselasticloadbalancingv2.ApplicationProtocol_HTTPS, DeregistrationDelay: awscdk.Duration_Seconds(jsii.Number(30)),
		HealthCheck: &awselasticloadbalancingv2.HealthCheck{Protocol: awselasticloadbalancingv2.Protocol_HTTPS, Path: jsii.String("/health"),
			HealthyHttpCodes: jsii.String("200"), Interval: awscdk.Duration_Seconds(jsii.Number(10)), Timeout: awscdk.Duration_Seconds(jsii.Number(5)),
			HealthyThresholdCount: jsii.Number(2), UnhealthyThresholdCount: jsii.Number(2)}}
	if service != nil {
		props.TargetType = awselasticloadbalancingv2.TargetType_IP
		props.Targets = &[]awselasticloadbalancingv2.IApplicationLoadBalancerTarget{service.LoadBalancerTarget(&awsecs.LoadBalancerTargetOptions{
			ContainerName: jsii.String(container), ContainerPort: jsii.Number(port)})}
	}
	return awselasticloadbalancingv2.NewApplicationTargetGroup(scope, jsii.String("TargetGroup"), props)
}

// Expose gives a service the name NAME.DOMAIN. What serves it speaks TLS and
// answers /health on the port: the service's container, which has the same
// name, or, where service is nil, instances that register themselves in the
// returned group. Stage is as in RouteProps.
func (b *Balancer) Expose(name string, service awsecs.FargateService, port int, stage string) awselasticloadbalancingv2.ApplicationTargetGroup {
	b.rules++
	return NewRoute(b.Construct, name, &RouteProps{VPC: b.props.VPC, Listener: b.Listener, Balancer: b.Resource, Zone: b.Zone,
		Host: jsii.String(name + "." + b.props.Domain), Priority: jsii.Number(b.rules),
		Service: service, Container: name, Port: port, Stage: stage})
}

// RouteProps says which name leads to which service.
type RouteProps struct {
	VPC awsec2.IVpc
	// Listener and Balancer are those that serve the name, Zone is where it is
	// written.
	Listener awselasticloadbalancingv2.IApplicationListener
	Balancer awselasticloadbalancingv2.IApplicationLoadBalancer
	Zone     awsroute53.IHostedZone
	// Host is the whole name.
	Host *string
	// Header is one that a request must have besides, with this value; empty:
	// none is asked for.
	Header      string
	HeaderValue *string
	// Stage is the name of API Gateway's stage, which a private integration puts
	// before the path ("Private integrations for REST APIs", Amazon API Gateway
	// Developer Guide): it is taken off. Empty: paths stay as they are.
	Stage string
	// Priority is the rule's number, which no other rule of the listener has.
	Priority *float64
	// Service is what serves it; nil: instances that register themselves.
	Service awsecs.FargateService
	// Container of the service serves TLS and answers /health on the port.
	Container string
	Port      int
}

// NewRoute leads a name to a service, over TLS all the way.
func NewRoute(within constructs.Construct, id string, props *RouteProps) awselasticloadbalancingv2.ApplicationTargetGroup {
	scope := constructs.NewConstruct(within, jsii.String(id))
	group := targetGroup(scope, props.VPC, props.Container, props.Service, props.Port)
	conditions := []awselasticloadbalancingv2.ListenerCondition{awselasticloadbalancingv2.ListenerCondition_HostHeaders(&[]*string{props.Host})}
	if props.Header != "" {
		conditions = append(conditions, awselasticloadbalancingv2.ListenerCondition_HttpHeader(jsii.String(props.Header), &[]*string{props.HeaderValue}))
	}
	rule := awselasticloadbalancingv2.NewApplicationListenerRule(scope, jsii.String("Rule"), &awselasticloadbalancingv2.ApplicationListenerRuleProps{
		Listener: props.Listener, Priority: props.Priority, Conditions: &conditions,
		Action: awselasticloadbalancingv2.ListenerAction_Forward(&[]awselasticloadbalancingv2.IApplicationTargetGroup{group}, nil)})
	if props.Stage != "" {
		rule.Node().DefaultChild().(awselasticloadbalancingv2.CfnListenerRule).SetTransforms(withoutStage(props.Stage))
	}
	if props.Zone != nil {
		// The last dot says that the name is whole.
		awsroute53.NewARecord(scope, jsii.String("Name"), &awsroute53.ARecordProps{Zone: props.Zone, RecordName: jsii.String(*props.Host + "."),
			Target: awsroute53.RecordTarget_FromAlias(awsroute53targets.NewLoadBalancerTarget(props.Balancer, nil))})
	}
	return group
}

// withoutStage rewrites a path that begins with a stage's name, and no other.
func withoutStage(stage string) []any {
	return []any{&awselasticloadbalancingv2.CfnListenerRule_TransformProperty{Type: jsii.String("url-rewrite"),
		UrlRewriteConfig: &awselasticloadbalancingv2.CfnListenerRule_RewriteConfigObjectProperty{Rewrites: []any{
			&awselasticloadbalancingv2.CfnListenerRule_RewriteConfigProperty{Regex: jsii.String("^/" + stage + "/(.*)$"), Replace: jsii.String("/$1")}}}}}
}
