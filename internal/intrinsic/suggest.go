package intrinsic

import "strings"

// didYouMean suggests the known name that is nearest to a misspelt one.
func didYouMean(name string, known []string) string {
	best, least := "", 1+max(1, len(name)/3)
	if len(name) > 255 {
		return ""
	}
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// distance is how many letters must be changed, added or taken away to turn one
// text into the other.
func distance(a, b string) int {
	if len(b) > len(a)+8 || len(a) > len(b)+8 {
		return len(a) + len(b)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := last
			if a[i] != b[j] {
				change++
			}
			last = row[j+1]
			row[j+1] = min(change, last+1, row[j]+1)
		}
	}
	return row[len(b)]
}
