package stacks

import (
	"slices"
	"strings"
	"testing"
)

// ownerOf returns the name of the site whose stack has a name.
func ownerOf(a assembly, stack string) string {
	name := ""
	for _, s := range a.estate.Sites() {
		if strings.HasPrefix(stack, "cover-"+s.Name+"-") && len(s.Name) > len(name) {
			name = s.Name
		}
	}
	return name
}

// TestS35_AWarmStandbyStandsReady: what the example's prod has in the recovery
// Region.
func TestS35_AWarmStandbyStandsReady(t *testing.T) {
	a := load(t)
	for _, s := range a.of(t, "cover-prod-recovery-platform", "AWS::ECS::Service") {
		want := "2"
		if strings.Contains(s.id, "Tunnel") { // Cloudflare would lead people to it at once
			want = "0"
		}
		expect(t, s, want, "DesiredCount")
	}
	cluster := a.of(t, "cover-prod-recovery-data", "AWS::RDS::DBCluster")[0]
	expect(t, cluster, "cover-prod", "GlobalClusterIdentifier")
	for _, own := range []string{"MasterUsername", "MasterUserPassword", "ManageMasterUserPassword", "MasterUserSecret", "DatabaseName"} {
		if cluster.text(own) != "null" {
			t.Errorf("the copy of the database says %s, which comes from the one that it follows", own)
		}
	}
	if n := len(a.of(t, "cover-prod-recovery-data", "AWS::RDS::DBInstance")); n != 2 {
		t.Errorf("the copy of the database has %d instances", n)
	}
	if n := len(a.of(t, "cover-prod-recovery-data", "AWS::SecretsManager::Secret")); n != 0 {
		t.Errorf("the copy of the database has %d secrets", n)
	}
	global := a.of(t, "cover-prod-data", "AWS::RDS::GlobalCluster")[0]
	expect(t, global, "cover-prod", "GlobalClusterIdentifier")
	expect(t, global, "true", "DeletionProtection")
	for _, layer := range []string{LayerFiles, LayerAnalytics, LayerTenantBackup, LayerZone, LayerEdge} {
		if _, ok := a.templates["cover-prod-recovery-"+layer]; ok {
			t.Errorf("there is a stack %s in the recovery Region", layer)
		}
	}
}

// TestS35_ATenantStandsReady: what a tenant has at home for it, in its foothold,
// and in the recovery Region.
func TestS35_ATenantStandsReady(t *testing.T) {
	a := load(t)
	const home, foothold, there = "cover-prod-tenant", "cover-prod-recovery-foothold", "cover-prod-recovery-tenant"
	for _, s := range a.of(t, there, "AWS::ECS::Service") {
		expect(t, s, "2", "DesiredCount")
	}
	for _, s := range a.of(t, home, "AWS::SecretsManager::Secret") {
		expect(t, s, "ap-southeast-4", "ReplicaRegions", 0, "Region")
		expect(t, s, `{"Fn::Join":["",["arn:aws:kms:ap-southeast-4:100000000006:alias/cover-prod-recovery-",{"Ref":"Tenant"}]]}`, "ReplicaRegions", 0, "KmsKeyId")
	}
	expect(t, a.of(t, foothold, "AWS::KMS::Alias")[0], `{"Fn::Join":["",["alias/cover-prod-recovery-",{"Ref":"Tenant"}]]}`, "AliasName")
	places := map[string]bool{}
	for _, r := range a.of(t, home, "AWS::Route53::RecordSet") {
		if place := r.text("Failover"); place != "null" {
			places[place] = true
			expect(t, r, `{"Ref":"HostApi"}`, "Name")
			if place == "SECONDARY" && !strings.Contains(r.text("AliasTarget", "DNSName"), foothold) {
				t.Errorf("the secondary record leads to %s", r.text("AliasTarget", "DNSName"))
			}
		}
	}
	if len(places) != 2 {
		t.Errorf("the tenant's name has the places %v", sortedKeys(places))
	}
	for stack, types := range map[string][]string{
		there:    {"AWS::KMS::Key", "AWS::SecretsManager::Secret", "AWS::ApiGateway::DomainName", "Custom::TenantDatabase"},
		foothold: {"AWS::Route53::RecordSet", "AWS::SecretsManager::Secret", "AWS::ECS::Service"},
	} {
		for _, typ := range types {
			if n := len(a.of(t, stack, typ)); n != 0 {
				t.Errorf("%s has %d %s", stack, n, typ)
			}
		}
	}
	for _, tenant := range tenantStacks(a, "prod") {
		name := a.manifest.Artifacts[tenant].Properties.Parameters["Tenant"]
		after := a.manifest.Artifacts[there+"-"+name].Dependencies
		if !slices.Contains(after, tenant) || !slices.Contains(after, foothold+"-"+name) || slices.Contains(after, home) {
			t.Errorf("%s-%s is deployed after %v", there, name, after)
		}
	}
}

// TestS21_SecretsAreInNoTemplate: neither the administrator's password nor the
// value of an API key.
func TestS21_SecretsAreInNoTemplate(t *testing.T) {
	a := load(t)
	var keys []resource
	for _, stack := range []string{"cover-prod-api", "cover-prod-recovery-api", "cover-prod-tenant", "cover-prod-recovery-tenant"} {
		keys = append(keys, a.of(t, stack, "AWS::ApiGateway::ApiKey")...)
	}
	for _, r := range keys {
		if !strings.Contains(r.text("Value"), "{{resolve:secretsmanager:") {
			t.Errorf("%s has the value %s", r, r.text("Value"))
		}
	}
	if p := a.of(t, "cover-prod-data", "AWS::RDS::DBCluster")[0].text("MasterUserPassword"); !strings.Contains(p, "{{resolve:secretsmanager:") {
		t.Errorf("the administrator's password is %s", p)
	}
}

// pilot is an estate of one environment whose services run at home only.
const pilot = `estate: cover
domain: cover.example
regions: {home: ap-southeast-2, recovery: ap-southeast-4}
organisation:
  accounts:
    net: {id: "100000000001", roles: [network-hub]}
    dev: {id: "100000000002"}
network: {allow-egress: [.okta.com]}
access: {okta: {org: cover.okta.com}}
environments:
  dev: {account: dev, recovery: pilot-light}
workload:
  services:
    api: {image: "100000000002.dkr.ecr.ap-southeast-2.amazonaws.com/api:1", expose: gateway, needs: [database]}
  database: {engine: aurora-postgresql}
`

func TestS35_APilotLightIsStartedByPeople(t *testing.T) {
	a := synthesise([]byte(pilot))
	if a.err != nil {
		t.Fatal(a.err)
	}
	defer removeAll(t, a.dir)
	for _, s := range a.of(t, "cover-dev-recovery-platform", "AWS::ECS::Service") {
		expect(t, s, "0", "DesiredCount")
	}
	for _, task := range a.of(t, "cover-dev-recovery-platform", "AWS::ECS::TaskDefinition") {
		if image := task.text("ContainerDefinitions", 0, "Image"); image != "100000000002.dkr.ecr.ap-southeast-4.amazonaws.com/api:1" {
			t.Errorf("the image comes from %s", image)
		}
	}
	if n := len(a.of(t, "cover-dev-recovery-data", "AWS::RDS::DBInstance")); n != 1 {
		t.Errorf("the copy of the database has %d instances", n)
	}
	for _, i := range append(a.of(t, "cover-dev-data", "AWS::RDS::DBInstance"), a.of(t, "cover-dev-recovery-data", "AWS::RDS::DBInstance")...) {
		if strings.HasPrefix(i.text("DBInstanceClass"), "db.t") {
			t.Errorf("%s is a %s, which no global database takes", i, i.text("DBInstanceClass"))
		}
	}
	metrics := map[string]bool{}
	for _, alarm := range a.of(t, "cover-dev-recovery-observe", "AWS::CloudWatch::Alarm") {
		metrics[alarm.text("MetricName")] = true
	}
	if !metrics["AuroraGlobalDBReplicationLag"] || metrics["HealthyHostCount"] || metrics["RunningTaskCount"] {
		t.Errorf("alarms watch %v", sortedKeys(metrics))
	}
	if n := len(a.of(t, "cover-dev-recovery-observe", "AWS::Synthetics::Canary")); n != 0 {
		t.Errorf("%d canaries ask what does not run", n)
	}
	if slices.Contains(sortedKeys(a.templates), "cover-dev-recovery-zone") {
		t.Error("the recovery Region has a public zone of its own")
	}
}
