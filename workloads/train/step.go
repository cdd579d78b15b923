package train

import (
	"fmt"
	"math"
)

// step trains on the images of the present step.
func (t *Trainer) step() error {
	lo := t.at.Step * t.cfg.Batch
	images := t.order[lo:min(lo+t.cfg.Batch, len(t.order))]
	n := len(images)
	for i, image := range images {
		t.labels[i] = t.data.Train.Labels[image]
	}
	logits, gradient, err := t.body.forward(images, t.at)
	if err != nil {
		return err
	}
	loss := crossEntropy(logits, gradient, t.labels[:n], t.cfg.LabelSmoothing)
	if t.teaching != nil && t.at.Phase == phaseFinetune {
		loss = t.cfg.Teacher.follow(logits, gradient, t.teaching.compute(images, t.at), len(logits)/n, loss)
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return fmt.Errorf("loss is %g, want a finite one", loss)
	}
	t.sum += loss * float64(n)
	t.right += rightOf(logits, t.labels[:n])
	t.body.backward(n)
	return t.descend()
}

// rightOf counts the images, n × classes logits, whose class is their label.
func rightOf(logits []float32, labels []uint8) int {
	classes, right := len(logits)/len(labels), 0
	for i, label := range labels {
		if argmax(logits[i*classes:][:classes]) == int(label) {
			right++
		}
	}
	return right
}

func (t *Trainer) descend() error {
	d := descent{rate: float32(t.rate()), momentum: float32(t.cfg.Momentum), decay: float32(t.cfg.WeightDecay)}
	for _, p := range t.params {
		p.update(d)
		if !p.finite() {
			return fmt.Errorf("%s reaches %g, want finite values", p.name, math.Float32frombits(p.largest))
		}
	}
	return nil
}
