package guarded

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// webACLs says which web ACL stands before which entry.
type webACLs struct {
	of     map[addr.Address]value.Value // entry → the web ACL that an association names
	unsure *value.Reason                // an association whose entry is not known
	used   map[addr.Address]bool        // web ACLs that guard an entry
	// several are those that guard an entry with more names than one.
	several map[addr.Address]bool
}

// readWebACLs reads the associations ("AWS::WAFv2::WebACLAssociation": an
// Application Load Balancer by its ARN, a stage of a REST API by
// arn:…:/restapis/API/stages/STAGE).
func (c *checker) readWebACLs() webACLs {
	w := webACLs{of: map[addr.Address]value.Value{}, used: map[addr.Address]bool{}, several: map[addr.Address]bool{}}
	for _, a := range c.in.Graph.OfType("AWS::WAFv2::WebACLAssociation") {
		v := a.Props.Get("ResourceArn")
		if why := v.FirstUnknown(); why != nil {
			w.unsure = why
			continue
		}
		if r := c.entryOf(v); r != nil {
			w.of[r.Addr] = a.Props.Get("WebACLArn")
		}
	}
	return w
}

// entryOf returns the entry that an ARN names, or nil.
func (c *checker) entryOf(v value.Value) *resource.Resource {
	if v.Kind() != value.Concat {
		return c.target(v)
	}
	var api *resource.Resource
	for _, p := range v.Items() {
		switch r := c.target(p); {
		case r == nil:
		case r.Type == "AWS::ApiGateway::Stage":
			return r
		case r.Type == "AWS::ApiGateway::RestApi":
			api = r
		default:
			return r
		}
	}
	last := v.Items()[v.Len()-1].Text()
	for _, s := range c.in.Graph.OfType("AWS::ApiGateway::Stage") {
		if api != nil && c.target(s.Props.Get("RestApiId")) == api && strings.HasSuffix(last, "/stages/"+s.Props.Get("StageName").Text()) {
			return s
		}
	}
	return nil
}

// protected judges whether a web ACL stands before an entry.
func (c *checker) protected(r *resource.Resource, property string, acl value.Value) {
	c.tally.Look(r)
	fix := "Associate a web ACL that has AWS's managed rules and a rate limit."
	switch acl.Kind() {
	case value.Absent, value.Null:
		if c.acls.unsure != nil && property == "" {
			c.tally.DoubtAt(r, CodeNoWebACL, property, fmt.Sprintf("Whether a web ACL stands before %s is not known: %s.", c.in.Name(r), c.acls.unsure.Error()), fix)
			return
		}
		c.tally.RefuteAt(r, CodeNoWebACL, property, fmt.Sprintf("%s is open to the internet without a web ACL.", c.in.Name(r)), fix)
	case value.Symbol:
		if t := c.target(acl); t != nil && t.Type == "AWS::WAFv2::WebACL" {
			c.acls.used[t.Addr] = true
			return
		}
		fallthrough
	default:
		c.tally.DoubtAt(r, CodeWebACLHidden, property, fmt.Sprintf("What the web ACL before %s blocks is not known: it is in none of the templates.", c.in.Name(r)),
			"Load the template of the web ACL too.")
	}
}

// needed are the managed rules that every web ACL has to have, with what they
// are against. Source: AWS WAF Developer Guide, "AWS Managed Rules rule groups
// list".
func needed() [][2]string {
	return [][2]string{
		{"AWSManagedRulesCommonRuleSet", "common attacks"},
		{"AWSManagedRulesKnownBadInputsRuleSet", "known bad inputs"},
		{"AWSManagedRulesSQLiRuleSet", "SQL injection"},
		{"AWSManagedRulesAmazonIpReputationList", "known attackers"},
	}
}

// mayCount are the managed rules that may count instead of blocking: an API's
// callers are servers, which stand where anonymisers do.
func mayCount() []string { return []string{"HostingProviderIPList"} }

// judgeWebACLs judges every web ACL that stands before an entry.
func (c *checker) judgeWebACLs() {
	for _, acl := range c.in.Graph.OfType("AWS::WAFv2::WebACL") {
		if c.acls.used[acl.Addr] {
			c.webACL(acl)
		}
	}
}

// rules is what is known of a web ACL's rules.
type rules struct {
	blocking []string // managed groups that block
	counting []string // those that do not
	others   bool     // groups of others, whose rules are not known
	limited  bool     // an address is
	named    bool     // what is asked of a name is
	first    int      // the lowest priority of a managed group
}

func (c *checker) webACL(acl *resource.Resource) {
	all := acl.Props.Get("Rules")
	c.tally.Look(acl)
	if why := all.FirstUnknown(); why != nil {
		c.tally.DoubtAt(acl, CodeWebACLHidden, "Rules", fmt.Sprintf("What %s blocks is not known: %s.", c.in.Name(acl), why.Error()), "Write its rules in the template.")
		return
	}
	r := rules{first: 1 << 30}
	for i, rule := range all.Items() {
		c.rule(acl, &r, "Rules/"+strconv.Itoa(i), rule)
	}
	for _, n := range needed() {
		c.tally.Look(acl)
		switch name := n[0]; {
		case slices.Contains(r.blocking, name), slices.Contains(r.counting, name):
		case r.others:
			c.tally.DoubtAt(acl, CodeRulesMissing, "Rules", fmt.Sprintf("Whether %s blocks %s is not known: it has rules that are not AWS's own.", c.in.Name(acl), n[1]), "Add the managed rules "+name+".")
		default:
			c.tally.RefuteAt(acl, CodeRulesMissing, "Rules", fmt.Sprintf("%s does not block %s: it lacks %s.", c.in.Name(acl), n[1], name), "Add the managed rules "+name+".")
		}
	}
	c.tally.Look(acl)
	if !r.limited {
		c.tally.RefuteAt(acl, CodeNoRateLimit, "Rules", fmt.Sprintf("%s lets one address ask as often as it likes.", c.in.Name(acl)),
			"Add a rule that blocks by rate, for all requests.")
	}
	if c.acls.several[acl.Addr] {
		c.tally.Look(acl)
		if !r.named {
			c.tally.RefuteAt(acl, CodeNoNameLimit, "Rules", fmt.Sprintf("%s lets a flood on one of the names that it guards take what all of them share.", c.in.Name(acl)),
				"Add a rule that blocks by rate for each value of the header host, for all requests.")
		}
	}
	c.bypasses(acl, r, all)
}

// rule reads one rule of a web ACL.
func (c *checker) rule(acl *resource.Resource, r *rules, at string, rule value.Value) {
	s := rule.Get("Statement")
	if rate := s.Get("RateBasedStatement"); !rate.IsAbsent() {
		blocks := rate.Get("ScopeDownStatement").IsAbsent() && !rule.Path("Action/Block").IsAbsent()
		r.limited = r.limited || blocks && countsBy(rate, "IP")
		r.named = r.named || blocks && countsBy(rate, "host")
		return
	}
	group := s.Get("ManagedRuleGroupStatement")
	if group.IsAbsent() || group.Get("VendorName").Text() != "AWS" {
		r.others = r.others || !group.IsAbsent() || !s.Get("RuleGroupReferenceStatement").IsAbsent()
		return
	}
	name := group.Get("Name").Text()
	if n, ok := rule.Get("Priority").Int(); ok {
		r.first = min(r.first, n)
	}
	c.tally.Look(acl)
	counted := counts(group)
	switch {
	case !rule.Path("OverrideAction/Count").IsAbsent():
		r.counting = append(r.counting, name)
		c.tally.RefuteAt(acl, CodeRulesCount, at+"/OverrideAction", fmt.Sprintf("%s counts what %s finds, and lets it through.", c.in.Name(acl), name), "Set OverrideAction to None.")
	case counted != "":
		r.counting = append(r.counting, name)
		c.tally.RefuteAt(acl, CodeRulesCount, at+"/Statement/ManagedRuleGroupStatement", fmt.Sprintf("%s lets through what the rule %s of %s finds.", c.in.Name(acl), counted, name),
			"Take the override away.")
	case !group.Get("ScopeDownStatement").IsAbsent():
		r.counting = append(r.counting, name)
		c.tally.DoubtAt(acl, CodeRulesNarrowed, at+"/Statement/ManagedRuleGroupStatement/ScopeDownStatement",
			fmt.Sprintf("Which requests %s asks %s about is not judged: the rules are narrowed.", c.in.Name(acl), name), "Let the rules see every request.")
	default:
		r.blocking = append(r.blocking, name)
	}
}

// countsBy says whether a rule counts by an address, or by a header, and by
// nothing else: each further key would give whoever varies it a count of its own
// ("Rate-based rule aggregation options and keys", AWS WAF Developer Guide).
func countsBy(rate value.Value, by string) bool {
	switch kind := rate.Get("AggregateKeyType").Text(); {
	case kind == "CUSTOM_KEYS":
		keys := rate.Get("CustomKeys").Items()
		return len(keys) == 1 && (by == "IP" && !keys[0].Get("IP").IsAbsent() || strings.EqualFold(keys[0].Path("Header/Name").Text(), by))
	case by == "IP":
		return kind == "IP" || kind == "FORWARDED_IP"
	}
	return false
}

// counts returns a rule of a managed group that is set not to block and may not
// be, and "" if there is none.
func counts(group value.Value) string {
	for _, o := range group.Get("RuleActionOverrides").Items() {
		name, action := o.Get("Name").Text(), o.Get("ActionToUse")
		if passes := !action.Get("Count").IsAbsent() || !action.Get("Allow").IsAbsent(); passes && !slices.Contains(mayCount(), name) {
			return name
		}
	}
	for _, o := range group.Get("ExcludedRules").Items() {
		if name := o.Get("Name").Text(); !slices.Contains(mayCount(), name) {
			return name
		}
	}
	return ""
}

// bypasses reports rules that let requests through before the managed rules are
// asked: nothing after them is ("Setting rule priority", AWS WAF Developer Guide).
func (c *checker) bypasses(acl *resource.Resource, r rules, all value.Value) {
	for i, rule := range all.Items() {
		n, ok := rule.Get("Priority").Int()
		if rule.Path("Action/Allow").IsAbsent() || ok && n > r.first {
			continue
		}
		c.tally.DoubtAt(acl, CodeRulesNarrowed, "Rules/"+strconv.Itoa(i)+"/Action", fmt.Sprintf("The rule %s of %s lets requests through before the managed rules are asked, and which is not judged.",
			rule.Get("Name").Text(), c.in.Name(acl)), "Let it count or label instead, or give it a higher number than the managed rules.")
	}
}
