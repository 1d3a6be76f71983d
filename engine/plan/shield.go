package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/relation"
)

// What is never reaped, whatever the ledger, the consents and the flags say. All of it fails
// closed: a marker whose value makes no sense is a marker.

// keepTags are tag keys that protect, spelled without case and punctuation, with any value:
// somebody wrote it there to keep the resource, and "flase" is no reason to delete it.
var keepTags = []string{
	"pcfbackup", "protect", "protected", "keep", "donotdelete", "donotreap", "donotremove", "nodelete", "noreap",
	"deletionprotection", "preventdestroy", "retain",
}

// bare spells a key without case, spaces and punctuation.
func bare(key string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, strings.ToLower(key))
}

// KeepTag names a tag by which somebody keeps a live resource, or "". With the prefix pcf:
// each key means the same. A key that is ours but for its case keeps too: it claims nothing,
// and is no mistake to delete by.
func KeepTag(r *inventory.Resource) string {
	if keys := owner.Lookalikes(r); len(keys) > 0 {
		return keys[0]
	}
	for _, key := range slices.Concat(sortedKeys(r.Tags), sortedKeys(r.UnknownTags)) {
		if plain := bare(key); slices.Contains(keepTags, plain) || slices.Contains(keepTags, strings.TrimPrefix(plain, "pcf")) {
			return key
		}
	}
	return ""
}

// shield says what protects a live resource, or "".
func shield(r *inventory.Resource, patterns []Protection) string {
	return cmp.Or(shieldOf(r, patterns), r.Foreign, madeByAWS(r))
}

// shieldOf is shield, but for what AWS itself makes along with another resource (the default
// group of a VPC), which ends with it.
func shieldOf(r *inventory.Resource, patterns []Protection) string {
	if key := KeepTag(r); key != "" {
		return "tag " + key
	}
	if by := cmp.Or(protection(r), others(r)); by != "" {
		return by
	}
	for _, p := range patterns {
		if p.Matches(r) {
			return "a pattern of the configuration protects it"
		}
	}
	return ""
}

// others names the property by which a resource is somebody else's or locked, or "". A live read
// says so too (Resource.Foreign); a snapshot that was written by hand does not.
func others(r *inventory.Resource) string {
	if v := r.Properties["OwnerId"]; v != nil && v != r.Ref.Account {
		return "/OwnerId"
	}
	if v := r.Properties["ObjectLockConfiguration"]; v != nil {
		return "/ObjectLockConfiguration"
	}
	return ""
}

// madeByAWS names the property by which a resource came with the account or with what it lies
// in, or "".
func madeByAWS(r *inventory.Resource) string {
	if v := r.Properties["IsDefault"]; v != nil && v != false && v != "false" {
		return "/IsDefault"
	}
	if r.Ref.Type == "AWS::EC2::SecurityGroup" && r.Properties["GroupName"] == "default" { // a reserved name
		return "/GroupName default"
	}
	return ""
}

// Matches reports whether a live resource is one of those that are protected. Case makes no
// difference in type, id and values: a pattern that is not spelled right must not let go.
func (p Protection) Matches(r *inventory.Resource) bool {
	matches := func(glob, text string) bool {
		return inventory.MatchGlob(strings.ToLower(glob), strings.ToLower(text))
	}
	if p.Type != "" && !matches(p.Type, r.Ref.Type) {
		return false
	}
	if p.ID != "" && !matches(p.ID, r.Ref.ID) && !matches(p.ID, r.ARN) && !matches(p.ID, r.Name) {
		return false
	}
	for key, glob := range p.Tags {
		has := r.Tags == nil || r.UnknownTags[key] != nil
		for k, value := range r.Tags {
			has = has || strings.EqualFold(k, key) && (glob == "" || matches(glob, value))
		}
		if !has {
			return false
		}
	}
	return true
}

// ways are how people get into an account, and how it is watched: names that are never
// reaped, whoever runs this program.
var ways = []string{"OrganizationAccountAccessRole", "AWSReservedSSO*", "AWSControlTower*", "aws-controltower*", "AWSServiceRoleFor*", "stacksets-exec-*", "AWSCloudFormationStackSet*"}

// self says what of the program itself, or of the ways into the account, a resource is.
func (r *reap) self(live *inventory.Resource) string {
	last := func(s string) string { return s[strings.LastIndexAny(s, "/:")+1:] }
	for _, own := range r.Self {
		if own == "" {
			continue
		}
		inPath := live.Ref.ID[strings.LastIndexByte(live.Ref.ID, '/')+1:]
		if strings.EqualFold(own, live.ARN) || strings.EqualFold(own, live.Ref.ID) || strings.EqualFold(own, live.Name) || strings.EqualFold(own, inPath) {
			return "this program runs with " + own
		}
		// The ARN of a session names the role; IAM knows it by its path too.
		if strings.Contains(own, ":") && strings.HasPrefix(live.Ref.Type, "AWS::IAM::") && slices.Contains(strings.Split(own, "/"), last(live.Ref.ID)) {
			return "this program runs with " + own
		}
	}
	for _, target := range []string{live.Ref.ID, live.Name, last(live.ARN)} {
		for _, glob := range ways {
			if target != "" && inventory.MatchGlob(strings.ToLower(glob), strings.ToLower(target)) {
				return "it is a way into the account (" + glob + ")"
			}
		}
	}
	if live.Ref.Type == "AWS::CloudTrail::Trail" {
		return "it watches the account"
	}
	return ""
}

// keeper says which controller, stack or service keeps a resource: it would make it anew, or
// break without it.
func (r *reap) keeper(n int) string {
	live := r.graph.nodes[n]
	for _, key := range sortedKeys(live.Tags) {
		for _, glob := range managed {
			if inventory.MatchGlob(glob, strings.ToLower(key)) {
				return "tag " + key
			}
		}
	}
	if by := reserved(live); by != "" {
		return by
	}
	for _, name := range []string{"RequesterManaged", "ServiceManaged"} {
		if v, has := live.Properties[name]; has && v != false && v != "false" && v != nil {
			return "/" + name
		}
	}
	for _, rel := range live.Relations {
		if rel.Kind == relation.Owner {
			return rel.To.String()
		}
	}
	if a := r.class[n]; a != nil && a.Reason == owner.StillManaged {
		return "its stack or controller"
	}
	return ""
}
