package survivesregion

import (
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

// tenant is the file with a tenant whose API the gateway exposes.
var tenant = strings.NewReplacer(
	"api:1\", needs: [database]}", "api:1\", expose: gateway, needs: [database]}",
	"regions:", "access: {okta: {org: acme.okta.com}}\nnetwork: {allow-egress: [acme.okta.com]}\nregions:",
).Replace(file) + "tenants: {kiwi: {}}\n"

// withTenant adds the tenant to templates in which all is as it should be.
func withTenant(e *estateOf) {
	own := func(b *build.Builder, environment, name, typ, logical string, props build.Props) {
		at(b, environment, name, typ, logical, props).Tags[addr.TagTenant] = value.OfString("kiwi")
	}
	const copied = "arn:aws:secretsmanager:ap-southeast-4:100000000006:secret:acme/kiwi/secret"
	from := map[string]any{"prod": e.home.Ref("KiwiSecret"), "prod-recovery": copied}
	for env, b := range map[string]*build.Builder{"prod": e.home, "prod-recovery": e.there} {
		at(b, env, "balancer", "AWS::ElasticLoadBalancingV2::LoadBalancer", "Balancer", nil)
		at(b, env, "gateway", "AWS::ApiGatewayV2::VpcLink", "Link", nil)
		at(b, env, "canary", "AWS::Synthetics::Canary", "Canary", nil)
		at(b, env, "authoriser", "AWS::Lambda::Function", "Authoriser", nil)
		own(b, env, "tenant", "AWS::KMS::Key", "KiwiKey", nil)
		b.Add("AWS::KMS::Alias", "KiwiAlias", build.Props{"AliasName": "alias/kiwi", "TargetKeyId": b.Attr("KiwiKey", "Arn")})
		own(b, env, "api", "AWS::ECS::Service", "KiwiApi", build.Props{"DesiredCount": 2, "NetworkConfiguration": build.Props{
			"AwsvpcConfiguration": build.Props{"Subnets": []value.Value{b.Ref("A"), b.Ref("B")}}}})
		own(b, env, "api", "AWS::ECS::TaskDefinition", "KiwiTask", build.Props{"ContainerDefinitions": []build.Props{{"Name": "api", "Secrets": []build.Props{
			{"Name": "TENANT_SECRET", "ValueFrom": from[env]}}}}})
		own(b, env, "api", "AWS::IAM::Role", "KiwiRole", nil)
		own(b, env, "api", "AWS::ApiGateway::DomainName", "KiwiDomain", build.Props{"DomainName": "kiwi-api.prod.acme.example"})
	}
	replica := []build.Props{{"Region": "ap-southeast-4", "KmsKeyId": "arn:aws:kms:ap-southeast-4:100000000006:alias/kiwi"}}
	own(e.home, "prod", "tenant", "AWS::SecretsManager::Secret", "KiwiSecret", build.Props{"Name": "acme/kiwi/secret", "ReplicaRegions": replica})
	own(e.home, "prod", "tenant", "AWS::ApiGateway::ApiKey", "KiwiApiKey", build.Props{"Value": value.Join(value.OfString("ZkiwiZ{{resolve:secretsmanager:"), e.home.Ref("KiwiSecret"), value.OfString(":SecretString:::}}"))})
	own(e.there, "prod-recovery", "tenant", "AWS::ApiGateway::ApiKey", "KiwiApiKey", build.Props{"Value": "ZkiwiZ{{resolve:secretsmanager:" + copied + ":SecretString:::}}"})
	e.failover("Kiwi", "kiwi-api.prod.acme.example")
	e.tenantFiles(own)
}

// tenantFiles adds the bucket of tenants' files, its copy, and what the tenant's
// roles may do to it and to the database.
func (e *estateOf) tenantFiles(own func(*build.Builder, string, string, string, string, build.Props)) {
	at(e.there, "prod", "tenant-files", "AWS::KMS::Key", "CopiesKey", nil)
	at(e.there, "prod", "tenant-files", "AWS::S3::Bucket", "Copies", build.Props{"BucketName": "copies"})
	at(e.home, "prod", "tenant-files", "AWS::S3::Bucket", "Files", build.Props{"ReplicationConfiguration": build.Props{"Rules": []build.Props{{"Status": "Enabled",
		"Destination": build.Props{"Bucket": "arn:aws:s3:::copies", "EncryptionConfiguration": build.Props{"ReplicaKmsKeyID": e.there.Attr("CopiesKey", "Arn")}}}}}})
	at(e.home, "prod", "provisioner", "AWS::Lambda::Function", "Provisioner", nil)
	user := func(b *build.Builder) value.Value {
		return value.Join(value.OfString("arn:aws:rds-db:x:y:dbuser:"), b.Attr("Cluster", "DBClusterResourceId"), value.OfString("/kiwi_api"))
	}
	policy := func(b *build.Builder, env string, statements ...build.Props) {
		own(b, env, "api", "AWS::IAM::Policy", "KiwiPolicy", build.Props{"Roles": []value.Value{b.Ref("KiwiRole")}, "PolicyDocument": build.Props{"Statement": statements}})
	}
	allow := func(on any, actions ...string) build.Props {
		return build.Props{"Effect": "Allow", "Action": actions, "Resource": on}
	}
	policy(e.home, "prod", allow(user(e.home), "rds-db:connect"), allow(e.home.Attr("Files", "Arn"), "s3:ListBucket"),
		allow(value.Join(e.home.Attr("Files", "Arn"), value.OfString("/kiwi/*")), "s3:GetObject", "s3:PutObject"))
	policy(e.there, "prod-recovery", allow(user(e.there), "rds-db:connect"), allow("arn:aws:s3:::copies", "s3:ListBucket"),
		allow("arn:aws:s3:::copies/kiwi/*", "s3:GetObject", "s3:Put*"), allow(e.there.Attr("CopiesKey", "Arn"), "kms:Decrypt"))
}

// TestS35_ATenantIsRecoveredToo: its services, key, secret, names, files and users.
func TestS35_ATenantIsRecoveredToo(t *testing.T) {
	type all = map[string]*resource.Resource
	statement := func(i int, key string, v any) func(all) {
		return func(r all) {
			document := r["there/KiwiPolicy"].Props.Get("PolicyDocument")
			var statements []build.Props
			for j, s := range document.Get("Statement").Items() {
				p := build.Props{}
				for k, old := range s.Entries() {
					p[k] = old
				}
				if i == j {
					p[key] = v
				}
				statements = append(statements, p)
			}
			set(r["there/KiwiPolicy"], build.Props{"PolicyDocument": build.Props{"Statement": statements}})
		}
	}
	for _, row := range []struct {
		name   string
		change func(all)
		want   []string
	}{
		{"all of it", func(all) {}, nil},
		{"one task", func(r all) { set(r["there/KiwiApi"], build.Props{"DesiredCount": 1}) }, []string{"refuted " + CodeSmall}},
		{"tasks that are not known", func(r all) { set(r["there/KiwiApi"], build.Props{"DesiredCount": build.Unknown("a parameter")}) }, []string{"unknown " + CodeUnknown}},
		{"a secret of one Region", func(r all) { set(r["home/KiwiSecret"], build.Props{"ReplicaRegions": nil}) }, []string{"refuted " + CodeSecret}},
		{"replicas that are not known", func(r all) { set(r["home/KiwiSecret"], build.Props{"ReplicaRegions": build.Unknown("a parameter")}) }, []string{"unknown " + CodeUnknown}},
		{"a replica by the environment's key", func(r all) { r["there/KiwiAlias"] = nil }, []string{"refuted " + CodeReplicaRead}},
		{"a replica by AWS's own key", func(r all) {
			set(r["home/KiwiSecret"], build.Props{"ReplicaRegions": []build.Props{{"Region": "ap-southeast-4"}}})
		}, []string{"refuted " + CodeReplicaRead}},
		{"a key that begins otherwise", func(r all) {
			set(r["there/KiwiApiKey"], build.Props{"Value": "ZemuZ{{resolve:secretsmanager:acme/kiwi/secret:SecretString}}"})
		}, []string{"refuted " + CodeAPIKey}},
		{"a key that is the environment's", func(r all) {
			delete(r["there/KiwiApiKey"].Tags, addr.TagTenant)
			r["there/KiwiApiKey"].Tags[addr.TagPart] = value.OfString("gateway")
		}, []string{"refuted " + CodeAPIKey}},
		{"a name that stays", func(r all) { r["home/KiwiSecondary"] = nil }, []string{"refuted " + CodeNameStays}},
		{"a task without its secret", func(r all) { set(r["there/KiwiTask"], build.Props{"ContainerDefinitions": nil}) }, []string{"refuted " + CodeSecretRead}},
		{"files that stay", func(r all) { set(r["home/Files"], build.Props{"ReplicationConfiguration": nil}) }, []string{"refuted " + CodeFilesStay}},
		{"files that nobody knows where they go", func(r all) {
			set(r["home/Files"], build.Props{"ReplicationConfiguration": build.Unknown("a parameter")})
		}, []string{"unknown " + CodeUnknown}},
		{"files in a bucket of home", func(r all) { move(r, "there/Copies", "home/Files") }, []string{"refuted " + CodeFilesStay}},
		{"no user of the database", statement(0, "Effect", "Deny"), []string{"refuted " + CodeMayNot}},
		{"another user of the database", statement(0, "Resource", "arn:aws:rds-db:x:y:dbuser:cluster-1/kiwi_api"), []string{"refuted " + CodeMayNot}},
		{"files that are not listed", statement(1, "Action", "s3:GetBucketLocation"), []string{"refuted " + CodeMayNot}},
		{"files that are not written", statement(2, "Action", "s3:GetObject"), []string{"refuted " + CodeMayNot}},
		{"other files", statement(2, "Resource", "arn:aws:s3:::copies/emu/*"), []string{"refuted " + CodeMayNot, "refuted " + CodeMayNot}},
		{"copies that cannot be decrypted", statement(3, "Action", "kms:Encrypt"), []string{"refuted " + CodeMayNot}},
		{"a policy that is not known", func(r all) { set(r["there/KiwiPolicy"], build.Props{"PolicyDocument": build.Unknown("a parameter")}) },
			[]string{"unknown " + CodeUnknown, "refuted " + CodeMayNot, "refuted " + CodeMayNot, "refuted " + CodeMayNot, "refuted " + CodeMayNot, "refuted " + CodeMayNot}},
	} {
		got := runOn(t, tenant, withTenant, row.change)
		slices.Sort(got)
		slices.Sort(row.want)
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

// TestS35_ATenantOfAPilotLightIsRecoveredWithoutTasks: nothing of it runs.
func TestS35_ATenantOfAPilotLightIsRecoveredWithoutTasks(t *testing.T) {
	none := func(r map[string]*resource.Resource) {
		set(r["there/Api"], build.Props{"DesiredCount": 0})
		set(r["there/KiwiApi"], build.Props{"DesiredCount": 0})
		r["there/Two"], r["there/Canary"] = nil, nil
	}
	if got := runOn(t, strings.Replace(tenant, "warm-standby", "pilot-light", 1), withTenant, none); len(got) > 0 {
		t.Error(got)
	}
}
