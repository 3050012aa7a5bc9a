package logged

import (
	"testing"

	"github.com/suretyhq/surety/internal/proof"
	"github.com/suretyhq/surety/internal/proof/prooftest"
	"github.com/suretyhq/surety/internal/resource/build"
)

// list is a list of maps, as properties have them.
type list = []build.Props

// encrypted is the encryption of a bucket.
func encrypted(rule build.Props) build.Props {
	return build.Props{"ServerSideEncryptionConfiguration": list{{"ServerSideEncryptionByDefault": rule}}}
}

func retention(of build.Props) build.Props {
	return build.Props{"ObjectLockEnabled": "Enabled", "Rule": build.Props{"DefaultRetention": of}}
}

// archive adds a bucket that holds what is asked of one, but for changes.
func archive(b *build.Builder, changes build.Props) {
	props := build.Props{"BucketName": "archive", "ObjectLockEnabled": true, "ObjectLockConfiguration": retention(build.Props{"Mode": "COMPLIANCE", "Years": 1}),
		"BucketEncryption": encrypted(build.Props{"SSEAlgorithm": "aws:kms"})}
	for k, v := range changes {
		props[k] = v
	}
	b.Add("AWS::S3::Bucket", "Archive", props)
	statement(b, build.Props{"Effect": "Deny", "Principal": "*", "Action": []string{"s3:DeleteObject", "s3:DeleteObjectVersion"}, "Resource": "arn:aws:s3:::archive/*"})
}

func statement(b *build.Builder, s build.Props) {
	b.Add("AWS::S3::BucketPolicy", "Policy", build.Props{"Bucket": b.Ref("Archive"), "PolicyDocument": build.Props{"Statement": list{s}}})
}

// copied adds a bucket that copies to the archive by a rule.
func copied(b *build.Builder, rule build.Props) {
	b.Add("AWS::S3::Bucket", "Records", build.Props{"BucketName": "records", "BucketEncryption": encrypted(build.Props{"SSEAlgorithm": "AES256"}),
		"ReplicationConfiguration": build.Props{"Rules": list{rule}}})
}

// whole is a rule that copies everything.
func whole(b *build.Builder) build.Props {
	return build.Props{"Status": "Enabled", "Filter": build.Props{"Prefix": ""}, "Destination": build.Props{"Bucket": b.Attr("Archive", "Arn"),
		"EncryptionConfiguration": build.Props{"ReplicaKmsKeyID": "arn:aws:kms:ap-southeast-2:100000000002:key/1"}}}
}

// api adds a stage whose access log is sent to a value.
func api(b *build.Builder, to any) {
	b.Add("AWS::ApiGateway::Stage", "Stage", build.Props{"AccessLogSetting": build.Props{"DestinationArn": to}})
}

func group(b *build.Builder) {
	b.Add("AWS::Logs::LogGroup", "Group", build.Props{"RetentionInDays": 365})
}

func subscribe(b *build.Builder, pattern string, to any) {
	b.Add("AWS::Logs::SubscriptionFilter", "Filter", build.Props{"LogGroupName": b.Ref("Group"), "FilterPattern": pattern, "DestinationArn": to})
}

// An archive that no log reaches is a bucket like any other, which has to log
// its requests.
func TestS29_LogsEndInAnArchive(t *testing.T) {
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "nothing", Outcome: proof.NotApplicable, Build: func(b *build.Builder) { b.Add("AWS::SQS::Queue", "Queue", nil) }},
		{Name: "straight to the archive", Outcome: proof.Proved, Build: func(b *build.Builder) {
			archive(b, nil)
			api(b, b.Attr("Archive", "Arn"))
		}},
		{Name: "by its name", Outcome: proof.Proved, Build: func(b *build.Builder) {
			archive(b, nil)
			api(b, "arn:aws:s3:::archive/apis/")
		}},
		{Name: "by a copy", Outcome: proof.Proved, Build: func(b *build.Builder) {
			archive(b, nil)
			copied(b, whole(b))
			api(b, b.Attr("Records", "Arn"))
		}},
		{Name: "by a log group and a stream", Outcome: proof.Proved, Build: func(b *build.Builder) {
			archive(b, nil)
			copied(b, whole(b))
			group(b)
			b.Add("AWS::KinesisFirehose::DeliveryStream", "Stream", build.Props{"S3DestinationConfiguration": build.Props{"BucketARN": b.Attr("Records", "Arn")}})
			subscribe(b, "", b.Attr("Stream", "Arn"))
			api(b, b.Attr("Group", "Arn"))
		}},
		{Name: "in a log group", Outcome: proof.Refuted, Codes: []string{CodeNotArchived}, Build: func(b *build.Builder) {
			group(b)
			api(b, b.Attr("Group", "Arn"))
		}},
		{Name: "a part of a log group", Outcome: proof.Refuted, Codes: []string{CodeAccessMissing, CodeNotArchived}, Build: func(b *build.Builder) {
			archive(b, nil)
			group(b)
			subscribe(b, "ERROR", b.Attr("Archive", "Arn"))
			api(b, b.Attr("Group", "Arn"))
		}},
		{Name: "somewhere else", Outcome: proof.Unknown, Codes: []string{CodeUnknownWay}, Build: func(b *build.Builder) { api(b, "arn:aws:s3:::others") }},
		{Name: "to what is known at deployment", Outcome: proof.Unknown, Codes: []string{CodeUnknownWay}, Build: func(b *build.Builder) { api(b, build.Unknown("a parameter")) }},
		{Name: "to a log group that a parameter carries", Outcome: proof.Unknown, Codes: []string{CodeUnknownWay}, Build: func(b *build.Builder) {
			group(b)
			subscribe(b, "", build.Unknown("a parameter"))
			api(b, b.Attr("Group", "Arn"))
		}},
		{Name: "in a circle", Outcome: proof.Unknown, Codes: []string{CodeUnknownWay}, Build: func(b *build.Builder) {
			rule := whole(b)
			rule["Destination"] = build.Props{"Bucket": b.Attr("Records", "Arn"), "EncryptionConfiguration": build.Props{"ReplicaKmsKeyID": "k"}}
			copied(b, rule)
			b.Add("AWS::S3::Bucket", "Data", build.Props{"LoggingConfiguration": build.Props{"DestinationBucketName": "records"}})
		}},
		{Name: "without copies", Outcome: proof.Refuted, Codes: []string{CodeUnlocked}, Build: func(b *build.Builder) {
			b.Add("AWS::S3::Bucket", "Records", nil)
			api(b, b.Attr("Records", "Arn"))
		}},
		{Name: "a copy of a folder", Outcome: proof.Refuted, Codes: []string{CodeAccessMissing, CodeUnlocked}, Build: func(b *build.Builder) {
			archive(b, nil)
			rule := whole(b)
			rule["Filter"] = build.Props{"Prefix": "apis/"}
			copied(b, rule)
			api(b, b.Attr("Records", "Arn"))
		}},
		{Name: "a copy of what is tagged", Outcome: proof.Refuted, Codes: []string{CodeAccessMissing, CodeUnlocked}, Build: func(b *build.Builder) {
			archive(b, nil)
			rule := whole(b)
			rule["Filter"] = build.Props{"TagFilter": build.Props{"Key": "a", "Value": "b"}}
			copied(b, rule)
			api(b, b.Attr("Records", "Arn"))
		}},
		{Name: "a copy that is switched off", Outcome: proof.Refuted, Codes: []string{CodeAccessMissing, CodeUnlocked}, Build: func(b *build.Builder) {
			archive(b, nil)
			rule := whole(b)
			rule["Status"] = "Disabled"
			copied(b, rule)
			api(b, b.Attr("Records", "Arn"))
		}},
		{Name: "a copy by Amazon's own key", Outcome: proof.Refuted, Codes: []string{CodeReplicaKey}, Build: func(b *build.Builder) {
			archive(b, nil)
			rule := whole(b)
			rule["Destination"] = build.Props{"Bucket": b.Attr("Archive", "Arn")}
			copied(b, rule)
			api(b, b.Attr("Records", "Arn"))
		}},
	})
}

func TestS29_NobodyCanChangeTheArchive(t *testing.T) {
	with := func(changes build.Props) func(*build.Builder) {
		return func(b *build.Builder) {
			archive(b, changes)
			api(b, b.Attr("Archive", "Arn"))
		}
	}
	// deleting is an archive whose policy is one statement.
	deleting := func(s build.Props) func(*build.Builder) {
		return func(b *build.Builder) {
			b.Add("AWS::S3::Bucket", "Archive", build.Props{"ObjectLockEnabled": true, "ObjectLockConfiguration": retention(build.Props{"Mode": "COMPLIANCE", "Days": 100})})
			statement(b, s)
			api(b, b.Attr("Archive", "Arn"))
		}
	}
	prooftest.Run(t, Claim(), []prooftest.Case{
		{Name: "governance", Outcome: proof.Refuted, Codes: []string{CodeWeakLock}, Build: with(build.Props{"ObjectLockConfiguration": retention(build.Props{"Mode": "GOVERNANCE", "Days": 365})})},
		{Name: "a month", Outcome: proof.Refuted, Codes: []string{CodeShortLock}, Build: with(build.Props{"ObjectLockConfiguration": retention(build.Props{"Mode": "COMPLIANCE", "Days": 30})})},
		{Name: "a lock without a retention", Outcome: proof.Refuted, Codes: []string{CodeUnlocked}, Build: with(build.Props{"ObjectLockConfiguration": build.Props{"ObjectLockEnabled": "Enabled"}})},
		{Name: "a retention without a lock", Outcome: proof.Refuted, Codes: []string{CodeUnlocked}, Build: with(build.Props{"ObjectLockEnabled": false})},
		{Name: "a lock that nobody knows", Outcome: proof.Unknown, Codes: []string{CodeUnknownWay}, Build: with(build.Props{"ObjectLockEnabled": build.Unknown("a parameter")})},
		{Name: "no policy", Outcome: proof.Refuted, Codes: []string{CodeDeletable}, Build: deleting(build.Props{"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"})},
		{Name: "for some", Outcome: proof.Refuted, Codes: []string{CodeDeletable}, Build: deleting(build.Props{"Effect": "Deny", "Principal": build.Props{"AWS": "arn:aws:iam::100000000004:root"},
			"Action": "s3:*", "Resource": "*"})},
		{Name: "but for some", Outcome: proof.Refuted, Codes: []string{CodeDeletable}, Build: deleting(build.Props{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
			"Condition": build.Props{"StringNotEquals": build.Props{"aws:PrincipalAccount": "100000000004"}}})},
		{Name: "versions alone", Outcome: proof.Refuted, Codes: []string{CodeDeletable}, Build: deleting(build.Props{"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObjectVersion", "Resource": "*"})},
		{Name: "a folder", Outcome: proof.Refuted, Codes: []string{CodeDeletable}, Build: deleting(build.Props{"Effect": "Deny", "Principal": "*", "Action": "s3:Delete*", "Resource": "arn:aws:s3:::archive/a/*"})},
		{Name: "every deletion", Outcome: proof.Proved, Build: deleting(build.Props{"Effect": "Deny", "Principal": "*", "Action": "s3:Delete*", "Resource": "*"})},
		{Name: "a policy that nobody knows", Outcome: proof.Unknown, Codes: []string{CodeUnknownWay}, Build: func(b *build.Builder) {
			b.Add("AWS::S3::Bucket", "Archive", build.Props{"ObjectLockEnabled": true, "ObjectLockConfiguration": retention(build.Props{"Mode": "COMPLIANCE", "Days": 100})})
			b.Add("AWS::S3::BucketPolicy", "Policy", build.Props{"Bucket": b.Ref("Archive"), "PolicyDocument": build.Unknown("a parameter")})
			api(b, b.Attr("Archive", "Arn"))
		}},
	})
}
