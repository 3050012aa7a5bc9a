// Package launch makes launch templates for EC2 instances.
//
// An instance starts from the newest image of Amazon Linux. It has no public
// address and no key pair, its metadata service answers sessions only and
// nobody a hop away, and its volume is encrypted by the caller's key. People
// reach it by Session Manager.
package launch

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// image is the newest image for arm64. EC2 resolves it when an instance starts
// ("Use AWS Systems Manager parameters instead of AMI IDs in launch templates",
// Amazon EC2 Auto Scaling User Guide).
const image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"

// Props describes the instances.
type Props struct {
	// InstanceType is an arm64 type, for example t4g.small.
	InstanceType  string
	Profile       awsiam.InstanceProfile
	SecurityGroup awsec2.ISecurityGroup
	// Key encrypts the volume; its policy must admit EC2 Auto Scaling.
	Key     awskms.IKey
	DiskGiB int
	// Script is what an instance runs when it starts; nil: nothing.
	Script *string
	// Name tags the volumes; empty: they have none.
	Name string
	// Busy gives the volume a connection of its own and measures each minute.
	Busy bool
}

// NewTemplate makes a launch template.
func NewTemplate(scope constructs.Construct, id string, props *Props) awsec2.CfnLaunchTemplate {
	data := &awsec2.CfnLaunchTemplate_LaunchTemplateDataProperty{
		ImageId: jsii.String(image), InstanceType: jsii.String(props.InstanceType),
		IamInstanceProfile: &awsec2.CfnLaunchTemplate_IamInstanceProfileProperty{Arn: props.Profile.InstanceProfileArn()},
		MetadataOptions: &awsec2.CfnLaunchTemplate_MetadataOptionsProperty{HttpEndpoint: jsii.String("enabled"),
			HttpTokens: jsii.String("required"), HttpPutResponseHopLimit: jsii.Number(1), InstanceMetadataTags: jsii.String("disabled")},
		NetworkInterfaces: []any{&awsec2.CfnLaunchTemplate_NetworkInterfaceProperty{DeviceIndex: jsii.Number(0),
			AssociatePublicIpAddress: false, DeleteOnTermination: true, Groups: &[]*string{props.SecurityGroup.SecurityGroupId()}}},
		BlockDeviceMappings: []any{&awsec2.CfnLaunchTemplate_BlockDeviceMappingProperty{DeviceName: jsii.String("/dev/xvda"),
			Ebs: &awsec2.CfnLaunchTemplate_EbsProperty{Encrypted: true, KmsKeyId: props.Key.KeyArn(), VolumeType: jsii.String("gp3"),
				VolumeSize: jsii.Number(props.DiskGiB), DeleteOnTermination: true}}}}
	if props.Busy {
		data.EbsOptimized, data.Monitoring = true, &awsec2.CfnLaunchTemplate_MonitoringProperty{Enabled: true}
	}
	if props.Script != nil {
		data.UserData = awscdk.Fn_Base64(props.Script)
	}
	if props.Name != "" {
		data.TagSpecifications = []any{&awsec2.CfnLaunchTemplate_TagSpecificationProperty{ResourceType: jsii.String("volume"),
			Tags: &[]*awscdk.CfnTag{{Key: jsii.String("Name"), Value: jsii.String(props.Name)}}}}
	}
	template := awsec2.NewCfnLaunchTemplate(scope, jsii.String(id), &awsec2.CfnLaunchTemplateProps{LaunchTemplateData: data})
	awscdk.Validations_Of(template).Acknowledge(&awscdk.Acknowledgment{Id: jsii.String("CloudFormation-Validate::E1152"),
		Reason: jsii.String("The image is a parameter that EC2 resolves when an instance starts, and not when the stack is deployed.")})
	return template
}

// SessionChannels are the actions by which an instance opens the channels of
// Session Manager. They take no resource ("Creating an IAM role with minimal
// Session Manager permissions", AWS Systems Manager User Guide).
func SessionChannels() []string {
	return []string{"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"}
}
