package recoverable

import (
	"slices"

	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// restoreTest is a restore testing plan with one of its selections.
type restoreTest struct{ plan, selection *resource.Resource }

// readTests finds the tests by the name of their plan, within its account and
// Region.
func (c *checker) readTests() {
	for _, s := range c.in.Graph.OfType("AWS::Backup::RestoreTestingSelection") {
		name := s.Props.Get("RestoreTestingPlanName")
		for _, p := range c.in.Graph.OfType("AWS::Backup::RestoreTestingPlan") {
			ref, refers := name.Ref()
			if near(p, s) && (refers && ref.To == p.Addr || name.Text() != "" && name.Text() == p.Props.Get("RestoreTestingPlanName").Text()) {
				c.tests = append(c.tests, restoreTest{p, s})
			}
		}
	}
}

// mostBetweenTests is how many days may lie between two tests: a month.
const mostBetweenTests = 31

// tested judges whether restoring a store is tried from the vault that holds its
// backups ("Restore testing", AWS Backup Developer Guide).
func (c *checker) tested(r *resource.Resource, t protected, rules []rule) {
	best := policy.No
	for _, test := range c.tests {
		if near(test.selection, r) && gap(test.plan.Props.Get("ScheduleExpression")) <= mostBetweenTests {
			best = max(best, min(test.covers(r, t), c.includes(test.plan, rules)))
		}
	}
	switch best {
	case policy.Maybe:
		c.doubt(r, "", "may be in no restore test: what one is for is not known", nil)
	case policy.No:
		c.refute(r, CodeUntested, "", "is backed up, but no test restores it each month: whether it can be restored shows when it has to be.",
			"Name its ARN in an AWS::Backup::RestoreTestingSelection of the type "+t.restored+", of a plan that includes the vault and runs each month or more often.")
	}
}

// covers says whether a test is for a store.
func (t restoreTest) covers(r *resource.Resource, p protected) policy.Truth {
	typ := t.selection.Props.Get("ProtectedResourceType")
	if typ.FirstUnknown() != nil || t.selection.Conditional != nil || t.plan.Conditional != nil {
		return policy.Maybe
	}
	if typ.Text() != p.restored {
		return policy.No
	}
	named := anyARN(t.selection.Props.Get("ProtectedResourceArns"), r, p)
	if t.selection.Props.Get("ProtectedResourceConditions").Len() > 0 {
		return min(named, policy.Maybe)
	}
	return named
}

// includes says whether a test restores from a vault that a rule fills.
func (c *checker) includes(test *resource.Resource, rules []rule) policy.Truth {
	selection := test.Props.Get("RecoveryPointSelection")
	if selection.FirstUnknown() != nil || selection.Get("ExcludeVaults").Len() > 0 {
		return policy.Maybe
	}
	best := policy.No
	for _, ru := range rules {
		vault := c.vaultOf(ru.plan, ru.props.Get("TargetBackupVault"))
		if vault == nil {
			best = max(best, policy.Maybe)
			continue
		}
		s := vault.Addr.Stack
		arn := "arn:aws:backup:" + s.Region + ":" + s.Account + ":backup-vault:" + vault.Props.Get("BackupVaultName").Text()
		if slices.ContainsFunc(selection.Get("IncludeVaults").Items(), func(v value.Value) bool {
			return policy.Covers(v, arn) == policy.Yes || c.vaultOf(test, v) == vault
		}) {
			return policy.Yes
		}
	}
	return best
}
