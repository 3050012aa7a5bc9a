package tenantisolation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/policy"
	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// access reads every statement that allows a tenant's roles something, and every
// policy of a tenant's resources.
func (c *checker) access() {
	for r := range c.in.Graph.All() {
		own := c.in.PartOf(r.Addr)
		for d := range c.documents.Of(r) {
			switch {
			case d.Purpose == policy.Grants:
				for _, holder := range c.holders(r) {
					if holder.Tenant != "" {
						c.grants(r, d, holder)
					}
				}
			case own.Tenant != "":
				c.guards(r, d, own)
			default:
				c.admits(r, d)
			}
		}
	}
}

// holders returns the parts whose roles hold a policy: the role's own, or those
// that the policy is attached to.
func (c *checker) holders(r *resource.Resource) []estate.PartID {
	var all []estate.PartID
	for _, role := range policy.Roles(r) {
		if id := c.in.PartOf(role); !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// guards judges whom a tenant's resource lets in by its own policy.
func (c *checker) guards(r *resource.Resource, d policy.Document, own estate.PartID) {
	statements, why := policy.Statements(d.Doc)
	if why != nil {
		c.doubt(own, r, CodeAccessUnknown, d.Property, "has a policy that is not known: "+why.Error()+".", "Write the policy in the template.")
	}
	for _, s := range statements {
		if !s.Allow {
			continue
		}
		c.tally.Check(proof.Scope(own.Environment), 1)
		for _, p := range s.Principals {
			if ref, ok := p.Value.Ref(); ok && c.apart(own, c.in.PartOf(ref.To)) {
				c.refute(own, r, CodeTrust, d.PropertyOf(s)+"/Principal", fmt.Sprintf("lets in %s, which is another tenant's.", c.in.Name(c.in.Graph.Get(ref.To))),
					"Let in the tenant's own roles only.")
			}
		}
	}
}

// admits judges what the policy of a resource that tenants share lets a tenant's
// role do: no more than the role's own policies may.
func (c *checker) admits(r *resource.Resource, d policy.Document) {
	statements, _ := policy.Statements(d.Doc) // what is not known is other claims' to say
	for _, s := range statements {
		for _, p := range s.Principals {
			ref, ok := p.Value.Ref()
			holder := c.in.PartOf(ref.To)
			if !s.Allow || !ok || holder.Tenant == "" {
				continue
			}
			c.tally.Check(proof.Scope(holder.Environment), 1)
			g := grant{checker: c, r: r, s: s, holder: holder, at: d.PropertyOf(s)}
			for _, service := range services(s) {
				g.service(service)
			}
		}
	}
}

// grants judges what a tenant's role may do.
func (c *checker) grants(r *resource.Resource, d policy.Document, holder estate.PartID) {
	statements, why := policy.Statements(d.Doc)
	if why != nil {
		c.doubt(holder, r, CodeAccessUnknown, d.Property, "has a policy that is not known: "+why.Error()+".", "Write the policy in the template.")
	}
	for _, s := range statements {
		if !s.Allow {
			continue
		}
		c.tally.Check(proof.Scope(holder.Environment), 1)
		g := grant{checker: c, r: r, s: s, holder: holder, at: d.PropertyOf(s)}
		if s.NotAction || s.NotResource {
			g.refute("everything but a list, which other tenants' may not be on", g.at)
			continue
		}
		for _, service := range services(s) {
			g.service(service)
		}
	}
}

// grant is a statement that allows a tenant's role something.
type grant struct {
	*checker
	r      *resource.Resource
	s      policy.Statement
	holder estate.PartID
	at     string
}

func (g *grant) refute(what, at string) {
	g.checker.refute(g.holder, g.r, CodeAccess, at, fmt.Sprintf("allows %s %s.", g.holder, what),
		"Name what is the tenant's own: its key, its secret, its database users, its user of the cache, the prefix of its name.")
}

// stores are the services whose resources hold what is a tenant's, and what
// says whether a name is a tenant's own. What has no entry holds nothing of a
// tenant's.
func stores() map[string]func(*grant, value.Value) string {
	return map[string]func(*grant, value.Value) string{
		"rds-db": (*grant).databaseUser, "elasticache": (*grant).cacheUser, "s3": (*grant).object,
		"kms": (*grant).owned, "secretsmanager": (*grant).owned, "dynamodb": (*grant).owned, "sqs": (*grant).owned, "sns": (*grant).owned,
		"kinesis": (*grant).owned, "ssm": (*grant).owned, "sts": (*grant).owned, "iam": (*grant).owned, "rds": (*grant).owned, "lambda": (*grant).owned,
	}
}

// services returns the services whose actions a statement names; "*" is every
// one that holds something.
func services(s policy.Statement) []string {
	var all []string
	for _, a := range s.Actions {
		name, _, _ := strings.Cut(strings.ToLower(a.Text()), ":")
		for service := range stores() {
			if (name == service || strings.ContainsAny(name, "*?") || name == "") && !slices.Contains(all, service) {
				all = append(all, service)
			}
		}
	}
	slices.Sort(all)
	return all
}

// service judges every resource of the statement for the actions of a service.
func (g *grant) service(name string) {
	judge := stores()[name]
	for i, v := range g.s.Resources {
		at := g.at + "/Resource"
		if len(g.s.Resources) > 1 {
			at = fmt.Sprintf("%s/%d", at, i)
		}
		if why := v.FirstUnknown(); why != nil {
			g.checker.doubt(g.holder, g.r, CodeAccessUnknown, at, "names a resource that is not known: "+why.Error()+".", "Give the value with --param, or name the resource in the template.")
			continue
		}
		if to := g.refersTo(v); to != nil && g.apart(g.holder, g.in.PartOf(to.Addr)) {
			g.refute(fmt.Sprintf("%s on %s, which is another tenant's", name, g.in.Name(to)), at)
			continue
		}
		if what := judge(g, v); what != "" {
			g.refute(what, at)
		}
	}
}

// refersTo returns the resource of the graph that a value names, also as part
// of an ARN, and a secret also by its name.
func (g *grant) refersTo(v value.Value) *resource.Resource {
	if secret := g.secrets.Of(v, g.r.Addr.Stack); secret != nil {
		return secret
	}
	if ref, ok := v.Ref(); ok {
		return g.in.Graph.Get(ref.To)
	}
	if v.Kind() == value.Concat {
		for _, p := range v.Items() {
			if ref, ok := p.Ref(); ok {
				return g.in.Graph.Get(ref.To)
			}
		}
	}
	return nil
}

// mine says whether a value names a resource of the tenant.
func (g *grant) mine(v value.Value) bool {
	to := g.refersTo(v)
	return to != nil && g.in.PartOf(to.Addr).Tenant == g.holder.Tenant
}

// owned wants a resource of the tenant. The closed list of what tenants share:
// the credentials of an image's registry, the environment's key where Secrets
// Manager alone uses it to read them, and the key of the copies of tenants' files
// where Amazon S3 alone decrypts by it what the role may read.
func (g *grant) owned(v value.Value) string {
	if g.mine(v) {
		return ""
	}
	to := g.refersTo(v)
	if to == nil {
		return fmt.Sprintf("%s, which is not limited to the tenant", shown(v))
	}
	switch to.Type {
	case "AWS::KMS::Key", "AWS::KMS::ReplicaKey":
		via := g.s.Condition.Path("StringEquals/kms:ViaService").Text()
		if strings.HasPrefix(via, "secretsmanager.") || strings.HasPrefix(via, "s3.") && g.copies(to) {
			return ""
		}
	case "AWS::SecretsManager::Secret":
		if g.opensRegistry(to) {
			return ""
		}
	}
	return fmt.Sprintf("%s, which all tenants share", g.in.Name(to))
}

// copies says whether the statement lets the role read by a key what was copied
// from the bucket of tenants' files, and write nothing by it.
func (g *grant) copies(key *resource.Resource) bool {
	id := g.in.PartOf(key.Addr)
	return g.in.KindOf(id) == estate.KindFiles && g.environment(id) == g.environment(g.holder) && id.Environment != g.holder.Environment &&
		!slices.ContainsFunc(g.s.Actions, func(a value.Value) bool { return !strings.EqualFold(a.Text(), "kms:Decrypt") })
}

// opensRegistry says whether a secret is the credentials of the registry of a
// task's image, which ECS itself reads and no container sees.
func (g *grant) opensRegistry(secret *resource.Resource) bool {
	if g.registry == nil {
		g.registry = g.registries()
	}
	return g.registry[opening{g.holder, secret.Addr}]
}

// opening is a part whose tasks' images are behind a secret.
type opening struct {
	part   estate.PartID
	secret addr.Address
}

func (c *checker) registries() map[opening]bool {
	all := map[opening]bool{}
	for _, task := range c.in.Graph.OfType("AWS::ECS::TaskDefinition") {
		for _, container := range task.Props.Get("ContainerDefinitions").Items() {
			if secret := c.secrets.Of(container.Path("RepositoryCredentials/CredentialsParameter"), task.Addr.Stack); secret != nil {
				all[opening{c.in.PartOf(task.Addr), secret.Addr}] = true
			}
		}
	}
	return all
}

// databaseUser wants a user whose name begins with the tenant's ("Creating and
// using an IAM policy for IAM database access", Amazon Aurora User Guide).
func (g *grant) databaseUser(v value.Value) string {
	outline := policy.Outline(v)
	user := outline[strings.LastIndexByte(outline, '/')+1:]
	if strings.HasPrefix(user, g.holder.Tenant+"_") {
		return ""
	}
	return fmt.Sprintf("to sign in to a database as %s, which is not the tenant's alone", shown(v))
}

// cacheUser wants the tenant's own user, whose keys stores judges. The cache
// itself is shared.
func (g *grant) cacheUser(v value.Value) string {
	_, id, ok := strings.Cut(policy.Outline(v), ":user:")
	if !ok {
		if strings.Contains(policy.Outline(v), ":replicationgroup:") {
			return ""
		}
		return fmt.Sprintf("to sign in to a cache as %s, which is not the tenant's alone", shown(v))
	}
	for _, u := range g.in.Graph.OfType("AWS::ElastiCache::User") {
		if u.Props.Get("UserId").Text() == id && ownKeys(u.Props.Get("AccessString").Text(), g.holder.Tenant) {
			return ""
		}
	}
	return fmt.Sprintf("to sign in to a cache as %s, whose keys are not the tenant's alone", shown(v))
}

// object wants objects below the tenant's name, or a bucket of the tenant's. A
// list of a bucket is limited by the prefix that the request names ("Actions,
// resources, and condition keys for Amazon S3", Service Authorization
// Reference).
func (g *grant) object(v value.Value) string {
	if g.mine(v) {
		return ""
	}
	below := g.holder.Tenant + "/"
	_, key, ok := strings.Cut(policy.Outline(v), "/")
	if ok && strings.HasPrefix(key, below) {
		return ""
	}
	if !ok && g.listsBelow(below) {
		return ""
	}
	return fmt.Sprintf("objects of %s that are not below %s", shown(v), below)
}

// listsBelow says whether a statement lists a bucket below a prefix only.
func (g *grant) listsBelow(below string) bool {
	for _, op := range []string{"StringEquals", "StringLike"} {
		if v := g.s.Condition.Get(op).Get("s3:prefix"); !v.IsAbsent() {
			prefixes := v.Items()
			if v.Kind() != value.List {
				prefixes = []value.Value{v}
			}
			return !slices.ContainsFunc(prefixes, func(p value.Value) bool { return !strings.HasPrefix(p.Text(), below) })
		}
	}
	return false
}

// shown prints a value for a sentence.
func shown(v value.Value) string { return strings.ReplaceAll(policy.Outline(v), "\x00", "…") }
