package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// fingerprint identifies a finding across runs: over the rule, environment and app,
// the declared place (stack or file stem, and logical id) or the live ref, and the
// path with list elements named by their content. A line number or an index never
// enters it, so moving a resource in its file or adding a rule before it changes
// nothing.
func fingerprint(rule string, r *inventory.Resource, stack, path string) string {
	place := r.Ref.String()
	if r.Declared {
		if stack == "" {
			base := filepath.Base(r.Position.File)
			stack = strings.TrimSuffix(base, filepath.Ext(base))
		}
		place = stack + "/" + r.LogicalID
	}
	h := sha256.New()
	for _, part := range []string{rule, r.Owned.Environment, r.Owned.App, place, contentPath(r.Properties, path)} {
		h.Write([]byte(strconv.Quote(part)))
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// contentPath rewrites a pointer with each list index replaced by a short hash of the
// element.
func contentPath(props any, pointer string) string {
	var b strings.Builder
	v := props
	for _, part := range schema.SplitPointer(pointer) {
		switch c := v.(type) {
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(c) {
				v = nil
				break
			}
			v = c[i]
			text, _ := json.Marshal(v) // a value that has no JSON gives the empty text, still stable
			sum := sha256.Sum256(text)
			part = "#" + hex.EncodeToString(sum[:6])
		case map[string]any:
			v = c[part]
		default:
			v = nil
		}
		b.WriteString("/" + part)
	}
	return b.String()
}
