package stacks

import (
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/patterns/replication"
	"github.com/suretyhq/surety/patterns/transitpeering"
)

// The replication tiers of the example's prod, at home and where it recovers.
const (
	copiedFrom = "10.3.232.0/21"
	copiedTo   = "10.252.232.0/21"
)

// TestS05_TheHubsArePeeredForOneFlow reads every route that leads over the
// peering, and every one by which something comes from it.
func TestS05_TheHubsArePeeredForOneFlow(t *testing.T) {
	a := load(t)
	for _, end := range []struct {
		stack  string
		ranges []string // of the routes
		types  map[string]int
	}{
		{"cover-hub-peering", []string{copiedTo, copiedFrom}, map[string]int{"AWS::EC2::TransitGatewayPeeringAttachment": 1, transitpeering.Acceptance: 1,
			"AWS::EC2::TransitGatewayRouteTableAssociation": 1, "AWS::EC2::TransitGatewayRoute": 2, "AWS::Lambda::Function": 1}},
		// Nothing but its end, so that no other change there needs the home Region.
		{"cover-hub-recovery-peering", []string{copiedTo, copiedFrom}, map[string]int{"AWS::EC2::TransitGatewayRouteTable": 1, "AWS::EC2::TransitGatewayRouteTableAssociation": 1, "AWS::EC2::TransitGatewayRoute": 2}},
	} {
		var ranges []string
		for _, r := range a.of(t, end.stack, "AWS::EC2::TransitGatewayRoute") {
			ranges = append(ranges, r.text("DestinationCidrBlock"))
		}
		slices.Sort(ranges)
		if !slices.Equal(ranges, slices.Sorted(slices.Values(end.ranges))) {
			t.Errorf("%s leads to %v", end.stack, ranges)
		}
		for typ, want := range end.types {
			if n := len(a.of(t, end.stack, typ)); n != want {
				t.Errorf("%s has %d × %s, want %d", end.stack, n, typ, want)
			}
		}
	}
	if n := len(a.templates["cover-hub-recovery-peering"].Resources); n != 4 {
		t.Errorf("the recovery Region's end has %d resources", n)
	}
	if all := a.every(t, "AWS::EC2::TransitGatewayPeeringAttachment"); len(all) != 1 {
		t.Errorf("there are %d peerings", len(all))
	}
	for _, stack := range []string{"cover-prod-network", "cover-prod-recovery-network"} {
		n := 0
		for _, r := range a.of(t, stack, "AWS::EC2::Route") {
			if to := r.text("DestinationCidrBlock"); to != "0.0.0.0/0" {
				n++
				if to != map[string]string{"cover-prod-network": copiedTo, "cover-prod-recovery-network": copiedFrom}[stack] || !strings.Contains(r.id, "replication") {
					t.Errorf("%s leads to %s", r, to)
				}
			}
		}
		if n != a.estate.Network.AvailabilityZones {
			t.Errorf("%s has %d routes to the other Region", stack, n)
		}
	}
}

// TestS05_TheFunctionAcceptsOnePeering: nothing else that its role may do changes
// anything.
func TestS05_TheFunctionAcceptsOnePeering(t *testing.T) {
	for _, p := range load(t).of(t, "cover-hub-peering", "AWS::IAM::Policy") {
		for i := range p.list("PolicyDocument", "Statement") {
			action, resource := p.text("PolicyDocument", "Statement", i, "Action"), p.text("PolicyDocument", "Statement", i, "Resource")
			if strings.Contains(action, "Accept") && (!strings.Contains(resource, "arn:aws:ec2:ap-southeast-4:100000000003:transit-gateway-attachment/") || strings.HasSuffix(resource, "*")) {
				t.Errorf("%s: %s of %s", p, action, resource)
			}
			if strings.Contains(action, "Describe") {
				expect(t, p, "ap-southeast-4", "PolicyDocument", "Statement", i, "Condition", "StringEquals", "aws:RequestedRegion")
			}
		}
	}
}

// TestS19_ADatabaseInAnotherLocationIsKeptAvailable: it can be written to, DMS
// proves its name and signs in by a secret, and it needs nothing of home.
func TestS19_ADatabaseInAnotherLocationIsKeptAvailable(t *testing.T) {
	a := load(t)
	cluster := a.of(t, "cover-prod-recovery-reporting", "AWS::RDS::DBCluster")[0]
	expect(t, cluster, "null", "GlobalClusterIdentifier")
	expect(t, cluster, "true", "StorageEncrypted")
	expect(t, cluster, "true", "DeletionProtection")
	expect(t, cluster, "true", "ManageMasterUserPassword")
	expect(t, a.of(t, "cover-prod-recovery-reporting", "AWS::RDS::DBClusterParameterGroup")[0], "1", "Parameters", "rds.force_ssl")
	if n := len(a.of(t, "cover-prod-recovery-reporting", "AWS::RDS::DBInstance")); n != 2 {
		t.Errorf("it has %d instances", n)
	}
	root, _ := replication.Root("ap-southeast-4")
	found := 0
	for _, e := range a.of(t, "cover-prod-analytics", "AWS::DMS::Endpoint") {
		if e.text("EndpointType") != "target" || e.text("EngineName") == "s3" {
			continue
		}
		found++
		expect(t, e, "verify-full", "SslMode")
		expect(t, e, addr.ForRecovery, "Tags", slices.IndexFunc(e.list("Tags"), func(v any) bool { return v.(map[string]any)["Key"] == addr.TagFor }), "Value")
		if e.get("Username") != nil || e.get("Password") != nil || e.get("PostgreSqlSettings", "SecretsManagerSecretId") == nil {
			t.Errorf("%s has a password, or no secret", e)
		}
	}
	roots := 0
	for _, c := range a.of(t, "cover-prod-analytics", "AWS::DMS::Certificate") {
		if c.text("CertificatePem") == root {
			roots++
		}
	}
	if tasks := len(a.of(t, "cover-prod-analytics", "AWS::DMS::ReplicationTask")); found != 1 || roots != 1 || tasks != 2 {
		t.Errorf("%d endpoints, %d roots of Melbourne, %d tasks", found, roots, tasks)
	}
	// An environment that does not recover has the lake alone.
	for _, env := range []string{"dev", "staging"} {
		if tasks := len(a.of(t, "cover-"+env+"-analytics", "AWS::DMS::ReplicationTask")); tasks != 1 {
			t.Errorf("%s has %d tasks", env, tasks)
		}
	}
}
