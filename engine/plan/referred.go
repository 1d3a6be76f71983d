package plan

import (
	"fmt"
	"slices"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Referred returns a plan without the deletions that somebody stands against by now: who did
// not refer to the resource when the plan was made, and does not go with it. It refuses those,
// and what lies where nobody looked. live is all of the account, read now; a gap in it is an
// error, because a referrer may hide there. The plan returned is to compare with, not to apply.
func (p *Plan) Referred(live *inventory.Snapshot) (*Plan, error) {
	if gap := newReap(ReapInput{Header: p.Header, Live: live}).unread; gap != "" {
		return nil, fmt.Errorf("look for referrers: %s", gap)
	}
	known := map[string][]string{} // at the time of the plan
	if p.Reaping != nil {
		for _, c := range p.Reaping.Candidates {
			known[c.Resource.Ref().String()] = c.Referrers
		}
	}
	var going []inventory.Ref
	for _, a := range p.Actions {
		if a.Verb == Delete {
			going = append(append(going, a.Resource.Ref()), a.Along()...)
		}
	}
	now := *p
	now.Actions, now.Refused = nil, nil
	graph := newUses(live.Resources)
	for _, a := range p.Actions {
		by, ref := "", a.Resource.Ref()
		if a.Verb == Delete && !live.Scope.Includes(ref.Account, ref.Region, ref.Type) {
			now.Refused = append(now.Refused, Refusal{Resource: a.Resource, Reason: Incomplete, By: ref.Region + " " + ref.Type + " was not read", For: a.For})
			continue
		}
		if n, there := graph.index[ref]; there && a.Verb == Delete {
			i := slices.IndexFunc(graph.from[n], func(u use) bool {
				user := graph.nodes[u.node].Ref
				return !slices.Contains(going, user) && !slices.Contains(known[ref.String()], user.String())
			})
			if i >= 0 {
				by = graph.nodes[graph.from[n][i].node].Ref.String()
			}
		}
		if by == "" {
			now.Actions = append(now.Actions, a)
			continue
		}
		now.Refused = append(now.Refused, Refusal{Resource: a.Resource, Reason: ReferredTo, By: by, For: a.For})
	}
	return &now, nil
}
