// Package leastprivilege proves that nobody may do more than their part needs:
// no policy administers by wildcard, none lets its holder give itself more,
// nothing is open to everybody, and no IAM user or long-lived key exists.
//
// It judges what policies say, statement by statement, and believes none that
// it cannot read. Which actions may name every resource, and which of AWS's own
// policies are narrow, are closed lists (docs/claims/least-privilege.md).
package leastprivilege

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings.
const (
	CodeAllActions     = "PRIVILEGE_ALL_ACTIONS"
	CodeService        = "PRIVILEGE_SERVICE_WILDCARD"
	CodeExcept         = "PRIVILEGE_BY_EXCEPTION"
	CodeEscalation     = "PRIVILEGE_ESCALATION"
	CodeAllResources   = "PRIVILEGE_ALL_RESOURCES"
	CodeManaged        = "PRIVILEGE_MANAGED_POLICY"
	CodeManagedUnknown = "PRIVILEGE_MANAGED_POLICY_UNKNOWN"
	CodeUnknown        = "PRIVILEGE_UNKNOWN"
	CodeEverybody      = "PRIVILEGE_FOR_EVERYBODY"
	CodeAccount        = "PRIVILEGE_FOR_ACCOUNT"
	CodeProvider       = "PRIVILEGE_FOR_PROVIDER"
	CodeKey            = "KEY_ADMINISTERED_BY_OTHERS"
	CodeBoundary       = "PRIVILEGE_BOUNDARY_OPEN"
	CodeUser           = "IAM_USER"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:    "least-privilege",
		Rows:  []string{"S03", "S23", "S28"},
		Says:  "nobody may do more than their part needs: no wildcard administration, no way to more privileges, no IAM users",
		Check: check,
	}
}

type checker struct {
	in         *proof.Input
	tally      *proof.Tally
	documents  policy.Documents
	boundaries map[string]bool   // addresses of policies that are boundaries and nothing else
	managedIn  map[string]string // see managedIn
	narrow     map[string]bool   // see narrowManaged
	escalating []escalating      // see escalations
	free       map[string][]policy.ActionPattern
}

func check(_ context.Context, in *proof.Input) ([]proof.Verdict, error) {
	c := &checker{in: in, tally: proof.NewTally(in, "statements", "Nothing that was loaded has a policy."),
		documents: policy.NewDocuments(), managedIn: managedIn(), narrow: narrowManaged(), escalating: newEscalating(), free: actionsOfAll()}
	c.boundaries = boundaries(in.Graph)
	for r := range in.Graph.All() {
		c.users(r)
		c.managed(r)
		for d := range c.documents.Of(r) {
			c.document(r, d)
		}
		if r.Type == "AWS::Lambda::Permission" || r.Type == "AWS::Lambda::LayerVersionPermission" {
			c.permission(r)
		}
	}
	return c.tally.Verdicts(), nil
}

func (c *checker) refute(r *resource.Resource, code, property, message, fix string) {
	c.tally.Refute(c.in.ScopeOf(r), proof.Finding{Code: code, At: r.Addr, Property: property, Message: c.in.Name(r) + " " + message, Fix: fix})
}

func (c *checker) doubt(r *resource.Resource, code, property, message, fix string) {
	c.tally.Doubt(c.in.ScopeOf(r), proof.Finding{Code: code, At: r.Addr, Property: property, Message: c.in.Name(r) + " " + message, Fix: fix})
}

// document judges every statement of a document that allows.
func (c *checker) document(r *resource.Resource, d policy.Document) {
	statements, why := policy.Statements(d.Doc)
	if why != nil {
		c.doubt(r, CodeUnknown, d.Property, "has a policy that is not known: "+why.Error()+".", "Write the policy in the template, or give the parameter with --param.")
	}
	c.tally.Check(c.in.ScopeOf(r), len(statements))
	if c.boundaries[r.Addr.String()] {
		c.boundary(r, d, statements)
		return
	}
	for _, s := range statements {
		if !s.Allow {
			continue
		}
		j := judged{checker: c, r: r, d: d, s: s, at: d.PropertyOf(s)}
		switch d.Purpose {
		case policy.Grants:
			j.grants()
		case policy.Trusts:
			j.trusts()
		case policy.GuardsKey:
			j.key()
		case policy.PassesThrough:
			j.passesThrough()
		default:
			j.guards()
		}
	}
}

// judged is one statement on its way to be judged.
type judged struct {
	*checker
	r  *resource.Resource
	d  policy.Document
	s  policy.Statement
	at string
}

// label names the statement for a sentence.
func (j judged) label() string {
	if j.s.Sid != "" {
		return "in " + j.s.Sid
	}
	return "in " + j.at
}

func (j judged) bad(code, property, message, fix string) {
	j.refute(j.r, code, j.at+property, message, fix)
}

// known says whether the statement's actions and resources can be read, and
// reports it if not: a symbol among the resources is one resource.
func (j judged) known() bool {
	for _, list := range [][]value.Value{j.s.Actions, j.s.Resources} {
		for _, v := range list {
			if why := v.FirstUnknown(); why != nil {
				j.doubt(j.r, CodeUnknown, j.at, "has a statement that is not known: "+why.Error()+".", "Write the value in the template, or give the parameter with --param.")
				return false
			}
		}
	}
	if j.s.Doubtful {
		j.doubt(j.r, CodeUnknown, j.at+"/Effect", "has a statement of which it is not known whether it allows.", "Write Effect: Allow or Deny.")
		return false
	}
	return true
}

// grants judges what a principal may do.
func (j judged) grants() {
	if !j.known() || j.byException() || j.wildcards() {
		return
	}
	if slices.ContainsFunc(j.s.Resources, everyOfItsKind) {
		for i, a := range j.s.Actions {
			if j.escalates(a, i) {
				return
			}
		}
	}
	if i, ok := j.everyResource(); ok && !j.s.NarrowedBy(resourceKeys()) {
		j.allResources(i)
	}
}

// byException judges statements that allow all but some: what AWS adds
// tomorrow is allowed too ("IAM JSON policy elements: NotAction").
func (j judged) byException() bool {
	what := ""
	switch {
	case j.s.NotAction:
		what = "/NotAction"
	case j.s.NotResource:
		what = "/NotResource"
	default:
		return false
	}
	j.bad(CodeExcept, what, "allows everything but some "+j.label()+", so also what AWS will add.", "Name what is allowed, and deny the rest by a statement of its own if need be.")
	return true
}

// wildcards judges actions that are everything, or everything of a service on
// every resource.
func (j judged) wildcards() bool {
	found := false
	_, everyResource := j.everyResource()
	for i, a := range j.s.Actions {
		text := a.Text()
		service, name, _ := strings.Cut(text, ":")
		property := "/Action" + index(i, j.s.Actions)
		switch {
		case strings.Trim(text, "*:") == "" || strings.ContainsAny(service, "*?"):
			j.bad(CodeAllActions, property, fmt.Sprintf("allows %s %s, which is every service.", text, j.label()), "Name the actions that are needed.")
			found = true
		case strings.Trim(name, "*") == "" && everyResource && !j.freeOf(text):
			j.bad(CodeService, property, fmt.Sprintf("allows %s on every resource %s.", text, j.label()), "Name the actions and the resources that are needed.")
			found = true
		}
	}
	return found
}

// everyResource returns the first resource of the statement that is all of
// them, or all of a service in an account.
func (j judged) everyResource() (int, bool) {
	i := slices.IndexFunc(j.s.Resources, everything)
	return max(i, 0), i >= 0
}

// everything says whether a pattern is every resource of a service: "*" alone
// or as the whole last field of an ARN.
func everything(v value.Value) bool {
	text := policy.Outline(v)
	if text != "" && strings.Trim(text, "*") == "" {
		return true
	}
	f := strings.SplitN(text, ":", 6)
	return len(f) == 6 && strings.ContainsAny(f[5], "*") && strings.Trim(f[5], "*/:") == ""
}

// unkinded are the services whose ARNs begin with a resource's name and not with
// its kind: bucket/* is one bucket.
func unkinded() []string { return []string{"s3", "sns", "sqs", "execute-api"} }

// everyOfItsKind says whether a pattern is every resource of a service or every
// one of a kind: role/*, secret:*.
func everyOfItsKind(v value.Value) bool {
	if everything(v) {
		return true
	}
	f := strings.SplitN(policy.Outline(v), ":", 6)
	if len(f) != 6 || slices.Contains(unkinded(), f[2]) {
		return false
	}
	kind, name, ok := strings.Cut(f[5], "/")
	if !ok {
		kind, name, ok = strings.Cut(f[5], ":")
	}
	return ok && !strings.ContainsAny(kind, "*?") && strings.ContainsAny(name, "*") && strings.Trim(name, "*/:") == ""
}

// escalates judges one action on every resource that gives its holder more than
// it says.
func (j judged) escalates(a value.Value, i int) bool {
	pattern := policy.PatternOf(a)
	for _, e := range j.escalating {
		if pattern.Covers(e.name) == policy.No || e.by != "" && j.s.NarrowedBy([]string{e.by}) {
			continue
		}
		j.bad(CodeEscalation, "/Action"+index(i, j.s.Actions), fmt.Sprintf("allows %s on every resource %s, so that its holder %s.", e.action, j.label(), e.how),
			"Name the resources that are meant.")
		return true
	}
	return false
}

// allResources judges actions on every resource: only those that know no
// resources may name all.
func (j judged) allResources(i int) {
	for _, a := range j.s.Actions {
		if j.freeOf(a.Text()) {
			continue
		}
		j.bad(CodeAllResources, "/Resource"+index(i, j.s.Resources), fmt.Sprintf("allows %s on every resource %s.", a.Text(), j.label()),
			"Name the resources, or add a condition on their tags; docs/claims/least-privilege.md lists the actions that know no resources.")
		return
	}
}

// freeOf says whether every action of a pattern is one that knows no
// resources.
func (j judged) freeOf(pattern string) bool {
	service, _, _ := strings.Cut(strings.ToLower(pattern), ":")
	action := policy.ActionOf(pattern)
	return slices.ContainsFunc(j.free[service], func(p policy.ActionPattern) bool { return p.Covers(action) == policy.Yes })
}

func index(i int, list []value.Value) string {
	if len(list) < 2 {
		return ""
	}
	return "/" + strconv.Itoa(i)
}
