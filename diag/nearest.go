package diag

import "slices"

// Nearest returns the candidate that a misspelt word most likely means, or
// nothing if none is near: at most a third of the word's letters, and at least
// one, may differ.
func Nearest(word string, candidates []string) string {
	const longest = 64 // no name is longer, and the comparison is quadratic
	if len(word) > longest {
		return ""
	}
	best, most := "", max(1, len(word)/3)
	sorted := slices.Sorted(slices.Values(candidates))
	for _, c := range sorted {
		if d := distance(word, c); d <= most && (best == "" || d < distance(word, best)) {
			best = c
		}
	}
	return best
}

// distance is the Damerau-Levenshtein distance (optimal string alignment):
// how many insertions, deletions, substitutions and swaps of neighbours turn a
// into b.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	var before []int
	last := make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row := make([]int, len(t)+1)
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(t)]
}
