package inventory

import (
	"slices"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// Redacted returns the properties of a resource with every sensitive value replaced by
// [Sensitive]: what goes into files that people share. The resource is not changed.
func Redacted(r *Resource) Properties {
	hidden, _ := r.Redact("", r.Properties).(map[string]any)
	return hidden
}

// Redact returns v, which stands at pointer of the resource, with every sensitive leaf
// replaced: those that the schema or a name makes secret, and r.Secret.
func (r *Resource) Redact(pointer string, v any) any {
	t, _ := schema.Lookup(r.Ref.Type)
	return hide(t, r.Secret, pointer, v)
}

// Redact returns v, which stands at pointer of a resource of type t (nil without a schema),
// with every sensitive leaf replaced.
func Redact(t *schema.Type, pointer string, v any) any { return hide(t, nil, pointer, v) }

func hide(t *schema.Type, secret []string, pointer string, v any) any {
	beside := map[string]bool{} // the places that a name beside them gives away
	return Rewrite(pointer, v, func(pointer string, v any) (any, bool) {
		if v != nil && slices.ContainsFunc(secret, func(p string) bool { return schema.MatchPointer(p, pointer) }) {
			return Sensitive, true
		}
		switch v := v.(type) {
		case nil:
			return nil, true
		case map[string]any:
			if member := schema.SecretBeside(v); member != "" {
				beside[pointer+"/"+member] = true
			}
			return nil, false
		case []any:
			return nil, false
		case *Unknown:
			if v.Sensitive {
				return Sensitive, true
			}
			return v, true
		}
		if pointer != "" && (beside[pointer] || schema.IsSensitive(t, pointer)) {
			return Sensitive, true
		}
		if text, is := v.(string); is && schema.IsSecretText(text) {
			return Sensitive, true
		}
		return v, true
	})
}
