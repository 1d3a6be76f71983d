package owner

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// ownerKeys are the tags by which companies name owners, spelled without case, spaces
// and punctuation. The first group names an application.
var (
	applicationKeys = []string{"application", "app", "appname", "applicationname", "appid", "applicationid"}
	ownerKeys       = []string{
		"owner", "ownedby", "owneremail", "team", "teamname", "contact", "costcenter", "costcentre", "businessunit", "createdby",
		"service", "servicename", "project", "projectname", "projectid",
	}
)

func bare(key string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(" -_.:/", c) {
			return -1
		}
		return c
	}, strings.ToLower(key))
}

// applicationTag returns the application that a tag names, of several the first by key; in
// the spelling of the declaration where one knows it.
func (a *apps) applicationTag(r *inventory.Resource) string {
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		if value := r.Tags[key]; value != "" && slices.Contains(applicationKeys, bare(key)) {
			for _, name := range a.names() {
				if bare(name) == bare(value) {
					return name
				}
			}
			return value
		}
	}
	return ""
}

// names returns the apps that are known, sorted.
func (a *apps) names() []string {
	if a.appNames == nil {
		seen := map[string]bool{}
		for p := range a.byPlace {
			seen[p.app] = true
		}
		if a.register != nil {
			for name := range a.register.Apps {
				seen[name] = true
			}
		}
		delete(seen, "")
		a.appNames = slices.Sorted(maps.Keys(seen))
	}
	return a.appNames
}

// Lookalikes returns the tag keys of a resource that are ours but for their case (PCF:App),
// sorted. AWS takes them for other keys, save in IAM, where they are the same. They claim
// nothing, because this program never wrote them; whoever did meant something by them.
func Lookalikes(r *inventory.Resource) (keys []string) {
	look := func(key string) {
		ours := strings.ToLower(strings.TrimSpace(key))
		if key != ours && slices.Contains([]string{TagApp, TagEnvironment, TagVersion, TagParticle}, ours) {
			keys = append(keys, key)
		}
	}
	for key := range r.Tags {
		look(key)
	}
	for key := range r.UnknownTags {
		look(key)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// ownerTags says what the owner tags of a resource say, sorted by key.
func ownerTags(r *inventory.Resource) []string {
	var all []string
	for _, key := range Lookalikes(r) {
		all = append(all, fmt.Sprintf("the tag %s says %s; ours is written %s", key, r.Tags[key], strings.ToLower(strings.TrimSpace(key))))
	}
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		b := bare(key)
		if r.Tags[key] != "" && (slices.Contains(applicationKeys, b) || slices.Contains(ownerKeys, b)) {
			all = append(all, fmt.Sprintf("the tag %s says %s", key, r.Tags[key]))
		}
	}
	return all
}

// namedLike returns the apps whose name the resource's name begins with, up to a separator:
// a hint for people and no claim.
func (a *apps) namedLike(r *inventory.Resource) []string {
	var found []string
	for _, name := range a.names() {
		for _, text := range []string{r.Name, r.Ref.ID} {
			rest, begins := strings.CutPrefix(strings.ToLower(text), strings.ToLower(name))
			if begins && (rest == "" || strings.ContainsRune("-_./", rune(rest[0]))) {
				found = append(found, name)
				break
			}
		}
	}
	return found
}
