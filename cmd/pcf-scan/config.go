package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"
	"go.yaml.in/yaml/v3"

	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// configName is looked for from the working directory up to the repository root.
const configName = ".pcf-scan.yaml"

// configure fills the flags that neither the command line nor the environment sets from
// the configuration file. Its keys are the long flag names in camelCase; a key that no
// command knows is an error with its line, because a setting must never be ignored.
func configure(c *cli.Context) error {
	file := c.String("config")
	if file == "" {
		file = findConfig()
		if file == "" {
			return nil
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return fmt.Errorf("read configuration %s: %w", file, err)
	}
	if len(doc.Content) == 0 {
		return nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: want keys such as failOn: high", file, root.Line)
	}
	known := map[string]bool{}
	for _, command := range c.App.Commands {
		for _, f := range append(command.Flags, subFlags(command)...) {
			known[camel(f.Names()[0])] = true
		}
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if !known[key.Value] || key.Value == "config" {
			message := fmt.Sprintf("%s:%d: unknown key %q", file, key.Line, key.Value)
			var names []string
			for k := range known {
				names = append(names, k)
			}
			if meant := schema.Suggest(key.Value, names); meant != "" {
				message += fmt.Sprintf(" (did you mean %q?)", meant)
			}
			return errors.New(message)
		}
		if seen[key.Value] {
			return fmt.Errorf("%s:%d: key %q stands twice", file, key.Line, key.Value)
		}
		seen[key.Value] = true
		if err := setFlag(c, file, key, value); err != nil {
			return err
		}
	}
	return nil
}

func setFlag(c *cli.Context, file string, key, value *yaml.Node) error {
	for _, f := range c.Command.Flags {
		name := f.Names()[0]
		if camel(name) != key.Value || c.IsSet(name) {
			continue
		}
		var values []string
		switch value.Kind {
		case yaml.ScalarNode:
			values = []string{value.Value}
		case yaml.SequenceNode:
			for _, v := range value.Content {
				values = append(values, v.Value)
			}
			if _, isList := f.(*cli.StringSliceFlag); !isList {
				return fmt.Errorf("%s:%d: %s takes one value, not a list", file, value.Line, key.Value)
			}
		case yaml.MappingNode: // parameter: {Stage: dev} is --parameter Stage=dev
			for i := 0; i+1 < len(value.Content); i += 2 {
				values = append(values, value.Content[i].Value+"="+value.Content[i+1].Value)
			}
		}
		for _, v := range values {
			if err := c.Set(name, v); err != nil {
				return fmt.Errorf("%s:%d: %s: %w", file, value.Line, key.Value, err)
			}
		}
	}
	return nil
}

// camel turns a flag name into its key: fail-on is failOn.
func camel(flag string) string {
	parts := strings.Split(flag, "-")
	for i, p := range parts[1:] {
		parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
	}
	return strings.Join(parts, "")
}

func findConfig() string {
	dir, err := os.Getwd()
	for err == nil {
		file := filepath.Join(dir, configName)
		if _, e := os.Stat(file); e == nil {
			return file
		} else if !errors.Is(e, fs.ErrNotExist) {
			return file // it is there and cannot be read: the error comes when it is opened
		}
		if _, e := os.Stat(filepath.Join(dir, ".git")); e == nil || filepath.Dir(dir) == dir {
			return ""
		}
		dir = filepath.Dir(dir)
	}
	return ""
}
