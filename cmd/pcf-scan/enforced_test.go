package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPrintedPolicyIsEnough: a user with the policy that the program prints scans completely where the
// emulator can enforce it; without one action the scan says so with exit code 3, and reports the rest.
// TestConformance in inventory/aws takes every action away in turn.
func TestPrintedPolicyIsEnough(t *testing.T) {
	e, _ := seeded(t, "slice.py")
	var types []string
	for _, typ := range []string{"AWS::DynamoDB::Table", "AWS::EC2::VPC", "AWS::IAM::Role", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::SNS::Topic", "AWS::SQS::Queue"} {
		types = append(types, "--type", typ)
	}
	stdout, stderr, code := program(t, e, append([]string{"permissions", "--for", "scan"}, types...)...)
	require.Zero(t, code, stderr)
	var policy policyDocument
	require.NoError(t, json.Unmarshal([]byte(stdout), &policy))
	var actions []string
	for _, s := range policy.Statement {
		actions = append(actions, s.Action...)
	}
	inventory := func(actions []string) (stdout string, code int) {
		self, err := os.Executable()
		require.NoError(t, err)
		cmd := exec.CommandContext(t.Context(), self, append([]string{"inventory", "--format", "json"}, types...)...)
		cmd.Env = append(e.Enforce(t, actions...), "PCF_SCAN_TEST_PROGRAM=1")
		out, _ := cmd.Output() // the exit code says it
		return string(out), cmd.ProcessState.ExitCode()
	}

	stdout, code = inventory(actions)
	require.Zero(t, code)
	whole := result(t, stdout)
	assert.Greater(t, len(whole.Resources), 10)

	stdout, code = inventory(slices.DeleteFunc(slices.Clone(actions), func(a string) bool { return a == "sqs:ListQueues" }))
	assert.Equal(t, 3, code)
	r := result(t, stdout)
	require.Len(t, r.Gaps, 1)
	assert.Equal(t, "AWS::SQS::Queue denied", r.Gaps[0].Type+" "+r.Gaps[0].Reason)
	found := map[string]bool{}
	for _, x := range r.Resources {
		found[x.Type+" "+x.ID] = true
	}
	for _, x := range whole.Resources {
		assert.Equal(t, !strings.HasSuffix(x.Type, "::Queue"), found[x.Type+" "+x.ID], "%s %s", x.Type, x.ID)
	}
}
