package aws

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/relation"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// cannedEC2 reads one type from a server that answers each EC2 operation with the given
// content, in the form of the EC2 API reference: for what the emulator cannot say. A
// content that begins with "!" is an error code.
func cannedEC2(t *testing.T, typ string, answers map[string]string) (*inventory.Snapshot, map[string]*inventory.Resource) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		action := r.FormValue("Action")
		content, known := answers[action]
		switch {
		case action == "GetCallerIdentity":
			_, _ = fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/test</Arn>`+
				`<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		case known && content[0] == '!':
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `<Response><Errors><Error><Code>%s</Code><Message>canned</Message></Error></Errors></Response>`, content[1:])
		case known:
			_, _ = fmt.Fprintf(w, `<%sResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">%s</%[1]sResponse>`, action, content)
		default:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `<Response><Errors><Error><Code>InvalidAction</Code><Message>%s</Message></Error></Errors></Response>`, action)
		}
	}))
	t.Cleanup(server.Close)
	cfg := configure(t, []string{
		"AWS_ENDPOINT_URL=" + server.URL, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=eu-west-1",
		"AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent", "AWS_EC2_METADATA_DISABLED=true",
	})
	snapshot, err := Scan(t.Context(), cfg, Options{Types: []string{typ}})
	require.NoError(t, err)
	live := map[string]*inventory.Resource{}
	known, _ := schema.Lookup(typ)
	for _, r := range snapshot.Resources {
		live[r.Ref.ID] = r
		assert.Empty(t, schema.Problems(known, r.Properties), "%s", r.Ref)
	}
	return snapshot, live
}

func TestPlacementGroups(t *testing.T) {
	snapshot, live := cannedEC2(t, "AWS::EC2::PlacementGroup", map[string]string{"DescribePlacementGroups": `<placementGroupSet>
		<item><groupName>spread</groupName><groupId>pg-1</groupId><state>available</state><strategy>spread</strategy><spreadLevel>rack</spreadLevel>
			<groupArn>arn:aws:ec2:eu-west-1:123456789012:placement-group/spread</groupArn>
			<tagSet><item><key>pcf:app</key><value>orders</value></item></tagSet></item>
		<item><groupName>parts</groupName><state>available</state><strategy>partition</strategy><partitionCount>3</partitionCount><tagSet/></item>
		<item><groupName>managed</groupName><state>available</state><strategy>cluster</strategy>
			<operator><managed>true</managed><principal>eks.amazonaws.com</principal></operator></item>
		<item><groupName>old</groupName><state>deleted</state><strategy>cluster</strategy></item></placementGroupSet>`})
	assert.Empty(t, snapshot.Gaps)
	require.Len(t, live, 3, "a deleted group is not there")
	spread := live["spread"]
	assert.Equal(t, map[string]string{"pcf:app": "orders"}, spread.Tags)
	assert.Equal(t, "arn:aws:ec2:eu-west-1:123456789012:placement-group/spread", spread.ARN)
	assert.Equal(t, "available", spread.State)
	assert.Equal(t, "rack", spread.Properties["SpreadLevel"])
	assert.Equal(t, "spread", spread.Properties["Strategy"])
	assert.Equal(t, int64(3), live["parts"].Properties["PartitionCount"])
	assert.Equal(t, map[string]string{}, live["parts"].Tags)
	assert.Equal(t, "managed by eks.amazonaws.com", live["managed"].Foreign)
}

// The answer holds the tunnels' shared keys twice; the snapshot never.
func TestVPNConnectionLeavesItsKeysBehind(t *testing.T) {
	snapshot, live := cannedEC2(t, "AWS::EC2::VPNConnection", map[string]string{"DescribeVpnConnections": `<vpnConnectionSet><item>
		<vpnConnectionId>vpn-1</vpnConnectionId><state>available</state><type>ipsec.1</type><customerGatewayId>cgw-1</customerGatewayId>
		<transitGatewayId>tgw-1</transitGatewayId><vpnGatewayId/>
		<customerGatewayConfiguration>&lt;pre_shared_key&gt;hunter2&lt;/pre_shared_key&gt;</customerGatewayConfiguration>
		<options><enableAcceleration>true</enableAcceleration><staticRoutesOnly>false</staticRoutesOnly><tunnelInsideIpVersion>ipv4</tunnelInsideIpVersion>
			<localIpv4NetworkCidr>0.0.0.0/0</localIpv4NetworkCidr><tunnelOptionSet><item>
			<outsideIpAddress>203.0.113.9</outsideIpAddress><tunnelInsideCidr>169.254.1.0/30</tunnelInsideCidr><preSharedKey>hunter2</preSharedKey>
			<dpdTimeoutAction>restart</dpdTimeoutAction><dpdTimeoutSeconds>40</dpdTimeoutSeconds><phase1LifetimeSeconds>28800</phase1LifetimeSeconds>
			<ikeVersionSet><item><value>ikev2</value></item></ikeVersionSet>
			<phase1DHGroupNumberSet><item><value>20</value></item></phase1DHGroupNumberSet>
			<logOptions><cloudWatchLogOptions><logEnabled>true</logEnabled><logGroupArn>arn:aws:logs:eu-west-1:123456789012:log-group:vpn</logGroupArn>
				<logOutputFormat>json</logOutputFormat></cloudWatchLogOptions></logOptions></item></tunnelOptionSet></options></item></vpnConnectionSet>`})
	assert.Empty(t, snapshot.Gaps)
	r := live["vpn-1"]
	require.NotNil(t, r)
	for pointer, want := range map[string]any{
		"/TransitGatewayId": "tgw-1", "/EnableAcceleration": true, "/StaticRoutesOnly": false, "/TunnelInsideIpVersion": "ipv4",
		"/VpnTunnelOptionsSpecifications/0/TunnelInsideCidr":                                "169.254.1.0/30",
		"/VpnTunnelOptionsSpecifications/0/DPDTimeoutAction":                                "restart",
		"/VpnTunnelOptionsSpecifications/0/DPDTimeoutSeconds":                               int64(40),
		"/VpnTunnelOptionsSpecifications/0/Phase1LifetimeSeconds":                           int64(28800),
		"/VpnTunnelOptionsSpecifications/0/IKEVersions/0/Value":                             "ikev2",
		"/VpnTunnelOptionsSpecifications/0/Phase1DHGroupNumbers/0/Value":                    int64(20),
		"/VpnTunnelOptionsSpecifications/0/LogOptions/CloudwatchLogOptions/LogEnabled":      true,
		"/VpnTunnelOptionsSpecifications/0/LogOptions/CloudwatchLogOptions/LogOutputFormat": "json",
	} {
		got, ok := inventory.At(r.Properties, pointer)
		assert.True(t, ok, pointer)
		assert.Equal(t, want, got, pointer)
	}
	assert.NotContains(t, r.Properties, "VpnGatewayId", "an empty text is no gateway")
	assert.True(t, r.IsUnread("/VpnTunnelOptionsSpecifications/0/PreSharedKey"))
	written, err := json.Marshal(snapshot)
	require.NoError(t, err)
	assert.NotContains(t, string(written), "hunter2")
}

func TestNATGatewayAddresses(t *testing.T) {
	_, live := cannedEC2(t, "AWS::EC2::NatGateway", map[string]string{"DescribeNatGateways": `<natGatewaySet>
		<item><natGatewayId>nat-zonal</natGatewayId><state>available</state><connectivityType>public</connectivityType><availabilityMode>zonal</availabilityMode>
			<subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><createTime>2026-01-02T03:04:05Z</createTime><natGatewayAddressSet>
			<item><allocationId>eipalloc-2</allocationId><privateIp>10.0.0.6</privateIp><networkInterfaceId>eni-1</networkInterfaceId><isPrimary>false</isPrimary></item>
			<item><allocationId>eipalloc-1</allocationId><privateIp>10.0.0.5</privateIp><networkInterfaceId>eni-1</networkInterfaceId><isPrimary>true</isPrimary></item>
			</natGatewayAddressSet></item>
		<item><natGatewayId>nat-regional</natGatewayId><state>available</state><connectivityType>public</connectivityType><availabilityMode>regional</availabilityMode>
			<autoProvisionZones>enabled</autoProvisionZones><vpcId>vpc-1</vpcId><natGatewayAddressSet>
			<item><allocationId>eipalloc-3</allocationId><privateIp>10.0.0.7</privateIp></item></natGatewayAddressSet></item>
		<item><natGatewayId>nat-failed</natGatewayId><state>failed</state></item>
		<item><natGatewayId>nat-gone</natGatewayId><state>deleted</state></item></natGatewaySet>`})
	require.Len(t, live, 3, "a deleted gateway is not there, a failed one is")
	zonal := live["nat-zonal"].Properties
	assert.Equal(t, "eipalloc-1", zonal["AllocationId"], "the primary address, wherever it stands")
	assert.Equal(t, "10.0.0.5", zonal["PrivateIpAddress"])
	assert.Equal(t, "eni-1", zonal["EniId"])
	assert.Equal(t, []any{"eipalloc-2"}, zonal["SecondaryAllocationIds"])
	assert.Equal(t, []any{"10.0.0.6"}, zonal["SecondaryPrivateIpAddresses"])
	assert.Equal(t, "public", zonal["ConnectivityType"])
	assert.Equal(t, "2026-01-02T03:04:05Z", live["nat-zonal"].Created.Format("2006-01-02T15:04:05Z07:00"))
	regional := live["nat-regional"].Properties
	assert.Equal(t, "enabled", regional["AutoProvisionZones"])
	assert.NotContains(t, regional, "AllocationId", "a regional gateway has no first address")
	assert.Equal(t, "failed", live["nat-failed"].State)
}

func TestAssociationsThatServicesMake(t *testing.T) {
	snapshot, live := cannedEC2(t, "AWS::EC2::EIPAssociation", map[string]string{
		"DescribeAddresses": `<addressesSet>
			<item><publicIp>203.0.113.1</publicIp><allocationId>eipalloc-1</allocationId><associationId>eipassoc-1</associationId>
				<networkInterfaceId>eni-nat</networkInterfaceId><privateIpAddress>10.0.0.5</privateIpAddress>
				<tagSet><item><key>pcf:app</key><value>orders</value></item></tagSet></item>
			<item><publicIp>203.0.113.2</publicIp><allocationId>eipalloc-2</allocationId><associationId>eipassoc-2</associationId>
				<networkInterfaceId>eni-own</networkInterfaceId></item>
			<item><publicIp>203.0.113.3</publicIp><allocationId>eipalloc-3</allocationId><associationId>eipassoc-3</associationId>
				<networkInterfaceId>eni-alb</networkInterfaceId><serviceManaged>alb</serviceManaged></item>
			<item><publicIp>203.0.113.4</publicIp><allocationId>eipalloc-4</allocationId></item></addressesSet>`,
		"DescribeNetworkInterfaces": `<networkInterfaceSet>
			<item><networkInterfaceId>eni-nat</networkInterfaceId><interfaceType>nat_gateway</interfaceType><requesterManaged>true</requesterManaged></item>
			<item><networkInterfaceId>eni-own</networkInterfaceId><interfaceType>interface</interfaceType><requesterManaged>false</requesterManaged></item>
			</networkInterfaceSet>`,
	})
	assert.Empty(t, snapshot.Gaps)
	require.Len(t, live, 3)
	assert.Equal(t, "made for an interface of kind nat_gateway that its requester manages", live["eipassoc-1"].Foreign)
	assert.Equal(t, map[string]string{}, live["eipassoc-1"].Tags, "the tags are the address's")
	assert.Equal(t, "203.0.113.1", live["eipassoc-1"].Properties["EIP"])
	assert.Empty(t, live["eipassoc-2"].Foreign)
	assert.Equal(t, "eni-own", live["eipassoc-2"].Properties["NetworkInterfaceId"])
	assert.Equal(t, "managed by service alb", live["eipassoc-3"].Foreign)
}

const (
	cannedDefaultVPC = `<vpcSet><item><vpcId>vpc-default</vpcId><isDefault>true</isDefault></item></vpcSet>`
	cannedGateways   = `<internetGatewaySet>
		<item><internetGatewayId>igw-default</internetGatewayId><ownerId>123456789012</ownerId>
			<attachmentSet><item><vpcId>vpc-default</vpcId><state>available</state></item></attachmentSet></item>
		<item><internetGatewayId>igw-own</internetGatewayId><ownerId>123456789012</ownerId>
			<attachmentSet><item><vpcId>vpc-own</vpcId><state>available</state></item></attachmentSet></item>
		<item><internetGatewayId>igw-left</internetGatewayId><ownerId>123456789012</ownerId>
			<attachmentSet><item><vpcId>vpc-left</vpcId><state>detached</state></item></attachmentSet></item></internetGatewaySet>`
)

// What EC2 makes with a default VPC is foreign; the same made by somebody is not.
func TestDefaultVPCsGatewayIsForeign(t *testing.T) {
	_, gateways := cannedEC2(t, "AWS::EC2::InternetGateway", map[string]string{"DescribeVpcs": cannedDefaultVPC, "DescribeInternetGateways": cannedGateways})
	require.Len(t, gateways, 3)
	assert.Equal(t, "internet gateway of the default VPC", gateways["igw-default"].Foreign)
	assert.Empty(t, gateways["igw-own"].Foreign)

	_, attachments := cannedEC2(t, "AWS::EC2::VPCGatewayAttachment", map[string]string{
		"DescribeVpcs": cannedDefaultVPC, "DescribeInternetGateways": cannedGateways,
		"DescribeVpnGateways": `<vpnGatewaySet><item><vpnGatewayId>vgw-1</vpnGatewayId><state>available</state>
			<attachments><item><vpcId>vpc-own</vpcId><state>attached</state></item><item><vpcId>vpc-left</vpcId><state>detached</state></item></attachments></item></vpnGatewaySet>`,
	})
	require.Len(t, attachments, 3, "what was detached is not there")
	assert.Equal(t, "attachment of the default VPC's internet gateway", attachments["IGW|vpc-default"].Foreign)
	assert.Empty(t, attachments["IGW|vpc-own"].Foreign)
	assert.Equal(t, "vgw-1", attachments["VGW|vpc-own"].Properties["VpnGatewayId"])

	t.Run("a region without a default VPC has none of it", func(t *testing.T) {
		_, gateways := cannedEC2(t, "AWS::EC2::InternetGateway", map[string]string{"DescribeVpcs": `<vpcSet/>`, "DescribeInternetGateways": cannedGateways})
		require.Len(t, gateways, 3)
		assert.Empty(t, gateways["igw-default"].Foreign)
	})
	t.Run("when that cannot be found out, nothing is said", func(t *testing.T) {
		snapshot, gateways := cannedEC2(t, "AWS::EC2::InternetGateway", map[string]string{"DescribeVpcs": "!UnauthorizedOperation", "DescribeInternetGateways": cannedGateways})
		assert.Empty(t, gateways)
		require.Len(t, snapshot.Gaps, 1)
		assert.Equal(t, inventory.Denied, snapshot.Gaps[0].Reason)
	})
}

func TestRoutesAndWhoMadeThem(t *testing.T) {
	_, live := cannedEC2(t, "AWS::EC2::Route", map[string]string{
		"DescribeVpcs": cannedDefaultVPC,
		"DescribeRouteTables": `<routeTableSet>
			<item><routeTableId>rtb-default</routeTableId><vpcId>vpc-default</vpcId><ownerId>123456789012</ownerId>
				<associationSet><item><routeTableAssociationId>rtbassoc-1</routeTableAssociationId><main>true</main></item></associationSet><routeSet>
				<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-default</gatewayId><state>active</state><origin>CreateRoute</origin></item>
				<item><destinationCidrBlock>10.9.0.0/16</destinationCidrBlock><vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId><state>active</state><origin>CreateRoute</origin></item>
			</routeSet></item>
			<item><routeTableId>rtb-own</routeTableId><vpcId>vpc-own</vpcId><ownerId>123456789012</ownerId><associationSet/><routeSet>
				<item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId><state>active</state><origin>CreateRouteTable</origin></item>
				<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-own</gatewayId><state>active</state><origin>CreateRoute</origin></item>
				<item><destinationCidrBlock>172.16.0.0/12</destinationCidrBlock><gatewayId>vgw-1</gatewayId><state>active</state><origin>EnableVgwRoutePropagation</origin></item>
				<item><destinationPrefixListId>pl-s3</destinationPrefixListId><gatewayId>vpce-gateway</gatewayId><state>active</state><origin>CreateRoute</origin></item>
				<item><destinationCidrBlock>10.8.0.0/16</destinationCidrBlock><gatewayId>vpce-firewall</gatewayId><state>active</state><origin>CreateRoute</origin></item>
				<item><destinationPrefixListId>pl-own</destinationPrefixListId><natGatewayId>nat-1</natGatewayId><state>blackhole</state><origin>CreateRoute</origin></item>
			</routeSet></item>
			<item><routeTableId>rtb-shared</routeTableId><vpcId>vpc-2</vpcId><ownerId>210987654321</ownerId><routeSet>
				<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-2</gatewayId><state>active</state><origin>CreateRoute</origin></item>
			</routeSet></item></routeTableSet>`,
	})
	foreign := map[string]string{}
	for id, r := range live {
		foreign[id] = r.Foreign
	}
	assert.Equal(t, map[string]string{
		"rtb-default|0.0.0.0/0":   "default VPC's route to the internet",
		"rtb-default|10.9.0.0/16": "",
		"rtb-own|10.0.0.0/16":     "local route that came with its table",
		"rtb-own|0.0.0.0/0":       "",
		"rtb-own|172.16.0.0/12":   "route that a gateway announces",
		"rtb-own|pl-s3":           "route that its VPC endpoint made",
		"rtb-own|10.8.0.0/16":     "",
		"rtb-own|pl-own":          "",
		"rtb-shared|0.0.0.0/0":    "shared by account 210987654321",
	}, foreign)
	firewall := live["rtb-own|10.8.0.0/16"].Properties
	assert.Equal(t, "vpce-firewall", firewall["VpcEndpointId"], "a target of its own in CloudFormation")
	assert.NotContains(t, firewall, "GatewayId")
	assert.Equal(t, "pl-own", live["rtb-own|pl-own"].Properties["DestinationPrefixListId"])
	assert.Equal(t, "blackhole", live["rtb-own|pl-own"].State)
}

func TestNetworkACLEntries(t *testing.T) {
	_, live := cannedEC2(t, "AWS::EC2::NetworkAclEntry", map[string]string{"DescribeNetworkAcls": `<networkAclSet>
		<item><networkAclId>acl-d</networkAclId><vpcId>vpc-1</vpcId><default>true</default><ownerId>123456789012</ownerId><entrySet>
			<item><ruleNumber>100</ruleNumber><protocol>-1</protocol><ruleAction>allow</ruleAction><egress>false</egress><cidrBlock>0.0.0.0/0</cidrBlock></item>
			<item><ruleNumber>101</ruleNumber><protocol>-1</protocol><ruleAction>allow</ruleAction><egress>false</egress><ipv6CidrBlock>::/0</ipv6CidrBlock></item>
			<item><ruleNumber>100</ruleNumber><protocol>6</protocol><ruleAction>allow</ruleAction><egress>true</egress><cidrBlock>0.0.0.0/0</cidrBlock>
				<portRange><from>443</from><to>443</to></portRange></item>
			<item><ruleNumber>32767</ruleNumber><protocol>-1</protocol><ruleAction>deny</ruleAction><egress>false</egress><cidrBlock>0.0.0.0/0</cidrBlock></item>
			<item><ruleNumber>32768</ruleNumber><protocol>-1</protocol><ruleAction>deny</ruleAction><egress>false</egress><ipv6CidrBlock>::/0</ipv6CidrBlock></item></entrySet></item>
		<item><networkAclId>acl-o</networkAclId><vpcId>vpc-1</vpcId><default>false</default><ownerId>123456789012</ownerId><entrySet>
			<item><ruleNumber>100</ruleNumber><protocol>58</protocol><ruleAction>allow</ruleAction><egress>false</egress><ipv6CidrBlock>::/0</ipv6CidrBlock>
				<icmpTypeCode><type>-1</type><code>-1</code></icmpTypeCode></item></entrySet></item></networkAclSet>`})
	foreign := map[string]string{}
	for id, r := range live {
		foreign[id] = r.Foreign
	}
	assert.Equal(t, map[string]string{
		"acl-d|ingress|100":   "entry that a default network ACL comes with",
		"acl-d|ingress|101":   "entry that a default network ACL comes with",
		"acl-d|egress|100":    "",
		"acl-d|ingress|32767": "last entry of every network ACL",
		"acl-d|ingress|32768": "last entry of every network ACL",
		"acl-o|ingress|100":   "",
	}, foreign)
	assert.Equal(t, inventory.Properties{
		"Id": "acl-o|ingress|100", "NetworkAclId": "acl-o", "RuleNumber": int64(100), "Protocol": int64(58), "RuleAction": "allow", "Egress": false,
		"Ipv6CidrBlock": "::/0", "Icmp": map[string]any{"Type": int64(-1), "Code": int64(-1)},
	}, live["acl-o|ingress|100"].Properties)
}

func TestVPCEndpoints(t *testing.T) {
	_, live := cannedEC2(t, "AWS::EC2::VPCEndpoint", map[string]string{"DescribeVpcEndpoints": `<vpcEndpointSet>
		<item><vpcEndpointId>vpce-1</vpcEndpointId><vpcEndpointType>Interface</vpcEndpointType><vpcId>vpc-1</vpcId><serviceName>com.amazonaws.eu-west-1.s3</serviceName>
			<state>available</state><ownerId>123456789012</ownerId><requesterManaged>false</requesterManaged><ipAddressType>ipv4</ipAddressType>
			<dnsOptions><dnsRecordIpType>ipv4</dnsRecordIpType><privateDnsOnlyForInboundResolverEndpoint>true</privateDnsOnlyForInboundResolverEndpoint></dnsOptions>
			<dnsEntrySet><item><dnsName>vpce-1.s3.eu-west-1.vpce.amazonaws.com</dnsName><hostedZoneId>Z1</hostedZoneId></item></dnsEntrySet></item>
		<item><vpcEndpointId>vpce-2</vpcEndpointId><vpcId>vpc-1</vpcId><serviceName>com.amazonaws.vpce.eu-west-1.rds</serviceName><state>available</state>
			<ownerId>123456789012</ownerId><requesterManaged>true</requesterManaged></item>
		<item><vpcEndpointId>vpce-3</vpcEndpointId><vpcId>vpc-1</vpcId><state>deleted</state></item></vpcEndpointSet>`})
	require.Len(t, live, 2, "a deleted endpoint is not there")
	p := live["vpce-1"].Properties
	assert.Equal(t, []any{"Z1:vpce-1.s3.eu-west-1.vpce.amazonaws.com"}, p["DnsEntries"])
	assert.Equal(t, map[string]any{"DnsRecordIpType": "ipv4", "PrivateDnsOnlyForInboundResolverEndpoint": "OnlyInboundResolver"}, p["DnsOptions"])
	assert.Empty(t, live["vpce-1"].Foreign)
	assert.Equal(t, "VPC endpoint managed by the service com.amazonaws.vpce.eu-west-1.rds", live["vpce-2"].Foreign)
}

// A connection is its requester's: the other end sees it and does not own it.
func TestPeeringConnectionIsItsRequesters(t *testing.T) {
	end := func(role, account, region, vpc string) string {
		return fmt.Sprintf(`<%s><ownerId>%s</ownerId><region>%s</region><vpcId>%s</vpcId></%[1]s>`, role, account, region, vpc)
	}
	_, live := cannedEC2(t, "AWS::EC2::VPCPeeringConnection", map[string]string{"DescribeVpcPeeringConnections": `<vpcPeeringConnectionSet>` +
		`<item><vpcPeeringConnectionId>pcx-own</vpcPeeringConnectionId><status><code>active</code></status>` +
		end("requesterVpcInfo", "123456789012", "eu-west-1", "vpc-1") + end("accepterVpcInfo", "210987654321", "us-east-1", "vpc-2") + `</item>` +
		`<item><vpcPeeringConnectionId>pcx-region</vpcPeeringConnectionId><status><code>active</code></status>` +
		end("requesterVpcInfo", "123456789012", "us-east-1", "vpc-3") + end("accepterVpcInfo", "123456789012", "eu-west-1", "vpc-1") + `</item>` +
		`<item><vpcPeeringConnectionId>pcx-account</vpcPeeringConnectionId><status><code>pending-acceptance</code></status>` +
		end("requesterVpcInfo", "210987654321", "eu-west-1", "vpc-4") + end("accepterVpcInfo", "123456789012", "eu-west-1", "vpc-1") + `</item>` +
		`<item><vpcPeeringConnectionId>pcx-gone</vpcPeeringConnectionId><status><code>deleted</code></status></item>` +
		`<item><vpcPeeringConnectionId>pcx-refused</vpcPeeringConnectionId><status><code>rejected</code></status></item></vpcPeeringConnectionSet>`})
	require.Len(t, live, 3)
	assert.Empty(t, live["pcx-own"].Foreign)
	assert.Equal(t, "210987654321", live["pcx-own"].Properties["PeerOwnerId"])
	assert.Equal(t, "us-east-1", live["pcx-own"].Properties["PeerRegion"])
	assert.Equal(t, "peering connection that was requested in region us-east-1", live["pcx-region"].Foreign)
	assert.Equal(t, "shared by account 210987654321", live["pcx-account"].Foreign)
	assert.Equal(t, "pending-acceptance", live["pcx-account"].State)
}

// A VPC is in the way of the options that it uses, of which no property of its type tells.
func TestVPCRefersToItsDHCPOptions(t *testing.T) {
	_, live := cannedEC2(t, "AWS::EC2::VPC", map[string]string{
		"DescribeVpcs": `<vpcSet><item><vpcId>vpc-1</vpcId><dhcpOptionsId>dopt-1</dhcpOptionsId><ownerId>123456789012</ownerId></item>` +
			`<item><vpcId>vpc-2</vpcId><dhcpOptionsId>default</dhcpOptionsId><ownerId>123456789012</ownerId></item></vpcSet>`,
		"DescribeVpcAttribute": `<vpcId>vpc-1</vpcId><enableDnsSupport><value>true</value></enableDnsSupport>`,
	})
	require.Len(t, live, 2)
	to := live["vpc-1"].Ref
	to.Type, to.ID = "AWS::EC2::DHCPOptions", "dopt-1"
	assert.Equal(t, []inventory.Relation{{Kind: relation.Hard, To: to}}, live["vpc-1"].Relations)
	assert.Empty(t, live["vpc-2"].Relations, "it uses none")
}

func TestDefaultDHCPOptionsAreForeign(t *testing.T) {
	set := func(id, tags string, options ...string) string {
		item := `<item><dhcpOptionsId>` + id + `</dhcpOptionsId><ownerId>123456789012</ownerId><dhcpConfigurationSet>`
		for i := 0; i < len(options); i += 2 {
			item += `<item><key>` + options[i] + `</key><valueSet><item><value>` + options[i+1] + `</value></item></valueSet></item>`
		}
		return item + `</dhcpConfigurationSet><tagSet>` + tags + `</tagSet></item>`
	}
	const tag = `<item><key>pcf:app</key><value>orders</value></item>`
	_, live := cannedEC2(t, "AWS::EC2::DHCPOptions", map[string]string{"DescribeDhcpOptions": `<dhcpOptionsSet>` +
		set("dopt-default", "", "domain-name", "eu-west-1.compute.internal", "domain-name-servers", "AmazonProvidedDNS") +
		set("dopt-tagged", tag, "domain-name", "ec2.internal", "domain-name-servers", "AmazonProvidedDNS") +
		set("dopt-more", "", "domain-name", "ec2.internal", "domain-name-servers", "AmazonProvidedDNS", "ntp-servers", "10.0.0.9") +
		set("dopt-own", "", "domain-name", "orders.example", "domain-name-servers", "10.0.0.2", "netbios-name-servers", "10.0.0.3",
			"netbios-node-type", "2", "ipv6-address-preferred-lease-time", "140") + `</dhcpOptionsSet>`})
	require.Len(t, live, 4)
	assert.Equal(t, "default DHCP options of the region", live["dopt-default"].Foreign)
	assert.Empty(t, live["dopt-tagged"].Foreign, "nobody tags what is not theirs")
	assert.Empty(t, live["dopt-more"].Foreign)
	assert.Equal(t, inventory.Properties{
		"DhcpOptionsId": "dopt-own", "DomainName": "orders.example", "DomainNameServers": []any{"10.0.0.2"}, "NetbiosNameServers": []any{"10.0.0.3"},
		"NetbiosNodeType": int64(2), "Ipv6AddressPreferredLeaseTime": int64(140),
	}, live["dopt-own"].Properties)
}

func TestTransitGatewaysOfOthers(t *testing.T) {
	_, gateways := cannedEC2(t, "AWS::EC2::TransitGateway", map[string]string{"DescribeTransitGateways": `<transitGatewaySet>
		<item><transitGatewayId>tgw-1</transitGatewayId><transitGatewayArn>arn:aws:ec2:eu-west-1:210987654321:transit-gateway/tgw-1</transitGatewayArn>
			<state>available</state><ownerId>210987654321</ownerId><options><amazonSideAsn>4200000000</amazonSideAsn><dnsSupport>enable</dnsSupport>
			<encryptionSupport><encryptionState>enabled</encryptionState></encryptionSupport>
			<transitGatewayCidrBlocks><item>10.99.0.0/24</item></transitGatewayCidrBlocks></options></item>
		<item><transitGatewayId>tgw-2</transitGatewayId><state>deleted</state></item></transitGatewaySet>`})
	require.Len(t, gateways, 1)
	hub := gateways["tgw-1"]
	assert.Equal(t, "shared by account 210987654321", hub.Foreign)
	assert.Equal(t, int64(4200000000), hub.Properties["AmazonSideAsn"])
	assert.Equal(t, "enabled", hub.Properties["EncryptionSupportState"])
	assert.Equal(t, []any{"10.99.0.0/24"}, hub.Properties["TransitGatewayCidrBlocks"])

	_, attachments := cannedEC2(t, "AWS::EC2::TransitGatewayAttachment", map[string]string{"DescribeTransitGatewayVpcAttachments": `<transitGatewayVpcAttachments>
		<item><transitGatewayAttachmentId>tgw-attach-1</transitGatewayAttachmentId><transitGatewayId>tgw-1</transitGatewayId><vpcId>vpc-1</vpcId>
			<vpcOwnerId>123456789012</vpcOwnerId><state>available</state><subnetIds><item>subnet-1</item></subnetIds>
			<options><applianceModeSupport>disable</applianceModeSupport></options></item>
		<item><transitGatewayAttachmentId>tgw-attach-2</transitGatewayAttachmentId><vpcOwnerId>210987654321</vpcOwnerId><state>available</state></item>
		<item><transitGatewayAttachmentId>tgw-attach-3</transitGatewayAttachmentId><state>deleted</state></item></transitGatewayVpcAttachments>`})
	require.Len(t, attachments, 2)
	assert.Empty(t, attachments["tgw-attach-1"].Foreign, "it is the VPC's, whoever owns the gateway")
	assert.Equal(t, map[string]any{"ApplianceModeSupport": "disable"}, attachments["tgw-attach-1"].Properties["Options"])
	assert.Equal(t, "shared by account 210987654321", attachments["tgw-attach-2"].Foreign)
}

func TestFlowLogSources(t *testing.T) {
	for id, want := range map[string]string{
		"vpc-0a": "VPC", "subnet-0a": "Subnet", "eni-0a": "NetworkInterface", "tgw-0a": "TransitGateway",
		"tgw-attach-0a": "TransitGatewayAttachment", "nat-0a": "RegionalNatGateway", "new-kind-0a": "", "": "",
	} {
		assert.Equal(t, want, flowLogSource(id), id)
	}
}

func TestPrefixLists(t *testing.T) {
	lists := `<prefixListSet>
		<item><prefixListId>pl-1</prefixListId><prefixListName>offices</prefixListName><addressFamily>IPv4</addressFamily><maxEntries>5</maxEntries>
			<version>3</version><ownerId>123456789012</ownerId><state>modify-complete</state></item>
		<item><prefixListId>pl-2</prefixListId><prefixListName>gone</prefixListName><ownerId>123456789012</ownerId><state>delete-complete</state></item></prefixListSet>`
	_, live := cannedEC2(t, "AWS::EC2::PrefixList", map[string]string{
		"DescribeManagedPrefixLists":  lists,
		"GetManagedPrefixListEntries": `<entrySet><item><cidr>203.0.113.0/24</cidr></item></entrySet>`,
	})
	require.Len(t, live, 1)
	assert.Equal(t, []any{map[string]any{"Cidr": "203.0.113.0/24"}}, live["pl-1"].Properties["Entries"])
	assert.Equal(t, int64(3), live["pl-1"].Properties["Version"])

	t.Run("deleted between the calls: not there, and no gap", func(t *testing.T) {
		snapshot, live := cannedEC2(t, "AWS::EC2::PrefixList", map[string]string{
			"DescribeManagedPrefixLists":  lists,
			"GetManagedPrefixListEntries": "!InvalidPrefixListID.NotFound",
		})
		assert.Empty(t, live)
		assert.Empty(t, snapshot.Gaps)
	})
	t.Run("entries that cannot be read are unread", func(t *testing.T) {
		snapshot, live := cannedEC2(t, "AWS::EC2::PrefixList", map[string]string{
			"DescribeManagedPrefixLists":  lists,
			"GetManagedPrefixListEntries": "!UnauthorizedOperation",
		})
		require.Len(t, snapshot.Gaps, 1)
		assert.True(t, live["pl-1"].IsUnread("/Entries/0/Cidr"))
	})
}

func TestCustomerGatewaysAndKeys(t *testing.T) {
	_, gateways := cannedEC2(t, "AWS::EC2::CustomerGateway", map[string]string{"DescribeCustomerGateways": `<customerGatewaySet>
		<item><customerGatewayId>cgw-1</customerGatewayId><state>available</state><type>ipsec.1</type><ipAddress>203.0.113.7</ipAddress>
			<bgpAsnExtended>4200000001</bgpAsnExtended><deviceName>edge</deviceName></item>
		<item><customerGatewayId>cgw-2</customerGatewayId><state>deleted</state></item></customerGatewaySet>`})
	require.Len(t, gateways, 1)
	assert.Equal(t, inventory.Properties{
		"CustomerGatewayId": "cgw-1", "Type": "ipsec.1", "IpAddress": "203.0.113.7", "BgpAsnExtended": int64(4200000001), "DeviceName": "edge",
	}, gateways["cgw-1"].Properties)

	_, keys := cannedEC2(t, "AWS::EC2::KeyPair", map[string]string{"DescribeKeyPairs": `<keySet><item><keyPairId>key-1</keyPairId><keyName>orders</keyName>
		<keyType>ed25519</keyType><keyFingerprint>aa:bb</keyFingerprint><createTime>2026-01-02T03:04:05.000Z</createTime></item></keySet>`})
	assert.Equal(t, "ed25519", keys["orders"].Properties["KeyType"])
	assert.True(t, keys["orders"].IsUnread("/PublicKeyMaterial"))
	assert.Equal(t, 2026, keys["orders"].Created.Year())
}

// A volume that was made with its instance is a part of it; one attached later is not.
func TestVolumeAttachmentsOfInstances(t *testing.T) {
	attachment := func(volume, state, ends, more string) string {
		return `<item><volumeId>` + volume + `</volumeId><attachmentSet><item><volumeId>` + volume + `</volumeId><instanceId>i-1</instanceId><device>/dev/sdf</device><status>` +
			state + `</status><deleteOnTermination>` + ends + `</deleteOnTermination>` + more + `</item></attachmentSet></item>`
	}
	_, live := cannedEC2(t, "AWS::EC2::VolumeAttachment", map[string]string{"DescribeVolumes": `<volumeSet>` +
		attachment("vol-root", "attached", "true", "") + attachment("vol-data", "attached", "false", "") + attachment("vol-left", "detached", "false", "") +
		attachment("vol-task", "attached", "true", "<instanceOwningService>ecs.amazonaws.com</instanceOwningService>") + `</volumeSet>`})
	require.Len(t, live, 3)
	require.Len(t, live["vol-root|i-1"].Relations, 1)
	assert.Equal(t, "owner", live["vol-root|i-1"].Relations[0].Kind)
	assert.Equal(t, "i-1", live["vol-root|i-1"].Relations[0].To.ID)
	assert.Empty(t, live["vol-data|i-1"].Relations)
	assert.Empty(t, live["vol-data|i-1"].Foreign)
	assert.Equal(t, "attached by ecs.amazonaws.com", live["vol-task|i-1"].Foreign)
}

// A template whose latest version nobody told is there, and what it holds is unknown.
func TestLaunchTemplateWithoutItsVersion(t *testing.T) {
	const templates = `<launchTemplates><item><launchTemplateId>lt-1</launchTemplateId><launchTemplateName>web</launchTemplateName>
		<latestVersionNumber>2</latestVersionNumber></item></launchTemplates>`
	for why, versions := range map[string]string{
		"the list lacks it": `<launchTemplateVersionSet><item><launchTemplateId>lt-2</launchTemplateId></item></launchTemplateVersionSet>`,
		"the list failed":   "!UnauthorizedOperation",
	} {
		t.Run(why, func(t *testing.T) {
			snapshot, live := cannedEC2(t, "AWS::EC2::LaunchTemplate", map[string]string{"DescribeLaunchTemplates": templates, "DescribeLaunchTemplateVersions": versions})
			require.Len(t, snapshot.Gaps, 1)
			require.NotNil(t, live["lt-1"])
			assert.Equal(t, "web", live["lt-1"].Name)
			assert.True(t, live["lt-1"].IsUnread("/LaunchTemplateData/MetadataOptions/HttpTokens"))
		})
	}
}
