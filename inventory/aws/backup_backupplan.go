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
		Type: "AWS::Backup::BackupPlan",
		Calls: map[string]string{
			"Backup.ListBackupPlans": "backup:ListBackupPlans",
			"Backup.GetBackupPlan":   "backup:GetBackupPlan",
			"Backup.ListTags":        "backup:ListTags",
		},
		Reads:    append([]string{"/BackupPlanArn", "/BackupPlanId", "/BackupPlanTags"}, describedBackupPlan...),
		BulkTags: "backup:backup-plan",
		list:     listBackupPlans,
	})
}

// describedBackupPlan is what the description of a plan tells.
var describedBackupPlan = []string{"/BackupPlan", "/VersionId"}

func listBackupPlans(ctx context.Context, c *cell) error {
	client := backup.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListBackupPlans(ctx, &backup.ListBackupPlansInput{NextToken: token, MaxResults: sdk.Int32(1000)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.BackupPlansList))
		each(out.BackupPlansList, func(p types.BackupPlansListMember) { c.backupPlan(ctx, client, p) })
		return len(out.BackupPlansList), out.NextToken, nil
	})
}

func (c *cell) backupPlan(ctx context.Context, client *backup.Client, p types.BackupPlansListMember) {
	it := c.item(sdk.ToString(p.BackupPlanId), sdk.ToString(p.BackupPlanArn))
	it.Name = sdk.ToString(p.BackupPlanName)
	it.set("BackupPlanId", p.BackupPlanId)
	it.set("BackupPlanArn", p.BackupPlanArn)
	it.created(p.CreationDate)
	if strings.HasPrefix(it.Name, "aws/") { // a name that nobody else can give
		it.Foreign = "backup plan of an AWS service"
	}
	out, err := client.GetBackupPlan(ctx, &backup.GetBackupPlanInput{BackupPlanId: p.BackupPlanId})
	if gone(err, backupGone) {
		return
	}
	if it.read(notEmpty(err, "Backup.GetBackupPlan", out != nil && out.BackupPlan != nil), describedBackupPlan...) {
		it.set("VersionId", out.VersionId)
		plan, _ := plain(out.BackupPlan).(map[string]any)
		rules, _ := plan["Rules"].([]any)
		for _, r := range rules {
			if rule, ok := r.(map[string]any); ok {
				rule["TargetBackupVault"] = rule["TargetBackupVaultName"]
			}
		}
		plan["BackupPlanRule"] = rules
		it.set("BackupPlan", plan)
	}
	tags, err := backupTags(ctx, client, it)
	if gone(err, backupGone) {
		return
	}
	if it.read(err, "/BackupPlanTags") {
		it.tagObject("BackupPlanTags", tags)
	}
	c.emit(it)
}
