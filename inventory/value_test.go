package inventory

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var someUnknown = &Unknown{Because: "parameter Stage has no value", Symbol: "Ref Stage"}

func TestNormal(t *testing.T) {
	for _, c := range []struct {
		from, to any
		why      string
	}{
		{nil, nil, "null"},
		{true, true, "a boolean"},
		{int(3), int64(3), "what YAML reads"},
		{int32(3), int64(3), "what the SDK has"},
		{uint64(3), int64(3), "what YAML reads of large numbers"},
		{uint64(1 << 63), "9223372036854775808", "more than int64 holds keeps its text"},
		{3.0, int64(3), "1.0 and 1 are one number"},
		{float32(0.5), 0.5, "half"},
		{-1.25, -1.25, "no whole number"},
		{1e300, 1e300, "too large to be exact"},
		{math.NaN(), "NaN", "JSON has no such number"},
		{math.Inf(-1), "-Inf", "nor this one"},
		{json.Number("80"), int64(80), "a number of JSON"},
		{json.Number("1e2"), int64(100), "a whole number, whatever its form"},
		{json.Number("9223372036854775807"), int64(math.MaxInt64), "without a detour over float64"},
		{json.Number("1e999"), "1e999", "outside float64: the text"},
		{[]string{"a"}, []any{"a"}, "a typed list"},
		{map[string]string{"a": "b"}, map[string]any{"a": "b"}, "a typed map"},
		{map[string]any{"l": []any{1, map[string]any{"n": json.Number("2")}}}, map[string]any{"l": []any{int64(1), map[string]any{"n": int64(2)}}}, "at every depth"},
		{someUnknown, someUnknown, "what is not known stays so"},
	} {
		got, err := Normal(c.from)
		require.NoError(t, err, c.why)
		assert.Equal(t, c.to, got, c.why)
	}
	for _, v := range []any{struct{}{}, []any{make(chan int)}, map[string]any{"a": []byte("x")}, map[any]any{1: 2}} {
		_, err := Normal(v)
		assert.ErrorContains(t, err, "cannot stand in resource properties")
	}
}

// drawValue draws a value that may stand in Properties.
func drawValue(t *rapid.T, depth int) any {
	switch n := rapid.IntRange(0, 8).Draw(t, "kind"); {
	case n == 0:
		return nil
	case n == 1:
		return rapid.Bool().Draw(t, "boolean")
	case n == 2:
		return rapid.Int64().Draw(t, "integer")
	case n == 3:
		return rapid.Float64Range(-10, 10).Draw(t, "number") // may be whole: see TestNormalLaws
	case n == 4:
		return rapid.String().Draw(t, "text")
	case n == 5:
		return &Unknown{Because: rapid.String().Draw(t, "because")}
	case depth == 0:
		return "deep"
	case n == 6:
		list := make([]any, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range list {
			list[i] = drawValue(t, depth-1)
		}
		return list
	default:
		object := map[string]any{}
		for _, k := range rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "a/b", "~", "", "0"}), 0, 4).Draw(t, "keys") {
			object[k] = drawValue(t, depth-1)
		}
		return object
	}
}

func TestNormalLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once, err := Normal(drawValue(t, 4))
		if err != nil {
			t.Fatal(err)
		}
		twice, err := Normal(Clone(once))
		if err != nil || !reflect.DeepEqual(once, twice) {
			t.Fatalf("Normal of %v is %v (%v)", once, twice, err)
		}
		Walk("", once, func(p string, v any) bool {
			switch v := v.(type) {
			case nil, bool, int64, string, []any, map[string]any, *Unknown:
			case float64:
				if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
					t.Fatalf("%s: the whole number %v is a float64", p, v)
				}
			default:
				t.Fatalf("%s is a %T", p, v)
			}
			return true
		})
	})
}

func TestWalkAndAt(t *testing.T) {
	v := map[string]any{"b": []any{"x", map[string]any{"a/b": int64(1)}}, "a": someUnknown}
	var seen []string
	Walk("/P", v, func(p string, _ any) bool { seen = append(seen, p); return true })
	assert.Equal(t, []string{"/P", "/P/a", "/P/b", "/P/b/0", "/P/b/1", "/P/b/1/a~1b"}, seen, "in a fixed order, keys escaped")

	seen = nil
	Walk("", v, func(p string, _ any) bool { seen = append(seen, p); return p != "/b" })
	assert.Equal(t, []string{"", "/a", "/b"}, seen, "not below what the visitor refuses")

	for _, c := range []struct {
		pointer string
		want    any
		ok      bool
		why     string
	}{
		{"", v, true, "the whole"},
		{"/b/1/a~1b", int64(1), true, "an escaped key"},
		{"/b/2", nil, false, "after the end"},
		{"/b/x", nil, false, "a list has no names"},
		{"/b/-1", nil, false, "nor negative places"},
		{"/c", nil, false, "absent"},
		{"/b/0/x", nil, false, "below a scalar there is nothing"},
		{"/a/anything/0", someUnknown, true, "below what is not known nothing is known"},
	} {
		got, ok := At(v, c.pointer)
		assert.Equal(t, c.ok, ok, c.why)
		assert.Equal(t, c.want, got, c.why)
	}

	rapid.Check(t, func(t *rapid.T) {
		v := drawValue(t, 4)
		Walk("", v, func(p string, x any) bool {
			if got, ok := At(v, p); !ok || !reflect.DeepEqual(got, x) {
				t.Fatalf("At(%s) is %v, Walk saw %v", p, got, x)
			}
			return true
		})
	})
}

func TestClone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := drawValue(t, 4)
		if !reflect.DeepEqual(v, Clone(v)) {
			t.Fatalf("the clone of %v differs", v)
		}
	})
	v := map[string]any{"l": []any{map[string]any{"a": int64(1)}}, "u": someUnknown}
	c := Clone(v).(map[string]any)
	c["l"].([]any)[0].(map[string]any)["a"] = int64(2)
	assert.Equal(t, int64(1), v["l"].([]any)[0].(map[string]any)["a"], "the original does not change with the clone")
	assert.Same(t, someUnknown, c["u"], "an unknown is the same unknown")
}

func TestHasUnknown(t *testing.T) {
	first, second := &Unknown{Because: "first"}, &Unknown{Because: "second"}
	p, u, ok := HasUnknown(map[string]any{"b": second, "a": []any{"x", first}, "c": second})
	assert.True(t, ok)
	assert.Equal(t, "/a/1", p)
	assert.Same(t, first, u, "the first in order, at any depth")
	_, _, ok = HasUnknown(map[string]any{"a": []any{nil, "x"}})
	assert.False(t, ok)
	p, u, ok = HasUnknown(second)
	assert.True(t, ok)
	assert.Empty(t, p, "the value itself")
	assert.Same(t, second, u)
}

func TestUnknownText(t *testing.T) {
	u := &Unknown{Because: "parameter Password has no value", Prefix: "hunter", Sensitive: true}
	assert.Equal(t, "(unknown: parameter Password has no value)", u.String())
	b, err := json.Marshal(map[string]any{"a": u})
	require.NoError(t, err)
	assert.JSONEq(t, `{"a": "(unknown: parameter Password has no value)"}`, string(b), "what is known of a secret is not written")
}
