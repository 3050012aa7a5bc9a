package backup

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsbackup"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// When things are done, in UTC. The month's backup is after the day's, and a
// restore is tried each week after both.
const (
	continuously = "cron(0 14 ? * * *)"
	daily        = "cron(0 15 ? * * *)"
	monthly      = "cron(0 18 1 * ? *)"
	weekly       = "cron(0 21 ? * SUN *)"
)

// Windows: in which a job has to start, and to be done.
const (
	startMinutes    = 120
	completeMinutes = 24 * 60
	testedWithin    = 7 // days: the newest backup is restored, and an older one is none
	validateHours   = 24
)

// mostContinuous is for how many days AWS Backup can restore to a point in time
// ("Continuous backups and point-in-time recovery", AWS Backup Developer Guide).
const mostContinuous = 35

// Props says what is backed up and where to.
type Props struct {
	// Name is what plans, selections, roles and tests are called by.
	Name string
	// Vault is the name of the vault, in the account and Region of the plan;
	// VaultKey encrypts it.
	Vault    string
	VaultKey awskms.IKey
	// KeepDays is for how long a daily backup is kept, KeepMonthlyDays that of a
	// month's first day.
	KeepDays, KeepMonthlyDays int
	// Copies are the vaults that get a copy of every backup.
	Copies []Copy
	// VPC is where a restored database is tried.
	VPC      awsec2.IVpc
	Clusters []Cluster
	Buckets  []Bucket
}

// Copy is a vault of another account or Region.
type Copy struct {
	ARN string
	// Key encrypts the vault.
	Key awskms.IKey
}

// Cluster is an Aurora cluster.
type Cluster struct {
	ID  string
	ARN *string
	Key awskms.IKey
	// SubnetGroup is the name of the group of subnets in which a restored
	// cluster is tried.
	SubnetGroup *string
}

// Bucket is a versioned bucket that tells EventBridge of its objects.
type Bucket struct {
	ID       string
	Resource awss3.IBucket
	Key      awskms.IKey
	// OtherKeys says that other keys of the account may encrypt its objects.
	OtherKeys bool
}

// Plan is what backs up, and tries to restore.
type Plan struct {
	Construct constructs.Construct
	props     *Props
	vaultARN  string
	tests     *string // the name of the restore testing plan
}

// New makes the plans: one for clusters, which Aurora itself can restore to
// every second of the last weeks, and one for buckets, which AWS Backup can.
func New(scope constructs.Construct, id string, props *Props) *Plan {
	p := &Plan{Construct: constructs.NewConstruct(scope, jsii.String(id)), props: props}
	account := p.account()
	p.vaultARN = VaultARN(p.region(), account, props.Vault)
	var clusters, buckets []*string
	for _, c := range props.Clusters {
		clusters = append(clusters, c.ARN)
	}
	for _, b := range props.Buckets {
		buckets = append(buckets, b.Resource.BucketArn())
	}
	role := p.backupRole().RoleArn()
	if len(clusters) > 0 {
		p.plan("Databases", role, clusters, p.rules())
	}
	if len(buckets) > 0 {
		p.plan("Files", role, buckets, append([]any{p.continuous()}, p.rules()...))
	}
	p.tryRestoring()
	return p
}

// plan adds a plan and what it is for: by ARN, so that neither a tag that
// somebody takes away nor the opt-in settings of the Region leave a store out
// ("Assigning resources to a backup plan", AWS Backup Developer Guide).
func (p *Plan) plan(id string, role *string, resources []*string, rules []any) {
	name := jsii.String(p.props.Name + "-" + strings.ToLower(id))
	plan := awsbackup.NewCfnBackupPlan(p.Construct, jsii.String(id), &awsbackup.CfnBackupPlanProps{
		BackupPlan: &awsbackup.CfnBackupPlan_BackupPlanResourceTypeProperty{BackupPlanName: name, BackupPlanRule: rules}})
	awsbackup.NewCfnBackupSelection(p.Construct, jsii.String(id+"Selection"), &awsbackup.CfnBackupSelectionProps{BackupPlanId: plan.AttrBackupPlanId(),
		BackupSelection: &awsbackup.CfnBackupSelection_BackupSelectionResourceTypeProperty{SelectionName: name, IamRoleArn: role, Resources: &resources}})
}

func (p *Plan) rules() []any {
	return []any{p.rule("daily", daily, p.props.KeepDays), p.rule("monthly", monthly, p.props.KeepMonthlyDays)}
}

// rule keeps a backup, and every copy of it, for so many days. A copy to
// another account stays in the Region, and one to another Region in the account:
// what Aurora encrypts cannot always be copied to both at once ("Copy a
// backup", AWS Backup Developer Guide).
func (p *Plan) rule(name, schedule string, days int) any {
	keep := &awsbackup.CfnBackupPlan_LifecycleResourceTypeProperty{DeleteAfterDays: jsii.Number(days)}
	var copies []any
	for _, c := range p.props.Copies {
		copies = append(copies, &awsbackup.CfnBackupPlan_CopyActionResourceTypeProperty{DestinationBackupVaultArn: jsii.String(c.ARN), Lifecycle: keep})
	}
	rule := p.job(name, schedule, days)
	if len(copies) > 0 {
		rule.CopyActions = copies
	}
	return rule
}

// continuous can restore to every second. Copies of it would be snapshots,
// which the daily rule makes.
func (p *Plan) continuous() any {
	rule := p.job("continuous", continuously, min(mostContinuous, p.props.KeepDays))
	rule.EnableContinuousBackup = true
	return rule
}

func (p *Plan) job(name, schedule string, days int) *awsbackup.CfnBackupPlan_BackupRuleResourceTypeProperty {
	return &awsbackup.CfnBackupPlan_BackupRuleResourceTypeProperty{RuleName: jsii.String(name), TargetBackupVault: jsii.String(p.props.Vault),
		ScheduleExpression: jsii.String(schedule), StartWindowMinutes: jsii.Number(startMinutes), CompletionWindowMinutes: jsii.Number(completeMinutes),
		Lifecycle: &awsbackup.CfnBackupPlan_LifecycleResourceTypeProperty{DeleteAfterDays: jsii.Number(days)}}
}
