package aws

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::Instance",
		Calls: map[string]string{"EC2.DescribeInstances": "ec2:DescribeInstances"},
		// DisableApiTermination, InstanceInitiatedShutdownBehavior and UserData are not here and so
		// unread: each is a call of its own for every instance (DescribeInstanceAttribute).
		Reads: []string{
			"/Affinity", "/AvailabilityZone", "/BlockDeviceMappings/*/DeviceName", "/BlockDeviceMappings/*/Ebs/DeleteOnTermination",
			"/CpuOptions", "/EbsOptimized", "/EnclaveOptions", "/HibernationOptions", "/HostId", "/HostResourceGroupArn",
			"/IamInstanceProfile", "/ImageId", "/InstanceId", "/InstanceType", "/KernelId", "/KeyName", "/MetadataOptions",
			"/Monitoring", "/NetworkInterfaces/*/AssociatePublicIpAddress", "/NetworkInterfaces/*/DeleteOnTermination",
			"/NetworkInterfaces/*/Description", "/NetworkInterfaces/*/DeviceIndex", "/NetworkInterfaces/*/GroupSet",
			"/NetworkInterfaces/*/NetworkInterfaceId", "/NetworkInterfaces/*/PrivateIpAddress",
			"/NetworkInterfaces/*/PrivateIpAddresses", "/NetworkInterfaces/*/SubnetId", "/PlacementGroupName",
			"/PrivateDnsName", "/PrivateDnsNameOptions", "/PrivateIp", "/PrivateIpAddress", "/PublicDnsName", "/PublicIp",
			"/RamdiskId", "/SecurityGroupIds", "/SecurityGroups", "/SourceDestCheck", "/State", "/SubnetId", "/Tags",
			"/Tenancy", "/Volumes", "/VpcId",
		},
		list: listInstances,
		one:  byID("InstanceIds"),
	})
}

func listInstances(ctx context.Context, c *cell) error {
	client := ec2.NewFromConfig(c.cfg)
	return pages(func(token *string) (int, *string, error) {
		out, err := client.DescribeInstances(ctx, &ec2.DescribeInstancesInput{NextToken: token, MaxResults: sdk.Int32(pageSize)})
		if err != nil {
			return 0, nil, err
		}
		for _, reservation := range out.Reservations {
			for _, i := range reservation.Instances {
				// A terminated instance no longer exists; EC2 only still talks of it
				// for about an hour.
				if i.State == nil || i.State.Name != types.InstanceStateNameTerminated {
					c.emit(c.instance(i, reservation.OwnerId))
				}
			}
		}
		return len(out.Reservations), out.NextToken, nil
	})
}

func (c *cell) instance(i types.Instance, owner *string) *item {
	id := sdk.ToString(i.InstanceId)
	it := c.item(id, c.arn("ec2", "instance/"+id))
	it.merge(i, map[string]string{"PublicIpAddress": "PublicIp"})
	for _, name := range []string{"KeyName", "PublicDnsName", "PrivateDnsName", "PublicIp", "KernelId", "RamdiskId"} {
		if it.props[name] == "" {
			delete(it.props, name) // an empty text means none
		}
	}
	it.set("PrivateIp", i.PrivateIpAddress)
	it.set("SecurityGroupIds", groupIDs(i.SecurityGroups))
	it.set("SecurityGroups", groupNames(i.SecurityGroups))
	if p := i.Placement; p != nil {
		it.merge(types.Placement{Affinity: p.Affinity, AvailabilityZone: p.AvailabilityZone, HostId: p.HostId, HostResourceGroupArn: p.HostResourceGroupArn, Tenancy: p.Tenancy}, nil)
		if sdk.ToString(p.GroupName) != "" {
			it.set("PlacementGroupName", p.GroupName)
		}
	}
	if i.IamInstanceProfile != nil {
		// EC2 knows the profile's ARN, CloudFormation its name.
		arn := sdk.ToString(i.IamInstanceProfile.Arn)
		it.set("IamInstanceProfile", arn[strings.LastIndexByte(arn, '/')+1:])
	}
	if i.Monitoring != nil {
		it.set("Monitoring", i.Monitoring.State == types.MonitoringStateEnabled || i.Monitoring.State == types.MonitoringStatePending)
	}
	running := true
	if i.State != nil {
		it.State = string(i.State.Name)
		it.set("State", map[string]any{"Code": strconv.Itoa(int(sdk.ToInt32(i.State.Code))), "Name": i.State.Name})
		running = i.State.Name == types.InstanceStateNameRunning
	}

	var devices, volumes []map[string]any
	for _, m := range i.BlockDeviceMappings {
		device := map[string]any{"DeviceName": m.DeviceName}
		if m.Ebs != nil {
			device["Ebs"] = map[string]any{"DeleteOnTermination": m.Ebs.DeleteOnTermination}
			volumes = append(volumes, map[string]any{"Device": m.DeviceName, "VolumeId": m.Ebs.VolumeId})
		}
		devices = append(devices, device)
	}
	it.set("BlockDeviceMappings", devices)
	it.set("Volumes", volumes)

	var interfaces []map[string]any
	for _, n := range i.NetworkInterfaces {
		nic := plain(n).(map[string]any)
		nic["GroupSet"] = groupIDs(n.Groups)
		if a := n.Attachment; a != nil {
			nic["DeleteOnTermination"] = a.DeleteOnTermination
			nic["DeviceIndex"] = strconv.Itoa(int(sdk.ToInt32(a.DeviceIndex)))
		}
		if running {
			nic["AssociatePublicIpAddress"] = n.Association != nil && sdk.ToString(n.Association.PublicIp) != ""
		}
		interfaces = append(interfaces, nic)
	}
	it.set("NetworkInterfaces", interfaces)
	if !running {
		// Only a running instance has the public address that it was launched to have.
		it.Unread = append(it.Unread[:len(it.Unread):len(it.Unread)], "/NetworkInterfaces/*/AssociatePublicIpAddress")
	}
	it.tag(i.Tags)
	it.created(i.LaunchTime)
	it.Foreign = cmp.Or(c.sharedBy(owner), managedBy(i.Operator))
	return it
}
