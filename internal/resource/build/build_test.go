package build_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/suretyhq/surety/internal/assembly"
	"github.com/suretyhq/surety/internal/intrinsic"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

func TestBuilderMakesAGraphWithEdges(t *testing.T) {
	b := build.New("1", "r", "s")
	b.Add("AWS::EC2::VPC", "Vpc", build.Props{"CidrBlock": "10.0.0.0/16"})
	b.Add("AWS::EC2::Subnet", "A", build.Props{"VpcId": b.Ref("Vpc"), "MapPublicIpOnLaunch": false, "Tags": []build.Props{{"Key": "k", "Value": 1}}})
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	var to string
	for e := range g.Edges(b.Addr("A")) {
		to = e.To.Logical + " by " + e.Property
	}
	if to != "Vpc by VpcId" {
		t.Errorf("edge of the subnet: got %q", to)
	}
	if got := g.Get(b.Addr("A")).Props.String(); got != `{"MapPublicIpOnLaunch": false, "Tags": [{"Key": "k", "Value": 1}], "VpcId": ${1/r/s/Vpc.Ref}}` {
		t.Errorf("properties: %s", got)
	}
	if got := build.Of(3.5).Reason(); got == nil {
		t.Error("a type that Props does not name must be unknown")
	}
}

func TestTemplateReadsBack(t *testing.T) {
	b := build.New("1", "r", "s")
	b.Add("AWS::EC2::VPC", "Vpc", build.Props{"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": true})
	b.Add("AWS::EC2::Subnet", "A", build.Props{"VpcId": b.Ref("Vpc"), "List": []any{1, b.Attr("Vpc", "Arn"), value.Join(build.Of("a"), b.Ref("Vpc"))}})
	all := b.Resources()
	text, err := build.Template(all)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "s.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	asm, problems := assembly.Load(t.Context(), file)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	back, problems := intrinsic.Resolve(asm, intrinsic.Options{Account: "1", Region: "r"})
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	want := map[string]string{}
	for _, r := range all {
		want[r.Addr.String()] = r.Type + r.Props.String()
	}
	for _, r := range back {
		if want[r.Addr.String()] != r.Type+r.Props.String() {
			t.Errorf("%s: got %s, want %s", r.Addr, r.Type+r.Props.String(), want[r.Addr.String()])
		}
		delete(want, r.Addr.String())
	}
	if len(want) > 0 {
		t.Errorf("not read back: %v", want)
	}
	b.Add("AWS::EC2::VPC", "Dark", build.Props{"CidrBlock": build.Unknown("?")})
	if _, err := build.Template(b.Resources()); err == nil {
		t.Error("an unknown value cannot be written")
	}
}
