package updates_test

import (
	"testing"

	"github.com/suretyhq/surety/internal/updates"
)

// TestB03_WhatAPropertysChangeDoes: expectations are those of "Update requires"
// on the types' pages of the AWS CloudFormation Template Reference.
func TestB03_WhatAPropertysChangeDoes(t *testing.T) {
	for _, test := range []struct {
		typ, property string
		want          updates.Effect
	}{
		{"AWS::EC2::Subnet", "CidrBlock", updates.Replaces},
		{"AWS::EC2::Subnet", "Tags/0/Value", updates.InPlace},
		{"AWS::RDS::DBCluster", "StorageEncrypted", updates.Replaces},
		{"AWS::RDS::DBCluster", "BackupRetentionPeriod", updates.InPlace},
		{"AWS::RDS::DBCluster", "Engine", updates.Perhaps},
		{"AWS::EC2::SecurityGroup", "GroupDescription", updates.Replaces},
		{"AWS::EC2::SecurityGroup", "SecurityGroupIngress/2/FromPort", updates.InPlace},
		{"AWS::ECS::Service", "TaskDefinition", updates.InPlace},
		{"AWS::ECS::TaskDefinition", "ContainerDefinitions/0/Image", updates.Replaces},
		{"AWS::S3::Bucket", "BucketName", updates.Replaces},
		{"AWS::KMS::Key", "KeyPolicy/Statement/0/Action", updates.InPlace},
		{"Custom::Anything", "X", updates.Unknown},
		{"AWS::No::Such", "X", updates.Unknown},
	} {
		if got := updates.Of(test.typ, test.property); got != test.want {
			t.Errorf("%s %s: %s, want %s", test.typ, test.property, got, test.want)
		}
	}
}
