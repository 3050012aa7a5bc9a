package intrinsic

import (
	"fmt"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/value"
)

// exportKey names an export: a name is unique in an account and Region.
type exportKey struct{ account, region, name string }

// export is an output that is exported.
type export struct {
	scope  *scope
	output string
}

// findExports evaluates the names of all exports, once.
func (r *resolver) findExports() {
	if r.exports != nil {
		return
	}
	r.exports = map[exportKey][]export{}
	for _, s := range r.scopes {
		if _, absent := s.presence(); absent {
			continue
		}
		for output, def := range s.section("Outputs").Entries() {
			name := def.Get("Export").Get("Name")
			if name.IsAbsent() || s.absentOutput(def) {
				continue
			}
			if name = s.eval(name); name.FirstUnknown() == nil {
				key := s.exportKey(name)
				r.exports[key] = append(r.exports[key], export{s, output})
			}
		}
	}
}

// absentOutput says whether an output's condition is false.
func (s *scope) absentOutput(def value.Value) bool {
	name, ok := def.Get("Condition").Str()
	if !ok {
		return false
	}
	yes, ok := s.condition(name, def).Bool()
	return ok && !yes
}

func (s *scope) exportKey(name value.Value) exportKey {
	text, ok := name.Str()
	if !ok {
		text = name.String()
	}
	return exportKey{s.stack.Account, s.stack.Region, text}
}

func (s *scope) applyImport(c call) value.Value {
	name := s.eval(c.arg)
	if why := name.FirstUnknown(); why != nil {
		return value.OfUnknown(*why)
	}
	if name.Kind() == value.List || name.Kind() == value.Map || name.IsAbsent() || name.Kind() == value.Null {
		return s.bad(c, "the name of an export")
	}
	s.r.findExports()
	key := s.exportKey(name)
	found := s.r.exports[key]
	if len(found) == 1 {
		return found[0].scope.output(found[0].output, c.at)
	}
	what := fmt.Sprintf("no stack of what was loaded exports %q", key.name)
	fix := "load the stack that exports it too"
	if len(found) > 1 {
		what = fmt.Sprintf("%d stacks export %q, among them %s and %s", len(found), key.name, found[0].scope.stack, found[1].scope.stack)
		fix = "say the accounts and Regions of the stacks, or load only one of them"
	} else {
		var known []string
		for k := range s.r.exports {
			if k.account == key.account && k.region == key.region {
				known = append(known, k.name)
			}
		}
		fix += didYouMean(key.name, known)
	}
	s.problem(diag.Warning, "REFERENCE_EXPORT_UNKNOWN", c.at, what, "the value is unknown, and so is what depends on it", fix)
	return s.unknown("REFERENCE_EXPORT_UNKNOWN", "%s", what)
}

// applyStackOutput resolves Fn::GetStackOutput: the output of a stack by its
// name, in any account and Region.
func (s *scope) applyStackOutput(c call) value.Value {
	if c.arg.Kind() != value.Map {
		return s.bad(c, "a map with StackName and OutputName")
	}
	stack, output := s.eval(c.arg.Get("StackName")), s.eval(c.arg.Get("OutputName"))
	region, role := s.eval(c.arg.Get("Region")), s.eval(c.arg.Get("RoleArn"))
	for _, v := range [...]value.Value{stack, output, region, role} {
		if v.IsUnknown() {
			return v
		}
	}
	name, ok := stack.Str()
	if !ok {
		return s.bad(c, "a literal StackName")
	}
	outputName, ok := output.Str()
	if !ok {
		return s.bad(c, "a literal OutputName")
	}
	want := addr.Stack{Account: s.stack.Account, Region: s.stack.Region, Name: name}
	if text, ok := region.Str(); ok {
		want.Region = text
	}
	if account := roleAccount(role); account != "" {
		want.Account = account
	}
	from, why := s.r.findStack(want)
	if from == nil {
		s.problem(diag.Warning, "REFERENCE_OUTPUT_UNKNOWN", c.at, why, "the value is unknown, and so is what depends on it",
			"load the stack that has the output too"+didYouMean(name, s.r.stackNames()))
		return s.unknown("REFERENCE_OUTPUT_UNKNOWN", "%s", why)
	}
	return from.output(outputName, c.at)
}

// roleAccount returns the account of a role's ARN, or "".
func roleAccount(role value.Value) string {
	text := role.Text()
	if role.Kind() == value.Concat {
		for _, part := range role.Items() {
			if literal, ok := part.Str(); !ok || strings.Count(text, ":") < 5 {
				text += literal
			}
		}
	}
	fields := strings.SplitN(text, ":", 6)
	if len(fields) < 6 || fields[0] != "arn" {
		return ""
	}
	return fields[4]
}

func (r *resolver) stackNames() []string {
	var names []string
	for _, s := range r.scopes {
		if s.parent == nil {
			names = append(names, s.stack.Name)
		}
	}
	return names
}

// findStack returns the stack of a name: the only one, or that of the account
// and Region; else why there is none.
func (r *resolver) findStack(want addr.Stack) (*scope, string) {
	named := r.named[want.Name]
	var exact []*scope
	for _, s := range named {
		if fits(s.stack.Account, want.Account) && fits(s.stack.Region, want.Region) {
			exact = append(exact, s)
		}
	}
	switch {
	case len(exact) == 1:
		return exact[0], ""
	case len(exact) > 1:
		return nil, fmt.Sprintf("%d stacks of the name %s could be meant", len(exact), want.Name)
	case len(named) > 0:
		return nil, fmt.Sprintf("the stack %s was loaded, but as %s", want, named[0].stack)
	}
	return nil, "the stack " + want.String() + " was not loaded"
}

// fits says whether a component of an address may be another one.
func fits(have, want string) bool { return have == want || have == "" || want == "" }
