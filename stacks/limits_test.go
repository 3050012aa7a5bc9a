package stacks

import (
	"fmt"
	"testing"
)

// plain is an estate that differs from the example in all that stacks' sizes
// depend on: no tunnel, no database, an image in Amazon ECR, a service on EC2
// that is exposed and called by nobody, four zones.
const plain = `estate: cover
domain: cover.example
regions: {home: us-east-1}
organisation:
  accounts:
    net: {id: "100000000001", roles: [network-hub]}
    dev: {id: "100000000002"}
network: {supernet: 10.0.0.0/8, availability-zones: 4, allow-egress: [registry.example, .okta.com]}
access: {okta: {org: cover.okta.com}}
environments:
  dev: {account: dev}
workload:
  services:
    api:  {image: "100000000002.dkr.ecr.us-east-1.amazonaws.com/api:1", port: 8443, expose: gateway}
    jobs: {image: "registry.example/jobs:1", port: 9000, needs: [api], called-by: [api]}
    java: {kind: ec2, expose: gateway}
`

// traced has a collector beside each service of plain.
const traced = `monitoring: {collector: {image: "100000000002.dkr.ecr.us-east-1.amazonaws.com/collector@sha256:a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90"}}
`

// TestStacksHaveTheResourcesThatTheEstateCounts holds what validation refuses
// to what synthesis writes.
func TestStacksHaveTheResourcesThatTheEstateCounts(t *testing.T) {
	for name, a := range map[string]assembly{"example": load(t), "plain": synthesise([]byte(plain)), "traced": synthesise([]byte(plain + traced))} {
		if a.err != nil {
			t.Fatal(a.err)
		}
		size := a.estate.StackSizes()
		largest := 0
		count := func(stack string) int { return len(a.templates["cover-"+stack].Resources) }
		for _, env := range environments(a) {
			if got := count(env + "-platform"); got != size.Platform {
				t.Errorf("%s: the platform stack has %d resources, the estate counts %d", name, got, size.Platform)
			}
			want := size.API
			if _, recovers := a.estate.RecoverySite(env); a.estate.Recovers() && !recovers {
				want-- // the secret of the API key
			}
			if got := count(env + "-api"); got != want {
				t.Errorf("%s: the API stack has %d resources, the estate counts %d", name, got, size.API)
			}
			largest = max(largest, count(env+"-network"))
		}
		const most = 22 // what StackSizes says that it may count too many
		if largest > size.Network || largest < size.Network-most {
			t.Errorf("%s: the largest network stack has %d resources, the estate counts %d", name, largest, size.Network)
		}
		if got := count("hub-routes"); got != size.HubRoutes {
			t.Errorf("%s: the hub's routes have %d resources, the estate counts %d", name, got, size.HubRoutes)
		}
	}
}

// TestNetworkACLsStayWithinTheirQuota: 20 entries in each direction ("Amazon
// VPC quotas", Amazon VPC User Guide).
func TestNetworkACLsStayWithinTheirQuota(t *testing.T) {
	const quota = 20
	entries := map[string]int{}
	for _, r := range load(t).every(t, "AWS::EC2::NetworkAclEntry") {
		key := fmt.Sprintf("%s %s, egress %s", r.stack, r.text("NetworkAclId"), r.text("Egress"))
		if entries[key]++; entries[key] == quota+1 {
			t.Errorf("%s has more than %d entries", key, quota)
		}
	}
}

// TestTheHubsRulesDoNotGrowWithEnvironments: one range names them all.
func TestTheHubsRulesDoNotGrowWithEnvironments(t *testing.T) {
	a := load(t)
	for _, typ := range []string{"AWS::EC2::NetworkAclEntry", "AWS::EC2::Route"} {
		for _, r := range a.of(t, "cover-hub-core", typ) {
			for _, field := range []string{"CidrBlock", "DestinationCidrBlock"} {
				for _, v := range a.estate.Plan().Sites.All() {
					if r.text(field) == v.CIDR.String() {
						t.Errorf("%s names the range of one environment, %s", r, v.CIDR)
					}
				}
			}
		}
	}
}
