package declared

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// What a value that is known only after apply waits for stands in the configuration of a
// plan: the references of each expression, the most specific first, each followed by its
// own beginnings ("aws_s3_bucket.a[0].id", "aws_s3_bucket.a[0]", "aws_s3_bucket.a"). Locals
// are not part of a plan, so what passes through one cannot be followed.

// A tfModule is one module of the configuration; modules that are called several times
// have one configuration.
type tfModule struct {
	node      *node
	up        *tfModule
	call      *node            // in up; nil for the root
	name      string           // of the call
	resources map[string]*node // by type.name
	calls     map[string]*tfModule
	path      string // the names of the calls, joined by "."
}

func newModule(n, call *node, up *tfModule, name string) *tfModule {
	m := &tfModule{node: n, up: up, call: call, name: name, resources: map[string]*node{}, calls: map[string]*tfModule{}}
	if up != nil {
		m.path = strings.TrimPrefix(up.path+"."+name, ".")
	}
	if n == nil {
		return m
	}
	if list := n.get("resources"); list != nil {
		for _, r := range list.items {
			if mode := r.get("mode").scalarText(); mode == "" || mode == "managed" {
				m.resources[r.get("type").scalarText()+"."+r.get("name").scalarText()] = r
			}
		}
	}
	for _, f := range n.get("module_calls").fieldsOf() {
		m.calls[f.name] = newModule(f.value.get("module"), f.value, m, f.name)
	}
	return m
}

// A tfStep is one module call of an address: its name and, where it has one, its key as
// the address writes it ("[0]", `["a"]`).
type tfStep struct{ name, key string }

// splitAddress cuts an address or a reference into its parts, each with its key:
// `module.a["x.y"].aws_x.b[0].id` has five.
func splitAddress(address string) []tfStep {
	var steps []tfStep
	for address != "" {
		end := strings.IndexAny(address, ".[")
		if end < 0 {
			return append(steps, tfStep{name: address})
		}
		step := tfStep{name: address[:end]}
		address = address[end:]
		for strings.HasPrefix(address, "[") {
			n := keyLength(address)
			step.key += address[:n]
			address = address[n:]
		}
		steps = append(steps, step)
		address = strings.TrimPrefix(address, ".")
	}
	return steps
}

// keyLength is the length of the key with which s begins, brackets included. Quoted keys
// may hold anything.
func keyLength(s string) int {
	quoted := false
	for i := 1; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && s[i] == ']':
			return i + 1
		}
	}
	return len(s)
}

// modulesOf returns the module calls at the beginning of an address, and what follows.
func modulesOf(steps []tfStep) (modules, rest []tfStep) {
	for len(steps) >= 2 && steps[0].name == "module" {
		modules = append(modules, steps[1])
		steps = steps[2:]
	}
	return modules, steps
}

// A resolved is what the references of one expression lead to.
type resolved struct {
	to []*tfResource
	// attribute is what is asked of to, when all references agree; "" when it is not said.
	attribute string
	outside   []string // data sources, and resources that the plan does not have
	// open is true where a reference could not be followed.
	open bool
	// label are the references as they are written, without their own beginnings.
	label []string
}

// maxFollow bounds how many references are followed for one expression.
const maxFollow = 2000

// resolve follows the references of an expression that stands in the configuration of from.
func (t *tfReading) resolve(from *tfResource, expression *node) resolved {
	return t.lead(from, expression.get("references").words())
}

// lead follows references that stand in the configuration of from.
func (t *tfReading) lead(from *tfResource, references []string) resolved {
	var out resolved
	out.label = specific(references)
	budget := maxFollow
	t.follow(from, from.module, from.steps, out.label, &out, &budget, 0)
	slices.SortFunc(out.to, func(a, b *tfResource) int { return a.order - b.order })
	out.to = slices.Compact(out.to)
	slices.Sort(out.outside)
	out.outside = slices.Compact(out.outside)
	return out
}

// refers names the other resources of the plan that the configuration of a resource, and of what
// is folded into it, refers to: in an expression, also one whose value is known by now, or in
// depends_on. Sorted.
func (t *tfReading) refers(res *tfResource) (names []string) {
	for _, part := range append([]*tfResource{res}, res.folded...) {
		for _, references := range referencesBelow(part.config) {
			for _, to := range t.lead(part, references).to {
				if to.host != nil {
					to = to.host
				}
				if to != res && to.props != nil {
					names = append(names, to.address)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// referencesBelow lists the references of every expression of a resource's configuration, and of
// its depends_on.
func referencesBelow(n *node) (all [][]string) {
	for _, f := range n.fieldsOf() {
		switch f.name {
		case "references", "depends_on":
			all = append(all, f.value.words())
		case "constant_value": // may hold anything
		default:
			all = append(all, referencesBelow(f.value)...)
		}
	}
	if n != nil {
		for _, e := range n.items {
			all = append(all, referencesBelow(e)...)
		}
	}
	return all
}

// specific leaves out the references that are only the beginning of the one before them.
func specific(references []string) []string {
	var out []string
	for _, r := range references {
		covered := slices.ContainsFunc(out[max(0, len(out)-1):], func(longer string) bool {
			return len(longer) > len(r) && strings.HasPrefix(longer, r) && (longer[len(r)] == '.' || longer[len(r)] == '[')
		})
		if !covered && !slices.Contains(out[max(0, len(out)-64):], r) {
			out = append(out, r)
		}
	}
	return out
}

// follow adds what references in module m lead to. steps are the calls, with their keys,
// of the instance of m.
func (t *tfReading) follow(from *tfResource, m *tfModule, steps []tfStep, references []string, out *resolved, budget *int, depth int) {
	for _, r := range references {
		if *budget--; *budget < 0 || depth > 32 || m == nil {
			out.open = true
			return
		}
		parts := splitAddress(r)
		switch parts[0].name {
		case "count", "path", "terraform", "self":
		case "each":
			if len(parts) > 1 && parts[1].name == "value" {
				t.followEach(from, m, steps, parts, out, budget, depth)
			}
		case "var":
			t.followVariable(from, m, steps, parts, out, budget, depth)
		case "local":
			out.open = true
		case "data":
			out.outside = append(out.outside, r)
		case "module":
			t.followOutput(from, m, steps, parts, out, budget, depth)
		default:
			t.followResource(from, m, steps, r, parts, out)
		}
	}
}

// followEach: where for_each goes over a resource, each.value is one of its instances.
func (t *tfReading) followEach(from *tfResource, m *tfModule, steps, parts []tfStep, out *resolved, budget *int, depth int) {
	loop := from.config.get("for_each_expression").get("references").words()
	if m != from.module || len(loop) == 0 {
		return // a constant, which cannot be unknown
	}
	for _, r := range specific(loop) {
		if !strings.HasPrefix(r, "each.") {
			for _, attribute := range parts[2:] {
				r += "." + attribute.name
			}
			t.follow(from, m, steps, []string{r}, out, budget, depth+1)
		}
	}
}

func (t *tfReading) followVariable(from *tfResource, m *tfModule, steps, parts []tfStep, out *resolved, budget *int, depth int) {
	if m.up == nil || len(parts) < 2 || len(steps) == 0 {
		out.outside = append(out.outside, "var") // of the root: given from outside
		return
	}
	expression := m.call.get("expressions").get(parts[1].name)
	references := specific(expression.get("references").words())
	t.follow(from, m.up, steps[:len(steps)-1], references, out, budget, depth+1)
}

func (t *tfReading) followOutput(from *tfResource, m *tfModule, steps, parts []tfStep, out *resolved, budget *int, depth int) {
	if len(parts) < 3 || m.calls[parts[1].name] == nil {
		out.open = true
		return
	}
	called := m.calls[parts[1].name]
	inner := append(slices.Clone(steps), parts[1])
	references := called.node.get("outputs").get(parts[2].name).get("expression").get("references").words()
	t.follow(from, called, inner, specific(references), out, budget, depth+1)
}

func (t *tfReading) followResource(from *tfResource, m *tfModule, steps []tfStep, reference string, parts []tfStep, out *resolved) {
	if len(parts) < 2 {
		out.open = true
		return
	}
	instances := t.byConfig[m.path+"/"+parts[0].name+"."+parts[1].name]
	if len(instances) == 0 {
		out.outside = append(out.outside, reference)
		return
	}
	attribute := ""
	if len(parts) > 2 {
		attribute = parts[2].name
	}
	if len(out.to) == 0 {
		out.attribute = attribute
	} else if out.attribute != attribute {
		out.attribute = ""
	}
	out.to = append(out.to, narrow(instances, steps, parts[1].key, from)...)
}

// narrow picks the instances that a reference can mean: those of the named keys; where no
// key is named, the one with the key of the resource that refers (count.index, each.key).
func narrow(instances []*tfResource, steps []tfStep, key string, from *tfResource) []*tfResource {
	if len(instances) == 1 {
		return instances
	}
	fits := func(keep func(r *tfResource) bool) []*tfResource {
		var kept []*tfResource
		for _, r := range instances {
			if keep(r) {
				kept = append(kept, r)
			}
		}
		return kept
	}
	sameModules := func(r *tfResource, key func(tfStep) string) bool {
		for i, s := range r.steps {
			if want := key(steps[i]); want != "" && want != s.key {
				return false
			}
		}
		return true
	}
	if kept := fits(func(r *tfResource) bool {
		return sameModules(r, func(s tfStep) string { return s.key }) && (key == "" || r.key == key)
	}); len(kept) > 0 {
		instances = kept
	}
	if len(instances) > 1 && key == "" && from.key != "" {
		if kept := fits(func(r *tfResource) bool { return r.key == from.key }); len(kept) == 1 {
			return kept
		}
	}
	// A module that is called for each key, by a resource for each key.
	if len(instances) > 1 && from.key != "" {
		kept := fits(func(r *tfResource) bool {
			return sameModules(r, func(s tfStep) string {
				if s.key == "" {
					return from.key
				}
				return s.key
			})
		})
		if len(kept) == 1 {
			return kept
		}
	}
	return instances
}

// references are attributes that hold the name of another resource and nothing else, by
// the ends of their names. An unknown value of another attribute (a policy, a description)
// is made of what it refers to, and is not the same.
var referenceEnds = []string{
	"_id", "_ids", "_arn", "_arns", "_identifier", "_actions", "bucket", "bucket_name", "role", "roles", "user", "users", "group", "groups", "rule",
	"function_name", "cluster", "subnets", "security_groups", "instance", "instance_profile", "topic", "queue_url", "layers", "queue",
	"task_definition", "group_name", "group_names", "target_group_arn", "arn", "repository", "policy_arn", "network_interface", "lambda_function",
}

func isReferenceName(attribute string) bool {
	return slices.ContainsFunc(referenceEnds, func(end string) bool {
		return attribute == strings.TrimPrefix(end, "_") || strings.HasSuffix(attribute, "_"+strings.TrimPrefix(end, "_"))
	})
}

// namingAttributes are attributes that name a resource; CloudFormation's Ref is one of them.
var namingAttributes = []string{"", "id", "name", "bucket", "key_id", "identifier", "cluster_identifier", "function_name", "url", "domain_name", "allocation_id", "stage_name", "role", "replication_group_id"}

// because makes the unknown for an attribute that is known only after apply.
func (t *tfReading) because(from *tfResource, attribute string, expression *node) *inventory.Unknown {
	u := &inventory.Unknown{Because: "it is known after apply"}
	if expression == nil || expression.get("references") == nil {
		return u
	}
	r := t.resolve(from, expression)
	var names []string
	for _, l := range r.label {
		switch first, _, _ := strings.Cut(l, "."); first {
		case "count", "each", "path":
			if first == "each" && strings.HasPrefix(l, "each.value") {
				names = append(names, l)
			}
		default:
			names = append(names, l)
		}
	}
	if len(names) == 0 {
		return u
	}
	const few = 3
	if more := len(names) - few; more > 0 {
		names = append(names[:few:few], strconv.Itoa(more)+" more")
	}
	u.Because = "it is known after apply, from " + strings.Join(names, ", ")
	if len(r.to) != 1 || len(r.outside) > 0 || r.open || !isReferenceName(attribute) {
		return u
	}
	to := r.to[0]
	switch {
	case to.spec == nil || to.spec.into != "": // nothing of that name will be there
	case slices.Contains(namingAttributes, r.attribute):
		u.Target, u.Symbol = to.address, "Ref "+to.address
	case r.attribute == "arn":
		u.Target, u.Symbol = to.address, "GetAtt "+to.address+".Arn"
	}
	return u
}
