// Package people says what people may do in accounts: the permission sets of IAM
// Identity Center.
//
// Nobody administers by hand. People see settings and logs, restart what hangs
// in an environment, and in an emergency act as the roles that deploy, so that
// what they change is still what the templates say. No set reads customers'
// data, and none outlives its session.
package people

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awssso"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/addr"
)

// Scope says in which accounts a set is of use.
type Scope uint8

// The scopes.
const (
	Environments Scope = iota // the environments' accounts
	Members                   // every account but the management account
	Everywhere                // every account
)

// Props says whose people they are.
type Props struct {
	// Name is what the names of their resources begin with.
	Name string
	// Environments are the environments' names, as resources are tagged.
	Environments []string
}

// Set is a permission set.
type Set struct {
	Name, Description string
	For               Scope
	// Session is how long a session lasts at most, as ISO 8601 writes it.
	Session string
	// Managed are AWS's policies that it has, and Boundary the one that bounds it.
	Managed  []string
	Boundary string
	// Statements are those of its inline policy.
	Statements []map[string]any
}

// Sets returns the permission sets.
func Sets(p *Props) []Set {
	return []Set{p.breakGlass(), p.engineer(), p.auditor()}
}

// New makes a permission set of an instance of IAM Identity Center, by its ARN.
func New(scope constructs.Construct, id string, set *Set, instance *string) awssso.CfnPermissionSet {
	var managed []*string
	for _, m := range set.Managed {
		managed = append(managed, jsii.String(awsPolicy+m))
	}
	props := &awssso.CfnPermissionSetProps{InstanceArn: instance, Name: jsii.String(set.Name), Description: jsii.String(set.Description),
		SessionDuration: jsii.String(set.Session), ManagedPolicies: &managed,
		PermissionsBoundary: &awssso.CfnPermissionSet_PermissionsBoundaryProperty{ManagedPolicyArn: jsii.String(awsPolicy + set.Boundary)}}
	if len(set.Statements) > 0 {
		var all []any
		for _, s := range set.Statements {
			all = append(all, s)
		}
		props.InlinePolicy = map[string]any{"Version": "2012-10-17", "Statement": all}
	}
	return awssso.NewCfnPermissionSet(scope, jsii.String(id), props)
}

const awsPolicy = "arn:aws:iam::aws:policy/"

// AWS's policies that sets are made of: they show settings and no data.
func views() []string { return []string{"SecurityAudit", "job-function/ViewOnlyAccess"} }

// breakGlass is for when nothing else works: to deploy without the pipeline and
// to fail over by hand. Whoever deploys does so as the roles that deploy, which
// do what the templates say.
func (p *Props) breakGlass() Set {
	deploy := allow("Deploy", []string{"sts:AssumeRole"}, "arn:aws:iam::*:role/cdk-hnb659fds-deploy-role-*",
		"arn:aws:iam::*:role/cdk-hnb659fds-file-publishing-role-*", "arn:aws:iam::*:role/cdk-hnb659fds-image-publishing-role-*")
	failOver := allow("FailOver", []string{"rds:FailoverDBCluster", "rds:FailoverGlobalCluster"}, "arn:aws:rds:*:*:cluster:"+p.Name+"-*", "arn:aws:rds::*:global-cluster:"+p.Name+"-*")
	return Set{Name: "administrator-break-glass", Description: "Emergencies: deploys and fails over by hand; every use raises an alarm", For: Members, Session: "PT1H",
		Managed: views(), Boundary: "PowerUserAccess", Statements: append(p.operates(), deploy, failOver)}
}

// engineer is for who runs the environments.
func (p *Props) engineer() Set {
	return Set{Name: "engineer", Description: "Sees settings and logs, restarts services, opens sessions", For: Environments, Session: "PT4H",
		Managed: views(), Boundary: "PowerUserAccess", Statements: p.operates()}
}

// auditor is for who looks and changes nothing.
func (p *Props) auditor() Set {
	return Set{Name: "auditor", Description: "Sees every setting and no data, and changes nothing", For: Everywhere, Session: "PT8H",
		Managed: views(), Boundary: "ReadOnlyAccess"}
}

// operates is what both who runs and who rescues environments do.
func (p *Props) operates() []map[string]any {
	sessions := allow("Sessions", []string{"ssm:StartSession"}, "arn:aws:ec2:*:*:instance/*")
	sessions["Condition"] = map[string]any{"StringEquals": map[string]any{"ssm:resourceTag/" + addr.TagEnvironment: p.Environments}}
	return []map[string]any{
		allow("Logs", []string{"logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetQueryResults", "logs:StartQuery", "logs:StopQuery"}, "arn:aws:logs:*:*:log-group:"+p.Name+"-*"),
		allow("Services", []string{"ecs:StopTask", "ecs:UpdateService"}, "arn:aws:ecs:*:*:service/"+p.Name+"-*", "arn:aws:ecs:*:*:task/"+p.Name+"-*"),
		sessions,
		allow("OwnSessions", []string{"ssm:ResumeSession", "ssm:TerminateSession"}, "arn:aws:ssm:*:*:session/${aws:userid}-*"),
	}
}

func allow(sid string, actions []string, resources ...string) map[string]any {
	return map[string]any{"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
}
