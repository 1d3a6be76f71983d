package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(ec2Tagged(Writer{
		Type:     "PCF::EC2::Image",
		Reaps:    map[string]string{"EC2.DeregisterImage": "ec2:DeregisterImage"},
		NotFound: []string{"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"},
		exists: func(ctx context.Context, c *call) error {
			// Of a deregistered image EC2 may answer with nothing.
			out, err := ec2.NewFromConfig(c.cfg).DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{c.ref.ID}})
			if err == nil && (len(out.Images) == 0 || out.Images[0].State == "deregistered") {
				return reaper.ErrNotFound
			}
			return err
		},
		// The snapshots that the image was made of stay: they are resources of their own.
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := ec2.NewFromConfig(c.cfg).DeregisterImage(ctx, &ec2.DeregisterImageInput{ImageId: &c.ref.ID})
			return err
		},
	}))
}
