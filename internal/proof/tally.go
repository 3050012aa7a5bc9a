package proof

import (
	"cmp"
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/resource"
)

// Tally collects what a claim checks and finds, by scope. The zero Tally is
// not ready; NewTally makes one. It is not safe for concurrent use.
type Tally struct {
	in      *Input
	unit    string
	nothing string
	order   []Scope
	by      map[Scope]*Verdict
}

// NewTally returns a Tally that counts in a unit ("stores"). Nothing is the
// sentence that explains a scope in which there was nothing to check.
func NewTally(in *Input, unit, nothing string) *Tally {
	return &Tally{in: in, unit: unit, nothing: nothing, by: map[Scope]*Verdict{}}
}

func (t *Tally) verdict(s Scope) *Verdict {
	v, ok := t.by[s]
	if !ok {
		v = &Verdict{Scope: s, Unit: t.unit}
		t.by[s] = v
		t.order = append(t.order, s)
	}
	return v
}

// Scope makes sure that there is a verdict for a scope.
func (t *Tally) Scope(s Scope) { t.verdict(s) }

// Check counts n things as looked at.
func (t *Tally) Check(s Scope, n int) { t.verdict(s).Checked += n }

// Refute adds findings that refute the claim in a scope.
func (t *Tally) Refute(s Scope, f Finding) { t.add(s, Refuted, f) }

// Doubt adds a finding that leaves the claim unknown in a scope.
func (t *Tally) Doubt(s Scope, f Finding) { t.add(s, Unknown, f) }

// Look counts a resource as looked at, in its scope.
func (t *Tally) Look(r *resource.Resource) { t.Check(t.in.ScopeOf(r), 1) }

// RefuteAt adds a finding at a resource that refutes the claim in its scope.
func (t *Tally) RefuteAt(r *resource.Resource, code, property, message, fix string) {
	t.Refute(t.in.ScopeOf(r), Finding{Code: code, At: r.Addr, Property: property, Message: message, Fix: fix})
}

// DoubtAt adds a finding at a resource that leaves the claim unknown in its
// scope.
func (t *Tally) DoubtAt(r *resource.Resource, code, property, message, fix string) {
	t.Doubt(t.in.ScopeOf(r), Finding{Code: code, At: r.Addr, Property: property, Message: message, Fix: fix})
}

func (t *Tally) add(s Scope, o Outcome, f Finding) {
	f.Outcome = o
	if f.Part == (Finding{}).Part {
		f.Part = t.in.PartOf(f.At)
	}
	if t.in.Estate != nil && f.Part.Name != "" {
		f.Intent = t.in.intentOf(f)
	}
	v := t.verdict(s)
	v.Witness = append(v.Witness, f)
}

// Verdicts returns one verdict for each scope: Refuted if anything refutes it,
// else Unknown if anything leaves it so, else Proved; NotApplicable where
// nothing was checked or found.
func (t *Tally) Verdicts() []Verdict {
	if len(t.order) == 0 {
		t.Scope(ScopeEstate)
	}
	out := make([]Verdict, 0, len(t.order))
	for _, s := range t.order {
		v := *t.by[s]
		sortFindings(v.Witness)
		v.Witness = slices.CompactFunc(v.Witness, func(a, b Finding) bool { return compareFindings(a, b) == 0 })
		v.Outcome = worst(v.Witness)
		if v.Checked == 0 && len(v.Witness) == 0 {
			v.Outcome, v.Note = NotApplicable, t.nothing
		}
		out = append(out, v)
	}
	return out
}

// worst is what findings come to: Proved if there are none.
func worst(fs []Finding) Outcome {
	o := Proved
	for _, f := range fs {
		o = max(o, f.Outcome)
	}
	return o
}

func sortFindings(fs []Finding) { slices.SortStableFunc(fs, compareFindings) }

func compareFindings(a, b Finding) int {
	return cmp.Or(-cmp.Compare(a.Outcome, b.Outcome), a.At.Compare(b.At), cmp.Compare(a.Property, b.Property),
		cmp.Compare(a.Code, b.Code), a.Part.Compare(b.Part), cmp.Compare(a.Message, b.Message))
}

// sentence turns a diagnostic's words into a sentence.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
