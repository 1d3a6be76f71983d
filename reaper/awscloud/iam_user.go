package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type: "AWS::IAM::User",
		Tags: map[string]string{"IAM.TagUser": "iam:TagUser", "IAM.UntagUser": "iam:UntagUser"},
		Repairs: map[string]string{
			"IAM.CreateUser": "iam:CreateUser iam:TagUser", "IAM.AttachUserPolicy": "iam:AttachUserPolicy", "IAM.DetachUserPolicy": "iam:DetachUserPolicy",
			"IAM.PutUserPolicy": "iam:PutUserPolicy", "IAM.DeleteUserPolicy": "iam:DeleteUserPolicy", "IAM.AddUserToGroup": "iam:AddUserToGroup",
			"IAM.RemoveUserFromGroup": "iam:RemoveUserFromGroup", "IAM.PutUserPermissionsBoundary": "iam:PutUserPermissionsBoundary",
		},
		Reaps: map[string]string{
			"IAM.DeleteUser": "iam:DeleteUser", "IAM.DetachUserPolicy": "iam:DetachUserPolicy", "IAM.DeleteUserPolicy": "iam:DeleteUserPolicy",
			"IAM.RemoveUserFromGroup": "iam:RemoveUserFromGroup", "IAM.DeleteAccessKey": "iam:DeleteAccessKey",
			"IAM.DeleteLoginProfile": "iam:DeleteLoginProfile",
		},
		Reads: map[string]string{
			"IAM.GetUser": "iam:GetUser", "IAM.ListAccessKeys": "iam:ListAccessKeys", "IAM.GetLoginProfile": "iam:GetLoginProfile",
		},
		NotFound: []string{"NoSuchEntity"},
		Updates:  []string{"/Groups", "/ManagedPolicyArns", "/PermissionsBoundary", "/Policies"},
		Removes:  []string{"/Groups", "/ManagedPolicyArns", "/Policies"},
		Later:    []string{"Groups", "ManagedPolicyArns", "Policies"},
		named:    byName("UserName"),
		exists: func(ctx context.Context, c *call) error {
			_, err := iam.NewFromConfig(c.cfg).GetUser(ctx, &iam.GetUserInput{UserName: &c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := n.nameOf("UserName")
			_, err := send(ctx, iam.NewFromConfig(c.cfg).CreateUser, with(n.props, props{"UserName": name, "Tags": tagList(n.tags)}))
			return name, err
		},
		update: func(ctx context.Context, c *call, u update) error {
			client := iam.NewFromConfig(c.cfg)
			var b batch
			if u.has("PermissionsBoundary") {
				add(&b, client.PutUserPermissionsBoundary, props{"UserName": c.ref.ID, "PermissionsBoundary": u.after["PermissionsBoundary"]})
			}
			if u.has("Groups") {
				added, removed := difference(u.live.Properties["Groups"], u.after["Groups"])
				for _, group := range added {
					add(&b, client.AddUserToGroup, props{"UserName": c.ref.ID, "GroupName": group})
				}
				for _, group := range removed {
					add(&b, client.RemoveUserFromGroup, props{"UserName": c.ref.ID, "GroupName": group})
				}
			}
			if err := users(client).policies(&b, c.ref.ID, u); err != nil {
				return err
			}
			return b.send(ctx)
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, iam.NewFromConfig(c.cfg).TagUser, props{"UserName": c.ref.ID, "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, iam.NewFromConfig(c.cfg).UntagUser, props{"UserName": c.ref.ID, "TagKeys": keys})
			return err
		},
		Holds:  map[string]string{"IAM.AttachUserPolicy": "iam:AttachUserPolicy", "IAM.DetachUserPolicy": "iam:DetachUserPolicy", "IAM.PutUserPolicy": "iam:PutUserPolicy", "IAM.DeleteUserPolicy": "iam:DeleteUserPolicy", "IAM.AddUserToGroup": "iam:AddUserToGroup"},
		Steps:  []string{plan.StepDetachPolicy, plan.StepDeleteInlinePolicy, plan.StepRemoveFromGroup, plan.StepDeleteAccessKey, plan.StepDeleteLoginProfile},
		delete: deleteUser,
	})
}

// deleteUser takes away first what IAM wants gone before a user. What it does not know of
// (certificates, service credentials, devices) makes IAM refuse.
func deleteUser(ctx context.Context, c *call, live *inventory.Resource, steps []plan.Step) error {
	client := iam.NewFromConfig(c.cfg)
	var b batch
	if err := users(client).strip(&b, live, steps); err != nil {
		return err
	}
	for _, group := range texts(live.Properties["Groups"]) {
		if !named(steps, plan.StepRemoveFromGroup, group) {
			return needs(plan.StepRemoveFromGroup, group)
		}
		add(&b, client.RemoveUserFromGroup, props{"UserName": c.ref.ID, "GroupName": group})
	}
	keys, err := client.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &c.ref.ID}) // two at most
	if err != nil {
		return err
	}
	for _, key := range keys.AccessKeyMetadata {
		id := sdk.ToString(key.AccessKeyId)
		if !named(steps, plan.StepDeleteAccessKey, id) {
			return needs(plan.StepDeleteAccessKey, id)
		}
		add(&b, client.DeleteAccessKey, props{"UserName": c.ref.ID, "AccessKeyId": id})
	}
	_, err = client.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: &c.ref.ID})
	switch {
	case unless(err, "NoSuchEntity") != nil:
		return err
	case err == nil && !named(steps, plan.StepDeleteLoginProfile, c.ref.ID):
		return needs(plan.StepDeleteLoginProfile, c.ref.ID)
	case err == nil:
		add(&b, client.DeleteLoginProfile, props{"UserName": c.ref.ID})
	}
	add(&b, client.DeleteUser, props{"UserName": c.ref.ID})
	return b.send(ctx)
}
