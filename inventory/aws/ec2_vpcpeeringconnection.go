package aws

import (
	"cmp"
	"context"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::VPCPeeringConnection",
		Calls: map[string]string{"EC2.DescribeVpcPeeringConnections": "ec2:DescribeVpcPeeringConnections"},
		Reads: []string{"/Id", "/PeerOwnerId", "/PeerRegion", "/PeerVpcId", "/Tags", "/VpcId"},
		list:  listPeeringConnections,
	})
}

func listPeeringConnections(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeVpcPeeringConnections(ctx, &ec2.DescribeVpcPeeringConnectionsInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		for _, p := range out.VpcPeeringConnections {
			if p.Status == nil || !slices.Contains(peeringOver, p.Status.Code) {
				c.emit(c.peeringConnection(p))
			}
		}
		return len(out.VpcPeeringConnections), out.NextToken, nil
	})
}

// peeringOver are the states of connections that connect nothing, and that nobody can accept
// or delete any more: EC2 lists them for two hours to two days. Source: the VPC peering guide,
// on the life of a connection.
var peeringOver = []types.VpcPeeringConnectionStateReasonCode{
	types.VpcPeeringConnectionStateReasonCodeDeleted, types.VpcPeeringConnectionStateReasonCodeExpired,
	types.VpcPeeringConnectionStateReasonCodeFailed, types.VpcPeeringConnectionStateReasonCodeRejected,
}

// peeringConnection is listed at both ends. It is the requester's: at the other end, in
// another account or region, it is foreign.
func (c *cell) peeringConnection(p types.VpcPeeringConnection) *item {
	id := sdk.ToString(p.VpcPeeringConnectionId)
	it := c.item(id, c.arn("ec2", "vpc-peering-connection/"+id))
	it.set("Id", id)
	if from := p.RequesterVpcInfo; from != nil {
		it.set("VpcId", from.VpcId)
		it.Foreign = c.sharedBy(from.OwnerId)
		if region := sdk.ToString(from.Region); region != "" && region != c.region {
			it.Foreign = cmp.Or(it.Foreign, "peering connection that was requested in region "+region)
		}
	}
	if to := p.AccepterVpcInfo; to != nil {
		it.set("PeerVpcId", to.VpcId)
		it.set("PeerOwnerId", to.OwnerId)
		it.set("PeerRegion", to.Region)
	}
	it.tag(p.Tags)
	if p.Status != nil {
		it.State = string(p.Status.Code)
	}
	return it
}
