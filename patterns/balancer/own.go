package balancer

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsservicediscovery"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// OwnProps says for which service a balancer is.
type OwnProps struct {
	VPC           awsec2.IVpc
	Subnets       []awsec2.ISubnet
	SecurityGroup awsec2.ISecurityGroup
	// Name is the service's, Namespace where others look for it and Domain the
	// namespace's DNS name.
	Name      string
	Namespace awsservicediscovery.INamespace
	Domain    string
	// Logs is the name of the bucket that receives the records of requests; nil:
	// none are kept.
	Logs *string
	// Port is the port that the balancer and the service's instances serve.
	Port int
}

// NewOwn makes a balancer for the instances of one service, which is found as
// NAME.DOMAIN, and returns the group in which they register themselves. The
// security group lets callers reach the balancer and the balancer the
// instances.
func NewOwn(scope constructs.Construct, id string, props *OwnProps) awselasticloadbalancingv2.ApplicationTargetGroup {
	root := constructs.NewConstruct(scope, jsii.String(id))
	balancer := application(root, props.VPC, props.Subnets, props.SecurityGroup, props.Logs)
	certificate := awscertificatemanager.NewCertificate(root, jsii.String("Certificate"), &awscertificatemanager.CertificateProps{
		DomainName: jsii.String(props.Name + "." + props.Domain), Validation: awscertificatemanager.CertificateValidation_FromDns(nil)})
	group := targetGroup(root, props.VPC, props.Name, nil, props.Port)
	listener(root, balancer, props.Port, certificate,
		awselasticloadbalancingv2.ListenerAction_Forward(&[]awselasticloadbalancingv2.IApplicationTargetGroup{group}, nil))
	awsservicediscovery.NewService(root, jsii.String("Discovery"), &awsservicediscovery.ServiceProps{
		Namespace: props.Namespace, Name: jsii.String(props.Name), DnsRecordType: awsservicediscovery.DnsRecordType_A,
		RoutingPolicy: awsservicediscovery.RoutingPolicy_WEIGHTED, LoadBalancer: jsii.Bool(true)}).
		RegisterLoadBalancer(jsii.String("Alias"), balancer, nil)
	return group
}
