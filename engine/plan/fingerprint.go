package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// Fingerprint is a hash of how a live resource looks: its properties but those that AWS
// sets, its tags but our own, its state. Two reads of an unchanged resource have the same
// one; a plan's action is done only while it stays.
func Fingerprint(r *inventory.Resource) string {
	t, _ := schema.Lookup(r.Ref.Type)
	var tags any // nil: they could not be read, which is not the same as none
	if r.Tags != nil {
		kept := map[string]string{}
		for k, v := range r.Tags {
			if !strings.HasPrefix(k, "pcf:") {
				kept[k] = v
			}
		}
		tags = kept
	}
	// Secrets are left out, so that a plan in a file is no help in guessing one.
	props, _ := inventory.Redact(t, "", r.Properties).(map[string]any)
	return hashOf("looks", r.Ref.Type, canonical(stable(t, "", props)), canonical(tags), r.State)
}

// claimTags say whose a resource is, and nothing of how it looks.
var claimTags = []string{owner.TagApp, owner.TagEnvironment, owner.TagVersion, owner.TagParticle}

// Claims returns the owner tags of ours that a live resource has; nil when it has none. Adding
// one is a claim, and removing one takes away what a plan rests on.
func Claims(r *inventory.Resource) map[string]string {
	var all map[string]string
	for _, key := range claimTags {
		if value, has := r.Tags[key]; has {
			if all == nil {
				all = map[string]string{}
			}
			all[key] = value
		}
	}
	return all
}

// Reclaimed names an owner tag of ours that a live resource had when an action was planned and
// has not now, or the other way round; "" when all are as they were, or as the plan itself
// writes them.
func (p *Plan) Reclaimed(a Action, live *inventory.Resource) string {
	writes := func(key string) bool {
		return slices.ContainsFunc(p.Actions, func(other Action) bool {
			return other.Resource.Ref() == a.Resource.Ref() && slices.ContainsFunc(other.Patch, func(c Change) bool {
				return c.Tag == key && Reached(live, []Change{c})
			})
		})
	}
	for _, key := range claimTags {
		was, had := a.Claims[key]
		if now, has := live.Tags[key]; (had != has || was != now) && !writes(key) {
			return key
		}
	}
	return ""
}

// mirrors are properties that say again what stands in another resource, and change when that
// one does, as when it goes before in the same plan. Each has the type of that one, when its
// values are identifiers: who stands there by now and did not before has begun to use the
// resource (see Joined). Whether an interface has a public address changes with the Elastic IP
// that is taken from it; one that is given to it is an association of its own, and a referrer.
var mirrors = map[string]map[string]string{
	"AWS::EC2::Instance":      {"/NetworkInterfaces/*/AssociatePublicIpAddress": ""},
	"AWS::IAM::ManagedPolicy": {"/Groups": "AWS::IAM::Group", "/Roles": "AWS::IAM::Role", "/Users": "AWS::IAM::User"},
}

func isMirror(t *schema.Type, pointer string) bool {
	for p := range mirrors[t.Name] {
		if schema.MatchPointer(p, pointer) {
			return true
		}
	}
	return false
}

// Joined names somebody who by the resource's own properties uses what an action deletes, and
// did not refer to it when the plan was made; "" when there is nobody. The fingerprint does not
// tell.
func (p *Plan) Joined(a Action, live *inventory.Resource) string {
	if a.Verb != Delete {
		return ""
	}
	var known []string
	if p.Reaping != nil {
		i := slices.IndexFunc(p.Reaping.Candidates, func(c Candidate) bool { return c.Resource.Ref() == a.Resource.Ref() })
		if i >= 0 {
			known = p.Reaping.Candidates[i].Referrers
		}
	}
	for _, path := range sortedKeys(mirrors[a.Resource.Type]) {
		typ := mirrors[a.Resource.Type][path]
		if typ == "" {
			continue
		}
		for _, id := range texts(live, path+"/*") {
			user := a.Resource.Ref()
			user.Type, user.ID = typ, id
			if !slices.Contains(known, user.String()) {
				return user.String()
			}
		}
	}
	return ""
}

// stable returns the properties without those that AWS sets, without the tags (which count
// apart) and the empty ones (which AWS drops), and with the lists in order that have none.
func stable(t *schema.Type, pointer string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			at := pointer + "/" + schema.EscapePointer(k)
			if t != nil && (t.IsReadOnly(at) || at == t.TagProperty || isMirror(t, at)) {
				continue
			}
			if e = stable(t, at, e); !isEmpty(e) {
				out[k] = e
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = stable(t, pointer+"/"+strconv.Itoa(i), e)
		}
		if t != nil && t.OrderOf(pointer) == schema.Unordered {
			slices.SortFunc(out, func(a, b any) int { return strings.Compare(canonical(a), canonical(b)) })
		}
		return out
	}
	return v
}

// Incarnation names one life of a resource: see inventory.Resource.
func Incarnation(r *inventory.Resource) string { return r.Incarnation() }

// Reached reports whether a resource already is what the patch makes of it.
func Reached(r *inventory.Resource, patch []Change) bool {
	return !slices.ContainsFunc(patch, func(c Change) bool { return !sameValue(current(r, c), c.To) })
}

// Undone returns r with every change of the patch that it already has taken back: how the
// resource looked before, when the patch was cut off in the middle.
func Undone(r *inventory.Resource, patch []Change) *inventory.Resource {
	before := *r
	before.Properties, _ = inventory.Clone(r.Properties).(map[string]any)
	before.Tags = maps.Clone(r.Tags)
	for _, c := range patch {
		if sameValue(current(r, c), c.To) {
			Set(&before, c, c.From)
		}
	}
	return &before
}

// current returns the value that a change is about; nil when it is absent.
func current(r *inventory.Resource, c Change) any {
	if c.Tag != "" {
		if v, has := r.Tags[c.Tag]; has {
			return v
		}
		return nil
	}
	v, _ := inventory.At(r.Properties, c.Path)
	return v
}

// Set gives the place of a change a value, in r itself; nil removes it. Objects on the way
// are made where they are absent.
func Set(r *inventory.Resource, c Change, v any) {
	if c.Tag != "" {
		text, is := v.(string)
		switch {
		case !is:
			delete(r.Tags, c.Tag)
		case r.Tags == nil:
			r.Tags = map[string]string{c.Tag: text}
		default:
			r.Tags[c.Tag] = text
		}
		return
	}
	parts := schema.SplitPointer(c.Path)
	if len(parts) == 0 {
		return
	}
	if r.Properties == nil {
		r.Properties = inventory.Properties{}
	}
	at := r.Properties
	for _, part := range parts[:len(parts)-1] {
		below, is := at[part].(map[string]any)
		if !is {
			if v == nil {
				return
			}
			below = map[string]any{}
			at[part] = below
		}
		at = below
	}
	if v == nil {
		delete(at, parts[len(parts)-1])
	} else {
		at[parts[len(parts)-1]] = v
	}
}

// sameValue compares two values; the empty ones and absence are one, as AWS drops them.
func sameValue(a, b any) bool {
	return isEmpty(a) && isEmpty(b) || canonical(a) == canonical(b)
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// canonical is the JSON of a value: keys sorted, unknowns as their description.
func canonical(v any) string {
	text, _ := json.Marshal(v) // every value of Properties has a JSON
	return string(text)
}

// hashOf hashes parts so that no two lists of parts read the same.
func hashOf(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(strconv.Quote(part)))
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
