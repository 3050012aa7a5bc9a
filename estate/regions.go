package estate

import (
	"fmt"
	"slices"
)

// region is one AWS Region: its name, the prefix of its Availability Zones'
// ids, and the numbers of the zones that every account can use and that have
// the services of an estate.
type region struct {
	name   string
	prefix string
	zones  []int
}

// knownRegions lists the commercial AWS Regions. Source: AWS Regions and
// Availability Zones, page "AWS Availability Zones".
func knownRegions() []region {
	three, four := []int{1, 2, 3}, []int{1, 2, 3, 4}
	return []region{
		{"af-south-1", "afs1", three},
		{"ap-east-1", "ape1", three},
		{"ap-east-2", "ape2", three},
		{"ap-northeast-1", "apne1", []int{1, 2, 4}},
		{"ap-northeast-2", "apne2", four},
		{"ap-northeast-3", "apne3", three},
		{"ap-south-1", "aps1", three},
		{"ap-south-2", "aps2", three},
		{"ap-southeast-1", "apse1", three},
		{"ap-southeast-2", "apse2", three},
		{"ap-southeast-3", "apse3", three},
		{"ap-southeast-4", "apse4", three},
		{"ap-southeast-5", "apse5", three},
		{"ap-southeast-6", "apse6", three},
		{"ap-southeast-7", "apse7", three},
		{"ca-central-1", "cac1", []int{1, 2, 4}},
		{"ca-west-1", "caw1", three},
		{"eu-central-1", "euc1", three},
		{"eu-central-2", "euc2", three},
		{"eu-north-1", "eun1", three},
		{"eu-south-1", "eus1", three},
		{"eu-south-2", "eus2", three},
		{"eu-west-1", "euw1", three},
		{"eu-west-2", "euw2", three},
		{"eu-west-3", "euw3", three},
		{"il-central-1", "ilc1", three},
		{"me-central-1", "mec1", three},
		{"me-south-1", "mes1", three},
		{"mx-central-1", "mxc1", three},
		{"sa-east-1", "sae1", three},
		{"us-east-1", "use1", []int{1, 2, 4, 5, 6}}, // az3 lacks services, EFS One Zone for example
		{"us-east-2", "use2", three},
		{"us-west-1", "usw1", []int{1, 3}},
		{"us-west-2", "usw2", four},
	}
}

// All returns the Regions that the estate uses, the home Region first.
func (r Regions) All() []string {
	if r.Recovery == "" {
		return []string{r.Home}
	}
	return []string{r.Home, r.Recovery}
}

// KnownRegions returns the names of the AWS Regions that an estate can name,
// sorted.
func KnownRegions() []string {
	all := knownRegions()
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.name
	}
	return names
}

// ZoneID returns the id of the i-th Availability Zone (counting from 1) of a
// Region, for example apse2-az1. It is false for an unknown Region and for a
// zone that the Region does not have. Ids name the same place in every
// account; names such as ap-southeast-2a do not.
func ZoneID(regionName string, i int) (string, bool) {
	all := knownRegions()
	at := slices.IndexFunc(all, func(r region) bool { return r.name == regionName })
	if at < 0 || i < 1 || i > len(all[at].zones) {
		return "", false
	}
	return fmt.Sprintf("%s-az%d", all[at].prefix, all[at].zones[i-1]), true
}

// zoneCount returns how many Availability Zones a Region has; 0 for an unknown
// one.
func zoneCount(regionName string) int {
	for _, r := range knownRegions() {
		if r.name == regionName {
			return len(r.zones)
		}
	}
	return 0
}
