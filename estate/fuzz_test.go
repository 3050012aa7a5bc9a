package estate

import (
	"slices"
	"testing"
)

// seeds is the corpus that FuzzParse starts from: every good estate and every
// bad input.
func seeds(t testing.TB) [][]byte {
	var s [][]byte
	for _, text := range goodEstates(t) {
		s = append(s, text)
	}
	s = append(s, []byte(base), []byte(small))
	for _, b := range badInputs() {
		s = append(s, []byte(replaceOnce(t, base, b.from, b.to)))
	}
	for _, b := range badTenants() {
		s = append(s, []byte(replaceOnce(t, baseTenants+base, b.from, b.to)))
	}
	return s
}

func TestFuzzCorpusIsNotEmpty(t *testing.T) {
	good := 0
	all := seeds(t)
	for _, s := range all {
		if e, _ := Parse("seed.yaml", s); e != nil {
			good++
		}
	}
	if good < 4 || len(all)-good < 35 {
		t.Errorf("%d seeds, of which Parse accepts %d", len(all), good)
	}
}

// FuzzParse: Parse never panics, returns an estate or an error and never
// both, and what it accepts prints back as the same estate.
func FuzzParse(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, list := Parse("fuzz.yaml", data)
		if (e == nil) != list.HasErrors() {
			t.Fatalf("estate %v with %v", e != nil, list)
		}
		if e == nil {
			return
		}
		printed, err := Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		again, list := Parse("printed.yaml", printed)
		if err := list.Err(); err != nil {
			t.Fatalf("%v\nin\n%s", err, printed)
		}
		if !sameEstate(e, again) {
			t.Fatalf("another estate was read from\n%s", printed)
		}
		if !slices.Equal(e.Environments.Keys(), again.Environments.Keys()) || len(e.Plan().Problems) > 0 {
			t.Fatal("the plan changed")
		}
	})
}
