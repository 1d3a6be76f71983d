package rules

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// portabilityFunctions adds what rules for resources of every type ask: whose is it, and
// can its declaration be deployed anywhere, or is it tied to a place:
//
//	hardwired(resource, kind)  the first text of a kind that stands in the declaration itself, "" for none
//	taggable(resource)         its type can carry tags, by its schema
//
// The kinds are keys of placed. What comes in through a parameter, an input or a pseudo
// parameter is not hard-wired, whatever its value is: the reader has kept what the author
// typed (inventory.Resource.Written). Tags and descriptions are for people and do not count.
// What is returned names a place, a resource or the key of a secret and is no secret, also where
// the whole value is.
func portabilityFunctions() []cel.EnvOption {
	return []cel.EnvOption{
		cel.Function("hardwired", cel.Overload("hardwired_resource_kind", []*cel.Type{cel.DynType, cel.StringType}, cel.StringType,
			cel.BinaryBinding(func(resource, kind ref.Val) ref.Val {
				e, ok := resource.(*envelope)
				if !ok {
					return types.NewErr("hardwired() wants a resource, not %s", resource.Type().TypeName())
				}
				find, ok := placed[string(kind.(types.String))]
				if !ok {
					return types.NewErr("hardwired() knows the kinds %s, not %q", strings.Join(slices.Sorted(maps.Keys(placed)), ", "), kind)
				}
				return hardwired(e.in, string(kind.(types.String)), find)
			}))),
		cel.Function("taggable", cel.Overload("taggable_resource", []*cel.Type{cel.DynType}, cel.BoolType,
			cel.UnaryBinding(func(resource ref.Val) ref.Val {
				e, ok := resource.(*envelope)
				if !ok {
					return types.NewErr("taggable() wants a resource, not %s", resource.Type().TypeName())
				}
				t, known := schema.Lookup(e.in.resource.Ref.Type)
				return types.Bool(known && t.TagProperty != "")
			}))),
	}
}

// placed finds in a text what exists in one place only; key is the property or key that
// the text stands under.
var placed = map[string]func(key, text string) string{
	"account": accountIn,
	"arn":     firstGroup(accountARN),
	"region":  firstGroup(wholeRegion, arnRegion, endpointRegion),
	"image":   firstGroup(imageID),
	"id":      idIn,
	"secret":  secretIn,
}

// secretIn returns the name of a secret, and not the secret: a name that gives it away over a
// text that is all there and no place of a secret (an ARN, a dynamic reference), or any name
// over a text that gives itself away.
func secretIn(key, text string) string {
	if !strings.Contains(text, "{{resolve:") && schema.IsSecretText(strings.ReplaceAll(text, "${}", "")) {
		return key
	}
	if !namesSecret(key) || text == "" || strings.HasPrefix(text, "arn:") || strings.Contains(text, "{{resolve:") || strings.Contains(text, "${}") || strings.Trim(text, "*") == "" {
		return ""
	}
	return key
}

func namesSecret(key string) bool {
	if key == "SecretString" {
		return true
	}
	return schema.IsSensitive(nil, "/"+schema.EscapePointer(key)) && !slices.Contains([]string{"clienttoken", "clientrequesttoken", "creationtoken"}, strings.ToLower(key))
}

const region = `(?:us|us-gov|us-iso[a-z]?|ca|mx|sa|eu|eu-isoe|eusc-de|af|me|il|ap|cn)-(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-[0-9]`

// The forms of identifiers: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
// for ARNs, https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html for the ids
// of EC2, https://docs.aws.amazon.com/general/latest/gr/rande.html for endpoints.
var (
	// arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE; ${} is what deployment puts in.
	accountARN = pattern(`(arn:[^:\s"']*:[^:\s"']*:[^:\s"']*:[0-9]{12}:[^\s"',]*)`)
	arnRegion  = pattern(`arn:[^:\s"']*:[^:\s"']*:(` + region + `):`)
	// A region or a zone as a value by itself.
	wholeRegion = pattern(`^(` + region + `[a-z]?)$`)
	// Names of services (com.amazonaws.eu-west-1.s3) and hosts (s3-eu-west-1.amazonaws.com).
	endpointRegion = pattern(`(?:com\.amazonaws\.(?:vpce\.)?|[./@-])(` + region + `)(?:\.[a-z0-9-]+)*(?:\.amazonaws\.com|\.api\.aws|\.on\.aws)|com\.amazonaws\.(?:vpce\.)?(` + region + `)\.`)
	accountHost    = pattern(`(?:^|[^0-9])([0-9]{12})\.dkr\.ecr|\.amazonaws\.com(?:\.cn)?/([0-9]{12})/`)
	wholeAccount   = pattern(`^([0-9]{12})$`)
	accountKey     = pattern(`(?i)account|owner|principal|^aws$|^userids?$`)
	// The ids of EC2: 17 digits, 8 in old accounts. The short ones count only alone, because
	// a name may end in a date (backup-20260101).
	imageID   = givenBy(`ami|aki|ari`)
	givenName = givenBy(`acl|cgw|dopt|eigw|eipalloc|eipassoc|eni|fl|fs|fsap|i|igw|key|lt|nat|pcx|pl|rtb|sg|sgr|snap|subnet|tgw|tgw-attach|tgw-rtb|vgw|vol|vpc|vpce|vpce-svc|vpn`)
	zoneID    = pattern(`^(?:/?hostedzone/)?(Z[A-Z0-9]{8,32})$`)
	keyUUID   = pattern(`^(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)
)

// shortestAccount is the least number that is taken for an account id: of smaller ones,
// which start with four zeros, more are counts and sizes.
const shortestAccount = 100_000_000

// cloudFrontZone is the hosted zone of every distribution, in every account
// (https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html).
const cloudFrontZone = "Z2FDTNDATAQYW2"

func givenBy(prefixes string) func() *regexp.Regexp {
	return pattern(`(?:^|[^a-z0-9-])((?:` + prefixes + `)-[0-9a-f]{17})(?:$|[^0-9a-z-])|^((?:` + prefixes + `)-[0-9a-f]{8})$`)
}

func firstGroup(patterns ...func() *regexp.Regexp) func(key, text string) string {
	return func(_, text string) string {
		for _, p := range patterns {
			if m := p().FindStringSubmatch(text); m != nil {
				return strings.Join(m[1:], "") // one alternative of the pattern matched
			}
		}
		return ""
	}
}

// accountIn finds account ids outside ARNs: where an account is meant, and in the names of
// registries and queues. Elsewhere twelve digits may be anything.
func accountIn(key, text string) string {
	if accountKey().MatchString(key) {
		if id := firstGroup(wholeAccount)(key, text); id != "" {
			return id
		}
	}
	return firstGroup(accountHost)(key, text)
}

// idIn finds identifiers of resources that AWS gave. A hosted zone and a key show what
// they are only by the property they stand in.
func idIn(key, text string) string {
	key = strings.ToLower(key)
	switch m := zoneID().FindStringSubmatch(text); {
	case m != nil && strings.Contains(key, "hostedzone") && m[1] != cloudFrontZone:
		return m[1]
	case strings.Contains(key, "key") && keyUUID().MatchString(text):
		return text
	}
	return firstGroup(givenName)(key, text)
}

// hardwired walks the properties. A value of which it is not known whether it was typed
// leaves the answer open, unless one that was typed decides. Nobody typed a live resource.
func hardwired(in *reading, kind string, find func(key, text string) string) ref.Val {
	if !in.resource.Declared {
		return types.String("")
	}
	if in.resource.IsUnread("") {
		return in.run.unknown(&place{in: in}, in.notRead(""))
	}
	w := &literalSearch{in: in, find: find, secrets: kind == "secret"}
	w.schema, _ = schema.Lookup(in.resource.Ref.Type)
	if w.secrets && len(in.resource.Exposed) > 0 { // the reader has found them, and forgotten
		w.at = in.resource.Exposed[0]
		parts := schema.SplitPointer(w.at)
		w.found = parts[len(parts)-1]
	}
	w.walk(&place{in: in}, "", in.resource.Properties)
	switch {
	case w.found != "":
		in.run.read(in, w.at, w.found, true)
		return types.String(w.found)
	case w.open != nil:
		return in.run.unknown(w.openAt, w.open)
	}
	return types.String("")
}

// A literalSearch is one walk over what the author typed.
type literalSearch struct {
	in     *reading
	schema *schema.Type
	find   func(key, text string) string
	// secrets is true when only what a name makes a secret is looked for.
	secrets bool
	found   string // the first text that was found
	at      string // its pointer
	open    *inventory.Unknown
	openAt  *place
}

// walk visits v, which stands at a place below a property or key (that of the list, for
// the elements of one).
func (w *literalSearch) walk(at *place, key string, v any) {
	if w.found != "" {
		return
	}
	pointer := at.pointer()
	if pieces, computed := w.in.resource.Written[pointer]; computed {
		for _, text := range pieces {
			w.look(pointer, key, text)
		}
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range sortedKeys(v) {
			child := &place{in: w.in, up: at, key: name}
			key := name
			if w.secrets {
				key = pairName(v, name)
			}
			if name != "Description" && name != "Comment" && (w.schema == nil || child.pointer() != w.schema.TagProperty) {
				w.walk(child, key, v[name])
			}
		}
	case []any:
		for i, e := range v {
			w.walk(&place{in: w.in, up: at, key: strconv.Itoa(i)}, key, e)
		}
	case string:
		w.look(pointer, key, v)
	case int64: // an account id without quotes has lost the zeros that it starts with
		if v >= shortestAccount {
			w.look(pointer, key, fmt.Sprintf("%012d", v))
		}
	case *inventory.Unknown:
		if v.Target == "" && w.open == nil && !w.harmless(pointer, key) { // the name of a resource of the same file was not typed
			w.open, w.openAt = v, at
		}
	}
}

// pairName is the name of what stands under a key: in {Name: DB_PASSWORD, Value: …} the other
// key says it.
func pairName(v map[string]any, key string) string {
	if key != "Value" && key != "ParameterValue" {
		return key
	}
	switch v["Type"] { // what CodeBuild looks up is no secret
	case nil, "PLAINTEXT", "String", "SecureString":
	default:
		return key
	}
	for _, naming := range naming {
		if name, ok := v[naming].(string); ok {
			return name
		}
	}
	return key
}

var naming = []string{"Name", "ParameterKey", "Key"}

// harmless reports whether an unknown value cannot be a secret, nor hold or name one.
func (w *literalSearch) harmless(pointer, key string) bool {
	if !w.secrets || w.schema == nil {
		return false
	}
	n, known := w.schema.At(pointer)
	switch {
	case !known || n.Kinds&(schema.Object|schema.Array) != 0:
		return false
	case n.Kinds&schema.String == 0:
		return true
	}
	return !namesSecret(key) && key != "Type" && !slices.Contains(naming, key)
}

func (w *literalSearch) look(pointer, key, text string) {
	if w.found != "" {
		return
	}
	if w.secrets && w.schema != nil {
		if n, known := w.schema.At(pointer); known && (n.Kinds&schema.String == 0 || len(n.Enum) > 0) {
			return // a flag, a number or one of few words
		}
	}
	if w.found = w.find(key, text); w.found != "" {
		w.at = pointer
	}
}
