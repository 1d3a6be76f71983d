package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
)

// cacheTags asks ElastiCache for the tags of a resource and emits it, unless ElastiCache
// says with one of the codes that it was deleted meanwhile.
func (c *cell) cacheTags(ctx context.Context, client *elasticache.Client, it *item, goneCodes ...string) {
	if !it.taggedInBulk() {
		out, err := client.ListTagsForResource(ctx, &elasticache.ListTagsForResourceInput{ResourceName: &it.ARN})
		if gone(err, goneCodes...) {
			return
		}
		if it.read(err, "/Tags") {
			it.tag(out.TagList)
		}
	}
	c.emit(it)
}

// cacheEndpoint writes an endpoint as CloudFormation does; nil when there is none.
func cacheEndpoint(e *types.Endpoint) any {
	if e == nil || e.Address == nil {
		return nil
	}
	return map[string]any{"Address": e.Address, "Port": e.Port}
}

// cachePort returns the port of the first endpoint that there is.
func cachePort(endpoints ...*types.Endpoint) *int32 {
	for _, e := range endpoints {
		if e != nil && e.Port != nil && *e.Port != 0 {
			return e.Port
		}
	}
	return nil
}
