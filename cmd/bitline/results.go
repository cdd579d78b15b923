package main

import (
	"fmt"

	"bitline/internal/atomicfile"
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

A condition compares columns: energy_pj < 1000 && accuracy > 0.97, adc.bits == 5,
failure != "", pareto. A point that lacks a figure is neither below nor above.`,
		Example: `  bitline results out
  bitline results out --where 'energy_pj < 1000 && accuracy > 0.97' --sort -accuracy,energy_pj --limit 10
  bitline results out --where pareto --columns point,adc.bits,accuracy,energy_pj
  bitline results out --csv results.csv --parquet results.parquet
  bitline results out --missing`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if f.limit < 0 {
				return usageError{fmt.Errorf("--limit is %d, want 0 for all rows or more (see %s --help)", f.limit, c.CommandPath())}
			}
			for _, name := range []string{"where", "sort", "columns", "limit", "csv", "parquet"} {
				if f.missing && c.Flags().Changed(name) {
					return usageError{fmt.Errorf("--missing and --%s exclude each other (see %s --help)", name, c.CommandPath())}
				}
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

func runResults(term terminal, dir string, f resultsFlags) error {
	if err := atomicfile.Check(f.csv, f.parquet); err != nil {
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
