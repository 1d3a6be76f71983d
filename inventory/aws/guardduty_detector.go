package aws

import (
	"context"
	"slices"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/guardduty/types"
)

func init() {
	register(Reader{
		Type: "AWS::GuardDuty::Detector",
		Calls: map[string]string{
			"GuardDuty.ListDetectors": "guardduty:ListDetectors",
			"GuardDuty.GetDetector":   "guardduty:GetDetector",
		},
		Reads: append([]string{"/Id"}, describedDetector...),
		list: func(ctx context.Context, c *cell) error {
			client := guardduty.NewFromConfig(c.cfg)
			return detectors(ctx, client, func(id string) { c.detector(ctx, client, id) })
		},
	})
}

// describedDetector is what the description of a detector tells.
var describedDetector = []string{"/DataSources", "/Enable", "/Features", "/FindingPublishingFrequency", "/Tags"}

// detectors calls do for every detector of the cell; a region has one at most.
func detectors(ctx context.Context, client *guardduty.Client, do func(id string)) error {
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListDetectors(ctx, &guardduty.ListDetectorsInput{NextToken: token})
		if err != nil {
			return 0, nil, err
		}
		each(out.DetectorIds, do)
		return len(out.DetectorIds), out.NextToken, nil
	})
}

func (c *cell) detector(ctx context.Context, client *guardduty.Client, id string) {
	it := c.item(id, c.arn("guardduty", "detector/"+id))
	it.set("Id", id)
	d, err := client.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: &id})
	if it.read(err, describedDetector...) {
		it.State = string(d.Status)
		it.set("Enable", d.Status == types.DetectorStatusEnabled)
		it.set("FindingPublishingFrequency", d.FindingPublishingFrequency)
		it.set("DataSources", dataSources(d.DataSources)) //nolint:staticcheck // the older of two spellings that templates may declare
		// Three sources are always on, are listed all the same, and cannot be declared.
		it.set("Features", slices.DeleteFunc(slices.Clone(d.Features), func(f types.DetectorFeatureConfigurationResult) bool {
			switch f.Name {
			case types.DetectorFeatureResultCloudTrail, types.DetectorFeatureResultDnsLogs, types.DetectorFeatureResultFlowLogs:
				return true
			}
			return false
		}))
		it.tag(d.Tags)
		if t, err := time.Parse(time.RFC3339, sdk.ToString(d.CreatedAt)); err == nil {
			it.created(&t)
		}
	}
	c.emit(it)
}

// dataSources writes what GuardDuty reports as a status as the switch that it is declared by.
func dataSources(d *types.DataSourceConfigurationsResult) map[string]any {
	if d == nil {
		return nil
	}
	enable := func(status types.DataSourceStatus) map[string]any {
		return map[string]any{"Enable": status == types.DataSourceStatusEnabled}
	}
	sources := map[string]any{}
	if d.S3Logs != nil {
		sources["S3Logs"] = enable(d.S3Logs.Status)
	}
	if d.Kubernetes != nil && d.Kubernetes.AuditLogs != nil {
		sources["Kubernetes"] = map[string]any{"AuditLogs": enable(d.Kubernetes.AuditLogs.Status)}
	}
	if m := d.MalwareProtection; m != nil && m.ScanEc2InstanceWithFindings != nil && m.ScanEc2InstanceWithFindings.EbsVolumes != nil {
		sources["MalwareProtection"] = map[string]any{
			"ScanEc2InstanceWithFindings": map[string]any{"EbsVolumes": enable(m.ScanEc2InstanceWithFindings.EbsVolumes.Status)},
		}
	}
	return sources
}
