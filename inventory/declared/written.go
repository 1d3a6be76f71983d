package declared

import (
	"slices"
	"strings"
)

// hole stands in a written piece where something else is put in at deployment.
const hole = "${}"

// written returns the pieces of the text of a value that stand in the file, in order: of
// !Sub "arn:aws:iam::111122223333:role/${Name}" it is "arn:aws:iam::111122223333:role/${}",
// and of a Ref nothing. Of a Fn::If that is undecided both branches count: either may be
// deployed.
//
// A look-up in Mappings counts when its keys are written out. By a parameter or by the
// place of deployment (AWS::Region) the table is what a parameter is: chosen from outside.
func (e *evaluator) written(n *node) []string {
	if !e.take(n) {
		return nil
	}
	switch n.kind {
	case nullNode:
		return nil
	case listNode:
		var pieces []string
		for _, item := range n.items {
			pieces = append(pieces, e.written(item)...)
		}
		return pieces
	case mapNode:
		name, arg, ok := n.call()
		if !ok {
			var pieces []string
			for _, f := range n.fields {
				pieces = append(pieces, e.written(f.value)...)
			}
			return pieces
		}
		return e.writtenIn(name, arg)
	}
	return []string{n.text}
}

// writtenIn returns the pieces that are written in the argument of a function.
func (e *evaluator) writtenIn(name string, arg *node) []string {
	switch name {
	case "Fn::Sub":
		text, vars, ok := subText(arg)
		if !ok {
			return nil
		}
		var whole strings.Builder
		for _, p := range subParts(text) {
			switch f, given := vars.field(p.text); {
			case !p.name:
				whole.WriteString(p.text)
			case given:
				whole.WriteString(e.inline(f.value))
			default:
				whole.WriteString(hole)
			}
		}
		return []string{whole.String()}
	case "Fn::Join":
		if len(arg.items) != 2 || !arg.items[0].isScalar() {
			return nil
		}
		if arg.items[1].kind != listNode {
			return e.written(arg.items[1])
		}
		texts := make([]string, len(arg.items[1].items))
		for i, item := range arg.items[1].items {
			texts[i] = e.inline(item)
		}
		return []string{strings.Join(texts, arg.items[0].text)}
	case "Fn::If", "Fn::Select", "Fn::Split": // the first says which, or where to split
		if len(arg.items) == 0 {
			return nil
		}
		return e.written(&node{kind: listNode, items: arg.items[1:]})
	case "Fn::FindInMap":
		if slices.ContainsFunc(arg.items, func(key *node) bool { return !key.isScalar() }) || len(arg.items) != 3 {
			return nil
		}
		if found := e.mappings.get(arg.items[0].text).get(arg.items[1].text).get(arg.items[2].text); found != nil {
			return e.written(found)
		}
	case "Fn::Base64", "Fn::ToJsonString", "Fn::GetAZs":
		return e.written(arg)
	}
	return nil // names, and what is known only at deployment
}

// inline is what a value adds to a text around it.
func (e *evaluator) inline(n *node) string {
	pieces := e.written(n)
	if len(pieces) == 0 {
		return hole
	}
	return strings.Join(pieces, hole)
}
