package bootstrap

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/ram"

	"github.com/suretyhq/surety/diag"
)

// managementStep writes the management account's id into the estate file.
func (w *world) managementStep() step {
	const path = "organisation/management"
	return step{id: "management", what: "write the management account's id into the estate file", path: path,
		look: func(context.Context) (view, error) {
			if w.o.Document.Estate().Organisation.Management.ID == w.caller {
				return done(w.caller)
			}
			return todo("write " + w.caller)
		},
		act: func(context.Context) error { return w.write(path+"/id", w.caller) }}
}

func (w *world) organisationStep() step {
	const path = "organisation/management"
	return step{id: "organisation", what: "create the organisation with all features", path: path,
		look: func(ctx context.Context) (view, error) {
			org, err := w.described(ctx)
			if err != nil || org == nil {
				return view{detail: "account " + w.caller + " belongs to no organisation yet"}, err
			}
			if org.FeatureSet != types.OrganizationFeatureSetAll {
				return view{}, diag.Diagnostic{Code: CodeFeatures, Pos: w.at(path),
					What: fmt.Sprintf("the organisation %s has the features for consolidated billing only", aws.ToString(org.Id)),
					Why:  "guardrails, trusted access and Control Tower need all features, and every invited account has to agree to them",
					Fix:  "enable all features (aws organizations enable-all-features), let the accounts agree, then run the command again"}
			}
			return done(aws.ToString(org.Id))
		},
		act: func(ctx context.Context) error {
			_, err := w.organizations.CreateOrganization(ctx, &organizations.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetAll})
			var already *types.AlreadyInOrganizationException
			if errors.As(err, &already) { // an answer was lost
				return nil
			}
			return err
		}}
}

// policyTypeSteps switch on the kinds of policies that stacks attach.
func (w *world) policyTypeSteps() []step {
	var all []step
	for _, t := range []struct {
		kind types.PolicyType
		what string
	}{
		{types.PolicyTypeServiceControlPolicy, "service control policies"},
		{types.PolicyTypeResourceControlPolicy, "resource control policies"},
		{types.PolicyTypeBackupPolicy, "backup policies"},
	} {
		all = append(all, w.policyTypeStep(t.kind, t.what))
	}
	return all
}

func (w *world) policyTypeStep(kind types.PolicyType, what string) step {
	var root string
	return step{id: "policy-type/" + string(kind), what: "enable " + what, path: "organisation",
		look: func(ctx context.Context) (view, error) {
			if org, err := w.described(ctx); err != nil || org == nil {
				return view{}, err
			}
			out, err := w.organizations.ListRoots(ctx, nil)
			if err != nil {
				return view{}, err
			}
			for _, r := range out.Roots { // an organisation has one
				root = aws.ToString(r.Id)
				for _, t := range r.PolicyTypes {
					if t.Type == kind {
						return view{done: t.Status == types.PolicyTypeStatusEnabled, detail: string(t.Status)}, nil
					}
				}
			}
			return todo("")
		},
		act: func(ctx context.Context) error {
			_, err := w.organizations.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: aws.String(root), PolicyType: kind})
			var already *types.PolicyTypeAlreadyEnabledException
			if errors.As(err, &already) {
				return nil
			}
			return err
		}}
}

// principalAccount is Account Management, which enables Regions for accounts.
const principalAccount = "account.amazonaws.com"

// trustSteps let services act in the organisation's accounts. Resource Access
// Manager and StackSets are let by calls of their own.
func (w *world) trustSteps() []step {
	var all []step
	for _, s := range []struct{ principal, what string }{
		{principalAccount, "AWS Account Management"},
		{"backup.amazonaws.com", "AWS Backup"},
		{"cloudtrail.amazonaws.com", "AWS CloudTrail"},
		{"config.amazonaws.com", "AWS Config's aggregators"},
		{"config-multiaccountsetup.amazonaws.com", "AWS Config's rules and conformance packs"},
		{"controltower.amazonaws.com", "AWS Control Tower"},
		{"guardduty.amazonaws.com", "Amazon GuardDuty"},
		{"securityhub.amazonaws.com", "AWS Security Hub"},
		{"sso.amazonaws.com", "IAM Identity Center"},
	} {
		all = append(all, w.trustStep(s.principal, s.what))
	}
	return all
}

func (w *world) trustStep(principal, what string) step {
	return step{id: "trusted-access/" + principal, what: "trust " + what + " in the organisation", path: "organisation",
		look: func(ctx context.Context) (view, error) {
			is, err := w.trusts(ctx, principal)
			return view{done: is}, err
		},
		act: func(ctx context.Context) error {
			_, err := w.organizations.EnableAWSServiceAccess(ctx, &organizations.EnableAWSServiceAccessInput{ServicePrincipal: aws.String(principal)})
			w.services = nil
			return err
		}}
}

// backupStep lets AWS Backup copy from one of the organisation's accounts to
// another, which no type of CloudFormation does ("Creating backup copies across
// AWS accounts", AWS Backup Developer Guide). AWS Backup has to be trusted.
func (w *world) backupStep() step {
	const setting = "isCrossAccountBackupEnabled"
	return step{id: "backup-copies", what: "let AWS Backup copy between the organisation's accounts", path: "organisation",
		look: func(ctx context.Context) (view, error) {
			if is, err := w.trusts(ctx, "backup.amazonaws.com"); err != nil || !is {
				return view{}, err
			}
			out, err := w.backup.DescribeGlobalSettings(ctx, &backup.DescribeGlobalSettingsInput{})
			if err != nil {
				return view{}, err
			}
			return view{done: out.GlobalSettings[setting] == "true"}, nil
		},
		act: func(ctx context.Context) error {
			_, err := w.backup.UpdateGlobalSettings(ctx, &backup.UpdateGlobalSettingsInput{GlobalSettings: map[string]string{setting: "true"}})
			return err
		}}
}

// sharingStep lets Resource Access Manager share with the organisation without
// invitations. The call makes a service-linked role, without which trusted
// access alone shares nothing ("Enable resource sharing within AWS
// Organizations", AWS RAM User Guide).
func (w *world) sharingStep() step {
	const role = "AWSServiceRoleForResourceAccessManager"
	return step{id: "resource-sharing", what: "share resources with the organisation (AWS RAM)", path: "organisation",
		look: func(ctx context.Context) (view, error) {
			if org, err := w.described(ctx); err != nil || org == nil {
				return view{}, err
			}
			if is, err := w.trusts(ctx, "ram.amazonaws.com"); err != nil || !is {
				return view{}, err
			}
			_, err := w.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(role)})
			var none *iamtypes.NoSuchEntityException
			if errors.As(err, &none) {
				return todo("there is no role " + role)
			}
			return view{done: err == nil}, err
		},
		act: func(ctx context.Context) error {
			_, err := w.ram.EnableSharingWithAwsOrganization(ctx, &ram.EnableSharingWithAwsOrganizationInput{})
			w.services = nil
			return err
		}}
}

// stackSetsStep lets StackSets deploy to the organisation's accounts
// (ActivateOrganizationsAccess, AWS CloudFormation API Reference).
func (w *world) stackSetsStep() step {
	return step{id: "stack-sets", what: "deploy stack sets to the organisation's accounts", path: "organisation",
		look: func(ctx context.Context) (view, error) {
			if org, err := w.described(ctx); err != nil || org == nil {
				return view{}, err
			}
			out, err := w.cloudformation.DescribeOrganizationsAccess(ctx, &cloudformation.DescribeOrganizationsAccessInput{})
			if err != nil {
				return view{}, err
			}
			return view{done: out.Status == cfntypes.OrganizationStatusEnabled, detail: string(out.Status)}, nil
		},
		act: func(ctx context.Context) error {
			_, err := w.cloudformation.ActivateOrganizationsAccess(ctx, &cloudformation.ActivateOrganizationsAccessInput{})
			w.services = nil
			return err
		}}
}
