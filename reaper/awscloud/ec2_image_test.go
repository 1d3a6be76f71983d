package awscloud

import (
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() { notEmulated["PCF::EC2::Image"] = "no declaration makes images: see TestImage" }

// An image is tagged and deregistered; the snapshots that it was made of stay.
func TestImage(t *testing.T) {
	w := newWorld(t)
	instance := w.need("AWS::EC2::Instance", "", inventory.Properties{"ImageId": "ami-12c6146b", "InstanceType": "t3.micro", "SubnetId": w.subnet(1)}).Ref.ID
	made, err := ec2.NewFromConfig(w.cfg).CreateImage(t.Context(), &ec2.CreateImageInput{InstanceId: &instance, Name: sdk.String("golden")})
	require.NoError(t, err)
	ref := place("PCF::EC2::Image").Ref()
	ref.ID = *made.ImageId
	live := w.observe(ref)
	assert.Equal(t, "golden", live.Properties["Name"])
	w.tryTags(t, live, reaper.Creation{})
	_, _, err = w.c.Create(t.Context(), w.creation(ref.Type, inventory.Properties{"Name": "another"}))
	require.ErrorIs(t, err, reaper.ErrUnsupported)
	_, err = w.c.Update(t.Context(), live, []plan.Change{{Path: "/Description", To: "x"}})
	require.ErrorIs(t, err, reaper.ErrUnsupported)
	w.e.Forget()
	w.tryDelete(t, fixture{typ: ref.Type}, live)
	for _, c := range w.e.Writes() {
		assert.Equal(t, "DeregisterImage", c.Action, "nothing else is touched")
	}
}
