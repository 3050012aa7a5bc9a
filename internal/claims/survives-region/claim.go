// Package survivesregion proves that every environment that recovers in another
// Region has there what it needs when its home Region is lost.
//
// What is judged is what the templates say: that each part has its counterpart,
// that the database is followed, secrets and keys are copied, tasks stand ready
// as the estate asks for, names can be moved, and nothing there needs anything of
// the home Region. The estate says only which environments recover, and how. A
// property that is not known leaves the verdict Unknown.
package survivesregion

import (
	"context"
	"fmt"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// Codes of findings.
const (
	CodePart        = "PART_NOT_RECOVERED"
	CodeGlobal      = "DATABASE_NOT_GLOBAL"
	CodeSecondary   = "DATABASE_NOT_FOLLOWED"
	CodeEngine      = "DATABASE_ENGINE_DIFFERS"
	CodeClass       = "DATABASE_CLASS_REFUSED"
	CodeLag         = "DATABASE_LAG_NOT_WATCHED"
	CodeSmall       = "STANDBY_TOO_SMALL"
	CodeSecret      = "SECRET_NOT_REPLICATED"
	CodeReplicaKey  = "SECRET_REPLICA_KEY_ELSEWHERE"
	CodeReplicaRead = "SECRET_REPLICA_KEY_OF_ANOTHER"
	CodeSecretRead  = "SECRET_NOT_READ"
	CodeKey         = "KEY_NOT_REPLICATED"
	CodeAPIKey      = "API_KEY_DIFFERS"
	CodeFilesStay   = "FILES_NOT_COPIED"
	CodeMayNot      = "STANDBY_MAY_NOT"
	CodeNameStays   = "NAME_DOES_NOT_MOVE"
	CodeNameNowhere = "NAME_MOVES_NOWHERE"
	CodeSwitch      = "SWITCH_NEEDS_HOME"
	CodeForgets     = "SWITCH_FORGETS"
	CodeSlow        = "SWITCH_TOO_SLOW"
	CodeHome        = "HOME_REGION_NEEDED"
	CodeUnknown     = "RECOVERY_UNKNOWN"
)

// What docs/claims/survives-region.md states: how many milliseconds the database
// may be behind before somebody is told (the RPO that is watched), and how many
// seconds the switch takes to see what was said.
const (
	statedLag    = 60_000
	statedSwitch = 60
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:          "survives-region",
		Rows:        []string{"S35", "S21"},
		Says:        "what recovers in another Region has there all that it needs, and nothing there needs the home Region",
		NeedsIntent: true,
		Check:       check,
	}
}

func check(_ context.Context, in *proof.Input) ([]proof.Verdict, error) {
	tally := proof.NewTally(in, "counterparts", "No environment of the estate recovers in another Region.")
	for _, there := range in.Estate.Sites() {
		if !there.Recovery() {
			continue
		}
		home := in.Estate.Home(there)
		c := &checker{in: in, tally: tally, scope: proof.Scope(home.Name), home: home, there: there, standby: in.Estate.Standby(there),
			known: resource.SecretsOf(in.Graph), documents: policy.NewDocuments(), judged: map[addr.Address]bool{}}
		c.tally.Scope(c.scope)
		c.parts()
		c.database()
		c.secrets()
		c.keys()
		c.services()
		c.tasks()
		c.permissions()
		c.apiKeys()
		c.names()
		c.independent()
	}
	return tally.Verdicts(), nil
}

// checker judges one environment.
type checker struct {
	in      *proof.Input
	tally   *proof.Tally
	scope   proof.Scope
	home    estate.Site
	there   estate.Site
	standby estate.Recovery

	known     resource.Secrets
	documents policy.Documents
	aliases   map[[2]string]addr.Address    // keys of the recovery Region by account and alias; nil: not read yet
	followed  map[addr.Address]addr.Address // from a cluster at home to the one that follows it
	judged    map[addr.Address]bool         // health checks: many names have one
}

func (c *checker) refute(code string, at addr.Address, property, fix, format string, args ...any) {
	c.tally.Refute(c.scope, proof.Finding{Code: code, At: at, Property: property, Message: fmt.Sprintf(format, args...), Fix: fix})
}

func (c *checker) doubt(at addr.Address, property string, why *value.Reason, what string) {
	c.tally.Doubt(c.scope, proof.Finding{Code: CodeUnknown, At: at, Property: property,
		Message: fmt.Sprintf("It is not known %s: %s.", what, why.Error()), Fix: "Write it out, or give the parameter with --param."})
}

// of returns the resources of a type on a site, in the site's Region: the
// environment's own, and its tenants'.
func (c *checker) of(site estate.Site, typ string) []*resource.Resource {
	var all []*resource.Resource
	for _, r := range c.in.Graph.OfType(typ) {
		if c.on(site, r) {
			all = append(all, r)
		}
	}
	return all
}

// on says whether a resource is on a site, in the site's Region.
func (c *checker) on(site estate.Site, r *resource.Resource) bool {
	return r.Addr.Stack.Region == site.Region && string(c.in.ScopeOf(r)) == site.Name
}

// notRecovered is the closed list of parts that are at home only: what copies
// the database for reports and keeps it, what partners exchange, the website that
// CloudFront serves from no Region, the bucket of tenants' files, whose copy takes
// over as permissions proves, and what makes tenants' databases, which the copy has
// already. Backups are copied to the recovery Region and made of nothing there:
// recoverable proves the copies.
func notRecovered() []string {
	return []string{estate.PartReplication, estate.PartLake, estate.PartTransfer, estate.PartEdge, estate.PartProvisioner, estate.PartTenantFiles, estate.PartBackup}
}

// recovered says whether a part of the home site has to have a counterpart,
// tenants' parts among them. Canaries ask what runs, which nothing does of a pilot
// light.
func (c *checker) recovered(id estate.PartID) bool {
	return id.Environment == c.home.Name && !slices.Contains(notRecovered(), id.Name) &&
		(id.Name != estate.PartCanary || c.standby != estate.RecoveryPilotLight)
}

// parts sees to it that every part has a counterpart in the recovery Region: of
// the environment, and of the hub by which it reaches the internet.
func (c *checker) parts() {
	for _, p := range c.in.Estate.Parts() {
		there := p.ID
		switch {
		case c.recovered(p.ID):
			there.Environment = c.there.Name
		case p.ID.Environment == c.home.Hub:
			there.Environment = c.there.Hub
		default:
			continue
		}
		c.tally.Check(c.scope, 1)
		if !slices.ContainsFunc(c.in.Parts.Members[there], func(a addr.Address) bool { return a.Stack.Region == c.there.Region }) {
			c.tally.Refute(c.scope, proof.Finding{Code: CodePart, Part: p.ID,
				Message: fmt.Sprintf("%s has no counterpart in %s: nothing there is %s.", p.ID, c.there.Region, there), Fix: "Add it to the stacks of the recovery Region."})
		}
	}
}

// services sees to it that as many tasks and instances stand ready as the estate
// asks for. A tunnel's do not: Cloudflare would lead people to them at once.
func (c *checker) services() {
	for _, kind := range []struct{ typ, count, subnets string }{
		{"AWS::ECS::Service", "DesiredCount", "NetworkConfiguration/AwsvpcConfiguration/Subnets"},
		{"AWS::AutoScaling::AutoScalingGroup", "MinSize", "VPCZoneIdentifier"},
	} {
		for _, r := range c.of(c.there, kind.typ) {
			if k := c.in.KindOf(c.in.PartOf(r.Addr)); k != estate.KindService || c.standby != estate.RecoveryWarmStandby {
				continue
			}
			c.tally.Check(c.scope, 1)
			count := r.Props.Get(kind.count)
			if why := count.FirstUnknown(); why != nil {
				c.doubt(r.Addr, kind.count, why, "how many copies of "+c.in.Name(r)+" run")
				continue
			}
			const least = 2
			if n, ok := count.Int(); ok && n < least {
				c.refute(CodeSmall, r.Addr, kind.count, "Let at least two copies run, or say recovery: pilot-light.",
					"%s runs %d copies; a warm standby has at least one in each of two Availability Zones.", c.in.Name(r), n)
			}
			if r.Props.Path(kind.subnets).Len() < least {
				c.refute(CodeSmall, r.Addr, kind.subnets, "Give it subnets in at least two Availability Zones.", "%s runs in fewer than two subnets.", c.in.Name(r))
			}
		}
	}
}
