// Package declaredflows proves that every declared flow works, in both
// directions and wherever its ends are placed, and that every other flow
// between parts of the estate is impossible.
//
// The flows are the estate's (needs, called-by, expose) and those that the
// closed list of docs/claims/declared-flows.md implies. What parts listen on is
// compared with the port that the estate names, so that a flow that the network
// lets through but nobody answers is refuted too. That a flow is impossible is
// proved without the network ACLs and without what the other end's groups let
// out: what a part's own security groups let in has to be enough.
package declaredflows

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/proof"
)

// Codes of findings that have no twin among Reachability Analyzer's.
const (
	CodeUndeclared   = "FLOW_NOT_DECLARED"
	CodeGroupOpen    = "GROUP_OPEN_TO_UNDECLARED"
	CodePerhaps      = "FLOW_NOT_DECLARED_PERHAPS"
	CodeUnsure       = "FLOW_NOT_CERTAIN"
	CodeNoEnds       = "NO_SOURCE_OR_DESTINATION"
	CodeUnrestricted = "EGRESS_NOT_LIMITED_BY_NAME"
)

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:          "declared-flows",
		Walks:       true,
		Rows:        []string{"S05", "S07", "S43", "B02"},
		Says:        "every declared flow works in both directions, and every other flow between parts is impossible",
		NeedsIntent: true,
		Check:       check,
	}
}

type checker struct {
	in    *proof.Input
	ends  *proof.Ends
	tally *proof.Tally
	flows map[pair][]estate.Flow
}

type pair struct{ from, to estate.PartID }

func check(ctx context.Context, in *proof.Input) ([]proof.Verdict, error) {
	c := &checker{in: in, ends: in.Ends(), flows: map[pair][]estate.Flow{},
		tally: proof.NewTally(in, "flows", "No part of this environment has an interface.")}
	for _, env := range in.Environments() {
		c.tally.Scope(proof.Scope(env))
	}
	for _, f := range in.Flows() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c.flows[pair{f.From, f.To}] = append(c.flows[pair{f.From, f.To}], f)
		if c.present(f) {
			c.works(f)
		}
	}
	c.countOthers()
	if err := c.others(ctx); err != nil {
		return nil, err
	}
	c.listens()
	return c.tally.Verdicts(), nil
}

func scopeOf(id estate.PartID) proof.Scope { return proof.Scope(id.Environment) }

// present says whether both parts of a flow exist. Of a platform that Surety
// did not write the parts that the estate's file does not name may be absent.
func (c *checker) present(f estate.Flow) bool {
	has := func(id estate.PartID) bool { return len(c.in.Parts.Members[id]) > 0 }
	return has(f.From) && (has(f.To) || c.in.KindOf(f.To) == estate.KindEgress)
}

// works checks a declared flow for all placements of its ends.
func (c *checker) works(f estate.Flow) {
	from, to := c.ends.Of[f.From], c.destinations(f)
	if len(from) == 0 || len(to) == 0 {
		c.tally.Doubt(scopeOf(f.From), proof.Finding{Code: CodeNoEnds, Part: f.From, Intent: f.Pos,
			Message: fmt.Sprintf("Whether %s reaches %s by %s/%d cannot be walked: one of them has no interface in the templates.", f.From, f.To, f.Protocol, f.Port),
			Fix:     "Give both parts an interface in a subnet, or bind the resource that has it."})
		return
	}
	c.tally.Check(scopeOf(f.From), 1)
	want := c.ends.Packets(f)
	var unsure *network.Path
	for _, a := range from {
		for _, b := range to {
			r := c.ends.Net.Reach(a, b)
			switch {
			case r.Must.Contains(want) && (!byName(f) || r.Named.Contains(want)):
			case r.Must.Contains(want):
				c.unrestricted(f, c.ends.Net.Explain(a, b, want))
				return
			case r.May.Contains(want):
				if unsure == nil {
					p := c.ends.Net.Explain(a, b, want)
					unsure = &p
				}
			default:
				c.broken(f, c.ends.Net.Explain(a, b, want.Minus(r.May)))
				return
			}
		}
	}
	if unsure != nil {
		c.tally.Doubt(scopeOf(f.From), proof.Finding{Code: CodeUnsure, Part: f.From, Intent: f.Pos, Path: unsure,
			Message: fmt.Sprintf("%s reaches %s by %s/%d in some placements only, or depending on what is not known: %s.", f.From, f.To, f.Protocol, f.Port, proof.Why(*unsure)),
			Fix:     "Let the rule hold for the whole range of both ends, or give the value that is not known."})
	}
}

// destinations returns the classes that a flow leads to: those of the part, or
// for what leaves by the hub the addresses outside.
func (c *checker) destinations(f estate.Flow) []network.ClassID {
	if c.in.KindOf(f.To) != estate.KindEgress {
		return c.ends.Of[f.To]
	}
	var to []network.ClassID
	for _, x := range c.ends.Net.External() {
		if outside(c.in.Estate, c.ends, x, f) {
			to = append(to, x)
		}
	}
	return to
}

// byName says whether a flow leaves to the domains of allow-egress only.
func byName(f estate.Flow) bool {
	return f.Implied == estate.ImpliedEgress || f.Implied == estate.ImpliedForward || f.Implied == estate.ImpliedAuthoriser
}

// outside says whether a flow that leaves by the hub may lead to a class of
// addresses outside: one that has ranges to them, all others to any address
// that is public.
func outside(e *estate.Estate, ends *proof.Ends, x network.ClassID, f estate.Flow) bool {
	all := func(in func(netip.Prefix) bool) bool {
		return !slices.ContainsFunc(ends.Net.Class(x).Addrs, func(p netip.Prefix) bool { return !in(p) })
	}
	ranges := e.Outside(f)
	if len(ranges) == 0 {
		return all(func(p netip.Prefix) bool { return !p.Addr().IsPrivate() })
	}
	return len(ends.Net.Class(x).Addrs) > 0 && all(func(p netip.Prefix) bool {
		return slices.ContainsFunc(ranges, func(t netip.Prefix) bool { return t.Bits() <= p.Bits() && t.Contains(p.Addr()) })
	})
}

func (c *checker) broken(f estate.Flow, p network.Path) {
	s := proof.Stopped(p)
	s.Message = fmt.Sprintf("The estate says that %s reaches %s by %s/%d, but %s.", f.From, f.To, f.Protocol, f.Port, s.Message)
	s.Part, s.Intent = f.From, f.Pos
	s.Fix = "Let it through there, or take the flow out of the estate file."
	c.tally.Refute(scopeOf(f.From), s)
}

func (c *checker) unrestricted(f estate.Flow, p network.Path) {
	s := proof.Opened(p)
	s.Code, s.Part, s.Intent = CodeUnrestricted, f.From, f.Pos
	s.Message = fmt.Sprintf("%s reaches every name on the internet by %s/%d; the estate allows it the domains of allow-egress only.", f.From, f.Protocol, f.Port)
	s.Fix = "Lead its way out through the firewall's list of domains."
	c.tally.Refute(scopeOf(f.From), s)
}

// speaks says whether a part opens connections of its own. What only forwards
// does not: its interfaces carry others' flows.
func (c *checker) speaks(id estate.PartID) bool {
	switch c.in.KindOf(id) {
	case estate.KindEgress, estate.KindAttachment, estate.KindFirewall, estate.KindLogs:
		return false
	}
	return true
}

// countOthers counts the ordered pairs of parts that are looked at for flows
// that nobody declared.
func (c *checker) countOthers() {
	for from := range c.ends.Of {
		if c.speaks(from) {
			c.tally.Check(scopeOf(from), len(c.ends.Of)-1)
		}
	}
}

// others looks for flows that nobody declared: in the network as it will be
// deployed, then between parts by what groups let in alone.
func (c *checker) others(ctx context.Context) error {
	groups := c.in.Layer(proof.LayerGroups)
	reported := map[pair]bool{}
	for _, e := range []*proof.Ends{c.ends, groups} {
		open, err := e.Open(ctx)
		if err != nil {
			return err
		}
		c.undeclared(e, open, reported)
	}
	return nil
}

// undeclared reports what flows between parts and is not declared: one finding
// for each ordered pair of parts that has none yet.
func (c *checker) undeclared(e *proof.Ends, open []proof.OpenPair, reported map[pair]bool) {
	found := map[pair]proof.OpenPair{}
	var order []pair
	for _, o := range open {
		if e.External(o.From) || e != c.ends && e.External(o.To) {
			continue
		}
		for _, from := range e.Parts[o.From] {
			for _, to := range c.parts(e, from, o.To) {
				pr := pair{from, to}
				if from == to || reported[pr] || !c.speaks(from) {
					continue
				}
				left := o
				left.Reach = minus(o.Reach, c.allowed(e, pr, o))
				best, seen := found[pr]
				if left.Reach.May.IsEmpty() || seen && (!best.Reach.Must.IsEmpty() || left.Reach.Must.IsEmpty()) {
					continue
				}
				if !seen {
					order = append(order, pr)
				}
				found[pr] = left
			}
		}
	}
	for _, pr := range order {
		reported[pr] = true
		c.report(e, pr, found[pr])
	}
}

func minus(r network.Reach, p network.PacketSet) network.Reach {
	return network.Reach{Must: r.Must.Minus(p), May: r.May.Minus(p), Named: r.Named.Minus(p)}
}

// parts returns the parts of a class; addresses outside are the egress of the
// hub by which a part leaves.
func (c *checker) parts(e *proof.Ends, from estate.PartID, x network.ClassID) []estate.PartID {
	if e.External(x) {
		site, _ := c.in.Estate.Site(from.Environment)
		return []estate.PartID{{Environment: cmp.Or(site.Hub, estate.HubEnvironment), Name: estate.PartEgress}}
	}
	return e.Parts[x]
}

// allowed returns what is declared between two parts, as far as it concerns a
// pair of their classes. What leaves for the domains of allow-egress is
// declared only if the firewall limits it to names.
func (c *checker) allowed(e *proof.Ends, pr pair, o proof.OpenPair) network.PacketSet {
	var all network.PacketSet
	for _, f := range c.flows[pr] {
		p := e.Packets(f)
		if e.External(o.To) && (!outside(c.in.Estate, e, o.To, f) || byName(f) && !o.Reach.Named.Contains(p)) {
			continue
		}
		all = all.Or(p)
	}
	return all
}

func (c *checker) report(e *proof.Ends, pr pair, o proof.OpenPair) {
	what := o.Reach.Must
	if what.IsEmpty() {
		what = o.Reach.May
	}
	path := e.Net.Explain(o.From, o.To, what)
	f := proof.Opened(path)
	f.Code, f.Part = CodeUndeclared, pr.to
	f.Fix = "Close the rule, or declare the flow in the estate file (needs, called-by, expose)."
	to, ports := pr.to.String(), e.Net.Format(what)
	if e.External(o.To) {
		f.Part, to = pr.from, e.Name(o.To)
	}
	switch {
	case o.Reach.Must.IsEmpty():
		f.Code = CodePerhaps
		f.Message = fmt.Sprintf("%s may reach %s by %s, which the estate does not declare: %s.", pr.from, to, ports, proof.Why(path))
		c.tally.Doubt(scopeOf(pr.from), f)
		return
	case e != c.ends:
		f.Code = CodeGroupOpen
		f.Message = fmt.Sprintf("The security groups of %s let %s in by %s, which the estate does not declare; only another rule still stops it.", to, pr.from, ports)
	default:
		f.Message = fmt.Sprintf("%s reaches %s by %s, which the estate does not declare.", pr.from, to, ports)
	}
	c.tally.Refute(scopeOf(pr.from), f)
}
