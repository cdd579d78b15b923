package train

import (
	"fmt"
	"slices"
	"strings"
)

// pretrainName is the phase's in logs and messages.
const pretrainName = "pre-training"

// String says how far a training is and how good, in a line; at an epoch's end it is
// that of the log.
func (p Progress) String() string {
	line := fmt.Sprintf("epoch %d/%d loss %.4f", p.Epoch, p.Epochs, p.Loss)
	if p.EpochEnd {
		line += fmt.Sprintf(" training %.2f %% validation %.2f %%", 100*p.TrainingAccuracy, 100*p.ValidationAccuracy)
	}
	return line
}

// record adds an epoch to the log, which goes with the weights: into states, and into
// the origin of the model.
func (t *Trainer) record(p Progress) { t.log = append(t.log, p.Phase+" "+p.String()) }

// pretraining are the lines of a log that a training which shares the pre-training
// begins with.
func pretraining(log []string) []string {
	return slices.DeleteFunc(slices.Clone(log), func(line string) bool { return !strings.HasPrefix(line, pretrainName+" ") })
}

// logSoFar has a line for every epoch, those before the start of a training through
// converters included.
func (t *Trainer) logSoFar() string {
	log := t.log
	if h := t.cfg.Through; h != nil && h.Start.Origin.Log != "" {
		log = append([]string{h.Start.Origin.Log}, log...)
	}
	return strings.Join(log, "\n")
}
