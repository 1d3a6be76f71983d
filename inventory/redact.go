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

// Secrets returns what a walk from the top down (Walk, Rewrite) asks about every value that it
// comes to: is it a secret? It is one by its place, as named says, by a name that stands beside
// it ({Name: DB_PASSWORD, Value: x}), or by its text. Every walk needs one of its own.
func Secrets(named func(pointer string, v any) bool) func(pointer string, v any) bool {
	beside := map[string]bool{} // the places that a name beside them gives away
	return func(pointer string, v any) bool {
		if object, is := v.(map[string]any); is {
			if member := schema.SecretBeside(object); member != "" {
				beside[pointer+"/"+member] = true
			}
		}
		text, is := v.(string)
		return beside[pointer] || named(pointer, v) || is && schema.IsSecretText(text)
	}
}

func hide(t *schema.Type, secret []string, pointer string, v any) any {
	isSecret := Secrets(func(pointer string, _ any) bool { return pointer != "" && schema.IsSensitive(t, pointer) })
	return Rewrite(pointer, v, func(pointer string, v any) (any, bool) {
		if v != nil && slices.ContainsFunc(secret, func(p string) bool { return schema.MatchPointer(p, pointer) }) {
			return Sensitive, true
		}
		hidden := isSecret(pointer, v)
		switch v := v.(type) {
		case nil:
			return nil, true
		case map[string]any, []any:
			return nil, false
		case *Unknown:
			if v.Sensitive {
				return Sensitive, true
			}
			return v, true
		}
		if hidden {
			return Sensitive, true
		}
		return v, true
	})
}
