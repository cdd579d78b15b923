package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"bitline/internal/config"
	"bitline/internal/report"
	"bitline/workloads"
	"bitline/workloads/fetch"

	"github.com/spf13/cobra"
)

func newData(term terminal) *cobra.Command {
	c := &cobra.Command{
		Use: "data", Short: "Find and download data sets",
		Example: "  bitline data list\n  bitline data get mnist",
		Args:    usageArgs(cobra.NoArgs),
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newDataList(term), newDataGet(term))
	return c
}

func newDataList(term terminal) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "list", Short: "List the data sets and where they were found",
		Example: "  bitline data list\n  bitline data list --data /data/sets",
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if err := checkDataFolder(dir); err != nil {
				return err
			}
			t := report.Table{Columns: []string{"set", "found", "where", "note"}}
			for _, s := range workloads.List(workloads.NewFinder(dir, term.getenv)) {
				found := "no"
				if s.Found {
					found = "yes"
				}
				t.Add(s.Name, found, s.Where, s.Note)
			}
			return t.WriteText(term.out)
		},
	}
	dataFlag(c, &dir)
	return c
}

// checkDataFolder finds a folder of data sets that is given and is none.
func checkDataFolder(dir string) error {
	if dir == "" {
		return nil
	}
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = syscall.ENOTDIR
	}
	if fault, ok := errors.AsType[*fs.PathError](err); ok {
		err = fault.Err
	}
	if err != nil {
		return fmt.Errorf("--data is %s: %w", dir, err)
	}
	return nil
}

func newDataGet(term terminal) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "get SET...",
		Short: "Download published data sets",
		Long: `Download mnist, fashion-mnist or cifar10 from where it is published, unless it is there
already, into --data, $BITLINE_DATA or the user's cache, where every command finds it.
What was downloaded is kept under a temporary name until its checksum is the published
one; a download that is broken off goes on from there.`,
		Example: "  bitline data get mnist\n  bitline data get mnist cifar10 --data /data/sets",
		Args:    usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, sets []string) error {
			return getData(c.Context(), term, sets, dir)
		},
	}
	dataFlag(c, &dir)
	return c
}

func getData(ctx context.Context, term terminal, sets []string, dir string) error {
	finder := workloads.NewFinder(dir, term.getenv)
	known := workloads.DatasetNames()
	if i := slices.IndexFunc(sets, func(s string) bool { return !slices.Contains(known, s) }); i >= 0 {
		return usageError{fmt.Errorf("data sets are %q, want some of %q%s", sets, known, config.DidYouMean(sets[i], known))}
	}
	place, err := dataPlace(dir, term.getenv)
	if err != nil {
		return err
	}
	for _, set := range sets {
		i := slices.IndexFunc(workloads.List(finder), func(s workloads.Status) bool { return s.Name == set && s.Found })
		if i >= 0 {
			fmt.Fprintf(term.out, "%s is there: %s\n", set, workloads.List(finder)[i].Where)
			continue
		}
		f := fetch.New(place)
		if isTerminal(term.err) {
			p := &progress{out: term.err}
			f.Progress = func(file string, done, total int) { p.show(file, done, total, "") }
		}
		folder, err := getSet(ctx, f, set)
		if err != nil {
			return err
		}
		fmt.Fprintf(term.out, "%s: %s\n", set, folder)
	}
	return nil
}

// getSet downloads one set. Of one that cannot be had no empty folder is left.
func getSet(ctx context.Context, f *fetch.Fetcher, set string) (folder string, err error) {
	for _, p := range workloads.PublishedSets() {
		if p.Name == set {
			var remove func(error)
			remove, err = makeFolders(filepath.Join(f.Dir, p.Folder))
			defer func() { remove(err) }()
			if err != nil {
				return "", fmt.Errorf("making the folder of data set %s: %w", set, err)
			}
		}
	}
	return f.Get(ctx, set)
}

// dataPlace is where data sets are downloaded to: the first place that is searched.
func dataPlace(dir string, getenv func(string) string) (string, error) {
	if dir != "" {
		return dir, nil
	}
	if dir = getenv("BITLINE_DATA"); dir != "" {
		return dir, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no place for data sets: %w; want --data or BITLINE_DATA", err)
	}
	return filepath.Join(cache, "bitline", "data"), nil
}
