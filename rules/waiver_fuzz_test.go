package rules

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzWaivers: no panic on any waiver file; mistakes and waivers stand at lines of the file.
func FuzzWaivers(f *testing.F) {
	for _, seed := range []string{
		"", "# nothing\n", "---\n", "waivers:", "waivers: []", "waivers: [{}]", "waivers: [x, [y]]", "waivers: &a [*a]", "{", "\xff\xfe\x00",
		"waivers: [{rule: restricted-ssh, reason: vpn, approver: security, expires: 2027-03-01}]",
		"waivers:\n  - {rule: !!binary x, resource: 1, app: null, reason: r, approver: a, expires: soon, more: 1}\n",
		"a: &a {rule: r}\nwaivers: [{<<: *a, rule: s, rule: t}]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "waivers.yaml")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r")) + 2 // the end counts too
		inside := func(line int, what string) {
			if line < 0 || line > lines {
				t.Fatalf("%s stands in line %d of %d", what, line, lines)
			}
		}
		waivers, err := ReadWaivers(path)
		for _, w := range waivers {
			inside(w.Position.Line, "a waiver")
		}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				if mistake := (*LoadError)(nil); errors.As(e, &mistake) {
					inside(mistake.Position.Line, mistake.Message)
				}
			}
		}
	})
}
