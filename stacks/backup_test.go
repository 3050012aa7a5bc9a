package stacks

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestS35_EveryEnvironmentBacksUpWhatIsNotMadeAgain reads what the selections
// name, and where the copies go.
func TestS35_EveryEnvironmentBacksUpWhatIsNotMadeAgain(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		stack := "cover-" + env + "-backup"
		var named []string
		for _, s := range a.of(t, stack, "AWS::Backup::BackupSelection") {
			for _, r := range s.list("BackupSelection", "Resources") {
				named = append(named, text(r))
			}
		}
		all := strings.Join(named, " ")
		for _, want := range []string{"cover-" + env + "-data", "cover-" + env + "-files", "cover-" + env + "-analytics"} {
			if len(named) != 3 || !strings.Contains(all, `"StackName":"`+want+`"`) {
				t.Errorf("%s backs up %v, and nothing of %s", stack, named, want)
			}
		}
		archive := "arn:aws:backup:ap-southeast-2:" + a.estate.Archive().ID + ":backup-vault:cover-" + env + "-backup"
		for _, p := range a.of(t, stack, "AWS::Backup::BackupPlan") {
			for i, rule := range p.list("BackupPlan", "BackupPlanRule") {
				m, _ := rule.(map[string]any)
				if _, continuous := m["EnableContinuousBackup"]; continuous {
					continue
				}
				var to []string
				for c := range p.list("BackupPlan", "BackupPlanRule", i, "CopyActions") {
					to = append(to, p.text("BackupPlan", "BackupPlanRule", i, "CopyActions", c, "DestinationBackupVaultArn"))
				}
				if !slices.Equal(to, []string{strings.NewReplacer("ap-southeast-2", "ap-southeast-4", a.estate.Archive().ID, account(a, env)).Replace(archive), archive}) {
					t.Errorf("%s: rule %d copies to %s", p, i, p.text("BackupPlan", "BackupPlanRule", i, "CopyActions"))
				}
			}
		}
		vaults := a.of(t, stack, "AWS::Backup::BackupVault")
		if len(vaults) != 1 {
			t.Fatalf("%s has %d vaults", stack, len(vaults))
		}
	}
}

// The archive's account has a vault and a key for each environment, into which
// that environment alone may copy.
func TestS35_TheArchiveKeepsTheBackupsOfEnvironmentsApart(t *testing.T) {
	a := load(t)
	vaults := a.of(t, "cover-archive-backup", "AWS::Backup::BackupVault")
	if len(vaults) != a.estate.Environments.Len() {
		t.Errorf("%d vaults", len(vaults))
	}
	keys := map[string]bool{}
	for _, v := range vaults {
		env := strings.TrimSuffix(strings.TrimPrefix(v.text("BackupVaultName"), "cover-"), "-backup")
		site, ok := a.estate.Site(env)
		if !ok {
			t.Fatalf("%s is of no environment", v)
		}
		expect(t, v, "arn:aws:iam::"+site.Account+":root", "AccessPolicy", "Statement", 1, "Principal", "AWS")
		keys[v.text("EncryptionKeyArn")] = true
	}
	if len(keys) != len(vaults) {
		t.Errorf("%d keys of %d vaults", len(keys), len(vaults))
	}
}

// away is an estate with a recovery Region.
const away = `estate: acme
domain: acme.example
regions: {home: ap-southeast-2, recovery: ap-southeast-4}
organisation:
  accounts:
    logging: {id: "100000000002", roles: [log-archive]}
    net:     {id: "100000000003", roles: [network-hub]}
    prod:    {id: "100000000006"}
environments: {prod: {account: prod}}
backup: {keep-days: 60}
workload:
  services:
    api: {image: "100000000003.dkr.ecr.ap-southeast-2.amazonaws.com/a:1", needs: [database]}
  database: {engine: aurora-postgresql}
  transfer: {partners: {broker: {allow: [192.0.2.0/24], keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAoRXDeRenNqnKl07V2m3UiK6J9MgVztw2hEtqcg+e31 broker"]}}}
  analytics: {from: database, to: lake}
`

var recovering = sync.OnceValue(func() assembly { return synthesise([]byte(away)) })

// Page: "Meeting compliance requirements with S3 Replication Time Control".
func TestS18_S35_BucketsAreCopiedToTheRecoveryRegion(t *testing.T) {
	a := recovering()
	if a.err != nil {
		t.Fatal(a.err)
	}
	copied := map[string]string{"acme-prod-files": "acme-prod-files-replica-100000000006", "acme-prod-analytics": "acme-prod-lake-replica-100000000006"}
	for stack, to := range copied {
		n := 0
		for _, b := range a.of(t, stack, "AWS::S3::Bucket") {
			if b.get("ReplicationConfiguration") == nil {
				continue
			}
			n++
			rule := []any{"ReplicationConfiguration", "Rules", 0}
			for path, want := range map[string]string{"Destination/Bucket": "arn:aws:s3:::" + to, "Destination/ReplicationTime/Status": "Enabled", "Destination/ReplicationTime/Time/Minutes": "15",
				"Destination/Metrics/Status": "Enabled", "DeleteMarkerReplication/Status": "Enabled", "Status": "Enabled", "Filter/Prefix": "", "SourceSelectionCriteria/SseKmsEncryptedObjects/Status": "Enabled"} {
				at := slices.Clone(rule)
				for _, p := range strings.Split(path, "/") {
					at = append(at, p)
				}
				expect(t, b, want, at...)
			}
			if key := b.text("ReplicationConfiguration", "Rules", 0, "Destination", "EncryptionConfiguration", "ReplicaKmsKeyID"); !strings.Contains(key, `"Region":"ap-southeast-4"`) || !strings.Contains(key, "acme-prod-replica-keys") {
				t.Errorf("the copies of %s are encrypted by %s", b, key)
			}
		}
		if n != 1 {
			t.Errorf("%d buckets of %s are copied", n, stack)
		}
	}
	if env := a.manifest.Artifacts["acme-prod-replicas"].Environment; env != "aws://100000000006/ap-southeast-4" {
		t.Errorf("the copies are in %s", env)
	}
	for _, b := range a.of(t, "acme-prod-replicas", "AWS::S3::Bucket") {
		expect(t, b, "Enabled", "VersioningConfiguration", "Status")
	}
}

func TestS35_BackupsAreCopiedToAnotherAccountAndToTheRecoveryRegion(t *testing.T) {
	a := recovering()
	if a.err != nil {
		t.Fatal(a.err)
	}
	want := []string{"arn:aws:backup:ap-southeast-2:100000000002:backup-vault:acme-prod-backup", "arn:aws:backup:ap-southeast-4:100000000006:backup-vault:acme-prod-backup"}
	for _, p := range a.of(t, "acme-prod-backup", "AWS::Backup::BackupPlan") {
		for i, rule := range p.list("BackupPlan", "BackupPlanRule") {
			m, _ := rule.(map[string]any)
			if m["RuleName"] != "daily" {
				continue
			}
			expect(t, p, "60", "BackupPlan", "BackupPlanRule", i, "Lifecycle", "DeleteAfterDays")
			var got []string
			for j := range p.list("BackupPlan", "BackupPlanRule", i, "CopyActions") {
				expect(t, p, "60", "BackupPlan", "BackupPlanRule", i, "CopyActions", j, "Lifecycle", "DeleteAfterDays")
				got = append(got, p.text("BackupPlan", "BackupPlanRule", i, "CopyActions", j, "DestinationBackupVaultArn"))
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("%s copies to %v", p, got)
			}
		}
	}
	vaults := a.of(t, "acme-prod-replicas", "AWS::Backup::BackupVault")
	if len(vaults) != 1 {
		t.Fatalf("%d vaults", len(vaults))
	}
	expect(t, vaults[0], "acme-prod-backup", "BackupVaultName")
	expect(t, vaults[0], `{"ChangeableForDays":3,"MaxRetentionDays":3653,"MinRetentionDays":30}`, "LockConfiguration")
}

// account returns the id of an environment's account.
func account(a assembly, env string) string {
	site, _ := a.estate.Site(env)
	return site.Account
}
