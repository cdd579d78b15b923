package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"bitline/internal/sweep"
)

// dryRun says what a run would do, and how long it would take by what its first
// points take.
func (s *sweeping) dryRun(ctx context.Context) error {
	r := sweep.Runner{Plan: s.plan, Shard: s.shard, Host: s.term.host(s.flags.data), Cache: sweep.Cache(s.flags.cache)}
	r.Host.Progress = nil
	done := func(int) bool { return false }
	if results, err := sweep.Collect(s.flags.out); err == nil && results.Identity.Plan == s.identity().Plan {
		missing := map[int]bool{}
		for _, p := range results.Missing {
			missing[p] = true
		}
		done = func(point int) bool { return !missing[point] }
	}
	f, err := r.Forecast(ctx, done)
	if err != nil {
		return err
	}
	out := s.term.out
	fmt.Fprintf(out, "%s: %d points, %d of them in this part, %d of these have a record\n", s.plan.Name, s.plan.Len(), f.Points, f.Done)
	fmt.Fprintf(out, "  trainings   %d, %d of them cached\n", f.Trainings, f.TrainingsCached)
	fmt.Fprintf(out, "  replays     %d in %d passes over the images\n", f.Replays, f.Passes)
	if f.Failures > 0 {
		fmt.Fprintf(out, "  no job      %d points: the first says %q\n", f.Failures, f.Failure)
	}
	_, err = fmt.Fprintf(out, "  time        about %v without trainings, by %d points that took %v, on %d processors\n",
		f.Time.Round(time.Second), f.Tried, f.Took.Round(time.Millisecond), runtime.GOMAXPROCS(0))
	return err
}

// submit writes the batch script of a job array and hands it to Slurm, with a job
// that collects when all tasks have ended well.
func (s *sweeping) submit(ctx context.Context) error {
	if s.shard != sweep.Whole {
		return usageError{fmt.Errorf("--shard is given beside --slurm, want one of them: the job array deals the parts")}
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	var paths [3]string
	for i, p := range []string{s.flags.out, s.flags.cache, filepath.Join(s.flags.out, "slurm")} {
		if paths[i], err = filepath.Abs(p); err != nil {
			return err
		}
	}
	file := s.name
	if strings.HasSuffix(file, ".toml") || strings.ContainsRune(file, '/') {
		if file, err = filepath.Abs(file); err != nil {
			return err
		}
	}
	job := s.flags.slurm
	job.Name, job.Log = s.plan.Name, paths[2]
	job.Command = []string{program, "sweep", file, "--out", paths[0], "--cache", paths[1]}
	if s.flags.data != "" {
		data, err := filepath.Abs(s.flags.data)
		if err != nil {
			return err
		}
		job.Command = append(job.Command, "--data", data)
	}
	if s.flags.yes {
		job.Command = append(job.Command, "--yes")
	}
	script, err := job.Script()
	if err != nil {
		return usageError{err}
	}
	if err := os.MkdirAll(job.Log, 0o755); err != nil {
		return err
	}
	path := filepath.Join(job.Log, "array.sh")
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		return err
	}
	id, err := sbatch(ctx, path)
	if err != nil {
		return err
	}
	collector, err := job.Collector()
	if err != nil {
		return err
	}
	last := filepath.Join(job.Log, "collect.sh")
	if err := os.WriteFile(last, []byte(collector), 0o755); err != nil {
		return err
	}
	collect, err := sbatch(ctx, "--dependency=afterok:"+id, last)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.term.out, "job array %s of %d tasks, then job %s collects; %s\nnext: squeue -j %s, or bitline results %s\n", id, job.Tasks, collect, path, id, s.flags.out)
	return err
}

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
