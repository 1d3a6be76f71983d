package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(ec2Tagged(Writer{
		Type: "AWS::EC2::LaunchTemplate",
		Repairs: map[string]string{
			"EC2.CreateLaunchTemplate":        "ec2:CreateLaunchTemplate",
			"EC2.CreateLaunchTemplateVersion": "ec2:CreateLaunchTemplateVersion",
		},
		Reaps:    map[string]string{"EC2.DeleteLaunchTemplate": "ec2:DeleteLaunchTemplate"},
		NotFound: []string{"InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.NotFoundException"},
		Updates:  []string{"/LaunchTemplateData/*", "/VersionDescription"},
		exists: func(ctx context.Context, c *call) error {
			out, err := ec2.NewFromConfig(c.cfg).DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{c.ref.ID}})
			if err == nil && len(out.LaunchTemplates) == 0 {
				return reaper.ErrNotFound
			}
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			in := &ec2.CreateLaunchTemplateInput{ClientToken: &n.token}
			// The tags of the template stand among its properties in a form of their own.
			members := with(n.props, props{"LaunchTemplateName": n.nameOf("LaunchTemplateName"), "TagSpecifications": nil})
			if err := fill(in, members, nil); err != nil {
				return "", err
			}
			if err := fill(in, only(n.props, "TagSpecifications"), nil); err != nil {
				return "", err
			}
			in.TagSpecifications = templateTags(in.TagSpecifications, n.tags)
			out, err := ec2.NewFromConfig(c.cfg).CreateLaunchTemplate(ctx, in)
			if err != nil || out.LaunchTemplate == nil {
				return "", err
			}
			return sdk.ToString(out.LaunchTemplate.LaunchTemplateId), nil
		},
		// A new version on top of the newest: what is not said in the patch stays, also what
		// cannot be read. The default version stays, as in CloudFormation.
		update: func(ctx context.Context, c *call, u update) error {
			data, whole := props{}, object(u.after, "LaunchTemplateData")
			for _, p := range u.patch {
				if parts := schema.SplitPointer(p.Path); len(parts) > 1 {
					data[parts[1]] = whole[parts[1]]
				}
			}
			members := props{"LaunchTemplateId": c.ref.ID, "SourceVersion": u.live.Properties["LatestVersionNumber"], "LaunchTemplateData": data}
			if v := u.after["VersionDescription"]; v != nil {
				members["VersionDescription"] = v // which a version does not take over
			}
			_, err := send(ctx, ec2.NewFromConfig(c.cfg).CreateLaunchTemplateVersion, members)
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := ec2.NewFromConfig(c.cfg).DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: &c.ref.ID})
			return err
		},
	}))
}

// templateTags adds owner tags to the declared ones of the template.
func templateTags(declared []types.TagSpecification, tags map[string]string) []types.TagSpecification {
	all := map[string]string{}
	for _, s := range declared {
		for _, t := range s.Tags {
			all[sdk.ToString(t.Key)] = sdk.ToString(t.Value)
		}
	}
	return ec2TagsFor(types.ResourceTypeLaunchTemplate, merged(all, tags))
}
