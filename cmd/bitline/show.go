package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"bitline/internal/atomicfile"
	"bitline/internal/gemm"
	"bitline/internal/page"
	"bitline/internal/pipeline"

	"github.com/spf13/cobra"
)

// showFlags ask for a result to look at.
type showFlags struct{ html, plots string }

func (s *showFlags) add(c *cobra.Command) {
	htmlFlag(c, &s.html)
	c.Flags().StringVar(&s.plots, "plots", "", "draw energy by component and by layer, and histograms of bitline sums, as SVG and PNG into this folder")
}

func htmlFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "html", "", "write a page with everything the report says, charts and configuration to this file, for any browser")
}

// given says whether any is asked for.
func (s *showFlags) given() bool { return *s != showFlags{} }

// makeFolder makes the folder of plots, and says whether they can be written.
func (s *showFlags) makeFolder() error {
	if s.plots == "" {
		return nil
	}
	if err := os.MkdirAll(s.plots, 0o755); err != nil {
		return fmt.Errorf("making the folder of plots: %w", err)
	}
	var paths []string
	for _, name := range pipeline.PlotFiles() {
		paths = append(paths, filepath.Join(s.plots, name))
	}
	return atomicfile.Check(paths...)
}

// write writes what is asked for.
func (s *showFlags) write(result *pipeline.Result) error {
	var faults error
	if s.html != "" {
		p, err := result.Page(pipeline.Origin{Version: version(), Kernels: string(gemm.KernelClass())})
		if err != nil {
			return err
		}
		faults = writePage(s.html, p)
	}
	if s.plots == "" {
		return faults
	}
	plots, err := result.Plots()
	if err != nil {
		return errors.Join(faults, err)
	}
	for _, plot := range plots {
		faults = errors.Join(faults, atomicfile.Write(filepath.Join(s.plots, plot.Name), plot.Content))
	}
	return faults
}

// writePage writes a page, unless its path is empty.
func writePage(path string, p *page.Page) error { return writeOutput(path, p.Write) }
