package cases

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/proof"
)

// selector reads a selector inside a value.
func selector(x any) (Selector, error) {
	data, err := yaml.Marshal(x)
	if err != nil {
		return Selector{}, fmt.Errorf("reading a reference: %w", err)
	}
	var s Selector
	if err := yaml.UnmarshalWithOptions(data, &s, yaml.Strict()); err != nil {
		return Selector{}, fmt.Errorf("reading a reference: %w", err)
	}
	return s, nil
}

// comparing is the claim that environments are alike. A change of one of them
// breaks it whatever else it breaks, so it counts only in cases that name it.
const comparing = "parity"

// Compare says how verdicts differ from what a case expects; nil if they do
// not. Exactly the expected claims and scopes may be Refuted or Unknown, and
// each expectation needs a finding that matches it.
func Compare(in *proof.Input, c Case, verdicts []proof.Verdict) error {
	if !slices.ContainsFunc(slices.Concat(c.Refutes, c.Unsettles), func(e Expectation) bool { return e.Claim == comparing }) {
		verdicts = slices.DeleteFunc(slices.Clone(verdicts), func(v proof.Verdict) bool { return v.Claim == comparing })
	}
	return errors.Join(
		compare(in, c.Refutes, verdicts, proof.Refuted),
		compare(in, c.Unsettles, verdicts, proof.Unknown))
}

func compare(in *proof.Input, want []Expectation, verdicts []proof.Verdict, outcome proof.Outcome) error {
	have := map[string]proof.Verdict{}
	for _, v := range verdicts {
		if v.Outcome == outcome {
			have[v.Claim+" of "+string(v.Scope)] = v
		}
	}
	var faults []error
	expected := map[string]bool{}
	for _, e := range want {
		name := e.Claim + " of " + e.Scope
		expected[name] = true
		v, ok := have[name]
		if !ok {
			faults = append(faults, fmt.Errorf("%s is not %s", name, outcome))
			continue
		}
		if !slices.ContainsFunc(v.Witness, func(f proof.Finding) bool { return e.matches(in, f, outcome) }) {
			faults = append(faults, fmt.Errorf("%s is %s, but not as expected (%s); it has%s", name, outcome, e, findings(in, v)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if !expected[name] {
			faults = append(faults, fmt.Errorf("%s is %s, which is not expected; it has%s", name, outcome, findings(in, have[name])))
		}
	}
	return errors.Join(faults...)
}

// String prints what an expectation asks of a finding.
func (e Expectation) String() string {
	return strings.Join(slices.DeleteFunc([]string{e.Code, e.At, e.Part, e.Property, e.Hop, e.Says}, func(s string) bool { return s == "" }), " ")
}

func (e Expectation) matches(in *proof.Input, f proof.Finding, outcome proof.Outcome) bool {
	r := in.Graph.Get(f.At)
	return f.Outcome == outcome && f.Code == e.Code &&
		(e.At == "" || r != nil && r.Type == e.At) &&
		(e.Part == "" || f.Part.String() == e.Part) &&
		(e.Property == "" || f.Property == e.Property) &&
		(e.Says == "" || strings.Contains(f.Message, e.Says)) &&
		(e.Hop == "" || passes(in, f, e.Hop))
}

// passes says whether a resource of a type is on the path of a finding, or has
// decided there.
func passes(in *proof.Input, f proof.Finding, typ string) bool {
	if f.Path == nil {
		return false
	}
	hops := slices.Concat(f.Path.Forward, f.Path.Return)
	if f.Path.StopsAt != nil {
		hops = append(hops, *f.Path.StopsAt)
	}
	for _, h := range hops {
		for _, a := range []addr.Address{h.At, h.By} {
			if r := in.Graph.Get(a); r != nil && r.Type == typ {
				return true
			}
		}
	}
	return false
}

func findings(in *proof.Input, v proof.Verdict) string {
	var b strings.Builder
	for _, f := range v.Witness {
		typ := ""
		if r := in.Graph.Get(f.At); r != nil {
			typ = r.Type
		}
		fmt.Fprintf(&b, "\n    %s %s %s %s %s: %s", f.Outcome, f.Code, typ, f.Part, f.Property, f.Message)
	}
	return b.String()
}
