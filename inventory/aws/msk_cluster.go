package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kafka"
	"github.com/aws/aws-sdk-go-v2/service/kafka/types"
)

func init() {
	register(Reader{
		Type:  "AWS::MSK::Cluster",
		Calls: map[string]string{"Kafka.ListClustersV2": "kafka:ListClustersV2"},
		Reads: []string{
			"/Arn", "/BrokerNodeGroupInfo", "/ClientAuthentication", "/ClusterName", "/ConfigurationInfo", "/CurrentVersion",
			"/EncryptionInfo", "/EnhancedMonitoring", "/KafkaVersion", "/LoggingInfo", "/NumberOfBrokerNodes", "/OpenMonitoring",
			"/Rebalancing", "/StorageMode", "/Tags",
		},
		list: listMSKClusters,
	})
}

// listMSKClusters lists the clusters with brokers of their own: serverless ones are
// another type.
func listMSKClusters(ctx context.Context, c *cell) error {
	client := kafka.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListClustersV2(ctx, &kafka.ListClustersV2Input{
			ClusterTypeFilter: sdk.String(string(types.ClusterTypeProvisioned)), NextToken: token, MaxResults: sdk.Int32(100),
		})
		if err != nil {
			return 0, nil, err
		}
		for _, cluster := range out.ClusterInfoList {
			if cluster.ClusterType == types.ClusterTypeProvisioned {
				c.emit(c.mskCluster(cluster))
			}
		}
		return len(out.ClusterInfoList), out.NextToken, nil
	})
}

func (c *cell) mskCluster(cluster types.Cluster) *item {
	it := c.item(sdk.ToString(cluster.ClusterArn), sdk.ToString(cluster.ClusterArn))
	it.merge(cluster.Provisioned, nil)
	it.set("Arn", cluster.ClusterArn)
	it.set("ClusterName", cluster.ClusterName)
	it.set("CurrentVersion", cluster.CurrentVersion)
	if p := cluster.Provisioned; p != nil && p.CurrentBrokerSoftwareInfo != nil {
		software := p.CurrentBrokerSoftwareInfo
		it.set("KafkaVersion", software.KafkaVersion)
		if software.ConfigurationArn != nil {
			it.set("ConfigurationInfo", map[string]any{"Arn": software.ConfigurationArn, "Revision": software.ConfigurationRevision})
		}
	}
	it.respell()
	it.tagObject("Tags", cluster.Tags)
	it.State = string(cluster.State)
	it.created(cluster.CreationTime)
	return it
}
