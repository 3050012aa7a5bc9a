// Package withinquotas proves that no template and no account exceeds a limit
// that AWS sets.
//
// Every limit is a row of estate.Quotas, and every row has a counter here.
// What is counted is what the templates declare; a number that only
// deployment gives leaves the verdict Unknown where it could decide. The
// verdicts say which limits are nearest, so that what is left can be seen
// before it is used up.
package withinquotas

import (
	"context"
	"fmt"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings.
const (
	CodeLimit   = "LIMIT_EXCEEDED"
	CodeQuota   = "QUOTA_EXCEEDED"
	CodeUnknown = "QUOTA_USE_UNKNOWN"
)

// nearest is how many limits a verdict shows.
const nearest = 10

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:         "within-quotas",
		Rows:       []string{"B05"},
		Says:       "no template or service limit is exceeded",
		Observable: true,
		Check:      check,
	}
}

func check(_ context.Context, in *proof.Input) ([]proof.Verdict, error) {
	m := newMeter(in)
	for _, count := range counters() {
		count(m)
	}
	return m.verdicts(), nil
}

// counters count against every quota.
func counters() []func(*meter) {
	return []func(*meter){templates, stacks, networks, groups, gateways, balancers, names, identities, keys, services, running}
}

// meter compares what is used with what AWS grants.
type meter struct {
	in      *proof.Input
	tally   *proof.Tally
	quotas  []estate.Quota
	index   map[string]int // into quotas, by id
	grants  map[string]grant
	nearest map[proof.Scope][]proof.Usage
	counted []bool // parallel to quotas: something was counted
}

// grant is what AWS grants one account, and where the estate says so; both are
// parallel to the quotas.
type grant struct {
	limits []int
	said   []diag.Position
}

func newMeter(in *proof.Input) *meter {
	m := &meter{in: in, tally: proof.NewTally(in, "uses of a quota", "Nothing that was loaded uses what AWS limits."),
		quotas: estate.Quotas(), index: map[string]int{}, grants: map[string]grant{}, nearest: map[proof.Scope][]proof.Usage{}}
	m.counted = make([]bool, len(m.quotas))
	for i, q := range m.quotas {
		m.index[q.ID] = i
	}
	return m
}

func (m *meter) verdicts() []proof.Verdict {
	vs := m.tally.Verdicts()
	for i := range vs {
		vs[i].Usage = m.nearest[vs[i].Scope]
	}
	return vs
}

func (m *meter) granted(account string) grant {
	g, ok := m.grants[account]
	if ok {
		return g
	}
	if m.in.Estate != nil {
		g.limits, g.said = m.in.Estate.Granted(account)
	} else {
		g.said = make([]diag.Position, len(m.quotas))
		for _, q := range m.quotas {
			g.limits = append(g.limits, q.Default)
		}
	}
	m.grants[account] = g
	return g
}

// use is how much of a quota is used in one place.
type use struct {
	at       addr.Address       // the place: a resource, a stack, a Region, an account
	last     *resource.Resource // what was counted last, or what goes beyond the limit
	property string
	used     int
	perhaps  int // how much of used is estimated or may not be deployed
}

// add counts n more.
func (u *use) add(r *resource.Resource, n int) {
	u.last = r
	u.used += n
	if r != nil && r.Conditional != nil {
		u.perhaps += n
	}
}

// measure compares a use with its quota.
func (m *meter) measure(id string, u use) {
	i := m.index[id]
	q, g := m.quotas[i], m.granted(u.at.Stack.Account)
	scope := m.scope(u.at)
	m.counted[i] = true
	m.tally.Check(scope, 1)
	m.note(scope, proof.Usage{Quota: id, At: u.at, Used: u.used, Limit: g.limits[i]})
	if u.used <= g.limits[i] {
		return
	}
	f := proof.Finding{At: u.at, Property: u.property, Intent: g.said[i], Code: CodeLimit,
		Message: fmt.Sprintf("%s has %d %s, and AWS allows %d (%s).", m.name(q, u.at), u.used, q.Name, g.limits[i], q.Page),
		Fix:     "AWS does not raise this limit: split what is counted here, or need less."}
	if q.Adjustable {
		f.Code = CodeQuota
		f.Fix = fmt.Sprintf("Need less; or ask AWS for %d or more (Service Quotas), and when it is granted write %s under quotas in the estate file.", u.used, id)
		if q.Max > 0 && u.used > q.Max {
			f.Fix = fmt.Sprintf("Split what is counted here, or need less: AWS raises this quota to %d at most.", q.Max)
		}
	}
	if m.in.Graph.Get(f.At) == nil && u.last != nil {
		f.At = u.last.Addr
	}
	if u.used-u.perhaps > g.limits[i] {
		m.tally.Refute(scope, f)
		return
	}
	f.Code, f.Message = CodeUnknown, fmt.Sprintf("%s may have %d %s, and AWS allows %d (%s): %d of them depend on what only the deployment gives.",
		m.name(q, u.at), u.used, q.Name, g.limits[i], q.Page, u.perhaps)
	m.tally.Doubt(scope, f)
}

// doubt notes that it is not known how much of a quota a resource uses.
func (m *meter) doubt(id string, r *resource.Resource, property string, why *value.Reason) {
	q := m.quotas[m.index[id]]
	scope := m.in.ScopeOf(r)
	m.tally.Check(scope, 1)
	m.tally.Doubt(scope, proof.Finding{Code: CodeUnknown, At: r.Addr, Property: property,
		Message: fmt.Sprintf("How many %s %s has is not known: %s.", q.Name, m.in.Name(r), why.Error()),
		Fix:     "Write it into the template, give the parameter with --param, or pass the templates that say it."})
}

// note keeps the uses that are nearest to their limits, of each quota one.
func (m *meter) note(s proof.Scope, u proof.Usage) {
	kept := m.nearest[s]
	if len(kept) == nearest && u.Compare(kept[nearest-1]) >= 0 {
		return
	}
	same := slices.IndexFunc(kept, func(k proof.Usage) bool { return k.Quota == u.Quota })
	switch {
	case same >= 0 && u.Compare(kept[same]) >= 0:
		return
	case same >= 0:
		kept = slices.Delete(kept, same, same+1)
	case len(kept) == nearest:
		kept = kept[:nearest-1]
	}
	at, _ := slices.BinarySearchFunc(kept, u, proof.Usage.Compare)
	m.nearest[s] = slices.Insert(kept, at, u)
}

// scope is the scope of a place: a resource's, or that of the account.
func (m *meter) scope(at addr.Address) proof.Scope {
	if r := m.in.Graph.Get(at); r != nil {
		return m.in.ScopeOf(r)
	}
	return m.in.ScopeOf(&resource.Resource{Addr: at})
}

// name names a place as a sentence does.
func (m *meter) name(q estate.Quota, at addr.Address) string {
	if r := m.in.Graph.Get(at); r != nil {
		return m.in.Name(r)
	}
	switch {
	case q.Per == estate.PerTemplate:
		return "The template of stack " + at.Stack.Name
	case q.Per == estate.PerAccount:
		return "Account " + at.Stack.Account
	case q.Per == estate.PerRegion:
		return "Account " + at.Stack.Account + " in " + at.Stack.Region
	}
	return "The " + q.Per + " " + at.Logical
}
