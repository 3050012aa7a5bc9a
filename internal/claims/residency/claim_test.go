package residency

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/part"
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
    net: {id: "100000000003", roles: [network-hub]}
    dev: {id: "100000000004"}
environments: {dev: {account: dev}}
workload: {services: {api: {image: "100000000003.dkr.ecr.ap-southeast-2.amazonaws.com/a:1"}}}
`

func prove(t *testing.T, e *estate.Estate, builders ...*build.Builder) proof.Verdict {
	t.Helper()
	var all []*resource.Resource
	for _, b := range builders {
		all = append(all, b.Resources()...)
	}
	verdicts := prooftest.Verdicts(t, Claim(), e, all)
	if len(verdicts) != 1 {
		t.Fatal(verdicts)
	}
	return verdicts[0]
}

func parse(t *testing.T, more string) *estate.Estate {
	t.Helper()
	e, problems := estate.Parse("estate.yaml", []byte(text+more))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return e
}

// Each row is one resource in Sydney, and what the claim comes to; the property
// is where a finding has to be.
func TestS21_CopiesStayInTheCountry(t *testing.T) {
	replicated := func(bucket any) build.Props {
		return build.Props{"ReplicationConfiguration": build.Props{"Rules": []build.Props{{"Destination": build.Props{"Bucket": bucket}}}}}
	}
	copying := func(to any) build.Props {
		return build.Props{"BackupPlan": build.Props{"BackupPlanRule": []build.Props{{"CopyActions": []build.Props{{"DestinationBackupVaultArn": to}}}}}}
	}
	there := build.New("100000000004", "us-east-1", "edge")
	melbourne := build.New("100000000004", "ap-southeast-4", "recovery")
	for _, c := range []struct {
		name, typ string
		props     build.Props
		want      proof.Outcome
		property  string
	}{
		{"a bucket", "AWS::S3::Bucket", nil, proof.Proved, ""},
		{"to a bucket in Melbourne", "AWS::S3::Bucket", replicated(melbourne.Attr("Bucket", "Arn")), proof.Proved, ""},
		{"to a bucket in Virginia", "AWS::S3::Bucket", replicated(there.Attr("Bucket", "Arn")), proof.Refuted, "ReplicationConfiguration/Rules/0/Destination/Bucket"},
		{"to a bucket in Virginia by a joined ARN", "AWS::S3::Bucket", replicated(value.Join(build.Of("arn:aws:s3:::"), there.Ref("Bucket"))), proof.Refuted, "ReplicationConfiguration/Rules/0/Destination/Bucket"},
		{"to a bucket in Virginia by name", "AWS::S3::Bucket", replicated("arn:aws:s3:::there"), proof.Refuted, "ReplicationConfiguration/Rules/0/Destination/Bucket"},
		{"to a bucket in Melbourne by name", "AWS::S3::Bucket", replicated("arn:aws:s3:::melbourne"), proof.Proved, ""},
		{"to a bucket of nobody", "AWS::S3::Bucket", replicated("arn:aws:s3:::elsewhere"), proof.Unknown, "ReplicationConfiguration/Rules/0/Destination/Bucket"},
		{"to a bucket that is not known", "AWS::S3::Bucket", replicated(build.Unknown("a parameter")), proof.Unknown, "ReplicationConfiguration/Rules/0/Destination/Bucket"},
		{"by rules that are not known", "AWS::S3::Bucket", build.Props{"ReplicationConfiguration": build.Unknown("a parameter")}, proof.Unknown, "ReplicationConfiguration"},
		{"a secret's replica in Melbourne", "AWS::SecretsManager::Secret", build.Props{"ReplicaRegions": []build.Props{{"Region": "ap-southeast-4"}}}, proof.Proved, ""},
		{"a secret's second replica in Ireland", "AWS::SecretsManager::Secret", build.Props{"ReplicaRegions": []build.Props{{"Region": "ap-southeast-4"}, {"Region": "eu-west-1"}}}, proof.Refuted, "ReplicaRegions/1/Region"},
		{"a secret's replica in a Region that is too new", "AWS::SecretsManager::Secret", build.Props{"ReplicaRegions": []build.Props{{"Region": "ap-southeast-99"}}}, proof.Unknown, "ReplicaRegions/0/Region"},
		{"a secret's replica where deployment says", "AWS::SecretsManager::Secret", build.Props{"ReplicaRegions": []build.Props{{"Region": there.Ref("X")}}}, proof.Unknown, "ReplicaRegions/0/Region"},
		{"a global table", "AWS::DynamoDB::GlobalTable", build.Props{"Replicas": []build.Props{{"Region": "ap-southeast-2"}, {"Region": "us-west-2"}}}, proof.Refuted, "Replicas/1/Region"},
		{"a file system's replica", "AWS::EFS::FileSystem", build.Props{"ReplicationConfiguration": build.Props{"Destinations": []build.Props{{"Region": "ap-southeast-1"}}}}, proof.Refuted, "ReplicationConfiguration/Destinations/0/Region"},
		{"a database's source in Ireland", "AWS::RDS::DBInstance", build.Props{"SourceDBInstanceIdentifier": "arn:aws:rds:eu-west-1:100000000004:db:main"}, proof.Refuted, "SourceDBInstanceIdentifier"},
		{"a database's source beside it", "AWS::RDS::DBInstance", build.Props{"SourceDBInstanceIdentifier": "main"}, proof.Proved, ""},
		{"a key's primary in Ireland", "AWS::KMS::ReplicaKey", build.Props{"PrimaryKeyArn": "arn:aws:kms:eu-west-1:100000000004:key/mrk-1"}, proof.Refuted, "PrimaryKeyArn"},
		{"a key's primary in Melbourne", "AWS::KMS::ReplicaKey", build.Props{"PrimaryKeyArn": melbourne.Attr("Key", "Arn")}, proof.Proved, ""},
		{"a database copied to a bucket in Virginia", "AWS::DMS::Endpoint", build.Props{"S3Settings": build.Props{"BucketName": "there"}}, proof.Refuted, "S3Settings/BucketName"},
		{"answers in Melbourne", "AWS::Athena::WorkGroup", build.Props{"WorkGroupConfiguration": build.Props{"ResultConfiguration": build.Props{"OutputLocation": "s3://melbourne/answers/"}}}, proof.Proved, ""},
		{"answers in Virginia", "AWS::Athena::WorkGroup", build.Props{"WorkGroupConfiguration": build.Props{"ResultConfiguration": build.Props{"OutputLocation": value.Join(build.Of("s3://"), there.Ref("Bucket"), build.Of("/"))}}},
			proof.Refuted, "WorkGroupConfiguration/ResultConfiguration/OutputLocation"},
		{"backups copied to a vault in Melbourne", "AWS::Backup::BackupPlan", copying(melbourne.Attr("Vault", "BackupVaultArn")), proof.Proved, ""},
		{"backups copied to a vault in Ireland", "AWS::Backup::BackupPlan", copying("arn:aws:backup:eu-west-1:100000000004:backup-vault:v"), proof.Refuted, "BackupPlan/BackupPlanRule/0/CopyActions/0/DestinationBackupVaultArn"},
		{"backups copied as a parameter says", "AWS::Backup::BackupPlan", copying(build.Unknown("a parameter")), proof.Unknown, "BackupPlan/BackupPlanRule/0/CopyActions/0/DestinationBackupVaultArn"},
		{"snapshots copied to Ireland by a default policy", "AWS::DLM::LifecyclePolicy", build.Props{"PolicyDetails": build.Props{"CrossRegionCopyTargets": []build.Props{{"TargetRegion": "eu-west-1"}}}}, proof.Refuted, "PolicyDetails/CrossRegionCopyTargets/0/TargetRegion"},
		{"a database's backups", "AWS::RDS::DBInstance", build.Props{"AutomaticBackupReplicationRegion": "ap-southeast-1"}, proof.Refuted, "AutomaticBackupReplicationRegion"},
		{"a distribution's logs in Sydney", "AWS::Logs::DeliveryDestination", build.Props{"DestinationResourceArn": "arn:aws:logs:ap-southeast-2:100000000004:log-group:x"}, proof.Proved, ""},
		{"a distribution's logs in Virginia", "AWS::Logs::DeliveryDestination", build.Props{"DestinationResourceArn": "arn:aws:logs:us-east-1:100000000004:log-group:x"}, proof.Refuted, "DestinationResourceArn"},
		{"flow logs in Sydney", "AWS::EC2::FlowLog", build.Props{"LogDestination": "arn:aws:logs:ap-southeast-2:100000000004:log-group:x"}, proof.Proved, ""},
		{"flow logs in Virginia", "AWS::EC2::FlowLog", build.Props{"LogDestination": "arn:aws:logs:us-east-1:100000000004:log-group:x"}, proof.Refuted, "LogDestination"},
		{"public DNS queries", "AWS::Route53::HostedZone", build.Props{"QueryLoggingConfig": build.Props{"CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:100000000004:log-group:x"}}, proof.Refuted, "QueryLoggingConfig/CloudWatchLogsLogGroupArn"},
		{"a distribution's logs by domain", "AWS::CloudFront::Distribution", build.Props{"DistributionConfig": build.Props{"Logging": build.Props{"Bucket": "melbourne.s3.ap-southeast-4.amazonaws.com"}}}, proof.Proved, ""},
		{"a distribution's logs by attribute", "AWS::CloudFront::Distribution", build.Props{"DistributionConfig": build.Props{"Logging": build.Props{"Bucket": there.Attr("Bucket", "RegionalDomainName")}}}, proof.Refuted, "DistributionConfig/Logging/Bucket"},
		{"a rule to another Region's bus", "AWS::Events::Rule", build.Props{"Targets": []build.Props{{"Arn": "arn:aws:events:us-east-1:100000000004:event-bus/default"}}}, proof.Refuted, "Targets/0/Arn"},
		{"a subscription of a person", "AWS::SNS::Subscription", build.Props{"Protocol": "email", "Endpoint": "on-call@acme.example"}, proof.Proved, ""},
		{"a subscription of a queue elsewhere", "AWS::SNS::Subscription", build.Props{"Protocol": "sqs", "Endpoint": "arn:aws:sqs:eu-west-1:100000000004:q"}, proof.Refuted, "Endpoint"},
	} {
		t.Run(c.name, func(t *testing.T) {
			here, away, south := build.New("100000000004", "ap-southeast-2", "s"), build.New("100000000004", "us-east-1", "edge"), build.New("100000000004", "ap-southeast-4", "recovery")
			here.Add("AWS::S3::Bucket", "Always", nil)
			here.Add(c.typ, "It", c.props)
			south.Add("AWS::S3::Bucket", "Bucket", build.Props{"BucketName": "melbourne"})
			// Refuted itself, but what is asked is where the copy is found.
			away.Add("AWS::S3::Bucket", "Bucket", build.Props{"BucketName": "there"})
			v := prove(t, parse(t, ""), here, away, south)
			v.Witness = slices.DeleteFunc(v.Witness, func(f proof.Finding) bool { return f.At.Stack.Name == "edge" })
			switch {
			case c.want == proof.Proved && len(v.Witness) > 0:
				t.Errorf("%+v", v.Witness)
			case c.want != proof.Proved && (len(v.Witness) != 1 || v.Witness[0].Outcome != c.want || v.Witness[0].Property != c.property):
				t.Errorf("want %s at %s, got %+v", c.want, c.property, v.Witness)
			}
		})
	}
}

func TestS21_StoresAreInTheCountry(t *testing.T) {
	for _, c := range []struct {
		name, region, typ, more string
		want                    proof.Outcome
		code                    string
	}{
		{"at home", "ap-southeast-2", "AWS::RDS::DBCluster", "", proof.Proved, ""},
		{"another Region of the country", "ap-southeast-4", "AWS::RDS::DBCluster", "", proof.Proved, ""},
		{"elsewhere", "eu-west-1", "AWS::RDS::DBCluster", "", proof.Refuted, CodeStore},
		{"elsewhere, as stated", "eu-west-1", "AWS::RDS::DBCluster", "residency: [AU, IE]\n", proof.Proved, ""},
		{"nobody knows where", "", "AWS::RDS::DBCluster", "", proof.Unknown, CodeUnknown},
		{"a function elsewhere", "us-east-1", "AWS::Lambda::Function", "", proof.Refuted, CodeOther},
		{"a certificate elsewhere", "us-east-1", "AWS::CertificateManager::Certificate", "", proof.Proved, ""},
		{"a web ACL elsewhere", "us-east-1", "AWS::WAFv2::WebACL", "", proof.Proved, ""},
		{"an alarm elsewhere", "us-east-1", "AWS::CloudWatch::Alarm", "", proof.Proved, ""},
		{"a topic elsewhere", "us-east-1", "AWS::SNS::Topic", "", proof.Refuted, CodeStore},
		{"a network elsewhere", "us-east-1", "AWS::EC2::VPC", "", proof.Refuted, CodeOther},
	} {
		b := build.New("100000000004", c.region, "s")
		b.Add(c.typ, "It", nil)
		e := parse(t, c.more)
		v := prove(t, e, b)
		if v.Outcome != c.want || c.code != "" && (len(v.Witness) != 1 || v.Witness[0].Code != c.code || v.Witness[0].Intent.Line != 3) {
			t.Errorf("%s: %s %+v", c.name, v.Outcome, v.Witness)
		}
	}
	b := build.New("100000000004", "eu-west-1", "s")
	b.Add("AWS::SQS::Queue", "It", nil)
	if v := prove(t, parse(t, "residency: [AU, NZ]\n"), b); len(v.Witness) != 1 || v.Witness[0].Intent.Line != 10 || !strings.Contains(v.Witness[0].Message, "AU, NZ") {
		t.Errorf("the line that states the countries: %+v", v.Witness)
	}
}

func TestS21_WithoutAnEstateNothingIsStated(t *testing.T) {
	b := build.New("100000000004", "eu-west-1", "s")
	b.Add("AWS::SQS::Queue", "It", nil)
	if v := prove(t, nil, b); v.Outcome != proof.NotApplicable || v.Note == "" {
		t.Errorf("%+v", v)
	}
}

// The closed list is on the page, with its reasons.
func TestS21_ThePageListsWhatGlobalServicesNeed(t *testing.T) {
	page, err := os.ReadFile("../../../docs/claims/residency.md")
	if err != nil {
		t.Fatal(err)
	}
	for typ, why := range global() {
		if part.HoldsData(typ) {
			t.Errorf("%s holds data", typ)
		}
		if !strings.Contains(string(page), "| `"+typ+"` | "+why+" |") {
			t.Errorf("the page does not say of %s that %s", typ, why)
		}
	}
	if n := strings.Count(string(page), "| `AWS::"); n != len(global()) {
		t.Errorf("the page lists %d types, and there are %d", n, len(global()))
	}
}

func TestS21_EveryDestinationIsAbsentAtFirst(t *testing.T) {
	b := build.New("100000000004", "ap-southeast-2", "s")
	for _, d := range destinations() {
		r := b.Add(d.typ, "It"+strings.NewReplacer(":", "", "/", "", "*", "").Replace(d.typ+d.path), nil)
		for path, v := range d.each(r) {
			t.Errorf("%s %s: %s", d.typ, path, v)
		}
	}
	if v := prove(t, parse(t, ""), b); v.Outcome != proof.Proved {
		t.Errorf("%+v", v)
	}
}

// Datadog's site is in the country that its name says; of others nothing is
// known.
func TestS31_LogsStayInTheCountry(t *testing.T) {
	for address, want := range map[string]proof.Outcome{
		"https://aws-kinesis-http-intake.logs.ap2.datadoghq.com/api/v2/logs": proof.Proved,
		"https://aws-kinesis-http-intake.logs.ap1.datadoghq.com/api/v2/logs": proof.Refuted,
		"https://aws-kinesis-http-intake.logs.datadoghq.com/v1/input":        proof.Refuted,
		"https://aws-kinesis-http-intake.logs.datadoghq.eu/v1/input":         proof.Refuted,
		"https://logs.other.example/ap1.datadoghq.com":                       proof.Proved,
		"https://notdatadoghq.com/":                                          proof.Proved,
	} {
		b := build.New("100000000004", "ap-southeast-2", "stack")
		b.Add("AWS::KinesisFirehose::DeliveryStream", "Stream", build.Props{"HttpEndpointDestinationConfiguration": build.Props{"EndpointConfiguration": build.Props{"Url": address}}})
		v := prove(t, parse(t, ""), b)
		if v.Outcome != want || want == proof.Refuted && v.Witness[0].Code != CodeCopy {
			t.Errorf("%s: %+v", address, v)
		}
	}
	b := build.New("100000000004", "ap-southeast-2", "stack")
	b.Add("AWS::KinesisFirehose::DeliveryStream", "Stream", build.Props{"HttpEndpointDestinationConfiguration": build.Props{
		"S3Configuration": build.Props{"BucketARN": "arn:aws:s3:::elsewhere"}}})
	if v := prove(t, parse(t, ""), b); v.Outcome != proof.Unknown {
		t.Errorf("a bucket of which nothing is known keeps what was not delivered: %+v", v)
	}
}
