package declared

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// parameterKeys are the keys of a parameter declaration
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html).
var parameterKeys = []string{
	"AllowedPattern", "AllowedValues", "ConstraintDescription", "Default", "Description",
	"MaxLength", "MaxValue", "MinLength", "MinValue", "NoEcho", "Type",
}

// parameterTypes are those that do not belong to a service.
var parameterTypes = []string{"CommaDelimitedList", "List<Number>", "List<String>", "Number", "String"}

// isParameterType reports whether CloudFormation may know a type of parameter: one of its
// own, or AWS::EC2::VPC::Id and the like, also in lists and in the SSM parameter store.
func isParameterType(typ string) bool {
	if slices.Contains(parameterTypes, typ) {
		return true
	}
	inner := typ
	for _, prefix := range []string{"AWS::SSM::Parameter::Value<", "List<"} {
		if rest, ok := strings.CutPrefix(inner, prefix); ok {
			if inner, ok = strings.CutSuffix(rest, ">"); !ok {
				return false
			}
		}
	}
	return strings.HasPrefix(inner, "AWS::") || inner != typ && slices.Contains(parameterTypes, inner)
}

// readParameters gives every declared parameter its value: the user's, else the one that
// the app gives (`from:`), else the default, else unknown.
func (e *evaluator) readParameters(section *node, given map[string]any) {
	if section == nil || section.kind == nullNode {
		return
	}
	if section.kind != mapNode {
		e.r.want(e.doc, section, "the parameters", "a mapping of names")
		return
	}
	for _, f := range section.fields {
		if !e.nested {
			e.r.parameters[f.name] = true
		}
		if f.name == "Fn::Transform" || strings.HasPrefix(f.name, "Fn::ForEach::") {
			continue
		}
		if f.value.kind != mapNode {
			e.r.want(e.doc, f.value, "parameter "+f.name, "a mapping with a Type")
			e.parameters[f.name] = &inventory.Unknown{Because: "parameter " + f.name + " is malformed", Symbol: "Ref " + f.name}
			continue
		}
		e.r.unknownKeys(e.doc, f.value, "parameter "+f.name, parameterKeys...)
		if t := f.value.get("Type"); !t.isText() {
			e.r.fault(e.doc.atKey(f), "parameter "+f.name+" has no Type", "most are Type: String")
		} else if !isParameterType(t.text) {
			e.fault(t, "parameter "+f.name+" has the unknown type "+t.text, didYouMean(t.text, parameterTypes))
		}
		e.parameters[f.name] = e.parameter(f, given)
	}
}

func (e *evaluator) parameter(f field, given map[string]any) any {
	name, at := f.name, e.doc.atKey(f)
	u := &inventory.Unknown{Because: "parameter " + name + " has no value", Symbol: "Ref " + name}
	noEcho := f.value.get("NoEcho")
	secret := noEcho != nil && strings.EqualFold(noEcho.text, "true")
	typ := "String"
	if t := f.value.get("Type"); t.isText() {
		typ = t.text
	}
	text, has := e.r.opt.Parameters[name]
	has = has && !e.nested
	if v, fromApp := given[name]; !has && fromApp {
		if partly, unknown := v.(*inventory.Unknown); unknown {
			passed := *partly
			passed.Symbol, passed.Target = u.Symbol, ""
			passed.Sensitive = passed.Sensitive || secret
			return &passed
		}
		text, has = textOf(v)
		if list, isList := v.([]any); isList {
			if _, partly, unknown := inventory.HasUnknown(v); unknown {
				return &inventory.Unknown{Because: partly.Because, Symbol: u.Symbol, Sensitive: partly.Sensitive || secret}
			}
			text, has = commaText(list), true
		}
	}
	if def := f.value.get("Default"); !has && def != nil {
		at = e.doc.at(def)
		switch def.kind {
		case listNode, mapNode:
			e.r.want(e.doc, def, "the Default of parameter "+name, "text or a number")
			return u
		}
		text, has = def.text, true
	}
	switch {
	case strings.HasPrefix(typ, "AWS::SSM::Parameter::Value<"):
		u.Because, u.Sensitive = "parameter "+name+" is read from the SSM parameter store at deployment", secret
		return u
	case !has:
		u.Sensitive = secret
		return u
	}
	e.checkValue(f, at, typ, text, secret)
	switch {
	case secret:
		u.Because, u.Sensitive = "parameter "+name+" is a secret (NoEcho)", true
		return u
	case typ == "CommaDelimitedList" || strings.HasPrefix(typ, "List<"):
		list := []any{}
		for item := range strings.SplitSeq(text, ",") {
			list = append(list, resolveDynamic(strings.TrimSpace(item)))
		}
		return list
	}
	return resolveDynamic(text)
}

func commaText(list []any) string {
	var texts []string
	for _, v := range list {
		t, _ := textOf(v)
		texts = append(texts, t)
	}
	return strings.Join(texts, ",")
}

// checkValue refuses a value that CloudFormation would refuse. The message of a secret
// does not repeat it.
func (e *evaluator) checkValue(f field, at inventory.Position, typ, text string, secret bool) {
	shown := strconv.Quote(text)
	if secret {
		shown = "the value"
	}
	refuse := func(message, hint string) {
		if n := f.value.get("ConstraintDescription"); n.isText() {
			hint = n.text
		}
		e.r.fault(at, "parameter "+f.name+" "+message, hint)
	}
	values := []string{text}
	if typ == "CommaDelimitedList" || strings.HasPrefix(typ, "List<") {
		values = strings.Split(text, ",")
	}
	for _, v := range values {
		v = strings.TrimSpace(v)
		number, err := strconv.ParseFloat(v, 64)
		switch isNumber := typ == "Number" || typ == "List<Number>"; {
		case isNumber && err != nil:
			refuse("must be a number, and "+shown+" is none", "")
		case isNumber:
			if least, ok := e.limit(f, "MinValue"); ok && number < least {
				refuse(fmt.Sprintf("must be at least %v, and %s is less", least, shown), "")
			}
			if most, ok := e.limit(f, "MaxValue"); ok && number > most {
				refuse(fmt.Sprintf("must be at most %v, and %s is more", most, shown), "")
			}
		case typ == "String":
			v = text // spaces count
			length := float64(utf8.RuneCountInString(v))
			if least, ok := e.limit(f, "MinLength"); ok && length < least {
				refuse(fmt.Sprintf("must have at least %v characters, and %s has %v", least, shown, length), "")
			}
			if most, ok := e.limit(f, "MaxLength"); ok && length > most {
				refuse(fmt.Sprintf("must have at most %v characters, and %s has %v", most, shown, length), "")
			}
		}
		// Patterns are Java's. One that Go does not understand is left to CloudFormation.
		if p := f.value.get("AllowedPattern"); p.isText() {
			if pattern, err := regexp.Compile(`^(?:` + p.text + `)$`); err == nil && !pattern.MatchString(v) {
				refuse("does not allow "+shown, "it must match "+p.text)
			}
		}
		allowed := f.value.get("AllowedValues")
		if allowed == nil || len(allowed.items) == 0 {
			continue
		}
		var texts []string
		for _, item := range allowed.items {
			texts = append(texts, item.text)
		}
		if !slices.Contains(texts, v) {
			refuse("does not allow "+shown, didYouMean(v, texts))
		}
	}
}

// limit reads a bound of a parameter; ok is false when there is none.
func (e *evaluator) limit(f field, name string) (limit float64, ok bool) {
	n := f.value.get(name)
	if n == nil {
		return 0, false
	}
	limit, err := strconv.ParseFloat(n.text, 64)
	if err != nil || !n.isScalar() {
		e.r.want(e.doc, n, name+" of parameter "+f.name, "a number")
		return 0, false
	}
	return limit, true
}

// ReadParameters reads a file with values for parameters, in any of the forms that teams
// deploy with: the list of {ParameterKey, ParameterValue} of the AWS CLI, the mapping below
// Parameters of CodePipeline and CloudFormation's own deployment files, or a plain mapping
// of names to values, each as JSON or YAML. A list becomes its elements with commas between.
// A parameter that keeps its previous value, or whose value a pipeline computes, is left
// out: its value is not known here. The error is a Fault with the place.
func ReadParameters(path string) (map[string]string, error) {
	file, err := Open(path)
	if err != nil {
		return nil, fmt.Errorf("read parameters from %s: %s", path, cause(err))
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxParameters+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read parameters from %s: %s", path, cause(err))
	case len(data) > maxParameters:
		return nil, fmt.Errorf("read parameters from %s: the file is larger than %d KiB", path, maxParameters>>10)
	}
	docs, fault := parse(path, data)
	if fault != nil {
		return nil, *fault
	}
	values := map[string]string{}
	if len(docs) != 1 {
		return nil, inventory.Fault{Position: inventory.Position{File: path}, Message: "the file of parameters holds no value, or several documents", Hint: parameterForms}
	}
	d := docs[0]
	if len(d.faults) > 0 {
		return nil, d.faults[0]
	}
	wrong := func(n *node, message string) error {
		return inventory.Fault{Position: d.at(n), Message: message, Hint: parameterForms}
	}
	set := func(name string, v *node) error {
		switch {
		case v.kind == listNode:
			var texts []string
			for _, item := range v.items {
				if !item.isScalar() || item.kind == nullNode {
					return wrong(item, "an element of parameter "+name+" is "+item.kind.String())
				}
				texts = append(texts, item.text)
			}
			values[name] = strings.Join(texts, ",")
		case v.kind == mapNode && len(v.fields) == 1 && strings.HasPrefix(v.fields[0].name, "Fn::"):
		case !v.isScalar() || v.kind == nullNode:
			return wrong(v, "the value of parameter "+name+" is "+v.kind.String())
		default:
			values[name] = v.text
		}
		return nil
	}
	entries := d.root
	if p := entries.get("Parameters"); p != nil && p.kind == mapNode {
		entries = p
	}
	switch entries.kind {
	case listNode:
		for _, item := range entries.items {
			name, value, previous := item.get("ParameterKey"), item.get("ParameterValue"), item.get("UsePreviousValue")
			switch {
			case !name.isText():
				return nil, wrong(item, "an element of the list has no ParameterKey")
			case value != nil:
				if _, twice := values[name.text]; twice {
					return nil, wrong(item, "parameter "+name.text+" stands twice")
				}
				if err := set(name.text, value); err != nil {
					return nil, err
				}
			case previous == nil:
				return nil, wrong(item, "parameter "+name.text+" has no ParameterValue")
			}
		}
	case mapNode:
		for _, f := range entries.fields {
			if err := set(f.name, f.value); err != nil {
				return nil, err
			}
		}
	default:
		return nil, wrong(entries, "the file of parameters holds "+entries.kind.String())
	}
	return values, nil
}

const (
	maxParameters  = 1 << 20
	parameterForms = "expected a list of {ParameterKey, ParameterValue}, a mapping {Parameters: {NAME: VALUE}}, or a mapping {NAME: VALUE}"
)
