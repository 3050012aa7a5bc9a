package recoverable

import (
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/policy"
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
    log: {id: "100000000005", roles: [log-archive]}
environments: {dev: {account: dev}}
workload: {services: {api: {image: "100000000003.dkr.ecr.ap-southeast-2.amazonaws.com/a:1"}}}
`

func parse(t *testing.T, file string) *estate.Estate {
	t.Helper()
	e, problems := estate.Parse("estate.yaml", []byte(file))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return e
}

// world is a bucket that is recoverable, by resource, for tests to break.
type world map[string]*resource.Resource

func newWorld() (world, *build.Builder, *build.Builder) {
	w, own, archive := world{}, build.New("100000000004", "ap-southeast-2", "s"), build.New("100000000005", "ap-southeast-2", "a")
	add := func(b *build.Builder, typ, name string, props build.Props) {
		w[name] = b.Add(typ, name, props)
		w[name].Retain, w[name].RetainReplaced = true, true
	}
	keep := build.Props{"DeleteAfterDays": 35}
	deny := build.Props{"Effect": "Deny", "Principal": build.Props{"AWS": "*"}, "Action": "backup:*", "Resource": "*"}
	admit := build.Props{"Effect": "Allow", "Principal": build.Props{"AWS": "arn:aws:iam::100000000004:root"}, "Action": "backup:CopyIntoBackupVault", "Resource": "*"}
	lock := build.Props{"MinRetentionDays": 30, "ChangeableForDays": 3}
	add(own, "AWS::S3::Bucket", "Bucket", build.Props{"BucketName": "files", "VersioningConfiguration": build.Props{"Status": "Enabled"}})
	add(own, "AWS::Backup::BackupVault", "Vault", build.Props{"BackupVaultName": "vault", "LockConfiguration": lock, "AccessPolicy": build.Props{"Statement": []build.Props{deny}}})
	add(archive, "AWS::Backup::BackupVault", "Copies", build.Props{"BackupVaultName": "vault", "LockConfiguration": lock, "AccessPolicy": build.Props{"Statement": []build.Props{deny, admit}}})
	add(own, "AWS::Backup::BackupPlan", "Plan", build.Props{"BackupPlan": build.Props{"BackupPlanRule": []build.Props{{"TargetBackupVault": "vault", "ScheduleExpression": "cron(0 1 * * ? *)", "Lifecycle": keep,
		"CopyActions": []build.Props{{"DestinationBackupVaultArn": "arn:aws:backup:ap-southeast-2:100000000005:backup-vault:vault", "Lifecycle": keep}}}}}})
	add(own, "AWS::Backup::BackupSelection", "Selection", build.Props{"BackupPlanId": own.Ref("Plan"), "BackupSelection": build.Props{"Resources": []string{"arn:aws:s3:::files"}}})
	add(own, "AWS::Backup::RestoreTestingPlan", "Tests", build.Props{"RestoreTestingPlanName": "tests", "ScheduleExpression": "cron(0 1 ? * SUN *)", "RecoveryPointSelection": build.Props{"IncludeVaults": []string{"*"}}})
	add(own, "AWS::Backup::RestoreTestingSelection", "Test", build.Props{"RestoreTestingPlanName": "tests", "ProtectedResourceType": "S3", "ProtectedResourceArns": []value.Value{own.Attr("Bucket", "Arn")}})
	return w, own, archive
}

func prove(t *testing.T, e *estate.Estate, builders ...*build.Builder) (proof.Outcome, []string) {
	t.Helper()
	var all []*resource.Resource
	for _, b := range builders {
		all = append(all, b.Resources()...)
	}
	return prooftest.Outcome(t, prooftest.Verdicts(t, Claim(), e, all))
}

func TestS35_WhatCannotBeMadeAgainIsBackedUp(t *testing.T) {
	set := func(r *resource.Resource, props build.Props) { r.Props = build.Of(props) }
	for _, c := range []struct {
		name   string
		change func(world, *build.Builder)
		want   proof.Outcome
		codes  []string
	}{
		{"as it should be", func(world, *build.Builder) {}, proof.Proved, nil},
		{"in no selection", func(w world, _ *build.Builder) { set(w["Selection"], nil) }, proof.Refuted, []string{CodeNotBackedUp}},
		{"in the selection of another plan", func(w world, b *build.Builder) {
			set(w["Selection"], build.Props{"BackupPlanId": b.Ref("Other"), "BackupSelection": build.Props{"Resources": []string{"*"}}})
		}, proof.Refuted, []string{CodeNotBackedUp}},
		{"in a selection that may not be", func(w world, _ *build.Builder) { w["Selection"].Conditional = &value.Reason{Text: "a parameter"} }, proof.Unknown, []string{CodeUnknown}},
		{"a cache", func(w world, b *build.Builder) { b.Add("AWS::ElastiCache::ReplicationGroup", "Cache", nil) }, proof.Proved, nil},
		{"an index, which AWS Backup does not know", func(w world, b *build.Builder) {
			b.Add("AWS::OpenSearchService::Domain", "Index", nil).Retain = true
		}, proof.Refuted, []string{CodeUnknown, CodeNotKept}},
		{"a secret that goes with its stack", func(_ world, b *build.Builder) { b.Add("AWS::SecretsManager::Secret", "Secret", nil) }, proof.Refuted, []string{CodeNotKept}},
		{"a key that goes with its stack", func(_ world, b *build.Builder) { b.Add("AWS::KMS::Key", "Key", nil) }, proof.Refuted, []string{CodeKeyNotKept}},
		{"answers of Athena", func(_ world, b *build.Builder) {
			b.Add("AWS::S3::Bucket", "Answers", nil)
			b.Add("AWS::Athena::WorkGroup", "Group", build.Props{"WorkGroupConfiguration": build.Props{"ResultConfiguration": build.Props{
				"OutputLocation": value.Join(build.Of("s3://"), b.Ref("Answers"), build.Of("/"))}}})
		}, proof.Proved, nil},
		{"tested once a year", func(w world, _ *build.Builder) {
			set(w["Tests"], build.Props{"RestoreTestingPlanName": "tests", "ScheduleExpression": "cron(0 1 1 1 ? *)", "RecoveryPointSelection": build.Props{"IncludeVaults": []string{"*"}}})
		}, proof.Refuted, []string{CodeUntested}},
		{"a plan without a schedule runs each day", func(w world, _ *build.Builder) {
			set(w["Plan"], build.Props{"BackupPlan": build.Props{"BackupPlanRule": []build.Props{{"TargetBackupVault": "vault"}}}})
		}, proof.Refuted, []string{CodeOneAccount}},
		{"a plan of which nothing is known", func(w world, _ *build.Builder) {
			set(w["Plan"], build.Props{"BackupPlan": build.Unknown("a parameter")})
		}, proof.Unknown, []string{CodeUnknown}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, own, archive := newWorld()
			c.change(w, own)
			if got, codes := prove(t, parse(t, text), own, archive); got != c.want || !slices.Equal(codes, append([]string{}, c.codes...)) {
				t.Errorf("%s %v, want %s %v", got, codes, c.want, c.codes)
			}
		})
	}
}

// Pages: "Meeting compliance requirements with S3 Replication Time Control";
// "Creating backup copies across AWS Regions".
func TestS18_S35_TheRecoveryRegionHasCopies(t *testing.T) {
	e := parse(t, strings.Replace(text, "home: ap-southeast-2", "home: ap-southeast-2, recovery: ap-southeast-4", 1))
	there := build.New("100000000004", "ap-southeast-4", "r")
	rule := func(bucket any, timed bool) build.Props {
		to := build.Props{"Bucket": bucket}
		if timed {
			to["ReplicationTime"], to["Metrics"] = build.Props{"Status": "Enabled"}, build.Props{"Status": "Enabled"}
		}
		return build.Props{"Status": "Enabled", "Filter": build.Props{"Prefix": ""}, "Destination": to}
	}
	files := func(rules ...build.Props) build.Props {
		return build.Props{"BucketName": "files", "VersioningConfiguration": build.Props{"Status": "Enabled"}, "ReplicationConfiguration": build.Props{"Rules": rules}}
	}
	of := func(prefix string) build.Props {
		r := rule(there.Attr("Replica", "Arn"), true)
		r["Filter"] = build.Props{"Prefix": prefix}
		return r
	}
	off := rule(there.Attr("Replica", "Arn"), true)
	off["Status"] = "Disabled"
	for _, c := range []struct {
		name    string
		copied  bool // backups are, to a vault there
		replica bool // there is a bucket that something is copied to
		props   build.Props
		want    proof.Outcome
		codes   []string
	}{
		{"both", true, true, files(rule(there.Attr("Replica", "Arn"), true)), proof.Proved, nil},
		{"both, by name", true, true, files(rule("arn:aws:s3:::replica", true)), proof.Proved, nil},
		{"no backups", false, true, files(rule(there.Attr("Replica", "Arn"), true)), proof.Refuted, []string{CodeOneRegion}},
		{"no bucket", true, false, files(), proof.Refuted, []string{CodeUnreplicated}},
		{"some of a bucket", true, true, files(of("a/")), proof.Refuted, []string{CodeUnreplicated}},
		{"a bucket, by a rule that is off", true, true, files(off), proof.Refuted, []string{CodeUnreplicated}},
		{"a bucket, whenever", true, true, files(rule(there.Attr("Replica", "Arn"), false)), proof.Refuted, []string{CodeUntimed}},
		{"a bucket, to one of nobody", true, false, files(rule("arn:aws:s3:::nobody", true)), proof.Unknown, []string{CodeUnknown}},
		{"a bucket, as a parameter says", true, false, build.Props{"BucketName": "files", "VersioningConfiguration": build.Props{"Status": "Enabled"}, "ReplicationConfiguration": build.Unknown("a parameter")},
			proof.Unknown, []string{CodeUnknown}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, own, archive := newWorld()
			w["Bucket"].Props = build.Of(c.props)
			if c.replica {
				r := there.Add("AWS::S3::Bucket", "Replica", build.Props{"BucketName": "replica", "VersioningConfiguration": build.Props{"Status": "Enabled"}})
				r.Retain, r.RetainReplaced = true, true
			}
			if c.copied {
				v := there.Add("AWS::Backup::BackupVault", "Vault", nil)
				v.Props, v.Retain, v.RetainReplaced = w["Vault"].Props, true, true
				keep := build.Props{"DeleteAfterDays": 35}
				w["Plan"].Props = build.Of(build.Props{"BackupPlan": build.Props{"BackupPlanRule": []build.Props{{"TargetBackupVault": "vault", "Lifecycle": keep, "CopyActions": []build.Props{
					{"DestinationBackupVaultArn": "arn:aws:backup:ap-southeast-2:100000000005:backup-vault:vault", "Lifecycle": keep},
					{"DestinationBackupVaultArn": there.Attr("Vault", "BackupVaultArn"), "Lifecycle": keep}}}}}})
			}
			if got, codes := prove(t, e, own, archive, there); got != c.want || !slices.Equal(codes, append([]string{}, c.codes...)) {
				t.Errorf("%s %v, want %s %v", got, codes, c.want, c.codes)
			}
		})
	}
}

// The page gives any of Resources, none of NotResources, every one of
// Conditions, any of ListOfTags.
func TestS35_WhatASelectionIsFor(t *testing.T) {
	tag := func(key, v string) []build.Props {
		return []build.Props{{"ConditionType": "STRINGEQUALS", "ConditionKey": key, "ConditionValue": v}}
	}
	is := func(op, key, v string) build.Props {
		return build.Props{op: []build.Props{{"ConditionKey": "aws:ResourceTag/" + key, "ConditionValue": v}}}
	}
	cluster := "arn:aws:rds:ap-southeast-2:100000000004:cluster:main"
	for _, c := range []struct {
		name string
		sel  any
		want policy.Truth
	}{
		{"its ARN", build.Props{"Resources": []string{cluster}}, policy.Yes},
		{"another's ARN", build.Props{"Resources": []string{cluster + "2"}}, policy.No},
		{"one of another account", build.Props{"Resources": []string{"arn:aws:rds:ap-southeast-2:100000000009:cluster:main"}}, policy.No},
		{"all clusters", build.Props{"Resources": []string{"arn:aws:rds:*:*:cluster:*"}}, policy.Yes},
		{"all buckets", build.Props{"Resources": []string{"arn:aws:s3:::*"}}, policy.No},
		{"everything", build.Props{"Resources": []string{"*"}}, policy.Yes},
		{"everything but it", build.Props{"Resources": []string{"*"}, "NotResources": []string{cluster}}, policy.No},
		{"what a parameter says", build.Props{"Resources": build.Unknown("a parameter")}, policy.Maybe},
		{"another of the templates", build.Props{"Resources": []value.Value{build.New("1", "r", "s").Ref("Other")}}, policy.No},
		{"its tag", build.Props{"ListOfTags": tag("backup", "daily")}, policy.Yes},
		{"another tag", build.Props{"ListOfTags": tag("backup", "weekly")}, policy.No},
		{"an ARN and a tag that agree", build.Props{"Resources": []string{"*"}, "ListOfTags": tag("backup", "daily")}, policy.Yes},
		{"an ARN and a tag that do not", build.Props{"Resources": []string{"*"}, "ListOfTags": tag("backup", "weekly")}, policy.Maybe},
		{"a condition that holds", build.Props{"Resources": []string{"*"}, "Conditions": is("StringEquals", "backup", "daily")}, policy.Yes},
		{"one that does not", build.Props{"Resources": []string{"*"}, "Conditions": is("StringNotEquals", "backup", "daily")}, policy.No},
		{"a condition alone", build.Props{"Conditions": is("StringEquals", "backup", "daily")}, policy.Yes},
		{"a pattern", build.Props{"Conditions": is("StringLike", "backup", "dai*")}, policy.Maybe},
		{"nothing", build.Props{}, policy.Maybe},
		{"what nobody knows", build.Unknown("a parameter"), policy.Maybe},
	} {
		b := build.New("100000000004", "ap-southeast-2", "s")
		r := b.Add("AWS::RDS::DBCluster", "Db", build.Props{"DBClusterIdentifier": "main"})
		r.Tags["backup"] = build.Of("daily")
		s := b.Add("AWS::Backup::BackupSelection", "Selection", build.Props{"BackupSelection": c.sel})
		if got := selects(s, r, protectedTypes()[r.Type]); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A name that deployment chooses is meant by a pattern of all, and may be by
// any other.
func TestS35_APatternAndANameThatDeploymentChooses(t *testing.T) {
	for pattern, want := range map[string]policy.Truth{"arn:aws:s3:::*": policy.Yes, "*": policy.Yes, "arn:aws:s3:::files-*": policy.Maybe, "arn:aws:rds:*": policy.No} {
		r := build.New("100000000004", "ap-southeast-2", "s").Add("AWS::S3::Bucket", "Bucket", nil)
		if got := isARN(build.Of(pattern), r, protectedTypes()[r.Type]); got != want {
			t.Errorf("%s: %s, want %s", pattern, got, want)
		}
	}
}

func TestS35_HowOftenASchedule(t *testing.T) {
	for schedule, want := range map[string]int{"": 1, "cron(0 15 ? * * *)": 1, "cron(0 15 * * ? *)": 1, "cron(0 15 ? * SUN *)": 7, "cron(0 15 ? * SUN#1 *)": 31, "cron(0 18 1 * ? *)": 31,
		"cron(0 18 1 1 ? *)": 366, "cron(0 15 ? * * 2026)": 366, "rate(1 day)": 1, "rate(12 hours)": 1, "rate(3 days)": 3, "rate(often)": 366, "every day": 366} {
		if got := gap(build.Of(schedule)); got != want {
			t.Errorf("%q: %d days, want %d", schedule, got, want)
		}
	}
}
