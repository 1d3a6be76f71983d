package aws

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/aws/emulator"
)

// Every action that any scan can ask for is one that AWS has.
func TestActionsExist(t *testing.T) {
	e := emulator.Start(t)
	all, err := Actions(Options{Organization: true})
	require.NoError(t, err)
	longTail, err := Actions(Options{Types: []string{tailType}})
	require.NoError(t, err)
	assert.Contains(t, longTail, "cloudformation:ListResources")
	wrong := e.Seed(t, "testdata/actions.py", slices.Concat(all, longTail)...)
	assert.Empty(t, wrong)
	assert.Equal(t, "s3:NoSuchAction\n", e.Seed(t, "testdata/actions.py", "s3:NoSuchAction", "s3:ListAllMyBuckets"), "the check itself can fail")
}

func TestActionsAreThoseOfTheOptions(t *testing.T) {
	frame := []string{"ec2:DescribeRegions", "sts:GetCallerIdentity"}
	for _, c := range []struct {
		why  string
		opt  Options
		want []string
	}{
		{"one type", Options{Types: []string{"AWS::EC2::Volume"}}, []string{"ec2:DescribeRegions", "ec2:DescribeVolumes", "sts:GetCallerIdentity"}},
		{
			"nothing of a role when none is assumed",
			Options{Types: []string{"AWS::EC2::Volume"}, Accounts: []Account{{ID: "111122223333"}}},
			[]string{"ec2:DescribeRegions", "ec2:DescribeVolumes", "sts:GetCallerIdentity"},
		},
		{
			"a role",
			Options{Types: []string{"AWS::EC2::Volume"}, Accounts: []Account{{ID: "111122223333", RoleARN: "arn:aws:iam::111122223333:role/r"}}},
			[]string{"ec2:DescribeRegions", "ec2:DescribeVolumes", "sts:AssumeRole", "sts:GetCallerIdentity"},
		},
		{
			"an organization",
			Options{Types: []string{"AWS::EC2::Volume"}, Organization: true},
			[]string{"ec2:DescribeRegions", "ec2:DescribeVolumes", "organizations:ListAccounts", "sts:AssumeRole", "sts:GetCallerIdentity"},
		},
	} {
		got, err := Actions(c.opt)
		require.NoError(t, err, c.why)
		assert.Equal(t, c.want, got, c.why)
	}
	all, err := Actions(Options{})
	require.NoError(t, err)
	assert.Subset(t, all, frame)
	for _, r := range Readers() {
		assert.Subset(t, all, r.Actions(), r.Type)
	}
	_, err = Actions(Options{Types: []string{"AWS::S3::Bukcet"}})
	assert.ErrorContains(t, err, "did you mean")
}
