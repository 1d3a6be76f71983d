package rules

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// sameNode holds a node of readPlain to the one of yaml.v3.
func sameNode(t testing.TB, text string, want, got *yaml.Node) {
	t.Helper()
	require.Equal(t, []any{want.Kind, want.Value, want.Style, want.Line, want.Column, want.ShortTag(), want.Anchor, len(want.Content)},
		[]any{got.Kind, got.Value, got.Style, got.Line, got.Column, got.ShortTag(), got.Anchor, len(got.Content)}, "%q", text)
	for i := range want.Content {
		sameNode(t, text, want.Content[i], got.Content[i])
	}
}

// samePlain reports whether readPlain reads the text; then it must read what yaml.v3 reads.
func samePlain(t testing.TB, text string) bool {
	t.Helper()
	got, ok := readPlain(text)
	if !ok {
		return false
	}
	var want, second yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(text))
	require.NoError(t, decoder.Decode(&want), "%q", text)
	require.True(t, errors.Is(decoder.Decode(&second), io.EOF), "%q", text)
	sameNode(t, text, want.Content[0], got)
	return true
}

func TestReadPlain(t *testing.T) {
	for _, c := range []struct {
		why, text string
		plain     bool
	}{
		{"a mapping", "a: b\nc: 1\n", true},
		{"comments between and behind", "# one\na: b # two\n\n# three\nc: d\n  # four\n", true},
		{"a comment needs a space before it", "a: b#c\n", true},
		{"a nested mapping", "a:\n  b:\n    c: d\n  e: f\ng: h\n", true},
		{"a sequence under its key", "a:\n- b\n- c: d\n  e: f\n-\n  g: h\nz: 1\n", true},
		{"a sequence in a sequence", "a:\n  - - b\n    - c\n  - d\n", true},
		{"flow collections", "a: {b: [c, 'd', \"e\", {f: g}], h: [], i: {}, j: [k, ]}\n", true},
		{"a flow over lines", "a: [b, # c\n\n  {d: e,\n f: g}\n ]\nh: i\n", true},
		{"colons inside", "a: s3:GetObject\nb: [s3:Get, a:b]\nc: http://x\n", true},
		{"quotes", `a: 'it''s'` + "\n" + `b: "\"\\\n\t"` + "\n\"c d\": ''\n'e': \"\"\n", true},
		{"literal and folded lines", "a: |\n  one\n   two\n\n  three\nb: >-\n    one\n    two\n\n    three\n\nc: |-\n  x\n\n\nd: >\n  y\n# end\n", true},
		{"folded lines of which some are indented", "a: >\n  b\n    c\n\n    d\n  e\n\n  f\n\n    g\n", true},
		{"tags", "a: !Unknown why it is so\nb: [!Ref X, !Maybe 'y']\n", true},
		{"scalars of every kind", "a: [1, -1, 1.5, true, null, ~, 2012-10-17, 0x1f, 1e3, .inf, yes, -x, 2026-01-01T00:00:00Z]\n", true},
		{"a value in the next line", "a:\n  b c\nd:\n  [e]\nf:\n  - g\n", true},
		{"a root in braces", "{a: b,\nc: d}\n", true},

		{"a plain scalar over lines", "a: b  \n  c\n\n   # no comment before it\nd:\n  e\n\n\n  f ? g\n   - !h\ni:\n- j\n k\n", true},
		{"a comment behind an indicator", "a: >- # why\n  b\n", true},

		{"a comment within a plain scalar", "a: b # c\n  d\n", false},
		{"a root scalar over lines", "a\nb\n", false},
		{"a key over lines", "a\n b: c\n", false},
		{"a list alone", "- a\n- b: c\n", false},
		{"lines alone", "|\n00\n", false},
		{"an empty text", "", false},
		{"only a comment", "# a\n", false},
		{"an empty value", "a:\nb: c\n", false},
		{"an empty entry", "a: [b, , c]\n", false},
		{"a plain scalar over lines of a flow", "a: [b\n  c]\n", false},
		{"a quoted scalar over lines", "a: 'b\n  c'\n", false},
		{"a key in another column", "a:\n    b: c\n  d: e\n", false},
		{"text behind a quote", "a: 'b' c\n", false},
		{"two values", "a: b: c\n", false},
		{"an anchor", "a: &x b\nc: *x\n", false},
		{"a second document", "a: b\n---\nc: d\n", false},
		{"the end of a document", "a: b\n...\n", false},
		{"a merge", "<<: {a: b}\n", false},
		{"a pair in a list", "a: [b: c]\n", false},
		{"a set", "a: {b, c}\n", false},
		{"JSON", `{"a":"b"}` + "\n", false},
		{"a tab", "a:\tb\n", false},
		{"other letters", "a: ä\n", false},
		{"Windows", "a: b\r\n", false},
		{"no line end", "a: b", false},
		{"lines that keep their end", "a: |+\n  b\n\n", false},
		{"block lines without an indentation", "a: |\nb: c\n", false},
		{"an unknown escape", `a: "\x41"` + "\n", false},
		{"an unclosed bracket", "a: [b\nc: d\n", false},
		{"an unclosed quote", "a: \"b\n", false},
		{"brackets without end", "a: " + strings.Repeat("[", 1000) + "\n", false},
		{"a reserved character", "a: @b\n", false},
	} {
		assert.Equal(t, c.plain, samePlain(t, c.text), "%s: %q", c.why, c.text)
	}
}

// The pack is what readPlain is for: it reads all of it, and every prefix of a file either as
// yaml.v3 does or not at all.
func TestReadPlainPack(t *testing.T) {
	read, all := 0, 0
	require.NoError(t, fs.WalkDir(packs, "packs", func(name string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		if d.IsDir() {
			return nil
		}
		data, err := packs.ReadFile(name)
		require.NoError(t, err)
		all++
		if samePlain(t, string(data)) {
			read++
		} else {
			t.Logf("%s is not plain", name)
		}
		for i, c := range data[:min(len(data), 4000)] {
			if c == '\n' && i%17 == 0 {
				samePlain(t, string(data[:i+1]))
			}
		}
		return nil
	}))
	assert.Greater(t, read, all*9/10, "of %d files", all)
}

func FuzzReadPlain(f *testing.F) {
	for _, text := range []string{
		"a: b\n", "a:\n- b\n- - c\n  - d: e\n    f: g\n", "a: {b: [c, 'd'], \"e\": !F g}\n", "a: |\n  b\n\n   c\nd: >-\n  e\n\n  f\n", "# a\nb: c # d\n", "- a\n- b\n",
		"a: -1\n", "a: [-, b]\n", "a: 'b''c'\n", "a:\n\n  # b\n  c\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { samePlain(t, text) })
}
