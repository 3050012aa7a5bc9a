// Package environmentisolation proves that environments have no private path,
// no trust and no key in common.
//
// That there is no path is proved by routes alone, with every security group,
// network ACL and firewall open, so that no rule stands between environments
// that a mistake could open. Trust is read from role and resource policies,
// keys from every property that names one.
package environmentisolation

import (
	"context"
	"fmt"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/part"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

// Codes of findings.
const (
	CodePath        = "ENVIRONMENT_PATH"
	CodePathPerhaps = "ENVIRONMENT_PATH_PERHAPS"
	CodeTrust       = "ENVIRONMENT_TRUST"
	CodeTrustAny    = "ENVIRONMENT_TRUST_ANYBODY"
	CodeTrustHidden = "ENVIRONMENT_TRUST_UNKNOWN"
	CodeKey         = "ENVIRONMENT_KEY_SHARED"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:          "environment-isolation",
		Rows:        []string{"S01", "S05", "S07"},
		Says:        "environments share no private path, no trust and no key",
		NeedsIntent: true,
		Check:       check,
	}
}

type checker struct {
	in       *proof.Input
	tally    *proof.Tally
	accounts map[string]string // account → environment
}

func check(ctx context.Context, in *proof.Input) ([]proof.Verdict, error) {
	c := &checker{in: in, accounts: map[string]string{},
		tally: proof.NewTally(in, "paths, policies and keys", "Nothing of this environment was loaded.")}
	for env, id := range part.Accounts(in.Estate) {
		if env != estate.HubEnvironment {
			c.accounts[id] = env
		}
	}
	for _, env := range in.Environments() {
		c.tally.Scope(proof.Scope(env))
	}
	if err := c.paths(ctx); err != nil {
		return nil, err
	}
	for r := range in.Graph.All() {
		env := c.environmentOf(r)
		if env == "" {
			continue
		}
		c.trust(r, env)
		c.keys(r, env)
	}
	return c.tally.Verdicts(), nil
}

// environmentOf returns the environment that a resource belongs to, and "" for
// what is the hub's or nobody's.
func (c *checker) environmentOf(r *resource.Resource) string {
	s := string(c.in.ScopeOf(r))
	if _, ok := c.in.Estate.Environments.Get(s); ok {
		return s
	}
	return ""
}

// paths looks for pairs of interfaces of two environments that routes join.
func (c *checker) paths(ctx context.Context) error {
	ends, err := c.in.Layer(proof.LayerRoutes)
	if err != nil {
		return err
	}
	of := map[string]int{}
	for _, k := range ends.Net.Classes() {
		if !k.External {
			of[string(ends.ScopeOf(k.ID))]++
		}
	}
	for _, a := range c.in.Environments() {
		for _, b := range c.in.Environments() {
			if a != b {
				c.tally.Check(proof.Scope(a), of[a]*of[b])
			}
		}
	}
	open, err := ends.Open(ctx)
	if err != nil {
		return err
	}
	done := map[[2]proof.Scope]bool{}
	for _, o := range open {
		if ends.External(o.From) || ends.External(o.To) {
			continue
		}
		from, to := ends.ScopeOf(o.From), ends.ScopeOf(o.To)
		if from == to || from == proof.ScopeHub || to == proof.ScopeHub || done[[2]proof.Scope{from, to}] {
			continue
		}
		done[[2]proof.Scope{from, to}] = true
		c.path(ends, o, from, to)
	}
	return nil
}

func (c *checker) path(ends *proof.Ends, o proof.OpenPair, from, to proof.Scope) {
	what := o.Reach.Must
	if what.IsEmpty() {
		what = o.Reach.May
	}
	p := ends.Net.Explain(o.From, o.To, what)
	f := proof.Opened(p)
	f.At, f.Property = crossing(c.in.Graph, p, f)
	f.Fix = "Drop the other environments' range in the Transit Gateway's table of this one, or take the route away."
	if o.Reach.Must.IsEmpty() {
		f.Code = CodePathPerhaps
		f.Message = fmt.Sprintf("Routes may lead from %s to %s: %s.", ends.Name(o.From), ends.Name(o.To), proof.Why(p))
		c.tally.Doubt(from, f)
		return
	}
	f.Code = CodePath
	f.Message = fmt.Sprintf("Routes lead from %s to %s, so that only filters keep the environments %s and %s apart.", ends.Name(o.From), ends.Name(o.To), from, to)
	c.tally.Refute(from, f)
}
