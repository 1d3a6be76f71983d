package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"slices"
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
	return hashOf(rule, r.Owned.Environment, r.Owned.App, place, contentPath(r.Properties, path))
}

// DriftFingerprint identifies a drift across runs: what is declared, where it lives, the
// class and the paths that changed, with list elements named by what is there now. The
// same difference has the same fingerprint, a further one on the same resource another.
func DriftFingerprint(d Drift) string {
	parts := []string{"drift", d.Class, d.Environment, d.App, d.Particle, d.Resource.LogicalID, refOf(d.Resource).String()}
	for _, c := range d.Changes {
		if c.Severity != "info" {
			live, _ := json.Marshal(c.Live) // a value that has no JSON gives the empty text, still stable
			parts = append(parts, c.Path+" "+c.Kind+" "+string(live))
		}
	}
	slices.Sort(parts[7:])
	return hashOf(parts...)
}

// OwnershipFingerprint identifies the class of a live resource across runs.
func OwnershipFingerprint(partition string, r Resource) string {
	ref := inventory.Ref{Partition: partition, Account: r.Account, Region: r.Region, Type: r.Type, ID: r.ID}
	return hashOf("owner", r.Class, ref.String())
}

func refOf(p Place) inventory.Ref {
	return inventory.Ref{Partition: p.Partition, Account: p.Account, Region: p.Region, Type: p.Type, ID: p.ID}
}

// hashOf hashes parts so that no two lists of parts read the same.
func hashOf(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
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
