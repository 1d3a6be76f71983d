package simcloud_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
	"github.com/pcf-scan/pcf-scan/reaper/simcloud"
)

func resource(typ, id string, props inventory.Properties) *inventory.Resource {
	ref := place(typ).Ref()
	ref.ID = id
	return &inventory.Resource{Ref: ref, Created: day, Tags: map[string]string{}, Properties: props}
}

// A listing that fails leaves a gap of its cell; one that is empty and says that all is well
// leaves none, which is what makes it dangerous.
func TestScan(t *testing.T) {
	var all []*inventory.Resource
	for i := range 25 {
		all = append(all, resource("AWS::SNS::Topic", fmt.Sprintf("t-%02d", i), inventory.Properties{}))
	}
	all = append(all, resource("AWS::SQS::Queue", "q", inventory.Properties{}))
	for _, c := range []struct {
		page, want, gaps int
		err              error
		why              string
	}{
		{-1, 26, 0, nil, "nothing fails"},
		{1, 11, 1, reaper.ErrDenied, "the first page of topics and the queue were read"},
		{1, 11, 0, simcloud.ErrEmpty, "nothing says that topics are missing"},
		{3, 25, 1, errors.New("unexpected EOF"), "only the queue is missing"},
	} {
		cloud := simcloud.New(&inventory.Snapshot{Scope: inventory.Scope{Partition: "aws", Accounts: []string{account}}, Resources: all}, &simcloud.Clock{T: day})
		cloud.Faults.On = func(call simcloud.Call) error {
			if call.Number == c.page {
				return c.err
			}
			return nil
		}
		s, err := cloud.Scan(context.Background())
		require.NoError(t, err)
		assert.Len(t, s.Resources, c.want, c.why)
		assert.Len(t, s.Gaps, c.gaps, c.why)
	}
}

// A backup has a life of its own, and the same token means the same backup.
func TestBackup(t *testing.T) {
	ctx := context.Background()
	disk := resource("AWS::EC2::Volume", "vol-0aaaaaaaa", inventory.Properties{})
	cloud := simcloud.New(&inventory.Snapshot{Scope: inventory.Scope{Partition: "aws", Accounts: []string{account}}, Resources: []*inventory.Resource{disk}}, &simcloud.Clock{T: day})
	cloud.Faults.SlowBackup = 1
	backup, _, err := cloud.Backup(ctx, disk, "token")
	require.NoError(t, err)
	again, _, err := cloud.Backup(ctx, disk, "token")
	require.NoError(t, err)
	assert.Equal(t, backup, again)
	for _, want := range []string{"pending", "completed"} {
		b, err := cloud.Observe(ctx, backup)
		require.NoError(t, err)
		assert.Equal(t, want, b.State)
	}
	_, err = cloud.Delete(ctx, disk, nil)
	require.NoError(t, err)
	_, err = cloud.Observe(ctx, backup)
	require.NoError(t, err, "it survives what it was taken of")
	_, _, err = cloud.Backup(ctx, resource("AWS::SQS::Queue", "q", nil), "token")
	require.ErrorIs(t, err, reaper.ErrUnsupported)
}

// A role goes with the parts that steps name, and not at all while one is not named.
func TestDeleteWithSteps(t *testing.T) {
	ctx := context.Background()
	role := resource("AWS::IAM::Role", "r", inventory.Properties{"ManagedPolicyArns": []any{"arn:a", "arn:b"}})
	cloud := simcloud.New(&inventory.Snapshot{Scope: inventory.Scope{Partition: "aws", Accounts: []string{account}}, Resources: []*inventory.Resource{role}}, &simcloud.Clock{T: day})
	a, b := plan.Step{Name: "detach-policy", ID: "arn:a"}, plan.Step{Name: "detach-policy", ID: "arn:b"}
	_, err := cloud.Delete(ctx, role, []plan.Step{a})
	require.ErrorIs(t, err, reaper.ErrBlocked)
	live, err := cloud.Observe(ctx, role.Ref)
	require.NoError(t, err)
	assert.Len(t, live.Properties["ManagedPolicyArns"], 2, "nothing was taken off")
	_, err = cloud.Delete(ctx, live, []plan.Step{a, b})
	require.NoError(t, err)
	_, err = cloud.Observe(ctx, role.Ref)
	require.ErrorIs(t, err, reaper.ErrNotFound)
}
