package bootstrap

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"
)

// regionSteps enable the estate's Regions for every account. Regions that AWS
// opened after March 2019 are disabled until an account asks for them, and
// Control Tower governs none that its management account has not enabled
// ("Enable or disable AWS Regions in your account", AWS Account Management
// Reference Guide).
func (w *world) regionSteps() []step {
	e := w.o.Document.Estate()
	var all []step
	for _, region := range e.Regions.All() {
		all = append(all, w.regionStep(region, "management", "organisation/management", func() (string, bool) { return "", true }))
		for _, name := range e.Organisation.Accounts.Keys() {
			all = append(all, w.regionStep(region, name, "organisation/accounts/"+name, func() (string, bool) { id := w.id(name); return id, id != "" }))
		}
	}
	return all
}

// regionStep enables a Region for an account. The management account is asked
// about without its id: it cannot name itself (EnableRegion, AWS Account
// Management API Reference).
func (w *world) regionStep(region, name, path string, id func() (string, bool)) step {
	what := "enable " + region + " for account " + name
	if name == "management" {
		what = "enable " + region + " for the management account"
	}
	s := step{id: "region/" + region + "/" + name, what: what, path: path, group: "region/" + region}
	s.look = func(ctx context.Context) (view, error) {
		member, exists := id()
		if !exists {
			return todo("when the account exists")
		}
		status, err := w.optStatus(ctx, region, member)
		open := status == types.RegionOptStatusEnabled || status == types.RegionOptStatusEnabledByDefault
		return view{done: open, detail: string(status)}, err
	}
	s.act = func(ctx context.Context) error {
		member, _ := id()
		var status types.RegionOptStatus
		err := w.until(ctx, func() (yes bool, how string, err error) {
			status, err = w.optStatus(ctx, region, member)
			return status != types.RegionOptStatusDisabling, string(status), err // it cannot be enabled until that has ended
		})
		if err != nil || status != types.RegionOptStatusDisabled {
			return err
		}
		_, err = w.account.EnableRegion(ctx, &account.EnableRegionInput{RegionName: aws.String(region), AccountId: optional(member)})
		var under *types.ConflictException
		if errors.As(err, &under) { // an answer was lost
			return nil
		}
		return err
	}
	return s
}

// optStatus returns a Region's status in an account, or nothing where it cannot
// be asked for yet.
func (w *world) optStatus(ctx context.Context, region, member string) (types.RegionOptStatus, error) {
	if member != "" {
		if is, err := w.trusts(ctx, principalAccount); err != nil || !is {
			return "", err
		}
	}
	out, err := w.account.GetRegionOptStatus(ctx, &account.GetRegionOptStatusInput{RegionName: aws.String(region), AccountId: optional(member)})
	if err != nil {
		return "", err
	}
	return out.RegionOptStatus, nil
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
