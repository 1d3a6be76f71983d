package declared

import (
	"strings"
	"sync"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// The provider hashicorp/awscc is made from the same schemas as this program: its types and
// attributes are the names of CloudFormation in snake case. How it cuts a name into words
// need not be known, because the letters alone tell the names apart.

// awsccTypes are the CloudFormation types by their letters.
var awsccTypes = sync.OnceValue(func() map[string]string {
	types := map[string]string{}
	for _, name := range schema.Names() {
		if rest, ok := strings.CutPrefix(name, "AWS::"); ok {
			types[spellingKey(strings.ReplaceAll(rest, "::", ""))] = name
		}
	}
	return types
})

// awsccType returns the entry for a type such as awscc_ec2_vpc; nil when there is none.
func awsccType(name string) *tfType {
	rest, ok := strings.CutPrefix(name, "awscc_")
	cfn, known := awsccTypes()[spellingKey(rest)]
	if !ok || !known {
		return nil
	}
	return &tfType{name: name, cfn: cfn, id: []string{"id"}}
}

// awscc turns the attributes of a resource into properties. What only AWS sets is left out.
func awscc(t *schema.Type, v *planned) *planned {
	attributes := &planned{at: v.at, fields: map[string]*planned{}}
	names := spellings(t.Root)
	for name, e := range v.fields {
		proper, known := names[spellingKey(name)]
		switch {
		case known && t.IsReadOnly("/"+schema.EscapePointer(proper)):
		case !known && (name == "id" || strings.HasSuffix(name, "_id") && names["id"] != ""):
			// The identifier, which every resource has there; a property Id has another name.
		default:
			attributes.fields[name] = e
		}
	}
	out := respell(attributes, t.Root)
	jsonTexts(out, t.Root)
	return out
}

// jsonTexts reads JSON texts where the schema takes an object, and only one.
func jsonTexts(v *planned, n *schema.Node) {
	if n == nil {
		return
	}
	for name, e := range v.fields {
		child := n.Properties[name]
		if child == nil {
			child = n.Values
		}
		if child == nil {
			continue
		}
		if _, text := e.leaf.(string); text && child.Kinds&schema.Object != 0 {
			v.fields[name] = decodeJSON(e)
			continue
		}
		jsonTexts(e, child)
	}
	for _, e := range v.items {
		jsonTexts(e, n.Items)
	}
}
