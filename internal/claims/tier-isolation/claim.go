// Package tierisolation proves that each tier of an environment reaches only
// what the published matrix of docs/claims/tier-isolation.md lets it reach.
//
// What tier an interface should be in comes from the kind of its part; what it
// is in is observed: the routes and network ACLs of its subnet, never a tag or
// a name. The matrix is proved twice: as everything will be deployed, and with
// every security group open, so that subnets alone keep the tiers apart.
package tierisolation

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/network"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
)

// Codes of findings.
const (
	CodeCrossed = "TIER_NOT_ADJACENT"
	CodePerhaps = "TIER_NOT_ADJACENT_PERHAPS"
	CodePublic  = "TIER_SUBNET_PUBLIC"
	CodeRouted  = "TIER_SUBNET_ROUTED"
	CodeShared  = "TIER_SUBNET_SHARED"
)

// The tiers. outside stands for all that is not in the environment.
const (
	dmz         = "DMZ"
	application = "Application"
	data        = "Data"
	endpoint    = "endpoint"
	attachment  = "attachment"
	replication = "replication"
	partners    = "partners"
	outside     = "outside"
)

// matrix says which tiers each tier reaches.
func matrix() map[string][]string {
	return map[string][]string{
		dmz:         {dmz, application, endpoint, outside},
		application: {application, data, endpoint, outside},
		data:        {data, endpoint},
		endpoint:    {},
		attachment:  {},
		replication: {data, endpoint},
		partners:    {},
	}
}

// tierOf returns the tier in which a kind of part belongs, and "" for what is
// in no environment's tiers.
func tierOf(k estate.Kind) string {
	switch k {
	case estate.KindBalancer, estate.KindGateway, estate.KindTunnel, estate.KindCanary, estate.KindForwarder, estate.KindBreakGlass:
		return dmz
	case estate.KindService, estate.KindFunction:
		return application
	case estate.KindDatabase, estate.KindCache:
		return data
	case estate.KindReplication, estate.KindReporting:
		return replication
	case estate.KindEndpoints, estate.KindResolver:
		return endpoint
	case estate.KindAttachment:
		return attachment
	case estate.KindTransfer:
		return partners
	}
	return ""
}

// Claim returns the claim.
func Claim() proof.Claim {
	return proof.Claim{
		ID:          "tier-isolation",
		Walks:       true,
		Rows:        []string{"S04", "S07"},
		Says:        "each tier reaches only the next, and Data reaches endpoints only",
		NeedsIntent: true,
		Check:       check,
	}
}

type checker struct {
	in     *proof.Input
	tally  *proof.Tally
	matrix map[string][]string
	peers  map[string][]netip.Prefix // site → where its replication tier may lead
}

func check(ctx context.Context, in *proof.Input) ([]proof.Verdict, error) {
	c := &checker{in: in, matrix: matrix(), tally: proof.NewTally(in, "pairs of tiers' interfaces", "No part of this environment has an interface.")}
	for _, env := range in.Environments() {
		c.tally.Scope(proof.Scope(env))
	}
	c.readPeers()
	c.subnets()
	subnets := in.Layer(proof.LayerSubnets)
	c.count(subnets)
	crossed := map[crossing]bool{}
	for _, e := range []*proof.Ends{subnets, in.Ends()} {
		open, err := e.Open(ctx)
		if err != nil {
			return nil, err
		}
		sides := c.allSides(e)
		for _, o := range open {
			c.pair(e, sides, o, e == subnets, crossed)
		}
	}
	return c.tally.Verdicts(), nil
}

// side is one end of a pair: an environment and its tier.
type side struct {
	env, tier string
	id        estate.PartID
}

// crossing is what one finding is about.
type crossing struct{ env, from, to string }

// allSides returns the sides of every class.
func (c *checker) allSides(e *proof.Ends) [][]side {
	var all [][]side
	for _, k := range e.Net.Classes() {
		all = append(all, c.sides(e, k.ID))
	}
	return all
}

func (c *checker) sides(e *proof.Ends, x network.ClassID) []side {
	if e.External(x) {
		return []side{{tier: outside}}
	}
	var all []side
	for _, id := range e.Parts[x] {
		s := side{env: id.Environment, tier: tierOf(c.in.KindOf(id)), id: id}
		if estate.IsHub(id.Environment) || s.tier == "" {
			s.tier = outside
		}
		all = append(all, s)
	}
	return all
}

// count counts the ordered pairs of interfaces of each environment's tiers.
func (c *checker) count(e *proof.Ends) {
	in := map[string]int{}
	for _, k := range e.Net.Classes() {
		for _, m := range k.Members {
			id := c.in.PartOf(m.Owner.Addr)
			if !estate.IsHub(id.Environment) && tierOf(c.in.KindOf(id)) != "" {
				in[id.Environment]++
			}
		}
	}
	for env, n := range in {
		c.tally.Check(proof.Scope(env), n*n)
	}
}

// pair judges what flows between two classes. Without security groups replies
// that a stateless network ACL lets back look like openings for some ports, so
// only what flows for certain counts then; and within a tier nothing but the
// groups can tell interfaces of one subnet apart.
func (c *checker) pair(e *proof.Ends, sides [][]side, o proof.OpenPair, certain bool, crossed map[crossing]bool) {
	for _, from := range sides[o.From] {
		if from.tier == outside {
			continue
		}
		for _, to := range sides[o.To] {
			if slices.Contains(c.matrix[from.tier], to.tier) || to.tier != outside && to.env != from.env {
				continue // another environment's is for environment-isolation
			}
			x := crossing{from.env, from.tier, to.tier}
			if crossed[x] || certain && (o.Reach.Must.IsEmpty() || from.tier == to.tier) {
				continue
			}
			crossed[x] = true
			c.report(e, o, from, to, certain)
		}
	}
}

func (c *checker) report(e *proof.Ends, o proof.OpenPair, from, to side, groupsOpen bool) {
	what := o.Reach.Must
	if what.IsEmpty() {
		what = o.Reach.May
	}
	path := e.Net.Explain(o.From, o.To, what)
	f := proof.Opened(path)
	f.Part = from.id
	f.Fix = "Close the network ACL or the route that lets it through, or move the part to the tier of its kind."
	how := ""
	if groupsOpen {
		f.At, f.Property = acl(c.in.Graph, path, f.At, f.Property)
		how = ", as far as subnets decide"
	}
	if o.Reach.Must.IsEmpty() {
		f.Code = CodePerhaps
		f.Message = fmt.Sprintf("%s (%s) may reach %s (%s) by %s: %s.", from.id, from.tier, e.Name(o.To), to.tier, e.Net.Format(what), proof.Why(path))
		c.tally.Doubt(proof.Scope(from.env), f)
		return
	}
	f.Code = CodeCrossed
	f.Message = fmt.Sprintf("%s, in the tier %s, reaches %s, in the tier %s, by %s%s; the matrix does not let it.", from.id, from.tier, e.Name(o.To), to.tier, e.Net.Format(what), how)
	c.tally.Refute(proof.Scope(from.env), f)
}

// acl returns the last entry of a network ACL or route on the way, which is
// what a finding about subnets is to point to.
func acl(g *resource.Graph, p network.Path, at addr.Address, property string) (addr.Address, string) {
	for _, h := range p.Forward {
		if r := g.Get(h.By); r != nil && (r.Type == "AWS::EC2::NetworkAclEntry" || r.Type == "AWS::EC2::Route") {
			at, property = h.By, h.Property
		}
	}
	return at, property
}
