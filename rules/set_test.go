package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

func ids(s *Set) (all []string) {
	for _, r := range s.Rules() {
		all = append(all, r.ID)
	}
	return all
}

func TestSelect(t *testing.T) {
	s := builtin(t)
	for _, tt := range []struct {
		why  string
		sel  Selection
		want []string
		err  string
	}{
		{"one", Selection{Rules: []string{"restricted-ssh"}}, []string{"restricted-ssh"}, ""},
		{"a glob, without one", Selection{Rules: []string{"restricted-*"}, Skip: []string{"*-rdp"}}, []string{"restricted-common-ports", "restricted-ssh"}, ""},
		{"a severity", Selection{Severity: Critical, Types: []string{"AWS::KMS::*"}}, []string{"kms-key-policy-no-public-access"}, ""},
		{"a framework", Selection{Rules: []string{"restricted-*"}, Frameworks: []string{"cis-*"}}, []string{"restricted-rdp", "restricted-ssh"}, ""},
		{"a misspelt rule", Selection{Rules: []string{"restricted-shs"}}, nil, `no rule matches "restricted-shs" (did you mean "restricted-ssh"?)`},
		{"a misspelt rule to skip", Selection{Skip: []string{"restricted-shs"}}, nil, "no rule matches"},
		{"a misspelt framework", Selection{Frameworks: []string{"fspb"}}, nil, `no framework matches "fspb" (did you mean "fsbp"?)`},
		{"a misspelt type", Selection{Types: []string{"AWS::S3::Buckte"}}, nil, `no resource type matches "AWS::S3::Buckte" (did you mean "AWS::S3::Bucket"?)`},
		{"a misspelt severity", Selection{Severity: "hihg"}, nil, `unknown severity "hihg": want one of critical, high, medium, low, info (did you mean "high"?)`},
		{"nothing is left", Selection{Rules: []string{"restricted-ssh"}, Skip: []string{"restricted-*"}}, nil, "no rule is left to judge"},
		{"nothing is left: who excluded what", Selection{Rules: []string{"restricted-ssh"}, Types: []string{"AWS::S3::Bucket"}}, nil, "then --type excluded 1"},
		{"a parameter of an unknown rule", Selection{Params: map[string]string{"restricted-shs.port": "22"}}, nil, `did you mean "restricted-ssh"?`},
		{"an unknown parameter", Selection{Params: map[string]string{"restricted-ssh.prot": "22"}}, nil, `has no parameter "prot" (did you mean "port"?)`},
		{"a parameter of the wrong type", Selection{Params: map[string]string{"restricted-ssh.port": "ssh"}}, nil, `"ssh" is not of type int`},
		{"a parameter without a rule", Selection{Params: map[string]string{"port": "22"}}, nil, "want RULE.NAME"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			got, err := s.Select(tt.sel)
			if tt.err != "" {
				assert.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, ids(got))
		})
	}
}

func TestParams(t *testing.T) {
	open := declaredOf("AWS::EC2::SecurityGroup", inventory.Properties{"SecurityGroupIngress": []any{
		map[string]any{"IpProtocol": "tcp", "FromPort": int64(2222), "ToPort": int64(2222), "CidrIp": "0.0.0.0/0"},
	}})
	s := builtin(t)
	assert.Equal(t, Pass, judgeOne(t, "restricted-ssh", open).Status)
	for param, value := range map[string]string{"restricted-ssh.port": "2222", "restricted-common-ports.ports": "80, 2222"} {
		id, _, _ := strings.Cut(param, ".")
		with, err := s.Select(Selection{Rules: []string{id}, Params: map[string]string{param: value}})
		require.NoError(t, err)
		assert.Equal(t, Fail, verdictOf(with, open).Status, param)
	}
	assert.Equal(t, Pass, judgeOne(t, "restricted-ssh", open).Status, "the set itself is unchanged")
}

func TestTypes(t *testing.T) {
	s, err := builtin(t).Select(Selection{Rules: []string{"s3-bucket-ssl-requests-only", "encrypted-volumes"}})
	require.NoError(t, err)
	assert.Equal(t, []string{"AWS::EC2::Volume", "AWS::S3::Bucket", "AWS::S3::BucketPolicy"}, s.Types(), "joined types are read too")
}

func TestWaivers(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	rule := &Rule{ID: "restricted-ssh", Controls: map[string][]string{"aws-config": {"INCOMING_SSH_DISABLED"}, "cfn-nag": {"W2"}}}
	resource := &inventory.Resource{
		Ref: inventory.Ref{ID: "i-1"}, ARN: "arn:aws:ec2:r:1:instance/i-1", LogicalID: "Bastion", Owned: inventory.Ownership{App: "orders"},
	}
	waiver := Waiver{Rule: "restricted-*", Reason: "bastion", Approver: "a", Expires: now.Add(time.Hour)}
	for _, tt := range []struct {
		why    string
		change func(*Waiver)
		want   Status
	}{
		{"by rule alone", func(*Waiver) {}, Waived},
		{"another rule", func(w *Waiver) { w.Rule = "encrypted-volumes" }, Fail},
		{"by id", func(w *Waiver) { w.Resource = "i-*" }, Waived},
		{"by ARN, across its slashes", func(w *Waiver) { w.Resource = "arn:aws:ec2:*" }, Waived},
		{"by logical id", func(w *Waiver) { w.Resource = "Bastion" }, Waived},
		{"another resource", func(w *Waiver) { w.Resource = "Web" }, Fail},
		{"by app", func(w *Waiver) { w.App = "ord*" }, Waived},
		{"another app", func(w *Waiver) { w.App = "billing" }, Fail},
		{"at its last moment", func(w *Waiver) { w.Expires = now.Add(time.Nanosecond) }, Waived},
		{"expired", func(w *Waiver) { w.Expires = now }, Fail},
	} {
		t.Run(tt.why, func(t *testing.T) {
			w := waiver
			tt.change(&w)
			f := Finding{Rule: rule, Resource: resource, Status: Fail, Message: "open"}
			ApplyWaivers(&f, []Waiver{w}, now)
			assert.Equal(t, tt.want.String(), f.Status.String())
			assert.Equal(t, tt.want == Waived, f.Waiver != nil)
		})
	}
	f := Finding{Rule: rule, Resource: resource, Status: Fail, Message: "open"}
	expired := waiver
	expired.Expires = now.Add(-time.Hour)
	ApplyWaivers(&f, []Waiver{expired}, now)
	assert.Equal(t, "open (its waiver expired on 2026-05-31)", f.Message)
	ApplyWaivers(&f, []Waiver{expired, waiver}, now)
	assert.Equal(t, Waived, f.Status, "one that is in force is enough")

	for _, status := range []Status{Error, Pass, Skip} {
		f := Finding{Rule: rule, Resource: resource, Status: status}
		ApplyWaivers(&f, []Waiver{waiver}, now)
		assert.Equal(t, status, f.Status, "only what fails, or may, is waived")
	}
	f = Finding{Rule: rule, Resource: resource, Status: Unknown}
	ApplyWaivers(&f, []Waiver{waiver}, now)
	assert.Equal(t, Waived, f.Status, "whoever accepts the failure accepts that it may be one")
	for name, want := range map[string]Status{
		"restricted-ssh": Waived, "restricted-*": Waived, "INCOMING_SSH_DISABLED": Waived, "incoming-ssh-disabled": Waived,
		"RESTRICTED_SSH": Waived, "W2": Waived, "W3": Fail, "": Fail,
	} {
		f := Finding{Rule: rule, Resource: resource, Status: Fail}
		ApplySkips(&f, []inventory.Skip{{Rule: name, Reason: "bastion"}}, now)
		assert.Equal(t, want.String(), f.Status.String(), name)
	}
	f = Finding{Rule: rule, Resource: resource, Status: Fail}
	ApplySkips(&f, []inventory.Skip{{Rule: "W2", Expires: now}}, now)
	assert.Equal(t, Fail, f.Status, "an expired skip re-opens")
}

func TestReadWaivers(t *testing.T) {
	read := func(text string) ([]Waiver, error) {
		file := filepath.Join(t.TempDir(), "waivers.yaml")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return ReadWaivers(file)
	}
	waivers, err := read("waivers:\n  - {rule: restricted-ssh, resource: 'sg-*', app: orders, reason: bastion, approver: security@acme.example, expires: 2027-01-31}\n")
	require.NoError(t, err)
	require.Len(t, waivers, 1)
	assert.Equal(t, time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), waivers[0].Expires)
	assert.Equal(t, 2, waivers[0].Position.Line)
	for why, tt := range map[string]struct{ text, err string }{
		"no reason":              {"waivers: [{rule: a, approver: b, expires: 2027-01-31}]", `a waiver needs the key "reason"`},
		"no approver":            {"waivers: [{rule: a, reason: b, approver: ' ', expires: 2027-01-31}]", `a waiver needs the key "approver"`},
		"no expiry":              {"waivers: [{rule: a, reason: b, approver: c}]", `a waiver needs the key "expires"`},
		"an expiry that is none": {"waivers: [{rule: a, reason: b, approver: c, expires: soon}]", "want RFC 3339"},
		"a misspelt key":         {"waivers: [{rules: a, reason: b, approver: c, expires: 2027-01-31}]", `did you mean "rule"?`},
		"no list":                {"waivers: {}", "a list under the key"},
		"another file":           {"apps: []", "a waiver file has no key"},
		"no YAML":                {"waivers: [", "not a YAML document"},
		"an empty file":          {"", "the file is empty"},
	} {
		_, err := read(tt.text)
		assert.ErrorContains(t, err, tt.err, why)
	}
	_, err = ReadWaivers(filepath.Join(t.TempDir(), "missing.yaml"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}
