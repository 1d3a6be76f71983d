"""Seeds an account with a VPC and its whole tree, all of the app lab 1.0.0 in dev, and prints, as JSON, [type, id] of
what it is made of ("gone") and of what is somebody else's ("stays").

With the argument "left" and the printed text it prints which of all these are there.
"""
import json, sys, boto3
from botocore.exceptions import ClientError

ec2 = boto3.client("ec2")
zone = ec2.meta.region_name + "a"


def alive(found):
    """What EC2 still shows of things that are over does not count."""
    return [f for f in found if f.get("State", f.get("Status", {}).get("Code", "")) not in ("deleted", "delete-complete")]


LOOK = {
    "AWS::EC2::VPC": lambda i: ec2.describe_vpcs(VpcIds=[i])["Vpcs"],
    "AWS::EC2::Subnet": lambda i: ec2.describe_subnets(SubnetIds=[i])["Subnets"],
    "AWS::EC2::RouteTable": lambda i: ec2.describe_route_tables(RouteTableIds=[i])["RouteTables"],
    "AWS::EC2::SecurityGroup": lambda i: ec2.describe_security_groups(GroupIds=[i])["SecurityGroups"],
    "AWS::EC2::InternetGateway": lambda i: ec2.describe_internet_gateways(InternetGatewayIds=[i])["InternetGateways"],
    "AWS::EC2::EgressOnlyInternetGateway": lambda i: ec2.describe_egress_only_internet_gateways(EgressOnlyInternetGatewayIds=[i])["EgressOnlyInternetGateways"],
    "AWS::EC2::VPCPeeringConnection": lambda i: ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[i])["VpcPeeringConnections"],
    "AWS::EC2::DHCPOptions": lambda i: ec2.describe_dhcp_options(DhcpOptionsIds=[i])["DhcpOptions"],
    "AWS::EC2::VPNGateway": lambda i: ec2.describe_vpn_gateways(VpnGatewayIds=[i])["VpnGateways"],
    "AWS::EC2::CustomerGateway": lambda i: ec2.describe_customer_gateways(CustomerGatewayIds=[i])["CustomerGateways"],
    "AWS::EC2::VPNConnection": lambda i: ec2.describe_vpn_connections(VpnConnectionIds=[i])["VpnConnections"],
    "AWS::EC2::TransitGateway": lambda i: ec2.describe_transit_gateways(TransitGatewayIds=[i])["TransitGateways"],
    "AWS::EC2::TransitGatewayAttachment": lambda i: ec2.describe_transit_gateway_vpc_attachments(TransitGatewayAttachmentIds=[i])["TransitGatewayVpcAttachments"],
    "AWS::EC2::PrefixList": lambda i: ec2.describe_managed_prefix_lists(PrefixListIds=[i])["PrefixLists"],
}


def there(typ, id_):
    try:
        return bool(alive(LOOK[typ](id_)))
    except ClientError as e:
        if "NotFound" in e.response["Error"]["Code"]:
            return False
        raise


if sys.argv[1:2] == ["left"]:
    made = json.loads(sys.argv[2])
    print(json.dumps([r for r in made["gone"] + made["stays"] if there(*r)]))
    sys.exit()

gone = []


def own(kind, particle, id_):
    tags = {"pcf:app": "lab", "pcf:environment": "dev", "pcf:version": "1.0.0", "pcf:particle": particle}
    ec2.create_tags(Resources=[id_], Tags=[{"Key": k, "Value": v} for k, v in tags.items()])
    gone.append(["AWS::EC2::" + kind, id_])
    return id_


vpc = own("VPC", "vpc", ec2.create_vpc(CidrBlock="10.80.0.0/16")["Vpc"]["VpcId"])
other = ec2.create_vpc(CidrBlock="10.81.0.0/16")["Vpc"]["VpcId"]
subnet = own("Subnet", "subnet", ec2.create_subnet(VpcId=vpc, CidrBlock="10.80.1.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"])
table = own("RouteTable", "table", ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"])
ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
internet = own("InternetGateway", "internet", ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])
ec2.attach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)
ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=internet)
egress = ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
own("EgressOnlyInternetGateway", "egress", egress)
peering = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=other)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
own("VPCPeeringConnection", "peering", peering)
names = ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name", "Values": ["lab.example"]}])["DhcpOptions"]["DhcpOptionsId"]
ec2.associate_dhcp_options(DhcpOptionsId=own("DHCPOptions", "names", names), VpcId=vpc)
private = own("VPNGateway", "private", ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"])
ec2.attach_vpn_gateway(VpnGatewayId=private, VpcId=vpc)
office = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="192.0.2.1", BgpAsn=65000)["CustomerGateway"]["CustomerGatewayId"]
tunnel = ec2.create_vpn_connection(Type="ipsec.1", CustomerGatewayId=own("CustomerGateway", "office", office), VpnGatewayId=private)
own("VPNConnection", "tunnel", tunnel["VpnConnection"]["VpnConnectionId"])
transit = own("TransitGateway", "transit", ec2.create_transit_gateway(Description="lab")["TransitGateway"]["TransitGatewayId"])
attached = ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=transit, VpcId=vpc, SubnetIds=[subnet])["TransitGatewayVpcAttachment"]
own("TransitGatewayAttachment", "attached", attached["TransitGatewayAttachmentId"])
offices = ec2.create_managed_prefix_list(PrefixListName="offices", AddressFamily="IPv4", MaxEntries=2, Entries=[{"Cidr": "192.0.2.0/24"}])
offices = own("PrefixList", "offices", offices["PrefixList"]["PrefixListId"])
group = own("SecurityGroup", "group", ec2.create_security_group(GroupName="lab", Description="lab", VpcId=vpc)["GroupId"])
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": [{"PrefixListId": offices}]}])

print(json.dumps({"gone": gone, "stays": [["AWS::EC2::VPC", other]]}))
