package intrinsic

import "github.com/suretyhq/surety/diag"

// didYouMean ends a sentence with the known name that is nearest to a misspelt
// one, if there is one.
func didYouMean(name string, known []string) string {
	if len(name) > 255 || len(known) > 10_000 {
		return "" // no name of CloudFormation's is so long, and no list worth the time
	}
	if near := diag.Nearest(name, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}
