package stacks

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudtrail"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/alert"
	"github.com/suretyhq/surety/patterns/bucket"
	"github.com/suretyhq/surety/patterns/conformance"
	"github.com/suretyhq/surety/patterns/detection"
	"github.com/suretyhq/surety/patterns/encryption"
)

// securityStacks is how many stacks keep logs and watch.
func (c *composer) securityStacks() int {
	const archive, trail = 2, 1
	n := len(c.watched())
	if n > 0 {
		n++ // the audit's key
	}
	if c.estate.Archive().ID != "" {
		n += archive
	}
	if c.estate.HasTrail() {
		n += trail
	}
	return n
}

func (c *composer) auditPlace() place {
	return place{estate.AuditEnvironment, c.estate.Audit().ID, c.estate.Regions.Home}
}

// addTrail makes the organisation's trail from the audit account, which
// CloudTrail knows as the organisation's delegated administrator: nothing stands
// in the management account, and whoever can change the trail cannot reach what
// it wrote. Control Tower has a trail of its own, whose bucket nobody can lock.
func (c *composer) addTrail() {
	if !c.estate.HasTrail() {
		return
	}
	stack := c.stack(c.auditPlace(), LayerTrail, "Trail of the organisation of "+c.estate.Name, c.archive.stacks()...)
	trail := awscloudtrail.NewCfnTrail(stack, jsii.String("Trail"), &awscloudtrail.CfnTrailProps{
		TrailName: jsii.String(c.trailName()), IsLogging: true, IsOrganizationTrail: true, IsMultiRegionTrail: true, IncludeGlobalServiceEvents: true,
		EnableLogFileValidation: true, S3BucketName: c.archive.bucket.Resource.BucketName(), KmsKeyId: c.archive.key.KeyArn(),
		AdvancedEventSelectors: []any{
			selector("Management events", field("eventCategory", "Management")),
			c.archiveEvents("Who reads the archive", field("readOnly", "true")),
			c.archiveEvents("Who tries to change the archive", field("readOnly", "false"),
				field("eventName", "DeleteObject", "DeleteObjects", "PutObjectRetention", "PutObjectLegalHold")),
		}})
	asPart(trail, estate.PartTrail)
}

// archiveEvents selects requests for the archive's objects. What CloudTrail and
// the replication write is not among them: each record would make another.
func (c *composer) archiveEvents(name string, fields ...any) any {
	return selector(name, append([]any{field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object"),
		&awscloudtrail.CfnTrail_AdvancedFieldSelectorProperty{Field: jsii.String("resources.ARN"),
			StartsWith: &[]*string{c.archive.bucket.Resource.ArnForObjects(jsii.String(""))}}}, fields...)...)
}

func selector(name string, fields ...any) any {
	return &awscloudtrail.CfnTrail_AdvancedEventSelectorProperty{Name: jsii.String(name), FieldSelectors: fields}
}

func field(name string, values ...string) any {
	return &awscloudtrail.CfnTrail_AdvancedFieldSelectorProperty{Field: jsii.String(name), EqualTo: jsii.Strings(values...)}
}

// watched returns one place for each account and Region that something is in,
// the audit account's first; none without an audit account.
func (c *composer) watched() []place {
	if c.estate.Audit().ID == "" {
		return nil
	}
	all := []place{c.auditPlace()}
	add := func(p place) {
		if !slices.ContainsFunc(all, func(o place) bool { return o.account == p.account && o.region == p.region }) {
			all = append(all, p)
		}
	}
	if c.estate.Archive().ID != "" {
		add(place{estate.ArchiveEnvironment, c.estate.Archive().ID, c.estate.Regions.Home})
	}
	for _, h := range c.estate.Hubs() {
		add(c.hubPlace(h))
	}
	for _, s := range c.estate.Sites() {
		add(place{s.Name, s.Account, s.Region})
	}
	return all
}

// edgeRegion is where AWS keeps what its edge needs, so that findings come from
// there too.
const edgeRegion = "us-east-1"

// audit is what the detection of other accounts needs of the audit's.
type audit struct {
	stack awscdk.Stack
	// config is the bucket that AWS Config delivers to and the key that encrypts
	// it; nil: Control Tower records.
	config    *bucket.Bucket
	configKey *string
}

// addDetection makes a detector and rules for each account and Region, and in
// the audit account the place where their findings come together.
func (c *composer) addDetection() error {
	var a *audit
	for _, at := range c.watched() {
		var stack awscdk.Stack
		if a == nil {
			a = c.addCentre(at)
			stack = a.stack
		} else {
			stack = c.stack(at, LayerDetection, "Detection of threats in the account of "+at.environment, a.stack)
		}
		detection.NewDetector(stack, "Detector")
		if err := c.addConformance(stack, at, a); err != nil {
			return err
		}
	}
	return nil
}

// addConformance holds an account to the rules of AWS Config in the home
// Region: not every Region has every rule.
func (c *composer) addConformance(stack awscdk.Stack, at place, a *audit) error {
	var recorder constructs.Construct
	if a.config != nil {
		recorder = conformance.NewRecorder(stack, "Config", &conformance.RecorderProps{Bucket: *a.config.Resource.BucketName(), Key: a.configKey,
			Aggregator: c.auditPlace().account, Region: c.auditPlace().region})
	}
	if at.region != c.estate.Regions.Home {
		return nil
	}
	pack, err := conformance.NewPack(stack, "Rules", c.estate.Name)
	if err != nil {
		return fmt.Errorf("the rules of AWS Config: %w", err)
	}
	if recorder != nil {
		pack.Node().AddDependency(recorder)
	}
	return nil
}

// watchedAccounts returns the ids of the accounts that are watched, sorted, and
// the Regions other than home.
func (c *composer) watchedAccounts() (accounts, regions []string) {
	for _, at := range c.watched() {
		accounts, regions = append(accounts, at.account), append(regions, at.region, edgeRegion)
	}
	slices.Sort(accounts)
	slices.Sort(regions)
	return slices.Compact(accounts), slices.DeleteFunc(slices.Compact(regions), func(r string) bool { return r == c.estate.Regions.Home })
}

// addCentre makes what the audit account has beyond the others.
func (c *composer) addCentre(at place) *audit {
	name := c.estate.Name + "-findings"
	accounts, regions := c.watchedAccounts()
	statements := alert.KeyStatements(at.account)
	records := !c.estate.Organisation.ControlTower && c.archive != nil
	if records {
		statements = append(statements, bucket.ConfigKeyStatements(accounts)...)
	}
	keys, own := c.keyStack(at, LayerKeys, estate.PartFindings, encryption.KeyProps{Alias: name, Description: "Security findings of " + c.estate.Name,
		LogDelivery: true, Statements: statements})
	a := &audit{stack: c.stack(at, LayerDetection, "Detection of threats in the account of "+at.environment, append(c.archive.stacks(), keys)...)}
	key := imported(a.stack, "Key", own)
	asPart(detection.NewCentre(a.stack, "Centre", &detection.Props{Name: name, Accounts: accounts, Regions: regions, Key: key}).Construct, estate.PartFindings)
	if records {
		d := c.archive.newDelivery(a.stack, c.estate.Name+"-audit", at.account, key)
		d.records.AdmitConfig(accounts)
		asPart(d.records.Construct, estate.PartFindings)
		a.config, a.configKey = d.records, key.KeyArn()
		conformance.NewAggregator(a.stack, "Aggregator", c.estate.Name, accounts)
	}
	return a
}
