package recoverable

import (
	"fmt"
	"slices"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// vault judges whether nobody can take a vault or what is in it away.
func (c *checker) vault(r *resource.Resource) {
	c.kept(r, CodeNotKept, "as far as it is empty")
	c.lock(r)
	c.vaultPolicy(r)
}

// lock judges the lock, which holds against everybody only in compliance mode:
// with a date from which it cannot be changed ("Vault lock modes", AWS Backup
// Developer Guide).
func (c *checker) lock(r *resource.Resource) {
	const property = "LockConfiguration"
	lock := r.Props.Get(property)
	if why := lock.FirstUnknown(); why != nil {
		c.doubt(r, property, "may not be locked", why)
		return
	}
	if lock.IsAbsent() || lock.Kind() == value.Null {
		c.refute(r, CodeUnlocked, property, "is not locked: whoever administers the account can delete every backup in it.", "Give it a LockConfiguration with MinRetentionDays and ChangeableForDays.")
		return
	}
	if _, ok := lock.Get("ChangeableForDays").Int(); !ok {
		c.refute(r, CodeUnlocked, property+"/ChangeableForDays", "is locked in governance mode, which who has the permission takes off: it has no date from which the lock holds for good.", "Set ChangeableForDays to 3 or more.")
		return
	}
	if days, _ := lock.Get("MinRetentionDays").Int(); days < estate.MinBackupDays {
		c.refute(r, CodeLockShort, property+"/MinRetentionDays", fmt.Sprintf("takes backups that are deleted after %d days; every backup has to be kept for %d.", days, estate.MinBackupDays),
			fmt.Sprintf("Set MinRetentionDays to %d or more.", estate.MinBackupDays))
	}
}

// vaultPolicy judges whether a vault's policy keeps everybody from deleting: of
// what the lock does not hold yet nothing else does.
func (c *checker) vaultPolicy(r *resource.Resource) {
	const property = "AccessPolicy"
	statements, why := policy.Statements(r.Props.Get(property))
	if why != nil && !r.Props.Get(property).IsAbsent() {
		c.doubt(r, property, "has a policy that is not known", why)
		return
	}
	for _, action := range []string{"backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"} {
		if !slices.ContainsFunc(statements, func(s policy.Statement) bool { return deniesAll(s, action) }) {
			c.refute(r, CodeVaultOpen, property, "has no policy that denies everybody "+action+".", "Add a statement that denies it to everybody on every resource, without a condition.")
			return
		}
	}
}

func deniesAll(s policy.Statement, action string) bool {
	is := func(all []value.Value) bool {
		return slices.ContainsFunc(all, func(v value.Value) bool { return policy.Covers(v, action) == policy.Yes })
	}
	return !s.Allow && !s.NotPrincipal && !s.NotAction && !s.NotResource && !s.Conditional() && slices.ContainsFunc(s.Principals, policy.Principal.Any) &&
		is(s.Actions) && slices.ContainsFunc(s.Resources, func(v value.Value) bool { return v.Text() == "*" })
}
