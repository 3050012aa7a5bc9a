package survivesregion

import (
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/part"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

const file = `
estate: acme
domain: acme.example
regions: {home: ap-southeast-2, recovery: ap-southeast-4}
organisation:
  accounts:
    hub:  {id: "100000000003", roles: [network-hub]}
    prod: {id: "100000000006"}
environments: {prod: {account: prod, recovery: warm-standby}}
workload:
  services: {api: {image: "100000000006.dkr.ecr.ap-southeast-2.amazonaws.com/api:1", needs: [database]}}
  database: {engine: aurora-postgresql}
`

// estateOf is what the templates say of an environment that recovers.
type estateOf struct{ home, there, hub, hubThere *build.Builder }

// at adds a resource to a stack, as a part of an environment.
func at(b *build.Builder, environment, name, typ, logical string, props build.Props) *resource.Resource {
	r := b.Add(typ, logical, props)
	r.Tags[addr.TagEnvironment] = value.OfString(environment)
	if name != "" {
		r.Tags[addr.TagPart] = value.OfString(name)
	}
	return r
}

// recovering returns templates in which all is as it should be.
func recovering() *estateOf {
	e := &estateOf{home: build.New("100000000006", "ap-southeast-2", "home"), there: build.New("100000000006", "ap-southeast-4", "there"),
		hub: build.New("100000000003", "ap-southeast-2", "hub"), hubThere: build.New("100000000003", "ap-southeast-4", "hub-there")}
	at(e.home, "prod", "backup", "AWS::Backup::BackupVault", "Vault", nil)
	for env, b := range map[string]*build.Builder{"prod": e.home, "prod-recovery": e.there} {
		at(b, env, "endpoints", "AWS::EC2::VPCEndpoint", "Endpoint", nil)
		at(b, env, "attachment", "AWS::EC2::TransitGatewayAttachment", "Attachment", nil)
		at(b, env, "logs", "AWS::Logs::LogGroup", "Logs", nil)
		at(b, env, "api", "AWS::ECS::Service", "Api", build.Props{"DesiredCount": 2, "NetworkConfiguration": build.Props{
			"AwsvpcConfiguration": build.Props{"Subnets": []value.Value{b.Ref("A"), b.Ref("B")}}}})
		cluster := build.Props{"DBClusterIdentifier": env, "Engine": "aurora-postgresql", "EngineVersion": "17.9"}
		if b == e.there {
			cluster["GlobalClusterIdentifier"] = "prod"
		}
		at(b, env, "database", "AWS::RDS::DBCluster", "Cluster", cluster)
		for _, id := range []string{"One", "Two"} {
			at(b, env, "database", "AWS::RDS::DBInstance", id, build.Props{"DBClusterIdentifier": b.Ref("Cluster"), "DBInstanceClass": "db.r6g.large"})
		}
	}
	for env, b := range map[string]*build.Builder{"hub": e.hub, "hub-recovery": e.hubThere} {
		at(b, env, "attachment", "AWS::EC2::TransitGatewayAttachment", "Attachment", nil)
		at(b, env, "egress", "AWS::EC2::NatGateway", "Nat", nil)
		at(b, env, "firewall", "AWS::NetworkFirewall::Firewall", "Firewall", nil)
		at(b, env, "logs", "AWS::Logs::LogGroup", "Logs", nil)
	}
	at(e.home, "prod", "database", "AWS::RDS::GlobalCluster", "Global", build.Props{"GlobalClusterIdentifier": "prod", "SourceDBClusterIdentifier": e.home.Attr("Cluster", "DBClusterArn")})
	at(e.home, "prod", "", "AWS::KMS::Key", "Key", build.Props{"MultiRegion": true})
	at(e.there, "prod-recovery", "", "AWS::KMS::ReplicaKey", "Key", build.Props{"PrimaryKeyArn": e.home.Attr("Key", "Arn")})
	at(e.home, "prod", "database", "AWS::SecretsManager::Secret", "Secret", build.Props{"Name": "acme/key",
		"ReplicaRegions": []build.Props{{"Region": "ap-southeast-4", "KmsKeyId": "arn:aws:kms:ap-southeast-4:100000000006:alias/data"}}})
	at(e.there, "prod-recovery", "", "AWS::CloudWatch::Alarm", "Behind", build.Props{"MetricName": "AuroraGlobalDBReplicationLag", "Namespace": "AWS/RDS", "Threshold": 60000,
		"Dimensions": []build.Props{{"Name": "DBClusterIdentifier", "Value": e.there.Ref("Cluster")}}})
	e.names()
	return e
}

// names adds the name of a gateway, and what moves it.
func (e *estateOf) names() {
	for env, b := range map[string]*build.Builder{"prod": e.home, "prod-recovery": e.there} {
		at(b, env, "", "AWS::ApiGateway::DomainName", "Domain", build.Props{"DomainName": "api.prod.acme.example"})
	}
	at(e.home, "prod", "", "AWS::ApiGateway::ApiKey", "ApiKey", build.Props{"Value": value.Join(value.OfString("{{resolve:secretsmanager:"), e.home.Ref("Secret"), value.OfString(":SecretString:::}}"))})
	at(e.there, "prod-recovery", "", "AWS::ApiGateway::ApiKey", "ApiKey", build.Props{"Value": "{{resolve:secretsmanager:arn:aws:secretsmanager:ap-southeast-4:100000000006:secret:acme/key:SecretString:::}}"})
	at(e.there, "prod-recovery", "", "AWS::CloudWatch::Alarm", "Moved", build.Props{"AlarmName": "moved", "Namespace": "Own", "Period": 60, "EvaluationPeriods": 1})
	at(e.there, "prod-recovery", "", "AWS::Route53::HealthCheck", "Check", build.Props{"HealthCheckConfig": build.Props{"Type": "CLOUDWATCH_METRIC",
		"AlarmIdentifier": build.Props{"Name": "moved", "Region": "ap-southeast-4"}, "InsufficientDataHealthStatus": "LastKnownStatus"}})
	e.failover("", "api.prod.acme.example")
}

// failover adds the records of a name.
func (e *estateOf) failover(prefix, name string) {
	record := func(logical, failover string, to *build.Builder, props build.Props) {
		props["Name"], props["Failover"], props["AliasTarget"] = name, failover, build.Props{"DNSName": to.Attr(prefix+"Domain", "RegionalDomainName")}
		e.home.Add("AWS::Route53::RecordSet", prefix+logical, props)
	}
	record("Primary", "PRIMARY", e.home, build.Props{"HealthCheckId": e.there.Attr("Check", "HealthCheckId")})
	record("Secondary", "SECONDARY", e.there, build.Props{})
}

// run returns the findings of the environment as "outcome code".
func run(t *testing.T, text string, change func(map[string]*resource.Resource)) []string {
	t.Helper()
	return runOn(t, text, func(*estateOf) {}, change)
}

// runOn is run with more in the templates.
func runOn(t *testing.T, text string, more func(*estateOf), change func(map[string]*resource.Resource)) []string {
	t.Helper()
	e, problems := estate.Parse("estate.yaml", []byte(text))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	built := recovering()
	more(built)
	var all []*resource.Resource
	by := map[string]*resource.Resource{}
	for _, b := range []*build.Builder{built.home, built.there, built.hub, built.hubThere} {
		for _, r := range b.Resources() {
			by[r.Addr.Stack.Name+"/"+r.Addr.Logical] = r
			all = append(all, r)
		}
	}
	change(by)
	all = slices.DeleteFunc(all, func(r *resource.Resource) bool { return by[r.Addr.Stack.Name+"/"+r.Addr.Logical] == nil })
	g, problems := resource.New(all)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	verdicts, err := proof.Run(t.Context(), &proof.Input{Estate: e, Graph: g, Parts: part.Bind(e, g)}, []proof.Claim{Claim()})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, v := range verdicts {
		if v.Claim != "survives-region" {
			continue
		}
		if v.Checked == 0 && v.Outcome == proof.Proved {
			t.Errorf("nothing was checked of %s", v.Scope)
		}
		for _, f := range v.Witness {
			found = append(found, f.Outcome.String()+" "+f.Code)
		}
	}
	return found
}

// move puts a resource into the stack of another.
func move(r map[string]*resource.Resource, from, to string) {
	r[from].Addr.Stack = r[to].Addr.Stack
	r[from].Addr.Logical += "2"
	r[to+"2"] = r[from]
	delete(r, from)
}

func set(r *resource.Resource, props build.Props) {
	m := build.Props{}
	for k, v := range r.Props.Entries() {
		m[k] = v
	}
	for k, v := range props {
		m[k] = v
	}
	r.Props = build.Of(m)
}

func TestS35_WhatRecoversNeedsNothingOfTheHomeRegion(t *testing.T) {
	type all = map[string]*resource.Resource
	health := func(region, name, status string) build.Props {
		return build.Props{"HealthCheckConfig": build.Props{"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": build.Props{"Name": name, "Region": region}, "InsufficientDataHealthStatus": status}}
	}
	for _, row := range []struct {
		name   string
		change func(all)
		want   []string
	}{
		{"all of it", func(all) {}, nil},
		{"its service at home", func(r all) { move(r, "there/Api", "home/Api") }, []string{"refuted " + CodePart}},
		{"its firewall at home", func(r all) { move(r, "hub-there/Firewall", "hub/Firewall") }, []string{"refuted " + CodePart}},
		{"no global database", func(r all) { r["home/Global"] = nil }, []string{"refuted " + CodeGlobal}},
		{"nobody follows", func(r all) { set(r["there/Cluster"], build.Props{"GlobalClusterIdentifier": "other"}) }, []string{"refuted " + CodeSecondary}},
		{"another version", func(r all) { set(r["there/Cluster"], build.Props{"EngineVersion": "16.1"}) }, []string{"refuted " + CodeEngine}},
		{"a version that is not known", func(r all) { set(r["there/Cluster"], build.Props{"EngineVersion": build.Unknown("a parameter")}) }, []string{"unknown " + CodeUnknown}},
		{"a version at home that is not known", func(r all) { set(r["home/Cluster"], build.Props{"EngineVersion": build.Unknown("a parameter")}) }, []string{"unknown " + CodeUnknown}},
		{"one instance", func(r all) { r["there/Two"] = nil }, []string{"refuted " + CodeSmall}},
		{"a burstable instance", func(r all) { set(r["there/Two"], build.Props{"DBInstanceClass": "db.t4g.medium"}) }, []string{"refuted " + CodeClass}},
		{"lag that nobody sees", func(r all) { r["there/Behind"] = nil }, []string{"refuted " + CodeLag}},
		{"lag that is seen late", func(r all) { set(r["there/Behind"], build.Props{"Threshold": 600000}) }, []string{"refuted " + CodeLag}},
		{"lag of a limit that is not known", func(r all) { set(r["there/Behind"], build.Props{"Threshold": build.Unknown("a parameter")}) }, []string{"unknown " + CodeUnknown}},
		{"a slow switch", func(r all) { set(r["there/Moved"], build.Props{"EvaluationPeriods": 5}) }, []string{"refuted " + CodeSlow}},
		{"a secret of one Region", func(r all) {
			set(r["home/Secret"], build.Props{"ReplicaRegions": []build.Props{{"Region": "eu-west-1"}}})
		}, []string{"refuted " + CodeSecret}},
		{"a replica by home's key", func(r all) {
			set(r["home/Secret"], build.Props{"ReplicaRegions": []build.Props{{"Region": "ap-southeast-4", "KmsKeyId": "arn:aws:kms:ap-southeast-2:100000000006:alias/data"}}})
		}, []string{"refuted " + CodeReplicaKey}},
		{"a key without a replica", func(r all) { r["there/Key"] = nil }, []string{"refuted " + CodeKey}},
		{"one task", func(r all) { set(r["there/Api"], build.Props{"DesiredCount": 1}) }, []string{"refuted " + CodeSmall}},
		{"tasks that are not known", func(r all) { set(r["there/Api"], build.Props{"DesiredCount": build.Unknown("a parameter")}) }, []string{"unknown " + CodeUnknown}},
		{"a key that the gateway chose", func(r all) { set(r["home/ApiKey"], build.Props{"Value": nil}) }, []string{"refuted " + CodeAPIKey}},
		{"a key of another secret", func(r all) {
			set(r["there/ApiKey"], build.Props{"Value": "{{resolve:secretsmanager:acme/other:SecretString}}"})
		}, []string{"refuted " + CodeAPIKey}},
		{"no secondary record", func(r all) { r["home/Secondary"] = nil }, []string{"refuted " + CodeNameStays}},
		{"a secondary record that leads home", func(r all) {
			set(r["home/Secondary"], build.Props{"AliasTarget": r["home/Primary"].Props.Get("AliasTarget")})
		}, []string{"refuted " + CodeNameNowhere}},
		{"nothing that moves it", func(r all) { set(r["home/Primary"], build.Props{"HealthCheckId": nil}) }, []string{"refuted " + CodeNameStays}},
		{"an alarm at home", func(r all) { set(r["there/Check"], health("ap-southeast-2", "moved", "LastKnownStatus")) }, []string{"refuted " + CodeSwitch}},
		{"an alarm that is not there", func(r all) { set(r["there/Check"], health("ap-southeast-4", "other", "LastKnownStatus")) }, []string{"refuted " + CodeSwitch}},
		{"a switch that springs back", func(r all) { set(r["there/Check"], health("ap-southeast-4", "moved", "Healthy")) }, []string{"refuted " + CodeForgets}},
		{"an image at home", func(r all) {
			set(r["there/Api"], build.Props{"Image": "100000000006.dkr.ecr.ap-southeast-2.amazonaws.com/api:1"})
		}, []string{"refuted " + CodeHome}},
		{"a reference home", func(r all) {
			set(r["hub-there/Nat"], build.Props{"SubnetId": value.OfSymbol(value.Ref{To: r["hub/Nat"].Addr, Attr: "Ref"})})
		}, []string{"refuted " + CodeHome}},
	} {
		if got := run(t, file, row.change); !slices.Equal(got, row.want) {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

func TestS35_APilotLightRunsNothing(t *testing.T) {
	pilot := strings.Replace(file, "warm-standby", "pilot-light", 1)
	none := func(r map[string]*resource.Resource) {
		set(r["there/Api"], build.Props{"DesiredCount": 0})
		r["there/Two"] = nil
	}
	if got := run(t, pilot, none); len(got) > 0 {
		t.Error(got)
	}
	alone := func(r map[string]*resource.Resource) {
		for name := range r {
			if strings.Contains(name, "there/") {
				r[name] = nil
			}
		}
	}
	if got := run(t, strings.Replace(file, ", recovery: warm-standby", "", 1), alone); len(got) > 0 {
		t.Error("an environment that does not recover: ", got)
	}
}
