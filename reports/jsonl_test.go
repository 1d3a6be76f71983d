package reports

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/declared"
)

func TestJSONLShape(t *testing.T) {
	text := render(t, jsonl, failing(), Options{})
	var kinds []string
	for line := range strings.Lines(text) {
		var object map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &object), line)
		switch {
		case object["schemaVersion"] != nil:
			assert.Equal(t, []any{"resources", "findings", "drift"}, object["sections"])
			assert.Equal(t, "scan", object["command"])
			assert.Equal(t, "run-failing", object["runId"])
			kinds = append(kinds, "start")
		case object["type"] != nil:
			kinds = append(kinds, "resource")
		case object["finding"] != nil:
			kinds = append(kinds, "finding")
		case object["drift"] != nil:
			kinds = append(kinds, "drift")
		case object["end"] == true:
			assert.Equal(t, map[string]any{"end": true, "complete": true, "gaps": []any{}, "count": 4.0}, object)
			kinds = append(kinds, "end")
		}
	}
	assert.Equal(t, strings.Fields("start resource resource resource resource finding finding finding finding finding finding drift drift drift end"), kinds)

	first, _, _ := strings.Cut(render(t, jsonl, inventoryResult(), Options{}), "\n")
	assert.NotContains(t, first, "sections", "an inventory is a plain snapshot")
	assert.Contains(t, render(t, jsonl, incomplete(), Options{}), `"faults":[{"file":"apps/broken.yaml"`, "a mistake in an input is never silent")
}

// The two packages must agree: what is written here is read there.
func TestJSONLIsASnapshot(t *testing.T) {
	for name, r := range map[string]*engine.Result{"inventory": inventoryResult(), "a scan with findings and drift": failing(), "incomplete": incomplete()} {
		assertSnapshot(t, name, r)
	}
	empty := inventoryResult()
	empty.Resources, empty.Summary = []engine.Resource{}, engine.Summary{}
	assertSnapshot(t, "an account with nothing in it", empty)

	text := render(t, jsonl, inventoryResult(), Options{})
	cut, err := declared.ReadSnapshot(strings.NewReader(text[:strings.LastIndex(text, `{"end"`)]), "s")
	require.NoError(t, err)
	assert.False(t, cut.Complete(), "without its last line a snapshot is incomplete")
}

func TestJSONLIsASnapshotForAnyResult(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyResult(t)
		r.Resources[0].ID += "x" // a snapshot refuses a resource without one
		assertSnapshot(t, "any", r)
	})
}

func assertSnapshot(t require.TestingT, why string, r *engine.Result) {
	s, err := declared.ReadSnapshot(strings.NewReader(render(t, jsonl, r, Options{})), "s")
	require.NoError(t, err, why)
	if r.Complete || len(r.Gaps) > 0 {
		require.Len(t, s.Gaps, len(r.Gaps), why)
	}
	require.Equal(t, r.Complete && len(r.Gaps) == 0, s.Complete(), why)
	for _, g := range r.Gaps {
		require.Contains(t, s.Gaps, inventory.Gap{
			Account: g.Account, Region: g.Region, Type: g.Type, File: valid(g.File), App: g.App, AppVersion: g.AppVersion, Reason: inventory.GapReason(g.Reason), Message: valid(g.Message),
		}, why)
	}
	require.Len(t, s.Resources, len(r.Resources), why)
	byID := map[string]*inventory.Resource{}
	for _, res := range s.Resources {
		byID[res.Ref.Type+"|"+res.Ref.ID] = res
	}
	for _, want := range r.Resources {
		got := byID[want.Type+"|"+valid(want.ID)]
		require.NotNil(t, got, why)
		require.Equal(t, [5]string{want.Account, want.Region, valid(want.Name), want.ARN, want.State}, [5]string{got.Ref.Account, got.Ref.Region, got.Name, got.ARN, got.State}, why)
		require.Equal(t, want.Tags == nil, got.Tags == nil, "%s: unread tags are not the same as none", why)
		require.Equal(t, len(want.Tags), len(got.Tags), why)
		if want.Created != nil {
			require.True(t, want.Created.Equal(got.Created), why)
		}
		if want.Properties == nil {
			require.Contains(t, got.Unread, "", "%s: a snapshot without properties has read none", why)
			continue
		}
		require.Len(t, got.Properties, len(want.Properties), why)
		for name := range maps.Keys(want.Properties) {
			require.Contains(t, got.Properties, valid(name), why)
		}
	}
}

// valid is what JSON makes of text that is no UTF-8.
func valid(s string) string { return string([]rune(s)) }

// A run that listed no resources says nothing about what lives. Read as a snapshot, it
// would make everything that is declared missing.
func TestJSONLWithoutResourcesIsNoSnapshot(t *testing.T) {
	summary := failing()
	summary.Resources = nil
	drift := failing()
	drift.Command, drift.Resources = "drift", nil
	for why, r := range map[string]*engine.Result{"check judges declarations": clean(), "drift lists differences": drift, "a summary lists nothing": summary} {
		_, err := declared.ReadSnapshot(strings.NewReader(render(t, jsonl, r, Options{})), "s")
		assert.ErrorContains(t, err, "holds no resources", why)
	}
}
