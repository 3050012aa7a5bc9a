package estate

import (
	"fmt"
	"strings"
)

// PartBreakGlass is the way in for when the tunnel or the identity provider is
// down.
const PartBreakGlass = "break-glass"

// KindBreakGlass is its kind: a bastion that does not run, and who is told of
// its use; DMZ.
const KindBreakGlass Kind = "break-glass"

// ImpliedBreakGlass says that the bastion reaches the balancer, as the tunnel does.
const ImpliedBreakGlass = "break-glass"

// BreakGlass is how people reach private applications when the tunnel or the
// identity provider is down. It needs neither.
type BreakGlass struct {
	// Users are the ARNs of the IAM users who may: at least two, outside of the
	// environments' accounts, each with a second factor.
	Users []string `yaml:"users"`
	// Alert is the e-mail address that is told of each use.
	Alert string `yaml:"alert"`
}

// BreaksGlass says whether there is such a way: where something is exposed by
// access.
func (e *Estate) BreaksGlass() bool { return e.Access.BreakGlass != nil && e.exposures().access != "" }

func (e *Estate) breakGlassParts(b *partBuilder) {
	if e.BreaksGlass() {
		b.add(PartBreakGlass, KindBreakGlass, "access/break-glass")
	}
}

func (e *Estate) breakGlassFlows(b *flowBuilder) {
	if !e.BreaksGlass() {
		return
	}
	pos := e.Pos("access/break-glass")
	b.add(PartBreakGlass, PartBalancer, PortTLS, Flow{Implied: ImpliedBreakGlass, Pos: pos})
	b.add(PartBreakGlass, PartEndpoints, PortTLS, Flow{Implied: ImpliedEndpoints, Pos: pos})
}

// breakGlass checks who may come when nothing else works.
func (v *validator) breakGlass() {
	g := v.e.Access.BreakGlass
	if g == nil {
		return
	}
	const at, least = "access/break-glass", 2
	if len(g.Users) < least {
		v.bad(CodeBreakGlass, at+"/users", fmt.Sprintf("%d users can break the glass", len(g.Users)), "the one may be away, or his second factor lost", "name at least two")
	}
	for i, u := range g.Users {
		account, isUser := userAccount(u)
		switch path := index(at+"/users", i); {
		case !isUser:
			v.bad(CodeBreakGlass, path, fmt.Sprintf("%q is not the ARN of an IAM user", short(u)),
				"roles and people of the identity provider cannot sign in while it is down", "write it as arn:aws:iam::<account id>:user/<name>")
		case v.holdsEnvironment(account):
			v.bad(CodeBreakGlass, path, fmt.Sprintf("%s is a user of an environment's account", short(u)),
				"whoever administers the environment could make himself such a user", "make the user in another account, for example the one whose role is audit")
		}
	}
	v.repeated(at+"/users", g.Users)
	if !isEmail(g.Alert) {
		v.bad(CodeBreakGlass, at+"/alert", fmt.Sprintf("%q is not an e-mail address", short(g.Alert)), "somebody is told of each use", "write the address of those who watch over security")
	}
}

// userAccount returns the account of an IAM user's ARN.
func userAccount(arn string) (string, bool) {
	rest, ok := strings.CutPrefix(arn, "arn:aws:iam::")
	account, name, found := strings.Cut(rest, ":user/")
	return account, ok && found && isAccountID(account) && isPathName(name)
}

// isPathName says whether s is a name of IAM's, perhaps with a path before it
// ("IAM and AWS STS quotas").
func isPathName(s string) bool {
	const most = 64
	name := s[strings.LastIndexByte(s, '/')+1:]
	return name != "" && len(name) <= most && onlyBytes(s, func(c byte) bool {
		return isLetter(c) || 'A' <= c && c <= 'Z' || isDigit(c) || strings.IndexByte("+=,.@_-/", c) >= 0
	})
}

// holdsEnvironment says whether an account is one that environments live in.
func (v *validator) holdsEnvironment(id string) bool {
	for _, env := range v.e.Environments.All() {
		if a, ok := v.e.Organisation.Accounts.Get(env.Account); ok && a.ID == id {
			return true
		}
	}
	return false
}
