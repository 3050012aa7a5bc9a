// Package recoverable proves that what nothing else could make again is backed
// up, where nobody can delete the backup, and that restoring it is tried.
//
// Which stores need it is decided by type and part; what is left out is a closed
// list with reasons (stores.go, docs/claims/recoverable.md). A store counts as
// backed up only if a selection of AWS Backup names it, whatever deployment
// decides, and every step to the vaults is in what was loaded; one that cannot be
// seen leaves the verdict Unknown.
package recoverable

import (
	"context"
	"fmt"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings.
const (
	CodeNotBackedUp  = "STORE_NOT_BACKED_UP"
	CodeDeletable    = "STORE_DELETABLE"
	CodeNotKept      = "STORE_NOT_KEPT"
	CodeKeyNotKept   = "KEY_NOT_KEPT"
	CodePointInTime  = "POINT_IN_TIME_SHORT"
	CodeRare         = "BACKUP_RARE"
	CodeShort        = "BACKUP_KEPT_SHORT"
	CodeOneAccount   = "BACKUP_IN_ONE_ACCOUNT"
	CodeOneRegion    = "BACKUP_IN_ONE_REGION"
	CodeCopyRefused  = "BACKUP_COPY_REFUSED"
	CodeUnlocked     = "VAULT_NOT_LOCKED"
	CodeLockShort    = "VAULT_LOCK_SHORT"
	CodeVaultOpen    = "VAULT_DELETABLE"
	CodeUntested     = "RESTORE_NOT_TESTED"
	CodeUnreplicated = "BUCKET_NOT_REPLICATED"
	CodeUntimed      = "REPLICATION_NOT_TIMED"
	CodeUnknown      = "RECOVERY_UNKNOWN"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:    "recoverable",
		Rows:  []string{"S18", "S35"},
		Says:  "what nothing else could make again is backed up beyond anybody's reach, and restoring it is tried",
		Check: check,
	}
}

func check(_ context.Context, in *proof.Input) ([]proof.Verdict, error) {
	if in.Estate == nil {
		return []proof.Verdict{{Scope: proof.ScopeEstate, Outcome: proof.NotApplicable,
			Note: "No estate file says what data are for and how long backups are kept; give one with -f estate.yaml."}}, nil
	}
	c := &checker{in: in, tally: proof.NewTally(in, "stores, keys and vaults", "Nothing that was loaded holds data that has to be kept.")}
	c.read()
	for r := range in.Graph.All() {
		switch {
		case r.Type == "AWS::Backup::BackupVault":
			c.tally.Check(in.ScopeOf(r), 1)
			c.vault(r)
		case r.Type == "AWS::KMS::Key":
			c.tally.Check(in.ScopeOf(r), 1)
			c.kept(r, CodeKeyNotKept, "and whatever it encrypts cannot be read any more")
		default:
			c.store(r)
		}
	}
	return c.tally.Verdicts(), nil
}

type checker struct {
	in    *proof.Input
	tally *proof.Tally

	plans     []plan
	tests     []restoreTest
	questions map[*resource.Resource]bool // buckets that hold answers of Athena
	replicas  map[*resource.Resource]bool // buckets that others are copied to
}

func (c *checker) refute(r *resource.Resource, code, property, message, fix string) {
	c.tally.Refute(c.in.ScopeOf(r), proof.Finding{Code: code, At: r.Addr, Property: property, Message: c.in.Name(r) + " " + message, Fix: fix})
}

func (c *checker) doubt(r *resource.Resource, property, message string, why *value.Reason) {
	if why != nil {
		message += ": " + why.Error()
	}
	c.tally.Doubt(c.in.ScopeOf(r), proof.Finding{Code: CodeUnknown, At: r.Addr, Property: property, Message: c.in.Name(r) + " " + message + ".",
		Fix: "Write it out in the template, give the parameter with --param, or load the template of what it names."})
}

// kept judges whether a resource stays when its stack is deleted, and when
// CloudFormation puts another in its place ("DeletionPolicy attribute",
// "UpdateReplacePolicy attribute", AWS CloudFormation Template Reference).
func (c *checker) kept(r *resource.Resource, code, so string) {
	for _, p := range []struct {
		attribute, when string
		kept            bool
	}{{"DeletionPolicy", "its stack is deleted", r.Retain}, {"UpdateReplacePolicy", "it is replaced", r.RetainReplaced}} {
		if !p.kept {
			c.refute(r, code, p.attribute, fmt.Sprintf("is deleted when %s, %s.", p.when, so), "Set "+p.attribute+" to Retain.")
		}
	}
}
