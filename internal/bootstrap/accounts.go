package bootstrap

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/suretyhq/surety/diag"
)

// tries is how often an account is asked for when AWS says that it was busy.
const tries = 5

// accountStep makes an account, unless it is there: told by its id, else by its
// owner's address, which no other account in the world has.
func (w *world) accountStep(name string) step {
	s := step{id: "account/" + name, what: "create account " + name, path: "organisation/accounts/" + name}
	s.look = func(ctx context.Context) (view, error) { return w.lookAtAccount(ctx, s, name) }
	s.act = func(ctx context.Context) error { return w.makeAccount(ctx, s, name) }
	return s
}

func (w *world) lookAtAccount(ctx context.Context, s step, name string) (view, error) {
	want, _ := w.o.Document.Estate().Organisation.Accounts.Get(name)
	all, err := w.listed(ctx, false)
	if err != nil {
		return view{}, err
	}
	for _, a := range all {
		id := aws.ToString(a.Id)
		byID, byEmail := id == want.ID, want.Email != "" && strings.EqualFold(aws.ToString(a.Email), want.Email)
		switch {
		case !byID && !byEmail:
			continue
		case state(a) != types.AccountStateActive && state(a) != types.AccountStatePendingActivation:
			return view{}, w.contradiction(s, fmt.Sprintf("account %s (%s) is %s", name, id, state(a)), "nothing can be deployed into a closed account, and its owner's address stays taken",
				"let AWS Support reopen it, or give the estate another address")
		case byEmail && want.ID != "" && !byID:
			return view{}, w.contradiction(s, fmt.Sprintf("the account of %s has the id %s, and the estate says %s", want.Email, id, want.ID), "", "correct the id or the email")
		case byID && want.Email != "" && !byEmail:
			return view{}, w.contradiction(s, fmt.Sprintf("account %s (%s) belongs to %s, and the estate says %s", name, id, aws.ToString(a.Email), want.Email), "", "correct the id or the email")
		case want.ID == "":
			return todo("it exists: write " + id + " into the estate file")
		}
		return view{done: state(a) == types.AccountStateActive, detail: id}, nil
	}
	switch {
	case want.ID != "" && w.organisation == nil:
		return todo("it exists: it joins the organisation by invitation, once there is one")
	case want.ID != "":
		return view{}, w.contradiction(s, fmt.Sprintf("account %s (%s) does not belong to the organisation", name, want.ID),
			"an account that exists joins an organisation by an invitation that its owner accepts",
			"invite it (aws organizations invite-account-to-organization), or take the id out so that a new account is made")
	}
	return todo("for " + want.Email)
}

// state returns an account's state, by either of the fields that tell it.
func state(a types.Account) types.AccountState {
	if a.State != "" {
		return a.State
	}
	return types.AccountState(a.Status)
}

func (w *world) contradiction(s step, what, why, fix string) error {
	return diag.Diagnostic{Code: CodeAccount, Pos: w.at(s.path), What: what, Why: why, Fix: fix + "; then run the command again"}
}

// makeAccount finds an account's id, or asks for the account and waits for it,
// and writes the id down. Asking is not idempotent, so that each try begins
// with a look at what earlier ones have led to.
func (w *world) makeAccount(ctx context.Context, s step, name string) error {
	want, _ := w.o.Document.Estate().Organisation.Accounts.Get(name)
	called := w.o.Document.Estate().Name + "-" + name
	var last types.CreateAccountFailureReason
	for range tries {
		if id, err := w.idOf(ctx, want.Email); err != nil {
			return err
		} else if id != "" {
			return w.write(s.path+"/id", id)
		}
		request, err := w.requested(ctx, called)
		if err != nil {
			return err
		}
		if request == "" {
			out, err := w.organizations.CreateAccount(ctx, &organizations.CreateAccountInput{Email: aws.String(want.Email), AccountName: aws.String(called)})
			if err != nil {
				return err
			}
			request = aws.ToString(out.CreateAccountStatus.Id)
		}
		status, err := w.created(ctx, request)
		if err != nil {
			return err
		}
		if status.State == types.CreateAccountStateSucceeded {
			continue // by its owner's address, so that the id is this account's
		}
		last = status.FailureReason
		if !passes(last) {
			return w.refused(s, name, want.Email, last)
		}
		if err := w.sleep(ctx); err != nil {
			return err
		}
	}
	return w.refused(s, name, want.Email, last)
}

// idOf returns the id of the account of an address, or "".
func (w *world) idOf(ctx context.Context, email string) (string, error) {
	all, err := w.listed(ctx, true)
	for _, a := range all {
		if strings.EqualFold(aws.ToString(a.Email), email) {
			return aws.ToString(a.Id), nil
		}
	}
	return "", err
}

// requested returns the request for an account of a name that AWS still works
// on, or "".
func (w *world) requested(ctx context.Context, called string) (string, error) {
	in := &organizations.ListCreateAccountStatusInput{States: []types.CreateAccountState{types.CreateAccountStateInProgress}}
	for pages := organizations.NewListCreateAccountStatusPaginator(w.organizations, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, s := range page.CreateAccountStatuses {
			if aws.ToString(s.AccountName) == called && s.State == types.CreateAccountStateInProgress {
				return aws.ToString(s.Id), nil
			}
		}
	}
	return "", nil
}

// created waits until AWS is done with a request.
func (w *world) created(ctx context.Context, request string) (*types.CreateAccountStatus, error) {
	var status *types.CreateAccountStatus
	err := w.until(ctx, func() (bool, string, error) {
		out, err := w.organizations.DescribeCreateAccountStatus(ctx, &organizations.DescribeCreateAccountStatusInput{CreateAccountRequestId: aws.String(request)})
		if err != nil {
			return false, "", err
		}
		status = out.CreateAccountStatus
		return status.State != types.CreateAccountStateInProgress, string(status.State), nil
	})
	return status, err
}

// passes says whether a failure passes by itself. An address that is taken may
// be taken by the account itself, whose request's answer was lost: it is found
// by the next look.
func passes(r types.CreateAccountFailureReason) bool {
	switch r {
	case types.CreateAccountFailureReasonConcurrentAccountModification, types.CreateAccountFailureReasonInternalFailure, types.CreateAccountFailureReasonEmailAlreadyExists:
		return true
	}
	return false
}

// refused says why AWS made no account (CreateAccountStatus, AWS Organizations
// API Reference).
func (w *world) refused(s step, name, email string, r types.CreateAccountFailureReason) error {
	why, fix := "", "ask AWS Support"
	switch r {
	case types.CreateAccountFailureReasonEmailAlreadyExists:
		why, fix = "an account outside the organisation has this address", "give the account another address, or invite the one that exists and write its id"
	case types.CreateAccountFailureReasonAccountLimitExceeded:
		why, fix = "the organisation has as many accounts as AWS grants it", "ask AWS for more (Service Quotas, AWS Organizations, Default maximum number of accounts)"
	case types.CreateAccountFailureReasonInvalidEmail, types.CreateAccountFailureReasonInvalidAddress:
		why, fix = "AWS does not take the address", "give the account another address"
	case types.CreateAccountFailureReasonMissingPaymentInstrument, types.CreateAccountFailureReasonInvalidPaymentInstrument:
		why, fix = "the management account has no valid means of payment", "add one in the management account's billing console"
	case types.CreateAccountFailureReasonMissingBusinessValidation, types.CreateAccountFailureReasonPendingBusinessVALIDATIONv,
		types.CreateAccountFailureReasonFailedBusinessValidation, types.CreateAccountFailureReasonUnknownBusinessValidation,
		types.CreateAccountFailureReasonInvalidIdentityForBusinessValidation:
		why, fix = "AWS has not validated the company that owns the management account", "finish the validation with AWS"
	case types.CreateAccountFailureReasonConcurrentAccountModification, types.CreateAccountFailureReasonInternalFailure:
		why, fix = "AWS was busy with another change, or failed itself", "wait some minutes"
	}
	return w.contradiction(s, fmt.Sprintf("AWS made no account %s for %s: %s", name, email, r), why, fix)
}
