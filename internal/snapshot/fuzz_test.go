package snapshot_test

import (
	"testing"

	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/snapshot"
)

// Whatever a file holds, loading says so or makes a graph that can be walked.
func FuzzLoad(f *testing.F) {
	for _, text := range small() {
		f.Add(text)
	}
	for _, text := range []string{
		`{"TransitGateways": [{"TransitGatewayId": "tgw-1"}], "TransitGatewayAttachments": [{"TransitGatewayAttachmentId": "a", "TransitGatewayId": "tgw-1", "ResourceType": "vpc", "ResourceId": "vpc-1"}],
		  "TransitGatewayRouteTables": [{"TransitGatewayRouteTableId": "t", "TransitGatewayId": "tgw-1"}]}`,
		`{"LoadBalancers": [{"LoadBalancerArn": "arn:aws:elasticloadbalancing:r:1:loadbalancer/net/a/b", "Type": "network"}], "TargetGroups": [{"TargetGroupArn": "t"}]}`,
		`{"Vpcs": [{"VpcId": "v", "CidrBlock": "0.0.0.0/0"}, {"VpcId": "v"}], "Subnets": [{"SubnetId": "s", "VpcId": "v"}]}`,
		`{"VpnGateways": [{"VpnGatewayId": "g", "VpcAttachments": [{"VpcId": "v"}]}], "VpnConnections": [{"VpnConnectionId": "c", "VpnGatewayId": "g", "Routes": [{"DestinationCidrBlock": "::/0"}]}]}`,
		`{"Vpcs": [[[[]]], null, {"VpcId": {"VpcId": []}}]}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		dir := write(t, small().with(files{"More.json": text + " "}))
		s, problems := snapshot.Load(t.Context(), snapshot.Options{}, dir)
		for _, p := range problems {
			if p.Code == "" || p.What == "" {
				t.Errorf("a problem without words: %+v", p)
			}
		}
		g, _ := resource.New(s.Resources)
		n := network.Build(g)
		if len(n.Classes()) > 60 {
			return
		}
		for _, a := range n.Classes() {
			for _, b := range n.Classes() {
				if r := n.Reach(a.ID, b.ID); !r.May.Contains(r.Must) {
					t.Errorf("%d to %d: Must is not within May", a.ID, b.ID)
				}
				n.Explain(a.ID, b.ID, n.AllPackets())
			}
		}
	})
}
