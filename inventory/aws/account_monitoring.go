package aws

import (
	"cmp"
	"context"
	"slices"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	guarddutytypes "github.com/aws/aws-sdk-go-v2/service/guardduty/types"
)

func init() {
	register(Reader{
		// That a region has no recorder is a finding about the region, so there must be
		// something to find it on: recorders, detectors and trails that do not exist are
		// no resources.
		Type: "PCF::Account::Monitoring",
		Calls: map[string]string{
			"Config Service.DescribeConfigurationRecorders":      "config:DescribeConfigurationRecorders",
			"Config Service.DescribeConfigurationRecorderStatus": "config:DescribeConfigurationRecorderStatus",
			"GuardDuty.ListDetectors":                            "guardduty:ListDetectors",
			"GuardDuty.GetDetector":                              "guardduty:GetDetector",
			"CloudTrail.DescribeTrails":                          "cloudtrail:DescribeTrails",
			"CloudTrail.GetTrailStatus":                          "cloudtrail:GetTrailStatus",
		},
		Reads: []string{"/AccountId", "/ConfigRecorders", "/Detectors", "/Trails"},
		list:  readMonitoring,
	})
}

func readMonitoring(ctx context.Context, c *cell) error {
	it := c.accountFacts()
	if recorders, err := recorders(ctx, c); it.read(err, "/ConfigRecorders") {
		it.set("ConfigRecorders", recorders)
	}
	if detectors, err := detectorSwitches(ctx, c); it.read(err, "/Detectors") {
		it.set("Detectors", detectors)
	}
	if trails, err := trailSwitches(ctx, c); it.read(err, "/Trails") {
		it.set("Trails", trails)
	}
	c.emit(it)
	return nil
}

func recorders(ctx context.Context, c *cell) ([]map[string]any, error) {
	client := configservice.NewFromConfig(c.cfg)
	out, err := client.DescribeConfigurationRecorders(ctx, &configservice.DescribeConfigurationRecordersInput{})
	if err != nil {
		return nil, err
	}
	status, err := client.DescribeConfigurationRecorderStatus(ctx, &configservice.DescribeConfigurationRecorderStatusInput{})
	if err != nil {
		return nil, err
	}
	recording := map[string]bool{}
	for _, s := range status.ConfigurationRecordersStatus {
		recording[sdk.ToString(s.Name)] = s.Recording
	}
	found := []map[string]any{}
	for _, r := range out.ConfigurationRecorders {
		found = append(found, map[string]any{
			"Name": r.Name, "Recording": recording[sdk.ToString(r.Name)],
			"AllSupported": r.RecordingGroup != nil && r.RecordingGroup.AllSupported,
		})
	}
	return sorted(found, "Name"), nil
}

func detectorSwitches(ctx context.Context, c *cell) ([]map[string]any, error) {
	client := guardduty.NewFromConfig(c.cfg)
	var mu sync.Mutex
	found := []map[string]any{}
	var failed error
	err := detectors(ctx, client, func(id string) {
		d, err := client.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: &id})
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			failed = either(failed, err)
			return
		}
		found = append(found, map[string]any{"DetectorId": &id, "Enable": d.Status == guarddutytypes.DetectorStatusEnabled})
	})
	return sorted(found, "DetectorId"), either(err, failed)
}

func trailSwitches(ctx context.Context, c *cell) ([]map[string]any, error) {
	client := cloudtrail.NewFromConfig(c.cfg)
	// With the shadows of trails that live in other regions and log here too.
	out, err := client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: sdk.Bool(true)})
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	found := []map[string]any{}
	var failed error
	each(out.TrailList, func(t types.Trail) {
		status, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: t.TrailARN})
		mu.Lock()
		defer mu.Unlock()
		switch {
		case gone(err, "TrailNotFoundException"):
		case err != nil:
			failed = either(failed, err)
		default:
			found = append(found, map[string]any{
				"Arn": t.TrailARN, "Name": t.Name, "IsMultiRegionTrail": sdk.ToBool(t.IsMultiRegionTrail), "IsLogging": sdk.ToBool(status.IsLogging),
			})
		}
	})
	return sorted(found, "Arn"), failed
}

// sorted orders by a property whose values are texts of the SDK.
func sorted(list []map[string]any, by string) []map[string]any {
	slices.SortFunc(list, func(a, b map[string]any) int {
		return cmp.Compare(sdk.ToString(a[by].(*string)), sdk.ToString(b[by].(*string)))
	})
	return list
}
