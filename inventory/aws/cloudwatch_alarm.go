package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func init() {
	register(Reader{
		Type: "AWS::CloudWatch::Alarm",
		Calls: map[string]string{
			"CloudWatch.DescribeAlarms":      "cloudwatch:DescribeAlarms",
			"CloudWatch.ListTagsForResource": "cloudwatch:ListTagsForResource",
		},
		Reads: []string{
			"/ActionsEnabled", "/AlarmActions", "/AlarmDescription", "/AlarmName", "/Arn", "/ComparisonOperator",
			"/DatapointsToAlarm", "/Dimensions", "/EvaluateLowSampleCountPercentile", "/EvaluationCriteria",
			"/EvaluationInterval", "/EvaluationPeriods", "/ExtendedStatistic", "/InsufficientDataActions", "/MetricName",
			"/Metrics", "/Namespace", "/OKActions", "/Period", "/Statistic", "/Tags", "/Threshold", "/ThresholdMetricId",
			"/TreatMissingData", "/Unit",
		},
		BulkTags: "cloudwatch:alarm",
		list:     listAlarms,
		one:      byID("AlarmNames"),
	})
}

func listAlarms(ctx context.Context, c *cell) error {
	client := cloudWatchClient(c)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
			AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm}, NextToken: token, MaxRecords: sdk.Int32(100),
		})
		if err != nil {
			return 0, nil, err
		}
		c.bulkTags(ctx, len(out.MetricAlarms))
		each(out.MetricAlarms, func(a types.MetricAlarm) { c.alarm(ctx, client, a) })
		return len(out.MetricAlarms), out.NextToken, nil
	})
}

func (c *cell) alarm(ctx context.Context, client *cloudwatch.Client, a types.MetricAlarm) {
	it := c.item(sdk.ToString(a.AlarmName), sdk.ToString(a.AlarmArn))
	it.merge(a, map[string]string{"AlarmArn": "Arn"})
	if e, ok := a.EvaluationCriteria.(*types.EvaluationCriteriaMemberPromQLCriteria); ok {
		it.set("EvaluationCriteria", map[string]any{"PromQLCriteria": e.Value})
	}
	it.State = string(a.StateValue)
	// Auto Scaling makes the alarms of a target tracking policy, and makes them again
	// when somebody deletes them. It marks them with this name and description.
	if strings.HasPrefix(it.Ref.ID, "TargetTracking-") && strings.HasPrefix(sdk.ToString(a.AlarmDescription), "DO NOT EDIT OR DELETE.") {
		it.Foreign = "alarm of a target tracking policy"
	}
	if cloudWatchTags(ctx, client, it) {
		c.emit(it)
	}
}
