package train

import "math"

// crossEntropy returns the mean cross-entropy of the softmax of n × classes
// logits against the labels, and sets gradient to its gradient. The share smoothing
// of every label is spread over all classes (Szegedy et al., arXiv 1512.00567).
// Images are summed in order.
func crossEntropy(logits, gradient []float32, labels []uint8, smoothing float64) float64 {
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
		sum, all := 0.0, 0.0
		for j, v := range row {
			e := math.Exp(float64(v) - top)
			out[j] = float32(e)
			sum += e
			all += float64(v)
		}
		spread := smoothing / float64(classes) // to each class
		loss += math.Log(sum) + top - float64((1-smoothing)*float64(row[label])) - float64(spread*all)
		for j, e := range out {
			out[j] = float32(float64(float64(e)/sum*scale) - float64(spread*scale))
		}
		out[label] -= float32((1 - smoothing) * scale)
	}
	return loss * scale
}
