package backup

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

const (
	region  = "ap-southeast-2"
	account = "100000000004"
	copies  = "arn:aws:backup:ap-southeast-2:100000000005:backup-vault:acme-dev-backup"
)

// made is a template of a vault and a plan, as text by type. It is made once.
var made = sync.OnceValues(func() (map[string][]string, error) {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"@aws-cdk/core:enablePartitionLiterals": true, "@aws-cdk/aws-iam:minimizePolicies": true}})
	stack := awscdk.NewStack(app, jsii.String("test"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String(account), Region: jsii.String(region)}})
	key := func(id string) awskms.IKey {
		return awskms.Key_FromKeyArn(stack, jsii.String(id), jsii.String("arn:aws:kms:"+region+":"+account+":key/"+id))
	}
	vault := key("vault")
	NewVault(stack, "Vault", &VaultProps{Name: "acme-dev-backup", Key: vault, MinDays: 30, MaxDays: 3653, From: []string{"100000000005"}})
	bucket := awss3.Bucket_FromBucketName(stack, jsii.String("Bucket"), jsii.String("files"))
	New(stack, "Plan", &Props{Name: "acme-dev", Vault: "acme-dev-backup", VaultKey: vault, KeepDays: 40, KeepMonthlyDays: 400,
		Copies:   []Copy{{ARN: copies, Key: key("copies")}},
		VPC:      awsec2.Vpc_FromVpcAttributes(stack, jsii.String("Vpc"), &awsec2.VpcAttributes{VpcId: jsii.String("vpc-1"), AvailabilityZones: jsii.Strings("a")}),
		Clusters: []Cluster{{ID: "Database", ARN: jsii.String("arn:aws:rds:" + region + ":" + account + ":cluster:main"), Key: key("data"), SubnetGroup: jsii.String("subnets")}},
		Buckets:  []Bucket{{ID: "Files", Resource: bucket, Key: key("files")}}})
	data, err := json.Marshal(assertions.Template_FromStack(stack, nil).ToJSON())
	if err != nil {
		return nil, err
	}
	var read struct {
		Resources map[string]map[string]any
	}
	if err := json.Unmarshal(data, &read); err != nil {
		return nil, err
	}
	all := map[string][]string{}
	for _, r := range read.Resources {
		text, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		all[r["Type"].(string)] = append(all[r["Type"].(string)], string(text))
	}
	return all, nil
})

func template(t *testing.T) map[string][]string {
	t.Helper()
	all, err := made()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func has(t *testing.T, what string, texts []string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(strings.Join(texts, "\n"), p) {
			t.Errorf("%s: there is no %s in %v", what, p, texts)
		}
	}
}

func TestS35_AVaultIsLockedAndNobodyDeletes(t *testing.T) {
	has(t, "vault", template(t)["AWS::Backup::BackupVault"], `"ChangeableForDays":3,"MaxRetentionDays":3653,"MinRetentionDays":30`, `"DeletionPolicy":"Retain"`, `"UpdateReplacePolicy":"Retain"`,
		`"backup:DeleteRecoveryPoint"`, `"backup:UpdateRecoveryPointLifecycle"`, `"Effect":"Deny","Principal":{"AWS":"*"}`, `"backup:CopyIntoBackupVault","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::100000000005:root"}`)
}

func TestS35_APlanBacksUpEachDayCopiesAndTriesToRestore(t *testing.T) {
	all := template(t)
	plans := all["AWS::Backup::BackupPlan"]
	if len(plans) != 2 {
		t.Fatalf("%d plans", len(plans))
	}
	for _, p := range plans {
		has(t, "plan", []string{p}, `"CopyActions":[{"DestinationBackupVaultArn":"`+copies+`","Lifecycle":{"DeleteAfterDays":40}}]`, `"ScheduleExpression":"cron(0 15 ? * * *)"`, `{"DeleteAfterDays":400}`)
	}
	// Point in time: for buckets 35 days at the most, and Aurora does it itself.
	has(t, "plans", plans, `"EnableContinuousBackup":true,"Lifecycle":{"DeleteAfterDays":35}`)
	if strings.Count(strings.Join(plans, ""), "EnableContinuousBackup") != 1 {
		t.Error("AWS Backup takes over the retention of the database's own backups")
	}
	has(t, "test", all["AWS::Backup::RestoreTestingPlan"], `"IncludeVaults":["arn:aws:backup:`+region+`:`+account+`:backup-vault:acme-dev-backup"]`, `"SNAPSHOT"`)
	has(t, "test", all["AWS::Backup::RestoreTestingSelection"], `"ProtectedResourceType":"Aurora"`, `"ProtectedResourceType":"S3"`, `"dbSubnetGroupName":"subnets"`, `"encryptionType":"SSE-KMS"`)
	has(t, "group", all["AWS::EC2::SecurityGroup"], `"CidrIp":"255.255.255.255/32"`)
	if strings.Contains(strings.Join(all["AWS::EC2::SecurityGroup"], ""), "SecurityGroupIngress") {
		t.Error("something reaches a restored database")
	}
}

// Roles name the stores: no action that knows resources is on all of them, and
// nothing that is there already can be written to by a restore.
func TestS28_S35_RolesDoNothingButBackUpAndRestoreBeside(t *testing.T) {
	all := template(t)
	for _, r := range all["AWS::IAM::Role"] {
		has(t, "role", []string{r}, `"Service":"backup.amazonaws.com"`)
		if strings.Contains(r, "ManagedPolicyArns") {
			t.Errorf("a policy of AWS's, which is for every store: %s", r)
		}
	}
	for _, p := range all["AWS::IAM::Policy"] {
		for _, s := range strings.Split(p, `{"Action":`) {
			if strings.Contains(s, `"Resource":"*"`) && !strings.HasPrefix(s, `["cloudwatch:GetMetricData","s3:ListAllMyBuckets","tag:GetResources"]`) {
				t.Errorf("on everything: %s", s)
			}
			if strings.Contains(s, `s3:PutObject"`) && !strings.Contains(s, `"Resource":["arn:aws:s3:::acme-dev-restored-*/*","arn:aws:s3:::awsbackup-restore-test-*/*"]`) {
				t.Errorf("a restore writes into what is there: %s", s)
			}
		}
	}
}
