package withinquotas

import (
	"strings"

	"github.com/suretyhq/surety/addr"
)

// templates counts what a template holds. How many resources it has is known
// without the template too, but for those that are not deployed.
func templates(m *meter) {
	declared := map[addr.Address]int{}
	for _, t := range m.in.Templates {
		at := place(t.Stack, t.Nested)
		declared[at] = t.Resources
		for _, c := range []struct {
			id   string
			used int
		}{
			{"cloudformation/description-bytes", t.Description},
			{"cloudformation/mappings-per-template", t.Mappings},
			{"cloudformation/outputs-per-template", t.Outputs},
			{"cloudformation/parameters-per-template", t.Parameters},
			{"cloudformation/template-bytes", t.Bytes},
		} {
			m.measure(c.id, use{at: at, used: c.used})
		}
	}
	var u uses
	for r := range m.in.Graph.All() {
		if r.Addr.Stack.Name != "" { // else it was not deployed by a template
			u.at(place(r.Addr.Stack, nesting(r.Addr.Logical))).add(r, 1)
		}
	}
	for _, x := range u.all {
		x.perhaps = 0 // a template declares what its conditions leave out, too
		x.used = max(x.used, declared[x.at])
		m.measure("cloudformation/resources-per-template", x)
	}
}

// place is a template as a place: its stack, or the nested stack in it.
func place(s addr.Stack, nested string) addr.Address {
	return addr.Address{Stack: s, Logical: strings.TrimSuffix(nested, "/")}
}

// nesting is the path of the nested stack that a resource is in.
func nesting(logical string) string { return logical[:strings.LastIndexByte(logical, '/')+1] }

// stacks counts the stacks of an account and Region, nested ones among them.
func stacks(m *meter) {
	var u uses
	var before addr.Stack
	for r := range m.in.Graph.All() {
		if s := r.Addr.Stack; s != before && s.Name != "" {
			u.at(region(s)).add(r, 1)
			before = s
		}
	}
	for _, r := range m.in.Graph.OfType("AWS::CloudFormation::Stack") {
		u.at(region(r.Addr.Stack)).add(r, 1)
	}
	m.measureAll("cloudformation/stacks", u)
}
