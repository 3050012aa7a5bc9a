package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

func (env *environment) wantsZone() bool { return len(env.estate.EdgeNames()) > 0 }

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

// publicZone refers to the environment's public zone.
func (env *environment) publicZone(scope constructs.Construct) awsroute53.IHostedZone {
	return awsroute53.HostedZone_FromHostedZoneAttributes(scope, jsii.String("Zone"), &awsroute53.HostedZoneAttributes{
		HostedZoneId: env.zone.HostedZoneId(), ZoneName: jsii.String(env.domain())})
}

// certificate returns the certificate for a name at the edge: the imported one,
// or one that AWS issues and renews, and that is validated by the public zone.
// Somebody is told in time before it ends: AWS renews its own sooner, so that
// an alarm about one of those says that it could not.
func (env *environment) certificate(scope constructs.Construct, name string) *string {
	arn := jsii.String(env.estate.ImportedCertificate(env.site, name))
	if *arn == "" {
		arn = awscertificatemanager.NewCertificate(scope, jsii.String("Certificate-"+name), &awscertificatemanager.CertificateProps{
			DomainName: jsii.String(name + "." + env.domain()), Validation: awscertificatemanager.CertificateValidation_FromDns(
				env.publicZone(scopeIn(scope, "Validation-"+name)))}).CertificateArn()
	}
	imported, _ := env.estate.Certificates.EV.Get(name)
	awscloudwatch.NewCfnAlarm(scope, jsii.String("CertificateEnds-"+name), &awscloudwatch.CfnAlarmProps{
		AlarmName:        jsii.String(env.label() + "-certificate-" + name),
		AlarmDescription: jsii.String("The certificate of " + name + "." + env.domain() + " ends soon"),
		Namespace:        jsii.String("AWS/CertificateManager"), MetricName: jsii.String("DaysToExpiry"), Statistic: jsii.String("Minimum"),
		Dimensions:         []any{&awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String("CertificateArn"), Value: arn}},
		ComparisonOperator: jsii.String("LessThanThreshold"), Threshold: jsii.Number(imported.WarningDays()),
		EvaluationPeriods: jsii.Number(1), Period: jsii.Number(aDay), TreatMissingData: jsii.String("missing")})
	return arn
}

// aDay is a day in seconds: AWS Certificate Manager tells how many days are left
// twice in it ("Supported CloudWatch metrics", AWS Certificate Manager User Guide).
const aDay = 86_400

// scopeIn is a scope of its own, for what is referred to more than once.
func scopeIn(stack constructs.Construct, id string) constructs.Construct {
	return constructs.NewConstruct(stack, jsii.String(id))
}
