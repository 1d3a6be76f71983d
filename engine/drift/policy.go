package drift

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A policy document has many spellings: one statement or a list, one action or a list, an
// account as 12 digits or as the ARN of its root, a Sid that AWS made up. The grammar is
// Amazon's ("Grammar of the IAM JSON policy language"). Here every statement becomes a
// set of plain terms, and two policies are equal when their statements are, in any order.

// isPolicy reports whether a value has the shape of a policy document.
func isPolicy(v any) bool {
	m, is := v.(map[string]any)
	if !is {
		return false
	}
	switch m["Statement"].(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

// statement is one statement of a policy in canonical form: a list of terms for each
// element, in which order and repetition mean nothing. Conditions have one element for
// each operator and key.
type statement struct {
	terms  map[string][]any // strings and *Unknown
	source any              // as it was written
}

func statements(policy map[string]any) []statement {
	list, is := policy["Statement"].([]any)
	if !is {
		list = []any{policy["Statement"]}
	}
	var all []statement
	for _, e := range list {
		all = append(all, readStatement(e))
	}
	return all
}

func readStatement(v any) statement {
	s := statement{terms: map[string][]any{}, source: v}
	m, is := v.(map[string]any)
	if !is {
		s.terms["?"] = terms([]any{v}, nil)
		return s
	}
	for element, value := range m {
		switch element {
		case "Sid":
			if sid, is := value.(string); !is || strings.Trim(sid, "0123456789") != "" {
				s.terms[element] = terms([]any{value}, nil)
			}
		case "Action", "NotAction": // actions have no case
			s.terms[element] = terms(value, strings.ToLower)
		case "Principal", "NotPrincipal":
			s.terms[element] = principals(value, element == "Principal")
		case "Condition":
			conditions(value, s.terms)
		default:
			s.terms[element] = terms(value, nil)
		}
	}
	return s
}

// terms makes a list of one value or many, as text, without repetition.
func terms(v any, change func(string) string) []any {
	list, is := v.([]any)
	if !is {
		list = []any{v}
	}
	var out []any
	for _, e := range list {
		if t, is := scalarText(e, 0); is {
			if change != nil {
				t = change(t)
			}
			e = t
		} else if _, unknown := e.(*inventory.Unknown); !unknown {
			e = canonical(e)
		}
		if !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

var rootARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}):root$`)

// principals writes every principal as "kind:name". Everybody may be written as "*" or
// {"AWS": "*"}; in NotPrincipal the two are kept apart.
func principals(v any, fold bool) []any {
	m, is := v.(map[string]any)
	if !is {
		if v == "*" && fold {
			return []any{"AWS:*"}
		}
		return terms(v, nil)
	}
	var out []any
	for _, kind := range slices.Sorted(maps.Keys(m)) {
		out = append(out, terms(m[kind], func(name string) string {
			if account := rootARN.FindStringSubmatch(name); kind == "AWS" && account != nil {
				name = account[1]
			}
			return kind + ":" + name
		})...)
	}
	return out
}

// conditions adds one element for each operator and condition key; both have no case.
func conditions(v any, into map[string][]any) {
	operators, is := v.(map[string]any)
	if !is {
		into["Condition"] = terms(v, nil)
		return
	}
	for operator, keys := range operators {
		byKey, is := keys.(map[string]any)
		if !is {
			into["Condition "+strings.ToLower(operator)] = terms(keys, nil)
			continue
		}
		for key, values := range byKey {
			into["Condition "+strings.ToLower(operator)+" "+strings.ToLower(key)] = terms(values, nil)
		}
	}
}

// likeness is the answer to "are these equal?" when values may be unknown.
type likeness int

const (
	unequal likeness = iota
	perhaps
	equal
)

// sameStatement compares two statements; because says what is not known.
func (c *comparison) sameStatement(d, l statement) (result likeness, because string) {
	result = equal
	for _, element := range slices.Sorted(maps.Keys(d.terms)) {
		switch like, why := c.sameTerms(d.terms[element], l.terms[element]); like {
		case unequal:
			return unequal, ""
		case perhaps:
			result, because = perhaps, why
		}
	}
	for element := range l.terms {
		if _, declared := d.terms[element]; !declared {
			return unequal, ""
		}
	}
	return result, because
}

// oai is the principal of a CloudFront origin access identity. S3 may store it as the
// canonical user that belongs to it, which only CloudFront can tell.
const oai = "cloudfront:user/CloudFront Origin Access Identity "

func (c *comparison) sameTerms(declared, live []any) (likeness, string) {
	var left []any
	for _, l := range live {
		if !slices.Contains(declared, l) {
			left = append(left, l)
		}
	}
	var because string
	for _, d := range declared {
		if slices.Contains(live, d) {
			continue
		}
		at, why := -1, ""
		switch d := d.(type) {
		case *inventory.Unknown:
			at, why = c.stand(d, left)
		case string:
			if strings.Contains(d, oai) {
				at, why = slices.IndexFunc(left, func(l any) bool { return strings.HasPrefix(text(l), "CanonicalUser:") }), "AWS stores an origin access identity as a canonical user"
			}
			if at < 0 {
				return unequal, ""
			}
		}
		if at >= 0 {
			left = slices.Delete(left, at, at+1)
		}
		if why != "" {
			because = why
		}
	}
	if len(left) > 0 {
		return unequal, ""
	}
	if because != "" {
		return perhaps, because
	}
	return equal, ""
}

// stand finds the live term that an unknown stands for. An empty why means that it is
// certain.
func (c *comparison) stand(u *inventory.Unknown, live []any) (at int, why string) {
	for i, l := range live {
		name := text(l)
		for _, kind := range []string{"AWS:", "Service:", "Federated:", "CanonicalUser:"} {
			name = strings.TrimPrefix(name, kind)
		}
		if verdict, _ := c.refers(u, name); verdict == refersHere {
			return i, ""
		}
	}
	if len(live) > 0 {
		return 0, u.Because
	}
	return -1, u.Because
}

// vendedActions are what AWS's log delivery grants itself on a bucket, a log group or a
// stream. The statement is recognised by all of its content: its Sid alone could be copied.
var vendedActions = []string{
	"s3:putobject", "s3:getbucketacl", "logs:createlogstream", "logs:putlogevents", "firehose:putrecord", "firehose:putrecordbatch",
}

func isLogDelivery(s statement) bool {
	only := func(element, value string) bool { return len(s.terms[element]) == 1 && s.terms[element][0] == value }
	sid := ""
	if len(s.terms["Sid"]) == 1 {
		sid = text(s.terms["Sid"][0])
	}
	return strings.HasPrefix(sid, "AWSLogDelivery") && only("Effect", "Allow") && only("Principal", "Service:delivery.logs.amazonaws.com") &&
		len(s.terms["NotAction"]) == 0 && len(s.terms["NotPrincipal"]) == 0 && len(s.terms["Action"]) > 0 &&
		!slices.ContainsFunc(s.terms["Action"], func(a any) bool { return !slices.Contains(vendedActions, text(a)) })
}

// deletedPrincipal is what IAM shows in place of the ARN of a role or user that was
// deleted: its unique id.
var deletedPrincipal = regexp.MustCompile(`^AWS:(AROA|AIDA)[A-Z0-9]+$`)

// policy compares two policy documents.
func (c *comparison) policy(s spot, declared map[string]any, live any) (out delta) {
	l, _ := live.(map[string]any)
	out.declared = leaves(declared)
	out.compared = out.declared
	const oldest = "2008-10-17" // what a policy without a version is
	if v := declared["Version"]; v != nil {
		if _, unknown := v.(*inventory.Unknown); !unknown {
			have := l["Version"]
			if have == nil {
				have = oldest
			}
			if l != nil && !same(v, have) {
				out.change(s.property("Version"), v, l["Version"])
			}
		}
	}
	if id := declared["Id"]; id != nil && l != nil && !same(id, l["Id"]) {
		if _, unknown := id.(*inventory.Unknown); !unknown {
			out.change(s.property("Id"), id, l["Id"])
		}
	}
	want := statements(declared)
	var have []statement
	if l != nil {
		have = statements(l)
	}
	edges := make([][]int, len(want))
	why := map[[2]int]string{}
	for i, d := range want {
		for j, h := range have {
			like, because := c.sameStatement(d, h)
			if like == unequal {
				continue
			}
			why[[2]int{i, j}] = because
			if like == equal {
				edges[i] = slices.Insert(edges[i], 0, j) // certain ones are tried first
			} else {
				edges[i] = append(edges[i], j)
			}
		}
	}
	partner := match(edges, len(have))
	at := func(i int) spot { return s.property("Statement").index(strconv.Itoa(i)) }
	used := make([]bool, len(have))
	var missing []int
	for i, j := range partner {
		if j < 0 {
			if !slices.ContainsFunc(edges[i], func(j int) bool { return used[j] && why[[2]int{i, j}] == "" }) {
				missing = append(missing, i)
			}
			continue
		}
		used[j] = true
		if because := why[[2]int{i, j}]; because != "" {
			out.compared--
			out.doubt(at(i), because)
		}
	}
	var left []int
	for j, u := range used {
		repeated := slices.ContainsFunc(have[:j], func(o statement) bool { like, _ := c.sameStatement(o, have[j]); return like == equal })
		if !u && !repeated && !isLogDelivery(have[j]) {
			left = append(left, j)
		}
	}
	if len(missing) == 1 && len(left) == 1 {
		i, j := missing[0], left[0]
		out.changes = append(out.changes, Change{Path: at(i).pointer, Declared: want[i].source, Live: have[j].source, Kind: Differs, Reason: c.elementThatDiffers(want[i], have[j])})
		left = nil
		missing = nil
	}
	for _, i := range missing {
		out.change(at(i), want[i].source, nil)
	}
	for _, j := range left {
		out.changes = append(out.changes, Change{Path: s.property("Statement").pointer, Live: have[j].source, Kind: Differs, Reason: "a statement that is not declared"})
	}
	if !out.differs() && canonical(declared) != canonical(l) {
		out.note(s, PassPolicy)
	}
	return out
}

// elementThatDiffers says where two statements part, and recognises a principal that was
// deleted.
func (c *comparison) elementThatDiffers(d, l statement) string {
	var names []string
	for _, element := range slices.Sorted(maps.Keys(d.terms)) {
		if like, _ := c.sameTerms(d.terms[element], l.terms[element]); like == unequal {
			names = append(names, element)
		}
	}
	for _, element := range slices.Sorted(maps.Keys(l.terms)) {
		if _, declared := d.terms[element]; !declared {
			names = append(names, element)
		}
	}
	reason := strings.Join(names, ", ") + " differs"
	for _, p := range l.terms["Principal"] {
		if deletedPrincipal.MatchString(text(p)) {
			reason = fmt.Sprintf("deleted-principal: %s is the id of a role or user that no longer exists", strings.TrimPrefix(text(p), "AWS:"))
		}
	}
	return reason
}
