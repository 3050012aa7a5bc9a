// Package detection makes what looks for threats in an account, and the place
// where the findings of all accounts come together.
//
// Every account has a detector of its own with every plan that needs no agent,
// and every account is held to the same standards from one. Findings that
// cannot wait go to an encrypted topic. No property turns any of it off.
package detection

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsguardduty"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecurityhub"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/alert"
)

// Plans are the protection plans of a detector. Runtime monitoring is not among
// them: it puts interfaces into VPCs that no template shows ("How Runtime
// Monitoring works", Amazon GuardDuty User Guide), so that nothing could be
// proved of who reaches whom.
func Plans() []string {
	return []string{"EBS_MALWARE_PROTECTION", "EKS_AUDIT_LOGS", "LAMBDA_NETWORK_LOGS", "RDS_LOGIN_EVENTS", "S3_DATA_EVENTS"}
}

// NewDetector makes the detector of an account in a Region, which has one at
// the most.
func NewDetector(scope constructs.Construct, id string) awsguardduty.CfnDetector {
	var features []any
	for _, plan := range Plans() {
		features = append(features, &awsguardduty.CfnDetector_CFNFeatureConfigurationProperty{Name: jsii.String(plan), Status: jsii.String("ENABLED")})
	}
	return awsguardduty.NewCfnDetector(scope, jsii.String(id), &awsguardduty.CfnDetectorProps{Enable: true, Features: features,
		FindingPublishingFrequency: jsii.String("FIFTEEN_MINUTES")})
}

// Props says whose findings come together.
type Props struct {
	// Name is the name of the topic and the policy.
	Name string
	// Accounts are the ids of the accounts that are held to the standards.
	Accounts []string
	// Regions are the others whose findings come to this one. None: all.
	Regions []string
	// Key encrypts the topic; its policy has alert.KeyStatements.
	Key awskms.IKey
}

// Centre is where findings come together.
type Centre struct {
	Construct constructs.Construct
	Topic     awssns.Topic
}

// NewCentre makes it, in the account that Security Hub knows as the
// organisation's delegated administrator.
func NewCentre(scope constructs.Construct, id string, props *Props) *Centre {
	c := &Centre{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	c.Topic = alert.NewTopic(c.Construct, "Findings", &alert.Props{Name: props.Name, Display: "Security findings", Key: props.Key})
	c.addStandards(props)
	alert.Send(c.Construct, "SecurityHub", c.Topic, "Findings that cannot wait", map[string]any{
		"source": []string{"aws.securityhub"}, "detail-type": []string{"Security Hub Findings - Imported"},
		"detail": map[string]any{"findings": map[string]any{"RecordState": []string{"ACTIVE"}, "Workflow": map[string]any{"Status": []string{"NEW"}},
			"Severity": map[string]any{"Label": []string{"HIGH", "CRITICAL"}}}}})
	// From 7: high and critical ("Severity levels of GuardDuty findings", Amazon GuardDuty User Guide).
	alert.Send(c.Construct, "GuardDuty", c.Topic, "Threats of this account that cannot wait", map[string]any{
		"source": []string{"aws.guardduty"}, "detail-type": []string{"GuardDuty Finding"},
		"detail": map[string]any{"severity": []any{map[string]any{"numeric": []any{">=", 7}}}}})
	return c
}

// standards are AWS's own and that of the Center for Internet Security.
func standards(region string) *[]*string {
	arn := "arn:aws:securityhub:" + region + "::standards/"
	return jsii.Strings(arn+"aws-foundational-security-best-practices/v/1.0.0", arn+"cis-aws-foundations-benchmark/v/3.0.0")
}

// addStandards holds the accounts to the standards by central configuration
// ("Understanding central configuration in Security Hub CSPM", AWS Security Hub
// User Guide). An organisation's root has an id that no file holds, so that the
// accounts are named.
func (c *Centre) addStandards(props *Props) {
	hub := awssecurityhub.NewCfnHub(c.Construct, jsii.String("Hub"), &awssecurityhub.CfnHubProps{
		EnableDefaultStandards: false, ControlFindingGenerator: jsii.String("SECURITY_CONTROL")})
	link := &awssecurityhub.CfnFindingAggregatorProps{RegionLinkingMode: jsii.String("ALL_REGIONS")}
	if len(props.Regions) > 0 {
		link.RegionLinkingMode, link.Regions = jsii.String("SPECIFIED_REGIONS"), jsii.Strings(props.Regions...)
	}
	aggregator := awssecurityhub.NewCfnFindingAggregator(c.Construct, jsii.String("Aggregator"), link)
	central := awssecurityhub.NewCfnOrganizationConfiguration(c.Construct, jsii.String("Organisation"), &awssecurityhub.CfnOrganizationConfigurationProps{
		AutoEnable: false, AutoEnableStandards: jsii.String("NONE"), ConfigurationType: jsii.String("CENTRAL")})
	policy := awssecurityhub.NewCfnConfigurationPolicy(c.Construct, jsii.String("Policy"), &awssecurityhub.CfnConfigurationPolicyProps{
		Name: jsii.String(props.Name), Description: jsii.String("Every control of the standards"),
		ConfigurationPolicy: &awssecurityhub.CfnConfigurationPolicy_PolicyProperty{
			SecurityHub: &awssecurityhub.CfnConfigurationPolicy_SecurityHubPolicyProperty{ServiceEnabled: true,
				EnabledStandardIdentifiers: standards(*awscdk.Stack_Of(c.Construct).Region()),
				SecurityControlsConfiguration: &awssecurityhub.CfnConfigurationPolicy_SecurityControlsConfigurationProperty{
					DisabledSecurityControlIdentifiers: &[]*string{}}}}})
	aggregator.AddResourceDependency(hub, nil)
	central.AddResourceDependency(aggregator, nil)
	policy.AddResourceDependency(central, nil)
	for _, account := range props.Accounts {
		awssecurityhub.NewCfnPolicyAssociation(c.Construct, jsii.String("Standards-"+account), &awssecurityhub.CfnPolicyAssociationProps{
			ConfigurationPolicyId: policy.AttrId(), TargetId: jsii.String(account), TargetType: jsii.String("ACCOUNT")})
	}
}
