package plan

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Undo gives back what is as the run left it, and refuses the rest with the reason.
func TestUndo(t *testing.T) {
	queue := func(delay string) *inventory.Resource {
		return live("q", "AWS::SQS::Queue", `{"QueueName": "q", "DelaySeconds": `+delay+`}`)
	}
	patch := []Change{{Path: "/DelaySeconds", From: int64(0), To: int64(5)}, {Path: "/Tags/team", Tag: "team", From: nil, To: "a"}}
	done := func(verb Verb, r *inventory.Resource, patch ...Change) Action {
		return Action{Verb: verb, Resource: PlaceOf(r, "jobs"), Incarnation: Incarnation(r), Patch: patch, For: &Identity{App: "orders", Version: "1", Particle: "jobs"}}
	}
	tagged := func(r *inventory.Resource, key, value string) *inventory.Resource {
		r.Tags = map[string]string{key: value}
		return r
	}
	standing := func(state string) *inventory.Resource {
		r := live("i-1", "AWS::EC2::Instance", `{"InstanceType": "t3.small"}`)
		r.State = state
		return r
	}
	reborn := queue("5")
	reborn.Created = day
	for _, c := range []struct {
		name   string
		action Action
		now    []*inventory.Resource
		verb   Verb   // planned; "" none
		reason Reason // refused; "" not
		why    string
	}{
		{"as left", done(Update, queue("5"), patch...), []*inventory.Resource{tagged(queue("5"), "team", "a")}, Update, "", "both values go back"},
		{"half of it", done(Update, queue("5"), patch...), []*inventory.Resource{queue("5")}, Update, "", "a run that was killed wrote one of two"},
		{"back already", done(Update, queue("5"), patch[0]), []*inventory.Resource{queue("0")}, "", "", "nothing is left to do"},
		{"moved", done(Update, queue("5"), patch[0]), []*inventory.Resource{queue("9")}, "", ChangedSince, "somebody wanted that value"},
		{"gone", done(Update, queue("5"), patch[0]), nil, "", ChangedSince, "it is not there"},
		{"another one", done(Update, queue("5"), patch[0]), []*inventory.Resource{reborn}, "", ChangedSince, "the name is the same, the queue is not"},
		{"tags unread", done(Tag, queue("5"), patch[1]), []*inventory.Resource{{Ref: queue("5").Ref, Created: queue("5").Created}}, "", TagsUnread, "what stands there is not known"},
		{"created", Action{Verb: Create, Resource: PlaceOf(queue("5"), "jobs")}, []*inventory.Resource{queue("5")}, "", NeedsReaper, "to undo a creation is to delete"},
		{"deleted", done(Delete, queue("5")), nil, "", Irreversible, "there is no way back"},
		{"started", done(Start, standing("running")), []*inventory.Resource{standing("running")}, Stop, "", "the other way"},
		{"started, stopped by hand", done(Start, standing("running")), []*inventory.Resource{standing("stopped")}, "", "", "it is so already"},
		{"elsewhere", Action{Verb: Update, Resource: Place{Partition: "aws", Account: "999999999999", Region: region, Type: "AWS::SQS::Queue", ID: "q"}}, nil, "", OtherAccount, "one plan, one account"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Undo(UndoInput{Header: header(), Run: "r", Done: []Action{c.action}, Live: scope(c.now...)})
			require.NoError(t, err)
			require.NoError(t, p.Check(day))
			if c.verb == "" {
				assert.Empty(t, p.Actions, c.why)
			} else if assert.Len(t, p.Actions, 1, c.why) {
				assert.Equal(t, c.verb, p.Actions[0].Verb, c.why)
				for _, change := range p.Actions[0].Patch {
					assert.True(t, sameValue(current(c.now[0], change), change.From), "what is taken back is what is there")
				}
			}
			if c.reason == "" {
				assert.Empty(t, p.Refused, c.why)
			} else if assert.Len(t, p.Refused, 1, c.why) {
				assert.Equal(t, c.reason, p.Refused[0].Reason, c.why)
			}
		})
	}
	t.Run("own identity", func(t *testing.T) {
		p, err := Undo(UndoInput{Header: header(), Run: "r", Done: []Action{done(Update, queue("5"), patch[0])}, Live: scope(queue("5")), Self: []string{"q"}})
		require.NoError(t, err)
		require.Len(t, p.Refused, 1)
		assert.Equal(t, OwnIdentity, p.Refused[0].Reason)
	})
	t.Run("in a gap", func(t *testing.T) {
		s := scope()
		s.Gaps = []inventory.Gap{{Account: account, Region: region, Type: "AWS::SQS::Queue", Reason: inventory.Denied}}
		p, err := Undo(UndoInput{Header: header(), Run: "r", Done: []Action{done(Update, queue("5"), patch[0])}, Live: s})
		require.NoError(t, err)
		require.Len(t, p.Refused, 1)
		assert.Equal(t, InGap, p.Refused[0].Reason, "nobody knows that it is gone")
	})
}
