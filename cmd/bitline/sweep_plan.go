package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"bitline/internal/atomicfile"
	"bitline/internal/config"
	"bitline/internal/pipeline"
	"bitline/internal/report"
	"bitline/internal/sweep"
)

// dryRun says what a run would do, and how long it would take by what its first
// points take.
func (s *sweeping) dryRun(ctx context.Context) error {
	r := sweep.Runner{Plan: s.plan, Shard: s.shard, Host: s.term.host(s.flags.data), Cache: s.cache()}
	r.Host.Progress = nil
	done, err := s.identity.Recorded(s.flags.out)
	if err != nil {
		return err
	}
	f, err := r.Forecast(ctx, done)
	if err != nil {
		return err
	}
	out := s.term.out
	fmt.Fprintf(out, "%s: %s, %d of them in this part, %d of these %s a record\n", s.plan.Name, report.Counted(s.plan.Len(), "point"), f.Points, f.Done, has(f.Done))
	fmt.Fprintf(out, "  trainings   %d, %d of them cached\n", f.Trainings, f.TrainingsCached)
	fmt.Fprintf(out, "  replays     %d, %d of them cached, the others in %s over the images\n", f.Replays, f.ReplaysCached, passes(f.Passes))
	if f.Failures > 0 {
		fmt.Fprintf(out, "  no job      %s: the first says %q\n", report.Counted(f.Failures, "point"), f.Failure)
	}
	if f.Tried == 0 {
		return nil
	}
	_, err = fmt.Fprintf(out, "  time        about %v on %s without trainings, by %s and %s that took %v\n",
		f.Time.Round(max(100*time.Millisecond, f.Time/100).Truncate(100*time.Millisecond)), report.Counted(runtime.GOMAXPROCS(0), "processor"), report.Counted(f.Tried, "simulation"), passes(f.TriedPasses), f.Took.Round(100*time.Millisecond))
	return err
}

// passes is a number of them.
func passes(n int) string {
	if n == 1 {
		return "1 pass"
	}
	return fmt.Sprintf("%d passes", n)
}

// submit writes the batch script of a job array and hands it to Slurm, with a job
// that collects when all tasks have ended: a task that is queued anew after that
// collects itself.
func (s *sweeping) submit(ctx context.Context) error {
	job, err := s.array()
	if err != nil {
		return err
	}
	script, err := job.Script()
	if err != nil {
		return usageError{err}
	}
	collector, err := job.Collector()
	if err != nil {
		return usageError{err}
	}
	if _, err := exec.LookPath("sbatch"); err != nil {
		return fmt.Errorf("--slurm wants the command sbatch, which is not in PATH (--shard computes a part without Slurm)")
	}
	if err := s.identity.CheckFolder(s.flags.out); err != nil {
		return err
	}
	if err := os.MkdirAll(job.Log, 0o755); err != nil {
		return err
	}
	first, last := filepath.Join(job.Log, "array.sh"), filepath.Join(job.Log, "collect.sh")
	if err := errors.Join(atomicfile.Write(first, []byte(script)), atomicfile.Write(last, []byte(collector))); err != nil {
		return err
	}
	id, err := sbatch(ctx, first)
	if err != nil {
		return fmt.Errorf("%w (the scripts stay in %s)", err, job.Log)
	}
	collect, err := sbatch(ctx, "--dependency=afterany:"+id, last)
	if err != nil {
		return fmt.Errorf("job array %s is submitted, and collects itself where its last task ends well: %w", id, err)
	}
	_, err = fmt.Fprintf(s.term.out, "job array %s of %s, then job %s collects; scripts and logs are in %s\nNext: squeue -j %s,%s, or bitline results %s\n",
		id, report.Counted(job.Tasks, "task"), collect, job.Log, id, collect, pipeline.Quote(s.flags.out))
	return err
}

// array is the job array. All its paths are whole: tasks run anywhere.
func (s *sweeping) array() (sweep.Slurm, error) {
	job := s.flags.slurm
	program, err := os.Executable()
	if err != nil {
		return job, err
	}
	if goRun.MatchString(filepath.ToSlash(program)) {
		return job, errors.New("--slurm wants a program that stays, and go run removes its own: go install ./cmd/bitline")
	}
	var faults []error
	whole := func(path string) string {
		path, err := filepath.Abs(path)
		faults = append(faults, err)
		return path
	}
	name, out := s.name, whole(s.flags.out)
	if config.IsFile(name) {
		name = whole(name)
	}
	job.Name, job.Log = s.plan.Name, filepath.Join(out, "slurm")
	job.Command = []string{program, "sweep", name, "--out", out, "--cache", whole(s.flags.cache)}
	if s.flags.data != "" {
		job.Command = append(job.Command, "--data", whole(s.flags.data))
	} else if data := s.term.getenv("BITLINE_DATA"); data != "" {
		job.Environment = append(job.Environment, "BITLINE_DATA="+whole(data))
	}
	if s.flags.yes {
		job.Command = append(job.Command, "--yes")
	}
	return job, errors.Join(faults...)
}

// goRun is where go run has its program.
var goRun = regexp.MustCompile(`/go-build[0-9]+/b[0-9]+/exe/`)

// sbatch submits a script and returns the job's number.
func sbatch(ctx context.Context, args ...string) (string, error) {
	c := exec.CommandContext(ctx, "sbatch", append([]string{"--parsable"}, args...)...)
	var complaint strings.Builder
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("submitting %s: %w %s", args[len(args)-1], err, strings.TrimSpace(complaint.String()))
	}
	id := regexp.MustCompile(`^\d+`).FindString(string(out))
	if id == "" {
		return "", fmt.Errorf("sbatch says %q, want the number of a job", strings.TrimSpace(string(out)))
	}
	return id, nil
}
