package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// secrets calls do for every secret of the cell, those that wait for their deletion
// among them: until then nobody can make another of the same name. No call of this
// package returns what a secret holds.
func secrets(ctx context.Context, client *secretsmanager.Client, do func(types.SecretListEntry)) error {
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListSecrets(ctx, &secretsmanager.ListSecretsInput{
			IncludePlannedDeletion: sdk.Bool(true), MaxResults: sdk.Int32(100), NextToken: token,
		})
		if err != nil {
			return 0, nil, err
		}
		each(out.SecretList, do)
		return len(out.SecretList), out.NextToken, nil
	})
}

// serviceOf returns why a resource is foreign when an AWS service made it for itself, as
// RDS does with the secrets of passwords that it manages, and Security Hub with its rules
// of AWS Config.
func serviceOf(owner *string) string {
	if sdk.ToString(owner) == "" {
		return ""
	}
	return "managed by " + *owner
}
