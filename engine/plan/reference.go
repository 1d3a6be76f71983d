package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// referenceKey is the one key of an object that stands for a value of a resource that is
// created earlier in the same plan: {"pcf:reference": "GetAtt create-1f….Arn"}.
const referenceKey = "pcf:reference"

// particleKey names a particle as references in its own file do.
type particleKey struct{ app, environment, version, stack, name string }

func keyOf(p *inventory.Particle, name string) particleKey {
	return particleKey{p.App, p.Environment, p.Version, p.Stack, name}
}

// world is what references of declared values can lead to.
type world struct {
	live    map[particleKey][]*drift.Drift
	pending map[*drift.Drift]string // what is created by this plan: the action's id
}

// find returns the one drift that a name means, seen from another: with several targets
// that of the same target.
func (w *world) find(from *drift.Drift, name string) *drift.Drift {
	all := w.live[keyOf(from.Particle, name)]
	if len(all) == 1 {
		return all[0]
	}
	for _, d := range all {
		if d.Target == from.Target || d.Target == (inventory.Target{Account: from.Target.Account, Region: inventory.GlobalRegion}) {
			return d
		}
	}
	return nil
}

// names lists the particles that a declared value refers to, in order of appearance.
func names(v any) (all []string) {
	inventory.Walk("", v, func(_ string, e any) bool {
		if u, is := e.(*inventory.Unknown); is {
			for _, symbol := range symbols(u.Symbol) {
				if name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(symbol, "Ref "), "GetAtt "), "."); !slices.Contains(all, name) {
					all = append(all, name)
				}
			}
		}
		return true
	})
	return all
}

// symbols takes "Sub a${Ref B}c${GetAtt D.E}" apart; of another symbol it is the symbol.
func symbols(symbol string) (all []string) {
	text, isSub := strings.CutPrefix(symbol, "Sub ")
	if !isSub {
		if isReference(symbol) {
			return []string{symbol}
		}
		return nil
	}
	_, _ = eachSymbol(text, func(s string) (string, bool) { all = append(all, s); return "", true })
	return all
}

func isReference(symbol string) bool {
	return strings.HasPrefix(symbol, "Ref ") || strings.HasPrefix(symbol, "GetAtt ")
}

// eachSymbol replaces the ${Ref …} and ${GetAtt …} of a text. Other ${…} (a policy
// variable) are text.
func eachSymbol(text string, replace func(symbol string) (string, bool)) (string, bool) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		out.WriteString(before)
		symbol, after, closed := strings.Cut(rest, "}")
		switch {
		case !found:
			return out.String(), true
		case !closed || !isReference(symbol):
			out.WriteString("${")
			text = rest
			continue
		}
		value, ok := replace(symbol)
		if !ok {
			return "", false
		}
		out.WriteString(value)
		text = after
	}
}

// settle returns a declared value with every reference replaced by what it stands for, or
// by a reference to the action that will make it. because says at which pointer a value is
// not known and why; it is empty when all are.
func (w *world) settle(from *drift.Drift, place Place, pointer string, v any) (out any, because string) {
	switch v := v.(type) {
	case *inventory.Unknown:
		if v.Sensitive || v.Symbol == "" {
			return nil, pointer + ": " + v.Because
		}
		if text, isSub := strings.CutPrefix(v.Symbol, "Sub "); isSub {
			pending := false
			text, ok := eachSymbol(text, func(symbol string) (string, bool) {
				s, later, ok := w.stands(from, place, symbol)
				if later {
					pending = true
					s = "${" + s + "}"
				}
				return s, ok
			})
			switch {
			case !ok || strings.Contains(text, "{{resolve:"):
				return nil, pointer + ": " + v.Because
			case pending:
				return map[string]any{referenceKey: "Sub " + text}, ""
			}
			return text, ""
		}
		text, later, ok := w.stands(from, place, v.Symbol)
		switch {
		case !ok:
			return nil, pointer + ": " + v.Because
		case later:
			return map[string]any{referenceKey: text}, ""
		}
		return text, ""
	case map[string]any:
		m := make(map[string]any, len(v))
		for _, k := range sortedKeys(v) {
			if m[k], because = w.settle(from, place, pointer+"/"+schema.EscapePointer(k), v[k]); because != "" {
				return nil, because
			}
		}
		return m, ""
	case []any:
		l := make([]any, len(v))
		for i, e := range v {
			if l[i], because = w.settle(from, place, pointer+"/"+strconv.Itoa(i), e); because != "" {
				return nil, because
			}
		}
		return l, ""
	}
	return v, ""
}

// stands returns what a symbol stands for at a place; later is true when it is known only
// once an action is done, and value then is the symbol with the action's id.
func (w *world) stands(from *drift.Drift, place Place, symbol string) (value string, later, ok bool) {
	verb, rest, _ := strings.Cut(symbol, " ")
	if verb == "Ref" {
		if value := pseudo(rest, place, from.Target.Region); value != "" {
			return value, false, true
		}
	}
	name, attribute, _ := strings.Cut(rest, ".")
	d := w.find(from, name)
	if d == nil {
		return "", false, false
	}
	if id := w.pending[d]; id != "" {
		if attribute != "" {
			id += "." + attribute
		}
		return verb + " " + id, true, true
	}
	if d.Live == nil || d.Class == drift.Ambiguous || d.Class == drift.OwnerConflict {
		return "", false, false
	}
	value = valueOf(d.Live, verb, attribute)
	return value, false, value != ""
}

func pseudo(name string, place Place, region string) string {
	switch name {
	case "AWS::Partition":
		return place.Partition
	case "AWS::AccountId":
		return place.Account
	case "AWS::Region":
		if place.Region != inventory.GlobalRegion {
			return place.Region
		}
		return region
	case "AWS::URLSuffix":
		if place.Partition == "aws-cn" {
			return "amazonaws.com.cn"
		}
		return "amazonaws.com"
	}
	return ""
}

// valueOf returns what Ref or GetAtt yields for a live resource; "" when it is not known.
func valueOf(r *inventory.Resource, verb, attribute string) string {
	if verb == "Ref" {
		if r.Ref.Type == "AWS::Events::Rule" { // its identifier is the ARN, its Ref the name
			name, _ := r.Properties["Name"].(string)
			return name
		}
		return r.Ref.ID[strings.LastIndexByte(r.Ref.ID, '|')+1:]
	}
	if v, ok := inventory.At(r.Properties, "/"+strings.ReplaceAll(attribute, ".", "/")); ok {
		switch v := v.(type) {
		case string:
			return v
		case int64:
			return strconv.FormatInt(v, 10)
		}
	}
	if attribute == "Arn" && r.ARN != "" {
		return r.ARN
	}
	t, ok := schema.Lookup(r.Ref.Type)
	if ok && len(t.PrimaryIdentifier) == 1 && t.PrimaryIdentifier[0] == "/"+attribute ||
		r.Ref.Type == "AWS::EC2::SecurityGroup" && attribute == "GroupId" {
		return r.Ref.ID
	}
	return ""
}

// standIn returns properties with every reference to an earlier action replaced by a text
// that passes for a number and a flag too.
func standIn(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if _, is := v[referenceKey].(string); is && len(v) == 1 {
			return "0"
		}
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = standIn(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = standIn(e)
		}
		return out
	}
	return v
}

// Resolve returns properties with every reference to an earlier action replaced by the
// value of what that action created. created returns nil for an action that created
// nothing; then, and when the resource does not tell the attribute, it is an error.
func Resolve(v any, created func(action string) *inventory.Resource) (any, error) {
	value := func(symbol string) (string, error) {
		verb, rest, _ := strings.Cut(symbol, " ")
		id, attribute, _ := strings.Cut(rest, ".")
		r := created(id)
		if r == nil {
			return "", fmt.Errorf("resolve %s: action %s created nothing", symbol, id)
		}
		if s := valueOf(r, verb, attribute); s != "" {
			return s, nil
		}
		return "", fmt.Errorf("resolve %s: %s does not tell it", symbol, r.Ref)
	}
	switch v := v.(type) {
	case map[string]any:
		if symbol, is := v[referenceKey].(string); is && len(v) == 1 {
			text, isSub := strings.CutPrefix(symbol, "Sub ")
			if !isSub {
				return value(symbol)
			}
			var failed error
			out, _ := eachSymbol(text, func(symbol string) (string, bool) {
				s, err := value(symbol)
				failed = err
				return s, err == nil
			})
			return out, failed
		}
		out := make(map[string]any, len(v))
		for k, e := range v {
			r, err := Resolve(e, created)
			if err != nil {
				return nil, err
			}
			out[k] = r
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			r, err := Resolve(e, created)
			if err != nil {
				return nil, err
			}
			out[i] = r
		}
		return out, nil
	}
	return v, nil
}
