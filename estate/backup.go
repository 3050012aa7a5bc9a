package estate

import "slices"

// Backup says how long backups are kept. What is backed up, how often, and that
// nobody can delete it before its time is not said: everything that nothing else
// could make again is, each day.
type Backup struct {
	// KeepDays is for how many days a daily backup is kept. Default 35.
	KeepDays int `yaml:"keep-days,omitempty" jsonschema:"minimum=30,maximum=3653"`
	// KeepMonthlyDays is for how many days the backup of a month's first day is
	// kept. Default 366.
	KeepMonthlyDays int `yaml:"keep-monthly-days,omitempty" jsonschema:"minimum=90,maximum=3653"`
}

// Bounds of how long backups are kept. Vaults are locked to them: they cannot
// be changed once a vault is locked, and what an estate says can.
const (
	// MinBackupDays is how long every backup is kept at least.
	MinBackupDays = 30
	// MaxBackupDays is how long one is kept at most: ten years.
	MaxBackupDays = 3653

	minMonthlyDays     = 90
	defaultBackupDays  = 35
	defaultMonthlyDays = 366
)

// PartBackup are the vaults that hold the backups of an environment: its own,
// and in the archive's account those of all.
const PartBackup = "backup"

// KindBackup is their kind.
const KindBackup Kind = "backup" // backup vaults and their keys

// BacksUp says whether a site holds what has to be backed up: in the home
// Region, because what the recovery Region holds are copies.
func (e *Estate) BacksUp(site Site) bool {
	w := e.Workload
	return site.Region == e.Regions.Home && (w.Database != nil || w.Transfer != nil || e.Analyses(site) || len(e.Tenancies(site)) > 0)
}

// BackupArchive returns the account that holds a copy of every backup, outside
// of the reach of whoever administers an environment; the id is empty if the
// estate has none, or nothing to back up.
func (e *Estate) BackupArchive() Account {
	if !slices.ContainsFunc(e.Sites(), e.BacksUp) {
		return Account{}
	}
	return e.Archive()
}

func (e *Estate) backupParts(b *partBuilder) {
	if e.BacksUp(b.site) {
		b.add(PartBackup, KindBackup, "environments/"+b.site.Environment)
	}
}

// fillBackup sets what the file leaves out.
func (e *Estate) fillBackup() {
	if !e.has("backup/keep-days") {
		e.Backup.KeepDays = defaultBackupDays
	}
	if !e.has("backup/keep-monthly-days") {
		e.Backup.KeepMonthlyDays = max(defaultMonthlyDays, e.Backup.KeepDays)
	}
}
