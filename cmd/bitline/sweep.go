package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"bitline/internal/atomicfile"
	"bitline/internal/gemm"
	"bitline/internal/pipeline"
	"bitline/internal/sweep"

	"github.com/spf13/cobra"
)

type sweepFlags struct {
	data, out, cache, shard      string
	html, plots                  string
	dryRun, collect, yes, submit bool
	slurm                        sweep.Slurm
}

// manyPoints is how many points want --yes.
const manyPoints = 1_000_000

func newSweep(term terminal) *cobra.Command {
	var f sweepFlags
	c := &cobra.Command{
		Use:   "sweep SWEEP",
		Short: "Compute a job at many points of its keys",
		Long: `Compute a job at every point of a sweep's axes and write one record of each into a
folder; docs/sweeps.md describes the file. Work that points share is done once. A
sweep that is stopped or killed goes on where it was, to the same bytes.

When all points have a record, the folder gets results.csv and results.parquet.
bitline results prints, filters and sorts what there is at any time.

--shard computes a part, for example on another machine with the same folder;
--slurm submits one part per task as a job array; --collect writes the results of
all parts.`,
		Example: `  bitline sweep adc-sharing --dry-run
  bitline sweep adc-sharing --out sharing
  bitline sweep mine.toml --out /shared/mine --slurm --tasks 8 --time 1:00:00`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return runSweep(c.Context(), term, args[0], f)
		},
	}
	dataFlag(c, &f.data)
	fl := c.Flags()
	fl.StringVar(&f.out, "out", "", "the folder of the records; by default the sweep's name")
	fl.StringVar(&f.cache, "cache", "", "the folder of trained models and outcomes of replays; by default cache in the folder of the records")
	fl.StringVar(&f.shard, "shard", "0/1", "compute part I of N: I/N, I from 0")
	fl.BoolVar(&f.dryRun, "dry-run", false, "say how many points there are, what is done and how long the rest takes")
	fl.BoolVar(&f.collect, "collect", false, "compute nothing; write the results of all parts")
	htmlFlag(c, &f.html)
	fl.StringVar(&f.plots, "plots", "", "draw the fronts, as SVG and PNG, into this folder")
	fl.BoolVar(&f.yes, "yes", false, "compute a million points or more")
	fl.BoolVar(&f.submit, "slurm", false, "submit a job array to Slurm, and a job that collects")
	fl.IntVar(&f.slurm.Tasks, "tasks", 8, "parts of the job array")
	fl.IntVar(&f.slurm.CPUs, "cpus", 2, "processors of a task")
	fl.IntVar(&f.slurm.Throttle, "throttle", 0, "most tasks at a time; 0 for no limit")
	fl.StringVar(&f.slurm.Partition, "partition", "", "Slurm's partition")
	fl.StringVar(&f.slurm.Time, "time", "", "time limit of a task, as sbatch takes it")
	fl.StringVar(&f.slurm.Memory, "mem", "", "memory of a task, as sbatch takes it")
	return c
}

func runSweep(ctx context.Context, term terminal, name string, f sweepFlags) error {
	shard, err := readShard(f.shard)
	if err != nil {
		return usageError{err}
	}
	plan, err := sweep.Read(name)
	if err != nil {
		return err
	}
	if err := sweep.CheckFronts(plan.Pareto, append(pipeline.FigureNames(), plan.Columns...)); err != nil {
		return fmt.Errorf("sweep %s: %w", plan.Name, err)
	}
	if f.out == "" {
		f.out = plan.Name
	}
	if f.cache == "" {
		f.cache = filepath.Join(f.out, "cache")
	}
	if plan.Len() >= manyPoints && !f.yes && !f.dryRun && !f.collect {
		return usageError{fmt.Errorf("sweep %s has %d points, want --yes to compute so many (--dry-run says how long that takes)", plan.Name, plan.Len())}
	}
	if f.plots != "" {
		if err := os.MkdirAll(f.plots, 0o755); err != nil {
			return fmt.Errorf("making the folder of plots: %w", err)
		}
	}
	if err := atomicfile.Check(f.html); err != nil {
		return err
	}
	s := sweeping{term: term, plan: plan, flags: f, shard: shard, name: name}
	switch {
	case f.dryRun:
		return s.dryRun(ctx)
	case f.collect:
		return s.collect()
	case f.submit:
		return s.submit(ctx)
	}
	return s.run(ctx)
}

// sweeping is a sweep command.
type sweeping struct {
	term  terminal
	plan  *sweep.Plan
	flags sweepFlags
	shard sweep.Shard
	name  string
}

func (s *sweeping) identity() sweep.Identity {
	return sweep.Identity{
		Name: s.plan.Name, Plan: s.plan.Digest(), Points: s.plan.Len(), Version: version(),
		Kernels: string(gemm.KernelClass()), Pareto: s.plan.Pareto,
	}
}

// run computes the part and, where all points have a record then, collects.
func (s *sweeping) run(ctx context.Context) (err error) {
	store, err := sweep.Open(s.flags.out, s.identity(), s.shard)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	host := s.term.host(s.flags.data)
	best := newBest(s.plan.Pareto)
	r := sweep.Runner{Plan: s.plan, Store: store, Shard: s.shard, Host: host, Cache: sweep.Cache(s.flags.cache)}
	if host.Progress != nil {
		show := host.Progress
		r.Host.Progress = nil // one bar, of points
		r.Done = func(rec sweep.Record, done, total int) { show("points", done, total, best.note(rec)) }
	}
	if err := r.Run(ctx); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("%w; the records are in %s, the same command goes on from there", err, s.flags.out)
		}
		return err
	}
	if s.shard.Count > 1 {
		_, err := fmt.Fprintf(s.term.out, "part %s of %s is done\nnext: bitline sweep %s --out %s --collect\n", s.shard, s.plan.Name, s.name, s.flags.out)
		return err
	}
	return s.collect()
}

// collect writes the results of all parts, which must be whole.
func (s *sweeping) collect() error {
	results, err := sweep.Collect(s.flags.out)
	if err != nil {
		return err
	}
	if want := s.identity().Plan; results.Identity.Plan != want {
		return fmt.Errorf("%s holds another sweep than %s: plan digest %.12s, want %.12s", s.flags.out, s.name, results.Identity.Plan, want)
	}
	if n := len(results.Missing); n > 0 {
		return fmt.Errorf("%d of %d points of %s have no record yet (bitline results %s --missing lists them)", n, s.plan.Len(), s.plan.Name, s.flags.out)
	}
	csv, parquet := filepath.Join(s.flags.out, "results.csv"), filepath.Join(s.flags.out, "results.parquet")
	if err := results.WriteFiles(csv, parquet); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.term.out, "%s: %d points, %d of them failed; %s and %s\n", s.plan.Name, results.Len(), results.Failed, csv, parquet); err != nil {
		return err
	}
	return s.print(results)
}

// print shows the points of every front, what of them holds, and why points failed.
func (s *sweeping) print(results *sweep.Results) error {
	tables := results.Fronts()
	if len(tables) > 0 {
		tables = append(tables, results.Robustness()...)
	}
	for _, t := range tables {
		fmt.Fprintln(s.term.out)
		if err := t.WriteText(s.term.out); err != nil {
			return err
		}
	}
	if results.Failed > 0 {
		fmt.Fprintf(s.term.out, "\n%d points failed: bitline results %s --where 'failure != \"\"' --columns point,failure\n", results.Failed, s.flags.out)
	}
	again := fmt.Sprintf("bitline sweep %s --out %s", pipeline.Quote(s.name), pipeline.Quote(s.flags.out))
	if err := s.flags.show(results, again); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.term.out, "\nnext: bitline sweep %s --out %s --collect --html %s.html\n", s.name, s.flags.out, s.plan.Name)
	return err
}

// show writes the page and the plots that are asked for.
func (f *sweepFlags) show(results *sweep.Results, again string) error {
	var faults error
	if f.html != "" {
		faults = writePage(f.html, results.Page(again, "bitline "+version()))
	}
	if f.plots == "" {
		return faults
	}
	plots, err := results.Plots()
	if err != nil {
		return errors.Join(faults, err)
	}
	for _, p := range plots {
		faults = errors.Join(faults, atomicfile.Write(filepath.Join(f.plots, p.Name), p.Content))
	}
	return faults
}

// readShard reads I/N.
func readShard(text string) (sweep.Shard, error) {
	before, after, ok := strings.Cut(text, "/")
	index, errI := strconv.Atoi(before)
	count, errN := strconv.Atoi(after)
	s := sweep.Shard{Index: index, Count: count}
	if !ok || errI != nil || errN != nil || s.Check() != nil {
		return s, fmt.Errorf("--shard is %q, want I/N with I from 0 to N - 1, such as 0/8", text)
	}
	return s, nil
}

// best remembers the best point so far of the first figure that a front asks for.
type best struct {
	figure string
	point  int
	value  float64
	found  bool
}

func newBest(pareto [][]string) *best {
	if len(pareto) == 0 {
		return &best{}
	}
	return &best{figure: pareto[0][len(pareto[0])-1]}
}

// note takes a record in and says which is best.
func (b *best) note(r sweep.Record) string {
	for _, v := range r.Figures {
		if v.Name != b.figure || v.Kind != sweep.Number && v.Kind != sweep.Integer {
			continue
		}
		if !b.found || sweep.Better(b.figure, v.Number, b.value) {
			b.point, b.value, b.found = r.Point, v.Number, true
		}
	}
	if !b.found {
		return ""
	}
	return fmt.Sprintf("best %s %.4g at point %d", b.figure, b.value, b.point)
}
