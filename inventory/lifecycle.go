package inventory

import (
	"slices"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// stateNames are the properties by which resources tell their lifecycle state, in the order
// in which they are asked; a type has one of them.
var stateNames = []string{"State", "Status", "KeyState", "DBInstanceStatus", "DBClusterStatus", "ClusterStatus", "TableStatus", "StreamStatus", "LifeCycleState"}

// LifecycleState returns the lifecycle state that properties tell; empty when they tell none.
// For what has no reader of its own: a snapshot that another tool wrote, Cloud Control. A
// property of one of these names that people declare (a rule that is switched off) is a
// setting and no state.
func LifecycleState(typ string, properties Properties) string {
	t, _ := schema.Lookup(typ)
	for _, name := range stateNames {
		if t != nil && t.Root.Properties[name] != nil && !slices.Contains(t.ReadOnly, "/"+name) {
			continue
		}
		switch v := properties[name].(type) {
		case string:
			return v
		case map[string]any: // an instance: {"Code": 80, "Name": "stopped"}; a load balancer: {"Code": "active"}
			for _, part := range []string{"Name", "Code"} {
				if text, is := v[part].(string); is {
					return text
				}
			}
		}
	}
	return ""
}
