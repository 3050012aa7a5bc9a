package estate

import (
	"slices"
	"strings"
	"testing"
)

func TestS19_OnlyADatabaseIsCopiedAndOnlyWhereThatIsPossible(t *testing.T) {
	const line = "  analytics: {from: database, to: lake}\n"
	for _, c := range []badInput{
		{"from a cache", "from: database", "from: cache", []string{"ESTATE_CHOICE 17:21"}},
		{"to a swamp", "to: lake", "to: swamp", []string{"ESTATE_CHOICE 17:35"}},
		{"nothing to copy to", ", to: lake", "", []string{"ESTATE_MISSING_KEY 17:3"}},
		{"no database", "  database: {engine: aurora-postgresql}\n", "", []string{"ESTATE_ANALYTICS 16:21", "ESTATE_NEEDS 13:119"}},
		{"where DMS is not", "{home: ap-southeast-2}", "{home: ap-southeast-4}", []string{"ESTATE_ANALYTICS 17:3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, list := Parse("estate.yaml", []byte(replaceOnce(t, small, c.from, c.to)))
			got := places(list)
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v\n%v", got, c.want, list)
			}
		})
	}
	without := mustParse(t, replaceOnce(t, small, line, ""))
	for _, flow := range printFlows(without) {
		if strings.Contains(flow, PartReplication) {
			t.Errorf("without analytics there is %s", flow)
		}
	}
	if !slices.IsSorted(ReplicationRegions()) {
		t.Error("the Regions are not sorted")
	}
	for _, r := range ReplicationRegions() {
		if zoneCount(r) == 0 {
			t.Errorf("%s is no Region", r)
		}
	}
}
