package aws

import (
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Grants have a name only when they are exactly those of a canned ACL.
func TestCannedACL(t *testing.T) {
	owner := &types.Owner{ID: sdk.String("me")}
	to := func(id string, p types.Permission) types.Grant {
		return types.Grant{Grantee: &types.Grantee{Type: types.TypeCanonicalUser, ID: &id}, Permission: p}
	}
	group := func(uri string, p types.Permission) types.Grant {
		return types.Grant{Grantee: &types.Grantee{Type: types.TypeGroup, URI: &uri}, Permission: p}
	}
	mine := to("me", types.PermissionFullControl)
	for _, c := range []struct {
		why    string
		grants []types.Grant
		want   string
	}{
		{"the owner alone", []types.Grant{mine}, "Private"},
		{"everybody reads", []types.Grant{group(everybody, types.PermissionRead), mine}, "PublicRead"},
		{"everybody reads and writes, in any order", []types.Grant{group(everybody, types.PermissionWrite), mine, group(everybody, types.PermissionRead)}, "PublicReadWrite"},
		{"any account reads", []types.Grant{mine, group(anyAccount, types.PermissionRead)}, "AuthenticatedRead"},
		{"logs are delivered", []types.Grant{mine, group(logDelivery, types.PermissionWrite), group(logDelivery, types.PermissionReadAcp)}, "LogDeliveryWrite"},
		{"everybody writes, and does not read", []types.Grant{mine, group(everybody, types.PermissionWrite)}, ""},
		{"everybody has full control", []types.Grant{mine, group(everybody, types.PermissionFullControl)}, ""},
		{"another account besides", []types.Grant{mine, to("you", types.PermissionRead)}, ""},
		{"the owner has less than a canned ACL gives", []types.Grant{to("me", types.PermissionRead)}, ""},
		{"nobody", nil, ""},
		{"a group alone", []types.Grant{group(everybody, types.PermissionRead)}, ""},
		{"a grant to whom", []types.Grant{mine, {Permission: types.PermissionRead}}, ""},
	} {
		assert.Equal(t, c.want, cannedACL(owner, c.grants), c.why)
	}
	assert.Empty(t, cannedACL(nil, []types.Grant{mine}), "whose bucket it is is not known")
}

// What the emulator does not keep: filters of a replication, and notifications to more than queues.
func TestBucketConfigurations(t *testing.T) {
	bucket := func(name string, v any) any {
		it := cellOf("AWS::S3::Bucket").item("b", "")
		it.set(name, v)
		return it.cell.form.properties(it.props)[name]
	}
	filter := &types.ReplicationRuleFilter{Prefix: sdk.String("docs/")}
	both := &types.ReplicationRuleFilter{And: &types.ReplicationRuleAndOperator{
		Prefix: sdk.String("docs/"), Tags: []types.Tag{{Key: sdk.String("k"), Value: sdk.String("v")}},
	}}
	tag := map[string]any{"Key": "k", "Value": "v"}
	assert.Equal(t, []any{
		map[string]any{"Id": "a", "Status": "Enabled", "Filter": map[string]any{"Prefix": "docs/"}},
		map[string]any{"Id": "b", "Status": "Disabled", "Filter": map[string]any{"And": map[string]any{"Prefix": "docs/", "TagFilters": []any{tag}}}},
		map[string]any{"Id": "c", "Status": "Enabled", "Filter": map[string]any{"TagFilter": tag}},
	}, bucket("ReplicationConfiguration", map[string]any{"Rules": replicationRules([]types.ReplicationRule{
		{ID: sdk.String("a"), Status: "Enabled", Filter: filter},
		{ID: sdk.String("b"), Status: "Disabled", Filter: both},
		{ID: sdk.String("c"), Status: "Enabled", Filter: &types.ReplicationRuleFilter{Tag: &types.Tag{Key: sdk.String("k"), Value: sdk.String("v")}}},
	})}).(map[string]any)["Rules"])

	assert.Nil(t, bucket("NotificationConfiguration", notifications(&s3.GetBucketNotificationConfigurationOutput{})), "a bucket that notifies nobody has none")
	assert.Equal(t, map[string]any{
		"LambdaConfigurations": []any{
			map[string]any{"Function": "f", "Event": "s3:ObjectCreated:*", "Filter": map[string]any{"S3Key": map[string]any{"Rules": []any{map[string]any{"Name": "prefix", "Value": "in/"}}}}},
		},
		"TopicConfigurations":      []any{map[string]any{"Topic": "t", "Event": "a"}, map[string]any{"Topic": "t", "Event": "b"}},
		"EventBridgeConfiguration": map[string]any{"EventBridgeEnabled": true},
	}, bucket("NotificationConfiguration", notifications(&s3.GetBucketNotificationConfigurationOutput{
		LambdaFunctionConfigurations: []types.LambdaFunctionConfiguration{{
			LambdaFunctionArn: sdk.String("f"), Events: []types.Event{"s3:ObjectCreated:*"},
			Filter: &types.NotificationConfigurationFilter{Key: &types.S3KeyFilter{FilterRules: []types.FilterRule{{Name: "Prefix", Value: sdk.String("in/")}}}},
		}},
		TopicConfigurations:      []types.TopicConfiguration{{TopicArn: sdk.String("t"), Events: []types.Event{"a", "b"}}},
		EventBridgeConfiguration: &types.EventBridgeConfiguration{},
	})))
	assert.Equal(t, map[string]any{"RedirectAllRequestsTo": map[string]any{"HostName": "shop.example", "Protocol": "https"}},
		bucket("WebsiteConfiguration", website(&s3.GetBucketWebsiteOutput{RedirectAllRequestsTo: &types.RedirectAllRequestsTo{HostName: sdk.String("shop.example"), Protocol: "https"}})))

	// An item whose ACL has no name keeps the property unread; another one has it.
	it := cellOf("AWS::S3::Bucket").item("b", "")
	assert.True(t, it.IsUnread("/AccessControl"))
	it.derive("AccessControl", "Private")
	assert.False(t, it.IsUnread("/AccessControl"))
	assert.True(t, cellOf("AWS::S3::Bucket").item("b", "").IsUnread("/AccessControl"), "on that bucket alone")
	assert.Equal(t, inventory.Properties{"AccessControl": "Private"}, it.cell.form.properties(it.props))
}
