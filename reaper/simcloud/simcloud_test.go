package simcloud_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
	"github.com/pcf-scan/pcf-scan/reaper/cloudtest"
	"github.com/pcf-scan/pcf-scan/reaper/simcloud"
)

var day = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

const account = "111122223333"

func place(typ string) plan.Place {
	return plan.Place{Partition: "aws", Type: typ, Account: account, Region: "eu-west-1", LogicalID: "it"}
}

func cases(cloud *simcloud.Cloud, clock *simcloud.Clock) map[string]cloudtest.Case {
	tags := map[string]string{"pcf:app": "orders", "pcf:particle": "it"}
	return map[string]cloudtest.Case{
		"bucket": {
			Cloud: cloud, Clock: clock,
			Create: reaper.Creation{Place: place("AWS::S3::Bucket"), Token: "t1", Tags: tags, Properties: inventory.Properties{
				"BucketName": "orders-data", "Tags": []any{map[string]any{"Key": "team", "Value": "x"}},
			}},
			Patch: []plan.Change{{Path: "/VersioningConfiguration/Status", To: "Enabled"}},
		},
		"instance": {
			Cloud: cloud, Clock: clock, Stops: true,
			Create: reaper.Creation{Place: place("AWS::EC2::Instance"), Token: "t2", Tags: tags, Properties: inventory.Properties{"InstanceType": "t3.small"}},
			Patch:  []plan.Change{{Path: "/Monitoring", To: true}},
		},
	}
}

func TestConformance(t *testing.T) {
	for _, faults := range []simcloud.Faults{{}, {Lag: 3, SlowDelete: 4}} {
		for _, name := range []string{"bucket", "instance"} {
			clock := &simcloud.Clock{T: day}
			cloud := simcloud.New(&inventory.Snapshot{Scope: inventory.Scope{Accounts: []string{account}}}, clock)
			cloud.Faults = faults
			t.Run(name, func(t *testing.T) {
				if faults.Lag > 0 { // a listing may miss what was made a moment ago: look at it first
					cloud.Faults.Lag = 0
				}
				cloudtest.Run(t, cases(cloud, clock)[name])
			})
		}
	}
}

// The file is a snapshot before and after, in the form that it had.
func TestOpen(t *testing.T) {
	jsonText := `{"schemaVersion": 1, "extra": {"kept": true}, "scope": {"partition": "aws", "accounts": ["111122223333"], "regions": ["eu-west-1"], "types": ["*"]},
"complete": true, "gaps": [], "resources": [
{"type": "AWS::EC2::VPC", "id": "vpc-0aaaaaaaa", "account": "111122223333", "region": "eu-west-1", "tags": {}, "unread": [], "properties": {"VpcId": "vpc-0aaaaaaaa", "CidrBlock": "10.0.0.0/16"}},
{"type": "AWS::EC2::Subnet", "id": "subnet-0aaaaaaaa", "account": "111122223333", "region": "eu-west-1", "tags": {"a": "b"}, "unread": [], "properties": {"SubnetId": "subnet-0aaaaaaaa", "VpcId": "vpc-0aaaaaaaa"}}]}`
	linesText := `{"schemaVersion": 1, "scope": {"partition": "aws", "accounts": ["111122223333"], "regions": ["eu-west-1"], "types": ["*"]}}
{"type": "AWS::EC2::VPC", "id": "vpc-0aaaaaaaa", "account": "111122223333", "region": "eu-west-1", "tags": {}, "unread": [], "properties": {"VpcId": "vpc-0aaaaaaaa"}}
{"type": "AWS::EC2::Subnet", "id": "subnet-0aaaaaaaa", "account": "111122223333", "region": "eu-west-1", "tags": {"a": "b"}, "unread": [], "properties": {"SubnetId": "subnet-0aaaaaaaa", "VpcId": "vpc-0aaaaaaaa"}}
{"end": true, "complete": true, "gaps": [], "count": 2}
`
	ctx := context.Background()
	vpc := inventory.Ref{Partition: "aws", Account: account, Region: "eu-west-1", Type: "AWS::EC2::VPC", ID: "vpc-0aaaaaaaa"}
	subnet := vpc
	subnet.Type, subnet.ID = "AWS::EC2::Subnet", "subnet-0aaaaaaaa"
	for name, text := range map[string]string{"json": jsonText, "jsonl": linesText} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "live."+name)
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			open := func() *simcloud.Cloud {
				c, err := simcloud.Open(path, &simcloud.Clock{T: day})
				require.NoError(t, err)
				return c
			}
			c := open()
			_, err := c.Tag(ctx, subnet, map[string]string{"pcf:app": "orders"})
			require.NoError(t, err)
			created, _, err := c.Create(ctx, reaper.Creation{Place: place("AWS::RDS::DBInstance"), Token: "t", Tags: map[string]string{}, Properties: inventory.Properties{"MasterUserPassword": "hunter2hunter2"}})
			require.NoError(t, err)

			c = open()
			r, err := c.Observe(ctx, subnet)
			require.NoError(t, err)
			assert.Equal(t, map[string]string{"a": "b", "pcf:app": "orders"}, r.Tags)
			again, _, err := c.Create(ctx, reaper.Creation{Place: place("AWS::RDS::DBInstance"), Token: "t"})
			require.NoError(t, err)
			assert.Equal(t, created, again, "a token means the same resource in another process too")
			live, err := c.Observe(ctx, vpc)
			require.NoError(t, err)
			_, err = c.Delete(ctx, live, nil)
			require.ErrorIs(t, err, reaper.ErrBlocked, "the subnet is in it")
			assert.ErrorContains(t, err, "subnet-0aaaaaaaa")
			_, err = c.Delete(ctx, r, nil)
			require.NoError(t, err)
			_, err = c.Delete(ctx, live, nil)
			require.NoError(t, err)
			require.Len(t, open().Snapshot().Resources, 1)

			written, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.NotContains(t, string(written), "hunter2")
			if name == "json" {
				assert.Contains(t, string(written), `"extra": {"kept": true}`)
				assert.JSONEq(t, string(written), string(written))
			}
			entries, err := os.ReadDir(filepath.Dir(path))
			require.NoError(t, err)
			assert.Len(t, entries, 1, "nothing else is left in the directory")
		})
	}
	_, err := simcloud.Open(filepath.Join(t.TempDir(), "none"), &simcloud.Clock{})
	assert.ErrorContains(t, err, "open simulated cloud")
}
