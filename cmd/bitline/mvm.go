package main

import (
	"fmt"
	"io"
	"slices"

	"bitline/crossbar"
	"bitline/internal/atomicfile"
	"bitline/internal/config"
	"bitline/internal/npy"
	"bitline/internal/pipeline"
	"bitline/internal/report"

	"github.com/spf13/cobra"
)

type mvmFlags struct {
	sets                                           []string
	chip, weights, inputs, out, stats, certificate string
}

func newMVM(term terminal) *cobra.Command {
	var f mvmFlags
	c := &cobra.Command{
		Use:   "mvm --chip CHIP --weights W.npy --inputs X.npy --out Y.npy",
		Short: "Multiply a matrix of your own through the crossbars",
		Long: `Multiply a matrix of your own (npy, int8, int16 or int32, K×N) with a batch of
inputs (uint8 or int16, B×K) through a chip's crossbars and converters. The result
is int64, B×N; float64 where adc.range is full or calibrated.`,
		Example: `  bitline mvm --chip bitslice-8bit --weights W.npy --inputs X.npy --out Y.npy
  bitline mvm --chip bitslice-8bit --set 'adc.bits=[4,4,4,2]' --weights W.npy --inputs X.npy --out Y.npy --stats stats.json`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			for _, flag := range []struct{ name, value string }{{"weights", f.weights}, {"inputs", f.inputs}, {"out", f.out}} {
				if flag.value == "" {
					return usageError{fmt.Errorf("--%s is missing (see bitline mvm --help)", flag.name)}
				}
			}
			return runMVM(term, f)
		},
	}
	setFlag(c, &f.sets, "chip")
	c.Flags().StringVar(&f.chip, "chip", "bitslice-8bit", "a shipped chip or a file")
	c.Flags().StringVar(&f.weights, "weights", "", "the matrix, K×N, .npy")
	c.Flags().StringVar(&f.inputs, "inputs", "", "the inputs, B×K, .npy")
	c.Flags().StringVar(&f.out, "out", "", "the products to write, B×N, .npy")
	c.Flags().StringVar(&f.stats, "stats", "", "count every bitline sum, which is slower, and write the statistics per slice as JSON to this file")
	certificateFlag(c, &f.certificate)
	return c
}

func runMVM(term terminal, f mvmFlags) error {
	chip, err := pipeline.LoadChip(f.chip, f.sets)
	if err != nil {
		return err
	}
	w, err := readMatrix(f.weights, "K×N", "int8", "int16", "int32")
	if err != nil {
		return err
	}
	x, err := readMatrix(f.inputs, "B×K", "uint8", "int16")
	if err != nil {
		return err
	}
	if w.Shape[0] != x.Shape[1] {
		return fmt.Errorf("%s has %d rows and %s has %d columns, want as many inputs as the matrix has rows",
			f.weights, w.Shape[0], f.inputs, x.Shape[1])
	}
	used := []string{f.weights, f.inputs}
	if config.IsFile(f.chip) {
		used = append(used, f.chip)
	}
	if err := checkOutputs(used, output{"--out", f.out}, output{"--stats", f.stats}, output{"--certificate", f.certificate}); err != nil {
		return err
	}
	u := pipeline.MVM{
		Chip: chip, Rows: w.Shape[0], Columns: w.Shape[1], Weights: w.Ints, Batch: x.Shape[0], Inputs: x.Ints,
		WeightsName: f.weights, InputsName: f.inputs,
	}
	if f.stats != "" {
		u.Statistics = crossbar.Sums
	}
	result, err := u.Run()
	if err != nil {
		return err
	}
	if err := atomicfile.Write(f.out, encodeOutputs(result, []int{u.Batch, u.Columns})); err != nil {
		return err
	}
	if f.stats != "" {
		content, err := report.JSON(result.Statistics(chip))
		if err != nil {
			return err
		}
		if err := atomicfile.Write(f.stats, content); err != nil {
			return err
		}
	}
	certificate := func(w io.Writer) error { return result.WriteCertificate(w, chip) }
	if err := writeOutput(f.certificate, certificate); err != nil {
		return err
	}
	return result.WriteText(term.out, chip)
}

// readMatrix reads a two-dimensional array of one of the given types.
func readMatrix(path, shape string, types ...string) (*npy.Array, error) {
	a, err := npy.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(types, a.Dtype) {
		return nil, fmt.Errorf("%s holds %s, want %s", path, a.Dtype, report.Or(types))
	}
	if len(a.Shape) != 2 || a.Shape[0] == 0 || a.Shape[1] == 0 {
		return nil, fmt.Errorf("%s has shape %v, want two dimensions, %s, of at least 1", path, a.Shape, shape)
	}
	return a, nil
}

// encodeOutputs is the products as npy: integers, or reals where a code is not a
// whole count.
func encodeOutputs(r *pipeline.MVMResult, shape []int) []byte {
	if r.Fraction == 0 {
		return npy.Encode(shape, r.Outputs)
	}
	values := make([]float64, len(r.Outputs))
	for i, v := range r.Outputs {
		values[i] = float64(v) / float64(int64(1)<<r.Fraction)
	}
	return npy.Encode(shape, values)
}
