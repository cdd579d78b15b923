package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"bitline/internal/atomicfile"
	"bitline/internal/pipeline"
	"bitline/internal/plot"
	"bitline/internal/reproduce"

	"github.com/spf13/cobra"
)

type compareFlags struct {
	data, out, html string
	shipped         bool
}

func newCompare(term terminal) *cobra.Command {
	var f compareFlags
	c := &cobra.Command{
		Use:   "compare COMPARISON",
		Short: "Compare training methods at equal accuracy",
		Long: `Train a network by several methods, each at several strengths and seeds, replay and
simulate every model, and compare the methods where their curves have the same
accuracy: in non-zero digits and, where the comparison has a rule for converters, in
their bits, energy and latency. docs/compare.md describes the file.

The folder gets the checkpoints, tables.md, and a chart for each quantity. A
comparison that is stopped goes on where it was.`,
		Example: `  bitline compare mnist-curves --out compared
  bitline compare mine.toml --out compared`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return runCompare(c.Context(), term, args[0], f)
		},
	}
	dataFlag(c, &f.data)
	htmlFlag(c, &f.html)
	c.Flags().StringVar(&f.out, "out", "", "the folder of checkpoints, tables and charts; by default the comparison's name")
	c.Flags().BoolVar(&f.shipped, "from-checkpoints", false, "take the shipped checkpoints, and train nothing")
	return c
}

func runCompare(ctx context.Context, term terminal, name string, f compareFlags) (err error) {
	study, err := reproduce.LoadComparison(name)
	if err != nil {
		return err
	}
	if study.Curves == nil {
		return fmt.Errorf("study %s compares no methods, want kind = \"curves\" (bitline reproduce %s does what it describes)", study.Name, pipeline.Quote(name))
	}
	if f.out == "" {
		f.out = study.Name
	}
	host, folder := term.host(f.data), f.out
	if err := study.CheckData(host); err != nil {
		return err
	}
	remove, err := makeFolders(f.out)
	defer func() { remove(err) }()
	if err != nil {
		return err
	}
	tables := filepath.Join(f.out, "tables.md")
	if err := checkOutputs([]string{name}, output{"tables.md of --out", tables}, output{"--html", f.html}); err != nil {
		return err
	}
	if !isTerminal(term.err) { // where nobody watches a bar
		host.Epoch = func(line string) { fmt.Fprintln(term.out, line) }
	}
	if f.shipped {
		folder = ""
	} else if err := study.Train(ctx, host, folder); err != nil {
		return err
	}
	found, err := study.Measure(ctx, host, folder)
	if err != nil {
		return err
	}
	var page error
	if f.html != "" {
		page = writePage(f.html, reproduce.Page(study.Name, found, "bitline "+version()))
	}
	return errors.Join(printFindings(term, found, tables), drawCurves(found[0], f.out), page)
}

// drawCurves draws a chart for each quantity.
func drawCurves(found *reproduce.Findings, folder string) error {
	var faults []error
	for i, chart := range found.Charts {
		svg, err := plot.Lines(chart).SVG()
		if err == nil {
			err = atomicfile.Write(filepath.Join(folder, reproduce.CurveFile(i)), svg)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
