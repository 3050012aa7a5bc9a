package parity

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/value"
)

// mostPairs bounds how many pairs are looked at for the most alike ones; more
// leftovers than that are a stack that is missing, not a property that differs.
const mostPairs = 10_000

// report pairs what is left over and says where each pair differs, and what has
// no counterpart.
func (c *checker) report(s *side, sized bool, here, there []*entry) {
	for _, p := range c.pairs(s, sized, here, there) {
		switch {
		case p.there == nil:
			c.alone(s, sized, p.here, CodeExtra, "%s is in "+s.name+", and "+c.reference.name+" has nothing like it.")
		case p.here == nil:
			c.alone(s, sized, p.there, CodeMissing, "%s is in "+c.reference.name+", and "+s.name+" has nothing like it.")
		default:
			c.differs(s, p)
		}
	}
}

// pair is a resource of the environment and one of the reference; either may
// be missing.
type pair struct {
	here, there *entry
	at          []string // the properties that differ
}

// pairs pairs entries of one type and part: those of one construct, then the
// most alike.
func (c *checker) pairs(s *side, sized bool, here, there []*entry) []pair {
	type kind struct{ typ, part string }
	of := func(e *entry) kind { return kind{e.r.Type, e.part} }
	left := map[kind][]*entry{}
	named := map[string]*entry{}
	for _, e := range there {
		left[of(e)] = append(left[of(e)], e)
		named[e.key()] = e
	}
	var out []pair
	take := func(e, o *entry, at []string) {
		k := of(o)
		left[k] = slices.DeleteFunc(left[k], func(x *entry) bool { return x == o })
		out = append(out, pair{e, o, at})
	}
	var rest []*entry
	for _, e := range here {
		o := named[e.key()]
		if o == nil || of(o) != of(e) {
			rest = append(rest, e)
			continue
		}
		delete(named, e.key())
		take(e, o, c.difference(s, sized, e, o))
	}
	for _, e := range rest {
		candidates := left[of(e)]
		if len(candidates)*len(rest) > mostPairs {
			candidates = candidates[:1]
		}
		var best *entry
		var least []string
		for _, o := range candidates {
			at := c.difference(s, sized, e, o)
			if best == nil || cmp.Or(c.unlike(s, e, at)-c.unlike(s, e, least), len(at)-len(least)) < 0 {
				best, least = o, at
			}
		}
		if best == nil {
			out = append(out, pair{here: e})
			continue
		}
		take(e, best, least)
	}
	for _, e := range there {
		if slices.Contains(left[of(e)], e) {
			out = append(out, pair{there: e})
		}
	}
	slices.SortStableFunc(out, func(a, b pair) int { return a.address().r.Addr.Compare(b.address().r.Addr) })
	return out
}

// unlike counts the properties in which a resource may not differ.
func (c *checker) unlike(s *side, e *entry, at []string) int {
	n := 0
	for _, property := range at {
		if !c.excepted(s, e, property) {
			n++
		}
	}
	return n
}

func (p pair) address() *entry { return cmp.Or(p.here, p.there) }

// key names a resource by its construct, or by stack and logical id where there
// is none, without the environment's name.
func (e *entry) key() string {
	path := cmp.Or(e.r.Construct, e.r.Addr.Stack.Name+"/"+e.r.Addr.Logical)
	if n, ok := e.side.neutral(path); ok {
		path = string(n)
	}
	return e.r.Addr.Stack.Region + "/" + path
}

// alone reports a resource without a counterpart.
func (c *checker) alone(s *side, sized bool, e *entry, code, message string) {
	if c.tenanted(s) && e.forTenants() || sized && c.oneMore(s, e) || c.excepted(s, e, "") || s.recovers != c.reference.recovers && (e.forRecovery() || c.crosses(e)) {
		return
	}
	c.tally.Refute(proof.Scope(s.name), proof.Finding{Code: code, At: e.r.Addr, Part: c.in.PartOf(e.r.Addr),
		Message: fmt.Sprintf(message, c.in.Name(e.r)),
		Fix:     "Make the environments alike; or say under parity in the estate file what may differ, and why."})
}

// differs reports the properties in which a pair differs.
func (c *checker) differs(s *side, p pair) {
	for _, at := range p.at {
		if c.excepted(s, p.here, at) {
			continue
		}
		c.tally.Refute(proof.Scope(s.name), proof.Finding{Code: CodeDiffers, At: p.here.r.Addr, Property: at,
			Message: fmt.Sprintf("%s of %s is not as in %s%s.", cmp.Or(at, "It"), c.in.Name(p.here.r), c.reference.name, values(p, at)),
			Fix:     "Make the environments alike; or say under parity in the estate file what may differ, and why."})
	}
}

// oneMore says whether a resource is one more of a thing that the side which
// lacks it has too.
func (c *checker) oneMore(s *side, e *entry) bool {
	which := counted(e)
	if which == nil {
		return false
	}
	other := s
	if e.side == s {
		other = c.reference
	}
	return slices.ContainsFunc(other.all, func(o *entry) bool {
		if o.kind != e.kind {
			return false
		}
		a, b := e, o
		if e.side != s {
			a, b = o, e
		}
		return !slices.ContainsFunc(c.difference(s, true, a, b), func(at string) bool {
			return !slices.ContainsFunc(which, func(w string) bool { return estate.ParityException{Path: "*/*/" + w}.Covers("", "", at) })
		})
	})
}

// tenanted says whether an environment has other tenants than the reference.
func (c *checker) tenanted(s *side) bool { return !slices.Equal(s.tenants, c.reference.tenants) }

// listing are the properties that list what an environment has for its tenants,
// so that they differ where the tenants do.
func listing() []estate.ParityException {
	return []estate.ParityException{{Path: "*/AWS::ElastiCache::UserGroup/UserIds"}}
}

// sharded are the properties of what an environment has for its tenants' sake
// that go over the balancers which serve them: more tenants have more of those.
func sharded() []estate.ParityException {
	return []estate.ParityException{{Path: "*/AWS::ApiGateway::UsagePlan/ApiStages"}, {Path: "*/AWS::CloudWatch::Dashboard/DashboardBody"}}
}

// recovering are the properties and resources in which an environment that
// recovers in another Region differs from one that does not: a global database,
// whose administrator's secret RDS does not manage; copies of secrets; an API key
// that has to be the same in both Regions; names that lead elsewhere at need.
func recovering() []estate.ParityException {
	var all []estate.ParityException
	for _, path := range []string{
		"database/AWS::RDS::GlobalCluster", "database/AWS::SecretsManager::Secret", "*/AWS::SecretsManager::SecretTargetAttachment",
		"database/AWS::RDS::DBCluster/ManageMasterUserPassword", "database/AWS::RDS::DBCluster/MasterUserPassword", "database/AWS::RDS::DBCluster/MasterUserSecret",
		"database/AWS::RDS::DBCluster/MasterUsername", "database/AWS::RDS::DBInstance/DBInstanceClass",
		"*/AWS::SecretsManager::Secret/ReplicaRegions", "provisioner/AWS::Lambda::Function/Environment/Variables/ADMINISTRATOR_SECRET",
		"gateway/AWS::SecretsManager::Secret", "*/AWS::ApiGateway::ApiKey/Value",
		"*/AWS::Route53::RecordSet/Failover", "*/AWS::Route53::RecordSet/HealthCheckId", "*/AWS::Route53::RecordSet/SetIdentifier",
	} {
		all = append(all, estate.ParityException{Path: path})
	}
	return all
}

// leadsElsewhere says whether a resource is the record of a name for when the
// home Region is lost.
func leadsElsewhere(e *entry) bool {
	return e.r.Type == "AWS::Route53::RecordSet" && e.r.Props.Get("Failover").Text() == "SECONDARY"
}

// crosses says whether a route, or a rule of a filter, is there for a flow that
// the estate declares between an environment and the place where it recovers: it
// names the replication tier of the one or of the other.
func (c *checker) crosses(e *entry) bool {
	property, ok := map[string]string{"AWS::EC2::Route": "DestinationCidrBlock", "AWS::EC2::NetworkAclEntry": "CidrBlock", "AWS::EC2::SecurityGroupEgress": "CidrIp"}[e.r.Type]
	return ok && e.side.recovers && slices.Contains(c.peered[e.side.name], e.r.Props.Get(property).Text())
}

// peered returns the ranges of the replication tiers at both ends of the flows
// from each environment to where it recovers.
func peered(e *estate.Estate) map[string][]string {
	all := map[string][]string{}
	flows := e.PeeredFlows()
	if len(flows) == 0 {
		return all
	}
	plan := e.Plan()
	for _, f := range flows {
		for _, site := range []string{f.From.Environment, f.To.Environment} {
			v, _ := plan.Sites.Get(site)
			all[f.From.Environment] = append(all[f.From.Environment], v.Range(estate.TierReplication).String())
		}
	}
	return all
}

// readsAdministrator says whether a property is what the policy of the
// provisioner's role lets it read: the administrator's secret.
func readsAdministrator(e *entry, property string) bool {
	return (estate.ParityException{Path: "*/AWS::IAM::Policy/PolicyDocument/Statement/*/Resource"}).Covers(e.part, e.r.Type, property) &&
		slices.ContainsFunc(e.refs, func(r reference) bool { return r.to.part == estate.PartProvisioner && r.to.r.Type == "AWS::IAM::Role" })
}

// excepted says whether the estate allows a resource to differ at a property,
// or its tenants do.
func (c *checker) excepted(s *side, e *entry, property string) bool {
	covers := func(x estate.ParityException) bool { return x.Covers(e.part, e.r.Type, property) }
	if slices.ContainsFunc(c.in.Estate.Parity.Except, covers) ||
		s.recovers != c.reference.recovers && (slices.ContainsFunc(recovering(), covers) || readsAdministrator(e, property) || leadsElsewhere(e)) {
		return true
	}
	return c.tenanted(s) && (slices.ContainsFunc(listing(), covers) || e.forTenants() && slices.ContainsFunc(sharded(), covers))
}

// values shows what two resources have at a property, where that is short and
// cannot be a secret.
func values(p pair, at string) string {
	const most = 40
	lower := strings.ToLower(at)
	for _, word := range []string{"pass", "secret", "token", "credential", "privatekey", "environment", "value"} {
		if strings.Contains(lower, word) {
			return ""
		}
	}
	a, b := p.here.r.Props.Path(at), p.there.r.Props.Path(at)
	show := func(v value.Value) string {
		if v.IsAbsent() {
			return "nothing"
		}
		return v.String()
	}
	if len(show(a)) > most || len(show(b)) > most {
		return ""
	}
	return ": it is " + show(a) + " and not " + show(b)
}

// difference returns the paths at which two resources differ.
func (c *checker) difference(s *side, sized bool, e, o *entry) []string {
	d := differ{here: s, there: c.reference, sized: sized}
	if e.r.Retain != o.r.Retain {
		d.at = append(d.at, "DeletionPolicy")
	}
	var m *mask
	if sized {
		m = capacity()[e.r.Type]
	}
	d.compare(e.r.Props, o.r.Props, "", m)
	return d.at
}

// differ collects the paths at which two values differ.
type differ struct {
	here, there *side
	sized       bool
	at          []string
}

func (d *differ) compare(a, b value.Value, path string, m *mask) {
	if m != nil && m.whole {
		return
	}
	switch {
	case a.Kind() == value.Map && b.Kind() == value.Map:
		d.maps(a, b, path, m)
	case a.Kind() == value.List && b.Kind() == value.List && a.Len() == b.Len():
		for i, item := range a.Items() {
			d.compare(item, b.Index(i), join(path, strconv.Itoa(i)), m.child("*"))
		}
	case !d.same(a, b):
		d.at = append(d.at, path)
	}
}

// maps compares entry by entry; the keys may hold the environment's name.
func (d *differ) maps(a, b value.Value, path string, m *mask) {
	other := map[uint64]string{}
	for k := range b.Entries() {
		other[d.there.text(k)] = k
	}
	for _, k := range a.Keys() {
		h := d.here.text(k)
		d.compare(script(k, a.Get(k)), script(k, b.Get(cmp.Or(other[h], k))), join(path, k), m.child(k))
		delete(other, h)
		delete(other, d.there.text(k))
	}
	for _, k := range b.Keys() {
		if other[d.there.text(k)] == k {
			d.compare(value.Value{}, b.Get(k), join(path, k), m.child(k))
		}
	}
}

// same says whether two values are equal but for what is the environments' own.
func (d *differ) same(a, b value.Value) bool {
	if s, ok := a.Str(); ok {
		t, ok := b.Str()
		return ok && (s == t || d.here.text(s) == d.there.text(t))
	}
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case value.Symbol:
		return d.sameTarget(a, b)
	case value.Concat, value.List:
		return slices.EqualFunc(a.Items(), b.Items(), d.same)
	case value.Unknown:
		return true // which is doubted as such
	}
	return value.Equal(a, b)
}

func (d *differ) sameTarget(a, b value.Value) bool {
	x, _ := a.Ref()
	y, _ := b.Ref()
	if x == y {
		return true
	}
	e, o := d.here.by[x.To], d.there.by[y.To]
	if d.here.target(x, e) != d.there.target(y, o) {
		return false
	}
	if e == nil || o == nil {
		return e == o
	}
	return e.vague && o.vague || e.content(d.sized) == o.content(d.sized)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "/" + key
}
