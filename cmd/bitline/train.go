package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bitline/internal/atomicfile"
	"bitline/internal/config"
	"bitline/internal/filelock"
	"bitline/internal/pipeline"
	"bitline/workloads"

	"github.com/spf13/cobra"
)

func newTrain(term terminal) *cobra.Command {
	var sets []string
	var data, out string
	var files pipeline.TrainFiles
	c := &cobra.Command{
		Use:   "train JOB --out FILE",
		Short: "Train a job's network and write a checkpoint",
		Long: `Train a job's network and write a checkpoint, a safetensors file. While it trains,
FILE.state keeps what a killed training needs: --resume continues it, to the bytes
of an undisturbed one. While it is there, no other training begins. Where no bar of
progress is shown, as standard error is not a terminal, standard output gets a line for
every epoch.`,
		Example: `  bitline train quickstart --out digits.safetensors
  bitline train mnist-mlp --set train.finetune.strength=2 --out sparse.safetensors
  bitline train mnist-mlp --out sparse.safetensors --resume`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if !strings.HasSuffix(strings.TrimSuffix(out, ".gz"), ".safetensors") {
				return usageError{fmt.Errorf("--out is %q, want a file name that ends in .safetensors or .safetensors.gz (see %s --help)", out, c.CommandPath())}
			}
			if files.OtherKernel && !files.Resume {
				return usageError{fmt.Errorf("--other-kernel is given without --resume, which it allows (see %s --help)", c.CommandPath())}
			}
			job, err := pipeline.LoadJob(args[0], sets)
			if err != nil {
				return err
			}
			if err := job.CheckValues(); err != nil {
				return err
			}
			files.State = out + ".state"
			if err := checkOutputs(job.Files(), output{"--out", out}, output{"the state of --out", files.State}); err != nil {
				return err
			}
			lock, err := filelock.Take(out+".lock", "this training")
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, filelock.Remove(lock)) }()
			if err := files.Check(); err != nil {
				return err
			}
			if err := atomicfile.Sweep(out, files.State); err != nil { // of trainings that were killed
				return err
			}
			host := term.host(data)
			if !isTerminal(term.err) { // where nobody watches a bar
				host.Epoch = func(line string) { fmt.Fprintln(term.out, line) }
			}
			set, err := workloads.Load(host.Data, job.DataSet)
			if err != nil {
				return err
			}
			if err := job.CheckData(set); err != nil { // before hours of training
				return err
			}
			model, err := job.TrainModel(c.Context(), host, set, files)
			if _, statErr := os.Stat(files.State); errors.Is(err, context.Canceled) && statErr == nil {
				return fmt.Errorf("%w, continue with --resume", err)
			}
			if err != nil {
				return err
			}
			if err := workloads.WriteModel(out, model); err != nil {
				return err
			}
			if err := files.Remove(); err != nil {
				return err
			}
			sets = slices.DeleteFunc(pipeline.WithoutTraining(sets), func(set string) bool {
				key, _, _ := config.CutSet(set)
				return key == "checkpoint" || key == "weights" // instead of which it is that of the training
			})
			next := pipeline.Command{Job: args[0], Checkpoint: filepath.Clean(out), Sets: sets, Data: data}
			_, err = fmt.Fprintf(term.out, "%s trained on %s: %s\nNext: %s\n", model.Network.Name, model.Origin.DataSet, out, next)
			return err
		},
	}
	setFlag(c, &sets, "job or chip")
	dataFlag(c, &data)
	c.Flags().StringVar(&out, "out", "", "the checkpoint to write, NAME.safetensors, or NAME.safetensors.gz to compress it")
	c.Flags().BoolVar(&files.Resume, "resume", false, "continue the training whose state is in FILE.state")
	c.Flags().BoolVar(&files.OtherKernel, "other-kernel", false, "allow a resume under another kernel class, whose bytes may differ")
	return c
}
