// Command pcf-scan knows which application and version owns every resource of an AWS
// account, sees what differs from the declaration, judges everything against rules and
// reports it. This package is wiring only: flags, files, clocks and exit codes.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	_ "github.com/pcf-scan/pcf-scan/cmd/pcf-scan/memory" // collect seldom, from the first package on
	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reports"
)

// version is set by the linker (-X main.version=…).
var version = "dev"

func main() {
	// The first Ctrl-C ends the run cleanly with what is known; a second one kills.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() { <-ctx.Done(); stop() }()
	os.Exit(run(ctx, os.Args, os.Stdout, os.Stderr))
}

// run is the whole program: it returns the exit code and writes the report to stdout,
// everything else to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	// An environment variable that is set to nothing is not set: CI systems export such.
	for _, v := range os.Environ() {
		if name, value, _ := strings.Cut(v, "="); value == "" && strings.HasPrefix(name, "PCF_SCAN_") {
			_ = os.Unsetenv(name) // cannot fail for a name that the environment has
		}
	}
	code := engine.ExitClean
	report := &output{Writer: stdout}
	app := newApp(&code, report, stderr)
	err := app.RunContext(ctx, permute(app, args))
	if err == nil && report.err != nil {
		err = fmt.Errorf("write to stdout: %w", report.err)
	}
	switch {
	case err == nil:
		return code
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "pcf-scan: interrupted")
		return engine.ExitInterrupted
	}
	fmt.Fprintln(stderr, "pcf-scan: "+reports.Inert(err.Error()))
	var u *usageError
	if errors.As(err, &u) {
		fmt.Fprintf(stderr, "Run 'pcf-scan %shelp' for what is possible.\n", u.prefix())
	}
	return engine.ExitUsage
}

// warnEnvironment names variables that look like ours and mean nothing.
func warnEnvironment(c *cli.Context) {
	known := map[string]bool{}
	for _, c := range c.App.Commands {
		for _, f := range append(slices.Clone(c.Flags), subFlags(c)...) {
			known[envOf(f.Names()[0])[0]] = true
		}
	}
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		// The tests of the program itself use these two.
		if strings.HasPrefix(name, "PCF_SCAN_") && !known[name] && !strings.HasPrefix(name, "PCF_SCAN_MOTO") && name != "PCF_SCAN_TEST_PROGRAM" {
			logger(c).Warn("the environment variable " + name + " sets no flag of this program")
		}
	}
}

func newApp(code *int, stdout, stderr io.Writer) *cli.App {
	return &cli.App{
		Name:                   "pcf-scan",
		Usage:                  "knows who owns every AWS resource, what drifted, and which rules it breaks",
		HideVersion:            true, // -v means more logs; `version` and --version print the version
		Writer:                 stdout,
		ErrWriter:              stderr,
		ExitErrHandler:         func(*cli.Context, error) {},
		OnUsageError:           usageErrorOf,
		UseShortOptionHandling: true,
		// A comma is part of a value (a list parameter, a path): flags are repeated instead.
		DisableSliceFlagSeparator: true,
		Flags:                     []cli.Flag{&cli.BoolFlag{Name: "version", Usage: "print the version"}},
		Action: func(c *cli.Context) error {
			if c.Bool("version") {
				return printVersion(c)
			}
			if name := c.Args().First(); name != "" {
				return &usageError{message: fmt.Sprintf("unknown command %q", name), meant: schema.Suggest(name, commandNames(c.App))}
			}
			return cli.ShowAppHelp(c)
		},
		Commands: []*cli.Command{
			checkCommand(code), scanCommand(code), driftCommand(code), inventoryCommand(code), tagCommand(code), repairCommand(code), reapCommand(code),
			rulesCommand(code), explainCommand(code), typesCommand(code), permissionsCommand(), reportCommand(code), historyCommand(), auditCommand(code), initCommand(), versionCommand(), completionCommand(),
		},
	}
}

// usageError is a mistake in how the program was called.
type usageError struct {
	command string
	message string
	meant   string
}

func (e *usageError) Error() string {
	s := e.message
	if e.meant != "" {
		s += fmt.Sprintf(" (did you mean %q?)", e.meant)
	}
	return s
}

func (e *usageError) prefix() string {
	if e.command == "" {
		return ""
	}
	return e.command + " --"
}

func usagef(c *cli.Context, format string, args ...any) error {
	return &usageError{command: commandOf(c), message: fmt.Sprintf(format, args...)}
}

// commandOf names the command as a user types it: "rules show"; "" for the program itself.
func commandOf(c *cli.Context) string {
	if c.Command == nil {
		return ""
	}
	return strings.TrimPrefix(strings.TrimPrefix(c.Command.HelpName, c.App.Name), " ")
}

// usageErrorOf turns the flag package's messages into ours, with a suggestion.
func usageErrorOf(c *cli.Context, err error, _ bool) error {
	u := &usageError{message: err.Error(), command: commandOf(c)}
	if name, ok := strings.CutPrefix(u.message, "flag needs an argument: -"); ok {
		u.message = "--" + strings.TrimLeft(name, "-") + " needs a value"
	}
	if m := notAValue.FindStringSubmatch(u.message); m != nil { // by flag: value, name; from the environment: value, variable, name
		for _, f := range c.Command.Flags {
			if slices.Contains(f.Names(), cmp.Or(m[2], m[5])) {
				u.message = fmt.Sprintf("%s %q: want %s", cmp.Or(m[4], "--"+m[2]), m[1]+m[3], kindOf(f))
			}
		}
	}
	if name, ok := strings.CutPrefix(u.message, "flag provided but not defined: -"); ok {
		name = strings.TrimLeft(name, "-")
		u.message = fmt.Sprintf("unknown flag --%s for %s", name, cmp.Or(u.command, c.App.Name))
		var known []string
		for _, f := range c.Command.Flags {
			known = append(known, f.Names()...)
		}
		if others := commandsWith(c.App, name); len(others) > 0 {
			u.message += "; it is a flag of " + strings.Join(others, ", ")
		} else if meant := schema.Suggest(name, known); meant != "" {
			u.meant = "--" + meant
		}
	}
	return u
}

// notAValue is what the flag library says about a value of another kind; it says why in
// the words of Go's parsers.
var notAValue = regexp.MustCompile(`^(?:invalid (?:boolean )?value "(.*)" for (?:flag )?-+([\w-]+): |could not parse "(.*)" as .* value from environment variable "(\w+)" for flag ([\w-]+): )`)

// commandsWith names the commands that take a flag.
func commandsWith(app *cli.App, flag string) []string {
	var names []string
	for _, c := range app.Commands {
		if slices.Contains(flagWords(c.Flags), "--"+flag) {
			names = append(names, c.Name)
		}
		for _, s := range c.Subcommands {
			if slices.Contains(flagWords(s.Flags), "--"+flag) {
				names = append(names, c.Name+" "+s.Name)
			}
		}
	}
	return names
}

func commandNames(app *cli.App) []string {
	var names []string
	for _, c := range app.Commands {
		names = append(names, c.Name)
	}
	return names
}

// permute moves flags before the paths they may follow: the flag package stops at the
// first argument and would drop the rest silently. Everything after "--" is a path.
func permute(app *cli.App, args []string) []string {
	if len(args) == 0 {
		return args
	}
	var words, flags, paths []string
	command := &cli.Command{Flags: app.Flags, Subcommands: app.Commands}
	rest := args[1:]
	for i := 0; i < len(rest); i++ {
		a := rest[i]
		switch {
		case a == "--":
			paths = append(paths, rest[i+1:]...)
			i = len(rest)
		case a == "-" || !strings.HasPrefix(a, "-"):
			if sub := subcommand(command, a); sub != nil && len(paths) == 0 {
				command = sub
				words = append(words, a)
				continue
			}
			paths = append(paths, a)
		default:
			flags = append(flags, a)
			if !strings.Contains(a, "=") && takesValue(app, command, strings.TrimLeft(a, "-")) {
				if i++; i < len(rest) {
					flags = append(flags, rest[i])
				} else {
					// The flag package must find the value missing, and not take our "--" for it.
					return slices.Concat(args[:1], words, flags)
				}
			}
		}
	}
	out := append([]string{args[0]}, words...)
	out = append(out, flags...)
	if len(paths) > 0 && len(words) > 0 {
		out = append(out, "--")
	}
	return append(out, paths...)
}

func subcommand(c *cli.Command, name string) *cli.Command {
	for _, s := range c.Subcommands {
		if s.HasName(name) {
			return s
		}
	}
	return nil
}

// takesValue looks the flag up in the command and, for flags written before the
// command's name, in all of them.
func takesValue(app *cli.App, c *cli.Command, name string) bool {
	lists := [][]cli.Flag{c.Flags}
	for _, other := range app.Commands {
		lists = append(lists, other.Flags)
		for _, sub := range other.Subcommands {
			lists = append(lists, sub.Flags)
		}
	}
	for _, list := range lists {
		for _, f := range list {
			for _, n := range f.Names() {
				if n == name {
					_, isBool := f.(*cli.BoolFlag)
					return !isBool
				}
			}
		}
	}
	return false
}
