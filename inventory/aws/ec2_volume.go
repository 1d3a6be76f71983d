package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::Volume",
		Calls: map[string]string{"EC2.DescribeVolumes": "ec2:DescribeVolumes"},
		Reads: []string{
			"/AvailabilityZone", "/AvailabilityZoneId", "/Encrypted", "/Iops", "/KmsKeyId", "/MultiAttachEnabled",
			"/OutpostArn", "/Size", "/SnapshotId", "/SourceVolumeId", "/Tags", "/Throughput", "/VolumeId",
			"/VolumeInitializationRate", "/VolumeType",
		},
		list: listVolumes,
		one:  byID("VolumeIds"),
	})
}

func listVolumes(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		for _, v := range out.Volumes {
			it := c.item(sdk.ToString(v.VolumeId), c.arn("ec2", "volume/"+sdk.ToString(v.VolumeId)))
			it.merge(v, nil)
			if sdk.ToString(v.SnapshotId) == "" {
				delete(it.props, "SnapshotId") // an empty text says: made from no snapshot
			}
			it.tag(v.Tags)
			it.State = string(v.State)
			it.created(v.CreateTime)
			it.Foreign = managedBy(v.Operator)
			for _, a := range v.Attachments {
				if a.DeleteOnTermination == nil || *a.DeleteOnTermination {
					it.ownedBy(a.InstanceId)
				}
			}
			c.emit(it)
		}
		return len(out.Volumes), out.NextToken, nil
	})
}
