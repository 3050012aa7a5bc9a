package estate

// Logging says how long the archive keeps logs. What is logged is not said:
// everything is.
type Logging struct {
	// LockDays is for how many days nobody, the archive account's root
	// included, can delete a log. It can be made longer later, never shorter for
	// the logs that are there. Default 365.
	LockDays int `yaml:"lock-days,omitempty" jsonschema:"minimum=90,maximum=36500"`
	// KeepDays is after how many days a log is deleted. Default 2557, which is
	// seven years.
	KeepDays int `yaml:"keep-days,omitempty" jsonschema:"minimum=90,maximum=36500"`
}

// Bounds of how long logs are kept. PCI DSS 4.0, requirement 10.5.1, wants a
// year, three months of it at hand; Amazon S3 locks for at most a hundred years.
const (
	minLogDays      = 90
	maxLogDays      = 36500
	defaultLockDays = 365
	defaultKeepDays = 2557
)

// The account roles' parts.
const (
	// PartTrail is the organisation's trail.
	PartTrail = "trail"
	// PartFindings is where findings of every account come together.
	PartFindings = "findings"
)

// Kinds of these parts.
const (
	KindTrail    Kind = "trail"    // a CloudTrail trail; audit
	KindFindings Kind = "findings" // the topic that findings are sent to; audit
)

// Archive returns the account that keeps every log; the id is empty if the
// estate has none.
func (e *Estate) Archive() Account {
	_, a := e.WithRole(RoleLogArchive)
	return a
}

// Audit returns the account from which security is watched; the id is empty if
// the estate has none.
func (e *Estate) Audit() Account {
	_, a := e.WithRole(RoleAudit)
	return a
}

// HasTrail says whether the estate makes the organisation's trail: for that
// CloudTrail has to be told the management account, by the account that watches,
// and needs an archive.
func (e *Estate) HasTrail() bool {
	return e.Organisation.Management.ID != "" && e.Archive().ID != "" && e.Audit().ID != ""
}

// securityParts are those of the accounts that keep logs and watch.
func (e *Estate) securityParts(b *partBuilder) {
	archive, account := e.WithRole(RoleLogArchive)
	if account.ID != "" {
		b.addTo(ArchiveEnvironment, PartLogs, KindLogs, "organisation/accounts/"+archive)
		if e.BackupArchive().ID != "" {
			b.addTo(ArchiveEnvironment, PartBackup, KindBackup, "organisation/accounts/"+archive)
		}
	}
	audit, account := e.WithRole(RoleAudit)
	if account.ID == "" {
		return
	}
	b.addTo(AuditEnvironment, PartFindings, KindFindings, "organisation/accounts/"+audit)
	if e.HasTrail() {
		b.addTo(AuditEnvironment, PartTrail, KindTrail, "organisation/accounts/"+audit)
	}
}

// securityScopes are those accounts' scopes.
func (e *Estate) securityScopes() []Scope {
	var all []Scope
	if a := e.Archive(); a.ID != "" {
		all = append(all, Scope{ArchiveEnvironment, a.ID})
	}
	if a := e.Audit(); a.ID != "" {
		all = append(all, Scope{AuditEnvironment, a.ID})
	}
	return all
}
