package declared

import (
	"encoding/json"
	"fmt"
)

// States say what Terraform has made: identifiers and, for drift, the properties as they
// were. They declare nothing that is still to be judged.

const recordedState = "a Terraform state is for identity and drift; rules judge a plan"

// shownState reads `terraform show -json` of a state.
func (t *tfReading) shownState() {
	t.recorded = recordedState
	values := t.d.root.get("values")
	if values == nil || values.kind == nullNode {
		return // an empty state
	}
	root := values.get("root_module")
	if root == nil {
		t.r.want(t.d, values, "values", "an object with root_module")
		return
	}
	t.shownModule(root)
}

func (t *tfReading) shownModule(m *node) {
	if list := t.list(m, "resources"); list != nil {
		for _, n := range list.items {
			if mode := n.get("mode"); mode != nil && mode.text != "managed" || n.get("deposed_key") != nil {
				continue
			}
			if res := t.resource(n); res != nil {
				t.instance(res, n.get("values"), n.get("sensitive_values"))
			}
		}
	}
	if list := t.list(m, "child_modules"); list != nil {
		for _, child := range list.items {
			t.shownModule(child)
		}
	}
}

// stateFile reads a state file of version 4.
func (t *tfReading) stateFile() {
	t.recorded = recordedState
	version := t.d.root.get("version")
	if version.text != "4" {
		t.r.fault(t.d.at(version), fmt.Sprintf("the state file has version %q, and 4 is expected", version.text), "upgrade it with Terraform 0.12 or later, or pass what `terraform show -json` prints")
		return
	}
	list := t.list(t.d.root, "resources")
	if list == nil {
		return
	}
	for _, n := range list.items {
		if mode := n.get("mode"); mode != nil && mode.text != "managed" {
			continue
		}
		typ, name := n.get("type"), n.get("name")
		if !typ.isText() || !name.isText() {
			t.r.fault(t.d.at(n), "a resource has no type or no name", "expected both as text; take the file from Terraform as it is")
			continue
		}
		address := typ.text + "." + name.text
		if module := n.get("module"); module.isText() {
			address = module.text + "." + address
		}
		instances := t.list(n, "instances")
		if instances == nil {
			continue
		}
		for _, i := range instances.items {
			if i.get("deposed") != nil {
				continue
			}
			key := ""
			switch k := i.get("index_key"); {
			case k == nil || k.kind == nullNode:
			case k.kind == stringNode:
				text, _ := json.Marshal(k.text) // quoted as an address does
				key = "[" + string(text) + "]"
			default:
				key = "[" + k.text + "]"
			}
			modules, _ := modulesOf(splitAddress(address))
			res := &tfResource{address: address + key, typ: typ.text, name: name.text, key: key, steps: modules, at: t.d.at(i)}
			t.instance(res, i.get("attributes"), nil)
			t.sensitivePaths(res, i.get("sensitive_attributes"))
		}
	}
}

// instance adds a resource of a state with its values, all of which are known.
func (t *tfReading) instance(res *tfResource, values, sensitive *node) {
	if values == nil || values.kind != mapNode {
		t.r.fault(res.at, res.address+" has no values", "expected an object of attributes")
		return
	}
	res.exists = true
	t.add(res)
	m := &merging{doc: t.d}
	if v := m.value(res.at, "", "", values, nil, sensitive, nil, false); v != nil && v.fields != nil {
		v.at = res.at
		res.value = v
	}
}

// sensitivePaths marks the values that a state file lists as sensitive: a list of paths,
// each of steps such as {"type": "get_attr", "value": "password"}.
func (t *tfReading) sensitivePaths(res *tfResource, paths *node) {
	if paths == nil || res.value == nil {
		return
	}
	for _, path := range paths.items {
		v := res.value
		for _, step := range path.items {
			if v.isList || v.fields == nil {
				break // an element of a list: hide the list
			}
			name := step.get("value").scalarText()
			if inner := step.get("value").get("value"); inner != nil { // {"type": "index", "value": {"value": "a", "type": "string"}}
				name = inner.text
			}
			next := v.fields[name]
			if next == nil {
				break
			}
			v = next
		}
		if v != res.value {
			v.secret = true
		}
	}
}
