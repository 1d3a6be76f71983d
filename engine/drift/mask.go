package drift

import (
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

// hide masks the values at and below v that are secret. A flag is none by its name alone.
func hide(secret func(pointer string) bool, pointer string, v any) any {
	isSecret := inventory.Secrets(func(pointer string, v any) bool {
		_, flag := v.(bool)
		return !flag && secret(pointer)
	})
	return inventory.Rewrite(pointer, v, func(pointer string, v any) (any, bool) {
		if v == nil {
			return nil, true
		}
		return inventory.Sensitive, isSecret(pointer, v)
	})
}
