package rules

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// policyFunctions adds IAM policies:
//
//	policy(document)             its statements; an object, a JSON text, or nothing
//	statement.allows("s3:Get*")  it allows at least one action that the pattern names
//	statement.public()           it allows anybody: Principal "*" and no condition that restricts
//	statement.on(resource, "/*") its Resource covers the ARN of a resource with this suffix
//
// and the fields of a statement: sid, effect, actions, notActions, resources, notResources,
// principals (AWS principals as written, others as "Service:sns.amazonaws.com") and
// conditions (operator, key in lower case, values).
//
// The grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func policyFunctions() []cel.EnvOption {
	return []cel.EnvOption{
		cel.Function("policy", cel.Overload("policy_document", []*cel.Type{cel.DynType}, cel.ListType(statementShape.cel),
			cel.UnaryBinding(policy))),
		cel.Function("allows", cel.MemberOverload("statement_allows", []*cel.Type{statementShape.cel, cel.StringType}, cel.BoolType,
			cel.BinaryBinding(func(s, action ref.Val) ref.Val { return s.(*statement).allows(string(action.(types.String))) }))),
		cel.Function("public", cel.MemberOverload("statement_public", []*cel.Type{statementShape.cel}, cel.BoolType,
			cel.UnaryBinding(func(s ref.Val) ref.Val { return s.(*statement).public() }))),
		cel.Function("on", cel.MemberOverload("statement_on", []*cel.Type{statementShape.cel, cel.DynType, cel.StringType}, cel.BoolType,
			cel.FunctionBinding(func(args ...ref.Val) ref.Val {
				e, ok := args[1].(*envelope)
				if !ok {
					return types.NewErr("on() wants a resource")
				}
				return args[0].(*statement).on(e.in.resource, string(args[2].(types.String)))
			}))),
	}
}

var (
	conditionShape = structShape("policy condition", func() map[string]*shape {
		return map[string]*shape{"operator": textShape, "key": textShape, "values": listShape(textShape)}
	})
	statementShape = structShape("policy statement", func() map[string]*shape {
		f := map[string]*shape{"sid": textShape, "effect": textShape, "conditions": listShape(conditionShape)}
		for name := range statementLists {
			f[name] = listShape(textShape)
		}
		return f
	})
	// statementLists are the fields that are one text or a list, and how a policy spells them.
	statementLists = map[string]string{
		"actions": "Action", "notActions": "NotAction", "resources": "Resource", "notResources": "NotResource",
		"principals": "Principal", "notPrincipals": "NotPrincipal",
	}
)

// policy normalises a document.
func policy(document ref.Val) ref.Val {
	switch d := document.(type) {
	case *types.Optional:
		if !d.HasValue() {
			return types.NewRefValList(types.DefaultTypeAdapter, nil)
		}
		return policy(d.GetValue())
	case types.String:
		text := string(d)
		if strings.HasPrefix(text, "%7B") { // some IAM calls answer URL-encoded documents
			if decoded, err := url.PathUnescape(text); err == nil {
				text = decoded
			}
		}
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var v any
		if err := decoder.Decode(&v); err != nil {
			return types.NewErr("read policy document: %v", err)
		}
		if decoder.More() {
			return types.NewErr("read policy document: something follows the end of its JSON text")
		}
		v, err := inventory.Normal(v)
		if err != nil {
			return types.WrapErr(err)
		}
		m, ok := v.(map[string]any)
		if !ok {
			return types.NewErr("read policy document: it is %s, not an object", kindName(v))
		}
		// A text has no places inside that a finding could point to.
		nowhere := &reading{run: &run{}, resource: &inventory.Resource{}}
		return statements(place{in: nowhere}, m)
	case *mapping:
		return statements(d.place, d.entries)
	case *object:
		return statements(d.place, d.values)
	}
	return types.NewErr("read policy document: it is a %s, not an object or a JSON text", document.Type().TypeName())
}

func statements(at place, document map[string]any) ref.Val {
	under := place{in: at.in, up: &at, key: "Statement"}
	var values []ref.Val
	add := func(at place, v any) {
		switch v := v.(type) {
		case map[string]any:
			values = append(values, &statement{place: at, raw: v})
		case *inventory.Unknown:
			values = append(values, at.in.run.unknown(&at, v))
		default:
			values = append(values, types.NewErr("read policy document: %s is %s, not a statement", at.pointer(), kindName(v)))
		}
	}
	switch s := document["Statement"].(type) {
	case nil:
	case []any:
		for i, e := range s {
			add(place{in: at.in, up: &under, key: strconv.Itoa(i)}, e)
		}
	case *inventory.Unknown:
		return at.in.run.unknown(&under, s)
	default:
		add(under, s)
	}
	return types.NewRefValList(types.DefaultTypeAdapter, values)
}

// A statement is one statement of a policy.
type statement struct {
	place
	raw map[string]any
}

// read returns one element of the statement and its place.
func (s *statement) read(name string) (place, any) {
	at := place{in: s.in, up: &s.place, key: name}
	v, ok := s.raw[name]
	if s.in.run.recording {
		s.in.run.read(s.in, at.pointer(), v, ok && v != nil)
	}
	return at, v
}

// has reports whether the statement has an element.
func (s *statement) has(name string) ref.Val {
	v, ok := s.raw[name]
	if !ok {
		return types.False
	}
	at, _ := s.read(name)
	if u, ok := v.(*inventory.Unknown); ok && u.Optional {
		return at.in.run.unknown(&at, u)
	}
	return types.True
}

// values returns an element that may be one text or a list as a list of texts and unknowns.
func (s *statement) values(name string) (place, []any) {
	at, v := s.read(name)
	if m, ok := v.(map[string]any); ok { // Principal and NotPrincipal
		var all []any
		for _, kind := range sortedKeys(m) {
			if u, ok := m[kind].(*inventory.Unknown); ok {
				open := *u
				open.Optional = true // as a list it may have any length
				all = append(all, &open)
				continue
			}
			for _, p := range texts(m[kind]) {
				if text, ok := p.(string); ok && kind != "AWS" {
					p = kind + ":" + text
				}
				all = append(all, p)
			}
		}
		return at, all
	}
	return at, texts(v)
}

// texts makes a list of a value: JSON writes false and 443 where IAM means text.
func texts(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		var all []any
		for _, e := range v {
			all = append(all, texts(e)...)
		}
		return all
	case string, *inventory.Unknown:
		return []any{v}
	}
	return []any{fmt.Sprint(v)}
}

type condition struct {
	at            place
	operator, key string
	values        []any
}

// conditions returns the conditions, or the unknown that hides some of them.
func (s *statement) conditions() ([]condition, ref.Val) {
	at, v := s.read("Condition")
	block, err := asObject(&at, v)
	if err != nil {
		return nil, err
	}
	var all []condition
	for _, operator := range sortedKeys(block) {
		of := place{in: s.in, up: &at, key: operator}
		keys, err := asObject(&of, block[operator])
		if err != nil {
			return nil, err
		}
		for _, key := range sortedKeys(keys) {
			if u, ok := keys[key].(*inventory.Unknown); ok && u.Optional {
				return nil, s.in.run.unknown(&of, u) // it may be no condition at all
			}
			all = append(all, condition{place{in: s.in, up: &of, key: key}, operator, strings.ToLower(key), texts(keys[key])})
		}
	}
	return all, nil
}

func asObject(at *place, v any) (map[string]any, ref.Val) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return v, nil
	case *inventory.Unknown:
		return nil, at.in.run.unknown(at, v)
	}
	return nil, types.NewErr("read policy document: %s is %s, not an object", at.pointer(), kindName(v))
}

// each asks a question of every value: true when one value says so, unknown when one that
// is not known might (may answers for these; nil means that every one might).
func each(at place, values []any, holds func(string) bool, may func(*inventory.Unknown) bool) ref.Val {
	verdict := ref.Val(types.False)
	for _, v := range values {
		switch v := v.(type) {
		case string:
			verdict = or(verdict, types.Bool(holds(v)))
		case *inventory.Unknown:
			if may == nil || may(v) {
				verdict = or(verdict, at.in.run.unknown(&at, v))
			}
		}
	}
	return verdict
}

func (s *statement) effectIs(want string) ref.Val {
	at, v := s.read("Effect")
	return each(at, texts(v), func(effect string) bool { return effect == want }, nil)
}

// allows: with NotAction everything is allowed that no pattern of it covers.
func (s *statement) allows(action string) ref.Val {
	action = strings.ToLower(action)
	at, actions := s.values("Action")
	granted := each(at, actions,
		func(p string) bool { return overlap(strings.ToLower(p), action) },
		func(u *inventory.Unknown) bool { return overlap(strings.ToLower(u.Prefix+"*"+u.Suffix), action) })
	if inverted := s.has("NotAction"); inverted != types.False {
		at, excepted := s.values("NotAction")
		covered := each(at, excepted, func(p string) bool { return inventory.MatchGlob(strings.ToLower(p), action) }, nil)
		granted = or(granted, and(inverted, not(covered)))
	}
	return and(s.effectIs("Allow"), granted)
}

// public: Allow with NotPrincipal admits everybody but the named.
func (s *statement) public() ref.Val {
	at, principals := s.values("Principal")
	anybody := or(s.has("NotPrincipal"), each(at, principals,
		func(p string) bool { return p == "*" },
		func(u *inventory.Unknown) bool { // neither a name that AWS gives nor part of an ARN is "*"
			_, named := spelled(u, placeNames...)
			return !named && u.Target == "" && strings.HasPrefix("*", u.Prefix) && strings.HasSuffix("*", u.Suffix)
		}))
	verdict := and(s.effectIs("Allow"), anybody)
	if verdict == types.False {
		return verdict
	}
	conditions, unknown := s.conditions()
	if unknown != nil {
		return and(verdict, unknown)
	}
	restricted := ref.Val(types.False)
	for _, c := range conditions {
		restricted = or(restricted, c.restricts())
	}
	return and(verdict, not(restricted))
}

// restrictingKeys are the condition keys whose fixed values tie a request to an account, an
// organisation, a network or a resource; the caller cannot choose them freely. They are
// those that AWS itself counts when it says whether a policy is public
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html).
var restrictingKeys = []string{
	"aws:federatedprovider", "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths",
	"aws:sourceaccount", "aws:sourcearn", "aws:sourceip", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner",
	"aws:sourcevpc", "aws:sourcevpce", "aws:userid", "ec2:sourceinstancearn", "kms:calleraccount",
	"s3:dataaccesspointaccount", "s3:dataaccesspointarn",
}

var restrictingOperators = []string{"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress"}

// restricts reports whether the condition keeps strangers out. …IfExists and ForAllValues:
// are true where the key is missing from the request, which strangers can arrange.
func (c condition) restricts() ref.Val {
	operator := strings.TrimPrefix(c.operator, "ForAnyValue:")
	if !slices.Contains(restrictingOperators, operator) || !slices.Contains(restrictingKeys, c.key) || len(c.values) == 0 {
		return types.False
	}
	verdict := ref.Val(types.True)
	for _, v := range c.values { // every alternative must restrict
		switch v := v.(type) {
		case string:
			verdict = and(verdict, types.Bool(isFixed(operator, c.key, v)))
		case *inventory.Unknown:
			if text, named := spelled(v, placeNames...); named && !v.Optional {
				verdict = and(verdict, types.Bool(isFixed(operator, c.key, text)))
				continue
			}
			// The name of a resource in the same file is as fixed as can be, unless a wildcard
			// follows or precedes it inside an ARN.
			if v.Target == "" || v.Optional || v.Prefix != "" && !isFixed(operator, c.key, v.Prefix+"name"+v.Suffix) {
				verdict = and(verdict, c.at.in.run.unknown(&c.at, v))
			}
		}
	}
	return verdict
}

// isFixed reports whether a value names somebody or something: AWS calls a value fixed that
// has neither wildcards nor policy variables (the page above). Where the part that
// names an account or an organisation is fixed, the rest may vary.
func isFixed(operator, key, v string) bool {
	if operator == "IpAddress" {
		if _, err := netip.ParseAddr(v); err == nil {
			return true
		}
		open, err := wholeInternet(v)
		return err == nil && !open
	}
	literal := func(s string) bool { return s != "" && !strings.ContainsAny(s, "*?") && !strings.Contains(s, "${") }
	switch key {
	case "aws:principalorgpaths", "aws:sourceorgpaths": // o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*
		organisation, _, _ := strings.Cut(v, "/")
		return literal(organisation)
	}
	// A variable before the account may hide colons, and with them which part is the account.
	if parts := strings.SplitN(v, ":", 6); len(parts) == 6 && parts[0] == "arn" && literal(parts[4]) &&
		!strings.Contains(strings.Join(parts[:4], ":"), "${") {
		return true
	}
	return literal(v)
}

// on: an ARN that contains the reference to the resource, as in !Sub "${Bucket.Arn}/*",
// is known well enough.
func (s *statement) on(r *inventory.Resource, suffix string) ref.Val {
	at, patterns := s.values("Resource")
	arn := arnOf(r)
	own := []string{
		"${Ref AWS::Partition}", "aws",
		"${GetAtt " + r.LogicalID + ".Arn}", arn,
		"${Ref " + r.LogicalID + "}", strings.TrimPrefix(arn, "arn:aws:s3:::"),
	}
	verdict := ref.Val(types.False)
	for _, p := range patterns {
		pattern, known := p.(string)
		u, _ := p.(*inventory.Unknown)
		if u != nil {
			pattern, known = spelled(u, own...)
			known = known && !u.Optional
		}
		name, unnamed := r.Properties["BucketName"].(*inventory.Unknown)
		switch {
		case known && (pattern == "*" || coversAll(samePartition(pattern), arn, suffix)):
			verdict = types.True
		case known && unnamed: // it may turn out to be this very name
			verdict = or(verdict, at.in.run.unknown(&at, name))
		case !known && u != nil && (u.Target == "" || u.Target == r.LogicalID): // else it names another resource
			verdict = or(verdict, at.in.run.unknown(&at, u))
		}
	}
	return verdict
}

// placeNames stand for what is known of the place of deployment before it is chosen: an
// account, a region and a partition are names, and hold no wildcard.
var placeNames = []string{
	"${Ref AWS::AccountId}", "111122223333", "${Ref AWS::Region}", "eu-west-1",
	"${Ref AWS::Partition}", "aws", "${Ref AWS::URLSuffix}", "amazonaws.com",
}

// spelled writes a text with other words for what is not known in it, given as pairs. When
// anything else is not known, which may hold a wildcard, known is false.
func spelled(u *inventory.Unknown, words ...string) (text string, known bool) {
	text, isText := strings.CutPrefix(u.Symbol, "Sub ")
	if !isText {
		text = "${" + u.Symbol + "}"
	}
	text = strings.NewReplacer(words...).Replace(text)
	return text, !strings.Contains(text, "${") && !strings.Contains(text, "{{resolve:")
}

// arnOf returns the ARN of a resource in the partition aws. For a bucket it follows from
// the name; a resource whose name is not known gets one that only wildcards match.
func arnOf(r *inventory.Resource) string {
	switch name, _ := r.Properties["BucketName"].(string); {
	case r.ARN != "":
		return samePartition(r.ARN)
	case name != "":
		return "arn:aws:s3:::" + name
	case r.Ref.Type == "AWS::S3::Bucket" && r.Ref.ID != "":
		return "arn:aws:s3:::" + r.Ref.ID
	}
	return "arn:aws:s3:::" + strings.Repeat("\x00", 64) // longer than any name: no row of ? fits
}

// coversAll reports whether the pattern matches text followed by everything that suffix
// stands for. A * at its end stands for one character or more, none of which a pattern can
// know: what fits one of them and a great many fits them all.
func coversAll(pattern, text, suffix string) bool {
	fixed, open := strings.CutSuffix(suffix, "*")
	if !open {
		return inventory.MatchGlob(pattern, text+suffix)
	}
	return inventory.MatchGlob(pattern, text+fixed+"\x00") &&
		inventory.MatchGlob(pattern, text+fixed+strings.Repeat("\x00", len(pattern)+1))
}

// samePartition writes arn:aws-cn:… as arn:aws:…: a policy speaks of its own partition.
func samePartition(arn string) string {
	parts := strings.SplitN(arn, ":", 3)
	if len(parts) == 3 && parts[0] == "arn" {
		return "arn:aws:" + parts[2]
	}
	return arn
}

// overlap reports whether some text matches both patterns of * and ?.
func overlap(a, b string) bool {
	// reach[j]: the part of a read so far and the first j characters of b can name the same text.
	reach := make([]bool, len(b)+1)
	for i := 0; i <= len(a); i++ {
		next := make([]bool, len(b)+1)
		for j := 0; j <= len(b); j++ {
			switch {
			case i == 0 && j == 0:
				next[j] = true
			case i > 0 && a[i-1] == '*' && (reach[j] || j > 0 && next[j-1]):
				next[j] = true
			case j > 0 && b[j-1] == '*' && (next[j-1] || i > 0 && reach[j]):
				next[j] = true
			case i > 0 && j > 0 && reach[j-1] && (a[i-1] == b[j-1] || a[i-1] == '?' || b[j-1] == '?') && a[i-1] != '*' && b[j-1] != '*':
				next[j] = true
			}
		}
		reach = next
	}
	return reach[len(b)]
}

// unknown returns the unknowns anywhere in the statement.
func (s *statement) unknown() (u *types.Unknown) {
	inventory.Walk("", s.raw, func(pointer string, v any) bool {
		if x, ok := v.(*inventory.Unknown); ok {
			found, _ := s.in.run.unknownAt(&s.place, s.pointer()+pointer, x).(*types.Unknown)
			u = types.MergeUnknowns(found, u)
		}
		return true
	})
	return u
}

// Find implements traits.Mapper.
func (s *statement) Find(key ref.Val) (ref.Val, bool) {
	name, _ := key.(types.String)
	switch name {
	case "sid", "effect":
		at, v := s.read(strings.ToUpper(string(name[:1])) + string(name[1:]))
		if v == nil {
			return types.String(""), true
		}
		return at.value(textShape, v), true
	case "conditions":
		conditions, err := s.conditions()
		if err != nil {
			return err, true
		}
		items := make([]any, len(conditions))
		for i, c := range conditions {
			items[i] = map[string]any{"operator": c.operator, "key": c.key, "values": c.values}
		}
		return &list{place: place{in: s.in, up: &s.place, key: "Condition"}, elem: conditionShape, items: items}, true
	}
	spelt, ok := statementLists[string(name)]
	if !ok {
		return types.NewErr("a policy statement has no field %q", string(name)), false
	}
	at, values := s.values(spelt)
	if len(values) == 1 {
		if u, ok := values[0].(*inventory.Unknown); ok {
			if _, isList := s.raw[spelt].([]any); !isList {
				return at.in.run.unknown(&at, u), true // it may become a list of any length
			}
		}
	}
	return &list{place: at, elem: textShape, items: values, flat: true}, true
}

// Get implements traits.Indexer.
func (s *statement) Get(key ref.Val) ref.Val { return found(s, key) }

// IsSet implements traits.FieldTester.
func (s *statement) IsSet(key ref.Val) ref.Val { return isSet(s, key) }

// Contains implements traits.Container.
func (s *statement) Contains(key ref.Val) ref.Val { return isSet(s, key) }

// Iterator implements traits.Iterable.
func (s *statement) Iterator() traits.Iterator { return keys(s.raw) }

// Size implements traits.Sizer.
func (s *statement) Size() ref.Val { return types.Int(len(s.raw)) }

// Type implements ref.Val.
func (s *statement) Type() ref.Type { return statementShape.cel }

// Value implements ref.Val.
func (s *statement) Value() any { return s }

// Equal implements ref.Val.
func (s *statement) Equal(other ref.Val) ref.Val {
	that, ok := other.(*statement)
	return types.Bool(ok && reflect.DeepEqual(s.raw, that.raw))
}

// ConvertToNative implements ref.Val.
func (s *statement) ConvertToNative(t reflect.Type) (any, error) { return toNative(s, s.raw, t) }

// ConvertToType implements ref.Val.
func (s *statement) ConvertToType(t ref.Type) ref.Val { return toType(s, t) }

var _ traits.Mapper = (*statement)(nil)
