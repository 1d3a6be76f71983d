package reports

import (
	"encoding/xml"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine"
)

// payloads are texts by which a resource would make more of a report than a text.
var payloads = map[string]string{
	"HTML":                "</td></script><script>alert(1)</script><img src=x onerror=alert(1)>\"' onload='alert(1) {{.}}",
	"spreadsheet formula": "=HYPERLINK(\"https://e.example\",\"x\")",
	"formula behind tabs": "\t\r\n @SUM(1+1)*cmd|' /C calc'!A0",
	"terminal escapes":    "\x1b]0;hacked\x07\x1b[2J\x1b[31m\u009b2J\x00\x7f",
	"text direction":      "\u202egnp.exe\u2066\u2028\u2029",
	"Markdown":            "x | y `b` ``` [a](javascript:alert(1)) ![i](https://e.example/i.png) <b>bold</b> @acme/all #1 **x** \\| </details>",
	"Markdown block":      "\n\n# H\n```\n- [x](https://e.example)\n```\n| a |\n",
	"workflow command":    "x\n::error file=a.yaml,line=1::forged\r\n::stop-commands::token",
	"percent codes":       "%0A::error::forged%0D%0A::add-mask::x",
	"XML":                 "]]><failure/><!-- & &amp; &#0; --> \ufffe\uffff",
	"bytes that are none": "a\xff\xfe\xc3(",
}

// enumerations are the fields whose texts steer a report; they are poisoned in a pass of
// their own.
var enumerations = []string{"Command", "Status", "Severity", "Class", "Verb", "State", "Kind", "Replacement", "Partition"}

// poison sets every text of a value, keys of maps included.
func poison(v reflect.Value, text string, all bool) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return
		}
		if v.Kind() == reflect.Interface {
			inner := reflect.New(v.Elem().Type()).Elem()
			inner.Set(v.Elem())
			poison(inner, text, all)
			v.Set(inner)
			return
		}
		poison(v.Elem(), text, all)
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && (all || !slices.Contains(enumerations, f.Name)) {
				poison(v.Field(i), text, all)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), text, all)
		}
	case reflect.Map:
		if v.Len() == 0 || v.Type().Elem().Kind() == reflect.Int { // counts, whose keys are ours
			return
		}
		poisoned := reflect.MakeMap(v.Type())
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for i, key := range keys {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			poison(value, text, all)
			poisoned.SetMapIndex(reflect.ValueOf(text+strconv.Itoa(i)).Convert(v.Type().Key()), value)
		}
		v.Set(poisoned)
	case reflect.String:
		v.SetString(text)
	}
}

var (
	ourAnnotation = regexp.MustCompile(`^::(error|warning|notice) [^:]*::`)
	computed      = regexp.MustCompile(`^\s*[-=+@\t\r＝＋－＠]`)
)

// Every text of every result, in every format, with every payload: what comes out has the
// shape of the same report with a harmless word in place of the payload.
func TestEveryTextIsInert(t *testing.T) {
	const word = "harmless"
	for _, all := range []bool{false, true} {
		for kind, payload := range payloads {
			for name := range results() {
				t.Run(fmt.Sprintf("%s/%s/all %v", kind, name, all), func(t *testing.T) {
					hostile, plain := copyOf(t, name), copyOf(t, name)
					poison(reflect.ValueOf(hostile), payload, all)
					poison(reflect.ValueOf(plain), word, all)
					for _, f := range Formats() {
						out, want := render(t, f, hostile, Options{Width: 1_000_000}), render(t, f, plain, Options{Width: 1_000_000})
						assertInert(t, f.Name, out)
						assertShape(t, f.Name, out, want, hostile)
					}
				})
			}
		}
	}
}

// TestEveryTextIsTried: no text of a result is left out of the payloads because none of the
// results has it. Whoever adds one to engine.Result adds it to a result here.
func TestEveryTextIsTried(t *testing.T) {
	declared, tried := map[string]bool{}, map[string]bool{}
	var declare func(typ reflect.Type, path string)
	declare = func(typ reflect.Type, path string) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice:
			declare(typ.Elem(), path)
		case reflect.Map:
			declare(typ.Elem(), path+"/*")
		case reflect.Struct:
			for i := range typ.NumField() {
				if f := typ.Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
					declare(f.Type, path+"/"+f.Name)
				}
			}
		case reflect.String:
			declared[path] = true
		}
	}
	var try func(v reflect.Value, path string)
	try = func(v reflect.Value, path string) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				try(v.Elem(), path)
			}
		case reflect.Slice:
			for i := range v.Len() {
				try(v.Index(i), path)
			}
		case reflect.Map:
			for values := v.MapRange(); values.Next(); {
				try(values.Value(), path+"/*")
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if f := v.Type().Field(i); f.IsExported() {
					try(v.Field(i), path+"/"+f.Name)
				}
			}
		case reflect.String:
			tried[path] = true
		}
	}
	declare(reflect.TypeFor[engine.Result](), "")
	for _, r := range results() {
		try(reflect.ValueOf(*r), "")
	}
	for path := range declared {
		assert.True(t, tried[path], "no result has %s", path)
	}
	assert.Greater(t, len(declared), 200)
}

// copyOf is a result that shares nothing with others.
func copyOf(t *testing.T, name string) *engine.Result {
	from := results()[name] // made anew by each call
	r, err := Read(strings.NewReader(render(t, jsonFormat, from, Options{})))
	require.NoError(t, err)
	if from != nil {
		for i, f := range from.Findings {
			r.Findings[i].Excerpt = f.Excerpt // which is not saved
		}
	}
	return r
}

func assertShape(t *testing.T, format, out, want string, r *engine.Result) {
	switch format {
	case "table":
		assert.Equal(t, strings.Count(want, "\n"), strings.Count(out, "\n"), "a text makes a line of its own")
	case "html":
		page, data, found := strings.Cut(out, `<script type="application/json" id="data">`)
		require.True(t, found)
		wantPage, wantData, _ := strings.Cut(want, `<script type="application/json" id="data">`)
		for _, mark := range []string{"<", ">", `"`} {
			assert.Equal(t, strings.Count(wantPage, mark), strings.Count(page, mark), "a text makes markup with %s", mark)
		}
		assert.NotContains(t, page, "'alert", "or leaves its attribute")
		for _, mark := range []string{"<", ">", "\n"} {
			assert.Equal(t, strings.Count(wantData, mark), strings.Count(data, mark), "or ends the block of data with %s", mark)
		}
	case "csv":
		for _, row := range readCSV(t, out) {
			for column, value := range row {
				assert.NotRegexp(t, computed, value, "a spreadsheet computes %s", column)
			}
		}
	case "markdown":
		assert.Equal(t, strings.Count(proseOf(want), "`"), strings.Count(proseOf(out), "`"), "a span is left open")
		assert.NotRegexp(t, `javascript|example|acme|forged|alert|SUM|hacked|# H|bold`, proseOf(out), "a text takes effect")
	case "github":
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		assert.Len(t, lines, strings.Count(want, "\n"), "a text makes a line of its own")
		for _, line := range lines[:len(lines)-1] {
			assert.Regexp(t, ourAnnotation, line)
		}
	case "junit":
		var got, wanted junitSuites
		require.NoError(t, xml.Unmarshal([]byte(out), &got))
		require.NoError(t, xml.Unmarshal([]byte(want), &wanted))
		assert.Equal(t, wanted.junitCounts, got.junitCounts)
	case "sarif":
		for _, result := range readSARIF(t, r).Results {
			assert.NotContains(t, result.Message.Text, "](", "a viewer makes a link of it")
		}
	}
}
