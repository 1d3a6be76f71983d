package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/inventory"
)

func TestFingerprint(t *testing.T) {
	rule := map[string]any{"CidrIp": "0.0.0.0/0", "FromPort": int64(22)}
	other := map[string]any{"CidrIp": "10.0.0.0/8", "FromPort": int64(22)}
	declared := func(line int, entries ...any) *inventory.Resource {
		return &inventory.Resource{
			Declared: true, LogicalID: "Web", Position: inventory.Position{File: "infra/stack.yaml", Line: line},
			Properties: inventory.Properties{"SecurityGroupIngress": entries},
		}
	}
	base := fingerprint("restricted-ssh", declared(3, rule), "", "/SecurityGroupIngress/0/CidrIp")
	same := func(why, got string) { t.Helper(); assert.Equal(t, base, got, why) }
	differs := func(why, got string) { t.Helper(); assert.NotEqual(t, base, got, why) }

	same("a line is no identity", fingerprint("restricted-ssh", declared(99, rule), "", "/SecurityGroupIngress/0/CidrIp"))
	same("an index is no identity", fingerprint("restricted-ssh", declared(3, other, rule), "", "/SecurityGroupIngress/1/CidrIp"))
	differs("another element is another finding", fingerprint("restricted-ssh", declared(3, other, rule), "", "/SecurityGroupIngress/0/CidrIp"))
	differs("another rule", fingerprint("restricted-rdp", declared(3, rule), "", "/SecurityGroupIngress/0/CidrIp"))
	differs("another stack", fingerprint("restricted-ssh", declared(3, rule), "orders-dev", "/SecurityGroupIngress/0/CidrIp"))

	moved := declared(3, rule)
	moved.Position.File = "elsewhere/stack.yaml"
	same("the directory is no identity, the file's stem is", fingerprint("restricted-ssh", moved, "", "/SecurityGroupIngress/0/CidrIp"))
	app := declared(3, rule)
	app.Owned.App = "orders"
	differs("another app", fingerprint("restricted-ssh", app, "", "/SecurityGroupIngress/0/CidrIp"))
	app.Owned.Version = "2.0.0"
	withVersion := fingerprint("restricted-ssh", app, "", "")
	app.Owned.Version = "2.0.1"
	assert.Equal(t, withVersion, fingerprint("restricted-ssh", app, "", ""), "a new version does not re-open a finding")

	live := &inventory.Resource{Ref: inventory.Ref{Partition: "aws", Account: "1", Region: "r", Type: "T", ID: "x"}}
	differs("a live resource is named by its ref", fingerprint("restricted-ssh", live, "", ""))
	assert.NotPanics(t, func() { fingerprint("r", live, "", "/A/0/B~1C") }, "a path that leads nowhere")
}
