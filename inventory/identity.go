package inventory

import (
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// Identifier returns the primary identifier of a resource, as far as its properties tell
// it: the parts in the schema's order, joined by "|", as the Cloud Control API writes
// them. ok is false when a part is absent, empty or not known (of most types it is:
// AWS assigns the identifier at creation) and when the type has no schema.
func Identifier(t *schema.Type, props Properties) (id string, ok bool) {
	if t == nil || len(t.PrimaryIdentifier) == 0 {
		return "", false
	}
	parts := make([]string, len(t.PrimaryIdentifier))
	for i, pointer := range t.PrimaryIdentifier {
		v, _ := At(props, pointer)
		if parts[i], ok = scalarText(v); !ok || parts[i] == "" {
			return "", false
		}
	}
	return strings.Join(parts, "|"), true
}

// NameOf returns what people call a resource: its Name tag, else the property that the
// type is named by (BucketName, GroupName of a SecurityGroup, DBInstanceIdentifier, or
// plain Name); "" when there is none or it is not known. t may be nil.
func NameOf(t *schema.Type, props Properties, tags map[string]string) string {
	if name := tags["Name"]; name != "" {
		return name
	}
	for _, property := range NameProperties(t) {
		if name, is := props[property].(string); is && name != "" {
			return name
		}
	}
	return ""
}

// NameProperties returns the properties that may name a resource of a type, the most telling
// first, as a list of its own: every ending of AWS::EC2::SecurityGroup that starts with a
// capital, followed by Name or Identifier. t may be nil.
func NameProperties(t *schema.Type) []string {
	if t == nil {
		return []string{"Name"}
	}
	var names, identifiers []string
	noun := t.Name[strings.LastIndexByte(t.Name, ':')+1:]
	for i, c := range noun {
		if c >= 'A' && c <= 'Z' {
			names = append(names, noun[i:]+"Name")
			identifiers = append(identifiers, noun[i:]+"Identifier")
		}
	}
	return append(append(names, "Name"), identifiers...)
}

// uniqueIDs are the properties by which AWS itself tells a resource from a later one of the
// same name, where the primary identifier is a name. Source: the API references.
var uniqueIDs = map[string]string{
	"AWS::IAM::Role":          "/RoleId",
	"AWS::RDS::DBInstance":    "/DbiResourceId",
	"AWS::RDS::DBCluster":     "/DBClusterResourceId",
	"AWS::Neptune::DBCluster": "/ClusterResourceId",
	"AWS::DocDB::DBCluster":   "/ClusterResourceId",
}

// Incarnation names one life of a resource: a resource that was deleted and made again
// under the same name has another one, as far as AWS tells (a unique id, or the time of
// creation; what has neither is told apart by its identifier only).
func (r *Resource) Incarnation() string {
	parts := []string{r.Ref.ID}
	if at, ok := uniqueIDs[r.Ref.Type]; ok {
		if id, ok := At(r.Properties, at); ok {
			if text, is := id.(string); is {
				parts = append(parts, text)
			}
		}
	}
	if !r.Created.IsZero() {
		parts = append(parts, r.Created.UTC().Format(time.RFC3339Nano))
	}
	return strings.Join(parts, "@")
}
