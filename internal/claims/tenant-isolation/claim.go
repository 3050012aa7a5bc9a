// Package tenantisolation proves that nothing leads from one tenant to another:
// no network path, no rule of a balancer that they share, no permission, no key,
// no secret, no database, no key of a cache, no prefix of a bucket, and no API
// key.
//
// Whose a resource is comes from the binding of parts; which names are a
// tenant's comes from the estate file. What tenants share is a closed list
// (docs/claims/tenant-isolation.md); everything else that two of them could
// reach refutes.
package tenantisolation

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

// Codes of findings.
const (
	CodePath          = "TENANT_PATH"
	CodePathPerhaps   = "TENANT_PATH_PERHAPS"
	CodeReference     = "TENANT_REFERENCE"
	CodeAccess        = "TENANT_ACCESS"
	CodeAccessUnknown = "TENANT_ACCESS_UNKNOWN"
	CodeTrust         = "TENANT_TRUST"
	CodeRouteOpen     = "TENANT_ROUTE_OPEN"
	CodeRouteOther    = "TENANT_ROUTE_OF_ANOTHER"
	CodeRouteUnknown  = "TENANT_ROUTE_UNKNOWN"
	CodeDatabase      = "TENANT_DATABASE"
	CodeCacheKeys     = "TENANT_CACHE_KEYS"
	CodeName          = "TENANT_NAME"
	CodeKeyValue      = "TENANT_KEY_VALUE"
	CodeKeyPlan       = "TENANT_KEY_PLAN"
	CodeKeyUnknown    = "TENANT_KEY_UNKNOWN"
	CodeHeader        = "TENANT_HEADER"
	CodeHeaderUnknown = "TENANT_HEADER_UNKNOWN"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:          "tenant-isolation",
		Walks:       true,
		Rows:        []string{"S15", "B08"},
		Says:        "no network path, permission, key, name or prefix leads from one tenant to another",
		NeedsIntent: true,
		Check:       check,
	}
}

type checker struct {
	in        *proof.Input
	tally     *proof.Tally
	of        map[string]string // site → its environment
	secrets   resource.Secrets
	documents policy.Documents
	registry  map[opening]bool                 // see opensRegistry; nil: not read yet
	owners    map[addr.Address][]estate.PartID // whose services register in each target group
}

func check(ctx context.Context, in *proof.Input) ([]proof.Verdict, error) {
	c := newChecker(in, proof.NewTally(in, "paths, permissions and names of tenants", "There are no tenants here."))
	tenants := false
	for _, site := range in.Estate.Sites() {
		c.tally.Scope(proof.Scope(site.Name))
		tenants = tenants || len(in.Estate.Tenancies(site)) > 0
	}
	if !tenants {
		return c.tally.Verdicts(), nil
	}
	if err := c.paths(ctx); err != nil {
		return nil, err
	}
	c.references()
	c.access()
	c.owners = c.registered()
	c.routes()
	c.stores()
	c.gateway()
	return c.tally.Verdicts(), nil
}

func newChecker(in *proof.Input, tally *proof.Tally) *checker {
	c := &checker{in: in, tally: tally, of: map[string]string{}, secrets: resource.SecretsOf(in.Graph), documents: policy.NewDocuments()}
	for _, site := range in.Estate.Sites() {
		c.of[site.Name] = site.Environment
	}
	return c
}

// apart says whether two parts are those of different tenants. Where an
// environment recovers, a tenant is the same as at home.
func (c *checker) apart(a, b estate.PartID) bool {
	return a.Tenant != "" && b.Tenant != "" && (a.Tenant != b.Tenant || c.environment(a) != c.environment(b))
}

// environment returns the environment of a part.
func (c *checker) environment(id estate.PartID) string {
	return cmp.Or(c.of[id.Environment], id.Environment)
}

func (c *checker) refute(id estate.PartID, r *resource.Resource, code, property, message, fix string) {
	c.tally.Refute(proof.Scope(id.Environment), proof.Finding{Code: code, At: r.Addr, Property: property, Part: id,
		Message: c.in.Name(r) + " " + message, Fix: fix})
}

func (c *checker) doubt(id estate.PartID, r *resource.Resource, code, property, message, fix string) {
	c.tally.Doubt(proof.Scope(id.Environment), proof.Finding{Code: code, At: r.Addr, Property: property, Part: id,
		Message: c.in.Name(r) + " " + message, Fix: fix})
}

// paths walks between the interfaces of tenants by what security groups let in
// alone: tiers do not tell tenants apart, so that nothing else may have to. One
// finding for each ordered pair of tenants.
func (c *checker) paths(ctx context.Context) error {
	e := c.in.Layer(proof.LayerGroups)
	c.countPairs(e)
	open, err := e.Open(ctx)
	if err != nil {
		return err
	}
	type pair struct{ from, to string }
	found := map[pair]way{}
	for _, o := range open {
		for _, from := range e.Parts[o.From] {
			if from.Tenant == "" {
				continue
			}
			for _, to := range e.Parts[o.To] {
				if !c.apart(from, to) {
					continue
				}
				p, w := pair{from.Environment + "/" + from.Tenant, to.Environment + "/" + to.Tenant}, way{o, from, to}
				if old, ok := found[p]; !ok || w.compare(old) < 0 {
					found[p] = w
				}
			}
		}
	}
	for _, w := range slices.SortedFunc(maps.Values(found), way.compare) {
		c.path(e, w.open, w.from, w.to)
	}
	return nil
}

// way is an open pair of interfaces, and whose they are.
type way struct {
	open     proof.OpenPair
	from, to estate.PartID
}

// compare orders ways: what certainly flows comes before what may, then by name.
func (w way) compare(o way) int {
	perhaps := func(x way) int {
		if x.open.Reach.Must.IsEmpty() {
			return 1
		}
		return 0
	}
	return cmp.Or(perhaps(w)-perhaps(o), w.to.Compare(o.to), w.from.Compare(o.from))
}

// countPairs counts the ordered pairs of tenants of each environment.
func (c *checker) countPairs(e *proof.Ends) {
	tenants := map[string]map[string]bool{}
	for id := range e.Of {
		if id.Tenant == "" {
			continue
		}
		if tenants[id.Environment] == nil {
			tenants[id.Environment] = map[string]bool{}
		}
		tenants[id.Environment][id.Tenant] = true
	}
	for env, all := range tenants {
		c.tally.Check(proof.Scope(env), len(all)*(len(all)-1))
	}
}

func (c *checker) path(e *proof.Ends, o proof.OpenPair, from, to estate.PartID) {
	what := o.Reach.Must
	if what.IsEmpty() {
		what = o.Reach.May
	}
	p := e.Net.Explain(o.From, o.To, what)
	f := proof.Opened(p)
	f.Part = to
	f.Fix = "Let each tenant's services in from the tenant's own security groups only."
	if o.Reach.Must.IsEmpty() {
		f.Code = CodePathPerhaps
		f.Message = fmt.Sprintf("The security groups of %s may let %s in by %s: %s.", to, from, e.Net.Format(what), proof.Why(p))
		c.tally.Doubt(proof.Scope(to.Environment), f)
		return
	}
	f.Code = CodePath
	f.Message = fmt.Sprintf("The security groups of %s let %s in by %s, which is another tenant's.", to, from, e.Net.Format(what))
	c.tally.Refute(proof.Scope(to.Environment), f)
}

// references judges what the properties of a tenant's resources name: a key, a
// secret, a group, a database of another tenant.
func (c *checker) references() {
	for r := range c.in.Graph.All() {
		id := c.in.PartOf(r.Addr)
		if id.Tenant == "" {
			continue
		}
		c.tally.Check(proof.Scope(id.Environment), 1)
		for e := range c.in.Graph.Edges(r.Addr) {
			if to := c.in.PartOf(e.To); c.apart(id, to) {
				c.refute(id, r, CodeReference, e.Property, fmt.Sprintf("names %s, which is another tenant's.", c.in.Name(c.in.Graph.Get(e.To))),
					"Name the tenant's own.")
			}
		}
	}
}
