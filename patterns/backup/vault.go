// Package backup makes vaults of AWS Backup, plans that fill them each day, and
// tests that restore from them.
//
// Every vault is locked in compliance mode, so that nobody, the account's root
// included, can delete a backup before its time or make that time shorter; its
// policy lets nobody delete either, and its backups are encrypted by the
// caller's key. No property turns any of this off.
package backup

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsbackup"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// graceDays is after how many days the lock takes effect for good, the least
// that AWS Backup accepts. Without it the lock could be taken off for ever
// ("Vault lock modes", AWS Backup Developer Guide).
const graceDays = 3

// VaultProps says whose vault it is.
type VaultProps struct {
	// Name is the vault's name, one in its account and Region.
	Name string
	// Key encrypts the backups of what AWS Backup manages itself, and every copy.
	Key awskms.IKey
	// MinDays and MaxDays bound how long a backup is kept. A job that asks for
	// less or more fails. The lock keeps them as they are.
	MinDays, MaxDays int
	// From are the ids of other accounts that may copy into the vault.
	From []string
}

// Vault is a vault.
type Vault struct {
	Construct constructs.Construct
	Resource  awsbackup.CfnBackupVault
}

// NewVault makes a vault that is kept when its stack is deleted.
func NewVault(scope constructs.Construct, id string, props *VaultProps) *Vault {
	v := &Vault{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	v.Resource = awsbackup.NewCfnBackupVault(v.Construct, jsii.String("Vault"), &awsbackup.CfnBackupVaultProps{
		BackupVaultName: jsii.String(props.Name), EncryptionKeyArn: props.Key.KeyArn(), AccessPolicy: accessPolicy(props.From),
		LockConfiguration: &awsbackup.CfnBackupVault_LockConfigurationTypeProperty{MinRetentionDays: jsii.Number(props.MinDays),
			MaxRetentionDays: jsii.Number(props.MaxDays), ChangeableForDays: jsii.Number(graceDays)}})
	v.Resource.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	return v
}

// accessPolicy follows "Vault access policies" and "Creating backup copies
// across AWS accounts", AWS Backup Developer Guide. What expires is deleted by
// AWS Backup itself, which no policy stops.
func accessPolicy(from []string) awsiam.PolicyDocument {
	statements := []awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("NobodyDeletes"), Effect: awsiam.Effect_DENY, Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
		Actions: jsii.Strings("backup:DeleteBackupVault", "backup:DeleteBackupVaultAccessPolicy", "backup:DeleteBackupVaultLockConfiguration",
			"backup:DeleteRecoveryPoint", "backup:DisassociateRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"),
		Resources: jsii.Strings("*")})}
	if len(from) > 0 {
		principals := accounts(from)
		statements = append(statements, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String("OthersCopy"), Principals: &principals,
			Actions: jsii.Strings("backup:CopyIntoBackupVault"), Resources: jsii.Strings("*")}))
	}
	return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements})
}

func accounts(ids []string) []awsiam.IPrincipal {
	var all []awsiam.IPrincipal
	for _, id := range ids {
		all = append(all, awsiam.NewAccountPrincipal(id))
	}
	return all
}

// VaultARN is the ARN of a vault, which others can name before it is there.
func VaultARN(region, account, name string) string {
	return "arn:aws:backup:" + region + ":" + account + ":backup-vault:" + name
}

// serviceRole is the role by which AWS Backup acts in the account that gets a
// copy ("Using roles to copy backups across accounts", AWS Backup Developer
// Guide).
const serviceRole = "arn:aws:iam::*:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"

// KeyStatements let AWS Backup of another account use a key for copies, and
// nobody else of it: to read what the key encrypts, and to write what is copied
// to a vault of the key's ("Encryption for backups in AWS Backup", AWS Backup
// Developer Guide). The other account's role does not exist before its first
// copy, and cannot be a principal until then, so that a condition names it.
func KeyStatements(account, role string) []awsiam.PolicyStatement {
	roles := []any{serviceRole}
	if role != "" {
		roles = append(roles, "arn:aws:iam::"+account+":role/"+role)
	}
	is := func(more map[string]any) *map[string]any {
		when := map[string]any{"ArnLike": map[string]any{"aws:PrincipalArn": roles}}
		for k, v := range more {
			when[k] = v
		}
		return &when
	}
	principals := accounts([]string{account})
	return []awsiam.PolicyStatement{
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String("BackupsCopy"), Principals: &principals, Resources: jsii.Strings("*"),
			Actions: jsii.Strings("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"), Conditions: is(nil)}),
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String("BackupsGrantToServices"), Principals: &principals, Resources: jsii.Strings("*"),
			Actions: jsii.Strings("kms:CreateGrant"), Conditions: is(map[string]any{"Bool": map[string]any{"kms:GrantIsForAWSResource": "true"}})}),
	}
}
