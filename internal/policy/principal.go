package policy

import (
	"strings"

	"github.com/suretyhq/surety/internal/value"
)

// Caller is who makes a request. A service of AWS has a Service and neither
// account nor ARN; everybody else has an account, and an ARN as policies name
// it (of a role's session the role's). Federated is the ARN or the name of the
// identity provider that signed a caller in who is no IAM principal yet.
type Caller struct {
	Account   string
	ARN       value.Value
	Service   string
	Federated value.Value
	// Root, User and Linked say that it is the account's root user, an IAM
	// user, a service-linked role.
	Root, User, Linked bool
}

// Role returns a caller that is a role, by its name with its path.
func Role(account, name string) Caller {
	return Caller{Account: account, ARN: value.OfString("arn:aws:iam::" + account + ":role/" + name)}
}

// Service returns a caller that is a service of AWS ("ecs-tasks.amazonaws.com").
func Service(name string) Caller { return Caller{Service: name} }

// stranger says whether a caller has no policies of its own: a service, who is
// signed in by an identity provider, or nobody.
func (c Caller) stranger() bool { return c.Service != "" || c.Account == "" }

func (c Caller) arn() value.Value {
	if c.Root && c.ARN.IsAbsent() {
		return value.OfString("arn:aws:iam::" + c.Account + ":root")
	}
	return c.ARN
}

// named says how far a statement's Principal or NotPrincipal is about a caller,
// and how far it names the caller itself and not only its account. Source: IAM
// User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal".
func (c Caller) named(s *Statement) (all, direct Truth) {
	if s.NotPrincipal {
		return c.excepted(s), c.excepted(s)
	}
	if len(s.Principals) == 0 {
		return Yes, Yes // an RCP or an endpoint's policy that names nobody is about everybody
	}
	for _, p := range s.Principals {
		t, account := c.is(p)
		all = max(all, t, account)
		direct = max(direct, t)
	}
	return all, direct
}

// excepted judges NotPrincipal: whom it names is not meant, and the account has
// to be named beside the principal.
func (c Caller) excepted(s *Statement) Truth {
	self, account := No, No
	for _, p := range s.Principals {
		t, a := c.is(p)
		self, account = max(self, t), max(account, a)
	}
	switch {
	case self == No && account == No:
		return Yes
	case self == Yes && (account == Yes || c.Service != ""):
		return No
	}
	return Maybe
}

// is says whether an entry names the caller itself, and whether it names the
// caller's account.
func (c Caller) is(p Principal) (self, account Truth) {
	switch p.Type {
	case "Service":
		if c.Service == "" {
			return No, No
		}
		return literal(p.Value).matches(literal(value.OfString(c.Service))), No
	case "Federated":
		if c.Federated.IsAbsent() {
			return No, No
		}
		return literal(p.Value).matches(literal(c.Federated)), No
	case "AWS":
		if p.Any() {
			return Yes, No
		}
		if c.stranger() {
			return min(truth(p.Value.FirstUnknown() != nil), Maybe), No // it may be "*"
		}
		return c.isAWS(p.Value)
	}
	return Maybe, No // a canonical user's id says not whose it is
}

func (c Caller) isAWS(v value.Value) (self, account Truth) {
	owner, known := AccountOf(v)
	if known && owner != c.Account {
		return No, No
	}
	if s := v.Text(); known && (s == owner || strings.HasSuffix(s, ":root")) {
		return truth(c.Root), Yes
	}
	if tail, ok := lastText(v); known && ok && strings.HasSuffix(tail, ":root") {
		return truth(c.Root), Yes
	}
	if strings.Contains(v.String(), ":assumed-role/") {
		return c.session(v), No
	}
	if s := v.Text(); s != "" && !strings.HasPrefix(s, "arn:") {
		return Maybe, No // the unique id of a principal
	}
	return literal(v).matches(literal(c.arn())), No
}

// session judges an entry that names one session of a role, which a caller's
// may be.
func (c Caller) session(v value.Value) Truth {
	_, role, _ := strings.Cut(v.Text(), ":assumed-role/")
	role, _, _ = strings.Cut(role, "/")
	if arn := c.arn().Text(); arn != "" && role != "" && !strings.HasSuffix(arn, "/"+role) {
		return No
	}
	return Maybe
}

// lastText returns the literal end of a concatenation.
func lastText(v value.Value) (string, bool) {
	if v.Kind() != value.Concat || v.Len() == 0 {
		return "", false
	}
	return v.Items()[v.Len()-1].Str()
}
