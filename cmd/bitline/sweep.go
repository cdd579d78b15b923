package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"bitline/internal/atomicfile"
	"bitline/internal/gemm"
	"bitline/internal/pipeline"
	"bitline/internal/report"
	"bitline/internal/sweep"
	"bitline/workloads"

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
			if err := f.check(c.Flags().Changed); err != nil {
				return usageError{fmt.Errorf("%w (see %s --help)", err, c.CommandPath())}
			}
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

// check finds flags that go with others.
func (f sweepFlags) check(given func(flag string) bool) error {
	for _, pair := range [][2]string{
		{"dry-run", "collect"}, {"dry-run", "slurm"}, {"collect", "slurm"}, {"collect", "shard"}, {"slurm", "shard"},
		{"dry-run", "html"}, {"dry-run", "plots"}, {"slurm", "html"}, {"slurm", "plots"},
	} {
		if given(pair[0]) && given(pair[1]) {
			return fmt.Errorf("--%s and --%s exclude each other", pair[0], pair[1])
		}
	}
	for _, name := range []string{"tasks", "cpus", "throttle", "partition", "time", "mem"} {
		if given(name) && !f.submit {
			return fmt.Errorf("--%s is given without --slurm, of whose job array it is", name)
		}
	}
	return nil
}

func runSweep(ctx context.Context, term terminal, name string, f sweepFlags) (err error) {
	shard, err := readShard(f.shard)
	if err != nil {
		return usageError{err}
	}
	plan, err := sweep.Read(name)
	if err != nil {
		return err
	}
	if err := checkFronts(plan); err != nil {
		return err
	}
	if f.out == "" {
		f.out = plan.Name
	}
	if f.cache == "" {
		f.cache = filepath.Join(f.out, "cache")
	}
	if plan.Len() >= manyPoints && !f.yes && !f.dryRun && !f.collect {
		return usageError{fmt.Errorf("sweep %s has %s, want --yes to compute so many (--dry-run says how long that takes)", plan.Name, report.Counted(plan.Len(), "point"))}
	}
	remove, err := makePlots(f.plots)
	defer func() { remove(err) }()
	if err != nil {
		return err
	}
	used := append(sweep.FolderFiles(f.out), name, plan.Job)
	if err := checkOutputs(used, output{"--html", f.html}); err != nil {
		return err
	}
	if info, err := os.Stat(f.cache); err == nil && !info.IsDir() { // before a folder of records is made
		return fmt.Errorf("--cache: %s is no folder", f.cache)
	}
	s := sweeping{term: term, plan: plan, flags: f, shard: shard, name: name}
	if s.identity, err = identify(plan); err != nil {
		return err
	}
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

// checkFronts finds fronts of what is no figure.
func checkFronts(plan *sweep.Plan) error {
	numbers, words := plan.ResultColumns()
	if err := sweep.CheckFronts(plan.Pareto, numbers, words); err != nil {
		return fmt.Errorf("sweep %s: %w", plan.Name, err)
	}
	return nil
}

// sweeping is a sweep command.
type sweeping struct {
	term     terminal
	plan     *sweep.Plan
	flags    sweepFlags
	shard    sweep.Shard
	name     string
	identity sweep.Identity
}

// cache is where points share models and outcomes.
func (s *sweeping) cache() sweep.Cache {
	return sweep.Cache{Dir: s.flags.cache, Version: s.identity.Version}
}

func identify(p *sweep.Plan) (sweep.Identity, error) {
	files, err := p.Files()
	return sweep.Identity{
		Name: p.Name, Plan: p.Digest(), Files: files, Points: p.Len(), Version: version(),
		Kernels: string(gemm.KernelClass()), Pareto: p.Pareto,
	}, err
}

// run computes the part and, where all points have a record then, collects.
func (s *sweeping) run(ctx context.Context) error {
	if err := s.compute(ctx); err != nil {
		return err
	}
	results, err := sweep.Collect(s.flags.out)
	if err != nil {
		return err
	}
	if n := len(results.Missing); n > 0 && s.shard != sweep.Whole {
		_, err := fmt.Fprintf(s.term.out, "part %s of %s is done; left to other parts: %d of %s\nNext: the part that ends last writes the results\n",
			s.shard, s.plan.Name, n, report.Counted(s.plan.Len(), "point"))
		return err
	}
	return s.write(results)
}

// compute computes the part.
func (s *sweeping) compute(ctx context.Context) (err error) {
	host := s.term.host(s.flags.data)
	if _, err := os.Stat(s.flags.out); err != nil {
		if err := s.checkData(host); err != nil { // before a folder is made
			return err
		}
	}
	store, err := sweep.Open(s.flags.out, s.identity, s.shard)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	best := newBest(s.plan.Pareto)
	r := sweep.Runner{Plan: s.plan, Store: store, Shard: s.shard, Host: host, Cache: s.cache()}
	recorded := false
	r.Done = func(sweep.Record, int, int) { recorded = true }
	if host.Progress != nil {
		r.Host.Progress = nil // one bar, of points
		r.Done = func(rec sweep.Record, done, total int) {
			recorded = true
			host.Progress("points", done, total, best.note(rec))
		}
	}
	err = r.Run(ctx)
	if err != nil && recorded {
		return fmt.Errorf("%w; what is done is in %s, the same command goes on from there", err, s.flags.out)
	}
	return err
}

// checkData finds that the data set of the first point is missing.
func (s *sweeping) checkData(host pipeline.Host) error {
	job, err := pipeline.LoadJob(s.plan.Job, s.plan.Point(0).Sets)
	if err != nil || !job.HasValues() {
		return nil // or the point's own fault
	}
	_, err = workloads.Load(host.Data, job.DataSet)
	return err
}

// collect writes the results of all parts, which must be whole.
func (s *sweeping) collect() error {
	results, err := sweep.Collect(s.flags.out)
	if err != nil {
		return err
	}
	if err := results.Identity.CheckSame(s.flags.out, s.identity); err != nil {
		return err
	}
	if !slices.EqualFunc(results.Identity.Pareto, s.identity.Pareto, slices.Equal) { // the file asks for others by now
		if err := results.Identity.AskFor(s.flags.out, s.identity.Pareto); err != nil {
			return err
		}
		if results, err = sweep.Collect(s.flags.out); err != nil {
			return err
		}
	}
	return s.write(results)
}

// write writes the results, unless points are missing, and prints the fronts. That all
// points failed is an error, behind what is there to look at.
func (s *sweeping) write(results *sweep.Results) error {
	if n := len(results.Missing); n > 0 {
		return fmt.Errorf("%d of %s of %s %s no record yet (bitline results %s --missing lists them)", n, report.Counted(s.plan.Len(), "point"), s.plan.Name, has(n), pipeline.Quote(s.flags.out))
	}
	csv, parquet := filepath.Join(s.flags.out, sweep.CSVFile), filepath.Join(s.flags.out, sweep.ParquetFile)
	if err := results.WriteFiles(csv, parquet); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.term.out, "%s: %s, %d of them failed; %s and %s\n", s.plan.Name, report.Counted(results.Len(), "point"), results.Failed, csv, parquet); err != nil {
		return err
	}
	if err := s.print(results); err != nil {
		return err
	}
	if point, reason, all := results.AllFailed(); all {
		return fmt.Errorf("no point of %s has figures: point %d says %q", s.plan.Name, point, reason)
	}
	return nil
}

// has is the verb of n things.
func has(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
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
		fmt.Fprintf(s.term.out, "\n%s failed: bitline results %s --where 'failure != \"\"' --columns point,failure\n", report.Counted(results.Failed, "point"), pipeline.Quote(s.flags.out))
	}
	again := fmt.Sprintf("bitline sweep %s --out %s", pipeline.Quote(s.name), pipeline.Quote(s.flags.out))
	if err := s.flags.show(results, again); err != nil {
		return err
	}
	next := fmt.Sprintf("%s --collect --html %s", again, pipeline.Quote(s.plan.Name+".html"))
	if s.flags.html != "" {
		next = fmt.Sprintf("open %s in a browser, or bitline results %s", pipeline.Quote(s.flags.html), pipeline.Quote(s.flags.out))
	}
	_, err := fmt.Fprintf(s.term.out, "\nNext: %s\n", next)
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
