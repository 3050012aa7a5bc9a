package egressinspected

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings about DNS.
const (
	CodeNoDNSFirewall = "DNS_FIREWALL_MISSING"
	CodeDNSOpen       = "DNS_FIREWALL_DEFAULT_ALLOWS"
	CodeDNSUnknown    = "DNS_FIREWALL_UNKNOWN"
	CodeDNSUndeclared = "DNS_DOMAIN_NOT_DECLARED"
	CodeDNSMissing    = "DNS_DOMAIN_MISSING"
	CodeFailOpen      = "DNS_FIREWALL_FAILS_OPEN"
)

const association = "AWS::Route53Resolver::FirewallRuleGroupAssociation"

// names judges each VPC in which something asks for names: the Network
// Firewall does not see queries to the VPC's own resolver. Source: AWS Network
// Firewall Developer Guide, "Considerations"; Route 53 Developer Guide, "Using
// DNS Firewall to filter outbound DNS traffic".
func (c *checker) names() {
	groups := map[addr.Address]map[*resource.Resource]bool{} // VPC → rule groups
	unknown := map[addr.Address]*resource.Resource{}
	for _, a := range c.in.Graph.OfType(association) {
		vpc, ok := a.Props.Get("VpcId").Ref()
		if !ok {
			continue
		}
		ref, _ := a.Props.Get("FirewallRuleGroupId").Ref()
		g := c.in.Graph.Get(ref.To)
		if g == nil {
			unknown[vpc.To] = a
			continue
		}
		if groups[vpc.To] == nil {
			groups[vpc.To] = map[*resource.Resource]bool{}
		}
		groups[vpc.To][g] = true
	}
	judged := map[*resource.Resource]bool{}
	for vpc, asks := range c.askers() {
		r := c.in.Graph.Get(vpc)
		if r == nil || !asks {
			continue
		}
		scope := c.in.ScopeOf(r)
		c.tally.Check(scope, 1)
		switch {
		case len(groups[vpc]) > 0:
			for g := range groups[vpc] {
				if !judged[g] {
					judged[g] = true
					c.ruleGroup(g)
				}
			}
		case unknown[vpc] != nil:
			c.tally.Doubt(scope, proof.Finding{Code: CodeDNSUnknown, At: unknown[vpc].Addr, Property: "FirewallRuleGroupId",
				Message: fmt.Sprintf("The rule group that guards %s is in none of the templates.", c.in.Name(r)),
				Fix:     "Load the template of the rule group too."})
		default:
			c.tally.Refute(scope, proof.Finding{Code: CodeNoDNSFirewall, At: vpc, Property: "",
				Message: fmt.Sprintf("No DNS Firewall guards %s, so that data can leave in the names that are asked for.", c.in.Name(r)),
				Fix:     "Associate a rule group that blocks all but listed names with the VPC."})
		}
	}
	for _, r := range c.in.Graph.OfType("AWS::Route53Resolver::FirewallConfig") {
		if r.Props.Get("FirewallFailOpen").Text() == "ENABLED" {
			c.tally.Refute(c.in.ScopeOf(r), proof.Finding{Code: CodeFailOpen, At: r.Addr, Property: "FirewallFailOpen",
				Message: fmt.Sprintf("%s lets every name through when the DNS Firewall does not answer.", c.in.Name(r)),
				Fix:     "Set FirewallFailOpen to DISABLED."})
		}
	}
}

// askers returns the VPCs that hold an interface which may ask for names.
func (c *checker) askers() map[addr.Address]bool {
	asks := map[addr.Address]bool{}
	for _, i := range c.in.Graph.Interfaces() {
		if s := resource.View[resource.Subnet](c.in.Graph, i.Subnet.To); s != nil && !forwards(i.Kind) {
			asks[s.VPC.To] = true
		}
	}
	return asks
}

// ruleGroup judges a rule group: by ascending priority its rules have to end in
// one that blocks every name, and those before it have to list what is allowed.
func (c *checker) ruleGroup(g *resource.Resource) {
	scope := c.in.ScopeOf(g)
	c.tally.Check(scope, 1)
	rules := slices.Clone(g.Props.Get("FirewallRules").Items())
	slices.SortStableFunc(rules, func(a, b value.Value) int {
		x, _ := a.Get("Priority").Int()
		y, _ := b.Get("Priority").Int()
		return cmp.Compare(x, y)
	})
	var allowed []string
	for _, rule := range rules {
		list := c.list(rule)
		if list == nil {
			c.tally.Doubt(scope, proof.Finding{Code: CodeDNSUnknown, At: g.Addr, Property: "FirewallRules",
				Message: fmt.Sprintf("A rule of %s names a list of domains that is in none of the templates.", c.in.Name(g)),
				Fix:     "Load the template of the list too."})
			return
		}
		names := texts(list.Props.Get("Domains"))
		every := slices.ContainsFunc(names, func(n string) bool { return n == "*" || n == "*." })
		switch action := rule.Get("Action").Text(); {
		case action == "BLOCK" && every:
			c.listed(g, scope, allowed)
			return
		case action == "ALLOW" && every:
			c.open(g, scope, list)
			return
		case action == "ALLOW":
			allowed = append(allowed, names...)
			c.declared(scope, list, names)
		}
	}
	c.open(g, scope, nil)
}

func (c *checker) list(rule value.Value) *resource.Resource {
	ref, _ := rule.Get("FirewallDomainListId").Ref()
	return c.in.Graph.Get(ref.To)
}

func texts(v value.Value) []string {
	var all []string
	for _, i := range v.Items() {
		all = append(all, strings.ToLower(strings.TrimSuffix(i.Text(), ".")))
	}
	return all
}

func (c *checker) open(g *resource.Resource, scope proof.Scope, list *resource.Resource) {
	f := proof.Finding{Code: CodeDNSOpen, At: g.Addr, Property: "FirewallRules",
		Message: fmt.Sprintf("%s answers names that no rule lists: none of its rules blocks every other name.", c.in.Name(g)),
		Fix:     "End the rules with one that blocks a list of *."}
	if list != nil {
		f.At, f.Property = list.Addr, "Domains"
		f.Message = fmt.Sprintf("%s lets every name through.", c.in.Name(list))
		f.Fix = "List the names that are needed."
	}
	c.tally.Refute(scope, f)
}

// declared compares the names that a list allows with the estate's.
func (c *checker) declared(scope proof.Scope, list *resource.Resource, names []string) {
	if c.in.Estate == nil {
		return
	}
	for i, n := range names {
		c.tally.Check(scope, 1)
		if c.needed(scope, n) {
			continue
		}
		c.tally.Refute(scope, proof.Finding{Code: CodeDNSUndeclared, At: list.Addr, Property: fmt.Sprintf("Domains/%d", i),
			Intent:  c.in.Estate.Pos("network/allow-egress"),
			Message: fmt.Sprintf("The DNS Firewall answers %s, which is neither in network.allow-egress nor a name that the platform needs.", n),
			Fix:     "Take it out of the list, or list it in the estate file."})
	}
}

// needed says whether the estate or the closed list of
// docs/claims/egress-inspected.md has a name: the domains of allow-egress, those
// that are forwarded, the estate's own, AWS's names in the scope's Region, and
// those that the tunnel asks for before it dials.
func (c *checker) needed(scope proof.Scope, name string) bool {
	bare := strings.TrimPrefix(name, "*.")
	e := c.in.Estate
	region := e.RegionOf(string(scope))
	for _, d := range slices.Concat(e.Network.AllowEgress, []string{"." + e.Domain}, c.tunnelNames(), c.forwardedNames()) {
		if below, ok := strings.CutPrefix(d, "."); name == d || ok && (bare == below || strings.HasSuffix(bare, d)) {
			return true
		}
	}
	for _, family := range []string{"", "elb.", "rds.", "vpce."} {
		if aws := region + "." + family + "amazonaws.com"; bare == aws || strings.HasSuffix(bare, "."+aws) {
			return true
		}
	}
	return e.Workload.Cache != nil && name == "*."+estate.CacheDomain(region) || slices.Contains(c.peerNames(scope), name)
}

// peerNames are those of the databases of another Region that the sites around a
// hub open connections to.
func (c *checker) peerNames(scope proof.Scope) []string {
	var all []string
	for _, f := range c.in.Estate.PeeredFlows() {
		if from, _ := c.in.Estate.Site(f.From.Environment); proof.Scope(from.Hub) == scope {
			all = append(all, "*."+c.in.Estate.RegionOf(f.To.Environment)+".rds.amazonaws.com")
		}
	}
	return slices.Compact(all)
}

// tunnelNames are the names that cloudflared asks for. Source: Cloudflare's
// page "Tunnel with firewall".
func (c *checker) tunnelNames() []string {
	if !slices.ContainsFunc(c.in.Flows(), func(f estate.Flow) bool { return f.Implied == estate.ImpliedTunnelDialOut }) {
		return nil
	}
	return []string{".argotunnel.com", ".cftunnel.com"}
}

// forwardedNames are the domains that are asked of others' servers: the DNS
// Firewall sees a question before a rule forwards it.
func (c *checker) forwardedNames() []string {
	var all []string
	for _, d := range c.in.Estate.Network.DNS.Forward.Keys() {
		all = append(all, "."+d)
	}
	return all
}

// listed sees to it that the estate's domains are answered.
func (c *checker) listed(g *resource.Resource, scope proof.Scope, allowed []string) {
	if c.in.Estate == nil {
		return
	}
	if want := "*." + estate.CacheDomain(c.in.Estate.RegionOf(string(scope))); c.in.Estate.Workload.Cache != nil && !slices.Contains(allowed, want) {
		c.tally.Refute(scope, proof.Finding{Code: CodeDNSMissing, At: g.Addr, Property: "FirewallRules", Intent: c.in.Estate.Pos("workload/cache"),
			Message: "The workload has a cache, but the DNS Firewall does not answer its name.",
			Fix:     "Add " + want + " to the list of allowed names."})
	}
	for _, want := range c.peerNames(scope) {
		if !slices.Contains(allowed, want) {
			c.tally.Refute(scope, proof.Finding{Code: CodeDNSMissing, At: g.Addr, Property: "FirewallRules", Intent: c.in.Estate.Pos("workload/analytics/to"),
				Message: "The database is copied to one in another Region, but the DNS Firewall does not answer its name.",
				Fix:     "Add " + want + " to the list of allowed names."})
		}
	}
	for i, d := range c.in.Estate.Network.AllowEgress {
		want := d
		if strings.HasPrefix(d, ".") {
			want = "*" + d
		}
		if !slices.Contains(allowed, want) {
			c.tally.Refute(scope, proof.Finding{Code: CodeDNSMissing, At: g.Addr, Property: "FirewallRules",
				Intent:  c.in.Estate.Pos(fmt.Sprintf("network/allow-egress/%d", i)),
				Message: fmt.Sprintf("network.allow-egress lists %s, but the DNS Firewall does not answer it.", d),
				Fix:     "Add " + want + " to the list of allowed names."})
		}
	}
}
