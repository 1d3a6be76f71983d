package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"
	"go.yaml.in/yaml/v3"

	"github.com/pcf-scan/pcf-scan/inventory/declared"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reports"
)

// configName is looked for from the working directory up to the repository root.
const configName = ".pcf-scan.yaml"

// configure fills the flags that neither the command line nor the environment sets from
// the configuration file. Its keys are the long flag names in camelCase; a key that no
// command knows is an error with its line, because a setting must never be ignored.
//
// A second call in one run changes nothing.
func configure(c *cli.Context) error {
	if c.App.Metadata[configName] != nil {
		return nil
	}
	c.App.Metadata[configName] = true
	file, err := readConfig(c)
	if err != nil {
		return err
	}
	logger(c).Debug("settings: " + cmp.Or(file, "no "+configName+" was found"))
	warnEnvironment(c)
	return applyIsTyped(c)
}

func readConfig(c *cli.Context) (file string, err error) {
	file = c.String("config")
	if file == "" {
		file = findConfig()
		if file == "" {
			return "", nil
		}
	}
	in, err := declared.Open(file)
	if err != nil {
		return "", fmt.Errorf("read configuration: %w", err)
	}
	defer in.Close()
	const most = 1 << 20 // bytes; a page of settings has a thousandth
	data, err := io.ReadAll(io.LimitReader(in, most+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read configuration: %w", err)
	case len(data) > most:
		return "", fmt.Errorf("read configuration %s: the file is larger than 1 MiB", file)
	}
	var doc, more yaml.Node
	documents := yaml.NewDecoder(bytes.NewReader(data))
	if err := documents.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read configuration %s: %w", file, err)
	}
	if err := documents.Decode(&more); !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read configuration %s: want one YAML document, it holds another one", file)
	}
	if len(doc.Content) == 0 {
		return file, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return "", fmt.Errorf("%s:%d: want keys such as failOn: high", file, root.Line)
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
		if key.Value == "reap" && !seen["reap"] {
			seen["reap"] = true
			settings, err := readReapSettings(file, value)
			if err != nil {
				return "", err
			}
			c.App.Metadata["reap"] = settings
			continue
		}
		if !known[key.Value] || key.Value == "config" {
			if key.Value == "config" {
				return "", fmt.Errorf("%s:%d: a configuration file cannot name another one: give it on the command line, as --config FILE", file, key.Line)
			}
			message := fmt.Sprintf("%s:%d: unknown key %q", file, key.Line, key.Value)
			var names []string
			for k := range known {
				names = append(names, k)
			}
			if meant := schema.Suggest(key.Value, names); meant != "" {
				message += fmt.Sprintf(" (did you mean %q?)", meant)
			}
			return "", errors.New(message)
		}
		if key.Value == applyFlag {
			return "", fmt.Errorf("%s:%d: a configuration file cannot make the program act: give --apply on the command line", file, key.Line)
		}
		if seen[key.Value] {
			return "", fmt.Errorf("%s:%d: key %q stands twice", file, key.Line, key.Value)
		}
		seen[key.Value] = true
		if err := setFlag(c, file, key, value); err != nil {
			return "", err
		}
	}
	return file, nil
}

func setFlag(c *cli.Context, file string, key, value *yaml.Node) error {
	for _, f := range c.Command.Flags {
		name := f.Names()[0]
		if camel(name) != key.Value || c.IsSet(name) {
			continue
		}
		// A format of reports says nothing to a command that writes a list.
		if u, is := f.(*cli.StringFlag); is && name == "format" && !strings.Contains(u.Usage, value.Value) {
			if _, err := reports.Lookup(value.Value); err == nil {
				continue
			}
		}
		values, err := configValues(f, key.Value, value)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", file, value.Line, err)
		}
		for _, v := range values {
			if err := c.Set(name, v); err != nil {
				return fmt.Errorf("%s:%d: %s: %q: want %s", file, value.Line, key.Value, v, kindOf(f))
			}
		}
	}
	return nil
}

// kindOf says what a value of a flag is, for the error about one that is not.
func kindOf(f cli.Flag) string {
	switch f.(type) {
	case *cli.BoolFlag:
		return "true or false"
	case *cli.IntFlag:
		return "a whole number"
	case *cli.DurationFlag:
		return "a duration such as 30m"
	}
	return "a value of --" + f.Names()[0]
}

// configValues are the values of one key as the flag would get them.
func configValues(f cli.Flag, key string, value *yaml.Node) ([]string, error) {
	scalar := func(n *yaml.Node) (string, error) {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		if n.Kind != yaml.ScalarNode {
			return "", fmt.Errorf("%s: want plain values here", key)
		}
		return n.Value, nil
	}
	if value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	_, isList := f.(*cli.StringSliceFlag)
	var values []string
	switch {
	case value.Kind == yaml.ScalarNode:
		return []string{value.Value}, nil
	case value.Kind == yaml.SequenceNode && isList:
		for _, n := range value.Content {
			v, err := scalar(n)
			if err != nil {
				return nil, err
			}
			values = append(values, v)
		}
		return values, nil
	case value.Kind == yaml.MappingNode && (key == "parameter" || key == "param"): // {Stage: dev} is --parameter Stage=dev
		for i := 0; i+1 < len(value.Content); i += 2 {
			v, err := scalar(value.Content[i+1])
			if err != nil {
				return nil, err
			}
			values = append(values, value.Content[i].Value+"="+v)
		}
		return values, nil
	}
	return nil, fmt.Errorf("%s: want one plain value", key)
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
