package inventory_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/inventory"
)

func TestLifecycleState(t *testing.T) {
	for _, c := range []struct {
		why, typ   string
		properties inventory.Properties
		want       string
	}{
		{"an instance has a name and a code", "AWS::EC2::Instance", inventory.Properties{"State": map[string]any{"Code": int64(80), "Name": "stopped"}}, "stopped"},
		{"a database", "AWS::RDS::DBInstance", inventory.Properties{"DBInstanceStatus": "stopped"}, "stopped"},
		{"a name that the schema does not have", "AWS::KMS::Key", inventory.Properties{"KeyState": "PendingDeletion"}, "PendingDeletion"},
		{"a load balancer has a code", "AWS::ElasticLoadBalancingV2::LoadBalancer", inventory.Properties{"State": map[string]any{"Code": "active"}}, "active"},
		{"a setting is no state", "AWS::Events::Rule", inventory.Properties{"State": "DISABLED"}, ""},
		{"nor one of a key", "AWS::IAM::AccessKey", inventory.Properties{"Status": "Inactive"}, ""},
		{"nothing said", "AWS::EC2::Instance", nil, ""},
		{"a type without a schema", "Custom::Thing", inventory.Properties{"Status": "deleting"}, "deleting"},
	} {
		assert.Equal(t, c.want, inventory.LifecycleState(c.typ, c.properties), c.why)
	}
}
