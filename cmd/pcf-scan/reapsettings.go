package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"go.yaml.in/yaml/v3"

	"github.com/pcf-scan/pcf-scan/reaper"
)

// reapSettings is the key `reap:` of the configuration: the fences around everything that
// acts.
type reapSettings struct {
	Accounts   []string         `yaml:"accounts"`   // in which the program may act; none: the caller's own
	Window     string           `yaml:"window"`     // when something may be deleted, as 22:00-05:00
	KillSwitch string           `yaml:"killSwitch"` // a file that stops every change while it is there
	Protect    []protectedThing `yaml:"protect"`
	dir        string           // of the configuration
}

// stop returns the kill switch; nil without one. A relative path is looked for where the program
// runs and beside the configuration: a switch that somebody set must not be missed because the
// job was started in another directory.
func (s reapSettings) stop() func() (string, error) {
	switch {
	case s.KillSwitch == "":
		return nil
	case filepath.IsAbs(s.KillSwitch):
		return reaper.KillSwitch(s.KillSwitch)
	}
	return reaper.Switches(reaper.KillSwitch(s.KillSwitch), reaper.KillSwitch(filepath.Join(s.dir, s.KillSwitch)))
}

// A protectedThing is never marked, held or deleted. Fields that are set must all match;
// globs are allowed.
type protectedThing struct {
	Type string            `yaml:"type"`
	ID   string            `yaml:"id"`
	Tags map[string]string `yaml:"tags"`
}

// reapSettingsOf returns the settings that configure found; the zero value when none are
// written.
func reapSettingsOf(c *cli.Context) reapSettings {
	s, _ := c.App.Metadata["reap"].(reapSettings)
	return s
}

// readReapSettings decodes the value of `reap:`. A key that is not known is an error with
// its line.
func readReapSettings(file string, value *yaml.Node) (s reapSettings, err error) {
	if value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	if err := knownKeys(file, "reap", value, "accounts", "window", "killSwitch", "protect"); err != nil {
		return s, err
	}
	for i := 0; i+1 < len(value.Content); i += 2 {
		if value.Content[i].Value != "protect" {
			continue
		}
		for _, one := range value.Content[i+1].Content {
			if err := knownKeys(file, "reap.protect", one, "type", "id", "tags"); err != nil {
				return s, err
			}
			if len(one.Content) == 0 {
				return s, fmt.Errorf("%s:%d: reap.protect: an entry without type, id or tags protects nothing", file, one.Line)
			}
		}
	}
	if err := value.Decode(&s); err != nil {
		return s, fmt.Errorf("%s:%d: reap: %w", file, value.Line, err)
	}
	s.dir = filepath.Dir(file)
	return s, nil
}

// knownKeys wants a mapping with no other keys than these, each once.
func knownKeys(file, of string, n *yaml.Node, keys ...string) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: %s: want keys such as %s: …", file, n.Line, of, keys[0])
	}
	var seen []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case !slices.Contains(keys, key.Value):
			return fmt.Errorf("%s:%d: %s: unknown key %q; there are %s", file, key.Line, of, key.Value, strings.Join(keys, ", "))
		case slices.Contains(seen, key.Value):
			return fmt.Errorf("%s:%d: %s: key %q stands twice", file, key.Line, of, key.Value)
		}
		seen = append(seen, key.Value)
	}
	return nil
}
