package resource

import (
	"fmt"
	"math"
	"net/netip"
	"strings"

	"github.com/suretyhq/surety/internal/value"
)

// ruleSets are the variables of a rule group: named ranges and ports
// ("RuleVariables"). HOME_NET is not among them: a policy may override it.
type ruleSets struct {
	ranges map[string][]netip.Prefix
	ports  map[string][]PortRange
}

// ruleSets reads the variables of a rule group. One that is not readable is
// left out, so that the rules that use it are not decided.
func (d *reader) ruleSets(path string) ruleSets {
	s := ruleSets{ranges: map[string][]netip.Prefix{}, ports: map[string][]PortRange{}}
	for name, v := range d.get(path + "IPSets").Entries() {
		own := &reader{g: d.g, r: d.r}
		if all := own.prefixes(path + "IPSets/" + name + "/Definition"); len(own.unknown) == 0 && v.Get("Definition").Len() > 0 && name != "HOME_NET" {
			s.ranges[name] = all
		}
	}
	for name, v := range d.get(path + "PortSets").Entries() {
		var all []PortRange
		for _, item := range v.Get("Definition").Items() {
			r, ok := parsePorts(strings.TrimSpace(item.Text()))
			if !ok {
				all = nil
				break
			}
			all = append(all, r)
		}
		if len(all) > 0 {
			s.ports[name] = all
		}
	}
	return s
}

// suricata reads rules in Suricata's language ("Suricata compatible rule
// groups"; Suricata User Guide, "Rules Format"). A line that cannot be read as
// a 5-tuple rule with options becomes one of which it is not known what it
// does, in its place.
func (d *reader) suricata(path, text string, sets ruleSets) []StatefulRule {
	var out []StatefulRule
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\\\n", " ")
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		r, bad := suricataRule(line, sets)
		if bad != "" {
			r = StatefulRule{Action: "DROP", Protocol: "IP", Source: []netip.Prefix{allIPv4, allIPv6}, Destination: []netip.Prefix{allIPv4, allIPv6},
				SourcePorts: everyPort(), DestinationPorts: everyPort(), Direction: "FORWARD",
				Unknown: &value.Reason{Code: "FIREWALL_UNSUPPORTED_RULE_OPTIONS", At: d.r.Addr, Property: path, Text: fmt.Sprintf("the rule in line %d is not decided here: %s", i+1, bad)}}
		}
		r.Property = path
		out = append(out, r)
	}
	return out
}

func everyPort() []PortRange { return []PortRange{{0, math.MaxUint16}} }

// suricataRule reads one rule, or says why it cannot.
func suricataRule(line string, sets ruleSets) (r StatefulRule, bad string) {
	head, options, ok := strings.Cut(line, "(")
	options, closed := strings.CutSuffix(strings.TrimSpace(options), ")")
	f := ruleFields(head)
	if !ok || !closed || len(f) != 7 {
		return r, "it has not the form ACTION PROTOCOL SOURCE PORT -> DESTINATION PORT (OPTIONS)"
	}
	r = StatefulRule{Action: strings.ToUpper(f[0]), Protocol: strings.ToUpper(f[1]), Options: ruleOptions(options)}
	switch r.Action {
	case "PASS", "DROP", "ALERT":
	case "REJECT", "REJECTSRC", "REJECTDST", "REJECTBOTH":
		r.Action = "REJECT"
	default:
		return r, "the action " + f[0] + " is not known"
	}
	switch f[4] {
	case "->":
		r.Direction = "FORWARD"
	case "<>":
		r.Direction = "ANY"
	default:
		return r, "the direction " + f[4] + " is not known"
	}
	r.Source, r.SourceNegated, r.SourceText = ruleEndpoint(f[2], sets)
	r.Destination, r.DestNegated, r.DestinationText = ruleEndpoint(f[5], sets)
	var okSource, okDestination bool
	r.SourcePorts, okSource = rulePorts(f[3], sets)
	r.DestinationPorts, okDestination = rulePorts(f[6], sets)
	if !okSource || !okDestination {
		return r, "the ports " + f[3] + " and " + f[6] + " are not only numbers, ranges and known variables"
	}
	r.Options, r.Names = ruleNames(r.Options)
	return r, ""
}

// ruleFields splits the head of a rule at spaces that are not in brackets.
func ruleFields(s string) []string {
	depth := 0
	return strings.FieldsFunc(strings.TrimSpace(s), func(c rune) bool {
		switch c {
		case '[':
			depth++
		case ']':
			depth--
		}
		return depth == 0 && (c == ' ' || c == '\t')
	})
}

// ruleOptions splits options at semicolons that are neither quoted nor escaped.
func ruleOptions(s string) []string {
	var out []string
	quoted, escaped, from := false, false, 0
	add := func(to int) {
		key, setting, has := strings.Cut(s[from:to], ":")
		if key = strings.TrimSpace(key); key != "" {
			if has {
				key += ":" + strings.TrimSpace(setting)
			}
			out = append(out, key)
		}
		from = to + 1
	}
	for i, c := range s {
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case c == ';' && !quoted:
			add(i)
		}
	}
	if from < len(s) {
		add(len(s))
	}
	return out
}

// ruleEndpoint reads the addresses of a rule: ANY, a range, a list of ranges in
// brackets, perhaps negated, or a variable whose ranges are known; another is
// left as text.
func ruleEndpoint(s string, sets ruleSets) (out []netip.Prefix, negated bool, text string) {
	s = strings.TrimSpace(s)
	if strings.EqualFold(s, "ANY") {
		return []netip.Prefix{allIPv4, allIPv6}, false, ""
	}
	list := s
	if rest, ok := strings.CutPrefix(list, "!"); ok {
		negated, list = true, rest
	}
	list = strings.TrimSuffix(strings.TrimPrefix(list, "["), "]")
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if p, ok := prefixOf(value.OfString(item)); ok {
			out = append(out, p)
			continue
		}
		set, ok := sets.ranges[strings.TrimPrefix(item, "$")]
		if !ok || !strings.HasPrefix(item, "$") {
			return nil, negated, s
		}
		out = append(out, set...)
	}
	return out, negated, ""
}

// rulePorts reads ANY, a port, a range with a colon, a variable, or a list of
// these in brackets, negated as a whole or not.
func rulePorts(s string, sets ruleSets) ([]PortRange, bool) {
	s = strings.TrimSpace(s)
	if strings.EqualFold(s, "ANY") {
		return everyPort(), true
	}
	list, negated := strings.CutPrefix(s, "!")
	var out []PortRange
	for item := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(list, "["), "]"), ",") {
		item = strings.TrimSpace(item)
		if name, ok := strings.CutPrefix(item, "$"); ok {
			if len(sets.ports[name]) == 0 {
				return nil, false
			}
			out = append(out, sets.ports[name]...)
			continue
		}
		r, ok := parsePorts(item)
		if !ok {
			return nil, false
		}
		out = append(out, r)
	}
	if negated {
		out = otherPorts(out)
	}
	return out, len(out) > 0
}

// otherPorts returns all ports but those of some ranges.
func otherPorts(not []PortRange) []PortRange {
	var out []PortRange
	from := 0
	for from <= math.MaxUint16 {
		next, skip := math.MaxUint16+1, -1
		for _, r := range not {
			switch {
			case int(r.From) <= from && from <= int(r.To):
				skip = max(skip, int(r.To)+1)
			case int(r.From) > from:
				next = min(next, int(r.From))
			}
		}
		if skip > 0 {
			from = skip
			continue
		}
		out = append(out, PortRange{uint16(from), uint16(next - 1)})
		from = next
	}
	return out
}

// ruleNames takes from a rule's options those that look at the server name of a
// TLS handshake or the host of an HTTP request, where they mean one name or,
// with a leading full stop, all names below one (Suricata User Guide, "TLS
// Keywords", "HTTP Keywords": dotprefix, startswith, endswith).
func ruleNames(options []string) (rest, names []string) {
	var content string
	var looks, starts, ends, below bool
	for _, o := range options {
		key, setting, _ := strings.Cut(o, ":")
		switch key {
		case "tls.sni", "tls_sni", "http.host", "http_host":
			if looks {
				return options, nil
			}
			looks = true
		case "content":
			if content != "" {
				return options, nil
			}
			content = setting
		case "startswith":
			starts = true
		case "endswith":
			ends = true
		case "dotprefix":
			below = true
		case "nocase":
		default:
			rest = append(rest, o)
		}
	}
	name := strings.ToLower(strings.Trim(content, `"`))
	whole, tail := starts && ends && !below, ends && below && strings.HasPrefix(name, ".") && !starts
	if !looks || name == "" || strings.ContainsAny(name, `|\!`) || strings.HasPrefix(content, "!") || !whole && !tail {
		return options, nil
	}
	return rest, []string{name}
}
