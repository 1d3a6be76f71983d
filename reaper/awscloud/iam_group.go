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
	register(Writer{ // a group cannot have tags
		Type: "AWS::IAM::Group",
		Repairs: map[string]string{
			"IAM.CreateGroup": "iam:CreateGroup", "IAM.AttachGroupPolicy": "iam:AttachGroupPolicy", "IAM.DetachGroupPolicy": "iam:DetachGroupPolicy",
			"IAM.PutGroupPolicy": "iam:PutGroupPolicy", "IAM.DeleteGroupPolicy": "iam:DeleteGroupPolicy",
		},
		Reaps: map[string]string{
			"IAM.DeleteGroup": "iam:DeleteGroup", "IAM.DetachGroupPolicy": "iam:DetachGroupPolicy", "IAM.DeleteGroupPolicy": "iam:DeleteGroupPolicy",
		},
		Reads:    map[string]string{"IAM.GetGroup": "iam:GetGroup"},
		NotFound: []string{"NoSuchEntity"},
		Updates:  []string{"/ManagedPolicyArns", "/Policies"},
		Removes:  []string{"/ManagedPolicyArns", "/Policies"},
		Later:    []string{"ManagedPolicyArns", "Policies"},
		named:    byName("GroupName"),
		exists: func(ctx context.Context, c *call) error {
			_, err := iam.NewFromConfig(c.cfg).GetGroup(ctx, &iam.GetGroupInput{GroupName: &c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := n.nameOf("GroupName")
			_, err := send(ctx, iam.NewFromConfig(c.cfg).CreateGroup, with(n.props, props{"GroupName": name}))
			return name, err
		},
		update: func(ctx context.Context, c *call, u update) error {
			var b batch
			if err := groups(iam.NewFromConfig(c.cfg)).policies(&b, c.ref.ID, u); err != nil {
				return err
			}
			return b.send(ctx)
		},
		Holds: map[string]string{"IAM.AttachGroupPolicy": "iam:AttachGroupPolicy", "IAM.DetachGroupPolicy": "iam:DetachGroupPolicy", "IAM.PutGroupPolicy": "iam:PutGroupPolicy", "IAM.DeleteGroupPolicy": "iam:DeleteGroupPolicy"},
		Steps: []string{plan.StepDetachPolicy, plan.StepDeleteInlinePolicy},
		delete: func(ctx context.Context, c *call, live *inventory.Resource, steps []plan.Step) error {
			client := iam.NewFromConfig(c.cfg)
			var b batch
			if err := groups(client).strip(&b, live, steps); err != nil {
				return err
			}
			group, err := client.GetGroup(ctx, &iam.GetGroupInput{GroupName: &c.ref.ID, MaxItems: sdk.Int32(1)})
			if err != nil {
				return err
			}
			if len(group.Users) > 0 { // who is in a group goes before it
				return &reaper.Blocked{By: "the user " + sdk.ToString(group.Users[0].UserName)}
			}
			add(&b, client.DeleteGroup, props{"GroupName": c.ref.ID})
			return b.send(ctx)
		},
	})
}
