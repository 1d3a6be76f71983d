package aws

import (
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/emr"
	"github.com/aws/aws-sdk-go-v2/service/emr/types"
)

func init() {
	register(Reader{
		Type: "AWS::EMR::Cluster",
		Calls: map[string]string{
			"EMR.ListClusters":             "elasticmapreduce:ListClusters",
			"EMR.DescribeCluster":          "elasticmapreduce:DescribeCluster",
			"EMR.ListInstanceGroups":       "elasticmapreduce:ListInstanceGroups",
			"EMR.ListInstanceFleets":       "elasticmapreduce:ListInstanceFleets",
			"EMR.ListBootstrapActions":     "elasticmapreduce:ListBootstrapActions",
			"EMR.GetManagedScalingPolicy":  "elasticmapreduce:GetManagedScalingPolicy",
			"EMR.GetAutoTerminationPolicy": "elasticmapreduce:GetAutoTerminationPolicy",
		},
		// Steps are not read: they are what the cluster does, and their arguments carry
		// secrets. Neither are the passwords of Kerberos.
		Reads: slices.Concat([]string{"/AutoTerminationPolicy", "/BootstrapActions", "/Id", "/ManagedScalingPolicy", "/Name"}, describedEMRCluster, emrInstances),
		list:  listEMRClusters,
	})
}

// describedEMRCluster is what the description of a cluster tells.
var describedEMRCluster = []string{
	"/Applications", "/AutoScalingRole", "/Configurations", "/CustomAmiId", "/EbsRootVolumeIops", "/EbsRootVolumeSize",
	"/EbsRootVolumeThroughput", "/JobFlowRole", "/KerberosAttributes/ADDomainJoinUser", "/KerberosAttributes/Realm",
	"/LogEncryptionKmsKeyId", "/LogUri", "/MasterPublicDNS", "/OSReleaseLabel", "/PlacementGroupConfigs", "/ReleaseLabel",
	"/ScaleDownBehavior", "/SecurityConfiguration", "/ServiceRole", "/StepConcurrencyLevel", "/Tags", "/VisibleToAllUsers",
}

// emrInstances are pointers to what is read of the machines. Volumes are not: EMR lists
// them one by one, and a declaration says how many of which kind.
var emrInstances = slices.Concat(
	below("/Instances/",
		"AdditionalMasterSecurityGroups", "AdditionalSlaveSecurityGroups", "Ec2KeyName", "Ec2SubnetId", "Ec2SubnetIds",
		"EmrManagedMasterSecurityGroup", "EmrManagedSlaveSecurityGroup", "KeepJobFlowAliveWhenNoSteps", "Placement",
		"ServiceAccessSecurityGroup", "TerminationProtected", "UnhealthyNodeReplacement"),
	below("/Instances/MasterInstanceGroup/", emrGroup...), below("/Instances/CoreInstanceGroup/", emrGroup...), below("/Instances/TaskInstanceGroups/*/", emrGroup...),
	below("/Instances/MasterInstanceFleet/", emrFleet...), below("/Instances/CoreInstanceFleet/", emrFleet...), below("/Instances/TaskInstanceFleets/*/", emrFleet...),
)

var (
	emrGroup = []string{"AutoScalingPolicy", "BidPrice", "Configurations", "CustomAmiId", "EbsConfiguration/EbsOptimized", "InstanceCount", "InstanceType", "Market", "Name"}
	emrFleet = slices.Concat([]string{"LaunchSpecifications", "Name", "ResizeSpecifications", "TargetOnDemandCapacity", "TargetSpotCapacity"},
		below("InstanceTypeConfigs/*/", "BidPrice", "BidPriceAsPercentageOfOnDemandPrice", "Configurations", "CustomAmiId",
			"EbsConfiguration/EbsOptimized", "InstanceType", "Priority", "WeightedCapacity"))
)

// listEMRClusters lists the clusters that exist: EMR remembers terminated ones for months.
func listEMRClusters(ctx context.Context, c *cell) error {
	client := emr.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.ListClusters(ctx, &emr.ListClustersInput{Marker: token, ClusterStates: []types.ClusterState{
			types.ClusterStateStarting, types.ClusterStateBootstrapping, types.ClusterStateRunning, types.ClusterStateWaiting, types.ClusterStateTerminating,
		}})
		if err != nil {
			return 0, nil, err
		}
		each(out.Clusters, func(s types.ClusterSummary) { c.emrCluster(ctx, client, s) })
		return len(out.Clusters), out.Marker, nil
	})
}

func (c *cell) emrCluster(ctx context.Context, client *emr.Client, s types.ClusterSummary) {
	it := c.item(sdk.ToString(s.Id), sdk.ToString(s.ClusterArn))
	it.merge(s, nil)
	if s.Status != nil {
		it.State = string(s.Status.State)
		if s.Status.Timeline != nil {
			it.created(s.Status.Timeline.CreationDateTime)
		}
	}
	out, err := client.DescribeCluster(ctx, &emr.DescribeClusterInput{ClusterId: s.Id})
	if it.read(notEmpty(err, "EMR.DescribeCluster", out != nil && out.Cluster != nil), append([]string{"/Instances"}, describedEMRCluster...)...) {
		if status := out.Cluster.Status; status != nil && strings.HasPrefix(string(status.State), "TERMINATED") {
			return // since it was listed
		}
		c.describedEMRCluster(ctx, client, it, out.Cluster)
	}

	var actions []map[string]any
	err = pages(func(token *string) (int, *string, error) {
		out, err := client.ListBootstrapActions(ctx, &emr.ListBootstrapActionsInput{ClusterId: s.Id, Marker: token})
		if err != nil {
			return 0, nil, err
		}
		for _, a := range out.BootstrapActions {
			actions = append(actions, map[string]any{"Name": a.Name, "ScriptBootstrapAction": map[string]any{"Path": a.ScriptPath, "Args": a.Args}})
		}
		return len(out.BootstrapActions), out.Marker, nil
	})
	if it.read(err, "/BootstrapActions") {
		it.set("BootstrapActions", actions)
	}
	scaling, err := client.GetManagedScalingPolicy(ctx, &emr.GetManagedScalingPolicyInput{ClusterId: s.Id})
	if it.read(err, "/ManagedScalingPolicy") {
		it.set("ManagedScalingPolicy", scaling.ManagedScalingPolicy)
	}
	termination, err := client.GetAutoTerminationPolicy(ctx, &emr.GetAutoTerminationPolicyInput{ClusterId: s.Id})
	if gone(err, "ValidationException") && strings.Contains(err.Error(), "Auto-termination is not available") {
		termination, err = &emr.GetAutoTerminationPolicyOutput{}, nil // for releases before 5.30
	}
	if it.read(err, "/AutoTerminationPolicy") {
		it.set("AutoTerminationPolicy", termination.AutoTerminationPolicy)
	}
	c.emit(it)
}

func (c *cell) describedEMRCluster(ctx context.Context, client *emr.Client, it *item, cluster *types.Cluster) {
	it.merge(cluster, map[string]string{"MasterPublicDnsName": "MasterPublicDNS", "PlacementGroups": "PlacementGroupConfigs"})
	it.set("Configurations", emrConfigurations(cluster.Configurations))
	if uri := sdk.ToString(cluster.LogUri); strings.HasPrefix(uri, "s3n://") {
		it.set("LogUri", "s3://"+uri[len("s3n://"):]) // EMR writes the name of an old driver into it
	}
	it.dropEmpty("LogUri", "MasterPublicDNS", "SecurityConfiguration")
	if k := cluster.KerberosAttributes; k == nil || sdk.ToString(k.Realm) == "" {
		delete(it.props, "KerberosAttributes") // an empty object says: without Kerberos
	}
	it.tag(cluster.Tags)

	instances := map[string]any{
		"TerminationProtected": cluster.TerminationProtected, "UnhealthyNodeReplacement": cluster.UnhealthyNodeReplacement,
	}
	if cluster.AutoTerminate != nil {
		instances["KeepJobFlowAliveWhenNoSteps"] = !*cluster.AutoTerminate
	}
	if a := cluster.Ec2InstanceAttributes; a != nil {
		it.set("JobFlowRole", a.IamInstanceProfile)
		for name, value := range plain(a).(map[string]any) {
			if value != "" {
				instances[name] = value
			}
		}
		instances["Ec2SubnetIds"] = a.RequestedEc2SubnetIds
		if sdk.ToString(a.Ec2AvailabilityZone) != "" {
			instances["Placement"] = map[string]any{"AvailabilityZone": a.Ec2AvailabilityZone}
		}
	}
	read, kinds := emrInstanceGroups, []string{"MasterInstanceGroup", "CoreInstanceGroup", "TaskInstanceGroups"}
	if cluster.InstanceCollectionType == types.InstanceCollectionTypeInstanceFleet {
		read, kinds = emrInstanceFleets, []string{"MasterInstanceFleet", "CoreInstanceFleet", "TaskInstanceFleets"}
	}
	byRole, err := read(ctx, client, it.Ref.ID)
	if it.read(err, "/Instances") {
		for i, role := range []string{"MASTER", "CORE", "TASK"} {
			switch machines := byRole[role]; {
			case len(machines) == 0:
			case role == "TASK": // the only one that there may be several of
				instances[kinds[i]] = machines
			default:
				instances[kinds[i]] = machines[0]
			}
		}
		it.set("Instances", instances)
	}
}

// emrInstanceGroups returns the instance groups of a cluster by their role.
func emrInstanceGroups(ctx context.Context, client *emr.Client, cluster string) (map[string][]any, error) {
	byRole := map[string][]any{}
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.ListInstanceGroups(ctx, &emr.ListInstanceGroupsInput{ClusterId: &cluster, Marker: token})
		if err != nil {
			return 0, nil, err
		}
		for _, g := range out.InstanceGroups {
			group, _ := plain(g).(map[string]any)
			group["InstanceCount"] = g.RequestedInstanceCount
			group["Configurations"] = emrConfigurations(g.Configurations)
			if g.EbsOptimized != nil {
				group["EbsConfiguration"] = map[string]any{"EbsOptimized": g.EbsOptimized}
			}
			byRole[string(g.InstanceGroupType)] = append(byRole[string(g.InstanceGroupType)], group)
		}
		return len(out.InstanceGroups), out.Marker, nil
	})
	return byRole, err
}

// emrInstanceFleets returns the instance fleets of a cluster by their role.
func emrInstanceFleets(ctx context.Context, client *emr.Client, cluster string) (map[string][]any, error) {
	byRole := map[string][]any{}
	err := pages(func(token *string) (int, *string, error) {
		out, err := client.ListInstanceFleets(ctx, &emr.ListInstanceFleetsInput{ClusterId: &cluster, Marker: token})
		if err != nil {
			return 0, nil, err
		}
		for _, f := range out.InstanceFleets {
			fleet, _ := plain(f).(map[string]any)
			configs := []any{}
			for _, s := range f.InstanceTypeSpecifications {
				config, _ := plain(s).(map[string]any)
				config["Configurations"] = emrConfigurations(s.Configurations)
				if s.EbsOptimized != nil {
					config["EbsConfiguration"] = map[string]any{"EbsOptimized": s.EbsOptimized}
				}
				configs = append(configs, config)
			}
			fleet["InstanceTypeConfigs"] = configs
			byRole[string(f.InstanceFleetType)] = append(byRole[string(f.InstanceFleetType)], fleet)
		}
		return len(out.InstanceFleets), out.Marker, nil
	})
	return byRole, err
}

// emrConfigurations writes configurations, which nest, in CloudFormation's names.
func emrConfigurations(configurations []types.Configuration) []map[string]any {
	var list []map[string]any
	for _, c := range configurations {
		list = append(list, map[string]any{
			"Classification": c.Classification, "ConfigurationProperties": c.Properties, "Configurations": emrConfigurations(c.Configurations),
		})
	}
	return list
}
