package declared

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// parameterKeys are the keys of a parameter declaration
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html).
var parameterKeys = []string{
	"AllowedPattern", "AllowedValues", "ConstraintDescription", "Default", "Description",
	"MaxLength", "MaxValue", "MinLength", "MinValue", "NoEcho", "Type",
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
		e.r.parameters[f.name] = true
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
	values := []string{text}
	if typ == "CommaDelimitedList" || strings.HasPrefix(typ, "List<") {
		values = strings.Split(text, ",")
	}
	for _, v := range values {
		v = strings.TrimSpace(v)
		if typ == "Number" || typ == "List<Number>" {
			if _, err := strconv.ParseFloat(v, 64); err != nil {
				e.r.fault(at, fmt.Sprintf("parameter %s must be a number, and %s is none", f.name, shown), "")
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
			e.r.fault(at, fmt.Sprintf("parameter %s does not allow %s", f.name, shown), didYouMean(v, texts))
		}
	}
}
