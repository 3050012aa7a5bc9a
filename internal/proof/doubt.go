package proof

import (
	"slices"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of what makes a verdict doubtful whatever the claim.
const (
	CodeResourcesHidden     = "RESOURCES_HIDDEN"
	CodeResourceConditional = "RESOURCE_CONDITIONAL"
	CodeInterfaceUnplaced   = "INTERFACE_UNPLACED"
	CodeNetworkUnwalked     = "NETWORK_NOT_WALKED"
)

// doubt adds to the verdicts of a claim what the claim itself cannot see: that
// resources are missing from the graph, may not exist, or stand in no subnet of
// it. What was proved without knowing these is Unknown, and what is refuted by
// way of a resource that may not exist is Unknown too.
func doubt(in *Input, c Claim, verdicts []Verdict) []Verdict {
	for i := range verdicts {
		for j := range verdicts[i].Witness {
			if f := &verdicts[i].Witness[j]; f.Outcome == Refuted && perhaps(in, f) {
				f.Outcome = Unknown
			}
		}
		if len(verdicts[i].Witness) > 0 {
			verdicts[i].Outcome = worst(verdicts[i].Witness)
		}
	}
	for _, d := range in.doubts() {
		if d.network && !c.Walks {
			continue
		}
		verdicts = weaken(verdicts, d)
	}
	return verdicts
}

// perhaps says whether a finding rests on a resource that may not exist.
func perhaps(in *Input, f *Finding) bool {
	at := []*resource.Resource{in.Graph.Get(f.At)}
	if f.Path != nil {
		for _, hops := range [][]network.Hop{f.Path.Forward, f.Path.Return} {
			for _, h := range hops {
				at = append(at, in.Graph.Get(h.At), in.Graph.Get(h.By))
			}
		}
	}
	return slices.ContainsFunc(at, func(r *resource.Resource) bool { return r != nil && r.Conditional != nil })
}

// aDoubt is a finding that concerns a scope; network says that it concerns only
// claims that walk the network.
type aDoubt struct {
	scope   Scope
	network bool
	finding Finding
}

// doubts finds the doubts of an Input, once.
func (in *Input) doubts() []aDoubt {
	in.derived.doubting.Do(func() {
		for r := range in.Graph.All() {
			if r.Hides != nil {
				in.addDoubt(r, false, CodeResourcesHidden, r.Hides, "Pass the processed template, or the nested stack's template beside it.")
			}
			if r.Conditional != nil && resource.MovesPackets(r.Type) {
				in.addDoubt(r, true, CodeResourceConditional, r.Conditional, "Give the parameters that its condition needs: --param NAME=VALUE.")
			}
			if resource.Unwalked(r.Type) {
				in.addDoubt(r, true, CodeNetworkUnwalked, &value.Reason{Text: "it carries packets by ways that are not modelled"},
					"Judge these ways by hand; --allow-unknown lets a pipeline go on.")
			}
		}
		if in.Net == nil {
			return
		}
		for _, i := range in.Net.Unplaced() {
			why := i.Why
			if why == nil {
				why = i.Subnet.Why
			}
			if why == nil {
				why = &value.Reason{Code: CodeInterfaceUnplaced, Text: "it is not known in which subnet its interface is", Property: i.Subnet.Property}
			}
			in.addDoubt(i.Owner, true, CodeInterfaceUnplaced, why, placing(why))
		}
	})
	return in.derived.doubted
}

// placing says how to make known in which subnet an interface is.
func placing(why *value.Reason) string {
	switch why.Code {
	case "SUBNETS_UNKNOWN":
		return "Name subnets of these templates, or pass the templates that hold them too."
	case "PARAMETER_UNKNOWN":
		return "Give the parameter; where it is a subnet's id, pass the templates that hold the subnet, too, and refer to it there."
	}
	return "Pass the templates that hold its subnet too, or give the parameter that names it: --param NAME=VALUE."
}

func (in *Input) addDoubt(r *resource.Resource, network bool, code string, why *value.Reason, fix string) {
	in.derived.doubted = append(in.derived.doubted, aDoubt{scope: in.ScopeOf(r), network: network, finding: Finding{
		Outcome: Unknown, Code: code, At: r.Addr, Property: why.Property, Part: in.PartOf(r.Addr), Fix: fix,
		Message: "What is not known of " + in.Name(r) + " leaves this open: " + why.Text + "."}})
}

// weaken adds a doubt to the verdicts of its scope and of the whole estate, and
// makes one where the scope has none; a doubt about the whole estate concerns
// every scope.
func weaken(verdicts []Verdict, d aDoubt) []Verdict {
	hit := false
	for i := range verdicts {
		v := &verdicts[i]
		if v.Scope != d.scope && v.Scope != ScopeEstate && d.scope != ScopeEstate {
			continue
		}
		hit = true
		v.Witness = append(v.Witness, d.finding)
		v.Outcome = max(v.Outcome, Unknown)
		v.Note = ""
	}
	if !hit {
		verdicts = append(verdicts, Verdict{Scope: d.scope, Outcome: Unknown, Witness: []Finding{d.finding}})
	}
	return verdicts
}
