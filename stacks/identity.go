package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awssso"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/people"
)

// addIdentity makes what people may do: a permission set for each kind of them,
// assigned to the group of its name that the identity provider sends, in the
// accounts that it is for.
func (o *organisation) addIdentity() {
	stack := o.layer(LayerIdentity, "People's permissions", o.stacks[LayerLandingZone])
	instance := o.atDeployment(stack, "Instance", "identity/instance", "ARN of the organisation's instance of IAM Identity Center")
	for _, set := range people.Sets(&people.Props{Name: o.estate.Name, Environments: o.estate.Environments.Keys()}) {
		scope := constructs.NewConstruct(stack, jsii.String(set.Name))
		made := people.New(scope, "Set", &set, instance)
		group := o.atDeployment(scope, "Group", "identity/group/"+set.Name, "Id of the group "+o.estate.Name+"-"+set.Name+" in IAM Identity Center")
		for _, account := range o.accountsFor(set.For) {
			awssso.NewCfnAssignment(scope, jsii.String(account), &awssso.CfnAssignmentProps{InstanceArn: instance, PermissionSetArn: made.AttrPermissionSetArn(),
				PrincipalType: jsii.String("GROUP"), PrincipalId: group, TargetType: jsii.String("AWS_ACCOUNT"), TargetId: jsii.String(account)})
		}
	}
}

// accountsFor returns the ids of the accounts that a permission set is for, in
// the order of the file. None is for the management account but the auditor's.
func (o *organisation) accountsFor(whom people.Scope) []string {
	var all []string
	if whom == people.Everywhere {
		all = append(all, o.estate.Organisation.Management.ID)
	}
	ofEnvironments := map[string]bool{}
	for _, s := range o.estate.Sites() {
		ofEnvironments[s.Account] = true
	}
	for _, a := range o.estate.Organisation.Accounts.All() {
		if whom != people.Environments || ofEnvironments[a.ID] {
			all = append(all, a.ID)
		}
	}
	return all
}
