package logstream

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

func TestS29_EveryEventOfAGroupIsCarried(t *testing.T) {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"@aws-cdk/core:enablePartitionLiterals": true}})
	stack := awscdk.NewStack(app, jsii.String("test"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("100000000001"), Region: jsii.String("ap-southeast-2")}})
	const arn = "arn:aws:kms:ap-southeast-2:100000000001:key/11111111-2222-3333-4444-555555555555"
	s := New(stack, "Stream", &Props{Name: "logs", Bucket: awss3.Bucket_FromBucketName(stack, jsii.String("Bucket"), jsii.String("records")),
		Key: awskms.Key_FromKeyArn(stack, jsii.String("Key"), jsii.String(arn))})
	s.Carry(stack, "Carried", awslogs.LogGroup_FromLogGroupName(stack, jsii.String("Group"), jsii.String("group")))
	data, err := json.Marshal(assertions.Template_FromStack(stack, nil).ToJSON())
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string
			DependsOn  []string
			Properties json.RawMessage
		}
	}
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, r := range template.Resources {
		seen[r.Type] += string(r.Properties)
		if r.Type == "AWS::Logs::SubscriptionFilter" && len(r.DependsOn) < 2 {
			t.Errorf("the filter does not wait until its role may send: %v", r.DependsOn)
		}
	}
	for typ, parts := range map[string][]string{
		"AWS::KinesisFirehose::DeliveryStream": {`"KeyARN":"` + arn + `"`, `"KeyType":"CUSTOMER_MANAGED_CMK"`, `"BucketARN":"arn:aws:s3:::records"`},
		"AWS::Logs::SubscriptionFilter":        {`"FilterPattern":""`, `"LogGroupName":"group"`},
		"AWS::IAM::Role":                       {`"sts:ExternalId":"100000000001"`, `"aws:SourceArn":"arn:aws:logs:ap-southeast-2:100000000001:*"`},
		"AWS::IAM::Policy":                     {`"firehose:PutRecord"`, `"s3:PutObject"`},
	} {
		for _, part := range parts {
			if !strings.Contains(seen[typ], part) {
				t.Errorf("%s has no %s: %s", typ, part, seen[typ])
			}
		}
	}
	if strings.Contains(seen["AWS::IAM::Policy"], "s3:GetObject") {
		t.Error("the stream may read what it wrote")
	}
}
