package egressinspected

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

// Codes of findings about firewalls.
const (
	CodeBypass     = "FIREWALL_BYPASSED"
	CodeDefault    = "FIREWALL_DEFAULT_PASSES"
	CodeUndeclared = "EGRESS_DOMAIN_NOT_DECLARED"
	CodeMissing    = "EGRESS_DOMAIN_MISSING"
	CodeNoPolicy   = "FIREWALL_POLICY_UNKNOWN"
)

// firewalls judges what each firewall does with what no rule names, and which
// domains it lets through.
func (c *checker) firewalls() {
	for r, fw := range resource.Views[resource.Firewall](c.in.Graph) {
		scope := c.in.ScopeOf(r)
		c.tally.Check(scope, 1)
		p := resource.View[resource.FirewallPolicy](c.in.Graph, fw.Policy.To)
		if p == nil {
			c.tally.Doubt(scope, proof.Finding{Code: CodeNoPolicy, At: r.Addr, Property: "FirewallPolicyArn",
				Message: fmt.Sprintf("The policy of %s is in none of the templates.", c.in.Name(r)),
				Fix:     "Load the template of the policy too."})
			continue
		}
		c.defaults(scope, p)
		c.groups(scope, p)
		c.domains(scope, p)
	}
}

// groups judges the rule groups of a policy: a stateless rule that passes
// packets to the internet keeps them from the stateful rules, and what a group
// that cannot be read lets through is not known. Source: AWS Network Firewall
// Developer Guide, "Defining rule actions" and "Suricata compatible rule
// strings".
func (c *checker) groups(scope proof.Scope, p *resource.FirewallPolicy) {
	doubt := func(r *resource.Resource, property, why string) {
		c.tally.Doubt(scope, proof.Finding{Code: CodeNoPolicy, At: r.Addr, Property: property,
			Message: fmt.Sprintf("What %s lets through is not known: %s.", c.in.Name(r), why),
			Fix:     "Load the templates of all its rule groups, and write their rules as domain lists or by addresses and ports."})
	}
	if len(p.Unknown) > 0 {
		doubt(p.Resource, p.Unknown[0].Property, p.Unknown[0].Error())
	}
	for _, l := range p.StatelessGroups {
		g := resource.View[resource.RuleGroup](c.in.Graph, l.To)
		switch {
		case g == nil:
			doubt(p.Resource, l.Property, "a stateless rule group is in none of the templates")
			continue
		case len(g.Unknown) > 0:
			doubt(g.Resource, g.Unknown[0].Property, g.Unknown[0].Error())
		}
		for _, rule := range g.Stateless {
			if slices.Contains(rule.Actions, "aws:pass") && outward(rule.Destination) {
				c.tally.Refute(scope, proof.Finding{Code: CodeBypass, At: g.Addr, Property: rule.Property,
					Message: fmt.Sprintf("%s passes packets to the internet before any stateful rule sees them.", c.in.Name(g.Resource)),
					Fix:     "Use aws:forward_to_sfe."})
			}
		}
	}
	for _, l := range p.StatefulGroups {
		g := resource.View[resource.RuleGroup](c.in.Graph, l.To)
		switch {
		case g == nil && strings.Contains(l.ID, ":aws-managed:"): // which only drop and alert
		case g == nil:
			doubt(p.Resource, l.Property, "a stateful rule group is in none of the templates")
		case len(g.Unknown) > 0:
			doubt(g.Resource, g.Unknown[0].Property, g.Unknown[0].Error())
		case passes(g):
			doubt(g.Resource, "RuleGroup/RulesSource/RulesString", "rules in Suricata's language pass packets, and not for names only")
		}
	}
}

// outward says whether addresses of the internet are among those of a rule.
func outward(to []netip.Prefix) bool {
	return slices.ContainsFunc(to, func(p netip.Prefix) bool { return !p.Addr().IsPrivate() || p.Bits() < 7 })
}

// passes says whether a text in Suricata's language passes anything but what asks
// for names, or may.
func passes(g *resource.RuleGroup) bool {
	return g.Rules != "" && slices.ContainsFunc(g.Stateful, func(r resource.StatefulRule) bool {
		return r.Unknown != nil || r.Action == "PASS" && len(r.Names) == 0
	})
}

// defaults judges what happens to packets that no rule names. Source: AWS
// Network Firewall Developer Guide, "Defining rule actions" and "Managing
// evaluation order for Suricata compatible rules".
func (c *checker) defaults(scope proof.Scope, p *resource.FirewallPolicy) {
	finding := func(code, property, message, fix string) {
		c.tally.Refute(scope, proof.Finding{Code: code, At: p.Addr, Property: "FirewallPolicy/" + property, Message: message, Fix: fix})
	}
	for property, actions := range map[string][]string{"StatelessDefaultActions": p.StatelessDefault, "StatelessFragmentDefaultActions": p.FragmentDefault} {
		if slices.Contains(actions, "aws:pass") {
			finding(CodeBypass, property, fmt.Sprintf("%s passes packets on before any stateful rule sees them.", c.in.Name(p.Resource)),
				"Use aws:forward_to_sfe.")
		}
	}
	drops := slices.ContainsFunc(p.StatefulDefault, func(a string) bool { return strings.HasPrefix(a, "aws:drop") })
	if !p.StrictOrder || !drops {
		finding(CodeDefault, "StatefulDefaultActions", fmt.Sprintf("%s lets through what no rule names: it does not evaluate rules in strict order with a default that drops.", c.in.Name(p.Resource)),
			"Set RuleOrder to STRICT_ORDER and a default action aws:drop_strict or aws:drop_established.")
	}
}

// domains compares the domains that a policy lets through with allow-egress.
func (c *checker) domains(scope proof.Scope, p *resource.FirewallPolicy) {
	if c.in.Estate == nil {
		return
	}
	want := c.in.Estate.Network.AllowEgress
	at := proof.Finding{At: p.Addr, Property: "FirewallPolicy/StatefulRuleGroupReferences"}
	var have []string
	for _, l := range p.StatefulGroups {
		g := resource.View[resource.RuleGroup](c.in.Graph, l.To)
		if g == nil {
			continue
		}
		for _, d := range allowed(g) {
			at = proof.Finding{At: g.Addr, Property: d.list}
			have = append(have, d.name)
			c.tally.Check(scope, 1)
			if !slices.Contains(want, d.name) {
				f := at
				f.Code, f.Property = CodeUndeclared, d.property
				f.Intent = c.in.Estate.Pos("network/allow-egress")
				f.Message = fmt.Sprintf("The firewall lets TLS to %s out, which network.allow-egress does not list.", d.name)
				f.Fix = "Take it out of the rule group, or list it in the estate file."
				c.tally.Refute(scope, f)
			}
		}
	}
	for i, d := range want {
		if !slices.Contains(have, d) {
			f := at
			f.Code = CodeMissing
			f.Intent = c.in.Estate.Pos(fmt.Sprintf("network/allow-egress/%d", i))
			f.Message = fmt.Sprintf("network.allow-egress lists %s, which the firewall does not let out.", d)
			f.Fix = "Add it to the rule group, or take it out of the estate file."
			c.tally.Refute(scope, f)
		}
	}
}

// domain is a name that a rule group lets out, the property that says so, and
// the one that lists it with others.
type domain struct{ name, property, list string }

// allowed returns the names that a rule group lets out.
func allowed(g *resource.RuleGroup) []domain {
	var out []domain
	if g.DomainAllow {
		const list = "RuleGroup/RulesSource/RulesSourceList/Targets"
		for i, d := range g.Domains {
			out = append(out, domain{d, fmt.Sprintf("%s/%d", list, i), list})
		}
	}
	for _, r := range g.Stateful {
		for _, d := range r.Names {
			if r.Action == "PASS" {
				out = append(out, domain{d, r.Property, r.Property})
			}
		}
	}
	return out
}

// serviceName returns the last part of an endpoint's service:
// com.amazonaws.ap-southeast-2.ecr.api is ecr.api.
func serviceName(service string) string {
	p := strings.SplitN(service, ".", 4)
	return p[len(p)-1]
}
