package train

import (
	"fmt"
	"math"

	"bitline/internal/gemm"
	"bitline/workloads"
)

// Model returns the network with the present weights as integers. Output scales
// are calibrated on the first 1,000 training images, or all of fewer. Weights
// whose affine does not fit are an error.
func (t *Trainer) Model() (*workloads.Model, error) {
	calibration := t.data.Calibration(calibrationImages)
	scales := t.calibrate(calibration)
	m := &workloads.Model{
		Network:    t.net,
		WeightBits: t.cfg.WeightBits,
		Input: workloads.InputCodes{
			Zero:  append([]int32(nil), t.data.Input.Zero...),
			Scale: t.data.Input.Scale,
		},
		Origin: t.origin(calibration),
	}
	in := m.Input.Scale
	for i, l := range t.layers {
		w, err := l.export(in, scales[i])
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", l.name, err)
		}
		m.Layers = append(m.Layers, w)
		in = scales[i]
	}
	return m, nil
}

// export is the layer as integers for inputs of scale in and outputs of scale
// out. An accumulator Σ c·(q − z) stands for acc·2^(Sw−bits)·2^(in−8), a bias
// code for c·2^(Sb−8), an output code for y·2^(out−8); so
// y = acc·2^(Sw+in−out−bits) + c·2^(Sb−out).
func (l *linear) export(in, out int) (workloads.LayerWeights, error) {
	w := workloads.LayerWeights{
		Rows: l.in, Columns: l.out,
		Codes: l.weight.codes(), Scale: l.weight.scale,
		Bias: l.bias.codes(), BiasScale: l.bias.scale,
		OutScale: out,
	}
	m, b := make([]float64, l.out), make([]float64, l.out)
	for n, code := range w.Bias {
		m[n] = math.Ldexp(1, w.Scale+in-out-l.weight.bits)
		b[n] = math.Ldexp(float64(code), w.BiasScale-out)
	}
	var err error
	w.Affine, err = workloads.NewAffine(m, b)
	return w, err
}

func (p *param) codes() []int16 {
	codes := make([]int16, len(p.value))
	for i, w := range p.value {
		codes[i] = int16(p.quantizer.Code(w))
	}
	return codes
}

func (t *Trainer) origin(calibration workloads.Images) workloads.Origin {
	method, strength := t.methodSoFar()
	return workloads.Origin{
		Method:      method,
		Strength:    strength,
		Seed:        t.cfg.Seed,
		Epochs:      t.epochsSoFar(),
		DataSet:     t.dataName(),
		DataHash:    t.data.Hash,
		Calibration: calibration.Hash(),
		KernelClass: string(gemm.KernelClass()),
	}
}

// methodSoFar names the last method that shaped the weights: that of
// fine-tuning once it has begun, "pruned" with the threshold where that adds no
// penalty to pruned weights, "dense" where nothing was penalised or pruned.
func (t *Trainer) methodSoFar() (string, float64) {
	last := t.cfg.Pretrain
	if t.at.Phase > phasePretrain {
		if t.cfg.Finetune.Epochs > 0 && t.cfg.Finetune.Method != None {
			return string(t.cfg.Finetune.Method), t.cfg.Finetune.Strength
		}
		if t.cfg.PruneThreshold > 0 {
			return "pruned", t.cfg.PruneThreshold
		}
	}
	if last.Epochs > 0 && last.Method != None {
		return string(last.Method), last.Strength
	}
	return "dense", 0
}

func (t *Trainer) epochsSoFar() int {
	switch t.at.Phase {
	case phasePretrain:
		return t.at.Epoch
	case phaseFinetune:
		return t.cfg.Pretrain.Epochs + t.at.Epoch
	}
	return t.cfg.Pretrain.Epochs + t.cfg.Finetune.Epochs
}

func (t *Trainer) dataName() string {
	if t.data.Copy == "" {
		return t.data.Name
	}
	return t.data.Name + " (" + t.data.Copy + ")"
}
