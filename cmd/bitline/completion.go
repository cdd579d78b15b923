package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// adjustCompletion gives cobra's command completion, which lists the shells, the
// examples that every command has, and makes a word that is no shell wrong usage.
func adjustCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		c.Short, c.Args = "Print a script that completes commands in a shell", usageArgs(cobra.NoArgs)
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		c.Example = "  bitline completion bash   # into ~/.local/share/bash-completion/completions/bitline"
		for _, shell := range c.Commands() {
			shell.Short, shell.Args = fmt.Sprintf("Print the script for %s", shell.Name()), usageArgs(cobra.NoArgs)
			shell.Example = fmt.Sprintf("  bitline completion %s", shell.Name())
		}
	}
}
