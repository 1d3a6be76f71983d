package aws

import (
	"context"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	tagging "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Most services tell the tags of one resource in one call. The Resource Groups Tagging
// API tells those of a hundred, of nearly every service, so a cell with many resources of
// a type asks it first ([cell.bulkTags]). What it says can only save a call:
//
//   - A resource that it returns has the tags that it returns: it gives all tags of a
//     resource on one page, never some of them.
//   - It returns resources that have or once had a tag, of the services that take part. One
//     that it does not return, or returns without tags, is asked about by its service's own call.
//   - It fails without a gap: the own calls are made then, and their failures are gaps. The
//     pages that came before count.
//
// It hears of changes from the services and lags behind them, by seconds as a rule. So a
// snapshot may hold tags that were changed just before it was taken, as it may hold any property
// that was changed right after; who acts on one resource has to read it again, by its own calls.
// Source: GetResources in the API reference.
const (
	bulkCall = "Resource Groups Tagging API.GetResources"
	// bulkFrom is how many resources of a type a cell may have before their tags are asked for in bulk:
	// below that a call that is not needed costs more than it may save.
	bulkFrom = 20
	// maxBulk bounds how many resources' tags are kept. The rest is read one by one.
	maxBulk = 50_000
)

// bulkTime bounds how long a cell waits for tags in bulk, which it can do without.
var bulkTime = time.Minute

// bulkTags tells the cell that so many more resources are listed. Once they are many it
// gets the tags of the whole type in bulk, for [item.taggedInBulk]. A listing calls it before it looks
// at the resources of a page, and never twice at a time.
func (c *cell) bulkTags(ctx context.Context, more int) {
	if c.listed += more; c.listed <= bulkFrom || c.reader.BulkTags == "" || c.tags != nil {
		return
	}
	c.tags = map[string]map[string]string{}
	cfg := c.cfg
	if c.region == inventory.GlobalRegion {
		cfg = cfg.Copy()
		cfg.Region = homeRegion(c.partition) // where services without regions are tagged
	}
	ctx, cancel := context.WithTimeout(ctx, bulkTime)
	defer cancel()
	client := tagging.NewFromConfig(cfg)
	// The error makes no difference: see above.
	_ = pages(func(token *string) (int, *string, error) {
		out, err := client.GetResources(ctx, &tagging.GetResourcesInput{
			ResourceTypeFilters: []string{c.reader.BulkTags}, ResourcesPerPage: sdk.Int32(100), PaginationToken: token,
		})
		if err != nil {
			return 0, nil, err
		}
		c.keepTags(out.ResourceTagMappingList)
		if len(c.tags) >= maxBulk {
			return 0, nil, nil
		}
		return len(out.ResourceTagMappingList), out.PaginationToken, nil
	})
}

func (c *cell) keepTags(resources []types.ResourceTagMapping) {
	for _, r := range resources {
		if arn, tags := sdk.ToString(r.ResourceARN), tagMap(r.Tags); arn != "" && len(tags) > 0 {
			c.tags[arn] = tags
		}
	}
}

// tagsInBulk returns the resource's tags if they came in bulk; else they have to be asked for.
func (it *item) tagsInBulk() (tags map[string]string, known bool) {
	tags, known = it.cell.tags[it.ARN]
	return tags, known
}

// taggedInBulk sets the resource's tags if they came in bulk, and reports whether they did.
func (it *item) taggedInBulk() bool {
	tags, known := it.tagsInBulk()
	if known {
		it.tag(tags)
	}
	return known
}
