package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
	"github.com/pcf-scan/pcf-scan/inventory/declared"
)

// TestActOnEmulator: from an empty account to the declaration and back through the real
// clients. Plans write nothing, an application writes what it planned, a second one nothing.
func TestActOnEmulator(t *testing.T) {
	t.Parallel()
	e := emulator.Start(t)
	fmt.Printf("emulator: 1 test ran in cmd/pcf-scan: %s\n", t.Name())
	dir := t.TempDir()
	declare := func(delay int) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "pcf.yaml"), fmt.Appendf(nil, `app: orders
version: 1.0.0
environment: dev
manage: [observe, tag, create, update]
particles:
  net: {type: AWS::EC2::VPC, properties: {CidrBlock: 10.77.0.0/16}}
  one: {type: AWS::EC2::Subnet, properties: {VpcId: !Ref net, CidrBlock: 10.77.1.0/24}}
  jobs: {type: AWS::SQS::Queue, properties: {QueueName: orders-jobs, DelaySeconds: %d}}
`, delay), 0o600))
	}
	declare(5)
	state := filepath.Join(dir, "state")
	do := func(want int, args ...string) (stdout string) {
		t.Helper()
		args = append(args, "--state", state, "--region", emulator.Region, "--type", "AWS::EC2::VPC", "--type", "AWS::EC2::Subnet", "--type", "AWS::SQS::Queue", "--type", "AWS::CloudFormation::Stack")
		stdout, stderr, code := program(t, e, args...)
		require.Equal(t, want, code, "%v\n%s%s", args, stdout, stderr)
		return stdout
	}
	declared := []string{"--declared", filepath.Join(dir, "pcf.yaml")}
	with := func(words ...string) []string { return append(words, declared...) }
	writes := func() (all []string) {
		for _, w := range e.Writes() {
			all = append(all, w.Action)
		}
		e.Forget()
		return all
	}
	e.Forget()

	saved := filepath.Join(dir, "plan.json")
	do(1, with("repair", "--plan-out", saved)...)
	assert.Empty(t, writes(), "to plan is to read")
	out := do(0, "repair", "--plan", saved, "--apply")
	assert.Contains(t, out, "3: 3 done")
	assert.ElementsMatch(t, []string{"CreateVpc", "CreateSubnet", "CreateQueue"}, writes(), "the planned calls and no other")
	do(0, with("drift")...)
	do(0, with("repair", "--apply")...)
	do(0, with("tag", "--apply")...)
	assert.Empty(t, writes(), "a second run has nothing to write")

	declare(9)
	out = do(0, with("repair", "--apply", "--format", "json")...)
	assert.Equal(t, []string{"SetQueueAttributes"}, writes())
	run := result(t, out).RunID
	out = do(1, "repair", "--undo", run)
	assert.Contains(t, out, "+ /DelaySeconds: 5")
	assert.Empty(t, writes())
	do(0, "repair", "--undo", run, "--apply")
	assert.Equal(t, []string{"SetQueueAttributes"}, writes())
	out = do(1, with("drift", "--format", "json")...)
	assert.Contains(t, out, `"kind": "pending"`, "the record says that the declaration moved, not the world")

	stdout, stderr, code := program(t, e, "audit", "verify", state)
	assert.Zero(t, code, stdout+stderr)
}

// TestRecreateOnEmulator: from an empty account a whole app (network, machine, load balancer,
// function, stores) by one command. Then it is as declared, and there is nothing to write.
func TestRecreateOnEmulator(t *testing.T) {
	t.Parallel()
	e := emulator.Start(t)
	fmt.Printf("emulator: 1 test ran in cmd/pcf-scan: %s\n", t.Name())
	shop := filepath.Join("..", "..", "reaper", "awscloud", "testdata", "shop")
	declaration, err := declared.Read(t.Context(), []string{shop}, declared.Options{Now: time.Now()})
	require.NoError(t, err)
	types := map[string]bool{"AWS::CloudFormation::Stack": true}
	for _, p := range declaration.Particles() {
		types[p.Resource.Ref.Type] = true
	}
	args := []string{"--declared", shop, "--region", emulator.Region, "--state", filepath.Join(t.TempDir(), "state")}
	for _, typ := range slices.Sorted(maps.Keys(types)) {
		args = append(args, "--type", typ)
	}
	do := func(want int, words ...string) string {
		t.Helper()
		stdout, stderr, code := program(t, e, append(words, args...)...)
		require.Equal(t, want, code, "%v\n%s%s", words, stdout, stderr)
		return stdout
	}
	e.Forget()
	out := do(1, "repair", "--format", "json")
	assert.Empty(t, e.Writes(), "to plan is to read")
	planned := result(t, out).Plan
	assert.Empty(t, planned.Refused)
	assert.Len(t, planned.Actions, len(declaration.Particles()))
	assert.NotContains(t, out, "def handler", "what can only be written is not printed")

	saved := filepath.Join(t.TempDir(), "plan.json")
	do(1, "repair", "--plan-out", saved)
	text, err := os.ReadFile(saved)
	require.NoError(t, err)
	assert.Contains(t, string(text), "def handler", "a saved plan carries what it creates")
	out = do(0, "repair", "--apply")
	assert.NotContains(t, out, "def handler")
	assert.NotEmpty(t, e.Writes())
	e.Forget()
	do(0, "drift", "--app", "shop")
	do(0, "repair", "--apply")
	assert.Empty(t, e.Writes(), "a second run has nothing to write")
}
