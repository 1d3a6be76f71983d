package drift

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Some services store another text than the one that was declared: a name in lower case,
// the ARN of a key in place of its id. The schemas say so in propertyTransform, a JSONata
// expression over the declared properties whose value the stored text equals or, read as a
// regular expression, matches. Several are joined by $OR. What is read here is the part of
// the language in which all but a few of them are written: names of properties, texts, &,
// * and ? :, and the functions below. An expression in other words makes nothing equal.
//
// Source of the meaning: "propertyTransform" in the CloudFormation CLI user guide, and the
// function reference of JSONata.

// term is a value in an expression, as text and as a regular expression: texts of the
// expression may be patterns, declared values stand for themselves. A list has parts.
type term struct {
	text, pattern string
	variable      bool // something declared went into it
	parts         []term
}

// transformed reports whether the type's transform of this place makes the declared value
// into the live one. It only ever explains a difference.
func (c *comparison) transformed(s spot, declared, live any) bool {
	want, ok := scalarText(live, 0)
	if c.typ == nil || !ok || s.free {
		return false
	}
	expr, ok := c.typ.Transforms[pattern(s.pointer, c.typ)]
	if !ok {
		return false
	}
	for alternative := range strings.SplitSeq(expr, "$OR") {
		p := transformer{rest: strings.TrimSpace(alternative), value: func(path string) (any, bool) { return c.beside(s, path) }}
		t, ok := p.expression()
		if !ok || strings.TrimSpace(p.rest) != "" || t.parts != nil || !t.variable {
			continue // a text that holds nothing declared would make any two values equal
		}
		if (t.text == want || t.matches(want)) && c.ownARN(declared, want) && !brokenVersion(s, t, want) {
			return true
		}
	}
	return false
}

func (t term) matches(text string) bool {
	if t.pattern == regexp.QuoteMeta(t.text) {
		return false // no pattern in it: plain equality has been tried
	}
	re, err := regexp.Compile("^(?:" + t.pattern + ")$")
	return err == nil && re.MatchString(text)
}

// brokenVersion: the schemas of RDS let 12.1 match all that begins so, also 12.10.
func brokenVersion(s spot, t term, live string) bool {
	declared, open := strings.CutSuffix(t.text, ".*")
	return open && strings.HasSuffix(s.name, "Version") && !samePrefixVersion(declared, live)
}

// beside returns the declared value that a transform means by a path: beside the property,
// or from the root. Both are found in the schemas.
func (c *comparison) beside(s spot, path string) (any, bool) {
	pointer := "/" + strings.ReplaceAll(path, ".", "/")
	at := s.pointer
	if i := strings.LastIndexByte(at, '/'); i >= 0 {
		at = at[:i]
	}
	if v, ok := inventory.At(c.declared, at+pointer); ok {
		return v, true
	}
	return inventory.At(c.declared, pointer)
}

// A transformer evaluates one expression. Every step takes away what it has read, so it
// ends; ok is false for what it does not know.
type transformer struct {
	rest  string
	value func(path string) (any, bool)
	deep  int
}

func (p *transformer) skip(token string) bool {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	after, found := strings.CutPrefix(p.rest, token)
	if found {
		p.rest = after
	}
	return found
}

// expression reads a value, and what is joined to it by & or * or chosen by ? and :.
func (p *transformer) expression() (term, bool) {
	if p.deep++; p.deep > 50 {
		return term{}, false
	}
	defer func() { p.deep-- }()
	t, ok := p.simple()
	for ok {
		switch {
		case p.skip("&"):
			var o term
			o, ok = p.simple()
			t = joined([]term{t, o}, "")
		case p.skip("*"):
			var o term
			if o, ok = p.simple(); ok {
				a, errA := strconv.ParseInt(t.text, 10, 64)
				b, errB := strconv.ParseInt(o.text, 10, 64)
				ok = errA == nil && errB == nil
				t = plainTerm(strconv.FormatInt(a*b, 10), t.variable)
			}
		case p.skip("?"):
			yes, okYes := p.expression()
			if !okYes || !p.skip(":") {
				return t, false
			}
			no, okNo := p.expression()
			if t.text == "true" {
				return yes, okNo
			}
			return no, okNo
		default:
			return t, true
		}
	}
	return t, false
}

func plainTerm(text string, variable bool) term {
	return term{text: text, pattern: regexp.QuoteMeta(text), variable: variable}
}

// simple reads a text, a number, a list, a call or the path of a property, with an index.
func (p *transformer) simple() (t term, ok bool) {
	p.skip("")
	if p.rest == "" {
		return t, false
	}
	switch first := p.rest[0]; {
	case first == '"' || first == '\'' || first == '/':
		end := strings.IndexByte(p.rest[1:], first)
		for end > 0 && p.rest[end] == '\\' { // an escaped one
			next := strings.IndexByte(p.rest[end+2:], first)
			if next < 0 {
				return t, false
			}
			end += next + 1
		}
		if end < 0 {
			return t, false
		}
		text := p.rest[1 : end+1]
		p.rest = p.rest[end+2:]
		t, ok = term{text: text, pattern: text}, true
	case first == '[':
		p.skip("[")
		t.parts, ok = p.list("]")
	case first == '$':
		t, ok = p.call()
	case first >= '0' && first <= '9':
		n := len(p.rest) - len(strings.TrimLeft(p.rest, "0123456789"))
		t, ok = plainTerm(p.rest[:n], false), true
		p.rest = p.rest[n:]
	default:
		n := len(p.rest) - len(strings.TrimLeft(p.rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."))
		v, found := p.value(p.rest[:n])
		var text string
		if text, ok = scalarText(v, 0); n == 0 || !found || !ok {
			return t, false
		}
		p.rest = p.rest[n:]
		t = plainTerm(text, true)
	}
	if ok && p.skip("[") {
		return p.indexed(t)
	}
	return t, ok
}

// indexed reads the rest of "[-1]": a part of a list, from its end where negative.
func (p *transformer) indexed(t term) (term, bool) {
	number, rest, found := strings.Cut(p.rest, "]")
	i, err := strconv.Atoi(strings.TrimSpace(number))
	if !found || err != nil {
		return t, false
	}
	p.rest = rest
	if i < 0 {
		i += len(t.parts)
	}
	if i < 0 || i >= len(t.parts) {
		return t, false
	}
	return t.parts[i], true
}

// list reads values until the closing token.
func (p *transformer) list(end string) (all []term, ok bool) {
	for !p.skip(end) {
		if len(all) > 0 && !p.skip(",") {
			return nil, false
		}
		t, ok := p.expression()
		if !ok {
			return nil, false
		}
		all = append(all, t)
	}
	return all, true
}

// call reads a function and its arguments and applies it.
func (p *transformer) call() (term, bool) {
	name, rest, found := strings.Cut(p.rest, "(")
	if !found {
		return term{}, false
	}
	p.rest = rest
	args, ok := p.list(")")
	if !ok || len(args) == 0 {
		return term{}, false
	}
	a := args[0]
	switch {
	case name == "$lowercase" && len(args) == 1:
		return plainTerm(strings.ToLower(a.text), a.variable), true
	case name == "$uppercase" && len(args) == 1:
		return plainTerm(strings.ToUpper(a.text), a.variable), true
	case name == "$string" && len(args) == 1:
		return a, true
	case name == "$join" && len(args) <= 2 && a.parts != nil:
		between := ""
		if len(args) == 2 {
			between = args[1].text
		}
		return joined(a.parts, between), true
	case name == "$substringAfter" && len(args) == 2:
		_, after, found := strings.Cut(a.text, args[1].text)
		if !found {
			after = a.text
		}
		return plainTerm(after, a.variable), true
	case name == "$contains" && len(args) == 2:
		return plainTerm(strconv.FormatBool(strings.Contains(a.text, args[1].text)), a.variable), true
	case name == "$split" && (len(args) == 2 || len(args) == 3):
		parts := strings.Split(a.text, args[1].text)
		if len(args) == 3 { // the first so many, and not the rest in the last one
			if n, err := strconv.Atoi(args[2].text); err == nil && n >= 0 && n < len(parts) {
				parts = parts[:n]
			}
		}
		t := term{parts: []term{}}
		for _, part := range parts {
			t.parts = append(t.parts, plainTerm(part, a.variable))
		}
		return t, true
	case name == "$replace" && len(args) == 3:
		re, err := regexp.Compile(args[1].pattern)
		if err != nil {
			return term{}, false
		}
		return plainTerm(re.ReplaceAllString(a.text, args[2].text), a.variable), true
	}
	return term{}, false
}

func joined(parts []term, between string) (out term) {
	for i, t := range parts {
		if i > 0 {
			out.text += between
			out.pattern += regexp.QuoteMeta(between)
		}
		out.text += t.text
		out.pattern += t.pattern
		out.variable = out.variable || t.variable
	}
	return out
}
