package recoverable

import (
	"fmt"
	"slices"
	"strings"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/internal/part"
	"github.com/suretyhq/surety/internal/resource"
	"github.com/suretyhq/surety/internal/value"
)

// protected is a type that AWS Backup backs up: how its ARN goes on after
// account and Region, which property names it, what the service calls it in a
// restore test, and which property keeps it from being deleted.
type protected struct {
	service, prefix, name string
	restored              string
	protection            string
}

// protectedTypes are the types that AWS Backup backs up ("Feature availability
// by resource", "Resource types supported for restore testing", AWS Backup
// Developer Guide) and that hold data in an estate.
func protectedTypes() map[string]protected {
	cluster := func(restored string) protected {
		return protected{"rds", "cluster:", "DBClusterIdentifier", restored, "DeletionProtection"}
	}
	return map[string]protected{
		"AWS::RDS::DBCluster":        cluster("Aurora"),
		"AWS::DocDB::DBCluster":      cluster("DocumentDB"),
		"AWS::Neptune::DBCluster":    cluster("Neptune"),
		"AWS::RDS::DBInstance":       {"rds", "db:", "DBInstanceIdentifier", "RDS", "DeletionProtection"},
		"AWS::DynamoDB::Table":       {"dynamodb", "table/", "TableName", "DynamoDB", "DeletionProtectionEnabled"},
		"AWS::DynamoDB::GlobalTable": {"dynamodb", "table/", "TableName", "DynamoDB", ""},
		"AWS::EFS::FileSystem":       {"elasticfilesystem", "file-system/", "", "EFS", ""},
		"AWS::FSx::FileSystem":       {"fsx", "file-system/", "", "FSx", ""},
		"AWS::EC2::Volume":           {"ec2", "volume/", "", "EBS", ""},
		"AWS::S3::Bucket":            {"s3", "", "BucketName", "S3", ""},
	}
}

// derivable lists the types that need no backup, with the reason. The list is
// closed (docs/claims/recoverable.md).
func derivable() map[string]string {
	const (
		cache   = "it is filled again from the database"
		passing = "what passes through it is kept where it comes from or where it goes"
		logs    = "logged proves that its logs end in a locked archive"
	)
	return map[string]string{
		"AWS::ElastiCache::CacheCluster":       cache,
		"AWS::ElastiCache::ReplicationGroup":   cache,
		"AWS::ElastiCache::ServerlessCache":    cache,
		"AWS::SNS::Topic":                      passing,
		"AWS::SQS::Queue":                      passing,
		"AWS::Kinesis::Stream":                 passing,
		"AWS::KinesisFirehose::DeliveryStream": passing,
		"AWS::Events::EventBus":                passing,
		"AWS::Events::Archive":                 passing,
		"AWS::Logs::LogGroup":                  logs,
		"AWS::CloudTrail::Trail":               logs,
		"AWS::ECR::Repository":                 "its images are built again from the commit that they are named by",
		"AWS::RDS::GlobalCluster":              "its clusters hold the data",
	}
}

// derivableParts lists the kinds of parts whose buckets and tables need no
// backup, with the reason. This list is closed too.
func derivableParts() map[estate.Kind]string {
	const logs = "logged proves that what it keeps, which are logs, ends in a locked archive"
	return map[estate.Kind]string{
		estate.KindLogs:     logs,
		estate.KindTrail:    logs,
		estate.KindFindings: logs,
		estate.KindFirewall: logs,
		estate.KindBalancer: logs,
		estate.KindEdge:     "it holds the website, which a pipeline puts there again from its commit",
		estate.KindCanary:   "it holds what canaries saw, which nobody needs after a month",

		estate.KindArtifacts: "it holds archives, which a pipeline builds again from their commit",
		estate.KindEvents:    "it remembers for some days which events were handled; the bus's archive keeps the events",
	}
}

// filled lists the kinds of parts whose databases AWS Backup need not back up,
// with the reason: their own backups do. The third closed list.
func filled() map[estate.Kind]string {
	return map[estate.Kind]string{
		estate.KindReporting: "AWS DMS fills it again from the database, which is backed up",
	}
}

// store judges a resource that holds data, unless it is on one of the lists.
func (c *checker) store(r *resource.Resource) {
	if !part.HoldsData(r.Type) || derivable()[r.Type] != "" {
		return
	}
	const lost = "with everything in it"
	if r.Type == "AWS::SecretsManager::Secret" {
		// AWS Backup does not know secrets; Secrets Manager keeps a deleted one for
		// 7 to 30 days ("Delete an AWS Secrets Manager secret").
		c.tally.Check(c.in.ScopeOf(r), 1)
		c.kept(r, CodeNotKept, lost)
		return
	}
	if r.Type == "AWS::RDS::DBInstance" && !r.Props.Get("DBClusterIdentifier").IsAbsent() {
		return // the cluster has the data
	}
	if plain := r.Type == "AWS::S3::Bucket" || r.Type == "AWS::DynamoDB::Table"; plain && derivableParts()[c.in.KindOf(c.in.PartOf(r.Addr))] != "" || c.questions[r] {
		return
	}
	c.tally.Check(c.in.ScopeOf(r), 1)
	c.kept(r, CodeNotKept, lost)
	p, ok := protectedTypes()[r.Type]
	if !ok {
		c.doubt(r, "", "may have backups that no template shows: AWS Backup makes none of its type", nil)
		return
	}
	c.protection(r, p)
	if c.isCopy(r) {
		return
	}
	c.pointInTime(r)
	if filled()[c.in.KindOf(c.in.PartOf(r.Addr))] != "" {
		return
	}
	c.backups(r, p)
	if r.Type == "AWS::S3::Bucket" {
		c.replication(r)
	}
}

// isCopy says whether a store holds copies of another, which is backed up: a
// bucket that others are copied to, a cluster of the recovery Region that is
// another's secondary ("Using Amazon Aurora Global Database", Amazon Aurora User
// Guide).
func (c *checker) isCopy(r *resource.Resource) bool {
	if r.Type == "AWS::S3::Bucket" {
		return c.replicas[r]
	}
	return !r.Props.Get("GlobalClusterIdentifier").IsAbsent() && r.Addr.Stack.Region == c.in.Estate.Regions.Recovery
}

// protection judges whether somebody could delete a store, or in a bucket an
// object with all its versions, by one mistake.
func (c *checker) protection(r *resource.Resource, p protected) {
	if r.Type == "AWS::S3::Bucket" {
		const property = "VersioningConfiguration/Status"
		v := r.Props.Path(property)
		if why := v.FirstUnknown(); why != nil {
			c.doubt(r, property, "may keep no versions", why)
		} else if v.Text() != "Enabled" {
			c.refute(r, CodeDeletable, property, "keeps no versions: what is overwritten or deleted is gone, and AWS Backup backs up none of it.", "Set Status to Enabled.")
		}
		return
	}
	if p.protection == "" {
		return
	}
	v := r.Props.Get(p.protection)
	if why := v.FirstUnknown(); why != nil {
		c.doubt(r, p.protection, "may be deletable", why)
	} else if on, _ := v.Bool(); !on {
		c.refute(r, CodeDeletable, p.protection, "can be deleted by one call.", "Set "+p.protection+" to true.")
	}
}

// leastPointInTime is for how many days a database has to be restorable to every
// second: a week, so that what breaks before a holiday can be undone after it.
const leastPointInTime = 7

// pointInTime judges the databases' own continuous backups.
func (c *checker) pointInTime(r *resource.Resource) {
	const property = "BackupRetentionPeriod"
	if !slices.Contains([]string{"AWS::RDS::DBCluster", "AWS::RDS::DBInstance"}, r.Type) {
		return
	}
	v := r.Props.Get(property)
	if why := v.FirstUnknown(); why != nil {
		c.doubt(r, property, "may not be restorable to a point in time", why)
		return
	}
	days := 1 // "AWS::RDS::DBCluster": BackupRetentionPeriod, default 1
	if n, ok := v.Int(); ok {
		days = n
	}
	if days < leastPointInTime {
		c.refute(r, CodePointInTime, property, fmt.Sprintf("can be restored to a point in time of the last %d days only; it has to be %d.", days, leastPointInTime),
			fmt.Sprintf("Set %s to %d or more; 35 is the most.", property, leastPointInTime))
	}
}

// buckets notes which buckets hold answers of Athena, and which copies.
func (c *checker) buckets() {
	c.questions, c.replicas = map[*resource.Resource]bool{}, map[*resource.Resource]bool{}
	for _, w := range c.in.Graph.OfType("AWS::Athena::WorkGroup") {
		if b := c.named(w.Props.Path("WorkGroupConfiguration/ResultConfiguration/OutputLocation"), "AWS::S3::Bucket"); b != nil {
			c.questions[b] = true
		}
	}
	for _, b := range c.in.Graph.OfType("AWS::S3::Bucket") {
		for _, rule := range b.Props.Path("ReplicationConfiguration/Rules").Items() {
			if to := c.named(rule.Path("Destination/Bucket"), "AWS::S3::Bucket"); to != nil {
				c.replicas[to] = true
			}
		}
	}
}

// named returns the resource of a type that a value refers to, or whose name is
// the last part of a text.
func (c *checker) named(v value.Value, typ string) *resource.Resource {
	parts := []value.Value{v}
	if v.Kind() == value.Concat {
		parts = v.Items()
	}
	for _, p := range parts {
		if ref, ok := p.Ref(); ok {
			if r := c.in.Graph.Get(ref.To); r != nil && r.Type == typ {
				return r
			}
		}
	}
	name := strings.TrimPrefix(strings.TrimPrefix(v.Text(), "arn:aws:s3:::"), "s3://")
	name, _, _ = strings.Cut(name, "/")
	for _, b := range c.in.Graph.OfType(typ) {
		if name != "" && b.Props.Get("BucketName").Text() == name {
			return b
		}
	}
	return nil
}
