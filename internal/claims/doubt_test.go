package claims_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/claims"
	"github.com/suretyhq/surety/internal/intrinsic"
	"github.com/suretyhq/surety/internal/proof"
)

const vpcYAML = `
Parameters:
  Where: {Type: String}
  SubnetId: {Type: AWS::EC2::Subnet::Id}
Conditions:
  InProd: !Equals [!Ref Where, prod]
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: g, VpcId: !Ref Vpc}}
  Host: {Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref Group]}}
`

// TestB01_WhatIsNotKnownIsNeverProved adds to a template that is proved
// something that cannot be known, and expects that nothing it could touch is
// called proved.
func TestB01_WhatIsNotKnownIsNeverProved(t *testing.T) {
	const gateway = `
  Gateway: {Type: AWS::EC2::InternetGateway}
  Attached: {Type: AWS::EC2::VPCGatewayAttachment, Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway}}
`
	for _, tc := range []struct {
		name, more, code string
		params           map[string]string
		want             proof.Outcome
	}{
		{"as it is", "", "", nil, proof.Proved},
		{"a condition that nobody decided", `
  Gateway: {Type: AWS::EC2::InternetGateway, Condition: InProd}
`, proof.CodeResourceConditional, nil, proof.Unknown},
		{"a condition that a parameter decides", gateway, "", map[string]string{"Where": "prod"}, proof.Proved},
		{"an interface in a subnet that nobody named", `
  Other: {Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref SubnetId, SecurityGroupIds: [!Ref Group]}}
`, proof.CodeInterfaceUnplaced, nil, proof.Unknown},
		{"an interface in a subnet that is elsewhere", `
  Other: {Type: AWS::EC2::Instance, Properties: {SubnetId: subnet-0123456789, SecurityGroupIds: [!Ref Group]}}
`, proof.CodeInterfaceUnplaced, nil, proof.Unknown},
		{"a nested stack without its template", `
  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "https://example.com/x.yaml"}}
`, proof.CodeResourcesHidden, nil, proof.Unknown},
		{"a module", `
  Module: {Type: "Acme::Net::Vpc::MODULE", Properties: {}}
`, proof.CodeResourcesHidden, nil, proof.Unknown},
		{"a loop", `
  Fn::ForEach::Hosts: [Name, [a, b], {"H${Name}": {Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref Subnet}}}]
`, proof.CodeResourcesHidden, nil, proof.Unknown},
		{"a way that is not modelled", `
  Accelerator: {Type: AWS::GlobalAccelerator::Accelerator, Properties: {Name: a}}
`, proof.CodeNetworkUnwalked, nil, proof.Unknown},
		{"a macro", "\nTransform: OurMacro\n", proof.CodeResourcesHidden, nil, proof.Unknown},
		{"AWS::Serverless", "\nTransform: AWS::Serverless-2016-10-31\n", proof.CodeResourcesHidden, nil, proof.Unknown},
		{"the language extensions", "\nTransform: [AWS::LanguageExtensions]\n", "", nil, proof.Proved},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			v := publicEdge(t, vpcYAML+tc.more, tc.params)
			if v.Outcome != tc.want {
				t.Fatalf("%s, want %s: %+v", v.Outcome, tc.want, v.Witness)
			}
			if has := slices.ContainsFunc(v.Witness, func(f proof.Finding) bool { return f.Code == tc.code }); tc.code != "" && !has {
				t.Errorf("no finding %s: %+v", tc.code, v.Witness)
			}
		})
	}
}

// TestB01_WhatAPerhapsBreaksIsUnknown: an exposure by way of resources that may
// not exist is neither proved nor refuted.
func TestB01_WhatAPerhapsBreaksIsUnknown(t *testing.T) {
	open := func(condition string) string {
		return vpcYAML + `
  Gateway: {Type: AWS::EC2::InternetGateway}
  Attached: {Type: AWS::EC2::VPCGatewayAttachment, Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway}}
  Table: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Out: {Type: AWS::EC2::Route, ` + condition + `Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway}}
  Uses: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {RouteTableId: !Ref Table, SubnetId: !Ref Subnet}}
  In: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: !Ref Group, IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}}
  Address: {Type: AWS::EC2::EIP, Properties: {InstanceId: !Ref Host}}
`
	}
	if v := publicEdge(t, open(""), nil); v.Outcome != proof.Refuted {
		t.Errorf("without a condition: %s %+v", v.Outcome, v.Witness)
	}
	if v := publicEdge(t, open("Condition: InProd, "), nil); v.Outcome != proof.Unknown {
		t.Errorf("with a condition: %s %+v", v.Outcome, v.Witness)
	}
}

// publicEdge proves public-edge-only over one template.
func publicEdge(t *testing.T, text string, params map[string]string) proof.Verdict {
	t.Helper()
	file := filepath.Join(t.TempDir(), "net.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	asm, problems := assembly.Load(context.Background(), file)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	resources, problems := intrinsic.Resolve(asm, intrinsic.Options{Params: params})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	in, err := input(nil, resources)
	if err != nil {
		t.Fatal(err)
	}
	verdicts, err := proof.Run(t.Context(), in, claims.All(), proof.Only("public-edge-only"))
	if err != nil || len(verdicts) != 1 {
		t.Fatal(err, verdicts)
	}
	return verdicts[0]
}

// TestB01_AnUnplacedInterfaceSaysHowToPlaceIt: the advice is one that helps.
func TestB01_AnUnplacedInterfaceSaysHowToPlaceIt(t *testing.T) {
	for subnet, want := range map[string]string{
		"":                         "Name subnets of these templates",
		"SubnetId: !Ref SubnetId":  "Give the parameter",
		"SubnetId: subnet-0123456": "Pass the templates that hold its subnet",
	} {
		v := publicEdge(t, vpcYAML+"\n  Other: {Type: AWS::EC2::Instance, Properties: {"+subnet+"}}\n", nil)
		if !slices.ContainsFunc(v.Witness, func(f proof.Finding) bool {
			return f.Code == proof.CodeInterfaceUnplaced && strings.HasPrefix(f.Fix, want)
		}) {
			t.Errorf("%q: want %q, got %+v", subnet, want, v.Witness)
		}
	}
}
