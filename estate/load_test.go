package estate

import "testing"

func TestGoodEstatesParse(t *testing.T) {
	for name, text := range goodEstates(t) {
		if _, list := Parse(name, text); len(list) > 0 {
			t.Errorf("%s: %v", name, list)
		}
	}
}

func TestMarshalRoundTrips(t *testing.T) {
	for name, text := range goodEstates(t) {
		e := mustParse(t, string(text))
		printed, err := Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if again := mustParse(t, string(printed)); !sameEstate(e, again) {
			t.Errorf("%s: reads back as another estate from\n%s", name, printed)
		}
	}
}
