package estate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/diag"
)

// Organisation lists the AWS accounts of the estate.
type Organisation struct {
	// Management is the organisation's management account. Nothing runs in it.
	// Absent: the organisation, its guardrails and its accounts are managed
	// elsewhere.
	Management Management `yaml:"management,omitempty"`
	// ControlTower says that AWS Control Tower governs the accounts: it records
	// how they are configured, so that the estate does not. Default: true where
	// there is a management account, in which its landing zone is made.
	ControlTower bool `yaml:"control-tower,omitempty"`
	// Accounts maps a short name to an account.
	Accounts Map[Account] `yaml:"accounts"`
}

// Management is the management account of an organisation. It exists before
// everything else: AWS makes accounts only at the request of one.
type Management struct {
	// ID is the twelve-digit account id.
	ID string `yaml:"id,omitempty" jsonschema:"pattern=^[0-9]{12}$"`
	// Email is the address of the account's owner.
	Email string `yaml:"email" jsonschema:"minLength=6,maxLength=64"`
}

// IsZero says whether the estate names no management account.
func (m Management) IsZero() bool { return m == Management{} }

// Account is one AWS account.
type Account struct {
	// ID is the twelve-digit account id. An account that does not exist yet has
	// an email instead, and `surety bootstrap organisation` writes the id here.
	ID string `yaml:"id,omitempty" jsonschema:"pattern=^[0-9]{12}$"`
	// Email is the address of the account's owner: of 6 to 64 characters, and
	// of no other AWS account in the world.
	Email string `yaml:"email,omitempty" jsonschema:"minLength=6,maxLength=64"`
	// Roles says what the account is for beyond environments: network-hub
	// (exactly one account), log-archive and audit (one each, where there is a
	// management account).
	Roles []Role `yaml:"roles,omitempty"`
}

// Role is what an account is for.
type Role string

// The roles.
const (
	// RoleNetworkHub marks the account that holds the Transit Gateway, the
	// firewall and the egress VPC.
	RoleNetworkHub Role = "network-hub"
	// RoleLogArchive marks the account that keeps every log: Control Tower's
	// Log Archive account.
	RoleLogArchive Role = "log-archive"
	// RoleAudit marks the account from which security is watched: Control
	// Tower's Audit account.
	RoleAudit Role = "audit"
)

// Roles returns the roles that an account can have.
func Roles() []Role { return []Role{RoleNetworkHub, RoleLogArchive, RoleAudit} }

// WithRole returns the short name of the first account that has a role, and
// the account. The name is empty if there is none.
func (e *Estate) WithRole(r Role) (string, Account) {
	for name, a := range e.Organisation.Accounts.All() {
		if slices.Contains(a.Roles, r) {
			return name, a
		}
	}
	return "", Account{}
}

// organisationScopes is the management account's scope, if the estate has one.
func (e *Estate) organisationScopes() []Scope {
	if id := e.Organisation.Management.ID; id != "" {
		return []Scope{{OrganisationEnvironment, id}}
	}
	return nil
}

// Units returns the organisational units of the estate: the accounts that keep
// logs and watch, those that others stand on, and those of environments. An
// account is in the first that it belongs to; units without accounts are left
// out.
func (e *Estate) Units() []Unit {
	all := []Unit{{Name: UnitSecurity}, {Name: UnitInfrastructure}, {Name: UnitWorkloads}}
	for name, a := range e.Organisation.Accounts.All() {
		i := slices.IndexFunc(all, func(u Unit) bool { return u.Name == e.UnitOf(name) })
		all[i].Accounts = append(all[i].Accounts, a.ID)
	}
	return slices.DeleteFunc(all, func(u Unit) bool { return len(u.Accounts) == 0 })
}

// UnitOf returns the name of the unit of an account, which its roles decide.
func (e *Estate) UnitOf(account string) string {
	switch a, _ := e.Organisation.Accounts.Get(account); {
	case slices.Contains(a.Roles, RoleLogArchive), slices.Contains(a.Roles, RoleAudit):
		return UnitSecurity
	case slices.Contains(a.Roles, RoleNetworkHub):
		return UnitInfrastructure
	}
	return UnitWorkloads
}

// PermissionSets returns the names of what people may do in IAM Identity
// Center. The identity provider sends a group for each, named
// <estate>-<permission set>.
func PermissionSets() []string { return []string{"administrator-break-glass", "engineer", "auditor"} }

// Unit is an organisational unit and the ids of its accounts.
type Unit struct {
	Name     string
	Accounts []string
}

// Names of the units.
const (
	UnitSecurity       = "Security"
	UnitInfrastructure = "Infrastructure"
	UnitWorkloads      = "Workloads"
)

// WithoutID says which accounts do not exist yet: what is deployed names
// accounts by their ids, so that there are neither templates nor proofs of an
// estate before they are known. The list is empty for an estate that can be
// synthesised.
func (e *Estate) WithoutID() diag.List {
	var list diag.List
	missing := func(path, whose string) {
		list.Add(diag.Diagnostic{Code: CodeAccountMissing, Pos: e.nearestPos(path), What: whose + " has no id yet",
			Why: "templates and proofs name accounts by their ids",
			Fix: "run surety bootstrap organisation, which makes the account and writes its id here, or write the id of one that exists"})
	}
	if m := e.Organisation.Management; !m.IsZero() && m.ID == "" {
		missing("organisation/management", "the management account")
	}
	for name, a := range e.Organisation.Accounts.All() {
		if a.ID == "" {
			missing("organisation/accounts/"+name, "account "+name)
		}
	}
	return list
}

// organisation checks the accounts: what tells them apart, and what each is
// for.
func (v *validator) organisation() {
	e := v.e
	const accounts = "organisation/accounts"
	seen := accountsSeen{ids: map[string]string{}, emails: map[string]string{}}
	if m := e.Organisation.Management; e.has("organisation/management") {
		v.account("organisation/management", "the management account", m.ID, m.Email, seen)
		if !e.Organisation.ControlTower {
			v.bad(CodeOrganisation, "organisation/control-tower", "the estate has a management account, and Control Tower is not to govern",
				"the landing zone that is made in it is Control Tower's", "write control-tower: true, or take management out if the organisation is managed elsewhere")
		}
	}
	having := map[Role][]string{}
	for name, a := range e.Organisation.Accounts.All() {
		path := join(accounts, name)
		v.name(path, "an account", name)
		v.account(path, "account "+name, a.ID, a.Email, seen)
		if !e.has(path+"/id") && !e.has(path+"/email") {
			v.bad(CodeAccountMissing, path, fmt.Sprintf("account %s has neither an id nor an email", name),
				"an account that exists is told by its id; one that does not is made for the owner of an e-mail address",
				"add id: with its twelve digits, or email: and run surety bootstrap organisation")
		}
		roles := make([]string, len(a.Roles))
		for i, r := range a.Roles {
			roles[i] = string(r)
			v.choice(index(path+"/roles", i), roles[i], roleNames()...)
			having[r] = append(having[r], name)
		}
		v.repeated(path+"/roles", roles)
	}
	v.roles(having)
}

// unborn hints at accounts without an id: the file can be checked before
// anything exists.
func (v *validator) unborn() {
	if v.list.HasErrors() || len(v.failed) > 0 {
		return
	}
	for _, d := range v.e.WithoutID() {
		d.Severity = diag.Warning
		v.list.Add(d)
	}
}

func roleNames() []string {
	var names []string
	for _, r := range Roles() {
		names = append(names, string(r))
	}
	return names
}

// accountsSeen remembers whose an id and an address are.
type accountsSeen struct{ ids, emails map[string]string }

// account checks an account's id and its owner's address; who says whose.
func (v *validator) account(path, who, id, email string, seen accountsSeen) {
	if v.e.has(path + "/id") {
		other, taken := seen.ids[id]
		switch {
		case !isAccountID(id):
			v.bad(CodeAccountID, path+"/id", fmt.Sprintf("%q is not an AWS account id", short(id)), "", `write the twelve digits in quotes, for example "100000000003"`)
		case taken:
			v.bad(CodeAccountID, path+"/id", fmt.Sprintf("%s and %s have the same id", other, who),
				"accounts are told apart by their ids", "give each account its own id, or remove one")
		default:
			seen.ids[id] = who
		}
	}
	if !v.e.has(path + "/email") {
		return
	}
	other, taken := seen.emails[strings.ToLower(email)]
	switch {
	case !isEmail(email):
		v.bad(CodeEmail, path+"/email", fmt.Sprintf("%q cannot be the address of an account's owner", short(email)),
			"AWS makes an account for an address of 6 to 64 characters with one @ and none of \" ' ( ) < > [ ] : ; , \\ | % &",
			"write an address whose mail you receive, for example aws+prod@cover.example")
	case taken:
		v.bad(CodeEmail, path+"/email", fmt.Sprintf("%s and %s have the same address", other, who),
			"AWS allows one account for an address", "write another, for example with +"+path[strings.LastIndexByte(path, '/')+1:]+" before the @")
	default:
		seen.emails[strings.ToLower(email)] = who
	}
}

// roles checks that what an organisation has one of, it has one of.
func (v *validator) roles(having map[Role][]string) {
	const accounts = "organisation/accounts"
	const why = "the network hub holds the Transit Gateway, the firewall and the egress VPC that all environments share"
	switch hubs := having[RoleNetworkHub]; {
	case len(hubs) == 0:
		v.bad(CodeHub, accounts, "no account is the network hub", why, "give one account roles: [network-hub]")
	case len(hubs) > 1:
		v.bad(CodeHub, accounts+"/"+hubs[1]+"/roles", fmt.Sprintf("accounts %s are all network hubs", strings.Join(hubs, ", ")), why, "keep one")
	}
	const tower = "Control Tower keeps logs in one account and watches from another"
	for _, r := range []Role{RoleLogArchive, RoleAudit} {
		switch all := having[r]; {
		case len(all) == 0 && v.e.has("organisation/management"):
			v.bad(CodeOrganisation, accounts, fmt.Sprintf("the organisation has a management account, but no account with the role %s", r), tower,
				fmt.Sprintf("give one account roles: [%s]", r))
		case len(all) > 1:
			v.bad(CodeOrganisation, accounts+"/"+all[1]+"/roles", fmt.Sprintf("accounts %s all have the role %s", strings.Join(all, ", "), r), tower, "keep one")
		}
	}
	for _, name := range having[RoleLogArchive] {
		if slices.Contains(having[RoleAudit], name) {
			v.bad(CodeOrganisation, accounts+"/"+name+"/roles", fmt.Sprintf("account %s is both the log archive and the audit account", name),
				tower+", so that whoever watches cannot change what was logged", "give audit to another account")
		}
	}
}
