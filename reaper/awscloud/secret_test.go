package awscloud

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	team := []any{map[string]any{"Key": "team", "Value": "shop"}}
	try(fixture{
		typ: "AWS::KMS::Key",
		props: func(*world) inventory.Properties {
			return inventory.Properties{"Description": "of the orders", "EnableKeyRotation": true, "KeyPolicy": allowing("kms:*"), "Tags": team}
		},
		patches: []plan.Change{
			set("/Description", "of all orders"), set("/KeyPolicy", allowing("kms:Decrypt")), set("/EnableKeyRotation", false),
		},
		also: func(t *testing.T, w *world, live *inventory.Resource) { // its state changes with it
			for _, enabled := range []bool{false, true} {
				_, err := w.c.Update(context.Background(), live, []plan.Change{set("/Enabled", enabled)})
				require.NoError(t, err)
				live = w.observe(live.Ref)
				assert.Equal(t, enabled, live.Properties["Enabled"])
			}
		},
		stays: "a key waits 30 days for its end",
	})
	try(fixture{
		typ: "AWS::KMS::Alias",
		props: func(w *world) inventory.Properties {
			key := w.need("AWS::KMS::Key", "one", inventory.Properties{"Description": "one"})
			return inventory.Properties{"AliasName": "alias/orders", "TargetKeyId": key.Ref.ID}
		},
		also: func(t *testing.T, w *world, live *inventory.Resource) {
			key := w.need("AWS::KMS::Key", "two", inventory.Properties{"Description": "two"}).Ref.ID
			_, err := w.c.Update(context.Background(), live, []plan.Change{set("/TargetKeyId", key)})
			require.NoError(t, err)
			assert.Equal(t, key, w.observe(live.Ref).Properties["TargetKeyId"])
		},
	})
	try(fixture{
		typ: "AWS::SecretsManager::Secret",
		props: func(*world) inventory.Properties {
			return inventory.Properties{
				"Name": "shop/database", "Description": "of the orders", "Tags": team,
				"GenerateSecretString": map[string]any{"SecretStringTemplate": `{"user":"shop"}`, "GenerateStringKey": "password", "PasswordLength": int64(20)},
			}
		},
		patches: []plan.Change{set("/Description", "of all orders")},
		stays:   "a secret waits 30 days for its end",
	})
	try(fixture{
		typ: "AWS::SSM::Parameter",
		props: func(*world) inventory.Properties {
			return inventory.Properties{"Name": "/shop/limit", "Type": "String", "Value": "5", "Tags": map[string]any{"team": "shop"}}
		},
	})
	try(fixture{
		typ: "AWS::Lambda::Function",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{
				"FunctionName": "orders", "Runtime": "python3.12", "Handler": "index.handle", "Role": w.role("lambda.amazonaws.com"),
				"Code": map[string]any{"ZipFile": "def handle(event, context): pass\n"}, "Timeout": int64(10), "MemorySize": int64(256),
				"Environment": map[string]any{"Variables": map[string]any{"LIMIT": "5"}}, "ReservedConcurrentExecutions": int64(3), "Tags": team,
			}
		},
		patches: []plan.Change{
			set("/Timeout", int64(20)), set("/Environment/Variables/LIMIT", "6"), set("/Description", "of the orders"),
			set("/ReservedConcurrentExecutions", int64(4)), set("/ReservedConcurrentExecutions", nil),
		},
	})
}
