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
		{"to a swamp beside the lake", "to: lake", "to: [lake, swamp]", []string{"ESTATE_CHOICE 17:42"}},
		{"to the lake twice", "to: lake", "to: [lake, lake]", []string{"ESTATE_REPEATED 17:42"}},
		{"to nothing", "to: lake", "to: []", []string{"ESTATE_ANALYTICS 17:31"}},
		{"to a mapping", "to: lake", "to: {lake: 1}", []string{"ESTATE_WRONG_TYPE 17:35"}},
		{"to a number", "to: lake", "to: 1", []string{"ESTATE_WRONG_TYPE 17:35"}},
		{"to a database where nothing recovers", "to: lake", "to: [lake, database]", []string{"ESTATE_ANALYTICS 17:31"}},
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

// The small estate, of which the first environment recovers and copies its
// database to one there.
func copying(t *testing.T) *Estate {
	t.Helper()
	text := replaceOnce(t, small, "to: lake", "to: [lake, database]")
	text = replaceOnce(t, text, "{home: ap-southeast-2}", "{home: ap-southeast-2, recovery: ap-southeast-4}")
	return mustParse(t, strings.Replace(text, "{account: dev", "{account: dev, recovery: pilot-light", 1))
}

func TestS19_ADatabaseInTheRecoveryRegionIsOneFlow(t *testing.T) {
	e := copying(t)
	flows := e.PeeredFlows()
	if len(flows) != 1 || flows[0].From.String() != "dev/replication" || flows[0].To.String() != "dev-recovery/reporting-database" || flows[0].Port != PortDatabase || !e.Peers() {
		t.Fatalf("between Regions there is %v", flows)
	}
	n := 0
	for _, f := range e.Flows() {
		if f == flows[0] {
			n++
		}
		from, _ := e.Site(f.From.Environment)
		if to, ok := e.Site(f.To.Environment); ok && to.Region != from.Region && f != flows[0] {
			t.Errorf("%v leads to another Region", f)
		}
	}
	if n != 1 {
		t.Errorf("it is declared %d times", n)
	}
	for _, site := range e.Sites() {
		v, _ := e.Plan().Sites.Get(site.Name)
		copies := site.Name == "dev-recovery" || !site.Recovery()
		if got := slices.Contains(e.Tiers(site), TierReplication); got != copies || v.Range(TierReplication).IsValid() != copies {
			t.Errorf("%s has a replication tier: %v, %s", site.Name, got, v.Range(TierReplication))
		}
		for _, other := range EnvironmentTiers() {
			if copies && v.Range(other).Overlaps(v.Range(TierReplication)) {
				t.Errorf("%s: %s overlaps the replication tier", site.Name, other)
			}
		}
		if part := (Part{ID: PartID{Environment: site.Name, Name: PartReporting}}); slices.ContainsFunc(e.Parts(), func(p Part) bool { return p.ID == part.ID }) != (site.Name == "dev-recovery") {
			t.Errorf("%s: the reporting database", site.Name)
		}
	}
}

// One word and a list of one are the same, and both print back.
func TestS19_TheTargetIsOneWordOrAList(t *testing.T) {
	for _, to := range []string{"lake", "[lake]"} {
		e := mustParse(t, replaceOnce(t, small, "to: lake", "to: "+to))
		if !slices.Equal(e.Workload.Analytics.To, Targets{ToLake}) || e.Peers() || len(e.PeeredFlows()) > 0 {
			t.Errorf("%s: %v", to, e.Workload.Analytics.To)
		}
	}
	text, err := Marshal(copying(t))
	if err != nil {
		t.Fatal(err)
	}
	if again := mustParse(t, string(text)); !slices.Equal(again.Workload.Analytics.To, Targets{ToLake, ToDatabase}) {
		t.Errorf("printed back as %v", again.Workload.Analytics.To)
	}
}
