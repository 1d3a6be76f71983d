package awscloud

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// saved are what is backed up, one resource of each type that can be.
var saved = map[string]inventory.Properties{
	"AWS::EC2::Volume": {"AvailabilityZone": emulator.Region + "a", "Size": int64(8)},
	"AWS::RDS::DBInstance": {
		"DBInstanceIdentifier": "orders", "Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": "20",
		"MasterUsername": "shop", "MasterUserPassword": "hunter2hunter2",
	},
	"AWS::RDS::DBCluster": {
		"DBClusterIdentifier": "orders-cluster", "Engine": "aurora-postgresql", "MasterUsername": "shop", "MasterUserPassword": "hunter2hunter2",
	},
	"AWS::DynamoDB::Table": {
		"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": []any{map[string]any{"AttributeName": "id", "AttributeType": "S"}},
		"KeySchema":            []any{map[string]any{"AttributeName": "id", "KeyType": "HASH"}},
	},
}

// A backup is made once for a token, also when the answer to the first try is lost; it is
// seen to be usable; and the resource looks as before.
func TestBackup(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	for _, writer := range Writers() {
		typ := writer.Type
		props := saved[typ]
		assert.Equal(t, props != nil, w.c.BacksUp(typ), typ)
		assert.Equal(t, props != nil, Can(typ, plan.Backup), typ)
		if props == nil {
			continue
		}
		t.Run(typ, func(t *testing.T) {
			w.t = t
			live := w.need(typ, "", props)
			w.called()
			w.e.Fail("*", "*", emulator.Lose)
			_, _, err := w.c.Backup(ctx, live, "pcf-0123456789abcdef0123456789abcdef")
			w.e.Heal()
			require.ErrorIs(t, err, reaper.ErrUnavailable)
			ref, _, err := w.c.Backup(ctx, live, "pcf-0123456789abcdef0123456789abcdef")
			require.NoError(t, err)
			again, _, err := w.c.Backup(ctx, live, "pcf-0123456789abcdef0123456789abcdef")
			require.NoError(t, err)
			assert.Equal(t, ref, again, "the same token")
			assert.Equal(t, writer.backup.typ, ref.Type)
			back, err := inventory.ParseRef(ref.String())
			require.NoError(t, err)
			assert.Equal(t, ref, back, "the ledger keeps it as text")

			b := w.observe(ref)
			assert.Contains(t, []string{"available", "completed", "AVAILABLE"}, b.State)
			assert.Equal(t, plan.Fingerprint(live), plan.Fingerprint(w.observe(live.Ref)))
			reads := merged(writer.reads().calls, writer.backup.calls, readerCalls(ref.Type))
			for _, op := range w.called() {
				assert.Contains(t, reads, op)
			}
			other, _, err := w.c.Backup(ctx, live, "pcf-ffffffffffffffffffffffffffffffff")
			require.NoError(t, err)
			assert.NotEqual(t, ref, other, "another token")

			missing := ref
			missing.ID = ref.ID[:len(ref.ID)-6] + "000000"
			_, err = w.c.Observe(ctx, missing)
			require.ErrorIs(t, err, reaper.ErrNotFound, "a backup that is not there is never one that can be used")
			gone := *live
			gone.Ref.ID = "no-such-thing"
			if typ == "AWS::EC2::Volume" {
				gone.Ref.ID = "vol-00000000000000000"
			}
			_, _, err = w.c.Backup(ctx, &gone, "pcf-eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee")
			require.ErrorIs(t, err, reaper.ErrNotFound)
		})
	}
	vpc := w.need("AWS::EC2::VPC", "", inventory.Properties{"CidrBlock": "10.9.0.0/16"})
	_, _, err := w.c.Backup(ctx, vpc, "pcf-1")
	require.ErrorIs(t, err, reaper.ErrUnsupported)
}

// held are the resources on which quarantine is tried, beside the deleters'.
var held = map[string]func(t *testing.T, w *world) inventory.Ref{
	"AWS::EC2::Instance": func(_ *testing.T, w *world) inventory.Ref {
		return w.need("AWS::EC2::Instance", "", inventory.Properties{"ImageId": "ami-12c6146b", "InstanceType": "t3.micro", "SubnetId": w.subnet(1)}).Ref
	},
	"AWS::RDS::DBInstance": func(_ *testing.T, w *world) inventory.Ref {
		return w.need("AWS::RDS::DBInstance", "", saved["AWS::RDS::DBInstance"]).Ref
	},
	"AWS::RDS::DBCluster": func(_ *testing.T, w *world) inventory.Ref {
		return w.need("AWS::RDS::DBCluster", "", saved["AWS::RDS::DBCluster"]).Ref
	},
	"AWS::AutoScaling::AutoScalingGroup": func(_ *testing.T, w *world) inventory.Ref {
		w.e.Fail("autoscaling", "DescribeNotificationConfigurations", emulator.Deny) // the emulator does not know it
		template := w.need("AWS::EC2::LaunchTemplate", "", inventory.Properties{
			"LaunchTemplateName": "web", "LaunchTemplateData": map[string]any{"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"},
		})
		return w.need("AWS::AutoScaling::AutoScalingGroup", "", inventory.Properties{
			"AutoScalingGroupName": "web", "MinSize": "1", "MaxSize": "2", "DesiredCapacity": "1", "VPCZoneIdentifier": []any{w.subnet(1)},
			"LaunchTemplate": map[string]any{"LaunchTemplateId": template.Ref.ID, "Version": "1"},
		}).Ref
	},
	"AWS::CloudFront::Distribution": func(t *testing.T, w *world) inventory.Ref {
		return w.ref("AWS::CloudFront::Distribution", distribution(t, w, true))
	},
	"AWS::ECS::Service": func(t *testing.T, w *world) inventory.Ref {
		return w.ref("AWS::ECS::Service", service(t, w, "busy", 2))
	},
	"AWS::Events::Rule": func(_ *testing.T, w *world) inventory.Ref {
		return w.need("AWS::Events::Rule", "", inventory.Properties{"Name": "nightly", "ScheduleExpression": "rate(1 day)", "State": "ENABLED"}).Ref
	},
	"AWS::KMS::Key": func(_ *testing.T, w *world) inventory.Ref {
		return w.need("AWS::KMS::Key", "", inventory.Properties{"Description": "of the orders"}).Ref
	},
	"AWS::Lambda::EventSourceMapping": func(t *testing.T, w *world) inventory.Ref {
		return w.ref("AWS::Lambda::EventSourceMapping", eventSourceMapping(t, w))
	},
	"AWS::Lambda::Function": func(_ *testing.T, w *world) inventory.Ref {
		return w.need("AWS::Lambda::Function", "", inventory.Properties{
			"FunctionName": "orders", "Runtime": "python3.13", "Handler": "index.handler", "Role": w.role("lambda.amazonaws.com"),
			"Code": map[string]any{"ZipFile": "def handler(e, c): pass"},
		}).Ref
	},
}

// Whatever has a quarantine is held by it and given back as it was, with no call that a
// person does not permit who permits to reap.
func TestQuarantine(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	for _, typ := range schema.Names() {
		if !reaper.Isolates(typ) || !Can(typ, plan.Delete) {
			continue // what is never deleted is never held
		}
		writer := registered[typ]
		require.NotNil(t, held[typ], typ)
		t.Run(typ, func(t *testing.T) {
			w.t = t
			live := w.observe(held[typ](t, w))
			patch, stop, ok := reaper.Isolation(live)
			require.True(t, ok)
			w.called()
			var err error
			if stop {
				_, err = w.c.Stop(ctx, live.Ref)
			} else {
				_, err = w.c.Update(ctx, live, patch)
			}
			require.NoError(t, err)
			now := w.observe(live.Ref)
			if stop {
				assert.Equal(t, "stopped", now.State)
				_, err = w.c.Start(ctx, live.Ref)
			} else {
				require.True(t, plan.Reached(now, patch), "%v: %v", patch, now.Properties)
				before := plan.Undone(now, patch)
				before.State = live.State // a key that is disabled says so twice
				assert.Equal(t, plan.Fingerprint(live), plan.Fingerprint(before), "it and nothing else has changed")
				back := make([]plan.Change, len(patch))
				for i, c := range patch {
					back[i] = plan.Change{Path: c.Path, From: c.To, To: c.From}
				}
				_, err = w.c.Update(ctx, now, back)
			}
			require.NoError(t, err)
			assert.Equal(t, plan.Fingerprint(live), plan.Fingerprint(w.observe(live.Ref)), "as it was")
			permitted := merged(writer.reads().calls, writer.Holds, map[string]string{"STS.GetCallerIdentity": "-"})
			for _, op := range w.called() {
				assert.Contains(t, permitted, op)
			}
		})
	}
}

// What a reaper may do to hold, a repair may do as well: it is the same code.
func TestHoldsAreRepairs(t *testing.T) {
	for _, w := range Writers() {
		for op := range w.Holds {
			assert.Contains(t, w.Repairs, op, w.Type)
		}
	}
}
