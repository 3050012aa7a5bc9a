package intrinsic

import (
	"slices"
	"strings"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

const (
	codeTransform = "TEMPLATE_TRANSFORM"
	processed     = "pass the processed template (`aws cloudformation get-template --template-stage Processed`)"
	moduleSuffix  = "::MODULE"
)

// plain says whether a Transform adds no resources and changes none.
func plain(transform value.Value) bool {
	names := transform.Items()
	if transform.Kind() == value.String {
		names = []value.Value{transform}
	}
	return !slices.ContainsFunc(names, func(n value.Value) bool { return n.Text() != "AWS::LanguageExtensions" }) && len(names) > 0
}

// macro returns what the template's macros are named by, or absent: the section
// Transform, or Fn::Transform in its place.
func macro(root value.Value) value.Value {
	if t := root.Get("Transform"); !t.IsAbsent() && !plain(t) {
		return t
	}
	return root.Get("Fn::Transform")
}

// makers are what makes entries of a template that are not in it: modules, by
// logical id, and macros and loops; all says that there are such, and these may
// give any name to what they make.
func makers(root value.Value) (modules []string, all bool) {
	all = !macro(root).IsAbsent()
	for _, section := range sections {
		for name, entry := range root.Get(section).Entries() {
			all = all || strings.HasPrefix(name, "Fn::") || !entry.Get("Fn::Transform").IsAbsent()
			if strings.HasSuffix(entry.Get("Type").Text(), moduleSuffix) {
				modules = append(modules, name)
			}
		}
	}
	return modules, all
}

// made says whether what the template does not hold may be made by its macros,
// loops or modules. A module's resources are named after the module (AWS
// CloudFormation User Guide, "Reference module resources in CloudFormation
// templates").
func (c *contents) made(name string) bool {
	return c.makesAll || slices.ContainsFunc(c.modules, func(m string) bool { return strings.HasPrefix(name, m) })
}

// unseen is a reference to what a macro, loop or module makes.
func (s *scope) unseen(what, name string) value.Value {
	return s.unknown("RESOURCES_HIDDEN", "the %s %q is not in the template: a macro, a loop or a module may make it, and these are not expanded", what, name)
}

// hidden stands for resources that a template makes and that are not seen.
func (s *scope) hidden(logical, typ string, at value.Value, why string) *resource.Resource {
	address := s.address(logical)
	return &resource.Resource{Addr: address, Type: typ, Pos: s.tmpl.Of(at), Props: value.OfMap(nil, nil),
		Hides: &value.Reason{Code: "RESOURCES_HIDDEN", Text: why + ", so the resources that it makes are not seen", At: address}}
}

// transform reports that macros change the template, and stands for what they make.
func (s *scope) transform() []*resource.Resource {
	t := macro(s.tmpl.Root)
	if t.IsAbsent() {
		return nil
	}
	what := "the macros of Transform " + t.String() + " are not run"
	s.problem(diag.Warning, codeTransform, t, what, "resources that a macro adds or changes are not seen", processed)
	return []*resource.Resource{s.hidden("Transform", "Fn::Transform", t, what)}
}

// loop reports an entry of Resources that is a function, and stands for what it
// makes.
func (s *scope) loop(logical string, at value.Value) *resource.Resource {
	typ, what := "Fn::ForEach", logical+" is not expanded"
	if logical == "Fn::Transform" {
		typ, what = logical, "the macro "+at.Get("Name").String()+" is not run"
	}
	s.problem(diag.Warning, codeTransform, at, what, "the resources that it makes are not seen", processed)
	return s.hidden(logical, typ, at, what)
}

// hides says why a resource stands for others that are not seen, or nil.
func (s *scope) hides(r *resource.Resource, logical string, at value.Value) *value.Reason {
	switch {
	case r.Type == assembly.NestedType && s.nested[logical] == nil:
		return s.hidden(logical, r.Type, at, "the template of the nested stack is not at hand").Hides
	case strings.HasSuffix(r.Type, moduleSuffix):
		return s.hidden(logical, r.Type, at, "the module is not expanded").Hides
	}
	return nil
}
