package privateaccessonly

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings about names.
const (
	CodePublicName     = "PRIVATE_NAME_PUBLIC"
	CodePublicAddress  = "PUBLIC_NAME_PRIVATE_ADDRESS"
	CodeRecordHidden   = "RECORD_ZONE_UNKNOWN"
	CodeZoneShared     = "PRIVATE_ZONE_SHARED"
	CodeZoneHidden     = "PRIVATE_ZONE_UNKNOWN"
	CodeZonePublic     = "PRIVATE_ZONE_PUBLIC"
	CodeNotInside      = "PRIVATE_NAME_MISSING"
	CodeForwarded      = "PRIVATE_NAME_FORWARDED"
	CodeNoResolver     = "RESOLVER_MISSING"
	CodeResolverHidden = "RESOLVER_UNKNOWN"
)

// record is a record of a zone, from either of CloudFormation's types.
type record struct {
	at       *resource.Resource
	property string // of the record, with a slash at its end, or empty
	name     value.Value
	zone     *resource.Resource // nil: not in the graph
	props    value.Value
}

// names looks at records, zones, and who is asked.
func (c *checker) names() {
	records := c.records()
	for _, r := range records {
		c.record(r)
	}
	c.zones()
	c.shared()
	c.forwarded()
	inside := c.insideNames(records)
	for _, a := range c.apps {
		c.resolves(a, inside)
	}
	for _, site := range c.sites {
		c.resolver(site)
	}
}

func (c *checker) records() []record {
	var all []record
	for _, r := range c.in.Graph.OfType("AWS::Route53::RecordSet") {
		all = append(all, record{r, "", r.Props.Get("Name"), c.zoneOf(r.Props), r.Props})
	}
	for _, r := range c.in.Graph.OfType("AWS::Route53::RecordSetGroup") {
		for i, s := range r.Props.Get("RecordSets").Items() {
			zone := c.zoneOf(s)
			if zone == nil {
				zone = c.zoneOf(r.Props)
			}
			all = append(all, record{r, "RecordSets/" + strconv.Itoa(i) + "/", s.Get("Name"), zone, s})
		}
	}
	return all
}

func (c *checker) zoneOf(props value.Value) *resource.Resource {
	ref, _ := props.Get("HostedZoneId").Ref()
	if z := c.in.Graph.Get(ref.To); z != nil && z.Type == "AWS::Route53::HostedZone" {
		return z
	}
	return nil
}

// privateZone says whether a hosted zone answers VPCs only ("AWS::Route53::HostedZone").
func privateZone(z *resource.Resource) bool { return z.Props.Get("VPCs").Len() > 0 }

// literal returns a domain name as it is compared.
func literal(v value.Value) string { return strings.ToLower(strings.TrimSuffix(v.Text(), ".")) }

// record judges a record that is not in a private zone.
func (c *checker) record(r record) {
	if r.zone != nil && privateZone(r.zone) {
		return
	}
	name := literal(r.name)
	a, private := c.privateName(name)
	inside, where := c.leadsInside(r)
	scope := c.in.ScopeOf(r.at)
	if private {
		scope = proof.Scope(a.Name)
	}
	if _, ok := c.sites[string(scope)]; ok {
		c.tally.Check(scope, 1)
	}
	f := proof.Finding{At: r.at.Addr, Property: r.property + "Name", Fix: "Put the record into the environment's private zone, or take it away."}
	switch {
	case !private && !inside:
		return
	case r.zone == nil:
		f.Code = CodeRecordHidden
		f.Message = fmt.Sprintf("%s names %s, and whether its zone is private is not known.", c.in.Name(r.at), name)
		f.Fix = "Name a zone of these templates by HostedZoneId."
		c.tally.Doubt(scope, f)
		return
	case private:
		f.Code = CodePublicName
		f.Message = fmt.Sprintf("%s gives %s, which a private application has, in a public zone.", c.in.Name(r.at), name)
	default:
		f.Code, f.Property = CodePublicAddress, r.property+where
		f.Message = fmt.Sprintf("%s tells the internet where something inside is: %s.", c.in.Name(r.at), name)
	}
	c.tally.Refute(scope, f)
}

// privateName says whether a name, which may begin with a wildcard, is one of a
// private application or of services among themselves, and of which site.
func (c *checker) privateName(name string) (estate.Site, bool) {
	if a, ok := c.named[name]; ok {
		return a.site, true
	}
	if below, wild := strings.CutPrefix(name, "*."); wild {
		for _, a := range c.apps {
			if strings.HasSuffix(a.host, "."+below) {
				return a.site, true
			}
		}
	}
	for _, s := range c.sites {
		if zone := c.in.Estate.ServiceZone(s); name == zone || strings.HasSuffix(name, "."+zone) {
			return s, true
		}
	}
	return estate.Site{}, false
}

// leadsInside says whether a record's target is something inside, and which
// property says so: a private address, an internal balancer, an interface
// endpoint, or a name that one of these has.
func (c *checker) leadsInside(r record) (bool, string) {
	for i, v := range r.props.Get("ResourceRecords").Items() {
		if c.insideTarget(v) {
			return true, "ResourceRecords/" + strconv.Itoa(i)
		}
	}
	return c.insideTarget(r.props.Path("AliasTarget/DNSName")), "AliasTarget/DNSName"
}

func (c *checker) insideTarget(v value.Value) bool {
	text := literal(v)
	if a, err := netip.ParseAddr(text); err == nil {
		return a.IsPrivate() || c.in.Estate.Network.Supernet.Contains(a)
	}
	if _, private := c.privateName(text); private || strings.HasPrefix(text, "internal-") && strings.HasSuffix(text, ".elb.amazonaws.com") {
		return true
	}
	parts := []value.Value{v}
	if v.Kind() == value.Concat {
		parts = v.Items()
	}
	return slices.ContainsFunc(parts, func(p value.Value) bool {
		ref, _ := p.Ref()
		to := c.in.Graph.Get(ref.To)
		if to == nil {
			return false
		}
		if b := resource.View[resource.LoadBalancer](c.in.Graph, to.Addr); b != nil {
			return b.Scheme == "internal"
		}
		e := resource.View[resource.VPCEndpoint](c.in.Graph, to.Addr)
		return e != nil && e.Type == "Interface"
	})
}

// zones: a private zone answers the VPC of its own environment alone, and no
// public zone holds the names by which services find each other.
func (c *checker) zones() {
	for _, z := range c.in.Graph.OfType("AWS::Route53::HostedZone") {
		if privateZone(z) {
			for i, v := range z.Props.Get("VPCs").Items() {
				c.zoneVPC(z, v.Get("VPCId"), "VPCs/"+strconv.Itoa(i)+"/VPCId")
			}
		} else if site, private := c.privateName(literal(z.Props.Get("Name"))); private {
			c.publicZone(z, site)
		}
	}
	for _, z := range c.in.Graph.OfType("AWS::ServiceDiscovery::PrivateDnsNamespace") {
		c.zoneVPC(z, z.Props.Get("Vpc"), "Vpc")
	}
	for _, z := range c.in.Graph.OfType("AWS::ServiceDiscovery::PublicDnsNamespace") {
		if site, ok := c.siteOf(z); ok {
			c.publicZone(z, site)
		}
	}
}

func (c *checker) publicZone(z *resource.Resource, site estate.Site) {
	c.tally.Check(proof.Scope(site.Name), 1)
	c.tally.Refute(proof.Scope(site.Name), proof.Finding{Code: CodeZonePublic, At: z.Addr, Property: "Name",
		Message: fmt.Sprintf("%s answers the internet for private names: %s.", c.in.Name(z), literal(z.Props.Get("Name"))),
		Fix:     "Make it a private zone of the environment's VPC."})
}

func (c *checker) zoneVPC(z *resource.Resource, v value.Value, property string) {
	site, ok := c.siteOf(z)
	if !ok {
		return
	}
	scope := proof.Scope(site.Name)
	c.tally.Check(scope, 1)
	f := proof.Finding{Code: CodeZoneShared, At: z.Addr, Property: property, Fix: "Associate it with the environment's own VPC alone."}
	ref, isRef := v.Ref()
	vpc := c.in.Graph.Get(ref.To)
	switch {
	case !isRef || vpc == nil:
		f.Code, f.Message = CodeZoneHidden, fmt.Sprintf("Which VPC %s answers is not known: it names %s.", c.in.Name(z), v)
		c.tally.Doubt(scope, f)
	case c.in.ScopeOf(vpc) != scope:
		f.Message = fmt.Sprintf("%s also answers %s, which is not of %s.", c.in.Name(z), c.in.Name(vpc), site.Name)
		c.tally.Refute(scope, f)
	}
}

// shared: a Route 53 Profile takes a zone to every VPC that it is associated
// with, in any account that it is shared with ("What are Amazon Route 53
// Profiles?").
func (c *checker) shared() {
	for _, r := range c.in.Graph.OfType("AWS::Route53Profiles::ProfileResourceAssociation") {
		for e := range c.in.Graph.Edges(r.Addr) {
			z := c.in.Graph.Get(e.To)
			site, ok := c.siteOf(z)
			if !ok || z.Type != "AWS::Route53::HostedZone" || !privateZone(z) {
				continue
			}
			c.tally.Refute(proof.Scope(site.Name), proof.Finding{Code: CodeZoneShared, At: r.Addr, Property: e.Property,
				Message: fmt.Sprintf("%s shares %s with every VPC that has the profile.", c.in.Name(r), c.in.Name(z)),
				Fix:     "Keep the zone to its environment's VPC; a service of another environment has no way to it in any case."})
		}
	}
}

// forwarded: a rule that forwards counts before a private zone of the same name
// ("Forwarding rules", Amazon Route 53 Developer Guide).
func (c *checker) forwarded() {
	for _, r := range c.in.Graph.OfType("AWS::Route53Resolver::ResolverRule") {
		site, ok := c.siteOf(r)
		if !ok || r.Props.Get("RuleType").Text() != "FORWARD" {
			continue
		}
		c.tally.Check(proof.Scope(site.Name), 1)
		domain := literal(r.Props.Get("DomainName"))
		if zone := c.in.Estate.Zone(site); domain == zone || strings.HasSuffix(domain, "."+zone) {
			c.tally.Refute(proof.Scope(site.Name), proof.Finding{Code: CodeForwarded, At: r.Addr, Property: "DomainName",
				Message: fmt.Sprintf("%s asks others about %s, which is %s's own.", c.in.Name(r), domain, site.Name),
				Fix:     "Take the rule away."})
		}
	}
}

// aName is a name in a private zone of a site.
type aName struct {
	scope proof.Scope
	name  string
}

// insideNames returns the names of private zones that lead to the balancers of
// their own sites.
func (c *checker) insideNames(records []record) map[aName]bool {
	all := map[aName]bool{}
	for _, r := range records {
		if r.zone == nil || !privateZone(r.zone) {
			continue
		}
		scope := c.in.ScopeOf(r.zone)
		if c.leadsTo(r, estate.PartID{Environment: string(scope), Name: estate.PartBalancer}) {
			all[aName{scope, literal(r.name)}] = true
		}
	}
	return all
}

// resolves: a private application's name is in a private zone of its
// environment, and leads to a balancer.
func (c *checker) resolves(a app, inside map[aName]bool) {
	scope := proof.Scope(a.site.Name)
	c.tally.Check(scope, 1)
	_, parent, _ := strings.Cut(a.host, ".")
	if inside[aName{scope, a.host}] || inside[aName{scope, "*." + parent}] {
		return
	}
	c.tally.Refute(scope, proof.Finding{Code: CodeNotInside, At: c.first(estate.PartID{Environment: a.site.Name, Name: estate.PartBalancer}), Property: "DNSName", Part: a.id,
		Message: fmt.Sprintf("No private zone of %s gives %s, so that the tunnel's clients do not find %s.", a.site.Name, a.host, a.id),
		Fix:     "Add an alias record for the balancer to the environment's private zone."})
}

// leadsTo says whether a record is an alias of a part.
func (c *checker) leadsTo(r record, id estate.PartID) bool {
	target := r.props.Path("AliasTarget/DNSName")
	parts := []value.Value{target}
	if target.Kind() == value.Concat { // dualstack.NAME
		parts = target.Items()
	}
	return slices.ContainsFunc(parts, func(p value.Value) bool {
		ref, ok := p.Ref()
		return ok && c.in.PartOf(ref.To) == id
	})
}

// resolver: an inbound endpoint with addresses in two subnets at least answers
// the tunnel ("Inbound endpoint", at least two addresses).
func (c *checker) resolver(site estate.Site) {
	scope, id := proof.Scope(site.Name), estate.PartID{Environment: site.Name, Name: estate.PartResolver}
	c.tally.Check(scope, 1)
	const least = 2
	for _, a := range c.in.Parts.Members[id] {
		r := c.in.Graph.Get(a)
		if r.Type != "AWS::Route53Resolver::ResolverEndpoint" {
			continue
		}
		direction := r.Props.Get("Direction")
		zones := map[string]bool{}
		for _, ip := range r.Props.Get("IpAddresses").Items() {
			ref, _ := ip.Get("SubnetId").Ref()
			if s := resource.View[resource.Subnet](c.in.Graph, ref.To); s != nil {
				zones[s.Zone] = true
			}
		}
		f := proof.Finding{Code: CodeNoResolver, At: r.Addr, Property: "Direction", Part: id, Fix: "Set Direction to INBOUND, with addresses in subnets of at least two Availability Zones."}
		switch {
		case direction.FirstUnknown() != nil:
			f.Code, f.Message = CodeResolverHidden, fmt.Sprintf("Whether %s answers the tunnel is not known: %s.", c.in.Name(r), direction.FirstUnknown().Error())
			c.tally.Doubt(scope, f)
		case direction.Text() != "INBOUND":
			f.Message = fmt.Sprintf("%s answers nobody: its direction is %s.", c.in.Name(r), direction.Text())
			c.tally.Refute(scope, f)
		case len(zones) < least:
			f.Property, f.Message = "IpAddresses", fmt.Sprintf("%s has addresses in one Availability Zone only, with which private names would be lost.", c.in.Name(r))
			c.tally.Refute(scope, f)
		}
	}
}

// first returns the first member of a part.
func (c *checker) first(id estate.PartID) addr.Address {
	for _, a := range c.in.Parts.Members[id] {
		return a
	}
	return addr.Address{}
}
