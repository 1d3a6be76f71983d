package aws

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

func TestRespelled(t *testing.T) {
	type object = map[string]any
	typ, ok := schema.Lookup("AWS::CloudFront::Distribution")
	require.True(t, ok)
	config := typ.Root.Properties["DistributionConfig"]
	for _, c := range []struct {
		in, want any
		why      string
	}{
		{object{"ViewerCertificate": object{"ACMCertificateArn": "a"}}, object{"ViewerCertificate": object{"AcmCertificateArn": "a"}}, "capitals, at any depth"},
		{object{"Aliases": object{"Quantity": int64(2), "Items": []any{"a", "b"}}}, object{"Aliases": []any{"a", "b"}}, "a wrapped list"},
		{object{"Aliases": object{"Quantity": int64(0)}}, object{"Aliases": []any{}}, "a wrapped list of nothing"},
		{
			object{"OriginGroups": object{"Quantity": int64(1), "Items": []any{object{"id": "g"}}}},
			object{"OriginGroups": object{"Quantity": int64(1), "Items": []any{object{"Id": "g"}}}},
			"a list that CloudFormation wraps too",
		},
		{
			object{"Origins": object{"Quantity": int64(1), "Items": []any{object{"CustomOriginConfig": object{"OriginSslProtocols": object{"Quantity": int64(1), "Items": []any{"TLSv1.2"}}}}}}},
			object{"Origins": []any{object{"CustomOriginConfig": object{"OriginSSLProtocols": []any{"TLSv1.2"}}}}},
			"one inside the other",
		},
		{object{"CallerReference": "x"}, object{"CallerReference": "x"}, "what the schema does not know stays"},
		{object{"Comment": "right", "comment": "wrong"}, object{"Comment": "right"}, "the schema's own spelling counts"},
		{"text", "text", "a scalar"},
	} {
		assert.Equal(t, c.want, respelled(config, c.in), c.why)
	}
	assert.Equal(t, object{"A": 1}, respelled(nil, object{"A": 1}), "nothing is known")
	variables := respelled(mustType(t, "AWS::ApiGateway::Stage").Root, object{"Variables": object{"stageName": "x"}})
	assert.Equal(t, object{"Variables": object{"stageName": "x"}}, variables, "free keys are nobody's to spell")
}

func mustType(t *testing.T, name string) *schema.Type {
	t.Helper()
	typ, ok := schema.Lookup(name)
	require.True(t, ok, name)
	return typ
}
