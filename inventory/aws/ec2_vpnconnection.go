package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func init() {
	register(Reader{
		Type:  "AWS::EC2::VPNConnection",
		Calls: map[string]string{"EC2.DescribeVpnConnections": "ec2:DescribeVpnConnections"},
		Reads: []string{
			"/CustomerGatewayId", "/EnableAcceleration", "/LocalIpv4NetworkCidr", "/LocalIpv6NetworkCidr",
			"/OutsideIpAddressType", "/RemoteIpv4NetworkCidr", "/RemoteIpv6NetworkCidr", "/StaticRoutesOnly", "/Tags",
			"/TransitGatewayId", "/TransportTransitGatewayAttachmentId", "/TunnelBandwidth", "/TunnelInsideIpVersion", "/Type",
			"/VpnConcentratorId", "/VpnConnectionId", "/VpnGatewayId",
			"/VpnTunnelOptionsSpecifications/*/DPDTimeoutAction", "/VpnTunnelOptionsSpecifications/*/DPDTimeoutSeconds",
			"/VpnTunnelOptionsSpecifications/*/EnableTunnelLifecycleControl", "/VpnTunnelOptionsSpecifications/*/IKEVersions",
			"/VpnTunnelOptionsSpecifications/*/LogOptions",
			"/VpnTunnelOptionsSpecifications/*/Phase1DHGroupNumbers", "/VpnTunnelOptionsSpecifications/*/Phase1EncryptionAlgorithms",
			"/VpnTunnelOptionsSpecifications/*/Phase1IntegrityAlgorithms", "/VpnTunnelOptionsSpecifications/*/Phase1LifetimeSeconds",
			"/VpnTunnelOptionsSpecifications/*/Phase2DHGroupNumbers", "/VpnTunnelOptionsSpecifications/*/Phase2EncryptionAlgorithms",
			"/VpnTunnelOptionsSpecifications/*/Phase2IntegrityAlgorithms", "/VpnTunnelOptionsSpecifications/*/Phase2LifetimeSeconds",
			"/VpnTunnelOptionsSpecifications/*/RekeyFuzzPercentage", "/VpnTunnelOptionsSpecifications/*/RekeyMarginTimeSeconds",
			"/VpnTunnelOptionsSpecifications/*/ReplayWindowSize", "/VpnTunnelOptionsSpecifications/*/StartupAction",
			"/VpnTunnelOptionsSpecifications/*/TunnelInsideCidr", "/VpnTunnelOptionsSpecifications/*/TunnelInsideIpv6Cidr",
		},
		list: listVPNConnections,
	})
}

// listVPNConnections reads all connections in one call: EC2 has no pages here. It still
// lists deleted ones for a while; they are left out.
func listVPNConnections(ctx context.Context, c *cell) error {
	out, err := ec2.NewFromConfig(c.cfg).DescribeVpnConnections(ctx, &ec2.DescribeVpnConnectionsInput{})
	if err != nil {
		return err
	}
	for _, v := range out.VpnConnections {
		if v.State != types.VpnStateDeleted {
			c.emit(c.vpnConnection(v))
		}
	}
	return nil
}

// vpnConnection takes over what is named here and nothing else: the answer also holds
// the shared keys of the tunnels, in the device's configuration and in its options.
func (c *cell) vpnConnection(v types.VpnConnection) *item {
	id := sdk.ToString(v.VpnConnectionId)
	it := c.item(id, c.arn("ec2", "vpn-connection/"+id))
	it.set("VpnConnectionId", id)
	it.set("Type", v.Type)
	it.set("CustomerGatewayId", v.CustomerGatewayId)
	for name, peer := range map[string]*string{
		"TransitGatewayId": v.TransitGatewayId, "VpnConcentratorId": v.VpnConcentratorId, "VpnGatewayId": v.VpnGatewayId,
	} {
		if sdk.ToString(peer) != "" {
			it.set(name, peer)
		}
	}
	if o := v.Options; o != nil {
		tunnels := []map[string]any{}
		for _, t := range o.TunnelOptions {
			tunnels = append(tunnels, vpnTunnel(t))
		}
		o.TunnelOptions = nil
		it.merge(o, nil)
		it.set("VpnTunnelOptionsSpecifications", tunnels)
	}
	it.tag(v.Tags)
	it.State = string(v.State)
	return it
}

// vpnTunnel leaves the shared key of the tunnel behind.
func vpnTunnel(t types.TunnelOption) map[string]any {
	t.PreSharedKey = nil
	options := plain(t).(map[string]any)
	for ec2, cloudformation := range map[string]string{
		"DpdTimeoutAction": "DPDTimeoutAction", "DpdTimeoutSeconds": "DPDTimeoutSeconds", "IkeVersions": "IKEVersions",
	} {
		if v, ok := options[ec2]; ok {
			options[cloudformation] = v
			delete(options, ec2)
		}
	}
	if t.LogOptions != nil {
		options["LogOptions"] = map[string]any{"CloudwatchLogOptions": plain(t.LogOptions.CloudWatchLogOptions)}
	}
	return options
}
