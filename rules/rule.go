package rules

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A Rule is one rule file. It is made by Load and immutable afterwards; a Set with other
// parameters holds copies.
type Rule struct {
	ID       string // kebab case
	Title    string
	Severity Severity
	// Types are the resource types that the rule judges, globs expanded and sorted; "*"
	// alone means every type by its envelope.
	Types       []string
	Remediation string
	// Controls are the controls of frameworks that the rule answers: framework → ids.
	Controls map[string][]string
	// Action is what the rule offers to do about a failure, never what is done unasked:
	// report, tag, repair or reap.
	Action string
	// Scope says what the rule needs to see: resource (the resource alone decides), join
	// (other resources decide too), account (facts about an account decide) or live (only a
	// live resource can be judged).
	Scope  string
	Params []Param // sorted by name
	Cases  []Case
	// Joins are the types that the rule looks at besides those that it judges.
	Joins []string
	// Check, When and Message are the expressions as written, by type; the key "" stands
	// for all types.
	Check, When, Message map[string]string
	// Repair gives repaired values by JSON pointer, as CEL expressions.
	Repair map[string]string
	// Lint says why a check of Set.Lint does not hold for the rule: check → reason.
	Lint map[string]string
	// Text is the rule file itself.
	Text string
	// Source is the file (the embedded pack: "packs/…"), Position where the rule starts.
	Source   string
	Position inventory.Position

	programs map[string]*programs // by type, "*" for the envelope alone
	params   *object              // the variable `params`
}

// Digest identifies the text of the rule: sha256 of its file.
func (r *Rule) Digest() string {
	sum := sha256.Sum256([]byte(r.Text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// programs are the compiled expressions of a rule for one type.
type programs struct {
	shape                *shape
	check, when, message *expression
	// conjuncts are the parts of a check of the form a && b && c; none for other forms.
	conjuncts []*expression
	later     *later // what is still to be compiled; nil for nothing
}

// A Param is a parameter of a rule. Type is one of bool, int, double, string, list(int)
// and list(string); Default and Value are bool, int64, float64, string or []any of these.
type Param struct {
	Name    string
	Type    string
	Default any
	Value   any // Default, or what --param says
}

// ParamDefaults returns the values of the parameters by name, as the rule file gives them.
func (r *Rule) ParamDefaults() map[string]any {
	all := make(map[string]any, len(r.Params))
	for _, p := range r.Params {
		all[p.Name] = p.Default
	}
	return all
}

// A Case is an example inside a rule file, and its test: one resource and the verdict that
// the rule must give.
type Case struct {
	Name     string
	Resource *inventory.Resource
	With     []*inventory.Resource // other resources of its world
	Params   map[string]any        // instead of the values of the rule
	Expect   Status                // Pass, Fail, Unknown or Skip
	// Path, where the file gives one, is the pointer that the finding must name.
	Path     string
	HasPath  bool
	Position inventory.Position
}
