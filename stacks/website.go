package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/suretyhq/surety/estate"
	"github.com/suretyhq/surety/patterns/bucket"
	"github.com/suretyhq/surety/patterns/webacl"
	"github.com/suretyhq/surety/patterns/website"
)

// viewerRequests is what one address may ask of the website in a minute.
const viewerRequests = 600

func (env *environment) wantsWebsite() bool { return env.estate.ServesWebsite(env.site) }

// websiteBucket is the name of the bucket, which the policy of its key says
// before there is a bucket.
func (env *environment) websiteBucket() string {
	return bucketName(env.label(), "website", env.site.Account)
}

// addEdgeGlobal makes what CloudFront takes from us-east-1 alone: certificate
// and web ACL. They hold nothing of what is asked or answered.
func (env *environment) addEdgeGlobal() error {
	stack := env.stackIn(estate.EdgeRegion, LayerEdgeGlobal, "Certificate and web ACL of the website", LayerZone)
	env.edge = &edge{certificate: env.certificate(stack, estate.NameWebsite)}
	env.edge.acl = webacl.New(stack, "WebAcl", &webacl.Props{Name: env.label() + "-website", Scope: webacl.CloudFront, RequestsPerMinute: viewerRequests}).AttrArn()
	website.CarryAlarms(stack, "Alarms", env.label()+"-edge-alarms", env.site.Region)
	return nil
}

// edge is what the website's stacks need of one another.
type edge struct {
	certificate, acl *string
	site             *website.Site
	records          *string // the ARN of the bucket that its logs go to
}

// addEdge makes the website: a private bucket, which delivery fills, and the
// distribution that serves it.
func (env *environment) addEdge() error {
	stack := env.stack(LayerEdge, "Website", LayerKeys, LayerDelivery, LayerZone, LayerEdgeGlobal)
	content := bucket.New(stack, "Content", &bucket.Props{Name: env.websiteBucket(), Key: imported(stack, "WebsiteKey", env.websiteKey), Logs: env.delivery.accessLogs()})
	asPart(content.Construct, estate.PartEdge)
	env.edge.site = website.New(stack, "Site", &website.Props{Name: env.label() + "-website", Bucket: content.Resource,
		Domain: estate.NameWebsite + "." + env.domain(), Zone: env.publicZone(scopeIn(stack, "Public")),
		CertificateARN: env.edge.certificate, WebACLARN: env.edge.acl, Countries: env.estate.Workload.Website.Countries})
	asPart(env.edge.site.Construct, estate.PartEdge)
	env.edge.records = env.websiteRecords(stack)
	return nil
}

// websiteRecords returns the bucket for the website's logs: the environment's
// way to the archive, or one of its own where the estate has no archive.
func (env *environment) websiteRecords(stack awscdk.Stack) *string {
	if arn := env.delivery.recordsARN(); arn != nil {
		return arn
	}
	records := bucket.NewRecords(stack, "Records", &bucket.Records{Name: bucketName(webacl.LogPrefix+env.label(), env.site.Account),
		Key: imported(stack, "LogKey", env.logKey), KeepDays: recordDays})
	asPart(records.Construct, estate.PartLogs)
	return records.Resource.BucketArn()
}

// recordDays is for how long the website's logs are kept where there is no
// archive.
const recordDays = 365

// addEdgeLogs sends the logs of distribution and web ACL to a bucket in the home
// Region. What sends them has to be made in us-east-1.
func (env *environment) addEdgeLogs() error {
	stack := env.stackIn(estate.EdgeRegion, LayerEdgeLogs, "Ways of the website's logs to the home Region", LayerDelivery, LayerEdgeGlobal, LayerEdge)
	website.Log(stack, "Requests", &website.LogProps{Name: env.label() + "-website", DistributionARN: env.edge.site.ARN(), BucketARN: env.edge.records})
	webacl.LogTo(stack, "WebAclLogging", env.edge.acl, env.edge.records)
	return nil
}
