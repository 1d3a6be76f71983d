package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func init() {
	register(Reader{
		Type: "AWS::KMS::Key",
		Calls: map[string]string{
			"KMS.ListKeys":             "kms:ListKeys",
			"KMS.ListAliases":          "kms:ListAliases",
			"KMS.DescribeKey":          "kms:DescribeKey",
			"KMS.GetKeyPolicy":         "kms:GetKeyPolicy",
			"KMS.GetKeyRotationStatus": "kms:GetKeyRotationStatus",
			"KMS.ListResourceTags":     "kms:ListResourceTags",
		},
		Reads:    append([]string{"/Arn", "/EnableKeyRotation", "/KeyId", "/KeyPolicy", "/Tags"}, describedKey...),
		BulkTags: "kms:key",
		list:     listKeys,
	})
}

// describedKey is what the description of a key tells.
var describedKey = []string{"/Description", "/Enabled", "/KeySpec", "/KeyUsage", "/MultiRegion", "/Origin"}

func listKeys(ctx context.Context, c *cell) error {
	client := kms.NewFromConfig(c.cfg)
	aliases := map[string]string{} // by key id, the first in the alphabet
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.ListAliases(ctx, &kms.ListAliasesInput{Marker: token, Limit: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		for _, a := range out.Aliases {
			id, name := sdk.ToString(a.TargetKeyId), sdk.ToString(a.AliasName)
			if aliases[id] == "" || name < aliases[id] {
				aliases[id] = name
			}
		}
		next, err := marker(out.Truncated, out.NextMarker)
		return len(out.Aliases), next, err
	})
	if err != nil {
		c.fault(err, "") // the keys stay nameless
	}
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListKeys(ctx, &kms.ListKeysInput{Marker: token, Limit: sdk.Int32(1000)})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.Keys))
		each(out.Keys, func(k types.KeyListEntry) { c.key(ctx, client, k, aliases[sdk.ToString(k.KeyId)]) })
		next, err := marker(out.Truncated, out.NextMarker)
		return len(out.Keys), next, err
	})
}

func (c *cell) key(ctx context.Context, client *kms.Client, k types.KeyListEntry, alias string) {
	it := c.item(sdk.ToString(k.KeyId), sdk.ToString(k.KeyArn))
	it.Resource.Name = alias
	it.set("KeyId", k.KeyId)
	it.set("Arn", k.KeyArn)

	described, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: k.KeyId})
	if gone(err, "NotFoundException") {
		return
	}
	managed := strings.HasPrefix(alias, "alias/aws/") // reserved for the keys that AWS makes
	if it.read(err, describedKey...) && described.KeyMetadata != nil {
		m := described.KeyMetadata
		it.merge(m, nil)
		it.State = string(m.KeyState)
		it.created(m.CreationDate)
		managed = managed || m.KeyManager == types.KeyManagerTypeAws
	}
	if managed {
		it.Foreign = "AWS-managed key"
	}
	policy, err := client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: k.KeyId, PolicyName: sdk.String("default")})
	if it.read(err, "/KeyPolicy") {
		it.set("KeyPolicy", document(policy.Policy, false))
	}
	rotation, err := client.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: k.KeyId})
	// Asymmetric and HMAC keys cannot rotate.
	if it.read(unless(err, "UnsupportedOperationException"), "/EnableKeyRotation") {
		it.set("EnableKeyRotation", rotation != nil && rotation.KeyRotationEnabled)
	}

	if !it.taggedInBulk() {
		var tags []types.Tag
		err := pages(func(token *string) (int, *string, error) {
			if managed {
				return 0, nil, nil // AWS-managed keys cannot have tags
			}
			out, err := client.ListResourceTags(ctx, &kms.ListResourceTagsInput{KeyId: k.KeyId, Marker: token})
			if err != nil {
				return 0, nil, err
			}
			tags = append(tags, out.Tags...)
			next, err := marker(out.Truncated, out.NextMarker)
			return len(out.Tags), next, err
		})
		if it.read(err, "/Tags") {
			it.tag(tags)
		}
	}
	c.emit(it)
}
