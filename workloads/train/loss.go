package train

import "math"

// crossEntropy returns the mean cross-entropy of the softmax of n × classes
// logits, and sets gradient to its gradient. Images are summed in order.
func crossEntropy(logits, gradient []float32, labels []uint8) float64 {
	classes := len(logits) / len(labels)
	scale := 1 / float64(len(labels))
	loss := 0.0
	for i, label := range labels {
		row := logits[i*classes:][:classes]
		out := gradient[i*classes:][:classes]
		top := float64(row[0])
		for _, v := range row {
			top = max(top, float64(v))
		}
		sum := 0.0
		for j, v := range row {
			e := math.Exp(float64(v) - top)
			out[j] = float32(e)
			sum += e
		}
		loss += math.Log(sum) + top - float64(row[label])
		for j, e := range out {
			out[j] = float32(float64(e) / sum * scale)
		}
		out[label] -= float32(scale)
	}
	return loss * scale
}
