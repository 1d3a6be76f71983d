package declared

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// parseYAML reads all documents of a YAML text. Empty documents are left out.
func parseYAML(file string, data []byte) ([]*document, *inventory.Fault) {
	if len(data) > maxYAML {
		return nil, &inventory.Fault{
			Position: inventory.Position{File: file},
			Message:  fmt.Sprintf("the file has %d MiB; a YAML file may have %d", len(data)>>20, maxYAML>>20),
			Hint:     "split the file, or write it as JSON",
		}
	}
	var docs []*document
	for dec := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var root yaml.Node
		err := dec.Decode(&root)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, yamlFault(file, data, err)
		}
		p := yamlParser{doc: &document{file: file}, done: map[*yaml.Node]*node{}}
		if len(root.Content) == 0 {
			continue
		}
		if p.doc.root, err = p.value(root.Content[0], 0); err != nil {
			at := root.Content[0]
			return nil, &inventory.Fault{
				Position: inventory.Position{File: file, Line: at.Line, Column: at.Column},
				Message:  "malformed YAML: " + err.Error(),
				Hint:     "write the values out, in fewer levels",
			}
		}
		if p.doc.root.kind != nullNode {
			docs = append(docs, p.doc)
		}
	}
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// yamlFault turns the parser's error, which has no column and a line that depends on
// the part that noticed the mistake, into a place.
func yamlFault(file string, data []byte, err error) *inventory.Fault {
	message := err.Error()
	m := yamlLine.FindStringSubmatch(message)
	message = strings.TrimPrefix(message, m[0])
	line, _ := strconv.Atoi(m[1])
	lines := bytes.Split(data, []byte("\n"))
	if anchor, ok := strings.CutPrefix(message, "unknown anchor '"); ok { // reported without a line
		name, _, _ := strings.Cut(anchor, "'")
		if i := bytes.Index(data, []byte("*"+name)); i >= 0 {
			line = 1 + bytes.Count(data[:i], []byte("\n"))
		}
	} else if isGrammarMistake(message) {
		line++ // the grammar counts lines from 0, the scanner from 1
	}
	line = min(max(line, 1), len(lines))
	if message == "did not find expected key" || message == "did not find expected '-' indicator" {
		line = breakingLine(data, lines, line, err)
	}
	for line > 1 && len(bytes.TrimSpace(lines[line-1])) == 0 { // the end of the file was met
		line--
	}
	text := lines[line-1]
	hint := "check indentation, colons and quotes here and on the line above, or leave the file out with .gitignore"
	if bytes.HasPrefix(text, []byte("\t")) {
		hint = "indent with spaces: YAML does not take tabs"
	}
	return &inventory.Fault{
		Position: inventory.Position{File: file, Line: line, Column: 1 + len(text) - len(bytes.TrimLeft(text, " \t"))},
		Message:  "malformed YAML: " + message,
		Hint:     hint,
	}
}

// breakingLine finds the line that breaks a block, of which the parser only tells where
// the block begins: the shortest text that fails in the same way ends there.
func breakingLine(data []byte, lines [][]byte, from int, err error) int {
	ends := make([]int, len(lines)+1)
	for i, l := range lines {
		ends[i+1] = min(ends[i]+len(l)+1, len(data))
	}
	return from + sort.Search(len(lines)-from, func(i int) bool {
		dec := yaml.NewDecoder(bytes.NewReader(data[:ends[from+i]]))
		for {
			var n yaml.Node
			if e := dec.Decode(&n); e != nil {
				return e.Error() == err.Error()
			}
		}
	})
}

func isGrammarMistake(message string) bool {
	for _, m := range []string{"key", "node content", "'-' indicator", "',' or ']'", "',' or '}'", "<document start>", "<stream-start>"} {
		if message == "did not find expected "+m {
			return true
		}
	}
	return false
}

// yamlParser turns the nodes of the YAML library into ours: aliases become shared
// nodes, merge keys are merged, short tags become function calls in their long form.
type yamlParser struct {
	doc    *document
	done   map[*yaml.Node]*node // nil while the node is being read
	budget nodeBudget
}

func (p *yamlParser) value(y *yaml.Node, depth int) (*node, error) {
	if y.Kind == yaml.AliasNode {
		n, seen := p.done[y.Alias]
		if seen && n == nil {
			return nil, fmt.Errorf("the anchor %q contains itself", y.Value)
		}
		if seen && depth+int(n.height) > maxDepth {
			return nil, errTooDeep
		}
		if seen {
			return n, nil
		}
		y = y.Alias
	}
	if err := p.budget.take(depth); err != nil {
		return nil, err
	}
	if y.Anchor != "" {
		p.done[y] = nil
	}
	n, err := p.fresh(y, depth)
	if err != nil {
		return nil, err
	}
	for _, item := range n.items {
		n.height = max(n.height, item.height+1)
	}
	for _, f := range n.fields {
		n.height = max(n.height, f.value.height+1)
	}
	if y.Anchor != "" {
		p.done[y] = n
	}
	return n, nil
}

func (p *yamlParser) fresh(y *yaml.Node, depth int) (*node, error) {
	n := &node{line: clampPosition(y.Line), column: clampPosition(y.Column)}
	switch y.Kind {
	case yaml.ScalarNode:
		n.kind, n.text = resolve(y), y.Value
	case yaml.SequenceNode:
		n.kind = listNode
		for _, e := range y.Content {
			item, err := p.value(e, depth+1)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
	case yaml.MappingNode:
		n.kind = mapNode
		if err := p.mapping(n, y, depth); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("line %d: a value is missing", y.Line)
	}
	if strings.HasPrefix(y.Tag, "!") && !strings.HasPrefix(y.Tag, "!!") && y.Tag != "!" {
		name, ok := longForm(y.Tag)
		if !ok {
			p.doc.faults = append(p.doc.faults, inventory.Fault{
				Position: p.doc.at(n),
				Message:  fmt.Sprintf("unknown tag %s", y.Tag),
				Hint:     didYouMean(strings.TrimPrefix(y.Tag, "!"), append([]string{"Ref", "Condition"}, functions...)),
			})
			return n, nil
		}
		n = &node{kind: mapNode, line: n.line, column: n.column, fields: []field{{name: name, line: n.line, column: n.column, value: n}}}
	}
	return n, nil
}

// mapping reads keys and values; what merge keys bring comes last and never replaces a
// key that is written.
func (p *yamlParser) mapping(n *node, y *yaml.Node, depth int) error {
	var seen fieldSet
	var merges []*node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		v, err := p.value(value, depth+1)
		if err != nil {
			return err
		}
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			p.doc.faults = append(p.doc.faults, inventory.Fault{
				Position: inventory.Position{File: p.doc.file, Line: key.Line, Column: key.Column},
				Message:  "a key must be text",
				Hint:     "a {{ … }} of a template language needs quotes, or the file must be rendered first",
			})
			continue
		}
		if key.ShortTag() == "!!merge" {
			merges = append(merges, v)
			continue
		}
		seen.add(p.doc, n, field{name: key.Value, line: clampPosition(key.Line), column: clampPosition(key.Column), value: v})
	}
	for _, m := range merges {
		sources := []*node{m}
		if m.kind == listNode {
			sources = m.items
		}
		for _, source := range sources {
			for _, f := range source.fields {
				if err := p.budget.take(depth); err != nil {
					return err
				}
				if _, taken := seen.has(n, f.name); !taken {
					n.fields = append(n.fields, f)
				}
			}
		}
	}
	return nil
}

var (
	intText   = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$|^0x[0-9a-fA-F]+$`)
	floatText = regexp.MustCompile(`^[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
)

// resolve decides the kind of a scalar. Where versions of YAML disagree the text wins,
// because text can still become what the schema wants, and a number cannot become the
// text again: 012345678901 is an account, 2012-10-17 a policy version, 12e5 an id. "yes"
// and "on" are text too, until the schema wants a boolean (see literals).
func resolve(y *yaml.Node) kind {
	switch y.ShortTag() {
	case "!!null":
		return nullNode
	case "!!bool":
		return boolNode
	case "!!int", "!!float":
		switch {
		case intText.MatchString(y.Value):
			return intNode
		case floatText.MatchString(y.Value):
			return floatNode
		}
	}
	return stringNode
}
