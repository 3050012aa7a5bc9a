package survivesregion

import (
	"slices"
	"strconv"
	"strings"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// database sees to it that the database is followed by a cluster of the recovery
// Region that can take over ("Using switchover or failover in Amazon Aurora
// Global Database", Amazon Aurora User Guide).
func (c *checker) database() {
	c.followed = map[addr.Address]addr.Address{}
	for _, first := range c.of(c.home, "AWS::RDS::DBCluster") {
		c.tally.Check(c.scope, 1)
		global := c.global(first)
		if global == nil {
			c.refute(CodeGlobal, first.Addr, "", "Add AWS::RDS::GlobalCluster whose SourceDBClusterIdentifier is the cluster.", "%s is the first of no global database.", c.in.Name(first))
			continue
		}
		second := c.follower(global)
		if second == nil {
			c.refute(CodeSecondary, global.Addr, "GlobalClusterIdentifier", "Add a cluster in "+c.there.Region+" with the identifier as its GlobalClusterIdentifier.",
				"No cluster of %s in %s follows %s.", c.there.Name, c.there.Region, c.in.Name(global))
			continue
		}
		c.followed[first.Addr] = second.Addr
		c.alike(first, second)
		c.instances(first, second)
		c.lag(second)
	}
}

// global returns the global database that a cluster is the first of.
func (c *checker) global(first *resource.Resource) *resource.Resource {
	for _, g := range c.in.Graph.OfType("AWS::RDS::GlobalCluster") {
		if refers(g.Props.Get("SourceDBClusterIdentifier"), first.Addr) || c.joins(first, g) {
			return g
		}
	}
	return nil
}

// follower returns the cluster of the recovery Region that joins a global
// database.
func (c *checker) follower(global *resource.Resource) *resource.Resource {
	for _, d := range c.of(c.there, "AWS::RDS::DBCluster") {
		if c.joins(d, global) {
			return d
		}
	}
	return nil
}

// joins says whether a cluster names a global database as its own.
func (c *checker) joins(cluster, global *resource.Resource) bool {
	own := cluster.Props.Get("GlobalClusterIdentifier")
	return own.Text() != "" && own.Text() == global.Props.Get("GlobalClusterIdentifier").Text() || refers(own, global.Addr)
}

// refers says whether a value is, or holds, a reference to a resource.
func refers(v value.Value, to addr.Address) bool {
	if ref, ok := v.Ref(); ok {
		return ref.To == to
	}
	return slices.ContainsFunc(v.Items(), func(item value.Value) bool { return refers(item, to) })
}

// alike sees to it that both clusters run the same version: a failover to any
// other is refused ("Using failover in an Amazon Aurora global database").
func (c *checker) alike(first, second *resource.Resource) {
	for _, p := range []string{"Engine", "EngineVersion"} {
		a, b := first.Props.Get(p), second.Props.Get(p)
		if why := a.FirstUnknown(); why != nil {
			c.doubt(first.Addr, p, why, "which engine "+c.in.Name(first)+" runs")
		} else if why := b.FirstUnknown(); why != nil {
			c.doubt(second.Addr, p, why, "which engine "+c.in.Name(second)+" runs")
		} else if !value.Equal(a, b) {
			c.refute(CodeEngine, second.Addr, p, "Give both clusters the same engine and version.", "%s of %s is %s, and that of %s %s.", p, c.in.Name(second), b, c.in.Name(first), a)
		}
	}
}

// instances counts what stands ready, and sees to it that no instance is of a
// class that a global database refuses: those whose CPU is burstable
// ("Configuration requirements of an Amazon Aurora global database").
func (c *checker) instances(first, second *resource.Resource) {
	ready := 0
	for _, i := range c.in.Graph.OfType("AWS::RDS::DBInstance") {
		cluster := i.Props.Get("DBClusterIdentifier")
		switch {
		case refers(cluster, second.Addr):
			ready++
		case !refers(cluster, first.Addr):
			continue
		}
		if class := i.Props.Get("DBInstanceClass").Text(); strings.HasPrefix(class, "db.t") {
			c.refute(CodeClass, i.Addr, "DBInstanceClass", "Take a class of the memory-optimised families, for example db.r7g.large.", "%s is a %s, which no global database takes.", c.in.Name(i), class)
		}
	}
	least := 1
	if c.standby == estate.RecoveryWarmStandby {
		least = 2
	}
	if ready < least {
		c.refute(CodeSmall, second.Addr, "", "Add instances in other Availability Zones.", "%s has %d instances; recovery: %s asks for at least %d.", c.in.Name(second), ready, c.standby, least)
	}
}

// lag sees to it that somebody is told when the follower is behind: what it has
// not got is lost with the home Region. Only its own Region measures it.
func (c *checker) lag(second *resource.Resource) {
	for _, a := range c.in.Graph.OfType("AWS::CloudWatch::Alarm") {
		if a.Props.Get("MetricName").Text() != "AuroraGlobalDBReplicationLag" || a.Addr.Stack.Region != c.there.Region {
			continue
		}
		for _, d := range a.Props.Get("Dimensions").Items() {
			if v := d.Get("Value"); refers(v, second.Addr) || v.Text() != "" && v.Text() == second.Props.Get("DBClusterIdentifier").Text() {
				c.bound(a, second)
				return
			}
		}
	}
	c.refute(CodeLag, second.Addr, "", "Add an alarm on AuroraGlobalDBReplicationLag of the cluster in "+c.there.Region+".", "Nobody is told when %s falls behind the database that it follows.", c.in.Name(second))
}

// bound holds an alarm to the loss that is stated.
func (c *checker) bound(a, second *resource.Resource) {
	limit := a.Props.Get("Threshold")
	if why := limit.FirstUnknown(); why != nil {
		c.doubt(a.Addr, "Threshold", why, "how far "+c.in.Name(second)+" may be behind before somebody is told")
	} else if n, ok := limit.Int(); !ok || n > statedLag {
		c.refute(CodeLag, a.Addr, "Threshold", "Set it to at most "+strconv.Itoa(statedLag)+".", "Nobody is told before %s is %s ms behind; the RPO that is stated is %d ms.", c.in.Name(second), limit, statedLag)
	}
}

// secrets sees to it that what parts read at home they can read in the recovery
// Region, by a key of that Region.
func (c *checker) secrets() {
	for _, s := range c.of(c.home, "AWS::SecretsManager::Secret") {
		if id := c.in.PartOf(s.Addr); !c.recovered(id) || c.in.KindOf(id) == estate.KindLogs { // what sends logs has a secret of its own in each Region
			continue
		}
		c.tally.Check(c.scope, 1)
		replicas := s.Props.Get("ReplicaRegions")
		if why := replicas.FirstUnknown(); why != nil {
			c.doubt(s.Addr, "ReplicaRegions", why, "where "+c.in.Name(s)+" is replicated")
			continue
		}
		i := slices.IndexFunc(replicas.Items(), func(r value.Value) bool { return r.Get("Region").Text() == c.there.Region })
		if i < 0 {
			c.refute(CodeSecret, s.Addr, "ReplicaRegions", "Replicate it to "+c.there.Region+".", "%s is not replicated to %s.", c.in.Name(s), c.there.Region)
			continue
		}
		c.readable(s, replicas.Index(i).Get("KmsKeyId"))
	}
}

// readable sees to it that the replica of a secret is encrypted by a key of the
// recovery Region, and a tenant's by the key that the tenant has there: by no other
// can its services read it.
func (c *checker) readable(s *resource.Resource, id value.Value) {
	const at = "ReplicaRegions"
	if region := c.regionOf(id); region != "" && region != c.there.Region {
		c.refute(CodeReplicaKey, s.Addr, at, "Encrypt the replica by a key of "+c.there.Region+".", "The replica of %s is encrypted by a key of %s.", c.in.Name(s), region)
		return
	}
	tenant := c.in.PartOf(s.Addr).Tenant
	if tenant == "" {
		return
	}
	key := c.key(id, s.Addr.Stack.Account)
	if own := (estate.PartID{Environment: c.there.Name, Tenant: tenant, Name: estate.PartTenant}); key == nil || c.in.PartOf(key.Addr) != own {
		c.refute(CodeReplicaRead, s.Addr, at, "Encrypt the replica by the key of "+own.String()+".",
			"The replica of %s is encrypted by %s, which is not the key of %s: its services there cannot read it.", c.in.Name(s), c.keyName(key, id), own)
	}
}

// regionOf returns the Region that a reference or an ARN leads to; "" where it
// names none.
func (c *checker) regionOf(v value.Value) string {
	if ref, ok := v.Ref(); ok {
		return ref.To.Stack.Region
	}
	const region, parts = 3, 6
	if arn := strings.SplitN(v.Text(), ":", parts); len(arn) == parts && arn[0] == "arn" {
		return arn[region]
	}
	return ""
}

// key returns the key of the recovery Region that a value refers to, or names by
// the ARN of its alias; nil: none of the templates.
func (c *checker) key(id value.Value, account string) *resource.Resource {
	if ref, ok := id.Ref(); ok {
		return c.in.Graph.Get(ref.To)
	}
	alias, ok := strings.CutPrefix(id.Text(), "arn:aws:kms:"+c.there.Region+":"+account+":")
	if !ok {
		return nil
	}
	if c.aliases == nil {
		c.aliases = map[[2]string]addr.Address{}
		for _, a := range c.in.Graph.OfType("AWS::KMS::Alias") {
			if ref, ok := a.Props.Get("TargetKeyId").Ref(); ok && a.Addr.Stack.Region == c.there.Region {
				c.aliases[[2]string{a.Addr.Stack.Account, a.Props.Get("AliasName").Text()}] = ref.To
			}
		}
	}
	return c.in.Graph.Get(c.aliases[[2]string{account, alias}])
}

func (c *checker) keyName(key *resource.Resource, id value.Value) string {
	if key != nil {
		return c.in.Name(key)
	}
	if id.IsAbsent() {
		return "the account's own key of Secrets Manager"
	}
	return id.String() + ", which is in none of the templates"
}

// keys sees to it that each key that spans Regions has its replica in the
// recovery Region.
func (c *checker) keys() {
	for _, k := range c.of(c.home, "AWS::KMS::Key") {
		if many, _ := k.Props.Get("MultiRegion").Bool(); !many {
			continue
		}
		c.tally.Check(c.scope, 1)
		if !slices.ContainsFunc(c.of(c.there, "AWS::KMS::ReplicaKey"), func(r *resource.Resource) bool { return refers(r.Props.Get("PrimaryKeyArn"), k.Addr) }) {
			c.refute(CodeKey, k.Addr, "", "Add AWS::KMS::ReplicaKey in "+c.there.Region+" whose PrimaryKeyArn is the key's.", "%s spans Regions, but has no replica in %s.", c.in.Name(k), c.there.Region)
		}
	}
}

// apiKeys sees to it that clients keep their keys: each key at home takes its
// value from a secret, and one of the recovery Region, of the same tenant if it is
// a tenant's, from the copy of it.
func (c *checker) apiKeys() {
	there := map[string][]*resource.Resource{} // by tenant
	for _, k := range c.of(c.there, "AWS::ApiGateway::ApiKey") {
		tenant := c.in.PartOf(k.Addr).Tenant
		there[tenant] = append(there[tenant], k)
	}
	for _, k := range c.of(c.home, "AWS::ApiGateway::ApiKey") {
		c.tally.Check(c.scope, 1)
		before, secret := c.known.Read(k.Props.Get("Value"), k.Addr.Stack)
		same := func(o *resource.Resource) bool {
			b, s := c.known.Read(o.Props.Get("Value"), o.Addr.Stack)
			return s == secret && b == before
		}
		if secret != nil && slices.ContainsFunc(there[c.in.PartOf(k.Addr).Tenant], same) {
			continue
		}
		c.refute(CodeAPIKey, k.Addr, "Value", "Let the keys of both Regions take their value from one secret that is replicated.",
			"No API key of %s is certain to have the value of %s, so that its clients would be refused.", c.there.Name, c.in.Name(k))
	}
}
