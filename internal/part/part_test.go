package part_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/diag"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/part"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

const account = "100000000004"

// file is an estate with one environment, one service and a database.
const file = `
estate: cover
domain: cover.example
regions: {home: ap-southeast-2}
organisation:
  accounts:
    hub: {id: "100000000003", roles: [network-hub]}
    dev: {id: "100000000004"}
environments: {dev: {account: dev}}
workload:
  services: {api: {image: "100000000004.dkr.ecr.ap-southeast-2.amazonaws.com/api:1", needs: [database]}}
  database: {engine: aurora-postgresql}
`

func parse(t *testing.T, more string) *estate.Estate {
	t.Helper()
	e, problems := estate.Parse("estate.yaml", []byte(file+more))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return e
}

// tag gives a resource the tags of a part.
func tag(r *resource.Resource, env, name string) *resource.Resource {
	r.Tags[addr.TagEnvironment], r.Tags[addr.TagPart] = value.OfString(env), value.OfString(name)
	return r
}

// platform builds what the estate asks for, each resource with its tags, and
// returns the resources by logical id.
func platform() (dev, hub *build.Builder, by map[string]*resource.Resource) {
	dev, hub = build.New(account, "ap-southeast-2", "dev"), build.New("100000000003", "ap-southeast-2", "hub")
	by = map[string]*resource.Resource{}
	add := func(b *build.Builder, env, name, typ, logical string, props build.Props) {
		by[logical] = tag(b.Add(typ, logical, props), env, name)
	}
	dev.Add("AWS::EC2::Subnet", "Subnet", build.Props{"CidrBlock": "10.1.0.0/24"})
	net := func(group string) build.Props {
		return build.Props{"NetworkConfiguration": build.Props{"AwsvpcConfiguration": build.Props{
			"Subnets": []value.Value{dev.Ref("Subnet")}, "SecurityGroups": []value.Value{dev.Attr(group, "GroupId")}}}}
	}
	add(dev, "dev", "api", "AWS::EC2::SecurityGroup", "ApiGroup", nil)
	add(dev, "dev", "api", "AWS::ECS::Service", "Api", net("ApiGroup"))
	add(dev, "dev", "database", "AWS::RDS::DBCluster", "Database", nil)
	add(dev, "dev", "endpoints", "AWS::EC2::VPCEndpoint", "Endpoint", build.Props{"VpcEndpointType": "Interface", "SubnetIds": []value.Value{dev.Ref("Subnet")}})
	add(dev, "dev", "attachment", "AWS::EC2::TransitGatewayAttachment", "Attachment", build.Props{"SubnetIds": []value.Value{dev.Ref("Subnet")}})
	add(dev, "dev", "logs", "AWS::Logs::LogGroup", "Logs", nil)
	add(dev, "dev", "backup", "AWS::Backup::BackupVault", "Vault", nil)
	add(hub, "hub", "attachment", "AWS::EC2::TransitGatewayAttachment", "HubAttachment", nil)
	add(hub, "hub", "egress", "AWS::EC2::NatGateway", "Nat", nil)
	add(hub, "hub", "firewall", "AWS::NetworkFirewall::Firewall", "Firewall", nil)
	add(hub, "hub", "logs", "AWS::Logs::LogGroup", "HubLogs", nil)
	return dev, hub, by
}

func bind(t *testing.T, e *estate.Estate, builders ...*build.Builder) *part.Binding {
	t.Helper()
	var all []*resource.Resource
	for _, b := range builders {
		all = append(all, b.Resources()...)
	}
	g, problems := resource.New(all)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return part.Bind(e, g)
}

func TestBindingIsBelieved(t *testing.T) {
	dev, hub, by := platform()
	b := bind(t, parse(t, ""), dev, hub)
	if !b.Believed() {
		t.Fatalf("problems:\n%v", b.Problems)
	}
	if id := b.Of[by["Database"].Addr]; id.String() != "dev/database" {
		t.Errorf("the cluster is %s", id)
	}
	if len(b.Parts()) != 10 {
		t.Errorf("parts: %v", b.Parts())
	}
}

func TestWithoutEstateNothingIsBound(t *testing.T) {
	dev, hub, _ := platform()
	if b := bind(t, nil, dev, hub); b != nil || b.Believed() {
		t.Errorf("bound %v", b)
	}
}

func TestBindingIsNotBelieved(t *testing.T) {
	for _, c := range []struct {
		name, code, at string
		change         func(dev, hub *build.Builder, by map[string]*resource.Resource)
	}{
		{"a tag is missing", part.CodeUnbound, "Api", func(_, _ *build.Builder, by map[string]*resource.Resource) { by["Api"].Tags = nil }},
		{"a tag is not known", part.CodeUnbound, "Api", func(_, _ *build.Builder, by map[string]*resource.Resource) {
			by["Api"].Tags[addr.TagPart] = build.Unknown("a parameter")
		}},
		{"data without a part", part.CodeUnbound, "Bucket", func(dev, _ *build.Builder, _ map[string]*resource.Resource) {
			dev.Add("AWS::S3::Bucket", "Bucket", nil)
		}},
		{"a part without a resource", part.CodeMissing, "", func(_, _ *build.Builder, by map[string]*resource.Resource) {
			tag(by["Firewall"], "hub", "")
		}},
		{"a part that the estate lacks", part.CodeUnknown, "Api", func(_, _ *build.Builder, by map[string]*resource.Resource) { tag(by["Api"], "dev", "apis") }},
		{"service and database swapped", part.CodeKind, "Database", func(_, _ *build.Builder, by map[string]*resource.Resource) {
			tag(by["Database"], "dev", "api")
			tag(by["Api"], "dev", "database")
		}},
		{"a group of another part", part.CodeTwice, "ApiGroup", func(_, _ *build.Builder, by map[string]*resource.Resource) {
			tag(by["ApiGroup"], "dev", "database")
		}},
		{"another environment's account", part.CodeAccount, "HubLogs", func(_, _ *build.Builder, by map[string]*resource.Resource) {
			tag(by["HubLogs"], "dev", "logs")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dev, hub, by := platform()
			c.change(dev, hub, by)
			b := bind(t, parse(t, ""), dev, hub)
			if b.Believed() {
				t.Fatal("it is believed")
			}
			found := false
			for _, d := range b.Problems {
				if d.What == "" || d.Fix == "" || d.Code == "" {
					t.Errorf("a problem says too little: %+v", d)
				}
				found = found || d.Code == c.code && d.At.Logical == c.at
			}
			if !found {
				t.Errorf("no %s at %q in:\n%v", c.code, c.at, b.Problems)
			}
		})
	}
}

// TestBindingsOfTheEstate binds a platform that Surety did not write: by tags
// of its own and by addresses.
func TestBindingsOfTheEstate(t *testing.T) {
	b := build.New("", "", "shop")
	b.Add("AWS::EC2::Subnet", "Subnet", build.Props{"CidrBlock": "10.1.0.0/24"})
	b.Add("AWS::ECS::Service", "Web", build.Props{"NetworkConfiguration": build.Props{"AwsvpcConfiguration": build.Props{"Subnets": []value.Value{b.Ref("Subnet")}}}})
	b.Add("AWS::RDS::DBCluster", "Db", nil).Tags = map[string]value.Value{"role": value.OfString("db")}
	e := parse(t, `
bindings:
  - {part: dev/api, resources: [shop/Web]}
  - {part: dev/database, tags: {role: db}}
`)
	got := bind(t, e, b)
	if !got.Believed() {
		t.Fatalf("problems:\n%v", got.Problems)
	}
	if n := len(got.Parts()); n != 2 {
		t.Errorf("%d parts are bound", n)
	}
}

func TestBindingThatBindsNothing(t *testing.T) {
	dev, hub, _ := platform()
	e := parse(t, "\nbindings:\n  - {part: dev/api, resources: [dev/Apii]}\n")
	b := bind(t, e, dev, hub)
	if !slices.ContainsFunc(b.Problems, func(d diag.Diagnostic) bool { return d.Code == part.CodeNoEffect && d.Pos.Line > 0 }) {
		t.Errorf("problems:\n%v", b.Problems)
	}
}

func TestTwoBindingsOfOneResource(t *testing.T) {
	dev, hub, _ := platform()
	e := parse(t, "\nbindings:\n  - {part: dev/logs, resources: [dev/Api]}\n")
	b := bind(t, e, dev, hub)
	if !strings.Contains(b.Problems.Error(), part.CodeTwice) {
		t.Errorf("problems:\n%v", b.Problems)
	}
}

func TestStoresAreSorted(t *testing.T) {
	if s := part.Stores(); !slices.IsSorted(s) || !part.HoldsData(s[0]) || part.HoldsData("AWS::EC2::VPC") {
		t.Errorf("stores: %v", s)
	}
}
