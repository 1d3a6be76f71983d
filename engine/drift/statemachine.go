package drift

import (
	"maps"
	"slices"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

const stateMachine = "AWS::StepFunctions::StateMachine"

// definition gives the properties of a state machine the one form in which it lives: a
// DefinitionString with its substitutions filled in. A declaration may write an object
// (Definition) or a text, and ${name} in it for the values of DefinitionSubstitutions; neither
// Definition nor the substitutions can be read back. Other properties, and those whose
// definition lies in a bucket, come back as they are. declared itself is not changed.
//
// Source: AWS::StepFunctions::StateMachine in the CloudFormation template reference.
func definition(declared, live map[string]any) map[string]any {
	written, has := declared["Definition"]
	if text, isText := declared["DefinitionString"]; isText {
		written, has = text, declared["DefinitionSubstitutions"] != nil
	}
	if _, lives := live["DefinitionString"]; !has || !lives {
		return declared
	}
	values, _ := declared["DefinitionSubstitutions"].(map[string]any)
	if u, is := declared["DefinitionSubstitutions"].(*inventory.Unknown); is {
		written = u
	}
	out := maps.Clone(declared)
	for _, name := range []string{"Definition", "DefinitionSubstitutions"} {
		delete(out, name)
	}
	if text, is := written.(string); is { // a value may be a number there, so before it is JSON
		written = decode(substituted(text, values, false))
	}
	out["DefinitionString"] = inventory.Rewrite("", written, func(_ string, v any) (any, bool) {
		text, is := v.(string)
		return substituted(text, values, true), is
	})
	return out
}

// substituted fills ${name} with its value. One that is not known stays, or with unknown makes
// the whole text unknown.
func substituted(text string, values map[string]any, unknown bool) any {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		mark := "${" + name + "}"
		if !strings.Contains(text, mark) {
			continue
		}
		u, is := values[name].(*inventory.Unknown)
		switch known, plain := scalarText(values[name], 0); {
		case plain:
			text = strings.ReplaceAll(text, mark, known)
		case is && unknown && text == mark:
			return u
		case is && unknown:
			return &inventory.Unknown{Because: u.Because, Sensitive: u.Sensitive}
		}
	}
	return text
}
