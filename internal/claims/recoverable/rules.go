package recoverable

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// rule is a rule of a plan.
type rule struct {
	plan  *resource.Resource
	at    string
	props value.Value
}

// backups judges whether a store is backed up each day, for long enough, and
// copied beyond the reach of its account.
func (c *checker) backups(r *resource.Resource, t protected) {
	var rules []rule
	var maybe *resource.Resource
	for _, p := range c.plans {
		switch p.selected(r, t) {
		case policy.Yes:
			all := p.r.Props.Path("BackupPlan/BackupPlanRule")
			if all.IsUnknown() {
				maybe = p.r
			}
			for i, props := range all.Items() {
				rules = append(rules, rule{p.r, "BackupPlan/BackupPlanRule/" + strconv.Itoa(i), props})
			}
		case policy.Maybe:
			maybe = p.r
		}
	}
	if len(rules) == 0 {
		if maybe != nil {
			c.doubt(r, "", "may be backed up by "+maybe.Addr.Logical+": whether that plan is for it, or what it does, is not known", nil)
			return
		}
		c.refute(r, CodeNotBackedUp, "", "is not backed up: no selection of AWS Backup names it.", "Name its ARN in the BackupSelection of a plan.")
		return
	}
	good := c.good(r, rules)
	if len(good) == 0 {
		return
	}
	c.copies(r, good)
	c.tested(r, t, good)
}

// good returns the rules by which a store is backed up each day and kept for
// long enough, and reports where there is none.
func (c *checker) good(r *resource.Resource, rules []rule) []rule {
	least := c.in.Estate.Backup.KeepDays
	var good, daily []rule
	longest := 0
	for _, ru := range rules {
		if why := ru.props.Get("ScheduleExpression").FirstUnknown(); why != nil {
			c.doubt(ru.plan, ru.at+"/ScheduleExpression", "backs up when nobody knows", why)
			return nil
		}
		if gap(ru.props.Get("ScheduleExpression")) > 1 {
			continue
		}
		daily = append(daily, ru)
		days, why := kept(ru.props.Get("Lifecycle"))
		if why != nil {
			c.doubt(ru.plan, ru.at+"/Lifecycle", "keeps backups for as long as nobody knows", why)
			return nil
		}
		longest = max(longest, days)
		if days >= least {
			good = append(good, ru)
		}
	}
	switch {
	case len(daily) == 0:
		c.refute(rules[0].plan, CodeRare, rules[0].at+"/ScheduleExpression", fmt.Sprintf("backs up %s less than once a day.", c.in.Name(r)), "Add a rule with ScheduleExpression: cron(0 15 ? * * *).")
	case len(good) == 0:
		c.refute(daily[0].plan, CodeShort, daily[0].at+"/Lifecycle/DeleteAfterDays",
			fmt.Sprintf("keeps the daily backups of %s for %d days; the estate says %d.", c.in.Name(r), longest, least), fmt.Sprintf("Set DeleteAfterDays to %d or more.", least))
	}
	return good
}

// forever is for how many days what never expires is kept.
const forever = 1 << 30

// kept returns for how many days a lifecycle keeps a backup.
func kept(lifecycle value.Value) (int, *value.Reason) {
	if why := lifecycle.FirstUnknown(); why != nil {
		return 0, why
	}
	if days, ok := lifecycle.Get("DeleteAfterDays").Int(); ok {
		return days, nil
	}
	return forever, nil
}

// copies judges where the backups of a store are copied to.
func (c *checker) copies(r *resource.Resource, rules []rule) {
	account, region, unknown := false, c.in.Estate.Regions.Recovery == "", false
	for _, ru := range rules {
		for i, copied := range ru.props.Get("CopyActions").Items() {
			at := ru.at + "/CopyActions/" + strconv.Itoa(i)
			to, ok := c.destination(ru.plan, at, copied)
			if !ok {
				unknown = true
				continue
			}
			if !to.long {
				continue
			}
			own := r.Addr.Stack
			if to.account != own.Account {
				account = true
				c.admitted(r, to, ru.plan, at)
			}
			region = region || to.region == c.in.Estate.Regions.Recovery && slices.Contains(c.in.Estate.Residency, estate.Country(to.region))
		}
	}
	if unknown {
		return // said already
	}
	at := rules[0].at + "/CopyActions"
	if !account {
		c.refute(rules[0].plan, CodeOneAccount, at, fmt.Sprintf("leaves every backup of %s in the account of what it backs up: whoever administers that can lose both.", c.in.Name(r)),
			"Copy to a vault of the archive's account, and keep the copies as long; that takes an account with the role "+string(estate.RoleLogArchive)+".")
	}
	if !region {
		c.refute(rules[0].plan, CodeOneRegion, at, fmt.Sprintf("copies no backup of %s to %s, the estate's recovery Region.", c.in.Name(r), c.in.Estate.Regions.Recovery),
			"Copy to a vault of that Region, and keep the copies as long.")
	}
}

// destination is where a copy goes.
type destination struct {
	account, region string
	vault           *resource.Resource
	long            bool // it is kept for long enough
}

// destination reads a copy action, and reports what of it cannot be known.
func (c *checker) destination(p *resource.Resource, at string, copied value.Value) (destination, bool) {
	v := copied.Get("DestinationBackupVaultArn")
	vault := c.vaultOf(p, v)
	if vault == nil {
		c.doubt(p, at+"/DestinationBackupVaultArn", "copies to a vault that is in none of the templates", v.FirstUnknown())
		return destination{}, false
	}
	days, why := kept(copied.Get("Lifecycle"))
	if why != nil {
		c.doubt(p, at+"/Lifecycle", "keeps copies for as long as nobody knows", why)
		return destination{}, false
	}
	s := vault.Addr.Stack
	return destination{s.Account, s.Region, vault, days >= c.in.Estate.Backup.KeepDays}, true
}

// vaultOf returns the vault that a name, an ARN or a reference leads to.
func (c *checker) vaultOf(from *resource.Resource, v value.Value) *resource.Resource {
	if ref, ok := v.Ref(); ok {
		if r := c.in.Graph.Get(ref.To); r != nil && r.Type == "AWS::Backup::BackupVault" {
			return r
		}
		return nil
	}
	account, region, name := from.Addr.Stack.Account, from.Addr.Stack.Region, v.Text()
	if f := strings.SplitN(name, ":", 7); len(f) == 7 && f[2] == "backup" {
		account, region, name = f[4], f[3], f[6]
	}
	for _, r := range c.in.Graph.OfType("AWS::Backup::BackupVault") {
		if s := r.Addr.Stack; s.Account == account && s.Region == region && r.Props.Get("BackupVaultName").Text() == name && r.Conditional == nil {
			return r
		}
	}
	return nil
}

// admitted judges whether a vault of another account takes a store's backups,
// and whether that account may read what the store's key encrypts ("Creating
// backup copies across AWS accounts", "Encryption for backups in AWS Backup",
// AWS Backup Developer Guide).
func (c *checker) admitted(r *resource.Resource, to destination, p *resource.Resource, at string) {
	if !c.lets(to.vault, to.vault.Props.Get("AccessPolicy"), r.Addr.Stack.Account, "backup:CopyIntoBackupVault") {
		c.refute(to.vault, CodeCopyRefused, "AccessPolicy", fmt.Sprintf("refuses the backups of %s: its policy lets account %s not copy into it.", c.in.Name(r), r.Addr.Stack.Account),
			"Allow backup:CopyIntoBackupVault to the account.")
		return
	}
	if r.Type == "AWS::S3::Bucket" || strings.HasPrefix(r.Type, "AWS::DynamoDB::") || r.Type == "AWS::EFS::FileSystem" {
		return // encrypted by the vault's key, and not by the store's
	}
	if named := r.Props.Get("KmsKeyId"); named.IsAbsent() || strings.Contains(named.Text(), "alias/aws/") {
		c.refute(r, CodeCopyRefused, "KmsKeyId", "is encrypted by a key that AWS manages, whose policy lets no other account copy its backups.", "Name a customer-managed key.")
		return
	}
	ref, ok := r.Props.Get("KmsKeyId").Ref()
	key := c.in.Graph.Get(ref.To)
	if !ok || key == nil || key.Type != "AWS::KMS::Key" {
		c.doubt(p, at, "copies what is encrypted by a key that is in none of the templates", nil)
		return
	}
	for _, action := range []string{"kms:Decrypt", "kms:CreateGrant"} {
		if !c.lets(key, key.Props.Get("KeyPolicy"), to.account, action) {
			c.refute(key, CodeCopyRefused, "KeyPolicy", fmt.Sprintf("keeps the copies of %s from being made: its policy lets account %s not %s.", c.in.Name(r), to.account, action),
				"Allow the use of the key to the account's role AWSServiceRoleForBackup.")
			break
		}
	}
}

// lets says whether a policy lets an account do something; one that is not known
// is doubted, and counts as if it did.
func (c *checker) lets(r *resource.Resource, doc value.Value, account, action string) bool {
	statements, why := policy.Statements(doc)
	if why != nil {
		c.doubt(r, "", "has a policy that is not known", why)
		return true
	}
	return slices.ContainsFunc(statements, func(s policy.Statement) bool {
		return s.Allow && !s.NotAction && !s.NotPrincipal && slices.ContainsFunc(s.Actions, func(v value.Value) bool { return policy.Covers(v, action) == policy.Yes }) &&
			slices.ContainsFunc(s.Principals, func(p policy.Principal) bool {
				id, ok := p.Account()
				return p.Any() || ok && id == account
			})
	})
}

// gap returns how many days lie between two runs of a schedule at the most.
// Without one a plan runs each day ("AWS::Backup::BackupPlan
// BackupRuleResourceType": cron(0 5 ? * * *)). What is less than once a month
// counts as once a year.
func gap(schedule value.Value) int {
	const day, week, month, year = 1, 7, 31, 366
	text := schedule.Text()
	if text == "" {
		return day
	}
	if f := strings.Fields(strings.TrimSuffix(strings.TrimPrefix(text, "rate("), ")")); strings.HasPrefix(text, "rate(") && len(f) == 2 {
		n, err := strconv.Atoi(f[0])
		switch unit := strings.TrimSuffix(f[1], "s"); {
		case err != nil || n < 1:
			return year
		case unit == "day":
			return n
		case unit == "hour" && n <= 24, unit == "minute" && n <= 24*60:
			return day
		}
		return year
	}
	f := strings.Fields(strings.TrimSuffix(strings.TrimPrefix(text, "cron("), ")"))
	if len(f) != 6 || f[3] != "*" || f[5] != "*" {
		return year
	}
	every := func(s string) bool { return slices.Contains([]string{"*", "?", "*/1", "1/1"}, s) }
	switch {
	case every(f[2]) && every(f[4]):
		return day
	case every(f[2]) && !strings.ContainsAny(f[4], "#L"):
		return week
	}
	return month
}
