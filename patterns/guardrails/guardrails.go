// Package guardrails holds an organisation's guardrails: service control
// policies, which say what its accounts' principals can do at most, and resource
// control policies, which say who can reach its resources at most.
//
// They only deny. No property takes one of them away; what a caller says is
// where it runs and who administers its keys. Each policy is below AWS's limits,
// and the deployer and Control Tower keep what they need, which the claim
// no-lockout proves of the templates. They do not reach the management account,
// which is why nothing runs there.
package guardrails

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsorganizations"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Kinds of policies, as AWS Organizations names them.
const (
	ServiceControl  = "SERVICE_CONTROL_POLICY"
	ResourceControl = "RESOURCE_CONTROL_POLICY"
)

// Props says what the guardrails have to let through.
type Props struct {
	// Name is what the policies' names begin with.
	Name string
	// Regions are where the organisation runs.
	Regions []string
	// EdgeRegion is where certificates and web ACLs of CloudFront have to be;
	// empty: nowhere else than in Regions.
	EdgeRegion string
	// KeyAdministrator is the ARN of the role that alone may disable and delete
	// keys; empty: whoever deploys.
	KeyAdministrator string
	// ThirdParties are accounts outside the organisation that its resources'
	// policies may let in.
	ThirdParties []string
	// Targets are the ids of the organisational units that the policies are
	// attached to.
	Targets []*string
}

// Policy is one guardrail.
type Policy struct {
	// Name and Description are what people read.
	Name, Description string
	// Kind is ServiceControl or ResourceControl.
	Kind string
	// Statements are those of the document.
	Statements []Statement
}

// Statement is one statement, as JSON writes it.
type Statement map[string]any

// Document returns the policy as a document.
func (p Policy) Document() map[string]any {
	var all []any
	for _, s := range p.Statements {
		all = append(all, map[string]any(s))
	}
	return map[string]any{"Version": "2012-10-17", "Statement": all}
}

// New makes the policies and attaches them.
func New(scope constructs.Construct, id string, props *Props) []awsorganizations.CfnPolicy {
	root := constructs.NewConstruct(scope, jsii.String(id))
	var made []awsorganizations.CfnPolicy
	for _, p := range Policies(props) {
		targets := props.Targets
		made = append(made, awsorganizations.NewCfnPolicy(root, jsii.String(p.Name), &awsorganizations.CfnPolicyProps{
			Name: jsii.String(props.Name + "-" + p.Name), Description: jsii.String(p.Description), Type: jsii.String(p.Kind),
			Content: p.Document(), TargetIds: &targets}))
	}
	return made
}

// Policies returns the guardrails.
func Policies(p *Props) []Policy {
	return []Policy{p.regions(), p.account(), p.logs(), p.data(), p.keys(), p.perimeter(), p.transport()}
}

// Roles that guardrails let through, in every account.
const (
	deployer     = "arn:aws:iam::*:role/cdk-hnb659fds-cfn-exec-role-*"
	tower        = "arn:aws:iam::*:role/AWSControlTowerExecution"
	towerRoles   = "arn:aws:iam::*:role/aws-controltower-*"
	bootstrapper = "arn:aws:iam::*:role/OrganizationAccountAccessRole"
)

// deny is a statement that denies everybody some actions.
func deny(sid string, actions []string, conditions ...map[string]any) Statement {
	s := Statement{"Sid": sid, "Effect": "Deny", "Action": actions, "Resource": "*"}
	if len(conditions) > 0 {
		all := map[string]any{}
		for _, c := range conditions {
			for op, keys := range c {
				all[op] = keys
			}
		}
		s["Condition"] = all
	}
	return s
}

// but lets roles through.
func but(roles ...string) map[string]any {
	return map[string]any{"ArnNotLike": map[string]any{"aws:PrincipalArn": roles}}
}

func when(op, key string, v any) map[string]any {
	return map[string]any{op: map[string]any{key: v}}
}

// EdgeRegion is where CloudFront's certificates and web ACLs have to be
// ("Requirements for using SSL/TLS certificates with CloudFront").
const EdgeRegion = "us-east-1"
