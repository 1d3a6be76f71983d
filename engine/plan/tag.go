package plan

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// TagInput is all that a tag plan depends on.
type TagInput struct {
	Header
	// Pairs and Attributions are those of engine/owner; Only picks the particles (nil: all).
	Pairs        []owner.Pair
	Attributions []*owner.Attribution
	Only         func(*inventory.Particle) bool
	Live         *inventory.Snapshot
	// Adopt also tags what is only attributed, by an identifier in declared properties.
	Adopt bool
	// Can says why a type's tags cannot be written, or ""; nil when all can.
	Can Can
}

// OwnerTagsOf returns the tags that say whose a particle's resource is.
func OwnerTagsOf(p *inventory.Particle) map[string]string {
	tags := map[string]string{"pcf:app": p.App, "pcf:version": p.Version, "pcf:particle": p.Name}
	if p.Environment != "" {
		tags["pcf:environment"] = p.Environment
	}
	if p.Protect {
		tags["pcf:protect"] = "true"
	}
	return tags
}

// Tags plans the owner tags of what is owned. What has them needs nothing, so that a second
// plan is empty; foreign, shared and contested resources and inputs are never tagged.
func Tags(in TagInput) (*Plan, error) {
	class := map[inventory.Ref]*owner.Attribution{}
	for _, a := range in.Attributions {
		class[a.Resource.Ref] = a
	}
	if in.Live == nil {
		in.Live = &inventory.Snapshot{}
	}
	var actions []Action
	var refused []Refusal
	for _, pair := range in.Pairs {
		p := pair.Particle
		if pair.Input || p.App == "" || len(pair.Live) == 0 || in.Only != nil && !in.Only(p) {
			continue
		}
		refuse := func(reason Reason, by string) {
			refused = append(refused, Refusal{Resource: PlaceOf(pair.Live[0], p.Name), Reason: reason, By: by, For: identityOf(p)})
		}
		live := pair.Live[0]
		a := class[live.Ref]
		reason := OwnerTags
		switch {
		case len(pair.Live) > 1:
			refuse(AmbiguousMatch, pair.Live[1].Label())
			continue
		case pair.Conflict != "":
			refuse(OwnerConflict, pair.Conflict)
			continue
		case live.Ref.Type != p.Resource.Ref.Type || a == nil || live.Foreign != "":
			refuse(NotOwned, live.Foreign)
			continue
		case a.Class == owner.Attributed && a.Reason == owner.Adoptable && pair.By == owner.ByIdentifier:
			if !in.Adopt {
				refuse(Adoptable, live.Label())
				continue
			}
			reason = Adopted
		case a.Class != owner.Owned:
			refuse(NotOwned, string(a.Class))
			continue
		case pair.LiveVersion != "" && pair.LiveVersion != p.Version:
			refuse(VersionSkew, pair.LiveVersion) // repair writes the version once everything fits it
			continue
		}
		switch {
		case live.Ref.Account != in.Account || live.Ref.Partition != in.Partition:
			refuse(OtherAccount, live.Ref.Account)
			continue
		case !in.Live.Readable(live.Ref.Account, live.Ref.Region, live.Ref.Type):
			refuse(InGap, live.Ref.Region+" "+live.Ref.Type)
			continue
		case !manages(p, inventory.Tag):
			refuse(NotManaged, string(inventory.Tag))
			continue
		}
		patch, no, by := tagPatch(live, OwnerTagsOf(p))
		if len(patch) == 0 && no == "" {
			continue // it has them
		}
		if no == "" && in.Can != nil {
			if by = in.Can(Tag, live.Ref.Type, Change{}); by != "" {
				no = Unsupported
			}
		}
		if no != "" {
			refuse(no, by)
			continue
		}
		action := Action{
			Verb: Tag, Resource: PlaceOf(live, p.Name), For: identityOf(p), Incarnation: Incarnation(live), Reason: reason, Evidence: evidence(a),
			Patch: patch, Precondition: Fingerprint(live), Claims: Claims(live), Needs: []string{}, Reversible: true,
		}
		action.ID = actionID(action)
		actions = append(actions, action)
	}
	slices.SortFunc(actions, func(a, b Action) int {
		return cmp.Or(a.Resource.Ref().Compare(b.Resource.Ref()), cmp.Compare(a.ID, b.ID))
	})
	return finish(in.Header, actions, refused)
}

// tagPatch returns the changes that give a live resource these tags, none when it has them;
// or why they cannot be written.
func tagPatch(live *inventory.Resource, want map[string]string) (patch []Change, reason Reason, by string) {
	if live.Tags == nil {
		return nil, TagsUnread, live.Label()
	}
	if keys := owner.Lookalikes(live); len(keys) > 0 {
		return nil, OwnerConflict, "tag " + keys[0]
	}
	for _, key := range sortedKeys(want) {
		if live.UnknownTags[key] != nil {
			return nil, TagsUnread, key
		}
		have, is := live.Tags[key]
		if is && have == want[key] {
			continue
		}
		c := Change{Path: "/Tags/" + schema.EscapePointer(key), Tag: key, To: want[key]}
		if is {
			c.From = have
		}
		patch = append(patch, c)
	}
	if len(patch) == 0 {
		return nil, "", ""
	}
	reason, by = tagRoom(live.Ref.Type, live.Tags, want)
	return patch, reason, by
}

// Limits of tags: number, length and characters. Sources: "Tag naming limits and
// requirements" of the tagging guide, and the quota pages of the services named.
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

var fewerTags = map[string]int{
	"AWS::Route53::HostedZone": 10, "AWS::Route53::HealthCheck": 10,
	"AWS::ElasticLoadBalancing::LoadBalancer": 10, "AWS::Glacier::Vault": 10, "PCF::Glacier::Vault": 10,
}

// plainTag is what every service takes. EC2 takes any character.
var plainTag = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// tagRoom says why tags cannot be added to those that are there; reason is empty when they
// can.
func tagRoom(typ string, there, want map[string]string) (reason Reason, by string) {
	if t, ok := schema.Lookup(typ); !ok || t.TagProperty == "" || !t.TagUpdatable && !t.Taggable {
		return Untaggable, typ
	}
	n := 0
	for key := range there {
		if !strings.HasPrefix(key, "aws:") && !has(want, key) {
			n++
		}
	}
	limit := cmp.Or(fewerTags[typ], maxTags)
	if n+len(want) > limit {
		return TagLimit, strings.Join(sortedKeys(want), ", ")
	}
	for _, key := range sortedKeys(want) {
		value := want[key]
		plain := plainTag.MatchString(key) && plainTag.MatchString(value) || strings.HasPrefix(typ, "AWS::EC2::")
		if key == "" || len([]rune(key)) > maxTagKey || len([]rune(value)) > maxTagValue || !plain || strings.HasPrefix(strings.ToLower(key), "aws:") {
			return TagCharacters, key
		}
	}
	return "", ""
}
