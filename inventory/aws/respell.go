package aws

import (
	"maps"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// respell gives all properties so far the spelling of the schema. Readers whose service
// and CloudFormation agree but for capitals and wrapped lists call it last.
func (it *item) respell() {
	if t := it.cell.form.schema; t != nil {
		it.props, _ = respelled(t.Root, it.props).(map[string]any)
	}
}

// respelled returns v with two differences between an API and its CloudFormation type
// taken away at every depth: the capitals of a name (ACMCertificateArn in the one is
// AcmCertificateArn in the other), and a list that the API wraps as {Quantity, Items}
// where the schema wants a plain one. What the schema does not know stays as it is.
func respelled(n *schema.Node, v any) any {
	if n == nil {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		if _, wrapped := v["Quantity"]; wrapped && n.Kinds&(schema.Array|schema.Object) == schema.Array {
			items, _ := v["Items"].([]any) // an empty list has none
			return respelled(n, items)
		}
		out := make(map[string]any, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			known, child := name, n.Properties[name]
			if child == nil {
				known, child = sameButCapitals(n, name)
			}
			if _, taken := v[known]; taken && known != name {
				continue // the schema's own spelling is there too, and counts
			}
			out[known] = respelled(child, v[name])
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = respelled(n.Items, e)
		}
		return out
	}
	return v
}

// sameButCapitals finds the property that differs from name in capitals at most; without
// one the name is a free key.
func sameButCapitals(n *schema.Node, name string) (string, *schema.Node) {
	for known, child := range n.Properties {
		if strings.EqualFold(known, name) {
			return known, child // no type has two
		}
	}
	return name, n.Values
}
