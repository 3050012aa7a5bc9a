package network

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// firewall is an AWS Network Firewall with its policy's rules flattened into
// the order in which they are tried.
type firewall struct {
	id        int
	addr      addr.Address
	view      *resource.Firewall
	subnets   []*subnet
	policy    addr.Address
	stateless []fwRule
	stateful  []fwRule
	fallback  fwAction // of the stateless engine
	deflt     fwAction // of the stateful engine: pass or drop
	strict    bool     // the default drops handshakes too
	why       *value.Reason
	parts     *partition // of addresses, as the rules see them
}

type fwAction uint8

const (
	fwPass fwAction = iota
	fwDrop
	fwForward // to the stateful engine
	fwNames   // pass what asks for a name of the list
)

// fwRule is one rule of either engine. A maybe rule matches or not, depending
// on what is not in the graph or not in a packet's addresses and ports.
type fwRule struct {
	action       fwAction
	source, dest fwSide
	set          PacketSet // by destination port
	sourcePorts  []resource.PortRange
	reverse      PacketSet // by source port, for replies and rules of both directions
	destPorts    []resource.PortRange
	both         bool
	maybe        *value.Reason
	names        []string
	by           addr.Address
	prop         string
}

// fwSide is the addresses that one side of a rule matches.
type fwSide struct {
	spans  []span32
	not    bool
	nobody bool
}

func (f fwSide) match(a *atoms, x atom) resource.Tri {
	if f.nobody {
		return resource.No
	}
	out := resource.No
	for _, s := range f.spans {
		switch a.match(s, x) {
		case resource.Yes:
			out = resource.Yes
		case resource.Perhaps:
			if out == resource.No {
				out = resource.Perhaps
			}
		}
	}
	if !f.not || out == resource.Perhaps {
		return out
	}
	return resource.Yes - out
}

// collectFirewalls finds the boundaries of firewalls' rules.
func (c *compiler) collectFirewalls() {
	for _, p := range resource.Views[resource.FirewallPolicy](c.g) {
		c.all = append(c.all, p.HomeNet...)
	}
	c.cuts.add(resource.TCP, 80, 80)
	c.cuts.add(resource.TCP, 443, 443)
	for _, g := range resource.Views[resource.RuleGroup](c.g) {
		c.all = append(c.all, g.HomeNet...)
		for _, r := range g.Stateful {
			c.all = append(append(c.all, r.Source...), r.Destination...)
			c.cutPorts(r.SourcePorts)
			c.cutPorts(r.DestinationPorts)
			if p, _ := statefulProtocol(r.Protocol); p > resource.AnyProtocol {
				c.cuts.add(p, 0, 65535)
			}
		}
		for _, r := range g.Stateless {
			c.all = append(append(c.all, r.Source...), r.Destination...)
			c.cutPorts(r.SourcePorts)
			c.cutPorts(r.DestinationPorts)
			for _, p := range r.Protocols {
				c.cuts.add(resource.Protocol(p), 0, 65535)
			}
		}
	}
}

func (c *compiler) cutPorts(ranges []resource.PortRange) {
	for _, r := range ranges {
		c.cuts.add(resource.TCP, r.From, r.To)
		c.cuts.add(resource.UDP, r.From, r.To)
	}
}

func (c *compiler) firewalls() {
	for _, f := range resource.Views[resource.Firewall](c.g) {
		x := &firewall{id: len(c.n.firewalls), addr: f.Addr, view: f, fallback: fwForward}
		p := resource.View[resource.FirewallPolicy](c.g, f.Policy.To)
		switch {
		case p == nil:
			x.why = unknownLink(f.Policy, f.Addr, "firewall policy")
		case len(p.Unknown) > 0:
			x.why = p.Unknown[0]
		}
		if p != nil {
			x.policy = p.Addr
			c.policy(x, p)
		}
		c.n.firewalls = append(c.n.firewalls, x)
		c.n.firewallAt[f.Addr] = x
	}
}

// policy flattens a policy ("Stateless and stateful rules engines", "Managing
// evaluation order for Suricata compatible rules").
func (c *compiler) policy(f *firewall, p *resource.FirewallPolicy) {
	f.fallback = statelessAction(p.StatelessDefault)
	for _, l := range p.StatelessGroups {
		g := resource.View[resource.RuleGroup](c.g, l.To)
		if g == nil || len(g.Unknown) > 0 {
			f.stateless = append(f.stateless, c.undecided(f, l, g))
			continue
		}
		for _, r := range g.Stateless {
			f.stateless = append(f.stateless, c.stateless(g, r))
		}
	}
	for _, l := range p.StatefulGroups {
		g := resource.View[resource.RuleGroup](c.g, l.To)
		if g == nil || len(g.Unknown) > 0 {
			f.stateful = append(f.stateful, c.undecided(f, l, g))
			continue
		}
		f.stateful = append(f.stateful, c.statefulGroup(f, p, g)...)
	}
	if !p.StrictOrder && c.n.options.Mutant == FirewallOrderIgnored {
		return
	}
	if !p.StrictOrder {
		// Default action order: pass rules first, then drop, then reject.
		slices.SortStableFunc(f.stateful, func(a, b fwRule) int { return actionOrder(a) - actionOrder(b) })
		return
	}
	for _, a := range p.StatefulDefault {
		if strings.HasPrefix(a, "aws:drop") {
			f.deflt = fwDrop
			f.strict = f.strict || a == "aws:drop_strict"
		}
	}
}

func actionOrder(r fwRule) int {
	if r.action == fwPass || r.action == fwNames {
		return 0
	}
	return 1
}

func statelessAction(actions []string) fwAction {
	switch {
	case slices.Contains(actions, "aws:pass"):
		return fwPass
	case slices.Contains(actions, "aws:drop"):
		return fwDrop
	}
	return fwForward
}

// undecided is a group of rules that is not known: it may drop or pass anything.
func (c *compiler) undecided(f *firewall, l resource.Link, g *resource.RuleGroup) fwRule {
	r := fwRule{action: fwDrop, set: c.n.ports.all, reverse: c.n.ports.all, source: c.everywhere(), dest: c.everywhere()}
	if g == nil {
		r.maybe = unknownLink(l, f.addr, "rule group")
	} else {
		r.maybe, r.by = g.Unknown[0], g.Addr
	}
	return r
}

func (c *compiler) side(prefixes []netip.Prefix, not bool) fwSide {
	s := fwSide{not: not, nobody: len(prefixes) == 0 && !not}
	for _, p := range prefixes {
		s.spans = append(s.spans, c.n.atoms.of(p))
	}
	return s
}

func (c *compiler) everywhere() fwSide {
	return c.side([]netip.Prefix{everyIPv4, everyIPv6}, false)
}

// portSet returns the packets of protocols to any of the ranges.
func (c *compiler) portSet(protocols []resource.Protocol, ranges []resource.PortRange) PacketSet {
	var out PacketSet
	if len(ranges) == 0 {
		ranges = []resource.PortRange{{From: 0, To: 65535}}
	}
	for _, p := range protocols {
		for _, r := range ranges {
			if p == resource.AnyProtocol && (r.From != 0 || r.To != 65535) {
				out = out.Or(c.n.ports.set(resource.TCP, r.From, r.To)).Or(c.n.ports.set(resource.UDP, r.From, r.To))
				continue
			}
			out = out.Or(c.n.ports.set(p, r.From, r.To))
		}
	}
	return out
}

func (c *compiler) stateless(g *resource.RuleGroup, r resource.StatelessRule) fwRule {
	protocols := []resource.Protocol{resource.AnyProtocol}
	if len(r.Protocols) > 0 {
		protocols = protocols[:0]
		for _, p := range r.Protocols {
			protocols = append(protocols, resource.Protocol(p))
		}
	}
	return fwRule{action: statelessAction(r.Actions), source: c.side(r.Source, false), dest: c.side(r.Destination, false),
		set: c.portSet(protocols, r.DestinationPorts), reverse: c.portSet(protocols, r.SourcePorts), sourcePorts: r.SourcePorts, destPorts: r.DestinationPorts,
		maybe: r.Unknown, by: g.Addr, prop: r.Property}
}

// statefulProtocol returns the IP protocol under a stateful rule's protocol
// and whether the rule needs to see more than it ("Standard stateful rule
// groups": protocols).
func statefulProtocol(name string) (resource.Protocol, bool) {
	switch name {
	case "IP":
		return resource.AnyProtocol, false
	case "TCP":
		return resource.TCP, false
	case "UDP":
		return resource.UDP, false
	case "ICMP":
		return resource.ICMP, false
	case "NTP", "TFTP", "DHCP", "IKEV2":
		return resource.UDP, true
	case "DNS", "KRB5":
		return resource.AnyProtocol, true
	}
	return resource.TCP, true
}

// harmless are rule options that do not decide whether a packet matches.
var harmless = []string{"sid", "msg", "rev", "gid", "classtype", "priority", "metadata", "reference", "noalert"}

// decidedFlow says whether a rule's option flow changes nothing about which
// connections come about: towards the server all begin; without what follows
// the handshake none is one, and only then names are asked for.
func decidedFlow(action fwAction, setting string) bool {
	for s := range strings.SplitSeq(setting, ",") {
		switch strings.TrimSpace(s) {
		case "to_server":
		case "established":
			if action == fwPass {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// statefulGroup compiles the rules of one group with its HOME_NET: its own, or
// the policy's, or the VPC's that the firewall stands in ("PolicyVariables").
func (c *compiler) statefulGroup(f *firewall, p *resource.FirewallPolicy, g *resource.RuleGroup) []fwRule {
	home := g.HomeNet
	if len(home) == 0 {
		home = p.HomeNet
	}
	if len(home) == 0 {
		if v := c.n.vpcAt[f.view.VPC.To]; v != nil {
			home = v.view.CIDRs
		}
	}
	if len(g.DomainTypes) > 0 {
		return c.domains(p, g, home)
	}
	var out []fwRule
	for _, r := range g.Stateful {
		if r.Action == "ALERT" {
			continue
		}
		out = append(out, c.stateful(g, r, home))
	}
	return out
}

func (c *compiler) stateful(g *resource.RuleGroup, r resource.StatefulRule, home []netip.Prefix) fwRule {
	proto, deeper := statefulProtocol(r.Protocol)
	x := fwRule{action: fwDrop, by: g.Addr, prop: r.Property, maybe: r.Unknown, both: r.Direction == "ANY",
		set: c.portSet([]resource.Protocol{proto}, r.DestinationPorts), reverse: c.portSet([]resource.Protocol{proto}, r.SourcePorts), sourcePorts: r.SourcePorts, destPorts: r.DestinationPorts}
	switch {
	case r.Action == "PASS" && len(r.Names) > 0:
		x.action, x.names, deeper = fwNames, r.Names, false
	case r.Action == "PASS":
		x.action = fwPass
	}
	doubt := func(code, text string) {
		if x.maybe == nil {
			x.maybe = &value.Reason{Code: code, At: g.Addr, Property: r.Property, Text: text}
		}
	}
	if deeper {
		doubt("FIREWALL_UNSUPPORTED_RULE_OPTIONS", "whether packets are "+r.Protocol+" is not decided by addresses and ports")
	}
	for _, o := range r.Options {
		key, setting, _ := strings.Cut(o, ":")
		if !slices.Contains(harmless, key) && (key != "flow" || !decidedFlow(x.action, setting)) {
			doubt("FIREWALL_UNSUPPORTED_RULE_OPTIONS", "the rule option "+o+" is not decided here")
		}
	}
	if len(r.Names) > 0 && x.action != fwNames {
		doubt("FIREWALL_UNSUPPORTED_RULE_OPTIONS", "what asks for "+strings.Join(r.Names, ", ")+" is dropped, and anything else is not")
	}
	x.source = c.variable(r.Source, r.SourceNegated, r.SourceText, home, doubt)
	x.dest = c.variable(r.Destination, r.DestNegated, r.DestinationText, home, doubt)
	return x
}

// variable resolves a side of a rule that may be HOME_NET or EXTERNAL_NET,
// which is everything else.
func (c *compiler) variable(prefixes []netip.Prefix, not bool, text string, home []netip.Prefix, doubt func(code, text string)) fwSide {
	switch strings.TrimPrefix(text, "!") {
	case "":
		return c.side(prefixes, not)
	case "$HOME_NET":
		return c.side(home, not)
	case "$EXTERNAL_NET":
		return c.side(home, !not)
	}
	doubt("FIREWALL_UNSUPPORTED_RULE_OPTIONS", "the variable "+text+" is not known")
	return c.everywhere()
}

// domains compiles a domain list ("Stateful domain list rule groups"): what
// asks for a listed name passes; with the default order everything else of
// those protocols is denied, with strict order the policy's default decides.
func (c *compiler) domains(p *resource.FirewallPolicy, g *resource.RuleGroup, home []netip.Prefix) []fwRule {
	if !g.DomainAllow {
		return nil // other names pass, so addresses and ports decide
	}
	var set PacketSet
	for _, t := range g.DomainTypes {
		switch t {
		case "TLS_SNI":
			set = set.Or(c.n.ports.set(resource.TCP, 443, 443))
		case "HTTP_HOST":
			set = set.Or(c.n.ports.set(resource.TCP, 80, 80))
		}
	}
	pass := fwRule{action: fwNames, set: set, source: c.side(home, false), dest: c.side(home, true), names: g.Domains, by: g.Addr, prop: "RuleGroup/RulesSource/RulesSourceList/Targets"}
	if p.StrictOrder {
		return []fwRule{pass}
	}
	drop := pass
	drop.action = fwDrop
	return []fwRule{pass, drop}
}
