package awscloud

import (
	"context"
	"testing"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/reaper/cloudtest"
)

// quick is a clock for an emulator that does everything at once.
type quick struct{}

func (quick) Now() time.Time { return time.Now() }

func (quick) Sleep(ctx context.Context, _ time.Duration) error {
	time.Sleep(10 * time.Millisecond)
	return ctx.Err()
}

// The suite of every reaper.Cloud, through New: with the rates of a scan.
func TestCloud(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		typ   string
		props inventory.Properties
		patch []plan.Change
		stops bool
	}{
		{
			"AWS::EC2::VPC",
			inventory.Properties{"CidrBlock": "10.2.0.0/16", "EnableDnsHostnames": true},
			[]plan.Change{{Path: "/EnableDnsHostnames", From: true, To: false}},
			false,
		},
		{
			"AWS::EC2::Volume",
			inventory.Properties{"AvailabilityZone": emulator.Region + "a", "Size": int64(8)},
			[]plan.Change{{Path: "/Size", From: int64(8), To: int64(9)}},
			false,
		},
		{
			"AWS::EC2::Instance",
			inventory.Properties{"ImageId": "ami-12c6146b", "InstanceType": "t3.micro", "SubnetId": w.subnet(1)},
			[]plan.Change{{Path: "/SourceDestCheck", From: true, To: false}},
			true,
		},
		{
			"AWS::ElasticLoadBalancingV2::TargetGroup",
			inventory.Properties{"Port": int64(80), "Protocol": "HTTP", "VpcId": w.vpc()},
			[]plan.Change{{Path: "/HealthCheckPath", From: "/", To: "/well"}},
			false,
		},
	} {
		t.Run(c.typ, func(t *testing.T) {
			cloudtest.Run(t, cloudtest.Case{Cloud: New(w.cfg), Clock: quick{}, Create: w.creation(c.typ, c.props), Patch: c.patch, Stops: c.stops})
		})
	}
}
