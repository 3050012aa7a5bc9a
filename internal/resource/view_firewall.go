package resource

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/internal/value"
)

// viewFirewalls makes the views of firewalls, policies and rule groups.
func (g *Graph) viewFirewalls() {
	fill(g, viewFirewall, "AWS::NetworkFirewall::Firewall")
	fill(g, viewPolicy, "AWS::NetworkFirewall::FirewallPolicy")
	fill(g, viewRuleGroup, "AWS::NetworkFirewall::RuleGroup")
}

func viewFirewall(d *reader) *Firewall {
	f := &Firewall{
		Resource: d.r, VPC: d.link("VpcId"), Gateway: d.link("TransitGatewayId"),
		Zones: d.firewallZones(), Policy: d.link("FirewallPolicyArn"),
	}
	for _, p := range d.items("SubnetMappings") {
		f.Subnets = append(f.Subnets, d.link(p+"SubnetId"))
	}
	f.Unknown = d.unknown
	return f
}

// viewPolicy reads "AWS::NetworkFirewall::FirewallPolicy". References to rule
// groups are in order of priority; without strict order their order as written
// counts.
func viewPolicy(d *reader) *FirewallPolicy {
	const p = "FirewallPolicy/"
	f := &FirewallPolicy{
		Resource:         d.r,
		StatelessDefault: d.texts(p + "StatelessDefaultActions"),
		FragmentDefault:  d.texts(p + "StatelessFragmentDefaultActions"),
		StatefulDefault:  d.texts(p + "StatefulDefaultActions"),
		StrictOrder:      d.text(p+"StatefulEngineOptions/RuleOrder", "DEFAULT_ACTION_ORDER") == "STRICT_ORDER",
		HomeNet:          d.prefixes(p + "PolicyVariables/RuleVariables/HOME_NET/Definition"),
	}
	f.StatelessGroups, _ = d.groupReferences(p + "StatelessRuleGroupReferences")
	f.StatefulGroups, f.StatefulPriorities = d.groupReferences(p + "StatefulRuleGroupReferences")
	f.Unknown = d.unknown
	return f
}

func (d *reader) groupReferences(path string) (links []Link, priorities []int) {
	type reference struct {
		link     Link
		priority int
	}
	var refs []reference
	for _, p := range d.items(path) {
		refs = append(refs, reference{d.link(p + "ResourceArn"), d.integer(p+"Priority", 0)})
	}
	slices.SortStableFunc(refs, func(a, b reference) int { return cmp.Compare(a.priority, b.priority) })
	for _, r := range refs {
		links, priorities = append(links, r.link), append(priorities, r.priority)
	}
	return links, priorities
}

// prefixes returns the readable ranges of a list; the others are noted.
func (d *reader) prefixes(path string) []netip.Prefix {
	var out []netip.Prefix
	for i, v := range d.list(path) {
		if p, ok := prefixOf(d.follow(v, 0)); ok {
			out = append(out, p)
		} else if !v.IsAbsent() {
			d.note(v, join(path, itoa(i)), "a CIDR range")
		}
	}
	return out
}

// viewRuleGroup reads "AWS::NetworkFirewall::RuleGroup".
func viewRuleGroup(d *reader) *RuleGroup {
	const p = "RuleGroup/"
	const source = p + "RulesSource/"
	g := &RuleGroup{
		Resource:     d.r,
		StatefulType: d.text("Type", "STATEFUL") == "STATEFUL",
		StrictOrder:  d.text(p+"StatefulRuleOptions/RuleOrder", "DEFAULT_ACTION_ORDER") == "STRICT_ORDER",
		HomeNet:      d.prefixes(p + "RuleVariables/IPSets/HOME_NET/Definition"),
	}
	sets := d.ruleSets(p + "RuleVariables/")
	g.Rules = d.text(source+"RulesString", "")
	g.Stateful = d.suricata(source+"RulesString", g.Rules, sets)
	if v := d.get(source + "RulesSourceList"); !v.IsAbsent() {
		const list = source + "RulesSourceList/"
		g.Domains = d.texts(list + "Targets")
		g.DomainTypes = d.texts(list + "TargetTypes")
		kind := d.text(list+"GeneratedRulesType", "")
		g.DomainAllow = strings.HasPrefix(kind, "ALLOW")
		if kind == "" {
			d.note(value.Value{}, list+"GeneratedRulesType", "ALLOWLIST or DENYLIST")
		}
	}
	for _, q := range d.items(source + "StatefulRules") {
		g.Stateful = append(g.Stateful, d.statefulRule(strings.TrimSuffix(q, "/"), sets))
	}
	const stateless = source + "StatelessRulesAndCustomActions/StatelessRules"
	for _, q := range d.items(stateless) {
		g.Stateless = append(g.Stateless, d.statelessRule(strings.TrimSuffix(q, "/")))
	}
	slices.SortStableFunc(g.Stateless, func(a, b StatelessRule) int { return cmp.Compare(a.Priority, b.Priority) })
	g.Unknown = d.unknown
	return g
}

// statefulRule reads one 5-tuple rule ("StatefulRule", "Header").
func (d *reader) statefulRule(path string, sets ruleSets) StatefulRule {
	own := &reader{g: d.g, r: d.r}
	h := path + "/Header/"
	r := StatefulRule{
		Action:    strings.ToUpper(own.text(path+"/Action", "")),
		Protocol:  strings.ToUpper(own.text(h+"Protocol", "IP")),
		Direction: strings.ToUpper(own.text(h+"Direction", "FORWARD")),
		Property:  path,
	}
	r.Source, r.SourceNegated, r.SourceText = ruleEndpoint(own.text(h+"Source", "ANY"), sets)
	r.Destination, r.DestNegated, r.DestinationText = ruleEndpoint(own.text(h+"Destination", "ANY"), sets)
	r.SourcePorts = own.portList(h+"SourcePort", sets)
	r.DestinationPorts = own.portList(h+"DestinationPort", sets)
	for _, o := range own.items(path + "/RuleOptions") {
		option := own.text(o+"Keyword", "")
		if s := own.texts(o + "Settings"); len(s) > 0 {
			option += ":" + strings.Join(s, ",")
		}
		r.Options = append(r.Options, option)
	}
	r.Options, r.Names = ruleNames(r.Options)
	if len(own.unknown) > 0 {
		r.Unknown = own.unknown[0]
	}
	return r
}

// portList reads the ports of a rule.
func (d *reader) portList(path string, sets ruleSets) []PortRange {
	s := d.text(path, "ANY")
	out, ok := rulePorts(s, sets)
	if !ok {
		d.note(value.OfString(s), path, "ANY, a port or a range such as 1024:65535")
	}
	return out
}

func parsePorts(s string) (PortRange, bool) {
	lo, hi, isRange := strings.Cut(s, ":")
	if !isRange {
		hi = lo
	} else if hi == "" {
		hi = "65535"
	}
	a, err1 := strconv.ParseUint(strings.TrimSpace(lo), 10, 16)
	b, err2 := strconv.ParseUint(strings.TrimSpace(hi), 10, 16)
	return PortRange{uint16(a), uint16(b)}, err1 == nil && err2 == nil && a <= b
}

// statelessRule reads one stateless rule ("StatelessRule", "MatchAttributes").
// An absent attribute matches everything.
func (d *reader) statelessRule(path string) StatelessRule {
	own := &reader{g: d.g, r: d.r}
	m := path + "/RuleDefinition/MatchAttributes/"
	r := StatelessRule{
		Priority: own.integer(path+"/Priority", 0),
		Actions:  own.texts(path + "/RuleDefinition/Actions"),
		Property: path,
	}
	for i := range own.list(m + "Protocols") {
		r.Protocols = append(r.Protocols, own.integer(join(m+"Protocols", itoa(i)), 0))
	}
	r.Source = own.definitions(m + "Sources")
	r.Destination = own.definitions(m + "Destinations")
	r.SourcePorts = own.portRanges(m + "SourcePorts")
	r.DestinationPorts = own.portRanges(m + "DestinationPorts")
	if flags := own.get(m + "TCPFlags"); flags.Len() > 0 {
		own.note(flags, m+"TCPFlags", "a rule without TCP flags")
	}
	if len(own.unknown) > 0 {
		r.Unknown = own.unknown[0]
	}
	return r
}

func (d *reader) definitions(path string) []netip.Prefix {
	if d.get(path).Len() == 0 && !d.get(path).IsUnknown() {
		return []netip.Prefix{allIPv4, allIPv6}
	}
	var out []netip.Prefix
	for _, q := range d.items(path) {
		if p := d.prefix(q + "AddressDefinition"); p.IsValid() {
			out = append(out, p)
		}
	}
	return out
}

func (d *reader) portRanges(path string) []PortRange {
	if d.get(path).Len() == 0 && !d.get(path).IsUnknown() {
		return []PortRange{{0, math.MaxUint16}}
	}
	var out []PortRange
	for _, q := range d.items(path) {
		lo, _, why1 := d.number16(q + "FromPort")
		hi, _, why2 := d.number16(q + "ToPort")
		if why := present(why1, why2); len(why) > 0 {
			d.unknown = append(d.unknown, why...)
			continue
		}
		out = append(out, PortRange{lo, hi})
	}
	return out
}
