package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
)

func init() {
	register(Reader{
		Type: "AWS::Config::ConfigurationRecorder",
		Calls: map[string]string{
			"Config Service.DescribeConfigurationRecorders":      "config:DescribeConfigurationRecorders",
			"Config Service.DescribeConfigurationRecorderStatus": "config:DescribeConfigurationRecorderStatus",
		},
		Reads: []string{"/Id", "/Name", "/RecordingGroup", "/RecordingMode", "/RoleARN"},
		list:  listConfigurationRecorders,
	})
}

// listConfigurationRecorders reads two lists that AWS Config does not page: a region has
// one recorder of the customer and a few of AWS services.
func listConfigurationRecorders(ctx context.Context, c *cell) error {
	client := configservice.NewFromConfig(c.cfg)
	out, err := client.DescribeConfigurationRecorders(ctx, &configservice.DescribeConfigurationRecordersInput{})
	if err != nil {
		return err
	}
	states := map[string]string{}
	status, err := client.DescribeConfigurationRecorderStatus(ctx, &configservice.DescribeConfigurationRecorderStatusInput{})
	if err != nil {
		c.fault(err, "") // their states stay unknown
	} else {
		for _, s := range status.ConfigurationRecordersStatus {
			states[sdk.ToString(s.Name)] = "stopped"
			if s.Recording {
				states[sdk.ToString(s.Name)] = "recording"
			}
		}
	}
	for _, r := range out.ConfigurationRecorders {
		name := sdk.ToString(r.Name)
		it := c.item(name, sdk.ToString(r.Arn))
		it.merge(r, nil)
		it.set("Id", name)
		it.State = states[name]
		it.tag(nil) // CloudFormation gives a recorder no tags
		it.Foreign = serviceOf(r.ServicePrincipal)
		c.emit(it)
	}
	return nil
}
