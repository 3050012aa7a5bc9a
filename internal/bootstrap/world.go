package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/ram"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
)

// global is the Region whose endpoints the services of an organisation are
// asked at.
const global = "us-east-1"

// world is AWS as this run sees it. What was read is kept until something that
// may change it is done.
type world struct {
	o      Options
	caller string // the account whose credentials these are

	organizations  *organizations.Client
	account        *account.Client
	backup         *backup.Client
	ram            *ram.Client
	iam            *iam.Client
	cloudformation *cloudformation.Client

	organisation *types.Organization
	services     map[string]bool // that are trusted
	accounts     []types.Account

	rootID          string
	units           map[string]string // ids of the root's units by name; nil: not asked
	instance, store string            // of IAM Identity Center
}

func newWorld(o Options) *world {
	o.Config.Region = global
	o.Config.Retryer = retryer(o.Poll)
	return &world{o: o, organizations: organizations.NewFromConfig(o.Config), account: account.NewFromConfig(o.Config), backup: backup.NewFromConfig(o.Config),
		ram: ram.NewFromConfig(o.Config), iam: iam.NewFromConfig(o.Config), cloudformation: cloudformation.NewFromConfig(o.Config)}
}

// retryer tries again what AWS asks to be tried again, ever more slowly: the
// SDK's own list, and what Organizations answers while it is busy with another
// change. The number of attempts bounds it, not a budget for all calls: a run
// has time.
func retryer(poll time.Duration) func() aws.Retryer {
	return func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = 10
			o.MaxBackoff = max(4*poll, time.Millisecond)
			o.RateLimiter = ratelimit.None
			o.Retryables = append(o.Retryables, retry.RetryableErrorCode{Codes: busyCodes()})
		})
	}
}

func busyCodes() map[string]struct{} {
	return map[string]struct{}{"ConcurrentModificationException": {}, "FinalizingOrganizationException": {}, "TooManyRequestsException": {}}
}

// retryable says whether a code means that a request came too soon.
func retryable(code string) bool {
	_, busy := busyCodes()[code]
	_, throttled := retry.DefaultThrottleErrorCodes[code]
	return busy || throttled
}

// identify finds out whose credentials these are, and refuses any but the
// management account's.
func (w *world) identify(ctx context.Context) error {
	who, err := sts.NewFromConfig(w.o.Config).GetCallerIdentity(ctx, nil)
	if err != nil {
		return err
	}
	w.caller = aws.ToString(who.Account)
	m := w.o.Document.Estate().Organisation.Management
	if m.ID != "" && m.ID != w.caller {
		return w.notManagement(m.ID, "the estate file says")
	}
	org, err := w.described(ctx)
	if err != nil || org == nil {
		return err
	}
	if id := aws.ToString(org.MasterAccountId); id != w.caller {
		return w.notManagement(id, "account "+w.caller+" belongs to an organisation, whose management account is")
	}
	if owner := aws.ToString(org.MasterAccountEmail); !strings.EqualFold(owner, m.Email) {
		return diag.Diagnostic{Code: CodeManagement, Pos: w.at("organisation/management/email"),
			What: fmt.Sprintf("the management account %s belongs to %s, and not to %s", w.caller, owner, m.Email),
			Why:  "the credentials may be those of another company's organisation", Fix: "correct organisation.management.email, or use other credentials"}
	}
	return nil
}

func (w *world) notManagement(id, who string) error {
	return diag.Diagnostic{Code: CodeManagement, Pos: w.at("organisation/management"),
		What: fmt.Sprintf("these are credentials of account %s; %s %s", w.caller, who, id),
		Why:  "only the management account can change its organisation", Fix: "sign in to account " + id + ", then run the command again"}
}

// described returns the organisation, or nil if there is none.
func (w *world) described(ctx context.Context) (*types.Organization, error) {
	if w.organisation != nil {
		return w.organisation, nil
	}
	out, err := w.organizations.DescribeOrganization(ctx, nil)
	var none *types.AWSOrganizationsNotInUseException
	if errors.As(err, &none) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	w.organisation = out.Organization
	return w.organisation, nil
}

// trusts says whether a service may act in the organisation's accounts.
func (w *world) trusts(ctx context.Context, principal string) (bool, error) {
	if w.services == nil {
		if org, err := w.described(ctx); err != nil || org == nil {
			return false, err
		}
		services := map[string]bool{}
		for pages := organizations.NewListAWSServiceAccessForOrganizationPaginator(w.organizations, nil); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return false, err
			}
			for _, s := range page.EnabledServicePrincipals {
				services[aws.ToString(s.ServicePrincipal)] = true
			}
		}
		w.services = services
	}
	return w.services[principal], nil
}

// listed returns the organisation's accounts, read anew if fresh is set.
func (w *world) listed(ctx context.Context, fresh bool) ([]types.Account, error) {
	if w.accounts != nil && !fresh {
		return w.accounts, nil
	}
	if org, err := w.described(ctx); err != nil || org == nil {
		return nil, err
	}
	all := []types.Account{}
	for pages := organizations.NewListAccountsPaginator(w.organizations, nil); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Accounts...)
	}
	w.accounts = all
	return all, nil
}

// id returns an account's id as the estate file has it; "" if it has none yet.
func (w *world) id(name string) string {
	a, _ := w.o.Document.Estate().Organisation.Accounts.Get(name)
	return a.ID
}

// write writes an id into the estate file.
func (w *world) write(path, id string) error {
	if err := w.o.Document.Set(path, id); err != nil {
		return err
	}
	return w.o.Document.Save()
}

func (w *world) guardDuty(region string) *guardduty.Client {
	return guardduty.NewFromConfig(w.o.Config, func(o *guardduty.Options) { o.Region = region })
}

func (w *world) securityHub(region string) *securityhub.Client {
	return securityhub.NewFromConfig(w.o.Config, func(o *securityhub.Options) { o.Region = region })
}

// steps lists everything that there is to be, in the order in which one thing
// needs another: what Control Tower asks for comes first ("Getting started with
// AWS Control Tower using APIs", AWS Control Tower User Guide).
func (w *world) steps() []step {
	e := w.o.Document.Estate()
	all := []step{w.managementStep(), w.organisationStep()}
	all = append(all, w.policyTypeSteps()...)
	all = append(all, w.trustSteps()...)
	all = append(all, w.backupStep(), w.sharingStep(), w.stackSetsStep())
	archive, _ := e.WithRole(estate.RoleLogArchive)
	audit, _ := e.WithRole(estate.RoleAudit)
	first := []string{archive, audit}
	for _, name := range first {
		all = append(all, w.accountStep(name))
	}
	all = append(all, w.roleSteps()...)
	for _, name := range e.Organisation.Accounts.Keys() {
		if !slices.Contains(first, name) {
			all = append(all, w.accountStep(name))
		}
	}
	all = append(all, w.regionSteps()...)
	all = append(all, w.delegationSteps(audit)...)
	return append(all, w.handoverSteps()...)
}
