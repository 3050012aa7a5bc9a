package kernel

import (
	"fmt"
	"math"
	"net/netip"
	"strings"

	"github.com/suretyhq/surety/internal/resource"
)

// inTable wraps chains in a table of the family.
func (c *compiler) inTable(chains ...string) string {
	body := strings.Join(chains, "")
	if body == "" {
		return ""
	}
	return "table " + c.ip() + " surety {\n" + body + "}\n"
}

// ip is what nftables calls the family.
func (c *compiler) ip() string { return of(c.f, "ip", "ip6") }

// chain writes a base chain.
func chain(name, typ, hook string, priority int, policy string, rules []string) string {
	return fmt.Sprintf("  chain %s {\n    type %s hook %s priority %d; policy %s;\n    %s\n  }\n", name, typ, hook, priority, policy, strings.Join(rules, "\n    "))
}

// plainChain writes a chain that others jump to.
func plainChain(name string, rules []string) string {
	return fmt.Sprintf("  chain %s {\n    %s\n  }\n", name, strings.Join(rules, "\n    "))
}

// set writes ranges as an anonymous set.
func set(prefixes []netip.Prefix) string {
	var out []string
	for _, p := range prefixes {
		out = append(out, p.String())
	}
	return "{ " + strings.Join(out, ", ") + " }"
}

// match writes what a rule of a group or ACL matches: the peer by saddr or
// daddr, the protocol, and the destination's ports.
func (c *compiler) match(side string, peer string, p resource.Protocol, from, to uint16) string {
	var out []string
	if peer != "" {
		out = append(out, c.ip()+" "+side+" "+peer)
	}
	switch {
	case p == resource.AnyProtocol:
	case (p == resource.TCP || p == resource.UDP) && (from > 0 || to < math.MaxUint16):
		name := map[resource.Protocol]string{resource.TCP: "tcp", resource.UDP: "udp"}[p]
		out = append(out, fmt.Sprintf("%s dport %d-%d", name, from, to))
	default:
		out = append(out, fmt.Sprintf("meta l4proto %d", p))
	}
	return strings.Join(out, " ")
}

// peerOf writes a range, and nothing for every address. Second is false for a
// range of the other family.
func (c *compiler) peerOf(p netip.Prefix) (string, bool) {
	if !c.f.has(p.Addr()) {
		return "", false
	}
	if p.Bits() == 0 {
		return "", true
	}
	return p.String(), true
}

// aclRules writes the entries of a subnet's ACL in one direction; the first
// that matches decides, and what none matches is dropped.
func (c *compiler) aclRules(s *subnet, egress bool) []string {
	l := s.NetworkACL
	if l.IsZero() {
		l = resource.DefaultACL(s.vpc.Addr)
	}
	acl := c.g.ACL(l)
	if acl == nil {
		c.cannot(s.Resource, "a network ACL outside the graph")
		return nil
	}
	side := "saddr"
	if egress {
		side = "daddr"
	}
	var out []string
	for _, e := range acl.Entries {
		if e.Why != nil {
			c.cannot(e.Resource, "an unknown entry")
			continue
		}
		peer, ok := c.peerOf(e.CIDR)
		if e.Egress != egress || !ok {
			continue
		}
		verdict := " drop"
		if e.Allow {
			verdict = " accept"
		}
		from, to := e.From, e.To
		if to < from {
			continue // matches nothing
		}
		out = append(out, strings.TrimSpace(c.match(side, peer, e.Protocol, from, to)+verdict))
	}
	return append(out, "drop")
}

// aclForward filters what crosses the edge of a subnet by a device. Nothing
// here tracks connections.
func (c *compiler) aclForward(s *subnet, dev string) string {
	in, out := c.aclRules(s, false), c.aclRules(s, true)
	if len(in) > 0 && len(out) > 0 && in[0] == "accept" && out[0] == "accept" {
		return "" // it lets everything by: mostly the default one
	}
	return plainChain("enter", in) + plainChain("leave", out) +
		chain("forward", "filter", "forward", 0, "accept", []string{
			fmt.Sprintf("iifname %q jump enter", dev), fmt.Sprintf("oifname %q jump leave", dev)})
}

// natFilter translates to a NAT gateway's address and ports 1024 to 65535
// ("NAT gateway basics"). The ACL sees packets before translation on their way
// in and after it on their way out. What nobody asked for is dropped, and so is
// what belongs to no connection that it knows, as it cannot be translated.
func (c *compiler) natFilter(s *subnet, a netip.Addr) string {
	return c.inTable(plainChain("enter", c.aclRules(s, false)), plainChain("leave", c.aclRules(s, true)),
		chain("raw", "filter", "prerouting", -310, "accept", []string{`iifname "up" jump enter`}),
		chain("unasked", "filter", "input", 0, "drop", nil),
		chain("unknown", "filter", "forward", 0, "accept", []string{"ct state invalid drop"}),
		chain("translate", "nat", "postrouting", 100, "accept", []string{
			fmt.Sprintf(`oifname "up" meta l4proto { tcp, udp } snat to %s:1024-65535`, a)}),
		chain("last", "filter", "postrouting", 300, "accept", []string{`oifname "up" jump leave`}))
}

// gatewayFilter translates one to one between private and public addresses,
// without tracking, and drops what has no public address and what goes to
// private ones ("Enable internet access for a VPC using an internet gateway").
func (c *compiler) gatewayFilter(ends []End) string {
	var privates, out, publics, in []string
	for _, e := range ends {
		privates = append(privates, e.Addr.String())
		publics = append(publics, e.Public.String())
		out = append(out, fmt.Sprintf("%s : %s", e.Addr, e.Public))
		in = append(in, fmt.Sprintf("%s : %s", e.Public, e.Addr))
	}
	if len(ends) == 0 {
		return c.inTable(chain("translate", "filter", "prerouting", -300, "drop", nil))
	}
	list := func(l []string) string { return "{ " + strings.Join(l, ", ") + " }" }
	return c.inTable(chain("translate", "filter", "prerouting", -300, "accept", []string{
		`iifname "v" ip saddr != ` + list(privates) + " drop",
		`iifname "v" ip daddr { 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10 } drop`,
		`iifname "o" ip daddr != ` + list(publics) + " drop",
		`iifname "v" ip saddr set ip saddr map ` + list(out),
		`iifname "o" ip daddr set ip daddr map ` + list(in),
	}))
}

// filterEnd writes the groups of an end as stateful rules: what belongs to a
// connection that was let through passes in both directions, and what a rule
// matches passes whatever state its connection is in ("Security group connection
// tracking"). An end without groups lets everything through.
func (c *compiler) filterEnd(i int) {
	e := c.p.ends[i]
	if e.Internet || !e.Interface.HasGroups {
		return
	}
	var in, out []string
	for _, l := range e.Interface.Groups {
		sg := c.g.Group(l)
		if sg == nil {
			c.cannot(e.Interface.Owner, "a security group outside the graph")
			continue
		}
		in = append(in, c.groupRules("saddr", sg.Ingress)...)
		out = append(out, c.groupRules("daddr", sg.Egress)...)
	}
	known := "ct state established,related accept"
	chains := []string{
		chain("enter", "filter", "input", 0, "drop", append([]string{`iifname "lo" accept`, known}, in...)),
		chain("leave", "filter", "output", 0, "drop", append([]string{`oifname "lo" accept`, known}, out...)),
	}
	if e.Interface.Forwards {
		chains = append(chains, c.boxChains(c.subnets[e.Interface.Subnet.To], in, out)...)
	}
	c.p.spaces[c.p.homes[i]].filter = c.inTable(chains...)
}

// boxChains filters what an interface forwards: by its subnet's ACL on the way
// in and out, and by its groups as something that comes in and goes out.
func (c *compiler) boxChains(s *subnet, in, out []string) []string {
	for i := range in {
		in[i] = strings.TrimSuffix(in[i], "accept") + "jump on"
	}
	return []string{
		plainChain("aclin", c.aclRules(s, false)), plainChain("aclout", c.aclRules(s, true)), plainChain("on", out),
		chain("raw", "filter", "prerouting", -310, "accept", []string{`iifname "fwd" jump aclin`}),
		chain("pass", "filter", "forward", 0, "drop", append([]string{"ct state established,related accept"}, in...)),
		chain("last", "filter", "postrouting", 300, "accept", []string{`oifname "fwd" jump aclout`}),
	}
}

// groupRules writes a group's rules. One that names a group lets that group's
// members through by their private addresses.
func (c *compiler) groupRules(side string, rules []resource.SGRule) []string {
	var out []string
	for _, r := range rules {
		var peers []string
		switch {
		case r.Why != nil:
			c.cannot(r.Declared, "an unknown rule")
			continue
		case !r.Group.IsZero():
			members := c.members[groupKey(r.Group)]
			if len(members) == 0 {
				continue
			}
			var prefixes []netip.Prefix
			for _, a := range members {
				prefixes = append(prefixes, only(a))
			}
			peers = []string{set(prefixes)}
		case !r.PrefixList.IsZero():
			l := resource.View[resource.PrefixList](c.g, r.PrefixList.To)
			if l == nil {
				c.cannot(r.Declared, "a prefix list outside the graph")
				continue
			}
			for _, p := range l.Prefixes {
				if s, ok := c.peerOf(p); ok {
					peers = append(peers, s)
				}
			}
		default:
			if s, ok := c.peerOf(r.CIDR); ok {
				peers = []string{s}
			}
		}
		if r.To < r.From {
			continue // matches nothing
		}
		for _, p := range peers {
			out = append(out, strings.TrimSpace(c.match(side, p, r.Protocol, r.From, r.To)+" accept"))
		}
	}
	return out
}
