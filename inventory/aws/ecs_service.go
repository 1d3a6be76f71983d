package aws

import (
	"context"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func init() {
	register(Reader{
		Type: "AWS::ECS::Service",
		Calls: map[string]string{
			"ECS.ListClusters":     "ecs:ListClusters",
			"ECS.ListServices":     "ecs:ListServices",
			"ECS.DescribeServices": "ecs:DescribeServices",
		},
		Reads: append([]string{"/Cluster", "/Name", "/ServiceArn", "/ServiceName"}, describedService...),
		list: func(ctx context.Context, c *cell) error {
			client := ecs.NewFromConfig(c.cfg)
			return clusterARNs(ctx, client, func(arns []string) {
				each(arns, func(cluster string) { c.ecsServices(ctx, client, cluster) })
			})
		},
	})
}

// describedService is what the description of a service tells. The details of a
// deployment's hooks are a document without a schema, and not read.
var describedService = []string{
	"/AvailabilityZoneRebalancing", "/CapacityProviderStrategy",
	"/DeploymentConfiguration/Alarms", "/DeploymentConfiguration/BakeTimeInMinutes", "/DeploymentConfiguration/CanaryConfiguration",
	"/DeploymentConfiguration/DeploymentCircuitBreaker", "/DeploymentConfiguration/LifecycleHooks/*/HookTargetArn",
	"/DeploymentConfiguration/LifecycleHooks/*/LifecycleStages", "/DeploymentConfiguration/LifecycleHooks/*/RoleArn",
	"/DeploymentConfiguration/LinearConfiguration", "/DeploymentConfiguration/MaximumPercent",
	"/DeploymentConfiguration/MinimumHealthyPercent", "/DeploymentConfiguration/Strategy",
	"/DeploymentController", "/DesiredCount", "/EnableECSManagedTags", "/EnableExecuteCommand", "/HealthCheckGracePeriodSeconds",
	"/LaunchType", "/LoadBalancers", "/NetworkConfiguration", "/PlacementConstraints", "/PlacementStrategies", "/PlatformVersion",
	"/PropagateTags", "/Role", "/SchedulingStrategy", "/ServiceRegistries", "/Tags", "/TaskDefinition", "/VpcLatticeConfigurations",
}

// ecsServices reads the services of one cluster.
func (c *cell) ecsServices(ctx context.Context, client *ecs.Client, cluster string) {
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.ListServices(ctx, &ecs.ListServicesInput{Cluster: &cluster, NextToken: token, MaxResults: sdk.Int32(100)})
		if err != nil {
			return 0, nil, err
		}
		const most = 10 // that ECS describes in one call
		for arns := range slices.Chunk(out.ServiceArns, most) {
			c.describeServices(ctx, client, cluster, arns)
		}
		return len(out.ServiceArns), out.NextToken, nil
	})
	if err != nil && !gone(err, "ClusterNotFoundException") {
		c.fault(err, cluster)
	}
}

func (c *cell) describeServices(ctx context.Context, client *ecs.Client, cluster string, arns []string) {
	out, err := client.DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster: &cluster, Services: arns, Include: []types.ServiceField{types.ServiceFieldTags},
	})
	if gone(err, "ClusterNotFoundException") {
		return
	}
	described := map[string]types.Service{}
	if err == nil {
		for _, s := range out.Services {
			described[sdk.ToString(s.ServiceArn)] = s
		}
	}
	for _, arn := range arns {
		it := c.item(arn+"|"+cluster, arn)
		it.set("ServiceArn", arn)
		it.set("Cluster", cluster)
		it.set("ServiceName", afterSlash(arn))
		it.set("Name", afterSlash(arn))
		s, there := described[arn]
		why := err
		if err == nil && !there {
			if why = leftOut("ECS.DescribeServices", arn, out.Failures); why == nil {
				continue
			}
		}
		if it.read(why, describedService...) {
			if sdk.ToString(s.Status) == inactive {
				continue
			}
			it.merge(s, map[string]string{"PlacementStrategy": "PlacementStrategies", "RoleArn": "Role"})
			for _, d := range s.Deployments {
				if sdk.ToString(d.Status) == "PRIMARY" { // the one that the service wants
					it.set("VpcLatticeConfigurations", d.VpcLatticeConfigurations)
				}
			}
			it.tag(s.Tags)
			it.State = sdk.ToString(s.Status)
			it.created(s.CreatedAt)
		}
		c.emit(it)
	}
}
