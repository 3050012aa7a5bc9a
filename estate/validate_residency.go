package estate

import (
	"fmt"
	"slices"
	"strings"
)

// residency checks the countries in which data may be, and that the estate
// runs in them.
func (v *validator) residency() {
	e := v.e
	if v.failed["residency"] {
		return
	}
	if e.has("residency") && len(e.Residency) == 0 {
		v.bad(CodeResidency, "residency", "no country is listed", "data has to be somewhere", "list at least the country of regions.home, or leave residency out")
		return
	}
	known := Countries()
	for i, c := range e.Residency {
		if !slices.Contains(known, c) {
			v.bad(CodeResidency, index("residency", i), fmt.Sprintf("%q is no country with an AWS Region", short(c)), "",
				"write its two letters, one of "+strings.Join(known, ", "))
		}
	}
	v.repeated("residency", e.Residency)
	var seen []string
	for _, s := range e.Sites() {
		if c := Country(s.Region); c == "" || slices.Contains(seen, s.Region) || slices.Contains(e.Residency, c) {
			continue
		}
		seen = append(seen, s.Region)
		v.bad(CodeResidency, v.regionPath(s.Region), fmt.Sprintf("the estate runs in %s, which is in %s; residency lists %s", s.Region, Country(s.Region), strings.Join(e.Residency, ", ")),
			"what runs in a Region keeps its data there", "choose a Region in a listed country, or list "+Country(s.Region)+" under residency")
	}
}

// regionPath is where the file names a Region.
func (v *validator) regionPath(region string) string {
	if region == v.e.Regions.Home {
		return "regions/home"
	}
	return "regions"
}
