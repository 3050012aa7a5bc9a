package intrinsic

import (
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// resolve returns the resources of a scope, without those of nested stacks.
func (s *scope) resolve() []*resource.Resource {
	outer, absent := s.presence()
	if absent {
		return nil
	}
	all := slices.Grow(s.transform(), len(s.index))
	for logical, res := range s.section("Resources").Entries() {
		if strings.HasPrefix(logical, "Fn::") {
			all = append(all, s.loop(logical, res))
			continue
		}
		if kept := s.index[logical]; kept.IsAbsent() || kept.Offset() != res.Offset() {
			continue // no resource, which Load reported, or a repeated key that does not count
		}
		if r := s.resource(logical, res, outer); r != nil {
			all = append(all, r)
		}
	}
	return all
}

// presence says why it is unknown whether a nested stack will exist, and
// whether it will not.
func (s *scope) presence() (why *value.Reason, absent bool) {
	for ; s.parent != nil; s = s.parent {
		c := s.parent.exists(s.logical)
		if no, ok := c.Bool(); ok && !no {
			return nil, true
		}
		if why == nil {
			why = c.Reason()
		}
	}
	return why, false
}

// exists evaluates the condition of a resource: true, false or unknown.
func (s *scope) exists(logical string) value.Value {
	c := s.index[logical].Get("Condition")
	if c.IsAbsent() {
		return value.OfBool(true)
	}
	name, ok := c.Str()
	if !ok {
		return s.bad(call{name: "Condition", at: c}, "the name of a condition")
	}
	return s.condition(name, c)
}

func (s *scope) resource(logical string, res value.Value, outer *value.Reason) *resource.Resource {
	s.current, s.refers = logical, nil
	defer func() { s.current = "" }()
	cond := s.exists(logical)
	if yes, ok := cond.Bool(); ok && !yes {
		return nil
	}
	r := &resource.Resource{
		Addr:        s.address(logical),
		Type:        res.Get("Type").Text(),
		Construct:   strings.TrimSuffix(res.Path("Metadata/aws:cdk:path").Text(), "/Resource"),
		Pos:         s.tmpl.Of(res),
		Conditional: outer,
	}
	if r.Conditional == nil {
		r.Conditional = cond.Reason()
	}
	if props := res.Get("Properties"); props.HoldsIntrinsics() {
		r.Props = s.eval(props)
	} else {
		r.Props = props
	}
	if r.Props.IsAbsent() || r.Props.Kind() == value.Null {
		r.Props = value.OfMap(nil, nil)
	}
	r.Tags = tags(r.Props)
	switch s.eval(res.Get("DeletionPolicy")).Text() {
	case "Retain", "RetainExceptOnCreate", "Snapshot":
		r.Retain = true
	}
	switch s.eval(res.Get("UpdateReplacePolicy")).Text() {
	case "Retain", "Snapshot":
		r.RetainReplaced = true
	}
	s.dependsOn(res.Get("DependsOn"))
	r.Hides = s.hides(r, logical, res)
	if len(s.refers) > 0 {
		s.depends[logical] = append(s.depends[logical], s.refers...)
	}
	return r
}

func (s *scope) dependsOn(on value.Value) {
	names := on.Items()
	if on.Kind() == value.String {
		names = []value.Value{on}
	}
	for _, n := range names {
		name, ok := n.Str()
		if !ok {
			continue
		}
		if _, ok := s.index[name]; !ok {
			s.noSuch("DependsOn", name, n, s.resourceNames)
			continue
		}
		s.refers = append(s.refers, name)
	}
}

// tags reads the tags of a resource from any property that AWS calls so, as a
// list of Key and Value or as a map.
func tags(props value.Value) map[string]value.Value {
	var found map[string]value.Value
	for _, property := range [...]string{"Tags", "HostedZoneTags", "FileSystemTags", "UserPoolTags", "AccessPointTags", "BackupVaultTags", "BackupPlanTags"} {
		t := props.Get(property)
		if t.Len() == 0 {
			continue
		}
		if found == nil {
			found = make(map[string]value.Value, t.Len())
		}
		for k, v := range t.Entries() {
			found[k] = v
		}
		if t.Kind() != value.List {
			continue
		}
		for _, item := range t.Items() {
			if k, ok := item.Get("Key").Str(); ok {
				found[k] = item.Get("Value")
			}
		}
	}
	return found
}

// findCycles reports resources that depend on one another. Macros may take
// references apart, as AWS::Serverless does: it makes resources of their own of
// a function's events.
func (s *scope) findCycles() {
	if !macro(s.tmpl.Root).IsAbsent() {
		return
	}
	const (
		open = 1
		done = 2
	)
	state := map[string]int{}
	type frame struct {
		logical string
		next    int
	}
	for _, start := range s.section("Resources").Keys() {
		if state[start] != 0 {
			continue
		}
		path := []frame{{logical: start}}
		state[start] = open
		for len(path) > 0 {
			top := &path[len(path)-1]
			if top.next == len(s.depends[top.logical]) {
				state[top.logical] = done
				path = path[:len(path)-1]
				continue
			}
			next := s.depends[top.logical][top.next]
			top.next++
			switch state[next] {
			case 0:
				state[next] = open
				path = append(path, frame{logical: next})
			case open:
				var names []string
				i := slices.IndexFunc(path, func(f frame) bool { return f.logical == next })
				for _, f := range path[i:] {
					names = append(names, f.logical)
				}
				s.reportCycle(s.index[next], shorten(append(names, next)))
			}
		}
	}
}

// shorten joins the names of a circle, leaving out the middle of a long one.
func shorten(names []string) string {
	if len(names) > 12 {
		names = append(append(slices.Clone(names[:6]), "…"), names[len(names)-5:]...)
	}
	return strings.Join(names, " → ")
}
