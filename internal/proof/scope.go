package proof

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/part"
	"github.com/suretyhq/surety/internal/resource"
)

// derived is what is made of an Input once.
type derived struct {
	scopes sync.Once
	envs   []string          // every scope but the estate's, as reports show them
	sites  []string          // those that are environments
	byAcct map[string]string // account → environment, where only one has it
	// byStack says for the stacks of accounts that several environments share
	// whose they are.
	byStack map[addr.Stack]string
	// recovered are the two sites of accounts that an environment shares with
	// nobody but the place where it recovers: home, and that place.
	recovered map[string][2]estate.Site
	of        map[*resource.Resource]Scope // of every resource of the graph

	declaring sync.Once
	flows     []estate.Flow
	listening sync.Once
	ports     []network.Flow
	reading   sync.Once
	lines     map[estate.PartID]diag.Position

	doubting sync.Once
	doubted  []aDoubt

	ends   sync.Once
	all    *Ends
	layers [layers]layerEnds
}

func (in *Input) readScopes() {
	in.derived.scopes.Do(func() {
		in.derived.byAcct, in.derived.recovered = map[string]string{}, map[string][2]estate.Site{}
		defer in.placeAll()
		if in.Estate == nil {
			return
		}
		for _, s := range in.Estate.Scopes() {
			in.derived.envs = append(in.derived.envs, s.Name)
		}
		for _, s := range in.Estate.Sites() {
			in.derived.sites = append(in.derived.sites, s.Name)
		}
		shared := map[string]int{}
		accounts := part.Accounts(in.Estate)
		for _, id := range accounts {
			shared[id]++
		}
		for env, id := range accounts {
			if shared[id] == 1 {
				in.derived.byAcct[id] = env
			}
		}
		in.derived.byStack = in.stacksOf(shared)
		for _, s := range in.Estate.Sites() {
			if home := in.Estate.Home(s); s.Recovery() && shared[s.Account] == 2 && home.Account == s.Account {
				in.derived.recovered[s.Account] = [2]estate.Site{home, s}
			}
		}
	})
}

// placeAll notes the scope of every resource: claims ask for each of them time
// and again.
func (in *Input) placeAll() {
	in.derived.of = make(map[*resource.Resource]Scope, in.Graph.Len())
	for r := range in.Graph.All() {
		in.derived.of[r] = in.scopeOf(r)
	}
}

// stacksOf finds whose the stacks of shared accounts are: that of the
// environment that all tags in a stack name, or where nothing in it is tagged,
// all tags of what it refers to in the account and its Region: a hub's end of a
// peering refers to the other's too. A stack about which they do not
// agree is nobody's.
func (in *Input) stacksOf(shared map[string]int) map[addr.Stack]string {
	own, near := map[addr.Stack]string{}, map[addr.Stack]string{}
	note := func(m map[addr.Stack]string, s addr.Stack, r *resource.Resource) {
		env := r.Tags[addr.TagEnvironment].Text()
		if !slices.Contains(in.derived.envs, env) {
			return
		}
		if other, ok := m[s]; ok && other != env {
			env = ""
		}
		m[s] = env
	}
	for r := range in.Graph.All() {
		if stack := r.Addr.Stack; shared[stack.Account] > 1 {
			note(own, stack, r)
		}
	}
	for r := range in.Graph.All() {
		stack := r.Addr.Stack
		if _, tagged := own[stack]; tagged || shared[stack.Account] < 2 {
			continue
		}
		for e := range in.Graph.Edges(r.Addr) {
			if to := in.Graph.Get(e.To); to != nil && to.Addr.Stack.Account == stack.Account && to.Addr.Stack.Region == stack.Region {
				note(near, stack, to)
			}
		}
	}
	maps.Copy(own, near) // whose stacks are others
	return own
}

// Environments returns the names of the estate's sites in the order of the
// file, and nil without an estate.
func (in *Input) Environments() []string {
	in.readScopes()
	return in.derived.sites
}

// IsEnvironment says whether a scope is one of the estate's sites.
func (in *Input) IsEnvironment(s Scope) bool {
	in.readScopes()
	return slices.Contains(in.derived.sites, string(s))
}

// ScopeOf returns the scope that a resource belongs to: with an estate the
// environment of its part, else that of its account, its tag, its stack or its
// Region, else
// the whole estate; without one its account, or the whole estate if that is unknown.
func (in *Input) ScopeOf(r *resource.Resource) Scope {
	in.readScopes()
	if r == nil {
		return ScopeEstate
	}
	if s, ok := in.derived.of[r]; ok {
		return s
	}
	return in.scopeOf(r)
}

func (in *Input) scopeOf(r *resource.Resource) Scope {
	if in.Estate == nil {
		return Scope(cmp.Or(r.Addr.Stack.Account, string(ScopeEstate)))
	}
	if id := in.PartOf(r.Addr); id.Environment != "" {
		return Scope(id.Environment)
	}
	if env := in.derived.byAcct[r.Addr.Stack.Account]; env != "" {
		return Scope(env)
	}
	if env := r.Tags[addr.TagEnvironment].Text(); slices.Contains(in.derived.envs, env) {
		return Scope(env)
	}
	if env := in.derived.byStack[r.Addr.Stack]; env != "" {
		return Scope(env)
	}
	if both, ok := in.derived.recovered[r.Addr.Stack.Account]; ok {
		if r.Addr.Stack.Region == both[1].Region {
			return Scope(both[1].Name)
		}
		return Scope(both[0].Name)
	}
	return ScopeEstate
}

// ScopeAt is ScopeOf for an address.
func (in *Input) ScopeAt(a addr.Address) Scope { return in.ScopeOf(in.Graph.Get(a)) }

// compareScopes orders scopes as the estate does, unknown ones by name, and
// the whole estate last.
func (in *Input) compareScopes(a, b Scope) int {
	in.readScopes()
	rank := func(s Scope) int {
		if i := slices.Index(in.derived.envs, string(s)); i >= 0 {
			return i
		}
		if s == ScopeEstate {
			return len(in.derived.envs) + 1
		}
		return len(in.derived.envs)
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}

// Flows returns the estate's flows, and nil without an estate.
func (in *Input) Flows() []estate.Flow {
	in.derived.declaring.Do(func() {
		if in.Estate != nil {
			in.derived.flows = in.Estate.Flows()
		}
	})
	return in.derived.flows
}

// listened returns the ports that claims ask about.
func (in *Input) listened() []network.Flow {
	in.derived.listening.Do(func() { in.derived.ports = portsOf(in.Estate, in.Flows(), in.Graph) })
	return in.derived.ports
}

// PartOf returns the part that a resource belongs to, and the zero id if none.
func (in *Input) PartOf(a addr.Address) estate.PartID {
	if in.Parts == nil {
		return estate.PartID{}
	}
	return in.Parts.Of[a]
}

// KindOf returns what a part is, and "" for one that the estate lacks.
func (in *Input) KindOf(id estate.PartID) estate.Kind {
	if in.Parts == nil {
		return ""
	}
	return in.Parts.Kinds[id]
}

// intentOf returns the line of the estate file that a finding is measured
// against: its own, or that of its part.
func (in *Input) intentOf(f Finding) diag.Position {
	if !f.Intent.IsZero() {
		return f.Intent
	}
	in.derived.reading.Do(func() {
		in.derived.lines = map[estate.PartID]diag.Position{}
		for _, p := range in.Estate.Parts() {
			if _, ok := in.derived.lines[p.ID]; !ok {
				in.derived.lines[p.ID] = p.Pos
			}
		}
	})
	return in.derived.lines[f.Part]
}

// Name names a resource as a sentence does: its type and logical id, and the
// part that it belongs to.
func (in *Input) Name(r *resource.Resource) string {
	if r == nil {
		return "a resource outside the templates"
	}
	s := r.Type + " " + r.Addr.Logical
	if id := in.PartOf(r.Addr); id.Name != "" {
		s += " of " + id.String()
	}
	return s
}
