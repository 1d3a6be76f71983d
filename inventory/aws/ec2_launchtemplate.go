package aws

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type: "AWS::EC2::LaunchTemplate",
		Calls: map[string]string{
			"EC2.DescribeLaunchTemplates":        "ec2:DescribeLaunchTemplates",
			"EC2.DescribeLaunchTemplateVersions": "ec2:DescribeLaunchTemplateVersions",
		},
		Reads: slices.Concat([]string{
			"/DefaultVersionNumber", "/LatestVersionNumber", "/LaunchTemplateId", "/LaunchTemplateName",
			"/TagSpecifications/*/ResourceType", "/TagSpecifications/*/Tags",
		}, versionOfTemplate),
		list: listLaunchTemplates,
		one:  oneLaunchTemplate,
	})
}

// versionOfTemplate is what a version of a template tells. The user data is not read: it
// is a program, and programs carry secrets.
var versionOfTemplate = []string{
	"/VersionDescription",
	"/LaunchTemplateData/BlockDeviceMappings", "/LaunchTemplateData/CapacityReservationSpecification",
	"/LaunchTemplateData/CpuOptions", "/LaunchTemplateData/CreditSpecification", "/LaunchTemplateData/DisableApiStop",
	"/LaunchTemplateData/DisableApiTermination", "/LaunchTemplateData/EbsOptimized", "/LaunchTemplateData/EnclaveOptions",
	"/LaunchTemplateData/HibernationOptions", "/LaunchTemplateData/IamInstanceProfile", "/LaunchTemplateData/ImageId",
	"/LaunchTemplateData/InstanceInitiatedShutdownBehavior", "/LaunchTemplateData/InstanceMarketOptions",
	"/LaunchTemplateData/InstanceRequirements", "/LaunchTemplateData/InstanceType", "/LaunchTemplateData/KernelId",
	"/LaunchTemplateData/KeyName", "/LaunchTemplateData/LicenseSpecifications", "/LaunchTemplateData/MaintenanceOptions",
	"/LaunchTemplateData/MetadataOptions", "/LaunchTemplateData/Monitoring", "/LaunchTemplateData/NetworkInterfaces",
	"/LaunchTemplateData/Placement", "/LaunchTemplateData/PrivateDnsNameOptions", "/LaunchTemplateData/RamDiskId",
	"/LaunchTemplateData/SecurityGroupIds", "/LaunchTemplateData/SecurityGroups", "/LaunchTemplateData/TagSpecifications",
}

// launchTemplatePage is the largest page that EC2 gives of templates and of their versions.
const launchTemplatePage = 200

// listLaunchTemplates shows each template with its latest version: an update of a
// declaration makes a new version and leaves the default where it is, so the latest one
// is what was declared last. Both come in lists of all templates.
func listLaunchTemplates(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	var templates []types.LaunchTemplate
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{NextToken: token, MaxResults: sdk.Int32(launchTemplatePage)})
		if err != nil {
			return 0, nil, err
		}
		templates = append(templates, out.LaunchTemplates...)
		return len(out.LaunchTemplates), out.NextToken, nil
	})
	latest, latestErr := latestVersions(ctx, client, len(templates))
	for _, t := range templates {
		id := sdk.ToString(t.LaunchTemplateId)
		it := c.item(id, c.arn("ec2", "launch-template/"+id))
		it.merge(t, nil)
		it.tag(t.Tags)
		it.set("TagSpecifications", templateTags(t.Tags))
		it.created(t.CreateTime)
		it.Foreign = managedBy(t.Operator)
		v, listed := latest[id]
		versionErr := latestErr
		if versionErr == nil && !listed {
			versionErr = fmt.Errorf("EC2.DescribeLaunchTemplateVersions: %w: a template has no latest version", errAnswer)
		}
		if it.read(versionErr, versionOfTemplate...) {
			it.merge(types.LaunchTemplateVersion{VersionDescription: v.VersionDescription, LaunchTemplateData: v.LaunchTemplateData}, nil)
		}
		c.emit(it)
	}
	return err
}

// latestVersions returns the latest version of every template, by the template's id.
func latestVersions(ctx context.Context, client *ec2.Client, templates int) (map[string]types.LaunchTemplateVersion, error) {
	latest := make(map[string]types.LaunchTemplateVersion, templates)
	if templates == 0 {
		return latest, nil
	}
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{
			Versions: []string{"$Latest"}, NextToken: token, MaxResults: sdk.Int32(launchTemplatePage),
		})
		if err != nil {
			return 0, nil, err
		}
		for _, v := range out.LaunchTemplateVersions {
			latest[sdk.ToString(v.LaunchTemplateId)] = v
		}
		return len(out.LaunchTemplateVersions), out.NextToken, nil
	})
	return latest, err
}

// templateTags writes the tags of a template as its type declares them: in a list with
// one entry per kind of resource, of which a template takes its own only.
func templateTags(tags []types.Tag) []types.TagSpecification {
	if len(tags) == 0 {
		return []types.TagSpecification{}
	}
	sorted := slices.SortedFunc(slices.Values(tags), func(a, b types.Tag) int {
		return cmp.Compare(sdk.ToString(a.Key), sdk.ToString(b.Key))
	})
	return []types.TagSpecification{{ResourceType: types.ResourceTypeLaunchTemplate, Tags: sorted}}
}

// oneLaunchTemplate narrows both lists: that of versions takes the template's id.
func oneLaunchTemplate(input any, id string) {
	byID("LaunchTemplateIds")(input, id)
	byID("LaunchTemplateId")(input, id)
}
