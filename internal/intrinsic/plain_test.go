package intrinsic

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/resource"
)

const examplePlain = "../../examples/plain"

// TestPlainProject resolves a CloudFormation project that was not made by
// Surety, across its three stacks.
func TestPlainProject(t *testing.T) {
	asm, problems := assembly.Load(t.Context(), examplePlain)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	all, problems := Resolve(asm, Options{Account: "123456789012", Region: "eu-west-1"})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	const here = "123456789012/eu-west-1/"
	for _, test := range []struct{ logical, path, want string }{
		{"PublicSubnetA", "CidrBlock", `"10.20.0.0/24"`},
		{"DatabaseSubnetB", "CidrBlock", `"10.20.5.0/24"`},
		{"PublicSubnetB", "AvailabilityZone", "${123456789012/eu-west-1/-/AWS::AvailabilityZones.1}"},
		{"PrivateDefaultRouteB", "NatGatewayId", "${" + here + "network/NatGatewayB.Ref}"},
		{"Balancer", "Subnets", "[${" + here + "network/PublicSubnetA.Ref}, ${" + here + "network/PublicSubnetB.Ref}]"},
		{"DatabaseGroup", "VpcId", "${" + here + "network/Vpc.Ref}"},
		{"DatabaseFromService", "GroupId", "${" + here + "data/DatabaseGroup.Ref}"},
		{"Database", "DBInstanceClass", `"db.r7g.large"`},
		{"Database", "BackupRetentionPeriod", "14"},
		{"Vpc", "Tags/0/Value", `"network-prod"`},
		{"LogKey", "KeyPolicy/Statement/1/Principal/Service", `"logs.eu-west-1.amazonaws.com"`},
		{"Task", "ContainerDefinitions/0/Environment/1/Value", "${" + here + "data/Database.Endpoint.Address}"},
	} {
		if got := find(t, all, test.logical).Props.Path(test.path).String(); got != test.want {
			t.Errorf("%s %s = %s, want %s", test.logical, test.path, got, test.want)
		}
	}
	for _, r := range all {
		if why := r.Props.FirstUnknown(); why != nil {
			t.Errorf("%s holds something unknown: %v", r.Addr, why)
		}
	}
	dev, problems := Resolve(asm, Options{Params: map[string]string{"Environment": "dev"}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if have := logicals(dev)["NatGatewayB"]; have {
		t.Error("dev has a second NAT gateway")
	}
	if got := find(t, dev, "PrivateDefaultRouteB").Props.Get("NatGatewayId").String(); got != "${-/-/network/NatGatewayA.Ref}" {
		t.Errorf("dev's second route leads to %s", got)
	}
	if got := find(t, dev, "Database").Props.Get("BackupRetentionPeriod"); !got.IsAbsent() {
		t.Errorf("AWS::NoValue left %s", got)
	}
}

func logicals(all []*resource.Resource) map[string]bool {
	have := map[string]bool{}
	for _, r := range all {
		have[r.Addr.Logical] = true
	}
	return have
}

// BenchmarkResolve resolves 20,000 resources, most of which refer to others.
func BenchmarkResolve(b *testing.B) {
	var text strings.Builder
	text.WriteString(`{"Resources":{"Vpc":{"Type":"AWS::EC2::VPC","Properties":{"CidrBlock":"10.0.0.0/16"}}`)
	for i := range 20_000 {
		fmt.Fprintf(&text, `,"Group%d":{"Type":"AWS::EC2::SecurityGroup","Properties":{"VpcId":{"Ref":"Vpc"},"Name":{"Fn::Sub":"${AWS::StackName}-${Vpc.CidrBlock}-x"},
"SecurityGroupIngress":[{"CidrIp":{"Fn::GetAtt":["Vpc","CidrBlock"]},"FromPort":443,"ToPort":443,"IpProtocol":"tcp"}],"Tags":[{"Key":"surety:part","Value":"api"}]}}`, i)
	}
	text.WriteString("}}")
	file := filepath.Join(b.TempDir(), "s.json")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	asm, problems := assembly.Load(b.Context(), file)
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if all, problems := Resolve(asm, Options{Region: "eu-west-1"}); len(all) != 20_001 || len(problems) > 0 {
			b.Fatal(len(all), problems)
		}
	}
}
