package aws

import (
	"context"
	"maps"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
)

// eksGone is what EKS says of what does not exist.
const eksGone = "ResourceNotFoundException"

// eksClusters calls do for the name of every cluster of the region, a few at a time.
func eksClusters(ctx context.Context, client *eks.Client, do func(cluster string)) error {
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListClusters(ctx, &eks.ListClustersInput{NextToken: token, MaxResults: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		each(out.Clusters, do)
		return len(out.Clusters), out.NextToken, nil
	})
}

// eksParts calls do for the name of every part (node group, add-on, profile) of every
// cluster; list returns one page of those of a cluster. A cluster whose parts cannot be
// listed is a gap, and the others are read all the same.
func (c *cell) eksParts(ctx context.Context, client *eks.Client, list func(cluster string, token *string) (parts []string, next *string, err error), do func(cluster, part string)) error {
	return eksClusters(ctx, client, func(cluster string) {
		err := pages(func(token *string) (int, *string, error) {
			parts, next, err := list(cluster, token)
			if err != nil {
				return 0, nil, err
			}
			each(parts, func(part string) { do(cluster, part) })
			return len(parts), next, nil
		})
		if err != nil && !gone(err, eksGone) {
			c.fault(err, cluster)
		}
	})
}

// keyValues writes a map as the list of pairs that CloudFormation has in its place.
func keyValues(pairs map[string]string) []map[string]any {
	list := []map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		list = append(list, map[string]any{"Key": key, "Value": pairs[key]})
	}
	return list
}
