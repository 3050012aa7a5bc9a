package intrinsic

import (
	"cmp"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Templates returns how large the templates of an assembly are, nested ones
// among them, each once, in the order of the first stacks that are made of them.
func Templates(asm *assembly.Assembly, opts Options) []resource.Template {
	m := measurer{at: map[*assembly.Template]int{}}
	if asm == nil {
		return nil
	}
	for _, s := range asm.Stacks {
		if s != nil && s.Template != nil {
			a := s.Addr
			a.Account, a.Region = cmp.Or(a.Account, opts.Account), cmp.Or(a.Region, opts.Region)
			m.add(s.Template, a, "")
		}
	}
	return m.all
}

type measurer struct {
	all []resource.Template
	at  map[*assembly.Template]int
}

// add measures a template the first time that it is seen, and those nested in
// it; a template that holds itself ends there too.
func (m *measurer) add(t *assembly.Template, s addr.Stack, nested string) {
	if i, ok := m.at[t]; ok {
		m.all[i].Stacks++
		return
	}
	m.at[t] = len(m.all)
	resources := t.Root.Get("Resources")
	m.all = append(m.all, resource.Template{
		File: t.File, Stack: s, Nested: nested, Stacks: 1, Bytes: t.Size(), Description: len(t.Root.Get("Description").Text()),
		Resources: entries(resources), Parameters: entries(t.Root.Get("Parameters")),
		Mappings: entries(t.Root.Get("Mappings")), Outputs: entries(t.Root.Get("Outputs")),
	})
	for logical, r := range resources.Entries() {
		if r.Get("Type").Text() != assembly.NestedType {
			continue
		}
		if child := t.Nested(logical); child != nil {
			m.add(child, s, nested+logical+"/")
		}
	}
}

// entries is how many entries a section has.
func entries(section value.Value) int {
	if section.Kind() != value.Map {
		return 0
	}
	return section.Len()
}
