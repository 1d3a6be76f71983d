package rules

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// TestExplain: what a rule read is told whatever the verdict is, and the verdict is that of
// Judge.
func TestExplain(t *testing.T) {
	const head = "id: x\ntitle: t\nseverity: low\ntypes: [AWS::RDS::DBInstance]\n"
	const cases = "cases: [{name: a, properties: {Engine: a}, expect: pass}, {name: b, expect: fail}]\n"
	db := &inventory.Resource{
		Ref: inventory.Ref{Type: "AWS::RDS::DBInstance", ID: "db"}, Name: "orders", Tags: map[string]string{"team": "a"},
		Properties: map[string]any{"Engine": "postgres", "MasterUserPassword": "hunter2", "DBSubnetGroupName": "group"},
	}
	group := &inventory.Resource{
		Ref:        inventory.Ref{Type: "AWS::RDS::DBSubnetGroup", ID: "group"},
		Properties: map[string]any{"DBSubnetGroupName": "group", "DBSubnetGroupDescription": "for databases"},
	}
	w := NewWorld([]*inventory.Resource{db, group}, nil, time.Unix(0, 0))
	type read struct {
		of, path string
		value    any
		found    bool
	}
	for _, test := range []struct {
		why, body string
		status    Status
		reads     []read
		params    []string
	}{
		{
			"a pass", `check: resource.properties.?Engine.orValue("") != "" && !has(resource.properties.KmsKeyId)`,
			Pass,
			[]read{{"db", "/Engine", "postgres", true}, {"db", "/KmsKeyId", nil, false}},
			nil,
		},
		{"a failure", `check: resource.properties.?Engine.orValue("") == ""`, Fail, []read{{"db", "/Engine", "postgres", true}}, nil},
		{
			"a skip, with what is known besides properties", "when: resource.name == \"data\"\ncheck: 'true'",
			Skip,
			[]read{{"db", "resource.name", "orders", true}},
			nil,
		},
		{"a rule that breaks", `check: resource.properties.Engine.split("-")[1] == ""`, Error, []read{{"db", "/Engine", "postgres", true}}, nil},
		{"a secret", `check: resource.properties.?MasterUserPassword.orValue("") != ""`, Pass, []read{{"db", "/MasterUserPassword", inventory.Sensitive, true}}, nil},
		{"a tag", `check: resource.tags["team"] == "a"`, Pass, []read{{"db", "/Tags/team", "a", true}}, nil},
		{
			"a joined resource", `check: references("AWS::RDS::DBSubnetGroup").exists(g, g.properties.DBSubnetGroupDescription != "")`,
			Pass,
			[]read{{"group", "/DBSubnetGroupDescription", "for databases", true}},
			nil,
		},
		{
			"a parameter that is read", "params: {a: {type: string, default: x}, b: {type: string, default: y}}\ncheck: resource.properties.Engine != params.b",
			Pass,
			[]read{{"db", "/Engine", "postgres", true}},
			[]string{"b"},
		},
	} {
		t.Run(test.why, func(t *testing.T) {
			set, err := loadText(t, head+test.body+"\n"+cases)
			require.NoError(t, err)
			x, ok := set.Explain(w, set.Rules()[0], db)
			require.True(t, ok)
			assert.Equal(t, test.status, x.Finding.Status, x.Finding.Message)
			assert.Equal(t, set.Judge(w, db)[0].Status, x.Finding.Status)
			var reads []read
			for _, r := range x.Reads {
				reads = append(reads, read{r.Resource.Ref.ID, r.Path, r.Value, r.Found})
			}
			assert.Equal(t, test.reads, reads)
			var params []string
			for _, p := range x.Params {
				params = append(params, p.Name)
			}
			assert.Equal(t, test.params, params)
			_, ok = set.Explain(w, set.Rules()[0], group)
			assert.False(t, ok, "it is no rule for subnet groups")
		})
	}
}
