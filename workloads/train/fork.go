package train

import (
	"errors"
	"fmt"
)

// Fork returns a training at the start of fine-tuning, under another pruning and
// fine-tuning but with the weights that t's pre-training left, so that a curve
// of strengths shares one pre-training. It ends in the same bytes as a training
// under cfg from the start. t must have finished its pre-training, and cfg must
// agree with t's configuration in all that pre-training depends on. t itself may
// go on.
func (t *Trainer) Fork(cfg Config) (*Trainer, error) {
	if t.pretrained == nil {
		return nil, errors.New("forking: pre-training has not finished, want it finished first")
	}
	faults := append([]error{cfg.check()}, differences(cfg.upToPruning(), t.cfg.upToPruning())...)
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("forking: %w", err)
	}
	if cfg.Through != nil {
		return nil, errors.New("forking: [train.adc] is given, want none: what it fine-tunes starts from a checkpoint")
	}
	f := newTrainer(cfg, t.net, t.data)
	for i, x := range f.kept() {
		copy(x, t.pretrained[i])
	}
	for _, p := range f.params {
		p.measure()
	}
	f.enter(phaseFinetune)
	return f, nil
}
