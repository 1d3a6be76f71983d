package aws

import (
	"context"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glacier"
	"github.com/aws/aws-sdk-go-v2/service/glacier/types"
)

func init() {
	register(Reader{
		Type: "PCF::Glacier::Vault",
		Calls: map[string]string{
			"Glacier.ListVaults":            "glacier:ListVaults",
			"Glacier.ListTagsForVault":      "glacier:ListTagsForVault",
			"Glacier.GetVaultAccessPolicy":  "glacier:GetVaultAccessPolicy",
			"Glacier.GetVaultLock":          "glacier:GetVaultLock",
			"Glacier.GetVaultNotifications": "glacier:GetVaultNotifications",
		},
		Reads: []string{
			"/AccessPolicy", "/CreationDate", "/LastInventoryDate", "/NumberOfArchives", "/SizeInBytes", "/Tags", "/VaultARN",
			"/VaultLock", "/VaultName", "/VaultNotificationConfig",
		},
		list: listVaults,
	})
}

func listVaults(ctx context.Context, c *cell) error {
	client := glacier.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListVaults(ctx, &glacier.ListVaultsInput{AccountId: &c.account, Marker: token})
		if err != nil {
			return 0, nil, err
		}
		each(out.VaultList, func(v types.DescribeVaultOutput) { c.vault(ctx, client, v) })
		return len(out.VaultList), out.Marker, nil
	})
}

func (c *cell) vault(ctx context.Context, client *glacier.Client, v types.DescribeVaultOutput) {
	// Also what Glacier answers about a policy, lock or notification that is not set: of
	// these calls only the one for tags tells that the vault is gone.
	const notThere = "ResourceNotFoundException"
	it := c.item(sdk.ToString(v.VaultName), sdk.ToString(v.VaultARN))
	it.merge(v, nil)
	if t, err := time.Parse(time.RFC3339, sdk.ToString(v.CreationDate)); err == nil {
		it.created(&t)
	}
	tags, err := client.ListTagsForVault(ctx, &glacier.ListTagsForVaultInput{AccountId: &c.account, VaultName: v.VaultName})
	if gone(err, notThere) {
		return
	}
	if it.read(err, "/Tags") {
		it.tag(tags.Tags)
	}
	policy, err := client.GetVaultAccessPolicy(ctx, &glacier.GetVaultAccessPolicyInput{AccountId: &c.account, VaultName: v.VaultName})
	if it.read(unless(err, notThere), "/AccessPolicy") && policy != nil && policy.Policy != nil {
		it.set("AccessPolicy", document(policy.Policy.Policy, false))
	}
	lock, err := client.GetVaultLock(ctx, &glacier.GetVaultLockInput{AccountId: &c.account, VaultName: v.VaultName})
	if it.read(unless(err, notThere), "/VaultLock") && lock != nil {
		it.set("VaultLock", map[string]any{
			"CreationDate": lock.CreationDate, "ExpirationDate": lock.ExpirationDate,
			"Policy": document(lock.Policy, false), "State": lock.State,
		})
	}
	notify, err := client.GetVaultNotifications(ctx, &glacier.GetVaultNotificationsInput{AccountId: &c.account, VaultName: v.VaultName})
	if it.read(unless(err, notThere), "/VaultNotificationConfig") && notify != nil {
		it.set("VaultNotificationConfig", notify.VaultNotificationConfig)
	}
	c.emit(it)
}
