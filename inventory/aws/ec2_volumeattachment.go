package aws

import (
	"cmp"
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::VolumeAttachment",
		Calls: map[string]string{"EC2.DescribeVolumes": "ec2:DescribeVolumes"},
		Reads: []string{"/Device", "/EbsCardIndex", "/InstanceId", "/VolumeId"},
		list:  listVolumeAttachments,
	})
}

func listVolumeAttachments(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		for _, v := range out.Volumes {
			for _, a := range v.Attachments {
				// One to a task of Fargate names a resource that is no instance, and is no such resource.
				toInstance := sdk.ToString(a.InstanceId) != "" || sdk.ToString(a.AssociatedResource) == ""
				if a.State != types.VolumeAttachmentStateDetached && toInstance {
					c.emit(c.volumeAttachment(v, a))
				}
			}
		}
		return len(out.Volumes), out.NextToken, nil
	})
}

func (c *cell) volumeAttachment(v types.Volume, a types.VolumeAttachment) *item {
	volume := cmp.Or(a.VolumeId, v.VolumeId)
	it := c.item(sdk.ToString(volume)+"|"+sdk.ToString(a.InstanceId), "")
	it.merge(a, nil)
	it.set("VolumeId", volume)
	it.tag(nil) // an attachment cannot have tags
	it.State = string(a.State)
	it.created(a.AttachTime)
	it.Foreign = managedBy(v.Operator)
	if service := sdk.ToString(a.InstanceOwningService); service != "" {
		it.Foreign = cmp.Or(it.Foreign, "attached by "+service)
	}
	// A volume that was made with its instance leaves with it, and so does this. EC2 says
	// no of those that were attached later.
	if a.DeleteOnTermination == nil || *a.DeleteOnTermination {
		it.ownedBy(a.InstanceId)
	}
	return it
}
