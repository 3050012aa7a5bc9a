package policy

import (
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/value"
)

// Policy is a document where it stands: a property of a resource. It is
// immutable. Why says what of it is not known; then it may hold statements that
// are not in Statements.
type Policy struct {
	At         addr.Address
	Property   string
	Statements []Statement
	Why        *value.Reason

	rules     []rule
	variables bool // its version knows policy variables
}

// rule is a statement, ready to be matched.
type rule struct {
	actions    []text
	resources  []pattern
	conditions []condition
}

// Read reads a document.
func Read(at addr.Address, property string, doc value.Value) *Policy {
	p := &Policy{At: at, Property: property}
	p.Statements, p.Why = Statements(doc)
	if m, why := parsed(doc); why == nil {
		// "IAM JSON policy elements: Version": without one, or in 2008's,
		// variables are text.
		p.variables = m.Get("Version").Text() == "2012-10-17"
	}
	p.rules = make([]rule, len(p.Statements))
	for i := range p.Statements {
		for _, a := range p.Statements[i].Actions {
			p.rules[i].actions = append(p.rules[i].actions, action(a))
		}
		for _, r := range p.Statements[i].Resources {
			p.rules[i].resources = append(p.rules[i].resources, newPattern(r, true, p.variables))
		}
		p.rules[i].conditions = conditions(p.Statements[i].Condition, p.variables)
	}
	return p
}

// Action is the name of an action, ready to be matched with many patterns.
type Action struct{ name text }

// ActionOf returns an action by its name ("ec2:CreateVpc").
func ActionOf(name string) Action { return Action{text{plain: strings.ToLower(name)}} }

// For returns the part of the policy that may be about an action: what decides
// requests for it, and quicker where many are decided. It is nil if the policy
// is known and says nothing of the action.
func (p *Policy) For(action Action) *Policy {
	const few = 32 // policies have mostly fewer statements, and then nothing is allocated for the list
	about := make([]int, 0, few)
	for i := range p.Statements {
		if p.about(i, action.name) != No {
			about = append(about, i)
		}
	}
	if p.Why == nil && len(about) == 0 {
		return nil
	}
	part := p.part()
	if len(about) == 0 {
		return part
	}
	part.Statements, part.rules = make([]Statement, len(about)), slices.Grow(part.rules, len(about))
	for n, i := range about {
		part.Statements[n] = p.Statements[i]
		part.rules = append(part.rules, p.rules[i])
	}
	return part
}

func (p *Policy) part() *Policy {
	return &Policy{At: p.At, Property: p.Property, Why: p.Why, variables: p.variables}
}

// NamesResources says whether a statement is about some resources only.
func (p *Policy) NamesResources() bool {
	return slices.ContainsFunc(p.Statements, func(s Statement) bool {
		return s.NotResource || !slices.ContainsFunc(s.Resources, func(v value.Value) bool { return v.Text() == "*" })
	})
}

// FullAccess is a document that allows everything: what AWS attaches to every
// root, OU and account as FullAWSAccess and RCPFullAWSAccess ("Service control
// policies (SCPs)" and "Resource control policies (RCPs)", AWS Organizations
// User Guide).
func FullAccess() *Policy {
	star := value.OfString("*")
	return Read(addr.Address{}, "FullAWSAccess", value.OfMap([]string{"Statement"}, []value.Value{value.OfMap(
		[]string{"Effect", "Principal", "Action", "Resource"}, []value.Value{value.OfString("Allow"), star, star, star})}))
}

// Request is what a principal asks for. Owner is the account of the resource;
// empty: the caller's own. Context says what is known of the other keys; nil:
// nothing.
type Request struct {
	Caller   Caller
	Action   string
	Resource value.Value
	Owner    string
	Context  Keys

	action, resource text // both, ready to be matched
}

// keys are a request's: what its context says, and what follows from its
// caller. Source: IAM User Guide, "AWS global condition context keys".
func (r *Request) keys(key string) ([]value.Value, bool) {
	if r.Context != nil {
		if values, known := r.Context(key); known {
			return values, true
		}
	}
	c := r.Caller
	switch key {
	case "aws:principalaccount":
		return maybeText(c.Account), true
	case "aws:principalarn":
		if c.Service != "" {
			return nil, true
		}
		return []value.Value{c.arn()}, true
	case "aws:principalisawsservice":
		return []value.Value{value.OfBool(c.Service != "")}, true
	case "aws:principalservicename":
		return maybeText(c.Service), true
	case "aws:resourceaccount":
		return maybeText(r.owner()), true
	}
	return nil, false
}

func maybeText(s string) []value.Value {
	if s == "" {
		return nil
	}
	return []value.Value{value.OfString(s)}
}

func (r *Request) owner() string {
	if r.Owner != "" {
		return r.Owner
	}
	return r.Caller.Account
}

// Layer is a kind of policies that a request has to pass.
type Layer string

// The layers, as AWS names them.
const (
	Identity Layer = "identity-based policy"
	Boundary Layer = "permissions boundary"
	Session  Layer = "session policy"
	Resource Layer = "resource-based policy"
	SCP      Layer = "service control policy"
	RCP      Layer = "resource control policy"
	Endpoint Layer = "VPC endpoint policy"
)

// Policies are all that bear on a request. SCPs and RCPs are given level by
// level, from the root to the account, and each level has to allow; no levels
// say that none apply, as in the management account. Boundary, Session, Resource
// and Endpoint are nil where there is none.
type Policies struct {
	Identity                              []*Policy
	Boundary, Session, Resource, Endpoint *Policy
	// Required says that the resource's policy has to allow too, as those of
	// KMS keys and of roles ("Key policies in AWS KMS").
	Required   bool
	SCPs, RCPs [][]*Policy
}

// Outcome is what a request comes to.
type Outcome uint8

// The outcomes.
const (
	Denied Outcome = iota
	Undecided
	Allowed
)

// String names the outcome.
func (o Outcome) String() string { return [...]string{"denied", "unknown", "allowed"}[min(o, Allowed)] }

// Decision is what a request comes to and what decided it: the statement By of
// the policy In of a layer. By is nil for what no statement allows, and then In
// is nil too; Explicit says that a statement denies.
type Decision struct {
	Outcome  Outcome
	Explicit bool
	Layer    Layer
	In       *Policy
	By       *Statement
	Why      *value.Reason
}

// verdict is what one layer says of a request.
type verdict struct {
	allow, deny       Truth
	allowedBy, denied source
}

type source struct {
	in  *Policy
	by  *Statement
	why *value.Reason
}

// Decide decides a request. Source: IAM User Guide, "How AWS enforcement code
// logic evaluates requests to allow or deny access", "Policy evaluation for
// requests within a single account" and "Cross-account policy evaluation logic".
func (p Policies) Decide(r Request) Decision {
	r.action, r.resource = text{plain: strings.ToLower(r.Action)}, literal(r.Resource)
	d := decider{p: p, r: &r}
	d.guardrails()
	d.grants()
	return d.decision()
}

// decider collects what the layers say.
type decider struct {
	p Policies
	r *Request

	denied  Decision // the surest denial so far
	deny    Truth
	allow   Truth
	allowed Decision
	opens   bool // a layer has spoken
}

// deny1 notes that a layer may deny.
func (d *decider) deny1(layer Layer, v verdict) {
	if v.deny > d.deny {
		d.deny = v.deny
		d.denied = Decision{Explicit: true, Layer: layer, In: v.denied.in, By: v.denied.by, Why: v.denied.why}
	}
}

// need notes that a layer has to allow.
func (d *decider) need(layer Layer, t Truth, s source) {
	if !d.opens || t < d.allow {
		d.opens, d.allow = true, t
		d.allowed = Decision{Layer: layer, In: s.in, By: s.by, Why: s.why}
	}
}

// guardrails are the layers that only narrow: of the organisation, of the
// endpoint and of the session. SCPs do not reach services and service-linked
// roles, RCPs not the latter ("SCP effects on permissions", "RCP evaluation",
// AWS Organizations User Guide).
func (d *decider) guardrails() {
	c := d.r.Caller
	if c.Service == "" && !c.Linked {
		for _, level := range d.p.SCPs {
			d.level(SCP, level, false)
		}
	}
	if !c.Linked {
		for _, level := range d.p.RCPs {
			d.level(RCP, level, true)
		}
	}
	if d.p.Endpoint != nil {
		d.level(Endpoint, []*Policy{d.p.Endpoint}, true)
	}
	if d.p.Session != nil {
		d.level(Session, []*Policy{d.p.Session}, false)
	}
}

func (d *decider) level(layer Layer, all []*Policy, principals bool) {
	v := d.ask(all, principals)
	d.deny1(layer, v.verdict)
	d.need(layer, v.allow, v.allowedBy)
}

// grants are the layers that give: the principal's policies and the resource's.
func (d *decider) grants() {
	c := d.r.Caller
	identity := d.ask(d.p.Identity, false)
	d.deny1(Identity, identity.verdict)
	if c.Root {
		identity.allow = Yes
	}
	if c.stranger() {
		identity.allow = No
	}
	limit := Yes
	if d.p.Boundary != nil && !c.stranger() {
		b := d.ask([]*Policy{d.p.Boundary}, false)
		d.deny1(Boundary, b.verdict)
		limit = b.allow
		if b.allow < identity.allow {
			identity.allow, identity.allowedBy = b.allow, b.allowedBy
		}
	}
	var resource answer
	if d.p.Resource != nil {
		resource = d.ask([]*Policy{d.p.Resource}, true)
		d.deny1(Resource, resource.verdict)
	}
	d.combine(identity, resource, limit)
}

// combine joins what identity and resource allow. In one account either will
// do, or the resource's alone if it is required; from another account both are
// needed. What a resource's policy gives to an account has to be given on by
// the account's own policies. A boundary limits what a resource gives to a role,
// and not what it gives to a user ("Permissions boundaries for IAM entities").
func (d *decider) combine(identity, resource answer, limit Truth) {
	c := d.r.Caller
	direct := resource.direct
	if !c.stranger() && !c.User {
		direct = min(direct, limit)
	}
	both := min(resource.allow, identity.allow)
	switch {
	case c.stranger():
		d.need(Resource, resource.allow, resource.allowedBy)
	case c.Account != d.r.owner():
		d.need(Identity, identity.allow, identity.allowedBy)
		d.need(Resource, resource.allow, resource.allowedBy)
	case d.p.Required:
		if t := max(direct, both); t >= resource.allow {
			d.need(Resource, t, resource.allowedBy)
		} else {
			d.need(Identity, t, identity.allowedBy)
		}
	case direct > identity.allow:
		d.need(Resource, direct, resource.allowedBy)
	default:
		d.need(Identity, identity.allow, identity.allowedBy)
	}
}

func (d *decider) decision() Decision {
	switch {
	case d.deny == Yes:
		return d.denied
	case d.allow == No:
		return Decision{Layer: d.allowed.Layer}
	case d.deny == Maybe:
		d.denied.Outcome = Undecided
		return d.denied
	case d.allow == Maybe:
		d.allowed.Outcome = Undecided
		return d.allowed
	}
	d.allowed.Outcome = Allowed
	return d.allowed
}

// answer is what policies of one layer say; direct is how far they allow the
// principal itself and not only its account.
type answer struct {
	verdict
	direct Truth
}

func (d *decider) ask(all []*Policy, principals bool) answer {
	var a answer
	for _, p := range all {
		for i := range p.Statements {
			s := &p.Statements[i]
			if s.Allow && !s.Doubtful && a.allow == Yes && (!principals || a.direct == Yes) || !s.Allow && a.deny == Yes {
				continue
			}
			t, direct := d.r.matches(p, i, principals)
			if t == No {
				continue
			}
			if s.Doubtful {
				a.denies(Maybe, source{in: p, by: s})
				t, direct = Maybe, min(direct, Maybe)
			}
			if !s.Allow {
				a.denies(t, source{in: p, by: s})
				continue
			}
			a.allows(t, direct, source{in: p, by: s})
		}
		if p.Why != nil {
			a.denies(Maybe, source{in: p, why: p.Why})
			a.allows(Maybe, Maybe, source{in: p, why: p.Why})
		}
	}
	return a
}

func (a *answer) denies(t Truth, s source) {
	if t > a.deny {
		a.deny, a.denied = t, s
	}
}

func (a *answer) allows(t, direct Truth, s source) {
	if t > a.allow {
		a.allow, a.allowedBy = t, s
	}
	a.direct = max(a.direct, direct)
}

// matches says how far statement i of a policy is about a request, and how far
// it names the principal itself.
func (r *Request) matches(p *Policy, i int, principals bool) (all, direct Truth) {
	s := &p.Statements[i]
	if all = p.about(i, r.action); all == No {
		return No, No
	}
	if principals {
		var who Truth
		if who, direct = r.Caller.named(s); who == No {
			return No, No
		}
		all = min(all, who)
	}
	if all = min(all, r.resourceMatches(p, i)); all == No {
		return No, No
	}
	all = min(all, holds(p.rules[i].conditions, r.keys))
	return all, min(all, direct)
}

// about says how far statement i is about an action, in lower case.
func (p *Policy) about(i int, action text) Truth {
	t := No
	actions := p.rules[i].actions
	for j := range actions {
		if t = max(t, actions[j].is(action)); t == Yes {
			break
		}
	}
	if p.Statements[i].NotAction {
		return t.Not()
	}
	return t
}

// resourceMatches judges the resource. A policy without one, as a role's trust
// policy, is about the resource that it is attached to.
func (r *Request) resourceMatches(p *Policy, i int) Truth {
	s, resources := &p.Statements[i], p.rules[i].resources
	if len(resources) == 0 {
		return Yes
	}
	t := No
	for _, pattern := range resources {
		if t = max(t, pattern.text(r.keys).matches(r.resource)); t == Yes {
			break
		}
	}
	if s.NotResource {
		return t.Not()
	}
	return t
}
