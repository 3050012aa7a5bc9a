package proof

import (
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

const sharing = `estate: acme
domain: acme.example
regions: {home: ap-southeast-2}
organisation:
  accounts:
    logs: {id: "100000000001", roles: [log-archive]}
    both: {id: "100000000002", roles: [audit, network-hub]}
    prod: {id: "100000000003"}
environments: {prod: {account: prod}}
workload: {services: {api: {image: "100000000003.dkr.ecr.ap-southeast-2.amazonaws.com/api:1"}}}
`

// One account can be the hub's and the audit's: what cannot be tagged belongs
// to the one that its stack is of.
func TestS33_TwoScopesShareAnAccount(t *testing.T) {
	e, problems := estate.Parse("estate.yaml", []byte(sharing))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	core, routes, mixed := build.New("100000000002", "ap-southeast-2", "core"), build.New("100000000002", "ap-southeast-2", "routes"), build.New("100000000002", "ap-southeast-2", "mixed")
	archive := build.New("100000000001", "ap-southeast-2", "logs")
	tagged := func(b *build.Builder, logical, env string) {
		b.Add("AWS::EC2::TransitGatewayRouteTable", logical, nil).Tags[addr.TagEnvironment] = value.OfString(env)
	}
	tagged(core, "Table", "hub")
	core.Add("AWS::IAM::Policy", "Policy", nil)
	routes.Add("AWS::EC2::TransitGatewayRoute", "Route", build.Props{"TransitGatewayRouteTableId": core.Ref("Table")})
	tagged(mixed, "Table", "hub")
	tagged(mixed, "Other", "audit")
	mixed.Add("AWS::IAM::Policy", "Policy", nil)
	archive.Add("AWS::IAM::Policy", "Policy", nil)
	var all []*resource.Resource
	for _, b := range []*build.Builder{core, routes, mixed, archive} {
		all = append(all, b.Resources()...)
	}
	g, problems := resource.New(all)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	in := &Input{Estate: e, Graph: g}
	for _, row := range []struct {
		of   addr.Address
		want Scope
	}{
		{core.Addr("Table"), "hub"}, {core.Addr("Policy"), "hub"}, {routes.Addr("Route"), "hub"},
		{mixed.Addr("Other"), "audit"}, {mixed.Addr("Policy"), ScopeEstate}, {archive.Addr("Policy"), "archive"},
	} {
		if got := in.ScopeAt(row.of); got != row.want {
			t.Errorf("%s belongs to %s, want %s", row.of, got, row.want)
		}
	}
}
