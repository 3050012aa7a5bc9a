// Package breakglass makes the way to private applications for when the usual
// one, the tunnel or the identity provider, is down.
//
// It needs neither: named IAM users with a second factor assume a role that can
// start one bastion, and forward a port by Session Manager through it to the
// private names of one domain, and nothing else. It is closed by default: no
// bastion runs until one is asked for, and it is ended again within hours.
// Whoever uses it is seen: a topic tells people of the role, the bastion and
// each session. The bastion takes no connections and has no key pair, no
// software of its own and no permissions but Session Manager's.
package breakglass

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsautoscaling"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/patterns/alert"
	"github.com/suretyhq/surety/patterns/launch"
)

// closes is when a bastion that was forgotten is ended, in cron's words: every
// four hours.
const closes = "0 */4 * * *"

// longestSeconds is the shortest bound that AWS takes of an instance's life: a
// day.
const longestSeconds = 86400

// The bastion's size, and how old a sign-in with the second factor may be.
const (
	instanceType  = "t4g.nano"
	diskGiB       = 8
	secondsOfMFA  = "3600"
	sessionsHours = 1
)

// Props says who comes by it and where to.
type Props struct {
	// Name is the name of the role, the group, the document and the topic.
	Name string
	// Users are the ARNs of the IAM users who may use it.
	Users []string
	// Alert is the e-mail address that is told.
	Alert string
	// Domain is the DNS name below which applications are named.
	Domain        string
	Subnets       []awsec2.ISubnet
	SecurityGroup awsec2.ISecurityGroup
	// Key encrypts the bastion's volume and the topic; its policy has
	// KeyStatements.
	Key awskms.IKey
}

// Access is the way in.
type Access struct {
	Construct constructs.Construct
	Role      awsiam.Role
	Group     awsautoscaling.CfnAutoScalingGroup
	Topic     awssns.Topic
	document  awsssm.CfnDocument
}

// New makes the way in.
func New(scope constructs.Construct, id string, props *Props) *Access {
	a := &Access{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	a.bastion(props)
	a.document = awsssm.NewCfnDocument(a.Construct, jsii.String("Document"), &awsssm.CfnDocumentProps{Name: jsii.String(props.Name),
		DocumentType: jsii.String("Session"), DocumentFormat: jsii.String("JSON"), UpdateMethod: jsii.String("NewVersion"), Content: forward(props.Domain)})
	a.role(props)
	a.alerts(props)
	return a
}

// bastion makes a group of which nothing runs. A volume is encrypted, and the
// metadata service answers sessions only.
func (a *Access) bastion(props *Props) {
	role := awsiam.NewRole(a.Construct, jsii.String("BastionRole"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
		Description: jsii.String("The bastion of " + props.Name)})
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Resources: jsii.Strings("*"), Actions: jsii.Strings(launch.SessionChannels()...)}))
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Resources: &[]*string{a.arn("ec2", "instance", "*")}, Actions: jsii.Strings("ssm:UpdateInstanceInformation"),
		Conditions: a.tagged(props, "aws:ResourceTag/")}))
	profile := awsiam.NewInstanceProfile(a.Construct, jsii.String("Profile"), &awsiam.InstanceProfileProps{Role: role})
	template := launch.NewTemplate(a.Construct, "Template", &launch.Props{InstanceType: instanceType, Profile: profile,
		SecurityGroup: props.SecurityGroup, Key: props.Key, DiskGiB: diskGiB})
	var subnets []any
	for _, s := range props.Subnets {
		subnets = append(subnets, s.SubnetId())
	}
	a.Group = awsautoscaling.NewCfnAutoScalingGroup(a.Construct, jsii.String("Bastion"), &awsautoscaling.CfnAutoScalingGroupProps{
		AutoScalingGroupName: jsii.String(props.Name), MinSize: jsii.String("0"), DesiredCapacity: jsii.String("0"), MaxSize: jsii.String("1"), MaxInstanceLifetime: jsii.Number(longestSeconds),
		VpcZoneIdentifier: &subnets, LaunchTemplate: &awsautoscaling.CfnAutoScalingGroup_LaunchTemplateSpecificationProperty{
			LaunchTemplateId: template.Ref(), Version: template.AttrLatestVersionNumber()}})
	a.Group.Node().AddDependency(role)
	awsautoscaling.NewCfnScheduledAction(a.Construct, jsii.String("Close"), &awsautoscaling.CfnScheduledActionProps{AutoScalingGroupName: a.Group.Ref(),
		MinSize: jsii.Number(0), DesiredCapacity: jsii.Number(0), MaxSize: jsii.Number(1), Recurrence: jsii.String(closes)})
}

// forward is the document of the only session that the role can start: a port
// of the user's own machine leads to an application's, by its private name.
// Source: AWS Systems Manager User Guide, "Session document schema".
func forward(domain string) map[string]any {
	return map[string]any{"schemaVersion": "1.0", "description": "Leads a local port to a private application of " + domain, "sessionType": "Port",
		"parameters": map[string]any{
			"localPortNumber": map[string]any{"type": "String", "description": "The port of your own machine", "default": "8443", "allowedPattern": "^[0-9]{1,5}$"},
			"host":            map[string]any{"type": "String", "description": "The application's name", "allowedPattern": `^[a-z0-9-]{1,63}\.` + strings.ReplaceAll(domain, ".", `\.`) + "$"}},
		"properties": map[string]any{"portNumber": "443", "type": "LocalPortForwarding", "localPortNumber": "{{ localPortNumber }}", "host": "{{ host }}"}}
}

// role is what the users assume. IAM refuses users that do not exist.
func (a *Access) role(props *Props) {
	var users []awsiam.IPrincipal
	for _, u := range props.Users {
		users = append(users, awsiam.NewArnPrincipal(jsii.String(u)))
	}
	mfa := map[string]any{"Bool": map[string]any{"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": map[string]any{"aws:MultiFactorAuthAge": secondsOfMFA}}
	a.Role = awsiam.NewRole(a.Construct, jsii.String("Role"), &awsiam.RoleProps{RoleName: jsii.String(props.Name), MaxSessionDuration: awscdk.Duration_Hours(jsii.Number(sessionsHours)),
		Description: jsii.String("For when the tunnel or the identity provider is down"),
		AssumedBy:   awsiam.NewPrincipalWithConditions(awsiam.NewCompositePrincipal(users...), &mfa)})
	allow := func(when *map[string]any, resource *string, actions ...string) {
		a.Role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &[]*string{resource}, Conditions: when}))
	}
	stack := awscdk.Stack_Of(a.Construct)
	allow(nil, jsii.String("arn:"+*stack.Partition()+":autoscaling:"+*stack.Region()+":"+*stack.Account()+":autoScalingGroup:*:autoScalingGroupName/"+props.Name), "autoscaling:SetDesiredCapacity")
	allow(nil, jsii.String("*"), "autoscaling:DescribeAutoScalingGroups", "ec2:DescribeInstances")
	document := map[string]any{"BoolIfExists": map[string]any{"ssm:SessionDocumentAccessCheck": "true"}}
	allow(&document, a.arn("ssm", "document", props.Name), "ssm:StartSession")
	only := *a.tagged(props, "ssm:resourceTag/")
	only["BoolIfExists"] = document["BoolIfExists"]
	allow(&only, a.arn("ec2", "instance", "*"), "ssm:StartSession")
	allow(nil, a.arn("ssm", "session", "${aws:userid}-*"), "ssm:ResumeSession", "ssm:TerminateSession")
}

// tagged is a condition that a resource is the bastion: EC2 Auto Scaling itself
// tags what it starts with its group's name, and nobody else can.
func (a *Access) tagged(props *Props, prefix string) *map[string]any {
	return &map[string]any{"StringEquals": map[string]any{prefix + "aws:autoscaling:groupName": props.Name}}
}

func (a *Access) arn(service, resource, name string) *string {
	return awscdk.Stack_Of(a.Construct).FormatArn(&awscdk.ArnComponents{Service: jsii.String(service), Resource: jsii.String(resource), ResourceName: jsii.String(name)})
}

// alerts tells people of each use. That a bastion starts, EC2 Auto Scaling says
// itself, so that it is told even where no trail is.
func (a *Access) alerts(props *Props) {
	a.Topic = alert.NewTopic(a.Construct, "Topic", &alert.Props{Name: props.Name, Display: "Break-glass access", Key: props.Key})
	awssns.NewCfnSubscription(a.Construct, jsii.String("Told"), &awssns.CfnSubscriptionProps{TopicArn: a.Topic.TopicArn(), Protocol: jsii.String("email"), Endpoint: jsii.String(props.Alert)})
	alert.Send(a.Construct, "Opened", a.Topic, "The bastion of "+props.Name+" starts or ends", map[string]any{"source": []string{"aws.autoscaling"},
		"detail-type": []string{"EC2 Instance Launch Successful", "EC2 Instance Launch Unsuccessful", "EC2 Instance Terminate Successful"},
		"detail":      map[string]any{"AutoScalingGroupName": []string{props.Name}}})
	call := func(id, description, source, event string, parameters map[string]any) {
		alert.Send(a.Construct, id, a.Topic, description, map[string]any{"source": []string{"aws." + source}, "detail-type": []string{"AWS API Call via CloudTrail"},
			"detail": map[string]any{"eventSource": []string{source + ".amazonaws.com"}, "eventName": []string{event}, "requestParameters": parameters}})
	}
	call("Assumed", "Somebody assumes "+props.Name, "sts", "AssumeRole", map[string]any{"roleArn": []*string{a.Role.RoleArn()}})
	call("Session", "Somebody opens a session by "+props.Name, "ssm", "StartSession", map[string]any{"documentName": []string{props.Name}})
}
