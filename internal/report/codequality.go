package report

import (
	"io"
	"path/filepath"

	"github.com/suretyhq/surety/internal/proof"
)

// codeQualityIssue is one entry of GitLab's Code Quality report ("Code
// Quality: Import Code Quality results from a CI/CD job", GitLab Docs).
type codeQualityIssue struct {
	Description string              `json:"description"`
	CheckName   string              `json:"check_name"`
	Fingerprint string              `json:"fingerprint"`
	Severity    string              `json:"severity"`
	Location    codeQualityLocation `json:"location"`
}

type codeQualityLocation struct {
	Path  string           `json:"path"`
	Lines codeQualityLines `json:"lines"`
}

type codeQualityLines struct {
	Begin int `json:"begin"`
}

// writeCodeQuality writes an issue for each finding that is refuted (critical)
// or unknown (major); what is waived is left out.
func writeCodeQuality(w io.Writer, r *Report) error {
	issues := []codeQualityIssue{}
	r.eachFinding(func(v proof.Verdict, f proof.Finding) {
		severity := "critical"
		switch f.Outcome {
		case proof.Waived:
			return
		case proof.Unknown:
			severity = "major"
		default:
		}
		file, line := r.place(f)
		if file == "" {
			// GitLab wants a path; the address is the best that there is.
			file, line = v.Claim, 1
			if !f.At.IsZero() {
				file = f.At.String()
			}
		}
		issues = append(issues, codeQualityIssue{
			Description: string(v.Scope) + ": " + sentence(f), CheckName: v.Claim,
			Fingerprint: fingerprint(v, f), Severity: severity,
			Location: codeQualityLocation{Path: filepath.ToSlash(file), Lines: codeQualityLines{Begin: line}},
		})
	})
	return EncodeJSON(w, issues)
}
