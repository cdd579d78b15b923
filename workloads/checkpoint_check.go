package workloads

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"bitline/internal/config"
)

const (
	// MaxWeightBits is the most magnitude bits of a weight code: what an int16 holds
	// with its sign.
	MaxWeightBits = 15
	// BiasBits is the number of magnitude bits of a bias code.
	BiasBits = 8
	// maxExponent bounds every S: float32, in which training computes, holds no
	// larger magnitude.
	maxExponent = 128
	// offsetLimit bounds every affine offset, as NewAffine does.
	offsetLimit = 1 << 62
)

// checkModel finds everything by which a model is not what its type says. Its
// errors use the names of the checkpoint's keys and tensors.
func checkModel(m *Model) error {
	if m.Network == nil {
		return errors.New("model has no network")
	}
	if err := m.Network.CheckValues(); err != nil {
		return fmt.Errorf("%s: %w", keyNetwork, err)
	}
	shapes := m.Network.Matrices()
	if len(m.Layers) != len(shapes) {
		return fmt.Errorf("model has weights of %d layers, want %d", len(m.Layers), len(shapes))
	}
	faults := []error{checkInput(m), checkOrigin(&m.Origin)}
	if m.WeightBits < 1 || m.WeightBits > MaxWeightBits {
		faults = append(faults, fmt.Errorf("%s is %d, want 1 to %d", keyWeightBits, m.WeightBits, MaxWeightBits))
	} else {
		for i := range shapes {
			faults = append(faults, checkWeights(&m.Layers[i], shapes[i], MaxCode(m.WeightBits)))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	return m.Check(m.Affines(), 0) // without converters it computes in 64 bits
}

func checkInput(m *Model) error {
	faults := []error{inRange(keyInputScale, m.Input.Scale, -maxExponent, maxExponent)}
	if got, want := len(m.Input.Zero), m.Network.Input.Channels; got != want {
		faults = append(faults, fmt.Errorf("%s has %d numbers, want %d: one per channel", keyInputZero, got, want))
	}
	for i, z := range m.Input.Zero {
		faults = append(faults, inRange(fmt.Sprintf("%s of channel %d", keyInputZero, i), int(z), 0, math.MaxUint8))
	}
	return errors.Join(faults...)
}

func checkOrigin(o *Origin) error {
	var faults []error
	if math.IsNaN(o.Strength) || math.IsInf(o.Strength, 0) || o.Strength < 0 {
		faults = append(faults, fmt.Errorf("%s is %g, want 0 or more", keyStrength, o.Strength))
	}
	if o.Epochs < 0 {
		faults = append(faults, fmt.Errorf("%s is %d, want 0 or more", keyEpochs, o.Epochs))
	}
	for _, text := range []struct{ key, value string }{
		{keyMethod, o.Method}, {keyDataSet, o.DataSet}, {keyDataHash, o.DataHash},
		{keyCalibration, o.Calibration}, {keyKernelClass, o.KernelClass},
	} {
		if !config.Printable(text.value) {
			faults = append(faults, fmt.Errorf("%s is %.40q, want printable characters in UTF-8", text.key, text.value))
		}
	}
	for _, text := range []struct{ key, value string }{{keyJob, o.Job}, {keyLog, o.Log}, {keyRecipe, o.Recipe}} {
		if !utf8.ValidString(text.value) { // which nobody is shown, and which may name a file of any name
			faults = append(faults, fmt.Errorf("%s is %.40q, want UTF-8", text.key, text.value))
		}
	}
	return errors.Join(faults...)
}

// checkWeights checks one layer's numbers; maxCode is the largest weight code.
func checkWeights(l *LayerWeights, want MatrixShape, maxCode int32) error {
	if l.Rows != want.Rows || l.Columns != want.Columns {
		return fmt.Errorf("tensor %s is %d×%d, want %d×%d", want.Layer+partCodes, l.Rows, l.Columns, want.Rows, want.Columns)
	}
	return errors.Join(
		inRange(keyWeightScale+" of layer "+want.Layer, l.Scale, -maxExponent, maxExponent),
		inRange(keyBiasScale+" of layer "+want.Layer, l.BiasScale, -maxExponent, maxExponent),
		inRange(keyOutScale+" of layer "+want.Layer, l.OutScale, -maxExponent, maxExponent),
		inRange(keyShift+" of layer "+want.Layer, l.Affine.F, 0, maxShift),
		checkValues(want.Layer+partCodes, l.Codes, l.Rows*l.Columns, int64(maxCode)),
		checkValues(want.Layer+partBias, l.Bias, l.Columns, int64(MaxCode(BiasBits))),
		checkValues(want.Layer+partAffineM, l.Affine.M, l.Columns, math.MaxInt32),
		checkValues(want.Layer+partAffineB, l.Affine.B, l.Columns, offsetLimit-1),
	)
}

// checkValues checks the size of a tensor, and that every value lies within
// ±limit; it reports the first that does not.
func checkValues[T int16 | int64](tensor string, values []T, count int, limit int64) error {
	if len(values) != count {
		return fmt.Errorf("tensor %s has %d values, want %d", tensor, len(values), count)
	}
	for i, v := range values {
		if int64(v) < -limit || int64(v) > limit {
			return fmt.Errorf("tensor %s: value %d is %d, want -%d to %d", tensor, i, v, limit, limit)
		}
	}
	return nil
}

func inRange(what string, v, low, high int) error {
	if v < low || v > high {
		return fmt.Errorf("%s is %d, want %d to %d", what, v, low, high)
	}
	return nil
}
