// Package privateaccessonly proves that private applications are reachable
// through the tunnel only, and that their names resolve only inside.
//
// Private are the services that the estate exposes by access, each tenant's
// instance of them too, the balancers that they stand behind, and the endpoint that tells where they are. Three
// things are looked at: ways by the network from everywhere outside of an
// environment into these; doors that need no way through the network, such as
// an API Gateway whose integration gives a private application's name; and
// names: records, zones, who shares them, and who is asked about them.
// Cloudflare's own half is not in templates and not proved here.
package privateaccessonly

import (
	"context"
	"fmt"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

// Codes of findings about ways.
const (
	CodeWay          = "PRIVATE_APPLICATION_REACHABLE"
	CodeWayPerhaps   = "PRIVATE_APPLICATION_REACHABLE_PERHAPS"
	CodeAsker        = "RESOLVER_OPEN_TO_OTHERS"
	CodeAskerPerhaps = "RESOLVER_OPEN_TO_OTHERS_PERHAPS"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:          "private-access-only",
		Walks:       true,
		Rows:        []string{"S06", "S07", "S27"},
		Says:        "private applications are reachable through the tunnel only, and their names resolve only inside",
		NeedsIntent: true,
		Check:       check,
	}
}

// app is a private application of a site.
type app struct {
	site estate.Site
	id   estate.PartID
	host string // its name
}

type checker struct {
	in    *proof.Input
	tally *proof.Tally
	apps  []app
	byID  map[estate.PartID]app
	named map[string]app
	sites map[string]estate.Site // those that have private applications
}

func check(ctx context.Context, in *proof.Input) ([]proof.Verdict, error) {
	c := newChecker(in)
	for env := range c.sites {
		c.tally.Scope(proof.Scope(env))
	}
	if len(c.sites) == 0 {
		return c.tally.Verdicts(), nil
	}
	if err := c.ways(ctx); err != nil {
		return nil, err
	}
	c.doors()
	c.names()
	for _, site := range c.sites {
		c.glass(site)
	}
	return c.tally.Verdicts(), nil
}

func newChecker(in *proof.Input) *checker {
	c := &checker{in: in, sites: map[string]estate.Site{}, byID: map[estate.PartID]app{}, named: map[string]app{},
		tally: proof.NewTally(in, "ways, doors and names", "The estate exposes no service by access.")}
	for _, site := range in.Estate.Sites() {
		for name := range in.Estate.Workload.Services.All() {
			c.add(site, "", name, name+"."+in.Estate.Zone(site))
		}
		for _, t := range in.Estate.Tenancies(site) {
			for _, s := range t.Services {
				c.add(site, t.Tenant, s.Name, s.Host)
			}
		}
	}
	return c
}

// add adds an instance of a service that is exposed by access.
func (c *checker) add(site estate.Site, tenant, service, host string) {
	if s, _ := c.in.Estate.Workload.Services.Get(service); s.Expose != estate.ExposeAccess {
		return
	}
	a := app{site, estate.PartID{Environment: site.Name, Tenant: tenant, Name: service}, host}
	c.sites[site.Name] = site
	c.apps, c.byID[a.id] = append(c.apps, a), a
	if _, taken := c.named[a.host]; !taken { // where an environment recovers, its names are those of its home
		c.named[a.host] = a
	}
}

// private says whether a part is one that nobody outside may reach.
func (c *checker) private(id estate.PartID) bool {
	if _, ok := c.sites[id.Environment]; !ok {
		return false
	}
	_, private := c.byID[id]
	return private || id.Name == estate.PartBalancer || id.Name == estate.PartResolver
}

// siteOf returns the site of a resource if it has private applications.
func (c *checker) siteOf(r *resource.Resource) (estate.Site, bool) {
	s, ok := c.sites[string(c.in.ScopeOf(r))]
	return s, ok
}

// appNamed returns the application that has a host's name.
func (c *checker) appNamed(host string) (app, bool) {
	a, ok := c.named[host]
	return a, ok
}

// ways walks from everything outside of an environment to its private parts,
// and from everything but the tunnel to the endpoint that knows their names.
func (c *checker) ways(ctx context.Context) error {
	ends := c.in.Ends()
	for _, k := range ends.Net.Classes() {
		for _, to := range ends.Parts[k.ID] {
			if c.private(to) {
				c.tally.Check(proof.Scope(to.Environment), len(ends.Net.Classes())-1)
			}
		}
	}
	open, err := ends.Open(ctx)
	if err != nil {
		return err
	}
	type way struct{ from, to string }
	done := map[way]bool{}
	for _, o := range open {
		for _, to := range ends.Parts[o.To] {
			if !c.private(to) {
				continue
			}
			outside, other := c.from(ends, o.From, to)
			w := way{ends.Name(o.From), to.String()}
			switch {
			case done[w]:
			case outside:
				done[w] = true
				c.way(ends, o, to)
			case other && to.Name == estate.PartResolver:
				done[w] = true
				c.asker(ends, o, to)
			}
		}
	}
	return nil
}

// from says whether a class holds senders outside of a part's environment, or
// inside of it others than the tunnel and the part itself. What only forwards
// sends nothing of its own.
func (c *checker) from(ends *proof.Ends, from network.ClassID, to estate.PartID) (outside, other bool) {
	if ends.External(from) {
		return true, false
	}
	ids := ends.Parts[from]
	if len(ids) == 0 {
		return string(ends.ScopeOf(from)) != to.Environment, true
	}
	for _, id := range ids {
		switch c.in.KindOf(id) {
		case estate.KindEgress, estate.KindAttachment, estate.KindFirewall, estate.KindLogs:
			continue
		}
		outside = outside || id.Environment != to.Environment
		other = other || id != to && id.Name != estate.PartTunnel
	}
	return outside, other
}

func (c *checker) way(ends *proof.Ends, o proof.OpenPair, to estate.PartID) {
	f, sure := opened(ends, o, to)
	f.Fix = "Close the rule or route that the finding points to; people come by the tunnel."
	if !sure {
		f.Code = CodeWayPerhaps
		f.Message = fmt.Sprintf("%s may reach %s, which only the tunnel may lead to, by %s: %s.", ends.Name(o.From), to, ends.Net.Format(o.Reach.May), proof.Why(*f.Path))
		c.tally.Doubt(proof.Scope(to.Environment), f)
		return
	}
	f.Code = CodeWay
	f.Message = fmt.Sprintf("%s reaches %s by %s, past the tunnel.", ends.Name(o.From), to, ends.Net.Format(o.Reach.Must))
	c.tally.Refute(proof.Scope(to.Environment), f)
}

func (c *checker) asker(ends *proof.Ends, o proof.OpenPair, to estate.PartID) {
	f, sure := opened(ends, o, to)
	f.Fix = "Let the endpoint's security group admit the tunnel's alone; what is in the VPC asks the VPC's own resolver."
	if !sure {
		f.Code = CodeAskerPerhaps
		f.Message = fmt.Sprintf("%s may ask %s: %s.", ends.Name(o.From), to, proof.Why(*f.Path))
		c.tally.Doubt(proof.Scope(to.Environment), f)
		return
	}
	f.Code = CodeAsker
	f.Message = fmt.Sprintf("%s can ask %s about private names by %s; only the tunnel should.", ends.Name(o.From), to, ends.Net.Format(o.Reach.Must))
	c.tally.Refute(proof.Scope(to.Environment), f)
}

// opened is a finding about a way, and whether it is there for certain.
func opened(ends *proof.Ends, o proof.OpenPair, to estate.PartID) (proof.Finding, bool) {
	what, sure := o.Reach.Must, true
	if what.IsEmpty() {
		what, sure = o.Reach.May, false
	}
	f := proof.Opened(ends.Net.Explain(o.From, o.To, what))
	f.Part = to
	return f, sure
}

// inside says whether a resource is one that private applications stand
// behind: the balancer of a site that has some, one of its listeners, or an
// application's target group or service.
func (c *checker) inside(a addr.Address) bool {
	r := c.in.Graph.Get(a)
	if r == nil {
		return false
	}
	if l := resource.View[resource.Listener](c.in.Graph, a); l != nil {
		a = l.Balancer.To
	}
	id := c.in.PartOf(a)
	return c.private(id) && !strings.HasPrefix(r.Type, "AWS::EC2::SecurityGroup")
}
