package stacks

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/bucket"
	"github.com/suretyhq/surety/patterns/encryption"
	"github.com/suretyhq/surety/patterns/logstream"
)

// archive is the account that keeps every log. Its stacks are deployed before
// all others and name nothing of them but accounts and the roles' names, so
// that no stack waits for another in a circle.
type archive struct {
	keys, logs awscdk.Stack
	key        awskms.Key
	bucket     *bucket.Bucket
}

// maxBucketName is how long the name of a bucket may be ("General purpose
// bucket naming rules", Amazon S3 User Guide).
const maxBucketName = 63

// bucketName joins words to the name of a bucket. One that is too long is cut,
// and told from others by a part of its digest.
func bucketName(words ...string) string {
	const digest = 8
	name := strings.Join(words, "-")
	if len(name) <= maxBucketName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return strings.TrimRight(name[:maxBucketName-digest-1], "-") + "-" + hex.EncodeToString(sum[:])[:digest]
}

// addArchive makes the archive, if the estate has an account for it.
func (c *composer) addArchive() {
	account := c.estate.Archive().ID
	if account == "" {
		return
	}
	at := place{estate.ArchiveEnvironment, account, c.estate.Regions.Home}
	props := &bucket.Archive{Name: bucketName(c.estate.Name, "archive", account, at.region),
		LockDays: c.estate.Logging.LockDays, KeepDays: c.estate.Logging.KeepDays,
		Writers: c.writers(), RoleARN: "arn:aws:iam::*:role/" + c.estate.Name + "-*-replication"}
	if c.estate.HasTrail() {
		props.TrailARN = c.trailARN()
	}
	a := &archive{}
	a.keys, a.key = c.keyStack(at, LayerKeys, estate.PartLogs, encryption.KeyProps{Alias: c.estate.Name + "-archive",
		Description: "Archive of the logs of all accounts of " + c.estate.Name, Statements: bucket.ArchiveKeyStatements(at.region, props)})
	a.logs = c.stack(at, LayerLogs, "Archive of the logs of all accounts of "+c.estate.Name, a.keys)
	props.Key = imported(a.logs, "Key", a.key)
	a.bucket = bucket.NewArchive(a.logs, "Archive", props)
	asPart(a.bucket.Construct, estate.PartLogs)
	c.archive = a
}

// stacks are the archive's, which others are deployed after.
func (a *archive) stacks() []awscdk.Stack {
	if a == nil {
		return nil
	}
	return []awscdk.Stack{a.keys, a.logs}
}

// writers returns the ids of the accounts whose logs are archived, sorted.
func (c *composer) writers() []string {
	var ids []string
	for _, s := range c.estate.Scopes() {
		if s.Name != estate.ArchiveEnvironment {
			ids = append(ids, s.Account)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// replicas are the copies of what is delivered somewhere, as the archive keeps
// them. Deletions are not copied.
func (a *archive) replicas(role string) *bucket.Replicas {
	return &bucket.Replicas{RoleName: role, To: []bucket.Destination{
		{ID: "archive", BucketARN: a.bucket.Resource.BucketArn(), KeyARN: a.key.KeyArn(), TimeControl: true}}}
}

// deliveredDays is for how long logs are kept where they are delivered, so that
// what the archive did not get in time can be copied again.
const deliveredDays = 30

// delivery is where the logs of one account and Region are delivered, on the
// way to the archive.
type delivery struct {
	scope   constructs.Construct
	label   string
	account string
	archive *archive
	key     awskms.IKey

	records *bucket.Bucket
	access  *bucket.Bucket    // made when first asked for
	stream  *logstream.Stream // made when first asked for
}

// newDelivery makes what receives flow logs and the like below a scope.
func (a *archive) newDelivery(scope constructs.Construct, label, account string, key awskms.IKey) *delivery {
	d := &delivery{scope: scope, label: label, account: account, archive: a, key: key}
	d.records = bucket.NewRecords(scope, "Records", &bucket.Records{Name: bucketName("aws-waf-logs", label, account), Key: key,
		KeepDays: deliveredDays, Replicas: a.replicas(label + "-records-replication")})
	asPart(d.records.Construct, estate.PartLogs)
	return d
}

// recordsARN returns the bucket for logs that AWS can encrypt by the estate's
// key; nil: they are not archived.
func (d *delivery) recordsARN() *string {
	if d == nil {
		return nil
	}
	return d.records.Resource.BucketArn()
}

// accessLogs returns the name of the bucket for the access logs of balancers
// and buckets, which AWS cannot encrypt by the estate's key; nil: they are not
// archived.
func (d *delivery) accessLogs() *string {
	if d == nil {
		return nil
	}
	if d.access == nil {
		d.access = bucket.NewDelivery(d.scope, "Access", &bucket.Delivery{Name: bucketName(d.label, "access-logs", d.account),
			KeepDays: deliveredDays, Replicas: d.archive.replicas(d.label + "-access-replication")})
		asPart(d.access.Construct, estate.PartLogs)
	}
	return d.access.Resource.BucketName()
}

// carrier returns the stream that carries log groups to the archive; nil: none
// does.
func (d *delivery) carrier() *logstream.Stream {
	if d == nil {
		return nil
	}
	if d.stream == nil {
		d.stream = logstream.New(d.scope, "Stream", &logstream.Props{Name: d.label + "-logs", Bucket: d.records.Resource, Key: d.key})
		asPart(d.stream.Construct, estate.PartLogs)
	}
	return d.stream
}

// carry has a log group of some stack carried to the archive, if there is one.
// The stack is deployed after the delivery's.
func (d *delivery) carry(scope constructs.Construct, id string, group awslogs.ILogGroup) {
	if carrier := d.carrier(); carrier != nil {
		carrier.Carry(scope, id, group)
	}
}

func (env *environment) wantsDelivery() bool { return env.estate.Archive().ID != "" }

// addDelivery makes the site's way to the archive, before anything that logs.
func (env *environment) addDelivery() error {
	stack := env.stack(LayerDelivery, "Delivery of logs to the archive", LayerArchive, LayerKeys)
	env.delivery = env.archive.newDelivery(stack, env.label(), env.site.Account, imported(stack, "LogKey", env.logKey))
	return nil
}

// trailARN is the organisation's trail. It belongs to the management account
// even where the audit account makes it ("Organization delegated
// administrator", AWS CloudTrail User Guide).
func (c *composer) trailARN() string {
	return "arn:aws:cloudtrail:" + c.estate.Regions.Home + ":" + c.estate.Organisation.Management.ID + ":trail/" + c.trailName()
}

func (c *composer) trailName() string { return c.estate.Name + "-organisation" }
