package train

// penalty is the term that a method adds to the loss for one parameter tensor.
type penalty interface {
	// value is the tensor's term of the loss. It reads the master or the quantized
	// values.
	value(p *param) float64
	// addGradient adds the term's gradient to elements lo to hi−1 of the
	// gradient. It reads the master and the quantized values.
	addGradient(p *param, lo, hi int)
}

// newPenalty makes the term of a phase for one tensor of a network with count
// penalised parameters and cells of cellBits bits.
func newPenalty(phase Phase, p *param, cellBits, count int) penalty {
	strength := phase.Strength / float64(count)
	switch phase.Method {
	case L1:
		return l1{strength: strength}
	case BitSliceL1:
		return newBitSliceL1(strength, p.bits, cellBits)
	case None:
	}
	return none{}
}
