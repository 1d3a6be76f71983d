package aws

import (
	"context"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "PCF::EC2::Image",
		Calls: map[string]string{"EC2.DescribeImages": "ec2:DescribeImages"},
		// Which accounts may launch an image takes a call for each; Public says whether
		// everybody may.
		Reads: []string{
			"/Architecture", "/BlockDeviceMappings", "/BootMode", "/CreationDate", "/DeprecationTime", "/DeregistrationProtection",
			"/Description", "/EnaSupport", "/FreeTierEligible", "/Hypervisor", "/ImageAllowed", "/ImageId", "/ImageLocation",
			"/ImageOwnerAlias", "/ImageType", "/ImdsSupport", "/KernelId", "/LastLaunchedTime", "/Name", "/OwnerId", "/Platform",
			"/PlatformDetails", "/ProductCodes", "/Public", "/PublicSsmParameterName", "/RamdiskId", "/RootDeviceName",
			"/RootDeviceType", "/SourceImageId", "/SourceImageRegion", "/SourceInstanceId", "/SriovNetSupport", "/State",
			"/StateReason", "/Tags", "/TpmSupport", "/UsageOperation", "/VirtualizationType",
		},
		list: listImages,
		one:  byID("ImageIds"),
	})
}

// listImages lists the account's own images, those too that nobody may launch any more.
func listImages(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeImages(ctx, &ec2.DescribeImagesInput{
			Owners: []string{"self"}, IncludeDeprecated: sdk.Bool(true), IncludeDisabled: sdk.Bool(true),
			NextToken: token, MaxResults: sdk.Int32(pageSize),
		})
		if err != nil {
			return 0, nil, err
		}
		for _, i := range out.Images {
			if i.State != types.ImageStateDeregistered {
				c.emit(c.image(i))
			}
		}
		return len(out.Images), out.NextToken, nil
	})
}

func (c *cell) image(i types.Image) *item {
	id := sdk.ToString(i.ImageId)
	it := c.item(id, "arn:"+c.partition+":ec2:"+c.region+"::image/"+id)
	it.merge(i, nil)
	it.dropEmpty("Description", "KernelId", "RamdiskId", "ImageOwnerAlias")
	it.tag(i.Tags)
	it.State = string(i.State)
	if made, err := time.Parse(time.RFC3339, sdk.ToString(i.CreationDate)); err == nil {
		it.created(&made)
	}
	return it
}
