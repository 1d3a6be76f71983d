package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// TestReapNetworkOnEmulator: a VPC goes with its whole tree, gateways, tunnels and peering
// included, each before what it hangs on; the VPC at the other end of the peering stays. A
// third-party client seeds and looks.
func TestReapNetworkOnEmulator(t *testing.T) {
	t.Parallel()
	e := emulator.Start(t)
	fmt.Printf("emulator: 1 test ran in cmd/pcf-scan: %s\n", t.Name())
	script := filepath.Join(root, "testdata/accounts/reap_network.py")
	said := e.Seed(t, script)
	var made struct{ Gone, Stays [][2]string }
	require.NoError(t, json.Unmarshal([]byte(said), &made))
	require.Len(t, made.Gone, 14)
	left := func() (l [][2]string) {
		t.Helper()
		require.NoError(t, json.Unmarshal([]byte(e.Seed(t, script, "left", said)), &l))
		return l
	}
	require.ElementsMatch(t, slices.Concat(made.Gone, made.Stays), left())

	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "register.yaml"), []byte("kind: register\napps:\n"+
		"  lab: {environment: dev, retired: {1.0.0: 2026-01-01T00:00:00Z}}\n"), 0o600))
	ids, types := map[string]string{}, []string{}
	for _, r := range made.Gone {
		ids[strings.TrimPrefix(r[0], "AWS::EC2::")] = r[1]
		types = append(types, r[0])
	}
	args := slices.Concat([]string{"reap", "--now", "2026-11-01T00:00:00Z"}, toReap(types...), []string{
		"--declared", dir, "--region", emulator.Region, "--state", filepath.Join(t.TempDir(), "state"),
		"--app", "lab", "--grace", "0", "--max-delete", "40", "--max-percent", "100", "--format", "json", "--apply",
	})
	e.Forget()
	stdout, stderr, code := newMachine(t, e, args...)
	require.Zero(t, code, "%s\n%s", stderr, undone(result(t, stdout)))
	writes := e.WriteTexts() // the look below makes others
	assert.ElementsMatch(t, made.Stays, left(), "the tree and nothing else")

	when := func(operation, id string) int {
		t.Helper()
		i := slices.IndexFunc(writes, func(w string) bool { return strings.HasPrefix(w, operation) && strings.Contains(w, id) })
		require.GreaterOrEqual(t, i, 0, "%s %s: %s", operation, id, strings.Join(writes, "\n"))
		return i
	}
	vpc := when("DeleteVpc ", ids["VPC"])
	for _, c := range []struct{ why, earlier, of, later, than string }{
		{"a VPN gateway is detached", "DetachVpnGateway", "VPNGateway", "DeleteVpnGateway", "VPNGateway"},
		{"a tunnel ends at its gateway", "DeleteVpnConnection", "VPNConnection", "DeleteVpnGateway", "VPNGateway"},
		{"and at the customer's", "DeleteVpnConnection", "VPNConnection", "DeleteCustomerGateway", "CustomerGateway"},
		{"a transit gateway has no attachment left", "DeleteTransitGatewayVpcAttachment", "TransitGatewayAttachment", "DeleteTransitGateway ", "TransitGateway"},
		{"an attachment stands in a subnet", "DeleteTransitGatewayVpcAttachment", "TransitGatewayAttachment", "DeleteSubnet", "Subnet"},
		{"a rule names the prefix list", "DeleteSecurityGroup", "SecurityGroup", "DeleteManagedPrefixList", "PrefixList"},
	} {
		assert.Less(t, when(c.earlier, ids[c.of]), when(c.later, ids[c.than]), c.why)
	}
	for operation, of := range map[string]string{
		"DeleteEgressOnlyInternetGateway": "EgressOnlyInternetGateway", "DeleteVpcPeeringConnection": "VPCPeeringConnection", "DetachVpnGateway": "VPNGateway",
		"DetachInternetGateway": "InternetGateway", "DeleteTransitGatewayVpcAttachment": "TransitGatewayAttachment", "DeleteSubnet": "Subnet",
	} {
		assert.Less(t, when(operation, ids[of]), vpc, "%s is in the VPC", of)
	}
}
