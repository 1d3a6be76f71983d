package awscloud

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// What no writer creates is made with the SDK (see deleters).

func init() {
	notEmulated["AWS::ElastiCache::CacheCluster"] = "the emulator shows it deleting for ever: see TestCacheCluster"
	notEmulated["AWS::EC2::PlacementGroup"] = "the emulator has none: see TestPlacementGroup"
	notEmulated["AWS::EKS::Addon"] = "the emulator has none: see TestAddon"
}

func launchConfiguration(t *testing.T, w *world) string {
	_, err := send(t.Context(), autoscaling.NewFromConfig(w.cfg).CreateLaunchConfiguration, props{
		"LaunchConfigurationName": "web", "ImageId": "ami-12c6146b", "InstanceType": "t3.micro",
	})
	require.NoError(t, err)
	return "web"
}

func certificate(t *testing.T, w *world) string {
	out, err := send(t.Context(), acm.NewFromConfig(w.cfg).RequestCertificate, props{"DomainName": "shop.example", "ValidationMethod": "DNS"})
	require.NoError(t, err)
	return *out.CertificateArn
}

func userPool(t *testing.T, w *world, protected bool) string {
	protection := map[bool]string{false: "INACTIVE", true: "ACTIVE"}[protected]
	out, err := send(t.Context(), cognito.NewFromConfig(w.cfg).CreateUserPool, props{"PoolName": "people", "DeletionProtection": protection})
	require.NoError(t, err)
	return *out.UserPool.Id
}

func dhcpOptions(t *testing.T, w *world) string {
	out, err := send(t.Context(), ec2.NewFromConfig(w.cfg).CreateDhcpOptions, props{
		"DhcpConfigurations": []any{props{"Key": "domain-name", "Values": []any{"shop.example"}}},
	})
	require.NoError(t, err)
	return *out.DhcpOptions.DhcpOptionsId
}

func transitAttachment(t *testing.T, w *world) string {
	gateway := w.need("AWS::EC2::TransitGateway", "", inventory.Properties{"Description": "attached"}).Ref.ID
	out, err := send(t.Context(), ec2.NewFromConfig(w.cfg).CreateTransitGatewayVpcAttachment, props{
		"TransitGatewayId": gateway, "VpcId": w.vpc(), "SubnetIds": []any{w.subnet(1)},
	})
	require.NoError(t, err)
	return *out.TransitGatewayVpcAttachment.TransitGatewayAttachmentId
}

func peering(t *testing.T, w *world) string {
	peer := w.need("AWS::EC2::VPC", "peer", inventory.Properties{"CidrBlock": "10.7.0.0/16"}).Ref.ID
	out, err := send(t.Context(), ec2.NewFromConfig(w.cfg).CreateVpcPeeringConnection, props{"VpcId": w.vpc(), "PeerVpcId": peer})
	require.NoError(t, err)
	return *out.VpcPeeringConnection.VpcPeeringConnectionId
}

func vpnConnection(t *testing.T, w *world) string {
	customer := w.need("AWS::EC2::CustomerGateway", "", inventory.Properties{"Type": "ipsec.1", "IpAddress": "192.0.2.9", "BgpAsn": int64(65009)}).Ref.ID
	private := w.need("AWS::EC2::VPNGateway", "", inventory.Properties{"Type": "ipsec.1"}).Ref.ID
	out, err := send(t.Context(), ec2.NewFromConfig(w.cfg).CreateVpnConnection, props{"Type": "ipsec.1", "CustomerGatewayId": customer, "VpnGatewayId": private})
	require.NoError(t, err)
	return *out.VpnConnection.VpnConnectionId
}

func fargateProfile(t *testing.T, w *world) string {
	client := eks.NewFromConfig(w.cfg)
	_, err := send(t.Context(), client.CreateCluster, props{
		"Name": "pods", "RoleArn": w.role("eks.amazonaws.com"), "ResourcesVpcConfig": props{"SubnetIds": []any{w.subnet(1), w.subnet(2)}},
	})
	require.NoError(t, err)
	_, err = send(t.Context(), client.CreateFargateProfile, props{
		"ClusterName": "pods", "FargateProfileName": "all", "PodExecutionRoleArn": w.role("eks-fargate-pods.amazonaws.com"),
		"Selectors": []any{props{"Namespace": "shop"}}, "Subnets": []any{w.subnet(1)},
	})
	require.NoError(t, err)
	return "pods|all"
}

func classicLoadBalancer(t *testing.T, w *world) string {
	_, err := send(t.Context(), elb.NewFromConfig(w.cfg).CreateLoadBalancer, props{
		"LoadBalancerName": "web", "Subnets": []any{w.subnet(1)},
		"Listeners": []any{props{"Protocol": "HTTP", "LoadBalancerPort": int64(80), "InstancePort": int64(8080)}},
	})
	require.NoError(t, err)
	return "web"
}

func eventSourceMapping(t *testing.T, w *world) string {
	function := w.need("AWS::Lambda::Function", "", inventory.Properties{
		"FunctionName": "consume", "Role": w.role("lambda.amazonaws.com"), "Runtime": "python3.13", "Handler": "index.handle",
		"Code": map[string]any{"ZipFile": "def handle(event, context): pass\n"},
	})
	out, err := send(t.Context(), lambda.NewFromConfig(w.cfg).CreateEventSourceMapping, props{"FunctionName": function.Ref.ID, "EventSourceArn": w.queue().ARN})
	require.NoError(t, err)
	return *out.UUID
}

func layerVersion(t *testing.T, w *world) string {
	out, err := lambda.NewFromConfig(w.cfg).PublishLayerVersion(t.Context(), &lambda.PublishLayerVersionInput{
		LayerName: sdk.String("shared"), Content: &types.LayerVersionContentInput{ZipFile: []byte("an archive")},
	})
	require.NoError(t, err)
	return *out.LayerVersionArn
}

func redshiftCluster(t *testing.T, w *world) string {
	_, err := send(t.Context(), redshift.NewFromConfig(w.cfg).CreateCluster, props{
		"ClusterIdentifier": "facts", "NodeType": "ra3.large", "ClusterType": "single-node", "MasterUsername": "shop", "MasterUserPassword": "Hunter2hunter2",
	})
	require.NoError(t, err)
	return "facts"
}

func healthCheck(t *testing.T, w *world) string {
	out, err := send(t.Context(), route53.NewFromConfig(w.cfg).CreateHealthCheck, props{
		"CallerReference": "one", "HealthCheckConfig": props{"Type": "TCP", "IPAddress": "192.0.2.1", "Port": int64(443)},
	})
	require.NoError(t, err)
	return *out.HealthCheck.Id
}

func subscription(t *testing.T, w *world, protocol, endpoint string) string {
	topic := w.need("AWS::SNS::Topic", "", inventory.Properties{"TopicName": "shop"}).Ref.ID
	out, err := send(t.Context(), sns.NewFromConfig(w.cfg).Subscribe, props{"TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint})
	require.NoError(t, err)
	return *out.SubscriptionArn
}

// blockedBy checks that a resource is not deleted while something is in the way that the
// error names, and that nothing is changed.
func blockedBy(t *testing.T, w *world, live *inventory.Resource, by string) {
	t.Helper()
	w.e.Forget()
	_, err := w.c.Delete(context.Background(), live, plan.StepsOf(live, time.Unix(0, 0)))
	var blocked *reaper.Blocked
	require.ErrorAs(t, err, &blocked)
	assert.Equal(t, by, blocked.By)
	assert.Empty(t, w.e.Writes())
}

func TestDeletersNameWhatIsInTheWay(t *testing.T) {
	w := newWorld(t)
	t.Run("a VPC uses the DHCP options", func(t *testing.T) {
		options := w.observe(w.ref("AWS::EC2::DHCPOptions", dhcpOptions(t, w)))
		_, err := send(t.Context(), ec2.NewFromConfig(w.cfg).AssociateDhcpOptions, props{"DhcpOptionsId": options.Ref.ID, "VpcId": w.vpc()})
		require.NoError(t, err)
		blockedBy(t, w, options, w.ref("AWS::EC2::VPC", w.vpc()).String())
	})
	t.Run("a user pool has a domain", func(t *testing.T) {
		pool := w.observe(w.ref("AWS::Cognito::UserPool", userPool(t, w, false)))
		_, err := send(t.Context(), cognito.NewFromConfig(w.cfg).CreateUserPoolDomain, props{"UserPoolId": pool.Ref.ID, "Domain": "people"})
		require.NoError(t, err)
		blockedBy(t, w, pool, "the domain people")
	})
	t.Run("a user pool is protected", func(t *testing.T) {
		pool := w.observe(w.ref("AWS::Cognito::UserPool", userPool(t, w, true)))
		blockedBy(t, w, pool, pool.Ref.ID)
	})
	t.Run("a data warehouse has no step that saves it", func(t *testing.T) {
		notWithoutSnapshot(t, w, w.observe(w.ref("AWS::Redshift::Cluster", redshiftCluster(t, w))))
	})
}

// The last snapshot of a data warehouse is there when the cluster is not.
func TestRedshiftLeavesASnapshot(t *testing.T) {
	w := newWorld(t)
	live := w.observe(w.ref("AWS::Redshift::Cluster", redshiftCluster(t, w)))
	steps := plan.StepsOf(live, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	_, err := w.c.Delete(t.Context(), live, steps)
	require.NoError(t, err)
	out, err := send(t.Context(), redshift.NewFromConfig(w.cfg).DescribeClusterSnapshots, props{"SnapshotIdentifier": "pcf-final-facts-202611010000"})
	require.NoError(t, err)
	assert.Len(t, out.Snapshots, 1)
}

// A subscription that was never confirmed has no ARN to end it by.
func TestUnconfirmedSubscriptionStays(t *testing.T) {
	w := newWorld(t)
	topic := w.need("AWS::SNS::Topic", "", inventory.Properties{"TopicName": "shop"})
	live := &inventory.Resource{Ref: w.ref("AWS::SNS::Subscription", topic.Ref.ID+"|email|a@shop.example")}
	w.e.Forget()
	_, err := w.c.Delete(t.Context(), live, nil)
	require.ErrorIs(t, err, reaper.ErrUnsupported)
	assert.Empty(t, w.e.Writes())
}

// Redis leaves its last snapshot; memcached cannot.
func TestCacheCluster(t *testing.T) {
	w := newWorld(t)
	for engine, wanted := range map[string]string{"redis": "pcf-final-redis-197001010000", "memcached": ""} {
		t.Run(engine, func(t *testing.T) {
			_, err := send(t.Context(), elasticache.NewFromConfig(w.cfg).CreateCacheCluster, props{
				"CacheClusterId": engine, "Engine": engine, "CacheNodeType": "cache.t3.micro", "NumCacheNodes": int64(1),
			})
			require.NoError(t, err)
			live := w.observe(w.ref("AWS::ElastiCache::CacheCluster", engine))
			w.tryTags(t, live, reaper.Creation{})
			steps := plan.StepsOf(live, time.Unix(0, 0))
			assert.Equal(t, wanted, idOfStep(steps, plan.StepFinalSnapshot))
			if wanted != "" {
				notWithoutSnapshot(t, w, live)
			}
			w.called()
			_, err = w.c.Delete(t.Context(), live, steps)
			require.NoError(t, err)
			assert.Contains(t, w.called(), "ElastiCache.DeleteCacheCluster")
			assert.Equal(t, "deleting", w.observe(live.Ref).State)
		})
	}
}

func TestPlacementGroup(t *testing.T) {
	used, gone := true, false
	var tagged []string
	cloud := answering(t, func(w http.ResponseWriter, r *http.Request) {
		action := r.Form.Get("Action")
		refuse := func(code string) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(ec2Error(code, "racks")))
		}
		switch {
		case action == "DescribePlacementGroups" && gone && r.Form.Get("GroupName.1") != "":
			refuse("InvalidPlacementGroup.Unknown")
		case action == "DescribePlacementGroups" && gone:
			_, _ = w.Write([]byte(`<DescribePlacementGroupsResponse><requestId>r</requestId><placementGroupSet/></DescribePlacementGroupsResponse>`))
		case action == "DescribePlacementGroups":
			_, _ = w.Write([]byte(`<DescribePlacementGroupsResponse><requestId>r</requestId><placementGroupSet><item><groupName>racks</groupName><groupId>pg-1</groupId>` +
				`<state>available</state><strategy>spread</strategy></item></placementGroupSet></DescribePlacementGroupsResponse>`))
		case action == "DeletePlacementGroup" && used:
			refuse("InvalidPlacementGroup.InUse")
		default:
			gone = action == "DeletePlacementGroup"
			tagged = append(tagged, action+" "+r.Form.Get("ResourceId.1")+r.Form.Get("GroupName"))
			_, _ = w.Write([]byte(`<` + action + `Response><requestId>r</requestId><return>true</return></` + action + `Response>`))
		}
	})
	ref := place("AWS::EC2::PlacementGroup").Ref()
	ref.ID = "racks"
	live, err := cloud.Observe(t.Context(), ref)
	require.NoError(t, err)
	_, err = cloud.Tag(t.Context(), ref, map[string]string{"team": "blue"})
	require.NoError(t, err)
	_, err = cloud.Untag(t.Context(), ref, []string{"team"})
	require.NoError(t, err)
	_, err = cloud.Delete(t.Context(), live, nil)
	require.ErrorIs(t, err, reaper.ErrBlocked, "instances stand in it")
	used = false
	_, err = cloud.Delete(t.Context(), live, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"CreateTags pg-1", "DeleteTags pg-1", "DeletePlacementGroup racks"}, tagged)
	_, err = cloud.Observe(t.Context(), ref)
	require.ErrorIs(t, err, reaper.ErrNotFound)
	_, err = cloud.Delete(t.Context(), live, nil)
	require.ErrorIs(t, err, reaper.ErrNotFound)
}

func TestUserPoolTags(t *testing.T) {
	var sent []string
	cloud := answering(t, func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		sent = append(sent, operation+" "+string(body))
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = w.Write([]byte(`{"UserPool":{"Id":"eu-west-1_a"}}`))
	})
	ref := place("AWS::Cognito::UserPool").Ref()
	ref.ID = "eu-west-1_a"
	_, err := cloud.Tag(t.Context(), ref, map[string]string{"team": "blue"})
	require.NoError(t, err)
	_, err = cloud.Untag(t.Context(), ref, []string{"team"})
	require.NoError(t, err)
	const look, pool = `DescribeUserPool {"UserPoolId":"eu-west-1_a"}`, `"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_a"`
	assert.Equal(t, []string{
		look, `TagResource {"ResourceArn":` + pool + `,"Tags":{"team":"blue"}}`,
		look, `UntagResource {"ResourceArn":` + pool + `,"TagKeys":["team"]}`,
	}, sent)
}

func TestAddon(t *testing.T) {
	gone := false
	var writes []string
	cloud := answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch path := strings.TrimSuffix(r.URL.Path, "/"); {
		case path == "/clusters":
			_, _ = w.Write([]byte(`{"clusters":["shop"]}`))
		case path == "/clusters/shop/addons" && gone:
			_, _ = w.Write([]byte(`{"addons":[]}`))
		case path == "/clusters/shop/addons":
			_, _ = w.Write([]byte(`{"addons":["coredns"]}`))
		case gone:
			w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"message":"no such add-on"}`))
		default:
			if r.Method != http.MethodGet {
				writes = append(writes, r.Method+" "+path+"?"+r.URL.RawQuery)
				gone = true
			}
			_, _ = fmt.Fprintf(w, `{"addon":{"addonName":"coredns","clusterName":"shop","status":"ACTIVE"}}`)
		}
	})
	ref := place("AWS::EKS::Addon").Ref()
	ref.ID = "shop|coredns"
	live, err := cloud.Observe(t.Context(), ref)
	require.NoError(t, err)
	_, err = cloud.Delete(t.Context(), live, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"DELETE /clusters/shop/addons/coredns?"}, writes)
	_, err = cloud.Observe(t.Context(), ref)
	require.ErrorIs(t, err, reaper.ErrNotFound)
	_, err = cloud.Delete(t.Context(), live, nil)
	require.ErrorIs(t, err, reaper.ErrNotFound)
}
