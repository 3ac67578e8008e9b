package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/orderdeck/orderdeck/config"
)

// unknownCommand refuses a word that is no command, with the one that was probably meant.
func unknownCommand(cmd *cobra.Command, word string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	text := fmt.Sprintf("there is no command %q.", cmd.CommandPath()+" "+word)
	if near := config.Nearest(word, names); near != "" {
		text += fmt.Sprintf(" Did you mean `%s %s`?", cmd.CommandPath(), near)
	}
	return usage("%s See `%s --help`", text, cmd.CommandPath())
}

// parent is a command that only has commands below it.
func parent(cmd *cobra.Command, children ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(children...)
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return cmd
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("`%s` takes nothing behind it, but got %q: see `%[1]s --help`", cmd.CommandPath(), args[0])
	}
	return nil
}

// oneArg wants exactly one argument; what says what it is.
func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0 || args[0] == "":
			return usage("`%s` needs %s: see `%[1]s --help`", cmd.CommandPath(), what)
		case len(args) > 1:
			return usage("`%s` takes one thing, %s, but got %d: quote it if it has blanks in it", cmd.CommandPath(), what, len(args))
		}
		return nil
	}
}

// flagError turns what is wrong with a flag into a sentence.
func flagError(cmd *cobra.Command, err error) error {
	path := cmd.CommandPath()
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
		syntax  *pflag.InvalidSyntaxError
	)
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown)
	case errors.As(err, &missing):
		return usage("--%s needs a value behind it: see `%s --help`", missing.GetFlag().Name, path)
	case errors.As(err, &invalid):
		return usage("--%s cannot be %q: it takes %s", invalid.GetFlag().Name, invalid.GetValue(), takes(invalid.GetFlag()))
	case errors.As(err, &syntax):
		return usage("%q is no flag: see `%s --help`", syntax.GetSpecifiedFlag(), path)
	}
	return usage("%s: see `%s --help`", strings.TrimSpace(err.Error()), path)
}

func takes(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int":
		return "a whole number"
	case "bool":
		return "true or false, or nothing"
	case "duration":
		return "an interval such as 90s, 10m or 1h30m"
	}
	return "another value"
}

// secretFlags are what people try first when they want to hand over a key.
var secretFlags = []string{"key", "token", "secret", "password", "api-key", "apikey", "access-token"}

func unknownFlag(cmd *cobra.Command, e *pflag.NotExistError) error {
	name := e.GetSpecifiedName()
	if path := cmd.CommandPath(); strings.HasPrefix(path, "orderdeck store") || strings.HasPrefix(path, "orderdeck supplier") || strings.HasPrefix(path, "orderdeck config mail-password") {
		for _, secret := range secretFlags {
			if name == secret {
				return usage("keys are not taken from the command line, where the shell's history and other programs see them: "+
					"leave --%s out and you will be asked, or use --key-file FILE, or --key-file - to read it from standard input. "+
					"If the key was in what you typed, ask for a new one where it came from", name)
			}
		}
	}
	if short := e.GetSpecifiedShortnames(); short != "" {
		text := fmt.Sprintf("there is no flag -%s.", short[:1])
		if strings.Contains(cmd.Use, "FILTER") || strings.Contains(cmd.Use, "QUERY") {
			return usage("%s A filter that begins with - stands behind two of them: `%s -- -%s`", text, cmd.CommandPath(), short)
		}
		return usage("%s See `%s --help`", text, cmd.CommandPath())
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	text := fmt.Sprintf("there is no flag --%s.", name)
	if near := config.Nearest(name, names); near != "" {
		text += fmt.Sprintf(" Did you mean --%s?", near)
	}
	return usage("%s See `%s --help`", text, cmd.CommandPath())
}

// choice refuses a value that is not one of those that there are.
func choice(flag, value string, values []string) error {
	for _, v := range values {
		if v == value {
			return nil
		}
	}
	text := fmt.Sprintf("--%s cannot be %q.", flag, value)
	if near := config.Nearest(value, values); near != "" {
		text += " Did you mean " + near + "?"
	}
	return usage("%s It takes %s", text, strings.Join(values, ", "))
}
