package bootstrap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/suretyhq/surety/diag"
)

// role is a role of the management account that Control Tower works with.
// Either the managed policy or the policy inside gives it what it needs.
type role struct {
	name    string
	service string // that assumes it
	managed string // ARN of AWS's policy
	inline  string // document
}

// towersRoles are the roles that a landing zone needs before it is made
// ("Examples: Set up an AWS Control Tower landing zone with APIs only", step 2,
// AWS Control Tower User Guide).
func towersRoles() []role {
	const managed = "arn:aws:iam::aws:policy/service-role/"
	return []role{
		{name: "AWSControlTowerAdmin", service: "controltower.amazonaws.com", managed: managed + "AWSControlTowerServiceRolePolicy",
			inline: allow("*", "ec2:DescribeAvailabilityZones")},
		{name: "AWSControlTowerStackSetRole", service: "cloudformation.amazonaws.com",
			inline: allow("arn:aws:iam::*:role/AWSControlTowerExecution", "sts:AssumeRole")},
		{name: "AWSControlTowerCloudTrailRole", service: "cloudtrail.amazonaws.com",
			inline: allow("arn:aws:logs:*:*:log-group:aws-controltower/CloudTrailLogs:*", "logs:CreateLogStream", "logs:PutLogEvents")},
		{name: "AWSControlTowerConfigAggregatorRoleForOrganizations", service: "config.amazonaws.com", managed: managed + "AWSConfigRoleForOrganizations"},
	}
}

// statement is a statement of a policy, as far as these roles need one.
type statement struct {
	Effect    string
	Principal map[string]any `json:",omitempty"`
	Action    any
	Resource  string `json:",omitempty"`
}

type document struct {
	Version   string
	Statement []statement
}

func allow(resource string, actions ...string) string {
	return policy(statement{Effect: "Allow", Action: actions, Resource: resource})
}

func trust(service string) string {
	return policy(statement{Effect: "Allow", Principal: map[string]any{"Service": service}, Action: "sts:AssumeRole"})
}

func policy(s statement) string {
	b, err := json.Marshal(document{Version: "2012-10-17", Statement: []statement{s}})
	if err != nil {
		panic(err) // text and lists of text can always be written
	}
	return string(b)
}

func (w *world) roleSteps() []step {
	var all []step
	for _, r := range towersRoles() {
		all = append(all, step{id: "role/" + r.name, what: "make Control Tower's role " + r.name, path: "organisation/management",
			look: func(ctx context.Context) (view, error) { return w.lookAtRole(ctx, r) },
			act:  func(ctx context.Context) error { return w.makeRole(ctx, r) }})
	}
	return all
}

// lookAtRole finds out whether a role is there and has its policies. A role
// that Control Tower's console made is as good; its conditions stay.
func (w *world) lookAtRole(ctx context.Context, r role) (view, error) {
	out, err := w.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(r.name)})
	var none *types.NoSuchEntityException
	if errors.As(err, &none) {
		return todo("")
	}
	if err != nil {
		return view{}, err
	}
	if !trusts(aws.ToString(out.Role.AssumeRolePolicyDocument), r.service) {
		return view{}, diag.Diagnostic{Code: CodeRole, Pos: w.at("organisation/management"),
			What: fmt.Sprintf("there is a role %s in account %s, and %s cannot assume it", r.name, w.caller, r.service),
			Why:  "Control Tower looks for the role by this name; what others use is not changed",
			Fix:  fmt.Sprintf("let %s assume it, or remove the role; then run the command again", r.service)}
	}
	if r.managed != "" {
		attached, err := w.attached(ctx, r.name)
		if err != nil || !slices.Contains(attached, r.managed) {
			return view{detail: "it lacks " + r.managed}, err
		}
	}
	if r.inline == "" {
		return done("")
	}
	inside, err := w.iam.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: aws.String(r.name)})
	if err != nil {
		return view{}, err
	}
	if !slices.Contains(inside.PolicyNames, r.name+"Policy") {
		return todo("it lacks " + r.name + "Policy")
	}
	return done("")
}

func (w *world) attached(ctx context.Context, name string) ([]string, error) {
	var arns []string
	for pages := iam.NewListAttachedRolePoliciesPaginator(w.iam, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String(name)}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range page.AttachedPolicies {
			arns = append(arns, aws.ToString(p.PolicyArn))
		}
	}
	return arns, nil
}

// trusts says whether a trust policy, URL-encoded as IAM returns it, lets a
// service assume the role.
func trusts(encoded, service string) bool {
	text, err := url.QueryUnescape(encoded)
	if err != nil {
		return false
	}
	var d struct {
		Statement []struct {
			Effect    string
			Principal struct{ Service any }
			Action    any
		}
	}
	if json.Unmarshal([]byte(text), &d) != nil {
		return false
	}
	holds := func(v any, want string) bool {
		list, ok := v.([]any)
		return v == want || ok && slices.Contains(list, any(want))
	}
	for _, s := range d.Statement {
		if s.Effect == "Allow" && holds(s.Principal.Service, service) && holds(s.Action, "sts:AssumeRole") {
			return true
		}
	}
	return false
}

func (w *world) makeRole(ctx context.Context, r role) error {
	name := aws.String(r.name)
	_, err := w.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, Path: aws.String("/service-role/"), AssumeRolePolicyDocument: aws.String(trust(r.service))})
	var there *types.EntityAlreadyExistsException
	if err != nil && !errors.As(err, &there) {
		return err
	}
	if r.inline != "" {
		if _, err := w.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String(r.name + "Policy"), PolicyDocument: aws.String(r.inline)}); err != nil {
			return err
		}
	}
	if r.managed == "" {
		return nil
	}
	_, err = w.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String(r.managed)})
	return err
}
