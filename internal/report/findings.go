package report

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/suretyhq/surety/internal/proof"
)

// eachFinding calls f with every finding that is refuted, unknown or waived,
// in the order of the report.
func (r *Report) eachFinding(f func(proof.Verdict, proof.Finding)) {
	for _, v := range r.verdicts() {
		for _, w := range v.Witness {
			switch w.Outcome {
			case proof.Refuted, proof.Unknown, proof.Waived:
				f(v, w)
			}
		}
	}
}

// sentence is a finding's code, message and mend in one line.
func sentence(f proof.Finding) string {
	s := f.Code + ": " + f.Message
	if f.Fix != "" {
		s += ". Fix: " + f.Fix
	}
	return s
}

// fingerprint names a finding independently of its wording and line, so that
// a code host sees it as the same one in the next run.
func fingerprint(v proof.Verdict, f proof.Finding) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{v.Claim, string(v.Scope), f.Code, f.At.String(), f.Property, f.Part.String()}, "\x00")))
	return hex.EncodeToString(sum[:16])
}
