package part

import (
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/resource"
)

// binder holds what one Bind works on.
type binder struct {
	estate   *estate.Estate
	graph    *resource.Graph
	parts    map[ID]estate.Part
	accounts map[string]string     // environment (or "hub") → account id
	needs    map[addr.Address]bool // resources that must have a part
	ifaces   []resource.Interface  // of the graph
	used     []bool                // parallel to estate.Bindings
	out      *Binding
}

func newBinder(e *estate.Estate, g *resource.Graph) *binder {
	b := &binder{estate: e, graph: g, parts: map[ID]estate.Part{}, accounts: Accounts(e),
		needs: map[addr.Address]bool{}, ifaces: g.Interfaces(), used: make([]bool, len(e.Bindings)),
		out: &Binding{Of: map[addr.Address]ID{}, Members: map[ID][]addr.Address{}, Kinds: map[ID]estate.Kind{}}}
	for _, p := range e.Parts() {
		b.parts[p.ID] = p
		b.out.Kinds[p.ID] = p.Kind
	}
	for _, i := range b.ifaces {
		b.needs[i.Owner.Addr] = true
	}
	for r := range g.All() {
		if HoldsData(r.Type) {
			b.needs[r.Addr] = true
		}
	}
	return b
}

// Accounts returns the account id of each of an estate's scopes.
func Accounts(e *estate.Estate) map[string]string {
	ids := map[string]string{}
	for _, s := range e.Scopes() {
		if s.Account != "" {
			ids[s.Name] = s.Account
		}
	}
	return ids
}

func (b *binder) add(d diag.Diagnostic) {
	d.Severity = diag.Error
	b.out.Problems.Add(d)
}

// bind finds the one part of a resource.
func (b *binder) bind(r *resource.Resource) {
	ids := b.candidates(r)
	if len(ids) == 0 {
		if b.needs[r.Addr] {
			b.unbound(r)
		}
		return
	}
	if len(ids) > 1 {
		b.add(diag.Diagnostic{Code: CodeTwice, At: r.Addr, Property: "Tags",
			What: fmt.Sprintf("%s belongs to two parts of the estate, %s and %s", r.Type, ids[0], ids[1]),
			Why:  "what is proved about a part would be proved about another's resource",
			Fix:  "let the tags and the bindings of the estate file name one part only"})
		return
	}
	id := ids[0]
	p, ok := b.parts[id]
	if !ok {
		b.add(diag.Diagnostic{Code: CodeUnknown, At: r.Addr, Property: "Tags",
			What: fmt.Sprintf("%s says that it belongs to %s, which the estate does not have", r.Type, id),
			Why:  "nothing in the estate file says what it may do",
			Fix:  "name a part of the estate in the tag " + addr.TagPart + ", or add the part to the estate file"})
		return
	}
	b.checkAccount(r, id)
	if b.needs[r.Addr] && !allows(p.Kind, r.Type) {
		b.add(diag.Diagnostic{Code: CodeKind, Pos: p.Pos, At: r.Addr, Property: "Tags",
			What: fmt.Sprintf("%s cannot be %s: the estate says that %s is a %s", r.Type, id, id, p.Kind),
			Why:  "a tag on the wrong resource would let a proof speak about something else",
			Fix:  "put the tag " + addr.TagPart + " = " + id.Name + " on " + english(implementers[p.Kind]) + " and the right part on this resource"})
		return
	}
	b.out.Of[r.Addr] = id
	b.out.Members[id] = append(b.out.Members[id], r.Addr)
}

// candidates returns every part that tags or bindings give a resource, without
// repetition, tags first.
func (b *binder) candidates(r *resource.Resource) []ID {
	var ids []ID
	add := func(id ID) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	tags := b.owner(r).Tags
	if name := tags[addr.TagPart].Text(); name != "" {
		add(ID{Environment: tags[addr.TagEnvironment].Text(), Tenant: tags[addr.TagTenant].Text(), Name: name})
	}
	for i, bind := range b.estate.Bindings {
		if matches(bind, r) {
			b.used[i] = true
			add(parseID(bind.Part))
		}
	}
	return ids
}

// owner returns the resource whose tags say whose a resource is: its own, or,
// for a type that cannot have any, those of what it belongs to.
func (b *binder) owner(r *resource.Resource) *resource.Resource {
	property, ok := untagged[r.Type]
	if !ok {
		return r
	}
	ref, _ := r.Props.Get(property).Ref()
	if to := b.graph.Get(ref.To); to != nil {
		return to
	}
	return r
}

func matches(bind estate.Binding, r *resource.Resource) bool {
	full, short := r.Addr.String(), r.Addr.Stack.Name+"/"+r.Addr.Logical
	if slices.Contains(bind.Resources, full) || slices.Contains(bind.Resources, short) {
		return true
	}
	for k, v := range bind.Tags {
		if t, ok := r.Tags[k].Str(); !ok || t != v {
			return false
		}
	}
	return len(bind.Tags) > 0
}

func parseID(s string) ID {
	p := strings.Split(s, "/")
	switch len(p) {
	case 2:
		return ID{Environment: p[0], Name: p[1]}
	case 3:
		return ID{Environment: p[0], Tenant: p[1], Name: p[2]}
	}
	return ID{Name: s}
}

func (b *binder) unbound(r *resource.Resource) {
	b.out.Unbound = append(b.out.Unbound, r.Addr)
	what := r.Type + " holds data and belongs to no part of the estate"
	if !HoldsData(r.Type) {
		what = r.Type + " has a network interface and belongs to no part of the estate"
	}
	if why := r.Tags[addr.TagPart].Reason(); why != nil {
		what += " that can be known: " + why.Error()
	}
	b.add(diag.Diagnostic{Code: CodeUnbound, At: r.Addr, Property: "Tags", What: what,
		Why: "what it may reach and who may reach it cannot be compared with anything",
		Fix: "tag it with " + addr.TagEnvironment + " and " + addr.TagPart + ", or name it under bindings in the estate file"})
}

func (b *binder) checkAccount(r *resource.Resource, id ID) {
	want, have := b.accounts[id.Environment], r.Addr.Stack.Account
	if want == "" || have == "" || want == have {
		return
	}
	b.add(diag.Diagnostic{Code: CodeAccount, At: r.Addr, Property: "Tags",
		What: fmt.Sprintf("%s says that it belongs to %s, but stands in account %s; the estate gives %s the account %s", r.Type, id, have, id.Environment, want),
		Why:  "a resource that passes for another environment's would be judged by the wrong rules",
		Fix:  "deploy it to account " + want + ", or correct its tag " + addr.TagEnvironment})
}

// checkInterfaces sees to it that the groups of an interface belong to the
// part of the interface's owner, where they belong to any.
func (b *binder) checkInterfaces() {
	type pair struct{ owner, group addr.Address }
	seen := map[pair]bool{}
	for _, i := range b.ifaces {
		owner, ok := b.out.Of[i.Owner.Addr]
		if !ok {
			continue
		}
		for _, l := range i.Groups {
			group, ok := b.out.Of[l.To]
			p := pair{i.Owner.Addr, l.To}
			if !ok || group == owner || seen[p] {
				continue
			}
			seen[p] = true
			b.add(diag.Diagnostic{Code: CodeTwice, At: l.To, Property: "Tags",
				What: fmt.Sprintf("the security group belongs to %s, but is on an interface of %s (%s)", group, owner, i.Owner.Addr),
				Why:  "rules that were written for one part would open another",
				Fix:  "give " + owner.String() + " a security group of its own, or correct the tag " + addr.TagPart})
		}
	}
}

// checkMembers sees to it that every part of the estate is implemented.
func (b *binder) checkMembers() {
	for _, p := range b.estate.Parts() {
		if b.implemented(p) || b.optional(p) {
			continue
		}
		b.add(diag.Diagnostic{Code: CodeMissing, Pos: p.Pos,
			What: fmt.Sprintf("nothing implements %s: no %s carries its tags", p.ID, english(implementers[p.Kind])),
			Why:  "nothing can be proved about a part that cannot be found",
			Fix:  fmt.Sprintf("tag its resource with %s = %s and %s = %s, or name it under bindings in the estate file", addr.TagEnvironment, p.ID.Environment, addr.TagPart, p.ID.Name)})
	}
}

func (b *binder) implemented(p estate.Part) bool {
	return slices.ContainsFunc(b.out.Members[p.ID], func(a addr.Address) bool {
		return slices.Contains(implementers[p.Kind], b.graph.Get(a).Type)
	})
}

// optional says whether a part may be absent: with bindings the estate
// describes a platform that Surety did not write, and of that only the parts
// that the file itself names have to be there.
func (b *binder) optional(p estate.Part) bool {
	return len(b.estate.Bindings) > 0 && p.Kind != estate.KindService && p.Kind != estate.KindDatabase && p.Kind != estate.KindCache
}

// checkBindings reports bindings of the estate file that bind nothing.
func (b *binder) checkBindings() {
	for i, used := range b.used {
		if used {
			continue
		}
		b.add(diag.Diagnostic{Code: CodeNoEffect, Pos: b.estate.Pos(fmt.Sprintf("bindings/%d", i)),
			What: "the binding of " + b.estate.Bindings[i].Part + " matches no resource",
			Why:  "a binding that is misspelt leaves its part without what it should bind",
			Fix:  "give tags that a resource carries, or addresses as account/region/stack/logical-id or stack/logical-id"})
	}
}

func english(types []string) string {
	switch len(types) {
	case 0:
		return "a resource"
	case 1:
		return types[0]
	}
	return strings.Join(types[:len(types)-1], ", ") + " or " + types[len(types)-1]
}
