package diff

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/part"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/updates"
	"github.com/suretyhq/surety/internal/value"
)

// What happens to a resource.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Resource is a resource that the change adds, removes or changes.
type Resource struct {
	Addr addr.Address
	Type string
	Part estate.PartID
	What string // Added, Removed or Changed
	// Effect is what CloudFormation does to a changed one.
	Effect updates.Effect
	// Properties are those that change, by path, each with what its change does.
	Properties []Property
	// Because is the resource whose replacement alone changes this one.
	Because addr.Address
	// Retained says that CloudFormation leaves the old one where it is.
	Retained bool

	scope proof.Scope
	name  string
}

// Property is a property that changes.
type Property struct {
	Path   string
	Effect updates.Effect
}

// resources compares the graphs of two sides.
func resources(before, after *Side) []Resource {
	was, is := before.Input, after.Input
	all := map[addr.Address]*Resource{}
	note := func(in *proof.Input, r *resource.Resource, what string) *Resource {
		x := &Resource{Addr: r.Addr, Type: r.Type, Part: in.PartOf(r.Addr), What: what, scope: in.ScopeOf(r), name: in.Name(r)}
		all[r.Addr] = x
		return x
	}
	for r := range was.Graph.All() {
		switch now := is.Graph.Get(r.Addr); {
		case now == nil:
			note(was, r, Removed).Retained = r.Retain
		case now.Type != r.Type:
			// CloudFormation refuses it; what it would take is a removal and an addition.
			x := note(is, now, Changed)
			x.Effect, x.Properties, x.Retained = updates.Replaces, []Property{{"Type", updates.Replaces}}, now.RetainReplaced
		default:
			if changed := properties(r, now); len(changed) > 0 {
				x := note(is, now, Changed)
				x.Properties, x.Retained = changed, now.RetainReplaced
				for _, p := range changed {
					x.Effect = max(x.Effect, p.Effect)
				}
			}
		}
	}
	for r := range is.Graph.All() {
		if was.Graph.Get(r.Addr) == nil {
			note(is, r, Added)
		}
	}
	follow(is, all, func(r *resource.Resource) *Resource { return note(is, r, Changed) })
	out := make([]Resource, 0, len(all))
	for _, x := range all {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b Resource) int { return a.Addr.Compare(b.Addr) })
	return out
}

// follow adds what the replacement of one resource does to those that refer to
// it: whatever it is called by changes with it ("Update behaviors of stack
// resources", AWS CloudFormation User Guide).
func follow(in *proof.Input, all map[addr.Address]*Resource, note func(*resource.Resource) *Resource) {
	replaced := func(x *Resource) bool { return x != nil && x.What == Changed && x.Effect != updates.InPlace }
	var todo []addr.Address
	for a, x := range all {
		if replaced(x) && x.Effect != updates.Unknown {
			todo = append(todo, a)
		}
	}
	if len(todo) == 0 {
		return
	}
	slices.SortFunc(todo, addr.Address.Compare)
	by := map[addr.Address][]resource.Edge{}
	for r := range in.Graph.All() {
		for e := range in.Graph.Edges(r.Addr) {
			by[e.To] = append(by[e.To], e)
		}
	}
	for len(todo) > 0 {
		from := todo[0]
		todo = todo[1:]
		for _, e := range by[from] {
			r, x := in.Graph.Get(e.From), all[e.From]
			if x != nil && x.What == Added {
				continue
			}
			effect := min(updates.Of(r.Type, e.Property), all[from].Effect)
			if x == nil {
				x = note(r)
				x.Because, x.Retained = from, r.RetainReplaced
			}
			if !slices.ContainsFunc(x.Properties, func(p Property) bool { return p.Path == e.Property }) {
				x.Properties = append(x.Properties, Property{e.Property, effect})
			}
			if effect > x.Effect {
				x.Effect = effect
				if effect != updates.Unknown {
					todo = append(todo, e.From)
				}
			}
		}
	}
}

// properties returns the properties that differ.
func properties(was, is *resource.Resource) []Property {
	var all []Property
	walk(was.Props, is.Props, "", func(path string) {
		all = append(all, Property{path, updates.Of(is.Type, path)})
	})
	return all
}

// walk tells of each place where two values differ: a list that is longer or
// shorter differs as a whole.
func walk(a, b value.Value, path string, tell func(string)) {
	below := func(key string) string {
		if path == "" {
			return key
		}
		return path + "/" + key
	}
	switch {
	case a.Kind() == value.Map && b.Kind() == value.Map:
		for k, x := range a.Entries() {
			walk(x, b.Get(k), below(k), tell)
		}
		for k, y := range b.Entries() {
			if a.Get(k).IsAbsent() {
				walk(value.Value{}, y, below(k), tell)
			}
		}
	case a.Kind() == value.List && b.Kind() == value.List && a.Len() == b.Len():
		for i := range a.Len() {
			walk(a.Index(i), b.Index(i), below(strconv.Itoa(i)), tell)
		}
	case a.Kind() != b.Kind() || a.String() != b.String():
		tell(path)
	}
}

// Codes of findings about data.
const (
	CodeRemoved  = "DATA_REMOVED"
	CodeReplaced = "DATA_REPLACED"
	CodePerhaps  = "DATA_REPLACED_PERHAPS"
)

// data comes to the verdict about what holds data: none of it may be removed,
// or replaced by something empty, unless a waiver of proof.ClaimDataKept accepts
// it.
func data(after *Side, all []Resource) proof.Verdict {
	v := proof.Verdict{Claim: proof.ClaimDataKept, Scope: proof.ScopeEstate, Outcome: proof.Proved, Unit: "changed stores"}
	for _, r := range all {
		if !part.HoldsData(r.Type) || r.What == Added {
			continue
		}
		v.Checked++
		f := proof.Finding{Outcome: proof.Refuted, At: r.Addr, Part: r.Part}
		for _, p := range r.Properties {
			if p.Effect == r.Effect {
				f.Property = p.Path
				break
			}
		}
		left := "what it holds is deleted with it"
		if r.Retained {
			left = "CloudFormation leaves the old one and what it holds, and manages it no more"
		}
		switch {
		case r.What == Removed && r.Retained:
			continue
		case r.What == Removed:
			f.Code, f.Message = CodeRemoved, fmt.Sprintf("%s is removed: %s.", r.name, left)
			f.Fix = "Give it DeletionPolicy Retain and deploy that first, or accept the loss by a waiver of " + proof.ClaimDataKept + "."
		case r.Effect == updates.Replaces:
			f.Code, f.Message = CodeReplaced, fmt.Sprintf("%s is replaced by an empty one because %s changes: %s.", r.name, f.Property, left)
			f.Fix = "Leave the property as it is, or move the data first and accept the replacement by a waiver of " + proof.ClaimDataKept + "."
		case r.Effect != updates.InPlace:
			f.Outcome, f.Code = proof.Unknown, CodePerhaps
			f.Message = fmt.Sprintf("%s is %s because %s changes.", r.name, r.Effect, f.Property)
			f.Fix = "Look into the type's page of the CloudFormation Template Reference, and accept it by a waiver of " + proof.ClaimDataKept + "."
		default:
			continue
		}
		v.Witness = append(v.Witness, f)
	}
	slices.SortStableFunc(v.Witness, func(a, b proof.Finding) int { return cmp.Compare(b.Outcome, a.Outcome) })
	return proof.Waive(after.Input, v, func(f proof.Finding) proof.Scope {
		i := slices.IndexFunc(all, func(r Resource) bool { return r.Addr == f.At })
		return all[i].scope
	})
}
