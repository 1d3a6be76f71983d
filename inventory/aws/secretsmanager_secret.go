package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Reader{
		Type: "AWS::SecretsManager::Secret",
		Calls: map[string]string{
			"Secrets Manager.ListSecrets":    "secretsmanager:ListSecrets",
			"Secrets Manager.DescribeSecret": "secretsmanager:DescribeSecret",
		},
		Reads: []string{"/Description", "/Id", "/KmsKeyId", "/Name", "/ReplicaRegions", "/Tags", "/Type"},
		list: func(ctx context.Context, c *cell) error {
			client := secretsmanager.NewFromConfig(c.cfg)
			return secrets(ctx, client, func(s types.SecretListEntry) { c.secret(ctx, client, s) })
		},
	})
}

func (c *cell) secret(ctx context.Context, client *secretsmanager.Client, s types.SecretListEntry) {
	arn := sdk.ToString(s.ARN)
	it := c.item(arn, arn)
	it.merge(s, nil)
	it.set("Id", arn)
	it.tag(s.Tags)
	it.created(s.CreatedDate)
	it.Foreign = serviceOf(s.OwningService)
	if s.DeletedDate != nil {
		it.State = "PendingDeletion" // the service shows the date and has no word; KMS has this one
	}
	if primary := sdk.ToString(s.PrimaryRegion); primary != "" && primary != c.region {
		// A replica is made by the secret in its primary region, and goes with it. Both
		// have the same ARN but for the region.
		to := it.Ref
		to.Region = primary
		to.ID = strings.Replace(arn, ":"+c.region+":", ":"+primary+":", 1)
		it.Relations = append(it.Relations, inventory.Relation{Kind: "owner", To: to})
	}

	// The listing leaves the replicas out.
	whole, err := client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: s.ARN})
	if gone(err, "ResourceNotFoundException") {
		return
	}
	if it.read(err, "/ReplicaRegions") {
		it.set("ReplicaRegions", whole.ReplicationStatus)
	}
	c.emit(it)
}
