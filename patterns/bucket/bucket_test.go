package bucket

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// made is what a stack with one bucket in it holds.
type made struct {
	bucket, policy, role map[string]any
	roleMay              []any
	retained             bool
}

func makeBucket(t *testing.T, add func(awscdk.Stack, awskms.IKey)) made {
	t.Helper()
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"@aws-cdk/core:enablePartitionLiterals": true, "@aws-cdk/aws-iam:minimizePolicies": true}})
	stack := awscdk.NewStack(app, jsii.String("test"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("100000000001"), Region: jsii.String("ap-southeast-2")}})
	add(stack, awskms.Key_FromKeyArn(stack, jsii.String("Key"), jsii.String("arn:aws:kms:ap-southeast-2:100000000001:key/11111111-2222-3333-4444-555555555555")))
	data, err := json.Marshal(assertions.Template_FromStack(stack, nil).ToJSON())
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type, DeletionPolicy string
			Properties           map[string]any
		}
	}
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	var m made
	for _, r := range template.Resources {
		switch r.Type {
		case "AWS::S3::Bucket":
			m.bucket, m.retained = r.Properties, r.DeletionPolicy == "Retain"
		case "AWS::S3::BucketPolicy":
			m.policy = r.Properties
		case "AWS::IAM::Role":
			m.role = r.Properties
		case "AWS::IAM::Policy":
			m.roleMay, _ = at(r.Properties, "PolicyDocument", "Statement").([]any)
		}
	}
	return m
}

// at returns what stands at a path of keys and indexes, or nil.
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func text(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func expect(t *testing.T, what string, got any, want string) {
	t.Helper()
	if s := text(t, got); s != want {
		t.Errorf("%s is %s, want %s", what, s, want)
	}
}

// expectCommon holds what no property of a bucket can take away.
func expectCommon(t *testing.T, m made) {
	t.Helper()
	expect(t, "versioning", m.bucket["VersioningConfiguration"], `{"Status":"Enabled"}`)
	expect(t, "public access", m.bucket["PublicAccessBlockConfiguration"],
		`{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}`)
	expect(t, "ownership", m.bucket["OwnershipControls"], `{"Rules":[{"ObjectOwnership":"BucketOwnerEnforced"}]}`)
	expect(t, "abandoned uploads", at(m.bucket, "LifecycleConfiguration", "Rules", 0, "AbortIncompleteMultipartUpload"), `{"DaysAfterInitiation":7}`)
	if !m.retained {
		t.Error("the bucket is deleted with its stack")
	}
	policy := text(t, m.policy)
	for _, part := range []string{`{"Bool":{"aws:SecureTransport":"false"}}`, `{"NumericLessThan":{"s3:TlsVersion":1.2}}`} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy does not deny where %s: %s", part, policy)
		}
	}
}

func TestS18_ABucketIsVersionedEncryptedPrivateAndLogged(t *testing.T) {
	m := makeBucket(t, func(s awscdk.Stack, key awskms.IKey) {
		New(s, "Files", &Props{Key: key, Logs: jsii.String("delivery"), Lifecycle: Lifecycle{InfrequentAfter: 30, ArchiveAfter: 90, ExpireAfter: 365}, EventBridge: true})
	})
	expectCommon(t, m)
	expect(t, "encryption", at(m.bucket, "BucketEncryption", "ServerSideEncryptionConfiguration", 0),
		`{"BucketKeyEnabled":true,"ServerSideEncryptionByDefault":{"KMSMasterKeyID":"arn:aws:kms:ap-southeast-2:100000000001:key/11111111-2222-3333-4444-555555555555","SSEAlgorithm":"aws:kms"}}`)
	expect(t, "logging", m.bucket["LoggingConfiguration"], `{"DestinationBucketName":"delivery","LogFilePrefix":"Files/"}`)
	rule := at(m.bucket, "LifecycleConfiguration", "Rules", 0)
	expect(t, "expiry", at(rule, "ExpirationInDays"), "365")
	expect(t, "noncurrent versions", at(rule, "NoncurrentVersionExpiration"), `{"NoncurrentDays":90}`)
	expect(t, "transitions", at(rule, "Transitions"), `[{"StorageClass":"STANDARD_IA","TransitionInDays":30},{"StorageClass":"GLACIER","TransitionInDays":90}]`)
	expect(t, "events", at(m.bucket, "NotificationConfiguration", "EventBridgeConfiguration", "EventBridgeEnabled"), "true")
	if m.bucket["ObjectLockEnabled"] != nil || m.bucket["ReplicationConfiguration"] != nil || m.role != nil {
		t.Error("a lock or copies were not asked for")
	}
}

func TestS29_ALockIsInComplianceMode(t *testing.T) {
	m := makeBucket(t, func(s awscdk.Stack, key awskms.IKey) { New(s, "Archive", &Props{Key: key, LockDays: 400}) })
	expectCommon(t, m)
	expect(t, "lock", m.bucket["ObjectLockEnabled"], "true")
	expect(t, "retention", m.bucket["ObjectLockConfiguration"], `{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Days":400,"Mode":"COMPLIANCE"}}}`)
}

func TestS18_ReplicasAreEncryptedThereAndTimed(t *testing.T) {
	there := Destination{ID: "melbourne", BucketARN: jsii.String("arn:aws:s3:::there"), KeyARN: jsii.String("arn:aws:kms:ap-southeast-4:100000000001:key/11111111-2222-3333-4444-555555555555"), TimeControl: true, Deletes: true}
	m := makeBucket(t, func(s awscdk.Stack, key awskms.IKey) {
		New(s, "Files", &Props{Key: key, Replicas: &Replicas{RoleName: "copier", To: []Destination{there}}})
	})
	rule := at(m.bucket, "ReplicationConfiguration", "Rules", 0)
	expect(t, "destination", at(rule, "Destination"), `{"Bucket":"arn:aws:s3:::there","EncryptionConfiguration":{"ReplicaKmsKeyID":"arn:aws:kms:ap-southeast-4:100000000001:key/11111111-2222-3333-4444-555555555555"},`+
		`"Metrics":{"EventThreshold":{"Minutes":15},"Status":"Enabled"},"ReplicationTime":{"Status":"Enabled","Time":{"Minutes":15}}}`)
	expect(t, "deletes", at(rule, "DeleteMarkerReplication"), `{"Status":"Enabled"}`)
	expect(t, "encrypted objects", at(rule, "SourceSelectionCriteria"), `{"SseKmsEncryptedObjects":{"Status":"Enabled"}}`)
	expect(t, "the role's name", m.role["RoleName"], `"copier"`)
	expect(t, "who may be the role", at(m.role, "AssumeRolePolicyDocument", "Statement", 0, "Condition"), `{"StringEquals":{"aws:SourceAccount":"100000000001"}}`)
	for _, s := range m.roleMay {
		for _, on := range []string{"there", "ap-southeast-4"} {
			if strings.Contains(text(t, at(s, "Resource")), on) && strings.Contains(text(t, at(s, "Action")), "s3:Get") {
				t.Errorf("the role may read the destination: %s", text(t, s))
			}
		}
		if strings.Contains(text(t, at(s, "Action")), "kms:") && !strings.Contains(text(t, at(s, "Condition")), "s3.*.amazonaws.com") {
			t.Errorf("the role may use a key itself: %s", text(t, s))
		}
	}
	if len(m.roleMay) == 0 {
		t.Error("the role may do nothing")
	}
}

func toArchive() *Replicas {
	return &Replicas{To: []Destination{{ID: "archive", BucketARN: jsii.String("arn:aws:s3:::archive"),
		KeyARN: jsii.String("arn:aws:kms:ap-southeast-2:100000000002:key/11111111-2222-3333-4444-555555555555"), TimeControl: true}}}
}

func TestS29_DeliveryAdmitsItsOwnAccountsLogsOnly(t *testing.T) {
	delivery := makeBucket(t, func(s awscdk.Stack, _ awskms.IKey) {
		NewDelivery(s, "Delivery", &Delivery{KeepDays: 30, Replicas: toArchive()})
	})
	records := makeBucket(t, func(s awscdk.Stack, key awskms.IKey) {
		NewRecords(s, "Records", &Records{Name: "aws-waf-logs-x", Key: key, KeepDays: 30, Replicas: toArchive()})
	})
	for algorithm, m := range map[string]made{"AES256": delivery, "aws:kms": records} {
		expectCommon(t, m)
		expect(t, "algorithm", at(m.bucket, "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "SSEAlgorithm"), `"`+algorithm+`"`)
		expect(t, "deletes", at(m.bucket, "ReplicationConfiguration", "Rules", 0, "DeleteMarkerReplication"), `{"Status":"Disabled"}`)
		expect(t, "expiry", at(m.bucket, "LifecycleConfiguration", "Rules", 0, "ExpirationInDays"), "30")
		if seen := allowed(t, m, func(s string) {
			if !strings.Contains(s, `"aws:SourceAccount":"100000000001"`) && !strings.Contains(s, "/AWSLogs/100000000001/") {
				t.Errorf("another account's logs get in by %s", s)
			}
		}); seen != 2 {
			t.Errorf("%d statements let services deliver, want 2", seen)
		}
	}
}

// allowed gives every statement of a bucket's policy that allows to look, and
// returns how many there are.
func allowed(t *testing.T, m made, look func(string)) (seen int) {
	t.Helper()
	statements, _ := at(m.policy, "PolicyDocument", "Statement").([]any)
	for _, s := range statements {
		if at(s, "Effect") == "Allow" {
			seen++
			look(text(t, s))
		}
	}
	return seen
}

func TestS29_AnArchiveIsWrittenToByReplicationAndTheTrail(t *testing.T) {
	props := &Archive{Name: "archive", LockDays: 365, KeepDays: 2557, Writers: []string{"100000000003", "100000000004"},
		RoleARN: "arn:aws:iam::*:role/cover-*-replication", TrailARN: "arn:aws:cloudtrail:ap-southeast-2:100000000009:trail/t"}
	m := makeBucket(t, func(s awscdk.Stack, key awskms.IKey) {
		props.Key = key
		NewArchive(s, "Archive", props)
	})
	expectCommon(t, m)
	expect(t, "expiry", at(m.bucket, "LifecycleConfiguration", "Rules", 0, "ExpirationInDays"), "2557")
	seen := allowed(t, m, func(s string) {
		for _, action := range []string{"s3:GetObject", "Delete", "s3:*", "s3:PutBucket"} {
			if strings.Contains(s, action) {
				t.Errorf("somebody may %s: %s", action, s)
			}
		}
		if !strings.Contains(s, `"aws:PrincipalArn":"`+props.RoleARN+`"`) && !strings.Contains(s, `"aws:SourceArn":"`+props.TrailARN+`"`) {
			t.Errorf("others than the replication and the trail get in by %s", s)
		}
	})
	if seen != 4 {
		t.Errorf("%d statements allow, want 4", seen)
	}
	policy := text(t, m.policy)
	for _, part := range []string{`"Sid":"NobodyDeletes"`, `"s3:DeleteObjectVersion"`, `"Sid":"NobodyRemoves"`, `"s3:DeleteBucket"`} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy has no %s: %s", part, policy)
		}
	}
	for _, s := range ArchiveKeyStatements("ap-southeast-2", props) {
		if doc := text(t, s.ToStatementJson()); strings.Contains(doc, "kms:*") || !strings.Contains(doc, `"Condition"`) {
			t.Errorf("the key is open by %s", doc)
		}
	}
}
