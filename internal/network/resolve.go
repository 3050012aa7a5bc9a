package network

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Resolution is what a name means to those who ask in a VPC. Classes are where
// it leads; none, and it leads nowhere. By is the zone, rule or endpoint that
// answers, zero for the internet's own names. Why is set where the answer is
// not known, and Text says it in words.
type Resolution struct {
	Classes []ClassID
	By      addr.Address
	Text    string
	Why     *value.Reason
}

// responder is what answers for a domain in a VPC, and all names below it.
type responder struct {
	domain string
	at     *resource.Resource
	rank   int // of responders for one domain the lower counts
	why    *value.Reason
	// records answers for a name; nil: a rule, which asks others.
	records func(name string) (values []value.Value, found bool)
	direct  []ClassID // the endpoint's own
}

// Ranks of responders for one domain: a Resolver rule counts before a private
// zone, and what is associated with the VPC itself before what a profile brings.
const (
	rankRule = iota
	rankZone
	rankProfile
)

// Resolve answers a name for those in a VPC, as the Route 53 Resolver does
// ("Considerations when working with a private hosted zone"): the responder of
// the most specific domain counts; a private zone that has no such record says
// that there is none; what nobody inside answers for is a name of the internet.
func (n *Network) Resolve(vpc addr.Address, name string) Resolution {
	v := n.vpcAt[vpc]
	name = domainName(name)
	switch {
	case v == nil || name == "":
		return Resolution{Why: unknownLink(resource.Link{To: vpc}, vpc, "VPC"), Text: "asked in a VPC that is not known"}
	case v.view.DNSSupport == resource.No:
		why := &value.Reason{Code: "UNKNOWN_RESOURCE", At: vpc, Property: "EnableDnsSupport", Text: "the VPC's resolver is switched off, and what else answers is not in the graph"}
		return Resolution{By: vpc, Why: why, Text: "not answered by the VPC, whose resolver is switched off"}
	}
	return n.resolve(v, name, 0)
}

// maxAliases bounds how many names lead on to another.
const maxAliases = 8

func (n *Network) resolve(v *vpc, name string, depth int) Resolution {
	if depth > maxAliases {
		why := &value.Reason{Code: "UNKNOWN_DESTINATION", At: v.addr, Text: "the name leads on to another too often"}
		return Resolution{Why: why, Text: "one that leads on to another too often"}
	}
	best := n.responder(v, name)
	if best == nil {
		return n.public(v, name, depth)
	}
	r := Resolution{By: best.at.Addr}
	switch {
	case best.why != nil:
		r.Why, r.Text = best.why, "one of "+best.domain+", which may be answered here"
	case best.direct != nil:
		r.Classes, r.Text = best.direct, "the private name of the endpoint"
	case best.records == nil:
		r.Why = &value.Reason{Code: "UNKNOWN_DESTINATION", At: best.at.Addr, Text: "the Resolver rule for " + best.domain + " asks name servers that are not in the graph"}
		r.Text = "one that a Resolver rule for " + best.domain + " asks others about"
	default:
		values, found := best.records(name)
		if !found {
			r.Text = "none: the private zone " + best.domain + " has no such record"
			return r
		}
		n.follow(v, &r, values, depth)
		r.Text = "a record of the private zone " + best.domain
	}
	return r
}

// responder returns what answers for a name in a VPC, or nil.
func (n *Network) responder(v *vpc, name string) *responder {
	var all []responder
	add := func(r responder) {
		if r.domain != "" && (name == r.domain || strings.HasSuffix(name, "."+r.domain)) {
			all = append(all, r)
		}
	}
	both := least(v.view.DNSSupport, v.view.DNSHostnames)
	if n.options.Mutant == PrivateNamesWithoutAttributes {
		both = resource.Yes
	}
	private := func(r responder) { // what needs both of the VPC's attributes
		switch {
		case both == resource.No:
			return
		case both == resource.Perhaps && r.why == nil:
			r.why = firstReason(v.view.Unknown, v.addr, "whether the VPC answers private names is not known")
		}
		add(r)
	}
	for _, rule := range n.rules(v) {
		add(rule)
	}
	for _, zone := range n.zones(v) {
		private(zone)
	}
	for _, e := range resource.Views[resource.VPCEndpoint](n.graph) {
		if e.VPC.To != v.addr || e.Type != "Interface" || e.PrivateDNS == resource.No {
			continue
		}
		r := responder{domain: serviceDomain(e.Service), at: e.Resource, rank: rankZone, direct: n.ClassesOf(e.Addr)}
		if e.PrivateDNS == resource.Perhaps {
			r.why = firstReason(e.Unknown, e.Addr, "whether the endpoint has a private name is not known")
		}
		private(r)
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b responder) int {
		specific := cmp.Compare(len(b.domain), len(a.domain))
		if n.options.Mutant == WidestZoneWins {
			specific = -specific
		}
		rank := cmp.Compare(a.rank, b.rank)
		if n.options.Mutant == ZonesBeatRules {
			rank = -rank
		}
		return cmp.Or(specific, rank, a.at.Addr.Compare(b.at.Addr))
	})
	return &all[0]
}

// rules returns the Resolver rules that a VPC is associated with. A SYSTEM rule
// takes names back from a wider rule ("Resolver rules").
func (n *Network) rules(v *vpc) []responder {
	var out []responder
	add := func(rule *resource.Resource, rank int, why *value.Reason) {
		if rule == nil || rule.Type != "AWS::Route53Resolver::ResolverRule" || rule.Props.Get("RuleType").Text() == "SYSTEM" {
			return
		}
		out = append(out, responder{domain: domainName(rule.Props.Get("DomainName").Text()), at: rule, rank: rank, why: why})
	}
	for _, a := range n.graph.OfType("AWS::Route53Resolver::ResolverRuleAssociation") {
		if ref, _ := a.Props.Get("VPCId").Ref(); ref.To == v.addr {
			ref, _ := a.Props.Get("ResolverRuleId").Ref()
			add(n.graph.Get(ref.To), rankRule, a.Conditional)
		}
	}
	for _, r := range n.profiled(v) {
		add(r, rankRule, nil)
	}
	return out
}

// profiled returns what the Route 53 Profile of a VPC brings to it.
func (n *Network) profiled(v *vpc) []*resource.Resource {
	var out []*resource.Resource
	for _, a := range n.graph.OfType("AWS::Route53Profiles::ProfileAssociation") {
		profile, _ := a.Props.Get("ProfileId").Ref()
		if ref, _ := a.Props.Get("ResourceId").Ref(); ref.To != v.addr || profile.To.IsZero() {
			continue
		}
		for _, b := range n.graph.OfType("AWS::Route53Profiles::ProfileResourceAssociation") {
			if ref, _ := b.Props.Get("ProfileId").Ref(); ref.To != profile.To {
				continue
			}
			for e := range n.graph.Edges(b.Addr) {
				if r := n.graph.Get(e.To); r != nil && e.To != profile.To {
					out = append(out, r)
				}
			}
		}
	}
	return out
}

// zones returns the private zones that answer a VPC: hosted zones and Cloud
// Map's namespaces.
func (n *Network) zones(v *vpc) []responder {
	var out []responder
	add := func(z *resource.Resource, rank int, why *value.Reason) {
		out = append(out, responder{domain: domainName(z.Props.Get("Name").Text()), at: z, rank: rank, why: why,
			records: func(name string) ([]value.Value, bool) { return n.records(z, name) }})
	}
	for _, z := range n.graph.OfType("AWS::Route53::HostedZone") {
		for _, of := range z.Props.Get("VPCs").Items() {
			if ref, ok := of.Get("VPCId").Ref(); ok && ref.To == v.addr {
				add(z, rankZone, z.Conditional)
			} else if why := of.Get("VPCId").FirstUnknown(); why != nil {
				add(z, rankProfile, why)
			}
		}
	}
	for _, r := range n.profiled(v) {
		if r.Type == "AWS::Route53::HostedZone" {
			add(r, rankProfile, nil)
		}
	}
	for _, z := range n.graph.OfType("AWS::ServiceDiscovery::PrivateDnsNamespace") {
		if ref, _ := z.Props.Get("Vpc").Ref(); ref.To == v.addr {
			add(z, rankZone, z.Conditional)
		}
	}
	return out
}

// records returns the values of a zone's record of a name: of the name itself,
// or else of the nearest wildcard.
func (n *Network) records(z *resource.Resource, name string) ([]value.Value, bool) {
	byName := map[string][]value.Value{}
	add := func(props value.Value, zone value.Value) {
		ref, _ := zone.Ref()
		if ref.To != z.Addr && (zone.Text() == "" || domainName(zone.Text()) != domainName(z.Props.Get("Name").Text())) {
			return
		}
		key := domainName(props.Get("Name").Text())
		if alias := props.Path("AliasTarget/DNSName"); !alias.IsAbsent() {
			byName[key] = append(byName[key], alias)
		}
		byName[key] = append(byName[key], props.Get("ResourceRecords").Items()...)
	}
	for _, r := range n.graph.OfType("AWS::Route53::RecordSet") {
		add(r.Props, zoneOf(r.Props))
	}
	for _, r := range n.graph.OfType("AWS::Route53::RecordSetGroup") {
		for _, s := range r.Props.Get("RecordSets").Items() {
			zone := zoneOf(s)
			if zone.IsAbsent() {
				zone = zoneOf(r.Props)
			}
			add(s, zone)
		}
	}
	for _, s := range n.graph.OfType("AWS::ServiceDiscovery::Service") {
		ns, _ := s.Props.Get("NamespaceId").Ref()
		if ns.To.IsZero() {
			ns, _ = s.Props.Path("DnsConfig/NamespaceId").Ref()
		}
		if ns.To == z.Addr {
			key := domainName(s.Props.Get("Name").Text() + "." + z.Props.Get("Name").Text())
			byName[key] = append(byName[key], n.registered(s)...)
		}
	}
	if values, ok := byName[name]; ok {
		return values, true
	}
	for rest := name; ; {
		_, parent, more := strings.Cut(rest, ".")
		if !more {
			return nil, false
		}
		if values, ok := byName["*."+parent]; ok {
			return values, true
		}
		rest = parent
	}
}

// registered returns who registers in a service of Cloud Map.
func (n *Network) registered(s *resource.Resource) []value.Value {
	var out []value.Value
	for _, r := range n.graph.OfType("AWS::ECS::Service") {
		for _, reg := range r.Props.Get("ServiceRegistries").Items() {
			if ref, _ := reg.Get("RegistryArn").Ref(); ref.To == s.Addr {
				out = append(out, value.OfSymbol(value.Ref{To: r.Addr, Attr: "Ref"}))
			}
		}
	}
	return out
}

func zoneOf(props value.Value) value.Value {
	if z := props.Get("HostedZoneId"); !z.IsAbsent() {
		return z
	}
	return props.Get("HostedZoneName")
}

// follow finds where the values of a record lead: to an address, to a resource
// whose name it is, or to another name.
func (n *Network) follow(v *vpc, r *Resolution, values []value.Value, depth int) {
	for _, val := range values {
		parts := []value.Value{val}
		if val.Kind() == value.Concat { // dualstack.NAME
			parts = val.Items()
		}
		found := false
		for _, p := range parts {
			if ref, ok := p.Ref(); ok {
				for _, id := range n.ClassesOf(ref.To) {
					r.Classes, found = append(r.Classes, n.named(id)), true
				}
			}
		}
		switch text := val.Text(); {
		case found:
		case text == "":
			r.Why = firstReason(present(val.FirstUnknown()), r.By, "where the record leads is not in the graph")
		default:
			if a, err := netip.ParseAddr(text); err == nil {
				ids := n.ClassForPrefix(netip.PrefixFrom(a, a.BitLen()))
				if len(ids) == 0 {
					r.Why = &value.Reason{Code: "UNKNOWN_DESTINATION", At: r.By, Text: fmt.Sprintf("no interface of the graph has the address %s", a)}
				}
				r.Classes = append(r.Classes, ids...)
				continue
			}
			on := n.resolve(v, domainName(text), depth+1)
			r.Classes = append(r.Classes, on.Classes...)
			if on.Why != nil {
				r.Why = on.Why
			}
		}
	}
	slices.Sort(r.Classes)
	r.Classes = slices.Compact(r.Classes)
}

// named is where the name of a resource leads: of a balancer that faces the
// internet to its public addresses, from inside too.
func (n *Network) named(id ClassID) ClassID {
	if c := &n.classes[id]; len(c.Members) > 0 && c.Members[0].Kind == resource.EndBalancer && c.Members[0].Public == resource.Yes {
		return Internet
	}
	return id
}

// public answers for a name that nobody inside answers for: a service that a
// gateway endpoint leads to, a record of a public zone of the graph, or anything
// else on the internet.
func (n *Network) public(v *vpc, name string, depth int) Resolution {
	for _, service := range slices.Sorted(maps.Keys(n.services)) {
		if d := serviceDomain(service); d != "" && (name == d || strings.HasSuffix(name, "."+d)) {
			return Resolution{Classes: []ClassID{n.services[service].class}, Text: "the name of a service that a gateway endpoint leads to"}
		}
	}
	var best *resource.Resource
	for _, z := range n.graph.OfType("AWS::Route53::HostedZone") {
		d := domainName(z.Props.Get("Name").Text())
		if z.Props.Get("VPCs").Len() > 0 || d == "" || name != d && !strings.HasSuffix(name, "."+d) {
			continue
		}
		if best == nil || len(d) > len(domainName(best.Props.Get("Name").Text())) {
			best = z
		}
	}
	if best != nil {
		if values, found := n.records(best, name); found {
			r := Resolution{By: best.Addr, Text: "a record of a public zone"}
			n.follow(v, &r, values, depth)
			if len(r.Classes) > 0 {
				return r
			}
		}
	}
	return Resolution{Classes: []ClassID{Internet}, Text: "a name of the internet"}
}

func domainName(s string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(s), "."))
}

// serviceDomain is the domain below which the names of an AWS service are: of
// com.amazonaws.ap-southeast-2.ecr.api, api.ecr.ap-southeast-2.amazonaws.com.
func serviceDomain(service string) string {
	parts := strings.Split(service, ".")
	if len(parts) < 4 || parts[0] != "com" || parts[1] != "amazonaws" {
		return ""
	}
	name := slices.Clone(parts[3:])
	slices.Reverse(name)
	return strings.ToLower(strings.Join(name, ".") + "." + parts[2] + ".amazonaws.com")
}
