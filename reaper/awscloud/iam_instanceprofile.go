package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func init() {
	register(Writer{
		Type: "AWS::IAM::InstanceProfile",
		Tags: map[string]string{"IAM.TagInstanceProfile": "iam:TagInstanceProfile", "IAM.UntagInstanceProfile": "iam:UntagInstanceProfile"},
		Repairs: map[string]string{
			"IAM.CreateInstanceProfile":         "iam:CreateInstanceProfile iam:TagInstanceProfile",
			"IAM.AddRoleToInstanceProfile":      "iam:AddRoleToInstanceProfile iam:PassRole",
			"IAM.RemoveRoleFromInstanceProfile": "iam:RemoveRoleFromInstanceProfile",
		},
		Reaps: map[string]string{
			"IAM.DeleteInstanceProfile": "iam:DeleteInstanceProfile", "IAM.RemoveRoleFromInstanceProfile": "iam:RemoveRoleFromInstanceProfile",
		},
		NotFound: []string{"NoSuchEntity"},
		Updates:  []string{"/Roles"},
		Removes:  []string{"/Roles"},
		Later:    []string{"Roles"},
		named:    byName("InstanceProfileName"),
		exists: func(ctx context.Context, c *call) error {
			_, err := iam.NewFromConfig(c.cfg).GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := n.nameOf("InstanceProfileName")
			_, err := send(ctx, iam.NewFromConfig(c.cfg).CreateInstanceProfile, with(n.props, props{"InstanceProfileName": name, "Tags": tagList(n.tags)}))
			return name, err
		},
		update: func(ctx context.Context, c *call, u update) error {
			client := iam.NewFromConfig(c.cfg)
			var b batch
			added, removed := difference(u.live.Properties["Roles"], u.after["Roles"])
			for _, role := range removed { // a profile holds one role only: the old one goes first
				add(&b, client.RemoveRoleFromInstanceProfile, props{"InstanceProfileName": c.ref.ID, "RoleName": role})
			}
			for _, role := range added {
				add(&b, client.AddRoleToInstanceProfile, props{"InstanceProfileName": c.ref.ID, "RoleName": role})
			}
			return b.send(ctx)
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, iam.NewFromConfig(c.cfg).TagInstanceProfile, props{"InstanceProfileName": c.ref.ID, "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, iam.NewFromConfig(c.cfg).UntagInstanceProfile, props{"InstanceProfileName": c.ref.ID, "TagKeys": keys})
			return err
		},
		Holds: map[string]string{"IAM.AddRoleToInstanceProfile": "iam:AddRoleToInstanceProfile"},
		Steps: []string{plan.StepRemoveRole},
		delete: func(ctx context.Context, c *call, live *inventory.Resource, steps []plan.Step) error {
			client := iam.NewFromConfig(c.cfg)
			var b batch
			for _, role := range texts(live.Properties["Roles"]) {
				if !named(steps, plan.StepRemoveRole, c.ref.ID) {
					return needs(plan.StepRemoveRole, c.ref.ID)
				}
				add(&b, client.RemoveRoleFromInstanceProfile, props{"InstanceProfileName": c.ref.ID, "RoleName": role})
			}
			add(&b, client.DeleteInstanceProfile, props{"InstanceProfileName": c.ref.ID})
			return b.send(ctx)
		},
	})
}
