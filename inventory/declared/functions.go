package declared

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// compute evaluates the functions whose value depends on their arguments alone.
func (e *evaluator) compute(name string, n, arg *node) (v any, ok bool) {
	switch name {
	case "Fn::GetAtt":
		return e.getAtt(n, arg), true
	case "Fn::Sub":
		return e.sub(n, arg), true
	case "Fn::Join":
		return e.join(n, arg), true
	case "Fn::Select":
		return e.pick(n, arg), true
	case "Fn::Split":
		return e.split(n, arg), true
	case "Fn::Base64":
		return e.base64(n, arg), true
	case "Fn::FindInMap":
		return e.findInMap(n, arg), true
	case "Fn::Cidr":
		return e.cidr(n, arg), true
	case "Fn::GetAZs":
		return e.waits("GetAZs", arg, "the availability zones of the region are known only at deployment"), true
	case "Fn::ImportValue":
		return e.waits("ImportValue", arg, "it is exported by another stack"), true
	case "Fn::GetStackOutput":
		return e.waits("GetStackOutput", arg, "it is an output of another stack"), true
	case "Fn::Length":
		return e.length(n, arg), true
	case "Fn::ToJsonString":
		return e.toJSON(arg), true
	}
	return nil, false
}

// waits is the unknown of a function that asks AWS; two with the same argument are the
// same value.
func (e *evaluator) waits(name string, arg *node, because string) *inventory.Unknown {
	u := &inventory.Unknown{Because: because}
	switch v := e.eval(arg, nil, "").(type) {
	case string:
		u.Symbol = name + " " + v
		if name == "ImportValue" {
			u.Because = "export " + v + " belongs to another stack"
		}
	case *inventory.Unknown:
		if v.Symbol != "" {
			u.Symbol = name + " " + v.Symbol
		}
	}
	return u
}

// getAtt takes "Name.Attribute" or [Name, Attribute].
func (e *evaluator) getAtt(n, arg *node) any {
	const want = "Name.Attribute, or a list of the two"
	name, attribute, ok := getAttName(arg, e.declares)
	if !ok {
		if len(arg.items) != 2 || arg.items[0].kind != stringNode {
			return e.misused(n, "Fn::GetAtt", want)
		}
		text, v, isText := e.text(arg.items[1])
		if u, unknown := v.(*inventory.Unknown); unknown {
			return &inventory.Unknown{Because: u.Because, Target: e.label(arg.items[0].text)}
		}
		if !isText {
			return e.misused(n, "Fn::GetAtt", want)
		}
		name, attribute = arg.items[0].text, text
	}
	return e.attribute(name, attribute)
}

// getAttName splits the literal forms of Fn::GetAtt's argument. A name with dots in it
// wins when it is declared.
func getAttName(arg *node, declared func(string) bool) (name, attribute string, ok bool) {
	text := arg.text
	if len(arg.items) >= 2 {
		var parts []string
		for _, item := range arg.items {
			if item.kind != stringNode {
				return "", "", false
			}
			parts = append(parts, item.text)
		}
		return parts[0], strings.Join(parts[1:], "."), true
	}
	if arg.kind != stringNode {
		return "", "", false
	}
	name, attribute, ok = strings.Cut(text, ".")
	for i := len(name); ok && !declared(name); {
		next := strings.IndexByte(text[i+1:], '.')
		if next < 0 {
			name, attribute, _ = strings.Cut(text, ".")
			break
		}
		i += 1 + next
		name, attribute = text[:i], text[i+1:]
	}
	return name, attribute, ok && name != "" && attribute != ""
}

// subPart is a piece of a Fn::Sub text: literal text, or the name in ${name}.
type subPart struct {
	text string
	name bool
}

// subParts splits a Fn::Sub text. ${!name} is the literal ${name}; a ${ that nothing
// closes is text.
func subParts(text string) []subPart {
	var parts []subPart
	literal := func(s string) {
		if s == "" {
			return
		}
		if last := len(parts) - 1; last >= 0 && !parts[last].name {
			parts[last].text += s
			return
		}
		parts = append(parts, subPart{text: s})
	}
	for {
		start := strings.Index(text, "${")
		if start < 0 {
			break
		}
		end := strings.IndexByte(text[start:], '}')
		if end < 0 {
			break
		}
		end += start
		literal(text[:start])
		if inner := text[start+2 : end]; strings.HasPrefix(inner, "!") {
			literal("${" + inner[1:] + "}")
		} else {
			parts = append(parts, subPart{text: strings.TrimSpace(inner), name: true})
		}
		text = text[end+1:]
	}
	literal(text)
	return parts
}

// subText returns the text and the variables of a Fn::Sub.
func subText(arg *node) (text string, vars *node, ok bool) {
	switch {
	case arg.isScalar():
		return arg.text, nil, arg.kind != nullNode
	case len(arg.items) == 2 && arg.items[0].isScalar() && arg.items[1].kind == mapNode:
		return arg.items[0].text, arg.items[1], true
	case len(arg.items) == 1 && arg.items[0].isScalar():
		return arg.items[0].text, nil, true
	}
	return "", nil, false
}

func (e *evaluator) sub(n, arg *node) any {
	text, vars, ok := subText(arg)
	if !ok {
		return e.misused(n, "Fn::Sub", "text, or a list of a text and a mapping of variables")
	}
	var parts []any
	for _, p := range subParts(text) {
		if !p.name {
			parts = append(parts, p.text)
			continue
		}
		var v any
		if f, given := vars.field(p.text); given {
			v = e.eval(f.value, nil, "")
		} else if name, attribute, dotted := getAttName(&node{kind: stringNode, text: p.text}, e.declares); dotted && !e.declares(p.text) {
			v = e.attribute(name, attribute)
		} else {
			v = e.ref(p.text)
		}
		if _, isText := textOf(v); !isText {
			if _, unknown := v.(*inventory.Unknown); !unknown {
				return e.misused(n, "Fn::Sub", "text for ${"+p.text+"}, which is a list or a mapping; join it first")
			}
		}
		parts = append(parts, v)
	}
	return e.concat(n, parts)
}

func (e *evaluator) join(n, arg *node) any {
	const want = "a list of two: the text between, and a list"
	if len(arg.items) != 2 {
		return e.misused(n, "Fn::Join", want)
	}
	delimiter, ok := textOf(e.eval(arg.items[0], nil, ""))
	if !ok || !arg.items[0].isScalar() {
		return e.misused(n, "Fn::Join", want)
	}
	v := e.eval(arg.items[1], nil, "")
	if u, unknown := v.(*inventory.Unknown); unknown {
		joined := &inventory.Unknown{Because: u.Because, Target: u.Target, Sensitive: u.Sensitive}
		if u.Symbol != "" {
			joined.Symbol = "Join " + strconv.Quote(delimiter) + " " + u.Symbol
		}
		return joined
	}
	list, ok := v.([]any)
	if !ok {
		return e.misused(n, "Fn::Join", want)
	}
	var parts []any
	certain := false // some element before this one is certain to be there
	for _, item := range list {
		u, unknown := item.(*inventory.Unknown)
		if _, isText := textOf(item); !isText && !unknown {
			return e.misused(n, "Fn::Join", want+" of texts")
		}
		if unknown && u.Optional { // the delimiter beside it comes and goes with it
			without := *u
			without.Symbol, without.Prefix, without.Suffix = "", "", ""
			parts = append(parts, &without)
			continue
		}
		if certain {
			parts = append(parts, delimiter)
		}
		certain = true
		parts = append(parts, item)
	}
	return e.concat(n, parts)
}

// pick is Fn::Select.
func (e *evaluator) pick(n, arg *node) any {
	const want = "a list of two: an index that counts from 0, and a list"
	if len(arg.items) != 2 {
		return e.misused(n, "Fn::Select", want)
	}
	text, v, ok := e.text(arg.items[0])
	if u, unknown := v.(*inventory.Unknown); unknown {
		return &inventory.Unknown{Because: u.Because, Sensitive: u.Sensitive}
	}
	index, err := strconv.Atoi(text)
	if !ok || err != nil {
		return e.misused(n, "Fn::Select", want)
	}
	switch list := e.eval(arg.items[1], nil, "").(type) {
	case *inventory.Unknown:
		u := &inventory.Unknown{Because: list.Because, Target: list.Target, Sensitive: list.Sensitive}
		if list.Symbol != "" {
			u.Symbol = fmt.Sprintf("Select %d of %s", index, list.Symbol)
		}
		return u
	case []any:
		for i, item := range list {
			if u, unknown := item.(*inventory.Unknown); unknown && u.Optional && i <= index {
				return &inventory.Unknown{Because: u.Because, Sensitive: u.Sensitive}
			}
		}
		if index < 0 || index >= len(list) {
			e.fault(n, fmt.Sprintf("Fn::Select asks for element %d of a list of %d", index, len(list)), "indexes count from 0")
			return &inventory.Unknown{Because: "Fn::Select is out of range"}
		}
		return list[index]
	}
	return e.misused(n, "Fn::Select", want)
}

func (e *evaluator) split(n, arg *node) any {
	const want = "a list of two: the text between, and a text"
	if len(arg.items) != 2 {
		return e.misused(n, "Fn::Split", want)
	}
	delimiter, _, okDelimiter := e.text(arg.items[0])
	text, v, okText := e.text(arg.items[1])
	if u, unknown := v.(*inventory.Unknown); unknown {
		parts := &inventory.Unknown{Because: u.Because, Target: u.Target, Sensitive: u.Sensitive}
		if u.Symbol != "" {
			parts.Symbol = "Split " + strconv.Quote(delimiter) + " " + u.Symbol
		}
		return parts
	}
	if !okDelimiter || !okText || delimiter == "" {
		return e.misused(n, "Fn::Split", want)
	}
	var parts []any
	for part := range strings.SplitSeq(text, delimiter) {
		parts = append(parts, part)
	}
	return parts
}

func (e *evaluator) base64(n, arg *node) any {
	text, v, ok := e.text(arg)
	if u, unknown := v.(*inventory.Unknown); unknown {
		encoded := &inventory.Unknown{Because: u.Because, Target: u.Target, Sensitive: u.Sensitive}
		if u.Symbol != "" {
			encoded.Symbol = "Base64 " + u.Symbol
		}
		return encoded
	}
	if !ok {
		return e.misused(n, "Fn::Base64", "a text")
	}
	return base64.StdEncoding.EncodeToString([]byte(text))
}

// findInMap looks up Mappings. A fourth argument {DefaultValue: x} answers for what the
// mapping does not have.
func (e *evaluator) findInMap(n, arg *node) any {
	const want = "a list of three: the mapping, its first key, its second key"
	if len(arg.items) != 3 && len(arg.items) != 4 {
		return e.misused(n, "Fn::FindInMap", want)
	}
	var keys [3]string
	for i := range keys {
		text, v, ok := e.text(arg.items[i])
		if u, unknown := v.(*inventory.Unknown); unknown {
			return &inventory.Unknown{Because: u.Because, Sensitive: u.Sensitive}
		}
		if !ok {
			return e.misused(n, "Fn::FindInMap", want)
		}
		keys[i] = text
	}
	at := e.mappings
	for i, key := range keys {
		f, ok := at.field(key)
		if ok {
			at = f.value
			continue
		}
		if len(arg.items) == 4 {
			if fallback := arg.items[3].get("DefaultValue"); fallback != nil {
				return e.eval(fallback, nil, "")
			}
		}
		if at != nil && at.get("Fn::Transform") != nil {
			return &inventory.Unknown{Because: "mapping " + keys[0] + " is computed by a macro"}
		}
		where := "Mappings"
		if i > 0 {
			where = "mapping " + strings.Join(keys[:i], ".")
		}
		var known []string
		if at != nil {
			known = at.names()
		}
		e.fault(n, fmt.Sprintf("%s has no key %q", where, key), didYouMean(key, known))
		return &inventory.Unknown{Because: fmt.Sprintf("%s has no key %q", where, key)}
	}
	return e.eval(at, nil, "")
}

// cidr divides an address block: Fn::Cidr [block, count, bits], where bits is the size of
// the part that stays free for hosts.
func (e *evaluator) cidr(n, arg *node) any {
	const want = "a list of an address block, a count of 1 to 256, and the number of host bits"
	if len(arg.items) != 2 && len(arg.items) != 3 {
		return e.misused(n, "Fn::Cidr", want)
	}
	var values [3]string
	for i, item := range arg.items {
		text, v, ok := e.text(item)
		if u, unknown := v.(*inventory.Unknown); unknown {
			return &inventory.Unknown{Because: u.Because, Sensitive: u.Sensitive}
		}
		if !ok {
			return e.misused(n, "Fn::Cidr", want)
		}
		values[i] = text
	}
	if len(arg.items) == 2 {
		return &inventory.Unknown{Because: "Fn::Cidr without host bits takes a default of the service"}
	}
	block, err := netip.ParsePrefix(values[0])
	count, err2 := strconv.Atoi(values[1])
	bits, err3 := strconv.Atoi(values[2])
	if err != nil || err2 != nil || err3 != nil || count < 1 || count > 256 {
		return e.misused(n, "Fn::Cidr", want)
	}
	size := block.Addr().BitLen()
	length := size - bits
	if bits < 1 || length < block.Bits() || new(big.Int).Lsh(big.NewInt(1), uint(length-block.Bits())).Cmp(big.NewInt(int64(count))) < 0 {
		e.fault(n, fmt.Sprintf("%s has no room for %d blocks of %d host bits", block, count, bits), "ask for fewer or smaller blocks")
		return &inventory.Unknown{Because: "Fn::Cidr does not fit"}
	}
	address := new(big.Int).SetBytes(block.Masked().Addr().AsSlice())
	step := new(big.Int).Lsh(big.NewInt(1), uint(bits))
	blocks := make([]any, count)
	for i := range blocks {
		raw := make([]byte, size/8)
		next, _ := netip.AddrFromSlice(address.FillBytes(raw))
		blocks[i] = netip.PrefixFrom(next, length).String()
		address.Add(address, step)
	}
	return blocks
}

func (e *evaluator) length(n, arg *node) any {
	switch v := e.eval(arg, nil, "").(type) {
	case *inventory.Unknown:
		return &inventory.Unknown{Because: v.Because}
	case []any:
		for _, item := range v {
			if u, unknown := item.(*inventory.Unknown); unknown && u.Optional {
				return &inventory.Unknown{Because: u.Because}
			}
		}
		return int64(len(v))
	}
	return e.misused(n, "Fn::Length", "a list")
}

func (e *evaluator) toJSON(arg *node) any {
	v := e.eval(arg, nil, "")
	if _, u, ok := inventory.HasUnknown(v); ok {
		out := &inventory.Unknown{Because: u.Because}
		inventory.Walk("", v, func(_ string, x any) bool {
			if leaf, is := x.(*inventory.Unknown); is {
				out.Sensitive = out.Sensitive || leaf.Sensitive
			}
			return true
		})
		return out
	}
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return &inventory.Unknown{Because: "it cannot be written as JSON: " + err.Error()}
	}
	return strings.TrimSuffix(text.String(), "\n")
}
