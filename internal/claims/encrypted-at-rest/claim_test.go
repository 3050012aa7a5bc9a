package encryptedatrest

import (
	"testing"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/part"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/prooftest"
	"github.com/suretyhq/surety/internal/resource/build"
)

func TestS23_StoresAreEncrypted(t *testing.T) {
	key := func(b *build.Builder, props build.Props) { b.Add("AWS::KMS::Key", "Key", props) }
	rotating := build.Props{"EnableKeyRotation": true}
	sse := func(rule build.Props) build.Props {
		return build.Props{"BucketEncryption": build.Props{"ServerSideEncryptionConfiguration": []build.Props{{"ServerSideEncryptionByDefault": rule}}}}
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "nothing", Build: func(b *build.Builder) { b.Add("AWS::EC2::VPC", "Vpc", nil) }, Outcome: proof.NotApplicable},
		{Name: "a rotating key", Outcome: proof.Proved, Build: func(b *build.Builder) {
			key(b, rotating)
			b.Add("AWS::SQS::Queue", "Queue", build.Props{"KmsMasterKeyId": b.Ref("Key")})
		}},
		{Name: "by an alias", Outcome: proof.Proved, Build: func(b *build.Builder) {
			key(b, rotating)
			b.Add("AWS::KMS::Alias", "Alias", build.Props{"AliasName": "alias/data", "TargetKeyId": b.Ref("Key")})
			b.Add("AWS::SNS::Topic", "Topic", build.Props{"KmsMasterKeyId": "alias/data"})
		}},
		{Name: "no key", Outcome: proof.Refuted, Codes: []string{CodeAWSKey}, Build: func(b *build.Builder) { b.Add("AWS::Logs::LogGroup", "Logs", nil) }},
		{Name: "AWS's key", Outcome: proof.Refuted, Codes: []string{CodeAWSKey}, Build: func(b *build.Builder) {
			b.Add("AWS::SQS::Queue", "Queue", build.Props{"KmsMasterKeyId": "alias/aws/sqs"})
		}},
		{Name: "a key from elsewhere", Outcome: proof.Unknown, Codes: []string{CodeUnknownKey}, Build: func(b *build.Builder) {
			b.Add("AWS::SQS::Queue", "Queue", build.Props{"KmsMasterKeyId": "arn:aws:kms:ap-southeast-2:100000000009:key/1"})
		}},
		{Name: "a parameter", Outcome: proof.Unknown, Codes: []string{CodeUnknownKey}, Build: func(b *build.Builder) {
			b.Add("AWS::EC2::Volume", "Volume", build.Props{"Encrypted": build.Unknown("a parameter")})
		}},
		{Name: "a key that does not rotate", Outcome: proof.Refuted, Codes: []string{CodeNoRotation}, Build: func(b *build.Builder) {
			key(b, nil)
			b.Add("AWS::EFS::FileSystem", "Files", build.Props{"Encrypted": true, "KmsKeyId": b.Attr("Key", "Arn")})
		}},
		{Name: "imported key material", Outcome: proof.Refuted, Codes: []string{CodeNoRotation}, Build: func(b *build.Builder) {
			key(b, build.Props{"EnableKeyRotation": true, "Origin": "EXTERNAL"})
			b.Add("AWS::SQS::Queue", "Queue", build.Props{"KmsMasterKeyId": b.Ref("Key")})
		}},
		{Name: "a disabled key", Outcome: proof.Refuted, Codes: []string{CodeDisabled}, Build: func(b *build.Builder) {
			key(b, build.Props{"EnableKeyRotation": true, "Enabled": false})
			b.Add("AWS::SQS::Queue", "Queue", build.Props{"KmsMasterKeyId": b.Ref("Key")})
		}},
		{Name: "not encrypted", Outcome: proof.Refuted, Codes: []string{CodeNotEncrypted}, Build: func(b *build.Builder) {
			b.Add("AWS::RDS::DBCluster", "Db", build.Props{"StorageEncrypted": false})
		}},
		{Name: "a table, which is never without a key", Outcome: proof.Refuted, Codes: []string{CodeAWSKey}, Build: func(b *build.Builder) {
			b.Add("AWS::DynamoDB::Table", "Table", nil)
		}},
		{Name: "an instance of a cluster", Outcome: proof.NotApplicable, Build: func(b *build.Builder) {
			b.Add("AWS::RDS::DBInstance", "Db", build.Props{"DBClusterIdentifier": "cluster"})
		}},
		{Name: "an instance's root volume", Outcome: proof.Unknown, Codes: []string{CodeUnknownKey}, Build: func(b *build.Builder) { b.Add("AWS::EC2::Instance", "Host", nil) }},
		{Name: "a root volume beside an encrypted one", Outcome: proof.Unknown, Codes: []string{CodeUnknownKey}, Build: func(b *build.Builder) {
			key(b, rotating)
			b.Add("AWS::EC2::Instance", "Host", build.Props{"BlockDeviceMappings": []build.Props{{"DeviceName": "/dev/sdf", "Ebs": build.Props{"Encrypted": true, "KmsKeyId": b.Ref("Key")}}}})
		}},
		{Name: "an encrypted root volume", Outcome: proof.Proved, Build: func(b *build.Builder) {
			key(b, rotating)
			b.Add("AWS::EC2::Instance", "Host", build.Props{"BlockDeviceMappings": []build.Props{{"DeviceName": "/dev/xvda", "Ebs": build.Props{"Encrypted": true, "KmsKeyId": b.Ref("Key")}}}})
		}},
		{Name: "instances of a template from elsewhere", Outcome: proof.Unknown, Codes: []string{CodeUnknownKey}, Build: func(b *build.Builder) {
			b.Add("AWS::AutoScaling::AutoScalingGroup", "Group", build.Props{"LaunchTemplate": build.Props{"LaunchTemplateId": "lt-1"}})
		}},
		{Name: "an instance of a template from elsewhere", Outcome: proof.Unknown, Codes: []string{CodeUnknownKey}, Build: func(b *build.Builder) {
			b.Add("AWS::EC2::Instance", "Host", build.Props{"LaunchTemplate": build.Props{"LaunchTemplateId": "lt-1"}})
		}},
		{Name: "a database from a snapshot", Outcome: proof.Unknown, Codes: []string{CodeUnknownKey}, Build: func(b *build.Builder) {
			key(b, rotating)
			b.Add("AWS::RDS::DBInstance", "Db", build.Props{"DBSnapshotIdentifier": "snapshot", "StorageEncrypted": true, "KmsKeyId": b.Ref("Key")})
		}},
		{Name: "a replica of a database", Outcome: proof.Unknown, Codes: []string{CodeUnknownKey}, Build: func(b *build.Builder) {
			b.Add("AWS::RDS::DBInstance", "Db", build.Props{"SourceDBInstanceIdentifier": "other"})
		}},
		{Name: "replicas that are not known", Outcome: proof.Unknown, Codes: []string{CodeUnknownKey}, Build: func(b *build.Builder) {
			b.Add("AWS::DynamoDB::GlobalTable", "Table", build.Props{"SSESpecification": build.Props{"SSEEnabled": true}, "Replicas": build.Unknown("a parameter")})
		}},
		{Name: "a secret's replica with AWS's key", Outcome: proof.Refuted, Codes: []string{CodeAWSKey}, Build: func(b *build.Builder) {
			key(b, rotating)
			b.Add("AWS::SecretsManager::Secret", "Secret", build.Props{"KmsKeyId": b.Ref("Key"), "ReplicaRegions": []build.Props{{"Region": "us-east-1"}}})
		}},
		{Name: "a broker's own key", Outcome: proof.Refuted, Codes: []string{CodeAWSKey}, Build: func(b *build.Builder) { b.Add("AWS::AmazonMQ::Broker", "Broker", nil) }},
		{Name: "a key of unknown origin", Outcome: proof.Unknown, Codes: []string{CodeNoRotation}, Build: func(b *build.Builder) {
			key(b, build.Props{"EnableKeyRotation": true, "Origin": build.Unknown("a parameter")})
			b.Add("AWS::SQS::Queue", "Queue", build.Props{"KmsMasterKeyId": b.Ref("Key")})
		}},
		{Name: "an alias that two templates have", Outcome: proof.Unknown, Codes: []string{CodeUnknownKey}, Build: func(b *build.Builder) {
			key(b, rotating)
			b.Add("AWS::KMS::Key", "Still", nil)
			b.Add("AWS::KMS::Alias", "One", build.Props{"AliasName": "alias/data", "TargetKeyId": b.Ref("Key")})
			b.Add("AWS::KMS::Alias", "Two", build.Props{"AliasName": "alias/data", "TargetKeyId": b.Ref("Still")})
			b.Add("AWS::SNS::Topic", "Topic", build.Props{"KmsMasterKeyId": "alias/data"})
		}},
		{Name: "a bucket with SSE-S3", Outcome: proof.Refuted, Codes: []string{CodeAWSKey}, Build: func(b *build.Builder) {
			b.Add("AWS::S3::Bucket", "Bucket", sse(build.Props{"SSEAlgorithm": "AES256"}))
		}},
		{Name: "a balancer's log bucket with SSE-S3", Outcome: proof.Proved, Build: func(b *build.Builder) {
			b.Add("AWS::S3::Bucket", "Bucket", sse(build.Props{"SSEAlgorithm": "AES256"}))
			b.Add("AWS::ElasticLoadBalancingV2::LoadBalancer", "Alb", build.Props{"LoadBalancerAttributes": []build.Props{{"Key": "access_logs.s3.bucket", "Value": b.Ref("Bucket")}}})
		}},
		{Name: "a function's environment", Outcome: proof.Refuted, Codes: []string{CodeAWSKey}, Build: func(b *build.Builder) {
			b.Add("AWS::Lambda::Function", "Function", build.Props{"Environment": build.Props{"Variables": build.Props{"A": "b"}}})
		}},
	})
}

// Page: "Aliases in AWS KMS": an alias belongs to one account and Region.
func TestAliasesOfOtherAccountsAreOthers(t *testing.T) {
	there, here := build.New("100000000009", "ap-southeast-2", "s"), build.New("100000000004", "ap-southeast-2", "s")
	there.Add("AWS::KMS::Key", "Key", build.Props{"EnableKeyRotation": true})
	there.Add("AWS::KMS::Alias", "Alias", build.Props{"AliasName": "alias/data", "TargetKeyId": there.Ref("Key")})
	topic := here.Add("AWS::SNS::Topic", "Topic", build.Props{"KmsMasterKeyId": "alias/data"})
	g, err := there.Graph()
	if err != nil {
		t.Fatal(err)
	}
	if k := resolve(g, topic, topic.Props.Get("KmsMasterKeyId")); k.key != nil || k.why == "" {
		t.Errorf("another account's alias was taken: %+v", k)
	}
}

func TestEveryStoreIsRead(t *testing.T) {
	read := readers()
	for _, typ := range part.Stores() {
		if read[typ] == nil {
			t.Errorf("%s holds data and is not read", typ)
		}
	}
}

// Page: "Rotate AWS KMS keys": imported key material is not rotated
// automatically; that an estate wants it so is said by the estate.
func TestS23_ImportedMaterialIsForTheEstateToSay(t *testing.T) {
	for _, row := range []struct {
		name, keys string
		key        build.Props
		want       proof.Outcome
	}{
		{"an external key", `keys: {administrator: "arn:aws:iam::100000000009:role/keys", origin: external}`, build.Props{"Origin": "EXTERNAL"}, proof.Proved},
		{"a key of KMS instead", `keys: {administrator: "arn:aws:iam::100000000009:role/keys", origin: external}`, build.Props{"EnableKeyRotation": true}, proof.Refuted},
		{"an external key instead", "", build.Props{"Origin": "EXTERNAL"}, proof.Refuted},
		{"a disabled external key", `keys: {administrator: "arn:aws:iam::100000000009:role/keys", origin: external}`, build.Props{"Origin": "EXTERNAL", "Enabled": false}, proof.Refuted},
	} {
		e, problems := estate.Parse("estate.yaml", []byte(`estate: acme
domain: acme.example
regions: {home: ap-southeast-2}
organisation: {accounts: {net: {id: "100000000001", roles: [network-hub]}, dev: {id: "100000000004"}}}
environments: {dev: {account: dev}}
workload: {services: {api: {image: "100000000004.dkr.ecr.ap-southeast-2.amazonaws.com/api:1"}}}
`+row.keys+"\n"))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		b := build.New("100000000004", "ap-southeast-2", "s")
		b.Add("AWS::KMS::Key", "Key", row.key)
		b.Add("AWS::SQS::Queue", "Queue", build.Props{"KmsMasterKeyId": b.Ref("Key")})
		g, err := b.Graph()
		if err != nil {
			t.Fatal(err)
		}
		verdicts, err := proof.Run(t.Context(), &proof.Input{Estate: e, Graph: g}, []proof.Claim{Claim()})
		if err != nil {
			t.Fatal(err)
		}
		if len(verdicts) != 1 || verdicts[0].Outcome != row.want {
			t.Errorf("%s: %v, want %s", row.name, verdicts, row.want)
		}
	}
}
