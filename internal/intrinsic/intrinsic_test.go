package intrinsic

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/resource"
)

// resolveFiles writes files (name → text) to a folder, loads the paths in it
// and resolves them.
func resolveFiles(t testing.TB, files map[string]string, opts Options) ([]*resource.Resource, diag.List) {
	t.Helper()
	return Resolve(loadFiles(t, files), opts)
}

func loadFiles(t testing.TB, files map[string]string) *assembly.Assembly {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	asm, problems := assembly.Load(t.Context(), dir)
	if problems.HasErrors() {
		t.Fatalf("load: %v", problems)
	}
	return asm
}

func find(t testing.TB, all []*resource.Resource, logical string) *resource.Resource {
	t.Helper()
	var have []string
	for _, r := range all {
		if r.Addr.Logical == logical {
			return r
		}
		have = append(have, r.Addr.String())
	}
	t.Fatalf("no resource %s among %s", logical, strings.Join(have, ", "))
	return nil
}

const manifest = `{"version":"54.0.0","artifacts":{
 "net.assets":{"type":"cdk:asset-manifest","properties":{"file":"net.assets.json"}},
 "Net":{"type":"aws:cloudformation:stack","environment":"aws://111111111111/eu-west-1","properties":{"templateFile":"net.template.json","stackName":"net"}},
 "App":{"type":"aws:cloudformation:stack","environment":"aws://222222222222/eu-west-1","properties":{"templateFile":"app.template.json","stackName":"app","parameters":{"Size":"2"}},"dependencies":["Net","net.assets"]},
 "assembly-Stage":{"type":"cdk:cloud-assembly","properties":{"directoryName":"assembly-Stage"}}}}`

func TestCloudAssembly(t *testing.T) {
	all, problems := resolveFiles(t, map[string]string{
		"manifest.json": manifest,
		"net.template.json": `{"Resources":{
		  "Vpc":{"Type":"AWS::EC2::VPC","Properties":{"CidrBlock":"10.0.0.0/16","Tags":[{"Key":"surety:part","Value":"network"}]},"Metadata":{"aws:cdk:path":"net/Vpc/Resource"}},
		  "Nested":{"Type":"AWS::CloudFormation::Stack","Properties":{"TemplateURL":{"Fn::Sub":"x"},"Parameters":{"VpcId":{"Ref":"Vpc"}}},"Metadata":{"aws:asset:path":"nested.template.json"}},
		  "Copy":{"Type":"X::Y::Z","Properties":{"V":{"Fn::GetAtt":["Nested","Outputs.Group"]}}}},
		 "Outputs":{"VpcId":{"Value":{"Ref":"Vpc"}},"Cidr":{"Value":{"Fn::GetAtt":["Vpc","CidrBlock"]}}}}`,
		"nested.template.json": `{"Parameters":{"VpcId":{"Type":"String"}},"Resources":{"Group":{"Type":"AWS::EC2::SecurityGroup","Properties":{"VpcId":{"Ref":"VpcId"}}}},
		 "Outputs":{"Group":{"Value":{"Fn::GetAtt":["Group","GroupId"]}}}}`,
		"app.template.json": `{"Parameters":{"Size":{"Type":"Number","Default":1}},"Resources":{"R":{"Type":"X::Y::Z","Properties":{
		  "Size":{"Ref":"Size"},
		  "Vpc":{"Fn::GetStackOutput":{"StackName":"net","OutputName":"VpcId","RoleArn":"arn:aws:iam::111111111111:role/x"}},
		  "Cidr":{"Fn::GetStackOutput":{"StackName":"net","OutputName":"Cidr","Region":"eu-west-1","RoleArn":{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":iam::111111111111:role/x"]]}}}}}}}`,
		"assembly-Stage/manifest.json":   `{"version":"54.0.0","artifacts":{"S":{"type":"aws:cloudformation:stack","environment":"aws://unknown-account/unknown-region","properties":{"templateFile":"S.template.json"}}}}`,
		"assembly-Stage/S.template.json": `{"Resources":{"Q":{"Type":"AWS::SQS::Queue"}}}`,
	}, Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, test := range []struct{ logical, path, want string }{
		{"R", "Size", `"2"`},
		{"R", "Vpc", "${111111111111/eu-west-1/net/Vpc.Ref}"},
		{"R", "Cidr", `"10.0.0.0/16"`},
		{"Nested/Group", "VpcId", "${111111111111/eu-west-1/net/Vpc.Ref}"},
		{"Copy", "V", "${111111111111/eu-west-1/net/Nested/Group.Ref}"},
	} {
		if got := find(t, all, test.logical).Props.Path(test.path).String(); got != test.want {
			t.Errorf("%s %s = %s, want %s", test.logical, test.path, got, test.want)
		}
	}
	vpc := find(t, all, "Vpc")
	if vpc.Construct != "net/Vpc" || vpc.Tags["surety:part"].Text() != "network" || vpc.Pos.Line != 2 || vpc.Pos.Column != 5 {
		t.Errorf("Vpc = %+v", vpc)
	}
	if q := find(t, all, "Q"); q.Addr.String() != "-/-/S/Q" {
		t.Errorf("Q is at %s", q.Addr)
	}
}
