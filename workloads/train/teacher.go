package train

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"bitline/internal/config"
	"bitline/workloads"
)

// Teacher is a finished network that fine-tuning follows beside the labels (Hinton,
// Vinyals and Dean, arXiv 1503.02531). With z the outputs of an augmented image, t the
// teacher's of the same, and p(x) the softmax of x/Temperature, the loss of an image is
//
//	(1 − Share)·cross-entropy + Share·Temperature²·Σ_j p_j(t)·log(p_j(t)/p_j(z))
//
// The teacher computes in integers and without converters, whatever the chip.
type Teacher struct {
	Name        string  // of its checkpoint
	Share       float64 // of the loss, 0 to 1
	Temperature float64 // above 0; the higher, the more the small outputs count

	// Model is what Name names: the caller sets it.
	Model *workloads.Model
}

// readTeacher reads a [train.teacher] table; nil where it names no checkpoint.
func readTeacher(t *config.Table) *Teacher {
	h := &Teacher{
		Name:        t.String("checkpoint", ""),
		Share:       readFloat(t, "share", 0.5, share),
		Temperature: readFloat(t, "temperature", 4, positive),
	}
	if h.Name == "" {
		return nil
	}
	return h
}

// check is what Config.check can say without a network.
func (h *Teacher) check() error {
	if h == nil {
		return nil
	}
	return errors.Join(checkFloat("teacher.share", h.Share, share), checkFloat("teacher.temperature", h.Temperature, positive))
}

// checkModel says whether the teacher knows the data set.
func (h *Teacher) checkModel(data *workloads.Dataset) error {
	if h == nil {
		return nil
	}
	m := h.Model
	switch {
	case m == nil:
		return errors.New("train.teacher.checkpoint is not given, want a checkpoint to follow")
	case m.Network.Input != data.Train.Shape:
		return fmt.Errorf("train.teacher.checkpoint takes images of %v, want the %v of data set %s", m.Network.Input, data.Train.Shape, data.Name)
	case m.Network.Classes() != data.Classes:
		return fmt.Errorf("train.teacher.checkpoint has %d outputs, want the %d classes of data set %s", m.Network.Classes(), data.Classes, data.Name)
	}
	return checkPixels("train.teacher.checkpoint", m, data)
}

// checkPixels says whether a model takes the pixels of a data set for what they are.
func checkPixels(key string, m *workloads.Model, data *workloads.Dataset) error {
	for i, z := range m.Input.Zero {
		if z < 0 || z > 255 {
			return fmt.Errorf("%s has zero point %d for channel %d, want 0 to 255", key, z, i)
		}
	}
	if !slices.Equal(m.Input.Zero, data.Input.Zero) || m.Input.Scale != data.Input.Scale {
		return fmt.Errorf("%s takes images of zero points %d and scale %d, want the %d and %d of data set %s",
			key, m.Input.Zero, m.Input.Scale, data.Input.Zero, data.Input.Scale, data.Name)
	}
	return nil
}

// settings are what decides the bytes of a training with a teacher.
func (h *Teacher) settings() []setting {
	if h == nil {
		return nil
	}
	return []setting{
		{"teacher.checkpoint", hashOf(h.Model)},
		{"teacher.share", number(h.Share)},
		{"teacher.temperature", number(h.Temperature)},
	}
}

// String describes the teacher in words.
func (h *Teacher) String() string {
	return fmt.Sprintf("taught by %s, share %g at temperature %g", h.Name, h.Share, h.Temperature)
}

// teaching is a teacher at work: what it computes of the images of a step.
type teaching struct {
	teacher   *Teacher
	cfg       Config
	train     workloads.Images
	executors []*workloads.Executor // one for each worker
	views     []view
	images    workloads.Images // of the batch, as augmented
	outputs   []float64        // images × classes
	exponent  int              // of an output's unit
}

// newTeaching makes a teaching; nil without a teacher.
func newTeaching(cfg Config, data *workloads.Dataset) *teaching {
	if cfg.Teacher == nil {
		return nil
	}
	m := cfg.Teacher.Model
	last := m.Layers[len(m.Layers)-1]
	t := &teaching{
		teacher: cfg.Teacher, cfg: cfg, train: data.Train, executors: make([]*workloads.Executor, min(cfg.Workers, cfg.Batch)),
		views:   make([]view, cfg.Batch),
		images:  workloads.Images{Shape: data.Train.Shape, Pixels: make([]uint8, cfg.Batch*data.Train.Shape.Size()), Labels: make([]uint8, cfg.Batch)},
		outputs: make([]float64, cfg.Batch*data.Classes), exponent: last.OutScale - workloads.ActivationBits - last.Affine.F,
	}
	packed, each := m.Pack(), (cfg.Batch+len(t.executors)-1)/len(t.executors)
	for i := range t.executors {
		t.executors[i] = m.NewExecutor(packed.Product(), workloads.Options{Batch: min(each, m.BatchFor(each, 1))})
	}
	return t
}

// compute sets the teacher's outputs of the images of a step, n × classes, as that
// step augments them.
func (t *teaching) compute(images []int32, at Position) []float64 {
	n, classes := len(images), t.teacher.Model.Network.Classes()
	t.cfg.Augment.views(t.views[:n], t.images.Shape, stepRandom(augmentStream, t.cfg.Seed, at))
	workers := len(t.executors)
	each(workers, workers, func(_, worker int) {
		e, end := t.executors[worker], (worker+1)*n/workers
		for first := worker * n / workers; first < end; first += e.Batch() {
			some := t.images.Slice(first, min(first+e.Batch(), end))
			for i := range some.Len() {
				placeBytes(some.Image(i), t.train.Image(int(images[first+i])), t.images.Shape, t.teacher.Model.Input.Zero, t.views[first+i])
			}
			for i, values := range e.Run(some) {
				for j, v := range values {
					t.outputs[(first+i)*classes+j] = math.Ldexp(float64(v), t.exponent)
				}
			}
		}
	})
	return t.outputs[:n*classes]
}

// follow returns the loss of n × classes logits beside a teacher's outputs, of which
// labels alone give the loss and the gradient, and sets the gradient to its gradient.
// Images are summed in order.
func (h *Teacher) follow(logits, gradient []float32, outputs []float64, classes int, labelled float64) float64 {
	n := len(logits) / classes
	own, theirs := make([]float64, classes), make([]float64, classes)
	apart := 0.0
	for i := range n {
		row, out := logits[i*classes:][:classes], gradient[i*classes:][:classes]
		for j, v := range row {
			own[j] = float64(v)
		}
		copy(theirs, outputs[i*classes:])
		logSoftmax(own, h.Temperature)
		logSoftmax(theirs, h.Temperature)
		for j, want := range theirs {
			p := math.Exp(want)
			apart += float64(p * (want - own[j]))
			pull := float64(h.Share * h.Temperature / float64(n) * (math.Exp(own[j]) - p))
			out[j] = float32(float64((1-h.Share)*float64(out[j])) + pull)
		}
	}
	return float64((1-h.Share)*labelled) + float64(h.Share*h.Temperature*h.Temperature*apart/float64(n))
}

// logSoftmax replaces values by the logarithms of the softmax of values/temperature.
func logSoftmax(values []float64, temperature float64) {
	top, sum := slices.Max(values), 0.0
	for j, v := range values {
		values[j] = (v - top) / temperature
		sum += math.Exp(values[j])
	}
	for j := range values {
		values[j] -= math.Log(sum)
	}
}
