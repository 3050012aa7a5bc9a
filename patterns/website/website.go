// Package website serves a private bucket's objects to the internet by
// CloudFront.
//
// The distribution is the only way to the objects: it signs its requests, and
// the bucket's policy admits it and no other. Viewers get TLS 1.2 or later, are
// led from HTTP to HTTPS, and are told by headers to load nothing from
// elsewhere; a web ACL stands before it. No property turns any of this off.
package website

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Props says what is served, and under which name.
type Props struct {
	// Name is the name of the policies in the account.
	Name string
	// Bucket holds the objects. The policy of its key has to admit CloudFront
	// (KeyStatement).
	Bucket awss3.Bucket
	// Domain is the name at which viewers find it, Zone the public zone that it is
	// in. Certificate and web ACL are in us-east-1.
	Domain                    string
	Zone                      awsroute53.IHostedZone
	CertificateARN, WebACLARN *string
	// Countries are the ISO 3166-1 codes of the countries that are served; none:
	// all are.
	Countries []string
}

// Site is the distribution.
type Site struct {
	Construct constructs.Construct
	Resource  awscloudfront.CfnDistribution
}

// cacheOptimised is CloudFront's own cache policy for static content
// ("CachingOptimized", Use managed cache policies, Amazon CloudFront Developer
// Guide).
const cacheOptimised = "658327ea-f89d-4fab-a63d-7e88639e58f6"

// aliasZone is the hosted zone of every distribution ("AWS::Route53::RecordSet
// AliasTarget", CloudFormation Template Reference).
const aliasZone = "Z2FDTNDATAQYW2"

const origin = "bucket"

// New makes the distribution, and admits it to the bucket.
func New(scope constructs.Construct, id string, props *Props) *Site {
	s := &Site{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	control := awscloudfront.NewCfnOriginAccessControl(s.Construct, jsii.String("Access"), &awscloudfront.CfnOriginAccessControlProps{
		OriginAccessControlConfig: &awscloudfront.CfnOriginAccessControl_OriginAccessControlConfigProperty{Name: jsii.String(props.Name),
			OriginAccessControlOriginType: jsii.String("s3"), SigningBehavior: jsii.String("always"), SigningProtocol: jsii.String("sigv4")}})
	s.Resource = awscloudfront.NewCfnDistribution(s.Construct, jsii.String("Distribution"), &awscloudfront.CfnDistributionProps{
		DistributionConfig: &awscloudfront.CfnDistribution_DistributionConfigProperty{
			Enabled: jsii.Bool(true), Comment: jsii.String(props.Domain), Aliases: jsii.Strings(props.Domain), DefaultRootObject: jsii.String("index.html"),
			HttpVersion: jsii.String("http2and3"), Ipv6Enabled: jsii.Bool(true), WebAclId: props.WebACLARN,
			PriceClass: jsii.String("PriceClass_All"), // no other has Australia and New Zealand ("CloudFront pricing")
			ViewerCertificate: &awscloudfront.CfnDistribution_ViewerCertificateProperty{AcmCertificateArn: props.CertificateARN,
				MinimumProtocolVersion: jsii.String("TLSv1.2_2021"), SslSupportMethod: jsii.String("sni-only")},
			Origins: []any{&awscloudfront.CfnDistribution_OriginProperty{Id: jsii.String(origin), DomainName: props.Bucket.BucketRegionalDomainName(),
				OriginAccessControlId: control.AttrId(), S3OriginConfig: &awscloudfront.CfnDistribution_S3OriginConfigProperty{OriginAccessIdentity: jsii.String("")}}},
			DefaultCacheBehavior: &awscloudfront.CfnDistribution_DefaultCacheBehaviorProperty{TargetOriginId: jsii.String(origin),
				ViewerProtocolPolicy: jsii.String("redirect-to-https"), AllowedMethods: jsii.Strings("GET", "HEAD"), Compress: jsii.Bool(true),
				CachePolicyId: jsii.String(cacheOptimised), ResponseHeadersPolicyId: headers(s.Construct, props).AttrId()},
			// The bucket says 403 of an object that is not there: it lists none.
			CustomErrorResponses: []any{missing(403), missing(404)}, Restrictions: restrictions(props.Countries)}})
	admit(s, props)
	for _, typ := range []string{"A", "AAAA"} {
		awsroute53.NewCfnRecordSet(s.Construct, jsii.String("Name-"+typ), &awsroute53.CfnRecordSetProps{
			HostedZoneId: props.Zone.HostedZoneId(), Name: jsii.String(props.Domain), Type: jsii.String(typ),
			AliasTarget: &awsroute53.CfnRecordSet_AliasTargetProperty{DnsName: s.Resource.AttrDomainName(), HostedZoneId: jsii.String(aliasZone)}})
	}
	return s
}

func missing(code int) any {
	return &awscloudfront.CfnDistribution_CustomErrorResponseProperty{ErrorCode: jsii.Number(code), ResponseCode: jsii.Number(404), ResponsePagePath: jsii.String("/404.html")}
}

func restrictions(countries []string) any {
	geo := &awscloudfront.CfnDistribution_GeoRestrictionProperty{RestrictionType: jsii.String("none")}
	if len(countries) > 0 {
		geo.RestrictionType, geo.Locations = jsii.String("whitelist"), jsii.Strings(countries...)
	}
	return &awscloudfront.CfnDistribution_RestrictionsProperty{GeoRestriction: geo}
}

// contentPolicy lets a page load from its own origin only, and nobody frame it.
const contentPolicy = "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; upgrade-insecure-requests"

// maxAge is two years, which browsers' preload lists ask for.
const maxAge = 63_072_000

// headers are what viewers' browsers are told ("Security headers", Use managed
// response headers policies, and OWASP's "HTTP Headers Cheat Sheet").
func headers(scope constructs.Construct, props *Props) awscloudfront.CfnResponseHeadersPolicy {
	yes := jsii.Bool(true)
	return awscloudfront.NewCfnResponseHeadersPolicy(scope, jsii.String("Headers"), &awscloudfront.CfnResponseHeadersPolicyProps{
		ResponseHeadersPolicyConfig: &awscloudfront.CfnResponseHeadersPolicy_ResponseHeadersPolicyConfigProperty{Name: jsii.String(props.Name),
			SecurityHeadersConfig: &awscloudfront.CfnResponseHeadersPolicy_SecurityHeadersConfigProperty{
				StrictTransportSecurity: &awscloudfront.CfnResponseHeadersPolicy_StrictTransportSecurityProperty{
					AccessControlMaxAgeSec: jsii.Number(maxAge), IncludeSubdomains: yes, Preload: yes, Override: yes},
				ContentSecurityPolicy: &awscloudfront.CfnResponseHeadersPolicy_ContentSecurityPolicyProperty{ContentSecurityPolicy: jsii.String(contentPolicy), Override: yes},
				ContentTypeOptions:    &awscloudfront.CfnResponseHeadersPolicy_ContentTypeOptionsProperty{Override: yes},
				FrameOptions:          &awscloudfront.CfnResponseHeadersPolicy_FrameOptionsProperty{FrameOption: jsii.String("DENY"), Override: yes},
				ReferrerPolicy:        &awscloudfront.CfnResponseHeadersPolicy_ReferrerPolicyProperty{ReferrerPolicy: jsii.String("strict-origin-when-cross-origin"), Override: yes}},
			CustomHeadersConfig: &awscloudfront.CfnResponseHeadersPolicy_CustomHeadersConfigProperty{Items: []any{
				&awscloudfront.CfnResponseHeadersPolicy_CustomHeaderProperty{Header: jsii.String("Permissions-Policy"), Override: yes,
					Value: jsii.String("camera=(), geolocation=(), microphone=(), payment=()")}}}}})
}

// admit lets the distribution, and no other, read the bucket's objects ("Restrict
// access to an Amazon S3 origin", Amazon CloudFront Developer Guide).
func admit(s *Site, props *Props) {
	when := map[string]any{"StringEquals": map[string]any{"AWS:SourceArn": *s.ARN()}}
	props.Bucket.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String("Distribution"),
		Principals: &[]awsiam.IPrincipal{cloudFront()}, Actions: jsii.Strings("s3:GetObject"),
		Resources: &[]*string{props.Bucket.ArnForObjects(jsii.String("*"))}, Conditions: &when}))
}

func cloudFront() awsiam.IPrincipal {
	return awsiam.NewServicePrincipal(jsii.String("cloudfront.amazonaws.com"), nil)
}

// ARN is the distribution's.
func (s *Site) ARN() *string {
	return jsii.String("arn:aws:cloudfront::" + *awscdk.Stack_Of(s.Construct).Account() + ":distribution/" + *s.Resource.AttrId())
}

// KeyStatement lets CloudFront decrypt the objects of a bucket for the
// distributions of an account ("SSE-KMS", Restrict access to an Amazon S3
// origin). Which of them gets an object is the bucket's policy's to say: a key
// that named the distribution would wait for it in a circle.
func KeyStatement(account, bucket string) awsiam.PolicyStatement {
	when := map[string]any{
		"ArnLike":      map[string]any{"AWS:SourceArn": "arn:aws:cloudfront::" + account + ":distribution/*"},
		"StringEquals": map[string]any{"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::" + bucket}}
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String("CloudFrontDecrypts"), Principals: &[]awsiam.IPrincipal{cloudFront()},
		Actions: jsii.Strings("kms:Decrypt"), Resources: jsii.Strings("*"), Conditions: &when})
}

// LogProps says which distribution's requests are logged, and where.
type LogProps struct {
	// Name is the name of the way there, in the account.
	Name string
	// DistributionARN is the distribution's, BucketARN that of a bucket whose
	// policy admits AWS's log delivery. It may be in any Region.
	DistributionARN, BucketARN *string
}

// Log writes a distribution's requests to a bucket. The way there is made in
// us-east-1, whatever the bucket's Region ("Configure standard logging (v2)",
// Amazon CloudFront Developer Guide).
func Log(scope constructs.Construct, id string, props *LogProps) constructs.Construct {
	c := constructs.NewConstruct(scope, jsii.String(id))
	source := awslogs.NewCfnDeliverySource(c, jsii.String("Source"), &awslogs.CfnDeliverySourceProps{
		Name: jsii.String(props.Name), LogType: jsii.String("ACCESS_LOGS"), ResourceArn: props.DistributionARN})
	destination := awslogs.NewCfnDeliveryDestination(c, jsii.String("Destination"), &awslogs.CfnDeliveryDestinationProps{
		Name: jsii.String(props.Name), DestinationResourceArn: props.BucketARN, OutputFormat: jsii.String("json")})
	delivery := awslogs.NewCfnDelivery(c, jsii.String("Delivery"), &awslogs.CfnDeliveryProps{
		DeliverySourceName: source.Ref(), DeliveryDestinationArn: destination.AttrArn(), RecordFields: jsii.Strings(fields()...)})
	delivery.AddResourceDependency(source, nil)
	return c
}

// fields are what is logged of a request: not its cookies ("Standard log
// fields", Amazon CloudFront Developer Guide).
func fields() []string {
	return []string{"date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs(Host)", "cs-uri-stem", "sc-status", "cs(Referer)",
		"cs(User-Agent)", "cs-uri-query", "x-edge-result-type", "x-edge-request-id", "x-host-header", "cs-protocol", "cs-bytes", "time-taken",
		"x-forwarded-for", "ssl-protocol", "ssl-cipher", "x-edge-response-result-type", "cs-protocol-version", "time-to-first-byte",
		"x-edge-detailed-result-type", "sc-content-type", "sc-content-len"}
}
