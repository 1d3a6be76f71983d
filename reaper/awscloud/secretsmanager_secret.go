package awscloud

import (
	"context"
	"encoding/json"
	"errors"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type: "AWS::SecretsManager::Secret",
		Tags: map[string]string{
			"Secrets Manager.TagResource": "secretsmanager:TagResource", "Secrets Manager.UntagResource": "secretsmanager:UntagResource",
		},
		Repairs: map[string]string{
			"Secrets Manager.CreateSecret": "secretsmanager:CreateSecret secretsmanager:TagResource",
			"Secrets Manager.UpdateSecret": "secretsmanager:UpdateSecret",
		},
		Reaps:    map[string]string{"Secrets Manager.DeleteSecret": "secretsmanager:DeleteSecret"},
		Reads:    map[string]string{"Secrets Manager.GetRandomPassword": "secretsmanager:GetRandomPassword"},
		NotFound: []string{"ResourceNotFoundException"},
		Updates:  []string{"/Description", "/KmsKeyId"},
		Removes:  []string{"/Description"},
		// What an id ends in only the service knows. One that waits for its deletion keeps its name.
		named: func(ctx context.Context, c *call, n creation) (string, error) {
			out, err := sm.NewFromConfig(c.cfg).DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: sdk.String(n.nameOf("Name"))})
			switch {
			case err != nil:
				return "", unless(err, "ResourceNotFoundException")
			case out.DeletedDate != nil:
				return "", &reaper.Blocked{By: sdk.ToString(out.ARN) + ", which waits for its deletion"}
			}
			return sdk.ToString(out.ARN), nil
		},
		exists: func(ctx context.Context, c *call) error {
			_, err := sm.NewFromConfig(c.cfg).DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: &c.ref.ID})
			return err
		},
		create: createSecret,
		update: func(ctx context.Context, c *call, u update) error {
			members := only(u.after, "KmsKeyId")
			if u.has("Description") {
				members["Description"] = text(u.after, "Description")
			}
			_, err := send(ctx, sm.NewFromConfig(c.cfg).UpdateSecret, with(members, props{"SecretId": c.ref.ID}))
			return err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, sm.NewFromConfig(c.cfg).TagResource, props{"SecretId": c.ref.ID, "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, sm.NewFromConfig(c.cfg).UntagResource, props{"SecretId": c.ref.ID, "TagKeys": keys})
			return err
		},
		delete: func(ctx context.Context, c *call, live *inventory.Resource, _ []plan.Step) error {
			if live.State == "PendingDeletion" {
				return nil
			}
			const days = 30 // the longest time in which it can be had back
			_, err := send(ctx, sm.NewFromConfig(c.cfg).DeleteSecret, props{"SecretId": c.ref.ID, "RecoveryWindowInDays": int64(days)})
			return err
		},
	})
}

// createSecret knows what a generated secret holds for the time of two calls.
func createSecret(ctx context.Context, c *call, n creation) (string, error) {
	client := sm.NewFromConfig(c.cfg)
	input := &sm.CreateSecretInput{}
	members := with(n.props, props{"Name": n.nameOf("Name"), "ClientRequestToken": n.token, "Tags": tagList(n.tags), "GenerateSecretString": nil, "ReplicaRegions": nil})
	if replicas, has := n.props["ReplicaRegions"]; has {
		members["AddReplicaRegions"] = replicas
	}
	if err := fill(input, members, nil); err != nil {
		return "", err
	}
	generate := object(n.props, "GenerateSecretString")
	random := &sm.GetRandomPasswordInput{}
	if err := fill(random, with(generate, props{"SecretStringTemplate": nil, "GenerateStringKey": nil}), nil); err != nil {
		return "", err
	}
	if generate != nil {
		out, err := client.GetRandomPassword(ctx, random)
		if err != nil {
			return "", err
		}
		if input.SecretString, err = generated(generate, sdk.ToString(out.RandomPassword)); err != nil {
			return "", err
		}
	}
	out, err := client.CreateSecret(ctx, input)
	if err != nil {
		return "", err
	}
	return sdk.ToString(out.ARN), nil
}

// generated puts a generated password where the declaration wants it: under a key of a JSON
// template, or alone.
func generated(how props, password string) (*string, error) {
	key, template := text(how, "GenerateStringKey"), text(how, "SecretStringTemplate")
	if key == "" && template == "" {
		return &password, nil
	}
	whole := map[string]any{}
	if json.Unmarshal([]byte(template), &whole) != nil {
		return nil, unsupported("/GenerateSecretString/SecretStringTemplate", "it is no JSON object")
	}
	whole[key] = password
	text, err := json.Marshal(whole)
	if err != nil {
		return nil, errors.New("the secret cannot be written as JSON")
	}
	return sdk.String(string(text)), nil
}
