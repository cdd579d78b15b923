package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bitline/configs"
	"bitline/internal/atomicfile"
	"bitline/internal/pipeline"

	"github.com/spf13/cobra"
)

// templates are the files of configs/init, a job, its chip and a sweep.
func templates() []string { return []string{"job.toml", "chip.toml", "sweep.toml"} }

func newInit(term terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a commented job, chip and sweep to start from",
		Long: `Write job.toml, chip.toml and sweep.toml, with comments, into a folder, by default the
present one. They run as they are, on the embedded digits. Nothing is overwritten.`,
		Example: "  bitline init\n  bitline init mine",
		Args:    usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return initFolder(term, ".")
			}
			if args[0] == "" {
				return usageError{fmt.Errorf("DIR is empty, want a folder (see %s --help)", c.CommandPath())}
			}
			return initFolder(term, args[0])
		},
	}
}

func initFolder(term terminal, dir string) (err error) {
	var faults []error
	for _, name := range templates() {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			faults = append(faults, fmt.Errorf("%s is there already, want a folder without it", filepath.Join(dir, name)))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	remove, err := makeFolders(dir)
	defer func() { remove(err) }()
	if err != nil {
		return err
	}
	if err := writeTemplates(dir, atomicfile.Write); err != nil {
		return err
	}
	in := func(name string) string { return pipeline.Quote(asArgument(filepath.Join(dir, name))) }
	_, err = fmt.Fprintf(term.out, "wrote %s, %s and %s\nNext: bitline run %s\n      bitline describe %s\n      bitline sweep %s --out %s --html %s\n",
		in("job.toml"), in("chip.toml"), in("sweep.toml"), in("job.toml"), in("chip.toml"), in("sweep.toml"), in("results"), in("results.html"))
	return err
}

// writeTemplates writes all files into a folder that has none of them, or none.
func writeTemplates(dir string, write func(path string, content []byte) error) error {
	for i, name := range templates() {
		content, err := fs.ReadFile(configs.Files(), "init/"+name)
		if err == nil {
			err = write(filepath.Join(dir, name), content)
		}
		if err == nil {
			continue
		}
		for _, written := range templates()[:i] {
			err = errors.Join(err, os.Remove(filepath.Join(dir, written)))
		}
		return err
	}
	return nil
}

// asArgument is a path that no command takes for a flag.
func asArgument(path string) string {
	if strings.HasPrefix(path, "-") {
		return "." + string(filepath.Separator) + path
	}
	return path
}
