package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type: "AWS::KMS::Key",
		Tags: map[string]string{"KMS.TagResource": "kms:TagResource", "KMS.UntagResource": "kms:UntagResource"},
		Repairs: map[string]string{
			"KMS.CreateKey": "kms:CreateKey kms:TagResource", "KMS.UpdateKeyDescription": "kms:UpdateKeyDescription", "KMS.EnableKey": "kms:EnableKey",
			"KMS.DisableKey": "kms:DisableKey", "KMS.EnableKeyRotation": "kms:EnableKeyRotation", "KMS.DisableKeyRotation": "kms:DisableKeyRotation",
			"KMS.PutKeyPolicy": "kms:PutKeyPolicy",
		},
		Reaps:    map[string]string{"KMS.ScheduleKeyDeletion": "kms:ScheduleKeyDeletion"},
		NotFound: []string{"NotFoundException"},
		Updates:  []string{"/Description", "/Enabled", "/EnableKeyRotation", "/KeyPolicy"},
		Removes:  []string{"/Description"},
		Later:    []string{"Enabled", "EnableKeyRotation"},
		exists: func(ctx context.Context, c *call) error {
			_, err := kms.NewFromConfig(c.cfg).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			members := with(n.props, props{"KeyPolicy": nil, "Tags": keyTags(n.tags)})
			if policy, has := n.props["KeyPolicy"]; has {
				members["Policy"] = policy
			}
			delete(members, "PendingWindowInDays") // is about the deletion, which always takes the longest time here
			out, err := send(ctx, kms.NewFromConfig(c.cfg).CreateKey, members)
			if err != nil || out.KeyMetadata == nil {
				return "", err
			}
			return sdk.ToString(out.KeyMetadata.KeyId), nil
		},
		update: updateKey,
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, kms.NewFromConfig(c.cfg).TagResource, props{"KeyId": c.ref.ID, "Tags": keyTags(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, kms.NewFromConfig(c.cfg).UntagResource, props{"KeyId": c.ref.ID, "TagKeys": keys})
			return err
		},
		// A key is only put on the way: for 30 days, the longest time that there is, the deletion
		// can be cancelled.
		Holds: map[string]string{"KMS.DisableKey": "kms:DisableKey", "KMS.EnableKey": "kms:EnableKey"},
		delete: func(ctx context.Context, c *call, live *inventory.Resource, _ []plan.Step) error {
			if live.State == "PendingDeletion" {
				return nil
			}
			if live.Foreign != "" {
				return &reaper.Blocked{By: live.Foreign}
			}
			_, err := send(ctx, kms.NewFromConfig(c.cfg).ScheduleKeyDeletion, props{"KeyId": c.ref.ID, "PendingWindowInDays": int64(30)})
			return err
		},
	})
}

func keyTags(tags map[string]string) []any {
	list := tagList(tags)
	for i, e := range list {
		tag := e.(props)
		list[i] = props{"TagKey": tag["Key"], "TagValue": tag["Value"]}
	}
	return list
}

func updateKey(ctx context.Context, c *call, u update) error {
	client := kms.NewFromConfig(c.cfg)
	key := props{"KeyId": c.ref.ID}
	var b batch
	if u.has("Description") {
		add(&b, client.UpdateKeyDescription, with(key, props{"Description": text(u.after, "Description")}))
	}
	if u.has("KeyPolicy") {
		add(&b, client.PutKeyPolicy, with(key, props{"PolicyName": "default", "Policy": u.after["KeyPolicy"]}))
	}
	if u.has("Enabled") && u.after["Enabled"] != false { // the rotation of a disabled key cannot be changed
		add(&b, client.EnableKey, key)
	}
	if u.has("EnableKeyRotation") {
		if u.after["EnableKeyRotation"] == true {
			add(&b, client.EnableKeyRotation, key)
		} else {
			add(&b, client.DisableKeyRotation, key)
		}
	}
	if u.has("Enabled") && u.after["Enabled"] == false {
		add(&b, client.DisableKey, key)
	}
	return b.send(ctx)
}
