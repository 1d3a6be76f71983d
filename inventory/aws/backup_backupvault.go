package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"
)

func init() {
	register(Reader{
		Type: "AWS::Backup::BackupVault",
		Calls: map[string]string{
			"Backup.ListBackupVaults":            "backup:ListBackupVaults",
			"Backup.GetBackupVaultAccessPolicy":  "backup:GetBackupVaultAccessPolicy",
			"Backup.GetBackupVaultNotifications": "backup:GetBackupVaultNotifications",
			"Backup.ListTags":                    "backup:ListTags",
		},
		Reads: []string{
			"/AccessPolicy", "/BackupVaultArn", "/BackupVaultName", "/BackupVaultTags", "/EncryptionKeyArn",
			"/LockConfiguration/MaxRetentionDays", "/LockConfiguration/MinRetentionDays", "/Notifications",
		},
		BulkTags: "backup:backup-vault",
		list:     listBackupVaults,
	})
}

// listBackupVaults lists the vaults of this type: those that are air-gapped and those
// that give access to other accounts' backups are types of their own.
func listBackupVaults(ctx context.Context, c *cell) error {
	client := backup.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListBackupVaults(ctx, &backup.ListBackupVaultsInput{
			ByVaultType: types.VaultTypeBackupVault, NextToken: token, MaxResults: sdk.Int32(1000),
		})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.BackupVaultList))
		each(out.BackupVaultList, func(v types.BackupVaultListMember) {
			if v.VaultType == "" || v.VaultType == types.VaultTypeBackupVault {
				c.backupVault(ctx, client, v)
			}
		})
		return len(out.BackupVaultList), out.NextToken, nil
	})
}

func (c *cell) backupVault(ctx context.Context, client *backup.Client, v types.BackupVaultListMember) {
	name := sdk.ToString(v.BackupVaultName)
	it := c.item(name, sdk.ToString(v.BackupVaultArn))
	it.merge(v, nil)
	if sdk.ToBool(v.Locked) {
		it.set("LockConfiguration", map[string]any{"MinRetentionDays": v.MinRetentionDays, "MaxRetentionDays": v.MaxRetentionDays})
	}
	switch {
	case name == "Default":
		it.Foreign = "default backup vault"
	case strings.HasPrefix(name, "aws/"): // a name that nobody else can give
		it.Foreign = "backup vault of an AWS service"
	}
	it.State = string(v.VaultState)
	it.created(v.CreationDate)

	tags, err := backupTags(ctx, client, it)
	if gone(err, backupGone) {
		return
	}
	if it.read(err, "/BackupVaultTags") {
		it.tagObject("BackupVaultTags", tags)
	}
	policy, err := client.GetBackupVaultAccessPolicy(ctx, &backup.GetBackupVaultAccessPolicyInput{BackupVaultName: &name})
	if it.read(unless(err, backupGone), "/AccessPolicy") && policy != nil {
		it.set("AccessPolicy", document(policy.Policy, false))
	}
	events, err := client.GetBackupVaultNotifications(ctx, &backup.GetBackupVaultNotificationsInput{BackupVaultName: &name})
	if it.read(unless(err, backupGone), "/Notifications") && events != nil && events.SNSTopicArn != nil {
		it.set("Notifications", map[string]any{"SNSTopicArn": events.SNSTopicArn, "BackupVaultEvents": events.BackupVaultEvents})
	}
	c.emit(it)
}
