"""Creates the network of an application: at least one tagged resource of each type of the
group, and prints what the scan must find.

Not here, because the emulator does not know it:
* AWS::EC2::PlacementGroup: neither CreatePlacementGroup nor DescribePlacementGroups exists
  (the canned answers of ec2_network_canned_test.go prove the reader).

Where the emulator is not like EC2, and what the fixture makes of it:
* It gives a NAT gateway an ordinary network interface, which nobody manages, so the
  association of its address looks like somebody's own. EC2 marks the interface as
  managed by its requester. The canned test has that case.
* Its default VPC has no internet gateway and no route to one, and the region no default DHCP
  options (canned test).
* It takes no options for VPN connections and answers none; it loses device names and
  large AS numbers of customer gateways (canned test).
* It does not say whether a NAT gateway is public or private (canned test).
* It does not say of an attached volume whether it ends with its instance (canned test).
* It does not return the ICMP type of a network ACL entry, nor the kind of a key (canned test).
* It takes no tags for DHCP options and attachments of transit gateways when they are made:
  they are tagged afterwards.
* Its default network ACLs have no IPv6 entries (canned test)."""

import base64
import json

import boto3
from prelude import *

ec2 = boto3.client("ec2")


def tag(kind, name):
    return {"TagSpecifications": spec(kind, name)}


vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16", **tag("vpc", "vpc"))["Vpc"]["VpcId"]
peer_vpc = ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.1.0/24")["Subnet"]["SubnetId"]
private = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.2.0/24")["Subnet"]["SubnetId"]
group = ec2.create_security_group(GroupName="endpoint", Description="endpoint", VpcId=vpc)["GroupId"]

# Gateways and their attachments.
igw = ec2.create_internet_gateway(**tag("internet-gateway", "igw"))["InternetGateway"]["InternetGatewayId"]
ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc)
found("AWS::EC2::InternetGateway", igw, tags("igw"), InternetGatewayId=igw)
found("AWS::EC2::VPCGatewayAttachment", "IGW|" + vpc, {}, AttachmentType="IGW", VpcId=vpc, InternetGatewayId=igw)
loose = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
found("AWS::EC2::InternetGateway", loose, {}, InternetGatewayId=loose)

egress = ec2.create_egress_only_internet_gateway(VpcId=vpc, **tag("egress-only-internet-gateway", "egress"))
egress = egress["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
found("AWS::EC2::EgressOnlyInternetGateway", egress, tags("egress"), Id=egress, VpcId=vpc)

vgw = ec2.create_vpn_gateway(Type="ipsec.1", AmazonSideAsn=65001, **tag("vpn-gateway", "vgw"))["VpnGateway"]["VpnGatewayId"]
ec2.attach_vpn_gateway(VpnGatewayId=vgw, VpcId=vpc)
found("AWS::EC2::VPNGateway", vgw, tags("vgw"), VPNGatewayId=vgw, Type="ipsec.1", AmazonSideAsn=65001)
found("AWS::EC2::VPCGatewayAttachment", "VGW|" + vpc, {}, AttachmentType="VGW", VpcId=vpc, VpnGatewayId=vgw)
# A gateway that was deleted or detached is still listed.
gone = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
ec2.attach_vpn_gateway(VpnGatewayId=gone, VpcId=peer_vpc)
ec2.detach_vpn_gateway(VpnGatewayId=gone, VpcId=peer_vpc)
ec2.delete_vpn_gateway(VpnGatewayId=gone)

customer = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="203.0.113.7", BgpAsn=65010, **tag("customer-gateway", "office"))
customer = customer["CustomerGateway"]["CustomerGatewayId"]
found("AWS::EC2::CustomerGateway", customer, tags("office"), CustomerGatewayId=customer, Type="ipsec.1",
      IpAddress="203.0.113.7", BgpAsn=65010)
gone = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="203.0.113.8", BgpAsn=65011)["CustomerGateway"]["CustomerGatewayId"]
ec2.delete_customer_gateway(CustomerGatewayId=gone)

vpn = ec2.create_vpn_connection(Type="ipsec.1", CustomerGatewayId=customer, VpnGatewayId=vgw, **tag("vpn-connection", "vpn"))
vpn = vpn["VpnConnection"]["VpnConnectionId"]
found("AWS::EC2::VPNConnection", vpn, tags("vpn"), VpnConnectionId=vpn, Type="ipsec.1", CustomerGatewayId=customer, VpnGatewayId=vgw)
gone = ec2.create_vpn_connection(Type="ipsec.1", CustomerGatewayId=customer, VpnGatewayId=vgw)["VpnConnection"]["VpnConnectionId"]
ec2.delete_vpn_connection(VpnConnectionId=gone)

# NAT, with an address.
address = ec2.allocate_address(Domain="vpc")
nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address["AllocationId"], **tag("natgateway", "nat"))
nat = nat["NatGateway"]["NatGatewayId"]
found("AWS::EC2::NatGateway", nat, tags("nat"), NatGatewayId=nat, SubnetId=subnet, VpcId=vpc,
      AllocationId=address["AllocationId"])
nats = next(a for a in ec2.describe_addresses()["Addresses"] if a["AllocationId"] == address["AllocationId"])
found("AWS::EC2::EIPAssociation", nats["AssociationId"], {}, AllocationId=address["AllocationId"])

inside = ec2.create_nat_gateway(SubnetId=private, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
found("AWS::EC2::NatGateway", inside, {}, SubnetId=private)
gone = ec2.create_nat_gateway(SubnetId=private, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
ec2.delete_nat_gateway(NatGatewayId=gone)

# Instances: what is attached to them by itself, and what comes with them.
image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
instance = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnet,
                             SecurityGroupIds=[group])["Instances"][0]["InstanceId"]
eip = ec2.allocate_address(Domain="vpc")
association = ec2.associate_address(AllocationId=eip["AllocationId"], InstanceId=instance)["AssociationId"]
found("AWS::EC2::EIPAssociation", association, {}, Id=association, AllocationId=eip["AllocationId"], InstanceId=instance, EIP=eip["PublicIp"])
ec2.allocate_address(Domain="vpc")  # associated with nothing

zone = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["Placement"]["AvailabilityZone"]
volume = ec2.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
found("AWS::EC2::VolumeAttachment", volume + "|" + instance, {}, VolumeId=volume, InstanceId=instance, Device="/dev/sdf")

# Routes.
table = ec2.create_route_table(VpcId=vpc, **tag("route-table", "routes"))["RouteTable"]["RouteTableId"]
found("AWS::EC2::RouteTable", table, tags("routes"), RouteTableId=table, VpcId=vpc)
second = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
found("AWS::EC2::RouteTable", second, {}, RouteTableId=second)
association = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
found("AWS::EC2::SubnetRouteTableAssociation", association, {}, Id=association, RouteTableId=table, SubnetId=subnet)
ec2.associate_route_table(RouteTableId=second, GatewayId=igw)  # another type's: no subnet is in it
ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=igw)
found("AWS::EC2::Route", table + "|0.0.0.0/0", {}, RouteTableId=table, CidrBlock="0.0.0.0/0", DestinationCidrBlock="0.0.0.0/0", GatewayId=igw)
ec2.create_route(RouteTableId=table, DestinationIpv6CidrBlock="::/0", EgressOnlyInternetGatewayId=egress)
found("AWS::EC2::Route", table + "|::/0", {}, DestinationIpv6CidrBlock="::/0", EgressOnlyInternetGatewayId=egress)
ec2.create_route(RouteTableId=second, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
found("AWS::EC2::Route", second + "|0.0.0.0/0", {}, RouteTableId=second, NatGatewayId=nat)

# Network ACLs.
acl = ec2.create_network_acl(VpcId=vpc, **tag("network-acl", "acl"))["NetworkAcl"]["NetworkAclId"]
found("AWS::EC2::NetworkAcl", acl, tags("acl"), Id=acl, VpcId=vpc)
ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=90, Protocol="6", RuleAction="allow", Egress=False,
                             CidrBlock="0.0.0.0/0", PortRange={"From": 22, "To": 22})
found("AWS::EC2::NetworkAclEntry", acl + "|ingress|90", {}, Id=acl + "|ingress|90", NetworkAclId=acl, RuleNumber=90, Protocol=6,
      RuleAction="allow", Egress=False, CidrBlock="0.0.0.0/0", PortRange__From=22, PortRange__To=22)
ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=90, Protocol="1", RuleAction="deny", Egress=True,
                             CidrBlock="10.0.0.0/8", IcmpTypeCode={"Type": 8, "Code": -1})
found("AWS::EC2::NetworkAclEntry", acl + "|egress|90", {}, RuleAction="deny", Egress=True, Protocol=1)
default_acl = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["true"]}])
default_acl = default_acl["NetworkAcls"][0]["NetworkAclId"]
ec2.create_network_acl_entry(NetworkAclId=default_acl, RuleNumber=50, Protocol="-1", RuleAction="deny", Egress=False, CidrBlock="198.51.100.0/24")
found("AWS::EC2::NetworkAclEntry", default_acl + "|ingress|50", {}, NetworkAclId=default_acl, Protocol=-1)

# Endpoints, peering, names.
policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
gateway = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.eu-west-1.s3", VpcEndpointType="Gateway",
                                  RouteTableIds=[table], PolicyDocument=json.dumps(policy), **tag("vpc-endpoint", "s3"))
gateway = gateway["VpcEndpoint"]["VpcEndpointId"]
found("AWS::EC2::VPCEndpoint", gateway, tags("s3"), Id=gateway, VpcId=vpc, VpcEndpointType="Gateway", RouteTableIds=[table],
      ServiceName="com.amazonaws.eu-west-1.s3", PolicyDocument=policy)
interface = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.eu-west-1.sqs", VpcEndpointType="Interface",
                                    SubnetIds=[private], SecurityGroupIds=[group], PrivateDnsEnabled=True)
interface = interface["VpcEndpoint"]["VpcEndpointId"]
found("AWS::EC2::VPCEndpoint", interface, {}, VpcEndpointType="Interface", SubnetIds=[private], SecurityGroupIds=[group], PrivateDnsEnabled=True)

peering = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer_vpc, **tag("vpc-peering-connection", "peering"))
peering = peering["VpcPeeringConnection"]["VpcPeeringConnectionId"]
ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
found("AWS::EC2::VPCPeeringConnection", peering, tags("peering"), Id=peering, VpcId=vpc, PeerVpcId=peer_vpc,
      PeerOwnerId="123456789012", PeerRegion="eu-west-1")
gone = ec2.create_vpc_peering_connection(VpcId=peer_vpc, PeerVpcId=vpc)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=gone)

names = ec2.create_dhcp_options(DhcpConfigurations=[
    {"Key": "domain-name", "Values": ["orders.example"]},
    {"Key": "domain-name-servers", "Values": ["10.1.0.2", "10.1.0.3"]},
    {"Key": "netbios-node-type", "Values": ["2"]},
])["DhcpOptions"]["DhcpOptionsId"]
ec2.create_tags(Resources=[names], Tags=pairs(tags("names")))
found("AWS::EC2::DHCPOptions", names, tags("names"), DhcpOptionsId=names, DomainName="orders.example",
      DomainNameServers=["10.1.0.2", "10.1.0.3"], NetbiosNodeType=2)

# Transit gateways.
transit = ec2.create_transit_gateway(Description="hub", Options={"AmazonSideAsn": 65002, "AutoAcceptSharedAttachments": "enable"},
                                     **tag("transit-gateway", "hub"))["TransitGateway"]
found("AWS::EC2::TransitGateway", transit["TransitGatewayId"], tags("hub"), Id=transit["TransitGatewayId"], Description="hub",
      AmazonSideAsn=65002, AutoAcceptSharedAttachments="enable", DnsSupport="enable", TransitGatewayArn=transit["TransitGatewayArn"])
attachment = ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=transit["TransitGatewayId"], VpcId=vpc, SubnetIds=[private])
attachment = attachment["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
ec2.create_tags(Resources=[attachment], Tags=pairs(tags("spoke")))
found("AWS::EC2::TransitGatewayAttachment", attachment, tags("spoke"), Id=attachment, TransitGatewayId=transit["TransitGatewayId"],
      VpcId=vpc, SubnetIds=[private], Options__DnsSupport="enable")

# Flow logs: one to a log group, one to a bucket.
boto3.client("logs").create_log_group(logGroupName="flow")
flow = ec2.create_flow_logs(ResourceType="VPC", ResourceIds=[vpc], TrafficType="ALL", LogGroupName="flow",
                            DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow", **tag("vpc-flow-log", "flow"))["FlowLogIds"][0]
found("AWS::EC2::FlowLog", flow, tags("flow"), Id=flow, ResourceId=vpc, ResourceType="VPC", TrafficType="ALL", LogGroupName="flow",
      LogDestinationType="cloud-watch-logs", MaxAggregationInterval=600, DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow")
boto3.client("s3").create_bucket(Bucket="pcf-flow", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
flow = ec2.create_flow_logs(ResourceType="Subnet", ResourceIds=[subnet], TrafficType="REJECT", LogDestinationType="s3",
                            LogDestination="arn:aws:s3:::pcf-flow", MaxAggregationInterval=60)["FlowLogIds"][0]
found("AWS::EC2::FlowLog", flow, {}, ResourceId=subnet, ResourceType="Subnet", LogDestinationType="s3",
      LogDestination="arn:aws:s3:::pcf-flow", MaxAggregationInterval=60)

prefixes = ec2.create_managed_prefix_list(PrefixListName="offices", AddressFamily="IPv4", MaxEntries=5, Entries=[
    {"Cidr": "203.0.113.0/24", "Description": "north"}, {"Cidr": "198.51.100.0/24", "Description": "south"},
], **tag("prefix-list", "offices"))["PrefixList"]
found("AWS::EC2::PrefixList", prefixes["PrefixListId"], tags("offices"), PrefixListName="offices", AddressFamily="IPv4", MaxEntries=5,
      OwnerId="123456789012", Arn=prefixes["PrefixListArn"], Version=1,
      Entries=[{"Cidr": "203.0.113.0/24", "Description": "north"}, {"Cidr": "198.51.100.0/24", "Description": "south"}])

# What instances are made from.
key = ec2.create_key_pair(KeyName="orders", **tag("key-pair", "key"))
found("AWS::EC2::KeyPair", "orders", tags("key"), KeyName="orders", KeyPairId=key["KeyPairId"], KeyFingerprint=key["KeyFingerprint"])

template = ec2.create_launch_template(LaunchTemplateName="web", VersionDescription="first", LaunchTemplateData={
    "ImageId": image, "InstanceType": "t3.micro"}, **tag("launch-template", "template"))["LaunchTemplate"]["LaunchTemplateId"]
ec2.create_launch_template_version(LaunchTemplateId=template, VersionDescription="second", LaunchTemplateData={
    "ImageId": image, "InstanceType": "t3.small", "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
    "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": False, "Groups": [group]}],
    "UserData": base64.b64encode(b"export TOKEN=hunter2").decode()})
found("AWS::EC2::LaunchTemplate", template, tags("template"), LaunchTemplateId=template, LaunchTemplateName="web",
      LatestVersionNumber="2", DefaultVersionNumber="1", VersionDescription="second",
      LaunchTemplateData__InstanceType="t3.small", LaunchTemplateData__MetadataOptions__HttpTokens="required",
      LaunchTemplateData__NetworkInterfaces__0__AssociatePublicIpAddress=False,
      TagSpecifications=[{"ResourceType": "launch-template", "Tags": sorted(pairs(tags("template")), key=lambda t: t["Key"])}])

done()
