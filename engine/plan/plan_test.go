package plan

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
)

func somePlan(t require.TestingT) *Plan {
	p, l := particle("it", queues, `{"DelaySeconds": 5, "Tags": [{"Key": "a", "Value": "b"}]}`), live("it", queues, `{"DelaySeconds": 1}`)
	missing := particle("new", bucket, `{"BucketName": "new", "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "ExpirationInDays": 1, "Prefix": "<b>&\u2028"}]}}`)
	refused := particle("no", db, `{"MasterUserPassword": "x"}`)
	got, _, err := repairOf([]drift.Pair{pair(p, l), pair(missing), pair(refused)}, nil)
	require.NoError(t, err)
	require.Len(t, got.Actions, 2)
	require.Len(t, got.Refused, 1)
	return got
}

func TestEncode(t *testing.T) {
	p := somePlan(t)
	var text bytes.Buffer
	require.NoError(t, p.Encode(&text))
	back, err := Decode(bytes.NewReader(text.Bytes()))
	require.NoError(t, err)
	assert.Equal(t, p, back)
	require.NoError(t, back.Check(day))
	for _, key := range []string{`"digest"`, `"expiresAt"`, `"applyable": true`, `"refused"`, `"needs": []`, `"reversible"`, `"resource"`} {
		assert.Contains(t, text.String(), key)
	}
	_, err = Decode(strings.NewReader(strings.Replace(text.String(), `"tool"`, `"toool"`, 1)))
	assert.ErrorContains(t, err, "toool", "unknown keys are refused")
	_, err = Decode(strings.NewReader(text.String() + "{}"))
	assert.ErrorContains(t, err, "behind its end")

	// Any other value, reason or order than what was digested is found.
	for _, change := range []string{
		`"/DelaySeconds"`, `"verb": "update"`, `"account": "111122223333"`, `"tool": "test"`, `"eu-west-1"`, `"2026-11-02`, `"deletions": 0`, `"missing"`, `"from": 1`, `"to": 5`,
	} {
		require.Contains(t, text.String(), change)
		flipped := change[:len(change)-2] + string(change[len(change)-2]^1) + change[len(change)-1:]
		_, err := Decode(strings.NewReader(strings.Replace(text.String(), change, flipped, 1)))
		assert.Error(t, err, change)
	}
}

func FuzzDecode(f *testing.F) {
	var text bytes.Buffer
	require.NoError(f, somePlan(f).Encode(&text))
	f.Add(text.Bytes())
	f.Add([]byte(`{"actions": [{}], "digest": ""}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Decode(bytes.NewReader(text))
		if err != nil {
			return
		}
		var again bytes.Buffer
		require.NoError(t, p.Encode(&again))
		back, err := Decode(&again)
		require.NoError(t, err)
		require.Equal(t, p.Digest, back.Digest)
	})
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		change func(p *Plan)
		why    string
	}{
		{func(p *Plan) { p.ExpiresAt = day }, "too old"},
		{func(p *Plan) { p.CreatedAt = day.Add(time.Hour) }, "still to come"},
		{func(p *Plan) { p.Account = "" }, "which account"},
		{func(p *Plan) { p.Actions[0].Resource.Account = "9" }, "lies in account"},
		{func(p *Plan) { p.Actions[0].Precondition = "" }, "expects to find"},
		{func(p *Plan) { p.Actions[1].ID = p.Actions[0].ID }, "two actions"},
		{func(p *Plan) { p.Actions[0].Needs = []string{p.Actions[1].ID} }, "does not come before"},
		{func(p *Plan) { p.Command, p.Actions = "reap", p.Actions[:1]; p.Actions[0].Verb = Delete }, "budget"},
		{func(p *Plan) { p.Actions[0].Verb = Delete }, "`repair` plans no action"}, // nor is it one of a teardown
		{func(p *Plan) { p.Command = "tag" }, "`tag` plans no action"},
		{func(p *Plan) { p.Command = "reap" }, "`reap` plans no action"}, // an update of what does not go
		{func(p *Plan) { p.Command, p.Actions = "reap", p.Actions[:1]; p.Actions[0].Reason = Detached }, "`reap` plans no action"},
		{func(p *Plan) { p.SchemaVersion = 2 }, "version 2"},
	} {
		p := somePlan(t)
		c.change(p)
		assert.ErrorIs(t, p.Check(day), ErrDigest, c.why)
		require.NoError(t, p.Seal())
		assert.ErrorContains(t, p.Check(day), c.why)
	}
}

func TestFingerprint(t *testing.T) {
	base := func() *inventory.Resource {
		return live("sg-1", group, `{"GroupId": "sg-1", "GroupDescription": "web", "SecurityGroupIngress": [{"CidrIp": "a"}, {"CidrIp": "b"}], "Tags": [{"Key": "a", "Value": "b"}]}`)
	}
	for _, c := range []struct {
		change func(r *inventory.Resource)
		same   bool
		why    string
	}{
		{func(r *inventory.Resource) { r.Properties["GroupId"] = "sg-2" }, true, "AWS sets it: the incarnation is compared apart"},
		{func(r *inventory.Resource) { r.Tags["pcf:app"] = "x" }, true, "our own tags: writing them changes nothing"},
		{func(r *inventory.Resource) { r.Properties["VpcId"] = nil }, true, "absent"},
		{func(r *inventory.Resource) { r.Properties["SecurityGroupEgress"] = []any{} }, true, "empty is absent"},
		{func(r *inventory.Resource) { r.Properties["GroupDescription"] = "x" }, false, "a property"},
		{func(r *inventory.Resource) { r.Tags["a"] = "c" }, false, "a tag"},
		{func(r *inventory.Resource) { r.Tags["A"] = "b" }, false, "case matters"},
		{func(r *inventory.Resource) { r.Tags = nil }, false, "tags that could not be read are not none"},
		{func(r *inventory.Resource) { r.State = "deleting" }, false, "the state"},
		{func(r *inventory.Resource) {
			r.Properties["SecurityGroupIngress"] = []any{map[string]any{"CidrIp": "a"}}
		}, false, "a rule"},
	} {
		r := base()
		c.change(r)
		assert.Equal(t, c.same, Fingerprint(r) == Fingerprint(base()), c.why)
	}
	again := base()
	again.Created = day
	assert.NotEqual(t, Incarnation(base()), Incarnation(again), "made again under the same name")
}

// Levels are an order in which targets come first, rings are found, and the same graph gives
// the same answer however it is listed.
func TestGraphLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(t, "resources")
		resources := make([]*inventory.Resource, n)
		for i := range resources {
			resources[i] = live(fmt.Sprintf("q%02d", i), queues, `{}`)
		}
		reach := make([][]bool, n)
		for i := range reach {
			reach[i] = make([]bool, n)
		}
		for range rapid.IntRange(0, 20).Draw(t, "edges") {
			a, b := rapid.IntRange(0, max(n-1, 0)).Draw(t, "from"), rapid.IntRange(0, max(n-1, 0)).Draw(t, "to")
			if n == 0 {
				continue
			}
			reach[a][b] = true
			resources[a].Relations = append(resources[a].Relations, inventory.Relation{Path: "/X", Kind: "hard", To: resources[b].Ref})
		}
		for k := range n {
			for i := range n {
				for j := range n {
					reach[i][j] = reach[i][j] || reach[i][k] && reach[k][j]
				}
			}
		}
		levels := NewGraph(resources).Levels()
		at, ring, seen := map[inventory.Ref]int{}, map[inventory.Ref]int{}, 0
		for i, level := range levels {
			for _, group := range level {
				seen++
				for _, ref := range group {
					at[ref], ring[ref] = i, seen
				}
			}
		}
		require.Len(t, at, n)
		for i, a := range resources {
			for j, b := range resources {
				together := i == j || reach[i][j] && reach[j][i]
				require.Equal(t, together, ring[a.Ref] == ring[b.Ref])
				if reach[i][j] && !together {
					require.Greater(t, at[a.Ref], at[b.Ref], "%s refers to %s", a.Ref, b.Ref)
				}
			}
		}
		shuffled := rapid.Permutation(resources).Draw(t, "shuffled")
		require.Equal(t, levels, NewGraph(shuffled).Levels())
	})
}

// A long chain does not exhaust the stack.
func TestGraphDeep(t *testing.T) {
	const n = 100_000
	edges := make([][]int, n)
	for i := range n - 1 {
		edges[i] = []int{i + 1}
	}
	assert.Len(t, components(edges), n)
}

func TestTags(t *testing.T) {
	for _, c := range []struct {
		why     string
		typ     string
		edit    func(in *TagInput, pr *owner.Pair, a *owner.Attribution)
		actions int
		refused Reason
	}{
		{why: "what is owned gets its tags", actions: 1},
		{why: "what has them needs nothing", edit: func(_ *TagInput, pr *owner.Pair, _ *owner.Attribution) { pr.Live[0].Tags = OwnerTagsOf(pr.Particle) }},
		{why: "foreign", edit: func(_ *TagInput, _ *owner.Pair, a *owner.Attribution) { a.Class = owner.Foreign }, refused: NotOwned},
		{why: "shared", edit: func(_ *TagInput, _ *owner.Pair, a *owner.Attribution) { a.Class = owner.Shared }, refused: NotOwned},
		{why: "contested", edit: func(_ *TagInput, _ *owner.Pair, a *owner.Attribution) { a.Class = owner.Contested }, refused: NotOwned},
		{why: "inputs are nobody's business", edit: func(_ *TagInput, pr *owner.Pair, _ *owner.Attribution) { pr.Input = true }},
		{why: "a foreign bucket with a declared name", edit: func(_ *TagInput, pr *owner.Pair, a *owner.Attribution) {
			a.Class, a.Reason, pr.By = owner.Attributed, owner.Adoptable, owner.ByIdentifier
		}, refused: Adoptable},
		{why: "adopted on request", edit: func(in *TagInput, pr *owner.Pair, a *owner.Attribution) {
			a.Class, a.Reason, pr.By, in.Adopt = owner.Attributed, owner.Adoptable, owner.ByIdentifier, true
		}, actions: 1},
		{why: "attributed by a name alone is not adopted", edit: func(in *TagInput, _ *owner.Pair, a *owner.Attribution) {
			a.Class, a.Reason, in.Adopt = owner.Attributed, owner.OwnerTags, true
		}, refused: NotOwned},
		{why: "two could be meant", edit: func(_ *TagInput, pr *owner.Pair, _ *owner.Attribution) {
			pr.Live = append(pr.Live, live("other", queues, `{}`))
		}, refused: AmbiguousMatch},
		{why: "another version's tags", edit: func(_ *TagInput, pr *owner.Pair, _ *owner.Attribution) { pr.LiveVersion = "1" }, refused: VersionSkew},
		{why: "tags that could not be read", edit: func(_ *TagInput, pr *owner.Pair, _ *owner.Attribution) { pr.Live[0].Tags = nil }, refused: TagsUnread},
		{why: "a tag whose value is not known", edit: func(_ *TagInput, pr *owner.Pair, _ *owner.Attribution) {
			pr.Live[0].UnknownTags = map[string]*inventory.Unknown{"pcf:app": {Because: "x"}}
		}, refused: TagsUnread},
		{why: "one of ours but for its case: IAM would overwrite it", edit: func(_ *TagInput, pr *owner.Pair, _ *owner.Attribution) {
			pr.Live[0].Tags["PCF:App"] = "payments"
		}, refused: OwnerConflict},
		{why: "a gap", edit: func(in *TagInput, _ *owner.Pair, _ *owner.Attribution) {
			in.Live.Gaps = []inventory.Gap{{Reason: inventory.Denied}}
		}, refused: InGap},
		{why: "full", edit: func(_ *TagInput, pr *owner.Pair, _ *owner.Attribution) {
			for i := range 47 {
				pr.Live[0].Tags[fmt.Sprint("t", i)] = ""
			}
		}, refused: TagLimit},
		{why: "just not full: those of AWS do not count", edit: func(_ *TagInput, pr *owner.Pair, _ *owner.Attribution) {
			pr.Live[0].Tags["aws:x"] = ""
			for i := range 46 {
				pr.Live[0].Tags[fmt.Sprint("t", i)] = ""
			}
		}, actions: 1},
		{why: "a character that the service does not take", edit: func(_ *TagInput, pr *owner.Pair, _ *owner.Attribution) { pr.Particle.Name = "web#1" }, refused: TagCharacters},
		{why: "EC2 takes all", typ: group, edit: func(_ *TagInput, pr *owner.Pair, _ *owner.Attribution) { pr.Particle.Name = "web#1" }, actions: 1},
		{why: "too long", edit: func(_ *TagInput, pr *owner.Pair, _ *owner.Attribution) { pr.Particle.Name = strings.Repeat("x", 257) }, refused: TagCharacters},
		{why: "no tags at all", typ: "AWS::SQS::QueuePolicy", refused: Untaggable},
		{why: "only observed", edit: func(_ *TagInput, pr *owner.Pair, _ *owner.Attribution) {
			pr.Particle.Manage = []inventory.Verb{inventory.Observe}
		}, refused: NotManaged},
	} {
		t.Run(c.why, func(t *testing.T) {
			if c.typ == "" {
				c.typ = queues
			}
			p, l := particle("web", c.typ, `{}`), live("it", c.typ, `{}`)
			in := TagInput{Header: header(), Attributions: owned(l), Live: scope(l)}
			pr := owner.Pair{Particle: p, Live: []*inventory.Resource{l}, By: owner.ByTag}
			if c.edit != nil {
				c.edit(&in, &pr, in.Attributions[0])
			}
			in.Pairs = []owner.Pair{pr}
			got, err := Tags(in)
			require.NoError(t, err)
			assert.Len(t, got.Actions, c.actions)
			if c.refused == "" {
				assert.Empty(t, got.Refused)
			} else if assert.Len(t, got.Refused, 1) {
				assert.Equal(t, c.refused, got.Refused[0].Reason)
			}
		})
	}
}
