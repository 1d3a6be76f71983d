package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::TransitGateway",
		Calls: map[string]string{"EC2.DescribeTransitGateways": "ec2:DescribeTransitGateways"},
		Reads: []string{
			"/AmazonSideAsn", "/AssociationDefaultRouteTableId", "/AutoAcceptSharedAttachments", "/DefaultRouteTableAssociation",
			"/DefaultRouteTablePropagation", "/Description", "/DnsSupport", "/EncryptionSupportState", "/Id",
			"/MulticastSupport", "/PropagationDefaultRouteTableId", "/SecurityGroupReferencingSupport", "/Tags",
			"/TransitGatewayArn", "/TransitGatewayCidrBlocks", "/VpnEcmpSupport",
		},
		list: listTransitGateways,
	})
}

func listTransitGateways(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeTransitGateways(ctx, &ec2.DescribeTransitGatewaysInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		for _, g := range out.TransitGateways {
			if g.State == types.TransitGatewayStateDeleted {
				continue // it is listed for a while longer
			}
			it := c.item(sdk.ToString(g.TransitGatewayId), sdk.ToString(g.TransitGatewayArn))
			it.merge(g, map[string]string{"TransitGatewayId": "Id"})
			it.merge(g.Options, nil)
			if g.Options != nil && g.Options.EncryptionSupport != nil {
				it.set("EncryptionSupportState", g.Options.EncryptionSupport.EncryptionState)
			}
			it.tag(g.Tags)
			it.State = string(g.State)
			it.created(g.CreationTime)
			it.Foreign = c.sharedBy(g.OwnerId)
			c.emit(it)
		}
		return len(out.TransitGateways), out.NextToken, nil
	})
}
