package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func init() {
	register(Reader{
		Type:   "AWS::IAM::AccessKey",
		Global: true,
		Calls: map[string]string{
			"IAM.ListUsers":      "iam:ListUsers",
			"IAM.ListAccessKeys": "iam:ListAccessKeys",
		},
		Reads: []string{"/Id", "/Status", "/UserName"},
		list:  listAccessKeys,
	})
}

// listAccessKeys finds the keys of the users; whether the root user has any stands in
// PCF::Account::Summary.
func listAccessKeys(ctx context.Context, c *cell) error {
	client := iam.NewFromConfig(c.cfg)
	return users(ctx, client, func(u types.User) {
		keys, err := accessKeys(ctx, client, u.UserName)
		if err != nil && !gone(err, "NoSuchEntity") {
			c.fault(err, sdk.ToString(u.UserName)) // some of the keys are missing then
		}
		for _, k := range keys {
			id := sdk.ToString(k.AccessKeyId)
			it := c.item(id, "") // a key has no ARN
			it.set("Id", id)
			it.set("Status", k.Status)
			it.set("UserName", k.UserName)
			it.State = string(k.Status)
			it.tag(nil) // nor can it have tags
			it.created(k.CreateDate)
			c.emit(it)
		}
	})
}

// users calls do for every user of the account.
func users(ctx context.Context, client *iam.Client, do func(types.User)) error {
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListUsers(ctx, &iam.ListUsersInput{Marker: token, MaxItems: sdk.Int32(1000)})
		if err != nil {
			return 0, nil, err
		}
		each(out.Users, do)
		next, err := marker(out.IsTruncated, out.Marker)
		return len(out.Users), next, err
	})
}

// accessKeys lists the keys of one user; with an error, those that were read before it.
func accessKeys(ctx context.Context, client *iam.Client, user *string) ([]types.AccessKeyMetadata, error) {
	var keys []types.AccessKeyMetadata
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: user, Marker: token})
		if err != nil {
			return 0, nil, err
		}
		keys = append(keys, out.AccessKeyMetadata...)
		next, err := marker(out.IsTruncated, out.Marker)
		return len(out.AccessKeyMetadata), next, err
	})
	return keys, err
}
