package command

import (
	"fmt"
	"io"
	"slices"
	"strings"

	mango "github.com/muesli/mango-cobra"
	"github.com/muesli/roff"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/orderdeck/orderdeck/store/order/filter"
)

const exitCodes = "0 done · 1 failed · 2 not understood (flag, filter, date, name, setting) · 3 done in part"

// help writes the help of a command.
func help(cmd *cobra.Command, _ []string) {
	w := cmd.OutOrStdout()
	section := func(title string) { fmt.Fprintf(w, "\n%s\n", bold(w, title)) }
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	fmt.Fprintln(w, text)
	section("Usage")
	line := cmd.UseLine()
	if cmd.HasAvailableSubCommands() {
		line = cmd.CommandPath() + " COMMAND [flags]"
		if !cmd.HasParent() {
			line = cmd.CommandPath() + " [COMMAND] [flags]"
		}
	}
	fmt.Fprintf(w, "  %s\n", line)
	if cmd.Example != "" {
		section("Examples")
		fmt.Fprintln(w, cmd.Example)
	}
	helpCommands(cmd, section, w)
	if cmd.HasAvailableLocalFlags() && cmd.HasParent() {
		section("Flags")
		helpFlags(w, cmd.LocalNonPersistentFlags())
	}
	section("Flags of every command")
	helpFlags(w, cmd.Root().PersistentFlags())
	section("Exit codes")
	fmt.Fprintf(w, "  %s\n", exitCodes)
}

func helpCommands(cmd *cobra.Command, section func(string), w io.Writer) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	write := func(of []*cobra.Command) {
		for _, c := range of {
			fmt.Fprintf(w, "  %-12s %s\n", c.Name(), c.Short)
		}
	}
	available := slices.DeleteFunc(slices.Clone(cmd.Commands()), func(c *cobra.Command) bool { return !c.IsAvailableCommand() })
	if len(cmd.Groups()) == 0 {
		section("Commands")
		write(available)
		return
	}
	for _, g := range cmd.Groups() {
		section(g.Title)
		write(slices.DeleteFunc(slices.Clone(available), func(c *cobra.Command) bool { return c.GroupID != g.ID }))
	}
}

func helpFlags(w io.Writer, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name, what := pflag.UnquoteUsage(f)
		left := "--" + f.Name
		if f.Shorthand != "" {
			left = "-" + f.Shorthand + ", " + left
		}
		if name != "" {
			left += " " + strings.ToUpper(name)
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" {
			what += " (by default " + f.DefValue + ")"
		}
		fmt.Fprintf(w, "  %-24s %s\n", left, what)
	})
}

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Explain a command", GroupID: "about",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(cmd.Root(), strings.Join(args, " "))
			}
			return found.Help()
		},
	}
}

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "Write the manual page", GroupID: "about", Args: noArgs,
		Long:    "Writes the manual page in roff.",
		Example: "  orderdeck man | man -l -\n  orderdeck man > ~/.local/share/man/man1/orderdeck.1",
		RunE: func(cmd *cobra.Command, _ []string) error {
			forManual(cmd.Root())
			page, err := mango.NewManPage(1, cmd.Root())
			if err != nil {
				return fmt.Errorf("the manual page cannot be made: %w", err)
			}
			page = page.WithSection("Exit codes", strings.ReplaceAll(exitCodes, " · ", "\n")+"\n130 stopped by Ctrl+C").
				WithSection("Filters", filterHelp()).
				WithSection("Environment", "ORDERDECK_… sets a setting, such as ORDERDECK_THEME for theme and ORDERDECK_CSV_FOR for csv.for.\n"+
					"ORDERDECK_STORE_<NAME>_KEY is the key of a store, ORDERDECK_SUPPLIER_<NAME>_KEY that of a supplier.\nNO_COLOR, with any value, turns colours off.")
			_, err = fmt.Fprint(cmd.OutOrStdout(), page.Build(roff.NewDocument()))
			return err
		},
	}
}

// forManual makes the texts fit for the manual page, which fills lines itself, shows only short descriptions, and does
// not know the marks around a flag's value. The program ends after it, so nobody sees the difference.
func forManual(cmd *cobra.Command) {
	paragraphs := strings.Split(cmd.Long, "\n\n")
	for i, p := range paragraphs {
		paragraphs[i] = strings.Join(strings.Fields(p), " ")
	}
	cmd.Long = strings.Join(paragraphs, "\n")
	if cmd.HasParent() && cmd.Long != "" {
		cmd.Short = cmd.Long
	}
	plainUsage := func(f *pflag.Flag) { _, f.Usage = pflag.UnquoteUsage(f) }
	cmd.LocalFlags().VisitAll(plainUsage)
	cmd.PersistentFlags().VisitAll(plainUsage)
	for _, child := range cmd.Commands() {
		forManual(child)
	}
}

// filterHelp lists the fields of the filter.
func filterHelp() string {
	var b strings.Builder
	b.WriteString("Words are looked for in number, customer, e-mail, phone, product, SKU, tracking and note. " +
		"Several must all be found; OR between them, - in front and parentheses work as expected. Fields:\n")
	for _, f := range filter.Fields {
		fmt.Fprintf(&b, "%s: %s", f.Name, f.Help)
		if len(f.Values) > 0 {
			b.WriteString(" (" + strings.Join(f.Values, ", ") + ")")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// fieldSuggestions completes a field's name, or one of its fixed values behind it.
func fieldSuggestions(typed string) []string {
	var out []string
	name, value, inside := strings.Cut(typed, ":")
	for _, f := range filter.Fields {
		switch {
		case !inside && strings.HasPrefix(f.Name, name):
			out = append(out, f.Name+":\t"+f.Help)
		case inside && f.Name == name:
			for _, v := range f.Values {
				if strings.HasPrefix(v, value) {
					out = append(out, name+":"+v)
				}
			}
		}
	}
	return out
}

func (s *session) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use: "completion SHELL", Short: "Write completions for bash, zsh, fish or powershell", GroupID: "about",
		Example: "  orderdeck completion bash > ~/.local/share/bash-completion/completions/orderdeck\n" +
			"  orderdeck completion zsh > \"${fpath[1]}/_orderdeck\"\n  orderdeck completion fish > ~/.config/fish/completions/orderdeck.fish",
		Args: oneArg("a shell: " + strings.Join(shells, ", ")), ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root, w := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(w, true)
			case "zsh":
				return root.GenZshCompletion(w)
			case "fish":
				return root.GenFishCompletion(w, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(w)
			}
			return usage("there are no completions for %q: there are for %s", args[0], strings.Join(shells, ", "))
		},
	}
}
