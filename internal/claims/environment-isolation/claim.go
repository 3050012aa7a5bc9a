// Package environmentisolation proves that environments have no private path,
// no trust and no key in common.
//
// That there is no path is proved by routes alone, with every security group,
// network ACL and firewall open, so that no rule stands between environments
// that a mistake could open. From an environment to the place where it recovers
// routes may lead where a declared flow does, and network ACLs alone have to keep
// all else from it. Trust is read from role and resource policies,
// keys from every property that names one.
package environmentisolation

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/policy"
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
		Walks:       true,
		Rows:        []string{"S01", "S05", "S07"},
		Says:        "environments share no private path, no trust and no key",
		NeedsIntent: true,
		Check:       check,
	}
}

type checker struct {
	in        *proof.Input
	tally     *proof.Tally
	accounts  map[string][]string // account → its environments, sorted
	of        map[string]string   // site → its environment
	peered    []estate.Flow       // from one site of an environment to the other
	documents policy.Documents
}

func check(ctx context.Context, in *proof.Input) ([]proof.Verdict, error) {
	c := &checker{in: in, accounts: map[string][]string{}, of: map[string]string{}, documents: policy.NewDocuments(),
		tally: proof.NewTally(in, "paths, policies and keys", "Nothing of this environment was loaded.")}
	for _, site := range in.Estate.Sites() {
		// Where an environment recovers, it is the same environment.
		c.of[site.Name] = site.Environment
		if !slices.Contains(c.accounts[site.Account], site.Environment) {
			c.accounts[site.Account] = append(c.accounts[site.Account], site.Environment)
		}
	}
	c.peered = in.Estate.PeeredFlows()
	for _, envs := range c.accounts {
		slices.Sort(envs)
	}
	for _, env := range in.Environments() {
		c.tally.Scope(proof.Scope(env))
	}
	if err := c.paths(ctx); err != nil {
		return nil, err
	}
	if err := c.between(ctx); err != nil {
		return nil, err
	}
	for r := range in.Graph.All() {
		env := c.environmentOf(r)
		if env == "" {
			continue
		}
		c.trust(r, env)
		if c.namesKey(r.Props) {
			c.keys(r, env, r.Props, nil)
		}
	}
	return c.tally.Verdicts(), nil
}

// environment returns the environment of a site.
func (c *checker) environment(site string) string { return cmp.Or(c.of[site], site) }

// environmentOf returns the environment that a resource belongs to, and "" for
// what is the hub's or nobody's.
func (c *checker) environmentOf(r *resource.Resource) string {
	if s := c.in.ScopeOf(r); c.in.IsEnvironment(s) {
		return string(s)
	}
	return ""
}

// end is the interfaces of an environment in one subnet: with every filter open
// nothing tells them apart but their routes.
type end struct {
	class network.ClassID
	env   proof.Scope
}

// paths walks from every subnet of an environment to every subnet of the
// others. A path in one direction is enough: what filters let through is not
// asked, and neither is an answer.
func (c *checker) paths(ctx context.Context) error {
	layer := c.in.Layer(proof.LayerRoutes)
	all := c.subnets(layer)
	done := map[[2]proof.Scope]bool{}
	for _, a := range all {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("walking between environments: %w", err)
		}
		for _, b := range all {
			if a.env == b.env {
				continue
			}
			c.tally.Check(a.env, 1)
			if c.leads(layer, a, b) {
				continue
			}
			if way := [2]proof.Scope{a.env, b.env}; !done[way] {
				done[way] = c.path(layer, a, b)
			}
		}
	}
	return nil
}

// subnets returns one class for each subnet of an environment that holds
// interfaces.
func (c *checker) subnets(layer *proof.Ends) []end {
	var all []end
	seen := map[addr.Address]bool{}
	for _, k := range layer.Net.Classes() {
		env := layer.ScopeOf(k.ID)
		if !c.in.IsEnvironment(env) || k.External || seen[k.Subnet] {
			continue
		}
		seen[k.Subnet] = true
		all = append(all, end{k.ID, env})
	}
	return all
}

// path reports a path between two environments, and says whether there is one.
func (c *checker) path(layer *proof.Ends, a, b end) bool {
	if layer.Net.Sends(a.class, b.class).May.IsEmpty() {
		return false
	}
	p := layer.Net.Explain(a.class, b.class, layer.Net.AllPackets())
	f := proof.Opened(p)
	f.At, f.Property = crossing(c.in.Graph, p, f)
	f.Fix = "Drop the other environments' range in the Transit Gateway's table of this one, or take the route away."
	if len(p.Unknowns) > 0 && p.Works.Must.IsEmpty() {
		f.Code = CodePathPerhaps
		f.Message = fmt.Sprintf("Routes may lead from %s to %s: %s.", layer.Name(a.class), layer.Name(b.class), proof.Why(p))
		c.tally.Doubt(a.env, f)
		return true
	}
	f.Code = CodePath
	f.Message = fmt.Sprintf("Routes lead from %s to %s, so that only filters keep the environments %s and %s apart.", layer.Name(a.class), layer.Name(b.class), a.env, b.env)
	c.tally.Refute(a.env, f)
	return true
}
