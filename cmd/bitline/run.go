package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"bitline/internal/atomicfile"
	"bitline/internal/config"
	"bitline/internal/pipeline"
	"bitline/internal/report"
	"bitline/scheduler/timing"
	"bitline/workloads"

	"github.com/spf13/cobra"
)

// The jobs that run does when it is given none: the embedded digits, then MNIST
// from a shipped checkpoint where the data set is found.
const (
	defaultJob = "quickstart"
	mnistJob   = "mnist-mlp"
)

type runFlags struct {
	sets                         []string
	data, json, csv, certificate string
	checkpoint, chip, network    string
	train, exact, details, slack bool
	sensitivity                  bool
	observe                      observeFlags
	show                         showFlags
}

func newRun(term terminal) *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run [JOB]",
		Short: "Run a job: train or load, map, replay, simulate, report",
		Long: `Run a job: train, load a checkpoint or import float weights, map the network onto
the chip, replay the test images bit for bit, simulate the chip, and report. JOB
is the name of a shipped job or a file. Without one, the digits quickstart runs,
and MNIST from a shipped checkpoint where MNIST is found; or --network on --chip,
shapes alone: no weights, no replay, activity assumed, as a job with
data.set = "none" does.`,
		Example: `  bitline run
  bitline run mnist-mlp --set 'adc.bits=[4,4,4,2]' --set adc.recalibrate=affine
  bitline run job.toml --json result.json --csv result.csv
  bitline run job.toml --certificate columns.csv
  bitline run quickstart --html report.html --plots pictures
  bitline run resnet-18-isaac --details
  bitline run quickstart --set adc.bits=3 --sensitivity
  bitline run quickstart --slack --timeline
  bitline run resnet-18-isaac --trace resnet-18.json.gz --trace-window 0..2us
  bitline run --chip isaac-ce --network resnet-18 --set mapping.replicate=isaac
  bitline run job.toml --set network=lenet-5 --set weights=lenet5.safetensors`,
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if f.train && f.checkpoint != "" {
				return usageError{fmt.Errorf("--train and --checkpoint exclude each other")}
			}
			if len(args) == 1 {
				if args[0] == "" { // which would stand for no job
					return usageError{fmt.Errorf("JOB is empty, want a job's name or file (see %s --help)", c.CommandPath())}
				}
				return runJob(c.Context(), term, args[0], f)
			}
			if f.chip != "" || f.network != "" {
				if f.chip == "" || f.network == "" {
					return usageError{fmt.Errorf("want both --chip and --network, or a JOB of which they override one (see %s --help)", c.CommandPath())}
				}
				return runJob(c.Context(), term, "", f)
			}
			if err := runJob(c.Context(), term, defaultJob, f); err != nil {
				return err
			}
			return runMNIST(c.Context(), term, f)
		},
	}
	setFlag(c, &f.sets, "job or chip")
	dataFlag(c, &f.data)
	c.Flags().StringVar(&f.json, "json", "", "write the result as JSON to this file")
	c.Flags().StringVar(&f.csv, "csv", "", "write the figures as one CSV record to this file")
	certificateFlag(c, &f.certificate)
	c.Flags().StringVar(&f.checkpoint, "checkpoint", "", "use this checkpoint instead of the job's")
	c.Flags().BoolVar(&f.train, "train", false, "train instead of loading the job's checkpoint")
	c.Flags().StringVar(&f.chip, "chip", "", "the chip, instead of the job's")
	c.Flags().StringVar(&f.network, "network", "", "the network, instead of the job's")
	c.Flags().BoolVar(&f.exact, "exact", false, "simulate every read, scan and addition of every crossbar as an event: the same figures, slowly")
	c.Flags().BoolVar(&f.slack, "slack", false, "say which cycle of the pipeline bounds the interval, how much slack the rest has, and what changes would gain (simulates many changed chips)")
	c.Flags().BoolVar(&f.sensitivity, "sensitivity", false, "say what the converters of every single layer cost: accuracy where they alone clip, and where all others do (replays the test images twice for each layer)")
	f.observe.add(c)
	f.show.add(c)
	c.Flags().BoolVar(&f.details, "details", false, "print every layer, resource and action, and what is assumed")
	return c
}

// setFlag adds overrides of keys of what it names.
func setFlag(c *cobra.Command, sets *[]string, of string) {
	c.Flags().StringArrayVar(sets, "set", nil, fmt.Sprintf("override a key of the %s, such as adc.bits=5 (may be repeated)", of))
}

func certificateFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "certificate", "", "write as CSV to this file, of every column, whether its converter is proven never to clip it, was not seen to, or how often it did")
}

// jobSets are the overrides that the flags stand for, of the job of that name.
func (f runFlags) jobSets(job string) ([]string, error) {
	sets := slices.Clone(f.sets)
	if f.train {
		sets = append(sets, `checkpoint=""`, `weights=""`)
	}
	for _, file := range []struct{ key, name, ending string }{
		{"checkpoint", f.checkpoint, ".safetensors"}, {"chip", f.chip, ".toml"}, {"network", f.network, ".toml"},
	} {
		if file.name == "" || job == "" && file.key != "checkpoint" { // whose chip and network are as they are
			continue
		}
		name, err := config.NameBeside(job, file.name, file.ending)
		if err != nil {
			return nil, err
		}
		sets = append(sets, file.key+"="+name)
	}
	if f.checkpoint != "" {
		sets = append(sets, `weights=""`)
	}
	return sets, nil
}

// job is the job of that name, or that of the flags where there is none.
func (f runFlags) job(name string) (job *pipeline.Job, err error) {
	if err := f.checkTwice(); err != nil {
		return nil, err
	}
	sets, err := f.jobSets(name)
	if err != nil {
		return nil, err
	}
	if name == "" {
		job, err = pipeline.JobOf(f.chip, f.network, sets)
	} else {
		job, err = pipeline.LoadJob(name, sets)
	}
	if err != nil {
		return nil, err
	}
	job.Command = pipeline.Command{Job: name, Chip: f.chip, Network: f.network, Checkpoint: f.checkpoint, Train: f.train, Sets: f.sets, Data: f.data}
	for _, flag := range []struct {
		word  string
		given bool
	}{{"--exact", f.exact}, {"--sensitivity", f.sensitivity}, {"--timeline", f.observe.timeline}, {"--power", f.observe.power}} {
		if flag.given {
			job.Command.More = append(job.Command.More, flag.word)
		}
	}
	return job, nil
}

// checkTwice finds keys that a flag and --set both set.
func (f runFlags) checkTwice() error {
	for _, flag := range []struct {
		name, key string
		given     bool
	}{
		{"--chip", "chip", f.chip != ""}, {"--network", "network", f.network != ""},
		{"--checkpoint", "checkpoint", f.checkpoint != ""}, {"--checkpoint", "weights", f.checkpoint != ""},
		{"--train", "checkpoint", f.train}, {"--train", "weights", f.train},
	} {
		for _, s := range f.sets {
			if key, _, _ := config.CutSet(s); flag.given && key == flag.key {
				return usageError{fmt.Errorf("%s and --set %s exclude each other (see bitline run --help)", flag.name, pipeline.Quote(s))}
			}
		}
	}
	return nil
}

// checkValues finds flags that want values of a job that computes none.
func (f runFlags) checkValues(job *pipeline.Job) error {
	if job.HasValues() {
		return nil
	}
	for _, flag := range []struct {
		name  string
		given bool
	}{{"--train", f.train}, {"--checkpoint", f.checkpoint != ""}, {"--certificate", f.certificate != ""}, {"--sensitivity", f.sensitivity}} {
		if flag.given {
			return fmt.Errorf("%s: %w", flag.name, job.CheckValues())
		}
	}
	return nil
}

func runJob(ctx context.Context, term terminal, name string, f runFlags) (err error) {
	job, err := f.job(name)
	if err != nil {
		return err
	}
	if err := errors.Join(f.checkValues(job), job.CheckTraining()); err != nil {
		return err
	}
	if f.slack {
		if err := timing.CheckExplained(job.Chip); err != nil {
			return fmt.Errorf("--slack: %w", err)
		}
	}
	if f.sensitivity {
		if err := job.CheckSensitivity(); err != nil {
			return fmt.Errorf("--sensitivity: %w", err)
		}
	}
	job.Sensitivity, job.Simulation.Exact = f.sensitivity, f.exact
	if err := f.observe.set(job); err != nil {
		return err
	}
	if err := checkOutputs(append(job.Files(), job.Checkpoint, job.Weights), output{"--json", f.json}, output{"--csv", f.csv}, output{"--certificate", f.certificate},
		output{"--html", f.show.html}, output{"--trace", f.observe.trace}); err != nil {
		return err
	}
	if err := atomicfile.Sweep(f.observe.trace); err != nil { // of a run that was killed
		return err
	}
	remove, err := f.show.makeFolder()
	defer func() { remove(err) }()
	if err != nil {
		return err
	}
	var result *pipeline.Result
	err = f.observe.record(job, func() (err error) {
		result, err = pipeline.Run(ctx, job, term.host(f.data))
		return err
	})
	if err != nil {
		return err
	}
	if err := writeResult(term, result, f); err != nil || !f.slack {
		return err
	}
	explanation, err := result.Explain(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(term.out)
	return explanation.WriteText(term.out)
}

// writeResult writes the files and prints the result, which is printed even where a
// file cannot be written: a long run was not for nothing.
func writeResult(term terminal, result *pipeline.Result, f runFlags) error {
	writeJSON := func(w io.Writer) error {
		content, err := report.JSON(result)
		if err == nil {
			_, err = w.Write(content)
		}
		return err
	}
	faults := errors.Join(writeOutput(f.json, writeJSON), writeOutput(f.csv, result.WriteCSV), writeOutput(f.certificate, result.WriteCertificate), f.show.write(result))
	if err := result.WriteText(term.out, f.details); err != nil {
		return errors.Join(faults, err)
	}
	return errors.Join(faults, result.WriteObserved(term.out))
}

// writeOutput writes a file whole, unless its path is empty.
func writeOutput(path string, write func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	return atomicfile.Write(path, b.Bytes())
}

// runMNIST runs the shipped MNIST checkpoint where the data set is found, and
// says so where it is not. Files asked for hold the first job's result.
func runMNIST(ctx context.Context, term terminal, f runFlags) error {
	if f.train || f.exact || f.slack || f.sensitivity || f.observe.given() || f.show.given() || f.checkpoint != "" || len(f.sets) > 0 || f.json != "" || f.csv != "" || f.certificate != "" {
		return nil
	}
	for _, s := range workloads.List(workloads.NewFinder(f.data, term.getenv)) {
		if s.Name == "mnist" && s.Found {
			fmt.Fprintf(term.out, "\nMNIST was found in %s: the shipped checkpoint on it.\n\n", s.Where)
			return runJob(ctx, term, mnistJob, f)
		}
	}
	_, err := fmt.Fprintln(term.out, "\nMNIST was not found; with it, this command also runs a shipped MNIST checkpoint (bitline data list).")
	return err
}
