package pipeline

import (
	"context"
	"crypto/sha256"
	"fmt"

	"bitline/adc"
	"bitline/scheduler"
	"bitline/workloads"
)

// remembered is a pass over test images with the outcomes of earlier ones.
type remembered struct {
	memory Memory // nil where nothing is kept
	shared string // all that is the same for the jobs of a pass
}

func (p *pass) memory() (remembered, error) {
	if p.host.Memory == nil {
		return remembered{}, nil
	}
	model, err := workloads.EncodeModel(p.model)
	if err != nil {
		return remembered{}, err
	}
	return remembered{p.host.Memory, fmt.Sprintf("%s|model %x|data %s|%d+%d images", p.first.replayKey(), sha256.Sum256(model), p.data.Hash, p.data.Train.Len(), p.test.Len())}, nil
}

// key is that of a job's outcome, "" where none is kept.
func (r remembered) key(j *Job) string {
	if r.memory == nil || j.followsData() && j.assumed() == nil {
		return ""
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(r.shared+"|"+j.converterKey())))
}

// ValuesKey holds all that a job's values depend on.
func (j *Job) ValuesKey() string { return j.ReplayKey() + "|" + j.converterKey() }

// converterKey holds what values depend on beside ReplayKey.
func (j *Job) converterKey() string {
	a := j.Chip.ADC
	text := fmt.Sprintf("%v|%v|%s|%s|%s", a.Bits, a.Layers, a.Auto, a.Scope, a.Recalibrate)
	if a.Auto == adc.LossBudget { // the search weighs budget and energy
		text += fmt.Sprintf("|%g|%s|%v|%d|%v|%d", a.Budget, a.Law, a.Rate, a.RateBits, a.Power, j.Chip.Crossbar.Bitlines)
	}
	return text
}

// recall fills a job's values in if its outcome is remembered. Layers are not.
func (r remembered) recall(j *Job, v *Values) bool {
	key := r.key(j)
	if key == "" {
		return false
	}
	o, ok := r.memory.Outcome(key)
	if ok {
		v.bits, v.activity = o.Bits, j.assumed()
		v.replay = &scheduler.Replay{Images: o.Images, Correct: o.Correct, CorrectExact: o.CorrectExact}
	}
	return ok
}

// Remembered says of each of some jobs that agree in ReplayKey whether the host's
// memory has its outcome. The model must not want training.
func Remembered(ctx context.Context, host Host, jobs []*Job) ([]bool, error) {
	p, err := newPass(ctx, host, jobs[0])
	if err != nil {
		return nil, err
	}
	memory, err := p.memory()
	if err != nil {
		return nil, err
	}
	known := make([]bool, len(jobs))
	for i, j := range jobs {
		known[i] = memory.recall(j, &Values{})
	}
	return known, nil
}

func (r remembered) keep(j *Job, v *Values) error {
	key := r.key(j)
	if key == "" {
		return nil
	}
	return r.memory.Keep(key, Outcome{Bits: v.bits, Images: v.replay.Images, Correct: v.replay.Correct, CorrectExact: v.replay.CorrectExact})
}
