package awscloud

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	register(Writer{
		Type:     "AWS::CloudWatch::Alarm",
		Tags:     map[string]string{"CloudWatch.TagResource": "cloudwatch:TagResource", "CloudWatch.UntagResource": "cloudwatch:UntagResource"},
		Repairs:  map[string]string{"CloudWatch.PutMetricAlarm": "cloudwatch:PutMetricAlarm cloudwatch:TagResource"},
		Reaps:    map[string]string{"CloudWatch.DeleteAlarms": "cloudwatch:DeleteAlarms"},
		NotFound: []string{"ResourceNotFound", "ResourceNotFoundException"},
		Updates:  alarmProperties,
		Removes: []string{
			"/AlarmActions", "/AlarmDescription", "/DatapointsToAlarm", "/Dimensions", "/EvaluateLowSampleCountPercentile", "/InsufficientDataActions",
			"/OKActions", "/TreatMissingData", "/Unit",
		},
		named: byName("AlarmName"),
		// CloudWatch says of the tags that there is no such alarm; asked for an alarm by its name,
		// it answers one that is not there with nothing.
		exists: func(ctx context.Context, c *call) error {
			client := cloudWatchClient(c)
			if _, err := client.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: sdk.String(c.alarm())}); err != nil {
				return err
			}
			out, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{c.ref.ID}})
			if err == nil && len(out.MetricAlarms)+len(out.CompositeAlarms)+len(out.LogAlarms) == 0 {
				return reaper.ErrNotFound
			}
			return err
		},
		create: func(ctx context.Context, c *call, n creation) (string, error) {
			name := n.nameOf("AlarmName")
			_, err := send(ctx, cloudWatchClient(c).PutMetricAlarm, with(n.props, props{"AlarmName": name, "Tags": tagList(n.tags)}))
			return name, err
		},
		update: func(ctx context.Context, c *call, u update) error {
			whole := props{"AlarmName": c.ref.ID} // it is written whole
			for _, pointer := range alarmProperties {
				if u.live.IsUnread(pointer) && !u.has(pointer[1:]) {
					return unsupported(pointer, "it could not be read, and the alarm is written as a whole")
				}
				whole = with(whole, only(u.after, pointer[1:]))
			}
			_, err := send(ctx, cloudWatchClient(c).PutMetricAlarm, whole)
			return err
		},
		tag: func(ctx context.Context, c *call, tags map[string]string) error {
			_, err := send(ctx, cloudWatchClient(c).TagResource, props{"ResourceARN": c.alarm(), "Tags": tagList(tags)})
			return err
		},
		untag: func(ctx context.Context, c *call, keys []string) error {
			_, err := send(ctx, cloudWatchClient(c).UntagResource, props{"ResourceARN": c.alarm(), "TagKeys": keys})
			return err
		},
		delete: func(ctx context.Context, c *call, _ *inventory.Resource, _ []plan.Step) error {
			_, err := send(ctx, cloudWatchClient(c).DeleteAlarms, props{"AlarmNames": []string{c.ref.ID}})
			return err
		},
	})
}

// cloudWatchClient talks to CloudWatch in JSON, as the readers do.
func cloudWatchClient(c *call) *cloudwatch.Client {
	return cloudwatch.NewFromConfig(c.cfg, func(o *cloudwatch.Options) {
		o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
	})
}

func (c *call) alarm() string { return c.arn("cloudwatch", "alarm:"+c.ref.ID) }

var alarmProperties = []string{
	"/ActionsEnabled", "/AlarmActions", "/AlarmDescription", "/ComparisonOperator", "/DatapointsToAlarm", "/Dimensions",
	"/EvaluateLowSampleCountPercentile", "/EvaluationCriteria", "/EvaluationInterval", "/EvaluationPeriods", "/ExtendedStatistic",
	"/InsufficientDataActions", "/MetricName", "/Metrics", "/Namespace", "/OKActions", "/Period", "/Statistic", "/Threshold",
	"/ThresholdMetricId", "/TreatMissingData", "/Unit",
}
