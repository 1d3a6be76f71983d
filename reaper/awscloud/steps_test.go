package awscloud

import (
	"context"
	"slices"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// parts are the steps of which a plan takes the ids from other resources, which end with the
// one that is deleted (engine/plan.StepAlong).
var parts = map[string]string{
	"AWS::EC2::InternetGateway": "AWS::EC2::VPCGatewayAttachment", "AWS::EC2::VPNGateway": "AWS::EC2::VPCGatewayAttachment",
	"AWS::EC2::EIP":        "AWS::EC2::EIPAssociation",
	"AWS::EC2::RouteTable": "AWS::EC2::SubnetRouteTableAssociation", "AWS::IAM::User": "AWS::IAM::AccessKey",
	"AWS::Route53::HostedZone": "AWS::Route53::RecordSet",
}

// A plan names the steps that the deleters know, and all of them, for every type that there
// is: a word that one of the two sides does not know would block every deletion of a type.
func TestStepsArePlanned(t *testing.T) {
	list := func(names ...string) []any {
		all := []any{}
		for _, n := range names {
			all = append(all, n)
		}
		return all
	}
	// A resource with everything that a step could be about.
	full := inventory.Properties{
		"ManagedPolicyArns": list("arn:aws:iam::aws:policy/ReadOnlyAccess"), "Groups": list("people"), "Roles": list("worker"), "Users": list("bob"),
		"Policies": []any{map[string]any{"PolicyName": "write"}}, "Targets": []any{map[string]any{"Id": "one"}},
	}
	types := schema.Names()
	for _, w := range Writers() {
		if !slices.Contains(types, w.Type) {
			types = append(types, w.Type)
		}
	}
	tried := 0
	for _, typ := range types {
		live := &inventory.Resource{Ref: inventory.Ref{Partition: "aws", Account: "123456789012", Region: "eu-west-1", Type: typ, ID: "it"}, Properties: full}
		planned := map[string]bool{}
		for _, step := range plan.StepsOf(live, time.Unix(0, 0)) {
			planned[step.Name] = true
			assert.NotEmpty(t, step.Type, "%s: %s", typ, step.Name)
		}
		if part := parts[typ]; part != "" {
			step := plan.StepAlong(inventory.Ref{Type: part, ID: "part"}, live.Ref)
			assert.NotEqual(t, plan.StepGoesAlong, step.Name, typ)
			planned[step.Name] = true
		}
		var known []string
		if w := registered[typ]; w != nil && w.delete != nil {
			known = slices.Sorted(slices.Values(w.Steps))
			tried++
		}
		assert.Equal(t, known, slices.Collect(slices.Values(sortedKeys(planned))), "%s", typ)
	}
	assert.Greater(t, tried, 45, "types with a deleter")
}

// A step that a deleter does not know refuses the deletion before anything is sent: it may
// be from a newer program, which knows what it is good for.
func TestUnknownStepRefuses(t *testing.T) {
	w := newWorld(t)
	live := w.need("AWS::EC2::VPC", "", inventory.Properties{"CidrBlock": "10.3.0.0/16"})
	w.e.Forget()
	_, err := w.c.Delete(context.Background(), live, []plan.Step{{Name: "defuse", ID: live.Ref.ID}})
	require.ErrorIs(t, err, reaper.ErrUnsupported)
	_, err = w.c.Delete(context.Background(), live, []plan.Step{{Name: plan.StepDeleteVersions, ID: live.Ref.ID}})
	require.ErrorIs(t, err, reaper.ErrUnsupported, "a step of another type")
	assert.Empty(t, w.e.Writes())
}

// What is a part of a network resource goes only with a step that names it.
func TestPartsNeedTheirSteps(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	client := ec2.NewFromConfig(w.cfg)
	gateway := w.need("AWS::EC2::InternetGateway", "", inventory.Properties{})
	attachment := w.need("AWS::EC2::VPCGatewayAttachment", "", inventory.Properties{"VpcId": w.vpc(), "InternetGatewayId": gateway.Ref.ID})
	table := w.need("AWS::EC2::RouteTable", "", inventory.Properties{"VpcId": w.vpc()})
	private := w.need("AWS::EC2::VPNGateway", "", inventory.Properties{"Type": "ipsec.1"})
	tunnel := w.need("AWS::EC2::VPCGatewayAttachment", "VGW", inventory.Properties{"VpcId": w.vpc(), "VpnGatewayId": private.Ref.ID})
	association := w.need("AWS::EC2::SubnetRouteTableAssociation", "", inventory.Properties{"SubnetId": w.subnet(1), "RouteTableId": table.Ref.ID})
	address := w.need("AWS::EC2::EIP", "", inventory.Properties{"Domain": "vpc"})
	instance := w.need("AWS::EC2::Instance", "", inventory.Properties{"ImageId": "ami-12c6146b", "InstanceType": "t3.micro", "SubnetId": w.subnet(1)})
	associated, err := client.AssociateAddress(ctx, &ec2.AssociateAddressInput{AllocationId: sdk.String(address.Properties["AllocationId"].(string)), InstanceId: &instance.Ref.ID})
	require.NoError(t, err)

	zone := w.ref("AWS::Route53::HostedZone", deleters["AWS::Route53::HostedZone"](t, w))
	record := &types.ResourceRecordSet{Name: sdk.String("www.shop.example."), Type: types.RRTypeA, TTL: sdk.Int64(60), ResourceRecords: []types.ResourceRecord{{Value: sdk.String("192.0.2.1")}}}
	_, err = route53.NewFromConfig(w.cfg).ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: &zone.ID, ChangeBatch: &types.ChangeBatch{Changes: []types.Change{{Action: types.ChangeActionCreate, ResourceRecordSet: record}}},
	})
	require.NoError(t, err)
	repository := w.need("AWS::ECR::Repository", "", inventory.Properties{"RepositoryName": "shop"})
	_, err = ecr.NewFromConfig(w.cfg).PutImage(ctx, &ecr.PutImageInput{
		RepositoryName: &repository.Ref.ID, ImageTag: sdk.String("one"), ImageManifestMediaType: sdk.String("application/vnd.docker.distribution.manifest.v2+json"),
		ImageManifest: sdk.String(`{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"x","size":1,"digest":"sha256:aa"},"layers":[]}`),
	})
	require.NoError(t, err)
	images, err := ecr.NewFromConfig(w.cfg).ListImages(ctx, &ecr.ListImagesInput{RepositoryName: &repository.Ref.ID})
	require.NoError(t, err)
	require.Equal(t, []ecrtypes.ImageIdentifier{images.ImageIds[0]}, images.ImageIds)

	for _, c := range []struct {
		whole inventory.Ref
		part  inventory.Ref
	}{
		{gateway.Ref, attachment.Ref},
		{private.Ref, tunnel.Ref},
		{table.Ref, association.Ref},
		{address.Ref, inventory.Ref{Type: "AWS::EC2::EIPAssociation", ID: *associated.AssociationId}},
		{zone, inventory.Ref{Type: "AWS::Route53::RecordSet", ID: zone.ID + "|www.shop.example.|A"}},
		{repository.Ref, inventory.Ref{}},
	} {
		t.Run(c.whole.Type, func(t *testing.T) {
			live := w.observe(c.whole)
			w.e.Forget()
			_, err := w.c.Delete(ctx, live, nil)
			require.ErrorIs(t, err, reaper.ErrBlocked)
			w.observe(c.whole)
			steps := plan.StepsOf(live, time.Now())
			if c.part.ID != "" {
				assert.Empty(t, w.e.Writes(), "what no step names is not touched, and nothing else is")
				steps = append(steps, plan.StepAlong(c.part, c.whole))
			}
			_, err = w.c.Delete(ctx, live, steps)
			require.NoError(t, err)
			_, err = w.c.Observe(ctx, c.whole)
			require.ErrorIs(t, err, reaper.ErrNotFound)
		})
	}
	assert.Equal(t, "running", w.observe(instance.Ref).State, "the instance lost its address and nothing else")
}
