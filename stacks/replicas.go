package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/backup"
	"github.com/suretyhq/surety/patterns/bucket"
	"github.com/suretyhq/surety/patterns/encryption"
)

// replicas is what the recovery Region holds of an environment without anything
// running there: copies of its buckets and of its backups, each encrypted by a key
// of that Region.
type replicas struct {
	region  string
	keys    map[string]awskms.Key // by purpose
	buckets map[string]string     // names, by purpose
}

// What is copied: the purposes of keys and buckets.
const (
	copyBackup = "backup"
	copyFiles  = "files"
	copyLake   = "lake"
	// copyTenants are the tenants' files. Each is encrypted by its tenant's key at
	// home, and all copies by one key of the recovery Region.
	copyTenants = "tenant-files"
)

// copied lists the purposes of buckets.
func copied() []string { return []string{copyFiles, copyLake, copyTenants} }

func (env *environment) wantsReplicas() bool {
	return env.estate.Regions.Recovery != "" && env.estate.BacksUp(env.site)
}

// replicated returns the part of each bucket that is copied, by purpose.
func (env *environment) replicated() map[string]string {
	all := map[string]string{}
	if env.wantsFiles() {
		all[copyFiles] = estate.PartTransfer
	}
	if env.wantsAnalytics() {
		all[copyLake] = estate.PartLake
	}
	if env.wantsTenants() {
		all[copyTenants] = estate.PartTenantFiles
	}
	return all
}

func (env *environment) addReplicaKeys() error {
	env.replicas = &replicas{region: env.estate.Regions.Recovery, keys: map[string]awskms.Key{}, buckets: map[string]string{}}
	stack := env.stackIn(env.replicas.region, LayerReplicaKeys, "Encryption keys of copies in the recovery Region")
	add := func(purpose, part, what string) {
		env.replicas.keys[purpose] = env.newKey(stack, purpose, encryption.KeyProps{Alias: env.label() + "-" + purpose + "-replica",
			Description: "Copies of the " + what + " of " + env.label()})
		asPart(env.replicas.keys[purpose], part)
		if purpose == copyTenants {
			forTenants(env.replicas.keys[purpose])
		}
	}
	add(copyBackup, estate.PartBackup, "backups")
	for _, purpose := range copied() {
		if part, ok := env.replicated()[purpose]; ok {
			add(purpose, part, purpose)
		}
	}
	return nil
}

// addReplicas makes what is copied to. Its access logs go to the archive by way
// of a bucket of this Region, as everywhere ("Enabling Amazon S3 server access
// logging", Amazon S3 User Guide).
func (env *environment) addReplicas() error {
	r := env.replicas
	stack := env.stackIn(r.region, LayerReplicas, "Copies in the recovery Region", LayerArchive, LayerReplicaKeys)
	var logs *delivery
	if env.archive != nil {
		logs = &delivery{scope: stack, label: env.label() + "-replicas", account: env.site.Account, archive: env.archive}
	}
	vault := env.newVault(stack, "Vault", env.name, imported(stack, "BackupKey", r.keys[copyBackup]))
	asPart(vault.Construct, estate.PartBackup)
	for _, purpose := range copied() {
		part, ok := env.replicated()[purpose]
		if !ok {
			continue
		}
		r.buckets[purpose] = bucketName(env.label(), purpose, "replica", env.site.Account)
		b := bucket.New(stack, purpose, &bucket.Props{Name: r.buckets[purpose], Key: imported(stack, purpose+"Key", r.keys[purpose]), Logs: logs.accessLogs()})
		asPart(b.Construct, part)
		if purpose == copyTenants {
			forTenants(b.Construct)
		}
	}
	return nil
}

// of returns the copy that a bucket of a purpose has; nil: none. Deletions are
// copied too, for a copy that takes over has to hold what the bucket held; the
// versions that were deleted stay at both ends. Its role has a name that
// CloudFormation chooses, because the archive lets those in that end with
// -replication.
func (r *replicas) of(purpose string) *bucket.Replicas {
	if r == nil {
		return nil
	}
	arn := "arn:aws:s3:::" + r.buckets[purpose]
	return &bucket.Replicas{To: []bucket.Destination{{ID: "recovery", BucketARN: &arn, KeyARN: r.keys[purpose].KeyArn(), TimeControl: true, Deletes: true}}}
}

// copyTo returns the vault of the recovery Region, in the environment's own
// account.
func (env *environment) copyTo(stack awscdk.Stack) []backup.Copy {
	if env.replicas == nil {
		return nil
	}
	return []backup.Copy{{ARN: backup.VaultARN(env.replicas.region, env.site.Account, env.vaultName(env.name)),
		Key: imported(stack, "ReplicaKey", env.replicas.keys[copyBackup])}}
}
