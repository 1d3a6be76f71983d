package awscloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	// It is not created: the owner of the gateway may have to accept it.
	register(ec2Tagged(Writer{
		Type:     "AWS::EC2::TransitGatewayAttachment",
		Reaps:    map[string]string{"EC2.DeleteTransitGatewayVpcAttachment": "ec2:DeleteTransitGatewayVpcAttachment"},
		NotFound: []string{"InvalidTransitGatewayAttachmentID.NotFound"},
		exists: func(ctx context.Context, c *call) error {
			out, err := send(ctx, ec2.NewFromConfig(c.cfg).DescribeTransitGatewayVpcAttachments, props{"TransitGatewayAttachmentIds": []any{c.ref.ID}})
			if err != nil {
				return err
			}
			// EC2 describes a deleted attachment for a while longer.
			if len(out.TransitGatewayVpcAttachments) == 0 || out.TransitGatewayVpcAttachments[0].State == types.TransitGatewayAttachmentStateDeleted {
				return reaper.ErrNotFound
			}
			return nil
		},
		// Its routes and its places in route tables go along.
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, ec2.NewFromConfig(c.cfg).DeleteTransitGatewayVpcAttachment, props{"TransitGatewayAttachmentId": c.ref.ID})
			return err
		},
	}))
}
