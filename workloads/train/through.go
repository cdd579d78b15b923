package train

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/internal/config"
	"bitline/workloads"
)

// Through says that fine-tuning knows the crossbars and converters that will replay
// the network. The forward pass of every step is the replay of the integers that
// would be exported at that step, images augmented. Scales of weights and outputs are
// those of the model that it starts from. Gradients pass the slices and converters as
// Gradient says.
type Through struct {
	Name string // of the checkpoint that fine-tuning starts from
	// Forward computes through the converters; without it steps compute with
	// converters that hold every sum, and Excess alone knows the chip's.
	Forward  bool
	Gradient Gradient
	// Excess is the strength of the penalty on the expected excess of bitline sums
	// over what their converters hold (type excess).
	Excess float64
	Affine AffineTraining
	// Headroom is by how many powers of two the scale of the weights exceeds the
	// start's: the codes are so much smaller.
	Headroom int

	// Recalibrate asks the caller for a start whose output stages are recalibrated,
	// at the scales of Headroom.
	Recalibrate bool

	// What follows is the chip's and the checkpoint's: the caller sets it.
	Start  *workloads.Model
	Design crossbar.Design
	ADC    adc.Spec
	Bits   [][]int // layers × slices
}

// Gradient says how the gradient passes the converters.
type Gradient string

const (
	// StraightThrough takes every conversion for the identity.
	StraightThrough Gradient = "straight-through"
	// ClipAware takes off what clips: with κ the running share of conversions that
	// clipped of a row block, slice, sign and column, over images, positions and
	// input steps, and d the digits of a weight's magnitude,
	//
	//	∂acc/∂x_k = sign(c_k)·Σ_s 2^shift(s)·d_ks·(1 − κ_s)
	//	∂acc/∂c_k = x_k·r_k − z_k,  r_k = Σ_s 2^shift(s)·d_ks·(1 − κ_s)/|c_k|
	//
	// where x are codes as driven and z their zero points, which the digital side
	// takes off; r of a zero weight is 1 − κ of slice 0, the mean over both signs.
	ClipAware Gradient = "clip-aware"
)

// AffineTraining says what of the digital output stages is trained. Their offsets
// always are.
type AffineTraining string

const (
	// FixedAffine keeps every column's factor.
	FixedAffine AffineTraining = "fixed"
	// LearnedAffine trains one factor per column: slope = start's slope × θ.
	LearnedAffine AffineTraining = "learned"
)

// readThrough reads a [train.adc] table; nil where there is none, or one that a start of
// "" takes back. Keys without a start would change nothing, and seem to.
func readThrough(t *config.Table) *Through {
	h := &Through{
		Name:     t.String("start", ""),
		Forward:  t.Bool("forward", false),
		Gradient: Gradient(t.Enum("gradient", string(ClipAware), string(StraightThrough), string(ClipAware))),
		Excess:   readFloat(t, "excess", 0, notNegative),
		Affine:   AffineTraining(t.Enum("affine", string(LearnedAffine), string(FixedAffine), string(LearnedAffine))),
		Headroom: t.Int("headroom", 0, 0, maxHeadroom),

		Recalibrate: t.Bool("recalibrate", false),
	}
	if asks := h.Forward || h.Excess > 0; h.Name == "" && !asks && (t.Has("start") || len(t.Keys()) == 0) {
		return nil
	}
	t.Require("start")
	if t.Has("start") && h.Name == "" {
		t.Faultf("start", "is empty, want the checkpoint that fine-tuning starts from")
	}
	return h
}

// maxHeadroom leaves one bit of a code of 16.
const maxHeadroom = workloads.MaxWeightBits

// check is what Config.check can say without a network.
func (h *Through) check(c Config) error {
	if h == nil {
		return nil
	}
	faults := []error{checkFloat("adc.excess", h.Excess, notNegative), checkInt("adc.headroom", h.Headroom, 0, maxHeadroom)}
	fault := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(h.Gradient != StraightThrough && h.Gradient != ClipAware, "train.adc.gradient is %q, want %q or %q", h.Gradient, StraightThrough, ClipAware)
	fault(h.Affine != FixedAffine && h.Affine != LearnedAffine, "train.adc.affine is %q, want %q or %q", h.Affine, FixedAffine, LearnedAffine)
	fault(c.Pretrain.Epochs > 0, "train.pretrain.epochs is %d beside train.adc, want 0: fine-tuning starts from the checkpoint train.adc.start", c.Pretrain.Epochs)
	fault(c.Dropout > 0, "train.dropout is %g beside train.adc, want 0", c.Dropout)
	fault(c.WeightScale != Frozen, "train.weight_scale is %q beside train.adc, want %q", c.WeightScale, Frozen)
	fault(h.ADC.Range != adc.Unit, "the chip's adc.range is %q beside train.adc, want %q", h.ADC.Range, adc.Unit)
	knows := h.Gradient == ClipAware || h.Excess > 0
	fault(knows && h.Design.Encoding.Signed != crossbar.Differential,
		"the chip's encoding.signed is %q with train.adc.gradient = %q and train.adc.excess = %g, want %q, or %q and 0", h.Design.Encoding.Signed, h.Gradient, h.Excess, crossbar.Differential, StraightThrough)
	fault(h.Excess > 0 && h.Design.DACBits != 1, "the chip's dac.bits is %d with train.adc.excess = %g, want 1 or no excess", h.Design.DACBits, h.Excess)
	return errors.Join(faults...)
}

// checkStart says whether fine-tuning can start from h.Start.
func (h *Through) checkStart(c Config, net *workloads.Network, data *workloads.Dataset) error {
	if h == nil {
		return nil
	}
	m := h.Start
	switch {
	case m == nil:
		return errors.New("train.adc.start is not given, want a checkpoint to fine-tune")
	case !m.Network.Same(net):
		return fmt.Errorf("train.adc.start holds network %s (%s), want %s (%s)", m.Network.Name, m.Network, net.Name, net)
	case m.WeightBits != c.WeightBits:
		return fmt.Errorf("train.adc.start has weights of %d bits, want the chip's %d", m.WeightBits, c.WeightBits)
	case len(h.Bits) != len(m.Layers):
		return fmt.Errorf("the chip's adc.bits has resolutions of %d layers, want %d", len(h.Bits), len(m.Layers))
	}
	return checkPixels("train.adc.start", m, data)
}

// settings are what decides the bytes of a training through converters.
func (h *Through) settings() []setting {
	if h == nil {
		return nil
	}
	return []setting{
		{"adc.forward", strconv.FormatBool(h.Forward)},
		{"adc.start", hashOf(h.Start)},
		{"adc.gradient", string(h.Gradient)},
		{"adc.excess", number(h.Excess)},
		{"adc.affine", string(h.Affine)},
		{"adc.headroom", strconv.Itoa(h.Headroom)},
		{"chip", fmt.Sprintf("%+v", h.Design)},
		{"adc.bits", fmt.Sprint(h.Bits)},
	}
}

// hashOf names the integers of a model.
func hashOf(m *workloads.Model) string {
	if m == nil {
		return "none"
	}
	sum := sha256.New()
	for _, l := range m.Layers {
		for _, x := range []any{l.Codes, int64(l.Scale), int64(l.OutScale), l.Affine.M, l.Affine.B, int64(l.Affine.F)} {
			if err := binary.Write(sum, binary.LittleEndian, x); err != nil {
				panic("train: " + err.Error()) // fixed-size numbers to a hash
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// String describes the training in words.
func (h *Through) String() string {
	how := "with"
	if h.Forward {
		how = "through"
	}
	bits := fmt.Sprint(h.Bits)
	if alike := slices.CompactFunc(slices.Clone(h.Bits), slices.Equal); len(alike) == 1 {
		bits = fmt.Sprint(alike[0])
	}
	text := fmt.Sprintf("%s converters of %s bits, inputs %s, from %s, gradient %s, excess %g, affine %s", how, bits, h.Design.Encoding.InputSign, h.Name, h.Gradient, h.Excess, h.Affine)
	if h.Headroom > 0 {
		text += fmt.Sprintf(", headroom %d", h.Headroom)
	}
	return text
}
