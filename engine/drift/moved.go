package drift

import (
	"maps"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// Three sides tell who moved. The declaration, what lives, and the record of what was last
// applied: where the record agrees with the declaration the world has moved (out-of-band),
// where it agrees with the world the declaration has (pending), and where it agrees with
// neither both have (conflict). Without a record a difference just differs.
//
// The record is compared with the declaration in the same way as the live resource is, so
// that its places, and what counts as equal, are the same.

// whoMoved refines the kinds of the changes found, and adds what was applied once and is
// declared no longer.
func (c *comparison) whoMoved(root spot, found *delta) {
	typ := c.live.Ref.Type
	hide := c.run.ctx.Mask
	if hide == nil {
		hide = func(_ string, p inventory.Properties) inventory.Properties { return p }
	}
	applied, _ := recalled(c.pair.Applied.Properties).(map[string]any)
	declared, live := hide(typ, c.declared), hide(typ, c.live.Properties)

	was := *c.live
	was.Properties, was.Unread = applied, nil
	if was.Tags = nil; !c.tagsMasked() {
		was.Tags, was.UnknownTags = inventory.TagsOf(c.typ, applied)
	}
	then := &comparison{run: c.run, typ: c.typ, pair: c.pair, declared: declared, live: &was}
	open := root
	open.unread = nil
	before := then.all(open)

	for i := range found.changes {
		ch := &found.changes[i]
		switch {
		case ch.Kind == WriteOnly:
			wrote, has := inventory.At(applied, ch.Path)
			says, _ := inventory.At(declared, ch.Path)
			if _, _, unknown := inventory.HasUnknown(says); has && !unknown && !same(says, wrote) {
				ch.Reason = PendingWrite
			}
		case ch.Kind == Differs && !ch.Info && ch.Live != nil && !recorded(applied, ch.Path):
			// Who moved is not known: a record of tags, or of a repair, holds what that run wrote.
		case ch.Kind == Differs && !ch.Info:
			ch.Kind = who(*ch, before, maskedAt(ch.Path, ch.Live, c.live.Properties, live))
		}
	}
	c.removed(root, "", applied, c.declared, c.live.Properties, found)
}

// recorded reports whether a record says anything of a path: of an element of a list it does
// when it has the list.
func recorded(applied map[string]any, path string) bool {
	object := applied
	for _, part := range schema.SplitPointer(path) {
		v, has := object[part]
		if !has {
			return false
		}
		below, is := v.(map[string]any)
		if !is {
			return true
		}
		object = below
	}
	return true
}

// maskedAt returns a live value, or an element of the list at a path, as a record has it.
func maskedAt(path string, value any, live, masked map[string]any) any {
	was, _ := inventory.At(live, path)
	now, _ := inventory.At(masked, path)
	list, isList := was.([]any)
	hidden, _ := now.([]any)
	for i, e := range list {
		if isList && i < len(hidden) && same(e, value) {
			return hidden[i]
		}
	}
	return now
}

// who compares one change with those that stand between the declaration and the record;
// masked is the live value as a record would have it.
func who(ch Change, before delta, masked any) Kind {
	touches := func(path string) bool {
		return path == ch.Path || strings.HasPrefix(path, ch.Path+"/") || strings.HasPrefix(ch.Path, path+"/")
	}
	for _, u := range before.unverified {
		if touches(u.Path) {
			return Differs // what was applied there is not known
		}
	}
	kind := OutOfBand
	for _, b := range before.changes {
		if b.Info && b.Kind != Reordered || !touches(b.Path) {
			continue
		}
		equal := b.Path == ch.Path && (same(b.Live, ch.Live) || ch.Live != nil && same(b.Live, masked))
		switch {
		case equal && same(b.Declared == nil, ch.Declared == nil):
			return Pending
		case ch.Declared == nil && b.Path == ch.Path:
			// Another element that the list had too much then says nothing of this one, unless
			// a secret in it hides which one it was.
			if masked != nil && !same(masked, ch.Live) {
				kind = Differs
			}
		default:
			kind = Conflict
		}
	}
	return kind
}

// removed finds what was applied, still lives, and is declared no longer: it is to be
// removed, unless somebody changed it in between.
func (c *comparison) removed(s spot, tags string, applied, declared, live map[string]any, found *delta) {
	if c.typ != nil && s.pointer == "" {
		tags = c.typ.TagProperty
	}
	for _, name := range slices.Sorted(maps.Keys(applied)) {
		child := s.property(name)
		was, now := applied[name], live[name]
		says, has := declared[name]
		if child.pointer == tags {
			c.removedTags(child, found)
			continue
		}
		if has {
			a, isA := was.(map[string]any)
			d, isD := says.(map[string]any)
			l, isL := now.(map[string]any)
			if isA && isD && isL && !c.isDocument(child, d, l) {
				c.removed(child, tags, a, d, l, found)
			}
			continue
		}
		if child.readOnly.hit() || child.writeOnly.hit() || child.unread.hit() || blank(now) || blank(was) {
			continue
		}
		if _, hidden := holdsHidden(now); hidden || s.pointer == "" && c.atDefault(child, now) {
			continue
		}
		kind := Pending
		if again := c.value(child, was, now, true); again.differs() {
			kind = Conflict
		}
		found.dropUndeclared(child.pointer)
		found.changes = append(found.changes, Change{Path: child.pointer, Live: now, Kind: kind, Reason: ToRemove})
	}
}

// removedTags does the same for tags.
func (c *comparison) removedTags(s spot, found *delta) {
	was, _ := inventory.TagsOf(c.typ, c.pair.Applied.Properties)
	says, unknown := inventory.TagsOf(c.typ, c.declared)
	if says == nil || s.unread.hit() || c.tagsMasked() {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(was)) {
		_, declared := says[key]
		now, lives := c.live.Tags[key]
		if declared || !lives || apart(key) || unknown[key] != nil {
			continue
		}
		kind := Pending
		if now != was[key] {
			kind = Conflict
		}
		at := s.property(key).pointer
		found.dropUndeclared(at)
		found.changes = append(found.changes, Change{Path: at, Live: now, Kind: kind, Reason: ToRemove})
	}
}

// tagsMasked: the schemas of some types call tags write-only, so that a record has them as
// secrets and no key of theirs is known.
func (c *comparison) tagsMasked() bool {
	return c.typ != nil && c.typ.TagProperty != "" && c.typ.IsWriteOnly(c.typ.TagProperty)
}

// dropUndeclared takes a change back that another one says better.
func (d *delta) dropUndeclared(path string) {
	d.changes = slices.DeleteFunc(d.changes, func(c Change) bool { return c.Kind == Undeclared && c.Path == path })
}

// recalled makes unknowns of the texts that stand for them in a record.
func recalled(v any) any {
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "(unknown: ") {
			return &inventory.Unknown{Because: "it was not known when it was applied"}
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = recalled(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = recalled(e)
		}
		return out
	}
	return v
}
