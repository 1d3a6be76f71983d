package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory/aws"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reaper/awscloud"
	"github.com/pcf-scan/pcf-scan/reports"
)

func typesCommand(_ *int) *cli.Command {
	return &cli.Command{
		Name: "types", Usage: "what is supported per resource type; with TYPE its properties", ArgsUsage: "[TYPE]",
		Description: "read: the type has a native reader. tag, create, update, delete: it has a writer.\n" +
			"drift: properties that the reader returns, of those that can be read back.",
		Flags:        []cli.Flag{text("format", "`FORMAT`: table or json", "table"), toggle("all", "also the types without a reader"), text("config", "configuration `FILE`", "")},
		OnUsageError: usageErrorOf,
		Action:       types,
	}
}

// supportedType is one entry of `types --format json` (CONTRACT.md section 5).
type supportedType struct {
	Type   string `json:"type"`
	Read   bool   `json:"read"`
	Tag    bool   `json:"tag"`
	Create bool   `json:"create"`
	Update bool   `json:"update"`
	Delete bool   `json:"delete"`
	Drift  string `json:"drift"` // "18/20": properties compared, of those that can be read back
}

func types(c *cli.Context) error {
	if err := configure(c); err != nil {
		return err
	}
	if c.NArg() > 1 {
		return usagef(c, "types takes one TYPE at the most")
	}
	if name := c.Args().First(); name != "" {
		return showType(c, name)
	}
	var list []supportedType
	for _, r := range aws.Readers() {
		list = append(list, supportedType{
			Type: r.Type, Read: true, Drift: coverage(r.Type), Tag: awscloud.Can(r.Type, plan.Tag), Create: awscloud.Can(r.Type, plan.Create),
			Update: awscloud.Can(r.Type, plan.Update), Delete: awscloud.Can(r.Type, plan.Delete),
		})
	}
	if c.Bool("all") {
		for _, name := range schema.Names() {
			if reader(name) == nil {
				list = append(list, supportedType{Type: name, Drift: "0"})
			}
		}
	}
	slices.SortFunc(list, func(a, b supportedType) int { return strings.Compare(a.Type, b.Type) })
	switch c.String("format") {
	case "json":
		return envelope(c, "types", list)
	case "table":
		rows := [][]string{}
		for _, t := range list {
			rows = append(rows, []string{t.Type, yes(t.Read), yes(t.Tag), yes(t.Create), yes(t.Update), yes(t.Delete), t.Drift})
		}
		return reports.Columns(c.App.Writer, terminal(c), []string{"type", "read", "tag", "create", "update", "delete", "drift"}, rows)
	}
	return usagef(c, "--format %q: want table or json", c.String("format"))
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "-"
}

func reader(name string) *aws.Reader {
	for _, r := range aws.Readers() {
		if r.Type == name {
			return r
		}
	}
	return nil
}

// reads lists the paths of a type that its reader can return; none without a reader.
func reads(name string) []string {
	if r := reader(name); r != nil {
		return r.Reads
	}
	return nil
}

// coverage says how much of a type is compared (see schema.Type.Coverage).
func coverage(name string) string {
	t, ok := schema.Lookup(name)
	if !ok {
		return "-"
	}
	covered, readable := t.Coverage(reads(name))
	return fmt.Sprintf("%d/%d", covered, readable)
}

func showType(c *cli.Context, name string) error {
	t, ok := schema.Lookup(name)
	if !ok {
		return &usageError{command: "types", message: fmt.Sprintf("there is no resource type %q", name), meant: schema.Suggest(name, schema.Names())}
	}
	missing := t.Unread(reads(name))
	type property struct {
		Name string `json:"name"`
		Kind string `json:"kind"`
		Note string `json:"note"`
	}
	var list []property
	for _, p := range slices.Sorted(maps.Keys(t.Root.Properties)) {
		pointer := "/" + p
		var notes []string
		note := func(is bool, text string) {
			if is {
				notes = append(notes, text)
			}
		}
		note(slices.Contains(t.Required, p), "required")
		note(slices.Contains(t.PrimaryIdentifier, pointer), "identifier")
		note(t.IsReadOnly(pointer), "read-only")
		note(t.IsWriteOnly(pointer), "write-only")
		note(t.IsCreateOnly(pointer), "create-only")
		note(t.IsConditionalCreateOnly(pointer), "may need replacement")
		note(pointer == t.TagProperty, "tags")
		note(slices.ContainsFunc(missing, func(u string) bool { return u == pointer || strings.HasPrefix(u, pointer+"/") }), "not read, or in part")
		list = append(list, property{p, t.Root.Properties[p].KindName(), strings.Join(notes, ", ")})
	}
	switch c.String("format") {
	case "json":
		return envelope(c, "types", []any{map[string]any{"type": name, "read": reader(name) != nil, "drift": coverage(name), "properties": list}})
	case "table":
		rows := [][]string{}
		for _, p := range list {
			rows = append(rows, []string{p.Name, p.Kind, p.Note})
		}
		return reports.Columns(c.App.Writer, terminal(c), []string{"property", "kind", "note"}, rows)
	}
	return usagef(c, "--format %q: want table or json", c.String("format"))
}
