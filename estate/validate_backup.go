package estate

import "fmt"

// backup checks how long backups are kept.
func (v *validator) backup() {
	b := v.e.Backup
	for _, d := range []struct {
		path        string
		days, least int
	}{{"backup/keep-days", b.KeepDays, MinBackupDays}, {"backup/keep-monthly-days", b.KeepMonthlyDays, minMonthlyDays}} {
		if d.days < d.least || d.days > MaxBackupDays {
			v.bad(CodeBackup, d.path, fmt.Sprintf("backups cannot be kept for %d days", d.days),
				"what is wrong is often noticed at the end of the month; and the vaults, which cannot be unlocked, take nothing that is to be kept for less than a month or more than ten years",
				fmt.Sprintf("write %d to %d", d.least, MaxBackupDays))
			return
		}
	}
	if b.KeepMonthlyDays < b.KeepDays {
		v.bad(CodeBackup, "backup/keep-monthly-days", fmt.Sprintf("monthly backups are kept for %d days, daily ones for %d", b.KeepMonthlyDays, b.KeepDays),
			"then the monthly ones add nothing", fmt.Sprintf("keep them for more than %d days", b.KeepDays))
	}
}
