package awscloud

import (
	"context"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cloudfronttypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// deleters are the types that are tagged and deleted, and not created; each makes one with
// the SDK.
var deleters = map[string]func(t *testing.T, w *world) (id string){
	"AWS::Route53::HostedZone": func(t *testing.T, w *world) string {
		out, err := route53.NewFromConfig(w.cfg).CreateHostedZone(context.Background(), &route53.CreateHostedZoneInput{
			Name: sdk.String("shop.example."), CallerReference: sdk.String("one"),
		})
		require.NoError(t, err)
		return (*out.HostedZone.Id)[len("/hostedzone/"):]
	},
	"AWS::CloudFront::Distribution": func(t *testing.T, w *world) string { return distribution(t, w, false) },
	"AWS::CloudFormation::Stack": func(t *testing.T, w *world) string {
		out, err := cloudformation.NewFromConfig(w.cfg).CreateStack(context.Background(), &cloudformation.CreateStackInput{
			StackName: sdk.String("shop"), TemplateBody: sdk.String(`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{}}}}`),
		})
		require.NoError(t, err)
		return *out.StackId
	},
	"AWS::ECS::Service":   func(t *testing.T, w *world) string { return service(t, w, "idle", 0) },
	"AWS::EKS::Nodegroup": nodegroup,

	"AWS::AutoScaling::LaunchConfiguration":   launchConfiguration,
	"AWS::CertificateManager::Certificate":    certificate,
	"AWS::Cognito::UserPool":                  func(t *testing.T, w *world) string { return userPool(t, w, false) },
	"AWS::EC2::DHCPOptions":                   dhcpOptions,
	"AWS::EC2::TransitGatewayAttachment":      transitAttachment,
	"AWS::EC2::VPCPeeringConnection":          peering,
	"AWS::EC2::VPNConnection":                 vpnConnection,
	"AWS::EKS::FargateProfile":                fargateProfile,
	"AWS::ElasticLoadBalancing::LoadBalancer": classicLoadBalancer,
	"AWS::Lambda::EventSourceMapping":         eventSourceMapping,
	"AWS::Lambda::LayerVersion":               layerVersion,
	"AWS::Redshift::Cluster":                  redshiftCluster,
	"AWS::Route53::HealthCheck":               healthCheck,
	"AWS::SNS::Subscription":                  func(t *testing.T, w *world) string { return subscription(t, w, "sqs", w.queue().ARN) },
}

// tagsElsewhere says why the tags of a deleter's type are not tried on the emulator.
var tagsElsewhere = map[string]string{
	"AWS::CloudFront::Distribution": "the emulator writes its ARN in its own way",
	"AWS::Cognito::UserPool":        "the emulator does not know the operations: see TestUserPoolTags",
}

func init() {
	for typ := range deleters {
		notEmulated[typ] = "it is not created by a writer; TestDeleters tries the rest"
	}
}

func distribution(t *testing.T, w *world, enabled bool) string {
	out, err := cloudfront.NewFromConfig(w.cfg).CreateDistribution(context.Background(), &cloudfront.CreateDistributionInput{
		DistributionConfig: &cloudfronttypes.DistributionConfig{
			CallerReference: sdk.String(time.Duration(len(w.made)).String()), Comment: sdk.String("shop"), Enabled: &enabled,
			Origins: &cloudfronttypes.Origins{Quantity: sdk.Int32(1), Items: []cloudfronttypes.Origin{{
				Id: sdk.String("o"), DomainName: sdk.String("shop.s3.amazonaws.com"),
				S3OriginConfig: &cloudfronttypes.S3OriginConfig{OriginAccessIdentity: sdk.String("")},
			}}},
			DefaultCacheBehavior: &cloudfronttypes.DefaultCacheBehavior{TargetOriginId: sdk.String("o"), ViewerProtocolPolicy: "https-only"},
		},
	})
	require.NoError(t, err)
	return *out.Distribution.Id
}

func service(t *testing.T, w *world, name string, count int32) string {
	cluster := w.need("AWS::ECS::Cluster", "", inventory.Properties{"ClusterName": "shop"})
	task := w.need("AWS::ECS::TaskDefinition", "", inventory.Properties{
		"Family": "shop", "ContainerDefinitions": []any{map[string]any{"Name": "app", "Image": "nginx", "Memory": int64(128)}},
	})
	out, err := ecs.NewFromConfig(w.cfg).CreateService(context.Background(), &ecs.CreateServiceInput{
		Cluster: &cluster.Ref.ID, ServiceName: &name, TaskDefinition: &task.Ref.ID, DesiredCount: &count,
	})
	require.NoError(t, err)
	return *out.Service.ServiceArn + "|" + cluster.ARN
}

func nodegroup(t *testing.T, w *world) string {
	cluster := w.need("AWS::EKS::Cluster", "", inventory.Properties{
		"Name": "shop", "RoleArn": w.role("eks.amazonaws.com"), "ResourcesVpcConfig": map[string]any{"SubnetIds": []any{w.subnet(1), w.subnet(2)}},
	})
	_, err := eks.NewFromConfig(w.cfg).CreateNodegroup(context.Background(), &eks.CreateNodegroupInput{
		ClusterName: &cluster.Ref.ID, NodegroupName: sdk.String("nodes"), NodeRole: sdk.String(w.role("ec2.amazonaws.com")), Subnets: []string{w.subnet(1)},
	})
	require.NoError(t, err)
	return cluster.Ref.ID + "/nodes"
}

func (w *world) ref(typ, id string) inventory.Ref {
	ref := place(typ).Ref()
	ref.ID = id
	return ref
}

func TestDeleters(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	for _, typ := range sortedKeys(deleters) {
		t.Run(typ, func(t *testing.T) {
			w.t = t
			writer := registered[typ]
			require.NotNil(t, writer)
			ref := w.ref(typ, deleters[typ](t, w))
			live := w.observe(ref)
			if writer.tag != nil && tagsElsewhere[typ] == "" {
				w.tryTags(t, live, reaper.Creation{})
			}
			_, _, err := w.c.Create(ctx, w.creation(typ, inventory.Properties{}))
			require.ErrorIs(t, err, reaper.ErrUnsupported)
			w.called()
			steps := plan.StepsOf(live, time.Unix(0, 0))
			_, err = w.c.Delete(ctx, live, steps)
			require.NoError(t, err)
			reaps := without(writer.Reaps, "Route 53.ChangeResourceRecordSets") // TestPartsNeedTheirSteps
			assert.Subset(t, w.called(), sortedKeys(reaps))
			_, err = w.c.Observe(ctx, ref)
			require.ErrorIs(t, err, reaper.ErrNotFound)
			_, err = w.c.Delete(ctx, live, steps)
			require.ErrorIs(t, err, reaper.ErrNotFound)
		})
	}
}

// What serves somebody is not deleted: it has to be turned off first, by an action of its own.
func TestDeletersLeaveWhatServes(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	_, err := w.c.Delete(ctx, w.observe(w.ref("AWS::CloudFront::Distribution", distribution(t, w, true))), nil)
	require.ErrorIs(t, err, reaper.ErrBlocked)
	_, err = w.c.Delete(ctx, w.observe(w.ref("AWS::ECS::Service", service(t, w, "busy", 1))), nil)
	require.ErrorIs(t, err, reaper.ErrBlocked)

	client := cloudformation.NewFromConfig(w.cfg)
	out, err := client.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName: sdk.String("kept"), TemplateBody: sdk.String(`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{}}}}`),
		EnableTerminationProtection: sdk.Bool(true),
	})
	require.NoError(t, err)
	_, err = w.c.Delete(ctx, w.observe(w.ref("AWS::CloudFormation::Stack", *out.StackId)), nil)
	require.ErrorIs(t, err, reaper.ErrBlocked)
	for _, op := range []string{"DeleteStack", "DeleteService", "DeleteDistribution"} {
		for _, call := range w.e.Writes() {
			assert.NotEqual(t, op, call.Action)
		}
	}
}
