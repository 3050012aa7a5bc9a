package build_test

import (
	"testing"

	"github.com/suretyhq/surety/internal/resource/build"
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
