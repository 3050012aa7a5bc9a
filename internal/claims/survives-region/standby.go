package survivesregion

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// tasks sees to it that the counterpart of a service is given the secrets that the
// service is given at home, under the same names: a task without one does not
// start, and with another one cannot read what was signed before.
func (c *checker) tasks() {
	home, there := c.given(c.home), c.given(c.there)
	for _, s := range slices.SortedFunc(maps.Keys(home), given.compare) {
		if !c.recovered(s.part) {
			continue
		}
		c.tally.Check(c.scope, 1)
		secret := home[s]
		s.part.Environment = c.there.Name
		if there[s] == secret {
			continue
		}
		c.tally.Refute(c.scope, proof.Finding{Code: CodeSecretRead, Part: s.part, Message: fmt.Sprintf("%s is not given the copy of %s as %s, as it is at home.", s.part, c.in.Name(c.in.Graph.Get(secret)), s.name),
			Fix: "Let the container take it from the secret's replica in " + c.there.Region + "."})
	}
}

// given is a secret of a container: whose, and the variable that has it.
type given struct {
	part estate.PartID
	name string
}

func (g given) compare(o given) int {
	return cmp.Or(g.part.Compare(o.part), strings.Compare(g.name, o.name))
}

// given returns the secrets that the containers of a site's services are given.
func (c *checker) given(site estate.Site) map[given]addr.Address {
	all := map[given]addr.Address{}
	for _, task := range c.of(site, "AWS::ECS::TaskDefinition") {
		for _, container := range task.Props.Get("ContainerDefinitions").Items() {
			for _, s := range container.Get("Secrets").Items() {
				if secret := c.known.Of(s.Get("ValueFrom"), task.Addr.Stack); secret != nil {
					all[given{c.in.PartOf(task.Addr), s.Get("Name").Text()}] = secret.Addr
				}
			}
		}
	}
	return all
}

// may is something that a part's role may do to what both Regions have: to the
// database, or to the files of tenants. What says to what of it, in the same words
// for both Regions.
type may struct {
	part         estate.PartID
	action, what string
}

// readCopies is what the role of whoever reads tenants' files needs besides in the
// recovery Region: to decrypt by the key of the copies.
const readCopies = "kms:decrypt"

// permissions sees to it that the counterpart of a service may do to the copies of
// the database and of tenants' files what the service may do at home.
func (c *checker) permissions() {
	home, there := c.stores()
	allowed := map[may][]string{} // actions
	for _, m := range c.allowed(c.there, there) {
		action := m.action
		m.action = ""
		allowed[m] = append(allowed[m], action)
	}
	for _, m := range c.allowed(c.home, home) {
		if !c.recovered(m.part) {
			continue
		}
		m.part.Environment = c.there.Name
		c.want(allowed, m)
		if strings.EqualFold(m.action, "s3:GetObject") {
			c.want(allowed, may{m.part, readCopies, copiesKey})
		}
	}
}

func (c *checker) want(allowed map[may][]string, m may) {
	c.tally.Check(c.scope, 1)
	if slices.ContainsFunc(allowed[may{part: m.part, what: m.what}], func(has string) bool { return policy.Covers(value.OfString(has), m.action) == policy.Yes }) {
		return
	}
	c.tally.Refute(c.scope, proof.Finding{Code: CodeMayNot, Part: m.part, Fix: "Allow it to the role of the counterpart too.",
		Message: fmt.Sprintf("%s may not do %s to %s in %s.", m.part, m.action, m.what, c.there.Region)})
}

// What is copied, as findings name it. What follows says to what of it: the user of
// the database, or the objects.
const (
	theDatabase = "the database as "
	theFiles    = "the files "
	theBucket   = "the bucket of files"
	copiesKey   = "the key of their copies"
)

// store says how a resource of a policy is named in both Regions; "": it is none
// of what is copied.
type store func(value.Value) string

// stores returns what names the database and tenants' files at home and in the
// recovery Region. Without a bucket's copy there is nothing to compare of it, and
// that is the finding.
func (c *checker) stores() (home, there store) {
	clusters := map[addr.Address]bool{}
	for _, second := range c.followed {
		clusters[second] = true
	}
	bucket, replica, key := c.files()
	if replica == nil {
		bucket = nil
	}
	home = func(v value.Value) string {
		return named(v, func(a addr.Address) bool { _, ok := c.followed[a]; return ok }, bucket)
	}
	there = func(v value.Value) string {
		if ref, ok := v.Ref(); ok && key != nil && ref.To == key.Addr {
			return copiesKey
		}
		return named(v, func(a addr.Address) bool { return clusters[a] }, replica)
	}
	return home, there
}

// named says what a resource of a policy is: a user of a database, or objects of a
// bucket.
func named(v value.Value, database func(addr.Address) bool, bucket *resource.Resource) string {
	outline := policy.Outline(v)
	if strings.HasPrefix(outline, "arn:aws:rds-db:") {
		if slices.ContainsFunc(v.Items(), func(p value.Value) bool { ref, ok := p.Ref(); return ok && database(ref.To) }) {
			return theDatabase + outline[strings.LastIndexByte(outline, '/')+1:]
		}
		return ""
	}
	if bucket == nil {
		return ""
	}
	rest, ok := strings.CutPrefix(outline, "arn:aws:s3:::"+bucket.Props.Get("BucketName").Text())
	if refers(v, bucket.Addr) {
		rest, ok = strings.TrimPrefix(outline, "\x00"), true
	}
	objects, below := strings.CutPrefix(rest, "/")
	switch {
	case ok && below:
		return theFiles + objects
	case ok && rest == "":
		return theBucket
	}
	return ""
}

// files returns the bucket of tenants' files at home, its copy in the recovery
// Region, and the key that encrypts what is copied; nil: there is none.
func (c *checker) files() (bucket, replica, key *resource.Resource) {
	for _, b := range c.of(c.home, "AWS::S3::Bucket") {
		if c.in.KindOf(c.in.PartOf(b.Addr)) == estate.KindFiles {
			bucket = b
		}
	}
	if bucket == nil {
		return nil, nil, nil
	}
	c.tally.Check(c.scope, 1)
	rules := bucket.Props.Path("ReplicationConfiguration/Rules")
	if why := rules.FirstUnknown(); why != nil {
		c.doubt(bucket.Addr, "ReplicationConfiguration/Rules", why, "where "+c.in.Name(bucket)+" is copied to")
		return bucket, nil, nil
	}
	for _, rule := range rules.Items() {
		to := rule.Path("Destination/Bucket")
		for _, b := range c.in.Graph.OfType("AWS::S3::Bucket") {
			name := b.Props.Get("BucketName").Text()
			if b.Addr.Stack.Region == c.there.Region && rule.Get("Status").Text() == "Enabled" && (refers(to, b.Addr) || name != "" && to.Text() == "arn:aws:s3:::"+name) {
				ref, _ := rule.Path("Destination/EncryptionConfiguration/ReplicaKmsKeyID").Ref()
				return bucket, b, c.in.Graph.Get(ref.To)
			}
		}
	}
	c.refute(CodeFilesStay, bucket.Addr, "ReplicationConfiguration/Rules", "Replicate it to a bucket of "+c.there.Region+".", "%s is copied to no bucket of %s.", c.in.Name(bucket), c.there.Region)
	return bucket, nil, nil
}

// allowed returns what the roles of a site's services may do to what a store
// names.
func (c *checker) allowed(site estate.Site, of store) []may {
	var all []may
	for _, typ := range []string{"AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"} {
		for _, r := range c.of(site, typ) {
			holders := c.holders(r)
			for d := range c.documents.Of(r) {
				if d.Purpose != policy.Grants || len(holders) == 0 {
					continue
				}
				statements, why := policy.Statements(d.Doc)
				if why != nil {
					c.doubt(r.Addr, d.Property, why, "what "+c.in.Name(r)+" allows")
				}
				for _, s := range statements {
					all = append(all, granted(s, holders, of)...)
				}
			}
		}
	}
	return all
}

func granted(s policy.Statement, holders []estate.PartID, of store) []may {
	var all []may
	if !s.Allow || s.NotAction || s.NotResource {
		return nil
	}
	for _, r := range s.Resources {
		what := of(r)
		if what == "" {
			continue
		}
		for _, a := range s.Actions {
			for _, part := range holders {
				all = append(all, may{part, a.Text(), what})
			}
		}
	}
	return all
}

// holders returns the services whose roles hold a policy.
func (c *checker) holders(r *resource.Resource) []estate.PartID {
	var all []estate.PartID
	for _, role := range policy.Roles(r) {
		if id := c.in.PartOf(role); c.in.KindOf(id) == estate.KindService && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}
