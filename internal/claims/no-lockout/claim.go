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
	by       map[string]accountPolicies
	parts    map[string]map[*policy.Policy]*policy.Policy
	done     map[kind]bool
	said     map[string]bool
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
		needs: needs(), keyOf: keysOf(), variants: map[string][]string{}, by: map[string]accountPolicies{}, parts: map[string]map[*policy.Policy]*policy.Policy{}, done: map[kind]bool{}, said: map[string]bool{}}
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
	caller := policy.Role(at.account, execution+"-"+at.account+"-"+at.region)
	actions := n.make
	if !r.Retain {
		actions = slices.Concat(n.make, n.remove)
	}
	for _, action := range actions {
		c.call(call{caller: caller, region: at.region, action: action, about: r}, r, "")
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
			name := who.name
			if who.regional {
				name += "-" + at.account + "-" + at.region
			}
			for _, action := range who.does {
				c.call(call{caller: policy.Role(at.account, name), region: at.region, action: action}, places[at], who.makes(at.place))
			}
		}
	}
}

// accountPolicies are the guardrails that reach an account; perhaps are those
// of which that is not known.
type accountPolicies struct {
	scps, rcps []*policy.Policy
	perhaps    map[addr.Address]bool
}

// reaching returns the guardrails of an account. AWS's own FullAWSAccess and
// RCPFullAWSAccess are attached at every level beside them.
func (c *checker) reaching(account string) accountPolicies {
	if p, ok := c.by[account]; ok {
		return p
	}
	full := c.full
	p := accountPolicies{scps: []*policy.Policy{full}, rcps: []*policy.Policy{full}, perhaps: map[addr.Address]bool{}}
	for _, g := range c.rails {
		reaches := c.reaches(g, account)
		if reaches == policy.No {
			continue
		}
		p.perhaps[g.r.Addr] = reaches == policy.Maybe
		if g.resource {
			p.rcps = append(p.rcps, g.doc)
		} else {
			p.scps = append(p.scps, g.doc)
		}
	}
	c.by[account] = p
	return p
}

// about returns what policies say of an action. AWS's own gives the role its
// rights too: what its own policies lack is not asked.
func (c *checker) about(action string, p accountPolicies) policy.Policies {
	parts, ok := c.parts[action]
	if !ok {
		parts = map[*policy.Policy]*policy.Policy{}
		c.parts[action] = parts
	}
	reduced := func(all []*policy.Policy) []*policy.Policy {
		out := make([]*policy.Policy, len(all))
		for i, whole := range all {
			if out[i], ok = parts[whole]; !ok {
				out[i] = whole.For(action)
				parts[whole] = out[i]
			}
		}
		return out
	}
	return policy.Policies{Identity: p.scps[:1], SCPs: [][]*policy.Policy{reduced(p.scps)}, RCPs: [][]*policy.Policy{reduced(p.rcps)}}
}

// call decides one call and reports a denial in the scope of the resource that
// it is for.
func (c *checker) call(x call, r *resource.Resource, makes string) {
	scope := c.in.ScopeOf(r)
	if counted := fmt.Sprint(scope, x.caller.ARN.Text(), x.region, x.action); !c.said[counted] {
		c.said[counted] = true
		c.tally.Check(scope, 1)
	}
	p := c.reaching(x.caller.Account)
	d := c.about(x.action, p).Decide(policy.Request{Caller: x.caller, Action: x.action, Resource: arn(x, makes), Context: c.keys(x)})
	if d.Outcome != policy.Allowed {
		c.report(x, d, scope, r, d.In != nil && p.perhaps[d.In.At])
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
