package emulator

import (
	"bytes"
	_ "embed" // the script below
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strings"
)

// paging is how one operation is paginated, under the names in requests and answers.
type paging struct {
	Lists         []string
	Input, Output string // the tokens
	More          string // says whether the list goes on; empty where only the token does
	XML           int    // how deep the lists stand in an XML answer, counted from 1; 0 for JSON
}

//go:embed testdata/paginators.py
var paginatorsScript string

// paginators asks botocore.
func paginators(python string) (known map[string][]paging, err error) {
	cmd := exec.Command(python, "-")
	cmd.Stdin = strings.NewReader(paginatorsScript)
	cmd.Env = environ()
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ask botocore how operations are paginated: %w", err)
	}
	return known, json.Unmarshal(out, &known)
}

// secondPage is the token of the proxy's own pages.
const secondPage = "the-second-page"

// page answers with one page of the true answer.
func (p *proxy) page(w http.ResponseWriter, r *http.Request, body []byte, fault Fault, call Call) {
	known, err := p.pages()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	variants, second := known[call.Service+"."+call.Action], false
	for _, how := range variants {
		if rest, had := how.withoutToken(body); had {
			body, second = rest, true
		}
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	p.change(w, r, func(whole []byte) []byte {
		for _, how := range variants {
			cut := func(n int) (from, to int) {
				half := n / 2
				switch fault {
				case EmptyPage:
					half = 0
				case EmptyList:
					return 0, 0
				}
				if second {
					return half, n
				}
				return 0, half
			}
			if part, ok := how.part(whole, cut, fault == RepeatToken || !second && fault != EmptyList); ok {
				return part
			}
		}
		return whole
	})
}

// withoutToken takes our token out of a request.
func (how paging) withoutToken(body []byte) (rest []byte, had bool) {
	if how.XML > 0 {
		form, err := url.ParseQuery(string(body))
		if err != nil || form.Get(how.Input) != secondPage {
			return body, false
		}
		form.Del(how.Input)
		return []byte(form.Encode()), true
	}
	in, err := object(body)
	if err != nil || in[how.Input] != secondPage {
		return body, false
	}
	delete(in, how.Input)
	rest, err = json.Marshal(in)
	return rest, err == nil
}

// part keeps those elements of each list that cut chooses among n, and adds the token.
func (how paging) part(answer []byte, cut func(n int) (from, to int), token bool) ([]byte, bool) {
	if how.XML > 0 {
		return how.partOfXML(answer, cut, token)
	}
	out, err := object(answer)
	if next, _ := out[how.Output].(string); err != nil || next != "" {
		return nil, false
	}
	lists := 0
	for _, name := range how.Lists {
		if list, ok := out[name].([]any); ok {
			lists++
			from, to := cut(len(list))
			out[name] = list[from:to]
		}
	}
	if lists == 0 {
		return nil, false
	}
	if token {
		out[how.Output] = secondPage
	}
	if how.More != "" {
		out[how.More] = token
	}
	part, err := json.Marshal(out)
	return part, err == nil
}

func object(text []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var o map[string]any
	err := decoder.Decode(&o)
	return o, err
}

// partOfXML cuts the text and never writes XML anew, so that everything else in the answer
// stays as it was sent.
func (how paging) partOfXML(answer []byte, cut func(n int) (from, to int), token bool) ([]byte, bool) {
	type span struct{ from, to int }
	elements := map[string][]span{} // by list
	var drop []span                 // the answer's own token and "more", and the elements not kept
	end, next := -1, ""             // where the last list ends, and the answer's token
	decoder := xml.NewDecoder(bytes.NewReader(answer))
	var path []string
	var starts []int
	for {
		before := int(decoder.InputOffset())
		t, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, false
		}
		switch t := t.(type) {
		case xml.StartElement:
			path, starts = append(path, t.Name.Local), append(starts, before)
		case xml.CharData:
			if len(path) == how.XML && path[len(path)-1] == how.Output {
				next += string(t)
			}
		case xml.EndElement:
			whole := span{starts[len(starts)-1], int(decoder.InputOffset())}
			switch {
			case len(path) == how.XML+1 && slices.Contains(how.Lists, path[how.XML-1]):
				elements[path[how.XML-1]] = append(elements[path[how.XML-1]], whole)
			case len(path) == how.XML && slices.Contains(how.Lists, path[how.XML-1]):
				end = whole.to
			case len(path) == how.XML && (path[how.XML-1] == how.Output || path[how.XML-1] == how.More):
				drop = append(drop, whole)
			}
			path, starts = path[:len(path)-1], starts[:len(starts)-1]
		}
	}
	if end < 0 || strings.TrimSpace(next) != "" {
		return nil, false
	}
	for _, list := range elements {
		from, to := cut(len(list))
		drop = append(append(drop, list[:from]...), list[to:]...)
	}
	slices.SortFunc(drop, func(a, b span) int { return a.from - b.from })
	var added string
	if token {
		added = fmt.Sprintf("<%[1]s>%[2]s</%[1]s>", how.Output, secondPage)
	}
	if how.More != "" {
		added += fmt.Sprintf("<%[1]s>%[2]t</%[1]s>", how.More, token)
	}
	var part []byte
	at := 0
	for _, d := range append(drop, span{len(answer), len(answer)}) {
		if at <= end && end <= d.from {
			part = append(append(part, answer[at:end]...), added...)
			at, added = end, ""
		}
		part = append(part, answer[at:d.from]...)
		at = d.to
	}
	return part, true
}
