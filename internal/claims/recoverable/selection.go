package recoverable

import (
	"strings"

	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// plan is a plan with what it is for.
type plan struct {
	r          *resource.Resource
	selections []*resource.Resource
}

// read finds the plans, the tests and what buckets are for.
func (c *checker) read() {
	c.buckets()
	for _, p := range c.in.Graph.OfType("AWS::Backup::BackupPlan") {
		found := plan{r: p}
		for _, s := range c.in.Graph.OfType("AWS::Backup::BackupSelection") {
			if ref, ok := s.Props.Get("BackupPlanId").Ref(); ok && ref.To == p.Addr {
				found.selections = append(found.selections, s)
			}
		}
		c.plans = append(c.plans, found)
	}
	c.readTests()
}

// near says whether two resources are in one account and Region, within which
// AWS Backup works.
func near(a, b *resource.Resource) bool {
	s, t := a.Addr.Stack, b.Addr.Stack
	return s.Account == t.Account && s.Region == t.Region
}

// selected says whether one of a plan's selections is for a store.
func (p plan) selected(r *resource.Resource, t protected) policy.Truth {
	best := policy.No
	for _, s := range p.selections {
		if near(s, r) {
			best = max(best, selects(s, r, t))
		}
	}
	if p.r.Conditional != nil {
		best = min(best, policy.Maybe)
	}
	return best
}

// selects follows "Assigning resources to a backup plan", AWS Backup Developer
// Guide, and the type's page in the AWS CloudFormation Template Reference: any
// of Resources, none of NotResources, every one of Conditions, any of
// ListOfTags. What a list of tags adds to a list of ARNs is not said clearly
// enough to believe it.
func selects(s, r *resource.Resource, t protected) policy.Truth {
	sel := s.Props.Get("BackupSelection")
	if sel.IsUnknown() {
		return policy.Maybe
	}
	result := policy.Maybe
	resources, tags := sel.Get("Resources"), sel.Get("ListOfTags")
	named, tagged := anyARN(resources, r, t), anyTag(tags, r)
	switch {
	case resources.Len() == 0 && tags.Len() == 0 && !resources.IsUnknown() && !tags.IsUnknown():
		if sel.Get("Conditions").Len() > 0 {
			result = policy.Yes
		}
	case tags.IsAbsent() || named == tagged:
		result = named
	case resources.IsAbsent():
		result = tagged
	}
	result = min(result, allConditions(sel.Get("Conditions"), r), anyARN(sel.Get("NotResources"), r, t).Not())
	if s.Conditional != nil {
		return min(result, policy.Maybe)
	}
	return result
}

// anyARN says whether one of a list of ARNs, which may hold wildcards, is a
// store's.
func anyARN(list value.Value, r *resource.Resource, t protected) policy.Truth {
	if list.IsUnknown() {
		return policy.Maybe
	}
	best := policy.No
	for _, v := range list.Items() {
		best = max(best, isARN(v, r, t))
	}
	return best
}

func isARN(v value.Value, r *resource.Resource, t protected) policy.Truth {
	if v.FirstUnknown() != nil {
		return policy.Maybe
	}
	parts := []value.Value{v}
	if v.Kind() == value.Concat {
		parts = v.Items()
	}
	for _, p := range parts {
		if ref, ok := p.Ref(); ok {
			if ref.To == r.Addr {
				return policy.Yes
			}
			return policy.No
		}
	}
	place := r.Addr.Stack.Region + ":" + r.Addr.Stack.Account
	if t.service == "s3" {
		place = ":"
	}
	arn, name := "arn:aws:"+t.service+":"+place+":"+t.prefix, ""
	if t.name != "" {
		name = r.Props.Get(t.name).Text()
	}
	if name != "" {
		return policy.Covers(v, arn+name)
	}
	// Whatever the name will be: all of a kind are meant, or it may be this one.
	if text, ok := strings.CutSuffix(v.Text(), "*"); ok && (text == "" || policy.Covers(value.OfString(text), arn) == policy.Yes || strings.HasPrefix(arn, text)) {
		return policy.Yes
	}
	if fixed, _, _ := strings.Cut(v.Text(), "*"); strings.HasPrefix(arn, fixed) || strings.HasPrefix(fixed, arn) {
		return policy.Maybe
	}
	return policy.No
}

func anyTag(list value.Value, r *resource.Resource) policy.Truth {
	if list.IsUnknown() {
		return policy.Maybe
	}
	best := policy.No
	for _, t := range list.Items() {
		best = max(best, tagIs(r, t, "StringEquals"))
	}
	return best
}

// allConditions says whether every condition on a store's tags holds.
func allConditions(all value.Value, r *resource.Resource) policy.Truth {
	if all.FirstUnknown() != nil {
		return policy.Maybe
	}
	result := policy.Yes
	for op, list := range all.Entries() {
		for _, t := range list.Items() {
			truth := tagIs(r, t, strings.Replace(op, "Not", "", 1))
			if strings.Contains(op, "Not") {
				truth = truth.Not()
			}
			result = min(result, truth)
		}
	}
	return result
}

// tagIs compares a tag of a store with a condition.
func tagIs(r *resource.Resource, condition value.Value, op string) policy.Truth {
	if condition.FirstUnknown() != nil {
		return policy.Maybe
	}
	key := strings.TrimPrefix(condition.Get("ConditionKey").Text(), "aws:ResourceTag/")
	have, want := r.Tags[key], condition.Get("ConditionValue").Text()
	if have.IsAbsent() {
		return policy.No
	}
	text, ok := have.Str()
	switch {
	case !ok:
		return policy.Maybe
	case text == want:
		return policy.Yes
	case op == "StringLike" && policy.Covers(value.OfString(want), text) == policy.Yes:
		return policy.Maybe // it matches but for upper and lower case, which Covers leaves out
	}
	return policy.No
}
