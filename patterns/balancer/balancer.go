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
	// Logs is the name of the bucket that receives a record of every request
	// (bucket.NewDelivery makes one); nil: none does.
	Logs *string
}

// Balancer is the balancer with its listener, certificate and private zone.
type Balancer struct {
	Construct constructs.Construct
	Resource  awselasticloadbalancingv2.ApplicationLoadBalancer
	listener  awselasticloadbalancingv2.ApplicationListener
	zone      awsroute53.PrivateHostedZone
	props     *Props
	rules     int
}

// New makes the balancer. Its names resolve inside the VPC only.
func New(scope constructs.Construct, id string, props *Props) *Balancer {
	b := &Balancer{Construct: constructs.NewConstruct(scope, jsii.String(id)), props: props}
	b.Resource = awselasticloadbalancingv2.NewApplicationLoadBalancer(b.Construct, jsii.String("Balancer"), &awselasticloadbalancingv2.ApplicationLoadBalancerProps{
		Vpc: props.VPC, VpcSubnets: &awsec2.SubnetSelection{Subnets: &props.Subnets}, SecurityGroup: props.SecurityGroup,
		InternetFacing: jsii.Bool(false), DeletionProtection: jsii.Bool(true), DropInvalidHeaderFields: jsii.Bool(true),
		DesyncMitigationMode: awselasticloadbalancingv2.DesyncMitigationMode_STRICTEST})
	if props.Logs != nil {
		// "Enable access logs for your Application Load Balancer", Elastic Load Balancing.
		b.Resource.SetAttribute(jsii.String("access_logs.s3.enabled"), jsii.String("true"))
		b.Resource.SetAttribute(jsii.String("access_logs.s3.bucket"), props.Logs)
		b.Resource.SetAttribute(jsii.String("access_logs.s3.prefix"), jsii.String(bucket.BalancerPrefix))
	}
	certificate := awscertificatemanager.NewCertificate(b.Construct, jsii.String("Certificate"), &awscertificatemanager.CertificateProps{
		DomainName: jsii.String(props.Domain), SubjectAlternativeNames: jsii.Strings("*." + props.Domain),
		Validation: awscertificatemanager.CertificateValidation_FromDns(nil)})
	b.listener = awselasticloadbalancingv2.NewApplicationListener(b.Construct, jsii.String("Listener"), &awselasticloadbalancingv2.ApplicationListenerProps{
		LoadBalancer: b.Resource, Port: jsii.Number(portTLS), Protocol: awselasticloadbalancingv2.ApplicationProtocol_HTTPS,
		SslPolicy:    awselasticloadbalancingv2.SslPolicy_TLS13_RES,
		Certificates: &[]awselasticloadbalancingv2.IListenerCertificate{awselasticloadbalancingv2.ListenerCertificate_FromCertificateManager(certificate)},
		Open:         jsii.Bool(false),
		DefaultAction: awselasticloadbalancingv2.ListenerAction_FixedResponse(jsii.Number(404), &awselasticloadbalancingv2.FixedResponseOptions{
			ContentType: jsii.String("text/plain"), MessageBody: jsii.String("not found")})})
	b.zone = awsroute53.NewPrivateHostedZone(b.Construct, jsii.String("Zone"), &awsroute53.PrivateHostedZoneProps{
		ZoneName: jsii.String(props.Domain), Vpc: props.VPC})
	return b
}

// Expose gives a service the name NAME.DOMAIN. The service's container, which
// has the same name, serves TLS and answers /health on the port.
func (b *Balancer) Expose(name string, service awsecs.FargateService, port int) awselasticloadbalancingv2.ApplicationTargetGroup {
	scope := constructs.NewConstruct(b.Construct, jsii.String(name))
	host := name + "." + b.props.Domain
	group := awselasticloadbalancingv2.NewApplicationTargetGroup(scope, jsii.String("TargetGroup"), &awselasticloadbalancingv2.ApplicationTargetGroupProps{
		Vpc: b.props.VPC, TargetType: awselasticloadbalancingv2.TargetType_IP, Port: jsii.Number(port),
		Protocol: awselasticloadbalancingv2.ApplicationProtocol_HTTPS, DeregistrationDelay: awscdk.Duration_Seconds(jsii.Number(30)),
		HealthCheck: &awselasticloadbalancingv2.HealthCheck{Protocol: awselasticloadbalancingv2.Protocol_HTTPS, Path: jsii.String("/health"),
			HealthyHttpCodes: jsii.String("200"), Interval: awscdk.Duration_Seconds(jsii.Number(10)), Timeout: awscdk.Duration_Seconds(jsii.Number(5)),
			HealthyThresholdCount: jsii.Number(2), UnhealthyThresholdCount: jsii.Number(2)},
		Targets: &[]awselasticloadbalancingv2.IApplicationLoadBalancerTarget{service.LoadBalancerTarget(&awsecs.LoadBalancerTargetOptions{
			ContainerName: jsii.String(name), ContainerPort: jsii.Number(port)})}})
	b.rules++
	awselasticloadbalancingv2.NewApplicationListenerRule(scope, jsii.String("Rule"), &awselasticloadbalancingv2.ApplicationListenerRuleProps{
		Listener: b.listener, Priority: jsii.Number(b.rules),
		Conditions: &[]awselasticloadbalancingv2.ListenerCondition{awselasticloadbalancingv2.ListenerCondition_HostHeaders(jsii.Strings(host))},
		Action:     awselasticloadbalancingv2.ListenerAction_Forward(&[]awselasticloadbalancingv2.IApplicationTargetGroup{group}, nil)})
	awsroute53.NewARecord(scope, jsii.String("Name"), &awsroute53.ARecordProps{Zone: b.zone, RecordName: jsii.String(name),
		Target: awsroute53.RecordTarget_FromAlias(awsroute53targets.NewLoadBalancerTarget(b.Resource, nil))})
	return group
}
