package estate

import "testing"

func TestS21_EveryRegionHasACountry(t *testing.T) {
	for _, r := range KnownRegions() {
		if c := Country(r); len(c) != 2 || c[0] < 'A' || c[0] > 'Z' {
			t.Errorf("%s is in %q", r, c)
		}
	}
	if len(countries) != len(KnownRegions()) {
		t.Errorf("%d countries of %d Regions", len(countries), len(KnownRegions()))
	}
	for region, want := range map[string]string{"ap-southeast-2": "AU", "ap-southeast-4": "AU", "us-east-1": "US", "ap-southeast-6": "NZ", "moon-1": ""} {
		if Country(region) != want {
			t.Errorf("%s is in %q, want %q", region, Country(region), want)
		}
	}
}

func TestS21_ResidencyIsTheHomesCountryByDefault(t *testing.T) {
	e := mustParse(t, base)
	if len(e.Residency) != 1 || e.Residency[0] != "AU" {
		t.Error(e.Residency)
	}
}
