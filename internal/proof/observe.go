package proof

import "strings"

// CodeNotCollected is the code of what a snapshot cannot say.
const CodeNotCollected = "SNAPSHOT_CANNOT_SAY"

// notCollected mends it.
const notCollected = "Prove the templates instead, or look it up in the account."

// observe makes unknown what a snapshot cannot say. It holds what decides about
// packets, and not the logs, alarms, backups and policies beside: that one of
// these is missing is not known from it, and no claim about them can be judged.
func observe(in *Input, c Claim, verdicts []Verdict) []Verdict {
	if !in.Graph.Observed() {
		return verdicts
	}
	for i := range verdicts {
		v := &verdicts[i]
		if v.Outcome == NotApplicable {
			continue
		}
		if !c.Walks && !c.Observable {
			v.Outcome, v.Usage = Unknown, nil
			v.Witness = []Finding{{Outcome: Unknown, Code: CodeNotCollected, Fix: notCollected,
				Message: "A snapshot does not hold what this claim looks for."}}
			continue
		}
		worst := Proved
		for j := range v.Witness {
			f := &v.Witness[j]
			if r := in.Graph.Get(f.At); f.Outcome == Refuted && strings.HasSuffix(f.Code, "_MISSING") && r != nil && r.Observed() {
				f.Outcome, f.Code, f.Fix = Unknown, CodeNotCollected, notCollected
				f.Message = "A snapshot does not hold what would show otherwise: " + f.Message
			}
			worst = max(worst, f.Outcome)
		}
		if len(v.Witness) > 0 && v.Outcome > worst {
			v.Outcome = worst
		}
	}
	return verdicts
}
