package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// TestFrameworkFiles: the quick reading of the embedded files is what YAML means by them.
func TestFrameworkFiles(t *testing.T) {
	entries, err := frameworkFiles.ReadDir("frameworks")
	require.NoError(t, err)
	require.Len(t, entries, 3)
	for _, e := range entries {
		data, err := frameworkFiles.ReadFile("frameworks/" + e.Name())
		require.NoError(t, err)
		var doc struct {
			Name, Title string
			Complete    bool
			Controls    yaml.Node
		}
		d := yaml.NewDecoder(strings.NewReader(string(data)))
		d.KnownFields(true)
		require.NoError(t, d.Decode(&doc))
		assert.Equal(t, e.Name(), doc.Name+".yaml")
		var want []Control
		for i := 0; i < len(doc.Controls.Content); i += 2 {
			want = append(want, Control{doc.Controls.Content[i].Value, doc.Controls.Content[i+1].Value})
		}
		got := builtinFrameworks()[doc.Name]
		require.NotNil(t, got)
		assert.Equal(t, doc.Title, got.Title)
		assert.Equal(t, doc.Complete, got.Complete)
		assert.Equal(t, want, got.Controls)
		assert.Len(t, got.titles, len(want), "no control stands twice")
		assert.Greater(t, len(want), 300)
		for _, c := range want {
			assert.LessOrEqual(t, len(c.Title), 80, c.ID)
		}
	}
	for _, known := range []struct{ framework, id string }{
		{"aws-config", "INCOMING_SSH_DISABLED"}, {"fsbp", "EC2.13"}, {"cis-aws", "1.4:5.2"}, {"cis-aws", "7.0:6.3"}, {"cfn-nag", "W2"},
	} {
		assert.True(t, builtinFrameworks()[known.framework].Has(known.id), known.id)
	}
}

// TestControls: a control that does not exist is a mistake with its place.
func TestControls(t *testing.T) {
	const rule = `id: a-queue
title: Queues are encrypted
severity: low
types: [AWS::SQS::Queue]
check: resource.properties.?SqsManagedSseEnabled.orValue(false)
controls:
  %CONTROLS%
cases:
  - {name: a, properties: {SqsManagedSseEnabled: true}, expect: pass}
  - {name: b, properties: {}, expect: fail}
`
	tests := []struct {
		why, controls string
		framework     string // a framework file beside the rule
		want          string // part of the error; "" for none
	}{
		{why: "known ids", controls: `{fsbp: [SQS.1], cis-aws: ["7.0:2.21"], aws-config: [ACCESS_KEYS_ROTATED]}`},
		{why: "a section of another version", controls: `{cis-aws: ["1.4:6.7"]}`, want: `a-queue.yaml:7:14: rule a-queue: "1.4:6.7" is no control of cis-aws`},
		{why: "a misspelt identifier", controls: `{aws-config: [INCOMING_SSH_DISABLE]}`, want: `(did you mean "INCOMING_SSH_DISABLED"?)`},
		{why: "a list that may lag behind says what to do", controls: `{fsbp: [SQS.99]}`, want: "if it is new, add it in a file fsbp.framework.yaml"},
		{why: "an unknown framework", controls: `{fspb: [SQS.1]}`, want: `controls has no key "fspb" (did you mean "fsbp"?)`},
		{why: "a framework that nobody wrote says how to write it", controls: `{acme: [Q-1]}`, want: `controls has no key "acme": no framework has this name; one of your own is a file acme.framework.yaml beside the rules`},
		{why: "a control twice", controls: `{fsbp: [SQS.1, SQS.1]}`, want: `control "SQS.1" of fsbp stands twice`},
		{why: "no id of cfn_nag", controls: `{cfn-nag: [X1]}`, want: `"X1" is no control of cfn-nag`},
		{why: "a framework of one's own", controls: `{acme: [Q-1]}`, framework: "name: acme\ntitle: Acme's rules\ncontrols: {Q-1: queues are encrypted}"},
		{why: "its ids count", controls: `{acme: [Q-2]}`, framework: "name: acme\ncontrols: {Q-1: queues are encrypted}", want: `"Q-2" is no control of acme`},
		{why: "a control that came later", controls: `{fsbp: [SQS.99, SQS.1]}`, framework: "name: fsbp\ncontrols: {SQS.99: queues are new}"},
		{why: "a framework without controls", controls: `{}`, framework: "name: acme", want: `a framework needs the key "controls"`},
		{why: "a framework without a name", controls: `{}`, framework: "controls: {A: b}", want: "needs a name in kebab case"},
		{why: "a misspelt key", controls: `{}`, framework: "name: acme\ncontrol: {A: b}", want: `a framework has no key "control" (did you mean "controls"?)`},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "a-queue.yaml"), []byte(strings.Replace(rule, "%CONTROLS%", test.controls, 1)), 0o600))
			if test.framework != "" {
				// Its name sorts behind the rule's: the order of files does not matter.
				require.NoError(t, os.WriteFile(filepath.Join(dir, "zzz.framework.yaml"), []byte(test.framework), 0o600))
			}
			set, err := LoadOnly(dir)
			if test.want != "" {
				assert.ErrorContains(t, err, test.want)
				return
			}
			require.NoError(t, err)
			for framework, ids := range set.Rules()[0].Controls {
				for _, id := range ids {
					assert.Len(t, set.Covering(framework, id), 1, id)
				}
			}
			assert.Len(t, Frameworks(), 4, "what a user adds stays in the user's set")
			assert.False(t, builtinFrameworks()["fsbp"].Has("SQS.99"))
			if strings.Contains(test.framework, "acme") {
				_, err := set.Select(Selection{Frameworks: []string{"acme"}})
				assert.NoError(t, err)
			}
		})
	}
}

func FuzzFramework(f *testing.F) {
	f.Add("name: acme\ntitle: t\ncomplete: true\ncontrols: {A: b, C: }")
	f.Add("name: fsbp\ncontrols: [A, b]")
	f.Add("controls: &a {A: *a}\nname: x")
	f.Add("- a")
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "x.framework.yaml")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		set, err := LoadOnly(file)
		if err != nil {
			assert.Contains(t, err.Error(), file, "a mistake has its place")
			return
		}
		for _, f := range set.Frameworks() {
			for _, c := range f.Controls {
				assert.True(t, f.Has(c.ID))
			}
		}
	})
}

func BenchmarkFrameworks(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		readFrameworks()
	}
}
