package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"github.com/suretyhq/surety/diag"
)

// delegationSteps make the audit account the administrator of what watches the
// organisation, so that nothing has to run in the management account. GuardDuty
// and Security Hub have one administrator in a Region and calls of their own.
func (w *world) delegationSteps(audit string) []step {
	var all []step
	for _, s := range []struct{ principal, what string }{
		{"backup.amazonaws.com", "AWS Backup"},
		{"config.amazonaws.com", "AWS Config's aggregators"},
		{"config-multiaccountsetup.amazonaws.com", "AWS Config's rules and conformance packs"},
	} {
		all = append(all, w.delegationStep(audit, "delegated/"+s.principal, s.what, false, func(ctx context.Context) ([]string, error) {
			return w.delegated(ctx, s.principal)
		}, func(ctx context.Context, id string) error {
			_, err := w.organizations.RegisterDelegatedAdministrator(ctx, &organizations.RegisterDelegatedAdministratorInput{AccountId: aws.String(id), ServicePrincipal: aws.String(s.principal)})
			var already *types.AccountAlreadyRegisteredException
			if errors.As(err, &already) {
				return nil
			}
			return err
		}))
	}
	for _, region := range w.o.Document.Estate().Regions.All() {
		all = append(all, w.guardDutyStep(audit, region), w.securityHubStep(audit, region))
	}
	return all
}

// delegationStep makes the audit account an administrator, perhaps the only one.
// admins returns the accounts that are.
func (w *world) delegationStep(audit, id, what string, only bool, admins func(context.Context) ([]string, error), enable func(context.Context, string) error) step {
	s := step{id: id, what: "let account " + audit + " administer " + what, path: "organisation/accounts/" + audit}
	s.look = func(ctx context.Context) (view, error) {
		if org, err := w.described(ctx); err != nil || org == nil {
			return view{}, err
		}
		member := w.id(audit)
		if member == "" {
			return todo("when the account exists")
		}
		have, err := admins(ctx)
		if err != nil {
			return view{}, err
		}
		is := slices.Contains(have, member)
		if only && !is && len(have) > 0 {
			return view{}, diag.Diagnostic{Code: CodeDelegated, Pos: w.at(s.path),
				What: fmt.Sprintf("account %s administers %s, and not account %s (%s)", strings.Join(have, ", "), what, audit, member),
				Why:  "what it watches would stop being watched if it were replaced here", Fix: "deregister it, or give it the role audit in the estate; then run the command again"}
		}
		return view{done: is}, nil
	}
	s.act = func(ctx context.Context) error { return enable(ctx, w.id(audit)) }
	return s
}

func (w *world) delegated(ctx context.Context, principal string) ([]string, error) {
	var ids []string
	in := &organizations.ListDelegatedAdministratorsInput{ServicePrincipal: aws.String(principal)}
	for pages := organizations.NewListDelegatedAdministratorsPaginator(w.organizations, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, a := range page.DelegatedAdministrators {
			ids = append(ids, aws.ToString(a.Id))
		}
	}
	return ids, nil
}

// open says whether the management account can use a Region: its services
// answer nobody else.
func (w *world) open(ctx context.Context, region string) (bool, error) {
	status, err := w.optStatus(ctx, region, "")
	return status == accounttypes.RegionOptStatusEnabled || status == accounttypes.RegionOptStatusEnabledByDefault, err
}

func (w *world) guardDutyStep(audit, region string) step {
	return w.delegationStep(audit, "delegated/guardduty/"+region, "Amazon GuardDuty in "+region, true, func(ctx context.Context) ([]string, error) {
		if is, err := w.open(ctx, region); err != nil || !is {
			return nil, err
		}
		var ids []string
		for pages := guardduty.NewListOrganizationAdminAccountsPaginator(w.guardDuty(region), nil); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, a := range page.AdminAccounts {
				ids = append(ids, aws.ToString(a.AdminAccountId))
			}
		}
		return ids, nil
	}, func(ctx context.Context, id string) error {
		_, err := w.guardDuty(region).EnableOrganizationAdminAccount(ctx, &guardduty.EnableOrganizationAdminAccountInput{AdminAccountId: aws.String(id)})
		return err
	})
}

func (w *world) securityHubStep(audit, region string) step {
	return w.delegationStep(audit, "delegated/securityhub/"+region, "AWS Security Hub in "+region, true, func(ctx context.Context) ([]string, error) {
		if is, err := w.open(ctx, region); err != nil || !is {
			return nil, err
		}
		var ids []string
		for pages := securityhub.NewListOrganizationAdminAccountsPaginator(w.securityHub(region), nil); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, a := range page.AdminAccounts {
				ids = append(ids, aws.ToString(a.AccountId))
			}
		}
		return ids, nil
	}, func(ctx context.Context, id string) error {
		_, err := w.securityHub(region).EnableOrganizationAdminAccount(ctx, &securityhub.EnableOrganizationAdminAccountInput{AdminAccountId: aws.String(id)})
		return err
	})
}
