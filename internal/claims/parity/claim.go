// Package parity proves that environments differ only where the estate says so.
//
// Every environment is compared with one of them, the reference: the last of
// the largest. What is compared is what the templates say, never what the estate
// asks for. A resource is known by what it is: its type, part and properties,
// with the environment's own name, account and addresses taken out; neither
// names nor logical ids count. Resources that differ are paired by their
// constructs, and the property that differs is the finding. A property that is
// not known leaves the verdict Unknown.
package parity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

// Codes of findings.
const (
	CodeDiffers = "PARITY_DIFFERS"
	CodeMissing = "PARITY_MISSING"
	CodeExtra   = "PARITY_EXTRA"
	CodeUnknown = "PARITY_UNKNOWN"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:    "parity",
		Rows:  []string{"B07"},
		Says:  "environments differ only where the estate says so",
		Check: check,
	}
}

func check(_ context.Context, in *proof.Input) ([]proof.Verdict, error) {
	const alone = "Fewer than two environments were loaded, so there is nothing to compare."
	c := newChecker(in)
	if c == nil {
		return []proof.Verdict{{Scope: proof.ScopeEstate, Outcome: proof.NotApplicable, Note: alone}}, nil
	}
	for _, s := range c.sides {
		if s != c.reference {
			c.compare(s)
		}
	}
	return c.tally.Verdicts(), nil
}

type checker struct {
	in        *proof.Input
	tally     *proof.Tally
	sides     []*side // in the order of the file
	reference *side
	peered    map[string][]string // ranges, by environment
}

// newChecker reads the environments; it returns nil where there are fewer than
// two of which anything was loaded.
func newChecker(in *proof.Input) *checker {
	if in.Estate == nil {
		return nil
	}
	c := &checker{in: in, tally: proof.NewTally(in, "resources", "Nothing was loaded of this environment."), peered: peered(in.Estate)}
	by := map[proof.Scope]*side{}
	h := newHasher()
	for _, site := range in.Estate.Sites() {
		if site.Recovery() {
			continue // which is not an environment of its own
		}
		env, _ := in.Estate.Environments.Get(site.Environment)
		by[proof.Scope(site.Name)] = &side{name: site.Name, joined: strings.ReplaceAll(in.Estate.Name+site.Name, "-", ""),
			hyphened: strings.Contains(site.Name, "-"), account: site.Account, size: env.Size, tenants: in.Estate.TenantsOf(site), hasher: h, graph: in.Graph}
		_, by[proof.Scope(site.Name)].recovers = in.Estate.RecoverySite(site.Environment)
	}
	tenants := tenantStacks(in.Graph)
	var at addr.Stack
	stack := proof.ScopeEstate
	for r := range in.Graph.All() {
		if r.Addr.Stack != at {
			at = r.Addr.Stack
			stack = in.ScopeOf(&resource.Resource{Addr: addr.Address{Stack: at}})
		}
		if tenants[at] {
			continue
		}
		id, scope := in.PartOf(r.Addr), stack
		switch {
		case id.Environment != "":
			scope = proof.Scope(id.Environment)
		case stack == proof.ScopeEstate: // whose account several environments share
			scope = in.ScopeOf(r)
		}
		if s := by[scope]; s != nil && id.Tenant == "" {
			s.all = append(s.all, &entry{r: r, part: id.Name})
		}
	}
	for _, site := range in.Estate.Sites() {
		if s := by[proof.Scope(site.Name)]; s != nil && len(s.all) > 0 {
			c.sides = append(c.sides, s)
		}
	}
	if len(c.sides) < 2 {
		return nil
	}
	c.reference = c.sides[0]
	for _, s := range c.sides {
		s.read()
		if s.size == estate.Large || c.reference.size != estate.Large {
			c.reference = s
		}
	}
	return c
}

// tenantStacks are the stacks that belong to tenants, which an environment
// has or has not as the estate says.
func tenantStacks(g *resource.Graph) map[addr.Stack]bool {
	found := map[addr.Stack]bool{}
	for r := range g.All() {
		if r.Tags[addr.TagTenant].Text() != "" {
			found[r.Addr.Stack] = true
		}
	}
	return found
}

// compare compares an environment with the reference.
func (c *checker) compare(s *side) {
	scope := proof.Scope(s.name)
	c.tally.Check(scope, len(s.all))
	for _, e := range s.all {
		if e.unknown != nil {
			c.tally.Doubt(scope, proof.Finding{Code: CodeUnknown, At: e.r.Addr,
				Message: fmt.Sprintf("Whether %s is as in %s is not known: %s.", c.in.Name(e.r), c.reference.name, e.unknown.Error()),
				Fix:     "Give the parameter with --param, or pass the templates that say it."})
		}
	}
	sized := s.size != c.reference.size
	whole := func(e *entry) uint64 { return e.content(sized) + e.links(sized) }
	// What is the same, and refers to the same, needs no second look.
	here, there := leftover(s.all, c.reference.all, whole)
	// What has no equal though references do not count differs itself. Of several
	// that are the same it is the one that has no equal once references to what
	// differs count no more, and not the one that is written last.
	content := func(e *entry) uint64 { return e.content(sized) }
	differs, differed := leftover(here, there, content)
	mark(s, c.reference, sized, differs, differed)
	here, there = leftover(here, there, whole)
	unmark(s, c.reference)
	differs, differed = leftover(here, there, content)
	mark(s, c.reference, sized, differs, differed)
	c.report(s, sized, differs, differed)
	// The others refer to what differs, or to another thing than in the reference.
	here, there = leftover(unchanged(here), unchanged(there), whole)
	c.report(s, sized, here, there)
	unmark(s, c.reference)
}

// mark marks what differs. Of several that are the same, it cannot be said which
// one it is that has no equal, so references to any of them count as little.
func mark(a, b *side, sized bool, lists ...[]*entry) {
	vague := map[uint64]bool{}
	for _, l := range lists {
		for _, e := range l {
			e.changed = true
			vague[e.content(sized)] = true
		}
	}
	if len(vague) == 0 {
		return
	}
	for _, s := range []*side{a, b} {
		for _, e := range s.all {
			e.vague = vague[e.content(sized)]
		}
	}
}

func unmark(sides ...*side) {
	for _, s := range sides {
		for _, e := range s.all {
			e.changed, e.vague = false, false
		}
	}
}

func unchanged(l []*entry) []*entry {
	return slices.DeleteFunc(l, func(e *entry) bool { return e.changed })
}

// leftover returns what of each list has no equal on the other.
func leftover(a, b []*entry, key func(*entry) uint64) (ofA, ofB []*entry) {
	count := make(map[uint64]int, len(b))
	for _, e := range b {
		count[key(e)]++
	}
	for _, e := range a {
		if k := key(e); count[k] > 0 {
			count[k]--
		} else {
			ofA = append(ofA, e)
		}
	}
	// From the end, so that of equals the later ones are left over on both sides.
	for _, e := range slices.Backward(b) {
		if k := key(e); count[k] > 0 {
			count[k]--
			ofB = append(ofB, e)
		}
	}
	slices.Reverse(ofB)
	return ofA, ofB
}
