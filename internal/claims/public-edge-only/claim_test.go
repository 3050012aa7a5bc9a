package publicedgeonly

import (
	"testing"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/prooftest"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

// public adds a VPC with a public subnet and a group that lets a port in.
func public(b *build.Builder, port int) {
	b.Add("AWS::EC2::VPC", "Vpc", build.Props{"CidrBlock": "10.0.0.0/16"})
	b.Add("AWS::EC2::InternetGateway", "Gateway", nil)
	b.Add("AWS::EC2::VPCGatewayAttachment", "Attachment", build.Props{"VpcId": b.Ref("Vpc"), "InternetGatewayId": b.Ref("Gateway")})
	b.Add("AWS::EC2::Subnet", "Subnet", build.Props{"VpcId": b.Ref("Vpc"), "CidrBlock": "10.0.0.0/24", "AvailabilityZoneId": "apse2-az1"})
	b.Add("AWS::EC2::RouteTable", "Table", build.Props{"VpcId": b.Ref("Vpc")})
	b.Add("AWS::EC2::Route", "Route", build.Props{"RouteTableId": b.Ref("Table"), "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": b.Ref("Gateway")})
	b.Add("AWS::EC2::SubnetRouteTableAssociation", "Association", build.Props{"SubnetId": b.Ref("Subnet"), "RouteTableId": b.Ref("Table")})
	b.Add("AWS::EC2::SecurityGroup", "Group", build.Props{"VpcId": b.Ref("Vpc"), "GroupDescription": "in",
		"SecurityGroupIngress": []build.Props{{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "0.0.0.0/0"}}})
}

func balancer(b *build.Builder, listener int) {
	b.Add("AWS::ElasticLoadBalancingV2::LoadBalancer", "Alb", build.Props{"Scheme": "internet-facing", "Subnets": []value.Value{b.Ref("Subnet")}, "SecurityGroups": []value.Value{b.Ref("Group")}})
	b.Add("AWS::ElasticLoadBalancingV2::Listener", "Listener", build.Props{"LoadBalancerArn": b.Ref("Alb"), "Port": listener, "Protocol": "HTTPS",
		"DefaultActions": []build.Props{{"Type": "fixed-response", "FixedResponseConfig": build.Props{"StatusCode": "404"}}}})
}

func instance(b *build.Builder, address bool) {
	b.Add("AWS::EC2::Instance", "Host", build.Props{"NetworkInterfaces": []build.Props{{"DeviceIndex": "0", "AssociatePublicIpAddress": address,
		"SubnetId": b.Ref("Subnet"), "GroupSet": []value.Value{b.Ref("Group")}}}})
}

func TestS07_OnlyEdgesAreReachedFromTheInternet(t *testing.T) {
	policy := func(block build.Props) func(*build.Builder) {
		return func(b *build.Builder) {
			b.Add("AWS::S3::Bucket", "Bucket", block)
			b.Add("AWS::S3::BucketPolicy", "Policy", build.Props{"Bucket": b.Ref("Bucket"), "PolicyDocument": build.Props{"Statement": build.Props{
				"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}}})
		}
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "a listener is the edge", Outcome: proof.Proved, Build: func(b *build.Builder) { public(b, 443); balancer(b, 443) }},
		{Name: "a port without a listener", Outcome: proof.Refuted, Codes: []string{CodeReachable}, Build: func(b *build.Builder) { public(b, 8443); balancer(b, 443) }},
		{Name: "a network balancer without groups", Outcome: proof.Proved, Build: func(b *build.Builder) {
			public(b, 443)
			b.Add("AWS::ElasticLoadBalancingV2::LoadBalancer", "Nlb", build.Props{"Type": "network", "Subnets": []value.Value{b.Ref("Subnet")}})
			b.Add("AWS::ElasticLoadBalancingV2::Listener", "Listener", build.Props{"LoadBalancerArn": b.Ref("Nlb"), "Port": 443, "Protocol": "TLS"})
		}},
		{Name: "a classic balancer's listener", Outcome: proof.Proved, Build: func(b *build.Builder) {
			public(b, 443)
			b.Add("AWS::ElasticLoadBalancing::LoadBalancer", "Elb", build.Props{"Subnets": []value.Value{b.Ref("Subnet")}, "SecurityGroups": []value.Value{b.Ref("Group")},
				"Listeners": []build.Props{{"LoadBalancerPort": "443", "InstancePort": "80", "Protocol": "SSL"}}})
		}},
		{Name: "an instance with a public address", Outcome: proof.Refuted, Codes: []string{CodeReachable}, Build: func(b *build.Builder) { public(b, 22); instance(b, true) }},
		{Name: "an instance without one", Outcome: proof.Proved, Build: func(b *build.Builder) { public(b, 22); instance(b, false) }},
		{Name: "a function's address", Outcome: proof.Refuted, Codes: []string{CodeFunction}, Build: func(b *build.Builder) { b.Add("AWS::Lambda::Url", "Url", build.Props{"AuthType": "NONE"}) }},
		{Name: "a function's address with credentials", Outcome: proof.Proved, Build: func(b *build.Builder) { b.Add("AWS::Lambda::Url", "Url", build.Props{"AuthType": "AWS_IAM"}) }},
		{Name: "a bucket for everybody", Outcome: proof.Refuted, Codes: []string{CodeBucket}, Build: policy(build.Props{"PublicAccessBlockConfiguration": build.Props{"BlockPublicAcls": true}})},
		{Name: "a bucket that a policy names", Outcome: proof.Refuted, Codes: []string{CodeBucket}, Build: func(b *build.Builder) {
			b.Add("AWS::S3::Bucket", "Bucket", build.Props{"BucketName": "data", "PublicAccessBlockConfiguration": build.Props{"BlockPublicAcls": true}})
			b.Add("AWS::S3::BucketPolicy", "Policy", build.Props{"Bucket": "data", "PolicyDocument": build.Props{"Statement": build.Props{
				"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}}})
		}},
		{Name: "a bucket that blocks perhaps", Outcome: proof.Unknown, Codes: []string{CodeBucketPerhaps}, Build: policy(build.Props{"PublicAccessBlockConfiguration": build.Props{"RestrictPublicBuckets": build.Unknown("a parameter")}})},
		{Name: "a function's address with unknown credentials", Outcome: proof.Unknown, Codes: []string{CodeFunction}, Build: func(b *build.Builder) {
			b.Add("AWS::Lambda::Url", "Url", build.Props{"AuthType": build.Unknown("a parameter")})
		}},
		{Name: "a search domain outside VPCs", Outcome: proof.Unknown, Codes: []string{CodeService}, Build: func(b *build.Builder) { b.Add("AWS::OpenSearchService::Domain", "Domain", nil) }},
		{Name: "an SFTP server for everybody", Outcome: proof.Refuted, Codes: []string{CodeTransfer}, Build: func(b *build.Builder) { b.Add("AWS::Transfer::Server", "Sftp", nil) }},
		{Name: "an SFTP server as a parameter says", Outcome: proof.Unknown, Codes: []string{CodeTransfer}, Build: func(b *build.Builder) {
			b.Add("AWS::Transfer::Server", "Sftp", build.Props{"EndpointType": build.Unknown("a parameter")})
		}},
		{Name: "an SFTP server in a VPC", Outcome: proof.Proved, Build: func(b *build.Builder) {
			b.Add("AWS::Transfer::Server", "Sftp", build.Props{"EndpointType": "VPC"})
		}},
		{Name: "a bucket that blocks everybody", Outcome: proof.Proved, Build: policy(build.Props{"PublicAccessBlockConfiguration": build.Props{"RestrictPublicBuckets": true}})},
	})
}
