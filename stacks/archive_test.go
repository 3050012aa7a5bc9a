package stacks

import (
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/detection"
)

const archiveStack = "cover-archive-logs"

func TestS29_TheArchiveIsLocked(t *testing.T) {
	a := load(t)
	archive := a.of(t, archiveStack, "AWS::S3::Bucket")[0]
	expect(t, archive, "true", "ObjectLockEnabled")
	expect(t, archive, "COMPLIANCE", "ObjectLockConfiguration", "Rule", "DefaultRetention", "Mode")
	expect(t, archive, "365", "ObjectLockConfiguration", "Rule", "DefaultRetention", "Days")
	expect(t, archive, "2557", "LifecycleConfiguration", "Rules", 0, "ExpirationInDays")
	if key := archive.text("BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "KMSMasterKeyID"); !strings.Contains(key, "cover-archive-keys") {
		t.Errorf("%s is encrypted by %s", archive, key)
	}
	policy := a.of(t, archiveStack, "AWS::S3::BucketPolicy")[0]
	denied := false
	for i := range policy.list("PolicyDocument", "Statement") {
		s := func(path ...any) string {
			return policy.text(append([]any{"PolicyDocument", "Statement", i}, path...)...)
		}
		if s("Effect") == "Deny" && strings.Contains(s("Action"), "s3:DeleteObjectVersion") && s("Principal") == `{"AWS":"*"}` && s("Condition") == "null" {
			denied = true
		}
		if s("Effect") == "Allow" && (strings.Contains(s("Action"), "Delete") || strings.Contains(s("Action"), "s3:GetObject")) {
			t.Errorf("%s allows %s", policy, s("Action"))
		}
	}
	if !denied {
		t.Errorf("%s denies nobody to delete", policy)
	}
}

func TestS29_TheTrailIsTheOrganisations(t *testing.T) {
	trail := load(t).of(t, "cover-audit-trail", "AWS::CloudTrail::Trail")[0]
	for _, property := range []string{"IsOrganizationTrail", "IsMultiRegionTrail", "IncludeGlobalServiceEvents", "EnableLogFileValidation", "IsLogging"} {
		expect(t, trail, "true", property)
	}
	for _, property := range []string{"S3BucketName", "KMSKeyId"} {
		if v := trail.text(property); !strings.Contains(v, "cover-archive-") {
			t.Errorf("%s %s is %s", trail, property, v)
		}
	}
}

// TestS29_WhatIsDeliveredIsCopiedToTheArchive: but for the archive itself, every
// bucket of logs copies to it, and by a role that the archive lets in.
func TestS29_WhatIsDeliveredIsCopiedToTheArchive(t *testing.T) {
	a := load(t)
	buckets := 0
	for _, r := range a.every(t, "AWS::S3::Bucket") {
		if !strings.HasSuffix(r.stack, "-"+LayerDelivery) && r.stack != "cover-hub-core" {
			continue // the archive itself, and buckets of what is no log
		}
		buckets++
		to := r.text("ReplicationConfiguration", "Rules", 0, "Destination", "Bucket")
		if to != "arn:aws:s3:::cover-archive-100000000002-ap-southeast-2" {
			t.Errorf("%s is copied to %s", r, to)
		}
		expect(t, r, "Enabled", "ReplicationConfiguration", "Rules", 0, "Destination", "ReplicationTime", "Status")
		expect(t, r, "Disabled", "ReplicationConfiguration", "Rules", 0, "DeleteMarkerReplication", "Status")
	}
	if want := 2*a.estate.Environments.Len() + 1; buckets < want {
		t.Errorf("%d buckets are delivered to, want %d or more", buckets, want)
	}
	toArchive := map[string]bool{} // policies, by the stack and the role
	for _, p := range a.every(t, "AWS::IAM::Policy") {
		for i := range p.list("Roles") {
			id := p.stack + "/" + p.text("Roles", i, "Ref")
			toArchive[id] = toArchive[id] || strings.Contains(p.text("PolicyDocument"), "cover-archive-")
		}
	}
	copying := 0
	for _, r := range a.every(t, "AWS::IAM::Role") {
		if !toArchive[r.String()] {
			continue // it copies something else
		}
		copying++
		if name := r.text("RoleName"); strings.Contains(r.text("AssumeRolePolicyDocument"), `"s3.amazonaws.com"`) &&
			!(strings.HasPrefix(name, "cover-") && strings.HasSuffix(name, "-replication")) {
			t.Errorf("%s is named %s: the archive does not let it in", r, name)
		}
	}
	if copying < 2*a.estate.Environments.Len() {
		t.Errorf("only %d roles copy to the archive", copying)
	}
}

func TestS09_FlowLogsOfEveryNetworkReachTheArchive(t *testing.T) {
	a := load(t)
	archived := 0
	for _, r := range a.every(t, "AWS::EC2::FlowLog") {
		expect(t, r, "ALL", "TrafficType")
		if r.text("LogDestinationType") == "s3" {
			archived++
			expect(t, r, `{"FileFormat":"parquet","HiveCompatiblePartitions":true,"PerHourPartition":true}`, "DestinationOptions")
		}
	}
	if want := len(a.every(t, "AWS::EC2::VPC")); archived != want {
		t.Errorf("%d flow logs are archived, there are %d networks", archived, want)
	}
}

func TestS22_BalancersLogEveryRequest(t *testing.T) {
	for _, r := range load(t).every(t, "AWS::ElasticLoadBalancingV2::LoadBalancer") {
		attributes := r.text("LoadBalancerAttributes")
		for _, part := range []string{`{"Key":"access_logs.s3.enabled","Value":"true"}`, `"access_logs.s3.bucket"`} {
			if !strings.Contains(attributes, part) {
				t.Errorf("%s has no %s: %s", r, part, attributes)
			}
		}
	}
}

func TestS33_EveryAccountIsWatched(t *testing.T) {
	a := load(t)
	var accounts []string
	for _, r := range a.every(t, "AWS::GuardDuty::Detector") {
		expect(t, r, "true", "Enable")
		for _, plan := range detection.Plans() {
			if !strings.Contains(r.text("Features"), `{"Name":"`+plan+`","Status":"ENABLED"}`) {
				t.Errorf("%s has no %s", r, plan)
			}
		}
		accounts = append(accounts, strings.TrimPrefix(a.manifest.Artifacts[r.stack].Environment, "aws://"))
	}
	slices.Sort(accounts)
	var want, each []string
	for _, s := range a.estate.Scopes() {
		if s.Name != estate.OrganisationEnvironment { // nothing is in the management account
			want, each = append(want, s.Account+"/"+a.estate.RegionOf(s.Name)), append(each, s.Account)
		}
	}
	slices.Sort(want)
	if want = slices.Compact(want); !slices.Equal(accounts, want) {
		t.Errorf("there are detectors in %v, want one in each of %v", accounts, want)
	}
	var held []string
	for _, r := range a.of(t, "cover-audit-detection", "AWS::SecurityHub::PolicyAssociation") {
		held = append(held, r.text("TargetId"))
	}
	slices.Sort(held)
	slices.Sort(each)
	if each = slices.Compact(each); !slices.Equal(held, each) {
		t.Errorf("the accounts %v are held to the standards, want %v", held, each)
	}
}

func TestNamesOfBucketsFit(t *testing.T) {
	long := strings.Repeat("a", 20) + "-" + strings.Repeat("b", 20)
	one, other := bucketName("aws-waf-logs", long, "100000000001"), bucketName("aws-waf-logs", long, "100000000002")
	if len(one) > maxBucketName || one == other || !strings.HasPrefix(one, "aws-waf-logs-a") {
		t.Errorf("%s and %s", one, other)
	}
	if got := bucketName("cover", "archive"); got != "cover-archive" {
		t.Error(got)
	}
}

// TestAnEstateWithoutAnArchiveHasNoneOfIt: its logs stay where they are made.
func TestAnEstateWithoutAnArchiveHasNoneOfIt(t *testing.T) {
	e, problems := estate.Parse("estate.yaml", []byte(plain))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if e.Archive().ID != "" || e.HasTrail() || len((&composer{estate: e}).watched()) > 0 {
		t.Error("there is an archive, a trail or a detector")
	}
}

// recording is an estate whose accounts no Control Tower governs.
const recording = `estate: cover
domain: cover.example
regions: {home: ap-southeast-2}
organisation:
  accounts:
    logging:  {id: "100000000002", roles: [log-archive]}
    security: {id: "100000000003", roles: [audit, network-hub]}
    dev:      {id: "100000000004"}
environments: {dev: {account: dev}}
workload: {services: {api: {image: "100000000004.dkr.ecr.ap-southeast-2.amazonaws.com/api:1"}}}
`

func TestS33_WithoutControlTowerTheEstateRecords(t *testing.T) {
	for _, tower := range []bool{false, true} {
		e, problems := estate.Parse("estate.yaml", []byte(recording))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		e.Organisation.ControlTower = tower
		dir := t.TempDir()
		c := &composer{app: NewApp(dir), estate: e, plan: e.Plan()}
		c.addArchive()
		if err := c.addDetection(); err != nil {
			t.Fatal(err)
		}
		c.app.Synth(nil)
		a := readAssembly(assembly{estate: e, dir: dir, templates: map[string]template{}})
		if a.err != nil {
			t.Fatal(a.err)
		}
		for _, stack := range []string{"cover-audit-detection", "cover-archive-detection", "cover-dev-detection"} {
			if n := len(a.of(t, stack, "AWS::Config::ConformancePack")); n != 1 {
				t.Errorf("%s has %d packs of rules", stack, n)
			}
			if recorders := a.of(t, stack, "AWS::Config::ConfigurationRecorder"); len(recorders) == 1 == tower {
				t.Errorf("Control Tower %t: %s has %d recorders", tower, stack, len(recorders))
			}
		}
		aggregators := a.of(t, "cover-audit-detection", "AWS::Config::ConfigurationAggregator")
		if len(aggregators) == 1 == tower {
			t.Errorf("Control Tower %t: there are %d aggregators", tower, len(aggregators))
		}
	}
}
