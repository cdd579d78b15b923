package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

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

// makeFolder makes the folder of plots, and says whether they can be written. remove
// is that of makeFolders.
func (s *showFlags) makeFolder() (remove func(error), err error) {
	remove, err = makePlots(s.plots)
	if err != nil || s.plots == "" {
		return remove, err
	}
	var paths []string
	for _, name := range pipeline.PlotFiles() {
		paths = append(paths, filepath.Join(s.plots, name))
	}
	return remove, atomicfile.Check(paths...)
}

// makePlots makes a folder of plots, unless its path is empty.
func makePlots(path string) (remove func(error), err error) {
	if path == "" {
		return func(error) {}, nil
	}
	if remove, err = makeFolders(path); err != nil {
		err = fmt.Errorf("making the folder of plots: %w", err)
	}
	return remove, err
}

// makeFolders makes a folder and those above it. remove, called with what a command
// came to, takes those away again that it made and nothing has filled, if that is
// an error.
func makeFolders(path string) (remove func(error), err error) {
	var made []string // the innermost first
	for dir := filepath.Clean(path); !slices.Contains(made, dir); dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		made = append(made, dir)
	}
	remove = func(err error) {
		for _, dir := range made {
			if err != nil {
				_ = os.Remove(dir) // which fails where something lies in it
			}
		}
	}
	return remove, os.MkdirAll(path, 0o755)
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
