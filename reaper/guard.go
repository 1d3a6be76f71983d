package reaper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/state"
)

// ErrGuard refuses a whole plan of deletion before anything is done.
var ErrGuard = errors.New("a guard refuses the plan")

// Allow is where something may be ended. An empty list of accounts allows the caller's own
// only; of regions and types, globs, an empty list allows all.
type Allow struct {
	Accounts []string
	Regions  []string
	Types    []string
}

// forbids returns what of a place is not allowed; "" when all is.
func (l Allow) forbids(p plan.Place, caller Caller) string {
	matches := func(globs []string, v string) bool {
		return len(globs) == 0 || slices.ContainsFunc(globs, func(g string) bool { return inventory.MatchGlob(g, v) })
	}
	switch {
	case p.Partition != caller.Partition:
		return "partition " + p.Partition
	case len(l.Accounts) == 0 && p.Account != caller.Account, len(l.Accounts) > 0 && !slices.Contains(l.Accounts, p.Account):
		return "account " + p.Account
	case !matches(l.Regions, p.Region):
		return "region " + p.Region
	case !matches(l.Types, p.Type):
		return "type " + p.Type
	}
	if p.Elsewhere() {
		return "ARN " + cmp.Or(p.ARN, p.ID)
	}
	return ""
}

// lifelines are the names without which nobody gets into the account any more, or is seen
// in it.
var lifelines = []string{
	"OrganizationAccountAccessRole", "AWSReservedSSO*", "AWSControlTower*", "aws-controltower*", "AWSServiceRoleFor*", "AWSCloudFormationStackSet*", "stacksets-exec-*",
}

// isSelf names why a place is what a run lives on: its caller's own role or user, something
// of its Self list, a way into the account, the record of who did what. "" when it is not.
func isSelf(p plan.Place, caller Caller, self []string) string {
	name := p.ID[strings.LastIndexByte(p.ID, '/')+1:]
	if p.Type == "AWS::CloudTrail::Trail" {
		return "a trail records what this run does"
	}
	if strings.HasPrefix(p.Type, "AWS::IAM::") || strings.HasPrefix(p.Type, "AWS::SSO::") {
		if slices.ContainsFunc(lifelines, func(g string) bool { return inventory.MatchGlob(strings.ToLower(g), strings.ToLower(name)) }) {
			return name + " is a way into the account"
		}
	}
	// arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION, arn:aws:iam::ACCOUNT:user/PATH/NAME
	_, who, _ := strings.Cut(caller.ARN, "::")
	_, who, _ = strings.Cut(who, ":")
	parts := strings.Split(who, "/")
	own := ""
	switch {
	case parts[0] == "assumed-role" && len(parts) > 1:
		own = parts[1]
	case len(parts) > 1:
		own = parts[len(parts)-1]
	}
	// A profile is usually called like its role; one of that name is left alone too.
	if strings.HasPrefix(p.Type, "AWS::IAM::") && own != "" && strings.EqualFold(name, own) {
		return "the run acts as it"
	}
	for _, s := range self {
		if s != "" && (s == p.ID || s == p.ARN || s == name || s == p.Ref().String()) {
			return "the run lives on it"
		}
	}
	return ""
}

// protects says by what somebody protects a live resource, or "": a tag, or a pattern of the
// configuration, which may be newer than the plan.
func (a *applier) protects(r *inventory.Resource) string {
	if key := plan.KeepTag(r); key != "" {
		return "tag " + key
	}
	if slices.ContainsFunc(a.Protect, func(p plan.Protection) bool { return p.Matches(r) }) {
		return "a pattern of the configuration"
	}
	return ""
}

// retagged names a tag of ours that somebody wrote or removed since an action was planned, or
// "": whose the resource is, and what the action would overwrite. The fingerprint leaves our
// own tags out.
func (a *applier) retagged(action plan.Action, r *inventory.Resource) string {
	for _, c := range action.Patch {
		if now, has := r.Tags[c.Tag]; has && strings.HasPrefix(c.Tag, "pcf:") && now != c.From && now != c.To {
			return c.Tag
		}
	}
	return a.Plan.Reclaimed(action, r)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// isReap reports whether an action is one on the way of a candidate out of the world.
func isReap(v plan.Verb) bool {
	return slices.Contains([]plan.Verb{plan.Mark, plan.Unmark, plan.Quarantine, plan.Backup, plan.Delete}, v)
}

// protections are properties and tags by which somebody protects a resource.
var protections = []string{
	"deletionprotection", "deletionprotectionenabled", "disableapitermination", "disableapistop", "enableterminationprotection",
	"terminationprotection", "objectlock", "objectlockenabled", "objectlockconfiguration", "loadbalancerattributes", "pcf:protect",
}

// lifts reports whether a change touches a protection. On the way out of the world nothing
// ever does.
func lifts(c plan.Change) bool {
	for _, part := range strings.Split(strings.ToLower(c.Path), "/") {
		if slices.Contains(protections, part) {
			return true
		}
	}
	return c.Tag != "" && plan.KeepTag(&inventory.Resource{Tags: map[string]string{c.Tag: ""}}) != ""
}

// guardDeletions refuses a whole plan that ends something, once the ledger is known and
// before the first call.
func (a *applier) guardDeletions(ctx context.Context) error {
	ends, marks, teardown, deletions := false, false, false, 0
	perType := map[string]int{}
	for _, action := range a.Plan.Actions {
		if !isReap(action.Verb) {
			continue
		}
		if action.Verb == plan.Unmark {
			continue // taking back is always allowed
		}
		ends = true
		marks, teardown = marks || action.Verb == plan.Mark, teardown || action.Teardown
		if what := a.Allow.forbids(action.Resource, a.caller); what != "" {
			return fmt.Errorf("%w: %s is not allowed (%s): see reap.accounts", ErrGuard, what, action.Resource.Ref())
		}
		if why := isSelf(action.Resource, a.caller, a.Self); why != "" {
			return fmt.Errorf("%w: %s: %s", ErrGuard, action.Resource.Ref(), why)
		}
		if action.Verb == plan.Delete {
			deletions++
			perType[action.Resource.Type]++
		}
	}
	for _, action := range a.Plan.Actions {
		if i := slices.IndexFunc(action.Patch, lifts); i >= 0 && (isReap(action.Verb) || action.Reason == plan.Detached) {
			return fmt.Errorf("%w: %s would lift a protection (%s): that is for a person", ErrGuard, action.ID, action.Patch[i].Path)
		}
	}
	if !ends {
		return nil
	}
	if marks && a.Notify == nil && !teardown {
		return fmt.Errorf("%w: nobody would be told: give --notify", ErrGuard)
	}
	if age := a.Clock.Now().Sub(a.Plan.CreatedAt); a.Replan == nil && age > a.Limits.Fresh && deletions > 0 {
		return fmt.Errorf("%w: it was made %s ago, and the world was not read since: make a new plan", ErrGuard, age.Round(time.Second))
	}
	whole, err := a.lookForReferrers(ctx, deletions)
	if err != nil {
		return err
	}
	return a.guardBudget(deletions, perType, whole)
}

// remake makes the plan again from the world as it is now, where that can be done.
func (a *applier) remake(ctx context.Context) (err error) {
	if a.Replan == nil {
		return nil
	}
	if a.now, err = a.Replan(ctx); err != nil {
		return fmt.Errorf("%w: it cannot be made again from the world as it is now: %w", ErrGuard, err)
	}
	return nil
}

// lookForReferrers finds what of the plan somebody refers to by now, and how many resources
// there are; 0 when nobody looked.
func (a *applier) lookForReferrers(ctx context.Context, deletions int) (whole int, err error) {
	if a.Look == nil || a.Replan != nil || deletions == 0 {
		return 0, nil
	}
	live, err := a.Look(ctx)
	if err == nil {
		whole = len(live.Resources)
		a.now, err = a.Plan.Referred(live)
	}
	if err != nil {
		return 0, fmt.Errorf("%w: who refers to what it deletes is not known: %w", ErrGuard, err)
	}
	return whole, nil
}

// replanned says why an action is not done although the plan names it: made again now, the
// plan does not. "" when it does, or was not made again. live is its resource; nil of one to
// create.
func (a *applier) replanned(action plan.Action, live *inventory.Resource) string {
	if a.now == nil {
		return ""
	}
	return a.now.Confirms(action, live, func(id string) *inventory.Resource { return a.done[id] })
}

// wasDone reports whether the ledger holds an action as done, by a run of the same plan that
// died: made again, a plan does not have it any more.
func (a *applier) wasDone(action plan.Action) bool {
	key := action.Resource.Ref().String()
	m := a.ledger.Marks[key]
	switch {
	case a.ledger.WasDeleted(key, action.Incarnation):
		return true
	case action.Verb == plan.Delete:
		return false
	case action.Reason == plan.Detached:
		return slices.ContainsFunc(a.ledger.Altered[key], func(e state.Alteration) bool {
			return e.Action == action.ID && e.Incarnation == action.Incarnation
		})
	case m.Incarnation != action.Incarnation:
		return false
	case action.Verb == plan.Quarantine:
		return !m.Quarantined.IsZero()
	case action.Verb == plan.Backup:
		return m.Backup != ""
	}
	return action.Verb == plan.Mark
}

// KillSwitch returns a Switch that stops the run while a file exists. The file's first line
// is the reason. What cannot be read stops too.
func KillSwitch(path string) func() (string, error) {
	return func() (string, error) {
		text, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return "", nil
		case err != nil:
			return "", fmt.Errorf("read kill switch: %w", err)
		}
		line, _, _ := strings.Cut(string(text[:min(len(text), 200)]), "\n")
		return cmp.Or(strings.TrimSpace(line), "the kill switch "+path+" is set"), nil
	}
}

// A Window is a time of day, UTC, in which something may be ended; it may reach over
// midnight. The zero value is always open.
type Window struct{ From, To time.Duration }

// ParseWindow reads "22:00-05:00".
func ParseWindow(text string) (Window, error) {
	var w Window
	if text == "" {
		return w, nil
	}
	from, to, ok := strings.Cut(text, "-")
	for i, part := range []string{from, to} {
		t, err := time.Parse("15:04", strings.TrimSpace(part))
		if err != nil || !ok {
			return w, fmt.Errorf("read window %q: it is written 22:00-05:00 (UTC)", text)
		}
		d := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
		if i == 0 {
			w.From = d
		} else {
			w.To = d
		}
	}
	if w.From == w.To {
		return w, fmt.Errorf("read window %q: it is never open", text)
	}
	return w, nil
}

// Open reports whether the window is open at a time.
func (w Window) Open(now time.Time) bool {
	now = now.UTC()
	at := time.Duration(now.Hour())*time.Hour + time.Duration(now.Minute())*time.Minute + time.Duration(now.Second())*time.Second
	switch {
	case w == Window{}:
		return true
	case w.From < w.To:
		return at >= w.From && at < w.To
	}
	return at >= w.From || at < w.To
}

// Switch returns a Switch that stops the run outside of the window.
func (w Window) Switch(clock Clock) func() (string, error) {
	return func() (string, error) {
		if w.Open(clock.Now()) {
			return "", nil
		}
		return "the window is closed", nil
	}
}

// Switches asks several switches; the first that stops does.
func Switches(all ...func() (string, error)) func() (string, error) {
	return func() (string, error) {
		for _, one := range all {
			if one == nil {
				continue
			}
			if why, err := one(); why != "" || err != nil {
				return why, err
			}
		}
		return "", nil
	}
}

// proofs says what of the proofs for a deletion the ledger lacks; "" when it has them all.
// It does not ask the plan: a plan is a file that somebody may write.
func (a *applier) proofs(action plan.Action, live *inventory.Resource) string {
	key := live.Ref.String()
	mark, marked := a.ledger.Marks[key]
	now := a.Clock.Now()
	switch {
	case action.Teardown:
		return "" // the owner's own word, of exactly this version
	case !marked || mark.Incarnation != action.Incarnation:
		return "it carries no mark in the ledger: nothing is deleted without one"
	case mark.Noticed.IsZero():
		return "no notice of its mark was acknowledged"
	}
	seen := a.ledger.Seen[key]
	grace := a.grace()
	_, _, holds := Isolation(live)
	switch {
	case now.Before(mark.At.Add(grace)), now.Before(mark.Noticed.Add(grace)):
		return fmt.Sprintf("its grace of %s is not over", grace)
	case now.Before(mark.Told):
		return "its owner was told that it goes not before " + mark.Told.UTC().Format(time.RFC3339)
	case seen.Incarnation != action.Incarnation || seen.Count < plan.Observations:
		return fmt.Sprintf("only %d of %d complete observations saw it as a candidate", seen.Count, plan.Observations)
	case now.Before(seen.First.Add(grace)):
		return fmt.Sprintf("it has not been a candidate for %s", grace)
	case holds && (mark.Quarantined.IsZero() || now.Before(mark.Quarantined.Add(a.hold()))):
		return "it was not held in quarantine long enough"
	}
	return ""
}
