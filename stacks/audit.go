package stacks

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudtrail"
	"github.com/aws/jsii-runtime-go"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/alert"
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
	add(c.hubPlace())
	for _, s := range c.estate.Sites() {
		add(place{s.Name, s.Account, s.Region})
	}
	return all
}

// edgeRegion is where AWS keeps what its edge needs, so that findings come from
// there too.
const edgeRegion = "us-east-1"

// addDetection makes a detector for each account and Region, and in the audit
// account the place where their findings come together.
func (c *composer) addDetection() {
	for _, at := range c.watched() {
		if at.environment == estate.AuditEnvironment {
			c.addCentre(at)
			continue
		}
		detection.NewDetector(c.stack(at, LayerDetection, detectionOf(at)), "Detector")
	}
}

func detectionOf(at place) string { return "Detection of threats in the account of " + at.environment }

func (c *composer) addCentre(at place) {
	name := c.estate.Name + "-findings"
	keys, own := c.keyStack(at, LayerKeys, estate.PartFindings, encryption.KeyProps{Alias: name, Description: "Security findings of " + c.estate.Name,
		Statements: alert.KeyStatements(at.account)})
	stack := c.stack(at, LayerDetection, detectionOf(at), keys)
	detection.NewDetector(stack, "Detector")
	key := imported(stack, "Key", own)
	props := &detection.Props{Name: name, Key: key}
	for _, at := range c.watched() {
		if !slices.Contains(props.Accounts, at.account) {
			props.Accounts = append(props.Accounts, at.account)
		}
		for _, r := range []string{at.region, edgeRegion} {
			if r != c.estate.Regions.Home && !slices.Contains(props.Regions, r) {
				props.Regions = append(props.Regions, r)
			}
		}
	}
	slices.Sort(props.Accounts)
	slices.Sort(props.Regions)
	asPart(detection.NewCentre(stack, "Centre", props).Construct, estate.PartFindings)
}
