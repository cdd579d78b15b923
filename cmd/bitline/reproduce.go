package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"bitline/internal/atomicfile"
	"bitline/internal/reproduce"

	"github.com/spf13/cobra"
)

type reproduceFlags struct {
	data, checkpoints, markdown, svg, html string
	shipped                                bool
}

func newReproduce(term terminal) *cobra.Command {
	var f reproduceFlags
	c := &cobra.Command{
		Use:   "reproduce STUDY",
		Short: "Repeat a published experiment and tabulate what is measured",
		Long: `Train the models of a study into a folder (those that are there already are kept),
or take the shipped checkpoints, and print the tables: sparsity per slice, bitline
sums and the bits they need, and the accuracy of the replayed test set. A study of
curves trains each method at several strengths and seeds and compares them at equal
accuracy. A study of chips simulates networks on whole chips and needs no models.`,
		Example: `  bitline reproduce mnist --from-checkpoints
  bitline reproduce mnist --checkpoints trained/ --markdown tables.md
  bitline reproduce chip --html chip.html`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return runReproduce(c.Context(), term, args[0], f)
		},
	}
	dataFlag(c, &f.data)
	c.Flags().BoolVar(&f.shipped, "from-checkpoints", false, "take the shipped checkpoints")
	c.Flags().StringVar(&f.checkpoints, "checkpoints", "", "train into this folder, and take the checkpoints from it")
	c.Flags().StringVar(&f.markdown, "markdown", "", "write the tables as Markdown to this file")
	c.Flags().StringVar(&f.svg, "svg", "", "draw accuracy over resolution, or over non-zero digits, to this file")
	htmlFlag(c, &f.html)
	return c
}

func runReproduce(ctx context.Context, term terminal, name string, f reproduceFlags) (err error) {
	study, err := reproduce.Load(name)
	if err != nil {
		return err
	}
	if study.NeedsModels() && f.shipped == (f.checkpoints != "") {
		return usageError{fmt.Errorf("want --from-checkpoints or --checkpoints FOLDER (see bitline reproduce --help)")}
	}
	if f.svg != "" && !study.Draws() {
		return usageError{fmt.Errorf("--svg is given, but study %s draws nothing (see bitline reproduce --help)", study.Name)}
	}
	if err := checkOutputs([]string{name}, output{"--markdown", f.markdown}, output{"--svg", f.svg}, output{"--html", f.html}); err != nil {
		return err
	}
	host := term.host(f.data)
	if !isTerminal(term.err) { // where nobody watches a bar
		host.Epoch = func(line string) { fmt.Fprintln(term.out, line) }
	}
	train := f.checkpoints != "" && study.NeedsModels()
	if train {
		var remove func(error)
		remove, err = makeFolders(f.checkpoints)
		defer func() { remove(err) }()
		if err != nil {
			return err
		}
	}
	if err := study.CheckData(host); err != nil {
		return err
	}
	if train {
		if err := study.Train(ctx, host, f.checkpoints); err != nil {
			return err
		}
	}
	found, err := study.Measure(ctx, host, f.checkpoints)
	if err != nil {
		return err
	}
	return errors.Join(printFindings(term, found, f.markdown), drawFindings(found, f.svg), writePage(f.html, reproduce.Page(study.Name, found, "bitline "+version())))
}

// printFindings writes all tables as text and, where wanted, to a Markdown file.
func printFindings(term terminal, all []*reproduce.Findings, file string) error {
	var markdown bytes.Buffer
	for _, found := range all {
		if len(all) > 1 {
			fmt.Fprintf(term.out, "== %s\n\n", found.Study)
			fmt.Fprintf(&markdown, "# %s\n\n", found.Study)
		}
		for _, t := range found.Tables {
			if err := t.WriteText(term.out); err != nil {
				return err
			}
			fmt.Fprintln(term.out)
			fmt.Fprintf(&markdown, "## %s\n\n", t.Title)
			if err := t.WriteMarkdown(&markdown); err != nil {
				return err
			}
			fmt.Fprintln(&markdown)
		}
	}
	if file == "" {
		return nil
	}
	return atomicfile.Write(file, markdown.Bytes())
}

// drawFindings draws the first study that has something to draw.
func drawFindings(all []*reproduce.Findings, file string) error {
	if file == "" {
		return nil
	}
	for _, found := range all {
		svg, err := found.SVG()
		if err != nil {
			return err
		}
		if svg != nil {
			return atomicfile.Write(file, svg)
		}
	}
	return fmt.Errorf("--svg is %s, but this study draws nothing, want none", file)
}
