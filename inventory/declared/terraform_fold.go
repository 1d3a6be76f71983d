package declared

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Terraform has resources of their own for what is a property in CloudFormation: the
// versioning of a bucket, a rule of a security group. Each is folded into the resource that
// it belongs to, and which that is follows from the reference in the configuration; the
// value decides only where there is none. What cannot be attached for certain is never
// attached: it stands alone, as a part of a resource of which nothing else is known, and the
// resources that it may belong to have an unknown value where it would stand.

func (t *tfReading) fold(children []*tfResource) {
	type waiting struct {
		child *tfResource
		may   []*tfResource
	}
	var doubts []waiting
	for _, child := range children {
		parent, may := t.parent(child)
		if parent != nil && child.existence == nil {
			t.attach(child, parent)
			continue
		}
		if parent != nil { // perhaps it will be there
			doubts = append(doubts, waiting{child, []*tfResource{parent}})
			continue
		}
		t.partial(child)
		doubts = append(doubts, waiting{child, may})
	}
	// Many children may cause the same doubt about the same resources; it is said once.
	said := map[string]bool{}
	for _, w := range doubts {
		var key strings.Builder
		key.WriteString(w.child.typ + " " + w.child.sideOf())
		for _, parent := range w.may {
			key.WriteString(" " + strconv.Itoa(parent.order))
		}
		if w.child.existence == nil && said[key.String()] {
			continue
		}
		said[key.String()] = true
		for _, parent := range w.may {
			t.doubt(w.child, parent)
		}
	}
}

// sideOf tells the two lists apart that a rule of a security group may go to.
func (r *tfResource) sideOf() string {
	side, _ := r.value.fields["type"].text()
	return side
}

// parent returns the resource that a child belongs to. Without one, may are those that it
// may belong to: none when it is certain that none of the plan is meant.
func (t *tfReading) parent(child *tfResource) (parent *tfResource, may []*tfResource) {
	all := slices.DeleteFunc(slices.Clone(t.byType[child.spec.into]), func(r *tfResource) bool { return r.props == nil })
	var named []*tfResource
	followed := false
	if expression := child.config.get("expressions").get(child.spec.by); expression != nil {
		r := t.resolve(child, expression)
		for _, to := range r.to {
			if slices.Contains(all, to) {
				named = append(named, to)
			}
		}
		followed = !r.open && len(r.label) > 0 && (len(r.to) > 0 || len(r.outside) > 0)
	}
	if len(named) == 1 {
		return named[0], nil
	}
	candidates := all
	if len(named) > 1 {
		candidates = named
	}
	v, _ := child.value.find(child.spec.by)
	text, known := v.text()
	if !known || text == "" {
		if len(named) == 0 && followed {
			return nil, nil // it belongs to what this plan does not have
		}
		return nil, candidates
	}
	equal := t.called(child.spec, text)
	if len(named) > 1 {
		equal = slices.DeleteFunc(slices.Clone(equal), func(r *tfResource) bool { return !slices.Contains(named, r) })
	}
	if len(equal) == 1 {
		return equal[0], nil
	}
	return nil, equal
}

// called returns the resources that the attribute of a fold may mean by a text.
func (t *tfReading) called(fold *tfType, text string) []*tfResource {
	index, done := t.byName[fold.name]
	if !done {
		index = map[string][]*tfResource{}
		for _, r := range t.byType[fold.into] {
			if r.props == nil {
				continue
			}
			for _, attribute := range fold.is {
				own, _ := r.value.find(attribute)
				if name, ok := own.text(); ok && name != "" && !slices.Contains(index[name][max(0, len(index[name])-1):], r) {
					index[name] = append(index[name], r)
				}
			}
		}
		t.byName[fold.name] = index
	}
	return index[text]
}

// attach sets the properties of a child on its parent.
func (t *tfReading) attach(child, parent *tfResource) {
	child.host, parent.folded = parent, append(parent.folded, child)
	t.noteAdditive(child, parent)
	t.mapper(parent).rows(child.spec.set, child.value, parent.props, parent.schema.Root)
}

// noteAdditive: a list that is put together from separate resources may have elements that
// others add; one that is written inside the resource is meant to be all of it.
func (t *tfReading) noteAdditive(child, parent *tfResource) {
	for _, row := range child.spec.set {
		list, isAppend := strings.CutSuffix(row.target[0], "+")
		if !isAppend || slices.Contains(parent.additive, "/"+list) {
			continue
		}
		inline := false
		for _, own := range parent.spec.set {
			if own.target[0] == list {
				for _, s := range own.sources {
					v, _ := parent.value.find(s.of + s.each)
					inline = inline || v != nil && v.configured
				}
			}
		}
		if !inline {
			parent.additive = append(parent.additive, "/"+list)
			slices.Sort(parent.additive)
		}
	}
}

// doubt notes on a resource that a child may belong to it.
func (t *tfReading) doubt(child, parent *tfResource) {
	because := "which " + parent.spec.name + " " + child.address + " belongs to is known after apply"
	if child.existence != nil {
		because = "whether there is " + child.address + " is not known: " + child.existence.Because
	}
	made := &planned{at: child.at, fields: map[string]*planned{}}
	t.mapper(parent).rows(child.spec.set, child.value, made, parent.schema.Root)
	for name := range made.fields {
		u := &planned{at: child.at, leaf: &inventory.Unknown{Because: because, Optional: true}}
		list, isList := parent.props.fields[name], made.fields[name].isList && appends(child.spec, name)
		switch {
		case list == nil:
			parent.props.fields[name] = u
		case isList:
			parent.props.append(name, u)
		case t.attached(parent, name): // what it has is from another child, and there is one at most
		default:
			parent.props.fields[name] = u
		}
	}
}

func appends(spec *tfType, name string) bool {
	return slices.ContainsFunc(spec.set, func(row tfRow) bool { return row.target[0] == name+"+" })
}

// attached reports whether the value of a property came from another resource.
func (t *tfReading) attached(parent *tfResource, name string) bool {
	own := &planned{at: parent.at, fields: map[string]*planned{}}
	t.mapper(parent).rows(parent.spec.set, parent.value, own, parent.schema.Root)
	return own.fields[name] == nil
}

// partial makes a resource of which only what its children say is known: the plan does not
// have it. Children that name the same one share it.
func (t *tfReading) partial(child *tfResource) {
	spec := terraformTypes()[child.spec.into]
	if spec == nil || child.schema == nil {
		return
	}
	v, _ := child.value.find(child.spec.by)
	text, known := v.text()
	key := child.address
	if known && text != "" {
		key = child.spec.into + "=" + text
	}
	p := t.partials[key]
	if p == nil {
		p = &tfResource{
			address: child.address, typ: child.typ, at: child.at, schema: child.schema,
			spec:    &tfType{name: spec.name, cfn: spec.cfn},
			partial: true, props: &planned{at: child.at, fields: map[string]*planned{}},
			existence:     &inventory.Unknown{Because: "the " + spec.name + " it belongs to is not part of this plan"},
			unreadBecause: "the " + spec.name + " that " + child.address + " belongs to is not part of this plan",
		}
		t.partials[key] = p
		t.derived = append(t.derived, p)
		if property := identifyingProperty(spec.cfn); property != "" && v != nil && v.leaf != nil {
			p.props.fields[property] = v
		}
	}
	t.mapper(p).rows(child.spec.set, child.value, p.props, p.schema.Root)
	for name, list := range p.props.fields {
		if appends(child.spec, name) && list.isList && !slices.Contains(p.additive, "/"+name) {
			p.additive = append(p.additive, "/"+name)
			p.props.append(name, &planned{at: child.at, leaf: &inventory.Unknown{Because: p.unreadBecause, Optional: true}})
		}
	}
	slices.Sort(p.additive)
	var reads []string
	for name := range p.props.fields {
		reads = append(reads, "/"+name)
	}
	slices.Sort(reads)
	p.unread = p.schema.Unread(reads)
}
