package inventory

import "github.com/pcf-scan/pcf-scan/inventory/schema"

// Redacted returns the properties of a resource with every sensitive value replaced by
// [Sensitive]: what goes into files that people share. The resource is not changed.
func Redacted(r *Resource) Properties {
	t, _ := schema.Lookup(r.Ref.Type)
	hidden, _ := Redact(t, "", r.Properties).(map[string]any)
	return hidden
}

// Redact returns v, which stands at pointer of a resource of type t (nil without a schema),
// with every sensitive leaf replaced.
func Redact(t *schema.Type, pointer string, v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case map[string]any:
		if v == nil {
			return v
		}
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = Redact(t, pointer+"/"+schema.EscapePointer(k), e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = Redact(t, pointer+"/*", e)
		}
		return out
	case *Unknown:
		if !v.Sensitive {
			return v
		}
		return Sensitive
	}
	if pointer != "" && schema.IsSensitive(t, pointer) {
		return Sensitive
	}
	return v
}
