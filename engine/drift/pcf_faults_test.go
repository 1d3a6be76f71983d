package drift_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// The faults that the original Particle Cloud Framework has in finding drift, each as a
// test of what is done here instead. Those that only show when something is applied (a
// second instance created because a tag is gone, all rules revoked in order to change one,
// a read that writes) are tests of whoever applies.

func TestFaultD1_WhatLivesAndIsNotDeclaredIsSeen(t *testing.T) {
	for _, c := range []struct{ why, typ, declared, live, want string }{
		{"egress that was added", group, `{"GroupDescription": "d"}`, egress(`[` + open + `,` + https + `]`), "changed"},
		{"a queue for everybody", "AWS::SQS::QueuePolicy", `{"Queues": ["q"], "PolicyDocument": {"Statement": []}}`, `{"Queues": ["q"], "PolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*"}]}}`, "changed"},
		{"an inline policy that allows all", role, trust(``), `{"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}, "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}`, "changed"},
		{"a tag that was deleted", s3, `{"Tags": [{"Key": "a", "Value": "1"}]}`, `{}`, "changed"},
		{"a tag that was added", s3, `{"BucketName": "b"}`, `{"BucketName": "b", "Tags": [{"Key": "a", "Value": "1"}]}`, "info"},
		{"a setting that was added", rds, `{"Port": "1"}`, `{"Port": "1", "MultiAZ": true}`, "info"},
	} {
		assert.Equal(t, c.want, outcome(compare(c.typ, c.declared, c.live)), c.why)
	}
}

func TestFaultD2_NothingIsInSyncThatWasNotCompared(t *testing.T) {
	l := resource("b", s3, `{}`)
	l.Properties, l.Unread = nil, []string{""}
	d := drift.Compare(pair(particle("x", s3, `{"BucketName": "b", "VersioningConfiguration": {"Status": "Enabled"}}`), l), drift.Context{Live: snapshot(l), Now: now})
	assert.Equal(t, drift.Unverifiable, d.Class)
	assert.Equal(t, []int{0, 2}, []int{d.Compared, d.Declared}, "it is said how much was compared")
	assert.NotEqual(t, "same", outcome(compare(s3, `{"BucketName": "b"}`, `{"BucketName": "other"}`)))
}

func TestFaultD3_ListsAreNeitherSetsNorOneWay(t *testing.T) {
	for _, c := range []struct{ declared, live string }{
		{`{"L": ["a", "a"]}`, `{"L": ["a", "b"]}`},
		{`{"L": [{"p": 443}]}`, `{"L": [{"p": 443}, {"p": 443, "cidr": "0.0.0.0/0"}]}`},
		{`{"L": ["a", "a"]}`, `{"L": ["a"]}`},
		{`{"L": ["a"]}`, `{"L": ["a", "a"]}`},
	} {
		assert.Equal(t, "changed", outcome(compare("Custom::Thing", c.declared, c.live)), "%s %s", c.declared, c.live)
	}
	assert.Equal(t, "changed", outcome(compare(group, ingress(`[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}]`),
		ingress(`[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}, {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}]`))))
}

func TestFaultD4_ListsInListsCanBeEqual(t *testing.T) {
	for _, v := range []string{`[[1]]`, `[1, "a", {"b": [2]}]`, `[[], [[]]]`, `[{"a": [[1, 2]]}]`} {
		assert.Equal(t, "same", outcome(compare("Custom::Thing", `{"L": `+v+`, "X": 1}`, `{"L": `+v+`, "X": 1}`)), v)
	}
	assert.Equal(t, "changed", outcome(compare("Custom::Thing", `{"L": [[1]]}`, `{"L": [[2]]}`)))
}

func TestFaultD5_OneValueInTwoSpellings(t *testing.T) {
	for _, c := range []struct{ typ, declared, live string }{
		{"AWS::SQS::Queue", `{"VisibilityTimeout": 60}`, `{"VisibilityTimeout": "60"}`},
		{"AWS::SQS::Queue", `{"RedrivePolicy": "{\"maxReceiveCount\": 3}"}`, `{"RedrivePolicy": {"maxReceiveCount": 3}}`},
		{"AWS::Route53::RecordSet", `{"Name": "www.x.example"}`, `{"Name": "www.x.example."}`},
		{"AWS::ECS::TaskDefinition", `{"TaskRoleArn": "ci"}`, `{"TaskRoleArn": "arn:aws:iam::111122223333:role/ci"}`},
		{rds, `{"DBInstanceIdentifier": "DB"}`, `{"DBInstanceIdentifier": "db"}`},
	} {
		assert.Equal(t, "same", outcome(compare(c.typ, c.declared, c.live)), c.declared)
	}
	assert.Equal(t, "changed", outcome(compare("AWS::SQS::Queue", `{"VisibilityTimeout": 60}`, `{"VisibilityTimeout": "61"}`)))
}

func TestFaultD6_EmptyIsAbsent(t *testing.T) {
	for _, v := range []string{`[]`, `null`, `false`, `""`, `{}`} {
		assert.Equal(t, "same", outcome(compare("Custom::Thing", `{"A": `+v+`, "X": 1}`, `{"X": 1}`)), v)
	}
	assert.Equal(t, "changed", outcome(compare("Custom::Thing", `{"A": true, "X": 1}`, `{"X": 1}`)))
}

func TestFaultD7_WhatAWSSetsIsToldByTheSchema(t *testing.T) {
	assert.Equal(t, "same", outcome(compare(rds, `{"Port": "1"}`, `{"Port": "1", "DBInstanceArn": "arn", "Endpoint": {"Address": "a"}}`)))
	d := compare(s3, `{"BucketName": "a"}`, `{"BucketName": "b"}`)
	assert.Equal(t, drift.ReplaceYes, d.Changes[0].Replacement)
	d = compare("AWS::EC2::Instance", `{"InstanceType": "t3.small"}`, `{"InstanceType": "t3.large"}`)
	assert.Equal(t, drift.ReplaceMaybe, d.Changes[0].Replacement)
}

func TestFaultD8_ComparingChangesNothing(t *testing.T) {
	p := particle("x", "AWS::KMS::Key", `{"Description": "k", "KeyPolicy": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}]}, "Tags": [{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}]}`)
	l := resource("k", "AWS::KMS::Key", `{"Description": "other", "KeyPolicy": "{\"Statement\": []}", "Tags": [{"Key": "a", "Value": "2"}]}`)
	before := fmt.Sprintf("%#v %#v", p.Resource.Properties, l.Properties)
	x := pair(p, l)
	x.Applied = &inventory.Applied{Ref: l.Ref, Properties: js(`{"Description": "then"}`)}
	drift.Compare(x, drift.Context{Live: snapshot(l), Now: now})
	assert.Equal(t, before, fmt.Sprintf("%#v %#v", p.Resource.Properties, l.Properties))
}

func TestFaultD9_DeclaredAndLiveAreNotSwapped(t *testing.T) {
	d := compare("AWS::Batch::JobQueue", `{"Priority": 1}`, `{"Priority": 2}`)
	require.Len(t, d.Changes, 1)
	assert.Equal(t, []any{int64(1), int64(2)}, []any{d.Changes[0].Declared, d.Changes[0].Live})
}

// D10, as far as a verdict goes: what could not be read, is there twice or lost its tag is
// never missing, so that nothing is created in its place.
func TestFaultD10_DoubtIsNotAbsence(t *testing.T) {
	const (
		policy   = "AWS::IAM::ManagedPolicy"
		vpc      = "AWS::EC2::VPC"
		instance = "AWS::EC2::Instance"
	)
	s := snapshot()
	s.Gaps = []inventory.Gap{{Account: account, Region: inventory.GlobalRegion, Type: policy, Reason: inventory.Throttled}}
	d := drift.Compare(pair(particle("x", policy, `{}`)), drift.Context{Live: s, Now: now})
	assert.Equal(t, drift.Unverifiable, d.Class, "the second page of the policies could not be read")

	d = all(pair(particle("x", vpc, `{"CidrBlock": "10.0.0.0/16"}`), resource("vpc-1", vpc, `{}`), resource("vpc-2", vpc, `{}`)))[0]
	assert.Equal(t, drift.Ambiguous, d.Class, "two networks of one name")

	stripped := resource("i-1", instance, `{"InstanceType": "t3.micro"}`)
	stripped.Tags = nil
	d = drift.Compare(pair(particle("x", instance, `{"InstanceType": "t3.micro"}`)), drift.Context{Live: snapshot(stripped), Now: now})
	assert.Equal(t, []any{drift.Unverifiable, drift.TagsUnread}, []any{d.Class, d.Reason}, "its tags could not be read, so it may be this one")
}

func TestFaultD11_SecretsStayOutOfWhatIsReported(t *testing.T) {
	d := compare3(rds, `{"MasterUserPassword": "hunter2", "Port": "1"}`, `{"MasterUserPassword": "hunter3", "Port": "2"}`, `{"Port": "3", "MasterUserPassword": "hunter4"}`)
	assert.NotEmpty(t, d.Changes)
	assert.NotContains(t, fmt.Sprintf("%+v", d.Changes)+d.Reason+fmt.Sprint(d.Unverified), "hunter")
}

// D12, as far as a verdict goes: a change names the one element that differs, so that no
// more than that has to be touched.
func TestFaultD12_AChangeIsAsSmallAsItCanBe(t *testing.T) {
	d := compare(group, ingress(`[`+https+`,`+ssh+`]`), ingress(`[`+strings.Replace(ssh, "22", "23", 2)+`,`+https+`]`))
	require.Len(t, d.Changes, 1)
	assert.Equal(t, "/SecurityGroupIngress/1", d.Changes[0].Path)

	d = compare("AWS::EC2::Volume", `{"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}`, `{"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}]}`)
	var changed []string
	for _, c := range d.Changes {
		if !c.Info {
			changed = append(changed, c.Path)
		}
	}
	assert.Equal(t, []string{"/Tags/b"}, changed)
}
