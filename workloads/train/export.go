package train

import "bitline/workloads"

// Model returns the network with the present weights as integers. Output scales
// are calibrated on the first 1,000 training images, or all of fewer; through
// converters they are those of the start. Weights whose affine does not fit are an
// error.
func (t *Trainer) Model() (*workloads.Model, error) {
	return t.body.model(t.origin(t.data.Calibration(calibrationImages)))
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
		KernelClass: t.kernels,
		Log:         t.logSoFar(),
	}
}

// methodSoFar names the last method that shaped the weights: that of
// fine-tuning once it has begun, "pruned" with the threshold where that adds no
// penalty to pruned weights, "dense" where nothing was penalised or pruned.
func (t *Trainer) methodSoFar() (string, float64) {
	if h := t.cfg.Through; h != nil {
		return "through-adc", h.Excess
	}
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
	if h := t.cfg.Through; h != nil {
		return h.Start.Origin.Epochs + t.phaseEpochs()
	}
	return t.phaseEpochs()
}

// phaseEpochs are those that this training has made.
func (t *Trainer) phaseEpochs() int {
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
