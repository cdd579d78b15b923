package main

import (
	"fmt"
	"strings"

	"bitline/internal/sweep"

	"github.com/spf13/cobra"
)

type resultsFlags struct {
	where         string
	sort, columns []string
	limit         int
	csv, parquet  string
	missing       bool
}

func newResults(term terminal) *cobra.Command {
	var f resultsFlags
	c := &cobra.Command{
		Use:   "results DIR",
		Short: "Filter, sort and print what a sweep has found, or write it as CSV or Parquet",
		Long: `Collect what all shards of a sweep have recorded in the folder DIR so far, and print
it: the point, its settings, the figures of the fronts that the sweep asks for, and
whether the point is on them; --columns chooses others. With --csv or --parquet the
table goes into files instead, all columns of it where --columns does not choose.

A condition compares columns: energy_pj < 8000 && accuracy > 0.9, adc.bits == 5,
adc.bits == [3,3,3,1], failure != "", pareto. Settings are what they are in
constraints (docs/sweeps.md). A point that lacks a figure is neither below nor above.`,
		Example: `  bitline results out
  bitline results out --where 'energy_pj < 8000 && accuracy > 0.9' --sort -accuracy,energy_pj --limit 10
  bitline results out --where pareto --columns point,adc.bits,accuracy,energy_pj
  bitline results out --csv results.csv --parquet results.parquet
  bitline results out --missing`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(c.Flags().Changed); err != nil {
				return usageError{fmt.Errorf("%w (see %s --help)", err, c.CommandPath())}
			}
			return runResults(term, args[0], f)
		},
	}
	c.Flags().StringVar(&f.where, "where", "", "keep the points for which this condition on their columns holds")
	c.Flags().StringSliceVar(&f.sort, "sort", nil, "sort by these columns, the first one first; a - before a name puts large values first")
	c.Flags().StringSliceVar(&f.columns, "columns", nil, "these columns, in this order")
	c.Flags().IntVar(&f.limit, "limit", 0, "at most so many rows, 0 for all")
	c.Flags().StringVar(&f.csv, "csv", "", "write the table as CSV to this file")
	c.Flags().StringVar(&f.parquet, "parquet", "", "write the table as Apache Parquet to this file")
	c.Flags().BoolVar(&f.missing, "missing", false, "print only the numbers of the points that have no result yet")
	return c
}

// check finds flags that exclude each other, and such as name no column.
func (f resultsFlags) check(given func(flag string) bool) error {
	if f.limit < 0 {
		return fmt.Errorf("--limit is %d, want 0 for all rows or more", f.limit)
	}
	for _, name := range []string{"where", "sort", "columns", "limit", "csv", "parquet"} {
		if f.missing && given(name) {
			return fmt.Errorf("--missing and --%s exclude each other", name)
		}
	}
	for _, list := range []struct {
		name, want string
		columns    []string
	}{{"columns", "point,accuracy", f.columns}, {"sort", "-accuracy,energy_pj", f.sort}} {
		if given(list.name) && len(list.columns) == 0 {
			return fmt.Errorf("--%s is empty, want columns such as %s", list.name, list.want)
		}
		for _, column := range list.columns {
			if column == "" || column == "-" && list.name == "sort" {
				return fmt.Errorf("--%s is %q, which lacks a column's name, want columns such as %s", list.name, strings.Join(list.columns, ","), list.want)
			}
		}
	}
	return nil
}

func runResults(term terminal, dir string, f resultsFlags) error {
	if err := checkOutputs(sweep.FolderFiles(dir), output{"--csv", f.csv}, output{"--parquet", f.parquet}); err != nil {
		return err
	}
	results, err := sweep.Collect(dir)
	if err != nil {
		return err
	}
	if f.missing {
		if len(results.Missing) > 0 {
			_, err = fmt.Fprintln(term.out, sweep.Ranges(results.Missing))
		}
		return err
	}
	toFiles := f.csv != "" || f.parquet != ""
	query := sweep.Query{Where: f.where, Sort: f.sort, Columns: f.columns, Limit: f.limit}
	if len(query.Columns) == 0 && !toFiles {
		query.Columns = results.Headline()
	}
	selected, err := results.Select(query)
	if err != nil {
		return err
	}
	if !toFiles {
		t := selected.Table()
		return t.WriteText(term.out)
	}
	if err := selected.WriteFiles(f.csv, f.parquet); err != nil {
		return err
	}
	_, err = fmt.Fprintln(term.out, selected.Title())
	return err
}
