package drift

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// particleKey names a particle as references in its own file do.
type particleKey struct{ app, environment, version, stack, name string }

func keyOf(p *inventory.Particle, name string) particleKey {
	return particleKey{p.App, p.Environment, p.Version, p.Stack, name}
}

// pairOf returns the pair of a particle that another one names: of several targets that of
// the same target, or of the same account where it has no region.
func (r *run) pairOf(from *Pair, name string) *Pair {
	if name == "" {
		return nil
	}
	all := r.byName[keyOf(from.Particle, name)]
	if len(all) == 1 {
		return all[0]
	}
	for _, p := range all {
		if p.Target == from.Target || p.Target == (inventory.Target{Account: from.Target.Account, Region: inventory.GlobalRegion}) {
			return p
		}
	}
	return nil
}

// found returns the live resource of a particle that another one names; nil unless there
// is exactly one that nobody disputes.
func (r *run) found(from *Pair, name string) *inventory.Resource {
	if p := r.pairOf(from, name); p != nil && len(p.Live) == 1 && p.Conflict == "" {
		return p.Live[0]
	}
	return nil
}

// reference is the answer to "does this unknown value stand for that live one?".
type reference int

const (
	refersUnknown reference = iota
	refersHere
	refersElsewhere
)

// refers compares what a reference stands for with a live value; value is what it stands
// for.
func (c *comparison) refers(u *inventory.Unknown, live any) (verdict reference, value any) {
	text, is := live.(string)
	if !is || u.Sensitive {
		return refersUnknown, nil
	}
	stands, certain := c.stands(u.Symbol)
	switch {
	case len(stands) == 0:
		return refersUnknown, nil
	case slices.Contains(stands, text):
		return refersHere, text
	// What a Ref returns differs by type. Only two identifiers of one form can be said to
	// name two things.
	case certain, slices.ContainsFunc(stands, func(s string) bool { return form(s) != "" && form(s) == form(text) }):
		return refersElsewhere, stands[0]
	}
	return refersUnknown, nil
}

// stands returns the values that a symbol may stand for, now that it is known what lives:
// "Ref WebSG", "GetAtt Role.Arn", "Ref AWS::AccountId", and "Sub …${Ref WebSG}…" around
// them. certain is true when it can be nothing else.
func (c *comparison) stands(symbol string) (texts []string, certain bool) {
	verb, rest, _ := strings.Cut(symbol, " ")
	switch verb {
	case "Ref":
		if value := c.pseudo(rest); value != "" {
			return []string{value}, true
		}
		if to := c.run.found(c.pair, rest); to != nil {
			return nonEmpty(lastPart(to.Ref.ID), to.Ref.ID, to.ARN, to.Name), false
		}
	case "GetAtt":
		name, attribute, _ := strings.Cut(rest, ".")
		to := c.run.found(c.pair, name)
		for to == nil { // the name of a Terraform resource has dots of its own
			more, after, dotted := strings.Cut(attribute, ".")
			if !dotted {
				break
			}
			name, attribute = name+"."+more, after
			to = c.run.found(c.pair, name)
		}
		if to != nil {
			texts = nonEmpty(attributeOf(to, attribute))
			if to.Ref.Type == "AWS::Logs::LogGroup" && attribute == "Arn" && len(texts) == 1 {
				// CloudFormation ends it with ":*", which stands for all of its streams.
				bare := strings.TrimSuffix(texts[0], ":*")
				return []string{bare + ":*", bare}, false
			}
			return texts, len(texts) == 1
		}
	case "Sub":
		return c.substitute(rest)
	}
	return nil, false
}

// substitute fills the ${symbol} parts of a text; nothing when one of them is not known.
// Other ${…} (a policy variable) are text.
func (c *comparison) substitute(text string) (texts []string, certain bool) {
	texts, certain = []string{""}, true
	for text != "" {
		literal, rest, found := strings.Cut(text, "${")
		symbol, after, closed := strings.Cut(rest, "}")
		isSymbol := found && closed && (strings.HasPrefix(symbol, "Ref ") || strings.HasPrefix(symbol, "GetAtt "))
		var parts []string
		switch {
		case isSymbol:
			values, sure := c.stands(symbol)
			certain = certain && sure
			for _, v := range values {
				parts = append(parts, literal+v)
			}
		case found && strings.HasPrefix(symbol, "Sub "):
			return nil, false // a text in a text: no need has been seen
		case found:
			parts, after = []string{literal + "${"}, rest
		default:
			parts, after = []string{literal}, ""
		}
		var next []string
		for _, head := range texts {
			for _, tail := range parts {
				next = append(next, head+tail)
			}
		}
		if len(next) == 0 || len(next) > 64 {
			return nil, false
		}
		texts, text = next, after
	}
	return texts, certain
}

func nonEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}

// attributeOf returns what GetAtt yields for a live resource; empty when it is not known.
func attributeOf(to *inventory.Resource, attribute string) string {
	if v, ok := inventory.At(to.Properties, "/"+strings.ReplaceAll(attribute, ".", "/")); ok {
		if s, is := scalarText(v, 0); is {
			return s
		}
	}
	if attribute == "Arn" && to.ARN != "" {
		return to.ARN
	}
	t, ok := schema.Lookup(to.Ref.Type)
	isIdentifier := ok && len(t.PrimaryIdentifier) == 1 && t.PrimaryIdentifier[0] == "/"+attribute
	if isIdentifier || to.Ref.Type == securityGroup && attribute == "GroupId" {
		return to.Ref.ID
	}
	return ""
}

// pseudo returns the value that a pseudo parameter has where the live resource is; empty
// when it is not known.
func (c *comparison) pseudo(name string) string {
	switch name {
	case "AWS::Partition":
		return c.live.Ref.Partition
	case "AWS::AccountId":
		return c.live.Ref.Account
	case "AWS::Region":
		if r := c.live.Ref.Region; r != inventory.GlobalRegion {
			return r
		}
		return c.run.regionOf(c.pair)
	case "AWS::URLSuffix":
		switch c.live.Ref.Partition {
		case "aws", "aws-us-gov":
			return "amazonaws.com"
		case "aws-cn":
			return "amazonaws.com.cn"
		}
	}
	return ""
}

// regionOf returns the region in which the other particles of a stack live, when it is
// one: a role has none of its own.
func (r *run) regionOf(p *Pair) string {
	if t := p.Target.Region; t != "" && t != inventory.GlobalRegion {
		return t
	}
	regions := r.regions[keyOf(p.Particle, "")]
	if len(regions) != 1 {
		return ""
	}
	for region := range regions {
		return region
	}
	return ""
}

// settle replaces what is certain by now: a reference whose target was found, a pseudo
// parameter where the resource lives. at collects the pointers. v itself is not changed.
func (c *comparison) settle(pointer string, v any, at *[]string) any {
	switch v := v.(type) {
	case *inventory.Unknown:
		if v.Sensitive || v.Symbol == "" {
			return v
		}
		if texts, certain := c.stands(v.Symbol); certain && len(texts) == 1 {
			*at = append(*at, pointer)
			return texts[0]
		}
	case map[string]any:
		if _, _, some := inventory.HasUnknown(v); some {
			out := make(map[string]any, len(v))
			for _, name := range slices.Sorted(maps.Keys(v)) {
				out[name] = c.settle(pointer+"/"+schema.EscapePointer(name), v[name], at)
			}
			return out
		}
	case []any:
		if _, _, some := inventory.HasUnknown(v); some {
			out := make([]any, len(v))
			for i, e := range v {
				out[i] = c.settle(pointer+"/"+strconv.Itoa(i), e, at)
			}
			return out
		}
	}
	return v
}

func lastPart(id string) string { return id[strings.LastIndexByte(id, '|')+1:] }

var assigned = regexp.MustCompile(`^([a-z][a-z0-9]*)-[0-9a-f]{8,}$`)

// form tells identifiers that AWS assigns (sg-0abc…, vpc-…) and ARNs of one service and
// kind from each other; empty for names that people choose.
func form(s string) string {
	if m := assigned.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	if parts := strings.SplitN(s, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		kind, _, _ := strings.Cut(parts[5], "/")
		return "arn:" + parts[2] + ":" + kind
	}
	return ""
}

// A feeder is a particle that adds to a list of another resource: a rule to a security
// group, a policy to a role. The schema keeps them apart, the service in one list.
var feeders = map[string][]string{ // by type: the properties that name the other resource
	securityGroupIngress:      {"GroupId"},
	securityGroupEgress:       {"GroupId"},
	"AWS::IAM::ManagedPolicy": {"Roles", "Users", "Groups"},
	"AWS::IAM::Policy":        {"Roles", "Users", "Groups"},
	"AWS::IAM::RolePolicy":    {"RoleName"},
	"AWS::IAM::UserPolicy":    {"UserName"},
	"AWS::IAM::GroupPolicy":   {"GroupName"},
}

// indexFeeders notes what each feeder names: a particle of its file, or an identifier.
func (r *run) indexFeeders() {
	r.feedParticle, r.feedLive = map[particleKey][]*Pair{}, map[string][]*Pair{}
	for i := range r.pairs {
		p := &r.pairs[i]
		for _, property := range feeders[p.Particle.Resource.Ref.Type] {
			v := p.Particle.Resource.Properties[property]
			list, is := v.([]any)
			if !is {
				list = []any{v}
			}
			for _, e := range list {
				switch e := e.(type) {
				case *inventory.Unknown:
					if e.Target != "" {
						key := keyOf(p.Particle, e.Target)
						r.feedParticle[key] = append(r.feedParticle[key], p)
					}
				case string:
					r.feedLive[e] = append(r.feedLive[e], p)
				}
			}
		}
	}
}

// fedBy returns the pairs that add to this particle or its live resource.
func (c *comparison) fedBy(types ...string) []*Pair {
	all := slices.Clone(c.run.feedParticle[keyOf(c.pair.Particle, c.pair.Particle.Name)])
	all = append(all, c.run.feedLive[c.live.Ref.ID]...)
	var found []*Pair
	for _, p := range all {
		elsewhere := p.Target != c.pair.Target && p.Target.Region != inventory.GlobalRegion && len(c.run.byName[keyOf(p.Particle, p.Particle.Name)]) > 1
		if slices.Contains(types, p.Particle.Resource.Ref.Type) && !slices.Contains(found, p) && !elsewhere {
			found = append(found, p)
		}
	}
	return found
}

// withoutFed takes out of a role's (user's, group's) lists what other declared particles
// attach to it.
func (c *comparison) withoutFed(property string, live any) any {
	list, is := live.([]any)
	if !is || !strings.HasPrefix(c.live.Ref.Type, "AWS::IAM::") {
		return live
	}
	var drop func(e any) bool
	switch property {
	case "ManagedPolicyArns":
		policies := c.fedBy("AWS::IAM::ManagedPolicy")
		drop = func(e any) bool {
			return slices.ContainsFunc(policies, func(p *Pair) bool {
				return slices.ContainsFunc(p.Live, func(l *inventory.Resource) bool { return e == any(l.ARN) || e == any(l.Ref.ID) })
			})
		}
	case "Policies":
		policies := c.fedBy("AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy")
		drop = func(e any) bool {
			m, _ := e.(map[string]any)
			return slices.ContainsFunc(policies, func(p *Pair) bool {
				name, is := p.Particle.Resource.Properties["PolicyName"].(string)
				return is && m["PolicyName"] == name
			})
		}
	default:
		return live
	}
	declared, _ := c.declared[property].([]any)
	left := slices.DeleteFunc(slices.Clone(list), func(e any) bool {
		return drop(e) && !slices.ContainsFunc(declared, func(d any) bool { return sameElement(d, e) })
	})
	if left == nil {
		left = []any{}
	}
	return left
}

func sameElement(d, l any) bool {
	a, isA := d.(map[string]any)
	b, isB := l.(map[string]any)
	if isA && isB {
		return same(a["PolicyName"], b["PolicyName"])
	}
	return !isA && !isB && same(d, l)
}
