package declared

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// An evaluator works out the values of one document as far as they are known before
// anything is deployed. It serves CloudFormation templates and pcf.yaml alike: what
// differs is only which names they declare. What the functions do is documented in
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
//
// A value comes out as inventory.Properties wants it, as an *inventory.Unknown where it
// waits for something, or as absent, which the surrounding mapping or list leaves out.
type evaluator struct {
	doc        *document
	r          *reading
	parameters map[string]any
	inputs     map[string]*inventory.Input
	resources  map[string]*target
	mappings   *node
	conditions *node
	pseudo     map[string]any
	budget     nodeBudget
	chars      int        // of all texts that were put together
	spent      nodeBudget // on alternatives
	verdicts   map[string]verdict
	deciding   map[string]bool // conditions on the way to themselves
	given      map[string]bool // conditions that are taken for true or false, see alternative.go
	undecided  map[string]bool // conditions that a Fn::If could not decide
	visiting   map[string]bool // resources whose properties are being asked for
	refers     map[string]bool // labels of the resources that references named, of the particle at hand
	exhausted  bool
	nested     bool             // the parameters are those of a nested stack, which only its parent gives
	sam        bool             // SAM made some of the resources
	unseen     []string         // the SAM resources: what SAM makes of them begins with their names
	stuck      map[*node]string // why a loop could not be unrolled
	// rewritten is true when a macro may change what is written before CloudFormation sees it:
	// then a strange name is a doubt and no mistake.
	rewritten bool
}

// A target is a resource or particle that references may name.
type target struct {
	typ string
	// property evaluates one top-level property; ok is false when it is not declared.
	property func(name string) (value any, ok bool)
	// id is the live identifier as a pcf.yaml writes it; nil when it does not.
	id *node
	// label is the particle's name where it is not the name by which references call it.
	label string
	// outputs evaluates an output of a nested stack; nil for everything else.
	outputs func(name string) any
}

// absent is what Ref AWS::NoValue stands for.
type absent struct{}

func isAbsent(v any) bool { _, is := v.(absent); return is }

func newEvaluator(r *reading, d *document) *evaluator {
	return &evaluator{
		doc: d, r: r,
		parameters: map[string]any{}, inputs: map[string]*inventory.Input{}, resources: map[string]*target{},
		verdicts: map[string]verdict{}, deciding: map[string]bool{}, visiting: map[string]bool{}, refers: map[string]bool{}, undecided: map[string]bool{},
	}
}

func (e *evaluator) fault(n *node, message, hint string) { e.r.fault(e.doc.at(n), message, hint) }

const tooLarge = "the document is too large once its aliases are written out"

// maxEvaluated bounds the values of a template or pcf.yaml with its aliases written out. A
// template of 1 MB, which is the most that CloudFormation takes, has fewer.
const maxEvaluated = 1 << 19

// take spends the budget that keeps a small document of aliases from becoming a value
// larger than memory.
func (e *evaluator) take(n *node) bool {
	if e.budget++; e.budget <= maxEvaluated {
		return true
	}
	e.exhaust(n)
	return false
}

// exhaust says, once, that a document holds more than is read.
func (e *evaluator) exhaust(n *node) {
	if !e.exhausted {
		e.exhausted = true
		e.fault(n, tooLarge, "write the values out, or use fewer aliases")
	}
}

// maxChars bounds all texts that a document puts together out of others: a template may
// have 1 MB, and what a text of it names a thousand times is as long a thousand times.
const maxChars = 16 << 20

// concat puts a text together, as far as there is room.
func (e *evaluator) concat(n *node, parts []any) any {
	for _, p := range parts {
		if text, is := textOf(p); is {
			e.chars += len(text)
		}
	}
	if e.chars > maxChars {
		e.exhaust(n)
		return &inventory.Unknown{Because: tooLarge}
	}
	return concat(parts)
}

// A record collects what is known about the properties of one resource besides their
// values, by pointer.
type record struct {
	positions map[string]inventory.Position
	// literals is the text of scalars that the schema may want to read differently.
	literals map[string]string
	written  map[string][]string // see inventory.Resource
	schema   *schema.Type        // nil when none is known
}

func newRecord() *record {
	return &record{positions: map[string]inventory.Position{}, literals: map[string]string{}, written: map[string][]string{}}
}

// coerced brings a value into the kind that the schema wants at a pointer, as far as it says.
func (rec *record) coerced(at string, v any) any {
	if rec == nil || rec.schema == nil {
		return v
	}
	n, ok := rec.schema.At(at)
	if !ok {
		return v
	}
	root := &schema.Node{Kinds: schema.Object, Properties: map[string]*schema.Node{"": n}}
	return schema.Coerce(&schema.Type{Root: root}, map[string]any{"": v})[""]
}

// eval returns the value of a node. rec may be nil; at is the pointer of the value in it.
func (e *evaluator) eval(n *node, rec *record, at string) any {
	if !e.take(n) {
		return &inventory.Unknown{Because: tooLarge}
	}
	switch n.kind {
	case nullNode:
		e.r.warn(e.doc.at(n), "the value is null and counts as not set; CloudFormation refuses it", "remove the key, or give it a value")
		return absent{}
	case listNode:
		return e.list(n, rec, at)
	case mapNode:
		if name, arg, ok := n.call(); ok {
			if rec != nil && name != "Fn::If" { // of that, the branch that is chosen says it
				rec.written[at] = e.written(n)
			}
			return e.call(name, n, arg, rec, at)
		}
		return e.mapping(n, rec, at)
	case stringNode:
		if rec != nil && isYAMLBoolean(n.text) {
			rec.literals[at] = n.text
		}
		v := resolveDynamic(n.text)
		if _, dynamic := v.(*inventory.Unknown); dynamic && rec != nil {
			rec.written[at] = []string{n.text}
		}
		return v
	case floatNode:
		v := n.scalar()
		if text, _ := textOf(v); rec != nil && text != n.text {
			rec.literals[at] = n.text
		}
		return v
	}
	return n.scalar()
}

func (e *evaluator) list(n *node, rec *record, at string) any {
	out := make([]any, 0, len(n.items))
	mayBeEmpty := true
	for _, item := range n.items {
		place := ""
		if rec != nil {
			place = at + "/" + strconv.Itoa(len(out))
		}
		v := e.eval(item, rec, place)
		if isAbsent(v) {
			continue
		}
		if rec != nil {
			rec.positions[place] = e.doc.at(item)
		}
		u, unknown := v.(*inventory.Unknown)
		mayBeEmpty = mayBeEmpty && unknown && u.Optional
		out = append(out, v)
	}
	if len(out) > 0 && mayBeEmpty { // then not even its first element is certain
		u := *out[0].(*inventory.Unknown)
		u.Optional, u.Symbol = false, ""
		return &u
	}
	return out
}

func (e *evaluator) mapping(n *node, rec *record, at string) any {
	out := make(map[string]any, len(n.fields))
	for _, f := range n.fields {
		if f.name == "Fn::Transform" {
			return &inventory.Unknown{Because: f.name + " is not expanded before deployment"}
		}
		if strings.HasPrefix(f.name, loopPrefix) {
			return &inventory.Unknown{Because: f.name + " is not expanded before deployment: " + e.stuck[f.value]}
		}
		place := ""
		if rec != nil {
			place = at + "/" + schema.EscapePointer(f.name)
		}
		v := e.eval(f.value, rec, place)
		if isAbsent(v) {
			continue
		}
		if rec != nil {
			rec.positions[place] = e.doc.atKey(f)
		}
		out[f.name] = v
	}
	return out
}

// call evaluates an intrinsic function.
func (e *evaluator) call(name string, n, arg *node, rec *record, at string) any {
	switch name {
	case "Ref":
		if arg.kind != stringNode {
			return e.misused(n, name, "the name of a parameter or resource")
		}
		return e.ref(arg.text)
	case "Fn::If":
		return e.choose(n, arg, rec, at)
	case "Fn::Transform":
		return &inventory.Unknown{Because: "a macro computes it at deployment"}
	case "Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals":
		v := e.decide(n)
		if v.truth == unknownTruth {
			return &inventory.Unknown{Because: v.because}
		}
		return v.truth == isTrue
	}
	if v, ok := e.compute(name, n, arg); ok {
		return v
	}
	if strings.HasPrefix(name, loopPrefix) {
		return &inventory.Unknown{Because: name + " is not expanded before deployment: " + e.stuck[arg]}
	}
	if _, known := longForm("!" + strings.TrimPrefix(name, "Fn::")); known {
		return &inventory.Unknown{Because: name + " is not evaluated before deployment"}
	}
	e.r.fault(e.doc.atKey(n.fields[0]), "unknown function "+name, didYouMean(strings.TrimPrefix(name, "Fn::"), functions))
	return &inventory.Unknown{Because: name + " is no function"}
}

// misused reports a function whose argument has the wrong form.
func (e *evaluator) misused(n *node, name, want string) *inventory.Unknown {
	e.fault(n, name+" has the wrong form", "it wants "+want)
	return &inventory.Unknown{Because: name + " is malformed"}
}

// choose evaluates Fn::If. With an unknown condition the value is known only when both
// branches are equal.
func (e *evaluator) choose(n, arg *node, rec *record, at string) any {
	if len(arg.items) != 3 || arg.items[0].kind != stringNode {
		return e.misused(n, "Fn::If", "a list of three: the name of a condition, the value when it is true, the value when it is false")
	}
	condition := arg.items[0].text
	switch v := e.condition(condition, arg.items[0]); v.truth {
	case isTrue:
		return e.eval(arg.items[1], rec, at)
	case isFalse:
		return e.eval(arg.items[2], rec, at)
	default:
		yes, no := e.eval(arg.items[1], nil, ""), e.eval(arg.items[2], nil, "")
		if identical(rec.coerced(at, yes), rec.coerced(at, no)) {
			return e.eval(arg.items[1], rec, at)
		}
		if rec != nil {
			rec.written[at] = e.written(n)
		}
		if v.atom != "" {
			e.undecided[v.atom] = true
		}
		u := &inventory.Unknown{Because: v.because}
		for _, branch := range []any{yes, no} {
			u.Optional = u.Optional || isAbsent(branch)
			inventory.Walk("", branch, func(_ string, x any) bool {
				if leaf, is := x.(*inventory.Unknown); is {
					u.Sensitive = u.Sensitive || leaf.Sensitive
					u.Optional = u.Optional || leaf == branch && leaf.Optional
				}
				return true
			})
		}
		return u
	}
}

// pseudoNames are the parameters that CloudFormation itself provides.
var pseudoNames = []string{
	"AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix",
}

// pseudoParameters returns the values of those that are known.
func pseudoParameters(opt Options, stack string) map[string]any {
	known := map[string]any{"AWS::NoValue": absent{}}
	set := func(name, value string) {
		if value != "" {
			known[name] = value
		}
	}
	partition := opt.Partition
	switch {
	case partition != "" || opt.Region == "" || opt.Region == inventory.GlobalRegion:
	case strings.HasPrefix(opt.Region, "cn-"):
		partition = "aws-cn"
	case strings.HasPrefix(opt.Region, "us-gov-"):
		partition = "aws-us-gov"
	case !strings.Contains(opt.Region, "iso"): // the isolated regions have partitions of their own
		partition = "aws"
	}
	set("AWS::AccountId", opt.Account)
	if opt.Region != inventory.GlobalRegion {
		set("AWS::Region", opt.Region)
	}
	set("AWS::Partition", partition)
	set("AWS::StackName", stack)
	switch partition {
	case "aws", "aws-us-gov":
		set("AWS::URLSuffix", "amazonaws.com")
	case "aws-cn":
		set("AWS::URLSuffix", "amazonaws.com.cn")
	}
	return known
}

// ref returns what Ref yields for a name.
func (e *evaluator) ref(name string) any {
	if slices.Contains(pseudoNames, name) {
		if v, known := e.pseudo[name]; known {
			return v
		}
		return &inventory.Unknown{Because: name + " is known only at deployment", Symbol: "Ref " + name}
	}
	if v, ok := e.parameters[name]; ok {
		return v
	}
	if in, ok := e.inputs[name]; ok {
		if in.ID != "" {
			return in.ID
		}
		u := inventory.Unknown{Because: "the id of input " + name + " is not known"}
		if in.Unknown != nil {
			u = *in.Unknown
		}
		u.Symbol, u.Target, u.Prefix, u.Suffix = "Ref "+name, name, "", "" // see refResource
		return &u
	}
	if t, ok := e.resources[name]; ok {
		e.refers[e.label(name)] = true
		return e.refResource(name, t)
	}
	return &inventory.Unknown{Because: name + " is not declared"} // told by checkNames
}

// text evaluates an argument that must be a string; ok is false when it is none. An
// unknown one comes back as v.
func (e *evaluator) text(n *node) (text string, v any, ok bool) {
	v = e.eval(n, nil, "")
	text, ok = textOf(v)
	return text, v, ok
}

// textOf writes a scalar as CloudFormation does where it wants text.
func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case absent:
		return "", true
	}
	return "", false
}

// concat joins parts, some of which may be unknown: what stands before the first and
// after the last unknown is kept.
func concat(parts []any) any {
	var text strings.Builder
	var symbol strings.Builder
	var first *inventory.Unknown
	var reasons, targets []string
	var out inventory.Unknown
	named, unknowns, solid := true, 0, 0
	for _, p := range parts {
		u, unknown := p.(*inventory.Unknown)
		if !unknown {
			t, _ := textOf(p)
			text.WriteString(t)
			symbol.WriteString(t)
			solid += len(t)
			continue
		}
		unknowns++
		if first == nil {
			first = u
			out.Prefix = text.String() + u.Prefix
		}
		text.Reset()
		text.WriteString(u.Suffix)
		symbol.WriteString("${" + u.Symbol + "}")
		named = named && u.Symbol != ""
		out.Sensitive = out.Sensitive || u.Sensitive
		if !slices.Contains(reasons, u.Because) {
			reasons = append(reasons, u.Because)
		}
		if u.Target != "" && !slices.Contains(targets, u.Target) {
			targets = append(targets, u.Target)
		}
	}
	if first == nil {
		return resolveDynamic(text.String())
	}
	if unknowns == 1 && solid == 0 {
		return first
	}
	out.Suffix = text.String()
	out.Because = strings.Join(reasons, "; ")
	if named {
		out.Symbol = "Sub " + symbol.String()
	}
	if len(targets) == 1 {
		out.Target = targets[0]
	}
	// A dynamic reference around an unknown part hides what stands next to it too.
	if i := strings.Index(out.Prefix, "{{resolve:"); i >= 0 {
		out.Prefix, out.Sensitive = out.Prefix[:i], true
		out.Suffix = out.Suffix[strings.LastIndex(out.Suffix, "}}")+1:]
		out.Suffix = strings.TrimPrefix(out.Suffix, "}")
	}
	return &out
}

// resolveDynamic turns text with a {{resolve:service:…}} in it into an unknown: what
// AWS puts there at deployment is a secret or a setting that this program never fetches.
func resolveDynamic(text string) any {
	start := strings.Index(text, "{{resolve:")
	if start < 0 {
		return text
	}
	end := strings.LastIndex(text, "}}")
	if end < start {
		return text
	}
	reference, _, _ := strings.Cut(text[start:], "}}")
	return &inventory.Unknown{
		Because:   "the dynamic reference " + reference + "}} is resolved at deployment",
		Symbol:    "Sub " + text,
		Prefix:    text[:start],
		Suffix:    text[end+2:],
		Sensitive: true,
	}
}

// isYAMLBoolean: words that older YAML takes for booleans and newer YAML for text.
func isYAMLBoolean(text string) bool {
	if len(text) > len("off") {
		return false
	}
	switch strings.ToLower(text) {
	case "yes", "no", "on", "off":
		return true
	}
	return false
}

// literals reads scalars again where the schema decides what they are: `yes` is true
// where only a boolean may stand, and 14.10 keeps its zero where only text may.
func literals(t *schema.Type, props map[string]any, rec *record) {
	for pointer, text := range rec.literals {
		n, ok := t.At(pointer)
		if !ok {
			continue
		}
		var v any
		switch {
		case isYAMLBoolean(text) && n.Kinds&(schema.Boolean|schema.String) == schema.Boolean:
			v = strings.EqualFold(text, "yes") || strings.EqualFold(text, "on")
		case !isYAMLBoolean(text) && n.Kinds&(schema.Number|schema.Integer|schema.String) == schema.String:
			v = text
		default:
			continue
		}
		i := strings.LastIndexByte(pointer, '/')
		parent, _ := inventory.At(props, pointer[:i])
		last := schema.SplitPointer(pointer[i:])[0]
		switch p := parent.(type) {
		case map[string]any:
			p[last] = v
		case []any:
			if index, err := strconv.Atoi(last); err == nil && index < len(p) {
				p[index] = v
			}
		}
	}
}
