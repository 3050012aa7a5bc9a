package claims_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/value"
)

// A transform rewrites an assembly into one that CloudFormation would deploy to
// the same network and the same stores.
type transform struct {
	name  string
	apply func(*assembly.Assembly) *assembly.Assembly
}

func transforms() []transform {
	return []transform{
		{"rename every logical id", renameLogicalIDs},
		{"strip metadata", stripMetadata},
		{"shuffle resources", shuffleResources},
		{"move inline rules into separate resources", separateRules},
		{"split stacks", splitStacks},
		{"all of them", func(a *assembly.Assembly) *assembly.Assembly {
			return splitStacks(separateRules(shuffleResources(stripMetadata(renameLogicalIDs(a)))))
		}},
	}
}

// eachTemplate maps the root of every template.
func eachTemplate(a *assembly.Assembly, f func(value.Value) value.Value) *assembly.Assembly {
	out := &assembly.Assembly{}
	for _, s := range a.Stacks {
		c := *s
		c.Template = &assembly.Template{File: s.Template.File, Root: f(s.Template.Root)}
		out.Stacks = append(out.Stacks, &c)
	}
	return out
}

// entry is one entry of a map value.
type entry struct {
	key string
	val value.Value
}

func entries(v value.Value) []entry {
	var out []entry
	for k, e := range v.Entries() {
		out = append(out, entry{k, e})
	}
	return out
}

func mapOf(es []entry) value.Value {
	keys, vals := make([]string, len(es)), make([]value.Value, len(es))
	for i, e := range es {
		keys[i], vals[i] = e.key, e.val
	}
	return value.OfMap(keys, vals)
}

// with returns a map with an entry replaced or added, or taken out if the value
// is absent.
func with(m value.Value, key string, v value.Value) value.Value {
	es := slices.DeleteFunc(entries(m), func(e entry) bool { return e.key == key })
	if !v.IsAbsent() {
		es = append(es, entry{key, v})
	}
	return mapOf(es)
}

// references rewrites every Ref, Fn::GetAtt and Fn::Sub of a value. The
// function gets the logical id and the attribute ("Ref" for Ref) and returns
// what stands there instead, or an absent value to leave it.
func references(v value.Value, f func(id, attr string) value.Value) value.Value {
	switch v.Kind() {
	case value.List:
		items := make([]value.Value, 0, v.Len())
		for _, i := range v.Items() {
			items = append(items, references(i, f))
		}
		return value.OfList(items...)
	case value.Map:
		if v.Len() == 1 {
			if r := reference(v, f); !r.IsAbsent() {
				return r
			}
		}
		var es []entry
		for k, e := range v.Entries() {
			es = append(es, entry{k, references(e, f)})
		}
		return mapOf(es)
	}
	return v
}

func reference(v value.Value, f func(id, attr string) value.Value) value.Value {
	if id, ok := v.Get("Ref").Str(); ok {
		return f(id, "Ref")
	}
	switch g := v.Get("Fn::GetAtt"); g.Kind() {
	case value.String:
		id, attr, _ := strings.Cut(g.Text(), ".")
		return f(id, attr)
	case value.List:
		if id, ok := g.Index(0).Str(); ok && g.Index(1).Kind() == value.String {
			return f(id, g.Index(1).Text())
		}
	}
	if s := v.Get("Fn::Sub"); !s.IsAbsent() {
		return substitute(s, f)
	}
	return value.Value{}
}

var placeholder = regexp.MustCompile(`\$\{([A-Za-z0-9]+)(?:\.([A-Za-z0-9.]+))?\}`)

// substitute turns what f replaces in an Fn::Sub into variables of it.
func substitute(s value.Value, f func(id, attr string) value.Value) value.Value {
	text, vars := s, value.OfMap(nil, nil)
	if s.Kind() == value.List {
		text, vars = s.Index(0), references(s.Index(1), f)
	}
	n := 0
	out := placeholder.ReplaceAllStringFunc(text.Text(), func(m string) string {
		p := placeholder.FindStringSubmatch(m)
		if !vars.Get(p[1]).IsAbsent() {
			return m
		}
		v := f(p[1], cmp.Or(p[2], "Ref"))
		if v.IsAbsent() {
			return m
		}
		n++
		name := fmt.Sprintf("Variable%d", n)
		vars = with(vars, name, v)
		return "${" + name + "}"
	})
	return value.OfMap([]string{"Fn::Sub"}, []value.Value{value.OfList(value.OfString(out), vars)})
}

func ref(id string) value.Value {
	return value.OfMap([]string{"Ref"}, []value.Value{value.OfString(id)})
}

func getAtt(id, attr string) value.Value {
	if attr == "Ref" {
		return ref(id)
	}
	return value.OfMap([]string{"Fn::GetAtt"}, []value.Value{value.OfList(value.OfString(id), value.OfString(attr))})
}

// dependsOn rewrites the names in DependsOn; a name that becomes "" goes.
func dependsOn(v value.Value, f func(string) string) value.Value {
	var names []value.Value
	for _, n := range append(slices.Clone(v.Items()), v) {
		if s, ok := n.Str(); ok && f(s) != "" {
			names = append(names, value.OfString(f(s)))
		}
	}
	if len(names) == 0 {
		return value.Value{}
	}
	return value.OfList(names...)
}

func renameLogicalIDs(a *assembly.Assembly) *assembly.Assembly {
	return eachTemplate(a, func(root value.Value) value.Value {
		names := map[string]string{}
		for i, e := range entries(root.Get("Resources")) {
			names[e.key] = fmt.Sprintf("Thing%dOf%d", 7919*(i+1)%100003, i)
		}
		var es []entry
		for id, r := range root.Get("Resources").Entries() {
			if d := r.Get("DependsOn"); !d.IsAbsent() {
				r = with(r, "DependsOn", dependsOn(d, func(s string) string { return names[s] }))
			}
			es = append(es, entry{names[id], r})
		}
		return references(with(root, "Resources", mapOf(es)), func(id, attr string) value.Value {
			if names[id] == "" {
				return value.Value{}
			}
			return getAtt(names[id], attr)
		})
	})
}

func stripMetadata(a *assembly.Assembly) *assembly.Assembly {
	return eachTemplate(a, func(root value.Value) value.Value {
		var es []entry
		for id, r := range root.Get("Resources").Entries() {
			es = append(es, entry{id, with(r, "Metadata", value.Value{})})
		}
		return with(with(root, "Resources", mapOf(es)), "Metadata", value.Value{})
	})
}

func shuffleResources(a *assembly.Assembly) *assembly.Assembly {
	out := eachTemplate(a, func(root value.Value) value.Value {
		es := entries(root.Get("Resources"))
		rng := rand.New(rand.NewPCG(1, uint64(len(es))))
		rng.Shuffle(len(es), func(i, j int) { es[i], es[j] = es[j], es[i] })
		return with(root, "Resources", mapOf(es))
	})
	slices.Reverse(out.Stacks)
	return out
}

// separateRules moves every ingress rule of a group, and all egress rules but
// the first (the last one taken away would bring the default back), into
// resources of their own.
func separateRules(a *assembly.Assembly) *assembly.Assembly {
	return eachTemplate(a, func(root value.Value) value.Value {
		var es []entry
		for id, r := range root.Get("Resources").Entries() {
			if r.Get("Type").Text() != "AWS::EC2::SecurityGroup" {
				es = append(es, entry{id, r})
				continue
			}
			props := r.Get("Properties")
			for _, d := range []struct {
				property, typ string
				keep          int
			}{{"SecurityGroupIngress", "AWS::EC2::SecurityGroupIngress", 0}, {"SecurityGroupEgress", "AWS::EC2::SecurityGroupEgress", 1}} {
				rules := props.Get(d.property).Items()
				if len(rules) <= d.keep {
					continue
				}
				for i, rule := range rules[d.keep:] {
					rule = with(rule, "GroupId", getAtt(id, "GroupId"))
					es = append(es, entry{fmt.Sprintf("%s%s%d", id, d.property, i), mapOf([]entry{
						{"Type", value.OfString(d.typ)}, {"Properties", rule}})})
				}
				left := value.Value{}
				if d.keep > 0 {
					left = value.OfList(rules[:d.keep]...)
				}
				props = with(props, d.property, left)
			}
			es = append(es, entry{id, with(r, "Properties", props)})
		}
		return with(root, "Resources", mapOf(es))
	})
}

// splitStacks moves every other resource of a stack into a second stack of the
// same account and Region; what crosses goes by exports and imports.
func splitStacks(a *assembly.Assembly) *assembly.Assembly {
	out := &assembly.Assembly{}
	for _, s := range a.Stacks {
		first, second := split(s)
		out.Stacks = append(out.Stacks, first, second)
	}
	slices.SortFunc(out.Stacks, func(x, y *assembly.Stack) int { return x.Addr.Compare(y.Addr) })
	return out
}

func split(s *assembly.Stack) (*assembly.Stack, *assembly.Stack) {
	root := s.Template.Root
	halves := [2][]entry{}
	home := map[string]int{}
	for i, e := range entries(root.Get("Resources")) {
		halves[i%2] = append(halves[i%2], e)
		home[e.key] = i % 2
	}
	outputs := [2][]entry{entries(root.Get("Outputs")), nil}
	exported := map[string]bool{}
	carry := func(side int) func(id, attr string) value.Value {
		return func(id, attr string) value.Value {
			there, ok := home[id]
			if !ok || there == side {
				return value.Value{}
			}
			name := "split-" + s.Addr.Name + "-" + id + "-" + attr
			if !exported[name] {
				exported[name] = true
				outputs[there] = append(outputs[there], entry{fmt.Sprintf("Split%d", len(exported)), mapOf([]entry{
					{"Value", getAtt(id, attr)}, {"Export", mapOf([]entry{{"Name", value.OfString(name)}})}})})
			}
			return mapOf([]entry{{"Fn::ImportValue", value.OfString(name)}})
		}
	}
	var roots [2]value.Value
	for side := range halves {
		for i, e := range halves[side] {
			r := references(e.val, carry(side))
			if d := r.Get("DependsOn"); !d.IsAbsent() {
				r = with(r, "DependsOn", dependsOn(d, func(id string) string {
					if home[id] == side {
						return id
					}
					return ""
				}))
			}
			halves[side][i].val = r
		}
		roots[side] = with(root, "Resources", mapOf(halves[side]))
	}
	for i, o := range outputs[0] {
		outputs[0][i].val = references(o.val, carry(0))
	}
	var stacks [2]*assembly.Stack
	for side := range stacks {
		c := *s
		if side == 1 {
			c.Addr = addr.Stack{Account: s.Addr.Account, Region: s.Addr.Region, Name: s.Addr.Name + "-second"}
		}
		c.Template = &assembly.Template{File: s.Template.File, Root: with(roots[side], "Outputs", mapOf(outputs[side]))}
		stacks[side] = &c
	}
	return stacks[0], stacks[1]
}
