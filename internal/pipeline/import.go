package pipeline

import (
	"fmt"
	"path/filepath"
	"strings"

	"bitline/internal/config"
	"bitline/workloads"
)

// readWeights reads where the job's float weights are and how the images were
// normalised on which they were trained. It returns the table that says the
// latter; checkNormalization wants it once the network is known.
func (j *Job) readWeights(t *config.Table, name string) *config.Table {
	const ending = ".safetensors"
	weights := t.String("weights", "")
	j.Weights = config.Beside(name, weights, ending)
	switch {
	case weights == "":
	case !strings.HasSuffix(weights, ending):
		t.Faultf("weights", "is %q, want a file that ends in %s", weights, ending)
	case j.Checkpoint != "":
		t.Faultf("weights", "is %q beside the checkpoint %q, want one of them (checkpoint = \"\" for none)", weights, t.String("checkpoint", ""))
	}
	n := t.Table("import")
	if !t.Has("import") {
		return n
	}
	if !t.Has("weights") {
		n.Faultf("", "stands without the key weights, want the file that it describes")
	}
	n.Require("mean", "deviation")
	// Beyond these bounds no image was ever normalised, and float32 may overflow.
	const most, least = 1000, 0.001
	j.Normalization = &workloads.Normalization{
		Mean:      n.Floats("mean", nil, -most, most),
		Deviation: n.Floats("deviation", nil, least, most),
	}
	return n
}

// checkNormalization wants a mean and a deviation for each channel.
func (j *Job) checkNormalization(t *config.Table) error {
	if j.Normalization == nil {
		return nil
	}
	want := j.Network.Input.Channels
	for _, list := range []struct {
		key    string
		values []float64
	}{{"mean", j.Normalization.Mean}, {"deviation", j.Normalization.Deviation}} {
		if len(list.values) != want {
			return fmt.Errorf("%s: key %s.%s has %d numbers, want %d: one for each channel of network %s",
				t.Where(list.key), t.Path(), list.key, len(list.values), want, j.Network.Name)
		}
	}
	return nil
}

// importModel quantizes the job's float weights to the chip's magnitude bits.
// The calibration images find the scales of activations.
func (j *Job) importModel(data *workloads.Dataset) (*workloads.Model, error) {
	f, err := workloads.ReadFloat(j.Weights, j.Network)
	if err != nil {
		return nil, err
	}
	if j.Normalization != nil {
		if f, err = f.ForInput(*j.Normalization, data.Input); err != nil {
			return nil, fmt.Errorf("importing %s: %w", j.Weights, err)
		}
	}
	m, err := f.Quantize(workloads.Quantization{
		WeightBits: j.Chip.Encoding.MagnitudeBits(), Input: data.Input, Calibration: data.Calibration(j.Calibration),
		Origin: workloads.Origin{Method: "imported from " + filepath.Base(j.Weights), Job: j.importDescription()},
	})
	if err != nil {
		return nil, fmt.Errorf("importing %s: %w", j.Weights, err)
	}
	return m, nil
}

// importDescription is how the weights came to the chip, in a line.
func (j *Job) importDescription() string {
	line := fmt.Sprintf("job %s, network %s, data %s: weights %s", j.Name, j.Network.Name, j.DataSet, j.Weights)
	if n := j.Normalization; n != nil {
		line += fmt.Sprintf(", images normalised by mean %v and deviation %v", n.Mean, n.Deviation)
	}
	return line
}
