package schema

import (
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A typ is a made-up type, so that each kind can be tried alone.
func typeOf(properties map[string]*Node) *Type {
	return &Type{Name: "Test::Test::Test", Root: &Node{Kinds: Object, Properties: properties}}
}

type foreign struct{ _ any } // a Go type that the package does not know, as inventory.Unknown is

func TestCoerceScalar(t *testing.T) {
	unknown := &foreign{}
	for _, c := range []struct {
		kinds    Kind
		from, to any
		why      string
	}{
		{Boolean, "true", true, "a template may quote a boolean"},
		{Boolean, "False", false, "YAML's spelling of older days"},
		{Boolean, "yes", "yes", "no other word is a boolean to CloudFormation"},
		{Boolean, int64(1), int64(1), "a number is no boolean"},
		{Boolean | String, "true", "true", "where text is allowed, text it stays"},
		{Integer, "80", int64(80), "a port in quotes"},
		{Integer, "080", int64(80), "leading zeros count nothing in a number"},
		{Integer, "-1", int64(-1), "all protocols"},
		{Integer, "1.0", int64(1), "a whole number, written with a point"},
		{Integer, "1.5", "1.5", "not whole: left for Problems to report"},
		{Integer, "", "", "empty text is no number"},
		{Integer, "0x50", "0x50", "hexadecimal is Go's idea, not CloudFormation's"},
		{Integer, "8_0", "8_0", "underscores neither"},
		{Integer, "Inf", "Inf", "no number of JSON"},
		{Integer, "9223372036854775808", "9223372036854775808", "more than int64 holds stays text, exactly"},
		{Integer, true, true, "a boolean is no number"},
		{Number, "1.5", 1.5, "a number in quotes"},
		{Number, "1e3", int64(1000), "a whole number is always int64"},
		{Number, 2.0, int64(2), "1.0 and 1 are the same number"},
		{Number, int64(2), int64(2), "a number takes whole numbers"},
		{Integer | String, "80", "80", "where text is allowed, text it stays"},
		{Integer | String, int64(80), int64(80), "and a number a number"},
		{String, int64(5432), "5432", "RDS declares its port as text"},
		{String, true, "true", "a parameter of a parameter group"},
		{String, 1.5, "1.5", "no exponent"},
		{String, 1e21, "1000000000000000000000", "also for large numbers"},
		{String, 80.0, "80", "YAML's 80.0"},
		{String, math.Inf(1), math.Inf(1), "not a value of JSON: left alone"},
		{String, "02", "02", "text is not touched: 02 is not 2"},
		{Object, "{}", "{}", "a JSON text is drift's to compare"},
		{Array, "a", "a", "a scalar is not wrapped into a list"},
		{Any, "80", "80", "where anything goes nothing is converted"},
		{Integer, nil, nil, "null stays null"},
		{Integer, unknown, unknown, "what is not known cannot be converted"},
	} {
		typ := typeOf(map[string]*Node{"P": {Kinds: c.kinds}})
		assert.Equal(t, c.to, Coerce(typ, map[string]any{"P": c.from})["P"], "%v as %v: %s", c.from, c.kinds, c.why)
	}
}

func TestCoerceDeep(t *testing.T) {
	group, ok := Lookup("AWS::EC2::SecurityGroup")
	require.True(t, ok)
	before := map[string]any{
		"GroupDescription": int64(7),
		"SecurityGroupIngress": []any{
			map[string]any{"IpProtocol": "tcp", "FromPort": "443", "ToPort": 443.0},
			map[string]any{"IpProtocol": int64(-1)},
		},
		"Tags":       []any{map[string]any{"Key": "cost", "Value": int64(12)}},
		"NoSuchName": "1",
	}
	after := Coerce(group, before)
	assert.Equal(t, map[string]any{
		"GroupDescription": "7",
		"SecurityGroupIngress": []any{
			map[string]any{"IpProtocol": "tcp", "FromPort": int64(443), "ToPort": int64(443)},
			map[string]any{"IpProtocol": "-1"},
		},
		"Tags":       []any{map[string]any{"Key": "cost", "Value": "12"}},
		"NoSuchName": "1",
	}, after)
	assert.Equal(t, int64(7), before["GroupDescription"], "the argument is left alone")
	assert.Equal(t, "443", before["SecurityGroupIngress"].([]any)[0].(map[string]any)["FromPort"], "at every depth")

	function, ok := Lookup("AWS::Lambda::Function")
	require.True(t, ok)
	variables := func(v any) map[string]any {
		return map[string]any{"Environment": map[string]any{"Variables": map[string]any{"0": v}}}
	}
	assert.Equal(t, variables("80"), Coerce(function, variables(int64(80))), "the values of a map, whatever its keys look like")

	assert.Nil(t, Coerce(group, nil))
	assert.Equal(t, before, Coerce(nil, before), "without a schema nothing is known")
}

func TestCoerceLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := anyType(t)
		props := drawProps(t, typ)
		once := Coerce(typ, props)
		if !reflect.DeepEqual(once, Coerce(typ, once)) {
			t.Fatalf("%s: coercing again changes %v", typ.Name, once)
		}
		text := quote(props).(map[string]any)
		again := Coerce(typ, text)
		if !reflect.DeepEqual(again, Coerce(typ, again)) {
			t.Fatalf("%s: coercing again changes %v", typ.Name, again)
		}
		if found := Problems(typ, text); len(found) > 0 {
			t.Fatalf("%s: a number or boolean in quotes is doubted: %v", typ.Name, found)
		}
	})
}

// quote turns every scalar into text, as a template may.
func quote(v any) any {
	switch v := v.(type) {
	case bool, int64, float64:
		out, _ := coerce(&Node{Kinds: String}, v)
		return out
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = quote(e)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for k, e := range v {
			object[k] = quote(e)
		}
		return object
	}
	return v
}

func FuzzCoerceText(f *testing.F) {
	for _, s := range []string{"", "80", "-1", "1e3", "1e999", ".", "+", "--1", "true", "TRUE", "0x1p-2", "9223372036854775807", "1e18"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, kinds := range []Kind{Boolean, Integer, Number, Boolean | Number} {
			n := &Node{Kinds: kinds}
			v, changed := coerce(n, s)
			if !changed {
				assert.Equal(t, s, v)
				continue
			}
			assert.NotZero(t, kindOf(v)&kinds, "%q became %v, which is not %v", s, v, kinds)
			again, changed := coerce(n, v)
			assert.False(t, changed)
			assert.Equal(t, v, again)
		}
	})
}
