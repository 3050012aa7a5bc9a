package logged

import (
	"testing"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/prooftest"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

// vpc adds a VPC whose queries are logged, and an archive.
func vpc(b *build.Builder) {
	archive(b, nil)
	b.Add("AWS::EC2::VPC", "Vpc", nil)
	b.Add("AWS::Route53Resolver::ResolverQueryLoggingConfig", "Config", build.Props{"DestinationArn": b.Attr("Archive", "Arn")})
	b.Add("AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation", "Association", build.Props{"ResourceId": b.Ref("Vpc"), "ResolverQueryLogConfigId": b.Attr("Config", "Id")})
}

func TestS09_NetworksAreLogged(t *testing.T) {
	flows := func(props build.Props) func(*build.Builder) {
		return func(b *build.Builder) {
			vpc(b)
			all := build.Props{"ResourceType": "VPC", "ResourceId": b.Ref("Vpc"), "TrafficType": "ALL", "LogDestinationType": "s3",
				"LogDestination": value.Join(build.Of(b.Attr("Archive", "Arn")), build.Of("/flows/"))}
			for k, v := range props {
				all[k] = v
			}
			b.Add("AWS::EC2::FlowLog", "Flows", all)
		}
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "flows and queries", Outcome: proof.Proved, Build: flows(nil)},
		{Name: "no flow log", Outcome: proof.Refuted, Codes: []string{CodeFlowMissing}, Build: vpc},
		{Name: "what is refused alone", Outcome: proof.Refuted, Codes: []string{CodeFlowPartial}, Build: flows(build.Props{"TrafficType": "REJECT"})},
		{Name: "of what nobody knows", Outcome: proof.Unknown, Codes: []string{CodeUnknownWay}, Build: flows(build.Props{"ResourceId": build.Unknown("a parameter")})},
		{Name: "traffic that nobody knows", Outcome: proof.Unknown, Codes: []string{CodeUnknownWay}, Build: flows(build.Props{"TrafficType": build.Unknown("a parameter")})},
		{Name: "perhaps", Outcome: proof.Unknown, Codes: []string{CodeUnknownWay}, Build: func(b *build.Builder) {
			vpc(b)
			b.Add("AWS::EC2::FlowLog", "Flows", build.Props{"ResourceType": "VPC", "ResourceId": b.Ref("Vpc"), "TrafficType": "ALL", "LogDestination": b.Attr("Archive", "Arn")}).
				Conditional = &value.Reason{Code: "CONDITION_UNKNOWN", Text: "a parameter decides"}
		}},
		{Name: "no queries", Outcome: proof.Refuted, Codes: []string{CodeFlowMissing, CodeQueryMissing}, Build: func(b *build.Builder) { b.Add("AWS::EC2::VPC", "Vpc", nil) }},
	})
}

func TestS18_BucketsAreLogged(t *testing.T) {
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "no log", Outcome: proof.Refuted, Codes: []string{CodeAccessMissing}, Build: func(b *build.Builder) { b.Add("AWS::S3::Bucket", "Data", nil) }},
		{Name: "a log", Outcome: proof.Proved, Build: func(b *build.Builder) {
			archive(b, nil)
			copied(b, whole(b))
			b.Add("AWS::S3::Bucket", "Data", build.Props{"LoggingConfiguration": build.Props{"DestinationBucketName": b.Ref("Records")}})
		}},
		{Name: "a log of another account's", Outcome: proof.Unknown, Codes: []string{CodeUnknownWay}, Build: func(b *build.Builder) {
			b.Add("AWS::S3::Bucket", "Data", build.Props{"LoggingConfiguration": build.Props{"DestinationBucketName": "theirs"}})
		}},
	})
}

func TestS29_WhatServesIsLogged(t *testing.T) {
	attributes := func(on string, b *build.Builder) build.Props {
		return build.Props{"Type": "application", "LoadBalancerAttributes": list{{"Key": "access_logs.s3.enabled", "Value": on}, {"Key": "access_logs.s3.bucket", "Value": b.Ref("Archive")}}}
	}
	with := func(typ string, props func(b *build.Builder) build.Props) func(*build.Builder) {
		return func(b *build.Builder) {
			archive(b, nil)
			b.Add(typ, "Server", props(b))
		}
	}
	none := func(*build.Builder) build.Props { return nil }
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "a balancer", Outcome: proof.Proved, Build: with("AWS::ElasticLoadBalancingV2::LoadBalancer", func(b *build.Builder) build.Props { return attributes("true", b) })},
		{Name: "a balancer without", Outcome: proof.Refuted, Codes: []string{CodeAccessMissing}, Build: with("AWS::ElasticLoadBalancingV2::LoadBalancer", func(b *build.Builder) build.Props { return attributes("false", b) })},
		{Name: "a network balancer writes none", Outcome: proof.NotApplicable, Build: func(b *build.Builder) {
			b.Add("AWS::ElasticLoadBalancingV2::LoadBalancer", "Server", build.Props{"Type": "network"})
		}},
		{Name: "an API without", Outcome: proof.Refuted, Codes: []string{CodeAccessMissing}, Build: func(b *build.Builder) { b.Add("AWS::ApiGatewayV2::Stage", "Stage", nil) }},
		{Name: "a distribution", Outcome: proof.Proved, Build: with("AWS::CloudFront::Distribution", func(b *build.Builder) build.Props {
			return build.Props{"DistributionConfig": build.Props{"Logging": build.Props{"Bucket": b.Attr("Archive", "RegionalDomainName")}}}
		})},
		{Name: "a distribution by a delivery", Outcome: proof.Proved, Build: func(b *build.Builder) {
			archive(b, nil)
			b.Add("AWS::CloudFront::Distribution", "Server", nil)
			b.Add("AWS::Logs::DeliverySource", "Source", build.Props{"Name": "edge", "ResourceArn": value.Join(build.Of("arn:aws:cloudfront::1:distribution/"), b.Ref("Server"))})
			b.Add("AWS::Logs::DeliveryDestination", "Destination", build.Props{"DestinationResourceArn": b.Attr("Archive", "Arn")})
			b.Add("AWS::Logs::Delivery", "Delivery", build.Props{"DeliverySourceName": "edge", "DeliveryDestinationArn": b.Attr("Destination", "Arn")})
		}},
		{Name: "a distribution without", Outcome: proof.Refuted, Codes: []string{CodeAccessMissing}, Build: func(b *build.Builder) { b.Add("AWS::CloudFront::Distribution", "Server", nil) }},
		{Name: "a web ACL", Outcome: proof.Proved, Build: func(b *build.Builder) {
			archive(b, nil)
			b.Add("AWS::WAFv2::WebACL", "Acl", nil)
			b.Add("AWS::WAFv2::LoggingConfiguration", "Logging", build.Props{"ResourceArn": b.Attr("Acl", "Arn"), "LogDestinationConfigs": []value.Value{b.Attr("Archive", "Arn")}})
		}},
		{Name: "a web ACL without", Outcome: proof.Refuted, Codes: []string{CodeAccessMissing}, Build: with("AWS::WAFv2::WebACL", none)},
		{Name: "configurations", Outcome: proof.Proved, Build: func(b *build.Builder) {
			archive(b, nil)
			copied(b, whole(b))
			b.Add("AWS::Config::DeliveryChannel", "Channel", build.Props{"S3BucketName": b.Ref("Records")})
		}},
		{Name: "configurations that are not copied", Outcome: proof.Refuted, Codes: []string{CodeUnlocked}, Build: func(b *build.Builder) {
			b.Add("AWS::S3::Bucket", "Records", nil)
			b.Add("AWS::Config::DeliveryChannel", "Channel", build.Props{"S3BucketName": b.Ref("Records")})
		}},
		{Name: "a firewall's alerts alone", Outcome: proof.Refuted, Codes: []string{CodeFirewallMissing}, Build: func(b *build.Builder) {
			archive(b, nil)
			b.Add("AWS::NetworkFirewall::Firewall", "Wall", nil)
			b.Add("AWS::NetworkFirewall::LoggingConfiguration", "Logging", build.Props{"FirewallArn": b.Ref("Wall"), "LoggingConfiguration": build.Props{
				"LogDestinationConfigs": list{{"LogType": "ALERT", "LogDestinationType": "S3", "LogDestination": build.Props{"bucketName": b.Ref("Archive"), "prefix": "alerts"}}}}})
		}},
		{Name: "a group for ever", Outcome: proof.Refuted, Codes: []string{CodeRetention}, Build: func(b *build.Builder) { b.Add("AWS::Logs::LogGroup", "Group", nil) }},
		{Name: "a group for a day", Outcome: proof.Refuted, Codes: []string{CodeRetention}, Build: func(b *build.Builder) { b.Add("AWS::Logs::LogGroup", "Group", build.Props{"RetentionInDays": 1}) }},
		{Name: "a group for who knows", Outcome: proof.Unknown, Codes: []string{CodeRetention}, Build: func(b *build.Builder) {
			b.Add("AWS::Logs::LogGroup", "Group", build.Props{"RetentionInDays": build.Unknown("a parameter")})
		}},
	})
}

func TestS29_TrailsAreWhole(t *testing.T) {
	trail := func(changes build.Props) func(*build.Builder) {
		return func(b *build.Builder) {
			archive(b, nil)
			props := build.Props{"S3BucketName": b.Ref("Archive")}
			for _, p := range []string{"IsLogging", "IsMultiRegionTrail", "IncludeGlobalServiceEvents", "EnableLogFileValidation", "IsOrganizationTrail"} {
				props[p] = true
			}
			for k, v := range changes {
				props[k] = v
			}
			b.Add("AWS::CloudTrail::Trail", "Trail", props)
		}
	}
	selecting := func(fields ...build.Props) build.Props {
		return build.Props{"AdvancedEventSelectors": list{{"FieldSelectors": fields}}}
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "whole", Outcome: proof.Proved, Build: trail(nil)},
		{Name: "management events", Outcome: proof.Proved, Build: trail(selecting(build.Props{"Field": "eventCategory", "Equals": []string{"Management"}}))},
		{Name: "data events alone", Outcome: proof.Refuted, Codes: []string{CodeTrailPartial}, Build: trail(selecting(build.Props{"Field": "eventCategory", "Equals": []string{"Data"}}))},
		{Name: "what is written alone", Outcome: proof.Refuted, Codes: []string{CodeTrailPartial}, Build: trail(selecting(build.Props{"Field": "eventCategory", "Equals": []string{"Management"}},
			build.Props{"Field": "readOnly", "Equals": []string{"false"}}))},
		{Name: "basic selectors", Outcome: proof.Refuted, Codes: []string{CodeTrailPartial}, Build: trail(build.Props{"EventSelectors": list{{"IncludeManagementEvents": false}}})},
		{Name: "stopped", Outcome: proof.Refuted, Codes: []string{CodeTrailPartial}, Build: trail(build.Props{"IsLogging": false})},
		{Name: "perhaps", Outcome: proof.Unknown, Codes: []string{CodeTrailPartial}, Build: trail(build.Props{"EnableLogFileValidation": build.Unknown("a parameter")})},
	})
}
