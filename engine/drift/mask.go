package drift

import (
	"maps"
	"slices"
	"strconv"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// mask hides secrets in what is reported. It comes last: comparisons and ignore rules see
// the values.
func mask(d *Drift) {
	beside := "/" + schema.SecretBeside(d.Particle.Resource.Properties)
	secret := func(pointer string) bool { return pointer == beside || d.Particle.Resource.IsSecret(pointer) }
	for _, list := range [][]Change{d.Changes, d.Ignored} {
		for i := range list {
			c := &list[i]
			// Where one side is a secret, the other may hold it in the clear.
			if c.Kind == WriteOnly || c.secret || d.Particle.Resource.HoldsSecret(c.Path) || holdsSecret(c.Declared) || holdsSecret(c.Live) {
				c.Declared, c.Live = masked(c.Declared), masked(c.Live)
				continue
			}
			c.Declared, c.Live = hide(secret, c.Path, c.Declared), hide(secret, c.Path, c.Live)
		}
	}
}

func masked(v any) any {
	if v == nil {
		return nil
	}
	return inventory.Sensitive
}

func holdsSecret(v any) (found bool) {
	inventory.Walk("", v, func(_ string, e any) bool {
		u, is := e.(*inventory.Unknown)
		found = found || is && u.Sensitive
		return !found
	})
	return found
}

// hide masks the values below v whose place or name says that they are secret. A flag is
// never one.
func hide(secret func(pointer string) bool, pointer string, v any) any {
	if _, flag := v.(bool); v == nil || flag {
		return v
	}
	if text, is := v.(string); secret(pointer) || is && schema.IsSecretText(text) {
		return inventory.Sensitive
	}
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			out[name] = hide(secret, pointer+"/"+schema.EscapePointer(name), v[name])
		}
		if name := schema.SecretBeside(v); name != "" && v[name] != nil {
			out[name] = inventory.Sensitive
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = hide(secret, pointer+"/"+strconv.Itoa(i), e)
		}
		return out
	}
	return v
}
