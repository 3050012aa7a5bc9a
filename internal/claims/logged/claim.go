// Package logged proves that every log is written and ends in an archive that
// nobody can change.
//
// A log counts as archived only if each step of its way is in what was loaded:
// from what writes it, by log groups, streams and replication, to a bucket that
// Object Lock holds in compliance mode. A step that cannot be seen leaves the
// verdict Unknown; a log that stays where it can be deleted is refuted, where
// it stays.
package logged

import (
	"context"
	"fmt"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings.
const (
	CodeFlowMissing     = "FLOW_LOG_MISSING"
	CodeFlowPartial     = "FLOW_LOG_PARTIAL"
	CodeQueryMissing    = "QUERY_LOG_MISSING"
	CodeAccessMissing   = "ACCESS_LOG_MISSING"
	CodeFirewallMissing = "FIREWALL_LOG_MISSING"
	CodeNotArchived     = "LOG_NOT_ARCHIVED"
	CodeUnknownWay      = "LOG_WAY_UNKNOWN"
	CodeUnlocked        = "LOG_BUCKET_NOT_LOCKED"
	CodeWeakLock        = "ARCHIVE_LOCK_WEAK"
	CodeShortLock       = "ARCHIVE_LOCK_SHORT"
	CodeDeletable       = "ARCHIVE_DELETABLE"
	CodeElsewhere       = "ARCHIVE_ELSEWHERE"
	CodeReplicaKey      = "REPLICA_KEY_MISSING"
	CodeTrailMissing    = "TRAIL_MISSING"
	CodeTrailPartial    = "TRAIL_PARTIAL"
	CodeTrailElsewhere  = "TRAIL_ELSEWHERE"
	CodeRetention       = "LOG_RETENTION_SHORT"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:    "logged",
		Rows:  []string{"S09", "S18", "S29"},
		Says:  "every log is written and ends in an archive that nobody can change",
		Check: check,
	}
}

func check(_ context.Context, in *proof.Input) ([]proof.Verdict, error) {
	c := &checker{in: in, tally: proof.NewTally(in, "logs", "Nothing that was loaded writes a log."), ways: newWays(in.Graph),
		ends: map[addr.Address]bool{}}
	c.networks()
	c.firewalls()
	c.balancers()
	c.stages()
	c.distributions()
	c.webACLs()
	c.configurations()
	c.buckets()
	c.trails()
	c.groups()
	c.archives()
	return c.tally.Verdicts(), nil
}

type checker struct {
	in    *proof.Input
	tally *proof.Tally
	ways  *ways
	ends  map[addr.Address]bool // the buckets in which logs end
}

// source is a log: what writes it, and where to.
type source struct {
	of       *resource.Resource
	what     string // for example "access log"
	property string // the one that says where to
	missing  string // the code where it is written nowhere
	to       []value.Value
	unsure   *value.Reason // why it may be written although nothing shows it
	fix      string
}

// follow judges whether a log is written and where it ends.
func (c *checker) follow(s source) {
	scope := c.in.ScopeOf(s.of)
	c.tally.Check(scope, 1)
	f := proof.Finding{At: s.of.Addr, Property: s.property, Fix: s.fix}
	if len(s.to) == 0 && s.unsure != nil {
		f.Code, f.Message = CodeUnknownWay, fmt.Sprintf("Whether the %s of %s is written is not known: %s.", s.what, c.in.Name(s.of), s.unsure.Error())
		c.tally.Doubt(scope, f)
		return
	}
	if len(s.to) == 0 {
		f.Code, f.Message = s.missing, fmt.Sprintf("The %s of %s is written nowhere.", s.what, c.in.Name(s.of))
		c.tally.Refute(scope, f)
		return
	}
	var unknown, stays string
	for _, v := range s.to {
		switch e := c.ways.end(s.of, v); {
		case e.bucket != nil:
			c.ends[e.bucket.Addr] = true
			return
		case e.unknown != "":
			unknown = e.unknown
		default:
			stays = e.stays
		}
	}
	if unknown != "" {
		f.Code, f.Message = CodeUnknownWay, fmt.Sprintf("Where the %s of %s ends is not known: %s.", s.what, c.in.Name(s.of), unknown)
		f.Fix = "Load the templates of what it is sent to, too."
		c.tally.Doubt(scope, f)
		return
	}
	f.Code, f.Message = CodeNotArchived, fmt.Sprintf("The %s of %s does not reach an archive: it stays in %s.", s.what, c.in.Name(s.of), stays)
	c.tally.Refute(scope, f)
}
