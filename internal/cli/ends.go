package cli

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource"
)

// internet is the end that stands for every public address outside the graph.
const internet = "internet"

// end returns the classes that one end of a question names; there is at least
// one.
func (s *subject) end(name string) ([]network.ClassID, error) {
	if name == internet {
		return []network.ClassID{network.Internet}, nil
	}
	if p, ok := parsePrefix(name); ok {
		if ids := s.publicly(p); len(ids) > 0 {
			return ids, nil
		}
		if ids := s.net.ClassForPrefix(p); len(ids) > 0 {
			return ids, nil
		}
		return nil, fmt.Errorf("no interface and no public address lies in %s", name)
	}
	if owners := s.partMembers(name); len(owners) > 0 {
		if ids := s.classes(owners); len(ids) > 0 {
			return ids, nil
		}
		return nil, fmt.Errorf("the part %s has no network interface; it is %s", name, s.list(owners))
	}
	found := s.resources(name)
	if id, ok := s.net.Service(name); ok && len(found) == 0 {
		return []network.ClassID{id}, nil
	}
	if len(found) == 0 {
		return nil, s.noSuchEnd(name)
	}
	if ids := s.classes(found); len(ids) > 0 {
		return ids, nil
	}
	return nil, fmt.Errorf("%s has no network interface (%s)", name, s.list(found))
}

// parsePrefix reads an address or a range.
func parsePrefix(s string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err == nil
}

// partMembers returns the resources that implement a part.
func (s *subject) partMembers(name string) []addr.Address {
	for _, id := range s.parts.Parts() {
		if id.String() == name {
			return s.parts.Members[id]
		}
	}
	return nil
}

// resources returns the resources that a name means: by address, by
// stack/logical-id or construct path, by a construct path that they are below,
// or by logical id; the first of these that finds any.
func (s *subject) resources(name string) []addr.Address {
	if a, err := addr.Parse(name); err == nil && s.graph.Get(a) != nil {
		return []addr.Address{a}
	}
	exact := func(r *resource.Resource) bool {
		return r.Construct == name || r.Addr.Stack.Name+"/"+r.Addr.Logical == name
	}
	below := func(r *resource.Resource) bool { return strings.HasPrefix(r.Construct, name+"/") }
	logical := func(r *resource.Resource) bool { return r.Addr.Logical == name }
	for _, is := range []func(*resource.Resource) bool{exact, below, logical} {
		var found []addr.Address
		for r := range s.graph.All() {
			if is(r) {
				found = append(found, r.Addr)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// classes returns the classes of resources: of their interfaces, or of those
// that lie in them if they are subnets, VPCs or security groups.
func (s *subject) classes(of []addr.Address) []network.ClassID {
	var ids []network.ClassID
	for _, a := range of {
		ids = append(ids, s.net.ClassesOf(a)...)
	}
	if len(ids) == 0 {
		for _, c := range s.net.Classes() {
			in := func(a addr.Address) bool { return a == c.Subnet || a == c.VPC || slices.Contains(c.Groups, a) }
			if slices.ContainsFunc(of, in) {
				ids = append(ids, c.ID)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// noSuchEnd says that a name means nothing, and what it may have meant.
func (s *subject) noSuchEnd(name string) error {
	var known []string
	for _, id := range s.parts.Parts() {
		known = append(known, id.String())
	}
	hint := "name internet, an address, a part (with an estate), a resource's address, logical id or construct path"
	if len(known) > 0 {
		hint = "the parts are " + strings.Join(known, ", ")
	}
	for _, i := range s.graph.Interfaces() {
		known = append(known, i.Owner.Addr.Logical, i.Owner.Addr.Stack.Name+"/"+i.Owner.Addr.Logical)
		if i.Owner.Construct != "" {
			known = append(known, i.Owner.Construct)
		}
	}
	msg := fmt.Sprintf("%q is no part, resource or address of %s", name, s.source)
	if near := diag.Nearest(name, append(known, internet)); near != "" {
		msg += fmt.Sprintf("; did you mean %q?", near)
	}
	return fmt.Errorf("%s\n%s", msg, hint)
}

// list names some resources.
func (s *subject) list(of []addr.Address) string {
	const most = 3
	var names []string
	for i, a := range of {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(of)-most))
			break
		}
		names = append(names, s.name(a)+" "+s.graph.Get(a).Type)
	}
	return strings.Join(names, ", ")
}

// name is what a person knows a resource by.
func (s *subject) name(a addr.Address) string {
	r := s.graph.Get(a)
	switch {
	case a.IsZero():
		return internet
	case r != nil && r.Construct != "":
		return r.Construct
	case a.Stack.Name == "":
		return a.Logical
	}
	return a.Stack.Name + "/" + a.Logical
}
