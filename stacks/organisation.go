package stacks

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscontroltower"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsorganizations"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/encryption"
	"github.com/suretyhq/surety/patterns/guardrails"
)

// Layers of the management account. The units are made before the landing zone:
// between the two `surety bootstrap organisation` moves the accounts into them.
const (
	LayerOrganisation = "organisation"
	LayerLandingZone  = "landing-zone"
	LayerIdentity     = "identity"
)

// organisationStacks is how many stacks the management account has.
func (c *composer) organisationStacks() int {
	if c.estate.Organisation.Management.ID == "" {
		return 0
	}
	return 3
}

// organisation is the management account's stacks while they are composed.
type organisation struct {
	*composer
	stacks map[string]awscdk.Stack
	units  map[string]awsorganizations.CfnOrganizationalUnit
}

// addOrganisation makes everything that the management account holds.
func (c *composer) addOrganisation() map[string]awscdk.Stack {
	if c.organisationStacks() == 0 {
		return nil
	}
	o := &organisation{composer: c, stacks: map[string]awscdk.Stack{}, units: map[string]awsorganizations.CfnOrganizationalUnit{}}
	o.addUnits()
	o.addLandingZone()
	o.addIdentity()
	return o.stacks
}

func (o *organisation) layer(name, description string, after ...awscdk.Stack) awscdk.Stack {
	at := place{estate.OrganisationEnvironment, o.estate.Organisation.Management.ID, o.estate.Regions.Home}
	o.stacks[name] = o.stack(at, name, description+" of "+o.estate.Name, after...)
	return o.stacks[name]
}

// atDeployment is a value that exists outside of every stack: CloudFormation
// reads it from Systems Manager when it deploys.
func (o *organisation) atDeployment(scope constructs.Construct, id, path, description string) *string {
	name := "/" + o.estate.Name + "/" + path
	return awscdk.NewCfnParameter(scope, jsii.String(id), &awscdk.CfnParameterProps{Type: jsii.String("AWS::SSM::Parameter::Value<String>"),
		Default: jsii.String(name), Description: jsii.String(description)}).ValueAsString()
}

// addUnits makes the organisational units with their guardrails.
func (o *organisation) addUnits() {
	stack := o.layer(LayerOrganisation, "Organisational units and guardrails")
	root := o.atDeployment(stack, "Root", "organisation/root", "Id of the organisation's root, r-...")
	var targets []*string
	for _, u := range o.estate.Units() {
		unit := awsorganizations.NewCfnOrganizationalUnit(stack, jsii.String(u.Name), &awsorganizations.CfnOrganizationalUnitProps{
			Name: jsii.String(u.Name), ParentId: root})
		awscdk.Tags_Of(unit).Add(jsii.String(addr.TagAccounts), jsii.String(strings.Join(u.Accounts, " ")), nil)
		unit.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
		o.units[u.Name] = unit
		targets = append(targets, unit.Ref())
	}
	guardrails.New(stack, "Guardrails", &guardrails.Props{Name: o.estate.Name, Regions: o.estate.Regions.All(), EdgeRegion: guardrails.EdgeRegion,
		KeyAdministrator: o.estate.Keys.Administrator, ThirdParties: o.thirdParties(), Targets: targets})
}

// thirdParties are the accounts outside the organisation that the estate lets
// in.
func (o *organisation) thirdParties() []string {
	own := []string{o.estate.Organisation.Management.ID}
	for _, a := range o.estate.Organisation.Accounts.All() {
		own = append(own, a.ID)
	}
	var all []string
	if f := strings.Split(o.estate.Keys.Administrator, ":"); len(f) > 4 && !slices.Contains(own, f[4]) {
		all = append(all, f[4])
	}
	return all
}

// Versions that belong together. Source: AWS Control Tower User Guide,
// "Compatibility of OU baselines and landing zone versions".
const (
	landingZoneVersion = "4.0"
	baselineVersion    = "5.0"
	baselineID         = "17BSJV3IGJ2QSGA2" // AWSControlTowerBaseline, in every organisation
)

// Days for which Control Tower keeps what AWS Config records, and who read it.
const (
	configDays = 2557
	accessDays = 365
)

// addLandingZone lets Control Tower govern the units. The organisation's trail
// is the estate's own, and people come by the estate's own permission sets.
// Source: AWS Control Tower User Guide, "Landing zone schemas".
func (o *organisation) addLandingZone() {
	stack := o.layer(LayerLandingZone, "Control Tower's landing zone", o.stacks[LayerOrganisation])
	_, audit := o.estate.WithRole(estate.RoleAudit)
	key := encryption.NewKey(stack, "Key", &encryption.KeyProps{Alias: o.estate.Name + "-landing-zone", Description: "Records of AWS Config of " + o.estate.Name,
		Administrator: o.estate.Keys.Administrator})
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String("ConfigUses"), Actions: jsii.Strings("kms:Decrypt", "kms:GenerateDataKey"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("config.amazonaws.com"), nil)}, Resources: jsii.Strings("*")}), nil)
	zone := awscontroltower.NewCfnLandingZone(stack, jsii.String("LandingZone"), &awscontroltower.CfnLandingZoneProps{
		Version: jsii.String(landingZoneVersion), RemediationTypes: jsii.Strings("INHERITANCE_DRIFT"),
		Manifest: map[string]any{
			"governedRegions":    o.estate.Regions.All(),
			"accessManagement":   map[string]any{"enabled": false},
			"backup":             map[string]any{"enabled": false},
			"centralizedLogging": map[string]any{"enabled": false},
			"securityRoles":      map[string]any{"enabled": true, "accountId": audit.ID},
			"config": map[string]any{"enabled": true, "accountId": audit.ID, "configurations": map[string]any{"kmsKeyArn": key.KeyArn(),
				"loggingBucket": map[string]any{"retentionDays": configDays}, "accessLoggingBucket": map[string]any{"retentionDays": accessDays}}},
		}})
	zone.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	o.govern(stack, zone)
}

// controls are what Control Tower watches for beyond its own: strongly
// recommended controls that no guardrail and no proof can stand for, because
// they see what happens by hand. Source: AWS Control Tower Controls Reference
// Guide, "Strongly recommended controls".
func controls() []string {
	return []string{"AWS-GR_ENCRYPTED_VOLUMES", "AWS-GR_RDS_INSTANCE_PUBLIC_ACCESS_CHECK", "AWS-GR_RDS_SNAPSHOTS_PUBLIC_PROHIBITED", "AWS-GR_RDS_STORAGE_ENCRYPTED",
		"AWS-GR_RESTRICTED_SSH", "AWS-GR_S3_BUCKET_PUBLIC_READ_PROHIBITED", "AWS-GR_S3_BUCKET_PUBLIC_WRITE_PROHIBITED"}
}

// govern registers the units and switches controls on, one after the other:
// Control Tower does one thing at a time with a unit. The unit of the accounts
// that keep logs and watch is the landing zone's own.
func (o *organisation) govern(stack awscdk.Stack, zone awscdk.CfnResource) {
	region := o.estate.Regions.Home
	last := zone
	next := func(r awscdk.CfnResource) {
		r.Node().AddDependency(last)
		last = r
	}
	for _, u := range o.estate.Units() {
		if u.Name == estate.UnitSecurity {
			continue
		}
		scope := constructs.NewConstruct(stack, jsii.String(u.Name))
		target := o.units[u.Name].AttrArn()
		next(awscontroltower.NewCfnEnabledBaseline(scope, jsii.String("Baseline"), &awscontroltower.CfnEnabledBaselineProps{
			BaselineIdentifier: jsii.String("arn:aws:controltower:" + region + "::baseline/" + baselineID), BaselineVersion: jsii.String(baselineVersion),
			TargetIdentifier: target}))
		for _, name := range controls() {
			next(awscontroltower.NewCfnEnabledControl(scope, jsii.String(name), &awscontroltower.CfnEnabledControlProps{
				ControlIdentifier: jsii.String("arn:aws:controltower:" + region + "::control/" + name), TargetIdentifier: target}))
		}
	}
}
