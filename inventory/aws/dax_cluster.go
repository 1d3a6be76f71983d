package aws

import (
	"context"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dax"
	"github.com/aws/aws-sdk-go-v2/service/dax/types"
)

func init() {
	register(Reader{
		Type: "AWS::DAX::Cluster",
		Calls: map[string]string{
			"DAX.DescribeClusters": "dax:DescribeClusters",
			"DAX.ListTags":         "dax:ListTags",
		},
		Reads: []string{
			"/Arn", "/AvailabilityZones", "/ClusterDiscoveryEndpoint", "/ClusterDiscoveryEndpointURL",
			"/ClusterEndpointEncryptionType", "/ClusterName", "/Description", "/IAMRoleARN", "/Id", "/NetworkType", "/NodeType",
			"/NotificationTopicARN", "/ParameterGroupName", "/PreferredMaintenanceWindow", "/ReplicationFactor",
			"/SSESpecification", "/SecurityGroupIds", "/SubnetGroupName", "/Tags",
		},
		list: listDAXClusters,
	})
}

func listDAXClusters(ctx context.Context, c *cell) error {
	client := dax.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeClusters(ctx, &dax.DescribeClustersInput{NextToken: token, MaxResults: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		each(out.Clusters, func(cluster types.Cluster) {
			it := c.daxCluster(cluster)
			var tags []types.Tag
			err := pages(func(token *string) (int, *string, error) {
				out, err := client.ListTags(ctx, &dax.ListTagsInput{ResourceName: cluster.ClusterArn, NextToken: token})
				if err != nil {
					return 0, nil, err
				}
				tags = append(tags, out.Tags...)
				return len(out.Tags), out.NextToken, nil
			})
			if gone(err, "ClusterNotFoundFault") {
				return
			}
			if it.read(err, "/Tags") {
				it.tagObject("Tags", tagMap(tags))
			}
			c.emit(it)
		})
		return len(out.Clusters), out.NextToken, nil
	})
}

func (c *cell) daxCluster(cluster types.Cluster) *item {
	it := c.item(sdk.ToString(cluster.ClusterName), sdk.ToString(cluster.ClusterArn))
	it.merge(cluster, map[string]string{
		"ClusterArn": "Arn", "IamRoleArn": "IAMRoleARN", "SubnetGroup": "SubnetGroupName", "TotalNodes": "ReplicationFactor",
	})
	it.set("Id", it.Ref.ID)
	delete(it.props, "ClusterDiscoveryEndpoint")
	// Without an address the endpoint is still being made.
	if e := cluster.ClusterDiscoveryEndpoint; e != nil && sdk.ToString(e.Address) != "" {
		it.set("ClusterDiscoveryEndpoint", fmt.Sprintf("%s:%d", *e.Address, e.Port))
		it.set("ClusterDiscoveryEndpointURL", e.URL)
	}
	it.set("AvailabilityZones", texts(cluster.Nodes, func(n types.Node) *string { return n.AvailabilityZone }))
	it.set("SecurityGroupIds", texts(cluster.SecurityGroups, func(g types.SecurityGroupMembership) *string { return g.SecurityGroupIdentifier }))
	if cluster.NotificationConfiguration != nil {
		it.set("NotificationTopicARN", cluster.NotificationConfiguration.TopicArn)
	}
	if cluster.ParameterGroup != nil {
		it.set("ParameterGroupName", cluster.ParameterGroup.ParameterGroupName)
	}
	if s := cluster.SSEDescription; s != nil {
		it.set("SSESpecification", map[string]any{"SSEEnabled": s.Status == types.SSEStatusEnabled || s.Status == types.SSEStatusEnabling})
	}
	it.State = sdk.ToString(cluster.Status)
	return it
}
