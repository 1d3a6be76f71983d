package inventory

import (
	"encoding/json"
	"strconv"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// TagsOf returns one view over all the ways in which types write their tags: a list of
// {Key, Value} in several spellings (an Auto Scaling group adds PropagateAtLaunch), a
// list wrapped in {Items}, a map, a JSON text, or a list of {ResourceType, Tags}. Where
// the tags stand is said by t; without a schema they are looked for at /Tags.
//
// A tag whose key is known and whose value is not stands in unknown and not in tags.
// tags is empty when there are none, and nil (unknown too) when it is not known which
// keys there are: the list as a whole, one of its elements or a key is unknown, or its
// form is none of the above. A reader that could not read the tags at all must not ask
// here, but leave Resource.Tags nil: an absent property counts as "no tags".
func TagsOf(t *schema.Type, props Properties) (tags map[string]string, unknown map[string]*Unknown) {
	at := "/Tags"
	if t != nil {
		at = t.TagProperty
	}
	found := tagSet{tags: map[string]string{}, unknown: map[string]*Unknown{}}
	if at != "" && !found.below(props, schema.SplitPointer(at)) {
		return nil, nil
	}
	if len(found.unknown) == 0 {
		found.unknown = nil
	}
	return found.tags, found.unknown
}

type tagSet struct {
	tags    map[string]string
	unknown map[string]*Unknown
}

// below adds the tags at a path below v. Like all methods of tagSet it returns false when
// it cannot be known which keys there are.
func (s *tagSet) below(v any, path []string) bool {
	if len(path) == 0 {
		return s.add(v)
	}
	switch v := v.(type) {
	case nil:
		return true
	case map[string]any:
		return path[0] != "*" && s.below(v[path[0]], path[1:])
	case []any:
		if path[0] != "*" {
			return false
		}
		for _, e := range v {
			if !s.below(e, path[1:]) {
				return false
			}
		}
		return true
	}
	return false
}

// add adds the tags of one value in any of the shapes.
func (s *tagSet) add(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		for _, e := range v {
			if !s.addElement(e) {
				return false
			}
		}
		return true
	case map[string]any:
		if items, is := v["Items"].([]any); is && len(v) == 1 {
			return s.add(items)
		}
		for key, value := range v {
			s.set(key, value)
		}
		return true
	case string:
		var decoded any
		if v == "" {
			return true
		}
		if json.Unmarshal([]byte(v), &decoded) != nil {
			return false
		}
		if _, text := decoded.(string); text {
			return false // a JSON text in a JSON text is nobody's tags
		}
		normal, err := Normal(decoded)
		return err == nil && s.add(normal)
	}
	return false // an *Unknown, or nothing that could be tags
}

// addElement adds {Key: k, Value: v}, however the two names are spelled. Without a value
// the tag is a key alone, which AWS shows as an empty value.
func (s *tagSet) addElement(e any) bool {
	element, ok := e.(map[string]any)
	if !ok {
		return false
	}
	key, ok := scalarText(firstOf(element, "Key", "key", "TagKey", "tagKey"))
	if !ok {
		return false
	}
	s.set(key, firstOf(element, "Value", "value", "TagValue", "tagValue"))
	return true
}

func firstOf(element map[string]any, names ...string) any {
	for _, name := range names {
		if v, ok := element[name]; ok {
			return v
		}
	}
	return nil
}

// set keeps one tag. Of two with the same key the later one stands.
func (s *tagSet) set(key string, value any) {
	delete(s.tags, key)
	delete(s.unknown, key)
	if u, is := value.(*Unknown); is {
		s.unknown[key] = u
		return
	}
	text, ok := scalarText(value)
	if !ok && value != nil {
		s.unknown[key] = &Unknown{Because: "the value of tag " + strconv.Quote(key) + " is neither text nor a number"}
		return
	}
	s.tags[key] = text
}

// scalarText writes a scalar as CloudFormation does where it wants text.
func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}
