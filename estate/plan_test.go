package estate

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// planned makes an estate of so many environments; cidrs are explicit ranges
// by environment number.
func planned(region, supernet string, zones, environments int, cidrs map[int]netip.Prefix) *Estate {
	e := &Estate{Regions: Regions{Home: region}, Network: Network{Supernet: netip.MustParsePrefix(supernet), AvailabilityZones: zones}}
	for i := range environments {
		e.Environments.Set(fmt.Sprintf("env%d", i), Environment{CIDR: cidrs[i]})
	}
	return e
}

func TestPlanOfSupernets(t *testing.T) {
	for _, c := range []struct {
		supernet     string
		environments int
		hub, last    string // "" means too small
	}{
		{"10.0.0.0/8", 3, "10.0.0.0/16", "10.3.0.0/16"},
		{"10.0.0.0/8", 255, "10.0.0.0/16", "10.255.0.0/16"},
		{"10.0.0.0/8", 256, "", ""},
		{"172.16.0.0/12", 3, "172.16.0.0/16", "172.19.0.0/16"},
		{"192.168.0.0/16", 7, "192.168.0.0/19", "192.168.224.0/19"},
		{"192.168.0.0/16", 8, "", ""},
		{"100.64.0.0/10", 1, "100.64.0.0/16", "100.65.0.0/16"},
		{"10.0.0.0/19", 3, "10.0.0.0/21", "10.0.24.0/21"},
		{"10.0.0.0/20", 1, "10.0.0.0/21", "10.0.8.0/21"},
		{"10.0.0.0/20", 2, "", ""},
		{"10.0.0.0/21", 1, "", ""},
		{"10.0.0.0/22", 1, "", ""},
	} {
		p := planned("ap-southeast-2", c.supernet, 3, c.environments, nil).Plan()
		if c.hub == "" {
			if len(p.Problems) != 1 || p.Problems[0].Code != CodeSupernetTooSmall {
				t.Errorf("%s for %d: want too small, got %v", c.supernet, c.environments, p.Problems)
			}
			continue
		}
		last, _ := p.Sites.Get(fmt.Sprintf("env%d", c.environments-1))
		if hubOf(p).CIDR.String() != c.hub || last.CIDR.String() != c.last || len(p.Problems) > 0 {
			t.Errorf("%s for %d: hub %s, last %s, %v", c.supernet, c.environments, hubOf(p).CIDR, last.CIDR, p.Problems)
		}
	}
}

// The mend of a supernet that is too small must be one that works.
func TestPlanTooSmallNamesASupernetThatFits(t *testing.T) {
	for environments := 1; environments <= 255; environments++ {
		bits := vpcSmallest
		for capacity(bits) < environments+1 {
			bits--
		}
		if p := planned("ap-southeast-2", fmt.Sprintf("10.0.0.0/%d", bits), 3, environments, nil).Plan(); len(p.Problems) > 0 {
			t.Fatalf("/%d for %d: %v", bits, environments, p.Problems)
		}
	}
}

func TestS04_PlanOfAnEnvironment(t *testing.T) {
	p := planned("ap-southeast-2", "10.0.0.0/8", 3, 1, nil).Plan()
	v, _ := p.Sites.Get("env0")
	want := map[Tier]string{
		TierApplication: "[10.1.0.0/19 10.1.32.0/19 10.1.64.0/19]",
		TierDMZ:         "[10.1.128.0/21 10.1.136.0/21 10.1.144.0/21]",
		TierData:        "[10.1.160.0/21 10.1.168.0/21 10.1.176.0/21]",
		TierEndpoint:    "[10.1.192.0/21 10.1.200.0/21 10.1.208.0/21]",
		TierAttachment:  "[10.1.224.0/28 10.1.224.16/28 10.1.224.32/28]",
	}
	for tier, ranges := range want {
		if got := fmt.Sprint(v.Subnets[tier]); got != ranges {
			t.Errorf("%s: %s, want %s", tier, got, ranges)
		}
	}
	if got := fmt.Sprint(v.Zones); got != "[apse2-az1 apse2-az2 apse2-az3]" {
		t.Error(got)
	}
	if len(v.Subnets) != len(want) || len(hubOf(p).Subnets) != 2 || len(hubOf(p).Subnets[TierPublic]) != 3 || v.Range(TierPublic).IsValid() {
		t.Errorf("tiers: %v; hub: %v", v.Subnets, hubOf(p).Subnets)
	}
}

func TestPlanGoesAroundExplicitRanges(t *testing.T) {
	cidrs := map[int]netip.Prefix{0: netip.MustParsePrefix("10.1.128.0/20"), 2: netip.MustParsePrefix("10.3.0.0/16")}
	p := planned("ap-southeast-2", "10.0.0.0/8", 3, 4, cidrs).Plan()
	var got []string
	for _, v := range p.Sites.All() {
		got = append(got, v.CIDR.String())
	}
	if fmt.Sprint(got) != "[10.1.128.0/20 10.2.0.0/16 10.3.0.0/16 10.4.0.0/16]" || len(p.Problems) > 0 {
		t.Error(got, p.Problems)
	}
	cidrs[3] = netip.MustParsePrefix("10.2.0.0/20")
	if l := planned("ap-southeast-2", "10.0.0.0/8", 3, 4, cidrs).Plan().Problems; len(l) != 1 || l[0].Code != CodeOverlap {
		t.Error(l)
	}
}

// drawEstate draws an estate with a supernet, zones and explicit ranges.
func drawEstate(t *rapid.T, zones int) *Estate {
	bits := rapid.IntRange(8, 20).Draw(t, "supernet bits")
	super := netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), bits)
	n := rapid.IntRange(1, min(capacity(bits)-1, 12)).Draw(t, "environments")
	cidrs := map[int]netip.Prefix{}
	for i := range n {
		if !rapid.Bool().Draw(t, "explicit") {
			continue
		}
		size := rapid.IntRange(max(vpcLargest, bits), vpcSmallest).Draw(t, "bits")
		cidrs[i] = subPrefix(super, size-bits, rapid.IntRange(0, 1<<(size-bits)-1).Draw(t, "block"))
	}
	return planned("us-west-2", super.String(), zones, n, cidrs)
}

func TestS04_PlannedSubnetsAreDisjointAlignedAndInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEstate(t, rapid.IntRange(3, 4).Draw(t, "zones"))
		p := e.Plan()
		if len(p.Problems) > 0 {
			t.Skip("ranges that overlap or do not fit")
		}
		vpcs := []VPCPlan{hubOf(p)}
		for _, v := range p.Sites.All() {
			vpcs = append(vpcs, v)
		}
		for i, v := range vpcs {
			checkVPC(t, e, v)
			for _, o := range vpcs[:i] {
				if v.CIDR.Overlaps(o.CIDR) {
					t.Fatalf("%s and %s overlap", v.CIDR, o.CIDR)
				}
			}
		}
	})
}

func checkVPC(t *rapid.T, e *Estate, v VPCPlan) {
	if !contains(e.Network.Supernet, v.CIDR) || v.CIDR != v.CIDR.Masked() || v.CIDR.Bits() < 16 || v.CIDR.Bits() > 28 {
		t.Fatalf("VPC %s of %s", v.CIDR, e.Network.Supernet)
	}
	var all []netip.Prefix
	for tier, subnets := range v.Subnets {
		if len(subnets) != e.Network.AvailabilityZones || len(v.Zones) != len(subnets) {
			t.Fatalf("%d subnets in %d zones", len(subnets), len(v.Zones))
		}
		for _, s := range subnets {
			if !contains(v.Range(tier), s) || !contains(v.CIDR, s) || s != s.Masked() || s.Bits() > 28 {
				t.Fatalf("subnet %s of tier %s in %s", s, tier, v.CIDR)
			}
			for _, o := range all {
				if s.Overlaps(o) {
					t.Fatalf("%s and %s overlap", s, o)
				}
			}
			all = append(all, s)
		}
		for other := range v.Subnets {
			if other != tier && v.Range(tier).Overlaps(v.Range(other)) {
				t.Fatalf("tiers %s and %s overlap", tier, other)
			}
		}
	}
}

func TestS08_AppendingAnEnvironmentRenumbersNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEstate(t, 3)
		before := e.Plan()
		env := Environment{}
		if rapid.Bool().Draw(t, "explicit") {
			env.CIDR = subPrefix(e.Network.Supernet, vpcSmallest-e.Network.Supernet.Bits(), rapid.IntRange(0, 1<<(vpcSmallest-e.Network.Supernet.Bits())-1).Draw(t, "block"))
		}
		e.Environments.Set("appended", env)
		after := e.Plan()
		if hubOf(before).CIDR != hubOf(after).CIDR {
			t.Fatal("the hub moved")
		}
		for name, v := range before.Sites.All() {
			if now, ok := after.Sites.Get(name); ok && now.CIDR != v.CIDR {
				t.Fatalf("%s moved from %s to %s", name, v.CIDR, now.CIDR)
			}
		}
	})
}

func TestAFourthZoneRenumbersNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEstate(t, 3)
		three := e.Plan()
		e.Network.AvailabilityZones = 4
		four := e.Plan()
		for name, v := range three.Sites.All() {
			w, _ := four.Sites.Get(name)
			for tier, subnets := range v.Subnets {
				if !slices.Equal(subnets, w.Subnets[tier][:3]) {
					t.Fatalf("%s %s: %v became %v", name, tier, subnets, w.Subnets[tier])
				}
			}
		}
	})
}

func TestZoneIDs(t *testing.T) {
	for _, c := range []struct {
		region string
		i      int
		want   string
	}{
		{"ap-southeast-2", 1, "apse2-az1"}, {"ap-southeast-4", 3, "apse4-az3"}, {"ap-northeast-1", 3, "apne1-az4"},
		{"us-east-1", 3, "use1-az4"}, {"us-east-1", 6, ""}, {"ca-central-1", 2, "cac1-az2"}, {"eu-west-1", 1, "euw1-az1"},
		{"ap-southeast-2", 0, ""}, {"ap-southeast-2", 4, ""}, {"nowhere-1", 1, ""},
	} {
		if got, ok := ZoneID(c.region, c.i); got != c.want || ok != (c.want != "") {
			t.Errorf("ZoneID(%s, %d) = %q, %v", c.region, c.i, got, ok)
		}
	}
	if !slices.IsSorted(KnownRegions()) {
		t.Error("Regions are not sorted")
	}
}

// hubOf is the home hub's egress VPC.
func hubOf(p Plan) VPCPlan {
	v, _ := p.Hubs.Get(HubEnvironment)
	return v
}
