package snapshot_test

import "testing"

// The association of an interface with a public address may stand at the
// interface only, which is its primary address's ("NetworkInterface").
func TestPublicAddressThatOnlyTheInterfaceSays(t *testing.T) {
	f := small().with(files{"Addresses.json": "", "NetworkInterfaces.json": `{"NetworkInterfaces": [
		{"NetworkInterfaceId": "eni-w", "SubnetId": "subnet-p", "VpcId": "vpc-1", "Groups": [{"GroupId": "sg-web"}], "Attachment": {"InstanceId": "i-web"},
		 "PrivateIpAddress": "10.0.0.5", "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": "10.0.0.5"}], "Association": {"PublicIp": "198.51.100.7"}}]}`})
	if got := load(t, f).outcome(t, "internet", "i-web", 443); got != "must" {
		t.Errorf("internet to i-web: %s", got)
	}
}

// The call about blocked public access answers with one thing and no list.
func TestBlockedPublicAccessIsNoList(t *testing.T) {
	f := small().with(files{"describe-vpc-block-public-access-options.json": `{"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "block-bidirectional"}}`})
	w := load(t, f)
	if len(w.problems) > 0 {
		t.Errorf("problems: %v", w.problems)
	}
	if got := w.outcome(t, "internet", "i-web", 443); got != "no" {
		t.Errorf("internet to i-web: %s", got)
	}
}

// A propagation that is not enabled fills no table, whatever else it is called.
func TestPropagationThatIsNotEnabled(t *testing.T) {
	for state, want := range map[string]int{"enabled": 1, "enabling": 1, "disabled": 0, "disabling": 0, "not-enabled": 0} {
		f := small().with(files{"TransitGatewayPropagations.json": `{"TransitGatewayPropagations": [{"TransitGatewayRouteTableId": "tgw-rtb-1",
			"TransitGatewayRouteTablePropagations": [{"TransitGatewayAttachmentId": "tgw-attach-1", "ResourceType": "vpc", "State": "` + state + `"}]}]}`})
		w := load(t, f)
		if got := len(w.graph.OfType("AWS::EC2::TransitGatewayRouteTablePropagation")); got != want {
			t.Errorf("%s: %d propagations, want %d", state, got, want)
		}
	}
}

// Direct Connect that was taken away from a VPN gateway brings it no routes.
func TestDirectConnectThatWasTakenAway(t *testing.T) {
	for state, want := range map[string]bool{"associated": true, "disassociated": false} {
		f := small().with(files{
			"VpnGateways.json":                      `{"VpnGateways": [{"VpnGatewayId": "vgw-1", "State": "available", "VpcAttachments": [{"State": "attached", "VpcId": "vpc-1"}]}]}`,
			"VpnConnections.json":                   `{"VpnConnections": []}`,
			"DirectConnectGatewayAssociations.json": `{"directConnectGatewayAssociations": [{"associationState": "` + state + `", "associatedGateway": {"id": "vgw-1"}}]}`,
		})
		w := load(t, f)
		if got := w.graph.Get(w.addrOf(t, "vgw-1")).Props.Get("Learned").IsUnknown(); got != want {
			t.Errorf("%s: learned routes are unknown: %v, want %v", state, got, want)
		}
	}
}

// People who edit a file leave commas behind; those in texts are no such commas.
func TestCommasThatEndAListDoNoHarm(t *testing.T) {
	f := small().with(files{"Vpcs.json": `{"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "Name", "Value": ",]"},],},],}`})
	w := load(t, f)
	if len(w.problems) > 0 {
		t.Errorf("problems: %v", w.problems)
	}
	all := w.graph.OfType("AWS::EC2::VPC")
	if len(all) != 1 || all[0].Tags["Name"].Text() != ",]" {
		t.Errorf("VPCs: %v", all)
	}
}
