package estate

import "fmt"

// logging checks how long logs are kept.
func (v *validator) logging() {
	l := v.e.Logging
	for _, d := range []struct {
		path string
		days int
	}{{"logging/lock-days", l.LockDays}, {"logging/keep-days", l.KeepDays}} {
		if d.days < minLogDays || d.days > maxLogDays {
			v.bad(CodeLogDays, d.path, fmt.Sprintf("logs cannot be kept for %d days", d.days),
				"PCI DSS wants three months of logs at hand, and Amazon S3 locks for at most a hundred years",
				fmt.Sprintf("write %d to %d; the defaults are a year locked and seven years kept", minLogDays, maxLogDays))
			return
		}
	}
	if l.KeepDays < l.LockDays {
		v.bad(CodeLogDays, "logging/keep-days", fmt.Sprintf("logs are locked for %d days, so they cannot be deleted after %d", l.LockDays, l.KeepDays),
			"Amazon S3 deletes nothing that is locked", fmt.Sprintf("keep them for %d days or longer, or lock them for less", l.LockDays))
	}
}
