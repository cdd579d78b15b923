package train

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"bitline/internal/config"
	"bitline/workloads"
)

// Method names what a phase adds to the loss.
type Method string

// The methods.
const (
	// None adds nothing.
	None Method = "none"
	// L1 adds Strength·Σ|w|/P over all P weights and biases.
	L1 Method = "l1"
	// BitSliceL1 adds Strength·Σ(s_0 + … + s_(n−1))/(n·P) over the digits s_k of
	// all P weights and biases (arXiv 1909.08496).
	BitSliceL1 Method = "bitslice-l1"
)

// WeightScale says how the power-of-two scale of weights comes about.
type WeightScale string

// The weight scales.
const (
	// Dynamic takes the scale of the largest weight at every step, as arXiv
	// 1909.08496 does.
	Dynamic WeightScale = "dynamic"
	// Frozen is Dynamic in pre-training and keeps the scales that this leaves;
	// weights are clipped to their range from there on.
	Frozen WeightScale = "frozen"
)

// Phase is one of the two phases of a training.
type Phase struct {
	Epochs       int
	Method       Method
	Strength     float64 // α of the method, at least 0
	LearningRate float64 // 0 for the configuration's
	// Ramp is the epochs over which the strength grows, by equal amounts an epoch;
	// 0 and 1 have it whole from the first.
	Ramp int
}

// String names the epochs, and the method where it adds something.
func (p Phase) String() string {
	switch {
	case p.Epochs == 0:
		return "none"
	case p.Method == None:
		return fmt.Sprintf("%d epochs", p.Epochs)
	}
	return fmt.Sprintf("%d epochs of %s %g", p.Epochs, p.Method, p.Strength)
}

// strength is that of an epoch, counted from 0.
func (p Phase) strength(epoch int) float64 {
	if epoch+1 >= p.Ramp {
		return p.Strength
	}
	return p.Strength * float64(epoch+1) / float64(p.Ramp)
}

// Config is all that decides a training besides its network and data set.
type Config struct {
	Seed         uint64  // of the initial weights and the shuffles
	Batch        int     // images a step
	LearningRate float64 // of stochastic gradient descent
	Momentum     float64 // 0 ≤ m < 1: v = m·v + g; w −= rate·v
	WeightDecay  float64 // of weights alone: g + decay·w
	Schedule     Schedule
	Augment      Augment
	// Dropout is the share of the outputs of every rectified linear layer that a
	// step drops, 0 to less than 1; the others grow by 1/(1 − Dropout).
	Dropout float64
	// LabelSmoothing is the share of every label that is spread over all classes.
	LabelSmoothing float64
	WeightScale    WeightScale
	WeightBits     int // magnitude bits of a weight code, 1 to 15
	CellBits       int // bits of a cell, which cut a code into slices, 1 to 8
	Pretrain       Phase
	// PruneThreshold: after pre-training every weight, not bias, of smaller
	// magnitude is set to zero and stays there. 0 prunes nothing.
	PruneThreshold float64
	Finetune       Phase
	Teacher        *Teacher // nil fine-tunes by the labels alone
	Through        *Through // nil fine-tunes without converters
	Workers        int      // goroutines; no result depends on them
}

// DefaultConfig is the training of the MNIST network in arXiv 1909.08496.
func DefaultConfig() Config {
	return Config{
		Seed:           1,
		Batch:          64,
		LearningRate:   0.01,
		Momentum:       0.5,
		Schedule:       Schedule{Kind: Constant, Factor: 0.5, Every: 30, Warmup: 0.3},
		WeightScale:    Dynamic,
		WeightBits:     8,
		CellBits:       2,
		Pretrain:       Phase{Epochs: 100, Method: L1, Strength: 10},
		PruneThreshold: 0.01,
		Finetune:       Phase{Epochs: 50, Method: BitSliceL1, Strength: 0.5},
		Workers:        1,
	}
}

// The widest ranges of the counts.
const (
	maxBatch    = 1 << 16
	maxEpochs   = 1 << 20
	maxCellBits = 8
)

// ReadConfig reads a [train] table over DefaultConfig. The bits of weights and
// cells are the chip's and the workers the host's: the caller sets them. Faults
// go to the table.
func ReadConfig(t *config.Table) Config {
	c := DefaultConfig()
	c.Seed = uint64(t.Int("seed", int(c.Seed), 0, math.MaxInt))
	c.Batch = t.Int("batch", c.Batch, 1, maxBatch)
	c.LearningRate = readFloat(t, "learning_rate", c.LearningRate, positive)
	c.Momentum = readFloat(t, "momentum", c.Momentum, belowOne)
	c.WeightDecay = readFloat(t, "weight_decay", c.WeightDecay, notNegative)
	c.Dropout = readFloat(t, "dropout", c.Dropout, belowOne)
	c.LabelSmoothing = readFloat(t, "label_smoothing", c.LabelSmoothing, belowOne)
	c.WeightScale = WeightScale(t.Enum("weight_scale", string(c.WeightScale), string(Dynamic), string(Frozen)))
	c.Schedule = readSchedule(t.Table("schedule"), c.Schedule)
	c.Augment = readAugment(t.Table("augment"))
	c.Pretrain = readPhase(t.Table("pretrain"), c.Pretrain)
	c.PruneThreshold = readFloat(t.Table("prune"), "threshold", c.PruneThreshold, notNegative)
	c.Finetune = readPhase(t.Table("finetune"), c.Finetune)
	c.Teacher = readTeacher(t.Table("teacher"))
	c.Through = readThrough(t.Table("adc"))
	return c
}

func readPhase(t *config.Table, p Phase) Phase {
	p.Epochs = t.Int("epochs", p.Epochs, 0, maxEpochs)
	p.Method = Method(t.Enum("method", string(p.Method), string(None), string(L1), string(BitSliceL1)))
	p.Strength = readFloat(t, "strength", p.Strength, notNegative)
	p.LearningRate = readFloat(t, "learning_rate", p.LearningRate, notNegative)
	p.Ramp = t.Int("ramp", p.Ramp, 0, maxEpochs)
	return p
}

// limit is a condition on a number and the words for it.
type limit struct {
	holds func(x float64) bool
	want  string
}

var (
	positive    = limit{func(x float64) bool { return x > 0 && x <= math.MaxFloat32 }, "a finite number above 0"}
	notNegative = limit{func(x float64) bool { return x >= 0 && x <= math.MaxFloat32 }, "a finite number of at least 0"}
	share       = limit{func(x float64) bool { return x >= 0 && x <= 1 }, "0 to 1"}
	belowOne    = limit{func(x float64) bool { return x >= 0 && x < 1 }, "at least 0 and less than 1"}
)

func readFloat(t *config.Table, key string, def float64, l limit) float64 {
	x := t.Float(key, def, math.Inf(-1), math.Inf(1))
	if !l.holds(x) {
		t.Faultf(key, "is %g, want %s", x, l.want)
	}
	return x
}

// check returns all faults of the configuration.
func (c Config) check() error {
	faults := []error{
		checkInt("batch", c.Batch, 1, maxBatch),
		checkInt("the chip's encoding.weight_bits without a sign", c.WeightBits, 1, workloads.MaxWeightBits),
		checkInt("cell_bits", c.CellBits, 1, maxCellBits),
		checkInt("pretrain.epochs", c.Pretrain.Epochs, 0, maxEpochs),
		checkInt("finetune.epochs", c.Finetune.Epochs, 0, maxEpochs),
		checkInt("workers", c.Workers, 1, maxBatch),
		checkFloat("learning_rate", c.LearningRate, positive),
		checkFloat("momentum", c.Momentum, belowOne),
		checkFloat("weight_decay", c.WeightDecay, notNegative),
		checkFloat("dropout", c.Dropout, belowOne),
		checkFloat("label_smoothing", c.LabelSmoothing, belowOne),
		checkFloat("pretrain.learning_rate", c.Pretrain.LearningRate, notNegative),
		checkFloat("finetune.learning_rate", c.Finetune.LearningRate, notNegative),
		checkInt("pretrain.ramp", c.Pretrain.Ramp, 0, maxEpochs),
		checkInt("finetune.ramp", c.Finetune.Ramp, 0, maxEpochs),
		checkInt("augment.crop", c.Augment.Crop, 0, maxCrop),
		checkInt("augment.cutout", c.Augment.Cutout, 0, maxCrop),
		c.Schedule.check(),
		checkWeightScale(c.WeightScale),
		checkFloat("pretrain.strength", c.Pretrain.Strength, notNegative),
		checkFloat("prune.threshold", c.PruneThreshold, notNegative),
		checkFloat("finetune.strength", c.Finetune.Strength, notNegative),
		checkMethod("pretrain.method", c.Pretrain.Method),
		checkMethod("finetune.method", c.Finetune.Method),
		c.Teacher.check(),
		c.Through.check(c),
	}
	return errors.Join(faults...)
}

func checkInt(key string, x, low, high int) error {
	if x < low || x > high {
		return fmt.Errorf("%s is %d, want %d to %d", key, x, low, high)
	}
	return nil
}

func checkFloat(key string, x float64, l limit) error {
	if !l.holds(x) {
		return fmt.Errorf("%s is %g, want %s", key, x, l.want)
	}
	return nil
}

func checkMethod(key string, m Method) error {
	switch m {
	case None, L1, BitSliceL1:
		return nil
	}
	return fmt.Errorf("%s is %q, want %q, %q or %q", key, m, None, L1, BitSliceL1)
}

func checkWeightScale(s WeightScale) error {
	switch s {
	case Dynamic, Frozen:
		return nil
	}
	return fmt.Errorf("weight_scale is %q, want %q or %q", s, Dynamic, Frozen)
}

// Extras describes what the configuration has beyond the training of arXiv
// 1909.08496, each with a comma before it; "" for nothing.
func (c Config) Extras() string {
	var text string
	add := func(set bool, format string, args ...any) {
		if set {
			text += ", " + fmt.Sprintf(format, args...)
		}
	}
	add(c.Pretrain.LearningRate > 0, "pre-training at rate %g", c.Pretrain.LearningRate)
	add(c.Finetune.LearningRate > 0, "fine-tuning at rate %g", c.Finetune.LearningRate)
	add(c.Pretrain.Ramp > 1, "pre-training's strength over %d epochs", c.Pretrain.Ramp)
	add(c.Finetune.Ramp > 1, "fine-tuning's strength over %d epochs", c.Finetune.Ramp)
	add(c.Schedule.Kind != Constant, "rate %s", c.Schedule)
	add(c.WeightDecay > 0, "weight decay %g", c.WeightDecay)
	add(c.Augment.Flip, "flips")
	add(c.Augment.Crop > 0, "crops by %d", c.Augment.Crop)
	add(c.Augment.Cutout > 0, "cutouts of %d", c.Augment.Cutout)
	add(c.Dropout > 0, "dropout %g", c.Dropout)
	add(c.LabelSmoothing > 0, "labels smoothed by %g", c.LabelSmoothing)
	add(c.WeightScale == Frozen, "scales frozen after pre-training")
	add(c.Teacher != nil, "%s", c.Teacher)
	add(c.Through != nil, "%s", c.Through)
	return text
}

// setting is one named value that decides the bytes of a training.
type setting struct{ Key, Value string }

// unsaid are the settings that a list leaves out where they have these values, so
// that states from before there were such settings are still those of a training.
var unsaid = []setting{{"label_smoothing", "0"}}

// upToPruning are the settings that decide the pre-trained weights.
func (c Config) upToPruning() []setting {
	list := []setting{
		{"seed", strconv.FormatUint(c.Seed, 10)},
		{"batch", strconv.Itoa(c.Batch)},
		{"learning_rate", number(c.LearningRate)},
		{"momentum", number(c.Momentum)},
		{"weight_decay", number(c.WeightDecay)},
		{"dropout", number(c.Dropout)},
		{"schedule", c.Schedule.String()},
		{"augment", c.Augment.String()},
		{"weight_bits", strconv.Itoa(c.WeightBits)},
		{"cell_bits", strconv.Itoa(c.CellBits)},
	}
	if c.LabelSmoothing > 0 {
		list = append(list, setting{"label_smoothing", number(c.LabelSmoothing)})
	}
	return append(list, c.Pretrain.settings("pretrain")...)
}

// fromPruning are the settings that matter after pre-training only.
func (c Config) fromPruning() []setting {
	list := append(c.Finetune.settings("finetune"),
		setting{"prune.threshold", number(c.PruneThreshold)},
		setting{"weight_scale", string(c.WeightScale)},
	)
	return append(append(list, c.Teacher.settings()...), c.Through.settings()...)
}

// Key holds all of the configuration that decides the bytes of a training, and nothing
// else of its phases.
func (c Config) Key() string {
	c.Pretrain, c.Finetune = c.Pretrain.bare(), c.Finetune.bare()
	return fmt.Sprint(append(c.upToPruning(), c.fromPruning()...))
}

// bare is a phase without what does not matter in it.
func (p Phase) bare() Phase {
	switch {
	case p.Epochs == 0:
		return Phase{Method: None}
	case p.Method == None:
		p.Strength, p.Ramp = 0, 0
	}
	return p
}

func (p Phase) settings(name string) []setting {
	return []setting{
		{name + ".epochs", strconv.Itoa(p.Epochs)},
		{name + ".method", string(p.Method)},
		{name + ".strength", number(p.Strength)},
		{name + ".learning_rate", number(p.LearningRate)},
		{name + ".ramp", strconv.Itoa(p.Ramp)},
	}
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// differences describes each setting whose value is not the wanted one, and the first
// that is not wanted at all. What a list leaves unsaid has its default.
func differences(have, want []setting) []error {
	have, want = whole(have), whole(want)
	var faults []error
	for _, w := range want {
		switch i := indexOf(have, w.Key); {
		case i < 0:
			faults = append(faults, fmt.Errorf("%s is missing, want %s", w.Key, w.Value))
		case have[i].Value != w.Value:
			faults = append(faults, fmt.Errorf("%s is %s, want %s", w.Key, have[i].Value, w.Value))
		}
	}
	if i := slices.IndexFunc(have, func(h setting) bool { return indexOf(want, h.Key) < 0 }); i >= 0 {
		faults = append(faults, fmt.Errorf("%s is %s, want no such setting", have[i].Key, have[i].Value))
	}
	return faults
}

// whole is a list with what it leaves unsaid.
func whole(list []setting) []setting {
	list = slices.Clone(list)
	for _, s := range unsaid {
		if indexOf(list, s.Key) < 0 {
			list = append(list, s)
		}
	}
	return list
}

// indexOf is where a key stands in a list, or −1.
func indexOf(list []setting, key string) int {
	return slices.IndexFunc(list, func(s setting) bool { return s.Key == key })
}
