package kernel

import (
	"fmt"
	"net/netip"

	"github.com/suretyhq/surety/internal/resource"
)

// addInternet adds internet gateways and the one host behind them. What has a
// public address in a VPC without a gateway cannot be reached by it.
func (c *compiler) addInternet() {
	for r, v := range resource.Views[resource.VPC](c.g) {
		w := c.vpcs[v.Addr]
		if v.InternetGateway.IsZero() && len(v.EgressOnlyGateways) == 0 {
			continue
		}
		c.addWorld()
		if c.f == IPv6 {
			c.addEgressOnly(w)
		}
		if v.InternetGateway.IsZero() {
			continue
		}
		home := c.p.space("igw "+r.Addr.Logical, true)
		out := fmt.Sprintf("o%d", len(c.p.links))
		c.p.link(w.space, "igw", home, "v")
		c.p.link(c.internet, out, home, "o")
		w.igw = "igw"
		sp := c.p.spaces[home]
		sp.pass("v", "o")
		var pairs []End
		for _, e := range c.p.ends {
			if s := c.subnets[e.Interface.Subnet.To]; s != nil && s.vpc == w && e.Public.IsValid() {
				pairs = append(pairs, e)
				c.p.spaces[c.internet].routes = append(c.p.spaces[c.internet].routes, route{dest: only(e.Public), dev: out, src: of(c.f, InternetAddr, InternetIPv6)})
			}
		}
		sp.filter = c.gatewayFilter(pairs)
		if c.f == IPv6 {
			sp.filter = c.inTable(c.ownOnly(w))
		}
	}
}

// addWorld adds the host that stands for the Internet, once.
func (c *compiler) addWorld() {
	if c.internet >= 0 {
		return
	}
	a := of(c.f, InternetAddr, InternetIPv6)
	c.internet = c.p.space("internet", false)
	c.p.spaces[c.internet].addr = a
	c.p.ends = append(c.p.ends, End{Name: "internet", Internet: true, Addr: a, Public: a})
	c.p.homes = append(c.p.homes, c.internet)
}

// addEgressOnly adds a VPC's egress-only gateways, which let in only what answers
// ("Enable outbound IPv6 traffic using an egress-only internet gateway"). That
// answers come back by the gateway, and by no other, is done by an address of
// its own, which nobody else sees.
func (c *compiler) addEgressOnly(w *vpc) {
	for i, l := range w.EgressOnlyGateways {
		home := c.p.space("egress-only "+l.To.Logical, true)
		dev, out := fmt.Sprintf("e%d", i), fmt.Sprintf("o%d", len(c.p.links))
		c.p.link(w.space, dev, home, "v")
		c.p.link(c.internet, out, home, "o")
		w.egress[l.To] = dev
		own := netip.MustParseAddr(fmt.Sprintf("2a00:1::%d", home+1))
		sp := c.p.spaces[home]
		sp.pass("v", "o")
		sp.addr = own
		c.p.spaces[c.internet].routes = append(c.p.spaces[c.internet].routes, route{dest: only(own), dev: out, src: InternetIPv6})
		sp.filter = c.inTable(chain("unasked", "filter", "input", 0, "drop", nil), c.ownOnly(w),
			chain("translate", "nat", "postrouting", 100, "accept", []string{fmt.Sprintf(`oifname "o" snat to %s`, own)}))
	}
}

// ownOnly drops what comes from a VPC and is not from its ranges.
func (c *compiler) ownOnly(w *vpc) string {
	return chain("own", "filter", "prerouting", -300, "accept", []string{`iifname "v" ip6 saddr != ` + set(c.ranges(w)) + " drop"})
}
