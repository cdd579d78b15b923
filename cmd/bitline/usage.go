package main

import (
	"errors"
	"fmt"

	"bitline/internal/config"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageArgs turns complaints about the number of arguments into wrong usage.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usageError{fmt.Errorf("%w, want %s (see %s --help)%s", err, c.UseLine(), c.CommandPath(), nearCommand(c, args))}
		}
		return nil
	}
}

// nearCommand suggests one of a command's own commands for a word that is none.
func nearCommand(c *cobra.Command, args []string) string {
	var names []string
	for _, sub := range c.Commands() {
		names = append(names, sub.Name())
	}
	if len(args) == 0 {
		return ""
	}
	return config.DidYouMean(args[0], names)
}

// flagFault says of a flag that cannot be understood what was wanted.
func flagFault(c *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		return fmt.Errorf("%w%s", err, config.DidYouMean("--"+unknown.GetSpecifiedName(), names))
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		if errors.Is(err, errTwice) {
			return fmt.Errorf("--%s %w", invalid.GetFlag().Name, errTwice)
		}
		want := "another value"
		switch invalid.GetFlag().Value.Type() {
		case "bool":
			want = "true or false"
		case "int":
			want = "a whole number"
		}
		return fmt.Errorf("--%s is %q, want %s", invalid.GetFlag().Name, invalid.GetValue(), want)
	}
	return err
}

// errTwice is a flag that takes one value and was given another.
var errTwice = errors.New("is given twice, want it once")

// once is the value of a flag that may be given once: a second value would replace
// the first without a word.
type once struct {
	pflag.Value
	given bool
}

func (o *once) Set(text string) error {
	if o.given {
		return errTwice
	}
	o.given = true
	return o.Value.Set(text)
}

// flagsOnce makes giving a flag twice an error, of all flags but those of lists.
func flagsOnce(c *cobra.Command) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if _, list := f.Value.(pflag.SliceValue); !list {
			f.Value = &once{Value: f.Value}
		}
	})
	for _, sub := range c.Commands() {
		flagsOnce(sub)
	}
}

// checkEmpty finds flags that were given an empty value, such as that of a shell's
// variable that is not set: they would count as not given. A flag that has a value
// of its own if it is not given is for its command to judge.
func checkEmpty(c *cobra.Command) error {
	var faults []error
	c.Flags().Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "string" && f.DefValue == "" && f.Value.String() == "" {
			faults = append(faults, fmt.Errorf("--%s is empty, want a value, or not to be given (see %s --help)", f.Name, c.CommandPath()))
		}
	})
	if err := errors.Join(faults...); err != nil {
		return usageError{err}
	}
	return nil
}

// newHelp is cobra's command help, but that a word that is no command is wrong usage.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Explain a command",
		Example: "  bitline help run\n  bitline help data get",
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
			if about, _, err := c.Root().Find(args); err == nil {
				for _, sub := range about.Commands() {
					names = append(names, sub.Name())
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			if err == nil && len(rest) == 0 {
				return about.Help()
			}
			if about == nil {
				about, rest = c.Root(), args
			}
			return usageError{fmt.Errorf("%q is no command of %s%s", rest[0], about.CommandPath(), nearCommand(about, rest))}
		},
	}
}
