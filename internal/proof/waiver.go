package proof

import (
	"fmt"
	"path"
	"slices"

	"github.com/suretyhq/surety/estate"
)

// ClaimWaivers names the verdict about the estate's waivers themselves.
const ClaimWaivers = "waivers"

// ClaimDataKept is what package diff proves of a change: nothing that holds data
// is replaced or removed. A waiver can name it as those that Run is given.
const ClaimDataKept = "data-kept"

// Codes of what can be wrong with a waiver.
const (
	CodeWaiverExpired = "WAIVER_EXPIRED"
	CodeWaiverUnknown = "WAIVER_UNKNOWN_CLAIM"
	CodeWaiverPattern = "WAIVER_BAD_PATTERN"
)

// applyWaivers marks refuted findings that a waiver accepts, and the verdicts
// of which nothing else is left. It returns the verdict about the waivers, if
// there are any.
func applyWaivers(in *Input, claims []Claim, verdicts []Verdict) []Verdict {
	if in.Estate == nil || len(in.Estate.Waivers) == 0 {
		return nil
	}
	own := Verdict{Claim: ClaimWaivers, Scope: ScopeEstate, Outcome: Proved, Checked: len(in.Estate.Waivers), Unit: "waivers"}
	for i := range in.Estate.Waivers {
		w := &in.Estate.Waivers[i]
		if f, ok := faulty(in, claims, w); ok {
			own.Outcome = Refuted
			own.Witness = append(own.Witness, f)
			continue
		}
		for j := range verdicts {
			if v := &verdicts[j]; v.Claim == w.Claim {
				waive(v, w, func(f *Finding) bool { return f.Outcome == Refuted && covers(w.At, v.Scope, f) })
			}
		}
	}
	return []Verdict{own}
}

// faulty says what is wrong with a waiver, so that it does not apply.
func faulty(in *Input, claims []Claim, w *estate.Waiver) (Finding, bool) {
	f := Finding{Outcome: Refuted, Intent: w.Pos()}
	switch _, bad := path.Match(w.At, ""); {
	case w.Claim != ClaimDataKept && !slices.ContainsFunc(claims, func(c Claim) bool { return c.ID == w.Claim }):
		f.Code = CodeWaiverUnknown
		f.Message = fmt.Sprintf("The waiver at %q names the claim %q, which does not exist.", w.At, w.Claim)
		f.Fix = "Name one of the claims under docs/claims, or take the waiver out of the estate file."
	case bad != nil:
		f.Code = CodeWaiverPattern
		f.Message = fmt.Sprintf("The waiver of %s has the pattern %q, which cannot be read.", w.Claim, w.At)
		f.Fix = "Write a scope such as dev, or a scope and a part such as dev/*."
	case !in.Now.Before(w.Until.UTC().AddDate(0, 0, 1)):
		f.Code = CodeWaiverExpired
		f.Message = fmt.Sprintf("The waiver of %s at %q expired after %s.", w.Claim, w.At, w.Until.UTC().Format("2006-01-02"))
		f.Fix = "Mend what it accepts and take it out of the estate file, or decide again and give it a new date."
	default:
		return Finding{}, false
	}
	return f, true
}

// Waive applies the estate's waivers to a verdict that Run did not come to, whose
// findings are each in a scope of its own, and comes to its outcome. Of what
// may be refuted a waiver accepts that it is.
func Waive(in *Input, v Verdict, scope func(Finding) Scope) Verdict {
	v.Outcome = worst(v.Witness)
	if in.Estate == nil {
		return v
	}
	for i := range in.Estate.Waivers {
		w := &in.Estate.Waivers[i]
		if w.Claim != v.Claim {
			continue
		}
		if _, bad := faulty(in, nil, w); !bad {
			waive(&v, w, func(f *Finding) bool { return f.Outcome > Waived && covers(w.At, scope(*f), f) })
		}
	}
	return v
}

// waive applies a waiver to the findings that it accepts.
func waive(v *Verdict, w *estate.Waiver, accepts func(*Finding) bool) {
	hit := false
	for i := range v.Witness {
		if f := &v.Witness[i]; accepts(f) {
			f.Outcome, hit = Waived, true
		}
	}
	if !hit {
		return
	}
	v.Waiver = w
	v.Outcome = worst(v.Witness)
}

// covers says whether a waiver's pattern matches a finding: by its scope, by
// its scope and part, or by its scope and the resource's logical id.
func covers(at string, s Scope, f *Finding) bool {
	names := []string{string(s)}
	if f.Part.Name != "" {
		names = append(names, string(s)+"/"+f.Part.Name)
	}
	if !f.At.IsZero() {
		names = append(names, string(s)+"/"+f.At.Logical)
	}
	return at == "*" || slices.ContainsFunc(names, func(n string) bool { ok, _ := path.Match(at, n); return ok })
}
