package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::TransitGatewayAttachment",
		Calls: map[string]string{"EC2.DescribeTransitGatewayVpcAttachments": "ec2:DescribeTransitGatewayVpcAttachments"},
		Reads: []string{"/Id", "/Options", "/SubnetIds", "/Tags", "/TransitGatewayId", "/VpcId"},
		list:  listTransitGatewayAttachments,
	})
}

// listTransitGatewayAttachments reads the attachments of VPCs, which are all that the
// type stands for; VPN connections and peerings attach without one.
func listTransitGatewayAttachments(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeTransitGatewayVpcAttachments(ctx, &ec2.DescribeTransitGatewayVpcAttachmentsInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		for _, a := range out.TransitGatewayVpcAttachments {
			if a.State == types.TransitGatewayAttachmentStateDeleted {
				continue // it is listed for a while longer
			}
			id := sdk.ToString(a.TransitGatewayAttachmentId)
			it := c.item(id, c.arn("ec2", "transit-gateway-attachment/"+id))
			it.merge(a, map[string]string{"TransitGatewayAttachmentId": "Id"})
			it.tag(a.Tags)
			it.State = string(a.State)
			it.created(a.CreationTime)
			// The owner of the gateway sees the attachments of others; each is its VPC's.
			it.Foreign = c.sharedBy(a.VpcOwnerId)
			c.emit(it)
		}
		return len(out.TransitGatewayVpcAttachments), out.NextToken, nil
	})
}
