package awscloud

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/reaper"
)

func init() {
	tags := []any{map[string]any{"Key": "team", "Value": "blue"}}
	try(fixture{
		typ: "AWS::EC2::VPC",
		props: func(*world) inventory.Properties {
			return inventory.Properties{"CidrBlock": "10.1.0.0/16", "EnableDnsHostnames": true, "EnableDnsSupport": true, "InstanceTenancy": "default", "Tags": tags}
		},
		patches: []plan.Change{{Path: "/EnableDnsHostnames", To: false}, {Path: "/EnableDnsSupport", To: false}},
	})
	try(fixture{
		typ: "AWS::EC2::Subnet",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{"VpcId": w.vpc(), "CidrBlock": "10.9.100.0/24", "AvailabilityZone": emulator.Region + "a", "MapPublicIpOnLaunch": true, "Tags": tags}
		},
		patches: []plan.Change{{Path: "/MapPublicIpOnLaunch", To: false}},
	})
	try(fixture{
		typ:    "AWS::EC2::RouteTable",
		props:  func(w *world) inventory.Properties { return inventory.Properties{"VpcId": w.vpc(), "Tags": tags} },
		notRun: map[string]string{"EC2.DisassociateRouteTable": "TestPartsNeedTheirSteps makes it"},
	})
	gateway := func(w *world) string { return w.need("AWS::EC2::InternetGateway", "", nil).Ref.ID }
	attached := func(w *world) string {
		w.need("AWS::EC2::VPCGatewayAttachment", "", inventory.Properties{"VpcId": w.vpc(), "InternetGatewayId": gateway(w)})
		return gateway(w)
	}
	table := func(w *world) string {
		return w.need("AWS::EC2::RouteTable", "", inventory.Properties{"VpcId": w.vpc()}).Ref.ID
	}
	try(fixture{
		typ: "AWS::EC2::Route",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{"RouteTableId": table(w), "DestinationCidrBlock": "192.0.2.0/24", "GatewayId": attached(w)}
		},
		also: func(t *testing.T, w *world, live *inventory.Resource) {
			nic := w.need("AWS::EC2::NetworkInterface", "", inventory.Properties{"SubnetId": w.subnet(1)}).Ref.ID
			_, err := w.c.Update(t.Context(), live, []plan.Change{{Path: "/GatewayId"}, {Path: "/NetworkInterfaceId", To: nic}})
			require.NoError(t, err)
			now := w.observe(live.Ref)
			assert.Equal(t, nic, now.Properties["NetworkInterfaceId"])
			assert.Empty(t, now.Properties["GatewayId"], "a route has one target")
			_, err = w.c.Update(t.Context(), now, []plan.Change{{Path: "/GatewayId", To: gateway(w)}})
			assert.ErrorIs(t, err, reaper.ErrUnsupported, "two targets")
		},
	})
	try(fixture{
		typ: "AWS::EC2::SubnetRouteTableAssociation",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{"RouteTableId": table(w), "SubnetId": w.subnet(1)}
		},
	})
	try(fixture{
		typ:    "AWS::EC2::InternetGateway",
		props:  func(*world) inventory.Properties { return inventory.Properties{"Tags": tags} },
		notRun: map[string]string{"EC2.DetachInternetGateway": "TestPartsNeedTheirSteps makes it"},
	})
	try(fixture{
		typ: "AWS::EC2::VPCGatewayAttachment",
		props: func(w *world) inventory.Properties {
			vpc := w.need("AWS::EC2::VPC", "attached", inventory.Properties{"CidrBlock": "10.8.0.0/16"}).Ref.ID
			igw := w.need("AWS::EC2::InternetGateway", "attached", nil).Ref.ID
			return inventory.Properties{"VpcId": vpc, "InternetGatewayId": igw}
		},
		notRun: map[string]string{"EC2.AttachVpnGateway": "the other kind of gateway", "EC2.DetachVpnGateway": "the other kind of gateway"},
	})
	rule := func(port int64, cidr, description string) map[string]any {
		return map[string]any{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": cidr, "Description": description}
	}
	try(fixture{
		typ: "AWS::EC2::SecurityGroup",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{
				"GroupDescription": "web", "GroupName": "web", "VpcId": w.vpc(), "Tags": tags,
				"SecurityGroupIngress": []any{rule(443, "192.0.2.0/24", "office"), map[string]any{"IpProtocol": "-1", "SourceSecurityGroupId": w.securityGroup()}},
				"SecurityGroupEgress":  []any{rule(80, "198.51.100.0/24", "out")},
			}
		},
		patches: []plan.Change{
			{Path: "/SecurityGroupIngress", To: []any{rule(443, "192.0.2.0/24", "the office"), rule(8443, "192.0.2.0/24", "new")}},
			{Path: "/SecurityGroupIngress", To: []any{rule(8443, "192.0.2.0/24", "new")}},
			{Path: "/SecurityGroupEgress", To: []any{rule(80, "198.51.100.0/24", "anywhere")}},
			{Path: "/SecurityGroupIngress"},
		},
	})
	try(fixture{
		typ: "AWS::EC2::Instance",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{
				"ImageId": "ami-12c6146b", "InstanceType": "t3.micro", "SubnetId": w.subnet(1), "SecurityGroupIds": []any{w.securityGroup()},
				"Monitoring": false, "UserData": "aHVudGVyMg==", "EbsOptimized": false, "Tags": tags, "SourceDestCheck": false,
			}
		},
		patches: []plan.Change{{Path: "/SourceDestCheck", To: true}},
		notRun: map[string]string{
			"EC2.ModifyInstanceMetadataOptions": "the emulator ignores it", "EC2.MonitorInstances": "not emulated", "EC2.UnmonitorInstances": "not emulated",
		},
		stops: true,
	})
	try(fixture{
		typ: "AWS::EC2::Volume",
		props: func(*world) inventory.Properties {
			return inventory.Properties{"AvailabilityZone": emulator.Region + "a", "Size": int64(8), "VolumeType": "gp3", "Encrypted": true, "Tags": tags}
		},
		patches: []plan.Change{{Path: "/Size", To: int64(16)}, {Path: "/VolumeType", To: "io2"}},
	})
	try(fixture{
		typ: "PCF::EC2::Snapshot",
		props: func(w *world) inventory.Properties {
			volume := w.need("AWS::EC2::Volume", "", inventory.Properties{"AvailabilityZone": emulator.Region + "a", "Size": int64(8)})
			return inventory.Properties{"VolumeId": volume.Ref.ID, "Description": "nightly", "Tags": tags}
		},
	})
	try(fixture{
		typ:   "AWS::EC2::EIP",
		props: func(*world) inventory.Properties { return inventory.Properties{"Domain": "vpc", "Tags": tags} },
		also: func(t *testing.T, w *world, live *inventory.Resource) {
			instance := w.need("AWS::EC2::Instance", "addressed", inventory.Properties{"ImageId": "ami-12c6146b", "InstanceType": "t3.micro", "SubnetId": w.subnet(1)}).Ref.ID
			other := w.need("AWS::EC2::EIP", "in use", inventory.Properties{"Domain": "vpc", "InstanceId": instance})
			assert.Equal(t, instance, other.Properties["InstanceId"])
			_, err := w.c.Delete(t.Context(), other, nil)
			assert.ErrorIs(t, err, reaper.ErrBlocked, "an address in use is not taken away")
		},
		notRun: map[string]string{"EC2.DisassociateAddress": "TestPartsNeedTheirSteps makes it"},
	})
	try(fixture{
		typ: "AWS::EC2::NetworkInterface",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{"SubnetId": w.subnet(1), "Description": "a door", "GroupSet": []any{w.securityGroup()}, "Tags": tags}
		},
		patches: []plan.Change{{Path: "/Description", To: "a gate"}, {Path: "/SourceDestCheck", To: false}},
	})
	try(fixture{
		typ: "AWS::EC2::NatGateway",
		props: func(w *world) inventory.Properties {
			address := w.need("AWS::EC2::EIP", "nat", inventory.Properties{"Domain": "vpc"})
			return inventory.Properties{"SubnetId": w.subnet(1), "AllocationId": address.Properties["AllocationId"], "Tags": tags}
		},
	})
	try(fixture{
		typ: "AWS::EC2::VPCEndpoint",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{
				"VpcId": w.vpc(), "ServiceName": "com.amazonaws." + emulator.Region + ".s3", "VpcEndpointType": "Gateway",
				"RouteTableIds": []any{table(w)}, "Tags": tags,
				"PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}},
			}
		},
		patches: []plan.Change{{Path: "/PolicyDocument", To: map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}}}}},
	})
	try(fixture{
		typ: "AWS::EC2::LaunchTemplate",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{
				"LaunchTemplateName": "web", "VersionDescription": "first",
				"LaunchTemplateData": map[string]any{"ImageId": "ami-12c6146b", "InstanceType": "t3.micro", "SecurityGroupIds": []any{w.securityGroup()}, "UserData": "aHVudGVyMg=="},
			}
		},
		unread:  map[string]string{"LaunchTemplateData": "UserData is never read"},
		tagless: "it shows the tags of the creation only",
		loose:   "it does not know what a version takes over from the one before",
		patches: []plan.Change{{Path: "/LaunchTemplateData/InstanceType", To: "t3.small"}},
	})
	try(fixture{
		typ: "AWS::EC2::KeyPair",
		props: func(*world) inventory.Properties {
			return inventory.Properties{
				"KeyName": "door", "Tags": tags,
				"PublicKeyMaterial": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPLdXh0D1C2m6y7Y0ZJr7cZpUQ0KTUXoEoYyy3H8dPhX door",
			}
		},
		also: func(t *testing.T, w *world, _ *inventory.Resource) {
			_, _, err := w.c.Create(t.Context(), w.creation("AWS::EC2::KeyPair", inventory.Properties{"KeyName": "private"}))
			assert.ErrorIs(t, err, reaper.ErrUnsupported, "a private key is not for us")
		},
	})
	try(fixture{
		typ:   "AWS::EC2::NetworkAcl",
		props: func(w *world) inventory.Properties { return inventory.Properties{"VpcId": w.vpc(), "Tags": tags} },
		gone:  "InvalidRouteTableID.NotFound",
	})
	try(fixture{
		typ: "AWS::EC2::FlowLog",
		props: func(w *world) inventory.Properties {
			bucket := w.need("AWS::S3::Bucket", "flows", inventory.Properties{"BucketName": "pcf-test-flows"}).Ref.ID
			return inventory.Properties{
				"ResourceId": w.vpc(), "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3",
				"LogDestination": "arn:aws:s3:::" + bucket, "Tags": tags,
			}
		},
	})
	try(fixture{
		typ:    "AWS::AutoScaling::AutoScalingGroup",
		denied: [][2]string{{"autoscaling", "DescribeNotificationConfigurations"}},
		props: func(w *world) inventory.Properties {
			template := w.need("AWS::EC2::LaunchTemplate", "group", inventory.Properties{"LaunchTemplateData": map[string]any{"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}})
			return inventory.Properties{
				"AutoScalingGroupName": "web", "MinSize": "0", "MaxSize": "2", "DesiredCapacity": "0", "Cooldown": "60",
				"VPCZoneIdentifier": []any{w.subnet(1), w.subnet(2)},
				"LaunchTemplate":    map[string]any{"LaunchTemplateId": template.Ref.ID, "Version": "1"},
				"Tags":              []any{map[string]any{"Key": "team", "Value": "blue", "PropagateAtLaunch": true}},
			}
		},
		patches: []plan.Change{{Path: "/MaxSize", To: "3"}},
	})
	listening := func(w *world) string {
		return w.need("AWS::ElasticLoadBalancingV2::LoadBalancer", "", inventory.Properties{"Subnets": []any{w.subnet(1), w.subnet(2)}}).Ref.ID
	}
	target := func(w *world) string {
		return w.need("AWS::ElasticLoadBalancingV2::TargetGroup", "", inventory.Properties{"Port": int64(80), "Protocol": "HTTP", "VpcId": w.vpc()}).Ref.ID
	}
	try(fixture{
		typ: "AWS::ElasticLoadBalancingV2::LoadBalancer",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{
				"Name": "web", "Scheme": "internal", "Type": "application", "Subnets": []any{w.subnet(1), w.subnet(2)},
				"SecurityGroups": []any{w.securityGroup()}, "Tags": tags,
				"LoadBalancerAttributes": []any{map[string]any{"Key": "idle_timeout.timeout_seconds", "Value": "90"}},
			}
		},
		patches: []plan.Change{
			{Path: "/LoadBalancerAttributes", To: []any{map[string]any{"Key": "idle_timeout.timeout_seconds", "Value": "120"}}},
			{Path: "/IpAddressType", To: "dualstack"},
		},
		also: func(t *testing.T, w *world, live *inventory.Resource) {
			other := w.need("AWS::EC2::SecurityGroup", "other", inventory.Properties{"GroupDescription": "other", "VpcId": w.vpc()}).Ref.ID
			for path, to := range map[string][]any{"/SecurityGroups": {other}, "/Subnets": {w.subnet(1), w.subnet(3)}} {
				_, err := w.c.Update(t.Context(), live, []plan.Change{{Path: path, To: to}})
				require.NoError(t, err)
				now, _ := inventory.At(w.observe(live.Ref).Properties, path)
				assert.ElementsMatch(t, to, now)
			}
		},
	})
	try(fixture{
		typ: "AWS::ElasticLoadBalancingV2::TargetGroup",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{
				"Name": "web", "Port": int64(8080), "Protocol": "HTTP", "VpcId": w.vpc(), "TargetType": "ip", "HealthCheckPath": "/healthy", "Tags": tags,
				"TargetGroupAttributes": []any{map[string]any{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}},
				"Targets":               []any{map[string]any{"Id": "10.9.1.10", "Port": int64(8080)}},
			}
		},
		patches: []plan.Change{
			{Path: "/HealthCheckPath", To: "/well"},
			{Path: "/TargetGroupAttributes", To: []any{map[string]any{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}}},
			{Path: "/Targets"},
		},
	})
	try(fixture{
		typ: "AWS::ElasticLoadBalancingV2::Listener",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{
				"LoadBalancerArn": listening(w), "Port": int64(80), "Protocol": "HTTP",
				"DefaultActions": []any{map[string]any{"Type": "forward", "TargetGroupArn": target(w)}},
			}
		},
		patches: []plan.Change{
			{Path: "/Port", To: int64(8080)},
			{Path: "/ListenerAttributes", To: []any{map[string]any{"Key": "routing.http.response.server.enabled", "Value": "false"}}},
		},
	})
}
