package backup

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsbackup"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"
)

// tryRestoring restores the newest backup of everything each week, and throws
// away what was restored. Nothing can reach it meanwhile, and it reaches nothing
// ("Restore testing", AWS Backup Developer Guide).
func (p *Plan) tryRestoring() {
	name := strings.ReplaceAll(p.props.Name, "-", "_")
	tests := awsbackup.NewCfnRestoreTestingPlan(p.Construct, jsii.String("RestoreTests"), &awsbackup.CfnRestoreTestingPlanProps{
		RestoreTestingPlanName: jsii.String(name), ScheduleExpression: jsii.String(weekly),
		RecoveryPointSelection: &awsbackup.CfnRestoreTestingPlan_RestoreTestingRecoveryPointSelectionProperty{Algorithm: jsii.String("LATEST_WITHIN_WINDOW"),
			IncludeVaults: jsii.Strings(p.vaultARN), RecoveryPointTypes: jsii.Strings("SNAPSHOT"), SelectionWindowDays: jsii.Number(testedWithin)}})
	p.tests = tests.RestoreTestingPlanName()
	role := p.restoreRole().RoleArn()
	try := func(id, typ string, arn *string, overrides map[string]*string) {
		s := awsbackup.NewCfnRestoreTestingSelection(p.Construct, jsii.String("Restore"+id), &awsbackup.CfnRestoreTestingSelectionProps{
			RestoreTestingPlanName: p.tests, RestoreTestingSelectionName: jsii.String(strings.ReplaceAll(id, "-", "_")), IamRoleArn: role,
			ProtectedResourceType: jsii.String(typ), ProtectedResourceArns: &[]*string{arn}, RestoreMetadataOverrides: overrides, ValidationWindowHours: jsii.Number(validateHours)})
		s.Node().AddDependency(tests)
	}
	for _, c := range p.props.Clusters {
		group := awsec2.NewSecurityGroup(p.Construct, jsii.String(c.ID+"Closed"), &awsec2.SecurityGroupProps{Vpc: p.props.VPC,
			Description: jsii.String("Restored databases of " + p.props.Name + ": closed"), AllowAllOutbound: jsii.Bool(false)})
		try(c.ID, "Aurora", c.ARN, map[string]*string{"dbSubnetGroupName": c.SubnetGroup,
			"vpcSecurityGroupIds": awscdk.Fn_Join(jsii.String(""), &[]*string{jsii.String(`["`), group.SecurityGroupId(), jsii.String(`"]`)})})
	}
	for _, b := range p.props.Buckets {
		try(b.ID, "S3", b.Resource.BucketArn(), map[string]*string{"encryptionType": jsii.String("SSE-KMS"), "kmsKey": b.Key.KeyArn()})
	}
}
