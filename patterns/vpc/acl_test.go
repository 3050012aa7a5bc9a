package vpc

import (
	"net/netip"
	"testing"
)

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

func testProps() *Props {
	return &Props{Private: prefix("10.0.0.0/8"),
		Tiers: []Tier{{Name: "front", Range: prefix("10.1.0.0/24")}, {Name: "back", Range: prefix("10.1.1.0/24")}},
		Flows: []Flow{
			{From: Peer{Tier: "front"}, To: Peer{Tier: "back"}, Protocol: TCP, Low: 8443, High: 8443},
			{From: Peer{Tier: "front"}, To: Peer{Range: Internet()}, Protocol: TCP, Low: 443, High: 443},
			{From: Peer{Range: prefix("10.2.0.0/16")}, To: Peer{Tier: "back"}, Protocol: UDP, Low: 53, High: 53},
		}}
}

// lets says whether a network ACL lets packets through: of the lowest number
// that matches, as AWS does.
func lets(entries []entry, egress bool, protocol int, peer string, port int) bool {
	a := netip.MustParseAddr(peer)
	for _, e := range entries {
		if e.egress == egress && e.cidr.Contains(a) && (e.protocol == anyProtocol || (e.protocol == protocol && e.low <= port && port <= e.high)) {
			return e.allow
		}
	}
	return false
}

func TestS04_NetworkACLsLetThroughTheFlowsAndTheirReplies(t *testing.T) {
	props := testProps()
	front, back := entries(props, props.Tiers[0]), entries(props, props.Tiers[1])
	for name, c := range map[string]struct {
		entries  []entry
		egress   bool
		protocol int
		peer     string
		port     int
		want     bool
	}{
		"request leaves":                     {front, true, TCP, "10.1.1.5", 8443, true},
		"request arrives":                    {back, false, TCP, "10.1.0.5", 8443, true},
		"reply leaves":                       {back, true, TCP, "10.1.0.5", 1024, true},
		"reply arrives":                      {front, false, TCP, "10.1.1.5", 65535, true},
		"another port":                       {front, true, TCP, "10.1.1.5", 8444, false},
		"another protocol":                   {front, true, UDP, "10.1.1.5", 8443, false},
		"the way back is no way in":          {back, true, TCP, "10.1.0.5", 8443 - 8000, false},
		"internet":                           {front, true, TCP, "203.0.113.1", 443, true},
		"reply of the internet":              {front, false, TCP, "203.0.113.1", 50000, true},
		"internet is not the private range":  {front, true, TCP, "10.9.0.1", 443, false},
		"nor does the private range reply":   {front, false, TCP, "10.9.0.1", 50000, false},
		"the back tier has no internet":      {back, true, TCP, "203.0.113.1", 443, false},
		"from a range":                       {back, false, UDP, "10.2.3.4", 53, true},
		"a range's flow is not another's":    {back, false, UDP, "10.3.3.4", 53, false},
		"a range's flow opens no other tier": {front, false, UDP, "10.2.3.4", 53, false},
	} {
		if got := lets(c.entries, c.egress, c.protocol, c.peer, c.port); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestEntriesHaveNumbersOfTheirOwnInOrder(t *testing.T) {
	props := testProps()
	for _, tier := range props.Tiers {
		seen := map[[2]int]bool{}
		last := 0
		for _, e := range entries(props, tier) {
			key := [2]int{e.number, 0}
			if e.egress {
				key[1] = 1
			}
			if seen[key] || e.number < last || e.number > 32766 {
				t.Errorf("%s: entry %+v after number %d", tier.Name, e, last)
			}
			seen[key], last = true, e.number
		}
	}
}
