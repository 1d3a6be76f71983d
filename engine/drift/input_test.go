package drift_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// TestInputs: a shared resource has to be there, and is judged only where the run looked.
func TestInputs(t *testing.T) {
	const vpc = "AWS::EC2::VPC"
	there := resource("vpc-1", vpc, `{"CidrBlock": "10.0.0.0/16"}`)
	with := func(gaps ...inventory.Gap) *inventory.Snapshot {
		s := snapshot()
		s.Gaps = gaps
		return s
	}
	for name, c := range map[string]struct {
		why     string
		id      string
		typ     string
		targets []inventory.Target
		found   []*inventory.Resource
		live    *inventory.Snapshot
		class   drift.Class
		reason  string
	}{
		"there":     {why: "nothing of it is compared", id: "vpc-1", found: []*inventory.Resource{there}, live: snapshot(there), class: drift.InSync},
		"not there": {why: "the type was read in all of the scope", id: "vpc-1", live: snapshot(), class: drift.Missing, reason: drift.MissingInput},
		"a gap": {
			why: "it may be there", id: "vpc-1", live: with(inventory.Gap{Region: region, Type: vpc, Reason: inventory.Denied}),
			class: drift.Unverifiable, reason: string(inventory.Denied),
		},
		"another type's gap": {why: "does not hide it", id: "vpc-1", live: with(inventory.Gap{Type: group, Reason: inventory.Denied}), class: drift.Missing, reason: drift.MissingInput},
		"targets out of scope": {
			why: "the app lives where the run did not look", id: "vpc-1", live: snapshot(), targets: []inventory.Target{{Account: account, Region: "us-east-1"}},
			class: drift.Unverifiable, reason: drift.OutOfScope,
		},
		"one target out of scope": {
			why: "it may be that of the other region", id: "vpc-1", live: snapshot(),
			targets: []inventory.Target{{Account: account, Region: region}, {Account: account, Region: "us-east-1"}},
			class:   drift.Unverifiable, reason: drift.OutOfScope,
		},
		"an ARN in another account": {
			why: "the ARN says where", id: "arn:aws:ec2:eu-west-1:999999999999:vpc/vpc-1", live: snapshot(), class: drift.Unverifiable, reason: drift.OutOfScope,
		},
		"an ARN here": {
			why: "the ARN says where, whatever the targets", id: "arn:aws:ec2:eu-west-1:" + account + ":vpc/vpc-1", live: snapshot(),
			targets: []inventory.Target{{Account: account, Region: "us-east-1"}}, class: drift.Missing, reason: drift.MissingInput,
		},
		"an ARN without an account": {
			why: "the region of the ARN counts, the account is that of the target", id: "arn:aws:apigateway:us-east-1::/restapis/x", live: snapshot(),
			targets: []inventory.Target{{Account: account, Region: region}}, class: drift.Unverifiable, reason: drift.OutOfScope,
		},
		"AWS's own": {
			why: "managed policies of AWS are in no account", typ: "AWS::IAM::ManagedPolicy", id: "arn:aws:iam::aws:policy/ReadOnlyAccess",
			live: &inventory.Snapshot{}, class: drift.Unverifiable, reason: drift.OutOfScope,
		},
		"a ref in another region": {
			why: "the ref says where", id: "aws/" + account + "/us-east-1/" + vpc + "/vpc-1", live: snapshot(), class: drift.Unverifiable, reason: drift.OutOfScope,
		},
		"two of a name": {why: "one of them is enough", id: "vpc-1", found: []*inventory.Resource{there, there}, live: snapshot(there), class: drift.InSync},
	} {
		t.Run(name, func(t *testing.T) {
			typ := c.typ
			if typ == "" {
				typ = vpc
			}
			p := particle("network", typ, `{}`)
			p.ID, p.Targets = c.id, c.targets
			d := drift.CompareAll([]drift.Pair{{Particle: p, Live: c.found, Input: true}}, drift.Context{Live: c.live, Now: now})[0]
			assert.Equal(t, c.class, d.Class, c.why)
			assert.Equal(t, c.reason, d.Reason, c.why)
			assert.Empty(t, d.Unverified, c.why)
		})
	}

	p := particle("network", vpc, `{}`)
	p.Existence = &inventory.Unknown{Because: "parameter Network has no value"}
	d := drift.Compare(drift.Pair{Particle: p, Input: true}, drift.Context{Live: snapshot(), Now: now})
	assert.Equal(t, drift.InSync, d.Class, "there is nothing to look for")
	assert.Equal(t, []drift.Unverified{{Because: "parameter Network has no value"}}, d.Unverified)
}

// TestDoubtIsNotMissing: what the owners left alone may be it.
func TestDoubtIsNotMissing(t *testing.T) {
	p := pair(particle("x", group, `{}`))
	p.Doubt = "declaration-missing"
	d := drift.Compare(p, drift.Context{Live: snapshot(), Now: now})
	assert.Equal(t, []any{drift.Unverifiable, "declaration-missing"}, []any{d.Class, d.Reason})

	p.Doubt = ""
	assert.Equal(t, drift.Missing, drift.Compare(p, drift.Context{Live: snapshot(), Now: now}).Class)
}

// TestNothingWasRead: a snapshot without properties makes every declared property
// unverified, and none different.
func TestNothingWasRead(t *testing.T) {
	for _, c := range []struct{ typ, declared string }{
		{"AWS::EC2::Instance", `{"InstanceType": "t3.micro", "BlockDeviceMappings": [{"DeviceName": "a", "Ebs": {"VolumeSize": 8}}], "Tags": [{"Key": "a", "Value": "1"}]}`},
		{group, `{"GroupDescription": "d", "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"}]}`},
		{role, `{"RoleName": "r", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}, "Policies": []}`},
		{s3, `{"BucketName": "b", "VersioningConfiguration": {"Status": "Enabled"}}`},
		{"AWS::Nobody::Knows", `{"A": {"B": [1, 2]}}`},
	} {
		l := resource("x", c.typ, `{}`)
		l.Properties, l.Tags, l.Unread = nil, map[string]string{}, []string{""}
		p := particle("x", c.typ, c.declared)
		d := drift.Compare(pair(p, l), drift.Context{Live: snapshot(l), Now: now})
		assert.Equal(t, []any{drift.Unverifiable, drift.ValuesUnread}, []any{d.Class, d.Reason}, c.declared)
		assert.Empty(t, d.Changes, c.declared)
		assert.Zero(t, d.Compared, c.declared)
		require.Len(t, d.Unverified, len(p.Resource.Properties), c.declared)
	}

	rule := particle("rule", "AWS::EC2::SecurityGroupIngress", `{"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"}`)
	l := resource("sg-1", group, `{}`)
	l.Properties, l.Unread = nil, []string{""}
	d := drift.Compare(pair(rule), drift.Context{Live: snapshot(l), Now: now})
	assert.Equal(t, drift.Unverifiable, d.Class, "also a rule that is declared apart")
}

// TestMaskedLiveValues: a snapshot writes "(sensitive)" for secrets, and reads it back as
// an unknown. Neither can be told from the declared value, wherever it stands.
func TestMaskedLiveValues(t *testing.T) {
	const hidden = `{"?": "the snapshot does not show it", "secret": true}`
	for _, mask := range []string{hidden, `"` + inventory.Sensitive + `"`} {
		for _, c := range []struct{ why, typ, declared, live string }{
			{"a property", s3, `{"BucketName": "b"}`, `{"BucketName": ` + mask + `}`},
			{"inside an object", "AWS::Lambda::Function", `{"Environment": {"Variables": {"DB_PASSWORD": "hunter2"}}}`, `{"Environment": {"Variables": {"DB_PASSWORD": ` + mask + `}}}`},
			{"an object", "AWS::Lambda::Function", `{"Environment": {"Variables": {"DB_PASSWORD": "hunter2"}}}`, `{"Environment": {"Variables": ` + mask + `}}`},
			{"a list", "AWS::Lambda::Function", `{"Layers": ["a", "b"]}`, `{"Layers": ` + mask + `}`},
			{"an element of a list", "AWS::RDS::DBInstance", `{"VPCSecurityGroups": ["sg-1", "sg-2"]}`, `{"VPCSecurityGroups": [` + mask + `, "sg-1"]}`},
			{
				"inside a policy", "AWS::S3::BucketPolicy", `{"PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "x"}]}}`,
				`{"PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": ` + mask + `}]}}`,
			},
			{
				"inside a rule", group, `{"SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"}]}`,
				`{"SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": ` + mask + `}]}`,
			},
			{"without a schema", "AWS::Nobody::Knows", `{"A": "x"}`, `{"A": ` + mask + `}`},
		} {
			d := compare(c.typ, c.declared, c.live)
			assert.Equal(t, []any{drift.Unverifiable, drift.ValuesUnknown}, []any{d.Class, d.Reason}, "%s: %+v", c.why, d.Changes)
			assert.NotEmpty(t, d.Unverified, c.why)
			for _, change := range d.Changes {
				assert.True(t, change.Info, c.why)
			}
		}
	}

	l := resource("b", s3, `{"BucketName": "b"}`)
	l.Tags, l.UnknownTags = map[string]string{"a": "1"}, map[string]*inventory.Unknown{"ApiToken": {Because: "the snapshot does not show it", Sensitive: true}}
	d := drift.Compare(pair(particle("x", s3, `{"BucketName": "b", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "ApiToken", "Value": "t"}]}`), l), drift.Context{Live: snapshot(l), Now: now})
	assert.Equal(t, drift.Unverifiable, d.Class, "a tag: %+v", d.Changes)

	d = compare("AWS::Lambda::Function", `{"Role": "r", "Environment": {"Variables": {"DB_PASSWORD": "hunter2"}}}`, `{"Role": "other", "Environment": {"Variables": {"DB_PASSWORD": "(sensitive)"}}}`)
	assert.Equal(t, drift.Changed, d.Class, "what is shown is still compared")

	d = compare("AWS::Lambda::Function", `{"Layers": ["hunter2", "b"]}`, `{"Layers": [`+hidden+`, "c"]}`)
	require.Len(t, d.Changes, 1, "one element is shown, and another")
	assert.Equal(t, []any{inventory.Sensitive, inventory.Sensitive}, []any{d.Changes[0].Declared, d.Changes[0].Live}, "what is hidden on one side is not shown on the other")
}
