// Package nolockout proves that an organisation's guardrails stop neither who
// deploys nor Control Tower: every action that deploying the templates takes is
// decided against every service control policy and resource control policy that
// reaches the account, in each Region in which it has stacks.
//
// What deploying takes follows from the resources' types, by a table; a type
// that is not in it leaves the verdict open. A finding names the statement that
// denies.
package nolockout

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings.
const (
	CodeLocked  = "LOCKED_OUT"
	CodePerhaps = "LOCKED_OUT_PERHAPS"
	CodeType    = "LOCKOUT_TYPE_UNKNOWN"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:    "no-lockout",
		Rows:  []string{"S02", "B06"},
		Says:  "no guardrail stops who deploys, or Control Tower, from what they need",
		Check: check,
	}
}

type checker struct {
	in       *proof.Input
	tally    *proof.Tally
	rails    []guardrail
	full     *policy.Policy // what AWS attaches to everything
	needs    map[string]need
	keyOf    map[string]keyOf
	variants map[string][]string
	by       map[string]*reached // by account, and by what reaches it
	done     map[kind]bool
	asks     map[asker]*asking
	numbers  map[string]int // of the texts of statements
	said     map[string]bool
}

// asker is who asks where, on behalf of a scope.
type asker struct {
	scope proof.Scope
	role  string // its name, without what follows a regional one's
	place
}

// asking is what an asker has asked so far.
type asking struct {
	caller  policy.Caller
	reached *reached
	counted map[string]bool // actions, whatever they are called on
	decided map[question]policy.Decision
}

// question is what makes two calls of an asker the same: which statements are
// about it, and what their conditions and resources see of it.
type question struct {
	service    string
	statements int
	sees       string
}

// kind is what makes deploying two resources the same: where, which type, and
// what conditions ask of it.
type kind struct {
	at      place
	scope   proof.Scope
	typ     string
	kept    bool
	variant string
}

func check(ctx context.Context, in *proof.Input) ([]proof.Verdict, error) {
	c := &checker{in: in, tally: proof.NewTally(in, "actions of roles", "Nothing that was loaded guards an organisation."), rails: guardrails(in.Graph), full: policy.FullAccess(),
		needs: needs(), keyOf: keysOf(), variants: map[string][]string{}, by: map[string]*reached{}, done: map[kind]bool{}, asks: map[asker]*asking{}, numbers: map[string]int{}, said: map[string]bool{}}
	if len(c.rails) == 0 {
		return c.tally.Verdicts(), nil
	}
	for _, of := range c.keyOf {
		c.variants[of.typ] = append(c.variants[of.typ], of.property)
	}
	c.variants["AWS::RDS::DBInstance"] = []string{"Engine", "StorageEncrypted"}
	management := c.management()
	places := map[user]*resource.Resource{}
	for r := range in.Graph.All() {
		if r.Addr.Stack.Account == management || r.Addr.Stack.Account == "" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("deciding what deploying takes: %w", err)
		}
		at := place{r.Addr.Stack.Account, r.Addr.Stack.Region}
		if who := (user{at, in.ScopeOf(r)}); places[who] == nil {
			places[who] = r
		}
		c.deploys(at, r)
	}
	c.roles(places)
	return c.tally.Verdicts(), nil
}

// place is an account in a Region.
type place struct{ account, region string }

// user is a scope that has stacks in a place; several may share one.
type user struct {
	place
	scope proof.Scope
}

// management is the account that guardrails do not reach: the one that makes
// them ("SCP effects on permissions", AWS Organizations User Guide).
func (c *checker) management() string { return c.rails[0].r.Addr.Stack.Account }

// deploys judges what deploying one resource takes.
func (c *checker) deploys(at place, r *resource.Resource) {
	typ := r.Type
	if strings.HasPrefix(typ, "Custom::") {
		typ = "AWS::CloudFormation::CustomResource" // CloudFormation calls its function or topic
	}
	n, ok := c.needs[typ]
	if !ok {
		c.unknownType(at, r)
		return
	}
	k := kind{at, c.in.ScopeOf(r), r.Type, r.Retain, c.variant(r)}
	if c.done[k] {
		return
	}
	c.done[k] = true
	who := c.asking(asker{k.scope, execution, at}, true)
	actions := n.make
	if !r.Retain {
		actions = slices.Concat(n.make, n.remove)
	}
	for _, action := range actions {
		c.call(who, call{caller: who.caller, region: at.region, action: action, about: r}, r, "")
	}
}

func (c *checker) unknownType(at place, r *resource.Resource) {
	key := fmt.Sprint("type ", c.in.ScopeOf(r), at, r.Type)
	if c.said[key] {
		return
	}
	c.said[key] = true
	c.tally.Doubt(c.in.ScopeOf(r), proof.Finding{Code: CodeType, At: r.Addr,
		Message: fmt.Sprintf("What deploying %s takes is not known: the table has no %s.", c.in.Name(r), r.Type),
		Fix:     "Judge it by hand, or add the type to internal/claims/no-lockout/needs.txt from its schema's handlers."})
}

// roles judges what the other roles of each place do, for each scope that has
// stacks there.
func (c *checker) roles(places map[user]*resource.Resource) {
	order := make([]user, 0, len(places))
	for at := range places {
		order = append(order, at)
	}
	slices.SortFunc(order, func(a, b user) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region), cmp.Compare(a.scope, b.scope))
	})
	for _, at := range order {
		for _, who := range roles() {
			asking := c.asking(asker{at.scope, who.name, at.place}, who.regional)
			for _, action := range who.does {
				c.call(asking, call{caller: asking.caller, region: at.region, action: action}, places[at], who.makes(at.place))
			}
		}
	}
}

// actions is about how many actions an asker asks for.
const actions = 256

// asking returns what an asker has asked. The name of a regional role ends with
// account and Region.
func (c *checker) asking(who asker, regional bool) *asking {
	a, ok := c.asks[who]
	if !ok {
		name := who.role
		if regional {
			name += "-" + who.account + "-" + who.region
		}
		a = &asking{caller: policy.Role(who.account, name), reached: c.reaching(who.account), counted: make(map[string]bool, actions), decided: make(map[question]policy.Decision, actions)}
		c.asks[who] = a
	}
	return a
}

// reached are the guardrails that reach an account; perhaps are those of which
// that is not known. Accounts that the same ones reach share one.
type reached struct {
	scps, rcps []*policy.Policy
	perhaps    map[addr.Address]bool
	asked      map[string]*asked
}

// asked is what guardrails say of an action: the statements that are about it,
// which have one number too. Named says that they tell its resources apart.
type asked struct {
	policies   policy.Policies
	statements int
	named      bool
}

// reaching returns the guardrails of an account. AWS's own FullAWSAccess and
// RCPFullAWSAccess are attached at every level beside them.
func (c *checker) reaching(account string) *reached {
	if r, ok := c.by[account]; ok {
		return r
	}
	var truths []policy.Truth
	for _, g := range c.rails {
		truths = append(truths, c.reaches(g, account))
	}
	same := fmt.Sprint(truths)
	r, ok := c.by[same]
	if !ok {
		r = &reached{scps: []*policy.Policy{c.full}, rcps: []*policy.Policy{c.full}, perhaps: map[addr.Address]bool{}, asked: map[string]*asked{}}
		for i, g := range c.rails {
			r.perhaps[g.r.Addr] = truths[i] == policy.Maybe
			switch {
			case truths[i] == policy.No:
			case g.resource:
				r.rcps = append(r.rcps, g.doc)
			default:
				r.scps = append(r.scps, g.doc)
			}
		}
		c.by[same] = r
	}
	c.by[account] = r
	return r
}

// about returns what the guardrails say of an action. AWS's own gives the role
// its rights: what its own policies lack is not asked.
func (c *checker) about(r *reached, action string) *asked {
	if a, ok := r.asked[action]; ok {
		return a
	}
	a, name := &asked{}, policy.ActionOf(action)
	var statements strings.Builder
	part := func(all []*policy.Policy) []*policy.Policy {
		var out []*policy.Policy
		for _, whole := range all {
			if p := whole.For(name); p != nil {
				out = append(out, p)
				a.named = a.named || p.NamesResources()
				statements.WriteString(p.At.Stack.Account + p.At.Stack.Region + p.At.Stack.Name + "/" + p.At.Logical)
				for _, s := range p.Statements {
					statements.WriteString(" " + s.Property)
					if slices.ContainsFunc(s.Actions, func(v value.Value) bool { return v.Text() == "" }) {
						statements.WriteString(action) // it may be about this one, and not about others
					}
				}
			}
		}
		return out
	}
	a.policies = policy.Policies{Identity: r.scps[:1], SCPs: [][]*policy.Policy{part(r.scps)}, RCPs: [][]*policy.Policy{part(r.rcps)}}
	text := statements.String()
	if _, ok := c.numbers[text]; !ok {
		c.numbers[text] = len(c.numbers)
	}
	a.statements = c.numbers[text]
	r.asked[action] = a
	return a
}

// call decides one call and reports a denial in the scope of the resource that
// it is for.
func (c *checker) call(who *asking, x call, r *resource.Resource, makes string) {
	scope := c.in.ScopeOf(r)
	if !who.counted[x.action] {
		who.counted[x.action] = true
		c.tally.Check(scope, 1)
	}
	about := c.about(who.reached, x.action)
	service, _, _ := strings.Cut(x.action, ":")
	q := question{service: service, statements: about.statements}
	if x.about != nil && len(c.variants[x.about.Type]) > 0 {
		q.sees = x.about.Type + c.variant(x.about)
	}
	if about.named {
		q.sees += target(x, makes)
	}
	d, ok := who.decided[q]
	if !ok {
		var on value.Value
		if about.named {
			on = arn(x, makes)
		}
		d = about.policies.Decide(policy.Request{Caller: x.caller, Action: x.action, Resource: on, Context: c.keys(x)})
		who.decided[q] = d
	}
	if d.Outcome != policy.Allowed {
		c.report(x, d, scope, r, d.In != nil && who.reached.perhaps[d.In.At])
	}
}

// report names the statement that denies, once for a role in a scope.
func (c *checker) report(x call, d policy.Decision, scope proof.Scope, r *resource.Resource, perhaps bool) {
	f := proof.Finding{Code: CodeLocked, At: r.Addr, Fix: "Except the role by a condition ArnNotLike on aws:PrincipalArn, or take the action out of the statement."}
	statement := "no statement allows it"
	if d.In != nil && d.By != nil {
		f.At, f.Property = d.In.At, d.In.Property+"/"+d.By.Property
		statement = f.Property
		if d.By.Sid != "" {
			statement = d.By.Sid
		}
		if own := c.in.Graph.Get(d.In.At); own != nil {
			statement = fmt.Sprintf("%s of the %s %s", statement, d.Layer, own.Props.Get("Name"))
		}
	}
	key := fmt.Sprint(scope, f.At, f.Property, roleName(x), d.Outcome)
	if c.said[key] {
		return
	}
	c.said[key] = true
	what := fmt.Sprintf("%s, which %s in account %s and %s needs for %s", x.action, roleName(x), x.caller.Account, x.region, c.in.Name(r))
	if d.Outcome == policy.Denied && !perhaps {
		f.Message = fmt.Sprintf("%s denies %s.", statement, what)
		c.tally.Refute(scope, f)
		return
	}
	why := "it depends on what is not known before the call"
	switch {
	case d.Why != nil:
		why = d.Why.Error()
	case perhaps:
		why = "it is not known whether the account is among its targets"
	}
	f.Code, f.Message = CodePerhaps, fmt.Sprintf("%s may deny %s: %s.", statement, what, why)
	c.tally.Doubt(scope, f)
}

// roleName is the caller's role without account and Region.
func roleName(x call) string {
	_, name, _ := strings.Cut(x.caller.ARN.Text(), ":role/")
	return strings.TrimSuffix(name, "-"+x.caller.Account+"-"+x.region)
}
