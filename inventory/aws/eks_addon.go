package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
)

func init() {
	register(Reader{
		Type: "AWS::EKS::Addon",
		Calls: map[string]string{
			"EKS.ListClusters":  "eks:ListClusters",
			"EKS.ListAddons":    "eks:ListAddons",
			"EKS.DescribeAddon": "eks:DescribeAddon",
		},
		Reads: append([]string{"/AddonName", "/ClusterName"}, describedAddon...),
		list:  listAddons,
	})
}

// describedAddon is what the description of an add-on tells.
var describedAddon = []string{"/AddonVersion", "/Arn", "/ConfigurationValues", "/NamespaceConfig", "/ServiceAccountRoleArn", "/Tags"}

func listAddons(ctx context.Context, c *cell) error {
	client := eks.NewFromConfig(c.cfg)
	return c.eksParts(ctx, client, func(cluster string, token *string) ([]string, *string, error) {
		out, err := client.ListAddons(ctx, &eks.ListAddonsInput{ClusterName: &cluster, NextToken: token, MaxResults: sdk.Int32(100)})
		if err != nil {
			return nil, nil, err
		}
		return out.Addons, out.NextToken, nil
	}, func(cluster, name string) { c.addon(ctx, client, cluster, name) })
}

func (c *cell) addon(ctx context.Context, client *eks.Client, cluster, name string) {
	it := c.item(cluster+"|"+name, "") // its ARN ends in what only the description tells
	it.set("ClusterName", cluster)
	it.set("AddonName", name)
	out, err := client.DescribeAddon(ctx, &eks.DescribeAddonInput{ClusterName: &cluster, AddonName: &name})
	if gone(err, eksGone) {
		return
	}
	if it.read(notEmpty(err, "EKS.DescribeAddon", out != nil && out.Addon != nil), describedAddon...) {
		a := out.Addon
		it.merge(a, map[string]string{"AddonArn": "Arn"})
		it.ARN = sdk.ToString(a.AddonArn)
		it.dropEmpty("ConfigurationValues", "ServiceAccountRoleArn")
		delete(it.props, "Tags") // a map in EKS, a list in CloudFormation
		it.tag(a.Tags)
		it.State = string(a.Status)
		it.created(a.CreatedAt)
	}
	c.emit(it)
}
