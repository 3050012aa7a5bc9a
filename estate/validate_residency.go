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
	for _, region := range e.Regions.All() {
		if c := Country(region); c == "" || slices.Contains(e.Residency, c) {
			continue
		}
		v.bad(CodeResidency, v.regionPath(region), fmt.Sprintf("the estate runs in %s, which is in %s; residency lists %s", region, Country(region), strings.Join(e.Residency, ", ")),
			"what runs in a Region keeps its data there", "choose a Region in a listed country, or list "+Country(region)+" under residency")
	}
}

// regionPath is where the file names a Region.
func (v *validator) regionPath(region string) string {
	if region == v.e.Regions.Home {
		return "regions/home"
	}
	return "regions/recovery"
}

// recoveryRegion checks the Region that takes over.
func (v *validator) recoveryRegion() {
	home, recovery := v.e.Regions.Home, v.e.Regions.Recovery
	zones := zoneCount(recovery)
	switch {
	case recovery == "":
	case recovery == home:
		v.bad(CodeRegion, "regions/recovery", fmt.Sprintf("%s is the home Region", recovery), "it would be lost together with what it recovers", "name another Region, or leave recovery out")
	case zones == 0:
		v.unknownRegion("regions/recovery", recovery)
	case v.e.Network.AvailabilityZones > zones:
		v.bad(CodeZones, "regions/recovery", fmt.Sprintf("%s has %d Availability Zones for every account, not %d", recovery, zones, v.e.Network.AvailabilityZones),
			"both Regions have the same network", fewerZones(zones))
	}
}
