package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

func versionCommand() *cli.Command {
	return &cli.Command{Name: "version", Usage: "print the version", OnUsageError: usageErrorOf, Action: printVersion}
}

func printVersion(c *cli.Context) error {
	if c.NArg() > 0 {
		return usagef(c, "version takes no arguments, got %q", c.Args().First())
	}
	_, err := fmt.Fprintf(c.App.Writer, "pcf-scan %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

func completionCommand() *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "print a completion script for a shell", ArgsUsage: "bash|zsh|fish",
		Description:  "bash: source <(pcf-scan completion bash)\nzsh:  source <(pcf-scan completion zsh)\nfish: pcf-scan completion fish | source",
		OnUsageError: usageErrorOf,
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return usagef(c, "completion needs exactly one shell: bash, zsh or fish")
			}
			var script string
			switch c.Args().First() {
			case "bash":
				script = bashCompletion(c.App)
			case "zsh":
				script = "autoload -U +X bashcompinit && bashcompinit\n" + bashCompletion(c.App)
			case "fish":
				script = fishCompletion(c.App)
			default:
				return usagef(c, "completion %q: want bash, zsh or fish", c.Args().First())
			}
			_, err := fmt.Fprint(c.App.Writer, script)
			return err
		},
	}
}

// bashCompletion completes commands, then the flags of the command, then files.
func bashCompletion(app *cli.App) string {
	var b strings.Builder
	b.WriteString("_pcf_scan() {\n  local cur=\"${COMP_WORDS[COMP_CWORD]}\" words=\"\"\n  case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n")
	for _, c := range app.Commands {
		for _, s := range c.Subcommands {
			fmt.Fprintf(&b, "    %q*) words=%q ;;\n", c.Name+" "+s.Name, strings.Join(flagWords(s.Flags), " "))
		}
		words := flagWords(c.Flags)
		for _, s := range c.Subcommands {
			words = append(words, s.Name)
		}
		fmt.Fprintf(&b, "    %q*) words=%q ;;\n", c.Name+" ", strings.Join(words, " "))
	}
	b.WriteString("  esac\n")
	fmt.Fprintf(&b, "  if [ \"$COMP_CWORD\" -eq 1 ]; then words=%q; fi\n", strings.Join(visible(app), " "))
	b.WriteString("  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -o default -F _pcf_scan pcf-scan\n")
	return b.String()
}

func fishCompletion(app *cli.App) string {
	var b strings.Builder
	for _, c := range app.Commands {
		if c.Name == "help" {
			continue
		}
		fmt.Fprintf(&b, "complete -c pcf-scan -n __fish_use_subcommand -f -a %s -d %q\n", c.Name, c.Usage)
		for _, s := range c.Subcommands {
			fmt.Fprintf(&b, "complete -c pcf-scan -n '__fish_seen_subcommand_from %s' -f -a %s -d %q\n", c.Name, s.Name, s.Usage)
		}
		for _, f := range flagWords(append(c.Flags, subFlags(c)...)) {
			fmt.Fprintf(&b, "complete -c pcf-scan -n '__fish_seen_subcommand_from %s' -l %s\n", c.Name, strings.TrimPrefix(f, "--"))
		}
	}
	return b.String()
}

func subFlags(c *cli.Command) []cli.Flag {
	var flags []cli.Flag
	for _, s := range c.Subcommands {
		flags = append(flags, s.Flags...)
	}
	return flags
}

func visible(app *cli.App) []string {
	return slices.DeleteFunc(commandNames(app), func(n string) bool { return n == "help" })
}

func flagWords(flags []cli.Flag) []string {
	var words []string
	for _, f := range flags {
		words = append(words, "--"+f.Names()[0])
	}
	slices.Sort(words)
	return slices.Compact(words)
}
