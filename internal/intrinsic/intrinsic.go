// Package intrinsic resolves the intrinsic functions, conditions, parameters
// and references of templates to values, as far as they can be known before
// deployment.
//
// Everything that CloudFormation documents is resolved but macros, and loops
// (Fn::ForEach) over what the template alone does not say, which become unknown
// with a reason. What only deployment gives
// becomes a symbol; what nobody said becomes unknown with a reason that names
// it. References cross stacks as CloudFormation's do: exports within an account
// and Region, stack outputs across them, outputs and parameters of nested
// stacks. A reference to nothing and a cycle of references are diagnostics.
// Nothing panics, whatever the templates hold.
//
// A resource of a nested stack has the address of the outermost stack and a
// logical id that is the path to it: Network/Vpc is Vpc in the stack nested as
// Network.
package intrinsic

import (
	"fmt"
	"maps"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Options say what the templates leave open. Params gives values to parameters
// by name, or to those of one stack as stack/name; it goes before what the
// assembly says. Account and Region count for stacks that name none.
type Options struct {
	Params          map[string]string
	Account, Region string
}

// Limits that keep hostile templates from using up memory and stack.
const (
	maxChain  = 200       // references that lead to one another
	maxNested = 1_000_000 // resources of nested stacks in all
	maxLevels = 32        // nested stacks in one another
)

// resolver resolves stacks of an assembly, and whatever they refer to in others.
// It is used by one goroutine.
type resolver struct {
	opts     Options
	scopes   []*scope            // parents before children
	named    map[string][]*scope // those of stacks that are not nested, by name
	nested   int
	contents map[*assembly.Template]*contents
	exports  map[exportKey][]export
	arena    value.Arena
	problems diag.List
	reported map[diag.Diagnostic]bool
	quiet    int      // > 0: what is evaluated may not be deployed, so report nothing
	chain    []string // what is being evaluated, outermost first
	ordered  bool     // what is found depends on where the evaluation began
}

// Resolve returns the resources of all stacks, by address. Resources whose
// condition is false are left out; those whose condition is unknown are kept
// with Conditional set.
func Resolve(asm *assembly.Assembly, opts Options) ([]*resource.Resource, diag.List) {
	if asm == nil {
		return nil, nil
	}
	whole := newResolver(asm, opts, map[*assembly.Template]*contents{})
	all, problems, ok := whole.together(asm)
	if !ok {
		all = whole.resolve(whole.scopes)
		problems = whole.problems
	}
	whole.problems = problems
	whole.unusedParams()
	slices.SortStableFunc(all, func(a, b *resource.Resource) int { return a.Addr.Compare(b.Addr) })
	whole.problems.Sort()
	return all, whole.problems
}

func newResolver(asm *assembly.Assembly, opts Options, known map[*assembly.Template]*contents) *resolver {
	r := &resolver{opts: opts, named: map[string][]*scope{}, contents: known, reported: map[diag.Diagnostic]bool{}}
	for _, s := range asm.Stacks {
		if s != nil && s.Template != nil {
			r.addStack(s)
		}
	}
	return r
}

// resolve returns the resources of some of the scopes: of stacks with all that
// is nested in them.
func (r *resolver) resolve(scopes []*scope) []*resource.Resource {
	var all []*resource.Resource
	for _, s := range scopes {
		all = append(all, s.resolve()...)
	}
	for _, s := range scopes {
		s.findCycles()
	}
	return all
}

func (r *resolver) addStack(stack *assembly.Stack) {
	a := stack.Addr
	if a.Account == "" {
		a.Account = r.opts.Account
	}
	if a.Region == "" {
		a.Region = r.opts.Region
	}
	s := r.newScope(a, stack.Template)
	s.given = stack.Parameters
	r.scopes = append(r.scopes, s)
	r.named[a.Name] = append(r.named[a.Name], s)
	s.addNested(1)
}

func (r *resolver) report(d diag.Diagnostic) {
	if r.quiet > 0 || r.reported[d] {
		return
	}
	r.reported[d] = true
	r.problems.Add(d)
}

// quietly evaluates what may not be deployed, without reporting problems.
func (r *resolver) quietly(f func() value.Value) value.Value {
	r.quiet++
	defer func() { r.quiet-- }()
	return f()
}

// unusedParams reports parameters that were given and that no stack declares.
func (r *resolver) unusedParams() {
	declared := map[string]bool{}
	for _, s := range r.scopes {
		if s.parent != nil {
			continue
		}
		for name := range s.section("Parameters").Entries() {
			declared[name], declared[s.stack.Name+"/"+name] = true, true
		}
	}
	for name := range r.opts.Params {
		if !declared[name] {
			r.report(diag.Diagnostic{Code: "REFERENCE_PARAMETER", Severity: diag.Warning,
				What: fmt.Sprintf("--param %s names a parameter that no stack declares", name),
				Why:  "the value has no effect",
				Fix:  "use the parameter's name, or stack/name for one stack" + didYouMean(name, slices.Sorted(maps.Keys(declared)))})
		}
	}
}

// scope is a stack, or a nested stack, with what is known of it so far.
type scope struct {
	r      *resolver
	stack  addr.Stack
	prefix string // logical ids of the nested stacks around, each with a slash
	tmpl   *assembly.Template
	given  map[string]string // parameters, of a stack that is not nested

	parent  *scope // of a nested stack
	logical string // its logical id in the parent
	nested  map[string]*scope

	*contents
	cells   map[cellKey]*cell
	symbols map[cellKey]value.Value // by logical id and attribute
	current string                  // the resource whose properties are evaluated
	refers  []string                // resources of this scope that it refers to
	depends map[string][]string     // the same, of all resources
}

// cellKey names what is evaluated once: a parameter, condition, output, or a
// property of a resource.
type cellKey struct{ kind, name string }

type cell struct {
	done bool
	v    value.Value
}

// contents are the sections of a template; its stacks share them.
type contents struct {
	sections map[string]value.Value
	index    map[string]value.Value  // resources by logical id
	entries  map[cellKey]value.Value // of the other sections, by section and name
	modules  []string                // logical ids of modules
	makesAll bool                    // macros or loops make resources of any name
}

// sections are the sections of a template that are read.
var sections = [...]string{"Parameters", "Mappings", "Conditions", "Resources", "Outputs"}

func newContents(t *assembly.Template) *contents {
	c := &contents{sections: map[string]value.Value{}, entries: map[cellKey]value.Value{}}
	root := expanded(t.Root)
	for _, name := range sections {
		c.sections[name] = root.Get(name)
		if name == "Resources" {
			continue
		}
		for key, v := range c.sections[name].Entries() {
			c.entries[cellKey{name, key}] = v
		}
	}
	c.modules, c.makesAll = makers(root)
	resources := c.sections["Resources"]
	c.index = make(map[string]value.Value, resources.Len())
	for logical, res := range resources.Entries() {
		if res.Kind() == value.Map && res.Get("Type").Text() != "" {
			c.index[logical] = res
		}
	}
	return c
}

func (c *contents) section(name string) value.Value { return c.sections[name] }

// entry returns an entry of a section other than Resources, or absent.
func (c *contents) entry(section, name string) value.Value {
	return c.entries[cellKey{section, name}]
}

func (r *resolver) newScope(a addr.Stack, t *assembly.Template) *scope {
	c := r.contents[t]
	if c == nil {
		c = newContents(t)
		r.contents[t] = c
	}
	return &scope{r: r, stack: a, tmpl: t, contents: c, nested: map[string]*scope{},
		cells: map[cellKey]*cell{}, symbols: map[cellKey]value.Value{}, depends: map[string][]string{}}
}

// addNested makes the scopes of the stacks that are nested in s.
func (s *scope) addNested(level int) {
	for logical, res := range s.section("Resources").Entries() {
		t := s.tmpl.Nested(logical)
		if t == nil || s.nested[logical] != nil {
			continue
		}
		if s.around(t) || level >= maxLevels || s.r.nested >= maxNested {
			s.problem(diag.Error, "REFERENCE_CYCLE", res, "the nested stack "+logical+" holds itself, or too many others",
				"CloudFormation could never finish to create it", "take the stack out of its own template")
			continue
		}
		s.r.nested += 1 + t.Root.Get("Resources").Len()
		child := s.r.newScope(s.stack, t)
		child.parent, child.logical, child.prefix = s, logical, s.prefix+logical+"/"
		s.nested[logical] = child
		s.r.scopes = append(s.r.scopes, child)
		child.addNested(level + 1)
	}
}

// around says whether a template is that of s or of a stack around it.
func (s *scope) around(t *assembly.Template) bool {
	for ; s != nil; s = s.parent {
		if s.tmpl == t {
			return true
		}
	}
	return false
}

func (s *scope) address(logical string) addr.Address {
	return addr.Address{Stack: s.stack, Logical: s.prefix + logical}
}

// problem reports something about a place in the template.
func (s *scope) problem(severity diag.Severity, code string, at value.Value, what, why, fix string) {
	d := diag.Diagnostic{Code: code, Severity: severity, Pos: s.tmpl.Of(at), What: what, Why: why, Fix: fix}
	if s.current != "" {
		d.At = s.address(s.current)
	}
	s.r.report(d)
}

// unknown is a value that is unknown for a reason.
func (s *scope) unknown(code, format string, args ...any) value.Value {
	why := value.Reason{Code: code, Text: fmt.Sprintf(format, args...)}
	if s.current != "" {
		why.At = s.address(s.current)
	}
	return value.OfUnknown(why)
}

// bad reports wrong arguments of a function and gives an unknown value.
func (s *scope) bad(c call, want string) value.Value {
	s.problem(diag.Error, "TEMPLATE_INTRINSIC", c.at, c.name+" needs "+want,
		"CloudFormation refuses the template", "write it as AWS's page on "+c.name+" shows")
	return s.unknown("TEMPLATE_INTRINSIC", "%s needs %s", c.name, want)
}

// once evaluates something once. A cycle is reported and gives unknown; so does
// a chain of references that is too long.
func (s *scope) once(kind, name string, at value.Value, eval func() value.Value) value.Value {
	key := cellKey{kind, name}
	label := kind + " " + s.prefix + name
	if c := s.cells[key]; c != nil {
		if !c.done {
			s.cycle(s.stack.Name+": "+label, at)
			return s.unknown("REFERENCE_CYCLE", "%s depends on itself", label)
		}
		return c.v
	}
	if len(s.r.chain) >= maxChain {
		s.r.ordered = true
		return s.unknown("REFERENCE_TOO_LONG", "more than %d references lead to one another, here to %s", maxChain, label)
	}
	c := &cell{}
	s.cells[key] = c
	s.r.chain = append(s.r.chain, s.stack.Name+": "+label)
	c.v = eval()
	s.r.chain = s.r.chain[:len(s.r.chain)-1]
	c.done = true
	return c.v
}

func (s *scope) cycle(label string, at value.Value) {
	s.r.ordered = true
	from := max(0, slices.Index(s.r.chain, label))
	s.reportCycle(at, shorten(append(slices.Clone(s.r.chain[from:]), label)))
}

func (s *scope) reportCycle(at value.Value, path string) {
	s.problem(diag.Error, "REFERENCE_CYCLE", at, "these refer to one another in a circle: "+path,
		"CloudFormation refuses the template or can never finish the deployment", "take one of the references out")
}
