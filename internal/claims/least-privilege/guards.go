package leastprivilege

import (
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/value"
)

// This file judges the policies of resources: who is let in, and to do what.

// trusts judges who may become a role.
func (j judged) trusts() {
	if j.s.NotPrincipal {
		j.everybody("/NotPrincipal", "all but some")
		return
	}
	for _, p := range j.s.Principals {
		switch {
		case j.hidden(p):
		case p.Any():
			if !j.s.NarrowedBy(callers()) {
				j.everybody("/Principal", "everybody")
			}
		case p.Type == "AWS" && wholeAccount(p.Value):
			if !j.s.NarrowedBy([]string{"sts:externalid", "aws:principalarn", "aws:principaltag/", "aws:userid", "sts:rolesessionname"}) {
				account, _ := p.Account()
				j.bad(CodeAccount, "/Principal", fmt.Sprintf("may be assumed by whoever account %s lets assume roles.", account),
					"Name the roles that may, or add a condition on aws:PrincipalArn (within the organisation) or on sts:ExternalId (a third party).")
			}
		case p.Type == "Federated":
			j.provider(p)
		}
	}
}

// provider judges trust in an identity provider. Everybody whom the provider
// knows is let in unless the subject is named ("Create a role for OpenID Connect
// federation"); SAML's and Cognito's own keys narrow too.
func (j judged) provider(p policy.Principal) {
	var keys []string
	for _, entries := range j.s.Condition.Entries() {
		for key := range entries.Entries() {
			if k := strings.ToLower(key); strings.HasSuffix(k, ":sub") || strings.HasPrefix(k, "saml:") || strings.HasPrefix(k, "cognito-identity.amazonaws.com:") {
				keys = append(keys, k)
			}
		}
	}
	if !j.s.NarrowedBy(keys) {
		j.bad(CodeProvider, "/Condition", fmt.Sprintf("may be assumed by everybody whom %s knows.", p.Value), "Add a condition on the subject (<provider>:sub) that names the project and its protected branch.")
	}
}

// guards judges who may use a resource.
func (j judged) guards() {
	if j.s.NotPrincipal {
		j.everybody("/NotPrincipal", "all but some")
		return
	}
	for _, p := range j.s.Principals {
		if !j.hidden(p) && p.Any() && !j.s.NarrowedBy(callers()) {
			j.everybody("/Principal", "everybody")
		}
	}
	if j.s.NotAction {
		j.byException()
		return
	}
	for i, a := range j.s.Actions {
		if _, name, _ := strings.Cut(a.Text(), ":"); a.Text() != "" && strings.Trim(name, "*") == "" {
			j.bad(CodeService, "/Action"+index(i, j.s.Actions), fmt.Sprintf("lets others do %s %s, its administration included.", a.Text(), j.label()), "Name the actions that are needed.")
		}
	}
}

// callers are the keys that say whose request it is, or of which organisation.
func callers() []string { return slices.Concat(policy.CallerKeys(), policy.OrganisationKeys()) }

func (j judged) everybody(property, who string) {
	j.bad(CodeEverybody, property, fmt.Sprintf("lets %s in %s.", who, j.label()), "Name the principals, or add a condition on aws:PrincipalAccount, aws:PrincipalOrgID or aws:SourceArn.")
}

// hidden reports a principal that is not known.
func (j judged) hidden(p policy.Principal) bool {
	why := p.Value.FirstUnknown()
	if why != nil {
		j.doubt(j.r, CodeUnknown, j.at+"/Principal", "lets in whom nobody knows: "+why.Error()+".", "Name the principal in the template, or give the parameter with --param.")
	}
	return why != nil
}

// wholeAccount says whether a principal is an account as a whole.
func wholeAccount(v value.Value) bool {
	account, ok := policy.AccountOf(v)
	text := policy.Outline(v)
	return ok && (text == account || strings.HasSuffix(text, ":root"))
}

// administration are the actions of a key that take it from whoever uses it or
// give it to others. Source: AWS KMS Developer Guide, "Allows key administrators
// to administer the KMS key".
func administration() []string {
	return []string{"kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:DisableKeyRotation", "kms:DeleteImportedKeyMaterial"}
}

// key judges who may use and administer a key. Its own account as a whole may
// administer it where nobody else is said to ("Default key policy": without the
// account a key can become unmanageable, and IAM policies decide who in the
// account may); where the estate names an administrator, only that one may.
func (j judged) key() {
	if j.s.NotPrincipal {
		j.everybody("/NotPrincipal", "all but some")
		return
	}
	administers := j.coversAny(administration()) || j.s.NotAction
	for _, p := range j.s.Principals {
		if j.hidden(p) {
			continue
		}
		if p.Any() && !j.s.NarrowedBy(callers()) {
			j.everybody("/Principal", "everybody")
			continue
		}
		if administers {
			j.administrator(p)
		}
	}
	if j.delegates() {
		j.bad(CodeKey, "/Action", "lets the account give the use of a key on, which is its administrator's.", "Add the condition Bool kms:GrantIsForAWSResource: true.")
	}
}

func (j judged) coversAny(actions []string) bool {
	return slices.ContainsFunc(actions, func(a string) bool {
		return slices.ContainsFunc(j.s.Actions, func(v value.Value) bool { return policy.Covers(v, a) != policy.No })
	})
}

// administrator judges a principal that may administer a key.
func (j judged) administrator(p policy.Principal) {
	account, _ := p.Account()
	own := account == j.r.Addr.Stack.Account && account != ""
	all := j.s.NotAction || slices.ContainsFunc(j.s.Actions, func(v value.Value) bool { return policy.Covers(v, "kms:*") == policy.Yes })
	if third := j.keyAdministrator(); third != "" {
		if p.Value.Text() != third {
			j.bad(CodeKey, "/Principal", fmt.Sprintf("lets %s administer a key, which is for %s alone.", p.Value, third), "Give the account's principals the use of the key and its maintenance only.")
		}
		return
	}
	switch {
	case p.Type != "AWS" || !own:
		j.bad(CodeKey, "/Principal", fmt.Sprintf("lets %s administer a key, which is not of the key's account.", p.Value), "Give it the use of the key only, or name it as keys.administrator in the estate.")
	case all && !wholeAccount(p.Value):
		j.bad(CodeService, "/Action", fmt.Sprintf("lets %s use and administer a key.", p.Value), "Give either the use of the key or its administration.")
	}
}

// keyAdministrator returns who the estate says administers keys.
func (j judged) keyAdministrator() string {
	if j.in.Estate == nil {
		return ""
	}
	return j.in.Estate.Keys.Administrator
}

// delegates says whether a statement lets others than the administrator make
// grants of a third party's key for whomever they like.
func (j judged) delegates() bool {
	third := j.keyAdministrator()
	if third == "" || !j.coversAny([]string{"kms:CreateGrant"}) {
		return false
	}
	if slices.ContainsFunc(j.s.Principals, func(p policy.Principal) bool { return p.Type != "AWS" || p.Value.Text() == third }) {
		return false
	}
	b, ok := j.s.Condition.Path("Bool").Get("kms:GrantIsForAWSResource").Bool()
	return !ok || !b
}

// passesThrough judges what may pass through an endpoint: requests of known
// accounts, to known accounts, or single actions on named resources, as some
// services need ("Create the Amazon S3 gateway endpoint", Amazon ECR User Guide).
func (j judged) passesThrough() {
	owners := []string{"aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"}
	if j.s.NarrowedBy(slices.Concat(callers(), owners)) || !j.s.NotPrincipal && !slices.ContainsFunc(j.s.Principals, policy.Principal.Any) {
		return
	}
	star := func(v value.Value) bool { return strings.Contains(v.Text(), "*") || v.FirstUnknown() != nil }
	if !j.s.NotAction && !j.s.NotResource && !slices.ContainsFunc(j.s.Actions, star) && !slices.ContainsFunc(j.s.Resources, everything) {
		return
	}
	j.everybody("/Principal", "everybody")
}
