package aws

import (
	"cmp"
	"context"
	"slices"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func init() {
	register(Reader{
		Type: "PCF::Account::KmsKeyState",
		Calls: map[string]string{
			"KMS.ListKeys":    "kms:ListKeys",
			"KMS.DescribeKey": "kms:DescribeKey",
		},
		Reads: []string{"/AccountId", "/Keys"},
		list: func(ctx context.Context, c *cell) error {
			it := c.accountFacts()
			// A key that is left out would not be known to wait for its deletion.
			if keys, err := keyStates(ctx, kms.NewFromConfig(c.cfg)); it.read(err, "/Keys") {
				it.set("Keys", keys)
			}
			c.emit(it)
			return nil
		},
	})
}

// keyStates describes every key of the cell, sorted by id.
func keyStates(ctx context.Context, client *kms.Client) ([]types.KeyMetadata, error) {
	var mu sync.Mutex
	states := []types.KeyMetadata{}
	var failed error
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.ListKeys(ctx, &kms.ListKeysInput{Marker: token, Limit: sdk.Int32(1000)})
		if err != nil {
			return 0, nil, err
		}
		each(out.Keys, func(k types.KeyListEntry) {
			described, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: k.KeyId})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case gone(err, "NotFoundException"):
			case err != nil:
				failed = either(failed, err)
			case described.KeyMetadata != nil:
				states = append(states, *described.KeyMetadata)
			}
		})
		next, err := marker(out.Truncated, out.NextMarker)
		return len(out.Keys), next, err
	})
	slices.SortFunc(states, func(a, b types.KeyMetadata) int {
		return cmp.Compare(sdk.ToString(a.KeyId), sdk.ToString(b.KeyId))
	})
	return states, either(err, failed)
}
