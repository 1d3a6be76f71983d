package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type: "AWS::IAM::Role",
		Tags: map[string]string{"IAM.TagRole": "iam:TagRole", "IAM.UntagRole": "iam:UntagRole"},
		Repairs: map[string]string{
			"IAM.CreateRole": "iam:CreateRole iam:TagRole", "IAM.UpdateRole": "iam:UpdateRole",
			"IAM.UpdateAssumeRolePolicy": "iam:UpdateAssumeRolePolicy", "IAM.AttachRolePolicy": "iam:AttachRolePolicy",
			"IAM.DetachRolePolicy": "iam:DetachRolePolicy", "IAM.PutRolePolicy": "iam:PutRolePolicy", "IAM.DeleteRolePolicy": "iam:DeleteRolePolicy",
			"IAM.PutRolePermissionsBoundary": "iam:PutRolePermissionsBoundary",
		},
		Reaps: map[string]string{
			"IAM.DeleteRole": "iam:DeleteRole", "IAM.DetachRolePolicy": "iam:DetachRolePolicy", "IAM.DeleteRolePolicy": "iam:DeleteRolePolicy",
		},
		Reads: map[string]string{
			"IAM.GetRole": "iam:GetRole", "IAM.ListInstanceProfilesForRole": "iam:ListInstanceProfilesForRole",
		},
		NotFound: []string{"NoSuchEntity"},
		// A boundary is never taken away: it opens what it closed.
		Updates: []string{"/AssumeRolePolicyDocument", "/Description", "/ManagedPolicyArns", "/MaxSessionDuration", "/PermissionsBoundary", "/Policies"},
		Removes: []string{"/ManagedPolicyArns", "/Policies"},
		Later:   []string{"ManagedPolicyArns", "Policies"},
		named:   byName("RoleName"),
		exists: func(ctx context.Context, c *call) error {
			_, err := iam.NewFromConfig(c.cfg).GetRole(ctx, &iam.GetRoleInput{RoleName: &c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := n.nameOf("RoleName")
			_, err := send(ctx, iam.NewFromConfig(c.cfg).CreateRole, with(n.props, props{"RoleName": name, "Tags": tagList(n.tags)}))
			return name, err
		},
		update: func(ctx context.Context, c *call, u update) error {
			client := iam.NewFromConfig(c.cfg)
			var b batch
			if u.has("AssumeRolePolicyDocument") {
				add(&b, client.UpdateAssumeRolePolicy, props{"RoleName": c.ref.ID, "PolicyDocument": u.after["AssumeRolePolicyDocument"]})
			}
			if u.has("Description") || u.has("MaxSessionDuration") {
				// What it does not hear it resets.
				role := with(only(u.after, "MaxSessionDuration"), props{"RoleName": c.ref.ID, "Description": text(u.after, "Description")})
				add(&b, client.UpdateRole, role)
			}
			if u.has("PermissionsBoundary") {
				add(&b, client.PutRolePermissionsBoundary, props{"RoleName": c.ref.ID, "PermissionsBoundary": u.after["PermissionsBoundary"]})
			}
			if err := roles(client).policies(&b, c.ref.ID, u); err != nil {
				return err
			}
			return b.send(ctx)
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, iam.NewFromConfig(c.cfg).TagRole, props{"RoleName": c.ref.ID, "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, iam.NewFromConfig(c.cfg).UntagRole, props{"RoleName": c.ref.ID, "TagKeys": keys})
			return err
		},
		Holds:  map[string]string{"IAM.AttachRolePolicy": "iam:AttachRolePolicy", "IAM.DetachRolePolicy": "iam:DetachRolePolicy", "IAM.PutRolePolicy": "iam:PutRolePolicy", "IAM.DeleteRolePolicy": "iam:DeleteRolePolicy"},
		Steps:  []string{plan.StepDetachPolicy, plan.StepDeleteInlinePolicy},
		delete: deleteRole,
	})
}

func deleteRole(ctx context.Context, c *call, live *inventory.Resource, steps []plan.Step) error {
	client := iam.NewFromConfig(c.cfg)
	var b batch
	if err := roles(client).strip(&b, live, steps); err != nil {
		return err
	}
	profiles, err := client.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: &c.ref.ID, MaxItems: sdk.Int32(1)})
	if err != nil {
		return err
	}
	if len(profiles.InstanceProfiles) > 0 { // what refers to a role goes before it
		return &reaper.Blocked{By: "the instance profile " + sdk.ToString(profiles.InstanceProfiles[0].InstanceProfileName)}
	}
	add(&b, client.DeleteRole, props{"RoleName": c.ref.ID})
	return b.send(ctx)
}
