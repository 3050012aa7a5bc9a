package encryptedintransit

import (
	"testing"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/prooftest"
	"github.com/suretyhq/surety/internal/resource/build"
	"github.com/suretyhq/surety/internal/value"
)

func TestS24_EndsDeclareTLS(t *testing.T) {
	one := func(typ string, props build.Props) func(*build.Builder) {
		return func(b *build.Builder) { b.Add(typ, "R", props) }
	}
	listener := func(props build.Props) func(*build.Builder) {
		return one("AWS::ElasticLoadBalancingV2::Listener", props)
	}
	target := func(props build.Props) func(*build.Builder) {
		return one("AWS::ElasticLoadBalancingV2::TargetGroup", props)
	}
	classic := func(front, back any) func(*build.Builder) {
		l := build.Props{"Protocol": front, "LoadBalancerPort": 443}
		if back != nil {
			l["InstanceProtocol"] = back
		}
		return one("AWS::ElasticLoadBalancing::LoadBalancer", build.Props{"Listeners": []build.Props{l}})
	}
	method := func(integration build.Props) func(*build.Builder) {
		return one("AWS::ApiGateway::Method", build.Props{"Integration": integration})
	}
	distribution := func(viewers, origin string, versions ...string) func(*build.Builder) {
		return one("AWS::CloudFront::Distribution", build.Props{"DistributionConfig": build.Props{
			"DefaultCacheBehavior": build.Props{"ViewerProtocolPolicy": "https-only"}, "CacheBehaviors": []build.Props{{"ViewerProtocolPolicy": viewers}},
			"Origins": []build.Props{{"CustomOriginConfig": build.Props{"OriginProtocolPolicy": origin, "OriginSSLProtocols": versions}}}}})
	}
	topic := func(effect, action, secure string) func(*build.Builder) {
		return func(b *build.Builder) {
			b.Add("AWS::SNS::Topic", "Topic", nil)
			b.Add("AWS::SNS::TopicPolicy", "Policy", build.Props{"Topics": []any{b.Ref("Topic")}, "PolicyDocument": build.Props{"Statement": []build.Props{{
				"Effect": effect, "Principal": "*", "Action": action, "Resource": b.Ref("Topic"), "Condition": build.Props{"Bool": build.Props{"aws:SecureTransport": secure}}}}}})
		}
	}
	redirect := func(protocol string) []build.Props {
		return []build.Props{{"Type": "redirect", "RedirectConfig": build.Props{"Protocol": protocol, "StatusCode": "HTTP_301"}}}
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "modern listener", Outcome: proof.Proved, Build: listener(build.Props{"Protocol": "HTTPS", "Port": 443, "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"})},
		{Name: "TLS 1.1", Outcome: proof.Refuted, Codes: []string{CodeWeakPolicy}, Build: listener(build.Props{"Protocol": "HTTPS", "Port": 443, "SslPolicy": "ELBSecurityPolicy-TLS13-1-1-2021-06"})},
		{Name: "a policy that a parameter names", Outcome: proof.Unknown, Codes: []string{CodeSettingHidden}, Build: listener(build.Props{"Protocol": "HTTPS", "Port": 443, "SslPolicy": build.Unknown("a parameter")})},
		{Name: "PostgreSQL of an unknown version", Outcome: proof.Unknown, Codes: []string{CodeDatabaseHidden}, Build: one("AWS::RDS::DBInstance", build.Props{"Engine": "postgres"})},
		{Name: "a warehouse", Outcome: proof.Unknown, Codes: []string{CodeSettingHidden}, Build: one("AWS::Redshift::Cluster", nil)},
		{Name: "a bucket that a policy names", Outcome: proof.Proved, Build: func(b *build.Builder) {
			b.Add("AWS::S3::Bucket", "Bucket", build.Props{"BucketName": "data"})
			b.Add("AWS::S3::BucketPolicy", "Policy", build.Props{"Bucket": "data", "PolicyDocument": build.Props{"Statement": []build.Props{{
				"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": build.Props{"Bool": build.Props{"aws:SecureTransport": "false"}}}}}})
		}},
		{Name: "a topic that refuses messages without TLS", Outcome: proof.Proved, Build: topic("Deny", "sns:Publish", "false")},
		{Name: "a topic that refuses subscriptions only", Outcome: proof.Refuted, Codes: []string{CodePlainStore}, Build: topic("Deny", "sns:Subscribe", "false")},
		{Name: "a topic that refuses messages by TLS", Outcome: proof.Refuted, Codes: []string{CodePlainStore}, Build: topic("Deny", "sns:Publish", "true")},
		{Name: "a topic that allows what it should refuse", Outcome: proof.Refuted, Codes: []string{CodePlainStore}, Build: topic("Allow", "sns:Publish", "false")},
		{Name: "redirects to HTTPS", Outcome: proof.Proved, Build: listener(build.Props{"Protocol": "HTTP", "Port": 80, "DefaultActions": redirect("HTTPS")})},
		{Name: "redirects to HTTP", Outcome: proof.Refuted, Codes: []string{CodePlainListener}, Build: listener(build.Props{"Protocol": "HTTP", "Port": 80, "DefaultActions": redirect("HTTP")})},
		{Name: "an SFTP server", Outcome: proof.Proved, Build: one("AWS::Transfer::Server", build.Props{"Protocols": []string{"SFTP"}, "SecurityPolicyName": "TransferSecurityPolicy-FIPS-2024-01"})},
		{Name: "an SFTP server with the default policy", Outcome: proof.Refuted, Codes: []string{CodeWeakPolicy}, Build: one("AWS::Transfer::Server", nil)},
		{Name: "an SFTP server with an old policy", Outcome: proof.Refuted, Codes: []string{CodeWeakPolicy}, Build: one("AWS::Transfer::Server", build.Props{"SecurityPolicyName": "TransferSecurityPolicy-2023-05"})},
		{Name: "an FTP server", Outcome: proof.Refuted, Codes: []string{CodePlainSetting}, Build: one("AWS::Transfer::Server", build.Props{"Protocols": []string{"SFTP", "FTP"}, "SecurityPolicyName": "TransferSecurityPolicy-2025-03"})},
		{Name: "a server as a parameter says", Outcome: proof.Unknown, Codes: []string{CodeSettingHidden}, Build: one("AWS::Transfer::Server", build.Props{"Protocols": []value.Value{build.Unknown("a parameter")}, "SecurityPolicyName": "TransferSecurityPolicy-2025-03"})},
		{Name: "questions in the clear", Outcome: proof.Refuted, Codes: []string{CodePlainForward}, Build: one("AWS::Route53Resolver::ResolverRule", build.Props{"TargetIps": []build.Props{{"Ip": "198.51.100.53", "Protocol": "DoH"}, {"Ip": "203.0.113.53"}}})},
		{Name: "questions as a parameter says", Outcome: proof.Unknown, Codes: []string{CodeSettingHidden}, Build: one("AWS::Route53Resolver::ResolverRule", build.Props{"TargetIps": []build.Props{{"Ip": "198.51.100.53", "Protocol": build.Unknown("a parameter")}}})},
		{Name: "passes TCP through", Outcome: proof.Unknown, Codes: []string{CodePassThrough}, Build: listener(build.Props{"Protocol": "TCP", "Port": 443})},
		{Name: "targets by HTTPS", Outcome: proof.Proved, Build: target(build.Props{"Protocol": "HTTPS", "Port": 8443, "TargetType": "ip"})},
		{Name: "health by HTTP", Outcome: proof.Refuted, Codes: []string{CodePlainHealth}, Build: target(build.Props{"Protocol": "HTTPS", "Port": 8443, "TargetType": "ip", "HealthCheckProtocol": "HTTP"})},
		{Name: "Aurora 16 by default", Outcome: proof.Refuted, Codes: []string{CodePlainDatabase}, Build: one("AWS::RDS::DBCluster", build.Props{"Engine": "aurora-postgresql", "EngineVersion": "16.4"})},
		{Name: "Aurora 17 by default", Outcome: proof.Proved, Build: one("AWS::RDS::DBCluster", build.Props{"Engine": "aurora-postgresql", "EngineVersion": "17.4"})},
		{Name: "MySQL by default", Outcome: proof.Refuted, Codes: []string{CodePlainDatabase}, Build: one("AWS::RDS::DBInstance", build.Props{"Engine": "mysql", "EngineVersion": "8.0"})},
		{Name: "a classic balancer, plain at both ends", Outcome: proof.Refuted, Codes: []string{CodePlainListener, CodePlainTarget}, Build: classic("HTTP", "HTTP")},
		{Name: "a classic balancer, plain behind", Outcome: proof.Refuted, Codes: []string{CodeSettingHidden, CodePlainTarget}, Build: classic("https", "http")},
		{Name: "a classic balancer with TLS", Outcome: proof.Unknown, Codes: []string{CodeSettingHidden}, Build: classic("SSL", nil)},
		{Name: "a classic balancer of TCP", Outcome: proof.Unknown, Codes: []string{CodePassThrough}, Build: classic("TCP", "TCP")},
		{Name: "a classic balancer of unknown protocol", Outcome: proof.Unknown, Codes: []string{CodeSettingHidden}, Build: classic(build.Unknown("a parameter"), nil)},
		{Name: "a classic balancer without listeners", Outcome: proof.Unknown, Codes: []string{CodeSettingHidden}, Build: one("AWS::ElasticLoadBalancing::LoadBalancer", nil)},
		{Name: "an engine in capitals", Outcome: proof.Refuted, Codes: []string{CodePlainDatabase}, Build: one("AWS::RDS::DBInstance", build.Props{"Engine": "MySQL"})},
		{Name: "the first Aurora", Outcome: proof.Refuted, Codes: []string{CodePlainDatabase}, Build: one("AWS::RDS::DBCluster", build.Props{"Engine": "aurora"})},
		{Name: "another engine", Outcome: proof.Unknown, Codes: []string{CodeDatabaseHidden}, Build: one("AWS::RDS::DBInstance", build.Props{"Engine": "oracle-ee"})},
		{Name: "parameters from elsewhere", Outcome: proof.Unknown, Codes: []string{CodeDatabaseHidden}, Build: one("AWS::RDS::DBInstance", build.Props{"Engine": "mysql", "DBParameterGroupName": "ours"})},
		{Name: "MySQL forced", Outcome: proof.Proved, Build: func(b *build.Builder) {
			b.Add("AWS::RDS::DBParameterGroup", "Group", build.Props{"Parameters": build.Props{"require_secure_transport": "ON"}})
			b.Add("AWS::RDS::DBInstance", "Db", build.Props{"Engine": "mysql", "DBParameterGroupName": b.Ref("Group")})
		}},
		{Name: "Redis that prefers", Outcome: proof.Refuted, Codes: []string{CodePlainSetting}, Build: one("AWS::ElastiCache::ReplicationGroup", build.Props{"TransitEncryptionEnabled": true, "TransitEncryptionMode": "preferred"})},
		{Name: "Redis that requires", Outcome: proof.Proved, Build: one("AWS::ElastiCache::ReplicationGroup", build.Props{"TransitEncryptionEnabled": true, "TransitEncryptionMode": "required"})},
		{Name: "a bucket without a policy", Outcome: proof.Refuted, Codes: []string{CodePlainStore}, Build: one("AWS::S3::Bucket", nil)},
		{Name: "a bucket that denies plaintext", Outcome: proof.Proved, Build: func(b *build.Builder) {
			b.Add("AWS::S3::Bucket", "Bucket", nil)
			b.Add("AWS::S3::BucketPolicy", "Policy", build.Props{"Bucket": b.Ref("Bucket"), "PolicyDocument": build.Props{"Statement": []build.Props{{
				"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": build.Props{"Bool": build.Props{"aws:SecureTransport": "false"}}}}}})
		}},
		{Name: "a bucket that denies some plaintext", Outcome: proof.Refuted, Codes: []string{CodePlainStore}, Build: func(b *build.Builder) {
			b.Add("AWS::S3::Bucket", "Bucket", nil)
			b.Add("AWS::S3::BucketPolicy", "Policy", build.Props{"Bucket": b.Ref("Bucket"), "PolicyDocument": build.Props{"Statement": []build.Props{{
				"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*", "Condition": build.Props{"Bool": build.Props{"aws:SecureTransport": "false"}}}}}})
		}},
		{Name: "an API that leads to plain HTTP", Outcome: proof.Refuted, Codes: []string{CodePlainTarget}, Build: method(build.Props{"Type": "HTTP_PROXY", "Uri": "http://api.example/{proxy}"})},
		{Name: "an API that leads to HTTPS", Outcome: proof.Proved, Build: method(build.Props{"Type": "HTTP_PROXY", "Uri": "https://api.example/{proxy}"})},
		{Name: "an API that takes any certificate", Outcome: proof.Refuted, Codes: []string{CodePlainTarget}, Build: method(build.Props{"Type": "HTTP", "Uri": "https://api.example", "TlsConfig": build.Props{"InsecureSkipVerification": true}})},
		{Name: "an API that leads where a parameter says", Outcome: proof.Unknown, Codes: []string{CodeSettingHidden}, Build: method(build.Props{"Type": "HTTP", "Uri": build.Unknown("a parameter")})},
		{Name: "an API that leads to a function", Outcome: proof.NotApplicable, Build: method(build.Props{"Type": "AWS_PROXY", "Uri": "arn:aws:apigateway:x"})},
		{Name: "an HTTP API by a link, plain", Outcome: proof.Refuted, Codes: []string{CodePlainTarget}, Build: one("AWS::ApiGatewayV2::Integration", build.Props{"IntegrationType": "HTTP_PROXY", "ConnectionType": "VPC_LINK", "IntegrationUri": "arn"})},
		{Name: "an HTTP API by a link", Outcome: proof.Proved, Build: one("AWS::ApiGatewayV2::Integration", build.Props{"IntegrationType": "HTTP_PROXY", "ConnectionType": "VPC_LINK", "IntegrationUri": "arn", "TlsConfig": build.Props{"ServerNameToVerify": "api.example"}})},
		{Name: "an HTTP API to plain HTTP", Outcome: proof.Refuted, Codes: []string{CodePlainTarget}, Build: one("AWS::ApiGatewayV2::Integration", build.Props{"IntegrationType": "HTTP_PROXY", "IntegrationUri": "http://api.example"})},
		{Name: "viewers and origin by HTTPS", Outcome: proof.Proved, Build: distribution("https-only", "https-only", "TLSv1.2")},
		{Name: "viewers by HTTP", Outcome: proof.Refuted, Codes: []string{CodePlainSetting}, Build: distribution("allow-all", "https-only", "TLSv1.2")},
		{Name: "an origin by HTTP", Outcome: proof.Refuted, Codes: []string{CodePlainSetting}, Build: distribution("https-only", "http-only", "TLSv1.2")},
		{Name: "an origin as viewers ask", Outcome: proof.Refuted, Codes: []string{CodePlainSetting}, Build: distribution("https-only", "match-viewer", "TLSv1.2")},
		{Name: "an origin by TLS 1.0", Outcome: proof.Refuted, Codes: []string{CodeWeakPolicy}, Build: distribution("https-only", "https-only", "TLSv1", "TLSv1.2")},
		{Name: "a volume in the clear", Outcome: proof.Refuted, Codes: []string{CodePlainSetting}, Build: one("AWS::ECS::TaskDefinition", build.Props{"Volumes": []build.Props{{"EFSVolumeConfiguration": build.Props{"FilesystemId": "fs-1"}}}})},
	})
}
