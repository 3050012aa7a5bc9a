package logged

import (
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// archives judges the buckets that logs pass and end in.
func (c *checker) archives() {
	for _, b := range c.in.Graph.OfType("AWS::S3::Bucket") {
		if c.ways.passed[b.Addr] {
			c.replicaKeys(b)
		}
		if c.ends[b.Addr] {
			c.tally.Check(c.in.ScopeOf(b), 1)
			c.archive(b)
		}
	}
}

// replicaKeys judges the copies of a bucket that Amazon S3's own keys encrypt:
// they are encrypted in the same way, whatever the destination's default, but
// where the rule names a key ("How default bucket encryption affects
// replication", Amazon S3 User Guide).
func (c *checker) replicaKeys(b *resource.Resource) {
	algorithm := b.Props.Path("BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/SSEAlgorithm")
	if isText(algorithm, "aws:kms", "aws:kms:dsse") {
		return
	}
	for _, rule := range copies(b) {
		if v := rule.Path("Destination/EncryptionConfiguration/ReplicaKmsKeyID"); v.IsAbsent() || v.Text() == "" && v.Kind() == value.String {
			c.tally.Refute(c.in.ScopeOf(b), proof.Finding{Code: CodeReplicaKey, At: b.Addr, Property: "ReplicationConfiguration",
				Message: fmt.Sprintf("The copies of %s are encrypted by Amazon S3's own keys, as it is itself.", c.in.Name(b)),
				Fix:     "Name the archive's key in Destination.EncryptionConfiguration.ReplicaKmsKeyID of the rule."})
		}
	}
}

// archive judges a bucket in which logs end.
func (c *checker) archive(b *resource.Resource) {
	scope := c.in.ScopeOf(b)
	f := proof.Finding{At: b.Addr}
	refute := func(code, property, message, fix string) {
		f.Code, f.Property, f.Message, f.Fix = code, property, message, fix
		c.tally.Refute(scope, f)
	}
	const lock = "ObjectLockConfiguration"
	p := b.Props
	if why := firstUnknown(p.Get("ObjectLockEnabled"), p.Get(lock)); why != nil {
		f.Code, f.Property, f.Message, f.Fix = CodeUnknownWay, lock, fmt.Sprintf("Whether %s is locked is not known: %s.", c.in.Name(b), why.Error()), "Write its Object Lock out."
		c.tally.Doubt(scope, f)
		return
	}
	on, _ := p.Get("ObjectLockEnabled").Bool()
	rule := p.Path(lock + "/Rule/DefaultRetention")
	if !on || rule.IsAbsent() {
		refute(CodeUnlocked, lock, fmt.Sprintf("Logs end in %s, from which they can be deleted: it is not locked, and copies every log to no bucket that is.", c.in.Name(b)),
			"Copy every object to the archive by an enabled rule of ReplicationConfiguration, or lock the bucket itself if it is the archive.")
		return
	}
	if mode := rule.Get("Mode").Text(); mode != "COMPLIANCE" {
		refute(CodeWeakLock, lock+"/Rule/DefaultRetention/Mode", fmt.Sprintf("The lock of %s is in the mode %s, which who may bypass it can open.", c.in.Name(b), mode), "Set Mode to COMPLIANCE.")
	}
	if days, least := lockDays(rule), c.leastLock(); days < least {
		refute(CodeShortLock, lock+"/Rule/DefaultRetention", fmt.Sprintf("%s locks logs for %d days; they have to be locked for %d.", c.in.Name(b), days, least),
			fmt.Sprintf("Set Days to %d or more.", least))
	}
	c.deletion(b, refute)
	if a := c.archiveAccount(); a != "" && b.Addr.Stack.Account != "" && b.Addr.Stack.Account != a {
		refute(CodeElsewhere, "", fmt.Sprintf("Logs end in %s, in an account that is not the log archive's: whoever administers it can reach them.", c.in.Name(b)),
			"Copy them to the archive of the account with the role "+string(estate.RoleLogArchive)+".")
	}
}

func firstUnknown(vs ...value.Value) *value.Reason {
	for _, v := range vs {
		if why := v.FirstUnknown(); why != nil {
			return why
		}
	}
	return nil
}

// lockDays reads a default retention, which is in days or years.
func lockDays(rule value.Value) int {
	days, _ := rule.Get("Days").Int()
	years, _ := rule.Get("Years").Int()
	return max(days, 365*years)
}

// leastLock is for how long the estate wants logs to be locked, and without an
// estate what PCI DSS 4.0, requirement 10.5.1, wants at hand.
func (c *checker) leastLock() int {
	if c.in.Estate != nil {
		return c.in.Estate.Logging.LockDays
	}
	return minRetention
}

func (c *checker) archiveAccount() string {
	if c.in.Estate == nil {
		return ""
	}
	return c.in.Estate.Archive().ID
}

// deletion judges whether a bucket's policy keeps everybody from deleting: of a
// version that is no longer locked nothing else does.
func (c *checker) deletion(b *resource.Resource, refute func(code, property, message, fix string)) {
	for _, p := range c.in.Graph.OfType("AWS::S3::BucketPolicy") {
		if to := c.ways.target(p, p.Props.Get("Bucket")); to != b {
			continue
		}
		statements, why := policy.Statements(p.Props.Get("PolicyDocument"))
		if why != nil {
			c.tally.Doubt(c.in.ScopeOf(b), proof.Finding{Code: CodeUnknownWay, At: p.Addr, Property: "PolicyDocument", Fix: "Write the policy out.",
				Message: fmt.Sprintf("Whether the policy of %s keeps everybody from deleting is not known: %s.", c.in.Name(b), why.Error())})
			return
		}
		if denies(statements, "s3:DeleteObject") && denies(statements, "s3:DeleteObjectVersion") {
			return
		}
	}
	refute(CodeDeletable, "", fmt.Sprintf("No policy of %s denies everybody to delete.", c.in.Name(b)),
		"Add a statement to its policy that denies s3:DeleteObject and s3:DeleteObjectVersion to everybody, without a condition.")
}

// denies says whether a statement denies everybody an action on every object.
func denies(all []policy.Statement, action string) bool {
	return slices.ContainsFunc(all, func(s policy.Statement) bool {
		return !s.Allow && !s.NotPrincipal && !s.NotAction && !s.NotResource && !s.Conditional() &&
			slices.ContainsFunc(s.Principals, policy.Principal.Any) &&
			slices.ContainsFunc(s.Actions, func(v value.Value) bool { return isText(v, "*", "s3:*", "s3:Delete*", action) }) &&
			slices.ContainsFunc(s.Resources, func(v value.Value) bool { return v.Text() == "*" || everyObject(v) })
	})
}

// everyObject says whether a value is the ARN of all objects of a bucket.
func everyObject(v value.Value) bool {
	last := v
	if v.Kind() == value.Concat {
		last = v.Items()[v.Len()-1]
	}
	return strings.HasSuffix(last.Text(), "/*") && strings.Count(last.Text(), "/") == 1
}
