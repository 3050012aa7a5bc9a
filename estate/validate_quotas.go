package estate

import "fmt"

// quotas checks what the file says that AWS granted beyond its defaults. Whether
// it is enough is for a proof to say, which knows what is used.
func (v *validator) quotas() {
	for account, grants := range v.e.Quotas.All() {
		path := "quotas/" + account
		_, ok := v.e.Organisation.Accounts.Get(account)
		ok = ok || account == managementName && !v.e.Organisation.Management.IsZero()
		if !ok && !v.unread("organisation", "organisation/accounts") {
			v.unknown(path, "account", account, v.e.Organisation.Accounts.Keys())
		}
		for id, n := range grants.All() {
			v.quota(path+"/"+id, id, n)
		}
		v.rulesByGroups(path, account)
	}
}

func (v *validator) quota(path, id string, n int) {
	q, ok := quotaOf(id)
	switch {
	case !ok:
		var known []string
		for _, q := range Quotas() {
			known = append(known, q.ID)
		}
		v.unknown(path, "quota", id, known)
	case !q.Adjustable:
		v.bad(CodeQuotaGrant, path, fmt.Sprintf("%s cannot be raised: it is %d for every account", id, q.Default),
			"AWS does not adjust this one ("+q.Page+")", "remove it, and need less")
	case n < 1:
		v.bad(CodeQuotaGrant, path, fmt.Sprintf("AWS cannot have granted %d of %s", n, id), "", fmt.Sprintf("write what Service Quotas shows, or remove it; the default is %d", q.Default))
	case q.Max > 0 && n > q.Max:
		v.bad(CodeQuotaGrant, path, fmt.Sprintf("AWS grants at most %d of %s, not %d", q.Max, id, n), "more is refused ("+q.Page+")", "write what Service Quotas shows")
	}
}

// rulesByGroups checks the two quotas that AWS grants at one another's expense.
func (v *validator) rulesByGroups(path, account string) {
	rules, groups := v.e.granted(account, quotaGroupRules), v.e.granted(account, quotaGroups)
	if rules <= 0 || groups <= 0 || rules > maxRulesByGroups || groups > maxRulesByGroups || rules*groups <= maxRulesByGroups {
		return
	}
	at := path + "/" + quotaGroupRules
	if !v.e.has(at) {
		at = path + "/" + quotaGroups
	}
	v.bad(CodeQuotaGrant, at, fmt.Sprintf("AWS cannot have granted %d rules a group and %d groups an interface", rules, groups),
		fmt.Sprintf("the two multiplied cannot exceed %d (%s)", maxRulesByGroups, pageVPC), "write what Service Quotas shows")
}
