package awscloud

import (
	"cmp"
	"context"
	"errors"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type: "AWS::IAM::ManagedPolicy",
		Tags: map[string]string{"IAM.TagPolicy": "iam:TagPolicy", "IAM.UntagPolicy": "iam:UntagPolicy"},
		Repairs: map[string]string{
			"IAM.CreatePolicy": "iam:CreatePolicy iam:TagPolicy", "IAM.CreatePolicyVersion": "iam:CreatePolicyVersion",
			"IAM.DeletePolicyVersion": "iam:DeletePolicyVersion",
			"IAM.AttachRolePolicy":    "iam:AttachRolePolicy", "IAM.DetachRolePolicy": "iam:DetachRolePolicy",
			"IAM.AttachUserPolicy": "iam:AttachUserPolicy", "IAM.DetachUserPolicy": "iam:DetachUserPolicy",
			"IAM.AttachGroupPolicy": "iam:AttachGroupPolicy", "IAM.DetachGroupPolicy": "iam:DetachGroupPolicy",
		},
		Reaps:    map[string]string{"IAM.DeletePolicy": "iam:DeletePolicy", "IAM.DeletePolicyVersion": "iam:DeletePolicyVersion"},
		Reads:    map[string]string{"IAM.GetPolicy": "iam:GetPolicy", "IAM.ListPolicyVersions": "iam:ListPolicyVersions"},
		NotFound: []string{"NoSuchEntity"},
		Updates:  []string{"/Groups", "/PolicyDocument", "/Roles", "/Users"},
		Removes:  []string{"/Groups", "/Roles", "/Users"},
		Later:    []string{"Groups", "Roles", "Users"},
		named: func(_ context.Context, c *call, n creation) (string, error) {
			return c.arn("iam", "policy"+cmp.Or(text(n.props, "Path"), "/")+n.nameOf("ManagedPolicyName")), nil
		},
		exists: func(ctx context.Context, c *call) error {
			_, err := iam.NewFromConfig(c.cfg).GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &c.ref.ID})
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			out, err := send(ctx, iam.NewFromConfig(c.cfg).CreatePolicy, with(n.props, props{
				"ManagedPolicyName": nil, "PolicyName": n.nameOf("ManagedPolicyName"), "Tags": tagList(n.tags),
			}))
			if err != nil || out.Policy == nil {
				return "", err
			}
			return sdk.ToString(out.Policy.Arn), nil
		},
		update: updateManagedPolicy,
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, iam.NewFromConfig(c.cfg).TagPolicy, props{"PolicyArn": c.ref.ID, "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, iam.NewFromConfig(c.cfg).UntagPolicy, props{"PolicyArn": c.ref.ID, "TagKeys": keys})
			return err
		},
		Steps: []string{plan.StepDeleteOldVersions},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, steps []plan.Step) error {
			client := iam.NewFromConfig(c.cfg)
			out, err := client.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &c.ref.ID})
			switch {
			case err != nil:
				return err
			case out.Policy == nil || sdk.ToInt32(out.Policy.AttachmentCount) > 0 || sdk.ToInt32(out.Policy.PermissionsBoundaryUsageCount) > 0:
				return &reaper.Blocked{By: "the policy is attached to somebody, or somebody's boundary"}
			}
			versions, err := policyVersions(ctx, c, client)
			if err != nil {
				return err
			}
			var b batch
			for _, v := range versions {
				switch {
				case v.IsDefaultVersion: // goes with the policy
				case !named(steps, plan.StepDeleteOldVersions, c.ref.ID):
					return needs(plan.StepDeleteOldVersions, c.ref.ID)
				default:
					add(&b, client.DeletePolicyVersion, props{"PolicyArn": c.ref.ID, "VersionId": sdk.ToString(v.VersionId)})
				}
			}
			add(&b, client.DeletePolicy, props{"PolicyArn": c.ref.ID})
			return b.send(ctx)
		},
	})
}

// policyVersions returns the versions of a policy, the newest first. There are five at most.
func policyVersions(ctx context.Context, c *call, client *iam.Client) ([]types.PolicyVersion, error) {
	out, err := client.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: &c.ref.ID})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out.Versions, func(a, b types.PolicyVersion) int {
		return -sdk.ToTime(a.CreateDate).Compare(sdk.ToTime(b.CreateDate))
	})
	return out.Versions, nil
}

// updateManagedPolicy writes a changed document as a new version. IAM keeps five: like
// CloudFormation, it makes room by giving up the oldest that is not in use.
func updateManagedPolicy(ctx context.Context, c *call, u update) error {
	client := iam.NewFromConfig(c.cfg)
	var b, version batch
	if u.has("PolicyDocument") {
		add(&version, client.CreatePolicyVersion, props{"PolicyArn": c.ref.ID, "PolicyDocument": u.after["PolicyDocument"], "SetAsDefault": true})
	}
	for _, list := range []struct {
		property string
		of       principal
	}{{"Groups", groups(client)}, {"Roles", roles(client)}, {"Users", users(client)}} {
		if !u.has(list.property) {
			continue
		}
		added, removed := difference(u.live.Properties[list.property], u.after[list.property])
		for _, name := range added {
			list.of.attach(&b, props{list.of.member: name, "PolicyArn": c.ref.ID})
		}
		for _, name := range removed {
			list.of.detach(&b, props{list.of.member: name, "PolicyArn": c.ref.ID})
		}
	}
	if err := errors.Join(version.err, b.err); err != nil {
		return err
	}
	if u.has("PolicyDocument") {
		if err := makeRoom(ctx, c, client); err != nil {
			return err
		}
	}
	b.calls = append(version.calls, b.calls...)
	return b.send(ctx)
}

func makeRoom(ctx context.Context, c *call, client *iam.Client) error {
	const most = 5
	versions, err := policyVersions(ctx, c, client)
	if err != nil || len(versions) < most {
		return err
	}
	for _, v := range slices.Backward(versions) {
		if !v.IsDefaultVersion {
			_, err := client.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: &c.ref.ID, VersionId: v.VersionId})
			return err
		}
	}
	return nil
}
