package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
)

func init() {
	register(Reader{
		Type: "AWS::EKS::FargateProfile",
		Calls: map[string]string{
			"EKS.ListClusters":           "eks:ListClusters",
			"EKS.ListFargateProfiles":    "eks:ListFargateProfiles",
			"EKS.DescribeFargateProfile": "eks:DescribeFargateProfile",
		},
		Reads: append([]string{"/ClusterName", "/FargateProfileName"}, describedFargateProfile...),
		list:  listFargateProfiles,
	})
}

// describedFargateProfile is what the description of a profile tells.
var describedFargateProfile = []string{"/Arn", "/PodExecutionRoleArn", "/Selectors", "/Subnets", "/Tags"}

func listFargateProfiles(ctx context.Context, c *cell) error {
	client := eks.NewFromConfig(c.cfg)
	return c.eksParts(ctx, client, func(cluster string, token *string) ([]string, *string, error) {
		out, err := client.ListFargateProfiles(ctx, &eks.ListFargateProfilesInput{ClusterName: &cluster, NextToken: token, MaxResults: sdk.Int32(100)})
		if err != nil {
			return nil, nil, err
		}
		return out.FargateProfileNames, out.NextToken, nil
	}, func(cluster, name string) { c.fargateProfile(ctx, client, cluster, name) })
}

func (c *cell) fargateProfile(ctx context.Context, client *eks.Client, cluster, name string) {
	it := c.item(cluster+"|"+name, "") // its ARN ends in what only the description tells
	it.set("ClusterName", cluster)
	it.set("FargateProfileName", name)
	out, err := client.DescribeFargateProfile(ctx, &eks.DescribeFargateProfileInput{ClusterName: &cluster, FargateProfileName: &name})
	if gone(err, eksGone) {
		return
	}
	if it.read(notEmpty(err, "EKS.DescribeFargateProfile", out != nil && out.FargateProfile != nil), describedFargateProfile...) {
		p := out.FargateProfile
		it.merge(p, map[string]string{"FargateProfileArn": "Arn"})
		it.ARN = sdk.ToString(p.FargateProfileArn)
		selectors := []map[string]any{}
		for _, s := range p.Selectors {
			selector := map[string]any{"Namespace": s.Namespace}
			if len(s.Labels) > 0 {
				selector["Labels"] = keyValues(s.Labels)
			}
			selectors = append(selectors, selector)
		}
		it.set("Selectors", selectors)
		delete(it.props, "Tags") // a map in EKS, a list in CloudFormation
		it.tag(p.Tags)
		it.State = string(p.Status)
		it.created(p.CreatedAt)
	}
	c.emit(it)
}
