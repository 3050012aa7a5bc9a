package leastprivilege

import (
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// users judges identities that sign in with what does not expire: people come
// by IAM Identity Center, programs have roles ("Security best practices in IAM").
func (c *checker) users(r *resource.Resource) {
	switch r.Type {
	case "AWS::IAM::User", "AWS::IAM::AccessKey", "AWS::IAM::ServiceSpecificCredential":
		c.tally.Check(c.in.ScopeOf(r), 1)
		c.refute(r, CodeUser, "", "is an identity with credentials that do not expire.", "Use a role, or a permission set of IAM Identity Center for a person.")
	}
}

// managedIn are the types that policies are attached to by ARN, and the
// property.
func managedIn() map[string]string {
	return map[string]string{"AWS::IAM::Role": "ManagedPolicyArns", "AWS::IAM::User": "ManagedPolicyArns", "AWS::IAM::Group": "ManagedPolicyArns",
		"AWS::SSO::PermissionSet": "ManagedPolicies"}
}

// managed judges the policies that are attached by ARN: those of the templates
// where they stand, AWS's own by closed lists, and others not at all.
func (c *checker) managed(r *resource.Resource) {
	property, ok := c.managedIn[r.Type]
	if !ok {
		return
	}
	list := r.Props.Get(property)
	if why := list.Reason(); why != nil {
		c.doubt(r, CodeManagedUnknown, property, "has policies attached that are not known: "+why.Error()+".", "Name them in the template.")
	}
	for i, v := range list.Items() {
		c.tally.Check(c.in.ScopeOf(r), 1)
		at := property + index(i, list.Items())
		if ref, ok := v.Ref(); ok && c.in.Graph.Get(ref.To) != nil {
			continue // judged where it stands
		}
		_, name, ok := strings.Cut(policy.Outline(v), ":iam::aws:policy/")
		switch {
		case ok && c.narrow[name]:
		case ok && wideManaged(name) != "":
			c.refute(r, CodeManaged, at, fmt.Sprintf("has %s, which %s.", name, wideManaged(name)), "Write a policy with the actions and resources that are needed.")
		default:
			c.doubt(r, CodeManagedUnknown, at, fmt.Sprintf("has %s, and what it allows is not in the templates.", v), "Write the policy in the template; docs/claims/least-privilege.md lists AWS's policies that are known to be narrow.")
		}
	}
	if refs := r.Props.Get("CustomerManagedPolicyReferences"); refs.Len() > 0 || refs.IsUnknown() {
		c.references(r, refs)
	}
}

// references judges the policies that a permission set names in the accounts
// that it is for.
func (c *checker) references(r *resource.Resource, refs value.Value) {
	for i, ref := range refs.Items() {
		known := slices.ContainsFunc(c.in.Graph.OfType("AWS::IAM::ManagedPolicy"), func(p *resource.Resource) bool {
			return value.Equal(p.Props.Get("ManagedPolicyName"), ref.Get("Name"))
		})
		if !known {
			c.doubt(r, CodeManagedUnknown, "CustomerManagedPolicyReferences"+index(i, refs.Items()), fmt.Sprintf("names the policy %s, which is in no template.", ref.Get("Name")), "Load the template that makes the policy in each account.")
		}
	}
	if why := refs.Reason(); why != nil {
		c.doubt(r, CodeManagedUnknown, "CustomerManagedPolicyReferences", "names policies that are not known: "+why.Error()+".", "Name them in the template.")
	}
}

// boundaries returns the managed policies that are boundaries and attached to
// nobody: they allow nothing, they narrow.
func boundaries(g *resource.Graph) map[string]bool {
	in := managedIn()
	bounds, attached := map[string]bool{}, map[string]bool{}
	note := func(to map[string]bool, v value.Value) {
		if ref, ok := v.Ref(); ok {
			to[ref.To.String()] = true
		}
	}
	for r := range g.All() {
		if property, ok := in[r.Type]; ok {
			for _, v := range r.Props.Get(property).Items() {
				note(attached, v)
			}
		}
		if strings.HasPrefix(r.Type, "AWS::IAM::") {
			note(bounds, r.Props.Get("PermissionsBoundary"))
		}
	}
	for _, r := range g.OfType("AWS::IAM::ManagedPolicy") {
		for _, to := range []string{"Roles", "Users", "Groups"} {
			if v := r.Props.Get(to); v.Len() > 0 || v.IsUnknown() {
				attached[r.Addr.String()] = true
			}
		}
	}
	for a := range attached {
		delete(bounds, a)
	}
	return bounds
}

// boundary judges a policy that is a boundary: one that allows everything and
// denies nothing bounds nobody.
func (c *checker) boundary(r *resource.Resource, d policy.Document, statements []policy.Statement) {
	if slices.ContainsFunc(statements, func(s policy.Statement) bool { return !s.Allow }) {
		return
	}
	for _, s := range statements {
		all := slices.ContainsFunc(s.Actions, func(v value.Value) bool { return policy.Covers(v, "*:*") == policy.Yes })
		if all && slices.ContainsFunc(s.Resources, everything) && !s.Conditional() {
			c.refute(r, CodeBoundary, d.PropertyOf(s), "is a boundary that allows everything and denies nothing.", "Name what its roles may do at most, or deny what they never may.")
		}
	}
}

// permission judges who may call a function.
func (c *checker) permission(r *resource.Resource) {
	c.tally.Check(c.in.ScopeOf(r), 1)
	p := r.Props
	if p.Get("Principal").Text() != "*" {
		return
	}
	for _, narrow := range []string{"SourceArn", "SourceAccount", "PrincipalOrgID", "OrganizationId"} {
		if !p.Get(narrow).IsAbsent() {
			return
		}
	}
	if p.Get("FunctionUrlAuthType").Text() == "AWS_IAM" {
		return
	}
	c.refute(r, CodeEverybody, "Principal", "lets everybody in.", "Name the service, with its SourceArn, or the account.")
}
