package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func init() {
	register(Reader{
		Type: "AWS::ECS::Cluster",
		Calls: map[string]string{
			"ECS.ListClusters":     "ecs:ListClusters",
			"ECS.DescribeClusters": "ecs:DescribeClusters",
		},
		Reads: append([]string{"/Arn", "/ClusterName"}, describedCluster...),
		list: func(ctx context.Context, c *cell) error {
			client := ecs.NewFromConfig(c.cfg)
			return clusterARNs(ctx, client, func(arns []string) { c.ecsClusters(ctx, client, arns) })
		},
	})
}

// describedCluster is what the description of a cluster tells.
var describedCluster = []string{"/CapacityProviders", "/ClusterSettings", "/Configuration", "/DefaultCapacityProviderStrategy", "/Tags"}

// ecsClusters describes the clusters of one page in one call.
func (c *cell) ecsClusters(ctx context.Context, client *ecs.Client, arns []string) {
	if len(arns) == 0 {
		return // ECS would describe a cluster named "default"
	}
	out, err := client.DescribeClusters(ctx, &ecs.DescribeClustersInput{
		Clusters: arns, Include: []types.ClusterField{types.ClusterFieldConfigurations, types.ClusterFieldSettings, types.ClusterFieldTags},
	})
	described := map[string]types.Cluster{}
	if err == nil {
		for _, cluster := range out.Clusters {
			described[sdk.ToString(cluster.ClusterArn)] = cluster
		}
	}
	for _, arn := range arns {
		it := c.item(afterSlash(arn), arn)
		it.set("ClusterName", it.Ref.ID)
		it.set("Arn", arn)
		cluster, there := described[arn]
		why := err
		if err == nil && !there {
			if why = leftOut("ECS.DescribeClusters", arn, out.Failures); why == nil {
				continue
			}
		}
		if it.read(why, describedCluster...) {
			if sdk.ToString(cluster.Status) == inactive {
				continue
			}
			it.merge(cluster, map[string]string{"Settings": "ClusterSettings"})
			it.tag(cluster.Tags)
			it.State = sdk.ToString(cluster.Status)
		}
		c.emit(it)
	}
}
