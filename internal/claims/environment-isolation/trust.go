package environmentisolation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// crossing returns the first route of a Transit Gateway or the first peering
// on a path: where it leaves the environment.
func crossing(g *resource.Graph, p network.Path, f proof.Finding) (addr.Address, string) {
	for _, h := range p.Forward {
		if r := g.Get(h.By); r != nil && strings.HasPrefix(r.Type, "AWS::EC2::TransitGateway") {
			return h.By, h.Property
		}
	}
	for _, h := range p.Forward {
		if r := g.Get(h.By); r != nil && r.Type == "AWS::EC2::Route" {
			return h.By, h.Property
		}
	}
	return f.At, f.Property
}

// trust judges whom a resource lets in.
func (c *checker) trust(r *resource.Resource, env string) {
	switch r.Type {
	case "AWS::Lambda::Permission", "AWS::Lambda::LayerVersionPermission":
		c.plain(r, env, "Principal", []value.Value{r.Props.Get("Principal")})
	case "AWS::RAM::ResourceShare":
		c.plain(r, env, "Principals", r.Props.Get("Principals").Items())
	case "AWS::EC2::VPCEndpointServicePermissions":
		c.plain(r, env, "AllowedPrincipals", r.Props.Get("AllowedPrincipals").Items())
	}
	for d := range c.documents.Of(r) {
		if d.Purpose == policy.Trusts || d.Purpose == policy.Guards || d.Purpose == policy.GuardsKey {
			c.document(r, env, d)
		}
	}
}

func (c *checker) document(r *resource.Resource, env string, d policy.Document) {
	statements, why := policy.Statements(d.Doc)
	if why != nil {
		c.hidden(r, env, d.Property, why)
	}
	for _, s := range statements {
		if !s.Allow {
			continue
		}
		c.tally.Check(proof.Scope(env), 1)
		at := d.PropertyOf(s)
		if s.NotPrincipal {
			c.anybody(r, env, at, "all but some principals")
			continue
		}
		for _, p := range s.Principals {
			c.principal(r, env, at, p, s)
		}
	}
}

// principal judges one principal of a statement that allows.
func (c *checker) principal(r *resource.Resource, env, at string, p policy.Principal, s policy.Statement) {
	if p.Any() {
		c.everybody(r, env, at, s)
		return
	}
	if why := p.Value.FirstUnknown(); why != nil {
		c.hidden(r, env, at+"/Principal", why)
		return
	}
	if account, ok := p.Account(); ok {
		c.account(r, env, at+"/Principal", account)
	}
	if p.Type == "Federated" {
		c.federated(r, env, at, p, s)
	}
	if ref, ok := p.Value.Ref(); ok && p.Type == "AWS" {
		if to := c.in.Graph.Get(ref.To); to != nil && to.Addr.Stack.Account != r.Addr.Stack.Account {
			c.account(r, env, at+"/Principal", to.Addr.Stack.Account)
		}
	}
}

// federated judges trust in an identity provider: one of another environment's
// account is that environment's, and without a condition everybody is let in
// whom the provider knows ("Create a role for OpenID Connect federation").
func (c *checker) federated(r *resource.Resource, env, at string, p policy.Principal, s policy.Statement) {
	if account, ok := policy.AccountOf(p.Value); ok {
		c.account(r, env, at+"/Principal", account)
	}
	if !s.Conditional() {
		c.hidden(r, env, at+"/Principal", &value.Reason{Code: CodeTrustHidden, At: r.Addr,
			Text: "it lets in whomever the identity provider knows, without a condition"})
	}
}

// everybody judges a statement that lets everybody in: by its condition, if it
// has one. One on the organisation lets the other environments in; the accounts
// that one names have to be the environment's own; of one that names neither it
// is not known whom it keeps out.
func (c *checker) everybody(r *resource.Resource, env, at string, s policy.Statement) {
	if !s.Conditional() {
		c.anybody(r, env, at+"/Principal", "everybody")
		return
	}
	narrow := false
	for op, keys := range s.Condition.Entries() {
		for k, v := range keys.Entries() {
			where := at + "/Condition/" + op + "/" + k
			if policy.IsKey(k, policy.OrganisationKeys()) {
				c.anybody(r, env, where, "the whole organisation")
				narrow = true
				continue
			}
			if !policy.Narrows(op, k, v, policy.CallerKeys()) {
				continue
			}
			narrow = true
			for _, item := range append(v.Items(), v) {
				if account, ok := policy.AccountOf(item); ok {
					c.account(r, env, where, account)
				}
			}
		}
	}
	if !narrow {
		c.hidden(r, env, at+"/Condition", &value.Reason{Code: CodeTrustHidden, At: r.Addr,
			Text: "it lets everybody in under a condition that names no account"})
	}
}

func (c *checker) plain(r *resource.Resource, env, property string, principals []value.Value) {
	for i, p := range principals {
		c.tally.Check(proof.Scope(env), 1)
		at := property
		if len(principals) > 1 {
			at += "/" + strconv.Itoa(i)
		}
		if p.Text() == "*" {
			c.anybody(r, env, at, "everybody")
		} else if account, ok := policy.AccountOf(p); ok {
			c.account(r, env, at, account)
		}
	}
}

func (c *checker) account(r *resource.Resource, env, at, account string) {
	envs, own := c.accounts[account], c.environment(env)
	if len(envs) == 0 || len(envs) == 1 && envs[0] == own {
		return
	}
	if slices.Contains(envs, own) {
		c.hidden(r, env, at, &value.Reason{Code: CodeTrustHidden, At: r.Addr,
			Text: "account " + account + " is that of " + strings.Join(envs, " and ") + ", which a policy tells apart by principals only"})
		return
	}
	other := strings.Join(envs, " and ")
	c.tally.Refute(proof.Scope(env), proof.Finding{Code: CodeTrust, At: r.Addr, Property: at,
		Message: fmt.Sprintf("%s, which belongs to %s, lets in account %s, which is %s's.", c.in.Name(r), env, account, other),
		Fix:     "Name principals of the environment's own account only."})
}

func (c *checker) anybody(r *resource.Resource, env, at, who string) {
	c.tally.Refute(proof.Scope(env), proof.Finding{Code: CodeTrustAny, At: r.Addr, Property: at,
		Message: fmt.Sprintf("%s, which belongs to %s, lets in %s, so also the other environments.", c.in.Name(r), env, who),
		Fix:     "Name principals of the environment's own account, or add a condition on aws:PrincipalAccount."})
}

func (c *checker) hidden(r *resource.Resource, env, at string, why *value.Reason) {
	c.tally.Doubt(proof.Scope(env), proof.Finding{Code: CodeTrustHidden, At: r.Addr, Property: at,
		Message: fmt.Sprintf("Whom %s of %s lets in is not known: %s.", c.in.Name(r), env, why.Error()),
		Fix:     "Name the principal in the template, or give the parameter with --param."})
}

// namesKey says whether a key may be named somewhere in a value. Most resources
// name none.
func (c *checker) namesKey(v value.Value) bool {
	switch v.Kind() {
	case value.Symbol:
		ref, _ := v.Ref()
		to := c.in.Graph.Get(ref.To)
		return to != nil && strings.HasPrefix(to.Type, keyTypes)
	case value.String:
		return strings.Contains(v.Text(), keyARNs)
	case value.List, value.Concat: // no two literal parts of a text stand side by side
		return slices.ContainsFunc(v.Items(), c.namesKey)
	case value.Map:
		for _, item := range v.Entries() {
			if c.namesKey(item) {
				return true
			}
		}
	}
	return false
}

// keyTypes begins the types of keys and their aliases, keyARNs is in their ARNs.
const (
	keyTypes = "AWS::KMS::"
	keyARNs  = ":kms:"
)

// keys looks for keys of another environment in a resource's properties:
// references to its resources, and ARNs that name its account.
func (c *checker) keys(r *resource.Resource, env string, v value.Value, path []string) {
	switch v.Kind() {
	case value.Symbol:
		ref, _ := v.Ref()
		to := c.in.Graph.Get(ref.To)
		if to == nil || !strings.HasPrefix(to.Type, keyTypes) {
			return
		}
		c.tally.Check(proof.Scope(env), 1)
		if other := c.environmentOf(to); other != "" && c.environment(other) != c.environment(env) {
			c.key(r, env, strings.Join(path, "/"), c.in.Name(to), other)
		}
	case value.String, value.Concat:
		c.keyARN(r, env, v, path)
		for i, part := range v.Items() {
			c.keys(r, env, part, append(path, strconv.Itoa(i)))
		}
	case value.List:
		for i, item := range v.Items() {
			c.keys(r, env, item, append(path, strconv.Itoa(i)))
		}
	case value.Map:
		for k, item := range v.Entries() {
			c.keys(r, env, item, append(path, k))
		}
	}
}

// keyARN looks for a key's ARN that names another environment's account.
func (c *checker) keyARN(r *resource.Resource, env string, v value.Value, path []string) {
	names := func(v value.Value) bool { return strings.Contains(v.Text(), keyARNs) }
	if !names(v) && !slices.ContainsFunc(v.Items(), names) {
		return
	}
	if account, ok := policy.AccountOf(v); ok && len(c.accounts[account]) > 0 && !slices.Contains(c.accounts[account], c.environment(env)) {
		c.key(r, env, strings.Join(path, "/"), v.String(), strings.Join(c.accounts[account], " and "))
	}
}

func (c *checker) key(r *resource.Resource, env, property, key, other string) {
	c.tally.Refute(proof.Scope(env), proof.Finding{Code: CodeKey, At: r.Addr, Property: property,
		Message: fmt.Sprintf("%s, which belongs to %s, uses %s, a key of %s.", c.in.Name(r), env, key, other),
		Fix:     "Use a key of the environment's own."})
}
