package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/website"
)

// wantsZone: the names of an environment that recovers are in the zone of its
// home.
func (env *environment) wantsZone() bool {
	return len(env.estate.EdgeNames()) > 0 && !env.site.Recovery()
}

// addZone makes the public zone of the environment's names at the edge. Its
// parent has to delegate to it before a certificate can be issued, so its name
// servers are outputs. Names that are not at the edge are in no public zone.
func (env *environment) addZone() error {
	stack := env.stack(LayerZone, "Public DNS zone")
	env.zone = awsroute53.NewPublicHostedZone(stack, jsii.String("Zone"), &awsroute53.PublicHostedZoneProps{
		ZoneName: jsii.String(env.domain()), Comment: jsii.String("Names at the edge of " + env.label())})
	env.zone.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN)
	awscdk.NewCfnOutput(stack, jsii.String("NameServers"), &awscdk.CfnOutputProps{
		Description: jsii.String("Delegate " + env.domain() + " to these"), Value: awscdk.Fn_Join(jsii.String(" "), env.zone.HostedZoneNameServers())})
	return nil
}

// publicZone refers to the environment's public zone; nil where it recovers,
// which writes nothing into the zone.
func (env *environment) publicZone(scope constructs.Construct) awsroute53.IHostedZone {
	if env.zone == nil {
		return nil
	}
	return awsroute53.HostedZone_FromHostedZoneAttributes(scope, jsii.String("Zone"), &awsroute53.HostedZoneAttributes{
		HostedZoneId: env.zone.HostedZoneId(), ZoneName: jsii.String(env.domain())})
}

// certificate returns the certificate for a name at the edge: the imported one,
// or one that AWS issues and renews, and that is validated by the public zone.
// Alarms of the site watch what its stacks make in its Region; what they do not
// see is watched here.
func (env *environment) certificate(stack awscdk.Stack, name string) *string {
	arn := jsii.String(env.estate.ImportedCertificate(env.site, name))
	seen := *arn == "" && *stack.Region() == env.site.Region
	if *arn == "" {
		// A name's record for validation is the same in all Regions of an account, so
		// that home's validates the one where it recovers too ("DNS validation", AWS
		// Certificate Manager User Guide).
		arn = awscertificatemanager.NewCertificate(stack, jsii.String("Certificate-"+name), &awscertificatemanager.CertificateProps{
			DomainName: jsii.String(name + "." + env.domain()), Validation: awscertificatemanager.CertificateValidation_FromDns(
				env.publicZone(scopeIn(stack, "Validation-"+name)))}).CertificateArn()
	}
	if !seen {
		bought, _ := env.estate.Certificates.EV.Get(name)
		website.WatchCertificate(stack, "CertificateEnds-"+name, &website.CertificateProps{Name: env.label() + "-certificate-" + name,
			Domain: name + "." + env.domain(), ARN: arn, Days: bought.WarningDays()})
	}
	return arn
}

// scopeIn is a scope of its own, for what is referred to more than once.
func scopeIn(stack constructs.Construct, id string) constructs.Construct {
	return constructs.NewConstruct(stack, jsii.String(id))
}
