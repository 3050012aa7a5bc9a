package nolockout

import (
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// guardrail is a policy of an organisation with what it is attached to.
type guardrail struct {
	r        *resource.Resource
	resource bool // it is a resource control policy
	doc      *policy.Policy
}

// guardrails returns the policies of the templates that bear on requests.
func guardrails(g *resource.Graph) []guardrail {
	var all []guardrail
	for _, r := range g.OfType("AWS::Organizations::Policy") {
		switch r.Props.Get("Type").Text() {
		case "SERVICE_CONTROL_POLICY":
			all = append(all, guardrail{r: r, doc: policy.Read(r.Addr, "Content", r.Props.Get("Content"))})
		case "RESOURCE_CONTROL_POLICY":
			all = append(all, guardrail{r: r, resource: true, doc: policy.Read(r.Addr, "Content", r.Props.Get("Content"))})
		}
	}
	return all
}

// members says which accounts are in an organisational unit: those that its tag
// names, those whose resource names it as their parent, and those of the units
// in it. Known says that either names any.
func members(g *resource.Graph, unit addr.Address) (accounts map[string]bool, known bool) {
	accounts = map[string]bool{}
	var collect func(at addr.Address, depth int)
	collect = func(at addr.Address, depth int) {
		u := g.Get(at)
		if u == nil || depth > deepest {
			return
		}
		for id := range strings.FieldsSeq(u.Tags[addr.TagAccounts].Text()) {
			accounts[id], known = true, true
		}
		for _, child := range g.OfType("AWS::Organizations::OrganizationalUnit") {
			if ref, ok := child.Props.Get("ParentId").Ref(); ok && ref.To == at {
				collect(child.Addr, depth+1)
			}
		}
	}
	collect(unit, 0)
	return accounts, known
}

// deepest is how deep units may be nested ("Quotas and service limits for AWS
// Organizations").
const deepest = 5

// reaches says whether a guardrail bears on an account.
func (c *checker) reaches(g guardrail, account string) policy.Truth {
	targets := g.r.Props.Get("TargetIds")
	if targets.IsUnknown() {
		return policy.Maybe
	}
	t := policy.No
	for _, v := range targets.Items() {
		t = max(t, c.targets(v, account))
	}
	return t
}

func (c *checker) targets(v value.Value, account string) policy.Truth {
	if ref, ok := v.Ref(); ok {
		if in, known := members(c.in.Graph, ref.To); known {
			if in[account] {
				return policy.Yes
			}
			return policy.No
		}
		return policy.Maybe
	}
	switch s := v.Text(); {
	case s == account, strings.HasPrefix(s, "r-"):
		return policy.Yes
	case len(s) == len(account) && strings.Trim(s, "0123456789") == "":
		return policy.No
	}
	return policy.Maybe
}
