package cases

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Apply returns the resources of an input as a case changes them, ready for
// resource.New.
func Apply(in *proof.Input, c Case) ([]*resource.Resource, error) {
	a := &applier{in: in, tenants: map[addr.Stack]string{}}
	for r := range in.Graph.All() {
		if t := r.Tags[addr.TagTenant].Text(); t != "" {
			a.tenants[r.Addr.Stack] = t
		}
	}
	for r := range in.Graph.All() {
		a.all = append(a.all, r)
	}
	for i, ch := range c.Change {
		if err := a.change(ch); err != nil {
			return nil, fmt.Errorf("change %d: %w", i+1, err)
		}
	}
	return a.all, nil
}

type applier struct {
	in      *proof.Input
	all     []*resource.Resource
	tenants map[addr.Stack]string // whose a stack is: not every type has tags
}

func (a *applier) change(ch Change) error {
	found, err := a.find(ch.Of)
	if err != nil {
		return err
	}
	for _, r := range found {
		if err := a.changeOne(r, ch); err != nil {
			return fmt.Errorf("%s: %w", r.Addr, err)
		}
	}
	return nil
}

func (a *applier) changeOne(r *resource.Resource, ch Change) error {
	c := *r
	switch {
	case ch.Delete:
		a.all = slices.DeleteFunc(a.all, func(o *resource.Resource) bool { return o == r })
		return nil
	case ch.Add != nil:
		return a.add(r, *ch.Add)
	case len(ch.Tag) > 0:
		c.Tags = maps.Clone(c.Tags)
		for k, v := range ch.Tag {
			if v == "" {
				delete(c.Tags, k)
			} else {
				c.Tags[k] = value.OfString(v)
			}
		}
	}
	for _, attribute := range ch.Unkeep {
		kept, ok := map[string]*bool{"DeletionPolicy": &c.Retain, "UpdateReplacePolicy": &c.RetainReplaced}[attribute]
		if !ok || !*kept {
			return fmt.Errorf("there is no %s that keeps it", attribute)
		}
		*kept = false
	}
	for _, path := range ch.Remove {
		p, ok := set(c.Props, strings.Split(path, "/"), value.Value{})
		if !ok || c.Props.Path(path).IsAbsent() {
			return fmt.Errorf("there is no property %s to remove", path)
		}
		c.Props = p
	}
	for _, path := range slices.Sorted(maps.Keys(ch.Set)) {
		v, err := a.value(ch.Set[path])
		if err != nil {
			return err
		}
		if value.Equal(v, c.Props.Path(path)) {
			return fmt.Errorf("%s is %s already", path, v)
		}
		p, ok := set(c.Props, strings.Split(path, "/"), v)
		if !ok {
			return fmt.Errorf("there is no place for a property %s", path)
		}
		c.Props = p
	}
	a.all[slices.Index(a.all, r)] = &c
	return nil
}

func (a *applier) add(beside *resource.Resource, n Addition) error {
	for i := range max(1, n.Times) {
		if err := a.addOne(beside, n, i+1); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) addOne(beside *resource.Resource, n Addition, i int) error {
	props, err := a.value(numbered(n.Props, strconv.Itoa(i)))
	if err != nil {
		return err
	}
	r := &resource.Resource{Addr: addr.Address{Stack: beside.Addr.Stack, Logical: "Added" + strconv.Itoa(len(a.all))}, Type: n.Type, Props: props, Tags: map[string]value.Value{}}
	r.Addr.Stack.Region = cmp.Or(n.Region, r.Addr.Stack.Region)
	for k, v := range n.Tags {
		r.Tags[k] = value.OfString(v)
	}
	a.all = append(a.all, r)
	return nil
}

// numbered replaces ${n} in the texts of what YAML holds.
func numbered(x any, n string) any {
	const mark = "${n}"
	switch x := x.(type) {
	case string:
		if x == mark {
			i, _ := strconv.Atoi(n)
			return i
		}
		return strings.ReplaceAll(x, mark, n)
	case []any:
		out := make([]any, len(x))
		for i, y := range x {
			out[i] = numbered(y, n)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, y := range x {
			out[k] = numbered(y, n)
		}
		return out
	}
	return x
}

// find returns the one resource that a selector matches, or with Every all.
func (a *applier) find(s Selector) ([]*resource.Resource, error) {
	var found []*resource.Resource
	for _, r := range a.all {
		ok, err := a.matches(s, r)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(x, y *resource.Resource) int { return x.Addr.Compare(y.Addr) })
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("no resource matches %+v", s)
	case s.Every:
		return found, nil
	case s.Nth != nil && *s.Nth < len(found):
		return found[*s.Nth : *s.Nth+1], nil
	case s.Nth == nil && len(found) == 1:
		return found, nil
	}
	return nil, fmt.Errorf("%d resources match %+v; say which by region, where, tags or nth", len(found), s)
}

func (a *applier) matches(s Selector, r *resource.Resource) (bool, error) {
	if r.Type != s.Type || s.Environment != "" && string(a.in.ScopeOf(r)) != s.Environment {
		return false, nil
	}
	if s.Region != "" && s.Region != r.Addr.Stack.Region {
		return false, nil
	}
	if a.tenants[r.Addr.Stack] != s.Tenant {
		return false, nil
	}
	if s.Part != "" && a.in.PartOf(r.Addr).Name != s.Part && r.Tags[addr.TagPart].Text() != s.Part {
		return false, nil
	}
	for k, v := range s.Tags {
		if r.Tags[k].Text() != v {
			return false, nil
		}
	}
	for path, want := range s.Where {
		v, err := a.value(want)
		if err != nil {
			return false, err
		}
		have := r.Props.Path(path)
		if x, ok := v.Ref(); ok {
			if y, ok := have.Ref(); !ok || x.To != y.To {
				return false, nil
			}
		} else if have.Text() != v.Text() || have.IsAbsent() {
			return false, nil
		}
	}
	return true, nil
}

// value turns what YAML holds into a property's value.
func (a *applier) value(x any) (value.Value, error) {
	switch x := x.(type) {
	case nil:
		return value.OfNull(), nil
	case string:
		return value.OfString(x), nil
	case bool:
		return value.OfBool(x), nil
	case []any:
		items := make([]value.Value, len(x))
		for i, y := range x {
			v, err := a.value(y)
			if err != nil {
				return value.Value{}, err
			}
			items[i] = v
		}
		return value.OfList(items...), nil
	case map[string]any:
		if of, ok := x["$ref"]; ok {
			return a.ref(of, x["$attr"])
		}
		var keys []string
		var items []value.Value
		for _, k := range slices.Sorted(maps.Keys(x)) {
			v, err := a.value(x[k])
			if err != nil {
				return value.Value{}, err
			}
			keys, items = append(keys, k), append(items, v)
		}
		return value.OfMap(keys, items), nil
	}
	return value.OfNumber(fmt.Sprint(x)), nil
}

// ref makes a reference to the resource that a selector, as YAML holds it,
// matches.
func (a *applier) ref(of, attr any) (value.Value, error) {
	s, err := selector(of)
	if err != nil {
		return value.Value{}, err
	}
	found, err := a.find(s)
	if err != nil {
		return value.Value{}, fmt.Errorf("reference: %w", err)
	}
	name, ok := attr.(string)
	if !ok {
		name = "Ref"
	}
	return value.OfSymbol(value.Ref{To: found[0].Addr, Attr: name}), nil
}

// set returns a value with the one at a path replaced, or taken away if v is
// absent. It fails where the path leads through nothing.
func set(in value.Value, path []string, v value.Value) (value.Value, bool) {
	if len(path) == 0 {
		return v, true
	}
	if in.Kind() == value.List {
		return setItem(in, path, v)
	}
	if in.Kind() != value.Map && !in.IsAbsent() {
		return value.Value{}, false
	}
	child, ok := set(in.Get(path[0]), path[1:], v)
	if !ok {
		return value.Value{}, false
	}
	var keys []string
	var items []value.Value
	for k, item := range in.Entries() {
		if k != path[0] {
			keys, items = append(keys, k), append(items, item)
		}
	}
	if !child.IsAbsent() {
		keys, items = append(keys, path[0]), append(items, child)
	}
	return value.OfMap(keys, items), true
}

func setItem(in value.Value, path []string, v value.Value) (value.Value, bool) {
	i, err := strconv.Atoi(path[0])
	if err != nil || i < 0 || i > in.Len() {
		return value.Value{}, false
	}
	child, ok := set(in.Index(i), path[1:], v)
	if !ok {
		return value.Value{}, false
	}
	items := slices.Clone(in.Items())
	switch {
	case child.IsAbsent() && i < len(items):
		items = slices.Delete(items, i, i+1)
	case i == len(items):
		items = append(items, child)
	default:
		items[i] = child
	}
	return value.OfList(items...), true
}
