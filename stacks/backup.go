package stacks

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/backup"
	"github.com/suretyhq/surety/patterns/bucket"
	"github.com/suretyhq/surety/patterns/encryption"
)

// backups is what the archive's account holds of backups: a vault and a key for
// each site, so that none can fill or read another's (docs/adr/0008-backups.md).
type backups struct {
	keys, vaults awscdk.Stack
	key          map[string]awskms.Key // by site
}

// backedUp returns the sites that back up.
func (c *composer) backedUp() []estate.Site {
	return slices.DeleteFunc(c.estate.Sites(), func(s estate.Site) bool { return !c.estate.BacksUp(s) })
}

// backupStacks is how many stacks the archive's account has of backups.
func (c *composer) backupStacks() int {
	if c.estate.BackupArchive().ID == "" {
		return 0
	}
	return 2
}

// vaultName is the name of a site's vaults, wherever they are.
func (c *composer) vaultName(site string) string { return c.estate.Name + "-" + site + "-backup" }

// addBackups makes the vaults of the archive's account. As all of the archive
// they are deployed before what fills them, and name nothing of it but accounts
// and roles.
func (c *composer) addBackups() {
	archive := c.estate.BackupArchive()
	if archive.ID == "" {
		return
	}
	at := place{estate.ArchiveEnvironment, archive.ID, c.estate.Regions.Home}
	b := &backups{key: map[string]awskms.Key{}}
	b.keys = c.stack(at, LayerBackupKeys, "Encryption keys of the backups of all environments of "+c.estate.Name)
	for _, site := range c.backedUp() {
		label := c.estate.Name + "-" + site.Name
		b.key[site.Name] = c.newKey(b.keys, label, encryption.KeyProps{Alias: c.vaultName(site.Name), Description: "Copies of the backups of " + label,
			Statements: backup.KeyStatements(site.Account, backup.RoleName(label+"*"))})
		asPart(b.key[site.Name], estate.PartBackup)
	}
	b.vaults = c.stack(at, LayerBackup, "Copies of the backups of all environments of "+c.estate.Name, b.keys)
	for _, site := range c.backedUp() {
		label := c.estate.Name + "-" + site.Name
		v := c.newVault(b.vaults, label, site.Name, imported(b.vaults, "Key-"+site.Name, b.key[site.Name]), site.Account)
		asPart(v.Construct, estate.PartBackup)
	}
	c.backups = b
}

// newVault makes a vault of a site, into which accounts may copy.
func (c *composer) newVault(stack awscdk.Stack, id, site string, key awskms.IKey, from ...string) *backup.Vault {
	return backup.NewVault(stack, id, &backup.VaultProps{Name: c.vaultName(site), Key: key,
		MinDays: estate.MinBackupDays, MaxDays: estate.MaxBackupDays, From: from})
}

func (b *backups) stacks() []awscdk.Stack {
	if b == nil {
		return nil
	}
	return []awscdk.Stack{b.keys, b.vaults}
}

func (env *environment) wantsBackup() bool { return env.estate.BacksUp(env.site) }

// addBackup makes the site's vault and what fills it and tries it.
func (env *environment) addBackup() error {
	stack := env.stack(LayerBackup, "Backups", LayerKeys, LayerNetwork, LayerReplicas, LayerData, LayerFiles, LayerAnalytics)
	env.afterBackups(stack)
	key := imported(stack, "BackupKey", env.backupKey)
	var from []string
	if archive := env.estate.BackupArchive().ID; archive != "" {
		from = []string{archive} // to restore what the archive alone has left
	}
	vault := env.newVault(stack, "Vault", env.name, key, from...)
	asPart(vault.Construct, estate.PartBackup)
	props := env.backupProps(stack, env.label(), key)
	props.VPC = env.surroundings(stack).vpc
	if env.database != nil {
		cluster := env.database.Cluster
		props.Clusters = append(props.Clusters, backup.Cluster{ID: "Database", ARN: cluster.ClusterArn(), Key: imported(stack, "DataKey", env.dataKey),
			SubnetGroup: cluster.Node().DefaultChild().(awsrds.CfnDBCluster).DbSubnetGroupName()})
	}
	add := func(id string, b *bucket.Bucket, key awskms.Key) {
		if b != nil {
			props.Buckets = append(props.Buckets, backup.Bucket{ID: id, Resource: b.Resource, Key: imported(stack, id+"Key", key)})
		}
	}
	if env.files != nil {
		add("Files", env.files.Bucket, env.filesKey)
	}
	add("Lake", env.lake, env.lakeKey)
	if len(props.Clusters)+len(props.Buckets) == 0 {
		return nil
	}
	plan := backup.New(stack, "Plan", props)
	asPart(plan.Construct, estate.PartBackup)
	plan.Construct.Node().AddDependency(vault.Construct)
	return nil
}

// afterBackups has a stack deployed after the vaults that it copies to.
func (env *environment) afterBackups(stack awscdk.Stack) {
	for _, s := range env.backups.stacks() {
		stack.AddStackDependency(s, jsii.String("the copies' vault is there before they are"))
	}
}

// backupProps says where a plan of the site's backs up to, and for how long.
func (env *environment) backupProps(stack awscdk.Stack, name string, vaultKey awskms.IKey) *backup.Props {
	return &backup.Props{Name: name, Vault: env.vaultName(env.name), VaultKey: vaultKey, KeepDays: env.estate.Backup.KeepDays,
		KeepMonthlyDays: env.estate.Backup.KeepMonthlyDays, Copies: env.copies(stack)}
}

func (env *environment) wantsTenantBackup() bool { return env.wantsBackup() && env.wantsTenants() }

// addTenantBackup backs up the files of tenants, apart from all else: an
// environment without tenants has none of it.
func (env *environment) addTenantBackup() error {
	stack := env.stack(LayerTenantBackup, "Backups of the tenants' files", LayerReplicas, LayerTenancy, LayerBackup)
	env.afterBackups(stack)
	forTenants(stack)
	props := env.backupProps(stack, env.label()+"-tenants", imported(stack, "BackupKey", env.backupKey))
	props.Buckets = []backup.Bucket{{ID: "Tenants", Resource: env.tenancy.files, Key: imported(stack, "TenantsKey", env.tenancy.filesKey), OtherKeys: true}}
	asPart(backup.New(stack, "Plan", props).Construct, estate.PartBackup)
	return nil
}

// copies are the vaults that get a copy of each of the site's backups.
func (env *environment) copies(stack awscdk.Stack) []backup.Copy {
	all := env.copyTo(stack)
	if archive := env.estate.BackupArchive().ID; archive != "" {
		all = append(all, backup.Copy{ARN: backup.VaultARN(env.site.Region, archive, env.vaultName(env.name)),
			Key: imported(stack, "ArchiveKey", env.backups.key[env.name])})
	}
	return all
}

// copiedKey are the statements by which the archive's account copies what a key
// of the site encrypts.
func (env *environment) copiedKey() encryption.KeyProps {
	var props encryption.KeyProps
	if archive := env.estate.BackupArchive().ID; archive != "" {
		props.Statements = backup.KeyStatements(archive, "")
	}
	return props
}
