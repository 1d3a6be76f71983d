package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
)

// rdsPage is how many records RDS gives at most in one answer; DocumentDB, Neptune,
// ElastiCache, Redshift and DMS have the same limit.
const rdsPage = 100

// otherDatabase reports whether an engine or parameter group family belongs to one of the
// databases that run on RDS's machinery and have resource types of their own: RDS lists
// them too.
func otherDatabase(engine *string) bool {
	e := sdk.ToString(engine)
	return strings.HasPrefix(e, "neptune") || strings.HasPrefix(e, "docdb")
}

// rdsTags asks RDS for the tags of a resource and emits it, unless RDS says with one of
// the codes that it was deleted meanwhile.
func (c *cell) rdsTags(ctx context.Context, client *rds.Client, it *item, goneCodes ...string) {
	if !it.taggedInBulk() {
		out, err := client.ListTagsForResource(ctx, &rds.ListTagsForResourceInput{ResourceName: &it.ARN})
		if gone(err, goneCodes...) {
			return
		}
		if it.read(err, "/Tags") {
			it.tag(out.TagList)
		}
	}
	c.emit(it)
}

// madeByService returns why a group of parameters or subnets is foreign: the name is one
// that the service gives to its own groups and refuses to everybody else.
func madeByService(name *string) string {
	if n := sdk.ToString(name); n == "default" || strings.HasPrefix(n, "default.") {
		return "default group of the service"
	}
	return ""
}

// texts takes one text out of every element that has it. It is nil, not set, where no
// element does.
func texts[T any](list []T, text func(T) *string) []string {
	var all []string
	for _, e := range list {
		if s := text(e); s != nil {
			all = append(all, *s)
		}
	}
	return all
}
