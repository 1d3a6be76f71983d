package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func init() {
	register(Reader{
		Type:   "AWS::CloudWatch::Dashboard",
		Global: true, // unlike the rest of CloudWatch: every region lists the same ones
		Calls: map[string]string{
			"CloudWatch.ListDashboards": "cloudwatch:ListDashboards",
			"CloudWatch.GetDashboard":   "cloudwatch:GetDashboard",
			// CloudFormation does not know that dashboards may have tags.
			"CloudWatch.ListTagsForResource": "cloudwatch:ListTagsForResource",
		},
		Reads: []string{"/DashboardBody", "/DashboardName"},
		list:  listDashboards,
	})
}

func listDashboards(ctx context.Context, c *cell) error {
	client := cloudWatchClient(c)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListDashboards(ctx, &cloudwatch.ListDashboardsInput{NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		each(out.DashboardEntries, func(d types.DashboardEntry) {
			it := c.item(sdk.ToString(d.DashboardName), sdk.ToString(d.DashboardArn))
			it.set("DashboardName", d.DashboardName)
			body, err := client.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: d.DashboardName})
			if gone(err, "ResourceNotFound", "DashboardNotFoundError") {
				return
			}
			if it.read(err, "/DashboardBody") {
				it.set("DashboardBody", body.DashboardBody)
			}
			if cloudWatchTags(ctx, client, it) {
				c.emit(it)
			}
		})
		return len(out.DashboardEntries), out.NextToken, nil
	})
}
