package nooverlap

import (
	"testing"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/prooftest"
	"github.com/suretyhq/surety/internal/resource/build"
)

func TestS05_ConnectedNetworksShareNoAddresses(t *testing.T) {
	two := func(a, b any) func(*build.Builder) {
		return func(x *build.Builder) {
			x.Add("AWS::EC2::VPC", "A", build.Props{"CidrBlock": a})
			x.Add("AWS::EC2::VPC", "B", build.Props{"CidrBlock": b})
		}
	}
	attached := func(then func(*build.Builder), gatewayB string) func(*build.Builder) {
		return func(x *build.Builder) {
			then(x)
			x.Add("AWS::EC2::TransitGatewayAttachment", "TA", build.Props{"VpcId": x.Ref("A"), "TransitGatewayId": "tgw-1"})
			x.Add("AWS::EC2::TransitGatewayAttachment", "TB", build.Props{"VpcId": x.Ref("B"), "TransitGatewayId": gatewayB})
		}
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "none", Outcome: proof.NotApplicable, Build: func(*build.Builder) {}},
		{Name: "not connected", Outcome: proof.Proved, Build: two("10.0.0.0/16", "10.0.0.0/16")},
		{Name: "two gateways", Outcome: proof.Proved, Build: attached(two("10.0.0.0/16", "10.0.0.0/16"), "tgw-2")},
		{Name: "one gateway", Outcome: proof.Refuted, Codes: []string{CodeOverlap}, Build: attached(two("10.0.0.0/16", "10.0.128.0/20"), "tgw-1")},
		{Name: "apart", Outcome: proof.Proved, Build: attached(two("10.0.0.0/16", "10.1.0.0/16"), "tgw-1")},
		{Name: "a range that IPAM gives", Outcome: proof.Unknown, Codes: []string{CodeUnknown}, Build: attached(two("10.0.0.0/16", build.Unknown("IPAM")), "tgw-1")},
		{Name: "peered", Outcome: proof.Refuted, Codes: []string{CodeOverlap}, Build: func(x *build.Builder) {
			two("10.0.0.0/16", "10.0.0.0/16")(x)
			x.Add("AWS::EC2::VPCPeeringConnection", "P", build.Props{"VpcId": x.Ref("A"), "PeerVpcId": x.Ref("B")})
		}},
		{Name: "gateways peered", Outcome: proof.Refuted, Codes: []string{CodeOverlap}, Build: func(x *build.Builder) {
			attached(two("10.0.0.0/16", "10.0.0.0/16"), "tgw-2")(x)
			x.Add("AWS::EC2::TransitGatewayPeeringAttachment", "P", build.Props{"TransitGatewayId": "tgw-1", "PeerTransitGatewayId": "tgw-2"})
		}},
		{Name: "subnets", Outcome: proof.Refuted, Codes: []string{CodeSubnets, CodeOutside}, Build: func(x *build.Builder) {
			two("10.0.0.0/16", "10.1.0.0/16")(x)
			x.Add("AWS::EC2::Subnet", "S1", build.Props{"VpcId": x.Ref("A"), "CidrBlock": "10.0.0.0/24"})
			x.Add("AWS::EC2::Subnet", "S2", build.Props{"VpcId": x.Ref("A"), "CidrBlock": "10.0.0.128/25"})
			x.Add("AWS::EC2::Subnet", "S3", build.Props{"VpcId": x.Ref("A"), "CidrBlock": "10.9.0.0/24"})
		}},
	})
}
