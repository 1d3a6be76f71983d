package drift_test

import (
	"encoding/json"
	"testing"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// FuzzDocuments: whatever stands in a policy, it does not panic, it is equal to itself,
// and adding a statement that grants everything is always seen.
func FuzzDocuments(f *testing.F) {
	for _, seed := range []string{
		`{"Statement": []}`, `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}`,
		`"%7B%22Statement%22%3A%5B%5D%7D"`, `{"Statement": [{"Condition": {"Bool": {"a": [true, 1, null]}}, "NotPrincipal": {"AWS": []}}, 7]}`, `[]`, `null`, `"{"`, `{"Id": {}, "Version": [], "Statement": [[]]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			return
		}
		document, err := inventory.Normal(v)
		if err != nil || document == nil {
			return
		}
		of := func(v any) drift.Drift {
			p, l := particle("p", bpolicy, `{}`), resource("b", bpolicy, `{}`)
			p.Resource.Properties = map[string]any{"PolicyDocument": document}
			l.Properties = map[string]any{"PolicyDocument": v}
			return drift.Compare(pair(p, l), drift.Context{Live: snapshot(l), Now: now})
		}
		if d := of(inventory.Clone(document)); len(d.Changes) > 0 {
			t.Fatalf("%s differs from itself: %+v", text, d.Changes)
		}
		policy, is := document.(map[string]any)
		if !is {
			return
		}
		statements, is := policy["Statement"].([]any)
		if !is {
			return
		}
		more := inventory.Clone(policy).(map[string]any)
		more["Statement"] = append(inventory.Clone(statements).([]any), map[string]any{"Effect": "Allow", "Principal": "*", "Action": "zq:*", "Resource": "*"})
		if d := of(more); len(d.Changes) == 0 {
			t.Fatalf("a statement was added to %s and not seen", text)
		}
	})
}
