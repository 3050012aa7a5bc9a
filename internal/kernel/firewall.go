package kernel

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/resource"
)

// addFirewall adds a firewall that is attached to a Transit Gateway: what goes
// in by its one device comes out by it, or not at all.
func (c *compiler) addFirewall(a *resource.Attachment, tgw int) {
	home := c.p.space("firewall "+a.Addr.Logical, true)
	side := fmt.Sprintf("t%d", len(c.p.links))
	c.p.link(tgw, side, home, "tgw")
	c.ports[a.Addr] = []port{{dev: side}}
	sp := c.p.spaces[home]
	sp.routes = append(sp.routes, route{dest: c.f.everywhere(), dev: "tgw"})
	f := resource.View[resource.Firewall](c.g, a.Addr)
	p := resource.View[resource.FirewallPolicy](c.g, f.Policy.To)
	if p == nil || len(p.Unknown) > 0 {
		c.cannot(a.Resource, "a firewall of unknown policy")
		return
	}
	sp.filter = c.firewallFilter(p)
}

// firewallFilter writes a policy's rules. Stateless ones look at each packet by
// itself, in order of priority, and pass it, drop it or forward it to the
// stateful ones ("Firewall rules engines in AWS Network Firewall"). There, a
// connection whose beginning was not seen is dropped. Rules look at packets until
// one passes the connection as a whole; packets that none passes meet the
// policy's default ("Stateful rule evaluation order", "Stream exception
// policy").
func (c *compiler) firewallFilter(p *resource.FirewallPolicy) string {
	if !p.StrictOrder {
		c.cannot(p.Resource, "rules without strict order")
	}
	out := []string{"meta mark 2 accept", "ct state invalid drop", "ct mark 1 accept"}
	for _, l := range p.StatefulGroups {
		g := resource.View[resource.RuleGroup](c.g, l.To)
		if g == nil || len(g.Domains) > 0 || len(g.Unknown) > 0 {
			c.cannot(p.Resource, "a rule group of domains, or unknown")
			continue
		}
		for _, r := range g.Stateful {
			if line := c.statefulRule(g, r); line != "" {
				out = append(out, line)
			}
		}
	}
	defaults := slices.DeleteFunc(slices.Clone(p.StatefulDefault), func(a string) bool { return strings.HasPrefix(a, "aws:alert") })
	switch {
	case slices.Equal(defaults, []string{"aws:drop_strict"}):
		out = append(out, "drop")
	case slices.Equal(defaults, []string{"aws:drop_established"}):
		out = append(out, "ct state established drop") // the handshake alone gets by
	case len(defaults) > 0:
		c.cannot(p.Resource, "the default actions %v", p.StatefulDefault)
	}
	return c.inTable(chain("stateless", "filter", "prerouting", -310, "accept", c.statelessRules(p)), chain("inspect", "filter", "forward", 0, "accept", out))
}

// statelessVerdicts are what the actions of stateless rules do: what is passed
// is not tracked, and marked so that the stateful rules let it by.
var statelessVerdicts = map[string]string{"aws:pass": "meta mark set 2 notrack accept", "aws:drop": "drop", "aws:forward_to_sfe": "accept"}

func (c *compiler) statelessRules(p *resource.FirewallPolicy) []string {
	var out []string
	for _, l := range p.StatelessGroups {
		g := resource.View[resource.RuleGroup](c.g, l.To)
		if g == nil || len(g.Unknown) > 0 {
			c.cannot(p.Resource, "a stateless rule group that is unknown")
			continue
		}
		for _, r := range g.Stateless {
			verdict := ""
			if len(r.Actions) == 1 {
				verdict = statelessVerdicts[r.Actions[0]]
			}
			if verdict == "" || r.Unknown != nil {
				c.cannot(g.Resource, "the rule at %s", r.Property)
				continue
			}
			out = append(out, c.statelessMatch(r)+" "+verdict)
		}
	}
	if len(p.StatelessDefault) != 1 || statelessVerdicts[p.StatelessDefault[0]] == "" {
		c.cannot(p.Resource, "the stateless default actions %v", p.StatelessDefault)
		return out
	}
	return append(out, statelessVerdicts[p.StatelessDefault[0]])
}

// statelessMatch writes what a stateless rule matches.
func (c *compiler) statelessMatch(r resource.StatelessRule) string {
	var protocols []string
	for _, p := range r.Protocols {
		protocols = append(protocols, fmt.Sprint(p))
	}
	proto := ""
	if len(protocols) > 0 {
		proto = "meta l4proto { " + strings.Join(protocols, ", ") + " }"
	}
	parts := []string{proto, c.side("saddr", r.Source, false), c.side("daddr", r.Destination, false), ports("sport", r.SourcePorts), ports("dport", r.DestinationPorts)}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// statefulRule writes one 5-tuple rule; "" for one that only alerts.
func (c *compiler) statefulRule(g *resource.RuleGroup, r resource.StatefulRule) string {
	verdict, ok := map[string]string{"PASS": "ct mark set 1 accept", "DROP": "drop", "ALERT": ""}[r.Action]
	proto, okProto := map[string]string{"IP": "", "TCP": "meta l4proto tcp", "UDP": "meta l4proto udp", "ICMP": "meta l4proto { icmp, ipv6-icmp }"}[r.Protocol]
	if !ok || !okProto || r.Unknown != nil || len(r.Names) > 0 || r.SourceText != "" || r.DestinationText != "" || r.Direction == "ANY" {
		c.cannot(g.Resource, "the rule at %s", r.Property)
		return ""
	}
	if verdict == "" {
		return ""
	}
	parts := []string{proto, c.side("saddr", r.Source, r.SourceNegated), c.side("daddr", r.Destination, r.DestNegated),
		ports("sport", r.SourcePorts), ports("dport", r.DestinationPorts), verdict}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// side writes the addresses of a rule's side.
func (c *compiler) side(name string, prefixes []netip.Prefix, negated bool) string {
	var own []netip.Prefix
	for _, p := range prefixes {
		if c.f.has(p.Addr()) {
			own = append(own, p)
		}
		if p == c.f.everywhere() && !negated {
			return ""
		}
	}
	op := ""
	if negated {
		op = "!= "
	}
	if len(own) == 0 {
		if negated {
			return ""
		}
		return "meta l4proto 255"
	}
	return c.ip() + " " + name + " " + op + set(own)
}

// ports writes ranges of ports, and nothing for all of them.
func ports(name string, ranges []resource.PortRange) string {
	var out []string
	for _, r := range ranges {
		if r.From == 0 && r.To == math.MaxUint16 {
			return ""
		}
		out = append(out, fmt.Sprintf("%d-%d", r.From, r.To))
	}
	return "meta l4proto { tcp, udp } th " + name + " { " + strings.Join(out, ", ") + " }"
}
