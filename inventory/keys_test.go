package inventory

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func watch(text string, piece int) *KeyPlace {
	var w KeyWatch
	for len(text) > 0 {
		n := min(piece, len(text))
		_, _ = io.WriteString(&w, text[:n])
		text = text[n:]
	}
	return w.Twice()
}

func TestKeyWatch(t *testing.T) {
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("%q: 1", fmt.Sprint(i)))
	}
	for _, c := range []struct {
		why, text, key string
		line, column   int
	}{
		{"nothing stands twice", `{"a": 1, "b": {"a": 2}, "c": [{"a": 1}, {"a": 1}]}`, "", 0, 0},
		{"the second one is told", "{\"a\": 1,\n  \"a\": 2}", "a", 2, 3},
		{"within", `{"b": [{"c": {"d": 1, "d": 2}}]}`, "d", 1, 23},
		{"after an object was closed, the keys of the outer one are known still", `{"a": {"b": 1}, "a": 2}`, "a", 1, 17},
		{"a value is no key", `{"a": "b", "b": "a"}`, "", 0, 0},
		{"nor is an element", `["a", "a"]`, "", 0, 0},
		{"one key in two spellings", `{"\u0061": 1, "a": 2}`, "a", 1, 15},
		{"a quote in a key", `{"a\"b": 1, "a": 2}`, "", 0, 0},
		{"a column counts characters", `{"é": "é", "é": 1}`, "é", 1, 12},
		{"lines are objects of their own", "{\"a\": 1}\n{\"a\": 1}\n", "", 0, 0},
		{"an object of many keys", "{" + strings.Join(many, ", ") + `, "5": 1}`, "5", 1, 892},
		{"or none", "", "", 0, 0},
	} {
		for _, piece := range []int{1, 7, 1 << 20} {
			got := watch(c.text, piece)
			if c.key == "" {
				assert.Nil(t, got, c.why)
				continue
			}
			require.NotNil(t, got, c.why)
			assert.Equal(t, KeyPlace{c.key, c.line, c.column}, *got, c.why)
		}
	}
}

// FuzzKeyWatch holds it against a decoder that keeps all keys: the two agree on every JSON text,
// in whatever pieces it comes; of other texts it may say what it likes, and does not fail.
func FuzzKeyWatch(f *testing.F) {
	for _, seed := range []string{`{"a": 1, "a": 2}`, `{"a": {"b": "\"", "b": []}}`, `[{"": 1}, {"": 1}]`, `}`, `{"a" "a"`, `{"\ud800": 1, "\ufffd": 1}`, strings.Repeat("[", 11_000)} {
		f.Add(seed, 3)
	}
	f.Fuzz(func(t *testing.T, text string, piece int) {
		got := watch(text, 1+piece&15)
		if !json.Valid([]byte(text)) {
			return
		}
		twice, err := keyTwice(json.NewDecoder(strings.NewReader(text)))
		require.NoError(t, err)
		require.Equal(t, twice, got != nil)
		if got != nil {
			require.LessOrEqual(t, got.Line, strings.Count(text, "\n")+1)
		}
	})
}

// keyTwice reads one value and reports whether an object in it has a key twice.
func keyTwice(dec *json.Decoder) (bool, error) {
	token, err := dec.Token()
	if err != nil {
		return false, err
	}
	delim, _ := token.(json.Delim)
	seen, twice := map[string]bool{}, false
	for (delim == '{' || delim == '[') && dec.More() {
		if delim == '{' {
			key, err := dec.Token()
			if err != nil {
				return false, err
			}
			twice = twice || seen[key.(string)]
			seen[key.(string)] = true
		}
		inner, err := keyTwice(dec)
		if err != nil {
			return false, err
		}
		twice = twice || inner
	}
	if delim == '{' || delim == '[' {
		_, err = dec.Token()
	}
	return twice, err
}
