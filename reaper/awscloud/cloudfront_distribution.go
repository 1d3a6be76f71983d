package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cloudfront"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type:     "AWS::CloudFront::Distribution",
		Tags:     map[string]string{"CloudFront.TagResource": "cloudfront:TagResource", "CloudFront.UntagResource": "cloudfront:UntagResource"},
		Repairs:  map[string]string{"CloudFront.UpdateDistribution": "cloudfront:UpdateDistribution"},
		Reaps:    map[string]string{"CloudFront.DeleteDistribution": "cloudfront:DeleteDistribution"},
		NotFound: []string{"NoSuchDistribution", "NoSuchResource"},
		exists: func(ctx context.Context, c *call) error {
			_, err := send(ctx, cloudfront.NewFromConfig(c.cfg).GetDistributionConfig, props{"Id": c.ref.ID})
			return err
		},
		Updates: []string{"/DistributionConfig/Enabled"},
		update: func(ctx context.Context, c *call, u update) error {
			client := cloudfront.NewFromConfig(c.cfg)
			enabled, is := object(u.after, "DistributionConfig")["Enabled"].(bool)
			if !is {
				return unsupported("/DistributionConfig/Enabled", "it is true or false")
			}
			out, err := send(ctx, client.GetDistributionConfig, props{"Id": c.ref.ID})
			if err != nil || out.DistributionConfig == nil {
				return err
			}
			out.DistributionConfig.Enabled = &enabled
			_, err = client.UpdateDistribution(ctx, &cloudfront.UpdateDistributionInput{Id: &c.ref.ID, DistributionConfig: out.DistributionConfig, IfMatch: out.ETag})
			return err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, cloudfront.NewFromConfig(c.cfg).TagResource, props{
				"Resource": c.arn("cloudfront", "distribution/"+c.ref.ID), "Tags": props{"Items": tagList(tags)},
			})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, cloudfront.NewFromConfig(c.cfg).UntagResource, props{
				"Resource": c.arn("cloudfront", "distribution/"+c.ref.ID), "TagKeys": props{"Items": keys},
			})
			return err
		},
		// Only one that was disabled before, and only as it was then: the ETag is that of the
		// configuration that says so.
		Holds: map[string]string{"CloudFront.UpdateDistribution": "cloudfront:UpdateDistribution"},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			client := cloudfront.NewFromConfig(c.cfg)
			out, err := send(ctx, client.GetDistributionConfig, props{"Id": c.ref.ID})
			switch {
			case err != nil:
				return err
			case out.DistributionConfig == nil || out.ETag == nil || out.DistributionConfig.Enabled == nil || *out.DistributionConfig.Enabled:
				return &reaper.Blocked{By: "the distribution is enabled"}
			}
			_, err = client.DeleteDistribution(ctx, &cloudfront.DeleteDistributionInput{Id: &c.ref.ID, IfMatch: out.ETag})
			return err
		},
	})
}
