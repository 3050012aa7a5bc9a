package instancespatched

import (
	"testing"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/prooftest"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

const newest = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"

// group is a scaling group with its template and security group, as they should
// be but for what a case changes.
func group(change func(template, group, rule build.Props)) func(*build.Builder) {
	return func(b *build.Builder) {
		template := build.Props{"ImageId": newest, "MetadataOptions": build.Props{"HttpTokens": "required"}, "SecurityGroupIds": []value.Value{b.Ref("Open")}}
		scaling := build.Props{"MinSize": "3", "MaxSize": "12", "MaxInstanceLifetime": 1209600, "VPCZoneIdentifier": []value.Value{b.Ref("Subnet")},
			"LaunchTemplate": build.Props{"LaunchTemplateId": b.Ref("Template"), "Version": "1"}}
		rule := build.Props{"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "CidrIp": "10.0.0.0/8"}
		if change != nil {
			change(template, scaling, rule)
		}
		b.Add("AWS::EC2::VPC", "Vpc", build.Props{"CidrBlock": "10.0.0.0/16"})
		b.Add("AWS::EC2::Subnet", "Subnet", build.Props{"VpcId": b.Ref("Vpc"), "CidrBlock": "10.0.1.0/24"})
		b.Add("AWS::EC2::SecurityGroup", "Open", build.Props{"VpcId": b.Ref("Vpc"), "GroupDescription": "g", "SecurityGroupIngress": []build.Props{rule}})
		b.Add("AWS::EC2::LaunchTemplate", "Template", build.Props{"LaunchTemplateData": template})
		b.Add("AWS::AutoScaling::AutoScalingGroup", "Group", scaling)
	}
}

func TestS11_InstancesArePatchedAndReachedBySessionManagerOnly(t *testing.T) {
	row := func(name string, outcome proof.Outcome, code string, change func(template, group, rule build.Props)) prooftest.Case {
		c := prooftest.Case{Name: name, Outcome: outcome, Build: group(change)}
		if code != "" {
			c.Codes = []string{code}
		}
		return c
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		row("as it should be", proof.Proved, "", nil),
		{Name: "nothing", Outcome: proof.NotApplicable, Build: func(b *build.Builder) { b.Add("AWS::EC2::VPC", "Vpc", build.Props{"CidrBlock": "10.0.0.0/16"}) }},
		row("an image", proof.Refuted, CodeOldImage, func(template, _, _ build.Props) { template["ImageId"] = "ami-0123456789abcdef0" }),
		row("no image", proof.Unknown, CodeUnknown, func(template, _, _ build.Props) { delete(template, "ImageId") }),
		row("an image that is not known", proof.Unknown, CodeUnknown, func(template, _, _ build.Props) { template["ImageId"] = build.Unknown("a parameter") }),
		row("an image from Systems Manager", proof.Proved, "", func(template, _, _ build.Props) {
			template["ImageId"] = value.OfUnknown(value.Reason{Code: "PARAMETER_FROM_SSM", Text: "deployment reads it"})
		}),
		row("a key pair", proof.Refuted, CodeKeyPair, func(template, _, _ build.Props) { template["KeyName"] = "operator" }),
		row("metadata for everybody", proof.Refuted, CodeMetadata, func(template, _, _ build.Props) { template["MetadataOptions"] = build.Props{"HttpTokens": "optional"} }),
		row("metadata by default", proof.Refuted, CodeMetadata, func(template, _, _ build.Props) { delete(template, "MetadataOptions") }),
		row("metadata that is not known", proof.Unknown, CodeUnknown, func(template, _, _ build.Props) {
			template["MetadataOptions"] = build.Props{"HttpTokens": build.Unknown("a parameter")}
		}),
		row("for ever", proof.Refuted, CodeOld, func(_, group, _ build.Props) { delete(group, "MaxInstanceLifetime") }),
		row("for ever, said", proof.Refuted, CodeOld, func(_, group, _ build.Props) { group["MaxInstanceLifetime"] = 0 }),
		row("too long", proof.Refuted, CodeOld, func(_, group, _ build.Props) { group["MaxInstanceLifetime"] = 2592001 }),
		row("a month", proof.Proved, "", func(_, group, _ build.Props) { group["MaxInstanceLifetime"] = 2592000 }),
		row("a time that is not known", proof.Unknown, CodeUnknown, func(_, group, _ build.Props) { group["MaxInstanceLifetime"] = build.Unknown("a parameter") }),
		row("none by itself", proof.Proved, "", func(_, group, _ build.Props) {
			delete(group, "MaxInstanceLifetime")
			group["MinSize"], group["DesiredCapacity"] = "0", "0"
		}),
		row("none at first", proof.Refuted, CodeOld, func(_, group, _ build.Props) {
			delete(group, "MaxInstanceLifetime")
			group["MinSize"] = "0"
		}),
		row("SSH", proof.Refuted, CodeSignInPort, func(_, _, rule build.Props) { rule["FromPort"], rule["ToPort"] = 22, 22 }),
		row("RDP among others", proof.Refuted, CodeSignInPort, func(_, _, rule build.Props) { rule["FromPort"], rule["ToPort"] = 3000, 4000 }),
		row("everything", proof.Refuted, CodeSignInPort, func(_, _, rule build.Props) {
			rule["IpProtocol"] = "-1"
			delete(rule, "FromPort")
			delete(rule, "ToPort")
		}),
		row("datagrams", proof.Proved, "", func(_, _, rule build.Props) { rule["IpProtocol"], rule["FromPort"], rule["ToPort"] = "udp", 22, 22 }),
		{Name: "a single instance", Outcome: proof.Unknown, Codes: []string{CodeUnknown}, Build: func(b *build.Builder) {
			b.Add("AWS::EC2::Instance", "I", build.Props{"ImageId": newest, "MetadataOptions": build.Props{"HttpTokens": "required"}})
		}},
		{Name: "a single instance with an image and a key", Outcome: proof.Refuted, Codes: []string{CodeKeyPair, CodeOldImage, CodeMetadata, CodeUnknown}, Build: func(b *build.Builder) {
			b.Add("AWS::EC2::Instance", "I", build.Props{"ImageId": "ami-0123456789abcdef0", "KeyName": "operator"})
		}},
	})
}
