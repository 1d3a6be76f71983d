package awscloud

import (
	"context"
	"slices"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// set is a change of one property; the test fills in what it was before.
func set(path string, to any) plan.Change { return plan.Change{Path: path, To: to} }

// allowing is a policy that allows one action.
func allowing(action string) map[string]any {
	return map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": action, "Resource": "*"}}}
}

// trusting is the policy of a role that a service may take.
func trusting(service string) map[string]any {
	return map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": service},
	}}}
}

// policy returns the ARN of a managed policy, another one for each name.
func (w *world) policy(name string) string {
	return w.need("AWS::IAM::ManagedPolicy", name, inventory.Properties{"ManagedPolicyName": name, "PolicyDocument": allowing("s3:GetObject")}).Ref.ID
}

// role returns the ARN of a role that a service may take.
func (w *world) role(service string) string {
	return w.need("AWS::IAM::Role", service, inventory.Properties{"AssumeRolePolicyDocument": trusting(service)}).ARN
}

func init() {
	twoPolicies := func(w *world) []any { w.policy("two"); return []any{w.policy("one")} }
	const two = "arn:aws:iam::123456789012:policy/two"
	try(fixture{
		typ: "AWS::IAM::Role",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{
				"RoleName": "worker", "Path": "/shop/", "AssumeRolePolicyDocument": trusting("lambda.amazonaws.com"), "Description": "of the workers",
				"MaxSessionDuration": int64(7200), "ManagedPolicyArns": twoPolicies(w),
				"Policies": []any{map[string]any{"PolicyName": "read", "PolicyDocument": allowing("s3:GetObject")}},
				"Tags":     []any{map[string]any{"Key": "team", "Value": "shop"}},
			}
		},
		patches: []plan.Change{
			set("/Description", "of nobody"), set("/MaxSessionDuration", int64(3600)),
			set("/AssumeRolePolicyDocument", trusting("ec2.amazonaws.com")),
			set("/ManagedPolicyArns", []any{two}), set("/PermissionsBoundary", two),
			set("/Policies", []any{map[string]any{"PolicyName": "write", "PolicyDocument": allowing("s3:PutObject")}}),
		},
	})
	try(fixture{
		typ: "AWS::IAM::InstanceProfile",
		props: func(w *world) inventory.Properties {
			role := w.need("AWS::IAM::Role", "ec2.amazonaws.com", inventory.Properties{"AssumeRolePolicyDocument": trusting("ec2.amazonaws.com")})
			return inventory.Properties{"InstanceProfileName": "worker", "Path": "/shop/", "Roles": []any{role.Ref.ID}}
		},
	})
	try(fixture{
		typ: "AWS::IAM::ManagedPolicy",
		props: func(w *world) inventory.Properties {
			w.role("lambda.amazonaws.com")
			return inventory.Properties{"ManagedPolicyName": "reading", "Path": "/shop/", "Description": "to read", "PolicyDocument": allowing("s3:GetObject")}
		},
		patches: []plan.Change{
			set("/PolicyDocument", allowing("s3:PutObject")), set("/PolicyDocument", allowing("s3:ListBucket")), set("/PolicyDocument", allowing("sqs:*")),
			set("/PolicyDocument", allowing("sns:*")), set("/PolicyDocument", allowing("s3:GetObjectAcl")), // the sixth version
		},
		notRun: map[string]string{
			"IAM.AttachRolePolicy": "TestWriters/AWS::IAM::Role", "IAM.DetachRolePolicy": "TestWriters/AWS::IAM::Role",
			"IAM.AttachUserPolicy": "TestWriters/AWS::IAM::User", "IAM.DetachUserPolicy": "TestWriters/AWS::IAM::User",
			"IAM.AttachGroupPolicy": "TestWriters/AWS::IAM::Group", "IAM.DetachGroupPolicy": "TestWriters/AWS::IAM::Group",
		},
	})
	try(fixture{
		typ: "AWS::IAM::User",
		props: func(w *world) inventory.Properties {
			w.need("AWS::IAM::Group", "readers", inventory.Properties{"GroupName": "readers"})
			w.need("AWS::IAM::Group", "writers", inventory.Properties{"GroupName": "writers"})
			return inventory.Properties{
				"UserName": "alice", "Path": "/shop/", "Groups": []any{"readers"}, "ManagedPolicyArns": twoPolicies(w),
				"Policies": []any{map[string]any{"PolicyName": "read", "PolicyDocument": allowing("s3:GetObject")}},
			}
		},
		patches: []plan.Change{
			set("/Groups", []any{"writers"}), set("/ManagedPolicyArns", []any{two}),
			set("/Policies", []any{map[string]any{"PolicyName": "write", "PolicyDocument": allowing("s3:PutObject")}}),
		},
		notRun: map[string]string{
			"IAM.DeleteAccessKey": "TestDeletionsNeedTheirSteps", "IAM.DeleteLoginProfile": "TestDeletionsNeedTheirSteps",
			"IAM.PutUserPermissionsBoundary": "the emulator does not know it",
		},
	})
	try(fixture{
		typ: "AWS::IAM::Group",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{
				"GroupName": "people", "Path": "/shop/", "ManagedPolicyArns": twoPolicies(w),
				"Policies": []any{map[string]any{"PolicyName": "read", "PolicyDocument": allowing("s3:GetObject")}},
			}
		},
		patches: []plan.Change{
			set("/ManagedPolicyArns", []any{two}), set("/Policies", []any{map[string]any{"PolicyName": "write", "PolicyDocument": allowing("s3:PutObject")}}),
		},
	})
}

// What hangs on a principal goes only with a step that names it, and while one is missing
// nothing is touched.
func TestDeletionsNeedTheirSteps(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	client := iam.NewFromConfig(w.cfg)
	user := w.need("AWS::IAM::User", "", inventory.Properties{"UserName": "bob"})
	group := w.need("AWS::IAM::Group", "", inventory.Properties{"GroupName": "people"})
	role := w.need("AWS::IAM::Role", "", inventory.Properties{"RoleName": "worker", "AssumeRolePolicyDocument": trusting("ec2.amazonaws.com")})
	profile := w.need("AWS::IAM::InstanceProfile", "", inventory.Properties{"InstanceProfileName": "worker", "Roles": []any{"worker"}})
	key, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &user.Ref.ID})
	require.NoError(t, err)
	_, err = client.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: &user.Ref.ID, Password: sdk.String("hunter2hunter2")})
	require.NoError(t, err)
	_, err = client.AddUserToGroup(ctx, &iam.AddUserToGroupInput{UserName: &user.Ref.ID, GroupName: &group.Ref.ID})
	require.NoError(t, err)
	user = w.observe(user.Ref)
	carol := w.need("AWS::IAM::User", "carol", inventory.Properties{"UserName": "carol", "Groups": []any{group.Ref.ID}})

	steps := map[string][]plan.Step{
		role.Ref.ID:  nil, // what refers to them goes before them
		group.Ref.ID: nil,
		user.Ref.ID: {
			{Name: plan.StepDeleteAccessKey, ID: *key.AccessKey.AccessKeyId}, {Name: plan.StepDeleteLoginProfile, ID: "bob"}, {Name: plan.StepRemoveFromGroup, ID: "people"},
		},
	}
	for _, live := range []*inventory.Resource{role, group} {
		w.e.Forget()
		_, err := w.c.Delete(ctx, live, plan.StepsOf(live, time.Now()))
		require.ErrorIs(t, err, reaper.ErrBlocked)
		assert.Empty(t, w.e.Writes(), "%s", live.Ref)
	}
	_, err = w.c.Delete(ctx, profile, plan.StepsOf(profile, time.Now()))
	require.NoError(t, err)
	_, err = w.c.Delete(ctx, carol, plan.StepsOf(carol, time.Now()))
	require.NoError(t, err)
	for _, live := range []*inventory.Resource{role, user, group} {
		all := steps[live.Ref.ID]
		for missing := range all {
			w.e.Forget()
			_, err := w.c.Delete(ctx, live, slices.Delete(slices.Clone(all), missing, missing+1))
			require.ErrorIs(t, err, reaper.ErrBlocked, "%s without %v", live.Ref, all[missing])
			assert.ErrorContains(t, err, all[missing].ID)
			assert.Empty(t, w.e.Writes(), "%s without %v", live.Ref, all[missing])
		}
		_, err := w.c.Delete(ctx, live, all)
		require.NoError(t, err)
		_, err = w.c.Observe(ctx, live.Ref)
		require.ErrorIs(t, err, reaper.ErrNotFound)
	}
}

// A creation that ended in the middle is completed by the next one with its token, and says so
// when it fails there: the service has something by now.
func TestHalfMadeIsCompleted(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	n := w.creation("AWS::EC2::Subnet", inventory.Properties{"VpcId": w.vpc(), "CidrBlock": "10.9.7.0/24", "MapPublicIpOnLaunch": true})
	w.e.Fail("ec2", "ModifySubnetAttribute", emulator.Deny)
	_, _, err := w.c.Create(ctx, n)
	require.ErrorIs(t, err, reaper.ErrUnfinished)
	require.ErrorIs(t, err, reaper.ErrDenied)
	w.e.Heal()
	w.e.Forget()
	ref, _, err := w.c.Create(ctx, n)
	require.NoError(t, err)
	assert.Equal(t, []string{"ModifySubnetAttribute"}, actionsOf(w.e.Writes()))
	assert.Equal(t, true, w.observe(ref).Properties["MapPublicIpOnLaunch"])

	// A group has no tags: it is known by its name, and by having nothing but what was asked for.
	policy := func(name string) string {
		return w.need("AWS::IAM::ManagedPolicy", name, inventory.Properties{"ManagedPolicyName": name, "PolicyDocument": allowing("s3:GetObject")}).Ref.ID
	}
	reading, writing, ruling := policy("reading"), policy("writing"), policy("ruling")
	group := w.creation("AWS::IAM::Group", inventory.Properties{"GroupName": "people", "ManagedPolicyArns": []any{reading, writing}})
	client := iam.NewFromConfig(w.cfg)
	_, err = client.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: sdk.String("people")})
	require.NoError(t, err)
	_, err = client.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: sdk.String("people"), PolicyArn: &reading})
	require.NoError(t, err)
	w.e.Forget()
	_, _, err = w.c.Create(ctx, group)
	require.NoError(t, err)
	assert.Equal(t, []string{"AttachGroupPolicy"}, actionsOf(w.e.Writes()), "what it lacks")
	_, err = client.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: sdk.String("people"), PolicyArn: &ruling})
	require.NoError(t, err)
	_, err = client.DetachGroupPolicy(ctx, &iam.DetachGroupPolicyInput{GroupName: sdk.String("people"), PolicyArn: &writing})
	require.NoError(t, err)
	_, _, err = w.c.Create(ctx, group)
	require.ErrorIs(t, err, reaper.ErrStale, "somebody else's")
}

func actionsOf(calls []emulator.Call) (all []string) {
	for _, c := range calls {
		all = append(all, c.Action)
	}
	return all
}
