package relation

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// What a reader told (it has no path) stays, however often relations are resolved; what was
// found before is found anew.
func TestResolveKeepsWhatReadersTold(t *testing.T) {
	at := func(typ, id string) inventory.Ref {
		return inventory.Ref{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Type: typ, ID: id}
	}
	told := inventory.Relation{Kind: Owner, To: at("AWS::EC2::Instance", "i-1")}
	volume := &inventory.Resource{
		Ref: at("AWS::EC2::Volume", "vol-1"), Properties: inventory.Properties{"KmsKeyId": "k-1"},
		Relations: []inventory.Relation{told, {Path: "/Stale", Kind: Hard, To: at("AWS::EC2::VPC", "vpc-1")}},
	}
	key := &inventory.Resource{Ref: at("AWS::KMS::Key", "k-1")}
	s := &inventory.Snapshot{Resources: []*inventory.Resource{key, volume}}
	for range 2 {
		Resolve(s)
		assert.Len(t, volume.Relations, 2)
		assert.Equal(t, told, volume.Relations[0])
		assert.Equal(t, "/KmsKeyId", volume.Relations[1].Path)
		assert.Equal(t, key.Ref, volume.Relations[1].To)
	}
}
