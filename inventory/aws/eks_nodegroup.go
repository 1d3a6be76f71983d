package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
)

func init() {
	register(Reader{
		Type: "AWS::EKS::Nodegroup",
		Calls: map[string]string{
			"EKS.ListClusters":      "eks:ListClusters",
			"EKS.ListNodegroups":    "eks:ListNodegroups",
			"EKS.DescribeNodegroup": "eks:DescribeNodegroup",
		},
		Reads: append([]string{"/ClusterName", "/Id", "/NodegroupName"}, describedNodegroup...),
		list:  listNodegroups,
	})
}

// describedNodegroup is what the description of a node group tells.
var describedNodegroup = []string{
	"/AmiType", "/Arn", "/CapacityType", "/DiskSize", "/InstanceTypes", "/Labels", "/LaunchTemplate", "/NodeRepairConfig",
	"/NodeRole", "/ReleaseVersion", "/RemoteAccess", "/ScalingConfig", "/Subnets", "/Tags", "/Taints", "/UpdateConfig",
	"/Version", "/WarmPoolConfig",
}

func listNodegroups(ctx context.Context, c *cell) error {
	client := eks.NewFromConfig(c.cfg)
	return c.eksParts(ctx, client, func(cluster string, token *string) ([]string, *string, error) {
		out, err := client.ListNodegroups(ctx, &eks.ListNodegroupsInput{ClusterName: &cluster, NextToken: token, MaxResults: sdk.Int32(100)})
		if err != nil {
			return nil, nil, err
		}
		return out.Nodegroups, out.NextToken, nil
	}, func(cluster, name string) { c.nodegroup(ctx, client, cluster, name) })
}

func (c *cell) nodegroup(ctx context.Context, client *eks.Client, cluster, name string) {
	it := c.item(cluster+"/"+name, "") // its ARN ends in what only the description tells
	it.set("Id", it.Ref.ID)
	it.set("ClusterName", cluster)
	it.set("NodegroupName", name)
	out, err := client.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &cluster, NodegroupName: &name})
	if gone(err, eksGone) {
		return
	}
	if it.read(notEmpty(err, "EKS.DescribeNodegroup", out != nil && out.Nodegroup != nil), describedNodegroup...) {
		n := out.Nodegroup
		it.merge(n, map[string]string{"NodegroupArn": "Arn"})
		it.ARN = sdk.ToString(n.NodegroupArn)
		it.tagObject("Tags", n.Tags)
		it.State = string(n.Status)
		it.created(n.CreatedAt)
	}
	c.emit(it)
}
