package train

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"bitline/internal/wholefile"
	"bitline/workloads"
)

// Fork returns a training at the start of fine-tuning, under another pruning and
// fine-tuning but with the weights that the pre-training of the training that Save
// wrote to path left, so that a curve of strengths shares one pre-training. It ends
// in the same bytes as a training under cfg from the start. The saved training must
// have finished its pre-training, and cfg must agree with it in all that
// pre-training depends on. Network and data must be those of the saved training,
// and so must the kernel class unless allowOtherKernel.
func Fork(path string, cfg Config, net *workloads.Network, data *workloads.Dataset, allowOtherKernel bool) (*Trainer, error) {
	if err := errors.Join(cfg.checkFork(), cfg.Teacher.checkModel(data), checkFit(net, data)); err != nil {
		return nil, err
	}
	saved, err := wholefile.Read(path, workloads.MaxFile)
	f := newTrainer(cfg, net, data)
	if err == nil {
		err = f.decodePretrained(saved, allowOtherKernel)
	}
	if err != nil {
		return nil, fmt.Errorf("starting from train state %s: %w", path, err)
	}
	for _, p := range f.params {
		p.measure()
	}
	f.enter(phaseFinetune)
	return f, nil
}

// SharesPretraining says whether trainings under two configurations, of one network
// on one data set, have the same pre-training, which both could fork.
func (c Config) SharesPretraining(other Config) bool {
	return c.Through == nil && other.Through == nil && c.Pretrain.Epochs > 0 && len(differences(c.upToPruning(), other.upToPruning())) == 0
}

func (c Config) checkFork() error {
	if c.Through != nil {
		return errors.New("[train.adc] is given, want none: what it fine-tunes starts from a checkpoint")
	}
	return c.check()
}

// decodePretrained takes the pre-trained values out of a saved state: they stand
// last.
func (t *Trainer) decodePretrained(data []byte, allowOtherKernel bool) error {
	h, tensors, err := openState(data)
	if err != nil {
		return err
	}
	later := append(t.cfg.fromPruning(), (&Teacher{}).settings()...) // a teacher's whether or not there is one now
	isLater := func(s setting) bool { return indexOf(later, s.Key) >= 0 }
	faults := differences(slices.DeleteFunc(h.Identity, isLater), slices.DeleteFunc(t.identity(), isLater))
	faults = append(faults, t.checkParameters(h), checkKernel(h, allowOtherKernel))
	if !h.Pretrained {
		faults = append(faults, errors.New("pre-training has not finished, want it finished first"))
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	t.log, t.kernels = pretraining(h.Log), kernelsAfter(h.KernelClass)
	kept, size := t.kept(), 0
	for _, x := range kept {
		size += 4 * len(x)
	}
	if len(tensors) < size {
		return fmt.Errorf("tensors have %d bytes, want at least %d", len(tensors), size)
	}
	r := bytes.NewReader(tensors[len(tensors)-size:])
	for _, x := range kept {
		if err := readFloats(r, x); err != nil {
			return err
		}
	}
	return nil
}
