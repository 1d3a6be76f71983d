package aws

import (
	"cmp"
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::FlowLog",
		Calls: map[string]string{"EC2.DescribeFlowLogs": "ec2:DescribeFlowLogs"},
		Reads: []string{
			"/DeliverCrossAccountRole", "/DeliverLogsPermissionArn", "/DestinationOptions", "/Id", "/LogDestination",
			"/LogDestinationType", "/LogFormat", "/LogGroupName", "/MaxAggregationInterval", "/ResourceId", "/ResourceType",
			"/Tags", "/TrafficType",
		},
		list: listFlowLogs,
		one:  byID("FlowLogIds"),
	})
}

func listFlowLogs(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeFlowLogs(ctx, &ec2.DescribeFlowLogsInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		for _, l := range out.FlowLogs {
			id := sdk.ToString(l.FlowLogId)
			it := c.item(id, c.arn("ec2", "vpc-flow-log/"+id))
			it.merge(l, map[string]string{"FlowLogId": "Id"})
			it.set("LogDestinationType", cmp.Or(l.LogDestinationType, types.LogDestinationTypeCloudWatchLogs))
			if kind := flowLogSource(sdk.ToString(l.ResourceId)); kind != "" {
				it.set("ResourceType", kind)
			}
			it.tag(l.Tags)
			it.State = sdk.ToString(l.FlowLogStatus)
			it.created(l.CreationTime)
			c.emit(it)
		}
		return len(out.FlowLogs), out.NextToken, nil
	})
}

// flowLogSource says what kind of resource a flow log watches. It is asked for when a
// flow log is made and not told again, but every id begins with its kind.
func flowLogSource(id string) string {
	kind := id
	if i := strings.LastIndexByte(id, '-'); i >= 0 {
		kind = id[:i]
	}
	return map[string]string{
		"eni": "NetworkInterface", "nat": "RegionalNatGateway", "subnet": "Subnet", "tgw": "TransitGateway",
		"tgw-attach": "TransitGatewayAttachment", "vpc": "VPC",
	}[kind]
}
