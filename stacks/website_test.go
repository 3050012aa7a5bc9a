package stacks

import (
	"slices"
	"strings"
	"testing"

	"github.com/suretyhq/surety/addr"
	"github.com/suretyhq/surety/estate"
)

func TestS14_OnlyTheDistributionReadsTheBucket(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		stack := "cover-" + env + "-edge"
		site := a.of(t, stack, "AWS::CloudFront::Distribution")[0]
		content := ""
		for _, b := range a.of(t, stack, "AWS::S3::Bucket") {
			if b.tag(addr.TagPart) == estate.PartEdge {
				content = b.id
				expect(t, b, "true", "PublicAccessBlockConfiguration", "RestrictPublicBuckets")
				if !strings.Contains(b.text("BucketEncryption"), "cover-"+env+"-keys") {
					t.Errorf("%s is encrypted by %s", b, b.text("BucketEncryption"))
				}
			}
		}
		if o := site.text("DistributionConfig", "Origins", 0, "DomainName"); !strings.Contains(o, content) || !strings.Contains(o, "RegionalDomainName") {
			t.Errorf("%s serves %s", site, o)
		}
		expect(t, a.of(t, stack, "AWS::CloudFront::OriginAccessControl")[0], "always", "OriginAccessControlConfig", "SigningBehavior")
		for _, p := range a.of(t, stack, "AWS::S3::BucketPolicy") {
			if !strings.Contains(p.text("Bucket"), content) {
				continue
			}
			for i := range p.list("PolicyDocument", "Statement") {
				if p.text("PolicyDocument", "Statement", i, "Effect") != "Allow" {
					continue
				}
				expect(t, p, "cloudfront.amazonaws.com", "PolicyDocument", "Statement", i, "Principal", "Service")
				expect(t, p, "s3:GetObject", "PolicyDocument", "Statement", i, "Action")
				if arn := p.text("PolicyDocument", "Statement", i, "Condition", "StringEquals", "AWS:SourceArn"); !strings.Contains(arn, site.id) {
					t.Errorf("%s admits %s", p, arn)
				}
			}
		}
	}
}

func TestS24_ViewersGetModernTLSAndSecurityHeaders(t *testing.T) {
	a := load(t)
	for _, r := range a.every(t, "AWS::CloudFront::Distribution") {
		expect(t, r, "TLSv1.2_2021", "DistributionConfig", "ViewerCertificate", "MinimumProtocolVersion")
		expect(t, r, "sni-only", "DistributionConfig", "ViewerCertificate", "SslSupportMethod")
		expect(t, r, "redirect-to-https", "DistributionConfig", "DefaultCacheBehavior", "ViewerProtocolPolicy")
		expect(t, r, `["GET","HEAD"]`, "DistributionConfig", "DefaultCacheBehavior", "AllowedMethods")
		if r.get("DistributionConfig", "DefaultCacheBehavior", "ResponseHeadersPolicyId") == nil {
			t.Errorf("%s has no headers", r)
		}
	}
	for _, r := range a.every(t, "AWS::CloudFront::ResponseHeadersPolicy") {
		headers := []any{"ResponseHeadersPolicyConfig", "SecurityHeadersConfig"}
		expect(t, r, "63072000", append(headers, "StrictTransportSecurity", "AccessControlMaxAgeSec")...)
		expect(t, r, "DENY", append(headers, "FrameOptions", "FrameOption")...)
		if csp := r.text(append(headers, "ContentSecurityPolicy", "ContentSecurityPolicy")...); !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
			t.Errorf("%s lets pages load %s", r, csp)
		}
	}
}

// The stacks in us-east-1 hold what CloudFront takes from there alone, and
// nothing that was asked or answered.
func TestS21_InTheEdgesRegionIsNoData(t *testing.T) {
	a := load(t)
	may := []string{"AWS::CertificateManager::Certificate", "AWS::CloudWatch::Alarm", "AWS::WAFv2::WebACL", "AWS::WAFv2::LoggingConfiguration",
		"AWS::Logs::Delivery", "AWS::Logs::DeliveryDestination", "AWS::Logs::DeliverySource", "AWS::Events::Rule", "AWS::IAM::Role", "AWS::IAM::Policy"}
	found := 0
	for name, artifact := range a.manifest.Artifacts {
		if !strings.HasSuffix(artifact.Environment, "/"+estate.EdgeRegion) || artifact.Type != "aws:cloudformation:stack" {
			continue
		}
		found++
		for id, r := range a.templates[name].Resources {
			if !slices.Contains(may, r.Type) {
				t.Errorf("%s/%s is a %s", name, id, r.Type)
			}
		}
	}
	if want := 2 * len(environments(a)); found != want {
		t.Errorf("%d stacks are in %s, want %d", found, estate.EdgeRegion, want)
	}
	for _, env := range environments(a) {
		rule := a.of(t, "cover-"+env+"-edge-global", "AWS::Events::Rule")[0]
		if to := rule.text("Targets", 0, "Arn"); !strings.HasPrefix(to, "arn:aws:events:"+a.estate.Regions.Home+":") {
			t.Errorf("%s carries alarms to %s", rule, to)
		}
		for _, r := range append(a.of(t, "cover-"+env+"-edge-logs", "AWS::Logs::DeliveryDestination"), a.of(t, "cover-"+env+"-edge-logs", "AWS::WAFv2::LoggingConfiguration")...) {
			to := r.text("DestinationResourceArn") + r.text("LogDestinationConfigs")
			if !strings.Contains(to, "arn:aws:s3:::aws-waf-logs-cover-"+env+"-") { // the records' bucket, at home
				t.Errorf("%s sends to %s", r, to)
			}
		}
	}
}

func TestS22_AWebACLStandsBeforeTheWebsite(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		acl := a.of(t, "cover-"+env+"-edge-global", "AWS::WAFv2::WebACL")[0]
		expect(t, acl, "CLOUDFRONT", "Scope")
		if strings.Contains(acl.text("Rules"), "Count") {
			t.Errorf("%s only counts: %s", acl, acl.text("Rules"))
		}
		site := a.of(t, "cover-"+env+"-edge", "AWS::CloudFront::Distribution")[0]
		for _, from := range []string{"WebACLId", "ViewerCertificate"} {
			if s := site.text("DistributionConfig", from); !strings.Contains(s, "cover-"+env+"-edge-global") {
				t.Errorf("%s: %s is %s", site, from, s)
			}
		}
	}
}

// An imported certificate takes the place of the issued one, in the
// environments of its account.
func TestS25_ImportedCertificates(t *testing.T) {
	const arn = "arn:aws:acm:us-east-1:100000000002:certificate/6f1c1c0e-0000-4000-8000-000000000000"
	text := strings.Replace(plain, "workload:\n", "certificates: {ev: {www: {arn: \""+arn+"\", expiry-warning: 30d}}}\nworkload:\n  website: {path: site, countries: [AU, NZ]}\n", 1)
	b := synthesise([]byte(text))
	if b.err != nil {
		t.Fatal(b.err)
	}
	defer removeAll(t, b.dir)
	site := b.of(t, "cover-dev-edge", "AWS::CloudFront::Distribution")[0]
	expect(t, site, arn, "DistributionConfig", "ViewerCertificate", "AcmCertificateArn")
	expect(t, site, `["AU","NZ"]`, "DistributionConfig", "Restrictions", "GeoRestriction", "Locations")
	if n := len(b.of(t, "cover-dev-edge-global", "AWS::CertificateManager::Certificate")); n != 0 {
		t.Errorf("%d certificates are issued besides", n)
	}
	alarm := b.of(t, "cover-dev-edge-global", "AWS::CloudWatch::Alarm")[0]
	expect(t, alarm, "30", "Threshold")
	expect(t, alarm, arn, "Dimensions", 0, "Value")
	// Without an archive the logs are kept beside the website.
	if n := len(b.of(t, "cover-dev-edge", "AWS::S3::Bucket")); n != 2 {
		t.Errorf("%d buckets, want the content's and the logs'", n)
	}

	a := load(t)
	for _, env := range environments(a) {
		issued := a.of(t, "cover-"+env+"-edge-global", "AWS::CertificateManager::Certificate")[0]
		expect(t, issued, "www."+env+".cover.example", "DomainName")
		expect(t, issued, "DNS", "ValidationMethod")
		expect(t, a.of(t, "cover-"+env+"-edge-global", "AWS::CloudWatch::Alarm")[0], "45", "Threshold")
	}
}

func TestS06_PublicNamesAreThoseOfTheEdge(t *testing.T) {
	a := load(t)
	for _, env := range environments(a) {
		var names []string
		for _, layer := range []string{LayerAPI, LayerEdge} {
			for _, r := range a.of(t, "cover-"+env+"-"+layer, "AWS::Route53::RecordSet") {
				if !strings.Contains(r.text("HostedZoneId"), "cover-"+env+"-zone") {
					t.Errorf("%s is in the zone %s", r, r.text("HostedZoneId"))
				}
				names = append(names, r.text("Name"))
			}
		}
		slices.Sort(names)
		if want := []string{"api." + env + ".cover.example", "www." + env + ".cover.example"}; !slices.Equal(slices.Compact(names), want) {
			t.Errorf("%s: public names are %v", env, names)
		}
	}
}
