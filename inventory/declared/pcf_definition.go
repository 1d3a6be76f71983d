package declared

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// PCF definitions: the files of the Particle Cloud Framework (https://github.com/capitalone/Particle-Cloud-Framework,
// archived in 2021), in JSON or YAML. A definition is a particle of some flavour (an SQS queue), or a
// quasiparticle that holds several, or a list of these. pcf_definition.go expands the
// quasiparticles in the framework's own order, so that the same particles come out;
// pcf_definition_translate.go writes each particle as the CloudFormation resources that
// it is, after the table in flavour.go; the evaluator of templates does the rest.
//
// A particle is named by its id in the framework, flavour:name, because names alone repeat:
// all members of a quasiparticle may share its name. A second resource of a particle adds
// a part of its own: iam_role:web/InstanceProfile.
//
// Every doubt has a code, which begins its message and does not change between versions.
// Where it is not certain what is declared, it is a fault; otherwise a warning.
const (
	codeMalformed         = "malformed"            // fault: a key has a value that means nothing
	codeUnknownFlavour    = "unknown-flavour"      // fault: nobody knows what it declares
	codeDuplicateID       = "duplicate-id"         // fault: the framework keeps the last one, in silence
	codeUnresolvedParent  = "unresolved-parent"    // fault: parents, children
	codeUnresolvedBase    = "unresolved-base"      // fault: base_particle_config
	codeUnresolvedInherit = "unresolved-inherit"   // fault: $inherit$
	codeCycle             = "cycle"                // fault: parents that lead back
	codeUnlinkedParent    = "unlinked-parent"      // warning: in another entry, where the framework does not look
	codeMissingUniqueKey  = "missing-unique-key"   // warning: the live resource cannot be told from others
	codeMisspeltPersist   = "persist-on-terminate" // warning: the framework ignores it; here it protects
	codeCallbacks         = "callbacks"            // warning: code that nobody runs here
	codeUnknownKey        = "unknown-key"          // warning: the framework ignores it
	codeIneffectiveTags   = "ineffective-tags"     // warning: the framework does not write them
	codeUnsupportedCloud  = "unsupported-cloud"    // not judged: no resource of AWS
)

var definitionFormat = addFormat(format{
	name:       "a PCF definition (pcf.json, pcf.yml)",
	recognises: isPCFDefinition,
	read: func(r *reading, d *document) {
		h := r.standAlone(d)
		readDefinition(r, d, h)
		r.addApp(h.app)
	},
	readInto: readDefinition,
})

// isPCFDefinition recognises particles and quasiparticles, alone or in a list.
func isPCFDefinition(root *node) bool {
	if root.kind == listNode {
		return slices.ContainsFunc(root.items, isPCFParticle)
	}
	return isPCFParticle(root)
}

// isPCFParticle wants two words of the format, so that one may be missing or misspelt.
func isPCFParticle(n *node) bool {
	words := 0
	for _, f := range n.fieldsOf() {
		switch f.name {
		case "flavor", "pcf_name", "aws_resource", "gcp_resource", "azure_resource", "base_particle_config", "persist_on_termination":
			words++
		case "desired_state", "particles":
			words++
			if n.get("apiVersion") != nil || n.get("app") != nil {
				return false
			}
		}
	}
	return words >= 2 && (n.get("flavor") != nil || n.get("pcf_name") != nil || n.get("aws_resource") != nil)
}

// The keys that the framework knows of a particle; those of the second list on members of
// a quasiparticle alone, those of the third on the quasiparticle itself.
var (
	definitionKeys = []string{
		"flavor", "pcf_name", "desired_state", "parents", "children", "persist_on_termination", "persist_on_update", "callbacks",
		"aws_resource", "gcp_resource", "azure_resource",
	}
	memberKeys = []string{"multiplier", "base_particle_config"}
	quasiKeys  = []string{"particles", "custom_config", "storage_name"}
)

// What multipliers and aliases can build, and how long a file is read that is wrong throughout.
const (
	maxMembers = 10_000
	maxName    = 2048
	maxFaults  = 1000
)

// A definition is one document on its way from text to particles.
type definition struct {
	r       *reading
	d       *document
	h       *home
	e       *evaluator
	members []*member
	byID    map[string]*member
	linked  map[[2]*member]bool // parent and child
	inputs  map[string]bool     // ids that are inputs of the app
	named   map[string]string   // of those that a pcf.yaml declares, the name by id
	// documents and encoded keep what is made of a text (the JSON in it, its Base64): however
	// many copies of a particle there are, it is made once.
	documents, encoded map[*node]*node
	faults             int
	// full is true once maxMembers or maxFaults is reached: nothing more is expanded.
	full bool
}

// A member is one particle after expansion.
type member struct {
	id      string // flavour:name
	name    string
	flavour *flavour // nil when it is of another cloud or unknown
	label   string   // the flavour's name
	body    *node    // what it says, with its base merged into it
	at      *node
	// entry is the index of the top-level definition that it stands in.
	entry    int
	links    []link // to its parents, as written
	parents  []*member
	states   []*node // desired_state of itself and of the quasiparticles around it
	persists []*node
	exposed  map[string]inventory.Position // its secrets, by pointer into aws_resource
	// visited and cyclic are the marks of the search for cycles.
	visited uint8
	cyclic  bool
}

// A link is a parent as it is written.
type link struct {
	id string
	at *node
}

// A quasi is the quasiparticle around members.
type quasi struct {
	label    string
	name     string
	parents  []link
	states   []*node
	persists []*node
	body     *node
	entry    int
}

// readDefinition adds the particles of a document to the app.
func readDefinition(r *reading, d *document, h *home) {
	r.use(d)
	for _, name := range slices.Sorted(maps.Keys(h.givenAt)) {
		r.fault(h.givenAt[name], fmt.Sprintf("%s is a PCF definition, which has no parameter %s", d.file, name), "remove it; a PCF definition takes no parameters")
	}
	p := &definition{
		r: r, d: d, h: h, e: newEvaluator(r, d),
		byID: map[string]*member{}, linked: map[[2]*member]bool{}, inputs: map[string]bool{}, named: map[string]string{},
		documents: map[*node]*node{}, encoded: map[*node]*node{},
	}
	for _, in := range h.app.Inputs {
		p.inputs[in.ID] = true
		if in.ID != "" && in.Name != in.ID { // the pcf.yaml around it declares it
			p.e.inputs[in.Name], p.named[in.ID] = in, in.Name
		}
	}
	p.e.rewritten = true // the framework passes on what it does not know, so a strange key is a doubt
	p.e.pseudo = pseudoParameters(r.opt, h.stack)
	entries := []*node{d.root}
	if d.root.kind == listNode {
		entries = d.root.items
	}
	for i, n := range entries {
		p.entry(n, i)
	}
	for _, m := range p.members {
		p.link(m)
	}
	for _, m := range p.members {
		p.checkCycles(m, nil)
	}
	p.translate()
}

func (p *definition) fault(at *node, code, message, hint string) {
	p.r.fault(p.d.at(at), code+": "+message, hint)
	if p.faults++; p.faults == maxFaults {
		p.full = true
	}
	p.h.app.Incomplete = cmp.Or(p.h.app.Incomplete, p.d.file+" has mistakes")
}

func (p *definition) warn(at inventory.Position, code, message, hint string) {
	p.r.warn(at, code+": "+message, hint)
}

// entry reads one top-level definition.
func (p *definition) entry(n *node, index int) {
	if n.kind != mapNode {
		p.fault(n, codeMalformed, fmt.Sprintf("a definition must be a mapping with flavor and pcf_name, not %s", n.kind), "")
		return
	}
	name := n.get("pcf_name")
	if name == nil || !name.isScalar() || name.text == "" || len(name.text) > maxName {
		p.fault(n, codeMalformed, "the definition has no usable pcf_name", "add pcf_name: only the members of a quasiparticle have a default, its name")
		return
	}
	q := &quasi{name: name.text, entry: index}
	p.expand(n, n, name.text, q, nil)
}

// expand turns one particle as it is written, with its base already merged into body, into
// members. earlier are the members before it, in which a base is looked for.
func (p *definition) expand(n, body *node, name string, q *quasi, copies *int) []*member {
	if p.full || !p.e.take(n) {
		return nil
	}
	label, ok := p.flavourOf(n, body, name, q)
	if !ok {
		return nil
	}
	links := p.linksOf(body, "parents")
	states := append([]*node{body.get("desired_state")}, q.states...)
	persists := append([]*node{body.get("persist_on_termination"), body.get("persist_on_terminate")}, q.persists...)
	if slices.Contains(quasiFlavours, label) {
		p.checkKeys(body, slices.Concat(quasiKeys, definitionKeys))
		return p.quasi(n, &quasi{
			label: label, name: name, entry: q.entry, body: body, states: states, persists: persists,
			parents: append(links, q.parents...),
		})
	}
	known := definitionKeys
	if q.label != "" {
		known = slices.Concat(memberKeys, definitionKeys)
	}
	p.checkKeys(body, known)
	fl := flavours[label]
	one := func(name string, body *node) *member {
		return &member{
			id: label + ":" + name, name: name, flavour: fl, label: label, body: body, at: n, entry: q.entry,
			links: slices.Concat(links, q.parents), states: states, persists: persists,
		}
	}
	if copies == nil {
		return p.add(one(name, body))
	}
	if fl != nil && len(fl.unique) == 0 && *copies > 1 {
		p.warn(p.d.at(n), codeMissingUniqueKey, fmt.Sprintf("the framework knows no unique key of %s, so that all copies of %s name one resource", label, name), "write the copies out")
	}
	var all []*member
	for i := range *copies {
		suffix := "-" + strconv.Itoa(i)
		copied := body
		if fl != nil {
			for _, key := range fl.unique {
				copied = p.suffixed(copied, append([]string{"aws_resource"}, strings.Split(key, ".")...), suffix)
			}
		}
		added := p.add(one(name+suffix, copied))
		if added == nil {
			break
		}
		all = append(all, added...)
	}
	return all
}

// add keeps a member, unless its id is taken.
func (p *definition) add(m *member) []*member {
	switch first, taken := p.byID[m.id]; {
	case taken:
		p.fault(m.at, codeDuplicateID, fmt.Sprintf("%s is declared twice; first at %s", m.id, p.d.at(first.at)), "give one of them another pcf_name")
		return nil
	case len(p.members) >= maxMembers:
		if !p.full {
			p.full = true
			p.fault(m.at, codeMalformed, fmt.Sprintf("the definition has more than %d particles", maxMembers), "a multiplier may be too large; or split the file")
		}
		return nil
	}
	p.byID[m.id] = m
	p.members = append(p.members, m)
	return []*member{m}
}

// flavourOf reads the flavour. The command line of the framework wants it in lower case;
// its registry, which makes the members of a quasiparticle, does not mind.
func (p *definition) flavourOf(n, body *node, name string, q *quasi) (label string, ok bool) {
	flavor := body.get("flavor")
	if !flavor.isText() {
		hint := ""
		for _, f := range n.fields {
			if f.name == "flavour" {
				hint = "the key is spelled flavor"
			}
		}
		p.fault(n, codeMalformed, "the definition has no flavor", cmp.Or(hint, "add flavor: with one such as s3_bucket"))
		return "", false
	}
	label = flavor.text
	if q.label != "" {
		label = strings.ToLower(label)
	}
	if flavours[label] != nil || slices.Contains(quasiFlavours, label) {
		return label, true
	}
	if body.get("gcp_resource") != nil || body.get("azure_resource") != nil || slices.Contains(otherClouds, label) {
		p.r.decl.NotJudged = append(p.r.decl.NotJudged, inventory.NotJudged{
			Type: label, Name: label + ":" + name, Because: codeUnsupportedCloud + ": the flavour " + label + " is no resource of AWS", Position: p.d.at(n),
		})
		return label, true
	}
	hint := didYouMean(label, flavourNames())
	if label == "ec2" {
		hint = "did you mean ec2_instance? The framework's README says ec2, its registry does not know it"
	}
	p.fault(flavor, codeUnknownFlavour, fmt.Sprintf("no flavour is called %s", strconv.Quote(label)), hint)
	return "", false
}

// checkKeys tells keys that the framework ignores or that say something dangerous.
func (p *definition) checkKeys(body *node, known []string) {
	for _, f := range body.fields {
		at := p.d.atKey(f)
		switch {
		case f.name == "persist_on_terminate":
			p.warn(at, codeMisspeltPersist, "the framework ignores persist_on_terminate and deletes the resource all the same", "did you mean persist_on_termination? Until it is corrected the particle counts as protected")
		case f.name == "callbacks":
			p.warn(at, codeCallbacks, "they are code of the framework, which is not run here", "what they change is not known")
		case !slices.Contains(known, f.name):
			p.warn(at, codeUnknownKey, fmt.Sprintf("the framework ignores the key %q here", f.name), didYouMean(f.name, known))
		}
	}
}

// quasi expands the members of a quasiparticle, in the framework's order: the default of
// the name and the multiplier first, so that neither comes from the base; then the base;
// then the copies; then the parents of the quasiparticle.
func (p *definition) quasi(n *node, q *quasi) []*member {
	list := q.body.get("particles")
	if list == nil || list.kind != listNode {
		p.fault(n, codeMalformed, "a quasiparticle must have particles: a list", "")
		return nil
	}
	var members []*member
	for _, item := range list.items {
		if p.full {
			break
		}
		if item.kind != mapNode {
			p.fault(item, codeMalformed, fmt.Sprintf("a particle must be a mapping with flavor, not %s", item.kind), "")
			continue
		}
		name := q.name
		if own := item.get("pcf_name"); own != nil && own.isScalar() && own.text != "" && len(own.text) <= maxName && q.label != "ecs_instance_quasi" {
			name = own.text
		}
		copies, ok := p.multiplier(item.get("multiplier"))
		if !ok {
			continue
		}
		body := item
		if base := item.get("base_particle_config"); base != nil && base.kind != nullNode {
			found := p.base(item, base, members)
			if found == nil {
				continue
			}
			body = p.merged(found.body, item)
		}
		members = append(members, p.expand(item, body, name, q, copies)...)
	}
	p.linkQuasi(q, members)
	return members
}

// multiplier reads how many copies are wanted; nil for one without a number.
func (p *definition) multiplier(n *node) (copies *int, ok bool) {
	if n == nil || n.kind == nullNode {
		return nil, true
	}
	count, err := strconv.Atoi(n.text)
	if err != nil || count < 1 || n.kind != intNode {
		p.fault(n, codeMalformed, "multiplier must be a whole number from 1", "")
		return nil, false
	}
	return &count, true
}

// base finds the earlier member of the same flavour that a member builds on.
func (p *definition) base(item, base *node, earlier []*member) *member {
	flavor := item.get("flavor")
	if !flavor.isText() || !base.isText() {
		p.fault(base, codeUnresolvedBase, "base_particle_config needs the pcf_name of an earlier particle, and a flavor beside it", "")
		return nil
	}
	label := strings.ToLower(flavor.text)
	var names []string
	for _, m := range earlier {
		if m.label == label {
			if m.name == base.text {
				return m
			}
			names = append(names, m.name)
		}
	}
	p.fault(base, codeUnresolvedBase, fmt.Sprintf("no earlier %s of this quasiparticle is called %s", label, strconv.Quote(base.text)), didYouMean(base.text, names))
	return nil
}

// merged lays a particle over its base: mappings are merged, everything else is replaced,
// also by an empty value.
func (p *definition) merged(base, over *node) *node {
	if base.kind != mapNode || over.kind != mapNode || !p.e.take(over) {
		return over
	}
	out := &node{kind: mapNode, line: over.line, column: over.column}
	place := map[string]int{}
	for _, f := range base.fields {
		place[f.name] = len(out.fields)
		out.fields = append(out.fields, f)
	}
	for _, f := range over.fields {
		if i, both := place[f.name]; both {
			f.value = p.merged(out.fields[i].value, f.value)
			out.fields[i] = f
			continue
		}
		out.fields = append(out.fields, f)
	}
	return out
}

// suffixed returns n with the text at a path ending in suffix. Nothing else changes, and
// nothing changes where the path leads nowhere.
func (p *definition) suffixed(n *node, path []string, suffix string) *node {
	if len(path) == 0 {
		if !n.isScalar() || n.kind == nullNode || len(n.text) > maxName {
			return n
		}
		return &node{kind: stringNode, line: n.line, column: n.column, text: n.text + suffix}
	}
	if n.get(path[0]) == nil || !p.e.take(n) {
		return n
	}
	out := *n
	out.fields = slices.Clone(n.fields)
	for i, f := range out.fields {
		if f.name == path[0] {
			out.fields[i].value = p.suffixed(f.value, path[1:], suffix)
		}
	}
	return &out
}

// linkQuasi adds what some quasiparticles do by themselves.
func (p *definition) linkQuasi(q *quasi, members []*member) {
	ofLabel := func(label string) (found []*member) {
		for _, m := range members {
			if m.label == label {
				found = append(found, m)
			}
		}
		return found
	}
	parents := func(children, parents []*member) {
		for _, child := range children {
			for _, parent := range parents {
				if !p.e.take(child.at) {
					return
				}
				child.links = append(child.links, link{parent.id, child.at})
			}
		}
	}
	switch q.label {
	case "ec2_route53":
		parents(ofLabel("route53_record"), ofLabel("ec2_instance"))
	case "distributed_master_worker":
		master := q.body.get("custom_config").get("master")
		if !master.isText() {
			p.fault(q.body, codeMalformed, "a distributed_master_worker must say which of its instances are masters", "add custom_config: {master: TEXT} with a part of their names")
			return
		}
		var masters, workers []*member
		for _, m := range ofLabel("ec2_instance") {
			if strings.Contains(m.name, master.text) {
				masters = append(masters, m)
			} else {
				workers = append(workers, m)
			}
		}
		parents(workers, masters)
	case "cross_cloud_storage":
		name := q.storageName()
		if name == nil {
			return
		}
		for _, m := range ofLabel("s3_bucket") {
			if m.body.get("aws_resource").get("Bucket") == nil {
				m.body = p.merged(m.body, mappingAt(name, "aws_resource", mappingAt(name, "Bucket", name)))
			}
		}
	}
}

// storageName is the one name that a cross_cloud_storage gives to its storages.
func (q *quasi) storageName() *node {
	for _, n := range []*node{q.body.get("storage_name"), q.body.get("custom_config").get("storage_name")} {
		if n.isText() {
			return n
		}
	}
	return nil
}

// linksOf reads a list of ids. One alone may stand for a list of one.
func (p *definition) linksOf(body *node, key string) []link {
	n := body.get(key)
	if n == nil || n.kind == nullNode {
		return nil
	}
	items := n.items
	if n.isText() {
		items = []*node{n}
	} else if n.kind != listNode {
		p.fault(n, codeMalformed, fmt.Sprintf("%s must be a list of flavor:pcf_name, not %s", key, n.kind), "")
	}
	var links []link
	for _, item := range items {
		if !item.isText() {
			p.fault(item, codeMalformed, fmt.Sprintf("an element of %s must be a flavor:pcf_name, not %s", key, item.kind), "")
			continue
		}
		links = append(links, link{idOf(item.text), item})
	}
	return links
}

// idOf brings an id into the form in which members have it.
func idOf(text string) string {
	label, name, _ := strings.Cut(text, ":")
	return strings.ToLower(label) + ":" + name
}

// link finds the parents of a member, and makes it a parent of its children.
func (p *definition) link(m *member) {
	for _, l := range m.links {
		if !p.e.take(l.at) {
			return
		}
		p.join(p.resolve(l, m, codeUnresolvedParent, "parent"), m)
	}
	for _, l := range p.linksOf(m.body, "children") {
		if !p.e.take(l.at) {
			return
		}
		p.join(m, p.resolve(l, m, codeUnresolvedParent, "child"))
	}
}

// join makes one member the parent of another, once; neither need be there.
func (p *definition) join(parent, child *member) {
	if pair := [2]*member{parent, child}; parent != nil && child != nil && !p.linked[pair] {
		p.linked[pair] = true
		child.parents = append(child.parents, parent)
	}
}

// resolve finds the member that an id names; nil when there is none, which is told.
func (p *definition) resolve(l link, from *member, code, what string) *member {
	found := p.byID[l.id]
	if found == nil {
		var ids []string
		if len(p.members) <= 500 { // or the search for what was meant takes longer than all the rest
			ids = slices.Sorted(maps.Keys(p.byID))
		}
		p.fault(l.at, code, fmt.Sprintf("the %s %s is not declared in this file", what, l.id), didYouMean(l.id, ids))
		return nil
	}
	if found.entry != from.entry {
		p.warn(p.d.at(l.at), codeUnlinkedParent, fmt.Sprintf("%s stands in another definition of the list, and the framework does not link the two", l.id), "put both into one quasiparticle")
	}
	return found
}

// checkCycles reports parents that lead back to a member. path are the members on the way.
func (p *definition) checkCycles(m *member, path []*member) {
	const open, done = 1, 2
	switch m.visited {
	case done:
		return
	case open:
		if m.cyclic {
			return
		}
		m.cyclic = true
		from := slices.Index(path, m)
		names := make([]string, 0, len(path)-from+1)
		for _, step := range append(slices.Clone(path[from:]), m) {
			names = append(names, step.id)
		}
		if len(names) > 8 {
			names = append(names[:7], "…", m.id)
		}
		p.fault(m.at, codeCycle, "the parents of "+m.id+" lead back to it: "+strings.Join(names, " → "), "remove one of the links")
		return
	}
	m.visited = open
	for _, parent := range m.parents {
		p.checkCycles(parent, append(path, m))
	}
	m.visited = done
}

// state is what the particle should be doing: its own word, else its quasiparticle's.
func (p *definition) state(m *member) inventory.DesiredState {
	states := []string{string(inventory.Running), string(inventory.Stopped), string(inventory.Terminated)}
	for _, n := range m.states {
		if n == nil || n.kind == nullNode {
			continue
		}
		if !slices.Contains(states, n.text) {
			p.fault(n, codeMalformed, fmt.Sprintf("unknown desired_state %q", n.text), didYouMean(n.text, states))
			continue
		}
		return inventory.DesiredState(n.text)
	}
	return inventory.Running
}

// protected reports whether the particle, or a quasiparticle around it, is to outlive its app.
func (p *definition) protected(m *member) bool {
	protect := false
	for _, n := range m.persists {
		protect = p.r.boolean(p.d, n, "persist_on_termination") || protect
	}
	return protect
}

// targets are where the particle is expected: where its app is, in the region that it names.
func (p *definition) targets(m *member) []inventory.Target {
	region := m.body.get("aws_resource").get("region_name")
	if !region.isText() || strings.HasPrefix(region.text, "$") {
		return p.h.app.Targets
	}
	targets := []inventory.Target{}
	for _, t := range p.h.app.Targets {
		if t.Region = region.text; !slices.Contains(targets, t) {
			targets = append(targets, t)
		}
	}
	if len(targets) == 0 {
		targets = append(targets, inventory.Target{Region: region.text})
	}
	return targets
}

// literalID recognises the ids that AWS assigns, by their prefix.
var (
	literalID     = regexp.MustCompile(`^([a-z]+)-[0-9a-f]{8}([0-9a-f]{9})?$`)
	literalIDType = map[string]string{
		"acl": "AWS::EC2::NetworkAcl", "eipalloc": "AWS::EC2::EIP", "eni": "AWS::EC2::NetworkInterface", "fs": "AWS::EFS::FileSystem",
		"i": "AWS::EC2::Instance", "igw": "AWS::EC2::InternetGateway", "nat": "AWS::EC2::NatGateway", "rtb": "AWS::EC2::RouteTable",
		"sg": "AWS::EC2::SecurityGroup", "subnet": "AWS::EC2::Subnet", "vol": "AWS::EC2::Volume", "vpc": "AWS::EC2::VPC", "vpce": "AWS::EC2::VPCEndpoint",
	}
)

// addInputs makes inputs of the ids that a particle writes out: the format has no other
// way to name what belongs to somebody else.
func (p *definition) addInputs(res *inventory.Resource) {
	inventory.Walk("", res.Properties, func(pointer string, v any) bool {
		text, _ := v.(string)
		if len(text) > 64 {
			return true
		}
		if match := literalID.FindStringSubmatch(text); match != nil && literalIDType[match[1]] != "" {
			in := &inventory.Input{Name: text, Type: literalIDType[match[1]], ID: text, Position: res.PositionOf(pointer)}
			if !p.inputs[text] {
				p.inputs[text] = true
				p.h.app.Inputs = append(p.h.app.Inputs, in)
			}
		}
		return true
	})
}
