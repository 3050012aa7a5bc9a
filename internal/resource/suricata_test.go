package resource_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
)

// suricata reads rules in Suricata's language by way of a rule group.
func suricata(t *testing.T, text string) []resource.StatefulRule {
	t.Helper()
	b := newBuilder()
	b.Add("AWS::NetworkFirewall::RuleGroup", "G", build.Props{"Type": "STATEFUL", "RuleGroup": build.Props{
		"RuleVariables": build.Props{"IPSets": build.Props{"SERVERS": build.Props{"Definition": []string{"10.0.0.0/24", "10.0.1.7"}}},
			"PortSets": build.Props{"WEB": build.Props{"Definition": []string{"80", "443"}}}},
		"RulesSource": build.Props{"RulesString": text}}})
	return resource.View[resource.RuleGroup](graph(t, b), b.Addr("G")).Stateful
}

// Page: "Suricata compatible rule strings"; Suricata User Guide, "Rules Format".
func TestRulesInSuricatasLanguage(t *testing.T) {
	for text, want := range map[string]string{
		"pass tcp 10.0.0.0/8 any -> any 443 (sid:1;)":                                         "PASS TCP [10.0.0.0/8] [{0 65535}] FORWARD [0.0.0.0/0 ::/0] [{443 443}] [sid:1] []",
		"  drop ip any any <> any any (sid:1;)  ":                                             "DROP IP [0.0.0.0/0 ::/0] [{0 65535}] ANY [0.0.0.0/0 ::/0] [{0 65535}] [sid:1] []",
		"rejectboth udp $SERVERS $WEB -> ![10.0.0.0/8, 1.2.3.4] !53 (sid:1;)":                 "REJECT UDP [10.0.0.0/24 10.0.1.7/32] [{80 80} {443 443}] FORWARD !f[10.0.0.0/8 1.2.3.4/32] [{0 52} {54 65535}] [sid:1] []",
		"pass tcp $HOME_NET any -> $EXTERNAL_NET 1024: (sid:1;)":                              "PASS TCP $HOME_NET[] [{0 65535}] FORWARD $EXTERNAL_NET[] [{1024 65535}] [sid:1] []",
		"alert tcp any any -> \\\n any any (sid:1;)":                                          "ALERT TCP [0.0.0.0/0 ::/0] [{0 65535}] FORWARD [0.0.0.0/0 ::/0] [{0 65535}] [sid:1] []",
		`pass tls any any -> any any (tls.sni; content:"A.b"; startswith; endswith; sid:1;)`:  "PASS TLS [0.0.0.0/0 ::/0] [{0 65535}] FORWARD [0.0.0.0/0 ::/0] [{0 65535}] [sid:1] [a.b]",
		`pass tls any any -> any any (tls.sni; dotprefix; content:".a.b"; endswith; sid:1;)`:  "PASS TLS [0.0.0.0/0 ::/0] [{0 65535}] FORWARD [0.0.0.0/0 ::/0] [{0 65535}] [sid:1] [.a.b]",
		`pass tls any any -> any any (tls.sni; content:"a.b"; endswith; sid:1;)`:              `PASS TLS [0.0.0.0/0 ::/0] [{0 65535}] FORWARD [0.0.0.0/0 ::/0] [{0 65535}] [tls.sni content:"a.b" endswith sid:1] []`,
		`pass tls any any -> any any (tls.sni; content:!"a.b"; startswith; endswith; sid:1;)`: `PASS TLS [0.0.0.0/0 ::/0] [{0 65535}] FORWARD [0.0.0.0/0 ::/0] [{0 65535}] [tls.sni content:!"a.b" startswith endswith sid:1] []`,
		`pass tcp any any -> any any (msg:"a;b\"; c"; sid:1;)`:                                `PASS TCP [0.0.0.0/0 ::/0] [{0 65535}] FORWARD [0.0.0.0/0 ::/0] [{0 65535}] [msg:"a;b\"; c" sid:1] []`,
		"# pass tcp any any -> any any (sid:1;)\n\n":                                          "",
		"pass tcp any any -> any any":                                                         "not decided",
		"permit tcp any any -> any any (sid:1;)":                                              "not decided",
		"pass tcp any any => any any (sid:1;)":                                                "not decided",
		"pass tcp any any -> any $OTHER (sid:1;)":                                             "not decided",
		"pass tcp any any -> any 99999 (sid:1;)":                                              "not decided",
		"pass tcp any [ any -> any 80 (sid:1;)":                                               "not decided",
		"(((((":                                                                               "not decided",
	} {
		var got []string
		for _, r := range suricata(t, text) {
			if r.Unknown != nil {
				got = append(got, "not decided")
				continue
			}
			side := func(text string, not bool, of any) string {
				if not {
					return fmt.Sprintf("!f%v", of)
				}
				return fmt.Sprintf("%s%v", text, of)
			}
			got = append(got, fmt.Sprint(r.Action, " ", r.Protocol, " ", side(r.SourceText, r.SourceNegated, r.Source), " ", r.SourcePorts, " ", r.Direction, " ",
				side(r.DestinationText, r.DestNegated, r.Destination), " ", r.DestinationPorts, " ", r.Options, " ", r.Names))
		}
		if s := strings.Join(got, "\n"); s != want {
			t.Errorf("%s\n got %s\nwant %s", text, s, want)
		}
	}
}

// FuzzSuricata: no text panics, and every line that is not a comment gives a
// rule, so that none is lost.
func FuzzSuricata(f *testing.F) {
	for _, s := range []string{"pass tcp any any -> any any (sid:1;)", `drop tls [a,!b] ![1:2,$X] <> $Y 5: (tls.sni; content:"x"; endswith;)`, "(", "a b c d e f g (", "pass tcp any any -> any any ()\n#x\n\\\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := 0
		for _, l := range strings.Split(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\\\n", " "), "\n") {
			if l = strings.TrimSpace(l); l != "" && l[0] != '#' {
				lines++
			}
		}
		if got := len(suricata(t, text)); got != lines {
			t.Errorf("%d rules of %d lines", got, lines)
		}
	})
}
