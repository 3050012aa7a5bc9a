package network_test

import (
	"strings"

	"github.com/suretyhq/surety/internal/resource/build"
)

// suricata are rules in Suricata's language.
func suricata(lines ...string) build.Props {
	return build.Props{"RulesString": strings.Join(lines, "\n")}
}

// policy changes the firewall's policy that firewalled makes.
func (l *lab) policy(change build.Props) {
	for _, r := range l.made {
		if r.Addr == l.Addr("Policy") {
			all := build.Props{}
			for k, v := range r.Props.Get("FirewallPolicy").Entries() {
				all[k] = v
			}
			for k, v := range change {
				all[k] = v
			}
			r.Props = build.Of(build.Props{"FirewallPolicy": all})
		}
	}
}

// stateless gives the firewall stateless rules, each "ACTION SOURCE DESTINATION
// PROTOCOL SOURCEPORTS PORTS"; a minus matches everything.
func (l *lab) stateless(rules ...string) {
	ranges := func(s string) []build.Props {
		if s == "-" {
			return nil
		}
		from, to, ok := strings.Cut(s, ":")
		if !ok {
			to = from
		}
		return []build.Props{{"FromPort": from, "ToPort": to}}
	}
	address := func(s string) []build.Props {
		if s == "-" {
			return nil
		}
		return []build.Props{{"AddressDefinition": s}}
	}
	var all []build.Props
	for i, r := range rules {
		f := strings.Fields(r)
		match := build.Props{}
		for k, v := range map[string][]build.Props{"Sources": address(f[1]), "Destinations": address(f[2]), "SourcePorts": ranges(f[4]), "DestinationPorts": ranges(f[5])} {
			if v != nil {
				match[k] = v
			}
		}
		if f[3] != "-" {
			match["Protocols"] = []any{map[string]int{"tcp": 6, "udp": 17}[f[3]]}
		}
		all = append(all, build.Props{"Priority": i + 1, "RuleDefinition": build.Props{"Actions": []string{"aws:" + f[0]}, "MatchAttributes": match}})
	}
	l.Add("AWS::NetworkFirewall::RuleGroup", "Stateless", build.Props{"Type": "STATELESS", "RuleGroup": build.Props{
		"RulesSource": build.Props{"StatelessRulesAndCustomActions": build.Props{"StatelessRules": all}}}})
	l.policy(build.Props{"StatelessRuleGroupReferences": []build.Props{{"Priority": 1, "ResourceArn": l.Ref("Stateless")}}})
}

func firewallFacts() []semantic {
	const engines, text, order, lists = "Firewall rules engines in AWS Network Firewall", "Suricata compatible rule strings", "Evaluation order for stateful rule groups", "Stateful domain list rule groups"
	return []semantic{
		{"stateless rules in order of priority", engines, func(l *lab) {
			firewalled(l, rules(rule("PASS", "IP", "ANY", "ANY", "ANY")))
			l.stateless("drop 10.1.0.0/16 10.2.0.0/16 tcp - 80", "drop 10.1.0.0/16 10.2.0.0/16 udp - -")
		}, []probe{{"x", "y", "tcp 443", "must"}, {"x", "y", "tcp 80", "FIREWALL_RULES_RESTRICTION"}, {"x", "y", "udp 53", "FIREWALL_RULES_RESTRICTION"}, {"y", "x", "tcp 80", "must"}}},
		{"stateless rules see each packet by itself", engines, func(l *lab) {
			firewalled(l)
			l.stateless("pass 10.1.0.0/16 10.2.0.0/16 tcp - 443")
			l.policy(build.Props{"StatelessDefaultActions": []string{"aws:drop"}})
		}, []probe{{"x", "y", "tcp 443", "FIREWALL_RULES_RESTRICTION"}}},
		{"stateless rules for both directions", engines, func(l *lab) {
			firewalled(l)
			l.stateless("pass 10.1.0.0/16 10.2.0.0/16 tcp - 443", "pass 10.2.0.0/16 10.1.0.0/16 tcp 443 1024:65535")
			l.policy(build.Props{"StatelessDefaultActions": []string{"aws:drop"}})
		}, []probe{{"x", "y", "tcp 443", "must"}, {"x", "y", "tcp 80", "FIREWALL_RULES_RESTRICTION"}}},
		{"a stateless rule passes what stateful ones drop", engines, func(l *lab) {
			firewalled(l, rules(rule("DROP", "IP", "ANY", "ANY", "ANY")))
			l.stateless("pass 10.1.0.0/16 10.2.0.0/16 tcp - 443", "pass 10.2.0.0/16 10.1.0.0/16 tcp 443 -")
		}, []probe{{"x", "y", "tcp 443", "must"}, {"x", "y", "tcp 80", "FIREWALL_RULES_RESTRICTION"}}},
		{"TCP flags are not decided", engines, func(l *lab) {
			firewalled(l, rules(rule("PASS", "IP", "ANY", "ANY", "ANY")))
			l.stateless("drop - - tcp - -")
			l.amend("Stateless", build.Props{"RuleGroup": build.Props{"RulesSource": build.Props{"StatelessRulesAndCustomActions": build.Props{"StatelessRules": []build.Props{{"Priority": 1,
				"RuleDefinition": build.Props{"Actions": []string{"aws:drop"}, "MatchAttributes": build.Props{"TCPFlags": []build.Props{{"Flags": []string{"SYN"}}}}}}}}}}})
		}, []probe{{"x", "y", "tcp 443", "may"}}},
		{"default order: pass before drop", order, func(l *lab) {
			firewalled(l, rules(rule("DROP", "TCP", "ANY", "ANY", "ANY"), rule("PASS", "TCP", "ANY", "10.2.0.0/16", "443")))
			l.policy(build.Props{"StatefulEngineOptions": build.Props{"RuleOrder": "DEFAULT_ACTION_ORDER"}, "StatefulDefaultActions": []string{}})
		}, []probe{{"x", "y", "tcp 443", "must"}, {"x", "y", "tcp 80", "FIREWALL_RULES_RESTRICTION"}, {"x", "y", "udp 53", "must"}}},
		{"rules of both directions", order, func(l *lab) {
			r := rule("PASS", "TCP", "10.1.0.0/16", "10.2.0.0/16", "ANY")
			r["Header"].(build.Props)["Direction"] = "ANY"
			firewalled(l, rules(r))
		}, []probe{{"x", "y", "tcp 443", "must"}, {"y", "x", "tcp 443", "must"}}},
		{"alert rules change nothing", "Defining rule actions", func(l *lab) {
			firewalled(l, rules(rule("ALERT", "IP", "ANY", "ANY", "ANY"), rule("PASS", "TCP", "ANY", "ANY", "443")))
		}, []probe{{"x", "y", "tcp 443", "must"}, {"x", "y", "tcp 80", "FIREWALL_RULES_RESTRICTION"}}},
		{"HOME_NET of the policy", "Policy variables", func(l *lab) {
			firewalled(l, rules(rule("PASS", "TCP", "$HOME_NET", "$EXTERNAL_NET", "ANY")))
		}, []probe{{"x", "y", "tcp 443", "must"}, {"y", "x", "tcp 443", "FIREWALL_RULES_RESTRICTION"}}},
		{"an unknown variable", "Rule variables", func(l *lab) {
			firewalled(l, rules(rule("PASS", "TCP", "$SERVERS", "ANY", "ANY")))
		}, []probe{{"x", "y", "tcp 443", "may"}}},
		{"variables of the rule group", "Rule variables", func(l *lab) {
			firewalled(l, suricata("pass tcp $SERVERS any -> !$SERVERS $WEB (sid:1;)"))
			l.amend("RulesA", build.Props{"RuleGroup": build.Props{"StatefulRuleOptions": build.Props{"RuleOrder": "STRICT_ORDER"},
				"RulesSource":   suricata("pass tcp $SERVERS any -> !$SERVERS $WEB (sid:1;)"),
				"RuleVariables": build.Props{"IPSets": build.Props{"SERVERS": build.Props{"Definition": []string{"10.1.0.0/16"}}}, "PortSets": build.Props{"WEB": build.Props{"Definition": []string{"443", "8000:8100"}}}}}})
		}, []probe{{"x", "y", "tcp 443", "must"}, {"x", "y", "tcp 80", "FIREWALL_RULES_RESTRICTION"}, {"y", "x", "tcp 443", "FIREWALL_RULES_RESTRICTION"}}},
		{"Suricata rules that are 5-tuples", text, func(l *lab) {
			firewalled(l, suricata("# the tunnel", "", `pass tcp 10.1.0.0/16 any -> [10.2.0.0/16, 10.3.0.0/16] [443,8000:8100] (msg:"a; (b)"; flow:to_server; sid:1; rev:2;)`,
				"drop udp any any <> any any (sid:2;)", `reject ip any any -> any any (msg:"rest"; sid:3;)`))
		}, []probe{{"x", "y", "tcp 443", "must"}, {"x", "y", "tcp 8050", "must"}, {"x", "y", "tcp 80", "FIREWALL_RULES_RESTRICTION"}, {"x", "y", "udp 53", "FIREWALL_RULES_RESTRICTION"}, {"y", "x", "tcp 443", "FIREWALL_RULES_RESTRICTION"}}},
		{"Suricata rules with negations", text, func(l *lab) {
			firewalled(l, suricata("pass tcp !10.2.0.0/16 any -> any ![1:79,81:65535] (sid:1;)"))
		}, []probe{{"x", "y", "tcp 80", "must"}, {"x", "y", "tcp 443", "FIREWALL_RULES_RESTRICTION"}, {"y", "x", "tcp 80", "FIREWALL_RULES_RESTRICTION"}}},
		{"Suricata rules that look into packets are not decided", text, func(l *lab) {
			firewalled(l, suricata(`pass tcp any any -> any 443 (content:"x"; sid:1;)`, `pass tcp any any -> any 80 (sid:2;)`))
		}, []probe{{"x", "y", "tcp 443", "may"}, {"x", "y", "tcp 80", "must"}, {"x", "y", "tcp 22", "FIREWALL_RULES_RESTRICTION"}}},
		{"Suricata text that is no rule is not decided", text, func(l *lab) {
			firewalled(l, suricata("pass tcp any any any 443", "pass tcp any any -> any 80 (sid:2;)"))
		}, []probe{{"x", "y", "tcp 443", "may"}, {"x", "y", "tcp 80", "may"}}},
		{"Suricata rules that drop what is established", text, func(l *lab) {
			firewalled(l, suricata("pass tcp any any -> any 443 (flow:to_server; sid:1;)", "drop tcp any any -> any any (flow:established, to_server; sid:2;)", "pass ip any any -> any any (sid:3;)"))
		}, []probe{{"x", "y", "tcp 443", "must"}, {"x", "y", "tcp 80", "FIREWALL_RULES_RESTRICTION"}, {"x", "y", "udp 53", "must"}}},
		{"Suricata rules that pass for a name", lists, func(l *lab) {
			firewalled(l, suricata(`pass tls $HOME_NET any -> $EXTERNAL_NET any (tls.sni; dotprefix; content:".example.com"; nocase; endswith; flow:to_server, established; sid:1;)`,
				`pass http $HOME_NET any -> $EXTERNAL_NET 80 (http.host; content:"a.example.org"; startswith; endswith; sid:2;)`))
		}, []probe{{"x", "internet", "tcp 443", "must"}, {"x", "internet", "tcp 80", "must"}, {"x", "internet", "udp 53", "FIREWALL_RULES_RESTRICTION"}, {"y", "internet", "tcp 443", "FIREWALL_RULES_RESTRICTION"}}},
		{"Suricata rules that drop for a name are not decided", lists, func(l *lab) {
			firewalled(l, suricata(`drop tls any any -> any any (tls.sni; content:"evil.example.com"; startswith; endswith; sid:1;)`, "pass ip any any -> any any (sid:2;)"))
		}, []probe{{"x", "y", "tcp 443", "may"}, {"x", "y", "udp 53", "must"}}},
		{"a handshake that strict dropping ends before the name", "Stateful default actions", func(l *lab) {
			firewalled(l, domains)
			l.policy(build.Props{"StatefulDefaultActions": []string{"aws:drop_strict"}})
		}, []probe{{"x", "internet", "tcp 443", "FIREWALL_RULES_RESTRICTION"}}},
		{"domain list in the default order denies other names", lists, func(l *lab) {
			firewalled(l, domains)
			l.policy(build.Props{"StatefulEngineOptions": build.Props{"RuleOrder": "DEFAULT_ACTION_ORDER"}, "StatefulDefaultActions": []string{}})
		}, []probe{{"x", "internet", "tcp 443", "must"}, {"x", "internet", "tcp 22", "must"}, {"y", "internet", "tcp 443", "must"}}},
		{"rule group outside the graph", "Rule groups", func(l *lab) {
			firewalled(l)
			l.policy(build.Props{"StatefulRuleGroupReferences": []build.Props{{"Priority": 1, "ResourceArn": "arn:aws:network-firewall:ap-southeast-2:111111111111:stateful-rulegroup/other"}}})
		}, []probe{{"x", "y", "tcp 443", "may"}}},
		{"firewall policy outside the graph", "Firewall policies", func(l *lab) {
			firewalled(l)
			l.amend("F", build.Props{"FirewallPolicyArn": "arn:aws:network-firewall:ap-southeast-2:111111111111:firewall-policy/other"})
		}, []probe{{"x", "y", "tcp 443", "may"}}},
	}
}
