package train

import (
	"context"
	"errors"
	"fmt"

	"bitline/internal/gemm"
	"bitline/workloads"
)

// Trainer is a training in progress. It is not safe for concurrent use.
type Trainer struct {
	cfg    Config
	net    *workloads.Network
	data   *workloads.Dataset
	body   body
	params []*param // of the body

	teaching *teaching // nil without a teacher

	labels []uint8
	order  []int32 // the images of this epoch, shuffled
	at     Position
	sum    float64 // Σ loss·images over this epoch's steps so far
	right  int     // images of this epoch's steps so far classified right

	// pretrained holds the parameters and the body's memory as pre-training left
	// them, one slice each; nil before.
	pretrained [][]float32

	log     []string // a line for each epoch
	kernels string   // their class, or classes (stateHeader)
}

// Position is how far a training has come: the next step to make.
type Position struct {
	Phase int // 0 pre-training, 1 fine-tuning, 2 finished
	Epoch int // within the phase, from 0
	Step  int // within the epoch, from 0
}

const (
	phasePretrain = iota
	phaseFinetune
	phaseFinished
)

// Progress describes the step just made.
type Progress struct {
	Phase         string // "pre-training" or "fine-tuning"
	Epoch, Epochs int    // from 1
	Step, Steps   int    // from 1
	// Loss is the mean cross-entropy of this epoch's images so far, or with a teacher
	// its loss (type Teacher), without the penalty.
	Loss float64
	// TrainingAccuracy is the share of this epoch's images so far that their own
	// step classified right before it moved the weights, 0 to 1: of images as they
	// were augmented and with the dropout of the step.
	TrainingAccuracy float64
	// EpochEnd says that this was the epoch's last step; the fields below are
	// set only then.
	EpochEnd bool
	// Penalty is the method's term of the loss.
	Penalty float64
	// ValidationAccuracy is the share of the validation images classified
	// right, 0 to 1; 0 where the data set has none.
	ValidationAccuracy float64
}

// New returns a training at its start. It keeps net and data, which nobody may
// change any more. All faults of the configuration, and a network that does not
// fit the data, are errors.
func New(cfg Config, net *workloads.Network, data *workloads.Dataset) (*Trainer, error) {
	if err := errors.Join(cfg.check(), cfg.Through.checkStart(cfg, net, data), cfg.Teacher.checkModel(data), checkFit(net, data)); err != nil {
		return nil, err
	}
	t := newTrainer(cfg, net, data)
	t.body.initialize(cfg.Seed)
	t.enter(phasePretrain)
	return t, nil
}

// newTrainer makes a trainer whose weights are all zero.
func newTrainer(cfg Config, net *workloads.Network, data *workloads.Dataset) *Trainer {
	t := &Trainer{
		cfg: cfg, net: net, data: data,
		teaching: newTeaching(cfg, data),
		kernels:  string(gemm.KernelClass()),
		labels:   make([]uint8, cfg.Batch),
		order:    make([]int32, data.Train.Len()),
	}
	if cfg.Through != nil {
		t.body = newConverted(cfg, net, data)
	} else if _, chain := net.IsChain(); chain && cfg.Dropout == 0 && !cfg.augments() {
		t.body = newPerceptron(cfg, net, data)
	} else {
		t.body = newGraph(cfg, net, data)
	}
	t.params = t.body.params()
	return t
}

func checkFit(net *workloads.Network, data *workloads.Dataset) error {
	var faults []error
	if data.Train.Len() == 0 {
		faults = append(faults, fmt.Errorf("data set %s has no training images, want at least 1", data.Name))
	}
	if err := checkTrainable(net); err != nil {
		faults = append(faults, fmt.Errorf("network %s cannot be trained: %w", net.Name, err))
	}
	if net.Input != data.Train.Shape {
		faults = append(faults, fmt.Errorf("network %s takes images of %v, want the %v of data set %s", net.Name, net.Input, data.Train.Shape, data.Name))
	}
	if net.Classes() != data.Classes {
		faults = append(faults, fmt.Errorf("network %s has %d outputs, want the %d classes of data set %s", net.Name, net.Classes(), data.Classes, data.Name))
	}
	if zeros := len(data.Input.Zero); zeros != data.Train.Shape.Channels {
		faults = append(faults, fmt.Errorf("data set %s has %d zero points, want one for each of %d channels", data.Name, zeros, data.Train.Shape.Channels))
	}
	for i, label := range data.Train.Labels {
		if int(label) >= data.Classes {
			faults = append(faults, fmt.Errorf("training image %d has label %d, want less than %d", i, label, data.Classes))
			break
		}
	}
	return errors.Join(faults...)
}

// Parameters is P, the number of penalised parameters: all weights and biases.
func (t *Trainer) Parameters() int {
	count := 0
	for _, p := range t.params {
		if p.penalized() {
			count += len(p.value)
		}
	}
	return count
}

// Position is the next step to make.
func (t *Trainer) Position() Position { return t.at }

// Done says whether the training has finished.
func (t *Trainer) Done() bool { return t.at.Phase == phaseFinished }

// enter goes to the start of a phase, or past it where it has no epochs.
// Pruning, a copy of the pre-trained weights and a momentum of zero stand at the
// start of fine-tuning.
func (t *Trainer) enter(phase int) {
	if phase == phaseFinetune {
		t.keepPretrained()
		t.prune()
	}
	t.at = Position{Phase: phase}
	if phase == phaseFinished {
		return
	}
	if t.phase().Epochs == 0 {
		t.enter(phase + 1)
		return
	}
	t.startEpoch()
}

func (t *Trainer) keepPretrained() {
	t.pretrained = nil
	for _, x := range t.kept() {
		t.pretrained = append(t.pretrained, append([]float32(nil), x...))
	}
}

// kept is what a fork starts from.
func (t *Trainer) kept() [][]float32 {
	var all [][]float32
	for _, p := range t.params {
		all = append(all, p.value)
	}
	return append(all, t.body.memory()...)
}

// prune freezes the scales where that is wanted, applies the threshold to the
// weights and stops all momentum.
func (t *Trainer) prune() {
	t.freeze()
	for _, p := range t.params {
		if t.cfg.PruneThreshold > 0 && p.kind == weightParam {
			p.prune(t.cfg.PruneThreshold)
		}
		clear(p.velocity)
	}
}

// freeze fixes the scales of the weights as pre-training left them.
func (t *Trainer) freeze() {
	for i, p := range t.params {
		if t.cfg.WeightScale == Frozen && t.cfg.Through == nil && p.kind == weightParam {
			p.freeze(scaleOf(largest(t.pretrained[i], 0)))
		}
	}
}

// startEpoch readies what follows from phase and epoch alone: the penalties and
// the order of the images.
func (t *Trainer) startEpoch() {
	count, phase := t.Parameters(), t.phase()
	phase.Strength = phase.strength(t.at.Epoch)
	for _, p := range t.params {
		if p.penalized() {
			p.penalty = newPenalty(phase, p, t.cfg.CellBits, count)
		}
	}
	shuffle(t.order, t.cfg.Seed, t.at)
}

// phase is the configuration of the present phase; a finished training has none.
func (t *Trainer) phase() Phase {
	switch t.at.Phase {
	case phasePretrain:
		return t.cfg.Pretrain
	case phaseFinetune:
		return t.cfg.Finetune
	}
	return Phase{Method: None}
}

func (t *Trainer) phaseName() string {
	if t.at.Phase == phasePretrain {
		return pretrainName
	}
	return "fine-tuning"
}

// steps is the number of steps of an epoch; the last one may have fewer images.
func (t *Trainer) steps() int { return (len(t.order) + t.cfg.Batch - 1) / t.cfg.Batch }

// Run trains from the present position to the end and calls progress, unless it
// is nil, after every step. progress may save the training. Run stops with ctx's
// error between two steps, and the training can then be saved, resumed or run
// on. A loss, weight or output that is not finite is an error that names the
// phase, epoch, step and layer.
func (t *Trainer) Run(ctx context.Context, progress func(Progress)) error {
	for !t.Done() {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := Progress{
			Phase: t.phaseName(),
			Epoch: t.at.Epoch + 1, Epochs: t.phase().Epochs,
			Step: t.at.Step + 1, Steps: t.steps(),
		}
		if err := t.step(); err != nil {
			return fmt.Errorf("%s, epoch %d, step %d: %w", p.Phase, p.Epoch, p.Step, err)
		}
		t.at.Step++
		seen := float64(min(t.at.Step*t.cfg.Batch, len(t.order)))
		p.Loss, p.TrainingAccuracy = t.sum/seen, float64(t.right)/seen
		if t.at.Step == p.Steps {
			p.EpochEnd = true
			var err error
			if p.ValidationAccuracy, err = t.Accuracy(t.data.Validation); err != nil {
				return fmt.Errorf("%s, epoch %d: validation: %w", p.Phase, p.Epoch, err)
			}
			p.Penalty = t.penalty()
			t.record(p)
			t.endEpoch()
		}
		if progress != nil {
			progress(p)
		}
	}
	return nil
}

func (t *Trainer) endEpoch() {
	t.sum, t.right = 0, 0
	t.at.Step = 0
	t.at.Epoch++
	if t.at.Epoch == t.phase().Epochs {
		t.enter(t.at.Phase + 1)
		return
	}
	t.startEpoch()
}

// penalty is the method's term of the loss.
func (t *Trainer) penalty() float64 {
	sum := 0.0
	for _, p := range t.params {
		if p.penalized() {
			p.quantize()
			sum += p.penalty.value(p)
		}
	}
	if c, ok := t.body.(*converted); ok {
		sum += c.penalty
	}
	return sum
}
