package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

func init() {
	register(Reader{
		Type:  "AWS::SecretsManager::RotationSchedule",
		Calls: map[string]string{"Secrets Manager.ListSecrets": "secretsmanager:ListSecrets"},
		Reads: []string{
			"/ExternalSecretRotationMetadata", "/ExternalSecretRotationRoleArn", "/Id", "/RotationLambdaARN", "/RotationRules", "/SecretId",
		},
		list: listRotationSchedules,
	})
}

// listRotationSchedules finds the secrets that rotate: the schedule is a part of its
// secret, and has its ARN for an id.
func listRotationSchedules(ctx context.Context, c *cell) error {
	return secrets(ctx, secretsmanager.NewFromConfig(c.cfg), func(s types.SecretListEntry) {
		if !sdk.ToBool(s.RotationEnabled) || s.DeletedDate != nil {
			return
		}
		it := c.item(sdk.ToString(s.ARN), "")
		it.merge(s, nil)
		it.set("Id", s.ARN)
		it.set("SecretId", s.ARN)
		it.Resource.Name = sdk.ToString(s.Name)
		it.tag(nil) // tags are the secret's
		it.Foreign = serviceOf(s.OwningService)
		c.emit(it)
	})
}
