package parity

import (
	"encoding/base64"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/prooftest"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

const text = `estate: acme
domain: acme.example
regions: {home: ap-southeast-2}
organisation:
  accounts:
    net:     {id: "100000000003", roles: [network-hub]}
    dev:     {id: "100000000004"}
    staging: {id: "100000000005"}
    prod:    {id: "100000000006"}
environments:
  dev:      {account: dev, size: DEVSIZE}
  pre-prod: {account: staging}
  prod:     {account: prod, size: large}
workload: {services: {api: {image: "100000000003.dkr.ecr.ap-southeast-2.amazonaws.com/a:1"}}}
`

// environments are the environments of the text, with their accounts.
var environments = []struct{ name, account string }{{"dev", "100000000004"}, {"pre-prod", "100000000005"}, {"prod", "100000000006"}}

func parse(t *testing.T, devSize, more string) *estate.Estate {
	t.Helper()
	e, problems := estate.Parse("estate.yaml", []byte(strings.Replace(text, "DEVSIZE", devSize, 1)+more))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return e
}

// env is what a test builds an environment with.
type env struct {
	*build.Builder
	name, account string
	i             int
}

// own is a text in which the environment's name and account stand for the signs.
func (e env) own(s string) string { return strings.NewReplacer("@", e.name, "#", e.account).Replace(s) }

// prove runs the claim over what a function builds for each environment.
func prove(t *testing.T, es *estate.Estate, each func(env)) map[proof.Scope]proof.Verdict {
	t.Helper()
	var all []*resource.Resource
	for i, x := range environments {
		b := build.New(x.account, "ap-southeast-2", "acme-"+x.name+"-data")
		each(env{b, x.name, x.account, i})
		for _, r := range b.Resources() {
			r.Construct = "acme-" + x.name + "-data/" + r.Addr.Logical
			all = append(all, r)
		}
	}
	by := map[proof.Scope]proof.Verdict{}
	for _, v := range prooftest.Verdicts(t, Claim(), es, all) {
		by[v.Scope] = v
	}
	return by
}

// findings prints findings as "CODE logical-id property", sorted.
func findings(v proof.Verdict) []string {
	out := []string{}
	for _, f := range v.Witness {
		out = append(out, strings.TrimSpace(f.Code+" "+f.At.Logical+" "+f.Property))
	}
	slices.Sort(out)
	return out
}

// common is an environment in which everything is as in the others, but for what
// is its own.
func common(e env) {
	e.Add("AWS::EC2::VPC", "Vpc", build.Props{"CidrBlock": fmt.Sprintf("10.%d.0.0/%d", e.i+1, 16+e.i), "Tags": []build.Props{{"Key": "Name", "Value": e.own("acme-@")}}})
	for i := range 2 {
		// The i-th quarter of the VPC, however large that is.
		third, fourth := (i<<(14-e.i))>>8, (i<<(14-e.i))&255
		e.Add("AWS::EC2::Subnet", fmt.Sprintf("Subnet%d", i), build.Props{"VpcId": e.Ref("Vpc"), "CidrBlock": fmt.Sprintf("10.%d.%d.%d/%d", e.i+1, third, fourth, 18+e.i)})
	}
	e.Add("AWS::EC2::RouteTable", "Table", build.Props{"VpcId": e.Ref("Vpc")})
	e.Add("AWS::EC2::LaunchTemplate", "Template", build.Props{"LaunchTemplateData": build.Props{"UserData": base64.StdEncoding.EncodeToString([]byte(e.own("PGHOST=db.@.acme.example\n")))}})
	e.Add("AWS::IAM::Role", "Role", build.Props{"RoleName": strings.ReplaceAll(e.own("acme@dataRole"), "-", "") + []string{"0A1B2C3D", "11111111", "DEADBEEF"}[e.i],
		"AssumeRolePolicyDocument": build.Props{"Statement": []build.Props{{"Principal": e.own("arn:aws:iam::#:root"), "Resource": "arn:aws:s3:::prod-ap-southeast-2-starport-layer-bucket/*"}}}})
	e.Add("AWS::ECS::Service", "Service", build.Props{"DesiredCount": 3, "Role": e.Attr("Role", "Arn"), "Subnets": []any{e.Ref("Subnet0"), e.Ref("Subnet1")},
		"Url": value.Join(build.Of(e.own("https://api.@.acme.example/")), e.Ref("Vpc"))})
}

func TestB07_EnvironmentsAreAlike(t *testing.T) {
	only := func(name string, f func(env)) func(env) {
		return func(e env) {
			common(e)
			if e.name == name {
				f(e)
			}
		}
	}
	replace := func(e env, logical string, change func(build.Props)) {
		// What is added again replaces what common added.
		all := e.Resources()
		for _, r := range all {
			if r.Addr.Logical != logical {
				c := e.Add(r.Type, r.Addr.Logical, nil)
				c.Props, c.Tags = r.Props, r.Tags
				continue
			}
			p := build.Props{}
			for k, v := range r.Props.Entries() {
				p[k] = v
			}
			change(p)
			e.Add(r.Type, logical, p)
		}
	}
	set := func(name, logical, key string, v any) func(env) {
		return only(name, func(e env) { replace(e, logical, func(p build.Props) { p[key] = v }) })
	}
	for _, c := range []struct {
		name        string
		each        func(env)
		dev, second []string // findings of dev and of pre-prod
	}{
		{"alike", common, nil, nil},
		{"a property of dev", set("dev", "Service", "LaunchType", "EC2"), []string{"PARITY_DIFFERS Service LaunchType"}, nil},
		{"a property of the reference", set("prod", "Service", "LaunchType", "EC2"), []string{"PARITY_DIFFERS Service LaunchType"}, []string{"PARITY_DIFFERS Service LaunchType"}},
		{"capacity of another size", set("prod", "Service", "DesiredCount", 6), nil, nil},
		{"another environment's name", set("dev", "Service", "Url", "https://api.prod.acme.example/"), []string{"PARITY_DIFFERS Service Url"}, nil},
		{"another environment's account", set("dev", "Service", "Url", "arn:aws:iam::100000000006:root"), []string{"PARITY_DIFFERS Service Url"}, nil},
		{"another script of instances", set("dev", "Template", "LaunchTemplateData", build.Props{
			"UserData": base64.StdEncoding.EncodeToString([]byte("PGHOST=other.dev.acme.example\n"))}), []string{"PARITY_DIFFERS Template LaunchTemplateData/UserData"}, nil},
		{"a part of a word is no name", set("dev", "Service", "Url", "https://device.acme.example"), []string{"PARITY_DIFFERS Service Url"}, nil},
		{"another place in the VPC", set("dev", "Subnet1", "CidrBlock", "10.1.128.0/18"), []string{"PARITY_DIFFERS Subnet1 CidrBlock"}, nil},
		{"a name without its hash", set("dev", "Role", "RoleName", "acmedevdataRole"), []string{"PARITY_DIFFERS Role RoleName"}, nil},
		{"an item more", set("dev", "Service", "Subnets", []string{"a", "b", "c"}), []string{"PARITY_DIFFERS Service Subnets"}, nil},
		{"an environment's own thing exchanged for another", only("dev", func(e env) {
			replace(e, "Service", func(p build.Props) { p["Subnets"] = []any{e.Ref("Subnet1"), e.Ref("Subnet0")} })
		}), []string{"PARITY_DIFFERS Service Subnets/0", "PARITY_DIFFERS Service Subnets/1"}, nil},
		{"a resource more", only("dev", func(e env) { e.Add("AWS::SQS::Queue", "Queue", nil) }), []string{"PARITY_EXTRA Queue"}, nil},
		{"a resource less", func(e env) {
			common(e)
			if e.name != "dev" {
				e.Add("AWS::SQS::Queue", "Queue", nil)
			}
		}, []string{"PARITY_MISSING Queue"}, nil},
		{"one of two alike", func(e env) {
			common(e)
			for i := range 3 - e.i {
				e.Add("AWS::SQS::Queue", fmt.Sprintf("Queue%d", i), nil)
			}
		}, []string{"PARITY_EXTRA Queue1", "PARITY_EXTRA Queue2"}, []string{"PARITY_EXTRA Queue1"}},
		{"an instance more in the larger one", func(e env) {
			common(e)
			for i := range 1 + e.i {
				e.Add("AWS::RDS::DBInstance", fmt.Sprintf("Db%d", i), build.Props{"Engine": "aurora-postgresql"})
			}
		}, nil, nil},
		{"kept and deleted", func(e env) {
			common(e)
			e.Add("AWS::SQS::Queue", "Queue", nil).Retain = e.name != "dev"
		}, []string{"PARITY_DIFFERS Queue DeletionPolicy"}, nil},
		{"not known", set("dev", "Service", "LaunchType", build.Unknown("a parameter")), []string{"PARITY_DIFFERS Service LaunchType", "PARITY_UNKNOWN Service"}, nil},
		{"known by none", func(e env) {
			common(e)
			e.Add("AWS::SQS::Queue", "Queue", build.Props{"QueueName": build.Unknown("a parameter")})
		}, []string{"PARITY_UNKNOWN Queue"}, []string{"PARITY_UNKNOWN Queue"}},
		{"the order of keys", func(e env) {
			common(e)
			keys, items := []string{"A", "B"}, []value.Value{build.Of("a"), build.Of("b")}
			if e.name == "dev" {
				slices.Reverse(keys)
				slices.Reverse(items)
			}
			e.Add("AWS::SQS::Queue", "Queue", nil).Props = value.OfMap(keys, items)
		}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			by := prove(t, parse(t, "small", ""), c.each)
			for scope, want := range map[proof.Scope][]string{"dev": c.dev, "pre-prod": c.second} {
				if got := findings(by[scope]); !slices.Equal(got, append([]string{}, want...)) || by[scope].Checked == 0 {
					t.Errorf("%s: got %v, want %v", scope, got, want)
					for _, f := range by[scope].Witness {
						t.Log(f.Message)
					}
				}
			}
			if _, ok := by["prod"]; ok {
				t.Error("the reference was compared with itself")
			}
		})
	}
}

// One more of a thing needs a thing of which it is one more.
func TestB07_OneMoreIsOneOfSeveral(t *testing.T) {
	instance := func(engine, zone string) build.Props {
		return build.Props{"Engine": engine, "DBInstanceClass": "db." + zone, "AvailabilityZone": zone}
	}
	by := prove(t, parse(t, "small", ""), func(e env) {
		common(e)
		e.Add("AWS::RDS::DBInstance", "Writer", instance("aurora-postgresql", "a"))
		if e.name == "prod" {
			e.Add("AWS::RDS::DBInstance", "Reader", instance("aurora-postgresql", "b"))
			e.Add("AWS::RDS::DBInstance", "Other", instance("mysql", "b"))
		}
	})
	if got := findings(by["dev"]); !slices.Equal(got, []string{"PARITY_MISSING Other"}) {
		t.Errorf("got %v", got)
	}
}

// A thing that differs is one finding: what refers to it is not another.
func TestB07_OneDifferenceIsOneFinding(t *testing.T) {
	by := prove(t, parse(t, "small", ""), func(e env) {
		common(e)
		p := build.Props{"KeyUsage": "ENCRYPT_DECRYPT"}
		if e.name == "dev" {
			p["KeyUsage"] = "SIGN_VERIFY"
		}
		e.Add("AWS::KMS::Key", "Key", p)
		for i := range 3 {
			e.Add("AWS::Logs::LogGroup", fmt.Sprintf("Logs%d", i), build.Props{"KmsKeyId": e.Attr("Key", "Arn"), "LogGroupName": fmt.Sprint(i)})
		}
	})
	if got := findings(by["dev"]); !slices.Equal(got, []string{"PARITY_DIFFERS Key KeyUsage"}) {
		t.Errorf("got %v", got)
	}
	if f := by["dev"].Witness[0]; !strings.Contains(f.Message, `it is "SIGN_VERIFY" and not "ENCRYPT_DECRYPT"`) {
		t.Errorf("got %s", f.Message)
	}
}

// Of two things that are the same one changes in dev, and each is referred to by
// another: what refers to them is no finding, whichever it is.
func TestB07_OneOfEqualsIsOneFinding(t *testing.T) {
	for i := range 2 {
		by := prove(t, parse(t, "small", ""), func(e env) {
			common(e)
			for j := range 2 {
				p := build.Props{"Protocol": "HTTPS"}
				if e.name == "dev" && i == j {
					p["Protocol"] = "HTTP"
				}
				e.Add("AWS::ElasticLoadBalancingV2::TargetGroup", fmt.Sprintf("Targets%d", j), p)
				e.Add("AWS::ElasticLoadBalancingV2::ListenerRule", fmt.Sprintf("Rule%d", j), build.Props{"Priority": j, "Actions": []build.Props{{"TargetGroupArn": e.Ref(fmt.Sprintf("Targets%d", j))}}})
			}
		})
		if got := findings(by["dev"]); !slices.Equal(got, []string{fmt.Sprintf("PARITY_DIFFERS Targets%d Protocol", i)}) {
			t.Errorf("got %v", got)
		}
	}
}

// In environments of one size capacity counts.
func TestB07_CapacityOfOneSizeIsTheSame(t *testing.T) {
	by := prove(t, parse(t, "large", ""), func(e env) {
		common(e)
		e.Add("AWS::ECS::TaskDefinition", "Task", build.Props{"Cpu": 256 << e.i, "ContainerDefinitions": []build.Props{{"Name": "a", "Cpu": 128 << e.i}}})
	})
	if got := findings(by["dev"]); !slices.Equal(got, []string{"PARITY_DIFFERS Task ContainerDefinitions/0/Cpu", "PARITY_DIFFERS Task Cpu"}) {
		t.Errorf("dev, as large as the reference: %v", got)
	}
	if got := findings(by["pre-prod"]); len(got) != 0 {
		t.Errorf("pre-prod, which is smaller: %v", got)
	}
}

func TestB07_TheEstateSaysWhatMayDiffer(t *testing.T) {
	each := func(e env) {
		common(e)
		e.Add("AWS::Logs::LogGroup", "Logs", build.Props{"RetentionInDays": 7 << e.i})
		if e.name == "dev" {
			e.Add("AWS::SQS::Queue", "Queue", nil)
		}
	}
	for except, want := range map[string][]string{
		"": {"PARITY_DIFFERS Logs RetentionInDays", "PARITY_EXTRA Queue"},
		`{path: "*/AWS::Logs::LogGroup/RetentionInDays", why: cost}`:                                            {"PARITY_EXTRA Queue"},
		`{path: "*/AWS::Logs::LogGroup", why: cost}, {path: "*/AWS::SQS::Queue", why: cost}`:                    {},
		`{path: "*/AWS::Logs::LogGroup/KmsKeyId", why: cost}, {path: "*/AWS::SQS::Queue/QueueName", why: cost}`: {"PARITY_DIFFERS Logs RetentionInDays", "PARITY_EXTRA Queue"},
		`{path: "api/AWS::Logs::LogGroup", why: cost}`:                                                          {"PARITY_DIFFERS Logs RetentionInDays", "PARITY_EXTRA Queue"},
	} {
		by := prove(t, parse(t, "small", "parity: {except: ["+except+"]}\n"), each)
		if got := findings(by["dev"]); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", except, got, want)
		}
	}
}

// Tenants' resources and stacks are in the environments that the estate says.
func TestB07_TenantsAreNotCompared(t *testing.T) {
	es := parse(t, "small", "")
	var all []*resource.Resource
	for i, x := range environments {
		b := build.New(x.account, "ap-southeast-2", "acme-"+x.name+"-data")
		common(env{b, x.name, x.account, i})
		all = append(all, b.Resources()...)
	}
	b := build.New(environments[2].account, "ap-southeast-2", "acme-prod-tenant-kiwi")
	b.Add("AWS::Logs::LogGroup", "Logs", nil).Tags[addr.TagTenant] = value.OfString("kiwi")
	b.Add("AWS::IAM::Role", "Role", nil)
	verdicts := prooftest.Verdicts(t, Claim(), es, append(all, b.Resources()...))
	if len(verdicts) != 2 || len(findings(verdicts[0]))+len(findings(verdicts[1])) > 0 {
		t.Errorf("%+v", verdicts)
	}
}

// What an environment has for its tenants' sake follows from which it has.
func TestB07_WhatTenantsNeedFollowsFromThem(t *testing.T) {
	each := func(e env) {
		common(e)
		users := []any{"default"}
		if e.name == "prod" {
			role := e.Add("AWS::IAM::Role", "ProvisionerRole", nil)
			role.Tags[addr.TagFor] = value.OfString(addr.ForTenants)
			e.Add("AWS::IAM::Policy", "ProvisionerPolicy", build.Props{"Roles": []any{e.Ref("ProvisionerRole")}})
			users = append(users, "kiwi")
		}
		e.Add("AWS::ElastiCache::UserGroup", "Users", build.Props{"UserIds": users})
		forTenants := func(r *resource.Resource) { r.Tags[addr.TagFor] = value.OfString(addr.ForTenants) }
		forTenants(e.Add("AWS::ElasticLoadBalancingV2::LoadBalancer", "First", nil))
		stages, graphs := []any{e.Ref("First")}, []value.Value{build.Of("graphs of "), e.Ref("First")}
		if e.name == "prod" {
			forTenants(e.Add("AWS::ElasticLoadBalancingV2::LoadBalancer", "Second", nil))
			stages, graphs = append(stages, e.Ref("Second")), append(graphs, build.Of(" and "), e.Ref("Second"))
		}
		forTenants(e.Add("AWS::ApiGateway::UsagePlan", "Plan", build.Props{"ApiStages": stages}))
		e.Add("AWS::CloudWatch::Dashboard", "Graphs", build.Props{"DashboardBody": value.Join(graphs...)}).Tags = nil
	}
	const tenants = "tenants: {kiwi: {environments: [ENVIRONMENTS]}}\n"
	differing := []string{"PARITY_DIFFERS Graphs DashboardBody", "PARITY_DIFFERS Plan ApiStages", "PARITY_DIFFERS Users UserIds",
		"PARITY_MISSING ProvisionerPolicy", "PARITY_MISSING ProvisionerRole", "PARITY_MISSING Second"}
	for environments, want := range map[string]map[proof.Scope][]string{
		"prod":                {"dev": nil, "pre-prod": nil},
		"prod, dev":           {"dev": differing, "pre-prod": nil},
		"dev, pre-prod, prod": {"dev": differing, "pre-prod": differing},
	} {
		by := prove(t, parse(t, "small", strings.Replace(tenants, "ENVIRONMENTS", environments, 1)), each)
		for scope, w := range want {
			if got := findings(by[scope]); !slices.Equal(got, append([]string{}, w...)) {
				t.Errorf("a tenant in %s: %s has %v, want %v", environments, scope, got, w)
			}
		}
	}
}

func TestB07_OneEnvironmentIsAlikeWithNothing(t *testing.T) {
	by := prove(t, parse(t, "small", ""), func(e env) {
		if e.name == "dev" {
			common(e)
		}
	})
	if v := by[proof.ScopeEstate]; v.Outcome != proof.NotApplicable || v.Note == "" {
		t.Errorf("%+v", by)
	}
	if by := prove(t, nil, common); by[proof.ScopeEstate].Outcome != proof.NotApplicable {
		t.Errorf("without an estate: %+v", by)
	}
}

// No value is shown that may be a secret.
func TestB07_SecretsAreNotShown(t *testing.T) {
	by := prove(t, parse(t, "small", ""), func(e env) {
		common(e)
		e.Add("AWS::RDS::DBCluster", "Db", build.Props{"MasterUserPassword": "hunter2" + e.name[:1]})
	})
	if f := by["dev"].Witness; len(f) != 1 || f[0].Property != "MasterUserPassword" || strings.Contains(f[0].Message, "hunter2") {
		t.Errorf("%+v", f)
	}
}

// What sizes allow to differ is on the page.
func TestB07_ThePageListsWhatSizesDecide(t *testing.T) {
	page, err := os.ReadFile("../../../docs/claims/parity.md")
	if err != nil {
		t.Fatal(err)
	}
	for typ, paths := range sized() {
		if row := "| `" + typ + "` | " + strings.Join(paths, ", ") + " |"; !strings.Contains(string(page), row) {
			t.Errorf("the page has no row %s", row)
		}
	}
	if n := strings.Count(string(page), "| `AWS::"); n != len(sized()) {
		t.Errorf("the page lists %d types, and there are %d", n, len(sized()))
	}
}
