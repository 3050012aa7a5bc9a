// Package diff says what a change means: from what will be deployed before and
// after it, which claims come to something else, which flows are gained and
// lost, which parts stand in fewer Availability Zones, what is replaced or
// removed, and which limits are nearer.
//
// Both sides are fact: nothing here reads templates as text. A resource is the
// same on both sides if its address is, as CloudFormation sees it. What depends
// on something that is not known is said to be so, and never left out.
package diff

import (
	"cmp"
	"context"
	"slices"

	"github.com/suretyhq/surety/internal/proof"
)

// Side is what was loaded before or after the change, and what was proved of it.
type Side struct {
	// Name is how the user called it.
	Name     string
	Input    *proof.Input
	Verdicts []proof.Verdict
}

// Change is what a change means.
type Change struct {
	Old, New string
	// Data is the verdict about what holds data: refuted where some is replaced
	// or removed and no waiver accepts it.
	Data proof.Verdict
	// Claims are those that come to something else, in the order of the new ones.
	Claims []Claim
	// Flows are gained or lost, those from the internet first.
	Flows []Flow
	// Zones are parts that stand in fewer Availability Zones than before.
	Zones []Zones
	// Resources are added, removed or changed, by address.
	Resources []Resource
	// Usage are limits that are nearer and more than half used.
	Usage []Usage
}

// Claim is a claim in a scope that comes to something else. Either outcome is
// NotApplicable where the scope is on one side only. Findings are those that
// only the new side has.
type Claim struct {
	ID       string
	Scope    proof.Scope
	Old, New proof.Outcome
	Findings []proof.Finding
}

// Usage is a limit and how much of it was used and is.
type Usage struct {
	proof.Usage
	Was int
}

// Compare says what the change from one side to another means.
func Compare(ctx context.Context, before, after *Side) (*Change, error) {
	c := &Change{Old: before.Name, New: after.Name, Claims: claims(before.Verdicts, after.Verdicts), Usage: usage(before.Verdicts, after.Verdicts)}
	c.Resources = resources(before, after)
	c.Data = data(after, c.Resources)
	had, has := before.ends(), after.ends()
	was, err := openIn(ctx, before, had)
	if err != nil {
		return nil, err
	}
	is, err := openIn(ctx, after, has)
	if err != nil {
		return nil, err
	}
	c.Flows = flows(was, is)
	c.Zones = zones(before.zones(had), after.zones(has))
	return c, nil
}

// Outcome is the worst that the change does: Refuted where it breaks a claim or
// takes data away, Unknown where it may.
func (c *Change) Outcome() proof.Outcome {
	worst := c.Data.Outcome
	for _, x := range c.Claims {
		if x.New == proof.Refuted || x.New == proof.Unknown && x.Old != proof.Refuted {
			worst = max(worst, x.New)
		}
	}
	return worst
}

// IsEmpty says whether nothing is changed.
func (c *Change) IsEmpty() bool {
	return len(c.Claims)+len(c.Flows)+len(c.Zones)+len(c.Resources)+len(c.Usage) == 0
}

type scoped struct {
	claim string
	scope proof.Scope
}

func byScope(vs []proof.Verdict) map[scoped]*proof.Verdict {
	m := map[scoped]*proof.Verdict{}
	for i := range vs {
		m[scoped{vs[i].Claim, vs[i].Scope}] = &vs[i]
	}
	return m
}

// same is what makes a finding the same on both sides.
func same(a, b proof.Finding) bool {
	return a.Code == b.Code && a.At == b.At && a.Property == b.Property && a.Part == b.Part && a.Outcome == b.Outcome
}

func claims(before, after []proof.Verdict) []Claim {
	was, is := byScope(before), byScope(after)
	var all []Claim
	for _, v := range after {
		c := Claim{ID: v.Claim, Scope: v.Scope, New: v.Outcome, Findings: v.Witness}
		if old := was[scoped{v.Claim, v.Scope}]; old != nil {
			c.Old = old.Outcome
			c.Findings = slices.DeleteFunc(slices.Clone(v.Witness), func(f proof.Finding) bool {
				return slices.ContainsFunc(old.Witness, func(g proof.Finding) bool { return same(f, g) })
			})
		}
		if c.Old != c.New || len(c.Findings) > 0 {
			all = append(all, c)
		}
	}
	for _, v := range before {
		if is[scoped{v.Claim, v.Scope}] == nil && v.Outcome != proof.NotApplicable {
			all = append(all, Claim{ID: v.Claim, Scope: v.Scope, Old: v.Outcome})
		}
	}
	slices.SortStableFunc(all, func(a, b Claim) int { return cmp.Compare(b.New, a.New) })
	return all
}

// usage returns the limits of which more is used than was. Of a limit that was
// not among the nearest before it is only known that less was used.
func usage(before, after []proof.Verdict) []Usage {
	type limit struct{ quota, at string }
	was := map[limit]int{}
	for _, v := range before {
		for _, u := range v.Usage {
			was[limit{u.Quota, u.At.String()}] = u.Used
		}
	}
	var all []Usage
	for _, v := range after {
		for _, u := range v.Usage {
			if n, known := was[limit{u.Quota, u.At.String()}]; 2*u.Used > u.Limit && (!known || u.Used > n) {
				all = append(all, Usage{u, n})
			}
		}
	}
	slices.SortFunc(all, func(a, b Usage) int { return a.Compare(b.Usage) })
	return slices.CompactFunc(all, func(a, b Usage) bool { return a.Usage == b.Usage })
}
