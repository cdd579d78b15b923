package train

import (
	"math"
	"testing"
)

func TestSchedule(t *testing.T) {
	step := Schedule{Kind: StepWise, Factor: 0.5, Every: 2}
	cycle := Schedule{Kind: OneCycle, Warmup: 0.25}
	tests := []struct {
		name string
		s    Schedule
		at   Position // of 4 epochs of 10 steps
		want float64
	}{
		{"constant", Schedule{Kind: Constant}, Position{Epoch: 3, Step: 9}, 1},
		{"first steps", step, Position{Epoch: 1, Step: 9}, 1},
		{"stepped", step, Position{Epoch: 2}, 0.5},
		{"cosine at its start", Schedule{Kind: Cosine}, Position{}, 1},
		{"cosine halfway", Schedule{Kind: Cosine}, Position{Epoch: 2}, 0.5},
		{"cosine at two thirds", Schedule{Kind: Cosine}, Position{Epoch: 2, Step: 20 / 3}, (1 + math.Cos(math.Pi*26/40)) / 2},
		{"one cycle at its start", cycle, Position{}, 1. / 25},
		{"one cycle halfway up", cycle, Position{Step: 5}, (1 + 1./25) / 2},
		{"one cycle at its top", cycle, Position{Epoch: 1}, 1},
		{"one cycle halfway down", cycle, Position{Epoch: 2, Step: 5}, 0.5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.share(tt.at, 4, 10); math.Abs(got-tt.want) > 1e-12 {
				t.Errorf("share is %g, want %g", got, tt.want)
			}
		})
	}
}

// TestRates: the rate of a phase stands in for the configuration's.
func TestRates(t *testing.T) {
	cfg := quick()
	cfg.Schedule.Kind, cfg.LearningRate, cfg.Finetune.LearningRate = Cosine, 0.5, 0.25
	data := digits(t)
	trainer := newTestTrainer(t, cfg, chain(data.Train.Shape, 4, 10), data)
	if got := trainer.rate(); got != 0.5 {
		t.Errorf("the first rate is %g, want 0.5", got)
	}
	trainer.at = Position{Phase: phaseFinetune, Epoch: 1}
	if got := trainer.rate(); math.Abs(got-0.125) > 1e-12 {
		t.Errorf("the rate after half of fine-tuning is %g, want 0.125", got)
	}
}

func TestRamp(t *testing.T) {
	for _, tt := range []struct {
		ramp, epoch int
		want        float64
	}{{0, 0, 3}, {1, 0, 3}, {4, 0, 0.75}, {4, 1, 1.5}, {4, 3, 3}, {4, 9, 3}} {
		if got := (Phase{Strength: 3, Ramp: tt.ramp}).strength(tt.epoch); got != tt.want {
			t.Errorf("ramp %d: the strength of epoch %d is %g, want %g", tt.ramp, tt.epoch, got, tt.want)
		}
	}
}
