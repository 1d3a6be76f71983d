package awscloud

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// The gateways of a network and what stands beside them, which EC2 tells as it was asked for.
func init() {
	tags := []any{map[string]any{"Key": "team", "Value": "blue"}}
	try(fixture{
		typ: "AWS::EC2::EgressOnlyInternetGateway",
		props: func(w *world) inventory.Properties {
			return inventory.Properties{"VpcId": w.vpc(), "Tags": tags}
		},
	})
	try(fixture{
		typ:    "AWS::EC2::VPNGateway",
		props:  func(*world) inventory.Properties { return inventory.Properties{"Type": "ipsec.1", "Tags": tags} },
		notRun: map[string]string{"EC2.DetachVpnGateway": "TestPartsNeedTheirSteps makes it"},
	})
	try(fixture{
		typ: "AWS::EC2::TransitGateway",
		props: func(*world) inventory.Properties {
			return inventory.Properties{"Description": "of the region", "AmazonSideAsn": int64(64513), "DnsSupport": "disable", "Tags": tags}
		},
	})
	try(fixture{
		typ: "AWS::EC2::CustomerGateway",
		props: func(*world) inventory.Properties {
			return inventory.Properties{"Type": "ipsec.1", "IpAddress": "192.0.2.1", "BgpAsn": int64(65000), "Tags": tags}
		},
	})
	try(fixture{
		typ: "AWS::EC2::PrefixList",
		props: func(*world) inventory.Properties {
			return inventory.Properties{
				"PrefixListName": "offices", "AddressFamily": "IPv4", "MaxEntries": int64(5), "Tags": tags,
				"Entries": []any{map[string]any{"Cidr": "192.0.2.0/24", "Description": "the first"}},
			}
		},
	})
	try(fixture{
		typ: "AWS::Events::EventBus",
		props: func(*world) inventory.Properties {
			return inventory.Properties{"Name": "orders", "Description": "of the orders", "Tags": tags}
		},
		also: func(t *testing.T, w *world, live *inventory.Resource) {
			rule := w.need("AWS::Events::Rule", "on a bus", inventory.Properties{
				"Name": "paid", "EventBusName": "orders", "EventPattern": map[string]any{"source": []any{"shop"}},
			})
			blockedBy(t, w, live, rule.Ref.String())
			_, err := w.c.Delete(t.Context(), rule, plan.StepsOf(rule, rule.Created))
			require.NoError(t, err)
		},
	})
}

// EC2 takes minutes to detach a VPN gateway: it is detached once, and deleted when that is over.
func TestVPNGatewayIsDetachedFirst(t *testing.T) {
	state, gone := "attached", false
	var writes []string
	cloud := answering(t, func(w http.ResponseWriter, r *http.Request) {
		action := r.Form.Get("Action")
		switch {
		case action == "DescribeVpnGateways":
			status := "available"
			if gone {
				status = "deleted"
			}
			_, _ = w.Write([]byte(`<DescribeVpnGatewaysResponse><requestId>r</requestId><vpnGatewaySet><item><vpnGatewayId>vgw-1</vpnGatewayId><state>` + status +
				`</state><attachments><item><vpcId>vpc-1</vpcId><state>` + state + `</state></item></attachments></item></vpnGatewaySet></DescribeVpnGatewaysResponse>`))
			return
		case action == "DeleteVpnGateway" && state != "detached":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(ec2Error("IncorrectState", "it is attached")))
		case action == "DetachVpnGateway":
			state = "detaching"
			_, _ = w.Write([]byte(`<DetachVpnGatewayResponse><return>true</return></DetachVpnGatewayResponse>`))
		default:
			gone = true
			_, _ = w.Write([]byte(`<DeleteVpnGatewayResponse><return>true</return></DeleteVpnGatewayResponse>`))
		}
		writes = append(writes, action)
	})
	ref := place("AWS::EC2::VPNGateway").Ref()
	ref.ID = "vgw-1"
	live := &inventory.Resource{Ref: ref}
	steps := []plan.Step{{Name: plan.StepDetachGateway, Type: "AWS::EC2::VPCGatewayAttachment", ID: "VGW|vpc-1"}}
	for _, s := range [][]plan.Step{nil, {{Name: plan.StepDetachGateway, ID: "VGW|vpc-2"}}} {
		_, err := cloud.Delete(t.Context(), live, s)
		require.ErrorIs(t, err, reaper.ErrBlocked)
		require.Empty(t, writes, "no step names the attachment")
	}
	for range 2 {
		_, err := cloud.Delete(t.Context(), live, steps)
		require.ErrorIs(t, err, reaper.ErrBlocked, "it is still detaching: the reaper tries again")
	}
	state = "detached"
	_, err := cloud.Delete(t.Context(), live, steps)
	require.NoError(t, err)
	assert.Equal(t, []string{"DetachVpnGateway", "DeleteVpnGateway", "DeleteVpnGateway", "DeleteVpnGateway"}, writes)
	_, err = cloud.Observe(t.Context(), ref)
	require.ErrorIs(t, err, reaper.ErrNotFound, "EC2 still describes it, as deleted")
}
